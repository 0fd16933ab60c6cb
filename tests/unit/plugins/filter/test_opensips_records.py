# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter opensips_records: of everything that real servers replied it makes what the readers make."""

from __future__ import annotations

import contextlib
import json
import pathlib

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.filter import opensips_records
from ansible_collections.community.opensips.plugins.module_utils._mi import catalogue
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request
from ansible_collections.community.opensips.plugins.plugin_utils import _records
from ansible_collections.community.opensips.tests.unit import wire

records = opensips_records.FilterModule().filters()["opensips_records"]
_ASKED_FOR_ONE = ("gw_id", "carrier_id")


def recorded():
    """(version, file, exchange, params, Reply) of what was recorded of commands that have records."""
    for version, name, exchange in wire.all_exchanges():
        # over mi_xmlrpc_ng, 1.11 was asked at a wrong path
        if catalogue.classic_name(exchange["method"]) not in _records.COMMANDS or (version, name) == ("1.11", "xmlrpc"):
            continue
        try:
            reply = wire.decode(version, name, exchange)
        except MIError:
            continue
        if reply is not None:
            params = exchange["params"]
            yield version, name, exchange, params if isinstance(params, dict) else None, reply


def recorded_of_clusters():
    """The same of pairs of nodes."""
    path = pathlib.Path(wire.FIXTURES).with_name("cluster.jsonl")
    for line in path.read_text(encoding="utf-8").splitlines():
        exchange = json.loads(line)
        if catalogue.classic_name(exchange["method"]) in _records.COMMANDS and exchange["reply"]:
            request = Request(b"", exchange["method"], json.loads(exchange["reply"]).get("id"))
            with contextlib.suppress(MIError):
                reply = JsonRpcProtocol().decode(exchange["reply"].encode(), request)
                yield exchange["version"], "cluster", exchange, exchange["params"], reply


RECORDED = [*recorded(), *recorded_of_clusters()]


def as_result(reply, command):
    """What opensips_mi_command returns of it."""
    return {
        "changed": False,
        "command": command,
        "outcome": "ok",
        "code": 200,
        "result": reply.result,
        "raw": reply.raw,
    }


@pytest.fixture
def warnings(monkeypatch):
    found = []
    monkeypatch.setattr(opensips_records.Display, "warning", lambda _display, text: found.append(text))
    return found


def outcome(*arguments):
    try:
        return records(*arguments)
    except AnsibleFilterError as error:
        return str(error)


def test_the_recordings_have_most_commands_of_every_version():
    seen = {
        (version, catalogue.classic_name(exchange["method"])) for version, _name, exchange, _params, _reply in RECORDED
    }
    assert {version for version, _command in seen} == set(wire.VERSIONS)
    missing = set(_records.COMMANDS) - {command for _version, command in seen}
    # of 1.x, where log_level was recorded
    assert missing <= {"debug"}
    assert records("200 OK\nDEBUG:: 3\n", "debug")["log_level"] == 3
    assert len(RECORDED) > 200


def test_text_data_and_results_make_the_same_records(warnings):
    failed = []
    for version, name, exchange, params, reply in RECORDED:
        command = exchange["method"]
        place = (version, name, exchange["id"])
        read = _records._READERS[catalogue.classic_name(command)]
        try:
            expected = read(reply, params or {}, lambda _aor, _reason: None)
        except (MIError, _records.NoRecords):
            expected = None
        text = outcome(reply.raw, command, params) if reply.raw else None
        of_result = outcome(as_result(reply, command), None, params)
        of_data = outcome(reply.result, command, params)
        if expected is None:
            # asked for one thing without a name for it, or switched
            failed.append(place)
            assert isinstance(of_result, str) and isinstance(of_data, str), place
            continue
        assert of_result == expected, place
        if text is not None:
            assert text == expected, place
        if not warnings:
            assert of_data == expected, place
        warnings.clear()
    assert len(failed) < len(RECORDED) / 4


def test_contacts_have_the_names_that_users_know():
    (contact,) = records(
        wire.reply("3.6", "fifo", "ul_show_contact").raw, "usrloc:show_contact", {"table_name": "location"}
    )
    assert contact["location_table"] == "location"
    assert "branch_flags" in contact and "cflags" not in contact and "table" not in contact


