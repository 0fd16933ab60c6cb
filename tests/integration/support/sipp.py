# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""sipp, where it is installed: how it is started and ended, and how it calls."""

from __future__ import annotations

import pathlib
import shutil
import socket
import subprocess
import time

PATH = shutil.which("sipp")

_CALLER = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="caller">
<send retrans="500"><![CDATA[
INVITE sip:{user}@[remote_ip] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:caller@[local_ip]:[local_port]>;tag=[pid]-[call_number]
To: <sip:{user}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="200" rrs="true" counter="1"/>
<send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
[routes]
From: <sip:caller@[local_ip]:[local_port]>;tag=[pid]-[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
<pause {pause}/>
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
[routes]
From: <sip:caller@[local_ip]:[local_port]>;tag=[pid]-[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
"""


_ANSWER = """{begin}<![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]
[last_Call-ID:]
[last_CSeq:]
{header}Content-Length: 0

]]></send>"""

_IN_DIALOG = """[last_Record-Route:]
Contact: <sip:callee@[local_ip]:[local_port]>
"""

_CALLEE = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="callee">
<recv request="INVITE"/>
{ringing}
<pause {pause}/>
{answer}
<recv request="ACK"/>
<recv request="BYE"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
<timewait milliseconds="4000"/>
</scenario>
"""

_CHALLENGER = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="phones that ask for credentials">
<recv request="NOTIFY"/>
{challenge}
<recv request="NOTIFY">
<action><verifyauth assign_to="valid" username="{user}" password="{password}"/></action>
</recv>
<nop hide="true" test="valid" next="valid"/>
{forbidden}
<label id="valid"/>
{ok}
<label id="end"/>
</scenario>
"""


def challenger(challenge, user, password):
    """The scenario of phones that answer a NOTIFY with a Digest challenge, and the next one as its credentials deserve."""
    header = f"WWW-Authenticate: Digest {challenge}\n"
    return _CHALLENGER.format(
        challenge=_ANSWER.format(begin="<send>", status="401 Unauthorized", header=header),
        user=user,
        password=password,
        forbidden=_ANSWER.format(begin='<send next="end">', status="403 Forbidden", header=""),
        ok=_ANSWER.format(begin="<send>", status="200 OK", header=""),
    )


def caller(user, milliseconds):
    """The scenario of calls to a user that are up for so long, or for a time between two (least, most).

    Unlike sipp's own, it keeps the route that the server recorded, and ends the call at the contact that answered, as phones do.
    Its first counter is of calls that were answered.
    """
    return _CALLER.format(user=user, pause=_pause(milliseconds))


def callee(milliseconds):
    """The scenario of phones that ring for so long, or for a time between two (least, most), and answer."""
    return _CALLEE.format(
        ringing=_ANSWER.format(begin="<send>", status="180 Ringing", header=_IN_DIALOG),
        pause=_pause(milliseconds),
        answer=_ANSWER.format(begin='<send retrans="500">', status="200 OK", header=_IN_DIALOG),
    )


def with_media(scenario, number, address, port):
    """A scenario of caller() or callee() whose message of a number, counted from 0, has SDP with a place for media."""
    empty = "Content-Length: 0\n\n"
    parts = scenario.split(empty)
    sdp = f"v=0\no=- 1 1 IN IP4 {address}\ns=-\nc=IN IP4 {address}\nt=0 0\nm=audio {port} RTP/AVP 0\na=rtpmap:0 PCMU/8000\n\n"
    body = f"Content-Type: application/sdp\nContent-Length: [len]\n\n{sdp}"
    return empty.join(parts[:number] + [body.join(parts[number : number + 2])] + parts[number + 2 :])


def _pause(milliseconds):
    if isinstance(milliseconds, int):
        return f'milliseconds="{milliseconds}"'
    least, most = milliseconds
    return f'distribution="uniform" min="{least}" max="{most}"'


def start(folder, *arguments, output=subprocess.DEVNULL, host="127.0.0.1"):
    """The process (subprocess.Popen) of a sipp at an address of this host, that works in folder."""
    return subprocess.Popen(
        [PATH, "-i", host, "-nostdin", *map(str, arguments)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env={"PATH": str(pathlib.Path(PATH).parent), "TERM": "dumb"},
    )


def wait_until_bound(process, port, host="127.0.0.1"):
    """Wait until a sipp listens on its port, as a UDP port that is taken shows."""
    until = time.monotonic() + 10
    while not _is_bound(host, port):
        assert process.poll() is None and time.monotonic() < until, "sipp does not start"
        time.sleep(0.02)


def _is_bound(host, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((host, port))
        except OSError:
            return True
    return False


def end(process):
    if process.poll() is None:
        process.kill()
    process.wait()
