# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes of a cluster: servers of one process that replicate contacts and dialogs, and share tags, as clusterer does.

What one node sends to another arrives a little later, as over a network, and only if the link is up on both sides.
"""

import copy
import itertools
import os

from .member import PENDING, SYNCED, Member
from .server import Server


class _Replay:
    """What arrives is not sent on."""

    def __init__(self, cluster):
        self.cluster = cluster

    def __enter__(self):
        self.cluster.is_replaying = True

    def __exit__(self, *_exception):
        self.cluster.is_replaying = False


class Hub:
    """The nodes of one process. edges: how many servers send calls to the nodes.

    tags: sharing tags, with the id of the node that gets it: vip=1; without one, the first is for node 1, others for nobody.
    is_active_at_start: whether that is in the configuration of that node, so that it takes the tag whenever it starts.

    timing: seconds of message (until it arrives), link (until the neighbours notice that a node came or went), probe
    (until they call a node that went Down), sync (a synchronisation), seed (until node 1 does without a donor).
    """

    cluster_id = 1
    TIMING = {"message": 0.02, "link": 0.1, "probe": 0.3, "sync": 0.02, "seed": 0.4, "start": 0.1}

    def __init__(self, options, loop, versions, tags=("vip",), seeds=(1,), edges=0, is_active_at_start=False, **timing):
        self.loop, self.seeds, self.is_active_at_start = loop, set(seeds), is_active_at_start
        self.tags = _tags_of(tags)
        self.timing = {**self.TIMING, **timing}
        self.is_replaying = False
        self.numbers = itertools.count(1)
        self._changes = itertools.count(1)
        self.traffic = None
        self.hurt = []  # what would have hurt servers that have ended
        self._timer = None
        # servers that send calls to the nodes, and know nothing of the cluster
        self.edges = [
            Server(_options_of(options, f"edge{number}", versions[0]), loop) for number in range(1, edges + 1)
        ]
        self.members = []  # each asks for the others
        self.members = [
            Member(self, number, _options_of(options, f"node{number}", version))
            for number, version in enumerate(versions, 1)
        ]

    def seconds(self, name):
        return self.timing[name]

    def next_change(self):
        return next(self._changes)

    def configured_since(self, name, member):
        """Tag.since of a node that starts."""
        return self.next_change() if self.is_active_at_start and self.tags[name] == member.node_id else 0

    def replaying(self):
        return _Replay(self)

    def later(self, seconds, call):
        return self.loop.call_later(seconds, call)

    def deliver(self, member, change):
        """Run change(member) when a message to it arrives."""

        def arrive():
            if member.is_up:
                with self.replaying():
                    change(member)

        self.later(self.seconds("message"), arrive)

    def holder(self, name):
        """The node that made the tag active last, or None if no node that is up holds it."""
        holders = [member for member in self.members if member.is_up and member.holds(name)]
        return max(holders, key=lambda member: member.tag(name).since, default=None)

    # ---- life of nodes

    async def start(self):
        for member in self.members:
            await self.start_node(member)
        for edge in self.edges:
            edge.state.destinations = [f"sip:127.0.0.1:{member.options.sip_port}" for member in self.members]
            edge.state.reload()
            await edge.start()
        for name, node_id in self.tags.items() if not self.is_active_at_start else ():
            if node_id is not None:
                self.members[node_id - 1].activate(name)
        self._tick()

    async def start_node(self, member):
        """Start a node that is stopped."""
        if member.is_up:
            return
        if member.server is not None:
            self.stop_node(member)
        vars(member.options).update(member.starts_next)
        member.starts_next = {}
        outcome, member.outcome_next = member.outcome_next, "starts"
        if outcome == "fails":
            raise OSError(f"node {member.node_id} does not start")
        if outcome == "silent":
            return
        member.forget()
        member.is_kept_unsynced = outcome == "unsynced"
        server = Server(member.options, self.loop, member=member, farm=member.farm)
        await server.start()
        member.server, member.farm = server, server.farm
        # the ports of a node stay the same
        member.options.sip_port, member.options.http_port = server.sip.port, server.http.port if server.http else 0
        member.options.udp_port = server.udp.sock.getsockname()[1] if server.udp else 0
        member.woke = self.next_change()
        for other in member.others:
            if other.link(member).state == "Up":
                # they did not notice that it was away, but its pings tell that it is another process
                other.link(member).state = "Probe"
            self.later(self.seconds("probe"), member.link(other).give_up)
        self.later(self.seconds("link"), self.check_links)
        self.wait_for_donor(member)

    async def restart_node(self, member):
        """Stop a node, and start it when it has had the time that a start takes; it answers a little after this is done."""
        self.stop_node(member)
        if member.outcome_next == "fails":
            await self.start_node(member)
        self.later(self.seconds("start"), lambda: self.loop.create_task(self.start_node(member)))

    def stop_node(self, member, killed=False):
        """Stop a node, or end it as SIGKILL does: the FIFO stays behind."""
        if member.server is None:
            return
        if self.traffic is not None:
            self.traffic.lose_calls_of(member)
        self.hurt += member.server.crashes + member.server.harms
        member.server.close(crashed=killed, keep_farm=True)
        member.server = None
        self.later(self.seconds("link"), self.check_links)

    def wait_for_donor(self, member):
        """A seed node does without a donor after seed_fallback_interval; others wait for ever."""
        if member.node_id in self.seeds:
            server = member.server
            self.later(self.seconds("seed"), lambda: member.server is server and self._fall_back(member))

    def _fall_back(self, member):
        for capability in member.capabilities if member.may_sync else ():
            if capability.status == PENDING and capability.enabled:
                capability.status = SYNCED
                text = "ERROR: Sync request aborted! (no donor found in due time) => fallback to synced state"
                member.report("cap:" + capability.name, text)
        self.check_syncs()

    # ---- links

    def check_links(self):
        for one in self.members:
            for other in one.others if one.is_up else ():
                self._check_link(one, other)
        self.check_syncs()

    def _check_link(self, one, other):
        link, back = one.link(other), other.link(one)
        was = link.state
        if not (one.enabled and link.enabled):
            link.state = "Down"
            link.is_jammed = False
        elif link.is_jammed:
            link.state = "Probe"
        elif other.is_up and other.enabled and back.enabled:
            link.state = "Up"
        elif was == "Up" or other.is_up and was == "Down":
            link.state = "Probe"
            self.later(self.seconds("probe"), link.give_up)
        if (was == "Up") == (link.state == "Up"):
            return
        if was == "Up":
            one.went_down(other)
        else:
            # the one that comes back is the first to know: its news of tags arrive before the other asks for dialogs
            delay = self.seconds("message") * (1 if one.woke > other.woke else 3)
            self.later(delay, lambda: one.is_up and one.came_up(other))

    def _tick(self):
        """Nodes that died by themselves are noticed."""
        for member in self.members:
            if member.server is not None and not member.server.alive:
                self.stop_node(member, killed=True)
        self._timer = self.later(0.2, self._tick)

    def set_enabled(self, member, enabled, node_id=None):
        """clusterer_set_status: of the node itself, or of its link to another."""
        if node_id in (None, member.node_id):
            member.enabled, member.woke = enabled, self.next_change()
        else:
            member.link(self.members[node_id - 1]).enabled = enabled
        for other in member.others:
            if not (member.enabled and member.link(other).enabled):
                self._check_link(member, other)
            elif member.link(other).state == "Down":
                member.link(other).state = "Probe"
        self.later(self.seconds("link"), self.check_links)

    # ---- synchronisation

    def check_syncs(self):
        """Each capability that waits for a donor takes one that is synced."""
        for member in self.members:
            for capability in member.capabilities if member.may_sync else ():
                if capability.enabled and capability.status == PENDING:
                    donor = self._donor(member, capability.name)
                    if donor is not None:
                        member.sync_from(donor, capability.name)

    @staticmethod
    def _donor(member, name):
        for other in member.others:
            if member.is_linked(other) and other.capability(name).is_ok and other.capability(name).enabled:
                return other
        return None

    def is_settled(self):
        """Whether all links of running nodes are up, all that they replicate is synced, and they know who holds which tag."""
        return all(self._is_settled(member) for member in self.members if member.is_up)

    @staticmethod
    def _is_settled(member):
        others = [other for other in member.others if other.is_up]
        return (
            all(capability.is_ok for capability in member.capabilities)
            and all(member.is_linked(other) for other in others)
            and not any(tag.is_active and other.node_id in tag.unsent for tag in member.tags for other in others)
        )

    def close(self):
        if self._timer is not None:
            self._timer.cancel()
        if self.traffic is not None:
            self.traffic.stop()
        for edge in self.edges:
            edge.close()
        for member in self.members:
            self.stop_node(member)
            if member.farm is not None:
                member.farm.close()


def _tags_of(texts):
    """{name: id of the node that gets it, or None}."""
    found = {}
    for text in texts:
        name, _mark, node_id = text.partition("=")
        found[name] = int(node_id) if node_id else None if found else 1
    return found


def _options_of(options, name, version):
    """The options of one server, in a directory of its own; phones are those of node 1."""
    own = copy.copy(options)
    own.version = version
    own.directory = own.reply_dir = os.path.join(options.directory, name)
    own.fifo_path = os.path.join(own.directory, "opensips_fifo")
    own.unix_path = os.path.join(own.directory, "mi.sock")
    os.makedirs(own.directory, exist_ok=True)
    if name != "node1":
        own.phones = own.phones_port = own.sip_port = own.udp_port = own.http_port = own.dialogs = 0
    return own
