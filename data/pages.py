# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What generators of pages share: tables of reStructuredText, and lists in files that are otherwise written by hand."""

import re


def table(widths, head, rows):
    """Lines of a list-table."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in [head, *rows]:
        for number, cell in enumerate(row):
            lines.append(f"   {'*' if number == 0 else ' '} - {cell}".rstrip())
    return [*lines, ""]


def replaced(text, begin, end, part):
    """text with part between the comments begin and end, a line each."""
    before, first, rest = re.split(rf"(?m)^( *[.#]+ {re.escape(begin)}\n)", text)
    last = re.search(rf"(?m)^ *[.#]+ {re.escape(end)}$", rest)
    return before + first + part + rest[last.start() :]
