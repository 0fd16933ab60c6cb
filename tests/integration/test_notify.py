# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_notify, on every emulated version."""

from __future__ import annotations

import time

import pytest

from ansible_collections.community.opensips.tests.integration.support import core_notify
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of


class TestNotify(core_notify.Notify):
    """As on any server."""


# the keys of the gem opensips-mi and their Events
GEM = {
    "aastra_check_cfg": "check-sync",
    "astra_check_cfg": "check-sync",
    "aastra_xml": "aastra-xml",
    "digium_check_cfg": "check-sync",
    "linksys_cold_restart": "reboot_now",
    "linksys_warm_restart": "restart_now",
    "polycom_check_cfg": "check-sync",
    "sipura_check_cfg": "resync",
    "sipura_get_report": "report",
    "snom_check_cfg": "check-sync;reboot=false",
    "snom_reboot": "check-sync;reboot=true",
    "cisco_check_cfg": "check-sync",
    "avaya_check_cfg": "check-sync",
}


@pytest.mark.parametrize("version", ["2.4", "4.0"])
def test_a_farm_is_accounted_for(ansible, emulator, version):
    """Each of 80 phones of eight vendors has the outcome of its behaviour, and those that obey do reboot."""
    emu = emulator(version, phones=80, dead=0.05, reject=0.1, provisional=0.025, reboot=True, reboot_seconds=0.1)
    farm = {each["contact"]: each for each in emu.phones()}
    result = ansible.run([task("notify", "notify", {"select": {}})], fifo_of(emu)).must_succeed()["notify"]
    assert len(result["results"]) == 80
    assert {each["contact"] for each in result["results"]} == set(farm)
    for each in result["results"]:
        phone = farm[each["contact"]]
        want = {"answer": ("accepted", 200), "reject": ("rejected", phone["code"])}.get(
            phone["behaviour"], ("no_answer", 408)
        )
        assert (each["outcome"], each["code"]) == want, phone
    behaviours = [each["behaviour"] for each in farm.values()]
    counts = {name: number for name, number in result["summary"]["outcomes"].items() if number}
    silent = behaviours.count("dead") + behaviours.count("provisional")
    assert counts == {
        "accepted": behaviours.count("answer"),
        "rejected": behaviours.count("reject"),
        "no_answer": silent,
    }
    assert sum(sum(each.values()) for each in result["summary"]["vendors"].values()) == 80
    # polycom, sipura and others may have Events that this farm does not count as a reboot: those that are one were obeyed
    for phone in emu.phones():
        if phone["behaviour"] == "answer" and phone["vendor"] in ("yealink", "snom", "grandstream", "fanvil", "mitel"):
            assert phone["boots"] == 1, phone
        if phone["behaviour"] != "answer":
            assert phone["boots"] == 0, phone


def test_presets_of_the_gem(ansible, emulator):
    emu = emulator("3.6", phones=1)
    uri = [emu.phones()[0]["contact"]]
    results = ansible.cases(
        "notify", {key: {**fifo_of(emu), "uris": uri, "event": key, "headers": {"X-Mark": key}} for key in GEM}
    )
    assert {key: each.msg for key, each in results.items() if each.failed} == {}
    got = {dict(each["headers"])["X-Mark"]: dict(each["headers"])["Event"] for each in emu.sip_log()}
    assert got == GEM


