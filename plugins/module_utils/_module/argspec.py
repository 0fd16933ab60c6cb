# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The options that modules share, as argument_specs that merge with their rules."""

import os
from typing import Any, Container, Dict, FrozenSet, Iterable, Optional

from ansible.module_utils.basic import env_fallback

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import DEFAULT_SHARE
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import DEFAULT_REPLY_SIZE
from ansible_collections.community.opensips.plugins.module_utils._mi.options import PROTOCOLS, TRANSPORTS
from ansible_collections.community.opensips.plugins.module_utils._table.engines import ENGINES

# seconds
_LONGEST_ANSWER = 60


class ArgumentSpec:
    """An argument_spec with its rules. merged_with() joins two; to_kwargs() feeds AnsibleModule.

    withheld: names of options that are neither logged nor returned, because they hold secrets, or are very long.
    """

    _RULES = ("mutually_exclusive", "required_together", "required_one_of", "required_if")

    def __init__(
        self,
        spec: Optional[Dict[str, Any]] = None,
        required_by: Optional[Dict[str, Any]] = None,
        withheld: Iterable[str] = (),
        **rules: Any,
    ) -> None:
        self.spec = dict(spec or {})
        self.withheld = tuple(withheld)
        self.required_by = dict(required_by or {})
        self.rules = {name: list(rules.pop(name, ())) for name in self._RULES}
        if rules:
            raise TypeError(f"unknown rules {sorted(rules)}")

    def merged_with(self, other: "ArgumentSpec") -> "ArgumentSpec":
        """A new ArgumentSpec with the options and rules of both."""
        merged = ArgumentSpec(
            dict(self.spec, **other.spec), dict(self.required_by, **other.required_by), self.withheld + other.withheld
        )
        merged.rules = {name: self.rules[name] + other.rules[name] for name in self._RULES}
        return merged

    def to_kwargs(self) -> Dict[str, Any]:
        """Keyword arguments for AnsibleModule."""
        return dict(self.rules, argument_spec=self.spec, required_by=self.required_by)

    def to_option(self) -> Dict[str, Any]:
        """An option whose suboptions these are."""
        return dict(self.rules, type="dict", options=self.spec, required_by=self.required_by)


def _option(name: str, **kwargs: Any) -> Dict[str, Any]:
    return dict(kwargs, fallback=(env_fallback, [f"OPENSIPS_MI_{name.upper()}"]))


_CONNECTION: Dict[str, Dict[str, Any]] = {
    "transport": {"type": "str", "choices": list(TRANSPORTS)},
    "protocol": {"type": "str", "choices": list(PROTOCOLS), "default": "auto"},
    "fifo_path": {"type": "path"},
    "reply_dir": {"type": "path"},
    "server_user": {"type": "str"},
    "host": {"type": "str"},
    "port": {"type": "int"},
    "socket_path": {"type": "path"},
    "url": {"type": "str"},
    "timeout": {"type": "float"},
    "max_reply_size": {"type": "int", "default": DEFAULT_REPLY_SIZE},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path"},
    "url_username": {"type": "str"},
    "url_password": {"type": "str", "no_log": True},
}
CONNECTION_OPTIONS = frozenset(_CONNECTION)


def connection_spec() -> ArgumentSpec:
    """The connection options, the same in every module; each may come from an OPENSIPS_MI_* variable."""
    return ArgumentSpec({name: _option(name, **spec) for name, spec in _CONNECTION.items()})


def connection_options(params: Dict[str, Any]) -> Dict[str, Any]:
    """The connection options among a module's parameters."""
    return {name: params[name] for name in _CONNECTION}


def of_environment(params: Dict[str, Any], given: Container[Any]) -> FrozenSet[str]:
    """Names of the connection options that variables of the environment gave (frozenset). given: names of those that a user wrote."""
    return frozenset(
        name
        for name in CONNECTION_OPTIONS
        if name not in given and params[name] is not None and f"OPENSIPS_MI_{name.upper()}" in os.environ
    )


def check_answer_time(params: Dict[str, Any]) -> None:
    """Refuse a maximum_answer_time with which a SIP or TLS socket could not answer, or a task would not end. Raises BadParameters."""
    seconds = params["maximum_answer_time"]
    if not 0 < seconds <= _LONGEST_ANSWER:
        raise BadParameters(
            f"maximum_answer_time is {seconds:g}",
            f"Set it to a number of seconds, above 0 and at most {_LONGEST_ANSWER}",
        )


def neighbours_option() -> Dict[str, Any]:
    """The option neighbours: other nodes of a cluster. Variables of the environment are about the node of the task."""
    return {"type": "list", "elements": "dict", "options": {name: dict(spec) for name, spec in _CONNECTION.items()}}


_LOGIN = {
    "login_host": {"type": "str"},
    "login_port": {"type": "int"},
    "login_unix_socket": {"type": "path"},
    "login_user": {"type": "str"},
    "login_password": {"type": "str", "no_log": True},
    "login_db": {"type": "str"},
}


def database_spec() -> ArgumentSpec:
    """Where a database is, as opensips_table takes it, and location_db of others."""
    return ArgumentSpec(
        dict(
            _LOGIN,
            db_url={"type": "str", "no_log": True},
            db_engine={"type": "str", "choices": list(ENGINES)},
            db_table={"type": "str"},
            db_timeout={"type": "float", "default": 10.0},
        ),
        required_one_of=[("db_url", "db_engine")],
        mutually_exclusive=[("db_url", "db_engine")] + [("db_url", name) for name in _LOGIN],
    )


_FILTERS = ("aor", "aor_regex", "domain", "user_agent", "contact", "network", "socket")


def select_spec() -> ArgumentSpec:
    """The filters on registered contacts, the location table, and the database that has it."""
    filters: Dict[str, Any] = {
        prefix + name: {"type": "list", "elements": "str"} for prefix in ("", "exclude_") for name in _FILTERS
    }
    filters.update(
        expires_within={"type": "int"},
        branch_flags={"type": "list", "elements": "str"},
        sample={"type": "float"},
        # a secret it is not, only the name suggests one
        seed={"type": "str", "no_log": False},
        limit={"type": "int"},
    )
    return ArgumentSpec(
        {
            "select": {"type": "dict", "options": filters},
            "location_table": {"type": "str", "default": "location"},
            "location_db": database_spec().to_option(),
        }
    )


def firmware_option() -> Dict[str, Any]:
    """The expected firmware by vendor and model. Versions are raw, so that numbers of YAML, which lose zeros, can be refused."""
    options = {
        "vendor": {"type": "str", "required": True},
        "model": {"type": "str"},
        "firmware": {"type": "list", "elements": "raw", "required": True},
    }
    return {"type": "list", "elements": "dict", "options": options}


def sending_spec() -> ArgumentSpec:
    """How requests are sent to phones, and how they call themselves."""
    return ArgumentSpec(
        {
            "headers": {"type": "dict", "default": {}},
            "from_uri": {"type": "str"},
            "socket": {"type": "str", "default": "contact"},
            "rate": {"type": "float"},
            "server_share": {"type": "float", "default": DEFAULT_SHARE},
            "max_in_flight": {"type": "int"},
            "max_failures": {"type": "str"},
            "results": {"type": "str", "choices": ["auto", "all", "attention"], "default": "auto"},
            "results_append": {"type": "bool", "default": False},
            "results_file": {"type": "path"},
        }
    )
