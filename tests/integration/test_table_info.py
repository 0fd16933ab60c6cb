# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_table_info on real databases: SQLite, PostgreSQL, MariaDB."""

from __future__ import annotations

import json

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module import table_info
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task
from ansible_collections.community.opensips.plugins.module_utils._table.errors import TableError
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module

TABLES = ("dispatcher", "subscriber", "tls_mgm", "sip_trace", "cachedb")
DEFAULTS = {name: option.get("default") for name, option in table_info.spec().spec.items()}
SECRET = "Zq9marks3cret"


@pytest.fixture
def database(database_server):
    made = database_server.database().create("3.6", *TABLES)
    for place, uri in enumerate(("sip:192.0.2.1", "sip:192.0.2.2", "sip:A.example", "sip:a.example")):
        made.execute(
            f"INSERT INTO dispatcher (setid, destination, weight) VALUES ({place // 2 + 1}, '{uri}', '{place}')"
        )
    made.execute(
        f"INSERT INTO subscriber (username, domain, password, ha1) VALUES ('1001', 'example.com', '{SECRET}', '{SECRET}')",
        f"INSERT INTO tls_mgm (domain, certificate, private_key) VALUES ('d', 'public', '{SECRET}')",
        f"INSERT INTO cachedb (keyname, value, expires) VALUES ('u', 'fs://user:{SECRET}@192.0.2.9:8021', 0)",
        "INSERT INTO sip_trace (time_stamp, callid, trace_attrs, msg, method, status, from_proto, from_ip, from_port, to_proto, to_ip,"
        " to_port, fromtag, direction) VALUES ('2026-11-22 10:00:00', 'c', 'a', 'Authorization: Digest username=\"a\","
        " response=\"0123456789abcdef0123456789abcdef\"', 'REGISTER', '', 'udp', '', 1, 'udp', '', 2, 't', 'in')",
    )
    yield made
    made.drop()


@pytest.fixture
def read(database):
    """read("dispatcher", where={...}): the result."""

    def run(table, **options):
        params = {**DEFAULTS, **database.options, "table": table, **options}
        return table_info.run(Task(params, False, False, None, pytest.fail))

    return run


def destinations(result):
    return [row["destination"] for row in result["rows"]]


def test_rows_by_columns_and_conditions(read):
    found = read("dispatcher")
    assert destinations(found) == ["sip:192.0.2.1", "sip:192.0.2.2", "sip:A.example", "sip:a.example"]
    assert (found["total"], found["table_version"], found["left_out"]) == (4, 9, [])
    assert list(found["rows"][0]) == found["columns"] and found["rows"][0]["socket"] is None
    some = read("dispatcher", columns=["Weight", "setid"], where={"setid": ["1", 2], "weight": [1, "3"]})
    assert some["rows"] == [{"weight": "1", "setid": 1}, {"weight": "3", "setid": 2}] and some["total"] == 2
    assert read("dispatcher", where={"socket": None})["total"] == 4
    # MySQL finds both
    assert destinations(read("dispatcher", where={"destination": "sip:a.example"})) == ["sip:a.example"]


def test_a_limit_is_told_apart_from_the_end(read):
    for where in ({}, {"setid": [1, 2]}):
        found = read("dispatcher", limit=3, where=where)
        assert len(found["rows"]) == 3 and found["total"] == 4


def test_secrets_stay_in_the_database(read):
    for table in TABLES:
        found = read(table)
        assert found["rows"] and SECRET not in json.dumps(found) and "0123456789abcdef" not in json.dumps(found), table
    assert read("subscriber")["left_out"] == ["password", "ha1", "ha1_sha256", "ha1_sha512t256"]
    assert read("tls_mgm")["rows"][0]["certificate"] == "public"
    assert read("cachedb")["rows"][0]["value"] == "fs://********@192.0.2.9:8021"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"columns": ["ha1"]}, "columns: the column ha1 holds secrets"),
        # who may ask for a hash can guess it
        ({"where": {"HA1": "x"}}, "where: the column ha1 holds secrets"),
        ({"where": {"user": "x"}}, "where: the table subscriber has no column 'user'"),
        ({"where": {"id": "x"}}, "where: column id: 'x' is not a whole number"),
        ({"where": {"id": []}}, "where: id has 0 values"),
        ({"columns": []}, "columns is empty"),
        ({"limit": 0}, "limit is 0"),
        ({"limit": 100001}, "limit is 100001"),
        ({"table": "subscribers"}, "no table 'subscribers'. Did you mean subscriber"),
        ({"db_table": "nowhere"}, "has no table nowhere"),
    ],
)
def test_bad_input_names_the_option(read, options, words):
    with pytest.raises((BadParameters, TableError)) as error:
        read(**{"table": "subscriber", **options})
    assert words in str(error.value)


def test_the_module_itself(database):
    options = {**database.options, "login_password": SECRET} if database.engine == "sqlite" else database.options
    result = run_module("table_info", {"table": "dispatcher", "where": {"setid": 2}, **options}, check=True)
    assert not result["changed"] and result["total"] == 2
    bad = run_module("table_info", {"table": "dispatcher", "db_url": f"mysql://user:{SECRET}@", "pasword": SECRET})
    assert bad["failed"] and SECRET not in json.dumps(bad)
    bad = run_module("table_info", {"table": "dispatcher", "db_url": f"sqlite:////nowhere?{SECRET}=1"})
    assert bad["error"]["type"] == "DatabaseUnreachable" and SECRET not in json.dumps(bad)
