# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of the role rolling, tasks of the user, and calls that are left; and that no output or file of it has a secret."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import threading

import pytest
import yaml

from ansible_collections.community.opensips.tests.emulator import Cluster
from ansible_collections.community.opensips.tests.integration.support.cluster import wait_until
from ansible_collections.community.opensips.tests.integration.support.opensips_service import Service
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION
from ansible_collections.community.opensips.tests.integration.support.rolling import HEALTH, Rolling

SECRET = "Zq9mark-s3cret"
LOGIN = {"http_user": "operator", "http_password": SECRET}


def over_http(server):
    """Connection options with a password."""
    return {"url": server.jsonrpc_url, "url_username": LOGIN["http_user"], "url_password": SECRET}


def to_edge(index):
    return {"load_balancer": [{"id": index + 1}]}


@pytest.fixture(scope="module")
def cluster():
    with Cluster("3.6", edges=1, **LOGIN) as one:
        one.wait_until_synced()
        yield one


@pytest.fixture
def rolling(ansible, cluster, tmp_path):
    return Rolling(ansible, cluster, tmp_path, to_edge, over_http, rolling_wait_timeout=20, rolling_drain_timeout=20)


def marks(folder):
    """Lines that tasks of the user have written, in their order."""
    return (folder / "marks").read_text(encoding="utf-8").splitlines()


def drained(run, node):
    """(outcome, calls, message) of the step."""
    (step,) = (step for step in run.entries(node) if step["step"] == "drain")
    return step["outcome"], step["calls"], step["message"]


def tasks_file(folder, name):
    """A file with a task of the user that leaves a mark."""
    path = folder / f"{name}.yml"
    words = ["/bin/sh", "-c", f"echo {name} {{{{ inventory_hostname }}}} >> {folder}/marks"]
    path.write_text(json.dumps([{"name": name, "ansible.builtin.command": {"argv": words}}]), encoding="utf-8")
    return str(path)


# what the module systemd asks, and what restarts the node
_SYSTEMCTL = """\
#!/bin/sh
case "$1" in
show) printf 'Id=sip.service\\nLoadState=loaded\\nActiveState=active\\n' ;;
restart) echo "restart $2" >> '{folder}/marks'; {command} ;;
esac
"""


def environment_of_systemd(folder, command):
    """What lets a host have a systemd. command: restarts the server."""
    path = folder / "bin" / "systemctl"
    path.parent.mkdir()
    path.write_text(_SYSTEMCTL.format(folder=folder, command=command), encoding="utf-8")
    path.chmod(0o755)
    return {"PATH": f"{path.parent}:{os.environ['PATH']}"}


class LateCall(threading.Thread):
    """A call that arrives at sip1 a second after it was taken out of service, as with an address that follows a tag slowly."""

    def __init__(self, rolling):
        super().__init__(daemon=True)
        self.rolling, self.is_over = rolling, threading.Event()

    def run(self):
        while not self.is_over.wait(0.02):
            if self.rolling.has_begun("sip1", "drain"):
                self.is_over.wait(1)
                self.rolling.cluster.nodes[0].add_dialog(seconds=600, shtag=None)
                return

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_exception):
        self.is_over.set()
        self.join()


