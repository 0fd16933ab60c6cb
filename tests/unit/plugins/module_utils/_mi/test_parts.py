# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replies that are decoded while they come: the same parts however the bytes are cut, and the errors of a whole reply."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    MalformedReply,
    MIError,
    RejectedCommand,
    ReplyTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols import backlog
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.line import LineProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Layout

LAYOUT = Layout("Domains", "name", "AORs", "Domain", "AOR")
REQUEST = Request(b"", "ul_dump", 7)
many = settings(max_examples=200, deadline=None)


def parts_of(protocol, pieces, over_fifo=False, request=REQUEST):
    """The parts of a reply that comes in pieces (bytes each)."""
    decoder = protocol.parts(request, LAYOUT)
    found = []
    for piece in pieces:
        found.extend(decoder.feed(piece))
    return found + decoder.finish(over_fifo)


def joined(parts):
    """The value that parts of JSON-RPC are of."""
    whole = None
    for part in parts:
        if whole is None or not isinstance(part.result, dict) or not part.result.get("Domains"):
            domains = whole["Domains"] if whole is not None else None
            whole = part.result
            if domains and isinstance(whole, dict) and whole.get("Domains") == []:
                whole["Domains"] = domains
            continue
        (thing,) = part.result["Domains"]
        last = whole["Domains"][-1] if whole["Domains"] else None
        if isinstance(last, dict) and isinstance(thing, dict) and last.get("name") == thing.get("name"):
            thing["AORs"] = last.get("AORs", []) + thing.get("AORs", [])
            whole["Domains"][-1] = thing
        else:
            whole["Domains"].append(thing)
    return whole


def outcome(work):
    """What work() gives, or the error it raises, to compare."""
    try:
        return work()
    except MIError as error:
        return type(error), str(error)


def reply(result, **more):
    return json.dumps(dict({"jsonrpc": "2.0", "result": result, "id": 7}, **more)).encode()


def table(name="location", count=3):
    return {"name": name, "hash_size": 512, "AORs": [{"AOR": str(number), "Contacts": []} for number in range(count)]}


# --- JSON-RPC --------------------------------------------------------------------------------------------------


def test_entries_are_given_as_soon_as_they_are_whole():
    data = reply({"Domains": [table(count=3)]})
    decoder = JsonRpcProtocol().parts(REQUEST, LAYOUT)
    second = data.index(b'{"AOR": "1"')
    (part,) = decoder.feed(data[: second + 5])
    assert part.result == {"Domains": [{"name": "location", "hash_size": 512, "AORs": [{"AOR": "0", "Contacts": []}]}]}
    assert not part.is_tree and not decoder.complete()
    rest = decoder.feed(data[second + 5 :])
    assert [each["AOR"] for part in rest for each in part.result["Domains"][0]["AORs"]] == ["1", "2"]
    assert decoder.complete()
    (last,) = decoder.finish()
    assert last.result == {"Domains": []}


@pytest.mark.parametrize(
    "result",
    [
        {"Domains": []},
        {"Domains": [table(), table("other", 0), table("third", 1)]},
        {"Domains": [{"AORs": [{"AOR": "first"}], "name": "late", "x": 1}], "more": [1, 2.5, None, True]},
        {
            "before": {"Domains": [1], "AORs": [2]},
            "Domains": [{"name": "n", "y": {"AORs": [3]}, "AORs": [1, "]", {}, []]}],
        },
        {"Domains": None},
        {"Domains": {"AORs": [1]}},
        {
            "Domains": [
                5,
                "x",
                None,
                [],
                {"name": "a", "AORs": None},
                {"name": "b", "AORs": {"AORs": [1]}},
                {"name": "c"},
            ]
        },
        {"AOR": "a", "Contacts": [{"Domains": [{"AORs": [1]}]}]},
        {},
        [],
        [{"Domains": [table()]}],
        "text",
        12,
        None,
    ],
)
@pytest.mark.parametrize("form", [{}, {"indent": "\t"}, {"separators": (",", ":")}, {"ensure_ascii": False}])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 10000])
def test_any_value_comes_through_whole(result, form, size):
    data = json.dumps({"jsonrpc": "2.0", "result": result, "id": 7}, **form).encode("utf-8") + b"\n"
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    if isinstance(result, dict) and isinstance(result.get("Domains"), list):
        expected = json.loads(json.dumps(result))
    else:
        expected = result
    assert joined(parts_of(JsonRpcProtocol(), pieces)) == expected


def test_the_title_is_with_every_part_wherever_it_stands():
    data = reply({"Domains": [{"AORs": [{"AOR": "a"}, {"AOR": "b"}], "hash_size": 1, "name": "late"}]})
    parts = parts_of(JsonRpcProtocol(), [data[at : at + 1] for at in range(len(data))])
    things = [thing for part in parts for thing in part.result["Domains"]]
    assert [thing["name"] for thing in things if thing["AORs"]] == ["late"]


