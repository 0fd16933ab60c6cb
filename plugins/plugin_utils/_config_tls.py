# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The TLS domains that a configuration sets for tls_mgm, with their files.

Sources: tls_mgm/tls_params.c of OpenSIPS 2.4 to 4.0. A value is [DOMAIN]PATH. OpenSIPS 2.4 also takes PATH, for the default domains.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils._config_source import Parameter, Source

# parameter: suboption of opensips_tls_domain
_FILES = {"certificate": "certificate_file", "private_key": "private_key_file", "ca_list": "ca_file"}
_VALUE = re.compile(r"\s*(?:\[([^\]]*)\])?(.*)\Z", re.DOTALL)
_PATH = re.compile(r"/[^\x00-\x1f\x7f]*\Z")
_DEFAULT = "default"
# What opensips_tls_domain accepts
_LONGEST_NAME = 64


def domains(source: Source) -> list[dict[str, str]]:
    """The domains whose certificate and private key are known, each as an entry of opensips_tls_domain, with where it is set.

    Those that have the same files as another one are left out.
    """
    found: dict[str, dict[str, Parameter]] = {}
    for name, option in _FILES.items():
        for parameter in source.parameters("tls_mgm", name):
            if parameter.value is None:
                # it may be any file of any domain
                return []
            match = t.cast("re.Match[str]", _VALUE.match(parameter.value))
            found.setdefault(match[1] or _DEFAULT, {})[option] = Parameter(parameter.label, match[2])
    clients = _names(source, "client_domain") - _names(source, "server_domain")
    entries: dict[tuple[str, ...], dict[str, str]] = {}
    for name, files in found.items():
        # relative ones are beside files of the server
        known = {option: each.value for option, each in files.items() if each.value and _PATH.match(each.value)}
        if not {"certificate_file", "private_key_file"} - set(known):
            where = source.where(*(files[option].label for option in known))
            role = "client" if name in clients else "server"
            entry = {"name": name[:_LONGEST_NAME], "role": role, **known, "where": where}
            entries.setdefault(tuple(known.values()), entry)
    return list(entries.values())


def _names(source: Source, parameter: str) -> set[str]:
    """2.4: NAME=ADDRESS:PORT"""
    return {(each.value or "").partition("=")[0] for each in source.parameters("tls_mgm", parameter)}
