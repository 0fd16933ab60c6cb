# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seconds and memory of opensips_snapshot and opensips_restore, for many permanent contacts and as many keys of a cachedb.

    python tests/benchmarks/snapshot.py [NUMBER ...]

The collection must be below PYTHONPATH. By default 10000 of each, on emulated servers, and on the real one of OPENSIPS_BIN and
OPENSIPS_MODULES, if they are set. Taken, restored to a server that has none of them, and restored again, which changes nothing.
Seconds by the clock, of the whole module.
"""

import contextlib
import pathlib
import sys
import tempfile
import time

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess
from ansible_collections.community.opensips.tests.integration.support.opensips import RealOpensips, find_binary
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

SECONDS = 300
LINE = "{:12} {:>7} {:9} {:>8} {:>5}"


def fill(options, number):
    """Give a server so many contacts and keys."""
    with Connection(options) as conn:
        domain = "@127.0.0.1" if conn.version >= (4,) else ""
        contact = {"table_name": "location", "expires": 0, "q": "1", "flags": 0, "cflags": 0, "methods": "4294967295"}
        requests = [
            ("ul_add", dict(contact, aor=f"u{each}{domain}", contact=f"sip:u{each}@127.0.0.1:19999"))
            for each in range(number)
        ]
        requests += [
            ("cache_store", {"system": "local", "attr": f"key_{each}", "value": f"value {each}"})
            for each in range(number)
        ]
        for _index, outcome in conn.call_many(requests):
            if isinstance(outcome, Exception):
                raise outcome


def measure(name, server, number, what, module, args):
    """Run a module and print a line."""
    started = time.monotonic()
    process = ModuleProcess(module, args)
    if not process.wait(SECONDS):
        process.kill()
    result = process.result()
    assert not result.get("failed"), result["msg"]
    seconds = time.monotonic() - started
    print(LINE.format(name, number, what, f"{seconds:.1f}", process.peak >> 20), flush=True)


@contextlib.contextmanager
def servers(number):
    """Yields {name: function that starts a server with memory for so many, a context manager of its options}."""

    @contextlib.contextmanager
    def emulated(version):
        with Emulator(version, phones=0, shared_memory=512) as emu:
            yield fifo_of(emu)

    @contextlib.contextmanager
    def real():
        server = RealOpensips(find_binary(), memory=(512, 16))
        try:
            yield server.ways["fifo"][0]
        finally:
            server.stop()

    found = {version: lambda version=version: emulated(version) for version in ("2.4", "3.6", "4.0")}
    if find_binary():
        found["real"] = real
    yield found


def main(numbers):
    print(LINE.format("server", "each", "what", "seconds", "MiB"))
    for number in numbers:
        with servers(number) as starters, tempfile.TemporaryDirectory() as folder:
            for name, start in starters.items():
                path = pathlib.Path(folder, "snapshot.json")
                keys = ["key_*"] if name > "3" else [f"key_{each}" for each in range(number)]
                with start() as options:
                    fill(options, number)
                    given = {"cache_keys": keys, "cache_expires": 0, "parts": ["contacts", "cache"]}
                    measure(name, options, number, "snapshot", "snapshot", {**options, "path": str(path), **given})
                with start() as options:
                    for what in ("restore", "again"):
                        measure(name, options, number, what, "restore", {**options, "path": str(path)})


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [10000])
