# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mi_datagram: every address family, and the limits."""

import json
import socket

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator, HarmfulRequest
from ansible_collections.community.opensips.tests.unit.emulator import raw_clients as raw


def uptime(emu):
    return b":uptime:\n" if emu.version < "3" else b'{"jsonrpc":"2.0","id":7,"method":"uptime"}'


def test_every_address_family(any_emulator):
    emu = any_emulator
    replies = [raw.udp(emu.udp, uptime(emu)), raw.unix(emu.unix_path, uptime(emu))]
    assert emu.udp6 is not None
    replies.append(raw.udp(emu.udp6, uptime(emu)))
    assert all(b"Up since" in reply for reply in replies)


def test_unix_client_without_an_address_gets_nothing(any_emulator):
    emu = any_emulator
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(emu.unix_path)
        sock.send(uptime(emu))
        sock.settimeout(raw.QUIET)
        with pytest.raises(OSError):
            sock.recv(100)
    assert raw.unix(emu.unix_path, uptime(emu))


@pytest.mark.parametrize("version, limit", [("3.6", b"500 Internal error"), ("2.4", None)])
def test_a_reply_over_65457_bytes(version, limit):
    request = b":ul_dump:\n" if version == "2.4" else b'{"jsonrpc":"2.0","id":1,"method":"ul_dump"}'
    with Emulator(version, phones=300, udp=True) as emu:
        assert raw.udp(emu.udp, request, 8 if limit else raw.QUIET) == limit
        assert b"AOR" in raw.udp(
            emu.udp, request.replace(b'"ul_dump"', b'"ul_dump","params":[1]').replace(b"dump:\n", b"dump:\nbrief\n")
        )


def test_a_last_argument_needs_no_newline():
    with Emulator("2.4", phones=1, udp=True) as emu:
        assert b"100000" in raw.udp(emu.udp, b":ul_show_contact:\nlocation\n\n100000")
        assert raw.udp(emu.udp, b":uptime: \n") == b"500 command not available\n"


def test_id_types():
    with Emulator("3.6", phones=1, udp=True) as emu:

        def ask(ident):
            return raw.udp(emu.udp, b'{"jsonrpc":"2.0","method":"pwd","id":' + ident + b"}")

        assert [json.loads(ask(ident))["id"] for ident in (b"1.7", b"99999999999", b"null", b'"x"')] == [
            1,
            2147483647,
            None,
            "x",
        ]
        assert ask(b"[1]") == ask(b"true") == b"500 Internal error"


def test_json_without_method():
    with Emulator("3.6", phones=1, udp=True) as emu:
        assert raw.udp(emu.udp, b"[]") == (
            b'{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}'
        )
    with pytest.raises(HarmfulRequest):
        with Emulator("4.0", phones=1, udp=True) as emu:
            assert raw.udp(emu.udp, b"[]", raw.QUIET) is None
            assert emu.stats()["crashes"] == 1
