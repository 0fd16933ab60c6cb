# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows: when one is open, when it ends, and when the next one opens."""

from __future__ import annotations

import datetime
import os
import pathlib
import subprocess
import sys
import zoneinfo

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.filter.opensips_window import FilterModule
from ansible_collections.community.opensips.plugins.plugin_utils import _window

BERLIN = "Europe/Berlin"
NIGHT = {"from": "22:00", "to": "05:30", "timezone": BERLIN}
FILTER = FilterModule().filters()["opensips_window"]


def unix(text, zone=BERLIN, fold=0):
    """A time such as "2026-11-28 22:00" on a wall in a zone, as Unix time."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=fold).timestamp()


def state(window, text, **where):
    return _window.Windows(window).state(unix(text, **where))


class TestOneWindow:
    def test_over_midnight(self):
        assert state(NIGHT, "2026-11-28 21:59") == (None, unix("2026-11-28 22:00"))
        for inside in ("2026-11-28 22:00", "2026-11-29 00:00", "2026-11-29 05:29:59"):
            assert state(NIGHT, inside) == (unix("2026-11-29 05:30"), unix("2026-11-29 22:00"))
        assert state(NIGHT, "2026-11-29 05:30") == (None, unix("2026-11-29 22:00"))

    def test_it_belongs_to_the_day_on_which_it_begins(self):
        # 2026-11-27 is a Friday
        friday = {**NIGHT, "days": ["fri"]}
        assert state(friday, "2026-11-28 05:00").ends == unix("2026-11-28 05:30")
        assert state(friday, "2026-11-27 05:00").ends is None
        assert state(friday, "2026-11-28 22:30") == (None, unix("2026-12-04 22:00"))
        left_out = {**NIGHT, "except_dates": ["2026-11-27", datetime.date(2026, 11, 28)]}
        assert state(left_out, "2026-11-27 05:00").ends == unix("2026-11-27 05:30")
        assert state(left_out, "2026-11-27 23:00") == (None, unix("2026-11-29 22:00"))
        assert state(left_out, "2026-11-28 05:00").ends is None

    def test_whole_days_and_one_word_for_a_day(self):
        sunday = {"from": "00:00", "to": "24:00", "timezone": "UTC", "days": "SUN"}
        assert state(sunday, "2026-11-29 12:00", zone="UTC").ends == unix("2026-11-30 00:00", "UTC")
        assert state(sunday, "2026-11-30 00:00", zone="UTC").ends is None

    def test_the_zone_is_that_of_the_window(self):
        tokyo = {"from": "01:00", "to": "03:00", "timezone": "Asia/Tokyo"}
        assert state(tokyo, "2026-11-28 17:30").ends == unix("2026-11-29 03:00", "Asia/Tokyo")


class TestClocksThatAreSet:
    def test_forward_over_the_beginning(self):
        # 2026-03-29 in Berlin: 02:00 is 03:00
        early = {"from": "02:30", "to": "05:00", "timezone": BERLIN}
        opens = unix("2026-03-29 03:00")
        assert state(early, "2026-03-29 01:59:59") == (None, opens)
        assert state(early, "2026-03-29 03:00").ends == unix("2026-03-29 05:00")

    def test_forward_over_the_end(self):
        late = {"from": "23:00", "to": "02:30", "timezone": BERLIN}
        assert state(late, "2026-03-29 01:00").ends == unix("2026-03-29 03:00")

    def test_forward_over_all_of_it(self):
        lost = {"from": "02:10", "to": "02:50", "timezone": BERLIN}
        assert state(lost, "2026-03-29 01:00") == (None, unix("2026-03-30 02:10"))

    def test_back_over_the_beginning(self):
        # 2026-10-25 in Berlin: 03:00 is 02:00
        early = {"from": "02:30", "to": "05:00", "timezone": BERLIN}
        second = unix("2026-10-25 02:30", fold=1)
        assert second - unix("2026-10-25 02:30") == 3600
        assert state(early, "2026-10-25 02:45") == (None, second)
        assert state(early, "2026-10-25 02:30", fold=1).ends == unix("2026-10-25 05:00")

    def test_back_over_the_end(self):
        late = {"from": "23:00", "to": "02:30", "timezone": BERLIN}
        assert state(late, "2026-10-25 02:00").ends == unix("2026-10-25 02:30")
        assert state(late, "2026-10-25 02:15", fold=1).ends is None

    def test_back_inside(self):
        ends = state(NIGHT, "2026-10-24 22:00").ends
        assert ends == unix("2026-10-25 05:30")
        assert ends - unix("2026-10-24 22:00") == 8.5 * 3600
        assert state(NIGHT, "2026-03-28 22:00").ends - unix("2026-03-28 22:00") == 6.5 * 3600

    def test_back_over_all_of_it(self):
        twice = {"from": "02:10", "to": "02:50", "timezone": BERLIN}
        assert state(twice, "2026-10-25 02:10").ends == unix("2026-10-25 02:50")


class TestSeveralWindows:
    def test_windows_that_touch_are_one(self):
        windows = [
            {"from": "00:00", "to": "06:00", "timezone": BERLIN, "days": ["sun"]},
            {"from": "20:00", "to": "24:00", "timezone": BERLIN, "days": ["sat"]},
            {"from": "12:00", "to": "13:00", "timezone": BERLIN, "days": ["sun"]},
        ]
        assert state(windows, "2026-11-28 21:00") == (unix("2026-11-29 06:00"), unix("2026-11-29 12:00"))
        assert state(windows, "2026-11-29 06:00") == (None, unix("2026-11-29 12:00"))

    def test_one_that_is_always_open(self):
        always = {"from": "00:00", "to": "24:00", "timezone": BERLIN}
        assert state(always, "2026-11-28 21:00").ends > unix("2026-12-01 00:00")


# zones with large, small, southern and midnight changes
ZONES = [
    BERLIN,
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "America/Havana",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Pacific/Chatham",
    "Asia/Kolkata",
    "UTC",
]
MINUTES = st.integers(0, 24 * 60 - 1)


def clock(minutes):
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@given(
    st.sampled_from(ZONES),
    MINUTES,
    MINUTES,
    st.sets(st.sampled_from(_window._DAYS), min_size=1),
    st.integers(int(unix("2024-01-01", "UTC")), int(unix("2028-01-01", "UTC"))),
)
@settings(max_examples=300, deadline=None)
def test_the_clock_on_the_wall_is_inside_while_a_window_is_open(zone, start, end, days, now):
    if start == end:
        end = (end + 1) % (24 * 60)
    given_window = {"from": clock(start), "to": clock(end), "timezone": zone, "days": sorted(days)}
    windows = _window.Windows(given_window)
    found = windows.state(now)
    assert found.opens > (now if found.ends is None else found.ends)
    if found.ends is not None:
        assert now < found.ends
        # all the way to its end, and not at its end
        for instant in (now, (now + found.ends) // 2, found.ends - 1):
            assert is_inside(instant, zone, start, end)
        assert windows.state(found.ends).ends is None or not is_inside(found.ends, zone, start, end)
    opened = windows.state(found.opens)
    assert opened.ends is not None
    # the second before, it was closed
    assert windows.state(found.opens - 1).ends is None
    assert wall(found.opens, zone).weekday() in {_window._DAYS.index(day) for day in days}


def wall(instant, zone):
    return datetime.datetime.fromtimestamp(instant, zoneinfo.ZoneInfo(zone))


def is_inside(instant, zone, start, end):
    """An independent reading: what the clock on the wall shows, and nothing else."""
    shown = wall(instant, zone)
    minutes = shown.hour * 60 + shown.minute
    return start <= minutes < end if start < end else minutes >= start or minutes < end


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ("22:00-05:30", r"window is no mapping\. Write it like \{from: "),
        ([], "window is an empty list, so it never opens"),
        ({}, r"window\.from is not set"),
        ({**NIGHT, "timezone": None}, r"window\.timezone is not set"),
        ({**NIGHT, "until": "05:00"}, r"window has the unknown key until\. It can have from, to, days"),
        ({**NIGHT, "from": 1320}, r'window\.from is the number 1320\. Write it in quotes, "22:00": YAML'),
        ({**NIGHT, "from": 22}, r'window\.from is 22\. Write a time from "00:00"'),
        ({**NIGHT, "to": "5:30"}, r"window\.to is '5:30'\. Write a time"),
        ({**NIGHT, "to": "24:30"}, r"window\.to is '24:30'"),
        ({**NIGHT, "to": True}, r"window\.to is True"),
        ({**NIGHT, "from": "24:00"}, r'window\.from is 24:00\. Set it to "00:00"'),
        ({**NIGHT, "to": "22:00"}, r"window\.from and window\.to are both 22:00, so the window has no length"),
        ({**NIGHT, "days": []}, r"window\.days is empty, so the window never opens\. Name days, or remove it"),
        ({**NIGHT, "days": ["mon", "monday"]}, r"window\.days has 'monday'\. A day is one of mon, tue"),
        ({**NIGHT, "days": 5}, r"window\.days is 5\. Write a list"),
        (
            {**NIGHT, "except_dates": ["24.12.2026"]},
            r"window\.except_dates has '24.12.2026', which is no date\. Write it like",
        ),
        ({**NIGHT, "except_dates": ["2026-02-30"]}, r"window\.except_dates has '2026-02-30'"),
        (
            {**NIGHT, "timezone": "Berlin"},
            r"window\.timezone is 'Berlin', which is no time zone\. Set it to a name such",
        ),
        ({**NIGHT, "timezone": "../../etc/passwd"}, r"window\.timezone is .*, which is no time zone"),
        ({**NIGHT, "timezone": "Europe"}, r"window\.timezone is .*, which is no time zone"),
        ([NIGHT, {**NIGHT, "days": []}], r"window\[1\]\.days is empty"),
        (
            {
                **NIGHT,
                "days": ["mon"],
                "except_dates": [datetime.date(2026, 11, 30) + datetime.timedelta(days=7 * week) for week in range(60)],
            },
            r"window does not open within 366 days\. Correct its days, except_dates and times",
        ),
    ],
)
def test_windows_that_cannot_be(window, message):
    with pytest.raises(AnsibleFilterError, match=f"opensips_window: {message}"):
        FILTER(window, at=unix("2026-11-28 12:00"))


def test_the_variable_is_named():
    with pytest.raises(AnsibleFilterError, match=r"phone_reboot_window\.to is not set"):
        FILTER({"from": "22:00", "timezone": BERLIN}, name="phone_reboot_window")


def test_the_last_window_may_be_the_last():
    dates = [datetime.date(2026, 11, 29) + datetime.timedelta(days=day) for day in range(400)]
    found = FILTER({**NIGHT, "except_dates": dates}, at=unix("2026-11-29 01:00"))
    assert found["is_open"] and found["opens"] is None and found["opens_at"] is None


def test_the_words():
    found = FILTER(NIGHT, at=unix("2026-11-28 23:00"))
    assert found["line"] == "The window is open until 05:30 on Sunday 2026-11-29 (Europe/Berlin)"
    assert found["opens_at"] == "22:00 on Sunday 2026-11-29 (Europe/Berlin)"
    closed = FILTER(NIGHT, at=unix("2026-11-28 12:00"))
    assert (closed["is_open"], closed["ends"], closed["ends_at"]) == (False, None, None)
    assert closed["line"] == "The window is closed. It opens at 22:00 on Saturday 2026-11-28 (Europe/Berlin)"


def test_now_is_the_default():
    assert FILTER({"from": "00:00", "to": "24:00", "timezone": "UTC"})["is_open"]


def test_a_controller_without_time_zones(tmp_path):
    """As in a minimal image: no files of the system, and no package tzdata."""
    (tmp_path / "tzdata.py").write_text("raise ImportError('tzdata')\n")
    path = os.pathsep.join([str(tmp_path), *map(str, filter(None, sys.path))])
    program = (
        "from ansible_collections.community.opensips.plugins.plugin_utils import _window\n"
        f"try:\n    _window.Windows({NIGHT!r}, 'phone_reboot_window')\n"
        "except _window.WindowError as error:\n    print(error)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONTZPATH": str(tmp_path), "PYTHONPATH": path, "PATH": os.environ["PATH"]},
        cwd=pathlib.Path.cwd(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith(
        "phone_reboot_window.timezone: the Python of the controller has no time zones. Install the package tzdata"
    )
