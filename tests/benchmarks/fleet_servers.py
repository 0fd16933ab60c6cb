# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What fleet.py sends to: emulators, and running OpenSIPS servers, each with a fleet of phones of which some are dead."""

import contextlib

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.tests.benchmarks import played_phones
from ansible_collections.community.opensips.tests.emulator import Emulator

FR_TIMEOUT = 3.0
# requests in flight while the table is filled; so few that a server reads each in one piece
_PREPARING = 8


class Fleet:
    """A server and its phones. name: for tables. ways: {"FIFO" or "UDP": connection options}.

    living, dead: URIs of the phones. tree: speaks the line protocol.
    """

    def __init__(self, name, ways, living, dead):
        self.name = name
        self.ways = ways
        self.living = living
        self.dead = dead

    @property
    def tree(self):
        return self.name.partition(" ")[2].startswith(("1.", "2."))

    def uris(self):
        """Every phone, the dead evenly among the living."""
        step = max(1, len(self.living) // max(1, len(self.dead)))
        dead = list(self.dead)
        found = []
        for position, uri in enumerate(self.living):
            found.append(uri)
            if dead and position % step == step - 1:
                found.append(dead.pop())
        return found + dead


@contextlib.contextmanager
def emulated(version, phones, dead):
    """A Fleet of an emulator. dead: share of the phones that never answer."""
    # without a pace, and up to 100,000 phones: more than a default server's 64 MB bear
    options = {
        "shared_memory": 2048,
        "phones": phones,
        "dead": dead,
        "fr_timeout": FR_TIMEOUT,
        "reboot": False,
        "keep_sip_log": False,
    }
    with Emulator(version, fifo=True, udp=True, start_timeout=120, **options) as emu:
        ways = {
            "FIFO": {"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir},
            "UDP": {"host": emu.udp[0], "port": emu.udp[1]},
        }
        groups = {}
        for phone in emu.phones():
            groups.setdefault(phone["behaviour"] == "dead", []).append(phone["contact"])
        yield Fleet("emulator " + version, ways, groups[False], groups.get(True, []))


class Real:
    """A running server. text: ``VERSION=HOST:PORT:FIFO:REPLY_DIR``, of its mi_datagram and its mi_fifo; its fr_timeout must be 3."""

    def __init__(self, text):
        self.version, _equals, where = text.partition("=")
        host, port, fifo, reply_dir = where.split(":")
        self.ways = {"FIFO": {"fifo_path": fifo, "reply_dir": reply_dir}, "UDP": {"host": host, "port": int(port)}}

    @contextlib.contextmanager
    def fleet(self, phones, dead):
        """A Fleet of phones that a process of ours plays; they are put into the location table and removed at the end."""
        with played_phones.played(phones, dead) as played:
            fleet = Fleet("OpenSIPS " + self.version, self.ways, played.uris(living=True), played.uris(living=False))
            aors = [user + "@127.0.0.1" if self.version.startswith("4.") else user for user in played.contacts]
            try:
                register(self.ways["FIFO"], zip(aors, played.contacts.values(), strict=True))
                yield fleet
            finally:
                _each(self.ways["FIFO"], "ul_rm", ({"table_name": "location", "aor": aor} for aor in aors))


def register(options, contacts):
    """Put contacts, pairs of AOR and URI, into the location table of a server. options: of its FIFO."""
    fields = {"table_name": "location", "expires": 7200, "q": "0.5", "flags": 0, "cflags": 0, "methods": 1037}
    failed = _each(options, "ul_add", (dict(fields, aor=aor, contact=uri) for aor, uri in contacts))
    if failed:
        raise SystemExit(f"{len(failed)} phones cannot be registered: {failed[0]}")


def _each(options, command, params):
    """The errors of that command with each of params."""
    with Connection(options) as conn:
        replies = conn.call_many(((command, each) for each in params), _PREPARING)
        return [reply for _index, reply in replies if isinstance(reply, Exception)]
