# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A journal on a disk that fails: an error of the tree, a journal that can still be read, and a result of every phone."""

import errno
import os
import stat

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import Delivery
from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import Journal, JournalError
from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import Datagram

KEYS = [("", "sip:{0}@192.0.2.1".format(number)) for number in range(5)]
CODES = [errno.EIO, errno.ENOSPC, errno.EDQUOT]


class Disk:
    """os.write(), os.fsync() and os.ftruncate() of files that fail while code is set; write() first writes room bytes."""

    def __init__(self, monkeypatch):
        self.code, self.room, self.calls = None, 0, ("write",)
        self._real = {name: getattr(os, name) for name in ("write", "fsync", "ftruncate", "close")}
        for name in self._real:
            monkeypatch.setattr(os, name, self._failing(name))

    def _failing(self, name):
        def call(fd, *args):
            if self.code is None or name not in self.calls or not stat.S_ISREG(os.fstat(fd).st_mode):
                return self._real[name](fd, *args)
            if name == "close":
                self._real[name](fd)
            if name == "write" and self.room:
                done = self._real[name](fd, args[0][: self.room])
                self.room -= done
                return done
            raise OSError(self.code, os.strerror(self.code))

        return call


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("call", ["write", "fsync"])
@pytest.mark.parametrize("room", [0, 7])
def test_nothing_counts_as_announced(tmp_path, disk, code, call, room):
    with Journal("night", str(tmp_path)) as journal:
        journal.sending(KEYS[:1])
        disk.code, disk.room, disk.calls = code, room, (call,)
        with pytest.raises(JournalError, match="cannot be written: {0}".format(os.strerror(code))):
            journal.sending(KEYS[1:3])
        assert journal.unknown() == KEYS[:1]
        # there is room again: what follows is not spoiled by the half of a line
        disk.code = None
        journal.finished(KEYS[0], "accepted", 200, "OK")
        journal.sending(KEYS[3:4])
    with Journal("night", str(tmp_path)) as journal:
        assert journal.done(KEYS[0]) and journal.unknown() == KEYS[3:4]


@pytest.mark.parametrize("room", [0, 7])
def test_half_a_line_that_cannot_be_cut_off_is_the_last(tmp_path, disk, room):
    with Journal("night", str(tmp_path)) as journal:
        disk.code, disk.room, disk.calls = errno.EIO, room, ("write", "ftruncate")
        for _again in range(2):
            with pytest.raises(JournalError, match="Input/output error"):
                journal.sending(KEYS[:2])
        disk.code = None
        with pytest.raises(JournalError, match="Input/output error"):
            journal.sending(KEYS[2:])
    with Journal("night", str(tmp_path)) as journal:
        assert not journal.unknown()


@pytest.mark.parametrize("call", ["write", "ftruncate"])
@pytest.mark.parametrize("code", CODES)
def test_opening(tmp_path, disk, call, code):
    disk.code, disk.calls = code, (call,)
    with pytest.raises(JournalError, match=os.strerror(code)):
        Journal("night", str(tmp_path))
    disk.code = None
    Journal("night", str(tmp_path)).close()


def test_the_name_of_a_new_journal_is_on_disk(tmp_path, monkeypatch):
    def fails(_path):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(safe_file, "sync_directory", fails)
    with pytest.raises(JournalError, match="Input/output error"):
        Journal("night", str(tmp_path))


def test_reading(tmp_path, monkeypatch):
    class Broken:
        def __enter__(self):
            return self

        def __exit__(self, *_exc):
            pass

        def seek(self, _place):
            raise OSError(errno.EIO, "Input/output error")

    Journal("night", str(tmp_path)).close()
    monkeypatch.setattr(os, "fdopen", lambda fd, _mode: os.close(fd) or Broken())
    for read_only in (False, True):
        with pytest.raises(JournalError, match="cannot be read: Input/output error"):
            Journal("night", str(tmp_path), read_only)


def test_closing(tmp_path, disk):
    """Where a disk far away tells only at the end, the results are more than the journal."""
    with Journal("night", str(tmp_path)) as journal:
        journal.sending(KEYS[:1])
        disk.code, disk.calls = errno.EDQUOT, ("close",)


def test_umask_000(tmp_path):
    before = os.umask(0)
    try:
        Journal("night", str(tmp_path / "a" / "b" / "c")).close()
    finally:
        os.umask(before)
    for each in ("a", "a/b", "a/b/c"):
        assert stat.S_IMODE((tmp_path / each).stat().st_mode) == 0o700


@pytest.mark.parametrize("directory", ["a\0b", "\ud800"])
def test_directories_that_cannot_be(directory):
    for read_only in (False, True):
        with pytest.raises(JournalError, match="its path"):
            Journal("night", directory, read_only)


# ---- a run


def requests(count):
    return [SipRequest(Target(None, "sip:{0}@192.0.2.1".format(number)), "NOTIFY", {}) for number in range(count)]


def answer(_params):
    return {"Status": "200 OK", "Message": "Via: SIP/2.0/UDP x\r\nContent-Length: 0\r\n\r\n"}


def run(directory, sent, spoil):
    """(Delivery, {contact: result}, contacts that the server was asked for); spoil: function of a result, called as it comes."""
    with Datagram(commands={"t_uac_dlg": answer}) as peer, Journal("night", directory) as journal:
        with peer.connect() as conn:
            delivery = Delivery(conn, journal=journal, max_in_flight=8)
            results = {}
            for request, result in delivery.run(sent):
                assert request.target.contact not in results
                results[request.target.contact] = result
                spoil(result)
        asked = [params["ruri"] for method, params in peer.requests if method == "t_uac_dlg"]
    return delivery, results, asked


def test_a_disk_that_is_full_before_the_first(tmp_path, disk):
    Journal("night", str(tmp_path)).close()
    disk.code = errno.ENOSPC
    delivery, results, asked = run(str(tmp_path), requests(200), lambda result: None)
    assert asked == [] and len(results) == 200
    assert {result["outcome"] for result in results.values()} == {"not_sent"}
    assert all("No space left on device" in result["reason"] for result in results.values())
    assert "No space left on device" in str(delivery.failure) and delivery.stopped


@pytest.mark.parametrize("calls", [("write",), ("fsync",), ("write", "ftruncate")])
def test_a_disk_that_fails_in_the_middle(tmp_path, disk, calls):
    done = []

    def spoil(result):
        done.append(result)
        if len(done) == 30:
            disk.code, disk.calls = errno.EIO, calls

    delivery, results, asked = run(str(tmp_path), requests(300), spoil)
    assert len(results) == 300 and "Input/output error" in str(delivery.failure)
    accepted = {contact for contact, result in results.items() if result["outcome"] == "accepted"}
    # whoever was reached is known, and nobody else is said to have been
    assert accepted == set(asked) and 30 <= len(accepted) < 300
    assert {result["outcome"] for contact, result in results.items() if contact not in accepted} == {"not_sent"}
    disk.code = None
    with Journal("night", str(tmp_path)) as journal:
        # and the next run sends to none of them again
        assert all(journal.knows(("", contact)) for contact in accepted)
