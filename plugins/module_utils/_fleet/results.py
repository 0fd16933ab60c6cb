# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The results of a run: counted as they come, and either held or written to a file, so that 100,000 need no memory."""

import contextlib
import json
import os
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import report
from ansible_collections.community.opensips.plugins.module_utils._fleet.report import Counts
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest


def _has_failed(entry: Dict[str, Any]) -> bool:
    """Whether a phone did not accept in this run, and not in an earlier one."""
    return entry["outcome"] not in outcomes.GOOD and not entry.get("earlier")


def check_path(path: str, option: str = "results_file") -> None:
    """Raise BadParameters unless the file of an option can be there; nothing is made."""
    try:
        safe_file.check_replaceable(path)
    except OSError as error:
        raise unwritable(path, error, option) from error


def unwritable(path: str, error: OSError, option: str = "results_file") -> BadParameters:
    """The BadParameters of a file that an OSError keeps from being written."""
    return BadParameters(
        f"{option} {path} cannot be written: {error.strerror}",
        safe_file.remedy(error, "Name a file in a directory that exists and that this user may write to"),
    )


class ResultsFile:
    """A file of results, one JSON object a line, mode 0600. Use as a context manager, or close().

    append: whether to write behind what is there, else the file is a new one. Raises BadParameters that names results_file.
    """

    def __init__(self, path: str, append: bool = False) -> None:
        self.path = path
        self._fd: Any = None
        # bytes of whole lines
        self._size = 0
        try:
            if append and safe_file.exists(path):
                self._fd = safe_file.open_own(path, os.O_WRONLY | os.O_APPEND)
                self._size = os.fstat(self._fd).st_size
            else:
                self._fd = safe_file.create(path)
        except OSError as error:
            raise unwritable(path, error) from error

    def __enter__(self) -> "ResultsFile":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Raises OSError where a disk far away tells only now that it is full."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)

    def write(self, entry: Dict[str, Any]) -> None:
        """Append a mapping; who reads along sees it at once. Raises OSError, and leaves no part of a line then."""
        data = f"{json.dumps(entry, separators=(',', ':'))}\n".encode("ascii")
        try:
            safe_file.write(self._fd, data)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._size)
            raise
        self._size += len(data)


class Results:
    """The results of a run.

    file: ResultsFile, or None. listed: value of the option results, which entries entries() has. counts: Counts of all.
    failed, accepted: phones of this run that did not accept, and those that did or had nothing to accept.
    problem: why the file could not be written to its end (str), or None; from there on results are held.
    """

    # Beyond so many, only entries that need attention are returned, and beside a file at most so many of these.
    LISTED = 1000

    def __init__(self, file: Optional[ResultsFile] = None, listed: str = "auto") -> None:
        self._file = file
        # up to so many phones, all entries are returned
        self._complete_to = {"auto": self.LISTED, "all": float("inf"), "attention": 0}[listed]
        self.counts = Counts()
        self.failed = self.accepted = 0
        self.problem: Any = None
        # what belongs to no request; entries that need attention, and are held
        self._others: List[Any] = []
        self._listed = 0

    def close(self) -> None:
        """Close the file; what goes wrong with it is a problem, and no reason to lose what is held."""
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError as error:
            self.problem = self.problem or f"results_file {self._file.path} may lack its end: {error.strerror}"

    def add(self, request: "SipRequest", entry: Dict[str, Any]) -> None:
        """Take the result of a SipRequest."""
        request.outcome = entry["outcome"]
        if self._is_held(entry):
            request.entry = entry

    def add_other(self, entry: Dict[str, Any]) -> None:
        """Take the result of a phone that no request was made for."""
        if self._is_held(entry):
            self._others.append(entry)

    def update(self, request: "SipRequest", values: Dict[str, Any]) -> None:
        """Add what was learnt of a phone later. In a file it is a line of its own: aor, contact, and the values."""
        if request.entry is not None:
            request.entry.update(values)
        target = request.target
        is_written = self._write(dict(values, aor=target.aor, contact=target.contact))
        if request.entry is None:
            entry = dict(report.who(request), outcome=request.outcome, **values)
            if not is_written or self._is_listed(entry):
                self._others.append(entry)

    def entries(self, requests: Sequence["SipRequest"]) -> List[Dict[str, Any]]:
        """What a task returns of the results: list of dict, those of requests in their order."""
        held = self._held(requests)
        if self.problem is not None or self.counts.total <= self._complete_to:
            return held
        return list(filter(report.needs_attention, held))

    def failures(self, requests: Sequence["SipRequest"]) -> List[Dict[str, Any]]:
        """The entries that are held of phones which did not accept in this run (list)."""
        return [entry for entry in self._held(requests) if _has_failed(entry)]

    def _held(self, requests: Sequence["SipRequest"]) -> List[Dict[str, Any]]:
        return self._others + [request.entry for request in requests if request.entry is not None]

    def _is_held(self, entry: Dict[str, Any]) -> bool:
        self.counts.add(entry)
        if _has_failed(entry):
            self.failed += 1
        elif not entry.get("earlier"):
            self.accepted += 1
        is_listed, is_written = self._is_listed(entry), self._write(entry)
        return is_listed or not is_written or self.counts.total <= self._complete_to

    def _is_listed(self, entry: Dict[str, Any]) -> bool:
        """Whether an entry that the file has is returned, too."""
        needs_attention = report.needs_attention(entry)
        self._listed += needs_attention
        return needs_attention and self._listed <= self.LISTED

    def _write(self, entry: Dict[str, Any]) -> bool:
        if self._file is None or self.problem is not None:
            return False
        try:
            self._file.write(entry)
        except OSError as error:
            self.problem = f"results_file {self._file.path} ends early: {error.strerror}. The task returns the rest"
            return False
        return True
