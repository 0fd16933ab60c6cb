# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ./test prints at the end, with steps of the tests' own in place of the real ones; and what it makes of reports."""

from __future__ import annotations

import argparse
import pathlib
import re
import sys

import pytest


@pytest.fixture
def run(checks, monkeypatch, tmp_path, capsys):
    """run({name: step}, in_turn=False): the status of ./test, and the lines that it printed."""

    def started(steps, in_turn=False):
        monkeypatch.setattr(checks, "STEPS", steps)
        args = argparse.Namespace(core=None, all=False, in_turn=in_turn)
        status = checks.summary(checks.Run(tmp_path, args).steps(list(steps)), 1.0)
        return status, capsys.readouterr().out.splitlines()

    return started


def step_with(checks, passed=0, failed=0, skipped=0):
    def step(bench):
        """a step"""
        failures = [f"test number {number}" for number in range(failed)]
        return bench.count(checks.Tally(passed, failed, skipped, failures=failures), 0, "tests")

    return step


def quick(_bench):
    """a step without tests"""
    return "fine"


@pytest.mark.parametrize("in_turn", [False, True])
def test_the_last_line_counts_everything(checks, run, in_turn):
    steps = {
        "lint": quick,
        "units": step_with(checks, 5, 0, 2),
        "integration": step_with(checks, 7, 2, 1),
        "docs": quick,
    }
    status, lines = run(steps, in_turn)
    assert status == 1
    assert lines[-1] == "14 passed, 2 failed, 3 skipped"
    assert [line.split()[1] for line in lines if line.startswith(("ok ", "FAILED  "))] == list(steps)
    end = lines.index("=== summary")
    assert lines[end - 2] == "FAILED test number 1"


def test_a_step_that_breaks_is_a_failure(checks, run):
    def broken(_bench):
        """a step that breaks"""
        raise OSError("no such tool")

    def idle(bench):
        """a step that finds nothing to do"""
        return bench.count(checks.Tally(), 0, "tests")

    status, lines = run({"lint": broken, "units": idle, "docs": quick})
    assert (status, lines[-1]) == (1, "1 passed, 2 failed, 0 skipped")


def test_all_is_well(run):
    assert run({"lint": quick, "docs": quick})[0] == 0


def test_output_of_steps_beside_each_other_is_not_mixed(run):
    def talking(name):
        def step(bench):
            """a step that prints"""
            for _line in range(20):
                bench.run("echo", name)
            return name

        return step

    _status, lines = run({"lint": talking("lint"), "integration": talking("integration"), "docs": talking("docs")})
    start = lines.index("=== docs: a step that prints")
    assert {line.split()[-1] for line in lines[start + 1 : start + 41] if line != "integration"} >= {"docs"}
    assert lines.count("lint") == lines.count("docs") == lines.count("integration") == 20


def test_processors_are_counted(run):
    def busy(bench):
        """a step that computes"""
        bench.run(sys.executable, "-c", "sum(range(3_000_000))")
        assert bench.busy > 0
        return "counted"

    assert run({"lint": busy})[0] == 0


def test_cores_and_pythons_go_together(checks):
    cores = checks.cores
    pythons = {f"3.{minor}": f"/python3.{minor}" for minor in (6, 7, 11, 12, 13)}
    oldest, newest = cores.CORES[0], cores.CORES[-1]
    assert cores.chosen(pythons, False) == (oldest, newest)
    assert cores.chosen(pythons, True) == cores.CORES
    assert cores.python_of(oldest, pythons) == "/python3.12"
    assert cores.targets(oldest, pythons, False) == ["3.6"]
    assert cores.targets(newest, pythons, False) == ["3.13"]
    assert cores.targets(cores.CORES[1], pythons, True) == ["3.7", "3.11", "3.12"]
    # one Python that only some cores take
    assert cores.chosen({"3.11": "/python3.11"}, False) == (oldest, cores.CORES[3])
    with pytest.raises(checks.WorkError, match="requires Python 3.12 to 3.14"):
        cores.python_of(newest, {"3.11": "/python3.11"})


def test_a_plugin_that_the_playbook_does_not_use(checks, tmp_path):
    for path in ("plugins/modules/opensips_a.py", "plugins/filter/b.py", "plugins/filter/c.yml", "plugins/lookup/d.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    playbook = tmp_path / checks.cores.PLAYBOOK
    playbook.parent.mkdir(parents=True)
    playbook.write_text("community.opensips.opensips_a community.opensips.d", encoding="utf-8")
    assert checks.cores.unused_plugins(tmp_path) == ["c"]


class Bench:
    """Where a step runs pytest: arguments has what it was run with."""

    scratch = pathlib.Path("/nowhere")

    def venv(self, _name):
        return self.scratch

    def stage(self, name):
        return self.scratch / name

    def env(self, _venv, **_more):
        return {}

    def pytest(self, _name, _venv, *arguments, **_more):
        self.arguments = arguments
        return [], 0, ""

    def count(self, _tally, _status, what):
        raise RuntimeError(f"no more than {what}")


def test_every_test_that_needs_a_server_runs_on_a_real_one(checks, monkeypatch):
    """By the mark without which a test is not skipped where there is no server, not by the names of tests."""
    monkeypatch.setenv("OPENSIPS_BIN", "/usr/sbin/opensips")
    bench = Bench()
    with pytest.raises(RuntimeError, match="tests with a real server"):
        checks.check_real(bench)
    assert bench.arguments[:5] == (*checks.INTEGRATION, "-m", "opensips") and "-k" not in bench.arguments
    fixtures = pathlib.Path(__file__).parents[1] / "integration" / "support" / "fixtures.py"
    assert 'iter_markers("opensips")' in fixtures.read_text(encoding="utf-8")
    tests = [path for folder in checks.INTEGRATION for path in (checks.ROOT / folder).glob("test_*.py")]
    assert len(tests) > 80
    # what skips by itself would not run there
    assert not [
        path.name for path in tests if re.search(r"skipif\([^\n]*find_binary", path.read_text(encoding="utf-8"))
    ]


def test_coverage_counts_files_that_nobody_imported(checks, tmp_path):
    for name in ("plugins/filter/one.py", "plugins/module_utils/_mi/two.py", "plugins/module_utils/_mi/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(
            '"""Text\n\nof many lines"""\na = 1\nb = 2\n' if "__init__" not in name else "", encoding="utf-8"
        )
    files = {"plugins/filter/one.py": {"summary": {"covered_lines": 1, "num_statements": 2}}}
    assert checks.coverage.by_package(files, tmp_path) == {"plugins/filter": (1, 2), "plugins/module_utils/_mi": (0, 2)}
