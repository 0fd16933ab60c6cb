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
import io
import socket
from urllib.parse import urlsplit

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import seconds_left
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    ConnectError,
    HTTPStatusError,
    MalformedReply,
    MITimeout,
    RequestTooLarge,
)

# receive_buf_size of httpd in 3.6 and 4.0, unless its configuration says more
_DEFAULT_RECEIVE_BUFFER = 1024
_READ = 65536


class HttpCarrier:
    """url: of the endpoint. validate_certs (bool), ca_path, client_cert, client_key (paths), username, password: as the options."""

    kind = "http"

    def __init__(
        self, url, validate_certs=True, ca_path=None, client_cert=None, client_key=None, username=None, password=None
    ):
        self.url = url
        self._parts = urlsplit(url)
        self._validate_certs = validate_certs
        self._ca_path = ca_path
        self._client_cert = client_cert
        self._client_key = client_key
        self._headers = {"Connection": "close", "User-Agent": "community.opensips"}
        if username is not None:
            token = "{0}:{1}".format(username, password or "").encode("utf-8")
            self._headers["Authorization"] = "Basic " + base64.b64encode(token).decode("ascii")
        self._tls = None

    def describe(self):
        return self.url

    def open(self):
        """Load the certificates. Raises ConnectError."""
        if self._parts.scheme != "https" or self._tls is not None:
            return
        import os
        import ssl

        try:
            context = ssl.create_default_context()
            if self._ca_path:
                context.load_verify_locations(**{"capath" if os.path.isdir(self._ca_path) else "cafile": self._ca_path})
        except (OSError, ValueError) as error:
            raise ConnectError(
                "ca_path {0} cannot be read: {1}".format(self._ca_path, error),
                "Give a PEM file or a directory of hashed certificates",
            ) from error
        if not self._validate_certs:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self._client_cert:
            try:
                context.load_cert_chain(self._client_cert, self._client_key)
            except (OSError, ValueError) as error:
                raise ConnectError(
                    "client_cert {0} or client_key cannot be used: {1}".format(self._client_cert, error),
                    "Give PEM files that belong together",
                ) from error
        self._tls = context

    def close(self):
        """Each exchange closes its own connection."""

    def exchange(self, encode, deadline):
        """Send a request and give (Request, bytes of the reply's body).

        deadline: time.monotonic(). Raises ConnectError, HTTPStatusError (decided on the status line), RequestTooLarge or MITimeout.
        """
        pieces = self.pieces(encode, deadline)
        return next(pieces), b"".join(pieces)

    def pieces(self, encode, deadline):
        """The same, but yields the Request and then the body in pieces, as they come."""
        import http.client

        self.open()
        request = encode(None)
        connection = self._connection(deadline)
        try:
            self._connect(connection, deadline)
            headers = dict(self._headers)
            if request.content_type:
                headers["Content-Type"] = request.content_type
            connection.request(
                request.verb, (self._parts.path.rstrip("/") or "") + request.path or "/", request.data or None, headers
            )
            response = connection.getresponse()
            if response.status != 200:
                raise self._status_error(response, request)
            yield request
            yield from self._read(response)
        except socket.timeout:
            raise MITimeout(
                "No reply came from {0}".format(self.url),
                "OpenSIPS serves HTTP with one process: a t_uac_dlg of somebody else may block it for minutes. Raise timeout, or use FIFO or a datagram socket",
            ) from None
        except http.client.IncompleteRead:
            raise MalformedReply(
                "The reply of {0} was cut off".format(self.url),
                "Try again; if it persists, raise buf_size of the server's httpd",
            ) from None
        except (http.client.HTTPException, ConnectionError) as error:
            raise self._dropped(error, request) from error
        except OSError as error:
            raise self._connect_error(error) from error
        finally:
            connection.close()

    def _connection(self, deadline):
        import http.client

        try:
            port = self._parts.port
        except ValueError:
            raise ConnectError("The url {0} has no valid port".format(self.url), "Correct url") from None
        timeout = seconds_left(deadline)
        if self._tls is not None:
            return http.client.HTTPSConnection(self._parts.hostname, port, timeout=timeout, context=self._tls)
        return http.client.HTTPConnection(self._parts.hostname, port, timeout=timeout)

    def _connect(self, connection, deadline):
        try:
            connection.connect()
        except socket.timeout:
            what = "does not answer in TLS" if self._tls is not None else "does not accept connections"
            raise ConnectError(
                "{0} {1}".format(self.url, what), "Check url (http or https) and firewalls, or raise timeout"
            ) from None
        except UnicodeError as error:
            raise ConnectError(
                "The host {0!r} of url cannot be resolved: {1}".format(self._parts.hostname, error), "Correct url"
            ) from error
        except (OSError, ValueError) as error:
            # ssl.CertificateError is no OSError before Python 3.7
            raise self._connect_error(error) from error
        connection.sock = _BoundSocket(connection.sock, deadline)

    def _read(self, response):
        size = 0
        while True:
            chunk = response.read1(_READ)
            if not chunk:
                break
            size += len(chunk)
            yield chunk
        expected = response.getheader("Content-Length")
        if expected and expected.isdigit() and int(expected) > size:
            raise MalformedReply(
                "The reply of {0} was cut off: {1} of {2} bytes".format(self.url, size, expected), "Try again"
            )

    def _connect_error(self, error):
        import ssl

        if isinstance(error, (ssl.SSLError, ssl.CertificateError)):
            text = getattr(error, "verify_message", None) or getattr(error, "reason", None) or str(error)
            return ConnectError(
                "TLS with {0} failed: {1}".format(self.url, text),
                "Set ca_path to the CA of the server's certificate, check client_cert and the host's name; validate_certs=false only for tests",
            )
        if isinstance(error, socket.gaierror):
            return ConnectError(
                "The host {0!r} of url cannot be resolved: {1}".format(self._parts.hostname, error.strerror),
                "Correct url, or the resolver",
            )
        if getattr(error, "errno", None) == errno.ECONNREFUSED:
            return ConnectError(
                "Nothing listens at {0}".format(self.url),
                "OpenSIPS is not running, or its httpd uses another ip or port: correct url",
            )
        return ConnectError(
            "{0} cannot be reached: {1}".format(self.url, getattr(error, "strerror", None) or error), "Correct url"
        )

    def _dropped(self, error, request):
        if self._parts.scheme == "http" and len(request.data) > 1400:
            return RequestTooLarge(
                "{0} dropped the connection on a request of {1} bytes".format(self.url, len(request.data)),
                "OpenSIPS 2.1 to 3.5 takes what arrives in one piece: send less, or use FIFO or a datagram socket",
            )
        dropped = ConnectError(
            "{0} closed the connection without a reply ({1})".format(self.url, type(error).__name__),
            "See whether OpenSIPS stopped; if it runs, check that url and protocol fit (http or https; /mi, /json, /RPC2)"
            + (", and whether it wants a client_cert that it knows" if self._parts.scheme == "https" else ""),
        )
        dropped.maybe_sent = True
        return dropped

    def _status_error(self, response, request):
        status = response.status
        hints = {
            401: "Set url_username and url_password to auth_username and auth_password of the server's httpd",
            403: "A proxy before the server refuses: check url_username, url_password and client_cert",
            404: "Correct url: mi_http answers at /mi, mi_json at /json, mi_xmlrpc at /RPC2, unless their root says otherwise",
            405: "Correct protocol or url: this endpoint wants another HTTP method",
            406: "Correct protocol or url: this endpoint does not know the request",
            500: "The server could not write its reply (buf_size of httpd may be too small), or a phone did not answer in time; see its log",
        }
        hint = hints.get(status, "Correct url")
        if status == 400:
            if len(request.data) > _DEFAULT_RECEIVE_BUFFER:
                return RequestTooLarge(
                    "{0} refused a request of {1} bytes (HTTP 400)".format(self.url, len(request.data)),
                    "httpd of 3.6 and 4.0 takes receive_buf_size bytes, {0} by default: raise it, or use FIFO or a datagram socket".format(
                        _DEFAULT_RECEIVE_BUFFER
                    ),
                )
            hint = "Correct url and protocol: mi_http answers at /mi, mi_json at /json, mi_xmlrpc at /RPC2"
        body = b""
        length = response.getheader("Content-Length")
        if length and length.isdigit():
            # without a length the body of an error may never end
            try:
                body = response.read(min(int(length), _READ))
            except (OSError, ValueError):
                body = b""
        return HTTPStatusError(
            "{0} answered HTTP {1} {2}".format(self.url, status, response.reason), hint, status, body
        )


class _BoundSocket:
    """What http.client uses of a connected socket; no part of the exchange, however it drips, outlasts the deadline."""

    def __init__(self, sock, deadline):
        self._sock = sock
        self._deadline = deadline
        self.close = sock.close

    def sendall(self, data):
        _bound(self._sock, self._deadline).sendall(data)

    def makefile(self, *_mode):
        return io.BufferedReader(_BoundReader(self._sock, self._deadline))


class _BoundReader(io.RawIOBase):
    """Keeps the socket open until it is closed itself, as the files of sockets do."""

    def __init__(self, sock, deadline):
        self._sock = sock
        self._deadline = deadline
        self._file = sock.makefile("rb", buffering=0)

    def readable(self):
        return True

    def readinto(self, buffer):
        _bound(self._sock, self._deadline)
        return self._file.readinto(buffer)

    def close(self):
        self._file.close()
        super().close()


def _bound(sock, deadline):
    left = seconds_left(deadline)
    if not left:
        raise socket.timeout("the deadline has passed")
    sock.settimeout(left)
    return sock
