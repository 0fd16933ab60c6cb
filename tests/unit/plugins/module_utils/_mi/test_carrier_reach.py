# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name with several addresses: all are tried within one timeout, over HTTP, in TLS and over UDP."""

import contextlib
import errno
import socket
import threading
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import reach
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    ConnectError,
    MalformedReply,
    MIError,
    MITimeout,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.http_peer import Http, json_http
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    SILENT,
    Answers,
    Datagram,
    Fault,
    Raw,
)

# names that a resolver may answer with; nothing answers at any of these addresses unless a test puts it there
NAME = "sip.example.org"
ADDRESSES = ["127.0.4.1", "127.0.4.2", "127.0.4.3"]
# a timeout of a second for each of these would be noticed
MANY = ["127.0.5.{0}".format(number) for number in range(1, 7)]
# far more than any of these takes, and far less than one timeout for each address
SECONDS = 3.0


def has_ipv6():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        probe.bind(("::1", 0))
        return True
    return False


@pytest.fixture
def resolver(monkeypatch):
    """resolver(addresses): what NAME resolves to in this process, in that order."""
    system = socket.getaddrinfo

    def use(addresses):
        def getaddrinfo(host, port, *args, **kwargs):
            if host != NAME:
                return system(host, port, *args, **kwargs)
            return [entry for address in addresses for entry in system(address, port, *args, **kwargs)]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return use


@contextlib.contextmanager
def swallowing(host, port, kind):
    """Somebody at that address who takes what comes and never answers, not even a connection."""
    with contextlib.ExitStack() as stack:
        taker = stack.enter_context(socket.socket(socket.AF_INET, kind))
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taker.bind((host, port))
        if kind == socket.SOCK_STREAM:
            # its queue of connections is full
            taker.listen(0)
            for _dummy in range(4):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex((host, port))
        yield


