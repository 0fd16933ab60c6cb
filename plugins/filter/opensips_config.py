# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters on texts of opensips.cfg; each is documented beside this file."""

from __future__ import annotations

import re
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.plugin_utils import _config

_VERSION = re.compile(r"[0-9]+\.[0-9]+(\.[0-9]+)?\Z")


def opensips_config_change(
    new: t.Any, old: t.Any = None, version: str = "3.6", preprocessed: bool = False
) -> dict[str, t.Any]:
    for text in (new, old):
        if not isinstance(text, (str, type(None))):
            raise AnsibleFilterError(f"opensips_config_change: a configuration is text, not {type(text).__name__}")
    if new is None:
        raise AnsibleFilterError("opensips_config_change: there is no new configuration")
    if not _VERSION.match(str(version)):
        raise AnsibleFilterError(f"opensips_config_change: version {version!r} is not of the form 3.6")
    return _config.change(new, old, str(version), bool(preprocessed)).plain()


def opensips_config_mask(text: t.Any, secrets: t.Any = ()) -> str:
    if not isinstance(text, str):
        raise AnsibleFilterError(f"opensips_config_mask: a configuration is text, not {type(text).__name__}")
    if isinstance(secrets, str):
        secrets = [secrets]
    return _config.mask(text, secrets or ())


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {function.__name__: function for function in (opensips_config_change, opensips_config_mask)}
