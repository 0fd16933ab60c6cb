# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test registered: contacts with time left, and AORs as the server stores them."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.test.registered import TestModule

registered = TestModule().tests()["registered"]


def contact(aor, expires=60):
    return {"aor": aor, "contact": f"sip:{aor.partition('@')[0]}@192.0.2.17", "expires": expires}


BARE = [contact("1001"), contact("1002", None), contact("1003", 0), contact("1004", 0), contact("1004", 5)]
WITH_DOMAIN = [contact("1001@example.com"), contact("1001@[2001:db8::1]")]


@pytest.mark.parametrize(
    "aor, found", [("1001", True), ("1002", True), ("1003", False), ("1004", True), ("1005", False)]
)
def test_where_the_server_stores_no_domains(aor, found):
    assert registered(aor, BARE) is found
    assert registered(f"{aor}@example.com", BARE) is found
    assert registered(f"sip:{aor}@example.com", BARE) is found


@pytest.mark.parametrize(
    "aor, found",
    [
        ("1001@example.com", True),
        ("1001@EXAMPLE.com", True),
        ("sip:1001@example.com", True),
        ("1001@[2001:db8:0::1]", True),
        ("1001@example.net", False),
        ("1001", False),
    ],
)
def test_where_it_stores_them(aor, found):
    assert registered(aor, WITH_DOMAIN) is found


def test_a_number():
    """With jinja2_native, Ansible makes a number of an AOR of digits."""
    assert registered(1001, BARE) is True
    assert registered(1003, BARE) is False


def test_a_contact():
    assert [registered(one) for one in BARE] == [True, True, False, False, True]
    assert registered(contact("1001"), []) is True


def test_contacts_that_change():
    contacts = [contact("1001")]
    assert registered("1001", contacts) and not registered("1002", contacts)
    contacts.append(contact("1002"))
    assert registered("1002", contacts)
    assert not registered("1001", [contact("1002")])
    assert not registered("1001", [])


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("1001",), "contacts is missing, which an AOR requires. Use the contacts of opensips_facts"),
        (("1001", "1001"), "contacts must be a list, not str"),
        (("1001", {"contacts": []}), "contacts must be a list, not dict"),
        (("1001", ["1001"]), "a contact must have aor and expires"),
        (("1001", [{"aor": "1001"}]), "a contact must have aor and expires"),
        (({"aor": "1001"},), "a contact must have aor and expires"),
        ((True, BARE), "an AOR must be a string, not bool"),
        ((None, BARE), "an AOR must be a string, not NoneType"),
        (("", BARE), "has no user"),
        (("a\x1b", BARE), r"U+001B"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(AnsibleFilterError, match="^registered: ") as raised:
        registered(*arguments)
    assert message in str(raised.value)
