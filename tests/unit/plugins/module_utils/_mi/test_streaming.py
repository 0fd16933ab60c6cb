# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection.stream() over every carrier: what a call would get, in parts, and the errors of a call."""

import json
import os
import threading
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import fifo
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    ConnectError,
    HTTPStatusError,
    MalformedReply,
    MITimeout,
    RefusedRequest,
    ReplyTooLarge,
    ServerError,
    UnknownCommand,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Layout
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.http_peer import (
    RESET,
    Http,
    json_http,
    plain_http,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    SILENT,
    Answers,
    Behaviour,
    Datagram,
    Fault,
    JsonFifo,
    LineFifo,
    Raw,
)

LAYOUT = Layout("Domains", "name", "AORs", "Domain", "AOR")
COUNT = 5000
DUMP = {"Domains": [{"name": "location", "AORs": [{"AOR": str(number), "pad": "x" * 80} for number in range(COUNT)]}]}
LINES = "Domain:: location hash_size=512\n" + "".join(
    "\tAOR:: {0}\n\t\tpad:: {1}\n".format(number, "x" * 80) for number in range(COUNT)
)
AORS = [str(number) for number in range(COUNT)]


def aors(parts):
    """The AORs in parts (iterable of Reply), in their order."""
    found = []
    for part in parts:
        if part.is_tree:
            found.extend(value for _depth, name, value, _attributes in part.walk() if name == "AOR")
        else:
            found.extend(each["AOR"] for thing in part.result["Domains"] for each in thing["AORs"])
    return found


def respond(answer, **more):
    """respond() of an HTTP peer that knows ul_dump."""
    return json_http(Answers("3.6.8", {"ul_dump": answer, **more}))


def last(answer):
    """respond() of an HTTP peer that answers ul_dump by answer(request id), which gives pieces of the response."""
    usual = respond({})

    def decide(request):
        if b'"ul_dump"' not in request["body"]:
            return usual(request)
        return answer(json.loads(request["body"].decode())["id"])

    return decide


# --- what comes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.6.8", "4.0.1"])
def test_json_over_fifo(tmp_path, version):
    name = "usrloc:dump" if version[0] == "4" else "ul_dump"
    with JsonFifo(tmp_path, version, commands={name: DUMP}) as peer:
        with peer.connect() as conn:
            for _round in range(3):
                parts = list(conn.stream("ul_dump", LAYOUT))
                assert aors(parts) == AORS and len(parts) > 5
            assert conn.call("ul_dump").result == DUMP
            # the reply FIFO served all of them
            assert len(peer.leftovers()) == 1
        assert peer.leftovers() == [] and not peer.harms


@pytest.mark.parametrize("version", ["1.11.11", "2.4.11"])
def test_lines_over_fifo(tmp_path, version):
    with LineFifo(tmp_path, version, commands={"ul_dump": LINES}) as peer:
        with peer.connect() as conn:
            for _round in range(3):
                parts = list(conn.stream("ul_dump", LAYOUT))
                assert aors(parts) == AORS and len(parts) > 5
            assert aors([conn.call("ul_dump")]) == AORS
            assert len(peer.leftovers()) == 1
        assert peer.leftovers() == [] and not peer.harms


def test_over_http():
    with Http(respond(DUMP)) as peer, peer.connect() as conn:
        parts = list(conn.stream("ul_dump", LAYOUT))
        assert aors(parts) == AORS and len(parts) > 2


@pytest.mark.parametrize("version", ["3.6.8", "2.4.11"])
def test_a_datagram_is_one_part(version):
    few = {"Domains": [{"name": "location", "AORs": [{"AOR": "a"}, {"AOR": "b"}]}]}
    answer = few if version[0] == "3" else "Domain:: location\n\tAOR:: a\n\tAOR:: b\n"
    with Datagram(version, commands={"ul_dump": answer}) as peer, peer.connect() as conn:
        (part,) = conn.stream("ul_dump", LAYOUT)
        assert aors([part]) == ["a", "b"]


def test_parameters_and_names_are_those_of_a_call(tmp_path):
    with JsonFifo(tmp_path, "4.0.1", commands={"usrloc:dump": DUMP}) as peer, peer.connect() as conn:
        list(conn.stream("ul_dump", LAYOUT, {"brief": "brief"}))
        assert peer.requests[-1] == ("usrloc:dump", {"brief": 1})
        with pytest.raises(UnknownCommand):
            next(conn.stream("ul_dmp", LAYOUT))
        # nothing has begun, so others may ask
        assert conn.call("version").code == 200


