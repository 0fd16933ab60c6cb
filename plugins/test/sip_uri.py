# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A test of SIP URIs. It is documented beside this file."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.plugin_utils import _sip_uri


def sip_uri(uri: t.Any, schemes: t.Any = ("sip", "sips")) -> bool:
    schemes = [schemes] if isinstance(schemes, str) else schemes
    if not isinstance(schemes, (list, tuple)) or not schemes or set(map(str, schemes)) - set(_sip_uri.SCHEMES):
        raise AnsibleFilterError(f"sip_uri: schemes is {schemes!r}. Use a list of {', '.join(_sip_uri.SCHEMES)}")
    try:
        _sip_uri.check(uri, schemes)
    except SipSyntaxError:
        return False
    return True


class TestModule:
    # not a test of pytest
    __test__ = False

    def tests(self) -> dict[str, t.Callable]:
        return {"sip_uri": sip_uri}
