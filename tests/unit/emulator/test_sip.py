# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SIP requests of t_uac_dlg are valid, retransmitted and answered; phones register, refuse, die and reboot."""

import json
import re
import socket
import time

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.unit.emulator import raw_clients as raw

HEADERS = "From: <sip:a@127.0.0.1>;tag=t1\r\nTo: <sip:b@127.0.0.1>\r\nEvent: check-sync\r\n"


@pytest.fixture(scope="module")
def strict_emulator():
    with Emulator("3.6", phones=1, udp=True, strict_notify=True) as emu:
        yield emu


def notify(emu, ruri, headers=HEADERS, body=None, next_hop=None, timeout=8.0):
    """The reply of t_uac_dlg as (status, message), or as the error's text; over UDP, on any version."""
    if emu.version < "3":
        parts = ["NOTIFY", ruri, next_hop or ".", "."] + [f'"{text}"' for text in (headers, body) if text]
        text = raw.udp(emu.udp, (":t_uac_dlg:\n" + "\n".join(parts) + "\n").encode(), timeout).decode()
        if not text.startswith("200 OK"):
            return text.strip()
        nodes = re.sub(r"(?m)^(Status|RURI|Next-hop|Routes|Message):: ", "", text).split("\n", 5)
        return nodes[1], nodes[5].strip("\n") if len(nodes) > 5 else ""
    params = {"method": "NOTIFY", "ruri": ruri, "headers": headers}
    params.update({key: value for key, value in (("body", body), ("next_hop", next_hop)) if value})
    request = {"jsonrpc": "2.0", "id": 1, "method": "t_uac_dlg", "params": params}
    reply = json.loads(raw.udp(emu.udp, json.dumps(request).encode(), timeout))
    if "error" in reply:
        return f"{reply['error']['code']} {reply['error']['message']}"
    return reply["result"]["Status"], reply["result"].get("Message", ".")


def contact(emu, index=0):
    return emu.phones()[index]["contact"]


def last(emu):
    return emu.sip_log()[-1]


def test_a_request_has_what_rfc_3261_wants(any_emulator):
    emu = any_emulator
    body = "Messages-Waiting: yes\r\n"
    status, message = notify(
        emu,
        contact(emu),
        HEADERS.replace(";tag=t1", "") + "X-One: 1\r\nX-One: 2\r\nContent-Type: application/simple-message-summary\r\n",
        body,
    )
    assert status == "200 OK"
    entry = last(emu)
    headers = entry["headers"]
    names = [name for name, _value in headers]
    values = dict(headers)
    assert entry["first"] == f"NOTIFY {contact(emu)} SIP/2.0"
    assert names[:8] == ["Via", "To", "From", "CSeq", "Call-ID", "Max-Forwards", "Content-Length", "User-Agent"]
    assert re.match(r"SIP/2\.0/UDP 127\.0\.0\.1:%d;branch=z9hG4bK\S{4,}$" % emu.sip[1], values["Via"])
    assert re.search(r";tag=\S{8,}$", values["From"]) and "tag" not in values["To"]
    assert values["CSeq"] == "10 NOTIFY" and values["Max-Forwards"] == "70"
    assert int(values["Content-Length"]) == len(body) and entry["body"] == body
    assert [value for name, value in headers if name == "X-One"] == ["1", "2"]
    assert "\n" not in entry["raw"].replace("\r\n", "")
    assert "Call-ID: " + values["Call-ID"] in message and ";tag=ph100000" in message


def test_call_id_cseq_and_from_tag_of_the_caller_are_kept(any_emulator):
    emu = any_emulator
    notify(emu, contact(emu), HEADERS + "Call-ID: mine@x\r\nCSeq: 77 NOTIFY\r\n")
    values = dict(last(emu)["headers"])
    assert (values["Call-ID"], values["CSeq"], values["From"]) == ("mine@x", "77 NOTIFY", "<sip:a@127.0.0.1>;tag=t1")


def test_branches_and_call_ids_differ(any_emulator):
    emu = any_emulator
    for _turn in range(3):
        notify(emu, contact(emu))
    entries = [dict(entry["headers"]) for entry in emu.sip_log()[-3:]]
    assert len({entry["Via"] for entry in entries}) == len({entry["Call-ID"] for entry in entries}) == 3


