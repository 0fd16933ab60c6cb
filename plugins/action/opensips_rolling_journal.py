# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the journal of a rolling campaign on the controller. Documented in plugins/modules/opensips_rolling_journal.yml."""

from __future__ import annotations

import contextlib
import json
import os
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils import _rolling_journal

_OPTIONS: dict[str, t.Any] = {
    "event": {"type": "str", "choices": ["open", "begin", "step", "end"], "required": True},
    "directory": {"type": "str"},
    "campaign": {"type": "str", "default": ""},
    "node": {"type": "str", "required": True},
    "nodes": {"type": "list", "elements": "str", "default": []},
    "group": {"type": "list", "elements": "str", "default": []},
    "action": {"type": "str", "default": ""},
    "before": {"type": "dict"},
    "step": {"type": "str", "choices": list(_rolling_journal.STEPS)},
    "outcome": {"type": "str"},
    "calls": {"type": "int"},
    "message": {"type": "str", "default": ""},
}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        _checked, options = self.validate_argument_spec(
            _OPTIONS,
            required_if=[
                ("event", "begin", ["before"]),
                ("event", "step", ["step", "outcome"]),
                ("event", "end", ["outcome"]),
            ],
        )
        try:
            return getattr(self, f"_{options['event']}")(options)
        except (_rolling_journal.JournalError, OSError) as error:
            raise AnsibleActionFail(printable(str(error)) or "") from None

    def _path(self, options: dict[str, t.Any]) -> str:
        directory = options["directory"] or _rolling_journal.default_directory()
        return os.path.join(os.path.expanduser(directory), f"{options['campaign']}.jsonl")

    def _append(self, options: dict[str, t.Any], path: str, **record: t.Any) -> None:
        if not self._task.check_mode:
            # plain data, without what Ansible knows of each value
            _rolling_journal.append(path, json.loads(json.dumps({"event": options["event"], **record}, default=str)))

    def _open(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        directory = os.path.dirname(self._path(options))
        process = _rolling_journal.this_process()
        lock = contextlib.nullcontext() if self._task.check_mode else _rolling_journal.locked(directory)
        with lock:
            journals = _rolling_journal.Journals(directory)
            journal, is_resumed = journals.choose(
                options["campaign"], options["nodes"], options["action"], process, options["group"]
            )
            if (
                journal.last_run().get("process") != process["process"]
                or journal.last_run().get("pid") != process["pid"]
            ):
                run = {
                    "event": "run",
                    "nodes": options["nodes"],
                    "group": options["group"],
                    "action": options["action"],
                }
                self._append(options, journal.path, **run, **process)
        nodes = {name: journals.node(name, journal.campaign) for name in {*options["group"], options["node"]}}
        return {
            "changed": False,
            "campaign": journal.campaign,
            "directory": directory,
            "path": journal.path,
            "resumed": is_resumed,
            "node": vars(nodes[options["node"]]),
            "others": {name: node.outcome for name, node in nodes.items()},
        }

    def _begin(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        self._append(options, self._path(options), node=options["node"], before=options["before"])
        return {"changed": False}

    def _step(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        names = ("node", "step", "outcome", "calls", "message")
        self._append(options, self._path(options), **{name: options[name] for name in names})
        return {"changed": False}

    def _end(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        self._append(options, self._path(options), **{name: options[name] for name in ("node", "outcome", "message")})
        return {"changed": False}