NO_REPLIES = [
    b"",
    b"   ",
    b"nonsense",
    b"{",
    b"[]",
    b"[{}, 1]",
    b"12",
    b"500 Internal error",
    b"400 Parse_error",
    b"500 command 'ul_dump' not available\n",
    b'{"jsonrpc": "2.0", "id": 7}',
    b'{"jsonrpc": "2.0", "id": 8, "result": {"Domains": []}}',
    b'{"jsonrpc": "2.0", "result": {"Domains": []}}',
    b'{"jsonrpc": "2.0", "id": 7, "error": {"code": 500, "message": "no"}}',
    b'{"jsonrpc": "2.0", "id": null, "error": {"code": -32700, "message": "no", "data": "why"}}',
    b'{"jsonrpc": "2.0", "id": 7, "error": {"code": -32601, "message": "Method not found"}}',
    b'{"jsonrpc": "2.0", "id": 7, "error": {"code": 404}, "result": {"Domains": [{"name": "a", "AORs": [1]}]}}',
    b'{"jsonrpc": "2.0", "id": 7, "error": "no"}',
    b'{"jsonrpc": "2.0", "id": 7, "result": {"Domains": [{"name": "a", "AORs": [{"AOR": "x"},]}]}}',
    b'{"jsonrpc": "2.0", "id": 7, "result": {"Domains": [{"name": "a", "AORs": [{"AOR": "x"} {}]}]}}',
    b'{"jsonrpc": "2.0", "id": 7, "result": {"Domains": [{"name": "a" "AORs": []}]}}',
    b'{"jsonrpc": "2.0", "id": 7, "result": {"Domains": [{"name": "a", "AORs": []}, ]}}',
    b'{"jsonrpc": "2.0", "id": 7, "result": {"Domains": [{"name": "a", "AORs": []}]}, }',
    b'{"jsonrpc": "2.0", "id": 7, "result": {"Domains": []}} {}',
    b'{"jsonrpc": "2.0", "id": 7, "result": {"Domains": []}}}',
    b'{"jsonrpc": "2.0", "id": 7, "result": {"Domains": [{"name": "a", "AORs": [{"AOR": "x"}, failed to print response',
    b'{"jsonrpc": "2.0", "id": 7, "result": {"Domains": [{"name": "a", "AORs": [{"AOR": "xfailed to print response',
    b'{"jsonrpc": "2.0", "id": 7, "result": {"Domains": [{"name": "afailed to print response',
]


@pytest.mark.parametrize("data", NO_REPLIES)
@pytest.mark.parametrize("size", [1, 5, 10000])
def test_what_is_no_reply_raises_what_a_whole_one_raises(data, size):
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    expected = outcome(lambda: JsonRpcProtocol().decode(data, REQUEST))
    found = outcome(lambda: parts_of(JsonRpcProtocol(), pieces))
    assert isinstance(expected, tuple) and found[0] is expected[0]
    if "cut off" not in expected[1]:
        assert found == expected


def test_what_is_no_reply_covers_every_kind():
    kinds = {outcome(lambda data=data: JsonRpcProtocol().decode(data, REQUEST))[0] for data in NO_REPLIES}
    assert {MalformedReply, ReplyTooLarge, ServerError, RejectedCommand} <= kinds


@pytest.mark.parametrize(
    "text",
    [
        '{"result": {"Domains": [{"name": "a", "AORs": [1], "AORs": [2]}]}, "id": 7}',
        '{"result": {"Domains": [{"name": "a", "AORs": [1]}], "Domains": null}, "id": 7}',
        '{"result": {"Domains": []}, "result": {"Domains": []}, "id": 7}',
    ],
)
def test_a_list_that_comes_twice_is_no_reply(text):
    """Of two values with one name the last counts, and the first was given away."""
    with pytest.raises(MalformedReply):
        parts_of(JsonRpcProtocol(), [text.encode()])


@pytest.mark.parametrize(
    "before", ["", '{"result": ', '{"result": {"Domains": [', '{"result": {"Domains": [{"name": "a", "AORs": [{"AOR": ']
)
@pytest.mark.parametrize("opening", ["[", '{"a": '])
@pytest.mark.parametrize("size", [1000, 1000000])
def test_absurd_nesting_is_no_reply(before, opening, size):
    data = (before + opening * 100000).encode()
    with pytest.raises(MalformedReply):
        parts_of(JsonRpcProtocol(), [data[start : start + size] for start in range(0, len(data), size)])


@pytest.mark.parametrize(
    "protocol, before",
    [
        (JsonRpcProtocol(), b'{"result": {"Domains": [{"name": "a", "AORs": [{"AOR": "'),
        (JsonRpcProtocol(), b'{"result": "'),
        (JsonRpcProtocol(), b"x"),
        (LineProtocol(), b"200 OK\nDomain:: a\n\tAOR:: b\n\t\tContact:: "),
        (LineProtocol(), b"200 "),
    ],
)
def test_an_entry_of_absurd_size_is_too_large(monkeypatch, protocol, before):
    monkeypatch.setattr(backlog, "_MOST", 10000)
    decoder = protocol.parts(REQUEST, LAYOUT)
    decoder.feed(before)
    with pytest.raises(ReplyTooLarge) as caught:
        for _dummy in range(50):
            decoder.feed(b"x" * 1000)
    assert "10000" in str(caught.value) and caught.value.is_over_limit


