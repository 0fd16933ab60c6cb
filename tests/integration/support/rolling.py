# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the playbook rolling_restart on a cluster, emulated or real, and what they leave: journals and the timeline."""

from __future__ import annotations

import json
import os
import shlex
import signal
import time

from .cluster import wait_until
from .playbook import COLLECTION
from .servers import fifo_of

PLAYBOOK = COLLECTION / "playbooks" / "rolling_restart.yml"
NODES = ("sip1", "sip2")
# a run is some 200 tasks
SECONDS = 900
# what the emulated nodes lack
HEALTH = {"checks": ["!dispatcher", "!media_nodes", "!registrants", "!status"]}


class Run:
    """What one run of the playbook gave. timeline: the newest as data, or None. page: the same as HTML."""

    def __init__(self, results, reports):
        self.results, self.output = results, results.output
        self.failures = {result.host: result.msg for result in results if result.failed}
        self.plans = {result.host: result.msg for result in self.of("Show the plan")}
        found = sorted(reports.glob("*.json"), key=lambda path: path.stat().st_mtime)
        timelines = [json.loads(path.read_text()) for path in found]
        self.timeline = timelines[-1] if found else None
        # one campaign for each action
        self._nodes = [node for timeline in reversed(timelines) for node in timeline["nodes"]]
        self.page = found[-1].with_suffix(".html").read_text() if found else None

    def of(self, task):
        """The results of a task of the role that was not skipped."""
        return [each for each in self.results if each.task.endswith(f" : {task}") and each.status != "skipped"]

    @property
    def outcomes(self):
        return {node["node"]: node["outcome"] for node in self.timeline["nodes"]}

    def entries(self, node):
        """What the timeline says of the steps of a node that have ended."""
        return next(entry["steps"] for entry in self._nodes if entry["node"] == node and entry["steps"])

    def steps(self, node):
        return [(step["step"], step["outcome"]) for step in self.entries(node)]


class Rolling:
    """The nodes of a cluster as hosts sip1 and sip2 of an inventory, and its edges.

    entries: entries(index) of a node at an edge, as an element of rolling_edges has them. connection: connection(server) gives
    connection options. own: own(node) gives variables of one. Other keywords are variables of all nodes.
    """

    def __init__(self, ansible, cluster, folder, entries=None, connection=fifo_of, own=None, **variables):
        self.ansible, self.cluster, self.folder = ansible, cluster, folder
        self._entries, self._connection, self._own = entries, connection, own
        self._variables = {
            "rolling_journal_dir": str(folder / "journals"),
            "rolling_report_dir": str(folder / "reports"),
            "rolling_pause": 0,
            "rolling_settle_timeout": 0,
            "rolling_drain_minimum": 0,
            "rolling_health": HEALTH,
            **variables,
        }

    def run(self, sip1=(), sip2=(), nodes=NODES, facts=(), **options):
        """A Run that is let come to its end. sip1, sip2: variables of one node. facts: what was gathered of all nodes before.

        options: variables of all nodes, or of run_plays().
        """
        known = {name: options.pop(name) for name in ("check", "arguments", "env") if name in options}
        plays, hosts = self._plays(nodes), self._hosts(options, (sip1, sip2))
        if facts:
            task = {"name": "Set facts", "ansible.builtin.set_fact": {**dict(facts), "cacheable": True}}
            plays.insert(0, {"hosts": ",".join(nodes), "gather_facts": False, "tasks": [task]})
        results = self.ansible.run_plays(plays, hosts, seconds=SECONDS, may_fail=True, **known)
        return Run(results, self.folder / "reports")

    def killed_at(self, step, seconds=0.0):
        """Start a run and end it, as SIGKILL does, some seconds after it began a step. Whether it was still running."""
        seen = len(self._steps())
        process = self.ansible.start_plays(self._plays(NODES), self._hosts({}, ((), ())))
        try:
            wait_until(
                lambda: step in self._steps()[seen:] or process.poll() is not None, f"{step} does not begin", 120
            )
            time.sleep(seconds)
            return process.poll() is None
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def records(self):
        """What the journals say, in the order in which it happened."""
        lines = [
            line for path in (self.folder / "journals").glob("*.jsonl") for line in path.read_text().splitlines(True)
        ]
        return sorted((json.loads(line) for line in lines if line.endswith("\n")), key=lambda record: record["at"])

    def outcomes(self):
        """{node: what became of it in the last run that came to its end}."""
        return {record["node"]: record["outcome"] for record in self.records() if record["event"] == "end"}

    def has_begun(self, node, step):
        """Whether a step of a node was begun."""
        wanted = {"node": node, "step": step, "outcome": "started"}
        return any(wanted.items() <= record.items() for record in self.records())

    def restart_command(self, index):
        return shlex.split(self.cluster.restart_command(index))

    def _steps(self):
        """The steps that were begun."""
        return [
            record.get("step", record["event"])
            for record in self.records()
            if record["event"] == "begin" or record.get("outcome") == "started"
        ]

    @staticmethod
    def _plays(nodes):
        variables = {"opensips_hosts": ",".join(nodes), "rolling_nodes": list(NODES)}
        return [{"import_playbook": str(PLAYBOOK), "vars": variables}]

    def _hosts(self, variables, own):
        edges = {f"edge{number}": edge for number, edge in enumerate(self.cluster.edges, 1)}
        hosts = {
            name: {
                **self._variables,
                "opensips_connection": self._connection(node),
                "rolling_restart_command": self.restart_command(index),
                "rolling_edges": [
                    {"host": host, "connection": self._connection(edge), **self._entries(index)}
                    for host, edge in edges.items()
                ],
                **(self._own(node) if self._own else {}),
                **variables,
                **dict(own[index]),
            }
            for index, (name, node) in enumerate(zip(NODES, self.cluster.nodes, strict=True))
        }
        return {**hosts, **{name: {"opensips_connection": self._connection(edge)} for name, edge in edges.items()}}
