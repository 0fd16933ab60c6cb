# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace of many requests: what the server's memory bears, on a modelled server and through real carriers."""

import contextlib
import heapq
import os
import tempfile
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._mi import governor
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.fifo import FifoCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ConnectError,
    MalformedReply,
    MIError,
    MITimeout,
    ReplyTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import Governor, OutOfMemory
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import TextTreeReply, ValueReply
from ansible_collections.community.opensips.tests.unit import wire
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import eventually
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.http_peer import Http, json_http
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    Answers,
    Behaviour,
    Datagram,
    Fault,
    JsonFifo,
    LineFifo,
)

MB = 1 << 20


# --- on a modelled server, with a clock of its own ---------------------------------------------------------------


class ModelServer:
    """Shared memory, transactions of 7,752 bytes until answer + 5 s and the next tick, and what others take."""

    EACH = 7752

    def __init__(self, clock, total, used, answer, others=()):
        self.clock, self.total, self.used, self.answer = clock, total, used, answer
        self.others = list(others)  # (from, bytes)
        self.start = clock.now
        self.releases = []
        self.in_use = 0
        self.most, self.least_free = 0, total

    def take(self, number):
        end = self.clock.now + self.answer(number) + 5.0
        heapq.heappush(self.releases, float(int(end) + 1))
        self.in_use += 1
        self.most = max(self.most, self.in_use)
        self.least_free = min(self.least_free, self.free)

    def settle(self):
        while self.releases and self.releases[0] <= self.clock.now:
            heapq.heappop(self.releases)
            self.in_use -= 1

    @property
    def free(self):
        taken = sum(size for since, size in self.others if self.clock.now - self.start >= since)
        return self.total - self.used - taken - self.in_use * self.EACH

    def look(self):
        self.settle()
        return statistics(self.total, max(1, self.free), self.in_use)


class Clock:
    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr(governor.time, "monotonic", lambda: self.now)


def statistics(total, free, in_use=None, tree=False):
    """The Reply to governor.LOOK."""
    values = {"shmem:total_size": total, "shmem:free_size": free}
    if in_use is not None:
        values["tm:inuse_transactions"] = in_use
    if tree:
        return TextTreeReply("".join("{0}:: {1}\n".format(*item) for item in values.items()), None, status="200 OK")
    return ValueReply(values, "")


def drive(clock, server, paced, count, cost="t_uac_dlg", seconds=100000):
    """Send count requests as a flight would, each taking 0.1 ms; gives (seconds that it took, requests sent)."""
    begin, sent = clock.now, 0
    paced.expect(governor.cost_of(cost))
    while sent < count and clock.now - begin < seconds:
        server.settle()
        if paced.look_due():
            paced.looking()
            clock.now += 0.002
            paced.looked(server.look())
        wait = paced.wait()
        if wait:
            clock.now += min(wait, 0.05)
            continue
        server.take(sent)
        paced.sent()
        clock.now += 0.0001
        sent += 1
    return clock.now - begin, sent


@settings(max_examples=60, deadline=None)
@given(
    total=st.integers(32, 1024).map(lambda size: size * MB),
    used=st.floats(0.05, 0.7),
    share=st.floats(5, 100),
    silent=st.integers(0, 10),
    fr_timeout=st.sampled_from([3.0, 30.0]),
)
def test_a_run_holds_no_more_than_its_share_and_leaves_a_fifth(total, used, share, silent, fr_timeout):
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock(patch)
        server = ModelServer(
            clock, total, int(total * used), lambda number: fr_timeout if number % 10 < silent else 0.1
        )
        free = server.free
        paced = Governor(share=share)
        took, sent = drive(clock, server, paced, 20000, seconds=3000)
        # bytes_each is learned, so 8,000 at first are a little more than the true ones
        assert server.most * server.EACH <= share / 100 * free + server.EACH
        assert server.least_free >= total / 5 - server.EACH
        report = paced.report()
        assert report["looks"] <= 2 + sent / 100 + 2 * took
        assert report["least_free_memory"] >= server.least_free
        assert report["total_memory"] == total


def test_plenty_of_memory_holds_nothing_back(monkeypatch):
    clock = Clock(monkeypatch)
    server = ModelServer(clock, 1024 * MB, 100 * MB, lambda number: 0.1)
    took, sent = drive(clock, server, Governor(), 10000)
    assert sent == 10000 and took < 1.2


