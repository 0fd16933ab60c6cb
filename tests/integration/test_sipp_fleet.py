# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""sipp plays a slice of a fleet at once: phones that answer, refuse, are silent, only say Trying, or answer late."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.community.opensips.tests.integration.support import sipp
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_sipp
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import free_ports
from ansible_collections.community.opensips.tests.integration.support.servers import VERSIONS, fifo_of

pytestmark = needs_sipp

FR_TIMEOUT = 2.0
_SCENARIO = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="phone">\n<recv request="NOTIFY"/>\n{steps}\n</scenario>\n'
)
_ANSWER = """<send><![CDATA[
SIP/2.0 {code} {reason}
[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>"""
_LATE = 1.2


def answer(code, reason):
    return _ANSWER.format(code=code, reason=reason, tag=";tag=[pid]" if code > 100 else "")


def pause(seconds):
    return f'<pause milliseconds="{int(seconds * 1000)}"/>'


TRYING = answer(100, "Trying")
# {name: (what it does after a NOTIFY, outcome, code)}
PHONES = {
    "ok": ([answer(200, "OK")], "accepted", 200),
    "unauthorized": ([answer(401, "Unauthorized")], "rejected", 401),
    "gone": ([answer(481, "Subscription Does Not Exist")], "rejected", 481),
    "busy": ([answer(486, "Busy Here")], "rejected", 486),
    "unavailable": ([answer(503, "Service Unavailable")], "rejected", 503),
    "silent": ([pause(6)], "no_answer", 408),
    "trying": ([TRYING, pause(6)], "no_answer", 408),
    # the server sends its NOTIFY again after 0.5 s
    "late": ([pause(_LATE), answer(200, "OK")], "accepted", 200),
    "trying_then_ok": ([TRYING, pause(0.3), answer(200, "OK")], "accepted", 200),
}


class SippPhone:
    """One sipp process. steps: elements of its scenario, after it received a NOTIFY."""

    def __init__(self, folder, name, steps):
        (self.port,) = free_ports(1)
        self._trace = folder / f"{name}.log"
        scenario = folder / f"{name}.xml"
        scenario.write_text(_SCENARIO.format(steps="\n".join(steps)), encoding="utf-8")
        self._process = sipp.start(folder, "-sf", scenario, "-p", self.port, "-trace_msg", "-message_file", self._trace)

    def ready(self):
        sipp.wait_until_bound(self._process, self.port)

    def received(self):
        """How many NOTIFYs came, retransmissions included."""
        return self._trace.read_text(encoding="utf-8", errors="replace").count("\nNOTIFY sip:")

    def stop(self):
        sipp.end(self._process)


@pytest.fixture
def sipp_phones(tmp_path):
    """{name: SippPhone} of all PHONES."""
    with contextlib.ExitStack() as stack:
        phones = {}
        for name, (steps, _outcome, _code) in PHONES.items():
            phones[name] = SippPhone(tmp_path, name, steps)
            stack.callback(phones[name].stop)
        for phone in phones.values():
            phone.ready()
        yield phones


def register(emu, phones):
    domain = "@127.0.0.1" if emu.version == "4.0" else ""
    for name, phone in phones.items():
        emu.add_contact(name + domain, f"sip:{name}@127.0.0.1:{phone.port}", user_agent="sipp")


@pytest.mark.parametrize("version", VERSIONS)
def test_each_kind_of_answer(emulator, sipp_phones, version):
    emu = emulator(version, phones=0, fr_timeout=FR_TIMEOUT)
    register(emu, sipp_phones)
    result = run_module("notify", {**fifo_of(emu), "select": {}, "event": "check-sync"})
    found = {each["aor"].partition("@")[0]: each for each in result["results"]}
    assert {name: (each["outcome"], each["code"]) for name, each in found.items()} == {
        name: (outcome, code) for name, (_steps, outcome, code) in PHONES.items()
    }
    # the living were not kept waiting by the silent, and the silent not for much longer than fr_timeout
    assert found["ok"]["seconds"] < _LATE <= found["late"]["seconds"]
    assert FR_TIMEOUT <= found["silent"]["seconds"] < FR_TIMEOUT + 3
    # retransmissions went on until the phone said anything, and each phone has one result all the same
    assert sipp_phones["late"].received() > 1 and sipp_phones["silent"].received() > 1
    assert sipp_phones["ok"].received() == 1
    assert found["unauthorized"]["error"]["hint"] and found["gone"]["error"]["hint"]


def test_in_a_campaign_none_gets_a_second_notify(emulator, sipp_phones, tmp_path):
    emu = emulator("3.6", phones=0, fr_timeout=FR_TIMEOUT)
    register(emu, sipp_phones)
    args = {**fifo_of(emu), "select": {}, "event": "check-sync", "campaign": "s", "campaign_dir": str(tmp_path / "c")}
    first = run_module("notify", args)
    received = {name: phone.received() for name, phone in sipp_phones.items()}
    second = run_module("notify", args)
    assert first["changed"] and not second["changed"]
    assert [each["outcome"] for each in second["results"]] == [each["outcome"] for each in first["results"]]
    assert {name: phone.received() for name, phone in sipp_phones.items()} == received
