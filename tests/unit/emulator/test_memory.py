# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shared memory: what holds it and for how long, what a server answers without it; and what ul_dump costs."""

import contextlib
import functools
import json
import os
import re
import socket
import threading
import time

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator, EmulatorError
from ansible_collections.community.opensips.tests.unit import wire
from ansible_collections.community.opensips.tests.unit.emulator import raw_clients as raw
from ansible_collections.community.opensips.tests.unit.emulator.conftest import VERSIONS
from ansible_collections.community.opensips.tests.unit.emulator.test_against_wire import Bench, compare

MEGABYTE = 1 << 20
HEADERS = "From: <sip:a@127.0.0.1>;tag=t1\r\nTo: <sip:b@127.0.0.1>\r\nEvent: check-sync\r\n"
NO_MEMORY = "500 Server error occurred (2/MI/UAC)"


def encode(emu, method, params=()):
    """A datagram; params: list."""
    if emu.version < "3":
        return (f":{method}:\n" + "".join(f'"{text}"\n' if "\n" in text else text + "\n" for text in params)).encode()
    request = {"jsonrpc": "2.0", "id": 1, "method": method}
    if params:
        request["params"] = params
    return json.dumps(request).encode()


def statistics(emu, *names):
    """{name without its group: number} of get_statistics."""
    params = list(names) if emu.version < "3" else [list(names)]
    text = raw.udp(emu.udp, encode(emu, "get_statistics", params)).decode()
    if emu.version < "3":
        return {name.partition(":")[2]: int(value) for name, value in re.findall(r"(\S+):: (\d+)", text)}
    return {name.partition(":")[2]: value for name, value in json.loads(text)["result"].items()}


class Notifier:
    """Sends t_uac_dlg by datagrams without waiting for the answers."""

    def __init__(self, emu):
        self.emu = emu
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect(emu.udp)
        self.sock.settimeout(8)

    def send(self, ruri, headers=HEADERS):
        if self.emu.version < "3":
            data = encode(self.emu, "t_uac_dlg", ["NOTIFY", ruri, ".", ".", headers])
        else:
            data = encode(self.emu, "t_uac_dlg", {"method": "NOTIFY", "ruri": ruri, "headers": headers})
        self.sock.send(data)

    def answer(self):
        """The next answer: its status line, or its error."""
        text = self.sock.recv(65535).decode()
        if self.emu.version < "3":
            return re.search(r"(?:Status:: )?(\d{3} [^\n]*)\n", text.partition("\n")[2])[1]
        reply = json.loads(text)
        return (
            f"{reply['error']['code']} {reply['error']['message']}" if "error" in reply else reply["result"]["Status"]
        )

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.sock.close()


def silent(emu, number):
    return f"sip:silent{number:04}@127.0.0.1:{emu.phones_port}"


def leave(emu, free):
    """Set aside all but so many bytes."""
    memory = emu.memory()
    emu.set_memory_aside((memory["free"] + memory["aside"] - free) / MEGABYTE)
    assert emu.memory()["free"] == free


def wait_for(condition):
    for _turn in range(400):
        if condition():
            return True
        time.sleep(0.02)
    return False


# ---- what is recorded

# bytes that are left for a case of memory.jsonl; the others happened with none
LEFT = {"shmem_no_room_for_a_transaction": 2000, "uac_no_memory": 2000, "ul_add_no_memory": 400}


@pytest.mark.parametrize("version", wire.MEMORY_VERSIONS)
def test_recorded_exchanges_without_memory(version):
    different, played = [], 0
    with Emulator(version, phones=0, modules="base", shared_memory=16) as emu:
        bench = Bench(version, emu)
        emu.add_contact(
            "u000000@127.0.0.1" if version == "4.0" else "u000000",
            "sip:u000000@127.0.0.1:5060",
            q="0.5",
            callid="dfjrewr12386fd6-343@opensips.mi",
            user_agent="OpenSIPS MI Server",
            methods=1037,
        )
        for carrier, record in wire.memory(version):
            if record["id"] == "uac_answered_no_memory":
                continue
            leave(emu, LEFT.get(record["id"], 0))
            text = compare(bench, carrier, record)
            played += 1
            if text is not None:
                different.append(carrier + " " + text)
        assert emu.memory()["out_of_memory"] >= 12
    assert played == 28 and not different, "\n".join(different)


