# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What /proc knows of the processes of a server on this host (proc(5)); nothing, for any other server."""

import os
import socket
import struct
from typing import Dict, Iterable, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import owner

# {pid: seconds of processor}
Seconds = Dict[int, float]


class Waiting(NamedTuple):
    """A UDP socket of the server: bytes that wait to be read, and datagrams that the kernel has dropped since it is open."""

    size: int
    dropped: int


def known(pids: Iterable[int]) -> Set[int]:
    """Those of the pids that are processes of an opensips on this host: with containers, others may have these numbers here."""
    return set(pids) & {pid for pid, _uid in owner.server_processes()}


def read(pid: int, name: str) -> Optional[str]:
    """A file of a process as text, or None."""
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return None


def status(pid: int) -> Optional[List[str]]:
    """The fields of stat behind the name, from the state on, or None for a process that has ended."""
    text = read(pid, "stat")
    return None if text is None else text.rpartition(")")[2].split()


def processor_seconds(pids: Iterable[int]) -> Seconds:
    """The time of the processor that each process has used."""
    tick = os.sysconf("SC_CLK_TCK")
    found: Seconds = {}
    for pid in pids:
        fields = status(pid)
        if fields is not None:
            found[pid] = (int(fields[11]) + int(fields[12])) / tick
    return found


def started(pid: int) -> Optional[str]:
    """When a process began, in ticks since the start of the host: the same number may be another process later."""
    fields = status(pid)
    return None if fields is None else fields[19]


def parent_of(pid: int) -> Optional[int]:
    """The pid of a process' parent, or None."""
    fields = status(pid)
    return None if fields is None else int(fields[1])


def udp_sockets(pid: int) -> Dict[Tuple[str, int], Waiting]:
    """{(address, port): Waiting} of the network of a process."""
    found: Dict[Tuple[str, int], Waiting] = {}
    for name in ("net/udp", "net/udp6"):
        for line in (read(pid, name) or "").splitlines()[1:]:
            fields = line.split()
            if len(fields) < 13:
                continue
            where = address_of(fields[1])
            sizes = Waiting(int(fields[4].partition(":")[2], 16), int(fields[12]))
            before = found.get(where, Waiting(0, 0))
            found[where] = Waiting(before.size + sizes.size, before.dropped + sizes.dropped)
    return found


def address_of(text: str) -> Tuple[str, int]:
    """``0100007F:13C4`` as (``127.0.0.1``, 5060): the kernel writes words as the processor has them."""
    digits, _colon, port = text.partition(":")
    words = [int(digits[index : index + 8], 16) for index in range(0, len(digits), 8)]
    packed = b"".join(struct.pack("=I", word) for word in words)
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed), int(port, 16)
