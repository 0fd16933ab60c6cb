# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Upgrades of tables: nothing is lost, on the way from any version to any newer one."""

import sqlite3

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._schema import ddl, found, model, upgrade, upgrading
from ansible_collections.community.opensips.plugins.module_utils._schema.errors import (
    CannotUpgrade,
    Downgrade,
    ForeignColumns,
    NotTheSame,
)

DIALECTS = ("sqlite", "postgresql", "mysql")
REFUSE, KEEP, DROP = (upgrading.Choice(what, []) for what in upgrade.EXTRA_COLUMNS)


class Connection:
    """A database of SQLite as the upgrade wants it. statements: those that were executed."""

    engine = "sqlite"

    def __init__(self, path=":memory:"):
        self._made = sqlite3.connect(path, isolation_level=None)
        self.statements = []

    def rows(self, statement):
        return self._made.execute(statement).fetchall()

    def stream(self, statement):
        return iter(self.rows(statement))

    def execute(self, statement):
        self.statements.append(statement)
        self._made.execute(statement)

    def insert(self, table, **values):
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        self._made.execute("INSERT INTO {0} ({1}) VALUES ({2})".format(table, names, marks), tuple(values.values()))

    def close(self):
        self._made.close()


def shape(table, release):
    (chosen,) = [variant for variant in model.variants(table) if release in variant.releases]
    return chosen


def database(release, *tables):
    made = Connection()
    for table in ("version",) + tables:
        for statement in ddl.ddl("sqlite", shape(table, release)):
            made.execute(statement)
    made.statements = []
    return made


def run(connection, release, *tables, **more):
    """Upgrade the tables: {table: (number of rows before, afterwards)}."""
    choice = more.get("choice", REFUSE)
    upgrading.check(choice, {name: shape(name, release) for name in tables})
    there = found.read_back(connection, tables)
    made = [upgrading.plan_one(connection, there[name], shape(name, release), choice) for name in tables]
    upgrades = [one for one in made if one is not None]
    connection.execute("BEGIN IMMEDIATE")
    try:
        upgrading.apply(connection, upgrades)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return {one.table: (one.rows_before, one.rows_after) for one in upgrades}


