# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a TLS domain is given in PEM: read, brought into one form, and checked before anything is changed.

The checks are those of OpenSSL, as Python has it: a certificate and a key that it loads together, and a handshake in memory between
a server that has them and a client that believes the last certificate of the chain. So each certificate is verified with the key of
the next one, and its purpose is checked. Dates and names are compared here, because messages then say more. What the domain says of
ciphers and versions is checked by a second handshake.
"""

import contextlib
import hashlib
import os
import re
import ssl
import tempfile
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from ansible_collections.community.opensips.plugins.module_utils._errors import words_of
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import certificate
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import Record

_LARGEST_FILE = 1 << 20
_DAY = 86400.0
_KEY = re.compile(b"-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----.*?-----END \\1-----", re.DOTALL)
_DH = re.compile(b"-----BEGIN ((?:X9\\.42 )?DH PARAMETERS)-----.*?-----END \\1-----", re.DOTALL)
# X509_V_FLAG_PARTIAL_CHAIN, which Python names from 3.10 on
_PARTIAL_CHAIN = 0x80000
# X509_V_FLAG_NO_CHECK_TIME, which it does not name
_NO_CHECK_TIME = 0x200000
# Groups that OpenSSL has for a handshake, and OpenSIPS does not find: set_ec_params() of openssl_config.c makes an EC_KEY of the name
_NO_CURVES = re.compile(r"(?:X25519|X448|ffdhe[0-9]+)\Z")
# A cipher by its name, among the words and signs of a list (ciphers(1))
_CIPHER = re.compile(r"(?:TLS_)?[A-Z0-9]+(?:[-_][A-Z0-9]+)+\Z")
_ANY = "*"
# more than a handshake takes
_ROUNDS = 10


class Material(NamedTuple):
    """What a domain is given; PEM (bytes) or None.

    certificate: of the domain first, then those that lead to its authority. private_key, authorities, dh_params.
    """

    certificate: Optional[bytes]
    private_key: Optional[bytes]
    authorities: Optional[bytes]
    dh_params: Optional[bytes]


class Rules(NamedTuple):
    """What a domain says of its connections: ciphers (a list of OpenSSL), ec_curve, method (a TLS version, or a range); str or None.

    checks_dates: whether its certificates must be valid now. checks_chain: whether a peer must be able to verify them; otherwise only
    what keeps a server from starting is an error.
    """

    ciphers: Optional[str] = None
    ec_curve: Optional[str] = None
    method: Optional[str] = None
    checks_dates: bool = True
    checks_chain: bool = True


_NO_RULES = Rules()


def load(domain: Dict[str, Any]) -> Material:
    """The Material of a domain, an entry of the option domains (dict). Raises BadParameters that begins with the suboption."""
    chain = _given(domain, "certificate", _certificates)
    key = _given(domain, "private_key", _private_key)
    if (chain is None) != (key is None):
        lacking = "private_key or private_key_file" if key is None else "certificate or certificate_file"
        raise BadParameters(f"{lacking} is missing", "A certificate and its private key belong together: set both")
    return Material(chain, key, _given(domain, "ca", _authorities), _given(domain, "dh_params", _dh_params))


def describe(pem: Optional[bytes]) -> Optional[Dict[str, Any]]:
    """A certificate with its chain (PEM) as a result shows it: subject, issuer, subject_alt_names, not_before, not_after, sha256, chain."""
    try:
        return None if not pem else dict(describe_der(certificate.first_der(pem)), chain=(subjects(pem) or [])[1:])
    except certificate.NoCertificate:
        return None


def digest(data: bytes) -> str:
    """The SHA-256 of data in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def describe_der(der: bytes) -> Dict[str, Any]:
    """The same of DER."""
    record = certificate.read_der(der)
    chosen = {name: record[name] for name in ("subject", "issuer", "subject_alt_names", "not_before", "not_after")}
    return dict(chosen, sha256=digest(der))


def subjects(pem: Optional[bytes]) -> Optional[List[Optional[str]]]:
    """The subjects of all certificates of PEM, None if there is none."""
    if not pem:
        return None
    with contextlib.suppress(certificate.NoCertificate):
        return [certificate.parse_der(der)["subject"] for der in certificate.ders(pem)]
    return []


