# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role phone_report, of one and of two servers, and its list of firmware that drives phone_reboot."""

from __future__ import annotations

import csv
import io
import json
import pathlib

import pytest

from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

# of the eight vendors of the emulator's farm
FIRMWARE = [
    {"vendor": "yealink", "model": "T4*", "firmware": "108.86.0.70"},
    {"vendor": "snom", "firmware": ["8.7.5.35"]},
]
EVIL = "=<script>alert(1)</script>"


class Done:
    """What one run gave. text: lines that it showed. files: {suffix: path} of the newest report."""

    def __init__(self, results, folder):
        for each in results:
            each.task = each.task.split(" : ")[-1]
        self.results = results
        self.failures = [each.msg for each in results if each.failed]
        self.changed = [each.task for each in results if each.get("changed")]
        self.warnings = [str(text) for each in results for text in each.get("warnings", [])]
        shown = [each.msg for each in results if each.task == "Show the phones"]
        self.text = shown[0] if shown else None
        stamps = sorted({path.stem for path in pathlib.Path(folder).glob("*")})
        self.stamps = stamps
        self.files = {path.suffix: path for path in pathlib.Path(folder).glob(f"{stamps[-1]}.*")} if stamps else {}

    @property
    def json(self):
        return json.loads(self.files[".json"].read_text())


@pytest.fixture
def report(ansible, tmp_path):
    """report({host: emulator}, firmware=…): runs the role, and phone_reboot after it for reboot={…}."""

    def run(emulators, check=False, reboot=None, hosts=None, **variables):
        roles = ["phone_report", *(["phone_reboot"] if reboot else [])]
        block = [
            {"name": "Run", "ansible.builtin.include_role": {"name": f"community.opensips.{name}"}} for name in roles
        ]
        # a role that stops fails its host, and the helper wants plays that end well
        rescue = [{"name": "Failed", "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg | default('') }}"}}]
        way = {name: f"{{{{ mi.{name} }}}}" for name in ("fifo_path", "reply_dir")}
        play = {
            "hosts": "all",
            "gather_facts": False,
            "module_defaults": {"group/community.opensips.all": way},
            "tasks": [{"block": block, "rescue": rescue}],
        }
        common = {"phone_report_dir": str(tmp_path / "reports")}
        common.update({f"phone_report_{name}": value for name, value in variables.items()})
        common.update({f"phone_reboot_{name}": value for name, value in (reboot or {}).items()})
        inventory = {
            name: {**common, "mi": fifo_of(emu), **(hosts or {}).get(name, {})} for name, emu in emulators.items()
        }
        return Done(ansible.run_plays([play], inventory, check=check), tmp_path / "reports")

    return run


@pytest.fixture
def farm(emulator):
    def start(version="3.6", **options):
        return emulator(version, **{"phones": 8, "reboot": True, "reboot_seconds": 0.3, "upgrade": True, **options})

    return start


def notified(emu):
    return sorted(
        each["first"].split("sip:")[1].split("@")[0] for each in emu.sip_log() if each["first"].startswith("NOTIFY")
    )


