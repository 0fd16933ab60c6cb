# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_diagnose: what it finds wrong with a server, that it leaves nothing behind, and backtraces."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import time

import pytest
import yaml

from ansible_collections.community.opensips.plugins.module_utils._diagnose import backtraces, instances, listening
from ansible_collections.community.opensips.plugins.module_utils._diagnose.checks import CHECKS
from ansible_collections.community.opensips.plugins.module_utils._events.addresses import Addresses
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._readers import events
from ansible_collections.community.opensips.plugins.modules import opensips_diagnose
from ansible_collections.community.opensips.tests.integration.support.agent import Agent, Datagrams
from ansible_collections.community.opensips.tests.integration.support.background import NOBODY, in_child
from ansible_collections.community.opensips.tests.integration.support.bad_input import (
    assert_refused,
    commands_of,
)
from ansible_collections.community.opensips.tests.integration.support.databases import Mariadb, NotHere
from ansible_collections.community.opensips.tests.integration.support.fixtures import (
    needs_opensips,
    needs_opensips_with,
    on_every_server,
)
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import (
    DatabaseOpensips,
    RealOpensips,
    find_binary,
)
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

RETURN = yaml.safe_load(opensips_diagnose.RETURN)
SECONDS = 30
EVENT = "E_CORE_THRESHOLD"
MESSAGE = (
    "INVITE sip:1001:hidden@example.com SIP/2.0\r\nCall-ID: call-1\r\nCSeq: 1 INVITE\r\n"
    'Authorization: Digest response="hidden"\r\n\r\n'
)
needs_gdb = pytest.mark.skipif(not backtraces.gdb(), reason="no gdb on PATH")


def diagnose(connection, check=False, **options):
    return run_module("diagnose", {"duration": 1, "sample_interval": 0.5, **connection, **options}, check=check)


def findings(result, name):
    """{subject: entry} of a check."""
    return {entry["subject"]: entry for entry in result["checks"] if entry["name"] == name}


def outcome(result, name):
    (entry,) = findings(result, name).values()
    return entry["outcome"]


def wait_until(condition):
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def subscribed(connection):
    """The sockets that the server sends the event to."""
    with Connection(connection) as opened:
        return [
            subscription["socket"]
            for subscription in events.read_subscriptions(opened)
            if subscription["event"] == EVENT and subscription["expires"]
        ]


def while_it_looks(emu, action, **options):
    """The result of a module during whose look action() runs, after it has subscribed and read the first numbers."""
    process = ModuleProcess("diagnose", {"duration": 3, "sample_interval": 0.5, **fifo_of(emu), **options})
    wait_until(lambda: sum(emu.stats()["commands"].get(name, 0) for name in ("get_statistics", "statistics:get")) >= 2)
    action()
    return process.result()


def subscribed_to(emu):
    return subscribed({"host": emu.udp[0], "port": emu.udp[1]})


@on_every_server
class TestEveryServer:
    def test_it_is_as_documented(self, server):
        before = subscribed(server.connection)
        result = diagnose(server.connection)
        assert not result.get("failed"), result
        assert set(RETURN) - {"error"} == set(result) - {"changed", "invocation"}
        assert result["changed"] is False and result["seconds"] >= 1
        for name in ("checks", "load", "receive_queues"):
            # 1.11 reports no load
            assert result[name] or (name, server.version[:2]) == ("load", (1, 11)), name
            assert all(set(entry) == set(RETURN[name]["contains"]) for entry in result[name]), name
        assert set(result["memory"]["shared"]) == set(RETURN["memory"]["contains"]["shared"]["contains"])
        private = RETURN["memory"]["contains"]["private"]["contains"]
        assert result["memory"]["private"] and all(
            set(process) == set(private) for process in result["memory"]["private"]
        )
        kinds = RETURN["slow"]["contains"]["sql"]["contains"]
        assert set(result["slow"]) == {"sip", "dns", "sql", "nosql", "tcp", "other"}
        assert all(set(kind) == set(kinds) for kind in result["slow"].values())
        assert {entry["name"] for entry in result["checks"]} | set(result["not_checked"]) == set(CHECKS)
        assert len(result["report"]) == len(result["checks"]) == result["summary"]["total"]
        assert subscribed(server.connection) == before

    def test_what_a_version_does_not_report_is_unknown(self, server):
        result = diagnose(server.connection, checks=["load", "shared_memory", "private_memory", "uptime"])
        loads = {entry["outcome"] for entry in findings(result, "load").values()}
        assert loads == ({"ok"} if server.version >= (2, 4) else {"unknown"})
        assert bool(result["load"]) == (server.version >= (2, 4))
        assert (outcome(result, "mi"), outcome(result, "uptime"), outcome(result, "shared_memory")) == ("ok",) * 3

    def test_check_mode_neither_subscribes_nor_stops_anything(self, server):
        result = diagnose(server.connection, check=True, trap=True)
        assert not result.get("failed") and result["backtraces"] == []
        assert "check mode" in result["events_missing"] and "check mode" in result["not_checked"]["trap"]
        assert subscribed(server.connection) == []


