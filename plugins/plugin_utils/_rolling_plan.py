# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whether a node can be rolled, who takes its calls meanwhile, and what will be done: from what was read of all nodes.

What was read of a node is a mapping: ``problem`` (text or None: why it could not be read), ``tags`` (list of {tag, cluster_id,
state}, None where the server has no clusterer), ``health`` ({outcome, line}), ``calls`` (number of its own, or None), ``edges``
(list of {host, kind, name, in_service, problem}: its entries at the edges).
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

Tag = tuple[str, int]
Read = t.Mapping[str, t.Any]

_NOT_TOUCHED = "Nothing was touched"
_UNDONE = ("interrupted", "out_of_service")


@dataclasses.dataclass
class Question:
    """host: the node to roll. nodes: all of the group. batch: those that are rolled at the same time, host among them.

    before: of the journal, if an earlier run was interrupted, or None. outcomes: {node: outcome of the journal}.
    options: partner, tags_back, drains, hooks (whether tasks of the user take the node out of service), and words of the plan.
    """

    host: str
    nodes: list[str]
    batch: list[str]
    reads: dict[str, Read]
    before: t.Mapping[str, t.Any] | None = None
    outcomes: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def others(self) -> list[str]:
        return [node for node in self.nodes if node != self.host]

    def read(self, node: str) -> Read:
        return self.reads.get(node) or {"problem": "it was not read"}


