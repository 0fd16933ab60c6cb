# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A test of whether a phone is registered. It is documented beside this file."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.plugin_utils import _registration


def registered(item: t.Any, contacts: t.Any = None) -> bool:
    try:
        return _registration.is_registered(item, contacts)
    except ValueError as error:
        raise AnsibleFilterError(f"registered: {error}") from None


class TestModule:
    # not a test of pytest
    __test__ = False

    def tests(self) -> dict[str, t.Callable]:
        return {"registered": registered}