def test_looks_are_few(monkeypatch):
    """At no more than 1 % of the requests of a run that lasts, also while it is held back."""
    clock = Clock(monkeypatch)
    server = ModelServer(clock, 64 * MB, 15 * MB, lambda number: 0.1)
    paced = Governor(share=25)
    _took, sent = drive(clock, server, paced, 10000)
    assert sent == 10000
    assert paced.report()["looks"] <= 2 + 10000 / 100


def test_requests_are_spread(monkeypatch):
    """Not all that memory has room for at once, and then none for seconds: the processors are there for calls, too."""
    clock = Clock(monkeypatch)
    server = ModelServer(clock, 64 * MB, 15 * MB, lambda number: 0.1)
    most = 0.25 * server.free / server.EACH
    took, _sent = drive(clock, server, Governor(share=25), int(0.9 * most))
    assert took > 0.9 * 5.5 / 4


def test_others_that_need_more_slow_the_run(monkeypatch):
    """Calls that come up take what the run would have; none of the reserve is touched by the run."""
    clock = Clock(monkeypatch)
    alone = drive(clock, ModelServer(clock, 64 * MB, 15 * MB, lambda number: 0.1), Governor(share=60), 8000)[0]
    busy = ModelServer(clock, 64 * MB, 15 * MB, lambda number: 0.1, others=[(2.0, 25 * MB)])
    took, sent = drive(clock, busy, Governor(share=60), 8000)
    assert sent == 8000 and took > 1.2 * alone
    # from the look on that shows them; what the run held before is given back by itself
    held = 25 * MB + busy.most * busy.EACH
    assert busy.least_free >= 64 * MB - 15 * MB - held


def test_a_run_ends_when_others_need_all(monkeypatch):
    clock = Clock(monkeypatch)
    server = ModelServer(clock, 64 * MB, 15 * MB, lambda number: 0.1, others=[(3.0, 40 * MB)])
    paced = Governor()
    took, sent = drive(clock, server, paced, 10000, seconds=100)
    assert 0 < sent < 10000 and took >= 100
    assert paced.gives_up(True) is None, "a phone that answers gives memory back"
    assert paced.gives_up(False) is None, "not at once"
    clock.now += governor.PATIENCE
    error = paced.gives_up(False)
    assert isinstance(error, OutOfMemory) and not error.maybe_sent
    assert "64 MB" in str(error) and error.hint


def test_contacts_that_stay_are_held_back_by_the_reserve_alone(monkeypatch):
    clock = Clock(monkeypatch)
    server = ModelServer(clock, 64 * MB, 4 * MB, lambda number: 0.1)
    server.EACH, server.in_use = 1300, 0
    server.take = lambda number: setattr(server, "in_use", server.in_use + 1)
    server.settle = lambda: None
    server.look = lambda: statistics(server.total, server.free, 0)
    _took, sent = drive(clock, server, Governor(share=1), 10**6, cost="ul_add", seconds=30)
    assert 64 * MB / 5 <= server.free < 64 * MB / 5 + 2 * MB
    assert sent * 1300 > 40 * MB


def test_commands_that_cost_nothing_are_not_held_back_and_nothing_is_asked(monkeypatch):
    clock = Clock(monkeypatch)
    paced = Governor()
    paced.expect(governor.cost_of("ul_show_contact"))
    for _number in range(1000):
        assert paced.wait() == 0 and not paced.look_due()
        paced.sent()
    assert clock.now == 1000.0


@pytest.mark.parametrize("name", ["t_uac_dlg", "tm:uac_dlg"])
def test_both_names_of_a_command_cost_the_same(name):
    assert governor.cost_of(name).transactions == 1


def test_silence_of_the_statistics_means_a_careful_pace(monkeypatch):
    clock = Clock(monkeypatch)
    for answer in (ServerError(404, "not found"), ValueReply({}, ""), ValueReply([], ""), statistics(0, 0, 0)):
        paced = Governor(rate=5000)
        paced.expect(governor.cost_of("t_uac_dlg"))
        paced.looking()
        paced.looked(answer)
        assert paced.problem
        begin, sent = clock.now, 0
        while clock.now - begin < 10:
            wait = paced.wait()
            clock.now += wait
            paced.sent()
            sent += 1
        assert 900 <= sent <= 10 * governor.CAREFUL_RATE + 5


