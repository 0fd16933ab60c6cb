# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts, on every emulated version."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.plugins.module_utils._module.facts import SUBSETS
from ansible_collections.community.opensips.tests.integration.support import core_mi
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of


class TestFacts(core_mi.Facts):
    """As on any server."""


@pytest.mark.parametrize("version", ["1.11", "2.4", "4.0"])
def test_every_subset_is_a_fact_as_documented(emulator, version):
    emu = emulator(version, phones=2, dialogs=1, more_blacklists=True)
    result = run_module("facts", {**fifo_of(emu), "gather_subset": ["all"], "cache_keys": ["none"]})
    facts = result["ansible_facts"]["opensips"]
    core_mi.assert_documented(facts)
    lacking = {"1.11": {"registrants", "media_nodes", "blacklists", "trace", "shared_variables"}}.get(version, set())
    assert set(SUBSETS) - set(facts) == set(facts["skipped"]) <= lacking, facts["skipped"]
    for name in set(SUBSETS) - set(facts["skipped"]) - {"subscribers", "cache"}:
        assert facts[name], name
    assert facts["cache"] == {"none": None}


def test_what_costs_or_is_secret_is_gathered_if_it_is_named(emulator):
    emu = emulator("3.6", phones=1)
    params = {"event": "E_UL_AOR_INSERT", "socket": "udp:127.0.0.1:19777", "expire": 600}
    run_module("mi_command", {**fifo_of(emu), "command": "event_subscribe", "params": params})

    def gathered(*subsets, **options):
        return run_module("facts", {**fifo_of(emu), "gather_subset": list(subsets), **options})["ansible_facts"][
            "opensips"
        ]

    costly = {"shared_variables", "subscribers", "cache"}
    by_default = run_module("facts", fifo_of(emu))["ansible_facts"]["opensips"]
    assert not costly & set(by_default)
    facts = gathered(*costly)
    assert facts["shared_variables"] == {"debug": 7}
    (subscriber,) = facts["subscribers"]
    assert (subscriber["event"], subscriber["expires"]) == ("E_UL_AOR_INSERT", 600)
    assert "cache_keys" in facts["skipped"]["cache"]
    facts = gathered("cache", cache_keys=["a"], cache_system="redis:one")
    assert "cachedb_redis" in facts["skipped"]["cache"]
