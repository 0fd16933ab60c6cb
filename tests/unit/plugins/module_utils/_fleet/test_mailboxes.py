# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mailboxes from files, and the state file."""

import errno
import json
import multiprocessing
import os
import stat
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._fleet.mailboxes import State, StateError, load
from ansible_collections.community.opensips.plugins.module_utils._fleet.publications import Published
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=12)
BOX = st.fixed_dictionaries(
    {
        "aor": TEXT,
        "account": st.one_of(st.none(), TEXT),
        "new": st.integers(0, 10**6),
        "old": st.integers(0, 10**6),
        "urgent_new": st.integers(0, 5),
        "urgent_old": st.integers(0, 5),
    }
)


def box(aor="1001", **fields):
    more = {"messages": None, "message_headers": None}
    who = {"uri": None, "aor": aor, "account": None}
    return dict(dict(who, **counts(), **more), **fields)


def counts(new=0, old=0, urgent_new=0, urgent_old=0):
    return {"new": new, "old": old, "urgent_new": urgent_new, "urgent_old": urgent_old}


def quoted(value):
    return "" if value is None else '"{0}"'.format(str(value).replace('"', '""'))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(boxes=st.lists(BOX, max_size=5))
def test_csv_and_json_say_the_same(tmp_path, boxes):
    names = ["aor", "account", "new", "old", "urgent_new", "urgent_old"]
    rows = [",".join(names)] + [",".join(quoted(each[name]) for name in names) for each in boxes]
    (tmp_path / "boxes.csv").write_text("\r\n".join(rows) + "\r\n", encoding="utf-8")
    (tmp_path / "boxes.JSON").write_text(json.dumps(boxes), encoding="utf-8")
    expected = [dict(box(), **each) for each in boxes]
    assert load(str(tmp_path / "boxes.csv")) == expected
    assert load(str(tmp_path / "boxes.JSON")) == expected


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return str(path)


def test_csv_as_spreadsheets_write_it(tmp_path):
    """A byte order mark, CRLF, an empty field for a number, columns in any order."""
    path = write(tmp_path, "b.csv", b"\xef\xbb\xbfnew,aor,old\r\n2,1001,\r\n,1002,3\r\n")
    assert load(path) == [box("1001", new=2), box("1002", old=3)]


def test_columns_of_other_message_classes(tmp_path):
    path = write(tmp_path, "b.csv", "aor,new,fax_new,fax_urgent_new,text_old,none_new\n1001,2,3,1,,\n1002,,,,4,0\n")
    assert load(path) == [
        box("1001", new=2, messages={"fax": counts(new=3, urgent_new=1)}),
        box("1002", messages={"text": counts(old=4), "none": counts()}),
    ]
    with pytest.raises(BadParameters, match="entry 1: fax_old is '-1'"):
        load(write(tmp_path, "c.csv", "aor,fax_old\n1001,-1\n"))
    with pytest.raises(BadParameters, match="unknown names: fox_new.*fax_new"):
        load(write(tmp_path, "d.csv", "aor,fox_new\n1001,1\n"))


def test_a_mailbox_may_be_called_null(tmp_path):
    path = write(tmp_path, "b.csv", "aor,account,new\nNULL,\\N,2\n")
    assert load(path) == [box("NULL", account="\\N", new=2)]


def test_json_with_a_byte_order_mark(tmp_path):
    path = write(tmp_path, "b.json", b'\xef\xbb\xbf[{"uri": "sip:a@192.0.2.1", "new": "4"}]')
    assert load(path) == [box(None, uri="sip:a@192.0.2.1", new=4)]


def test_empty_files(tmp_path):
    assert load(write(tmp_path, "a.csv", "")) == []
    assert load(write(tmp_path, "b.csv", "aor,new\n")) == []
    assert load(write(tmp_path, "c.json", "[]")) == []


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("b.json", "{", "cannot be read"),
        ("b.json", "", "cannot be read"),
        ("b.json", '{"aor": "1"}', "is not a list"),
        ("b.json", b'["\xff"]', "cannot be read"),
        ("b.csv", b"aor,new\n\xff,1\n", "cannot be read"),
        ("b.json", '[{"aor": "1"}, 5]', "row 2 is not a mapping"),
        ("b.json", '[{"aor": "1"}, {"aor": "2", "nwe": 1}]', "entry 2 has unknown names: nwe"),
        ("b.json", '[{"new": 1}]', "entry 1 requires either uri or aor"),
        ("b.json", '[{"aor": "1", "uri": "sip:a@b"}]', "entry 1 requires either uri or aor"),
        ("b.json", '[{"aor": ""}]', "entry 1 requires either uri or aor"),
        ("b.json", '[{"aor": "1", "new": -1}]', "entry 1: new is -1"),
        ("b.json", '[{"aor": "1", "old": 1.5}]', "entry 1: old is 1.5"),
        ("b.json", '[{"aor": "1", "old": true}]', "entry 1: old is True"),
        ("b.json", '[{"aor": "1", "urgent_new": [1]}]', "row 1 is not a mapping of names to plain values"),
        ("b.csv", "aor,new\n1,x\n", "entry 1: new is 'x'"),
        ("b.csv", "aor,new\n1,1\n2,-3\n", "entry 2: new is '-3'"),
        ("b.csv", "aor:new\n1:1\n", "entry 1 has unknown names: aor:new"),
        ("b.csv", "1001,3\n1002,4\n", "entry 1 has unknown names: 1001, 3"),
        ("b.csv", "aor,new\n1001,3,5\n", "line 2 has another number of cells"),
    ],
)
def test_errors_name_the_file_and_the_entry(tmp_path, name, content, words):
    path = write(tmp_path, name, content)
    with pytest.raises(BadParameters, match=words) as raised:
        load(path)
    assert path in str(raised.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadParameters, match="nothing.csv cannot be read: No such file"):
        load(str(tmp_path / "nothing.csv"))