def test_errors_before_anything_is_sent(any_emulator):
    emu = any_emulator
    before = len(emu.sip_log())
    old = emu.version < "3"
    cut = "d" if emu.version != "1.11" else ""
    assert notify(emu, contact(emu), HEADERS + "CSeq: x NOTIFY\r\n") == "400 Bad CSeq number"
    assert notify(emu, contact(emu), HEADERS + "CSeq: 1 INVITE\r\n") == "400 CSeq method mismatch"
    assert notify(emu, contact(emu), "no colon here\r\n") == "400 Bad headers"
    assert notify(emu, contact(emu), HEADERS.rstrip()) == "400 Bad headers"  # the last line needs its CRLF
    assert notify(emu, contact(emu), HEADERS + "Content-Type: a/b\r\nContent-Length: 3\r\n", "abc") == (
        "400 Content-Length disallowe" + cut
    )
    assert notify(emu, contact(emu), next_hop="nonsense") == ("400 Invalid NEXTHOP" if old else "400 Invalid next_hop")
    assert len(emu.sip_log()) == before


def test_next_hop_decides_where_it_goes(any_emulator):
    emu = any_emulator
    assert notify(emu, "sip:100001@example.com", next_hop=contact(emu))[0] == "200 OK"
    assert last(emu)["first"] == "NOTIFY sip:100001@example.com SIP/2.0"


def test_nothing_leaves_loopback_and_tcp_is_not_there(any_emulator):
    emu = any_emulator
    assert notify(emu, "sip:x@192.0.2.1:5060")[0] == "408 Request Timeout"
    failed = notify(emu, "sip:x@127.0.0.1:5060;transport=tcp")
    assert (failed[0] if emu.version < "3" else failed) == "500 Server error occurred (1/MI/UAC)"


def test_timers_and_provisional_replies():
    with Emulator("3.6", phones=2, dead=1, fr_timeout=2.0) as emu:
        dead, good = sorted(emu.phones(), key=lambda phone: phone["behaviour"] == "answer")
        assert (dead["behaviour"], good["behaviour"]) == ("dead", "answer")
        started = time.monotonic()
        assert notify(emu, dead["contact"]) == ("408 Request Timeout", ".")
        assert 1.9 < time.monotonic() - started < 2.6
        times = [entry["time"] for entry in emu.sip_log()]
        assert [round(when - times[0], 1) for when in times] == [0.0, 0.5, 1.5]
        emu.set_phone(good["user"], behaviour="provisional")
        assert notify(emu, good["contact"])[0] == "408 Request Timeout"


def test_rejections():
    with Emulator("2.4", phones=40, reject=0.25, reject_codes=[401, 486, 503]) as emu:
        phones = [phone for phone in emu.phones() if phone["behaviour"] == "reject"]
        assert len(phones) == 10
        for phone in phones:
            assert notify(emu, phone["contact"])[0].startswith(f"{phone['code']} ")
        assert notify(emu, f"sip:code489@127.0.0.1:{emu.phones_port}")[0] == "489 Bad Event"


def test_eight_vendors_register_by_sip_and_the_same_seed_gives_the_same_farm():
    farms = []
    for _turn in range(2):
        with Emulator("4.0", phones=80, dead=0.1, reject=5, domain="pbx.example", seed=7) as emu:
            location = emu.state()["location"]
            assert len(location) == 80 and all(aor.endswith("@pbx.example") for aor in location)
            farms.append([(phone["user_agent"], phone["behaviour"]) for phone in emu.phones()])
    assert farms[0] == farms[1]
    assert len({agent for agent, _behaviour in farms[0]}) == 8
    assert [[row[1] for row in farms[0]].count(kind) for kind in ("dead", "reject")] == [8, 4]


