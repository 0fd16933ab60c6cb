# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seconds and memory of opensips_table for many rows: pushed into an empty table, again, all changed, all deleted.

    python tests/benchmarks/table.py [ROWS ...]

The collection must be below PYTHONPATH. By default 10000 and 100000 rows, on SQLite, and on PostgreSQL and MariaDB where they are
installed. Seconds by the clock, and of the processor in the module's process. The last column compares those of the processor
for a row with those at the first number of rows: linear is 1. The table subscriber has an index on its key, and takes hashes
of passwords; dispatcher has none.
"""

import json
import pathlib
import resource
import sys
import tempfile
import time

from ansible_collections.community.opensips.tests.integration.support import databases
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess

TABLES = ("subscriber", "dispatcher")
SECONDS = 900
HEAD = ("database", "table", "what", "rows", "seconds", "cpu", "MiB", "us/row", "linear")
LINE = "{:11} {:11} {:10} {:>7} {:>8} {:>7} {:>5} {:>7} {:>7}"


def row(table, number, changed):
    """A row. changed: with another value."""
    if table == "subscriber":
        return {"username": f"{number:06}", "domain": "example.com", "password": f"secret{number}{changed}"}
    return {"setid": number // 20, "destination": f"sip:192.0.2.1:{number}", "weight": 50 + changed}


def used():
    """Seconds of the processor of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(args, module="table"):
    """(result, seconds, seconds of the processor, peak in MiB) of one run of a module."""
    start, before = time.monotonic(), used()
    process = ModuleProcess(module, args)
    assert process.wait(SECONDS), f"not ready after {SECONDS} s"
    seconds, processor = time.monotonic() - start, used() - before
    result = process.result()
    assert not result.get("failed"), result.get("msg")
    return result, seconds, processor, process.peak / 2**20


def run(server, table, count, folder):
    """Yields (what, seconds, seconds of the processor, MiB)."""
    database = server.database().create("3.6", table)
    args = {**database.options, "table": table, "reload": False, "db_timeout": 60}
    files = []
    for changed in (0, 1):
        path = folder / f"{table}{count}-{changed}.json"
        path.write_text(json.dumps([row(table, number, changed) for number in range(count)]), encoding="utf-8")
        files.append(str(path))
    steps = (
        ("inserted", {"rows_file": files[0]}),
        ("unchanged", {"rows_file": files[0]}),
        ("updated", {"rows_file": files[1]}),
        ("deleted", {"rows_file": files[1], "state": "absent"}),
    )
    for what, options in steps:
        result, *figures = measure({**args, **options})
        assert result["summary"]["outcomes"][what] == count, result["summary"]
        yield what, *figures
    database.drop()


def compare(server, name, counts, folder):
    for table in TABLES:
        first = {}
        for count in counts:
            for what, seconds, processor, peak in run(server, table, count, folder):
                each = processor / count * 1e6
                figures = f"{seconds:.2f}", f"{processor:.2f}", f"{peak:.0f}", f"{each:.1f}"
                ratio = f"{each / first.setdefault(what, each):.2f}"
                print(LINE.format(name, table, what, count, *figures, ratio), flush=True)


def servers():
    """Yields (name, server) of each database that the host has; the server is stopped afterwards."""
    for name, start in databases.SERVERS.items():
        try:
            server = start()
        except databases.NotHere as reason:
            print(f"{name}: {reason}")
            continue
        try:
            yield name, server
        finally:
            server.stop()


def main():
    counts = [int(each) for each in sys.argv[1:]] or [10000, 100000]
    print(LINE.format(*HEAD))
    with tempfile.TemporaryDirectory() as folder:
        for name, server in servers():
            compare(server, name, counts, pathlib.Path(folder))


if __name__ == "__main__":
    main()
