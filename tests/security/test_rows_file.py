# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rows_file and mailboxes_file as somebody wrote them who means harm: a clear error, bounded work, and nothing is written."""

from __future__ import annotations

import json
import os
import pathlib

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet import mailboxes
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import row_file
from ansible_collections.community.opensips.plugins.module_utils._table.columns import ComparedColumns
from ansible_collections.community.opensips.tests.integration.support import databases
from ansible_collections.community.opensips.tests.integration.support.background import NOBODY, without_hanging
from ansible_collections.community.opensips.tests.integration.support.table_body import call

MILLION = 1_000_000
ROW = '{"setid": 1, "destination": "sip:a"}'

# name: (name of the file, what is in it, words of the error)
FILES = {
    "binary": ("a.csv", bytes(range(256)) * 100, ["utf-8"]),
    "binary JSON": ("a.json", bytes(range(256)), ["utf-8"]),
    "only NUL": ("a.csv", b"\0" * 100_000, []),
    "NUL in a name": ("a.csv", b"setid,desti\0nation\n1,sip:a\n", []),
    "NUL in a value": ("a.csv", b"setid,destination\n1,sip:\0a\n", ["NUL"]),
    "NUL in JSON": ("a.json", b'[{"setid": 1, "destination": "sip:\\u0000a"}]', ["row 1", "NUL"]),
    "UTF-16": ("a.csv", "setid,destination\n1,sip:a\n".encode("utf-16"), ["utf-8"]),
    "UTF-32 JSON": ("a.json", f"[{ROW}]".encode("utf-32"), []),
    "Latin-1": ("a.csv", "setid,destination,description\n1,sip:a,Zürich\n".encode("latin-1"), ["utf-8"]),
    "half a surrogate": ("a.json", b'[{"setid": 1, "destination": "\\ud800"}]', ["not valid Unicode"]),
    "nested lists": ("a.json", b"[" * MILLION, ["row 1 is not a mapping"]),
    "nested mappings": ("a.json", b'[{"a": ' * MILLION, ["row 1 is not a mapping"]),
    "nesting in a value": ("a.json", b'[{"setid": 1, "destination": ' + b"[" * MILLION, ["row 1 is not a mapping"]),
    "nesting after a row": ("a.json", f"[{ROW}, ".encode() + b'{"a":' * MILLION, ["row 2 is not a mapping"]),
    "a list as a value": ("a.json", b'[{"setid": [1], "destination": "sip:a"}]', ["row 1 is not a mapping"]),
    "a mapping at the top": ("a.json", ROW.encode(), ["is not a list"]),
    "text at the top": ("a.json", b'"' + b"[" * 1000 + b'"', ["is not a list"]),
    "rows that are none": ("a.json", b"[1, 2, 3]", ["row 1 is not a mapping"]),
    "something behind": ("a.json", f"[{ROW}] [{ROW}]".encode(), ["after the list"]),
    "no end": ("a.json", f"[{ROW},".encode(), ["row 2 is not a mapping"]),
    "no comma": ("a.json", f"[{ROW}{ROW}]".encode(), ["comma"]),
    "a text without end": ("a.json", b'[{"setid": 1, "destination": "' + b"\\" * MILLION, ["row 1 is not a mapping"]),
    "a name twice": ("a.json", b'[{"setid": 1, "setid": 2, "destination": "sip:a"}]', ["row 1", "setid twice"]),
    "a name twice in CSV": ("a.csv", b"setid,destination,setid\n1,sip:a,2\n", ["setid twice"]),
    "a name in both cases": ("a.csv", b"setid,destination,SETID\n1,sip:a,2\n", ["setid: is given twice"]),
    "NaN": ("a.json", b'[{"setid": NaN, "destination": "sip:a"}]', ["row 1", "NaN"]),
    "Infinity": ("a.json", b'[{"setid": 1, "destination": -Infinity}]', ["row 1", "Infinity"]),
    "1e999": ("a.json", b'[{"setid": 1e999, "destination": "sip:a"}]', ["column setid", "inf"]),
    "1e999 as text": ("a.json", b'[{"setid": 1, "destination": 1e999}]', ["column destination", "inf"]),
    "1e999 in CSV": ("a.csv", b"setid,destination\n1e999,sip:a\n", ["column setid", "1e999"]),
    "a million digits": ("a.json", b'[{"setid": ' + b"9" * MILLION + b"}]", ["row 1", "1,000,000 digits"]),
    "digits behind the point": ("a.json", b'[{"setid": 0.' + b"9" * MILLION + b"}]", ["row 1", "digits"]),
    "300 digits": ("a.json", b'[{"setid": ' + b"9" * 300 + b', "destination": "a"}]', ["column setid", "is not from"]),
    "a million columns": ("a.csv", b",".join([b"c"] * MILLION), ["1,000,000 names"]),
    "a million commas": ("a.csv", b"setid,destination\n1,sip:a\n" + b"," * MILLION, ["line 3"]),
    "a million names in a row": (
        "a.json", b'[{"a": 1' + b"".join(b',"%d":1' % each for each in range(200_000)) + b"}]", ["200,001 names"],
    ),
    "a huge cell": ("a.csv", b"setid,destination\n1," + b"x" * MILLION, ["field larger"]),
    "a quote without end": ("a.csv", b'setid,destination\n1,"' + b"x\n" * MILLION, ["field larger"]),
    "a row over many lines": ("a.csv", b"setid,destination\n1" + b',"\n"' * 3 * MILLION, ["4,194,304 characters"]),
    "a quote in the middle": ("a.csv", b'setid,destination\n1,"sip:a"b\n', []),
    "too few cells": ("a.csv", b"setid,destination\n1\n", ["line 2"]),
    "a name that a terminal obeys": (
        "a.csv", "setid,destination,\x1b]0;owned\x07\u202e\n1,sip:a,x\n".encode(), ["\\x1b]0;owned\\x07\\u202e"],
    ),
    "a key that a terminal obeys": (
        "a.csv", "setid,destination\n1,\x1b[2J\u202ea\n1,\x1b[2J\u202ea\n".encode(), ["\\x1b[2J\\u202ea"],
    ),
    "a name of a million characters": ("a.json", b'[{"' + b"n" * MILLION + b'": 1}]', ["nnn"]),
    "SQL for a name": ("a.csv", b'setid,"destination) VALUES (1); DROP TABLE dispatcher; --"\n1,x\n', ["DROP TABLE"]),
    "a name of Python's": ("a.csv", b"setid,destination,__class__\n1,sip:a,x\n", ["__class__"]),
}  # fmt: skip


