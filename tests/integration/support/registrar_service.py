# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that the playbook registrar makes registrars: one with an installed opensips, and one with stand-ins for all of it."""

from __future__ import annotations

import contextlib
import functools
import grp
import http.server
import os
import pathlib
import pwd
import sqlite3
import subprocess
import threading
import time

from ansible_collections.community.opensips.tests.emulator.state import VERSIONS

from .apt_repository import SUITE, Repository
from .certificates import Authority
from .opensips import SECONDS, find_binary, find_modules, free_ports, release_of
from .opensips_service import Service
from .sip_peer import tls_context
from .sip_server import PASSWORD, SipServer

DOMAIN = "sip.example.com"
# what the parts of the registrar and its tables need, as Debian calls it
PACKAGES = (
    "opensips-auth-modules", "opensips-http-modules", "opensips-presence-modules", "opensips-prometheus-module", "opensips-sqlite-module",
    "opensips-tls-module", "opensips-tls-openssl-module", "opensips-tlsmgm-module", "python3-sqlalchemy",
)  # fmt: skip
_LAMP = '<?xml version="1.0"?>\r\n<dialog-info><dialog><state>confirmed</state></dialog></dialog-info>\r\n'


class Host(Service):
    """An empty host: ports that are free, and certificates on the controller. database: path of its SQLite file."""

    def __init__(self, version):
        super().__init__(version)
        self.udp, self.tls, self.http = free_ports(3)
        self.sockets = [f"udp:127.0.0.1:{self.udp}", f"tcp:127.0.0.1:{self.udp}", f"tls:127.0.0.1:{self.tls}"]
        self.database = self.folder / "db" / "opensips.sqlite"
        self.users = self.folder / "registrar_subscribers.json"
        self.authority = Authority(self.folder, "authority")
        self.certificate, self.key = self.authority.issue("server", names=[DOMAIN])

    def variables(self):
        user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
        return {
            **super().variables(),
            "opensips_server_user": user,
            "opensips_server_group": group,
            "opensips_server_config_owner": user,
            "registrar_domain": DOMAIN,
            "registrar_certificate_file": self.certificate,
            "registrar_private_key_file": self.key,
            "registrar_ca_file": self.authority.path,
            "registrar_subscribers_file": str(self.users),
            "opensips_server_sockets": list(self.sockets),
            "opensips_server_mi_http_port": self.http,
            "opensips_server_db_url": f"sqlite:///{self.database}",
            "opensips_server_stop_command": [*self.command, "stop"],
            "opensips_server_log_target": "stderror",
            "opensips_server_udp_workers": 2,
            "opensips_server_tcp_workers": 2,
            "opensips_server_tls_certificate": str(self.folder / "etc" / "tls" / "fullchain.pem"),
            "opensips_server_tls_private_key": str(self.folder / "etc" / "tls" / "privkey.pem"),
            "opensips_server_tls_ca": str(self.folder / "etc" / "tls" / "ca.pem"),
        }

    def made(self):
        """Names of what a run has made: directories, the database, the file of users."""
        return [name for name in ("etc", "run", "db", self.users.name) if (self.folder / name).exists()]

    def extra_variables(self):
        """Those that override all others."""
        return {}

    def query(self, statement, *values):
        """The rows of a statement."""
        with contextlib.closing(sqlite3.connect(self.database)) as database:
            return database.execute(statement, values).fetchall()


