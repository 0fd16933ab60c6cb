# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows that a database takes and OpenSIPS does not."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._table import values


@pytest.mark.parametrize(
    "row, words",
    [
        ({"ip": "10.0.1.1/24"}, ["column ip", "write ip: 10.0.1.1 and mask: 24"]),
        ({"ip": "2001:db8::/32"}, ["write ip: 2001:db8:: and mask: 32"]),
        ({"ip": "sip.example.com"}, ["column ip", "no IP address"]),
        ({"ip": ""}, ["no IP address"]),
        ({"ip": "10.0.1.256"}, ["no IP address"]),
        ({"ip": "::ffff:192.0.2.1"}, ["no IP address"]),
        ({"ip": "10.0.1.1", "mask": 33}, ["column mask: 33", "0 to 32"]),
        ({"ip": "10.0.1.1", "mask": "-1"}, ["column mask"]),
        ({"ip": "2001:db8::1", "mask": 129}, ["0 to 128"]),
        ({"ip": "10.0.1.1", "proto": "foo"}, ["column proto: 'foo'", "udp"]),
        ({"ip": "10.0.1.1", "proto": "none"}, ["column proto"]),
        ({"ip": "10.0.1.1", "port": 70000}, ["column port: 70000"]),
    ],
)
def test_what_the_server_would_not_take(row, words):
    problems = values.check("address", row)
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
    assert values.check("address", row) == [] and row == before


@pytest.mark.parametrize("ip", ["2001:db8::1", "[2001:db8::1]"])
def test_an_ipv6_address_without_mask_is_one_host(ip):
    """The default of the column, 32, would trust a whole provider."""
    row = {"ip": ip}
    assert values.check("address", row) == [] and row["mask"] == 128
    row = {"ip": "192.0.2.1"}
    assert values.check("address", row) == [] and "mask" not in row


def test_other_tables_are_not_looked_at():
    assert values.check("dispatcher", {"ip": "x"}) == []


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
    assert values.network(ip, mask) == shown
