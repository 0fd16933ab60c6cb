# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tree of 1.x and 2.x: text, nodes, and a text that lost its indentation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._mi import tree
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MalformedReply

NAME = st.sampled_from(["a", "AOR", "Contact", "Process", "Next-hop", "User-agent", "some_name", "n 1", "value", "7"])
VALUE = st.text(
    st.one_of(
        st.sampled_from(list("ab :;<>\"'\u00fc")),
        st.characters(blacklist_categories=("Cs",), blacklist_characters="\n\r\t="),
    ),
    max_size=8,
)
NODES = st.recursive(
    st.builds(lambda name, value: {"name": name, "value": value, "attributes": {}, "children": []}, NAME, VALUE),
    lambda inner: st.builds(
        lambda name, value, children: {"name": name, "value": value, "attributes": {}, "children": children},
        NAME,
        VALUE,
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)


def written(nodes, depth=0):
    """As mi_writer.c of 2.4 writes them."""
    lines = []
    for node in nodes:
        attributes = "".join(" {0}={1}".format(*each) for each in node["attributes"].items())
        lines.append("\t" * depth + "{0}:: {1}{2}".format(node["name"], node["value"], attributes))
        lines += written(node["children"], depth + 1)
    return lines


@settings(max_examples=100, deadline=None)
@given(st.lists(NODES, max_size=4))
def test_text_and_nodes_tell_the_same(nodes):
    text = "\n".join(written(nodes)) + "\n"
    assert tree.build(tree.walk_text(text)) == nodes
    assert list(tree.walk_text(text)) == list(tree.walk_nodes(nodes))
    assert tree.build(tree.walk_nodes(nodes)) == nodes


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from(list("\t\n:= aAOR\r\u00fcContact")), max_size=40))
def test_any_text_is_a_tree(text):
    events = list(tree.walk_text(text))
    assert len(events) <= len(text.split("\n"))
    flat = list(tree.nest_flat(events))
    assert [event[1:] for event in flat] == [event[1:] for event in events]
    for found in (events, flat):
        assert [each[1:] for each in tree.walk_nodes(tree.build(found))] == [each[1:] for each in found]


def test_attributes_follow_the_value():
    text = "AOR:: 1001\n\tContact:: sip:a@b;x=y?h=1 Q=0.5\nProcess::  ID=1 PID=7 Type=SIP receiver udp:1.2.3.4:5060\n"
    aor, process = tree.build(tree.walk_text(text))
    assert aor["children"][0]["value"] == "sip:a@b;x=y?h=1" and aor["children"][0]["attributes"] == {"Q": "0.5"}
    assert process["attributes"]["Type"] == "SIP receiver udp:1.2.3.4:5060" and process["attributes"]["PID"] == "7"
    assert process["value"] == ""


def test_equal_signs_in_values_that_have_no_attributes():
    (node,) = tree.build(tree.walk_text("User-agent:: My phone v=2 x=3\n"))
    assert node["value"] == "My phone v=2 x=3" and node["attributes"] == {}


def test_the_first_of_two_equal_attributes_wins_and_names_repeat():
    events = list(tree.walk_text("a:: 1\na:: 2\n"))
    assert [value for _depth, _name, value, _attributes in events] == ["1", "2"]


def test_lines_that_go_on():
    (node,) = tree.build(tree.walk_text("Message:: Via: a\r\nTo: b\r\n\r\n\n"))
    assert node["value"] == "Via: a\r\nTo: b\r\n\r\n"


def test_depths_that_jump():
    assert [each["name"] for each in tree.build(tree.walk_text("\t\t\ta:: 1\nb:: 2\n\t\tc:: 3\n"))] == ["a", "b"]


def test_deep_trees_are_walked_without_recursion():
    nodes = []
    for depth in reversed(range(1500)):
        nodes = [{"name": "n", "value": str(depth), "attributes": {}, "children": nodes}]
    assert sum(1 for _event in tree.walk_nodes(nodes)) == 1500
    text = "".join("\t" * depth + "n:: {0}\n".format(depth) for depth in range(1500))
    assert list(tree.walk_text(text)) == list(tree.walk_nodes(nodes))
    with pytest.raises(MalformedReply):
        # nobody could write it as JSON
        tree.build(tree.walk_text(text))


def test_containers_of_a_flat_reply():
    flat = "Domain:: location\nAOR:: 1\nContact:: sip:1@a\nExpires:: 5\nContact:: sip:1@b\nAOR:: 2\nContact:: sip:2@a\n"
    nodes = tree.build(tree.nest_flat(tree.walk_text(flat)))
    (domain,) = nodes
    assert [aor["value"] for aor in domain["children"]] == ["1", "2"]
    assert [contact["value"] for contact in domain["children"][0]["children"]] == ["sip:1@a", "sip:1@b"]
    assert domain["children"][0]["children"][0]["children"][0]["name"] == "Expires"
