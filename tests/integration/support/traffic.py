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
# seconds that open calls get after the last one was made: an INVITE and a BYE are sent again for 32 s
LAST_CALLS = 40
# of sipp's statistics
_COLUMNS = ("TotalCallCreated", "GenericCounter1(C)", "SuccessfulCall(C)", "FailedCall(C)", "CurrentCall")
_REGISTER = (
    "REGISTER sip:{domain} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bKregister\r\n"
    "From: <sip:{user}@{domain}>;tag=register\r\n"
    "To: <sip:{user}@{domain}>\r\n"
    "Call-ID: register-{user}\r\n"
    "CSeq: 1 REGISTER\r\n"
    "Contact: <sip:{user}@{host}:{callee}>\r\n"
    "Expires: 3600\r\n"
    "Max-Forwards: 70\r\n"
    "Content-Length: 0\r\n\r\n"
)


def register(user, phone, server):
    """Register a user, whose phone is at (host, port), at a server (host, port); which answers 200."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((phone[0], 0))
        sock.settimeout(5)
        port = sock.getsockname()[1]
        text = _REGISTER.format(host=phone[0], port=port, user=user, callee=phone[1], domain=server[0])
        sock.sendto(text.encode(), server)
        answer = sock.recv(65535)
    assert answer.startswith(b"SIP/2.0 200"), answer


def _milliseconds(seconds):
    return tuple(int(1000 * number) for number in seconds)


class SippTraffic:
    """Calls at a steady rate from the `with` on, that are up for some seconds (least, most). As the emulator's Traffic.

    folder: one that exists. rings: seconds that the phones ring (least, most): meanwhile only one node knows the call.
    """

    def __init__(self, cluster, folder, calls_per_second=10, seconds=(2, 15), rings=(0.1, 1.5)):
        self._cluster, self._folder, self._rate = cluster, folder, calls_per_second
        self._caller = self._callee = self._replies = None
        (folder / "callee.xml").write_text(sipp.callee(_milliseconds(rings)), encoding="utf-8")
        (folder / "caller.xml").write_text(sipp.caller(USER, _milliseconds(seconds)), encoding="utf-8")
        self._last_calls = LAST_CALLS + seconds[1]

    def start(self):
        host, address = self._cluster.network.home, self._cluster.virtual_address.address
        callee, caller = free_ports(2)
        self._replies = ReplyRouter(host)
        self._callee = self._sipp("callee", callee, "-rsa", f"{host}:{self._replies.port}")
        sipp.wait_until_bound(self._callee, callee, host)
        register(USER, (host, callee), address)
        self._caller = self._sipp(
            "caller", caller, "-r", self._rate, "-l", 100 * self._rate, ":".join(map(str, address))
        )
        return self

    def finish(self, wait=True):
        """No new calls; wait until those that are up are over, or leave them; returns the summary()."""
        if wait and self.is_running():
            self._caller.send_signal(signal.SIGUSR1)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._caller.wait(self._last_calls)
        for process in (self._caller, self._callee):
            if process is not None:
                sipp.end(process)
        if self._replies is not None:
            self._replies.close()
        return self.summary()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_exception):
        self.finish(wait=False)

    def is_running(self):
        return self._caller is not None and self._caller.poll() is None

    def summary(self):
        """dict: made, answered, ended, lost: numbers of calls, as sipp counted them in the last second."""
        path = self._folder / "caller.csv"
        rows = []
        if path.exists():
            with path.open(encoding="utf-8", newline="") as lines:
                rows = list(csv.DictReader(lines, delimiter=";"))
        made, answered, ended, lost, up = (int(rows[-1][name]) if rows else 0 for name in _COLUMNS)
        return {"made": made, "answered": answered, "ended": ended, "lost": lost if self.is_running() else lost + up}

    def errors(self):
        """What sipp complained about."""
        return "".join(path.read_text(errors="replace") for path in sorted(self._folder.glob("*.errors")))

    def _sipp(self, name, port, *arguments):
        (control,) = free_ports(1)
        return sipp.start(
            self._folder, "-sf", f"{name}.xml", "-p", port, "-cp", control, "-trace_err", "-error_file", f"{name}.errors",
            "-trace_stat", "-stf", f"{name}.csv", "-fd", 1, *arguments, host=self._cluster.network.home,
        )  # fmt: skip
