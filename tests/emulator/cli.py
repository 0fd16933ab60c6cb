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
from .cluster import Hub
from .cluster_control import ClusterControl
from .control import Control
from .phones import REJECTIONS
from .presence import KINDS
from .server import Server
from .state import VERSIONS

DESCRIPTION = """Emulates an OpenSIPS server and the phones registered on it, to try and test the Management Interface (MI).
It answers MI commands as OpenSIPS 1.11, 2.4, 3.6 or 4.0 does, over FIFO, UDP, Unix datagram and HTTP. For t_uac_dlg it
sends real SIP requests. Everything stays on loopback and in a temporary directory, which it removes at the end."""

EXAMPLES = """examples:
  %(prog)s                                    OpenSIPS 3.6 on every transport, 20 phones
  %(prog)s --version 2.4 --phones 200 --dead 3 --reject 2
  %(prog)s --version 4.0 --no-http --fault ul_dump=slow:5 --fault uptime=garbage*1
  %(prog)s --json                             one line of JSON when ready: addresses and paths
  %(prog)s --cluster 3.6,3.6 --edges 1        two nodes that replicate, and a server that spreads calls on them

commands on standard input (from a terminal, or with --control), one a line:
  stats   state   memory   set_memory_aside 20   sip_log   fault ul_dump=truncated*2   clear   quit
with --cluster:
  start_traffic 10   traffic   move 2   holders   restart_node 1   stop_node 1   start_node 1   kill_node 1   quit

faults:
""" + "\n".join(f"  {kind:10} {effect}" for kind, effect in faults.KINDS.items())


END = "\nPress Ctrl-C to stop it."


def _words(text):
    return [word for word in text.split(",") if word]


def _numbers(text):
    return [int(word) for word in _words(text)]


def _timing(text):
    return {name: float(value) for name, value in (word.split("=") for word in _words(text))}


