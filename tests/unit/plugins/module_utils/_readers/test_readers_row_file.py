# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CSV files as programs write them: what separates the cells is told by the line of names."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import row_file


@pytest.fixture
def rows(tmp_path):
    """rows(text): what row_file makes of a CSV file."""

    def rows_of(text):
        path = tmp_path / "rows.csv"
        path.write_text(text, encoding="utf-8")
        return row_file.load(str(path), "rows_file")

    return rows_of


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_line_of_names_tells_what_separates_the_cells(rows, mark):
    text = '\n\n"username"{0}groups\n1001{0}"a{0}b"\n\n1002{0}a b\n'.format(mark)
    assert rows(text) == [
        {"username": "1001", "groups": "a{0}b".format(mark)},
        {"username": "1002", "groups": "a b"},
    ]


def test_other_marks_belong_to_the_cells(rows):
    assert rows("username;groups\n1001;a,b\n") == [{"username": "1001", "groups": "a,b"}]
    assert rows("username,groups\n1001,a;b\n") == [{"username": "1001", "groups": "a;b"}]
    assert rows("username\na;b\n") == [{"username": "a;b"}]


def test_two_marks_in_one_file_are_an_error(rows):
    with pytest.raises(BadParameters, match="line 2 has another number of cells"):
        rows("username;groups\n1001,a\n")


def test_an_empty_file_has_no_rows(rows):
    assert rows("") == rows("\n \n") == []


@pytest.mark.parametrize("text", ['{"username": "1001", "password": "secret"}\n', '[{"username": "1001"}]\n', "[\n"])
def test_json_in_a_file_of_another_name_is_an_error(rows, text):
    with pytest.raises(BadParameters, match=r"looks like JSON: .* ends in \.json") as raised:
        rows(text)
    assert "secret" not in str(raised.value)
