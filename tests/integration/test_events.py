# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source: it subscribes, renews, subscribes again, and ends its subscription; over UDP and TCP, to every server."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import runpy
import socket
import threading

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import events
from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.fixtures import on_every_server
from ansible_collections.community.opensips.tests.integration.support.phones import YEALINK, Phone

SOURCE = pathlib.Path(__file__).absolute().parents[2] / "extensions/eda/plugins/event_source/opensips.py"
SECONDS = 30
# over a datagram it is clear which server answers
WAY = "udp"


class Running:
    """The source in a thread with a loop of its own, as ansible-rulebook runs it. events: what it handed on."""

    def __init__(self, **args):
        self.events = []
        self.error = None
        self._args = args
        self._come = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._task = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        if self._task is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()

    def _run(self):
        main = runpy.run_path(str(SOURCE))["main"]
        with contextlib.suppress(asyncio.CancelledError):
            try:
                self._task = self._loop.create_task(main(self, self._args))
                self._loop.run_until_complete(self._task)
            except Exception as error:
                self.error = error
        with self._come:
            self._come.notify_all()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def put(self, event):
        with self._come:
            self.events.append(event)
            self._come.notify_all()

    def named(self, name):
        return [event for event in self.events if event["name"] == name]

    def wait(self, name, count=1):
        """The last event of a name, as soon as there are that many."""
        with self._come:
            self._come.wait_for(lambda: len(self.named(name)) >= count or self.error, SECONDS)
        assert self.error is None, self.error
        found = self.named(name)
        assert len(found) >= count, [event["name"] for event in self.events]
        return found[count - 1]

    def shed(self):
        """How many events each report says were shed."""
        return [event["params"]["count"] for event in self.named("source_shed")]

    def failure(self):
        """The error with which the source ends."""
        self._thread.join(SECONDS)
        return self.error


def subscribed(server):
    """{event: sockets} that the server has."""
    with Connection(server) as connection:
        found = {}
        for each in events.read_subscriptions(connection):
            if each["expires"]:
                found.setdefault(each["event"], set()).add(each["socket"])
    return found


def way_of(emu):
    return {"host": emu.udp[0], "port": emu.udp[1]}


@on_every_server
class TestEveryServer:
    @pytest.mark.parametrize("transport", ["udp", "tcp"])
    def test_registrations(self, server, farm, transport):
        if server.version < (2,) and transport == "tcp":
            pytest.skip("OpenSIPS 1.11 has no event_jsonrpc")
        way = server.ways[WAY][0]
        user = f"event-{transport}"
        with Running(
            **way, events=["E_UL_AOR_*", "E_UL_CONTACT_*"], event_transport=transport, server="edge"
        ) as source:
            begun = source.wait("source_subscribed")["params"]
            assert (begun["reason"], begun["missing"]) == ("start", [])
            assert subscribed(way)["E_UL_AOR_INSERT"] == {begun["socket"]}
            farm.register(Phone(user, YEALINK))
            record = source.wait("E_UL_AOR_INSERT")
            assert (record["server"], record["params"]["aor"]) == ("edge", server.aor(user))
            if server.version >= (2,):
                contact = source.wait("E_UL_CONTACT_INSERT")["params"]
                assert (contact["aor"], contact["flags"], contact["q"]) == (server.aor(user), 0, None)
                assert contact["contact"].startswith(f"sip:{user}@127.0.0.1:")
                # servers before 3.1 do not send it
                known = server.version >= (3, 1)
                assert (contact["user_agent"], contact["model"]) == ((YEALINK, "T46U") if known else (None, None))
        # it ends what it began
        assert begun["socket"] not in str(subscribed(way))


class TestSubscription:
    def test_it_is_renewed_before_it_ends(self, emulator):
        emu = emulator("3.6", phones=0)
        with Running(**way_of(emu), events=["E_UL_AOR_INSERT"], subscription_expires=10, check_interval=1) as source:
            source.wait("source_subscribed")
            assert wait_until(lambda: emu.stats()["commands"].get("event_subscribe", 0) >= 2)
            assert len(source.named("source_subscribed")) == 1

    def test_a_server_that_restarts(self):
        port = free_port()
        with contextlib.ExitStack() as stack:
            first = running("4.0", port).start()
            stack.callback(first.stop)
            options = {"events": ["E_UL_AOR_INSERT"], "check_interval": 1}
            source = stack.enter_context(Running(host="127.0.0.1", port=port, **options))
            source.wait("source_subscribed")
            first.stop()
            error = source.wait("source_unreachable")["params"]["error"]
            assert set(error) >= {"type", "message", "hint"} and str(port) in error["message"]
            second = stack.enter_context(running("4.0", port))
            again = source.wait("source_subscribed", 2)["params"]
            assert (again["reason"], again["events"]) == ("restarted", ["E_UL_AOR_INSERT"])
            second.raise_event("E_UL_AOR_INSERT", domain="location", aor="x@127.0.0.1")
            assert source.wait("E_UL_AOR_INSERT")["params"] == {"table": "location", "aor": "x@127.0.0.1"}
            # it is reported once, however often it was tried
            assert len(source.named("source_unreachable")) == 1

    def test_a_server_that_is_not_there_yet(self):
        port = free_port()
        with Running(host="127.0.0.1", port=port, events=["E_PIKE_BLOCKED"], check_interval=1) as source:
            source.wait("source_unreachable")
            with running("3.6", port) as emu:
                source.wait("source_subscribed")
                emu.raise_event("E_PIKE_BLOCKED", ip="192.0.2.1")
                assert source.wait("E_PIKE_BLOCKED")["params"] == {"ip": "192.0.2.1"}

    def test_an_event_that_the_server_does_not_have(self, emulator):
        emu = emulator("3.6", phones=0)
        with Running(**way_of(emu), events=["E_PIKE_BLOCKED", "E_NOBODY"]) as source:
            error = source.failure()
        assert isinstance(error, BadParameters)
        assert "this server has no event E_NOBODY" in str(error) and "E_UL_CONTACT_INSERT" in str(error)
        assert emu.state()["subscribers"] == {}

    def test_a_transport_that_the_server_does_not_have(self, emulator):
        with Running(**way_of(emulator("1.11", phones=0)), events=["E_PIKE_BLOCKED"], event_transport="tcp") as source:
            error = source.failure()
        assert isinstance(error, BadParameters)
        assert "Load the module event_jsonrpc" in str(error)


