# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Datagrams: each answer belongs to its question, and what is no answer is said to be none."""

import errno
import json
import os
import re
import socket
import stat
import threading
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    ConnectError,
    MalformedReply,
    MIError,
    MITimeout,
    RejectedCommand,
    ReplyTooLarge,
    RequestTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import (
    eventually,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    SILENT,
    Behaviour,
    Datagram,
    Fault,
    Raw,
)


def _has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def open_peer(kind, tmp_path, version, **more):
    if kind == "unix":
        return Datagram(version, path=tmp_path / "mi.sock", **more)
    if kind == "udp6":
        if not _has_ipv6():
            pytest.skip("no IPv6 here")
        return Datagram(version, host="::1", family=socket.AF_INET6, **more)
    return Datagram(version, **more)


@pytest.mark.parametrize("kind", ["udp4", "udp6", "unix"])
@pytest.mark.parametrize(
    "version,protocol", [("3.6.8", "jsonrpc"), ("4.0.1", "jsonrpc"), ("2.4.11", "line"), ("1.11.11", "line")]
)
def test_each_kind_of_socket(tmp_path, kind, version, protocol):
    text = 'Gr\u00fc\u00dfe "quoted"\r\nand:: more'
    answer = (
        (lambda params: params["attr"])
        if protocol == "jsonrpc"
        else (lambda params: "Length:: {0}\n".format(len(params[1])))
    )
    with open_peer(kind, tmp_path, version, commands={"cache_fetch": answer}) as peer:
        with peer.connect() as conn:
            assert conn.protocol == protocol
            assert conn.version == tuple(int(part) for part in version.split("."))
            reply = conn.call("cache_fetch", {"system": "local", "attr": text})
            assert reply.result == text if protocol == "jsonrpc" else reply.result[0]["value"] == str(len(text))
        assert peer.harms == []
    if kind == "unix":
        # the server's socket is the peer's; of ours nothing is left
        assert os.listdir(str(tmp_path)) == ["mi.sock"]


def test_host_name_is_resolved():
    with Datagram() as peer:
        with Connection({"host": "localhost", "port": peer.port}) as conn:
            assert conn.version == (3, 6, 8)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid", "exa mple", "\udcff"])
def test_host_that_nobody_resolves(host):
    with pytest.raises(ConnectError) as unknown:
        with Connection({"host": host, "port": 9}) as conn:
            conn.call("uptime")
    assert "host" in str(unknown.value) and "resolved" in str(unknown.value)


def test_closed_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ConnectError) as closed:
        with Connection({"host": "127.0.0.1", "port": port, "timeout": 30}) as conn:
            conn.call("uptime")
    assert "Nothing listens" in str(closed.value) and "port" in str(closed.value)
    assert closed.value.maybe_sent is False


@pytest.mark.parametrize("kind", ["missing", "file", "stream", "abandoned"])
def test_unix_socket_that_is_none(tmp_path, kind):
    path = tmp_path / "mi.sock"
    if kind == "file":
        path.write_text("precious")
    elif kind != "missing":
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM if kind == "stream" else socket.SOCK_DGRAM)
        server.bind(str(path))
        if kind == "stream":
            server.listen(1)
        else:
            server.close()
    with pytest.raises(ConnectError) as wrong:
        with Connection({"socket_path": str(path), "timeout": 30}) as conn:
            conn.call("uptime")
    assert "socket_path" in str(wrong.value) and str(path) in str(wrong.value)
    assert kind != "file" or path.read_text() == "precious"
    if kind == "stream":
        server.close()


def test_unix_socket_path_that_is_too_long(tmp_path):
    with pytest.raises(MIError) as wrong:
        with Connection({"socket_path": "/tmp/" + "x" * 200}) as conn:
            conn.call("uptime")
    assert "socket_path" in str(wrong.value)


