# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What opensips_config_change says of reload_routes, against an OpenSIPS that is installed: on PATH, or OPENSIPS_BIN."""

from __future__ import annotations

import time

import pytest

from ansible_collections.community.opensips.plugins.filter.opensips_config import opensips_config_change
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ServerError
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips
from ansible_collections.community.opensips.tests.integration.support.opensips import RealOpensips, find_binary

pytestmark = needs_opensips


class Reloaded:
    """A server. action: what opensips_config_change says that the last change needs."""

    def __init__(self, server):
        self.server = server
        self.action = None
        self._path = server.folder / "opensips.cfg"
        self._version = ".".join(map(str, server.version[:2]))

    def ask(self, command, parameters=None):
        # a reload waits up to 20 seconds for the server's processes
        with Connection({**self.server.ways["fifo"][0], "timeout": 40}) as connection:
            return connection.call(command, parameters).result

    def reload(self, before, after):
        """Put after in place of before, and reload the routes, whatever the action for that is."""
        old = self._path.read_text(encoding="utf-8")
        new = old.replace(before, after, 1)
        assert new != old
        self.action = opensips_config_change(new, old, self._version)["action"]
        self._path.write_text(new, encoding="utf-8")
        self.ask("reload_routes")


@pytest.fixture
def reloaded():
    server = RealOpensips(find_binary())
    try:
        if server.version < (3, 4):
            pytest.skip("reload_routes is not safe before 3.2, and timers come after 3.4 only")
        yield Reloaded(server)
        assert server.alive(), server.log()[-3000:]
    finally:
        server.stop()


def test_a_reload_makes_no_location_table(reloaded):
    with pytest.raises(ServerError, match="reload failed"):
        reloaded.reload('save("location"', 'save("other"')
    assert reloaded.action == "restart"


def test_a_reload_makes_timers_and_statistics(reloaded):
    if not reloaded.server.has("statistics"):
        pytest.skip("the module statistics is not installed")
    timer = 'timer_route[ticks, 1] {\n    update_stat("ticks", 1);\n}\n'
    reloaded.reload("\nroute {", f"\n{timer}\nroute {{")
    assert reloaded.action == "reload_routes"
    until = time.monotonic() + 20
    while time.monotonic() < until and "ticks" not in str(reloaded.ask("get_statistics", {"statistics": ["all"]})):
        time.sleep(0.2)
    assert "ticks" in str(reloaded.ask("get_statistics", {"statistics": ["all"]}))