def test_what_was_sent_behind_a_look_counts_although_the_look_came_back(monkeypatch):
    clock = Clock(monkeypatch)
    paced = Governor(share=20)
    paced.expect(governor.cost_of("t_uac_dlg"))
    paced.looked(statistics(64 * MB, 50 * MB, 0))
    clock.now += 1
    paced.looking()
    for _number in range(2000):
        paced.sent()
    # the server answered it before it took any of them
    paced.looked(statistics(64 * MB, 50 * MB, 0))
    clock.now += 1
    assert paced.wait() and paced.held_by == "memory"
    paced.looking()
    paced.looked(statistics(64 * MB, 50 * MB - 2000 * 7752, 2000))
    clock.now += 1
    assert paced.wait()
    paced.looking()
    paced.looked(statistics(64 * MB, 50 * MB, 0))
    clock.now += 60
    assert not paced.wait()


def test_a_look_that_is_lost_goes_on_counting(monkeypatch):
    clock = Clock(monkeypatch)
    paced = Governor()
    paced.expect(governor.cost_of("t_uac_dlg"))
    paced.looked(statistics(64 * MB, 50 * MB, 0))
    for _number in range(5000):
        paced.sent()
    clock.now += 1
    paced.looking()
    paced.looked(MIError("lost"))
    assert paced.wait() and paced.problem is None


@pytest.mark.parametrize("looks,held", [([490, 0, 440], False), ([490, 0, 0], True), ([0, 440], False), ([0, 0], True)])
def test_one_look_that_shows_no_memory_is_not_believed_alone(monkeypatch, looks, held):
    """F_MALLOC of 3.6.8 was seen to report 480 bytes between looks of 490 and 440 MB."""
    clock = Clock(monkeypatch)
    paced = Governor()
    paced.expect(governor.cost_of("t_uac_dlg"))
    for free in looks:
        for _number in range(150):
            paced.sent()
        clock.now += 0.3
        assert paced.look_due()
        paced.looking()
        paced.looked(statistics(512 * MB, free * MB, 0))
    clock.now += 0.3
    assert bool(paced.wait()) == held
    assert (paced.report()["least_free_memory"] == 0) == held


@pytest.mark.parametrize("tree", [False, True])
def test_memory_is_read_from_either_kind_of_reply(tree):
    memory = governor.Memory.of_reply(statistics(64 * MB, 50 * MB, 7, tree))
    assert (memory.total, memory.free, memory.in_use) == (64 * MB, 50 * MB, 7)


@pytest.mark.parametrize("share", [0, -1, 100.1, float("nan")])
def test_share_that_cannot_be(share):
    with pytest.raises(BadParameters, match="server_share"):
        Governor(share=share)


@pytest.mark.parametrize("rate", [0, -1, 1e6, float("nan")])
def test_rate_that_cannot_be(rate):
    with pytest.raises(BadParameters, match="rate"):
        Governor(rate)


# --- what servers said, byte for byte --------------------------------------------------------------------------

# what of the recorded exchanges says that nothing was done
REFUSALS = ("uac_no_memory", "uac_no_memory_at_all", "ul_add_no_memory")


@pytest.mark.parametrize("version", wire.MEMORY_VERSIONS)
def test_servers_without_memory_are_understood(version):
    """Each refusal is one, and nothing that came of a request which was done is taken for one."""
    seen = set()
    for carrier, exchange in wire.memory(version):
        try:
            outcome = wire.decode(version, carrier, exchange)
        except MIError as error:
            outcome = error
        over_http = carrier not in ("fifo", "datagram")
        if outcome is None or (over_http and exchange["id"] == "uac_no_memory_at_all"):
            # silence, or the words for an answer that was lost
            continue
        refused = governor.is_out_of_memory(outcome, exchange["method"], over_http)
        assert refused == (exchange["id"] in REFUSALS), (carrier, exchange["id"], outcome)
        seen.add((carrier, exchange["id"]))
    assert {(carrier, name) for carrier in ("fifo", "datagram") for name in REFUSALS} <= seen


