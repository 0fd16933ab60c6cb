# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of registered phones, through ansible-inventory and ansible-playbook, against servers of all versions."""

from __future__ import annotations

import pathlib
import re
import time

import pytest
import yaml

from ansible_collections.community.opensips.plugins.inventory import phones as plugin
from ansible_collections.community.opensips.tests.integration.support.databases import Database
from ansible_collections.community.opensips.tests.integration.support.fixtures import on_every_server
from ansible_collections.community.opensips.tests.integration.support.inventory import (
    list_inventory,
    run_doc,
    run_playbook,
    write_source,
)
from ansible_collections.community.opensips.tests.integration.support.phones import SNOM, YEALINK, Phone
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

NAME = "lab.opensips_phones.yml"
SECRET = "Zq9marks3cret"


def source(options, name=NAME):
    return name, {"plugin": "community.opensips.phones", **options}


@on_every_server
class TestEveryVersion:
    @pytest.fixture
    def registered(self, phones, server_name):
        farm = phones[server_name]
        farm.register(Phone("1001", YEALINK))
        farm.register(Phone("1002", SNOM))
        return farm

    def test_phones_are_hosts(self, registered, server, tmp_path):
        found = list_inventory(tmp_path, source({**server.connection, "select": {"aor": ["100?"]}}))
        names = [server.aor("1001"), server.aor("1002")]
        assert found.groups["opensips_phones"] == names and sorted(found.hosts) == names
        phone = found.hosts[names[0]]
        assert sorted(phone) == sorted(plugin.FIELDS)
        assert (phone["aor"], phone["contact"]) == (names[0], registered.uri("1001"))
        assert (phone["vendor"], phone["model"], phone["firmware"]) == ("yealink", "T46U", "108.86.0.20")
        assert (phone["address"], phone["sip_port"], phone["transport"]) == ("127.0.0.1", registered.port, "udp")
        assert 0 < phone["expires"] <= 3600 and phone["socket"].startswith("udp:127.0.0.1:")
        # as ansible-inventory prints what is unsafe
        assert found.raw[names[0]]["user_agent"] == {"__ansible_unsafe": YEALINK}


@pytest.fixture
def emu(emulator):
    return emulator("3.6", phones=0)


def add(emu, user, user_agent=YEALINK, port=5060, **fields):
    emu.add_contact(user, f"sip:{user}@192.0.2.1:{port}", user_agent=user_agent, **fields)


class TestServers:
    def test_the_others_still_come(self, emulator, tmp_path):
        first, second = emulator("3.6", phones=0), emulator("2.4", phones=0)
        add(first, "1001", callid="replicated")
        add(first, "1002")
        # the nodes of a cluster have the same registration
        add(second, "1001", callid="replicated")
        add(second, "1002", port=5070)
        servers = [
            {"name": "a", "url": first.jsonrpc_url},
            {"name": "gone", "fifo_path": str(tmp_path / "no_fifo")},
            {"host": second.udp[0], "port": second.udp[1]},
        ]
        found = list_inventory(tmp_path, source({"servers": servers, "timeout": 5}))
        assert {name: (host["server"], host["sip_port"]) for name, host in found.hosts.items()} == {
            "1001": ("a", 5060),
            "1002": ("a", 5060),
            "1002_2": (f"127.0.0.1:{second.udp[1]}", 5070),
        }
        assert "The server gone cannot be asked: There is no MI FIFO at" in found.warnings
        assert not found.failed
        strict = list_inventory(tmp_path, source({"servers": servers, "strict": True}))
        assert strict.failed and "The server gone cannot be asked" in strict.warnings and not strict.hosts

    def test_options_of_other_sources_give_way(self, emu, tmp_path):
        add(emu, "1001")
        env = {"OPENSIPS_MI_URL": "http://127.0.0.1:1/mi", "OPENSIPS_MI_TIMEOUT": "5"}
        assert list(list_inventory(tmp_path, source(fifo_of(emu)), env=env).hosts) == ["1001"]
        # and count where nothing contradicts
        env = {f"OPENSIPS_MI_{name.upper()}": value for name, value in fifo_of(emu).items()}
        assert list(list_inventory(tmp_path, source({}), env=env).hosts) == ["1001"]
        config = tmp_path / "own.cfg"
        config.write_text(f"[opensips_mi]\nurl = {emu.jsonrpc_url}\n", encoding="utf-8")
        env = {"ANSIBLE_CONFIG": str(config)}
        assert list(list_inventory(tmp_path, source({}), env=env).hosts) == ["1001"]


