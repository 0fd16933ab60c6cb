# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role opensips_server makes of variables, without a run of the role, and an opensips that runs it."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import sqlite3
import subprocess

import pytest
import yaml

from .module_process import run_module
from .opensips import RealOpensips, find_binary, lacking
from .playbook import COLLECTION

ROLE = COLLECTION / "roles" / "opensips_server"


def role_file(name):
    return yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))


def render(ansible, expressions):
    """{name: value} of {name: (expression, variables)}, as the role's own tasks would have it."""
    common = {**role_file("defaults/main.yml"), **role_file("vars/main.yml"), "role_path": str(ROLE)}
    tasks = [
        {"name": name, "ansible.builtin.debug": {"msg": f"{{{{ {expression} }}}}"}, "vars": {**common, **variables}}
        for name, (expression, variables) in expressions.items()
    ]
    results = ansible.run_plays([{"hosts": "all", "gather_facts": False, "tasks": tasks}], {"here": {}})
    return {name: results[name].msg for name in expressions}


def variables_of(case, **more):
    return {f"opensips_server_{name}": value for name, value in {**case, **more}.items()}


def assert_as_before(path, text):
    """A configuration is the one of a fixture. WRITE_FIXTURES in the environment: it becomes the fixture."""
    if os.environ.get("WRITE_FIXTURES"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def needs_modules(names):
    """Skip the test if the installed opensips lacks one of these modules."""
    # they may be built in
    reason = lacking(*(name for name in names if name not in ("proto_udp", "proto_tcp")))
    if reason:
        pytest.skip(reason)


def assert_taken(text):
    """opensips -C takes a configuration, and warns of nothing deprecated; skip the test if it lacks a module."""
    needs_modules(re.findall(r'loadmodule "(\w+)\.so"', text))
    done = subprocess.run([find_binary(), "-C", "-f", "-"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{text}\n{done.stderr}"
    assert "deprecated" not in done.stderr


class RoleOpensips(RealOpensips):
    """An opensips that runs a configuration of the role. variables: of the role, without opensips_server_.

    database: path of its SQLite file, or None. ansible: the fixture, which renders the configuration.
    """

    def __init__(self, ansible, binary, variables, *, database=None):
        self._ansible, self._variables, self._database = ansible, variables, database
        super().__init__(binary)

    def _configuration(self, version):
        variables = {
            "sockets": [f"udp:127.0.0.1:{self.sip_port}"],
            "udp_workers": 2,
            "log_target": "stderror",
            "mpath": str(self.modules),
            "mi_fifo_path": f"{self.folder}/opensips_fifo",
            "mi_reply_dir": str(self.folder),
            "mi_group": str(os.getgid()),
            "mi_datagram": True,
            "mi_datagram_socket": f"udp:127.0.0.1:{self.mi_port}",
            "mi_http": True,
            "mi_http_port": self.http_port,
            **self._variables,
            "version": "{}.{}".format(*version),
        }
        if self._database:
            variables["db_url"] = f"sqlite:///{self._database}"
        [text] = render(self._ansible, {"text": ("opensips_server__config_text", variables_of(variables))}).values()
        self.loaded = re.findall(r'loadmodule "(\w+)\.so"', text)
        return text


def create_tables(path, series, *names):
    """A SQLite file with tables of a series, by the module opensips_schema."""
    result = run_module("schema", {"version": series, "tables": list(names), "db_url": f"sqlite:///{path}"})
    assert "failed" not in result, result
    pathlib.Path(path).chmod(0o666)


def insert(path, table, **columns):
    """Insert a row."""
    marks = ", ".join("?" for _name in columns)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", tuple(columns.values()))
        database.commit()
