# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON-RPC of 3.x and 4.x: what is refused, ids, and how servers say no without JSON."""

import json

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.fifo import FifoCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    RefusedRequest,
    RejectedCommand,
    RejectedParameters,
    ReplyTooLarge,
    RequestTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request

REQUEST = Request(b"", "uptime", 7)


def reply(**fields):
    return json.dumps(dict({"jsonrpc": "2.0", "id": 7}, **fields)).encode()


def test_ids_differ_and_stay_within_what_the_server_prints():
    protocol = JsonRpcProtocol()
    ids = [protocol.encode("uptime", None).id for dummy in range(1000)]
    assert len(set(ids)) == 1000
    protocol._id = 2147483646
    following = [protocol.encode("uptime", None).id for dummy in range(3)]
    assert all(0 < each <= 2147483647 for each in following) and len(set(following)) == 3


@pytest.mark.parametrize(
    "params",
    [
        [None],
        [True],
        [1.5],
        [b"x"],
        [{"a": 1}],
        {"a": None},
        {"a": [None]},
        {1.5: "a"},
        ["\0"],
        ["\ud800"],
        [2147483648],
        [-2147483648],
        5,
        "text",
        [[[[[[[[[["deep"]]]]]]]]]],
    ],
)
def test_values_that_a_server_would_misread_or_refuse(params):
    with pytest.raises(BadParameters):
        JsonRpcProtocol().encode("uptime", params)


def test_an_array_of_objects():
    """config_push_bulk; null is a value there (config.c of 3.6)."""
    configs = [{"name": "a", "value": "b"}, {"name": "n", "value": None}, {"name": "c", "value": 5}]
    sent = json.loads(JsonRpcProtocol().encode("config_push_bulk", {"configs": configs}).data.decode())
    assert sent["params"] == {"configs": configs}


@pytest.mark.parametrize("element", [{"a": 1.5}, {"a": True}, {1.5: "a"}, {"a": "\0"}, {"a": ["b"]}, {"a": {"b": "c"}}])
def test_objects_that_a_server_would_misread(element):
    with pytest.raises(BadParameters):
        JsonRpcProtocol().encode("config_push_bulk", {"configs": [element]})


def test_a_list_that_holds_itself():
    endless = []
    endless.append(endless)
    with pytest.raises(BadParameters):
        JsonRpcProtocol().encode("uptime", endless)


@pytest.mark.parametrize("method", [None, "", 5, "a b", "a\nb", "x" * 129, "a:b:c", ["uptime"]])
def test_no_request_without_a_proper_method(method):
    with pytest.raises(RefusedRequest):
        JsonRpcProtocol().encode(method, None)


def test_a_request_over_fifo_is_one_line():
    data = JsonRpcProtocol().encode("cache_store", {"value": "a\r\nb\u2028"}, "R").data
    assert data.startswith(b":R:{") and data.count(b"\n") == 1 and data.endswith(b"}\n") and b"\r" not in data
    protocol = JsonRpcProtocol()
    with pytest.raises(RequestTooLarge):
        FifoCarrier().check_request(protocol.encode("cache_store", {"value": "v" * 4096}, "R"), protocol)


@pytest.mark.parametrize(
    "data,error",
    [
        (reply(error={"code": -32601, "message": "Method not found"}), RejectedCommand),
        (reply(error={"code": -32001, "message": "Method ambiguous", "data": []}), RejectedCommand),
        (reply(error={"code": -32602, "message": "Invalid params", "data": "x"}), RejectedParameters),
        (reply(error={"code": 404, "message": "AOR not found"}), ServerError),
        (reply(id=None, error={"code": -32700, "message": "Parse error"}), ServerError),
        (b"400 Parse_error", ServerError),
        (b"500 Internal error", ReplyTooLarge),
        (b'{"jsonrpc":"2.0","result":"xfailed to print response', ReplyTooLarge),
        (b"500 command not available\n", MalformedReply),
        (reply(), MalformedReply),
        (reply(id=8, result=1), MalformedReply),
        (reply(id=None, result=1), MalformedReply),
        (reply(id=None, error={"code": -32600, "message": "Invalid Request"}), ServerError),
        # what a forger who knows no id can say
        (reply(id=None, error={"code": 200, "message": "OK"}), MalformedReply),
        (reply(id=None, error={"code": 404, "message": "AOR not found"}), MalformedReply),
        (reply(id=None, error={"code": -32700.0, "message": "Parse error"}), MalformedReply),
        (json.dumps({"jsonrpc": "2.0", "error": {"code": 200, "message": "OK"}}).encode(), MalformedReply),
        (reply(id=7.0, result=1), MalformedReply),
        (reply(id=[7], result=1), MalformedReply),
        (reply(id={}, error={"code": -32601, "message": "Method not found"}), MalformedReply),
        (reply(id="7", result=1), MalformedReply),
        (reply(error="text"), MalformedReply),
        (reply(error={"code": "404"}), MalformedReply),
        (reply(error={"code": True}), MalformedReply),
        (b"[]", MalformedReply),
        (b"", MalformedReply),
        (b"null", MalformedReply),
        (reply(result=1)[:-1], MalformedReply),
    ],
)
def test_replies_that_are_errors(data, error):
    with pytest.raises(error) as caught:
        JsonRpcProtocol().decode(data, REQUEST)
    assert caught.type is error


@pytest.mark.parametrize("result", [None, 0, "", [], {}, False, {"a": [1, 2.5, None, "\u4f60"]}])
def test_any_result_is_a_result(result):
    assert JsonRpcProtocol().decode(reply(result=result), REQUEST).result == result


def test_true_and_one_are_not_the_same_id():
    with pytest.raises(MalformedReply):
        JsonRpcProtocol().decode(reply(id=True, result=1), Request(b"", "uptime", 1))
    assert JsonRpcProtocol().decode(reply(id=1, result=1), Request(b"", "uptime", 1)).result == 1


def test_an_error_of_200_that_carries_the_id_is_how_ul_sync_says_that_there_is_nothing_to_do():
    answered = JsonRpcProtocol().decode(reply(error={"code": 200, "message": "Contacts already synced"}), REQUEST)
    assert (answered.code, answered.message, answered.result) == (200, "Contacts already synced", None)


def test_complete_tells_a_whole_reply_from_a_part():
    whole = reply(result={"a": "}"})
    assert JsonRpcProtocol().complete(whole)
    assert not any(JsonRpcProtocol().complete(whole[:length]) for length in range(len(whole)))
