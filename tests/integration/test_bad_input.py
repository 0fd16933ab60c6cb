# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be wrong with the way to a server, and with what comes back: each a clear error, and no traceback."""

from __future__ import annotations

import http.server
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

import pytest

from ansible_collections.community.opensips.tests.integration.support.bad_input import (
    assert_clear,
    commands_of,
    run_cases,
)
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, ways_of


@pytest.fixture(scope="module")
def folder():
    """A folder that every user can enter."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="opensips-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def closed_port(kind):
    with socket.socket(type=kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture(scope="module")
def statuses():
    """URL of a server that answers every request under /CODE with that status; /reset resets the connection."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            if self.path.startswith("/reset"):
                # with SO_LINGER 0 the kernel says RST
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                self.connection.close()
                return
            self.send_response(int(self.path.split("/")[1]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_args):
            pass

        def finish(self):
            try:
                super().finish()
            except (OSError, ValueError):
                pass  # reset

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_servers_that_cannot_be_reached(ansible, emulator, folder, statuses):
    emu = emulator("3.6", phones=0)
    regular, symlink, readerless, stale = (folder / name for name in ("regular", "symlink", "readerless", "stale.sock"))
    regular.write_text("precious")
    symlink.symlink_to(emu.fifo_path)
    os.mkfifo(readerless)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(stale))
    udp, tcp = closed_port(socket.SOCK_DGRAM), closed_port(socket.SOCK_STREAM)
    cases = {
        "FIFO missing": ({"fifo_path": f"{folder}/none"}, [f"{folder}/none", "fifo_path"]),
        "FIFO is a regular file": ({"fifo_path": str(regular)}, [str(regular), "regular file", "fifo_path"]),
        "FIFO is a symlink": ({"fifo_path": str(symlink), "reply_dir": emu.reply_dir}, ["symbolic link", "fifo_path"]),
        "FIFO is a directory": ({"fifo_path": str(folder)}, ["not a FIFO", "fifo_path"]),
        "FIFO without a reader": ({"fifo_path": str(readerless)}, ["No process reads", "fifo_path"]),
        "reply_dir missing": (
            {"fifo_path": emu.fifo_path, "reply_dir": f"{folder}/none"},
            [f"reply_dir {folder}/none"],
        ),
        "another reply_dir": (
            {"fifo_path": emu.fifo_path, "reply_dir": str(folder), "timeout": 1},
            ["reply_dir", "mi_fifo"],
        ),
        "host unresolvable": ({"host": "nowhere.invalid", "port": udp}, ["nowhere.invalid", "host"]),
        "UDP port closed": ({"host": "127.0.0.1", "port": udp}, [f"127.0.0.1:{udp}", "host and port"]),
        "socket missing": ({"socket_path": f"{folder}/none.sock"}, [f"{folder}/none.sock", "socket_path"]),
        "socket without a server": ({"socket_path": str(stale)}, [str(stale), "socket_path"]),
        "socket is a regular file": ({"socket_path": str(regular)}, [str(regular), "socket_path"]),
        "socket's reply_dir missing": ({"socket_path": emu.unix_path, "reply_dir": f"{folder}/none"}, ["reply_dir"]),
        "URL's host unresolvable": ({"url": "http://nowhere.invalid/mi"}, ["nowhere.invalid", "url"]),
        "TCP port closed": ({"url": f"http://127.0.0.1:{tcp}/mi"}, [f"127.0.0.1:{tcp}", "url"]),
        "TLS where there is none": ({"url": emu.http_url.replace("http:", "https:"), "timeout": 1}, ["url"]),
        "connection reset": ({"url": f"{statuses}/reset"}, ["closed the connection", "url"]),
        "401": ({"url": f"{statuses}/401"}, ["401", "url_username", "url_password"]),
        "403": ({"url": f"{statuses}/403"}, ["403", "url_username"]),
        "404": ({"url": f"{statuses}/404"}, ["404", "url", "/mi"]),
        "406": ({"url": f"{statuses}/406"}, ["406", "protocol or url"]),
        "500": ({"url": f"{statuses}/500"}, ["500", "buf_size"]),
        "502": ({"url": f"{statuses}/502"}, ["502", "proxy"]),
        "wrong path": ({"url": emu.http_url + "x"}, ["url"]),
        "wrong protocol on the FIFO": ({**fifo_of(emu), "protocol": "line", "timeout": 1}, ["protocol"]),
        "wrong protocol over UDP": ({"host": emu.udp[0], "port": emu.udp[1], "protocol": "line"}, ["protocol"]),
        "wrong protocol over HTTP": ({"url": emu.http_url, "protocol": "mi_json"}, ["protocol or url"]),
    }
    run_cases(ansible, "mi_command", cases, {"command": "cache_store", "params": ["local", "a", "b"]})
    assert commands_of(emu) == {}
    assert regular.read_text() == "precious"
    assert os.listdir(emu.reply_dir) and not [
        name for name in os.listdir(emu.reply_dir) if name.startswith("opensips_mi_")
    ]
    assert not [name for name in os.listdir(folder) if name.startswith("opensips_mi_")]


