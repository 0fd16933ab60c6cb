# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A comparison of nodes, and of each node with its tables and with a snapshot, as opensips_compare reads them; as JSON."""

from __future__ import annotations

import collections
import functools
import json
import time
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._compare import comparison
from ansible_collections.community.opensips.plugins.module_utils._compare.comparison import Ignored
from ansible_collections.community.opensips.plugins.module_utils._compare.differences import Difference

KIND = "comparison"
FORMAT = 1
# With what a node is compared beside the others, and the key of a source that has the result
AGAINST = ("table", "snapshot")


class ComparisonError(ValueError):
    """What was given is not what opensips_compare returned."""


class Node(t.NamedTuple):
    """What is known of a node. data: as opensips_compare returned it, or None. problem: why it was not read. checks: {one of AGAINST: Check}."""

    name: str
    data: dict[str, t.Any] | None
    problem: str | None
    checks: dict[str, Check]

    @property
    def version(self) -> str | None:
        """Version of the server, or None."""
        return self.data and str(self.data.get("opensips"))

    @property
    def skipped(self) -> dict[str, str]:
        """{kind: why it was not read}"""
        return dict((self.data or {}).get("skipped") or {})


class Check(t.NamedTuple):
    """A node against its tables or a snapshot. total: how many differences there are. problem: why nothing was compared."""

    differences: list[Difference]
    total: int
    compared: dict[str, dict[str, int]]
    skipped: dict[str, str]
    problem: str | None


class Comparison:
    """Everything in which nodes differ.

    sources: list of mappings: node, its name; data, or problem; table and snapshot, results of opensips_compare, or mappings with
    problem. about: title (text), time (Unix time), ignore (list of text), states (bool), each of them optional.
    """

    def __init__(self, sources: t.Any, about: t.Mapping[str, t.Any] | None = None) -> None:
        self.about = {"time": time.time(), "ignore": [], "states": True, **(about or {})}
        self.nodes = [_node(source) for source in sources]
        names = [node.name for node in self.nodes]
        if len(set(names)) < len(names):
            raise ComparisonError("Two of the sources have the same node")
        ignored = Ignored(self.about["ignore"], self.about["states"])
        read = {node.name: node.data["kinds"] for node in self.nodes if node.data is not None}
        self.differences, self.compared, self.skipped = comparison.compare(read, ignored)

    @property
    def problems(self) -> list[Node]:
        """The nodes that were not read."""
        return [node for node in self.nodes if node.problem is not None]

    @property
    def read(self) -> list[Node]:
        return [node for node in self.nodes if node.data is not None]

    def checks(self, against: str) -> list[tuple[Node, Check]]:
        """(node, what it was compared with) of those that were compared with their tables, or with a snapshot."""
        return [(node, node.checks[against]) for node in self.nodes if against in node.checks]

    @functools.cached_property
    def total(self) -> int:
        """All differences: between nodes, and of each node with its tables and a snapshot."""
        return len(self.differences) + sum(check.total for node in self.nodes for check in node.checks.values())

    @functools.cached_property
    def alone(self) -> dict[str, int]:
        """{node: number of differences in which it does not have what most have}"""
        counts = collections.Counter(name for one in self.differences for name in one.minority)
        return {node.name: counts[node.name] for node in self.read}

    def alone_in(self, kind: str, node: str) -> int:
        """In how many differences of a kind a node has not what most have, or, without a majority, what another has not."""
        return sum(
            1
            for one in self.differences
            if one.kind == kind and (node in one.minority or (not one.minority and _is_in(one, node)))
        )

    def summary(self) -> dict[str, t.Any]:
        """The numbers of the report."""
        return {
            **comparison.summary(self.differences, self.compared),
            "nodes": self.alone,
            **{against: {node.name: check.total for node, check in self.checks(against)} for against in AGAINST},
            "not_read": [node.name for node in self.problems],
        }

    def to_json(self) -> str:
        """The whole report: report, format, about, summary, nodes, compared, skipped, differences."""
        return (
            json.dumps(
                {
                    "report": KIND,
                    "format": FORMAT,
                    "about": self.about,
                    "summary": self.summary(),
                    "nodes": [self._plain_node(node) for node in self.nodes],
                    "compared": self.compared,
                    "skipped": self.skipped,
                    "differences": [one.plain() for one in self.differences],
                },
                indent=1,
            )
            + "\n"
        )

    def _plain_node(self, node: Node) -> dict[str, t.Any]:
        return {
            "node": node.name,
            "opensips": node.version,
            "taken": node.data and node.data.get("taken"),
            "problem": node.problem,
            "skipped": node.skipped,
            **{against: _plain_check(node.checks.get(against)) for against in AGAINST},
        }


def _is_in(one: Difference, node: str) -> bool:
    return any(node in value["sources"] for value in one.variants)


def _plain_check(check: Check | None) -> dict[str, t.Any] | None:
    if check is None:
        return None
    return {**check._asdict(), "differences": [one.plain() for one in check.differences]}


def _node(given: t.Any) -> Node:
    if not isinstance(given, t.Mapping) or not given.get("node") or not (given.get("data") or given.get("problem")):
        raise ComparisonError("A source is a mapping with node, and with data or problem")
    name = str(given["node"])
    data = None if given.get("problem") else comparison.checked(name, given["data"])
    checks = {against: _check(given[against]) for against in AGAINST if given.get(against)}
    return Node(name, data, None if data else str(given["problem"]), checks)


def _check(given: t.Any) -> Check:
    if not isinstance(given, t.Mapping) or not (given.get("problem") or "differences" in given):
        raise ComparisonError(
            "What a node was compared with is a result of opensips_compare, or a mapping with problem"
        )
    differences = [_difference(one) for one in given.get("differences") or ()]
    return Check(
        differences,
        int((given.get("summary") or {}).get("total", len(differences))),
        dict(given.get("compared") or {}),
        dict(given.get("not_compared") or {}),
        None if not given.get("problem") else str(given["problem"]),
    )


def _difference(given: t.Any) -> Difference:
    try:
        return Difference(**{name: given[name] for name in Difference._fields})
    except (KeyError, TypeError) as error:
        raise ComparisonError("A difference is not one that opensips_compare returned") from error
