# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""SIP, SIPS and tel URIs as mappings of plain data, and back (RFC 3261 section 19.1, RFC 3966).

The mapping of a URI has scheme, user, password, host, port (int), params ({name in lower case: value, None for a flag}),
headers (list of {name, value}), and what follows from them: aor (user@host, None without both) and number (the telephone
number without visual separators, None if the user is none). What a URI lacks is None or empty. Nothing is escaped.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import (
    IN_PASSWORD,
    Uri,
    check_uri,
    escape,
    parse_uri,
)

SCHEMES = ("sip", "sips", "tel")
_DERIVED = ("aor", "number")
_PARTS = ("scheme", "user", "password", "host", "port", "params", "headers")
_SEPARATORS = re.compile(r"[-.()]")
# RFC 3966 section 3: global-number-digits, local-number-digits, pname, pvalue
_NUMBER = re.compile(r"\+[-.()]*[0-9][0-9\-.()]*|[-.()]*[0-9A-Fa-f*#][0-9A-Fa-f*#\-.()]*")
_TEL_NAME = re.compile(r"[A-Za-z0-9\-]+")
_TEL_VALUE = re.compile(r"(?:[A-Za-z0-9\-_.!~*'()\[\]/:&+$]|%[0-9A-Fa-f]{2})+")
_NO_UTF8 = re.compile("[\ud800-\udfff]")


def parse(text: str) -> dict[str, t.Any]:
    """The mapping of a URI. Raises SipSyntaxError for a text that is none, or that a mapping cannot hold."""
    uri = _read(text)
    _refuse_what_no_mapping_holds(uri, text)
    return {
        "scheme": uri.scheme,
        "user": uri.user,
        "password": uri.password,
        "host": uri.host or None,
        "port": uri.port,
        "params": {name.lower(): value for name, value in uri.params},
        "headers": [{"name": name, "value": value or ""} for name, value in uri.headers],
        "aor": f"{uri.user}@{uri.bare.hostport}" if uri.user and uri.host else None,
        "number": _number(uri),
    }


def build(parts: t.Mapping[str, t.Any]) -> str:
    """The URI of a mapping as parse() returns it. scheme is sip if it is missing; what follows from others is not read.

    Raises SipSyntaxError, which names the part.
    """
    _check_keys(parts)
    scheme = str(parts.get("scheme") or "sip").lower()
    if scheme not in SCHEMES:
        raise SipSyntaxError(f"scheme is {parts['scheme']!r}", f"Use {', '.join(SCHEMES[:-1])} or {SCHEMES[-1]}")
    params = _params(parts.get("params"))
    uri = _tel(parts, params) if scheme == "tel" else _sip(scheme, parts, params)
    text = str(uri)
    check(text, (scheme,))
    if parse_uri(text) != uri:
        # all else is escaped
        raise SipSyntaxError(f"host: {uri.host!r} is not a host name or an IP address")
    return text


def check(text: str, schemes: t.Sequence[str]) -> None:
    """Raise SipSyntaxError unless the text is a URI as the RFCs write it, of one of the schemes, that parse() can read."""
    uri = _read(text)
    check_uri(uri, text, schemes)
    _refuse_what_no_mapping_holds(uri, text)
    if uri.scheme == "tel":
        _check_tel(uri, text)


def _read(text: t.Any) -> Uri:
    if not isinstance(text, str):
        raise SipSyntaxError(f"a SIP URI must be text, not {type(text).__name__}")
    return parse_uri(text)


def without_password(message: str, given: t.Any) -> str:
    """A message about what was given to parse() or build(), without the password in it."""
    password = given.get("password") if isinstance(given, t.Mapping) else _password_in(given)
    if not password or not isinstance(password, str):
        return message
    for spelling in (escape(password, IN_PASSWORD), repr(password)[1:-1], password):
        message = message.replace(spelling, "********")
    return message


def _password_in(text: t.Any) -> str:
    return text.partition(":")[2].rpartition("@")[0].partition(":")[2] if isinstance(text, str) else ""


def _refuse_what_no_mapping_holds(uri: Uri, text: str) -> None:
    names = [name.lower() for name, _value in uri.params]
    for name in names:
        if names.count(name) > 1:
            raise SipSyntaxError(
                f"the URI {text!r} has the parameter {name} more than once", "RFC 3261 section 19.1.1 allows it once"
            )
    pairs = [*uri.params, *uri.headers]
    parts = [uri.user, uri.password, *(part for pair in pairs for part in pair)]
    if any(part and _NO_UTF8.search(part) for part in parts):
        raise SipSyntaxError(f"the URI {text!r} has escaped bytes that are not UTF-8")


