# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service to push configurations to: a stand-in for the binary opensips, and an emulator that a command starts anew."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import socketserver
import sys
import tempfile
import threading

from ansible_collections.community.opensips.tests.emulator import Emulator, EmulatorError
from ansible_collections.community.opensips.tests.emulator.state import VERSIONS

from .opensips import free_ports

# What a configuration says to the stand-ins
INVALID = "# not valid"
NO_START = "# does not start"
NO_ANSWER = "# starts, but does not answer"

_BINARY = """\
#!/bin/sh
# opensips -V, and opensips -C -f -
case "$1" in
-V)
    echo "version: opensips {release} (x86_64/linux)"
    ;;
-C)
    echo "$*" >> {folder}/tried
    if grep -q "{invalid}"; then
        echo "Nov 22 08:00:12 [14519] CRITICAL: 0. stdin" >&2
        echo "Nov 22 08:00:12 [14519] CRITICAL:core:yyerror: parse error in stdin:7:1-2: mysql://opensips:s3cret@db/x" >&2
        echo "Nov 22 08:00:12 [14519] ERROR:core:main: bad config file (1 errors)" >&2
        exit 255
    fi
    echo "Nov 22 08:00:12 [14519] NOTICE:core:main: config file ok, exiting..." >&2
    ;;
*)
    exit 64
    ;;
esac
"""

_CLIENT = """\
import socket, sys
with socket.socket(socket.AF_UNIX) as one:
    one.connect(sys.argv[1])
    one.sendall(" ".join(sys.argv[2:]).encode() + b"\\n")
    answer = one.makefile().read()
print(answer)
# no answer: what was asked for failed, and its traceback is in the output of the tests
sys.exit(0 if answer and not answer.startswith("failed") else 1)
"""


class Service:
    """One host's. starts, stops: how often it was started anew, and stopped for the tables. emulator: the server that runs, or None."""

    def __init__(self, version):
        self.version = version
        # short: OpenSIPS takes 127 characters for reply FIFOs
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="opensips-service-"))
        self.config = self.folder / "etc" / "opensips.cfg"
        self.fifo = self.folder / "run" / "opensips_fifo"
        self.replies = self.folder / "run" / "replies"
        self.binary = self.folder / "opensips"
        self.binary.write_text(
            _BINARY.format(release=VERSIONS[version], folder=self.folder, invalid=INVALID), encoding="utf-8"
        )
        self.binary.chmod(0o755)
        client = self.folder / "client.py"
        client.write_text(_CLIENT, encoding="utf-8")
        self.command = [sys.executable, str(client), str(self.folder / "control")]
        # nothing listens there
        self.sip_port = free_ports(1)[0]
        self.starts = self.stops = 0
        self.emulator = None
        self._server = socketserver.ThreadingUnixStreamServer(str(self.folder / "control"), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def variables(self):
        """Of the role, for a host that runs as the user of the tests."""
        return {
            "opensips_server_install": False,
            "opensips_server_version": self.version,
            "opensips_server_binary": str(self.binary),
            "opensips_server_sockets": [f"udp:127.0.0.1:{self.sip_port}"],
            "opensips_server_mpath": "/usr/lib/opensips/modules",
            "opensips_server_config_path": str(self.config),
            "opensips_server_user": str(os.getuid()),
            "opensips_server_group": str(os.getgid()),
            "opensips_server_config_owner": str(os.getuid()),
            "opensips_server_mi_fifo_path": str(self.fifo),
            "opensips_server_mi_reply_dir": str(self.replies),
            "opensips_server_restart_command": [*self.command, "restart"],
            "opensips_server_wait_timeout": 2,
        }

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _handler(self):
        service = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                word, *arguments = self.rfile.readline().decode().split()
                answer = getattr(service, f"do_{word}")(*arguments)
                self.wfile.write((answer or "ok").encode())

        return Handler

    # what the hosts can ask for

    def do_restart(self):
        self.starts += 1
        self._stop()
        text = self.config.read_text(encoding="utf-8")
        if NO_START in text:
            return "failed: the server does not start"
        if NO_ANSWER not in text:
            self.emulator = Emulator(
                self.version, fifo=True, phones=0, fifo_path=str(self.fifo), reply_dir=str(self.replies)
            ).start()
        return "ok"

    def do_stop(self):
        """Idempotent, as a service manager's."""
        self.stops += 1
        self._stop()

    def do_kill(self):
        self.emulator.kill()

    def do_refuse(self, method):
        self.emulator.refuse(method, 500, "reload failed")

    def do_call(self, seconds):
        """A call that ends by itself."""
        self.emulator.add_dialog(seconds=float(seconds))

    def do_state(self):
        """starts, reloads and dialogs of the server that runs, the configuration, what lies beside it, and the directories."""
        stats = state = {}
        with contextlib.suppress(EmulatorError, AttributeError):
            stats, state = self.emulator.stats(), self.emulator.state()
        return json.dumps(
            {
                "starts": self.starts,
                "alive": bool(stats.get("alive")),
                "reloads": sum(
                    count for name, count in stats.get("commands", {}).items() if name.endswith("reload_routes")
                ),
                "dialogs": len(state.get("dialogs", [])),
                "config": self.config.read_text(encoding="utf-8") if self.config.exists() else None,
                "files": sorted(path.name for path in self.config.parent.glob("*")) if self.config.exists() else [],
                "places": [str(path) for path in (self.config.parent, self.fifo.parent) if path.exists()],
                "tried": len((self.folder / "tried").read_text().splitlines())
                if (self.folder / "tried").exists()
                else 0,
            }
        )

    def _stop(self):
        emulator, self.emulator = self.emulator, None
        if emulator is not None:
            emulator.stop()
