# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that die, hang or were never there, while a module sends: the task fails, and says what is known of each phone, call and command."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import re
import signal
import socket
import threading
import time
from unittest import mock

import pytest
import yaml

from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.module_here import run_module_here
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, ways_of

PHONES = 200
EVENT = "check-sync"


def carriers(emu):
    """{name: connection options} of every way to an emulator."""
    return {way: options for way, (options, _protocol) in ways_of(emu).items()}


def uris(emu):
    return [phone["contact"] for phone in emu.phones()]


def reached(emu):
    """{mark of a run: the contacts that its NOTIFYs went to}"""
    found = {}
    for entry in emu.sip_log():
        contact = re.match(r"NOTIFY (\S+) ", entry["first"])
        if contact:
            found.setdefault(dict(entry["headers"])["X-Mark"], set()).add(contact[1])
    return found


def wait_for(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)


class Fleets:
    """One run of opensips_notify over each carrier of an emulator, all at the same time."""

    def __init__(self, emu, ways, **args):
        self._emu = emu
        contacts = uris(emu)
        self._runs = {
            way: ModuleProcess(
                "notify", {**options, "uris": contacts, "event": EVENT, "headers": {"X-Mark": way}, "rate": 20, **args}
            )
            for way, options in ways.items()
        }

    def wait(self, count):
        """Until each has reached that many phones."""
        wait_for(lambda: sum(len(each) >= count for each in reached(self._emu).values()) == len(self._runs))

    def results(self):
        """(way, what it returned, contacts by outcome)"""
        for way, process in self._runs.items():
            result = process.result()
            by_outcome = {}
            for each in result["results"]:
                by_outcome.setdefault(each["outcome"], set()).add(each["contact"])
            yield way, result, by_outcome


def assert_lost(way, result, by_outcome):
    """The task failed for want of the server, and accounts for each phone."""
    assert result["failed"], way
    assert result["error"]["type"] in ("ConnectError", "MITimeout"), (way, result["error"])
    assert re.match(r"The run stopped after \d+ of 200 requests: ", result["msg"]), (way, result["msg"])
    assert sum(map(len, by_outcome.values())) == result["summary"]["total"] == PHONES, way
    assert set(by_outcome) <= {"accepted", "not_sent", "unknown"}, way
    sent = result["summary"]["outcomes"]["accepted"] + result["summary"]["outcomes"]["unknown"]
    assert (result["summary"]["sent"], result["changed"]) == (sent, True), way
    assert all((each["at"] is None) == (each["outcome"] == "not_sent") for each in result["results"]), way


