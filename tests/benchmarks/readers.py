# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long reading a ul_dump of many contacts takes, and how much memory, against json.loads of the same reply.

    python tests/benchmarks/readers.py [CONTACTS]

The reply comes through a pipe, as from a FIFO; receiving it is part of the time, which is that of the processor. The collection must be importable as
ansible_collections.community.opensips.
"""

import json
import os
import subprocess
import sys
import time

from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.line import LineProtocol
from ansible_collections.community.opensips.plugins.module_utils._readers import location

ROUNDS = 3
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
                    f"sip:{aor}@10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}:5060",
                ),
                ("ContactID", str(150000000000000000 + number * 7919)),
                ("Expires", 3600 - number % 3000),
                ("Q", "0.5"),
                ("Callid", f"{number * 104729:032x}@10.0.0.1"),
                ("Cseq", 10000 + number % 977),
                ("User-agent", AGENTS[number % len(AGENTS)]),
                ("State", "CS_NEW"),
                ("Flags", 0),
                ("Cflags", ""),
                ("Socket", "udp:10.0.0.1:5060"),
                ("Methods", 1037),
                ("SIP_instance", f"<urn:uuid:00000000-0000-1000-8000-{number:012x}>"),
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
        lines.append(f"\tAOR:: {aor}\n\t\tContact:: {fields[0][1]} Q={fields[3][1]}\n")
        lines.extend(f"\t\t\t{name}:: {value}\n" for name, value in fields if name not in ("Contact", "Q"))
    return "".join(lines + ["\n"]).encode()


class Piped:
    """What the readers use of a Connection; the reply comes through standard input."""

    def __init__(self, protocol):
        self._protocol = protocol

    def stream(self, method, layout, params=None, timeout=None, size=None):
        request = self._protocol.encode(method, ())
        request.id = 1
        parts = self._protocol.parts(request, layout)
        for piece in iter(lambda: os.read(0, 65536), b""):
            yield from parts.feed(piece)
        yield from parts.finish()


def one_in_a_hundred(contact):
    return contact["aor"].endswith("00")


WAYS = {
    "json.loads": (json_reply, lambda: json.loads(sys.stdin.read())),
    "JSON-RPC, all": (json_reply, lambda: location.read(Piped(JsonRpcProtocol()))),
    "JSON-RPC, 1 in 100": (json_reply, lambda: location.read(Piped(JsonRpcProtocol()), keep=one_in_a_hundred)),
    "line, all": (line_reply, lambda: location.read(Piped(LineProtocol()))),
    "line, 1 in 100": (line_reply, lambda: location.read(Piped(LineProtocol()), keep=one_in_a_hundred)),
}


def work(way):
    """Receive and read a reply: [seconds of processor time, peak bytes of this whole process]."""
    started = time.process_time()
    found = WAYS[way][1]()
    seconds = time.process_time() - started
    assert found
    # not ru_maxrss, which knows also what the process that started this one had
    with open("/proc/self/status") as status:
        return seconds, next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def measure(way, reply):
    """The best of some rounds, each in a process of its own."""
    rounds = []
    for _round in range(ROUNDS):
        run = subprocess.run([sys.executable, __file__, "--way", way], input=reply, stdout=subprocess.PIPE, check=True)
        rounds.append(json.loads(run.stdout.decode()))
    return min(seconds for seconds, _peak in rounds), min(peak for _seconds, peak in rounds)


def main():
    if sys.argv[1:2] == ["--way"]:
        print(json.dumps(work(sys.argv[2])))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100000
    replies = {make: make(count) for make in (json_reply, line_reply)}
    print(f"Receiving and reading a ul_dump of {count} contacts; memory is that of the whole process")
    base = None
    for way, (make, _work) in WAYS.items():
        seconds, peak = measure(way, replies[make])
        base = base or seconds
        print(
            f"{way:<20} {seconds:6.2f} s  {seconds / base:5.2f} x json.loads   reply {len(replies[make]) / 1e6:5.1f} MB, peak {peak / 1e6:6.1f} MB"
        )


if __name__ == "__main__":
    main()
