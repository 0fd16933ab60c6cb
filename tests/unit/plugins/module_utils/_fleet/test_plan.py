# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a campaign: read as it was written, or refused."""

import json
import os
import stat

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet.outcome import NOBODY
from ansible_collections.community.opensips.plugins.module_utils._fleet.plan import (
    GONE,
    CutOff,
    Plan,
    PlanError,
    PlanFile,
    fingerprint_of,
)
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import LeftOut
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import DOUBTFUL, Target
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters

PHONES = [
    ("alice", "sip:a@192.0.2.1", "<urn:uuid:1>", "Yealink", "x@y", "sip:203.0.113.7:1024"),
    ("grün@example.com", 'sip:"b"\\@192.0.2.2', None, None, None, None),
    ("\udce9", "sip:d@x", None, "Snom \u2028\r\n", "z", None),
    ("nobody", None, None, None, None, None),
]


def target(aor, contact="", sip_instance=None, user_agent="Phone", call_id="x", received=None, **more):
    if contact is None:
        return Target(aor, None, problem=NOBODY)
    contact = contact or "sip:{0}@192.0.2.1".format(aor)
    record = dict(
        aor=aor,
        contact=contact,
        sip_instance=sip_instance,
        user_agent=user_agent,
        call_id=call_id,
        received=received,
        expires=60,
        **more,
    )
    return Target(aor, contact, record)


def plan(targets=None, users=7):
    left_out = LeftOut()
    left_out.add({"aor": "carol", "contact": "sip:c@x"}, "user_agent does not match")
    return Plan("f" * 64, users, [target(*each) for each in PHONES] if targets is None else targets, left_out)


def content(found):
    """What a plan file keeps of a plan."""
    kept = ("sip_instance", "user_agent", "call_id", "received")
    return (
        [(each.aor, each.contact, each.problem) for each in found.targets],
        [each.record and {name: each.record[name] for name in kept} for each in found.targets],
        (found.fingerprint, found.users, dict(found.left_out.counts), found.left_out.listed),
    )


@pytest.fixture
def file(tmp_path):
    return PlanFile("night", str(tmp_path))


@pytest.mark.parametrize("users", [7, 0, None])
def test_what_was_saved_is_loaded(file, users):
    assert file.load() is None
    file.save(plan(users=users))
    found = file.load()
    assert content(found) == content(plan(users=users))
    assert not found.fresh
    # and once more, from what was loaded
    file.save(found)
    assert content(file.load()) == content(found)
    file.save(plan([]))
    assert file.load().targets == []


def test_where_it_is_kept(file, tmp_path):
    file.save(plan())
    assert os.listdir(str(tmp_path)) == ["night.plan.jsonl"]
    assert stat.S_IMODE(os.stat(file.path).st_mode) == 0o600
    with pytest.raises(BadParameters):
        PlanFile("../night", str(tmp_path))


def test_the_format_is_as_documented(file):
    file.save(plan())
    with open(file.path, encoding="ascii") as written:
        lines = [json.loads(line) for line in written]
    assert lines[0] == {
        "plan": 1,
        "campaign": "night",
        "fingerprint": "f" * 64,
        "users": 7,
        "left_out": {"user_agent does not match": 1},
        "order": "found",
    }
    assert lines[1] == {"left_out": ["carol", "sip:c@x", "user_agent does not match"]}
    assert lines[2:-1] == [{"phone": list(each)} for each in PHONES]
    assert lines[-1] == {"phones": 4}


def test_cut_at_every_byte(file):
    file.save(plan())
    with open(file.path, "rb") as source:
        whole = source.read()
    for cut in range(len(whole)):
        with open(file.path, "wb") as broken:
            broken.write(whole[:cut])
        with pytest.raises(PlanError, match="not the plan of campaign night.*Move the file away"):
            file.load()
    with open(file.path, "wb") as mended:
        mended.write(whole)
    assert content(file.load()) == content(plan())


