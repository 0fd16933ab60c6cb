# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_notify: the order of sending, at most so many phones of a group in a batch, and a time after which nothing is sent."""

from __future__ import annotations

import collections
import json
import time

import pytest

from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of


@pytest.fixture
def notify(tmp_path):
    """notify(emulator, …): one run of the campaign."""

    def run(emu, **args):
        given = {"select": {}, "event": "check-sync;reboot=true", "campaign": "night", "campaign_dir": str(tmp_path)}
        options = {**fifo_of(emu), **given, **args}
        return run_module("notify", {name: value for name, value in options.items() if value is not None})

    return run


def users(entries):
    return [entry["aor"].split("@")[0] for entry in entries]


def notified(emu):
    """The users to whom NOTIFYs went, in order."""
    return [
        each["first"].split("sip:")[1].split("@")[0] for each in emu.sip_log() if each["first"].startswith("NOTIFY")
    ]


def planned(tmp_path):
    lines = [json.loads(line) for line in (tmp_path / "night.plan.jsonl").read_text().splitlines()]
    return lines[0], [line["phone"][0] for line in lines if "phone" in line]


class TestLimit:
    @pytest.mark.parametrize("version", ["2.4", "3.6"])
    def test_no_batch_has_more_of_a_group(self, emulator, notify, version):
        emu = emulator(version, phones=12)
        # 100000 to 100009 are one site, 100010 and 100011 another
        site = {"spread_by": "^1000([01])", "spread_limit": 3, "batch": 5}
        plan = notify(emu, plan_only=True, canary=20, **site)
        assert plan["summary"]["batches"] == 4
        sizes, left = [], 12
        while left:
            before = len(notified(emu))
            result = notify(emu, **site)
            assert not result.get("failed"), result
            sent = notified(emu)[before:]
            counts = collections.Counter(user[4] for user in sent)
            assert max(counts.values()) <= 3
            assert result["summary"]["groups"] == {
                "total": len(counts),
                "largest": max(counts.values()),
                "ungrouped": 0,
            }
            sizes.append(len(sent))
            left = result["summary"]["remaining"]
        assert len(sizes) == 4 and sizes[0] == 5
        assert sorted(notified(emu)) == [str(100000 + number) for number in range(12)]

    def test_the_canary_has_at_most_so_many_of_a_group(self, emulator, notify, tmp_path):
        emu = emulator("3.6", phones=12)
        notify(emu, plan_only=True, canary=50, spread_by="^1000([01])", spread_limit=2)
        _head, aors = planned(tmp_path)
        assert sorted(aors) == [str(100000 + number) for number in range(12)]
        assert collections.Counter(aor[4] for aor in aors[:4]) == {"0": 2, "1": 2}

    def test_phones_behind_nat_are_where_they_registered_from(self, emulator, notify):
        emu = emulator("3.6", phones=0)
        for number in range(5):
            # each contact has a private network of its own
            contact = f"sip:code200@10.{number}.0.1:5060"
            emu.add_contact(f"nat{number}", contact, received=f"sip:127.0.0.1:{emu.phones_port}")
        emu.add_contact("host", f"sip:code200@localhost:{emu.phones_port}")
        given = {"spread_by": "network/24", "spread_limit": 2, "batch": 6}
        plan = notify(emu, plan_only=True, order="spread", spread_by="network/24")
        assert plan["summary"]["groups"] == {"total": 1, "largest": 5, "ungrouped": 1}
        assert "spread_by network/24 finds no group for 1 phones. They are a group of their own" in str(
            plan["warnings"]
        )
        # the plan of the host has kept where they are
        found = [sorted(users(notify(emu, **given)["results"])) for _batch in range(3)]
        assert [len(batch) for batch in found] == [3, 2, 1]
        assert "host" in found[0] and len(set(sum(found, []))) == 6

    def test_one_that_is_gone_leaves_its_room_to_another(self, emulator, notify):
        emu = emulator("3.6", phones=3)
        given = {"spread_by": "^(1000)", "spread_limit": 1, "batch": 3, "order": "aor"}
        notify(emu, plan_only=True, order="aor")
        emu.forget_contact("100000")
        first = notify(emu, **given)
        assert users(first["results"]) == ["100001"] and first["summary"]["remaining"] == 1
        last = notify(emu, **given)
        assert (users(last["results"]), last["summary"]["remaining"]) == (["100002", "100000"], 0)
        assert notified(emu) == ["100001", "100002"]

    def test_phones_in_a_call_count_for_their_group(self, emulator, notify):
        emu = emulator("3.6", phones=6)
        emu.call("100000")
        emu.call("100001")
        given = {"spread_by": "^(1000)", "spread_limit": 2, "batch": 5, "order": "aor"}
        found, left = [], 6
        while left:
            result = notify(emu, **given, unless_in_call=True, retry_for=0, retry_interval=1)
            found.append({entry["aor"]: entry["outcome"] for entry in result["results"]})
            left = result["summary"]["remaining"]
        # those that became idle in the batch would be sent to in it; those that did not come behind all others
        in_call = dict.fromkeys(["100000", "100001"], "in_call")
        assert found == [
            in_call,
            dict.fromkeys(["100002", "100003"], "accepted"),
            dict.fromkeys(["100004", "100005"], "accepted"),
            in_call,
        ]
        assert notified(emu) == ["100002", "100003", "100004", "100005"]


