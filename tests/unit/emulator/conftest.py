# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One emulator per version for the tests that only read."""

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator

VERSIONS = ("1.11", "2.4", "3.6", "4.0")


@pytest.fixture(scope="module", params=VERSIONS)
def any_emulator(request):
    """An emulator of each version, shared within a module."""
    with Emulator(request.param, phones=8, fr_timeout=1.0) as emu:
        yield emu
