# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Files of rows that a user gives, CSV or JSON.

Somebody else may write to them, so what is in them is bounded: bytes, rows, cells of a row and of all rows. A row of JSON is
looked at before it is decoded, so that neither nesting nor numbers of a million digits ever get to the decoder.
"""

import csv
import io
import itertools
import json
import os
import re
from typing import Any, Dict, Iterator, List, NoReturn, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

# What a file may have at most. A cell takes some 100 bytes of memory, a row some 200 besides.
MOST_BYTES = 256 * 1024 * 1024
MOST_ROWS = 500000
MOST_CELLS = 10000000
MOST_COLUMNS = 1000
# characters of one row
MOST_OF_ROW = 4 * 1024 * 1024
# more than any number that a column holds
_MOST_DIGITS = 400

# How databases write NULL when they export a table as CSV: MySQL and PostgreSQL the first, phpMyAdmin the second
NULLS = ("\\N", "NULL")

# what programs put between the cells of a CSV file; if two of them are in the line of names, the first counts
_SEPARATORS = (",", ";", "\t")

_BLANKS = re.compile(r"[ \t\r\n]*")
# a mapping without lists and mappings in it; no text has two ways to match
_MAPPING = re.compile(r'\{[^"\[\]{}]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^"\[\]{}]*)*\}', re.DOTALL)


def load(path: str, option: str, nulls: Sequence[str] = ()) -> List[Dict[str, Any]]:
    """The rows of a CSV file (with a line of names), or of a JSON file (a list of mappings): list of dict.

    A CSV file has commas, semicolons or tabs between the cells, as its line of names has.
    path: on this host; ``.json`` decides. option: how the user calls the file. An empty cell of a CSV file counts as left
    out, and one of nulls, such as NULLS, is None. Raises BadParameters that names option and path.
    """
    try:
        with os.fdopen(safe_file.open_input(path), "rb") as source:
            _check_size(source.fileno())
            rows = _from_json(source) if path.lower().endswith(".json") else _from_csv(source, nulls)
    except OSError as error:
        raise BadParameters(
            f"{option} {path} cannot be read: {error.strerror or error}",
            safe_file.remedy(error, "Name a file that exists and that this user may read"),
        ) from error
    except (ValueError, csv.Error) as error:
        raise BadParameters(
            f"{option} {path} cannot be read: {error}",
            "Use a CSV file with the names of the columns in its first line, or a JSON list of mappings",
        ) from error
    return rows


def _check_size(fd: int) -> None:
    size = os.fstat(fd).st_size
    if size > MOST_BYTES:
        raise ValueError(f"it has {size:,} bytes, {MOST_BYTES:,} are allowed: split the file")


class _Count:
    """Counts rows and their cells. Raises ValueError when there are too many."""

    def __init__(self) -> None:
        self._rows = self._cells = 0

    def add(self, row: Dict[str, Any]) -> None:
        self._rows += 1
        self._cells += len(row)
        if self._rows > MOST_ROWS:
            raise ValueError(f"it has more than {MOST_ROWS:,} rows: split the file")
        if self._cells > MOST_CELLS:
            raise ValueError(f"it has more than {MOST_CELLS:,} values: split the file")


# CSV


class _Lines:
    """The lines of a text stream, as far as a row and a file may be long."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._left = MOST_BYTES
        self._left_of_row = MOST_OF_ROW

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> str:
        line = self._source.readline(self._left_of_row + 1)
        if not line:
            raise StopIteration
        self._left -= len(line)
        self._left_of_row -= len(line)
        if self._left < 0:
            raise ValueError(f"it is larger than {MOST_BYTES:,} bytes")
        if "\0" in line:
            # Pythons differ in what they make of it
            raise ValueError("it has a NUL character")
        if self._left_of_row < 0:
            raise ValueError(f"it has a row of more than {MOST_OF_ROW:,} characters")
        return line

    def next_row(self) -> None:
        self._left_of_row = MOST_OF_ROW