def test_names_and_groups(emu, tmp_path):
    """Whatever a phone is called: no host is lost, and none is one of the operator's."""
    add(emu, "1001", callid="a")
    emu.add_contact("1001", "sip:1001@192.0.2.2", user_agent=SNOM, callid="b")
    for user in ("localhost", "web1", "-oProxyCommand=x", "staff"):
        add(emu, user)
    others = {"staff": {"hosts": {"web1": None}}}
    options = {
        **fifo_of(emu),
        "compose": {"office": "address.split('.')[3]"},
        "groups": {"old": "firmware is version('10', '<')", "snom": "vendor == 'snom'"},
        "keyed_groups": [{"key": "user_agent", "prefix": "agent"}, {"key": "office", "prefix": "office"}],
    }
    found = list_inventory(tmp_path, ("a.yml", others), source(options))
    # 1001 sorts before 1001_2 by its contact
    assert {host["aor"]: name for name, host in found.hosts.items() if name not in ("web1", "1001")} == {
        "1001": "1001_2",
        "localhost": "localhost_2",
        "web1": "web1_2",
        "staff": "staff_2",
        "-oProxyCommand=x": "_-oProxyCommand=x",
    }
    assert found.hosts["1001"]["vendor"] == "yealink" and found.hosts["1001_2"]["vendor"] == "snom"
    assert found.groups["staff"] == ["web1"] and "aor" not in found.hosts.get("web1", {})
    assert found.groups["snom"] == found.groups["old"] == found.groups["office_2"] == ["1001_2"]
    assert found.groups["agent_snom370_8_7_5_35"] == ["1001_2"]


def test_names_by_an_expression(emu, tmp_path):
    add(emu, "1001")
    add(emu, "1002", user_agent="odd")
    options = {**fifo_of(emu), "name": "vendor ~ '-' ~ user_agent.split(' ')[1]"}
    assert sorted(list_inventory(tmp_path, source(options)).hosts) == ["1002", "yealink-SIP-T46U"]
    strict = list_inventory(tmp_path, source({**options, "strict": True}))
    assert strict.failed and "no name for 1002" in strict.warnings


