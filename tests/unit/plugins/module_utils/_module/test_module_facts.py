# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which facts are gathered."""

import re

import pytest
import yaml

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module import facts
from ansible_collections.community.opensips.plugins.modules import opensips_facts

NOT_BY_DEFAULT = ["tcp", "rate_limits", "call_center", "shared_variables", "subscribers", "cache"]
DEFAULT = [name for name in facts.SUBSETS if name not in NOT_BY_DEFAULT]


@pytest.mark.parametrize(
    "elements, chosen",
    [
        (["default"], DEFAULT),
        ([], DEFAULT),
        (["all"], list(facts.SUBSETS)),
        (["!contacts"], [name for name in DEFAULT if name != "contacts"]),
        (["all", "!contacts"], [name for name in facts.SUBSETS if name != "contacts"]),
        (["default", "cache"], [*DEFAULT, "cache"]),
        (["!all"], []),
        (["!default"], []),
        (["!all", "uptime"], ["uptime"]),
        (["uptime", "!all"], ["uptime"]),
        (["uptime", "!uptime"], []),
        (["all", "!default"], NOT_BY_DEFAULT),
        (["trace", "uptime"], ["uptime", "trace"]),
    ],
)
def test_subsets(elements, chosen):
    assert facts.chosen(elements) == chosen


@pytest.mark.parametrize("element", ["weather", "!weather", "", "!", "!!all"])
def test_unknown_subsets_are_refused(element):
    with pytest.raises(BadParameters, match="there is no subset .*uptime.*default and all"):
        facts.chosen(["uptime", element])


def test_the_documentation_lists_the_subsets():
    options = yaml.safe_load(opensips_facts.DOCUMENTATION)["options"]
    lines = options["gather_subset"]["description"]

    def listed(group):
        (line,) = [line for line in lines if line.startswith(f"V({group}) means")]
        return re.findall(r"V\((\w+)\)", line)[1:]

    assert listed("default") == DEFAULT
    assert listed("all") == NOT_BY_DEFAULT


@pytest.mark.parametrize(
    ("path", "is_local", "reason"),
    [
        (None, True, "The certificate is in a table"),
        ("/etc/hosts", False, "The server is on another host"),
        ("/etc/hosts", True, "/etc/hosts: it has no certificate in PEM"),
    ],
)
def test_certificates_that_cannot_be_read(path, is_local, reason):
    record = facts._certificate(path, is_local)
    assert record["certificate_error"].startswith(reason)
    assert record["subject"] is record["not_after"] is None
