# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Phones that ask for credentials, and check them by themselves (RFC 3261 22, RFC 2617, RFC 7616, RFC 8760)."""

import hashlib
import itertools
import re
from dataclasses import dataclass

from . import sip

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256, "SHA-512-256": lambda data: hashlib.new("sha512_256", data)}
ALWAYS = -1
_PARAMETER = re.compile(r'\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)')
_ESCAPED = re.compile(r"\\(.)")


@dataclass
class Demand:
    """What a phone asks for.

    algorithms: of its challenges, one challenge each. qop: as in a challenge, "" for none (RFC 2069). code: 401 or 407.
    realms: one challenge each. stale: how many right answers in a row it calls stale, ALWAYS for all. refusal: the code for wrong
    credentials. username: None for the phone's user. scheme: of the challenge. opaque: what is to be sent back.
    then: code of a second party that asks, once the first is content, or 0. forge: header of the answer that is not the
    request's ("call-id", "cseq", "from"). echo: the reason of a refusal repeats the digest that came, also in
    upper case.
    strongest: it takes no other than the strongest of its algorithms. only: the one of its realms that it takes, or "".
    """

    algorithms: tuple = ("MD5",)
    qop: str = "auth"
    code: int = 401
    realms: tuple = ("phone",)
    stale: int = 0
    refusal: int = 403
    username: str = None
    password: str = "secret"
    scheme: str = "Digest"
    opaque: str = 'op"que'
    nonce: str = ""
    then: int = 0
    forge: str = ""
    echo: bool = False
    strongest: bool = False
    only: str = ""


class Unacceptable(Exception):
    """A request that no client should have sent."""


