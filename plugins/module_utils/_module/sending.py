# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the bodies of opensips_notify and opensips_mwi share: sending, results, and what a run that stopped leaves."""

import contextlib
import os
import time

from ansible_collections.community.opensips.plugins.module_utils._fleet import outcome as outcomes
from ansible_collections.community.opensips.plugins.module_utils._fleet import report
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import (
    Delivery,
    StopRule,
    check_max_in_flight,
    not_sent,
)
from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import journal_path
from ansible_collections.community.opensips.plugins.module_utils._fleet.plan import PlanFile
from ansible_collections.community.opensips.plugins.module_utils._fleet.results import Results, ResultsFile, check_path
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import Governor, check_rate, check_share
from ansible_collections.community.opensips.plugins.module_utils._module.run import TaskFailure, describe_error
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import flatten
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import validate_uri


def check_options(params):
    """Refuse options that no request could be made with; raises BadParameters or SipError."""
    check_rate(params["rate"])
    check_share(params["server_share"])
    check_max_in_flight(params["max_in_flight"])
    if params["results_file"] is not None:
        _check_results_file(params)
    StopRule(params["max_failures"])
    flatten(params["headers"])
    if params["from_uri"]:
        validate_uri(params["from_uri"])


def _check_results_file(params):
    """Refuse a results_file that could not be written, or that is another file of the task."""
    check_path(params["results_file"])
    others = {name: params.get(name) for name in ("state_file", "mailboxes_file")}
    if params.get("campaign"):
        others["campaign's journal"] = journal_path(params["campaign"], params["campaign_dir"])
        others["campaign's plan"] = PlanFile(params["campaign"], params["campaign_dir"]).path
    for name, path in others.items():
        if path is not None and _is_same_file(path, params["results_file"]):
            raise BadParameters(
                "results_file {0} is the {1}".format(params["results_file"], name), "Name a file of its own"
            )


def _is_same_file(path, other):
    try:
        return os.path.realpath(safe_file.path_of(path)) == os.path.realpath(safe_file.path_of(other))
    except OSError:
        # who opens it says what is wrong with it
        return False


def plan(requests):
    """The Results of check mode."""
    results = Results()
    for request in requests:
        results.add(request, report.planned(request))
    return results


@contextlib.contextmanager
def results_of(task):
    """The Results of a run, which go to the file of the option results_file, if there is one."""
    path = task.params["results_file"]
    if path is None:
        yield Results()
        return
    results = Results(ResultsFile(path))
    try:
        yield results
    finally:
        results.close()


class Sending:
    """One run over SipRequests. results: Results, which takes what becomes of each.

    seconds: that sending took. sent: requests that went out. stopped: why the run
    stopped before its end, or None. failure: the MIError that ended it, or None.
    """

    def __init__(self, task, requests, results, journal=None):
        params = task.params
        self.governor = Governor(params["rate"], params["server_share"])
        delivery = Delivery(
            task.connection,
            from_uri=params["from_uri"],
            socket=None if params["socket"] == "default" else params["socket"],
            governor=self.governor,
            max_in_flight=params["max_in_flight"],
            stop=StopRule(params["max_failures"]),
            journal=journal,
        )
        self.failure = None
        started = time.monotonic()
        try:
            for request, result in delivery.run(requests):
                results.add(request, report.result_of(request, result))
        except MIError as error:
            self.failure = error
        except OSError as error:
            # results must not be lost with it
            self.failure = MIError("The run broke off: {0}".format(error.strerror or error))
        self.failure = self.failure or delivery.failure
        self.seconds = time.monotonic() - started
        self.stopped = delivery.stopped
        under_way = delivery.under_way()
        for request in requests:
            if results.outcome(request) is None:
                results.add(request, self._unaccounted(request, id(request) in under_way))
        self.sent = sum(results.outcome(request) in outcomes.SENT for request in requests)
        self._task, self._results, self._requested = task, results, bool(requests)

    def _unaccounted(self, request, may_have_sent):
        """The result of a request that the run broke off before."""
        result = not_sent("the run broke off: {0}".format(self.failure))
        return report.result_of(request, dict(result, outcome=outcomes.UNKNOWN if may_have_sent else outcomes.NOT_SENT))

    def finish(self, result):
        """Return result with the pace of the run in its summary, or raise TaskFailure with it when the run stopped or broke off."""
        if self._results.problem is not None:
            self._task.warn(self._results.problem)
        if self._requested:
            result["summary"]["pace"] = self.governor.report()
        if self.failure is not None:
            raise TaskFailure(str(self.failure), dict(result, error=describe_error(self.failure)))
        if self.stopped:
            raise TaskFailure(self.stopped[0].upper() + self.stopped[1:], result)
        return result
