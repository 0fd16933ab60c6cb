# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import importlib.util
import pathlib

from ansible_collections.community.opensips.plugins.module_utils._sip import presets, vendors

ROOT = pathlib.Path(__file__).resolve().parents[3]


def _tool():
    spec = importlib.util.spec_from_file_location("presets_page", ROOT / "tests" / "tools" / "presets_page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = _tool()


def test_page_is_what_the_data_says():
    assert TOOL.main(["--check"]) == 0


def test_page_tells_of_every_preset_and_of_every_family():
    page = (ROOT / "docs" / "docsite" / "rst" / "presets.rst").read_text(encoding="utf-8")
    for key, preset in presets.all_presets().items():
        assert f"``{key}``" in page
        assert f"``Event: {preset.event}``" in page
    for family in vendors.FAMILIES:
        assert f"``{family.pattern}``" in page


def test_check_finds_a_page_that_is_out_of_date(tmp_path, monkeypatch):
    stale = tmp_path / "presets.rst"
    stale.write_text(TOOL.generate() + "more\n", encoding="utf-8")
    monkeypatch.setattr(TOOL, "TARGET", str(stale))
    assert TOOL.main(["--check"]) != 0
    TOOL.main([])
    assert TOOL.main(["--check"]) == 0
