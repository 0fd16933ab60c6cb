# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of the emulator."""

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile

from . import faults
from .control import Control
from .phones import REJECTIONS
from .server import Server
from .state import VERSIONS

DESCRIPTION = """An OpenSIPS for trying and testing the Management Interface (MI): it answers MI commands as
OpenSIPS 1.11, 2.4, 3.6 or 4.0 does, over FIFO, UDP, Unix datagram and HTTP, sends real SIP requests
for t_uac_dlg, and brings a farm of phones with it. Everything stays on loopback and in a
temporary directory that is removed at the end."""

EXAMPLES = """examples:
  %(prog)s                                    OpenSIPS 3.6 on every transport, 20 phones
  %(prog)s --version 2.4 --phones 200 --dead 3 --reject 2
  %(prog)s --version 4.0 --no-http --fault ul_dump=slow:5 --fault uptime=garbage*1
  %(prog)s --json                             one line of JSON when ready: addresses and paths

typed on its standard input (a terminal, or with --control), one per line:
  stats   state   memory   set_memory_aside 20   sip_log   fault ul_dump=truncated*2   clear   quit

faults:
""" + "\n".join("  %-10s %s" % pair for pair in faults.KINDS.items())


def parser():
    top = argparse.ArgumentParser(
        prog="emulator", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument(
        "--version",
        choices=sorted(VERSIONS, key=lambda v: [int(p) for p in v.split(".")]),
        default="3.6",
        help="which OpenSIPS to be (default %(default)s)",
    )
    top.add_argument(
        "--modules",
        choices=("full", "base"),
        default="full",
        help="full: also registrants, media proxies, tracing, dialplan, shared variables, NAT ping",
    )
    top.add_argument(
        "--use-partitions", action="store_true", help="drouting has the partitions pstn and mobile (not on 1.11)"
    )
    top.add_argument(
        "--more-blacklists",
        action="store_true",
        help="also a blacklist whose rules do not expire (plain), and a read-only one (fixed)",
    )
    top.add_argument("--json", action="store_true", help="print one JSON line when ready instead of a text")
    top.add_argument(
        "--control",
        action="store_true",
        help="JSON commands on standard input; its end ends the emulator (implies --json)",
    )

    carriers = top.add_argument_group("transports (all are on)")
    for name, what in (
        ("fifo", "the MI FIFO"),
        ("udp", "MI datagrams over UDP"),
        ("unix", "MI datagrams over a Unix socket"),
        ("http", "MI over HTTP"),
    ):
        carriers.add_argument("--no-" + name, dest=name, action="store_false", help="without " + what)
    carriers.add_argument("--directory", help="where FIFO, replies and sockets live (default: a new temporary one)")
    carriers.add_argument("--remove-directory", action="store_true", help="remove DIRECTORY at the end")
    carriers.add_argument("--fifo-path", help="path of the FIFO (default: DIRECTORY/opensips_fifo)")
    carriers.add_argument("--reply-dir", help="reply_dir of mi_fifo (default: DIRECTORY)")
    carriers.add_argument("--unix-path", help="path of the Unix socket (default: DIRECTORY/mi.sock)")
    carriers.add_argument("--fifo-mode", type=lambda text: int(text, 8), default=0o666, help="octal (default 666)")
    carriers.add_argument("--udp-port", type=int, default=0, help="default: any free port")
    carriers.add_argument("--http-port", type=int, default=0, help="default: any free port")
    carriers.add_argument(
        "--receive-buf-size",
        type=int,
        default=1024,
        help="the largest HTTP body that 3.6 and 4.0 take (default %(default)s, as theirs)",
    )
    carriers.add_argument("--tls-cert", help="PEM file: HTTP becomes HTTPS")
    carriers.add_argument("--tls-key", help="PEM file of the key")
    carriers.add_argument("--tls-client-ca", help="PEM file: clients need a certificate of this authority")
    carriers.add_argument("--http-user", help="ask for basic authentication")
    carriers.add_argument("--http-password", default="")

    phones = top.add_argument_group("phones")
    phones.add_argument("--phones", type=int, default=20, help="how many (default %(default)s)")
    phones.add_argument("--dead", type=float, default=0, help="share that never answers: 0.03 or 3 are 3 %%")
    phones.add_argument("--reject", type=float, default=0, help="share that refuses requests")
    phones.add_argument(
        "--reject-codes",
        type=lambda text: [int(part) for part in text.split(",")],
        default=list(REJECTIONS),
        help="what they answer (default: 401,481,486,489,503)",
    )
    phones.add_argument("--provisional", type=float, default=0, help="share that only answers 100 Trying")
    phones.add_argument(
        "--register",
        choices=("auto", "direct", "none"),
        default="auto",
        help="auto: by SIP REGISTER, big fleets straight into the table",
    )
    phones.add_argument("--register-limit", type=int, default=2000, help="what is a big fleet (default %(default)s)")
    phones.add_argument("--domain", default="127.0.0.1", help="domain of their addresses (default %(default)s)")
    phones.add_argument("--expires", type=int, default=7200, help="of their registrations (default %(default)s s)")
    phones.add_argument(
        "--no-reboot", dest="reboot", action="store_false", help="a NOTIFY that reboots phones changes nothing"
    )
    phones.add_argument("--reboot-seconds", type=float, default=1.0, help="silence while rebooting")
    phones.add_argument("--upgrade", action="store_true", help="a rebooted phone comes back with new firmware")
    phones.add_argument("--phones-port", type=int, default=0, help="UDP port of the first phone socket")
    phones.add_argument("--seed", type=int, default=1, help="who is dead and who refuses (default %(default)s)")
    phones.add_argument("--sip-log", help="file: one JSON line for each SIP request that a phone gets")
    phones.add_argument("--keep-sip-log", action="store_true", help="keep the same in memory, for `sip_log`")

    other = top.add_argument_group("behaviour")
    other.add_argument("--sip-port", type=int, default=0, help="SIP port (default: any free port)")
    other.add_argument("--fr-timeout", type=float, default=3.0, help="tm fr_timeout (default %(default)s s)")
    other.add_argument("--wt-timer", type=float, default=5.0, help="tm wt_timer (default %(default)s s)")
    other.add_argument(
        "--shared-memory",
        type=float,
        default=64,
        metavar="MB",
        help="shared memory, as the option -m of opensips (default %(default)s, as in Debian's packages)",
    )
    other.add_argument(
        "--cost",
        choices=("real", "none"),
        default="real",
        help="real: ul_dump of 3.6 and 4.0 takes the time that it takes there (default); none: no time",
    )
    other.add_argument("--dialogs", type=int, default=0, help="how many calls are up")
    other.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="METHOD=KIND[:ARG][*COUNT]",
        help="misbehave, see below; METHOD may be *",
    )
    other.add_argument(
        "--on-crash",
        choices=("close", "exit", "ignore"),
        default="close",
        help="after a request that would end a real server: close all transports (default), exit, go on",
    )
    return top


