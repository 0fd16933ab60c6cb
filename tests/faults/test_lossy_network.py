# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network that duplicates, loses and re-orders datagrams: no phone gets another one's outcome, and none a false one."""

from __future__ import annotations

import re

import pytest

from ansible_collections.community.opensips.tests.integration.support.lossy_network import LossyNetwork
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module

PHONES = 200
OUTCOMES = {"answer": "accepted", "reject": "rejected", "dead": "no_answer"}


@pytest.fixture
def lossy_fleet(emulator):
    """lossy_fleet(version, way, ...): (result of a notify to a fleet, {user: phone}, the network) over such a network."""

    def send(version, way, **shares):
        emu = emulator(version, phones=PHONES, dead=0.03, reject=0.2, fr_timeout=0.8)
        phones = {phone["user"]: phone for phone in emu.phones()}
        with LossyNetwork(emu.unix_path if way == "unix" else emu.udp, may_lose=b"uac_dlg", **shares) as network:
            contacts = [phone["contact"] for phone in phones.values()]
            args = dict(network.options, uris=contacts, event="check-sync", timeout=3)
            result = run_module("notify", args)
        assert sorted(each["contact"] for each in result["results"]) == sorted(contacts)
        return result, phones, network, emu

    return send


def users(texts):
    return {re.search(r"sip:(\d+)@", text)[1] for text in texts}


def wrong(result, phones, lost=()):
    """[(user, entry)] of the phones whose outcome is not what they brought about; lost: users of whom something was lost."""
    found = []
    for entry in result["results"]:
        user = re.search(r"sip:(\d+)@", entry["contact"])[1]
        phone = phones[user]
        right = entry["outcome"] == OUTCOMES[phone["behaviour"]]
        if entry["outcome"] == "rejected":
            right = right and entry["code"] == phone["code"]
        if not right and not (entry["outcome"] == "unknown" and user in lost):
            found.append((user, entry["outcome"], entry["code"], phone["behaviour"], entry["reason"]))
    return found


@pytest.mark.parametrize("version, way", [("3.6", "udp"), ("3.6", "unix"), ("2.4", "udp")])
def test_half_of_the_datagrams_come_twice_and_in_another_order(lossy_fleet, version, way):
    result, phones, network, _emu = lossy_fleet(version, way, duplicate=0.5, late=0.5)
    assert wrong(result, phones) == []
    assert network.counts["duplicated"] > PHONES / 2 and network.counts["late"] > PHONES / 2


@pytest.mark.parametrize("version, way", [("4.0", "udp"), ("2.4", "unix")])
def test_datagrams_come_twice_later_or_never(lossy_fleet, version, way):
    result, phones, network, emu = lossy_fleet(version, way, duplicate=0.5, late=0.3, lose=0.08)
    lost = users(request.decode() for request in network.lost)
    assert wrong(result, phones, lost) == []
    # some of them show what came in spite of it, and of none is it said that it was not sent
    outcomes = result["summary"]["outcomes"]
    assert 0 < outcomes["unknown"] <= len(lost) and outcomes["not_sent"] == 0
    reached = users(entry["first"] for entry in emu.sip_log())
    assert {each["contact"] for each in result["results"] if each["outcome"] == "accepted"} <= {
        phones[user]["contact"] for user in reached
    }
