# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a node can be rolled: what is wrong is said before anything is touched."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.plugins.plugin_utils import _rolling_plan, _rolling_read
from ansible_collections.community.opensips.plugins.plugin_utils._rolling_plan import Plan, Question

BEFORE = {
    "partner": "sip2",
    "tags": [{"tag": "vip", "cluster_id": 1}],
    "holders": [{"tag": "vip", "cluster_id": 1, "node": "sip2"}],
}


def tags(**states):
    return [{"tag": tag, "cluster_id": 1, "state": state} for tag, state in states.items()]


def read(held=None, outcome="ok", problem=None, edges=(), **more):
    health = {"outcome": outcome, "line": f"OpenSIPS 3.6.8: {outcome}"}
    return {"problem": problem, "tags": held, "health": health, "calls": 3, "edges": list(edges), **more}


def entry(in_service=True, host="edge", problem=None):
    return {
        "host": host, "kind": "dispatcher", "name": "dispatcher set 1 sip:x", "in_service": in_service, "problem": problem,
    }  # fmt: skip


def plan(reads, host="sip1", **asked):
    asked.setdefault("nodes", list(reads))
    asked.setdefault("batch", [host])
    return Plan(Question(host=host, reads=reads, **asked)).plain()


def pair(**changes):
    reads = {"sip1": read(tags(vip="active")), "sip2": read(tags(vip="backup"))}
    return {**reads, **changes}


def test_a_pair():
    found = plan(pair())
    assert (found["problems"], found["partner"], found["tags"]) == ([], "sip2", [{"tag": "vip", "cluster_id": 1}])
    assert found["holders"] == BEFORE["holders"]
    # the other one holds nothing, and the tag stays where it is
    found = plan(pair(), "sip2")
    assert (found["partner"], found["tags"]) == ("sip1", [])
    assert found["holders"] == [{"tag": "vip", "cluster_id": 1, "node": "sip1"}]


DOWN = read(None, problem="There is no MI FIFO")
SICK = read(tags(vip="backup"), "failed")


@pytest.mark.parametrize(
    ("reads", "asked", "words"),
    [
        ({"sip1": read(tags(vip="active"))}, {}, ["rolling_nodes has only sip1", "at least two"]),
        (pair(), {"nodes": ["sip2", "sip3"]}, ["rolling_nodes does not have sip1. It has: sip2, sip3"]),
        (pair(sip2=DOWN), {}, ["sip2 is down, or does not answer: There is no MI FIFO", "sip1 has no healthy partner: sip2 does not answer"]),
        (pair(sip2=SICK), {}, ["sip2 is not healthy: OpenSIPS 3.6.8: failed", "no healthy partner: sip2 is not healthy"]),
        (pair(sip1=DOWN), {}, ["sip1 is down from the start", "take it out of rolling_nodes"]),
        (pair(sip2=read(tags(other="active"))), {}, ["sip2 does not have the sharing tag vip/1"]),
        (pair(sip1=read(tags(vip="backup"))), {}, ["sharing tag vip of cluster 1 is held by no node", "opensips_sharing_tag"]),
        (pair(sip2=read(tags(vip="active"))), {}, ["vip of cluster 1 is held by sip1 and sip2 (split)"]),
        (pair(), {"batch": ["sip1", "sip2"]}, ["sip2 is rolled at the same time. Reduce serial"]),
        (pair(), {"options": {"partner": "sip9"}}, ["rolling_partner is sip9", "Use one of sip2"]),
        (pair(sip2=DOWN), {"options": {"partner": "sip2"}}, ["rolling_partner: sip2 cannot take over: does not answer"]),
        (pair(sip2=DOWN), {"outcomes": {"sip2": "interrupted"}}, ["An earlier run left it interrupted. Roll sip2 first"]),
        ({"sip1": read(), "sip2": read()}, {}, ["Nothing takes sip1 out of service", "rolling_edges is empty"]),
        (
            {"sip1": read(edges=[entry(False, problem="no destination sip:x in set 1")]), "sip2": read(edges=[entry()])},
            {},
            ["rolling_edges of sip1: edge: no destination sip:x in set 1"],
        ),
        ({"sip1": read(edges=[entry(False)]), "sip2": read(edges=[entry()])}, {}, ["out of service from the start", "rolling_journal_dir"]),
        ({"sip1": read(edges=[entry()]), "sip2": read(edges=[entry(False)])}, {}, ["edge has no other node of rolling_nodes in service"]),
        ({"sip1": read(edges=[entry()]), "sip2": read()}, {}, ["edge has no other node of rolling_nodes in service"]),
        (
            pair(sip1=read(tags(vip="active"), calls_problem="no MI command dlg_list")),
            {"options": {"drains": True}},
            ["sip1 does not list its calls: no MI command dlg_list", "rolling_drain to false"],
        ),
    ],
)  # fmt: skip
def test_what_is_refused(reads, asked, words):
    found = plan(reads, **asked)
    text = "\n".join(found["problems"])
    for word in words:
        assert word in text
    assert all(problem.endswith("Nothing was touched") for problem in found["problems"])
    assert found["lines"] == []


