# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody else answers in place of the server: replies without an end, that lie about their size, bombs, deep nesting.

Each ends in an error of the tree, with the connection closed, and with no more memory than max_reply_size allows.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import os
import ssl

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet.sources import MISource
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ReplyTooLarge
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import MEGABYTE, MOST_ANNOUNCED
from ansible_collections.community.opensips.plugins.module_utils._readers import location
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.http_peer import Http, plain_http
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    Behaviour,
    Datagram,
    JsonFifo,
    LineFifo,
)

# a flood that nobody stops ends here, so that a test fails and the machine lives
FLOOD = 64 * MEGABYTE
CHUNK = 65536
# what lies in pipes and sockets besides what the client read
ON_THE_WAY = 8 * MEGABYTE
UNTIL_CLOSED = 30


class Flood:
    """An answer over a FIFO: beginning, then body again and again. sent: bytes that the client's side took. closed: it hung up."""

    def __init__(self, beginning, body, most=FLOOD, end=b""):
        self.beginning, self.body, self.most, self.end = beginning, body, most, end
        self.sent, self.closed = 0, False

    def answer(self):
        return Behaviour(self._run)

    def _run(self, reply, request_id):
        fd = reply.open()
        if fd is None:
            return
        data = self.body * (CHUNK // max(1, len(self.body)))
        try:
            os.write(fd, self.beginning.replace(b"ID", str(request_id).encode()))
            while self.sent < self.most:
                self.sent += os.write(fd, data)
            os.write(fd, self.end)
        except OSError:
            self.closed = True
        finally:
            os.close(fd)


def pieces(beginning, body):
    """The same over HTTP."""
    return itertools.chain([beginning], itertools.repeat(body, FLOOD // len(body)))


@contextlib.contextmanager
def http(answer, tls=None):
    with Http(lambda _request: answer() if callable(answer) else answer, tls=tls) as peer:
        yield peer


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PAD = b"x" * CHUNK
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
FLOODS = {
    "a body that ends nowhere": lambda: pieces(HEAD + b'\r\n{"result": "', PAD),
    "a length of two terabytes": lambda: [HEAD + b"Content-Length: 2199023255552\r\n\r\n", PAD],
    "a length, and all of it": lambda: pieces(HEAD + b"Content-Length: %d\r\n\r\n" % FLOOD, PAD),
    "chunks": lambda: pieces(CHUNKED, b"10000\r\n" + PAD + b"\r\n"),
    "one chunk without an end": lambda: pieces(CHUNKED + b"FFFFFFFFFFFFFFFF\r\n", PAD),
    "small chunks": lambda: pieces(CHUNKED, b"1\r\nx\r\n" * 10000),
    "trailers after the last chunk": lambda: pieces(CHUNKED + b"0\r\n", b"X-A: b\r\n" * 8000),
    "responses that announce one": lambda: pieces(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 3000),
}
# these are refused otherwise, and as early
OTHER = {
    "headers": (lambda: pieces(HEAD, b"X-A: b\r\n" * 8000), "closed the connection|no HTTP"),
    "one header": (lambda: pieces(HEAD + b"X-A: ", PAD), "closed the connection|no HTTP"),
    "a status line": (lambda: pieces(b"HTTP/1.1 200 ", PAD), "closed the connection|no HTTP"),
    "a length that is not a number": (
        lambda: HEAD + "Content-Length: \u00b2\r\n\r\n".encode("latin-1") + b"x",
        "not JSON",
    ),
    "a length of many digits": (lambda: HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nx", "not JSON"),
    "a length below nothing": (lambda: HEAD + b"Content-Length: -5\r\n\r\nx", "not JSON"),
    "a chunk below nothing": (lambda: CHUNKED + b"-5\r\nxxxxxxxx\r\n0\r\n\r\n", "no HTTP|not JSON|cut off"),
    "more than its length": (lambda: plain_http(b'{"id": 1}xxxxxxxxxx', length=3), "cut off or is not valid JSON"),
    "a bomb": (
        lambda: plain_http(gzip.compress(b" " * FLOOD), extra="Content-Encoding: gzip\r\n"),
        "compressed",
    ),
}


class TestOverHttp:
    @pytest.mark.parametrize("flood", FLOODS)
    def test_a_flood_is_cut_off(self, flood):
        with http(FLOODS[flood]) as peer, peer.connect(max_reply_size=1, protocol="jsonrpc", timeout=60) as conn:
            with pytest.raises(ReplyTooLarge, match="max_reply_size"):
                conn.call("uptime")
            # the one that only announces its size has nothing left to send
            assert "terabytes" in flood or peer.finished.wait(UNTIL_CLOSED)

    @pytest.mark.parametrize("lie", OTHER)
    def test_a_lie_is_an_error_of_the_tree(self, lie):
        answer, expected = OTHER[lie]
        with http(answer) as peer, peer.connect(max_reply_size=1, protocol="jsonrpc", timeout=60) as conn:
            with pytest.raises(Exception, match=expected) as caught:
                conn.call("uptime")
            assert type(caught.value).__module__.endswith("_mi.errors"), repr(caught.value)

    def test_a_flood_over_tls_is_cut_off(self, tmp_path):
        authority = Authority(tmp_path, "authority")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.issue("server", "127.0.0.1"))
        options = {"max_reply_size": 1, "protocol": "jsonrpc", "timeout": 60, "ca_path": authority.path}
        with http(FLOODS["chunks"], tls=context) as peer, peer.connect(**options) as conn:
            with pytest.raises(ReplyTooLarge, match="max_reply_size"):
                conn.call("uptime")
            assert peer.finished.wait(UNTIL_CLOSED)

    @pytest.mark.parametrize("protocol", ["jsonrpc", "xmlrpc", "mi_json", "auto"])
    def test_of_every_protocol(self, protocol):
        flood = FLOODS["chunks"]
        with http(flood) as peer, peer.connect(max_reply_size=1, protocol=protocol, timeout=60) as conn:
            with pytest.raises(ReplyTooLarge, match="max_reply_size"):
                conn.call("uptime")


JSON_FLOODS = {
    "text": (b'{"jsonrpc": "2.0", "id": ID, "result": "', b"x"),
    "blanks": (b'{"jsonrpc": "2.0", "id": ID, "result": 1}', b" "),
    "values": (b'{"jsonrpc": "2.0", "id": ID, "result": [', b"{},"),
    "no JSON": (b"", b"x"),
}
LINE_FLOODS = {
    "one line": (b"200 OK\n", b"x"),
    "lines": (b"200 OK\n", b"a:: b\n"),
    "a status": (b"200 ", b"x"),
    "empty lines": (b"200 OK\n", b"\n"),
}


class TestOverFifo:
    @pytest.mark.parametrize("flood", JSON_FLOODS)
    def test_a_flood_of_json_is_cut_off(self, tmp_path, flood):
        self._cut_off(JsonFifo, tmp_path, Flood(*JSON_FLOODS[flood]))

    @pytest.mark.parametrize("flood", LINE_FLOODS)
    def test_a_flood_of_lines_is_cut_off(self, tmp_path, flood):
        self._cut_off(LineFifo, tmp_path, Flood(*LINE_FLOODS[flood]))

    @staticmethod
    def _cut_off(peer_class, folder, flood):
        with peer_class(folder, commands={"uptime": flood.answer()}) as peer:
            with peer.connect(max_reply_size=1, timeout=60) as conn:
                with pytest.raises(ReplyTooLarge, match="max_reply_size"):
                    conn.call("uptime")
            peer.stop()
            assert flood.closed
            assert flood.sent < ON_THE_WAY
            assert peer.leftovers() == []

    def test_many_at_once_have_one_limit(self, tmp_path):
        """Twenty replies of half of it: not ten times what may be held."""
        floods = [Flood(b'{"id": ID, "result": "', b"x", most=MEGABYTE // 2) for _each in range(20)]
        answers = iter(floods)
        commands = {"uptime": Behaviour(lambda reply, number: next(answers)._run(reply, number))}
        with JsonFifo(tmp_path, commands=commands) as peer:
            with peer.connect(max_reply_size=1, timeout=5) as conn:
                outcomes = [outcome for _index, outcome in conn.call_many([("uptime", None)] * 20)]
        assert any(isinstance(each, ReplyTooLarge) for each in outcomes)


AOR = b'{"AOR": "u", "Contacts": []},'
LINE_AOR = b"\tAOR:: u\n"
STREAMS = {
    "entries": (JsonFifo, b'{"id": ID, "result": {"Domains": [{"name": "location", "AORs": [', AOR),
    "one entry": (JsonFifo, b'{"id": ID, "result": {"Domains": [{"name": "location", "AORs": [{"AOR": "', b"x"),
    "a value besides": (JsonFifo, b'{"id": ID, "more": "', b"x"),
    "blanks after the end": (JsonFifo, b'{"id": ID, "result": {"Domains": []}}', b" "),
    "entries of lines": (LineFifo, b"200 OK\nDomain:: location table=512 records=1\n", LINE_AOR),
    "one line": (LineFifo, b"200 OK\nDomain:: location\n\tAOR:: u\n\t\tContact:: ", b"x"),
    "lines of one entry": (LineFifo, b"200 OK\nDomain:: location\n\tAOR:: u\n", b"\t\tattr:: x\n"),
    "empty lines": (LineFifo, b"200 OK\n", b"\n"),
}


class TestDumps:
    @pytest.mark.parametrize("flood", STREAMS)
    def test_a_dump_without_an_end_is_cut_off(self, tmp_path, flood):
        peer_class, *parts = STREAMS[flood]
        flood = Flood(*parts)
        with peer_class(tmp_path, commands={"ul_dump": flood.answer()}) as peer:
            with peer.connect(max_reply_size=1, timeout=60) as conn:
                with pytest.raises(ReplyTooLarge):
                    for _record in location.iter_read(conn, "location"):
                        pass
            peer.stop()
            assert flood.closed
            assert flood.sent < ON_THE_WAY
            assert peer.methods().count("ul_dump") == 1

    def test_a_dump_without_an_end_is_cut_off_over_http(self):
        entries = AOR * 1000

        def respond(request):
            message = json.loads(request["body"])
            if message["method"] == "which":
                return plain_http(json.dumps({"id": message["id"], "result": ["ul_dump"]}).encode())
            beginning = b'{"id": 1, "result": {"Domains": [{"name": "location", "AORs": ['
            return pieces(
                CHUNKED + b"%x\r\n%s\r\n" % (len(beginning), beginning), b"%x\r\n%s\r\n" % (len(entries), entries)
            )

        with Http(respond) as peer, peer.connect(max_reply_size=1, protocol="jsonrpc", timeout=60) as conn:
            with pytest.raises(ReplyTooLarge, match="max_reply_size"):
                for _record in location.iter_read(conn, "location"):
                    pass
            assert peer.finished.wait(UNTIL_CLOSED)

    @pytest.mark.parametrize("announced", [True, False])
    def test_a_large_table_that_the_statistics_announce_is_read(self, tmp_path, announced):
        """Three megabytes where one may be held."""
        contact = (
            b'{"Contact": "sip:a@192.0.2.1", "Expires": 60, "Callid": "' + b"c" * 700 + b'", "Cseq": 1, "Flags": 0}'
        )
        entry = b'{"AOR": "user", "Contacts": [' + contact + b"]}"
        dump = Flood(
            b'{"id": ID, "result": {"Domains": [{"name": "location", "AORs": [',
            entry + b",",
            most=2 * MEGABYTE,
            end=entry + b"]}]}}",
        )
        users = 3000 if announced else 1
        statistics = {"usrloc:location-users": users, "usrloc:location-contacts": users}
        commands = {"ul_dump": dump.answer(), "get_statistics": statistics}
        with JsonFifo(tmp_path, commands=commands) as peer, peer.connect(max_reply_size=1, timeout=60) as conn:
            source = MISource(conn, "location")
            if announced:
                assert sum(1 for _record in source.contacts()) * len(entry) > 2 * MEGABYTE
            else:
                with pytest.raises(ReplyTooLarge, match="max_reply_size"):
                    list(source.contacts())

    def test_what_is_announced_has_a_limit_of_its_own(self, tmp_path):
        flood = Flood(b'{"id": ID, "result": {"Domains": [{"name": "location", "AORs": [', AOR)
        statistics = {"usrloc:location-users": 2**31, "usrloc:location-contacts": 2**31}
        commands = {"ul_dump": flood.answer(), "get_statistics": statistics}
        with JsonFifo(tmp_path, commands=commands) as peer:
            with peer.connect(max_reply_size=1, timeout=60) as conn:
                with pytest.raises(ReplyTooLarge, match="max_reply_size"):
                    for _record in MISource(conn, "location").contacts():
                        pass
            peer.stop()
            assert flood.sent < MOST_ANNOUNCED * MEGABYTE + ON_THE_WAY


class TestDatagrams:
    @pytest.mark.parametrize("protocol", ["jsonrpc", "line"])
    def test_larger_than_servers_send_over_a_unix_socket(self, tmp_path, protocol):
        def answer(reply, _number):
            reply(b"x" * 100_000)

        version = "3.6.8" if protocol == "jsonrpc" else "2.4.11"
        with Datagram(version, {"uptime": Behaviour(answer)}, path=tmp_path / "mi") as peer:
            with peer.connect(timeout=5) as conn:
                with pytest.raises(ReplyTooLarge, match="65457"):
                    conn.call("uptime")

    def test_larger_than_servers_send_over_udp(self):
        with Datagram(commands={"uptime": Behaviour(lambda reply, _number: reply(b"x" * 65507))}) as peer:
            with peer.connect(timeout=5) as conn:
                with pytest.raises(ReplyTooLarge, match="65457"):
                    conn.call("uptime")


def options_of(peer, **more):
    return {**peer.options(), "command": "uptime", "timeout": 60, **more}


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """The peak of a module that gets a small reply."""
    with JsonFifo(tmp_path_factory.mktemp("usual"), commands={"uptime": {"Up time": "1"}}) as peer:
        process = ModuleProcess("mi_command", options_of(peer))
        assert process.result()["outcome"] == "ok"
        return process.peak


class TestMemory:
    """Of a whole module, beyond what it needs for a small reply."""

    LIMIT = 8

    @pytest.mark.parametrize("flood", ["text", "values"])
    def test_a_flood_over_fifo(self, tmp_path, usual, flood):
        flood = Flood(*JSON_FLOODS[flood], most=200 * MEGABYTE)
        with JsonFifo(tmp_path, commands={"uptime": flood.answer()}) as peer:
            self._stays_small(options_of(peer, max_reply_size=self.LIMIT), usual)

    def test_a_flood_over_http(self, usual):
        with http(lambda: pieces(CHUNKED, b"10000\r\n" + PAD + b"\r\n")) as peer:
            self._stays_small(
                {"url": peer.url(), "protocol": "jsonrpc", "command": "uptime", "max_reply_size": self.LIMIT}, usual
            )

    @pytest.mark.parametrize("unit", [b"{},", b"[],", b'{"a":{}},'])
    def test_small_replies_of_many_values(self, tmp_path, usual, unit):
        """Below the limit, but it would be more than twenty times as much in memory."""
        reply = Flood(b'{"id": ID, "result": [', unit, most=(self.LIMIT - 1) * MEGABYTE, end=b"0]}")
        with JsonFifo(tmp_path, commands={"uptime": reply.answer()}) as peer:
            self._stays_small(options_of(peer, max_reply_size=self.LIMIT), usual)

    def _stays_small(self, options, usual):
        process = ModuleProcess("mi_command", options)
        result = process.result()
        assert result["error"]["type"] == "ReplyTooLarge", result["msg"][:300]
        assert process.peak - usual < 6 * self.LIMIT * MEGABYTE


def nested_json(depth):
    return b'{"jsonrpc": "2.0", "id": ID, "result": ' + b"[" * depth + b"]" * depth + b"}"


class TestDeepReplies:
    """What a whole module makes of them: no traceback. Of every protocol: test_limits.py."""

    def test_json(self, tmp_path):
        with JsonFifo(tmp_path, commands={"uptime": Flood(nested_json(960), b"", most=0).answer()}) as peer:
            self._malformed(options_of(peer))

    def test_lines(self, tmp_path):
        text = b"200 OK\n" + b"".join(b"\t" * level + b"a:: b\n" for level in range(3000)) + b"\n"
        with LineFifo(tmp_path, commands={"uptime": Behaviour(lambda reply, _number: reply(text))}) as peer:
            self._malformed(options_of(peer))

    @pytest.mark.parametrize("depth", [450, 100_000])
    def test_mi_json(self, depth):
        data = b'{"a":{"value":"","children":' * depth + b"null" + b"}}" * depth
        with http(plain_http(data)) as peer:
            self._malformed({"url": peer.url("/json"), "protocol": "mi_json", "command": "uptime"})

    @staticmethod
    def _malformed(options):
        result = ModuleProcess("mi_command", options).result()
        assert result["failed"]
        assert result["error"]["type"] == "MalformedReply", result["msg"][:300]
        assert "nests" in result["msg"]

    @pytest.mark.parametrize("depth", [70, 400])
    def test_parameters_of_a_user(self, tmp_path, depth):
        value = "x"
        for _level in range(depth):
            value = {"a": [value]}
        with JsonFifo(tmp_path, commands={"uptime": {}}) as peer:
            result = ModuleProcess("mi_command", options_of(peer, params={"a": value})).result()
        assert result["failed"]
        assert "deep" in result["msg"]
