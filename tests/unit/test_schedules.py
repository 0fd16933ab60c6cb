# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of the guide to schedules: they are what systemd and AWX take, and begin when their window does."""

from __future__ import annotations

import datetime
import pathlib
import re
import shutil
import subprocess
import sys
import zoneinfo

import pytest
import yaml

from ansible_collections.community.opensips.plugins.module_utils._fleet.order import ORDERS, Spread
from ansible_collections.community.opensips.plugins.plugin_utils import _window

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/docsite/rst/schedules.rst").read_text(encoding="utf-8")
DAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}


def block(name):
    """The code block of the guide that begins with a comment of its name, without indentation."""
    match = re.search(rf"^    # {re.escape(name)}\n((?:    .*\n|\n)+)", GUIDE, re.MULTILINE)
    return re.sub("^    ", "", match.group(1), flags=re.MULTILINE)


NIGHT = yaml.safe_load(block("night.yml"))
# without the dates that are left out, which no schedule knows
WINDOW = _window.Windows({key: value for key, value in NIGHT["phone_reboot_window"].items() if key != "except_dates"})
ZONE = zoneinfo.ZoneInfo(NIGHT["phone_reboot_window"]["timezone"])
# over the weeks in which clocks are set
STARTS = [datetime.datetime(2026, month, 23, 12, tzinfo=ZONE) for month in (3, 10)]


def openings(start, number):
    """When the window opens after a start (datetime), Unix times."""
    found, now = [], start.timestamp()
    for _night in range(number):
        now = WINDOW.state(now).opens
        found.append(now)
    return found


def test_the_variables_are_those_of_the_role():
    specs = yaml.safe_load((ROOT / "roles/phone_reboot/meta/argument_specs.yml").read_text(encoding="utf-8"))
    assert NIGHT.keys() <= specs["argument_specs"]["main"]["options"].keys()
    assert NIGHT["phone_reboot_order"] in ORDERS
    Spread(NIGHT["phone_reboot_spread_by"], NIGHT["phone_reboot_spread_limit"])
    _window.Windows(NIGHT["phone_reboot_window"])


def test_the_other_windows_of_the_guide():
    (several,) = re.findall(r"^    phone_reboot_window:\n((?:      - .*\n)+)", GUIDE, re.MULTILINE)
    assert len(yaml.safe_load(several)) == 2
    _window.Windows(yaml.safe_load(several))
    for spread_by in re.findall(r"^   \* - ``(network.*|domain|\^.*)``$", GUIDE, re.MULTILINE):
        Spread(spread_by)


@pytest.fixture
def systemd_analyze():
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("systemd-analyze is not installed")
    return lambda *args: subprocess.run(
        [found, *args], capture_output=True, text=True, check=False, env={"LC_ALL": "C", "TZ": "UTC"}
    )


def test_systemd_takes_the_units(systemd_analyze, tmp_path):
    for unit in ("phone-reboot.service", "phone-reboot.timer"):
        # any program that is there
        (tmp_path / unit).write_text(block(unit).replace("/usr/bin/ansible-playbook", sys.executable))
    ran = systemd_analyze("verify", str(tmp_path / "phone-reboot.service"), str(tmp_path / "phone-reboot.timer"))
    assert (ran.returncode, [line for line in ran.stderr.splitlines() if "phone-reboot" in line]) == (0, [])
    wrong = tmp_path / "wrong.timer"
    wrong.write_text(block("phone-reboot.timer").replace("22:00", "22:61"))
    assert "wrong.timer" in systemd_analyze("verify", str(wrong)).stderr


@pytest.mark.parametrize("start", STARTS)
def test_the_timer_starts_with_the_window(systemd_analyze, start):
    (calendar,) = re.findall("^OnCalendar=(.*)$", block("phone-reboot.timer"), re.MULTILINE)
    base = f"{start.astimezone(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC"
    ran = systemd_analyze("calendar", "--iterations=9", f"--base-time={base}", calendar)
    assert ran.returncode == 0, ran.stderr
    found = re.findall(r"(?:Next elapse|Iter\S* #\d+): \w+ (\S+ \S+) UTC", ran.stdout)
    times = [datetime.datetime.fromisoformat(f"{text}+00:00").timestamp() for text in found]
    assert times == openings(start, 9)
    # and it is the one that the guide shows how to look at
    assert f"systemd-analyze calendar --iterations=5 '{calendar}'" in GUIDE


@pytest.mark.parametrize("start", STARTS)
def test_the_schedule_of_awx_starts_with_the_window(start):
    _template, schedule = yaml.safe_load(block("schedule.yml"))[0]["tasks"]
    rule = schedule["awx.awx.schedule"]["rrule"]
    zone, first, days = re.fullmatch(
        r"DTSTART;TZID=(\S+):(\d{8}T\d{6}) RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=([A-Z,]+)", rule
    ).groups()
    begin = datetime.datetime.strptime(first, "%Y%m%dT%H%M%S").replace(tzinfo=zoneinfo.ZoneInfo(zone))
    assert zone == ZONE.key and WINDOW.state(begin.timestamp() - 1).opens == begin.timestamp()
    weekdays = {DAYS[day] for day in days.split(",")}
    dates = [start.date() + datetime.timedelta(days=day) for day in range(16)]
    times = [
        datetime.datetime.combine(date, begin.time(), ZONE).timestamp() for date in dates if date.weekday() in weekdays
    ]
    assert times == openings(start, len(times)) and len(times) >= 8


def test_the_playbooks_of_awx_fit_together():
    template, schedule = yaml.safe_load(block("schedule.yml"))[0]["tasks"]
    template, schedule = template["awx.awx.job_template"], schedule["awx.awx.schedule"]
    assert schedule["unified_job_template"] == template["name"]
    assert "night.yml" in template["extra_vars"]
    (imported,) = yaml.safe_load(block(template["playbook"]))
    name = imported["import_playbook"].removeprefix("community.opensips.")
    assert (ROOT / "playbooks" / f"{name}.yml").is_file()