class Plan:
    """The answer to a Question. problems: list of texts, [] if the node can be rolled."""

    def __init__(self, question: Question) -> None:
        self._asked = question
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.partner = ""
        if self._is_group():
            self._check_nodes()
            self.holders = self._holders()
            self.tags = self._tags()
            self.partner = self._choose_partner()
            self._check_edges()
            self._check_way()

    def plain(self) -> dict[str, t.Any]:
        """{problems, notes, partner, tags, holders, edges, lines}: what the role goes on with."""
        if self.problems:
            return {"problems": self.problems, "notes": self.notes, "lines": []}
        return {
            "problems": [],
            "notes": self.notes,
            "partner": self.partner,
            "tags": list(map(_tag, self.tags)),
            # whom each tag belongs to while the node is out of service
            "holders": [
                {**_tag(tag), "node": self.partner if tag in self.tags else node}
                for tag, node in sorted(self.holders.items())
            ],
            "lines": self.lines(),
        }

    def _problem(self, text: str) -> None:
        self.problems.append(printable(f"{text}. {_NOT_TOUCHED}") or "")

    def _is_group(self) -> bool:
        asked = self._asked
        if asked.host not in asked.nodes:
            self._problem(
                f"rolling_nodes does not have {asked.host}. It has: {', '.join(asked.nodes) or 'nothing'}. Add the node, or leave it out of the play"
            )
        elif len(asked.nodes) < 2:
            self._problem(
                f"rolling_nodes has only {asked.host}, so no node takes its calls. Name all nodes of the group, at least two"
            )
        return not self.problems

    # the nodes

    def _check_nodes(self) -> None:
        for node in self._asked.others:
            read = self._asked.read(node)
            if read.get("problem"):
                self._problem(f"{node} is down, or does not answer: {read['problem']}{self._left_undone(node)}")
            elif _outcome(read) == "failed":
                self._problem(
                    f"{node} is not healthy: {read['health'].get('line') or 'failed'}{self._left_undone(node)}"
                )
        own = self._asked.read(self._asked.host)
        if self._asked.before is not None:
            return
        if own.get("problem"):
            self._problem(
                f"{self._asked.host} is down from the start: {own['problem']}. Start it, or take it out of rolling_nodes"
            )
        elif self._asked.options.get("drains") and own.get("calls_problem"):
            self._problem(
                f"{self._asked.host} does not list its calls: {own['calls_problem']}. Load the module dialog, or set rolling_drain to false"
            )
        elif _outcome(own) == "failed":
            self.notes.append(f"{self._asked.host} is not healthy now: {own['health'].get('line')}")

    def _left_undone(self, node: str) -> str:
        if self._asked.outcomes.get(node) in _UNDONE:
            return f". An earlier run left it {self._asked.outcomes[node].replace('_', ' ')}. Roll {node} first"
        return ""

    # the tags

    def _states(self) -> dict[Tag, dict[str, str]]:
        """{tag: {node: state}}."""
        found: dict[Tag, dict[str, str]] = {}
        for node in self._asked.nodes:
            for tag in self._asked.read(node).get("tags") or ():
                found.setdefault((tag["tag"], tag["cluster_id"]), {})[node] = tag["state"]
        return found

    def _holders(self) -> dict[Tag, str]:
        """{tag: the node that holds it}; whom a tag belongs to where an interrupted run has left it with two or none."""
        found: dict[Tag, str] = {}
        recorded = {
            (tag["tag"], tag["cluster_id"]): tag["node"] for tag in (self._asked.before or {}).get("holders", ())
        }
        for tag, states in self._states().items():
            active = [node for node, state in states.items() if state == "active"]
            if len(active) == 1:
                found[tag] = active[0]
            elif tag in recorded and set(active) <= {self._asked.host, recorded[tag]}:
                found[tag] = recorded[tag]
            else:
                self._misheld(tag, active)
        return found

    def _misheld(self, tag: Tag, active: list[str]) -> None:
        name = f"The sharing tag {tag[0]} of cluster {tag[1]}"
        remedy = "Make it active on one node with opensips_sharing_tag"
        if active:
            self._problem(f"{name} is held by {' and '.join(active)} (split). {remedy}")
        else:
            self._problem(f"{name} is held by no node. {remedy}")

    def _tags(self) -> list[Tag]:
        """The tags that the node holds, and those that it held before an interrupted run."""
        held = {tag for tag, node in self.holders.items() if node == self._asked.host}
        held.update((tag["tag"], tag["cluster_id"]) for tag in (self._asked.before or {}).get("tags", ()))
        return sorted(held)

    # the partner

    def _choose_partner(self) -> str:
        # an interrupted run may have given it the tags
        wanted = self._asked.options.get("partner") or (self._asked.before or {}).get("partner") or ""
        reasons = {node: self._unfit(node) for node in self._asked.others}
        if self._asked.options.get("partner") and wanted not in reasons:
            self._problem(
                f"rolling_partner is {wanted}, which is not another node of rolling_nodes. Use one of {', '.join(self._asked.others)}"
            )
            return ""
        fit = [node for node, reason in reasons.items() if not reason]
        if self._asked.options.get("partner") and wanted not in fit:
            self._problem(f"rolling_partner: {wanted} cannot take over: {reasons[wanted]}")
            return ""
        if not fit:
            why = "; ".join(f"{node} {reason}" for node, reason in reasons.items())
            self._problem(f"{self._asked.host} has no healthy partner: {why}")
            return ""
        return wanted if wanted in fit else fit[0]

    def _unfit(self, node: str) -> str:
        """Why a node cannot take over, or ""."""
        read = self._asked.read(node)
        if read.get("problem"):
            return "does not answer"
        if _outcome(read) == "failed":
            return "is not healthy"
        if node in self._asked.batch:
            return "is rolled at the same time. Reduce serial"
        if self._asked.outcomes.get(node) in _UNDONE:
            return f"was left {self._asked.outcomes[node].replace('_', ' ')} by an earlier run"
        known = {(tag["tag"], tag["cluster_id"]) for tag in read.get("tags") or ()}
        unknown = [tag for tag in self.tags if tag not in known]
        if unknown:
            return f"does not have the sharing tag {', '.join(f'{name}/{cluster}' for name, cluster in unknown)}"
        return ""

    # the edges

    def _check_edges(self) -> None:
        in_service = {node: self._edges_of(node) for node in self._asked.nodes}
        for entry in self._asked.read(self._asked.host).get("edges") or ():
            if entry.get("problem"):
                continue
            where = f"{entry['host']}: {entry['name']}, which is {self._asked.host},"
            if not entry["in_service"] and self._asked.before is None:
                self._problem(
                    f"{where} is out of service from the start. Put it in service, or remove it from rolling_edges. "
                    "If a run on another controller was interrupted, use its rolling_journal_dir"
                )
            elif not any(
                entry["host"] in in_service[node] for node in self._asked.others if node not in self._asked.batch
            ):
                self._problem(
                    f"{entry['host']} has no other node of rolling_nodes in service, so calls would find none"
                )

    def _edges_of(self, node: str) -> set[str]:
        """The edge hosts at which the node is in service; what they do not know is a problem."""
        found = set()
        for entry in self._asked.read(node).get("edges") or ():
            if entry.get("problem"):
                self._problem(f"rolling_edges of {node}: {entry['host']}: {entry['problem']}")
            elif entry["in_service"]:
                found.add(entry["host"])
        return found

    def _check_way(self) -> None:
        """Something has to lead calls elsewhere."""
        own = self._asked.read(self._asked.host)
        if (
            self.problems
            or own.get("tags")
            or own.get("edges")
            or self._asked.options.get("hooks")
            or self._asked.before
        ):
            return
        self._problem(
            f"Nothing takes {self._asked.host} out of service: it has no sharing tag, rolling_edges is empty, "
            "and rolling_out_of_service_tasks is not set. Set one of them"
        )

    # the plan

    def lines(self) -> list[str]:
        """What will be done, a line for each step."""
        options, own = self._asked.options, self._asked.read(self._asked.host)
        lines = [f"{self._asked.host}: partner {self.partner}"]
        if self._asked.before is not None:
            lines[0] += ", completes an interrupted run"
        names = ", ".join(f"{name}/{cluster}" for name, cluster in self.tags)
        entries = [f"{entry['host']}: {entry['name']}" for entry in own.get("edges") or ()]
        lines += [f"Move the sharing tag {names} to {self.partner}"] if names else []
        lines += [f"Out of service at {entry}" for entry in entries]
        lines += [f"Run {options[name]}" for name in ("out_of_service_tasks",) if options.get(name)]
        lines.append(self._drain_line(own))
        lines += list(options.get("steps") or ())
        lines += [f"Run {options[name]}" for name in ("in_service_tasks",) if options.get(name)]
        lines += [f"In service at {entry}" for entry in entries]
        lines += [f"Move the sharing tag {names} back"] if names and options.get("tags_back") else []
        return [printable(line) or "" for line in lines]

    def _drain_line(self, own: Read) -> str:
        calls = own.get("calls")
        count = "its calls" if calls is None else "1 call" if calls == 1 else f"{calls} calls"
        return f"Wait for {count}, {self._asked.options.get('drain') or 'without a limit'}"


