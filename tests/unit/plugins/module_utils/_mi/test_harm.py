# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that well-formed bytes carry and that still hurt a server."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, RefusedRequest
from ansible_collections.community.opensips.plugins.module_utils._mi.harm import refuse_harmful
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    JsonFifo,
    LineFifo,
)

BASE = "From: <sip:a@b>\r\nTo: <sip:c@d>\r\n"
HARMFUL = [
    "X: !\r\n",
    "X: a!b\r\nY: c!d\r\n",
    "X: !!!\r\n",
    "X: Snom!1\r\n",
    "Contact: <sip:!>\\r\\nY: !",
    "x!: y\r\n",
    "X: a\nY: !\n",
]
FINE = ["", "X: y\r\n", "Contact: <sip:!!>\r\n", "X: !!!!\r\n", "Subject: a\r\n"]


def never_asked():
    raise AssertionError("the version matters to reloads only")


def params(headers, shape):
    named = {"method": "NOTIFY", "ruri": "sip:a@b", "next_hop": ".", "socket": ".", "headers": headers}
    return named if shape == "dict" else list(named.values())


@pytest.mark.parametrize("shape", ["dict", "list"])
@pytest.mark.parametrize("name", ["t_uac_dlg", "tm:uac_dlg"])
def test_lone_exclamation_marks(name, shape):
    for headers in HARMFUL:
        with pytest.raises(RefusedRequest) as refused:
            refuse_harmful(name, params(BASE + headers, shape), never_asked)
        assert "!!" in str(refused.value)
    for headers in FINE:
        refuse_harmful(name, params(BASE + headers, shape), never_asked)


def test_own_headers_of_the_server_and_other_commands_may_hold_them():
    refuse_harmful("t_uac_dlg", params("From: <sip:a!x@b>\r\nTO : <sip:c!@d>\r\n", "dict"), never_asked)
    refuse_harmful("cache_store", {"headers": "X: !"}, never_asked)
    for odd in (None, {}, [], {"headers": 5}, ["a"]):
        refuse_harmful("t_uac_dlg", odd, never_asked)


RULES_THAT_CRASH = [
    "10.0.0.0/33",
    "udp,10.0.0.0/33,5060,",
    " !tcp,10.0.0.0/99",
    "2001:db8::/129",
    "udp",
    " !hep_udp",
]
RULES = ["", "10.0.0.0/32", "udp,10.0.0.0/255.255.0.0,0", "2001:db8::/128", "!udp,10.0.0.1,0,a/99", "udp,", "tcp "]


@pytest.mark.parametrize(
    "name", ["add_blacklist_rule", "blacklists:add_rule", "del_blacklist_rule", "blacklists:del_rule"]
)
def test_rules_of_blacklists_that_crash(name):
    for rule in RULES_THAT_CRASH:
        for params in ({"name": "a", "rule": rule}, ["a", rule]):
            with pytest.raises(RefusedRequest, match="crashes the server"):
                refuse_harmful(name, params, never_asked)
    for rule in RULES:
        refuse_harmful(name, {"name": "a", "rule": rule}, never_asked)
    refuse_harmful("check_blacklist", {"name": "a", "rule": "udp"}, never_asked)


@pytest.mark.parametrize("name", ["reload_routes", "core:reload_routes"])
def test_reloads_of_routes_that_crash_or_block(name):
    for version in ((3, 0, 5), (3, 1), (3, 1, 17)):
        with pytest.raises(RefusedRequest, match="Restart the server"):
            refuse_harmful(name, None, lambda version=version: version)
    for version in ((3, 2, 0), (3, 6, 8), (4, 0), (4, 10, 1)):
        refuse_harmful(name, None, lambda version=version: version)


@pytest.mark.parametrize("name", ["tls_reload", "tls_mgm:reload"])
def test_reloads_of_tls_that_crash(name):
    for version in ((4, 0), (4, 0, 1), (4, 1, 0)):
        with pytest.raises(RefusedRequest, match="Restart the server"):
            refuse_harmful(name, None, lambda version=version: version)
    for version in ((2, 4, 11), (3, 0), (3, 6, 8)):
        refuse_harmful(name, None, lambda version=version: version)


@pytest.mark.parametrize("peer_class", [JsonFifo, LineFifo])
def test_nothing_of_it_reaches_a_server(tmp_path, peer_class):
    with peer_class(tmp_path, commands={"t_uac_dlg": "x", "ps": ""}) as peer:
        with peer.connect(timeout=5) as conn:
            for headers in HARMFUL:
                values = params(BASE + headers, "dict")
                if peer_class is JsonFifo:
                    values = {"method": "NOTIFY", "ruri": "sip:a@b", "headers": BASE + headers}
                with pytest.raises(RefusedRequest):
                    conn.call("t_uac_dlg", values)
                outcomes = dict(conn.call_many([("t_uac_dlg", values), ("version", None)]))
                assert isinstance(outcomes[0], RefusedRequest) and outcomes[1].raw
                with pytest.raises(RefusedRequest):
                    conn.check("t_uac_dlg", values)
            for name in ("a" * 300, "", "a b", "a\n", ":x", "x" * 129, "\u00fc"):
                with pytest.raises(Exception) as refused:
                    conn.call(name)
                assert isinstance(refused.value, (BadParameters, Exception)) and type(
                    refused.value
                ).__module__.endswith("errors")
        assert "t_uac_dlg" not in peer.methods() and peer.harms == []


@pytest.mark.parametrize(("version", "reaches"), [("3.0.5", False), ("3.1.17", False), ("3.2.1", True)])
def test_a_reload_of_routes_reaches_servers_that_bear_it(tmp_path, version, reaches):
    with JsonFifo(tmp_path, version, commands={"reload_routes": "OK"}) as peer:
        with peer.connect(timeout=5) as conn:
            if reaches:
                conn.call("reload_routes")
            else:
                with pytest.raises(RefusedRequest, match=version):
                    conn.call("reload_routes")
        assert ("reload_routes" in peer.methods()) is reaches


@pytest.mark.parametrize(("version", "reaches"), [("3.6.8", True), ("4.0.1", False)])
def test_a_reload_of_tls_reaches_servers_that_bear_it(tmp_path, version, reaches):
    name = "tls_reload" if reaches else "tls_mgm:reload"
    with JsonFifo(tmp_path, version, commands={name: "OK"}) as peer:
        with peer.connect(timeout=5) as conn:
            if reaches:
                conn.call("tls_reload")
            else:
                with pytest.raises(RefusedRequest, match=version):
                    conn.call("tls_reload")
        assert (name in peer.methods()) is reaches
