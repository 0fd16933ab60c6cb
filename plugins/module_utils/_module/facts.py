# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_facts: what a server reports of itself, in subsets."""

from typing import Any, Callable, Dict, Iterable, List, Optional, Set

from ansible_collections.community.opensips.plugins.module_utils._fleet.contacts_file import ContactsFile
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import LeftOut, Selection
from ansible_collections.community.opensips.plugins.module_utils._fleet.sources import MISource
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ReplyTooLarge,
    ServerError,
    UnknownCommand,
)
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, select_spec
from ansible_collections.community.opensips.plugins.module_utils._module.location import location_source
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    addresses,
    blacklists,
    cache,
    call_center,
    carriers,
    certificate,
    cluster,
    dialogs,
    dispatcher,
    domains,
    gateways,
    load_balancer,
    log_level,
    media_nodes,
    processes,
    profiles,
    rate_limits,
    registrants,
    shared_variables,
    statistics,
    status,
    subscribers,
    tcp,
    tls,
    trace,
    uptime,
    version,
)
from ansible_collections.community.opensips.plugins.module_utils._readers.contact_fields import rename_for_users
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable


class NotGathered(Exception):
    """Why a subset cannot be gathered, where no request would find out."""


def _version(task: Task) -> Dict[str, Any]:
    return dict(version.read(task.connection), protocol=task.connection.protocol)


def _processes(task: Task) -> List[Dict[str, Any]]:
    return processes.read(task.connection, load=True)


def _statistics(task: Task) -> Dict[str, Any]:
    found = statistics.read(task.connection, task.params["statistics"])
    if found["unknown"]:
        task.warn(f"statistics: the server has no {', '.join(found['unknown'])}")
    return found["statistics"]


def _contacts(task: Task) -> List[Dict[str, Any]]:
    with location_source(task) as source:
        return list(map(rename_for_users, _chosen(task, source, LeftOut())))


def _chosen(task: Task, source: Any, left_out: LeftOut) -> Iterable[Dict[str, Any]]:
    """The records of the contacts that the task is about, one after another. left_out: takes the others."""
    if task.params["select"] is None:
        return source.contacts()
    return Selection(task.params["select"]).each_chosen(source, left_out)


def _write_contacts(task: Task) -> Dict[str, Any]:
    """Write the contacts to contacts_file. Gives what the task returns of it."""
    file, left_out = ContactsFile(task.params["contacts_file"]), LeftOut()
    with location_source(task) as source:
        if task.params["location_db"] is None:
            SUBSETS["contacts"].require(task.connection)
        contacts = map(rename_for_users, _chosen(task, source, left_out))
        if task.check_mode:
            file.count(contacts)
        else:
            file.write(contacts)
        return {
            "path": file.path,
            "contacts": file.written,
            "doubtful": len(source.doubtful),
            "left_out": dict(left_out.counts),
            "lookup": source.lookup(),
        }


def _location_size(task: Task) -> Dict[str, Any]:
    return MISource(task.connection, task.params["location_table"]).cost()


def _media_nodes(task: Task) -> List[Dict[str, Any]]:
    engines = [engine for engine in media_nodes.ENGINES if task.connection.has(f"{engine}_show")]
    return [node for engine in engines for node in media_nodes.read(task.connection, engine)]


def _cache(task: Task) -> Dict[str, Optional[str]]:
    if not task.params["cache_keys"]:
        raise NotGathered(
            "No keys to read. Name them in cache_keys, because OpenSIPS cannot list the keys of a cachedb"
        )
    return cache.read(task.connection, task.params["cache_system"], task.params["cache_keys"], "cache_system")


def _tls(task: Task) -> List[Dict[str, Any]]:
    is_local = task.connection.options.is_local
    return [dict(domain, **_certificate(domain["certificate_file"], is_local)) for domain in tls.read(task.connection)]


def _certificate(path: Optional[str], is_local: bool) -> Dict[str, Any]:
    """What is in the certificate of a TLS domain, which the server does not report."""
    if path is None:
        return certificate.absent("The certificate is in a table, from which the server does not report it")
    if not is_local:
        return certificate.absent("The server is on another host, so its files cannot be read")
    return certificate.read(path)


def _reading(read: Callable[[Connection], Any]) -> Callable[[Task], Any]:
    """What gathers a fact that needs nothing but the connection."""
    return lambda task: read(task.connection)


class Subset:
    """One element of gather_subset.

    gather: function of a Task that returns the fact; raises what the readers raise, and NotGathered. commands: MI commands of
    which the server must have one. is_default: whether it is gathered by default: what is long, secret or rarely of use is not.
    """

    def __init__(self, gather: Callable[[Task], Any], *commands: str, is_default: bool = True) -> None:
        self.gather = gather
        self.is_default = is_default
        self._commands = commands

    def require(self, conn: Connection) -> None:
        """Raise UnknownCommand, which names the module and version, if the server has none of the commands."""
        if not any(conn.has(command) for command in self._commands):
            conn.require(self._commands[0])


