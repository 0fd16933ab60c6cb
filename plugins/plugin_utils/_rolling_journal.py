# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The journal of a rolling campaign, on the controller: what was done to which node, so that an interrupted run is completed.

A campaign NAME is the file NAME.jsonl, one JSON object a line, only ever appended to, each on disk before the next act:

- ``{"event": "run", "nodes": [...], "group": [...], "action": TEXT, "pid": N, "process": TEXT}``: a run of ansible-playbook began
- ``{"event": "begin", "node": NAME, "before": {...}}``: the node is about to be touched; before is what it is put back to
- ``{"event": "step", "node": NAME, "step": WORD, "outcome": started|ok|failed|skipped, "calls": N, "message": TEXT}``
- ``{"event": "end", "node": NAME, "outcome": done|put_back|out_of_service|refused, "message": TEXT}``

Every object has ``at``, in seconds since 1970. A run that is killed leaves at most an incomplete last line, which is ignored.
A node with a begin and no end that closes it is interrupted, and the next run takes ``before`` from here, not from the node:
that one may be down, and its tags and its entries at the edges are where the interrupted run has put them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import fcntl
import glob
import json
import multiprocessing
import os
import re
import time
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file

Record = dict[str, t.Any]

WAITING = "waiting"  # not touched
INTERRUPTED = "interrupted"  # touched, and not put back
DONE = "done"
PUT_BACK = "put_back"  # a step failed, and the node is as it was
OUT_OF_SERVICE = "out_of_service"  # a step failed, and the node is not healthy
REFUSED = "refused"  # a check failed, and the node was not touched
OUTCOMES = (DONE, PUT_BACK, OUT_OF_SERVICE, INTERRUPTED, REFUSED, WAITING)
# of an end that leaves nothing to put back
_CLOSED = (DONE, PUT_BACK)

