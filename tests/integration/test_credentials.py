# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""credentials, credentials_file and credentials_db: where they come from, to which phones they go, and what is refused."""

from __future__ import annotations

import hashlib
import json

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet import credentials
from ansible_collections.community.opensips.plugins.module_utils._sip import digest
from ansible_collections.community.opensips.plugins.module_utils._table import passwords
from ansible_collections.community.opensips.plugins.module_utils._table.errors import TableError
from ansible_collections.community.opensips.plugins.module_utils._table.subscribers import SubscriberDatabase
from ansible_collections.community.opensips.tests.integration.support import databases
from ansible_collections.community.opensips.tests.integration.support.bad_input import assert_clear, commands_of
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module
from ansible_collections.community.opensips.tests.integration.support.playbook import Result
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

LOGIN = "db_url db_engine login_host login_port login_unix_socket login_user login_password login_db db_table".split()
ALGORITHMS = [name for name in digest.ALGORITHMS if digest.is_computable(name)]
SHA512 = "SHA-512-256" in ALGORITHMS


def params_of(database, **more):
    return {**dict.fromkeys(LOGIN), "db_timeout": 5.0, **database.options, **more}


def subscribe(database, *rows):
    """Rows of the table subscriber; what they leave out is empty, as OpenSIPS' tools leave it."""
    for row in rows:
        names, values = ", ".join(row), ", ".join("'" + value.replace("'", "''") + "'" for value in row.values())
        database.execute(f"INSERT INTO subscriber ({names}) VALUES ({values})")


def hashed(user, domain, password, *columns):
    return passwords.hashes(user, domain, password, columns)


# The table subscriber


# each with another shape of the table
@pytest.mark.parametrize("version", ["1.11", "3.2", "4.0"])
def test_accounts_of_every_version(database_server, version):
    columns = {each["name"] for each in databases.SCHEMAS[version]["subscriber"]["columns"]}
    database = database_server.database().create(version, "subscriber")
    made = [name for name in credentials.HA1 if name in columns and (SHA512 or name != "ha1_sha512t256")]
    assert "ha1" in made
    subscribe(
        database,
        {"username": "1001", "domain": "a.example", **hashed("1001", "a.example", "secret", *made)},
        {"username": "1001", "domain": "b.example", "password": "clear'é"},
        {"username": "ALICE", "domain": "a.example", "password": "another one's"},
        {"username": "é", "domain": "a.example", "password": "accented"},
        {"username": "1002", "domain": "a.example", "password": "not asked for"},
    )
    with SubscriberDatabase(params_of(database)) as table:
        assert sorted(row["domain"] for row in table.rows_of(["1001"])) == ["a.example", "b.example"]
        wanted = ["1001@a.example", "1001@b.example", "alice@a.example", "1003", "1002@b.example"]
        found = {(row["username"], row["domain"]): row for row in table.rows_of(wanted)}
        accented = [row["password"] for row in table.rows_of(["é@a.example", "e@a.example"])]
    # MySQL takes ALICE for alice: SIP does not
    assert sorted(found) == [("1001", "a.example"), ("1001", "b.example")]
    assert accented == ["accented"]
    assert found["1001", "b.example"]["password"] == "clear'é"
    secret = credentials.of_subscriber(found["1001", "a.example"]).secret
    assert secret.password is None and set(secret.ha1) == {credentials.HA1[name] for name in made}
    for algorithm in secret.ha1:
        challenge = digest.Challenge("a.example", "n", algorithm)
        assert secret.ha1_for(challenge) == digest.Secret("1001", "secret").ha1_for(challenge)
    database.drop()


@pytest.mark.parametrize("count", [0, 1, 901, 5000])
def test_many_aors_are_read_in_few_statements(count, tmp_path):
    database = databases.SERVERS["sqlite"]().database().create("3.6", "subscriber")
    values = ", ".join(f"('{number}', 'a', 'p{number}')" for number in range(6000))
    database.execute(f"INSERT INTO subscriber (username, domain, password) VALUES {values}")
    with SubscriberDatabase(params_of(database)) as table:
        found = list(table.rows_of(f"{number}@a" for number in range(1000, 1000 + count)))
    assert sorted(int(row["password"][1:]) for row in found) == list(range(1000, 1000 + count))


