# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_campaign: the campaigns that a host keeps, and the removal of old ones. It needs no server."""

import os
import time
from typing import TYPE_CHECKING, Any, Dict

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import default_directory
from ansible_collections.community.opensips.plugins.module_utils._fleet.kept import kept_campaigns
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._module.run import describe_failure
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.kept import KeptCampaign


def spec() -> Dict[str, Any]:
    """The module's options."""
    return {
        "campaign": {"type": "str", "default": "*"},
        "campaign_dir": {"type": "path"},
        "keep": {"type": "int"},
        "older_than": {"type": "float", "default": 7},
    }


def run_without_server() -> None:
    """Build the AnsibleModule, run the body, and leave by exit_json or fail_json."""
    module = AnsibleModule(argument_spec=spec(), supports_check_mode=True)
    try:
        result = run(module.params, module.check_mode)
    except MIError as error:
        module.fail_json(msg=printable(str(error)), **describe_failure(error))
    module.exit_json(**result)


def run(params: Dict[str, Any], check_mode: bool) -> Dict[str, Any]:
    """List the campaigns, and remove all but the newest ones; what the module returns (dict)."""
    if params["keep"] is not None and params["keep"] < 0:
        raise BadParameters(f"keep is {params['keep']}", "Set it to a number of campaigns, 0 or more")
    if not params["older_than"] >= 0:
        raise BadParameters(f"older_than is {params['older_than']:g}", "Set it to a number of days, 0 or more")
    directory = params["campaign_dir"] or default_directory()
    campaigns = kept_campaigns(directory, params["campaign"])
    # between two batches nothing tells a campaign that goes on from one that has ended, except that it was written lately
    latest = time.time() - params["older_than"] * 86400
    old = [] if params["keep"] is None else [each for each in campaigns[params["keep"] :] if each.modified <= latest]
    removed = [campaign.name for campaign in old if (_is_idle(campaign) if check_mode else campaign.remove())]
    return {
        "changed": bool(removed),
        "campaign_dir": directory,
        "exists": os.path.isdir(directory),
        "campaigns": [
            {"campaign": campaign.name, "modified": int(campaign.modified)}
            for campaign in campaigns
            if campaign.name not in removed
        ],
        "removed": removed,
        "diff": {
            "before": "".join(f"{name}\n" for name in sorted(removed)),
            "after": "",
            "before_header": f"{directory} (old campaigns)",
            "after_header": f"{directory} (old campaigns)",
        },
    }


def _is_idle(campaign: "KeptCampaign") -> bool:
    try:
        with campaign.lock() as is_idle:
            return is_idle
    except OSError:
        return False
