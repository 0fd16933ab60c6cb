# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows against what real servers showed of the same rows (the recorded wire)."""

import json

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi import catalogue
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request
from ansible_collections.community.opensips.plugins.module_utils._readers import addresses
from ansible_collections.community.opensips.plugins.module_utils._table import plan, verification
from ansible_collections.community.opensips.plugins.module_utils._table.tables import registry
from ansible_collections.community.opensips.plugins.module_utils._table.tables.record import Record
from ansible_collections.community.opensips.plugins.module_utils._table.views import FOUND, MOST_QUESTIONS, Pushed
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
    conn, match = Replies(version), RECORDED[table][0]
    view = registry.of(table).view

    def look(operation, rows=None, match=match):
        return view.look(conn, Pushed(list(changes(table, operation, rows)), match, None, None))

    assert set(look(plan.INSERT)) == {FOUND}
    other = dict(RECORDED[table][1][0], **{match[-1]: "other" if match[-1] != "port" else 9})
    (missing,) = look(plan.INSERT, [other])
    assert missing.verified is False and missing.message.endswith(": is not there")
    deleted = look(plan.DELETE)
    if table == "registrant":
        # unregistering takes its time
        assert {finding.verified for finding in deleted} == {None}
    else:
        assert all(finding.verified is False and "is still there" in finding.message for finding in deleted)
    # with a longer key, nobody knows
    longer = [dict(row, id=1) for row in RECORDED[table][1]]
    assert {finding.verified for finding in look(plan.DELETE, longer, match + ["id"])} == {None}


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_what_differs_is_reported(version):
    def look(table, row):
        pushed = Pushed(list(changes(table, plan.INSERT, [row])), RECORDED[table][0], None, None)
        (finding,) = registry.of(table).view.look(Replies(version), pushed)
        return finding

    row = {"setid": 1, "destination": "sip:127.0.0.1:19001", "attrs": "dc=z"}
    assert look("dispatcher", row) == (False, "1 sip:127.0.0.1:19001: attrs is dc=a, expected dc=z")
    row = {"group_id": 1, "dst_uri": "sip:127.0.0.1:19101", "resources": "pstn=33;transc=12"}
    assert "expected {'pstn': 33" in look("load_balancer", row).message
    # FreeSWITCH reports how many it takes
    assert look("load_balancer", dict(row, resources="pstn=fs://:x@192.0.2.1")) == FOUND


class Drouting:
    """A 3.6 with some rules. loaded: how many it reports, None for a server that reports nothing."""

    version = (3, 6, 8)
    RULES = {(0, "49"): ["gw1"], (1, "49"): ["gw1"], (0, "44"): ["gw9"]}

    def __init__(self, loaded=None):
        self.loaded = loaded
        self.asked = 0

    def has(self, _method):
        return self.loaded is not None

    def call(self, method, params):
        if method == "sr_list_reports":
            logs = [
                "7 rules loaded (0 discarded)",
                f"2 gateways loaded (0 discarded), {self.loaded} rules loaded (2 discarded)",
            ]
            reports = [{"Log": log} for log in logs]
            return wire_reply([{"Name": "Default;events", "Reports": []}, {"Name": "Default", "Reports": reports}])
        self.asked += 1
        group, number = params["group_id"], params["number"]
        for end in range(len(number), -1, -1):
            if (group, number[:end]) in self.RULES:
                gateways = [{"GATEWAY": name} for name in self.RULES[group, number[:end]]]
                return wire_reply({"Matched Prefix": number[:end], "GW List": gateways})
        return wire_reply("No match")


def wire_reply(result):
    """A reply of a 3.x server."""
    text = json.dumps({"jsonrpc": "2.0", "result": result, "id": 1})
    return JsonRpcProtocol().decode(text.encode(), Request(b"", "x", 1))


def rule(prefix, group="0", gwlist="gw1", timerec="", operation=plan.INSERT):
    row = {"groupid": group, "prefix": prefix, "gwlist": gwlist, "timerec": timerec}
    before, after = (row, None) if operation == plan.DELETE else (None, row)
    return plan.Change(operation, 1, (group, prefix), before, after)


def look_at_rules(conn, *rules, there=9):
    found = registry.of("dr_rules").view.look(conn, Pushed(list(rules), ["groupid", "prefix"], None, there))
    return [finding.verified for finding in found]


def test_rules_are_counted_where_a_server_counts_them():
    conn = Drouting(loaded=9)
    assert look_at_rules(conn, rule("49"), rule("+49")) == [True, True] and conn.asked == 0


@pytest.mark.parametrize("loaded", [None, 5])
def test_rules_are_asked_for_one_by_one_where_the_count_says_too_little(loaded):
    rules = [
        (rule("49"), True),
        (rule("49", "0,1"), True),
        # what drouting of 2.4, 3.6 and 4.0 skipped: a prefix, a group, a time that it cannot read
        (rule("+49"), False),
        (rule("4930"), False),
        (rule("49", "0,2"), False),
        (rule("33", timerec="20260101T000000|PT8H|daily"), None),
        # of the same prefix, maybe another rule
        (rule("44"), None),
        (rule("49", operation=plan.DELETE), None),
    ]
    assert look_at_rules(Drouting(loaded), *[made for made, _verified in rules]) == [
        verified for _made, verified in rules
    ]


def test_no_more_rules_are_asked_for_than_a_task_can_wait_for():
    conn = Drouting()
    unchanged = [rule("49", operation=plan.NONE)] * MOST_QUESTIONS
    found = look_at_rules(conn, *unchanged, rule("+49"))
    # what was written comes first
    assert conn.asked == MOST_QUESTIONS and found[-1] is False and found[-2] is None


def test_a_socket_that_the_server_does_not_listen_on():
    """It takes the row, ignores the socket and shows none (ds_list of 2.4, 3.6 and 4.0)."""
    record = registry.of("dispatcher")
    row = {"setid": 1, "destination": "sip:127.0.0.1:19001", "socket": "udp:127.0.0.1:9"}
    rows = list(changes("dispatcher", plan.INSERT, [row]))
    found = verification.verify(Replies("3.6"), record, Pushed(rows, RECORDED["dispatcher"][0], None, None))
    assert found.verified is False and "does not listen on its socket" in found.text()


def test_what_is_known_of_all_rows():
    record = Record("dbaliases")
    found = verification.verify(None, record, Pushed([rule("1"), rule("2")], [], None, None))
    assert (found.verified, found.reason, len(found.findings)) == (
        None,
        "the module cannot read this table back from the server",
        2,
    )


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