@contextlib.contextmanager
def accepting(host, port):
    """Somebody who accepts connections and says nothing, as a server whose TLS hangs."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(20)
        yield


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def url(port, scheme="http"):
    return "{0}://{1}:{2}/mi".format(scheme, NAME, port)


# --- HTTP ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 1, 2])
def test_http_at_any_of_the_addresses_that_refuse(resolver, place):
    resolver(ADDRESSES)
    with Http(json_http(Answers("3.6.8")), host=ADDRESSES[place]) as peer:
        with Connection({"url": url(peer.port), "timeout": SECONDS}) as conn:
            assert conn.version == (3, 6, 8)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_http_at_any_of_the_addresses_that_swallow(resolver, place):
    resolver(ADDRESSES)
    with Http(json_http(Answers("3.6.8")), host=ADDRESSES[place]) as peer, contextlib.ExitStack() as stack:
        for host in ADDRESSES[:place] + ADDRESSES[place + 1 :]:
            stack.enter_context(swallowing(host, peer.port, socket.SOCK_STREAM))
        with Connection({"url": url(peer.port), "timeout": SECONDS}) as conn:
            assert conn.version == (3, 6, 8)
        assert len(peer.seen) == 1


def test_http_on_ipv4_behind_an_ipv6_address_where_nobody_is(resolver):
    if not has_ipv6():
        pytest.skip("no IPv6 here")
    resolver(["::1", "127.0.0.1"])
    with Http(json_http(Answers("3.6.8"))) as peer:
        with Connection({"url": url(peer.port), "timeout": SECONDS}) as conn:
            assert conn.version == (3, 6, 8)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_one_deadline_for_all_addresses_that_swallow(resolver, scheme):
    resolver(MANY)
    port = closed_port()
    with contextlib.ExitStack() as stack:
        for host in MANY:
            stack.enter_context(swallowing(host, port, socket.SOCK_STREAM))
        started = time.monotonic()
        with pytest.raises(ConnectError) as silent:
            Connection({"url": url(port, scheme), "timeout": 1}).call("uptime")
        assert time.monotonic() - started < 5
    assert "accept connections" in str(silent.value) and silent.value.maybe_sent is False
    assert all(address in str(silent.value) for address in MANY)


def test_one_deadline_for_all_addresses_that_stall_in_tls(resolver):
    resolver(MANY)
    port = closed_port()
    with contextlib.ExitStack() as stack:
        for host in MANY:
            stack.enter_context(accepting(host, port))
        started = time.monotonic()
        with pytest.raises(ConnectError) as silent:
            Connection({"url": url(port, "https"), "timeout": 1}).call("uptime")
        assert time.monotonic() - started < 5
    assert "TLS" in str(silent.value) and silent.value.maybe_sent is False


def test_nobody_at_any_address(resolver):
    resolver(ADDRESSES)
    with pytest.raises(ConnectError) as nobody:
        Connection({"url": url(closed_port())}).call("uptime")
    assert "Nothing listens" in str(nobody.value) and nobody.value.maybe_sent is False
    assert all(address in str(nobody.value) for address in ADDRESSES)


def test_requests_at_once_find_their_way_each(resolver):
    resolver(ADDRESSES)
    with Http(json_http(Answers("3.6.8", {"uptime": {}})), host=ADDRESSES[2]) as peer:
        with Connection({"url": url(peer.port), "timeout": SECONDS}) as conn:
            outcomes = dict(conn.call_many([("uptime", None)] * 20))
    assert len(outcomes) == 20 and not any(isinstance(each, MIError) for each in outcomes.values())


def test_race_leaves_nothing_open(resolver):
    """The loser's connection is closed when there is a winner."""
    resolver(ADDRESSES)
    accepted = []
    with socket.socket() as late:
        late.bind((ADDRESSES[0], 0))
        late.listen(5)
        port = late.getsockname()[1]

        def accept():
            connection = late.accept()[0]
            connection.settimeout(5)
            accepted.append(connection.recv(100))
            connection.close()

        class Winner:
            """TLS, at least for the second: it is there at once."""

            def __init__(self, sock):
                self._sock = sock
                self.fileno, self.close = sock.fileno, sock.close

            def do_handshake(self):
                if self._sock.getpeername()[0] == ADDRESSES[0]:
                    import ssl

                    raise ssl.SSLWantReadError()

        with socket.socket() as winner:
            winner.bind((ADDRESSES[1], port))
            winner.listen(5)
            taker = threading.Thread(target=accept)
            taker.start()
            won = reach.connect(reach.resolve(NAME, port, socket.SOCK_STREAM), time.monotonic() + 5, Winner)
            won.close()
            taker.join(5)
    assert accepted == [b""]


def test_what_came_furthest_is_told():
    """TLS that failed says more than a port where nobody is."""
    with socket.socket() as listener:
        listener.bind((ADDRESSES[1], 0))
        listener.listen(5)
        port = listener.getsockname()[1]

        class Bad:
            def __init__(self, sock):
                self.fileno, self.close = sock.fileno, sock.close

            def do_handshake(self):
                import ssl

                raise ssl.SSLError(1, "bad")

        addresses = [(socket.AF_INET, (host, port)) for host in ADDRESSES]
        with pytest.raises(OSError) as failed:
            reach.connect(addresses, time.monotonic() + 5, Bad)
        assert str(failed.value.args[1]) == "bad"
        with pytest.raises(OSError) as refused:
            reach.connect(addresses[:1], time.monotonic() + 5)
        assert refused.value.errno == errno.ECONNREFUSED


# --- UDP -------------------------------------------------------------------------------------------------------


VERSIONS = [("3.6.8", "auto"), ("3.6.8", "jsonrpc"), ("2.4.11", "auto"), ("2.4.11", "line")]


