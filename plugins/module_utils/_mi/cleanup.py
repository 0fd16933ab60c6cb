# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Files that must not outlive the process: removed at exit and on the signals that end it."""

import atexit
import os
import signal
import threading

_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
_paths = set()
_previous = {}
_owner = None


def remember(path):
    """Remove path when the process ends, unless forget() comes first."""
    global _owner
    if _owner != os.getpid():
        # first use, or a fork: the parent's files are the parent's
        _paths.clear()
        _previous.clear()
        _owner = os.getpid()
        atexit.register(_remove_all)
    _paths.add(path)
    if not _previous and threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            # handlers of the caller's own stay: they end in exceptions or an exit, and so in finally or atexit
            if handler is signal.SIG_DFL:
                _previous[number] = handler
                signal.signal(number, _on_signal)


def forget(path):
    """path is gone or no longer ours to remove."""
    _paths.discard(path)
    if not _paths and _previous and threading.current_thread() is threading.main_thread():
        for number, handler in _previous.items():
            if signal.getsignal(number) is _on_signal:
                signal.signal(number, handler)
        _previous.clear()


def _remove_all():
    if _owner != os.getpid():
        return
    while _paths:
        try:
            os.unlink(_paths.pop())
        except OSError:
            pass


def _on_signal(number, _frame):
    _remove_all()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