def _from_csv(source: Any, nulls: Sequence[str]) -> List[Dict[str, Any]]:
    lines = _Lines(io.TextIOWrapper(source, encoding="utf-8-sig", newline=""))
    ahead = list(_head(lines))
    reader = csv.reader(itertools.chain(ahead, lines), strict=True, delimiter=_separator(ahead[-1] if ahead else ""))
    names = None
    count = _Count()
    rows: List[Any] = []
    for cells in reader:
        lines.next_row()
        if not cells:
            continue
        if names is None:
            names = _names(cells)
            continue
        if len(cells) != len(names):
            raise ValueError(f"line {reader.line_num} has another number of cells than the first line")
        row = {name: None if cell in nulls else cell for name, cell in zip(names, cells) if cell != ""}
        count.add(row)
        rows.append(row)
    return rows


def _head(lines: Iterator[str]) -> Iterator[str]:
    """The lines up to the first one that is not empty."""
    for line in lines:
        yield line
        if line.strip():
            return


def _separator(head: str) -> str:
    """What stands between the cells. Names of columns have none of these, so that the line of names tells."""
    return next((mark for mark in _SEPARATORS if mark in head), _SEPARATORS[0])


def _names(cells: List[str]) -> List[str]:
    if cells[0].lstrip()[:1] in ("[", "{"):
        raise ValueError("it looks like JSON: a file with a JSON list has a name that ends in .json, and no JSON lines")
    if len(cells) > MOST_COLUMNS:
        raise ValueError(f"its first line has {len(cells):,} names, {MOST_COLUMNS:,} are allowed")
    for name in cells:
        if cells.count(name) > 1:
            raise ValueError(f"its first line has the name {_name(name)} twice")
    return cells


# JSON


def _from_json(source: Any) -> List[Dict[str, Any]]:
    data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES:,} bytes")
    text = data.decode("utf-8-sig")
    del data
    place = _after_blanks(text, 0)
    if text[place : place + 1] != "[":
        raise ValueError("it is not a list")
    count = _Count()
    rows: List[Any] = []
    place = _after_blanks(text, place + 1)
    if text[place : place + 1] == "]":
        return _ended(text, place, rows)
    while True:
        number = len(rows) + 1
        match = _MAPPING.match(text, place, place + MOST_OF_ROW)
        if match is None:
            raise ValueError(
                f"row {number} is not a mapping of names to plain values, or is longer than {MOST_OF_ROW:,} characters (character {place})"
            )
        try:
            row = json.loads(
                match.group(),
                object_pairs_hook=_mapping,
                parse_int=lambda digits: int(_short(digits)),
                parse_float=lambda digits: float(_short(digits)),
                parse_constant=_constant,
            )
        except ValueError as error:
            raise ValueError(f"row {number}: {error}") from None
        count.add(row)
        rows.append(row)
        place = _after_blanks(text, match.end())
        if text[place : place + 1] == "]":
            return _ended(text, place, rows)
        if text[place : place + 1] != ",":
            raise ValueError(f"a comma is missing after row {number} (character {place})")
        place = _after_blanks(text, place + 1)


def _after_blanks(text: str, place: int) -> int:
    found: Any = _BLANKS.match(text, place)
    return int(found.end())


def _ended(text: str, place: int, rows: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    if _after_blanks(text, place + 1) != len(text):
        raise ValueError(f"there is text after the list (character {place + 1})")
    return rows


def _mapping(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    if len(pairs) > MOST_COLUMNS:
        raise ValueError(f"it has {len(pairs):,} names, {MOST_COLUMNS:,} are allowed")
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _value in pairs]
        raise ValueError(f"it has the name {_name(next(name for name in names if names.count(name) > 1))} twice")
    return row


def _short(digits: str) -> str:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"it has a number of {len(digits):,} digits")
    return digits


def _constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _name(text: Any) -> str:
    """A name out of such a file for a message."""
    return printable(str(text), most=60)
