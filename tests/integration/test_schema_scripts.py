# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of opensips_schema and those of OpenSIPS' own scripts, where they are at hand: no difference."""

from __future__ import annotations

import collections
import re

import pytest

from ansible_collections.community.opensips.data import schema as data
from ansible_collections.community.opensips.data import tables_source
from ansible_collections.community.opensips.plugins.module_utils._schema import choice, ddl, model
from ansible_collections.community.opensips.tests.integration.support import databases, scripts
from ansible_collections.community.opensips.tests.integration.support.opensips import find_binary, release_of

needs_clone = pytest.mark.skipif(bool(scripts.why_not()), reason=str(scripts.why_not()))

_VERSION = re.compile(
    r"INSERT INTO version \(table_name, table_version\) values \('(\w+)', ?'?([0-9]+)'?\)", re.IGNORECASE
)
# what a database says of its tables, as it says it
_CATALOGUE = {
    "sqlite": ["SELECT type, name, tbl_name FROM sqlite_master ORDER BY name"],
    "postgresql": [
        "SELECT table_name, column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length"
        " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 3",
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
        "SELECT sequencename, data_type, start_value, max_value, increment_by, cycle FROM pg_sequences ORDER BY 1",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype IN ('p', 'u') ORDER BY 1, 2",
    ],
    "mysql": [
        "SELECT table_name, column_name, ordinal_position, column_default, is_nullable, column_type, column_key, extra"
        " FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY 1, 3",
        "SELECT table_name, index_name, non_unique, seq_in_index, column_name, sub_part, index_type"
        " FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1, 2, 4",
        "SELECT table_name, engine, table_collation FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
    ],
}


def normal(statement):
    """A statement whose blanks and quotes around numbers do not count."""
    text = " ".join(statement.split())
    version = _VERSION.match(text)
    return version.groups() if version else text


def ours(engine, release):
    """The statements of all tables; the keys of MySQL as statements of their own, as the scripts have them."""
    for table in choice.known_tables(release).values():
        keys = [index for index in table.indexes if not index.unique] if engine == "mysql" else []
        for statement in ddl.ddl(engine, table):
            for index in keys:
                statement = statement.replace(f",\n    KEY {index.name} ({', '.join(index.columns)})", "")
            yield statement
        yield from (ddl.create_index(engine, table, index) for index in keys)


@needs_clone
@pytest.mark.parametrize("engine", sorted(scripts.FOLDERS))
@pytest.mark.parametrize("release", model.RELEASES)
def test_the_statements_are_those_of_the_scripts(engine, release):
    theirs = collections.Counter(map(normal, scripts.statements_of(engine, release)))
    if not theirs:
        assert engine == "sqlite" and release in ("1.11", "2.1")
        return
    assert theirs == collections.Counter(map(normal, ours(engine, release)))


@pytest.mark.parametrize("engine", sorted(scripts.FOLDERS))
def test_the_statements_are_those_of_the_packages(engine):
    theirs = collections.Counter(map(normal, scripts.packaged_statements(engine)))
    if not theirs or not find_binary():
        pytest.skip(f"no packages of OpenSIPS with scripts for {engine}")
    release = ".".join(map(str, release_of(find_binary())[:2]))
    mine = collections.Counter(map(normal, ours(engine, release)))
    # a package may leave out modules
    assert not theirs - mine


@needs_clone
def test_the_data_is_that_of_the_clone():
    clone = scripts.os.environ["OPENSIPS_SOURCES"]
    assert data.load() == tables_source.merged(tables_source.read(clone))


@needs_clone
@pytest.mark.parametrize("release", ["2.4", "3.6", "4.0"])
def test_a_database_made_by_the_scripts_is_the_same(database_server, release):
    engine = database_server.engine
    theirs, mine = database_server.database(), database_server.database()
    theirs.execute(*scripts.statements_of(engine, release))
    known = choice.known_tables(release)
    mine.execute(
        *(statement for table in choice.tables_of(release, tables=known) for statement in ddl.ddl(engine, table))
    )
    assert [described(theirs, query) for query in queries(engine, known)] == [
        described(mine, query) for query in queries(engine, known)
    ]
    assert sorted(theirs.rows("version")) == sorted(mine.rows("version")) != []
    theirs.drop()
    mine.drop()


def queries(engine, names):
    yield from _CATALOGUE[engine]
    if engine == "sqlite":
        for name in sorted(names):
            yield from (f"PRAGMA {what}({name})" for what in ("table_info", "index_list", "foreign_key_list"))


def described(database, query):
    if query.startswith("PRAGMA index_list"):
        # a number is that of its place, which the order of the statements decides
        return sorted(row[1:] for row in database.rows(query))
    return database.rows(query)


def test_databases_are_those_that_there_are_scripts_for():
    assert set(databases.SERVERS) == set(scripts.FOLDERS)
