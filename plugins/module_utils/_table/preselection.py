# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a database can leave out by itself of a location table, for filters on registered contacts.

The filters (fragment _contacts) are decided on by _fleet/selection.py, on every row that comes. A condition here only spares
rows the way, and holds for every row that the filters could select, whatever the database thinks of the case of letters,
of blanks at the end and of characters beyond ASCII. Where that cannot be had, there is no condition.

Conditions are data, which Database.pages() takes: a list, all of which must hold; each a list of alternatives, one of which
must hold; each a list of tests (column, operator, value), all of which must hold.

Not for the database: aor_regex, user_agent, network, and all that begin with exclude_.
"""

import re
from typing import Any, Dict, List, Optional, Sequence

# A longer list makes an expression that SQLite refuses (SQLITE_MAX_EXPR_DEPTH is 1,000)
_MOST = 100
# SQLite takes 50,000
_LONGEST = 1000
# Rows whose AOR cannot be told apart into user and domain by their columns alone
_ODD = [[("username", "like", "%@%")], [("domain", "like", "%@%")]]


def conditions(select: Optional[Dict[str, Any]], now: int, numeric: bool) -> List[Any]:
    """The conditions for filters.

    select: mapping of the filter options, or None: no row is left out, not even one whose registration has run out.
    now: Unix time. numeric: whether the column expires holds Unix times.
    """
    if select is None:
        return []
    found = [
        _aors(select.get("aor")),
        _domains(select.get("domain")),
        _globs("contact", select.get("contact")),
        _globs("socket", select.get("socket")),
    ]
    found += [
        [[("cflags", "like", _like([name], wild=True))]]
        for name in select.get("branch_flags") or ()
        if len(name) < _LONGEST
    ]
    if numeric:
        within = select.get("expires_within")
        if within is None:
            # 0 is a registration without an end
            found.append([[("expires", "between", (0, 0))], [("expires", "between", (now, None))]])
        else:
            found.append([[("expires", "between", (now, now + within))]])
    return [condition for condition in found if condition is not None]


def _globs(column: str, patterns: Optional[List[str]]) -> Optional[List[Any]]:
    """Alternatives for shell patterns of the whole of a column, or None."""
    if not patterns or not _feasible(patterns):
        return None
    return [[(column, "like", like_of_glob(pattern))] for pattern in patterns]


def _aors(patterns: Optional[List[str]]) -> Optional[List[Any]]:
    """Alternatives for shell patterns of AORs: those with an @ are about user and domain, others about the user."""
    if not patterns or not _feasible(patterns):
        return None
    alternatives = list(_ODD)
    for pattern in patterns:
        user, at, domain = pattern.partition("@")
        if not at:
            alternatives.append([("username", "like", like_of_glob(user))])
        elif "@" in domain or "[" in pattern:
            return None
        else:
            alternatives.append([("username", "like", like_of_glob(user)), ("domain", "like", like_of_glob(domain))])
    return alternatives


def _domains(names: Optional[List[str]]) -> Optional[List[Any]]:
    """Alternatives for domains, whatever their case."""
    if not names or not _feasible(names):
        return None
    # an IPv6 address may be spelt in another way there
    if not all(name and _is_ascii(name) and ":" not in name for name in names):
        return None
    # the letters whose other case depends on the language, or which another character becomes in lower case
    return _ODD + [[("domain", "ilike", _like(re.split("[ikIK]", name)))] for name in names]


def _feasible(texts: List[str]) -> bool:
    return len(texts) <= _MOST and all(len(text) < _LONGEST for text in texts)


def _is_ascii(text: str) -> bool:
    return all(ord(character) < 128 for character in text)


def like_of_glob(pattern: str) -> str:
    """A pattern of LIKE, with ! for escape, that matches at least what the shell pattern does (see fnmatch)."""
    pieces, piece, at = [], "", 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "[":
            end = _end_of_set(pattern, at)
            if end is None:
                piece += character
                continue
            at = end + 1
        elif character not in "*?":
            piece += character
            continue
        pieces.append(piece)
        piece = ""
    return _like(pieces + [piece])


def _end_of_set(pattern: str, start: int) -> Optional[int]:
    """Where the set that begins at start, after its bracket, ends; None for a bracket that stands for itself."""
    at = start
    if pattern[at : at + 1] == "!":
        at += 1
    if pattern[at : at + 1] == "]":
        at += 1
    end = pattern.find("]", at)
    return None if end < 0 else end


def _like(pieces: Sequence[str], wild: bool = False) -> str:
    """A pattern of LIKE for pieces of text with anything between them; wild: and before and after.

    What counts as one character beyond ASCII depends on the database and its encodings, so that is anything, too.
    """
    literal = re.split("[^\x01-\x7f]+", "\0".join(pieces))
    text = "%".join(re.sub("([!%_])", r"!\1", part) for part in literal)
    return f"%{text}%" if wild else text
