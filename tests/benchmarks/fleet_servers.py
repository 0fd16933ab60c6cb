# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What fleet.py sends to: emulators, and running OpenSIPS servers, each with a fleet of phones of which some are dead."""

import contextlib
import multiprocessing
import socket

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.tests.emulator import Emulator

FR_TIMEOUT = 3.0
_AGENT = "Yealink SIP-T46U 108.86.0.20"
_OK = (
    "SIP/2.0 200 OK\r\nVia: {via}\r\nFrom: {from}\r\nTo: {to};tag=phone\r\nCall-ID: {call-id}\r\nCSeq: {cseq}\r\n"
    "Content-Length: 0\r\n\r\n"
)


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
        """A Fleet of phones that this process plays; they are put into the location table and removed at the end."""
        with phones_played() as port:
            silent = int(phones * dead)
            users = ["dead{0}".format(number) for number in range(silent)]
            users += ["bench{0}".format(number) for number in range(phones - silent)]
            uris = ["sip:{0}@127.0.0.1:{1}".format(user, port) for user in users]
            fleet = Fleet("OpenSIPS " + self.version, self.ways, uris[silent:], uris[:silent])
            aors = [user + "@127.0.0.1" if self.version.startswith("4.") else user for user in users]
            try:
                self._register(zip(aors, uris, strict=False))
                yield fleet
            finally:
                self._each("ul_rm", ({"table_name": "location", "aor": aor} for aor in aors))

    def _register(self, phones):
        fields = {"table_name": "location", "expires": 7200, "q": "0.5", "flags": 0, "cflags": 0, "methods": 1037}
        failed = self._each("ul_add", (dict(fields, aor=aor, contact=uri) for aor, uri in phones))
        if failed:
            raise SystemExit("{0}: {1} phones cannot be registered: {2}".format(self.version, len(failed), failed[0]))

    def _each(self, command, params):
        with Connection(self.ways["FIFO"]) as conn:
            replies = conn.call_many((command, each) for each in params)
            return [reply for _index, reply in replies if isinstance(reply, Exception)]


@contextlib.contextmanager
def phones_played():
    """The port of phones that another process plays: all answer 200, except those whose user begins with "dead"."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind(("127.0.0.1", 0))
        process = multiprocessing.get_context("fork").Process(target=_play, args=(sock,), daemon=True)
        process.start()
        try:
            yield sock.getsockname()[1]
        finally:
            process.terminate()
            process.join()


def _play(sock):
    while True:
        data, address = sock.recvfrom(65535)
        text = data.decode("utf-8", "replace")
        if ":dead" in text[: text.find("\r\n")] or not text.startswith("NOTIFY"):
            continue
        headers = {}
        for line in text.partition("\r\n\r\n")[0].split("\r\n")[1:]:
            name, _colon, value = line.partition(":")
            headers.setdefault(name.lower(), value.strip())
        sock.sendto(_OK.format_map(headers).encode(), address)
