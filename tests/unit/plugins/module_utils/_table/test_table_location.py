# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registered contacts out of location tables of SQLite."""

import datetime
import fnmatch
import sqlite3
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

pytest.importorskip("sqlalchemy")

from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import Selection  # noqa: E402
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters  # noqa: E402
from ansible_collections.community.opensips.plugins.module_utils._readers import location as reader  # noqa: E402
from ansible_collections.community.opensips.plugins.module_utils._table import location, preselection  # noqa: E402
from ansible_collections.community.opensips.plugins.module_utils._table.errors import (  # noqa: E402
    BadRow,
    DatabaseUnreachable,
    TableError,
    UnknownSchema,
)
from ansible_collections.community.opensips.plugins.module_utils._table.location import LocationDatabase  # noqa: E402
from ansible_collections.community.opensips.tests.unit import wire  # noqa: E402
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._table.conftest import (  # noqa: E402
    variant_of,
)

RELEASES = ("1.11", "2.3", "2.4", "3.6", "4.0")
OLD = ("1.11", "2.3")
ROW = {"username": "alice", "contact": "sip:alice@192.0.2.1:5060", "callid": "c@1", "cseq": 7, "q": -1, "flags": 0}


def moment(seconds, release="3.6"):
    """What OpenSIPS writes for that many seconds from now."""
    if release in OLD:
        return datetime.datetime.fromtimestamp(int(time.time()) + seconds).isoformat(" ")
    return int(time.time()) + seconds


class Table:
    """A location table in a file. params: the option location_db."""

    def __init__(self, path, release="3.6", name="location", without=(), version=None, key=True):
        self.release = release
        self.name = name
        self.variant = variant_of("location", release)
        self.raw = sqlite3.connect(str(path), isolation_level=None, timeout=0)
        columns = [each for each in self.variant.columns.values() if each.name not in without]
        lines = [self._line(column, key) for column in columns]
        self.raw.execute("CREATE TABLE {0} ({1})".format(name, ", ".join(lines)))
        self.raw.execute("CREATE TABLE version (table_name CHAR(32), table_version INTEGER)")
        self.raw.execute(
            "INSERT INTO version VALUES (?, ?)", (name, self.variant.version if version is None else version)
        )
        login = "db_url login_host login_port login_unix_socket login_user login_password".split()
        self.params = dict(dict.fromkeys(login), db_engine="sqlite", login_db=str(path), db_timeout=1.0, db_table=None)

    @staticmethod
    def _line(column, key):
        if column.auto:
            return column.name + (" INTEGER PRIMARY KEY" if key else " INTEGER")
        sizes = {
            "char": "CHAR({0})".format(column.size),
            "text": "TEXT",
            "datetime": "DATETIME",
            "float": "FLOAT(10,2)",
        }
        return "{0} {1}".format(column.name, sizes.get(column.type, "INTEGER"))

    def add(self, **values):
        row = dict(ROW, expires=moment(100, self.release), user_agent="Yealink", **{})
        row.update(values)
        names = ", ".join(row)
        self.raw.execute(
            "INSERT INTO {0} ({1}) VALUES ({2})".format(self.name, names, ", ".join("?" * len(row))), list(row.values())
        )
        return self

    def contacts(self, select=None, **params):
        with LocationDatabase(dict(self.params, **params)) as source:
            return list(source.contacts(select))

    def by_aor(self, *aors):
        with LocationDatabase(self.params) as source:
            return source.by_aor(aors)


@pytest.fixture
def table(tmp_path):
    """table("2.4"): a Table."""
    made = []

    def make(release="3.6", **options):
        made.append(Table(tmp_path / "{0}.sqlite".format(len(made)), release, **options))
        return made[-1]

    yield make
    for each in made:
        each.raw.close()


def one(contacts):
    (contact,) = contacts
    return contact


