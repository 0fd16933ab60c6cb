# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark of impact runs, and its figures are right where they can be known."""

from __future__ import annotations

import math
import subprocess
import sys

from ansible_collections.community.opensips.tests.benchmarks import impact_calls
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips, needs_sipp
from ansible_collections.community.opensips.tests.integration.support.opensips import find_binary, find_modules
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION

_BENCHMARK = COLLECTION / "tests/benchmarks/impact.py"


def lines_of(*arguments):
    """What the benchmark prints."""
    done = subprocess.run(
        [sys.executable, str(_BENCHMARK), *arguments],
        env={"PYTHONPATH": str(COLLECTION.parents[2]), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.strip() for line in done.stdout.splitlines()]


def test_a_run_on_an_emulator():
    lines = lines_of("run", "--emulator", "3.6", "--phones", "100")
    assert "ok   all phones accounted for: 98 of 98 accepted, 2 of 2 silent" in lines
    assert "ok   the server is alive" in lines
    assert not [line for line in lines if line.startswith("FAIL")]


@needs_sipp
@needs_opensips
def test_the_measuring_costs_no_call():
    binary = find_binary()
    lines = lines_of(
        "calls", "--opensips", f"any={binary}:{find_modules(binary)}", "--phones", "50", "--around", "2",
        "--calls-per-second", "20",
    )  # fmt: skip
    assert "ok   0 failed calls: 0" in lines and "ok   the server is alive" in lines
    # there were calls in each of the three phases
    assert all(
        int(next(line for line in lines if line.startswith(phase)).split()[1]) > 20 for phase in impact_calls.PHASES
    )


IN_CALL = ["in_call", "--phones", "60", "--in-call", "10", "--call-seconds", "2,4", "--param", "retry_interval=1"]


def test_no_call_of_an_emulator_is_cut():
    lines = lines_of(*IN_CALL, "--emulator", "3.6")
    assert "ok   all phones are done: 60 of 60" in lines and "ok   0 calls cut: 0" in lines


def test_calls_that_are_cut_are_counted():
    lines = lines_of(*IN_CALL, "--emulator", "3.6", "--param", "unless_in_call=false")
    assert "FAIL 0 calls cut: 10" in lines


@needs_sipp
@needs_opensips
def test_no_call_of_a_server_is_cut():
    """Half of the callers are known by their contact only."""
    binary = find_binary()
    server = f"any={binary}:{find_modules(binary)}"
    lines = lines_of(*IN_CALL, "--opensips", server)
    assert "ok   all phones are done: 60 of 60" in lines
    assert "ok   0 of 5 calls cut: 0" in lines and "ok   0 calls failed: 0" in lines
    assert any(line.startswith("5 calls were up when the run sent its first request") for line in lines)
    careless = lines_of(*IN_CALL, "--opensips", server, "--param", "unless_in_call=false")
    assert "FAIL 0 of 5 calls cut: 5" in careless


class Trace:
    """Messages as one of the two sipps wrote them down. lines: (seconds, "S" or "R", call, CSeq, first line)."""

    def __init__(self, *lines):
        self._lines = lines

    def messages(self):
        for at, direction, call, cseq, first in self._lines:
            yield at, direction == "S", call, cseq, first


def test_each_call_is_judged_by_when_it_went_wrong():
    invite, bye = ("1 INVITE", "INVITE sip:a SIP/2.0"), ("2 BYE", "BYE sip:a SIP/2.0")
    answered, ended = ("1 INVITE", "SIP/2.0 200 OK"), ("2 BYE", "SIP/2.0 200 OK")
    caller = Trace(
        # good, before
        (1.0, "S", "good", *invite), (1.25, "R", "good", *answered), (1.5, "S", "good", *bye), (1.6, "R", "good", *ended),
        # begun before; its BYE never had an answer, in the run
        (1.0, "S", "cut", *invite), (1.5, "R", "cut", *answered), (2.5, "S", "cut", *bye), (3.0, "S", "cut", *bye),
        # refused in the run, and never answered after it
        (2.0, "S", "refused", *invite), (2.1, "R", "refused", "1 INVITE", "SIP/2.0 500 Server error"),
        (5.0, "S", "lost", *invite), (5.5, "S", "lost", *invite),
    )  # fmt: skip
    # the server sent one INVITE twice
    callee = Trace((1.0, "R", "good", *invite), (2.2, "R", "good", *invite), (1.3, "S", "good", *answered))
    phases = impact_calls.judge(caller, callee, 2.0, 4.0)
    assert {name: (each.calls, each.failed, each.retransmissions) for name, each in phases.items()} == {
        "before": (2, 0, 0),
        "during": (1, 2, 2),
        "after": (1, 1, 1),
    }
    assert phases["before"].answers == [0.25, 0.5] and phases["before"].percentile(0.99) == 0.5
    assert phases["during"].refusals == {"500": 1} and phases["during"].percentile(0.5) == math.inf
    assert impact_calls.Phase().percentile(0.99) is None
