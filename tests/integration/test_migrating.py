# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every row of the page on migrating is run, and every command of the tools has one."""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.community.opensips.plugins.module_utils._sip import presets
from ansible_collections.community.opensips.tests import argument_specs
from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.databases import Database
from ansible_collections.community.opensips.tests.integration.support.playbook import PREFIX
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of
from ansible_collections.community.opensips.tests.pages import Page

# what `opensipsctl` (2.4), `opensipsdbctl` (2.4), `opensips-cli` and the gem (1.0) list in their help and documentation
TOOLS = {
    "opensipsctl": """start, stop, restart, trap, ps, monitor, online, fifo, unixsock, cisco_restart, ping, tls rootCA, tls userCERT,
        acl show, acl grant, acl revoke, cr show, cr reload, cr dump, cr addrt, cr rmrt, cr addcarrier, cr rmcarrier, rpid add, rpid rm,
        rpid show, add, passwd, rm, address show, address dump, address reload, address add, address rm, dr show, dr addgw, dr rmgw,
        dr addgrp, dr rmgrp, dr addcr, dr rmcr, dr addrule, dr rmrule, dr reload, dr gw_status, dr carrier_status, dispatcher show,
        dispatcher reload, dispatcher dump, dispatcher addgw, dispatcher rmgw, dialplan show, dialplan reload, dialplan addrule,
        dialplan rm, dialplan rmdpid, dialplan rmrule, registrant show, registrant dump, registrant add, registrant rm,
        registrant rmaor, ul show, ul show --brief, ul rm, ul add, db exec, db roexec, db run, db rorun, db show, speeddial show,
        speeddial list, speeddial add, speeddial rm, avp list, avp add, avp rm, alias_db show, alias_db list, alias_db add,
        alias_db rm, domain reload, domain show, domain showdb, domain add, domain rm""",
    "opensipsdbctl": "create, drop, reinit, backup, restore, copy, migrate, presence, extra",
    "opensips-cli -x": """mi, user add, user password, user delete, database create, database drop, database add, database migrate,
        diagnose, diagnose dns, diagnose sql, diagnose nosql, diagnose sip, diagnose memory, diagnose load, instance show,
        instance list, instance switch, tls rootCA, tls userCERT, trace, trap""",
}
GEM = ("opensips.command", "opensips.uac_dlg", "opensips.event_notify", "opensips.mwi_update")
GEM_EVENTS = """aastra_check_cfg aastra_xml digium_check_cfg linksys_cold_restart linksys_warm_restart polycom_check_cfg sipura_check_cfg
    sipura_get_report snom_check_cfg snom_reboot cisco_check_cfg avaya_check_cfg""".split()
TABLES = (
    "address", "carrierroute", "dbaliases", "dialplan", "dispatcher", "domain", "dr_carriers", "dr_gateways", "dr_groups", "dr_rules",
    "grp", "registrant", "route_tree", "speed_dial", "subscriber", "usr_preferences",
)  # fmt: skip
# a command by itself, as the page writes it
COMMAND = re.compile(r"``((?:opensipsctl|opensipsdbctl|opensips-cli|opensips\.)[^`]*)``")
MI = re.compile(r"opensipsctl (?:fifo|unixsock) (\w+)|opensips-cli .*-x mi (\w+)|opensips\.(\w+)")
# methods of the gem that are no MI commands
OTHERS = {"command", "uac_dlg", "event_notify", "mwi_update"}
# what a module of its own does with another command
INSTEAD = {"lb_status", "ul_rm", "ul_rm_contact", "log_level"}
PAGE = Page("migrating")


def test_every_command_of_the_tools_has_a_row():
    listed = COMMAND.findall(PAGE.text)
    wanted = [f"{tool} {command.strip()}" for tool, commands in TOOLS.items() for command in commands.split(",")]
    missing = [
        command for command in [*wanted, *GEM] if not any(re.match(rf"{re.escape(command)}\b", row) for row in listed)
    ]
    assert not missing


def test_every_event_of_the_gem_is_a_preset():
    assert all(f"``{key}``" in PAGE.text for key in GEM_EVENTS)
    assert [presets.find(key).key for key in GEM_EVENTS] == GEM_EVENTS


def test_every_setting_is_an_option():
    options = argument_specs.of_module("opensips_table")["argument_spec"]
    rows = re.findall(r"(?m)^   \* -.*\n(?:     -.*\n){2}     - ``(\w+)``$", PAGE.section("Settings"))
    assert len(rows) == 14 and set(rows) <= set(options)


@pytest.fixture(scope="module")
def played(ansible):
    """(the rows: [(commands, task)], Results of their tasks, the emulator's counts of commands)."""
    rows = [(COMMAND.findall(term), yaml.safe_load(code)[0]) for term, code in PAGE.terms()]
    with Emulator("3.6", phones=2, fr_timeout=1.0, reboot=False, modules="all") as emu:
        database = Database("sqlite", f"sqlite:///{emu.directory}/opensips.sqlite", {})
        database.create("3.6", *TABLES)
        # the phone that the page names is one that answers
        phone = emu.phones()[0]["contact"].replace("100000", "code200")
        tasks = yaml.safe_load(yaml.safe_dump([task for _commands, task in rows]).replace("sip:1001@192.0.2.17", phone))
        emu.add_contact("1001", phone)
        (play,) = yaml.safe_load(PAGE.blocks[0].code)
        play.update(
            hosts="all", become=False, tasks=[{**task, "ignore_errors": True, "no_log": False} for task in tasks]
        )
        play["module_defaults"]["group/community.opensips.all"] = fifo_of(emu)
        play["vars"] = {
            "opensips_db_url": database.url,
            "vault_phone_password": "secret",
            "vault_new_password": "secret2",
        }
        play["vars"]["vault_trunk_password"] = "secret3"
        results = ansible.run_plays([play], {"here": {}})
        yield rows, results, emu.stats()["commands"]


def not_loaded(result):
    """Whether a row was written and reloaded, and the emulator is no database's reader."""
    errors = [entry["error"]["type"] for entry in result.get("results", []) if entry.get("error")]
    return errors == ["RowNotTaken"] and result["reload"]["outcome"] == "reloaded"


def test_every_row_is_run(played):
    rows, results, _counts = played
    assert len(rows) > 60 and [result.task for result in results] == [task["name"] for _commands, task in rows]
    assert not [(result.task, result.msg) for result in results if result.failed and not not_loaded(result)]


def test_every_row_does_what_the_command_does(played):
    rows, results, counts = played
    for (commands, task), result in zip(rows, results, strict=True):
        action = next(key for key in task if key.startswith(PREFIX))
        if action == f"{PREFIX}table":
            # each row of the page finds another state than the one that it sets, but for a table that is empty already
            assert result["changed"] or "rmdpid" in commands[0], task
        elif action == f"{PREFIX}facts":
            assert not result["ansible_facts"]["opensips"].get("skipped"), task
        asked = {name for command in commands for name in (MI.match(command) or re.match("", "")).groups() if name}
        assert asked - OTHERS - INSTEAD <= set(counts), task
