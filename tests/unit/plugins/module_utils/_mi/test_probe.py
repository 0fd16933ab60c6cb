# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding out what a server speaks, without harming any."""

import json
import os
import threading
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import reply_dirs
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    ConnectError,
    HTTPStatusError,
    MalformedReply,
    MIError,
    MITimeout,
    ServerError,
)
from ansible_collections.community.opensips.tests.unit import wire
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import (
    eventually,
    finish,
    start_python,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.http_peer import (
    RESET,
    Http,
    json_http,
    plain_http,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    SILENT,
    Answers,
    Datagram,
    Fault,
    JsonFifo,
    LineFifo,
    Raw,
)


@pytest.mark.parametrize("version", ["3.0.0", "3.6.8", "4.0.1"])
def test_json_fifo(tmp_path, version):
    with JsonFifo(tmp_path, version) as peer:
        with peer.connect() as conn:
            assert (conn.protocol, conn.version) == ("jsonrpc", tuple(int(part) for part in version.split(".")))
        assert peer.harms == [] and peer.methods() == ["version"]


@pytest.mark.parametrize("protocol", ["auto", "named"])
@pytest.mark.parametrize("peer_of", [JsonFifo, LineFifo])
def test_the_directory_for_replies_that_the_role_makes_is_found(tmp_path, peer_of, protocol):
    """What is not given is tried: the directory beside the FIFO, then that of mi_fifo's default."""
    options = {} if protocol == "auto" else {"protocol": "line" if peer_of is LineFifo else "jsonrpc"}
    with peer_of(tmp_path) as peer:
        assert peer.reply_dir == str(tmp_path / "replies")
        with peer.connect(reply_dir=None, **options) as conn:
            assert conn.call("which").result and conn.chosen() == {"reply_dir": peer.reply_dir}
        # a server that is slow is asked once more, and nobody waits for that answer
        assert [harm for harm in peer.harms if "no client at" not in harm] == [] and peer.leftovers() == []


@pytest.mark.parametrize("peer_of", [JsonFifo, LineFifo])
def test_a_server_that_answers_elsewhere_than_beside_its_fifo(tmp_path, peer_of, monkeypatch):
    monkeypatch.setattr(reply_dirs, "_DEFAULT", str(tmp_path))
    with peer_of(tmp_path) as peer:
        peer.reply_dir = str(tmp_path)
        with peer.connect(reply_dir=None) as conn:
            assert conn.call("which").result and conn.chosen() == {"reply_dir": str(tmp_path)}
        # no command that does something went out before it was known
        assert set(peer.methods()) == {"version", "which"}
        assert not list(tmp_path.glob("**/opensips_mi_*"))


def test_without_a_reply_all_directories_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(reply_dirs, "_DEFAULT", str(tmp_path / "default"))
    (tmp_path / "default").mkdir()
    with JsonFifo(tmp_path) as peer:
        peer.reply_dir = str(tmp_path / "elsewhere")
        with peer.connect(reply_dir=None, timeout=1) as conn, pytest.raises(MITimeout) as silent:
            conn.call("uptime")
        assert f"{tmp_path}/replies and {tmp_path}/default" in silent.value.hint and not silent.value.maybe_sent


@pytest.mark.parametrize("shared", ["replies", "beside"])
def test_a_directory_that_anybody_can_have_made_is_not_the_servers(tmp_path, shared):
    replies = tmp_path / "replies"
    replies.mkdir()
    assert reply_dirs.likely(str(tmp_path / "mi_fifo")) == [str(replies), "/tmp"]
    (replies if shared == "replies" else tmp_path).chmod(0o1777)
    assert reply_dirs.likely(str(tmp_path / "mi_fifo")) == ["/tmp"]


@pytest.mark.parametrize("version", ["1.11.11", "2.4.11"])
def test_line_fifo(tmp_path, version):
    with LineFifo(tmp_path, version) as peer:
        with peer.connect() as conn:
            assert (conn.protocol, conn.version) == ("line", tuple(int(part) for part in version.split(".")))
        assert peer.harms == [] and peer.methods() == ["version"]


@pytest.mark.parametrize("peer_class,protocol", [(JsonFifo, "jsonrpc"), (LineFifo, "line")])
def test_explicit_protocol_that_fits_asks_once(tmp_path, peer_class, protocol):
    with peer_class(tmp_path) as peer:
        with peer.connect(protocol=protocol) as conn:
            conn.call("version")
        assert peer.harms == []
        assert set(peer.methods()) == {"version", "which"}


@pytest.mark.parametrize("peer_class,protocol", [(JsonFifo, "line"), (LineFifo, "jsonrpc")])
def test_explicit_protocol_that_does_not_fit(tmp_path, peer_class, protocol):
    with peer_class(tmp_path) as peer:
        with pytest.raises(MITimeout) as wrong:
            with peer.connect(protocol=protocol, timeout=0.4) as conn:
                conn.call("uptime")
        assert "protocol" in str(wrong.value)
        # one probe went out, alone; the server serves others as before
        assert peer.methods() == [] and peer.leftovers() == []
        with peer.connect() as conn:
            assert conn.call("version")
        if peer_class is JsonFifo:
            assert len(peer.harms) == 1 and not peer.poisoned
            assert [read for read in peer.reads if b'"' not in read] == [peer.reads[0]]
        else:
            assert peer.harms == []


def test_slow_json_server_is_not_asked_in_the_line_protocol_too_early(tmp_path):
    """Behind a JSON request that it has not yet read, a line request would poison it."""
    with JsonFifo(tmp_path, slow=0.4) as peer:
        peer.hold.clear()
        release = threading.Timer(0.5, peer.hold.set)
        release.start()
        with peer.connect(timeout=10) as conn:
            assert conn.protocol == "jsonrpc"
        release.join()
        assert not peer.poisoned and peer.harms == []


def test_json_server_that_answers_slowly(tmp_path):
    """It answers after the line probe went out: still its answer counts, and nothing hurts it."""
    with JsonFifo(tmp_path) as peer:
        usual = peer.answers.commands["version"]

        def slowly(params):
            time.sleep(0.6)
            return usual

        peer.answers.commands["version"] = slowly
        with peer.connect(timeout=10) as conn:
            assert conn.protocol == "jsonrpc"
        peer.answers.commands["version"] = usual
        with peer.connect() as conn:
            assert conn.call("version")
        assert not peer.poisoned


MIXED = """
import sys
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
for dummy in range(int(sys.argv[4])):
    with Connection({"fifo_path": sys.argv[1], "reply_dir": sys.argv[2], "timeout": 15, "protocol": sys.argv[5]}) as conn:
        for number in range(6):
            size = 100 if number % 2 else 3000
            text = sys.argv[3] + "-" + "x" * size
            reply = conn.call("cache_fetch", {"system": "local", "attr": text})
            assert reply.result == len(text), reply.result
        requests = [("cache_fetch", {"system": "local", "attr": "y" * 2000}) for each in range(10)]
        assert all(outcome.result == 2000 for index, outcome in conn.call_many(requests))
print("ok")
"""


@pytest.mark.parametrize("slow", [0.0, 0.01])
def test_json_fifo_is_never_poisoned_by_many_clients(tmp_path, slow):
    with JsonFifo(tmp_path, commands={"cache_fetch": lambda params: len(params["attr"])}, slow=slow) as peer:
        children = [
            start_python(MIXED, peer.path, peer.reply_dir, number, 3, protocol)
            for number, protocol in enumerate(["auto", "auto", "jsonrpc", "auto"])
        ]
        for child in children:
            status, output, errors = finish(child, 60)
            assert (status, output.strip()) == (0, "ok"), errors
        assert not peer.poisoned and peer.harms == []
        assert peer.leftovers() == []


def test_wrong_protocol_of_one_client_does_not_disturb_the_others(tmp_path):
    wrong = """
import sys
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MITimeout
for dummy in range(3):
    try:
        with Connection({"fifo_path": sys.argv[1], "reply_dir": sys.argv[2], "timeout": 0.4, "protocol": "line"}) as conn:
            conn.call("uptime")
    except MITimeout:
        continue
    sys.exit("answered?")
print("ok")
"""
    with JsonFifo(tmp_path, commands={"cache_fetch": lambda params: len(params["attr"])}) as peer:
        children = [start_python(MIXED, peer.path, peer.reply_dir, number, 4, "auto") for number in range(2)]
        children.append(start_python(wrong, peer.path, peer.reply_dir))
        for child in children:
            status, output, errors = finish(child, 60)
            assert (status, output.strip()) == (0, "ok"), errors
        assert not peer.poisoned
        assert len(peer.harms) <= 3, "only the three line probes were not understood"


def test_line_fifo_with_many_clients(tmp_path):
    code = MIXED.replace("reply.result == len(text)", "reply.result[0]['value'] == str(len(text))").replace(
        "outcome.result == 2000", "outcome.result[0]['value'] == '2000'"
    )
    with LineFifo(tmp_path, commands={"cache_fetch": lambda params: "Length:: {0}\n".format(len(params[1]))}) as peer:
        children = [start_python(code, peer.path, peer.reply_dir, number, 2, "auto") for number in range(3)]
        for child in children:
            status, output, errors = finish(child, 60)
            assert (status, output.strip()) == (0, "ok"), errors
        assert peer.harms == [] and peer.leftovers() == []


def test_fifo_of_something_else(tmp_path):
    path = str(tmp_path / "other")
    os.mkfifo(path)
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    taken = []
    stop = threading.Event()

    def take():
        while not stop.is_set():
            try:
                taken.append(os.read(fd, 65536))
            except BlockingIOError:
                time.sleep(0.005)

    reader = threading.Thread(target=take)
    reader.start()
    try:
        with pytest.raises(MITimeout) as silent:
            with Connection({"fifo_path": path, "reply_dir": str(tmp_path), "timeout": 0.5}) as conn:
                conn.call("uptime")
    finally:
        stop.set()
        reader.join()
        os.close(fd)
    assert "reply_dir" in str(silent.value)
    # no more than the two probes
    assert b"".join(taken).count(b"version") == 2 and os.listdir(str(tmp_path)) == ["other"]


# --- datagram --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "version,protocol", [("1.11.11", "line"), ("2.4.11", "line"), ("3.6.8", "jsonrpc"), ("4.0.1", "jsonrpc")]
)
def test_datagram(version, protocol):
    with Datagram(version) as peer:
        with peer.connect() as conn:
            assert conn.protocol == protocol
        # 4.0 dies of JSON without a method
        assert peer.harms == [] and peer.methods() == ["version"]
        with peer.connect(protocol=protocol) as conn:
            assert conn.version[0] == int(version[0])