@contextlib.contextmanager
def stopped(pid):
    """A process that does nothing until the end of the block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def shared():
    with Emulator("3.6", phones=1) as emu:
        yield emu


@pytest.fixture
def https(tmp_path):
    """Options of an emulator, so that its HTTP side speaks TLS."""
    certificate, key = Authority(tmp_path, "ca").issue("server", "127.0.0.1")
    return {"tls_cert": certificate, "tls_key": key}


# what differs between versions
WAYS = {
    "1.11": ("fifo", "old_xmlrpc"),
    "2.4": ("fifo", "unix", "mi_json"),
    "3.6": ("fifo", "udp", "unix", "mi_http"),
    "4.0": ("fifo", "mi_http"),
}


@pytest.mark.parametrize("version", WAYS)
def test_a_server_that_dies_in_the_middle_of_a_fleet_fails_the_task(emulator, https, version):
    """Also where max_failures would let it pass: phones that nothing was sent to are no failures of theirs."""
    emu = emulator(version, phones=PHONES, **(https if version == "4.0" else {}))
    ways = {way: {**carriers(emu)[way], "validate_certs": False} for way in WAYS[version]}
    fleets = Fleets(emu, ways, timeout=2, max_failures="50%")
    fleets.wait(5)
    before = reached(emu)
    emu.kill()
    after = reached(emu)
    for way, result, by_outcome in fleets.results():
        assert_lost(way, result, by_outcome)
        assert by_outcome["accepted"] <= after[way], way
        assert not by_outcome["not_sent"] & after[way], way
        assert len(by_outcome["not_sent"]) > 100, way
        assert len(by_outcome["accepted"]) >= len(before[way]) - 1, way


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_a_server_that_hangs_in_the_middle_of_a_fleet_ends_it_at_once(emulator, version):
    """What it did not answer within the timeout is unknown; the phones after that are not waited for one after the other."""
    emu = emulator(version, phones=PHONES)
    fleets = Fleets(emu, {way: carriers(emu)[way] for way in WAYS[version]}, timeout=0.8, max_in_flight=2)
    fleets.wait(3)
    with stopped(emu.pid):
        results = list(fleets.results())
    for way, result, by_outcome in results:
        assert_lost(way, result, by_outcome)
        # the two under way, and one that took the place of the first before the silence of the second told
        assert 1 <= len(by_outcome["unknown"]) <= 3, way
        assert len(by_outcome["not_sent"]) > 100, way


def test_a_fifo_that_another_process_keeps_locked_ends_the_run_at_once(emulator):
    emu = emulator("3.6", phones=PHONES)
    fleets = Fleets(emu, {"fifo": fifo_of(emu)}, timeout=1)
    fleets.wait(3)
    fd = os.open(emu.fifo_path, os.O_WRONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        [(way, result, by_outcome)] = fleets.results()
    finally:
        os.close(fd)
    assert_lost(way, result, by_outcome)
    # the server lives, so what it took has its answer
    assert set(by_outcome) == {"accepted", "not_sent"}
    assert by_outcome["accepted"] == reached(emu)["fifo"]
    assert "accepts no more requests" in result["msg"]


@pytest.mark.parametrize("status", [401, 502])
def test_a_gate_that_closes_in_the_middle_of_a_fleet_ends_it_at_once(shared, status):
    """A proxy whose server died, or credentials that are not taken any more: no further phone becomes unknown."""
    shared.clear_faults()
    contacts = [f"sip:code200@127.0.0.1:{shared.phones_port};n={number}" for number in range(60)]
    answers = iter([None] * 12)

    real = http.client.HTTPConnection.getresponse

    def getresponse(connection):
        response = real(connection)
        if next(answers, "closed") == "closed":
            response.status = status
        return response

    with mock.patch.object(http.client.HTTPConnection, "getresponse", getresponse):
        args = {"url": shared.jsonrpc_url, "uris": contacts, "event": EVENT, "max_in_flight": 2}
        result = run_module_here("notify", args)
    assert result["failed"] and f"HTTP {status}" in result["msg"]
    outcomes = result["summary"]["outcomes"]
    assert outcomes["accepted"] >= 5 and outcomes["unknown"] <= 2 and outcomes["not_sent"] > 40


# ---- nothing was sent


@pytest.fixture
def stalled():
    """The port of a server that accepts connections, and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


NEVER_SENT = {
    "no FIFO": lambda emu, port: {"fifo_path": "/nonexistent/fifo"},
    "UDP is refused": lambda emu, port: {"host": "127.0.0.1", "port": 1},
    "HTTP is refused": lambda emu, port: {"url": "http://127.0.0.1:1/mi"},
    "TLS stalls": lambda emu, port: {"url": f"https://127.0.0.1:{port}/mi", "timeout": 0.2},
    "HTTP stalls": lambda emu, port: {"url": f"http://127.0.0.1:{port}/mi", "timeout": 0.2},
    "which is not answered": lambda emu, port: {**fifo_of(emu), "timeout": 0.2},
    "the version is not answered": lambda emu, port: {"host": emu.udp[0], "port": emu.udp[1], "timeout": 0.2},
}