def check(material: Material, role: str, names: List[str], minimum_days: float, rules: Rules = _NO_RULES) -> List[str]:
    """Raise BadParameters unless a server can present the certificate; give what a peer may refuse (list of str).

    role: server or client. names: SIP domains that the certificate must have, patterns of OpenSIPS among them. minimum_days: that are
    left of its life.
    """
    warnings = _check_ciphers(rules.ciphers) + _check_curve(rules.ec_curve)
    if material.certificate is None or material.private_key is None:
        return warnings
    chain = [certificate.parse_der(der) for der in certificate.ders(material.certificate)]
    for number, record in enumerate(chain, 1):
        try:
            _check_dates(number, record, minimum_days)
        except BadParameters as error:
            if rules.checks_dates:
                raise
            warnings.append(error.message)
    disorder = _disorder(chain)
    if disorder and (rules.checks_chain or _is_key_of_another(material)):
        raise disorder
    warnings.extend([disorder.message] if disorder else [])
    _check_names(chain[0], names)
    return warnings + _check_handshake(material, role, rules)


def covers(record: Record, name: str) -> bool:
    """Whether a certificate (record) is for a host or SIP domain (RFC 6125, RFC 5922). A pattern needs the same pattern."""
    given = [text.partition(":")[2].lower() for text in record["subject_alt_names"] if text.startswith("DNS:")]
    uris = [text[4:].lower() for text in record["subject_alt_names"] if text.startswith("URI:sip")]
    if not given and not uris:
        given = [text.lower() for text in re.findall(r"(?:^|,)CN=([^,+\\]+)", record["subject"] or "")][:1]
    name = name.lower()
    return any(_is_for(pattern, name) for pattern in given) or any(uri.partition(":")[2] == name for uri in uris)


def _is_for(pattern: str, name: str) -> bool:
    if pattern == name:
        return True
    # one label, which is the first
    return pattern.startswith("*.") and "*" not in name and name.partition(".")[2] == pattern[2:]


def _given(domain: Dict[str, Any], option: str, form: Any) -> Optional[bytes]:
    """What an option, or the file that its neighbour names, holds, in the form that is stored."""
    path = domain[f"{option}_file"]
    if domain[option] is not None and path is not None:
        raise BadParameters(f"{option} and {option}_file are both set", "Remove one of them")
    if domain[option] is None and path is None:
        return None
    label = option if path is None else f"{option}_file {path}"
    data = domain[option].encode("utf-8", "surrogateescape") if path is None else _read(label, path)
    try:
        return bytes(form(data))
    except certificate.NoCertificate as error:
        raise BadParameters(f"{label}: {error}", "Use a file or text in PEM, from -----BEGIN on") from error


def _read(label: str, path: str) -> bytes:
    try:
        with os.fdopen(safe_file.open_input(path), "rb") as file:
            return file.read(_LARGEST_FILE)
    except OSError as error:
        raise BadParameters(
            f"{label} cannot be read: {error.strerror}",
            safe_file.remedy(
                error, "The file must be on the host that runs the task, and its user must be able to read it"
            ),
        ) from error


def _certificates(data: bytes) -> bytes:
    found = _whole(data)
    if not found:
        raise certificate.NoCertificate("it has no certificate in PEM")
    return _pem(found)


def _authorities(data: bytes) -> bytes:
    # OpenSSL before 1.1.1 refuses one that it has
    return _pem(list(dict.fromkeys(_whole(data)))) or _certificates(data)


def _whole(data: bytes) -> List[bytes]:
    """The certificates of PEM in DER. Raises NoCertificate if one cannot be read."""
    found = list(certificate.ders(data))
    for der in found:
        certificate.parse_der(der)
    return found


def _pem(found: List[bytes]) -> bytes:
    return "".join(ssl.DER_cert_to_PEM_cert(der) for der in found).encode("ascii")


def _private_key(data: bytes) -> bytes:
    match = _KEY.search(data)
    if match is None:
        raise certificate.NoCertificate("it has no private key in PEM")
    block = _lines(match.group())
    if b"ENCRYPTED" in block:
        # the server would ask its terminal
        raise certificate.NoCertificate("the private key has a pass phrase, for which a server would wait. Remove it")
    return block


def _dh_params(data: bytes) -> bytes:
    match = _DH.search(data)
    if match is None:
        raise certificate.NoCertificate("it has no DH parameters in PEM")
    return _lines(match.group())


def _lines(block: bytes) -> bytes:
    return b"\n".join(line.strip() for line in block.splitlines()) + b"\n"


def _check_dates(number: int, record: Record, minimum_days: float) -> None:
    now = time.time()
    named = "certificate" if number == 1 else f"certificate number {number} of the chain"
    if certificate.seconds_of(record["not_before"]) > now:
        raise BadParameters(
            f"{named}: {record['subject']} is not valid before {record['not_before']}",
            "Check the clocks of this host and of the authority, or wait",
        )
    days = (certificate.seconds_of(record["not_after"]) - now) / _DAY
    if days < 0:
        raise BadParameters(f"{named}: {record['subject']} ended at {record['not_after']}", "Renew it first")
    if number == 1 and days < minimum_days:
        raise BadParameters(
            f"{named}: {record['subject']} ends at {record['not_after']}, in {days:.1f} days, and"
            f" minimum_certificate_days is {minimum_days:g}",
            "Renew it first, or lower minimum_certificate_days",
        )