def test_check_mode_only_reads(emulator):
    emu = emulator("3.6", phones=0)
    diagnose(fifo_of(emu), check=True)
    assert "event_subscribe" not in commands_of(emu) and "get_statistics" in commands_of(emu)


class TestSlow:
    @pytest.mark.parametrize(
        ("version", "transport"), [("2.4", "udp"), ("2.4", "tcp"), ("3.6", "tcp"), ("4.0", "auto"), ("1.11", "udp")]
    )
    def test_events(self, emulator, version, transport):
        emu = emulator(version, phones=0)

        def act():
            emu.raise_event(EVENT, source="msg processing", time=250000, extra=MESSAGE)
            for number in range(3):
                statement = f"select a from t where b='hidden{number}'"
                emu.raise_event(EVENT, source="mysql query", time=1000 * (number + 1), extra=statement)
            stale = "select username,domain from dbaliases where alias_username='hid"
            emu.raise_event(EVENT, source="mysql prep stmt", time=900, extra=stale)
            emu.raise_event(EVENT, source="dns", time=5000000, extra="slow.example.com")
            emu.raise_event(EVENT, source="cachedb_local fetch", time=7, extra="key1")

        result = while_it_looks(emu, act, event_transport=transport)
        slow = result["slow"]
        assert [slow[kind]["events"] for kind in ("sip", "dns", "sql", "nosql", "tcp")] == [1, 1, 4, 1, 0]
        assert slow["sip"]["slowest"] == [
            {"source": "msg processing", "operation": "INVITE", "subject": "sip:1001@example.com", "call_id": "call-1", "seconds": 0.25}
        ]  # fmt: skip
        assert slow["sql"]["most_frequent"] == [
            {"source": "mysql query", "operation": "select a from t where b=?", "count": 3, "mean": 0.002, "longest": 0.003},
            {"source": "mysql prep stmt", "operation": "prepared statement", "count": 1, "mean": 0.0009, "longest": 0.0009},
        ]  # fmt: skip
        assert slow["dns"]["slowest"][0]["operation"] == "slow.example.com"
        assert {outcome(result, kind) for kind in ("sip", "dns", "sql", "nosql")} == {"warning"}
        assert all(findings(result, kind)[None]["hint"] for kind in ("sip", "dns", "sql", "nosql"))
        assert "hidden" not in str(result) and result["events_missing"] is None
        assert subscribed_to(emu) == []

    def test_counters(self, emulator):
        emu = emulator("3.6", phones=0)
        emu.set_statistics({"sql:sql_total_queries": 100, "sql:sql_slow_queries": 2, "dns:dns_total_queries": 7})

        def act():
            emu.set_statistics({"sql:sql_total_queries": 200, "sql:sql_slow_queries": 12})

        result = while_it_looks(emu, act)
        (entry,) = findings(result, "sql").values()
        assert (entry["outcome"], entry["value"], entry["limit"]) == ("failed", 10.0, 5.0)
        assert "10 of 100 SQL queries" in entry["message"]
        assert result["slow"]["sql"]["total"] == 100 and result["slow"]["sql"]["events"] == 0
        # without any, it says nothing of them
        assert "dns" in result["not_checked"]

    def test_within_the_limit(self, emulator):
        emu = emulator("3.6", phones=0)
        emu.set_statistics({"dns:dns_total_queries": 0, "dns:dns_slow_queries": 0})
        result = while_it_looks(
            emu, lambda: emu.set_statistics({"dns:dns_total_queries": 100, "dns:dns_slow_queries": 10}), maximum_slow=20
        )
        assert outcome(result, "dns") == "warning"

    def test_nothing_slow_is_only_well_if_the_threshold_is_set(self, emulator):
        emu = emulator("4.0", phones=0)
        emu.set_statistics({"sql:sql_total_queries": 0, "sql:sql_slow_queries": 1, "cdb:cdb_total_queries": 0})
        result = while_it_looks(
            emu, lambda: emu.set_statistics({"sql:sql_total_queries": 5, "cdb:cdb_total_queries": 5})
        )
        assert (outcome(result, "sql"), outcome(result, "nosql")) == ("ok", "unknown")
        assert "exec_threshold" in findings(result, "nosql")[None]["hint"]

    def test_a_server_that_sends_no_events(self, emulator):
        emu = emulator("3.6", phones=0)
        emu.refuse("event_subscribe", 400, "Bad parameter value")
        result = diagnose(fifo_of(emu))
        assert "event_datagram or event_stream" in result["events_missing"]
        result = diagnose(fifo_of(emu), event_transport="udp")
        assert_refused(result, ["event_transport", "event_datagram"])

    def test_a_host_that_no_server_can_send_to(self, emulator):
        """Events go over IPv4 only; the rest works without them."""
        emu = emulator("4.0", phones=0)
        if not emu.udp6:
            pytest.skip("no IPv6 here")
        way = {"host": emu.udp6[0], "port": emu.udp6[1]}
        result = diagnose(way)
        assert not result.get("failed") and "IPv4" in result["events_missing"] and result["load"]
        assert_refused(diagnose(way, event_transport="udp"), ["IPv4", "listen_host"])

    def test_checks_that_need_no_events(self, emulator):
        emu = emulator("3.6", phones=0)
        assert "need no events" in diagnose(fifo_of(emu), checks=["load"])["events_missing"]
        assert "event_subscribe" not in commands_of(emu)

    def test_a_flood_of_events_ends_the_subscription(self, emulator, monkeypatch):
        emu = emulator("3.6", phones=0)
        monkeypatch.setattr(listening, "MOST_EVENTS", 5)
        with Connection(fifo_of(emu)) as connection:
            where = listening.Where("udp", Addresses(connection.options, None, None, None), 0)
            with listening.Listening(connection, where) as heard:
                assert subscribed_to(emu) == [heard.socket]
                for number in range(6):
                    emu.raise_event(EVENT, source="dns", time=100, extra=f"host{number}.example.com")
                wait_until(lambda: not heard.take() and heard.received >= 5)
                assert "ended early" in heard.why_not and subscribed_to(emu) == []

    def test_it_is_renewed(self, emulator, monkeypatch):
        emu = emulator("3.6", phones=0)
        monkeypatch.setattr(listening, "_RENEW", 0)
        with Connection(fifo_of(emu)) as connection:
            where = listening.Where("auto", Addresses(connection.options, None, None, None), 0)
            with pytest.raises(ZeroDivisionError), listening.Listening(connection, where) as heard:
                heard.renew()
                assert emu.stats()["commands"]["event_subscribe"] == 2
                raise ZeroDivisionError
        assert subscribed_to(emu) == []


