# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backtraces of gdb, and what they mean."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._diagnose.backtraces import check, doing, parse

TEXT = """[Thread debugging using libthread_db enabled]
0x00007f59a6a3cef3 in epoll_wait (epfd=..., timeout=...) at ../sysdeps/unix/sysv/linux/epoll_wait.c:30
#0  0x00007f59a6a3cef3 in epoll_wait (epfd=..., timeout=...) at ../sysdeps/unix/sysv/linux/epoll_wait.c:30
#1  0x0000559d87deb88a in io_wait_loop_epoll (repeat=..., t=..., h=...) at net/../io_wait_loop.h:178
#2  <signal handler called>
#3  0x00007f59a6a3cef3 in poll () from /lib/x86_64-linux-gnu/libc.so.6
#4  main (argc=..., argv=...) at main.c:888
[Inferior 1 (process 6844) detached]
"""


def test_frames():
    assert parse(TEXT) == [
        "epoll_wait (../sysdeps/unix/sysv/linux/epoll_wait.c:30)",
        "io_wait_loop_epoll (net/../io_wait_loop.h:178)",
        "signal handler",
        "poll (libc.so.6)",
        "main (main.c:888)",
    ]
    assert parse("") == [] and parse("#0 nonsense") == []


@pytest.mark.parametrize(
    ("frames", "word"),
    [
        ([], None),
        (["epoll_wait (epoll_wait.c:30)", "udp_start_processes (net_udp.c:548)"], "idle"),
        (["__libc_pause (pause.c:29)", "main_loop (main.c:367)"], "idle"),
        (["__GI___select (select.c:69)", "run_timer_process (timer.c:602)"], "idle"),
        (["__GI___select (select.c:69)", "sleep_us (ut.h:520)", "m_usleep (cfgutils.c:515)", "do_action"], "sleep"),
        (["__sched_yield", "get_lock (fastlock.h:193)", "run_actions", "receive_msg"], "lock"),
        (["__GI___poll", "pqSocketPoll", "PQgetResult (libpq.so.5)", "receive_msg"], "sql"),
        (["__GI___poll", "send_dg", "__res_context_query (libresolv.so.2)", "receive_msg"], "dns"),
        (["eval_expr (route.c:1)", "run_action_list", "receive_msg"], "script"),
        (["strange", "main"], "other"),
    ],
)
def test_doing(frames, word):
    assert doing(frames) == word


def backtrace(word):
    return {
        "pid": 7,
        "type": "SIP receiver udp:192.0.2.1:5060",
        "doing": word,
        "reason": None if word else "There is no gdb on this host",
    }


@pytest.mark.parametrize(
    ("words", "outcomes"),
    [
        (["idle", "script"], {None: "ok"}),
        (["lock", "idle", "idle"], {"lock": "warning"}),
        (["lock", "lock", "idle"], {"lock": "failed"}),
        (["sql", "idle"], {"sql": "warning"}),
        (["sql", "sql"], {"sql": "failed"}),
        (["dns", "sql"], {"dns": "warning", "sql": "warning"}),
        ([None, "idle"], {"processes": "unknown"}),
        ([None, None], {None: "unknown"}),
        ([], {None: "unknown"}),
    ],
)
def test_findings(words, outcomes):
    entries = check([backtrace(word) for word in words])
    assert {entry["subject"]: entry["outcome"] for entry in entries} == outcomes
    assert all(entry["hint"] for entry in entries if entry["outcome"] in ("warning", "failed"))
