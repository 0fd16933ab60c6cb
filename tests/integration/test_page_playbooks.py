# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of the guides and of the README are typed as they are written, with the files of their page, and emulated servers.

Every other example is listed with what runs it.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from ansible_collections.community.opensips.tests import pages
from ansible_collections.community.opensips.tests.emulator import Cluster, Emulator
from ansible_collections.community.opensips.tests.integration import test_page_examples
from ansible_collections.community.opensips.tests.integration.support.opensips_service import Service
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

# the first words of the commands that are run here
HERE = ("ansible-playbook", "ansible-inventory", "for", "jq", "sudo jq", "systemd-analyze")
# what runs the other examples, by a part of their first line
ELSEWHERE = {
    # commands: set-up, which CI does itself, and what nobody can do without a container, a cluster of AWX or Galaxy
    "$ ./demo": ".ci/run",
    "$ ansible-galaxy collection install": "./test cores installs the tarball",
    "$ ansible-vault create": "test_the_commands_run: the file",
    "$ ansible-builder build": "./test environment: introspect and create, not build",
    "$ CONTROLLER_HOST=": "tests/integration/test_scale.py: its jobs",
    "$ pip install": "./test installs them",
    "$ ansible-rulebook": "tests/integration/test_rulebooks.py",
    "$ printf 'ansible:": "tests/integration/test_reverse_proxy.py: with a file that was made so",
    "$ sudo tail -F": "it does not end",
    "$ ansible-playbook community.opensips.rolling_restart": "tests/integration/test_rolling.py, test_rolling_actions.py",
    # plays that need packages, and a real server
    "$ ansible-playbook community.opensips.registrar": "tests/integration/test_registrar.py",
    "- name: Install PostgreSQL": "it needs community.postgresql",
    "# group_vars/opensips.yml": "tests/integration/test_page_examples.py: its users are created",
    "# group_vars/opensips/database.yml": "it needs PostgreSQL on the host",
    "- name: Upgrade the servers to OpenSIPS 4.0": "tests/integration/test_role_server_parts.py: the configuration of its variables",
    "- name: A registrar with lamps, phones behind NAT": "tests/integration/test_role_server_parts.py: the same",
    # files
    "# rulebook.yml": "tests/integration/test_rulebooks.py",
    "# vars.yml": "tests/integration/test_rulebooks.py",
    "# execution-environment.yml": "tests/execution_environment.py",
    "# collections/requirements.yml": "./test environment installs the tarball",
    "collections:": "./test environment installs the tarball",
    "# workflow.yml": "tests/integration/test_scale.py",
    "# places.yml": "./test ansible-lint: it needs AWX",
    "# schedule.yml": "./test ansible-lint, tests/unit/test_schedules.py: it needs AWX",
    "- name: Create the database": "it needs the collections of the databases",
    "name: E_UL_CONTACT_UPDATE": "tests/integration/test_events.py: what an event looks like",
    "- name: Domain": "tests/unit/plugins/module_utils/_readers: what a reply looks like",
}
# variables, and a handler, which the guides show alone
PARTS = (
    *("compare_ignore:", "compare_database:", "opensips_server_config_file:", "phone_reboot_window:"),
    *("handlers:", "module_defaults:"),
)
SHOWN = {"text", "json", "html", "nginx", "jinja"}
VAULT = {"vault_phone_password": "secret", "vault_grandstream_password": "secret"}
FLEET = ("sip1", "sip2", "sip3")


def is_here(line):
    return line.startswith(HERE) and not f"$ {line}".startswith(tuple(ELSEWHERE))


def commands():
    """{(page, lines of a block without the prompt): None} of the console blocks that are run here, each once."""
    found, seen = {}, set()
    for block in pages.every_block():
        if block.language != "console":
            continue
        lines = [line[2:] for line in block.code.replace("\\\n", " ").splitlines() if line.startswith("$ ")]
        lines = [re.sub(r" -i inventory ", " -i inventory.yml ", line) for line in lines if is_here(line)]
        new = [line for line in lines if line not in seen]
        seen.update(new)
        if new:
            found[block.page, "\n".join(new)] = None
    return list(found)


