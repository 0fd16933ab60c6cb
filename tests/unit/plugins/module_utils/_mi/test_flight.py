# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many requests in flight: each gets exactly one outcome, whatever the server does with it."""

import contextlib
import errno
import json
import os
import shutil
import tempfile
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._mi import flight, governor
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.datagram import DatagramCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    MIError,
    MITimeout,
    ServerError,
    UnexpectedError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import (
    collections_path,
    eventually,
    finish,
    start_python,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.http_peer import (
    Http,
    json_http,
    plain_http,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    SILENT,
    Answers,
    Behaviour,
    Datagram,
    Fault,
    JsonFifo,
    LineFifo,
    Raw,
)

TRANSPORTS = ["fifo", "line_fifo", "udp", "unix", "line_udp", "http"]


@contextlib.contextmanager
def serving(transport, answer):
    """A peer whose cache_fetch answers by its attr: answer(attr)."""
    directory = tempfile.mkdtemp(prefix="mi_")
    line = transport.startswith("line")

    def by_attr(params):
        return answer(params[1] if line else params["attr"])

    commands, version = {"cache_fetch": by_attr}, "2.4.11" if line else "3.6.8"
    try:
        if transport in ("fifo", "line_fifo"):
            peer = (LineFifo if line else JsonFifo)(directory, version, commands)
        elif transport == "http":
            answers = Answers(version, commands)
            usual = json_http(answers)

            def respond(request):
                # silence over HTTP is a connection that stays open
                return [5] if b'"silent' in request["body"] else usual(request)

            peer = Http(respond)
        else:
            peer = Datagram(version, commands, path=os.path.join(directory, "mi") if transport == "unix" else None)
        with peer:
            yield peer
    finally:
        shutil.rmtree(directory)


def fetches(attrs):
    return [("cache_fetch", {"system": "local", "attr": attr}) for attr in attrs]


KINDS = {"answer": "fine", "silent": SILENT, "garbage": Raw(b"garbage"), "fault": Fault(404, "no such key")}


def by_kind(line):
    def answer(attr):
        kind = attr.partition("-")[0]
        if kind == "answer":
            return "Value:: {0}\n".format(attr) if line else attr
        return KINDS[kind]

    return answer


def verdict(outcome, attr):
    """Whether outcome is what a request of that kind deserves."""
    kind = attr.partition("-")[0]
    if kind == "answer":
        return not isinstance(outcome, MIError) and attr == (
            outcome.result[0]["value"] if outcome.is_tree else outcome.result
        )
    if kind == "refused":
        return isinstance(outcome, BadParameters)
    expected = {"silent": (MITimeout, MalformedReply), "garbage": (MalformedReply,), "fault": (ServerError,)}[kind]
    return isinstance(outcome, expected)


@pytest.mark.parametrize("transport", TRANSPORTS)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(["answer", "answer", "answer", "silent", "garbage", "fault", "refused"]), max_size=14),
    st.integers(1, 6),
)
def test_each_request_gets_exactly_one_outcome(transport, kinds, limit):
    attrs = ["{0}-{1}".format(kind, number) for number, kind in enumerate(kinds)]
    # HTTP waits for what is silent with four at a time
    attrs = [
        attr for attr in attrs if transport != "http" or not attr.startswith("silent") or int(attr.split("-")[1]) < 4
    ]
    requests = fetches(attrs)
    for index, attr in enumerate(attrs):
        if attr.startswith("refused"):
            requests[index] = ("cache_fetch", {"system": "local", "attr": "NUL \0"})
    with serving(transport, by_kind(transport.startswith("line"))) as peer:
        with peer.connect() as conn:
            outcomes = list(conn.call_many(requests, max_in_flight=limit, timeout=0.25))
        assert sorted(index for index, _outcome in outcomes) == list(range(len(attrs)))
        for index, outcome in outcomes:
            assert verdict(outcome, attrs[index]), (attrs[index], outcome)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_many_requests(transport):
    attrs = ["answer-{0}".format(number) for number in range(300 if transport != "http" else 60)]
    with serving(transport, by_kind(transport.startswith("line"))) as peer:
        with peer.connect() as conn:
            outcomes = dict(conn.call_many(fetches(attrs)))
        assert len(outcomes) == len(attrs)
        assert all(verdict(outcomes[index], attr) for index, attr in enumerate(attrs))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_follows_an_answer_goes_out_in_its_place(transport):
    """Also after the last request of the caller: each third one twice more, under the same index."""
    count, asked, started = 30, [], []

    def follow(index, outcome):
        asked.append(index)
        times = asked.count(index)
        assert verdict(outcome, "answer-{0}-{1}".format(index, times))
        if index % 3 or times == 3:
            return None
        return {"system": "local", "attr": "answer-{0}-{1}".format(index, times + 1)}

    with serving(transport, by_kind(transport.startswith("line"))) as peer, peer.connect() as conn:
        requests = fetches("answer-{0}-1".format(index) for index in range(count))
        outcomes = list(conn.call_many(requests, max_in_flight=4, starting=started.append, follow=follow))
    assert sorted(index for index, _outcome in outcomes) == list(range(count))
    for index, outcome in outcomes:
        assert verdict(outcome, "answer-{0}-{1}".format(index, 1 if index % 3 else 3))
    assert sorted(started) == sorted(asked) and len(asked) == count + 2 * (count // 3)


@pytest.mark.parametrize("transport", ["udp", "unix", "line_udp", "fifo", "line_fifo"])
def test_answers_in_any_order_find_their_requests(transport):
    """The server keeps all replies back and gives them in reverse."""
    line, waiting, count = transport.startswith("line"), [], 20

    def keep(attr):
        def run(reply, request_id):
            waiting.append((reply, request_id, attr))
            if len(waiting) < count:
                return
            for back, number, text in reversed(waiting):
                data = (
                    "200 OK\nValue:: {0}\n\n".format(text)
                    if line
                    else json.dumps({"jsonrpc": "2.0", "id": number, "result": text})
                )
                back(data.encode())

        return Behaviour(run)

    with serving(transport, keep) as peer:
        attrs = ["answer-{0}".format(number) for number in range(count)]
        with peer.connect() as conn:
            outcomes = dict(conn.call_many(fetches(attrs), timeout=10))
        if transport in ("fifo", "line_fifo"):
            # the FIFO was opened and closed before: these are replies that came in a second opening
            outcomes = {
                index: outcome for index, outcome in outcomes.items() if not isinstance(outcome, MalformedReply)
            }
        assert all(verdict(outcome, attrs[index]) for index, outcome in outcomes.items())
        if transport not in ("fifo", "line_fifo"):
            assert len(outcomes) == count


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("limit", [1, 3])
def test_limit_in_flight_is_kept(transport, limit):
    """The peer counts what it owes."""
    owed, most, lock = [0], [0], threading.Lock()
    line = transport.startswith("line")

    def answer(attr):
        def run(reply, request_id):
            with lock:
                owed[0] += 1
                most[0] = max(most[0], owed[0])
            time.sleep(0.02)
            with lock:
                owed[0] -= 1
            reply(
                (
                    "200 OK\nValue:: {0}\n\n".format(attr)
                    if line
                    else json.dumps({"jsonrpc": "2.0", "id": request_id, "result": attr})
                ).encode()
            )

        return Behaviour(run)

    def slow(attr):
        time.sleep(0.02)
        return attr

    with serving(transport, slow if transport == "http" else answer) as peer:
        if transport in ("fifo", "line_fifo"):
            peer.answers.commands["cache_fetch"] = Behaviour(answer("x").run)
        with peer.connect() as conn:
            outcomes = list(
                conn.call_many(fetches(["answer-{0}".format(number) for number in range(12)]), max_in_flight=limit)
            )
        assert len(outcomes) == 12 and not any(isinstance(outcome, MIError) for _index, outcome in outcomes)
        assert (peer.most_running if transport == "http" else most[0]) == limit


def test_requests_are_taken_one_at_a_time_as_they_are_sent():
    taken = []

    def requests():
        for number in range(40):
            taken.append(number)
            yield "cache_fetch", {"system": "local", "attr": "silent"}

    with serving("udp", lambda attr: SILENT) as peer:
        with peer.connect() as conn:
            running = conn.call_many(requests(), max_in_flight=5, timeout=0.3)
            next(running)
            assert len(taken) <= 11
            running.close()


def test_generator_that_is_closed_early_leaves_nothing_open():
    def descriptors():
        return len(os.listdir("/proc/self/fd"))

    for transport in ("fifo", "udp", "unix", "line_udp", "http"):
        with serving(transport, by_kind(transport.startswith("line"))) as peer:
            before = descriptors()
            with peer.connect() as conn:
                running = conn.call_many(
                    fetches(["answer-1", "answer-2"] + (["silent-3"] * 10 if transport != "http" else [])), timeout=20
                )
                next(running)
                running.close()
                # the connection is still good
                assert not isinstance(dict(conn.call_many(fetches(["answer-9"])))[0], MIError)
            assert eventually(lambda wanted=before: descriptors() == wanted), transport


def test_generator_of_the_caller_that_fails():
    def requests():
        yield fetches(["answer-1"])[0]
        raise KeyError("of the caller")

    for transport in ("fifo", "udp", "http"):
        with serving(transport, by_kind(False)) as peer:
            with peer.connect() as conn:
                with pytest.raises(KeyError):
                    list(conn.call_many(requests()))
                assert conn.call("version").result["Server"]


def test_no_requests_at_all():
    for transport in ("fifo", "udp", "http"):
        with serving(transport, by_kind(False)) as peer:
            with peer.connect() as conn:
                assert list(conn.call_many([])) == []


def test_connection_serves_calls_between_and_after():
    with serving("fifo", by_kind(False)) as peer:
        with peer.connect() as conn:
            for index, outcome in conn.call_many(fetches(["answer-{0}".format(number) for number in range(5)])):
                assert conn.call(*fetches(["answer-between"])[0]).result == "answer-between"
                assert outcome.result == "answer-{0}".format(index)


# --- pace ------------------------------------------------------------------------------------------------------


class Clock:
    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr(governor.time, "monotonic", lambda: self.now)


@pytest.mark.parametrize("rate", [0.5, 3.0, 100.0])
def test_pace_spaces_requests_evenly(monkeypatch, rate):
    clock = Clock(monkeypatch)
    pace = governor.Pace(rate)
    sent = []
    for _dummy in range(50):
        clock.now += pace.wait()
        assert pace.wait() == 0
        sent.append(clock.now)
        pace.sent()
    assert all(later - earlier == pytest.approx(1.0 / rate) for earlier, later in zip(sent, sent[1:]))


def test_pace_makes_up_for_a_late_wake_up_but_not_for_a_stall(monkeypatch):
    clock = Clock(monkeypatch)
    pace, sent = governor.Pace(50.0), []
    for _dummy in range(100):
        # each sleep lasts some milliseconds longer than asked for
        clock.now += pace.wait() + 0.004
        sent.append(clock.now)
        pace.sent()
    assert 99 / (sent[-1] - sent[0]) == pytest.approx(50.0, rel=0.02)
    clock.now += 60
    burst = 0
    while pace.wait() == 0:
        pace.sent()
        burst += 1
    assert burst <= 4


def test_pace_without_a_rate_never_waits(monkeypatch):
    Clock(monkeypatch)
    pace = governor.Pace(None)
    for _dummy in range(1000):
        assert pace.wait() == 0
        pace.sent()


@pytest.mark.parametrize("transport", ["fifo", "udp", "http"])
def test_rate_holds_back_a_run(transport):
    """Not faster than it says; how much slower is the machine's affair."""
    arrived = []
    with serving(transport, lambda attr: arrived.append(time.monotonic()) or attr) as peer:
        with peer.connect() as conn:
            outcomes = list(
                conn.call_many(
                    fetches(["answer-{0}".format(number) for number in range(8)]), governor=governor.Governor(25)
                )
            )
    assert len(outcomes) == 8
    # seven gaps of 40 ms; what may be made up for, and what the wire adds at the start, is below two of them
    assert arrived[-1] - arrived[0] > 5 * 0.04


# --- the window of datagrams -----------------------------------------------------------------------------------


def test_server_that_takes_nothing_gets_no_more_than_the_window():
    with serving("udp", lambda attr: attr) as peer:
        with peer.connect() as conn:
            conn.call("version")
            conn.call(*fetches(["x"])[0])
            peer.hold.clear()
            time.sleep(0.05)
            outcomes = []

            def run():
                outcomes.extend(
                    conn.call_many(fetches([str(number) for number in range(400)]), max_in_flight=400, timeout=20)
                )

            worker = threading.Thread(target=run)
            worker.start()
            time.sleep(0.4)
            before = len(peer.requests)
            waiting = 0
            peer.socket.setblocking(False)
            datagrams = []
            with contextlib.suppress(OSError):
                while True:
                    datagrams.append(peer.socket.recvfrom(65457))
                    waiting += 1
            peer.socket.setblocking(True)
            # the window, and a barrier or two that ask what was taken
            assert 1 <= waiting <= DatagramCarrier.window + 2, waiting
            # answer what was taken out here, then go on
            for data, client in datagrams:
                message = json.loads(data.decode())
                peer.socket.sendto(
                    json.dumps(
                        {
                            "jsonrpc": "2.0",
                            "id": message["id"],
                            "result": message.get("params", {}).get("attr", {"Server": "OpenSIPS (3.6.8)"}),
                        }
                    ).encode(),
                    client,
                )
            peer.hold.set()
            worker.join(30)
            assert not worker.is_alive()
        assert sorted(index for index, _outcome in outcomes) == list(range(400))
        assert all(outcome.result == str(index) for index, outcome in outcomes if not isinstance(outcome, MIError))
        assert not any(isinstance(outcome, MIError) for _index, outcome in outcomes)
        assert len(peer.requests) - before >= 400 - waiting


def test_phones_that_stay_silent_do_not_stop_the_window():
    """Nobody answers, but the server takes all: the barrier finds out, long before the deadlines."""
    with serving("udp", lambda attr: SILENT) as peer:
        with peer.connect() as conn:
            conn.call("version")
            outcomes = []

            def run():
                outcomes.extend(
                    conn.call_many(fetches([str(number) for number in range(200)]), max_in_flight=200, timeout=2)
                )

            worker = threading.Thread(target=run)
            worker.start()
            # all arrive while the first still have time
            assert eventually(lambda: peer.methods().count("cache_fetch") == 200, 1.8)
            worker.join(20)
        assert sorted(index for index, _outcome in outcomes) == list(range(200))
        assert all(isinstance(outcome, MITimeout) for _index, outcome in outcomes)
        # the barrier is a command that reads, and its answer is nobody's outcome
        assert set(peer.methods()) == {"version", "which", "cache_fetch"}


def test_server_that_never_comes_back_ends_at_the_deadlines():
    with serving("udp", lambda attr: SILENT) as peer:
        with peer.connect() as conn:
            conn.call("version")
            conn.has("cache_fetch")
            peer.hold.clear()
            time.sleep(0.05)
            started = time.monotonic()
            outcomes = list(
                conn.call_many(fetches([str(number) for number in range(150)]), max_in_flight=150, timeout=0.3)
            )
            assert time.monotonic() - started < 10
        assert sorted(index for index, _outcome in outcomes) == list(range(150))
        assert all(isinstance(outcome, MITimeout) for _index, outcome in outcomes)


# --- a server that is lost -------------------------------------------------------------------------------------


def hang_at(peer, attr):
    """Let the peer answer nothing more, not even its version, from a request with that attr on; gives what ends it (Event)."""
    hung = threading.Event()
    if isinstance(peer, Http):
        usual = peer._respond

        def respond(request):
            if attr.encode() in request["body"]:
                hung.set()
            return [20] if hung.is_set() else usual(request)

        peer._respond = respond
        return hung
    commands = peer.answers.commands
    version, fetch = commands["version"], commands["cache_fetch"]

    def answer(params):
        if attr in str(params):
            hung.set()
        return SILENT if hung.is_set() else fetch(params)

    commands.update(cache_fetch=answer, version=lambda _params: SILENT if hung.is_set() else version)
    return hung


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_silence_is_not_waited_for_request_after_request(transport):
    """One at a time, and the server hangs: after the first timeout, and one for the question whether it is there, all ends."""
    requests = fetches(["answer-{0}".format(number) for number in range(100)])
    with serving(transport, by_kind(transport.startswith("line"))) as peer:
        with peer.connect() as conn:
            conn.has("cache_fetch")
            hung = hang_at(peer, "answer-3")
            outcomes = dict(conn.call_many(requests, max_in_flight=1, timeout=0.4))
            hung.clear()
    assert sorted(outcomes) == list(range(100))
    assert all(verdict(outcomes[index], "answer-{0}".format(index)) for index in range(3))
    assert isinstance(outcomes[3], (MITimeout, MalformedReply)) and outcomes[3].maybe_sent
    for index in range(4, 100):
        assert isinstance(outcomes[index], MITimeout) and not outcomes[index].maybe_sent
        assert "accepts no more requests" in str(outcomes[index])


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_silent_phones_do_not_end_a_run(transport):
    """Each request is silent, and the server answers the question whether it is there."""
    if transport == "http":
        pytest.skip("over HTTP a silent phone keeps the server from answering anything")
    with serving(transport, lambda attr: SILENT) as peer:
        with peer.connect() as conn:
            conn.has("cache_fetch")
            outcomes = dict(conn.call_many(fetches("abcd"), max_in_flight=1, timeout=0.2))
    assert sorted(outcomes) == [0, 1, 2, 3]
    assert all(isinstance(each, (MITimeout, MalformedReply)) and each.maybe_sent for each in outcomes.values())


class Full(DatagramCarrier):
    """The queue of the network card is full, as ENOBUFS says, from the sixth datagram on."""

    left = 5

    def _send(self, sock, data):
        if not self.left:
            raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))
        self.left -= 1
        super()._send(sock, data)


