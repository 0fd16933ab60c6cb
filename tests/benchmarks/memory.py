# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the emulator's shared memory fills and empties as a real server's: the same run on both, side by side.

    OPENSIPS_BIN=/usr/sbin/opensips [OPENSIPS_MODULES=FOLDER] python tests/benchmarks/memory.py
        [--notifies 3000] [--rate 400] [--silent 0.5]

NOTIFYs go out at a fixed rate, some to silent phones (fr_timeout 2 s); get_statistics is read four times a second until
every transaction is freed. Both servers have 64 MB. Contacts are added, too, and counted in bytes.
The run fails when the emulator's peak of memory or of transactions, the time until all is freed, or the bytes of a contact
differ from the real server's by more than 30 %.
The collection must be importable as ansible_collections.community.opensips.
"""

import argparse
import contextlib
import socket
import sys
import time

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._readers import statistics
from ansible_collections.community.opensips.plugins.module_utils._sip.template import RequestTemplate
from ansible_collections.community.opensips.tests.benchmarks.fleet import HEADERS
from ansible_collections.community.opensips.tests.benchmarks.played_phones import played
from ansible_collections.community.opensips.tests.integration.support.opensips import RealOpensips, find_binary
from ansible_collections.community.opensips.tests.integration.support.servers import Emulated

TOLERANCE = 0.3
CONTACTS = 1000
FR_TIMEOUT = 2.0  # that of RealOpensips
MEGABYTE = 1 << 20


class Sample:
    """What get_statistics says. after: seconds since the run began."""

    def __init__(self, conn, began):
        found = statistics.read(conn, ["shmem:", "tm:"])["statistics"]
        self.after = time.monotonic() - began
        self.used = found["shmem"]["real_used_size"]
        self.inuse = found["tm"]["inuse_transactions"]


def requests(server, conn, uris):
    """Datagrams of t_uac_dlg, one for each URI."""
    template = RequestTemplate("NOTIFY", HEADERS, classic=server.tree)
    datagrams = []
    for uri in uris:
        name, params, known = conn._prepare("t_uac_dlg", template.params(uri, uri, uri))
        datagrams.append(conn._speaker().encode(name, params, None, known).data)
    return datagrams


def run(server, options, uris):
    """Samples of one run."""
    address = server.ways["udp"][0]
    with Connection(address) as conn, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        datagrams = requests(server, conn, uris)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.connect((address["host"], address["port"]))
        began = time.monotonic()
        samples = [Sample(conn, began)]
        sent = 0
        while True:
            while sent < min(len(datagrams), (time.monotonic() - began) * options.rate):
                sock.send(datagrams[sent])
                sent += 1
            if time.monotonic() - began > len(samples) * 0.25:
                samples.append(Sample(conn, began))
                if sent == len(datagrams) and samples[-1].inuse == samples[0].inuse:
                    return samples
            time.sleep(0.005)


def contact_bytes(server):
    """What a contact added by MI takes."""
    fields = {"table_name": "location", "expires": 7200, "q": "0.5", "flags": 0, "cflags": 0, "methods": 1037}
    users = [f"bench{number:05}" for number in range(CONTACTS)]
    added = (dict(fields, aor=server.aor(user), contact=f"sip:{user}@127.0.0.1:5060") for user in users)
    with Connection(server.ways["udp"][0]) as conn:
        before = Sample(conn, 0).used
        failed = [
            reply
            for _index, reply in conn.call_many(("ul_add", each) for each in added)
            if isinstance(reply, Exception)
        ]
        if failed:
            raise SystemExit(f"{server.name}: contacts cannot be added: {failed[0]}")
        return (Sample(conn, 0).used - before) / CONTACTS


def measure(server, options, uris):
    """{what: number}, of one server."""
    samples = run(server, options, uris)
    start = samples[0]
    return {
        "MB at the start": start.used / MEGABYTE,
        "peak, MB more": (max(each.used for each in samples) - start.used) / MEGABYTE,
        "peak of transactions": max(each.inuse for each in samples),
        "all freed after, s": samples[-1].after,
        "contact, bytes": contact_bytes(server),
    }


@contextlib.contextmanager
def stopping(server):
    try:
        yield server
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notifies", type=int, default=3000, help="how many (default %(default)s)")
    parser.add_argument("--rate", type=float, default=400, help="a second (default %(default)s)")
    parser.add_argument("--silent", type=float, default=0.5, help="share of silent phones (default %(default)s)")
    options = parser.parse_args()
    binary = find_binary()
    if not binary:
        parser.error("no opensips on PATH, and OPENSIPS_BIN is not set")
    with played(options.notifies, options.silent) as phones:
        uris = list(phones.contacts.values())
        with stopping(RealOpensips(binary)) as real:
            theirs = measure(real, options, uris)
            version = ".".join(map(str, real.version[:2]))
        with stopping(Emulated(version, fr_timeout=FR_TIMEOUT, phones=0)) as emulated:
            ours = measure(emulated, options, uris)
    print(
        f"{real.name}, {options.notifies} NOTIFYs at {options.rate:g}/s, {options.silent * 100:.0f} % to silent phones"
    )
    wrong = []
    for name, value in theirs.items():
        print(f"  {name:22} {value:10.2f}   emulator {ours[name]:10.2f}   {100 * (ours[name] / value - 1):+.0f} %")
        if abs(ours[name] / value - 1) > TOLERANCE and name != "MB at the start":  # that depends on the modules
            wrong.append(name)
    return "more than 30 % apart: " + ", ".join(wrong) if wrong else None


if __name__ == "__main__":
    sys.exit(main())
