# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long reading a ul_dump of many contacts takes, and how much memory, against json.loads of the same reply.

    python tests/benchmarks/readers.py [CONTACTS]

The collection must be importable as ansible_collections.community.opensips.
"""

import gc
import json
import resource
import subprocess
import sys
import time

from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.line import LineProtocol
from ansible_collections.community.opensips.plugins.module_utils._readers import location

AGENTS = [
    "Yealink SIP-T46U 108.86.0.20",
    "PolycomVVX-VVX_411-UA/6.4.1.1234",
    "snom370/8.7.5.35",
    "Cisco/SPA504G-7.6.2c",
    "Grandstream GXP2170 1.0.11.48",
]


def contacts(count):
    """(AOR, fields of ul_dump) of made-up registrations."""
    for number in range(count):
        aor = str(100000 + number)
        yield (
            aor,
            [
                (
                    "Contact",
                    "sip:{0}@10.{1}.{2}.{3}:5060".format(aor, number >> 16 & 255, number >> 8 & 255, number & 255),
                ),
                ("ContactID", str(150000000000000000 + number * 7919)),
                ("Expires", 3600 - number % 3000),
                ("Q", "0.5"),
                ("Callid", "{0:032x}@10.0.0.1".format(number * 104729)),
                ("Cseq", 10000 + number % 977),
                ("User-agent", AGENTS[number % len(AGENTS)]),
                ("State", "CS_NEW"),
                ("Flags", 0),
                ("Cflags", ""),
                ("Socket", "udp:10.0.0.1:5060"),
                ("Methods", 1037),
                ("SIP_instance", "<urn:uuid:00000000-0000-1000-8000-{0:012x}>".format(number)),
            ],
        )


def json_reply(count):
    """The reply of OpenSIPS 3.6 (bytes)."""
    aors = [{"AOR": aor, "Contacts": [dict(fields)]} for aor, fields in contacts(count)]
    value = {"jsonrpc": "2.0", "result": {"Domains": [{"name": "location", "hash_size": 512, "AORs": aors}]}, "id": 1}
    return json.dumps(value, separators=(",", ":")).encode()


def line_reply(count):
    """The reply of OpenSIPS 2.4 (bytes)."""
    lines = ["200 OK\nDomain:: location hash_size=512\n"]
    for aor, fields in contacts(count):
        lines.append("\tAOR:: {0}\n\t\tContact:: {1} Q={2}\n".format(aor, fields[0][1], fields[3][1]))
        lines.extend("\t\t\t{0}:: {1}\n".format(name, value) for name, value in fields if name not in ("Contact", "Q"))
    return "".join(lines + ["\n"]).encode()


def read(protocol, received):
    """Decode and read: what a module does with the bytes that came, which nobody else holds."""
    request = protocol.encode("ul_dump", ())
    request.id = 1
    return location.parse(protocol.decode(received.pop(), request), consume=True)


WAYS = {
    "json.loads": (json_reply, lambda received: json.loads(received.pop())),
    "JSON-RPC": (json_reply, lambda received: read(JsonRpcProtocol(), received)),
    "line": (line_reply, lambda received: read(LineProtocol(), received)),
}


def measure(way, count):
    """(seconds, bytes of the reply, peak bytes above what was there before), best of three for the time."""
    make, work = WAYS[way]
    received = [make(count)]
    size = len(received[0])
    gc.collect()
    before = resident()
    peak_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if peak_before > before + size:
        # making the data peaked higher: forget that by spending it, so that the new peak shows
        with open("/proc/self/clear_refs", "w") as clear:
            clear.write("5")
    started = time.perf_counter()
    result = work(received)
    seconds = time.perf_counter() - started
    peak = peak_resident() - before
    del result
    for _round in range(2):
        received.append(make(count))
        started = time.perf_counter()
        again = work(received)
        seconds = min(seconds, time.perf_counter() - started)
        del again
    # the reply's own bytes were there before
    return seconds, size, peak + size


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def peak_resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100000
    if len(sys.argv) > 2:
        print(json.dumps(measure(sys.argv[2], count)))
        return
    print("Reading a ul_dump of {0} contacts, decoding included; each way in a process of its own".format(count))
    base = None
    for way in WAYS:
        # a process each, so that one's memory is not the other's
        run = subprocess.run([sys.executable, __file__, str(count), way], stdout=subprocess.PIPE, check=True)
        seconds, size, peak = json.loads(run.stdout.decode())
        base = base or seconds
        print(
            "{0:<12} {1:6.2f} s  {2:5.2f} x json.loads   reply {3:5.1f} MB, peak {4:6.1f} MB = {5:4.2f} x the reply".format(
                way, seconds, seconds / base, size / 1e6, peak / 1e6, peak / size
            )
        )


if __name__ == "__main__":
    main()