def test_a_line_lost_at_every_place(file):
    """Also in the middle, where every line is whole."""
    file.save(plan())
    with open(file.path, "rb") as source:
        lines = source.readlines()
    for number in range(len(lines)):
        if number == 1:
            continue  # an entry of left_out: they are counted in the first line, and listed only in part
        with open(file.path, "wb") as broken:
            broken.writelines(lines[:number] + lines[number + 1 :])
        with pytest.raises(PlanError):
            file.load()


@pytest.mark.parametrize(
    "change",
    [
        {"campaign": "day"},
        {"plan": 2},
        {"plan": None},
        {"users": "many"},
        {"users": -1},
        {"left_out": []},
        {"left_out": {"x": "y"}},
    ],
)
def test_another_first_line(file, change):
    file.save(plan())
    with open(file.path, "rb") as source:
        lines = source.readlines()
    head = dict(json.loads(lines[0].decode()), **change)
    with open(file.path, "wb") as broken:
        broken.writelines([json.dumps(head).encode() + b"\n"] + lines[1:])
    with pytest.raises(PlanError, match="not the plan of campaign night"):
        file.load()


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"null\n",
        b"[]\n",
        b"{}\n",
        b"\xff\n",
        b'{"phone": []}\n',
        b'{"phone": "alice"}\n',
        b'{"phone": [null, "sip:a@b", null, null, null, null]}\n',
        b'{"phone": ["", "sip:a@b", null, null, null, null]}\n',
        b'{"phone": ["a", 5, null, null, null, null]}\n',
        b'{"phone": ["a", "sip:a@b", [], null, null, null]}\n',
        b'{"phone": ["a", "sip:a@b", null, null]}\n',
        b'{"phone": ["a", "sip:a@b", null, null, null]}\n',
        b'{"phone": ["a", "sip:a@b", null, null, null, 5]}\n',
        b'{"phone": ["a", "sip:a@b", null, null, null, null, null]}\n',
        b'{"phone": ["a", "sip:a@b", null, null, null, null, ""]}\n',
        b'{"phone": ["a", "sip:a@b", null, null, null, null, 5]}\n',
        b'{"phone": ["a", "sip:a@b", null, null, null, null, "sip:b@c", "sip:d@e"]}\n',
        b'{"phone": ["a", null, null, null, null, null, "sip:b@c"]}\n',
        b'{"left_out": ["a"]}\n',
        b'{"phones": 5}\n',
        b'{"phones": null}\n',
    ],
)
def test_another_line_in_its_midst(file, line):
    file.save(plan())
    with open(file.path, "rb") as source:
        lines = source.readlines()
    with open(file.path, "wb") as broken:
        broken.writelines(lines[:2] + [line] + lines[3:])
    with pytest.raises(PlanError, match="not the plan of campaign night"):
        file.load()


def test_a_journal_is_no_plan(file):
    """The journal of campaign night.plan has the name of the plan of night."""
    with open(file.path, "w", encoding="ascii") as journal:
        journal.write('{"journal":1,"campaign":"night.plan"}\n')
    with pytest.raises(PlanError):
        file.load()


def test_what_somebody_else_put_there_is_not_followed(file, tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"")
    os.symlink(str(tmp_path / "elsewhere"), file.path)
    with pytest.raises(PlanError):
        file.load()
    os.unlink(file.path)
    os.mkfifo(file.path)
    with pytest.raises(PlanError, match="it is a FIFO.*Move it away"):
        file.load()
    with pytest.raises(PlanError, match="it is a FIFO.*Move it away"):
        file.save(plan())
    os.unlink(file.path)
    # neither is what is in the way of the new file
    os.symlink(str(tmp_path / "elsewhere"), file.path + ".new")
    file.save(plan())
    assert (tmp_path / "elsewhere").read_bytes() == b""
    assert content(file.load()) == content(plan())


