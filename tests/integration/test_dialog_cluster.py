# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_dialog in a cluster: whose calls a node ends, and waits for."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.emulator import Cluster
from ansible_collections.community.opensips.tests.integration.support.bad_input import commands_of
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of


@pytest.fixture(params=["3.6", "4.0"])
def nodes(request):
    """Two nodes that share the calls of the first, which holds their tag: "one" and "two", and "rings" which is not answered."""
    with Cluster(request.param) as cluster:
        cluster.wait_until_synced()
        first, second = cluster.nodes
        for name in ("one", "two"):
            first.add_dialog(callid=name, from_uri=f"sip:{name}@example.com")
        first.add_dialog(callid="rings", from_uri="sip:rings@example.com", state=2)
        while len(second.state()["dialogs"]) < 2:
            pass
        yield first, second


def dialog_task(node, check=False, **options):
    return run_module("dialog", {**fifo_of(node), **options}, check=check)


def outcomes(result):
    return {entry["call_id"]: entry["outcome"] for entry in result["results"]}


def ends_of(node):
    return [name for name in commands_of(node) if "end_dlg" in name or "terminate" in name]


def test_the_backup_leaves_its_partners_calls_alone(nodes):
    backup = nodes[1]
    for options in ({"state": "absent", "all": True}, {"state": "drained", "wait_timeout": 60}):
        for check in (True, False):
            result = dialog_task(backup, check=check, **options)
            assert outcomes(result) == {"one": "replicated", "two": "replicated"}
            assert not result["changed"] and "failed" not in result
            assert result["summary"]["outcomes"]["replicated"] == 2
            assert all(entry["before"] == entry["after"] and not entry["requests"] for entry in result["results"])
    assert not ends_of(backup)
    assert len(nodes[0].state()["dialogs"]) == 3


def test_filters_apply_to_replicated_calls(nodes):
    result = dialog_task(nodes[1], state="drained", caller="two")
    assert outcomes(result) == {"two": "replicated"}


def test_calls_become_the_partners_when_the_tag_moves(nodes):
    holder, partner = nodes
    left = dialog_task(holder, state="drained", wait_timeout=0)
    assert left["failed"] and outcomes(left) == {"one": "left", "two": "left", "rings": "left"}
    assert run_module("sharing_tag", {**fifo_of(partner), "tag": "vip", "neighbours": [fifo_of(holder)]})["changed"]
    # a call that is not answered stays where it is
    waited = dialog_task(holder, state="drained", wait_timeout=0)
    assert waited["failed"] and outcomes(waited) == {"one": "replicated", "two": "replicated", "rings": "left"}
    ended = dialog_task(partner, state="absent", all=True)
    assert outcomes(ended) == {"one": "ended", "two": "ended"} and ended["changed"]


def test_a_tag_that_moves_while_calls_are_ended(nodes):
    """The server refuses then, as it does where the tag cannot be seen."""
    holder = nodes[0]
    holder.refuse("dlg_end_dlg", 403, "Node is backup for requested dialog")
    result = dialog_task(holder, state="absent", all=True, wait_timeout=0)
    assert outcomes(result) == {"one": "replicated", "two": "replicated", "rings": "failed"}
    [rings] = [entry for entry in result["results"] if entry["call_id"] == "rings"]
    assert "before the call was answered" in rings["error"]["message"] and "drained" in rings["error"]["hint"]
    assert not result["changed"]


def test_a_call_without_a_tag_is_each_nodes_own(nodes):
    backup = nodes[1]
    backup.add_dialog(callid="untagged", shtag=None)
    result = dialog_task(backup, state="absent", all=True)
    assert outcomes(result) == {"untagged": "ended", "one": "replicated", "two": "replicated"}
