# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a record of a table says, beside the columns that the schema has."""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple


class Whole(NamedTuple):
    """What is checked of all rows together before a server reads them.

    columns: those that it looks at, words with blanks between; a version of the table may lack some. problems: function(rows, version)
    -> list of str, why a server must not read them; rows are as they will be, canonical values by column.
    """

    columns: str
    problems: Callable[[List[Dict[str, Any]], Optional[int]], List[str]]


class Record:
    """What the collection knows of one table of OpenSIPS.

    name: as OpenSIPS calls it.
    match: the columns that tell rows apart: words with blanks between; one in brackets may be left out of a row and has its
        default then; | separates alternatives for versions of the table, the first whose columns are all there counts.
    scope: a column that is a good scope for state=exact, or None.
    secrets: names of columns that are never shown.
    formats: {column: function of formats.py}.
    check: function(row, version) -> list of str such as ``column ip: ...``; row is the user's (dict, by the schema's names), and
        may be completed by what a default would get wrong. version: of the table, or None.
    checked: the columns that check looks at. Of a Record: those that are checked in any way.
    references: function(row) -> [(column, table, key column, value)]: rows of other tables that this one names.
    warnings: function(row) -> list of str: what a server may refuse, which its configuration decides.
    sockets: names of columns with sockets of the server.
    whole: a Whole, or None.
    view: a view of views.py that shows the table as a server has it, or None.
    unseen: why no server shows the table, or None where view does. A clause.
    note: for the documentation, a sentence or None.
    """

    def __init__(
        self,
        name: str,
        match: str = "",
        scope: Optional[str] = None,
        secrets: str = "",
        formats: Optional[Dict[str, Callable[[str], Optional[str]]]] = None,
        check: Optional[Callable[[Dict[str, Any], Optional[int]], List[str]]] = None,
        checked: str = "",
        references: Optional[Callable[[Dict[str, Any]], List[Tuple[str, str, str, str]]]] = None,
        warnings: Optional[Callable[[Dict[str, Any]], List[str]]] = None,
        sockets: str = "",
        whole: Optional[Whole] = None,
        view: Any = None,
        unseen: str = "the module cannot read this table back from the server",
        note: Optional[str] = None,
    ) -> None:
        self.name = name
        self.match = match
        self.scope = scope
        self.secrets = tuple(secrets.split())
        self.formats = formats or {}
        self.checked = tuple(sorted(set(self.formats) | set(checked.split())))
        self.references = references or (lambda row: [])
        self.warnings = warnings or (lambda row: [])
        self.sockets = tuple(sockets.split())
        self.whole = whole
        self.view = view
        self.unseen = None if view else unseen
        self.note = note
        self._check = check

    def problems(self, row: Dict[str, Any], version: Optional[int] = None) -> List[str]:
        """What is wrong with a row of the user's (dict, by the schema's names): list of str. The row may be completed."""
        found = []
        for column, check in self.formats.items():
            if isinstance(row.get(column), (str, int)) and not isinstance(row[column], bool):
                problem = check(str(row[column]))
                if problem:
                    found.append(f"column {column}: {_quoted(row[column])} {problem}")
        return found + (self._check(row, version) if self._check else [])


def _quoted(value: Any) -> str:
    text = str(value)
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
