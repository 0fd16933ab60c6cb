# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What impact.py burdens: an OpenSIPS of its own, or an emulator, with phones; and how the server is watched meanwhile."""

import collections
import contextlib
import dataclasses
import io
import re
import threading
import time

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
from ansible_collections.community.opensips.plugins.module_utils._readers import processes, statistics
from ansible_collections.community.opensips.tests.benchmarks import played_phones
from ansible_collections.community.opensips.tests.benchmarks.fleet_servers import FR_TIMEOUT, register
from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.opensips import RealOpensips

DEAD = 0.02
PRIVATE_MEMORY = 4
# reading a table of 100,000 contacts takes some servers this long
LONG = 600.0
_MODULES = ("signaling", "sl", "tm", "rr", "maxfwd", "sipmsgops", "mi_fifo", "mi_datagram", "usrloc", "registrar")

# lines of a server's log: {name: pattern}. The words for memory are those of 2.4, 3.6 and 4.0
LOG_LINES = {
    "out of memory": re.compile(
        r"not enough (?:contiguous |continuous )?(?:free|shm|pkg|mem)|no (?:more|enough) (?:sh|pkg|priv|mem)|short of|out of (?:\w+ )?mem"
        r"|no (?:shm|pkg) mem|failed to allocate (?:shm|pkg)|(?:shm|pkg|shared|private) memory (?:left|exhausted)",
        re.IGNORECASE,
    ),
    "cannot parse command": re.compile(r"cannot parse command"),
    "critical": re.compile(r"CRITICAL:|segfault|signal 11|Thank you for running", re.IGNORECASE),
}


class OwnServer(RealOpensips):
    """An OpenSIPS that relays every call, once it found the callee in its location table, to one port. dialogs: it tracks calls."""

    def __init__(self, binary, modules, memory, callee_port, dialogs=False):
        self._callee_port = callee_port
        self._dialogs = dialogs
        super().__init__(binary, modules, (memory, PRIVATE_MEMORY))

    def log_size(self):
        return (self.folder / "log").stat().st_size

    def log_lines(self, since):
        """How many lines of the log each of LOG_LINES matches, from a log_size() on."""
        found = collections.Counter()
        with (self.folder / "log").open("rb") as log:
            log.seek(since)
            for line in io.TextIOWrapper(log, encoding="utf-8", errors="replace"):
                found.update(name for name, pattern in LOG_LINES.items() if pattern.search(line))
        return {name: found[name] for name in LOG_LINES}

    def _is_up(self):
        return (self.folder / "opensips_fifo").is_fifo() and (self.folder / "pid").exists()

    def _configuration(self, version):
        modern = version >= (3,)

        def words(code, text):
            return f'{code}, "{text}"' if modern else f'"{code}", "{text}"'

        lines = [
            f"{'socket' if modern else 'listen'}=udp:127.0.0.1:{self.sip_port}",
            "udp_workers=2" if modern else "children=2",
            "auto_aliases=no",
            *(["stderror_enabled=yes", "syslog_enabled=no"] if version >= (3, 4) else []),
            f'mpath="{self.modules}/"',
            *self._load("proto_udp", *_MODULES, *(["dialog"] if self._dialogs else []), "statistics"),
            f'modparam("tm", "fr_timeout", {FR_TIMEOUT:.0f})',
            f'modparam("mi_fifo", "fifo_name", "{self.folder}/opensips_fifo")',
            f'modparam("mi_fifo", "reply_dir", "{self.folder}/")',
            f'modparam("mi_datagram", "socket_name", "udp:127.0.0.1:{self.mi_port}")',
            'modparam("usrloc", "working_mode_preset", "single-instance-no-db")',
            "route {",
            f"    if (!mf_process_maxfwd_header({'10' if modern else chr(34) + '10' + chr(34)})) exit;",
            '    if (is_method("REGISTER")) {',
            '        if (!save("location")) sl_reply_error();',
            "        exit;",
            "    }",
            "    if (loose_route()) {",
            "        t_relay();",
            "        exit;",
            "    }",
            '    if (!is_method("INVITE|CANCEL")) exit;',
            "    record_route();",
            *(['    if (is_method("INVITE")) create_dialog();'] if self._dialogs else []),
            f'    if (!lookup("location")) {{ sl_send_reply({words(404, "Not Found")}); exit; }}',
            f'    $du = "sip:127.0.0.1:{self._callee_port}";',
            "    if (!t_relay()) sl_reply_error();",
            "}",
        ]
        return "\n".join(lines) + "\n"


