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
    """The network does not lead to the SIP server."""

    remedy = "Check the address and the network."


class CannotResolve(CannotConnect):
    """The name of the SIP server has no address."""

    remedy = "Check the name, and the name servers of the host that runs the task."


class PortClosed(CannotConnect):
    """Nothing listens on the port of the SIP server."""

    remedy = "Check whether the server runs, and whether it has this socket."


class NoResponse(UserAgentError):
    """The SIP server did not answer in time."""

    maybe_sent = True
    remedy = "Check the script of the server, its log, and firewalls, or raise ``maximum_answer_time``."


class BadResponse(UserAgentError):
    """What came is no SIP message."""

    maybe_sent = True
    remedy = "Check whether the socket is one of SIP, and whether its transport is the one that was named."


class TlsFailed(UserAgentError):
    """The TLS handshake failed, or the files for it cannot be used."""

    remedy = "Check whether the socket is one of TLS, and the files that the message names."


class CertificateRequired(TlsFailed):
    """The other side does not accept the certificate of this client, or requires one."""

    remedy = "Set ``sip_client_cert`` and ``sip_client_key`` to a certificate that the server accepts."


class CertificateInvalid(TlsFailed):
    """The certificate of the SIP server is expired, of an unknown authority, or for another name."""

    remedy = "Renew it, or set ``sip_ca_path`` to the authority that issued it, or ``sip_server_name`` to the name that it is for."


class Refused(UserAgentError):
    """The SIP server answered with a code that ``accept`` does not have.

    code: int. reason: str.
    """

    maybe_sent = True
    remedy = "Check the script of the server and its log. If the code is expected, add it to ``accept``."
    code = 0
    reason = ""


class NotFound(Refused):
    """The SIP server does not know the user: it answered 404, 410, 480 or 604."""

    remedy = "Check whether the user exists and is registered, and the domain of its AOR."


class AuthenticationRequired(Refused):
    """The SIP server asks for a password, and there is none for what it asks."""

    remedy = "Set ``password`` or a hash of the account. A hash is for one realm only."


class AuthenticationFailed(Refused):
    """The SIP server does not accept the password of the account."""

    remedy = "Check ``username`` and ``password`` of the account, and the user in the table ``subscriber``."


class NotRegistered(UserAgentError):
    """The SIP server accepted the registration, but did not keep it."""

    remedy = "Check whether the script of the server calls ``save()`` for each REGISTER."


class WouldRing(UserAgentError):
    """The account has other phones, which the test would disturb."""

    remedy = "Use an account that no phone has, or set ``other_contacts: allow``."


class NotDelivered(UserAgentError):
    """The SIP server answered, but a request did not come to the other account."""

    maybe_sent = True
    remedy = "Check the routes of the server: whether they record the route, and where they send the request to."
