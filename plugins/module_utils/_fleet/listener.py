# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whether somebody still waits for what this process is going to print.

A module that runs over ssh with pipelining is not told when the user interrupts Ansible: sshd closes the other end of its
standard output, and no signal comes. The parent does not tell either: it is a shell that waits for the module.
"""

import contextlib
import select
import threading
from typing import Callable, Iterator

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError

_STANDARD_OUTPUT = 1
# Seconds between two looks.
_PAUSE = 0.25


class ListenerGone(MIError):
    """Ansible was interrupted, or the connection to this host was lost."""

    remedy = "Run the task again. With ``campaign``, it sends only to the phones that are left."


def is_gone(fd: int = _STANDARD_OUTPUT) -> bool:
    """Whether the other end of a pipe, socket or terminal is closed. Files have none, and are never gone."""
    poll = select.poll()
    # what is not asked for, an error or a hang-up, is told nevertheless
    poll.register(fd, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _fd, events in poll.poll(0))


@contextlib.contextmanager
def watched(
    react: Callable[[BaseException], object], fd: int = _STANDARD_OUTPUT, pause: float = _PAUSE
) -> Iterator[None]:
    """Call react (function of a ListenerGone) once, from another thread, if fd is gone inside the with block."""
    end = threading.Event()

    def watch() -> None:
        while not is_gone(fd):
            if end.wait(pause):
                return
        react(
            ListenerGone(
                "Nobody reads the result of this task any more: Ansible was interrupted, or the connection to this host was lost",
                "Run the task again; with a campaign, it continues with the phones that are not_sent",
            )
        )

    watcher = threading.Thread(target=watch, name="listener")
    watcher.daemon = True
    watcher.start()
    try:
        yield
    finally:
        end.set()
        watcher.join()