@pytest.mark.parametrize("release", RELEASES)
def test_a_row_of_every_version_becomes_the_record_of_ul_dump(table, release):
    here = table(release).add(
        username="1001",
        domain="example.com",
        q=0.57,
        flags=128,
        cflags="NAT ODD",
        received="sip:203.0.113.1:4242",
        path="<sip:edge;lr>",
        socket="udp:192.0.2.9:5060",
        methods=17,
        sip_instance="<urn:uuid:1>",
        attr="x=y",
        **({"id": 5} if release == "1.11" else {"contact_id": 2839871408777986214}),
    )
    record = one(here.contacts())
    assert list(record) == list(reader.parse(wire.reply("3.6", "fifo", "odd_ul_dump"), "location")[0])
    assert 98 <= record.pop("expires") <= 100
    assert record == {
        "table": "location",
        "aor": "1001@example.com",
        "user": "1001",
        "domain": "example.com",
        "contact": "sip:alice@192.0.2.1:5060",
        "contact_id": None if release == "1.11" else "2839871408777986214",
        "permanent": False,
        "q": 0.57,
        "call_id": "c@1",
        "cseq": 7,
        "user_agent": "Yealink",
        "received": "sip:203.0.113.1:4242",
        "path": "<sip:edge;lr>",
        "state": None,
        "flags": 128,
        "cflags": ["NAT", "ODD"],
        "socket": "udp:192.0.2.9:5060",
        "methods": ["INVITE", "INFO"],
        "attr": "x=y",
        "sip_instance": "<urn:uuid:1>",
    }


@pytest.mark.parametrize("nothing", ["", None])
def test_what_a_phone_did_not_give(table, nothing):
    columns = "domain received path cflags user_agent socket sip_instance attr".split()
    record = one(table().add(methods=None, **dict.fromkeys(columns, nothing)).contacts())
    assert record["aor"] == record["user"] == "alice" and record["domain"] is None
    assert record["cflags"] == [] and record["q"] is None and record["methods"] is None
    for name in ("received", "path", "user_agent", "socket", "sip_instance", "attr"):
        assert record[name] is None, name


@pytest.mark.parametrize("raw, q", [(-1, None), (0, 0.0), (0.123, 0.123), (0.29999999, 0.3), (1, 1.0), (1.5, 1.0)])
def test_q(table, raw, q):
    assert one(table().add(q=raw).contacts())["q"] == q


def test_masks_are_unsigned(table):
    record = one(table().add(flags=-2, methods=-16384).contacts())
    assert record["flags"] == 0xFFFFFFFE and record["methods"] == ["OTHER"]
    # all bits: the phone did not say
    assert one(table().add(methods=-1).contacts())["methods"] is None


@pytest.mark.parametrize("release", RELEASES)
def test_expires(table, release):
    here = table(release)
    zero = datetime.datetime.fromtimestamp(0).isoformat(" ") if release in OLD else 0
    deleted = datetime.datetime.fromtimestamp(10).isoformat(" ") if release in OLD else 10
    raws = {"permanent": zero, "deleted": deleted, "late": moment(-100, release), "in time": moment(100, release)}
    for user, raw in raws.items():
        here.add(username=user, expires=raw)
    if release in OLD:
        # as OpenSIPS writes to SQLite
        here.add(username="number", expires=moment(100))
    found = {each["user"]: (each["expires"], each["permanent"]) for each in here.contacts()}
    assert found["permanent"] == (None, True)
    assert found["deleted"] == found["late"] == (0, False)
    for user in set(found) - {"permanent", "deleted", "late"}:
        assert 98 <= found[user][0] <= 100 and not found[user][1]
    # what the filters leave out may come, what they select must
    selected = {each["user"] for each in here.contacts({}) if Selection({}).reason_out(each) is None}
    assert selected == set(found) - {"deleted", "late"}


def test_rows_that_usrloc_does_not_load_are_left_out(table):
    here = table().add(username="").add(username=None).add(contact="").add(expires=None).add(username="bob")
    assert [each["user"] for each in here.contacts()] == ["bob"]


def test_bytes_that_are_no_utf8_are_replaced(table):
    here = table()
    here.raw.execute(
        "INSERT INTO location (username, contact, expires, q, user_agent) VALUES ('a', 'sip:a', 0, -1, CAST(? AS TEXT))",
        (b"Zoip\xe9r",),
    )
    assert one(here.contacts())["user_agent"] == "Zoip\ufffdr"


