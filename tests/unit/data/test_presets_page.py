# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.community.opensips.data import presets_page
from ansible_collections.community.opensips.plugins.module_utils._sip import preset_data, vendors


def test_page_has_every_preset_and_every_family():
    page = presets_page.generate()
    for key, preset in preset_data.PRESETS.items():
        assert f"``{key}``" in page
        assert f"``Event: {preset['event']}``" in page
    for family in vendors.FAMILIES:
        assert f"``{family.pattern}``" in page