def unprivileged_python(folder):
    """A Python as it is for the user nobody, as a script; None where there is none."""
    script = folder / "python-as-nobody"
    if not shutil.which("setpriv"):
        return None
    for python in (sys.executable, "/usr/bin/python3"):
        script.write_text(f'#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups {python} "$@"\n')
        script.chmod(0o755)
        done = subprocess.run(
            [script, "-c", "import os; print(os.geteuid())"], capture_output=True, text=True, cwd="/", check=False
        )
        if done.stdout.strip() == "65534":
            return str(script)
    return None


def test_no_permission(ansible, emulator, folder):
    """As root the modules run as nobody; other users have no permission to a FIFO of mode 0."""
    python = sys.executable if os.geteuid() else unprivileged_python(folder)
    if python is None:
        pytest.skip("neither setpriv nor a Python that the user nobody can run")
    emu = emulator("3.6", phones=0)
    os.chmod(emu.fifo_path, 0)
    os.chmod(emu.unix_path, 0)
    locked = folder / "locked"
    locked.mkdir(mode=0)
    arguments = {
        "FIFO": ({"fifo_path": emu.fifo_path, "reply_dir": "/tmp"}, ["No permission", emu.fifo_path, "become"]),
        "socket": ({"socket_path": emu.unix_path}, ["No permission", emu.unix_path, "become"]),
        "folder of the FIFO": ({"fifo_path": f"{locked}/fifo"}, [f"{locked}/fifo", "fifo_path"]),
        "reply_dir": (
            {"fifo_path": emu.fifo_path, "reply_dir": str(locked)},
            ["No permission", f"reply_dir {locked}", "become"],
        ),
    }
    hosts = {
        f"case{number}": {"ansible_python_interpreter": python, "mi": options}
        for number, (options, _words) in enumerate(arguments.values())
    }
    results = ansible.play([task("case", "mi_command", {"command": "ps"})], hosts)
    for number, (name, (_options, words)) in enumerate(arguments.items()):
        assert_clear(results.of(f"case{number}")["case"], words, name)
    assert emu.stats()["commands"] == {}


# fault: (command that shows it, words of the error)
REPLIES = {
    "empty": ("uptime", []),
    "garbage": ("ps", ["reply"]),
    "non_utf8": ("pwd", ["reply"]),
    "truncated": ("ul_dump", ["reply"]),
    "no_reply": ("lb_list", ["No reply came", "timeout"]),
}
# over datagrams it is somebody else's, and the right one is waited for
JSONRPC_REPLIES = {"wrong_id": ("list_tcp_conns", [])}
HTTP_REPLIES = {
    "reset": ("ds_list", ["closed the connection", "url"]),
    "http_401": ("address_dump", ["401", "url_username"]),
    "http_404": ("domain_dump", ["404", "url"]),
    "http_500": ("dlg_list", ["500", "log"]),
}


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_replies_that_are_none(ansible, emulator, version):
    emu = emulator(version, phones=5)
    for fault, (command, _words) in {**REPLIES, **JSONRPC_REPLIES, **HTTP_REPLIES}.items():
        emu.fault(command, fault)
    cases = {}
    for way, (options, protocol) in ways_of(emu).items():
        if way in ("udp6", "unix"):
            continue  # the carrier is that of udp
        faults = dict(REPLIES)
        if protocol == "mi_json":
            # an empty body is how it says OK
            del faults["empty"]
        if protocol == "jsonrpc":
            faults.update(JSONRPC_REPLIES)
        if "url" in options:
            faults.update(HTTP_REPLIES)
        for fault, (command, words) in faults.items():
            if fault == "no_reply" and "url" not in options:
                words = ["No reply came"]
            cases[f"{way}, {fault}"] = ({**options, "protocol": protocol, "command": command, "timeout": 1}, words)
    run_cases(ansible, "mi_command", cases)
    stats = emu.stats()
    assert stats["alive"]
    assert set(stats["faults"]) == {
        fault for fault in {**REPLIES, **JSONRPC_REPLIES, **HTTP_REPLIES} if fault != "wrong_id" or version == "3.6"
    }


@pytest.mark.parametrize("version", ["2.4", "3.6"])
def test_replies_that_do_not_fit(ansible, emulator, version):
    """What real servers do: 3.x says so, 2.x falls silent."""
    emu = emulator(version, phones=300, register="direct")
    udp = {"host": emu.udp[0], "port": emu.udp[1]}
    store = {**udp, "command": "cache_store", "params": {"system": "local", "attr": "long", "value": "x" * 4500}}
    assert not ansible.cases("mi_command", {"store": store})["store"].failed
    words = (
        ["exceeds 65457 bytes", "FIFO or HTTP"]
        if version == "2.4"
        else ["does not fit into a datagram", "FIFO or HTTP"]
    )
    cases = {"ul_dump over UDP": ({**udp, "command": "ul_dump", "timeout": 2}, words)}
    if version == "3.6":
        fetch = {"command": "cache_fetch", "params": {"system": "local", "attr": "long"}}
        cases["a long value over FIFO"] = ({**fifo_of(emu), **fetch}, ["could not print", "datagram socket or HTTP"])
    run_cases(ansible, "mi_command", cases)
    # and the other transports, which the errors recommend, bring all of it
    facts = {"gather_subset": ["contacts"]}
    whole = ansible.cases("facts", {"FIFO": {**fifo_of(emu), **facts}, "HTTP": {"url": emu.http_url, **facts}})
    for name, result in whole.items():
        assert not result.failed, (name, result.msg)
        assert len(result["ansible_facts"]["opensips"]["contacts"]) == 300, name
