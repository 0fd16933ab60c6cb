# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules on the oldest Pythons that a host may have, against servers that work, lie, hang, or are not there."""

from __future__ import annotations

import glob
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

import ansible
import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of
from ansible_collections.community.opensips.tests.integration.support.sip_peer import tls_context
from ansible_collections.community.opensips.tests.integration.support.sip_server import PASSWORD, SipServer

VERSIONS = ("3.6", "3.7", "3.8", "3.9", "3.10")
# what ansible-core itself still runs on
CORE_FROM = (3, 8)
SECONDS = 120

# Runs many modules one after the other: most of what each would cost by itself is the start of Python.
DRIVER = """
import io, json, runpy, sys
from ansible.module_utils import basic
results = {}
for name, (module, arguments) in json.load(sys.stdin).items():
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    output, sys.stdout = sys.stdout, io.StringIO()
    try:
        runpy.run_module("ansible_collections.community.opensips.plugins.modules.opensips_" + module, run_name="__main__")
    except SystemExit:
        results[name] = json.loads(sys.stdout.getvalue())
    finally:
        sys.stdout = output
json.dump(results, sys.stdout)
"""

# Files of mailboxes as somebody hostile wrote them, to which Pythons answer differently.
FILES = {
    "nested.json": b"[" * 100_000,
    "mappings.json": b'[{"a":' * 100_000,
    "digits.json": b'[{"aor": "1", "new": ' + b"9" * 100_000 + b"}]",
    "infinity.json": b'[{"aor": "1", "new": 1e999}]',
    "nul.csv": b"aor,new\n1\0,1\n",
    "cell.csv": b"aor,new\n1," + b"9" * 200_000,
    "fifo.csv": None,
}
# What the server does to a command.
FAULTS = {"pwd": "garbage", "arg": "non_utf8", "ps": "truncated", "cache_fetch": "no_reply"}


def find_python(version):
    """Its path, or None. Not pyenv's shims, which exist for versions that are not active, too."""
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    candidates = sorted(glob.glob(str(pyenv / "versions" / f"{version}.*" / "bin" / f"python{version}")))
    for candidate in [*candidates, shutil.which(f"python{version}")]:
        if candidate and not subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode:
            return candidate
    return None


@pytest.fixture(scope="module")
def emu():
    with Emulator("3.6", phones=3, fr_timeout=1.0, reboot=False) as made:
        for command, fault in FAULTS.items():
            made.fault(command, fault)
        made.set_phone(made.phones()[0]["user"], behaviour="dead")
        yield made


@pytest.fixture(scope="module")
def deaf():
    """Connection options of servers that never answer."""
    with socket.socket(type=socket.SOCK_DGRAM) as datagram, socket.socket() as stream:
        datagram.bind(("127.0.0.1", 0))
        stream.bind(("127.0.0.1", 0))
        stream.listen(100)
        yield {
            "udp": {"host": "127.0.0.1", "port": datagram.getsockname()[1]},
            "http": {"url": f"http://127.0.0.1:{stream.getsockname()[1]}/mi"},
        }


def ways_of(emu):
    return {"fifo": fifo_of(emu), "udp": {"host": emu.udp[0], "port": emu.udp[1]}, "http": {"url": emu.jsonrpc_url}}


def closed_ways():
    with socket.socket(type=socket.SOCK_DGRAM) as datagram, socket.socket() as stream:
        datagram.bind(("127.0.0.1", 0))
        stream.bind(("127.0.0.1", 0))
        return {
            "fifo": {"fifo_path": "/nonexistent/fifo"},
            "udp": {"host": "127.0.0.1", "port": datagram.getsockname()[1]},
            "http": {"url": f"http://127.0.0.1:{stream.getsockname()[1]}/mi"},
        }


@pytest.fixture(scope="module")
def registrar(tmp_path_factory):
    """(SipServer, path of the authority of its certificate)"""
    authority = Authority(tmp_path_factory.mktemp("certificates"), "authority")
    with SipServer((), tls_context(*authority.issue("server", "127.0.0.1"))) as server:
        yield server, authority.path


def sip_cases_of(server, authority, user):
    """Calls of one version, which has users of its own: all versions run at once."""
    one, two = ({"aor": f"{user}{name}@127.0.0.1", "password": PASSWORD} for name in "ab")
    call = {"action": "call", "account": one, "peer": two, "ring_time": 0, "talk_time": 0, "sip_ca_path": authority}
    wrong = {"action": "register", "account": {**one, "password": "wrong"}}
    cases = {f"call {way}": {**call, "server": server.target(way)} for way in ("udp", "tcp", "tls")}
    cases["sip password"] = {**wrong, "server": server.target()}
    cases["sip certificate"] = {"action": "options", "server": server.target("tls")}
    cases["sip name"] = {"action": "options", "server": server.target("tls"), "sip_server_name": "sip.example.com"}
    cases["sip name"]["sip_ca_path"] = authority
    return {name: ("sip", options) for name, options in cases.items()}


