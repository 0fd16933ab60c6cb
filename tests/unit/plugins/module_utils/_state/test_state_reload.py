# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which command reloads what, and what is said when none does: against emulated servers, through their FIFOs."""

import pytest

from ansible_collections.community.opensips.data import catalogue as declared
from ansible_collections.community.opensips.data import layout, schema
from ansible_collections.community.opensips.plugins.module_utils._mi import catalogue
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MITimeout,
    UnknownCommand,
)
from ansible_collections.community.opensips.plugins.module_utils._state import reload
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import JsonFifo

VERSIONS = ("1.11", "2.4", "3.6", "4.0")


@pytest.fixture(params=VERSIONS)
def server(servers, request):
    return servers[request.param]


@pytest.fixture
def conn(server):
    return server[1]


def of(servers, version):
    return servers[version][1]


# --- Data ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", sorted(schema.load()))
def test_every_table_of_every_version_is_reloaded_or_said_why_not(servers, table):
    if reload.has_reload(table):
        assert table in reload.names()
        return
    with pytest.raises(BadParameters) as caught:
        reload.plan(of(servers, "3.6"), table)
    assert caught.value.message == "The table {0} cannot be reloaded".format(table)
    assert caught.value.hint


def test_every_reload_that_the_catalogue_knows_can_be_asked_for_or_takes_parameters():
    commands = layout.load(declared.SOURCE)["commands"]
    # lcr and trusted are gone since 1.8, and nh_reload_rtpp became rtpproxy_reload; status commands reload nothing
    old = {"lcr_reload", "trusted_reload", "nh_reload_rtpp", "dr_reload_status", "trie_reload_status"}
    named = {"bdb_reload", "sql_cacher_reload", "rc_reloadClientRate", "rc_reloadVendorRate"}
    every = {name for name in commands if "reload" in name}
    assert {name for name in every - old if not reload.has_reload(name)} == named
    assert not [name for name in reload.names() if not reload.has_reload(name)]


def test_every_command_is_of_the_catalogue():
    for name in reload.names():
        assert catalogue.find(reload.command_of(name)) is not None, name


# --- Plans -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, classic, full",
    [
        ("dispatcher", "ds_reload", "dispatcher:reload"),
        ("load_balancer", "lb_reload", "load_balancer:reload"),
        ("dr_gateways", "dr_reload", "drouting:reload"),
        ("dr_carriers", "dr_reload", "drouting:reload"),
        ("dr_rules", "dr_reload", "drouting:reload"),
        ("dr_groups", "dr_reload", "drouting:reload"),
        ("drouting", "dr_reload", "drouting:reload"),
        ("address", "address_reload", "permissions:address_reload"),
        ("permissions", "address_reload", "permissions:address_reload"),
        ("domain", "domain_reload", "domain:reload"),
        ("domain:reload", "domain_reload", "domain:reload"),
        ("ds_reload", "ds_reload", "dispatcher:reload"),
    ],
)
def test_what_all_versions_have(conn, name, classic, full):
    planned = reload.plan(conn, name)
    assert planned.command == (full if conn.version >= (4,) else classic)
    assert (planned.name, planned.params, planned.background) == (name, {}, False)


@pytest.mark.parametrize(
    "name, version, command",
    [
        ("registrant", "2.4", "reg_reload"),
        ("registrant", "4.0", "uac_registrant:reload"),
        ("rtpengine", "2.4", "rtpengine_reload"),
        ("rtpengine", "4.0", "rtpengine:reload"),
        ("rtpproxy_sockets", "3.6", "rtpproxy_reload"),
        ("rtpproxy", "4.0", "rtpproxy:reload"),
        ("dialplan", "3.6", "dp_reload"),
        ("dialplan", "4.0", "dialplan:reload"),
        ("db_text", "2.4", "dbt_reload"),
    ],
)
def test_what_some_versions_have(servers, name, version, command):
    assert reload.plan(of(servers, version), name).command == command


@pytest.mark.parametrize("name", ["pi_http", "pi_reload", "pi_reload_tbls_and_cmds"])
def test_the_provisioning_framework_is_of_the_core_since_4_1(tmp_path, name):
    for version, command in (("4.0.1", "pi_http:reload_tbls_and_cmds"), ("4.1.0", "core:pi_reload")):
        with JsonFifo(tmp_path, version, {command: lambda _params: "OK"}) as peer, peer.connect(timeout=5) as conn:
            assert reload.run(conn, reload.plan(conn, name))["command"] == command


