# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which MI command makes a server read a table, or its routes, again.

Every reload but two answers when the new data is in use. reload_routes answers when every process has read the new
routes, and each switches to them before its next message; sockets_reload likewise (cfg_reload.c, modules/sockets_mgm).

Sources: the mi_export_t tables of modules/* of 1.11, 2.4, 3.6, 4.0; mi_core.c.
"""

import time
from collections.abc import Hashable
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi import catalogue, harm
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ExplainedError,
    MITimeout,
    RefusedRequest,
    RejectedCommand,
    ServerError,
    UnknownCommand,
    did_you_mean,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import tls
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import Record

# Seconds to wait for a reload. reload_routes alone waits up to 20 for the server's processes (MAX_PROC_RELOAD_WAIT)
DEFAULT_WAIT = 60.0

# How often a server is asked again that is still busy with the reload of somebody else
_RETRY = 0.25

# Command, and the tables that it reads
_COMMANDS = (
    ("ds_reload", "dispatcher"),
    ("lb_reload", "load_balancer"),
    ("dr_reload", "dr_gateways dr_carriers dr_rules dr_groups"),
    ("address_reload", "address"),
    ("dp_reload", "dialplan"),
    ("domain_reload", "domain"),
    ("rtpproxy_reload", "rtpproxy_sockets"),
    ("rtpengine_reload", "rtpengine"),
    ("tls_reload", "tls_mgm"),
    ("tcp_reload", "tcp_mgm"),
    ("clusterer_reload", "clusterer clusterer_bridge"),
    ("reg_reload", "registrant"),
    ("reload_blacklist", "userblacklist globalblacklist"),
    ("cr_reload_routes", "carrierroute carrierfailureroute route_tree"),
    ("cc_reload", "cc_flows cc_agents"),
    ("fraud_reload", "fraud_detection"),
    ("fs_reload", "freeswitch"),
    ("qr_reload", "qr_profiles"),
    ("sockets_reload", "sockets"),
    ("config_reload", "config"),
    ("trie_reload", "trie_table"),
    ("pdt_reload", "pdt"),
)

# What is reloaded and is no table; modules and commands are known by their own names besides
_THINGS = {
    "routes": "reload_routes",
    "tls": "tls_reload",
    "db_text": "dbt_reload",
    "lua": "lua_reload",
    "pi_http": "pi_reload_tbls_and_cmds",
    "regex": "regex_reload",
    "stir_shaken_ca": "stir_shaken_ca_reload",
    "stir_shaken_crl": "stir_shaken_crl_reload",
}

_COMMAND_OF = {table: command for command, tables in _COMMANDS for table in tables.split()}

# What the parameter is called that names a partition, where a command has one, and since which version
_PARTITION = {
    "ds_reload": ("partition", "2.2"),
    "address_reload": ("partition", "2.2"),
    "dp_reload": ("partition", "2.1"),
    "dr_reload": ("partition_name", "2.1"),
    "trie_reload": ("partition_name", "3.6"),
}

_TLS = "tls_reload"
_TLS_BLOCKS_BEFORE = (3,)
_BACKGROUND = frozenset(("reload_routes", "sockets_reload"))

_EACH_TIME = "OpenSIPS reads it at each use, so a change takes effect immediately"
_AT_START = "OpenSIPS reads it only when it starts: restart the server"
_OWN = "OpenSIPS writes this table itself, and has no command to reload it"
_RATES = "Its rate sheets are reloaded one at a time: call rc_reloadVendorRate or rc_reloadClientRate with opensips_mi_command"

_NO_RELOAD = {
    _EACH_TIME: "subscriber uri dbaliases usr_preferences grp speed_dial closeddial domainpolicy cpl xcap"
    " jwt_profiles jwt_secrets",
    _AT_START: "re_grp dr_partitions trie_partitions emergency_routing emergency_service_provider smpp janus",
    _OWN: "acc active_watchers aliases b2b_entities b2b_logic b2b_sca cachedb cc_calls cc_cdrs dialog emergency_report"
    " imc_members imc_rooms location missed_calls presentity pua rls_presentity rls_watchers silo sip_trace version"
    " watchers",
    _RATES: "rc_clients rc_demo_ratesheet rc_ratesheets rc_vendors",
}
_WHY_NOT = {table: why for why, tables in _NO_RELOAD.items() for table in tables.split()}

# Commands that reload what their parameters name, so that a name alone says too little
_NAMED_THINGS = frozenset(("bdb_reload", "sql_cacher_reload", "rc_reloadVendorRate", "rc_reloadClientRate"))


class ReloadRefused(ExplainedError):
    """The server did not reload, and keeps the data that it had."""

    remedy = "See the log of the server, correct the data, and run the task again."


class Planned:
    """A reload, checked against the server and not yet sent.

    name: what the user named. command: the server's own name of the command. params: dict, empty when it takes none.
    background: bool, the server goes on after its answer.
    """

    __slots__ = ("name", "command", "params", "background")

    def __init__(self, name: str, command: str, params: Dict[str, Any], background: bool) -> None:
        self.name, self.command, self.params, self.background = name, command, params, background

    def key(self) -> Hashable:
        """Equal for two reloads that are one and the same to the server."""
        return self.command, tuple(sorted(self.params.items()))


def has_reload(name: str) -> bool:
    """Whether some version of OpenSIPS reads this table, or thing, again when it is told to."""
    return command_of(name) is not None


def names() -> List[str]:
    """Every table that can be reloaded, and what else can, sorted."""
    return sorted(set(_COMMAND_OF) | set(_THINGS))


def plan(conn: Connection, name: str, partition: Optional[str] = None, inherit_state: Optional[bool] = None) -> Planned:
    """What reloads the table or thing called name (str) on this server: Planned. Nothing but reads is sent.

    name: a table as OpenSIPS calls it by default, "routes", a module, or a command such as ``ds_reload``.
    partition: str, only this one. inherit_state: bool, whether dispatcher and drouting keep the run-time state of
    destinations (3.4 and later).
    Raises BadParameters for a name or an option that has no place here, UnknownCommand when the server lacks the command.
    """
    command = command_of(name)
    if command is None:
        raise _unknown(name)
    params: Dict[str, Any] = {}
    if partition is not None:
        params.update(_partition(conn, name, command, partition))
    if inherit_state is not None:
        params.update(_inherit_state(conn, name, command, inherit_state))
    planned = Planned(name, conn.check(command, params or None), params, command in _BACKGROUND)
    if command == _TLS:
        refusal = tls_refusal(conn.version, tls.read(conn) if conn.version < _TLS_BLOCKS_BEFORE else [])
        if refusal is not None:
            raise refusal
    return planned


def tls_refusal(version: Tuple[int, ...], domains: List[Record]) -> Optional[RefusedRequest]:
    """Why a server of a version, with these domains (tls_list records), must not get tls_reload: the error, or None.

    2.x does not give back a lock after a connection to a server domain of its configuration, except the default one
    (tls_find_server_domain): the reload, and every handshake after it, waits for ever. Seen on 2.4.11. For 4.0, see harm.py.
    """
    used = [domain["name"] for domain in domains if _blocks(domain)] if version < _TLS_BLOCKS_BEFORE else []
    if used:
        return RefusedRequest(
            f"tls_reload makes OpenSIPS 2.x hang, because its configuration has the TLS server domain {used[0]}",
            harm.RESTART_FOR_TLS,
        )
    return harm.tls_reload_refusal(version)


def _blocks(domain: Record) -> bool:
    return domain["role"] == "server" and domain["certificate_file"] is not None and domain["name"] != "default"


def run(conn: Connection, planned: Planned, timeout: Optional[float] = None) -> Dict[str, Any]:
    """Send a Planned reload and wait for the end: dict of name, command, params, background and seconds (float).

    timeout: seconds to wait for it, DEFAULT_WAIT by default. A server that is busy with another reload of the same data is
    asked again until then. Raises ReloadRefused, MITimeout, and what Connection.call() raises.
    """
    start = time.monotonic()
    limit = DEFAULT_WAIT if timeout is None else timeout
    # a file with an unclosed text leaves the lexer of 3.6 and 4.0 inside of it: the next file is refused, whatever it is
    again = catalogue.classic_name(planned.command) == "reload_routes"
    while True:
        try:
            conn.call(planned.command, planned.params or None, timeout=max(start + limit - time.monotonic(), _RETRY))
            break
        except MITimeout as error:
            if not error.maybe_sent:
                raise
            raise MITimeout(
                f"The server did not answer {planned.command} within {limit:g} seconds",
                f"It may still be reading {planned.name}: increase wait_timeout, or check again later",
            ) from error
        except RejectedCommand:
            raise
        except ServerError as error:
            if not (again or "in progress" in error.reason) or start + limit - time.monotonic() < _RETRY:
                raise _refused(planned, error) from error
            again = False
        time.sleep(_RETRY)
    return {
        "name": planned.name,
        "command": planned.command,
        "params": planned.params,
        "background": planned.background,
        "seconds": round(time.monotonic() - start, 3),
    }


def command_of(name: str) -> Optional[str]:
    """The classic name of the command that reloads it, or None."""
    if name in _COMMAND_OF or name in _THINGS:
        return _COMMAND_OF.get(name) or _THINGS[name]
    if name in _WHY_NOT:
        return None
    known = set(_COMMAND_OF.values()) | set(_THINGS.values())
    found = catalogue.find(name)
    if found is not None:
        # a command that another version has under another name is known by each of them
        return next((other for other in [found.name, *found.was, *found.now] if other in known), None)
    for command in sorted(known):
        record: Any = catalogue.find(command)
        if name in [record.module] + [entry[2] for entry in record.modules] and record.module != "stir_shaken":
            return command
    return None


def _unknown(name: str) -> BadParameters:
    if name in _WHY_NOT:
        return BadParameters(f"The table {name} cannot be reloaded", _WHY_NOT[name])
    if catalogue.classic_name(name) in _NAMED_THINGS:
        return BadParameters(f"{name} is a command that requires parameters", "Run it with opensips_mi_command")
    hint = did_you_mean(str(name), names() + list(_WHY_NOT), f"It must be one of {', '.join(names())}")
    return BadParameters(f"OpenSIPS has no table or reload command {name!r}", hint)


def _partition(conn: Connection, name: str, command: str, partition: str) -> Dict[str, Any]:
    if not str(partition).strip():
        raise BadParameters(
            "partition is empty", "Set it to the name of a partition, or remove it to reload all partitions"
        )
    if command not in _PARTITION:
        having = [table for table in sorted(_COMMAND_OF) if _COMMAND_OF[table] in _PARTITION]
        raise BadParameters(
            f"partition is set, but {name} has no partitions",
            f"Remove it. It works with {', '.join(having)}",
        )
    parameter, since = _PARTITION[command]
    _check_takes(conn, command, "partition", since, {parameter: "default"})
    return {parameter: partition}


def _inherit_state(conn: Connection, name: str, command: str, inherit_state: bool) -> Dict[str, Any]:
    if command not in ("ds_reload", "dr_reload"):
        raise BadParameters(
            f"inherit_state is set, but {name} has no run-time state to keep",
            "Remove it. It works with dispatcher and the tables of drouting",
        )
    _check_takes(conn, command, "inherit_state", "3.4", {"inherit_state": "y"})
    return {"inherit_state": "y" if inherit_state else "n"}


def _check_takes(conn: Connection, command: str, option: str, since: str, params: Dict[str, Any]) -> None:
    try:
        conn.check(command, params)
    except UnknownCommand:
        raise
    except BadParameters as error:
        raise BadParameters(
            f"{option} is set, but {command} of OpenSIPS {'.'.join(str(part) for part in conn.version[:2])} does not have it",
            f"Remove it. It requires OpenSIPS {since} or later",
        ) from error


def _refused(planned: Planned, error: ServerError) -> ReloadRefused:
    """The error for a server that refused: what it runs now, and where to look."""
    command = catalogue.classic_name(planned.command)
    message = f"The server refused {planned.command}: {error.code} {error.reason}"
    details = error.data if isinstance(error.data, str) else None
    if details:
        message += f" ({details})"
    if command == "reload_routes":
        hint = (
            "It still runs the old routes. Check the file with opensips -C, and read the log of the server. "
            "Changes of modules, parameters and sockets require a restart"
        )
    elif error.code == 400 and command in ("rtpproxy_reload", "rtpengine_reload"):
        hint = (
            "It still runs the old nodes, which are in its configuration. "
            "To read them from the database, set db_url of the module"
        )
    elif command in ("rtpproxy_reload", "rtpengine_reload"):
        show = command.replace("reload", "show")
        hint = f"It drops its nodes before it reads the new ones, so it may have none now: read its log, and run {show}"
    elif planned.params and "partition" in (message + (details or "")).lower():
        hint = "It still runs the old data. Correct partition, or remove it"
    else:
        hint = "It still runs the old data. Its log says which row, table or database it could not read"
    return ReloadRefused(error, message, hint)
