# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows against what real servers showed of the same rows (the recorded wire)."""

import json

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi import catalogue
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols import Request
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._readers import addresses
from ansible_collections.community.opensips.plugins.module_utils._table import plan, runtime
from ansible_collections.community.opensips.tests.unit import wire

# The rows that the recorded servers had read: {table: (key columns, rows)}
RECORDED = {
    "dispatcher": (
        ["setid", "destination"],
        [
            {"setid": 1, "destination": "sip:127.0.0.1:19001", "attrs": "dc=a"},
            {"setid": 2, "destination": "sip:127.0.0.2:19003;transport=udp", "attrs": ""},
        ],
    ),
    "load_balancer": (
        ["group_id", "dst_uri"],
        [{"group_id": 1, "dst_uri": "sip:127.0.0.1:19101", "resources": "pstn=32;transc=12", "attrs": None}],
    ),
    "address": (
        ["grp", "ip", "mask", "port"],
        [{"grp": 1, "ip": "10.1.1.1", "mask": 32, "port": 5060}, {"grp": 2, "ip": "10.2.0.0", "mask": 16, "port": 0}],
    ),
    "domain": (["domain"], [{"domain": "EXAMPLE.com"}, {"domain": "voip.example.org"}]),
    "dr_gateways": (["gwid"], [{"gwid": "gw1", "attrs": "a1"}, {"gwid": "gw2", "attrs": ""}]),
    "dr_carriers": (["carrierid"], [{"carrierid": "cr1", "attrs": "x"}]),
    "registrant": (["aor"], [{"aor": "sip:trunk1@carrier.example"}]),
    "rtpengine": (["set_id", "socket"], [{"set_id": 1, "socket": "udp:127.0.0.1:19911=2 udp:127.0.0.1:19912"}]),
    "rtpproxy_sockets": (["set_id", "rtpproxy_sock"], [{"set_id": 1, "rtpproxy_sock": "udp:127.0.0.1:19901"}]),
}
# what the recording has under other names, or with other replies before that one
IDS = {
    "ds_list": ("ds_list_full", "ds_list"),
    "dr_gw_status": ("dr_gw_status_all", "dr_gw_status"),
    "dr_carrier_status": ("dr_carrier_all", "dr_carrier_status"),
}


class Replies:
    """A connection that answers each command with its first good recorded reply."""

    def __init__(self, version):
        self.version = tuple(int(part) for part in version.split("."))
        self._version = version

    def call(self, method, params=None, timeout=None):
        found = []
        for name in ("fifo", "state_fifo"):
            if (self._version, name) in wire.files():
                for each in wire.exchanges(self._version, name):
                    if catalogue.classic_name(each["method"]) == method and "error" not in (each["reply"] or "error"):
                        found.append((name, each))
        ids = IDS.get(method, ())
        found.sort(key=lambda pair: ids.index(pair[1]["id"]) if pair[1]["id"] in ids else len(ids))
        return wire.decode(self._version, found[0][0], found[0][1])


def changes(table, operation, rows=None):
    match, known = RECORDED[table]
    for row in rows or known:
        key = tuple(row[name] for name in match)
        before, after = (row, None) if operation == plan.DELETE else (None, row)
        yield plan.Change(operation, 1, key, before, after)


@pytest.mark.parametrize(
    "version, table",
    [
        (version, table)
        for version in ("1.11", "2.4", "3.6", "4.0")
        for table in sorted(RECORDED)
        # 1.11 was recorded without these modules
        if version != "1.11" or table not in ("registrant", "rtpengine", "rtpproxy_sockets")
    ],
)
def test_what_is_there_and_what_is_not(version, table):
    assert runtime.can_show(table)
    conn, match = Replies(version), RECORDED[table][0]
    inserted = list(changes(table, plan.INSERT))
    assert runtime.differences(conn, table, inserted, match) == []
    other = dict(RECORDED[table][1][0], **{match[-1]: "other" if match[-1] != "port" else 9})
    told = runtime.differences(conn, table, list(changes(table, plan.INSERT, [other])), match)
    assert len(told) == 1 and told[0].endswith(": is not there")
    deleted = runtime.differences(conn, table, list(changes(table, plan.DELETE)), match)
    if table == "registrant":
        # unregistering takes its time
        assert deleted == []
    else:
        assert deleted and all(each.endswith("is still there") for each in deleted)
    # with a longer key, nobody knows
    assert runtime.differences(conn, table, list(changes(table, plan.DELETE)), match + ["id"]) == []


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_what_differs_is_told(version):
    row = {"setid": 1, "destination": "sip:127.0.0.1:19001", "attrs": "dc=z"}
    told = runtime.differences(
        Replies(version), "dispatcher", list(changes("dispatcher", plan.INSERT, [row])), ["setid", "destination"]
    )
    assert told == ["1 sip:127.0.0.1:19001: attrs was to be dc=z and is dc=a"]
    row = {"group_id": 1, "dst_uri": "sip:127.0.0.1:19101", "resources": "pstn=33;transc=12"}
    told = runtime.differences(
        Replies(version), "load_balancer", list(changes("load_balancer", plan.INSERT, [row])), ["group_id", "dst_uri"]
    )
    assert len(told) == 1 and "resources was to be {'pstn': 33" in told[0]
    # FreeSWITCH tells how many it takes
    row["resources"] = "pstn=fs://:x@192.0.2.1"
    assert (
        runtime.differences(
            Replies(version),
            "load_balancer",
            list(changes("load_balancer", plan.INSERT, [row])),
            ["group_id", "dst_uri"],
        )
        == []
    )


def test_unlisted_tables_cannot_be_shown():
    assert not runtime.can_show("subscriber") and not runtime.can_show("dr_rules")


def test_addresses_of_one_partition():
    """As OpenSIPS 3.6.8 and 4.0.1 answered address_dump with the parameter partition."""
    text = json.dumps(
        {
            "jsonrpc": "2.0",
            "result": {
                "part": "default",
                "Destinations": [
                    {
                        "grp": 2,
                        "ip": "10.2.0.0",
                        "mask": "255.255.0.0",
                        "port": 0,
                        "proto": "any",
                        "pattern": "",
                        "context_info": "dc",
                    }
                ],
            },
            "id": 1,
        }
    )
    (record,) = addresses.parse(JsonRpcProtocol().decode(text.encode(), Request(b"", "address_dump", 1)))
    assert (record["partition"], record["group"], record["ip"], record["mask"]) == ("default", 2, "10.2.0.0", 16)
