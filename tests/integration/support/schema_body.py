# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of opensips_schema without a process, for tests with many runs."""

from __future__ import annotations

from ansible_collections.community.opensips.plugins.module_utils._module import schema as body

from .table_body import call_body

DEFAULTS = {name: option.get("default") for name, option in body.spec().spec.items()}


class Runner:
    """runner(version="3.6", tables=[...]): what the module would return for a Database; its warnings are in warnings.

    always: options of each run.
    """

    def __init__(self, database, **always):
        self._options = {**DEFAULTS, **database.options, "db_timeout": 20, "version": "3.6", **always}
        self.warnings = []

    def __call__(self, check=False, **options):
        return call_body(body, {**self._options, **options}, check, warn=self.warnings.append)