def test_the_way_that_the_phone_came(ansible, emulator):
    """received, path and socket of the registration lead back to a phone behind NAT or proxies."""
    emu = emulator("3.6", phones=1)
    host, port = "127.0.0.1", emu.phones_port
    socket = f"udp:{emu.sip[0]}:{emu.sip[1]}"
    # addresses of documentation networks in the contacts: only the way back reaches a phone
    emu.add_contact(
        "nat", "sip:code200@192.0.2.7:5060", received=f"sip:{host}:{port}", socket=socket, user_agent="snom370/8.7.5.35"
    )
    emu.add_contact(
        "far",
        "sip:code200@192.0.2.8:5060",
        path=f"<sip:{host}:{port};lr>,<sip:192.0.2.9;lr>",
        user_agent="snom370/8.7.5.35",
    )
    emu.add_contact("lost", "sip:code200@192.0.2.10:5060", user_agent="snom370/8.7.5.35")
    emu.add_contact(
        "other",
        "sip:code200@192.0.2.7:5060",
        received=f"sip:{host}:{port}",
        socket="udp:192.0.2.1:5060",
        user_agent="snom370/8.7.5.35",
    )
    results = ansible.run(
        [
            task("back", "notify", {"aors": ["nat", "far", "lost", "other"], "headers": {"X-Mark": "back"}}),
            task("default", "notify", {"aors": ["other"], "socket": "default", "headers": {"X-Mark": "default"}}),
            task("named", "notify", {"aors": ["other"], "socket": socket, "headers": {"X-Mark": "named"}}),
        ],
        fifo_of(emu),
    )
    outcomes = {each["aor"]: each["outcome"] for each in results["back"]["results"]}
    # named phones did not accept
    assert results["back"].failed and "lost sip:code200@192.0.2.10:5060: no_answer 408" in results["back"].msg
    assert not results["default"].failed and not results["named"].failed
    # the server has no such socket as the last one's: nothing is sent
    assert outcomes == {"nat": "accepted", "far": "accepted", "lost": "no_answer", "other": "not_sent"}
    assert "socket" in results["back"]["results"][3]["reason"]
    log = {dict(each["headers"])["To"]: each for each in emu.sip_log() if dict(each["headers"])["X-Mark"] == "back"}
    nat, far = (next(each for to, each in log.items() if f"sip:{user}@" in to) for user in ("nat", "far"))
    assert nat["first"] == "NOTIFY sip:code200@192.0.2.7:5060 SIP/2.0"
    assert [value for name, value in far["headers"] if name == "Route"] == [
        f"<sip:{host}:{port};lr>,<sip:192.0.2.9;lr>"
    ]
    for name in ("default", "named"):
        assert [each["outcome"] for each in results[name]["results"]] == ["accepted"]


def test_permanent_and_expired_contacts(ansible, emulator):
    emu = emulator("3.6", phones=1)
    contact = emu.phones()[0]["contact"]
    emu.add_contact("static", contact.replace("100000", "code200"), expires=0, user_agent="n/a")
    emu.add_contact("short", contact.replace("100000", "code486"), expires=1, user_agent="n/a")
    time.sleep(1.2)
    (result,) = ansible.run(
        [task("notify", "notify", {"select": {}, "event": "check-sync"})], fifo_of(emu)
    ).must_succeed()
    assert {each["aor"]: each["outcome"] for each in result["results"]} == {"100000": "accepted", "static": "accepted"}
    assert {each["aor"] for each in result["left_out"]} <= {"short"}


def test_requests_of_one_run_differ(ansible, emulator):
    """Call-ID, From-tag and branch are unique, and a rate or a bound on those in flight loses nobody."""
    emu = emulator("3.6", phones=120, register="direct")
    tasks = [
        task("unbounded", "notify", {"select": {}, "event": "x-test"}),
        task("bounded", "notify", {"select": {}, "event": "x-test", "max_in_flight": 3}),
        task("paced", "notify", {"select": {}, "event": "x-test", "rate": 200}),
    ]
    results = ansible.run(tasks, fifo_of(emu)).must_succeed()
    for each in results:
        assert each["summary"]["outcomes"]["accepted"] == 120
    log = [dict(each["headers"]) for each in emu.sip_log()]
    assert len({each["Call-ID"] for each in log}) == 360
    assert len({each["From"].partition("tag=")[2] for each in log}) == 360
    assert len({each["Via"].partition("branch=")[2] for each in log}) == 360
