# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What drouting does with a number, and what it reports of a reload, as 2.4.11, 3.6.8 and 4.0.1 answered."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MalformedReply
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import TextTreeReply, ValueReply
from ansible_collections.community.opensips.plugins.module_utils._readers import reports, routing


def value(result):
    return ValueReply(result, "")


def tree(text):
    return TextTreeReply(text, text)


@pytest.mark.parametrize(
    "reply, record",
    [
        (value({"Matched Prefix": "49", "GW List": [{"GATEWAY": "gw1"}]}), {"prefix": "49", "destinations": ["gw1"]}),
        (value({"Matched Prefix": "43", "GW List": [{"CARRIER": "c1"}]}), {"prefix": "43", "destinations": ["#c1"]}),
        # none of its gateways was known
        (value({"Matched Prefix": "41", "GW List": []}), {"prefix": "41", "destinations": []}),
        (value({"Matched Prefix": "", "GW List": [{"GATEWAY": "gw1"}], "ATTRS": "x"}), {"prefix": "", "destinations": ["gw1"]}),
        (value("No match"), None),
        (value("OK"), None),
        (tree("Matched Prefix:: 49\n\tGATEWAY:: gw1\n\tCARRIER:: c1\n"), {"prefix": "49", "destinations": ["gw1", "#c1"]}),
        (tree("Matched Prefix:: 41\n"), {"prefix": "41", "destinations": []}),
        (tree(""), None),
    ],
)  # fmt: skip
def test_routes(reply, record):
    assert routing.parse(reply) == record


def test_reports():
    lines = ["starting DB data loading", "2 gateways loaded (3 discarded), 5 rules loaded (2 discarded)"]
    found = [
        {"Name": "Default;events", "Reports": []},
        {"Name": "Default", "Reports": [{"Timestamp": 1, "Date": "Sat", "Log": line} for line in lines]},
    ]
    assert reports.parse(value(found)) == {"Default;events": [], "Default": lines}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Matched Prefix", "GW List", "Name", "Reports", "Log", "GATEWAY"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(anything)
@settings(max_examples=150, deadline=None)
def test_whatever_a_reply_holds_nothing_but_malformed_reply_is_raised(result):
    for parse in (routing.parse, reports.parse):
        try:
            parse(value(result))
        except MalformedReply:
            pass
