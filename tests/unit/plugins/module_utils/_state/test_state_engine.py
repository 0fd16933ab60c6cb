# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine behind the modules that push state, over a real FIFO to a server of the test's own: a board of lamps."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.fifo import FifoCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    MITimeout,
    RequestTooLarge,
    UnknownCommand,
)
from ansible_collections.community.opensips.plugins.module_utils._state import engine
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import SILENT, Fault, JsonFifo


class Board:
    """lamps: {name: level}. What set_lamp does may be replaced: refuse, ignore, lose and so on by the name of the lamp."""

    def __init__(self, **lamps):
        self.lamps = lamps
        self.special = {}
        self.silent = False
        # how many reads show the levels of before
        self.hidden_reads = 0

    def commands(self):
        return {"list_lamps": self.list, "set_lamp": self.set}

    def list(self, _params):
        if self.hidden_reads:
            self.hidden_reads -= 1
            return {"Lamps": dict.fromkeys(self.lamps, 1)}
        return SILENT if self.silent else {"Lamps": dict(self.lamps)}

    def set(self, params):
        if params["lamp"] in self.special:
            return self.special[params["lamp"]](params)
        self.lamps[params["lamp"]] = params["level"]
        return "OK"


class Lamps(engine.State):
    THING = "lamp"
    READS = ("list_lamps",)
    WRITES = ("set_lamp",)

    def __init__(self, ranks=(), **wanted):
        self.wanted = wanted
        self.ranks = dict(ranks)

    def read(self, conn):
        return conn.call("list_lamps").result["Lamps"]

    def items(self, found):
        return [
            engine.Item({"lamp": name}, {"level": found[name]}, {"level": level}, rank=self.ranks.get(name, 0))
            for name, level in self.wanted.items()
            if name in found
        ]

    def requests(self, item):
        yield "set_lamp", {"lamp": item.identity["lamp"], "level": item.after["level"]}


class Server:
    """A board behind a FIFO, and a connection to it."""

    def __init__(self, peer, board, conn):
        self.peer, self.board, self.conn = peer, board, conn

    def push(self, state, check_mode=False):
        return engine.push(self.conn, state, check_mode)

    def fails(self, state):
        with pytest.raises(engine.PushFailed) as failed:
            self.push(state)
        return str(failed.value), failed.value.result

    def written(self):
        return [params["lamp"] for method, params in self.peer.requests if method == "set_lamp"]


@pytest.fixture
def server(tmp_path):
    board = Board(a=1, b=1, c=1, d=1)
    with JsonFifo(tmp_path, commands=board.commands()) as peer, peer.connect(timeout=0.5) as conn:
        yield Server(peer, board, conn)


def levels(result):
    return {each["lamp"]: each["after"] and each["after"]["level"] for each in result["results"]}


def changed(result):
    return [each["lamp"] for each in result["results"] if each["changed"]]


def test_only_what_differs_is_written_and_all_is_told(server):
    result = server.push(Lamps(a=5, b=1, c=7))
    assert server.written() == ["a", "c"]
    assert result["changed"]
    assert result["results"] == [
        {
            "lamp": "a",
            "changed": True,
            "before": {"level": 1},
            "after": {"level": 5},
            "requests": [{"command": "set_lamp", "params": {"lamp": "a", "level": 5}}],
            "error": None,
        },
        {"lamp": "b", "changed": False, "before": {"level": 1}, "after": {"level": 1}, "requests": [], "error": None},
        {
            "lamp": "c",
            "changed": True,
            "before": {"level": 1},
            "after": {"level": 7},
            "requests": [{"command": "set_lamp", "params": {"lamp": "c", "level": 7}}],
            "error": None,
        },
    ]
    assert result["diff"] == {
        "before": {"a": {"level": 1}, "c": {"level": 1}},
        "after": {"a": {"level": 5}, "c": {"level": 7}},
    }


def test_a_second_run_is_unchanged_and_reads_once(server):
    server.push(Lamps(a=5))
    del server.peer.requests[:]
    result = server.push(Lamps(a=5))
    assert not result["changed"]
    assert result["diff"] == {"before": {}, "after": {}}
    assert server.peer.methods() == ["list_lamps"]


def test_check_mode_reads_only_and_says_the_same(server):
    planned = server.push(Lamps(a=5, b=1), check_mode=True)
    assert set(server.peer.methods()) <= {"version", "which", "list_lamps"}
    assert server.board.lamps["a"] == 1
    assert planned == server.push(Lamps(a=5, b=1))


def test_nobody_named_is_nothing_to_do(server):
    assert server.push(Lamps()) == {"changed": False, "results": [], "diff": {"before": {}, "after": {}}}


