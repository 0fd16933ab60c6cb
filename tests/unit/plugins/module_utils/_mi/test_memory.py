# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is remembered of servers, and that it hurts neither a server nor a task."""

import json
import os

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi import memory
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import file_handle
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    Datagram,
    JsonFifo,
    LineFifo,
)


def recalled(identity):
    return memory.recall(lambda: identity)


@pytest.fixture
def file(nothing_is_remembered):
    return nothing_is_remembered / "community.opensips" / "protocols.json"


def handle_of(path):
    fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    try:
        return file_handle.of(fd)
    finally:
        os.close(fd)


def test_what_was_remembered_is_recalled(file):
    assert recalled("a") is None
    memory.remember("a", "line")
    memory.remember("b", "jsonrpc")
    memory.remember("a", "jsonrpc")
    assert (recalled("a"), recalled("b"), recalled("c"), recalled(None)) == ("jsonrpc", "jsonrpc", None, None)
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700


def test_nobody_is_asked_for_an_identity_while_there_is_nothing_to_recall():
    assert memory.recall(lambda: 1 / 0) is None
    memory.remember(None, "line")
    assert memory.recall(lambda: 1 / 0) is None


def test_it_does_not_grow():
    for number in range(200):
        memory.remember(str(number), "line")
    assert [number for number in range(200) if recalled(str(number))] == list(range(136, 200))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"5", b"\xff", b'{"a": 5}', b"[" * 60000, b'{"a": {"b": "line"}}']
)
def test_a_file_that_makes_no_sense(file, content):
    memory.remember("b", "line")
    file.write_bytes(content)
    assert recalled("a") is None
    memory.remember("a", "line")
    assert recalled("a") == "line"


def test_files_of_others_are_neither_believed_nor_written(file, tmp_path):
    stranger = tmp_path / "stranger"
    stranger.write_text(json.dumps({"a": "line"}))
    memory.remember("b", "line")
    file.unlink()
    file.symlink_to(stranger)
    assert recalled("a") is None
    memory.remember("a", "line")
    assert json.loads(stranger.read_text()) == {"a": "line"}
    file.unlink()
    os.link(str(stranger), str(file))
    assert recalled("a") is None
    file.unlink()
    memory.remember("a", "line")
    file.chmod(0o666)
    assert recalled("a") is None


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_directory_that_others_may_write_to_is_not_used(nothing_is_remembered, monkeypatch, tmp_path, mode):
    monkeypatch.setattr(memory, "_bases", lambda: [(str(nothing_is_remembered), "community.opensips")])
    nothing_is_remembered.chmod(mode)
    memory.remember("a", "line")
    assert recalled("a") is None and list(nothing_is_remembered.iterdir()) == []
    nothing_is_remembered.chmod(0o700)
    (nothing_is_remembered / "community.opensips").mkdir()
    (nothing_is_remembered / "community.opensips").chmod(mode)
    memory.remember("a", "line")
    assert recalled("a") is None


@pytest.mark.parametrize("version", ["1.11.11", "2.4.11"])
def test_the_log_of_a_fifo_before_3_0_tells_of_one_error_only(tmp_path, version):
    with LineFifo(tmp_path, version) as peer:
        for _task in range(3):
            with peer.connect() as conn:
                assert conn.protocol == "line"
        assert len(peer.logged) == 1 and peer.harms == [] and peer.methods() == ["version"] * 3


def test_the_log_of_a_datagram_socket_before_3_0_tells_of_one_error_only():
    with Datagram("2.4.11") as peer:
        for _task in range(3):
            with peer.connect() as conn:
                assert conn.protocol == "line"
        # of the first task two requests, then one each
        assert len(peer.clients) == 4 and peer.methods() == ["version"] * 3


@pytest.mark.parametrize("version", ["3.0.0", "3.6.8", "4.0.1"])
def test_a_server_that_was_upgraded(tmp_path, version):
    """Its FIFO is another file, whatever its inode number."""
    with LineFifo(tmp_path) as old, old.connect() as conn:
        assert conn.protocol == "line"
    with JsonFifo(tmp_path, version) as peer:
        for _task in range(2):
            with peer.connect() as conn:
                assert conn.protocol == "jsonrpc"
        assert peer.harms == [] and peer.methods() == ["version"] * 2
        assert all(data.startswith(b":opensips_mi_") for data in peer.reads)


@pytest.mark.parametrize("remembered", ["line", "jsonrpc", "carrier pigeon", "mi_json"])
@pytest.mark.parametrize("version", ["2.4.11", "3.6.8", "4.0.1"])
def test_what_is_remembered_wrongly_costs_one_more_question(tmp_path, version, remembered):
    protocol = "line" if version < "3" else "jsonrpc"
    with (LineFifo if protocol == "line" else JsonFifo)(tmp_path, version) as peer:
        memory.remember(handle_of(peer.path), remembered)
        for _task in range(2):
            with peer.connect() as conn:
                assert conn.protocol == protocol and conn.call("which").result
        # text that is no JSON is dropped, because it comes alone
        assert [harm for harm in peer.harms if "did not understand" not in harm] == []
        assert len(peer.harms) == (remembered == "line" and protocol == "jsonrpc")
    with Datagram(version) as peer:
        memory.remember(f"udp:{peer.host}:{peer.port}", remembered)
        for _task in range(2):
            with peer.connect() as conn:
                assert conn.protocol == protocol
        assert peer.harms == [] and len(peer.clients) <= 3
