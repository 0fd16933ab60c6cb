# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rules a server is asked for: only those whose answer is certain."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._compare import asked
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ServerError
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import ValueReply


class Server:
    """A server that answers what it is told, and counts."""

    def __init__(self, answers=None, version=(3, 6, 8)):
        self.version, self.asked, self._answers = version, [], answers or {}

    def call(self, _method, params=None):
        self.asked.append(params)
        answer = self._answers.get(params.get("input", params.get("number")))
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            raise ServerError(404, "No translation", None)
        return ValueReply(answer, "")


def rule(number, match, pr=1, op=0, **values):
    row = {"id": number, "dpid": 1, "pr": pr, "match_op": op, "match_exp": match, "subst_exp": "", "repl_exp": "x"}
    return dict(row, attrs="", timerec="", disabled=0, **values)


def texts(*rows):
    return [question.expected["match"] for question in asked.of_dialplan(Server(), list(rows), None)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([rule(1, "110"), rule(2, "^1", op=1)], ["110"]),
        # the expression comes first: by its priority, or by its place
        ([rule(1, "110"), rule(2, "^1", op=1, pr=0)], []),
        ([rule(2, "110"), rule(1, "^1", op=1)], []),
        ([rule(2, "110"), dict(rule(1, "^1", op=1), disabled=1)], ["110"]),
        ([rule(2, "110"), dict(rule(1, "^1", op=1), dpid=2)], ["110"]),
        # of two for the same text the first
        ([rule(2, "Ab"), rule(1, "aB")], ["aB"]),
        # it may not apply now, or its output is computed
        ([dict(rule(1, "1"), timerec="20260101T080000")], []),
        ([dict(rule(1, "1"), subst_exp="^(.)")], []),
        ([dict(rule(1, "1"), repl_exp="\\1")], []),
        ([dict(rule(1, "1"), disabled=1)], []),
    ],
)
def test_rules_for_a_text(rows, expected):
    assert texts(*rows) == expected


def route(group, prefix, **values):
    return dict({"groupid": group, "prefix": prefix, "timerec": "", "gwlist": "gw1=5;gw2,#c1"}, **values)


@pytest.mark.parametrize(
    ("rows", "version", "expected"),
    [
        ([route("1,2", "49")], (3, 6), [(1, "49"), (2, "49")]),
        ([route("1", "49"), route("1", "49"), route("1", "4")], (3, 6), [(1, "4")]),
        ([route("1", "49", timerec="x")], (3, 6), []),
        ([route("1", "")], (3, 6), [(1, "")]),
        ([route("1", "")], (2, 4), []),
    ],
)
def test_rules_of_routing(rows, version, expected):
    questions = list(asked.of_routing(Server(version=version), rows, None))
    assert [(one.expected["group"], one.expected["prefix"]) for one in questions] == expected
    assert all(one.expected["destinations"] == ["gw1", "gw2", "#c1"] for one in questions)


def test_answers_of_a_server():
    server = Server({"1": {"Output": "x", "ATTRIBUTES": "a"}, "2": None})
    found = asked.answers(asked.of_dialplan(server, [rule(1, "1"), rule(2, "2")], "p"))
    assert found.memory == [{"dpid": 1, "match": "1", "output": "x", "attributes": "a"}]
    assert [entry["match"] for entry in found.table] == ["1", "2"] and found.table[0]["attributes"] is None
    assert (found.left, found.problem) == (0, None) and server.asked[0]["partition"] == "p"


def test_another_rule_for_a_shorter_prefix_is_not_the_one():
    server = Server({"49": {"Matched Prefix": "4", "GW List": [{"GATEWAY": "gw1"}]}})
    found = asked.answers(asked.of_routing(server, [route("1", "49")], None))
    assert found.memory == [] and len(found.table) == 1


def test_an_error_ends_the_questions():
    server = Server({"1": ServerError(400, "Partition not found", None)})
    found = asked.answers(asked.of_dialplan(server, [rule(1, "1"), rule(2, "2")], None))
    assert found.table == [] and "Partition not found" in found.problem and len(server.asked) == 1


def test_not_more_questions_than_there_may_be(monkeypatch):
    monkeypatch.setattr(asked, "MOST_QUESTIONS", 2)
    server = Server()
    found = asked.answers(asked.of_dialplan(server, [rule(number, str(number)) for number in range(5)], None))
    assert len(server.asked) == len(found.table) == 2 and found.left == 3
