# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values: one canonical form, whatever they are given as and wherever they come from."""

import datetime
import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._schema import model
from ansible_collections.community.opensips.plugins.module_utils._table import columns, schema
from ansible_collections.community.opensips.plugins.module_utils._table.columns import (
    ComparedColumn,
    ComparedColumns,
    FoundColumn,
)


def column(token):
    return model.Column(token)


INT = ComparedColumn(FoundColumn("n", "int", "INTEGER", null=False), column("n:int(11)=0"))
UNSIGNED = ComparedColumn(FoundColumn("n", "int", "INTEGER", null=False), column("n:int(11)U=0"))
PORT = ComparedColumn(FoundColumn("port", "int", "INTEGER", null=False), column("port:smallint(5)U=0"))
TEXT = ComparedColumn(FoundColumn("t", "text", "VARCHAR", length=8, null=True), column("t:char(8)?"))
BLOB = ComparedColumn(FoundColumn("b", "bytes", "BLOB", length=10), column("b:blob?"))
MOMENT = ComparedColumn(FoundColumn("d", "datetime", "DATETIME", null=False), column("d:datetime=1900-01-01~00:00:01"))
DOUBLE = ComparedColumn(FoundColumn("f", "float", "DOUBLE", null=False), column("f:double=0.5"))
SINGLE = ComparedColumn(FoundColumn("q", "float", "FLOAT", single=True, null=False), column("q:float(10,2)=1.0"))
SWITCH = ComparedColumn(FoundColumn("s", "bool", "BOOLEAN"))
SECRET = ComparedColumn(
    FoundColumn("password", "text", "CHAR", length=4, null=False), column("password:char(4)="), ["password"]
)
ALL = (INT, UNSIGNED, PORT, TEXT, BLOB, MOMENT, DOUBLE, SINGLE, SWITCH, SECRET)


@pytest.mark.parametrize(
    "field, values, canonical",
    [
        (INT, [1, "1", " 1 ", "+1", True, 1.0, "01"], 1),
        (INT, [0, "0", False, "-0"], 0),
        (INT, [-5, "-5"], -5),
        (UNSIGNED, [4294967295, "4294967295"], 4294967295),
        (TEXT, ["50"], "50"),
        (TEXT, [50], "50"),
        (TEXT, [0.5], "0.5"),
        (TEXT, [None], None),
        (TEXT, [""], ""),
        (BLOB, ["Zürich", "Zürich".encode()], "Zürich".encode()),
        (MOMENT, ["2026-11-22 10:00:00", "2026-11-22T10:00:00", "2026-11-22 10:00:00.000"], "2026-11-22 10:00:00"),
        (MOMENT, ["2026-11-22"], "2026-11-22 00:00:00"),
        (DOUBLE, [0.5, "0.5", ".5", "5e-1"], 0.5),
        (DOUBLE, [3, "3", "3."], 3.0),
        (SINGLE, [0.7, "0.7", 0.7000001, "0.701"], 0.7),
        (SWITCH, [True, "yes", "on", 1, "1", "True"], True),
        (SWITCH, [False, "no", 0], False),
    ],
)
def test_what_means_the_same_is_the_same(field, values, canonical):
    for value in values:
        found = field.check(value)
        assert found == canonical and type(found) is type(canonical)


@pytest.mark.parametrize(
    "field, value, text",
    [
        (INT, "x", "'x' is not a whole number"),
        (INT, "", "'' is not a whole number"),
        (INT, 1.5, "1.5 is not a whole number"),
        (INT, float("inf"), "inf is not a whole number"),
        (INT, float("nan"), "nan is not a whole number"),
        (INT, [1], "[1] is not a whole number"),
        (INT, {}, "{} is not a whole number"),
        (INT, 2**31, "2147483648 is not from -2147483648 to 2147483647"),
        (INT, None, "may not be NULL"),
        (UNSIGNED, -1, "-1 is not from 0 to 4294967295"),
        (PORT, 65536, "65536 is not from 0 to 65535"),
        (TEXT, "123456789", "'123456789' has 9 characters, and the column holds 8"),
        (TEXT, True, "put quotes around"),
        (TEXT, ["a"], "['a'] is not text"),
        (TEXT, "a\0", "NUL"),
        (TEXT, "\ud800", "not valid Unicode"),
        (BLOB, "ä" * 6, "has 12 bytes, and the column holds 10"),
        (MOMENT, "tomorrow", "'tomorrow' is not a time"),
        (MOMENT, "2026-02-30 00:00:00", "is not a time"),
        (MOMENT, 5, "5 is not a time"),
        (DOUBLE, "x", "'x' is not a number"),
        (DOUBLE, float("nan"), "nan is not a number"),
        (DOUBLE, 10**400, "is not a number"),
        (DOUBLE, True, "True is not a number"),
        (SINGLE, 1e39, "1e+39 is not a number"),
        (SWITCH, "maybe", "'maybe' is neither true nor false"),
    ],
)
def test_what_does_not_fit_is_said(field, value, text):
    with pytest.raises(ValueError) as caught:
        field.check(value)
    assert text in str(caught.value)


