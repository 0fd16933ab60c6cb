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

from matrix import cores
from support import NAME, NAMESPACE, WorkError

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


def define(bench: Workbench, lint: pathlib.Path, here: pathlib.Path, work: pathlib.Path) -> None:
    """Has ansible-builder make the context of the image that the guide defines; nothing is built."""
    env = bench.env(lint)
    definition = work / "execution-environment.yml"
    command = "import guides, sys; sys.stdout.write(guides.Guide('scale').files['execution-environment.yml'])"
    definition.write_text(
        bench.must(lint / "python", "-c", command, cwd=here / "tests", env=env, show=False), encoding="utf-8"
    )
    context = work / "context"
    bench.must(lint / "ansible-builder", "create", "-f", definition, "-c", context, cwd=work, env=env)
    if COLLECTION not in (context / "_build" / "requirements.yml").read_text(encoding="utf-8"):
        raise WorkError(f"ansible-builder create: {COLLECTION} is not in the image")


def install(bench: Workbench, venv: pathlib.Path, here: pathlib.Path, work: pathlib.Path) -> pathlib.Path:
    """Where the collection is, installed from its tarball."""
    galaxy, env = venv / "ansible-galaxy", bench.env(venv)
    tarball = cores.build(bench, galaxy, here, work)
    collections = work / "collections"
    bench.must(galaxy, "collection", "install", tarball, "--offline", "-p", collections, cwd=work, env=env, show=False)
    return collections