@pytest.mark.parametrize(
    "event, boots",
    [
        ("check-sync;reboot=true", 1),
        ("check-sync; reboot=TRUE", 1),
        ("reboot_now", 1),
        ("service-control", 1),
        ("check-sync;reboot=false", 0),
        ("check-sync", 0),
        ("message-summary", 0),
    ],
)
def test_reboot(event, boots):
    with Emulator("3.6", phones=1, reboot_seconds=0.3, upgrade=True, fr_timeout=1.0) as emu:
        before = emu.state()["location"]["100000"][0]
        assert notify(emu, contact(emu), HEADERS.replace("check-sync", event))[0] == "200 OK"
        assert notify(emu, contact(emu))[0] == "200 OK"  # a retransmission finds a phone that is up again
        time.sleep(0.5)
        after = emu.state()["location"]["100000"][0]
        assert emu.phones()[0]["boots"] == boots
        assert (before["callid"] != after["callid"], before["user_agent"] != after["user_agent"]) == (
            (True, True) if boots else (False, False)
        )


def test_registrar():
    with Emulator("3.6", phones=0) as emu:
        assert raw.register(emu, "bob", ["<sip:bob@127.0.0.1:9>;expires=60"], "c1", 2) == 200
        assert raw.register(emu, "bob", ["<sip:bob@127.0.0.1:9>;expires=60"], "c1", 2) == 400  # CSeq does not grow
        assert 55 < emu.state()["location"]["bob"][0]["expires"] <= 60
        assert raw.register(emu, "bob", ["<sip:bob@127.0.0.1:9>;expires=0"], "c1", 3) == 200
        assert emu.state()["location"] == {}
        assert raw.register(emu, "eve", ["<sip:eve@127.0.0.1:9>"], "c2", 1) == 200
        assert raw.register(emu, "eve", ["*"], "c2", 2, extra=("Expires: 0",)) == 200
        assert emu.state()["location"] == {}


def test_log_file(tmp_path):
    path = tmp_path / "sip.jsonl"
    with Emulator("3.6", phones=1, sip_log=str(path), reboot=False) as emu:
        notify(emu, contact(emu))
        entries = [json.loads(line) for line in path.read_text().splitlines()]
        assert [entry["raw"] for entry in entries] == [entry["raw"] for entry in emu.sip_log()]
        assert entries[0]["raw"].startswith("NOTIFY sip:100000@")


# ---- registrations with anything in them, as 2.4.11 takes and prints them