def test_our_unix_socket_is_for_the_server_only(tmp_path):
    """It lies in a directory of our own with a name that nobody guesses, which nobody else can list; only the server can write it."""
    directory = tmp_path / "replies"
    directory.mkdir()
    seen = []

    def look(dummy):
        for name in os.listdir(str(directory)):
            own = directory / name
            seen.append(
                (name, stat.S_IMODE(own.stat().st_mode), [stat.S_IMODE(each.stat().st_mode) for each in own.iterdir()])
            )
        return {}

    with Datagram(path=tmp_path / "mi.sock", commands={"uptime": look}) as peer:
        for _each in range(2):
            with peer.connect(reply_dir=str(directory)) as conn:
                conn.call("uptime")
    assert len({name for name, _mode, _modes in seen}) == 2
    for name, mode, modes in seen:
        assert re.match(r"opensips_mi_[0-9a-f]{16}\Z", name)
        assert mode == 0o711 and set(modes) == {0o600}
    assert os.listdir(str(directory)) == []


def test_unix_socket_of_a_server_that_was_restarted(tmp_path):
    path = tmp_path / "mi.sock"
    with Datagram(path=path) as peer:
        conn = peer.connect(timeout=10)
        conn.call("version")
    os.unlink(str(path))
    with conn:
        with pytest.raises(ConnectError):
            conn.call("version")
        with Datagram(path=path) as peer:
            assert conn.call("version")
            assert peer.methods() == ["version"]


# --- what comes back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer,error",
    [
        (Raw(b"garbage"), MalformedReply),
        (Raw(b""), MalformedReply),
        (Raw(b"\xff\x00\xfe"), MalformedReply),
        (Raw(b'{"jsonrpc":"2.0","id":'), MalformedReply),
        (Raw(b"[1]"), MalformedReply),
        (Raw(b'{"jsonrpc":"2.0","id":999999,"result":{}}'), MITimeout),
        (Raw(b"500 Internal error"), ReplyTooLarge),
        (Raw(b"400 Parse_error"), ServerError),
        (Fault(-32601, "Method not found"), RejectedCommand),
        (Fault(404, "nothing", "no data"), ServerError),
        (SILENT, MITimeout),
    ],
)
def test_answers_that_are_none(answer, error):
    with Datagram(commands={"uptime": answer}) as peer:
        with peer.connect(timeout=0.4) as conn:
            with pytest.raises(error):
                conn.call("uptime")
            # and the connection goes on
            assert conn.call("version", timeout=5).result["Server"]


def test_reply_of_another_request_is_not_taken_for_this_one():
    """With the id of the request before: late, or meant for somebody else."""
    ids = []

    def run(reply, request_id):
        ids.append(request_id)
        reply(json.dumps({"jsonrpc": "2.0", "id": request_id - 1, "result": "wrong"}).encode())

    with Datagram(commands={"uptime": Behaviour(run)}) as peer:
        with peer.connect(timeout=0.5) as conn:
            with pytest.raises(MITimeout) as silent:
                conn.call("uptime")
        assert ids and "1 to other requests" in str(silent.value)


@pytest.mark.parametrize("version", ["3.6.8", "2.4.11"])
def test_late_reply_never_answers_the_next_question(version):
    count, is_json = [], version[0] == "3"

    def run(reply, request_id):
        number = len(count)
        count.append(number)
        if number == 0:
            time.sleep(0.4)
        if is_json:
            reply(json.dumps({"jsonrpc": "2.0", "id": request_id, "result": number}).encode())
        else:
            reply("200 OK\nNumber:: {0}\n\n".format(number).encode())

    with Datagram(version, {"uptime": Behaviour(run)}) as peer:
        with peer.connect() as conn:
            with pytest.raises(MITimeout) as late:
                conn.call("uptime", timeout=0.2)
            assert "protocol" in str(late.value)
            for number in range(1, 6):
                reply = conn.call("uptime", timeout=5)
                assert (reply.result if is_json else int(reply.result[0]["value"])) == number
                time.sleep(0.08)


@pytest.mark.parametrize("kind", ["udp4", "unix"])
def test_line_protocol_asks_each_question_from_a_new_socket(tmp_path, kind):
    with open_peer(kind, tmp_path, "2.4.11", commands={"uptime": "Up time:: 1\n"}) as peer:
        with peer.connect() as conn:
            for _dummy in range(6):
                conn.call("uptime")
        clients = peer.clients[-6:]
        assert len(set(clients)) == 6


