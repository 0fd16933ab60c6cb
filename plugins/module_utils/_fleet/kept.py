# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The campaigns that a host keeps: the journals in a directory, with what lies beside them.

NAME.jsonl is the journal, NAME.plan.jsonl the plan. A directory NAME.results-TIME has results of a run of the role
phone_reboot that was lost before they came to the controller.
"""

import contextlib
import fcntl
import fnmatch
import json
import os
import re
import shutil
from typing import Iterator, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import JournalError
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file

_JOURNAL = ".jsonl"
_PLAN = ".plan.jsonl"
_RESULTS = ".results-"
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z\Z")


class KeptCampaign:
    """A campaign in a directory. name: str. modified: when its journal was last written (Unix time)."""

    def __init__(self, directory: str, name: str, modified: float) -> None:
        self.name = name
        self.modified = modified
        self._directory = directory
        self._base = os.path.join(directory, name)

    @contextlib.contextmanager
    def lock(self) -> Iterator[bool]:
        """Whether no run of the campaign is at work; none can begin then until this ends. Raises OSError."""
        fd = safe_file.open_own(self._base + _JOURNAL, os.O_RDWR)
        try:
            yield _is_locked_by_us(fd)
        finally:
            os.close(fd)

    def remove(self) -> bool:
        """Remove its files; gives whether that was possible, since no run of it is at work. Raises JournalError."""
        try:
            with self.lock() as is_idle:
                if is_idle:
                    self._remove_files()
                return is_idle
        except FileNotFoundError:
            # another task removed it
            return False
        except OSError as error:
            raise JournalError(
                f"The campaign {self._base} cannot be removed: {error.strerror}",
                safe_file.remedy(error, "Correct campaign_dir or its permissions"),
            ) from error

    def _remove_files(self) -> None:
        for entry in os.listdir(self._directory):
            # what follows tells it from those of a campaign that is called NAME.results-OTHER
            if entry.startswith(self.name + _RESULTS) and _TIME.match(entry[len(self.name + _RESULTS) :]):
                # it follows no links
                shutil.rmtree(os.path.join(self._directory, entry), ignore_errors=True)
        # a campaign may be called NAME.plan
        if _modified(self._base + _PLAN, self.name + _PLAN[: -len(_JOURNAL)]) is None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(safe_file.path_of(self._base + _PLAN))
        # the journal last: without it, nothing would find the others again
        os.unlink(safe_file.path_of(self._base + _JOURNAL))


def kept_campaigns(directory: str, pattern: str) -> List[KeptCampaign]:
    """The KeptCampaigns in a directory whose names match a shell pattern, the last one written first. Raises JournalError."""
    found = []
    try:
        for entry in os.listdir(directory):
            name = entry[: -len(_JOURNAL)]
            if entry.endswith(_JOURNAL) and fnmatch.fnmatchcase(name, pattern):
                modified = _modified(os.path.join(directory, entry), name)
                if modified is not None:
                    found.append(KeptCampaign(directory, name, modified))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise JournalError(
            f"The directory {directory} cannot be read: {error.strerror}", "Correct campaign_dir or its permissions"
        ) from error
    return sorted(found, key=lambda campaign: (campaign.modified, campaign.name), reverse=True)


def _modified(path: str, name: str) -> Optional[float]:
    """When the journal at path was last written, or None: it is no journal of the campaign, nor a file that this user wrote."""
    try:
        with open(safe_file.open_own(path, os.O_RDONLY), "rb") as journal:
            # a plan or a file of somebody else may have lines of any length
            header = json.loads(journal.readline(1000).decode("ascii"))
            is_ours = isinstance(header, dict) and "journal" in header and header.get("campaign") == name
            return os.fstat(journal.fileno()).st_mtime if is_ours else None
    except (OSError, ValueError, RecursionError):
        return None


def _is_locked_by_us(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
