# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shell patterns of contacts and sockets, in which the brackets of an IPv6 address are no set of characters."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._sip.glob import globs


@pytest.mark.parametrize(
    "pattern, text, matches",
    [
        ("sip:v61@[::1]:21530", "sip:v61@[::1]:21530", True),
        ("sip:v61@[::1]:21530", "sip:v61@:21530", False),
        ("udp:[0:0:0:0:0:0:0:1]:21000", "udp:[::1]:21000", True),
        ("udp:[::1]:21000", "udp:[0:0:0:0:0:0:0:1]:21000", True),
        ("udp:[::1]:*", "udp:[0000:0000:0000:0000:0000:0000:0000:0001]:5060", True),
        ("*@[2001:db8::10]", "sip:alice@[2001:DB8:0:0::10]", True),
        ("*@[2001:db8::10]", "sip:alice@[2001:db8::11]", False),
        ("*@[2001:db8:*]*", "sip:alice@[2001:db8::11]:5060", True),
        ("*@[2001:db8:*]*", "sip:alice@[2001:db9::11]:5060", False),
        ("udp:[[]2001:db8::1]:*", "udp:[2001:db8::1]:5060", True),
        ("[::ffff:192.0.2.1]", "[::ffff:c000:201]", True),
        ("*0:0:0:0:0:0:0:1*", "sip:v6@[0:0:0:0:0:0:0:1]:5060", True),
        ("sip:v6@?0:0:0:0:0:0:0:1?:5060", "sip:v6@[0:0:0:0:0:0:0:1]:5060", True),
        ("udp:*::1*", "udp:[0:0:0:0:0:0:0:1]:5060", True),
        ("10[0-4]?", "1032", True),
        ("10[0-4]?", "1052", False),
        ("[!1]*", "2000", True),
        ("[ab]c", "ac", True),
        ("[a:b]c", ":c", True),
        ("a[", "a[", True),
        ("*", None, False),
    ],
)
def test_globs(pattern, text, matches):
    assert globs([pattern])(text) is matches


def test_case():
    assert globs(["UDP:[::1]:*"], ignore_case=True)("udp:[::1]:5060")
    assert not globs(["UDP:[::1]:*"])("udp:[::1]:5060")
    assert not globs([])("x")