class Served:
    """A server with phones. name: for tables. ways: {"fifo" or "udp": connection options}. phones: played_phones.Phones,
    or what has the same. version: tuple of int. sip: (host, port), or None where calls cannot go through."""

    def __init__(self, name, version, ways, phones, memory, server=None, emu=None):
        self.name = name
        self.version = version
        self.ways = ways
        self.phones = phones
        self.memory = memory
        self.server = server
        self.emu = emu
        self.sip = server.sip if server else None
        # what fleet.raw_rate wants of a Fleet
        self.tree = version < (3,)

    @property
    def living(self):
        return self.phones.uris(living=True)

    def aors(self, users):
        """What the server calls these users."""
        return [f"{user}@127.0.0.1" if self.version >= (4,) else user for user in users]

    def alive(self):
        return self.server.alive() if self.server else self.emu.stats()["alive"]

    @contextlib.contextmanager
    def logging(self):
        """A dict that has, after the block, how many lines of LOG_LINES the server logged in it. Empty for an emulator."""
        found = {}
        since = self.server.log_size() if self.server else 0
        yield found
        if self.server:
            found.update(self.server.log_lines(since))


class Bench:
    """A server that can be had anew for each run. text: ``VERSION=BINARY:MODULES_DIR``, or the VERSION of an emulator."""

    def __init__(self, text, memory):
        self.memory = memory
        self.version, equals, where = text.partition("=")
        self._binary, _colon, self._modules = where.rpartition(":")
        self.real = bool(equals)
        if self.real and not self._binary:
            raise SystemExit(f"{text}: not VERSION=BINARY:MODULES_DIR")
        self.name = f"{'OpenSIPS' if self.real else 'emulator'} {self.version}, {memory} MB"

    @contextlib.contextmanager
    def serve(self, phones, callee_port, registered=0, back_after=None, dead=DEAD, dialogs=False, **emulated):
        """A Served. phones: how many. registered: AORs, if more. back_after: seconds until a phone registers after a NOTIFY.

        dead: share of phones that never answer. dialogs: whether the server tracks calls. emulated: options of an emulator.
        """
        if not self.real:
            with self._emulated(phones, back_after, dead, emulated) as served:
                register(served.ways["fifo"], _idle(served, registered))
                yield served
            return
        server = OwnServer(self._binary, self._modules, self.memory, callee_port, dialogs)
        try:
            with played_phones.played(phones, dead, server.sip, back_after) as played:
                ways = {way: server.ways[way][0] for way in ("fifo", "udp")}
                served = Served(self.name, server.version, ways, played, self.memory, server)
                aors = served.aors(played.contacts)
                register(served.ways["fifo"], zip(aors, played.contacts.values(), strict=True))
                register(served.ways["fifo"], _idle(served, registered))
                yield served
        finally:
            server.stop()

    @contextlib.contextmanager
    def _emulated(self, phones, back_after, dead, more):
        options = {
            "shared_memory": self.memory,
            "phones": phones,
            "dead": dead,
            "fr_timeout": FR_TIMEOUT,
            "keep_sip_log": False,
            **more,
        }
        options.update({"reboot": False} if back_after is None else {"reboot_seconds": back_after})
        with Emulator(self.version, fifo=True, udp=True, start_timeout=LONG, allow_crash=True, **options) as emu:
            ways = {
                "fifo": {"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir},
                "udp": {"host": emu.udp[0], "port": emu.udp[1]},
            }
            version = tuple(int(part) for part in self.version.split("."))
            yield Served(self.name, version, ways, _EmulatedPhones(emu.phones()), self.memory, emu=emu)


class _EmulatedPhones:
    def __init__(self, phones):
        self.contacts = {each["user"]: each["contact"] for each in phones}
        self._dead = {each["contact"] for each in phones if each["behaviour"] == "dead"}
        self.dead = len(self._dead)
        self.living = len(phones) - self.dead

    def uris(self, living):
        return [uri for uri in self.contacts.values() if (uri not in self._dead) == living]


def _idle(served, registered):
    """(AOR, URI) of contacts that nobody sends to, as many as lack until so many are registered."""
    missing = registered - len(served.phones.contacts)
    return ((aor, "sip:idle@127.0.0.1:9") for aor in served.aors(f"idle{number}" for number in range(missing)))


# ---- watching


@dataclasses.dataclass
class Watched:
    """Looks at a server's statistics. total: its shared memory (bytes). free: what was free of it, at each look.
    transactions: of tm, at each look. missed: looks that the server did not answer in time, or not with these numbers.
    """

    total: int = 0
    free: list = dataclasses.field(default_factory=list)
    transactions: list = dataclasses.field(default_factory=list)
    missed: int = 0

    def add(self, found):
        try:
            self.total = found["shmem"]["total_size"]
            self.free.append(found["shmem"]["free_size"])
            self.transactions.append(found["tm"]["inuse_transactions"])
        except KeyError:
            self.missed += 1

    @property
    def least_free(self):
        """The least of two looks in a row: while F_MALLOC splits its last fragment, a single look finds nearly nothing free."""
        return min(map(max, self.free, self.free[1:]), default=0)


class _Ticking(threading.Thread):
    """Does tick() every so many seconds until stopped."""

    def __init__(self, every):
        super().__init__(daemon=True)
        self._every = every
        self._ended = threading.Event()

    def run(self):
        while not self._ended.wait(self._every):
            self.tick()

    def stop(self):
        self._ended.set()
        self.join()


class _Watcher(_Ticking):
    def __init__(self, options):
        super().__init__(0.25)
        self.watched = Watched()
        self._conn = Connection(dict(options, timeout=1.0))

    def tick(self):
        try:
            found = statistics.read(self._conn, ["shmem:", "inuse_transactions"])
            self.watched.add(found["statistics"])
        except MIError:
            self.watched.missed += 1

    def stop(self):
        super().stop()
        self._conn.close()


@contextlib.contextmanager
def watching(served):
    """Watched, kept up to date while the block runs, over a UDP connection of its own."""
    watcher = _Watcher(served.ways["udp"])
    # the first look is that of before
    watcher.tick()
    watcher.start()
    try:
        yield watcher.watched
    finally:
        watcher.stop()


class DumpCounter:
    """How many dumps of its location table a server wrote. count() is a float: its bytes by those of one dump."""

    def count(self):
        raise NotImplementedError


class _EmulatedDumps(DumpCounter):
    def __init__(self, emu):
        self._emu = emu
        self._before = self._now()

    def _now(self):
        return sum(count for name, count in self._emu.stats()["commands"].items() if name.endswith("ul_dump"))

    def count(self):
        return float(self._now() - self._before)

    def stop(self):
        pass


class _RealDumps(_Ticking, DumpCounter):
    """A dump is the only thing that the process of the FIFO writes in large pieces; /proc tells what it wrote, and how often."""

    LARGE = 1500

    def __init__(self, pid, size):
        super().__init__(0.2)
        self._path = f"/proc/{pid}/io"
        self._size = size
        self._bytes = 0
        self._last = self._read()

    def _read(self):
        try:
            with open(self._path, encoding="ascii") as lines:
                values = dict(line.split(": ") for line in lines)
        except OSError:
            return self._last
        return int(values["wchar"]), int(values["syscw"])

    def tick(self):
        now = self._read()
        written, writes = (new - old for new, old in zip(now, self._last, strict=True))
        if writes and written / writes > self.LARGE:
            self._bytes += written
        self._last = now

    def count(self):
        self.tick()
        return self._bytes / self._size


@contextlib.contextmanager
def counting_dumps(served, size):
    """A DumpCounter. size: bytes of one dump."""
    if served.emu:
        yield _EmulatedDumps(served.emu)
        return
    with Connection(served.ways["udp"]) as conn:
        pid = [each["pid"] for each in processes.read(conn) if "FIFO" in each["type"]][0]
    counter = _RealDumps(pid, size)
    counter.start()
    try:
        yield counter
    finally:
        counter.stop()


def dump(served):
    """(seconds, bytes) of one ul_dump over FIFO, undecoded as far as can be."""
    with Connection(dict(served.ways["fifo"], timeout=LONG)) as conn:
        conn.version  # noqa: B018 - found out before the clock runs
        started = time.monotonic()
        reply = conn.call("ul_dump")
        return time.monotonic() - started, len(reply.raw)