def _outcome(read: Read) -> str:
    return (read.get("health") or {}).get("outcome") or "unknown"


def _tag(tag: Tag) -> dict[str, t.Any]:
    return {"tag": tag[0], "cluster_id": tag[1]}


def edges(listed: t.Mapping[str, t.Iterable[t.Mapping[str, t.Any]]]) -> list[dict[str, t.Any]]:
    """What to ask at the edges: list of {node, host, connection, kind, destinations}. listed: {node: its rolling_edges}."""
    found = []
    for node, node_edges in listed.items():
        for edge in node_edges or ():
            for kind in ("dispatcher", "load_balancer"):
                if edge.get(kind):
                    found.append(_asked(node, edge, kind))
    return found


def _asked(node: str, edge: t.Mapping[str, t.Any], kind: str) -> dict[str, t.Any]:
    return {
        "node": node,
        "host": str(edge["host"]),
        "connection": dict(edge.get("connection") or {}),
        "kind": kind,
        "destinations": [
            {name: value for name, value in destination.items() if value is not None} for destination in edge[kind]
        ],
    }


def entries(asked: t.Mapping[str, t.Any], result: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """What was read of an element of edges(): list of {host, kind, name, in_service, problem}. result: of the module."""
    common = {"host": asked["host"], "kind": asked["kind"]}
    if not result.get("results") or result.get("error"):
        problem = result.get("msg") or "the host cannot be reached"
        return [
            {**common, "name": name_of(asked["kind"], destination), "in_service": False, "problem": problem}
            for destination in asked["destinations"][:1]
        ]
    return [
        {
            **common,
            "name": name_of(asked["kind"], entry),
            "in_service": entry["before"].get("enabled", entry["before"].get("state") == "active"),
            "problem": None,
        }
        for entry in result.get("results") or ()
    ]


def name_of(kind: str, destination: t.Mapping[str, t.Any]) -> str:
    """How a destination is named in plans and reports."""
    if kind == "dispatcher":
        partition = destination.get("partition") or "default"
        suffix = "" if partition == "default" else f" of partition {partition}"
        return f"dispatcher set {destination['set']} {destination['uri']}{suffix}"
    if destination.get("uri") is not None:
        return f"load balancer group {destination['group']} {destination['uri']}"
    return f"load balancer destination {destination['id']}"
