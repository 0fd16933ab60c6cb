# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords in db_url and login_password never get into an error, however the URL is broken and whatever the driver says."""

from __future__ import annotations

import json
import urllib.parse

import pytest

from ansible_collections.community.opensips.plugins.module_utils._table import database
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess
from ansible_collections.community.opensips.tests.integration.support.table_body import call, destinations

# No part of five characters of it may be seen.
SECRET = "pass1wo@rd2x'/y\\zé:#?&%41"
QUOTED = urllib.parse.quote(SECRET, safe="")

URLS = {
    "as it should be": f"mysql://u:{QUOTED}@127.0.0.1:9/opensips",
    "of PostgreSQL": f"postgres://u:{QUOTED}@127.0.0.1:9/opensips",
    "with an option that is unknown": f"postgresql://u:{QUOTED}@127.0.0.1:9/opensips?nonsense=1",
    "with a value that is unknown": f"postgresql://u:{QUOTED}@127.0.0.1:9/opensips?sslmode={QUOTED}",
    "in the query": f"postgresql:///opensips?host=/nonexistent&user=u&password={QUOTED}",
    "in the query of MySQL": f"mysql:///opensips?unix_socket=/nonexistent&user=u&password={QUOTED}",
    "not quoted": f"mysql://u:{SECRET}@127.0.0.1:9/opensips",
    "with an @": "mysql://u:pass1@wo@rd2x@127.0.0.1:9/opensips",
    "with a slash before it": "mysql://u/x:pass1word2x@127.0.0.1:9/opensips",
    "without a user": f"mysql://:{QUOTED}@127.0.0.1:9/opensips",
    "as the user": "mysql://pass1word2x@127.0.0.1:port/opensips",
    "without slashes": f"mysql:u:{QUOTED}@127.0.0.1/opensips",
    "without a scheme": f"u:{QUOTED}@127.0.0.1/opensips",
    "with a port that is none": f"mysql://u:{QUOTED}@127.0.0.1:port/opensips",
    "of an unknown kind": f"oracle://u:{QUOTED}@127.0.0.1/opensips",
    "of an unknown driver": f"mysql+none://u:{QUOTED}@127.0.0.1/opensips",
    "of a driver that is not here": f"postgresql+pg8000://u:{QUOTED}@127.0.0.1:9/opensips",
    "of SQLite": f"sqlite://u:{QUOTED}@127.0.0.1/opensips",
    "with a host that cannot be": f"mysql://u:{QUOTED}@[::1/opensips",
    "with a name that cannot be": f"mysql://u:{QUOTED}@a..b/opensips",
}


def parts(secret):
    """Every five characters of a secret, as they are and as URLs and Python write them."""
    texts = {secret, urllib.parse.quote(secret, safe=""), repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    return {text[at : at + 5] for text in texts for at in range(len(text) - 4)}


def assert_secret(result, *secrets):
    assert result["failed"], result
    text = json.dumps(
        {name: result.get(name) for name in ("msg", "error", "exception", "warnings")}, ensure_ascii=False
    )
    for secret in secrets:
        assert [part for part in parts(secret) if part in text or part in result["msg"]] == [], text


@pytest.mark.parametrize("name", URLS)
def test_urls(name):
    result = call(table="dispatcher", rows=destinations("a"), db_url=URLS[name], db_timeout=2)
    assert_secret(result, SECRET, "pass1word2x", "pass1@wo@rd2x")
    assert result["error"]["hint"] or result["error"]["type"] == "MissingLibrary"


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
@pytest.mark.parametrize("secret", [SECRET, "日本の秘密です", "with blanks  in it", "\u202eabcdef\x1b[2J"])
def test_login_password(engine, secret):
    login = {"db_engine": engine, "login_host": "127.0.0.1", "login_port": 9, "login_password": secret}
    assert_secret(call(table="dispatcher", rows=destinations("a"), db_timeout=2, **login), secret)


@pytest.mark.parametrize("secret", [SECRET, "with  blanks"])
def test_what_a_driver_says(tmp_path, secret):
    """Drivers quote what they were given, in their own ways."""
    url = f"postgresql://u:{urllib.parse.quote(secret, safe='')}@127.0.0.1:9/opensips?password={urllib.parse.quote_plus(secret)}"
    params = {**dict.fromkeys(("db_engine", "login_password")), "db_url": url, "db_timeout": 1}
    db = database.Database(params)
    for quoted in (
        secret,
        repr(secret),
        urllib.parse.quote(secret),
        urllib.parse.quote_plus(secret),
        str(db._url.render_as_string(False)),
        url,
    ):
        text, _code = db._text_of(ValueError(f"invalid dsn: {quoted} in the middle"))
        assert [part for part in parts(secret) if part in text] == [], text
        assert text.endswith("in the middle")


def test_a_whole_process(tmp_path):
    """With its arguments returned, verbosely, and what it writes to its errors."""
    for option in (
        {"db_url": URLS["with an option that is unknown"]},
        {"db_url": URLS["of a driver that is not here"]},
    ):
        process = ModuleProcess(
            "table", {**option, "table": "dispatcher", "rows": [], "db_timeout": 1, "_ansible_verbosity": 4}
        )
        result = process.result()
        assert result["failed"]
        text = json.dumps(result, ensure_ascii=False) + process.errors
        assert [part for part in parts(SECRET) if part in text] == [], text


@pytest.mark.parametrize("driver", ["pymysql", "mysqldb"])
def test_a_server_gets_no_files_of_this_host(driver):
    """MySQL's protocol lets a server ask for any; mysqlclient would give them."""
    params = {**dict.fromkeys(("db_engine", "login_password")), "db_url": f"mysql+{driver}://u:p@h/d", "db_timeout": 1}
    options = database.Database(params)._engine_options()
    assert options["connect_args"]["local_infile"] == 0
