# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network of its own for each node of a real cluster, and a virtual address that is an address of the node which holds the tag.

Nothing of this touches the network of the machine: the tests themselves must run in a namespace without a network,
`unshare --user --map-root-user --net pytest …`, and are skipped elsewhere.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import socket
import subprocess

from .virtual_address import VirtualAddress

TOOLS = shutil.which("ip") and shutil.which("nsenter") and shutil.which("unshare")
# of RFC 1918; nodes are 10.87.NUMBER.2
HOME = "10.87.0.1"
VIRTUAL = "10.87.100.1"
SIP, MI, HTTP, BIN = 5060, 8080, 8888, 5566


def is_possible():
    """Whether the tests run in a namespace that has no interface but loopback, or only those made here, and may change it."""
    names = {name.rstrip("0123456789") for _index, name in socket.if_nameindex()}
    return bool(TOOLS) and os.geteuid() == 0 and names <= {"lo", "node"}


class Namespaces:
    """As cluster.Loopback, but each node has its own addresses, and its own ports are those that OpenSIPS usually has."""

    home = HOME

    def __init__(self, nodes):
        self.hosts = [f"10.87.{number}.2" for number in range(1, nodes + 1)]
        _run("ip link set lo up")
        _run(f"ip addr replace {HOME}/32 dev lo")
        pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")
        self._processes = [self._namespace(number) for number in range(1, nodes + 1)]

    def ports(self):
        return [(SIP, MI, HTTP, BIN)] * len(self.hosts)

    def virtual_address(self, nodes, tag):
        return RoutedAddress(self, nodes, tag).start()

    def addresses(self, sip):
        # Its own address in the Via, and as the source of all that it sends: also the answers of calls that came by the
        # virtual address, after that has moved. From a socket of the virtual address alone, they could not be sent any more.
        return {"listen": f"0.0.0.0:{SIP} as {sip[0]}:{SIP}", "virtual": f"{VIRTUAL}:{SIP}"}

    def prefix(self, host):
        return f"nsenter -t {self._processes[self.hosts.index(host)].pid} -n"

    def close(self):
        for process in self._processes:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def bring(self, old, new):
        """Move the virtual address between nodes, given by their numbers; old may be None."""
        if old is not None:
            self._inside(old, f"ip addr del {VIRTUAL}/32 dev lo")
        self._inside(new, f"ip addr replace {VIRTUAL}/32 dev lo")
        _run(f"ip route replace {VIRTUAL}/32 via {self.hosts[new]}")

    def _namespace(self, number):
        """The process that keeps the namespace of a node, which is joined to ours by a cable of its own."""
        process = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo made; exec sleep 3600"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        assert process.stdout.readline() == b"made\n", "no namespace"
        inside = f"nsenter -t {process.pid} -n"
        _run(f"ip link add node{number} type veth peer name eth0 netns {process.pid}")
        _run(f"ip addr add 10.87.{number}.1/24 dev node{number}")
        _run(f"ip link set node{number} up")
        _run(f"{inside} ip addr add 10.87.{number}.2/24 dev eth0")
        _run(f"{inside} ip link set lo up")
        _run(f"{inside} ip link set eth0 up")
        _run(f"{inside} ip route add default via 10.87.{number}.1")
        return process

    def _inside(self, number, command):
        _run(f"{self.prefix(self.hosts[number])} {command}")


class RoutedAddress(VirtualAddress):
    """An address of the node that holds the tag."""

    def __init__(self, network, nodes, tag):
        super().__init__((VIRTUAL, SIP), nodes, tag)
        self._network = network

    def move(self, number):
        self._network.bring(self.holder, number)
        self.holder = number


def _run(command):
    done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