@pytest.mark.parametrize("version,protocol", [("2.4.11", "jsonrpc"), ("3.6.8", "line")])
def test_datagram_with_the_wrong_protocol(version, protocol):
    with Datagram(version) as peer:
        with pytest.raises(MIError) as wrong:
            with peer.connect(protocol=protocol, timeout=2) as conn:
                conn.call("uptime")
        assert "protocol" in str(wrong.value) or isinstance(wrong.value, ServerError)
        assert peer.harms == []


@pytest.mark.parametrize(
    "answer,error",
    [
        (SILENT, MITimeout),
        (Raw(b"\x80\x01what is this"), MalformedReply),
        (Fault(-32603, "internal"), ServerError),
        ({"Server": "Kamailio"}, MalformedReply),
        ([], MalformedReply),
    ],
)
def test_datagram_of_something_else(answer, error):
    with Datagram(commands={"version": answer}) as peer:
        with pytest.raises(error):
            with peer.connect(timeout=0.5) as conn:
                conn.call("uptime")


# --- HTTP ------------------------------------------------------------------------------------------------------


def recorded(version, name, case):
    return wire.reply_bytes(wire.exchange(version, name, case))


def xmlrpc_server(version, name="xmlrpc"):
    """As httpd behaves: POST text/xml is answered, other types drop the connection, GET is not its own."""

    def respond(request):
        if request["verb"] != "POST":
            return plain_http(b"", "406 Not Acceptable")
        if not request["headers"].get("content-type", "").startswith("text/xml"):
            return [RESET]
        method = request["body"].split(b"<methodName>")[1].split(b"</methodName>")[0].decode()
        return plain_http(recorded(version, name, method.replace("core:", "")), content_type="text/xml")

    return respond


