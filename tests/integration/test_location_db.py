# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""location_db: registered contacts out of the database that usrloc writes to, from SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import datetime
import json
import random
import threading
import time
import urllib.parse

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import Selection
from ansible_collections.community.opensips.plugins.module_utils._table.location import LocationDatabase
from ansible_collections.community.opensips.tests.integration.support import databases
from ansible_collections.community.opensips.tests.integration.support.bad_input import assert_clear, commands_of
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module
from ansible_collections.community.opensips.tests.integration.support.playbook import facts_task, task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

LOGIN = "db_url db_engine login_host login_port login_unix_socket login_user login_password login_db db_table".split()
LOOKS = {"ul_dump", "ul_show_contact"}


def sql(value):
    return (
        "NULL"
        if value is None
        else str(value)
        if isinstance(value, (int, float))
        else "'" + value.replace("'", "''") + "'"
    )


def register(database, version, *rows):
    """Rows as usrloc of that version writes them. Of a row, username, contact and what is not as usual."""
    old = version in ("1.11", "2.1", "2.2", "2.3")
    statements = []
    for row in rows:
        expires = int(time.time()) + row.pop("left", 3600)
        if old:
            expires = datetime.datetime.fromtimestamp(expires).isoformat(" ")
        row = {"expires": expires, "q": -1, "callid": "c1@phone", "cseq": 1, "user_agent": "snom370/8.7.5.35", **row}
        names, values = ", ".join(row), ", ".join(map(sql, row.values()))
        statements.append(f"INSERT INTO location ({names}) VALUES ({values})")
    # a backslash is none to MySQL's escapes only then
    if database.engine == "mysql":
        statements.insert(0, "SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')")
    database.execute(*statements)
    return database


def params_of(database, **more):
    return {**dict.fromkeys(LOGIN), "db_timeout": 5.0, **database.options, **more}


@pytest.fixture
def database(database_server):
    """A database with the tables of 3.6."""
    made = database_server.database().create("3.6", "location", "subscriber")
    yield made
    made.drop()


@pytest.mark.parametrize("version", sorted(databases.SCHEMAS))
def test_a_row_of_every_version(database_server, version):
    if "location" not in databases.SCHEMAS[version]:
        pytest.skip("without a location table")
    database = database_server.database().create(version, "location")
    register(
        database,
        version,
        {
            "username": "1001",
            "domain": "example.com",
            "contact": "sip:1001@192.0.2.1:5060;transport=tcp",
            "q": 0.57,
            "cflags": "NAT ODD",
            "flags": 2,
            "received": "sip:203.0.113.1:4242",
            "path": "<sip:edge;lr>, <sip:edge2;lr>",
            "socket": "udp:192.0.2.9:5060",
            "methods": 31,
            "sip_instance": '"<urn:uuid:1>"',
            "attr": "it's",
            "left": 100,
        },
        {
            "username": "1002",
            "domain": "" if version in ("1.11", "2.1") else None,
            "contact": "sip:x",
            "user_agent": "",
            "left": -50,
        },
    )
    with LocationDatabase(params_of(database)) as source:
        (first, second) = sorted(source.contacts(), key=lambda each: each["user"])
        assert source.count() == (2, 2)
        found = source.by_aor(["1001@example.com", "1003"])
    assert sorted(found) == ["1001@example.com", "1003"] and found["1003"] == []
    (again,) = found["1001@example.com"]
    # the clock may have gone on between the two
    assert 40 <= again.pop("expires") <= first.pop("expires") <= 100
    assert again == first
    assert (first.pop("contact_id") is None) == (version in ("1.11", "2.1"))
    assert first == {
        "table": "location",
        "aor": "1001@example.com",
        "user": "1001",
        "domain": "example.com",
        "contact": "sip:1001@192.0.2.1:5060;transport=tcp",
        "permanent": False,
        "q": 0.57,
        "call_id": "c1@phone",
        "cseq": 1,
        "user_agent": "snom370/8.7.5.35",
        "received": "sip:203.0.113.1:4242",
        "path": "<sip:edge;lr>, <sip:edge2;lr>",
        "state": None,
        "flags": 2,
        "cflags": ["NAT", "ODD"],
        "socket": "udp:192.0.2.9:5060",
        "methods": ["INVITE", "CANCEL", "ACK", "BYE", "INFO"],
        "attr": "it's",
        "sip_instance": '"<urn:uuid:1>"',
    }
    assert second["expires"] == 0 and second["domain"] is None and second["user_agent"] is None
    assert second["methods"] is None and second["cflags"] == [] and second["q"] is None
    database.drop()


