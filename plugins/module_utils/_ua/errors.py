# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Why a SIP request got no response."""

from typing import Optional

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError


class UserAgentError(OpensipsError):
    """A SIP request was not answered. certificate: of the other side (DER), as far as it was seen."""

    certificate: Optional[bytes] = None


class BadTarget(UserAgentError):
    """What was given is no socket to which a SIP request can be sent."""


class CannotConnect(UserAgentError):
    """Nothing listens there, or the network does not lead there."""


class NoResponse(UserAgentError):
    """No final response came in time."""

    maybe_sent = True


class BadResponse(UserAgentError):
    """What came is no SIP response to the request."""

    maybe_sent = True


class TlsFailed(UserAgentError):
    """The TLS handshake failed, or the files for it cannot be used."""


class CertificateRequired(TlsFailed):
    """The other side does not accept the certificate of this client, or requires one."""