STEPS = (
    "check",
    "begin",
    "tags_away",
    "out_of_service",
    "drain",
    "act",
    "gate",
    "restore",
    "in_service",
    "tags_back",
    "undo",
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z")
# seconds for which a campaign that was interrupted goes on without its name
_OPEN = 86400


class JournalError(ValueError):
    """The journal cannot be used; the message says why, and what to do."""


def default_directory() -> str:
    """Where journals are if rolling_journal_dir is not set."""
    if os.geteuid() == 0:
        return "/var/lib/community.opensips/rolling"
    return os.path.expanduser("~/.local/state/community.opensips/rolling")


@dataclasses.dataclass
class Node:
    """What the journals say of a node. before: data of begin, or None. acted: whether the action of this campaign was completed.

    outcome: one of OUTCOMES. campaign: the one that touched it last.
    """

    outcome: str = WAITING
    campaign: str = ""
    before: Record | None = None
    acted: bool = False
    message: str = ""


class Journal:
    """The records of one campaign. path: of its file, which need not exist."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.campaign = os.path.basename(path).removesuffix(".jsonl")
        self.records = read(path)

    def timed(self) -> t.Iterator[tuple[float, Record]]:
        """Each record, and when it was written; a clock that was set back does not change the order."""
        at = 0.0
        for record in self.records:
            at = max(at, record.get("at", 0))
            yield at, record

    def written(self) -> float:
        """When the newest record was written, 0 if there is none."""
        return max((record.get("at", 0) for record in self.records), default=0)

    def last_run(self) -> Record:
        """The newest record of a run, or {}."""
        return next((record for record in reversed(self.records) if record["event"] == "run"), {})

    def nodes(self) -> dict[str, Node]:
        """{name: Node} of all that were named by a run, or touched."""
        found: dict[str, Node] = {}
        for record in self.records:
            if record["event"] == "run":
                for name in record.get("nodes", ()):
                    found.setdefault(name, Node(campaign=self.campaign))
            elif "node" in record:
                _follow(found.setdefault(record["node"], Node(campaign=self.campaign)), record)
        return found

    def is_done(self, name: str) -> bool:
        """Whether the campaign has done a node."""
        return self.nodes().get(name, Node()).outcome == DONE

    def is_open(self, now: float) -> bool:
        """Whether it was interrupted lately: not all of the nodes of its last run are done."""
        run, nodes = self.last_run(), self.nodes()
        return now - self.written() < _OPEN and any(nodes[name].outcome != DONE for name in run.get("nodes", ()))


def _follow(node: Node, record: Record) -> None:
    if record["event"] == "begin":
        node.acted = node.acted and node.before is not None
        # of a run that completes an interrupted one, it is that one's with another partner
        node.before, node.outcome = record["before"], INTERRUPTED
    elif record["event"] == "step" and record["step"] == "act":
        node.acted = record["outcome"] == "ok"
    elif record["event"] == "end":
        node.message = record.get("message", "")
        if not (record["outcome"] == REFUSED and node.before):
            node.outcome = record["outcome"]
        if record["outcome"] in _CLOSED:
            node.before, node.acted = None, False
        if record["outcome"] == OUT_OF_SERVICE:
            # the action has to be tried again
            node.acted = False


def read(path: str) -> list[Record]:
    """The records of a file, [] if there is none. Raises JournalError."""
    try:
        fd = safe_file.open_own(path, os.O_RDONLY)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise JournalError(f"rolling_journal_dir: the journal {path} cannot be read: {error.strerror}") from error
    with open(fd, encoding="utf-8", errors="replace") as lines:
        return [record for record in map(_object, lines) if record]


def _object(line: str) -> Record | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("event"), str) else None


def append(path: str, record: Record) -> None:
    """Put a record on disk. Raises JournalError."""
    data = json.dumps({"at": round(time.time(), 3), **record}, separators=(",", ":")).encode() + b"\n"
    try:
        is_new = not safe_file.exists(path)
        safe_file.make_directories(os.path.dirname(path))
        fd = safe_file.open_own(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        try:
            # two nodes of one batch write at the same time
            fcntl.flock(fd, fcntl.LOCK_EX)
            size = os.fstat(fd).st_size
            is_whole = not size or os.pread(fd, 1, size - 1) == b"\n"
            safe_file.write(fd, data if is_whole else b"\n" + data)
            os.fsync(fd)
        finally:
            os.close(fd)
        if is_new:
            safe_file.sync_directory(path)
    except OSError as error:
        raise JournalError(
            f"rolling_journal_dir: the journal {path} cannot be written: {error.strerror}. Nothing more is done to the node"
        ) from error


@contextlib.contextmanager
def locked(directory: str) -> t.Iterator[None]:
    """Keep other runs from opening a journal of the directory meanwhile. Raises JournalError."""
    path = os.path.join(directory, ".lock")
    try:
        safe_file.make_directories(directory)
        # open for writing, or NFS has no lock for it
        fd = safe_file.open_own(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise JournalError(f"rolling_journal_dir: the file {path} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


class Journals:
    """All journals of a directory. now: seconds since 1970."""

    def __init__(self, directory: str, now: float | None = None) -> None:
        self.directory = directory
        self._now = time.time() if now is None else now
        paths = glob.glob(os.path.join(glob.escape(directory), "*.jsonl"))
        self._journals = sorted(map(Journal, paths), key=Journal.written, reverse=True)

    def choose(
        self, given: str, nodes: t.Sequence[str], action: str, process: Record, group: t.Iterable[str] = ()
    ) -> tuple[Journal, bool]:
        """(the campaign's Journal, whether an earlier run began it). given: its name, or "". process: see this_process().

        nodes: those of the play. group: those that take their calls, also such as --limit leaves out.
        Raises JournalError if another run is at work on one of them, or if the name was used for another action.
        """
        self._check_no_other_run({*nodes, *group}, process)
        if given:
            return self._named(given, action)
        for journal in self._journals:
            run = journal.last_run()
            if _is(run, process) and run["action"] == action:
                return journal, _began_earlier(journal, process)
        for journal in self._journals:
            run = journal.last_run()
            if run and run["action"] == action and set(run["nodes"]) & set(nodes) and journal.is_open(self._now):
                return journal, True
        stamp = datetime.datetime.fromtimestamp(self._now, datetime.timezone.utc)
        return Journal(os.path.join(self.directory, f"rolling-{stamp:%Y%m%dT%H%M%SZ}.jsonl")), False

    def _named(self, given: str, action: str) -> tuple[Journal, bool]:
        if not _NAME.match(given):
            raise JournalError(
                f"rolling_campaign is {given!r}, which cannot be a file name. Use letters, digits, '_', '-' and '.', at most 100"
            )
        journal = Journal(os.path.join(self.directory, f"{given}.jsonl"))
        used = journal.last_run().get("action", action)
        if used != action:
            raise JournalError(
                f"rolling_campaign: the campaign {given} was begun with {used}, not with {action}. "
                "Use another name, or the same action"
            )
        return journal, bool(journal.records)

    def _check_no_other_run(self, nodes: set[str], process: Record) -> None:
        for journal in self._journals:
            run = journal.last_run()
            others = {*run.get("nodes", ()), *run.get("group", ())}
            if others & nodes and not _is(run, process) and _is_alive(run):
                raise JournalError(
                    f"Another run is at work on this group of nodes: process {run['pid']}, campaign {journal.campaign}. "
                    "Wait for it, or end it and run again"
                )

    def node(self, name: str, campaign: str) -> Node:
        """What is known of a node: of this campaign, and what another one has left undone."""
        node = Node()
        for touched_by, record in self._records_of(name):
            # the action of another campaign is not that of this one
            node.acted = node.acted and touched_by == node.campaign
            _follow(node, record)
            node.campaign = touched_by
        if node.campaign != campaign:
            node.acted = False
        if node.before is None and node.campaign != campaign:
            done = any(journal.campaign == campaign and journal.is_done(name) for journal in self._journals)
            return Node(DONE if done else WAITING, campaign)
        return node

    def _records_of(self, name: str) -> list[tuple[str, Record]]:
        found = [
            (at, journal.campaign, record)
            for journal in self._journals
            for at, record in journal.timed()
            if record.get("node") == name
        ]
        return [(campaign, record) for _at, campaign, record in sorted(found, key=lambda entry: entry[0])]


def _began_earlier(journal: Journal, process: Record) -> bool:
    return any(record["event"] == "run" and not _is(record, process) for record in journal.records)


def this_process() -> Record:
    """{pid, process} of ansible-playbook, whose children are the workers that run tasks. process: tells it from a later one."""
    parent = multiprocessing.parent_process()
    pid = parent.pid if parent is not None and parent.pid else os.getpid()
    return {"pid": pid, "process": _identity(pid)}


def _identity(pid: int) -> str:
    """When the process was started, by the clock of the kernel, and since which boot; "" if it is gone or nobody knows."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            started = stat.read().rpartition(")")[2].split()[19]
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot:
            return f"{boot.read().strip()}/{started}"
    except (OSError, IndexError):
        return ""


def _is(run: Record, process: Record) -> bool:
    return (run.get("pid"), run.get("process")) == (process["pid"], process["process"])


def _is_alive(run: Record) -> bool:
    return bool(run.get("process")) and _identity(run["pid"]) == run["process"]
