# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that make reports of the results of opensips_notify and opensips_mwi. Each is documented beside this file."""

from __future__ import annotations

import functools
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
from ansible_collections.community.opensips.plugins.plugin_utils import _progress, _report_html, _report_text
from ansible_collections.community.opensips.plugins.plugin_utils._report import Report, pack


def _filter(function: t.Callable) -> t.Callable:
    """The function, with its errors as Ansible's."""

    @functools.wraps(function)
    def wrapped(*args: t.Any, **kwargs: t.Any) -> t.Any:
        try:
            return function(*args, **kwargs)
        except (AttributeError, KeyError, TypeError, ValueError, MIError) as error:
            raise AnsibleFilterError(f"{function.__name__}: {error}") from error

    return wrapped


class _Latest:
    """The report that was made last, since a task writes one report as several files, and 100,000 phones take seconds to read."""

    def __init__(self) -> None:
        self._key: tuple[t.Any, ...] | None = None
        self._report: Report | None = None

    def report(self, sources: t.Any, about: dict[str, t.Any]) -> Report:
        key = _key_of(sources, about)
        if self._report is None or key is None or key != self._key or not self._report.is_current():
            self._key, self._report = key, Report(sources, about)
        return self._report


def _key_of(sources: t.Any, about: dict[str, t.Any]) -> tuple[t.Any, ...] | None:
    """Equal for equal reports of parts, and None if something else than parts is among them."""
    parts = [sources] if isinstance(sources, str) else sources
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return None
    return (*map(str, parts), repr(sorted(about.items())))


_latest = _Latest()


@_filter
def opensips_report_part(
    result: t.Any, host: str = "", label: str = "", plan: bool = False, file: str | None = None
) -> str:
    return pack(result, str(host), str(label), bool(plan), None if file is None else str(file))


@_filter
def opensips_report_json(sources: t.Any, **about: t.Any) -> str:
    return _latest.report(sources, about).to_json()


@_filter
def opensips_report_csv(sources: t.Any, **about: t.Any) -> str:
    return _latest.report(sources, about).to_csv()


@_filter
def opensips_report_html(sources: t.Any, **about: t.Any) -> str:
    return _report_html.page(_latest.report(sources, about))


@_filter
def opensips_report_text(sources: t.Any, show: int = 50, **about: t.Any) -> list[str]:
    return _report_text.lines(_latest.report(sources, about), int(show))


@_filter
def opensips_report_progress(result: t.Any, before: t.Any = None, **options: t.Any) -> dict[str, t.Any]:
    return _progress.progress(result, before, **options)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {
            function.__name__: function
            for function in (
                opensips_report_csv,
                opensips_report_html,
                opensips_report_json,
                opensips_report_part,
                opensips_report_progress,
                opensips_report_text,
            )
        }
