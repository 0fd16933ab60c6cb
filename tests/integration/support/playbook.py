# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs playbooks through ansible-playbook and gives the results of their tasks."""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import subprocess
import sys

# not resolved: ansible-core wants the path with ansible_collections in it
COLLECTION = pathlib.Path(__file__).absolute().parents[3]
PREFIX = "community.opensips.opensips_"
SECONDS = 240
FORKS = 4
CONNECTION_OPTIONS = (
    "transport", "protocol", "fifo_path", "reply_dir", "server_user", "host", "port", "socket_path", "url", "timeout", "validate_certs", "ca_path",
    "client_cert", "client_key", "url_username", "url_password", "max_reply_size",
)  # fmt: skip


class PlaybookError(AssertionError):
    """ansible-playbook itself failed, not only tasks; the text has all that it said."""


class Result(dict):
    """What a module returned; host, task (its name) and status say where it comes from."""

    def __init__(self, line):
        super().__init__(line["result"])
        self.host = line["host"]
        self.task = line["task"]
        self.status = line["status"]

    @property
    def failed(self):
        return self.status == "failed"

    @property
    def msg(self):
        return self.get("msg", "")


class Results(list):
    """Results in the order in which they came. output: what ansible-playbook printed. folder: where it was run."""

    output = ""
    folder = None

    def of(self, host):
        return Results(result for result in self if result.host == host)

    def __getitem__(self, key):
        """By number, or the only one of a task by its name."""
        if not isinstance(key, str):
            return super().__getitem__(key)
        found = [result for result in self if result.task == key]
        assert len(found) == 1, f"{len(found)} results of the task {key!r}; there are {[each.task for each in self]}"
        return found[0]

    def must_succeed(self):
        """Raise unless no task failed; for tests of what comes after."""
        bad = [f"{each.host}, {each.task}: {each.msg}" for each in self if each.failed]
        assert not bad, "\n".join(bad)
        return self


def task(name, module, args=None, **keywords):
    """A task; module without its prefix is one of ours. keywords: check_mode, vars, when …"""
    action = module if "." in module else PREFIX + module
    return {"name": name, action: args or {}, "ignore_errors": True, **keywords}


def facts_task(name, *subsets, **args):
    return task(name, "facts", {"gather_subset": list(subsets), **args})


