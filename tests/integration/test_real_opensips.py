# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tests that emulated servers pass, against an OpenSIPS that is installed: on PATH, or OPENSIPS_BIN.

OPENSIPS_MODULES names the folder of its modules where it is not found.
"""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.tests.integration.support import core_mi, core_notify, core_sip
from ansible_collections.community.opensips.tests.integration.support.opensips import RealOpensips, find_binary

pytestmark = pytest.mark.skipif(not find_binary(), reason="no opensips on PATH, and OPENSIPS_BIN is not set")


@pytest.fixture(scope="class")
def servers():
    """One for each class, so that each begins with an empty location table."""
    server = RealOpensips(find_binary())
    yield {"real": server}
    alive, log = server.alive(), server.log()
    server.stop()
    assert alive, f"opensips died:\n{log[-3000:]}"


@pytest.fixture(scope="class", params=["real"])
def server_name(request):
    return request.param


class TestConnections(core_mi.Connections):
    pass


class TestCommands(core_mi.Commands):
    pass


class TestFacts(core_mi.Facts):
    pass


class TestUacDlg(core_sip.UacDlg):
    pass


class TestNotify(core_notify.Notify):
    pass


class TestMwi(core_notify.Mwi):
    pass