@pytest.mark.parametrize("version", wire.MEMORY_VERSIONS)
def test_memory_that_is_out_is_watched_all_the_same(version):
    for carrier, exchange in wire.memory(version):
        if exchange["method"] == "get_statistics":
            memory = governor.Memory.of_reply(wire.decode(version, carrier, exchange))
            assert memory.total == 16 * MB and memory.free < 10000


def test_an_answer_that_was_lost_is_not_asked_for_again():
    """The phone was reached, so it would be rebooted twice."""
    error = next(each for carrier, each in wire.memory("3.6") if each["id"] == "uac_answered_no_memory")
    with pytest.raises(MalformedReply) as lost:
        wire.decode("3.6", "fifo", error)
    assert governor.lost_its_reply(lost.value) and not governor.is_out_of_memory(lost.value, "t_uac_dlg")


def test_a_phone_with_a_large_answer_is_not_sent_to_again_and_again():
    """The server could not print the answer; that it took the request is certain."""
    with pytest.raises(ReplyTooLarge) as raised:
        JsonRpcProtocol().decode(b'{"jsonrpc":"2.0","result":{"Status":"200 OK","failed to print response', None)
    assert not governor.is_out_of_memory(raised.value, "t_uac_dlg")


# --- through real carriers ---------------------------------------------------------------------------------------

SHORT = Fault(500, "Server error occurred (2/MI/UAC)")
TRANSPORTS = ["fifo", "line_fifo", "udp", "line_udp", "http"]


@contextlib.contextmanager
def serving(transport, uac, looks=None):
    """A peer whose t_uac_dlg answers uac(). looks: what get_statistics answers; None: it has no such command."""
    line = transport.startswith("line")
    version = "2.4.11" if line else "3.6.8"
    commands = {"t_uac_dlg": lambda params: uac()}
    if looks is not None:
        commands["get_statistics"] = looks
    with tempfile.TemporaryDirectory(prefix="mi_") as directory:
        if transport.endswith("fifo"):
            peer = (LineFifo if line else JsonFifo)(directory, version, commands)
        elif transport == "http":
            peer = Http(json_http(Answers(version, commands)))
        else:
            peer = Datagram(version, commands)
        with peer:
            yield peer


def memory(line, total=64 * MB, free=50 * MB, in_use=0):
    values = {"shmem:total_size": total, "shmem:free_size": free, "tm:inuse_transactions": in_use}
    return "".join("{0}:: {1}\n".format(*item) for item in values.items()) if line else values


def notifies(count):
    for number in range(count):
        uri = "sip:u{0}@192.0.2.1".format(number)
        headers = "From: <{0}>\r\nTo: <{0}>\r\nEvent: check-sync\r\n".format(uri)
        yield "t_uac_dlg", {"method": "NOTIFY", "ruri": uri, "headers": headers}


