# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The EXAMPLES of every module, as they are written, against a server that has what they speak of."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.community.opensips.tests.emulator import Cluster
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.databases import Database
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION, PREFIX
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of
from ansible_collections.community.opensips.tests.integration.support.sip_peer import tls_context
from ansible_collections.community.opensips.tests.integration.support.sip_server import SipServer

MODULES = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("opensips_*.py"))
# what examples may end with although the address is in a documentation network, where nobody answers
NOBODY_THERE = {"no_answer", "unreachable"}
# what examples name, and what the emulator has instead
HERE = {
    "sip:192.0.2.20:5060": "sip:127.0.0.1:19101",
    "udp:127.0.0.1:22222": "udp:127.0.0.1:19911",
    "sip:192.0.2.50": "sip:127.0.0.1:19801",
    "sip:trunk1@192.0.2.1:5060": "sip:trunk1@127.0.0.1:5060",
}
# what some require, others have 3.6
VERSIONS = {"opensips_registrant": "4.0"}
IN_CLUSTERS = ("opensips_cluster_node", "opensips_sharing_tag")


def examples_of(module, emu, folder, here=None):
    """The tasks in EXAMPLES, with what is here in place of what a usual server has: a UDP port, a gateway, directories."""
    namespace = {"__name__": "documentation"}
    text = (COLLECTION / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
    # up to the imports, which are Ansible's business
    exec(compile(text.partition("\nfrom ansible")[0], module, "exec"), namespace)
    text = namespace["EXAMPLES"].replace("port: 8888", f"port: {emu.udp[1]}")
    text = text.replace("/var/lib/opensips/opensips.sqlite", f"{emu.directory}/opensips.sqlite")
    for directory in ("/var/spool/voicemail", "/var/lib/community.opensips", "/var/lib/opensips"):
        text = text.replace(directory, str(folder))
    # these phones do not reboot, so nobody comes back
    text = text.replace("timeout: 600", "timeout: 1")
    # a test need not look for long
    text = text.replace("duration: 30", "duration: 1")
    text = text.replace("    campaign: ", f"    campaign_dir: {folder}\n    campaign: ")
    (folder / "mailboxes.csv").write_text("aor,account,new,old\n1001,sip:1001@example.com,2,1\n", encoding="utf-8")
    (folder / "credentials.csv").write_text("aor,username,password\n1001,1001,secret\n", encoding="utf-8")
    (folder / "blocked.csv").write_text("prefix,whitelist\n4900,0\n", encoding="utf-8")
    (folder / "users.csv").write_text("username,password\n1001,secret\n", encoding="utf-8")
    for written, there in {**HERE, **(here or {})}.items():
        text = text.replace(written, there)
    return yaml.safe_load(text.replace("sip:192.0.2.10:5060", next(iter(emu.state()["dispatcher"]["1"]))))


# of this emulator, everything is as the examples want
OPTIONS = {"opensips_health": {"modules": "base"}, "opensips_tls_domain": {"modules": "all", "tls_sip": True}}


@pytest.mark.parametrize("module", MODULES)
def test_examples(plain_ansible, emulator, module, tmp_path):
    if module in IN_CLUSTERS:
        with Cluster("3.6", tags=("vip", "trunks"), phones=4) as cluster:
            cluster.wait_until_synced()
            emu, partner = cluster.nodes
            tasks = examples_of(module, emu, tmp_path, {"192.0.2.12": partner.udp[0], "8080": str(partner.udp[1])})
            play_examples(plain_ansible, emu, module, tmp_path, tasks)
        return
    emu = emulator(VERSIONS.get(module, "3.6"), phones=4, **OPTIONS.get(module, {}))
    if module == "opensips_sip":
        authority = Authority(tmp_path, "authority")
        with SipServer(("alice", "test1", "test2"), tls_context(*authority.issue("server", "127.0.0.1"))) as server:
            tls = f"{server.target('tls')}\n    sip_ca_path: {authority.path}"
            here = {"tls:sip.example.com": tls, "tcp:192.0.2.1:5060": server.target("tcp")}
            here["udp:192.0.2.1:5060"] = server.target()
            play_examples(plain_ansible, emu, module, tmp_path, examples_of(module, emu, tmp_path, here))
        return
    if module == "opensips_tls_domain":
        play_examples(
            plain_ansible, emu, module, tmp_path, examples_of(module, emu, tmp_path, with_certificates(emu, tmp_path))
        )
        return
    if module == "opensips_health":
        # the one destination that is not active from the start
        activate = {"state": "a", "group": "2", "address": "sip:127.0.0.2:19003;transport=udp"}
        run_module("mi_command", {**fifo_of(emu), "command": "ds_set_state", "params": activate})
    play_examples(plain_ansible, emu, module, tmp_path, examples_of(module, emu, tmp_path))


def with_certificates(emu, folder):
    """What the examples of opensips_tls_domain name, and what is here."""
    certificate, key = Authority(folder, "authority").issue("sip.example.com")
    live = "/etc/letsencrypt/live/sip.example.com"
    return {
        f"{live}/fullchain.pem": certificate,
        f"{live}/privkey.pem": key,
        "'sip.pem'": f"'{certificate}'",
        "{{ vault_sip_key }}": f"{{{{ lookup('ansible.builtin.file', '{key}') }}}}",
        # the domain of its script
        "name: default": "name: sv",
        "tls:192.0.2.1:5061": f"tls:127.0.0.1:{emu.tls[1]}",
    }


def play_examples(plain_ansible, emu, module, tmp_path, tasks):
    tables = {
        "opensips_compare": ("dispatcher",),
        "opensips_subscriber": ("subscriber", "dbaliases", "grp", "speed_dial"),
        "opensips_table": ("dispatcher", "subscriber", "globalblacklist"),
        "opensips_table_info": ("dispatcher", "subscriber"),
        "opensips_notify": ("location", "subscriber"),
        "opensips_tls_domain": ("tls_mgm",),
    }
    if module in tables:
        file = Database("sqlite", f"sqlite:///{emu.directory}/opensips.sqlite", {})
        file.create("3.6", *tables[module])
    assert any(PREFIX + module[len("opensips_") :] in each for each in tasks)
    phone = emu.phones()[0]["contact"]
    # the server knows the profile from then on
    emu.add_dialog(seconds=0, profiles=[("gateway", "gw1")])
    for user in ("1001", "1002"):
        # a phone that accepts
        emu.add_contact(user, phone.replace("100000", "code200"), user_agent="Yealink SIP-T46U 108.86.0.20")
    ours = [each for each in tasks if any(key.startswith(PREFIX) for key in each)]
    # in variables, and not where a task itself says how to connect
    defaults = fifo_of(emu)
    secrets = {"vault_phone_password": "secret", "vault_grandstream_password": "secret", "vault_phone_ha1": "0" * 32}
    secrets.update(dict.fromkeys(("trunk3_password", "alice_password", "test_password"), "secret"))
    play = {"hosts": "all", "gather_facts": False, "vars": secrets, "tasks": []}
    for each in tasks:
        own = next((args for key, args in each.items() if key.startswith(PREFIX)), None) or {}
        environment = (
            {}
            if "host" in own or "url" in own
            else {f"OPENSIPS_MI_{key.upper()}": value for key, value in defaults.items()}
        )
        play["tasks"].append({**each, "environment": environment, "ignore_errors": True})
    results = plain_ansible.run_plays([play], {"here": {}})
    assert [each.task for each in results] == [each["name"] for each in tasks]
    for each in ours:
        result = results[each["name"]]
        if result.failed:
            # sent, and nobody answered
            found = {result.get("outcome")} | {entry["outcome"] for entry in result.get("results", [])}
            assert found & NOBODY_THERE, (each["name"], result.msg)
        for entry in result.get("results", []):
            assert entry.get("outcome", entry.get("status")) not in ("not_sent", "unknown", "failed", "not_run"), (
                each["name"],
                entry,
            )
    for each in results:
        if each not in [results[one["name"]] for one in ours]:
            assert not each.failed, each.msg
