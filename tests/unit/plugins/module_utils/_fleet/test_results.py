# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results that are counted, held, and written to a file."""

import json
import os
import resource
import signal
import stat

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome, report
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import not_sent
from ansible_collections.community.opensips.plugins.module_utils._fleet.results import Results, ResultsFile, check_path
from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters

WORDS = (outcome.ACCEPTED, outcome.REJECTED, outcome.NO_ANSWER, outcome.ACCEPTED)


def requests(count):
    return [
        SipRequest(Target(str(number), "sip:{0}@192.0.2.1".format(number)), "NOTIFY", {}) for number in range(count)
    ]


def fill(results, sent):
    """The entries of sent, added to results in another order than that of the requests."""
    entries = []
    for number, request in reversed(list(enumerate(sent))):
        entry = report.result_of(request, dict(not_sent("because"), outcome=WORDS[number % 4], seconds=0.1, error=None))
        results.add(request, dict(entry))
        entries.insert(0, entry)
    return entries


def lines(path):
    with open(path, encoding="ascii") as source:
        return [json.loads(line) for line in source]


def test_without_a_file_all_are_held_in_the_order_of_the_requests():
    sent, results = requests(40), Results()
    entries = fill(results, sent)
    assert results.entries(sent) == entries
    assert [each.outcome for each in sent] == [entry["outcome"] for entry in entries]
    assert results.counts.summary(1.0, 40) == report.Counts(entries).summary(1.0, 40)


@pytest.mark.parametrize("listed, extra", [("auto", 1), ("all", 1), ("attention", -900)])
def test_of_many_only_those_that_need_attention_are_returned(listed, extra):
    everything = listed == "all"
    sent, results = requests(Results.LISTED + extra), Results(listed=listed)
    entries = fill(results, sent)
    attention = [entry for entry in entries if entry["outcome"] != outcome.ACCEPTED]
    assert results.entries(sent) == (entries if everything else attention)
    assert (results.failed, results.accepted) == (len(attention), len(entries) - len(attention))
    # one that accepted and is not back needs attention, too
    results.update(sent[0], {"registered": "not_back"})
    assert len(results.entries(sent)) == len(entries if everything else attention) + (not everything)


def test_a_file_has_all_of_them_at_once_and_what_needs_attention_is_returned(tmp_path, monkeypatch):
    monkeypatch.setattr(Results, "LISTED", 30)
    path = str(tmp_path / "results.jsonl")
    sent = requests(40)
    with ResultsFile(path) as file:
        results = Results(file)
        entries = fill(results, sent)
        # who reads along sees each as it comes
        assert sorted(lines(path), key=str) == sorted(entries, key=str)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert results.entries(sent) == [entry for entry in entries if entry["outcome"] != outcome.ACCEPTED]
    assert results.counts.summary(1.0, 40)["outcomes"]["accepted"] == 20
    assert sent[0].outcome == outcome.ACCEPTED


def test_no_more_than_a_number_is_returned_beside_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(Results, "LISTED", 5)
    sent = requests(40)
    with ResultsFile(str(tmp_path / "results.jsonl")) as file:
        results = Results(file)
        fill(results, sent)
        results.add_other(report.settled(sent[0], outcome.NOT_SENT, "gone"))
    assert len(results.entries(sent)) == 5
    assert len(lines(file.path)) == 41 == results.counts.summary(1.0, 40)["total"]


def test_what_is_learnt_later_is_a_line_of_its_own(tmp_path):
    sent = requests(2)
    with ResultsFile(str(tmp_path / "results.jsonl")) as file:
        results = Results(file)
        fill(results, sent)
        for request in sent:
            results.update(request, {"registered": "back"})
    assert lines(file.path)[2:] == [
        {"registered": "back", "aor": str(number), "contact": "sip:{0}@192.0.2.1".format(number)} for number in range(2)
    ]
    # what is returned has it, too
    assert [entry["registered"] for entry in results.entries(sent)] == ["back", "back"]


def test_a_file_is_made_anew(tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text("old\n" * 1000)
    path.chmod(0o644)
    with ResultsFile(str(path)) as file:
        file.write({"new": 1})
    assert lines(str(path)) == [{"new": 1}]
    assert stat.S_IMODE(os.stat(str(path)).st_mode) == 0o600


def test_a_file_that_is_appended_to(tmp_path):
    path = tmp_path / "results.jsonl"
    for number in range(3):
        with ResultsFile(str(path), append=True) as file:
            file.write({"run": number})
    assert lines(str(path)) == [{"run": 0}, {"run": 1}, {"run": 2}]
    assert stat.S_IMODE(os.stat(str(path)).st_mode) == 0o600
    path.chmod(0o666)
    with pytest.raises(BadParameters, match="others may write to it"):
        ResultsFile(str(path), append=True)


@pytest.mark.parametrize("kind", ["directory", "missing", "link", "fifo", "device"])
def test_what_is_no_file_of_ours_is_refused(tmp_path, kind):
    path = str(tmp_path / "results.jsonl")
    if kind == "directory":
        os.mkdir(path)
    elif kind == "missing":
        path = str(tmp_path / "none" / "results.jsonl")
    elif kind == "link":
        (tmp_path / "there").write_text("precious")
        os.symlink(str(tmp_path / "there"), path)
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path = "/dev/null"
    with pytest.raises(BadParameters, match="results_file .*") as refused:
        ResultsFile(path)
    with pytest.raises(BadParameters, match="results_file .*"):
        check_path(path)
    assert path in str(refused.value) and refused.value.hint
    if kind == "link":
        assert (tmp_path / "there").read_text() == "precious"


def test_a_disk_that_is_full_loses_nothing(tmp_path):
    sent = requests(40)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with ResultsFile(str(tmp_path / "results.jsonl")) as file:
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
            results = Results(file)
            entries = fill(results, sent)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert file.path in results.problem
    written = (tmp_path / "results.jsonl").read_text().split("\n")[:-1]
    returned = results.entries(sent)
    assert all(entry in returned or json.dumps(entry, separators=(",", ":")) in written for entry in entries)
    assert len(returned) > 20
    assert results.counts.summary(1.0, 40)["total"] == 40
