# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP and HTTPS that break, stall, redirect or refuse, seen from modules: nothing is sent twice, and no half is a success."""

from __future__ import annotations

import collections
import socket
import ssl

import pytest

from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.http_peer import (
    BROKEN_TLS,
    RESET,
    Http,
    json_http,
    plain_http,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import Answers

URIS = [f"sip:{number}@127.0.0.1:9" for number in range(5)]
MEMORY = {"shmem:total_size": 1 << 26, "shmem:free_size": 1 << 26, "tm:inuse_transactions": 0}
KNOWN = {"t_uac_dlg": {}, "get_statistics": MEMORY, "cache_store": {}}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"), "authority")


@pytest.fixture(scope="module")
def tls(authority):
    """The context of a server at 127.0.0.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("server", "127.0.0.1"))
    return context


def failing_at(command, answer):
    """respond() of a mi_http that does all but a command as it should."""
    usual = json_http(Answers("3.6.8", KNOWN))
    return lambda request: answer if f'"{command}"'.encode() in request["body"] else usual(request)


def requests_of(peer, command):
    return sum(f'"method": "{command}"'.encode() in request["body"] for request in peer.seen)


BREAKS = {
    "tls-broken": (True, [BROKEN_TLS]),
    "tls-broken-in-the-reply": (True, [b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", BROKEN_TLS]),
    "tls-reset": (True, [RESET]),
    "reset": (False, [RESET]),
    "closed": (False, []),
    "header-cut-off": (False, [b"HTTP/1.1 200 OK\r\nContent-Ty"]),
    "body-cut-off": (False, [b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"]),
    "chunks-cut-off": (False, [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"]),
    "gateway": (False, plain_http(b"", "502 Bad Gateway")),
}


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_campaign_over_http_that_breaks_after_each_request_sends_none_twice(authority, tls, tmp_path, name):
    """Whether a phone was sent to is not known then, so a run that is resumed leaves it alone."""
    encrypted, answer = BREAKS[name]
    with Http(failing_at("t_uac_dlg", answer), tls=tls if encrypted else None) as peer:
        args = {
            "url": peer.url(),
            "ca_path": authority.path if encrypted else None,
            "uris": URIS,
            "event": "check-sync",
            "campaign": "night",
            "campaign_dir": str(tmp_path / "state"),
            "timeout": 10,
        }
        for _run in range(2):
            result = run_module("notify", args)
            found = collections.Counter(each["outcome"] for each in result["results"])
            # a gateway without its server ends a run, and the next one goes on with those that it did not come to
            assert found["unknown"] + (found["not_sent"] if name == "gateway" else 0) == len(URIS)
            assert requests_of(peer, "t_uac_dlg") == found["unknown"] >= 1
        assert len({request["body"] for request in peer.seen if b'"t_uac_dlg"' in request["body"]}) == found["unknown"]


@pytest.mark.parametrize("name", sorted(set(BREAKS) - {"gateway"}))
def test_half_a_reply_over_http_is_no_success(authority, tls, name):
    encrypted, answer = BREAKS[name]
    with Http(failing_at("cache_store", answer), tls=tls if encrypted else None) as peer:
        args = {"url": peer.url(), "ca_path": authority.path if encrypted else None, "timeout": 10}
        result = run_module("mi_command", dict(args, command="cache_store", params=["local", "key", "value"]))
        assert result["failed"] and requests_of(peer, "cache_store") == 1, result


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 OK\r\nContent-Ty",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0",
    ],
)
def test_mi_json_that_ends_before_its_body_is_no_empty_success(reply):
    def respond(request):
        if "cache_store" in request["target"]:
            return reply
        if "which" in request["target"]:
            return plain_http(b'{"":{"value":"which"},"":{"value":"cache_store"}}')
        return plain_http(b'{"Server":{"value":"OpenSIPS (2.4.11 (x86_64/linux))"}}')

    with Http(respond) as peer:
        args = {"url": peer.url("/json"), "command": "cache_store", "params": ["local", "key", "value"]}
        result = run_module("mi_command", args)
        assert result["failed"] and "cut off" in result["msg"], result
        whole = plain_http(b"")
        reply = whole
        assert not run_module("mi_command", args).get("failed")


def test_tls_that_stalls_has_sent_nothing(authority):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(5)
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/mi"
        args = {"url": url, "ca_path": authority.path, "timeout": 1}
        result = run_module("mi_command", dict(args, command="cache_store", params=["local", "key", "value"]))
        assert result["failed"] and not result.get("changed") and "TLS" in result["msg"], result


@pytest.mark.parametrize("presented", ["none", "expired", "stranger", "mixed up", "absent", "locked"])
def test_client_certificate_that_does_not_fit_sends_nothing(emulator, authority, tmp_path, presented):
    certificate, key = authority.issue("emulator", "127.0.0.1")
    emu = emulator("3.6", phones=0, tls_cert=certificate, tls_key=key, tls_client_ca=authority.path)
    good, good_key = authority.issue("client")
    own, own_key = {
        "none": (None, None),
        "expired": authority.issue("expired", days=-1),
        "stranger": Authority(tmp_path, "stranger").issue("nobody"),
        "mixed up": (good, key),
        "absent": (good, str(tmp_path / "none.key")),
        "locked": authority.issue("locked", pass_phrase=b"secret"),
    }[presented]
    args = {"url": emu.jsonrpc_url, "ca_path": authority.path, "command": "cache_store", "timeout": 10}
    args["params"] = ["local", "key", "value"]
    result = run_module("mi_command", dict(args, client_cert=own, client_key=own_key))
    assert result["failed"] and not result.get("changed") and result["error"]["type"] == "ConnectError", result
    words = {"none": "client_cert", "expired": "client_cert", "stranger": "client_cert", "locked": "pass phrase"}
    assert words.get(presented, "client_key") in result["msg"]
    assert emu.stats()["commands"] == {}
    assert not run_module("mi_command", dict(args, client_cert=good, client_key=good_key)).get("failed")


@pytest.mark.parametrize(
    "status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
def test_redirect_is_shown_and_not_followed(status):
    with Http(json_http(Answers("3.6.8", KNOWN))) as other:
        to = other.url().replace("//", "//admin:s3cret@") + "?token=s3cret"
        with Http(lambda request: plain_http(b"", status, extra=f"Location: {to}\r\n")) as peer:
            args = {"url": peer.url(), "url_username": "admin", "url_password": "pw", "command": "version"}
            result = run_module("mi_command", args)
        assert result["failed"] and other.url() in result["msg"], result
        assert "s3cret" not in str(result) and other.seen == []


def test_gateway_without_a_server_behind_it_points_there():
    with Http(lambda request: plain_http(b"", "502 Bad Gateway")) as peer:
        result = run_module("mi_command", {"url": peer.url(), "command": "version"})
    assert result["failed"] and "proxy" in result["msg"] and "Correct url" not in result["msg"], result


def test_proxies_of_the_environment_see_nothing(monkeypatch):
    with Http(lambda request: plain_http(b"", "403 Forbidden")) as proxy, Http(json_http(Answers("3.6.8"))) as peer:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://user:pw@127.0.0.1:{proxy.port}/")
        result = run_module("mi_command", {"url": peer.url(), "command": "version"})
        assert not result.get("failed") and proxy.seen == [] and peer.seen, result


def test_udp_where_nobody_listens_has_sent_nothing():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for protocol in ("auto", "jsonrpc", "line"):
        args = {"host": "127.0.0.1", "port": port, "protocol": protocol, "timeout": 10}
        result = run_module("mi_command", dict(args, command="cache_store", params=["local", "key", "value"]))
        assert result["failed"] and not result.get("changed") and "Nothing listens" in result["msg"], result
