# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What must be done before the process ends, at exit or on a signal: files removed, and what callers ask for."""

import atexit
import contextlib
import os
import signal
import threading
from typing import Callable, Dict, Iterator, List, Optional, Set, Union

# a path as callers give it
Path = Union[str, bytes]
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
_paths: Set[Path] = set()
_functions: List[Callable[[], object]] = []
_previous: Dict[int, signal.Handlers] = {}
_owner: Optional[int] = None


def remember(path: Path) -> None:
    """Remove path, a file or an empty directory, when the process ends, unless forget() comes first."""
    _begin()
    _paths.add(path)
    _take_signals()


def forget(path: Path) -> None:
    """path is gone or no longer ours to remove."""
    _paths.discard(path)
    _give_signals_back()


def remove(path: Path) -> None:
    """Remove path, a file or an empty directory, now."""
    _remove(path)
    forget(path)


@contextlib.contextmanager
def before_end(function: Callable[[], object]) -> Iterator[None]:
    """Call function, without arguments, if a signal ends the process inside the with block; it must not raise."""
    _begin()
    _functions.append(function)
    _take_signals()
    try:
        yield
    finally:
        # after a fork the child has none
        if function in _functions:
            _functions.remove(function)
        _give_signals_back()


def _begin() -> None:
    global _owner
    if _owner != os.getpid():
        # first use, or a fork: the parent's files are the parent's
        _paths.clear()
        _functions.clear()
        _previous.clear()
        _owner = os.getpid()
        atexit.register(_remove_all)


def _take_signals() -> None:
    if not _previous and threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            # handlers of the caller's own stay: they end in exceptions or an exit, and so in finally or atexit
            if handler is signal.SIG_DFL:
                _previous[number] = handler
                signal.signal(number, _on_signal)


def _give_signals_back() -> None:
    if _paths or _functions:
        return
    if _previous and threading.current_thread() is threading.main_thread():
        for number, handler in _previous.items():
            if signal.getsignal(number) is _on_signal:
                signal.signal(number, handler)
        _previous.clear()


def _remove_all() -> None:
    if _owner != os.getpid():
        return
    while _paths:
        # what is in a directory before the directory
        for path in sorted(list(_paths), key=len, reverse=True):
            _remove(path)
            _paths.discard(path)


def _remove(path: Path) -> None:
    try:
        os.unlink(path)
    except IsADirectoryError:
        try:
            os.rmdir(path)
        except OSError:
            pass
    except OSError:
        pass


def _on_signal(number: int, _frame: object) -> None:
    if _owner == os.getpid():
        for function in _functions:
            function()
    _remove_all()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
