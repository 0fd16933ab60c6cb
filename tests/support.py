# Copyright (c) community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ./test and ./demo share: private environments in .cache/, and child processes that never outlive their parent."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
import typing as t

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
NAMESPACE, NAME = "community", "opensips"
# What a child gets to clean up after itself before it is killed
GRACE_SECONDS = 3


class WorkError(Exception):
    """A command failed, or something did not really run."""


def requirements(name: str) -> str:
    """The text of tests/requirements-<name>.txt."""
    return (ROOT / "tests" / f"requirements-{name}.txt").read_text(encoding="utf-8")


def real_path() -> str:
    """PATH without pyenv's shims: those exist for versions that are not active, too."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if pathlib.Path(folder).name != "shims")


@contextlib.contextmanager
def locked(path: pathlib.Path) -> t.Iterator[None]:
    """Keeps another run on the same checkout from making the same thing at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{path}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Venv:
    """A virtual environment in .cache/, named after what is in it, so that a changed requirement makes a new one."""

    def __init__(self, name: str, wanted: str, python: str = sys.executable) -> None:
        version = subprocess.check_output([python, "-c", "import sys; print(sys.version, sys.prefix)"], text=True)
        key = hashlib.sha256(f"{ROOT}\n{version}\n{wanted}".encode()).hexdigest()[:12]
        self.folder = CACHE / "venv" / f"{name}-{key}"
        self.bin = self.folder / "bin"
        self.wanted = wanted
        self.python = python

    @property
    def complete(self) -> bool:
        return (self.folder / "complete").exists()

    def make(self, children: Children) -> float | None:
        """Makes it unless it is there; the seconds that took, or None."""
        with locked(self.folder):
            if self.complete:
                return None
            start = time.monotonic()
            shutil.rmtree(self.folder, ignore_errors=True)
            pip = [str(self.bin / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
            children.quiet(self.python, "-m", "venv", self.folder)
            # The pip of Python 3.6 does not see which Python a package needs
            if "pip-18" in str(list(self.folder.glob("lib/*/site-packages/pip-*"))):
                children.quiet(*pip, "pip==21.3.1")
            listing = self.folder / "requirements.txt"
            listing.write_text(self.wanted, encoding="utf-8")
            children.quiet(*pip, "-r", listing)
            (self.folder / "complete").touch()
            return time.monotonic() - start


class Children:
    """Runs commands, each in a session of its own, and ends all that is left of them.

    seconds: after which a command is ended. show: gets each piece of output. busy: seconds of the processors that commands used.
    """

    def __init__(self, seconds: float, show: t.Callable[[str], None] = print) -> None:
        self.seconds = seconds
        self.busy = 0.0
        self._show = show
        self._running: set[subprocess.Popen[str]] = set()
        self._closed = False
        self._output = threading.Lock()

    def env(self, venv: pathlib.Path | None = None, **more: str) -> dict[str, str]:
        """The environment for a child: nothing of the caller's Ansible, the bin folder venv first on PATH."""
        env = dict(os.environ)
        for name in list(env):
            if name.startswith(("ANSIBLE_", "OPENSIPS_MI_", "PYTEST_")) or name in ("PYTHONPATH", "PYTHONHOME"):
                del env[name]
        env["PATH"] = real_path()
        if venv:
            env["PATH"] = str(venv) + os.pathsep + env["PATH"]
            env["VIRTUAL_ENV"] = str(venv.parent)
        return {**env, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1", **more}

    def say(self, text: str) -> None:
        with self._output:
            self._show(text)
            sys.stdout.flush()

    def run(
        self, *command: object, cwd: pathlib.Path = ROOT, env: dict[str, str] | None = None, show: bool = True
    ) -> tuple[int, str]:
        """Runs a command without a stdin, shows its output as it comes, and returns its status and output."""
        argv = [str(part) for part in command]
        if self._closed:
            raise WorkError("stopped")
        if show:
            self.say(f"$ {' '.join(argv)}")
        child = subprocess.Popen(
            argv,
            cwd=cwd,
            env=env or self.env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._running.add(child)
        late = threading.Timer(self.seconds, self._kill, [child])
        late.start()
        lines = []
        try:
            assert child.stdout
            for line in child.stdout:
                lines.append(line)
                if show:
                    self.say(line.rstrip("\n"))
            status = self._wait(child)
        finally:
            expired = not late.is_alive()
            late.cancel()
            self._kill(child)  # what it may have left behind in its session
            self._running.discard(child)
        if expired:
            raise WorkError(f"{argv[0]} was stopped after {self.seconds:.0f} s\n{''.join(lines[-20:])}")
        return status, "".join(lines)

    def _wait(self, child: subprocess.Popen[str]) -> int:
        """The status with which a child ended; what it used of the processors is counted."""
        try:
            _pid, status, used = os.wait4(child.pid, 0)
        except ChildProcessError:  # close() was there first
            return child.wait()
        child.returncode = os.waitstatus_to_exitcode(status)
        with self._output:
            self.busy += used.ru_utime + used.ru_stime
        return child.returncode

    def must(self, *command: object, **options: t.Any) -> str:
        status, output = self.run(*command, **options)
        if status:
            raise WorkError(f"{pathlib.Path(str(command[0])).name} ended with status {status}")
        return output

    def quiet(self, *command: object) -> None:
        status, output = self.run(*command, show=False)
        if status:
            self.say(output)
            raise WorkError(f"{' '.join(map(str, command))} ended with status {status}")

    @staticmethod
    def _kill(child: subprocess.Popen[str], signum: int = signal.SIGKILL) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signum)

    def close(self) -> None:
        """Ends all children: politely first, since Ansible's workers have sessions of their own that only it can end."""
        self._closed = True
        left = list(self._running)
        for child in left:
            self._kill(child, signal.SIGTERM)
        end = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < end and any(child.poll() is None for child in left):
            time.sleep(0.05)
        for child in left:
            self._kill(child)