@pytest.fixture
def table(tmp_path):
    """A database with the table dispatcher."""
    path = tmp_path / "opensips.sqlite"
    path.touch()
    options = {"db_engine": "sqlite", "login_db": str(path)}
    return databases.Database("sqlite", f"sqlite:///{path}", options).create("3.6", "dispatcher")


def push(table, path, **options):
    return without_hanging(
        call, **{**table.options, "table": "dispatcher", "rows_file": str(path), "db_timeout": 1, **options}
    )


def assert_refused(result, table, path, words=()):
    assert result["failed"] and result["error"]["type"] == "BadParameters", result
    for word in ("rows_file", str(path), *words):
        assert word in result["msg"], result["msg"]
    assert result["error"]["hint"] and len(result["msg"]) < 4000
    assert all(each.isprintable() for each in result["msg"]), result["msg"]
    assert table.rows("dispatcher") == []


@pytest.mark.parametrize("name", FILES)
def test_what_is_in_it(table, tmp_path, name):
    filename, content, words = FILES[name]
    (tmp_path / filename).write_bytes(content)
    assert_refused(push(table, tmp_path / filename), table, tmp_path / filename, words)


def test_what_only_looks_dangerous_is_written_as_it_is(table, tmp_path):
    """Formulas, quotes, line breaks and SQL are text."""
    values = ["=cmd|' /C calc'!A0", "@SUM(1+1)", "it's \"quoted\"", "two\nlines\r\n", "'; DROP TABLE dispatcher; --", "%s%(a)s{0}", "日本\u202e"]  # fmt: skip
    rows = [{"setid": 1, "destination": f"sip:{number}", "attrs": value} for number, value in enumerate(values)]
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    cells = [
        f'1,sip:{row["destination"]},"{row["attrs"]}"'.replace('it\'s "quoted"', 'it\'s ""quoted""') for row in rows
    ]
    (tmp_path / "a.csv").write_text("setid,destination,attrs\n" + "\n".join(cells), encoding="utf-8", newline="")
    for name in ("a.json", "a.csv"):
        result = push(table, tmp_path / name)
        assert not result.get("failed"), result["msg"]
    assert sorted(attrs for (attrs,) in table.rows("SELECT attrs FROM dispatcher")) == sorted(values * 2)


