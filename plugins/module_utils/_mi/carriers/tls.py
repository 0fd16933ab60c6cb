# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""TLS of a client: its files, and what its errors mean."""

import os
import ssl
from typing import List, Optional

from ansible_collections.community.opensips.plugins.module_utils._errors import (
    ALERTS_ABOUT_OUR_CERTIFICATE,
    tls_alert,
    words_of,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ConnectError


def client(
    validate_certs: bool, ca_path: Optional[str], client_cert: Optional[str], client_key: Optional[str]
) -> ssl.SSLContext:
    """An ssl.SSLContext by the options of the same names. Raises ConnectError, which names the option."""
    try:
        context = ssl.create_default_context()
        if ca_path:
            context.load_verify_locations(**{"capath" if os.path.isdir(ca_path) else "cafile": ca_path})
    except (OSError, ValueError) as error:
        raise ConnectError(
            f"ca_path {ca_path} cannot be read: {error}",
            "Set ca_path to a PEM file or to a directory of hashed certificates",
        ) from error
    if not validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if client_cert:
        _load(context, client_cert, client_key)
    return context


def _load(context: ssl.SSLContext, client_cert: str, client_key: Optional[str]) -> None:
    files = [(option, path) for option, path in (("client_cert", client_cert), ("client_key", client_key)) if path]
    for option, path in files:
        _check_readable(option, path)
    asked: List[bool] = []

    def pass_phrase() -> str:
        # without this, OpenSSL would ask the terminal
        asked.append(True)
        return "there is none"

    try:
        context.load_cert_chain(client_cert, client_key, pass_phrase)
    except (OSError, ValueError) as error:
        names = " and ".join(f"{option} {path}" for option, path in files)
        raise ConnectError(
            f"{names} cannot be used: {'the key has a pass phrase' if asked else words_of(error)}",
            "Use PEM files that belong together: client_cert with the certificate and its chain, client_key with its key"
            " without a pass phrase, which client_cert may hold, too",
        ) from error


def _check_readable(option: str, path: str) -> None:
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise ConnectError(
            f"{option} {path} cannot be read: {error.strerror}",
            f"Correct {option}, or the file's permissions",
        ) from error


def _alert(error: BaseException) -> str:
    """The TLS alert with which the other side broke off, as "certificate expired"; empty for other errors."""
    return tls_alert(words_of(error)) if isinstance(error, ssl.SSLError) else ""


def is_about_our_certificate(error: BaseException) -> bool:
    """Whether an exception says that the other side wants a certificate of ours, or another one.

    The other side says so before it gives a request to the server.
    """
    return _alert(error) in ALERTS_ABOUT_OUR_CERTIFICATE


def is_end(error: BaseException) -> bool:
    """Whether an exception says that the other side ended the connection, without a word in TLS."""
    return isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError))


def is_failure(error: BaseException) -> bool:
    """Whether an exception is one of TLS that has a reason."""
    # ssl.CertificateError is no SSLError before Python 3.7
    return isinstance(error, (ssl.SSLError, ssl.CertificateError)) and not is_end(error)


def failure(url: str, error: BaseException, has_certificate: bool) -> ConnectError:
    """The ConnectError for an ssl.SSLError or ssl.CertificateError. has_certificate: client_cert is set (bool)."""
    alert = _alert(error)
    if is_about_our_certificate(error):
        hint = (
            "The server does not accept client_cert: check its dates, its authority, and that client_key belongs to it"
            if has_certificate
            else "The server may require a client certificate: set client_cert and client_key to one that it knows"
        )
    else:
        hint = (
            "Set ca_path to the CA of the server's certificate, check client_cert and the host's name, and whether url is"
            " http or https; validate_certs=false only for tests"
        )
    text = (
        f"the server refused it with the alert {alert!r}"
        if alert
        else getattr(error, "verify_message", None) or words_of(error)
    )
    return ConnectError(f"TLS with {url} failed: {text}", hint)
