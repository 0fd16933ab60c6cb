# Copyright (c) community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An execution environment without an image: ansible-core, ansible-runner, what meta/execution-environment.yml requires, and
the collection as its tarball installs it. Nothing else is in it, so what the metadata lacks is missing here, too.
"""

from __future__ import annotations

import pathlib
import re
import typing as t

from support import NAME, NAMESPACE, Venv, WorkError, requirements

if t.TYPE_CHECKING:
    from checks import Workbench

COLLECTION = f"{NAMESPACE}.{NAME}"
# what tasks in an execution environment cannot do without
LEAST = {"sqlalchemy", "pymysql", "psycopg2-binary", "tzdata"}


def introspect(
    bench: Workbench, lint: pathlib.Path, here: pathlib.Path, work: pathlib.Path
) -> tuple[list[str], list[str]]:
    """What ansible-builder reads of the collection: requirements of pip, and lines of bindep."""
    files = {kind: work / f"{kind}.txt" for kind in ("pip", "bindep")}
    write = [part for kind, path in files.items() for part in (f"--write-{kind}", path)]
    bench.must(lint / "ansible-builder", "introspect", *write, here.parents[2], cwd=work, env=bench.env(lint))
    found = {}
    for kind, path in files.items():
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        found[kind] = [line.partition("#")[0].strip() for line in lines if f"from collection {COLLECTION}" in line]
    names = {re.split(r"[^\w.-]", line, maxsplit=1)[0].lower() for line in found["pip"]}
    if LEAST - names or not found["bindep"]:
        raise WorkError(f"ansible-builder introspect: without {', '.join(sorted(LEAST - names)) or 'system packages'}")
    return found["pip"], found["bindep"]


def make(bench: Workbench, wanted: list[str]) -> pathlib.Path:
    """The bin folder of an environment with the requirements, and with nothing but them."""
    text = requirements("environment")
    if bench.core:
        text = re.sub(r"(?m)^ansible-core==.*$", f"ansible-core=={bench.core}", text)
    venv = Venv("environment", text + "\n".join([*wanted, ""]))
    seconds = venv.make(bench)
    if seconds is not None:
        bench.say(f"made the environment {venv.folder.name} in {seconds:.0f} s")
    return venv.bin


def install(bench: Workbench, venv: pathlib.Path, here: pathlib.Path, work: pathlib.Path) -> pathlib.Path:
    """Where the collection is, installed from its tarball."""
    galaxy, env = venv / "ansible-galaxy", bench.env(venv)
    bench.must(galaxy, "collection", "build", here, "--output-path", work, cwd=work, env=env)
    (tarball,) = work.glob("*.tar.gz")
    collections = work / "collections"
    bench.must(galaxy, "collection", "install", tarball, "--offline", "-p", collections, cwd=work, env=env, show=False)
    return collections