class Phone:
    """Answers the first SIP request that it gets, once it is told to."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.settimeout(8)
        self.port = self.sock.getsockname()[1]

    def answer_when(self, prepare):
        data, address = self.sock.recvfrom(65535)
        prepare()
        copied = [
            line for line in data.decode().split("\r\n") if line.startswith(("Via", "To", "From", "CSeq", "Call-ID"))
        ]
        copied = [line + ";tag=abc" if line.startswith("To") else line for line in copied]
        lines = ["SIP/2.0 200 OK", *copied, "Contact: <sip:phone@127.0.0.1>", "Content-Length: 0", "", ""]
        self.sock.sendto("\r\n".join(lines).encode(), address)


@pytest.mark.parametrize("version", wire.MEMORY_VERSIONS)
def test_recorded_answers_of_phones_that_the_server_has_no_memory_for(version):
    records = [each for each in wire.memory(version) if each[1]["id"] == "uac_answered_no_memory"]
    assert len(records) == 4
    for carrier, record in records:
        phone = Phone()
        record["request"] = record["request"].replace("19998", str(phone.port))
        with Emulator(version, phones=0, modules="base", allow_crash=True) as emu:
            answering = threading.Thread(target=phone.answer_when, args=(functools.partial(emu.set_memory_aside, 64),))
            answering.start()
            different = compare(Bench(version, emu), carrier, record)
            answering.join()
            phone.sock.close()
            assert different is None, carrier
            died = emu.stats()["crash_reasons"]
            assert bool(died) == (version > "3" and carrier == "fifo"), carrier


# ---- transactions


@pytest.mark.parametrize("version", VERSIONS)
def test_a_transaction_holds_memory_until_after_its_answer(version):
    # what 2.4.11, 3.6.8 and 4.0.1 were measured to hold besides the request, until the answer and after it
    pending, answered = {"3.6": (7718, 7350), "4.0": (4062, 3696)}.get(version, (7127, 7001))
    with Emulator(version, phones=2, dead=1, fr_timeout=0.3, wt_timer=1) as emu, Notifier(emu) as notifier:
        before = statistics(emu, "shmem:", "tm:")
        for number in range(20):
            notifier.send(silent(emu, number))
        during = statistics(emu, "shmem:", "tm:")
        assert during["inuse_transactions"] == before["inuse_transactions"] + 20 == 20
        requests = sum(len(entry["raw"]) for entry in emu.sip_log())
        assert during["real_used_size"] - before["real_used_size"] == 20 * pending + requests
        assert during["free_size"] == during["total_size"] - during["real_used_size"]
        assert during["used_size"] - before["used_size"] < 20 * pending + requests
        assert {notifier.answer() for _number in range(20)} == {"408 Request Timeout"}
        after = statistics(emu, "shmem:", "tm:")
        assert after["inuse_transactions"] == 20
        assert after["real_used_size"] - before["real_used_size"] == 20 * answered + requests
        assert wait_for(lambda: statistics(emu, "tm:")["inuse_transactions"] == 0)
        freed = statistics(emu, "shmem:")
        assert {name: freed[name] for name in ("real_used_size", "used_size", "fragments")} == {
            name: before[name] for name in ("real_used_size", "used_size", "fragments")
        }
        assert freed["max_used_size"] == during["real_used_size"]


@pytest.mark.parametrize("version", VERSIONS)
def test_without_room_t_uac_dlg_is_refused_until_others_are_freed(version):
    with Emulator(version, phones=1, shared_memory=16, fr_timeout=0.3, wt_timer=0) as emu, Notifier(emu) as notifier:
        leave(emu, 40000)
        for number in range(20):
            notifier.send(silent(emu, number))
        answers = [notifier.answer() for _number in range(20)]
        room = answers.count("408 Request Timeout")
        assert answers.count(NO_MEMORY) == 20 - room and 4 <= room <= 9
        assert emu.memory()["out_of_memory"] == 20 - room
        assert len({dict(entry["headers"])["Call-ID"] for entry in emu.sip_log()}) == room
        assert wait_for(lambda: emu.memory()["transactions"] == 0)
        notifier.send(emu.phones()[0]["contact"])
        assert notifier.answer() == "200 OK"


# ---- contacts


@pytest.mark.parametrize("version, first, second", [("2.4", 888, 616), ("3.6", 1264, 864), ("4.0", 1280, 864)])
def test_contacts_hold_memory(version, first, second):
    with Emulator(version, phones=0) as emu:

        def used_by(port):
            before = emu.memory()["used"]
            value = f'<sip:10000000@127.0.0.1:{port}>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000000100000>"'
            callid = f"c0000000000@farm{port}"
            assert raw.register(emu, "10000000", [value], callid, 1, "Yealink SIP-T46U 108.86.0.20") == 200
            return emu.memory()["used"] - before

        start = emu.memory()["used"]
        assert abs(used_by(5060) - first) <= 16
        assert abs(used_by(5061) - second) <= 16
        emu.forget_contact("10000000@127.0.0.1" if version == "4.0" else "10000000")
        assert emu.memory()["used"] == start


@pytest.mark.parametrize("version", VERSIONS)
def test_without_room_nothing_registers(version):
    with Emulator(version, phones=0) as emu:
        leave(emu, 400)
        assert raw.register(emu, "bob", ["<sip:bob@127.0.0.1:9>"], "c1", 1) == 500
        assert emu.memory()["free"] == 400 and emu.state()["location"] == {}
        with pytest.raises(EmulatorError, match="OutOfMemory"):
            emu.add_contact("x", "sip:x@127.0.0.1:9")
        emu.set_memory_aside(0)
        assert raw.register(emu, "bob", ["<sip:bob@127.0.0.1:9>"], "c1", 2) == 200


@pytest.mark.parametrize("version", VERSIONS)
def test_statistics_count_what_is_registered(version):
    with Emulator(version, phones=7) as emu:
        emu.add_contact("100000@127.0.0.1" if version == "4.0" else "100000", "sip:second@127.0.0.1:9")
        found = statistics(emu, "usrloc:")
        assert found["registered_users"] == found["location-users"] == 7
        assert (found["location-contacts"], found["location-expires"]) == (8, 0)


def test_a_fleet_that_does_not_fit_is_told():
    with pytest.raises(EmulatorError, match="8 MB of shared memory are too few for 9000 registered phones"):
        Emulator("3.6", phones=9000, shared_memory=8).start()


# ---- somebody else


def test_memory_set_aside_is_given_back():
    with Emulator("3.6", phones=0, shared_memory=32) as emu:
        start = statistics(emu, "shmem:")
        assert start["total_size"] == 32 * MEGABYTE
        assert emu.set_memory_aside(10) == 10 and emu.set_memory_aside(4) == 4
        assert statistics(emu, "shmem:")["free_size"] == start["free_size"] - 4 * MEGABYTE
        assert emu.set_memory_aside(1000) == start["free_size"] / MEGABYTE
        assert emu.memory()["free"] == 0
        emu.set_memory_aside(0)
        end = statistics(emu, "shmem:")
        assert end.pop("max_used_size") == 32 * MEGABYTE and start.pop("max_used_size") < 5 * MEGABYTE
        assert end == start


# ---- time


@contextlib.contextmanager
def fifo_requests(emu):
    """A function that sends a FIFO request and returns one that reads what its answer has so far."""
    opened = []

    def send(method, params=()):
        name = f"reply{len(opened)}"
        path = os.path.join(emu.reply_dir, name)
        os.mkfifo(path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        opened.append(reader)
        os.write(writer, b":%s:%s" % (name.encode(), encode(emu, method, params)))
        return functools.partial(_readable, reader)

    writer = os.open(emu.fifo_path, os.O_WRONLY | os.O_NONBLOCK)
    try:
        yield send
    finally:
        for fd in (writer, *opened):
            os.close(fd)


def _readable(reader):
    try:
        return os.read(reader, 65536)
    except BlockingIOError:
        return b""


def runs(emu, method):
    return emu.stats()["commands"].get(method, 0)


# 9,000 AORs: more than half a second
@pytest.mark.parametrize("version", ["3.6", "4.0"])
def test_a_dump_over_fifo_keeps_only_the_fifo_busy(version):
    with Emulator(version, phones=9000, register="direct") as emu, fifo_requests(emu) as send:
        dump = send("ul_dump", [1])
        assert wait_for(lambda: runs(emu, "ul_dump"))
        later = send("uptime")
        assert b"Up since" in raw.udp(emu.udp, encode(emu, "uptime"))
        assert raw.web(emu.http_url, "POST", body=encode(emu, "uptime"), content_type="application/json")[0] == 200
        assert runs(emu, "uptime") == 2 and not dump() and not later()
        assert wait_for(dump) and wait_for(later)
        assert runs(emu, "uptime") == 3


def test_a_dump_over_http_or_a_datagram_keeps_only_those_busy():
    with Emulator("3.6", phones=9000, register="direct") as emu, fifo_requests(emu) as send:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(emu.udp)
            sock.setblocking(False)
            sock.send(encode(emu, "ul_dump", [1]))
            sock.send(encode(emu, "uptime"))
            assert wait_for(lambda: runs(emu, "ul_dump"))
            other = send("uptime")
            assert wait_for(other) and runs(emu, "uptime") == 1
            with pytest.raises(BlockingIOError):
                sock.recv(65535)
            sock.settimeout(8)
            assert sock.recv(65535) == b"500 Internal error"  # too large for a datagram
            assert b"Up since" in sock.recv(65535)
        found = []
        asking = threading.Thread(
            target=lambda: found.append(
                raw.web(emu.http_url, "POST", body=encode(emu, "ul_dump", [1]), content_type="application/json")
            )
        )
        asking.start()
        assert wait_for(lambda: runs(emu, "ul_dump") == 2)
        assert b"Up since" in raw.udp(emu.udp, encode(emu, "uptime")) and not found
        asking.join()
        assert found[0][2].count(b"AOR") == 9001


def test_without_cost_a_dump_is_answered_at_once():
    with Emulator("3.6", phones=9000, register="direct", cost="none") as emu, fifo_requests(emu) as send:
        dump = send("ul_dump", [1])
        assert wait_for(lambda: runs(emu, "ul_dump"))
        assert dump()
