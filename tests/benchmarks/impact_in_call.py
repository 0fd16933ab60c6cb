# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls of registered phones through a server: sipp plays both phones of each, and a run is judged by when it sent to which phone."""

import contextlib
import dataclasses
import tempfile
import time
from pathlib import Path

from ansible_collections.community.opensips.tests.benchmarks.impact_calls import sipp_in, traced
from ansible_collections.community.opensips.tests.integration.support import sipp
from ansible_collections.community.opensips.tests.integration.support.opensips import free_ports

# seconds within which all of them are up
_UP = 20
_HELD = '<pause milliseconds="0"/>'


@dataclasses.dataclass
class Call:
    """One call. users: of the phones in it. began, ended: of its INVITE and of the 200 to its BYE (seconds since 1970), 0: never."""

    users: tuple
    began: float = 0.0
    answered: float = 0.0
    hung_up: float = 0.0
    ended: float = 0.0

    def is_cut(self, sent):
        """Whether a phone of it was sent to while it was up. sent: {user: seconds since 1970}."""
        return any(self.began <= sent.get(user, 0.0) < (self.hung_up or float("inf")) for user in self.users)


class PhoneCalls:
    """Calls between pairs of phones, all at once, each of a length of its own between two (seconds).

    Every second caller is known to the server by its contact only: its From is another name. folder: where its own is made.
    server: (host, port). contacts: {user: URI} of registered phones, of which two for each call are taken.
    """

    def __init__(self, folder, server, contacts, count, seconds, a_second=50):
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        users = list(contacts)[: 2 * count]
        self._pairs = list(zip(users[::2], users[1::2], strict=True))
        lines = ["SEQUENTIAL"]
        for number, (caller, callee) in enumerate(self._pairs):
            lines.append(f"{f'line{number}' if number % 2 else caller};{contacts[caller]};{callee}")
        (self.folder / "users.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
        shortest, longest = (int(1000 * each) for each in seconds)
        scenario = (
            sipp.caller("[field2]", 0)
            .replace("<sip:caller@[local_ip]:[local_port]>;tag", "<sip:[field0]@[local_ip]>;tag")
            .replace("Contact: <sip:caller@[local_ip]:[local_port]>", "Contact: <[field1]>")
            .replace(_HELD, f'<pause distribution="uniform" min="{shortest}" max="{longest}"/>')
        )
        (self.folder / "caller.xml").write_text(scenario, encoding="utf-8")
        (port,) = free_ports(1)
        self._process = sipp_in(
            self.folder, "-sf", "caller.xml", "-inf", "users.csv", "-p", port, "-r", a_second, "-l", count, "-m", count,
            "-timeout", int(seconds[1]) + 60, ":".join(str(each) for each in server),
        )  # fmt: skip

    def wait_until_up(self):
        until = time.monotonic() + _UP
        while sum(call.answered > 0 for call in self.calls()) < len(self._pairs):
            if time.monotonic() > until or self._process.poll() is not None:
                raise SystemExit("the calls did not come up")
            time.sleep(0.2)

    def wait(self, seconds):
        """Until all are over, or so long."""
        with contextlib.suppress(Exception):
            self._process.wait(seconds)

    def stop(self):
        sipp.end(self._process)

    def calls(self):
        """list of Call, as far as they have got."""
        found = {}
        for at, sent, call_id, cseq, first in traced(self.folder):
            # sipp's own Call-IDs begin with the number of the call, from 1 on
            number = int(call_id.partition("-")[0]) - 1
            call = found.setdefault(number, Call(self._pairs[number]))
            if sent and first.startswith("INVITE"):
                call.began = call.began or at
            elif sent and first.startswith("BYE"):
                call.hung_up = call.hung_up or at
            elif first.startswith("SIP/2.0 200"):
                if cseq.endswith("INVITE"):
                    call.answered = call.answered or at
                else:
                    call.ended = call.ended or at
        return list(found.values())