def test_databases_that_have_no_accounts():
    server = databases.SERVERS["sqlite"]()
    other = server.database().create("3.6", "location")
    with (
        pytest.raises(TableError, match="credentials_db: .* has no table subscriber"),
        SubscriberDatabase(params_of(other)),
    ):
        pass
    other.execute("CREATE TABLE people (username TEXT, domain TEXT, email TEXT)")
    other.execute("INSERT INTO version (table_name, table_version) VALUES ('subscriber', 8)")
    with (
        pytest.raises(TableError, match="credentials_db: .*no column password or ha1"),
        SubscriberDatabase(params_of(other, db_table="people")),
    ):
        pass
    # a view that auth_db reads, with columns of its own, has no version of its own
    other.execute(
        "CREATE TABLE phones (username TEXT, domain TEXT, password TEXT)", "INSERT INTO phones VALUES ('1', 'a', 'x')"
    )
    with SubscriberDatabase(params_of(other, db_table="phones")) as table:
        assert [row["password"] for row in table.rows_of(["1@a"])] == ["x"]
    other.execute("UPDATE version SET table_version = 99 WHERE table_name = 'subscriber'")
    with pytest.raises(TableError, match="has the version 99"), SubscriberDatabase(params_of(other, db_table="phones")):
        pass
    server.stop()


# Phones that ask


def _result(returned):
    return Result({"result": returned, "host": "", "task": "", "status": "failed" if returned.get("failed") else "ok"})


def outcomes_of(result):
    return {entry["aor"]: (entry["outcome"], entry["code"]) for entry in result["results"]}


@pytest.mark.parametrize("version", ["2.4", "3.6", "4.0"])
def test_each_phone_gets_what_is_its_own(emulator, version, tmp_path):
    """Accounts from all three options at once, each for another phone; over the FIFO, with all those quotes."""
    emu = emulator(version, phones=7, reboot=False)
    users = [each["user"] for each in emu.phones()]
    aors = [f"{user}@127.0.0.1" if version == "4.0" else user for user in users]
    demands = [
        {"password": "of the list", "username": "admin"},
        {"password": 'of "the" \\ file, é', "realms": ('a "realm"',)},
        {"password": "of the table", "realms": ("127.0.0.1",), "algorithms": ("MD5", "SHA-256")},
        {"password": "of the realm", "realms": ("lab",), "username": "lab", "algorithms": ("SHA-256-sess",), "qop": "auth-int"},
        {"password": "default", "username": "all", "code": 407},
        {"password": "nobody knows it", "username": "all"},
    ]  # fmt: skip
    for user, demand in zip(users, demands, strict=False):
        emu.demand(user, **demand)
    database = databases.SERVERS["sqlite"]().database().create("3.6", "subscriber")
    account = {"username": users[2], "domain": "127.0.0.1", "password": "of the table"}
    # it keeps the hashes only
    written = run_module("table", {**fifo_of(emu), **database.options, "table": "subscriber", "rows": [account]})
    assert not written.get("failed"), written
    file = tmp_path / "phones.csv"
    quoted = demands[1]["password"].replace('"', '""')
    file.write_text(f'aor,username,password\n{aors[1]},{users[1]},"{quoted}"\n', encoding="utf-8")
    file.chmod(0o644)
    lab = hashlib.sha256(b"lab:lab:of the realm").hexdigest()
    options = {
        **fifo_of(emu),
        "aors": aors,
        "event": "check-sync",
        "credentials": [
            {"aor": aors[0], "username": "admin", "password": "of the list"},
            {"realm": "lab", "username": "lab", "ha1_sha256": lab},
            {"realm": "Nowhere", "username": "a", "password": "b"},
            {"username": "all", "password": "default"},
        ],
        "credentials_file": str(file),
        "credentials_db": database.options,
        "max_failures": "50%",
    }
    result = run_module("notify", options)
    assert not result.get("failed"), result
    assert outcomes_of(result) == {
        **dict.fromkeys(aors, ("accepted", 200)),
        # whose password is another one
        aors[5]: ("rejected", 403),
    }
    assert f"Every user of the host can read credentials_file {file}" in str(result["warnings"])
    assert result["invocation"]["module_args"]["credentials"] == "VALUE_NOT_SHOWN"


