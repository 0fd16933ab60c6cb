# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replies of a forger who can write to our reply FIFO or socket, and does not know the id of the request: none is a success."""

from __future__ import annotations

import json

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    MalformedReply,
    MITimeout,
    ServerError,
)
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.http_peer import Http, plain_http
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    Answers,
    Behaviour,
    Datagram,
    JsonFifo,
)


def of(**fields):
    return lambda _request_id: dict({"jsonrpc": "2.0"}, **fields)


def with_id(make, **fields):
    """A reply whose id is made of the right one."""
    return lambda request_id: dict({"jsonrpc": "2.0", "id": make(request_id)}, **fields)


OK = {"result": "OK"}
ERROR_200 = {"error": {"code": 200, "message": "OK"}}
FORGERIES = {
    "success without id": of(**OK),
    "success with id null": of(id=None, **OK),
    "success with another id": with_id(lambda right: right + 1, **OK),
    "success with the id as float": with_id(float, **OK),
    "success with the id as text": with_id(str, **OK),
    "success with the id in a list": with_id(lambda right: [right], **OK),
    "success with id true": of(id=True, **OK),
    "error 200 without id": of(**ERROR_200),
    "error 200 with id null": of(id=None, **ERROR_200),
    "error 200 with id false": of(id=False, **ERROR_200),
    "error 299 with id null": of(id=None, error={"code": 299, "message": "OK"}),
    "error of the command with id null": of(id=None, error={"code": 404, "message": "Not found"}),
    "error 200 and a result": of(id=None, **OK, **ERROR_200),
    "error null": of(id=None, error=None, **OK),
}


def forged(forgery):
    return Behaviour(lambda reply, request_id: reply(json.dumps(forgery(request_id)).encode()))


def respond(forgery):
    """As mi_http, but for one command."""
    answers = Answers("3.6.8", {"cache_store": "OK"})

    def answer(request):
        message = json.loads(request["body"])
        if message["method"] == "cache_store":
            return plain_http(json.dumps(forgery(message["id"])).encode())
        return plain_http(answers.pieces(message["method"], message.get("params"), message["id"])[0])

    return answer


PEERS = {
    "fifo": lambda folder, forgery: JsonFifo(folder, commands={"cache_store": forged(forgery)}),
    "unix": lambda folder, forgery: Datagram(path=folder / "s", commands={"cache_store": forged(forgery)}),
    "udp": lambda folder, forgery: Datagram(commands={"cache_store": forged(forgery)}),
    "http": lambda folder, forgery: Http(respond(forgery)),
}
PARAMS = {"system": "local", "attr": "a", "value": "b"}


@pytest.mark.parametrize("carrier", sorted(PEERS))
@pytest.mark.parametrize("name", sorted(FORGERIES))
def test_forged_replies(tmp_path, carrier, name):
    with PEERS[carrier](tmp_path, FORGERIES[name]) as peer, peer.connect(timeout=0.5) as conn:
        # neither a success, nor an error that a task could accept as the server's
        with pytest.raises((MalformedReply, MITimeout)) as refused:
            conn.call("cache_store", PARAMS)
        assert refused.value.maybe_sent


@pytest.mark.parametrize("code", [-32700, -32600])
def test_the_two_errors_that_a_server_has_no_id_for(tmp_path, code):
    with PEERS["fifo"](tmp_path, of(id=None, error={"code": code, "message": "not read"})) as peer:
        with peer.connect(timeout=5) as conn, pytest.raises(ServerError) as refused:
            conn.call("cache_store", PARAMS)
        assert refused.value.code == code


def test_a_module_believes_none(tmp_path):
    with PEERS["fifo"](tmp_path, FORGERIES["error 200 without id"]) as peer:
        args = dict(peer.options(), command="cache_store", params=PARAMS, tolerate=[200], timeout=1)
        result = run_module("mi_command", args)
    assert result["failed"] and result["outcome"] == "failed" and result["error"]["type"] == "MalformedReply"
