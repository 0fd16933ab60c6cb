# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_table: rows of a table, and a server that reads them."""

from typing import TYPE_CHECKING, Any, Dict, NoReturn, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MIError,
    first_few,
)
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, database_spec
from ansible_collections.community.opensips.plugins.module_utils._module.pending import PendingReload
from ansible_collections.community.opensips.plugins.module_utils._module.run import (
    TaskFailure,
    describe_error,
    describe_failure,
)
from ansible_collections.community.opensips.plugins.module_utils._state import reload
from ansible_collections.community.opensips.plugins.module_utils._table import (
    listening,
    results,
    rows,
    schema,
    verification,
    views,
)
from ansible_collections.community.opensips.plugins.module_utils._table.database import Database
from ansible_collections.community.opensips.plugins.module_utils._table.errors import (
    CommitUnknown,
    RowNotTaken,
    TableError,
)
from ansible_collections.community.opensips.plugins.module_utils._table.garbage import uncollected
from ansible_collections.community.opensips.plugins.module_utils._table.push import Table

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task

# What a server drops before it reads the table, unless it does not read it at all (400)
_DROPPED = ("rtpproxy_sockets", "rtpengine")

# The outcomes of a reload
PLANNED, RELOADED, FAILED, NOT_RUN = "planned", "reloaded", "failed", "not_run"

# Why a server reloads
CHANGED, ALWAYS, PENDING = "changed", "always", "pending"

# Problems that one message lists
_SHOWN = 5


def spec() -> "ArgumentSpec":
    """The module's own options."""
    own = ArgumentSpec(
        {
            "table": {"type": "str", "required": True},
            "rows": {"type": "list", "elements": "dict"},
            "rows_file": {"type": "path"},
            "match": {"type": "list", "elements": "str"},
            "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
            "scope": {"type": "dict"},
            # a secret it is not, only the name suggests one
            "store_password": {"type": "bool", "default": False, "no_log": False},
            "reload": {"type": "bool", "default": True},
            "reload_when": {"type": "str", "choices": ["changed", "always"], "default": "changed"},
            "partition": {"type": "str"},
            "inherit_state": {"type": "bool"},
            "wait_timeout": {"type": "float", "default": reload.DEFAULT_WAIT},
        },
        withheld=("rows",),
        required_one_of=[("rows", "rows_file")],
        mutually_exclusive=[("rows", "rows_file")],
    )
    return database_spec().merged_with(own)


def run(task: "Task") -> Dict[str, Any]:
    """Check everything, write the difference, have the server read it, and look whether it did."""
    params = task.params
    reloads = _reloads(params)
    with uncollected():
        given = params["rows"] if params["rows"] is not None else rows.load(params["rows_file"])
        push = Push(task, reloads)
        push.write(given)
    push.reload()
    return push.result


def _reloads(params: Dict[str, Any]) -> bool:
    """Whether the server reads the table again if it changes. Raises BadParameters."""
    # an unknown table is reported before anything else
    schema.variants(params["table"])
    if params["wait_timeout"] <= 0:
        raise BadParameters(f"wait_timeout is {params['wait_timeout']:g}", "Set it to a number of seconds above 0")
    reloads = params["reload"] and reload.has_reload(params["table"])
    for name in ("partition", "inherit_state"):
        if params[name] is not None and not reloads:
            raise BadParameters(
                f"{name} is set, but {params['table']} is not reloaded",
                "Remove it" if params["reload"] else "Remove it, or set reload to true",
            )
    return reloads


