# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Certificates and keys in files that the configuration of a server names: replaced together, each as a whole.

The new files are all on disk before the first takes its place, and nothing waits for a disk between the renames: a certificate
and its key differ for as long as a rename takes. A server reads them when it starts. The next run finds what a killed one left.
"""

import contextlib
import os
import stat
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters

_LARGEST_FILE = 1 << 20
# of a file that was not there: its owner reads a key
_NEW, _NEW_SECRET = 0o644, 0o600


class FileNotReplaced(OpensipsError):
    """A file of a TLS domain cannot be read or replaced. All files are as before."""

    remedy = "Correct the permissions, or run the task as root (``become: true``)."


class Wanted(NamedTuple):
    """A file as it must be. path; content: bytes; is_secret: whether only its owner may read it if it is new."""

    path: str
    content: bytes
    is_secret: bool


class Found(NamedTuple):
    """A file as it is: content (bytes), mode (int), owner (user id, group id)."""

    content: bytes
    mode: int
    owner: Tuple[int, int]


class Target(NamedTuple):
    """A file, what is there (None if nothing is), and the mode and owner that it must have."""

    wanted: Wanted
    found: Optional[Found]
    mode: int
    owner: Tuple[int, int]

    @property
    def differs(self) -> bool:
        """Whether it must be replaced."""
        return self.found != Found(self.wanted.content, self.mode, self.owner)


def look(wanted: Wanted, owner: Tuple[Optional[int], Optional[int]], mode: Optional[int]) -> Target:
    """The Target of a file. Raises FileNotReplaced."""
    found = _read(wanted.path)
    kept = found.owner if found else (os.geteuid(), os.getegid())
    default = found.mode if found else _NEW_SECRET if wanted.is_secret else _NEW
    ids = (kept[0] if owner[0] is None else owner[0], kept[1] if owner[1] is None else owner[1])
    target = Target(wanted, found, default if mode is None else mode, ids)
    if wanted.is_secret and target.mode & stat.S_IROTH:
        raise BadParameters(
            f"{wanted.path} would have the mode {target.mode:04o}", "Everybody could read the key: set mode"
        )
    return target


def replace(targets: List[Target]) -> None:
    """Put all files in their places, or none. Raises FileNotReplaced."""
    with contextlib.ExitStack() as stack:
        puts = [stack.enter_context(_staged(target)) for target in targets]
        done: List[Target] = []
        try:
            for target, put in zip(targets, puts):
                put()
                done.append(target)
            for target in targets:
                safe_file.sync_directory(target.wanted.path)
                safe_file.remove_leftovers(target.wanted.path)
        except OSError as error:
            _take_back(done)
            raise _failure(target.wanted.path, error) from error


def _staged(target: Target) -> Any:
    return _explained(
        target.wanted.path, safe_file.staged(target.wanted.path, target.wanted.content, target.mode, target.owner)
    )


@contextlib.contextmanager
def _explained(path: str, staged: Any) -> Any:
    """A context manager whose beginning raises FileNotReplaced in place of OSError."""
    with contextlib.ExitStack() as stack:
        try:
            put = stack.enter_context(staged)
        except OSError as error:
            raise _failure(path, error) from error
        yield put


def _take_back(done: List[Target]) -> None:
    for target in done:
        with contextlib.suppress(OSError):
            if target.found is None:
                os.unlink(target.wanted.path)
            else:
                with safe_file.staged(target.wanted.path, *target.found) as put:
                    put()
                safe_file.sync_directory(target.wanted.path)


def _read(path: str) -> Optional[Found]:
    if not os.path.lexists(path):
        if not os.path.isdir(os.path.dirname(path)):
            raise FileNotReplaced(f"There is no directory {os.path.dirname(path)}", "Make it first, or correct files")
        return None
    if os.path.islink(path):
        raise FileNotReplaced(f"{path} is a symbolic link", "Name the file itself in the configuration of the server")
    try:
        with os.fdopen(safe_file.open_input(path), "rb") as file:
            status = os.fstat(file.fileno())
            return Found(file.read(_LARGEST_FILE), stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid))
    except OSError as error:
        raise _failure(path, error) from error


def _failure(path: str, error: OSError) -> FileNotReplaced:
    hint = "The user of the task must be able to write to its directory, and to give it to its owner"
    return FileNotReplaced(f"{path} cannot be replaced: {error.strerror or error}", safe_file.remedy(error, hint))


def paths_of(files: Dict[str, Optional[str]]) -> Dict[str, str]:
    """The paths that are known (dict). Raises BadParameters for one that is relative."""
    known = {name: path for name, path in files.items() if path}
    for name, path in known.items():
        if not os.path.isabs(path):
            raise BadParameters(
                f"files.{name}: {path} is relative to a directory that the server does not report",
                "Set it to an absolute path",
            )
    return known
