# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that make reports of the registered phones. Each is documented beside this file."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.module_utils._fleet.firmware import FirmwareRules
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils import _phones_html, _phones_text
from ansible_collections.community.opensips.plugins.plugin_utils._phones import PhonesError
from ansible_collections.community.opensips.plugins.plugin_utils._phones_compare import load
from ansible_collections.community.opensips.plugins.plugin_utils._phones_fleet import OPTION, Fleet, complete, plain

_FORMATS: dict[str, t.Callable[..., t.Any]] = {
    "csv": lambda fleet, show: fleet.to_csv(),
    "html": lambda fleet, show: _phones_html.page(fleet),
    "json": lambda fleet, show: fleet.to_json(),
    "text": _phones_text.lines,
}
_ABOUT = frozenset(["title", "time", "select", "location_table"])
# the fleet that was made last: a task makes several formats of it, one after another
_last: dict[str, Fleet] = {}


def opensips_phone_report(
    sources: t.Any,
    format: str,  # noqa: A002 - the name that playbooks write
    firmware: t.Any = None,
    compare_to: str = "",
    show: int = 20,
    hosts: t.Any = (),
    **about: t.Any,
) -> t.Any:
    name = "opensips_phone_report"
    if format not in _FORMATS:
        raise AnsibleFilterError(f"{name}: format is {format!r}. Use one of {', '.join(_FORMATS)}")
    if set(about) - _ABOUT:
        raise AnsibleFilterError(f"{name}: there is no option {', '.join(sorted(set(about) - _ABOUT))}")
    try:
        fleet = _fleet(complete(plain(sources), plain(hosts), "host"), plain(firmware), compare_to, plain(about))
        return _FORMATS[format](fleet, int(show))
    except (AttributeError, KeyError, TypeError, ValueError, BadParameters) as error:
        raise AnsibleFilterError(f"{name}: {printable(str(error))}") from error


def opensips_phone_report_problems(firmware: t.Any, compare_to: str = "") -> list[str]:
    found = []
    try:
        FirmwareRules(plain(firmware) or None, OPTION)
    except BadParameters as error:
        found.append(printable(str(error)))
    try:
        if compare_to:
            load(str(compare_to))
    except PhonesError as error:
        found.append(f"phone_report_compare_to: {printable(str(error))}")
    return found


def _fleet(sources: list[t.Any], firmware: t.Any, compare_to: str, about: dict[str, t.Any]) -> Fleet:
    files = [source.get("file") for source in sources if isinstance(source, dict)]
    key = json.dumps([sources, firmware, compare_to, about, list(map(_stamp, files))], default=str, sort_keys=True)
    if key not in _last:
        _last.clear()
        if "time" in about:
            about["time"] = float(about["time"])
        _last[key] = Fleet(sources, firmware, str(compare_to), about)
    return _last[key]


def _stamp(path: t.Any) -> t.Any:
    try:
        status = os.stat(str(path))
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {function.__name__: function for function in (opensips_phone_report, opensips_phone_report_problems)}
