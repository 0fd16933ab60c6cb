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
from typing import Any, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Tuple

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
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

NAME = "trap"
_MOST_FRAMES = 60
_LARGEST_OUTPUT = 4 << 20
_FULL = "@full@"
_FRAME = re.compile(
    r"#[0-9]+ +(?:0x[0-9a-f]+ in )?(?:<(signal handler) called>|(\S+) \(.*\)(?: at (\S+)| from (\S+))?)"
)
# what gdb says if ptrace(2) is refused
_REFUSED = (b"Operation not permitted", b"Could not attach", b"Permission denied")
# seconds in which the end of a process is seen after gdb has noticed it
_ENDING = 0.5
_ENDED = "The process has ended"
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


def take(processes: Iterable[Process], timeout: float, wants_full: bool) -> List[Backtrace]:
    """Look at each process. timeout: seconds for each."""
    program = gdb()
    begun = [(process, local.started(process.pid)) for process in processes]
    return [_take(process, begin, program, timeout, wants_full) for process, begin in begun]


def _take(
    process: Process, begin: Optional[str], program: Optional[str], timeout: float, wants_full: bool
) -> Backtrace:
    # another process may have the number of one that has ended
    status = local.status(process.pid) if begin is not None and local.started(process.pid) == begin else None
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
    if status is not None and status[0] not in "Tt":
        _let_go(process.pid)
    frames = parse(output.partition(_FULL.encode())[0].decode("utf-8", "replace"))
    if not frames:
        reason = reason or _why_none(process.pid, begin, output)
    plain.update(frames=frames, doing=doing(frames), reason=reason)
    return Backtrace(plain, output)


def _obstacle(pid: int, status: Any, program: Optional[str]) -> Optional[str]:
    """Why no backtrace can be taken (str), or None. status: of the process, None if it has ended. program: gdb, or None."""
    if status is None:
        return _ENDED
    if program is None:
        return "There is no gdb on this host"
    tracer = _tracer(pid)
    return f"Process {tracer} debugs it already" if tracer else None


def _why_none(pid: int, begin: Optional[str], output: bytes) -> str:
    """Why gdb showed no backtrace."""
    is_refused = any(words in output for words in _REFUSED)
    if _has_ended(pid, begin, 0 if is_refused else _ENDING):
        return _ENDED
    if not is_refused:
        return "gdb showed no backtrace"
    scope = _first_line("/proc/sys/kernel/yama/ptrace_scope")
    if scope == "3":
        return "The kernel lets nobody debug: kernel.yama.ptrace_scope is 3, until this host starts again"
    if os.geteuid() != 0:
        return "The kernel does not let this user debug the process: run the task as root (become: true)"
    return (
        "The kernel does not let root debug the process: it lacks CAP_SYS_PTRACE, or a security module refuses."
        " Run the module outside of the container, or allow it there"
    )


def _has_ended(pid: int, begin: Optional[str], patience: float) -> bool:
    """Whether a process has ended. patience: seconds in which it may still do so."""
    until = time.monotonic() + patience
    while True:
        status = local.status(pid)
        if status is None or status[0] in "ZX" or local.started(pid) != begin:
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(0.05)


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.readline().strip()
    except (OSError, ValueError):
        return ""


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
        started = subprocess.Popen(  # pylint: disable=ansible-bad-function  # nosec B603
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            # it says there why it cannot attach
            stderr=subprocess.STDOUT,
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
        return [finding(NAME, None, UNKNOWN, "; ".join(reasons), 0, hint=_hint(taken))]
    entries = [entry for entry in (_locks(known), *(_waits(known, word) for word in _WAITS)) if entry is not None]
    without = len(taken) - len(known)
    if without:
        reason = next(backtrace["reason"] for backtrace in taken if backtrace["doing"] is None)
        entries.append(
            finding(
                NAME,
                "processes",
                UNKNOWN,
                f"No backtrace of {without} of {len(taken)} processes: {reason}",
                without,
                hint=_hint([backtrace for backtrace in taken if backtrace["doing"] is None]),
            )
        )
    return entries or [
        finding(NAME, None, OK, f"None of {len(known)} processes waits for a lock or for another program", len(known))
    ]


def _hint(without: List[Dict[str, Any]]) -> str:
    """What to do about processes of which there is no backtrace."""
    reasons = {backtrace["reason"] for backtrace in without}
    if not reasons:
        return "Run the module on the host of the server, in the same container, and check whether the server runs"
    if reasons == {_ENDED}:
        return "The server was stopped or restarted, or it crashed: look at its log, and for a core file"
    return "Install gdb on the host of the server, and run the module there as root"


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
