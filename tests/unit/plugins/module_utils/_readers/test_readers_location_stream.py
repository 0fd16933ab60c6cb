# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contacts that are read while they come: the records of the whole reply, however it is cut, and little memory."""

import json
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    MIError,
    RefusedRequest,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.line import LineProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request
from ansible_collections.community.opensips.plugins.module_utils._readers import contact_fields, location
from ansible_collections.community.opensips.tests.unit import wire
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    Datagram,
    Fault,
    JsonFifo,
    LineFifo,
    Raw,
)

DUMPS = [(version, case) for version in wire.VERSIONS for case in ("ul_dump", "odd_ul_dump")]
many = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


class Pieces:
    """A connection whose ul_dump comes over FIFO in these pieces (iterable of bytes)."""

    def __init__(self, protocol, request, pieces):
        self._protocol, self._request, self._pieces = protocol, request, pieces

    def stream(self, method, layout, params=None, timeout=None, size=None):
        assert method == "ul_dump"
        parts = self._protocol.parts(self._request, layout)
        for piece in self._pieces:
            yield from parts.feed(piece)
        yield from parts.finish(True)


def recorded(version, case):
    """(bytes, protocol, Request) of a recorded reply over FIFO."""
    exchange = wire.exchange(version, "fifo", case)
    return (
        wire.reply_bytes(exchange),
        wire.protocol_of(version, "fifo"),
        wire.request_of(version, "fifo", exchange),
    )


def whole(data, protocol, request):
    """The records of a reply that came over FIFO, read after it has come."""
    protocol.check_marked_end(data)
    return location.parse(protocol.decode(data, request))


def cut(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


# --- cut anywhere ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version, case", DUMPS)
def test_a_recorded_reply_cut_in_two_anywhere(version, case):
    data, protocol, request = recorded(version, case)
    expected = whole(data, protocol, request)
    assert len(expected) >= 5
    for at in range(len(data) + 1):
        assert location.read(Pieces(protocol, request, [data[:at], data[at:]])) == expected, at


@pytest.mark.parametrize("version, case", DUMPS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_recorded_reply_in_small_pieces(version, case, size):
    data, protocol, request = recorded(version, case)
    assert location.read(Pieces(protocol, request, cut(data, size))) == whole(data, protocol, request)


@pytest.mark.parametrize("version, case", DUMPS)
def test_a_recorded_reply_that_ends_too_early(version, case):
    data, protocol, request = recorded(version, case)
    for end in range(len(data)):
        with pytest.raises(MalformedReply):
            location.read(Pieces(protocol, request, [data[:end]]))


# --- anything phones may write ---------------------------------------------------------------------------------

REQUEST = Request(b"", "ul_dump", 7)
words = st.text(max_size=12) | st.sampled_from(
    ['"', "\\", '\\"}]},{"AOR":"x"', "]}]", "}", "{[", "\u4f60\u597d", "\U0001f4de", "\x7f", "a,b", '"AORs":[', "\\u"]
)
# What the text of 1.x and 2.x carries: a phone may fold a header, each line of which then begins with a blank.
lines = st.lists(
    st.sampled_from(
        [
            "\r\n\tAOR:: evil",
            "\r\n\t\tContact:: sip:evil Q=",
            "\r\n Domain:: evil",
            "\n\tAOR:: evil",
            "\n\t\t\tState:: CS_NEW",
            " Q=1",
            ":: ",
            "\t",
            "=",
            "Gr\u00fc\u00dfe",
        ]
    )
    | st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=("Cs",)), max_size=8),
    max_size=4,
).map(lambda texts: "".join(["U"] + texts))


def contacts(agents):
    return st.lists(
        st.fixed_dictionaries(
            {
                "Contact": st.sampled_from(["sip:a@b", "sip:c@[::1]:5060;transport=tcp", "sips:%22@d;x={}"]),
                "Expires": st.sampled_from([0, 60, "permanent", "deleted"]),
                "Q": st.sampled_from(["", "0.5"]),
                "Callid": st.sampled_from(["c", "d@e"]),
                "Cseq": st.integers(0, 9),
                "User-agent": agents,
                "State": st.just("CS_NEW"),
                "Flags": st.just(0),
                "Cflags": st.just(""),
                "Methods": st.just(5951),
            }
        ),
        min_size=1,
        max_size=3,
    )


