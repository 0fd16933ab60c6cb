# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_notify, on every server, emulated or real."""

from __future__ import annotations

import re
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._sip.preset_data import PRESETS
from ansible_collections.community.opensips.tests.integration.support.fixtures import on_every_server
from ansible_collections.community.opensips.tests.integration.support.phones import (
    POLYCOM,
    SILENT,
    SNOM,
    TRYING,
    YEALINK,
    Phone,
    address,
    assert_sound,
)
from ansible_collections.community.opensips.tests.integration.support.playbook import facts_task, task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, sip_hosts, uri


@on_every_server
class TestNotify:
    """opensips_notify."""

    # user: (User-Agent, what it answers, Event for reboot, outcome, code)
    PHONES = {
        "2001": (YEALINK, 200, "check-sync;reboot=true", "accepted", 200),
        "2002": (SNOM, 481, "check-sync;reboot=true", "rejected", 481),
        "2003": (POLYCOM, SILENT, "check-sync", "no_answer", 408),
        "2004": ("Grandstream GXP2170 1.0.11.48", 200, "check-sync;reboot=true", "accepted", 200),
        "2004b": ("Fanvil X5U 2.4.10", 200, "check-sync;reboot=true", "accepted", 200),
        "2005": ("FooPhone/1.0", 200, None, "not_sent", None),
        "2006": ("Cisco-CP-8845/11.0.1", 200, "service-control", "accepted", 200),
        "2007": ("Cisco/SPA504G-7.6.2c", 401, "reboot", "rejected", 401),
        "2008": ("Mitel 6867i/5.1.0.2096", TRYING, "check-sync;reboot=true", "no_answer", 408),
        "2009": ("Cisco-CP-8841-3PCC/11.3.4_f0e2f0f1", 489, "reboot_now", "rejected", 489),
    }

    @classmethod
    def play(cls, ansible, servers, phones):
        for farm in phones.values():
            for user, (agent, answer, *_expected) in cls.PHONES.items():
                farm.register(Phone(user, agent, answer), aor=user.rstrip("b"))
        one = "2001{{ domain }}"
        # each task has a mark by which the phones' logs are told apart
        return ansible.play(
            [
                facts_task("facts", "contacts"),
                task("reboot", "notify", {"select": {}, "headers": {"X-Mark": "reboot"}}),
                task(
                    "check_cfg",
                    "notify",
                    {
                        "select": {"user_agent": ["yealink", "snom"]},
                        "action": "check_cfg",
                        "headers": {"X-Mark": "check_cfg"},
                    },
                ),
                task(
                    "aor", "notify", {"aors": ["2004{{ domain }}", "nobody{{ domain }}"], "headers": {"X-Mark": "aor"}}
                ),
                task(
                    "uri",
                    "notify",
                    {
                        "uris": [uri("2001"), uri("2009"), uri("2001")],
                        "event": "check-sync;reboot=false",
                        "from_uri": "sip:provisioning@example.com",
                        "headers": {"X-Mark": "uri", "X-More": ["1", "2"]},
                    },
                ),
                task(
                    "said",
                    "notify",
                    {
                        "aors": [one],
                        "event": "cisco_mpp_resync",
                        "event_parameters": {"profile": "test-7"},
                        "subscription_state": "terminated;reason=timeout",
                        "contact_uri": "sip:provisioning@example.com",
                        "headers": {"X-Mark": "said"},
                    },
                ),
                task(
                    "silent",
                    "notify",
                    {
                        "aors": [one],
                        "event": "check-sync",
                        "subscription_state": "none",
                        "headers": {"X-Mark": "silent"},
                    },
                ),
                task("preset", "notify", {"aors": [one], "event": "snom_check_cfg", "headers": {"X-Mark": "preset"}}),
                task(
                    "body",
                    "notify",
                    {"aors": [one], "event": "aastra_xml", "body": "<a>\n</a>", "headers": {"X-Mark": "body"}},
                ),
                task("misspelt", "notify", {"aors": [one], "event": "snom_rebot", "headers": {"X-Mark": "misspelt"}}),
                task("auto by uri", "notify", {"uris": [uri("2001")], "headers": {"X-Mark": "auto by uri"}}),
                task(
                    "paced",
                    "notify",
                    {
                        "select": {"aor": ["2001", "2004"]},
                        "event": "x-test",
                        "rate": 20,
                        "headers": {"X-Mark": "paced"},
                    },
                ),
            ],
            sip_hosts(servers, phones),
        )

    @staticmethod
    def _marked(farm, user, mark):
        return [each for each in farm.got(user) if each.all("X-Mark") == [mark]]

    def test_each_phone_gets_its_event(self, played, farm):
        for user, (agent, _answer, event, *_expected) in self.PHONES.items():
            got = self._marked(farm, user, "reboot")
            assert [each.all("Event") for each in got] == ([[event]] if event else []), agent
            for each in got:
                assert_sound(each, "NOTIFY")
                assert each.first == f"NOTIFY {farm.uri(user)} SIP/2.0"
                # phones expect it from their own server
                aor = f"sip:{user.rstrip('b')}@127.0.0.1"
                assert (address(each["To"]), address(each["From"])) == (aor, aor)

    def test_each_notify_has_what_rfc_6665_wants(self, played, farm, server):
        own = f"<sip:127.0.0.1:{server.sip[1]}>"
        for mark, user in [("reboot", "2001"), ("reboot", "2006"), ("check_cfg", "2002"), ("uri", "2001")]:
            (got,) = self._marked(farm, user, mark)
            state = "active" if user == "2006" else "terminated"
            # t_uac_dlg adds neither: there is one of each
            assert (got.all("Subscription-State"), got.all("Contact")) == ([state], [own]), (mark, user)

    def test_the_task_may_say_it_otherwise(self, results, farm):
        (got,) = self._marked(farm, "2001", "said")
        assert got.all("Event") == ["resync;profile=test-7"] == [results["said"]["results"][0]["event"]]
        assert got.all("Subscription-State") == ["terminated;reason=timeout"]
        assert got.all("Contact") == ["<sip:provisioning@example.com>"]
        (got,) = self._marked(farm, "2001", "silent")
        assert got.all("Subscription-State") == [] and len(got.all("Contact")) == 1

    def test_the_body_names_the_registration(self, played, farm):
        (got,) = self._marked(farm, "2006", "reboot")
        assert got["Content-Type"] == "text/plain"
        assert got.all("Subscription-State") == ["active"]
        assert got.body.startswith("action=reset\r\nRegisterCallId={call-2006@phones}\r\n")

    def test_one_result_for_each_contact_in_the_order_of_the_table(self, results, farm):
        reboot = results["reboot"]
        assert not reboot.failed, reboot.msg
        contacts = results["facts"]["ansible_facts"]["opensips"]["contacts"]
        assert len(contacts) == len(self.PHONES)
        assert [each["contact"] for each in reboot["results"]] == [each["contact"] for each in contacts]
        assert [each["aor"] for each in reboot["results"]] == [each["aor"] for each in contacts]
        assert reboot["left_out"] == []

    def test_what_became_of_each(self, results, farm):
        reboot = results["reboot"]
        users = {farm.uri(user): user for user in self.PHONES}
        found = {
            users[each["contact"]]: (each["user_agent"], each["event"], each["outcome"], each["code"])
            for each in reboot["results"]
        }
        assert found == {
            user: (agent, event, outcome, code) for user, (agent, _answer, event, outcome, code) in self.PHONES.items()
        }
        outcomes = [outcome for *_what, outcome, _code in self.PHONES.values()]
        counts = {name: number for name, number in reboot["summary"]["outcomes"].items() if number}
        assert counts == {name: outcomes.count(name) for name in outcomes}
        assert reboot["summary"]["total"] == len(self.PHONES)
        assert reboot["changed"]

    def test_notes_and_reasons(self, results, farm):
        by_contact = {each["contact"]: each for each in results["reboot"]["results"]}
        error = by_contact[farm.uri("2007")]["error"]
        assert error["type"] == "CredentialsMissing" and '"phones"' in error["message"]
        # of the vendor, too
        assert "credentials" in error["hint"] and "Auth Resync-Reboot" in error["hint"]
        assert "another preset" in by_contact[farm.uri("2009")]["error"]["hint"]
        assert "FooPhone/1.0" in by_contact[farm.uri("2005")]["reason"]
        assert by_contact[farm.uri("2001")]["error"] is None
        assert not results["reboot"].failed
        assert "polycom_check_cfg stands in for reboot" in by_contact[farm.uri("2003")]["hint"]

    def test_another_action_and_filters(self, results, farm):
        check_cfg = results["check_cfg"]
        assert {each["preset"] for each in check_cfg["results"]} == {"yealink_check_cfg", "snom_check_cfg"}
        assert {each["contact"] for each in check_cfg["left_out"]} == {
            farm.uri(user) for user in self.PHONES if user not in ("2001", "2002")
        }
        assert {each["reason"] for each in check_cfg["left_out"]} == {"user_agent does not match"}
        for user in self.PHONES:
            wanted = [["check-sync;reboot=false"]] if user in ("2001", "2002") else []
            assert [each.all("Event") for each in self._marked(farm, user, "check_cfg")] == wanted, user

    def test_all_contacts_of_an_aor(self, results, server, farm):
        found = results["aor"]["results"]
        assert {each["contact"] for each in found[:2]} == {farm.uri("2004"), farm.uri("2004b")}
        assert [each["outcome"] for each in found] == ["accepted", "accepted", "not_sent"]
        assert found[2]["aor"] == server.aor("nobody")
        assert found[2]["reason"] == found[2]["error"]["message"] == "no contact is registered"
        # it was named
        assert results["aor"].failed and results["aor"]["changed"]
        assert results["aor"].msg.splitlines()[0] == "1 of 3 phones did not accept"
        assert [len(self._marked(farm, user, "aor")) for user in ("2004", "2004b")] == [1, 1]

    def test_uris_are_sent_to_once_in_their_order(self, results, farm):
        found = results["uri"]["results"]
        assert [(each["contact"], each["outcome"]) for each in found] == [
            (farm.uri("2001"), "accepted"),
            (farm.uri("2009"), "rejected"),
        ]
        assert found[0]["preset"] is None
        (got,) = self._marked(farm, "2001", "uri")
        assert got["Event"] == "check-sync;reboot=false"
        assert got.all("X-More") == ["1", "2"]
        assert re.fullmatch(r"<sip:provisioning@example\.com>;tag=\w+", got["From"])

    def test_a_named_preset(self, results, farm):
        assert results["preset"]["results"][0]["preset"] == "snom_check_cfg"
        (got,) = self._marked(farm, "2001", "preset")
        assert got["Event"] == "check-sync;reboot=false"

    def test_a_body(self, results, farm):
        assert not results["body"].failed, results["body"].msg
        (got,) = self._marked(farm, "2001", "body")
        assert (got["Event"], got["Content-Type"], got.body) == ("aastra-xml", "application/xml", "<a>\r\n</a>")

    def test_a_misspelt_preset_names_the_nearest(self, results, farm):
        misspelt = results["misspelt"]
        assert misspelt.failed
        assert "snom_rebot" in misspelt.msg
        assert "snom_reboot" in misspelt.msg
        assert self._marked(farm, "2001", "misspelt") == []

    def test_auto_needs_a_user_agent(self, results, farm):
        (found,) = results["auto by uri"]["results"]
        assert found["outcome"] == "not_sent"
        assert "User-Agent" in found["reason"]
        assert results["auto by uri"].failed and not results["auto by uri"]["changed"]
        assert self._marked(farm, "2001", "auto by uri") == []

    def test_a_rate_leaves_nobody_out(self, results, farm):
        assert results["paced"]["summary"]["outcomes"]["accepted"] == 3
        assert [len(self._marked(farm, user, "paced")) for user in ("2001", "2004", "2004b")] == [1, 1, 1]


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


