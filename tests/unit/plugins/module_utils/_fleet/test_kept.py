# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_campaign_info and opensips_campaign: which campaigns a host keeps, and which of them go."""

import os

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import Journal
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module import campaign
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task


def make(directory, name, age):
    """A campaign whose journal was written so many seconds ago, with what lies beside it."""
    with Journal(name, str(directory)) as journal:
        journal.sending([("alice", "sip:alice@192.0.2.1")])
    (directory / f"{name}.plan.jsonl").write_text('{"plan": 1}\n')
    results = directory / f"{name}.results-20260101T000000Z"
    results.mkdir()
    (results / "1.jsonl").write_text("{}\n")
    changed = os.path.getmtime(directory) - age
    os.utime(str(directory / f"{name}.jsonl"), (changed, changed))


def run(directory, pattern="*", keep=None, check=False, older_than=0.0):
    options = {"campaign": pattern, "campaign_dir": str(directory)}
    if keep is None:
        return campaign.list_kept(Task(options, check, False, None, print))
    return campaign.remove(Task({**options, "keep": keep, "older_than": older_than}, check, False, None, print))


def names(result):
    return [each["campaign"] for each in result["campaigns"]]


def test_lists_the_newest_first_and_removes_nothing(tmp_path):
    for age, name in enumerate(["c", "a", "b.plan"]):
        make(tmp_path, name, age)
    result = run(tmp_path)
    assert names(result) == ["c", "a", "b.plan"]
    assert not result["changed"] and result["exists"] and "removed" not in result
    assert len(os.listdir(tmp_path)) == 9


def test_a_directory_that_is_not_there(tmp_path):
    result = run(tmp_path / "missing", keep=1)
    assert (result["exists"], result["campaigns"], result["changed"]) == (False, [], False)


def test_keeps_the_newest_of_those_that_match(tmp_path):
    for age in range(5):
        make(tmp_path, f"reboot-{age}", age)
    make(tmp_path, "night", 100)
    planned = run(tmp_path, "reboot-*", keep=2, check=True)
    assert planned["changed"] and len(os.listdir(tmp_path)) == 18
    result = run(tmp_path, "reboot-*", keep=2)
    assert result["removed"] == planned["removed"] == ["reboot-2", "reboot-3", "reboot-4"]
    assert names(result) == ["reboot-0", "reboot-1"]
    left = {name.split(".")[0] for name in os.listdir(tmp_path)}
    assert left == {"reboot-0", "reboot-1", "night"} and len(os.listdir(tmp_path)) == 9
    assert not run(tmp_path, "reboot-*", keep=2)["changed"]


@pytest.mark.parametrize("check", [True, False])
def test_a_campaign_that_may_still_go_on_stays(tmp_path, check):
    """Between two batches, or until it is resumed, nothing locks its journal."""
    make(tmp_path, "reboot-1", 3600)
    make(tmp_path, "reboot-2", 8 * 86400)
    result = run(tmp_path, keep=0, check=check, older_than=7.0)
    assert result["removed"] == ["reboot-2"] and names(result) == ["reboot-1"]


def test_results_of_a_campaign_with_a_longer_name_stay(tmp_path):
    make(tmp_path, "a", 0)
    (tmp_path / "a.results-b.results-20260101T000000Z").mkdir()
    assert run(tmp_path, keep=0)["removed"] == ["a"]
    assert os.listdir(str(tmp_path)) == ["a.results-b.results-20260101T000000Z"]


@pytest.mark.parametrize("check", [True, False])
def test_a_campaign_whose_run_is_at_work_stays(tmp_path, check):
    make(tmp_path, "reboot-1", 0)
    with Journal("reboot-1", str(tmp_path)):
        result = run(tmp_path, keep=0, check=check)
        assert (names(result), result["changed"]) == (["reboot-1"], False)
        assert len(os.listdir(tmp_path)) == 3
    assert run(tmp_path, keep=0)["removed"] == ["reboot-1"]


def test_what_is_no_journal_of_that_name_stays(tmp_path):
    make(tmp_path, "night", 0)
    os.rename(tmp_path / "night.jsonl", tmp_path / "other.jsonl")
    (tmp_path / "text.jsonl").write_text("hello\n")
    (tmp_path / "list.jsonl").write_text("[1]\n")
    make(tmp_path, "open", 0)
    os.chmod(str(tmp_path / "open.jsonl"), 0o622)
    make(tmp_path, "real", 0)
    os.symlink(str(tmp_path / "real.jsonl"), str(tmp_path / "link.jsonl"))
    before = sorted(os.listdir(tmp_path))
    result = run(tmp_path, keep=0)
    assert result["removed"] == ["real"]
    assert sorted(os.listdir(tmp_path)) == [name for name in before if not name.startswith("real.")]


def test_a_campaign_is_not_the_plan_of_another(tmp_path):
    make(tmp_path, "night", 1)
    (tmp_path / "night.plan.jsonl").unlink()
    make(tmp_path, "night.plan", 0)
    assert run(tmp_path, keep=1)["removed"] == ["night"]
    assert names(run(tmp_path)) == ["night.plan"]


def test_a_number_below_zero_is_refused(tmp_path):
    with pytest.raises(BadParameters, match="keep is -1"):
        run(tmp_path, keep=-1)
    for days in (-1.0, float("nan")):
        with pytest.raises(BadParameters, match="older_than is"):
            run(tmp_path, keep=1, older_than=days)