def test_a_file_that_is_none(tmp_path):
    os.mkfifo(str(tmp_path / "pipe.csv"))
    for path, words in ((str(tmp_path / "pipe.csv"), "FIFO"), (str(tmp_path), "directory"), ("/dev/zero", "device")):
        with pytest.raises(BadParameters, match="mailboxes_file .* cannot be read: it is a " + words):
            load(path)


# ---- the state file


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(boxes=st.lists(BOX, max_size=5, unique_by=lambda each: (each["aor"], each["account"])), data=st.data())
def test_what_was_remembered_is_current_until_a_number_changes(tmp_path, boxes, data):
    path = str(tmp_path / "state.json")
    if os.path.exists(path):
        os.unlink(path)
    boxes = [dict(box(), **each) for each in boxes]
    forgotten = [each for each in boxes if data.draw(st.booleans())]
    with State(path) as state:
        assert not any(state.is_current(each) for each in boxes)
        for each in boxes:
            state.remember(each)
        for each in forgotten:
            state.forget(each)
        state.save()
    with State(path, read_only=True) as state:
        for each in boxes:
            assert state.is_current(each) == (each not in forgotten)
            name = data.draw(st.sampled_from(["new", "old", "urgent_new", "urgent_old"]))
            assert not state.is_current(dict(each, **{name: each[name] + 1}))


def test_accounts_of_one_aor_are_apart(tmp_path):
    with State(str(tmp_path / "s")) as state:
        state.remember(box(account="sip:sales@example.com", new=1))
        assert not state.is_current(box(new=1))
        assert not state.is_current(box(account="sip:support@example.com", new=1))


def test_mode_and_format(tmp_path):
    path = tmp_path / "s"
    before = os.umask(0)
    try:
        with State(str(path)) as state:
            state.remember(box(new=1, urgent_old=4))
            state.save()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {"mwi_state": 2, "mailboxes": {"1001": [1, 0, 0, 4]}}


def test_a_file_of_the_first_format_is_read(tmp_path):
    path = tmp_path / "s"
    path.write_text('{"mwi_state": 1, "mailboxes": {"1001": [1, 0, 0, 4]}}')
    with State(str(path)) as state:
        assert state.is_current(box(new=1, urgent_old=4)) and state.is_current(box(new=1, urgent_old=4), "auto")
        assert not state.is_current(box(new=1, urgent_old=4), "publish")
        state.save()
    assert json.loads(path.read_text())["mwi_state"] == 2


def published(left, life=3600, etag="tag"):
    """A Published with so many seconds left."""
    return Published(etag, time.time() + left, life)


def test_a_publication_is_current_until_half_of_its_life(tmp_path):
    with State(str(tmp_path / "s")) as state:
        for left, is_current in ((3600, True), (1900, True), (1700, False), (-1, False)):
            state.remember_publication(box(), "sip:1001@h", published(left))
            state.remember(box(new=1), "publish")
            state.save()
            with State(state.path, read_only=True) as reread:
                assert reread.is_current(box(new=1), "publish") == is_current
                assert reread.is_published(box(new=1), "publish") == (left > 0)
                # numbers that changed, or another delivery, are published anew
                assert not reread.is_published(box(new=2), "publish") and not reread.is_current(box(new=1), "notify")
                assert reread.published(box()).etag == "tag"


def test_what_is_about_to_be_sent_is_forgotten_and_its_etag_is_not(tmp_path):
    with State(str(tmp_path / "s")) as state:
        state.remember_publication(box(), "sip:1001@h", published(3600))
        state.remember_subscribers(box(), ["sip:a@h", "sip:b@h"])
        state.remember(box(new=1, messages={"fax": counts(new=2)}), "auto")
        assert state.is_current(box(new=1, messages={"fax": counts(new=2)}), "auto")
        assert not state.is_current(box(new=1), "auto")
        state.forget(box())
        assert not state.is_current(box(new=1, messages={"fax": counts(new=2)}), "auto")
        assert state.published(box()).etag == "tag" and state.subscribers(box()) == ["sip:a@h", "sip:b@h"]