def test_routes(servers):
    planned = reload.plan(of(servers, "3.6"), "routes")
    assert (planned.command, planned.background) == ("reload_routes", True)
    assert reload.plan(of(servers, "4.0"), "routes").command == "core:reload_routes"
    for version in ("1.11", "2.4"):
        with pytest.raises(UnknownCommand, match=r"core of OpenSIPS 3\.0 to 4\.0"):
            reload.plan(of(servers, version), "routes")


def test_two_tables_of_one_module_are_one_reload(conn):
    one, other, third = (reload.plan(conn, name) for name in ("dr_gateways", "dr_rules", "dispatcher"))
    assert one.key() == other.key() != third.key()


def test_a_module_that_is_not_loaded(servers):
    with pytest.raises(UnknownCommand, match="module tls_mgm of OpenSIPS 2.2 to 4.0: is it loaded"):
        reload.plan(of(servers, "3.6"), "tls_mgm")


@pytest.mark.parametrize(
    "name, words",
    [
        ("subscriber", ["subscriber cannot be reloaded", "at each use"]),
        ("re_grp", ["re_grp cannot be reloaded", "restart"]),
        ("location", ["location cannot be reloaded", "writes this table itself"]),
        ("rc_vendors", ["rc_vendors cannot be reloaded", "rc_reloadVendorRate"]),
        ("dispatchers", ["'dispatchers'", "Did you mean dispatcher"]),
        ("route", ["'route'", "routes"]),
        ("uptime", ["'uptime'", "It must be one of address"]),
        ("stir_shaken", ["'stir_shaken'", "stir_shaken_ca"]),
        ("sql_cacher_reload", ["sql_cacher_reload is a command that requires parameters", "opensips_mi_command"]),
        ("", ["''", "It must be one of"]),
        ("two words", ["'two words'"]),
    ],
)
def test_names_that_cannot_be_reloaded(conn, name, words):
    with pytest.raises(BadParameters) as caught:
        reload.plan(conn, name)
    assert [word for word in words if word not in str(caught.value)] == []


# --- Partitions and states -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, params",
    [
        ("dispatcher", {"partition": "pstn"}),
        ("address", {"partition": "pstn"}),
        ("dr_rules", {"partition_name": "pstn"}),
    ],
)
def test_partition(servers, name, params):
    for version in ("2.4", "3.6", "4.0"):
        assert reload.plan(of(servers, version), name, partition="pstn").params == params
    with pytest.raises(BadParameters, match=r"partition is set, but \w+ of OpenSIPS 1\.11 does not have it.* 2\.[12]"):
        reload.plan(of(servers, "1.11"), name, partition="pstn")


@pytest.mark.parametrize("name", ["dispatcher", "dr_gateways"])
def test_inherit_state(servers, name):
    for version in ("3.6", "4.0"):
        assert reload.plan(of(servers, version), name, inherit_state=False).params == {"inherit_state": "n"}
        both = reload.plan(of(servers, version), name, partition="pstn", inherit_state=True).params
        assert sorted(both.values()) == ["pstn", "y"]
    for version in ("1.11", "2.4"):
        with pytest.raises(BadParameters, match=r"inherit_state is set, but \w+ of OpenSIPS .* OpenSIPS 3\.4"):
            reload.plan(of(servers, version), name, inherit_state=True)


def test_options_of_other_tables(conn):
    with pytest.raises(BadParameters, match="load_balancer has no partitions.*dispatcher, dr_carriers"):
        reload.plan(conn, "load_balancer", partition="pstn")
    with pytest.raises(BadParameters, match="address has no run-time state"):
        reload.plan(conn, "address", inherit_state=True)
    with pytest.raises(BadParameters, match="partition is empty"):
        reload.plan(conn, "dispatcher", partition=" ")


# --- Running them ----------------------------------------------------------------------------------------------