def test_templates_of_phones_are_not_evaluated(emu, tmp_path):
    """Not in variables, names, groups, composed variables, nor out of the cache."""
    touched = tmp_path / "touched"
    attack = "{{ lookup('pipe', 'touch %s') }}" % touched
    add(emu, "{{1+1}}", user_agent=attack)
    options = {
        **fifo_of(emu),
        "compose": {"composed": "user_agent", "ansible_connection": "'local'"},
        "keyed_groups": [{"key": "user_agent", "prefix": "agent"}],
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    shown = "{{ [inventory_hostname, aor, user_agent, composed] + group_names }}"
    tasks = [
        {"ansible.builtin.set_fact": {"copied": "{{ user_agent }}"}},
        {"ansible.builtin.copy": {"content": shown, "dest": str(tmp_path / "seen")}, "delegate_to": "localhost"},
        {"ansible.builtin.debug": {"msg": "{{ copied ~ hostvars[inventory_hostname].user_agent }}"}},
    ]
    path = write_source(tmp_path, *source(options))
    for _from_cache in (False, True):
        done = run_playbook(tmp_path, [{"hosts": "all", "gather_facts": False, "tasks": tasks}], path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not touched.exists()
        seen = yaml.safe_load((tmp_path / "seen").read_text(encoding="utf-8"))
        assert seen[:4] == ["{{1+1}}", "{{1+1}}", attack, attack]
        assert any(group.startswith("agent__") for group in seen[4:])
        emu.forget_contact("{{1+1}}")


class TestCache:
    @pytest.fixture
    def cached(self, emu, tmp_path):
        add(emu, "1001")
        return {
            **fifo_of(emu),
            "cache": True,
            "cache_plugin": "ansible.builtin.jsonfile",
            "cache_connection": str(tmp_path / "cache"),
            "url_password": "{{ 'Zq9mark' ~ 's3cret' }}",
            "transport": "fifo",
        }

    def names(self, tmp_path, options, **more):
        return sorted(list_inventory(tmp_path, source(options), **more).hosts)

    def test_it_is_used(self, emu, cached, tmp_path):
        assert self.names(tmp_path, cached) == ["1001"]
        (file,) = (tmp_path / "cache").iterdir()
        assert SECRET not in file.read_text(encoding="utf-8")
        add(emu, "1002")
        assert self.names(tmp_path, cached) == ["1001"]
        # another source file is about other phones
        assert self.names(tmp_path, {**cached, "select": {"aor": ["*"]}}) == ["1001", "1002"]
        assert self.names(tmp_path, {**cached, "select": {"aor": ["*"]}}, arguments=["--flush-cache"]) == [
            "1001",
            "1002",
        ]

    def test_a_broken_one_is_not(self, cached, tmp_path):
        assert self.names(tmp_path, cached) == ["1001"]
        (file,) = (tmp_path / "cache").iterdir()
        for pattern, replacement, is_said in (
            (r"^", "{broken", True),
            ("aor", "aro", True),
            ("hosts", "posts", True),
            ("digest", "digset", True),
            # of an older source file, it is none at all
            ('(digest[^:]*:[^"]*")', r"\1x", False),
        ):
            changed = re.sub(pattern, replacement, file.read_text(encoding="utf-8"))
            file.write_text(changed, encoding="utf-8")
            found = list_inventory(tmp_path, source(cached))
            assert list(found.hosts) == ["1001"]
            assert ("the servers are asked" in found.warnings) is is_said
            assert file.read_text(encoding="utf-8") != changed

    def test_it_adds_no_variables(self, cached, tmp_path):
        assert self.names(tmp_path, cached) == ["1001"]
        (file,) = (tmp_path / "cache").iterdir()
        text = file.read_text(encoding="utf-8")
        changed = re.sub(r'(\\*")aor\1', r"\1ansible_connection\1: \1evil\1, \1aor\1", text)
        assert changed != text
        file.write_text(changed.replace("192.0.2.1", "192.0.2.7"), encoding="utf-8")
        phone = list_inventory(tmp_path, source(cached)).hosts["1001"]
        assert phone["address"] == "192.0.2.7" and "ansible_connection" not in phone

    def test_nothing_is_kept_of_half_an_inventory(self, cached, tmp_path):
        servers = [fifo_of_options(cached), {"name": "gone", "fifo_path": str(tmp_path / "no_fifo")}]
        options = {name: value for name, value in cached.items() if name.startswith("cache")}
        found = list_inventory(tmp_path, source({**options, "servers": servers}))
        assert list(found.hosts) == ["1001"] and "Not cached, because hosts of gone are missing" in found.warnings
        assert not list((tmp_path / "cache").glob("*"))


def fifo_of_options(options):
    return {name: options[name] for name in ("fifo_path", "reply_dir")}


def test_of_a_database(tmp_path):
    path = tmp_path / "opensips.sqlite"
    database = Database("sqlite", f"sqlite:///{path}", {}).create("3.6", "location")
    database.execute(
        "INSERT INTO location (username, contact, expires, q, callid, cseq, user_agent, socket) VALUES "
        f"('1001', 'sip:1001@192.0.2.9;transport=tls', {int(time.time()) + 600}, -1, 'c1', 1, '{YEALINK}', 'tls:192.0.2.1:5061')"
    )
    found = list_inventory(tmp_path, source({"location_db": {"db_url": f"sqlite:///{path}"}}))
    phone = found.hosts["1001"]
    assert (phone["address"], phone["sip_port"], phone["transport"]) == ("192.0.2.9", 5061, "tls")
    assert phone["server"] == "location_db"


BAD = {
    "unknown key": ({"ulr": "x"}, "there is no option ulr. The options are ca_path, cache,"),
    "contradiction": ({"url": "http://x/", "host": "x"}, "contradict each other"),
    "a template that fails": ({"url": "{{ nothing }}"}, "url cannot be evaluated: 'nothing' is undefined"),
    "no servers": ({"servers": []}, "servers is not a list of servers"),
    "a server that is a text": ({"servers": ["sip1"]}, "servers[0] is 'sip1', which is not a mapping"),
    "unknown key of a server": ({"servers": [{"usl": "x"}]}, "servers[0] has no option usl. The options are ca_path"),
    "a server's contradiction": ({"servers": [{"url": "http://x/", "host": "x"}]}, "url (from servers[0]) contradict each other"),
    "two servers of one name": ({"servers": [{"host": "x", "port": 1}] * 2}, "servers[1] is called x:1, as an earlier one"),
    "a password in a URL": ({"url": f"http://u:{SECRET}@x/"}, "Set url_username and url_password instead"),
    "a number that is none": ({"servers": [{"host": "x", "port": "many"}]}, "servers[0]: argument 'port' is of type"),
    "unknown filter": ({"select": {"agent": ["x"]}}, "has no option select.agent. The options are aor,"),
    "a filter that is none": ({"select": {"user_agent": ["("]}}, "user_agent: '(' is not a regular expression"),
    "a database and servers": (
        {"location_db": {"db_url": "sqlite:////x"}, "servers": [{}]},
        "location_db and servers contradict each other",
    ),
    "a database without an address": ({"location_db": {}}, "one of the following is required: db_url, db_engine"),
}  # fmt: skip


def test_bad_input(tmp_path):
    """All in one run, since each is a source; nothing is asked, as there is no server."""
    sources = {f"{place}.opensips_phones.yml": case for place, case in enumerate(BAD)}
    env = {"ANSIBLE_INVENTORY_UNPARSED_FAILED": "false", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false"}
    listed = write_source(tmp_path, "listed.opensips_phones.yml", [{"plugin": "community.opensips.phones"}])
    found = list_inventory(tmp_path, listed, *(source(BAD[case][0], name) for name, case in sources.items()), env=env)
    assert "listed.opensips_phones.yml is not a mapping" in found.warnings
    for name, case in sources.items():
        assert f"{name}: " in found.warnings, case
        assert BAD[case][1].lower() in found.warnings.lower(), (case, found.warnings)
    assert SECRET not in found.warnings and not found.hosts


def test_examples(emu, emulator, tmp_path):
    add(emu, "1001", user_agent="Yealink SIP-T46U 66.84.0.15")
    path = tmp_path / "opensips.sqlite"
    Database("sqlite", f"sqlite:///{path}", {}).create("3.6", "location").execute(
        "INSERT INTO location (username, contact, expires, q, callid, cseq, user_agent) VALUES "
        f"('1002', 'sip:1002@192.0.2.9', {int(time.time()) + 600}, -1, 'c1', 1, '{YEALINK}')"
    )
    text = plugin.EXAMPLES.replace("http://127.0.0.1:8888/mi", emu.jsonrpc_url).replace(
        "port: 8888", f"port: {emu.udp[1]}"
    )
    text = text.replace("/var/lib/opensips/opensips.sqlite", str(path)).replace(
        "~/.cache/opensips_phones", str(tmp_path / "c")
    )
    found = list_inventory(tmp_path, (NAME, yaml.safe_load(text)))
    assert sorted(found.hosts) == ["1001", "1002"] and not found.warnings
    assert {"vendor_yealink", "model_T46U", "old_firmware"} <= set(found.groups)
    assert found.hosts["1001"]["ansible_connection"] == "local"
    assert list(pathlib.Path(tmp_path / "c").iterdir())


def test_an_example_of_one_line(emu, tmp_path):
    add(emu, "1001", user_agent=YEALINK)
    env = {f"OPENSIPS_MI_{name.upper()}": value for name, value in fifo_of(emu).items()}
    found = list_inventory(tmp_path, (NAME, {"plugin": "community.opensips.phones"}), env=env)
    assert list(found.hosts) == ["1001"] and not found.warnings


def test_documented_options(tmp_path):
    """Every option of the modules is one of the plugin, and each can come from the environment and ansible.cfg."""
    options = run_doc(tmp_path, "inventory", "community.opensips.phones")["doc"]["options"]
    for name in ("url", "url_password", "max_reply_size", "server_user"):
        assert options[name]["env"][0]["name"] == f"OPENSIPS_MI_{name.upper()}"
        assert options[name]["ini"] == [{"key": name, "section": "opensips_mi"}]
    assert "module" not in " ".join(
        " ".join(options[name]["description"]) for name in ("url", "select", "location_db", "reply_dir")
    )
