# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that the same tests run against: emulated ones, and a real one."""

from __future__ import annotations

from ansible_collections.community.opensips.tests.emulator import Emulator

VERSIONS = ("1.11", "2.4", "3.6", "4.0")
# Seconds until a silent phone is given up; short, since tests wait for it
FR_TIMEOUT = 1.0


class Server:
    """version: tuple of int. ways: {name: options and protocol}. connection: options of the way that tests take.

    sip: (host, port). aor(user): how the server calls the AOR of a phone that registered as user@127.0.0.1.
    """

    def __init__(self, name, version, ways, sip):
        self.name = name
        self.version = version
        self.ways = ways
        self.sip = sip

    @property
    def tree(self):
        """Whether replies are trees of nodes, as before 3.0."""
        return self.version < (3,)

    @property
    def connection(self):
        return next(iter(self.ways.values()))[0]

    def aor(self, user):
        return f"{user}@127.0.0.1" if self.version >= (4,) else user

    def has(self, module):
        """Whether the server offers the module, by its OpenSIPS name."""
        raise NotImplementedError


class Emulated(Server):
    """An emulator; emu gives what it alone can: stats, faults, its own farm of phones."""

    def __init__(self, version, **options):
        self.emu = Emulator(version, **{"fr_timeout": FR_TIMEOUT, "reboot": False, **options}).start()
        super().__init__(
            f"emulated {version}", tuple(int(part) for part in version.split(".")), ways_of(self.emu), self.emu.sip
        )

    def has(self, module):
        return True

    def stop(self):
        # leaves as a with block does: a request that would have hurt a real server is an error
        self.emu.__exit__(None, None, None)


def ways_of(emu):
    """{name: (options, protocol)} of every way that an emulator offers."""
    line = emu.version.startswith(("1.", "2."))
    protocol = "line" if line else "jsonrpc"
    ways = {
        "fifo": ({"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir}, protocol),
        "udp": ({"host": emu.udp[0], "port": emu.udp[1]}, protocol),
        "unix": ({"socket_path": emu.unix_path}, protocol),
        "xmlrpc": ({"url": emu.xmlrpc_url}, "xmlrpc"),
    }
    if emu.udp6:
        ways["udp6"] = ({"host": emu.udp6[0], "port": emu.udp6[1]}, protocol)
    if emu.jsonrpc_url:
        ways["mi_http"] = ({"url": emu.jsonrpc_url}, "jsonrpc")
    if emu.mi_json_url:
        ways["mi_json"] = ({"url": emu.mi_json_url}, "mi_json")
    if emu.old_xmlrpc_url:
        ways["old_xmlrpc"] = ({"url": emu.old_xmlrpc_url}, "xmlrpc")
    return ways


def fifo_of(emu):
    """Connection options of an emulator's FIFO."""
    return {"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir}


def hosts_of(servers, **variables):
    """Variables of hosts, one for each server."""
    return {
        name: {
            "mi": server.connection,
            "major": server.version[0],
            "domain": "@127.0.0.1" if server.version >= (4,) else "",
            **variables,
        }
        for name, server in servers.items()
    }


def sip_hosts(servers, phones):
    """Variables of hosts with the ports of phones and server."""
    hosts = hosts_of(servers)
    for name, variables in hosts.items():
        variables.update(port=phones[name].port, sip_port=servers[name].sip[1])
    return hosts


def uri(user):
    """URI of a phone that registered at the host; its variables are those of sip_hosts()."""
    return f"sip:{user}@127.0.0.1:{{{{ port }}}}"
