# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong parameters: each a clear error before anything is sent."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import commands_of, run_cases
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

FROM_TO = {"From": "<sip:a@127.0.0.1>", "To": "<sip:b@127.0.0.1>"}
GREETING = {"system": "local", "attr": "greeting"}


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_commands_and_their_parameters(ansible, emulator, version):
    emu = emulator(version, phones=1)
    cases = {
        "unknown command": ({"command": "ul_dmp"}, ["ul_dmp", "ul_dump"]),
        "no command": ({"command": ""}, ["command"]),
        "command with blanks": ({"command": "ul_dump location"}, ["ul_dump location"]),
        "command with a line end": ({"command": "uptime\nwhich"}, ["uptime"]),
        "unknown name": ({"command": "ul_rm", "params": {"table_name": "location", "aorr": "x"}}, ["aorr", "aor"]),
        "name missing": ({"command": "ul_rm", "params": {"table_name": "location"}}, ["aor"]),
        "text": ({"command": "ul_rm", "params": "location x"}, ["params", "mapping"]),
        "mapping as a value": (
            {"command": "ul_rm", "params": {"table_name": "location", "aor": {"user": "x"}}},
            ["aor"],
        ),
        "truth as a value": ({"command": "cache_store", "params": {**GREETING, "value": True}}, ["value"]),
        "nothing as a value": ({"command": "cache_store", "params": {**GREETING, "value": None}}, ["value"]),
        "list as a value": ({"command": "cache_store", "params": {**GREETING, "value": ["a", "b"]}}, ["value"]),
        "NUL": ({"command": "cache_store", "params": {**GREETING, "value": "a\0b"}}, ["NUL"]),
        "second of a list": (
            {
                "commands": [
                    {"command": "cache_store", "params": {**GREETING, "value": "x"}},
                    {"command": "ul_rm", "params": {"aor": "x"}},
                ]
            },
            ["ul_rm", "table_name"],
        ),
    }
    run_cases(ansible, "mi_command", cases, fifo_of(emu))
    assert commands_of(emu) == {}


def test_what_the_line_protocol_cannot_carry(ansible, emulator):
    emu = emulator("2.4", phones=1)

    def value(text, options=None):
        return {**(options or fifo_of(emu)), "command": "cache_store", "params": {**GREETING, "value": text}}

    udp, mi_json = {"host": emu.udp[0], "port": emu.udp[1]}, {"url": emu.mi_json_url}
    cases = {
        "quote at the beginning": (value('"quoted"'), ["quote", "Parameter 3"]),
        "quote before a line end": (value('say "hi"\nall'), ["quote", "Parameter 3", "datagram"]),
        "empty line": (value("one\n\ntwo"), ["empty line", "datagram"]),
        "backslash at the end": (value("a::b\\"), ["backslash"]),
        "empty": (value(""), ["empty", "Parameter 3"]),
        "blank": (value("  "), ["white space"]),
        "empty, UDP": (value("", udp), ["empty"]),
        "quote at the beginning, UDP": (value('"quoted"', udp), ["quote"]),
        "comma, mi_json": (value("hello, world", mi_json), ["comma", "mi_xmlrpc_ng"]),
        "empty, mi_json": (value("", mi_json), ["empty"]),
    }
    run_cases(ansible, "mi_command", cases)
    assert commands_of(emu) == {}
    # what only looks difficult arrives as it is
    fine = {"quote inside": 'say "hi"', "colons": "a::b", "two lines": "one\ntwo", "blanks": "  around  "}
    results = ansible.cases(
        "mi_command",
        {
            name: {**fifo_of(emu), "command": "cache_store", "params": {"system": "local", "attr": name, "value": text}}
            for name, text in fine.items()
        },
    )
    assert {name: each.msg for name, each in results.items() if each.failed} == {}
    assert emu.state()["cache"] == fine


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_requests_that_are_too_large(ansible, emulator, version):
    emu = emulator(version, phones=1)

    def value(size, options):
        return {**options, "command": "cache_store", "params": {**GREETING, "value": "x" * size}}

    fifo, udp = fifo_of(emu), {"host": emu.udp[0], "port": emu.udp[1]}
    limit = 8192 if version == "2.4" else 4096
    cases = {
        "FIFO": (value(limit, fifo), ["FIFO", "bytes", "datagram socket or HTTP"]),
        "UDP": (value(65457, udp), ["65457", "HTTP"]),
    }
    if version == "3.6":
        cases["HTTP"] = (value(1100, {"url": emu.http_url}), ["receive_buf_size", "FIFO or a datagram socket"])
    run_cases(ansible, "mi_command", cases)
    assert commands_of(emu) == {}
    # the next smaller ones arrive
    fits = {"FIFO": value(limit - 200, fifo), "UDP": value(60000, udp), "HTTP": value(800, {"url": emu.http_url})}
    results = ansible.cases("mi_command", fits)
    assert {name: each.msg for name, each in results.items() if each.failed} == {}


