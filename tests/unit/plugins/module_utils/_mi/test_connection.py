# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One connection: names, parameters, versions, and what happens when the server will not say what it has."""

import json

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ConnectError,
    MalformedReply,
    MITimeout,
    RejectedCommand,
    RejectedParameters,
    RequestTooLarge,
    ServerError,
    UnknownCommand,
)
from ansible_collections.community.opensips.tests.unit import wire
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.http_peer import (
    Http,
    plain_http,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    SILENT,
    Datagram,
    Fault,
    JsonFifo,
    LineFifo,
)


def test_which_and_version_are_asked_once():
    with Datagram(commands={"uptime": {}}) as peer:
        with peer.connect() as conn:
            for _dummy in range(3):
                conn.call("uptime")
                assert conn.version == (3, 6, 8) and conn.has("uptime") and not conn.has("ul_dump")
        assert peer.methods() == ["version", "which", "uptime", "uptime", "uptime"]


def test_nothing_is_asked_before_it_is_needed():
    with Datagram() as peer:
        with peer.connect() as conn:
            assert conn.warnings == []
        assert peer.requests == []


@pytest.mark.parametrize("name", ["ul_dump", "usrloc:dump"])
@pytest.mark.parametrize("version,offered", [("3.6.8", "ul_dump"), ("4.0.1", "usrloc:dump"), ("2.4.11", "ul_dump")])
def test_classic_and_new_names_work_everywhere(name, version, offered):
    with Datagram(version, {offered: "Domain:: location table=512 records=0\n" if version[0] == "2" else []}) as peer:
        with peer.connect() as conn:
            assert conn.has(name)
            conn.call(name)
            assert conn.check(name) == offered
        assert peer.methods()[-1] == offered


def test_recorded_lists_of_commands():
    """Which of 4.0 lists other names; the lookup is against what real servers list."""
    for version in wire.VERSIONS:
        reply = wire.reply(version, "fifo", "which")
        names = [value for _depth, _name, value, _attributes in reply.walk()] if reply.is_tree else reply.result
        conn = Connection({"timeout": 1})
        conn._offered = frozenset(names)
        for name in ("uptime", "version", "ps", "ul_dump", "get_statistics", "t_uac_dlg", "dlg_list", "which"):
            assert conn.has(name), (version, name)
        assert not conn.has("no_such_command") and not conn.has("")


def test_unknown_command_names_the_nearest_and_is_not_sent():
    with Datagram(commands={"get_statistics": {}, "uptime": {}}) as peer:
        with peer.connect() as conn:
            with pytest.raises(UnknownCommand) as unknown:
                conn.call("get_statistic")
            assert "get_statistics" in unknown.value.nearest and "get_statistics" in str(unknown.value)
            outcomes = dict(conn.call_many([("get_statistic", None), ("uptime", None)]))
            assert isinstance(outcomes[0], UnknownCommand) and outcomes[1].result == {}
        assert "get_statistic" not in peer.methods()


def test_has_raises_when_the_server_cannot_be_asked():
    with pytest.raises(ConnectError):
        Connection({"fifo_path": "/nonexistent/fifo"}).has("uptime")
    with Datagram(commands={"which": SILENT}) as peer:
        with peer.connect(timeout=0.3) as conn:
            with pytest.raises(MITimeout):
                conn.has("uptime")
            # nor can anything be sent then
            with pytest.raises(MITimeout) as silent:
                conn.call("uptime")
            assert silent.value.maybe_sent is False


def test_server_without_which():
    answers = {"which": Fault(-32601, "Method not found"), "uptime": {"a": 1}}
    with Datagram(commands=answers) as peer:
        with peer.connect() as conn:
            assert conn.call("uptime").result == {"a": 1}
            with pytest.raises(RejectedCommand):
                conn.call("no_such_command")
            conn.call("uptime")
        assert peer.methods().count("which") == 1


@pytest.mark.parametrize("which", [{"a": 1}, "uptime", 5, None])
def test_which_that_is_no_list(which):
    with Datagram(commands={"which": which}) as peer:
        with peer.connect(timeout=2) as conn:
            with pytest.raises(MalformedReply):
                conn.call("uptime")


@pytest.mark.parametrize("version", [{"Server": "Kamailio 5"}, {"Server": None}, {}, [], "OpenSIPS", 7])
def test_version_that_is_none(version):
    with Datagram(commands={"version": version}) as peer:
        with peer.connect(timeout=2) as conn:
            with pytest.raises(MalformedReply) as odd:
                assert conn.version is None
        assert "OpenSIPS" in str(odd.value)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("OpenSIPS (3.6.8 (x86_64/linux))", (3, 6, 8)),
        ("OpenSIPS (4.0.0-dev (aarch64/linux))", (4, 0, 0)),
        ("OpenSIPS (3.5-dev (x86_64/linux))", (3, 5)),
        ("OpenSIPS (1.11.11-notls (x86_64/linux))", (1, 11, 11)),
    ],
)
def test_spellings_of_the_version(text, expected):
    with Datagram(commands={"version": {"Server": text}}) as peer:
        with peer.connect() as conn:
            assert conn.version == expected


