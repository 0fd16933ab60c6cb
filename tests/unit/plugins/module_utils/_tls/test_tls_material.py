# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates and keys before they are pushed: what cryptography made, and what is wrong with it."""

import base64
import ssl

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import certificate
from ansible_collections.community.opensips.plugins.module_utils._tls import material

x509 = pytest.importorskip("cryptography.x509")
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: E402

from ansible_collections.community.opensips.tests.integration.support.certificates import Authority  # noqa: E402

_USAGE = x509.oid.ExtendedKeyUsageOID
NAMES = ("certificate", "private_key", "ca", "dh_params")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def domain(pair=(None, None), **options):
    """An entry of the option domains. pair: paths of a certificate and its key."""
    entry = dict.fromkeys([*NAMES, *(f"{name}_file" for name in NAMES)])
    entry.update(certificate_file=pair[0], private_key_file=pair[1])
    return dict(entry, **options)


def check(entry, role="server", names=(), days=0):
    return material.check(material.load(entry), role, list(names), days)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("material")


@pytest.fixture(scope="module")
def root(folder):
    return Authority(folder, "root")


@pytest.fixture(scope="module")
def middle(folder, root):
    return Authority(folder, "middle", root)


@pytest.fixture(scope="module")
def pair(middle):
    return middle.issue("sip", names=["sip.example.com", "*.pbx.example.com"])


def test_texts_and_files_become_the_same(pair):
    with_text = material.load(
        domain(certificate=f"some words\r\n{read(pair[0])}", private_key=f"\n{read(pair[1])}\n\n")
    )
    from_files = material.load(domain(pair))
    assert with_text == from_files and from_files.private_key.endswith(b"-----\n")
    assert material.describe(from_files.certificate)["subject"] == "CN=sip"
    assert material.load(domain()) == (None, None, None, None)


def test_a_chain_is_verified_with_the_keys(pair, middle, root, folder):
    chain = read(pair[0]) + read(middle.path)
    assert check(domain(certificate=chain, private_key_file=pair[1])) == []
    assert check(domain(certificate=chain + read(root.path), private_key_file=pair[1])) == []
    # of the same name, and with another key
    (folder / "other").mkdir()
    impostor = Authority(folder / "other", "middle")
    with pytest.raises(BadParameters, match="OpenSSL does not accept it"):
        check(domain(certificate=read(pair[0]) + read(impostor.path), private_key_file=pair[1]))
    with pytest.raises(BadParameters, match=r"number 2 \(CN=root\) did not issue number 1, whose issuer is CN=middle"):
        check(domain(certificate=read(pair[0]) + read(root.path), private_key_file=pair[1]))
    wrong_order = read(pair[0]) + read(root.path) + read(middle.path)
    with pytest.raises(BadParameters, match="List the certificate of the domain first, then the one that issued it"):
        check(domain(certificate=wrong_order, private_key_file=pair[1]))
    backwards = read(middle.path) + read(pair[0])
    with pytest.raises(BadParameters, match=r"number 2 \(CN=sip\) did not issue number 1, whose issuer is CN=root"):
        check(domain(certificate=backwards, private_key_file=pair[1]))


def test_what_only_peers_refuse_may_be_a_warning(pair, middle, root, folder):
    def warned(chain, key, role="server"):
        entry = domain(certificate=chain, private_key_file=key)
        with pytest.raises(BadParameters, match="certificate"):
            check(entry, role)
        return material.check(material.load(entry), role, [], 0, material.Rules(checks_chain=False))

    first = read(pair[0])
    (wrong_order,) = warned(first + read(root.path) + read(middle.path), pair[1])
    assert "number 2 (CN=root) did not issue number 1" in wrong_order
    for chain in (first + first, first + read(root.path)):
        assert warned(chain, pair[1])
    client = root.issue("client", usage=_USAGE.CLIENT_AUTH)
    (purpose,) = warned(read(client[0]), client[1])
    assert "a peer may refuse it" in purpose
    # of 1024 bits: a server with ciphers of a lower level takes it
    weak = root.issue("weak", key=rsa.generate_private_key(65537, 1024))
    lenient = material.Rules(checks_chain=False)
    warnings = material.check(material.load(domain(weak)), "server", [], 0, lenient)
    assert all("a peer may refuse it" in text for text in warnings)
    for wrong, words in (
        (domain(pair, private_key_file=weak[1]), "private_key: it is not the key of the certificate"),
        (domain(certificate=first + first, private_key_file=weak[1]), "private_key: it is not the key"),
        # the server looks at the first one
        (domain(certificate=read(middle.path) + first, private_key_file=pair[1]), "List the certificate of the domain"),
    ):
        with pytest.raises(BadParameters, match=words):
            material.check(material.load(wrong), "server", [], 0, lenient)


