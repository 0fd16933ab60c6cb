# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an error of a database means, without a database."""

import pytest

pytest.importorskip("sqlalchemy")

from ansible_collections.community.opensips.plugins.module_utils._table.database import Database

URLS = {"postgresql": "postgresql+psycopg2://h/d", "mysql": "mysql+pymysql://h/d", "sqlite": "sqlite:////nonexistent"}


def database(engine, **options):
    params = {"db_url": URLS[engine], "db_engine": None, "login_password": None, "db_timeout": 1.0}
    return Database(params, **options)


class Lost(Exception):
    connection_invalidated = True


@pytest.mark.parametrize(
    "engine, code, certain",
    [
        # a constraint that is checked last, a deadlock, a serialization failure
        ("postgresql", "23503", True),
        ("postgresql", "40P01", True),
        ("postgresql", "40001", True),
        ("postgresql", "53100", True),
        # statement completion unknown, connection failure, shutdown of the server or of this session
        ("postgresql", "40003", False),
        ("postgresql", "08006", False),
        ("postgresql", "57P01", False),
        ("postgresql", None, False),
        ("mysql", 1213, True),
        ("mysql", 1114, True),
        # an error during COMMIT, killed, interrupted, and what the client says of its connection
        ("mysql", 1180, False),
        ("mysql", 1927, False),
        ("mysql", 1317, False),
        ("mysql", 2006, False),
        ("mysql", 2013, False),
        ("mysql", None, False),
        ("sqlite", None, True),
    ],
)
def test_whether_a_failed_commit_is_certain(engine, code, certain):
    db = database(engine)
    assert db._is_certain(Exception(), code) == certain
    assert db._is_certain(Lost(), code) == (engine == "sqlite")


def test_nobody_who_only_reads_is_told_of_writing():
    for read_only in (False, True):
        db = database("postgresql", read_only=read_only)
        assert ("INSERT" in db._remedy("", "42501")) != read_only
        assert ("Nothing was written" in db._lock_hint()) != read_only


@pytest.mark.parametrize(
    "text", ["sorry, too many clients already", "remaining connection slots are reserved", "Too many connections"]
)
def test_no_connection_left(text):
    assert "allows no more connections" in database("postgresql")._open_hint(text.lower(), None)
    assert "allows no more connections" in database("mysql")._open_hint(text, 1040)
