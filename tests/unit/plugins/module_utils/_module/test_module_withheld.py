# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that are withheld get neither into the system's log nor into what the module returns."""

import json

import pytest

pytest.importorskip("ansible")

from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import (  # noqa: E402
    finish,
    start_python,
)

RUN = """
import json, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": json.loads(sys.argv[1])}).encode("utf-8")
basic._ANSIBLE_PROFILE = "legacy"
logged = []
basic.AnsibleModule.log = lambda self, msg, log_args=None: logged.append(msg + repr(log_args))
import importlib
module = importlib.import_module("ansible_collections.community.opensips.plugins.modules.opensips_" + sys.argv[2])
try:
    module.main()
finally:
    print("\\nLOGGED " + json.dumps(logged))
"""
ROW = {"username": "alice", "domain": "example.com", "password": "wonderland"}


@pytest.mark.parametrize(
    "more, text",
    [
        ({"table": "subscriber", "db_url": "sqlite:////nonexistent"}, "There is no file"),
        ({"table": "nope", "db_url": "sqlite:////nonexistent"}, "no table 'nope'"),
        # refused before the module's own code runs
        ({"table": "subscriber", "db_url": "sqlite:////nonexistent", "nope": 1}, "Unsupported parameters"),
    ],
)
def test_rows_are_neither_logged_nor_returned(more, text):
    pytest.importorskip("sqlalchemy")
    args = dict(more, rows=[ROW], _ansible_remote_tmp="/tmp")
    status, output, errors = finish(start_python(RUN, json.dumps(args), "table"), 60)
    result, _mark, logged = output.partition("\nLOGGED ")
    assert status != 0 and text in json.loads(result)["msg"], (output, errors)
    assert "wonderland" not in output
    assert json.loads(result)["invocation"]["module_args"]["rows"] == "VALUE_NOT_SHOWN"
    if "nope" not in more:
        assert "Invoked with" in logged and "table={0}".format(more["table"]) in logged


SIP = {"From": "<sip:a@b>", "To": "<sip:a@b>"}
ACCOUNT = {"username": "alice", "password": "wonderland"}


@pytest.mark.parametrize(
    "credentials, text",
    [
        ([ACCOUNT, {**ACCOUNT, "username": ""}], "credentials: entry 2 has no username"),
        ([{**ACCOUNT, "username": None, "ha1": "wonderland"}], "credentials: entry 1 has both password and ha1"),
        # refused before the module's own code runs
        ([{**ACCOUNT, "pasword": "wonderland"}], "Unsupported parameters"),
        (["wonderland"], "credentials"),
    ],
)
@pytest.mark.parametrize(
    "module, more",
    [
        ("notify", {"select": {}}),
        ("mwi", {"aors": ["a"], "new": 1}),
        ("uac_dlg", {"method": "OPTIONS", "ruri": "sip:a@b", "headers": SIP}),
    ],
)
def test_credentials_are_neither_logged_nor_returned(module, more, credentials, text):
    args = dict(more, credentials=credentials, _ansible_remote_tmp="/tmp")
    status, output, errors = finish(start_python(RUN, json.dumps(args), module), 60)
    result, _mark, logged = output.partition("\nLOGGED ")
    assert status != 0 and text in json.loads(result)["msg"], (output, errors)
    assert "wonderland" not in output and "wonderland" not in errors
    assert json.loads(result)["invocation"]["module_args"]["credentials"] == "VALUE_NOT_SHOWN"
    if text.startswith("credentials: "):
        assert "Invoked with" in logged and "credentials=VALUE_NOT_SHOWN" in logged


@pytest.mark.parametrize(
    "option",
    [
        {
            "db_engine": "postgresql",
            "login_password": "wonderland",
            "login_unix_socket": "/nonexistent",
            "login_user": "u",
        },
        {"db_url": "postgresql://u:wonderland@/opensips?host=/nonexistent"},
        {"db_url": "sqlite:////nonexistent?wonderland=1"},
        {"db_engine": "sqlite", "login_db": "/nonexistent", "login_password": "wonderland"},
        {"db_url": "nonsense wonderland"},
        # refused before the module's own code runs
        {"db_url": "sqlite:////wonderland", "db_engine": "sqlite"},
    ],
)
@pytest.mark.parametrize(
    "module, more",
    [("notify", {"select": {}}), ("mwi", {"aors": ["a"], "new": 1}), ("facts", {"gather_subset": ["contacts"]})],
)
def test_passwords_of_location_db_are_neither_logged_nor_returned(module, more, option):
    pytest.importorskip("sqlalchemy")
    args = dict(more, location_db=option, _ansible_remote_tmp="/tmp")
    status, output, errors = finish(start_python(RUN, json.dumps(args), module), 60)
    result, _mark, logged = output.partition("\nLOGGED ")
    assert status != 0 and json.loads(result)["failed"], (output, errors)
    assert "wonderland" not in output and "wonderland" not in errors, output
    if "db_url" not in option or "db_engine" not in option:
        assert "location_db" in json.loads(result)["msg"] and "Invoked with" in logged
