# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of opensips_subscriber without a process, for tests with many pushes."""

from __future__ import annotations

from ansible_collections.community.opensips.plugins.module_utils._module import subscriber as body

from .table_body import call_body

TABLES = ("subscriber", "dbaliases", "grp", "speed_dial")
DEFAULTS = {name: option.get("default") for name, option in body.spec().spec.items()}


def call(users=None, check=False, **options):
    """What the module would return. users: the option subscribers."""
    params = {**DEFAULTS, "domain": "example.com", "subscribers": users, **options}
    return call_body(body, params, check, warn=lambda text: None)
