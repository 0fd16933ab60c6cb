# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The event source: subscribes to events of a server, keeps the subscription, and hands the events to the rules.

Beside the events of the server it has its own, whose names begin with ``source_``:

source_subscribed   reason (start, restarted, lost), events, missing, socket. For ``restarted`` and ``lost``, events may be
                    missing before it
source_unreachable  error (type, message, hint): the subscription could not be checked
source_shed         count, events ({name: count}), unread (datagrams that the kernel dropped)
source_malformed    count, example
source_foreign      count, address: who sent without being allowed to
"""

from __future__ import annotations

import asyncio
import logging
import time
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._events import subscription
from ansible_collections.community.opensips.plugins.module_utils._events.receiver import Buffer, Losses, Receiver
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MIError,
    UnexpectedError,
)
from ansible_collections.community.opensips.plugins.module_utils._module.run import describe_error
from ansible_collections.community.opensips.plugins.module_utils._readers import event_records, events, uptime
from ansible_collections.community.opensips.plugins.module_utils._sip.glob import globs
from ansible_collections.community.opensips.plugins.plugin_utils._event_options import SourceOptions

# Records that are handed on before losses are looked at
_AT_ONCE = 100
# Seconds between two reports of losses
_REPORT_PAUSE = 1.0
# Seconds for each request at the end, when somebody waits
_GOODBYE = 2.0
_WILD = frozenset("*?[")

logger = logging.getLogger("community.opensips.events")


class Subscriber:
    """Keeps the subscription of a socket. Its methods ask the server and block; they run one at a time.

    socket: host and port to which the server sends.
    """

    def __init__(self, options: SourceOptions, socket: str) -> None:
        self._options = options
        self._address = socket
        self._wanted: list[str] = []
        self._missing: list[str] = []
        self._renewed = 0.0
        self._started = False
        self._socket = ""

    def check(self) -> dict[str, t.Any] | None:
        """Subscribe to what is not subscribed to, and renew in time; an event of the source if something was lost, or None.

        Raises MIError. BadParameters says that the options are wrong for this server.
        """
        with self._connection() as connection:
            now = time.monotonic()
            held = subscription.held(connection, self._socket) if self._started else set()
            lost = [name for name in self._wanted if name not in held]
            if not lost and self._started and now - self._renewed < self._options.subscription_expires / 3:
                return None
            restarted = bool(lost) and self._has_restarted(connection, now)
            if lost or not self._started:
                self._choose(connection)
            for name in self._wanted:
                self._subscribe(connection, name)
            first, self._started, self._renewed = not self._started, True, now
        if not first and not lost:
            return None
        reason = "start" if first else "restarted" if restarted else "lost"
        return _event(
            "source_subscribed", reason=reason, events=self._wanted, missing=self._missing, socket=self._socket
        )

    def end(self) -> None:
        """End the subscription, as far as the server can be asked."""
        if not self._started:
            return
        try:
            with self._connection() as connection:
                for name in self._wanted:
                    subscription.subscribe(connection, name, self._socket, 0, timeout=_GOODBYE)
        except MIError as error:
            logger.warning(
                "The subscription could not be ended, and lasts for at most %d seconds: %s",
                self._options.subscription_expires,
                error,
            )

    def _connection(self) -> Connection:
        return self._options.connect()

    def _has_restarted(self, connection: Connection, now: float) -> bool:
        try:
            return uptime.read(connection)["seconds"] <= now - self._renewed + 1
        except MIError:
            return False

    def _choose(self, connection: Connection) -> None:
        """Which events to subscribe to, of those that the server has, and how it calls the socket."""
        kind = subscription.kind_of(self._options.event_transport, connection)
        self._socket = f"{kind}:{self._address}"
        offered = events.read_names(connection)
        self._missing = [name for name in self._options.events if _WILD.isdisjoint(name) and name not in offered]
        matches = globs(self._options.events)
        self._wanted = [name for name in offered if matches(name)]
        if kind == "jsonrpc":
            self._leave_out_dangerous()
        if not self._started and (self._missing or not self._wanted):
            raise BadParameters(
                f"events: this server has no event {', '.join(self._missing or self._options.events)}",
                f"Load the module of OpenSIPS that has it, or correct the name. The server has: {', '.join(sorted(offered))}",
            )

    def _leave_out_dangerous(self) -> None:
        """event_jsonrpc of 2.x and 3.0 ends the server with an event without parameters, as scripts raise them."""
        unknown = [name for name in self._options.events if name in self._wanted and name not in event_records.EVENTS]
        if unknown:
            raise BadParameters(
                f"events: {', '.join(unknown)} cannot be received over TCP from this version of OpenSIPS:"
                " its module event_jsonrpc crashes the server if an event has no parameters",
                "Set event_transport to udp",
            )
        self._wanted = [name for name in self._wanted if name in event_records.EVENTS]

    def _subscribe(self, connection: Connection, name: str) -> None:
        # a server that took it once may refuse it while it starts
        subscribe = subscription.subscribe if self._started else subscription.begin
        subscribe(connection, name, self._socket, self._options.subscription_expires)


def _event(name: str, **params: t.Any) -> dict[str, t.Any]:
    return {"name": name, "params": params, "altered": []}


class Source:
    """One run of the source. queue: with a coroutine put(dict)."""

    def __init__(self, queue: t.Any, options: SourceOptions) -> None:
        self._queue = queue
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._come = asyncio.Event()
        self._check_now = asyncio.Event()
        self._reported = 0.0
        self._buffer = Buffer(options.buffer_size, self._from_thread(self._come.set))
        self._receiver = Receiver(
            options.event_transport,
            options.listen_host,
            options.listen_port,
            options.networks,
            self._buffer,
            self._from_thread(self._check_now.set),
        )
        self._subscriber = Subscriber(options, f"{options.advertise_host}:{self._receiver.port}")

    def _from_thread(self, function: t.Callable[[], object]) -> t.Callable[[], object]:
        def call() -> None:
            try:
                self._loop.call_soon_threadsafe(function)
            except RuntimeError:  # the loop has ended, and so does the thread
                pass

        return call

    async def run(self) -> None:
        """Until it is cancelled, or an option is found to be wrong for the server (BadParameters)."""
        tasks = [asyncio.create_task(self._hand_on()), asyncio.create_task(self._keep())]
        try:
            done, _others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._leave()

    async def _leave(self) -> None:
        try:
            await asyncio.to_thread(self._subscriber.end)
            if self._options.event_transport == "tcp":
                # a server loses memory for each event that it cannot send
                await asyncio.sleep(subscription.LINGER)
        finally:
            self._receiver.close()

    async def _put(self, event: dict[str, t.Any]) -> None:
        await self._queue.put({"server": self._options.server, **event})

    async def _hand_on(self) -> None:
        while True:
            await self._come.wait()
            self._come.clear()
            while records := self._buffer.take(_AT_ONCE):
                for record in records:
                    await self._put(record)
                await self._report()
            await self._report()

    async def _report(self) -> None:
        """Report what was lost, at most once a second."""
        if not self._buffer.has_losses:
            return
        pause = self._reported + _REPORT_PAUSE - self._loop.time()
        if pause > 0:
            self._loop.call_later(pause, self._come.set)
            return
        self._reported = self._loop.time()
        for event in _losses(self._buffer.take_losses()):
            logger.warning("%s: %s", event["name"], event["params"])
            await self._put(event)

    async def _keep(self) -> None:
        reachable = True
        while True:
            try:
                event = await asyncio.to_thread(self._subscriber.check)
            except BadParameters:
                raise
            except Exception as error:  # whatever it is, the source goes on
                event = self._unreachable(error) if reachable else None
                reachable = False
            else:
                reachable = True
            if event is not None:
                logger.info("%s: %s", event["name"], event["params"])
                await self._put(event)
            await self._pause()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._check_now.wait(), self._options.check_interval)
        except asyncio.TimeoutError:
            return
        self._check_now.clear()
        # a server that ends its connection is about to end, or has just started
        await asyncio.sleep(1)

    def _unreachable(self, error: Exception) -> dict[str, t.Any]:
        known = error if isinstance(error, OpensipsError) else UnexpectedError(error)
        logger.warning("The subscription could not be checked, and is tried again: %s", known)
        described = describe_error(known)
        safe = {key: event_records.safe(value) if isinstance(value, str) else value for key, value in described.items()}
        return _event("source_unreachable", error=safe)


def _losses(losses: Losses) -> t.Iterator[dict[str, t.Any]]:
    shed = sum(losses.shed.values())
    if shed or losses.unread:
        yield _event("source_shed", count=shed + losses.unread, events=dict(losses.shed), unread=losses.unread)
    if losses.malformed:
        yield _event("source_malformed", count=losses.malformed, example=losses.example)
    if losses.foreign:
        yield _event("source_foreign", count=losses.foreign, address=losses.address)


async def run(queue: t.Any, args: dict[str, t.Any]) -> None:
    """Run the source with the options of a rulebook. Raises BadParameters that names the option."""
    given = {name: value for name, value in args.items() if name != "eda_feedback_queue" and value is not None}
    options = await asyncio.to_thread(SourceOptions, given)
    await Source(queue, options).run()