def parser():
    top = argparse.ArgumentParser(
        prog="emulator", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument(
        "--version",
        choices=sorted(VERSIONS, key=lambda v: [int(p) for p in v.split(".")]),
        default="3.6",
        help="version of OpenSIPS to emulate (default: %(default)s)",
    )
    top.add_argument(
        "--modules",
        choices=("full", "base", "all"),
        default="full",
        help="modules that are loaded; full adds registrants, media nodes, tracing, dialplan, shared variables and NAT ping, "
        "all also TLS, TCP, a call center and pipes of the rate limiter (default: %(default)s)",
    )
    top.add_argument(
        "--without",
        type=lambda text: text.split(","),
        default=[],
        metavar="MODULE,...",
        help="modules that are not loaded, such as dialog",
    )
    top.add_argument(
        "--use-partitions",
        action="store_true",
        help="give drouting the partitions pstn and mobile (requires 2.1 or later)",
    )
    top.add_argument(
        "--more-blacklists",
        action="store_true",
        help="add a blacklist whose rules do not expire (plain), and a read-only one (fixed)",
    )
    top.add_argument(
        "--destinations",
        type=_words,
        default=[],
        metavar="URI,...",
        help="destinations of the dispatcher (set 1), the load balancer and drouting, in place of the usual ones",
    )
    cluster = top.add_argument_group("cluster")
    cluster.add_argument(
        "--cluster",
        type=_words,
        metavar="VERSION,...",
        help="nodes of a cluster in one process, such as 3.6,3.6: they replicate contacts and dialogs, and share tags",
    )
    cluster.add_argument(
        "--tags",
        type=_words,
        default=["vip"],
        metavar="TAG[=NODE],...",
        help="sharing tags, and the node that takes it when all have started: vip=1,media=2 (default: vip=1)",
    )
    cluster.add_argument(
        "--is-active-at-start",
        action="store_true",
        help="the tags are active in the configuration of that node, which takes them whenever it starts",
    )
    cluster.add_argument("--seeds", type=_numbers, default=[1], help="ids of the nodes with the flag seed (default: 1)")
    cluster.add_argument(
        "--edges",
        type=int,
        default=0,
        help="servers before the cluster, whose destinations are the nodes (default: %(default)s)",
    )
    cluster.add_argument(
        "--timing",
        type=_timing,
        default={},
        metavar="NAME=SECONDS,...",
        help="how long things take, in seconds: " + ", ".join(f"{name}={value}" for name, value in Hub.TIMING.items()),
    )
    presence = top.add_argument_group("presence")
    presence.add_argument(
        "--presence",
        choices=KINDS,
        default="none",
        help="server: presence and presence_mwi, and a script that handles PUBLISH and SUBSCRIBE of message-summary; "
        "unrouted: the modules, and a script that does not; pua: pua_mi only (default: %(default)s)",
    )
    presence.add_argument(
        "--least-publish-expires", type=int, default=0, help="seconds below which a PUBLISH gets 423 (default: none)"
    )
    presence.add_argument(
        "--publish-password",
        help="password of the user publisher, which a PUBLISH requires (default: it requires none)",
    )
    presence.add_argument(
        "--most-publish-expires", type=int, default=3600, help="max_expires_publish in seconds (default: %(default)s)"
    )
    top.add_argument("--json", action="store_true", help="print one line of JSON when ready, in place of a text")
    top.add_argument(
        "--control",
        action="store_true",
        help="read JSON commands from standard input, and stop at its end (implies --json)",
    )

    carriers = top.add_argument_group("transports (all are on by default)")
    for name, transport in (
        ("fifo", "the MI FIFO"),
        ("udp", "MI datagrams over UDP"),
        ("unix", "MI datagrams over a Unix socket"),
        ("http", "MI over HTTP"),
    ):
        carriers.add_argument(f"--no-{name}", dest=name, action="store_false", help=f"do not offer {transport}")
    carriers.add_argument(
        "--directory", help="directory for the FIFO, replies and sockets (default: a new temporary directory)"
    )
    carriers.add_argument("--remove-directory", action="store_true", help="remove DIRECTORY at the end")
    carriers.add_argument("--fifo-path", help="path of the FIFO (default: DIRECTORY/opensips_fifo)")
    carriers.add_argument("--reply-dir", help="reply_dir of mi_fifo (default: DIRECTORY)")
    carriers.add_argument("--unix-path", help="path of the Unix socket (default: DIRECTORY/mi.sock)")
    carriers.add_argument(
        "--fifo-mode", type=lambda text: int(text, 8), default=0o666, help="mode of the FIFO, octal (default: 666)"
    )
    carriers.add_argument("--udp-port", type=int, default=0, help="port of MI over UDP (default: any free port)")
    carriers.add_argument("--http-port", type=int, default=0, help="port of MI over HTTP (default: any free port)")
    carriers.add_argument(
        "--receive-buf-size",
        type=int,
        default=1024,
        help="bytes of the largest HTTP body that 3.6 and 4.0 accept (default: %(default)s, as in OpenSIPS)",
    )
    carriers.add_argument(
        "--tls-sip",
        action="store_true",
        help="offer TLS sockets of SIP: one, and one for the server domain of the script",
    )
    carriers.add_argument(
        "--tls-directory", help="directory of cert.pem, key.pem and opensips.sqlite (default: DIRECTORY)"
    )
    carriers.add_argument("--tls-port", type=int, default=0, help="port of --tls-sip (default: any free port)")
    carriers.add_argument("--tls-cert", help="PEM file of the certificate; HTTP becomes HTTPS")
    carriers.add_argument("--tls-key", help="PEM file of the certificate's key")
    carriers.add_argument("--tls-client-ca", help="PEM file of an authority; clients must have a certificate of it")
    carriers.add_argument("--http-user", help="user of basic authentication (default: none)")
    carriers.add_argument("--http-password", default="", help="password of --http-user")

    phones = top.add_argument_group("phones")
    phones.add_argument("--phones", type=int, default=20, help="number of phones (default: %(default)s)")
    phones.add_argument("--dead", type=float, default=0, help="share of phones that never answer: 0.03 and 3 are 3 %%")
    phones.add_argument("--reject", type=float, default=0, help="share of phones that reject requests")
    phones.add_argument(
        "--reject-codes",
        type=lambda text: [int(part) for part in text.split(",")],
        default=list(REJECTIONS),
        help="SIP codes with which they reject (default: 401,481,488,489,503)",
    )
    phones.add_argument(
        "--strict-notify",
        action="store_true",
        help="phones refuse a NOTIFY that lacks what RFC 6665 requires (489 without Event, else 400)",
    )
    phones.add_argument("--in-call", type=float, default=0, help="share of phones that are in a call from the start")
    phones.add_argument(
        "--call-seconds",
        type=lambda text: [float(part) for part in text.split(",")],
        default=[5.0, 60.0],
        metavar="SHORTEST,LONGEST",
        help="how long these calls last (default: 5,60)",
    )
    phones.add_argument(
        "--busy-code",
        type=int,
        help="SIP code with which a phone in a call answers (default: it accepts, and a reboot ends the call)",
    )
    phones.add_argument("--provisional", type=float, default=0, help="share of phones that answer 100 Trying only")
    phones.add_argument("--challenge", type=float, default=0, help="share of phones that ask for credentials")
    phones.add_argument(
        "--challenge-algorithms",
        type=lambda text: tuple(text.split(",")),
        default=("MD5",),
        help="algorithms of their challenges, such as SHA-256,MD5-sess (default: MD5)",
    )
    phones.add_argument(
        "--challenge-qop", default="auth", help="qop of their challenges, such as auth,auth-int (default: %(default)s)"
    )
    phones.add_argument(
        "--challenge-code",
        type=int,
        choices=(401, 407),
        default=401,
        help="code with which they ask (default: %(default)s)",
    )
    phones.add_argument(
        "--challenge-realms",
        type=lambda text: tuple(text.split(",")),
        default=("phone",),
        help="realms of their challenges (default: phone)",
    )
    phones.add_argument(
        "--challenge-stale",
        type=int,
        default=0,
        help="how many right answers in a row they call stale; -1: all (default: %(default)s)",
    )
    phones.add_argument(
        "--challenge-refusal",
        type=int,
        choices=(401, 403, 407),
        default=403,
        help="code for wrong credentials (default: %(default)s)",
    )
    phones.add_argument("--challenge-user", help="user name that they want (default: the user of each)")
    phones.add_argument("--challenge-password", default="secret", help="password that they want (default: %(default)s)")
    phones.add_argument(
        "--register",
        choices=("auto", "direct", "none"),
        default="auto",
        help="auto: with SIP REGISTER up to --register-limit phones, more are written into the location table; "
        "direct: all are written; none: not at all (default: %(default)s)",
    )
    phones.add_argument(
        "--register-limit",
        type=int,
        default=2000,
        help="most phones that auto registers with SIP REGISTER (default: %(default)s)",
    )
    phones.add_argument("--domain", default="127.0.0.1", help="domain of their AORs (default: %(default)s)")
    phones.add_argument(
        "--expires", type=int, default=7200, help="lifetime of their registrations in seconds (default: %(default)s)"
    )
    phones.add_argument(
        "--no-reboot", dest="reboot", action="store_false", help="phones accept a NOTIFY, and do not reboot"
    )
    phones.add_argument(
        "--reboot-seconds",
        type=float,
        default=1.0,
        help="seconds for which a phone is silent while it reboots (default: %(default)s)",
    )
    phones.add_argument("--upgrade", action="store_true", help="a phone that reboots comes back with another firmware")
    phones.add_argument(
        "--phones-port", type=int, default=0, help="UDP port of the first socket of the phones (default: any free port)"
    )
    phones.add_argument(
        "--seed",
        type=int,
        default=1,
        help="seed of the choice of phones that do not answer or that reject (default: %(default)s)",
    )
    phones.add_argument("--sip-log", help="file that gets a line of JSON for each SIP request that a phone receives")
    phones.add_argument(
        "--keep-sip-log", action="store_true", help="keep these lines in memory, for the command sip_log"
    )

    other = top.add_argument_group("behaviour")
    other.add_argument("--sip-port", type=int, default=0, help="SIP port of the server (default: any free port)")
    other.add_argument(
        "--fr-timeout", type=float, default=3.0, help="fr_timeout of tm in seconds (default: %(default)s)"
    )
    other.add_argument("--wt-timer", type=float, default=5.0, help="wt_timer of tm in seconds (default: %(default)s)")
    other.add_argument(
        "--shared-memory",
        type=float,
        default=64,
        metavar="MB",
        help="shared memory, as the option -m of opensips (default: %(default)s, as in Debian's packages)",
    )
    other.add_argument(
        "--cost",
        choices=("real", "none"),
        default="real",
        help="real: ul_dump takes as long as on a real server of 3.6 or 4.0; none: it takes no time (default: %(default)s)",
    )
    other.add_argument("--dialogs", type=int, default=0, help="number of calls that are up (default: %(default)s)")
    other.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="METHOD=KIND[:ARG][*COUNT]",
        help="have a command fail; the kinds are below; METHOD may be *",
    )
    other.add_argument(
        "--on-crash",
        choices=("close", "exit", "ignore"),
        default="close",
        help="what to do after a request that crashes a real server: close all transports, exit, or ignore it (default: %(default)s)",
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


def _greet(ready, name="Emulator"):
    lines = [f"{name} of OpenSIPS {ready['version']}, process {ready['pid']}"]
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
            text = "{} port {}".format(*value) if isinstance(value, list) else value
            lines.append(f"  {label:13} {text}")
    lines.append(f"  {'phones':13} {ready['phones']}, on port {ready['phones_port']}")
    return "\n".join(lines)


async def _serve(options):
    loop = asyncio.get_running_loop()
    stop = loop.create_future()

    def end(code):
        if not stop.done():
            stop.set_result(code)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, 0)
    if options.cluster:
        return await _serve_cluster(options, loop, stop, end)
    server = Server(options, loop)
    server.on_dead = end
    for text in options.fault:
        server.faults.set(*faults.parse(text))
    try:
        await server.start()
        ready = server.ready()
        print(json.dumps(ready) if options.json else _greet(ready) + END, flush=True)
        if options.control or sys.stdin is not None and sys.stdin.isatty():
            Control(server, loop, end, plain=not options.control).start()
        return await stop
    finally:
        server.close()