def test_many_requests_of_the_line_protocol_do_not_share_a_socket():
    with Datagram("2.4.11", {"cache_fetch": lambda params: "Key:: {0}\n".format(params[1])}) as peer:
        with peer.connect() as conn:
            requests = [("cache_fetch", {"system": "local", "attr": str(number)}) for number in range(30)]
            answers = {index: outcome.result[0]["value"] for index, outcome in conn.call_many(requests)}
        assert answers == {number: str(number) for number in range(30)}
        asked = [
            client
            for client, (method, _params) in zip(peer.clients[-30:], peer.requests[-30:])
            if method == "cache_fetch"
        ]
        assert len(asked) == len(set(asked)) == 30


@pytest.mark.parametrize("kind", ["udp4", "unix"])
def test_two_answers_to_one_question(tmp_path, kind):
    """The second stays in the socket of the first: the next question must not get it, nor fail because of it."""

    def run(reply, request_id):
        number = len(count)
        count.append(number)
        data = json.dumps({"jsonrpc": "2.0", "id": request_id, "result": number}).encode()
        reply(data)
        reply(data)

    count = []
    with open_peer(kind, tmp_path, "3.6.8", commands={"uptime": Behaviour(run)}) as peer:
        with peer.connect(timeout=3) as conn:
            for number in range(5):
                assert conn.call("uptime").result == number
                assert eventually(lambda wanted=number: len(count) > wanted)
                time.sleep(0.02)


@pytest.mark.parametrize("kind", ["udp4", "unix"])
def test_two_answers_to_each_of_many_questions(tmp_path, kind):
    def run(reply, request_id):
        data = json.dumps({"jsonrpc": "2.0", "id": request_id, "result": "ok"}).encode()
        reply(data)
        time.sleep(0.005)
        reply(data)

    with open_peer(kind, tmp_path, "3.6.8", commands={"uptime": Behaviour(run)}) as peer:
        with peer.connect(timeout=5) as conn:
            outcomes = dict(conn.call_many([("uptime", None)] * 200, max_in_flight=8))
        assert [each for each in outcomes.values() if isinstance(each, MIError)] == []


def test_answers_to_others_do_not_stop_the_clock():
    """A flood of them ends at the deadline, as silence does."""

    gave_up, ended = threading.Event(), threading.Event()

    def run(reply, request_id):
        until = time.monotonic() + 20
        while time.monotonic() < until and not gave_up.wait(0.001):
            reply(json.dumps({"jsonrpc": "2.0", "id": request_id - 1, "result": 0}).encode())
        ended.set()

    with Datagram(commands={"uptime": Behaviour(run)}) as peer:
        with peer.connect() as conn:
            conn.call("version")
            with pytest.raises(MITimeout):
                conn.call("uptime", timeout=0.3)
            assert not ended.is_set()
            gave_up.set()


@pytest.mark.parametrize(
    "first",
    [
        b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}',
        b"400 Parse_error",
        b"500 Internal error",
        b"garbage",
    ],
)
def test_second_copy_of_an_answer_without_an_id_is_nobodys(first):
    count = []

    def run(reply, request_id):
        count.append(request_id)
        if len(count) == 1:
            reply(first)
            time.sleep(0.1)
            reply(first)
        else:
            time.sleep(0.2)
            reply(json.dumps({"jsonrpc": "2.0", "id": request_id, "result": "mine"}).encode())

    with Datagram(commands={"uptime": Behaviour(run)}) as peer:
        with peer.connect(timeout=5) as conn:
            with pytest.raises(MIError):
                conn.call("uptime")
            assert conn.call("uptime").result == "mine"


