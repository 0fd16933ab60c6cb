# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""SIP, SIPS and tel URIs, and addresses of record (RFC 3261 sections 19 and 25, RFC 3966).

Reading is tolerant, as location tables hold what phones once wrote; what a person hands in for sending is checked strictly.
"""

import re
from functools import lru_cache
from typing import Any, Iterable, List, Optional, Sequence, Tuple
from urllib.parse import quote, unquote_to_bytes

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.text import refuse_control_characters

# RFC 3261 section 25.1; letters, digits and "_.-~" are added by quote()
_MARK = "-_.!~*'()"
_IN_USER = f"{_MARK}&=+$,;?/"
IN_PASSWORD = f"{_MARK}&=+$,"
_IN_PARAM = f"{_MARK}[]/:&+$"
_IN_HEADER = f"{_MARK}[]/?:+$"

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(.*)", re.DOTALL)
_HOSTPORT_END = re.compile("[;?]")
_PORT = re.compile("[0-9]{1,5}")
# the underscore is no letter of a DNS host name, but of many names that resolve
_HOSTNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_\-.]*[A-Za-z0-9])?\.?")
_LOOKS_IPV4 = re.compile(r"[0-9.]+")
_TEL_NUMBER = re.compile(r"\+[\-.()]*[0-9][0-9\-.()]*|[0-9A-Fa-f*#\-.()]+")
# Characters of a URI: OpenSIPS keeps 1,024 at most, and its tables 255.
_MAX_LENGTH = 4096
# parameters that compare_uris() of OpenSIPS wants equal in both
_WITH_MEANING = frozenset("transport ttl user maddr method lr r2 gr pn-provider pn-prid pn-param pn-purr".split())
_BREAKS_A_REQUEST = re.compile(r"[\s<>\"]")
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


def escape(text: str, allowed: str) -> str:
    """Percent-escape what is neither a letter, a digit nor in ``allowed``."""
    return quote(text, safe=allowed, errors="surrogateescape")


def unescape(text: str) -> str:
    """Undo percent-escapes; a broken one stays as it is, bytes that are no UTF-8 become surrogates."""
    if "%" not in text:
        return text
    return unquote_to_bytes(text).decode("utf-8", "surrogateescape")


def _pairs_text(pairs: Iterable[Tuple[str, Optional[str]]], separator: str, allowed: str) -> str:
    return separator.join(
        escape(name, allowed) if value is None else f"{escape(name, allowed)}={escape(value, allowed)}"
        for name, value in pairs
    )


def find_param(pairs: Iterable[Tuple[str, Optional[str]]], name: str, default: Optional[str] = None) -> Optional[str]:
    """Value of ``name`` (any case) among (name, value) pairs, "" for a flag."""
    name = name.lower()
    for key, value in pairs:
        if key.lower() == name:
            return "" if value is None else value
    return default


class Uri:
    """A sip, sips or tel URI, taken apart. All parts are unescaped; ``str()`` escapes them again. Not to be changed.

    scheme    "sip", "sips" or "tel"
    user      str or None (of a tel URI: the number)
    password  str or None
    host      str; an IPv6 address without its brackets; "" for tel
    port      int or None
    params    list of (name, value), value None for a flag such as ``lr``
    headers   list of (name, value)
    """

    __slots__ = ("scheme", "user", "password", "host", "port", "params", "headers")

    def __init__(
        self,
        scheme: str,
        user: Optional[str],
        host: str,
        port: Optional[int] = None,
        params: Iterable[Tuple[str, Optional[str]]] = (),
        headers: Iterable[Tuple[str, Optional[str]]] = (),
        password: Optional[str] = None,
    ) -> None:
        self.scheme = scheme
        self.user = user
        self.password = password
        self.host = host
        self.port = port
        self.params = list(params)
        self.headers = list(headers)

    def param(self, name: str, default: Optional[str] = None) -> Optional[str]:
        """Value of the parameter ``name`` (any case), "" for a flag, ``default`` when it is not there."""
        return find_param(self.params, name, default)

    @property
    def hostport(self) -> str:
        """Host and port as they stand in the URI, e.g. ``[2001:db8::1]:5060``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def bare(self) -> "Uri":
        """The same user at the same host: without password, port, parameters and headers. Fit for From and To."""
        return Uri(self.scheme, self.user, self.host, params=self.params if self.scheme == "tel" else ())

    def __str__(self) -> str:
        params = "".join(f";{_pairs_text([pair], '', _IN_PARAM)}" for pair in self.params)
        if self.scheme == "tel":
            return f"tel:{self.user}{params}"
        userinfo = ""
        if self.user is not None:
            userinfo = escape(self.user, _IN_USER)
            if self.password is not None:
                userinfo += f":{escape(self.password, IN_PASSWORD)}"
            userinfo += "@"
        headers = f"?{_pairs_text([(n, v or '') for n, v in self.headers], '&', _IN_HEADER)}" if self.headers else ""
        return f"{self.scheme}:{userinfo}{self.hostport}{params}{headers}"

    def __repr__(self) -> str:
        return f"Uri({str(self)!r})"

    def _key(self) -> Tuple[Any, ...]:
        # RFC 3261 section 19.1.4: host and parameter names ignore case, the user does not; order of parameters is no matter
        params = sorted((name.lower(), value or "") for name, value in self.params)
        headers = sorted((name.lower(), value or "") for name, value in self.headers)
        return (self.scheme, self.user, self.password, self.host.lower(), self.port, tuple(params), tuple(headers))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Uri) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def is_same_contact(self, other: "Uri") -> bool:
        """Whether usrloc of 3.1 and later takes two contacts for one (parser/parse_uri.c compare_uris(), RFC 3261 section 19.1.4).

        Parameters may stand in any order, and one that the server gives no meaning may be missing in one of the two; so two
        contacts that are each the same as a third need not be the same.
        """
        if (self.scheme, self.user, self.password, self.host.lower(), self.port) != (
            other.scheme, other.user, other.password, other.host.lower(), other.port
        ):  # fmt: skip
            return False
        ours, theirs = ({name.lower(): (value or "").lower() for name, value in uri.params} for uri in (self, other))
        return all(
            ours.get(name) == theirs.get(name)
            if name in _WITH_MEANING
            else name not in ours or name not in theirs or ours[name] == theirs[name]
            for name in set(ours) | set(theirs)
        )


