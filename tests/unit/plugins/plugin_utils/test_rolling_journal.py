# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of a rolling campaign: what the next run knows, wherever the last one was interrupted."""

from __future__ import annotations

import os
import threading

import pytest

from ansible_collections.community.opensips.plugins.plugin_utils import _rolling_journal as journal

BEFORE = {"partner": "sip2", "tags": [{"tag": "vip", "cluster_id": 1}]}
THIS = {"pid": 1, "process": "boot/1"}
LATER = {"pid": 2, "process": "boot/2"}


class Writer:
    """Appends to a campaign's journal; the records are a second apart."""

    def __init__(self, directory, campaign, at=1000.0):
        self.path, self.at = str(directory / f"{campaign}.jsonl"), at

    def write(self, event, **record):
        self.at += 1
        journal.append(self.path, {"event": event, "at": self.at, **record})
        return self

    def run(self, process=None, action="restart", nodes=("sip1", "sip2")):
        return self.write("run", nodes=list(nodes), action=action, **(process or THIS))

    def step(self, step, outcome="ok", node="sip1"):
        return self.write("step", node=node, step=step, outcome=outcome)


@pytest.fixture
def night(tmp_path):
    return Writer(tmp_path, "night").run()


def known(directory, campaign="night", name="sip1"):
    return journal.Journals(str(directory), 1100.0).node(name, campaign)


def test_what_is_known_after_each_step(night, tmp_path):
    assert known(tmp_path).outcome == "waiting"
    night.write("begin", node="sip1", before=BEFORE)
    for step in ("tags_away", "out_of_service", "drain"):
        night.step(step, "started").step(step)
        node = known(tmp_path)
        assert (node.outcome, node.before, node.acted) == ("interrupted", BEFORE, False), step
    night.step("act", "started")
    assert known(tmp_path).acted is False
    night.step("act").step("gate", "failed")
    assert known(tmp_path).acted is True
    night.write("end", node="sip1", outcome="out_of_service", message="it does not answer")
    node = known(tmp_path)
    # the action has to be tried again, and the node is put back to what it was at first
    assert (node.outcome, node.before, node.acted, node.message) == (
        "out_of_service", BEFORE, False, "it does not answer",
    )  # fmt: skip
    night.write("begin", node="sip1", before={**BEFORE, "partner": "sip3"}).step("act")
    node = known(tmp_path)
    assert (node.outcome, node.before["partner"], node.acted) == ("interrupted", "sip3", True)
    night.write("end", node="sip1", outcome="done")
    node = known(tmp_path)
    assert (node.outcome, node.before) == ("done", None)
    assert known(tmp_path, name="sip2").outcome == "waiting"


@pytest.mark.parametrize("outcome", ["put_back", "done"])
def test_a_closed_node_has_nothing_to_put_back(night, tmp_path, outcome):
    night.write("begin", node="sip1", before=BEFORE).write("end", node="sip1", outcome=outcome)
    node = known(tmp_path)
    assert (node.outcome, node.before) == (outcome, None)
    assert known(tmp_path, "other").outcome == "waiting"


def test_a_check_that_fails_does_not_hide_what_is_left_undone(night, tmp_path):
    night.write("begin", node="sip1", before=BEFORE).write(
        "end", node="sip1", outcome="refused", message="sip2 is down"
    )
    node = known(tmp_path)
    assert (node.outcome, node.before) == ("interrupted", BEFORE)


def test_another_campaign_completes_what_one_has_left_undone(night, tmp_path):
    night.write("begin", node="sip1", before=BEFORE).step("act")
    node = known(tmp_path, "upgrade")
    # its own action is not done
    assert (node.outcome, node.before, node.acted) == ("interrupted", BEFORE, False)
    other = Writer(tmp_path, "upgrade", 1050.0).run(LATER, "tasks x.yml")
    other.write("begin", node="sip1", before=BEFORE)
    assert known(tmp_path, "upgrade").acted is False
    other.step("act").write("end", node="sip1", outcome="done")
    assert known(tmp_path, "upgrade").outcome == "done"
    assert known(tmp_path).before is None


