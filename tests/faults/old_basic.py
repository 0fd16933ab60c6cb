# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for ansible.module_utils.basic on Pythons that this ansible-core does not run on, but older ones do.

It gives modules their parameters with defaults, without checking them, and writes their results.
"""

import json
import sys

_ANSIBLE_ARGS = b""
_ANSIBLE_PROFILE = None


def env_fallback(*_names):
    """Only a name in argument_specs."""


def missing_required_lib(library):
    return library


def _completed(spec, given):
    params = {}
    for name, option in spec.items():
        value = given.get(name, option.get("default"))
        if isinstance(value, dict) and option.get("options"):
            value = _completed(option["options"], value)
        elif isinstance(value, list) and option.get("options"):
            value = [_completed(option["options"], each) for each in value]
        params[name] = value
    return params


class AnsibleModule:
    def __init__(self, argument_spec, **_rules):
        given = json.loads(_ANSIBLE_ARGS.decode())["ANSIBLE_MODULE_ARGS"]
        self.argument_spec = argument_spec
        self.check_mode = given["_ansible_check_mode"]
        self._diff = given["_ansible_diff"]
        self._warnings = []
        self.no_log_values = set()
        self.params = _completed(argument_spec, given)
        self._log_invocation()

    def _log_invocation(self):
        pass

    def warn(self, text):
        self._warnings.append(text)

    def exit_json(self, **result):
        print(json.dumps(dict(result, warnings=self._warnings)))
        sys.exit(0)

    def fail_json(self, msg, **result):
        print(json.dumps(dict(result, msg=msg, failed=True, warnings=self._warnings)))
        sys.exit(1)
