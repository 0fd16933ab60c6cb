# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever goes wrong in a run that sends, also what nobody thought of: the task fails with what is known of each thing."""

from __future__ import annotations

import errno
import re

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support import databases
from ansible_collections.community.opensips.tests.integration.support.module_here import Breakage, run_module_here
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, ways_of

PHONES = 40
BUG = KeyError("of a bug")
EIO = OSError(errno.EIO, "Input/output error")


@pytest.fixture(scope="module")
def emu():
    with Emulator("3.6", phones=PHONES, reboot=True, reboot_seconds=0.1, upgrade=True, fr_timeout=1.0) as started:
        yield started


@pytest.fixture
def breaks(monkeypatch):
    """breaks("_readers.uac.parse", KeyError("x"), nth=3)"""
    return lambda path, error, nth=1: Breakage(monkeypatch, path, error, nth)


def reached(emu, mark):
    """{contact: Call-IDs of the NOTIFYs with that X-Mark that it got}"""
    found = {}
    for entry in emu.sip_log():
        headers = dict(entry["headers"])
        if headers.get("X-Mark") == mark:
            found.setdefault(re.match(r"NOTIFY (\S+) ", entry["first"])[1], set()).add(headers["Call-ID"])
    return found


def assert_accounts(emu, mark, contacts, result, most_unknown):
    """Each phone has one result, and it is true."""
    assert sorted(each["contact"] for each in result["results"]) == sorted(contacts)
    by_outcome = {}
    for each in result["results"]:
        by_outcome.setdefault(each["outcome"], set()).add(each["contact"])
    got = reached(emu, mark).keys()
    assert set(by_outcome) <= {"accepted", "not_sent", "unknown"}
    assert by_outcome.get("accepted", set()) <= got
    assert not by_outcome.get("not_sent", set()) & got
    assert len(by_outcome.get("unknown", ())) <= most_unknown
    assert result["changed"] is (len(by_outcome.get("not_sent", ())) < len(contacts))
    return by_outcome


# what breaks, with what, at which call, and how many phones are unknown then at most
SENDING = [
    ("_mi.protocols.jsonrpc.JsonRpcProtocol.decode", BUG, 20, 1),
    ("_mi.protocols.jsonrpc.JsonRpcProtocol.decode", MemoryError(), 20, 1),
    ("_mi.protocols.jsonrpc.JsonRpcProtocol.decode", RecursionError("too deep"), 20, 1),
    ("_mi.protocols.jsonrpc.JsonRpcProtocol.encode", BUG, 20, 0),
    ("_mi.carriers.fifo.FifoCarrier.start", EIO, 20, 0),
    ("_mi.carriers.fifo.FifoCarrier._write", EIO, 20, 1),
    ("_mi.carriers.fifo.FifoExchange.receive", MemoryError(), 20, 1),
    ("_mi.governor.Governor.look_due", BUG, 20, 4),
    ("_mi.governor.Governor.sent", BUG, 10, 4),
    ("_mi.governor.Governor.looked", BUG, 1, 4),
    ("_mi.governor.Governor.report", BUG, 1, 0),
    ("_readers.uac.parse", BUG, 10, 1),
    ("_fleet.sip_request.SipRequest.params", BUG, 10, 0),
    ("_fleet.deliver.StopRule.count", BUG, 10, 0),
    ("_fleet.outcome.error_of", BUG, 10, 4),
    ("_fleet.journal.Journal.sending", EIO, 1, 0),
    ("_fleet.journal.Journal.finished", EIO, 10, 0),
    ("_fleet.report.result_of", UnicodeEncodeError("ascii", "\u00e9", 0, 1, "ordinal not in range"), 10, 0),
    ("_fleet.report.Counts.add", MemoryError(), 10, 0),
]  # fmt: skip