@pytest.mark.parametrize("kind", ["TRUSTED CERTIFICATE", "X509 CERTIFICATE"])
def test_forms_of_openssl(root, kind):
    pem, key = root.issue("trusted")
    body = ssl.PEM_cert_to_DER_cert(read(pem)) + (b"\x30\x03\x0c\x01a" if kind.startswith("TRUSTED") else b"")
    text = f"-----BEGIN {kind}-----\n{base64.encodebytes(body).decode()}-----END {kind}-----\n"
    loaded = material.load(domain(certificate=text, private_key_file=key, ca=text))
    assert loaded.certificate == loaded.authorities == read(pem).encode()


def test_keys_of_every_kind(root, middle, folder):
    for name, key in (
        ("rsa", rsa.generate_private_key(65537, 2048)),
        ("p384", ec.generate_private_key(ec.SECP384R1())),
        ("ed25519", ed25519.Ed25519PrivateKey.generate()),
    ):
        made = domain(root.issue(name, key=key))
        assert check(made) == check(made, "client") == []
        assert material.load(made).private_key.startswith(b"-----BEGIN")
        with pytest.raises(BadParameters, match="private_key: it is not the key of the certificate"):
            check(dict(made, private_key_file=root.issue(f"{name}-other")[1]))


def test_ciphers_versions_and_dates(root):
    made = domain(root.issue("rules"))
    over = domain(root.issue("past", days=-1))

    def ruled(entry=None, role="server", **rules):
        return material.check(material.load(entry or made), role, [], 0, material.Rules(**rules))

    fits = "ECDHE-ECDSA-AES128-GCM-SHA256"
    assert ruled(ciphers=f"{fits}:!aNULL", ec_curve="secp384r1", method="TLSv1_2") == []
    assert ruled(ciphers="HIGH", method="-TLSv1_2") == ruled(method="TLSv1_2-") == ruled(method="TLSv1") == []
    (ignored,) = ruled(ciphers=f"{fits}:TLS_AES_128_GCM_SHA256:ECDHE-TYPO-SHA256")
    assert "OpenSSL has no TLS_AES_128_GCM_SHA256, ECDHE-TYPO-SHA256 for TLS 1.2 or older, and ignores it" in ignored
    # TLS 1.3 has ciphers of its own
    unfit = {"ciphers": "ECDHE-RSA-AES128-GCM-SHA256", "method": "TLSv1_2"}
    assert ruled(**{**unfit, "method": "TLSv1_2-TLSv1_3"}) == ruled(role="client", **unfit) == []
    if hasattr(ssl, "TLSVersion"):
        with pytest.raises(BadParameters, match="ciphers and method: no client could connect: no shared cipher"):
            ruled(**unfit)
    else:
        # Python 3.6 cannot leave TLS 1.3 out
        assert ruled(**unfit) == []
    for entry in (made, domain()):
        with pytest.raises(BadParameters, match="ciphers: OpenSSL has none of 'NOPE'"):
            ruled(entry, ciphers="NOPE")
        with pytest.raises(BadParameters, match="ec_curve: OpenSIPS cannot set X25519"):
            ruled(entry, ec_curve="X25519")
    (warning,) = ruled(over, checks_dates=False)
    assert "CN=past ended at" in warning
    with pytest.raises(BadParameters, match="CN=future is not valid before .*or wait"):
        ruled(domain(root.issue("future", start=3)))


def test_names(pair):
    assert (
        check(domain(pair), names=["sip.example.com", "*", "SIP.example.com", "a.pbx.example.com", "*.pbx.example.com"])
        == []
    )
    for name in ("example.com", "*.example.com", "a.b.pbx.example.com", "pbx.example.com"):
        with pytest.raises(BadParameters, match="it is not for .* of match_sip_domains, but for DNS:sip.example.com"):
            check(domain(pair), names=[name])