def test_a_disk_that_fails_leaves_the_old_plan(file, tmp_path, monkeypatch):
    file.save(plan())

    def fails(_fd):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fails)
        with pytest.raises(PlanError, match="cannot be written: No space left"):
            file.save(plan([], users=1))
    assert content(file.load()) == content(plan()) and len(os.listdir(str(tmp_path))) == 1


def test_a_directory_that_cannot_be_written(tmp_path):
    with pytest.raises(PlanError, match="cannot be written"):
        PlanFile("night", str(tmp_path / "missing")).save(plan())


# ---- what decides whether it is still the plan


OPTIONS = {
    "select": {"user_agent": ["snom"], "aor": None},
    "aors": None,
    "location_table": "location",
    "own_only": False,
    "own_sockets": None,
    "unless_user_agent": None,
    "event": "auto",
    "batch": 5,
    "canary": 2.0,
}


@pytest.mark.parametrize(
    "change",
    [
        {"select": {"user_agent": ["snom", "yealink"]}},
        {"select": {}},
        {"select": None, "aors": ["a"]},
        {"location_table": "other"},
        {"own_only": True},
        {"own_sockets": ["udp:*"]},
    ],
)
def test_options_that_select_make_another_plan(change):
    assert fingerprint_of(dict(OPTIONS, **change)) != fingerprint_of(OPTIONS)


@pytest.mark.parametrize(
    "change",
    [
        {"select": {"user_agent": ["snom"], "domain": None}},
        {"select": {"user_agent": ["snom"]}},
        {"event": "check-sync", "batch": None, "canary": 5.0, "unless_user_agent": "x"},
    ],
)
def test_other_options_do_not(change):
    assert fingerprint_of(dict(OPTIONS, **change)) == fingerprint_of(OPTIONS)


# ---- canaries and newcomers


def fleet(size):
    return [target("user{0}".format(number)) for number in range(size)]


def aors(found):
    return [each.aor for each in found.targets]


def test_canaries_come_first_and_nobody_is_lost():
    found = plan(fleet(100))
    assert found.put_canary_first(10, "seed", lambda each: True) == 10
    head = aors(found)[:10]
    assert sorted(aors(found)) == sorted(aors(plan(fleet(100))))
    # the others keep their order
    assert aors(found)[10:] == [aor for aor in aors(plan(fleet(100))) if aor not in head]
    again, other = plan(fleet(100)[::-1]), plan(fleet(100))
    again.put_canary_first(10, "seed", lambda each: True)
    other.put_canary_first(10, "another", lambda each: True)
    assert set(aors(again)[:10]) == set(head) != set(aors(other)[:10])


def test_a_canary_is_a_phone_that_can_be_sent_to():
    found = plan(fleet(20))
    assert found.put_canary_first(10, "", lambda each: each.aor.endswith("7")) == 1
    assert aors(found)[0] in ("user7", "user17")
    untouched = plan(fleet(3))
    assert untouched.put_canary_first(50, "", lambda each: False) == 0
    assert aors(untouched) == aors(plan(fleet(3)))


def test_newcomers_come_last_and_the_others_are_looked_up():
    before = plan(fleet(4) + [target("late", None), target("never", None)])
    now = [target("user3", expires_now=1), target("new"), target("user1"), target("late"), target("never", None)]
    found = before.extended(plan(now, users=9))
    assert aors(found) == ["user0", "user1", "user2", "user3", "never", "new", "late"]
    assert [each.problem for each in found.targets] == [GONE, None, GONE, None, NOBODY, None, None]
    assert found.targets[3] is now[0]
    assert (found.users, found.fresh) == (9, True)


def test_newcomers_within_the_limit():
    read = plan([target("user0"), target("new1"), target("new2")])
    found = plan(fleet(2)).extended(read, limit=3)
    assert aors(found) == ["user0", "user1", "new1"]
    assert found.left_out.counts["it is beyond limit"] == 1
    assert aors(plan(fleet(2)).extended(plan([target("new")]), limit=1)) == ["user0", "user1"]