class TestWrong:
    """What each check finds wrong with a server."""

    def test_load_and_memory(self, emulator):
        emu = emulator("3.6", phones=0)
        values = {f"load:load-proc-{number}": 97 for number in (6, 7)}
        emu.set_statistics({**values, "net:waiting_udp": 50000, "shmem:max_used_size": 530000000})
        emu.set_statistics({"pkmem:6-real_used_size": 16700000})
        result = diagnose(fifo_of(emu))
        busy = {subject: entry for subject, entry in findings(result, "load").items() if entry["outcome"] == "failed"}
        assert len(busy) == 1 and all("SIP receiver" in subject for subject in busy)
        (entry,) = busy.values()
        assert entry["value"] == 97 and "udp_workers" in entry["hint"]
        assert findings(result, "receive_queues")["udp"]["outcome"] == "warning"
        assert outcome(result, "shared_memory") == "warning" and "-m" in findings(result, "shared_memory")[None]["hint"]
        private = [entry for entry in findings(result, "private_memory").values() if entry["outcome"] == "failed"]
        assert len(private) == 1 and "process 6" in private[0]["subject"] and "-M" in private[0]["hint"]
        assert result["outcome"] == "failed" and result["report"][0].startswith("FAILED ")
        assert "What to do: " in result["report"][0]

    def test_one_process_that_never_rests(self, emulator):
        emu = emulator("3.6", phones=0)
        emu.set_statistics({"load:load-proc-6": 100})
        result = diagnose(fifo_of(emu), duration=2, checks=["load"])
        (entry,) = [entry for entry in findings(result, "load").values() if entry["outcome"] == "warning"]
        assert entry["subject"].startswith("process 6 ") and "trap" in entry["hint"]

    def test_fail_on(self, emulator):
        emu = emulator("3.6", phones=0)
        emu.set_statistics({"load:load-proc-6": 97, "load:load-proc-7": 97})
        result = diagnose(fifo_of(emu), checks=["load"], fail_on=["failed"])
        assert result["failed"] and result["error"]["type"] == "Unhealthy" and result["load"]
        assert not diagnose(fifo_of(emu), checks=["load"], fail_on=["failed"], maximum_load=99).get("failed")

    def test_a_restart(self, emulator):
        emu = emulator("3.6", phones=0)
        emu.set_statistics({"core:timestamp": 1000})
        result = while_it_looks(emu, lambda: emu.set_statistics({"core:timestamp": 3}))
        assert outcome(result, "uptime") == "failed"

    def test_registrants(self, emulator):
        emu = emulator("4.0", phones=0)
        result = diagnose(fifo_of(emu), checks=["registrants"])
        entries = findings(result, "registrants").values()
        assert entries and all(entry["hint"] for entry in entries if entry["outcome"] != "ok")

    def test_a_server_that_stops_answering(self, emulator):
        emu = emulator("3.6", phones=0, allow_crash=True)

        def stop():
            os.kill(emu.pid, signal.SIGSTOP)

        try:
            result = while_it_looks(emu, stop, timeout=1, duration=20)
        finally:
            os.kill(emu.pid, signal.SIGCONT)
        assert outcome(result, "mi") == "failed" and "stopped answering" in findings(result, "mi")[None]["message"]
        assert not result.get("failed") and result["seconds"] < 20 and result["load"]