def test_a_carrier_that_stays_full_ends_the_run_after_one_timeout():
    with serving("udp", by_kind(False)) as peer:
        with peer.connect() as conn:
            conn.has("cache_fetch")
            conn.carrier = Full(peer.host, peer.port)
            outcomes = dict(conn.call_many(fetches(["answer-{0}".format(n) for n in range(100)]), timeout=0.5))
            # the socket itself would seem writable all the time
            assert conn.carrier.writable_fd() is None
            conn.close()
    assert [verdict(outcomes[index], "answer-{0}".format(index)) for index in range(100)] == [True] * 5 + [False] * 95
    assert not any(outcomes[index].maybe_sent for index in range(5, 100))


@pytest.mark.parametrize("transport", ["fifo", "udp", "http"])
def test_an_error_of_no_tree_is_the_outcome_of_its_request(transport, monkeypatch):
    real = JsonRpcProtocol.decode

    def decode(self, data, request):
        reply = real(self, data, request)
        if reply.result == "answer-2":
            raise MemoryError()
        return reply

    with serving(transport, by_kind(False)) as peer:
        with peer.connect() as conn:
            conn.has("cache_fetch")
            monkeypatch.setattr(JsonRpcProtocol, "decode", decode)
            outcomes = dict(conn.call_many(fetches(["answer-{0}".format(n) for n in range(6)])))
            with pytest.raises(UnexpectedError):
                conn.call(*fetches(["answer-2"])[0])
    assert isinstance(outcomes.pop(2), UnexpectedError) and len(outcomes) == 5
    assert not any(isinstance(each, MIError) for each in outcomes.values())


