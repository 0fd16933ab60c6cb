# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance of a gateway without losing a call: the dispatcher of a real OpenSIPS, and sipp as caller and gateway."""

from __future__ import annotations

import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._readers import dialogs
from ansible_collections.community.opensips.plugins.module_utils._state import dialogs as state
from ansible_collections.community.opensips.tests.integration.support import sipp
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips, needs_sipp
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import (
    RealOpensips,
    find_binary,
    free_ports,
)

pytestmark = [needs_sipp, needs_opensips]
SECONDS = 20

ROUTE = """
modparam("dialog", "profiles_with_value", "gateway")
modparam("dialog", "dlg_match_mode", 1)
loadmodule "db_text.so"
loadmodule "dispatcher.so"
modparam("dispatcher", "db_url", "text://{folder}/db")
route {{
    if (has_totag()) {{ match_dialog(); t_relay(); exit; }}
    if (is_method("CANCEL")) {{ t_relay(); exit; }}
    create_dialog();
    if (!ds_select_dst({set}, {algorithm})) {{ sl_send_reply({unavailable}); exit; }}
    set_dlg_profile("gateway", "$dd");
    t_relay();
}}
"""


class Dispatching(RealOpensips):
    """It sends every call to one gateway, which is on a port of its own."""

    def __init__(self, binary):
        (self.gateway_port,) = free_ports(1)
        super().__init__(binary)

    def _configuration(self, version):
        modern = version >= (3,)
        self._write_tables(version)
        values = {"set": 1, "algorithm": 8, "unavailable": '503, "Unavailable"'}
        if not modern:
            values = {"set": '"1"', "algorithm": '"8"', "unavailable": '"503", "Unavailable"'}
        lines = super()._configuration(version).partition("route {")[0].splitlines()
        if not modern:
            lines.append('loadmodule "uri.so"')
        return "\n".join(lines) + ROUTE.format(folder=self.folder, **values)

    def _write_tables(self, version):
        with_mode = version >= (3, 4)
        columns = "id(int,auto) setid(int) destination(string) socket(string,null) state(int) "
        columns += ("probe_mode(int) " if with_mode else "") + "weight(string) priority(int) "
        columns += "attrs(string,null) description(string,null) "
        row = rf"1:1:sip\:127.0.0.1\:{self.gateway_port}::0:" + ("0:" if with_mode else "") + "1:0::"
        database = self.folder / "db"
        database.mkdir()
        (database / "dispatcher").write_text(f"{columns}\n{row}\n", encoding="utf-8")
        (database / "version").write_text(
            f"table_name(string) table_version(int) \ndispatcher:{9 if with_mode else 8}\n", encoding="utf-8"
        )


@pytest.fixture(scope="module")
def server():
    started = Dispatching(find_binary())
    yield started
    started.stop()


@pytest.fixture
def gateway(server, tmp_path):
    process = sipp.start(tmp_path, "-sn", "uas", "-p", server.gateway_port)
    yield f"127.0.0.1:{server.gateway_port}"
    sipp.end(process)


def call(server, folder, seconds):
    """A call to 4930 that is answered; the caller ends it after so many seconds."""
    (port,) = free_ports(1)
    scenario = folder / "caller.xml"
    scenario.write_text(sipp.caller("4930", int(seconds * 1000)), encoding="utf-8")
    caller = sipp.start(folder, "-sf", scenario, "-p", port, "-m", 1, f"127.0.0.1:{server.sip_port}")
    until = time.monotonic() + SECONDS
    with Connection(server.connection) as conn:
        while not any(dialog["timestart"] for dialog in dialogs.read_all(conn) if dialog["state"] != "deleted"):
            assert time.monotonic() < until, f"no call is up:\n{server.log()[-2000:]}"
            time.sleep(0.1)
    return caller


def takes(server, **filters):
    """Whether the filters take the call that is up, which is one of this server."""
    with Connection(server.connection) as conn:
        return bool(state.Looker(conn, state.Filter(filters)).look().own)


def test_filters_see_where_the_call_went(server, gateway, tmp_path):
    caller = call(server, tmp_path, seconds=60)
    try:
        # To is the number that was dialled, and stays so
        assert not takes(server, callee=[f"*@{gateway}", f"*:{server.gateway_port}*"]) and takes(
            server, callee=["4930"]
        )
        assert takes(server, callee_contact=[gateway]) and takes(server, callee_contact=["sip:127.0.0.1:*"])
        assert not takes(server, callee_contact=["127.0.0.2", "4930"])
        assert takes(server, callee_socket=[f"udp:127.0.0.1:{server.sip_port}"])
        assert not takes(server, callee_socket=["tcp:*"])
        for value, expected in (("127.0.0.1", True), ("127.0.0.2", False), (None, True)):
            assert takes(server, profile=[{"name": "gateway", "value": value}]) is expected
        ended = run_module("dialog", {**server.connection, "state": "absent", "callee_contact": gateway})
        assert [entry["outcome"] for entry in ended["results"]] == ["ended"]
        assert ended["results"][0]["callee_contacts"] == [f"sip:{gateway};transport=UDP"]
    finally:
        sipp.end(caller)
    profile = {"state": "drained", "profile": [{"name": "gatway"}]}
    misspelt = run_module("dialog", {**server.connection, **profile})
    assert misspelt["failed"] and "no dialog profile gatway. It has: gateway" in misspelt["msg"]


def test_the_recipe(server, gateway, tmp_path):
    def dispatcher(state):
        entry = {"set": 1, "uri": f"sip:{gateway}", "state": state}
        return run_module("dispatcher", {**server.connection, "destinations": [entry]})

    caller = call(server, tmp_path, seconds=6)
    try:
        drained = {**server.connection, "state": "drained", "callee_contact": gateway, "wait_interval": 0.1}
        assert dispatcher("inactive")["changed"]
        early = run_module("dialog", {**drained, "wait_timeout": 0})
        assert early["failed"] and [entry["outcome"] for entry in early["results"]] == ["left"]
        late = run_module("dialog", {**drained, "wait_timeout": SECONDS})
        assert "failed" not in late and [entry["outcome"] for entry in late["results"]] == ["gone"]
    finally:
        assert dispatcher("active")["changed"]
        sipp.end(caller)
