# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Control of a cluster: as control.py, with the commands of one node (`"node": 1`), and on a socket for shell commands."""

import asyncio
import inspect
import json

from .control import Control
from .traffic import Traffic


class ClusterControl(Control):
    """hub: the cluster. Commands that start or wait answer when that is done."""

    def __init__(self, hub, loop, end, plain):
        super().__init__(None, loop, end, plain)
        self.hub = hub
        self._tasks = set()
        self._socket = None

    async def listen(self, path):
        """Take commands of ask.py there: one line of words, one line of JSON back."""
        self._socket = await asyncio.start_unix_server(self._client, path)

    async def _client(self, reader, writer):
        try:
            line = (await reader.readline()).decode()
            writer.write(json.dumps(await self._outcome(self._plain(line))).encode() + b"\n")
            await writer.drain()
        except OSError:
            pass  # the command was ended, perhaps because the node that ran it was
        finally:
            writer.close()

    def close(self):
        if self._socket is not None:
            self._socket.close()

    def _line(self, line):
        async def run():
            try:
                request = self._plain(line) if self.plain else json.loads(line)
            except ValueError as error:
                request = {"op": f"{line!r} ({error})"}
            self._answer(await self._outcome(request))

        task = self.loop.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _outcome(self, request):
        try:
            result = self._run(request)
            return {"ok": await result if inspect.isawaitable(result) else result}
        except Exception as error:  # whatever was asked, the emulator goes on
            return {"error": f"{type(error).__name__}: {error}"}

    def _run(self, request):
        node, edge = request.pop("node", None), request.pop("edge", None)
        if node is None and edge is None:
            return super()._run(request)
        server = self._member(node).server if edge is None else self.hub.edges[edge - 1]
        if server is None:
            raise LookupError(f"node {node} does not run")
        return Control(server, self.loop, self.end, self.plain)._run(request)

    def _member(self, number, text=None):
        number = int(text if number is None else number)
        if not 1 <= number <= len(self.hub.members):
            raise LookupError(f"no node {number}: there are {len(self.hub.members)}")
        return self.hub.members[number - 1]

    async def op_start_node(self, number=None, text=None):
        member = self._member(number, text)
        await self.hub.start_node(member)
        return member.server.ready() if member.server is not None else None

    def op_stop_node(self, number=None, text=None):
        self.hub.stop_node(self._member(number, text))

    def op_kill_node(self, number=None, text=None):
        self.hub.stop_node(self._member(number, text), killed=True)

    async def op_restart_node(self, number=None, text=None):
        await self.hub.restart_node(self._member(number, text))

    def op_time_out_syncs(self, number, name, count):
        self._member(number).capability(name).times_out = count

    def op_jam_links(self, number):
        member = self._member(number)
        for other in member.others:
            member.link(other).is_jammed = True
        self.hub.check_links()

    def op_next_start(self, number, outcome="starts", options=None):
        member = self._member(number)
        member.outcome_next = outcome
        member.starts_next.update(options or {})

    def op_nodes(self):
        return [member.server.ready() if member.is_up else None for member in self.hub.members]

    async def op_move(self, number, tag):
        member = self._member(number)
        if not member.is_up:
            raise LookupError(f"node {number} does not run")
        until = self.loop.time() + 20
        while self.op_holders(tag) != [number]:
            if self.loop.time() > until:
                raise TimeoutError(f"the tag {tag} does not move to node {number}: {self.op_holders(tag)} hold it")
            # again, because the news of two nodes can cross, and then nobody holds it
            member.activate(tag)
            await asyncio.sleep(10 * self.hub.seconds("message"))

    def op_holders(self, tag):
        return [member.node_id for member in self.hub.members if member.is_up and member.holds(tag)]

    def op_hurt(self):
        running = [member.server for member in self.hub.members if member.server is not None] + self.hub.edges
        return self.hub.hurt + [reason for server in running for reason in server.crashes + server.harms]

    async def op_wait_until_synced(self, seconds):
        until = self.loop.time() + seconds
        while not self.hub.is_settled():
            if self.loop.time() > until:
                raise TimeoutError(f"the cluster is not synced after {seconds} seconds")
            await asyncio.sleep(0.01)

    def op_start_traffic(self, **options):
        if self.hub.traffic is not None:
            self.hub.traffic.stop()
        self.hub.traffic = Traffic(self.hub, **options)
        self.hub.traffic.start()

    async def op_finish_traffic(self, wait):
        await self.hub.traffic.finish(wait)
        return self.hub.traffic.summary()

    def op_traffic(self):
        return self.hub.traffic.summary()