def mi_json_server(version):
    def respond(request):
        if request["verb"] != "GET":
            return plain_http(b'{"error":{"code":406,"message":"Only GET"}}')
        return plain_http(recorded(version, "http_json", request["target"].rsplit("/", 1)[1].partition("?")[0]))

    return respond


HTTP_SERVERS = [
    ("jsonrpc", (3, 6, 8), json_http(Answers("3.6.8"))),
    ("xmlrpc", (2, 4, 11), xmlrpc_server("2.4")),
    ("xmlrpc", (3, 6, 8), xmlrpc_server("3.6")),
    ("xmlrpc", (1, 11, 11), xmlrpc_server("1.11", "xmlrpc_old")),
    ("mi_json", (2, 4, 11), mi_json_server("2.4")),
    ("mi_json", (1, 11, 11), mi_json_server("1.11")),
]


@pytest.mark.parametrize("path", ["/mi", "/RPC2", "/json", "/xmlrpc", "/odd/root", "/"])
@pytest.mark.parametrize(
    "protocol,version,respond",
    HTTP_SERVERS,
    ids=["json-3.6", "xml-2.4", "xml-3.6", "xml-1.11", "mi_json-2.4", "mi_json-1.11"],
)
def test_http_at_any_path(protocol, version, respond, path):
    with Http(respond) as peer:
        with peer.connect(path, timeout=5) as conn:
            assert conn.protocol == protocol
            assert conn.version[:2] == version[:2]
        # nothing but version was asked, and nobody was asked more than three times
        assert len(peer.seen) <= 3
        assert all(b"version" in request["body"] or "version" in request["target"] for request in peer.seen)