def test_the_database_leaves_out_nobody_whom_the_filters_select(database_server):
    """Databases differ in what is the same to them: letters of both cases, accents, blanks at the end, backslashes."""
    chance = random.Random(8)

    def text(alphabet, most):
        return "".join(chance.choice(alphabet) for _each in range(chance.randrange(most)))

    def globs():
        return [text("aAk*?[]!-b@.%_é\\", 6) or "*" for _each in range(chance.randrange(1, 4))]

    database = database_server.database().create("3.6", "location")
    register(
        database,
        "3.6",
        *(
            {
                "username": f"{text(letters, 4)}{text('ab', 3)}x",
                "domain": chance.choice([None, "", f"{text(letters, 4)}b"]),
                "contact": f"sip:{text(letters, 4)}",
                "socket": chance.choice([None, "", text(letters, 4)]),
                "cflags": chance.choice([None, "", "NAT", "NAT ODD", "nat"]),
                "left": chance.choice([-50, 60, 600]),
            }
            for letters in ["aAkKiIbB@%_!'[]*?-\\ ", "aAbB.éÉäß"]
            for _each in range(150)
        ),
    )
    with LocationDatabase(params_of(database)) as source:
        everyone, spared = list(source.contacts()), 0
        for _each in range(300):
            filters = {
                "aor": globs,
                "contact": globs,
                "socket": globs,
                "domain": lambda: [text("aAkKiIbB.é", 4) + "b"],
                "branch_flags": lambda: [chance.choice(["NAT", "ODD", "N_T"])],
                "expires_within": lambda: chance.choice([0, 300, 1000]),
                "exclude_aor": globs,
            }
            some = {name: filters[name]() for name in chance.sample(sorted(filters), chance.randrange(1, 3))}
            selection = Selection(some)
            found = list(source.contacts(some))
            wanted = [(each["aor"], each["contact_id"]) for each in everyone if selection.reason_out(each) is None]
            assert [
                (each["aor"], each["contact_id"]) for each in found if selection.reason_out(each) is None
            ] == wanted, some
            spared += len(everyone) - len(found)
        assert spared > 30 * len(everyone)
        # and each is found by its own AOR; usrloc divides it at the first @
        everyone = [each for each in everyone if each["aor"].count("@") < 2]
        found = source.by_aor({each["aor"] for each in everyone})
        assert all(each["contact_id"] in {one["contact_id"] for one in found[each["aor"]]} for each in everyone)
    database.drop()