@pytest.mark.parametrize(
    "values, text",
    [
        ({"expires": "soon"}, "expires"),
        ({"q": "much"}, "q in"),
        ({"methods": "INVITE"}, "methods"),
        ({"user_agent": b"\x00"}, "User-agent"),
        ({"contact": b"sip:a"}, "text"),
    ],
)
def test_a_row_that_no_opensips_writes_is_an_error_that_names_its_user(table, values, text):
    with pytest.raises(BadRow, match="of the user 'alice'.*" + text):
        table().add(**values).contacts()


@pytest.mark.parametrize("release", OLD)
@pytest.mark.parametrize("raw", ["soon", "2026-13-01 00:00:00", "9999999-01-01 00:00:00", b"x"])
def test_times_that_are_none(table, release, raw):
    with pytest.raises(BadRow, match="expires"):
        table(release).add(expires=raw).contacts()


class TestPages:
    def test_every_row_comes_once_and_in_the_order_of_the_key(self, table, monkeypatch):
        monkeypatch.setattr(location, "PAGE", 5)
        here = table()
        for number in range(23):
            here.add(contact_id=2**40 - number * 1000, username="u{0:02d}".format(number))
        assert [each["user"] for each in here.contacts()] == ["u{0:02d}".format(22 - number) for number in range(23)]
        with LocationDatabase(here.params) as source:
            assert source.count() == (23, 23)
            assert len(list(source.contacts({"aor": ["u1?"]}))) >= 10

    def test_the_server_can_write_between_pages(self, table, monkeypatch):
        monkeypatch.setattr(location, "PAGE", 5)
        here = table()
        for number in range(20):
            here.add(contact_id=number, username="u{0}".format(number))
        with LocationDatabase(here.params) as source:
            contacts = source.contacts()
            next(contacts)
            # fails at once if the file is locked
            here.add(contact_id=100, username="new")
            assert [each["user"] for each in contacts][-1] == "new"

    def test_a_table_without_a_key(self, table):
        here = table(key=False)
        for number in range(20):
            here.add(username="u{0}".format(number % 10))
        assert len(here.contacts()) == 20 and len(here.by_aor("u3")["u3"]) == 2
        with LocationDatabase(here.params) as source:
            assert source.count() == (10, 20)


class TestByAor:
    def test_with_domains(self, table):
        here = table().add(username="1", domain="a.example", contact="sip:x").add(username="1", domain="a.example")
        here.add(username="1", domain="b.example").add(username="2", domain="b.example")
        found = here.by_aor("2@a.example", "1@a.example", "3@b.example", "2@b.example")
        assert list(found) == ["2@a.example", "1@a.example", "3@b.example", "2@b.example"]
        assert [len(each) for each in found.values()] == [0, 2, 0, 1]
        assert {each["aor"] for each in found["1@a.example"]} == {"1@a.example"}

    def test_without_domains_any_domain_will_do(self, table):
        here = table("1.11").add(username="1", domain="").add(username="2", domain="")
        found = here.by_aor("1", "1@x.example", "4")
        assert [[each["aor"] for each in records] for records in found.values()] == [["1"], ["1"], []]

    def test_a_missing_domain_is_an_error_only_where_the_user_has_one(self, table):
        here = table().add(username="1", domain="a.example")
        assert here.by_aor("2") == {"2": []}
        with pytest.raises(BadParameters, match="'1' has no domain.*user@domain"):
            here.by_aor("2", "1")

    def test_case_matters_as_it_does_for_usrloc(self, table):
        assert table().add(username="Alice").by_aor("alice", "ALICE") == {"alice": [], "ALICE": []}

    def test_users_with_an_at_and_beyond_ascii(self, table):
        here = table().add(username="a@b").add(username="j\u00f6rg").add(username="o'brien%_!\\")
        found = here.by_aor("a@b", "j\u00f6rg", "o'brien%_!\\")
        assert [len(each) for each in found.values()] == [1, 1, 1]
        with_domains = table().add(username="a", domain="b@c.example")
        assert len(with_domains.by_aor("a@b@c.example")["a@b@c.example"]) == 1

    @pytest.mark.parametrize("index", [False, True])
    def test_many(self, table, index):
        here = table()
        here.raw.execute("BEGIN")
        for number in range(3000):
            here.add(username="u{0}".format(number), domain="a.example")
        here.raw.execute("COMMIT")
        if index:
            here.raw.execute("CREATE INDEX by_user ON location (username)")
        wanted = ["u{0}@a.example".format(number) for number in range(0, 5000, 2)]
        found = here.by_aor(*wanted)
        assert list(found) == wanted
        assert sum(len(records) == 1 for records in found.values()) == 1500
        assert all(record["aor"] == aor for aor, records in found.items() for record in records)

    def test_none(self, table):
        assert table().add().by_aor() == {}


