# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Bodies of opensips_campaign_info and opensips_campaign: the campaigns that a host keeps, and the removal of old ones."""

import os
import time
from typing import TYPE_CHECKING, Any, Dict, List

from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import default_directory
from ansible_collections.community.opensips.plugins.module_utils._fleet.kept import kept_campaigns
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.kept import KeptCampaign
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task


def info_spec() -> ArgumentSpec:
    """The options of opensips_campaign_info."""
    return ArgumentSpec({"campaign": {"type": "str", "default": "*"}, "campaign_dir": {"type": "path"}})


def spec() -> ArgumentSpec:
    """The options of opensips_campaign."""
    own = {"keep": {"type": "int", "required": True}, "older_than": {"type": "float", "default": 7}}
    return info_spec().merged_with(ArgumentSpec(own))


def list_kept(task: "Task") -> Dict[str, Any]:
    """What opensips_campaign_info returns (dict): the campaigns."""
    directory = task.params["campaign_dir"] or default_directory()
    return {"changed": False, **_kept(directory, kept_campaigns(directory, task.params["campaign"]))}


def _kept(directory: str, campaigns: "List[KeptCampaign]") -> Dict[str, Any]:
    return {
        "campaign_dir": directory,
        "exists": os.path.isdir(directory),
        "campaigns": [{"campaign": campaign.name, "modified": int(campaign.modified)} for campaign in campaigns],
    }


def remove(task: "Task") -> Dict[str, Any]:
    """Remove all campaigns but the newest ones; what opensips_campaign returns (dict). Raises BadParameters."""
    params = task.params
    if params["keep"] < 0:
        raise BadParameters(f"keep is {params['keep']}", "Set it to a number of campaigns, 0 or more")
    if not params["older_than"] >= 0:
        raise BadParameters(f"older_than is {params['older_than']:g}", "Set it to a number of days, 0 or more")
    directory = params["campaign_dir"] or default_directory()
    campaigns = kept_campaigns(directory, params["campaign"])
    # between two batches nothing tells a campaign that goes on from one that has ended, except that it was written lately
    latest = time.time() - params["older_than"] * 86400
    old = [campaign for campaign in campaigns[params["keep"] :] if campaign.modified <= latest]
    removed = [campaign.name for campaign in old if (_is_idle(campaign) if task.check_mode else campaign.remove())]
    header = f"{directory} (old campaigns)"
    return {
        "changed": bool(removed),
        **_kept(directory, [campaign for campaign in campaigns if campaign.name not in removed]),
        "removed": removed,
        "diff": {
            "before": "".join(f"{name}\n" for name in sorted(removed)),
            "after": "",
            "before_header": header,
            "after_header": header,
        },
    }


def _is_idle(campaign: "KeptCampaign") -> bool:
    try:
        with campaign.lock() as is_idle:
            return is_idle
    except OSError:
        return False
