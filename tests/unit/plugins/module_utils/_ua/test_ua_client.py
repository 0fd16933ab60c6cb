# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SIP client against servers that answer, stay silent, lie, and hang up, over real sockets."""

import socket
import ssl
import threading

import pytest

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._ua import client, errors, message, target, transport
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.sip_peer import (
    Peer,
    answer,
    tls_context,
)

TRANSPORTS = ("udp", "tcp", "tls")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"), "authority")


@pytest.fixture(scope="module")
def certificate(authority):
    """(path of the server's certificate, of its key)"""
    return authority.issue("server", "127.0.0.1", days=5)


@pytest.fixture
def peer(certificate):
    """peer(transport, reply): a Peer."""
    started = []

    def start(kind, reply, host="127.0.0.1", **tls):
        context = tls_context(*certificate, **tls) if kind == "tls" else None
        started.append(Peer(kind, reply, host, context))
        return started[-1]

    yield start
    for each in started:
        each.__exit__()


def ask(found, timeout=5.0, **options):
    return client.ask(target.parse(found.target), "OPTIONS", timeout, **options)


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_answer(peer, kind):
    found = peer(kind, lambda request, _count: [answer(request, 100, "Trying"), answer(request, 404, "Not here")])
    result = ask(found)
    assert (result.response.code, result.response.status) == (404, "404 Not here")
    assert (result.certificate is not None) is (kind == "tls")
    head = found.requests[0].decode()
    assert head.startswith(f"OPTIONS sip:127.0.0.1:{found.port}")
    assert f"SIP/2.0/{kind.upper()} 127.0.0.1:" in head and ";rport" in head and head.endswith("\r\n\r\n")
    for name in ("Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Contact", "Content-Length"):
        assert head.count(f"\r\n{name}: ") == 1, name


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
@pytest.mark.parametrize("kind", ("udp", "tcp"))
def test_ipv6(peer, kind):
    try:
        found = peer(kind, lambda request, _count: answer(request), "::1")
    except OSError:
        pytest.skip("no IPv6 on loopback")
    assert ask(found).response.code == 200
    assert b"SIP/2.0/" + kind.upper().encode() + b" [::1]:" in found.requests[0]


def test_a_datagram_that_is_lost_is_repeated(peer):
    found = peer("udp", lambda request, count: answer(request) if count == 2 else None)
    assert ask(found).response.code == 200
    # the same transaction: byte for byte the same
    assert found.requests[0] == found.requests[1]


def others(request, _count):
    """Responses to somebody else, something that is none, and then the right one."""
    return [
        b"\r\n\r\n",
        b"OPTIONS sip:x SIP/2.0\r\n\r\n",
        answer(request, call_id="another@host"),
        answer(request, via="SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKother"),
        answer(request, cseq="1 REGISTER"),
        answer(request, 486, "Busy"),
    ]


def test_datagrams_that_are_no_answer_are_passed_over(peer):
    assert ask(peer("udp", others)).response.code == 486


@pytest.mark.parametrize("kind", ("tcp", "tls"))
def test_a_stream_in_pieces(peer, kind):
    def pieces(request, _count):
        whole = answer(request, 100, "Trying") + answer(request, call_id="another@host") + b"\r\n\r\n" + answer(request)
        return [whole[start : start + 7] for start in range(0, len(whole), 7)]

    assert ask(peer(kind, pieces)).response.code == 200


def test_a_body_that_is_cut_into_pieces(peer):
    def with_body(request, _count):
        return [answer(request, content_length="9"), b"v=0\r\n", b"o=-a"]

    assert ask(peer("tcp", with_body)).response.body == b"v=0\r\no=-a"


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_silence(peer, kind):
    with pytest.raises(errors.NoResponse) as caught:
        ask(peer(kind, lambda _request, _count: None), timeout=0.3)
    assert caught.value.hint and str(caught.value).startswith(f"{kind}:127.0.0.1:")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "no SIP message"),
        (b"\x16\x03\x01 garbage", "no SIP message"),
        (b"SIP/2.0 999 Odd\r\n\r\n", "no SIP message"),
        (b"SIP/2.0 200 OK\r\nContent-Length: many\r\n\r\n", "Content-Length"),
        (b"SIP/2.0 200 OK\r\nContent-Length: 99999999\r\n\r\n", "Content-Length"),
        (b"SIP/2.0 200 OK\r\n" + b"X: y\r\n" * 20000, "no SIP message"),
        (b"", "closed the connection"),
    ],
)
def test_streams_that_are_no_sip(peer, reply, words):
    with pytest.raises(errors.UserAgentError, match=words):
        ask(peer("tcp", lambda _request, _count: [reply]))


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_nobody_listens(kind):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(errors.PortClosed, match="Nothing listens"):
        client.ask(target.Target(kind, "127.0.0.1", port), "OPTIONS", 2.0)


