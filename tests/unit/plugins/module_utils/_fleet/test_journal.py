# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of a campaign: whatever happens to the run that writes it, the next one knows what it did."""

import errno
import json
import multiprocessing
import os
import signal
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import (
    Journal,
    JournalError,
    journal_path,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import finish, start_python

KEYS = [
    ("alice", "sip:a@192.0.2.1"),
    ("", 'sip:"b"\\@192.0.2.2'),
    ("grün@example.com", "sip:c@[2001:db8::1]:5060"),
    ("\udce9", "sip:d@x"),
]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sending"), st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True)),
        st.tuples(st.just("withdraw"), st.lists(st.sampled_from(KEYS), max_size=3, unique=True)),
        st.tuples(
            st.just("finished"),
            st.sampled_from(KEYS),
            st.sampled_from([("accepted", 200, "OK\nnot"), ("no_answer", 408, None)]),
        ),
    ),
    max_size=8,
)


def play(journal, step):
    kind = step[0]
    if kind == "finished":
        journal.finished(step[1], *step[2])
    else:
        getattr(journal, kind)(step[1])


def state_of(journal):
    return {key: journal.done(key) for key in KEYS}, set(journal.unknown())


def modelled(steps):
    """What a journal of steps says, told by its documentation."""
    done, pending = dict.fromkeys(KEYS), set()
    for step in steps:
        if step[0] == "sending":
            pending.update(step[1])
        elif step[0] == "withdraw":
            pending.difference_update(step[1])
        else:
            pending.discard(step[1])
            done[step[1]] = dict(zip(("outcome", "code", "reason"), step[2]))
    return done, pending


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(steps=STEPS)
def test_a_crash_at_any_byte(tmp_path, steps):
    """Cut off anywhere: what was whole before is kept, what was announced without an outcome is unknown, and it goes on."""
    path = journal_path("night", str(tmp_path))
    if os.path.exists(path):
        os.unlink(path)
    with Journal("night", str(tmp_path)) as journal:
        # the number of bytes after which each step is on record
        ends = [os.path.getsize(path)]
        for step in steps:
            play(journal, step)
            ends.append(os.path.getsize(path))
    with open(path, "rb") as source:
        whole = source.read()
    for cut in range(len(whole) + 1):
        with open(path, "wb") as target:
            target.write(whole[:cut])
        with Journal("night", str(tmp_path), read_only=True) as journal:
            seen = state_of(journal)
        with Journal("night", str(tmp_path)) as journal:
            assert state_of(journal) == seen
            survived = [step for step, end in zip(steps, ends[1:]) if end <= cut]
            assert seen == modelled(survived)
            journal.finished(KEYS[0], "accepted", 200, "OK")
        with Journal("night", str(tmp_path)) as journal:
            assert journal.done(KEYS[0])["outcome"] == "accepted"
            assert not journal.is_unknown(KEYS[0])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(steps=STEPS)
def test_reopening_changes_nothing(tmp_path, steps):
    path = journal_path("night", str(tmp_path))
    if os.path.exists(path):
        os.unlink(path)
    for step in steps:
        with Journal("night", str(tmp_path)) as journal:
            play(journal, step)
    with Journal("night", str(tmp_path)) as journal:
        assert state_of(journal) == modelled(steps)


def test_announced_is_on_disk_before_sending_returns(tmp_path, monkeypatch):
    synced = []
    with Journal("night", str(tmp_path)) as journal:
        monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.fstat(fd).st_size))
        journal.sending(KEYS[:2])
        assert synced == [os.path.getsize(journal.path)]


def _second_run(directory, answers):
    try:
        Journal("night", directory).close()
        answers.put("open")
    except JournalError as error:
        answers.put(str(error))


def second_run(directory):
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    process = context.Process(target=_second_run, args=(directory, answers))
    process.start()
    answer = answers.get(timeout=20)
    process.join()
    return answer


def test_locked_against_a_second_run(tmp_path):
    with Journal("night", str(tmp_path)):
        assert "Another run of campaign night" in second_run(str(tmp_path))
        # looking is always possible
        Journal("night", str(tmp_path), read_only=True).close()
        with Journal("day", str(tmp_path)):
            pass
    assert second_run(str(tmp_path)) == "open"


def test_modes(tmp_path):
    directory = tmp_path / "state" / "deep"
    before = os.umask(0)
    try:
        with Journal("night", str(directory)) as journal:
            assert stat.S_IMODE(os.stat(journal.path).st_mode) == 0o600
    finally:
        os.umask(before)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


HEADER = b'{"journal":1,"campaign":"night"}\n'


@pytest.mark.parametrize(
    "content",
    [
        b"important notes",
        b"important notes\n",
        b"important\nnotes\n",
        b"[1]\n",
        b'{"journal":1,"campaign":"day"}\n',
        b'{"journal":2,"campaign":"night"}\n',
        b'{"mwi_state": 1, "mailboxes": {}}',
        HEADER + b'{"sending": 5}\n',
        HEADER + b'{"sending": [["a"]]}\n',
        HEADER + b'{"done": ["a", "b"]}\n',
        HEADER + b"garbage\n" + HEADER,
        HEADER + b"\x00\x00\n{}\n",
        b"\xff\xfe\n",
    ],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_foreign_file_is_refused_and_stays(tmp_path, content, read_only):
    path = tmp_path / "night.jsonl"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="night.jsonl is not the journal of campaign night"):
        Journal("night", str(tmp_path), read_only)
    assert path.read_bytes() == content
    # and it is not left locked
    with pytest.raises(JournalError, match="is not the journal"):
        Journal("night", str(tmp_path))