def tables(agents, names):
    return st.lists(
        st.tuples(st.sampled_from(["location", "other"]), st.lists(st.tuples(names, contacts(agents)), max_size=4)),
        max_size=3,
    )


@many
@given(
    found=tables(words, words.filter(lambda text: text.strip())),
    form=st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}]),
    ascii_only=st.booleans(),
    size=st.integers(1, 200),
)
def test_any_text_in_json(found, form, ascii_only, size):
    domains = [
        {"name": name, "hash_size": 512, "AORs": [{"AOR": aor, "Contacts": each} for aor, each in aors]}
        for name, aors in found
    ]
    text = json.dumps({"jsonrpc": "2.0", "result": {"Domains": domains}, "id": 7}, ensure_ascii=ascii_only, **form)
    data = text.encode("utf-8", "replace")
    expected = whole(data, JsonRpcProtocol(), REQUEST)
    assert location.read(Pieces(JsonRpcProtocol(), REQUEST, cut(data, size))) == expected
    assert len(expected) == sum(len(each) for _name, aors in found for _aor, each in aors)


@many
@given(found=tables(lines, st.sampled_from(["a", "b@c", "d:e"])), size=st.integers(1, 200))
def test_any_text_in_lines(found, size):
    text = "200 OK\n"
    for name, aors in found:
        text += "Domain:: {0} hash_size=512\n".format(name)
        for aor, each in aors:
            text += "\tAOR:: {0}\n".format(aor)
            for contact in each:
                text += "\t\tContact:: {0} Q={1}\n".format(contact["Contact"], contact["Q"])
                text += "".join(
                    "\t\t\t{0}:: {1}\n".format(*field) for field in contact.items() if field[0] not in ("Contact", "Q")
                )
    data = (text + "\n").encode("utf-8")
    expected = whole(data, LineProtocol(), REQUEST)
    assert location.read(Pieces(LineProtocol(), REQUEST, cut(data, size))) == expected


@many
@given(data=st.data(), place=st.sampled_from(DUMPS), size=st.integers(1, 2000))
def test_replies_with_changed_bytes_read_the_same_in_pieces(data, place, size):
    raw, protocol, request = recorded(*place)
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 40)))
    # without CR: it makes nodes be read one by one, in pieces of a reply or in all of it, which forgives more
    new = data.draw(
        st.binary(max_size=6).filter(lambda found: b"\r" not in found)
        | st.sampled_from([b"\n", b"\n\t", b":: ", b"null", b"{}", b'"', b"]", b"},{", b"[", b'"AORs":', b"\n\n"])
    )
    changed = raw[:start] + new + raw[end:]

    def outcome(work):
        try:
            return work()
        except MIError:
            return MIError

    expected = outcome(lambda: whole(changed, protocol, request))
    found = outcome(lambda: location.read(Pieces(protocol, request, cut(changed, size))))
    assert found == expected


# --- what is kept ----------------------------------------------------------------------------------------------


def large(count, agent="UA"):
    """A large reply in pieces, made as it is taken."""
    record = {"Expires": 60, "Callid": "c" * 60, "Cseq": 1, "State": "CS_NEW", "Flags": 0, "Cflags": "", "Methods": 1}
    yield b'{"jsonrpc":"2.0","result":{"Domains":[{"name":"location","hash_size":512,"AORs":['
    for start in range(0, count, 100):
        entries = [
            {
                "AOR": str(number),
                "Contacts": [
                    dict(
                        record, Contact="sip:{0}@b".format(number), **{"User-agent": agent + str(number), "Path": agent}
                    )
                ],
            }
            for number in range(start, start + 100)
        ]
        yield (b"," if start else b"") + json.dumps(entries).encode()[1:-1]
    yield b']}]},"id":7}'


