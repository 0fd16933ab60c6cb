# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_mi_command: raw MI commands over one connection."""

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi import catalogue
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError, ServerError
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.community.opensips.plugins.module_utils._module.run import (
    TaskFailure,
    describe_error,
    describe_failure,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task

_COMMAND = {
    "command": {"type": "str"},
    "params": {"type": "raw"},
    "changes": {"type": "bool"},
    "tolerate": {"type": "list", "elements": "int", "default": []},
}


def spec() -> ArgumentSpec:
    """The module's own options."""
    command = dict(_COMMAND, command={"type": "str", "required": True})
    return ArgumentSpec(
        dict(_COMMAND, commands={"type": "list", "elements": "dict", "options": command}),
        required_one_of=[("command", "commands")],
        mutually_exclusive=[(name, "commands") for name in _COMMAND],
    )


def run(task: "Task") -> Dict[str, Any]:
    """Check every command, then run them in order until one fails; each has its place in the result."""
    single = task.params["commands"] is None
    commands = [task.params] if single else task.params["commands"]
    steps = [_Step(command, number, task) for number, command in enumerate(commands, 1)]
    for step in steps:
        step.check()
    task.known = lambda: _result(steps, single)
    failure = None
    for step in steps:
        if failure is None:
            failure = step.run()
    if failure is not None:
        raise TaskFailure(*_failed(failure, _result(steps, single), single))
    return _result(steps, single)


def _result(steps: List["_Step"], single: bool) -> Dict[str, Any]:
    result: Dict[str, Any] = {"changed": any(step.result["changed"] for step in steps)}
    if single:
        # of a task without a list, the error is at the top, and only if there is one
        result.update((name, value) for name, value in steps[0].result.items() if name != "error")
    else:
        result["results"] = [step.result for step in steps]
    return result


def _failed(failure: Tuple["_Step", MIError], result: Dict[str, Any], single: bool) -> Tuple[str, Dict[str, Any]]:
    step, error = failure
    message = str(error) if single else f"Command {step.number} of the list, {step.command}: {error}"
    return message, dict(result, **describe_failure(error))


class _Step:
    """One command, what it may change and what became of it."""

    def __init__(self, given: Dict[str, Any], number: int, task: "Task") -> None:
        self.number = number
        self.command = given["command"]
        self.params = _plain_params(given.get("params"), self.command)
        self._tolerated = set(given["tolerate"] or ())
        self._task = task
        self._changes = given["changes"]
        self.result = {"command": self.command, "outcome": "not_run", "changed": False, "error": None}

    def check(self) -> None:
        """Refuse what cannot work before anything is sent."""
        connection = self._task.connection
        name = connection.check(self.command, self.params)
        if self._changes is None:
            # what the catalogue does not know may change anything
            self._changes = catalogue.changes(name, self.params) is not False

    def run(self) -> "Optional[Tuple[_Step, MIError]]":
        """Run it, or say that check mode does not; gives (self, error) when it failed."""
        if self._task.check_mode and self._changes:
            self.result.update(outcome="planned", changed=True)
            return None
        try:
            reply = self._task.connection.call(self.command, self.params)
        except MIError as error:
            tolerated = isinstance(error, ServerError) and error.code in self._tolerated
            if tolerated:
                self.result["outcome"] = "tolerated"
            else:
                self.result.update(outcome="failed", error=describe_error(error))
            if isinstance(error, ServerError):
                self.result.update(
                    code=error.code, reason=printable(error.reason), data=error.data, result=None, raw=None
                )
            # a command that was refused, or did not go out, changed nothing; after anything else it may have
            self.result["changed"] = self._changes and error.maybe_sent
            return None if tolerated else (self, error)
        self.result.update(
            outcome="ok",
            changed=self._changes,
            code=reply.code,
            reason=printable(reply.message),
            result=reply.result,
            raw=reply.raw,
        )
        return None


def _plain_params(params: Any, command: str) -> Any:
    """params as dict or list; a mapping or list that was given as text would be a mistake."""
    if params is None or isinstance(params, (dict, list)):
        return params
    raise BadParameters(
        f"params of {command} is {params!r}",
        "Write a mapping of named parameters, or a list of positional ones",
    )