def test_parameters_as_the_version_wants_them(tmp_path):
    with JsonFifo(tmp_path, commands={"get_statistics": {}, "ul_dump": {}, "cache_store": "OK"}) as peer:
        with peer.connect() as conn:
            conn.call("get_statistics", {"statistics": "all"})
            conn.call("get_statistics", ["all"])
            conn.call("ul_dump", {"brief": "brief"})
            conn.call("cache_store", {"system": "local", "attr": "a", "value": 5, "expire": 60})
        sent = [params for method, params in peer.requests if method not in ("version", "which")]
    assert sent[0] == {"statistics": ["all"]} and sent[1] == [["all"]]
    assert sent[2] == {"brief": 1} and str(sent[3]["expire"]) == "60"


def test_the_same_for_a_line_server(tmp_path):
    answers = {"get_statistics": "a:: 1\n", "ul_dump": "", "cache_store": ""}
    with LineFifo(tmp_path, commands=answers) as peer:
        with peer.connect() as conn:
            conn.call("get_statistics", {"statistics": ["all", "core:"]})
            conn.call("ul_dump", {"brief": "brief"})
            conn.call("ul_dump", {"brief": 1})
            conn.call("cache_store", {"expire": 60, "value": 'say "hi"', "attr": "a::b", "system": "local"})
        sent = [params for method, params in peer.requests if method not in ("version", "which")]
        assert peer.harms == []
    assert sent == [["all", "core:"], ["brief"], ["brief"], ["local", "a::b", 'say "hi"', "60"]]


@pytest.mark.parametrize(
    "params",
    [
        {"nosuch": 1},
        {"statistics": None},
        {"statistics": True},
        {"statistics": {"a": 1}},
        ["a", "b", {"c": 1}],
        5,
        "all",
    ],
)
def test_wrong_parameters_are_not_sent(params):
    with Datagram(commands={"get_statistics": {}}) as peer:
        with peer.connect() as conn:
            with pytest.raises(BadParameters):
                conn.call("get_statistics", params)
            with pytest.raises(BadParameters):
                conn.check("get_statistics", params)
        assert "get_statistics" not in peer.methods()


def test_check_sends_nothing_and_knows_the_size(tmp_path):
    with JsonFifo(tmp_path, commands={"cache_store": "OK"}) as peer:
        with peer.connect() as conn:
            assert conn.check("cache_store", ["local", "a", "v"]) == "cache_store"
            with pytest.raises(RequestTooLarge):
                conn.check("cache_store", {"system": "local", "attr": "a", "value": "v" * 4100})
            with pytest.raises(UnknownCommand):
                conn.check("uptime")
        assert set(peer.methods()) == {"version", "which"}


def test_what_the_server_answers_is_an_error_with_its_code_and_text():
    answers = {
        "uptime": Fault(404, "nothing here", {"why": "so"}),
        "ps": Fault(-32602, "Invalid params", "Bad type"),
        "help": Fault(-32001, "Method ambiguous", ["a:help", "b:help"]),
    }
    with Datagram(commands=answers) as peer:
        with peer.connect() as conn:
            with pytest.raises(ServerError) as answered:
                conn.call("uptime")
            assert (answered.value.code, answered.value.reason, answered.value.data) == (
                404,
                "nothing here",
                {"why": "so"},
            )
            assert "404" in str(answered.value) and "nothing here" in str(answered.value)
            with pytest.raises(RejectedParameters) as rejected:
                conn.call("ps")
            assert isinstance(rejected.value, BadParameters) and "Bad type" in str(rejected.value)
            with pytest.raises(UnknownCommand) as ambiguous:
                conn.call("help")
            assert "a:help" in str(ambiguous.value)


def test_a_code_of_2xx_is_no_error():
    with Datagram(commands={"ul_sync": Fault(200, "nothing to sync")}) as peer:
        with peer.connect() as conn:
            reply = conn.call("ul_sync", {"table_name": "location"})
            assert (reply.code, reply.message, reply.result) == (200, "nothing to sync", None)


def test_mi_json_before_2_2_warns_that_it_hides_errors():
    def respond(request):
        name = request["target"].rsplit("/", 1)[1].partition("?")[0]
        body = {
            "version": json.dumps({"Server": {"value": "OpenSIPS (1.11.11 (x86_64/linux))"}}),
            "which": '{"value":"which","value":"cache_store"}',
        }.get(name, "")
        return plain_http(body.encode())

    with Http(respond) as peer:
        with peer.connect("/json") as conn:
            assert conn.call("cache_store", ["local", "a", "b"]).result == []
            assert len(conn.warnings) == 1 and "2.2" in conn.warnings[0]


def test_closing_twice_and_using_after_closing(tmp_path):
    with JsonFifo(tmp_path, commands={"uptime": {}}) as peer:
        conn = peer.connect()
        conn.call("uptime")
        conn.close()
        conn.close()
        assert conn.call("uptime").result == {}
        conn.close()
        assert peer.leftovers() == []
