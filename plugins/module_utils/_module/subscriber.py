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
from ansible_collections.community.opensips.plugins.module_utils._table.push import Table, push_together

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task
    from ansible_collections.community.opensips.plugins.module_utils._table.accounts import Account

_SUBSCRIBER = "subscriber"
# {what belongs to users: (table, option for its name)}
_TABLES = {
    accounts.ALIASES: ("dbaliases", "aliases_table"),
    accounts.GROUPS: ("grp", "groups_table"),
    accounts.SPEED_DIALS: ("speed_dial", "speed_dials_table"),
}
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
    wanted = accounts.accounts_of(task.params)
    with Database(task.params) as db:
        return _Push(task, db, wanted).run()


def _check_options(params: Dict[str, Any]) -> None:
    if not _SHORTEST <= params["password_length"] <= _LONGEST:
        raise BadParameters(
            f"password_length is {params['password_length']}",
            f"Set it to a number from {_SHORTEST} to {_LONGEST}: the column password holds {_LONGEST} characters",
        )
    if params["realm"] == "":
        raise BadParameters("realm is empty", "Set it to the realm of www_challenge(), or remove it")


class _Push:
    """One push of users. result: what the module returns, from the comparison on."""

    def __init__(self, task: "Task", db: Database, wanted: "List[Account]") -> None:
        self._task = task
        self._db = db
        self._wanted = wanted
        self._planned: Any = None
        # what became of the plan: None when it was carried out
        self._stage: Optional[str] = results.PLANNED
        self.result: Dict[str, Any] = {}

    def run(self) -> Dict[str, Any]:
        pushes = self._pushes()
        self._plan({name: table.compare(request) for name, (table, request) in pushes.items()}, pushes)
        self._task.known = self._known
        if self._planned.changed:
            for table, _request in pushes.values():
                table.check_writable()
            if not self._task.check_mode:
                self._carry_out(pushes)
        return self.result

    def _pushes(self) -> Dict[str, Tuple[Table, Any]]:
        """{subscriber or one of accounts.BELONGINGS: (table, what is wanted of it)}"""
        params = self._task.params
        users = Table(self._db, _SUBSCRIBER, params["db_table"] or _SUBSCRIBER)
        pushes: Dict[str, Any] = {_SUBSCRIBER: (users, account_request(users, self._wanted, params))}
        for name in _TABLES:
            table = self._table_of(name)
            if table is not None:
                pushes[name] = (table, belongings_request(name, table, self._wanted, params))
        return pushes

    def _table_of(self, name: str) -> Optional[Table]:
        """The table with what belongs to users, or None if it does not matter."""
        like, option = _TABLES[name]
        real_name = self._task.params[option]
        is_absent = self._task.params["state"] == "absent"
        if not is_absent and not any(name in account.belongings for account in self._wanted):
            return None
        if not self._db.has(real_name):
            if is_absent:
                return None
            raise UnknownSchema(
                f"{option}: the {self._db.label} has no table {real_name}",
                f"Create the table {like}, or correct {option}",
            )
        return Table(self._db, like, real_name)

    def _plan(self, made: Dict[str, Any], pushes: Dict[str, Tuple[Table, Any]]) -> None:
        """Take over the Plans, by the keys of pushes."""
        parts = {name: (pushes[name][1], its) for name, its in made.items()}
        self._planned = Planned(parts.pop(_SUBSCRIBER), parts)
        self._update_result()

    def _carry_out(self, pushes: Dict[str, Tuple[Table, Any]]) -> None:
        try:
            made = push_together(self._db, list(pushes.values()))
        except CommitUnknown as error:
            self._stage = results.UNKNOWN
            self._update_result()
            self._fail(error)
        except TableError as error:
            self._not_written()
            self._fail(error)
        self._stage = None
        self._plan(dict(zip(pushes, made)), pushes)

    def _fail(self, error: TableError) -> NoReturn:
        failure = describe_failure(error)
        for entry in self.result["results"]:
            if entry["outcome"] in (results.NOT_WRITTEN, results.UNKNOWN):
                entry["error"] = failure["error"]
        self.result.update(failure)
        raise TaskFailure(str(error), self.result) from error

    def _known(self) -> Dict[str, Any]:
        """The result when something unexpected ended the task: an error rolls a transaction back."""
        if self._stage == results.PLANNED and self._planned.changed:
            self._not_written()
        return self.result

    def _not_written(self) -> None:
        self._stage = results.NOT_WRITTEN
        self._update_result()
        self.result["diff"] = {"before": {}, "after": {}}

    def _update_result(self) -> None:
        """Make the result from the plan and its stage."""
        entries = account_results.entries(self._wanted, self._planned, self._stage)
        self.result = {
            "changed": self._planned.changed and self._stage != results.NOT_WRITTEN,
            "results": entries,
            "summary": account_results.summary(entries, self._planned),
            "table_version": self._planned.users[0].schema.version,
            "diff": account_results.diff(entries),
        }
