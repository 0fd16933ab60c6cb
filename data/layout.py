# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON whose differences can be read: what fits on a line is on one line, everything else has a line for each part."""

import json

WIDTH = 120


def _lines(value, indent, before, after):
    """The lines of a value. before: text on its first line, such as a key; after: text on its last, a comma or nothing."""
    text = f"{indent}{before}{json.dumps(value, ensure_ascii=False)}{after}"
    if len(text) <= WIDTH or not value or not isinstance(value, (dict, list)):
        return [text]
    first, last = "{}" if isinstance(value, dict) else "[]"
    parts = (
        [(f"{json.dumps(key, ensure_ascii=False)}: ", inner) for key, inner in value.items()]
        if isinstance(value, dict)
        else [("", inner) for inner in value]
    )
    lines = [f"{indent}{before}{first}"]
    for number, (key, inner) in enumerate(parts, 1):
        lines += _lines(inner, indent + "  ", key, "," if number < len(parts) else "")
    return [*lines, f"{indent}{last}{after}"]


def load(path):
    """The value that a file of JSON holds."""
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


def dumps(value):
    """The text of a file with a value of JSON. Keys keep their order."""
    return "\n".join(_lines(value, "", "", "")) + "\n"
