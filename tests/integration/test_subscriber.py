# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_subscriber on real databases: SQLite, PostgreSQL, MariaDB."""

from __future__ import annotations

import hashlib
import json

import pytest

from ansible_collections.community.opensips.plugins.module_utils._module import subscriber as body
from ansible_collections.community.opensips.plugins.module_utils._sip import digest
from ansible_collections.community.opensips.plugins.module_utils._table import push as push_module
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module
from ansible_collections.community.opensips.tests.integration.support.subscriber_body import TABLES, call
from ansible_collections.community.opensips.tests.integration.support.table_body import counts

SECRET, OTHER = "Zq9marks3cret", "Zq9markother"
HASHES = "SELECT ha1, ha1_sha256, ha1_sha512t256, password FROM subscriber ORDER BY username"
OLD_HASHES = "SELECT ha1, ha1b, password FROM subscriber ORDER BY username"
ALIASES = "SELECT alias_username, alias_domain, username FROM dbaliases ORDER BY alias_username"
GROUPS = "SELECT username, grp FROM grp ORDER BY username, grp"
DIALS = "SELECT username, sd_username, sd_domain, new_uri, fname FROM speed_dial ORDER BY username, sd_username"


@pytest.fixture
def database(database_server):
    made = database_server.database().create("3.6", *TABLES)
    yield made
    made.drop()


@pytest.fixture
def old_database(database_server):
    made = database_server.database().create("2.4", *TABLES)
    yield made
    made.drop()


@pytest.fixture
def push(database):
    return lambda *users, **options: call(list(users), **{**database.options, **options})


def user(name="1001", **values):
    return {"username": name, **values}


def hashes(password, name="1001", realm="example.com"):
    algorithms = (digest.MD5, digest.SHA_256, digest.SHA_512_256)
    return tuple(digest.hash_text(algorithm, f"{name}:{realm}:{password}") for algorithm in algorithms)


FULL = user(
    password=SECRET,
    aliases=["alice", "+49@b.org"],
    groups=["intl", "local"],
    speed_dials=[{"sd_username": "7", "new_uri": "sip:bob@example.com", "fname": "Bob"}],
)


def test_a_user_with_all_that_belongs_to_it(push, database):
    planned = push(FULL, check=True)
    assert database.rows("subscriber") == [] and counts(planned) == {"planned": 1}
    result = push(FULL)
    assert counts(result) == {"inserted": 1} and result["diff"] == planned["diff"]
    (entry,) = result["results"]
    assert entry["before"] is None and entry["generated_password"] is None
    assert (entry["after"]["aliases"], entry["after"]["groups"]) == (
        ["+49@b.org", "alice@example.com"],
        ["intl", "local"],
    )
    assert entry["after"]["ha1_sha256"] == "hidden" and SECRET not in json.dumps(result)
    assert database.rows(HASHES) == [(*hashes(SECRET), "")]
    assert database.rows(ALIASES) == [("+49", "b.org", "1001"), ("alice", "example.com", "1001")]
    assert database.rows(GROUPS) == [("1001", "intl"), ("1001", "local")]
    assert database.rows(DIALS) == [("1001", "7", "example.com", "sip:bob@example.com", "Bob")]
    again = push(FULL)
    assert not again["changed"] and counts(again) == {"unchanged": 1} and again["diff"] == {"before": {}, "after": {}}


def test_all_hashes_change_together(push, database):
    push(user(password=SECRET))
    result = push(user(password=OTHER))
    assert database.rows(HASHES) == [(*hashes(OTHER), "")]
    assert set(result["diff"]["after"]["1001@example.com"]) == {"ha1", "ha1_sha256", "ha1_sha512t256"}
    assert result["results"][0]["after"]["ha1"] == "hidden, changed"
    # one that is given goes with the others that are there, as long as it is theirs
    assert not push(user(ha1=hashes(OTHER)[0].upper()))["changed"]
    push(user(ha1=hashes(SECRET)[0]))
    assert database.rows(HASHES) == [(hashes(SECRET)[0], "", "", "")]
    push(user(password=SECRET), store_password=True)
    assert database.rows(HASHES) == [(*hashes(SECRET), SECRET)]
    # the one in clear is of the old password
    push(user(ha1_sha256=hashes(OTHER)[1]))
    assert database.rows(HASHES) == [("", hashes(OTHER)[1], "", "")]
    push(user(password=SECRET), realm="phones")
    assert database.rows(HASHES) == [(*hashes(SECRET, realm="phones"), "")]


