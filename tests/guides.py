# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that the guides show: code blocks that begin with a comment of a file's name, such as ``# workflow.yml``.

python tests/guides.py FOLDER       writes the playbooks among them to FOLDER, for ansible-lint
"""

from __future__ import annotations

import pathlib
import re
import sys
import textwrap
import typing as t

import yaml

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "docs" / "docsite" / "rst"
_DIRECTIVE = re.compile(r"( *)\.\. code-block:: ?(\S*)$")
_NAME = re.compile(r"# (\S+\.\w+)\n")


class Block(t.NamedTuple):
    """An example. page: where. line: its number there. language: as the page names it. term: the line before it. code: text."""

    page: str
    line: int
    language: str
    term: str
    code: str


def _blocks(page: str, text: str) -> t.Iterator[Block]:
    """Each code-block of a page (text) of reStructuredText."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        directive = _DIRECTIVE.match(line)
        if not directive:
            continue
        indent = len(directive[1])
        code = []
        for below in lines[number + 1 :]:
            if below.strip() and len(below) - len(below.lstrip()) <= indent:
                break
            code.append(below)
        yield Block(page, number + 1, directive[2], lines[number - 1], textwrap.dedent("\n".join(code)).strip() + "\n")


class Guide:
    """A page of docs/docsite/rst, by its name. blocks: list of Block. files: {name: text, with the comment}."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = (FOLDER / f"{name}.rst").read_text(encoding="utf-8")
        self.blocks = list(_blocks(name, self.text))
        self.files = {found[1]: block.code for block in self.blocks if (found := _NAME.match(block.code))}

    def load(self, name: str) -> t.Any:
        """The data of a YAML file."""
        return yaml.safe_load(self.files[name])

    @property
    def playbooks(self) -> dict[str, str]:
        """Those of files that are playbooks."""
        yamls = {name: self.load(name) for name in self.files if name.endswith(".yml")}
        return {name: self.files[name] for name, data in yamls.items() if _is_playbook(data)}


def _is_playbook(data: t.Any) -> bool:
    """Rulebooks look alike, but have sources."""
    return isinstance(data, list) and all(
        ("hosts" in play or "import_playbook" in play) and "sources" not in play for play in data
    )


def all_playbooks() -> dict[str, str]:
    """{a name of its own: text} of every playbook in the guides."""
    pages = sorted(path.stem for path in FOLDER.glob("*.rst"))
    return {f"{page}_{name}": text for page in pages for name, text in Guide(page).playbooks.items()}


def _write(folder: pathlib.Path) -> None:
    for name, text in all_playbooks().items():
        (folder / name).write_text(f"---\n{text}", encoding="utf-8")


if __name__ == "__main__":
    _write(pathlib.Path(sys.argv[1]))