def test_items_of_a_lower_rank_are_written_first(server):
    result = server.push(Lamps(ranks={"a": 2, "b": 1}, a=2, b=2, c=2))
    assert server.written() == ["c", "b", "a"]
    assert [each["lamp"] for each in result["results"]] == ["a", "b", "c"]


def test_a_refused_write_keeps_none_of_the_others_back(server):
    server.board.special["b"] = lambda params: Fault(500, "bulb is broken")
    message, result = server.fails(Lamps(a=5, b=5, c=5))
    assert "lamp b: The server answered 500 bulb is broken" in message
    assert levels(result) == {"a": 5, "b": 1, "c": 5}
    assert changed(result) == ["a", "c"]
    assert "bulb is broken" in str(result["results"][1]["error"])
    assert result["results"][0]["error"] is None
    # what did not change is not in the diff
    assert list(result["diff"]["after"]) == ["a", "c"]


def test_many_refusals_are_shortened_in_the_text_but_not_in_the_result(server):
    names = [f"lamp{number:02}" for number in range(30)]
    server.board.lamps = dict.fromkeys(names, 1)
    server.board.special = dict.fromkeys(names, lambda params: Fault(500, "no"))
    message, result = server.fails(Lamps(**dict.fromkeys(names, 2)))
    assert "; and 10 more" in message
    assert len([each for each in result["results"] if each["error"]]) == 30


def test_a_state_that_does_not_converge(server):
    server.board.special["b"] = lambda params: "OK"
    message, result = server.fails(Lamps(a=5, b=5))
    assert message.startswith("lamp b: The server reports level 1, expected level 5. ")
    assert levels(result) == {"a": 5, "b": 1}
    assert changed(result) == ["a"]
    assert [type(each["error"]) for each in result["results"]] == [type(None), engine.StateNotReached]


def test_writes_are_repeated_as_often_as_the_declaration_says(server):
    class Slowly(Lamps):
        ROUNDS = 4

    def one_up(params):
        server.board.lamps["a"] += 1
        return "OK"

    server.board.special["a"] = one_up
    result = server.push(Slowly(a=4, b=2))
    assert server.written() == ["a", "b", "a", "a"]
    assert len(result["results"][0]["requests"]) == 3
    message, result = server.fails(Slowly(a=20))
    assert "The server reports level 8, expected level 20" in message
    assert len(result["results"][0]["requests"]) == 4


def test_a_refusal_in_a_later_round_is_told(server):
    class Slowly(Lamps):
        ROUNDS = 9

    answers = iter(["OK", Fault(500, "too hot")])
    server.board.special["a"] = lambda params: next(answers)
    message, result = server.fails(Slowly(a=4))
    assert "too hot" in message
    assert len(result["results"][0]["requests"]) == 2


def test_a_state_may_take_its_time_to_show(server):
    class Settling(Lamps):
        SETTLE = 5.0

    server.board.hidden_reads = 4
    assert levels(server.push(Settling(a=5))) == {"a": 5}
    assert server.written() == ["a"]


def test_items_that_vanish_are_told(server):
    def break_it(params):
        del server.board.lamps["b"]
        return "OK"

    server.board.special["b"] = break_it
    message, result = server.fails(Lamps(a=5, b=5))
    assert message.startswith("lamp b: The server reports absent, expected level 5. ")
    assert levels(result) == {"a": 5, "b": None}
    assert changed(result) == ["a", "b"]


def test_what_others_change_meanwhile_is_told(server):
    def also_c(params):
        server.board.lamps.update(a=params["level"], c=9)
        return "OK"

    server.board.special["a"] = also_c
    message, result = server.fails(Lamps(a=5, c=1))
    assert message.startswith("lamp c: The server reports level 9, expected level 1. ")
    assert changed(result) == ["a", "c"]


def test_a_refusal_does_not_matter_where_all_is_as_wanted_meanwhile(server):
    def somebody_was_faster(params):
        server.board.lamps[params["lamp"]] = params["level"]
        return Fault(404, "it is so already")

    server.board.special["a"] = somebody_was_faster
    result = server.push(Lamps(a=5, b=6))
    assert levels(result) == {"a": 5, "b": 6}
    assert not any(each["error"] for each in result["results"])


def test_a_write_without_an_answer_stops_the_rest_and_is_read_back(server):
    def late(params):
        server.board.lamps["b"] = params["level"]
        return SILENT

    server.board.special["b"] = late
    message, result = server.fails(Lamps(a=5, b=5, c=5, d=5))
    assert "lamp b: " in message
    assert "2 more not tried" in message
    assert server.written() == ["a", "b"]
    # it was done all the same
    assert levels(result) == {"a": 5, "b": 5, "c": 1, "d": 1}
    assert [each["lamp"] for each in result["results"] if each["error"]] == ["b"]


