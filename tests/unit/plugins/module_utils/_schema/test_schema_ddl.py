# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Columns and keys in the words of each database, and the words of each database as columns and keys."""

import sqlite3

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._schema import ddl, model
from ansible_collections.community.opensips.plugins.module_utils._schema.creating import make, plan, plan_of
from ansible_collections.community.opensips.plugins.module_utils._schema.differences import differences
from ansible_collections.community.opensips.plugins.module_utils._schema.errors import WrongTables
from ansible_collections.community.opensips.plugins.module_utils._schema.found import (
    DatabaseColumn,
    DatabaseTable,
    expected,
)

DIALECTS = ("sqlite", "postgresql", "mysql")


def variant(table, release):
    (found,) = [variant for variant in model.variants(table) if release in variant.releases]
    return found


@pytest.mark.parametrize(
    ("token", "sqlite", "postgresql", "mysql"),
    [
        ("a:char(64)=", "a CHAR(64) DEFAULT '' NOT NULL", "a VARCHAR(64) DEFAULT '' NOT NULL", None),
        ("a:char(64)?", "a CHAR(64) DEFAULT NULL", "a VARCHAR(64) DEFAULT NULL", None),
        ("a:char(64)??", "a CHAR(64)", "a VARCHAR(64)", None),
        ("a:char(64)==1", "a CHAR(64) DEFAULT 1 NOT NULL", "a VARCHAR(64) DEFAULT 1 NOT NULL", None),
        ("a:int(10)U=0", "a INTEGER DEFAULT 0 NOT NULL", "a INTEGER DEFAULT 0 NOT NULL", "a INT(10) UNSIGNED DEFAULT 0 NOT NULL"),
        ("a:tinyint(2)=0", "a TINYINT(2) DEFAULT 0 NOT NULL", "a SMALLINT DEFAULT 0 NOT NULL", None),
        ("a:text(512)?", "a TEXT(512) DEFAULT NULL", "a TEXT DEFAULT NULL", None),
        ("a:mediumblob?", "a BLOB DEFAULT NULL", "a BYTEA DEFAULT NULL", "a MEDIUMBLOB DEFAULT NULL"),
        ("a:float(10,2)=1.0", "a FLOAT(10,2) DEFAULT 1.0 NOT NULL", "a REAL DEFAULT 1.0 NOT NULL", None),
        (
            "a:datetime=1900-01-01~00:00:01",
            "a DATETIME DEFAULT '1900-01-01 00:00:01' NOT NULL",
            "a TIMESTAMP WITHOUT TIME ZONE DEFAULT '1900-01-01 00:00:01' NOT NULL",
            None,
        ),
    ],
)  # fmt: skip
def test_a_column_is_what_the_scripts_of_each_database_have(token, sqlite, postgresql, mysql):
    texts = [ddl.column_ddl(dialect, model.Column(token)) for dialect in DIALECTS]
    assert texts == [sqlite, postgresql, mysql or sqlite]


@pytest.mark.parametrize(
    ("token", "texts"),
    [
        (
            "id:int(10)U+",
            [
                "id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL",
                "id SERIAL PRIMARY KEY NOT NULL",
                "id INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL",
            ],
        ),
        (
            "id:bigint(10)U+",
            [
                "id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL",
                "id BIGSERIAL PRIMARY KEY NOT NULL",
                "id BIGINT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL",
            ],
        ),
    ],
)
def test_a_number_that_the_database_counts(token, texts):
    assert [ddl.column_ddl(dialect, model.Column(token), primary=True) for dialect in DIALECTS] == texts


def test_the_statements_of_a_table():
    table = variant("subscriber", "3.6")
    sqlite, postgresql, mysql = (ddl.ddl(dialect, table) for dialect in DIALECTS)
    version = "INSERT INTO version (table_name, table_version) VALUES ('subscriber', 8)"
    assert sqlite[0] == postgresql[0] == mysql[0] == version
    assert "CONSTRAINT subscriber_account_idx UNIQUE (username, domain)\n)" in sqlite[1]
    assert sqlite[2:] == ["CREATE INDEX subscriber_username_idx ON subscriber (username)"]
    assert postgresql[2:] == ["ALTER SEQUENCE subscriber_id_seq MAXVALUE 2147483647 CYCLE"] + sqlite[2:]
    assert len(mysql) == 2 and mysql[1].endswith(
        "    CONSTRAINT account_idx UNIQUE (username, domain),\n    KEY username_idx (username)\n) ENGINE=InnoDB"
    )


# reserved since MySQL 8.0 or later (its manual, "Keywords and Reserved Words", 8.0 to 9.6)
RESERVED = set(
    "cube cume_dist dense_rank empty except first_value function generated grouping groups intersect json_table lag last_value"
    " lateral lead library manual nth_value ntile of optimizer_costs over parallel percent_rank qualify rank recursive row rows"
    " row_number stored system tablesample virtual window".split()
)


def test_no_name_is_reserved_in_mysql_8():
    for name in model.names():
        for table in model.variants(name):
            used = {table.name.lower()} | {column.lower() for column in table.columns}
            used |= {index.name.lower() for index in table.indexes}
            assert not used & RESERVED, table.name


