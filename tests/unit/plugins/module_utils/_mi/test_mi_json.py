# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mi_json of 1.11 to 2.4: what its splitting cannot carry, and its objects as trees."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    RejectedCommand,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.mi_json import MiJsonProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request

REQUEST = Request(b"", "uptime")


def decode(data):
    return MiJsonProtocol().decode(data, REQUEST)


@pytest.mark.parametrize(
    "value,word", [("a,b", "comma"), (",", "comma"), ("", "empty"), ("a\0", "NUL"), (None, "None"), (True, "True")]
)
def test_values_that_it_cannot_carry(value, word):
    with pytest.raises(BadParameters) as refused:
        MiJsonProtocol().encode("cache_store", ["local", value])
    assert word in str(refused.value) and "Parameter 2" in str(refused.value)


@pytest.mark.parametrize(
    "data,error",
    [
        (b'{"error":{"code":404,"message":"AOR not found"}}', ServerError),
        (b'{"error":{"code":500,"message":"Command not found"}}', RejectedCommand),
        (b'{"error":"Internal server error"}', ServerError),
        (b'{"error":{"message":"x"}}', ServerError),
        (b"<html/>", MalformedReply),
        (b"[1]", MalformedReply),
        (b'"x"', MalformedReply),
        (b'{"a":', MalformedReply),
        (b'{"jsonrpc":"2.0","result":{}}', MalformedReply),
        (b'{"a":{"value":{}}}', MalformedReply),
        (b'{"a":{"odd":1}}', MalformedReply),
        (b'{"a":{"attributes":"x"}}', MalformedReply),
    ],
)
def test_replies_that_are_errors(data, error):
    with pytest.raises(error) as caught:
        decode(data)
    assert caught.type is error


def test_an_empty_reply_is_a_success_without_nodes():
    for data in (b"", b" \r\n"):
        assert decode(data).result == []


def test_names_that_repeat_and_lists_keep_their_order():
    nodes = decode(
        b'{"A":{"value":"1"},"B":[{"value":"2"},{"value":"3","attributes":{"x":"y"}}],"A":{"value":"4","children":{"C":{"value":"5"}}}}'
    ).result
    assert [(node["name"], node["value"]) for node in nodes] == [("A", "1"), ("B", "2"), ("B", "3"), ("A", "4")]
    assert nodes[2]["attributes"] == {"x": "y"} and nodes[3]["children"][0]["value"] == "5"


def test_raw_line_ends_inside_strings_and_escaped_slashes():
    assert decode(b'{"Message":{"value":"Via: a\r\nSIP\\/2.0"}}').result[0]["value"] == "Via: a\r\nSIP/2.0"


@pytest.mark.parametrize(
    ("data", "values"),
    [
        # what 2.4 answers to profile_get_values
        (b'{"value": [{"value":"sipp", "attributes":{"count": "2"}}]}', [("sipp", "2")]),
        (b'{"value": [{"value":"a", "attributes":{"count": "2"}}, {"value":"b", "attributes":{"count": "1"}}]}', [("a", "2"), ("b", "1")]),
        (b'{"value": {"value":"a", "attributes":{"count": "2"}}}', [("a", "2")]),
        (b'{"value": []}', []),
    ],
)  # fmt: skip
def test_nodes_that_are_called_value(data, values):
    nodes = decode(data).result
    assert [(node["name"], node["value"], node["attributes"]["count"]) for node in nodes] == [
        ("value", *pair) for pair in values
    ]