def test_modules_read_the_database_and_send_over_mi(database, emulator):
    emu = emulator("3.6", phones=3)
    known, other = emu.phones()[:2]
    register(
        database,
        "3.6",
        {"username": "db1", "contact": known["contact"]},
        {"username": "db2", "contact": other["contact"], "user_agent": "Yealink SIP-T46U 108.86.0.15"},
        {"username": "late", "contact": "sip:late@127.0.0.1:9", "left": -60},
    )
    common = {**fifo_of(emu), "location_db": database.options}
    facts = run_module("facts", {**common, "gather_subset": ["contacts"]})["ansible_facts"]["opensips"]
    assert {each["aor"]: each["expires"] == 0 for each in facts["contacts"]} == {
        "db1": False,
        "db2": False,
        "late": True,
    }
    few = run_module("facts", {**common, "gather_subset": ["contacts"], "select": {"user_agent": ["yealink"]}})
    assert [each["aor"] for each in few["ansible_facts"]["opensips"]["contacts"]] == ["db2"]

    by_filter = run_module("notify", {**common, "select": {"aor": ["db*"], "limit": 1}, "event": "check-sync"})
    assert [(each["aor"], each["outcome"]) for each in by_filter["results"]] == [("db1", "accepted")]
    assert [each["reason"] for each in by_filter["left_out"]] == ["it is beyond limit"]
    by_aor = run_module("notify", {**common, "aors": ["db2", "late", "nobody"], "event": "check-sync"})
    assert [(each["aor"], each["outcome"]) for each in by_aor["results"]] == [
        ("db2", "accepted"),
        ("late", "not_sent"),
        ("nobody", "not_sent"),
    ]
    lamps = run_module("mwi", {**common, "mailboxes": [{"aor": "db1", "new": 2}, {"aor": "db2", "new": 1}]})
    assert [(each["aor"], each["outcome"]) for each in lamps["results"]] == [("db1", "accepted"), ("db2", "accepted")]
    assert not LOOKS & set(commands_of(emu))
    assert databases.PASSWORD not in json.dumps([facts, few, by_filter, by_aor, lamps])


def test_wait_watches_the_database(database, emulator):
    emu = emulator("3.6", phones=1, fr_timeout=10)
    register(database, "3.6", {"username": "back", "contact": emu.phones()[0]["contact"]})
    again = "UPDATE location SET callid = 'c2@phone', user_agent = 'snom370/9' WHERE username = 'back'"

    def register_again():
        until = time.monotonic() + 60
        while not emu.sip_log() and time.monotonic() < until:
            time.sleep(0.1)
        database.execute(again)

    late = threading.Thread(target=register_again)
    late.start()
    result = run_module(
        "notify",
        {
            **fifo_of(emu),
            "location_db": database.options,
            "select": {},
            "event": "check-sync;reboot=true",
            "wait": True,
            "wait_timeout": 60,
        },
    )
    late.join()
    assert {each["aor"]: (each["registered"], each["new_user_agent"]) for each in result["results"]} == {
        "back": ("back", "snom370/9")
    }
    assert not LOOKS & set(commands_of(emu))


def test_who_is_left_out_takes_no_memory(emulator):
    """Of 100,000 contacts few are selected, by a filter that the database cannot apply."""
    emu = emulator("3.6", phones=0)
    server = databases.Sqlite()
    peaks = []
    for many in (100, 100_000):
        database = server.database().create("3.6", "location")
        values = ", ".join(
            f"('u{number:06d}', 'd{number % 100}.example', 'sip:u{number:06d}@192.0.2.1:5060', 0, -1, '{number}@phone', 1, "
            f"'Yealink SIP-T46U 108.86.0.{number}', 'udp:192.0.2.1:5060')"
            for number in range(many)
        )
        columns = "username, domain, contact, expires, q, callid, cseq, user_agent, socket"
        database.execute(f"INSERT INTO location ({columns}) VALUES {values}")
        process = ModuleProcess(
            "notify",
            {**fifo_of(emu), "location_db": database.options, "select": {"user_agent": [r"\.5[0-9]$"]}},
            check=True,
        )
        assert process.result()["summary"]["outcomes"]["planned"] == 10
        peaks.append(process.peak)
        database.drop()
    server.stop()
    assert peaks[1] - peaks[0] < 20_000_000, peaks


def test_contacts_are_facts_without_a_server(database, tmp_path):
    register(database, "3.6", {"username": "db1", "contact": "sip:a"})
    args = {"fifo_path": str(tmp_path / "none"), "location_db": database.options, "gather_subset": ["contacts"]}
    assert len(run_module("facts", args)["ansible_facts"]["opensips"]["contacts"]) == 1


