# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One connection to a target: bytes there and back over UDP, TCP and TLS."""

import contextlib
import socket
import ssl
import sys
import threading
import time
from typing import Any, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._errors import (
    ALERTS_ABOUT_OUR_CERTIFICATE,
    tls_alert,
)
from ansible_collections.community.opensips.plugins.module_utils._ua import srv
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import (
    CannotConnect,
    CannotResolve,
    CertificateInvalid,
    CertificateRequired,
    NoResponse,
    PortClosed,
    TlsFailed,
    UserAgentError,
)
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target, bracketed

_SIZE = 65536
# servers of a domain that are tried
_MOST_HOSTS = 5
# ip(7): a socket that is not connected reports that nothing listens at the other end only if it is asked to
_REPORTS_REFUSALS = sys.platform.startswith("linux")
_RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
_MSG_ERRQUEUE = 0x2000
_NOT_VALID = "certificate verify failed"


class TlsFiles(NamedTuple):
    """What this client presents, and what it accepts.

    certificate, key: paths of PEM files, or None. server_name: str to ask for, or None for the host of the target.
    validate: whether the certificate of the other side must be valid for that name. ca: path of a PEM file with the authorities
    that are trusted, or None for those of the host.
    """

    certificate: Optional[str] = None
    key: Optional[str] = None
    server_name: Optional[str] = None
    validate: bool = False
    ca: Optional[str] = None


NO_FILES = TlsFiles()


class Spent(NamedTuple):
    """Seconds that opening a connection took. connect is None over UDP, tls without TLS."""

    dns: float = 0.0
    connect: Optional[float] = None
    tls: Optional[float] = None


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """A context that accepts what files says. Raises TlsFailed if the files cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if files.validate:
        _trust(context, files.ca)
    else:
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


def _trust(context: ssl.SSLContext, path: Optional[str]) -> None:
    try:
        if path is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(path)
    except (OSError, ValueError) as error:
        raise TlsFailed(
            f"{path} cannot be used: {reason(error)}", "Use a PEM file of certificate authorities"
        ) from error


def reason(error: BaseException) -> str:
    """What an exception of sockets or of TLS says, in words."""
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return "the other side closed the connection"
    # other than those of MI, without the number of an error of the system
    return (getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)).lower().replace("_", " ")


class Transport:
    """An open connection to a Target. deadline: time.monotonic() at which opening it ends. Raises UserAgentError.

    certificate: of the other side, in DER, or None without TLS. spent: how long opening it took. address: of the other side,
    as sockets write it. source: from where the last datagram came.
    Over UDP, the socket accepts datagrams from any address: a server may send from another socket than the one it is asked at.
    """

    def __init__(self, target: Target, deadline: float, files: TlsFiles = NO_FILES) -> None:
        self.target = target
        self.certificate: Optional[bytes] = None
        self.spent = Spent()
        self.address: Any = None
        self.source: Any = None
        self._heard = False
        # of the target, in messages
        self._name = str(target)
        self._socket = self._open(deadline)
        if target.transport == "tls":
            try:
                self._socket = self._handshake(files, deadline)
            except BaseException:
                self.close()
                raise

    @property
    def is_stream(self) -> bool:
        return self.target.transport != "udp"

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def fileno(self) -> int:
        """The file descriptor, to wait for what comes."""
        number: int = self._socket.fileno()
        return number

    @property
    def has_more(self) -> bool:
        """Whether TLS has data that the file descriptor shows no more."""
        return self.target.transport == "tls" and self._socket.pending() > 0

    @property
    def local(self) -> str:
        """Host and port of this end, as they stand in a URI (str)."""
        return f"{bracketed(self.local_host)}:{self._socket.getsockname()[1]}"

    @property
    def local_host(self) -> str:
        """Address of this end (str)."""
        host: str = self._socket.getsockname()[0]
        return host

    def send(self, data: bytes, deadline: float, address: Any = None) -> None:
        """Send data (bytes), by the deadline (time.monotonic()). address: another one than the server's, over UDP only."""
        try:
            self._socket.settimeout(_left(deadline))
            if self.is_stream:
                self._socket.sendall(data)
            else:
                self._socket.sendto(data, address or self.address)
        except OSError as error:
            self._give_up(error)

    def receive(self, deadline: float) -> Optional[bytes]:
        """What came (bytes), None if nothing did until the deadline, b"" if the other side closed the connection."""
        try:
            self._socket.settimeout(_left(deadline))
            if self.is_stream:
                data: bytes = self._socket.recv(_SIZE)
                return data
            data, self.source = self._socket.recvfrom(_SIZE)
            self._heard = True
            # an empty datagram is no end
            return data or b"\r\n"
        except socket.timeout:
            return None
        except OSError as error:
            self._give_up(error)
            return None

    def _give_up(self, error: OSError) -> None:
        """Raise the UserAgentError for error, unless it is about a datagram and the server has been heard."""
        if not self.is_stream:
            self._forget_errors()
            if self._heard:
                return
        raise self._failure(error) from error

    def _forget_errors(self) -> None:
        """Read what Linux keeps of a datagram that was refused: otherwise there always seems to be something to read."""
        if _REPORTS_REFUSALS:
            with contextlib.suppress(OSError):
                self._socket.settimeout(0)
                self._socket.recvmsg(1, 512, _MSG_ERRQUEUE)

    def _open(self, deadline: float) -> Any:
        """A socket that is connected or, over UDP, bound to the address from which the server is reached."""
        started = time.monotonic()
        hosts = self._hosts(deadline)
        found = _addresses(hosts, socket.SOCK_STREAM if self.is_stream else socket.SOCK_DGRAM, deadline)
        resolved = time.monotonic()
        opened = self._first(found, deadline)
        self.spent = Spent(resolved - started, time.monotonic() - resolved if self.is_stream else None)
        return opened

    def _hosts(self, deadline: float) -> List[Tuple[str, int]]:
        """(host, port) of the target, or of each server that its domain names."""
        own = (self.target.host, self.target.port)
        if not self.target.is_domain:
            return [own]
        hosts = srv.hosts(self.target.host, self.target.transport, deadline)[:_MOST_HOSTS]
        if hosts:
            self._name = f"{self.target} ({', '.join(f'{host}:{port}' for host, port in hosts)})"
        return hosts or [own]

    def _first(self, found: List[Any], deadline: float) -> Any:
        """A socket for the first of the addresses that can be reached. found: as getaddrinfo() returns it."""
        failure: Optional[OSError] = None
        for number, (family, kind, protocol, _name, address) in enumerate(found):
            opened = socket.socket(family, kind, protocol)
            try:
                # one that is silent leaves time for the others
                opened.settimeout(_left(deadline) / (len(found) - number))
                opened.connect(address)
                self.address = address
                if self.is_stream:
                    # an ACK and the request behind it are two small packets: none waits for the other
                    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return opened if self.is_stream else _unconnected(opened)
            except OSError as error:
                opened.close()
                failure = failure or error
        raise self._failure(failure or OSError("no address"))

    def _handshake(self, files: TlsFiles, deadline: float) -> Any:
        context = tls_context(files)
        started = time.monotonic()
        try:
            self._socket.settimeout(_left(deadline))
            # without validation, no name is asked for unless it is given: a domain of the server's may be chosen by it
            name = files.server_name or (self.target.host if files.validate else None)
            wrapped = context.wrap_socket(self._socket, server_hostname=name)
            # once the connection has failed, it cannot be asked for any more
            self.certificate = wrapped.getpeercert(True)
            self.spent = self.spent._replace(tls=time.monotonic() - started)
            return wrapped
        except (OSError, ValueError) as error:
            raise self._failure(error) from error

    def _failure(self, error: BaseException) -> UserAgentError:
        """The UserAgentError for an exception of the socket."""
        if isinstance(error, (ssl.SSLError, ssl.CertificateError)):
            return self._tls_failure(error, reason(error))
        return network_failure(self._name, error)

    def _tls_failure(self, error: BaseException, text: str) -> UserAgentError:
        # Python 3.6 has no class for all of them
        if isinstance(error, ssl.CertificateError) or _NOT_VALID in text:
            return CertificateInvalid(
                f"The certificate of {self._name} is not valid: {getattr(error, 'verify_message', '') or text}",
                "Renew it, or set sip_ca_path to the authority that issued it, or sip_server_name to the name that it is for",
            )
        if tls_alert(text) in ALERTS_ABOUT_OUR_CERTIFICATE:
            return CertificateRequired(
                f"{self._name} does not accept this TLS client: {text}",
                "Set sip_client_cert and sip_client_key to a certificate that the server accepts",
            )
        return TlsFailed(f"TLS with {self._name} failed: {text}", "Check whether this socket is one of TLS")


