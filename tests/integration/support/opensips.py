# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real OpenSIPS on loopback, with a configuration for the version that is installed."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time

from .databases import DRIVERS
from .servers import Server

SECONDS = 20
_LIBRARIES = ("/usr/lib64", "/usr/lib", "/usr/local/lib64", "/usr/local/lib")
# what the tests want, as far as it is installed; the rest is what the script below needs
_OPTIONAL = (
    "mi_json", "mi_http", "mi_xmlrpc_ng", "mi_xmlrpc", "cachedb_local", "rr", "dialog", "statistics",
    "event_datagram", "event_jsonrpc", "event_stream",
)  # fmt: skip
_STREAM = re.compile(r"^(?:socket|listen)=(?:tcp|tls|wss?|bin):(\[[^\]]+\]|[^\s:]+):(\d+)", re.MULTILINE)
_NEEDED = ("signaling", "sl", "tm", "sipmsgops", "mi_fifo", "mi_datagram", "usrloc", "registrar")


def find_binary():
    """Path of opensips, by OPENSIPS_BIN or PATH; None when there is none."""
    return os.environ.get("OPENSIPS_BIN") or shutil.which("opensips")


def find_modules(binary):
    """The folder of its modules: OPENSIPS_MODULES, or where packages and builds put it."""
    guesses = [os.environ["OPENSIPS_MODULES"]] if os.environ.get("OPENSIPS_MODULES") else []
    beside = pathlib.Path(binary).resolve().parent
    guesses += [
        beside / "mods",
        beside / "modules",
        beside.parent / "lib64/opensips/modules",
        beside.parent / "lib/opensips/modules",
    ]
    guesses += [str(each) for each in pathlib.Path("/usr/lib").glob("*-linux-gnu*/opensips/modules")]
    guesses += [f"{each}/opensips/modules" for each in _LIBRARIES]
    for guess in map(pathlib.Path, guesses):
        if (guess / "tm.so").exists():
            return guess
    raise AssertionError(f"no modules for {binary} in {', '.join(map(str, guesses))}: set OPENSIPS_MODULES")


def release_of(binary):
    """(major, minor, patch), as the binary reports it."""
    output = subprocess.run([binary, "-V"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"version: opensips (\d+)\.(\d+)\.(\d+)", output)
    assert match, f"{binary} -V prints {output!r}"
    return tuple(int(part) for part in match.groups())


class RealOpensips(Server):
    """An opensips process of ours; stop() ends it. modules: their folder. memory: MB, shared by all and of each process.

    more: lines at the begin of its configuration. environment: {variable: value} beside those of the tests.
    """

    environment: dict = {}

    def __init__(self, binary, modules=None, memory=(64, 8), more=()):
        version = release_of(binary)
        self.modules = pathlib.Path(modules) if modules else find_modules(binary)
        # a short path: the server takes 128 characters for reply FIFOs
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="opensips-test-"))
        self.sip_port, self.mi_port, self.http_port = free_ports(3)
        self.loaded = []
        self._more = more
        text = self._configuration(version)
        (self.folder / "opensips.cfg").write_text(text, encoding="utf-8")
        # the sockets over TCP listen when another process is up, after that of HTTP
        self._streams = [
            ("127.0.0.1", self.http_port),
            *((host.strip("[]"), int(port)) for host, port in _STREAM.findall(text)),
        ]
        super().__init__(
            f"opensips {'.'.join(map(str, version))}", version, self._ways(version), ("127.0.0.1", self.sip_port)
        )
        self._log = (self.folder / "log").open("wb")
        stderr = ["-E"] if version < (3, 4) else []
        command = [
            binary,
            "-f",
            "opensips.cfg",
            "-F",
            *stderr,
            "-m",
            str(memory[0]),
            "-M",
            str(memory[1]),
            "-P",
            "pid",
            "-w",
            str(self.folder),
        ]
        self._process = subprocess.Popen(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            env={**os.environ, **self.environment},
        )
        self._await()

    def has(self, module):
        return module in self.loaded

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, 9)
            self._process.wait()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def finish(self):
        """stop(), and fail if it had ended before."""
        alive, log = self.alive(), self.log()
        self.stop()
        assert alive, f"opensips died:\n{log[-3000:]}"

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def alive(self):
        return self._process.poll() is None

    def _await(self):
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and self.alive():
            if self._is_up():
                return
            time.sleep(0.1)
        log = self.log()
        self.stop()
        raise AssertionError(f"opensips did not start:\n{log[-3000:]}")

    def _is_up(self):
        return (
            (self.folder / "opensips_fifo").is_fifo()
            and (self.folder / "pid").exists()
            and all(map(_listens, self._streams))
        )

    def _ways(self, version):
        protocol = "line" if version < (3,) else "jsonrpc"
        http = f"http://127.0.0.1:{self.http_port}"
        ways = {
            "fifo": ({"fifo_path": str(self.folder / "opensips_fifo"), "reply_dir": str(self.folder)}, protocol),
            "udp": ({"host": "127.0.0.1", "port": self.mi_port}, protocol),
        }
        if version >= (3,):
            ways["mi_http"] = ({"url": f"{http}/mi"}, "jsonrpc")
        elif self.has("mi_json"):
            ways["mi_json"] = ({"url": f"{http}/json"}, "mi_json")
        if self.has("mi_xmlrpc_ng") or (version >= (4,) and self.has("mi_xmlrpc")):
            ways["xmlrpc"] = ({"url": f"{http}/{'xmlrpc' if version < (2,) else 'RPC2'}"}, "xmlrpc")
        return ways

    def _load(self, *names):
        """loadmodule lines of modules that are not loaded yet; optional ones only where they are installed."""
        lines = []
        for name in names:
            if name in self.loaded or (name in _OPTIONAL and not (self.modules / f"{name}.so").exists()):
                continue
            self.loaded.append(name)
            lines.append(f'loadmodule "{name}.so"')
        return lines

    def _configuration(self, version):
        modern = version >= (3,)
        lines = [
            f"socket=udp:127.0.0.1:{self.sip_port}" if modern else f"listen=udp:127.0.0.1:{self.sip_port}",
            "udp_workers=2" if modern else "children=2",
            "auto_aliases=no",
            *self._more,
            *(["stderror_enabled=yes", "syslog_enabled=no"] if version >= (3, 4) else []),
            f'mpath="{self.modules}/"',
            # it may be built in, and has to be loaded all the same
            *(self._load("proto_udp") if version >= (2,) else []),
            *self._load(*_NEEDED, "httpd"),
            # the old mi_xmlrpc of 1.x listens everywhere
            *self._load(*(name for name in _OPTIONAL if name != "mi_xmlrpc" or version >= (4,))),
            'modparam("tm", "fr_timeout", 2)',  # the least that it takes
            f'modparam("mi_fifo", "fifo_name", "{self.folder}/opensips_fifo")',
            f'modparam("mi_fifo", "reply_dir", "{self.folder}/")',
            f'modparam("mi_datagram", "socket_name", "udp:127.0.0.1:{self.mi_port}")',
            'modparam("httpd", "ip", "127.0.0.1")',
            f'modparam("httpd", "port", {self.http_port})',
            'modparam("usrloc", "working_mode_preset", "single-instance-no-db")'
            if version >= (2, 4)
            else 'modparam("usrloc", "db_mode", 0)',
            "route {",
            '    if (is_method("REGISTER")) {',
            '        if (!save("location")) sl_reply_error();',
            "        exit;",
            "    }",
            '    sl_send_reply(404, "Not Found");' if modern else '    sl_send_reply("404", "Not Found");',
            "}",
        ]
        return "\n".join(lines) + "\n"