class TestRefused:
    """Whatever is wrong is an error that names the option, and says what to do."""

    def refused(self, kind, text, params, table="location"):
        with pytest.raises(kind, match=text) as caught, LocationDatabase(params, table):
            pass
        assert caught.value.message.startswith("location_db: ") and caught.value.hint

    def test_an_unknown_version(self, table):
        text = r"table location of the SQLite .* version 1012, .*1009 \(OpenSIPS 1.11 to 2.1\), 1011 .*1013"
        self.refused(UnknownSchema, text, table(version=1012).params)

    def test_a_table_that_is_no_location_table(self, table):
        here = table()
        here.raw.execute("CREATE TABLE subscriber (username CHAR(64))")
        here.raw.execute("INSERT INTO version VALUES ('subscriber', 7)")
        text = "table subscriber of the .* has the version 7, and no location table .*Set db_table"
        self.refused(UnknownSchema, text, dict(here.params, db_table="subscriber"))
        self.refused(UnknownSchema, "no table locaton.*Did you mean location", here.params, "locaton")
        here.raw.execute("CREATE TABLE plain (username CHAR(64))")
        self.refused(UnknownSchema, "plain of the .* no version in the table version", here.params, "plain")
        here.raw.execute("INSERT INTO version VALUES ('plain', 1013)")
        self.refused(UnknownSchema, "plain of the .* has no column domain, contact, expires", here.params, "plain")

    @pytest.mark.parametrize("column", ["sip_instance", "contact_id", "expires", "user_agent"])
    def test_a_column_that_is_missing(self, table, column):
        here = table(without=(column,), key=False)
        self.refused(UnknownSchema, "has no column {0}, which version 1013 has".format(column), here.params)

    def test_columns_that_nobody_reads_may_be_missing(self, table):
        here = table(without=("kv_store", "last_modified")).add()
        here.raw.execute("ALTER TABLE location ADD COLUMN more CHAR(64)")
        assert len(here.contacts()) == 1

    def test_no_database_of_opensips(self, tmp_path, table):
        params = table().params
        self.refused(DatabaseUnreachable, "no file", dict(params, login_db=str(tmp_path / "nope")))
        (tmp_path / "text").write_text("not a database, whatever its name says\n" * 50)
        with pytest.raises(TableError, match="location_db: .*not a database"):
            LocationDatabase(dict(params, login_db=str(tmp_path / "text"))).__enter__()
        sqlite3.connect(str(tmp_path / "empty")).execute("CREATE TABLE location (username)")
        self.refused(UnknownSchema, "no table version", dict(params, login_db=str(tmp_path / "empty")))

    def test_options(self, table):
        params = table().params
        self.refused(BadParameters, "db_timeout is 0", dict(params, db_timeout=0))
        self.refused(BadParameters, "not supported", dict(params, db_engine=None, login_db=None, db_url="oracle://x/y"))


def test_db_table(table):
    here = table(name="registrations").add()
    with LocationDatabase(dict(here.params, db_table="registrations"), "location") as source:
        assert one(source.contacts())["table"] == "location"


# What the database leaves out

SHORT = st.text(st.sampled_from("aAkK\u212a\u0130iI.b@%_!\\'[]*?- \u00e9\U0001f600"), max_size=5)
GLOBS = st.lists(st.text(st.sampled_from("aAk*?[]!-b@.%_\u00e9"), max_size=6), min_size=1, max_size=3)
CONTACTS = st.lists(
    st.fixed_dictionaries(
        {
            "username": SHORT,
            "domain": st.none() | SHORT,
            "contact": SHORT,
            "socket": st.none() | SHORT,
            "cflags": st.sampled_from([None, "", "NAT", "NAT ODD", "nat", "NATIVE x"]),
            "user_agent": SHORT,
            "left": st.sampled_from([None, -100, 50, 500]),
        }
    ),
    max_size=6,
)
FILTERS = st.fixed_dictionaries(
    {
        "aor": st.none() | GLOBS,
        "domain": st.none() | st.lists(SHORT, min_size=1, max_size=2),
        "contact": st.none() | GLOBS,
        "socket": st.none() | GLOBS,
        "branch_flags": st.none() | st.lists(st.sampled_from(["NAT", "ODD", "N_T", "%"]), max_size=2),
        "user_agent": st.none() | st.just(["a"]),
        "exclude_aor": st.none() | GLOBS,
        "exclude_socket": st.none() | GLOBS,
        "expires_within": st.none() | st.sampled_from([0, 100, 1000]),
    }
)


