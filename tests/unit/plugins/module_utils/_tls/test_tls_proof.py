# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which handshakes show a TLS domain, and what they say together."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._tls import proof
from ansible_collections.community.opensips.plugins.module_utils._ua import target

ONE, TWO = "127.0.0.1:5061", "127.0.0.1:5062"
SOCKETS = proof.Sockets([target.parse(f"tls:{place}") for place in (ONE, TWO)], True, None)


def asked(addresses, claimed=(), names=("*",), by_name=True, sockets=SOCKETS):
    expected = proof.Expected(list(addresses), list(names), b"der")
    found = proof.questions(expected, sockets, set(claimed), by_name)
    return [(f"{question.target.host}:{question.target.port}", question.server_name) for question in found]


def test_an_exact_address_hides_domains_that_match_any():
    assert asked("*") == [(ONE, None), (TWO, None)]
    assert asked("*", claimed=[ONE]) == [(TWO, None)]
    assert asked("*", claimed=[ONE, TWO]) == []
    # of the domain itself
    assert asked([ONE], claimed=[ONE]) == [(ONE, None)]


def test_each_name_is_asked_for_where_the_server_looks_at_it():
    names = ("a.example.com", "*.b.example.com", "*")
    assert asked([ONE], names=names) == [(ONE, "a.example.com"), (ONE, "any.b.example.com"), (ONE, None)]
    assert asked([ONE], names=names, by_name=False) == [(ONE, None)]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [([True, True], True), ([True, False], False), ([True, None], True), ([None, None], None), ([], None)],
)
def test_all_sockets_that_answer_count(answers, expected):
    assert proof.is_in_use([{"is_expected": answer} for answer in answers]) is expected
