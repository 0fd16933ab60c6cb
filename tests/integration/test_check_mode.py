# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode: what reads is run, and nothing else reaches the server or a phone."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import commands_of
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

READS = {
    "ul_dump",
    "ul_show_contact",
    "uptime",
    "cache_fetch",
    "get_statistics",
    "statistics:get",
    "usrloc:dump",
    "usrloc:show_contact",
    "core:uptime",
    "cache:fetch",
}


@pytest.mark.parametrize("version", ["2.4", "4.0"])
def test_nothing_but_reads_in_check_mode(ansible, emulator, version):
    emu = emulator(version, phones=2)
    first = emu.phones()[0]
    aor = first["user"] + ("@127.0.0.1" if version == "4.0" else "")
    store = {"command": "cache_store", "params": {"system": "local", "attr": "a", "value": "b"}}
    fetch = {"command": "cache_fetch", "params": {"system": "local", "attr": "a"}, "tolerate": [404]}
    headers = {"From": "<sip:a@127.0.0.1>", "To": "<sip:b@127.0.0.1>"}
    results = ansible.run(
        [
            task("write", "mi_command", store),
            task("list", "mi_command", {"commands": [{"command": "uptime"}, store, fetch]}),
            task("read", "mi_command", {"command": "uptime"}),
            task("unknown to the catalogue", "mi_command", {"command": "which", "changes": True}),
            task("facts", "facts", {"gather_subset": ["uptime", "contacts"]}),
            task("notify", "notify", {"select": {}}),
            task("notify aor", "notify", {"aors": [aor, aor.replace("1000", "9000")], "event": "check-sync"}),
            task("mwi", "mwi", {"aors": [aor], "account": "sip:*97@127.0.0.1", "new": 1}),
            task("uac_dlg", "uac_dlg", {"method": "OPTIONS", "ruri": first["contact"], "headers": headers}),
            task("wrong", "uac_dlg", {"method": "OPTIONS", "ruri": first["contact"], "headers": {}}),
        ],
        fifo_of(emu),
        check=True,
    )
    assert set(commands_of(emu)) <= READS
    assert emu.sip_log() == []
    assert emu.state()["cache"] == {}

    assert (results["write"]["outcome"], results["write"]["changed"]) == ("planned", True)
    assert [(each["outcome"], each["changed"]) for each in results["list"]["results"]][:2] == [
        ("ok", False),
        ("planned", True),
    ]
    assert results["list"]["changed"]
    assert (results["read"]["outcome"], results["read"]["changed"]) == ("ok", False)
    assert (results["unknown to the catalogue"]["outcome"], results["unknown to the catalogue"]["changed"]) == (
        "planned",
        True,
    )
    assert len(results["facts"]["ansible_facts"]["opensips"]["contacts"]) == 2

    assert [(each["outcome"], each["event"]) for each in results["notify"]["results"]] == [
        ("planned", {"yealink": "check-sync;reboot=true", "polycom": "check-sync"}[each["vendor"]])
        for each in results["notify"]["results"]
    ]
    assert results["notify"]["changed"]
    assert [each["outcome"] for each in results["notify aor"]["results"]] == ["planned", "not_sent"]
    assert results["mwi"]["changed"]
    assert [each["outcome"] for each in results["mwi"]["results"]] == ["planned"]
    assert results["uac_dlg"]["changed"]
    assert results["uac_dlg"]["requests"][0]["params"]["ruri"] == first["contact"]
    assert results["wrong"].failed
    assert "From" in results["wrong"].msg