@pytest.mark.parametrize("release", ["1.11", "3.6"])
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=CONTACTS, filters=FILTERS)
@example(
    rows=[
        {
            "username": "a",
            "domain": "\u212aa",
            "contact": "x",
            "socket": None,
            "cflags": None,
            "user_agent": "",
            "left": 50,
        }
    ],
    filters={"domain": ["ka"]},
)
@example(
    rows=[
        {"username": "a@b", "domain": "", "contact": "x", "socket": None, "cflags": None, "user_agent": "", "left": 50}
    ],
    filters={"domain": ["b"], "aor": ["a"]},
)
@example(
    rows=[
        {"username": "ab", "domain": None, "contact": "x", "socket": None, "cflags": None, "user_agent": "", "left": 50}
    ],
    filters={"aor": ["[@a]b"]},
)
def test_the_database_leaves_out_nobody_whom_the_filters_select(tmp_path_factory, release, rows, filters):
    here = Table(tmp_path_factory.mktemp("property") / "x.sqlite", release)
    for row in rows:
        left = row["left"]
        expires = moment(left, release) if left is not None else 0
        if left is None and release in OLD:
            expires = datetime.datetime.fromtimestamp(0).isoformat(" ")
        here.add(expires=expires, **{name: value for name, value in row.items() if name != "left"})
    selection = Selection(filters)

    def selected(contacts):
        return [
            (each["aor"], each["contact"], each["socket"]) for each in contacts if selection.reason_out(each) is None
        ]

    assert selected(here.contacts(filters)) == selected(here.contacts())
    here.raw.close()


@settings(max_examples=300, deadline=None)
@given(
    pattern=st.text(st.sampled_from("ab*?[]!-%_^\u00e9"), max_size=8),
    text=st.text(st.sampled_from("ab%_!-]^\u00e9"), max_size=6),
)
@example(pattern="%*", text="%b")
@example(pattern="[]a]b", text="]b")
@example(pattern="[!a", text="[!a")
def test_like_matches_whatever_the_shell_pattern_does(pattern, text):
    if fnmatch.fnmatchcase(text, pattern):
        query = "SELECT ? LIKE ? ESCAPE '!'"
        assert sqlite3.connect(":memory:").execute(query, (text, preselection.like_of_glob(pattern))).fetchone() == (1,)


def test_the_database_leaves_out_most(table):
    """What it can do, it does: the module gets what it asked for, not the whole table."""
    here = table()
    for number in range(100):
        here.add(
            username="u{0:03d}".format(number),
            domain="d{0}.example".format(number % 10),
            contact="sip:{0}@192.0.2.1".format(number),
            socket="udp:192.0.2.{0}:5060".format(number % 10),
            cflags="NAT" if number < 7 else "",
            expires=moment(100 * number) if number else 0,
        )
    for filters, few in [
        ({"aor": ["u00?"]}, 10),
        ({"aor": ["u*@d3.example"]}, 10),
        ({"domain": ["D3.Example"]}, 10),
        ({"contact": ["sip:7*"]}, 11),
        ({"socket": ["udp:192.0.2.4:*"]}, 10),
        ({"branch_flags": ["NAT"]}, 7),
        ({"expires_within": 950}, 9),
        ({"domain": ["d3.example"], "aor": ["u05*"]}, 1),
    ]:
        assert len(here.contacts(filters)) == few, filters
        assert len(Selection(filters).split(here.contacts())[0]) == few, filters


def test_very_long_filters_are_left_to_python(table):
    here = table().add(username="u7")
    filters = {"aor": ["u{0}".format(number) for number in range(5000)], "contact": ["sip:*" + "x" * 60000, "*"]}
    assert len(Selection(filters).split(here.contacts(filters))[0]) == 1
