# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The columns of a table as one database has them, and the values that they take.

A value has one canonical form, whatever it was given as and whichever database it comes from, so that two are compared
with ==: int, float, str, bytes, bool, None for NULL, and str ``2026-11-22 10:00:00`` for times.
"""

import datetime
import math
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Optional, Tuple

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._schema.model import Column, Table

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}\Z")
_NUMBER = re.compile(r"[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})([eE][+-]?[0-9]{1,3})?\Z")
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.0*)?)?\Z")
_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}

# a bit less than what floats hold, since they are rounded
_SINGLE_MAX, _DOUBLE_MAX = 3.4e38, 1.79e308

_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}

# What a result has in place of a secret
HIDDEN = "hidden"
HIDDEN_CHANGED = "hidden, changed"

#: A column without a default
NOTHING = object()


class FoundColumn:
    """A column as the database describes it.

    name: str. kind: int, float, text, bytes, datetime, bool, or None for a type that no table of OpenSIPS uses. type: how
    the database calls it. length: characters, or bytes for bytes, or None. low, high: range of an int, or None. single:
    whether a float has 32 bits. null: whether it may be NULL. has_default: whether the database fills it in.
    """

    __slots__ = ("name", "kind", "type", "length", "low", "high", "single", "null", "has_default")

    def __init__(
        self,
        name: str,
        kind: Optional[str],
        type: str,  # noqa: A002
        length: Optional[int] = None,
        low: Optional[int] = None,
        high: Optional[int] = None,
        single: bool = False,
        null: bool = True,
        has_default: bool = False,
    ) -> None:
        self.name, self.kind, self.type, self.length = name, kind, type, length
        self.low, self.high, self.single, self.null, self.has_default = low, high, single, null, has_default


class ComparedColumn:
    """A column: what OpenSIPS' schema says of it, as far as the database does not know better.

    name: as the schema calls it. real_name: as the database does (PostgreSQL folds names). auto: the database fills it in.
    default: canonical value for a new row, or NOTHING. secret: never shown.
    """

    def __init__(self, found: Any, declared: "Optional[Column]" = None, secrets: Any = ()) -> None:
        """found: FoundColumn. declared: model.Column, or None for one that OpenSIPS does not know. secrets: names of columns
        that are never shown.
        """
        self.name = found.name if declared is None else declared.name
        self.real_name = found.name
        self.kind = found.kind
        self.type = found.type
        self.length = found.length
        self.low, self.high = _range(found, declared)
        self.single = found.single
        self.scale = declared.scale if declared is not None and found.kind == "float" else None
        self.null = found.null
        self.auto = declared is not None and declared.auto
        self.known = declared is not None
        self.secret = self.name.lower() in secrets
        self.filled = self.auto or found.has_default
        self.default = self._default(declared)

    def _default(self, declared: "Optional[Column]") -> Any:
        if self.auto or declared is None:
            return NOTHING
        if declared.default is not None:
            try:
                return self.check(declared.default)
            except ValueError:
                # the database has another type than the schema: its own default counts
                return NOTHING
        return None if self.null else NOTHING

    @property
    def needed(self) -> bool:
        """Whether a new row must give a value."""
        return self.default is NOTHING and not self.filled and not self.null

    def check(self, value: Any) -> Any:
        """The canonical form of a value that a user gave. Raises ValueError, whose text says what is wrong with it."""
        if value is None:
            if not self.null:
                raise ValueError("may not be NULL")
            return None
        if self.kind is None:
            raise ValueError(f"has the type {self.type}, which is not supported")
        return getattr(self, f"_check_{self.kind}")(value)

    def stored(self, value: Any) -> Any:
        """The canonical form of a value that came from the database."""
        if value is None:
            return None
        if self.kind == "text":
            return value if isinstance(value, str) else _decoded(value)
        if self.kind == "bytes":
            return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)
        if self.kind == "datetime":
            return _moment_of(value)
        try:
            if self.kind == "int":
                return int(value)
            if self.kind == "float":
                return self._rounded(float(value))
        except (TypeError, ValueError):
            # SQLite stores anything anywhere
            return value
        return bool(value) if self.kind == "bool" else value

    def shown(self, value: Any) -> Any:
        """A canonical value for a result: plain data, secrets hidden."""
        if value is None:
            return None
        if self.secret:
            return HIDDEN if value not in ("", b"") else ""
        return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value

    def _named(self, value: Any) -> str:
        """How a message names a value."""
        if self.secret:
            return "the value"
        shown = repr(value)
        return shown if len(shown) <= 60 else f"{shown[:57]}..."

    def _check_int(self, value: Any) -> int:
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer() and abs(value) < 2**53)
        if whole or (isinstance(value, str) and _INTEGER.match(value.strip())):
            number = int(value)
        else:
            raise ValueError(f"{self._named(value)} is not a whole number")
        if not self.low <= number <= self.high:
            raise ValueError(f"{self._named(value)} is not from {self.low} to {self.high}")
        return number

    def _check_float(self, value: Any) -> float:
        number = None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                number = float(value)
            except OverflowError:
                pass
        elif isinstance(value, str) and _NUMBER.match(value.strip()):
            number = float(value)
        if number is None or math.isnan(number) or abs(number) > (_SINGLE_MAX if self.single else _DOUBLE_MAX):
            raise ValueError(f"{self._named(value)} is not a number that the column can hold")
        return self._rounded(number)

    def _rounded(self, number: float) -> float:
        """What the databases keep alike: the declared scale, and of 32 bits the six digits that MySQL writes."""
        if self.scale is not None:
            number = round(number, self.scale)
        return float(f"{number:.6g}" if self.single else f"{number:.15g}")

    def _check_text(self, value: Any) -> str:
        text = self._as_text(value)
        if self.length is not None and len(text) > self.length:
            raise ValueError(f"{self._named(value)} has {len(text)} characters, and the column holds {self.length}")
        return text

    def _as_text(self, value: Any) -> str:
        if not isinstance(value, str):
            return self._number_as_text(value)
        if "\0" in value:
            raise ValueError(f"{self._named(value)} has a NUL character")
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError(f"{self._named(value)} is not valid Unicode") from None
        return value

    def _number_as_text(self, value: Any) -> str:
        if isinstance(value, bool):
            raise ValueError(f"{self._named(value)} is not text: put quotes around it")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{self._named(value)} is not a number")
        if isinstance(value, (int, float)):
            return str(value)
        raise ValueError(f"{self._named(value)} is not text")

    def _check_bytes(self, value: Any) -> bytes:
        data = value if isinstance(value, bytes) else self._as_text(value).encode("utf-8")
        if self.length is not None and len(data) > self.length:
            raise ValueError(f"{self._named(value)} has {len(data)} bytes, and the column holds {self.length}")
        return data

    def _check_datetime(self, value: Any) -> str:
        match = _TIME.match(value.strip()) if isinstance(value, str) else None
        if match:
            text = f"{match.group(1)} {match.group(2) or '00:00:00'}"
            try:
                datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
                return text
            except ValueError:
                pass
        raise ValueError(f"{self._named(value)} is not a time such as 2026-11-22 10:00:00")

    def _check_bool(self, value: Any) -> bool:
        word = _WORDS.get(str(value).lower())
        if word is None:
            raise ValueError(f"{self._named(value)} is neither true nor false")
        return word


def _range(found: FoundColumn, declared: "Optional[Column]") -> Tuple[int, int]:
    """(the smallest, the greatest int) that the database takes; SQLite takes any, there the schema tells."""
    low, high = found.low, found.high
    if declared is not None and declared.type in _BITS:
        bits = _BITS[declared.type]
        if high is None:
            # the masks of 1.11 to 3.4 are tinyint, and 128 is one
            high = 255 if bits == 8 else 2**bits - 1 if declared.unsigned else 2 ** (bits - 1) - 1
        if low is None:
            low = -(2 ** (bits - 1))
        if declared.unsigned:
            low = max(low, 0)
    return -(2**63) if low is None else low, 2**63 - 1 if high is None else high


def _decoded(value: Any) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "backslashreplace")
    return str(value)


def _moment_of(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        # not strftime, which does not fill up years before 1000 everywhere
        return value.replace(tzinfo=None, microsecond=0).isoformat(" ")
    text = str(value)
    match = _TIME.match(text)
    return f"{match.group(1)} {match.group(2) or '00:00:00'}" if match else text


class ComparedColumns:
    """All columns of a table, found by their names, whatever their case."""

    def __init__(self, schema: "Table", found: Any, secrets: Any = ()) -> None:
        """schema: model.Table. found: list of FoundColumn. secrets: as for ComparedColumn. What the schema knows and the database lacks is in missing."""
        by_name = {column.name.lower(): column for column in found}
        self.all = OrderedDict()
        for declared in schema.columns.values():
            column = by_name.pop(declared.name.lower(), None)
            if column is not None:
                self.all[declared.name] = ComparedColumn(column, declared, secrets)
        for column in found:
            if column.name.lower() in by_name:
                self.all[column.name] = ComparedColumn(column, None, secrets)
        self.missing = [name for name in schema.columns if name not in self.all]
        self._names = {name.lower(): name for name in self.all}

    def find(self, name: Any) -> Optional[ComparedColumn]:
        """The ComparedColumn of that name, or None."""
        if name in self.all:
            # of 100,000 rows nearly all names are as the schema has them
            return self.all[name]
        known = self._names.get(str(name).lower())
        return None if known is None else self.all[known]

    def nearest(self, name: Any) -> str:
        """What to say to a name that no column has: str."""
        import difflib

        if str(name).lower() in [missing.lower() for missing in self.missing]:
            return "OpenSIPS has it in this version, but this table does not have it"
        close = difflib.get_close_matches(str(name).lower(), list(self._names), n=3)
        if close:
            return f"did you mean {' or '.join(self._names[known] for known in close)}?"
        return f"there are {', '.join(self.all)}"
