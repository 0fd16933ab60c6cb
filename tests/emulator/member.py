# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One node of a cluster: its view of the others, its sharing tags, and what it replicates, as clusterer of 3.x and 4.x does."""

import copy
import time

from .location import Contact

EVENTS = [
    "E_CLUSTERER_REQ_RECEIVED",
    "E_CLUSTERER_RPL_RECEIVED",
    "E_CLUSTERER_NODE_STATE_CHANGED",
    "E_CLUSTERER_SHARING_TAG_CHANGED",
]
CONTACTS, DIALOGS = "usrloc-contact-repl", "dialog-dlg-repl"
# CAP_SR_* of clusterer.h: status and details of a status report
NOT_SYNCED, PENDING, SYNCING, SYNCED = -3, -2, -1, 1
DETAILS = {NOT_SYNCED: "not synced", PENDING: "sync pending", SYNCING: "sync in progress", SYNCED: "synced"}


class Capability:
    """What a node replicates. status: of DETAILS. times_out: how many syncs will."""

    def __init__(self, name):
        self.name, self.status, self.enabled, self.times_out = name, PENDING, True, 0

    @property
    def is_ok(self):
        return self.status == SYNCED


class Tag:
    """A sharing tag as one node sees it. since: which change in the cluster made it active, 0 if it is backup.

    unsent: ids of the neighbours that did not get the news that it became active here.
    """

    def __init__(self, name, since=0, unsent=()):
        self.name, self.since, self.unsent = name, since, set(unsent)

    @property
    def is_active(self):
        return self.since > 0


class Link:
    """How a node sees a neighbour. state: Up, Probe or Down; enabled: whether this node may use the link; is_jammed: whether it
    stays in Probe although both are up, until it is disabled and enabled, as was seen on 3.6.8."""

    def __init__(self):
        self.state, self.enabled, self.is_jammed = "Probe", True, False

    def give_up(self):
        if self.state == "Probe" and not self.is_jammed:
            self.state = "Down"


