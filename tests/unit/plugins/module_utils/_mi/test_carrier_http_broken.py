# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP and HTTPS that break in the middle: what was certainly not sent, what may have been, and no success by half."""

import errno
import re
import socket
import ssl
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import bound, http
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.http import HttpCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    ConnectError,
    HTTPStatusError,
    MalformedReply,
    MIError,
    RequestTooLarge,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.mi_json import MiJsonProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.xmlrpc import XmlRpcProtocol
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.http_peer import (
    RESET,
    Http,
    json_http,
    plain_http,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import Answers

XML = b"<?xml version='1.0'?><methodResponse><params><param><value><string>OK</string></value></param></params></methodResponse>"


def chunked(*chunks):
    body = b"".join("{0:x}\r\n".format(len(chunk)).encode() + chunk + b"\r\n" for chunk in chunks)
    return b"HTTP/1.1 200 OK\r\nContent-Type: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"


def closing(body):
    """A body that ends with the connection."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\n" + body


def ask(carrier, protocol, seconds=10):
    """The Reply to one request, without any other before it."""
    request, data = carrier.exchange(
        lambda reply_to: protocol.encode("uptime", (), reply_to), time.monotonic() + seconds
    )
    return protocol.decode(data, request)


def failure_of(carrier, protocol, seconds=10):
    with pytest.raises(MIError) as caught:
        ask(carrier, protocol, seconds)
    return caught.value


# --- a part of a reply is no success ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "protocol,reply",
    [
        (MiJsonProtocol, plain_http(b"")),
        (MiJsonProtocol, plain_http(b'{"Key":{"value":"1"}}')),
        (MiJsonProtocol, chunked()),
        (MiJsonProtocol, chunked(b'{"Key":{"va', b'lue":"1"}}')),
        (MiJsonProtocol, closing(b'{"Key":{"value":"1"}}')),
        (XmlRpcProtocol, plain_http(XML, content_type="text/xml")),
        (XmlRpcProtocol, chunked(XML[:40], XML[40:])),
        (XmlRpcProtocol, closing(XML)),
    ],
    ids=["empty", "length", "empty-chunks", "chunks", "close", "xml-length", "xml-chunks", "xml-close"],
)
def test_no_part_of_a_reply_is_taken_for_a_success(protocol, reply):
    """Cut at every byte, by a close or a reset."""
    parts = iter([[reply[:length]] + [RESET] * (length % 2) for length in range(len(reply))] + [[reply]])
    with Http(lambda request: next(parts)) as peer:
        carrier = HttpCarrier(peer.url())
        for length in range(len(reply)):
            error = failure_of(carrier, protocol())
            assert error.maybe_sent, (length, error)
        assert ask(carrier, protocol()).code == 200
    assert len(peer.seen) == len(reply) + 1


@pytest.mark.parametrize(
    "status,extra,maybe_sent",
    [
        ("401 Unauthorized", "WWW-Authenticate: Basic\r\n", False),
        ("407 Proxy", "Proxy-Authenticate: Basic\r\n", False),
        ("302 Found", "Location: /login\r\n", False),
        # what mi_json of 2.1 makes of the code of a command
        ("401 Unauthorized", "", True),
        ("302 Found", "", True),
        ("500 No", "WWW-Authenticate: Basic\r\n", True),
    ],
)
def test_a_get_that_was_refused_before_it_reached_a_command(status, extra, maybe_sent):
    with Http(lambda request: plain_http(b"", status, extra=extra)) as peer:
        error = failure_of(HttpCarrier(peer.url("/json")), MiJsonProtocol())
    assert isinstance(error, HTTPStatusError) and error.maybe_sent is maybe_sent


def test_a_fleet_that_is_refused_midway_knows_what_was_sent():
    """A proxy asks for a password from some request on: no GET of those that it refused reached a phone."""
    served = []

    def respond(request):
        if request["target"].startswith("/json/t_uac_dlg"):
            served.append(request)
            if len(served) > 5:
                return plain_http(b"", "401 Unauthorized", extra="WWW-Authenticate: Basic\r\n")
            return plain_http(b'{"Status":{"value":"200 OK"}}')
        if request["target"].startswith("/json/which"):
            return plain_http(b'{"":{"value":"which"},"":{"value":"version"},"":{"value":"t_uac_dlg"}}')
        return plain_http(b'{"Server":{"value":"OpenSIPS (2.4.11 (x86_64/linux))"}}')

    notify = {"method": "NOTIFY", "ruri": "sip:a@b", "headers": "Event: x"}
    with Http(respond) as peer, Connection({"url": peer.url("/json")}) as conn:
        outcomes = [reply for _index, reply in conn.call_many([("t_uac_dlg", notify)] * 30)]
    errors = [reply for reply in outcomes if isinstance(reply, MIError)]
    assert (len(outcomes), len(errors)) == (30, 25) and not any(error.maybe_sent for error in errors)


def test_header_that_was_cut_off_says_so():
    with Http(lambda request: b"HTTP/1.1 200 OK\r\nContent-Ty") as peer:
        error = failure_of(HttpCarrier(peer.url("/json")), MiJsonProtocol())
    assert isinstance(error, MalformedReply) and "header" in str(error)


def test_empty_reply_without_a_length_is_no_success():
    """The server, or a proxy, may have ended before it wrote the body."""
    with Http(lambda request: closing(b"")) as peer:
        error = failure_of(HttpCarrier(peer.url("/json")), MiJsonProtocol())
    assert isinstance(error, MalformedReply) and error.maybe_sent


@pytest.mark.parametrize("more", [b"", b"x" * 10, b"HTTP/1.1 500 No\r\n\r\n"])
def test_body_ends_where_its_length_says_though_the_connection_stays_open(more):
    def respond(request):
        yield plain_http(b'{"Key":{"value":"1"}}') + more
        yield 20

    with Http(respond) as peer:
        assert ask(HttpCarrier(peer.url("/json")), MiJsonProtocol(), 5).result[0]["value"] == "1"


@pytest.mark.parametrize("length", ["\u00b2", "-5", "5, 5", "1e3", ""])
def test_length_that_is_no_number(length):
    with Http(lambda request: plain_http(b'{"Key":{"value":"1"}}', length=length)) as peer:
        try:
            assert ask(HttpCarrier(peer.url("/json")), MiJsonProtocol()).result[0]["value"] == "1"
        except MIError as error:
            assert error.maybe_sent


def test_reply_that_was_done_stays_done_when_the_version_cannot_be_asked():
    """mi_json of 2.1 and before says nothing when all is well; whether this is one is asked later."""

    def respond(request):
        if request["target"].startswith("/json/which"):
            return plain_http(b'{"":{"value":"which"},"":{"value":"cache_store"}}')
        return [RESET] if "version" in request["target"] else plain_http(b"")

    with Http(respond) as peer:
        with peer.connect("/json", protocol="mi_json") as conn:
            conn._offered = frozenset(["cache_store"])
            assert conn.call("cache_store", ["local", "a", "b"]).code == 200
            assert "returns nothing for errors" in conn.warnings[0]


# --- sent, or not ----------------------------------------------------------------------------------------------


ERRORS = [
    OSError(errno.EHOSTUNREACH, "No route to host"),
    OSError(errno.ENETDOWN, "Network is down"),
    OSError(errno.ENETUNREACH, "Network is unreachable"),
    OSError(errno.ETIMEDOUT, "Connection timed out"),
    OSError(errno.ECONNRESET, "Connection reset by peer"),
    OSError(errno.EIO, "Input/output error"),
    ssl.SSLError(1, "[SSL: BAD_RECORD_TYPE] bad record type"),
    socket.timeout("timed out"),
]
NAMES = [type(error).__name__ + str(error.errno or "") for error in ERRORS]


class Failing:
    """The connection's end fails with error: when it is read (of), or when the request is written, after some of it."""

    def __init__(self, monkeypatch, error, of):
        if of == "read":
            monkeypatch.setattr(bound._BoundReader, "readinto", self._fail)
        else:
            monkeypatch.setattr(bound.BoundSocket, "send", lambda wire: self._fail_at_last(wire))  # pylint: disable=unnecessary-lambda
        self._error = error

    def _fail(self, *_args):
        raise self._error

    def _fail_at_last(self, wire):
        # the header goes out, and a part of the body
        wire._sock.setblocking(True)
        wire._sock.sendall(wire._outgoing[:-5])
        raise self._error


@pytest.mark.parametrize("error", ERRORS, ids=NAMES)
def test_error_after_the_request_went_out_leaves_it_open_whether_it_was_done(monkeypatch, error):
    with Http(lambda request: plain_http(b"{}")) as peer:
        Failing(monkeypatch, error, "read")
        broken = failure_of(HttpCarrier(peer.url()), JsonRpcProtocol())
    assert broken.maybe_sent is True and peer.url() in str(broken)


@pytest.mark.parametrize("error", ERRORS, ids=NAMES)
def test_request_of_which_a_part_is_missing_was_not_sent(monkeypatch, error):
    with Http(lambda request: plain_http(b"{}")) as peer:
        Failing(monkeypatch, error, "write")
        broken = failure_of(HttpCarrier(peer.url()), JsonRpcProtocol(), 0.5)
        assert peer.seen == []
    assert broken.maybe_sent is False


def test_reset_of_a_large_request_may_come_after_it_was_done():
    protocol = JsonRpcProtocol()
    with Http(lambda request: [RESET]) as peer:
        with pytest.raises(RequestTooLarge) as dropped:
            HttpCarrier(peer.url()).exchange(
                lambda reply_to: protocol.encode("t_uac_dlg", {"body": "x" * 3000}), time.monotonic() + 10
            )
    assert dropped.value.maybe_sent is True


def test_connection_that_was_closed_before_the_request_carries_nothing(monkeypatch):
    """As a server that has too many, or a proxy that just stops."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(5)
        connect = HttpCarrier._connect

        def close_it(carrier, *args):
            wire = connect(carrier, *args)
            listener.accept()[0].close()
            time.sleep(0.05)
            return wire

        monkeypatch.setattr(HttpCarrier, "_connect", close_it)
        carrier = HttpCarrier("http://127.0.0.1:{0}/mi".format(listener.getsockname()[1]))
        for size in (10, 3000):
            protocol = JsonRpcProtocol()
            with pytest.raises(ConnectError) as closed:
                carrier.exchange(
                    lambda reply_to: protocol.encode("uptime", ["x" * size]),  # noqa: B023 - called at once
                    time.monotonic() + 5,
                )
            assert closed.value.maybe_sent is False and "closed the connection" in str(closed.value)


def test_refusal_that_comes_while_the_request_is_sent_is_told():
    """A proxy that takes no such bodies answers after the header, and hangs up."""

    class Refuses(Http):
        def _one(self, connection):
            connection.recv(100)
            connection.sendall(plain_http(b"", "413 Request Entity Too Large", extra="Connection: close\r\n"))
            connection.close()

    with Refuses(None) as peer:
        request = Request(b"x" * 20000000, "uptime", content_type="application/json")
        with pytest.raises(MIError) as refused:
            HttpCarrier(peer.url()).exchange(lambda reply_to: request, time.monotonic() + 10)
    # the reset may overtake the answer; nothing was sent either way
    assert refused.value.maybe_sent is False
    assert isinstance(refused.value, (HTTPStatusError, RequestTooLarge))


@pytest.mark.parametrize("name", ["version", "which"])
@pytest.mark.parametrize("what", [[RESET], [b"HTTP/1.1 200 OK\r\n"], [20]], ids=["reset", "cut", "silent"])
def test_command_was_not_sent_when_what_is_asked_before_it_fails(name, what):
    usual = json_http(Answers("3.6.8", {"uptime": {}}))

    def respond(request):
        return what if b'"%s"' % name.encode() in request["body"] else usual(request)

    with Http(respond) as peer:
        for call in (
            lambda conn: conn.call("uptime"),
            lambda conn: list(conn.call_many([("uptime", None)])),
            lambda conn: conn.check("uptime"),
        ):
            with pytest.raises(MIError) as failed:
                with peer.connect(timeout=0.3) as conn:
                    call(conn)
            assert failed.value.maybe_sent is False
        assert not any(b'"uptime"' in request["body"] for request in peer.seen)


# --- proxies and redirects -------------------------------------------------------------------------------------


def status_error(status, extra="", protocol=None, **options):
    with Http(lambda request: plain_http(b"", status, extra=extra)) as peer:
        carrier = HttpCarrier(peer.url(), **options)
        error = failure_of(carrier, protocol or JsonRpcProtocol())
        assert len(peer.seen) == 1
    assert isinstance(error, HTTPStatusError) and error.status == int(status[:3])
    return error


@pytest.mark.parametrize("status", ["502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"])
def test_gateway_that_gets_no_answer_points_at_what_is_behind_it(status):
    error = status_error(status)
    assert "proxy" in error.hint and "OpenSIPS" in error.hint and "url" not in error.hint
    # the proxy may have passed it on
    assert error.maybe_sent is True


@pytest.mark.parametrize(
    "location,shown",
    [
        ("https://sip.example.org:8443/mi", "https://sip.example.org:8443/mi"),
        ("https://admin:s3cret@sip.example.org/mi?token=s3cret#s3cret", "https://sip.example.org/mi"),
        ("/other", "/other. "),
        ("http://127.0.0.1:1/mi", "http://127.0.0.1:1/mi"),
        ("//sip.example.org/mi", "http://sip.example.org/mi"),
        ("http://[::1]:8888/mi", "http://[::1]:8888/mi"),
        ("http://sip.example.org/" + "x" * 5000, "http://sip.example.org/xxx"),
        ("http://sip.example.org/\x1b[31mred\u202e", "http://sip.example.org/?[31mred"),
        ("ftp://sip.example.org/s3cret", "no HTTP address"),
        ("http://[::1/s3cret", "no HTTP address"),
        ("", "no HTTP address"),
    ],
)
def test_redirect_shows_where_it_leads_and_nothing_secret(location, shown):
    header = "Location: {0}\r\n".format(location).encode("utf-8").decode("latin-1")
    for status in (301, 302, 303, 307, 308):
        error = status_error("{0} Elsewhere".format(status), header, username="admin", password="pw")
        assert re.search("leads to .*" + re.escape(shown), str(error)) and "s3cret" not in str(error)
        assert "\x1b" not in str(error) and "\u202e" not in str(error) and len(str(error)) < 500
        assert error.maybe_sent is False and "follow" in error.hint


def test_redirect_is_not_followed_and_gets_no_credentials():
    with Http(lambda request: plain_http(b"{}")) as other:
        with Http(
            lambda request: plain_http(b"", "307 Temporary Redirect", extra="Location: {0}\r\n".format(other.url()))
        ) as peer:
            for protocol in ("auto", "jsonrpc", "xmlrpc", "mi_json"):
                with pytest.raises(HTTPStatusError) as redirected:
                    peer.connect(url_username="admin", url_password="pw", protocol=protocol).call("uptime")
                assert other.url() in str(redirected.value)
        assert other.seen == []


@pytest.mark.parametrize("status,maybe", [("401 No", False), ("429 Slowly", False), ("500 No", True), ("404 No", True)])
def test_status_tells_whether_the_request_may_have_been_done(status, maybe):
    assert status_error(status).maybe_sent is maybe
    # mi_json of 2.1 puts the code of an MI reply there, such as what a phone answered
    assert status_error(status, protocol=MiJsonProtocol()).maybe_sent is True


@pytest.mark.parametrize(
    "name", ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]
)
def test_proxies_of_the_environment_are_not_used(monkeypatch, name):
    monkeypatch.setenv(name, "http://user:pw@127.0.0.1:1/")
    with Http(json_http(Answers("3.6.8"))) as peer:
        with peer.connect() as conn:
            assert conn.version == (3, 6, 8)


def test_path_that_is_not_ascii_is_sent_as_a_url_has_it():
    with Http(json_http(Answers("3.6.8"))) as peer:
        with Connection({"url": peer.url("/m\u00ef/%2F")}) as conn:
            assert conn.version == (3, 6, 8)
        assert peer.seen[0]["target"] == "/m%C3%AF/%2F"


# --- credentials on the way ------------------------------------------------------------------------------------


class Ends:
    """A connected socket that only knows its two addresses."""

    def __init__(self, own, other):
        self.getsockname, self.getpeername = (lambda: (own, 1)), (lambda: (other, 2))


@pytest.mark.parametrize(
    "own,other,here",
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.5", True),
        ("::1", "::1", True),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1", True),
        ("192.0.2.1", "192.0.2.1", True),
        ("2001:db8::1", "2001:db8::1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::2", False),
    ],
)
def test_what_is_this_host(own, other, here):
    assert http._is_this_host(Ends(own, other)) is here


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("options", [{"url_username": "admin", "url_password": "s3cret"}, {}])
def test_credentials_over_plain_http_to_another_host_warn(monkeypatch, here, options):
    monkeypatch.setattr(http, "_is_this_host", lambda sock: here)
    with Http(json_http(Answers("3.6.8", {"uptime": {}}))) as peer:
        with peer.connect(**options) as conn:
            conn.call("uptime")
            conn.call("uptime")
            list(conn.call_many([("uptime", None)] * 10))
            warnings = conn.warnings
    assert len(warnings) == (1 if options and not here else 0)
    for warning in warnings:
        assert "url_password" in warning and "https" in warning and "127.0.0.1" in warning
        assert "s3cret" not in warning and "admin" not in warning


def test_credentials_that_are_refused_warn_all_the_same(monkeypatch):
    monkeypatch.setattr(http, "_is_this_host", lambda sock: False)
    with Http(lambda request: plain_http(b"", "401 Unauthorized")) as peer:
        with peer.connect(url_username="admin", url_password="wrong") as conn:
            with pytest.raises(HTTPStatusError):
                conn.call("uptime")
            assert len(conn.warnings) == 1
