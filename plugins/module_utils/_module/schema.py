# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_schema: the tables that a version of OpenSIPS needs."""

import contextlib
import os
import subprocess  # nosec B404
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, first_few
from ansible_collections.community.opensips.plugins.module_utils._module import file_options
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, database_spec
from ansible_collections.community.opensips.plugins.module_utils._module.run import (
    TaskFailure,
    describe_error,
    describe_failure,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import version as version_reader
from ansible_collections.community.opensips.plugins.module_utils._schema import choice, creating, upgrading
from ansible_collections.community.opensips.plugins.module_utils._schema.errors import (
    CannotUpgrade,
    SchemaError,
    WrongTables,
)
from ansible_collections.community.opensips.plugins.module_utils._schema.upgrade import EXTRA_COLUMNS
from ansible_collections.community.opensips.plugins.module_utils._table.database import Database
from ansible_collections.community.opensips.plugins.module_utils._table.errors import CommitUnknown

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task

# Seconds that a server's binary has to say its version
_PATIENCE = 10
# Releases without scripts for SQLite
_WITHOUT_SQLITE = ("1.11", "2.1")
# Problems that one message lists
_SHOWN = 5


def spec() -> ArgumentSpec:
    """The module's own options."""
    own = ArgumentSpec(
        {
            "version": {"type": "str"},
            "binary": {"type": "path"},
            "modules": {"type": "list", "elements": "str"},
            "tables": {"type": "list", "elements": "str"},
            "state": {"type": "str", "choices": ["present"], "default": "present"},
            "upgrade": {"type": "bool", "default": False},
            "extra_columns": {"type": "str", "choices": list(EXTRA_COLUMNS), "default": "refuse"},
            "drop_columns": {"type": "list", "elements": "str", "default": []},
            "owner": {"type": "str"},
            "group": {"type": "str"},
            "mode": {"type": "str"},
        },
        mutually_exclusive=[("version", "binary")],
    )
    merged = database_spec().merged_with(own)
    # tables have the names that OpenSIPS gives them
    del merged.spec["db_table"]
    return merged


def run(task: "Task") -> Dict[str, Any]:
    """Make the tables that are missing, and upgrade older ones if told: the result (dict).

    Raises BadParameters, MIError, TableError, TaskFailure.
    """
    mode = file_options.mode_of(task.params["mode"])
    release = _release(task)
    upgrades = _upgrades(task.params, release)
    tables = choice.tables_of(release, task.params["modules"], task.params["tables"])
    schema = _Schema(task, release, tables, upgrades)
    schema.find()
    if not task.check_mode and schema.plan.is_needed:
        schema.make(mode)
    return schema.result


def _upgrades(params: Dict[str, Any], release: str) -> Optional[upgrading.Choice]:
    """How to upgrade tables of an older version, None: not. Raises BadParameters."""
    chosen = upgrading.Choice(params["extra_columns"], params["drop_columns"])
    upgrading.check(chosen, choice.known_tables(release))
    return chosen if params["upgrade"] else None


def _release(task: "Task") -> str:
    """The release whose tables are wanted. Raises BadParameters, MIError."""
    if task.params["version"] is not None:
        return choice.release_of(task.params["version"], "version")
    if task.params["binary"] is not None:
        return choice.release_of(_version_of(task.params["binary"]), "binary")
    return choice.release_of(version_reader.read(task.connection)["version"], "the server")


def _version_of(binary: str) -> str:
    """The version that a server's binary reports."""
    hint = "Set it to the path of the server, such as /usr/sbin/opensips, or set version"
    try:
        # the operator names the program; it gets nothing but this
        done = subprocess.run(  # pylint: disable=ansible-bad-function  # nosec B603
            [binary, "-V"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = error.strerror if isinstance(error, OSError) else f"it does not answer within {_PATIENCE} seconds"
        raise BadParameters(f"binary: {binary} cannot be run: {reason}", hint) from None
    words = done.stdout.decode("utf-8", "replace").split()
    # version: opensips 3.6.8 (x86_64/linux)
    if words[:1] != ["version:"] or len(words) < 3:
        raise BadParameters(f"binary: {binary} -V does not print the version of an OpenSIPS", hint)
    return words[2]


def _interrupted(leftovers: List[str]) -> SchemaError:
    """The error for tables that an upgrade which did not come to its end has left."""
    return CannotUpgrade(
        f"An upgrade did not come to its end, and left {first_few(leftovers, _SHOWN)}",
        "Nothing was changed. Set upgrade to true: the task then finishes or undoes that upgrade",
    )


class _Schema:
    """The tables of one database: find(), then make(). plan: creating.Plan. result: what the module returns, from find() on."""

    def __init__(self, task: "Task", release: str, tables: List[Any], upgrades: Optional[upgrading.Choice]) -> None:
        self._task, self._release, self._tables, self._upgrades = task, release, tables, upgrades
        # text that is not UTF-8 is copied as it is
        self._db = Database(task.params, makes_tables=True, any_text=True)
        if self._db.engine == "sqlite" and release in _WITHOUT_SQLITE:
            raise BadParameters(
                f"version: OpenSIPS {release} has no tables for SQLite",
                "Use another database, or a version from 2.2 on",
            )
        self._owner: Tuple[Optional[int], Optional[int]] = (None, None)
        self.plan: Any = None
        self.result: Dict[str, Any] = {}

    def find(self) -> None:
        """Look at what is there. Raises TaskFailure if OpenSIPS cannot use it."""
        if self._has_no_file:
            self._check_directory()
            self._check_owner()
            self.plan = creating.plan(self._db.engine, {}, self._tables)
        else:
            with self._db, self._db.transaction(write=False):
                self.plan = self._look()
        self._update(creating.PLANNED)
        self._refuse()
        self._warn()

    def make(self, mode: Optional[int]) -> None:
        """Make what is missing. mode: of the file of SQLite, if there is none yet. Raises TaskFailure."""
        task = self._task
        # if nobody knows, the tables may be there
        task.known = lambda: self.result
        self._update(creating.NOT_MADE)
        try:
            with self._file(mode), self._db, self._db.transaction(write=True):
                self._clean_up()
                self.plan = self._look()
                self._refuse()
                creating.make(self._db, self.plan)
        except CommitUnknown as error:
            self._update(creating.UNKNOWN)
            raise self._failure(error) from error
        except OpensipsError as error:
            self._update(creating.NOT_MADE)
            raise self._failure(error) from error
        self._update(None)

    def _look(self) -> "creating.Plan":
        """The plan for what the database has now."""
        tables, params = self._tables, self._task.params
        if self._upgrades is not None and params["modules"] is None and params["tables"] is None:
            tables = choice.with_those_that_exist(self._db, self._release, tables)
        return creating.plan_of(self._db, tables, self._upgrades)

    def _clean_up(self) -> None:
        """Finish or undo an upgrade that did not come to its end."""
        if self._upgrades is None:
            return
        for name in upgrading.clean_up(self._db):
            self._task.warn(
                f"An earlier upgrade did not come to its end. The table {name} has the rows of before, which differ from those of"
                " the upgraded table. Compare them, and drop it"
            )

    @property
    def _has_no_file(self) -> bool:
        return self._db.file is not None and not os.path.exists(self._db.file)

    def _check_directory(self) -> None:
        """Warn in check mode that there is no directory for the file of SQLite; else making the file fails."""
        directory = os.path.dirname(os.path.abspath(str(self._db.file)))
        if self._task.check_mode and not os.path.isdir(directory):
            self._task.warn(f"There is no directory {directory}. The task fails unless an earlier task creates it")

    def _check_owner(self) -> None:
        """Refuse an owner that does not exist; warn in check mode, because an earlier task may create it. Raises BadParameters."""
        try:
            self._owner = file_options.owner_of(self._task.params["owner"], self._task.params["group"])
        except BadParameters as error:
            if not self._task.check_mode:
                raise
            self._task.warn(f"{error.message}. The task fails unless an earlier task creates it")

    @contextlib.contextmanager
    def _file(self, mode: Optional[int]) -> Iterator[None]:
        """Gives the file of SQLite its owner and mode if this task makes it, and removes it if the task fails."""
        is_new, path = self._has_no_file, str(self._db.file)
        try:
            yield
            if is_new:
                self._own(path, mode)
        except BaseException:
            if is_new:
                with contextlib.suppress(OSError):
                    os.remove(path)
            raise

    def _own(self, path: str, mode: Optional[int]) -> None:
        try:
            # -1: not changed
            os.chown(path, *(-1 if number is None else number for number in self._owner))
            if mode is not None:
                os.chmod(path, mode)
        except OSError as error:
            raise BadParameters(
                f"owner, group: the file {path} cannot be given away: {error}", "Nothing was created. Correct them"
            ) from None

    def _refuse(self) -> None:
        """Raise TaskFailure for tables that OpenSIPS cannot use."""
        problems = self.plan.problems()
        interrupted = bool(self.plan.leftovers) and self._upgrades is None
        if not problems and not interrupted:
            return
        self._update(creating.NOT_MADE)
        error = _interrupted(self.plan.leftovers) if interrupted else self._refusal(problems)
        raise self._failure(error) from error

    def _refusal(self, problems: List[str]) -> SchemaError:
        """The error for tables that OpenSIPS cannot use, or that cannot be upgraded."""
        refusals = [change.refusal for change in self.plan.changes if change.refusal is not None]
        if refusals:
            hints = dict.fromkeys(str(refusal.hint) for refusal in refusals)
            return type(refusals[0])(first_few(problems, _SHOWN), ". ".join(hints))
        older = " Set upgrade to true if they are of an older version." if self._upgrades is None else ""
        return WrongTables(
            f"OpenSIPS {self._release} cannot use what is in the {self._db.label}: {first_few(problems, _SHOWN)}",
            f"Nothing was changed.{older} Else rename or correct these tables, or correct the name of the database",
        )

    def _failure(self, error: OpensipsError) -> TaskFailure:
        return TaskFailure(str(error), dict(self.result, **describe_failure(error)))

    def _warn(self) -> None:
        """Warn of differences that do not keep OpenSIPS from using a table."""
        for change in self.plan.changes:
            if change.differences and change.upgrade is None:
                listed = first_few(
                    [f"{difference.kind} {difference.name}" for difference in change.differences], _SHOWN
                )
                self._task.warn(
                    f"The table {change.table.name} is not as OpenSIPS {self._release} makes it, and stays as it is: {listed}"
                )

    def _update(self, stage: Optional[str]) -> None:
        """Make the result from the plan. stage: None when it was carried out, else what became of it."""
        changes = self.plan.changes
        changed = self.plan.is_needed and stage != creating.NOT_MADE
        self.result = {
            "changed": changed,
            "version": self._release,
            "results": [self._entry(change, stage) for change in changes],
            "summary": creating.summary(self.plan, stage),
            "diff": {"before": "", "after": self.plan.text() if changed else ""},
        }

    def _entry(self, change: Any, stage: Optional[str]) -> Dict[str, Any]:
        problem = change.problem()
        made = change.is_needed and stage != creating.NOT_MADE
        before = None if change.found is None else {"version": change.found.version}
        after = {"version": change.table.version} if made else before
        upgrade = change.upgrade
        if upgrade is not None:
            before = {"version": change.found.version, "rows": upgrade.rows_before}
            after = {"version": change.table.version, "rows": upgrade.rows_after} if made else before
        error = change.refusal or (None if problem is None else WrongTables(problem))
        return {
            "table": change.table.name,
            "outcome": change.outcome(stage),
            "changed": made,
            "before": before,
            "after": after,
            "differences": [difference.described() for difference in change.differences],
            "dropped_columns": [] if upgrade is None else list(upgrade.dropped),
            "kept_columns": [] if upgrade is None else [column.name for column in upgrade.kept],
            "statements": list(change.statements),
            "error": None if error is None else describe_error(error),
        }
