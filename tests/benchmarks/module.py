# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long one opensips_mi_command (uptime) takes in a playbook, against ansible.builtin.ping in the same playbook.

    python tests/benchmarks/module.py [ROUNDS]

ansible-playbook must be on PATH, and the collection below ANSIBLE_COLLECTIONS_PATH; the emulator serves every version.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

from ansible_collections.community.opensips.tests.emulator import Emulator

PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
"""
PING = "    - ansible.builtin.ping:\n"
UPTIME = "    - community.opensips.opensips_mi_command:\n        command: uptime\n%s"
CALLBACK = """
import json, os, time
from ansible.plugins.callback import CallbackBase
class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "seconds"
    def v2_playbook_on_task_start(self, task, is_conditional):
        self.started = time.perf_counter()
    def v2_runner_on_ok(self, result):
        print(json.dumps([result._task.action, time.perf_counter() - self.started]), flush=True)
    def v2_runner_on_failed(self, result, ignore_errors=False):
        print(json.dumps(["failed", str(result._result.get("msg"))]), flush=True)
"""


def measure(folder, options, rounds):
    """Median seconds of (ping, uptime); the first of each warms up and does not count."""
    lines = "".join("        %s: %s\n" % pair for pair in options.items())
    with open(os.path.join(folder, "play.yml"), "w") as play:
        play.write(PLAY + (PING + UPTIME % lines) * (rounds + 1))
    environment = dict(
        os.environ, ANSIBLE_CALLBACK_PLUGINS=folder, ANSIBLE_STDOUT_CALLBACK="seconds", ANSIBLE_NOCOLOR="1"
    )
    run = subprocess.run(
        ["ansible-playbook", "-i", "localhost,", os.path.join(folder, "play.yml")],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    times = {}
    for line in run.stdout.decode().splitlines():
        if line.startswith("["):
            action, seconds = json.loads(line)
            times.setdefault(action.rsplit(".", 1)[-1], []).append(seconds)
    return statistics.median(times["ping"][1:]), statistics.median(times["opensips_mi_command"][1:])


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "seconds.py"), "w") as callback:
            callback.write(CALLBACK)
        for version, protocol in (("3.6", "auto"), ("4.0", "auto"), ("2.4", "line"), ("2.4", "auto")):
            with Emulator(version, fifo=True, udp=True) as emulator:
                ways = {
                    "FIFO": {"fifo_path": emulator.fifo_path, "reply_dir": emulator.reply_dir, "protocol": protocol},
                    "UDP": {"host": emulator.udp[0], "port": emulator.udp[1], "protocol": protocol},
                }
                for way, options in ways.items():
                    ping, uptime = measure(folder, options, rounds)
                    print(
                        f"{version:<4} {way:<5} protocol {protocol:<5} ping {ping:6.3f} s  uptime {uptime:6.3f} s  = {uptime / ping:4.2f} x",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