def test_hashes_of_old_versions(old_database):
    def push(**values):
        return call([user(**values)], **old_database.options)

    def ha1b(password):
        return hashlib.md5(f"1001@example.com:example.com:{password}".encode()).hexdigest()

    push(password=SECRET)
    assert old_database.rows(OLD_HASHES) == [(hashes(SECRET)[0], ha1b(SECRET), "")]
    push(password=OTHER)
    assert old_database.rows(OLD_HASHES) == [(hashes(OTHER)[0], ha1b(OTHER), "")]
    push(ha1=hashes(SECRET)[0])
    ((ha1, left, _password),) = old_database.rows(OLD_HASHES)
    # nobody knows its password, and it has the length that the server compares
    assert ha1 == hashes(SECRET)[0] and len(left) == 32 and left not in (ha1b(OTHER), ha1b(SECRET))
    assert not push(ha1=ha1)["changed"] and old_database.rows(OLD_HASHES)[0][1] == left
    # an empty one lets others in
    old_database.execute("UPDATE subscriber SET ha1b = ''")
    assert push(ha1=ha1)["changed"] and len(old_database.rows(OLD_HASHES)[0][1]) == 32
    refused = push(ha1_sha256="a" * 64)
    assert "column ha1_sha256: is not in the table" in refused["msg"]


def test_passwords_of_new_users_only(push, database):
    push(user(password=SECRET))
    result = push(user(password=OTHER), user("1002", password=OTHER), update_password="on_create")
    assert counts(result) == {"inserted": 1, "unchanged": 1}
    assert database.rows(HASHES) == [(*hashes(SECRET), ""), (*hashes(OTHER, "1002"), "")]


def test_generated_passwords_are_returned_once(push, database):
    refused = push(user(), user("1002", password=SECRET))
    assert "row 1: 1001@example.com does not exist yet, and has neither password nor hash" in refused["msg"]
    assert database.rows("subscriber") == []
    users = (user(groups=["local"]), user("1002", password=SECRET))
    assert [entry["generated_password"] for entry in push(*users, generate_password=True, check=True)["results"]] == [
        None
    ] * 2
    made, given = push(*users, generate_password=True, password_length=12)["results"]
    assert len(made["generated_password"]) == 12 and given["generated_password"] is None
    assert database.rows(HASHES)[0] == (*hashes(made["generated_password"]), "")
    again = push(*users, generate_password=True)
    assert not again["changed"] and [entry["generated_password"] for entry in again["results"]] == [None] * 2


def test_exclusive_lists(push, database):
    push(FULL, user("1002", password=SECRET, groups=["local"]))
    # what is not set does not change, nor does anybody else
    result = push(user(groups=["sales"]))
    assert result["results"][0]["before"]["groups"] == ["intl", "local"]
    assert result["results"][0]["after"] == {
        "username": "1001", "domain": "example.com", "groups": ["intl", "local", "sales"],
    }  # fmt: skip
    assert result["results"][0]["operation"] == "change" and result["summary"]["tables"]["grp"]["insert"] == 1
    result = push(user(groups=["local"], speed_dials=[]), exclusive=True)
    assert result["diff"]["before"]["1001@example.com"]["groups"] == ["intl", "local", "sales"]
    assert database.rows(GROUPS) == [("1001", "local"), ("1002", "local")]
    assert database.rows(DIALS) == [] and len(database.rows(ALIASES)) == 2
    assert not push(user(groups=["local"], speed_dials=[]), exclusive=True)["changed"]


def test_an_alias_of_somebody_else(push, database):
    push(FULL, user("1002", password=SECRET))
    taken = user("1002", aliases=["alice"])
    for users in ((taken,), (taken, user(aliases=[]))):
        refused = push(*users)
        assert "row 1, aliases: alice@example.com is one of 1001@example.com" in refused["msg"]
    assert "is one of" in push(taken, exclusive=True)["msg"]
    result = push(taken, user(aliases=["+49@b.org"]), exclusive=True)
    assert counts(result) == {"updated": 2}
    assert [entry["after"]["aliases"] for entry in result["results"]] == [["alice@example.com"], ["+49@b.org"]]
    assert database.rows(ALIASES) == [("+49", "b.org", "1001"), ("alice", "example.com", "1002")]


