# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What of a server is compared, kind by kind: how its memory tells it, and how the rows of its table do.

What changes with each call is left out: counters, loads, times. States are compared between nodes, and with a snapshot; a table
has the state that a server begins with, so there it is only compared if that is wanted.

Sources: the readers, and which row makes what in the server: dispatcher/dispatch.c, load_balancer/lb_data.c,
drouting/dr_load.c, permissions/address.c, domain/domain.c, dialplan/dp_db.c, uac_registrant/reg_db_handler.c,
tls_mgm/tls_mgm.c and tls_config_helper.h of 2.4, 3.6, 4.0.
"""

import re
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._compare import asked, host
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ServerError
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    addresses,
    carriers,
    dispatcher,
    domains,
    gateways,
    load_balancer,
    registrants,
    reports,
    tls,
    version,
)
from ansible_collections.community.opensips.plugins.module_utils._table.tables.address import network

Entry = Dict[str, Any]

_STATES = {0: "active", 1: "inactive", 2: "probing"}
_LOADED = re.compile(r"(?<![0-9])([0-9]+) rules loaded \(([0-9]+) discarded\)")
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z")


class Kind:
    """One kind of thing.

    key: names that identify a thing. read: function(connection, settings) -> entries; raises what readers raise, and
    host.NotHere. commands: MI commands of which the server must have one. states: names of values that are states.
    since: {name of a value: the version that tells it first}. table: the one that the server loads, or None. of_row: function
    of a row (canonical values by column) that gives the entry, or None for a row that is not loaded.
    partition: whether the things of a server are in partitions.
    """

    def __init__(
        self,
        key: str,
        read: "Callable[[Connection, host.Settings], List[Entry]]",
        *commands: str,
        states: str = "",
        since: Optional[Dict[str, Tuple[int, ...]]] = None,
        table: Optional[str] = None,
        of_row: Optional[Callable[[Entry], Optional[Entry]]] = None,
        questions: "Optional[Callable[[Connection, List[Entry], Optional[str]], Iterator[asked.Question]]]" = None,
        ask_command: str = "",
    ) -> None:
        """questions: of a kind whose rules the server counts, and does not list: what it is asked of the rows of the table, with
        ask_command.
        """
        self.key = key.split()
        self.states = states.split()
        self.table = table
        self._questions = questions
        self._ask_command = ask_command
        self._commands = commands
        self._read = read
        self._since = since or {}
        self._of_row = of_row

    @property
    def has_partitions(self) -> bool:
        return "partition" in self.key

    def read(self, conn: Connection, settings: "host.Settings") -> List[Entry]:
        """The entries of a server. Raises UnknownCommand if it does not have such things, and what readers raise."""
        if self._commands and not any(conn.has(command) for command in self._commands):
            conn.require(self._commands[0])
        untold = [name for name, first in self._since.items() if conn.version < first]
        return [
            {name: value for name, value in entry.items() if name not in untold} for entry in self._read(conn, settings)
        ]

    def can_ask(self, conn: Connection) -> bool:
        """Whether a server can be asked for single rules."""
        return self._questions is not None and conn.has(self._ask_command)

    def ask(self, conn: Connection, rows: List[Entry], partition: Optional[str]) -> asked.Answers:
        """Ask a server for the rules that rows of the table make. partition: the one that the user named, or None."""
        return asked.answers(self._questions(conn, rows, partition) if self._questions is not None else iter(()))

    def of_rows(self, rows: List[Entry], partition: str) -> List[Entry]:
        """The entries of the rows of a table."""
        made = [self._of_row(row) for row in rows] if self._of_row is not None else []
        entries = [entry for entry in made if entry is not None]
        if self._questions is not None:
            return [{"partition": partition, "rules": len(entries)}]
        return [dict(entry, partition=partition) for entry in entries] if self.has_partitions else entries


def _picked(record: Entry, names: str) -> Entry:
    return {name: record[name] for name in names.split()}


# Destinations


def _dispatcher(conn: Connection, settings: "host.Settings") -> List[Entry]:
    names = "partition set uri state socket attrs weight priority description resolved_addresses"
    entries = [_picked(record, names) for record in dispatcher.read(conn, settings.partition)]
    for entry in entries:
        entry["socket"] = _socket(entry["socket"])
        if entry["resolved_addresses"] is not None:
            entry["resolved_addresses"].sort()
    return entries


def _dispatcher_row(row: Entry) -> Entry:
    entry = {
        "set": row["setid"],
        "uri": row["destination"],
        "state": _STATES.get(row["state"], row["state"]),
        "socket": _socket(row["socket"]),
        "attrs": row["attrs"] or None,
        "description": row["description"] or None,
    }
    if "priority" in row:
        entry["priority"] = row["priority"]
    if _WHOLE.match(str(row["weight"])):
        # otherwise it is the address of a FreeSWITCH that tells the weight
        entry["weight"] = int(row["weight"])
    return entry


def _load_balancer(conn: Connection, _settings: "host.Settings") -> List[Entry]:
    return [
        dict(
            _picked(record, "group uri enabled attrs"),
            resources={resource["name"]: resource["max"] for resource in record["resources"]},
        )
        for record in load_balancer.read(conn)
    ]


def _load_balancer_row(row: Entry) -> Entry:
    entry = {"group": row["group_id"], "uri": row["dst_uri"]}
    if "attrs" in row:
        entry["attrs"] = row["attrs"] or None
    pairs = [pair.partition("=")[::2] for pair in (row["resources"] or "").strip(";").split(";")]
    # those that come from FreeSWITCH have an address in place of a number
    if all(name.strip() and _WHOLE.match(size.strip()) for name, size in pairs):
        entry["resources"] = {name.strip(): int(size) for name, size in pairs}
    return entry


def _gateways(conn: Connection, settings: "host.Settings") -> List[Entry]:
    # 1.x does not tell why a gateway is off
    state = "state" if conn.version >= (2,) else "enabled"
    return _in_default(
        [_picked(record, f"partition id address attrs {state}") for record in gateways.read(conn, settings.partition)]
    )


def _gateway_row(row: Entry) -> Entry:
    states = {0: "active", 1: "disabled_mi", 2: "probing"}
    return {
        "id": row["gwid"],
        "address": row["address"],
        "state": states.get(row["state"], row["state"]),
        "enabled": not row["state"],
        "attrs": row["attrs"] or None,
    }


def _carriers(conn: Connection, settings: "host.Settings") -> List[Entry]:
    return _in_default(
        [_picked(record, "partition id enabled attrs") for record in carriers.read(conn, settings.partition)]
    )


def _carrier_row(row: Entry) -> Entry:
    return {"id": row["carrierid"], "enabled": not row["state"], "attrs": row["attrs"] or None}


def _in_default(entries: List[Entry]) -> List[Entry]:
    """The entries of drouting: without partitions, all are in the one that a table is loaded into."""
    for entry in entries:
        entry["partition"] = entry["partition"] or dispatcher.DEFAULT_PARTITION
    return entries


# Addresses and domains


def _addresses(conn: Connection, settings: "host.Settings") -> List[Entry]:
    return [
        # before 2.3, subnets have no protocol
        dict(record, ip=network(record["ip"], record["mask"]), proto=record["proto"] or "any")
        for record in addresses.read(conn, settings.partition)
    ]


def _address_row(row: Entry) -> Entry:
    return {
        "group": row["grp"],
        "ip": network(row["ip"], row["mask"]),
        "mask": row["mask"],
        "port": row["port"],
        "proto": (row["proto"] or "any").lower(),
        "pattern": row["pattern"] or None,
        "context_info": row["context_info"] or None,
    }


def _domains(conn: Connection, _settings: "host.Settings") -> List[Entry]:
    return [dict(record, name=record["name"].lower()) for record in domains.read(conn)]


def _domain_row(row: Entry) -> Entry:
    entry = {"name": row["domain"].lower()}
    if "attrs" in row:
        entry["attributes"] = row["attrs"] or None
    return entry


# Rules


def _counted(group: str) -> "Callable[[Connection, host.Settings], List[Entry]]":
    """What reads how many rows a server has loaded into each partition: the last report of each."""

    def read(conn: Connection, settings: "host.Settings") -> List[Entry]:
        entries = []
        try:
            found_reports = reports.read(conn, group)
        except ServerError as error:
            if error.code != 404:
                raise
            raise host.NotHere(f"The server has no reports of {group}. Is its module {group} loaded?") from error
        for name, lines in found_reports.items():
            found = [match for match in map(_LOADED.search, lines) if match]
            # drouting writes its default partition with a capital letter
            partition = dispatcher.DEFAULT_PARTITION if name.lower() == dispatcher.DEFAULT_PARTITION else name
            if found and settings.partition in (None, partition):
                entries.append({"partition": partition, "rules": int(found[-1].group(1))})
        if not entries:
            raise host.NotHere("The server has not reported how many rules it loaded")
        return entries

    return read


def _dialplan_row(row: Entry) -> Optional[Entry]:
    return None if row["disabled"] else row


# Others


def _registrants(conn: Connection, _settings: "host.Settings") -> List[Entry]:
    names = "aor contact registrar state enabled expires proxy third_party_registrant contact_params socket shtag cluster_id"
    return [dict(_picked(record, names), socket=_socket(record["socket"])) for record in registrants.read(conn)]


def _registrant_row(row: Entry) -> Entry:
    entry = {
        "aor": row["aor"],
        "contact": row["binding_URI"],
        "registrar": row["registrar"],
        "expires": row["expiry"],
        "proxy": row["proxy"] or None,
        "third_party_registrant": row["third_party_registrant"] or None,
        "contact_params": row["binding_params"] or None,
        "socket": _socket(row["forced_socket"]),
    }
    if "state" in row:
        entry["enabled"] = not row["state"]
    if "cluster_shtag" in row:
        tag, _slash, cluster = (row["cluster_shtag"] or "").partition("/")
        entry["shtag"], entry["cluster_id"] = tag or None, int(cluster) if cluster.isdigit() else None
    return entry


def _tls_domains(conn: Connection, _settings: "host.Settings") -> List[Entry]:
    return [host.with_hashes(_sorted_filters(record)) for record in tls.read(conn)]


def _sorted_filters(record: Entry) -> Entry:
    for name in ("match_addresses", "match_sip_domains"):
        if record[name] is not None:
            record[name].sort()
    return record


_TLS_COLUMNS = {
    "crl_directory": "crl_dir",
    "ca_directory": "ca_dir",
    "ciphers": "cipher_list",
    "ec_curve": "ec_curve",
}


def _tls_row(row: Entry) -> Entry:
    entry = {
        "role": {1: "client", 2: "server"}.get(row["type"], row["type"]),
        "name": row.get("domain", "default"),
        "verify_certificate": bool(row["verify_cert"]),
        "require_certificate": bool(row["require_cert"]),
        "crl_check_all": bool(row["crl_check_all"]),
    }
    # of what a row leaves out, the server has defaults of its own
    for name, column in _TLS_COLUMNS.items():
        if row[column]:
            entry[name] = row[column]
    for name, column in (("match_addresses", "match_ip_address"), ("match_sip_domains", "match_sip_domain")):
        if column in row:
            entry[name] = sorted(part.strip() for part in (row[column] or "*").split(","))
    return entry


def _versions(conn: Connection, _settings: "host.Settings") -> List[Entry]:
    return [_picked(version.read(conn), "product version flavour arch os")]


def _socket(text: Optional[str]) -> Optional[str]:
    """A socket in one spelling: servers and tables leave out the protocol or the port, where they are UDP and 5060."""
    if not text:
        return None
    protocol, colon, rest = text.strip().lower().partition(":")
    if not colon or not protocol.isalpha():
        protocol, rest = "udp", text.strip().lower()
    has_port = re.search(r"(\]|^[^:]*):[0-9]+\Z", rest)
    return f"{protocol}:{rest}" if has_port else f"{protocol}:{rest}:{'5061' if protocol in ('tls', 'wss') else '5060'}"


KINDS: Dict[str, Kind] = {
    "dispatcher": Kind(
        "partition set uri",
        _dispatcher,
        "ds_list",
        states="state",
        since={"weight": (2, 2), "priority": (2, 2), "description": (2, 2), "resolved_addresses": (3, 2)},
        table="dispatcher",
        of_row=_dispatcher_row,
    ),
    "load_balancer": Kind(
        "group uri",
        _load_balancer,
        "lb_list",
        states="enabled",
        since={"attrs": (3, 1)},
        table="load_balancer",
        of_row=_load_balancer_row,
    ),
    "gateways": Kind(
        "partition id",
        _gateways,
        "dr_gw_status",
        states="state enabled",
        since={"attrs": (3, 1)},
        table="dr_gateways",
        of_row=_gateway_row,
    ),
    "carriers": Kind(
        "partition id",
        _carriers,
        "dr_carrier_status",
        states="enabled",
        since={"attrs": (3, 1)},
        table="dr_carriers",
        of_row=_carrier_row,
    ),
    "routing_rules": Kind(
        "partition group prefix",
        _counted("drouting"),
        "sr_list_reports",
        table="dr_rules",
        of_row=dict,
        questions=asked.of_routing,
        ask_command="dr_number_routing",
    ),
    "addresses": Kind(
        "partition group ip mask port proto pattern",
        _addresses,
        "address_dump",
        since={"context_info": (2, 3)},
        table="address",
        of_row=_address_row,
    ),
    "domains": Kind("name", _domains, "domain_dump", since={"attributes": (2, 1)}, table="domain", of_row=_domain_row),
    "dialplans": Kind(
        "partition dpid match",
        _counted("dialplan"),
        "sr_list_reports",
        table="dialplan",
        of_row=_dialplan_row,
        questions=asked.of_dialplan,
        ask_command="dp_translate",
    ),
    "registrants": Kind(
        "aor contact registrar",
        _registrants,
        "reg_list",
        states="state enabled",
        since={"contact_params": (3,), "shtag": (3,), "cluster_id": (3,), "enabled": (3, 2), "socket": (3, 6)},
        table="registrant",
        of_row=_registrant_row,
    ),
    "tls_domains": Kind("role name", _tls_domains, "tls_list", table="tls_mgm", of_row=_tls_row),
    "configuration": Kind("file", host.configuration, "arg"),
    "versions": Kind("product", _versions, "version"),
    "modules": Kind("module", host.modules, "which"),
}


def from_table(entries: Sequence[Entry], partition: str) -> List[Entry]:
    """Those of entries that a server has from its table: in a partition, where there are some, and not from its configuration."""
    return [
        entry
        for entry in entries
        if entry.get("partition", partition) == partition and not entry.get("certificate_file")
    ]