class Counting:
    """Counts the characters that a function of (text, position) may look at."""

    def __init__(self, function):
        self._function = function
        self.characters = 0

    def __call__(self, text, at):
        self.characters += len(text) - at
        return self._function(text, at)


@pytest.mark.parametrize("form", [{}, {"indent": 4}])
def test_work_is_linear_in_one_huge_entry(form):
    contacts = [{"Contact": "sip:a@b", "n": number} for number in range(20000)]
    value = {"result": {"Domains": [{"name": "a", "AORs": [{"AOR": "a", "Contacts": contacts}]}]}, "id": 7}
    data = json.dumps(value, **form).encode()
    decoder = JsonRpcProtocol().parts(REQUEST, LAYOUT)
    decoder._raw_decode = counting = Counting(decoder._raw_decode)
    parts = [part for start in range(0, len(data), 1000) for part in decoder.feed(data[start : start + 1000])]
    assert joined(parts + decoder.finish()) == value["result"]
    assert counting.characters < 4 * len(data)


# --- the line protocol -----------------------------------------------------------------------------------------


def lines_of(parts):
    return [line for part in parts for line in part.lines().split("\n") if line]


def test_text_is_cut_before_entries_and_things():
    text = "Domain:: a hash_size=1\n\tAOR:: x\n\t\tContact:: c\n\tAOR:: y\nDomain:: b\nDomain:: c d\n\tAOR:: z\n\n"
    decoder = LineProtocol().parts(REQUEST, LAYOUT)
    where = text.index("\tAOR:: y") + 8
    parts = decoder.feed(("200 OK\n" + text[:where]).encode())
    parts += decoder.feed(text[where:].encode()) + decoder.finish(True)
    assert [part.lines().strip("\n") for part in parts] == [
        "Domain:: a hash_size=1\n\tAOR:: x\n\t\tContact:: c",
        "Domain:: a hash_size=1\n\tAOR:: y\nDomain:: b\nDomain:: c d",
        "Domain:: c d\n\tAOR:: z",
    ]


def test_text_inside_a_value_is_no_place_to_cut():
    """A phone may fold its User-Agent."""
    text = "Domain:: a\n\tAOR:: x\n\t\tUser-agent:: U\r\n\tAOR:: evil\r\nDomain:: evil\n\tAOR:: y\n\n"
    parts = parts_of(LineProtocol(), [("200 OK\n" + text).encode()[at : at + 1] for at in range(len(text) + 7)], True)
    assert [part.lines().strip("\n").split("\n\t", 1) for part in parts] == [
        ["Domain:: a"],
        ["Domain:: a", "AOR:: x\n\t\tUser-agent:: U\r\n\tAOR:: evil\r\nDomain:: evil"],
        ["Domain:: a", "AOR:: y"],
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"2",
        b"200 OK",
        b"200 OK\n",
        b"200 OK\nDomain:: a",
        b"200 OK\nDomain:: a\n",
        b"nonsense",
        b"nonsense\n\n",
        b"400 Parse_error",
        b"400 Bad\n",
        b"400 Bad",
        b"404 Not found\nmore\n",
        b"500 command 'ul_dump' not available\n",
        b"\xff\n\n",
        b"{}",
    ],
)
@pytest.mark.parametrize("over_fifo", [True, False])
@pytest.mark.parametrize("size", [1, 10000])
def test_lines_that_are_no_reply_raise_what_a_whole_one_raises(data, over_fifo, size):
    def whole():
        protocol = LineProtocol()
        if over_fifo:
            protocol.check_marked_end(data)
        return lines_of([protocol.decode(data, REQUEST)])

    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert outcome(lambda: lines_of(parts_of(LineProtocol(), pieces, over_fifo))) == outcome(whole)


def test_the_status_is_with_every_part():
    parts = parts_of(LineProtocol(), [b"202 Accepted\nDomain:: a\n\tAOR:: b\n", b"\tAOR:: c\n\n"], True)
    assert {(part.code, part.message, part.raw.partition("\n")[0]) for part in parts} == {
        (202, "Accepted", "202 Accepted")
    }
    assert len(parts) > 1


@many
@given(
    data=st.lists(
        st.sampled_from([b"\xe4\xbd\xa0", b"\xe4", b"\xbd", b"\xf0\x9f\x93\x9e", b"\xf0\x9f", b"\xff", b"a", b"\xc3"])
    ).map(b"".join),
    size=st.integers(1, 4),
)
def test_bytes_that_are_not_utf_8_read_the_same_however_they_are_cut(data, size):
    text = b"200 OK\nDomain:: " + data + b"\n\n"
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    whole = LineProtocol().decode(text, REQUEST)
    assert lines_of(parts_of(LineProtocol(), pieces, True)) == lines_of([whole])