def test_an_alias_that_is_a_user_of_the_table(push, database):
    push(user("1001"), user("1002", aliases=["alice"]), generate_password=True)
    before = [database.rows(table) for table in TABLES]
    for check in (True, False):
        result = push(user("1003", password=SECRET, aliases=["1001"]), check=check)
        assert result["failed"] and result["error"]["type"] == "BadParameters", result
        assert "row 1, aliases: 1001@example.com is a user" in result["msg"] and "1003@example.com" in result["msg"]
        result = push(user("bob", password=SECRET), user("alice", password=SECRET), check=check)
        assert result["failed"], result
        assert "row 2: alice@example.com is an alias of 1002@example.com" in result["msg"]
    assert [database.rows(table) for table in TABLES] == before
    # of another domain, and one that goes in the same task
    assert not push(user("1003", password=SECRET, aliases=["1001@b.org"])).get("failed")
    again = push(user("alice", password=SECRET), user("1002", aliases=[]), exclusive=True)
    assert counts(again) == {"inserted": 1, "updated": 1}


def test_a_conflict_that_is_there_is_left_alone(push, database):
    push(user("1001", password=SECRET), user("1002", password=SECRET))
    database.execute(
        "INSERT INTO dbaliases (alias_username, alias_domain, username, domain) VALUES ('1001', 'example.com', '1002', 'example.com')"
    )
    assert not push(user("1001", password=SECRET), user("1003", password=SECRET)).get("failed")


def test_a_user_that_comes_in_between_is_no_alias(push, database, monkeypatch):
    others = ["INSERT INTO subscriber (username, domain) VALUES ('1001', 'example.com')"]
    compare = push_module.Table.compare

    def late(self, request):
        made = compare(self, request)
        if self.name == "dbaliases" and others:
            database.execute(others.pop())
        return made

    monkeypatch.setattr(push_module.Table, "compare", late)
    conflicts = body.conflicts
    # as if it came after it was looked for
    seen = []

    def late_conflicts(*tables):
        seen.append(tables)
        return conflicts(*tables) if len(seen) > 1 else []

    monkeypatch.setattr(body, "conflicts", late_conflicts)
    result = push(user("1003", password=SECRET, aliases=["1001"]))
    assert result["failed"] and "at the same time" in result["msg"] and "1001@example.com is a user" in result["msg"]
    assert database.rows("dbaliases") == [] and len(database.rows("subscriber")) == 1


def test_the_same_name_in_two_domains(push, database):
    two = (user(password=SECRET, groups=["a"]), user(domain="b.org", password=SECRET, groups=["b"]))
    push(*two, user("1002", password=SECRET, groups=["c"]))
    # neither 1001@b.org nor 1002@example.com is one of these, although their parts are
    push(user(groups=[]), user("1002", domain="b.org", password=SECRET, groups=[]), exclusive=True)
    assert database.rows(GROUPS) == [("1001", "b"), ("1002", "c")]


def test_removed_with_all_that_belongs_to_it(push, database):
    push(FULL, user("1002", password=SECRET, groups=["local"]))
    database.execute("DROP TABLE speed_dial")
    planned = push(user(), user("1003"), state="absent", check=True)
    result = push(user(), user("1003"), state="absent")
    assert planned["diff"] == result["diff"] and counts(result) == {"deleted": 1, "unchanged": 1}
    before = result["results"][0]["before"]
    assert before["groups"] == ["intl", "local"] and before["ha1"] == "hidden" and result["results"][0]["after"] is None
    assert database.rows(GROUPS) == [("1002", "local")] and database.rows(ALIASES) == []
    # what an old tool left of a user
    database.execute("INSERT INTO grp (username, domain, grp) VALUES ('1001', 'example.com', 'old')")
    assert counts(push(user(), state="absent")) == {"deleted": 1}
    assert database.rows(GROUPS) == [("1002", "local")]


def test_other_columns_and_names_of_tables(database_server):
    made = database_server.database().create("2.4", *TABLES)
    made.execute("ALTER TABLE dbaliases RENAME TO aka")
    made.execute("UPDATE version SET table_name = 'aka' WHERE table_name = 'dbaliases'")
    users = [user(password=SECRET, columns={"email_address": "a@b.org"}, aliases=["alice"])]
    refused = call(users, **made.options)
    assert "aliases_table: the" in refused["msg"] and "has no table dbaliases" in refused["msg"]
    assert refused["error"]["type"] == "UnknownSchema" and made.rows("subscriber") == []
    assert call(users, aliases_table="aka", **made.options)["changed"]
    assert made.rows("SELECT email_address, username FROM subscriber") == [("a@b.org", "1001")]
    assert made.rows("SELECT alias_username FROM aka") == [("alice",)]
    refused = call([user(columns={"emailaddress": "x"})], **made.options)
    assert "column emailaddress: is not in the table, did you mean email_address" in refused["msg"]
    made.drop()


