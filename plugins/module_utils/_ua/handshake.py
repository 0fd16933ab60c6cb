# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The certificate that a TLS socket presents, without any SIP: a handshake, and nothing after it.

A server that requires a certificate of its clients presents its own before. With TLS 1.3 the handshake ends well on this side. Up to
TLS 1.2 it fails, and the certificate is found in what came, which is not encrypted there (RFC 5246, sections 6.2.1 and 7.4.2).
"""

import contextlib
import socket
import ssl
import time
from typing import Any, NamedTuple, Optional

from ansible_collections.community.opensips.plugins.module_utils._ua.errors import TlsFailed, UserAgentError
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target
from ansible_collections.community.opensips.plugins.module_utils._ua.transport import (
    NO_FILES,
    TlsFiles,
    network_failure,
    reason,
    tls_context,
)

_SIZE = 65536
# a chain has some KB
_MOST = 1 << 20
_HANDSHAKE_RECORD, _CERTIFICATE_MESSAGE = 22, 11


class Seen(NamedTuple):
    """certificate: what the server presents for itself (DER), or None. error: why there is none, or None."""

    certificate: Optional[bytes]
    error: Optional[UserAgentError]


def see(target: Target, timeout: float, files: TlsFiles = NO_FILES) -> Seen:
    """The Seen of a target of TLS. timeout: seconds for all of it. files: what this client presents, and the name that it asks for.

    Raises TlsFailed if the files cannot be used.
    """
    context = tls_context(files)
    deadline = time.monotonic() + timeout
    try:
        with socket.create_connection((target.host, target.port), timeout) as connection:
            return _Handshake(connection, context, files.server_name).run(target, deadline)
    except (OSError, UnicodeError) as error:
        return Seen(None, network_failure(target, error))


class _Handshake:
    """A handshake over a connected socket, which keeps what came."""

    def __init__(self, connection: Any, context: ssl.SSLContext, server_name: Optional[str]) -> None:
        self._connection = connection
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._came = b""

    def run(self, target: Target, deadline: float) -> Seen:
        try:
            while not self._is_done():
                self._exchange(deadline)
            return Seen(self._tls.getpeercert(True), None)
        except OSError as error:
            # a server may hang up on a client without a certificate
            certificate = certificate_in(self._came)
            if certificate is not None:
                return Seen(certificate, None)
            if isinstance(error, socket.timeout):
                raise
            text = reason(error)
            return Seen(None, TlsFailed(f"TLS with {target} failed: {text}", "Check whether this socket is one of TLS"))
        finally:
            with contextlib.suppress(OSError):
                self._flush()

    def _is_done(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def _exchange(self, deadline: float) -> None:
        self._connection.settimeout(max(0.001, deadline - time.monotonic()))
        self._flush()
        data = self._connection.recv(_SIZE)
        if not data or len(self._came) > _MOST:
            self._incoming.write_eof()
            return
        self._came += data
        self._incoming.write(data)

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self._connection.sendall(data)


def certificate_in(data: bytes) -> Optional[bytes]:
    """The first certificate (DER) of the message Certificate in what a server sent (TLS up to 1.2), or None."""
    messages = b"".join(_records(data))
    position = 0
    while position + 4 <= len(messages):
        kind, length = messages[position], int.from_bytes(messages[position + 1 : position + 4], "big")
        body = messages[position + 4 : position + 4 + length]
        if kind == _CERTIFICATE_MESSAGE and len(body) == length > 6:
            # the length of the list, that of the first
            size = int.from_bytes(body[3:6], "big")
            return body[6 : 6 + size] if 0 < size <= length - 6 else None
        position += 4 + length
    return None


def _records(data: bytes) -> Any:
    """The contents of the handshake's records, up to the first record of another kind."""
    position = 0
    while position + 5 <= len(data) and data[position] == _HANDSHAKE_RECORD:
        length = int.from_bytes(data[position + 3 : position + 5], "big")
        yield data[position + 5 : position + 5 + length]
        position += 5 + length