def contents(connection):
    """All that a database holds."""
    tables = connection.rows("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    names = [name for name, sql in tables if sql.startswith("CREATE TABLE")]
    return tables, {name: connection.rows("SELECT * FROM " + name) for name in names}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_table_of_every_version_becomes_that_of_every_newer_one(dialect):
    count = 0
    for table in model.names():
        variants = model.variants(table)
        for place, before in enumerate(variants):
            for after in variants[place + 1 :]:
                made = upgrade.plan(dialect, found.expected(dialect, before), after, "drop")
                if made is not None and made.rows:
                    count += 1
                    for rows in made.rows:
                        assert len(rows.expressions) == len(made.columns)
                        assert "\0" not in made.select(table)
    assert count > 100


@pytest.mark.parametrize("release", ["3.2", "3.4", "3.6", "4.1"])
def test_the_new_table_is_as_the_scripts_make_it(release):
    both = {"2.4", release}
    tables = [name for name in model.names() if both <= {one for made in model.variants(name) for one in made.releases}]
    tables.remove("version")
    connection, fresh = database("2.4", *tables), database(release, *tables)
    moved = run(connection, release, *tables)
    assert {"subscriber", "tls_mgm", "dr_carriers"} <= set(moved)
    made = dict(contents(connection)[0])
    for name, statement in contents(fresh)[0]:
        assert made[name] == statement
    assert set(connection.rows("SELECT * FROM version")) == set(fresh.rows("SELECT * FROM version"))
    assert run(connection, release, *tables) == {}


def test_values_of_a_carrier_move_to_where_the_newer_version_reads_them():
    connection = database("2.4", "dr_carriers")
    for flags in range(8):
        connection.insert("dr_carriers", carrierid="c{0}".format(flags), gwlist="g", flags=flags)
    assert run(connection, "3.6", "dr_carriers") == {"dr_carriers": (8, 8)}
    assert connection.rows("SELECT flags, sort_alg FROM dr_carriers ORDER BY id") == [
        (0, "N"), (0, "W"), (1, "N"), (1, "W"), (2, "N"), (2, "W"), (3, "N"), (3, "W"),
    ]  # fmt: skip


def test_a_default_domain_of_both_directions_becomes_two():
    connection = database("2.4", "tls_mgm")
    rows = [("default", None, 0), ("named", None, 1), ("there", "10.0.0.1:5061", 1), ("here", "10.0.0.2:5061", 2)]
    for name, address, direction in rows:
        connection.insert("tls_mgm", domain=name, address=address, type=direction, certificate=b"\0pem")
    assert run(connection, "3.0", "tls_mgm") == {"tls_mgm": (4, 5)}
    query = "SELECT id, domain, match_ip_address, match_sip_domain, type, certificate FROM tls_mgm ORDER BY id"
    assert connection.rows(query) == [
        (1, "default", "*", "*", 1, b"\0pem"),
        (2, "named", "*", "named", 1, b"\0pem"),
        (3, "there", "10.0.0.1:5061", "*", 1, b"\0pem"),
        (4, "here", "10.0.0.2:5061", "*", 2, b"\0pem"),
        (5, "default", "*", "*", 2, b"\0pem"),
    ]


@pytest.mark.parametrize("as_bytes", [False, True])
def test_variables_of_a_dialog_get_their_type(as_bytes):
    connection = database("2.4", "dialog")
    columns = shape("dialog", "2.4").columns.values()
    values = {
        column.name: 1 for column in columns if not column.null and column.default is None and column.name != "dlg_id"
    }
    pairs = "tenant#t1|path#a\\|b\\#c\\\\|last\\\\#x|"
    connection.insert(
        "dialog", dlg_id=1, script_flags=1 << 5 | 1 << 11 | 1 << 31, vars=pairs.encode() if as_bytes else pairs,
        profiles="caller/s#alice|inbound#|", **values
    )  # fmt: skip
    connection.insert("dialog", dlg_id=2, **values)
    run(connection, "3.4", "dialog")
    typed = "tenant#1#t1|path#1#a\\|b\\#c\\\\|last\\\\#1#x|"
    assert connection.rows("SELECT dlg_id, script_flags, vars, profiles FROM dialog ORDER BY dlg_id") == [
        (1, "5 11 31", typed.encode() if as_bytes else typed, "caller/s#1#alice|inbound#1#|"),
        (2, None, None, None),
    ]


def test_addresses_of_a_trace_are_taken_apart():
    connection = database("1.11", "sip_trace")
    connection.insert(
        "sip_trace", msg="OPTIONS", fromip="udp:10.0.0.1:5060", toip="tls:[2001:db8::1]:5061", traced_user="sip:a@b"
    )
    run(connection, "3.6", "sip_trace")
    query = "SELECT from_proto, from_ip, from_port, to_proto, to_ip, to_port, trace_attrs FROM sip_trace"
    assert connection.rows(query) == [("udp", "10.0.0.1", 5060, "tls", "[2001:db8::1]", 5061, "sip:a@b")]


def test_a_number_becomes_text_and_a_time_seconds():
    connection = database("2.1", "dispatcher", "location")
    connection.insert("dispatcher", setid=1, destination="sip:a", weight=7)
    connection.insert("location", id=9, username="a", expires="2030-01-02 03:04:05")
    run(connection, "4.0", "dispatcher", "location")
    assert connection.rows("SELECT weight, typeof(weight), probe_mode FROM dispatcher") == [("7", "text", 0)]
    ((contact, expires),) = connection.rows("SELECT contact_id, expires FROM location")
    assert contact == 9
    assert connection.rows("SELECT datetime({0}, 'unixepoch', 'localtime')".format(expires)) == [
        ("2030-01-02 03:04:05",)
    ]


def subscribers(**more):
    connection = database("2.4", "subscriber")
    for number in range(3):
        connection.insert("subscriber", username="u{0}".format(number), ha1="h", **more)
    return connection


def test_a_column_without_a_place_goes_only_if_it_is_empty():
    assert run(subscribers(), "3.6", "subscriber") == {"subscriber": (3, 3)}
    connection = subscribers(ha1b="secret", email_address="a@b")
    before = contents(connection)
    with pytest.raises(ForeignColumns) as caught:
        run(connection, "3.6", "subscriber")
    assert "subscriber.ha1b" in caught.value.hint
    assert "subscriber.email_address" in caught.value.hint
    assert "rpid" not in str(caught.value)
    assert contents(connection) == before


def test_columns_that_are_listed_go():
    connection = subscribers(ha1b="x")
    run(connection, "3.6", "subscriber", choice=upgrading.Choice("refuse", ["Subscriber.HA1B"]))
    assert "ha1b" not in found.read_back(connection, ["subscriber"])["subscriber"].columns


def test_columns_of_others_are_found_before_anything_is_changed():
    connection = subscribers()
    connection.execute("ALTER TABLE subscriber ADD COLUMN department CHAR(20) DEFAULT 'it''s' NOT NULL")
    before = contents(connection)
    with pytest.raises(ForeignColumns) as caught:
        run(connection, "3.6", "subscriber")
    assert "subscriber.department" in caught.value.hint
    assert contents(connection) == before


def test_columns_of_others_stay_if_told_so():
    connection = subscribers(ha1b="b")
    connection.execute("ALTER TABLE subscriber ADD COLUMN \"Cost centre\" CHAR(20) DEFAULT 'it''s' NOT NULL")
    connection.execute('CREATE INDEX mine ON subscriber ("Cost centre", domain)')
    run(connection, "3.6", "subscriber", choice=KEEP)
    assert connection.rows('SELECT username, ha1b, "Cost centre" FROM subscriber')[1] == ("u1", "b", "it's")
    there = found.read_back(connection, ["subscriber"])["subscriber"]
    assert list(there.columns)[-4:] == ["email_address", "ha1b", "rpid", "cost centre"]
    assert ["Cost centre", "domain"] in [index.columns for index in there.indexes]
    connection.insert("subscriber", username="new")


@pytest.mark.parametrize("names", [["ha1b"], ["subscriber."], [".ha1b"], ["Subscriber.HA1"]])
def test_a_column_has_the_name_of_its_table_and_is_not_needed(names):
    with pytest.raises(BadParameters) as caught:
        run(subscribers(), "3.6", "subscriber", choice=upgrading.Choice("refuse", names))
    assert caught.value.message.startswith("drop_columns[0]: ")


def test_no_table_goes_back():
    connection = database("3.6", "subscriber")
    with pytest.raises(Downgrade) as caught:
        run(connection, "2.4", "subscriber")
    assert "8" in caught.value.message


def test_messages_name_all_releases_of_a_version():
    connection = database("3.6", "location")
    with pytest.raises(Downgrade, match="version 1013 of OpenSIPS 3.1 to 4.1, and OpenSIPS 2.2 to 2.3 has 1011"):
        run(connection, "2.3", "location")
    assert model.releases_text(["1.11", "2.2", "2.3", "2.4", "4.0"]) == "OpenSIPS 1.11, 2.2 to 2.4, 4.0"


def test_a_version_that_nobody_knows():
    connection = database("3.6", "subscriber")
    connection.execute("UPDATE version SET table_version = 99 WHERE table_name = 'subscriber'")
    with pytest.raises(CannotUpgrade) as caught:
        run(connection, "4.0", "subscriber")
    assert "99" in caught.value.message
    assert "7 (OpenSIPS 1.11 to 3.1)" in caught.value.hint


def test_a_table_without_a_column_that_is_required():
    connection = database("2.4", "dispatcher", "address")
    connection.execute("DROP TABLE address")
    connection.execute(
        "CREATE TABLE address (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, mask TINYINT DEFAULT 32 NOT NULL)"
    )
    with pytest.raises(CannotUpgrade) as caught:
        run(connection, "3.6", "address")
    assert "has no column ip" in caught.value.message


def test_null_where_the_new_version_has_none():
    connection = database("2.4", "dispatcher")
    connection.execute("DROP TABLE dispatcher")
    columns = [ddl.column_ddl("sqlite", column, column.auto) for column in shape("dispatcher", "2.4").columns.values()]
    connection.execute(
        "CREATE TABLE dispatcher ({0})".format(
            ", ".join(columns).replace("destination CHAR(192) DEFAULT '' NOT NULL", "destination CHAR(192)")
        )
    )
    connection.insert("dispatcher", id=1, setid=1, destination=None)
    with pytest.raises(CannotUpgrade) as caught:
        run(connection, "3.6", "dispatcher")
    assert "dispatcher.destination" in caught.value.message


def test_certificates_that_were_names_of_files():
    connection = database("2.2", "tls_mgm")
    run(connection, "3.6", "tls_mgm")
    connection = database("2.2", "tls_mgm")
    connection.insert("tls_mgm", id="a", address="10.0.0.1:5061", type=1, certificate="/etc/cert.pem")
    with pytest.raises(CannotUpgrade):
        run(connection, "3.6", "tls_mgm")


def test_a_trigger_would_be_lost():
    connection = subscribers()
    connection.execute("CREATE TRIGGER mine AFTER INSERT ON subscriber BEGIN DELETE FROM version; END")
    with pytest.raises(CannotUpgrade) as caught:
        run(connection, "3.6", "subscriber")
    assert "trigger mine" in caught.value.message


def test_views_indexes_and_numbers_go_on():
    connection = subscribers()
    connection.execute("CREATE VIEW users AS SELECT username FROM subscriber")
    connection.execute("CREATE INDEX mine ON subscriber (ha1)")
    connection.execute("DELETE FROM subscriber WHERE id = 3")
    run(connection, "3.6", "subscriber")
    connection.insert("subscriber", username="new")
    assert connection.rows("SELECT id FROM subscriber ORDER BY id") == [(1,), (2,), (4,)]
    assert connection.rows("SELECT username FROM users ORDER BY username") == [("new",), ("u0",), ("u1",)]
    assert "CREATE INDEX mine ON subscriber (ha1)" in dict(contents(connection)[0]).values()


def test_rows_that_arrive_otherwise_are_found():
    class Forgetful(Connection):
        def stream(self, statement):
            rows = self.rows(statement)
            return iter(rows if "__opensips_old" in statement else rows[1:] + rows[:1] * self.twice)

    for twice in (0, 1):
        connection = subscribers()
        connection.__class__ = Forgetful
        connection.twice = twice
        before = contents(connection)
        connection.insert("subscriber", username="u9")
        before = contents(connection)
        if twice:
            # the order is nothing that matters
            run(connection, "3.6", "subscriber")
            continue
        with pytest.raises(NotTheSame) as caught:
            run(connection, "3.6", "subscriber")
        assert "3 of 4 rows" in caught.value.message
        assert contents(connection) == before


class Ended(Exception):
    pass


class Mortal(Connection):
    """One that ends before its nth statement, as a process that is killed."""

    left = 0

    def execute(self, statement):
        if not self.left:
            self.close()
            raise Ended
        self.left -= 1
        Connection.execute(self, statement)


def test_whenever_it_ends_nothing_is_lost(tmp_path):
    path = str(tmp_path / "database")
    connection = Connection(path)
    for table in ("version", "subscriber", "dr_carriers"):
        for statement in ddl.ddl("sqlite", shape(table, "2.4")):
            connection.execute(statement)
    for number in range(20):
        connection.insert("subscriber", username="u{0}".format(number), ha1=str(number))
        connection.insert("dr_carriers", carrierid=str(number), gwlist="g", flags=number % 4)
    before = contents(connection)
    connection.close()
    number = 0
    while True:
        mortal = Mortal(path)
        mortal.left = number
        try:
            moved = run(mortal, "3.6", "subscriber", "dr_carriers")
        except (Ended, sqlite3.ProgrammingError):
            survivor = Connection(path)
            assert contents(survivor) == before
            survivor.close()
            number += 1
            continue
        break
    # each of them was tried
    assert number == len(mortal.statements) > 15
    assert moved == {"subscriber": (20, 20), "dr_carriers": (20, 20)}
    assert mortal.rows("SELECT count(*), min(ha1), max(ha1) FROM subscriber") == [(20, "0", "9")]


def test_a_plan_shows_its_statements():
    connection = subscribers()
    there = found.read_back(connection, ["subscriber"])
    made = upgrading.plan_one(connection, there["subscriber"], shape("subscriber", "3.6"), REFUSE)
    text = "\n".join(upgrading.statements(made))
    assert text.splitlines()[0] == "ALTER TABLE subscriber RENAME TO subscriber__opensips_old"
    assert "CREATE TABLE subscriber (" in text
    assert "UPDATE version SET table_version = 8 WHERE table_name = 'subscriber'" in text
    assert connection.statements == []