def test_nothing_is_half_made(push, database):
    """What the last table refuses takes the others back."""
    if database.engine == "sqlite":
        database.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON speed_dial BEGIN SELECT RAISE(ABORT, 'not today'); END"
        )
    elif database.engine == "postgresql":
        database.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$",
            "CREATE TRIGGER refuse BEFORE INSERT ON speed_dial FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
    else:
        database.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON speed_dial FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not today'"
        )
    result = push({**FULL, "password": None}, generate_password=True)
    assert result["failed"] and "not today" in result["msg"] and not result["changed"]
    assert counts(result) == {"not_written": 1} and result["results"][0]["generated_password"] is None
    assert result["results"][0]["error"] == result["error"] and result["error"]["type"] == "DatabaseRefused"
    assert all(database.rows(table) == [] for table in TABLES)


@pytest.mark.parametrize("check", [False, True])
def test_a_table_without_transactions(push, database, check):
    if database.engine != "mysql":
        pytest.skip("only MySQL and MariaDB have such tables")
    database.execute("ALTER TABLE grp ENGINE=MyISAM")
    result = push(FULL, check=check)
    assert result["failed"] and "The table grp uses the engine MyISAM" in result["msg"]
    assert all(database.rows(table) == [] for table in TABLES)


def test_a_file_of_many(push, database, tmp_path):
    """In chunks, and at once: more than a statement takes."""
    many = 1200
    path = tmp_path / "users.csv"
    lines = [f"{number},{SECRET}{number},a{number},local intl" for number in range(many)]
    path.write_text("\n".join(["username,password,aliases,groups", *lines]), encoding="utf-8")
    options = {"subscribers_file": str(path), **database.options}
    assert counts(call(**options)) == {"inserted": many}
    assert database.rows("SELECT count(*) FROM grp") == [(2 * many,)]
    assert database.rows("SELECT ha1 FROM subscriber WHERE username = '700'") == [(hashes(f"{SECRET}700", "700")[0],)]
    result = call(**options, exclusive=True)
    assert not result["changed"] and result["summary"]["tables"]["dbaliases"]["none"] == many
    assert counts(call(**options, state="absent")) == {"deleted": many}
    assert all(database.rows(f"SELECT count(*) FROM {table}") == [(0,)] for table in TABLES)


class TestTheModule:
    """In a process of its own; on SQLite, since the rest does not depend on the database."""

    pytestmark = pytest.mark.parametrize("database_server", ["sqlite"], indirect=True, scope="module")

    def test_what_it_returns_and_prints(self, database):
        options = {**database.options, "domain": "example.com", "generate_password": True}
        users = [user(password=SECRET), user("1002")]
        process = ModuleProcess("subscriber", {**options, "subscribers": users}, diff=True)
        result = process.result()
        assert result["changed"] and SECRET not in json.dumps(result) + process.errors
        assert result["invocation"]["module_args"]["subscribers"] == "VALUE_NOT_SHOWN"
        password = result["results"][1]["generated_password"]
        assert database.rows(HASHES)[1] == (*hashes(password, "1002"), "")
        again = run_module("subscriber", {**options, "subscribers": users}, check=True)
        assert not again["changed"] and password not in json.dumps(again)
        # a password may be the number of the phone
        same = run_module("subscriber", {**options, "subscribers": [user("1003", password="1003")]})
        assert same["results"][0]["username"] == "1003"

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({}, "one of the following is required: subscribers, subscribers_file"),
            ({"subscribers": [], "subscribers_file": "/x"}, "mutually exclusive: subscribers|subscribers_file"),
            ({"subscribers_file": "/nowhere.csv"}, "subscribers_file /nowhere.csv cannot be read"),
            ({"subscribers": [user(password=OTHER)], "password_length": 9}, "password_length is 9"),
            ({"subscribers": [user(password=OTHER)], "realm": ""}, "realm is empty"),
            ({"subscribers": [user(password=OTHER, ha1="a" * 32)]}, "cannot be given together with ha1"),
            ({"subscribers": [user(pasword=OTHER)]}, "Unsupported parameters"),
            ({"subscribers": [user(password=OTHER), user(domain="example.com")]}, "are the same user"),
            ({"subscribers": [user(password=OTHER)], "domain": None}, "domain: is missing"),
            ({"subscribers": [user(password="x" * 26)], "store_password": True}, "the column holds 25"),
            ({"subscribers": [user("x" * 65, password=OTHER)]}, "the column holds 64"),
            ({"subscribers": [user(password=OTHER)], "db_table": "nowhere"}, "has no table nowhere"),
        ],
    )
    def test_bad_input_names_the_option(self, database, options, words):
        result = run_module("subscriber", {**database.options, "domain": "example.com", **options})
        assert result["failed"] and words in result["msg"], result["msg"]
        assert OTHER not in json.dumps(result) and database.rows("subscriber") == []