def cases_of(emu, deaf, folder):
    """{name: (module, its options)}"""
    ways, closed = ways_of(emu), closed_ways()
    notify = {"event": "check-sync", "select": {}, "timeout": 20}
    cases = {}
    for way, options in ways.items():
        cases[f"works {way}"] = ("mi_command", {**options, "command": "uptime", "timeout": 20})
        cases[f"garbage {way}"] = ("mi_command", {**options, "command": "pwd", "timeout": 1})
        cases[f"facts {way}"] = ("facts", {**options, "gather_subset": ["contacts", "uptime"], "timeout": 20})
    cases["non_utf8 udp"] = ("mi_command", {**ways["udp"], "command": "arg", "timeout": 1})
    cases["truncated http"] = ("mi_command", {**ways["http"], "command": "ps", "timeout": 1})
    fetch = {"command": "cache_fetch", "params": {"system": "local", "attr": "greeting"}}
    cases["hung fifo"] = ("mi_command", {**ways["fifo"], **fetch, "timeout": 0.5})
    for way, options in deaf.items():
        cases[f"hung {way}"] = ("mi_command", {**options, "command": "uptime", "timeout": 0.5})
    for way, options in closed.items():
        cases[f"gone {way}"] = ("mi_command", {**options, "command": "uptime", "timeout": 1})
    cases["notify fifo"] = ("notify", {**ways["fifo"], **notify, "campaign": "reboot", "campaign_dir": str(folder)})
    cases["notify udp"] = ("notify", {**ways["udp"], **notify})
    cases["notify hung"] = ("notify", {**deaf["udp"], **notify, "timeout": 0.5})
    cases["notify gone"] = ("notify", {**closed["fifo"], **notify})
    for name, content in FILES.items():
        if content is None:
            os.mkfifo(folder / name)
        else:
            (folder / name).write_bytes(content)
        cases[name] = ("mwi", {**ways["fifo"], "mailboxes_file": str(folder / name)})
    common = {"_ansible_check_mode": False, "_ansible_diff": False}
    return {name: (module, {**options, **common}) for name, (module, options) in cases.items()}


@pytest.fixture(scope="module")
def started(emu, deaf, registrar, tmp_path_factory):
    """{version: process of the driver}, all at once, because most of them wait most of the time."""
    folder = tmp_path_factory.mktemp("stand-in")
    (folder / "ansible" / "module_utils").mkdir(parents=True)
    for package in ("ansible", "ansible/module_utils"):
        (folder / package / "__init__.py").touch()
    shutil.copy(pathlib.Path(__file__).with_name("old_basic.py"), folder / "ansible" / "module_utils" / "basic.py")
    processes = {}
    for version in VERSIONS:
        python = find_python(version)
        if python is None:
            continue
        cases = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        sip = sip_cases_of(*registrar, f"python{version.replace('.', '')}")
        common = {"_ansible_check_mode": False, "_ansible_diff": False}
        own = {name: (module, {**options, **common}) for name, (module, options) in sip.items()}
        cases.write(json.dumps({**cases_of(emu, deaf, tmp_path_factory.mktemp("campaign")), **own}).encode())
        cases.seek(0)
        processes[version] = subprocess.Popen(
            [python, "-c", DRIVER],
            stdin=cases,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(os.environ, PYTHONPATH=f"{COLLECTION.parents[2]}:{folder}"),
        )
    yield processes
    for process in processes.values():
        process.kill()
        process.communicate()


@pytest.fixture(scope="module", params=VERSIONS)
def results(request, started):
    """{name of a case: what the module returned}"""
    if request.param not in started:
        pytest.skip(f"there is no Python {request.param}")
    output, errors = started[request.param].communicate(timeout=SECONDS)
    assert not started[request.param].returncode, errors.decode()
    return json.loads(output)


def test_servers_that_work(results):
    for way in ("fifo", "udp", "http"):
        assert results[f"works {way}"].get("code") == 200, results[f"works {way}"]
        found = results[f"facts {way}"]["ansible_facts"]["opensips"]
        assert len(found["contacts"]) == 3 and found["uptime"]["seconds"] >= 0, way
    for way in ("fifo", "udp"):
        outcomes = sorted(each["outcome"] for each in results[f"notify {way}"]["results"])
        assert outcomes == ["accepted", "accepted", "no_answer"], results[f"notify {way}"]


@pytest.mark.parametrize(
    "kind, types",
    [
        ("garbage", {"MalformedReply", "MITimeout", "ServerError"}),
        ("non_utf8", {"MalformedReply", "MITimeout", "ServerError"}),
        ("truncated", {"MalformedReply", "MITimeout"}),
        ("hung", {"MITimeout", "ConnectError"}),
        ("gone", {"ConnectError"}),
    ],
)
def test_servers_that_fail(results, kind, types):
    for name, result in results.items():
        if kind in name.split():
            assert result["failed"] and result["error"]["type"] in types, (name, result)
            assert result["error"]["hint"] and "Traceback" not in result["msg"], (name, result)
            assert not result.get("changed"), (name, result)


def test_calls(results):
    for way in ("udp", "tcp", "tls"):
        result = results[f"call {way}"]
        assert result.get("outcome") == "accepted", result
        assert result["registrations"][0]["removed"] and result["timings"]["setup"] is not None
    kinds = {"password": "AuthenticationFailed", "certificate": "CertificateInvalid", "name": "CertificateInvalid"}
    for name, kind in kinds.items():
        assert results[f"sip {name}"]["error"]["type"] == kind, results[f"sip {name}"]


@pytest.mark.parametrize("name", FILES)
def test_hostile_files(results, name):
    result = results[name]
    assert result["failed"] and result["error"]["type"] == "BadParameters", result
    assert "mailboxes_file" in result["msg"] and len(result["msg"]) < 1000 and not result.get("changed")


@pytest.mark.parametrize("version", [each for each in VERSIONS if tuple(map(int, each.split("."))) >= CORE_FROM])
def test_with_the_real_ansible_module(emu, tmp_path, version):
    """What runs above stands in for it."""
    python = find_python(version)
    if python is None:
        pytest.skip(f"there is no Python {version}")
    (tmp_path / "ansible").symlink_to(pathlib.Path(ansible.__file__).parent)
    args = {**fifo_of(emu), "gather_subset": ["contacts"], "timeout": 20}
    result = ModuleProcess("facts", args, python=python, path=[str(tmp_path)]).result()
    assert len(result["ansible_facts"]["opensips"]["contacts"]) == 3