def keys(found):
    return [each.key[1] for each in found.targets]


def contacts(found):
    return [each.contact for each in found.targets]


def test_a_phone_without_an_instance_that_moved_is_no_newcomer(file):
    first = plan([target("a", "sip:1"), target("a", "sip:2"), target("b", "sip:1", "<i>")])
    now = [target("a", "sip:3", user_agent="Other"), target("b", "sip:2"), target("a", "sip:4"), target("a", "sip:2")]
    second = first.extended(plan(now))
    assert contacts(second) == ["sip:4", "sip:2", "sip:1", "sip:3", "sip:2"]
    assert keys(second) == ["sip:1", "sip:2", "<i>", "sip:3", "sip:2"]
    assert [each.problem for each in second.targets] == [None, None, GONE, None, None]
    # that is kept, also while it is gone
    file.save(second)
    kept = file.load()
    assert (keys(kept), contacts(kept)) == (keys(second), contacts(second))
    third = kept.extended(plan([target("a", "sip:4"), target("a", "sip:2")]))
    assert (keys(third)[:2], contacts(third)[:2]) == (["sip:1", "sip:2"], ["sip:4", "sip:2"])
    away = third.extended(plan([]))
    assert (keys(away)[:2], contacts(away)[:2]) == (["sip:1", "sip:2"], ["sip:4", "sip:2"])
    assert {each.problem for each in away.targets} == {GONE}
    again = away.extended(plan([target("a", "sip:5")]))
    assert (keys(again)[:2], contacts(again)[:2]) == (["sip:1", "sip:2"], ["sip:5", "sip:2"])


def test_what_the_journal_saw_come_back_is_the_one_that_is_done():
    first = plan([target("a", "sip:1"), target("a", "sip:2")])
    now = [target("a", "sip:3"), target("a", "sip:4", user_agent="Upgraded")]
    journal = [("a", "sip:2"), ("a", "sip:4")]
    found = first.extended(plan(now), knows=lambda key: key in journal)
    assert list(zip(keys(found), contacts(found))) == [("sip:1", "sip:3"), ("sip:2", "sip:4")]


def test_an_aor_that_nobody_has_registered_any_more():
    found = plan([target("a", "sip:1")]).extended(plan([target("a", None)]))
    assert [each.problem for each in found.targets] == [GONE, NOBODY]


def test_what_sample_and_limit_cut_off_is_no_newcomer():
    now = [target("new1"), target("user0"), target("new2"), target("user1", "sip:elsewhere")]
    cut = CutOff()
    for each in now[1:]:
        cut.add(each.record, "it is not in the sample")
    found = plan(fleet(2)).extended(plan(now), cut=cut)
    assert aors(found) == ["user0", "user1", "new1"]
    assert [each.problem for each in found.targets] == [None, None, None]
    # who stays in the plan is not left out
    assert found.left_out.counts["it is not in the sample"] == 1


def test_a_doubtful_aor_stays_so_in_the_file(file):
    file.save(plan([target("alice"), Target("bob", None, problem=DOUBTFUL + "a line"), target("carol", None)]))
    assert [each.problem for each in file.load().targets] == [None, "doubtful: a line", NOBODY]


def test_a_phone_whose_aor_became_doubtful():
    """It is there once, as the phone that it was."""
    before = plan([target("alice"), target("bob"), Target("carol", None, problem=DOUBTFUL + "a line")])
    now = plan([target("alice"), Target("bob", None, problem=DOUBTFUL + "a line"), target("carol")])
    after = before.extended(now)
    assert [(each.aor, each.contact, each.problem) for each in after.targets] == [
        ("alice", "sip:alice@192.0.2.1", None),
        ("bob", "sip:bob@192.0.2.1", "doubtful: a line"),
        ("carol", "sip:carol@192.0.2.1", None),
    ]
