# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A filter that says what a User-Agent tells of a phone. It is documented beside this file."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.module_utils._sip.user_agent import parse_user_agent


def user_agent(text: t.Any) -> dict[str, str]:
    if not isinstance(text, (str, type(None))):
        raise AnsibleFilterError(f"user_agent: the User-Agent must be text, not {type(text).__name__}")
    return parse_user_agent(text)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"user_agent": user_agent}