@pytest.mark.parametrize("transport", ["fifo", "udp", "http"])
def test_what_a_request_asks_before_it_goes_out_is_not_the_request(transport):
    """Its preparing may ask the server, and that may go unanswered: nothing of itself was sent."""

    def encode(reply_to):
        raise MITimeout("No reply to version")

    with serving(transport, by_kind(False)) as peer:
        with peer.connect() as conn:
            conn.has("cache_fetch")
            conn._deferred = lambda *_args: encode
            outcomes = dict(conn.call_many(fetches(["answer-1"])))
    assert isinstance(outcomes[0], MITimeout) and not outcomes[0].maybe_sent


# --- descriptors -----------------------------------------------------------------------------------------------

FEW = """
import resource, sys
soft, hard = int(sys.argv[3]), int(sys.argv[4])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
options = {"fifo_path": sys.argv[1], "reply_dir": sys.argv[2]} if sys.argv[2] else {"host": "127.0.0.1", "port": int(sys.argv[1])}
with Connection(options) as conn:
    requests = [("cache_fetch", {"system": "local", "attr": str(number)}) for number in range(300)]
    outcomes = dict(conn.call_many(requests, max_in_flight=300))
bad = [str(outcome) for index, outcome in outcomes.items() if isinstance(outcome, MIError) or outcome.result != str(index)]
print(len(outcomes), len(bad), bad[:1], resource.getrlimit(resource.RLIMIT_NOFILE)[1])
"""


