# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The slowest operations, and the most frequent ones."""

from ansible_collections.community.opensips.plugins.module_utils._diagnose.slow import Collection


def events(*operations):
    return [{"source": "pgsql query", "time": time, "extra": extra} for extra, time in operations]


def test_the_slowest_and_the_most_frequent():
    found = Collection(2)
    found.take(events(*((f"select a from t where b={number}", 1000 * number) for number in range(1, 6))))
    found.take(events(("select c from u", 9000000), ("select c from u", 500)))
    slow = found.kinds["sql"]
    assert slow.events == 7
    assert [entry["seconds"] for entry in slow.slowest()] == [9.0, 0.005]
    assert [(entry["operation"], entry["count"], entry["longest"]) for entry in slow.most_frequent()] == [
        ("select a from t where b=?", 5, 0.005),
        ("select c from u", 2, 9.0),
    ]
    assert slow.most_frequent()[0]["mean"] == 0.003


def test_memory_is_limited():
    found = Collection(3)
    found.take(events(*((f"select a{'x' * (number % 150)}_{number}_ from t", 10) for number in range(3000))))
    slow = found.kinds["sql"]
    assert slow.events == 3000 and len(slow.most_frequent()) == 3 and len(slow._sorts) <= 1001
    assert slow.most_frequent()[0]["operation"] == "others" and slow.most_frequent()[0]["count"] >= 1900


def test_what_a_server_does_not_say():
    found = Collection(3)
    found.take([{"source": None, "time": None, "extra": None}, {"source": "dns", "time": -5, "extra": "host.example"}])
    assert found.kinds["other"].events == 1
    assert found.kinds["dns"].slowest()[0]["seconds"] == 0
