# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private memory of processes against its limit."""

from ansible_collections.community.opensips.plugins.module_utils._diagnose import memory

MEGABYTE = 1 << 20


class Span:
    """memory: {id: (size, used, most since the start)}, in megabytes; used is None for a process that has ended."""

    def __init__(self, sizes):
        self.processes = [{"id": number, "pid": 100 + number, "type": "timer "} for number in sizes]
        self.memory = {}
        for number, (size, used, most) in sizes.items():
            self.memory[f"{number}-total_size"] = size * MEGABYTE
            self.memory[f"{number}-max_used_size"] = most * MEGABYTE
            if used is not None:
                self.memory[f"{number}-real_used_size"] = used * MEGABYTE


def test_processes_that_have_ended_are_left_out():
    found = memory.private(Span({1: (10, 2, 3), 2: (10, None, 9), 3: (0, 0, 0), 4: (10, 5, 5)}))
    assert [(process["id"], process["used"] // MEGABYTE) for process in found] == [(4, 5), (1, 2)]


def test_the_fullest_process_and_all_that_are_not_well():
    # in use now, and at most since the start
    sizes = {1: (100, 95, 95), 2: (100, 50, 93), 3: (100, 85, 85), 4: (100, 20, 30)}
    entries = memory.check_private(Span(sizes), 90.0, 90.0)
    assert [(entry["subject"], entry["outcome"]) for entry in entries] == [
        ("process 1 (timer)", "failed"),
        ("process 3 (timer)", "warning"),
        ("process 2 (timer)", "warning"),
    ]
    assert "Since the start, the most was 93 %" in entries[2]["message"] and entries[2]["hint"]
    (entry,) = memory.check_private(Span({4: (100, 20, 30)}), 90.0, 90.0)
    assert entry["outcome"] == "ok"
