# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of NOTIFYs and lamps that every server must pass, emulated or real."""

from __future__ import annotations

import re

from .core_sip import address, assert_sound, sip_hosts, uri
from .phones import SILENT, TRYING, Phone
from .playbook import facts_task, task

YEALINK, SNOM, POLYCOM = "Yealink SIP-T46U 108.86.0.20", "snom370/8.7.5.35", "PolycomVVX-VVX_411-UA/6.4.1.1234"


class Notify:
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

    def test_the_body_names_the_registration(self, played, farm):
        (got,) = self._marked(farm, "2006", "reboot")
        assert got["Content-Type"] == "text/plain"
        assert got["Subscription-State"] == "active"
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
        told = {name: number for name, number in reboot["summary"]["outcomes"].items() if number}
        assert told == {name: outcomes.count(name) for name in outcomes}
        assert reboot["summary"]["total"] == len(self.PHONES)
        assert reboot["changed"]

    def test_notes_and_reasons(self, results, farm):
        by_contact = {each["contact"]: each for each in results["reboot"]["results"]}
        assert "credentials" in by_contact[farm.uri("2007")]["error"]["hint"]
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


class Mwi:
    """opensips_mwi."""

    PHONES = {"2001": (YEALINK, 200), "2001b": (SNOM, 200), "2002": (SNOM, 489), "2003": (POLYCOM, 200)}

    @classmethod
    def play(cls, ansible, servers, phones):
        for farm in phones.values():
            for user, (agent, answer) in cls.PHONES.items():
                farm.register(Phone(user, agent, answer), aor=user.rstrip("b"))
        aor = {user: user + "{{ domain }}" for user in ("2001", "2002", "nobody")}
        return ansible.play(
            [
                task(
                    "on",
                    "mwi",
                    {"aors": [aor["2001"]], "account": "sip:*97@example.com", "new": 2, "old": 5, "urgent_new": 1},
                ),
                task("off", "mwi", {"uris": [uri("2003")], "old": 3}),
                task(
                    "many",
                    "mwi",
                    {
                        "domain": "example.com",
                        "headers": {"X-Mark": "many"},
                        "mailboxes": [
                            {"aor": aor["2002"], "account": "2002", "new": 1},
                            {"uri": uri("2003"), "account": "sip:2003@example.org"},
                            {"aor": aor["nobody"], "account": "nobody", "new": 1},
                            {"aor": aor["2001"], "account": "tel:+15550100", "old": 1, "urgent_old": 1},
                        ],
                    },
                ),
                task("impossible", "mwi", {"uris": [uri("2003")], "new": 1, "urgent_new": 2}),
            ],
            sip_hosts(servers, phones),
        )

    @staticmethod
    def _bodies(farm, user, marked=False):
        return [each.body for each in farm.got(user) if bool(each.all("X-Mark")) == marked]

    def test_a_lamp_on_at_every_phone_of_an_aor(self, results, farm):
        on = results["on"]
        assert not on.failed, on.msg
        assert {each["contact"] for each in on["results"]} == {farm.uri("2001"), farm.uri("2001b")}
        assert all(
            (each["outcome"], each["waiting"], each["mailbox"]) == ("accepted", True, "sip:*97@example.com")
            for each in on["results"]
        )
        want = "Messages-Waiting: yes\r\nMessage-Account: sip:*97@example.com\r\nVoice-Message: 2/5 (1/0)\r\n"
        for user in ("2001", "2001b"):
            assert self._bodies(farm, user) == [want]

    def test_the_notify(self, results, farm):
        for user in ("2001", "2003"):
            for got in farm.got(user):
                assert_sound(got, "NOTIFY")
                assert got["Event"] == "message-summary"
                assert got["Content-Type"] == "application/simple-message-summary"
                assert got["Subscription-State"].startswith("active")

    def test_a_lamp_off(self, results, farm):
        (found,) = results["off"]["results"]
        assert (found["outcome"], found["waiting"], found["old"]) == ("accepted", False, 3)
        (body,) = self._bodies(farm, "2003")
        assert body.startswith("Messages-Waiting: no\r\n")
        assert "Voice-Message: 0/3 (0/0)\r\n" in body

    def test_many_mailboxes(self, results, server, farm):
        found = results["many"]["results"]
        assert [(each["mailbox"], each["outcome"], each["code"]) for each in found] == [
            ("2002", "rejected", 489),
            ("sip:2003@example.org", "accepted", 200),
            ("nobody", "not_sent", None),
            ("tel:+15550100", "accepted", 200),
            ("tel:+15550100", "accepted", 200),
        ]
        assert found[2]["aor"] == server.aor("nobody")
        assert (
            "Message-Account: sip:2002@example.com\r\nVoice-Message: 1/0 (0/0)"
            in self._bodies(farm, "2002", marked=True)[0]
        )
        assert (
            "Messages-Waiting: no\r\nMessage-Account: tel:+15550100\r\nVoice-Message: 0/1 (0/1)"
            in self._bodies(farm, "2001", marked=True)[0]
        )

    def test_impossible_numbers(self, results, farm):
        assert results["impossible"].failed
        assert "urgent_new" in results["impossible"].msg
