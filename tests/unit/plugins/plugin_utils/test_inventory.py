# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventory plugins: names of hosts, phones and nodes as records, and where options come from."""

from __future__ import annotations

import pytest
from ansible.utils.unsafe_proxy import AnsibleUnsafe
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import connection_spec, select_spec
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils import _nodes, _registered
from ansible_collections.community.opensips.plugins.plugin_utils._inventory import Names, Unsafe
from ansible_collections.community.opensips.plugins.plugin_utils._server import (
    Lesser,
    connection_of,
    own_spec,
    validated,
)
from ansible_collections.community.opensips.tests.unit import wire

FILE = "facts_fifo"


class TestNames:
    @settings(max_examples=100, deadline=None)
    @given(
        st.lists(st.sampled_from(["a", "a_2", "-a", "_-a", "web", "localhost", " a", "\n", ""]) | st.text(max_size=4))
    )
    def test_each_is_unique_and_usable(self, wanted):
        names = Names(["web", "all"])
        found = [names.unique(name) for name in wanted]
        assert len(set(found)) == len(found)
        assert not {"web", "all", "localhost", "127.0.0.1", "::1"} & set(found)
        assert all(name.strip() and name[0] not in "-!&~@" and printable(name) == name for name in found)

    def test_the_first_keeps_its_name(self):
        names = Names([])
        assert [names.unique("1001") for _time in range(3)] == ["1001", "1001_2", "1001_3"]
        assert names.unique("1001_2") == "1001_2_2"

    def test_a_claimed_name_may_exist_elsewhere(self):
        names = Names(["sip1"])
        assert [names.claim("sip1"), names.claim("sip1"), names.unique("sip1")] == [True, False, "sip1_2"]


def contact(uri, **fields):
    names = ("received", "socket", "user_agent", "sip_instance", "expires")
    return {"aor": "1001", "contact": uri, "call_id": "c", **dict.fromkeys(names), **fields}


PLACES = {
    "sip:1001@192.0.2.1": ("192.0.2.1", 5060),
    "sip:1001@192.0.2.1:5070;transport=TCP": ("192.0.2.1", 5070),
    "sips:1001@phone.example.com": ("phone.example.com", 5061),
    "sip:1001@[2001:db8::1];transport=tls": ("2001:db8::1", 5061),
    "tel:+4930": (None, None),
    "nothing": (None, None),
}


@pytest.mark.parametrize(("uri", "place"), PLACES.items(), ids=str)
def test_where_a_phone_is(uri, place):
    phone = _registered.phone(contact(uri), "sip1")
    assert tuple(phone) == _registered.FIELDS
    assert (phone["address"], phone["sip_port"]) == place


def test_a_phone_behind_nat_is_where_its_register_came_from():
    phone = _registered.phone(
        contact("sip:1@10.0.0.1:5060", received="sip:198.51.100.7:31000", socket="tcp:192.0.2.1:5060"), ""
    )
    assert (phone["address"], phone["sip_port"], phone["transport"]) == ("198.51.100.7", 31000, "tcp")


def test_values_are_unsafe_and_shared_ones_are_one():
    unsafe = Unsafe(("aor", "vendor", "tags"), frozenset(["vendor"]))
    one, two = (
        unsafe.record({"aor": "{{1}}", "vendor": "{{" + "x" * 3, "tags": {"a": ["{{2}}"]}, "more": 1})
        for _time in range(2)
    )
    assert one == two == {"aor": "{{1}}", "vendor": "{{xxx", "tags": {"a": ["{{2}}"]}}
    assert one["vendor"] is two["vendor"]
    # from 2.19 on, a value is unsafe unless it is marked as trusted
    marked = isinstance(one["aor"], AnsibleUnsafe)
    assert (
        isinstance(one["vendor"], AnsibleUnsafe) is marked and isinstance(one["tags"]["a"][0], AnsibleUnsafe) is marked
    )