def test_links_and_other_things_are_refused(tmp_path):
    target = tmp_path / "elsewhere"
    target.write_bytes(HEADER)
    (tmp_path / "night.jsonl").symlink_to(target)
    (tmp_path / "dangling.jsonl").symlink_to(tmp_path / "nothing")
    (tmp_path / "folder.jsonl").mkdir()
    os.mkfifo(str(tmp_path / "pipe.jsonl"))
    for name in ("night", "dangling", "folder", "pipe"):
        for read_only in (False, True):
            with pytest.raises(JournalError):
                Journal(name, str(tmp_path), read_only)
    assert not (tmp_path / "nothing").exists()
    assert target.read_bytes() == HEADER


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "-x", "a/b", "../a", "a b", "a\n", "a\0", "ä", "x" * 101])
def test_names_that_are_no_file_names(tmp_path, name):
    with pytest.raises(BadParameters, match="campaign"):
        Journal(name, str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_names_that_are(tmp_path):
    for name in ("a", "A_b-c.1", "2026-11-22", "x" * 100):
        Journal(name, str(tmp_path)).close()
        assert (tmp_path / (name + ".jsonl")).exists()


def test_reading_only_writes_nothing(tmp_path):
    path = tmp_path / "night.jsonl"
    with Journal("night", str(tmp_path)) as journal:
        journal.sending(KEYS[:2])
    cut = path.read_bytes()[:-3]
    path.write_bytes(cut)
    with Journal("night", str(tmp_path), read_only=True) as journal:
        assert journal.unknown() == []
    assert path.read_bytes() == cut
    with pytest.raises(JournalError):
        Journal("other", str(tmp_path / "missing"), read_only=True)
    assert not (tmp_path / "missing").exists()


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(_fd, _data):
        raise OSError(28, "No space left on device")

    with Journal("night", str(tmp_path)) as journal:
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(JournalError, match="No space left.*sends nothing more"):
            journal.sending(KEYS[:1])


def test_the_format_is_as_documented(tmp_path):
    with Journal("night", str(tmp_path)) as journal:
        journal.sending(KEYS[:2])
        journal.finished(KEYS[0], "rejected", 481, "Gone")
        journal.withdraw([KEYS[1]])
        journal.settled([KEYS[2], KEYS[1]])
        journal.settled([KEYS[1]])
        with open(journal.path, encoding="ascii") as written:
            lines = [json.loads(line) for line in written]
    assert lines == [
        {"journal": 1, "campaign": "night"},
        {"sending": [list(KEYS[0]), list(KEYS[1])]},
        {"done": list(KEYS[0]), "outcome": "rejected", "code": 481, "reason": "Gone"},
        {"withdrawn": [list(KEYS[1])]},
        {"settled": [list(KEYS[2]), list(KEYS[1])]},
    ]


def test_what_was_looked_up_and_needed_nothing(tmp_path):
    with Journal("night", str(tmp_path)) as journal:
        journal.settled(KEYS[:2])
        # one of them is there again, is announced, and then not sent to
        journal.sending(KEYS[:1])
        journal.withdraw(KEYS[:1])
        assert [journal.is_settled(key) for key in KEYS[:3]] == [False, True, False]
    with Journal("night", str(tmp_path)) as journal:
        assert [journal.is_settled(key) for key in KEYS[:3]] == [False, True, False]
        # each run looks them up again
        assert not any(journal.knows(key) for key in KEYS[:3]) and journal.unknown() == []


@pytest.mark.parametrize("value", [5, None, [5], [["a"]], [["a", "b", "c"]], [[[], "b"]]])
def test_settled_lines_that_are_none(tmp_path, value):
    path = tmp_path / "night.jsonl"
    Journal("night", str(tmp_path)).close()
    path.write_bytes(path.read_bytes() + json.dumps({"settled": value}).encode() + b"\n")
    with pytest.raises(JournalError, match="line 2 is not one of a journal"):
        Journal("night", str(tmp_path))


def test_what_was_announced_and_not_sent_is_withdrawn_at_the_end(tmp_path):
    with Journal("night", str(tmp_path)) as journal:
        journal.sending(KEYS[:3])
        journal.unsent = lambda: KEYS[1:3]
    with Journal("night", str(tmp_path), read_only=True) as journal:
        assert journal.unknown() == [KEYS[0]]


SIGNALLED = """
import os, signal, sys
from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import Journal
journal = Journal("night", sys.argv[1])
keys = [("alice", "sip:a@192.0.2.1"), ("bob", "sip:b@192.0.2.2")]
journal.sending(keys)
journal.unsent = lambda: keys[1:]
if len(sys.argv) > 2:
    # in the middle of a line
    os.write(journal._fd, b'{"done"')
os.kill(os.getpid(), signal.SIGTERM)
"""


@pytest.mark.parametrize("arguments, unknown", [((), ["alice"]), (("half a line",), ["alice", "bob"])])
def test_a_signal_withdraws_what_was_not_sent(tmp_path, arguments, unknown):
    status, _output, errors = finish(start_python(SIGNALLED, tmp_path, *arguments))
    assert (status, errors) == (-signal.SIGTERM, "")
    with Journal("night", str(tmp_path)) as journal:
        assert [aor for aor, _phone in journal.unknown()] == unknown


def test_withdrawing_at_the_end_loses_nothing_else_when_the_disk_is_full(tmp_path, monkeypatch):
    journal = Journal("night", str(tmp_path))
    journal.sending(KEYS[:2])
    journal.unsent = lambda: KEYS[:2]
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", _full)
        journal.close()
    with Journal("night", str(tmp_path), read_only=True) as journal:
        assert set(journal.unknown()) == set(KEYS[:2])


def _full(_fd, _data):
    raise OSError(errno.ENOSPC, "No space left on device")
