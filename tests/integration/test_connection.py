# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How modules reach a server: every transport with every protocol, TLS, authentication, variables and defaults."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.fixtures import on_every_server
from ansible_collections.community.opensips.tests.integration.support.phones import Phone
from ansible_collections.community.opensips.tests.integration.support.playbook import PREFIX, facts_task, task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of


@on_every_server
class TestConnections:
    """Each transport with each protocol, named and found out."""

    @classmethod
    def play(cls, ansible, servers, phones):
        for name in servers:
            phones[name].register(Phone("2001", "Yealink SIP-T46U 108.86.0.20"))
        hosts = {}
        for name, server in servers.items():
            for way, (options, protocol) in server.ways.items():
                hosts[f"{name}_{way}_auto"] = {"mi": options, "named": False}
                hosts[f"{name}_{way}_{protocol}"] = {"mi": {**options, "protocol": protocol}, "named": True}
        commands = [
            {
                "command": "cache_store",
                "params": {"system": "local", "attr": "{{ inventory_hostname }}", "value": "says hello"},
            },
            {"command": "cache_fetch", "params": {"system": "local", "attr": "{{ inventory_hostname }}"}},
        ]
        return ansible.play(
            [
                facts_task("facts", "version", "contacts", "uptime"),
                task("write", "mi_command", {"commands": commands}, when="named"),
            ],
            hosts,
        )

    def test_every_way_works(self, played, server, server_name):
        for way, (_options, protocol) in server.ways.items():
            for mode in ("auto", protocol):
                facts = played.of(f"{server_name}_{way}_{mode}")["facts"]
                assert not facts.failed, (way, mode, facts.msg)
                version = facts["ansible_facts"]["opensips"]["version"]
                assert version["protocol"] == protocol, (way, mode)
                assert tuple(version["numbers"][: len(server.version)]) == server.version

    def test_every_way_tells_the_same(self, played, server, server_name):
        contacts = {}
        for way, (_options, protocol) in server.ways.items():
            for mode in ("auto", protocol):
                (contact,) = played.of(f"{server_name}_{way}_{mode}")["facts"]["ansible_facts"]["opensips"]["contacts"]
                assert 3000 < contact.pop("expires") <= 3600
                contacts[way, mode] = contact
        first = next(iter(contacts.values()))
        assert (first["aor"], first["user_agent"]) == (server.aor("2001"), "Yealink SIP-T46U 108.86.0.20")
        assert all(other == first for other in contacts.values()), contacts

    def test_every_way_writes(self, played, server, server_name):
        for way, (_options, protocol) in server.ways.items():
            written = played.of(f"{server_name}_{way}_{protocol}")["write"]
            assert not written.failed, (way, written.msg)
            assert written["changed"]
            assert "says hello" in str(written["results"][1]["result"]), way


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"), "authority")


def test_tls_with_certificates_on_both_sides(ansible, emulator, authority, tmp_path):
    certificate, key = authority.issue("server", "127.0.0.1")
    client, client_key = authority.issue("client")
    stranger, stranger_key = Authority(tmp_path, "stranger").issue("nobody")
    emu = emulator("3.6", phones=0, tls_cert=certificate, tls_key=key, tls_client_ca=authority.path)
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(pathlib.Path(path).read_bytes() for path in (client, client_key)))
    assert emu.jsonrpc_url.startswith("https:")
    cases = {
        "both": {"ca_path": authority.path, "client_cert": client, "client_key": client_key},
        "in one file": {"ca_path": authority.path, "client_cert": str(both)},
        "unverified": {"validate_certs": False, "client_cert": client, "client_key": client_key},
        "unknown authority": {"client_cert": client, "client_key": client_key},
        "no client certificate": {"ca_path": authority.path},
        "stranger": {"ca_path": authority.path, "client_cert": stranger, "client_key": stranger_key},
        "keys mixed up": {"ca_path": authority.path, "client_cert": client, "client_key": key},
        "no such authority": {"ca_path": str(tmp_path / "none.pem")},
    }
    results = ansible.cases(
        "mi_command", {name: {"url": emu.jsonrpc_url, "command": "ps", **case} for name, case in cases.items()}
    )
    good = ["both", "in one file", "unverified"]
    assert [name for name, result in results.items() if not result.failed] == good, {
        name: each.msg for name, each in results.items()
    }
    assert emu.stats()["commands"]["ps"] == len(good)
    for name in set(cases) - set(good):
        assert results[name]["error"]["type"] == "ConnectError", results[name].msg
    assert "ca_path" in results["unknown authority"].msg
    assert "client_cert" in results["no client certificate"].msg
    assert "client_cert" in results["stranger"].msg
    assert "client_key" in results["keys mixed up"].msg
    assert "none.pem" in results["no such authority"].msg


