# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Mailboxes from a file, and the state file that remembers what was last sent for each."""

import fcntl
import json
import os
from collections import OrderedDict
from typing import Any, Dict, Iterable, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._fleet.publications import (
    AUTO,
    NOTIFY,
    Published,
)
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError, first_few
from ansible_collections.community.opensips.plugins.module_utils._readers import row_file
from ansible_collections.community.opensips.plugins.module_utils._sip.message_summary import CLASSES
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

COUNTS = ("new", "old", "urgent_new", "urgent_old")
# The message classes beside voice (RFC 3842), by the names of options; in a file each has columns such as fax_new
OTHER_CLASSES = tuple(name for name in CLASSES if name != "voice")
_OTHER_COUNTS = OrderedDict((f"{kind}_{count}", (kind, count)) for kind in OTHER_CLASSES for count in COUNTS)
_FIELDS = ("uri", "aor", "account") + COUNTS + tuple(_OTHER_COUNTS)
_FORMAT = 2
# 1 had the four numbers of each mailbox only
_FORMATS = (1, _FORMAT)
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
        mailbox[name] = _number(row, name, where)
    others: Dict[str, Any] = {}
    for name, (kind, count) in _OTHER_COUNTS.items():
        if row.get(name) not in (None, ""):
            others.setdefault(kind, dict.fromkeys(COUNTS, 0))[count] = _number(row, name, where)
    return dict(mailbox, messages=others or None, message_headers=None)


def _number(row: Dict[str, Any], name: str, where: str) -> int:
    """A number of messages, 0 if it is left out. where: for the error."""
    value = row.get(name)
    if value in (None, ""):
        return 0
    try:
        number = -1 if isinstance(value, (bool, float)) else int(value)
    except (TypeError, ValueError):
        number = -1
    if number < 0:
        text = repr(value)
        raise BadParameters(
            f"{where}: {name} is {text if len(text) <= 60 else text[:57] + '...'}",
            "Set it to a whole number, 0 or more",
        )
    return number


def key_of(mailbox: Dict[str, Any]) -> str:
    """What a state file knows a mailbox by (str)."""
    return " ".join([mailbox["uri"] or mailbox["aor"], mailbox["account"] or ""]).rstrip()


def others_of(mailbox: Dict[str, Any]) -> Dict[str, Any]:
    """The numbers of the message classes beside voice: {class: {count: int}}, those that are given."""
    return OrderedDict((kind, numbers) for kind, numbers in (mailbox.get("messages") or {}).items() if numbers)


def summary_of(mailbox: Dict[str, Any]) -> Any:
    """What a state file keeps of a summary: the four numbers of voice messages, or a mapping where there is more."""
    others = {kind: [numbers[name] for name in COUNTS] for kind, numbers in others_of(mailbox).items()}
    if mailbox.get("message_headers"):
        others["headers"] = [{name: str(text) for name, text in group.items()} for group in mailbox["message_headers"]]
    return dict(others, voice=counts_of(mailbox)) if others else counts_of(mailbox)


def counts_of(mailbox: Dict[str, Any]) -> List[Any]:
    """The numbers of a mailbox (list of int), in the order of COUNTS."""
    return [mailbox[name] for name in COUNTS]