class TestActions:
    """sip1 is restarted by systemd, with a call that arrives late and is left; sip2 gets the role opensips_server, which ends it."""

    @pytest.fixture(scope="class")
    @classmethod
    def folder(cls, tmp_path_factory):
        return tmp_path_factory.mktemp("actions")

    @pytest.fixture(scope="class")
    @classmethod
    def service(cls):
        one = Service("3.6")
        yield one
        one.close()

    @pytest.fixture(scope="class")
    @classmethod
    def run(cls, ansible, cluster, folder, service):
        rolling = Rolling(ansible, cluster, folder, to_edge, over_http, rolling_wait_timeout=20)
        by_systemd = {
            "rolling_restart_command": [],
            "rolling_service": "sip",
            "rolling_drain_left": "leave",
            "rolling_drain_minimum": 4,
            "rolling_drain_timeout": 1,
        }
        by_role = {
            **service.variables(),
            "rolling_action": "opensips_server",
            "rolling_drain_left": "end",
            "rolling_drain_timeout": 0,
            "opensips_server_connection": over_http(cluster.nodes[1]),
            "opensips_server_restart_command": rolling.restart_command(1),
            "opensips_server_mi_fifo": False,
            "opensips_server_health": HEALTH,
            "opensips_server_wait_timeout": 20,
        }
        with LateCall(rolling):
            return rolling.run(
                env=environment_of_systemd(folder, cluster.restart_command(0)),
                facts={"ansible_service_mgr": "systemd"},
                arguments=["-vvv", "--diff"],
                rolling_pause=1,
                rolling_out_of_service_tasks=tasks_file(folder, "out"),
                rolling_in_service_tasks=tasks_file(folder, "in"),
                sip1=by_systemd,
                sip2=by_role,
            )

    def test_the_service_is_restarted_between_the_tasks_of_the_user(self, run, folder, cluster):
        assert run.failures == {}
        assert marks(folder) == ["out sip1", "restart sip", "in sip1", "out sip2", "in sip2"]
        assert cluster.holders() == [0]

    def test_a_call_that_arrives_late_is_counted_and_left(self, run):
        assert drained(run, "sip1") == ("ok", 1, "0 ended")

    def test_the_role_opensips_server_restarts_the_server_after_the_rest_is_ended(self, run, service):
        assert drained(run, "sip2") == ("ok", 0, "1 ended")
        tasks = [each.task.rpartition(" : ")[2] for each in run.results.of("sip2") if each.get("changed")]
        assert [task for task in tasks if task in ("Write the configuration file", "Run the restart command")] == [
            "Write the configuration file",
            "Run the restart command",
        ]
        assert service.config.exists()

    def test_it_pauses_between_the_nodes_only(self, run):
        (paused,) = run.of("Wait before the next node")
        assert paused.host == "sip1" and paused["stdout"].startswith("Paused for 1")

    def test_no_output_and_no_file_has_a_secret(self, run, folder):
        assert [each.task for each in run.results if SECRET in json.dumps(each)] == []
        assert [line[:300] for line in run.output.splitlines() if SECRET in line] == []
        kept = [path for name in ("journals", "reports") for path in (folder / name).rglob("*") if path.is_file()]
        assert {path.suffix or path.name for path in kept} == {".jsonl", ".json", ".html", ".lock"}
        assert [
            path for path in kept if SECRET in path.read_text(encoding="utf-8") or path.stat().st_mode & 0o077
        ] == []


def test_a_node_is_not_restarted_with_a_call_that_rings_there(ansible, cluster):
    """Its tag has moved, but no other node knows it."""
    node = cluster.nodes[1]
    role = {
        "name": "run",
        "ansible.builtin.include_role": {"name": "community.opensips.rolling", "tasks_from": "drain"},
    }
    variables = {"rolling_connection": over_http(node), "rolling_settle_timeout": 0, "rolling_drain_timeout": 300}
    play = {"hosts": "all", "gather_facts": False, "tasks": [role]}

    def looks():
        return sum(count for name, count in node.stats()["commands"].items() if name.startswith("dlg_list"))

    before = looks()

    def answer_when_seen():
        wait_until(lambda: looks() > before, "nobody looks at the call", 120)
        node.set_dialogs(0)

    cluster.move(0)
    node.set_dialogs(0)
    node.add_dialog(state=2)
    watcher = threading.Thread(target=answer_when_seen, daemon=True)
    watcher.start()
    results = ansible.run_plays([play], {"here": variables}, seconds=900)
    watcher.join()
    waited = next(each for each in results if each.task.endswith(" : Wait until the calls of the node have ended"))
    assert (waited["summary"]["outcomes"]["gone"], waited["summary"]["outcomes"]["left"]) == (1, 0)


# packages


