# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a campaign over many servers takes: the playbook reboot_phones against emulators, in one job or in slices.

    python tests/benchmarks/scale.py [--servers 20] [--phones 1000] [--slices 1] [--forks 20] [--batch 500]
        [--memory 64] [--no-wait] [--check]

Each server is an emulator with phones of its own, and MEMORY megabytes of shared memory. A slice is an ansible-playbook of
its own, with every Nth server as AWX takes them. Printed: seconds from the start of the first job to the end of the last,
seconds of processors, and the memory at its peak (proportional set sizes) of the controller's processes, of the modules, which
usually run on the servers, and of the emulators.
The collection must be importable as ansible_collections.community.opensips, and ansible-core be installed.
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """(parent, seconds of processors) of a process, or None."""
    try:
        fields = (
            pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return None
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / TICK


def _family(roots):
    """Process ids of roots and of all that they started."""
    children = collections.defaultdict(list)
    for path in pathlib.Path("/proc").iterdir():
        found = _stat(path.name) if path.name.isdigit() else None
        if found:
            children[found[0]].append(int(path.name))
    left, family = list(roots), []
    while left:
        family.append(left.pop())
        left += children[family[-1]]
    return family


def _pss(pid):
    """Bytes of memory of a process, its part of what it shares included."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith("Pss:"))


def _is_module(pid):
    """With pipelining, a module is a Python without arguments, which reads itself from its standard input."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0") == os.fsencode(sys.executable)
    except OSError:
        return False


class Peaks:
    """The largest sums that were seen, bytes."""

    def __init__(self):
        self.found = collections.Counter()

    def look(self, jobs):
        now = collections.Counter()
        for pid in _family(job.pid for job in jobs):
            kind = "module" if _is_module(pid) else "controller"
            size = _pss(pid)
            now[kind] += size
            self.found[f"one {kind}"] = max(self.found[f"one {kind}"], size)
        for kind, size in now.items():
            self.found[kind] = max(self.found[kind], size)


def _start(folder, number, hosts, args):
    """A job: ansible-playbook for these hosts."""
    inventory = folder / f"inventory{number}.json"
    inventory.write_text(json.dumps({"opensips": {"hosts": hosts}}), encoding="utf-8")
    variables = {
        "phone_reboot_select": {"exclude_user_agent": ["polycom"]},
        "phone_reboot_campaign": "scale",
        "phone_reboot_batch": args.batch,
        "phone_reboot_wait": args.wait,
        "phone_reboot_wait_timeout": 60,
        "phone_reboot_report_dir": str(folder / f"reports{number}"),
    }
    command = [
        pathlib.Path(sys.executable).with_name("ansible-playbook"),
        "community.opensips.reboot_phones",
        "-i",
        inventory,
    ]
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]),
        "ANSIBLE_FORKS": str(args.forks),
        "ANSIBLE_PIPELINING": "1",
    }
    with (folder / f"job{number}.log").open("wb") as log:
        return subprocess.Popen(
            [*command, "-e", json.dumps(variables), *(["--check"] if args.check else [])],
            cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip


def _hosts(folder, servers):
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    return {
        f"sip{number:02}": {
            **local,
            # emulators, jobs and modules share the processors
            "opensips_connection": {**fifo_of(server), "timeout": 300},
            "phone_reboot_campaign_dir": str(folder / f"journal{number}"),
        }
        for number, server in enumerate(servers, 1)
    }


def _outcomes(folder):
    found = collections.Counter()
    for path in folder.glob("reports*/*/*.json"):
        found.update(result["outcome"] for result in json.loads(path.read_text(encoding="utf-8"))["results"])
    return dict(found)


def run(args, folder, servers):
    hosts = list(_hosts(folder, servers).items())
    started, peaks = time.monotonic(), Peaks()
    jobs = [_start(folder, number, dict(hosts[number :: args.slices]), args) for number in range(args.slices)]
    while any(job.poll() is None for job in jobs):
        peaks.look(jobs)
        time.sleep(0.5)
    seconds = time.monotonic() - started
    for number, job in enumerate(jobs):
        if job.returncode:
            print((folder / f"job{number}.log").read_text(encoding="utf-8")[-3000:])
    peaks.found["emulators"] = sum(_pss(server.pid) for server in servers)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    emulators = sum(_stat(server.pid)[1] for server in servers)
    print(f"{args.servers} servers x {args.phones:,} phones, {args.slices} jobs, {args.forks} forks: {seconds:.0f} s")
    print(
        f"processors: {used.ru_utime + used.ru_stime:.0f} s of the jobs and modules, {emulators:.0f} s of the emulators"
    )
    print(", ".join(f"{kind} {size / 2**20:,.0f} MiB" for kind, size in sorted(peaks.found.items())))
    kept = sum(path.stat().st_size for path in folder.glob("journal*/*"))
    print(
        f"journals and plans {kept / 2**20:,.1f} MiB, reports {sum(path.stat().st_size for path in folder.glob('reports*/*/*')) / 2**20:,.1f} MiB"
    )
    print(f"outcomes: {_outcomes(folder)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in {"servers": 20, "phones": 1000, "slices": 1, "forks": 20, "batch": 500, "memory": 64}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument(
        "--no-wait", dest="wait", action="store_false", help="do not wait for the phones to register again"
    )
    parser.add_argument("--check", action="store_true", help="make the plan only")
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opensips-scale-")))
        options = {"phones": args.phones, "reboot": args.wait, "reboot_seconds": 1, "shared_memory": args.memory}
        servers = [
            stack.enter_context(Emulator("3.6", start_timeout=300, keep_sip_log=False, fifo=True, **options))
            for _number in range(args.servers)
        ]
        run(args, folder, servers)


if __name__ == "__main__":
    main()
