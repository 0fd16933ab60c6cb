# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of opensips_notify: what a task returns, and when it fails."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet.outcome import OUTCOMES
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module import notify
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._module.bodies import run, sent, server

EVENT = {"event": "check-sync"}


@pytest.fixture
def peer():
    with server() as started:
        yield started


def outcomes(result):
    return {entry["aor"]: entry["outcome"] for entry in result["results"]}


def test_all_accepted(peer):
    message, result = run(notify, peer, aors=["two", "a"], **EVENT)
    assert message is None and result["changed"] and result["stopped"] is None
    # one contact of both AORs gets both, since it is not the same phone
    assert len(sent(peer)) == result["summary"]["total"] == 3
    assert list(result["summary"]["outcomes"]) == list(OUTCOMES)
    assert {entry["error"] for entry in result["results"]} == {None}


def test_a_named_phone_that_did_not_accept_fails_the_task_after_all_were_tried(peer):
    message, result = run(notify, peer, aors=["nobody", "no", "a", "dead"], **EVENT)
    assert message.splitlines() == [
        "3 of 4 phones did not accept",
        "nobody: not_sent no contact is registered",
        "no sip:no@192.0.2.1:5060: rejected 489 Bad Event",
        "dead sip:dead@192.0.2.1:5060: no_answer 408 Request Timeout",
    ]
    assert result["changed"] and len(sent(peer)) == 3 and result["error"]["type"] == "NotAccepted"
    assert outcomes(result) == {"nobody": "not_sent", "no": "rejected", "a": "accepted", "dead": "no_answer"}
    errors = {entry["aor"]: entry["error"] and entry["error"]["type"] for entry in result["results"]}
    assert errors == {"nobody": "PhoneNotSent", "no": "PhoneRejected", "a": None, "dead": "PhoneSilent"}


@pytest.mark.parametrize(
    "args, changed",
    [
        ({"uris": ["sip:no1@192.0.2.1", "sip:no2@192.0.2.1"]}, False),
        ({"aors": ["nobody1", "nobody2"]}, False),
        ({"aors": ["soft"], "event": "auto"}, False),
        ({"select": {"aor": ["no", "dead"]}}, False),
        ({"select": {"aor": ["soft"]}, "event": "auto"}, False),
    ],
)
def test_a_task_whose_phones_all_did_not_accept_is_never_green(peer, args, changed):
    message, result = run(notify, peer, **dict(EVENT, **args))
    assert message.splitlines()[0] in ("None of 2 phones accepted", "The phone did not accept")
    assert result["changed"] == changed


@pytest.mark.parametrize(
    "args",
    [
        {"aors": ["a", "no", "nobody"], "max_failures": "2"},
        # of a selection some may be off
        {"select": {}},
        {"select": {"aor": ["x"]}},
        # phones that nothing had to be sent to
        {"select": {}, "unless_user_agent": "snom", "event": "auto"},
        {"aors": ["no"], "own_only": True, "own_sockets": ["udp:192.0.2.10:*"]},
    ],
)
def test_what_is_no_failure(peer, args):
    message, _result = run(notify, peer, **dict(EVENT, **args))
    assert message is None


def test_many_failures_are_twenty_lines(peer):
    message, result = run(notify, peer, uris=[f"sip:no{number}@192.0.2.1" for number in range(30)], **EVENT)
    lines = message.splitlines()
    assert len(lines) == 22 and lines[-1] == "and 10 more"
    assert len(result["results"]) == 30


def test_a_run_that_stopped_says_why_and_who_failed(peer):
    uris = [f"sip:no{number}@192.0.2.1" for number in range(9)]
    message, result = run(notify, peer, uris=uris, max_failures="1", max_in_flight=1, **EVENT)
    assert message.splitlines()[0].startswith("The run stopped: 2 of 2 phones failed") and result["stopped"]
    assert result["error"]["type"] == "RunStopped"
    assert len(message.splitlines()) == 1 + len(sent(peer)) < 9
    assert len(result["results"]) == 9 and result["summary"]["outcomes"]["not_sent"] == 9 - len(sent(peer))


def test_check_mode_plans(peer):
    message, result = run(notify, peer, check=True, aors=["a", "nobody", "no"], **EVENT)
    assert message is None and result["changed"] and not sent(peer)
    assert outcomes(result) == {"a": "planned", "nobody": "not_sent", "no": "planned"}


def test_a_campaign_does_not_fail_again_for_what_an_earlier_run_did(peer, tmp_path):
    args = dict(EVENT, aors=["a", "no"], campaign="night", campaign_dir=str(tmp_path))
    message, _result = run(notify, peer, **args)
    assert message.splitlines()[0] == "1 of 2 phones did not accept"
    message, result = run(notify, peer, **args)
    assert message is None and not result["changed"] and result["summary"]["earlier"] == 2
    assert [entry["outcome"] for entry in result["results"]] == ["accepted", "rejected"]
    assert result["results"][1]["error"]["type"] == "PhoneRejected"


@pytest.mark.parametrize(
    "args, part",
    [
        ({"uris": ["sip:a@192.0.2.1"], "wait": True}, "wait"),
        ({"aors": ["a"], "wait": True, "wait_timeout": 0}, "wait_timeout is 0"),
        ({"aors": ["a"], "batch": 0}, "batch is 0"),
        ({"aors": ["a"], "canary": 101}, "canary is 101"),
        ({"aors": ["a"], "max_failures": "many"}, "max_failures is 'many'"),
    ],
)
def test_options_that_no_phone_could_be_sent_with(peer, args, part):
    with pytest.raises(BadParameters, match=part):
        run(notify, peer, **dict(EVENT, **args))
    assert not sent(peer)


SNOMS = {"vendor": "snom", "model": "3*"}


@pytest.mark.parametrize(
    "firmware, outcomes_of_snoms, reasons",
    [
        ([dict(SNOMS, firmware=["8.7.5.44"])], {"a": "accepted", "b": "accepted"}, []),
        ([dict(SNOMS, firmware=["8.7.5.35"])], {"a": "already", "b": "already"}, ["it has the firmware 8.7.5.35"]),
        (
            [dict(SNOMS, firmware=["8.7.5"])],
            {"a": "already", "b": "already"},
            ["its firmware 8.7.5.35 is newer than 8.7.5"],
        ),
        ([{"vendor": "yealink", "firmware": ["1"]}], {}, []),
    ],
)
def test_firmware_sends_only_to_phones_that_are_behind(peer, firmware, outcomes_of_snoms, reasons):
    message, result = run(notify, peer, select={"aor": ["a", "b", "soft"]}, firmware=firmware, **EVENT)
    assert message is None and outcomes(result) == outcomes_of_snoms
    assert len(sent(peer)) == list(outcomes_of_snoms.values()).count("accepted")
    assert sorted({entry["reason"] for entry in result["results"] if entry["outcome"] == "already"}) == reasons
    # nobody is lost: the softphone, and those that no rule is about
    assert result["summary"]["left_out"]["no rule of firmware is about it"] == 3 - len(outcomes_of_snoms)


def test_firmware_names_what_is_wrong_with_it(peer):
    with pytest.raises(BadParameters, match=r"firmware\[0\]\.vendor is 'acme'"):
        run(notify, peer, select={}, firmware=[{"vendor": "acme", "firmware": ["1"]}], **EVENT)
    assert sent(peer) == []
