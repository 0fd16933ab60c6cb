# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Bars by vendor, with the numbers behind them."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils._report_markup import bare
from ansible_collections.community.opensips.plugins.plugin_utils._report_plots import stacked_bar
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import clean, number, share

Groups = t.Sequence[tuple[str, t.Mapping[str, int]]]

_VENDORS = 14  # bars; the others are one


def vendor_bars(
    groups: Groups, labels: t.Mapping[str, str], fine: t.Container[str], neither: t.Container[str] = ()
) -> str:
    """A bar for each vendor, a key, and a table of the numbers.

    groups: (vendor, {state: number}), the largest first. labels: {state: its words}, in the order of the parts. fine: the
    states whose share stands beside the bar. neither: the states that this share leaves out.
    """
    shown = _largest(groups)
    rows = "".join(_row(vendor, states, labels, fine, neither) for vendor, states in shown)
    return f'{_key(labels)}<ul class="vendors">{rows}</ul>{_numbers(shown, labels)}'


def _largest(groups: Groups) -> Groups:
    rest: collections.Counter[str] = collections.Counter()
    for _vendor, states in groups[_VENDORS:]:
        rest.update(states)
    others = [(f"{len(groups) - _VENDORS} others", rest)] if rest else []
    return [*groups[:_VENDORS], *others]


def _row(
    vendor: str,
    states: t.Mapping[str, int],
    labels: t.Mapping[str, str],
    fine: t.Container[str],
    neither: t.Container[str],
) -> str:
    total = sum(states.values())
    compared = sum(count for state, count in states.items() if state not in neither)
    good = sum(count for state, count in states.items() if state in fine)
    return (
        f'<li><span class="name">{bare(vendor, 40)}</span>{stacked_bar(states, clean(vendor), labels)}'
        f'<span class="n">{number(total)}</span><span class="share">{share(good, compared)}</span></li>'
    )


def _key(labels: t.Mapping[str, str]) -> str:
    items = "".join(f'<li><i class="s-{state}"></i>{label}</li>' for state, label in labels.items())
    return f'<ul class="key">{items}</ul>'


def _numbers(groups: Groups, labels: t.Mapping[str, str]) -> str:
    head = '<th scope="col">Vendor</th>' + "".join(
        f'<th scope="col" class="n">{label}</th>' for label in labels.values()
    )
    rows = "".join(
        f'<tr><th scope="row">{bare(vendor, 40)}</th>'
        + "".join(f'<td class="n">{number(states.get(state, 0))}</td>' for state in labels)
        + "</tr>"
        for vendor, states in groups
    )
    return (
        '<details><summary>The numbers</summary><div class="scroll"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )
