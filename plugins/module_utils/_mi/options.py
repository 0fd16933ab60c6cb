# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""How to reach a server: the connection options, checked."""

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import DEFAULT_REPLY_SIZE, MEGABYTE
from ansible_collections.community.opensips.plugins.module_utils._mi.urls import shown_url

TRANSPORTS = ("fifo", "datagram", "http")
PROTOCOLS = ("auto", "line", "jsonrpc", "xmlrpc", "mi_json")
# Seconds to wait for a reply; commands that wait for a phone end with tm's fr_timeout, 30 s by default.
DEFAULT_TIMEOUT = 10.0
DEFAULT_ASYNC_TIMEOUT = 40.0
# max_reply_size, in megabytes
_LARGEST_REPLY_SIZE = 1 << 20

_BY_TRANSPORT = {
    "fifo": ("fifo_path", "reply_dir", "server_user"),
    "datagram": ("host", "port", "socket_path"),
    "http": ("url", "validate_certs", "ca_path", "client_cert", "client_key", "url_username", "url_password"),
}
_PROTOCOLS_OF = {
    "fifo": ("auto", "line", "jsonrpc"),
    "datagram": ("auto", "line", "jsonrpc"),
    "http": ("auto", "jsonrpc", "xmlrpc", "mi_json"),
}
# what tells the transport when the transport option does not
_TELLING = (
    ("url", "http"),
    ("socket_path", "datagram"),
    ("host", "datagram"),
    ("port", "datagram"),
    ("fifo_path", "fifo"),
)


class Options:
    """The checked options as attributes; those of other transports are None. server_user: uid (int) or None."""

    def __init__(self, values):
        for name, value in values.items():
            setattr(self, name, value)


def resolve(given):
    """Check the connection options and give Options with the transport decided.

    given: mapping with any of transport, protocol, timeout (seconds), max_reply_size (megabytes; as bytes in what is given
    back) and the options of _BY_TRANSPORT; None is not given.
    Raises BadParameters that names the option.
    """
    values = {name: given.get(name) for names in _BY_TRANSPORT.values() for name in names}
    values["timeout"] = _timeout(given.get("timeout"))
    values["max_reply_size"] = _max_reply_size(given.get("max_reply_size"))
    values["transport"] = transport = _transport(given)
    values["protocol"] = protocol = given.get("protocol") or "auto"
    if protocol not in PROTOCOLS:
        raise BadParameters(f"protocol is {protocol!r}", f"Set protocol to one of {', '.join(PROTOCOLS)}")
    if protocol not in _PROTOCOLS_OF[transport]:
        raise BadParameters(
            f"protocol {protocol} does not go over transport {transport}",
            f"Set protocol to {' or '.join(_PROTOCOLS_OF[transport])}",
        )
    _CHECKS[transport](values)
    return Options(values)


def _transport(given):
    told = [(name, transport) for name, transport in _TELLING if given.get(name) is not None]
    transport = given.get("transport")
    if transport is None:
        transport = told[0][1] if told else "fifo"
        why = f"{told[0][0]} is set" if told else None
    else:
        if transport not in TRANSPORTS:
            raise BadParameters(f"transport is {transport!r}", f"Set transport to one of {', '.join(TRANSPORTS)}")
        why = f"transport is {transport}"
    for name, other in told:
        if other != transport:
            raise BadParameters(
                f"{name} contradicts {why}: it belongs to transport {other}", "Leave out one of the two"
            )
    for name in ("reply_dir", "server_user"):
        if given.get(name) is not None and transport != "fifo" and given.get("socket_path") is None:
            raise BadParameters(
                f"{name} belongs to transport fifo, or to socket_path, but the transport is {transport}",
                "Leave it out",
            )
    if transport != "http":
        for name in ("client_cert", "client_key", "url_username", "url_password", "ca_path"):
            if given.get(name) is not None:
                raise BadParameters(
                    f"{name} belongs to transport http, but the transport is {transport}",
                    "Leave it out, or set url",
                )
    return transport