@pytest.mark.parametrize(
    "reads",
    [
        # killed while the node was down, after its start had taken the tag, and with both holding it
        pair(sip1=DOWN, sip2=read(tags(vip="active"))),
        pair(),
        pair(sip2=read(tags(vip="active"))),
        pair(sip1=read(tags(vip="backup"), edges=[entry(False)]), sip2=read(tags(vip="active"), edges=[entry()])),
        pair(sip1=read(tags(vip="backup")), sip2=read(tags(vip="backup"))),
    ],
)
def test_an_interrupted_run_is_completed_whatever_it_left(reads):
    found = plan(reads, before=BEFORE, outcomes={"sip1": "interrupted"})
    assert found["problems"] == []
    assert (found["partner"], found["tags"], found["holders"]) == ("sip2", BEFORE["tags"], BEFORE["holders"])
    assert "completes an interrupted run" in found["lines"][0]


def test_a_third_node_takes_over_and_keeps_its_own_tag():
    reads = {
        "sip1": read(tags(vip="active", trunk="backup")),
        "sip2": read(tags(vip="backup", trunk="backup")),
        "sip3": read(tags(vip="backup", trunk="active")),
    }
    found = plan(reads, batch=["sip1", "sip2"])
    assert (found["partner"], found["tags"]) == ("sip3", [{"tag": "vip", "cluster_id": 1}])
    assert {(tag["tag"], tag["node"]) for tag in found["holders"]} == {("vip", "sip3"), ("trunk", "sip3")}
    assert plan(reads, options={"partner": "sip3"})["partner"] == "sip3"


def test_what_the_tasks_read():
    item = {"ansible_loop_var": "rolling__node", "rolling__node": "sip1"}
    asked = _rolling_plan.edges(
        {
            "sip1": [
                {
                    "host": "edge",
                    "connection": {"url_password": "secret"},
                    "dispatcher": [
                        {"set": 1, "uri": "sip:x", "partition": "default"},
                        {"set": 2, "uri": "sip:x", "partition": "p"},
                    ],
                    "load_balancer": [{"id": 3, "uri": None, "group": None}],
                }
            ]
        }
    )
    assert [(edge["kind"], edge["destinations"][0]) for edge in asked][1] == ("load_balancer", {"id": 3})
    found = _rolling_read.reads(
        {
            "facts": [{**item, "ansible_facts": {"opensips": {"sharing_tags": tags(vip="active")}}}],
            "health": [{**item, "outcome": "ok", "line": "OpenSIPS 3.6.8: ok"}],
            "calls": [{**item, "summary": {"outcomes": {"left": 2, "replicated": 5}}}],
            "asked": asked,
            "dispatcher": [
                {"results": [
                    {"set": 1, "uri": "sip:x", "partition": "default", "before": {"state": "active"}},
                    {"set": 2, "uri": "sip:x", "partition": "p", "before": {"state": "probing"}},
                ]},
                {"skipped": True},
            ],
            "load_balancer": [{"skipped": True}, {"msg": "destinations: no destination 3", "error": {"type": "BadParameters"}}],
        }
    )  # fmt: skip
    assert (found["sip1"]["calls"], found["sip1"]["tags"]) == (2, tags(vip="active"))
    assert [(edge["name"], edge["in_service"], edge["problem"]) for edge in found["sip1"]["edges"]] == [
        ("dispatcher set 1 sip:x", True, None),
        ("dispatcher set 2 sip:x of partition p", False, None),
        ("load balancer destination 3", False, "destinations: no destination 3"),
    ]
    down = _rolling_read.reads({"facts": [{**item, "msg": "no route to host", "unreachable": True}], "health": [item]})
    assert (down["sip1"]["problem"], down["sip1"]["tags"]) == ("no route to host", None)


@pytest.mark.parametrize(
    "reason, problem",
    [
        ("This server has no MI command 'clusterer_list_shtags'. It needs the module clusterer", None),
        ("Server error (code 500)", "its sharing tags were not read: Server error (code 500)"),
    ],
)
def test_tags_that_cannot_be_read_are_not_none(reason, problem):
    """A node that holds one would be restarted with it."""
    result = {
        "ansible_loop_var": "node",
        "node": "sip1",
        "ansible_facts": {"opensips": {"skipped": {"sharing_tags": reason}}},
    }
    found = _rolling_read.reads({"facts": [result], "health": [{**result, "outcome": "ok"}]})["sip1"]
    assert (found["problem"], found["tags"]) == (problem, None)
