# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates in files: what cryptography wrote, and whatever else a file may hold."""

import datetime
import ipaddress
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._readers import certificate

x509 = pytest.importorskip("cryptography.x509")
from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: E402

# its signatures are always the same
_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
_OIDS = x509.NameOID


def pem(subject, names=(), begin=(2026, 11, 22, 3, 17, 45), end=(2027, 2, 20, 3, 17, 44)):
    """A certificate as PEM. subject: x509.Name."""
    issuer = x509.Name([x509.NameAttribute(_OIDS.COUNTRY_NAME, "US"), x509.NameAttribute(_OIDS.COMMON_NAME, "R3")])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(_KEY.public_key())
    builder = (
        builder.serial_number(7).not_valid_before(datetime.datetime(*begin)).not_valid_after(datetime.datetime(*end))
    )
    if names:
        builder = builder.add_extension(x509.BasicConstraints(False, None), True)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    return builder.sign(_KEY, None).public_bytes(serialization.Encoding.PEM)


def name(*attributes):
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in attributes])


SIMPLE = name((_OIDS.ORGANIZATION_NAME, "Example, Inc."), (_OIDS.COMMON_NAME, "sip.example.com"))


def test_a_certificate():
    names = [
        x509.DNSName("sip.example.com"),
        x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
        x509.UniformResourceIdentifier("sip:example.com"),
        x509.RFC822Name("a@example.com"),
        x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
    ]
    assert certificate.parse(pem(SIMPLE, names)) == {
        "subject": "CN=sip.example.com,O=Example\\, Inc.",
        "issuer": "CN=R3,C=US",
        "subject_alt_names": [
            "DNS:sip.example.com",
            "IP:192.0.2.1",
            "IP:2001:db8::1",
            "URI:sip:example.com",
            "email:a@example.com",
        ],
        "not_before": "2026-11-22T03:17:45Z",
        "not_after": "2027-02-20T03:17:44Z",
        "certificate_error": None,
    }


def test_times_before_and_after_those_of_two_digits():
    record = certificate.parse(pem(SIMPLE, begin=(1999, 12, 31, 23, 59, 59), end=(2051, 1, 2, 3, 4, 5)))
    assert (record["not_before"], record["not_after"]) == ("1999-12-31T23:59:59Z", "2051-01-02T03:04:05Z")
    assert record["subject_alt_names"] == []


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([_OIDS.COMMON_NAME, _OIDS.ORGANIZATION_NAME, _OIDS.LOCALITY_NAME, _OIDS.DOMAIN_COMPONENT]),
            # cryptography 40, the last for Python 3.6, escapes a lone space twice
            st.text(st.sampled_from('ab\u00fc\u4f60 ,+"\\<>;=#'), min_size=1, max_size=8).filter(" ".__ne__),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_subjects_are_those_of_rfc_4514(attributes):
    subject = name(*[(oid, text if oid != _OIDS.DOMAIN_COMPONENT else "com") for oid, text in attributes])
    assert certificate.parse(pem(subject))["subject"] == subject.rfc4514_string()


def test_a_lone_space_in_a_subject():
    assert certificate.parse(pem(name((_OIDS.COMMON_NAME, " "))))["subject"] == "CN=\\ "


def test_the_first_certificate_of_a_chain_counts():
    other = pem(name((_OIDS.COMMON_NAME, "intermediate")))
    key = b"-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n"
    assert certificate.parse(key + b"subject=x\n" + pem(SIMPLE) + other)["subject"].startswith("CN=sip.example.com")


def test_what_cannot_be_shown_is_replaced():
    record = certificate.parse(pem(name((_OIDS.COMMON_NAME, "a\n\x1b[31mb"))))
    assert record["subject"] == "CN=a\ufffd\ufffd[31mb"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it has no certificate in PEM"),
        (b"root:x:0:0:root:/root:/bin/bash\n", "it has no certificate in PEM"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA", "it has no certificate in PEM"),
        (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", "its certificate is damaged"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "its certificate is damaged"),
    ],
)
def test_files_without_a_certificate(tmp_path, data, reason):
    path = tmp_path / "cert.pem"
    path.write_bytes(data)
    assert certificate.read(str(path)) == certificate.absent(f"{path}: {reason}")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_certificates(data):
    good = pem(SIMPLE, [x509.DNSName("a"), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))])
    der = bytearray(x509.load_pem_x509_certificate(good).public_bytes(serialization.Encoding.DER))
    for _change in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    try:
        record = certificate._certificate(bytes(der))
    except (ValueError, IndexError, OverflowError, StopIteration):
        return
    assert record["not_after"]


def test_files_that_cannot_be_read(tmp_path):
    missing = str(tmp_path / "none.pem")
    assert certificate.read(missing)["certificate_error"] == f"{missing} cannot be read: No such file or directory"
    fifo = str(tmp_path / "fifo")
    os.mkfifo(fifo)
    assert "a FIFO" in certificate.read(fifo)["certificate_error"]
    assert "relative" in certificate.read("tls/cert.pem")["certificate_error"]
    (tmp_path / "cert.pem").write_bytes(pem(SIMPLE))
    assert certificate.read(str(tmp_path / "cert.pem"))["certificate_error"] is None
