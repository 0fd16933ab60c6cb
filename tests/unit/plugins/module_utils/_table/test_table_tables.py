# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows that a database takes and OpenSIPS does not. What is refused, real servers (2.4, 3.6, 4.0) skipped or ended the reload for."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._table import schema
from ansible_collections.community.opensips.plugins.module_utils._table.tables import registry
from ansible_collections.community.opensips.plugins.module_utils._table.tables.address import network


@pytest.mark.parametrize(
    "row, words",
    [
        ({"ip": "10.0.1.1/24"}, ["column ip", "write ip: 10.0.1.1 and mask: 24"]),
        ({"ip": "2001:db8::/32"}, ["write ip: 2001:db8:: and mask: 32"]),
        ({"ip": "sip.example.com"}, ["column ip", "not an IP address"]),
        ({"ip": ""}, ["not an IP address"]),
        ({"ip": "10.0.1.256"}, ["not an IP address"]),
        ({"ip": "::ffff:192.0.2.1"}, ["not an IP address"]),
        ({"ip": "10.0.1.1", "mask": 33}, ["column mask: 33", "0 to 32"]),
        ({"ip": "10.0.1.1", "mask": "-1"}, ["column mask"]),
        ({"ip": "2001:db8::1", "mask": 129}, ["0 to 128"]),
        ({"ip": "10.0.1.1", "proto": "foo"}, ["column proto: 'foo'", "udp"]),
        ({"ip": "10.0.1.1", "proto": "none"}, ["column proto"]),
        ({"ip": "10.0.1.1", "port": 70000}, ["column port: 70000"]),
    ],
)
def test_what_the_server_would_not_take(row, words):
    problems = registry.of("address").problems(row)
    assert len(problems) == 1
    for word in words:
        assert word in problems[0]


@pytest.mark.parametrize(
    "row",
    [
        {"ip": "10.0.1.1", "mask": 24, "port": 0, "proto": "any"},
        {"ip": "10.0.1.1", "mask": "32", "proto": "UDP"},
        {"ip": "2003:17:452:112::5", "mask": 64},
        {"ip": "[2003:17:452:112::5]", "mask": 64, "port": "5060"},
        {"ip": "10.0.1.1", "mask": "x"},  # its type tells
        {"grp": 1},
    ],
)
def test_what_it_takes(row):
    before = dict(row)
    assert registry.of("address").problems(row) == [] and row == before


@pytest.mark.parametrize("ip", ["2001:db8::1", "[2001:db8::1]"])
def test_an_ipv6_address_without_mask_is_one_host(ip):
    """The default of the column, 32, would trust a whole provider."""
    row = {"ip": ip}
    assert registry.of("address").problems(row) == [] and row["mask"] == 128
    row = {"ip": "192.0.2.1"}
    assert registry.of("address").problems(row) == [] and "mask" not in row


def test_other_tables_are_not_looked_at():
    assert registry.of("acc").problems({"ip": "x"}) == []


@pytest.mark.parametrize(
    "ip, mask, shown",
    [
        ("10.0.2.1", 24, "10.0.2.0"),
        ("10.0.2.0", 24, "10.0.2.0"),
        ("2003:17:452:112::5", 64, "2003:17:452:112::"),
        ("[2003:17:452:112:0:0:0:5]", 64, "2003:17:452:112::"),
        ("10.0.2.1", 32, "10.0.2.1"),
        ("odd", 32, "odd"),
    ],
)
def test_networks_are_compared_without_host_bits(ip, mask, shown):
    assert network(ip, mask) == shown


RECURRENCE = "20260101T080000|20260101T180000||weekly|||MO,TU,WE,TH,FR"