def test_basic_authentication(ansible, emulator):
    emu = emulator("4.0", phones=0, http_user="admin", http_password="secret pass")
    cases = {
        "right": {"url_username": "admin", "url_password": "secret pass"},
        "wrong": {"url_username": "admin", "url_password": "wrong pass"},
        "none": {},
    }
    results = ansible.cases(
        "mi_command", {name: {"url": emu.http_url, "command": "ps", **case} for name, case in cases.items()}
    )
    assert not results["right"].failed, results["right"].msg
    for name in ("wrong", "none"):
        assert results[name].failed
        assert "401" in results[name].msg
        assert "url_username" in results[name].msg
        assert "url_password" in results[name].msg
    assert "secret pass" not in str(results)
    assert "wrong pass" not in str(results)


def test_environment_variables(ansible, emulator):
    """Every option has its variable, and what a task says wins."""
    emu = emulator("2.4", phones=0)
    udp = {"OPENSIPS_MI_HOST": emu.udp[0], "OPENSIPS_MI_PORT": str(emu.udp[1]), "OPENSIPS_MI_PROTOCOL": "line"}
    fifo = {
        "OPENSIPS_MI_FIFO_PATH": emu.fifo_path,
        "OPENSIPS_MI_REPLY_DIR": emu.reply_dir,
        "OPENSIPS_MI_TRANSPORT": "fifo",
    }
    environments = {
        "udp": udp,
        "fifo": {**fifo, "OPENSIPS_MI_TIMEOUT": "5"},
        "unix": {"OPENSIPS_MI_SOCKET_PATH": emu.unix_path},
        "url": {"OPENSIPS_MI_URL": emu.mi_json_url, "OPENSIPS_MI_VALIDATE_CERTS": "no"},
    }
    tasks = [
        {**facts_task(name, "version"), "environment": environment} for name, environment in environments.items()
    ] + [
        {**facts_task("task over variable", "version", url=emu.xmlrpc_url), "environment": {"OPENSIPS_MI_URL": "http://127.0.0.1:1/mi"}},
        {**facts_task("bad value", "version", host="127.0.0.1"), "environment": {"OPENSIPS_MI_PORT": "many"}},
    ]  # fmt: skip
    results = ansible.run(tasks)
    want = {"udp": "line", "fifo": "line", "unix": "line", "url": "mi_json", "task over variable": "xmlrpc"}
    for name, protocol in want.items():
        assert not results[name].failed, (name, results[name].msg)
        assert results[name]["ansible_facts"]["opensips"]["version"]["protocol"] == protocol, name
    assert results["bad value"].failed
    assert "port" in results["bad value"].msg