def test_it_is_sent_once_and_timed(server):
    emu, conn = server
    planned = reload.plan(conn, "dispatcher")
    before = emu.stats()["commands"].get(planned.command, 0)
    done = reload.run(conn, planned)
    assert emu.stats()["commands"][planned.command] == before + 1
    assert (done["name"], done["command"], done["params"]) == ("dispatcher", planned.command, {})
    assert 0 <= done["seconds"] < 5


def test_a_refusal_says_what_the_server_runs_now(server):
    emu, conn = server
    emu.refuse("dr_reload", 500, "Failed to reload", count=1)
    with pytest.raises(reload.ReloadRefused) as caught:
        reload.run(conn, reload.plan(conn, "dr_rules"))
    assert caught.value.message.endswith("reload: 500 Failed to reload")
    assert "still runs the old data" in caught.value.hint
    assert (caught.value.code, caught.value.reason) == (500, "Failed to reload")


def test_nodes_that_come_from_the_configuration(servers):
    for version in ("2.4", "3.6", "4.0"):
        conn = of(servers, version)
        with pytest.raises(reload.ReloadRefused, match="400 .* still runs the old nodes.* set db_url"):
            reload.run(conn, reload.plan(conn, "rtpengine"))


def test_nodes_that_are_dropped_before_they_are_read(servers):
    emu, conn = servers["3.6"]
    emu.refuse("rtpproxy_reload", 500, "Internal error", count=1)
    with pytest.raises(reload.ReloadRefused, match="may have none now.* rtpproxy_show"):
        reload.run(conn, reload.plan(conn, "rtpproxy"))


def test_an_unknown_partition(servers):
    emu, conn = servers["3.6"]
    emu.refuse("ds_reload", 500, "ERROR Unknown partition", count=1)
    with pytest.raises(reload.ReloadRefused, match="Unknown partition.* Correct partition"):
        reload.run(conn, reload.plan(conn, "dispatcher", partition="nosuch"))


def test_a_server_that_is_just_reloading_is_asked_again(server):
    emu, conn = server
    # 1.11 says "Reload already in progress", 3.6 "Reload in progress"
    emu.refuse("dr_reload", 500, "Reload already in progress", count=2)
    assert reload.run(conn, reload.plan(conn, "dr_rules"))["seconds"] > 0.4
    emu.refuse("dr_reload", 500, "Reload in progress")
    with pytest.raises(reload.ReloadRefused, match="Reload in progress"):
        reload.run(conn, reload.plan(conn, "dr_rules"), timeout=0.6)
    emu.refuse("dr_reload", 200, "OK", count=0)


@pytest.mark.parametrize("version", ["3.6", "4.0"])
def test_routes_are_refused_once_because_of_the_file_before(servers, version):
    """Seen on 3.6.8 and 4.0.1: after a file with an unclosed text, the next is refused, even if it is good."""
    emu, conn = servers[version]
    planned = reload.plan(conn, "routes")
    emu.refuse("reload_routes", 500, "reload failed", count=1)
    reload.run(conn, planned)
    emu.refuse("reload_routes", 500, "reload failed", count=2)
    with pytest.raises(reload.ReloadRefused, match="still runs the old routes.*opensips -C"):
        reload.run(conn, planned)
    reload.run(conn, planned)


def test_a_reload_that_takes_longer_than_the_timeout(servers):
    emu, conn = servers["3.6"]
    emu.fault("lb_reload", "slow", 2, count=1)
    with pytest.raises(
        MITimeout, match="did not answer lb_reload within 0.3 seconds.*may still be reading load_balancer"
    ):
        reload.run(conn, reload.plan(conn, "load_balancer"), timeout=0.3)
    emu.fault("lb_reload", "slow", 0.5, count=1)
    assert reload.run(conn, reload.plan(conn, "load_balancer"), timeout=5)["seconds"] >= 0.5


def test_a_reload_that_was_not_sent_did_not_take_longer(servers):
    """What is asked before it was not answered in time: the server reads nothing."""

    class Silent:
        def call(self, *_args, **_options):
            error = MITimeout("No reply came")
            error.maybe_sent = False
            raise error

    _emu, conn = servers["3.6"]
    with pytest.raises(MITimeout, match="No reply came") as silent:
        reload.run(Silent(), reload.plan(conn, "load_balancer"))
    assert silent.value.maybe_sent is False
