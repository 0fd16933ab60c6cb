# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Cells of a CSV file that a spreadsheet opens: RFC 4180, and nothing that it would run."""

from __future__ import annotations

import csv
import io
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils._report_words import clean

# what a spreadsheet would run
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def content(names: t.Sequence[str], rows: t.Iterable[t.Iterable[t.Any]]) -> str:
    """A file with a line of names, and a line for each row.

    A cell that a spreadsheet would run as a formula gets an apostrophe in front, and so does one that starts with an
    apostrophe: leaving out one apostrophe at the start of a cell gives back what was there.
    """
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(names)
    writer.writerows(map(_cell, row) for row in rows)
    return target.getvalue()


def _cell(value: t.Any) -> t.Any:
    if isinstance(value, str):
        value = clean(value, keep="\t\n")
        return f"'{value}" if value.startswith(_FORMULA) else value
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