@lru_cache(maxsize=1024)
def parse_uri(text: str) -> Uri:
    """Read a URI tolerantly; SipSyntaxError when no scheme or host can be made out of it."""
    if not isinstance(text, str):
        raise SipSyntaxError(f"a SIP URI must be a string, not {type(text).__name__}")
    text = text.strip(" \t\r\n")
    if len(text) > _MAX_LENGTH:
        raise SipSyntaxError(f"the URI {text[:60]!r}... has {len(text)} characters", f"Write at most {_MAX_LENGTH}")
    refuse_control_characters(f"the URI {text!r}", text)
    if not text:
        raise SipSyntaxError("the URI is empty", "Write it like sip:user@host")
    match = _SCHEME.match(text)
    scheme, rest = (match.group(1).lower(), match.group(2)) if match else ("", "")
    if scheme == "tel":
        return _parse_tel(text, rest)
    if scheme not in ("sip", "sips"):
        raise SipSyntaxError(f"the URI {text!r} does not begin with sip:, sips: or tel:", "Write it like sip:user@host")
    userinfo, at, rest = rest.rpartition("@")
    user = password = None
    if at:
        user, colon, password = userinfo.partition(":")
        user = unescape(user)
        password = unescape(password) if colon else None
    host, port, rest = _parse_hostport(text, rest)
    params, _dummy, headers = rest.partition("?")
    return Uri(scheme, user, host, port, _parse_pairs(params, ";"), _parse_pairs(headers, "&"), password)


