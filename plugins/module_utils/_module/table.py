# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_table: rows of a table as they are wanted, and a server that runs them."""

import time

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, database_spec
from ansible_collections.community.opensips.plugins.module_utils._module.run import TaskFailure, describe_failure
from ansible_collections.community.opensips.plugins.module_utils._state import reload
from ansible_collections.community.opensips.plugins.module_utils._table import (
    fields,
    plan,
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
            "reload": {"type": "str", "choices": ["auto", "false"], "default": "auto"},
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
    push = _Push(task, reloads, given)
    if push.written and reloads:
        push.reload()
    return push.result


def _reloads(params):
    """Whether the server shall read the table again if it changes. Raises BadParameters."""
    # an unknown table is said before anything else
    schema.variants(params["table"])
    if params["wait_timeout"] <= 0:
        raise BadParameters(f"wait_timeout is {params['wait_timeout']:g}", "Give seconds, above 0")
    reloads = params["reload"] == "auto" and reload.has_reload(params["table"])
    for name in ("partition", "inherit_state"):
        if params[name] is not None and not reloads:
            raise BadParameters(
                f"{name} is given, but {params['table']} is not reloaded",
                "Leave it out" if params["reload"] == "auto" else "Leave it out, or set reload to auto",
            )
    return reloads


class _Push:
    """One push. result: what the module returns. written: whether the table was changed."""

    def __init__(self, task, reloads, given):
        self._task = task
        self.written = False
        with Database(task.params) as db:
            like = task.params["table"]
            table = Table(db, like, task.params["db_table"] or like)
            self._request = table.request(task.params, given)
            self._plan = table.compare(self._request)
            self._planned = None
            self.result = self._result()
            task.known = self._known
            if not self._plan.changed:
                return
            if reloads:
                self._planned = self._plan_reload()
            table.check_writable()
            if not task.check_mode:
                self._write(table)

    def _known(self):
        """The result when something unexpected ended the task."""
        if not self.written:
            # an error rolls a transaction back
            self._unwritten()
        return self.result

    def reload(self):
        """Have the server read the table. Raises TaskFailure, whose result says what was written."""
        conn, params = self._task.connection, self._task.params
        try:
            done = reload.run(conn, self._planned, params["wait_timeout"])
        except MIError as error:
            runs = "may still run the old data" if error.maybe_sent else "still runs the old data"
            if params["table"] in _DROPPED and getattr(error, "code", None) != 400:
                runs = "did not take it over"
            self._fail(
                "{}; but the server {}. {}. Have it read the table with opensips_reload: a second run of this task finds "
                "nothing to change, and does not reload".format(self._said(), runs, str(error).rstrip(".")),
                error,
            )
        self.result["reload"].update(done=True, seconds=done["seconds"])
        if runtime.can_show(params["table"]):
            self._verify()

    def _verify(self):
        params = self._task.params
        deadline = time.monotonic() + _SETTLE
        changes = [each for each in self._plan.changes if each.action != plan.UNCHANGED]
        while True:
            try:
                problems = runtime.differences(
                    self._task.connection, params["table"], changes, self._request.match, params["partition"]
                )
            except MIError as error:
                self._task.warn(
                    f"{self._said()}; and reloaded, but whether the server runs it could not be read back: {error}"
                )
                return
            if not problems or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        self.result["reload"]["verified"] = not problems
        if problems:
            self._fail(
                f"{self._said()}; and {self._planned.command} was run, but the server shows something else: {runtime.said(problems)}. Its log says why, mostly a name that "
                "it cannot resolve, or that it reads another database or table"
            )

    def _plan_reload(self):
        params = self._task.params
        try:
            planned = reload.plan(self._task.connection, params["table"], params["partition"], params["inherit_state"])
        except MIError as error:
            self._unwritten()
            self._fail(f"Nothing was written, because the server could not reload it: {error}", error)
        self.result["reload"] = {
            "command": planned.command,
            "params": planned.params,
            "done": False,
            "seconds": None,
            "verified": None,
        }
        return planned

    def _write(self, table):
        try:
            self._plan = table.push(self._request)
        except CommitUnknown as error:
            # the result stays what was to be done: nobody could say better
            self._fail(str(error), error)
        except TableError as error:
            self._unwritten()
            self._fail(str(error), error)
        self.written = True
        planned = self.result["reload"]
        self.result = self._result()
        self.result["reload"] = planned

    def _fail(self, message, error=None):
        if error is not None:
            self.result.update(describe_failure(error))
        raise TaskFailure(message, self.result) from error

    def _unwritten(self):
        """The result of a push that was rolled back, or never begun."""
        self.result["changed"] = False
        self.result.update(self._counts(dict.fromkeys(plan.ACTIONS, 0)))
        self.result["diff"] = {"before": {}, "after": {}}
        for entry in self.result["results"]:
            entry.update(changed=False, after=entry["before"])

    def _said(self):
        counts = self._plan.counts()
        told = [f"{counts[action]} {action}" for action in plan.ACTIONS if counts[action]]
        return f"Written to the table {self._request.schema.table}: {', '.join(told)}"

    def _result(self):
        entries = [self._entry(change) for change in self._plan.changes]
        return dict(
            self._counts(self._plan.counts()),
            changed=self._plan.changed,
            table_version=self._request.schema.version,
            match=self._request.match,
            results=entries,
            diff=self._diff(),
            reload=None,
        )

    @staticmethod
    def _counts(counts):
        return {"summary": counts}

    def _entry(self, change):
        before, after = self._shown(change.before), self._shown(change.after)
        if change.action == plan.UPDATED:
            _mark_secrets(change, after)
        return {
            "row": change.number,
            "key": self._request.key_of(change.key),
            "action": change.action,
            "changed": change.action != plan.UNCHANGED,
            "before": before,
            "after": after,
            "primary_key": change.identity,
        }

    def _shown(self, values):
        if values is None:
            return None
        known = self._request.fields.all
        return {name: known[name].shown(value) for name, value in values.items()}

    def _diff(self):
        """Only what changes: of rows that are updated, the columns that are."""
        diff = {"before": {}, "after": {}}
        for change in self._plan.changes:
            if change.action == plan.UNCHANGED:
                continue
            label = self._request.label(change.key)
            if label in diff["before"] or label in diff["after"]:
                label += f" ({' '.join(f'{name}={value}' for name, value in change.identity.items())})"
            if change.action == plan.UPDATED:
                written = change.written
                diff["before"][label] = self._shown({name: change.before[name] for name in written})
                diff["after"][label] = _mark_secrets(change, self._shown(written))
            elif change.action == plan.INSERTED:
                diff["after"][label] = self._shown(change.after)
            else:
                diff["before"][label] = self._shown(change.before)
        return diff


def _mark_secrets(change, shown):
    """So that it shows that a secret changes, if not to what."""
    for name in change.written:
        if shown[name] == fields.HIDDEN and name in schema.SECRETS and change.before[name]:
            shown[name] = fields.HIDDEN_CHANGED
    return shown