class _Recorded:
    """A node of a recorded cluster."""

    def __init__(self, version, prefix):
        self._version, self._prefix = version, prefix

    def require(self, command):
        assert command == "clusterer_list"

    def has(self, command):
        return command.startswith("clusterer_")

    def call(self, command):
        return wire.reply(self._version, FILE, self._prefix + command)


@pytest.mark.parametrize("version", ["2.4", "3.6", "4.0"])
def test_nodes_of_recorded_servers(version):
    nodes = _nodes.Nodes()
    nodes.take_in(_Recorded(version, ""), "a")
    (first, second) = nodes.records()
    assert tuple(first) == tuple(second) == _nodes.FIELDS
    assert (first["node_id"], first["server"], first["synced"], first["sharing_tags"]) == (
        1,
        "a",
        True,
        {"vip": "active"},
    )
    assert first["capabilities"]["dialog-dlg-repl"] == "ok" and first["url"] is first["link"] is None
    assert (second["server"], second["sharing_tags"], second["link"], second["links"]) == (
        None,
        None,
        "up",
        {"1": "up"},
    )
    assert (second["address"], second["enabled"]) == ("127.0.0.1", True)
    nodes.take_in(_Recorded(version, "node2_"), "b")
    (first, second) = nodes.records()
    assert (first["links"], second["sharing_tags"], second["server"]) == ({"2": "up"}, {"vip": "backup"}, "b")


def test_the_worst_link_counts():
    nodes = _nodes.Nodes()
    for seen_by, link in ((1, "up"), (3, "down"), (4, "probe")):
        row = {"link": link, "url": "bin:[::1]:5555", "description": None, "enabled": link != "down"}
        nodes._take_in_neighbour(nodes._node(1, 2), row, seen_by)
    (node,) = nodes.records()
    assert (node["link"], node["enabled"], node["address"]) == ("down", False, "::1")


class TestOptions:
    LESSER = Lesser(
        {"url": "http://127.0.0.1:1/mi", "timeout": "3"},
        {"url": "the environment variable OPENSIPS_MI_URL", "timeout": "the variable opensips_mi_timeout"},
    )

    def test_lesser_ones_count_as_far_as_they_fit(self):
        options = connection_of({"host": "192.0.2.1", "port": 1}, self.LESSER, "the lookup").options
        assert (options.transport, options.url, options.timeout) == ("datagram", None, 3.0)
        assert connection_of({}, self.LESSER, "the lookup").options.url == "http://127.0.0.1:1/mi"

    def test_contradictions_name_where_they_come_from(self):
        lesser = Lesser(
            {**self.LESSER.values, "host": "x"}, {**self.LESSER.origins, "host": "the configuration file a.cfg"}
        )
        with pytest.raises(BadParameters) as raised:
            connection_of({}, lesser, "the lookup")
        assert "url (from the environment variable OPENSIPS_MI_URL)" in str(raised.value)
        assert "host (from the configuration file a.cfg)" in str(raised.value) and "module" not in str(raised.value)

    @pytest.mark.parametrize("given", [{"sport": 1}, {"port": "x"}, {"transport": "pigeon"}], ids=str)
    def test_bad_ones(self, given):
        with pytest.raises(BadParameters) as raised:
            connection_of(given, Lesser({}, {}), "servers[0]")
        assert next(iter(given)) in raised.value.message and raised.value.hint

    def test_unknown_ones_inside_others(self):
        with pytest.raises(BadParameters) as raised:
            validated({"select": select_spec().spec["select"]}, {"select": {"agent": ["x"]}}, "the source file")
        assert "select.agent" in raised.value.message and "user_agent" in raised.value.hint

    def test_what_was_not_written_is_not_there(self):
        assert not any({"default", "fallback"} & set(option) for option in own_spec(connection_spec()).values())


def test_errors_of_a_cluster_keep_nothing():
    class Broken(_Recorded):
        def call(self, command):
            if command == "clusterer_list_cap":
                raise MIError("gone")
            return super().call(command)

    nodes = _nodes.Nodes()
    with pytest.raises(MIError):
        nodes.take_in(Broken("3.6", ""), "a")
    assert nodes.records() == []