class Member:
    """One node: its server, or None while it is stopped, and its view of the cluster."""

    def __init__(self, cluster, node_id, options):
        self.cluster, self.node_id, self.options = cluster, node_id, options
        self.server = None
        self.farm = None  # its phones, which go on when the server does not
        self.starts_next = {}  # options that hold from the next start on
        self.outcome_next = "starts"
        self.forget()

    def forget(self):
        """What a process that ends loses."""
        self.enabled, self.is_kept_unsynced = True, False
        self.woke = 0  # which change in the cluster its start was, or that it was enabled again
        # those whose dialogs the next synchronisation brings, besides those without a tag; None: all
        self.wanted_tags = None
        self.reports = {}  # of status reports: identifier -> [(time, text)]
        self.capabilities = [Capability(DIALOGS), Capability(CONTACTS)]
        neighbours = [other.node_id for other in self.others]
        self.tags = [Tag(name, self.cluster.configured_since(name, self), neighbours) for name in self.cluster.tags]
        self.links = {}

    def follow(self, state):
        """Replicate what changes in the state of the node's server."""
        # as if each start were a process of its own
        state.first_pid += 20 * self.cluster.next_change()
        state.more_events += EVENTS
        state.numbers, state.shtag = self.cluster.numbers, next(iter(self.cluster.tags), None)
        state.location.listeners.append(self.on_contact)
        state.dialog_listeners.append(self.on_dialog)

    @property
    def bin_port(self):
        """Of its url, where nobody listens: all nodes are in one process."""
        return self.options.sip_port + 5

    @property
    def is_up(self):
        return self.server is not None and self.server.alive

    @property
    def may_sync(self):
        return self.is_up and self.enabled and not self.is_kept_unsynced

    @property
    def others(self):
        """The neighbours, in the order in which a node lists them: the last one of its configuration first."""
        return [member for member in reversed(self.cluster.members) if member is not self]

    def link(self, other):
        return self.links.setdefault(other.node_id, Link())

    def is_linked(self, other):
        """Whether both see each other."""
        return self.is_up and other.is_up and "Up" == self.link(other).state == other.link(self).state

    def next_hop(self, other):
        """The node to which a message to the other one goes: that one, or one that is linked to both; None if there is none."""
        if self.is_linked(other):
            return other
        between = [third for third in self.others if self.is_linked(third) and third.is_linked(other)]
        return between[0] if between else None

    def capability(self, name):
        return next((one for one in self.capabilities if one.name == name), None)

    def tag(self, name, create=True):
        """The tag; one that is not known is created, as backup, as shtag_get() of sharing_tags.c does."""
        for tag in self.tags:
            if tag.name == name:
                return tag
        if not create:
            return None
        self.tags.insert(0, Tag(name))
        return self.tags[0]

    def holds(self, name):
        tag = self.tag(name, create=False)
        return tag is not None and tag.is_active

    # ---- what it sends

    def send(self, change):
        """Have each node that can be reached run change(member) when the message arrives."""
        for other in self.others:
            if self.next_hop(other):
                self.cluster.deliver(other, change)

    def activate(self, name):
        tag = self.tag(name)
        if not tag.is_active:
            self.report(
                "sharing_tags", f"TAG <{name}>, cluster {self.cluster.cluster_id}, became active due to MI command"
            )
            self._raise_tag_changed(name, "active", "MI command")
        tag.since, tag.unsent = self.cluster.next_change(), set()
        for other in self.others:
            if self.next_hop(other):
                self.tell_active(name, other)
            else:
                tag.unsent.add(other.node_id)

    def tell_active(self, name, other):
        self.cluster.deliver(other, lambda member: member.step_back(name, self.node_id))

    def step_back(self, name, source):
        """Another node made the tag active."""
        tag = self.tag(name)
        if tag.is_active:
            text = (
                f"TAG <{name}>, cluster {self.cluster.cluster_id}, became backup due to cluster broadcast from {source}"
            )
            self.report("sharing_tags", text)
            self._raise_tag_changed(name, "backup", f"cluster broadcast from {source}")
        tag.since, tag.unsent = 0, set()

    def on_contact(self, event, aor, contact):
        """The location table changed; listener of Location."""
        if self.cluster.is_replaying or contact is None:
            return
        if event == "E_UL_CONTACT_DELETE":
            self.send(lambda member: member.drop_contact(aor, contact.uri))
        elif event in ("E_UL_CONTACT_INSERT", "E_UL_CONTACT_UPDATE"):
            self.send(lambda member: member.take_contact(aor, contact))

    def on_dialog(self, dialog, is_new):
        """A dialog began, was answered, or ended; listener of State. Only answered ones are replicated."""
        if not self.cluster.is_replaying and dialog.state >= 3:
            self.send(lambda member: member.take_dialog(dialog) if is_new else member.drop_dialog(dialog.did))

    # ---- what it receives

    def take_contact(self, aor, contact):
        fields = {name: getattr(contact, name) for name in Contact.__slots__ if name != "contact_id"}
        location = self.server.state.location
        location.save(aor, Contact(**fields))
        location.find(aor, contact.uri).contact_id = contact.contact_id

    def drop_contact(self, aor, uri):
        location = self.server.state.location
        if location.get(aor) and location.find(aor, uri):
            location.remove_contact(aor, uri)

    def take_dialog(self, dialog):
        state = self.server.state
        if all(known.did != dialog.did for known in state.dialogs):
            state.dialogs.append(copy.copy(dialog))
            state.profiles.update((name, value is not None) for name, value in dialog.profiles)

    def drop_dialog(self, did):
        state = self.server.state
        state.dialogs = [dialog for dialog in state.dialogs if dialog.did != did]

    # ---- links

    def came_up(self, other):
        """A neighbour is there again: dialogs of tags that are not active here come from it, and it gets the news of tags that are."""
        self.report("node_states", f"Node [{other.node_id}], cluster [{self.cluster.cluster_id}] is UP")
        self._raise_node_state(other, 1)
        backups = [tag.name for tag in self.tags if not tag.is_active]
        if backups and self.capability(DIALOGS).is_ok:
            self.request_sync(DIALOGS, backups)
        for tag in self.tags if self.is_linked(other) else ():
            if tag.is_active and other.node_id in tag.unsent:
                tag.unsent.discard(other.node_id)
                self.tell_active(tag.name, other)

    def went_down(self, other):
        self.report("node_states", f"Node [{other.node_id}], cluster [{self.cluster.cluster_id}] is DOWN")
        self._raise_node_state(other, 0)

    # ---- events

    def _raise(self, event, **fields):
        if self.server is not None:
            self.server.notify.send(event, fields)

    def _raise_node_state(self, other, state):
        self._raise(
            "E_CLUSTERER_NODE_STATE_CHANGED",
            cluster_id=self.cluster.cluster_id,
            node_id=other.node_id,
            new_state=state,
        )

    def _raise_tag_changed(self, name, state, reason):
        self._raise(
            "E_CLUSTERER_SHARING_TAG_CHANGED", name=name, cluster=self.cluster.cluster_id, state=state, reason=reason
        )

    # ---- synchronisation

    def request_sync(self, name, tags=None):
        """What ul_cluster_sync and dlg_cluster_sync do: not synced until a donor has sent all. tags: as wanted_tags."""
        capability = self.capability(name)
        if not capability.enabled or capability.status in (PENDING, SYNCING):
            return
        if name == DIALOGS:
            self.wanted_tags = tags
        capability.status = PENDING
        self.cluster.check_syncs()
        if capability.status == PENDING:
            self.report("cap:" + name, "Sync request postponed! (no donor available)")
            self.cluster.wait_for_donor(self)

    def sync_from(self, donor, name):
        self.capability(name).status = SYNCING
        self.report("cap:" + name, f"Sync requested from node [{donor.node_id}]")
        self.cluster.later(self.cluster.seconds("sync"), lambda: self._synced(donor, name))

    def _synced(self, donor, name):
        capability = self.capability(name)
        if not self.is_up or capability.status != SYNCING:
            return
        if not self.is_linked(donor):
            capability.status = PENDING
            return
        self.report("cap:" + name, f"Sync started from node [{donor.node_id}]")
        if capability.times_out:
            capability.times_out -= 1
            capability.status = NOT_SYNCED
            self.report("cap:" + name, "Sync timed out, received [0] chunks")
            return
        with self.cluster.replaying():
            if name == CONTACTS:
                count = self._take_contacts(donor.server.state.location)
            else:
                count = self._take_dialogs(donor.server.state.calls())
        capability.status = SYNCED
        self.report("cap:" + name, f"Sync completed, received [{count}] chunks")
        self.cluster.check_syncs()

    def _take_contacts(self, theirs):
        """Add what the donor has; what it does not have stays, as in usrloc."""
        for aor, contacts in list(theirs.aors.items()):
            for contact in list(contacts):
                self.take_contact(aor, contact)
        return theirs.contact_count()

    def _take_dialogs(self, theirs):
        """Those of the wanted tags; other dialogs of these tags are dropped: rcv_cluster_event() of dlg_replication.c.

        Those that are not answered yet stay: it ends dialogs by the event of a BYE, which does not end those ("bogus event").
        """
        brought = [dialog for dialog in theirs if dialog.state >= 3 and self._wants(dialog)]
        kept = {dialog.did for dialog in brought}
        state = self.server.state
        state.dialogs = [
            dialog for dialog in state.dialogs if dialog.state < 3 or dialog.did in kept or not self._wants(dialog)
        ]
        for dialog in brought:
            self.take_dialog(dialog)
        return len(brought)

    def _wants(self, dialog):
        return self.wanted_tags is None or not dialog.shtag or dialog.shtag in self.wanted_tags

    def report(self, identifier, text):
        """A line of sr_list_reports; the server keeps the last 200."""
        reports = self.reports.setdefault(identifier, [])
        reports.append((int(time.time()), text))
        del reports[:-200]
