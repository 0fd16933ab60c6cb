# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of opensips_subscriber without a process, for tests with many pushes."""

from __future__ import annotations

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
from ansible_collections.community.opensips.plugins.module_utils._module import subscriber as body
from ansible_collections.community.opensips.plugins.module_utils._module.run import (
    Task,
    TaskFailure,
    describe_error,
    message_of,
)
from ansible_collections.community.opensips.plugins.module_utils._table.errors import TableError

TABLES = ("subscriber", "dbaliases", "grp", "speed_dial")
DEFAULTS = {name: option.get("default") for name, option in body.spec().spec.items()}


def call(users=None, check=False, **options):
    """What the module would return. users: the option subscribers."""
    params = {**DEFAULTS, "domain": "example.com", "subscribers": users, **options}
    task = Task(params, check, True, None, lambda text: None)
    try:
        return body.run(task)
    except TaskFailure as error:
        return {**error.result, "failed": True, "msg": str(error)}
    except (MIError, TableError) as error:
        return {"failed": True, "msg": message_of(error), "error": describe_error(error)}
