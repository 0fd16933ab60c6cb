# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates for tests of TLS: an authority, a server and a client."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL


class Authority:
    """A certificate authority whose files are in folder; path is its own certificate. parent: the one that issued it, or None."""

    def __init__(self, folder, name, parent=None):
        self._folder = folder
        self._name = _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        issuer = parent or self
        own = issuer._builder(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.path = self._write(f"{name}.pem", _pem(own.sign(issuer._key, hashes.SHA256())))

    def issue(self, name, address=None, days=1, pass_phrase=None, names=(), usage=None, key=None, start=-9):
        """(path of a certificate, path of its key).

        address: IP that a server's certificate is for. days: of its life that are left, below 0 when it has expired; start: the
        day on which it begins, above 0 when it has not begun. pass_phrase: of the key (bytes). names: of DNS, that it is for.
        usage: x509.oid.ExtendedKeyUsageOID, the only one. key: a private key, of an elliptic curve if it is not given.
        """
        key = key or ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_name(name), key, days if start < 0 else days + start, start)
        alternatives = [x509.DNSName(name) for name in names]
        if address:
            alternatives.append(x509.IPAddress(ipaddress.ip_address(address)))
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            # Ed25519 has no other
            serialization.PrivateFormat.PKCS8 if isinstance(key, ed25519.Ed25519PrivateKey) else TRADITIONAL,
            serialization.BestAvailableEncryption(pass_phrase) if pass_phrase else serialization.NoEncryption(),
        )
        certificate = self._write(f"{name}.pem", _pem(builder.sign(self._key, hashes.SHA256())))
        return certificate, self._write(f"{name}.key", private)

    def _builder(self, subject, key, days=1, start=-9):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=start))
            .not_valid_after(now + datetime.timedelta(days=days))
        )

    def _write(self, name, data):
        path = self._folder / name
        path.write_bytes(data)
        return str(path)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)
