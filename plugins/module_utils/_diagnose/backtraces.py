# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A backtrace of each process of a server on this host, by gdb: what it does at the moment.

gdb stops a process while it looks at it. It looks at one after the other, for a limited time, and lets each go. The functions
are shown without their arguments, which may be passwords, messages or URLs of databases.
"""

import os
import re
import shutil
import signal
import subprocess  # nosec B404
import time
from typing import Any, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._diagnose import local
from ansible_collections.community.opensips.plugins.module_utils._diagnose.finding import finding
from ansible_collections.community.opensips.plugins.module_utils._health.entry import (
    FAILED,
    OK,
    UNKNOWN,
    WARNING,
    Entry,
)
from ansible_collections.community.opensips.plugins.module_utils._health.resources import SIP_PROCESS
from ansible_collections.community.opensips.plugins.module_utils._mi import cleanup
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import owner
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

NAME = "trap"
_MOST_FRAMES = 60
_LARGEST_OUTPUT = 4 << 20
_FULL = "@full@"
_FRAME = re.compile(
    r"#[0-9]+ +(?:0x[0-9a-f]+ in )?(?:<(signal handler) called>|(\S+) \(.*\)(?: at (\S+)| from (\S+))?)"
)
# seconds that gdb gets to let a process go, once it is told to end
_GRACE = 2.0
# what a function in a backtrace means, the first that is found counts: names, and what they begin with
_DOING: Tuple[Tuple[str, FrozenSet[str], Tuple[str, ...]], ...] = (
    (
        "lock",
        frozenset("get_lock futex_get lock_get tsl sched_yield semop sem_wait".split()),
        ("lock_start_", "lll_lock_wait", "pthread_mutex_", "pthread_rwlock_"),
    ),
    ("sql", frozenset(), ("PQ", "pq", "mysql_", "cli_", "sqlite3_", "OCI", "SQLExec", "SQLFetch", "SQLDriver")),
    (
        "dns",
        frozenset("get_record getaddrinfo resolvehost sip_resolvehost".split()),
        ("res_", "gethostby"),
    ),
    ("nosql", frozenset(), ("redis", "mongoc_", "memcached_", "cass_", "lcb_")),
    ("http", frozenset(), ("curl_",)),
    ("connect", frozenset(["connect"]), ("tcp_connect", "tcp_sync_connect", "tcp_async_connect")),
    ("sleep", frozenset("w_sleep w_usleep m_sleep m_usleep sleep_us usleep sleep".split()), ()),
    ("script", frozenset("receive_msg run_top_route run_actions run_action_list do_action".split()), ()),
)
_IDLE = frozenset(
    "epoll_wait poll select recvfrom recv recvmsg read pause accept accept4 sigsuspend nanosleep clock_nanosleep wait4 waitpid wait".split()
)
# what the C library puts before the names of its functions
_PREFIXES = ("GI_", "libc_")
_WAITS = {
    "sql": "the database",
    "dns": "a name server",
    "nosql": "a NoSQL server",
    "http": "an HTTP server",
    "connect": "a TCP connection",
    "sleep": "sleep() or usleep() of the script",
}


class Process(NamedTuple):
    """A process to look at. id, type: as the server calls it, or None if it does not answer. pid: int."""

    id: Optional[int]
    pid: int
    type: Optional[str]


class Backtrace(NamedTuple):
    """plain: the result for users. full: text with the variables, for developers; it may hold secrets."""

    plain: Dict[str, Any]
    full: bytes


def gdb() -> Optional[str]:
    """The path of gdb, or None."""
    return shutil.which("gdb", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/bin", "/usr/local/bin")))


def why_not() -> Optional[str]:
    """Why no backtrace can be had on this host, or None."""
    return (
        None
        if gdb()
        else "There is no gdb on this host: install it. Until then, only the state of each process is known"
    )


def processes_of(pids: Iterable[int]) -> List[Process]:
    """The processes of the server that these pids belong to, its main process first; for a server that does not list them."""
    running = {pid for pid, _uid in owner.server_processes()}
    mains = {_main(pid, running) for pid in pids if pid in running}
    return [
        Process(None, pid, None)
        for pid in sorted(running, key=lambda pid: (pid not in mains, pid))
        if _main(pid, running) in mains
    ]


def main_processes() -> List[int]:
    """The pid of the main process of each opensips on this host."""
    running = {pid for pid, _uid in owner.server_processes()}
    return sorted({_main(pid, running) for pid in running})


def _main(pid: int, running: Set[int]) -> int:
    parent = local.parent_of(pid)
    return parent if parent is not None and parent in running else pid


def take(processes: Iterable[Process], timeout: float, wants_full: bool) -> List[Backtrace]:
    """Look at each process. timeout: seconds for each."""
    program = gdb()
    return [_take(process, program, timeout, wants_full) for process in processes]


def _take(process: Process, program: Optional[str], timeout: float, wants_full: bool) -> Backtrace:
    status = local.status(process.pid)
    plain: Dict[str, Any] = {
        "id": process.id,
        "pid": process.pid,
        "type": process.type.strip() if process.type else None,
        "state": status[0] if status else None,
        "waits_in": _kernel_function(process.pid),
        "doing": None,
        "frames": [],
        "reason": None,
    }
    obstacle = _obstacle(process.pid, status, program)
    if obstacle is not None:
        return Backtrace(dict(plain, reason=obstacle), b"")
    output, reason = _run(str(program), process.pid, timeout, wants_full)
    _let_go(process.pid)
    frames = parse(output.partition(_FULL.encode())[0].decode("utf-8", "replace"))
    if not frames and reason is None:
        reason = "gdb showed no backtrace. Run the module as root, and allow ptrace in kernel.yama.ptrace_scope and in the container"
    plain.update(frames=frames, doing=doing(frames), reason=reason)
    return Backtrace(plain, output)


def _obstacle(pid: int, status: Any, program: Optional[str]) -> Optional[str]:
    """Why no backtrace can be taken (str), or None. status: of the process, None if it has ended. program: gdb, or None."""
    if status is None:
        return "The process has ended"
    if program is None:
        return "There is no gdb on this host"
    tracer = _tracer(pid)
    return f"Process {tracer} debugs it already" if tracer else None


def _kernel_function(pid: int) -> Optional[str]:
    found = (local.read(pid, "wchan") or "").strip()
    return printable(found, most=60) if found not in ("", "0") else None


def _tracer(pid: int) -> int:
    match = re.search(r"^TracerPid:\s*([0-9]+)", local.read(pid, "status") or "", re.MULTILINE)
    return int(match.group(1)) if match else 0


def _command(program: str, pid: int, wants_full: bool) -> List[str]:
    # symbols are read before the process is stopped; nothing is downloaded, and no script of the program's is run
    start = ["set auto-load no", "set width 0", "set print frame-arguments none", f"file /proc/{pid}/exe"]
    then = [f"attach {pid}", f"bt {_MOST_FRAMES}"]
    if wants_full:
        then += [f"echo {_FULL}\\n", "set print frame-arguments all", f"bt full {_MOST_FRAMES}"]
    words = [program, "-nx", "-nh", "-q", "-batch"]
    for command in start:
        words += ["-iex", command]
    for command in [*then, "detach"]:
        words += ["-ex", command]
    return words


def _run(program: str, pid: int, timeout: float, wants_full: bool) -> Tuple[bytes, Optional[str]]:
    """(what gdb wrote, why it is not complete or None)."""
    environment = dict(os.environ, DEBUGINFOD_URLS="", LC_ALL="C")
    words = _command(program, pid, wants_full)
    try:
        started = subprocess.Popen(  # nosec B603
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            # what it starts ends with it
            start_new_session=True,
        )
    except OSError as error:
        return b"", f"gdb does not start: {error.strerror or error}"
    with cleanup.before_end(lambda: _end(started)):
        try:
            output, _errors = started.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _end(started)
            output, _errors = started.communicate()
            return output[:_LARGEST_OUTPUT], f"gdb did not end within {timeout:g} s"
        finally:
            _end(started)
    return output[:_LARGEST_OUTPUT], None


def _end(started: Any) -> None:
    """End gdb, and what it started. The kernel lets go of a process whose debugger ends (ptrace(2))."""
    if started.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(started.pid, number)
            started.wait(_GRACE)
        except (OSError, subprocess.TimeoutExpired):
            continue
    try:
        os.killpg(started.pid, signal.SIGKILL)
    except OSError:
        pass


def _let_go(pid: int) -> None:
    """A process that a debugger left stopped goes on."""
    until = time.monotonic() + _GRACE
    while _tracer(pid) and time.monotonic() < until:
        time.sleep(0.05)
    status = local.status(pid)
    if status is not None and status[0] == "T" and not _tracer(pid):
        try:
            os.kill(pid, signal.SIGCONT)
        except OSError:
            pass


def parse(text: str) -> List[str]:
    """The frames of a backtrace without arguments, the innermost first: ``udp_read_req (net/net_udp.c:298)``."""
    frames = []
    for line in text.splitlines():
        match = _FRAME.match(line)
        if match is None:
            continue
        handler, function, source, library = match.groups()
        where = source or (os.path.basename(library) if library else None)
        frames.append(str(printable((handler or function) + (f" ({where})" if where else ""), most=200)))
    return frames[:_MOST_FRAMES]


def doing(frames: List[str]) -> Optional[str]:
    """What a process does: lock, sql, dns, nosql, http, connect, sleep, script, idle, or other. None without frames."""
    names = [_plain_name(frame) for frame in frames]
    if not names:
        return None
    for word, functions, beginnings in _DOING:
        if any(name in functions or name.startswith(beginnings) for name in names):
            return word
    return "idle" if _IDLE.intersection(names[:4]) else "other"


def _plain_name(frame: str) -> str:
    name = frame.partition(" ")[0].partition("@")[0].lstrip("_")
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            name = name[len(prefix) :].lstrip("_")
    return name


def check(taken: List[Dict[str, Any]]) -> List[Entry]:
    """What the processes do: those that wait for locks or for other programs."""
    known = [backtrace for backtrace in taken if backtrace["doing"] is not None]
    if not known:
        reasons = sorted({backtrace["reason"] or "unknown" for backtrace in taken}) or [
            "The server has no process here"
        ]
        hint = "Install gdb on the host of the server, and run the module there as root"
        return [finding(NAME, None, UNKNOWN, "; ".join(reasons), 0, hint=hint)]
    entries = [entry for entry in (_locks(known), *(_waits(known, word) for word in _WAITS)) if entry is not None]
    without = len(taken) - len(known)
    if without:
        reason = next(backtrace["reason"] for backtrace in taken if backtrace["doing"] is None)
        entries.append(
            finding(
                NAME, "processes", UNKNOWN, f"No backtrace of {without} of {len(taken)} processes: {reason}", without
            )
        )
    return entries or [
        finding(NAME, None, OK, f"None of {len(known)} processes waits for a lock or for another program", len(known))
    ]


def _locks(known: List[Dict[str, Any]]) -> Optional[Entry]:
    waiting = [backtrace for backtrace in known if backtrace["doing"] == "lock"]
    if not waiting:
        return None
    # one may wait for a moment; half of them never do
    outcome = FAILED if 2 * len(waiting) >= len(known) else WARNING
    message = f"{len(waiting)} of {len(known)} processes wait for a lock: {_pids(waiting)}"
    hint = "Run the module again. If the same processes wait, restart the server, and report the backtraces (trap_file) to its developers"
    return finding(NAME, "lock", outcome, message, len(waiting), 0, hint)


def _waits(known: List[Dict[str, Any]], word: str) -> Optional[Entry]:
    waiting = [backtrace for backtrace in known if backtrace["doing"] == word]
    if not waiting:
        return None
    serving = [backtrace for backtrace in known if SIP_PROCESS.search(backtrace["type"] or "")]
    outcome = FAILED if serving and all(backtrace in waiting for backtrace in serving) else WARNING
    message = f"{len(waiting)} of {len(known)} processes wait for {_WAITS[word]}: {_pids(waiting)}"
    return finding(
        NAME,
        word,
        outcome,
        message,
        len(waiting),
        0,
        f"Find out why {_WAITS[word]} takes long, or call it with async()",
    )


def _pids(waiting: List[Dict[str, Any]]) -> str:
    return ", ".join(str(backtrace["pid"]) for backtrace in waiting)


def text_of(taken: List[Backtrace]) -> bytes:
    """All backtraces with their variables, as a file for developers."""
    parts = []
    for backtrace in taken:
        plain = backtrace.plain
        head = f"--- process {plain['id']} pid {plain['pid']} {plain['type'] or ''}\n"
        parts.append(head.encode("utf-8", "replace") + (backtrace.full or f"{plain['reason']}\n".encode()) + b"\n")
    return b"".join(parts)
