# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_subscriber: users, and what belongs to them, in one transaction. It needs no server.

A module and not a role over opensips_table: what is written depends on the rows that are there (passwords of new users only,
hashes that must not stay behind), four tables change together or not at all, and 100,000 users come from one file.
"""

from typing import TYPE_CHECKING, Any, Dict, List, NoReturn, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, database_spec
from ansible_collections.community.opensips.plugins.module_utils._module.run import TaskFailure, describe_failure
from ansible_collections.community.opensips.plugins.module_utils._table import account_results, accounts, results
from ansible_collections.community.opensips.plugins.module_utils._table.account_conflicts import conflicts
from ansible_collections.community.opensips.plugins.module_utils._table.account_requests import (
    account_request,
    belongings_request,
)
from ansible_collections.community.opensips.plugins.module_utils._table.account_results import Planned
from ansible_collections.community.opensips.plugins.module_utils._table.database import Database
from ansible_collections.community.opensips.plugins.module_utils._table.errors import (
    CommitUnknown,
    TableError,
    UnknownSchema,
)
from ansible_collections.community.opensips.plugins.module_utils._table.garbage import uncollected
from ansible_collections.community.opensips.plugins.module_utils._table.push import Table, push_together, refuse

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task
    from ansible_collections.community.opensips.plugins.module_utils._table.accounts import Account
    from ansible_collections.community.opensips.plugins.module_utils._table.plan import Plan

# {what belongs to users: option for the name of its table}
_TABLE_OPTIONS = {
    accounts.ALIASES: "aliases_table",
    accounts.GROUPS: "groups_table",
    accounts.SPEED_DIALS: "speed_dials_table",
}
_CHOOSE_ANOTHER = "Nothing was written. Choose another name, or remove the alias or the user that the message names"
# A password that 10,000 guesses a second find in a million years has 10 of these characters; the column holds 25
_SHORTEST, _LONGEST = 10, 25


def spec() -> ArgumentSpec:
    """The module's options."""
    speed_dial: Dict[str, Any] = {
        "sd_username": {"type": "str", "required": True},
        "sd_domain": {"type": "str"},
        "new_uri": {"type": "str", "required": True},
        "fname": {"type": "str"},
        "lname": {"type": "str"},
        "description": {"type": "str"},
    }
    subscriber: Dict[str, Any] = {
        "username": {"type": "str", "required": True},
        "domain": {"type": "str"},
        # raw, so that a number, which may have lost zeros, can be refused
        "password": {"type": "raw", "no_log": True},
        "ha1": {"type": "str", "no_log": True},
        "ha1b": {"type": "str", "no_log": True},
        "ha1_sha256": {"type": "str", "no_log": True},
        "ha1_sha512t256": {"type": "str", "no_log": True},
        "columns": {"type": "dict"},
        "aliases": {"type": "list", "elements": "str"},
        "groups": {"type": "list", "elements": "str"},
        "speed_dials": {"type": "list", "elements": "dict", "options": speed_dial},
    }
    own = ArgumentSpec(
        {
            "subscribers": {"type": "list", "elements": "dict", "options": subscriber},
            "subscribers_file": {"type": "path"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "domain": {"type": "str"},
            "realm": {"type": "str"},
            "exclusive": {"type": "bool", "default": False},
            # secrets they are not, only the names suggest them
            "update_password": {
                "type": "str",
                "choices": ["always", "on_create"],
                "default": "always",
                "no_log": False,
            },
            "generate_password": {"type": "bool", "default": False, "no_log": False},
            "password_length": {"type": "int", "default": 20, "no_log": False},
            "store_password": {"type": "bool", "default": False, "no_log": False},
            "aliases_table": {"type": "str", "default": "dbaliases"},
            "groups_table": {"type": "str", "default": "grp"},
            "speed_dials_table": {"type": "str", "default": "speed_dial"},
        },
        withheld=("subscribers",),
        required_one_of=[("subscribers", "subscribers_file")],
        mutually_exclusive=[("subscribers", "subscribers_file")],
    )
    return database_spec().merged_with(own)


def run(task: "Task") -> Dict[str, Any]:
    """Check everything, and write the difference. Raises BadParameters, TableError, TaskFailure."""
    _check_options(task.params)
    with uncollected():
        return _run(task)


def _run(task: "Task") -> Dict[str, Any]:
    wanted = accounts.accounts_of(task.params)
    with Database(task.params) as db:
        push = _Push(task, db, wanted)
        del wanted
        return push.run()


def _check_options(params: Dict[str, Any]) -> None:
    if not _SHORTEST <= params["password_length"] <= _LONGEST:
        raise BadParameters(
            f"password_length is {params['password_length']}",
            f"Set it to a number from {_SHORTEST} to {_LONGEST}: the column password holds {_LONGEST} characters",
        )
    if params["realm"] == "":
        raise BadParameters("realm is empty", "Set it to the realm of www_challenge(), or remove it")


class _Push:
    """One push of users."""

    def __init__(self, task: "Task", db: Database, wanted: "List[Account]") -> None:
        self._task = task
        self._db = db
        self._pushes = self._make_pushes(wanted)
        self._names = [account.name for account in wanted]
        self._planned: Any = None
        self._aliases = self._find_aliases()

    def run(self) -> Dict[str, Any]:
        """Write what differs, unless in check mode: what the module returns. Raises BadParameters, TableError, TaskFailure."""
        tables = [table for table, _request in self._pushes.values()]
        made = [table.compare(request) for table, request in self._pushes.values()]
        with self._db.transaction(write=False):
            refuse(accounts.label(self._task.params), self._conflicts(made), _CHOOSE_ANOTHER)
        self._plan(made)
        # an error that nobody expects rolls a transaction back
        self._task.known = lambda: self._result(results.NOT_WRITTEN)
        if self._planned.changed:
            for table in tables:
                table.check_writable()
            if not self._task.check_mode:
                self._carry_out()
                return self._result(None)
        return self._result(results.PLANNED)

    def _make_pushes(self, wanted: "List[Account]") -> Dict[str, Tuple[Table, Any]]:
        """{accounts.USERS_TABLE or one of accounts.BELONGINGS: (table, what is wanted of it)}"""
        params = self._task.params
        users = Table(self._db, accounts.USERS_TABLE, params["db_table"] or accounts.USERS_TABLE)
        pushes: Dict[str, Any] = {accounts.USERS_TABLE: (users, account_request(users, wanted, params))}
        for name in _TABLE_OPTIONS:
            if params["state"] == "absent" or any(name in account.belongings for account in wanted):
                table = self._table_of(name)
                if table is not None:
                    pushes[name] = (table, belongings_request(name, table, wanted, params))
        return pushes

    def _table_of(self, name: str) -> Optional[Table]:
        """The table with what belongs to users, or None if there is none, and nothing in it to be removed."""
        like, option = accounts.TABLES[name], _TABLE_OPTIONS[name]
        real_name = self._task.params[option]
        if self._db.has(real_name):
            return Table(self._db, like, real_name)
        if self._task.params["state"] == "absent":
            return None
        raise UnknownSchema(
            f"{option}: the {self._db.label} has no table {real_name}",
            f"Create the table {like} with opensips_schema, or correct {option}",
        )

    def _find_aliases(self) -> Optional[Table]:
        """The table of aliases, also if the task lists none; None if there is none that can be read."""
        if accounts.ALIASES in self._pushes:
            return self._pushes[accounts.ALIASES][0]
        name = self._task.params[_TABLE_OPTIONS[accounts.ALIASES]]
        if self._task.params["state"] == "absent" or not self._db.has(name):
            return None
        try:
            return Table(self._db, accounts.TABLES[accounts.ALIASES], name)
        except UnknownSchema as error:
            self._task.warn(f"Whether new users are aliases of others is not known: {error.message}")
            return None

    def _conflicts(self, made: "List[Plan]") -> List[str]:
        """Aliases that are users (list of str), if the Plans are carried out. Inside of a transaction."""
        if self._task.params["state"] == "absent":
            return []
        plans = dict(zip(self._pushes, made))
        users = self._pushes[accounts.USERS_TABLE][0]
        return conflicts(users, plans[accounts.USERS_TABLE], self._aliases, plans.get(accounts.ALIASES))

    def _plan(self, made: "List[Plan]") -> None:
        """Take over the Plans, in the order of the pushes."""
        parts = {name: (request, its) for (name, (_table, request)), its in zip(self._pushes.items(), made)}
        self._planned = Planned(parts.pop(accounts.USERS_TABLE), parts)

    def _carry_out(self) -> None:
        try:
            self._plan(push_together(self._db, list(self._pushes.values()), self._conflicts))
        except TableError as error:
            self._fail(error, results.UNKNOWN if isinstance(error, CommitUnknown) else results.NOT_WRITTEN)

    def _fail(self, error: TableError, stage: str) -> NoReturn:
        failure = describe_failure(error)
        result = self._result(stage)
        for entry in result["results"]:
            if entry["outcome"] == stage:
                entry["error"] = failure["error"]
        raise TaskFailure(str(error), dict(result, **failure)) from error

    def _result(self, stage: Optional[str]) -> Dict[str, Any]:
        """What the module returns. stage: what became of the plan: None when it was carried out."""
        entries = account_results.entries(self._names, self._planned, stage)
        result = {
            "changed": self._planned.changed and stage != results.NOT_WRITTEN,
            "results": entries,
            "summary": account_results.summary(entries, self._planned),
            "table_version": self._planned.users[0].schema.version,
        }
        if self._task.diff_mode:
            # of 100,000 users it is as large as the rest
            result["diff"] = account_results.diff(entries)
        return result