def test_a_reply_in_several_openings_of_the_fifo(tmp_path):
    def pieces(reply, request_id):
        data = json.dumps({"jsonrpc": "2.0", "id": request_id, "result": DUMP}).encode()
        for start in range(0, len(data), 40960):
            reply(data[start : start + 40960])
            # the client sees the end and opens anew
            time.sleep(0.005)

    with JsonFifo(tmp_path, commands={"ul_dump": Behaviour(pieces)}) as peer, peer.connect() as conn:
        assert aors(conn.stream("ul_dump", LAYOUT)) == AORS


def test_parts_come_while_the_server_still_writes(tmp_path):
    taken = threading.Event()

    def pieces(reply, request_id):
        data = json.dumps({"jsonrpc": "2.0", "id": request_id, "result": DUMP}).encode()
        fd = reply.open()
        os.write(fd, data[:2000])
        taken.wait(20)
        os.write(fd, data[2000:])
        os.close(fd)

    with JsonFifo(tmp_path, commands={"ul_dump": Behaviour(pieces)}) as peer, peer.connect(timeout=30) as conn:
        parts = conn.stream("ul_dump", LAYOUT)
        first = aors([next(parts)])
        assert not taken.is_set() and 10 < len(first) < 30
        taken.set()
        assert first + aors(parts) == AORS


# --- errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("server", [JsonFifo, LineFifo])
def test_an_error_of_the_server(tmp_path, server):
    with server(tmp_path, commands={"ul_dump": Fault(500, "no memory")}) as peer, peer.connect() as conn:
        with pytest.raises(ServerError) as caught:
            list(conn.stream("ul_dump", LAYOUT))
        assert (caught.value.code, caught.value.reason) == (500, "no memory")
        # a whole reply, so its FIFO serves the next request, too
        assert len(peer.leftovers()) == 1
        assert conn.call("version").code == 200
        assert len(peer.leftovers()) == 1


@pytest.mark.parametrize("server", [JsonFifo, LineFifo])
def test_a_reply_that_is_cut_off(tmp_path, monkeypatch, server):
    monkeypatch.setattr(fifo, "_REOPEN_GRACE", 0.1)
    text = json.dumps({"jsonrpc": "2.0", "id": 1, "result": DUMP}) if server is JsonFifo else "200 OK\n" + LINES
    with server(tmp_path, commands={"ul_dump": Raw(text[:-20].encode())}) as peer:
        with peer.connect() as conn:
            found = []
            with pytest.raises(MalformedReply) as caught:
                found.extend(conn.stream("ul_dump", LAYOUT))
            assert "cut off" in str(caught.value) and len(aors(found)) > COUNT - 10
            assert conn.call("version").code == 200
        assert peer.leftovers() == []


def test_a_reply_to_another_request(tmp_path):
    text = json.dumps({"jsonrpc": "2.0", "id": -5, "result": DUMP})
    with JsonFifo(tmp_path, commands={"ul_dump": Raw(text.encode())}) as peer, peer.connect() as conn:
        with pytest.raises(MalformedReply) as caught:
            list(conn.stream("ul_dump", LAYOUT))
    assert "-5" in str(caught.value)


def test_a_server_that_cannot_print(tmp_path):
    with JsonFifo(tmp_path, commands={"ul_dump": Raw(b'{"jsonrpc":"2failed to print response')}) as peer:
        with peer.connect() as conn:
            with pytest.raises(ReplyTooLarge):
                list(conn.stream("ul_dump", LAYOUT))


@pytest.mark.parametrize("server", [JsonFifo, LineFifo])
def test_silence_is_what_it_is_to_a_call(tmp_path, server):
    with server(tmp_path, commands={"ul_dump": {}}, deaf_to=("ul_dump",)) as peer, peer.connect(timeout=0.3) as conn:
        with pytest.raises(MITimeout) as called:
            conn.call("ul_dump")
        with pytest.raises(MITimeout) as streamed:
            list(conn.stream("ul_dump", LAYOUT))
        assert str(streamed.value) == str(called.value)
        assert conn.call("version", timeout=10).code == 200