def test_module_defaults_of_the_action_group(ansible, emulator):
    """group/community.opensips.all reaches every module, and a task's own options and a module's defaults win over it."""
    emu, other = emulator("3.6", phones=1), emulator("2.4", phones=0)
    aor = emu.phones()[0]["user"]
    group = {"group/community.opensips.all": fifo_of(emu)}
    tasks = [
        task("mi_command", "mi_command", {"command": "version"}),
        facts_task("facts", "version"),
        task("notify", "notify", {"aors": [aor], "event": "x-test"}),
        task("mwi", "mwi", {"aors": [aor]}),
        task(
            "uac_dlg",
            "uac_dlg",
            {
                "method": "INFO",
                "ruri": emu.phones()[0]["contact"],
                "headers": {"From": "<sip:a@127.0.0.1>", "To": "<sip:b@127.0.0.1>"},
            },
        ),
        task("own", "mi_command", {"command": "version", **fifo_of(other)}),
        task("own way", "mi_command", {"command": "version", "transport": "http", "url": other.xmlrpc_url}),
    ]
    plays = [
        {"hosts": "all", "gather_facts": False, "module_defaults": group, "tasks": tasks},
        {
            "hosts": "all",
            "gather_facts": False,
            "module_defaults": {**group, PREFIX + "facts": fifo_of(other)},
            "tasks": [facts_task("own defaults", "version")],
        },
    ]
    results = ansible.run_plays(plays, {"here": {}}).must_succeed()
    assert results["facts"]["ansible_facts"]["opensips"]["version"]["numbers"][:2] == [3, 6]
    assert "3.6" in str(results["mi_command"]["result"])
    assert "2.4" in str(results["own"]["result"]) and "2.4" in str(results["own way"]["result"])
    assert results["own defaults"]["ansible_facts"]["opensips"]["version"]["numbers"][:2] == [2, 4]
    assert [each["first"].split(" ")[0] for each in emu.sip_log()] == ["NOTIFY", "NOTIFY", "INFO"]


def test_options_that_contradict_or_miss_each_other(ansible):
    """Refused by name, before anything is tried."""
    cases = {
        "url with host": ({"url": "http://127.0.0.1:1/mi", "host": "127.0.0.1"}, ["host", "url"]),
        "socket_path with port": ({"socket_path": "/tmp/none", "port": 8080}, ["socket_path", "port"]),
        "fifo_path with port": ({"fifo_path": "/tmp/none", "port": 8080}, ["fifo_path", "port", "module_defaults"]),
        "host without port": ({"host": "127.0.0.1"}, ["port"]),
        "http without url": ({"transport": "http"}, ["url"]),
        "reply_dir with url": ({"url": "http://127.0.0.1:1/mi", "reply_dir": "/tmp"}, ["reply_dir"]),
        "key without certificate": (
            {"url": "https://127.0.0.1:1/mi", "client_key": "/tmp/none"},
            ["client_key", "client_cert"],
        ),
        "certificate without https": (
            {"url": "http://127.0.0.1:1/mi", "client_cert": "/tmp/none"},
            ["client_cert", "https"],
        ),
        "password without user": (
            {"url": "http://127.0.0.1:1/mi", "url_password": "x"},
            ["url_password", "url_username"],
        ),
        "user in the url": ({"url": "http://me:x@127.0.0.1:1/mi"}, ["url_username"]),
        "line over http": ({"url": "http://127.0.0.1:1/mi", "protocol": "line"}, ["protocol", "line"]),
        "xmlrpc over fifo": ({"fifo_path": "/tmp/none", "protocol": "xmlrpc"}, ["protocol", "xmlrpc"]),
        "no url": ({"url": "ftp://127.0.0.1/mi"}, ["url"]),
        "no port": ({"host": "127.0.0.1", "port": 70000}, ["port"]),
        "no time": ({"fifo_path": "/tmp/none", "timeout": 0}, ["timeout"]),
        "no such transport": ({"transport": "pigeon"}, ["transport", "fifo"]),
        "ca_path with fifo": ({"fifo_path": "/tmp/none", "ca_path": "/tmp"}, ["ca_path"]),
    }
    results = ansible.cases(
        "mi_command", {name: {"command": "uptime", **options} for name, (options, _words) in cases.items()}
    )
    for name, (_options, words) in cases.items():
        assert results[name].failed, name
        assert [word for word in words if word not in results[name].msg] == [], (name, results[name].msg)