@pytest.mark.parametrize("path, error, nth, most_unknown", SENDING, ids=lambda value: str(value)[-40:])
def test_a_fleet_is_accounted_for_whatever_breaks(emu, breaks, tmp_path, path, error, nth, most_unknown):
    contacts = [phone["contact"] for phone in emu.phones()]
    mark = f"{path} {error!r}"
    breakage = breaks(path, error, nth)
    args = {
        **fifo_of(emu),
        "uris": contacts,
        "event": "check-sync",
        "headers": {"X-Mark": mark},
        "max_in_flight": 4,
        "campaign": "c",
        "campaign_dir": str(tmp_path),
    }
    result = run_module_here("notify", args)
    assert breakage.broken
    assert result["failed"] and result["error"]["hint"]
    expected = "not enough memory" if isinstance(error, MemoryError) else type(error).__name__
    assert expected in result["msg"]
    by_outcome = assert_accounts(emu, mark, contacts, result, most_unknown)
    if nth > 1:
        # nothing more was sent once it was known to be broken
        assert len(by_outcome["not_sent"]) > 5
    # the next run goes on, and sends to nobody twice
    again = run_module_here("notify", args)
    assert not again.get("failed"), again["msg"]
    assert len(again["results"]) == PHONES and not again["summary"]["outcomes"]["not_sent"]
    assert {len(calls) for calls in reached(emu, mark).values()} == {1}


@pytest.mark.parametrize("way", ["mi_http", "udp"])
@pytest.mark.parametrize("error", [BUG, MemoryError()], ids=repr)
def test_over_other_carriers_too(emu, breaks, way, error):
    contacts = [phone["contact"] for phone in emu.phones()]
    mark = f"{way} {error!r}"
    breaks("_mi.protocols.jsonrpc.JsonRpcProtocol.decode", error, 20)
    args = {"uris": contacts, "event": "check-sync", "headers": {"X-Mark": mark}, "max_in_flight": 4}
    result = run_module_here("notify", {**ways_of(emu)[way][0], **args})
    assert result["failed"] and result["error"]["type"] == "UnexpectedError"
    assert len(assert_accounts(emu, mark, contacts, result, 1)["not_sent"]) > 5


def test_a_connection_that_cannot_be_closed_costs_no_results(emu, breaks, monkeypatch):
    warned = []
    # in a process that has been a controller, warnings are shown and not returned
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, text, **_more: warned.append(text))
    contacts = [phone["contact"] for phone in emu.phones()]
    breaks("_mi.carriers.fifo.FifoCarrier.close", EIO)
    breaks("_mi.carriers.fifo.FifoExchange.close", FileNotFoundError(2, "No such file or directory"), 10)
    result = run_module_here(
        "notify", {**fifo_of(emu), "uris": contacts, "event": "check-sync", "headers": {"X-Mark": "close"}}
    )
    assert not result.get("failed"), result["msg"]
    assert result["summary"]["outcomes"]["accepted"] == PHONES
    assert any("could not be closed" in each for each in warned)


@pytest.mark.parametrize("path", ["_fleet.registration.Watch.look", "_fleet.results.Results.update"])
def test_phones_that_were_sent_to_are_accounted_for_when_watching_breaks(emu, breaks, path):
    breaks(path, BUG)
    result = run_module_here(
        "notify",
        {**fifo_of(emu), "select": {"limit": 5}, "event": "check-sync;reboot=true", "wait": True, "wait_timeout": 20},
    )
    assert result["failed"] and "KeyError" in result["msg"]
    assert [each["outcome"] for each in result["results"]] == ["accepted"] * 5
    assert result["changed"] and result["summary"]["sent"] == 5