SUBSETS = {
    "uptime": Subset(_reading(uptime.read), "uptime"),
    "version": Subset(_version, "version"),
    "processes": Subset(_processes, "ps"),
    "statistics": Subset(_statistics, "get_statistics"),
    "log_level": Subset(_reading(log_level.read), "log_level"),
    "contacts": Subset(_contacts, "ul_dump"),
    "location_size": Subset(_location_size, "ul_dump"),
    "dialogs": Subset(_reading(dialogs.read_all), "dlg_list"),
    "dispatcher": Subset(_reading(dispatcher.read), "ds_list"),
    "load_balancer": Subset(_reading(load_balancer.read), "lb_list"),
    "gateways": Subset(_reading(gateways.read), "dr_gw_status"),
    "carriers": Subset(_reading(carriers.read), "dr_carrier_status"),
    "registrants": Subset(_reading(registrants.read), "reg_list"),
    "media_nodes": Subset(_media_nodes, "rtpengine_show", "rtpproxy_show"),
    "addresses": Subset(_reading(addresses.read), "address_dump"),
    "domains": Subset(_reading(domains.read), "domain_dump"),
    "blacklists": Subset(_reading(blacklists.read), "list_blacklists"),
    "trace": Subset(_reading(trace.read), "trace"),
    "cluster": Subset(_reading(cluster.read), "clusterer_list_topology"),
    "sharing_tags": Subset(_reading(cluster.read_sharing_tags), "clusterer_list_shtags"),
    "status": Subset(_reading(status.read), "sr_list_status"),
    "profiles": Subset(_reading(profiles.read), "list_all_profiles"),
    "tls": Subset(_tls, "tls_list"),
    "tcp": Subset(_reading(tcp.read), "list_tcp_conns", is_default=False),
    "rate_limits": Subset(_reading(rate_limits.read), "rl_list", is_default=False),
    "call_center": Subset(_reading(call_center.read), "cc_list_flows", is_default=False),
    "shared_variables": Subset(_reading(shared_variables.read), "shv_get", is_default=False),
    "subscribers": Subset(_reading(subscribers.read), "subscribers_list", is_default=False),
    "cache": Subset(_cache, "cache_fetch", is_default=False),
}
# What else an element of gather_subset may be
_GROUPS = {"all": set(SUBSETS), "default": {name for name, subset in SUBSETS.items() if subset.is_default}}


def spec() -> ArgumentSpec:
    """The module's own options."""
    own = ArgumentSpec(
        {
            "gather_subset": {"type": "list", "elements": "str", "default": ["default"]},
            "statistics": {"type": "list", "elements": "str", "default": ["all"]},
            # names of things, and no secrets
            "cache_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
            "cache_system": {"type": "str", "default": "local"},
            "contacts_file": {"type": "path"},
        }
    )
    return select_spec().merged_with(own)


def chosen(elements: List[str]) -> List[str]:
    """The subsets that gather_subset means, in the order of SUBSETS. Raises BadParameters."""
    included: Set[str] = set()
    left_out: Set[str] = set()
    # a subset that is named stays, whatever group is left out
    named = {element for element in elements if element in SUBSETS}
    for element in elements:
        is_out = element.startswith("!")
        (left_out if is_out else included).update(_members(element[1:] if is_out else element))
        if is_out:
            named.discard(element[1:])
    if not included and "!all" not in elements:
        included = _GROUPS["default"]
    return [name for name in SUBSETS if name in named or name in included - left_out]


def _members(name: str) -> Set[str]:
    if name in SUBSETS:
        return {name}
    if name not in _GROUPS:
        raise BadParameters(
            f"gather_subset: there is no subset {name!r}",
            f"The subsets are {', '.join(SUBSETS)}. Others are default and all. To leave one out, write '!' before it",
        )
    return _GROUPS[name]


def run(task: Task) -> Dict[str, Any]:
    """Gather each subset; those that the server cannot report are listed as skipped."""
    names = chosen(task.params["gather_subset"])
    if task.params["select"] is not None:
        # filters that are wrong are found before anything is read
        Selection(task.params["select"])
    result: Dict[str, Any] = {}
    if task.params["contacts_file"] is not None:
        if "contacts" not in names:
            raise BadParameters("contacts_file is set, and gather_subset does not have contacts", "Add contacts to it")
        names.remove("contacts")
        result["contacts_file"] = _write_contacts(task)
    facts: Dict[str, Any] = {}
    skipped: Dict[str, str] = {}
    for name in names:
        is_from_database = name == "contacts" and task.params["location_db"] is not None
        try:
            if not is_from_database:
                SUBSETS[name].require(task.connection)
            facts[name] = SUBSETS[name].gather(task)
        except (ServerError, UnknownCommand, ReplyTooLarge, NotGathered) as error:
            if getattr(error, "is_over_limit", False):
                raise
            skipped[name] = printable(str(error))
    facts["skipped"] = skipped
    return dict(result, changed=False, ansible_facts={"opensips": facts})
