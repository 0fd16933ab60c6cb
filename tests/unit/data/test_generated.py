# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generated files are what their sources make, and the sources can be read."""

import json

import pytest

from ansible_collections.community.opensips.data import generated, layout


@pytest.mark.parametrize("path, text", generated.files(), ids=lambda value: str(value).rpartition("/")[2][:40])
def test_files_are_up_to_date(path, text):
    with open(path, encoding="utf-8") as stream:
        assert stream.read() == text, "run python -m data"


def test_a_stale_file_is_found_and_written(tmp_path, monkeypatch):
    monkeypatch.setattr(generated, "GENERATORS", [generated.presets_page])
    page = tmp_path / "presets.rst"
    page.write_text(generated.presets_page.generate() + "more\n", encoding="utf-8")
    monkeypatch.setattr(generated.presets_page, "TARGET", str(page))
    assert generated.update(check=True) == [str(page)]
    assert page.read_text(encoding="utf-8").endswith("more\n")
    assert generated.update() == [str(page)]
    assert generated.update(check=True) == []


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        {"a": [1, 2.5, None, True, "é\n"]},
        {"commands": {"x" * 50: [{"from": "1.4", "list": ["y" * 30] * 4}, []], "z": {}}},
        ["long " * 40, {"long " * 40: "long " * 40}],
    ],
)
def test_the_layout_keeps_the_data(value):
    text = layout.dumps(value)
    assert json.loads(text) == value
    assert all(len(line) <= layout.WIDTH or "long " in line for line in text.splitlines())