def _disorder(chain: List[Record]) -> Optional[BadParameters]:
    """What is wrong with the order of a chain."""
    for number, (record, issuer) in enumerate(zip(chain, chain[1:]), 2):
        if record["issuer"] != issuer["subject"]:
            return BadParameters(
                f"certificate: number {number} ({issuer['subject']}) did not issue number {number - 1}, whose issuer is"
                f" {record['issuer']}",
                "List the certificate of the domain first, then the one that issued it, and so on",
            )
    return None


def _is_key_of_another(material: Material) -> bool:
    """Whether the private key is not that of the first certificate, but of a later one."""
    for number, der in enumerate(certificate.ders(material.certificate or b"")):
        with contextlib.suppress(BadParameters):
            _context(material._replace(certificate=_pem([der])), ssl.PROTOCOL_TLS_SERVER, False)
            return number > 0
    return False


def _check_names(record: Record, names: List[str]) -> None:
    lacking = [name for name in names if name != _ANY and not covers(record, name)]
    if lacking:
        have = ", ".join(record["subject_alt_names"]) or record["subject"]
        raise BadParameters(
            f"certificate: it is not for {', '.join(lacking)} of match_sip_domains, but for {have}",
            "Use a certificate with these names, or set check_names to false",
        )


def _check_ciphers(ciphers: Optional[str]) -> List[str]:
    """Raise BadParameters for a list of which OpenSSL has nothing; give what it ignores."""
    if not ciphers:
        return []
    if not _has_ciphers(ciphers):
        raise BadParameters(
            f"ciphers: OpenSSL has none of {ciphers!r}",
            "See openssl ciphers -v for its names. Names have - between parts",
        )
    words = re.split("[:, ;]", ciphers)
    unknown = [word for word in dict.fromkeys(words) if _CIPHER.match(word) and not _has_ciphers(word)]
    return [f"ciphers: OpenSSL has no {', '.join(unknown)} for TLS 1.2 or older, and ignores it"] if unknown else []


def _has_ciphers(text: str) -> bool:
    try:
        _new_context(ssl.PROTOCOL_TLS_SERVER).set_ciphers(text)
    except (ssl.SSLError, ValueError):
        return False
    return True


def _check_curve(curve: Optional[str]) -> List[str]:
    """Raise BadParameters for a curve that OpenSSL, or OpenSIPS, does not find."""
    if curve:
        hint = "Use a curve of openssl ecparam -list_curves, such as prime256v1"
        if _NO_CURVES.match(curve):
            raise BadParameters(f"ec_curve: OpenSIPS cannot set {curve}, which is no curve with points", hint)
        try:
            _new_context(ssl.PROTOCOL_TLS_SERVER).set_ecdh_curve(curve)
        except (ssl.SSLError, ValueError) as error:
            raise BadParameters(f"ec_curve: OpenSSL has no curve {curve!r} for TLS", hint) from error
    return []


def _check_handshake(material: Material, role: str, rules: Rules) -> List[str]:
    is_server = role == "server"
    own = _context(material, ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT, rules.checks_chain)
    try:
        _shake(own, _peer(material, is_server, rules), is_server)
    except ssl.SSLError as error:
        text = getattr(error, "verify_message", None) or words_of(error)
        if not rules.checks_chain:
            return [f"certificate: a peer may refuse it ({text})"]
        if not is_server and ("purpose" in text or _is_for_servers(material, rules, error)):
            return [f"certificate: a server may refuse it from a client ({text})"]
        raise BadParameters(
            f"certificate: OpenSSL does not accept it: {text}",
            "Check that each certificate of the chain was issued by the next one, and what the certificate may be used for",
        ) from error
    if is_server:
        _check_rules(own, _peer(material, True, rules), rules)
    return []


def _is_for_servers(material: Material, rules: Rules, error: ssl.SSLError) -> bool:
    """Whether only the purpose of a client's certificate is wrong, on Python 3.6: it has no verify_message."""
    if hasattr(error, "verify_message"):
        return False
    try:
        _shake(_context(material, ssl.PROTOCOL_TLS_SERVER), _peer(material, True, rules), True)
    except ssl.SSLError:
        return False
    return True


