# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A filter that says whether a window is open. It is documented beside this file."""

from __future__ import annotations

import time
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.plugin_utils import _window


def opensips_window(window: t.Any, at: float | None = None, name: str = "window") -> dict[str, t.Any]:
    try:
        return _window.describe(window, time.time() if at is None else float(at), str(name))
    except (_window.WindowError, TypeError, ValueError, OverflowError, OSError) as error:
        # Ansible would append the cause, which is the same text
        raise AnsibleFilterError(f"opensips_window: {error}") from None


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"opensips_window": opensips_window}
