# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example rulebooks, run by ansible-rulebook: an event of a server makes a playbook run."""

from __future__ import annotations

import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest
import yaml

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.tests.guides import Guide
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION

SECONDS = 120
GUIDE = Guide("events")
RULEBOOK = os.environ.get("ANSIBLE_RULEBOOK") or shutil.which("ansible-rulebook")
RULEBOOKS = ("reprovision_phones", "gateway_down", "low_memory")
OLD, NEW = "Yealink SIP-T46U 108.86.0.20", "Yealink SIP-T46U 108.87.0.15"


def java():
    """Whether there is a Java that the rule engine runs on: 17 or later."""
    try:
        text = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    except OSError:
        return False
    found = re.search(r'version "(\d+)', text)
    return bool(found) and int(found[1]) >= 17


pytestmark = [
    pytest.mark.skipif(not RULEBOOK, reason="no ansible-rulebook on PATH, and ANSIBLE_RULEBOOK is not set"),
    pytest.mark.skipif(not java(), reason="no Java 17 (Debian: openjdk-17-jre-headless)"),
]


class Messages(http.server.ThreadingHTTPServer):
    """Where the playbook sends its messages. texts: those that came."""

    def __init__(self):
        self.texts = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(handler):  # noqa: N805 # pylint: disable=no-self-argument
                self.texts.append(json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))["text"])
                handler.send_response(204)
                handler.end_headers()

            def log_message(handler, *_args):  # noqa: N805 # pylint: disable=no-self-argument
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook"


class Rulebook:
    """ansible-rulebook with all example rulebooks at once: it takes seconds and much memory to start."""

    def __init__(self, folder, emu, variables):
        self.folder = folder
        text = "\n".join(
            (COLLECTION / f"extensions/eda/rulebooks/{name}.yml").read_text(encoding="utf-8") for name in RULEBOOKS
        )
        rulesets = [ruleset for part in text.split("---\n")[1:] for ruleset in yaml.safe_load(part)]
        rulesets += GUIDE.load("rulebook.yml")
        (folder / "rulebook.yml").write_text(yaml.safe_dump(rulesets), encoding="utf-8")
        (folder / "vars.yml").write_text(yaml.safe_dump(variables), encoding="utf-8")
        (folder / "inventory.yml").write_text(
            yaml.safe_dump(
                {"all": {"hosts": {"edge": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, **variables}}}}
            ),
            encoding="utf-8",
        )  # fmt: skip
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ANSIBLE_"))}
        env.update(
            ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]),
            ANSIBLE_HOME=str(folder / "home"),
            OPENSIPS_MI_HOST=emu.udp[0],
            OPENSIPS_MI_PORT=str(emu.udp[1]),
            PATH=os.pathsep.join([str(pathlib.Path(RULEBOOK).parent), env["PATH"]]),
            LC_ALL="C.UTF-8",
        )
        with (folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                [RULEBOOK, "--rulebook", "rulebook.yml", "--inventory", "inventory.yml", "--vars", "vars.yml", "--print-events"],
                cwd=folder, env=env, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    @property
    def output(self):
        return (self.folder / "output").read_text(encoding="utf-8", errors="replace")

    def until(self, condition):
        """What a function returns, as soon as it is true."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            found = condition()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"ansible-rulebook did not get there:\n{self.output[-6000:]}")

    def stop(self):
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGINT)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()


def way_of(emu):
    return {"host": emu.udp[0], "port": emu.udp[1]}


def notified(emu):
    """{user: how many NOTIFYs the phone got}."""
    counts = {}
    for each in emu.sip_log():
        user = each["first"].split("sip:")[1].split("@")[0]
        counts[user] = counts.get(user, 0) + each["first"].startswith("NOTIFY")
    return counts


class TestRulebooks:
    def test_they_act(self, emulator, tmp_path):
        emu = emulator("3.6", phones=3, reboot=False, cost="none")
        contacts = {phone["user"]: phone["contact"] for phone in emu.phones()}
        old, new, hostile = sorted(contacts)
        hold, proof = tmp_path / "hold", tmp_path / "proof"
        messages = Messages()
        variables = {
            **GUIDE.load("vars.yml"),
            "phone_reboot_hold_file": str(hold),
            "event_message_url": messages.url,
            "event_health": {"minimum_gateways": 1},
        }
        template = "{{ lookup('pipe', 'touch %s') }}" % proof
        rulebook = Rulebook(tmp_path, emu, variables)
        try:
            rulebook.until(lambda: sum(map(len, emu.state()["subscribers"].values())) >= 8)
            # old firmware registers: that phone is told to read its configuration, and no other
            for user, agent in ((new, NEW), (old, OLD), (hostile, f"{OLD} {template}")):
                emu.set_phone(user, agent="%s", firmware=agent)
                emu.register(user)
            rulebook.until(lambda: notified(emu).get(old) and notified(emu).get(hostile))
            assert notified(emu) == {old: 1, hostile: 1}
            # a gateway goes down
            with Connection(way_of(emu)) as connection:
                connection.call("dr_gw_status", {"gw_id": "gw1", "status": 0})
            (text,) = rulebook.until(lambda: messages.texts)
            assert text.startswith("gw1 is disabled_mi on 127.0.0.1. The server can")
            assert "E_DROUTING_STATUS on 127.0.0.1: {'partition'" in rulebook.output
            # the memory is low, and then not any more
            memory = {"threshold": 80, "used": 60000000, "size": 67108864}
            emu.raise_event("E_CORE_SHM_THRESHOLD", usage=90, **memory)
            rulebook.until(hold.exists)
            assert hold.read_text(encoding="utf-8") == "90 % of the shared memory is in use\n"
            emu.raise_event("E_CORE_SHM_THRESHOLD", usage=70, **memory)
            rulebook.until(lambda: not hold.exists())
        finally:
            rulebook.stop()
            messages.shutdown()
            messages.server_close()
        # what a phone calls itself is no template, in the rulebook or the playbook
        assert "{ { lookup(" in rulebook.output and not proof.exists()
