# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where ansible-core is not installed, as in the step pythons of ./test, tests that run bodies of modules are left out."""

import importlib.util

collect_ignore = (
    []
    if importlib.util.find_spec("ansible")
    else [
        "_fleet/test_campaign.py",
        "_fleet/test_kept.py",
        "_fleet/test_publications.py",
        "_health/test_health_nodes.py",
    ]
)
