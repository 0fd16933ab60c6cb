# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows a difference under the path that the user knows. Documented in plugins/modules/opensips_config_diff.yml."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        text = {"type": "str", "required": True}
        _checked, options = self.validate_argument_spec({"path": text, "before": text, "after": text})
        # Ansible prints differences of results that are changed
        return {
            "changed": options["before"] != options["after"],
            "diff": {
                "before_header": options["path"],
                "before": options["before"],
                "after_header": options["path"],
                "after": options["after"],
            },
        }
