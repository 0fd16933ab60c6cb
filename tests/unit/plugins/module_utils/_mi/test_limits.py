# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replies that are too large, nest too deeply or have too many values, and parameters of users that do."""

import json

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi import limits, tree
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    MIError,
    ReplyTooLarge,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import (
    DEFAULT_REPLY_SIZE,
    MEGABYTE,
    NESTING,
    ReplyLimit,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.options import resolve
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.line import LineProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.mi_json import MiJsonProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.xmlrpc import XmlRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Layout, TextTreeReply
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import JsonFifo

REQUEST = Request(b"", "uptime", 7)


# --- how large ---------------------------------------------------------------------------------------------------


def test_the_option_is_in_megabytes():
    assert resolve({}).max_reply_size == DEFAULT_REPLY_SIZE * MEGABYTE
    assert resolve({"max_reply_size": "2"}).max_reply_size == 2 * MEGABYTE


@pytest.mark.parametrize("value", [0, -1, "many", 1 << 21, [], float("inf")])
def test_a_limit_that_cannot_be_is_refused(value):
    with pytest.raises(BadParameters) as caught:
        resolve({"max_reply_size": value})
    assert "max_reply_size" in str(caught.value)


def test_what_is_held_is_counted_together():
    limit = ReplyLimit(100)
    limit.hold(60, "there")
    limit.let_go(60)
    limit.hold(90, "there")
    with pytest.raises(ReplyTooLarge) as caught:
        limit.hold(11, "there")
    assert "there" in str(caught.value) and "max_reply_size" in str(caught.value) and caught.value.is_over_limit


def mib(size, unit):
    """unit again and again, about size megabytes of it."""
    return unit * (size * MEGABYTE // len(unit))


@pytest.mark.parametrize(
    "protocol, data",
    [
        (JsonRpcProtocol, b'{"id": 7, "result": [' + mib(1, b"{},") + b"0]}"),
        (JsonRpcProtocol, b'{"id": 7, "result": [' + mib(1, b"[],") + b"0]}"),
        (JsonRpcProtocol, b'{"id": 7, "result": [' + mib(1, b"0.1,") + b"0]}"),
        (MiJsonProtocol, b'{"x": [' + mib(1, b"{},") + b"{}]}"),
        (MiJsonProtocol, b"{" + mib(1, b'"a":"",') + b'"a": ""}'),
        (LineProtocol, b"200 OK\n" + mib(1, b"a\n")),
        (XmlRpcProtocol, b"<methodResponse>" + mib(1, b"<a/>") + b"</methodResponse>"),
    ],
)
def test_too_many_values_are_not_made(protocol, data):
    """Each would need more than thirty times its size."""
    speaker = protocol()
    speaker.limit = ReplyLimit(2 * MEGABYTE)
    with pytest.raises(ReplyTooLarge) as caught:
        speaker.decode(data, REQUEST)
    assert "max_reply_size" in str(caught.value)


def test_as_many_values_as_servers_answer_are_made():
    contact = {name: "some value of it" for name in "Contact Expires Callid Cseq User-agent State Flags".split()}
    data = json.dumps({"id": 7, "result": [contact] * 9000}).encode()
    speaker = JsonRpcProtocol()
    speaker.limit = ReplyLimit(2 * MEGABYTE)
    assert len(data) > MEGABYTE
    assert len(speaker.decode(data, REQUEST).result) == 9000


# --- how deep ----------------------------------------------------------------------------------------------------

DEPTHS = (NESTING + 2, 450, 960, 3000, 30000)


def lists(depth):
    return b'{"id": 7, "result": ' + b"[" * depth + b"]" * depth + b"}"


def objects(depth):
    return b'{"id": 7, "result": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"


def nodes(depth):
    return b'{"a":{"value":"","children":' * depth + b"null" + b"}}" * depth


def line_tree(depth):
    return b"200 OK\n" + b"".join(b"\t" * level + b"a:: b\n" for level in range(min(depth, 3000)))


def xml(depth):
    inner = b"<value><array><data>" * depth + b"<value>x</value>" + b"</data></array></value>" * depth
    return b"<methodResponse><params><param>" + inner + b"</param></params></methodResponse>"


def xml_values(depth):
    return (
        b"<methodResponse><params><param>"
        + b"<value>" * depth
        + b"</value>" * depth
        + b"</param></params></methodResponse>"
    )


def xml_structs(depth):
    opening, closing = b"<value><struct><member><name>a</name>", b"</member></struct></value>"
    inner = opening * depth + b"<value>x</value>" + closing * depth
    return b"<methodResponse><params><param>" + inner + b"</param></params></methodResponse>"


def xml_fault(depth):
    return xml_structs(depth).replace(b"<params><param>", b"<fault>").replace(b"</param></params>", b"</fault>")


REPLIES = [
    (JsonRpcProtocol, lists),
    (JsonRpcProtocol, objects),
    (MiJsonProtocol, nodes),
    (LineProtocol, line_tree),
    (XmlRpcProtocol, xml),
    (XmlRpcProtocol, xml_values),
    (XmlRpcProtocol, xml_structs),
    (XmlRpcProtocol, xml_fault),
]


@pytest.mark.parametrize("protocol, make", REPLIES)
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_reply_that_nests_too_deeply_is_malformed(protocol, make, depth):
    with pytest.raises(MalformedReply) as caught:
        json.dumps(protocol().decode(make(depth), REQUEST).result)
    assert "nests" in str(caught.value)


@pytest.mark.parametrize("protocol, make", [each for each in REPLIES if each[1] not in (xml_structs, xml_fault)])
def test_a_reply_may_nest_as_servers_do(protocol, make):
    json.dumps(protocol().decode(make(12), REQUEST).result)


def test_an_error_may_carry_no_deep_data():
    data = b'{"id": 7, "error": {"code": 500, "message": "x", "data": ' + b"[" * 960 + b"]" * 960 + b"}}"
    with pytest.raises(MalformedReply):
        JsonRpcProtocol().decode(data, REQUEST)


def test_a_tree_that_is_only_read_along_may_be_deep():
    """A phone of 2.x may fold its User-Agent: readers of text trees pass over what does not fit."""
    reply = TextTreeReply(line_tree(3000).decode(), None, status="200 OK")
    assert sum(1 for _event in reply.walk()) == 3001


def test_levels_are_counted_not_values():
    assert not limits.nests_too_deeply([[1, {"a": (2,)}]] * 1000, 3)
    assert limits.nests_too_deeply([[1, {"a": (2,)}]] * 1000, 2)
    assert not limits.nests_too_deeply("text", 0)
    assert not tree.build([])


def nested(depth, kind):
    value = "x"
    for _level in range(depth):
        value = [value] if kind is list else {"a": value}
    return value


@pytest.mark.parametrize("kind", [list, dict])
@pytest.mark.parametrize("depth", [9, 65, 700, 5000])
@pytest.mark.parametrize("method", ["get_statistics", "not_in_the_catalogue"])
def test_parameters_that_nest_too_deeply_are_refused(tmp_path, kind, depth, method):
    commands = {"get_statistics": {}, "not_in_the_catalogue": {}}
    with JsonFifo(tmp_path, commands=commands) as peer, peer.connect() as conn:
        for params in ({"statistics": nested(depth, kind)}, [nested(depth, kind)]):
            with pytest.raises(BadParameters) as caught:
                conn.call(method, params)
            assert len(str(caught.value)) < 500
        assert not set(peer.methods()) & set(commands)


@pytest.mark.parametrize("depth", [NESTING + 2, 700, 5000])
def test_deep_parameters_are_refused_before_anything_is_asked(depth):
    with pytest.raises(BadParameters) as caught:
        Connection({"port": 1}).check("uptime", nested(depth, dict))
    assert "deep" in str(caught.value)


@pytest.mark.parametrize("protocol", [JsonRpcProtocol, XmlRpcProtocol])
def test_no_protocol_breaks_on_what_is_not_too_deep(protocol):
    with pytest.raises(BadParameters):
        protocol().encode("uptime", [nested(NESTING, dict)])


# --- numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "protocol, data",
    [
        (JsonRpcProtocol, b'{"id": 7, "result": %s}' % (b"9" * 100000)),
        (MiJsonProtocol, b'{"a": {"value": %s}}' % (b"9" * 100000)),
        (
            XmlRpcProtocol,
            b"<methodResponse><params><param><value><int>%s</int></value></param></params></methodResponse>"
            % (b"9" * 100000),
        ),
    ],
)
def test_numbers_of_many_digits_are_not_read(protocol, data):
    """Older Pythons take seconds for 100,000 digits, and longer for more."""
    with pytest.raises(MalformedReply):
        protocol().decode(data, REQUEST)


def test_text_may_have_many_digits():
    data = json.dumps({"id": 7, "result": {"a": "9" * 100000, "b": 7}}).encode()
    assert JsonRpcProtocol().decode(data, REQUEST).result["b"] == 7


@pytest.mark.parametrize("quote, error", [(b'"', None), (b"", MalformedReply)])
def test_numbers_of_many_digits_are_not_read_in_parts(quote, error):
    layout = Layout("Domains", "name", "AORs", "Domain", "AOR")
    decoder = JsonRpcProtocol().parts(REQUEST, layout)
    data = b'{"id": 7, "result": {"Domains": [{"name": "a", "AORs": [{"AOR": %s%s%s}]}]}}' % (
        quote,
        b"9" * 100000,
        quote,
    )
    pieces = [data[start : start + 1000] for start in range(0, len(data), 1000)]
    try:
        parts = [part for piece in pieces for part in decoder.feed(piece)] + decoder.finish()
    except MIError as caught:
        assert error is not None and isinstance(caught, error)
    else:
        assert error is None and parts


def test_a_version_of_many_digits_is_no_version(tmp_path):
    commands = {"version": {"Server": "OpenSIPS ({0}.6 (x86_64/linux))".format("3" * 5000)}}
    with JsonFifo(tmp_path, commands=commands) as peer, peer.connect() as conn:
        with pytest.raises(MalformedReply):
            conn.call("version")
