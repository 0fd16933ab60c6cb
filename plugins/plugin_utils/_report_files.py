# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Reads copies of a results_file: one JSON object a line, of one run or of several that were appended."""

from __future__ import annotations

import itertools
import json
import os
import typing as t

Entry = dict[str, t.Any]


def stamp_of(path: str) -> tuple[int, ...] | None:
    """What changes when the file does, or None where there is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


class ResultsFile:
    """The runs in a file, in their order. path: of the file on the controller. Raises OSError where there is none."""

    def __init__(self, path: str) -> None:
        with open(path, encoding="ascii", errors="replace") as lines:
            self._lines = list(filter(None, map(_object, lines)))
        self._position = 0

    def take(self, total: int | None) -> list[Entry]:
        """The results of the next run. total: how many there are, or None for all that are left.

        What a line tells of a phone later, which has no outcome, is in the result of that phone.
        """
        start, results = self._position, 0
        for line in itertools.islice(self._lines, start, None):
            results += "outcome" in line
            if total is not None and results > total:
                break
            self._position += 1
        return _joined(self._lines[start : self._position])


def _joined(lines: t.Iterable[Entry]) -> list[Entry]:
    found: dict[tuple[t.Any, ...], Entry] = {}
    results = []
    for line in lines:
        key = line.get("aor"), line.get("contact")
        if "outcome" in line:
            results.append(line)
            found[key] = line
        elif key in found:
            found[key].update(line)
    return results


def _object(line: str) -> Entry | None:
    """The object of a whole line. A run that was killed leaves part of one."""
    try:
        found = json.loads(line) if line.endswith("\n") else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
