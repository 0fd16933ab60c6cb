# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A callback that appends each host's result of each task to a file, as a line of JSON.

ansible-core has none that gives results as data: its json callback went to ansible.posix.

It also keeps Ansible from making the same payload again and again: payloads are shared by all playbooks of a session (PAYLOADS).
"""

from __future__ import annotations

import contextlib
import json
import os

from ansible import constants
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_results
type: notification
short_description: Results of tasks as lines of JSON
description:
  - For the integration tests of community.opensips.
options: {}
"""


def _share_payloads():
    with contextlib.suppress(FileExistsError):
        os.symlink(os.environ["PAYLOADS"], os.path.join(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache"))


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_results"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _share_payloads()

    def _write(self, status, result):
        # ansible-core 2.19 renamed the attributes
        get = getattr(result, "result", None) or getattr(result, "_result", {})
        host = getattr(result, "host", None) or result._host
        task = getattr(result, "task", None) or result._task
        line = {"host": host.get_name(), "task": task.get_name(), "status": status, "result": get}
        with open(os.environ["TASK_RESULTS"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result):
        self._write("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._write("failed", result)

    def v2_runner_on_skipped(self, result):
        self._write("skipped", result)

    def v2_runner_on_unreachable(self, result):
        self._write("unreachable", result)
