# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The journal of a campaign: who was sent to and what came of it, kept on the host so that a run can be resumed.

A campaign NAME is the file NAME.jsonl in its directory, mode 0600, one JSON object a line, only ever appended to:

- ``{"journal": 1, "campaign": NAME}`` first,
- ``{"sending": [[aor, phone], ...]}`` before requests go out, on disk (fsync) before the first of them does,
- ``{"done": [aor, phone], "outcome": WORD, "code": INT or null, "reason": TEXT or null}`` as each answer comes,
- ``{"withdrawn": [[aor, phone], ...]}`` for requests that were announced and then not sent,
- ``{"put_off": [aor, phone]}`` for a phone that was in a call; nothing came of a request to it, if there was one,
- ``{"settled": [[aor, phone], ...]}`` for phones that were looked up and not sent to, since they were gone, as wanted, or
  not to be sent to any more. Each run looks them up again; what is new on the server need not wait for them.

phone is the +sip.instance, or the contact of a phone that registers without (see SipRequest.key).

A run that dies at any moment leaves at most an incomplete last line, which the next run cuts off. Who was announced and has
neither outcome nor withdrawal is unknown: the request may have gone out. While a run is at work it holds a lock on the file.
"""

import contextlib
import errno
import fcntl
import json
import os
import re
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._fleet.outcome import ACCEPTED
from ansible_collections.community.opensips.plugins.module_utils._mi import cleanup, safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z")
_FORMAT = 1


class JournalError(MIError):
    """The journal cannot be used: locked by another run, not permitted, or not a journal."""

    remedy = "Correct the path of the journal or its permissions, or wait for the run that uses it."


def default_directory() -> str:
    """Where journals are kept unless told otherwise."""
    if os.geteuid() == 0:
        return "/var/lib/community.opensips"
    return os.path.expanduser("~/.local/state/community.opensips")


def journal_path(name: str, directory: Optional[str] = None) -> str:
    """The path of a campaign's journal; raises BadParameters for a name that is no file name."""
    if not _NAME.match(name):
        raise BadParameters(
            f"campaign {name!r} cannot be a file name", "Use letters, digits, '_', '-' and '.', at most 100"
        )
    return os.path.join(directory or default_directory(), f"{name}.jsonl")