def test_memory_is_for_what_is_kept_only(monkeypatch):
    """The reply has 10 MB, and each phone another User-Agent; what is wanted is two contacts."""
    monkeypatch.setattr(contact_fields, "_MOST_KNOWN", 500)
    conn = Pieces(JsonRpcProtocol(), REQUEST, large(40000))
    tracemalloc.start()
    try:
        found = location.read(conn, "location", lambda record: record["user"] in ("7", "39999"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [(record["aor"], record["user_agent"]) for record in found] == [("7", "UA7"), ("39999", "UA39999")]
    assert peak < 3e6


def test_records_come_before_the_reply_has_ended():
    def pieces():
        for number, piece in enumerate(large(1000)):
            taken.append(number)
            yield piece

    taken = []
    records = location.iter_read(Pieces(JsonRpcProtocol(), REQUEST, pieces()))
    assert next(records)["aor"] == "0" and max(taken) < 3
    assert len(list(records)) == 999 and max(taken) == 11


def test_keep_sees_whole_records_of_the_table_asked_for(tmp_path):
    dump = {"Domains": [domain("location", a=["sip:1@x", "sip:2@x"]), domain("other", b=["sip:3@x"])]}
    seen = []
    with JsonFifo(tmp_path, commands={"ul_dump": dump}) as peer, peer.connect() as conn:
        everything = location.read(conn)
        found = location.read(conn, "location", lambda record: seen.append(record) or record["contact"] == "sip:2@x")
    assert [(record["table"], record["contact"]) for record in everything] == [
        ("location", "sip:1@x"),
        ("location", "sip:2@x"),
        ("other", "sip:3@x"),
    ]
    assert seen == everything[:2] and found == everything[1:2]


# --- over real carriers ----------------------------------------------------------------------------------------


def domain(name, **aors):
    """A location table of made-up contacts: {AOR: URIs}."""
    return {
        "name": name,
        "hash_size": 512,
        "AORs": [{"AOR": aor, "Contacts": [phone(uri) for uri in uris]} for aor, uris in aors.items()],
    }


def phone(uri):
    return {"Contact": uri, "Expires": 60, "Q": "", "Callid": "c", "Cseq": 1, "Flags": 0, "User-agent": "U" * 500}


@pytest.mark.parametrize(
    "known, table", [(["location"], "nosuch"), (["location", "empty"], "nosuch"), ([], "location")]
)
def test_an_unknown_table_is_an_error_and_an_empty_one_is_not(tmp_path, known, table):
    dump = {"Domains": [domain(name) for name in known]}
    with JsonFifo(tmp_path, commands={"ul_dump": dump}) as peer, peer.connect() as conn:
        for name in known:
            assert location.read(conn, name) == []
        with pytest.raises(BadParameters) as caught:
            location.read(conn, table)
        # one dump tells all of it
        assert peer.methods().count("ul_dump") == len(known) + 1
    assert "It has {0}".format(", ".join(known) or "none") in str(caught.value)


def test_an_unknown_table_of_a_line_server(tmp_path):
    with LineFifo(tmp_path, commands={"ul_dump": "Domain:: location hash_size=512\n"}) as peer, peer.connect() as conn:
        assert location.read(conn, "location") == []
        with pytest.raises(BadParameters) as caught:
            location.read(conn, "other")
    assert "It has location" in str(caught.value)


class Table:
    """Commands of a server whose dump does not fit its carrier; contacts: {(table, AOR): URIs}."""

    def __init__(self, contacts, dump):
        self.contacts = contacts
        self.dump = dump
        self.asked = []
        self.gone = ()

    def commands(self):
        return {"ul_dump": self._dump, "ul_show_contact": self._show}

    def _dump(self, params):
        if not params:
            return self.dump
        names = dict.fromkeys(name for name, _aor in self.contacts)
        return {
            "Domains": [
                {"name": name, "AORs": [{"AOR": aor} for at, aor in self.contacts if at == name]} for name in names
            ]
        }

    def _show(self, params):
        place = params["table_name"], params["aor"]
        self.asked.append(place)
        if place in self.gone:
            return Fault(404, "AOR not found")
        return {"AOR": place[1], "Contacts": [phone(uri) for uri in self.contacts[place]]}


CONTACTS = {("location", str(number)): ["sip:{0}@x".format(number), "sip:{0}@y".format(number)] for number in range(9)}
CONTACTS[("other", "3")] = ["sip:3@z"]


@pytest.mark.parametrize("table", [None, "location", "other"])
def test_a_dump_too_large_for_a_datagram_is_asked_for_aor_by_aor(table):
    server = Table(CONTACTS, Raw(b"500 Internal error"))
    server.gone = [("location", "4")]
    with Datagram(commands=server.commands()) as peer, peer.connect() as conn:
        found = location.read(conn, table)
        wanted = location.read(conn, table, lambda record: record["contact"].startswith("sip:3@"))
    places = [place for place in CONTACTS if table in (None, place[0])]
    expected = [(place, uri) for place in places if place not in server.gone for uri in CONTACTS[place]]
    assert [((record["table"], record["aor"]), record["contact"]) for record in found] == expected
    assert [record["contact"] for record in wanted] == [uri for _place, uri in expected if uri.startswith("sip:3@")]
    assert set(server.asked) == set(places)


def test_an_unknown_table_of_a_server_whose_dump_is_too_large():
    server = Table(CONTACTS, Raw(b"500 Internal error"))
    with Datagram(commands=server.commands()) as peer, peer.connect() as conn:
        with pytest.raises(BadParameters) as caught:
            location.read(conn, "nosuch")
    assert "It has location, other" in str(caught.value) and not server.asked


@pytest.mark.parametrize("keep", [None, lambda record: record["aor"] in ("0", "1", "8")])
def test_a_dump_that_the_server_cannot_print_is_completed_aor_by_aor(tmp_path, keep):
    """A value of more than 4,090 bytes ends a reply over FIFO in the middle; what came before it is not asked for again."""
    aors = [
        {"AOR": str(number), "Contacts": [phone(uri) for uri in CONTACTS["location", str(number)]]}
        for number in range(5)
    ]
    text = json.dumps({"jsonrpc": "2.0", "result": {"Domains": [{"name": "location", "AORs": aors}]}, "id": 1})
    printed = text[: text.index('{"AOR": "3"') + 40] + "failed to print response"
    server = Table(CONTACTS, Raw(printed.encode()))
    seen = []

    def kept(record):
        seen.append((record["table"], record["contact"]))
        return keep is None or keep(record)

    with JsonFifo(tmp_path, commands=server.commands()) as peer, peer.connect() as conn:
        found = location.read(conn, keep=kept)
    # those that are left out are counted by keep
    assert len(seen) == len(set(seen)) == sum(map(len, CONTACTS.values()))
    expected = [uri for place, uris in CONTACTS.items() for uri in uris if keep is None or place[1] in ("0", "1", "8")]
    assert sorted(record["contact"] for record in found) == sorted(expected)
    assert not {("location", "0"), ("location", "1")} & set(server.asked)
    assert {("location", "3"), ("location", "8"), ("other", "3")} <= set(server.asked)


def test_a_contact_that_no_reply_can_carry_makes_its_aor_doubtful(tmp_path):
    server = Table({("location", "1"): []}, Raw(b"failed to print response"))
    commands = dict(server.commands(), ul_show_contact=Raw(b'{"jsonrpc":"2.0","failed to print response'))
    doubts = {}
    with JsonFifo(tmp_path, commands=commands) as peer, peer.connect() as conn:
        assert location.read(conn, doubt=doubts.__setitem__) == []
        assert isinstance(location.read_aor(conn, "1"), location.Doubtful)
        assert isinstance(location.read_each(conn, ["1"])["1"], location.Doubtful)
    assert list(doubts) == ["1"]


@pytest.mark.parametrize("server", [JsonFifo, LineFifo])
def test_an_error_of_the_server_is_raised_as_it_is(tmp_path, server):
    with server(tmp_path, commands={"ul_dump": Fault(500, "no memory")}) as peer, peer.connect() as conn:
        with pytest.raises(ServerError) as caught:
            location.read(conn)
        assert (caught.value.code, caught.value.reason) == (500, "no memory")
        assert conn.call("version").code == 200
        assert len(peer.leftovers()) == 1


def test_a_reader_that_stops_early_leaves_nothing_behind(tmp_path):
    dump = {"Domains": [domain("location", **{str(number): ["sip:a@b"] for number in range(5000)})]}
    with JsonFifo(tmp_path, commands={"ul_dump": dump}) as peer:
        with peer.connect() as conn:
            records = location.iter_read(conn)
            assert next(records)["aor"] == "0"
            with pytest.raises(RefusedRequest):
                conn.call("version")
            records.close()
            assert conn.call("version").code == 200

            def fails(record):
                raise KeyError(record["aor"])

            with pytest.raises(KeyError) as caught:
                location.read(conn, keep=fails)
            # also while the error is looked at
            assert caught and conn.call("version").code == 200
        assert peer.leftovers() == []
