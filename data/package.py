# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the checkout the package that its modules import each other from: outside of Ansible it is none yet."""

import os
import sys
import types

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_PACKAGE = "ansible_collections.community.opensips"


def ensure():
    """Make import ansible_collections.community.opensips work."""
    for name, path in (("ansible_collections", []), ("ansible_collections.community", []), (_PACKAGE, [ROOT])):
        if name not in sys.modules:
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].__path__ = path