def test_phones_that_insist_on_rfc_6665_take_every_preset(ansible, emulator):
    """The emulator's phones check each NOTIFY for themselves."""
    emu = emulator("3.6", phones=1, reboot=False, strict_notify=True)
    user = emu.phones()[0]["user"]
    results = ansible.cases(
        "notify",
        {key: {**fifo_of(emu), "aors": [user], "event": key, "headers": {"X-Mark": key}} for key in sorted(PRESETS)},
    )
    assert {key: each.msg for key, each in results.items() if each.failed} == {}
    got = {dict(each["headers"])["X-Mark"]: each for each in emu.sip_log()}
    assert set(got) == set(PRESETS)
    for key, each in got.items():
        event, _semicolon, parameters = PRESETS[key]["event"].partition(";")
        assert each["notification"] == {
            "event": event,
            "event_parameters": dict([parameters.split("=")]) if parameters else {},
            "state": PRESETS[key]["subscription_state"],
            "state_parameters": {},
            "contact": f"sip:127.0.0.1:{emu.sip[1]}",
        }, key


def test_the_server_says_why_it_cannot_send_to_a_phone(ansible, emulator):
    """The address of the server's socket is not asked for then: it would cost the reason."""
    emu = emulator("3.6", phones=1)
    uris = ["sip:1001@nobody.invalid", "sip:1001@127.0.0.1:9;transport=tcp"]
    result = ansible.run([task("notify", "notify", {"uris": uris, "event": "check-sync"})], fifo_of(emu))["notify"]
    assert [(each["outcome"], each["code"]) for each in result["results"]] == [
        ("unreachable", 476),
        ("not_sent", 500),
    ]


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