def test_host_that_does_not_resolve():
    with pytest.raises(errors.CannotResolve, match=r"nowhere\.invalid"):
        client.ask(target.parse("udp:nowhere.invalid"), "OPTIONS", 2.0)


def test_name_servers_that_are_silent(monkeypatch):
    end = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: end.wait(60))
    with pytest.raises(errors.CannotResolve, match="in time"):
        client.ask(target.parse("udp:slow.invalid"), "OPTIONS", 0.2)
    end.set()


def test_tls_where_there_is_none(peer):
    found = peer("tcp", lambda _request, _count: b"no TLS at all")
    with pytest.raises(errors.TlsFailed):
        client.ask(target.Target("tls", "127.0.0.1", found.port), "OPTIONS", 2.0)


def test_an_empty_datagram_is_no_end(peer):
    found = peer("udp", lambda request, _count: [b"", answer(request)])
    assert ask(found).response.code == 200


def test_a_server_that_requires_a_certificate(peer, authority):
    found = peer("tls", lambda request, _count: answer(request), client_ca=authority.path)
    with pytest.raises(errors.UserAgentError) as caught:
        ask(found)
    # with TLS 1.3, the client is through with its handshake before the server looks
    assert isinstance(caught.value, errors.CertificateRequired) or caught.value.certificate
    certificate, key = authority.issue("client")
    assert ask(found, files=transport.TlsFiles(certificate, key)).response.code == 200


def test_server_name(peer, certificate):
    names = []
    context = tls_context(*certificate)
    # sni_callback requires Python 3.7
    context.set_servername_callback(lambda _socket, name, _context: names.append(name))
    with Peer("tls", lambda request, _count: answer(request), context=context) as found:
        ask(found, files=transport.TlsFiles(server_name="sip.example.com"))
    assert names == ["sip.example.com"]


def test_files_that_cannot_be_used(authority, tmp_path):
    certificate, _key = authority.issue("one")
    _certificate, other = authority.issue("two")
    locked, locked_key = authority.issue("locked", pass_phrase=b"secret")
    missing = str(tmp_path / "none.pem")
    for files in (
        (missing, None),
        (certificate, missing),
        (certificate, other),
        (certificate, None),
        (locked, locked_key),
    ):
        with pytest.raises(errors.TlsFailed) as caught:
            transport.tls_context(transport.TlsFiles(*files))
        assert files[0] in caught.value.message
    assert isinstance(transport.tls_context(transport.NO_FILES), ssl.SSLContext)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("udp:192.0.2.1:5060", ("udp", "192.0.2.1", 5060)),
        ("192.0.2.1", ("udp", "192.0.2.1", 5060)),
        ("TLS:sip.example.com", ("tls", "sip.example.com", 5061)),
        ("tcp:[2001:db8::1]:5070", ("tcp", "2001:db8::1", 5070)),
        ("[::1]", ("udp", "::1", 5060)),
    ],
)
def test_targets(text, expected):
    assert target.parse(text) == (*expected, False)


@pytest.mark.parametrize(
    "text", ["", "udp:", "sctp:192.0.2.1", "udp:a:0", "udp:a:70000", "udp:a:x", "a b", "sip:a@b", "2001:db8::1"]
)
def test_targets_that_are_none(text):
    with pytest.raises(errors.BadTarget) as caught:
        target.parse(text)
    assert caught.value.hint


def test_addresses_that_stand_for_all():
    assert target.parse("udp:0.0.0.0:5060").reachable.host == "127.0.0.1"
    assert target.parse("tls:[::]").reachable.host == "::1"


def test_no_header_injection():
    with pytest.raises(SipSyntaxError):
        message.make_request("OPTIONS", "sip:a", 1, "SIP/2.0/UDP 127.0.0.1", [("Call-ID", "a"), ("X", "a\r\nEvil: b")])
