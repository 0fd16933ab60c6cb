# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter opensips_records and the test registered: with commands that a playbook runs, they say what opensips_facts says."""

from __future__ import annotations

from ansible_collections.community.opensips.plugins.filter.opensips_records import opensips_records
from ansible_collections.community.opensips.plugins.test.registered import registered
from ansible_collections.community.opensips.tests.integration.support.fixtures import on_every_server
from ansible_collections.community.opensips.tests.integration.support.module_here import run_module_here
from ansible_collections.community.opensips.tests.integration.support.phones import Phone

# subset of opensips_facts: the command that makes the same records
COMMANDS = {
    "blacklists": "list_blacklists",
    "carriers": "dr_carrier_status",
    "contacts": "ul_dump",
    "dispatcher": "ds_list",
    "domains": "domain_dump",
    "gateways": "dr_gw_status",
    "load_balancer": "lb_list",
    "registrants": "reg_list",
    "sharing_tags": "clusterer_list_shtags",
    "shared_variables": "shv_get",
    "subscribers": "subscribers_list",
}
# facts ask for more than the command alone returns
PARAMS = {"dispatcher": {"full": "1"}}
# what facts add with other commands, or what goes on
ELSEWHERE = {"version": {"protocol"}, "uptime": {"now", "seconds"}}
# a way that cannot carry what its protocol refuses
WAYS = ("fifo", "udp", "mi_http", "mi_json", "xmlrpc", "old_xmlrpc")


def _params(name, server):
    # before 2.2, ds_list has no parameters
    return PARAMS.get(name) if server.version >= (2, 2) else None


def without_time(records):
    """expires goes on between two looks."""
    if not isinstance(records, list):
        return records
    return sorted(
        (
            {key: value for key, value in record.items() if key not in ("expires", "recheck_ticks")}
            for record in records
        ),
        key=repr,
    )


@on_every_server
class TestRecords:
    def test_the_records_are_those_of_the_facts(self, server, farm):
        farm.register(farm.add(Phone("1001", "snom370/8.7.5.35")))
        facts = run_module_here("facts", {**server.connection, "gather_subset": ["all", "!cache"]})
        facts = facts["ansible_facts"]["opensips"]
        present = [name for name in COMMANDS if name not in facts["skipped"]]
        assert {"contacts", "subscribers"} <= set(present)
        ways = [options for name, (options, _protocol) in server.ways.items() if name in WAYS]
        assert len(ways) >= 3
        for options in ways:
            commands = [{"command": COMMANDS[name], "params": _params(name, server)} for name in present]
            commands += [{"command": name} for name in ELSEWHERE]
            found = run_module_here("mi_command", {**options, "commands": commands})
            for name, result in zip([*present, *ELSEWHERE], found["results"], strict=True):
                assert result["outcome"] == "ok", result
                records = opensips_records(result)
                if name in ELSEWHERE:
                    assert set(facts[name]) - set(records) <= {"protocol"}
                    assert all(facts[name][key] == records[key] for key in set(records) - ELSEWHERE[name])
                else:
                    assert without_time(records) == without_time(facts[name]), (name, options)
            contacts = opensips_records(found["results"][present.index("contacts")])
            assert registered(server.aor("1001"), contacts)
            assert not registered(server.aor("1002"), contacts)

    def test_one_aor(self, server, farm):
        farm.register(farm.add(Phone("1003", "snom370/8.7.5.35")))
        params = {"table_name": "location", "aor": server.aor("1003")}
        result = run_module_here("mi_command", {**server.connection, "command": "ul_show_contact", "params": params})
        (contact,) = opensips_records(result, params=params)
        assert (contact["aor"], contact["location_table"]) == (server.aor("1003"), "location")
        assert contact["contact"].startswith("sip:1003@") and contact["user_agent"] == "snom370/8.7.5.35"