def register(emu, to="odd", contact="sip:odd@127.0.0.1:5", parameters="", user_agent="UA", call_id="c1"):
    """The code of the answer to a raw REGISTER, 0 without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(0.5)
        text = (
            f"REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{phone.getsockname()[1]};branch=z9hG4bKodd\r\n"
            f"From: <sip:f@127.0.0.1>;tag=f\r\nTo: <sip:{to}@127.0.0.1>\r\nCall-ID: {call_id}\r\nCSeq: 1 REGISTER\r\n"
            f"Contact: <{contact}>;expires=3600{parameters}\r\nUser-Agent: {user_agent}\r\nContent-Length: 0\r\n\r\n"
        )
        phone.sendto(text.encode("utf-8", "surrogateescape"), emu.sip)
        try:
            return int(phone.recv(65535).split(b" ")[1])
        except TimeoutError:
            return 0


@pytest.fixture(scope="module")
def registrar():
    with Emulator("2.4") as emu:
        yield emu


def shown(emu):
    text = raw.fifo(emu, b":ul_show_contact:REPLY_FIFO\nlocation\nodd\n\n").decode("utf-8", "surrogateescape")
    return re.sub(r"ContactID:: \d+|Expires:: \d+|Socket:: \S+", "", text)


@pytest.mark.parametrize(
    "given, line",
    [
        ({"user_agent": "y\n\t\tAOR:: boss"}, "\t\tUser-agent:: y\n\t\tAOR:: boss\n"),
        ({"user_agent": "y\r\n\t\tAOR:: boss"}, "\t\tUser-agent:: y\r\n\t\tAOR:: boss\n"),
        ({"user_agent": "y\r"}, "\t\tUser-agent:: y\n"),
        ({"user_agent": '"y\\" :: Q=1'}, '\t\tUser-agent:: "y\\" :: Q=1\n'),
        ({"user_agent": "u" * 254}, "\t\tUser-agent:: " + "u" * 254 + "\n"),
        ({"user_agent": "u" * 255}, "\t\tUser-agent:: n/a\n"),
        ({"call_id": "c\n\tAOR:: boss"}, "\t\tCallid:: c\n\tAOR:: boss\n"),
        ({"contact": "sip:odd@127.0.0.1:5;x=\n\tAOR:: b"}, "\tContact:: sip:odd@127.0.0.1:5;x=\n\tAOR:: b Q=\n"),
        ({"contact": "sip:odd Q=1@127.0.0.1:5"}, "\tContact:: sip:odd Q=1@127.0.0.1:5 Q=\n"),
        ({"parameters": ';+sip.instance="<urn\n\t\t\tMethods:: 0>"'}, "\t\tSIP_instance:: <urn\n\t\t\tMethods:: 0>\n"),
        ({"parameters": ';+sip.instance="<urn\r"'}, "\t\tSIP_instance:: <urn\r\n"),
    ],
)
def test_a_header_is_kept_and_printed_as_it_came(registrar, given, line):
    registrar.forget_contact("odd")
    assert register(registrar, **given) == 200
    assert line in shown(registrar)


@pytest.mark.parametrize(
    "given, code",
    [
        ({"to": "od\n\tAOR:: b"}, 0),
        ({"to": "od\tb"}, 0),
        ({"to": "od\0b"}, 0),
        ({"to": 'od"b'}, 0),
        ({"to": "od%0ab"}, 400),
        ({"to": "od%e4b"}, 400),
        ({"to": "od::b"}, 400),
        ({"to": "o" * 300}, 500),
        ({"contact": "sip:odd\n\tAOR:: b@127.0.0.1:5"}, 500),
        ({"contact": 'sip:od"d@127.0.0.1:5'}, 400),
        ({"parameters": ';+sip.instance="<u\\"x>"'}, 400),
        ({"parameters": ";q=y"}, 400),
        ({"call_id": "c" * 300}, 400),
    ],
)
def test_what_a_registrar_refuses(registrar, given, code):
    registrar.forget_contact("odd")
    assert register(registrar, **given) == code
    assert shown(registrar).startswith("404")


@pytest.mark.parametrize(
    "given, end",
    [
        ({"user_agent": "y\0z"}, "User-agent:: y"),
        ({"call_id": "c\0"}, "Callid:: c"),
        ({"parameters": f';+sip.instance="<{"i" * 9000}>"'}, "Methods:: 4294967295\n"),
    ],
)
def test_what_the_fifo_leaves_out(registrar, given, end):
    """A buffer ends at a NUL, and a reply where a line is too long."""
    registrar.forget_contact("odd")
    assert register(registrar, **given) == 200
    assert shown(registrar).endswith(end)


def test_two_exclamation_marks_stand_for_the_address_of_the_server(any_emulator):
    emu = any_emulator
    notify(emu, contact(emu), HEADERS + "Contact: <sip:!!>\r\nX-Both: !! and !!\r\n")
    values = dict(last(emu)["headers"])
    own = f"127.0.0.1:{emu.sip[1]}"
    assert (values["Contact"], values["X-Both"]) == (f"<sip:{own}>", f"{own} and {own}")


@pytest.mark.parametrize("ruri", ["sip:b@nobody.invalid", "sip:b@127.0.0.1:9;transport=tcp"])
def test_without_a_socket_for_its_address_the_server_cannot_say_why(any_emulator, ruri):
    """As on 2.4, 3.6 and 4.0."""
    emu = any_emulator
    failed = "500 command 't_uac_dlg' failed" if emu.version < "3" else "-32000 Server error"
    assert notify(emu, ruri, HEADERS + "Contact: <sip:!!>\r\n") == failed
    assert failed not in str(notify(emu, ruri))


NOTIFICATION = "Subscription-State: terminated;reason=timeout\r\nContact: <sip:a@127.0.0.1>\r\n"


@pytest.mark.parametrize(
    "headers, code",
    [
        (HEADERS + NOTIFICATION, "200"),
        (HEADERS, "400"),
        (HEADERS.partition("Event")[0] + NOTIFICATION, "489"),
        (HEADERS + NOTIFICATION.replace("terminated", "active"), "400"),
        (HEADERS + NOTIFICATION.replace("terminated", "over"), "400"),
        (HEADERS + NOTIFICATION + "Contact: <sip:b@127.0.0.1>\r\n", "400"),
        (HEADERS + NOTIFICATION.replace("sip:a@127.0.0.1", "nothing"), "400"),
    ],
)
def test_strict_phones_want_what_rfc_6665_wants(strict_emulator, headers, code):
    emu = strict_emulator
    assert notify(emu, contact(emu), headers)[0].split(" ")[0] == code


def test_the_log_has_what_a_phone_reads_from_a_notify(strict_emulator):
    emu = strict_emulator
    event = 'Event: resync;profile="https://h/a;b";id\r\n'
    notify(emu, contact(emu), HEADERS.partition("Event")[0] + event + NOTIFICATION)
    assert last(emu)["notification"] == {
        "event": "resync",
        "event_parameters": {"profile": "https://h/a;b", "id": True},
        "state": "terminated",
        "state_parameters": {"reason": "timeout"},
        "contact": "sip:a@127.0.0.1",
    }


@pytest.mark.parametrize(
    ("via", "noted"),
    [
        ("127.0.0.1:{port};branch=z9hG4bKa", "127.0.0.1:{port};branch=z9hG4bKa"),
        ("127.0.0.1:{port};rport=17;branch=z9hG4bKa", "127.0.0.1:{port};rport=17;branch=z9hG4bKa"),
        ("127.0.0.1:{port};rport;branch=z9hG4bKa", "127.0.0.1:{port};received=127.0.0.1;rport={port};branch=z9hG4bKa"),
        (
            "127.0.0.1:{port};alias;branch=z9hG4bKa;rport",
            "127.0.0.1:{port};received=127.0.0.1;alias;branch=z9hG4bKa;rport={port}",
        ),
        ("192.0.2.1:{port};branch=z9hG4bKa", "192.0.2.1:{port};received=127.0.0.1;branch=z9hG4bKa"),
        (
            "phone.example:{port};branch=z9hG4bKa, SIP/2.0/UDP 192.0.2.9;rport;branch=z9hG4bKb",
            "phone.example:{port};received=127.0.0.1;branch=z9hG4bKa, SIP/2.0/UDP 192.0.2.9;rport;branch=z9hG4bKb",
        ),
    ],
)
def test_the_answer_says_where_the_request_came_from(registrar, via, noted):
    """As 2.4.11, 3.6.8 and 4.0.1 did (RFC 3261 18.2.1, RFC 3581 4)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(5)
        port = phone.getsockname()[1]
        lines = ["OPTIONS sip:127.0.0.1 SIP/2.0", f"Via: SIP/2.0/UDP {via.format(port=port)}", "From: <sip:a@x>;tag=1"]
        lines += ["To: <sip:b@x>", "Call-ID: one", "CSeq: 1 OPTIONS", "Content-Length: 0", "", ""]
        phone.sendto("\r\n".join(lines).encode(), registrar.sip)
        answer = phone.recv(65535).decode()
    assert f"\r\nVia: SIP/2.0/UDP {noted.format(port=port)}\r\n" in answer


def test_seconds_left_are_whole_ones(registrar):
    """A contact that was just registered for 3600 seconds has them."""
    registrar.forget_contact("odd")
    before = int(time.time())
    assert register(registrar) == 200
    text = raw.fifo(registrar, b":ul_show_contact:REPLY_FIFO\nlocation\nodd\n\n").decode()
    assert int(re.search(r"Expires:: (\d+)", text)[1]) >= 3600 - (int(time.time()) - before)


def test_repetitions_and_timeouts_are_counted_as_by_a_server():
    """3.6 and 4.0 count a transaction that was repeated before it ran out in local_replies, and not in timeout_finalresponse."""
    with Emulator("3.6", phones=1, fr_timeout=1.7, dead=1.0) as emu:
        assert notify(emu, contact(emu))[0] == "408 Request Timeout"
        counted = emu.state()["counters"]
    names = ("UAC_transactions", "local_replies", "retransmission_req_T1_1", "retransmission_req_T1_2")
    assert [counted.get(f"tm:{name}") for name in names] == [1, 1, 1, 1]
    assert "tm:timeout_finalresponse" not in counted and "tm:retransmission_req_T1_3" not in counted
