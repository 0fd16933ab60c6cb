# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python that has the imports of modules already, and forks for each module that it is sent.

Starting Python and importing is most of what a module costs. All else is as without it: the code is what the caller, such as
Ansible, would give to Python, in a process of its own, with the environment, directory and umask of the caller.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback

# not resolved: the path must have ansible_collections in it
_TOP = pathlib.Path(__file__).absolute().parents[6]
_PACKAGE = "ansible_collections.community.opensips.plugins.module_utils"


def _import_everything():
    importlib.import_module("ansible.module_utils.basic")
    folder = _TOP.joinpath(*_PACKAGE.split("."))
    files = sorted(folder.rglob("*.py"))
    assert files, folder
    for path in files:
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
        # it ends with who started it, who holds the other end of the pipe
        while 0 not in select.select([listener, 0], [], [])[0]:
            connection, _address = listener.accept()
            with connection:
                if os.fork():
                    continue
                listener.close()
                data, files, _flags, _address = socket.recv_fds(connection, 1 << 20, 3)
                while not data.endswith(b"\n"):
                    data += connection.recv(1 << 20)
                connection.sendall(b"%d\n" % os.getpid())
                status = _run(json.loads(data), files)
                with contextlib.suppress(OSError):
                    connection.sendall(str(status).encode())
                os._exit(0)


def run(path, code, environment, seconds=None):
    """(status, output, error output) of code (bytes) in a fork of the Python at path; TimeoutError after seconds."""
    files = [os.memfd_create(name) for name in ("stdin", "stdout", "stderr")]
    try:
        with open(files[0], "wb", closefd=False) as stdin:
            stdin.write(code)
        os.lseek(files[0], 0, os.SEEK_SET)
        os.umask(umask := os.umask(0))
        request = {"environment": environment, "folder": os.getcwd(), "umask": umask}
        status = _exchange(path, json.dumps(request).encode() + b"\n", files, seconds)
        return (status, *map(_content, files[1:]))
    finally:
        for file in files:
            os.close(file)


def _exchange(path, request, files, seconds):
    """The status of what a request starts; 137 if it was killed."""
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(seconds)
        server.connect(path)
        socket.send_fds(server, [request], files)
        reply = b""
        try:
            while received := server.recv(100):
                reply += received
        except TimeoutError:
            os.kill(int(reply.split()[0]), signal.SIGKILL)
            raise
    _pid, _newline, status = reply.partition(b"\n")
    return int(status) if status else 137


def _content(file):
    os.lseek(file, 0, os.SEEK_SET)
    with open(file, "rb", closefd=False) as stream:
        return stream.read()


class WarmPython:
    """Such a Python. path: of its socket."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")  # noqa: SIM115 - closed in stop()
        self.path = os.path.join(self._folder.name, "socket")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        self._process = subprocess.Popen(
            [sys.executable, __file__, self.path],
            env={**environment, "PYTHONPATH": str(_TOP)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdout.readline() == b"ready\n"

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        self._folder.cleanup()


def shared():
    """The WarmPython of this process and its user, for all who need one: tests fork, and become others."""
    return _shared(os.getpid(), os.geteuid())


@functools.cache
def _shared(_pid, _user):
    python = WarmPython()
    atexit.register(python.stop)
    return python


if __name__ == "__main__":
    _serve(sys.argv[1])
