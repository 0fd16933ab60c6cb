# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast a fleet is sent to, side by side in one run: FIFO and UDP, line protocol and JSON-RPC.

    python tests/benchmarks/fleet.py [ratio] [scale] [serial] [--versions 2.4,3.6] [--rounds 3]
        [--opensips VERSION=HOST:PORT:FIFO:REPLY_DIR ...] [--serial-python PYTHON]

ratio   The raw limit, which is a minimal loop that sends prepared requests to living phones and counts replies, and against
        N / raw rate + fr_timeout what 10,000 phones take, 2 % of them dead: the module's path in this process, and the module.
scale   Time and peak memory of the whole module, its results included, for 1,000, 10,000 and 100,000 phones.
serial  1,000 phones, 2 % of them dead, through a serial client: the package opensips of PyPI, in the interpreter PYTHON; it
        speaks JSON-RPC only. Nobody knows of a silent phone before fr_timeout, so the living are compared apart, too.

Emulators serve, and with --opensips running servers whose tm has an fr_timeout of 3 s; their phones are played here.
The location table is read over FIFO; UDP cannot carry so much, there the module is given the URIs.
The collection must be importable as ansible_collections.community.opensips, and ansible-core be installed.
"""

import argparse
import json
import os
import select
import socket
import subprocess
import sys
import time

from ansible_collections.community.opensips.plugins.module_utils._fleet import targets
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import Delivery
from ansible_collections.community.opensips.plugins.module_utils._fleet.sip_request import SipRequest
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._sip.template import RequestTemplate
from ansible_collections.community.opensips.tests.benchmarks.fleet_servers import FR_TIMEOUT, Fleet, Real, emulated
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess

PARTS = ("ratio", "scale", "serial")
DEAD = 0.02
HEADERS = {"Event": "check-sync", "Contact": "<sip:bench@127.0.0.1>", "Subscription-State": "active"}
# in flight of the raw loops: as many as a UDP socket of default size holds, and as the module keeps over FIFO
UDP_WINDOW, FIFO_WINDOW = 64, 256


# ---- the raw limit


def raw_rate(fleet, options, count):
    """Requests a second of the minimal loop."""
    with Connection(options) as conn:
        template = RequestTemplate("NOTIFY", HEADERS, classic=fleet.tree)
        uris = [fleet.living[number % len(fleet.living)] for number in range(count)]
        arranged = [conn._prepare("t_uac_dlg", template.params(uri, uri, uri)) for uri in uris]

        def encode(number, reply_to=None):
            name, params, known = arranged[number]
            return conn._speaker().encode(name, params, reply_to, known).data

        loop = _raw_fifo if "fifo_path" in options else _raw_udp
        seconds = loop(options, encode, count)
    return count / seconds


def _raw_udp(options, encode, count):
    prepared = [encode(number) for number in range(count)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((options["host"], options["port"]))
        sock.settimeout(10)
        started = time.perf_counter()
        sent = answered = 0
        while answered < count:
            while sent < count and sent - answered < UDP_WINDOW:
                sock.send(prepared[sent])
                sent += 1
            sock.recv(65535)
            answered += 1
        return time.perf_counter() - started


def _raw_fifo(options, encode, count):
    """Each request of a window has a reply FIFO of its own, which this process keeps open at both ends."""
    names = [f"bench_{os.getpid()}_{number}" for number in range(FIFO_WINDOW)]
    paths = [os.path.join(options["reply_dir"], name) for name in names]
    mi = os.open(options["fifo_path"], os.O_WRONLY)
    descriptors = []
    try:
        for path in paths:
            os.mkfifo(path)
            os.chmod(path, 0o666)
            descriptors.append(os.open(path, os.O_RDWR | os.O_NONBLOCK))
        prepared = [encode(number, names[number % FIFO_WINDOW]) for number in range(count)]
        return _raw_fifo_loop(mi, descriptors, prepared)
    finally:
        for descriptor in [mi] + descriptors:
            os.close(descriptor)
        for path in paths:
            os.unlink(path)


def _raw_fifo_loop(mi, descriptors, prepared):
    places = {descriptor: number for number, descriptor in enumerate(descriptors)}
    queues = [prepared[number::FIFO_WINDOW][::-1] for number in range(FIFO_WINDOW)]
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    started = time.perf_counter()
    for queue in queues:
        if queue:
            os.write(mi, queue.pop())
    answered = 0
    while answered < len(prepared):
        for descriptor, _event in poll.poll(10000):
            os.read(descriptor, 65536)
            answered += 1
            queue = queues[places[descriptor]]
            if queue:
                os.write(mi, queue.pop())
    return time.perf_counter() - started


# ---- the module's path, and the module


def path_seconds(fleet, options):
    """What Delivery takes in this process, once the phones are known."""
    with Connection(options) as conn:
        found = targets.of_uris(fleet.uris())
        delivery = Delivery(conn)
        requests = [SipRequest(target, "NOTIFY", HEADERS) for target in found]
        started = time.perf_counter()
        outcomes = [result["outcome"] for _request, result in delivery.run(requests)]
        seconds = time.perf_counter() - started
    _check(fleet, outcomes.count("accepted"), outcomes.count("no_answer"))
    return seconds


def module_run(fleet, options):
    """(seconds of sending, seconds of all, bytes at the peak) of the module in a process of its own."""
    who = {"select": {}} if "fifo_path" in options else {"uris": fleet.uris()}
    started = time.perf_counter()
    process = ModuleProcess("notify", dict(options, event="check-sync", **who))
    result = process.result()
    seconds = time.perf_counter() - started
    if "summary" not in result:
        raise SystemExit(f"{fleet.name}: the module failed: {result['msg']}")
    outcomes = result["summary"]["outcomes"]
    _check(fleet, outcomes["accepted"], outcomes["no_answer"])
    return result["summary"]["seconds"], seconds, process.peak


def _check(fleet, accepted, no_answer):
    """Say so when the server lost requests: the figures are then not comparable."""
    if (accepted, no_answer) != (len(fleet.living), len(fleet.dead)):
        print(f"!! {fleet.name}: {accepted} accepted of {len(fleet.living)}, {no_answer} silent of {len(fleet.dead)}")  # fmt: skip


# ---- the parts


def fleets(options, phones, json_rpc_only=False):
    """A context manager of a Fleet for each server."""
    versions = options.versions.split(",") if options.versions else []
    for version in versions:
        if not (json_rpc_only and version.startswith(("1.", "2."))):
            yield emulated(version, phones, DEAD)
    for text in options.opensips:
        real = Real(text)
        if not (json_rpc_only and real.version.startswith(("1.", "2."))):
            yield real.fleet(phones, DEAD)


def best(rounds, measure, *args, choose=min):
    """The best of so many rounds of measure(*args)."""
    return choose(measure(*args) for _round in range(rounds))


def ratio(options):
    phones = options.phones
    print(f"\n{phones:,} phones, {DEAD:.0%} dead, fr_timeout {FR_TIMEOUT:g} s; limit: N / raw rate + fr_timeout")
    print(f"{'server':<14} {'way':<5} {'raw/s':>8} {'limit s':>8} {'path s':>8} {'x':>6} {'module s':>8} {'x':>6} {'whole s':>8}")  # fmt: skip
    for each in fleets(options, phones):
        with each as fleet:
            for way, connection in fleet.ways.items():
                rate = best(options.rounds, raw_rate, fleet, connection, phones, choose=max)
                limit = phones / rate + FR_TIMEOUT
                path = best(options.rounds, path_seconds, fleet, connection)
                sending, whole, _peak = best(options.rounds, module_run, fleet, connection)
                cells = (
                    f"{rate:8.0f} {limit:8.2f} {path:8.2f} {path / limit:6.2f} {sending:8.2f} {sending / limit:6.2f}"
                )
                print(f"{fleet.name:<14} {way:<5} {cells} {whole:8.2f}", flush=True)


def scale(options):
    print(f"\nThe whole module, {DEAD:.0%} of the phones dead")
    print(f"{'server':<14} {'way':<5} {'phones':>8} {'whole s':>8} {'sending s':>10} {'peak MB':>9}")
    for phones in options.scales:
        for each in fleets(options, phones):
            with each as fleet:
                for way, connection in fleet.ways.items():
                    sending, whole, peak = best(1 if phones > 10000 else options.rounds, module_run, fleet, connection)
                    print(f"{fleet.name:<14} {way:<5} {phones:8} {whole:8.2f} {sending:10.2f} {peak / 1e6:9.0f}", flush=True)  # fmt: skip


_SERIAL = """
import json, sys, time
from opensips.mi import OpenSIPSMI, OpenSIPSMIException
job = json.load(sys.stdin)
client = OpenSIPSMI(job["kind"], **job["options"])
failed = 0
started = time.perf_counter()
for params in job["requests"]:
    try:
        failed += not client.execute("t_uac_dlg", params)["Status"].startswith("200")
    except OpenSIPSMIException:
        failed += 1