def accepted(line):
    return "Status:: 200 OK\n" if line else {"Status": "200 OK"}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_was_refused_for_want_of_memory_goes_out_again(transport, monkeypatch):
    monkeypatch.setattr(governor, "_FIRST_PAUSE", 0.02)
    line = transport.startswith("line")
    short = "500 Server error occurred (2/MI/UAC)\n" if line else SHORT
    lock, count = threading.Lock(), [0]

    def uac():
        with lock:
            count[0] += 1
            return short if 5 <= count[0] < 12 else accepted(line)

    paced = Governor()
    with serving(transport, uac, memory(line)) as peer:
        with peer.connect() as conn:
            outcomes = list(conn.call_many(notifies(20), governor=paced))
    assert sorted(index for index, _outcome in outcomes) == list(range(20))
    assert not [outcome for _index, outcome in outcomes if isinstance(outcome, MIError)]
    assert paced.report()["out_of_memory"] == 7
    assert count[0] == 27


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_server_that_stays_short_ends_the_run(transport, monkeypatch):
    monkeypatch.setattr(governor, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(governor, "_LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(governor, "PATIENCE", 0.3)
    line = transport.startswith("line")
    short = "500 Server error occurred (2/MI/UAC)\n" if line else SHORT
    with serving(transport, lambda: short, memory(line)) as peer:
        with peer.connect() as conn:
            outcomes = list(conn.call_many(notifies(50), max_in_flight=4))
    assert sorted(index for index, _outcome in outcomes) == list(range(50))
    assert all(isinstance(outcome, OutOfMemory) and not outcome.maybe_sent for _index, outcome in outcomes)
    # a server without memory is not asked through the whole run
    tries = sum(method == "t_uac_dlg" for method in peer.methods()) if transport != "http" else 0
    assert tries < 40


def test_a_phone_cannot_say_that_the_server_is_short():
    """On 2.x a phone's own answer may bear the same words; it comes with more than the status."""
    reply = "Status:: 500 Server error occurred (2/MI/UAC)\nMessage:: x\n"
    with serving("line_fifo", lambda: reply, memory(True)) as peer:
        with peer.connect() as conn:
            outcomes = list(conn.call_many(notifies(3)))
    assert len(outcomes) == 3 and not [outcome for _index, outcome in outcomes if isinstance(outcome, MIError)]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_server_without_statistics_is_sent_to_carefully_and_that_is_said(transport, monkeypatch):
    monkeypatch.setattr(governor, "CAREFUL_RATE", 50.0)
    line = transport.startswith("line")
    arrived = []
    with serving(transport, lambda: arrived.append(time.monotonic()) or accepted(line)) as peer:
        with peer.connect() as conn:
            assert len(list(conn.call_many(notifies(8)))) == 8
            assert len([text for text in conn.warnings if "free memory of the server is not known" in text]) == 1
    # seven gaps of 20 ms; what may be made up for is below three of them
    assert arrived[-1] - arrived[0] > 4 * 0.02


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_requests_wait_for_memory_and_then_all_go(transport, monkeypatch):
    """The server has room for ten at a time, and says so."""
    monkeypatch.setattr(governor, "_HELD_BACK", (0.02, 0.02))
    line = transport.startswith("line")
    lock, held, most = threading.Lock(), [0], [0]

    def uac():
        with lock:
            held[0] += 1
            most[0] = max(most[0], held[0])
        return accepted(line)

    def looks(params):
        with lock:
            answer = memory(line, in_use=held[0], free=50 * MB - held[0] * 7752)
            held[0] = 0  # and then all are released
        return answer

    paced = Governor(share=10 * 8000 * 100.0 / (50 * MB))
    with serving(transport, uac, looks) as peer:
        with peer.connect() as conn:
            outcomes = list(conn.call_many(notifies(45), governor=paced))
    assert len(outcomes) == 45 and not [outcome for _index, outcome in outcomes if isinstance(outcome, MIError)]
    assert most[0] <= 10
    assert paced.report()["limited_by"] == "memory" and paced.report()["looks"] >= 5


def test_no_more_lies_in_the_fifo_than_the_server_reads_at_once():
    most, stop = [0], threading.Event()

    with serving("fifo", lambda: accepted(False), memory(False)) as peer:
        with peer.connect() as conn:
            conn.call("version")
            peer.hold.clear()
            carrier = FifoCarrier([conn.carrier.path], os.path.dirname(conn.carrier.path))
            carrier.open()

            def watch():
                while not stop.is_set():
                    most[0] = max(most[0], carrier.unread())
                    time.sleep(0.001)

            watcher = threading.Thread(target=watch)
            watcher.start()
            outcomes = []
            worker = threading.Thread(target=lambda: outcomes.extend(conn.call_many(notifies(100), timeout=20)))
            worker.start()
            try:
                assert eventually(lambda: most[0] > 0, 5)
                time.sleep(0.2)
            finally:
                peer.hold.set()
                worker.join(30)
                stop.set()
                watcher.join()
                carrier.close()
    assert len(outcomes) == 100 and not [outcome for _index, outcome in outcomes if isinstance(outcome, MIError)]
    assert 0 < most[0] <= 4096


def test_silent_phones_do_not_end_a_run_that_waits_for_their_memory(monkeypatch):
    """Memory comes back when they are given up, whatever PATIENCE says."""
    monkeypatch.setattr(governor, "PATIENCE", 0.2)
    monkeypatch.setattr(governor, "_HELD_BACK", (0.02, 0.02))
    lock, held = threading.Lock(), [0]

    def silent():
        with lock:
            held[0] += 1

        def run(reply, request_id):
            time.sleep(0.8)
            with lock:
                held[0] -= 1
            reply(Answers.render_json({"Status": "408 Request Timeout"}, request_id))

        return Behaviour(run)

    def looks(params):
        with lock:
            return memory(False, in_use=held[0], free=50 * MB - held[0] * 7752)

    paced = Governor(share=4 * 8000 * 100.0 / (50 * MB))
    with serving("udp", silent, looks) as peer:
        with peer.connect() as conn:
            outcomes = list(conn.call_many(notifies(10), governor=paced))
    assert len(outcomes) == 10 and not [outcome for _index, outcome in outcomes if isinstance(outcome, MIError)]


def in_time(work, seconds=15):
    """What work() gives; fails if it does not end."""
    found = []
    worker = threading.Thread(target=lambda: found.append(work()), daemon=True)
    worker.start()
    worker.join(seconds)
    assert found, "it does not end"
    return found[0]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_memory_that_others_keep_ends_the_run(transport, monkeypatch):
    """Nothing was refused, and nothing was sent."""
    monkeypatch.setattr(governor, "PATIENCE", 0.4)
    monkeypatch.setattr(governor, "_HELD_BACK", (0.05, 0.05))
    line = transport.startswith("line")
    with serving(transport, lambda: accepted(line), memory(line, free=5 * MB)) as peer:
        with peer.connect() as conn:
            outcomes = in_time(lambda: list(conn.call_many(notifies(30))))
    assert len(outcomes) == 30
    assert all(isinstance(outcome, OutOfMemory) and "5 of 64 MB" in str(outcome) for _index, outcome in outcomes)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_run_that_is_ended_sends_nothing_more(transport):
    line = transport.startswith("line")
    paced, arrived = Governor(rate=50), []
    with serving(transport, lambda: arrived.append(1) or accepted(line), memory(line)) as peer:
        with peer.connect() as conn:
            outcomes = []
            for _index, outcome in conn.call_many(notifies(40), governor=paced):
                outcomes.append(outcome)
                if len(outcomes) == 5:
                    paced.end("enough")
    ended = [outcome for outcome in outcomes if isinstance(outcome, MIError)]
    assert len(outcomes) == 40 and all(str(outcome) == "enough" and not outcome.maybe_sent for outcome in ended)
    # a busy machine has some more under way than the five
    assert len(arrived) == len(outcomes) - len(ended) and len(ended) >= 20


@pytest.mark.parametrize("transport", ["fifo", "line_fifo", "udp", "line_udp"])
def test_a_server_that_hangs_ends_the_run_after_one_timeout(transport):
    """Also before the first look at its memory; what was not sent is not waited for one by one."""
    line = transport.startswith("line")
    for looked in (False, True):
        with serving(transport, lambda: accepted(line), memory(line)) as peer:
            with peer.connect() as conn:
                conn.call("version")
                conn.has("t_uac_dlg")
                if looked:
                    list(conn.call_many(notifies(3)))
                peer.hold.clear()
                outcomes = in_time(lambda conn=conn: list(conn.call_many(notifies(2000), timeout=0.5)))
                peer.hold.set()
        assert sorted(index for index, _outcome in outcomes) == list(range(2000))
        assert all(isinstance(outcome, MIError) for _index, outcome in outcomes)


def test_a_fifo_whose_reader_is_gone_is_told_although_it_is_full(tmp_path):
    path = str(tmp_path / "mi")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    carrier = FifoCarrier([path], str(tmp_path))

    class Request:
        data = b"x" * 1000

    sent = 0
    while carrier.start(lambda reply_to: Request, JsonRpcProtocol()) is not None:
        sent += 1
    assert sent == 4
    os.close(reader)
    with pytest.raises(ConnectError, match="gone"):
        carrier.start(lambda reply_to: Request, JsonRpcProtocol())
    carrier.close()


def test_one_look_that_is_lost_does_not_make_a_run_careful(monkeypatch):
    Clock(monkeypatch)
    paced = Governor()
    paced.expect(governor.cost_of("t_uac_dlg"))
    paced.looking()
    paced.looked(MITimeout("lost"))
    assert paced.look_due() and paced.problem is None
    paced.looking()
    paced.looked(statistics(64 * MB, 50 * MB, 0))
    assert not paced.wait() and paced.problem is None


def test_a_short_run_is_limited_by_nothing():
    with serving("fifo", lambda: accepted(False), memory(False)) as peer:
        with peer.connect() as conn:
            paced = Governor()
            list(conn.call_many(notifies(20), governor=paced))
    assert paced.report()["limited_by"] != "memory"
