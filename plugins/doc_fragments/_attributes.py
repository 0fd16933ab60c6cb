# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

from __future__ import annotations


class ModuleDocFragment:
    # What each attribute means; modules say how far they support it
    DOCUMENTATION = r"""
requirements:
  - Python 3.6 or later
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the server.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
  platform:
    description: Target OS/families that can be operated against.
    platforms: posix
    support: full
"""

    ACTIONGROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/community.opensips.all) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - community.opensips.all
"""

    DATABASEGROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/community.opensips.database) in C(module_defaults) to set the database for this module.
    support: full
    membership:
      - community.opensips.database
"""

    BOTHGROUPS = r"""
options: {}
attributes:
  action_group:
    description:
      - Use C(group/community.opensips.all) in C(module_defaults) to set defaults for this module, and C(group/community.opensips.database)
        to set the database.
    support: full
    membership:
      - community.opensips.all
      - community.opensips.database
"""

    STATE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - Reads the state and reports the changes that it would make.
  diff_mode:
    support: full
  idempotent:
    support: full
"""
