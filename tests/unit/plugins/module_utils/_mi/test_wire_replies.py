# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every reply that real servers sent is decoded, and the same tree comes out whatever brought it."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    MalformedReply,
    MIError,
    RejectedCommand,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import NodeTreeReply, TextTreeReply
from ansible_collections.community.opensips.tests.unit import wire

# (version, file, id) of replies that are no replies of the protocol, by what they are instead
NOT_OF_THE_PROTOCOL = {
    # 1.11 serves mi_xmlrpc_ng at /xmlrpc; the recording asked /RPC2 and got a page of HTML
    ("1.11", "xmlrpc"): "every reply is HTML",
}


@pytest.mark.parametrize("version,name", wire.files())
def test_every_reply_is_decoded_or_an_error_of_the_tree(version, name):
    decoded = refused = 0
    for each in wire.exchanges(version, name):
        try:
            reply = wire.decode(version, name, each)
        except MIError as error:
            refused += 1
            assert str(error)
            if isinstance(error, MalformedReply) and (version, name) not in NOT_OF_THE_PROTOCOL:
                assert each["id"].startswith(("raw_", "oversized")), (each["id"], error)
            continue
        if reply is not None:
            decoded += 1
            assert reply.raw == wire.reply_bytes(each).decode("utf-8", "replace")
            assert reply.code == 200
            assert reply.is_tree == isinstance(reply, (NodeTreeReply, TextTreeReply))
            assert not reply.is_tree or isinstance(reply.result, list)
            if reply.is_tree:
                assert len(list(reply.walk())) == sum(1 for _node in _flatten(reply.result))
    assert refused
    if (version, name) not in NOT_OF_THE_PROTOCOL:
        assert decoded > refused


@pytest.mark.parametrize("version", wire.MEMORY_VERSIONS)
def test_replies_of_a_server_without_memory_are_replies_or_errors_of_the_tree(version):
    refused = set()
    for name, each in wire.memory(version):
        try:
            reply = wire.decode(version, name, each)
        except MIError as error:
            assert str(error) and error.message
            refused.add(each["id"])
        else:
            assert reply.code == 200 if reply else each["reply"] is None
    assert {"ul_add_no_memory", "cache_store_no_memory", "uac_no_memory_at_all"} <= refused


def _flatten(nodes):
    for node in nodes:
        assert sorted(node) == ["attributes", "children", "name", "value"]
        assert isinstance(node["name"], str) and isinstance(node["value"], str)
        assert all(isinstance(value, str) for value in node["attributes"].values())
        yield node
        yield from _flatten(node["children"])


@pytest.mark.parametrize("version,name", [each for each in wire.files() if each != ("1.11", "xmlrpc")])
def test_the_ways_to_say_no(version, name):
    if name in wire.OTHER_SERVERS:
        pytest.skip("not recorded there")
    with pytest.raises(ServerError if name == "http_json" and version == "1.11" else RejectedCommand):
        wire.reply(version, name, "nosuch")
    if name == "http_json" and version == "1.11":
        # handler errors of 1.11 over mi_json are an empty body: nothing to tell them from a success
        assert wire.reply(version, name, "ul_show_contact_missing").result == []
        return
    with pytest.raises(ServerError) as missing:
        wire.reply(version, name, "ul_show_contact_missing")
    assert (missing.value.code, missing.value.reason) == (404, "AOR not found")


# commands whose replies do not change between the recordings of one server; what each leaves out on the way
STEADY = [
    "version",
    "help",
    "ul_dump_brief",
    "cache_fetch",
    "cache_fetch_missing",
    "cache_fetch_utf8",
    "ds_list_full",
    "lb_list",
    "dr_gw_status_all",
    "dr_carrier_all",
    "address_dump",
    "subnet_dump",
    "domain_dump",
    "events_list",
    "profile_list",
]


@pytest.mark.parametrize("case", STEADY)
@pytest.mark.parametrize(
    "version,others", [("1.11", ["datagram", "http_json", "xmlrpc_old"]), ("2.4", ["datagram", "http_json", "xmlrpc"])]
)
def test_one_tree_over_every_transport(version, others, case):
    expected = wire.reply(version, "fifo", case).result
    assert expected
    for name in others:
        if (case, name) == ("cache_fetch_utf8", "xmlrpc_old"):
            continue  # that server writes DEL for each byte beyond ASCII
        assert wire.reply(version, name, case).result == expected, name


def test_attributes_with_blanks_and_values_with_equal_signs():
    processes = wire.reply("2.4", "fifo", "log_level_get").result
    assert processes[1]["attributes"]["Type"].startswith("HTTPD 127.0.0.1:")
    assert processes[1]["attributes"]["Log level"] == "2"
    odd = [
        node for node in _flatten(wire.reply("2.4", "fifo", "odd_ul_dump").result) if node["value"].startswith("Weird")
    ]
    assert [node["value"] for node in odd] == ['Weird:: UA; "quoted" = [x], <b>&amp; Gr\u00fc\u00dfe \u4f60\u597d']


def test_a_sip_message_stays_one_value():
    nodes = wire.reply("2.4", "fifo", "uac_notify_ok").result
    assert [node["name"] for node in nodes] == ["Status", "RURI", "Next-hop", "Routes", "Message"]
    assert nodes[4]["value"].startswith("Via: SIP/2.0/UDP") and nodes[4]["value"].endswith("Content-Length: 0\r\n\r\n")