class Push:
    """One push: write(), then reload(). result: what the module returns, from write() on."""

    def __init__(self, task: "Task", reloads: bool) -> None:
        """reloads: whether the server reads the table again if it changes."""
        self._task = task
        self._reloads = reloads
        self._request: Any = None
        self._plan: Any = None
        self._record: Any = None
        self._planned: Any = None
        self._cause: Optional[str] = None
        # what became of the plan: None when it was carried out
        self._stage: Optional[str] = results.PLANNED
        # how many rows the table has that the server loads
        self._count: Optional[int] = None
        self._pending: Any = None
        # whether the server owed a reload before this push
        self._owed = False
        self.result: Dict[str, Any] = {}

    def write(self, given: Any) -> None:
        """Write the user's rows, unless in check mode. Raises BadParameters, TableError, TaskFailure.

        given: list of dict, or a function of the Table that returns it.
        """
        task = self._task
        with Database(task.params) as db:
            like = task.params["table"]
            table = Table(db, like, task.params["db_table"] or like)
            self._record = table.record
            self._request = table.request(task.params, given(table) if callable(given) else given)
            self._check_references(table)
            self._plan = table.compare(self._request)
            self._update_result()
            task.known = self._known
            self._inspect(table)
            self._cause = self._why_reload()
            if self._cause:
                self._check_whole(table)
                self._plan_reload()
            if self._plan.changed:
                table.check_writable()
                if not task.check_mode:
                    self._carry_out(table)
            where = getattr(self._record.view, "where", None)
            if self._planned is not None and where is not None and not task.check_mode:
                self._count = table.count(where)

    def reload(self) -> None:
        """Have the server read the table, if write() planned that. Raises TaskFailure, whose result says what was written."""
        task, planned = self._task, self._planned
        if planned is None or task.check_mode:
            return
        try:
            done = reload.run(task.connection, planned, task.params["wait_timeout"])
        except MIError as error:
            self.result["reload"]["outcome"] = FAILED
            self.result["changed"] = self._plan.changed or error.maybe_sent
            self._fail(
                f"{self._written()}{self._what_runs(error)}. {str(error).rstrip('.')}. {self._next_run()}", error
            )
        self.result["reload"].update(outcome=RELOADED, seconds=done["seconds"])
        self._verify()
        self._pending.clear()

    def _inspect(self, table: "Table") -> None:
        """Look at what would be written, before anything is. Raises what it finds."""

    def _why_reload(self) -> Optional[str]:
        """CHANGED, ALWAYS or PENDING; None when the server does not read the table again."""
        params = self._task.params
        if not self._reloads:
            return None
        # before the connection is opened, so that its name is the same in every run
        self._pending = PendingReload(
            self._task.connection.carrier.describe(), reload.command_of(params["table"]), params["partition"]
        )
        self._owed = self._pending.exists()
        if self._plan.changed:
            return CHANGED
        if params["reload_when"] == "always":
            return ALWAYS
        return PENDING if self._owed else None

    def _check_references(self, table: "Table") -> None:
        """Refuse rows that name what the database does not have. In check mode an earlier task may be about to write it."""
        if self._request.state == "absent":
            return
        unknown = table.unknown_references(self._request)
        if unknown and not self._task.check_mode:
            raise BadParameters(
                f"{self._request.option}: {first_few(unknown, _SHOWN)}",
                "Nothing was written. Write the rows of that table first, or correct the names",
            )
        notes = [f"{problem}. The task fails unless an earlier task writes that row" for problem in unknown]
        notes += self._request.warnings()
        if notes:
            self._task.warn(f"{self._request.option}: {first_few(notes, _SHOWN)}")

    def _check_whole(self, table: "Table") -> None:
        """Refuse a table that would hurt the server which reads it. Raises TaskFailure."""
        problems = table.reload_problems(self._plan)
        if problems:
            self._not_written()
            error = BadParameters(
                f"the server would not bear the table {table.name}: {first_few(problems, _SHOWN)}",
                "Nothing was written, and nothing was sent. Correct these rows first",
            )
            self._fail(str(error), error)

    def _check_sockets(self) -> None:
        """Refuse rows with a socket that the server does not listen on."""
        named = [
            (wanted.values[column], f"row {wanted.number}, column {column}")
            for column in self._record.sockets
            for wanted in self._request.rows
            if wanted.values.get(column) and self._request.state != "absent"
        ]
        unknown = listening.unknown_sockets(self._task.connection, [socket for socket, _where in named])
        if unknown:
            problems = [
                f"{where}: the server does not listen on {socket}" for socket, where in named if socket in unknown
            ]
            raise BadParameters(
                f"{self._request.option}: {first_few(problems, _SHOWN)}",
                "Nothing was written. Correct the socket, or add it to the configuration of the server",
            )

    def _known(self) -> Dict[str, Any]:
        """The result when something unexpected ended the task."""
        if self._stage == results.PLANNED and self._plan.changed:
            # an error rolls a transaction back
            self._not_written()
        return self.result

    def _what_runs(self, error: "MIError") -> str:
        """What a server does after a reload that failed (str)."""
        if self._task.params["table"] in _DROPPED and getattr(error, "code", None) != 400:
            return "The server did not load the new data"
        return "The server may still run the old data" if error.maybe_sent else "The server still runs the old data"

    def _next_run(self) -> str:
        """What the next run does about a reload that failed (str)."""
        if self._pending.problem is None:
            return "The next run of this task reloads it again"
        return f"The next run does not reload it by itself, because {self._pending.problem}. Set reload_when to always"

    def _verify(self) -> None:
        """Find out whether the server has the rows. Raises TaskFailure when it lacks some."""
        params, changes = self._task.params, self._plan.changes
        try:
            pushed = views.Pushed(changes, self._request.match, params["partition"], self._count)
            found = verification.verify(self._task.connection, self._record, pushed)
        except MIError as error:
            found = verification.unknown(changes, f"the server could not be asked: {str(error).rstrip('.')}")
            self._task.warn(f"{self._written()}The server reloaded it, and could not be asked what it has now: {error}")
        self.result["reload"].update(verified=found.verified, verified_reason=found.reason)
        for entry, finding in zip(self.result["results"], found.findings):
            entry["verified"] = finding.verified
            if finding.verified is False:
                entry["error"] = describe_error(RowNotTaken(finding.message or "", "The log of the server says why"))
        if found.problems:
            refused = RowNotTaken(
                f"{self._written()}The server ran {self._planned.command}, but does not have all rows: {found.text()}",
                "See the log of the server: usually it cannot resolve a name, or it reads another database or table",
            )
            self._fail(str(refused), refused)

    def _plan_reload(self) -> None:
        params = self._task.params
        try:
            planned = reload.plan(self._task.connection, params["table"], params["partition"], params["inherit_state"])
        except MIError as error:
            self._not_written()
            self._fail(f"Nothing was written, because the server could not reload it: {error}", error)
        try:
            self._check_sockets()
        except BadParameters as error:
            self._not_written()
            self._fail(str(error), error)
        self._planned = planned
        # the rest of the result stays as it is, and may be of many rows
        self.result.update(changed=True, reload=self._reload_entry())

    def _carry_out(self, table: "Table") -> None:
        if self._planned is not None:
            self._pending.note()
        try:
            self._plan = table.push(self._request)
        except CommitUnknown as error:
            self._stage = results.UNKNOWN
            self._update_result()
            self._fail(str(error), error)
        except TableError as error:
            if self._planned is not None and not self._owed:
                self._pending.clear()
            self._not_written()
            self._fail(str(error), error)
        self._stage = None
        self._update_result()

    def _fail(self, message: str, error: Optional[Exception] = None) -> NoReturn:
        if error is not None:
            self.result.update(describe_failure(error))
        raise TaskFailure(message, self.result) from error

    def _not_written(self) -> None:
        """The result of a push that was rolled back, or never begun."""
        self._stage = results.NOT_WRITTEN
        self._planned = None
        self._update_result()
        self.result["diff"] = {"before": {}, "after": {}}

    def _written(self) -> str:
        """What was written, as the first sentence of a message (str)."""
        table = self._request.schema.name
        if not self._plan.changed:
            return f"The table {table} needed no change. "
        outcomes = results.summary(self._plan, self._stage)["outcomes"]
        counts = [f"{outcomes[outcome]} {outcome}" for outcome in results.OUTCOMES if outcomes[outcome]]
        return f"Written to the table {table}: {', '.join(counts)}. "

    def _update_result(self) -> None:
        """Make the result from the plan and its stage."""
        request, made, stage = self._request, self._plan, self._stage
        self.result = {
            "changed": (made.changed and stage != results.NOT_WRITTEN) or self._planned is not None,
            "table_version": request.schema.version,
            "match": request.match,
            "results": results.entries(request, made, stage),
            "summary": results.summary(made, stage),
            "diff": results.diff(request, made),
            "reload": self._reload_entry(),
        }

    def _reload_entry(self) -> Optional[Dict[str, Any]]:
        if self._planned is None:
            return None
        return {
            "cause": self._cause,
            "outcome": PLANNED if self._task.check_mode else NOT_RUN,
            "requests": [{"command": self._planned.command, "params": self._planned.params}],
            "seconds": None,
            "verified": None,
            "verified_reason": None,
        }
