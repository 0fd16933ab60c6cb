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
    check_max_in_flight,
)
from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import journal_path
from ansible_collections.community.opensips.plugins.module_utils._fleet.plan import PlanFile
from ansible_collections.community.opensips.plugins.module_utils._fleet.results import Results, ResultsFile, check_path
from ansible_collections.community.opensips.plugins.module_utils._fleet.stop_rule import StopRule
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import Governor, check_rate, check_share
from ansible_collections.community.opensips.plugins.module_utils._module.run import TaskFailure, describe_failure
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
            raise BadParameters(f"results_file {params['results_file']} is the {name}", "Name a file of its own")


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

    seconds: that sending took, None before it ended. failure: the MIError that broke the run off, or None.
    """

    def __init__(self, task, requests, results, journal=None):
        params = task.params
        self._task, self._requests, self._results = task, requests, results
        self._governor = Governor(params["rate"], params["server_share"])
        self._delivery = Delivery(
            task.connection,
            from_uri=params["from_uri"],
            socket=None if params["socket"] == "default" else params["socket"],
            governor=self._governor,
            max_in_flight=params["max_in_flight"],
            stop=StopRule(params["max_failures"]),
            journal=journal,
        )
        self.seconds = None

    def run(self):
        """Send all. Each SipRequest has its result then, whatever went wrong."""
        started = time.monotonic()
        later = []
        for request, result in self._delivery.run(self._requests):
            try:
                self._results.add(request, report.result_of(request, result))
            except Exception as error:  # once the others are in, there may be room for it
                self._delivery.break_off(error)
                later.append((request, result))
        self.seconds = time.monotonic() - started
        for request, result in later:
            self._results.add(request, report.result_of(request, result))

    def break_off(self, error):
        """Let the task fail with an exception, unless something else broke the run off before."""
        self._delivery.break_off(error)

    @property
    def failure(self):
        return self._delivery.failure

    @property
    def sent(self):
        """Requests that went out, as far as their results are known (int)."""
        return sum(self._results.outcome(request) in outcomes.SENT for request in self._requests)

    def counts(self):
        """The summary of the results so far, with the pace of the run."""
        summary = self._results.counts.summary(self.seconds, self.sent)
        if self._requests:
            summary["pace"] = self._governor.report()
        return summary

    def finish(self, result):
        """Return result, or raise TaskFailure with it when the run stopped or broke off."""
        if self._results.problem is not None:
            self._task.warn(self._results.problem)
        if self.failure is not None:
            total = len(self._requests)
            message = f"The run broke off after {self.sent} of {total} requests: {self.failure}"
            raise TaskFailure(message, dict(result, **describe_failure(self.failure)))
        if self._delivery.stopped:
            stopped = self._delivery.stopped
            raise TaskFailure(stopped[0].upper() + stopped[1:], result)
        return result
