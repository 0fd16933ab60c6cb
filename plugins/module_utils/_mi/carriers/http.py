# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""mi_http, mi_json and mi_xmlrpc: one request a connection, over HTTP or HTTPS.

Sources: httpd/httpd_proc.c of 2.4, 3.6 and 4.0; libmicrohttpd 0.9.75.
"""

import base64
import errno
import socket
from typing import TYPE_CHECKING, Any, Callable, Dict, Generator, Iterator, Optional, Sequence, Tuple
from urllib.parse import quote, urljoin, urlsplit

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import reach, tls
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.bound import Allowance, BoundSocket
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.carrier import Carrier, Encode, Inflow
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ConnectError,
    HTTPStatusError,
    MalformedReply,
    MIError,
    MITimeout,
    RequestTooLarge,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import ReplyLimit, too_large
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Protocol, Request
from ansible_collections.community.opensips.plugins.module_utils._mi.urls import shown_url

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse

# receive_buf_size of httpd in 3.6 and 4.0, unless its configuration says more
_DEFAULT_RECEIVE_BUFFER = 1024
_READ = 65536
_PORTS = {"http": 80, "https": 443}
# Redirects, and what else says that nobody acted on the request.
_REDIRECTS = (301, 302, 303, 307, 308)
_REFUSALS = _REDIRECTS + (400, 401, 403, 405, 407, 411, 413, 414, 415, 417, 429, 431, 501)
_CHALLENGES = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}
_HINTS = {
    401: "Set url_username and url_password to auth_username and auth_password of the server's httpd",
    403: "A proxy before the server refuses: check url_username, url_password and client_cert",
    404: "Correct url: mi_http answers at /mi, mi_json at /json, mi_xmlrpc at /RPC2, unless their root says otherwise",
    405: "Correct protocol or url: this endpoint wants another HTTP method",
    406: "Correct protocol or url: this endpoint does not know the request",
    413: "A proxy before the server takes no request of this size: raise its limit, or use FIFO or a datagram socket",
    500: "The server could not write its reply (buf_size of httpd may be too small), or a phone did not answer in time; see its log",
    502: "A proxy before the server gets no reply from it: check that OpenSIPS runs, and where the proxy looks for it",
    503: "A proxy before the server has no server to ask: check that OpenSIPS runs, and where the proxy looks for it",
    504: "A proxy before the server waited in vain for its reply: check that OpenSIPS does not hang, or raise the proxy's timeout",
}


class HttpCarrier(Carrier):
    """url: of the endpoint. validate_certs (bool), ca_path, client_cert, client_key (paths), username, password: as the options.

    warn: function of a str, which the user should know.
    """

    blocking = True
    # httpd has one process for all requests; a few connections keep it busy
    serial = True
    max_in_flight = workers = 4
    lookup_seconds = 1 / 2000.0
    busy_hint = (
        ". A phone that stays silent keeps the server's HTTP side busy until its fr_timeout: set timeout above that,"
        " or use FIFO or a datagram socket"
    )

    def __init__(
        self,
        url: str,
        validate_certs: bool = True,
        ca_path: Optional[str] = None,
        client_cert: Optional[str] = None,
        client_key: Optional[str] = None,
        username: Optional[str] = None,
        password: Optional[str] = None,
        warn: Optional[Callable[[str], None]] = None,
        limit: Optional[ReplyLimit] = None,
    ) -> None:
        super().__init__(limit)
        self.url = url
        self._warn = warn
        self._parts = urlsplit(url)
        self._path = quote(self._parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~")
        self._validate_certs = validate_certs
        self._ca_path = ca_path
        self._client_cert = client_cert
        self._client_key = client_key
        self._headers = {"Connection": "close", "User-Agent": "community.opensips"}
        if username is not None:
            token = f"{username}:{password or ''}".encode()
            self._headers["Authorization"] = f"Basic {base64.b64encode(token).decode('ascii')}"
        # ssl.SSLContext, once it is open
        self._tls: Any = None

    @classmethod
    def of(cls, options: Any, limit: ReplyLimit, warn: Callable[[str], None]) -> "HttpCarrier":
        return cls(
            options.url,
            options.validate_certs,
            options.ca_path,
            options.client_cert,
            options.client_key,
            options.url_username,
            options.url_password,
            warn,
            limit,
        )

    @staticmethod
    def check_options(values: Dict[str, Any]) -> None:
        if values["url"] is None:
            raise BadParameters(
                "transport is http, but url is not set", "Set url, for example to http://127.0.0.1:8888/mi"
            )
        scheme = _check_url(values["url"])
        for name, other in (("client_key", "client_cert"), ("url_password", "url_username")):
            if values[name] is not None and values[other] is None:
                raise BadParameters(f"{name} is set without {other}", f"Set {other}, too")
        if values["validate_certs"] is None:
            values["validate_certs"] = True
        for name in ("ca_path", "client_cert"):
            if scheme == "http" and values[name] is not None:
                raise BadParameters(f"{name} is set but url is not https", f"Use an https url, or leave {name} out")

    @property
    def protocols(self) -> Tuple[str, ...]:
        """The path of the URL tells what to try first."""
        path = self.url.rstrip("/").rsplit("/", 1)[-1].lower()
        first = {"rpc2": "xmlrpc", "xmlrpc": "xmlrpc", "json": "mi_json"}.get(path, "jsonrpc")
        return (first, *(name for name in ("jsonrpc", "xmlrpc", "mi_json") if name != first))

    def describe(self) -> str:
        return self.url

    def open(self) -> None:
        """Load the certificates. Raises ConnectError."""
        if self._parts.scheme != "https" or self._tls is not None:
            return
        self._tls = tls.client(self._validate_certs, self._ca_path, self._client_cert, self._client_key)

    def close(self) -> None:
        """Each exchange closes its own connection."""

    def exchange(self, encode: Encode, deadline: float) -> Tuple[Request, bytes]:
        """Send a request and give (Request, bytes of the reply's body).

        deadline: time.monotonic(). Raises ConnectError, HTTPStatusError (decided on the status line), RequestTooLarge,
        ReplyTooLarge, MalformedReply or MITimeout.
        """
        pieces = self.pieces(encode, deadline)
        request = next(pieces)
        held = []
        try:
            for piece in pieces:
                held.append(piece)
                self.limit.hold(len(piece), self.url)
            return request, b"".join(held)
        finally:
            pieces.close()
            self.limit.let_go(sum(map(len, held)))

    def inflow(
        self, encode: Encode, protocol: Protocol, deadline: float, taken_within: float, most: int
    ) -> "HttpInflow":
        return HttpInflow(self.pieces(encode, deadline, most))

    def pieces(self, encode: Encode, deadline: float, most: Optional[int] = None) -> Generator[Any, None, None]:
        """As exchange(), but yields the Request and then the body in pieces, as they come.

        most: bytes that the whole response may have, with its headers; as many as may be held if None.
        """
        import http.client

        most = self.limit.most if most is None else most
        self.open()
        request = encode(None)
        connection = self._connection()
        wire = response = None
        try:
            wire = connection.sock = self._connect(deadline, most)
            response = self._ask(connection, request)
            if response.status != 200:
                raise self._status_error(response, request, wire.sent)
            if not wire.line_ended:
                raise self._cut_off("in its header")
            yield request
            yield from self._read(response, wire, most)
        except (OSError, ValueError, http.client.HTTPException) as error:
            # a request of which a part is missing is none
            went_out = wire is not None and wire.sent and not tls.is_about_our_certificate(error)
            raise self._broken(error, request).having_sent(went_out) from error
        finally:
            if response is not None:
                response.close()
            connection.close()

    def _connection(self) -> "HTTPConnection":
        """What speaks HTTP, not yet connected."""
        import http.client

        try:
            port = self._parts.port
        except ValueError:
            raise ConnectError(f"The url {self.url} has no valid port", "Correct url") from None
        if self._tls is not None:
            return http.client.HTTPSConnection(self._parts.hostname or "", port, context=self._tls)
        return http.client.HTTPConnection(self._parts.hostname or "", port)

    def _connect(self, deadline: float, most: int) -> BoundSocket:
        """The connection to one of the host's addresses, for most bytes of response. Raises ConnectError."""
        addresses = []
        try:
            addresses = reach.resolve(
                self._parts.hostname, self._parts.port or _PORTS[self._parts.scheme], socket.SOCK_STREAM
            )
            sock = reach.connect(addresses, deadline, self._in_tls if self._tls is not None else None)
        except reach.Stalled as stalled:
            raise ConnectError(
                f"{self.url}{reach.among(addresses)} does not {'answer in TLS' if stalled.in_tls else 'accept connections'}",
                "Check url (http or https) and firewalls, or raise timeout",
            ) from None
        except UnicodeError as error:
            raise ConnectError(
                f"The host {self._parts.hostname!r} of url cannot be resolved: {error}", "Correct url"
            ) from error
        except (OSError, ValueError) as error:
            # ssl.CertificateError is no OSError before Python 3.7
            raise self._connect_error(error, addresses) from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is None and "Authorization" in self._headers and not _is_this_host(sock):
            self._warn_of_credentials()
        return BoundSocket(sock, deadline, Allowance(self.url, most))

    def _in_tls(self, sock: socket.socket) -> Any:
        return self._tls.wrap_socket(sock, do_handshake_on_connect=False, server_hostname=self._parts.hostname)

    def _warn_of_credentials(self) -> None:
        if self._warn is not None:
            self._warn(
                f"url_username and url_password are sent to {self._parts.hostname} without encryption, and everybody on the way can read them;"
                " use an https url"
            )

    def _ask(self, connection: "HTTPConnection", request: Request) -> "HTTPResponse":
        """Send request; its response (http.client.HTTPResponse), of which the header has come."""
        import http.client

        headers = dict(self._headers)
        if request.content_type:
            headers["Content-Type"] = request.content_type
        wire: Any = connection.sock
        wire.check_open()
        connection.request(request.verb, self._path + request.path or "/", request.data or None, headers)
        try:
            wire.send()
        except OSError as error:
            if not isinstance(error, ConnectionError) and not tls.is_end(error):
                raise
            # what refuses a request while it comes says so before it hangs up
            try:
                response = connection.getresponse()
            except (OSError, http.client.HTTPException) as answer:
                raise (answer if tls.is_about_our_certificate(answer) else error) from None
            if response.status == 200:
                raise
            return response
        return connection.getresponse()

    def _read(self, response: "HTTPResponse", wire: BoundSocket, most: int) -> Iterator[bytes]:
        """Yield the body in pieces. Raises MalformedReply when it is cut off, ReplyTooLarge if it announces more than most bytes."""
        encoding = response.getheader("Content-Encoding") or "identity"
        if encoding.strip().lower() != "identity":
            raise MalformedReply(
                f"The reply of {self.url} is compressed ({repr(encoding):.40})",
                "Turn compression off in the proxy before the server",
            )
        # None: chunked, or it ends with the connection
        expected = response.length
        if expected is not None and expected > most:
            raise too_large(self.url, most)
        size = 0
        while expected is None or size < expected:
            chunk = response.read1(_READ if expected is None else min(_READ, expected - size))
            if not chunk:
                break
            size += len(chunk)
            yield chunk
        if expected is not None and size < expected:
            raise self._cut_off(f"after {size} of {expected} bytes")
        if response.chunked and not wire.line_ended:
            raise self._cut_off("in its last chunk")
        # a body that ends with the connection has to tell by itself that it is whole
        if expected is None and not response.chunked and not size:
            raise self._cut_off("before its body")

    def _cut_off(self, where: str) -> MalformedReply:
        return MalformedReply(
            f"The reply of {self.url} was cut off {where}",
            "See whether OpenSIPS, or a proxy before it, stopped; if it persists, raise buf_size of the server's httpd",
        )

    def _connect_error(self, error: Exception, addresses: Sequence[reach.Address]) -> ConnectError:
        if tls.is_failure(error) or tls.is_end(error):
            return self._tls_failure(error)
        if isinstance(error, socket.gaierror):
            return ConnectError(
                f"The host {self._parts.hostname!r} of url cannot be resolved: {error.strerror}",
                "Correct url, or the resolver",
            )
        if getattr(error, "errno", None) == errno.ECONNREFUSED:
            return ConnectError(
                f"Nothing listens at {self.url}{reach.among(addresses)}",
                "OpenSIPS is not running, or its httpd uses another ip or port: correct url",
            )
        return ConnectError(
            f"{self.url}{reach.among(addresses)} cannot be reached: {getattr(error, 'strerror', None) or error}",
            "Correct url",
        )

    def _tls_failure(self, error: Exception) -> ConnectError:
        return tls.failure(self.url, error, bool(self._client_cert))

    def _broken(self, error: Any, request: Request) -> MIError:
        """The MIError for an OSError, ValueError or http.client.HTTPException on an open connection."""
        import http.client

        if isinstance(error, socket.timeout) or getattr(error, "errno", None) == errno.ETIMEDOUT:
            return MITimeout(
                f"No reply came from {self.url}",
                "OpenSIPS serves HTTP with one process, which a t_uac_dlg of another client can block for minutes."
                " Raise timeout, or use the FIFO or a datagram socket",
            )
        if isinstance(error, http.client.IncompleteRead):
            return self._cut_off("in its body")
        if isinstance(error, ValueError):
            # such as the negative size of a chunk
            return MalformedReply(
                f"The reply of {self.url} is not HTTP: {error}", "Check which program answers there, and correct url"
            )
        if tls.is_failure(error):
            return self._tls_failure(error)
        if isinstance(error, (ConnectionError, http.client.HTTPException)) or tls.is_end(error):
            return self._dropped(error, request)
        return ConnectError(
            f"The connection to {self.url} was lost: {error.strerror or error}", "Check the network, and url"
        )

    def _dropped(self, error: Exception, request: Request) -> MIError:
        large = len(request.data) > 1400 and not isinstance(error, ConnectionAbortedError)
        if large and self._parts.scheme == "http":
            return RequestTooLarge(
                f"{self.url} dropped the connection on a request of {len(request.data)} bytes",
                "httpd of OpenSIPS 2.1 to 3.5 accepts only requests that arrive in one piece: send less, or use the FIFO or a datagram socket",
            )
        return ConnectError(
            f"{self.url} closed the connection without a reply ({type(error).__name__})",
            "See whether OpenSIPS stopped; if it runs, check that url and protocol fit (http or https; /mi, /json, /RPC2)"
            + (", and whether it requires client_cert" if self._parts.scheme == "https" else ""),
            is_hangup=True,
        )

    def _status_error(self, response: "HTTPResponse", request: Request, sent: bool) -> MIError:
        """The MIError for a status that is not 200. sent: the whole request went out (bool)."""
        error = self._describe_status(response, request)
        return error.having_sent(sent and not _is_refusal(response, request))

    def _describe_status(self, response: "HTTPResponse", request: Request) -> MIError:
        status = response.status
        hint = _HINTS.get(status, "Correct url")
        if status == 400:
            if len(request.data) > _DEFAULT_RECEIVE_BUFFER:
                return RequestTooLarge(
                    f"{self.url} refused a request of {len(request.data)} bytes (HTTP 400)",
                    f"httpd of 3.6 and 4.0 accepts up to receive_buf_size bytes, {_DEFAULT_RECEIVE_BUFFER} by default:"
                    " raise it, or use the FIFO or a datagram socket",
                )
            hint = "Correct url and protocol: mi_http answers at /mi, mi_json at /json, mi_xmlrpc at /RPC2"
        text = f"{self.url} answered HTTP {status} {response.reason}"
        if status in _REDIRECTS:
            text += f", which leads to {_target(self.url, response.getheader('Location'))}"
            hint = "Redirects are not followed: if the server is there, set url to it"
        return HTTPStatusError(text, hint, status=status, body=_error_body(response))


class HttpInflow(Inflow):
    """A large reply over HTTP. pieces: what HttpCarrier.pieces() gives."""

    def __init__(self, pieces: Generator[Any, None, None]) -> None:
        self._pieces = pieces
        self.request = next(pieces)

    def pieces(self, complete: Callable[[], bool]) -> Iterator[bytes]:
        return self._pieces

    def close(self, reusable: bool = False) -> None:
        self._pieces.close()


def _is_refusal(response: "HTTPResponse", request: Request) -> bool:
    """Whether a response says that nobody acted on the request.

    mi_json of 2.1, which alone is asked with GET, puts the code of an MI reply into the status. It knows none of the headers
    that HTTP demands with these (RFC 9110, sections 15.4, 15.5.2, 15.5.8).
    """
    if request.verb != "GET":
        return response.status in _REFUSALS
    header = "Location" if response.status in _REDIRECTS else _CHALLENGES.get(response.status)
    return header is not None and response.getheader(header) is not None


def _check_url(url: str) -> str:
    """The scheme of a URL that can be used."""
    remedy = "Write it as http://host:port/mi"
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise BadParameters("url contains blanks or control characters", remedy)
    shown = shown_url(url)
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        # its message repeats parts of the URL, a password among them
        raise BadParameters(f"url {shown!r} has no valid host or port", remedy) from None
    if parts.username is not None:
        raise BadParameters(
            f"url {shown!r} contains a user name", "Set url_username and url_password instead, and correct url"
        )
    if parts.scheme not in _PORTS or not host:
        raise BadParameters(f"url {shown!r} is not an HTTP address", remedy)
    if parts.query or parts.fragment:
        raise BadParameters(f"url {shown!r} has a query or fragment", remedy)
    return parts.scheme


def _is_this_host(sock: socket.socket) -> bool:
    """Whether what a connected socket sends stays on this host."""
    own, other = str(sock.getsockname()[0]), str(sock.getpeername()[0])
    return own == other or other == "::1" or other.startswith(("127.", "::ffff:127."))


def _target(url: str, location: Optional[str]) -> str:
    """Where a redirect leads, for a message: without user, password, query and fragment, which may be secret."""
    try:
        parts = urlsplit(urljoin(url, (location or "").strip()))
        if location and parts.scheme in _PORTS and parts.hostname:
            text = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
            return "".join(letter if " " < letter <= "~" else "?" for letter in text[:200])
    except ValueError:
        pass
    return "no HTTP address"


def _error_body(response: "HTTPResponse") -> bytes:
    """What came with an error (bytes); without a length it may never end, and is left alone."""
    from http.client import HTTPException

    if not response.length:
        return b""
    try:
        return response.read(min(response.length, _READ))
    except (OSError, ValueError, HTTPException):
        return b""
