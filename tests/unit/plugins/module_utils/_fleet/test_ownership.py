# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which contacts are a server's own, by what its processes listen on or by patterns."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet.ownership import own_sockets
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import ValueReply
from ansible_collections.community.opensips.tests.unit import wire


class Server:
    """Answers ps with one reply."""

    def __init__(self, reply):
        self._reply = reply

    def call(self, method, params=None, timeout=None):
        assert method == "ps"
        return self._reply


def listening(*types):
    rows = [{"ID": number, "PID": 100 + number, "Type": each} for number, each in enumerate(types)]
    return Server(ValueReply({"Processes": rows}, ""))


def contact(socket):
    return {"socket": socket}


RECORDED = [
    (version, name)
    for version, name in wire.files()
    for each in wire.exchanges(version, name)
    # mi_xmlrpc of 1.11 answers /RPC2 with an error page
    if each["id"] == "ps" and b"SIP receiver" in (wire.reply_bytes(each) or b"")
]


@pytest.mark.parametrize("version, name", RECORDED)
def test_every_recorded_server_owns_its_address(version, name):
    foreign = own_sockets(Server(wire.reply(version, name, "ps")), None)
    for socket in ("udp:127.0.0.1:5060", "tcp:127.0.0.1:5061", "UDP:127.0.0.1:5060", "127.0.0.1"):
        assert foreign(contact(socket)) is None
    for socket in ("udp:127.0.0.2:5060", "udp:127.0.0.11:5060", "udp:[::1]:5060", "udp:sip.example.com:5060"):
        assert foreign(contact(socket)) == "another server serves it, through " + socket
    assert "does not say" in foreign(contact(None))


def test_there_are_recordings_of_every_version():
    assert {version for version, _name in RECORDED} == set(wire.VERSIONS)


def test_ipv6_and_names():
    server = listening("stand-alone", "SIP receiver udp:[2001:DB8::1]:5060 ", "SIP receiver tls:SIP.example.com:5061")
    foreign = own_sockets(server, None)
    assert foreign(contact("udp:[2001:db8::1]:5060")) is None
    assert foreign(contact("tls:sip.EXAMPLE.com:5061")) is None
    assert foreign(contact("udp:[2001:db8::2]:5060"))
    assert foreign(contact("udp:[2001:db8::11]:5060"))


@pytest.mark.parametrize(
    "receiver, socket, why",
    [
        ("udp:127.0.0.1:5060", "tcp:127.0.0.2:5060", "only the addresses on which it listens for UDP"),
        ("udp:127.0.0.1:5060", "tls:127.0.0.2:5061", "only the addresses on which it listens for UDP"),
        ("udp:127.0.0.1:5060", "wss:[::1]:443", "only the addresses on which it listens for UDP"),
        ("udp:0.0.0.0:5060", "udp:0.0.0.0:5060", "every server that listens on all addresses has it"),
        ("udp:[::]:5060", "udp:[0:0:0:0:0:0:0:0]:5060", "every server that listens on all addresses has it"),
        ("udp:127.0.0.1:5060", "udp:0.0.0.0:5060", "every server that listens on all addresses has it"),
        ("udp:0.0.0.0:5060", "udp:192.0.2.1:5060", "the server listens on all addresses"),
    ],
)
def test_what_cannot_be_known_asks_for_own_sockets(receiver, socket, why):
    """Neither "another server's", so that nobody sends to the phone, nor "mine", so that all do."""
    foreign = own_sockets(listening("stand-alone", "SIP receiver {0} ".format(receiver)), None)
    with pytest.raises(BadParameters, match="own_sockets") as caught:
        foreign(contact(socket))
    assert why in str(caught.value) and socket in str(caught.value)


@pytest.mark.parametrize("types", [(), ("stand-alone",), ("attendant", "MI FIFO", None)])
def test_a_server_that_does_not_tell(types):
    with pytest.raises(BadParameters, match="own_sockets"):
        own_sockets(listening(*types), None)


@pytest.mark.parametrize(
    "patterns, socket, own",
    [
        (["udp:192.0.2.1:*"], "udp:192.0.2.1:5060", True),
        (["udp:192.0.2.1:*"], "udp:192.0.2.1:5070", True),
        (["udp:192.0.2.1:*"], "tcp:192.0.2.1:5060", False),
        (["udp:192.0.2.1:*"], "udp:192.0.2.11:5060", False),
        (["*:192.0.2.1:*", "*:192.0.2.2:*"], "tls:192.0.2.2:5061", True),
        (["udp:[2001:db8::1]:*"], "udp:[2001:db8:0:0:0:0:0:1]:5060", True),
        (["udp:[[]2001:db8::1]:*"], "udp:[2001:db8::1]:5060", True),
        (["UDP:SIP.example.com:*"], "udp:sip.example.com:5060", True),
        (["udp:192.0.2.1"], "udp:192.0.2.1:5060", False),
        (["*"], None, False),
    ],
)
def test_patterns(patterns, socket, own):
    """With patterns the server is not even asked."""
    foreign = own_sockets(None, patterns)
    assert (foreign(contact(socket)) is None) == own