class TestWhatIsInItsPlace:
    def test_a_fifo(self, table, tmp_path):
        os.mkfifo(tmp_path / "a.csv")
        assert_refused(push(table, tmp_path / "a.csv"), table, tmp_path / "a.csv", ["it is a FIFO"])

    @pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/tty"])
    def test_a_device(self, table, device):
        assert_refused(push(table, device), table, device)

    def test_a_folder(self, table, tmp_path):
        assert_refused(push(table, tmp_path), table, tmp_path, ["directory"])

    def test_nothing(self, table, tmp_path):
        assert_refused(push(table, tmp_path / "a"), table, tmp_path / "a", ["No such file"])

    def test_a_link_to_a_device(self, table, tmp_path):
        (tmp_path / "a.csv").symlink_to("/dev/zero")
        assert_refused(push(table, tmp_path / "a.csv"), table, tmp_path / "a.csv", ["it is a device"])

    def test_a_link_of_somebody_else(self, table, tmp_path):
        """Errors would show what only the user of the task may read."""
        if os.geteuid() != 0:
            pytest.skip("only root can make somebody else's link")
        (tmp_path / "secret").write_text("root-secret,x\n", encoding="utf-8")
        shared = tmp_path / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        (shared / "a.csv").symlink_to(tmp_path / "secret")
        os.chown(shared / "a.csv", NOBODY, NOBODY, follow_symlinks=False)
        result = push(table, shared / "a.csv")
        assert_refused(result, table, shared / "a.csv", ["symbolic link"])
        assert "root-secret" not in str(result)

    def test_ones_own_link(self, table, tmp_path):
        (tmp_path / "real.csv").write_text("setid,destination\n1,sip:a\n", encoding="utf-8")
        (tmp_path / "a.csv").symlink_to("real.csv")
        assert push(table, tmp_path / "a.csv")["changed"]

    def test_a_terabyte(self, table, tmp_path):
        for name in ("a.csv", "a.json"):
            (tmp_path / name).touch()
            os.truncate(tmp_path / name, 2**40)
            assert_refused(
                push(table, tmp_path / name), table, tmp_path / name, ["1,099,511,627,776 bytes", "split the file"]
            )


