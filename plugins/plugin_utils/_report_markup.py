# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Pieces of HTML that all parts of a report's page use."""

from __future__ import annotations

import html
import re
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils._report_words import LABELS, clean


def text(value: t.Any, limit: int = 200) -> str:
    """Anything from outside, as text of HTML."""
    if value is None or value == "":
        return '<span class="soft">–</span>'
    return bare(value, limit)


def bare(value: t.Any, limit: int = 200) -> str:
    cleaned = clean(value)
    return html.escape(cleaned if len(cleaned) <= limit else f"{cleaned[: limit - 1]}…")


def unbroken(text: str) -> str:
    """Numbers with their unit in one line."""
    return re.sub(r"(?<=\d) (?=%|ms|s\b|min|h\b)", "&nbsp;", text)


def section(heading: str, note: str, content: str) -> str:
    return f'<section><h2>{heading}</h2><p class="note">{unbroken(note)}</p>{content}</section>'


def state_cell(state: str) -> str:
    known = state if state in LABELS else "unknown"
    return f'<span class="state"><i class="s-{known}"></i>{bare(LABELS.get(state, state))}</span>'