@pytest.mark.parametrize("fault", NEVER_SENT)
def test_what_never_started_is_not_sent(shared, stalled, fault):
    emu = shared
    emu.clear_faults()
    before = len(emu.sip_log())
    if fault.endswith("not answered"):
        emu.fault("which" if "which" in fault else "version", "no_reply")
    options = NEVER_SENT[fault](emu, stalled)
    uri = {"uris": ["sip:a@127.0.0.1", "sip:b@127.0.0.1"]}
    for module, args in (("notify", {**uri, "event": EVENT}), ("mwi", {"uris": ["sip:a@127.0.0.1"], "new": 1})):
        result = run_module_here(module, {**options, **args})
        assert result["failed"] and result["error"]["hint"], module
        assert not result["changed"] and result["summary"]["sent"] == 0, module
        assert {each["outcome"] for each in result["results"]} == {"not_sent"}, module
    request = {
        "method": "OPTIONS",
        "ruri": "sip:a@127.0.0.1",
        "headers": {"From": "<sip:a@b>", "To": "<sip:a@b>"},
    }
    result = run_module_here("uac_dlg", {**options, **request})
    assert (result["failed"], result["changed"], result["outcome"]) == (True, False, "not_sent")
    command = {"command": "cache_remove", "params": {"system": "local", "attr": "a"}}
    result = run_module_here("mi_command", {**options, **command})
    assert result["failed"] and not result.get("changed")
    assert len(emu.sip_log()) == before


def test_a_command_that_was_not_taken_changed_nothing(emulator):
    """The FIFO was there for the questions before it, and then for no request."""
    emu = emulator("3.6", phones=1)
    emu.fault("uptime", "slow", 1)
    commands = [{"command": "uptime"}, {"command": "cache_remove", "params": {"system": "local", "attr": "a"}}]
    process = ModuleProcess("mi_command", {**fifo_of(emu), "commands": commands, "timeout": 2})
    wait_for(lambda: emu.stats()["commands"].get("uptime"))
    emu.kill()
    result = process.result()
    assert result["failed"] and not result["changed"]
    assert [each["outcome"] for each in result["results"]] == ["ok", "failed"]


# ---- calls


def test_calls_that_a_hung_server_was_to_end_are_accounted_for(emulator):
    emu = emulator("3.6", phones=0, dialogs=60)
    process = ModuleProcess("dialog", {**fifo_of(emu), "state": "absent", "all": True, "rate": 20, "timeout": 0.8})
    name = "dlg_end_dlg"
    wait_for(lambda: emu.stats()["commands"].get(name, 0) >= 5)
    with stopped(emu.pid):
        result = process.result()
    assert result["failed"] and len(result["results"]) == 60
    asked = [entry for entry in result["results"] if entry["requests"]]
    assert 5 <= len(asked) < 60
    assert {each["outcome"] for each in result["results"]} <= {"failed", "gone"}
    # what went out may have been done; of the others that is certain not to be
    untold = [each for each in result["results"] if not each["requests"]]
    assert all("accepts no more requests" in each["error"]["message"] for each in untold)


# ---- waiting for phones


def test_a_server_that_dies_while_phones_are_waited_for_fails_the_task(emulator):
    emu = emulator("3.6", phones=4)
    args = {"select": {}, "event": EVENT, "wait": True, "wait_timeout": 2, "timeout": 0.5}
    process = ModuleProcess("notify", {**fifo_of(emu), **args})
    wait_for(lambda: len({entry["first"] for entry in emu.sip_log()}) == 4)
    emu.kill()
    result = process.result()
    assert result["failed"] and "watching for registrations ended early" in result["msg"]
    assert result["error"]["type"] in ("ConnectError", "MITimeout")
    assert [each["outcome"] for each in result["results"]] == ["accepted"] * 4
    assert result["changed"] and result["summary"]["registered"] == {}
    # nobody knows, so nobody is said to be missing
    assert {each.get("registered") for each in result["results"]} == {None}


def test_a_look_that_is_lost_is_repeated_while_phones_are_waited_for(emulator):
    emu = emulator("3.6", phones=4, reboot=True, reboot_seconds=1.5, upgrade=True)
    args = {"select": {}, "event": f"{EVENT};reboot=true", "wait": True, "wait_timeout": 60, "timeout": 0.4}
    process = ModuleProcess("notify", {**fifo_of(emu), **args})
    wait_for(lambda: len({entry["first"] for entry in emu.sip_log()}) == 4)
    emu.fault("ul_show_contact", "no_reply", count=4)
    result = process.result()
    assert not result.get("failed"), result["msg"]
    assert result["summary"]["registered"] == {"back": 4}


# ---- one that answers too much


