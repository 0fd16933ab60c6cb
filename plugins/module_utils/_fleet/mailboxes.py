# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Mailboxes from a file, and the state file that remembers what was last sent for each."""

import fcntl
import json
import os
from typing import Any, Dict, List

from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError, first_few
from ansible_collections.community.opensips.plugins.module_utils._readers import row_file
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

COUNTS = ("new", "old", "urgent_new", "urgent_old")
_FIELDS = ("uri", "aor", "account") + COUNTS
_FORMAT = 1
# Unknown names that one message lists
_SHOWN = 10


class StateError(MIError):
    """The state file cannot be used: locked by another run, not permitted, or not a state file."""

    remedy = "Correct the path of the file or its permissions, or wait for the run that uses it."


def load(path: str) -> List[Dict[str, Any]]:
    """The mailboxes in a CSV file (with a line of names) or a JSON file (a list of mappings): list of dict.

    path: on this host; ``.json`` decides. Numbers may be left out. Raises BadParameters that names the file and the entry.
    """
    rows = row_file.load(path, "mailboxes_file")
    return [_mailbox(row, path, number) for number, row in enumerate(rows, 1)]


def _mailbox(row: Dict[str, Any], path: str, number: int) -> Dict[str, Any]:
    where = f"mailboxes_file {path}, entry {number}"
    unknown = [printable(str(name), most=60) for name in row if name not in _FIELDS]
    if unknown:
        raise BadParameters(
            f"{where} has unknown names: {first_few(unknown, _SHOWN, ', ')}", f"Use only {', '.join(_FIELDS)}"
        )
    mailbox: Dict[str, Any] = {
        name: (str(row[name]).strip() if row.get(name) not in (None, "") else None)
        for name in ("uri", "aor", "account")
    }
    if (mailbox["uri"] is None) == (mailbox["aor"] is None):
        raise BadParameters(f"{where} requires either uri or aor", "Set one of them")
    for name in COUNTS:
        value = row.get(name)
        try:
            mailbox[name] = (
                int(value)
                if value not in (None, "") and not isinstance(value, (bool, float))
                else 0
                if value in (None, "")
                else -1
            )
        except (TypeError, ValueError):
            mailbox[name] = -1
        if mailbox[name] < 0:
            text = repr(value)
            raise BadParameters(
                f"{where}: {name} is {text if len(text) <= 60 else text[:57] + '...'}",
                "Set it to a whole number, 0 or more",
            )
    return mailbox


def key_of(mailbox: Dict[str, Any]) -> str:
    """What a state file knows a mailbox by (str)."""
    return " ".join([mailbox["uri"] or mailbox["aor"], mailbox["account"] or ""]).rstrip()


def counts_of(mailbox: Dict[str, Any]) -> List[Any]:
    """The numbers of a mailbox (list of int), in the order of COUNTS."""
    return [mailbox[name] for name in COUNTS]


class State:
    """A JSON file ``{"mwi_state": 1, "mailboxes": {KEY: [new, old, urgent_new, urgent_old]}}``, mode 0600.

    What is about to be sent is forgotten, and saved, before it is sent: a run that dies meanwhile leaves nothing that is wrong.
    It is replaced as a whole when it is saved, and locked against a second run meanwhile (a file beside it, PATH.lock).
    Raises StateError. Use as a context manager.
    """

    def __init__(self, path: str, read_only: bool = False) -> None:
        self.path = path
        self._read_only = read_only
        self._lock: Any = None
        self._sent: Dict[Any, Any] = {}

    def __enter__(self) -> "State":
        if not self._read_only:
            self._take_lock()
        try:
            self._load()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_current(self, mailbox: Dict[str, Any]) -> bool:
        """Whether the numbers of mailbox are those last sent."""
        return self._sent.get(key_of(mailbox)) == counts_of(mailbox)

    def remember(self, mailbox: Dict[str, Any]) -> None:
        """The numbers of mailbox have reached its phones."""
        self._sent[key_of(mailbox)] = counts_of(mailbox)

    def forget(self, mailbox: Dict[str, Any]) -> None:
        """Not all phones of mailbox may have its numbers; the next run sends them again."""
        self._sent.pop(key_of(mailbox), None)

    def save(self) -> None:
        """Replace the file; either the old or the new one is there at any moment, and the new one is on disk in the end."""
        text = json.dumps({"mwi_state": _FORMAT, "mailboxes": self._sent})
        try:
            safe_file.replace(self.path, [text.encode("ascii")])
        except OSError as error:
            raise self._error("written", error) from error

    def _take_lock(self) -> None:
        try:
            self._lock = safe_file.open_own(self.path + ".lock", os.O_RDWR | os.O_CREAT)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.__exit__()
            raise StateError(
                f"Another run uses the state_file {self.path}", "Run the task again after that run has ended"
            ) from error
        except OSError as error:
            self.__exit__()
            raise self._error(f"locked with {self.path}.lock", error) from error

    def _load(self) -> None:
        try:
            with open(safe_file.open_own(self.path, os.O_RDONLY), encoding="utf-8") as source:
                state = json.load(source)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._error("read", error) from error
        except (ValueError, RecursionError) as error:
            raise StateError(
                f"The state_file {self.path} cannot be read: {error}",
                "Move it away. The next run then sends all lamps again",
            ) from error
        if (
            not isinstance(state, dict)
            or state.get("mwi_state") != _FORMAT
            or not isinstance(state.get("mailboxes"), dict)
        ):
            raise StateError(f"{self.path} is not a state_file of opensips_mwi", "Correct state_file")
        self._sent = state["mailboxes"]

    def _error(self, done: str, error: OSError) -> Exception:
        return StateError(
            f"The state_file {self.path} cannot be {done}: {error.strerror}",
            safe_file.remedy(error, "Correct state_file or its permissions"),
        )
