# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One connection to a target: bytes there and back over UDP, TCP and TLS."""

import socket
import ssl
import time
from typing import Any, NamedTuple, Optional

from ansible_collections.community.opensips.plugins.module_utils._ua.errors import (
    CannotConnect,
    CertificateRequired,
    NoResponse,
    TlsFailed,
)
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target, bracketed

_SIZE = 65536
# How TLS says that it does not accept our certificate, or wants one (RFC 8446, section 6.2)
_ABOUT_OUR_CERTIFICATE = (
    "alert access denied",
    "alert bad certificate",
    "alert certificate",
    "alert handshake failure",
    "alert unknown ca",
    "alert unsupported certificate",
)


class TlsFiles(NamedTuple):
    """What this client presents. certificate, key: paths of PEM files, or None. server_name: str to ask for, or None."""

    certificate: Optional[str] = None
    key: Optional[str] = None
    server_name: Optional[str] = None


NO_FILES = TlsFiles()


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """A context that takes any certificate of the other side. Raises TlsFailed if the files cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if files.certificate:
        try:
            # without the function, OpenSSL would ask the terminal for a pass phrase
            context.load_cert_chain(files.certificate, files.key, lambda: "")
        except (OSError, ValueError) as error:
            raise TlsFailed(
                f"{' and '.join(filter(None, (files.certificate, files.key)))} cannot be used: {reason(error)}",
                "Use PEM files of a certificate and its key, without a pass phrase",
            ) from error
    return context


def reason(error: BaseException) -> str:
    """What an exception of sockets or of TLS says, in words."""
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return "the other side closed the connection"
    return (getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)).lower().replace("_", " ")


class Transport:
    """An open connection to a Target. deadline: time.monotonic() at which opening it ends. Raises UserAgentError.

    certificate: of the other side, in DER, or None without TLS.
    """

    def __init__(self, target: Target, deadline: float, files: TlsFiles = NO_FILES) -> None:
        self.target = target
        self.certificate: Optional[bytes] = None
        self._socket = self._connect(deadline)
        if target.transport == "tls":
            try:
                self._socket = self._handshake(files, deadline)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    @property
    def local(self) -> str:
        """Host and port of this end, as they stand in a URI (str)."""
        name = self._socket.getsockname()
        return f"{bracketed(name[0])}:{name[1]}"

    def send(self, data: bytes, deadline: float) -> None:
        """Send data (bytes), by the deadline (time.monotonic())."""
        try:
            self._socket.settimeout(_left(deadline))
            self._socket.sendall(data)
        except OSError as error:
            raise self._failure(error) from error

    def receive(self, deadline: float) -> Optional[bytes]:
        """What came (bytes), None if nothing did until the deadline, b"" if the other side closed the connection."""
        try:
            self._socket.settimeout(_left(deadline))
            data: bytes = self._socket.recv(_SIZE)
            return data
        except socket.timeout:
            return None
        except OSError as error:
            raise self._failure(error) from error

    def _connect(self, deadline: float) -> Any:
        kind = socket.SOCK_DGRAM if self.target.transport == "udp" else socket.SOCK_STREAM
        try:
            family, kind, protocol, _name, address = socket.getaddrinfo(self.target.host, self.target.port, type=kind)[
                0
            ]
            opened = socket.socket(family, kind, protocol)
        except (OSError, UnicodeError) as error:
            raise self._failure(error) from error
        try:
            opened.settimeout(_left(deadline))
            opened.connect(address)
        except OSError as error:
            opened.close()
            raise self._failure(error) from error
        return opened

    def _handshake(self, files: TlsFiles, deadline: float) -> Any:
        context = tls_context(files)
        try:
            self._socket.settimeout(_left(deadline))
            wrapped = context.wrap_socket(self._socket, server_hostname=files.server_name)
            # once the connection has failed, it cannot be asked for any more
            self.certificate = wrapped.getpeercert(True)
            return wrapped
        except (OSError, ValueError) as error:
            raise self._failure(error) from error

    def _failure(self, error: BaseException) -> Exception:
        """The UserAgentError for an exception of the socket."""
        text = reason(error)
        if isinstance(error, socket.timeout):
            return NoResponse(
                f"{self.target} did not answer in time", "Check the address, firewalls, and its transport"
            )
        if isinstance(error, ssl.SSLError):
            if any(alert in text for alert in _ABOUT_OUR_CERTIFICATE):
                return CertificateRequired(
                    f"{self.target} does not accept this TLS client: {text}",
                    "Set sip_client_cert and sip_client_key to a certificate that the server accepts",
                )
            return TlsFailed(f"TLS with {self.target} failed: {text}", "Check whether this socket is one of TLS")
        if isinstance(error, ConnectionRefusedError):
            return CannotConnect(f"Nothing listens on {self.target}", "Check whether the server has this socket")
        return CannotConnect(f"{self.target} cannot be reached: {text}", "Check the address and the network")


def _left(deadline: float) -> float:
    """Seconds until the deadline: above 0, because 0 means to a socket not to wait at all."""
    return max(0.001, deadline - time.monotonic())