@contextlib.contextmanager
def sleeper(program="sleep", opened=None):
    process = subprocess.Popen([program, "60"], pass_fds=[] if opened is None else [opened.fileno()])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def mi_of_nobody(stack, folder, way):
    """(something that is open, connection options for it) of a server that hangs."""
    if way == "fifo":
        os.mkfifo(folder / "fifo")
        return open(folder / "fifo", "rb+", buffering=0), {"fifo_path": str(folder / "fifo")}  # noqa: SIM115 - the caller closes it
    kind = socket.SOCK_STREAM if way == "http" else socket.SOCK_DGRAM
    opened = stack.enter_context(socket.socket(socket.AF_UNIX if way == "socket" else socket.AF_INET, kind))
    opened.bind(str(folder / "mi.sock") if way == "socket" else ("127.0.0.1", 0))
    if way == "socket":
        return opened, {"socket_path": str(folder / "mi.sock")}
    port = opened.getsockname()[1]
    if way == "udp":
        return opened, {"host": "127.0.0.1", "port": port}
    opened.listen()
    return opened, {"url": f"http://127.0.0.1:{port}/mi"}


def tracer(pid):
    return backtraces._tracer(pid)


class TestTrap:
    @needs_gdb
    def test_a_backtrace(self):
        with sleeper() as process:
            (taken,) = backtraces.take([backtraces.Process(3, process.pid, "SIP receiver ")], 30, wants_full=True)
            assert tracer(process.pid) == 0 and process.poll() is None
            with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
                assert "State:\tS" in status.read()
        if taken.plain["reason"]:
            pytest.skip(taken.plain["reason"])
        assert taken.plain["id"] == 3 and taken.plain["type"] == "SIP receiver" and taken.plain["frames"]
        assert "nanosleep" in " ".join(taken.plain["frames"]) and taken.plain["doing"] in ("idle", "sleep")
        assert backtraces._FULL.encode() in taken.full
        assert str(process.pid).encode() in backtraces.text_of([taken])

    def test_a_gdb_that_hangs_is_ended(self, tmp_path, monkeypatch):
        gdb = tmp_path / "gdb"
        gdb.write_text('#!/bin/sh\ntrap "" TERM\nsleep 60 &\nwait\nwait\n', encoding="utf-8")
        gdb.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        monkeypatch.setattr(backtraces, "_GRACE", 0.2)
        started = time.monotonic()
        with sleeper() as process:
            (taken,) = backtraces.take([backtraces.Process(1, process.pid, None)], 0.3, wants_full=False)
        assert "did not end within 0.3 s" in taken.plain["reason"] and taken.plain["frames"] == []
        assert time.monotonic() - started < SECONDS

    def test_a_process_that_is_left_stopped_goes_on(self):
        with sleeper() as process:
            process.send_signal(signal.SIGSTOP)
            wait_until(lambda: backtraces.local.status(process.pid)[0] == "T")
            backtraces._let_go(process.pid)
            wait_until(lambda: backtraces.local.status(process.pid)[0] == "S")

    def test_without_gdb_it_says_so(self, monkeypatch):
        monkeypatch.setattr(backtraces, "gdb", lambda: None)
        with sleeper() as process:
            wait_until(lambda: backtraces.local.status(process.pid)[0] == "S")
            (taken,) = backtraces.take([backtraces.Process(1, process.pid, None)], 1, wants_full=False)
        assert taken.plain["state"] == "S" and "no gdb" in taken.plain["reason"]
        (entry,) = backtraces.check([taken.plain])
        assert entry["outcome"] == "unknown" and "gdb" in entry["hint"]

    def test_a_process_that_ends_meanwhile(self, tmp_path, monkeypatch):
        """The words of gdb would send the reader to the rights; a process that has ended was stopped, or crashed."""
        gdb = tmp_path / "gdb"
        gdb.write_text(
            '#!/bin/sh\nfor word; do case "$word" in "attach "*) kill -9 ${word#attach };; esac; done\n',
            encoding="utf-8",
        )
        gdb.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        with sleeper() as process, sleeper() as other:
            processes = [backtraces.Process(1, process.pid, None), backtraces.Process(2, other.pid, None)]
            taken = backtraces.take(processes, 30, wants_full=False)
        assert [each.plain["reason"] for each in taken] == ["The process has ended"] * 2
        (entry,) = backtraces.check([each.plain for each in taken])
        assert entry["outcome"] == "unknown" and "core file" in entry["hint"] and "gdb" not in entry["hint"]

    def test_a_number_that_is_another_process_now(self, monkeypatch):
        begun = iter(["1", "2"])
        monkeypatch.setattr(backtraces.local, "started", lambda _pid: next(begun))
        with sleeper() as process:
            (taken,) = backtraces.take([backtraces.Process(1, process.pid, None)], 30, wants_full=False)
        assert taken.plain["reason"] == "The process has ended" and taken.plain["frames"] == []

    @needs_gdb
    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
    def test_without_root(self):
        """A user whom the kernel refuses is told so, and what to do."""
        with sleeper() as process:
            wait_until(lambda: backtraces.local.status(process.pid)[0] == "S")
            processes = [backtraces.Process(1, process.pid, None)]
            [taken] = in_child(lambda: [one.plain for one in backtraces.take(processes, 60, wants_full=False)], NOBODY)
            assert tracer(process.pid) == 0 and process.poll() is None
        assert "this user" in taken["reason"] and "become: true" in taken["reason"], taken
        (entry,) = backtraces.check([taken])
        assert entry["outcome"] == "unknown" and "become" in entry["message"] and "root" in entry["hint"]

    def test_a_server_that_does_not_answer(self, tmp_path):
        """Its processes are those that have its FIFO open, or those of the file with its pid: never those of another server."""
        program = tmp_path / "opensips"
        shutil.copy(shutil.which("sleep"), program)
        (tmp_path / "fifo").touch()
        with sleeper(str(program)) as process, sleeper(str(program)) as other:
            (tmp_path / "pid").write_text(f"{process.pid}\n", encoding="utf-8")
            dead = {"host": "127.0.0.1", "port": 9, "timeout": 1}
            trap = {"trap": True, "trap_pid_file": str(tmp_path / "pid"), "trap_file": str(tmp_path / "trap")}
            result = diagnose(dead, **trap)
            assert result["failed"] and outcome(result, "mi") == "failed"
            assert [backtrace["pid"] for backtrace in result["backtraces"]] == [process.pid]
            refused = diagnose(dead, trap=True)
            assert_refused(refused, ["this host has", "udp:127.0.0.1:9", "trap_pid_file"])
            (tmp_path / "pid").write_text("root:s3cret\n", encoding="utf-8")
            refused = diagnose(dead, **trap)
            assert_refused(refused, ["trap_pid_file", "has no pid"])
            assert "s3cret" not in json.dumps(refused)
            # the file of a server that has ended
            (tmp_path / "pid").write_text(f"{os.getpid()}\n", encoding="utf-8")
            assert_refused(diagnose(dead, **trap), ["trap_pid_file", "no opensips on this host"])
            assert tracer(other.pid) == 0
        if result["backtraces"][0]["frames"]:
            assert result["changed"] and stat.S_IMODE((tmp_path / "trap").stat().st_mode) == 0o600

    @pytest.mark.parametrize("way", ["udp", "http", "socket", "fifo"])
    def test_the_server_that_has_mi_open(self, tmp_path, way):
        """Of two servers, the one that hangs is found by what it has open."""
        program = tmp_path / "opensips"
        shutil.copy(shutil.which("sleep"), program)
        with contextlib.ExitStack() as stack:
            opened, options = mi_of_nobody(stack, tmp_path, way)
            hanging = stack.enter_context(sleeper(str(program), opened))
            other = stack.enter_context(sleeper(str(program)))
            opened.close()
            result = diagnose({**options, "timeout": 1}, trap=True)
            assert [backtrace["pid"] for backtrace in result["backtraces"]] == [hanging.pid], result
            assert other.poll() is None

    def test_processes_of_no_opensips_are_left_alone(self, emulator):
        emu = emulator("3.6", phones=0)
        result = diagnose(fifo_of(emu), trap=True, checks=["uptime"])
        assert result["backtraces"] == [] and outcome(result, "trap") == "unknown"


