# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures: those of the integration tests."""

import pytest

# before they are imported
pytest.register_assert_rewrite("ansible_collections.community.opensips.tests.integration.support")

# pylint: disable=wildcard-import,unused-wildcard-import
from ansible_collections.community.opensips.tests.integration.support.fixtures import *  # noqa: E402, F403
from ansible_collections.community.opensips.tests.shared_directory import *  # noqa: E402, F403