def test_a_reply_beyond_the_memory_of_the_process_costs_one_result(emulator):
    emu = emulator("3.6", phones=12)
    contacts = uris(emu)
    emu.fault("t_uac_dlg", "oversized", 100_000_000, count=1)
    args = {**fifo_of(emu), "uris": contacts, "event": EVENT, "rate": 20, "max_in_flight": 1}
    process = ModuleProcess("notify", args)
    process.limit_memory(250_000_000)
    result = process.result()
    assert result["failed"] and len(result["results"]) == 12
    assert result["summary"]["outcomes"]["unknown"] == result["summary"]["sent"] == 1
    assert "memory" in result["msg"] and result["error"]["type"] == "UnexpectedError"


# ---- the role and the playbook


@contextlib.contextmanager
def killed_after(emu, count):
    """Kill a server once so many phones got a NOTIFY."""

    def watch():
        while not done.wait(0.02):
            if sum(entry["first"].startswith("NOTIFY") for entry in emu.sip_log()) >= count:
                emu.kill()
                return

    done = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def rescued(tasks):
    """Tasks that may fail their host: the helper wants plays that end well."""
    failed = {"name": "Failed", "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}
    return [{"block": tasks, "rescue": [failed]}]


def test_the_role_reports_on_a_server_that_died_and_says_how_to_go_on(ansible, emulator, tmp_path):
    emu = emulator("3.6", phones=30)
    variables = {
        "select": {},
        "event": EVENT,
        "campaign": "night",
        "campaign_dir": str(tmp_path / "journals"),
        "report_dir": str(tmp_path / "reports"),
        "canary": 0,
        "batch": 12,
        # without it, the batches were one task
        "pause": 1,
        "rate": 20,
        "wait": False,
        "max_failures": "",
    }
    role = {"name": "Run it", "ansible.builtin.include_role": {"name": "community.opensips.phone_reboot"}}
    play = {
        "hosts": "all",
        "gather_facts": False,
        "module_defaults": {"group/community.opensips.all": {**fifo_of(emu), "timeout": 2}},
        "tasks": rescued([role]),
    }
    host = {f"phone_reboot_{name}": value for name, value in variables.items()}
    with killed_after(emu, 16):
        results = ansible.run_plays([play], {"sip": host})
    [message] = [each.msg for each in results if each.task == "Failed"]
    assert "The run stopped after" in message and "phone_reboot_campaign=night" in message
    # the batch that the server died in, and none after it
    assert len([each for each in results if each.task.endswith("Send, and wait for the phones")]) == 2
    [path] = (tmp_path / "reports" / "night").glob("*.json")
    report = json.loads(path.read_text(encoding="utf-8"))
    states = report["summary"]["states"]
    assert sum(states.values()) == 30 and 12 <= states["accepted"] < 24 and states["not_sent"] > 5
    assert "The run stopped" in report["about"]["stopped"]


def test_the_playbook_of_lamps_shows_what_is_known_of_a_server_that_died(ansible, emulator, tmp_path):
    emu = emulator("2.4", phones=30)
    [play] = yaml.safe_load((COLLECTION / "playbooks" / "update_mwi.yml").read_text(encoding="utf-8"))
    boxes = [{"uri": each, "account": "sip:a@example.com", "new": 1} for each in uris(emu)]
    host = {
        "opensips_connection": {**fifo_of(emu), "timeout": 2},
        "opensips_mwi_mailboxes": boxes,
        "opensips_mwi_rate": 20,
        "opensips_mwi_results_dir": str(tmp_path),
    }
    play.update(hosts="all", tasks=rescued(play["tasks"]))
    with killed_after(emu, 8):
        results = ansible.run_plays([play], {"sip": host})
    [message] = [each.msg for each in results if each.task == "Failed"]
    assert "The run stopped after" in message
    kept = json.loads((tmp_path / "sip.json").read_text(encoding="utf-8"))
    outcomes = kept["summary"]["outcomes"]
    assert len(kept["results"]) == 30 and outcomes["accepted"] >= 7 and outcomes["not_sent"] > 5
    assert {each.name for each in tmp_path.iterdir()} >= {"sip.json", "sip.csv", "sip.html"}