def _listens(address):
    with contextlib.suppress(OSError), socket.create_connection(address, 1):
        return True
    return False


class DatabaseOpensips(RealOpensips):
    """An OpenSIPS that uses a database. database: databases.Database.

    driver: the module for it.
    """

    def __init__(self, database, *arguments, **options):
        self.database = database
        self.driver = DRIVERS[database.engine][0]
        self.environment = database.server_environment
        super().__init__(find_binary(), *arguments, **options)

    @classmethod
    @contextlib.contextmanager
    def on_new_database(cls, databases):
        """One of these that uses a database of its own, which databases.database() makes."""
        with contextlib.ExitStack() as stack:
            database = databases.database()
            stack.callback(database.drop)
            server = cls(database)
            stack.callback(server.finish)
            yield server


def lacking(*modules, since=()):
    """Why a test that needs an OpenSIPS of this version or later, with these modules, cannot run (str), or None."""
    if not find_binary():
        return "no opensips on PATH, and OPENSIPS_BIN is not set"
    if since and release_of(find_binary()) < since:
        return f"opensips before {'.'.join(map(str, since))}"
    missing = [name for name in modules if not (find_modules(find_binary()) / f"{name}.so").exists()]
    return f"opensips without {', '.join(missing)}" if missing else None


# none of those that the kernel gives to a program that asks for any: it could take one before the server does
_PORTS = range(12000, 32000)
_given = set()


@functools.cache
def _locks():
    """A file in which a process locks the byte at the number of each port that it has."""
    return (pathlib.Path(tempfile.gettempdir()) / f"opensips-test-ports-{os.getuid()}").open("ab")


def free_ports(count):
    """Numbers that are free for UDP and TCP. Nobody else of these tests gets them before this process ends."""
    with contextlib.ExitStack() as stack:
        found = []
        while len(found) < count:
            tcp = stack.enter_context(socket.socket())
            udp = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            port = random.SystemRandom().choice(_PORTS)
            if port in _given:
                continue
            with contextlib.suppress(OSError):
                # a port is free until its server starts
                fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
                found.append(port)
                _given.add(port)
    return found
