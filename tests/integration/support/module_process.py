# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One module in a process of its own, run as Ansible's wrapper runs it, so that tests can kill and measure it."""

from __future__ import annotations

import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile

from ansible_collections.community.opensips.tests.integration.support import warm_python

# not resolved: the path must have ansible_collections in it
_TOP = str(pathlib.Path(__file__).absolute().parents[6])
_LAUNCH = """
import io, resource, runpy, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
if len(sys.argv) > 2:
    # what the module returns goes to a file, too, and is no file of the module's
    sys.stdout, unlimited = io.StringIO(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), unlimited[1]))
try:
    runpy.run_module(sys.argv[1], run_name="__main__")
finally:
    if len(sys.argv) > 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        sys.__stdout__.write(sys.stdout.getvalue())
    with open("/proc/self/status") as status:
        sys.stderr.write(next(line for line in status if line.startswith("VmHWM")))
"""
_MODULES = "ansible_collections.community.opensips.plugins.modules.opensips_"
SECONDS = 120


def _given(args, check, diff):
    """What a module gets (bytes), as Ansible's wrapper gives it."""
    task = dict(
        args,
        _ansible_check_mode=check,
        _ansible_diff=diff,
        _ansible_remote_tmp=tempfile.gettempdir(),
        _ansible_tmpdir=None,
    )
    return json.dumps({"ANSIBLE_MODULE_ARGS": task}).encode()


class ModuleProcess:
    """A module that runs. name: without its prefix. args: its options. check, diff: as ansible-playbook's options.

    python: another interpreter. path: folders of its libraries, ansible among them. largest_file: bytes to which a file that it
    writes may grow, or None. pipe: whether what it prints goes into a pipe, which hang_up() closes, as sshd does.
    """

    def __init__(
        self, name, args, check=False, diff=False, python=sys.executable, path=(), largest_file=None, pipe=False
    ):
        # files, because a result of 100,000 phones does not fit into a pipe that nobody reads
        self._input, self._output, self._errors = (tempfile.TemporaryFile() for _each in range(3))  # noqa: SIM115 - closed with it
        self._input.write(_given(args, check, diff))
        self._input.seek(0)
        self._process = subprocess.Popen(
            [python, "-c", _LAUNCH, _MODULES + name, *([] if largest_file is None else [str(largest_file)])],
            stdin=self._input,
            stdout=subprocess.PIPE if pipe else self._output,
            stderr=self._errors,
            env=dict(os.environ, PYTHONPATH=os.pathsep.join([_TOP, *path])),
        )

    def limit_memory(self, size):
        """Let it have that many bytes of addresses at most."""
        resource.prlimit(self._process.pid, resource.RLIMIT_AS, (size, size))

    def hang_up(self):
        """Nobody waits for its result any more."""
        self._process.stdout.close()

    @property
    def running(self):
        return self._process.poll() is None

    def wait(self, seconds):
        """Whether it ended within seconds."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self, signum=signal.SIGKILL):
        """End it by a signal; whether the signal was what ended it."""
        if self.running:
            self._process.send_signal(signum)
        return self._process.wait(SECONDS) in (-signum, 128 + signum)

    def result(self):
        """What it returned (dict), once it ended."""
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the module did not end within {SECONDS} s: {self._text(self._errors)}") from None
        text = self._text(self._output)
        try:
            return json.loads(text)
        except ValueError:
            raise AssertionError(f"the module returned {text[:300]!r}: {self._text(self._errors)}") from None

    @property
    def peak(self):
        """The most memory that it had at any moment (bytes), once it ended by itself."""
        line = next(each for each in self._text(self._errors).splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) * 1024

    @property
    def errors(self):
        """What it wrote to standard error (str)."""
        return self._text(self._errors)

    @staticmethod
    def _text(file):
        file.seek(0)
        return file.read().decode()


_HERE = """
import runpy
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = {arguments!r}
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module({module!r}, run_name="__main__")
"""


def run_module(name, args, check=False, diff=False, **options):
    """The result of a module that is let run to its end. options: further ones of ModuleProcess."""
    if options:
        return ModuleProcess(name, args, check, diff, **options).result()
    code = _HERE.format(arguments=_given(args, check, diff), module=_MODULES + name).encode()
    status, output, errors = warm_python.run(warm_python.shared().path, code, dict(os.environ), SECONDS)
    try:
        return json.loads(output)
    except ValueError:
        raise AssertionError(
            f"the module ended with {status} and returned {output[:300]!r}: {errors.decode()}"
        ) from None