def test_passwords_that_are_numbers_of_phones(emulator):
    """They occur everywhere in the results, which must stay readable."""
    emu = emulator("3.6", phones=2, reboot=False)
    (one, two) = (each["user"] for each in emu.phones())
    emu.demand(one, password=one)
    given = [{"aor": aor, "username": aor, "password": aor} for aor in (one, two)]
    result = run_module("notify", {**fifo_of(emu), "aors": [one, two], "event": "check-sync", "credentials": given})
    assert outcomes_of(result) == {one: ("accepted", 200), two: ("accepted", 200)}
    assert all(entry["aor"] in entry["contact"] for entry in result["results"])


def test_lamps_and_requests_of_any_kind(emulator):
    emu = emulator("3.6", phones=2, reboot=False)
    first, second = emu.phones()
    for each in (first, second):
        emu.demand(each["user"], username="1001", password="x y", realms=("r",))
    database = databases.SERVERS["sqlite"]().database().create("3.6", "subscriber")
    subscribe(database, {"username": "1001", "domain": "example.com", "password": "x y"})
    entry = {"realm": "r", "username": "1001", "password": "x y"}
    lamp = run_module("mwi", {**fifo_of(emu), "aors": [first["user"]], "new": 1, "credentials": [entry]})
    assert outcomes_of(lamp) == {first["user"]: ("accepted", 200)}, lamp
    request = {"method": "MESSAGE", "ruri": second["contact"], "body": "hello", "credentials_db": database.options}
    headers = {"From": "<sip:a@127.0.0.1>", "Content-Type": "text/plain"}
    message = run_module("uac_dlg", {**fifo_of(emu), **request, "headers": {**headers, "t": "<sip:1001@example.com>"}})
    assert message["code"] == 200, message
    # the account is that of To
    other = run_module("uac_dlg", {**fifo_of(emu), **request, "headers": {**headers, "To": "<sip:1002@example.com>"}})
    assert other["failed"] and other["code"] == 401 and 'no credentials for the realm "r"' in other["msg"]


def test_a_realm_that_is_misspelt(emulator):
    emu = emulator("3.6", phones=2, reboot=False)
    for each in emu.phones():
        emu.demand(each["user"], realms=("asterisk",))
    given = [{"realm": "Asterisk", "username": "a", "password": "secret"}]
    result = run_module("notify", {**fifo_of(emu), "select": {}, "event": "check-sync", "credentials": given})
    assert result["failed"] and {each[0] for each in outcomes_of(result).values()} == {"rejected"}
    assert all('realm "asterisk"' in entry["error"]["message"] for entry in result["results"])
    text = str(result["warnings"])
    assert 'No phone asked for realm "Asterisk"' in text and 'credentials for realm "asterisk"' in text


# What is refused before anything is sent


ENTRY = {"username": "a", "password": "SECRET"}


