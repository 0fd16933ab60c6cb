# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A local connection that runs modules in forks of a Python that has their imports already: see warm_python.py."""

from __future__ import annotations

import os
import shlex

from ansible.plugins.connection import local

from ansible_collections.community.opensips.tests.integration.support import warm_python

DOCUMENTATION = """
name: warm
short_description: Modules run in forks of a Python that has their imports already
description:
  - For the integration tests of community.opensips.
author: community.opensips contributors
options: {}
extends_documentation_fragment:
  - connection_pipelining
"""


def _environment(command):
    """The variables that a command sets for the Python that it starts, or None if it does anything else."""
    words = shlex.split(command)
    if words[:2] != ["/bin/sh", "-c"] or len(words) != 3:
        return None
    inner = shlex.split(words[2])
    if inner[-4:] != [os.environ["WARM_INTERPRETER"], "&&", "sleep", "0"]:
        return None
    variables = [word.partition("=") for word in inner[:-4]]
    return {name: value for name, _equals, value in variables} if all(equals for _n, equals, _v in variables) else None


class Connection(local.Connection):
    transport = "warm"

    def exec_command(self, cmd, in_data=None, sudoable=True):
        variables = _environment(cmd) if in_data and not self.become else None
        if variables is None:
            return super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return warm_python.run(os.environ["WARM_PYTHON"], in_data, {**os.environ, **variables})
