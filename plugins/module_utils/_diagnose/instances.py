# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which processes of this host are those of the server that is asked, where several run: gdb must not stop those of another one.

A server is its main process and the children of that. It is the one that has the FIFO or the socket of MI open (proc(5)).
"""

import os
import socket
from typing import Any, Callable, Dict, Iterable, List, Optional, Set, Tuple
from urllib.parse import urlsplit

from ansible_collections.community.opensips.plugins.module_utils._diagnose import local
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import owner

# what the kernel has of a file or a socket that is open
_Mark = Tuple[str, ...]
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LISTENS = "0A"


def families() -> Dict[int, List[int]]:
    """{pid of the main process: pids of the server, the main process first} of each opensips on this host."""
    running = {pid for pid, _uid in owner.server_processes()}
    found: Dict[int, List[int]] = {}
    for pid in sorted(running):
        found.setdefault(_main(pid, running), []).append(pid)
    return {main: sorted(pids, key=lambda pid: (pid != main, pid)) for main, pids in found.items()}


def _main(pid: int, running: Set[int]) -> int:
    parent = local.parent_of(pid)
    return parent if parent is not None and parent in running else pid


def is_one(pids: Iterable[int]) -> bool:
    """Whether these are processes of one opensips on this host, its main process among them.

    Those of a server in a container have other numbers there, which may be those of another server here.
    """
    listed = set(pids)
    mains = [main for main, family in families().items() if listed.intersection(family)]
    return len(mains) == 1 and mains[0] in listed


def with_mi(options: Any) -> List[int]:
    """The main processes of the servers that have the FIFO or the socket of these connection options open."""
    marks_of = _marks(options)
    return [main for main, pids in families().items() if any(_open_marks(pid) & marks_of(pid) for pid in pids)]


def _open_marks(pid: int) -> Set[_Mark]:
    found: Set[_Mark] = set()
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        # only root, and the process' own user, may know
        return found
    for name in names:
        try:
            link = os.readlink(f"{folder}/{name}")
            found.add(_mark_of(os.stat(f"{folder}/{name}")) if link.startswith("/") else (link,))
        except OSError:
            continue
    return found


def _mark_of(status: os.stat_result) -> _Mark:
    return str(status.st_dev), str(status.st_ino)


def _marks(options: Any) -> Callable[[int], Set[_Mark]]:
    """A function of a pid: what stands for the way to MI, as this process sees the network."""
    try:
        if options.fifo_path is not None:
            fifo = {_mark_of(os.stat(options.fifo_path))}
            return lambda pid: fifo
        if options.socket_path is not None:
            return lambda pid: _sockets(
                pid, "unix", lambda fields: len(fields) > 7 and fields[7] == options.socket_path, 6
            )
        if options.url is not None:
            url = urlsplit(options.url)
            return _internet("tcp", url.hostname or "", url.port or _DEFAULT_PORTS.get(url.scheme, 0))
        return _internet("udp", options.host, options.port)
    except (OSError, ValueError):
        return lambda pid: set()


def _internet(name: str, host: str, port: int) -> Callable[[int], Set[_Mark]]:
    # asks name servers, so once for all processes
    addresses = {found[4][0] for found in socket.getaddrinfo(host, port)}

    def is_it(fields: List[str]) -> bool:
        if len(fields) < 10 or ":" not in fields[1] or name == "tcp" and fields[3] != _LISTENS:
            return False
        address, own = local.address_of(fields[1])
        return own == port and (address in addresses or not address.strip("0.:"))

    return lambda pid: _sockets(pid, name, is_it, 9) | _sockets(pid, f"{name}6", is_it, 9)


def _sockets(pid: int, name: str, is_it: Any, column: int) -> Set[_Mark]:
    lines = [line.split() for line in (local.read(pid, f"net/{name}") or "").splitlines()[1:]]
    return {(f"socket:[{fields[column]}]",) for fields in lines if is_it(fields)}


def place(options: Any) -> Optional[str]:
    """The FIFO, or the socket, in words."""
    if options.url is not None:
        return f"the port of {urlsplit(options.url).hostname}"
    if options.host is not None:
        return f"udp:{options.host}:{options.port}"
    return options.fifo_path or options.socket_path  # type: ignore[no-any-return]
