# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether somebody still reads what a process prints."""

import os
import pty
import socket
import threading

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet import listener


def _pipe(_path):
    reading, writing = os.pipe()
    return writing, lambda: os.close(reading)


def _socket(_path):
    ours, theirs = socket.socketpair()
    return ours.detach(), theirs.close


def _terminal(_path):
    theirs, ours = pty.openpty()
    return ours, lambda: os.close(theirs)


@pytest.mark.parametrize("make", [_pipe, _socket, _terminal])
def test_what_has_another_end_is_gone_once_that_is_closed(make, tmp_path):
    fd, close = make(tmp_path)
    gone = threading.Event()
    try:
        assert not listener.is_gone(fd)
        with listener.watched(lambda error: gone.set(), fd, 0.01):
            assert not gone.is_set()
            close()
            assert gone.wait(10)
    finally:
        os.close(fd)


@pytest.mark.parametrize("path", ["/dev/null", "file"])
def test_a_file_has_no_other_end(tmp_path, path):
    fd = os.open(path if path.startswith("/") else str(tmp_path / path), os.O_WRONLY | os.O_CREAT, 0o600)
    seen = []
    try:
        with listener.watched(seen.append, fd, 0.01):
            assert not listener.is_gone(fd)
    finally:
        os.close(fd)
    assert not seen


def test_an_output_that_was_closed_before_is_nothing_to_watch():
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)
    assert not listener.is_gone(writing)