class FewPorts:
    """A system that offers the same few ports again and again, each of them twice: socket.connect() of UDP takes the next."""

    def __init__(self, monkeypatch, count):
        self.ports = []
        self.taken = 0
        while len(self.ports) < count:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
                free.bind(("127.0.0.1", 0))
                self.ports.append(free.getsockname()[1])
        connect, few = socket.socket.connect, self

        class Socket(socket.socket):
            def connect(self, address):
                for _dummy in range(2 * count):
                    few.taken += 1
                    try:
                        self.bind(("127.0.0.1", few.ports[few.taken // 2 % count]))
                    except OSError:
                        continue
                    return connect(self, address)
                raise OSError(errno.EAGAIN, "no port is free")

        monkeypatch.setattr(socket, "socket", Socket)


@pytest.mark.parametrize("version", ["2.4.11", "3.6.8"])
def test_port_to_which_a_late_reply_may_come_is_not_taken_again(monkeypatch, version):
    """The line protocol has no ids: a socket of its own for each request helps as long as its port is not another's next."""
    answer = Fault(404, "no") if version[0] == "3" else "Up time:: 1\n"
    with Datagram(version, {"uptime": answer}) as peer:
        few = FewPorts(monkeypatch, 40)
        with peer.connect(timeout=5) as conn:
            for _dummy in range(30):
                try:
                    conn.call("uptime")
                except ServerError:
                    pass
        ports = [client[1] for client in peer.clients[-30:]]
        assert len(set(ports)) == 30 and set(ports) <= set(few.ports)


def test_few_ports_are_enough(monkeypatch):
    with Datagram("2.4.11", {"uptime": "Up time:: 1\n"}) as peer:
        FewPorts(monkeypatch, 5)
        with peer.connect(timeout=5) as conn:
            for _dummy in range(30):
                conn.call("uptime")


def test_error_of_an_earlier_datagram_is_not_the_next_ones():
    """The server was away when a copy of the last request came, and is back."""
    with Datagram(commands={"uptime": {}}) as peer:
        with peer.connect(timeout=5) as conn:
            conn.call("uptime")
            sock = conn.carrier._idle[-1]
            # to a port where nobody is, which the system reports on the socket
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
                free.bind(("127.0.0.1", 0))
                nobody = free.getsockname()
            sock.connect(nobody)
            sock.send(b"x")
            time.sleep(0.05)
            sock.connect((peer.host, peer.port))
            assert conn.call("uptime").result == {}


@pytest.mark.parametrize(
    "error,maybe", [(errno.ECONNREFUSED, False), (errno.ENETDOWN, True), (errno.EHOSTUNREACH, True)]
)
def test_error_while_waiting_says_whether_the_request_may_have_arrived(monkeypatch, error, maybe):
    class Broken(socket.socket):
        def recv(self, *args):
            if peer.methods()[-1:] == ["uptime"]:
                raise OSError(error, os.strerror(error))
            return super().recv(*args)

    def run(reply, request_id):
        reply(b"what comes is not read")

    with Datagram(commands={"uptime": Behaviour(run)}) as peer:
        monkeypatch.setattr(socket, "socket", Broken)
        with peer.connect(timeout=5) as conn:
            with pytest.raises(ConnectError) as lost:
                conn.call("uptime")
    assert lost.value.maybe_sent is maybe


def test_request_beyond_a_datagram_is_refused():
    with Datagram(commands={"cache_store": "OK"}) as peer:
        with peer.connect(timeout=5) as conn:
            conn.call("cache_store", {"system": "local", "attr": "a", "value": "v" * 60000})
            with pytest.raises(RequestTooLarge) as refused:
                conn.call("cache_store", {"system": "local", "attr": "a", "value": "v" * 65500})
            assert "65457" in str(refused.value).replace(",", "")
        assert peer.methods().count("cache_store") == 1


def test_largest_reply_comes_whole():
    with Datagram("2.4.11", {"uptime": Raw(b"200 OK\nX:: " + b"x" * (65457 - 13) + b"\n\n")}) as peer:
        with peer.connect() as conn:
            assert len(conn.call("uptime").result[0]["value"]) == 65457 - 13


def test_someone_else_cannot_answer():
    def run(reply, request_id):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for _dummy in range(3):
                stranger.sendto(
                    json.dumps({"jsonrpc": "2.0", "id": request_id, "result": "forged"}).encode(), peer.clients[-1]
                )
        time.sleep(0.1)
        reply(json.dumps({"jsonrpc": "2.0", "id": request_id, "result": "real"}).encode())

    with Datagram(commands={"uptime": Behaviour(run)}) as peer:
        with peer.connect() as conn:
            assert conn.call("uptime").result == "real"


def test_server_that_goes_away():
    with Datagram(commands={"uptime": {}}) as peer:
        conn = peer.connect(timeout=20)
        conn.call("uptime")
    with conn:
        with pytest.raises(ConnectError):
            conn.call("uptime")


def test_nothing_stays_open():
    def descriptors():
        return len(os.listdir("/proc/self/fd"))

    with Datagram(commands={"uptime": {}, "ps": SILENT}) as peer:
        before = descriptors()
        with peer.connect() as conn:
            list(conn.call_many([("uptime", None)] * 50 + [("ps", None)] * 20, timeout=0.3))
        assert descriptors() == before
