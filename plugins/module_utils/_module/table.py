# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_table: rows of a table, and a server that reads them."""

import time

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, database_spec
from ansible_collections.community.opensips.plugins.module_utils._module.run import TaskFailure, describe_failure
from ansible_collections.community.opensips.plugins.module_utils._state import reload
from ansible_collections.community.opensips.plugins.module_utils._table import (
    plan,
    results,
    rows,
    runtime,
    schema,
)
from ansible_collections.community.opensips.plugins.module_utils._table.database import Database
from ansible_collections.community.opensips.plugins.module_utils._table.errors import CommitUnknown, TableError
from ansible_collections.community.opensips.plugins.module_utils._table.push import Table

# Seconds until a server shows what it has reloaded
_SETTLE = 3.0

# What a server drops before it reads the table, unless it does not read it at all (400)
_DROPPED = ("rtpproxy_sockets", "rtpengine")

# The outcomes of a reload
PLANNED, RELOADED, FAILED, NOT_RUN = "planned", "reloaded", "failed", "not_run"


def spec():
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


def run(task):
    """Check everything, write the difference, have the server read it, and look whether it did."""
    params = task.params
    reloads = _reloads(params)
    given = params["rows"] if params["rows"] is not None else rows.load(params["rows_file"])
    push = _Push(task, reloads)
    push.write(given)
    push.reload()
    return push.result


def _reloads(params):
    """Whether the server reads the table again if it changes. Raises BadParameters."""
    # an unknown table is reported before anything else
    schema.variants(params["table"])
    if params["wait_timeout"] <= 0:
        raise BadParameters(f"wait_timeout is {params['wait_timeout']:g}", "Give seconds, above 0")
    reloads = params["reload"] and reload.has_reload(params["table"])
    for name in ("partition", "inherit_state"):
        if params[name] is not None and not reloads:
            raise BadParameters(
                f"{name} is given, but {params['table']} is not reloaded",
                "Leave it out" if params["reload"] else "Leave it out, or set reload to true",
            )
    return reloads


class _Push:
    """One push: write(), then reload(). result: what the module returns, from write() on."""

    def __init__(self, task, reloads):
        """reloads: whether the server reads the table again if it changes."""
        self._task = task
        self._reloads = reloads
        self._request = self._plan = self._planned = None
        # what became of the plan: None when it was carried out
        self._stage = results.PLANNED
        self.result = {}

    def write(self, given):
        """Write the user's rows (list of dict), unless in check mode. Raises BadParameters, TableError, TaskFailure."""
        task = self._task
        with Database(task.params) as db:
            like = task.params["table"]
            table = Table(db, like, task.params["db_table"] or like)
            self._request = table.request(task.params, given)
            self._plan = table.compare(self._request)
            self._update_result()
            task.known = self._known
            if self._plan.changed or self._forced:
                self._plan_reload()
            if self._plan.changed:
                table.check_writable()
                if not task.check_mode:
                    self._carry_out(table)

    def reload(self):
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
                f"{self._written()}{self._what_runs(error)}. {str(error).rstrip('.')}. To have the server read the "
                "table, run opensips_reload: a second run of this task finds nothing to change, and does not reload",
                error,
            )
        self.result["reload"].update(outcome=RELOADED, seconds=done["seconds"])
        if runtime.can_show(task.params["table"]):
            self._verify()

    @property
    def _forced(self):
        """Whether the server reads the table although nothing changes."""
        return self._task.params["reload_when"] == "always"

    def _known(self):
        """The result when something unexpected ended the task."""
        if self._stage == results.PLANNED:
            # an error rolls a transaction back
            self._not_written()
        return self.result

    def _what_runs(self, error):
        """What a server does after a reload that failed (str)."""
        if self._task.params["table"] in _DROPPED and getattr(error, "code", None) != 400:
            return "The server did not take it over"
        return "The server may still run the old data" if error.maybe_sent else "The server still runs the old data"

    def _verify(self):
        params = self._task.params
        deadline = time.monotonic() + _SETTLE
        changes = [change for change in self._plan.changes if change.operation != plan.NONE]
        while True:
            try:
                problems = runtime.differences(
                    self._task.connection, params["table"], changes, self._request.match, params["partition"]
                )
            except MIError as error:
                self._task.warn(
                    f"{self._written()}The server reloaded it, but could not be asked what it has now: {error}"
                )
                return
            if not problems or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        self.result["reload"]["verified"] = not problems
        if problems:
            self._fail(
                f"{self._written()}The server ran {self._planned.command}, but shows something else: {runtime.said(problems)}. "
                "Its log says why: mostly a name that it cannot resolve, or that it reads another database or table"
            )

    def _plan_reload(self):
        if not self._reloads:
            return
        params = self._task.params
        try:
            self._planned = reload.plan(
                self._task.connection, params["table"], params["partition"], params["inherit_state"]
            )
        except MIError as error:
            self._not_written()
            self._fail(f"Nothing was written, because the server could not reload it: {error}", error)
        self._update_result()

    def _carry_out(self, table):
        try:
            self._plan = table.push(self._request)
        except CommitUnknown as error:
            self._stage = results.UNKNOWN
            self._update_result()
            self._fail(str(error), error)
        except TableError as error:
            self._not_written()
            self._fail(str(error), error)
        self._stage = None
        self._update_result()

    def _fail(self, message, error=None):
        if error is not None:
            self.result.update(describe_failure(error))
        raise TaskFailure(message, self.result) from error

    def _not_written(self):
        """The result of a push that was rolled back, or never begun."""
        self._stage = results.NOT_WRITTEN
        self._planned = None
        self._update_result()
        self.result["diff"] = {"before": {}, "after": {}}

    def _written(self):
        """What was written, as the first sentence of a message (str)."""
        if not self._plan.changed:
            return f"The table {self._request.schema.table} needed no change. "
        outcomes = results.summary(self._plan, self._stage)["outcomes"]
        counts = [f"{outcomes[outcome]} {outcome}" for outcome in results.OUTCOMES if outcomes[outcome]]
        return f"Written to the table {self._request.schema.table}: {', '.join(counts)}. "

    def _update_result(self):
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

    def _reload_entry(self):
        if self._planned is None:
            return None
        return {
            "outcome": PLANNED if self._task.check_mode else NOT_RUN,
            "requests": [{"command": self._planned.command, "params": self._planned.params}],
            "seconds": None,
            "verified": None,
            "verified_reason": None,
        }