@needs_opensips
class TestReal:
    """A real server whose every message is slow."""

    @pytest.fixture(scope="class")
    @classmethod
    def real(cls):
        server = RealOpensips(find_binary(), more=["exec_msg_threshold=1", "exec_dns_threshold=1"])
        yield server
        server.finish()

    def ask(self, server, ended):
        """Send requests until ended() is true."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            number = 0
            while not ended():
                number += 1
                text = MESSAGE.partition("\r\n")[2].replace("call-1", f"call-{number}").replace("INVITE", "OPTIONS")
                via = f"Via: SIP/2.0/UDP 127.0.0.1:{sock.getsockname()[1]};branch=z9hG4bK{number}\r\n"
                head = f"OPTIONS sip:1001@127.0.0.1:{server.sip[1]} SIP/2.0\r\n{via}From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\n"
                sock.sendto(f"{head}{text}".encode(), server.sip)
                time.sleep(0.02)

    @pytest.mark.parametrize("transport", ["udp", "tcp"])
    def test_slow_messages(self, real, transport):
        if not real.has({"udp": "event_datagram"}.get(transport, "event_stream")) and real.version >= (3, 1):
            pytest.skip("the module that sends events is not installed")
        process = ModuleProcess("diagnose", {"duration": 2, "event_transport": transport, **real.connection})
        self.ask(real, lambda: not process.running)
        result = process.result()
        assert outcome(result, "sip") == "failed", result
        slow = result["slow"]["sip"]
        assert slow["events"] > 10 and slow["slow"] > 10 and slow["total"] > 10
        assert slow["most_frequent"][0]["operation"] == "OPTIONS"
        assert slow["slowest"][0]["subject"] == f"sip:1001@127.0.0.1:{real.sip[1]}" and slow["slowest"][0]["call_id"]
        assert "hidden" not in str(result)
        assert subscribed(real.connection) == []
        if result["load"]:
            (group,) = [group for group in result["load"] if group["type"].startswith("SIP receiver")]
            assert group["processes"] == 2 and group["processor"] is not None
        assert f"udp:127.0.0.1:{real.sip[1]}" in {queue["socket"] for queue in result["receive_queues"]}

    @needs_gdb
    def test_trap(self, real, tmp_path):
        result = diagnose(real.connection, trap=True, trap_timeout=60, trap_file=str(tmp_path / "trap"))
        assert len(result["backtraces"]) >= 5
        for backtrace in result["backtraces"]:
            assert tracer(backtrace["pid"]) == 0
            assert backtraces.local.status(backtrace["pid"])[0] in "RS"
        if any(backtrace["reason"] for backtrace in result["backtraces"]):
            pytest.skip(str(result["backtraces"][0]["reason"]))
        assert outcome(result, "trap") == "ok" and result["changed"]
        assert stat.S_IMODE((tmp_path / "trap").stat().st_mode) == 0o600

    @needs_gdb
    @pytest.mark.parametrize("hangs", [False, True])
    def test_trap_of_one_of_two_servers(self, real, hangs):
        """The other server on the host is not stopped for a moment, whether this one answers or hangs."""
        other = RealOpensips(find_binary())
        try:
            before = instances.families()
            (main,) = instances.with_mi(Connection(real.connection).options)
            (spared,) = instances.with_mi(Connection(other.connection).options)
            for pid in before[main] if hangs else []:
                os.kill(pid, signal.SIGSTOP)
            result = diagnose({**real.connection, "timeout": 1}, trap=True, trap_timeout=60)
            states = {pid: backtraces.local.status(pid)[0] for pid in before[main]}
        finally:
            for pid in before[main] if hangs else []:
                os.kill(pid, signal.SIGCONT)
            other.stop()
        assert bool(result.get("failed")) is hangs
        assert sorted(backtrace["pid"] for backtrace in result["backtraces"]) == sorted(before[main]) and spared != main
        # what was stopped before is left so
        assert set(states.values()) <= set("T" if hangs else "RS")
        if not any(backtrace["reason"] for backtrace in result["backtraces"]):
            assert all(backtrace["doing"] for backtrace in result["backtraces"])


class SlowDatabase(DatabaseOpensips):
    """A server whose database takes its time for each row of the users and of the aliases."""

    def _configuration(self, version):
        release = ".".join(map(str, version[:2]))
        self.database.create(release, "subscriber", "dbaliases").execute(
            *(f"ALTER TABLE {table} RENAME TO slow_{table}" for table in ("subscriber", "dbaliases")),
            *(
                f"CREATE VIEW {table} AS SELECT * FROM slow_{table} WHERE SLEEP(0.05) = 0"
                for table in ("subscriber", "dbaliases")
            ),
            "INSERT INTO slow_subscriber (username, domain) VALUES ('1001', 'example.com')",
            "INSERT INTO slow_dbaliases (alias_username, alias_domain, username, domain)"
            " VALUES ('alias', 'example.com', '1001', 'example.com')",
        )
        before, route, _after = super()._configuration(version).partition("route {")
        lines = self._load(self.driver, "auth", "auth_db", "alias_db")
        lines += [f'modparam("{name}", "db_url", "{self.database.server_url}")' for name in ("auth_db", "alias_db")]
        lines += ['modparam("db_mysql", "exec_query_threshold", 20000)', 'modparam("auth_db", "calculate_ha1", 0)']
        lines += ['modparam("auth_db", "password_column", "ha1")', 'modparam("auth_db", "load_credentials", "")']
        code = '"200"' if version < (3,) else "200"
        return before + "\n".join(lines) + "\n" + route + SLOW_ROUTE % ('"1"' if version < (3,) else '"auth"', code)


SLOW_ROUTE = """
    if (is_method("REGISTER")) {
        if (!www_authorize("", "subscriber")) www_challenge("", %s);
        exit;
    }
    alias_db_lookup("dbaliases");
    sl_send_reply(%s, "OK");
}
"""


@needs_opensips_with("db_mysql", "auth_db", "alias_db")
def test_slow_statements_of_a_real_server():
    try:
        mariadb = Mariadb()
    except NotHere as error:
        pytest.skip(str(error))
    with contextlib.ExitStack() as stack:
        stack.callback(mariadb.stop)
        server = stack.enter_context(SlowDatabase.on_new_database(mariadb))
        process = ModuleProcess("diagnose", {"duration": 3, "sample_interval": 0.5, **server.connection})
        with Agent(Datagrams(server.sip), "1001", "example.com") as phone:
            while process.running:
                phone.request("OPTIONS", "sip:alias@example.com")
                phone.request("REGISTER", "sip:1001@example.com", password="x")
        result = process.result()
    slow = result["slow"]["sql"]
    assert slow["events"] > 10 and slow["slow"] > 10
    assert {(entry["source"], entry["operation"]) for entry in slow["most_frequent"]} == {
        ("mysql query", "select username,domain from dbaliases where alias_username=? AND alias_domain=?"),
        # the event has the text of the one before
        ("mysql prep stmt", "prepared statement"),
    }
    assert all(0.05 <= entry["seconds"] < 30 for entry in slow["slowest"])
    # older ones do not count how many there were
    assert outcome(result, "sql") == ("failed" if server.version >= (3,) else "warning")
    assert (slow["total"] is None) == (server.version < (3,))
    assert "exec_query_threshold" in findings(result, "sql")[None]["message"] and "1001" not in str(slow)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"checks": ["nothing"]}, ["checks", "'nothing'", "load"]),
        ({"checks": ["!mi"]}, ["checks", "mi"]),
        ({"duration": 0.5}, ["duration is 0.5", "from 1 to 3600"]),
        ({"duration": 2, "sample_interval": 3}, ["sample_interval is 3", "duration 2"]),
        ({"slowest": 0}, ["slowest is 0"]),
        ({"maximum_load": 101}, ["maximum_load is 101"]),
        ({"listen_port": 70000}, ["listen_port is 70000"]),
        ({"listen_host": "localhost"}, ["listen_host is 'localhost'", "IPv4"]),
        ({"listen_host": "192.0.2.1"}, ["listen_host", "cannot listen"]),
        ({"advertise_host": "0.0.0.0"}, ["advertise_host is 0.0.0.0"]),
        ({"accept_from": ["x"]}, ["accept_from[0]"]),
        ({"trap_file": "/tmp/x"}, ["trap_file is set", "trap"]),
        ({"trap": True, "trap_file": "/nowhere/x"}, ["trap_file", "/nowhere/x"]),
        ({"trap": True, "trap_file": "/tmp"}, ["trap_file", "/tmp"]),
    ],
)
def test_bad_input(shared_emulator, options, words):
    before = commands_of(shared_emulator).get("event_subscribe", 0)
    assert_refused(diagnose(fifo_of(shared_emulator), **options), words)
    assert commands_of(shared_emulator).get("event_subscribe", 0) == before


def test_a_port_that_is_taken(shared_emulator):
    before = commands_of(shared_emulator).get("event_subscribe", 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        result = diagnose(fifo_of(shared_emulator), listen_port=port)
    assert_refused(result, ["listen_port", str(port), "set another listen_port"])
    assert commands_of(shared_emulator).get("event_subscribe", 0) == before


@pytest.fixture(scope="module")
def shared_emulator(emulated):
    return emulated["3.6"].emu