def test_a_connection_that_is_lost_midway(server):
    def die(params):
        server.board.silent = True
        return SILENT

    server.board.special["b"] = die
    message, result = server.fails(Lamps(a=5, b=5, c=5))
    assert "lamp b: " in message
    assert "1 more not tried" in message
    assert "could not be read back" in message
    # what was sent counts as written, since it may have been
    assert levels(result) == {"a": 5, "b": 5, "c": 1}
    assert changed(result) == ["a", "b"]


def test_a_server_that_takes_no_write_is_not_waited_for_again_and_again(server, monkeypatch):
    """Nothing was written, and nothing is said to be."""
    write = FifoCarrier._write
    monkeypatch.setattr(
        FifoCarrier, "_write", lambda carrier, data, *how: b"set_lamp" not in data and write(carrier, data, *how)
    )
    message, result = server.fails(Lamps(a=5, b=5, c=5))
    assert "accepts no more requests" in message and "2 more not tried" in message
    assert not result["changed"] and levels(result) == {"a": 1, "b": 1, "c": 1}
    assert server.peer.methods().count("list_lamps") == 1


def test_what_is_known_when_something_unexpected_ends_the_push(server):
    class Broken(Lamps):
        reads = 0

        def read(self, conn):
            self.reads += 1
            if self.reads == 2:
                raise KeyError("of a bug")
            return super().read(conn)

    known = []
    server.board.special["c"] = lambda params: Fault(500, "no")
    with pytest.raises(KeyError):
        engine.push(server.conn, Broken(a=5, b=1, c=5), False, known.append)
    result = known[0]()
    assert result["changed"] and levels(result) == {"a": 5, "b": 1, "c": 5}


def test_a_server_that_does_not_answer_reads_is_an_error_before_any_write(server):
    server.board.silent = True
    with pytest.raises((MITimeout, MalformedReply)):
        server.push(Lamps(a=5))
    assert server.written() == []


def test_all_requests_are_checked_before_the_first_is_sent(server):
    with pytest.raises(RequestTooLarge):
        server.push(Lamps(a=5, b="x" * 5000))
    assert server.written() == []


def test_a_command_that_the_server_lacks(server):
    class Dispatching(Lamps):
        WRITES = ("set_lamp", "ds_set_state")

    with pytest.raises(UnknownCommand) as unknown:
        server.push(Dispatching(a=5))
    assert "ds_set_state" in str(unknown.value)
    assert "dispatcher" in str(unknown.value)
    assert server.written() == []


def test_unknown_things_and_those_that_are_known():
    assert str(engine.unknown("lamp", "x", ["b", "a", "a"], "lamps")) == "lamps: the server has no lamp x. It has: a, b"
    assert "reload" in str(engine.unknown("lamp", "x", [], "lamps"))
    assert str(engine.unknown("lamp", "x", map(str, range(100, 130)), "lamps")).endswith("119 and 10 more")


def test_entries_that_mean_the_same():
    engine.check_unique("lamps", [("a", 1), ("a", 2)])
    with pytest.raises(BadParameters, match="lamps: entries 2 and 4 are the same: a 1. Remove one of them"):
        engine.check_unique("lamps", [("b", 1), ("a", 1), ("c", None), ("a", 1)])


class Together(Lamps):
    """Whose requests need not wait for each other."""

    IN_FLIGHT = 8


def test_a_refusal_among_many_in_flight_keeps_none_back(server):
    server.board.special["b"] = lambda params: Fault(500, "bulb is broken")
    message, result = server.fails(Together(a=5, b=5, c=5, d=5))
    assert "lamp b: The server answered 500 bulb is broken" in message
    assert levels(result) == {"a": 5, "b": 1, "c": 5, "d": 5}
    assert [each["error"] is not None for each in result["results"]] == [False, True, False, False]
    assert not server.push(Together(a=5, c=5, d=5))["changed"]


def test_an_order_holds_also_where_many_may_be_in_flight(server):
    server.push(Together(ranks={"a": 2, "b": 1}, a=2, b=2, c=2))
    assert server.written() == ["c", "b", "a"]


def test_of_many_in_flight_those_without_an_answer_have_the_error(server):
    """A server that is lost meanwhile: nobody knows which of them it took."""

    def lose(params):
        server.board.silent = True
        return SILENT

    server.board.special = dict.fromkeys("bcd", lose)
    message, result = server.fails(Together(a=5, b=5, c=5, d=5))
    assert "could not be read back" in message
    assert [each["error"] is not None for each in result["results"]] == [False, True, True, True]
