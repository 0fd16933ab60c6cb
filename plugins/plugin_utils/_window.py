# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""When something may be done: windows such as 22:00 to 05:30 in a time zone, and whether one is open.

A window belongs to the day on which it begins. What counts is the clock on the wall of its time zone: inside a window, that
clock never shows a time outside of it. So where clocks are set forward over the start, the window opens when they are; where
they are set back, a time that comes twice opens a window the second time, and closes it the first time.
"""

from __future__ import annotations

import bisect
import datetime
import re
import typing as t
import zoneinfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KEYS = ("from", "to", "days", "timezone", "except_dates")
_REQUIRED = ("from", "to", "timezone")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_DAY = 24 * 60
# Days in which a window must open, else it never does.
_HORIZON = 366
# Windows that follow each other without a gap are one, of at most so many days.
_LONGEST = 8
_UTC = datetime.timezone.utc
_EXAMPLE = '{from: "22:00", to: "05:30", days: [mon, tue], timezone: Europe/Berlin, except_dates: ["2026-12-24"]}'


class WindowError(ValueError):
    """A window that cannot be. The message names the variable, and says what to do."""


class State(t.NamedTuple):
    """Windows at one time. ends: until when one is open (Unix time), or None: none is open. opens: when the next one opens, or None."""

    ends: float | None
    opens: float | None


class Window:
    """One window. given: mapping of from, to, days, timezone, except_dates. name: what messages call it.

    timezone: zoneinfo.ZoneInfo. Raises WindowError.
    """

    def __init__(self, given: t.Any, name: str) -> None:
        _check_keys(given, name)
        self._from = _minutes(given["from"], f"{name}.from")
        self._to = _minutes(given["to"], f"{name}.to")
        if self._from == _DAY:
            raise WindowError(f'{name}.from is 24:00. Set it to "00:00" of the day after')
        if self._from == self._to:
            raise WindowError(
                f"{name}.from and {name}.to are both {given['from']}, so the window has no length."
                ' For whole days, set from to "00:00" and to to "24:00"'
            )
        self._days = _days(given.get("days"), f"{name}.days")
        self._except = _dates(given.get("except_dates"), f"{name}.except_dates")
        self.timezone = _zone(given["timezone"], f"{name}.timezone")

    def spans(self, first: datetime.date, days: int) -> t.Iterator[tuple[float, float]]:
        """(start, end), Unix times, of the windows that begin on the days from first on, those without a length left out."""
        for number in range(days):
            date = first + datetime.timedelta(days=number)
            if date.weekday() not in self._days or date in self._except:
                continue
            start, end = self._span(date)
            if start < end:
                yield start, end

    def _span(self, date: datetime.date) -> tuple[float, float]:
        last = date + datetime.timedelta(days=self._to < self._from)
        early, late = _instants(date, self._from, self.timezone)
        end, _late = _instants(last, self._to, self.timezone)
        # where both come twice in the same hour, the first ones
        return (late if late < end else early), end


def _check_keys(given: t.Any, name: str) -> None:
    if not isinstance(given, t.Mapping):
        raise WindowError(f"{name} is no mapping. Write it like {_EXAMPLE}")
    unknown = sorted(map(str, set(given) - set(_KEYS)))
    if unknown:
        raise WindowError(f"{name} has the unknown key {unknown[0]}. It can have {', '.join(_KEYS)}")
    for key in _REQUIRED:
        if given.get(key) in (None, ""):
            raise WindowError(f"{name}.{key} is not set. Write the window like {_EXAMPLE}")


def _minutes(value: t.Any, name: str) -> int:
    """A time of the day in minutes."""
    if isinstance(value, int) and not isinstance(value, bool) and 60 <= value < _DAY:
        # a whole number of YAML 1.1, to the base of 60
        hint = f'Write it in quotes, "{value // 60:02d}:{value % 60:02d}": YAML reads a time without quotes as a number'
        raise WindowError(f"{name} is the number {value}. {hint}")
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise WindowError(f'{name} is {value!r}. Write a time from "00:00" to "24:00" in quotes, with two digits each')
    hours, minutes = value.split(":")
    return int(hours) * 60 + int(minutes)


def _list(value: t.Any, name: str) -> t.Sequence[t.Any]:
    """A list, of one where that is written without brackets."""
    if isinstance(value, (str, datetime.date)):
        return [value]
    if not isinstance(value, (list, tuple)):
        raise WindowError(f"{name} is {value!r}. Write a list")
    return value


def _days(value: t.Any, name: str) -> frozenset[int]:
    if value is None:
        return frozenset(range(7))
    found = [str(day).lower() for day in _list(value, name)]
    for day in found:
        if day not in _DAYS:
            raise WindowError(f"{name} has {day!r}. A day is one of {', '.join(_DAYS)}")
    if not found:
        raise WindowError(f"{name} is empty, so the window never opens. Name days, or remove it for every day")
    return frozenset(map(_DAYS.index, found))


def _dates(value: t.Any, name: str) -> frozenset[datetime.date]:
    if value is None:
        return frozenset()
    return frozenset(_date(date, name) for date in _list(value, name))


def _date(value: t.Any, name: str) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
            raise ValueError(value)
        return datetime.date.fromisoformat(str(value))
    except ValueError as error:
        raise WindowError(f"{name} has {value!r}, which is no date. Write it like 2026-12-24") from error


def _zone(value: t.Any, name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(str(value))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        if not zoneinfo.available_timezones():
            raise WindowError(
                f"{name}: the Python of the controller has no time zones. Install the package tzdata there, of the system or"
                " with pip"
            ) from error
        raise WindowError(
            f"{name} is {value!r}, which is no time zone. Set it to a name such as Europe/Berlin or UTC"
        ) from error


def _instants(date: datetime.date, minutes: int, zone: zoneinfo.ZoneInfo) -> tuple[float, float]:
    """When a clock on the wall shows a time, for the first and for the last time (Unix times).

    A time that clocks skip is when they are set forward.
    """
    wall = datetime.datetime.combine(date, datetime.time()) + datetime.timedelta(minutes=minutes)
    first, last = (wall.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    if last < first:
        # skipped: between the two, clocks are set
        change = int(last) + bisect.bisect_left(
            range(int(last), int(first) + 1), wall, key=lambda instant: _wall(instant, zone)
        )
        return float(change), float(change)
    return first, last


def _wall(instant: float, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(instant, zone).replace(tzinfo=None)


class Windows:
    """One or several windows. given: a mapping, or a list of them. name: of the variable. Raises WindowError."""

    def __init__(self, given: t.Any, name: str = "window") -> None:
        if isinstance(given, (list, tuple)):
            if not given:
                raise WindowError(f"{name} is an empty list, so it never opens. Write a window like {_EXAMPLE}")
            self._windows = [Window(window, f"{name}[{place}]") for place, window in enumerate(given)]
        else:
            self._windows = [Window(given, name)]
        self._name = name

    def state(self, now: float) -> State:
        """The State at a time (Unix time)."""
        # one that began yesterday may still be open, and zones differ by more than a day
        spans = sorted(span for window in self._windows for span in window.spans(self._date(now, -3), _LONGEST + 3))
        ends, opens = None, None
        for start, end in spans:
            if start <= (now if ends is None else ends) and end > (now if ends is None else ends):
                ends = end
            elif start > now and ends is None and opens is None:
                opens = start
        if opens is None:
            opens = self._next(now if ends is None else ends)
        if ends is None and opens is None:
            raise WindowError(
                f"{self._name} does not open within {_HORIZON} days. Correct its days, except_dates and times"
            )
        return State(ends, opens)

    def _next(self, after: float) -> float | None:
        """When the next window opens, or None."""
        found = (
            next((start for start, _end in window.spans(self._date(after, -3), _HORIZON + 3) if start > after), None)
            for window in self._windows
        )
        return min((start for start in found if start is not None), default=None)

    @staticmethod
    def _date(now: float, days: int) -> datetime.date:
        return (datetime.datetime.fromtimestamp(now, _UTC) + datetime.timedelta(days=days)).date()

    def when(self, instant: float) -> str:
        """A time in words, in the time zone of the first window: 22:00 on Saturday 2026-11-28 (Europe/Berlin)."""
        zone = self._windows[0].timezone
        wall = datetime.datetime.fromtimestamp(instant, zone)
        seconds = ":%S" if wall.second else ""
        return f"{wall.strftime(f'%H:%M{seconds} on %A %Y-%m-%d')} ({zone.key})"


def describe(given: t.Any, now: float, name: str = "window") -> dict[str, t.Any]:
    """What a playbook needs to know of windows at a time. given, name: see Windows. now: Unix time."""
    windows = Windows(given, name)
    state = windows.state(now)
    ends, opens = (None if instant is None else windows.when(instant) for instant in state)
    return {
        "is_open": state.ends is not None,
        "ends": state.ends,
        "ends_at": ends,
        "opens": state.opens,
        "opens_at": opens,
        "line": f"The window is open until {ends}" if ends else f"The window is closed. It opens at {opens}",
    }
