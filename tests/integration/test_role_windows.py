# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role phone_reboot: windows that open and end, and at most so many phones of a group in a batch."""

from __future__ import annotations

import collections
import datetime
import json

# ruff: noqa: F811 - pytest finds fixtures by their names
from ansible_collections.community.opensips.tests.integration.test_role_phone_reboot import (  # noqa: F401 # pylint: disable=unused-import
    farm_of,
    notified,
    reads,
    role,
)

# far away, so that the clock of the host, which is the real one, does not end anything
NIGHT = datetime.datetime(2040, 1, 2, 22, tzinfo=datetime.timezone.utc).timestamp()
WINDOW = {"from": "22:00", "to": "05:30", "timezone": "UTC"}
HOUR = 3600
SIMPLE = {"select": {}, "event": "check-sync;reboot=true", "canary": 0, "wait": False, "order": "aor"}


def at(clock):
    """Arguments of ansible-playbook that set the clock of the controller. clock: Unix time, or an expression."""
    return ["-e", json.dumps({"phone_reboot__clock": "{{ %s }}" % clock})]


class TestWindow:
    def test_it_ends_between_batches_and_the_next_run_continues(self, role, farm_of):
        emu = farm_of(6, reboot=False)
        # the window ends once four phones are done
        late = f"{NIGHT} if phone_reboot__progress.done | default(0) < 3 else {NIGHT + 8 * HOUR}"
        first = role({"sip": emu}, **SIMPLE, campaign=None, batch=3, pause=1, window=WINDOW, arguments=at(late))
        assert first.failures == []
        assert first.shown("Show the window") == ["The window is open until 05:30 on Tuesday 2040-01-03 (UTC)"]
        assert [line.split(":")[0] for line in first.lines] == ["batch 1 of 2"]
        name = first.shown("Show the campaign")[0].split()[1]
        (how,) = first.shown("Show how to continue")
        assert how == (
            "The window ended at 05:30 on Tuesday 2040-01-03 (UTC). 3 of 6 phones are left. To continue with them, run the same command"
            f" with -e phone_reboot_campaign={name} when the window is open again. It opens at 22:00 on Tuesday 2040-01-03 (UTC)"
        )
        found = first.json
        assert found["summary"]["states"] == {"accepted": 3, "not_sent": 3}
        left = [entry for entry in found["results"] if entry["state"] == "not_sent"]
        assert {entry["reason"] for entry in left} == {"the window ended before this phone"}
        assert {entry["remedy"] for entry in left} == {"Run the same campaign again when the window is open"}
        assert "<b>Not finished.</b> The window ended at 05:30" in first.report(".html")
        assert "3 phones were not sent to" in first.report(".html")
        # it opens while the role waits
        opens = f"{NIGHT + 24 * HOUR} - (1 if phone_reboot__waited is not defined else 0)"
        options = {"batch": 3, "window": [WINDOW], "window_wait": True}
        second = role({"sip": emu}, **SIMPLE, campaign=name, **options, arguments=at(opens))
        assert second.failures == [] and second.shown("Show how to continue") == []
        assert [line.split(":")[0] for line in second.lines] == ["batch 1 of 1"]
        assert second.json["summary"]["states"] == {"accepted": 6} and reads(emu) == 1
        assert notified(emu) == {str(100000 + number): 1 for number in range(6)}

    def test_it_ends_on_the_host_within_a_batch(self, role, farm_of):
        emu = farm_of(4, reboot=False)
        # an hour ago by the clock of the host, while the controller's says that it is open
        long_ago = datetime.datetime(2020, 1, 2, 22, tzinfo=datetime.timezone.utc).timestamp()
        # a phone that cannot be sent to does not hide that the others are left
        options = {**SIMPLE, "select": None, "aors": [phone["user"] for phone in emu.phones()] + ["nobody"]}
        done = role({"sip": emu}, **options, batch=3, window=WINDOW, arguments=at(long_ago))
        assert done.failures == [] and notified(emu) == {}
        assert done.lines == [
            "batches 1 to 2 of 2: 1 phone, 1 not sent; 0 of 4 done. Stopped: The window ended at 05:30 on Friday 2020-01-03 (UTC)"
        ]
        (how,) = done.shown("Show how to continue")
        assert "4 of 4 phones are left. To continue with them, run the same command when the window" in how
        assert done.json["summary"]["states"] == {"not_sent": 5}

    def test_it_is_closed_or_wrong(self, role, farm_of, tmp_path):
        emu = farm_of(3, reboot=False)
        closed = role({"sip": emu}, **SIMPLE, window=WINDOW, arguments=at(NIGHT - HOUR))
        assert closed.failures == [] and closed.files == [] and closed.plan is None
        assert closed.shown("Show when to run again") == [
            "The window is closed. It opens at 22:00 on Monday 2040-01-02 (UTC). Nothing was sent. Run the same command then,"
            " or set phone_reboot_window_wait to true to wait for it"
        ]
        for window, why in (
            ({}, "phone_reboot_window.from is not set"),
            ({**WINDOW, "days": []}, "phone_reboot_window.days is empty, so the window never opens"),
        ):
            wrong = role({"sip": emu}, **SIMPLE, window=window)
            assert any(why in text for text in wrong.failures), wrong.failures
        # nobody has asked the server for anything
        assert emu.stats()["commands"] == {} and not (tmp_path / "journals-sip").exists()
        # check mode shows the plan whatever the time is
        shown = role({"sip": emu}, check=True, **SIMPLE, window=WINDOW, window_wait=True, arguments=at(NIGHT - HOUR))
        assert shown.shown("Show the window") == ["The window is closed. It opens at 22:00 on Monday 2040-01-02 (UTC)"]
        assert shown.plan[0] == "3 phones: 3 planned"
        assert notified(emu) == {}


class TestSpread:
    def test_no_batch_has_more_of_a_group(self, role, farm_of):
        emu = farm_of(12)
        site = {"order": "spread", "spread_by": "^1000([01])", "spread_limit": 2}
        done = role(
            {"sip": emu}, select={}, event="check-sync;reboot=true", canary=30, batch=5, wait_timeout=10, **site
        )
        assert done.failures == []
        assert done.shown("Show how the plan is spread") == [
            "Order spread, by ^1000([01]): 2 groups, the largest has 10 phones, 0 phones have none. At most 2 of a group in a batch"
        ]
        # ten phones of one group, two at a time
        labels = [line.split(":")[0] for line in done.lines]
        assert labels == ["canary", "batch 1 of 4", "batch 2 of 4", "batch 3 of 4", "batch 4 of 4"]
        assert done.json["summary"]["states"] == {"back": 12}
        batches = collections.Counter((entry["batch"], entry["aor"][4]) for entry in done.json["results"])
        assert max(batches.values()) == 2 and batches["canary", "1"] == 2
        order = [
            each["first"].split("sip:")[1].split("@")[0] for each in emu.sip_log() if each["first"].startswith("NOTIFY")
        ]
        by_batch = {entry["aor"]: entry["batch"] for entry in done.json["results"]}
        assert [by_batch[aor] for aor in order] == sorted((by_batch[aor] for aor in order), key=labels.index)
        assert set(notified(emu).values()) == {1} and reads(emu) == 1
