# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook update_mwi: what is wrong with its variables is said in their names, before anything is sent."""

from __future__ import annotations

import json

import yaml

from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of


def test_variables_and_results(ansible, emulator, tmp_path):
    emu = emulator("3.6", phones=2)
    [play] = yaml.safe_load((COLLECTION / "playbooks" / "update_mwi.yml").read_text(encoding="utf-8"))
    results = tmp_path / "results"
    results.mkdir()
    box = [{"aor": emu.phones()[0]["user"], "account": "sip:a@example.com", "new": 1}]
    good = {"opensips_connection": fifo_of(emu), "opensips_mwi_mailboxes": box}
    two = [*box, {"uri": f"sip:code486@127.0.0.1:{emu.phones_port}", "account": "sip:b@example.com", "new": 1}]
    hosts = {
        "rejected": {**good, "opensips_mwi_mailboxes": two},
        "good": {**good, "opensips_mwi_results_dir": str(results)},
        "missing": {**good, "opensips_mwi_results_dir": str(tmp_path / "missing")},
        "nobody": {"opensips_connection": fifo_of(emu)},
        "closed": {**good, "opensips_connection": {"fifo_path": str(tmp_path / "none"), "reply_dir": str(tmp_path)}},
    }
    failed = {"name": "Failed", "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}
    play.update(hosts="all", tasks=[{"block": play["tasks"], "rescue": [failed]}])
    found = ansible.run_plays([play], hosts)
    messages = {each.host: each.msg for each in found if each.task == "Failed"}
    assert "opensips_mwi_results_dir is " in messages["missing"] and "nothing was sent" in messages["missing"]
    assert "opensips_mwi_mailboxes or opensips_mwi_mailboxes_file" in messages["nobody"]
    assert "none" in messages["closed"] and "opensips_connection" in messages["closed"]
    summary, phone = messages["rejected"].splitlines()
    assert "1 of 2 phones did not accept" in summary and "code486" in phone and "486" in phone
    assert set(messages) == {"missing", "nobody", "closed", "rejected"}
    # only two of them sent, and only what could be shown is shown
    assert {each.host for each in found if each.task == "Show what became of the lamps"} == {"good", "rejected"}
    assert len([entry for entry in emu.sip_log() if entry["first"].startswith("NOTIFY")]) == 3
    kept = json.loads((results / "good.json").read_text(encoding="utf-8"))
    assert kept["summary"]["outcomes"]["accepted"] == 1
    assert {path.name for path in results.iterdir()} == {"good.json", "good.csv", "good.html"}


def test_publishing(ansible, emulator, tmp_path):
    emu = emulator("3.6", phones=0, presence="server")
    [play] = yaml.safe_load((COLLECTION / "playbooks" / "update_mwi.yml").read_text(encoding="utf-8"))
    play.update(hosts="all")
    good = {
        "opensips_connection": fifo_of(emu),
        "opensips_mwi_mailboxes": [{"aor": "1001", "new": 1, "messages": {"fax": {"new": 2}}}],
        "opensips_mwi_state_file": str(tmp_path / "state"),
        "opensips_mwi_domain": "example.com",
        "opensips_mwi_delivery": "publish",
        "opensips_mwi_presence_server": f"sip:127.0.0.1:{emu.sip[1]}",
        "opensips_mwi_expires": 600,
        "opensips_mwi_exclusive": True,
        "opensips_mwi_results_dir": str(tmp_path),
    }
    found = ansible.run_plays([play], {"here": good})
    assert not [each for each in found if each.failed]
    [received] = emu.presence()["received"]
    assert received["presentity"] == "1001@example.com" and received["expires"] == 600
    assert "Voice-Message: 1/0 (0/0)\r\nFax-Message: 2/0 (0/0)" in received["body"]
    [entry] = json.loads((tmp_path / "here.json").read_text(encoding="utf-8"))["results"]
    assert (entry["delivery"], entry["publication"]) == ("publish", "created")
    assert "publish,created" in (tmp_path / "here.csv").read_text(encoding="utf-8")
