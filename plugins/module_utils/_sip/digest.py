# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Digest authentication: reading the challenges of an answer, and answering one of them.

RFC 3261 section 22, RFC 2617, RFC 7616 (HTTP's digest) and RFC 8760 (SHA-256 and SHA-512/256 in SIP).

A phone chooses the text of its challenge. What cannot travel back through t_uac_dlg makes a challenge that cannot be
answered, see problem(); what is too long or too much is not looked at.
userhash is ignored, as RFC 7616 allows: phones know their user. All text is UTF-8, as everywhere in SIP, with charset or without.
"""

import functools
import hashlib
import os
import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import canonical, header_text
from ansible_collections.community.opensips.plugins.module_utils._sip.text import TOKEN

MD5 = "MD5"
SHA_256 = "SHA-256"
SHA_512_256 = "SHA-512-256"
# {algorithm: its names in hashlib}, the strongest first; Python before 3.8 hands a name on to OpenSSL, which writes a hyphen
_HASHLIB = {SHA_512_256: ("sha512_256", "sha512-256"), SHA_256: ("sha256",), MD5: ("md5",)}
ALGORITHMS = tuple(_HASHLIB)
# hexadecimal digits of an HA1
HA1_DIGITS = {MD5: 32, SHA_256: 64, SHA_512_256: 64}
# {option or column: algorithm}, as the table subscriber calls an HA1 of each
HA1_NAMES = {"ha1": MD5, "ha1_sha256": SHA_256, "ha1_sha512t256": SHA_512_256}
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]+\Z")
_SESSION = "-SESS"
# {algorithm in upper case: as it is written}
_KNOWN = {(name + session).upper(): name + session for name in ALGORITHMS for session in ("", "-sess")}

AUTH = "auth"
AUTH_INT = "auth-int"

# A datagram holds no more, and no phone sends so many challenges or such long values: 3.x and later read 4,096 bytes of a FIFO.
_MOST_TEXT = 65536
_MOST_CHALLENGES = 16
_MOST_VALUE = 1024

_HEADERS = {"www-authenticate": False, "proxy-authenticate": True}
_FOLD = re.compile("\r?\n[ \t]+")
_LINE_END = re.compile("\r?\n")
# name, quoted value, plain value of a parameter; or a scheme; or what nobody can read, such as the token68 of Basic
_ELEMENT = re.compile(
    rf'[\s,]*(?:({TOKEN})\s*=\s*(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s,"=]+))|({TOKEN})(?=[\s,]|\Z)|([^\s,]+))', re.DOTALL
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# what stands for bytes that are no text
_REPLACED = "\ufffd"


class AlgorithmMissing(SipError):
    """Python on the host cannot compute a hash that the credentials require."""

    remedy = "Install OpenSSL 1.1.1 or later and a Python that uses it, or use another hash or the password."


class Challenge(NamedTuple):
    """One Digest challenge.

    realm, nonce: str, without quotes and escapes. algorithm: one of ALGORITHMS, perhaps with "-sess", or another one as the
    phone wrote it. qop: tuple of what is offered (AUTH, AUTH_INT and others in lower case). opaque: str or None.
    stale: whether the credentials were right and only the nonce is too old. is_proxy: whether it asks for Proxy-Authorization.
    """

    realm: str
    nonce: str
    algorithm: str = MD5
    qop: Tuple[str, ...] = ()
    opaque: Optional[str] = None
    stale: bool = False
    is_proxy: bool = False

    @property
    def hash(self) -> str:
        """The algorithm without "-sess" (str)."""
        return self.algorithm[: -len(_SESSION)] if self.is_session else self.algorithm

    @property
    def is_session(self) -> bool:
        return self.algorithm.upper().endswith(_SESSION)


class Secret:
    """What an account proves itself with.

    username: str. password: str or None. ha1: {one of ALGORITHMS: hexadecimal H(username:realm:password)}, for realm alone.
    realm: str, or None without ha1.
    """

    __slots__ = ("username", "password", "ha1", "realm")

    def __init__(
        self,
        username: str,
        password: Optional[str] = None,
        ha1: Optional[Dict[str, str]] = None,
        realm: Optional[str] = None,
    ) -> None:
        self.username = username
        self.password = password
        self.ha1 = ha1 or {}
        self.realm = realm

    @property
    def texts(self) -> List[str]:
        """What nobody may see (list of str)."""
        return [*self.ha1.values(), *([] if self.password is None else [self.password])]

    def knows(self, challenge: Challenge) -> bool:
        """Whether this secret has what the realm and the algorithm of a Challenge require."""
        return self.password is not None or (challenge.realm == self.realm and challenge.hash in self.ha1)

    def ha1_for(self, challenge: Challenge) -> str:
        """H(username:realm:password) as hexadecimal digits, for a Challenge that this secret knows()."""
        if challenge.realm == self.realm and challenge.hash in self.ha1:
            return self.ha1[challenge.hash].lower()
        return hash_text(challenge.hash, f"{self.username}:{challenge.realm}:{self.password}")


# Hashes


def is_ha1(text: str, algorithm: str) -> bool:
    """Whether a text looks like an HA1. algorithm: one of ALGORITHMS."""
    return len(text) == HA1_DIGITS[algorithm] and _HEXADECIMAL.match(text) is not None


def hash_text(algorithm: str, text: str) -> str:
    """The hash of a text in UTF-8 as hexadecimal digits. algorithm: one of ALGORITHMS. Raises AlgorithmMissing."""
    data = text.encode("utf-8", "surrogatepass")
    for name in _HASHLIB[algorithm]:
        try:
            try:
                # on hosts in FIPS mode: MD5 is what SIP's digest wants
                return hashlib.new(name, data, usedforsecurity=False).hexdigest()
            except TypeError:
                return hashlib.new(name, data).hexdigest()
        except ValueError:
            pass
    raise AlgorithmMissing(
        f"Python on this host cannot compute {algorithm}", "Install OpenSSL 1.1.1 or later and a Python that uses it"
    )


@functools.lru_cache(maxsize=None)
def is_computable(algorithm: str) -> bool:
    """Whether Python on this host has one of ALGORITHMS."""
    try:
        hash_text(algorithm, "")
    except AlgorithmMissing:
        return False
    return True


# Reading challenges


def parse_challenges(message: str) -> List[Challenge]:
    """The Digest challenges of the WWW-Authenticate and Proxy-Authenticate headers of an answer, in their order.

    message: the headers of the answer, perhaps with a first line before and a body after them. Other schemes, and challenges
    that are broken or have no realm or no nonce, are left out. Never raises.
    """
    found: List[Challenge] = []
    head = message[:_MOST_TEXT].lstrip("\r\n")
    for line in _LINE_END.split(_FOLD.sub(" ", head)):
        if not line or len(found) >= _MOST_CHALLENGES:
            break
        if line[0] not in "WwPp":
            continue
        name, _colon, value = line.partition(":")
        is_proxy = _HEADERS.get(canonical(name.strip()))
        if is_proxy is not None:
            challenges = (_challenge(params, is_proxy) for params in _digests(value))
            found.extend(challenge for challenge in challenges if challenge is not None)
    return found[:_MOST_CHALLENGES]


def _digests(value: str) -> Iterator[Dict[str, str]]:
    """Yield the parameters, {name in lower case: value}, of each whole Digest challenge in the value of one header."""
    for scheme, params in _schemes(value):
        if scheme == "digest" and params is not None:
            yield params


def _schemes(value: str) -> Iterator[Tuple[str, Optional[Dict[str, str]]]]:
    """Yield (scheme in lower case, parameters, or None of a broken challenge) of each challenge in the value of one header.

    Commas separate challenges as well as parameters: a word that no "=" follows begins a challenge.
    """
    scheme = ""
    params: Optional[Dict[str, str]] = None
    for element in _ELEMENT.finditer(value):
        name, quoted, plain, begun, unreadable = element.groups()
        if begun is not None:
            yield scheme, params
            scheme, params = begun.lower(), {}
        elif unreadable is not None:
            params = None
            if '"' in unreadable:
                # a text without its end: nobody knows where anything begins after it
                return
        elif params is not None:
            params.setdefault(name.lower(), plain if quoted is None else _ESCAPED.sub(r"\1", quoted))
    yield scheme, params


def _challenge(params: Dict[str, str], is_proxy: bool) -> Optional[Challenge]:
    """The Challenge of the parameters of a header; None if it is none that anybody could answer."""
    if "realm" not in params or not params.get("nonce") or any(len(text) > _MOST_VALUE for text in params.values()):
        return None
    return Challenge(
        realm=params["realm"],
        nonce=params["nonce"],
        algorithm=_KNOWN.get(params.get("algorithm", MD5).upper(), params.get("algorithm", MD5)),
        qop=tuple(word for word in re.split(r"[\s,]+", params.get("qop", "").lower()) if word),
        opaque=params.get("opaque"),
        stale=params.get("stale", "").lower() == "true",
        is_proxy=is_proxy,
    )


def problem(challenge: Challenge) -> Optional[str]:
    """Why nobody can answer a Challenge through t_uac_dlg (a clause, str), or None."""
    if challenge.hash not in ALGORITHMS:
        return f"the algorithm {challenge.algorithm} is not supported"
    if not is_computable(challenge.hash):
        return f"Python on this host cannot compute {challenge.hash}"
    for name, text in (("realm", challenge.realm), ("nonce", challenge.nonce), ("opaque", challenge.opaque)):
        if text is not None and not is_sendable(text):
            return f"its {name} has characters that cannot be sent back through t_uac_dlg"
    return None


# realms and opaques repeat from phone to phone
@functools.lru_cache(maxsize=1024)
def is_sendable(text: str) -> bool:
    """Whether a text can stand in quotes in a header of t_uac_dlg as it is."""
    if "!" in text or _REPLACED in text:
        # the server would write !! as its address
        return False
    try:
        header_text("Authorization", _quoted(text))
    except SipError:
        return False
    return True


# Answering one


def answer(
    challenge: Challenge,
    secret: Secret,
    method: str,
    uri: str,
    body: str = "",
    cnonce: Optional[str] = None,
    count: int = 1,
) -> Tuple[str, str]:
    """(name, value) of the header that answers a Challenge.

    secret: a Secret that knows() the challenge. method, uri: of the request line. body: as it is sent, with its line ends.
    cnonce: hexadecimal digits, made if None. count: how many requests with this nonce there were, this one included.
    Raises SipError for what problem() finds, and for a URI that no header can have; without the secret in its text.
    """
    found = problem(challenge)
    if found is not None:
        raise SipError(f"the challenge for the realm {challenge.realm!r} cannot be answered: {found}")
    for name, text in (("address", uri), ("username", secret.username)):
        if not is_sendable(text):
            raise SipError(f"the challenge cannot be answered: the {name} has characters that t_uac_dlg cannot send")
    name, value = authorization(challenge, secret, method, uri, body, cnonce, count)
    return name, header_text(name, value)


def authorization(
    challenge: Challenge,
    secret: Secret,
    method: str,
    uri: str,
    body: str = "",
    cnonce: Optional[str] = None,
    count: int = 1,
) -> Tuple[str, str]:
    """The same header for a request that does not go through t_uac_dlg: what that cannot send is not looked at.

    The algorithm must be one of ALGORITHMS, perhaps with "-sess". Raises AlgorithmMissing.
    """
    cnonce = os.urandom(8).hex() if cnonce is None else cnonce
    qop = _qop(challenge)
    nonce_count = f"{count:08x}"
    params = [
        ("username", _quoted(secret.username)),
        ("realm", _quoted(challenge.realm)),
        ("nonce", _quoted(challenge.nonce)),
        ("uri", _quoted(uri)),
        ("response", _quoted(_response(challenge, secret, (method, uri, body), (qop, nonce_count, cnonce)))),
        ("algorithm", challenge.algorithm),
    ]
    if challenge.opaque is not None:
        params.append(("opaque", _quoted(challenge.opaque)))
    if qop is not None:
        params += [("qop", qop), ("nc", nonce_count)]
    if qop is not None or challenge.is_session:
        params.append(("cnonce", _quoted(cnonce)))
    name = "Proxy-Authorization" if challenge.is_proxy else "Authorization"
    return name, "Digest " + ", ".join(f"{key}={text}" for key, text in params)


def _qop(challenge: Challenge) -> Optional[str]:
    """AUTH, or AUTH_INT where only that is offered; None for none, as in RFC 2069."""
    return next((qop for qop in (AUTH, AUTH_INT) if qop in challenge.qop), None)


def _response(
    challenge: Challenge, secret: Secret, request: Tuple[str, str, str], protection: Tuple[Optional[str], str, str]
) -> str:
    """The response (RFC 7616 section 3.4.1). request: method, URI and body. protection: qop, nonce count and cnonce."""
    method, uri, body = request
    qop, nonce_count, cnonce = protection

    def hashed(*parts: str) -> str:
        return hash_text(challenge.hash, ":".join(parts))

    ha1 = secret.ha1_for(challenge)
    if challenge.is_session:
        ha1 = hashed(ha1, challenge.nonce, cnonce)
    ha2 = hashed(method, uri, hashed(body)) if qop == AUTH_INT else hashed(method, uri)
    if qop is None:
        return hashed(ha1, challenge.nonce, ha2)
    return hashed(ha1, challenge.nonce, nonce_count, cnonce, qop, ha2)


def _quoted(text: str) -> str:
    """A quoted-string (RFC 3261 section 25.1)."""
    escaped = re.sub(r'([\\"])', r"\\\1", text)
    return f'"{escaped}"'
