# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domains whose SRV records name the servers: asked of a name server on loopback."""

import contextlib
import random
import socket
import struct
import threading
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._ua import client, srv, target
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import CannotResolve, PortClosed
from ansible_collections.community.opensips.plugins.module_utils._ua.transport import Transport
from ansible_collections.community.opensips.tests.integration.support.sip_peer import Peer, answer

NAME_ERROR, SERVER_FAILURE, TRUNCATED = 3, 2, 0x200
NUMBER = b"\x12\x34"


def encoded(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def entry(priority, weight, port, host, owner=b"\xc0\x0c"):
    data = struct.pack("!HHH", priority, weight, port) + encoded(host)
    return owner + struct.pack("!HHIH", 33, 1, 60, len(data)) + data


def reply(query, *entries, flags=0):
    question = query[12 : query.index(b"\0", 12) + 5]
    return query[:2] + struct.pack("!HHHHH", 0x8180 | flags, 1, len(entries), 0, 0) + question + b"".join(entries)


class NameServer:
    """Answers over UDP and TCP at one port of an address. replies: function of (query, whether over TCP) that gives bytes, or None.

    names: of which records were asked.
    """

    def __init__(self, replies, host="127.0.0.1", port=0):
        self._replies, self.names = replies, []
        while not self._open(host, port):
            assert not port, "the port is taken"
        for run in (self._datagrams, self._connections):
            threading.Thread(target=run, daemon=True).start()

    def _open(self, host, port):
        """Whether one port was free for both."""
        self._udp, self._tcp = socket.socket(type=socket.SOCK_DGRAM), socket.socket()
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._udp.bind((host, port))
            self.port = self._udp.getsockname()[1]
            self._tcp.bind((host, self.port))
            self._tcp.listen(8)
        except OSError:
            self._udp.close()
            self._tcp.close()
            return False
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        for opened in (self._udp, self._tcp):
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()

    def _answer(self, query, is_stream):
        labels, place = [], 12
        while query[place]:
            labels.append(query[place + 1 : place + 1 + query[place]].decode())
            place += query[place] + 1
        self.names.append(".".join(labels))
        return self._replies(query, is_stream)

    def _datagrams(self):
        with contextlib.suppress(OSError):
            while True:
                query, address = self._udp.recvfrom(4096)
                if not query:
                    return
                data = self._answer(query, False)
                if data is not None:
                    self._udp.sendto(data, address)

    def _connections(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self._tcp.accept()[0]
                with contextlib.closing(connection):
                    data = self._answer(connection.recv(4096)[2:], True)
                    self._send(connection, struct.pack("!H", len(data)) + data)

    def _send(self, connection, data):
        connection.sendall(data)


class Dripping(NameServer):
    """Sends a byte of a stream now and then."""

    def _send(self, connection, data):
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Has name servers asked instead of those of the host."""

    def use(*servers):
        path = tmp_path / "resolv.conf"
        path.write_text("search example.com\n" + "".join(f"nameserver {host}\n" for host in servers), encoding="utf-8")
        monkeypatch.setattr(srv, "_CONFIGURATION", str(path))

    def start(replies, kind=NameServer):
        server = kind(replies)
        monkeypatch.setattr(srv, "_PORT", server.port)
        use("127.0.0.1")
        return server

    start.use = use
    return start


def soon(seconds=10):
    return time.monotonic() + seconds


@pytest.mark.parametrize(
    ("text", "is_domain", "shown"),
    [
        ("udp:example.com", True, "udp:example.com"),
        ("tls:example.com.", True, "tls:example.com."),
        ("example.com", True, "udp:example.com"),
        ("tcp:example.com:5060", False, "tcp:example.com:5060"),
        ("udp:192.0.2.1", False, "udp:192.0.2.1:5060"),
        ("tls:[2001:db8::1]", False, "tls:[2001:db8::1]:5061"),
        ("udp:localhost", False, "udp:localhost:5060"),
    ],
)
def test_what_is_a_domain(text, is_domain, shown):
    found = target.parse(text, may_be_domain=True)
    assert (found.is_domain, str(found)) == (is_domain, shown)
    assert not target.parse(text).is_domain


def test_the_servers_of_a_domain(asked):
    entries = [entry(20, 0, 5080, "c.example.com"), entry(10, 0, 5060, "a.example.com")]
    with asked(lambda query, _is_stream: reply(query, *entries)) as server:
        for transport in ("udp", "tcp", "tls"):
            found = srv.hosts("example.com", transport, soon())
            assert found == [("a.example.com", 5060), ("c.example.com", 5080)]
        assert server.names == ["_sip._udp.example.com", "_sip._tcp.example.com", "_sips._tcp.example.com"]
        assert srv.hosts("m\u00fcller.example", "udp", soon()) and server.names[-1] == "_sip._udp.xn--mller-kva.example"


def test_the_order_within_a_priority():
    records = [srv.Record(1, weight, 5060, str(weight)) for weight in (0, 10, 30)]
    first = [srv.in_order(records)[0].weight for _each in range(2000)]
    assert first.count(30) > first.count(10) > 50 * first.count(0)


def test_a_connection_to_the_first_that_accepts_it(asked):
    def options(request, _count):
        return answer(request)

    with Peer("tcp", options) as peer, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        places = [("localhost", closed.getsockname()[1]), ("127.0.0.1", peer.port)]
        entries = [entry(number, 1, port, host) for number, (host, port) in enumerate(places)]
        with asked(lambda query, _is_stream: reply(query, *entries)):
            found = client.ask(target.Target("tcp", "sip.example.com", 5060, True), "OPTIONS", 5)
            assert found.response.code == 200 and b"OPTIONS sip:sip.example.com;transport=tcp SIP" in peer.requests[0]
            transport = Transport(target.Target("tcp", "sip.example.com", 5060, True), soon())
            transport.close()
            assert transport.address == ("127.0.0.1", peer.port)
        with asked(lambda query, _is_stream: reply(query, entries[0])), pytest.raises(PortClosed) as caught:
            Transport(target.Target("tcp", "sip.example.com", 5060, True), soon())
        assert f"tcp:sip.example.com (localhost:{places[0][1]})" in str(caught.value)


def test_a_domain_without_records(asked):
    for flags in (0, NAME_ERROR):
        with asked(lambda query, _is_stream, flags=flags: reply(query, flags=flags)) as server:
            assert srv.hosts("example.com", "udp", soon()) == [] and len(server.names) == 1


def test_a_domain_that_has_no_such_service(asked):
    with asked(lambda query, _is_stream: reply(query, entry(0, 0, 0, "."))), pytest.raises(CannotResolve) as caught:
        srv.hosts("example.com", "tls", soon())
    assert "example.com has no SIP service over tls" in str(caught.value)


def test_name_servers_that_fail_or_are_silent(asked, monkeypatch):
    monkeypatch.setattr(srv, "_PATIENCE", 0.5)
    entries = [entry(1, 1, 5060, "a.example.com")]
    with asked(lambda query, _is_stream: reply(query, flags=SERVER_FAILURE)) as failing:
        silent = NameServer(lambda _query, _is_stream: None, "127.0.0.2", failing.port)
        good = NameServer(lambda query, _is_stream: reply(query, *entries), "127.0.0.3", failing.port)
        with silent, good:
            # the name servers, as in resolv.conf, and what is found
            asked.use("127.0.0.1", "127.0.0.2", "127.0.0.3")
            assert srv.hosts("example.com", "udp", soon()) == [("a.example.com", 5060)]
            assert failing.names and silent.names and good.names
            asked.use("not an address", "127.0.0.2")
            before = len(silent.names)
            assert srv.hosts("example.com", "udp", soon()) == [] and len(silent.names) > before
            # the time for the addresses is left
            started = time.monotonic()
            assert srv.hosts("example.com", "udp", started + 0.1) == []


def test_a_long_response_comes_over_tcp(asked):
    entries = [entry(number, 1, 5060, f"host{number}.example.com") for number in range(200)]

    def truncated(query, is_stream):
        return reply(query, *entries) if is_stream else reply(query, flags=TRUNCATED)

    with asked(truncated):
        assert len(srv.hosts("example.com", "udp", soon())) == 200


def test_a_response_that_never_ends_is_left(asked, monkeypatch):
    monkeypatch.setattr(srv, "_PATIENCE", 0.2)
    entries = [entry(number, 1, 5060, f"host{number}.example.com") for number in range(5)]

    def truncated(query, is_stream):
        return reply(query, *entries) if is_stream else reply(query, flags=TRUNCATED)

    with asked(truncated, Dripping):
        assert srv.hosts("example.com", "udp", soon(60)) == []


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".com", ".".join(["x" * 60] * 5)])
def test_what_is_no_name(name):
    with pytest.raises(CannotResolve) as caught:
        srv.hosts(name, "udp", soon())
    assert "is no name of a host" in str(caught.value)


def test_broken_responses():
    """Any bytes are a list of records, or Malformed; and each ends."""
    chance = random.Random(1)
    query = NUMBER + srv._question("_sip._udp.example.com")
    whole = reply(
        query, entry(1, 2, 5060, "a.example.com"), entry(1, 2, 5060, "b.example.com", encoded("x.example.com"))
    )
    assert len(srv.records_in(whole, query)) == 2
    for cut in range(len(whole)):
        with pytest.raises(srv.Malformed):
            srv.records_in(whole[:cut], query)
    loops = [b"\xc0\x27", b"\x01a\xc0\x27", b"\xc0\xff", b"\x40", b"\xc0"]
    for owner in loops:
        with pytest.raises(srv.Malformed):
            srv.records_in(reply(query, owner + entry(1, 2, 5060, "a")[2:]), query)
    for _time in range(3000):
        data = bytearray(whole)
        for _change in range(chance.randint(1, 5)):
            data[chance.randrange(12, len(data))] = chance.choice((0, 1, 63, 64, 0xC0, 0xFF, chance.randrange(256)))
        try:
            found = srv.records_in(bytes(data), query)
        except srv.Malformed:
            continue
        assert found is None or all(0 < len(record.host) < 256 for record in found)
    # of another question, or no response
    for other in (b"\0\0" + whole[2:], query, whole.replace(b"example", b"another")):
        with pytest.raises(srv.Malformed):
            srv.records_in(other, query)
