# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of the modules that push run-time state: each is a declaration for the engine."""

from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.community.opensips.plugins.module_utils._module.run import TaskFailure, run_module
from ansible_collections.community.opensips.plugins.module_utils._state import engine


def run_state(declaration):
    """The main() of a module. declaration: subclass of engine.State."""

    def body(task):
        def tell(known):
            task.known = known

        try:
            return engine.push(task.connection, declaration(task.params), task.check_mode, tell)
        except engine.PushFailed as error:
            raise TaskFailure(str(error), error.result) from error

    run_module(ArgumentSpec(declaration.OPTIONS, **declaration.RULES), body)
