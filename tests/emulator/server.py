# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One emulated OpenSIPS: state, commands, carriers, SIP, phones."""

import asyncio
import os
import socket
import sys

from . import commands, datagram, sip
from .commands.events import Notifier
from .dispatch import Dispatcher
from .faults import Fault, Faults
from .fifo import JsonFifo
from .fifo_line import LineFifo
from .http import HttpServer
from .http_mi import MiHttp, MiJsonGet, OldXmlRpc, XmlRpcTree, XmlRpcValue
from .memory import OutOfMemory, TransactionTable
from .phones import Farm
from .presence import Presence
from .registrar import Registrar
from .state import State
from .tls_domains import Domains, Listener


class Server:
    """Everything of one process. `options`: see cli.py.

    member: Member of a cluster, whose server this is, or None. farm: phones that are there already.
    """

    def __init__(self, options, loop, member=None, farm=None):
        self.options = options
        self.loop = loop
        self.state = State(
            options.version,
            options.modules,
            options.directory,
            options.use_partitions,
            options.more_blacklists,
            options.shared_memory,
            options.destinations,
        )
        self.state.tls = Domains(self.state, options.tls_directory or options.directory)
        self.tls = self.tls_script = None
        self.member = member
        if member is not None:
            member.follow(self.state)
        self.transactions = TransactionTable(self.state.memory, options.wt_timer)
        self.presence = None
        self.pua = {}  # what pua_mi published: presentity -> ETag
        self.dispatcher = Dispatcher(self)
        self.faults = Faults()
        self.notify = Notifier(self)
        self.calls = {}  # command as asked for -> how often
        self.stats_lost = 0  # requests or replies that a real server loses without a word
        self.crashes = []  # what would have brought a real server down
        self.harms = []  # what would have hurt it
        if options.presence != "none":
            self.presence = Presence(
                self, options.least_publish_expires, options.most_publish_expires, options.publish_password
            )
        self.alive = False
        self.fifo = self.http = self.old_http = self.sip = None
        self.farm = farm
        self.udp = self.udp6 = self.unix = None
        self._held = []
        self._spent = 0.0  # seconds that the command just run takes in the process that serves it
        self._black_hole = None
        self._sweeper = None
        self.on_dead = None

    # ---- life

    async def start(self):
        options = self.options
        state = self.state
        self.sip = sip.Endpoint(
            self.loop, options.sip_port, options.fr_timeout, Registrar(self).on_request, state.count, self.transactions
        )
        state.sip_port = self.sip.port
        if options.tls_sip:
            self.tls = Listener(self)
            await self.tls.start(options.tls_port)
            self.tls_script = Listener(self)
            await self.tls_script.start(0)
            state.tls.place_script(self.tls_script.port)
        state.add_dialogs(options.dialogs)
        if options.fifo:
            kind = LineFifo if state.tree else JsonFifo
            self.fifo = kind(self, options.fifo_path, options.reply_dir)
        fragile = state.v >= (4, 0)
        if options.udp:
            self.udp = datagram.Datagram(self, datagram.bind_udp("127.0.0.1", options.udp_port), fragile)
            try:
                self.udp6 = datagram.Datagram(self, datagram.bind_udp("::1"), fragile)
            except OSError:
                self.udp6 = None  # no IPv6 on this machine
        if options.unix:
            self.unix = datagram.Datagram(self, datagram.bind_unix(options.unix_path), fragile)
        if options.http:
            await self._start_http()
        self.alive = True
        self._sweeper = self.loop.call_later(1.0, self._sweep)
        if self.farm is not None:
            self.farm.state = state
            return
        self.farm = Farm(self.loop, self.sip.port, options, state)
        await self._register_phones()
        self.farm.begin_calls()

    async def _start_http(self):
        state = self.state
        if not state.tree:
            handlers = {"mi": MiHttp(self), "RPC2": XmlRpcValue(self)}
        else:
            handlers = {"json": MiJsonGet(self), "xmlrpc" if state.v < (2, 0) else "RPC2": XmlRpcTree(self)}
        self.http = HttpServer(self, handlers)
        await self.http.start(self.options.http_port)
        state.http_port = self.http.port
        if state.v < (2, 0):
            self.old_http = HttpServer(self, {"RPC2": OldXmlRpc(self)})
            await self.old_http.start(0)

    async def _register_phones(self):
        """By SIP, paced; big fleets are put into the table at once."""
        farm = self.farm
        if self.options.register == "none":
            return
        if self.options.register == "direct" or len(farm.phones) > self.options.register_limit:
            try:
                farm.seed(self.state)
            except OutOfMemory:
                raise OSError(
                    f"{self.options.shared_memory:g} MB of shared memory are too few for {len(farm.phones)} registered phones:"
                    f" {len(self.state.location)} had room"
                ) from None
            return
        for index, phone in enumerate(farm.phones.values()):
            farm.register(phone)
            if index % 50 == 49:
                await asyncio.sleep(0.002)
        for _turn in range(500):
            if len(self.state.location) >= len(farm.phones):
                return
            await asyncio.sleep(0.01)
        self.warn(f"only {len(self.state.location)} of {len(farm.phones)} phones registered")

    def _sweep(self):
        self.state.location.sweep()
        self.transactions.sweep()
        if self.presence is not None:
            self.presence.sweep()
        self._sweeper = self.loop.call_later(1.0, self._sweep)

    def close(self, crashed=False, keep_farm=False):
        """Close every carrier. A crashed server leaves its FIFO behind, without a reader. Phones end with a server that is stopped."""
        self.alive = False
        if self._sweeper is not None:
            self._sweeper.cancel()
        for carrier in (self.udp, self.udp6, self.unix, self.http, self.old_http, self.sip, self.tls, self.tls_script):
            if carrier is not None:
                carrier.close()
        if self.fifo is not None:
            self.fifo.close(unlink=not crashed)
        if not (crashed or keep_farm) and self.farm is not None:
            self.farm.close()
        if self._black_hole is not None:
            self._black_hole.close()
            self._black_hole = None
        self.notify.close()
        for fd in self._held:
            os.close(fd)
        self._held = []

    def hold(self, fd):
        """Keep a reply FIFO open without writing: the client waits in vain."""
        if fd is not None:
            self._held.append(fd)

    # ---- harm

    @staticmethod
    def warn(text):
        sys.stderr.write(f"emulator: {text}\n")
        sys.stderr.flush()

    def harm(self, reason):
        """A request that hurts a real server without ending it."""
        self.harms.append(reason)
        self.warn("HARM: " + reason)

    def crash(self, reason):
        """A request that ends a real server."""
        self.crashes.append(reason)
        self.warn("CRASH: " + reason)
        if self.options.on_crash == "ignore":
            return
        self.close(crashed=True)
        if self.options.on_crash == "exit" and self.on_dead is not None:
            self.on_dead(139)

    # ---- time

    def spend(self, seconds):
        """What the command being run takes in the process that serves it: that one serves nobody else meanwhile."""
        if self.options.cost == "real":
            self._spent = max(0.0, seconds)

    def spent(self):
        """The seconds that the command just run takes; to be asked for right after it."""
        seconds, self._spent = self._spent, 0.0
        return seconds

    # ---- commands

    def note(self, name):
        self.calls[name] = self.calls.get(name, 0) + 1

    def lookup(self, name):
        """The classic name of a command of 1.x and 2.x, or None."""
        return self.dispatcher.lookup(name)

    def is_async(self, name):
        if self.dispatcher.is_async(name):
            return True
        if self.state.v < (4, 0) or ":" not in name and name not in ("uac_dlg", "send_sequential"):
            return False
        return self.dispatcher.is_async(self.dispatcher.lookup(name))

    def lacks_handler(self, name):
        """Whether it is an asynchronous command, and what answers it later has no room in the shared memory."""
        return name is not None and self.is_async(name) and not self.transactions.handler_fits()

    @staticmethod
    def takes_no_input(classic):
        command = commands.TABLE.get(classic)
        return command is not None and command.no_input

    def call_line(self, classic, args, done):
        self.note(classic)
        return self.dispatcher.call_line(classic, args, done)

    def call_rpc(self, method, params, done):
        self.note(method)
        return self.dispatcher.call_rpc(method, params, done)

    # ---- what commands ask for

    def http_roots(self):
        if self.http is None:
            return []
        modules = {
            "mi": "mi_http",
            "json": "mi_json",
            "xmlrpc": "mi_xmlrpc_ng",
            "RPC2": "mi_xmlrpc" if self.state.v >= (4, 0) else "mi_xmlrpc_ng",
        }
        return [(root, modules[root]) for root in self.http.handlers]

    def local_sockets(self):
        return {f"udp:127.0.0.1:{self.sip.port}", f"127.0.0.1:{self.sip.port}"}

    def via_host(self, hop):
        return ("[::1]:%d" if ":" in hop.host else "127.0.0.1:%d") % self.sip.port

    def reachable(self, address):
        """The address, or for one outside this machine a socket that never answers: nothing leaves loopback."""
        host = address[0]
        if host.startswith("127.") or host == "::1":
            return address
        if self._black_hole is None:
            self._black_hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._black_hole.bind(("127.0.0.1", 0))
        return self._black_hole.getsockname() if ":" not in host else ("::1", 9)

    # ---- control

    def ready(self):
        """Where everything is."""

        def address(carrier):
            return None if carrier is None else list(carrier.sock.getsockname()[:2])

        scheme = "https" if self.options.tls_cert else "http"
        base = f"{scheme}://127.0.0.1:{self.http.port}" if self.http else None
        tree = self.state.tree
        xmlrpc = "/RPC2" if self.state.v >= (2, 0) else "/xmlrpc"
        return {
            "version": self.state.version,
            "pid": os.getpid(),
            "directory": self.options.directory,
            "fifo_path": self.fifo.path if self.fifo else None,
            "reply_dir": self.options.reply_dir if self.fifo else None,
            "udp": address(self.udp),
            "udp6": address(self.udp6),
            "unix_path": self.options.unix_path if self.unix else None,
            "http_base": base,
            "jsonrpc_url": base + "/mi" if base and not tree else None,
            "mi_json_url": base + "/json" if base and tree else None,
            "xmlrpc_url": base + xmlrpc if base else None,
            "old_xmlrpc_url": f"{scheme}://127.0.0.1:{self.old_http.port}/RPC2" if self.old_http else None,
            "sip": ["127.0.0.1", self.sip.port],
            "tls": ["127.0.0.1", self.tls.port] if self.tls else None,
            "tls_script": ["127.0.0.1", self.tls_script.port] if self.tls_script else None,
            "phones": len(self.farm.phones),
            "phones_port": self.farm.sockets[0].getsockname()[1],
        }

    def stats(self):
        return {
            "commands": dict(self.calls),
            "crashes": len(self.crashes),
            "crash_reasons": list(self.crashes),
            "harms": list(self.harms),
            "lost": self.stats_lost,
            "alive": self.alive,
            "fifo_recreated": self.fifo.recreated if self.fifo else 0,
            "unopened_reply_fifos": self.fifo.replies.unopened if self.fifo else 0,
            "faults": dict(self.faults.played),
            "contacts": self.state.location.contact_count(),
            "memory": self.memory(),
            "farm": self.farm.summary(),
            "cut_calls": self.state.cut_calls,
        }

    def memory(self):
        memory = self.state.memory
        return {
            "total": memory.total,
            "used": memory.real,
            "max_used": memory.max_real,
            "free": memory.free,
            "aside": memory.aside,
            "transactions": self.transactions.inuse,
            "out_of_memory": memory.failures,
        }

    def plan_fault(self, method, kind, argument=None, count=None):
        self.faults.set(method, Fault(kind, argument, count))

    def kill(self):
        """End it as a signal would: carriers gone, FIFO left behind."""
        self.close(crashed=True)