class State:
    """A JSON file of what was last sent for each mailbox, mode 0600.

    ``{"mwi_state": 2, "mailboxes": {KEY: ENTRY}}``. ENTRY is the summary (see summary_of()) alone where phones got NOTIFYs, or
    a mapping of ``sent`` (the summary), ``by`` (how it was delivered), ``subscribers`` (phones that want a subscription), and of
    its publication ``aor``, ``uri``, ``etag``, ``until`` and ``life``.

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

    def is_current(self, mailbox: Dict[str, Any], delivery: str = NOTIFY) -> bool:
        """Whether the summary of mailbox is the one last sent, the same way, and nothing has to be published again."""
        entry = self._entry(key_of(mailbox))
        if entry.get("sent") != summary_of(mailbox):
            return False
        by = entry.get("by", NOTIFY)
        if by != delivery and (by, delivery) != (NOTIFY, AUTO):
            return False
        published = self.published(mailbox)
        return by == NOTIFY or (published.is_fresh() if published is not None else by == AUTO)

    def is_published(self, mailbox: Dict[str, Any], delivery: str) -> bool:
        """Whether the presence server has the summary of mailbox, and only has to be asked to keep it."""
        entry, published = self._entry(key_of(mailbox)), self.published(mailbox)
        is_same = entry.get("sent") == summary_of(mailbox) and entry.get("by") == delivery
        return is_same and published is not None and published.is_alive()

    def published(self, mailbox: Dict[str, Any]) -> Optional[Published]:
        """The publication of mailbox that the presence server has, as far as is known."""
        return _published(self._entry(key_of(mailbox)))

    def subscribers(self, mailbox: Dict[str, Any]) -> List[str]:
        """The phones of mailbox that want a subscription."""
        return list(self._entry(key_of(mailbox)).get("subscribers", ()))

    def remember(self, mailbox: Dict[str, Any], delivery: str = NOTIFY) -> None:
        """The summary of mailbox has reached its phones, or their presence server."""
        self._put(key_of(mailbox), dict(self._entry(key_of(mailbox)), sent=summary_of(mailbox), by=delivery))

    def remember_subscribers(self, mailbox: Dict[str, Any], subscribers: Iterable[str]) -> None:
        """These phones of mailbox want a subscription, whatever else became of it."""
        self._put(key_of(mailbox), dict(self._entry(key_of(mailbox)), subscribers=sorted(subscribers)))

    def remember_publication(self, mailbox: Dict[str, Any], uri: str, published: Published) -> None:
        """The presence server has a publication of mailbox, whose presentity is uri."""
        more = {
            "aor": mailbox["aor"],
            "uri": uri,
            "etag": published.etag,
            "until": published.until,
            "life": published.life,
        }
        self._put(key_of(mailbox), dict(self._entry(key_of(mailbox)), **more))

    def forget(self, mailbox: Dict[str, Any]) -> None:
        """Not all phones of mailbox may have its summary; the next run sends it again. What is published is kept."""
        entry = {name: value for name, value in self._entry(key_of(mailbox)).items() if name not in ("sent", "by")}
        self._put(key_of(mailbox), entry)

    def drop(self, key: str) -> None:
        """Forget all of the mailbox with that key."""
        self._sent.pop(key, None)

    def other_publications(self, keys: Iterable[str]) -> List[Tuple[str, str, str, Published]]:
        """(key, AOR, presentity, Published) of the publications of mailboxes that are not among keys."""
        listed = set(keys)
        found = []
        for key in self._sent:
            entry = self._entry(key)
            published = _published(entry)
            if key not in listed and published is not None:
                found.append((key, entry.get("aor") or "", entry["uri"], published))
        return found

    def _entry(self, key: str) -> Dict[str, Any]:
        """What is known of a mailbox, as a mapping."""
        entry = self._sent.get(key, {})
        if isinstance(entry, dict) and not ("voice" in entry and "sent" not in entry):
            return entry
        return {"sent": entry}

    def _put(self, key: str, entry: Dict[str, Any]) -> None:
        entry = {name: value for name, value in entry.items() if value not in (None, [], {})}
        if entry.get("by") == NOTIFY:
            del entry["by"]
        if set(entry) == {"sent"}:
            self._sent[key] = entry["sent"]
        elif entry:
            self._sent[key] = entry
        else:
            self._sent.pop(key, None)

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
            or state.get("mwi_state") not in _FORMATS
            or not isinstance(state.get("mailboxes"), dict)
        ):
            raise StateError(f"{self.path} is not a state_file of opensips_mwi", "Correct state_file")
        self._sent = state["mailboxes"]

    def _error(self, done: str, error: OSError) -> Exception:
        return StateError(
            f"The state_file {self.path} cannot be {done}: {error.strerror}",
            safe_file.remedy(error, "Correct state_file or its permissions"),
        )


def _published(entry: Dict[str, Any]) -> Optional[Published]:
    try:
        return Published(entry.get("etag"), float(entry["until"]), float(entry["life"])) if entry.get("uri") else None
    except (KeyError, TypeError, ValueError):
        # somebody edited the file
        return None