@pytest.mark.parametrize("status", [401, 403])
def test_http_that_refuses_is_not_tried_further(status):
    with Http(lambda request: plain_http(b"", "{0} No".format(status))) as peer:
        with pytest.raises(HTTPStatusError) as refused:
            peer.connect().call("uptime")
        assert refused.value.status == status and len(peer.seen) == 1


def test_http_page_of_something_else():
    with Http(lambda request: plain_http(b"<html>It works!</html>", content_type="text/html")) as peer:
        with pytest.raises(MalformedReply) as wrong:
            peer.connect("/").call("uptime")
        assert "url" in str(wrong.value)
    with Http(lambda request: plain_http(b"", "404 Not Found")) as peer:
        with pytest.raises(HTTPStatusError) as wrong:
            peer.connect("/nowhere").call("uptime")
        assert "/mi" in str(wrong.value)


def test_http_of_json_that_is_no_opensips():
    with Http(
        lambda request: plain_http(
            json.dumps(
                {
                    "jsonrpc": "2.0",
                    "id": json.loads(request["body"].decode())["id"] if request["body"][:1] == b"{" else 1,
                    "result": {"ok": 1},
                }
            ).encode()
        )
    ) as peer:
        with pytest.raises(MIError):
            peer.connect().call("uptime")


def test_http_that_is_silent_is_asked_once_only():
    with Http(lambda request: [3]) as peer:
        started = time.monotonic()
        with pytest.raises(MITimeout):
            peer.connect(timeout=0.3).call("uptime")
        assert time.monotonic() - started < 2.5 and len(peer.seen) == 1


def test_http_that_drops_every_connection():
    with Http(lambda request: [RESET]) as peer:
        with pytest.raises(ConnectError) as dropped:
            peer.connect().call("uptime")
        assert "protocol" in str(dropped.value)
        assert eventually(lambda: len(peer.seen) == 3)
