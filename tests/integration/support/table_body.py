# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of opensips_table without a process and without a server, for tests with many pushes."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._module import table as body
from ansible_collections.community.opensips.plugins.module_utils._module.run import (
    Task,
    TaskFailure,
    describe_error,
    message_of,
)

DEFAULTS = {name: option.get("default") for name, option in body.spec().spec.items()}


def call(check=False, connection=None, warn=pytest.fail, **options):
    """What the module would return. connection: to the server that reads the table, or None: nobody does."""
    if connection is None:
        options["reload"] = False
    return call_body(body, {**DEFAULTS, **options}, check, connection, warn)


def call_body(body, params, check=False, connection=None, warn=pytest.fail):
    """What a module with that body would return. params: all of its options."""
    task = Task(params, check, True, connection, warn)
    try:
        return body.run(task)
    except TaskFailure as error:
        return {**error.result, "failed": True, "msg": str(error)}
    except OpensipsError as error:
        return {"failed": True, "msg": message_of(error), "error": describe_error(error)}


def counts(result):
    """{outcome: number of rows} of a result, without the zeros."""
    return {outcome: count for outcome, count in result["summary"]["outcomes"].items() if count}


def destinations(*names, **values):
    """Rows of dispatcher, all in set 1."""
    return [{"setid": 1, "destination": f"sip:{name}", **values} for name in names]