def _parse_tel(text: str, rest: str) -> Uri:
    number, _dummy, params = rest.partition(";")
    if not _TEL_NUMBER.fullmatch(number):
        raise SipSyntaxError(f"the tel URI {text!r} has no telephone number", "Write it like tel:+4930123456")
    return Uri("tel", number, "", params=_parse_pairs(params, ";"))


def _parse_hostport(text: str, rest: str) -> Tuple[str, Optional[int], str]:
    """(host, port or None, what follows)"""
    if rest.startswith("["):
        host, bracket, rest = rest[1:].partition("]")
        if not bracket:
            raise SipSyntaxError(f"the IPv6 address in {text!r} has no closing bracket")
        behind, rest = _cut(rest)
        if behind and not behind.startswith(":"):
            raise SipSyntaxError(f"{behind!r} follows the IPv6 address in {text!r}")
        port = behind[1:] if behind else None
        _check_ipv6(text, host)
    else:
        hostport, rest = _cut(rest)
        if hostport.count(":") > 1:
            raise SipSyntaxError(
                f"the host in {text!r} looks like an IPv6 address without brackets",
                "Write it like sip:user@[2001:db8::1]:5060",
            )
        host, colon, behind = hostport.partition(":")
        port = behind if colon else None
        if not host:
            raise SipSyntaxError(f"the URI {text!r} has no host", "Write it like sip:user@host")
    return host, None if port is None else _parse_port(text, port), rest


def _cut(rest: str) -> Tuple[str, str]:
    """What stands before the parameters and headers, and those."""
    match = _HOSTPORT_END.search(rest)
    return (rest[: match.start()], rest[match.start() :]) if match else (rest, "")


def _parse_port(text: str, port: str) -> Optional[int]:
    if not _PORT.fullmatch(port) or not 0 < int(port) < 65536:
        raise SipSyntaxError(f"the port {port!r} in {text!r} is not a number from 1 to 65535")
    return int(port)


def _check_ipv6(text: str, host: str) -> None:
    from ipaddress import AddressValueError, IPv6Address

    try:
        if "%" in host:  # newer Pythons take a zone, SIP has none
            raise AddressValueError(host)
        IPv6Address(host)
    except AddressValueError:
        raise SipSyntaxError(f"{host!r} in {text!r} is not an IPv6 address") from None


def _parse_pairs(text: str, separator: str) -> List[Tuple[str, Optional[str]]]:
    if not text:
        return []
    pairs = []
    for part in text.split(separator):
        name, equals, value = part.partition("=")
        if name.strip():
            pairs.append((unescape(name.strip()), unescape(value) if equals else None))
    return pairs


def validate_contact(text: str) -> str:
    """Check a contact that a phone registered, to be used as it is in a request; returns it unchanged.

    Refuses only what would break a request, so that an odd but working contact stays reachable.
    """
    uri = parse_uri(text)
    odd = _BREAKS_A_REQUEST.search(text)
    if odd:
        raise SipSyntaxError(f"the URI {text!r} contains {_describe(odd.group())}", "Escape it, e.g. %20 for a space")
    if uri.scheme == "tel":
        raise SipSyntaxError(f"the URI {text!r} has no host to send to", "Use a sip: URI, or set next_hop")
    return text


def _describe(char: str) -> str:
    return "white space" if char.isspace() else f"the character {char}"


def validate_uri(text: str, schemes: Sequence[str] = ("sip", "sips")) -> str:
    """Check a URI strictly against RFC 3261; returns it unchanged, raises SipSyntaxError with the reason.

    ``schemes`` says which are welcome, of "sip", "sips" and "tel".
    """
    check_uri(parse_uri(text), text, schemes)
    return text