class TestHarm:
    def test_tcp_before_3_1_takes_only_events_that_have_parameters(self, emulator):
        emu = emulator("2.4", phones=0)
        wrong = {"events": ["E_SCRIPT_X", "E_PIKE_BLOCKED"], "event_transport": "tcp"}
        with Running(**way_of(emu), **wrong) as source:
            assert "this server has no event E_SCRIPT_X" in str(source.failure())
        # what a script raises
        emu.add_event("E_SCRIPT_X")
        with Running(**way_of(emu), **wrong) as source:
            error = str(source.failure())
        assert "E_SCRIPT_X cannot be received over TCP" in error and "Set event_transport to udp" in error
        with Running(**way_of(emu), events=["E_*"], event_transport="tcp") as source:
            assert "E_SCRIPT_X" not in source.wait("source_subscribed")["params"]["events"]
            emu.raise_event("E_SCRIPT_X")
            emu.raise_event("E_PIKE_BLOCKED", ip="192.0.2.1")
            source.wait("E_PIKE_BLOCKED")
        with Running(**way_of(emu), events=["E_SCRIPT_X"]) as source:
            source.wait("source_subscribed")
            emu.raise_event("E_SCRIPT_X")
            assert source.wait("E_SCRIPT_X")["params"] == {}

    def test_a_source_that_has_ended_costs_the_server_no_memory(self, emulator):
        emu = emulator("4.0", phones=0)
        with Running(**way_of(emu), events=["E_PIKE_BLOCKED"], event_transport="tcp") as source:
            source.wait("source_subscribed")
            emu.raise_event("E_PIKE_BLOCKED", ip="192.0.2.1")
            source.wait("E_PIKE_BLOCKED")
        before = emu.memory()["used"]
        emu.raise_event("E_PIKE_BLOCKED", ip="192.0.2.1")
        assert emu.memory()["used"] == before


class TestStorm:
    def test_what_the_rules_are_too_slow_for_is_counted(self, emulator):
        emu = emulator("3.6", phones=0)
        with Held(**way_of(emu), events=["E_UL_AOR_INSERT", "E_PIKE_BLOCKED"], buffer_size=100) as source:
            source.wait("source_subscribed")
            for number in range(150):
                emu.raise_event("E_UL_AOR_INSERT", domain="location", aor=str(number))
            emu.raise_event("E_PIKE_BLOCKED", ip="192.0.2.1")
            source.let_go()
            source.wait("E_PIKE_BLOCKED")
            source.wait("source_shed")
            # on a busy machine, they are reported in several parts
            assert wait_until(lambda: len(source.named("E_UL_AOR_INSERT")) + sum(source.shed()) == 150)
            for event in source.named("source_shed"):
                shed = event["params"]
                assert shed["events"] == {"E_UL_AOR_INSERT": shed["count"]} and shed["unread"] == 0
            assert sum(source.shed()) <= 60

    def test_what_is_no_event_is_counted(self, emulator):
        emu = emulator("3.6", phones=0)
        with (
            Running(**way_of(emu), events=["E_PIKE_BLOCKED"]) as source,
            socket.socket(type=socket.SOCK_DGRAM) as noise,
        ):
            host, port = source.wait("source_subscribed")["params"]["socket"].split(":")[1:]
            noise.sendto(b"{{ \xff\x1b", (host, int(port)))
            assert source.wait("source_malformed")["params"] == {"count": 1, "example": "{ { \ufffd\\x1b"}
            emu.raise_event("E_PIKE_BLOCKED", ip="192.0.2.1")
            source.wait("E_PIKE_BLOCKED")


class Held(Running):
    """A source whose events nobody takes until let_go(), but for the first one."""

    def __init__(self, **args):
        super().__init__(**args)
        self._gate = threading.Event()

    def let_go(self):
        self._gate.set()

    async def put(self, event):
        await super().put(event)
        if event["name"] != "source_subscribed":
            await asyncio.to_thread(self._gate.wait, SECONDS)


def free_port():
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def running(version, port):
    """An emulator at a port of its own."""
    return Emulator(version, phones=0, udp=True, udp_port=port)


def wait_until(condition):
    """Whether it holds within SECONDS."""
    return any(condition() or threading.Event().wait(0.2) for _turn in range(SECONDS * 5))