def test_publications_of_other_mailboxes(tmp_path):
    with State(str(tmp_path / "s")) as state:
        state.remember(box("1"))
        for aor in ("2", "3"):
            state.remember_publication(box(aor, account="sip:b@h"), f"sip:{aor}@h", published(60, etag=aor))
        [(key, aor, uri, found)] = state.other_publications(["2 sip:b@h"])
        assert (key, aor, uri, found.etag) == ("3 sip:b@h", "3", "sip:3@h", "3")
        state.drop(key)
        assert state.other_publications(["2 sip:b@h"]) == [] and state.is_current(box("1"))


@pytest.mark.parametrize("damage", [{"until": "soon"}, {"life": None}, {"uri": ""}])
def test_a_publication_that_somebody_damaged_counts_as_none(tmp_path, damage):
    entry = dict({"uri": "sip:1@h", "etag": "x", "until": time.time() + 60, "life": 60, "sent": [0, 0, 0, 0]}, **damage)
    (tmp_path / "s").write_text(json.dumps({"mwi_state": 2, "mailboxes": {"1001": dict(entry, by="publish")}}))
    with State(str(tmp_path / "s")) as state:
        assert state.published(box()) is None and not state.is_current(box(), "publish")


@pytest.mark.parametrize("moment", ["fsync", "rename"])
def test_a_crash_while_saving_leaves_the_old_one(tmp_path, monkeypatch, moment):
    path = str(tmp_path / "s")
    with State(path) as state:
        state.remember(box(new=1))
        state.save()

    class Killed(BaseException):
        pass

    def killed(*_args):
        raise Killed()

    with monkeypatch.context() as patched, State(path) as state:
        state.remember(box(new=2))
        patched.setattr(os, moment, killed)
        with pytest.raises(Killed):
            state.save()
    with State(path) as state:
        assert state.is_current(box(new=1))
        # and what the crash left behind is in nobody's way
        state.remember(box(new=3))
        state.save()
    with State(path) as state:
        assert state.is_current(box(new=3))


def _second_run(path, answers):
    try:
        with State(path):
            answers.put("open")
    except StateError as error:
        answers.put(str(error))


def second_run(path):
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    process = context.Process(target=_second_run, args=(path, answers))
    process.start()
    answer = answers.get(timeout=20)
    process.join()
    return answer


def test_locked_against_a_second_run(tmp_path):
    path = str(tmp_path / "s")
    with State(path) as state:
        state.save()
        # saving replaces the file and not the lock
        assert "Another run uses" in second_run(path)
        with State(path, read_only=True):
            pass
    assert second_run(path) == "open"


@pytest.mark.parametrize(
    "content", ["", "no JSON", "[]", "5", '{"mailboxes": {}}', '{"mwi_state": 3, "mailboxes": {}}', '{"mwi_state": 1}']
)
def test_a_foreign_file_is_refused_and_stays(tmp_path, content):
    path = tmp_path / "s"
    path.write_text(content)
    for _again in range(2):
        with pytest.raises(StateError, match="state_file"):
            with State(str(path)):
                pass
    assert path.read_text() == content


def test_reading_only_writes_nothing(tmp_path):
    with State(str(tmp_path / "s"), read_only=True) as state:
        assert not state.is_current(box())
    assert list(tmp_path.iterdir()) == []


def test_what_somebody_else_put_there(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "s.new").symlink_to(victim)
    with State(str(tmp_path / "s")) as state:
        state.save()
    (tmp_path / "t.lock").symlink_to(victim)
    (tmp_path / "u").symlink_to(victim)
    os.mkfifo(str(tmp_path / "v"))
    os.mkfifo(str(tmp_path / "w.lock"))
    for name, words in (("t", "locked.*symbolic link"), ("u", "symbolic"), ("v", "read: it is a FIFO"), ("w", "FIFO")):
        with pytest.raises(StateError, match=words + ".*Move it away"):
            with State(str(tmp_path / name)):
                pass
    with pytest.raises(StateError, match="it is a FIFO"):
        with State(str(tmp_path / "v"), read_only=True):
            pass
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fails_leaves_the_old_one_and_no_other(tmp_path, monkeypatch, code):
    def fails(_fd):
        raise OSError(code, os.strerror(code))

    path = str(tmp_path / "s")
    with State(path) as state:
        state.remember(box(new=1))
        state.save()
        state.remember(box(new=2))
        with monkeypatch.context() as full:
            full.setattr(os, "fsync", fails)
            with pytest.raises(StateError, match="state_file .* cannot be written: " + os.strerror(code)):
                state.save()
    with State(path) as state:
        assert state.is_current(box(new=1))
    assert sorted(os.listdir(str(tmp_path))) == ["s", "s.lock"]


@pytest.mark.parametrize("nesting", ["[", '{"a":'])
def test_nested_too_deep(tmp_path, nesting):
    for name in ("s", "b.json"):
        (tmp_path / name).write_text(nesting * 100000)
    with pytest.raises(StateError, match="cannot be read"):
        with State(str(tmp_path / "s")):
            pass
    with pytest.raises(BadParameters, match="cannot be read"):
        load(str(tmp_path / "b.json"))


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StateError, match="state_file"):
        with State(str(tmp_path / "missing" / "s")):
            pass