class Place:
    """A folder with the files of a page, and servers for the hosts of its inventory."""

    def __init__(self, ansible, folder, page, servers, service):
        self.folder, self.page, self._service = folder, pages.Page(page) if page != "README" else None, service
        self._ansible, self._servers, self._name = ansible, servers, page
        files = dict(self.page.files) if self.page else {}
        if "night.yml" not in files:
            files["night.yml"] = pages.Page("schedules").files["night.yml"]
        files.setdefault("inventory.yml", self._shown_inventory())
        for name, text in files.items():
            self.write(name, text)
        self.write("vault.yml", yaml.safe_dump(VAULT))
        self.write("routes.cfg", "route { exit; }\n")
        self.write("opensips.cfg", "route { exit; }\n")
        self.write("maintain.yml", "- ansible.builtin.debug:\n    msg: here\n")
        self.write(
            "check-cfg.jsonl", "".join(block.code for block in pages.Page("fleets").blocks if block.language == "json")
        )
        self.write("hosts.yml", yaml.safe_dump({"opensips": {"hosts": dict.fromkeys(FLEET[:2])}}))
        self.write("counts.csv", pages.Page("fleets").after("100,000 voicemail lamps"))
        if "site.yml" not in files:
            task = {"community.opensips.opensips_mi_command": {"command": "uptime"}}
            self.write("site.yml", yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
        (folder / "reports").mkdir()
        (folder / "sip1").mkdir()
        (folder / "sip1" / "night-12.jsonl").write_text('{"outcome": "accepted", "done": true}\n', encoding="utf-8")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(self.here(text), encoding="utf-8")

    def here(self, text):
        """A text of the page, with the paths and servers that are here in place of its own."""
        first, second = self._servers[:2]
        for written, here_is in {
            "/var/lib/community.opensips": str(self.folder / "sip1"),
            "/var/spool/voicemail": str(self.folder),
            "/srv/reports": str(self.folder / "reports"),
            "/var/tmp": str(self.folder),
            "http://127.0.0.1:8888/mi": first.http_url,
            "http://sip1.example.com:8888/mi": first.http_url,
            "http://sip2.example.com:8888/mi": second.http_url,
            "sip:192.0.2.10:5060": "sip:127.0.0.1:19001",
            "https://sip1.example.com/mi": first.http_url,
            "host: 192.0.2.2": f"host: {second.udp[0]}",
            "port: 8080": f"port: {second.udp[1]}",
        }.items():
            text = text.replace(written, here_is)
        return text

    def _shown_inventory(self):
        """The inventory that the page shows without a name, or a small one."""
        shown = [block.code for block in self.page.blocks if block.code.startswith("opensips:\n")] if self.page else []
        # one server where one is enough: a playbook takes seconds for each
        names = {"scale": ("sip01", "sip02", "sip03"), "playbooks": FLEET[:2]}.get(self._name, FLEET[:1])
        return shown[0] if shown else yaml.safe_dump({"opensips": {"hosts": dict.fromkeys(names)}})

    def hosts(self):
        """The inventory that says where the servers of the page's own really are."""
        known = yaml.safe_load((self.folder / "inventory.yml").read_text(encoding="utf-8"))
        names = known["opensips"]["hosts"]
        hosts = {name: self._variables(name, server) for name, server in zip(names, self._servers, strict=False)}
        groups = {"opensips": {"hosts": dict.fromkeys(hosts)}}
        if "edges" in known:
            edge = self._servers[-1]
            hosts["edge1"] = {"opensips_connection": fifo_of(edge)}
        common = {**self._ansible.here, "ansible_become": False}
        return {"all": {"hosts": hosts, "vars": common, "children": groups}}

    def _variables(self, name, server):
        return {
            "opensips_connection": fifo_of(server),
            "phone_reboot_campaign_dir": str(self.folder / name),
            "phone_reboot_report_dir": str(self.folder / "reports"),
            "phone_reboot_wait_timeout": 5,
            **{key: value for key, value in self._service.variables().items() if key != "opensips_server_version"},
        }

    def run(self, lines):
        """(status, output) of lines of a shell."""
        tools = self.folder / "bin"
        tools.mkdir(exist_ok=True)
        sudo = tools / "sudo"
        sudo.write_text('#!/bin/sh\nexec "$@"\n', encoding="utf-8")
        sudo.chmod(0o755)
        (self.folder / "servers.yml").write_text(json.dumps(self.hosts()), encoding="utf-8")
        env = self._ansible.env(self.folder, self.folder / "results.jsonl")
        env.update(
            PATH=os.pathsep.join([str(tools), str(pathlib.Path(sys.executable).parent), env["PATH"]]),
            # where a page has an inventory of its own, this one comes after it
            ANSIBLE_INVENTORY=f"{self.folder / 'inventory.yml'},{self.folder / 'servers.yml'}",
            ANSIBLE_INVENTORY_ENABLED="auto,yaml",
            # for playbooks that say nothing of the connection
            OPENSIPS_MI_FIFO_PATH=self._servers[0].fifo_path,
            OPENSIPS_MI_REPLY_DIR=self._servers[0].reply_dir,
            # the hosts share their files here
            ANSIBLE_FORKS="1" if "update_mwi" in lines else "3",
        )
        text = re.sub("-i (inventory|hosts).yml", r"-i \1.yml -i servers.yml", self.here(lines))
        if "config_lint" in lines:
            # the role may not have written its own yet
            text += f" -e opensips_server_config_path={self.folder / 'opensips.cfg'}"
        done = subprocess.run(
            ["bash", "-ec", text], cwd=self.folder, env=env, input="secret\n", capture_output=True, text=True, timeout=240, check=False
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def fleet():
    """Three servers with phones that reboot."""
    with contextlib.ExitStack() as stack:
        options = {"phones": 4, "reboot": True, "reboot_seconds": 0.2, "modules": "all", "presence": "server"}
        started = [stack.enter_context(Emulator("3.6", **options)) for _name in FLEET]
        # the phones that the pages name
        for server in started:
            answers = server.phones()[0]["contact"].replace("100000", "code200")
            for aor in ("1001", "1002"):
                server.add_contact(aor, answers, user_agent="Yealink SIP-T46U 108.86.0.20")
        yield started


@pytest.fixture(scope="module")
def cluster():
    with Cluster("3.6") as started:
        started.wait_until_synced()
        yield started


@pytest.fixture(scope="module")
def service():
    started = Service("3.6")
    yield started
    started.close()


@pytest.mark.parametrize(("page", "lines"), commands())
def test_the_commands_run(request, ansible, service, tmp_path, page, lines):
    if lines.startswith(("sudo jq", "jq", "systemd-analyze")) and not shutil.which(
        lines.removeprefix("sudo ").split()[0]
    ):
        pytest.skip("the command is not installed")
    servers = (
        request.getfixturevalue("cluster").nodes if "opensips_cluster" in lines else request.getfixturevalue("fleet")
    )
    place = Place(ansible, tmp_path, page, servers, service)
    status, output = place.run(lines)
    print(output)
    assert status == 0 and not re.search(r"failed=[1-9]|unreachable=[1-9]|[Cc]ould not match supplied host", output)


def test_the_playbook_with_secrets_runs(ansible, fleet, service, tmp_path):
    """The page on security has no command for it."""
    place = Place(ansible, tmp_path, "security", fleet, service)
    place.write(
        "vault.yml", yaml.safe_dump({"vault_database_password": "secret1", "vault_carrier_password": "secret2"})
    )
    status, output = place.run(
        "ansible-playbook sip_servers.yml --check --diff -e opensips_server_mi_group=root -l sip1"
    )
    assert status == 0 and "opensips.cfg" in output and not re.search("secret[12]", output), output


SOURCES = [
    (f"{block.page}, line {block.line}", block.code)
    for block in pages.every_block()
    if re.search(r"(?m)^plugin: community\.opensips\.", block.code) or block.code.startswith("opensips:\n")
]


def test_the_sources_of_inventories_are_read(ansible, cluster, service, tmp_path):
    place = Place(ansible, tmp_path, "inventory", cluster.nodes, service)
    names = []
    for number, (_where, code) in enumerate(SOURCES):
        plugin = re.search(r"plugin: community\.opensips\.(\w+)", code)
        names.append(f"source{number}.opensips_{plugin[1]}.yml" if plugin else f"source{number}.yml")
        place.write(names[-1], code.replace("/var/lib/ansible", str(tmp_path)))
    status, output = place.run("\n".join(f"ansible-inventory -i {name} --graph" for name in names))
    assert len(SOURCES) > 5 and status == 0 and output.count("@all:") == len(SOURCES), output
    assert not re.search("Unable to parse|cannot be asked", output), output


def _is_run(block):
    """What runs an example, or None."""
    first = block.code.splitlines()[0]
    if block.language in SHOWN or block.code.startswith(PARTS):
        return "tests/unit/test_pages.py"
    if block.page == "migrating":
        return "test_migrating.py"
    if block.page == "certificates" and block.language in ("sh", "yaml+jinja"):
        return "test_page_certificates.py"
    for start, where in ELSEWHERE.items():
        if first.startswith(start):
            return where
    if block.language == "console":
        return "here" if any(is_here(line[2:]) for line in block.code.splitlines()) else None
    if block.code.startswith("# sip_servers.yml"):
        return "test_the_playbook_with_secrets_runs"
    if block.language == "ini":
        return "tests/unit/test_schedules.py"
    if list(test_page_examples.tasks_of(block.code)):
        return "test_page_examples.py"
    # files that the commands use
    return (
        "here"
        if re.match(r"# [\w-]+\.(\w+\.)?\w+\n", block.code)
        or (f"{block.page}, line {block.line}", block.code) in SOURCES
        else None
    )


def test_every_example_is_run():
    lost = [f"{block.page}, line {block.line}" for block in pages.every_block() if not _is_run(block)]
    assert not lost
