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
from ansible_collections.community.opensips.plugins.modules import opensips_table
try:
    opensips_table.main()
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
    status, output, errors = finish(start_python(RUN, json.dumps(args)), 60)
    result, _mark, logged = output.partition("\nLOGGED ")
    assert status != 0 and text in json.loads(result)["msg"], (output, errors)
    assert "wonderland" not in output
    assert json.loads(result)["invocation"]["module_args"]["rows"] == "VALUE_NOT_SHOWN"
    if "nope" not in more:
        assert "Invoked with" in logged and "table={0}".format(more["table"]) in logged
