# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers and phones choose text that ends up in messages, warnings, reasons and reports: none of it acts on a terminal.

Escape sequences, C1 characters, line ends and those that turn the direction of text are shown escaped. Values that a
playbook works with, such as a User-Agent, stay as they are.
"""

from __future__ import annotations

import json

import pytest

from ansible_collections.community.opensips.plugins.filter.opensips_config import FilterModule as ConfigFilters
from ansible_collections.community.opensips.plugins.filter.opensips_report import FilterModule as ReportFilters
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.http_peer import (
    Http,
    json_http,
    plain_http,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import Answers, Fault, JsonFifo

# clears the screen, sets the title of the window, C1's own escape, a line of somebody else's, right to left, an isolate
HOSTILE = "x\x1b[2J\x1b]0;title\x07\x9b31m\x85\nok: [host]\r\u202egnp.exe\u2066\u2028\x00\x7fy"
ESCAPED = r"x\x1b[2J\x1b]0;title\x07\x9b31m\x85\nok: [host]\r\u202egnp.exe\u2066\u2028\x00\x7fy"
# a server's reason, a phone's User-Agent: what one line may hold
LINE = HOSTILE.replace("\n", "").replace("\r", "")
LINE_ESCAPED = ESCAPED.replace(r"\n", "").replace(r"\r", "")


def is_safe(text):
    return all(char.isprintable() for char in text)


def warnings_of(result):
    """The texts; newer cores wrap them."""
    return [each if isinstance(each, str) else each["event"]["msg"] for each in result.get("warnings", ())]


def assert_words_are_safe(result):
    """What is for people: msg, warnings, error, reason and hint, wherever they are."""
    assert all(map(is_safe, warnings_of(result)))
    for key, value in result.items():
        if key == "msg":
            # a line for each phone that did not accept, and none that a phone has made
            lines = value.split("\n")
            assert all(map(is_safe, lines)) and len(lines) <= 1 + len(result.get("results", ())), value
        elif key in ("reason", "hint"):
            assert value is None or is_safe(value), (key, value)
        elif key == "exception":
            assert all(map(is_safe, value.splitlines()))
        elif key == "error":
            assert_words_are_safe(value or {})
            assert is_safe((value or {"message": ""})["message"])
        elif key == "results":
            for each in value:
                assert_words_are_safe(each)


CONTACT = {
    "Contact": "sip:a@127.0.0.1",
    "ContactID": "1",
    "Expires": 600,
    "Q": "",
    "Callid": "c@h",
    "Cseq": 1,
    "User-agent": "Acme " + LINE,
    "State": "CS_NEW",
    "Flags": 0,
    "Cflags": "",
    "Socket": "udp:127.0.0.1:5060",
    "Methods": 4294967295,
}
SHOWN = {"AOR": "a", "Contacts": [CONTACT]}


@pytest.fixture
def server(tmp_path):
    """server({command: answer}): connection options of a peer that answers so; a registered phone has a hostile User-Agent."""
    peers = []

    def start(**commands):
        commands = {
            "ul_show_contact": SHOWN,
            "ul_dump": {"Domains": [{"name": "location", "AORs": [SHOWN]}]},
            **commands,
        }
        peer = JsonFifo(tmp_path, commands=commands)
        peer.__enter__()
        peers.append(peer)
        return peer.options()

    yield start
    for each in peers:
        each.__exit__(None, None, None)


class TestServers:
    def test_a_reason_of_the_server(self, server):
        result = run_module("mi_command", {**server(uptime=Fault(500, HOSTILE, HOSTILE)), "command": "uptime"})
        assert result["failed"]
        assert_words_are_safe(result)
        assert ESCAPED in result["msg"]
        assert result["error"]["reason"] == ESCAPED
        # data is data
        assert result["error"]["data"] == HOSTILE

    def test_a_reason_that_is_tolerated(self, server):
        result = run_module(
            "mi_command", {**server(uptime=Fault(500, HOSTILE)), "command": "uptime", "tolerate": [500]}
        )
        assert not result.get("failed")
        assert result["reason"] == ESCAPED

    def test_results_stay_as_they_are(self, server):
        result = run_module("mi_command", {**server(uptime={"Up time": HOSTILE}), "command": "uptime"})
        assert result["result"] == {"Up time": HOSTILE}

    def test_a_warning(self, server):
        name = HOSTILE.replace("\0", "")
        result = run_module(
            "facts", {**server(get_statistics={}), "gather_subset": ["statistics"], "statistics": [name]}
        )
        assert ESCAPED.replace(r"\x00", "") in warnings_of(result)[0]

    def test_a_reply_that_is_none(self, server):
        result = run_module("mi_command", {**server(which=["uptime"]), "command": HOSTILE})
        assert result["failed"]
        assert_words_are_safe(result)

    def test_a_status_of_http(self):
        with Http(lambda _request: plain_http(b"", "500 " + "\x1b[2J\x9b31m")) as peer:
            result = run_module("mi_command", {"url": peer.url(), "protocol": "jsonrpc", "command": "uptime"})
        assert r"\x1b[2J\x9b31m" in result["msg"]
        assert_words_are_safe(result)

    def test_a_version(self):
        answers = Answers("3.6.8", {"version": {"Server": HOSTILE}})
        with Http(json_http(answers)) as peer:
            result = run_module("facts", {"url": peer.url(), "gather_subset": ["version"]})
        assert result["failed"]
        assert_words_are_safe(result)


def answer_of(status):
    return {"t_uac_dlg": {"Status": status, "RURI": ".", "Next-hop": ".", "Message": "Server: " + LINE + "\r\n"}}


class TestPhones:
    def test_a_reason_phrase_of_one_request(self, server):
        options = {
            "method": "NOTIFY",
            "ruri": "sip:a@127.0.0.1",
            "headers": {"From": "<sip:a@b>", "To": "<sip:a@b>", "Event": "check-sync"},
        }
        result = run_module("uac_dlg", {**server(**answer_of("486 " + LINE)), **options})
        assert result["failed"]
        assert result["reason"] == LINE_ESCAPED
        assert_words_are_safe(result)
        # what the phone sent is data
        assert result["headers"]["Server"] == [LINE]

    @pytest.mark.parametrize("status", ["200 ", "486 "])
    def test_a_reason_phrase_of_a_fleet_and_its_report(self, server, status):
        connection = server(**answer_of(status + LINE))
        result = run_module("notify", {**connection, "aors": ["a"], "event": "check-sync"})
        accepted = status.startswith("2")
        assert result.get("failed", False) is not accepted, result["msg"]
        assert_words_are_safe(result)
        assert result["results"][0]["reason"] == LINE_ESCAPED
        assert result["results"][0]["user_agent"] == "Acme " + LINE
        self._reports_are_safe(result)

    def test_phones_that_are_not_sent_to(self, server):
        result = run_module("notify", {**server(**answer_of("200 OK")), "aors": ["a"]})
        assert result["results"][0]["outcome"] == "not_sent"
        assert LINE_ESCAPED in result["results"][0]["reason"]
        assert_words_are_safe(result)
        self._reports_are_safe(result)

    def test_phones_that_are_left_out(self, server):
        hostile_socket = dict(CONTACT, Socket="udp:" + LINE)
        dump = {"Domains": [{"name": "location", "AORs": [{"AOR": "a", "Contacts": [hostile_socket]}]}]}
        result = run_module(
            "notify",
            {**server(ul_dump=dump), "select": {}, "own_only": True, "own_sockets": ["udp:192.0.2.1:*"]},
        )
        assert result["left_out"][0]["reason"].endswith(LINE_ESCAPED)
        assert all(map(is_safe, result["summary"]["left_out"]))

    @staticmethod
    def _reports_are_safe(result):
        filters = ReportFilters().filters()
        for line in filters["opensips_report_text"](result):
            assert is_safe(line)
        page = filters["opensips_report_html"](result)
        assert all(char.isprintable() or char == "\n" for char in page)
        table = filters["opensips_report_csv"](result)
        assert all(char.isprintable() or char in "\r\n" for char in table)
        # for programs: JSON writes such characters as escapes, and they come back
        text = filters["opensips_report_json"](result)
        assert text.isascii()
        assert json.loads(text)["results"][0]["user_agent"] == "Acme " + LINE


class TestFilters:
    def test_printable(self):
        printable = ConfigFilters().filters()["opensips_printable"]
        assert printable(HOSTILE) == ESCAPED
        assert printable("Grüße, 你好 \U0001f600") == "Grüße, 你好 \U0001f600"

    def test_a_message_of_a_run_that_broke_off(self):
        progress = ReportFilters().filters()["opensips_report_progress"]
        assert progress({"results": [], "msg": HOSTILE})["stopped"] == ESCAPED.partition("\\n")[0]

    def test_routes_of_a_configuration(self):
        change = ConfigFilters().filters()["opensips_config_change"]
        new, old = "route { }\n", "route { }\nroute[\x1b[2J\u202e] { exit; }\n"
        assert all(map(is_safe, change(new, old)["reasons"]))

    def test_a_mask_leaves_no_part_of_a_secret_at_its_end(self):
        mask = ConfigFilters().filters()["opensips_config_mask"]
        url = "mysql://opensips:" + "p" * 40 + "@host/opensips"
        text = "error in " + url + " and s3cret key " + "x" * 80_000
        for length in range(3, 120):
            shown = mask(text, ["s3cret key"], length)
            assert len(shown) <= length
            assert "pp" not in shown
            assert "s3c" not in shown
        assert mask(text, ["s3cret key"], 100_000) == mask(text, ["s3cret key"])