def bad(folder, database):
    """{name: (options, words of the error)}"""
    (folder / "columns.csv").write_text("username,passwort\na,SECRET\n", encoding="utf-8")
    (folder / "twice.csv").write_text("aor,username,password\n1,a,SECRET\n2,a,SECRET\n1,b,SECRET\n", encoding="utf-8")
    (folder / "cells.csv").write_text("username,password\na\n", encoding="utf-8")
    (folder / "link.json").symlink_to("/dev/zero")
    (folder / "empty.csv").write_text("username,password\n", encoding="utf-8")
    return {
        "without a user": ({"credentials": [ENTRY, {"password": "SECRET"}]}, ["credentials: entry 2 has no username"]),
        "without a secret": ({"credentials": [{"username": "a"}]}, ["credentials: entry 1", "ha1_sha256"]),
        "two defaults": ({"credentials": [ENTRY, ENTRY]}, ["credentials: entry 2", "all other phones"]),
        "no realm": ({"credentials": [{"username": "a", "ha1": "0" * 32}]}, ["credentials: entry 1", "no realm"]),
        "no vendor": ({"credentials": [{**ENTRY, "vendor": "x"}]}, ["credentials: entry 1", "vendor 'x'", "yealink"]),
        "columns": ({"credentials_file": f"{folder}/columns.csv"}, ["credentials_file", "entry 1", "passwort", "username"]),
        "twice": ({"credentials_file": f"{folder}/twice.csv"}, ["credentials_file", "entry 3", "aor 1"]),
        "cells": ({"credentials_file": f"{folder}/cells.csv"}, ["credentials_file", "line 2"]),
        "no file": ({"credentials_file": f"{folder}/none.csv"}, ["credentials_file", "No such file"]),
        "no entries": ({"credentials_file": f"{folder}/empty.csv"}, ["credentials_file", "has no entries"]),
        "device": ({"credentials_file": f"{folder}/link.json"}, ["credentials_file", "cannot be read"]),
        "results there": (
            {"credentials_file": f"{folder}/a.csv", "results_file": f"{folder}/a.csv"},
            ["results_file", "credentials_file"],
        ),
        "no table": ({"credentials_db": database.options}, ["credentials_db", "no table subscriber"]),
        "no database": ({"credentials_db": {"db_url": f"sqlite:///{folder}/none"}}, ["credentials_db", "no file"]),
        "uris": (
            {"credentials_db": database.options, "uris": ["sip:1001@127.0.0.1:9"]},
            ["credentials_db", "uris"],
        ),
    }  # fmt: skip


@pytest.mark.parametrize("check", [False, True])
def test_bad_credentials_send_nothing(emulator, tmp_path, check):
    emu = emulator("3.6", phones=1, reboot=False)
    database = databases.SERVERS["sqlite"]().database().create("3.6", "location")
    for name, (options, words) in bad(tmp_path, database).items():
        who = {} if "uris" in options else {"aors": [emu.phones()[0]["user"]]}
        given = {**fifo_of(emu), "event": "check-sync", **who, **options}
        result = _result(run_module("notify", given, check=check))
        assert_clear(result, words, name)
        assert "SECRET" not in json.dumps(result), name
    assert "t_uac_dlg" not in commands_of(emu)


def test_a_hash_that_python_lacks_sends_nothing(emulator, tmp_path):
    emu = emulator("3.6", phones=1, reboot=False)
    # as Python 3.6 with OpenSSL before 1.1.1
    (tmp_path / "sitecustomize.py").write_text(
        "import hashlib\n\nnew = hashlib.new\n\n\ndef without(name, *data, **options):\n"
        "    if name.startswith('sha512') and name != 'sha512':\n        raise ValueError(name)\n"
        "    return new(name, *data, **options)\n\n\nhashlib.new = without\n",
        encoding="utf-8",
    )
    entry = {"username": "a", "realm": "r", "ha1_sha512t256": "0" * 64}
    args = {**fifo_of(emu), "select": {}, "event": "check-sync", "credentials": [entry]}
    result = _result(ModuleProcess("notify", args, path=[str(tmp_path)]).result())
    assert result["error"]["type"] == "AlgorithmMissing"
    assert_clear(result, ["credentials: entry 1", "SHA-512-256", "ha1_sha512t256", "OpenSSL 1.1.1"], "hash")
    assert "t_uac_dlg" not in commands_of(emu)


def test_the_other_modules_refuse_them_too(emulator):
    emu = emulator("3.6", phones=1, reboot=False)
    contact = emu.phones()[0]["contact"]
    headers = {"From": "<sip:a@b>", "To": "<sip:a@b>"}
    for module, own in {
        "mwi": {"uris": [contact]},
        "uac_dlg": {"method": "OPTIONS", "ruri": contact, "headers": headers},
    }.items():
        result = _result(run_module(module, {**fifo_of(emu), **own, "credentials": [{"password": "SECRET"}]}))
        assert_clear(result, ["credentials: entry 1 has no username"], module)
        misspelt = run_module(module, {**fifo_of(emu), **own, "credentials": [{**ENTRY, "pasword": "SECRET"}]})
        assert misspelt["failed"] and "pasword" in misspelt["msg"] and "SECRET" not in json.dumps(misspelt)
    assert "t_uac_dlg" not in commands_of(emu)