def network_failure(target: object, error: BaseException) -> UserAgentError:
    """The UserAgentError for an exception of a socket that is not about TLS. target: a Target, or how messages name it."""
    if isinstance(error, socket.timeout):
        return NoResponse(f"{target} did not answer in time", "Check the address, firewalls, and its transport")
    if isinstance(error, ConnectionRefusedError):
        return PortClosed(f"Nothing listens on {target}", "Check whether the server has this socket")
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return hung_up(target)
    return CannotConnect(f"{target} cannot be reached: {reason(error)}", "Check the address and the network")


def hung_up(target: object) -> CannotConnect:
    """The error for a connection that the other side closed."""
    return CannotConnect(
        f"{target} closed the connection",
        "Check whether this socket is one of SIP and has this transport, and the log of the server",
    )


def _addresses(hosts: List[Tuple[str, int]], kind: int, deadline: float) -> List[Any]:
    """What getaddrinfo() finds for (host, port) of hosts, in their order, by the deadline. Raises CannotResolve if there is nothing.

    It knows no timeout, and waits for silent name servers for half a minute, so another thread waits for it.
    """
    found: List[Any] = []
    failures: List[CannotResolve] = []
    for host, port in hosts:
        try:
            found += _addresses_of(host, port, kind, deadline)
        except CannotResolve as error:
            failures.append(error)
    if not found:
        raise failures[0]
    return found


def _addresses_of(host: str, port: int, kind: int, deadline: float) -> List[Any]:
    found: List[Any] = []

    def look_up() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=kind))
        except (OSError, UnicodeError) as error:
            found.append(error)

    thread = threading.Thread(target=look_up, name="resolver")
    thread.daemon = True
    thread.start()
    thread.join(_left(deadline))
    result = found[0] if found else TimeoutError("no name server answered in time")
    if isinstance(result, Exception):
        raise CannotResolve(
            f"{host} cannot be resolved: {reason(result)}", "Check the name, and the name servers of this host"
        ) from result
    addresses: List[Any] = result
    return addresses


def _unconnected(connected: Any) -> Any:
    """A UDP socket at the local address of a connected one, which is closed."""
    opened = socket.socket(connected.family, socket.SOCK_DGRAM)
    host = connected.getsockname()[0]
    connected.close()
    if _REPORTS_REFUSALS:
        level, option = _RECVERR[opened.family]
        opened.setsockopt(level, option, 1)
    opened.bind((host, 0))
    return opened


def _left(deadline: float) -> float:
    """Seconds until the deadline: above 0, because 0 means to a socket not to wait at all."""
    return max(0.001, deadline - time.monotonic())
