# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers with TLS sockets, whose domains come from a table of SQLite and from their configuration: emulated, and real."""

from __future__ import annotations

import pathlib
import shutil
import tempfile

from ansible_collections.community.opensips.tests.emulator import Emulator

from .certificates import Authority
from .databases import Database
from .opensips import RealOpensips, free_ports, lacking, release_of
from .servers import fifo_of

TABLES = "opensips.sqlite"
_LIBRARIES = ("tls_openssl", "tls_wolfssl")


class TlsServer:
    """folder: with the database and files. socket: of the domains in the table. script_socket: of a domain of the script, script_domain.

    connection: options of modules. authority: of all certificates. database: a Database with tls_mgm. version: tuple of int.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.authority = Authority(self.folder, "authority")
        self.files = {"certificate": self.folder / "cert.pem", "private_key": self.folder / "key.pem"}
        for path, made in zip(self.files.values(), self.authority.issue("script", days=60), strict=True):
            shutil.copy(made, path)
            path.chmod(0o600)
        self.db_url = f"sqlite:///{self.folder}/{TABLES}"
        self.database = Database("sqlite", self.db_url, {})

    @property
    def script_domain(self):
        """sv; in 2.x the default domain, because others there do not bear a reload."""
        return "default" if self.version < (3,) else "sv"

    @property
    def address(self):
        """Of the domains in the table, as match_addresses takes it."""
        return self.socket.partition(":")[2]


class EmulatedTls(TlsServer):
    """An emulator of a version."""

    def __init__(self, version):
        super().__init__(tempfile.mkdtemp(prefix="opensips-tls-"))
        self.version = tuple(int(part) for part in version.split("."))
        self.database.create(version, "tls_mgm")
        self._port = 0
        self._start()

    def _start(self):
        options = {"modules": "all", "tls_sip": True, "tls_port": self._port, "tls_directory": str(self.folder)}
        self.emu = Emulator(f"{self.version[0]}.{self.version[1]}", phones=0, reboot=False, **options).start()
        self._port = self.emu.tls[1]
        self.socket, self.script_socket = (f"tls:127.0.0.1:{place[1]}" for place in (self.emu.tls, self.emu.tls_script))
        self.connection = fifo_of(self.emu)

    def restart(self):
        # leaves as a with block does: a request that would have hurt a real server is an error
        self.emu.__exit__(None, None, None)
        self._start()

    def stop(self):
        self.emu.__exit__(None, None, None)
        shutil.rmtree(self.folder, ignore_errors=True)


def lacking_for_tls(binary):
    """What an installed OpenSIPS lacks for these tests (str), or None."""
    needs_library = release_of(binary) >= (3, 2) and all(lacking(name) for name in _LIBRARIES)
    return lacking("tls_mgm", "proto_tls", "db_sqlite", *(["tls_openssl"] if needs_library else []))


class RealTls(TlsServer):
    """An OpenSIPS that is installed."""

    def __init__(self, binary):
        super().__init__(tempfile.mkdtemp(prefix="opensips-tls-"))
        self.folder.chmod(0o755)
        self._binary = binary
        self.version = release_of(binary)
        self.database.create("{0}.{1}".format(*self.version), "tls_mgm")
        self.ports = free_ports(2)
        self._start()

    def _start(self):
        self._server = _Process(self._binary, self)
        self.socket, self.script_socket = (f"tls:127.0.0.1:{port}" for port in self.ports)
        self.connection = self._server.connection

    def restart(self):
        self._server.stop()
        self._start()

    def stop(self):
        try:
            self._server.finish()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


class _Process(RealOpensips):
    def __init__(self, binary, tls):
        self._tls = tls
        super().__init__(binary)

    def _configuration(self, version):
        modern = version >= (3,)
        sockets = [f"{'socket' if modern else 'listen'}=tls:127.0.0.1:{port}" for port in self._tls.ports]
        libraries = [name for name in _LIBRARIES if (self.modules / f"{name}.so").exists()][:1]
        modules = self._load("db_sqlite", *(libraries if version >= (3, 2) else []), "tls_mgm", "proto_tls")
        place = f"127.0.0.1:{self._tls.ports[1]}"
        prefix = "[sv]" if modern else ""
        domain = [f'modparam("tls_mgm", "db_url", "sqlite://{self._tls.folder}/{TABLES}")']
        if modern:
            domain += [
                'modparam("tls_mgm", "server_domain", "sv")',
                f'modparam("tls_mgm", "match_ip_address", "[sv]{place}")',
            ]
        domain += [f'modparam("tls_mgm", "{name}", "{prefix}{path}")' for name, path in self._tls.files.items()]
        head, route, rest = super()._configuration(version).partition("route {")
        first, mark, others = head.partition("auto_aliases=no\n")
        return "".join([first, "\n".join(sockets), "\n", mark, others, "\n".join(modules + domain), "\n", route, rest])
