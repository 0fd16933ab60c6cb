# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples in the pages of docs/docsite/rst and in the README."""

from __future__ import annotations

import re

from ansible_collections.community.opensips.tests.argument_specs import ROOT
from ansible_collections.community.opensips.tests.guides import FOLDER, Block, Guide

PAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.rst")))
_FENCE = re.compile(r"```(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Page(Guide):
    """A guide, and its parts."""

    def terms(self):
        """[(term, code)] of the entries of definition lists that are an example."""
        return [(block.term, block.code) for block in self.blocks if block.term.strip()]

    def after(self, title):
        """The first example below a heading."""
        line = self.text[: self.text.index(f"\n{title}\n")].count("\n")
        return next(block.code for block in self.blocks if block.line > line)

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
