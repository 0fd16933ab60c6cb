# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs ansible-inventory and gives what it lists."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

from .playbook import COLLECTION

SECONDS = 120


class Listed:
    """What ansible-inventory printed. hosts: {name: its variables, marks of unsafe values taken off}. groups: {name: [host]}.

    raw: the variables with the marks. warnings: its other output.
    """

    def __init__(self, done):
        self.failed = bool(done.returncode)
        # a warning is broken into lines
        self.warnings = " ".join(done.stderr.split())
        listed = json.loads(done.stdout) if done.stdout.strip() else {}
        self.raw = listed.pop("_meta", {}).get("hostvars", {})
        self.hosts = {name: {key: plain(value) for key, value in each.items()} for name, each in self.raw.items()}
        self.groups = {name: each["hosts"] for name, each in listed.items() if "hosts" in each}


def plain(value):
    """A value without the marks that ansible-inventory prints of what is unsafe."""
    if isinstance(value, dict):
        return (
            value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else {k: plain(v) for k, v in value.items()}
        )
    return [plain(each) for each in value] if isinstance(value, list) else value


def list_inventory(folder, *sources, env=None, arguments=()):
    """The Listed of inventory sources: each a mapping of a source file's name to its content (data), or a path."""
    paths = [source if isinstance(source, str) else write_source(folder, *source) for source in sources]
    return Listed(_run(folder, "ansible-inventory", ["--list", *arguments, *_inventories(paths)], env))


def run_playbook(folder, plays, *paths, env=None, arguments=()):
    """What became (CompletedProcess) of plays on the hosts of inventory sources."""
    path = write_source(folder, "playbook.yml", plays)
    interpreter = ["-e", f"ansible_python_interpreter={sys.executable}"]
    return _run(folder, "ansible-playbook", [path, *interpreter, *arguments, *_inventories(paths)], env)


def run_doc(folder, kind, name):
    """The documentation of a plugin, as ansible-doc prints it (JSON)."""
    done = _run(folder, "ansible-doc", ["--json", "-t", kind, name], None)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[name]


def _inventories(paths):
    return [argument for path in paths for argument in ("-i", path)]


def _run(folder, program, arguments, env):
    done = subprocess.run(
        [str(pathlib.Path(sys.executable).with_name(program)), *arguments],
        cwd=folder,
        env={**clean_environment(folder), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    # pytest shows it when the test fails
    print(f"--- {program} {arguments}\n{done.stdout[:5000]}\n{done.stderr}")
    return done


def write_source(folder, name, content):
    """Write a source file (name, data or text) into folder. Returns its path."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def clean_environment(folder):
    """The environment without Ansible's own variables, and those that a source fails with."""
    config = folder / "ansible.cfg"
    config.touch()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "OPENSIPS_MI_"))}
    return {
        **env,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_INVENTORY_ENABLED": "community.opensips.phones,community.opensips.cluster,ansible.builtin.host_list,ansible.builtin.yaml",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true",
    }