class RealHost(Host):
    """With the opensips that is installed."""

    def __init__(self):
        self._process = None
        super().__init__("{}.{}".format(*release_of(find_binary())[:2]))
        self.binary = pathlib.Path(find_binary())

    def variables(self):
        return {
            **super().variables(),
            "opensips_server_mpath": str(find_modules(find_binary())),
            "opensips_server_wait_timeout": 10,
        }

    def do_restart(self):
        self.starts += 1
        self._stop()
        command = [
            self.binary,
            "-f",
            self.config,
            "-F",
            "-m",
            "64",
            "-M",
            "8",
            "-P",
            self.folder / "pid",
            "-w",
            self.folder,
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            if self.fifo.exists():
                return "ok"
            time.sleep(0.1)
        return "failed: the server does not start"

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def _stop(self):
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(20)


class _Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self._answer(200, b"opensips_core_rcv_requests 1\n")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(404, b"not here")

    def _answer(self, code, body):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        """Say nothing."""


class _Users:
    """The users in the table subscriber."""

    def __init__(self, host):
        self._host = host

    def __contains__(self, user):
        return bool(self._host.query("SELECT 1 FROM subscriber WHERE username = ? AND domain = ?", user, DOMAIN))


@contextlib.contextmanager
def _name_of_opensips():
    """This process has the name of the server meanwhile, which shows whose its sockets are."""
    comm = pathlib.Path("/proc/self/comm")
    before = comm.read_text(encoding="utf-8")
    comm.write_text("opensips", encoding="utf-8")
    try:
        yield
    finally:
        comm.write_text(before, encoding="utf-8")


class StandIn(Host):
    """With an emulator for MI, a small registrar for SIP, and a page for the metrics. It knows the users of the table by one password.

    It shows each lamp as if its phone were in a call. packages: whether to install from a repository of ours, with APT in a root of
    its own. It has the packages that the registrar needs, and no others.
    """

    def __init__(self, version, packages=False):
        self._stack = contextlib.ExitStack()
        super().__init__(version)
        self.repository = Repository(self.folder / "apt", [VERSIONS[version]], PACKAGES) if packages else None

    def variables(self):
        variables = super().variables()
        if self.repository is None:
            return variables
        root = self.repository.root
        return {
            **variables,
            "opensips_server_install": True,
            "opensips_server_binary": str(root / "usr" / "sbin" / "opensips"),
            "opensips_server_prerequisites": [],
            "opensips_server_apt_url": self.repository.url,
            "opensips_server_apt_key_url": f"file://{self.repository.key}",
            "opensips_server_apt_keyring": str(root / "opensips-org.gpg"),
            "opensips_server_apt_suite": SUITE,
        }

    def extra_variables(self):
        """Variables that override those of the role, and the playbook's own."""
        found = {"registrar_secret": PASSWORD}
        if self.repository is not None:
            found["opensips_server__apt_directory"] = str(self.repository.root / "etc" / "apt")
            found["opensips_server__list_command"] = {"Debian": self.repository.list_command}
        return found

    def packages(self):
        """Names of the packages that are installed."""
        done = subprocess.run(self.repository.list_command, capture_output=True, text=True, check=False)
        return [line.split()[0] for line in done.stdout.splitlines()]

    def do_restart(self):
        answer = super().do_restart()
        self.fifo.chmod(0o660)
        # its sockets are of this process
        self._stack.enter_context(_name_of_opensips())
        # as the configuration says: the paths of the files are of the host
        context = tls_context(
            self.folder / "etc" / "tls" / "fullchain.pem", self.folder / "etc" / "tls" / "privkey.pem"
        )
        ports = {"udp": self.udp, "tcp": self.udp, "tls": self.tls}
        server = self._stack.enter_context(SipServer(users=_Users(self), tls=context, ports=ports))
        server.lamp = _LAMP
        page = http.server.ThreadingHTTPServer(("127.0.0.1", self.http), _Metrics)
        thread = threading.Thread(target=functools.partial(page.serve_forever, 0.05), daemon=True)
        thread.start()
        self._stack.callback(thread.join)
        self._stack.callback(page.server_close)
        self._stack.callback(page.shutdown)
        return answer

    def _stop(self):
        self._stack.close()
        super()._stop()


__all__ = ["DOMAIN", "PACKAGES", "PASSWORD", "Host", "RealHost", "StandIn"]
