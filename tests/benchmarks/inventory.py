# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventory of phones takes: ansible-inventory against an emulator.

    python tests/benchmarks/inventory.py [--phones 100000] [--ansible-inventory PROGRAM] [ARGUMENT ...]

The arguments are those of ansible-inventory, such as --list, --list --export or --graph. Printed: seconds, seconds of the
processor, the memory of ansible-inventory at its peak, and the size of what it writes.
The collection must be importable as ansible_collections.community.opensips, and ansible-core be installed.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import yaml

from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of


def measure(program, source, output, arguments):
    """(status, seconds, seconds of the processor, megabytes) of one run."""
    start = time.monotonic()
    with output.open("wb") as file:
        process = subprocess.Popen([program, "-i", str(source), *arguments], stdout=file)
        _pid, status, used = os.wait4(process.pid, 0)
    return status, time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phones", type=int, default=100_000)
    parser.add_argument("--ansible-inventory", default=str(pathlib.Path(sys.executable).with_name("ansible-inventory")))
    args, arguments = parser.parse_known_args()
    options = {
        "phones": args.phones,
        "shared_memory": 1024,
        "cost": "none",
        "start_timeout": 300,
        "keep_sip_log": False,
    }
    with Emulator("3.6", **options) as emu, tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "lab.opensips_phones.yml"
        source.write_text(yaml.safe_dump({"plugin": "community.opensips.phones", **fifo_of(emu)}), encoding="utf-8")
        output = pathlib.Path(folder) / "output"
        status, seconds, busy, memory = measure(args.ansible_inventory, source, output, arguments or ["--list"])
        print(
            f"status {status}: {seconds:.1f} s, {busy:.1f} s of the processor, {memory:.0f} MB, {output.stat().st_size / 1e6:.0f} MB written"
        )


if __name__ == "__main__":
    main()