class TestOrder:
    def test_a_plan_that_exists_is_sorted_again(self, emulator, notify, tmp_path):
        emu = emulator("3.6", phones=0)
        names = ["b10", "b9", "a2", "a1", "a10", "a3"]
        for name in names:
            emu.add_contact(name, f"sip:code200@127.0.0.1:{emu.phones_port}")

        def order(**args):
            result = notify(emu, plan_only=True, **args)
            return result["lookup"]["plan"], users(entry for entry in result["results"] if not entry["earlier"])

        assert order(order="spread", spread_by="^(.)") == ("made", planned(tmp_path)[1])
        head, spread = planned(tmp_path)
        assert head["order"] == "spread ^(.)"
        assert [aor[0] for aor in spread] == ["a", "b", "a", "a", "b", "a"]
        assert order(order="aor") == ("sorted", ["a1", "a2", "a3", "a10", "b9", "b10"])
        assert order(order="aor") == ("kept", ["a1", "a2", "a3", "a10", "b9", "b10"])
        # that order is not known any more
        assert order() == ("kept", ["a1", "a2", "a3", "a10", "b9", "b10"])
        first = notify(emu, batch=2, order="aor")
        assert users(first["results"]) == ["a1", "a2"]
        what, shuffled = order(order="random")
        assert what == "sorted" and sorted(shuffled) == ["a10", "a3", "b10", "b9"]
        last = notify(emu, order="random")
        assert users(entry for entry in last["results"] if not entry["earlier"]) == shuffled
        assert collections.Counter(each["first"].split("\n")[0].split(" ")[0] for each in emu.sip_log()) == {
            "NOTIFY": 6
        }
        assert emu.stats()["commands"]["ul_dump"] == 1

    def test_without_a_campaign(self, emulator, notify):
        emu = emulator("3.6", phones=4)
        found = notify(
            emu, campaign=None, campaign_dir=None, select=None, aors=["100003", "100001", "100002"], order="aor"
        )
        assert users(found["results"]) == ["100001", "100002", "100003"]
        uris = [f"sip:code200-{number}@127.0.0.1:{emu.phones_port}" for number in (10, 9)]
        found = notify(emu, campaign=None, campaign_dir=None, select=None, uris=uris, order="aor")
        assert [entry["contact"] for entry in found["results"]] == uris[::-1]


class TestUntil:
    def test_a_time_that_has_passed(self, emulator, notify):
        emu = emulator("3.6", phones=4)
        result = notify(emu, send_until=1)
        assert not result.get("failed") and not result["changed"]
        assert (result["results"], result["summary"]["remaining"], result["summary"]["sent"]) == ([], 4, 0)
        assert result["stopped"] == "the time of the run is over (send_until)"
        assert notified(emu) == []
        again = notify(emu, send_until=time.time() + 86400)
        assert again["stopped"] is None and again["summary"]["outcomes"]["accepted"] == 4
        assert sorted(notified(emu)) == [f"10000{number}" for number in range(4)]

    def test_a_time_that_comes_while_it_sends(self, emulator, notify):
        emu = emulator("3.6", phones=30)
        end = time.time() + 4
        result = notify(emu, send_until=end, rate=5, batch=30)
        assert not result.get("failed"), result
        # however long it took to begin
        assert len(result["results"]) + result["summary"]["remaining"] == 30
        assert result["summary"]["remaining"] > 0 and result["stopped"]
        assert [entry for entry in result["results"] if entry["outcome"] != "accepted" or entry["at"] > end] == [], end
        assert sorted(notified(emu)) == sorted(users(result["results"]))
        last = notify(emu)
        assert last["summary"]["outcomes"]["accepted"] == 30
        assert collections.Counter(notified(emu)) == {str(100000 + number): 1 for number in range(30)}


# the options, and what the message says
BAD = [
    ({"spread_by": "network", "spread_limit": 5}, "spread_limit is 5, and batch is not set. Set batch and campaign"),
    ({"spread_by": "network", "spread_limit": 0, "batch": 5}, "spread_limit is 0. Set it to a number of phones"),
    ({"spread_limit": 5, "batch": 5}, "missing parameter(s) required by 'spread_limit': spread_by"),
    ({"order": "spread"}, "order is spread but all of the following are missing: spread_by"),
    ({"spread_by": "network/33"}, "spread_by 'network/33' is not a network"),
    ({"spread_by": "("}, "spread_by: '(' is not a regular expression"),
    ({"spread_by": "networks"}, "spread_by 'networks' finds no group for any of 3 phones"),
    ({"spread_by": "domain", "order": "spread"}, "spread_by 'domain' finds no group for any of 3 phones"),
    ({"send_until": -1}, "send_until is -1.0. Set it to a time in seconds since 1970"),
    ({"send_until": "nan"}, "send_until is nan. Set it to a time in seconds since 1970"),
    ({"send_until": 5, "campaign": None, "campaign_dir": None}, "required by 'send_until': campaign"),
]


def test_bad_input(emulator, notify):
    emu = emulator("3.6", phones=3)
    for args, message in BAD:
        result = notify(emu, **args)
        assert result["failed"] and message in result["msg"], (args, result)
    assert notified(emu) == []