def _complete(options):
    """Fill in paths; returns the directory to remove at the end, or None."""
    options.json = options.json or options.control
    own = options.directory if options.remove_directory else None
    if options.directory is None:
        options.directory = own = tempfile.mkdtemp(prefix="opensips-emulator-")
    os.makedirs(options.directory, exist_ok=True)
    options.fifo_path = options.fifo_path or os.path.join(options.directory, "opensips_fifo")
    options.reply_dir = options.reply_dir or options.directory
    options.unix_path = options.unix_path or os.path.join(options.directory, "mi.sock")
    return own


def _greet(ready):
    lines = ["OpenSIPS %s emulator, pid %d" % (ready["version"], ready["pid"])]
    for key, label in (
        ("fifo_path", "FIFO"),
        ("reply_dir", "reply_dir"),
        ("udp", "UDP"),
        ("udp6", "UDP, IPv6"),
        ("unix_path", "Unix socket"),
        ("jsonrpc_url", "mi_http"),
        ("mi_json_url", "mi_json"),
        ("xmlrpc_url", "XML-RPC"),
        ("old_xmlrpc_url", "old mi_xmlrpc"),
        ("sip", "SIP"),
    ):
        value = ready[key]
        if value:
            lines.append("  %-13s %s" % (label, "%s port %d" % tuple(value) if isinstance(value, list) else value))
    lines.append("  %-13s %d, on port %d" % ("phones", ready["phones"], ready["phones_port"]))
    lines.append("Ctrl-C ends it.")
    return "\n".join(lines)


async def _serve(options):
    loop = asyncio.get_running_loop()
    stop = loop.create_future()

    def end(code):
        if not stop.done():
            stop.set_result(code)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, 0)
    server = Server(options, loop)
    server.on_dead = end
    for text in options.fault:
        server.faults.set(*faults.parse(text))
    try:
        await server.start()
        ready = server.ready()
        print(json.dumps(ready) if options.json else _greet(ready), flush=True)
        if options.control or sys.stdin is not None and sys.stdin.isatty():
            Control(server, loop, end, plain=not options.control).start()
        return await stop
    finally:
        server.close()


def main(argv=None):
    options = parser().parse_args(argv)
    for text in options.fault:
        try:
            faults.parse(text)
        except ValueError as error:
            parser().error(f"--fault {text}: {error}")
    own = _complete(options)
    code = 1
    try:
        code = asyncio.run(_serve(options))
    except OSError as error:
        print(f"emulator: {error}", file=sys.stderr)
    finally:
        # a server that crashed leaves its FIFO behind
        if own is not None and code in (0, 1):
            shutil.rmtree(own, ignore_errors=True)
    return code