HEADERS = {
    "CR LF in a value": ({"X-A": "a\r\nX-B: b"}, ["X-A", "carriage return"]),
    "LF in a value": ({"X-A": "a\nX-B: b"}, ["X-A", "line feed"]),
    "CR in a list": ({"X-A": ["a", "b\rc"]}, ["X-A", "carriage return"]),
    "NUL in a value": ({"X-A": "a\0b"}, ["X-A", "NUL"]),
    "spelt line end": ({"X-A": "a\\r\\nX-B: b"}, ["X-A", "injection"]),
    "line end in a name": ({"X-A: a\r\nX-B": "b"}, ["X-A", "carriage return"]),
    "colon in a name": ({"X-A:": "b"}, ["X-A:"]),
    "blank in a name": ({"X A": "b"}, ["X A"]),
    "single exclamation mark": ({"X-A": "hello!"}, ["X-A", "exclamation mark"]),
    "Content-Length": ({"Content-Length": "0"}, ["Content-Length"]),
    "Content-Length, compact": ({"l": 0}, ["cannot be set"]),
    "mapping": ({"X-A": {"a": "b"}}, ["X-A"]),
    "nothing": ({"X-A": None}, ["X-A"]),
    "empty list": ({"X-A": []}, ["X-A"]),
}


def test_header_injection_and_other_requests_that_are_none(ansible, emulator):
    emu = emulator("4.0", phones=1)
    contact = emu.phones()[0]["contact"]
    base = {"method": "OPTIONS", "ruri": contact, "headers": FROM_TO}
    cases = {name: ({**base, "headers": {**FROM_TO, **headers}}, words) for name, (headers, words) in HEADERS.items()}
    cases.update(
        {
            "no From": ({**base, "headers": {"To": "<sip:b@127.0.0.1>"}}, ["From"]),
            "no To": ({**base, "headers": {"from": "<sip:b@127.0.0.1>"}}, ["To"]),
            "two From": ({**base, "headers": {**FROM_TO, "f": "<sip:c@127.0.0.1>"}}, ["more than once"]),
            "From is no address": ({**base, "headers": {**FROM_TO, "From": "nobody"}}, ["From"]),
            "body without Content-Type": ({**base, "body": "hello"}, ["Content-Type"]),
            "method": ({**base, "method": "OPTIONS sip:x SIP/2.0\r\nX:"}, ["method"]),
            "method in lower case": ({**base, "method": "options"}, ["OPTIONS"]),
            "ruri": ({**base, "ruri": "1001"}, ["1001"]),
            "ruri with a line end": ({**base, "ruri": contact + "\r\nX: y"}, ["carriage return"]),
            "next_hop": ({**base, "next_hop": "127.0.0.1"}, ["127.0.0.1"]),
            "socket": ({**base, "socket": "udp:127.0.0.1:5060\r\n"}, ["socket"]),
            "CSeq": ({**base, "headers": {**FROM_TO, "CSeq": "1 NOTIFY"}}, ["CSeq"]),
            "accept": ({**base, "accept": ["2yy"]}, ["accept", "2yy", "2xx"]),
        }
    )
    run_cases(ansible, "uac_dlg", cases, fifo_of(emu))
    assert commands_of(emu) == {}
    assert emu.sip_log() == []


