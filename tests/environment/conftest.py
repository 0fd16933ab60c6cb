# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Job templates, as AWX runs them: ansible-runner, in an environment that has only what meta/execution-environment.yml requires."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess

import pytest

# before they are imported
pytest.register_assert_rewrite("ansible_collections.community.opensips.tests.integration.support")

# pylint: disable=wildcard-import,unused-wildcard-import
from ansible_collections.community.opensips.tests.integration.support.fixtures import *  # noqa: E402, F403

SECONDS = 240


@dataclasses.dataclass
class Job:
    """What a job did. output: its text. events: what ansible-runner keeps of its tasks."""

    status: str
    output: str
    events: list[dict]

    def results(self, task):
        """What a task returned on each host."""
        return [event["event_data"]["res"] for event in self.events if self._is_of(event, task)]

    @staticmethod
    def _is_of(event, task):
        return event["event"] == "runner_on_ok" and event["event_data"]["task"].rpartition(" : ")[2] == task


class Environment:
    """The environment that ./test environment makes."""

    def __init__(self, folder):
        try:
            self.bin = pathlib.Path(os.environ["ENVIRONMENT_BIN"])
            self.collections = os.environ["ENVIRONMENT_COLLECTIONS"]
        except KeyError as error:
            raise pytest.UsageError(f"{error} is not set: run ./test environment") from None
        self._folder = folder
        self._jobs = 0

    def run(self, project, playbook, hosts, env=None, on_node=False, **extra_vars):
        """The Job of a template. project: {file: text}. hosts: {name: variables}, all of them reached as the environment itself.

        on_node: the job runs as on an execution node: it and its events are streams, which receptor would carry.
        """
        self._jobs += 1
        private = self._folder / f"job{self._jobs}"
        local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        inventory = {"opensips": {"hosts": {name: {**local, **variables} for name, variables in hosts.items()}}}
        files = {
            "inventory/hosts.json": json.dumps(inventory),
            "env/extravars": json.dumps(extra_vars),
            **{f"project/{name}": text for name, text in project.items()},
        }
        for name, text in files.items():
            (private / name).parent.mkdir(parents=True, exist_ok=True)
            (private / name).write_text(text, encoding="utf-8")
        job = [private, "-p", playbook, "-i", "job"]
        steps = [("run", *job)]
        if on_node:
            node = self._folder / f"node{self._jobs}"
            node.mkdir()
            steps = [("transmit", *job), ("worker", "--private-data-dir", node), ("process", private, "-i", "job")]
        stream = b""
        for step in steps:
            ran = self._ansible_runner(step, private, env, stream)
            stream = ran.stdout
        return self._ended(private, ran)

    def _ansible_runner(self, step, private, env, stream):
        """A program of ansible-runner that ended. stream: what it reads (bytes)."""
        kept = {
            name: os.environ[name] for name in ("LC_ALL", "LANG", "TMPDIR", "XDG_RUNTIME_DIR") if name in os.environ
        }
        return subprocess.run(
            [self.bin / "ansible-runner", *step],
            env={
                **kept,
                "PATH": f"{self.bin}:{os.defpath}",
                "HOME": str(private),
                "ANSIBLE_COLLECTIONS_PATH": self.collections,
                **(env or {}),
            },
            input=stream,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )

    @staticmethod
    def _ended(private, ran):
        artifacts = private / "artifacts" / "job"
        assert (artifacts / "status").exists(), (ran.stdout + ran.stderr).decode()
        events = sorted((artifacts / "job_events").glob("*.json"), key=lambda path: int(path.name.partition("-")[0]))
        return Job(
            (artifacts / "status").read_text(encoding="utf-8"),
            (artifacts / "stdout").read_text(encoding="utf-8"),
            [json.loads(path.read_text(encoding="utf-8")) for path in events],
        )


@pytest.fixture
def environment(tmp_path):
    made = Environment(tmp_path)
    yield made
    shutil.rmtree(tmp_path, ignore_errors=True)