class Packages:
    """A repository with versions of a package, and a directory that stands for the host's: apt and dpkg work in it."""

    NAME = "opensips-tested"

    def __init__(self, folder):
        self.root, self._repository = folder / "root", folder / "repository"
        for path in ("root/var/lib/dpkg/info", "root/var/lib/dpkg/updates", "state/lists/partial", "cache/archives/partial",
                     "etc/apt.conf.d", "etc/preferences.d", "etc/sources.list.d", "log", "repository"):  # fmt: skip
            (folder / path).mkdir(parents=True)
        (self.root / "var/lib/dpkg/status").touch()
        (folder / "etc/sources.list").write_text(f"deb [trusted=yes] file:{self._repository} ./\n", encoding="utf-8")
        self.environment = {"APT_CONFIG": str(folder / "apt.conf")}
        (folder / "apt.conf").write_text(
            f'Dir "{folder}/";\nDir::State "state";\nDir::State::status "{self.root}/var/lib/dpkg/status";\n'
            'Dir::Cache "cache";\nDir::Etc "etc";\nDir::Log "log";\nAPT::Sandbox::User "root";\n'
            f'DPkg::Options:: "--root={self.root}";\nDPkg::Options:: "--force-not-root";\n',
            encoding="utf-8",
        )

    def publish(self, *versions):
        """Put versions into the repository."""
        entries = []
        for version in versions:
            tree = self._repository.parent / f"tree-{version}"
            (tree / "DEBIAN").mkdir(parents=True)
            control = f"Package: {self.NAME}\nVersion: {version}\nArchitecture: all\nMaintainer: nobody <n@example.com>\nDescription: test\n"
            (tree / "DEBIAN/control").write_text(control, encoding="utf-8")
            (tree / "version").write_text(f"{version}\n", encoding="utf-8")
            path = self._repository / f"{self.NAME}_{version}_all.deb"
            subprocess.run(["dpkg-deb", "-b", "--root-owner-group", tree, path], check=True, capture_output=True)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            entries.append(f"{control}Filename: ./{path.name}\nSize: {path.stat().st_size}\nSHA256: {digest}\n")
        (self._repository / "Packages").write_text("\n".join(entries), encoding="utf-8")

    def install(self, version):
        path = self._repository / f"{self.NAME}_{version}_all.deb"
        command = ["dpkg", f"--root={self.root}", "-i", path]
        subprocess.run(command, check=True, capture_output=True)

    @property
    def installed(self):
        return (self.root / "version").read_text(encoding="utf-8").strip()


@pytest.mark.skipif(not shutil.which("apt-get") or os.getuid() != 0, reason="no Debian, or not root")
def test_packages_that_break_the_node_go_back_to_the_versions_from_before(rolling, cluster, tmp_path):
    packages = Packages(tmp_path)
    packages.publish("1.0-1", "2.0-1")
    packages.install("1.0-1")
    # version 2 does not answer after the restart
    restart, version = cluster.restart_command(0), packages.root / "version"
    script = f"cat {version} >> {tmp_path}/marks; grep -q ^1 {version} && exec {restart}; {restart.replace('restart_node', 'kill_node')}"
    run = rolling.run(
        nodes=["sip1"],
        env=packages.environment,
        rolling_action="packages",
        rolling_packages=[{"name": packages.NAME, "version": "2.0-1"}],
        rolling_undo_tasks=tasks_file(tmp_path, "undo"),
        rolling_wait_timeout=2,
        rolling_restore=False,
        sip1={"rolling_restart_command": ["/bin/sh", "-c", script]},
    )
    assert list(run.failures) == ["sip1"] and "The node is in service, as before" in run.failures["sip1"]
    assert ("act", "ok") in run.steps("sip1") and ("undo", "ok") in run.steps("sip1")
    assert run.outcomes["sip1"] == "put_back"
    assert marks(tmp_path) == ["2.0-1", "undo sip1", "1.0-1"]
    assert packages.installed == "1.0-1"
    assert SECRET not in run.output


def test_packages_of_the_rhel_family_are_named_with_their_versions(ansible):
    path = COLLECTION / "roles" / "rolling" / "tasks" / "packages_redhat.yml"
    ((options,),) = ([task["ansible.builtin.dnf"]] for task in yaml.safe_load(path.read_text(encoding="utf-8")))
    wanted = [{"name": "opensips", "version": "3.6.8-1.el9"}, {"name": "opensips-cli", "version": "0.3.1-1"}]
    task = {"name": "names", "ansible.builtin.debug": {"msg": options["name"]}, "vars": {"rolling__wanted": wanted}}
    results = ansible.run_plays([{"hosts": "all", "gather_facts": False, "tasks": [task]}], {"here": {}}, seconds=900)
    assert results["names"].msg == ["opensips-3.6.8-1.el9", "opensips-cli-0.3.1-1"]
    assert (options["state"], options["allow_downgrade"]) == ("present", True)
