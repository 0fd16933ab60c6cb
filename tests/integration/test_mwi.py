# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_mwi, on every server, emulated or real."""

from __future__ import annotations

from ansible_collections.community.opensips.tests.integration.support.fixtures import on_every_server
from ansible_collections.community.opensips.tests.integration.support.phones import (
    POLYCOM,
    SNOM,
    YEALINK,
    Phone,
    assert_sound,
)
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import sip_hosts, uri


@on_every_server
class TestMwi:
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

    def test_the_notify(self, results, farm, server):
        for user in ("2001", "2003"):
            for got in farm.got(user):
                assert_sound(got, "NOTIFY")
                assert got["Event"] == "message-summary"
                assert got["Content-Type"] == "application/simple-message-summary"
                assert got["Subscription-State"].startswith("active")
                assert got.all("Contact") == [f"<sip:127.0.0.1:{server.sip[1]}>"]

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