def test_shapes_are_told_by_their_differences():
    older, newer = variant("dispatcher", "2.4"), variant("dispatcher", "3.6")
    assert set(newer.columns) - set(older.columns) == {"probe_mode"}
    assert [older.columns["id"].size, newer.columns["id"].size] == [10, 10]
    assert variant("acc", "1.11").engine == "MyISAM" and variant("acc", "2.1").engine == "InnoDB"
    # SQLite has the names of Oracle in some places
    [index] = variant("globalblacklist", "3.6").indexes
    assert [ddl.index_name(dialect, variant("globalblacklist", "3.6"), index) for dialect in DIALECTS] == [
        "ORA_globalblacklist_idx",
        "globalblacklist_globalblacklist_idx",
        "globalblacklist_idx",
    ]


@pytest.mark.parametrize("name", ["locations", "", "version; DROP TABLE version", None])
def test_no_other_table_is_known(name):
    with pytest.raises(BadParameters):
        model.variants(name)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_table_of_every_release_is_what_it_is_expected_to_be(dialect):
    for name in model.names():
        for table in model.variants(name):
            assert differences(dialect, table, expected(dialect, table)) == []


class TestDifferences:
    @pytest.fixture
    def table(self):
        return variant("dispatcher", "3.6")

    @pytest.fixture
    def found(self, table):
        return expected("mysql", table)

    def only(self, table, found):
        [difference] = differences("mysql", table, found)
        return difference

    def test_a_column_that_is_missing(self, table, found):
        del found.columns["weight"]
        difference = self.only(table, found)
        assert (difference.name, difference.before) == ("weight", None)
        assert difference.problem == "it has no column weight"

    @pytest.mark.parametrize(
        ("kind", "null", "default", "is_harmful"),
        [
            ("char(64)", False, None, True),
            ("char(64)", True, None, False),
            ("char(64)", False, "2", False),
            ("varchar(200)", False, "1", False),
            ("int unsigned", False, "1", True),
            ("blob", False, "1", True),
        ],
    )
    def test_a_column_that_is_another(self, table, found, kind, null, default, is_harmful):
        found.add(DatabaseColumn("weight", kind, null, default, False))
        difference = self.only(table, found)
        assert difference.described()["harmful"] is is_harmful
        assert difference.before["type"] == kind and difference.after["type"] == "char(64)"

    @pytest.mark.parametrize(
        ("null", "default", "auto", "is_harmful"),
        [
            (True, None, False, False),
            (False, "x", False, False),
            (False, None, True, False),
            (False, None, False, True),
        ],
    )
    def test_a_column_that_is_foreign(self, table, found, null, default, auto, is_harmful):
        found.add(DatabaseColumn("note", "char(8)", null, default, auto))
        difference = self.only(table, found)
        assert difference.after is None and (difference.problem is not None) is is_harmful

    def test_names_of_indexes_do_not_matter_and_their_columns_do(self, table):
        table = variant("subscriber", "3.6")
        found = expected("postgresql", table)
        found.indexes[0].name = "other"
        assert differences("postgresql", table, found) == []
        found.indexes[0].columns = ["Domain", "username"]
        kinds = [
            (difference.kind, difference.before is None, difference.problem)
            for difference in differences("postgresql", table, found)
        ]
        assert kinds == [("index", True, None), ("index", False, None)]

    def test_a_primary_key(self, table, found):
        found.primary_key = ["setid"]
        assert self.only(table, found).kind == "primary_key"


def test_what_a_plan_does_with_a_table():
    table = variant("location", "3.6")
    found = expected("sqlite", table)
    missing, there = plan("sqlite", {}, [table]).changes + plan("sqlite", {"location": found}, [table]).changes
    assert [missing.outcome(stage) for stage in (None, "planned", "not_created")] == [
        "created",
        "planned",
        "not_created",
    ]
    assert there.outcome("planned") == "unchanged" and there.problem() is None
    found.version = 1012
    assert "the version 1012" in plan("sqlite", {"location": found}, [table]).problems()[0]
    # a table that was dropped, and its version was not
    assert plan("sqlite", {}, [table], {"location": 1006}).statements()[0].startswith("DELETE FROM version")
    found = DatabaseTable("location", 1013)
    assert "it has no column username" in plan("sqlite", {"location": found}, [table]).problems()[0]


class Careless:
    """A database of SQLite that makes other tables than it is asked for. change: function of a statement that gives another one."""

    engine = "sqlite"

    def __init__(self, change):
        self._made = sqlite3.connect(":memory:", isolation_level=None)
        self._change = change

    def rows(self, statement):
        return self._made.execute(statement).fetchall()

    def execute(self, statement):
        self._made.execute(self._change(statement))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("priority INTEGER", "rank INTEGER"), "has no column priority"),
        (lambda text: "SELECT 1" if "TABLE dispatcher" in text else text, "dispatcher is missing"),
        (lambda text: text.replace("'dispatcher', 9", "'dispatcher', 8"), "the version 8"),
    ],
)
def test_tables_that_the_database_made_wrong_are_an_error(change, words):
    connection = Careless(change)
    tables = [variant("version", "3.6"), variant("dispatcher", "3.6")]
    with pytest.raises(WrongTables) as caught:
        make(connection, plan_of(connection, tables))
    assert words in caught.value.message