class Doorkeeper:
    """Asks for credentials and checks them, for one phone. counts: dict of the farm, how often which verdict came."""

    def __init__(self, user, demand, counts, faults):
        self.user = user
        self.demand = demand
        self._counts = counts
        self._faults = faults
        # {nonce: (realm, algorithm, code, Call-ID, From tag, CSeq)}
        self._nonces = {}
        self._numbers = itertools.count(1)
        # {Call-ID: right answers that were called stale}
        self._called_stale = {}

    def judge(self, message):
        """(code, further headers) of the answer; 200 lets it in."""
        try:
            return self._judge(message)
        except Unacceptable as fault:
            self._count("unacceptable")
            self._faults.append(f"{self.user}: {fault}")
            return 400, ()

    def _judge(self, message):
        codes = [self.demand.code, *([self.demand.then] if self.demand.then else [])]
        given = {401: _all(message, "authorization"), 407: _all(message, "proxy-authorization")}
        for code in codes:
            if not given[code]:
                self._count("challenged")
                return code, self._challenges(message, code)
        for code in codes:
            verdict = self._check(message, code, given[code])
            if verdict == "stale":
                self._count("stale")
                return code, self._challenges(message, code, stale=True)
            if verdict == "wrong":
                self._count("refused")
                refusal = self.demand.refusal
                return refusal, self._challenges(message, refusal) if refusal in (401, 407) else ()
        self._count("authenticated")
        return 200, ()

    def _count(self, verdict):
        self._counts[verdict] = self._counts.get(verdict, 0) + 1

    def _challenges(self, message, code, stale=False):
        name = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
        if self.demand.scheme != "Digest":
            return [(name, f'{self.demand.scheme} realm="{self.demand.realms[0]}"')]
        headers = []
        for realm in self.demand.realms:
            for algorithm in self.demand.algorithms:
                nonce = f"{self.demand.nonce}{self.user}x{next(self._numbers)}"
                self._nonces[nonce] = (realm, algorithm, code, *_call(message))
                parts = [f"realm={_quote(realm)}", f"nonce={_quote(nonce)}"]
                if self.demand.qop:
                    parts.append(f'qop="{self.demand.qop}"')
                if self.demand.opaque:
                    parts.append(f"opaque={_quote(self.demand.opaque)}")
                if stale:
                    parts.append("stale=TRUE")
                if algorithm != "MD5" or len(self.demand.algorithms) > 1:
                    parts.append(f"algorithm={algorithm}")
                headers.append((name, "Digest " + ", ".join(parts)))
        return headers

    def _check(self, message, code, values):
        """right, stale or wrong. Raises Unacceptable."""
        if len(values) > 1:
            raise Unacceptable(f"{len(values)} answers to one party")
        scheme, _blank, rest = values[0].partition(" ")
        if scheme.lower() != "digest":
            raise Unacceptable(f"the scheme {scheme}")
        given = _parameters(rest)
        issued = self._nonces.get(given.get("nonce", ""))
        if issued is None:
            raise Unacceptable("a nonce that was not issued")
        realm, algorithm, asked, call_id, tag, cseq = issued
        if (given.get("realm"), asked) != (realm, code):
            raise Unacceptable("the realm of another challenge")
        self._check_fields(message, given, algorithm)
        if self.demand.only and realm != self.demand.only:
            return "wrong"
        later = _call(message)
        # with a second party the answer to the first goes along once more
        steps = 1 if not self.demand.then else later[2] - cseq
        if later[:2] != (call_id, tag) or later[2] != cseq + steps or steps < 1:
            raise Unacceptable(f"Call-ID, tag and CSeq {later} after {(call_id, tag, cseq)}")
        if given.get("username") != (self.demand.username or self.user):
            return "wrong"
        if given.get("response") != self._response(given, message, realm, algorithm):
            return "wrong"
        called_stale = self._called_stale.setdefault(later[0], 0)
        if self.demand.stale == ALWAYS or called_stale < self.demand.stale:
            self._called_stale[later[0]] += 1
            return "stale"
        return "right"

    def _check_fields(self, message, given, algorithm):
        if given.get("algorithm", "MD5").upper() != algorithm.upper():
            raise Unacceptable(f"the algorithm {given.get('algorithm')} for {algorithm}")
        if self.demand.strongest and algorithm != self.demand.algorithms[-1]:
            raise Unacceptable(f"{algorithm}, a weaker one")
        if given.get("opaque", "") != self.demand.opaque:
            raise Unacceptable(f"the opaque {given.get('opaque')!r}")
        if given.get("uri") != message.first.split(" ")[1]:
            raise Unacceptable(f"the uri {given.get('uri')!r}")

    def _response(self, given, message, realm, algorithm):
        name, _mark, session = algorithm.partition("-sess")
        compute = HASHES[name.upper()]

        def h(*parts):
            return compute(b":".join(part if isinstance(part, bytes) else part.encode() for part in parts)).hexdigest()

        a1 = h(given["username"], realm, self.demand.password)
        if algorithm.lower().endswith("-sess"):
            a1 = h(a1, given["nonce"], given.get("cnonce", ""))
        qop = given.get("qop")
        a2 = [message.method, given["uri"]]
        if qop == "auth-int":
            a2.append(h(message.body))
        if not self.demand.qop:
            if qop is not None:
                raise Unacceptable("a qop that was not offered")
            return h(a1, given["nonce"], h(*a2))
        if qop not in [word.strip() for word in self.demand.qop.split(",")]:
            raise Unacceptable(f"the qop {qop}")
        if given.get("nc") != "00000001" or not given.get("cnonce"):
            raise Unacceptable(f"nc {given.get('nc')}, cnonce {given.get('cnonce')!r}")
        return h(a1, given["nonce"], given["nc"], given["cnonce"], qop, h(*a2))


def _all(message, name):
    return [value for key, value in message.headers if sip.canonical(key) == name]


def _call(message):
    """(Call-ID, From tag, number of CSeq) of a request."""
    tag = sip.header_param(sip.name_addr(message.get("from", ""))[2], "tag")
    return message.get("call-id"), tag, int(message.get("cseq", "0").split()[0])


def _quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _parameters(text):
    found, position = {}, 0
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None or match.group(1).lower() in found:
            raise Unacceptable(f"parameters that cannot be read at {text[position:]!r}")
        name, quoted, token = match.groups()
        found[name.lower()] = token if quoted is None else _ESCAPED.sub(r"\1", quoted)
        position = match.end()
    return found
