# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Softphones of other authors, where they are installed: they register at a server, and answer as their authors saw fit.

None of them needs sound, a display, a session bus or the user's own configuration: each gets a directory of its own.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._readers import location
from ansible_collections.community.opensips.tests.integration.support.opensips import free_ports

SECONDS = 30
EXPIRES = 600
PASSWORD = "a-softphone"
# it ends with the test's process, whatever ends that: baresip would read the end of its input for ever
_WITH_US = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()


class NotHere(Exception):
    """The program is not installed: what is missing, and Debian's package of it."""


class Softphone:
    """One phone that registers as user@127.0.0.1, and is registered once it is made.

    server: a Server; its location table tells when the phone is registered. contact: of its registration (str). close() ends it.
    """

    PROGRAM = PACKAGE = None

    def __init__(self, user, server):
        self.check_here()
        self.user, self.server = user, server
        # Debian's programs know no better place for their configuration than the home directory
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"opensips-{self.PROGRAM}-"))
        self.contact = self._process = self._log = None
        self.start()

    @classmethod
    def check_here(cls):
        """Raises NotHere."""
        if not shutil.which(cls.PROGRAM):
            raise NotHere(f"no {cls.PROGRAM} on PATH (Debian: {cls.PACKAGE})")

    def start(self):
        """Start it on ports that are free, and wait until it is registered."""
        before = {record["call_id"] for record in self._records()}
        command = self._configure()
        self._log = (self.folder / "output").open("wb")
        self._process = subprocess.Popen(
            [*_WITH_US, *command],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "TERM": "dumb", "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        try:
            self._enter_account()
            self.contact = self._await(lambda: self._registered(before), "it did not register")
        except AssertionError:
            self.close()
            raise

    def stop(self):
        """End it as its user would: it unregisters."""
        if self._process is None:
            return
        self._end()
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process.stdin.close()
        self._log.close()
        self._process = None

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        """End it, and remove its files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def running(self):
        """Whether it runs: none of them ends by itself."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self):
        return self._process.pid

    @property
    def output(self):
        """What it printed since it was started (str)."""
        return self._text(self.folder / "output")

    @property
    def log(self):
        """Its trace since it was started, with every SIP message (str)."""
        raise NotImplementedError

    def await_output(self, pattern, start=0):
        """The match of a regular expression in its output behind start (characters), once it is there."""
        return self._await_match(lambda: self.output, pattern, start)

    def await_log(self, pattern, start=0):
        """The same, of its trace."""
        return self._await_match(lambda: self.log, pattern, start)

    def _await_match(self, text, pattern, start):
        regex = re.compile(pattern, re.MULTILINE | re.DOTALL)
        return self._await(lambda: regex.search(text(), start), f"nothing matches {pattern!r}")

    @staticmethod
    def _text(path):
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _await(self, found, complaint):
        until = time.monotonic() + SECONDS
        while True:
            result = found()
            if result:
                return result
            if not self.running or time.monotonic() > until:
                raise AssertionError(f"{self.PROGRAM}: {complaint}:\n{self.output[-3000:]}")
            time.sleep(0.05)

    def _records(self):
        with Connection(self.server.connection) as connection:
            return location.read(connection, keep=lambda record: record["user"] == self.user)

    def _registered(self, before):
        """The contact that it has registered, if it has: one with a Call-ID that was not there before."""
        return next((record["contact"] for record in self._records() if record["call_id"] not in before), None)

    def _configure(self):
        """Write its configuration; the command (list of str) that starts it."""
        raise NotImplementedError

    def _enter_account(self):
        """Have its user enter the account, where it is not in its configuration."""

    def _type(self, command):
        """Have its user type a command."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{command}\n".encode())
            self._process.stdin.flush()

    def _end(self):
        """Have it end."""
        self._process.terminate()


class Baresip(Softphone):
    """baresip. mwi: whether it subscribes to its message summary, at the server, once it is registered. answers: whether it
    answers calls by itself.

    What it prints: "----- MWI for sip:USER@127.0.0.1:PORT -----" and the body of each NOTIFY of its subscription, and
    'sip:SENDER: "TEXT"' for each MESSAGE. It prints "mwi: subscription for ... closed: (CODE REASON)" if there is none.
    """

    PROGRAM, PACKAGE = "baresip", "baresip-core"

    def __init__(self, user, server, mwi=False, answers=False):
        self._mwi = mwi
        self._answers = answers
        super().__init__(user, server)

    @classmethod
    def _modules(cls):
        """The folder of its modules: in the lib beside its program's bin."""
        prefix = pathlib.Path(shutil.which(cls.PROGRAM)).resolve().parent.parent
        places = [path for pattern in ("lib*", "lib*/*-linux-*") for path in prefix.glob(f"{pattern}/baresip/modules")]
        assert places, f"no modules of {cls.PROGRAM} in {prefix}"
        return places[0]

    @property
    def log(self):
        return self.output

    def await_mwi(self, start=0):
        """The body of the first NOTIFY of its subscription behind start (characters of its output)."""
        return self.await_output(r"^----- MWI for \S+ -----\r?\n(.*?\r?\n)\r?\n", start)[1]

    def shown_counts(self):
        """The counts of voice messages that it has shown, one after the other (list of str, as in Voice-Message)."""
        return re.findall(r"^----- MWI for \S+ -----\n(?:.+\n)*?Voice-Message: (\S+)", self.output, re.MULTILINE)

    def _configure(self):
        host, port = self.server.sip
        lines = [
            # a port for each transport that nobody has
            "sip_listen 127.0.0.1",
            "net_interface 127.0.0.1",
            f"module_path {self._modules()}",
            *(f"module {name}.so" for name in ("stdio", "g711")),
            "module_tmp uuid.so",
            *(f"module_app {name}.so" for name in ("menu", "mwi")),
        ]
        (self.folder / "config").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return [shutil.which(self.PROGRAM), "-s", "-f", str(self.folder)]

    def _enter_account(self):
        # not by its file of accounts: 1.0 subscribes for ever if the registrar answers in the first millisecond
        self.await_output("baresip is ready")
        host, port = self.server.sip
        mwi = "yes" if self._mwi else "no"
        answers = ";answermode=auto" if self._answers else ""
        self._type(f"/uanew <sip:{self.user}@{host}:{port}>;auth_pass={PASSWORD};regint={EXPIRES};mwi={mwi}{answers}")


class Linphone(Softphone):
    """linphonec, the console program of Linphone.

    What it prints: "Message received from SENDER: TEXT" for each MESSAGE. It shows no message summary.
    """

    PROGRAM, PACKAGE = "linphonec", "linphone-cli"

    @property
    def log(self):
        return self._text(self.folder / "log")

    def _configure(self):
        path = self.folder / ".linphonerc"
        if not path.exists():
            # where its database goes, which it does not make
            (self.folder / ".local/share/linphone").mkdir(parents=True)
            path.write_text(self._settings(), encoding="utf-8")
        # otherwise it has written there what it is called (+sip.instance)
        return [shutil.which(self.PROGRAM), "-d", "6", "-l", str(self.folder / "log")]

    def _settings(self):
        host, port = self.server.sip
        sections = {
            # a UDP port that nobody has, and neither TCP nor TLS
            "sip": {"sip_port": -1, "sip_tcp_port": 0, "sip_tls_port": 0, "bind_address": host, "default_proxy": 0},
            "proxy_0": {
                "reg_proxy": f"<sip:{host}:{port}>",
                "reg_identity": f"sip:{self.user}@{host}",
                "reg_expires": EXPIRES,
                "reg_sendregister": 1,
            },
            "auth_info_0": {"username": self.user, "passwd": PASSWORD},
        }
        lines = []
        for name, values in sections.items():
            lines += [f"[{name}]", *(f"{key}={value}" for key, value in values.items())]
        return "\n".join(lines) + "\n"

    def _end(self):
        self._type("quit")


class Twinkle(Softphone):
    """twinkle-console. mwi: whether it subscribes to its message summary; it then refuses those that it did not ask for.

    What it prints: "Received message", its addresses, and the text of each MESSAGE. It takes message summaries, and shows none.
    """

    PROGRAM, PACKAGE = "twinkle-console", "twinkle-console"

    def __init__(self, user, server, mwi=False):
        self._mwi = mwi
        super().__init__(user, server)

    @property
    def log(self):
        return self._text(self.folder / ".twinkle" / "twinkle.log")

    def _configure(self):
        host, port = self.server.sip
        settings = {
            "sip_port": free_ports(1)[0],
            "validate_audio_dev": "no",
            "log_show_sip": "yes",
            "play_ringtone": "no",
            "play_ringback": "no",
        }
        profile = {
            "user_name": self.user,
            "user_domain": host,
            "auth_name": self.user,
            "auth_pass": PASSWORD,
            "registrar": f"{host}:{port}",
            "registration_time": EXPIRES,
            "register_at_startup": "yes",
            "mwi_sollicited": "yes" if self._mwi else "no",
            "mwi_user": self.user,
            "mwi_server": f"{host}:{port}",
        }
        folder = self.folder / ".twinkle"
        folder.mkdir(exist_ok=True)
        for name, values in (("twinkle.sys", settings), ("phone.cfg", profile)):
            (folder / name).write_text("".join(f"{key}={value}\n" for key, value in values.items()), encoding="utf-8")
        return [shutil.which(self.PROGRAM), "phone.cfg"]

    def _end(self):
        self._type("quit")


KINDS = (Baresip, Linphone, Twinkle)