@pytest.mark.parametrize("transport", ["fifo", "udp"])
@pytest.mark.parametrize("soft,hard", [(100, 100), (80, 4096)])
def test_few_descriptors_are_enough(transport, soft, hard):
    assert collections_path()
    with serving(transport, lambda attr: attr) as peer:
        where = (peer.path, peer.reply_dir) if transport == "fifo" else (peer.port, "")
        status, output, errors = finish(start_python(FEW, where[0], where[1], soft, hard), 60)
        assert status == 0, errors
        assert output.split() == ["300", "0", "[]", str(hard)], output


# --- the loop itself -------------------------------------------------------------------------------------------


def test_what_encode_raises_becomes_the_outcome():
    def refuse(reply_to):
        raise BadParameters("no", "never")

    with Datagram() as peer:
        carrier = DatagramCarrier("127.0.0.1", peer.port)
        outcomes = dict(
            flight.Flight(carrier, JsonRpcProtocol(), 2).run(
                [
                    flight.Outgoing("a", refuse, 1.0),
                    flight.Outgoing("b", lambda reply_to: JsonRpcProtocol().encode("version", None), 5.0),
                    flight.Outgoing("c", refuse, 1.0),
                ]
            )
        )
        assert isinstance(outcomes["a"], BadParameters) and isinstance(outcomes["c"], BadParameters)
        assert outcomes["b"].result["Server"]
        carrier.close()
        assert len(peer.requests) == 1


def test_http_never_has_more_than_four_at_work():
    def slow(request):
        usual = json_http(Answers("3.6.8", {"cache_fetch": "x"}))
        if b"cache_fetch" in request["body"]:
            time.sleep(0.03)
        return usual(request)

    with Http(slow) as peer:
        with peer.connect() as conn:
            outcomes = list(conn.call_many(fetches([str(number) for number in range(30)]), max_in_flight=1000))
        assert len(outcomes) == 30 and peer.most_running <= 4


def test_http_errors_are_outcomes_too():
    def moody(request):
        usual = json_http(Answers("3.6.8", {"cache_fetch": "x"}))
        return plain_http(b"", "500 Internal Server Error") if b'"odd' in request["body"] else usual(request)

    with Http(moody) as peer:
        with peer.connect() as conn:
            attrs = ["odd", "even"] * 5
            outcomes = dict(conn.call_many(fetches(attrs)))
    assert {index: isinstance(outcome, MIError) for index, outcome in outcomes.items()} == {
        index: attr == "odd" for index, attr in enumerate(attrs)
    }
