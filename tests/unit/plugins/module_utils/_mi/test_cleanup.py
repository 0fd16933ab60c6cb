# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that must not outlive the process."""

import os
import signal

import pytest

from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import (
    finish,
    start_python,
)

START = """
import os, signal, sys, time
from ansible_collections.community.opensips.plugins.module_utils._mi import cleanup
path = sys.argv[1]
open(path, "w").close()
"""


def run(code, path):
    return finish(start_python(START + code, path))


def test_removed_at_exit(tmp_path):
    path = tmp_path / "f"
    assert run("cleanup.remember(path)", path)[0] == 0
    assert not path.exists()


def test_forgotten_files_stay(tmp_path):
    path = tmp_path / "f"
    assert run("cleanup.remember(path); cleanup.forget(path)", path)[0] == 0
    assert path.exists()


def test_an_exception_and_sys_exit(tmp_path):
    for code in ("raise KeyError()", "sys.exit(3)"):
        path = tmp_path / "f"
        assert run("cleanup.remember(path); " + code, path)[0] != 0
        assert not path.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_kills_as_before(tmp_path, number):
    path = tmp_path / "f"
    status, _output, _errors = run(
        "cleanup.remember(path); os.kill(os.getpid(), {0}); time.sleep(10)".format(int(number)), path
    )
    assert status == -number
    assert not path.exists()


def test_handlers_of_the_caller_stay(tmp_path):
    path = tmp_path / "f"
    code = """
def mine(number, frame):
    print("mine")
    sys.exit(5)
signal.signal(signal.SIGTERM, mine)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
cleanup.remember(path)
os.kill(os.getpid(), signal.SIGHUP)
print(os.path.exists(path))
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(10)
"""
    status, output, _errors = run(code, path)
    assert (status, output.split()) == (5, ["True", "mine"])
    assert not path.exists()


def test_handlers_are_given_back(tmp_path):
    code = """
before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)]
cleanup.remember(path)
cleanup.remember(path + "2")
cleanup.forget(path)
cleanup.forget(path + "2")
after = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)]
print(before == after)
"""
    assert run(code, tmp_path / "f")[1].strip() == "True"


@pytest.mark.parametrize("exit_call", ["os._exit(0)", "sys.exit(0)"])
def test_a_forked_child_leaves_the_parents_files_alone(tmp_path, exit_call):
    path = tmp_path / "f"
    code = """
cleanup.remember(path)
child = os.fork()
if child == 0:
    {0}
os.waitpid(child, 0)
print(os.path.exists(path))
""".format(exit_call)
    assert run(code, path)[1].split()[-1] == "True"
    assert not path.exists()


def test_a_forked_child_removes_its_own(tmp_path):
    path = tmp_path / "f"
    code = """
cleanup.remember(path)
child = os.fork()
if child == 0:
    open(path + "child", "w").close()
    cleanup.remember(path + "child")
    sys.exit(0)
os.waitpid(child, 0)
print(os.path.exists(path), os.path.exists(path + "child"))
"""
    assert run(code, path)[1].split() == ["True", "False"]
    assert os.listdir(str(tmp_path)) == []


def test_outside_the_main_thread(tmp_path):
    path = tmp_path / "f"
    code = """
import threading
worker = threading.Thread(target=cleanup.remember, args=(path,))
worker.start(); worker.join()
"""
    status, _output, errors = run(code, path)
    assert (status, errors) == (0, "")
    assert not path.exists()


def test_a_file_that_is_gone_already(tmp_path):
    status, _output, errors = run("cleanup.remember(path); os.unlink(path)", tmp_path / "f")
    assert (status, errors) == (0, "")


def test_what_is_to_be_done_before_the_end(tmp_path):
    """In the with block only, on the signals that end the process, before its files go."""
    path = tmp_path / "f"
    code = """
def say():
    print("before the end", os.path.exists(path), flush=True)
with cleanup.before_end(lambda: print("not any more", flush=True)):
    pass
cleanup.remember(path)
with cleanup.before_end(say):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)
"""
    status, output, errors = run(code, path)
    assert (status, output.split("\n"), errors) == (-signal.SIGTERM, ["before the end True", ""], "")
    assert not path.exists()


def test_handlers_are_given_back_after_the_block(tmp_path):
    code = """
before = signal.getsignal(signal.SIGTERM)
with cleanup.before_end(print):
    print(before == signal.getsignal(signal.SIGTERM))
print(before == signal.getsignal(signal.SIGTERM))
"""
    assert run(code, tmp_path / "f")[1].split() == ["False", "True"]


def test_directories_and_what_is_in_them(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "inside").write_text("")
    code = "cleanup.remember(path + 'd'); cleanup.remember(path + 'd/inside')"
    status, _output, errors = finish(
        start_python(START.replace('open(path, "w").close()', "") + code, str(tmp_path) + "/")
    )
    assert (status, errors) == (0, "")
    assert not folder.exists()
