# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples in the pages of docs/docsite/rst and in the README."""

from __future__ import annotations

import re
import textwrap
import typing as t

from ansible_collections.community.opensips.tests.argument_specs import ROOT

RST = ROOT / "docs" / "docsite" / "rst"
PAGES = tuple(sorted(path.stem for path in RST.glob("*.rst")))
_DIRECTIVE = re.compile(r"( *)\.\. code-block:: ?(\S*)$")
_FENCE = re.compile(r"```(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(t.NamedTuple):
    """An example. page: where. line: its number there. language: as the page names it. term: the line before it. code: text."""

    page: str
    line: int
    language: str
    term: str
    code: str


def _blocks(page, text):
    """Each code-block of a page (text) of reStructuredText."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        directive = _DIRECTIVE.match(line)
        if not directive:
            continue
        indent = len(directive[1])
        code = []
        for each in lines[number + 1 :]:
            if each.strip() and len(each) - len(each.lstrip()) <= indent:
                break
            code.append(each)
        yield Block(page, number + 1, directive[2], lines[number - 1], textwrap.dedent("\n".join(code)).strip() + "\n")


class Page:
    """text, blocks (list of Block) of a page, by the name of its file without .rst."""

    def __init__(self, name):
        self.text = (RST / f"{name}.rst").read_text(encoding="utf-8")
        self.blocks = list(_blocks(name, self.text))

    def terms(self):
        """[(term, code)] of the entries of definition lists that are an example."""
        return [(block.term, block.code) for block in self.blocks if block.term.strip()]

    def section(self, title):
        """The text below a heading, up to the next one of the same kind."""
        return re.search(rf"(?ms)^{re.escape(title)}\n-+\n(.*?)(?=^[^\n]+\n-+$|\Z)", self.text)[1]


def every_block():
    """Each Block of every page and of the README."""
    found = [block for name in PAGES for block in Page(name).blocks]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for fence in _FENCE.finditer(readme):
        found.append(Block("README", readme[: fence.start()].count("\n") + 1, fence[1], "", fence[2]))
    return found
