# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The root of all errors that the library raises; each says what happened and what to do next. And the words of others."""

import re
from typing import Any, Optional, TypeVar

_Error = TypeVar("_Error", bound="OpensipsError")

# How TLS says that it does not accept our certificate, or wants one (RFC 8446, section 6.2)
ALERTS_ABOUT_OUR_CERTIFICATE = (
    "access denied",
    "bad certificate",
    "certificate expired",
    "certificate required",
    "certificate revoked",
    "certificate unknown",
    "decrypt error",
    "handshake failure",
    "unknown ca",
    "unsupported certificate",
)
# OpenSSL calls it SSLV3_ALERT_X, TLSV1_ALERT_X, TLSV13_ALERT_X or SSL/TLS_ALERT_X; older Pythons know only the words of new ones.
_ALERT = re.compile("alert ([a-z][a-z ]*[a-z])")


def words_of(error: BaseException) -> str:
    """What an exception of OpenSSL or of Python says, in plain words."""
    text: str = getattr(error, "reason", None) or str(error)
    return text.lower().replace("_", " ")


def tls_alert(words: str) -> str:
    """The alert of TLS that words_of() an error of OpenSSL name, as "certificate expired"; empty if there is none."""
    found = _ALERT.search(words)
    return found.group(1) if found else ""


class OpensipsError(Exception):
    """Anything that keeps a task from its end.

    message: what happened. hint: what to do next, or None. str() joins both.
    maybe_sent: the server may have got the request and acted on it.
    remedy: what to do about errors of this kind, for the guide; empty if a user never sees the kind by itself.
    """

    maybe_sent = False
    remedy = ""

    def __init__(
        self, message: str, hint: Optional[str] = None, maybe_sent: Optional[bool] = None, **more: Any
    ) -> None:
        """more: values for attributes that the class has."""
        self.message = message
        self.hint = hint or None
        if maybe_sent is not None:
            more["maybe_sent"] = maybe_sent
        for name, value in more.items():
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no {name}")
            setattr(self, name, value)
        super().__init__(f"{message.rstrip('.')}. {hint}" if hint else message)

    def having_sent(self: _Error, maybe_sent: bool) -> _Error:
        """The same error, once it is known whether the server may have got the request (bool)."""
        self.maybe_sent = maybe_sent
        return self