def test_two_servers_a_reboot_of_those_behind_and_what_has_changed(report, farm, tmp_path):
    one, two = farm("3.6"), farm("2.4", seed=2)
    (tmp_path / "reports").mkdir(mode=0o755)
    one.add_contact("evil", "sip:evil@[2001:db8::7]:5061;transport=TLS", user_agent=EVIL)
    reboot = {
        "firmware": FIRMWARE,
        "select": {},
        "campaign": "fw-{{ inventory_hostname }}",
        "campaign_dir": str(tmp_path / "journals"),
        "report_dir": str(tmp_path / "reboots"),
        "own_only": False,
        "canary": 0,
        "wait_timeout": 10,
    }
    first = report({"sip1": one, "sip2": two}, firmware=FIRMWARE, reboot=reboot)
    assert first.failures == []
    assert first.text[0] == "17 phones on 9 lines: 2 up to date, 2 behind, 13 no rule"
    found = first.json
    assert (found["report"], found["format"], len(found["phones"])) == ("phones", 1, 17)
    assert [server["contacts"] for server in found["servers"]] == [9, 8]
    vendors = found["summary"]["vendors"]
    assert vendors.pop("unknown") == 1 and vendors.pop("cisco") == 4 and set(vendors.values()) == {2}
    assert found["summary"]["contacts_of_lines"] == {"1": 1, "2": 8}
    assert found["summary"]["unknown_user_agents"] == {EVIL: 1}
    evil = next(phone for phone in found["phones"] if phone["aor"] == "evil")
    assert (evil["transport"], evil["network"], evil["user_agent"]) == ("tls", "2001:db8::/64", EVIL)
    rows = list(csv.DictReader(io.StringIO(first.files[".csv"].read_text(), newline="")))
    assert len(rows) == 17 and next(row["user_agent"] for row in rows if row["aor"] == "evil") == f"'{EVIL}"
    page = first.files[".html"].read_text()
    assert "<script" not in page and "&lt;script&gt;" in page
    assert {oct(path.stat().st_mode & 0o777) for path in first.files.values()} == {"0o600"}
    # a directory of the user's stays as it is
    assert oct((tmp_path / "reports").stat().st_mode & 0o777) == "0o755"
    # the Yealinks alone: Snoms have what is expected, nobody knows what the others are to have
    assert notified(one) == ["100000"] and notified(two) == ["100000"]
    (sent,) = (json.loads(path.read_text()) for path in (tmp_path / "reboots").glob("*/*.json"))
    assert sent["summary"]["states"] == {"back": 2, "already": 2}
    assert sent["left_out"] == {"no rule of firmware is about it": 13}
    assert {entry["compliance"] for entry in sent["results"]} == {"up_to_date", None}
    assert set(first.changed) == {"Send, and wait for the phones"}
    # then one of them is gone, and its phones are not missed
    one.forget_contact("evil")
    gone = fifo_of(two)
    two.kill()
    second = report({"sip1": one, "sip2": two}, firmware=FIRMWARE, compare_to="latest", hosts={"sip2": {"mi": gone}})
    assert any("No process reads the FIFO" in text for text in second.failures)
    summary = second.json["summary"]
    changes = {name: count for name, count in summary["changes"].items() if count}
    assert changes == {"vanished": 1, "upgraded": 1, "same": 7} and summary["not_compared"] == 8
    assert second.text[0] == "8 phones on 8 lines: 2 up to date, 6 no rule" and second.changed == []
    assert any(line.startswith("sip2 was not read: No process reads the FIFO") for line in second.text)
    assert "  1 upgraded: Yealink SIP-T46U 108.86.0.20 -> Yealink SIP-T46U 108.86.0.70" in second.text
    assert second.json["vanished"][0]["aor"] == "evil" and len(second.stamps) == 2
    assert notified(one) == ["100000"]


def test_check_mode_reads_and_writes_nothing(report, farm, tmp_path):
    emu = farm()
    done = report({"sip": emu}, check=True, select={"user_agent": ["snom"]}, compare_to="latest")
    # no directory is there yet
    assert not done.warnings
    assert done.failures == [] and done.text[0] == "1 phone on 1 line" and done.changed == []
    assert done.files == {} and not (tmp_path / "reports").exists()


def test_bad_input_is_told_before_anything_is_read(report, farm):
    emu = farm(phones=1)
    done = report({"sip": emu}, firmware=[{"vendor": "snom", "firmware": 10.10}], compare_to="/nowhere.json")
    (failure,) = done.failures
    assert "phone_report_firmware[0].firmware is the number 10.1" in failure and failure.endswith("Nothing was read")
    assert "phone_report_compare_to: /nowhere.json cannot be read: No such file" in failure
    assert not {"ul_dump", "usrloc:dump"} & set(emu.stats()["commands"]) and done.files == {}
