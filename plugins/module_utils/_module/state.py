# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of the modules that push run-time state: each is a declaration for the engine."""

from typing import Any, Callable, Dict, Type

from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.community.opensips.plugins.module_utils._module.run import (
    Task,
    TaskFailure,
    describe_error,
    run_module,
)
from ansible_collections.community.opensips.plugins.module_utils._state import engine


def run_state(declaration: Type[engine.State]) -> None:
    """The main() of a module. declaration: subclass of engine.State."""

    def body(task: Task) -> Dict[str, Any]:
        def set_known(known: Callable[[], Dict[str, Any]]) -> None:
            task.known = lambda: _described(known())

        try:
            return _described(engine.push(task.connection, declaration(task.params), task.check_mode, set_known))
        except engine.PushFailed as error:
            result = dict(_described(error.result), error=describe_error(error.error))
            raise TaskFailure(str(error), result) from error

    run_module(ArgumentSpec(declaration.OPTIONS, **declaration.RULES), body)


def _described(result: Dict[str, Any]) -> Dict[str, Any]:
    """What engine.push() returns, with the errors of its entries as plain data."""
    for entry in result["results"]:
        entry["error"] = None if entry["error"] is None else describe_error(entry["error"])
    return result
