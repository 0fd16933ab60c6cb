#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_campaign_info
short_description: List the campaigns that a host keeps
version_added: 1.0.0
description:
  - Lists the campaigns of M(community.opensips.opensips_notify) that a host keeps, and so can resume.
  - The module does not connect to OpenSIPS. It takes no connection options, and is not in the action group C(all).
author:
  - community.opensips contributors (@community-opensips)
extends_documentation_fragment:
  - community.opensips._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
  platform:
    platforms: posix
options:
  campaign:
    description:
      - Selects campaigns whose names match this shell pattern.
    type: str
    default: "*"
  campaign_dir:
    description:
      - Directory of the journals, as O(community.opensips.opensips_notify#module:campaign_dir).
      - If not set, C(/var/lib/community.opensips) for root, and C(~/.local/state/community.opensips) for other users.
    type: path
seealso:
  - module: community.opensips.opensips_campaign
  - module: community.opensips.opensips_notify
"""

EXAMPLES = r"""
- name: List the campaigns of nightly reboots
  community.opensips.opensips_campaign_info:
    campaign: night-*
  register: kept
"""

RETURN = r"""
campaign_dir:
  description: Directory of the journals.
  returned: success
  type: str
  sample: /var/lib/community.opensips
exists:
  description: Whether that directory exists.
  returned: success
  type: bool
  sample: true
campaigns:
  description: The selected campaigns that the host keeps, the one that was written last first.
  returned: success
  type: list
  elements: dict
  contains:
    campaign:
      description: Name of the campaign.
      type: str
      sample: night-12
    modified:
      description: When its journal was last written, in seconds since 1970.
      type: int
      sample: 1773532800
error:
  description: What went wrong, with C(type), C(message) and C(hint).
  returned: failure
  type: dict
  sample:
    type: JournalError
    message: "The directory /var/lib/community.opensips cannot be read: Permission denied"
    hint: Correct campaign_dir or its permissions
"""

from ansible_collections.community.opensips.plugins.module_utils._module import campaign
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_without_server


def main():
    run_without_server(campaign.info_spec(), campaign.list_kept)


if __name__ == "__main__":
    main()
