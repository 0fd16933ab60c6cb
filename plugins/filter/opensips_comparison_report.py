# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter that makes reports of what nodes differ in. It is documented beside this file."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils import _comparison_html, _comparison_text
from ansible_collections.community.opensips.plugins.plugin_utils._comparison import Comparison
from ansible_collections.community.opensips.plugins.plugin_utils._phones_fleet import complete, plain

_FORMATS: dict[str, t.Callable[..., t.Any]] = {
    "html": lambda report, show: _comparison_html.page(report),
    "json": lambda report, show: report.to_json(),
    "summary": lambda report, show: {"differences": report.total, **report.summary()},
    "text": _comparison_text.lines,
}


def opensips_comparison_report(
    sources: t.Any,
    format: str,  # noqa: A002 - the name that playbooks write
    ignore: t.Any = (),
    states: bool = True,
    show: int = 50,
    hosts: t.Any = (),
    title: str = "Comparison",
    time: float | None = None,
) -> t.Any:
    name = "opensips_comparison_report"
    if format not in _FORMATS:
        raise AnsibleFilterError(f"{name}: format is {format!r}. Use one of {', '.join(_FORMATS)}")
    about: dict[str, t.Any] = {"title": str(title), "ignore": [str(word) for word in ignore], "states": bool(states)}
    if time is not None:
        about["time"] = float(time)
    try:
        report = Comparison(complete(plain(sources), plain(list(hosts)), "node"), about)
        return _FORMATS[format](report, int(show))
    except (AttributeError, KeyError, TypeError, ValueError, OpensipsError) as error:
        raise AnsibleFilterError(f"{name}: {printable(str(error))}") from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {opensips_comparison_report.__name__: opensips_comparison_report}