@pytest.mark.parametrize(
    "table, row, words",
    [
        ("dispatcher", {"destination": "no uri"}, "column destination: 'no uri' is not a SIP URI"),
        ("dispatcher", {"destination": "192.0.2.1"}, "is not a SIP URI"),
        ("dispatcher", {"destination": "sip:192.0.2.1:70000"}, "has the port 70000"),
        # both of these end the reload of the whole table
        ("dispatcher", {"destination": ""}, "is not a SIP URI"),
        ("dispatcher", {"weight": "heavy"}, "column weight: 'heavy' is not a weight"),
        ("dispatcher", {"state": 3}, "column state: '3' is not 0, 1 or 2"),
        ("dispatcher", {"socket": "192.0.2.1:x"}, "column socket"),
        ("dispatcher", {"socket": "foo:192.0.2.1:5060"}, "is not a socket"),
        ("load_balancer", {"dst_uri": "bad"}, "is not a SIP URI"),
        ("load_balancer", {"resources": "pstn"}, "'pstn' is not written as name=number"),
        ("load_balancer", {"resources": "pstn=x"}, "name=number"),
        ("load_balancer", {"resources": ""}, "is empty"),
        ("dr_gateways", {"gwid": "gw x"}, "column gwid"),
        ("dr_gateways", {"gwid": ""}, "is not an id"),
        ("dr_gateways", {"address": "no host here"}, "is not a SIP URI"),
        ("dr_gateways", {"probe_mode": 7}, "is not 0, 1 or 2"),
        ("dr_carriers", {"gwlist": "#c1"}, "names a carrier"),
        ("dr_carriers", {"gwlist": "gw1 gw2"}, "is not a list of gateways"),
        ("dr_rules", {"groupid": "abc"}, "column groupid: 'abc' is not a group"),
        ("dr_rules", {"groupid": ""}, "is not a group"),
        ("dr_rules", {"groupid": "1,b"}, "is not a group"),
        ("dr_rules", {"prefix": "49 30"}, "column prefix"),
        ("dr_rules", {"timerec": "garbage"}, "column timerec: 'garbage' is not a time recurrence"),
        ("dr_rules", {"timerec": "20260101|||daily"}, "is not a time recurrence"),
        ("dr_rules", {"gwlist": "gw1=x"}, "is not a list of gateways"),
        ("dr_rules", {"gwlist": "gw1,,gw2"}, "is not a list of gateways"),
        ("dialplan", {"match_op": 2}, "is not 0 or 1"),
        ("registrant", {"registrar": "sip:u@192.0.2.1"}, "has a user before the @"),
        ("registrant", {"registrar": "garbage"}, "is not a SIP URI"),
        ("registrant", {"binding_URI": "alice"}, "is not a SIP URI"),
        ("rtpengine", {"socket": "udp:192.0.2.1:2223=x"}, "has the weight 'x'"),
        ("rtpproxy_sockets", {"rtpproxy_sock": " "}, "is empty"),
        ("tls_mgm", {"type": 3}, "is not 1 or 2"),
        ("tls_mgm", {"type": 0}, "is not 1 or 2"),
        ("tls_mgm", {"match_ip_address": "bogus"}, "'bogus' is not an address with a port"),
        ("tls_mgm", {"match_ip_address": ""}, "column match_ip_address"),
        ("tls_mgm", {"match_ip_address": "192.0.2.1:5061,192.0.2.2"}, "'192.0.2.2' is not an address with a port"),
        ("tls_mgm", {"address": "192.0.2.1"}, "column address"),
        ("tls_mgm", {"method": "TLSv1_4"}, "is not a TLS version"),
        ("tls_mgm", {"method": "TLSv1_2-TLSv9"}, "is not a TLS version"),
        ("globalblacklist", {"prefix": "+49"}, "other characters than digits"),
    ],
)
def test_rows_that_a_server_skips_are_refused(table, row, words):
    (problem,) = registry.of(table).problems(dict(row))
    assert words in problem


@pytest.mark.parametrize(
    "table, row",
    [
        (
            "dispatcher",
            {"destination": "sip:gw.example.com;transport=tls", "weight": 50, "socket": "udp:192.0.2.1:5060"},
        ),
        ("dispatcher", {"destination": "sips:[2001:db8::1]:5061", "weight": "fs://:x@192.0.2.1", "socket": ""}),
        ("dispatcher", {"destination": "sip:trunk@192.0.2.1", "socket": "tls:[2001:db8::1]", "state": "2"}),
        ("dispatcher", {"destination": None, "weight": None, "socket": None}),
        ("load_balancer", {"dst_uri": "sip:192.0.2.1", "resources": "pstn=32; transc = 12;"}),
        ("load_balancer", {"resources": "pstn=fs://:x@192.0.2.1"}),
        ("dr_gateways", {"gwid": "gw-1.a", "address": "192.0.2.1:5060", "probe_mode": 2}),
        ("dr_gateways", {"gwid": 5, "address": "sip:x@gw.example.com"}),
        ("dr_carriers", {"gwlist": "gw1=10; gw2,"}),
        ("dr_carriers", {"gwlist": ""}),
        ("dr_rules", {"groupid": 0, "prefix": "", "timerec": "", "gwlist": "#c1=5,gw1"}),
        ("dr_rules", {"groupid": "1, 2;3", "prefix": 49, "timerec": RECURRENCE}),
        ("dr_rules", {"prefix": "+49", "timerec": "20260101T000000|PT8H|daily"}),
        ("dr_rules", {"timerec": "Europe/Berlin|20260101T000000|20260101T080000"}),
        ("dr_rules", {"timerec": f"({RECURRENCE}) & !({RECURRENCE})"}),
        ("dr_rules", {"timerec": f"{RECURRENCE} / Europe/Berlin|20260101T000000|20260101T080000"}),
        (
            "registrant",
            {"registrar": "sip:192.0.2.1", "proxy": "", "aor": "sip:a@b", "binding_URI": "sip:a@192.0.2.2:5"},
        ),
        ("rtpengine", {"socket": "udp:192.0.2.1:2223=2 udp:192.0.2.2:2223"}),
        ("rtpproxy_sockets", {"rtpproxy_sock": "/run/rtpproxy/rtpproxy.sock"}),
        ("tls_mgm", {"type": 1, "domain": "*"}),
        ("tls_mgm", {"type": "2", "match_ip_address": "192.0.2.1:5061, [2001:db8::1]:5061", "method": "tlsv1_2-"}),
        ("tls_mgm", {"match_ip_address": "*", "match_sip_domain": "*.example.com,a", "method": None}),
        ("tls_mgm", {"match_ip_address": None, "address": None, "method": "TLSany"}),
    ],
)
def test_rows_that_a_server_takes_are_not_refused(table, row):
    assert registry.of(table).problems(dict(row), 9) == []


