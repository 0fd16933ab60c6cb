# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What servers were found to speak, kept for the next task in a file of the user's own.

It is a hint: who remembers something wrong, or nothing, asks once more. So whatever goes wrong here breaks no task.
"""

import json
import os
import stat
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file

_DIRECTORY = "community.opensips"
_FILE = "protocols.json"
# servers to remember; of more, those are forgotten that were found first
_MOST = 64
_LONGEST = 65536


def recall(identify: Callable[[], Optional[str]]) -> Optional[str]:
    """The name of the protocol that a server spoke last, or None. identify: function that gives its identity (str, or None)."""
    known = _read(_place())
    # most users have no server before 3.0, and finding the identity takes some time
    identity = identify() if known else None
    return None if identity is None else known.get(identity)


def remember(identity: Optional[str], protocol: str) -> None:
    """Keep that the server called identity (str, or None) speaks protocol (its name)."""
    directory = _place()
    if directory is None or identity is None:
        return
    known = _read(directory)
    known.pop(identity, None)
    known[identity] = protocol
    while len(known) > _MOST:
        del known[next(iter(known))]
    try:
        safe_file.make_directories(directory)
        safe_file.replace(os.path.join(directory, _FILE), [json.dumps(known).encode("ascii")])
    except OSError:
        pass


def _read(directory: Optional[str]) -> Dict[str, str]:
    """{identity: protocol}, the oldest first."""
    if directory is None:
        return {}
    try:
        fd = safe_file.open_own(os.path.join(directory, _FILE), os.O_RDONLY)
    except OSError:
        return {}
    with open(fd, "rb") as file:
        try:
            known = json.loads(file.read(_LONGEST).decode("ascii"))
        except (OSError, ValueError, RecursionError):
            return {}
    if not isinstance(known, dict):
        return {}
    return {name: value for name, value in known.items() if isinstance(value, str)}


def _place() -> Optional[str]:
    """The directory to keep it in (str), or None if there is none that is this user's alone."""
    for base, *names in _bases():
        if base and os.path.isabs(base) and _is_own(base):
            paths: List[str] = [os.path.join(base, *names[: count + 1]) for count in range(len(names))]
            if all(_is_own(path) or not os.path.lexists(path) for path in paths):
                return paths[-1]
    return None


def _bases() -> Iterator[Tuple[Any, ...]]:
    """Yield where it may be, the best first: a directory that must be there, and the names below it."""
    uid = os.geteuid()
    yield os.environ.get("XDG_RUNTIME_DIR"), _DIRECTORY
    yield f"/run/user/{uid}", _DIRECTORY
    if uid == 0:
        yield "/run", _DIRECTORY
    yield os.environ.get("XDG_CACHE_HOME"), _DIRECTORY
    yield _home(uid), ".cache", _DIRECTORY


def _home(uid: int) -> Optional[str]:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_dir
    except KeyError:
        return None


def _is_own(directory: str) -> bool:
    """Whether a directory is there that is this user's, and nobody else may write to it."""
    try:
        status = os.lstat(directory)
    except OSError:
        return False
    others = stat.S_IWGRP | stat.S_IWOTH
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & others
