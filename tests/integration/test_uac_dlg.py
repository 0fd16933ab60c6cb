# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_uac_dlg, on every emulated version."""

from __future__ import annotations

from ansible_collections.community.opensips.tests.integration.support import core_sip


class TestUacDlg(core_sip.UacDlg):
    """As on any server."""
