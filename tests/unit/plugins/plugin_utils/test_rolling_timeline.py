# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The timeline of a rolling campaign, as JSON, as text and as a page."""

from __future__ import annotations

import json

import pytest

from ansible_collections.community.opensips.plugins.plugin_utils import _rolling_html, _rolling_journal
from ansible_collections.community.opensips.plugins.plugin_utils._rolling_timeline import Timeline

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def path(tmp_path):
    """sip1 is done, the second node failed, the third one was interrupted while it was restarted, the fourth not begun."""
    path = str(tmp_path / "night.jsonl")

    def write(at, event, **record):
        _rolling_journal.append(path, {"event": event, "at": 1000.0 + at, **record})

    def step(at, node, name, outcome, calls=None, message=""):
        write(at, "step", node=node, step=name, outcome=outcome, calls=calls, message=message)

    write(0, "run", nodes=["sip1", EVIL, "sip3", "sip4"], action="restart", pid=1, process="boot/1")
    write(1, "begin", node="sip1", before={})
    step(1, "sip1", "drain", "started")
    step(61, "sip1", "drain", "ok", 0, "12 ended")
    write(62, "end", node="sip1", outcome="done")
    write(63, "begin", node=EVIL, before={})
    step(63, EVIL, "gate", "started")
    step(70, EVIL, "gate", "failed", None, EVIL)
    write(71, "end", node=EVIL, outcome="out_of_service", message=EVIL)
    write(72, "begin", node="sip3", before={})
    step(72, "sip3", "act", "started")
    return path


def test_json(path):
    found = json.loads(Timeline(path, "Night").to_json())
    assert (found["report"], found["format"], found["campaign"], found["action"]) == ("rolling", 1, "night", "restart")
    assert found["summary"] == {
        "total": 4,
        "outcomes": {"done": 1, "put_back": 0, "out_of_service": 1, "interrupted": 1, "refused": 0, "waiting": 1},
    }
    first, _second, third, fourth = found["nodes"]
    assert first["steps"] == [
        {"step": "drain", "outcome": "ok", "started": 1001.0, "seconds": 60.0, "calls": 0, "message": "12 ended"}
    ]
    assert [(step["step"], step["outcome"], step["seconds"]) for step in third["steps"]] == [
        ("act", "interrupted", None)
    ]
    assert (fourth["outcome"], fourth["steps"]) == ("waiting", [])


def test_text(path):
    lines = Timeline(path).lines()
    assert lines[0] == "night: 4 nodes in 1 min 12 s: 1 done, 1 failed, out of service, 1 interrupted, 1 not begun"
    assert lines[1] == "sip1: done"


def test_the_page_escapes_what_servers_say(path):
    page = _rolling_html.page(Timeline(path, EVIL))
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "1 of 4" in page and "Waited for calls" in page
    assert page.count("<rect") == 6


def test_a_campaign_that_was_only_begun_has_a_page(tmp_path):
    path = str(tmp_path / "night.jsonl")
    _rolling_journal.append(path, {"event": "run", "nodes": ["sip1"], "action": "restart"})
    assert "0 of 1" in _rolling_html.page(Timeline(path))
    assert Timeline(str(tmp_path / "none.jsonl")).lines() == ["none: 0 nodes in 0 ms: "]
