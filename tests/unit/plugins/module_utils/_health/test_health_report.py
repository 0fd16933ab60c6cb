# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All outcomes as one, and as a line for a log."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._health import report
from ansible_collections.community.opensips.plugins.module_utils._health.entry import at_least, at_most, entry

OK = entry("uptime", None, "ok", "5 s")
WARNING = entry("dispatcher", "default:2", "warning", "1 of 2 active")
FAILED = entry("load", None, "failed", "97 %, at most 90 %")
UNKNOWN = [entry(f"check{number}", None, "unknown", "The server does not answer") for number in range(9)]


@pytest.mark.parametrize(
    ("entries", "outcome"),
    [
        ([], "ok"),
        ([OK], "ok"),
        ([OK, UNKNOWN[0]], "unknown"),
        ([OK, WARNING, UNKNOWN[0]], "warning"),
        ([FAILED, OK, WARNING, UNKNOWN[0]], "failed"),
    ],
)
def test_outcome(entries, outcome):
    assert report.outcome(entries) == outcome
    assert report.summary(entries)["total"] == len(entries)


def test_line():
    line = report.line([OK, WARNING, FAILED, OK], "3.6.8", 273841)
    assert line == (
        "OpenSIPS 3.6.8 up 3 d 4 h: failed. Failed: load: 97 %, at most 90 %. Warning: dispatcher default:2: 1 of 2 active. 2 ok"
    )


def test_a_line_of_many_stays_short():
    assert report.line(UNKNOWN, None, None) == "OpenSIPS: unknown. Unknown: 9 checks: The server does not answer. 0 ok"
    many = [entry("links", f"cluster 1 node {number}", "failed", "down", number) for number in range(99)]
    assert len(report.line(many, None, None)) < 200
    different = [entry("a", str(number), "failed", f"message {number}" + "x" * 1000) for number in range(99)]
    assert len(report.line(different, None, None)) < 2000


def test_failure():
    entries = [OK, WARNING, FAILED, *UNKNOWN]
    assert report.failure(entries, []) is None
    assert report.failure([OK], ["failed", "warning", "unknown"]) is None
    assert report.failure(entries, ["failed"]).message == "load: 97 %, at most 90 %"
    both = report.failure(entries, ["warning", "failed"]).message
    assert both.index("load") < both.index("dispatcher")


def test_what_a_server_calls_its_things_is_shown_safely():
    shown = entry("dispatcher", "a\x1b[2J\nb", "failed", "x\r\ny")
    assert "\x1b" not in shown["subject"] and "\n" not in report.line([shown], None, None)


@pytest.mark.parametrize(
    ("value", "limit", "warn_at", "outcome"),
    [
        (0, 0, 80, "ok"),
        (1, 0, 80, "failed"),
        (79, 100, 80, "ok"),
        (80, 100, 80, "warning"),
        (100, 100, 100, "ok"),
        (101, 100, 100, "failed"),
    ],
)
def test_maximum(value, limit, warn_at, outcome):
    assert at_most("x", None, value, limit, warn_at, " %")["outcome"] == outcome


def test_minimum():
    assert [at_least("x", value, 5, "")["outcome"] for value in (4, 5, 6)] == ["failed", "ok", "ok"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59, "59 s"), (61, "1 min"), (3600, "1 h"), (90061, "1 d 1 h")]
)
def test_duration(seconds, text):
    assert report.duration(seconds) == text
