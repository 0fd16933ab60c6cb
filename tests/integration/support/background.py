# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Functions that may hang, or must not have the rights of root: in a thread, or in a child."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading

# Seconds after which something has hung
SECONDS = 60
NOBODY = 65534


@contextlib.contextmanager
def in_background(function, *args, **kwargs):
    """Runs function in a thread meanwhile; gives a list that has its result afterwards."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*args, **kwargs)), daemon=True)
    thread.start()
    yield results
    thread.join(SECONDS)
    assert results, "it did not end"


def without_hanging(function, *args, **kwargs):
    """What function gives, unless it hangs."""
    with in_background(function, *args, **kwargs) as results:
        pass
    return results[0]


def in_child(function, user=None):
    """What function gives in a child, as another user (uid) if this one is root."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()

    def run():
        if user is not None and os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        there.send(function())

    child = context.Process(target=run, daemon=True)
    child.start()
    assert here.poll(SECONDS), "the child did not end"
    result = here.recv()
    child.join()
    return result