def check_uri(uri: Uri, text: str, schemes: Sequence[str]) -> None:
    """validate_uri for a ``text`` that has already been read as ``uri``."""
    if uri.scheme not in schemes:
        raise SipSyntaxError(f"the URI {text!r} has the scheme {uri.scheme}", f"Use {' or '.join(schemes)}")
    odd = _BREAKS_A_REQUEST.search(text)
    if odd:
        raise SipSyntaxError(f"the URI {text!r} contains {_describe(odd.group())}", "Escape it, e.g. %20 for a space")
    if _BAD_ESCAPE.search(text):
        raise SipSyntaxError(
            f"a % in {text!r} is not followed by two hexadecimal digits", "Write a percent sign itself as %25"
        )
    if uri.scheme != "tel":
        _validate_host(text, uri.host)
        _validate_parts(text)


def _validate_host(text: str, host: str) -> None:
    if ":" in host:
        return  # IPv6, already checked
    if not _HOSTNAME.fullmatch(host) or ".." in host:
        raise SipSyntaxError(f"{host!r} in {text!r} is not a host name")
    if _LOOKS_IPV4.fullmatch(host):
        octets = host.split(".")
        if len(octets) != 4 or any(len(octet) > 3 or int(octet or 256) > 255 for octet in octets):
            raise SipSyntaxError(f"{host!r} in {text!r} is not an IPv4 address")


def _characters(allowed: str, more: str = "") -> Any:
    return re.compile(f"[A-Za-z0-9{re.escape(allowed + more)}%]*")


_STRICT_USER = _characters(_IN_USER)
_STRICT_PASSWORD = _characters(IN_PASSWORD)
_STRICT_PARAMS = _characters(_IN_PARAM, ";=")
_STRICT_HEADERS = _characters(_IN_HEADER, "&=")


def _validate_parts(text: str) -> None:
    """Each part of the text as written must use the characters that its grammar rule has."""
    userinfo, at, rest = text.partition(":")[2].rpartition("@")
    user, _colon, password = userinfo.partition(":")
    if at and not user:
        raise SipSyntaxError(f"the URI {text!r} has an @ but no user before it")
    params, _dummy, headers = rest.partition("?")
    params = params.partition(";")[2]
    for what, part, pattern in (
        ("user", user, _STRICT_USER),
        ("password", password, _STRICT_PASSWORD),
        ("parameters", params, _STRICT_PARAMS),
        ("headers", headers, _STRICT_HEADERS),
    ):
        if not pattern.fullmatch(part):
            odd = part[pattern.match(part).end()]
            raise SipSyntaxError(f"the {what} of {text!r} must not contain {odd}", f"Write it as {escape(odd, '')}")
    if params and not all(part.partition("=")[0] for part in params.split(";")):
        raise SipSyntaxError(f"the URI {text!r} has a parameter without a name")


def split_aor(aor: str) -> Tuple[str, Optional[str]]:
    """(user, domain) of an AOR: ``user``, ``user@domain`` or ``sip:user@domain``; the domain is "" when it has none.

    Without a scheme the text is taken as it stands in the location table, where OpenSIPS keeps the user unescaped.
    """
    if not isinstance(aor, str):
        raise SipSyntaxError(f"an AOR must be a string, not {type(aor).__name__}")
    refuse_control_characters(f"the AOR {aor!r}", aor)
    if re.match("sips?:", aor, re.IGNORECASE):
        uri = parse_uri(aor)
        user, domain = uri.user or "", uri.hostport
    else:
        user, at, domain = aor.strip().rpartition("@")
        if not at:
            user, domain = domain, ""
    if not user:
        raise SipSyntaxError(f"the AOR {aor!r} has no user", "Write it like user@domain")
    return user, domain


def aor_uri(aor: str, domain: Optional[str] = None) -> str:
    """The sip: URI of an AOR; ``domain`` completes one that is a bare user (SipSyntaxError when neither has one)."""
    user, own_domain = split_aor(aor)
    domain = own_domain or domain
    if not domain:
        raise SipSyntaxError(f"the AOR {aor!r} has no domain", f"Write it like {user}@example.com, or give the domain")
    return validate_uri(f"sip:{escape(user, _IN_USER)}@{domain}")
