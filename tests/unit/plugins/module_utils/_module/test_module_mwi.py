# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of opensips_mwi: which phones get the summary of a mailbox, what is remembered, and when a task fails."""

import json

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module import mwi
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._module.bodies import run, sent, server


@pytest.fixture
def peer():
    with server() as started:
        yield started


def test_several_aors_show_one_mailbox(peer):
    message, result = run(mwi, peer, aors=["two", "c", "two"], account="sip:*97@example.com", new=2)
    assert message is None and result["changed"]
    assert {(entry["aor"], entry["mailbox"], entry["new"]) for entry in result["results"]} == {
        ("two", "sip:*97@example.com", 2),
        ("c", "sip:*97@example.com", 2),
    }
    assert len(sent(peer)) == 3


def test_without_an_account_each_is_its_own(peer):
    _message, result = run(mwi, peer, uris=["sip:a@192.0.2.1", "sip:b@192.0.2.1"])
    assert [entry["mailbox"] for entry in result["results"]] == ["sip:a@192.0.2.1", "sip:b@192.0.2.1"]


def test_a_mailbox_whose_phone_did_not_accept_fails_the_task(peer):
    boxes = [{"aor": "a", "new": 1}, {"aor": "nobody"}, {"uri": "sip:no@192.0.2.1"}]
    message, result = run(mwi, peer, mailboxes=boxes)
    assert message.splitlines() == [
        "2 of 3 phones did not accept",
        "nobody: not_sent no contact is registered",
        "sip:no@192.0.2.1: rejected 489 Bad Event",
    ]
    assert result["changed"] and len(result["results"]) == 3
    message, _result = run(mwi, peer, mailboxes=boxes, max_failures="2")
    assert message is None


def test_what_select_leaves_out_is_no_failure(peer):
    args = {"mailboxes": [{"aor": "a"}, {"aor": "soft"}], "select": {"user_agent": ["snom"]}}
    message, result = run(mwi, peer, **args)
    assert message is None and [entry["aor"] for entry in result["results"]] == ["a"]
    assert [entry["aor"] for entry in result["left_out"]] == ["soft"]
    assert result["summary"]["left_out"] == {"user_agent does not match": 1}
    _message, planned = run(mwi, peer, check=True, **args)
    assert planned["left_out"] == result["left_out"] and planned["summary"]["outcomes"]["planned"] == 1


def test_only_what_all_phones_accepted_is_remembered(peer, tmp_path):
    path = tmp_path / "state"
    args = {"mailboxes": [{"aor": "two", "new": 1}, {"aor": "no", "new": 1}], "state_file": str(path)}
    message, _result = run(mwi, peer, **args)
    assert message.startswith("1 of 3 phones did not accept")
    assert list(json.loads(path.read_text())["mailboxes"]) == ["two"]
    before = len(sent(peer))
    message, result = run(mwi, peer, **args)
    # what was done before is no failure, and the other one is tried again
    assert message.startswith("1 of 2 phones did not accept") and not result["changed"]
    assert [entry["outcome"] for entry in result["results"]] == ["already", "rejected"]
    assert len(sent(peer)) == before + 1


@pytest.mark.parametrize(
    "args, part",
    [
        ({"mailboxes": [{"aor": "a"}], "new": 1}, "together with a list of mailboxes"),
        ({"mailboxes": [{"aor": "a"}, {"aor": "a"}]}, "Entries 1 and 2"),
    ],
)
def test_mailboxes_that_contradict_each_other(peer, args, part):
    with pytest.raises(BadParameters, match=part):
        run(mwi, peer, **args)
    assert not sent(peer)
