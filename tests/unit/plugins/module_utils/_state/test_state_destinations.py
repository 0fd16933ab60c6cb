# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What probing switched off is not yet what the user wants off; and what a failed destination comes to."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._state import engine
from ansible_collections.community.opensips.plugins.module_utils._state.drouting import Drouting
from ansible_collections.community.opensips.plugins.module_utils._state.load_balancer import LoadBalancer
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import JsonFifo, LineFifo

GATEWAYS = {"gateways": [{"id": "gw1", "enabled": False, "partition": None}], "carriers": None, "probing": None}


def destination(enabled):
    return {"destinations": [{"id": 1, "uri": None, "group": None, "enabled": enabled, "resources": None}]}


class Balancer:
    """One destination that probing disabled, and may enable again."""

    def __init__(self):
        self.on, self.auto = False, True

    def commands(self):
        return {"lb_list": self.list, "lb_status": self.status}

    def list(self, _params):
        record = {"uri": "sip:a", "id": 1, "group": 1, "Resources": []}
        record["enabled"] = "yes" if self.on else "no"
        record["auto-reenable"] = "on" if self.auto else "off"
        return {"Destinations": [record]}

    def status(self, params):
        self.on = self.auto = bool(params["new_status"])
        return "OK"


@pytest.mark.parametrize("enabled", [False, True])
def test_a_destination_that_probing_disabled(tmp_path, enabled):
    balancer = Balancer()
    with JsonFifo(tmp_path, commands=balancer.commands()) as peer, peer.connect(timeout=5) as conn:
        result = engine.push(conn, LoadBalancer(destination(enabled)), False)
        assert result["changed"]
        assert (balancer.on, balancer.auto) == (enabled, enabled)
        assert not engine.push(conn, LoadBalancer(destination(enabled)), False)["changed"]


@pytest.mark.parametrize("state", ["Inactive", "Probing"])
def test_a_gateway_that_probing_disabled(tmp_path, state):
    gateway = {"ID": "gw1", "IP": "127.0.0.1", "State": state}

    def status(params):
        if not params:
            return {"Gateways": [gateway]}
        gateway["State"] = "Active" if params["status"] else "Disabled MI"
        return "OK"

    with JsonFifo(tmp_path, commands={"dr_gw_status": status}) as peer, peer.connect(timeout=5) as conn:
        (entry,) = engine.push(conn, Drouting(GATEWAYS), False)["results"]
        assert entry["before"] == {"enabled": False, "auto_reenable": True}
        assert entry["after"] == {"enabled": False, "auto_reenable": False}
        assert not engine.push(conn, Drouting(GATEWAYS), False)["changed"]


def test_1_11_does_not_tell_why_a_gateway_is_off(tmp_path):
    commands = {"dr_gw_status": "ID:: gw1 IP=127.0.0.1 Enabled=no \n"}
    with LineFifo(tmp_path, version="1.11.11", commands=commands) as peer, peer.connect(timeout=5) as conn:
        result = engine.push(conn, Drouting(GATEWAYS), False)
    assert not result["changed"]
    assert result["results"][0]["after"] == {"enabled": False}
