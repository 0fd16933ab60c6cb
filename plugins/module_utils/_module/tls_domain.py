# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_tls_domain: TLS domains in a table or in files, and what the server presents."""

from typing import Any, Dict, List, Type, Union

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import (
    ArgumentSpec,
    check_answer_time,
    database_spec,
)
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task
from ansible_collections.community.opensips.plugins.module_utils._module.tls_domain_files import FileStore
from ansible_collections.community.opensips.plugins.module_utils._module.tls_domain_store import PEMS, Domain
from ansible_collections.community.opensips.plugins.module_utils._module.tls_domain_table import TableStore
from ansible_collections.community.opensips.plugins.module_utils._state import reload
from ansible_collections.community.opensips.plugins.module_utils._tls import material

_STORES: Dict[str, Type[Union[TableStore, FileStore]]] = {"database": TableStore, "files": FileStore}


def _domain_options() -> Dict[str, Dict[str, Any]]:
    options: Dict[str, Dict[str, Any]] = {
        "name": {"type": "str", "required": True},
        "role": {"type": "str", "choices": ["server", "client"], "default": "server"},
        "match_addresses": {"type": "list", "elements": "str"},
        "match_sip_domains": {"type": "list", "elements": "str"},
        "ca_directory": {"type": "path"},
        "method": {"type": "str"},
        "verify_certificate": {"type": "bool"},
        "require_certificate": {"type": "bool"},
        "crl_check_all": {"type": "bool"},
        "crl_directory": {"type": "path"},
        "ciphers": {"type": "str"},
        "ec_curve": {"type": "str"},
        "files": {"type": "dict", "options": {name: {"type": "path"} for name in PEMS}},
    }
    for name in PEMS:
        options[name] = {"type": "str", "no_log": name == "private_key"}
        # a path is no secret, only the name suggests one
        options[f"{name}_file"] = {"type": "path", "no_log": False}
    return options


def spec() -> ArgumentSpec:
    """The module's own options."""
    own = ArgumentSpec(
        {
            "domains": {"type": "list", "elements": "dict", "required": True, "options": _domain_options()},
            "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
            "store": {"type": "str", "choices": list(_STORES), "default": "database"},
            "owner": {"type": "str"},
            "group": {"type": "str"},
            "mode": {"type": "str"},
            "check_names": {"type": "bool", "default": True},
            "check_dates": {"type": "bool", "default": True},
            "check_chain": {"type": "bool", "default": True},
            "minimum_certificate_days": {"type": "float", "default": 0.0},
            "check_handshake": {"type": "bool", "default": True},
            "sockets": {"type": "list", "elements": "str"},
            "maximum_answer_time": {"type": "float", "default": 5.0},
            "reload": {"type": "bool", "default": True},
            "reload_when": {"type": "str", "choices": ["changed", "always"], "default": "changed"},
            "wait_timeout": {"type": "float", "default": reload.DEFAULT_WAIT},
        },
        withheld=("domains",),
    )
    database = database_spec()
    # not needed with store=files
    database.rules["required_one_of"] = []
    merged = database.merged_with(own)
    return ArgumentSpec(
        merged.spec,
        withheld=merged.withheld,
        mutually_exclusive=merged.rules["mutually_exclusive"],
        required_if=[("store", "database", ("db_url", "db_engine"), True)],
    )


def run(task: Task) -> Dict[str, Any]:
    """Check everything, write the difference, have the server read it, and look at what its sockets present."""
    params = task.params
    _check_numbers(params)
    domains = _domains(task)
    return _STORES[params["store"]](task, domains).run()


def _check_numbers(params: Dict[str, Any]) -> None:
    check_answer_time(params)
    if not 0 < params["wait_timeout"] < float("inf"):
        raise BadParameters(f"wait_timeout is {params['wait_timeout']:g}", "Set it to a number of seconds above 0")
    if params["minimum_certificate_days"] < 0:
        raise BadParameters(
            f"minimum_certificate_days is {params['minimum_certificate_days']:g}", "Set it to 0 or more"
        )


def _domains(task: Task) -> List[Domain]:
    """The domains of the task, their certificates and keys checked. Raises BadParameters that names the place in the list."""
    found: List[Domain] = []
    seen: Dict[Any, int] = {}
    for index, options in enumerate(task.params["domains"]):
        domain = Domain(index, options)
        before = seen.setdefault((domain.name, domain.role), index)
        if before != index:
            raise BadParameters(
                f"domains[{before}] and domains[{index}] are both the {domain.role} domain {domain.name}",
                "Remove one of them",
            )
        with domain.labelled():
            _load(task, domain)
        found.append(domain)
    return found


def _load(task: Task, domain: Domain) -> None:
    params = task.params
    if not domain.name.strip() or len(domain.name) > 64:
        raise BadParameters(f"name is {domain.name!r}", "Use 1 to 64 characters")
    if params["state"] == "absent":
        return
    domain.material = material.load(domain.options)
    if domain.role == "server" and domain.material.certificate is None:
        raise BadParameters(
            "certificate or certificate_file is missing", "A server domain requires a certificate and its private key"
        )
    names = domain.options["match_sip_domains"] or [] if params["check_names"] and domain.role == "server" else []
    options = domain.options
    rules = material.Rules(
        options["ciphers"], options["ec_curve"], options["method"], params["check_dates"], params["check_chain"]
    )
    for text in material.check(domain.material, domain.role, names, params["minimum_certificate_days"], rules):
        task.warn(f"{domain.label}: {text}")