def test_messages_do_not_hold_secrets():
    for value in ("hunter2", ["hunter2"], "hunter2\0"):
        with pytest.raises(ValueError) as caught:
            SECRET.check(value)
        assert "hunter" not in str(caught.value) and "the value" in str(caught.value)


def test_long_values_are_cut_in_messages():
    with pytest.raises(ValueError) as caught:
        INT.check("x" * 10000)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    "field, stored, canonical",
    [
        (INT, decimal.Decimal(5), 5),
        (INT, "5", 5),
        (INT, "n", "n"),
        (TEXT, b"abc", "abc"),
        (TEXT, 5, "5"),
        (BLOB, memoryview(b"\xff\x00"), b"\xff\x00"),
        (BLOB, "text", b"text"),
        (MOMENT, datetime.datetime(2026, 1, 2, 3, 4, 5, 678), "2026-01-02 03:04:05"),
        (MOMENT, datetime.datetime(1, 1, 1), "0001-01-01 00:00:00"),
        (MOMENT, datetime.date(2026, 1, 2), "2026-01-02 00:00:00"),
        (MOMENT, "2026-01-02 03:04:05.000000", "2026-01-02 03:04:05"),
        (MOMENT, 0, "0"),
        (DOUBLE, decimal.Decimal("0.5"), 0.5),
        (SINGLE, 0.699999988079071, 0.7),
        (SWITCH, 1, True),
    ],
)
def test_what_databases_give(field, stored, canonical):
    assert field.stored(stored) == canonical
    assert field.stored(None) is None


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.lists(st.integers(), max_size=2)
)


@given(ANYTHING)
def test_checking_is_idempotent_and_total(value):
    for field in ALL:
        try:
            canonical = field.check(value)
        except ValueError as error:
            assert str(error)
            continue
        assert field.check(canonical) == canonical
        # what is written is what is read
        assert field.stored(canonical) == canonical
        assert field.shown(canonical) is None or isinstance(field.shown(canonical), (int, float, str))


@given(st.floats(min_value=-(2.0**127), max_value=2.0**127, width=32))
def test_single_precision_survives_the_way_through_32_bits(value):
    """PostgreSQL's REAL and MySQL's FLOAT give back the nearest number with 6 digits, or the one of 32 bits."""
    import struct

    plain = ComparedColumn(FoundColumn("q", "float", "REAL", single=True), column("q:float=0"))
    written = plain.check(value)
    kept = struct.unpack("f", struct.pack("f", written))[0]
    if abs(value) > 1.2e-38:
        assert plain.stored(kept) == written


def test_defaults():
    assert MOMENT.default == "1900-01-01 00:00:01"
    assert INT.default == 0 and TEXT.default is None
    assert (
        ComparedColumn(FoundColumn("id", "int", "INTEGER", null=False), column("id:int(10)U+")).default
        is columns.NOTHING
    )
    needed = ComparedColumn(FoundColumn("gwid", "text", "CHAR", null=False), column("gwid:char(64)"))
    assert needed.needed and not INT.needed
    assert not ComparedColumn(
        FoundColumn("gwid", "text", "CHAR", null=False, has_default=True), column("gwid:char(64)")
    ).needed


def test_the_database_knows_better_than_the_schema():
    # 40000 is a port, but PostgreSQL's SMALLINT ends at 32767
    port = ComparedColumn(FoundColumn("port", "int", "SMALLINT", low=-32768, high=32767), column("port:smallint(5)U=0"))
    with pytest.raises(ValueError):
        port.check(40000)
    with pytest.raises(ValueError):
        port.check(-1)
    # an administrator made the column longer
    assert ComparedColumn(FoundColumn("t", "text", "VARCHAR", length=20), column("t:char(8)")).check("x" * 20)
    # /128 does not fit into a signed tinyint of MySQL, but into what SQLite makes of it
    assert ComparedColumn(FoundColumn("mask", "int", "INTEGER"), column("mask:tinyint=32")).check(128) == 128


def test_a_type_that_opensips_does_not_use_is_not_written():
    with pytest.raises(ValueError, match="JSON"):
        ComparedColumn(FoundColumn("x", None, "JSON")).check("1")


def test_secrets_are_hidden():
    assert SECRET.shown("abc") == "hidden"
    assert SECRET.shown("") == "" and SECRET.shown(None) is None
    assert TEXT.shown("abc") == "abc" and BLOB.shown(b"\xff") == "\\xff"


def test_columns_join_schema_and_database():
    known = schema.choose("registrant", 3, ["aor"])
    found = [FoundColumn(name.lower(), "text", "VARCHAR") for name in known.columns if name != "state"] + [
        FoundColumn("note", "text", "TEXT")
    ]
    found = ComparedColumns(known, found)
    assert found.find("binding_uri").name == "binding_URI" and found.find("BINDING_URI").real_name == "binding_uri"
    assert found.find("note").known is False and found.find("state") is None
    assert "does not have it" in found.nearest("state")
    assert "registrar" in found.nearest("registar")
    assert "there are id" in found.nearest("qqqqqq")