def _timeout(value):
    if value is None:
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = 0
    if not 0 < seconds <= 3600:
        raise BadParameters(f"timeout is {value!r}", "Give seconds between 0 and 3600")
    return seconds


def _check_server_user(values):
    if values["server_user"] is not None:
        from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import owner

        values["server_user"] = owner.uid_of(values["server_user"])


def _max_reply_size(value):
    """The option, in megabytes, as bytes."""
    if value is None:
        value = DEFAULT_REPLY_SIZE
    try:
        megabytes = int(value)
    except (TypeError, ValueError, OverflowError):
        megabytes = 0
    if not 0 < megabytes <= _LARGEST_REPLY_SIZE:
        raise BadParameters(f"max_reply_size is {value!r:.80}", f"Give megabytes, from 1 to {_LARGEST_REPLY_SIZE}")
    return megabytes * MEGABYTE


def _check_fifo(values):
    _check_server_user(values)
    for name in ("fifo_path", "reply_dir"):
        if values[name] is not None and not str(values[name]).startswith("/"):
            raise BadParameters(f"{name} {values[name]!r} is not absolute", "Give the whole path")


def _check_datagram(values):
    if values["socket_path"] is not None:
        _check_server_user(values)
        if values["reply_dir"] is not None and not str(values["reply_dir"]).startswith("/"):
            raise BadParameters(f"reply_dir {values['reply_dir']!r} is not absolute", "Give the whole path")
        for name in ("host", "port"):
            if values[name] is not None:
                raise BadParameters(
                    f"socket_path and {name} are both set",
                    "Use socket_path for a Unix socket, or host and port for UDP",
                )
        if not str(values["socket_path"]).startswith("/"):
            raise BadParameters(f"socket_path {values['socket_path']!r} is not absolute", "Give the whole path")
        return
    if values["port"] is None:
        raise BadParameters(
            "transport datagram needs port, or socket_path",
            "Set port to that of mi_datagram's socket_name; it has no default",
        )
    try:
        port = int(values["port"])
    except (TypeError, ValueError):
        port = 0
    if not 0 < port < 65536:
        raise BadParameters(f"port is {values['port']!r}", "Give a number between 1 and 65535")
    values["port"] = port
    values["host"] = values["host"] or "127.0.0.1"


def _check_http(values):
    if values["url"] is None:
        raise BadParameters("transport http needs url", "Set url, for example to http://127.0.0.1:8888/mi")
    scheme = _check_url(values["url"])
    for name, other in (("client_key", "client_cert"), ("url_password", "url_username")):
        if values[name] is not None and values[other] is None:
            raise BadParameters(f"{name} is set without {other}", f"Set {other}, too")
    if values["validate_certs"] is None:
        values["validate_certs"] = True
    for name in ("ca_path", "client_cert"):
        if scheme == "http" and values[name] is not None:
            raise BadParameters(f"{name} is set but url is not https", f"Use an https url, or leave {name} out")


def _check_url(url):
    """The scheme of a URL that can be used."""
    from urllib.parse import urlsplit

    remedy = "Write it as http://host:port/mi"
    if any(ord(each) <= 32 or ord(each) == 127 for each in url):
        raise BadParameters("url holds blanks or control characters", remedy)
    shown = shown_url(url)
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        # its message repeats parts of the URL, a password among them
        raise BadParameters(f"url {shown!r} has no valid host or port", remedy) from None
    if parts.username is not None:
        raise BadParameters(
            f"url {shown!r} holds a user name", "Set url_username and url_password instead, and correct url"
        )
    if parts.scheme not in ("http", "https") or not host:
        raise BadParameters(f"url {shown!r} is not an HTTP address", remedy)
    if parts.query or parts.fragment:
        raise BadParameters(f"url {shown!r} has a query or fragment", remedy)
    return parts.scheme


_CHECKS = {"fifo": _check_fifo, "datagram": _check_datagram, "http": _check_http}
