# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The words of a comparison, and the comparison as text for a terminal."""

from __future__ import annotations

import typing as t

from ansible_collections.community.opensips.plugins.module_utils._compare.comparison import label, line, text
from ansible_collections.community.opensips.plugins.module_utils._compare.differences import Difference
from ansible_collections.community.opensips.plugins.plugin_utils._comparison import AGAINST, Comparison
from ansible_collections.community.opensips.plugins.plugin_utils._report_text import capped
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import clean, number

# What a kind is called in a heading
HEADINGS = {
    "dispatcher": "Dispatcher destinations",
    "load_balancer": "Load balancer destinations",
    "gateways": "Gateways",
    "carriers": "Carriers",
    "routing_rules": "Routing rules",
    "addresses": "Addresses",
    "domains": "Domains",
    "dialplans": "Dialplans",
    "registrants": "Registrants",
    "tls_domains": "TLS domains",
    "configuration": "Configuration files",
    "versions": "Versions",
    "modules": "Modules",
    "log_level": "Log levels",
    "shared_variables": "Shared variables",
    "cache": "Cache keys",
    "contacts": "Permanent contacts",
    "blacklists": "Blacklist rules",
    "trace": "Traces",
    "media_nodes": "Media nodes",
    "probing": "Probing",
}
AGAINST_WORDS = {"table": "its tables", "snapshot": "the snapshot"}


def lines(report: Comparison, show: int = 50) -> list[str]:
    """The report as lines, with at most show differences of each comparison."""
    found = [headline(report), *notes(report)]
    found += capped([f"  {_line(one)}" for one in report.differences], show)
    for against in AGAINST:
        for node, check in report.checks(against):
            if check.problem is None:
                found.append(f"{clean(node.name)} and {AGAINST_WORDS[against]}: {differences(check.total)}")
                found += capped([f"  {_line(one)}" for one in check.differences], show)
    return found


def headline(report: Comparison) -> str:
    """The numbers in one line."""
    nodes = f"{number(len(report.read))} node{'' if len(report.read) == 1 else 's'}"
    if len(report.read) < 2:
        return f"{nodes}: nothing to compare it with" if not any(node.checks for node in report.nodes) else nodes
    counts = report.summary()["kinds"]
    parts = [f"{kind} {number(count)}" for kind, count in counts.items() if count]
    return f"{nodes}: {differences(len(report.differences))}{' (' if parts else ''}{', '.join(parts)}{')' if parts else ''}"


def differences(count: int) -> str:
    """A number of differences in words."""
    return "no difference" if not count else f"{number(count)} difference{'' if count == 1 else 's'}"


def notes(report: Comparison) -> list[str]:
    """What a reader must know before believing the numbers: what was not read, and why."""
    found = [f"{clean(node.name)} was not read: {clean(node.problem or '').rstrip('.')}." for node in report.problems]
    found += [f"{kind} was not compared: {clean(reason).rstrip('.')}." for kind, reason in report.skipped.items()]
    for kind in sorted({kind for node in report.read for kind in node.skipped}):
        found += _unread(report, kind)
    for against in AGAINST:
        found += [
            f"{clean(node.name)} was not compared with {AGAINST_WORDS[against]}: {clean(check.problem).rstrip('.')}."
            for node, check in report.checks(against)
            if check.problem
        ]
    return found


def _unread(report: Comparison, kind: str) -> t.Iterator[str]:
    """That some nodes do not have a kind that others have; what none has is of no interest."""
    without = [node for node in report.read if kind in node.skipped]
    if len(without) < len(report.read):
        names = ", ".join(clean(node.name) for node in without)
        yield f"{kind} was not read on {names}: {clean(without[0].skipped[kind]).rstrip('.')}."


def _line(one: Difference) -> str:
    return clean(line(one))


def thing(one: Difference) -> str:
    """What a difference is about, without the words that all of them have."""
    return " ".join(
        str(value) if name in _BY_THEMSELVES else f"{name}={text(value)}"
        for name, value in one.key.items()
        if value is not None and value != _USUAL.get(name)
    ) or label(one.key)


# values that say what they are, and those that need not be said
_BY_THEMSELVES = frozenset(["uri", "aor", "id", "name", "file", "module", "ip", "product", "contact", "key"])
_USUAL = {"partition": "default", "port": 0, "proto": "any"}
