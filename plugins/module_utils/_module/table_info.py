# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_table_info: rows of a table, without secrets. It needs no server."""

from typing import TYPE_CHECKING, Any, Dict

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, database_spec
from ansible_collections.community.opensips.plugins.module_utils._table import schema
from ansible_collections.community.opensips.plugins.module_utils._table.database import Database
from ansible_collections.community.opensips.plugins.module_utils._table.reading import RowQuery

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task

# Rows that one result may have: a result of more would take a gigabyte of the controller's memory
_MOST_ROWS = 100000


def spec() -> ArgumentSpec:
    """The module's options."""
    own = ArgumentSpec(
        {
            "table": {"type": "str", "required": True},
            "columns": {"type": "list", "elements": "str"},
            "where": {"type": "dict", "default": {}},
            "limit": {"type": "int", "default": 1000},
        }
    )
    return database_spec().merged_with(own)


def run(task: "Task") -> Dict[str, Any]:
    """Read the rows. Raises BadParameters, TableError."""
    params = task.params
    # an unknown table is reported before the database is asked
    schema.variants(params["table"])
    if not 1 <= params["limit"] <= _MOST_ROWS:
        raise BadParameters(f"limit is {params['limit']}", f"Set it to a number from 1 to {_MOST_ROWS}")
    with Database(params, any_text=True, read_only=True) as db:
        query = RowQuery(db, params["table"], params["db_table"])
        found = query.find(params["columns"], params["where"], params["limit"])
    return {
        "changed": False,
        "rows": found.rows,
        "total": found.total,
        "columns": found.columns,
        "left_out": found.left_out,
        "table_version": found.version,
    }
