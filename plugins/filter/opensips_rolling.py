# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of the role rolling: what to ask, whether a node can be rolled, and the timeline. Each is documented beside this file."""

from __future__ import annotations

import functools
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils import _rolling_html, _rolling_plan, _rolling_read
from ansible_collections.community.opensips.plugins.plugin_utils._phones_fleet import plain
from ansible_collections.community.opensips.plugins.plugin_utils._rolling_timeline import Timeline

_FORMATS: dict[str, t.Callable[[Timeline], t.Any]] = {
    "html": _rolling_html.page,
    "json": Timeline.to_json,
    "text": Timeline.lines,
}


def _filter(function: t.Callable) -> t.Callable:
    """The function, with its errors as Ansible's."""

    @functools.wraps(function)
    def wrapped(*args: t.Any, **kwargs: t.Any) -> t.Any:
        try:
            return function(*args, **kwargs)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise AnsibleFilterError(f"{function.__name__}: {printable(str(error))}") from error

    return wrapped


@_filter
def opensips_rolling_edges(listed: t.Any) -> list[dict[str, t.Any]]:
    return _rolling_plan.edges(plain(listed))


@_filter
def opensips_rolling_plan(read: t.Any, host: str, **asked: t.Any) -> dict[str, t.Any]:
    reads = _rolling_read.reads(plain(read))
    return _rolling_plan.Plan(_rolling_plan.Question(host=str(host), reads=reads, **plain(asked))).plain()


@_filter
def opensips_rolling_report(path: t.Any, format: str, title: str = "Rolling restart") -> t.Any:  # noqa: A002 - the name that playbooks write
    if format not in _FORMATS:
        raise AnsibleFilterError(f"opensips_rolling_report: format is {format!r}. Use one of {', '.join(_FORMATS)}")
    return _FORMATS[format](Timeline(str(path), str(title)))


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {
            function.__name__: function
            for function in (opensips_rolling_edges, opensips_rolling_plan, opensips_rolling_report)
        }