def _number(uri: Uri) -> str | None:
    is_number = uri.scheme == "tel" or (uri.param("user") or "").lower() == "phone"
    digits = (uri.user or "").partition(";")[0]
    return _SEPARATORS.sub("", digits) if is_number and _NUMBER.fullmatch(digits) else None


def _check_tel(uri: Uri, text: str) -> None:
    if not _NUMBER.fullmatch(uri.user or ""):
        raise SipSyntaxError(f"the tel URI {text!r} has no telephone number", "Write it like tel:+4930123456")
    for part in text.split(";")[1:]:
        name, equals, value = part.partition("=")
        if not _TEL_NAME.fullmatch(name) or (equals and not _TEL_VALUE.fullmatch(value)):
            raise SipSyntaxError(f"the parameter {part!r} of {text!r} is not as in RFC 3966")
    if not uri.user.startswith("+") and not uri.param("phone-context"):
        raise SipSyntaxError(
            f"the tel URI {text!r} has a local number without phone-context",
            "Begin the number with + and the country code, or add phone-context",
        )


def _check_keys(parts: t.Mapping[str, t.Any]) -> None:
    unknown = [str(key) for key in parts if key not in _PARTS and key not in _DERIVED]
    if unknown:
        raise SipSyntaxError(f"a URI has no {', '.join(unknown)}", f"Its parts are {', '.join(_PARTS)}")


def _tel(parts: t.Mapping[str, t.Any], params: list[tuple[str, str | None]]) -> Uri:
    for name in ("password", "host", "port", "headers"):
        if parts.get(name):
            raise SipSyntaxError(f"{name}: a tel URI has none", "Set scheme to sip, or leave it out")
    user = _text(parts, "user")
    if not user or not _NUMBER.fullmatch(user):
        raise SipSyntaxError(f"user: {user!r} is not a telephone number", "Write it like +4930123456")
    return Uri("tel", user, "", params=params)


def _sip(scheme: str, parts: t.Mapping[str, t.Any], params: list[tuple[str, str | None]]) -> Uri:
    user, password, host = (_text(parts, name) for name in ("user", "password", "host"))
    if not host:
        raise SipSyntaxError("host is missing", "Set it to a host name or an IP address")
    if user == "" or (password is not None and user is None):
        raise SipSyntaxError("user is missing", "Set it, or leave out both user and password")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    return Uri(scheme, user, host, _port(parts.get("port")), params, _headers(parts.get("headers")), password)


def _text(parts: t.Mapping[str, t.Any], name: str) -> str | None:
    value = parts.get(name)
    return None if value is None else _plain(value, name)


def _plain(value: t.Any, name: str) -> str:
    """Text of a part. YAML reads 1001 as a number."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise SipSyntaxError(f"{name} is a value of type {type(value).__name__}", "Write it as text, in quotes")
    if _NO_UTF8.search(str(value)):
        raise SipSyntaxError(f"{name} has a character that UTF-8 cannot carry", "Remove it")
    return str(value)


def _port(value: t.Any) -> int | None:
    if value is None or value == "":
        return None
    text = "" if isinstance(value, bool) else str(value)
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise SipSyntaxError(f"port is {value!r}", "Set it to a number from 1 to 65535")
    return int(text)


def _params(given: t.Any) -> list[tuple[str, str | None]]:
    if not given:
        return []
    if not isinstance(given, t.Mapping):
        raise SipSyntaxError(f"params is {given!r}", "Write a mapping of names to values, null for a flag such as lr")
    return [
        (_name(name, "params"), None if value is None else _plain(value, f"params.{name}"))
        for name, value in given.items()
    ]


def _headers(given: t.Any) -> list[tuple[str, str]]:
    if not given:
        return []
    if isinstance(given, t.Mapping):
        return [(_name(name, "headers"), _plain(value, f"headers.{name}")) for name, value in given.items()]
    if not isinstance(given, t.Sequence) or isinstance(given, str):
        raise SipSyntaxError(f"headers is {given!r}", "Write a list of mappings of name and value")
    return [_header(header, f"headers[{index}]") for index, header in enumerate(given)]


def _header(header: t.Any, where: str) -> tuple[str, str]:
    if not isinstance(header, t.Mapping) or set(header) != {"name", "value"}:
        raise SipSyntaxError(f"{where} is {header!r}", "Write a mapping of name and value")
    return _name(header["name"], where), _plain(header["value"], f"{where}.value")


def _name(name: t.Any, where: str) -> str:
    if not isinstance(name, str) or not name or name != name.strip():
        raise SipSyntaxError(f"{where} has the name {name!r}", "Write the name as text, without blanks around it")
    return _plain(name, where)
