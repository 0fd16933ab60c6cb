# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Other processes for tests, and waiting for what they do."""

import os
import subprocess
import sys
import time

from ansible_collections.community.opensips.plugins.module_utils._mi import errors


def collections_path():
    """The folder to put on PYTHONPATH so that ansible_collections is found."""
    return os.path.abspath(errors.__file__).split(os.sep + "ansible_collections" + os.sep)[0]


# what a shell's background, or nohup, has its children ignore
_DEFAULT_SIGNALS = """import signal
for _number, _handler in (
    (signal.SIGHUP, signal.SIG_DFL), (signal.SIGQUIT, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)
):
    signal.signal(_number, _handler)
"""


def start_python(code, *args, **kwargs):
    """A child Python that runs code with args in sys.argv; its output is piped."""
    environment = dict(os.environ, PYTHONPATH=collections_path(), PYTHONDONTWRITEBYTECODE="1", PYTHONIOENCODING="utf-8")
    return subprocess.Popen(
        [sys.executable, "-c", _DEFAULT_SIGNALS + code] + [str(each) for each in args],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, **kwargs
    )  # fmt: skip


def finish(child, timeout=30):
    """(exit status, output, error output) of a child."""
    try:
        output, errors_ = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()
        output, errors_ = child.communicate()
        raise AssertionError("the child hangs: {0}".format(errors_.decode("utf-8", "replace"))) from None
    return child.returncode, output.decode("utf-8"), errors_.decode("utf-8", "replace")


def eventually(condition, seconds=5.0):
    """Whether condition() becomes true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.005)
    return bool(condition())