@pytest.mark.parametrize("server", [JsonFifo, LineFifo])
def test_a_reply_that_does_not_end_in_time_says_how_far_it_came(tmp_path, server):
    released = threading.Event()
    begin = b'{"jsonrpc": "2.0", "result": ' if server is JsonFifo else b"200 OK\nDomain:: a\n"

    def drip(reply, _request_id):
        fd = reply.open()
        try:
            os.write(fd, begin)
            while not released.wait(0.02):
                os.write(fd, b" " if server is JsonFifo else b"\tAOR:: a\n")
        except OSError:
            pass
        os.close(fd)

    with server(tmp_path, commands={"ul_dump": Behaviour(drip)}) as peer:
        with peer.connect() as conn:
            conn.call("version")
            with pytest.raises(MITimeout) as late:
                list(conn.stream("ul_dump", LAYOUT, timeout=0.3))
            assert "did not end in time" in str(late.value) and "timeout" in late.value.hint
            assert late.value.maybe_sent
            released.set()
        assert peer.leftovers() == []


def test_a_full_fifo_is_a_timeout(tmp_path):
    with JsonFifo(tmp_path, commands={"ul_dump": DUMP}) as peer, peer.connect() as conn:
        conn.call("version")
        peer.hold.clear()
        filler = os.open(peer.path, os.O_WRONLY | os.O_NONBLOCK)
        try:
            while True:
                os.write(filler, b" " * 4096)
        except BlockingIOError:
            pass
        finally:
            os.close(filler)
        with pytest.raises(MITimeout) as full:
            list(conn.stream("ul_dump", LAYOUT, timeout=0.3))
        assert not full.value.maybe_sent
        peer.hold.set()
        assert conn.call("version").code == 200


def test_a_server_that_is_gone(tmp_path):
    with JsonFifo(tmp_path, commands={"ul_dump": DUMP}) as peer:
        conn = peer.connect()
        conn.call("version")
        conn.has("ul_dump")
    with conn, pytest.raises(ConnectError):
        list(conn.stream("ul_dump", LAYOUT))


def test_http_that_is_cut_off():
    def answer(request_id):
        data = json.dumps({"jsonrpc": "2.0", "id": request_id, "result": DUMP}).encode()
        yield plain_http(data[:100000], length=len(data))
        yield RESET

    with Http(last(answer)) as peer, peer.connect() as conn:
        with pytest.raises((MalformedReply, ConnectError)):
            list(conn.stream("ul_dump", LAYOUT))
        assert conn.call("version").code == 200


def test_http_that_does_not_end_in_time():
    def answer(request_id):
        yield plain_http(b'{"jsonrpc": "2.0", ', length=1000)
        yield 30

    with Http(last(answer)) as peer, peer.connect() as conn:
        conn.call("version")
        with pytest.raises(MITimeout) as late:
            list(conn.stream("ul_dump", LAYOUT, timeout=0.3))
        assert "did not end in time" in str(late.value)


@pytest.mark.parametrize("silent", [True, False])
def test_http_without_a_reply(silent):
    def answer(request_id):
        if silent:
            yield 30
        yield plain_http(b"no", "404 Not Found")

    with Http(last(answer)) as peer, peer.connect() as conn:
        conn.call("version")
        with pytest.raises(MITimeout if silent else HTTPStatusError) as caught:
            list(conn.stream("ul_dump", LAYOUT, timeout=0.3 if silent else 10))
        assert ("No reply" in str(caught.value)) is silent


def test_an_error_over_http():
    with Http(respond(Fault(500, "no memory"))) as peer, peer.connect() as conn:
        with pytest.raises(ServerError) as caught:
            list(conn.stream("ul_dump", LAYOUT))
    assert caught.value.code == 500


# --- one at a time ---------------------------------------------------------------------------------------------


def test_other_requests_wait_for_the_end(tmp_path):
    """The server answers nobody while it writes a reply, so they would time out."""
    with JsonFifo(tmp_path, commands={"ul_dump": DUMP, "uptime": SILENT}) as peer, peer.connect() as conn:
        parts = conn.stream("ul_dump", LAYOUT)
        next(parts)
        with pytest.raises(RefusedRequest) as refused:
            conn.call("uptime")
        assert "uptime" in str(refused.value)
        ((_index, outcome),) = conn.call_many([("uptime", None)])
        assert isinstance(outcome, RefusedRequest)
        with pytest.raises(RefusedRequest):
            next(conn.stream("uptime", LAYOUT))
        aors(parts)
        assert "uptime" not in peer.methods()
        assert conn.call("version").code == 200
