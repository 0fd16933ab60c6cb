# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the bodies of opensips_notify and opensips_mwi share: targets, sending, results."""

import time

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import report
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import check_pace, deliver
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import flatten
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import validate_uri


def check_options(params):
    """Refuse options that no request could be made with; raises BadParameters or SipError."""
    check_pace(params["rate"], params["max_in_flight"])
    flatten(params["headers"])
    if params["from_uri"]:
        validate_uri(params["from_uri"])


def send(task, requests):
    """Send SipRequests, or plan them in check mode: dict with changed, results in the order of requests, and summary."""
    if task.check_mode:
        results = [report.planned(each) for each in requests]
        changed = any(each["outcome"] == outcomes.PLANNED for each in results)
        return {"changed": changed, "results": results, "summary": report.summary(results, None)}
    started = time.monotonic()
    done = {}
    for request, result in deliver(
        task.connection,
        requests,
        from_uri=task.params["from_uri"],
        socket=None if task.params["socket"] == "default" else task.params["socket"],
        rate=task.params["rate"],
        max_in_flight=task.params["max_in_flight"],
    ):
        done[id(request)] = report.result_of(request, result)
    results = [done[id(each)] for each in requests]
    return {
        "changed": any(each["outcome"] in outcomes.SENT for each in results),
        "results": results,
        "summary": report.summary(results, time.monotonic() - started),
    }
