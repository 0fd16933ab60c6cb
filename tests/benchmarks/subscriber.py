# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seconds and memory of opensips_subscriber for many users out of a file, each with an alias, two groups and a speed dial.

    python tests/benchmarks/subscriber.py [USERS ...]

The collection must be below PYTHONPATH. By default 10000 and 100000 users, on SQLite, and on PostgreSQL and MariaDB where they
are installed. Seconds by the clock, and of the processor in the module's process.
"""

import pathlib
import sys
import tempfile

from ansible_collections.community.opensips.tests.benchmarks.table import measure, servers
from ansible_collections.community.opensips.tests.integration.support.subscriber_body import TABLES

HEAD = ("database", "what", "users", "seconds", "cpu", "MiB", "us/user")
LINE = "{:11} {:10} {:>7} {:>8} {:>7} {:>5} {:>8}"


def write(path, count, changed):
    """A file of users. changed: with other passwords."""
    lines = [
        f"{number:06},secret{number}{changed},+49{number:08},local intl,7=sip:{number // 2:06}@example.com"
        for number in range(count)
    ]
    path.write_text("\n".join(["username,password,aliases,groups,speed_dials", *lines]), encoding="utf-8")
    return str(path)


def run(server, count, folder):
    """Yields (what, seconds, seconds of the processor, MiB)."""
    database = server.database().create("3.6", *TABLES)
    args = {**database.options, "domain": "example.com", "db_timeout": 60}
    first, second = (write(folder / f"users{count}-{changed}.csv", count, changed) for changed in (0, 1))
    steps = (
        ("inserted", {"subscribers_file": first}),
        ("unchanged", {"subscribers_file": first, "exclusive": True}),
        ("updated", {"subscribers_file": second}),
        ("deleted", {"subscribers_file": second, "state": "absent"}),
    )
    for what, options in steps:
        result, *figures = measure({**args, **options}, "subscriber")
        assert result["summary"]["outcomes"][what] == count, result["summary"]
        yield what, *figures
    database.drop()


def main(counts):
    print(LINE.format(*HEAD))
    with tempfile.TemporaryDirectory() as folder:
        for name, server in servers():
            for count in counts:
                for what, seconds, processor, peak in run(server, count, pathlib.Path(folder)):
                    figures = f"{seconds:.1f}", f"{processor:.1f}", f"{peak:.0f}", f"{processor / count * 1e6:.0f}"
                    print(LINE.format(name, what, count, *figures), flush=True)


if __name__ == "__main__":
    main([int(arg) for arg in sys.argv[1:]] or [10000, 100000])
