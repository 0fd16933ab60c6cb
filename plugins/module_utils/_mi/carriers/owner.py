# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whether the server's FIFO or Unix socket is the server's, or somebody's who wants to be taken for it.

In a directory that others may write, such as /tmp, anybody can put a FIFO under the name of the server's, read what is sent
and answer it. So there it must belong to root, to this process' user or to the server's: the option server_user, or else the
one service account that runs processes of opensips. Anybody may start a process of that name, so ordinary accounts do not
count, nor does any if there are several.

Sources: proc(5), hier(7); systemd's uid ranges (docs/UIDS-GIDS.md).
"""

import os
import stat
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple, Union

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, ConnectError

_SERVER = "opensips"
_NO_USER = 0xFFFFFFFF
# From here on accounts are people's.
_FIRST_PERSON = 1000


def uid_of(server_user: Union[str, int, None]) -> Optional[int]:
    """The uid that the option server_user (name or number, as str or int; or None) means; None for None. Raises BadParameters."""
    if server_user is None:
        return None
    import pwd

    text = str(server_user)
    if text.isdecimal() and int(text) < _NO_USER:
        return int(text)
    try:
        return pwd.getpwnam(text).pw_uid
    except (KeyError, ValueError):
        raise BadParameters(
            f"server_user: this host has no user {text!r}",
            "Set it to the user that the processes of OpenSIPS run as, by name or number",
        ) from None


def check_option(values: Dict[str, Any]) -> None:
    """Put the uid in the place of the option server_user, if it is set. values: the options (dict). Raises BadParameters."""
    values["server_user"] = uid_of(values["server_user"])


def check(path: str, status: os.stat_result, server_uid: Optional[int], option: str) -> None:
    """Raise ConnectError unless the FIFO or socket at path may be written to.

    path: str. status: os.stat_result of it, taken from its open descriptor. server_uid: int, or None: see above.
    option: the name of the option that path comes from.
    """
    trusted = {0, os.geteuid()}
    if server_uid is not None:
        trusted.add(server_uid)
    # a symbolic link is as good as the worse of its two ends
    directory = _open_to_others(path, trusted) or _open_to_others(os.path.realpath(path), trusted)
    if directory is None:
        return
    kind = "FIFO" if stat.S_ISFIFO(status.st_mode) else "socket"
    if status.st_nlink != 1:
        raise ConnectError(
            f"The {kind} {path} has {status.st_nlink} names (hard links), and other users may write to {directory}. Nothing was sent",
            "Remove it, and start OpenSIPS again. A directory to which only the server's user may write is safer",
        )
    foreign = {status.st_uid, _uid_of_link(path)} - trusted
    if not foreign:
        return
    running = [] if server_uid is not None else _server_uids()
    if foreign == set(running) and len(running) == 1:
        return
    raise _foreign(kind, path, _name_of(min(foreign)), directory, server_uid, running, option)


def _uid_of_link(path: str) -> int:
    try:
        return os.lstat(path).st_uid
    except OSError:
        # it is gone by now; what is open remains
        return 0


def _foreign(
    kind: str, path: str, owner: str, directory: str, server_uid: Optional[int], running: List[int], option: str
) -> ConnectError:
    if server_uid is not None:
        server = f"server_user is {_name_of(server_uid)}"
    elif running:
        server = f"OpenSIPS runs as {' and '.join(_name_of(uid) for uid in running)}"
    else:
        server = "no service account of this host is known to run OpenSIPS"
    return ConnectError(
        f"The {kind} {path} belongs to {owner}, other users may write to {directory}, and {server}. Nothing was sent, because {owner} could read it",
        f"If OpenSIPS runs as {owner}, set server_user to {owner}. If not, remove the {kind}, or correct {option}."
        " A directory to which only the server's user may write, such as /run/opensips, is safer",
    )


def _open_to_others(path: str, trusted: Set[int]) -> Optional[str]:
    """The directory (str) through which others could have put what is at path, or None.

    That is the directory of path if its group or all may write, and each above it, unless its sticky bit keeps others from
    replacing what a trusted user has there. trusted: uids.
    """
    directory = os.path.realpath(os.path.dirname(path))
    inner = None
    while True:
        status = os.stat(directory)
        kept = inner is not None and status.st_mode & stat.S_ISVTX and inner in trusted
        if _others_write(status) and not kept:
            return directory
        inner = status.st_uid
        above = os.path.dirname(directory)
        if above == directory:
            return None
        directory = above


def _others_write(status: os.stat_result) -> bool:
    # the group root has no other members, or they are as good as root
    return bool(status.st_mode & stat.S_IWOTH) or bool(status.st_mode & stat.S_IWGRP and status.st_gid != 0)


def _server_uids() -> List[int]:
    """The service accounts whose processes of opensips are running (sorted list of uids)."""
    return sorted({uid for _pid, uid in server_processes() if 0 < uid < _FIRST_PERSON})


def server_processes() -> Iterator[Tuple[int, int]]:
    """Yield (pid, uid) of each process that runs opensips, as far as /proc shows them."""
    try:
        names = os.listdir("/proc")
    except OSError:
        return
    for name in names:
        if not name.isdigit():
            continue
        try:
            uid = _uid_of_server(f"/proc/{name}")
        except (OSError, ValueError):
            # it ended meanwhile, or is not ours to see
            continue
        if uid is not None:
            yield int(name), uid


def _uid_of_server(process: str) -> Optional[int]:
    """The effective uid of a process (its folder in /proc) if it runs opensips, else None."""
    with open(f"{process}/comm") as file:
        if file.read().rstrip("\n") != _SERVER:
            return None
    try:
        program = os.readlink(f"{process}/exe")
        installed_by = os.stat(f"{process}/exe").st_uid
    except PermissionError:
        # only root, and the process' own user, may know; a name alone is less, but all there is
        pass
    else:
        # an update may have replaced it
        if os.path.basename(program).split(" ")[0] != _SERVER or installed_by not in (0, os.geteuid()):
            return None
    with open(f"{process}/status") as file:
        line = next((text for text in file if text.startswith("Uid:")), "")
    return int(line.split()[2])


def elsewhere(path: str) -> Optional[str]:
    """What to say (str) if path is something else for a process of the server than for us, or only there for it; else None.

    Only root, and the server's user, may know.
    """
    for pid, _uid in server_processes():
        try:
            theirs = os.stat(f"/proc/{pid}/root{path}")
        except OSError:
            continue
        try:
            same = os.path.samestat(os.stat(path), theirs)
        except OSError:
            same = False
        if not same:
            return (
                f"For OpenSIPS, process {pid}, {path} is in another file system (PrivateTmp of systemd, or a container):"
                " let mi_fifo use a directory that both see, such as /run/opensips"
            )
    return None


def _name_of(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