def test_notify(ansible, emulator):
    emu = emulator("3.6", phones=2)
    aor = {"aors": [emu.phones()[0]["user"]]}
    uri = {"uris": [emu.phones()[0]["contact"]]}
    everyone = {"select": {}}
    cases = {
        name: ({**target, "event": "check-sync", "headers": headers}, words)
        for target, (name, (headers, words)) in zip([aor, uri, everyone, aor, uri], HEADERS.items(), strict=False)
    }
    cases.update(
        {
            "unknown preset": ({**aor, "event": "snom_rebot"}, ["snom_rebot", "snom_reboot"]),
            "event with blanks": ({**aor, "event": "check sync"}, ["check sync", "check-sync"]),
            "event with a line end": ({**aor, "event": "check-sync\r\nX: y"}, ["event", "carriage return"]),
            "event_with_underscore": ({**aor, "event": "check_sync"}, ["check_sync", "check-sync"]),
            "body without Content-Type": ({**aor, "event": "check-sync", "body": "x"}, ["Content-Type"]),
            "uri": ({"uris": [uri["uris"][0], "1001"], "event": "check-sync"}, ["uri", "1001"]),
            "from_uri": ({**aor, "from_uri": "me"}, ["me"]),
            "socket": ({**aor, "socket": "udp 5060"}, ["socket"]),
            "rate": ({**aor, "rate": 0}, ["rate"]),
            "max_in_flight": ({**aor, "max_in_flight": 0}, ["max_in_flight"]),
            "regex": ({"select": {"user_agent": ["snom("]}}, ["user_agent", "snom("]),
            "exclude regex": ({"select": {"exclude_aor_regex": ["*"]}}, ["exclude_aor_regex", "*"]),
            "network": ({"select": {"network": ["192.0.2.0/33"]}}, ["network", "192.0.2.0/33"]),
            "sample": ({"select": {"sample": 0}}, ["sample"]),
            "limit": ({"select": {"limit": 0}}, ["limit"]),
        }
    )
    run_cases(ansible, "notify", cases, fifo_of(emu))
    assert "t_uac_dlg" not in commands_of(emu)
    assert emu.sip_log() == []


def test_what_a_notify_says(ansible, emulator):
    emu = emulator("3.6", phones=1)
    target = {"uris": [emu.phones()[0]["contact"]], "event": "resync"}
    header = {"Subscription-State": "active"}
    cases = {
        "state": ({"subscription_state": "activ"}, ["subscription_state", "activ", "terminated;reason=timeout"]),
        "parameter": ({"subscription_state": "active;reason=timeout"}, ["subscription_state", "reason", "active"]),
        "seconds": ({"subscription_state": "active;expires=soon"}, ["subscription_state", "expires", "seconds"]),
        "contact": ({"contact_uri": "1001"}, ["contact_uri", "1001"]),
        "two states": (
            {"subscription_state": "terminated", "headers": header},
            ["headers", "Subscription-State: active", "subscription_state is terminated"],
        ),
        "compact": ({"contact_uri": "sip:a@b", "headers": {"m": "<sip:c@d>"}}, ["headers", "Contact", "contact_uri"]),
        "two events": ({"headers": {"o": "talk"}}, ["headers", "Event: talk", "event is resync"]),
        "state by hand": ({"headers": {"Subscription-State": "over"}}, ["Subscription-State", "over"]),
        "auto": ({"event": "auto", "event_parameters": {"a": "b"}}, ["event_parameters", "event=auto"]),
        "again": (
            {"event": "snom_reboot", "event_parameters": {"reboot": False}},
            ["event_parameters", "check-sync;reboot=true", "already"],
        ),
        "name": ({"event_parameters": {"a b": "c"}}, ["event_parameters", "a b"]),
        "value": ({"event_parameters": {"a": ["b"]}}, ["event_parameters", "list"]),
        "line end": ({"event_parameters": {"a": "b\r\nX: y"}}, ["event_parameters", "carriage return"]),
    }
    run_cases(
        ansible, "notify", {name: ({**target, **more}, words) for name, (more, words) in cases.items()}, fifo_of(emu)
    )
    assert "t_uac_dlg" not in commands_of(emu)


