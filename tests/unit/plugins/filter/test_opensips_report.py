# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

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
