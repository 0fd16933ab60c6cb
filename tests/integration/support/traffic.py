# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls through a cluster's virtual address: sipp calls, sipp answers, and no call may be lost."""

from __future__ import annotations

import contextlib
import csv
import signal
import socket
import subprocess

from . import sipp
from .opensips import free_ports
from .virtual_address import ReplyRouter

USER = "echo"
# milliseconds that the callee rings: calls that are not answered yet are known to one node alone
RINGS = (100, 1500)
# seconds that open calls get after the last one was made: an INVITE and a BYE are sent again for 32 s
LAST_CALLS = 40
# of sipp's statistics
_COLUMNS = ("TotalCallCreated", "GenericCounter1(C)", "SuccessfulCall(C)")
_REGISTER = (
    "REGISTER sip:127.0.0.1 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKregister\r\n"
    "From: <sip:{user}@127.0.0.1>;tag=register\r\n"
    "To: <sip:{user}@127.0.0.1>\r\n"
    "Call-ID: register-{user}\r\n"
    "CSeq: 1 REGISTER\r\n"
    "Contact: <sip:{user}@127.0.0.1:{callee}>\r\n"
    "Expires: 3600\r\n"
    "Max-Forwards: 70\r\n"
    "Content-Length: 0\r\n\r\n"
)


def register(user, callee, server):
    """Register a user, whose phone is at the port callee, at a server (host, port); which answers 200."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        port = sock.getsockname()[1]
        sock.sendto(_REGISTER.format(port=port, user=user, callee=callee).encode(), server)
        answer = sock.recv(65535)
    assert answer.startswith(b"SIP/2.0 200"), answer


class SippTraffic:
    """Calls at a steady rate that are up for some seconds (least, most), until stop(). folder: of a test."""

    def __init__(self, cluster, folder, calls_per_second=10, seconds=(2, 15)):
        self._folder = folder
        self._summary = None
        callee, caller = free_ports(2)
        (folder / "callee.xml").write_text(sipp.callee(RINGS), encoding="utf-8")
        (folder / "caller.xml").write_text(
            sipp.caller(USER, tuple(1000 * number for number in seconds)), encoding="utf-8"
        )
        self._replies = ReplyRouter()
        self._callee = self._sipp("callee", callee, "-rsa", f"127.0.0.1:{self._replies.port}")
        sipp.wait_until_bound(self._callee, callee)
        register(USER, callee, cluster.virtual_address.address)
        self._caller = self._sipp(
            "caller", caller, "-r", calls_per_second, "-l", 100 * calls_per_second,
            ":".join(map(str, cluster.virtual_address.address)),
        )  # fmt: skip

    def stop(self):
        """No new calls; those that are up may end."""
        if self._summary is None:
            with contextlib.suppress(ProcessLookupError):
                self._caller.send_signal(signal.SIGUSR1)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._caller.wait(LAST_CALLS + 15)
            self.close()
            self._summary = self._count()

    def close(self):
        sipp.end(self._caller)
        sipp.end(self._callee)
        self._replies.close()

    def running(self):
        return self._caller.poll() is None

    def summary(self):
        """{made, answered, ended, lost}: numbers of calls, after stop()."""
        return dict(self._summary)

    def errors(self):
        """What sipp complained about."""
        return "".join(path.read_text(errors="replace") for path in sorted(self._folder.glob("*.errors")))

    def _count(self):
        with (self._folder / "caller.csv").open(encoding="utf-8", newline="") as lines:
            last = list(csv.DictReader(lines, delimiter=";"))[-1]
        made, answered, ended = (int(last[name]) for name in _COLUMNS)
        return {"made": made, "answered": answered, "ended": ended, "lost": made - ended}

    def _sipp(self, name, port, *arguments):
        (control,) = free_ports(1)
        return sipp.start(
            self._folder, "-sf", f"{name}.xml", "-p", port, "-cp", control, "-trace_err", "-error_file", f"{name}.errors",
            "-trace_stat", "-stf", f"{name}.csv", "-fd", 1, *arguments,
        )  # fmt: skip
