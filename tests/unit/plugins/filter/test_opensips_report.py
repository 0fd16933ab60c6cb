# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.filter import opensips_report

FILTERS = opensips_report.FilterModule().filters()
RESULT = {
    "results": [
        {
            "aor": "1001",
            "contact": "sip:1001@192.0.2.1",
            "outcome": "accepted",
            "user_agent": "snom",
            "at": 1.0,
            "seconds": 0.1,
        }
    ]
}


@pytest.mark.parametrize("name", ["csv", "html", "json", "text"])
def test_a_result_a_list_and_a_part_give_the_same(name):
    report = FILTERS[f"opensips_report_{name}"]
    part = FILTERS["opensips_report_part"](RESULT)
    assert "1001" in str(report(RESULT)) or name in ("html", "text")
    assert len({str(report(source)).partition("Written")[0] for source in (RESULT, [RESULT], part, [part])}) == 1


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_errors_are_those_of_filters(name):
    with pytest.raises(AnsibleFilterError, match=name):
        FILTERS[name](42)


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_each_filter_is_documented(name):
    text = pathlib.Path(opensips_report.__file__).with_name(f"{name}.yml").read_text(encoding="utf-8")
    documented = yaml.safe_load(text)
    assert documented["DOCUMENTATION"]["name"] == name
    assert name in documented["EXAMPLES"]


@pytest.mark.parametrize(
    "options, words", [({"max_failures": "abc"}, "max_failures is 'abc'"), ({"min_back": 150}, "min_back is")]
)
def test_limits_that_are_none_name_their_option(options, words):
    with pytest.raises(AnsibleFilterError, match=words):
        FILTERS["opensips_report_progress"](RESULT, None, **options)


@pytest.fixture
def part(tmp_path):
    """(a part whose results are in a file, the file)"""
    file = tmp_path / "results.jsonl"
    file.write_text('{"aor": "1001", "contact": "sip:1001@192.0.2.1", "outcome": "accepted"}\n', encoding="ascii")
    return FILTERS["opensips_report_part"]({"results": [], "summary": {"total": 1}}, file=str(file)), file


def test_one_report_as_several_files_reads_the_results_once(part):
    parts, file = [part[0]], part[1]
    assert "1001" in FILTERS["opensips_report_csv"](parts, title="a")
    times = file.stat()
    file.write_text(file.read_text(encoding="ascii").replace("1001", "1002"), encoding="ascii")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert "1001" in FILTERS["opensips_report_json"](list(parts), title="a")
    assert "1002" in FILTERS["opensips_report_json"](parts, title="b")


def test_a_file_that_changed_is_read_again(part):
    parts, file = [part[0]], part[1]
    assert "1001" in FILTERS["opensips_report_csv"](parts)
    file.write_text(file.read_text(encoding="ascii").replace("1001", "10023"), encoding="ascii")
    assert "10023" in FILTERS["opensips_report_csv"](parts)
    file.unlink()
    assert "10023" not in FILTERS["opensips_report_csv"](parts)
