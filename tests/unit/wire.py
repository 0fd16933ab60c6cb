# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recorded wire of real servers (tests/unit/fixtures/wire, see its README.md), and how to decode it."""

import json
import os

from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.line import LineProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.mi_json import MiJsonProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.xmlrpc import XmlRpcProtocol

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "wire")
VERSIONS = ("1.11", "2.4", "3.6", "4.0")
MEMORY_VERSIONS = ("2.4", "3.6", "4.0")
FILES = ("fifo", "datagram", "http_json", "http_jsonrpc", "xmlrpc", "xmlrpc_old", "state_fifo", "facts_fifo")
# of servers that were set up otherwise, so that they have not every case
OTHER_SERVERS = ("state_fifo", "facts_fifo")


def files():
    """(version, file) of each recording of exchanges, without its ending."""
    return [
        (version, name)
        for version in VERSIONS
        for name in FILES
        if os.path.exists(os.path.join(FIXTURES, version, name + ".jsonl"))
    ]


def exchanges(version, name):
    """The recorded exchanges of one file: list of dict with id, method, params, request, reply."""
    with open(os.path.join(FIXTURES, version, name + ".jsonl"), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def memory(version):
    """(carrier, exchange) of what was recorded while a server was out of shared memory; the carrier is one of FILES."""
    return [(each["carrier"], each) for each in exchanges(version, "memory")]


def all_exchanges():
    """(version, file, exchange) of everything recorded but events. What is in memory.jsonl counts as its carrier's file."""
    found = [(version, name, each) for version, name in files() for each in exchanges(version, name)]
    return found + [(version, name, each) for version in MEMORY_VERSIONS for name, each in memory(version)]


def exchange(version, name, case):
    """The exchange whose id is case."""
    return next(each for each in exchanges(version, name) if each["id"] == case)


def protocol_of(version, name):
    """A new protocol that speaks as the server of that recording."""
    if name == "http_json":
        return MiJsonProtocol()
    if name.startswith("xmlrpc"):
        protocol = XmlRpcProtocol()
        protocol.tree_replies = version in ("1.11", "2.4")
        return protocol
    return LineProtocol() if version in ("1.11", "2.4") else JsonRpcProtocol()


def reply_bytes(each):
    """The bytes that the server sent, or None. Bodies over HTTP were recorded as latin-1, too."""
    reply = each["reply"]
    if reply is None:
        return None
    if isinstance(reply, dict):
        return (reply.get("body") or "").encode("latin-1")
    return reply.encode("latin-1")


def request_of(version, name, each):
    """A Request as the one that was recorded, for decode()."""
    request_id = None
    if protocol_of(version, name).name == "jsonrpc":
        text = each["request"]
        start = text.find("{")
        try:
            sent = json.loads(text[start:]) if start >= 0 else {}
            request_id = sent.get("id") if isinstance(sent, dict) else None
        except ValueError:
            pass
    return Request(b"", each["method"], request_id)


def decode(version, name, each):
    """The Reply of a recorded exchange; raises what the protocol raises. None when the server sent nothing."""
    data = reply_bytes(each)
    if data is None:
        return None
    return protocol_of(version, name).decode(data, request_of(version, name, each))


def reply(version, name, case):
    """The Reply of the exchange whose id is case."""
    return decode(version, name, exchange(version, name, case))
