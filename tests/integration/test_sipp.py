# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""sipp as the phone: it checks each NOTIFY by itself, as a SIP stack of another author."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support import sipp
from ansible_collections.community.opensips.tests.integration.support.fixtures import REAL, needs_sipp
from ansible_collections.community.opensips.tests.integration.support.opensips import (
    RealOpensips,
    find_binary,
    free_ports,
)
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import Emulated

pytestmark = needs_sipp

# answer: (outcome, code); 100 says Trying and no more
ANSWERS = {
    200: ("accepted", 200),
    401: ("rejected", 401),
    481: ("rejected", 481),
    486: ("rejected", 486),
    503: ("rejected", 503),
    100: ("no_answer", 408),
}
# sipp counts a request that fails one of these as a failed call
CHECKS = {
    "Event": r"check-sync;reboot=true",
    "CSeq": r"[0-9]+ NOTIFY",
    "Call-ID": r"[^ ]+",
    "Content-Length": r"0",
    "Max-Forwards": r"[1-9][0-9]*",
    "From": r"sip:.*;tag=[0-9A-Za-z.-]+",
    "Via": r"SIP/2.0/UDP .*;branch=z9hG4bK",
    "X-Mark": r"one",
}

SCENARIO = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="A phone that gets a NOTIFY">
  <recv request="NOTIFY" crlf="true">
    <action>
{checks}
      <ereg regexp=";tag=" search_in="hdr" header="To:" check_it_inverse="true" assign_to="to_tag"/>
      <ereg regexp="^NOTIFY sip:phone@127.0.0.1:[0-9]+ SIP/2.0" search_in="msg" check_it="true" assign_to="first"/>
    </action>
  </recv>
  <Reference variables="{variables},to_tag,first"/>
  <send>
    <![CDATA[
      SIP/2.0 {code} Whatever
      [last_Via:]
      [last_From:]
      [last_To:]{to_tag}
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

    ]]>
  </send>
</scenario>
"""


def scenario(code, checks=None):
    lines, variables = [], []
    for number, (header, regexp) in enumerate((checks or CHECKS).items()):
        variables.append(f"v{number}")
        lines.append(
            f'      <ereg regexp="{regexp}" search_in="hdr" header="{header}:" check_it="true" assign_to="v{number}"/>'
        )
    return SCENARIO.format(
        checks="\n".join(lines), variables=",".join(variables), code=code, to_tag=";tag=sipp" if code > 100 else ""
    )


class Sipp:
    """One sipp that takes one NOTIFY on a port of its own."""

    def __init__(self, folder, name, text):
        (self.port,) = free_ports(1)
        self.uri = f"sip:phone@127.0.0.1:{self.port}"
        path = folder / f"{name}.xml"
        path.write_text(text, encoding="utf-8")
        self._errors = folder / f"{name}.err"
        self._process = sipp.start(
            folder, "-sf", path, "-p", self.port, "-m", 1, "-timeout", "20s", "-timeout_error", "-trace_err", "-error_file", self._errors
        )  # fmt: skip

    def verdict(self):
        """(exit code, what it complained about); 0: all checks passed."""
        return self._process.wait(30), self._errors.read_text(errors="replace") if self._errors.exists() else ""

    def close(self):
        sipp.end(self._process)


@pytest.fixture(params=["2.4", "3.6", REAL])
def sender(request):
    """Who sends the NOTIFYs: OpenSIPS, emulated and real."""
    server = RealOpensips(find_binary()) if request.param == "real" else Emulated(request.param, phones=0)
    yield server
    server.stop()


def test_sipp_finds_the_notify_valid(ansible, sender, tmp_path):
    phones = {code: Sipp(tmp_path, str(code), scenario(code)) for code in ANSWERS}
    # one whose check must fail, or the others would prove nothing
    phones["doubter"] = Sipp(tmp_path, "doubter", scenario(200, {"Event": "something else"}))
    try:
        notify = {
            "uris": [each.uri for each in phones.values()],
            "event": "check-sync;reboot=true",
            "headers": {"X-Mark": "one"},
            "max_failures": len(phones),
        }
        (result,) = ansible.run([task("notify", "notify", notify)], sender.connection).must_succeed()
        outcomes = {code: (each["outcome"], each["code"]) for code, each in zip(phones, result["results"], strict=True)}
        verdicts = {code: each.verdict() for code, each in phones.items()}
    finally:
        for each in phones.values():
            each.close()
    assert verdicts.pop("doubter")[0] != 0
    assert {code: number for code, (number, _text) in verdicts.items()} == dict.fromkeys(ANSWERS, 0), verdicts
    outcomes.pop("doubter")
    assert outcomes == ANSWERS