def _check_rules(own: ssl.SSLContext, peer: ssl.SSLContext, rules: Rules) -> None:
    """Raise BadParameters if no client could connect because of the rules. own, peer: contexts that fit otherwise."""
    versions = _versions(rules.method)
    if not rules.ciphers and not versions:
        return
    if rules.ciphers:
        own.set_ciphers(rules.ciphers)
        peer.set_ciphers("ALL:@SECLEVEL=0")
    if versions:
        own.minimum_version, own.maximum_version = versions
    try:
        _shake(own, peer, True)
    except ssl.SSLError as error:
        names = " and ".join(name for name in ("ciphers", "method") if getattr(rules, name))
        raise BadParameters(
            f"{names}: no client could connect: {words_of(error)}",
            "The certificate requires other ciphers, or another TLS version. An EC key requires ciphers with ECDSA",
        ) from error


def _versions(method: Optional[str]) -> Any:
    """(lowest, highest) as ssl.TLSVersion; None if all are allowed, or this OpenSSL may know less of them than the server."""
    known: Dict[str, Any] = {}
    # Python 3.7 and later
    if hasattr(ssl, "TLSVersion"):
        known = {"tlsv1_2": ssl.TLSVersion.TLSv1_2, "tlsv1_3": ssl.TLSVersion.TLSv1_3}
    low, dash, high = [part.strip() for part in (method or "").lower().partition("-")]
    last = high or "tlsv1_3" if dash else low
    if last not in known or (last == "tlsv1_3" and not getattr(ssl, "HAS_TLSv1_3", False)):
        return None
    return known.get(low, ssl.TLSVersion.MINIMUM_SUPPORTED), known[last]


def _peer(material: Material, is_client: bool, rules: Rules) -> ssl.SSLContext:
    """A context that believes the last certificate of the chain; a server has some certificate, which nobody checks."""
    peer = (
        _new_context(ssl.PROTOCOL_TLS_CLIENT)
        if is_client
        else _context(material, ssl.PROTOCOL_TLS_SERVER, rules.checks_chain)
    )
    peer.verify_mode = ssl.CERT_REQUIRED
    peer.verify_flags |= _PARTIAL_CHAIN | (0 if rules.checks_dates else _NO_CHECK_TIME)
    last = _pem(list(certificate.ders(material.certificate or b""))[-1:])
    peer.load_verify_locations(cadata=last.decode("ascii"))
    return peer


def _new_context(protocol: Any) -> ssl.SSLContext:
    """A context that verifies nothing."""
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _context(material: Material, protocol: Any, checks_strength: bool = True) -> ssl.SSLContext:
    """A context of OpenSSL with certificate, key and DH parameters. Raises BadParameters."""
    context = _new_context(protocol)
    if not checks_strength:
        # the server may have other ciphers or another openssl.cnf than Python. OpenSSL before 1.1 has no levels
        with contextlib.suppress(ssl.SSLError):
            context.set_ciphers("ALL:@SECLEVEL=0")
    with _files(material.certificate, material.private_key, material.dh_params) as (chain, key, dh_params):
        try:
            context.load_cert_chain(chain, key, lambda: "")
        except (OSError, ValueError) as error:
            text = words_of(error)
            # a key of another kind has no certificate
            if "mismatch" in text or "no certificate assigned" in text:
                raise BadParameters(
                    "private_key: it is not the key of the certificate",
                    "Use the key with which the certificate was requested",
                ) from error
            raise BadParameters(
                f"certificate or private_key: OpenSSL does not load them: {text}", "Use PEM files that belong together"
            ) from error
        if dh_params is not None:
            try:
                context.load_dh_params(dh_params)
            except (OSError, ValueError) as error:
                raise BadParameters(
                    f"dh_params: OpenSSL does not load them: {words_of(error)}", "Make new ones"
                ) from error
    return context


@contextlib.contextmanager
def _files(*contents: Optional[bytes]) -> Iterator[List[Any]]:
    """Paths (str, or None where there is no content) of files, which nobody else can open: without a name, if the system allows it."""
    with contextlib.ExitStack() as stack:
        yield [None if content is None else _file(stack, content) for content in contents]


def _file(stack: Any, content: bytes) -> str:
    nameless = os.path.isdir("/proc/self/fd")
    kind: Any = tempfile.TemporaryFile if nameless else tempfile.NamedTemporaryFile
    file = stack.enter_context(kind())
    file.write(content)
    file.flush()
    return f"/proc/self/fd/{file.fileno()}" if nameless else str(file.name)


def _shake(own: ssl.SSLContext, peer: ssl.SSLContext, is_server: bool) -> None:
    """A handshake in memory between two contexts; own is that of the server, or of the client. Raises ssl.SSLError."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = (peer if is_server else own).wrap_bio(back, there, server_side=False)
    server = (own if is_server else peer).wrap_bio(there, back, server_side=True)
    left = [client, server]
    for _round in range(_ROUNDS):
        for side in list(left):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
                left.remove(side)
    if left:
        raise ssl.SSLError("the handshake does not end")