def test_mwi_and_facts(ansible, emulator):
    emu = emulator("3.6", phones=2)
    uri = emu.phones()[0]["contact"]
    cases = {
        "urgent_new": ({"uris": uri, "new": 1, "urgent_new": 2}, ["urgent_new", "new"]),
        "negative": ({"uris": uri, "old": -1}, ["old", "-1"]),
        "account": ({"uris": uri, "account": "nobody"}, ["account", "domain"]),
        "account with a line end": ({"uris": uri, "account": "sip:a@b\r\nX: y"}, ["carriage return"]),
        "mailboxes and numbers": ({"mailboxes": [{"uri": uri}], "new": 1}, ["mailboxes", "new"]),
        "entry of mailboxes": (
            {"mailboxes": [{"uri": uri}, {"uri": uri, "old": 1, "urgent_old": 3}]},
            ["mailboxes entry 2", "urgent_old"],
        ),
        "uri": ({"uris": ["1001"]}, ["uri", "1001"]),
        "header": ({"uris": uri, "headers": {"X-A": "a\r\nb"}}, ["X-A", "carriage return"]),
        "rate": ({"uris": uri, "rate": -1}, ["rate"]),
        "number of a class": ({"uris": uri, "messages": {"fax": {"new": -1}}}, ["messages fax", "new is -1"]),
        "urgent of a class": ({"uris": uri, "messages": {"text": {"urgent_new": 1}}}, ["messages text", "urgent_new"]),
        "message header": (
            {"uris": uri, "message_headers": [{"Sub ject": "x"}]},
            ["message_headers entry 1", "Sub ject"],
        ),
        "no presence": (
            {"aors": "a@127.0.0.1", "delivery": "publish"},
            ["presence", "presence_mwi", "presence_server"],
        ),
        "phone as presentity": ({"uris": uri, "delivery": "publish"}, ["uri", "aor"]),
        "presentity without domain": ({"aors": "1001", "delivery": "auto"}, ["1001", "domain"]),
        "presence server": ({"aors": "a@h", "delivery": "publish", "presence_server": "h"}, ["presence_server"]),
        "short life": ({"aors": "a@h", "delivery": "publish", "expires": 59}, ["expires is 59", "60"]),
        "nothing known to remove": (
            {"aors": "a@h", "delivery": "publish", "exclusive": True},
            ["exclusive", "state_file"],
        ),
        "nothing published": (
            {"aors": "a@h", "exclusive": True, "state_file": "/nowhere/state"},
            ["exclusive", "delivery"],
        ),
    }
    run_cases(ansible, "mwi", cases, fifo_of(emu))
    cases = {
        "subset": ({"gather_subset": ["uptime", "wether"]}, ["gather_subset", "wether"]),
        "filter": ({"gather_subset": ["contacts"], "select": {"user_agent": ["["]}}, ["user_agent"]),
    }
    run_cases(ansible, "facts", cases, fifo_of(emu))
    assert "t_uac_dlg" not in commands_of(emu)
    assert emu.sip_log() == []


def test_aors_without_the_domain_that_4_0_wants(ansible, emulator):
    emu = emulator("4.0", phones=2)
    users = [each["user"] for each in emu.phones()]
    cases = {"alone": ({"aors": users[:1]}, [users[0], "user@domain"])}
    # not only when it comes first
    cases["second"] = ({"aors": [f"{users[0]}@127.0.0.1", users[1]]}, [users[1], "user@domain"])
    run_cases(ansible, "notify", cases, fifo_of(emu))
    run_cases(ansible, "mwi", {"mwi": ({"aors": users[:1]}, [users[0], "user@domain"])}, fifo_of(emu))
    assert emu.sip_log() == []
    # options that contradict or miss each other are refused by Ansible itself, by name
    wrong = {"both": {"aors": users, "uris": ["sip:a@127.0.0.1"]}, "neither": {"event": "check-sync"}}
    for name, result in ansible.cases("notify", wrong).items():
        assert result.failed, name
        assert all(option in result.msg for option in ("aors", "uris", "select"))
    assert emu.sip_log() == []
