# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Over FIFO and Unix sockets: where nothing could be sent, nothing is unknown, and nothing changed."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    SILENT,
    Datagram,
    Fault,
    JsonFifo,
    LineFifo,
    Raw,
)

URIS = [f"sip:{number}@192.0.2.1" for number in range(70)]
NOTIFY = {"uris": URIS, "event": "check-sync", "timeout": 0.5}
MWI = {"mailboxes": [{"uri": uri, "account": "sip:vm@192.0.2.1", "new": 1} for uri in URIS], "timeout": 0.5}
TASKS = {"notify": NOTIFY, "mwi": MWI}


def assert_nothing_sent(result):
    assert result["failed"] and not result["changed"], result
    assert {each["outcome"] for each in result["results"]} == {"not_sent"}
    assert len(result["results"]) == len(URIS)
    assert result["summary"]["sent"] == 0
    assert result["summary"]["outcomes"]["unknown"] == 0


def campaign(tmp_path):
    return {"campaign": "night", "campaign_dir": str(tmp_path / "state")}


@pytest.mark.parametrize("way", ["fifo_path", "socket_path"])
@pytest.mark.parametrize("with_campaign", [False, True])
def test_there_is_no_server(tmp_path, way, with_campaign):
    connection = {way: str(tmp_path / "nothing"), "reply_dir": str(tmp_path)}
    more = campaign(tmp_path) if with_campaign else {}
    result = run_module("notify", {**NOTIFY, **connection, **more})
    assert_nothing_sent(result)
    assert result["error"]["type"] == "ConnectError"
    if with_campaign:
        # the next run begins as if there had been none
        again = run_module("notify", {**NOTIFY, **connection, **more})
        assert_nothing_sent(again)


PEERS = {"3.6 fifo": JsonFifo, "2.4 fifo": LineFifo, "3.6 unix": Datagram}


@pytest.mark.parametrize("peer, module, answer", [
    ("3.6 fifo", "notify", SILENT), ("2.4 fifo", "notify", Raw(b"garbage")), ("3.6 unix", "notify", Fault(500, "no memory")),
    ("3.6 fifo", "mwi", Fault(500, "no memory")), ("2.4 fifo", "mwi", SILENT), ("3.6 unix", "mwi", Raw(b"garbage")),
])  # fmt: skip
def test_which_fails_for_a_fleet(tmp_path, module, peer, answer):
    """The list of commands is asked for before anything is sent."""
    commands = {"which": answer, "t_uac_dlg": "OK"}
    server = (
        Datagram(commands=commands, path=tmp_path / "s")
        if peer == "3.6 unix"
        else PEERS[peer](tmp_path, commands=commands)
    )
    with server:
        more = campaign(tmp_path) if module == "notify" else {}
        result = run_module(module, {**TASKS[module], **server.options(), **more})
        assert_nothing_sent(result)
        assert "t_uac_dlg" not in server.methods()


DLG = {"method": "OPTIONS", "ruri": URIS[0], "headers": {"From": "<sip:a@b>", "To": "<sip:a@b>"}, "timeout": 0.5}


@pytest.mark.parametrize("peer_class", [JsonFifo, LineFifo])
@pytest.mark.parametrize("answer", [SILENT, Raw(b"garbage")], ids=["silent", "garbage"])
def test_which_fails_for_one_request(tmp_path, peer_class, answer):
    with peer_class(tmp_path, commands={"which": answer, "t_uac_dlg": "OK"}) as server:
        result = run_module("uac_dlg", {**DLG, **server.options()})
        assert "t_uac_dlg" not in server.methods()
    assert result["failed"] and not result["changed"] and result["outcome"] == "not_sent"
