# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.community.opensips.plugins.module_utils._readers import events
from ansible_collections.community.opensips.tests.unit import wire


@pytest.mark.parametrize("version", wire.VERSIONS)
def test_names(version):
    names = events.parse_names(wire.reply(version, "fifo", "events_list"))
    assert {"E_CORE_THRESHOLD", "E_UL_AOR_INSERT", "E_UL_AOR_DELETE"} <= set(names)


@pytest.mark.parametrize("version", ["2.4", "3.6", "4.0"])
def test_subscriptions(version):
    (listed,) = [each for each in wire.exchanges(version, "events") if each["carrier"] == "mi"]
    data = listed["bytes"].encode("latin-1")
    protocol = wire.protocol_of(version, "datagram")
    found = events.parse_subscriptions(protocol.decode(data, wire.Request(b"", "subscribers_list", 1)))
    kind = "jsonrpc" if version == "2.4" else "tcp"
    assert len(found) == 12
    assert {each["socket"] for each in found} == {f"{kind}:127.0.0.1:19771", "udp:127.0.0.1:19770"}
    assert {each["expires"] for each in found} == {600}
