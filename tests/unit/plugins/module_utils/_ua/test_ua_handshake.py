# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate of a TLS socket, seen by a handshake with servers of the standard library."""

import contextlib
import socket
import ssl
import threading

import pytest

from ansible_collections.community.opensips.plugins.module_utils._ua import handshake
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import NoResponse, PortClosed, TlsFailed
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target
from ansible_collections.community.opensips.plugins.module_utils._ua.transport import TlsFiles

pytest.importorskip("cryptography.x509")
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority  # noqa: E402


@contextlib.contextmanager
def listening(serve):
    """A Target whose one connection serve(socket) gets."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def run():
            with contextlib.suppress(OSError):
                with listener.accept()[0] as connection:
                    connection.settimeout(10)
                    serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield Target("tls", "127.0.0.1", listener.getsockname()[1])
        thread.join(20)


def der(path):
    with open(path, encoding="ascii") as file:
        return ssl.PEM_cert_to_DER_cert(file.read())


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("handshake"), "authority")


@pytest.mark.filterwarnings("ignore:ssl.OP_NO")
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("wants_ours", [False, True])
def test_it_is_seen_even_where_ours_is_required(authority, version, wants_ours):
    certificate, key = authority.issue("server", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    # Python 3.6 has no other way
    context.options |= ssl.OP_NO_TLSv1_3 if version == "TLSv1_2" else 0
    if wants_ours:
        context.load_verify_locations(authority.path)
        context.verify_mode = ssl.CERT_REQUIRED

    def serve(connection):
        with contextlib.closing(context.wrap_socket(connection, server_side=True)) as wrapped:
            wrapped.recv(1)

    with listening(serve) as target:
        assert handshake.see(target, 10) == (der(certificate), None)


def test_the_name_chooses(authority):
    contexts = {}
    for name in ("a.example.com", "b.example.com"):
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(*authority.issue(name, names=[name]))
    first = contexts["a.example.com"]

    def choose(connection, name, _context):
        connection.context = contexts.get(name, first)

    # sni_callback requires Python 3.7
    first.set_servername_callback(choose)
    for name, expected in (("b.example.com", "b.example.com"), (None, "a.example.com")):
        with listening(lambda connection: first.wrap_socket(connection, server_side=True).recv(1)) as target:
            seen = handshake.see(target, 10, TlsFiles(server_name=name))
        assert expected.encode() in seen.certificate and seen.error is None


def test_what_is_no_tls_and_who_is_silent(authority):
    with listening(lambda connection: connection.sendall(b"SIP/2.0 400 Bad Request\r\n\r\n")) as target:
        seen = handshake.see(target, 10)
    assert seen.certificate is None and isinstance(seen.error, TlsFailed)
    with listening(lambda connection: connection.recv(1)) as target:
        seen = handshake.see(target, 10)
    assert isinstance(seen.error, TlsFailed)
    with listening(lambda connection: threading.Event().wait(0.5)) as target:
        seen = handshake.see(target, 0.1)
    assert isinstance(seen.error, NoResponse)
    assert isinstance(handshake.see(target, 1).error, PortClosed)


def test_broken_messages_have_no_certificate():
    message = b"\x0b\x00\x00\x09" + b"\x00\x00\x06" + b"\x00\x00\x03" + b"abc"
    record = b"\x16\x03\x03\x00" + bytes([len(message)]) + message
    assert handshake.certificate_in(record) == b"abc"
    # in two records, behind another message
    hello = b"\x02\x00\x00\x01x"
    whole = hello + message
    split = b"".join(b"\x16\x03\x03\x00" + bytes([len(part)]) + part for part in (whole[:7], whole[7:]))
    assert handshake.certificate_in(split) == b"abc"
    for cut in range(len(record)):
        assert handshake.certificate_in(record[:cut]) is None
    assert handshake.certificate_in(record.replace(b"\x00\x00\x03abc", b"\x00\x00\x99abc")) is None
    assert handshake.certificate_in(b"\x17" + record[1:]) is None
