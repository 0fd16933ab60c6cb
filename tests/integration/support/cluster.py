# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real OpenSIPS nodes on loopback that form a cluster: contacts and dialogs replicated, one sharing tag, a virtual address.

RealCluster is used as the emulator's Cluster: nodes, stop(i), kill(i), start(i), restart_command(i).
"""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import shutil
import subprocess
import tempfile
import time

from .opensips import find_modules, free_ports, release_of
from .servers import Server
from .virtual_address import Forwarder, mi

# seconds until a node must be up, gone, or synced
SECONDS = 20
CLUSTER_ID = 1
TAG = "vip"

# What it takes that no call is lost, as real servers of 3.6 and 4.0 showed with ten calls a second:
# - The Via is the node's own address, so that the answers of a call that is being set up reach the node that has its
#   transaction, also after the address has moved. With `socket=… as VIRTUAL_ADDRESS` they reach the new holder, which has
#   none: all calls that rang when the tag moved were lost (17 in two moves), and their node had them until fr_inv_timeout.
# - Record-Route is the virtual address: ACK and BYE reach the holder of the tag. It has the dialog: dialogs are replicated
#   when they are answered, not before. Calls that ring are known to one node alone, which must not stop before their end:
#   without waiting for early_dialogs to be 0, they were lost (14 in two restarts). Nothing else has to be waited for:
#   inuse_transactions is above 0 for another 5 s (wt_timer), and restarts in that time lost nothing.
# - The virtual address follows the tag a little later. Until then new calls arrive at a node that is backup already; it serves
#   them, and they are replicated when they are answered.
# - Both sockets have one tag (`socket=… tag vip`): a replicated dialog names its socket, and a node drops one that it lacks.
# - A sync (dlg_cluster_sync, or a neighbour that came up) drops answered calls that the donor does not know. It leaves those
#   that ring ("bogus event 7 in state 2").
# - The tag is backup in all configurations. A node that is `active` there takes it as soon as it is up, before it is synced;
#   calls go on all the same (0 lost), since Record-Route has all that a BYE needs.
# - One node is the seed: a cluster that starts as a whole has no one to sync from. It waits for a donor longer than its
#   links need to come up (`seed_fallback_interval`), or it declares itself synced with nothing.
_CONFIGURATION = """\
log_level=2
stderror_enabled=yes
syslog_enabled=no
udp_workers=4
socket=udp:{listen} tag {tag}
socket=bin:{host}:{bin}
alias=udp:{virtual}
auto_aliases=no
mpath="{modules}/"
loadmodule "proto_udp.so"
loadmodule "proto_bin.so"
loadmodule "signaling.so"
loadmodule "sl.so"
loadmodule "tm.so"
modparam("tm", "fr_timeout", 5)
modparam("tm", "fr_inv_timeout", 30)
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "sipmsgops.so"
loadmodule "mi_fifo.so"
modparam("mi_fifo", "fifo_name", "{folder}/opensips_fifo")
modparam("mi_fifo", "reply_dir", "{folder}/")
loadmodule "mi_datagram.so"
modparam("mi_datagram", "socket_name", "udp:{host}:{mi}")
loadmodule "httpd.so"
modparam("httpd", "ip", "{host}")
modparam("httpd", "port", {http})
loadmodule "mi_http.so"
loadmodule "clusterer.so"
modparam("clusterer", "db_mode", 0)
modparam("clusterer", "my_node_id", {node_id})
modparam("clusterer", "my_node_info", "cluster_id={cluster_id}, url=bin:{host}:{bin}{seed}")
{neighbours}
modparam("clusterer", "sharing_tag", "{tag}/{cluster_id}={state}")
modparam("clusterer", "seed_fallback_interval", 3)
modparam("clusterer", "ping_interval", 1)
modparam("clusterer", "ping_timeout", 500)
loadmodule "usrloc.so"
modparam("usrloc", "working_mode_preset", "full-sharing-cluster")
modparam("usrloc", "location_cluster", {cluster_id})
loadmodule "registrar.so"
loadmodule "dialog.so"
modparam("dialog", "dialog_replication_cluster", {cluster_id})
loadmodule "statistics.so"
loadmodule "cachedb_local.so"
{more}
route {{
    if (!mf_process_maxfwd_header(10)) {{ exit; }}
    if (is_method("REGISTER")) {{ if (!save("location")) {{ sl_reply_error(); }} exit; }}
    if (has_totag()) {{ if (loose_route()) {{ t_relay(); }} exit; }}
    if (is_method("OPTIONS")) {{ sl_send_reply(200, "OK"); exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
    # a copy of what this node is already at work on
    t_check_trans();
    if (is_method("INVITE")) {{ create_dialog(); {mark} }}
    record_route_preset("{virtual}");
    if (!lookup("location")) {{ sl_send_reply(404, "Not Found"); exit; }}
    t_relay();
}}
"""

# start, stop, kill or restart a node; a role runs it on the node's host
_CONTROL = """\
#!/bin/sh
cd '{folder}' || exit 1
pid() {{ cat pid 2>/dev/null; }}
# a zombie is gone: who starts nodes in a container may not reap them
gone() {{ ! grep -qs '^State:.[^Z]' "/proc/$(pid)/status"; }}
end() {{
    tries=0
    gone || kill -s "$1" -- "-$(pid)"
    until gone; do
        tries=$((tries + 1))
        [ $tries -lt {tries} ] || kill -s KILL -- "-$(pid)"
        sleep 0.1
    done
    sleep 0.1
    rm -f pid
}}
start() {{
    gone || return 0
    rm -f pid opensips_fifo
    setsid {prefix} '{binary}' -F -f '{folder}/opensips.cfg' -m 64 -M 4 -w '{folder}' -P pid </dev/null >>log 2>&1 &
    tries=0
    until [ -s pid ] && [ -p opensips_fifo ]; do
        tries=$((tries + 1))
        [ $tries -lt {tries} ] || exit 1
        sleep 0.1
    done
}}
case "$1" in
start) start ;;
stop) end TERM ;;
kill) end KILL ;;
restart) end TERM; start ;;
esac
"""


@dataclasses.dataclass
class Ports:
    sip: int
    mi: int
    http: int
    bin: int


class Loopback:
    """All nodes on one host; a forwarder plays the virtual address."""

    home = "127.0.0.1"

    def __init__(self, nodes):
        self.hosts = [self.home] * nodes
        self._vip, *self._ports = free_ports(1 + 4 * nodes)

    def ports(self):
        """Of SIP, MI, HTTP and the binary interface of each node."""
        return [self._ports[4 * number : 4 * number + 4] for number in range(len(self.hosts))]

    def virtual_address(self, nodes, tag):
        return Forwarder(self._vip, nodes, tag)

    def addresses(self, sip):
        """Where a node listens, and the virtual address. sip: (host, port) of the node."""
        return {"listen": f"{sip[0]}:{sip[1]}", "virtual": f"{self.home}:{self._vip}"}

    def prefix(self, _host):
        """What comes before the command that starts a node."""
        return ""

    def close(self):
        pass


class RealNode(Server):
    """A node: a Server that stops and starts again at the same ports. Has the names of an Emulator, too."""

    def __init__(self, cluster, number, ports):
        self.node_id = number + 1
        self.ports = ports
        self.folder = cluster.folder / f"node{self.node_id}"
        self.folder.mkdir()
        self.fifo_path = str(self.folder / "opensips_fifo")
        self.reply_dir = str(self.folder)
        self.host = cluster.network.hosts[number]
        self.udp = (self.host, ports.mi)
        self.jsonrpc_url = f"http://{self.host}:{ports.http}/mi"
        ways = {
            "fifo": ({"fifo_path": self.fifo_path, "reply_dir": self.reply_dir}, "jsonrpc"),
            "udp": ({"host": self.host, "port": ports.mi}, "jsonrpc"),
            "mi_http": ({"url": self.jsonrpc_url}, "jsonrpc"),
        }
        super().__init__(f"node{self.node_id}", cluster.version, ways, (self.host, ports.sip))

    def has(self, module):
        return f'"{module}.so"' in (self.folder / "opensips.cfg").read_text(encoding="utf-8")

    def mi(self, method, **params):
        """The result of a command, or None while the node does not answer."""
        return mi(self.udp, method, **params)

    def control(self, action):
        """start, stop, kill or restart."""
        process = subprocess.run([self.folder / "control", action], check=False, timeout=3 * SECONDS)
        assert process.returncode == 0, f"{self.name} does not {action}:\n{self.log()[-3000:]}"

    def alive(self):
        return self.mi("uptime") is not None

    def tags(self):
        """{tag: state}; None while the node does not answer."""
        tags = self.mi("clusterer_list_shtags")
        return None if tags is None else {tag["Tag"]: tag["State"] for tag in tags}

    def synced(self):
        """Whether it sees all its neighbours, and has what they have."""
        links, capabilities = self.mi("clusterer_list"), self.mi("clusterer_list_cap")
        return bool(links and capabilities) and all(
            [node["link_state"] == "Up" for cluster in links["Clusters"] for node in cluster["Nodes"]]
            + [cap["state"] == "Ok" for cluster in capabilities["Clusters"] for cap in cluster["Capabilities"]]
        )

    def statistics(self, *names):
        """{name: number}; empty while the node does not answer. names: without their groups."""
        values = self.mi("get_statistics", statistics=list(names)) or {}
        return {name.partition(":")[2]: int(value) for name, value in values.items()}

    def dialogs(self):
        """How many dialogs it has in its memory, its own and those of its neighbours."""
        return self.statistics("active_dialogs").get("active_dialogs", 0)

    def log(self):
        path = self.folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


class RealCluster:
    """`with RealCluster(binary) as cluster: ...`: nodes of one binary; the first holds the tag at the start.

    virtual_address: a VirtualAddress that follows the tag. is_active_at_start: whether the first is `active` in its configuration, as many are.
    is_tagged: whether calls have the tag; without one, a call is of each node that has it. more: lines for the configuration.
    modules: their folder.
    """

    def __init__(self, binary, nodes=2, modules=None, more="", is_active_at_start=False, network=None, is_tagged=True):
        self.binary = pathlib.Path(binary).resolve()
        self.version = release_of(binary)
        self.name = f"opensips {'.'.join(map(str, self.version))}"
        self.modules = pathlib.Path(modules) if modules else find_modules(binary)
        # a short path: the server takes 128 characters for reply FIFOs
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="opensips-cluster-"))
        self.edges = []
        self.network = network or Loopback(nodes)
        ports = self.network.ports()
        self.nodes = [RealNode(self, number, Ports(*ports[number])) for number in range(nodes)]
        for node in self.nodes:
            is_active = is_active_at_start and node is self.nodes[0]
            mark = f'set_dlg_sharing_tag("{TAG}");' if is_tagged else ""
            self._configure(node, more=more, mark=mark, state="active" if is_active else "backup")
        self.virtual_address = self.network.virtual_address([(node.udp, node.sip) for node in self.nodes], TAG)

    def start(self, number=None):
        """Start a node that is stopped, or all, and wait until they are synced; the first takes the tag."""
        if number is not None:
            self.nodes[number].control("start")
            return self.nodes[number]
        for node in self.nodes:
            node.control("start")
        self.wait_until_synced()
        self.move(0)
        return self

    def stop(self, number=None):
        """Stop a node as SIGTERM does, or end all and what they leave."""
        if number is None:
            self.close()
        else:
            self.nodes[number].control("stop")

    def kill(self, number):
        """End a node as SIGKILL does."""
        self.nodes[number].control("kill")

    def restart_command(self, number):
        """A command for a shell that restarts a node, and ends when it is up."""
        return f"{self.nodes[number].folder}/control restart"

    def wait_until_synced(self, seconds=SECONDS):
        """Wait until all links of running nodes are up, and all that they replicate is synced."""
        wait_until(
            lambda: all(node.synced() for node in self.nodes if node.alive()),
            "the nodes do not sync",
            seconds,
            self._logs,
        )

    def holders(self, tag=TAG):
        """Indices of the running nodes that hold the sharing tag."""
        return [number for number, node in enumerate(self.nodes) if (node.tags() or {}).get(tag) == "active"]

    def move(self, number):
        """Move the tag to a node, and wait until the virtual address is there."""
        self.nodes[number].mi("clusterer_shtag_set_active", tag=f"{TAG}/{CLUSTER_ID}")
        wait_until(lambda: self.holders() == [number], "the tag does not move")
        wait_until(lambda: self.virtual_address.holder == number, "the virtual address does not follow")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_exception):
        self.close()

    def close(self):
        self.virtual_address.close()
        for node in self.nodes:
            with contextlib.suppress(OSError, subprocess.SubprocessError, AssertionError):
                node.control("stop")
        self.network.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _logs(self):
        return "\n".join(node.log()[-3000:] for node in self.nodes)

    def _configure(self, node, **values):
        neighbours = "\n".join(
            f'modparam("clusterer", "neighbor_node_info", "cluster_id={CLUSTER_ID}, '
            f'node_id={other.node_id}, url=bin:{other.host}:{other.ports.bin}")'
            for other in self.nodes
            if other is not node
        )
        text = _CONFIGURATION.format(
            **dataclasses.asdict(node.ports), **values, **self.network.addresses(node.sip),
            host=node.host, tag=TAG, cluster_id=CLUSTER_ID, node_id=node.node_id,
            seed=", flags=seed" if node.node_id == 1 else "", neighbours=neighbours, modules=self.modules, folder=node.folder,
        )  # fmt: skip
        (node.folder / "opensips.cfg").write_text(text, encoding="utf-8")
        control = node.folder / "control"
        control.write_text(
            _CONTROL.format(
                folder=node.folder, binary=self.binary, tries=10 * SECONDS, prefix=self.network.prefix(node.host)
            ),
            encoding="utf-8",
        )
        control.chmod(0o755)


def wait_until(condition, message, seconds=SECONDS, details=lambda: ""):
    """Wait until condition() is true; an AssertionError with the message if it does not become so."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"{message}\n{details()}"
        time.sleep(0.05)
