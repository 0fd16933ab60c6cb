# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules in a process of their own, as Ansible runs them: what they print is JSON, and what is wrong is said."""

import json
import os

import pytest

pytest.importorskip("ansible")

from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import (  # noqa: E402
    finish,
    start_python,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.http_peer import (  # noqa: E402
    Http,
    json_http,
    plain_http,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (  # noqa: E402
    SILENT,
    Answers,
    Behaviour,
    Datagram,
    Fault,
    JsonFifo,
    LineFifo,
    Raw,
)

# basic.py reads its arguments from here; the profile exists since ansible-core 2.19
RUN = """
import importlib, json, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": json.loads(sys.argv[2])}).encode("utf-8")
basic._ANSIBLE_PROFILE = "legacy"
importlib.import_module("ansible_collections.community.opensips.plugins.modules." + sys.argv[1]).main()
"""


def run(module, args, check_mode=False, environment=None):
    """(whether it failed, what the module printed)."""
    code = RUN
    if environment:
        code = "import os\nos.environ.update({0!r})\n".format(environment) + RUN
    args = dict(args, _ansible_check_mode=check_mode, _ansible_remote_tmp="/tmp", _ansible_keep_remote_files=False)
    status, output, errors = finish(start_python(code, module, json.dumps(args)), 60)
    assert "Traceback" not in errors, errors
    result = json.loads(output)
    assert (status != 0) == bool(result.get("failed"))
    assert "Traceback" not in result.get("msg", "")
    return bool(result.get("failed")), result


def warnings(result):
    return [each if isinstance(each, str) else json.dumps(each) for each in result.get("warnings", [])]


COMMANDS = {
    "uptime": {"Now": "Sun Nov 22 05:00:00 2026", "Up since": "Sun Nov 22 04:00:00 2026", "Up time": "3600 [sec]"},
    "get_statistics": lambda params: {"core:rcv_requests": 5},
    "cache_store": "OK",
    "cache_fetch": Fault(404, "not found"),
    "ul_show_contact": Fault(404, "AOR not found"),
    "t_uac_dlg": {"Status": "200 OK", "Message": "Via: SIP/2.0/UDP x\r\nServer: Phone\r\nContent-Length: 0\r\n\r\n"},
}


@pytest.fixture
def udp():
    with Datagram(commands=COMMANDS) as peer:
        yield peer


def test_a_command_and_what_it_returns(udp):
    failed, result = run("opensips_mi_command", udp.options(command="uptime"))
    assert not failed and result["changed"] is False and result["outcome"] == "ok"
    assert (result["code"], result["reason"], result["result"]) == (200, "OK", COMMANDS["uptime"])
    assert json.loads(result["raw"])["result"] == COMMANDS["uptime"]


def test_a_tree_of_2x(tmp_path):
    with LineFifo(tmp_path, commands={"uptime": "Now:: x\nUp time:: 5 [sec]\n"}) as peer:
        failed, result = run("opensips_mi_command", peer.options(command="uptime"))
        assert not failed and [node["name"] for node in result["result"]] == ["Now", "Up time"]
        assert peer.harms == [] and peer.leftovers() == []


def test_options_come_from_the_environment(udp):
    environment = {"OPENSIPS_MI_HOST": udp.host, "OPENSIPS_MI_PORT": str(udp.port)}
    failed, result = run("opensips_mi_command", {"command": "uptime"}, environment=environment)
    assert not failed and result["outcome"] == "ok"
    # what the task says wins
    failed, result = run("opensips_mi_command", {"command": "uptime", "port": 1}, environment=environment)
    assert failed and result["error"]["type"] == "ConnectError"


def test_the_options_of_a_task_win_over_the_environment_as_a_group(udp, tmp_path):
    fifo = {
        "OPENSIPS_MI_FIFO_PATH": "/nonexistent",
        "OPENSIPS_MI_REPLY_DIR": "/nonexistent",
        "OPENSIPS_MI_TRANSPORT": "fifo",
    }
    failed, result = run("opensips_mi_command", udp.options(command="uptime"), environment=fifo)
    assert not failed, result
    # what module_defaults give comes as an option of the task, and transport decides
    mixed = udp.options(command="uptime", fifo_path="/nonexistent")
    failed, result = run("opensips_mi_command", mixed, environment={"OPENSIPS_MI_URL": "http://127.0.0.1:1/mi"})
    assert failed and "module_defaults" in result["msg"] and "transport" in result["error"]["hint"]
    assert "URL" not in result["msg"]
    failed, result = run("opensips_mi_command", dict(mixed, transport="datagram"))
    assert not failed, result
    both = dict(fifo, OPENSIPS_MI_URL="http://127.0.0.1:1/mi")
    del both["OPENSIPS_MI_TRANSPORT"]
    failed, result = run("opensips_mi_command", {"command": "uptime"}, environment=both)
    assert failed and "OPENSIPS_MI_URL" in result["msg"] and "OPENSIPS_MI_FIFO_PATH" in result["msg"]


def test_the_result_shows_which_directory_for_replies_was_found(tmp_path):
    with JsonFifo(tmp_path, commands=COMMANDS) as peer:
        failed, result = run("opensips_mi_command", {"command": "uptime", "fifo_path": peer.path})
        assert not failed and result["invocation"]["module_args"]["reply_dir"] == peer.reply_dir
        failed, result = run("opensips_mi_command", peer.options(command="uptime"))
        assert not failed and result["invocation"]["module_args"]["fifo_path"] == peer.path


def test_check_mode_runs_what_reads_only(udp):
    failed, result = run(
        "opensips_mi_command",
        udp.options(
            commands=[
                {"command": "uptime"},
                {"command": "cache_store", "params": {"system": "local", "attr": "a", "value": "b"}},
            ]
        ),
        check_mode=True,
    )
    assert not failed and result["changed"]
    assert [each["outcome"] for each in result["results"]] == ["ok", "planned"]
    assert [each["changed"] for each in result["results"]] == [False, True]
    assert "cache_store" not in udp.methods()


def test_a_list_stops_at_the_first_failure(udp):
    fetch = {"command": "cache_fetch", "params": {"system": "local", "attr": "a"}}
    store = {"command": "cache_store", "params": ["local", "a", "b"]}
    failed, result = run("opensips_mi_command", udp.options(commands=[store, fetch, store]))
    assert failed and "Command 2" in result["msg"] and "cache_fetch" in result["msg"] and "404" in result["msg"]
    assert [each["outcome"] for each in result["results"]] == ["ok", "failed", "not_run"]
    assert result["changed"] is True and result["error"]["code"] == 404
    assert udp.methods().count("cache_store") == 1
    failed, result = run("opensips_mi_command", udp.options(commands=[dict(fetch, tolerate=[404]), store]))
    assert not failed and [each["outcome"] for each in result["results"]] == ["tolerated", "ok"]


@pytest.mark.parametrize(
    "args,kind,words",
    [
        ({"command": "uptimee"}, "UnknownCommand", ["uptimee", "uptime"]),
        ({"command": "cache_fetch", "params": {"sistem": "local", "attr": "a"}}, "BadParameters", ["sistem", "system"]),
        ({"command": "cache_fetch", "params": {"system": "local", "attr": None}}, "BadParameters", ["attr"]),
        ({"command": "cache_fetch", "params": {"system": "local", "attr": "a\0b"}}, "BadParameters", ["NUL"]),
        ({"command": "cache_fetch", "params": "system=local attr=a"}, "BadParameters", ["params", "mapping"]),
        (
            {"command": "cache_store", "params": {"system": "local", "attr": "a", "value": "v" * 70000}},
            "RequestTooLarge",
            ["65457"],
        ),
        ({"command": "cache_fetch", "params": {"system": "local", "attr": "a"}}, "ServerError", ["404", "not found"]),
        (
            {"command": "t_uac_dlg", "params": {"method": "NOTIFY", "ruri": "sip:a@b", "headers": "X: !\r\n"}},
            "RefusedRequest",
            ["!"],
        ),
    ],
)
def test_what_is_wrong_with_a_command(udp, args, kind, words):
    failed, result = run("opensips_mi_command", udp.options(**args))
    assert failed and result["error"]["type"] == kind, result
    for word in words:
        assert word in result["msg"]
    assert set(result["error"]) >= {"type", "message", "hint"}
    assert result["error"]["message"].rstrip(".") in result["msg"]
    assert kind == "ServerError" or not set(udp.methods()) - {"version", "which"}


@pytest.mark.parametrize(
    "args,words",
    [
        ({"transport": "http"}, ["url"]),
        ({"url": "http://127.0.0.1:1/mi", "fifo_path": "/tmp/x"}, ["fifo_path", "url"]),
        ({"fifo_path": "relative"}, ["fifo_path"]),
        ({"fifo_path": "/nonexistent/fifo"}, ["/nonexistent/fifo", "fifo_path"]),
        ({"host": "127.0.0.1"}, ["port"]),
        ({"host": "no-such-host.invalid", "port": 9}, ["host", "resolved"]),
        ({"port": 9, "timeout": -1}, ["timeout"]),
        ({"socket_path": "/nonexistent/socket"}, ["socket_path"]),
        ({"url": "http://127.0.0.1:1/mi"}, ["listens", "url"]),
        ({"url": "http://user:topsecret@127.0.0.1/mi"}, ["url_username"]),
    ],
)
@pytest.mark.parametrize("module,more", [("opensips_mi_command", {"command": "uptime"}), ("opensips_facts", {})])
def test_what_is_wrong_with_the_connection(module, more, args, words):
    # relative paths are made absolute by the type path, as everywhere in Ansible
    failed, result = run(module, dict(args, **more))
    assert failed, result
    for word in words:
        assert word in result["msg"] or (args == {"fifo_path": "relative"} and "relative" in result["msg"])
    assert result["error"]["type"] in ("BadParameters", "ConnectError")
    assert "topsecret" not in result["msg"]


def test_a_password_is_not_shown():
    answers = json_http(Answers("3.6.8", COMMANDS))
    with Http(
        lambda request: answers(request) if "authorization" in request["headers"] else plain_http(b"", "401 No")
    ) as peer:
        failed, result = run(
            "opensips_mi_command",
            {"url": peer.url(), "url_username": "u", "url_password": "topsecret", "command": "uptime"},
        )
        assert not failed and "topsecret" not in json.dumps(result)
        failed, result = run("opensips_mi_command", {"url": peer.url(), "command": "uptime"})
        assert failed and "url_username" in result["msg"]


def test_warnings_of_the_connection_are_shown():
    with Http(json_http(Answers("3.6.8", COMMANDS))) as peer:
        failed, result = run(
            "opensips_uac_dlg",
            {
                "url": peer.url(),
                "method": "NOTIFY",
                "ruri": "sip:a@192.0.2.1",
                "headers": {"From": "<sip:a@b>", "To": "<sip:a@b>", "Event": "x"},
            },
        )
        assert not failed, result
        assert any("HTTP" in text for text in warnings(result))


@pytest.mark.parametrize(
    "answer,kind",
    [
        (SILENT, "MITimeout"),
        (Raw(b"garbage"), "MalformedReply"),
        (Raw(b"\xff\xfe"), "MalformedReply"),
        (Fault(-32602, "Invalid params", "Too few or too many parameters"), "RejectedParameters"),
        (Raw(b"500 Internal error"), "ReplyTooLarge"),
    ],
)
def test_what_is_wrong_with_a_reply(answer, kind):
    with Datagram(commands={"uptime": answer}) as peer:
        failed, result = run("opensips_mi_command", peer.options(command="uptime", timeout=0.5))
    assert failed and result["error"]["type"] == kind and result["outcome"] == "failed"
    assert kind != "RejectedParameters" or result["error"]["data"] == "Too few or too many parameters"


def test_facts_skip_what_the_server_lacks(udp):
    failed, result = run("opensips_facts", udp.options(gather_subset=["uptime", "version", "dialogs", "contacts"]))
    assert not failed, result
    facts = result["ansible_facts"]["opensips"]
    assert facts["uptime"] and facts["version"]["protocol"] == "jsonrpc"
    assert set(facts["skipped"]) == {"dialogs", "contacts"} and "usrloc" in facts["skipped"]["contacts"]


def test_facts_refuse_unknown_subsets_and_filters(udp):
    failed, result = run("opensips_facts", udp.options(gather_subset=["uptyme"]))
    assert failed and "uptyme" in result["msg"] and "uptime" in result["msg"]
    failed, result = run("opensips_facts", udp.options(select={"user_agent": ["("]}))
    assert failed and "user_agent" in result["msg"]
    assert udp.requests == []


NOTIFY = {
    "method": "NOTIFY",
    "ruri": "sip:a@192.0.2.1",
    "headers": {"From": "<sip:a@b>", "To": "<sip:a@b>", "Event": "check-sync"},
}


def test_uac_dlg_returns_the_phones_answer(udp):
    failed, result = run("opensips_uac_dlg", udp.options(**NOTIFY))
    assert (
        not failed
        and result["changed"]
        and (result["outcome"], result["code"], result["reason"]) == ("accepted", 200, "OK")
    )
    assert result["headers"]["Server"] == ["Phone"]
    (sent,) = [params for method, params in udp.requests if method == "t_uac_dlg"]
    assert sent["method"] == "NOTIFY" and sent["headers"].split("\r\n")[2] == "Event: check-sync"


def test_uac_dlg_in_check_mode_sends_nothing(udp):
    failed, result = run("opensips_uac_dlg", udp.options(**NOTIFY), check_mode=True)
    assert not failed and result["changed"] and result["outcome"] == "planned"
    (planned,) = result["requests"]
    assert planned["command"] == "t_uac_dlg" and planned["params"]["ruri"] == "sip:a@192.0.2.1"
    assert "t_uac_dlg" not in udp.methods()


@pytest.mark.parametrize(
    "more,words",
    [
        ({"headers": {"To": "<sip:a@b>"}}, ["From"]),
        ({"headers": {"from": "<sip:a@b>"}}, ["To"]),
        ({"headers": dict(NOTIFY["headers"], **{"X": "a\r\nY: b"})}, ["X"]),
        ({"headers": dict(NOTIFY["headers"], **{"X\r\nY": "b"})}, ["header"]),
        ({"headers": dict(NOTIFY["headers"], **{"Content-Length": "5"})}, ["Content-Length"]),
        ({"body": "x"}, ["Content-Type"]),
        ({"ruri": "not a uri"}, ["not a uri"]),
        ({"accept": ["7xx"]}, ["accept", "7xx"]),
        ({"headers": dict(NOTIFY["headers"], **{"X": "lone ! mark"})}, ["!"]),
    ],
)
def test_what_is_wrong_with_a_sip_request(udp, more, words):
    failed, result = run("opensips_uac_dlg", udp.options(**dict(NOTIFY, **more)))
    assert failed and result["error"]["type"], result
    for word in words:
        assert word in result["msg"]
    assert "t_uac_dlg" not in udp.methods()


def test_uac_dlg_fails_unless_the_answer_is_accepted():
    with Datagram(commands={"t_uac_dlg": {"Status": "489 Bad Event", "Message": "Via: x\r\n\r\n"}}) as peer:
        failed, result = run("opensips_uac_dlg", peer.options(**NOTIFY))
        assert failed and "489" in result["msg"] and result["outcome"] == "rejected"
        assert (
            result["error"]["type"] == "PhoneRejected" and "preset" in result["error"]["hint"] and not result["changed"]
        )
        failed, result = run("opensips_uac_dlg", peer.options(accept=["2xx", "489"], **NOTIFY))
        assert not failed and result["code"] == 489 and result["changed"] and result["error"] is None


def test_notify_accounts_for_everybody(udp):
    failed, result = run(
        "opensips_notify",
        udp.options(uris=["sip:a@192.0.2.1", "sip:b@192.0.2.1", "sip:a@192.0.2.1"], event="check-sync"),
    )
    assert not failed and result["changed"]
    assert [(each["contact"], each["outcome"]) for each in result["results"]] == [
        ("sip:a@192.0.2.1", "accepted"),
        ("sip:b@192.0.2.1", "accepted"),
    ]
    assert result["summary"]["total"] == 2 and result["summary"]["outcomes"]["accepted"] == 2
    failed, result = run("opensips_notify", udp.options(aors=["nobody"], event="check-sync"))
    assert failed and not result["changed"] and result["results"][0]["outcome"] == "not_sent"
    assert result["results"][0]["error"]["hint"] == "Check the AOR, and whether its phone registers"
    assert result["msg"].splitlines() == [
        "The phone did not accept",
        "nobody: not_sent no contact is registered. Check the AOR, and whether its phone registers",
    ]


def test_notify_in_check_mode_plans(udp):
    failed, result = run(
        "opensips_notify", udp.options(uris=["sip:a@192.0.2.1"], event="yealink_reboot"), check_mode=True
    )
    assert not failed and result["results"][0]["outcome"] == "planned" and result["changed"]
    assert "t_uac_dlg" not in udp.methods()


@pytest.mark.parametrize(
    "more,word",
    [
        ({"uris": ["a@b"]}, "uri"),
        ({"uris": ["sip:a@b"], "rate": 0.0}, "rate"),
        ({"uris": ["sip:a@b"], "max_in_flight": 0}, "max_in_flight"),
        ({"uris": ["sip:a@b"], "event": "a\r\nb"}, "vent"),
        ({"select": {"network": ["x"]}}, "network"),
        ({}, "uri"),
        ({"uris": ["sip:a@b"], "aors": ["a"]}, "mutually exclusive"),
    ],
)
def test_what_is_wrong_with_a_notify(udp, more, word):
    failed, result = run("opensips_notify", udp.options(**more))
    assert failed and word in result["msg"]
    assert "t_uac_dlg" not in udp.methods()


def test_mwi_sends_the_counts(udp):
    failed, result = run("opensips_mwi", udp.options(uris=["sip:a@192.0.2.1"], new=2, old=1))
    assert not failed and result["results"][0]["outcome"] == "accepted", result
    (sent,) = [params for method, params in udp.requests if method == "t_uac_dlg"]
    assert "Messages-Waiting: yes\r\n" in sent["body"] and "Voice-Message: 2/1" in sent["body"]
    failed, result = run("opensips_mwi", udp.options(uris=["sip:a@192.0.2.1"], new=-1))
    assert failed and "new" in result["msg"]


def test_nothing_is_left_behind_by_a_module_that_times_out(tmp_path):
    with JsonFifo(tmp_path, commands={"uptime": Behaviour(lambda reply, request_id: None)}) as peer:
        failed, result = run("opensips_mi_command", peer.options(command="uptime", timeout=0.4))
        assert failed and result["error"]["type"] == "MITimeout"
        assert os.listdir(peer.reply_dir) == []