@pytest.mark.parametrize("version,protocol", VERSIONS)
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("others", ["refuse", "swallow"])
def test_udp_at_any_of_the_addresses(resolver, version, protocol, place, others):
    resolver(ADDRESSES)
    answer = {} if version[0] == "3" else "Up:: 1\n"
    with Datagram(version, {"uptime": answer}, host=ADDRESSES[place]) as peer, contextlib.ExitStack() as stack:
        for host in ADDRESSES[:place] + ADDRESSES[place + 1 :] if others == "swallow" else ():
            stack.enter_context(swallowing(host, peer.port, socket.SOCK_DGRAM))
        with Connection({"host": NAME, "port": peer.port, "protocol": protocol, "timeout": SECONDS}) as conn:
            assert conn.call("uptime").code == 200
            assert conn.protocol == ("jsonrpc" if version[0] == "3" else "line")
            outcomes = dict(conn.call_many([("uptime", None)] * 20))
            assert not any(isinstance(each, MIError) for each in outcomes.values())
        assert peer.methods().count("uptime") == 21 and peer.harms == []


@pytest.mark.parametrize("protocol", ["auto", "jsonrpc"])
def test_udp_on_ipv4_behind_an_ipv6_address_where_nobody_is(resolver, protocol):
    if not has_ipv6():
        pytest.skip("no IPv6 here")
    resolver(["::1", "127.0.0.1"])
    with Datagram(commands={"uptime": {}}) as peer:
        with Connection({"host": NAME, "port": peer.port, "protocol": protocol, "timeout": SECONDS}) as conn:
            conn.call("uptime")


def test_udp_has_one_deadline_for_all_addresses(resolver):
    resolver(MANY)
    port = closed_port()
    with contextlib.ExitStack() as stack:
        for host in MANY:
            stack.enter_context(swallowing(host, port, socket.SOCK_DGRAM))
        started = time.monotonic()
        with pytest.raises(MITimeout) as silent:
            Connection({"host": NAME, "port": port, "timeout": 1}).call("uptime")
        assert time.monotonic() - started < 5
    assert silent.value.maybe_sent is False and all(address in str(silent.value) for address in MANY)


def test_udp_with_nobody_at_any_address(resolver):
    resolver(ADDRESSES)
    with pytest.raises(ConnectError) as nobody:
        Connection({"host": NAME, "port": closed_port(), "timeout": 20}).call("uptime")
    assert "Nothing listens" in str(nobody.value) and nobody.value.maybe_sent is False
    assert all(address in str(nobody.value) for address in ADDRESSES)


@pytest.mark.parametrize("answer,error", [(Fault(-32603, "no"), MIError), (Raw(b"what?"), MalformedReply)])
def test_udp_takes_the_first_that_answers_whatever_it_says(resolver, answer, error):
    resolver(ADDRESSES)
    with Datagram(commands={"version": answer}, host=ADDRESSES[1]) as peer:
        with pytest.raises(error):
            Connection({"host": NAME, "port": peer.port, "timeout": SECONDS}).call("uptime")


def test_a_single_address_with_a_protocol_is_not_probed():
    with Datagram(commands={"uptime": SILENT}) as peer:
        with peer.connect(protocol="jsonrpc", timeout=0.3) as conn:
            with pytest.raises(MITimeout) as silent:
                conn.call("uptime")
            assert silent.value.maybe_sent is True
        assert peer.methods() == ["which", "uptime"]


# what is this host


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.4.1"])
def test_the_loopback_is_this_host(host):
    assert reach.is_this_host(host)


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_the_loopback_of_ipv6_is_this_host(host):
    assert reach.is_this_host(host)


# RFC 5737 and 3849: documentation
@pytest.mark.parametrize("host", ["198.51.100.7", "2001:db8::7", "nosuch.invalid", "a..b", "x" * 300])
def test_other_hosts_are_not(host):
    assert not reach.is_this_host(host)


def test_an_address_of_an_interface_is_this_host():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # sends nothing
            probe.connect(("198.51.100.7", 9))
        except OSError:
            pytest.skip("this host has no address but the loopback's")
        assert reach.is_this_host(probe.getsockname()[0])


def test_a_name_of_this_host_and_of_others_is_not_this_host(resolver):
    resolver(["127.0.4.1", "198.51.100.7"])
    assert not reach.is_this_host(NAME)
    resolver(["127.0.4.1", "127.0.4.2"])
    assert reach.is_this_host(NAME)
