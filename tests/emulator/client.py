# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emulator, Cluster: handles on emulated OpenSIPS servers that run in a process of their own.

This file keeps to Python 3.6, so that tests of the modules can use it; the server itself needs 3.11
(`OPENSIPS_EMULATOR_PYTHON` names an interpreter when the tests run on an older one).
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading

_HERE = os.path.dirname(os.path.abspath(__file__))
_CARRIERS = ("fifo", "udp", "unix", "http")


class EmulatorError(Exception):
    """The emulator did not start, or refused a control command."""


class HarmfulRequest(AssertionError):
    """A request was sent that would have ended, or hung, a real server."""


class _Process:
    """One process of the emulator, and its control commands."""

    def __init__(self, version="3.6", faults=(), allow_crash=False, start_timeout=30.0, **options):
        self.version = version
        self.allow_crash = allow_crash
        self._start_timeout = start_timeout
        self._lock = threading.Lock()
        self._process = None
        self._errors = None
        self.directory = None
        self._arguments = self._command_line(version, faults, options)

    @staticmethod
    def _command_line(version, faults, options):
        arguments = ["--control", "--version", version]
        options.setdefault("keep_sip_log", True)
        only = any(options.get(name) for name in _CARRIERS)
        for name in _CARRIERS:
            if not options.pop(name, not only):
                arguments.append("--no-" + name)
        if not options.pop("reboot", True):
            arguments.append("--no-reboot")
        for fault in faults:
            arguments += ["--fault", fault]
        for name, value in sorted(options.items()):
            flag = "--" + name.replace("_", "-")
            if value is True:
                arguments.append(flag)
            elif isinstance(value, (list, tuple)):
                arguments += [flag, ",".join(str(item) for item in value)]
            elif value is not None and value is not False:
                arguments += [flag, f"{value:o}" if name == "fifo_mode" else str(value)]
        return arguments

    # ---- life

    def start(self):
        """Start it and wait until it is ready; returns self."""
        python = os.environ.get("OPENSIPS_EMULATOR_PYTHON") or sys.executable
        self.directory = tempfile.mkdtemp(prefix="opensips-emulator-")
        # others must be able to enter: clients of another user, as in a real /run/opensips
        os.chmod(self.directory, 0o755)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child lives
        self._process = subprocess.Popen(
            [python, _HERE, "--directory", self.directory, "--remove-directory"] + self._arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        timer = threading.Timer(self._start_timeout, self._process.kill)
        timer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            text = self.stderr()
            self.stop()
            raise EmulatorError("the emulator did not start: " + (text.strip() or "no message"))
        self._ready(json.loads(line.decode("utf-8")))
        return self

    def _ready(self, ready):
        raise NotImplementedError

    def _hurt(self):
        """What was sent that would have hurt a real server: list of text."""
        raise NotImplementedError

    def stop(self):
        """End it and remove its files."""
        process, self._process = self._process, None
        if process is not None:
            try:
                process.stdin.close()
            except OSError:
                pass
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        if self._errors is not None:
            self._errors.close()
            self._errors = None
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        reasons = []
        if kind is None and not self.allow_crash:
            try:
                reasons = self._hurt()
            except EmulatorError:
                reasons = ["the emulator is gone: " + self.stderr()]
        self.stop()
        if reasons:
            raise HarmfulRequest("a real server would have been hurt: " + "; ".join(reasons))

    # ---- control

    def _call(self, op, **arguments):
        arguments["op"] = op
        with self._lock:
            if self._process is None:
                raise EmulatorError("the emulator does not run")
            try:
                self._process.stdin.write(json.dumps(arguments).encode("utf-8") + b"\n")
                self._process.stdin.flush()
                line = self._process.stdout.readline()
            except OSError as error:
                raise EmulatorError(f"the emulator is gone: {error}") from error
        if not line:
            raise EmulatorError("the emulator is gone")
        reply = json.loads(line.decode("utf-8"))
        if "error" in reply:
            raise EmulatorError(reply["error"])
        return reply["ok"]

    def stderr(self):
        """What the emulator printed on its standard error so far."""
        if self._errors is None:
            return ""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")


class Emulator(_Process):
    """`with Emulator("2.4", phones=20, dead=0.03) as emu: ...`

    Carriers: fifo, udp, unix, http (bool, default: all on; with one of them given as True, only those).
    Other keywords are the options of the command line with `_` for `-` (phones, dead, reject, reject_codes (list),
    fr_timeout, wt_timer, shared_memory (megabytes, default 64), cost ("real", the default, or "none"), sip_log,
    keep_sip_log (default on), upgrade, reboot (bool), tls_cert, http_user, dialogs, ...).
    `faults`: list of "METHOD=KIND[:ARG][*COUNT]". `allow_crash`: leaving the block does not raise HarmfulRequest.

    Attributes once started: fifo_path, reply_dir, udp and udp6 (host, port), unix_path, http_base, jsonrpc_url,
    mi_json_url, xmlrpc_url, old_xmlrpc_url, http_url (jsonrpc_url or mi_json_url), sip (host, port), phones_port,
    tls and tls_script (host, port; the latter is that of the domain sv), version, directory, pid. What the version or the options do not have is None.
    """

    def _ready(self, ready):
        for name, value in ready.items():
            if name != "phones":
                setattr(self, name, tuple(value) if isinstance(value, list) else value)
        self.http_url = self.jsonrpc_url or self.mi_json_url

    def _hurt(self):
        stats = self.stats()
        return stats["crash_reasons"] + stats["harms"]

    def stats(self):
        """dict: commands {name: count}, crashes, crash_reasons, harms, lost, alive, fifo_recreated,
        unopened_reply_fifos, faults {kind: count}, contacts, memory (see memory()), farm {phones, behaviours, received, boots}."""
        return self._call("stats")

    def state(self):
        """The whole state as plain data: location, cache, dispatcher, load_balancer, gateways, ..."""
        return self._call("state")

    def sip_log(self, start=0):
        """SIP requests that the phones got: dicts with time, port, first, headers, body, raw (latin-1)."""
        return [
            dict(entry, headers=[tuple(pair) for pair in entry["headers"]])
            for entry in self._call("sip_log", start=start) or []
        ]

    def presence(self):
        """publications ({presentity: bodies, the latest last}), watchers (list of presentities), received (each PUBLISH); or None."""
        return self._call("presence")

    def forget_publications(self):
        """As a server does that lost its table presentity."""
        self._call("forget_publications")

    def fault(self, method, kind, argument=None, count=None):
        """Misbehave from now on: `emu.fault("ul_dump", "slow", 2.5, count=1)`; method "*" is every one."""
        self._call("fault", method=method, kind=kind, argument=argument, count=count)

    def clear_faults(self, method=None):
        """Behave again, for one method or for all."""
        self._call("clear", method=method)

    def add_contact(self, aor, uri, expires=3600, **fields):
        """Put a contact into the location table. expires: seconds, 0 for ever; fields: q, callid, cseq,
        user_agent, received, path, flags, cflags, socket, methods, attr, sip_instance."""
        self._call("add_contact", aor=aor, uri=uri, expires=expires, **fields)

    def add_event(self, event):
        """Have the script of the server raise an event, too."""
        self._call("add_event", event=event)

    def raise_event(self, event, **fields):
        """Send an event to who has subscribed. fields: its parameters as the server names them, in their order."""
        self._call("raise_event", event=event, fields=fields or None)

    def forget_contact(self, aor):
        """Drop an AOR from the location table."""
        self._call("forget_contact", aor=aor)

    def memory(self):
        """The shared memory, in bytes: total, used, max_used, free, aside; transactions: how many it holds; out_of_memory:
        how often something was refused for want of it."""
        return self._call("memory")

    def set_memory_aside(self, megabytes):
        """Have somebody else hold that much of the shared memory, or what is left of it; 0 gives it back.
        Returns the megabytes that are held. With the last 328 bytes gone, 3.6 and 4.0 die when a phone answers a request
        that came over FIFO, as real ones do: leave a few KB where a test goes on."""
        return self._call("set_memory_aside", megabytes=megabytes)

    def set_statistics(self, values):
        """Have statistics ("group:name") keep these values, or count again those that are None."""
        self._call("set_statistics", values=values)

    def set_status(self, group, identifier, status, details=None):
        """Change what a status report says: status is negative where the identifier is not ready."""
        self._call("set_status", group=group, identifier=identifier, status=status, details=details)

    def answer_options(self, code):
        """Answer SIP OPTIONS with a code, or with nothing (None)."""
        self._call("answer_options", code=code)

    def set_dialogs(self, count):
        """Have that many calls up."""
        self._call("set_dialogs", count=count)

    def keep_dialogs(self, count):
        """End all calls but that many, those that the server lists first."""
        self._call("keep_dialogs", count=count)

    def add_dialog(self, age=0, seconds=None, **fields):
        """One more call, `age` seconds old, over by itself after `seconds`. fields: callid, from_uri, to_uri, state (1 to 5),
        callee_contact, callee_route_set, profiles: list of (name, value or None), lists: how often it is listed until it is
        over, end: what dlg_end_dlg does to it, "gone", "stays" or "refused"."""
        self._call("add_dialog", age=age, seconds=seconds, **fields)

    def call(self, user, other=None, seconds=None, rings=0.0):
        """A call of a phone with another one, or with nobody that registered. seconds: until it is over, or None for ever; rings:
        seconds of these before it is answered. A phone that starts anew ends its calls: stats() counts them as cut_calls."""
        self._call("call", user=user, other=other, seconds=seconds, rings=rings)

    def hang_up(self, user):
        """The calls of a phone are over."""
        self._call("hang_up", user=user)

    def refuse(self, method, code, reason, count=None):
        """Answer a command, by its classic name, with an error instead of running it, the next `count` times
        (0: no more) or for ever."""
        self._call("refuse", method=method, code=code, reason=reason, count=count)

    def phones(self):
        """list of dict: user, vendor, user_agent, contact, behaviour, code, boots."""
        return self._call("phones")

    def set_phone(self, user, **fields):
        """Change a phone: behaviour ("answer", "reject", "dead", "provisional"), code, firmware, domain."""
        return self._call("phone", user=user, **fields)

    def demand(self, user, **demand):
        """Have a phone ask for credentials: fields of digest.Demand (algorithms, qop, code, realms, stale, refusal, password ...)."""
        self._call("demand", user=user, **demand)

    def register(self, user):
        """Let a phone register once more, by SIP."""
        self._call("register", user=user)

    def kill(self):
        """Let the server die: its FIFO stays behind without a reader, its ports close."""
        self._call("kill")


class Node(Emulator):
    """A node of a Cluster: an Emulator that starts and ends with it. node_id: 1 for the first."""

    def __init__(self, cluster, node_id):  # pylint: disable=super-init-not-called
        self.cluster, self.node_id = cluster, node_id

    def start(self):
        self.cluster.start(self.node_id - 1)
        return self

    def stop(self):
        self.cluster.stop(self.node_id - 1)

    def kill(self):
        """End it as SIGKILL does: its FIFO stays behind without a reader, its ports close."""
        self.cluster.kill(self.node_id - 1)

    def stderr(self):
        return self.cluster.stderr()

    def _call(self, op, **arguments):
        return self.cluster._call(op, node=self.node_id, **arguments)


class Edge(Emulator):
    """A server before the nodes of a Cluster: its destinations are they."""

    def __init__(self, cluster, number):  # pylint: disable=super-init-not-called
        self.cluster, self.number = cluster, number

    def stderr(self):
        return self.cluster.stderr()

    def _call(self, op, **arguments):
        return self.cluster._call(op, edge=self.number, **arguments)


class Cluster(_Process):
    """`with Cluster("3.6", nodes=2) as cluster: ...`: nodes of one process that replicate contacts and dialogs, and share tags.

    version: of all nodes, 3.6 or 4.0, or a list with that of each. tags: names of the sharing tags, with the node that takes
    it when all have started: ["vip=1", "media=2", "nobodys"] (default: ["vip"]; the first is for node 1).
    is_active_at_start: whether the tags are active in the configuration of that node: it then takes them whenever it
    starts, before it is synced. seeds: ids of the nodes with the flag seed ([1]).
    timing: dict of seconds, see cluster.Hub.TIMING. Other keywords are options of Emulator, for each node; phones are those
    of node 1, and go on when it stops.

    nodes: list of Node, the first has node_id 1. edges: list of as many Edge as asked for: their dispatcher (set 1), load
    balancer (ids from 1) and drouting (gw1, gw2, ...) have the nodes as destinations, in their order. Calls arrive by a
    Traffic. start(), stop(), kill() and restart_command() take an index of nodes; start() and stop() without one are about all.
    """

    def __init__(self, version="3.6", nodes=2, tags=("vip",), seeds=(1,), timing=(), edges=0, **options):
        versions = [version] * nodes if isinstance(version, str) else list(version)
        options.setdefault("phones", 0)
        options.update(
            cluster=versions,
            tags=list(tags),
            seeds=list(seeds),
            edges=edges,
            timing=[f"{name}={seconds}" for name, seconds in sorted(dict(timing).items())],
        )
        super().__init__(versions[0], **options)
        self.nodes = [Node(self, number) for number in range(1, len(versions) + 1)]
        self.edges = [Edge(self, number) for number in range(1, edges + 1)]
        self.control_path = None

    def _ready(self, ready):
        self.control_path = ready["control_path"]
        for index, entry in enumerate(ready["nodes"]):
            self.nodes[index]._ready(entry)
        for index, entry in enumerate(ready["edges"]):
            self.edges[index]._ready(entry)

    def _hurt(self):
        return self._call("hurt")

    def start(self, index=None):
        """Start them all, or a node that is stopped; returns when it answers MI."""
        if index is None:
            return super().start()
        node = self.nodes[index]
        node._ready(self._call("start_node", number=node.node_id))
        return node

    def stop(self, index=None):
        """Stop them all, or one node as SIGTERM does."""
        if index is None:
            super().stop()
        else:
            self._call("stop_node", number=self.nodes[index].node_id)

    def kill(self, index):
        """End a node as SIGKILL does."""
        self._call("kill_node", number=self.nodes[index].node_id)

    def next_start(self, index, outcome="starts", **options):
        """What the next start of a node does. outcome: "starts", "fails", "silent" (it does not answer), or "unsynced" (it never
        gets what its partners have). options: those that it has from then on, such as version."""
        self._call("next_start", number=self.nodes[index].node_id, outcome=outcome, options=options)

    def restart_command(self, index):
        """A shell command that restarts the node, as `systemctl restart opensips` does: it fails if the node does not start."""
        words = [sys.executable, "-IS", os.path.join(_HERE, "ask.py"), self.control_path]
        return " ".join(map(shlex.quote, words + ["restart_node", str(self.nodes[index].node_id)]))

    def wait_until_synced(self, seconds=20):
        """Wait until all links of running nodes are up, and all that they replicate is synced."""
        self._call("wait_until_synced", seconds=seconds)

    def time_out_syncs(self, index, name, count=1):
        """Have the next `count` syncs of a capability of a node time out, as was seen on 3.6.8 under load: nobody asks again."""
        self._call("time_out_syncs", number=self.nodes[index].node_id, name=name, count=count)

    def jam_links(self, index):
        """Have a node see its neighbours in Probe, although they are up and see it, until its links are disabled and enabled, as was
        seen on 3.6.8."""
        self._call("jam_links", number=self.nodes[index].node_id)

    def move(self, index, tag="vip"):
        """Move the tag to a node, and wait until no other one holds it."""
        self._call("move", number=self.nodes[index].node_id, tag=tag)

    def holders(self, tag="vip"):
        """Indices of the running nodes that hold the sharing tag."""
        return [number - 1 for number in self._call("holders", tag=tag)]


class Traffic:
    """Calls that arrive at a Cluster from the `with` on: `calls_per_second`, each of between the two `seconds`.

    They arrive at the node that holds `tag`, and have it; or, with through="dispatcher" ("load_balancer", "drouting"), at the
    nodes that the first edge has as active destinations there, in turn, and have no tag.
    `rings`: seconds until a call is answered; meanwhile only the node at which it arrived knows it.

    A call is lost if no node takes it when it arrives, if the node that serves it goes away, or if the node that holds the
    tag at its end does not know it. A call whose tag moved goes on at the partner; one without a tag stays where it is.
    """

    def __init__(self, cluster, calls_per_second=10, seconds=(2, 15), tag="vip", through=None, rings=0.0):
        self.cluster = cluster
        self._options = {"rate": calls_per_second, "seconds": list(seconds), "rings": rings}
        self._options.update({"tag": tag} if through is None else {"through": through})

    def start(self):
        self.cluster._call("start_traffic", **self._options)
        return self

    def finish(self, wait=True):
        """Have no more calls arrive, and wait until all have ended, or end them; returns the summary()."""
        return self.cluster._call("finish_traffic", wait=wait)

    def summary(self):
        """dict: made, answered, ended, lost, up (answered and not over yet), at {node_id: arrived there}, reasons {why: how many were lost}."""
        return self.cluster._call("traffic")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_exception):
        self.finish(wait=False)
