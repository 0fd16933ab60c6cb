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


@_filter
def opensips_report_part(
    result: t.Any, host: str = "", label: str = "", plan: bool = False, file: str | None = None
) -> str:
    return pack(result, str(host), str(label), bool(plan), None if file is None else str(file))


@_filter
def opensips_report_json(sources: t.Any, **about: t.Any) -> str:
    return Report(sources, about).to_json()


@_filter
def opensips_report_csv(sources: t.Any, **about: t.Any) -> str:
    return Report(sources, about).to_csv()


@_filter
def opensips_report_html(sources: t.Any, **about: t.Any) -> str:
    return _report_html.page(Report(sources, about))


@_filter
def opensips_report_text(sources: t.Any, show: int = 50, **about: t.Any) -> list[str]:
    return _report_text.lines(Report(sources, about), int(show))


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
