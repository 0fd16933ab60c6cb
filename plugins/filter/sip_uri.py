# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A filter that takes SIP URIs apart, and builds them. It is documented beside this file."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils import _sip_uri


def sip_uri(uri: t.Any) -> t.Any:
    try:
        return _sip_uri.build(uri) if isinstance(uri, Mapping) else _sip_uri.parse(uri)
    except SipSyntaxError as error:
        # Ansible would append the cause, which is the same text
        raise AnsibleFilterError(f"sip_uri: {printable(_sip_uri.without_password(str(error), uri))}") from None


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"sip_uri": sip_uri}
