# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schema: what was generated is what was given, and every table can be told apart."""

import pytest

from ansible_collections.community.opensips.data import schema as source
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._table import schema
from ansible_collections.community.opensips.plugins.module_utils._table.errors import UnknownSchema
from ansible_collections.community.opensips.plugins.module_utils._table.tables import registry

JSON = source.by_release()

# the tables for which defaults are promised
NAMED = (
    "dispatcher load_balancer dr_gateways dr_carriers dr_rules dr_groups address domain dialplan subscriber registrant"
    " rtpengine rtpproxy_sockets tls_mgm userblacklist globalblacklist dbaliases grp"
).split()


def real_names(release, table):
    return [column["name"] for column in JSON[release][table]["columns"]]


def test_nothing_is_lost():
    assert schema.names() == sorted(source.load())
    for release, found in JSON.items():
        for table, given in found.items():
            (made,) = [each for each in schema.variants(table) if release in each.releases]
            assert made.version == given["table_version"]
            assert made.primary_key == (given["primary_key"] or [])
            assert (made.script, made.engine) == (given["script"], given["engine"])
            assert [index_of(table, index) for index in made.indexes] == given["indexes"]
            assert [column_of(column) for column in made.columns.values()] == given["columns"]


def index_of(table, index):
    found = {"name": index.name, "columns": index.columns, "unique": index.unique}
    if index.sqlite_name != "{0}_{1}".format(table, index.name):
        found["sqlite_name"] = index.sqlite_name
    return found


def column_of(column):
    size = "" if column.size is None else "({0})".format(column.size)
    if column.scale is not None:
        size = "({0},{1})".format(column.size, column.scale)
    found = {"name": column.name, "type": column.type + size, "null": column.null}
    found.update({"unsigned": True} if column.unsigned else {})
    found.update({"auto": True} if column.auto else {})
    if column.literal is not None:
        found["default"] = column.default
    if column.type == "char" and column.literal is not None and column.literal == column.default:
        found["bare"] = True
    return found


@pytest.mark.parametrize("release", sorted(JSON))
def test_the_version_leads_to_the_release(release):
    for table, given in JSON[release].items():
        chosen = schema.choose(table, given["table_version"], real_names(release, table))
        assert list(chosen.columns) == real_names(release, table)


def test_columns_decide_among_releases_with_one_version():
    assert "email_address" in schema.choose("subscriber", 8, real_names("3.4", "subscriber")).columns
    assert "email_address" not in schema.choose("subscriber", 8, real_names("3.6", "subscriber")).columns
    # names of PostgreSQL are folded, and users add columns
    added = [name.lower() for name in real_names("3.6", "registrant")] + ["note"]
    assert "binding_URI" in schema.choose("registrant", 3, added).columns


def test_an_unknown_version_is_told_with_the_known_ones():
    with pytest.raises(UnknownSchema) as caught:
        schema.choose("dispatcher", 5, ["id"])
    assert "dispatcher of the database has the version 5" in str(caught.value)
    for known in (
        "6 (OpenSIPS 1.11)",
        "7 (OpenSIPS 2.1 to 2.2)",
        "8 (OpenSIPS 2.3 to 3.3)",
        "9 (OpenSIPS 3.4 to 4.1)",
    ):
        assert known in str(caught.value)
    with pytest.raises(UnknownSchema) as caught:
        schema.choose("dispatcher", None, ["id"])
    assert "has no entry" in str(caught.value)


@pytest.mark.parametrize(
    "table, version, release",
    [
        ("registrant", 2, "3.0"),
        ("registrant", 2, "3.1"),
        ("cc_agents", 2, "3.1"),
        ("cc_agents", 2, "3.2"),
        ("cc_calls", 2, "3.1"),
        ("dialog", 11, "3.1"),
        ("dialog", 11, "3.3"),
        ("b2b_logic", 4, "3.2"),
        ("b2b_logic", 4, "3.3"),
        ("dispatcher", 7, "2.1"),
        ("dispatcher", 7, "2.2"),
        ("tls_mgm", 1, "2.2"),
        ("clusterer", 1, "2.2"),
        ("sip_trace", 4, "2.1"),
        ("dispatcher", 9, "4.1"),
    ],
)
def test_what_a_release_wants_is_known(table, version, release):
    """Versions that stand between those of the releases that operators meet most."""
    found = schema.choose(table, version, real_names(release, table))
    assert found.version == version and set(found.columns) == set(real_names(release, table))
    assert any(release in each.releases for each in schema.variants(table) if each.version == version)


@pytest.mark.parametrize(
    "table, nearest", [("dispacher", "dispatcher"), ("dr_gateway", "dr_gateways"), ("x" * 9, "acc, ")]
)
def test_an_unknown_table_is_told_with_the_nearest(table, nearest):
    with pytest.raises(BadParameters) as caught:
        schema.variants(table)
    assert repr(table) in caught.value.message
    assert nearest in caught.value.hint


@pytest.mark.parametrize("table", ["", "=acc", "acc\n=address", "a.c", None, 5])
def test_what_is_no_name_is_no_table(table):
    with pytest.raises(BadParameters):
        schema.variants(table)


@pytest.mark.parametrize("table", NAMED)
def test_rows_of_the_tables_in_use_are_told_apart_by_default(table):
    for variant in schema.variants(table):
        match, optional = registry.default_match(variant)
        assert match and set(match) <= set(variant.columns)
        assert all(variant.columns[name].default is not None for name in optional)
        assert not {name for name in match if variant.columns[name].auto}
        if variant.unique:
            assert match in variant.unique
        scope = registry.of(table).scope
        assert scope is None or scope in variant.columns


def test_the_key_of_a_registrant_is_that_of_its_version():
    old, new = (schema.choose("registrant", version, ["aor"]) for version in (1, 3))
    assert registry.default_match(old)[0] == ["aor"]
    assert registry.default_match(new)[0] == ["aor", "binding_URI", "registrar"]


def test_secrets_are_known():
    found = set()
    for each in JSON.values():
        for table, given in each.items():
            found |= {(table, column["name"]) for column in given["columns"] if column["name"] in registry.SECRETS}
    assert {table for table, _name in found} == {
        "subscriber",
        "registrant",
        "freeswitch",
        "smpp",
        "jwt_secrets",
        "tls_mgm",
    }
