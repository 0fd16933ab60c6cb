# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls through a server while something else goes on: sipp calls, sipp answers, and each call is judged by what both saw."""

import contextlib
import dataclasses
import math
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from ansible_collections.community.opensips.tests.integration.support import sipp
from ansible_collections.community.opensips.tests.integration.support.opensips import free_ports

PHASES = ("before", "during", "after")
# milliseconds that a call is up
CALL = 300
# seconds that sipp gives open calls after it was asked to stop: its INVITE is sent again for 16 s, its BYE for 28 s
LAST_CALLS = 30
_TRACE = "messages.csv"

_ANSWER = """<![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:callee@[local_ip]:[local_port]>
Content-Length: 0

]]>"""
_TAG = ";tag=[pid]-[call_number]"
# milliseconds that it takes to answer: a reply that overtakes its own request in the server is lost, and asked for again
_THINKS = 5
# it does not ring: the server's processes may turn round what comes close together, and sipp fails a call that rings when answered
_CALLEE = f"""<?xml version="1.0" encoding="UTF-8"?>
<scenario name="callee">
<recv request="INVITE"/>
<pause milliseconds="{_THINKS}"/>
<send retrans="500">{_ANSWER.format(status="200 OK", tag=_TAG)}</send>
<recv request="ACK"/>
<recv request="BYE"/>
<pause milliseconds="{_THINKS}"/>
<send>{_ANSWER.format(status="200 OK", tag="")}</send>
</scenario>
"""


class Callee:
    """The sipp that answers, on a port of its own. Must run before the server, which sends all calls to its port."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir()
        (self.folder / "callee.xml").write_text(_CALLEE, encoding="utf-8")
        (self.port,) = free_ports(1)
        self._process = sipp_in(self.folder, "-sf", "callee.xml", "-p", self.port)

    def stop(self):
        sipp.end(self._process)

    def messages(self):
        return traced(self.folder)


class Caller:
    """The sipp that calls users of the server, one after the other, until stop(). server: (host, port)."""

    def __init__(self, folder, server, users, a_second, longest):
        """folder: where its own is made. longest: seconds until it ends by itself."""
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        (self.folder / "caller.xml").write_text(sipp.caller("[field0]", CALL), encoding="utf-8")
        (self.folder / "users.csv").write_text("\n".join(["SEQUENTIAL", *users, ""]), encoding="utf-8")
        (port,) = free_ports(1)
        self._process = sipp_in(
            self.folder, "-sf", "caller.xml", "-inf", "users.csv", "-p", port, "-r", a_second,
            # open calls of a server that does not answer must not hold back new ones
            "-l", a_second * LAST_CALLS * 2, "-m", int(a_second * longest), "-timeout", int(longest) + LAST_CALLS,
            ":".join(str(each) for each in server),
        )  # fmt: skip

    @property
    def running(self):
        return self._process.poll() is None

    def stop(self):
        """No new calls; those that are up may end."""
        if self.running:
            self._process.send_signal(signal.SIGUSR1)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(LAST_CALLS)
        self.kill()

    def kill(self):
        sipp.end(self._process)

    def messages(self):
        return traced(self.folder)


def sipp_in(folder, *arguments):
    """The process of a sipp that works in a folder, and traces its messages there."""
    (control,) = free_ports(1)
    trace = ["-trace_shortmsg", "-shortmessage_file", _TRACE, "-trace_err", "-error_file", "errors"]
    with (folder / "output").open("wb") as output:
        return sipp.start(folder, "-cp", control, *trace, *arguments, output=output)


def traced(folder):
    """(seconds since 1970, whether sent, Call-ID, CSeq, first line) of each message that sipp_in() traced in a folder."""
    path = folder / _TRACE
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            fields = line.rstrip("\n").split("\t")
            if len(fields) == 7:
                yield float(fields[2]), fields[3] == "S", fields[4], fields[5].partition(":")[2], fields[6]


@dataclasses.dataclass
class Phase:
    """Calls of one phase. answers: seconds from INVITE to 200 of each call, sorted; infinite where none came.

    refusals: {code: how many answers had it}.
    """

    calls: int = 0
    failed: int = 0
    retransmissions: int = 0
    answers: list = dataclasses.field(default_factory=list)
    refusals: dict = dataclasses.field(default_factory=dict)

    def percentile(self, share):
        """Seconds within which that share of the calls was answered; None when there were no calls."""
        return self.answers[min(len(self.answers) - 1, int(len(self.answers) * share))] if self.answers else None


@dataclasses.dataclass
class _Call:
    invited: float
    answered: float = 0.0
    hung_up: float = 0.0
    ended: bool = False


def judge(caller, callee, started, ended):
    """{phase: Phase} of calls, by when each thing happened. started, ended: of what went on during them (time.time())."""
    phases = {name: Phase() for name in PHASES}

    def phase(at):
        return phases["before" if at < started else "during" if at <= ended else "after"]

    calls = {}
    for at, sent, call_id, cseq, first in caller.messages():
        if sent:
            call = calls.setdefault(call_id, _Call(at))
            if first.startswith("BYE"):
                call.hung_up = call.hung_up or at
        elif call_id in calls:
            _received(calls[call_id], at, cseq, first, phase(at))
    for call in calls.values():
        phase(call.invited).calls += 1
        phase(call.invited).answers.append(call.answered - call.invited if call.answered else math.inf)
        if not call.ended:
            # the request that never had its answer is what failed
            phase(call.hung_up or call.invited).failed += 1
    for messages, sent in ((caller.messages(), True), (callee.messages(), False)):
        for at, call_id in _repeated(messages, sent):
            # the callee has those of earlier callers, too
            if call_id in calls:
                phase(at).retransmissions += 1
    for each in phases.values():
        each.answers.sort()
    return phases


def _received(call, at, cseq, first, phase):
    code = first.split(" ", 2)[1] if first.startswith("SIP/2.0 ") else ""
    if code == "200" and cseq.endswith("INVITE"):
        call.answered = call.answered or at
    elif code == "200" and cseq.endswith("BYE"):
        call.ended = True
    elif code >= "300":
        phase.refusals[code] = phase.refusals.get(code, 0) + 1


def _repeated(messages, sent):
    """(time, Call-ID) of requests that were repeated: sent by the caller, or received by the callee, from the server."""
    seen = set()
    for at, was_sent, call_id, cseq, first in messages:
        if was_sent == sent and first.startswith(("INVITE", "BYE")):
            if (call_id, cseq) in seen:
                yield at, call_id
            seen.add((call_id, cseq))


@contextlib.contextmanager
def callee():
    """A Callee in a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="impact-calls-") as folder:
        called = Callee(Path(folder) / "callee")
        try:
            yield called
        finally:
            called.stop()


@contextlib.contextmanager
def calls(called, server, users, a_second, around, longest):
    """A list that has {phase: Phase} once the block is left; what is done in it lies between so many seconds (around) of calls."""
    caller = Caller(called.folder.parent, server, users, a_second, longest + 2 * around)
    found = []
    try:
        time.sleep(around)
        started = time.time()
        yield found
        ended = time.time()
        time.sleep(around)
        caller.stop()
    finally:
        caller.kill()
    found.append(judge(caller, called, started, ended))