def test_one_gateway_is_named_by_the_parameters():
    reply = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"IP": "192.0.2.20", "State": "Active"}})
    (gateway,) = records(reply, "dr_gw_status", {"gw_id": "gw1", "partition_name": "pstn"})
    assert (gateway["id"], gateway["partition"], gateway["state"]) == ("gw1", "pstn", "active")
    assert "this is the reply for one gw_id. Set gw_id in params" in outcome(reply, "dr_gw_status")
    tree = "200 OK\nState:: Active\n\n"
    assert records(tree, "dr_gw_status", {"gw_id": "gw1"})[0]["state"] == "active"
    assert "Set gw_id in params" in outcome(tree, "dr_gw_status")
    assert "Set carrier_id in params" in outcome({"Enabled": "yes"}, "dr_carrier_status")


def test_what_another_module_decoded():
    # ansible.builtin.uri
    decoded = {"jsonrpc": "2.0", "id": 7, "result": {"Server": "OpenSIPS (3.6.8 (x86_64/linux))"}}
    assert records(decoded, "version")["version"] == "3.6.8"


def test_contacts_that_cannot_be_believed_are_left_out_with_a_warning(warnings):
    text = wire.reply("2.4", "fifo", "ul_show_contact").raw
    assert records(text, "ul_show_contact")
    forged = text.replace("\tUser-agent:: ", "\tUser-agent:: x\n\tState:: CS_NEW\n\tUser-agent:: \x1b[2J")
    assert forged != text
    assert records(forged, "ul_show_contact") == []
    (warning,) = warnings
    assert "cannot be believed" in warning and warning.isprintable()
    warnings.clear()
    result = {
        "command": "ul_show_contact",
        "outcome": "ok",
        "result": wire.reply("2.4", "fifo", "ul_show_contact").result,
        "raw": forged,
    }
    assert records(result) == []
    assert warnings


DATA = {"Now": "Sun Nov 22 03:22:05 2026", "Up since": "Sun Nov 22 03:17:45 2026", "Up time": "260 [sec]"}


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((DATA,), "the reply does not tell its command. Set command"),
        ((DATA, "uptme"), "makes no records of 'uptme'. Did you mean uptime?"),
        ((DATA, "t_uac_dlg"), "makes no records of 't_uac_dlg'. Use one of address_dump, "),
        ((DATA, 5), "command must be text, not int"),
        ((DATA, "uptime", ["x"]), "params must be a mapping"),
        ((DATA, "ul_dump"), "this is no reply to ul_dump: "),
        ((None, "ul_dump"), "this is no reply to ul_dump: "),
        ((5, "ds_list"), "this is no reply to ds_list: "),
        (("", "ds_list"), "this is no reply to ds_list: "),
        (("404 AOR not found\n", "ul_show_contact"), "the reply to ul_show_contact is an error: "),
        (('{"jsonrpc": "2.0", "error": {"code": 404, "message": "gone"}, "id": 1}', "ds_list"), "is an error: "),
        (("<methodResponse>", "ds_list"), "this is no reply to ds_list: "),
        (("{" * 5000, "ds_list"), "this is no reply to ds_list: "),
        (({"command": "uptime", "outcome": "ok", "result": DATA}, "version"), "command is version, but the reply is that to uptime"),
        (({"command": "uptime", "outcome": "planned", "changed": True},), "uptime has no reply: its outcome is planned"),
        (({"results": [{"command": "uptime", "outcome": "ok", "result": DATA}]},), "Apply the filter to each of its results"),
    ],
)  # fmt: skip
def test_bad_input(arguments, message):
    with pytest.raises(AnsibleFilterError, match="^opensips_records: ") as raised:
        records(*arguments)
    assert message in str(raised.value)
    assert str(raised.value).isprintable()


def test_the_name_of_4_0_and_data_alone():
    assert records(DATA, "core:uptime")["seconds"] == 260
    assert records([], "rtpengine_show") == []


def test_the_documentation_lists_the_commands():
    path = pathlib.Path(opensips_records.__file__).with_suffix(".yml")
    text = yaml.safe_load(path.read_text(encoding="utf-8"))["DOCUMENTATION"]["options"]["command"]["description"][-1]
    assert [word.partition(")")[0] for word in text.split("C(")[1:]] == sorted(_records.COMMANDS)
