# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One module in this process, so that tests can break parts of it."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import tempfile
from unittest import mock

from ansible.module_utils import basic

COLLECTION = "ansible_collections.community.opensips."


def run_module_here(name, args):
    """The result of a module. name: without its prefix. args: its options."""
    module = importlib.import_module(f"{COLLECTION}plugins.modules.opensips_{name}")
    task = dict(args, _ansible_remote_tmp=tempfile.gettempdir(), _ansible_tmpdir=None)
    given = json.dumps({"ANSIBLE_MODULE_ARGS": task}).encode()
    output = io.StringIO()
    with (
        mock.patch.object(basic, "_ANSIBLE_ARGS", given),
        mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True),
        contextlib.redirect_stdout(output),
        contextlib.suppress(SystemExit),
    ):
        module.main()
    return json.loads(output.getvalue())


class Breakage:
    """A function or method of module_utils that raises an error the nth time that it is called, and works as ever otherwise.

    path: such as ``_fleet.journal.Journal.sending``. Use monkeypatch to end it. broken: whether it was called as often.
    """

    def __init__(self, monkeypatch, path, error, nth=1):
        names = path.split(".")
        # the module that defines it: everything before the first name that is no module
        depth = 2 if names[1] not in ("carriers", "protocols") else 3
        owner = importlib.import_module(f"{COLLECTION}plugins.module_utils.{'.'.join(names[:depth])}")
        for each in names[depth:-1]:
            owner = getattr(owner, each)
        self._real = getattr(owner, names[-1])
        self._error, self._left = error, nth
        self.broken = False

        def called(*args, **kwargs):
            self._left -= 1
            if self._left == 0:
                self.broken = True
                raise self._error
            return self._real(*args, **kwargs)

        monkeypatch.setattr(owner, names[-1], called)