async def _serve_cluster(options, loop, stop, end):
    hub = Hub(
        options,
        loop,
        options.cluster,
        options.tags,
        options.seeds,
        options.edges,
        options.is_active_at_start,
        **options.timing,
    )
    control = ClusterControl(hub, loop, end, plain=not options.control)
    path = os.path.join(options.directory, "control")
    try:
        await hub.start()
        await control.listen(path)
        nodes = control.op_nodes()
        edges = [edge.ready() for edge in hub.edges]
        if options.json:
            print(json.dumps({"control_path": path, "nodes": nodes, "edges": edges}), flush=True)
        else:
            lines = [_greet(node, f"Node {number}") for number, node in enumerate(nodes, 1)]
            lines += [_greet(edge, "Edge") for edge in edges]
            print("\n".join(lines) + END, flush=True)
        if options.control or sys.stdin is not None and sys.stdin.isatty():
            control.start()
        return await stop
    finally:
        control.close()
        hub.close()


def _refuse_cluster(options):
    old = [version for version in options.cluster if version not in VERSIONS or version.startswith(("1.", "2."))]
    if old:
        return f"--cluster: {', '.join(old)} cannot be the version of a node; 3.6 and 4.0 can"
    unknown = sorted(set(options.timing) - set(Hub.TIMING))
    if unknown:
        return f"--timing: {', '.join(unknown)} are none of {', '.join(Hub.TIMING)}"
    return None


def main(argv=None):
    options = parser().parse_args(argv)
    refused = options.cluster and _refuse_cluster(options)
    if refused:
        parser().error(refused)
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