print(json.dumps([time.perf_counter() - started, failed]))
"""


def serial(options):
    print(f"\n1,000 phones, {DEAD:.0%} dead, one after the other through the package opensips")
    print(f"{'server':<14} {'way':<5} {'serial s':>9} {'sending s':>9} {'x':>6}   without waiting for the dead")  # fmt: skip
    for each in fleets(options, 1000, json_rpc_only=True):
        with each as fleet:
            for way, connection in fleet.ways.items():
                seconds = serial_seconds(options.serial_python, fleet, connection)
                sending = best(options.rounds, path_seconds, fleet, connection)
                living = best(options.rounds, living_seconds, fleet, connection)
                cells = (
                    f"{seconds:9.1f} {sending:9.2f} {seconds / sending:6.0f}   {living:.2f} s, {seconds / living:.0f} x"
                )
                print(f"{fleet.name:<14} {way:<5} {cells}", flush=True)


def living_seconds(fleet, options):
    """What the living take when none is dead."""
    return path_seconds(Fleet(fleet.name, fleet.ways, fleet.living, []), options)


def serial_seconds(python, fleet, options):
    """What the serial client takes for all phones."""
    template = RequestTemplate("NOTIFY", HEADERS)
    requests = [template.params(uri, uri, uri) for uri in fleet.uris()]
    if "fifo_path" in options:
        path = options["fifo_path"]
        kind, ways = "fifo", {"fifo_file": path, "fifo_file_fallback": path, "fifo_reply_dir": options["reply_dir"]}
    else:
        kind = "datagram"
        ways = {"datagram_ip": options["host"], "datagram_port": options["port"], "datagram_timeout": FR_TIMEOUT + 1}
    job = json.dumps({"kind": kind, "options": ways, "requests": requests})
    done = subprocess.run([python, "-c", _SERIAL], input=job.encode(), stdout=subprocess.PIPE, check=True)
    seconds, failed = json.loads(done.stdout.decode())
    if failed != len(fleet.dead):
        print(f"!! {fleet.name}: {failed} failed, {len(fleet.dead)} are dead")
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all if none is given")
    parser.add_argument("--versions", default="2.4,3.6", help="emulators, none if empty (default %(default)s)")
    parser.add_argument("--opensips", action="append", default=[], metavar="VERSION=HOST:PORT:FIFO:REPLY_DIR")
    parser.add_argument("--phones", type=int, default=10000, help="of the part ratio (default %(default)s)")
    parser.add_argument(
        "--scales", type=lambda text: [int(each) for each in text.split(",")], default=[1000, 10000, 100000]
    )
    parser.add_argument("--rounds", type=int, default=3, help="of which the best counts (default %(default)s)")
    parser.add_argument("--serial-python", default=sys.executable, help="interpreter that has the package opensips")
    options = parser.parse_args()
    if not set(options.parts) <= set(PARTS):
        parser.error(f"parts are {', '.join(PARTS)}")
    for part in options.parts or PARTS:
        {"ratio": ratio, "scale": scale, "serial": serial}[part](options)


if __name__ == "__main__":
    main()