@pytest.mark.parametrize("path, nth", [
    ("_fleet.mailboxes.State.remember", 2), ("_fleet.mailboxes.State.save", 2), ("_fleet.mailboxes.State.__exit__", 1),
    ("_readers.uac.parse", 2),
])  # fmt: skip
def test_lamps_that_were_sent_are_accounted_for(emu, breaks, tmp_path, path, nth):
    contacts = [phone["contact"] for phone in emu.phones()][:3]
    breaks(path, BUG, nth)
    mailboxes = [{"uri": each, "account": "sip:a@example.com", "new": 1} for each in contacts]
    state = str(tmp_path / "state")
    result = run_module_here(
        "mwi", {**fifo_of(emu), "mailboxes": mailboxes, "state_file": state, "headers": {"X-Mark": path}}
    )
    assert result["failed"] and "KeyError" in result["msg"]
    assert_accounts(emu, path, contacts, result, 1)


def test_a_request_whose_answer_is_not_understood_was_sent(emu, breaks):
    breaks("_readers.uac.parse", BUG)
    result = run_module_here(
        "uac_dlg",
        {
            **fifo_of(emu),
            "method": "OPTIONS",
            "ruri": emu.phones()[0]["contact"],
            "headers": {"From": "<sip:a@b>", "To": "<sip:a@b>"},
        },
    )
    assert (result["failed"], result["changed"], result["outcome"]) == (True, True, "unknown")
    assert result["requests"][0]["params"]["method"] == "OPTIONS" and "KeyError" in result["msg"]


def test_commands_before_the_one_that_breaks_are_accounted_for(emu, breaks):
    breaks("_mi.protocols.jsonrpc.JsonRpcProtocol.decode", BUG, 4)
    store = {"command": "cache_store", "params": {"system": "local", "attr": "a", "value": "b"}}
    result = run_module_here("mi_command", {**fifo_of(emu), "commands": [store, store, store]})
    assert result["failed"] and result["changed"]
    assert [each["outcome"] for each in result["results"]] == ["ok", "failed", "not_run"]
    assert [each["changed"] for each in result["results"]] == [True, True, False]


@pytest.mark.parametrize("path, nth, outcomes", [
    ("_readers.dialogs.read_all", 2, {"failed"}),
    ("_state.dialogs._note", 2, {"failed", "left"}),
])  # fmt: skip
def test_calls_that_were_told_to_end_are_accounted_for(emu, breaks, path, nth, outcomes):
    emu.set_dialogs(3)
    breaks(path, BUG, nth)
    result = run_module_here("dialog", {**fifo_of(emu), "state": "absent", "all": True})
    assert result["failed"] and "KeyError" in result["msg"]
    assert len(result["results"]) == 3 and {each["outcome"] for each in result["results"]} <= outcomes
    assert any(each["requests"] for each in result["results"])
    emu.set_dialogs(0)


def test_state_that_was_written_is_accounted_for(emu, breaks):
    breaks("_state.cache.Cache.read", BUG, 2)
    result = run_module_here("cache", {**fifo_of(emu), "entries": [{"key": "lamp", "value": "on"}]})
    assert result["failed"] and "KeyError" in result["msg"]
    assert result["changed"] and result["results"][0]["after"]
    assert emu.state()["cache"]["lamp"] == "on"


@pytest.mark.parametrize("path, nth, written", [
    ("_table.views.Listing.look", 1, True), ("_table.push.Table._verify", 1, False), ("_table.push.Table._apply", 1, False),
])  # fmt: skip
def test_rows_that_were_written_are_accounted_for(emu, breaks, tmp_path, path, nth, written):
    url = f"sqlite:///{tmp_path}/opensips.sqlite"
    database = databases.Database("sqlite", url, {}).create("3.6", "dispatcher")
    breaks(path, BUG, nth)
    row = {"setid": 1, "destination": "sip:127.0.0.1:5080"}
    result = run_module_here("table", {**fifo_of(emu), "db_url": url, "table": "dispatcher", "rows": [row]})
    assert result["failed"] and "KeyError" in result["msg"]
    assert result["changed"] is written
    assert len(database.rows("dispatcher")) == result["summary"]["outcomes"]["inserted"] == int(written)
    database.drop()