class Ansible:
    """Runs ansible-playbook in folder (a pathlib.Path of our own). warm: a WarmPython for its modules, or None."""

    def __init__(self, folder, warm=None):
        self.folder = folder
        self._warm = warm
        self._numbers = itertools.count(1)
        (folder / "payloads").mkdir(exist_ok=True)

    def run(self, tasks, connection=None, *, check=False, env=None, defaults=None, **variables):
        """The Results of tasks on one host. connection: options for the action group. defaults: further module_defaults."""
        return self.play(
            tasks, {"here": {**variables, "mi": connection or {}}}, check=check, env=env, defaults=defaults
        )

    def play(self, tasks, hosts, *, check=False, env=None, defaults=None, keywords=None):
        """The Results of tasks on many hosts at once: {name: its variables, mi among them with the connection's options}."""
        mi = {name: f"{{{{ mi.{name} | default(omit) }}}}" for name in CONNECTION_OPTIONS}
        used = {name for each in hosts.values() for name in each.get("mi", {})}
        group = {name: value for name, value in mi.items() if name in used}
        play = {
            "hosts": "all",
            "gather_facts": False,
            "module_defaults": {"group/community.opensips.all": group, **(defaults or {})},
            "tasks": tasks,
            **(keywords or {}),
        }
        return self.run_plays([play], hosts, check=check, env=env)

    def cases(self, module, cases, **options):
        """{name: Result} of one module called with different arguments, several at once."""
        names = {f"case{number}": name for number, name in enumerate(cases)}
        hosts = {host: {"arguments": cases[name]} for host, name in names.items()}
        # a template for all arguments: they come from this file, so Ansible's warning of untrusted ones is idle
        one = {"name": "case", PREFIX + module: "{{ arguments }}", "ignore_errors": True}
        results = self.run_plays([{"hosts": "all", "gather_facts": False, "tasks": [one]}], hosts, **options)
        found = {names[result.host]: result for result in results}
        assert list(sorted(found)) == sorted(cases), "cases without a result"
        return {name: found[name] for name in cases}

    def run_plays(
        self, plays, hosts, *, check=False, env=None, seconds=SECONDS, arguments=(), may_fail=False, umask=-1
    ):
        """The Results of whole plays (data) on hosts. Raises PlaybookError when ansible-playbook does not run them all.

        arguments: of ansible-playbook, such as -vvv. may_fail: hosts may fail. umask: that it runs with (-1: ours).
        """
        folder, results, command = self._prepare(plays, hosts, [*(["--check"] if check else []), *arguments])
        done = subprocess.run(
            command,
            cwd=folder,
            env={**self.env(folder, results), **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            umask=umask,
        )
        found = Results(Result(json.loads(line)) for line in results.read_text(encoding="utf-8").splitlines())
        broken = [each for each in found if each.status == "unreachable"]
        found.output, found.folder = done.stdout + done.stderr, folder
        if (done.returncode and not may_fail) or not found or broken:
            raise PlaybookError(
                f"ansible-playbook ended with {done.returncode}\n{done.stdout}\n{done.stderr}\n{broken}"
            )
        # pytest shows it when the test fails
        print(f"--- {folder}\n{done.stdout}\n{done.stderr}")
        return found

    def start_plays(self, plays, hosts):
        """The process (subprocess.Popen) of whole plays, with its modules a group of its own, so that a test can kill them all.

        Its output is in the file output.
        """
        folder, results, command = self._prepare(plays, hosts, [])
        with (folder / "output").open("wb") as output:
            return subprocess.Popen(
                command,
                cwd=folder,
                env=self.env(folder, results),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _prepare(self, plays, hosts, arguments):
        """(folder, file of results, command) of a run."""
        folder = self.folder / f"play{next(self._numbers)}"
        folder.mkdir()
        inventory = {"all": {"hosts": {name: {**self.here, **variables} for name, variables in hosts.items()}}}
        (folder / "inventory.yml").write_text(json.dumps(inventory), encoding="utf-8")
        (folder / "playbook.yml").write_text(json.dumps(plays, indent=1), encoding="utf-8")
        results = folder / "results.jsonl"
        results.touch()
        program = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
        return folder, results, [program, "-i", "inventory.yml", "playbook.yml", *arguments]

    @property
    def here(self):
        """Variables of each host."""
        connection = "warm" if self._warm else "local"
        return {"ansible_connection": connection, "ansible_python_interpreter": sys.executable}

    def env(self, folder, results):
        """The environment of programs of Ansible in a folder, whose ansible.cfg it writes. results: a file for those of tasks."""
        # one of our own, so that none of the machine's applies. Ansible looks every millisecond whether a task has ended, which
        # is a tenth of a processor as long as a module waits
        (folder / "ansible.cfg").write_text("[defaults]\ninternal_poll_interval = 0.02\n", encoding="utf-8")
        env = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "OPENSIPS_MI_"))}
        env.update(
            ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]),
            ANSIBLE_HOME=str(folder / "home"),
            ANSIBLE_CONFIG=str(folder / "ansible.cfg"),
            ANSIBLE_CALLBACK_PLUGINS=str(pathlib.Path(__file__).with_name("callback")),
            ANSIBLE_CALLBACKS_ENABLED="task_results",
            ANSIBLE_PIPELINING="1",
            ANSIBLE_FORKS=str(FORKS),
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_CONNECTION_PLUGINS=str(pathlib.Path(__file__).with_name("connection")),
            WARM_INTERPRETER=sys.executable,
            WARM_PYTHON=self._warm.path if self._warm else "",
            PAYLOADS=str(self.folder / "payloads"),
            TASK_RESULTS=str(results),
        )
        return env