class Journal:
    """The journal of one campaign, open and locked.

    name: of the campaign. directory: of the file, made if it is missing. read_only: only look (check mode), without a lock.
    is_new: whether no run of the campaign has written it before. unsent: function that gives the keys which were announced,
    and to which certainly nothing was sent; they are withdrawn when the journal is closed, or a signal ends the process.
    Use as a context manager, or close(). Raises BadParameters for a name that is no file name, JournalError for all else.
    """

    def __init__(self, name: str, directory: Optional[str] = None, read_only: bool = False) -> None:
        self.name = name
        self.path = journal_path(name, directory)
        self._done: Dict[Any, Any] = {}
        self._pending: Set[Any] = set()
        self._settled: Set[Any] = set()
        # in the order in which they were put off
        self._put_off: Dict[Any, None] = {}
        self._read_only = read_only
        self.is_new = True
        self.unsent: Callable[[], List[Tuple[Any, ...]]] = list
        self._end = contextlib.ExitStack()
        # bytes of whole lines, and why nothing may follow them any more (JournalError)
        self._size = 0
        self._problem: Any = None
        self._fd: Any = self._open()
        try:
            if not read_only:
                self._lock()
            self._read()
            if not read_only:
                self._end.enter_context(cleanup.before_end(self._withdraw_unsent))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Write down what there is and let the next run in."""
        if self._fd is not None:
            self._withdraw_unsent()
            self._end.close()
            fd, self._fd = self._fd, None
            # what a disk far away loses only now is unknown to the next run; the results of this one are not to be lost for it
            with contextlib.suppress(OSError):
                os.close(fd)

    def done(self, key: Tuple[Any, ...]) -> Optional[Dict[str, Any]]:
        """What became of key, (aor, phone), in this or an earlier run: {"outcome", "code", "reason"}, or None."""
        return self._done.get(key)

    def is_unknown(self, key: Tuple[Any, ...]) -> bool:
        """Whether key was announced, and the run ended before it was told what came of it."""
        return key in self._pending

    def knows(self, key: Tuple[Any, ...]) -> bool:
        """Whether key was announced in this or an earlier run, and not withdrawn."""
        return key in self._done or key in self._pending

    def unknown(self) -> List[Tuple[Any, ...]]:
        """The keys for which is_unknown() holds (list)."""
        return sorted(self._pending, key=repr)

    def sending(self, keys: Sequence[Tuple[Any, ...]]) -> None:
        """Announce keys; returns when that is on disk. If it raises, they are not announced."""
        before = self._size
        self._append({"sending": [list(key) for key in keys]})
        try:
            os.fsync(self._fd)
        except OSError as error:
            self._size = before
            raise self._unwritable(error) from error
        self._pending.update(keys)

    def finished(self, key: Tuple[Any, ...], outcome: str, code: Optional[int], reason: Optional[str]) -> None:
        """Note what became of key."""
        self._append({"done": list(key), "outcome": outcome, "code": code, "reason": reason})
        self._settle(key, outcome, code, reason)

    def moved(self, target: "Target", record: Dict[str, Any]) -> None:
        """Note that a phone (Target) came back as a contact record: later runs are not to take it for a new one."""
        key = target.aor or "", record["contact"]
        if not record["sip_instance"] and record["contact"] != target.contact and not self.knows(key):
            self.finished(key, ACCEPTED, None, "registered anew")

    def withdraw(self, keys: Iterable[Tuple[Any, ...]]) -> None:
        """Note that nothing was sent to keys although they were announced."""
        if keys:
            self._append({"withdrawn": [list(key) for key in keys]})
            self._pending.difference_update(keys)
            self._settled.difference_update(keys)

    def _withdraw_unsent(self) -> None:
        """The run ends here, by a signal or otherwise: what was not sent is not unknown. It raises nothing."""
        try:
            keys = self.unsent()
            size = os.fstat(self._fd).st_size
            # in the middle of a line nothing can be noted: then they stay unknown, which is safe
            if keys and os.pread(self._fd, 1, size - 1) == b"\n":
                self.withdraw(keys)
        except (OSError, MIError):
            # the disk is full
            pass

    def is_settled(self, key: Tuple[Any, ...]) -> bool:
        """Whether key was looked up in this or an earlier run, and nothing was to be sent."""
        return key in self._settled

    def settled(self, keys: Iterable[Tuple[Any, ...]]) -> None:
        """Note that keys were looked up, and nothing is to be sent to them."""
        keys = [key for key in keys if key not in self._settled]
        if keys:
            self._append({"settled": [list(key) for key in keys]})
            self._settled.update(keys)

    def put_off(self, key: Tuple[Any, ...]) -> None:
        """Note that key was in a call, so that it comes behind those that no run came to yet."""
        if key in self._pending or key not in self._put_off:
            self._append({"put_off": list(key)})
            self._take_put_off(key)

    def was_put_off(self) -> Sequence[Tuple[Any, ...]]:
        """The keys that were put off, and that nothing came of since, the one that waits longest first."""
        return list(self._put_off)

    def _take_put_off(self, key: Tuple[Any, ...]) -> None:
        self._pending.discard(key)
        self._put_off.pop(key, None)
        self._put_off[key] = None

    def _settle(self, key: Tuple[Any, ...], outcome: str, code: Optional[int], reason: Optional[str]) -> None:
        self._pending.discard(key)
        self._put_off.pop(key, None)
        self._done[key] = {"outcome": outcome, "code": code, "reason": reason}

    def _open(self) -> int:
        try:
            if self._read_only:
                return safe_file.open_own(self.path, os.O_RDONLY)
            safe_file.make_directories(os.path.dirname(self.path))
            return safe_file.open_own(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        except OSError as error:
            raise JournalError(
                f"The journal {self.path} cannot be opened: {error.strerror}",
                safe_file.remedy(error, "Set campaign_dir to a directory that this user may write to"),
            ) from error

    def _lock(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise JournalError(f"The journal {self.path} cannot be locked: {error.strerror}") from error
            raise JournalError(
                f"Another run of campaign {self.name} is still active", "Wait until it ends, or use another campaign"
            ) from error

    def _read(self) -> None:
        """Take in what earlier runs wrote; cut off what a run that died left incomplete."""
        try:
            self._size = self._take_lines()
            self.is_new = not self._size
            if not self._read_only:
                os.ftruncate(self._fd, self._size)
        except OSError as error:
            raise JournalError(
                f"The journal {self.path} cannot be read: {error.strerror}",
                "Check its disk, or set campaign_dir to a directory on another disk",
            ) from error
        if self.is_new and not self._read_only:
            self._write(self._header())
            self._sync_name()

    def _take_lines(self) -> int:
        """The number of bytes that whole lines have."""
        whole = 0
        with os.fdopen(os.dup(self._fd), "rb") as lines:
            lines.seek(0)
            for number, line in enumerate(lines, 1):
                entry = _parse(line)
                if entry is None:
                    if number == 1 and not self._header().startswith(line):
                        raise self._foreign("its first line is not that of this campaign")
                    if lines.read(1):
                        raise self._foreign(f"line {number} is broken")
                    break
                if number == 1 and (entry.get("journal"), entry.get("campaign")) != (_FORMAT, self.name):
                    raise self._foreign("its first line is not that of this campaign")
                self._take(entry, number)
                whole += len(line)
        return whole

    def _sync_name(self) -> None:
        try:
            safe_file.sync_directory(self.path)
        except OSError as error:
            raise self._unwritable(error) from error

    def _header(self) -> bytes:
        return _line({"journal": _FORMAT, "campaign": self.name})

    def _take(self, entry: Any, number: int) -> None:
        try:
            if "sending" in entry:
                self._pending.update(_key(phone) for phone in entry["sending"])
            elif "withdrawn" in entry:
                keys = [_key(phone) for phone in entry["withdrawn"]]
                self._pending.difference_update(keys)
                # there was something to send after all
                self._settled.difference_update(keys)
            elif "settled" in entry:
                self._settled.update(_key(phone) for phone in entry["settled"])
            elif "put_off" in entry:
                self._take_put_off(_key(entry["put_off"]))
            elif "done" in entry:
                self._settle(_key(entry["done"]), entry["outcome"], entry["code"], entry["reason"])
        except (KeyError, TypeError, ValueError) as error:
            raise self._foreign(f"line {number} is not one of a journal") from error

    def _foreign(self, what: str) -> Exception:
        return JournalError(
            f"{self.path} is not the journal of campaign {self.name}: {what}",
            "Move it away, or use another campaign",
        )

    def _append(self, entry: Any) -> None:
        self._write(_line(entry))

    def _write(self, data: bytes) -> None:
        if self._problem is not None:
            raise self._problem
        try:
            safe_file.write(self._fd, data)
        except OSError as error:
            raise self._unwritable(error) from error
        self._size += len(data)

    def _unwritable(self, error: OSError) -> Exception:
        """The JournalError of a write that failed; what it left of its line is cut off."""
        problem = JournalError(
            f"The journal {self.path} cannot be written: {error.strerror}",
            "The task sends nothing more, because it cannot record which phones it sent to. Correct this, and run the task again",
        )
        try:
            os.ftruncate(self._fd, self._size)
        except OSError:
            # the next run cuts off the last line only
            self._problem = problem
        return problem


def _line(entry: Any) -> bytes:
    return (f"{json.dumps(entry, separators=(',', ':'))}\n").encode("ascii")


def _parse(line: bytes) -> Any:
    """The object of a whole line, else None."""
    if not line.endswith(b"\n"):
        return None
    try:
        entry = json.loads(line.decode("ascii"))
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _key(pair: Any) -> Tuple[Any, ...]:
    aor, phone = pair
    return aor, phone