def test_a_clock_that_is_set_back_does_not_change_the_order(night, tmp_path):
    night.write("begin", node="sip1", before=BEFORE)
    night.at -= 50
    night.write("end", node="sip1", outcome="done")
    assert known(tmp_path).outcome == "done"
    night.at -= 50
    night.write("begin", node="sip1", before=BEFORE)
    assert known(tmp_path).outcome == "interrupted"


def test_the_name_of_a_campaign(night, tmp_path):
    def choose(given="", action="restart", nodes=("sip1", "sip2"), process=None, now=1100.0):
        chosen, resumed = journal.Journals(str(tmp_path), now).choose(given, nodes, action, process or LATER)
        return chosen.campaign, resumed

    # a later batch of the same run
    assert choose(process=THIS) == ("night", False)
    # interrupted lately
    assert choose() == ("night", True)
    assert choose(now=1100.0 + 2 * 86400) == ("rolling-19700103T001820Z", False)
    assert choose(nodes=["sip3"])[0].startswith("rolling-")
    assert choose(action="tasks x.yml")[0].startswith("rolling-")
    assert choose("night") == ("night", True)
    assert choose("first") == ("first", False)
    with pytest.raises(journal.JournalError, match="was begun with restart, not with tasks x.yml"):
        choose("night", action="tasks x.yml")
    with pytest.raises(journal.JournalError, match="cannot be a file name"):
        choose("../night")
    for name in ("sip1", "sip2"):
        night.write("begin", node=name, before=BEFORE).write("end", node=name, outcome="done")
    assert choose()[0].startswith("rolling-")


def test_two_runs_at_the_same_time_are_refused(tmp_path):
    process = {"pid": os.getpid(), "process": journal._identity(os.getpid())}
    Writer(tmp_path, "night").run(process)
    with pytest.raises(journal.JournalError, match=f"process {os.getpid()}, campaign night"):
        journal.Journals(str(tmp_path)).choose("", ["sip2"], "restart", LATER)
    # other nodes, the run itself, and one that is over
    journal.Journals(str(tmp_path)).choose("", ["sip3"], "restart", LATER)
    journal.Journals(str(tmp_path)).choose("", ["sip2"], "restart", process)
    Writer(tmp_path, "night").run({**process, "process": "boot/0"})
    journal.Journals(str(tmp_path)).choose("", ["sip2"], "restart", LATER)


def test_a_run_of_another_node_of_the_group_is_refused(tmp_path):
    """Both would be out of service at the same time, each with the calls of the other."""
    process = {"pid": os.getpid(), "process": journal._identity(os.getpid())}
    group = ["sip1", "sip2", "sip3"]
    Writer(tmp_path, "night").write("run", nodes=["sip1"], group=group, action="restart", **process)
    with pytest.raises(journal.JournalError, match="on this group of nodes"):
        journal.Journals(str(tmp_path)).choose("", ["sip2"], "restart", LATER, group)
    journal.Journals(str(tmp_path)).choose("", ["sip4"], "restart", LATER, ["sip4", "sip5"])


def test_one_run_at_a_time_opens_a_journal(tmp_path):
    order, tries = [], threading.Event()

    def other():
        tries.set()
        with journal.locked(str(tmp_path / "new")):
            order.append("other")

    with journal.locked(str(tmp_path / "new")):
        thread = threading.Thread(target=other)
        thread.start()
        tries.wait()
        thread.join(0.1)
        order.append("this")
    thread.join()
    assert order == ["this", "other"]


def test_a_record_that_was_cut_off_costs_no_other(night, tmp_path):
    night.write("begin", node="sip1", before=BEFORE)
    with open(night.path, "a", encoding="ascii") as file:
        file.write('{"event": "end", "node": "sip1", "outc')
    assert known(tmp_path).before == BEFORE
    night.step("drain")
    assert [record["event"] for record in journal.read(night.path)] == ["run", "begin", "step"]
    assert os.stat(night.path).st_mode & 0o777 == 0o600


def test_a_journal_of_somebody_else_is_refused(night, tmp_path):
    os.chmod(night.path, 0o666)
    with pytest.raises(journal.JournalError, match="rolling_journal_dir"):
        journal.Journals(str(tmp_path))
    with pytest.raises(journal.JournalError, match="rolling_journal_dir"):
        night.step("drain")
