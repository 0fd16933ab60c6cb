# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python that has the imports of modules already, and forks for each module that connection/warm.py sends it.

Starting Python and importing is half of what a task of ansible-playbook costs. All else is as without it: the module is what
Ansible sends, in a process of its own, with the environment, directory and umask of the task.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import traceback

# not resolved: the path must have ansible_collections in it
_TOP = pathlib.Path(__file__).absolute().parents[5]
_PACKAGE = "ansible_collections.community.opensips.plugins.module_utils"


def _import_everything():
    importlib.import_module("ansible.module_utils.basic")
    folder = _TOP.joinpath(*_PACKAGE.split("."))
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        importlib.import_module(".".join([_PACKAGE, *parts]).removesuffix(".__init__"))


def _run(request, files):
    """What the Python of a task does, from its start to its status."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    os.umask(request["umask"])
    tempfile.tempdir = None
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    sys.argv = ["-"]
    try:
        with open(0, encoding="utf-8", closefd=False) as stdin:
            code = compile(stdin.read(), "<stdin>", "exec")
        exec(code, {"__name__": "__main__"})
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def _serve(path):
    _import_everything()
    del sys.modules["__main__"].__file__
    # children leave nothing behind that somebody must wait for
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(16)
        print("ready", flush=True)
        while True:
            connection, _address = listener.accept()
            with connection:
                if os.fork():
                    continue
                listener.close()
                data, files, _flags, _address = socket.recv_fds(connection, 1 << 20, 3)
                while not data.endswith(b"\n"):
                    data += connection.recv(1 << 20)
                status = _run(json.loads(data), files)
                with contextlib.suppress(OSError):
                    connection.sendall(str(status).encode())
                os._exit(0)


class WarmPython:
    """Such a Python. path: of its socket."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")  # noqa: SIM115 - closed in stop()
        self.path = os.path.join(self._folder.name, "socket")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        self._process = subprocess.Popen(
            [sys.executable, __file__, self.path],
            env={**environment, "PYTHONPATH": str(_TOP)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdout.readline() == b"ready\n"

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()


if __name__ == "__main__":
    _serve(sys.argv[1])
