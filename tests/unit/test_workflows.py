# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflows run every gate, on every ansible-core, with commands that ./test knows; TESTING.md names them all."""

from __future__ import annotations

import pathlib
import re
import shlex
import sys

import pytest
import yaml

_ROOT = pathlib.Path(__file__).parents[2]
_WORKFLOWS = sorted((_ROOT / ".github" / "workflows").glob("*.yml"))


def jobs():
    """(name of the workflow, name of the job, the job) of each."""
    for path in _WORKFLOWS:
        for name, job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].items():
            yield path.stem, name, job


def rows(job):
    return job.get("strategy", {}).get("matrix", {}).get("include", [{}])


def commands(job):
    """What a job runs of ours: (whether through .ci/run, arguments), for each row of its matrix."""
    for step in job["steps"]:
        for line in step.get("run", "").splitlines():
            if re.match(r"(\./test|\.ci/run) ", line):
                for row in rows(job):
                    words = shlex.split(
                        re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda found, row=row: row[found[1]], line)
                    )
                    yield words[0] == ".ci/run", words[1:]


ALL = [(workflow, through_ci, arguments) for workflow, _name, job in jobs() for through_ci, arguments in commands(job)]


@pytest.fixture
def parsed(checks, monkeypatch):
    """parsed(arguments): what ./test makes of them."""

    def parse(arguments):
        monkeypatch.setattr(sys, "argv", ["./test", *arguments])
        return checks.parse_args()

    return parse


@pytest.mark.parametrize("workflow, through_ci, arguments", ALL)
def test_commands_are_known(parsed, workflow, through_ci, arguments):
    assert parsed(["--all", *arguments] if through_ci else arguments).steps


def test_every_step_runs_on_every_change(checks, parsed):
    ran = {step for workflow, _ci, arguments in ALL if workflow != "release" for step in parsed(arguments).steps}
    assert ran == set(checks.STEPS)


@pytest.mark.parametrize("job", ["sanity", "units", "integration"])
def test_every_core_is_tested(checks, job):
    found = next(each for workflow, name, each in jobs() if (workflow, name) == ("tests", job))
    by_version = {core.version: core for core in checks.cores.CORES}
    assert [row["core"] for row in rows(found)] == [*by_version, "devel"]
    for row in rows(found)[:-1]:
        oldest, newest = by_version[row["core"]].controllers
        assert oldest <= int(row["python"].partition(".")[2]) <= newest, row


def test_workflows_run_every_night():
    for path in _WORKFLOWS:
        # YAML 1.1 reads a bare on as true
        when = yaml.safe_load(path.read_text(encoding="utf-8"))["on"]
        assert "tags" in when["push"] or {"push", "pull_request", "schedule"} <= set(when), path


def test_testing_names_every_step(checks):
    text = (_ROOT / "TESTING.md").read_text(encoding="utf-8")
    assert set(checks.STEPS) <= set(re.findall(r"(?m)^\| `([a-z-]+)` \|", text))
    for core in checks.cores.CORES:
        assert core.version in text, core
