# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_uac_dlg, any request, on every server, emulated or real."""

from __future__ import annotations

from ansible_collections.community.opensips.tests.integration.support.fixtures import on_every_server
from ansible_collections.community.opensips.tests.integration.support.phones import (
    SILENT,
    TRYING,
    Phone,
    address,
    assert_sound,
)
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import sip_hosts, uri


@on_every_server
class TestUacDlg:
    """opensips_uac_dlg."""

    PHONES = {"2001": 200, "2486": 486, "silent": SILENT, "trying": TRYING}

    @classmethod
    def play(cls, ansible, servers, phones):
        for farm in phones.values():
            for user, answer in cls.PHONES.items():
                farm.add(Phone(user, "any", answer))

        def send(name, ruri, headers=(), method="OPTIONS", **args):
            both = {"To": "<sip:2001@example.com>", **dict(headers)}
            if "from" not in both:
                both["From"] = "<sip:ansible@example.com>"
            keywords = {key: args.pop(key) for key in ("check_mode", "when") if key in args}
            return task(name, "uac_dlg", {"method": method, "ruri": ruri, "headers": both, **args}, **keywords)

        return ansible.play(
            [
                send("ok", uri("2001")),
                send(
                    "message",
                    uri("2001"),
                    {
                        "X-Second": "b",
                        "Content-Type": "text/plain",
                        "X-First": ["1", "2"],
                        "Subject": "a, comma; and : colon",
                    },
                    method="MESSAGE",
                    body="line one\nline two\n",
                ),
                send("refused", uri("2486")),
                send("accepted", uri("2486"), accept=["2xx", "486"]),
                send("class", uri("2486"), accept=["4xx"]),
                send("silent", uri("silent")),
                send("trying", uri("trying"), accept=["408"]),
                send("next hop", "sip:2001@192.0.2.1", {"X-Way": "next hop"}, method="INFO", next_hop=uri("2001")),
                send("socket", uri("2001"), method="SUBSCRIBE", socket="udp:127.0.0.1:{{ sip_port }}"),
                send(
                    "own names",
                    uri("2001"),
                    {"from": "A Name <sip:a@example.com>;tag=mine", "Call-ID": "mine@example.com", "CSeq": "77 UPDATE"},
                    method="UPDATE",
                ),
                send("check mode", uri("2001"), method="PUBLISH", check_mode=True),
            ],
            sip_hosts(servers, phones),
        )

    def test_an_answer_of_200(self, results, farm):
        ok = results["ok"]
        assert not ok.failed, ok.msg
        assert (ok["outcome"], ok["code"], ok["reason"], ok["changed"]) == ("accepted", 200, "OK", True)
        assert ok["headers"]["X-Twice"] == ["one", "two"]
        assert ok["headers"]["Allow"] == ["INVITE, ACK, BYE, NOTIFY"]
        (got,) = farm.got("2001", "OPTIONS")
        assert_sound(got, "OPTIONS")
        assert address(got["To"]) == "sip:2001@example.com"
        assert address(got["From"]) == "sip:ansible@example.com"

    def test_headers_keep_their_order_and_the_body_its_lines(self, results, farm):
        assert not results["message"].failed, results["message"].msg
        (got,) = farm.got("2001", "MESSAGE")
        assert_sound(got, "MESSAGE")
        ours = [
            (name, value) for name, value in got.headers if name in ("X-Second", "X-First", "Subject", "Content-Type")
        ]
        assert ours == [
            ("X-Second", "b"),
            ("Content-Type", "text/plain"),
            ("X-First", "1"),
            ("X-First", "2"),
            ("Subject", "a, comma; and : colon"),
        ]
        assert got.body == "line one\r\nline two\r\n"

    def test_a_rejection(self, results):
        refused = results["refused"]
        assert refused.failed
        assert (refused["outcome"], refused["code"], refused["changed"]) == ("rejected", 486, False)
        assert "486 Busy Here" in refused.msg

    def test_what_is_accepted(self, results):
        for name in ("accepted", "class"):
            assert not results[name].failed
            assert (results[name]["outcome"], results[name]["code"]) == ("rejected", 486)

    def test_phones_that_say_nothing(self, results):
        assert results["silent"].failed
        assert not results["trying"].failed
        for name in ("silent", "trying"):
            assert (results[name]["outcome"], results[name]["code"], results[name]["headers"]) == ("no_answer", 408, {})

    def test_next_hop(self, results, farm):
        assert not results["next hop"].failed, results["next hop"].msg
        (got,) = farm.got("2001", "INFO")
        assert got.first == "INFO sip:2001@192.0.2.1 SIP/2.0"
        assert got["X-Way"] == "next hop"

    def test_socket(self, results, farm, server):
        assert not results["socket"].failed, results["socket"].msg
        (got,) = farm.got("2001", "SUBSCRIBE")
        assert "127.0.0.1:{}".format(server.sip[1]) in got["Via"]

    def test_headers_that_the_server_would_make(self, results, farm):
        assert not results["own names"].failed, results["own names"].msg
        (got,) = farm.got("2001", "UPDATE")
        assert_sound(got, "UPDATE")
        assert (got["Call-ID"], got["CSeq"]) == ("mine@example.com", "77 UPDATE")
        assert got["From"].endswith("<sip:a@example.com>;tag=mine")

    def test_check_mode(self, results, farm):
        check = results["check mode"]
        assert not check.failed
        assert check["changed"]
        assert check["requests"][0]["params"]["method"] == "PUBLISH"
        assert check["outcome"] == "planned"
        assert farm.got("2001", "PUBLISH") == []
