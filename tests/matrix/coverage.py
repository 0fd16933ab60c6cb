# Copyright (c) community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures which lines of plugins/ all tests run together, in every process: tests, ansible-playbook, and modules.

A module that Ansible sends to a host runs from a zip file. Its lines count for the file of the same name in the checkout.
"""

from __future__ import annotations

import ast
import collections
import json
import os
import pathlib
import typing as t

from support import Venv, WorkError, requirements

if t.TYPE_CHECKING:
    from checks import Workbench

# Each Python of the environment reads it when it starts
_START = "import os; os.environ.get('COVERAGE_PROCESS_START') and __import__('coverage').process_startup()\n"
_SETTINGS = """\
[run]
parallel = true
data_file = {data}/data
include = */ansible_collections/community/opensips/plugins/*
concurrency = thread, multiprocessing
disable_warnings = no-data-collected, module-not-measured, couldnt-parse, trace-changed, already-imported

[paths]
checkout =
    {collection}
    */ansible_collections/community/opensips
"""
TESTS = ("tests/unit", "tests/integration", "tests/security", "tests/faults")


def measure(bench: Workbench, collection: pathlib.Path, least: float) -> str:
    """Runs the tests; raises WorkError if they run less than that many percent of the lines. Tests that fail are shown, and judged elsewhere."""
    venv = Venv("coverage", requirements("core") + requirements("coverage"))
    venv.make(bench)
    for packages in venv.folder.glob("lib/*/site-packages"):
        (packages / "coverage_start.pth").write_text(_START, encoding="utf-8")
    data = bench.scratch / "coverage-data"
    data.mkdir()
    # some tests run modules as another user
    data.chmod(0o1777)
    settings = bench.scratch / "coverage.ini"
    settings.write_text(_SETTINGS.format(data=data, collection=collection), encoding="utf-8")
    top = str(collection.parents[2])
    env = bench.env(venv.bin, ANSIBLE_COLLECTIONS_PATH=top, PYTHONPATH=top, PYTHONDONTWRITEBYTECODE="")
    status, output = bench.run(
        venv.bin / "python", "-m", "pytest", *TESTS, "-q", "-ra", "-n", (os.cpu_count() or 1) + 1, "--dist", "loadscope",
        "-p", "no:cacheprovider", "--import-mode=importlib",
        cwd=collection, env={**env, "COVERAGE_PROCESS_START": str(settings)},
    )  # fmt: skip
    report = bench.scratch / "coverage.json"
    command = [venv.bin / "coverage"]
    bench.must(*command, "combine", f"--rcfile={settings}", "--quiet", data, cwd=collection, env=env)
    # tests copy modules to places that are gone then
    bench.must(
        *command, "json", "--ignore-errors", f"--rcfile={settings}", "--quiet", "-o", report, cwd=collection, env=env
    )
    lines = by_package(json.loads(report.read_text(encoding="utf-8"))["files"], collection)
    total = tuple(map(sum, zip(*lines.values(), strict=True)))
    for name, (covered, statements) in sorted(lines.items()):
        bench.say(f"{percent(covered, statements):6.1f} % of {statements:6} lines  {name}")
    note = f"{percent(*total):.1f} % of {total[1]} lines"
    if percent(*total) < least:
        raise WorkError(f"{note}; at least {least:.0f} % are required")
    return note + (f"; tests failed under measurement: {output.strip().splitlines()[-1]}" if status else "")


def by_package(files: dict[str, t.Any], collection: pathlib.Path) -> dict[str, tuple[int, int]]:
    """{package: (lines that were run, lines)} of coverage's report, with the files that no test imported."""
    found: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0])
    seen = set()
    for name, file in files.items():
        path = (collection / name).resolve().relative_to(collection.resolve())
        seen.add(path)
        counts = found[_package(path)]
        counts[0] += file["summary"]["covered_lines"]
        counts[1] += file["summary"]["num_statements"]
    for path in (collection / "plugins").rglob("*.py"):
        if path.relative_to(collection) not in seen:
            found[_package(path.relative_to(collection))][1] += statements_of(path.read_text(encoding="utf-8"))
    if not found:
        raise WorkError("no line was measured")
    return {name: (covered, statements) for name, (covered, statements) in found.items() if statements}


def statements_of(source: str) -> int:
    """How many lines begin a statement, as coverage counts them: without docstrings."""
    statements = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt))
    return len(
        {
            node.lineno
            for node in statements
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        }
    )


def _package(path: pathlib.Path) -> str:
    """plugins/modules, plugins/module_utils/_mi, ..."""
    return "/".join(path.parts[:3] if path.parts[1] == "module_utils" and len(path.parts) > 3 else path.parts[:2])


def percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0