@pytest.mark.parametrize("module", ["notify", "mwi", "facts"])
def test_bad_input_sends_nothing(database, emulator, module, tmp_path):
    emu = emulator("3.6", phones=1)
    register(database, "3.6", {"username": "db1", "contact": emu.phones()[0]["contact"]})
    database.execute(
        "CREATE TABLE old (username VARCHAR(64))",
        "CREATE TABLE bare (username VARCHAR(64))",
        "INSERT INTO version (table_name, table_version) VALUES ('old', 1012)",
        "INSERT INTO version (table_name, table_version) VALUES ('bare', 1013)",
    )
    login = database.options
    cases = {
        "no table": ({**login, "db_table": "locatoin"}, ["no table locatoin", "location?"]),
        "another table": ({**login, "db_table": "subscriber"}, ["subscriber", "version", "Set db_table", "1013"]),
        "an unknown version": ({**login, "db_table": "old"}, ["old", "1012", "1009", "opensips_schema"]),
        "columns": ({**login, "db_table": "bare"}, ["bare", "no column", "user_agent", "1013"]),
        "no database": ({**login, "login_db": str(tmp_path / "no")}, ["location_db"]),
        "neither": ({"db_table": "location"}, ["location_db", "db_url", "db_engine"]),
        "both": ({"db_url": "sqlite:////x", **login}, ["mutually exclusive", "location_db"]),
        "an engine": ({"db_engine": "oracle"}, ["db_engine", "oracle"]),
        "db_timeout": ({**login, "db_timeout": -1}, ["location_db", "db_timeout"]),
    }
    args = {
        "notify": {"select": {}, "event": "check-sync"},
        "mwi": {"aors": ["db1"], "new": 1},
        "facts": {"gather_subset": ["contacts"]},
    }[module]
    for name, (option, words) in cases.items():
        result = run_module(module, {**fifo_of(emu), **args, "location_db": option})
        assert result["failed"], name
        for word in words:
            assert word in result["msg"], (name, result["msg"])
        assert "Traceback" not in result["msg"] and databases.PASSWORD not in json.dumps(result), name
    if module != "facts":
        assert commands_of(emu) == {} and emu.sip_log() == []


def test_passwords_stay_secret(database, emulator):
    emu = emulator("3.6", phones=0)
    url = database.url if isinstance(database.url, str) else database.url.render_as_string(hide_password=True)
    url = url.replace("***", urllib.parse.quote(databases.PASSWORD, safe=""))
    results = []
    for option in (
        {"db_url": url},
        {"db_url": url, "db_table": "nope"},
        {"db_url": url.replace("w%3Ard", "wr0ng%20one")},
        {**database.options, "login_password": "wr0ng one"},
    ):
        if database.engine == "sqlite" and option.get("login_password"):
            continue
        results.append(run_module("facts", {**fifo_of(emu), "gather_subset": ["contacts"], "location_db": option}))
    assert not results[0].get("failed") and results[1]["failed"]
    if database.engine != "sqlite":
        assert results[2]["failed"] and results[3]["failed"]
        for result in results:
            for secret in (databases.PASSWORD, "p%40ss", "ss/w:rd", "w%3Ard", "wr0ng"):
                assert secret not in json.dumps(result), result


def test_a_playbook(ansible, emulator, database):
    emu = emulator("4.0", phones=1)
    register(database, "3.6", {"username": "db1", "contact": emu.phones()[0]["contact"]})
    results = ansible.run(
        [
            facts_task("facts", "contacts", location_db=database.options),
            task("plan", "notify", {"select": {}, "location_db": database.options}, check_mode=True),
            task("bad", "notify", {"select": {}, "location_db": {**database.options, "db_table": "subscriber"}}),
        ],
        fifo_of(emu),
    )
    assert [each["aor"] for each in results["facts"]["ansible_facts"]["opensips"]["contacts"]] == ["db1"]
    assert [each["outcome"] for each in results["plan"]["results"]] == ["planned"]
    assert_clear(results["bad"], ["location_db", "subscriber", "Set db_table"], "bad")