class TestBounds:
    """The limits are made small here; that they are kept does not depend on their size."""

    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch):
        for name, value in {"MOST_ROWS": 1000, "MOST_CELLS": 5000, "MOST_OF_ROW": 2000, "MOST_BYTES": 200_000}.items():
            monkeypatch.setattr(row_file, name, value)

    @pytest.mark.parametrize(
        "name, content, words",
        [
            ("a.csv", "a\n" + "1\n" * 1001, "more than 1,000 rows"),
            ("a.json", "[" + ",".join(['{"a":1}'] * 1001) + "]", "more than 1,000 rows"),
            ("a.csv", ",".join(map(str, range(100))) + ("\n" + ",".join("x" * 100)) * 51, "more than 5,000 values"),
            ("a.json", "[" + ",".join([json.dumps(dict.fromkeys(map(str, range(100)), 1))] * 51) + "]", "more than 5,000 values"),
            ("a.csv", "a\n" + "x" * 2001, "more than 2,000 characters"),
            ("a.json", '[{"a": "' + "x" * 2001 + '"}]', "longer than 2,000 characters"),
            ("a.csv", "a\n" * 100_001, "200,002 bytes"),
        ],
    )  # fmt: skip
    def test_sizes(self, tmp_path, name, content, words):
        (tmp_path / name).write_text(content, encoding="utf-8")
        with pytest.raises(BadParameters, match=words):
            row_file.load(str(tmp_path / name), "rows_file")

    @pytest.mark.parametrize("name", ["a.csv", "a.json"])
    def test_a_file_that_grows_while_it_is_read(self, tmp_path, monkeypatch, name):
        path = tmp_path / name
        path.write_text("a\n" * 100_001 if name == "a.csv" else " " * 200_001, encoding="utf-8")
        monkeypatch.setattr(row_file, "MOST_ROWS", 10**9)
        monkeypatch.setattr(row_file, "MOST_CELLS", 10**9)
        monkeypatch.setattr(row_file, "_check_size", lambda _fd: None)
        with pytest.raises(BadParameters, match="is larger than 200,000 bytes"):
            row_file.load(str(path), "rows_file")

    @pytest.mark.parametrize("name", [name for name, (file, _content, _words) in FILES.items() if file == "a.json"])
    def test_json_is_decoded_row_by_row(self, tmp_path, monkeypatch, name):
        """The decoder never gets nested data, or more than a row."""
        seen = []

        class Json:
            @staticmethod
            def loads(text, **hooks):
                seen.append(text)
                return json.loads(text, **hooks)

        monkeypatch.setattr(row_file, "json", Json)
        (tmp_path / "a.json").write_bytes(FILES[name][1])
        try:
            row_file.load(str(tmp_path / "a.json"), "rows_file")
        except BadParameters:
            pass
        for text in seen:
            assert len(text) <= row_file.MOST_OF_ROW and text.count("{") == 1 and "[" not in text

    def test_mistakes_are_not_looked_for_without_end(self, table, tmp_path, monkeypatch):
        """Each guess what a name was to be compares it with all columns."""
        monkeypatch.setattr(row_file, "MOST_ROWS", MILLION)
        monkeypatch.setattr(row_file, "MOST_CELLS", MILLION)
        monkeypatch.setattr(row_file, "MOST_BYTES", MILLION)
        guesses = []
        monkeypatch.setattr(ComparedColumns, "nearest", lambda self, name: guesses.append(name) or "no idea")
        (tmp_path / "a.csv").write_text("wrong\n" + "x\n" * 100_000, encoding="utf-8")
        assert_refused(push(table, tmp_path / "a.csv"), table, tmp_path / "a.csv", ["row 1, column wrong", "more"])
        assert len(guesses) < 10_000


class TestMailboxes:
    """The same reader."""

    @pytest.mark.parametrize("name", ["nested lists", "binary", "a million columns", "a million digits", "a huge cell"])
    def test_what_is_in_it(self, tmp_path, name):
        filename, content, _words = FILES[name]
        (tmp_path / filename).write_bytes(content)
        self.assert_refused(tmp_path / filename)

    def test_what_is_in_its_place(self, tmp_path):
        os.mkfifo(tmp_path / "fifo.csv")
        for path in (tmp_path / "fifo.csv", pathlib.Path("/dev/zero")):
            self.assert_refused(path)

    def test_a_long_value(self, tmp_path):
        (tmp_path / "a.csv").write_text("aor,new\n1," + "x" * 100_000, encoding="utf-8")
        self.assert_refused(tmp_path / "a.csv")

    def test_a_name_that_a_terminal_obeys(self, tmp_path):
        (tmp_path / "a.csv").write_text("aor,\x1b[2J\n1,2\n", encoding="utf-8")
        self.assert_refused(tmp_path / "a.csv")

    @staticmethod
    def assert_refused(path):
        def load():
            try:
                return mailboxes.load(str(path))
            except BadParameters as error:
                return str(error)

        text = without_hanging(load)
        assert "mailboxes_file" in text and str(path) in text and text.isprintable() and len(text) < 2000