def test_the_common_name_counts_without_other_names(root):
    record = certificate.parse(read(root.issue("plain.example.com")[0]).encode())
    assert material.covers(record, "plain.example.com") and not material.covers(record, "example.com")
    assert material.covers(dict(record, subject_alt_names=["URI:sip:example.com"]), "example.com")
    assert not material.covers(dict(record, subject_alt_names=["DNS:a"]), "plain.example.com")
    assert not material.covers(dict(record, subject_alt_names=["DNS:*.example.com"]), "*a.example.com")


def test_dates(root):
    with pytest.raises(BadParameters, match="CN=over ended at .*Renew it first"):
        check(domain(root.issue("over", days=-1)))
    soon = domain(root.issue("soon", days=3))
    assert check(soon, days=2) == []
    with pytest.raises(BadParameters, match="in 3.0 days, and minimum_certificate_days is 7"):
        check(soon, days=7)


def test_only_the_certificate_itself_must_last(middle):
    # that of the authority has one day left
    long, key = middle.issue("long", days=30)
    assert check(domain(certificate=read(long) + read(middle.path), private_key_file=key), days=7) == []


def test_what_a_certificate_may_be_used_for(root):
    for_clients = domain(root.issue("phone", usage=_USAGE.CLIENT_AUTH))
    for_servers = domain(root.issue("web", usage=_USAGE.SERVER_AUTH))
    chained = {
        name: dict(entry, certificate_file=None, certificate=read(entry["certificate_file"]) + read(root.path))
        for name, entry in (("clients", for_clients), ("servers", for_servers))
    }
    assert check(chained["servers"]) == [] and check(chained["clients"], "client") == []
    with pytest.raises(BadParameters, match="OpenSSL does not accept it"):
        check(chained["clients"])
    # a server may not even ask for it
    (warning,) = check(chained["servers"], "client")
    assert "a server may refuse it from a client" in warning


DAMAGED = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda pair, root: domain((pair[0], root.issue("x")[1])), "private_key: it is not the key of the certificate"),
        (lambda pair, root: domain((pair[0], None)), "private_key or private_key_file is missing"),
        (lambda pair, root: domain((None, pair[1])), "certificate or certificate_file is missing"),
        (lambda pair, root: domain(pair, certificate="x"), "certificate and certificate_file are both set"),
        (lambda pair, root: domain((pair[1], pair[1])), "it has no certificate in PEM"),
        (lambda pair, root: domain((pair[0], pair[0])), "it has no private key in PEM"),
        (
            lambda pair, root: domain((pair[0], "/nonexistent")),
            "private_key_file /nonexistent cannot be read: No such file",
        ),
        (lambda pair, root: domain(root.issue("locked", pass_phrase=b"x")), "the private key has a pass phrase"),
        (
            lambda pair, root: domain(
                root.issue("locked8", pass_phrase=b"x", key=ed25519.Ed25519PrivateKey.generate())
            ),
            "the private key has a pass phrase",
        ),
        (lambda pair, root: domain(pair, ca="x"), "ca: it has no certificate in PEM"),
        (lambda pair, root: domain(pair, dh_params="x"), "dh_params: it has no DH parameters in PEM"),
        (
            lambda pair, root: domain(
                pair, dh_params="-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----"
            ),
            "dh_params: OpenSSL does not load them",
        ),
        (
            lambda pair, root: domain(
                (None, pair[1]), certificate="-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----"
            ),
            "its certificate is damaged",
        ),
        # base64, but no certificate
        (lambda pair, root: domain((None, pair[1]), certificate=DAMAGED), "certificate: its certificate is damaged"),
        (lambda pair, root: domain(pair, ca=read(root.path) + DAMAGED), "ca: its certificate is damaged"),
    ],
)
def test_bad_input_names_the_option(pair, root, make, words):
    with pytest.raises(BadParameters) as refused:
        check(make(pair, root))
    assert words in str(refused.value) and "PRIVATE KEY" not in str(refused.value)


def test_authorities_count_once(root, middle):
    text = read(root.path) * 2 + read(middle.path)
    found = material.load(domain(ca=text)).authorities
    assert material.subjects(found) == ["CN=root", "CN=middle"]