def test_what_2_x_has_of_tls_domains_and_what_crashes_it():
    record = registry.of("tls_mgm")
    assert record.problems({"type": 0, "domain": "default", "method": "TLSv1_2"}, 2) == []
    for method, words in (
        (None, "NULL crashes OpenSIPS 2.x"),
        ("TLSv1_3", "not a TLS version"),
        ("TLSv1-TLSv1_2", "not a"),
    ):
        (problem,) = record.problems({"method": method}, 2)
        assert words in problem


def test_a_table_of_tls_domains_that_would_hurt_the_server():
    problems = registry.of("tls_mgm").whole.problems
    row = {"type": 2, "method": "SSLv23", "match_ip_address": "*", "match_sip_domain": "*"}
    names = [f"d{number}.example.com" for number in range(40)]
    rows = [
        {**row, "domain": "a", "match_sip_domain": ",".join(names)},
        {**row, "domain": "b", "match_sip_domain": ",".join(names[20:])},
        {**row, "domain": "c", "type": 1, "match_sip_domain": ",".join(names)},
    ]
    # names that several domains have count once, and each role has its own
    assert problems(rows, 3) == []
    rows[1]["match_sip_domain"] += "," + ",".join(f"e{number}" for number in range(25))
    (problem,) = problems(rows, 3)
    assert problem.startswith("65 SIP domains of type 2 match the address *")
    # another address is another list
    rows[1]["match_ip_address"] = "192.0.2.1:5061"
    assert problems(rows, 3) == []
    rows[2]["match_ip_address"] = "192.0.2.1"
    assert "the domain c (type 1), column match_ip_address" in problems(rows, 3)[0]
    old = {"domain": "d", "type": 2, "method": None, "address": None}
    assert "NULL crashes" in problems([old], 2)[0]


def test_prefixes_of_other_characters_came_with_extra_prefix_chars():
    """OpenSIPS 3.1, whose table has version 4; whether a server takes them, its configuration says."""
    record = registry.of("dr_rules")
    assert record.problems({"prefix": "+49"}, 3) and not record.problems({"prefix": "+49"}, 4)
    assert "extra_prefix_chars" in record.warnings({"prefix": "+49"})[0] and record.warnings({"prefix": "49"}) == []


def test_rows_name_rows_of_other_tables():
    assert registry.of("dr_rules").references({"gwlist": "gw1=5, #c1"}) == [
        ("gwlist", "dr_gateways", "gwid", "gw1"),
        ("gwlist", "dr_carriers", "carrierid", "c1"),
    ]
    assert (
        registry.of("dr_carriers").references({"gwlist": None}) == [] == registry.of("acc").references({"gwlist": "a"})
    )


@pytest.mark.parametrize("record", registry.RECORDS, ids=lambda record: record.name)
def test_records_are_about_columns_that_the_table_has(record):
    known = {name for variant in schema.variants(record.name) for name in variant.columns}
    named = set(record.formats) | set(record.secrets) | set(record.sockets)
    named |= {record.scope} if record.scope else set()
    if record.view is not None:
        named |= set(getattr(record.view, "columns", ())) | set(getattr(record.view, "where", None) or ())
    assert named <= known
    assert (record.view is None) == (record.unseen is not None)


def test_a_table_without_a_record_has_an_empty_one():
    record = registry.of("acc")
    assert (record.match, record.scope, record.view) == ("", None, None) and record.problems({"id": 1}) == []
