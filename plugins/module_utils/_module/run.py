# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The one place where AnsibleModule, the library and its errors meet."""

import json
import sys
import traceback
from typing import TYPE_CHECKING, Any, Callable, Dict, FrozenSet, Iterable, Optional

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import UnexpectedError
from ansible_collections.community.opensips.plugins.module_utils._mi.urls import shown_url, without_url_secrets
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import (
    CONNECTION_OPTIONS,
    connection_options,
    connection_spec,
    of_environment,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._table.errors import MissingLibrary, TableError

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec

# What stands in the log and in the result for the value of an option
NOT_SHOWN = "VALUE_NOT_SHOWN"
_ARTICLES = ("a", "an", "the", "there")


class TaskFailure(Exception):
    """A task failed although the library did its part; result (dict) says how far it got.

    lines: further lines of the message (list of str).
    """

    def __init__(self, message: str, result: Optional[Dict[str, Any]] = None, lines: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.result = result or {}
        self.lines = list(lines)


class _Module(AnsibleModule):
    """An AnsibleModule that keeps the values of some options out of the system's log and out of what it returns.

    chosen: options that were not given, and what they were found out to be (dict); the result shows them among the options.
    """

    # AnsibleModule has it, and no types
    params: Any

    def __init__(self, withheld: Iterable[str], **kwargs: Any) -> None:
        self._withheld = withheld
        self._checked = False
        self._given: FrozenSet[Any] = frozenset()
        self.chosen: Dict[Any, Any] = {}
        super().__init__(**kwargs)
        self._keep_results_readable()

    def _keep_results_readable(self) -> None:
        """Have secrets in suboptions hidden by withholding the option, and not wherever their text occurs.

        The password of a phone may be the phone's number, and there may be 100,000 of them to look for in each text of a result.
        """
        for name in self._withheld:
            options = self.argument_spec.get(name, {}).get("options") or {}
            hidden = [option for option, spec in options.items() if spec.get("no_log")]
            entries = self.params.get(name) or ()
            for entry in [entries] if isinstance(entries, dict) else entries:
                self.no_log_values.difference_update(str(entry[option]) for option in hidden if entry.get(option))

    def of_environment(self) -> FrozenSet[str]:
        """Names of the connection options that variables of the environment gave (frozenset)."""
        return of_environment(self.params, self._given)

    def _load_params(self) -> None:
        super()._load_params()
        # before the variables of the environment, and the defaults
        self._given = frozenset(self.params)

    def exit_json(self, **kwargs: Any) -> None:
        super().exit_json(**self._with_invocation(kwargs))

    def fail_json(self, msg: str, **kwargs: Any) -> None:
        if isinstance(kwargs.get("exception"), str):
            kwargs["exception"] = without_url_secrets(kwargs["exception"])
        super().fail_json(without_url_secrets(msg), **self._with_invocation(kwargs))

    def _log_invocation(self) -> None:
        # it comes after the checks, so there are no unknown options any more
        self._checked = True
        # no_log would hide each of their values wherever else it occurs, a port or a user among them
        kept, self.params = self.params, self._without_secrets()
        super()._log_invocation()
        self.params = kept

    def _with_invocation(self, result: Dict[str, Any]) -> Dict[str, Any]:
        return dict(result, invocation={"module_args": self._without_secrets()})

    def _without_secrets(self) -> Dict[str, Any]:
        """The options as the log and the result show them."""
        shown = dict(self.params) if self._checked else _known_only(self.params, self.argument_spec)
        shown.update((name, value) for name, value in self.chosen.items() if shown.get(name) is None)
        for name in self._withheld:
            if shown.get(name) is not None:
                shown[name] = NOT_SHOWN
        # a URL with a password is refused, but the result shows what the module was called with
        for name in CONNECTION_OPTIONS:
            if isinstance(shown.get(name), str):
                shown[name] = shown_url(shown[name]) if name == "url" else without_url_secrets(shown[name])
        return shown


def _known_only(values: Dict[str, Any], spec: Dict[str, Any]) -> Dict[str, Any]:
    """Options without the values of those that do not exist: one may be a password whose option is misspelt."""
    shown = {}
    for name, value in values.items():
        options = spec.get(name, {}).get("options")
        if name not in spec and not name.startswith("_ansible"):
            value = NOT_SHOWN
        elif options and isinstance(value, dict):
            value = _known_only(value, options)
        elif options and isinstance(value, list):
            value = [_known_only(element, options) if isinstance(element, dict) else element for element in value]
        shown[name] = value
    return shown


class Task:
    """What a module's body gets.

    params: the module's parameters. check_mode, diff_mode: bool. connection: to the server, not yet opened; None for a module
    that connects to none.
    warn: function of a str.
    known: function that gives the result (dict) as far as it is known, for a task that something ends which its body does not
    expect. A body sets it before it sends anything.
    """

    def __init__(
        self,
        params: Dict[str, Any],
        check_mode: bool,
        diff_mode: bool,
        connection: Any,
        warn: Callable[[str], None],
    ) -> None:
        self.params = params
        self.check_mode = check_mode
        self.diff_mode = diff_mode
        self.connection: Connection = connection
        self.warn = warn
        self.known: Callable[[], Dict[str, Any]] = dict


def run_module(spec: "ArgumentSpec", body: Callable[[Task], Dict[str, Any]]) -> None:
    """Build the AnsibleModule, run body(Task) -> dict, and leave by exit_json or fail_json.

    spec: ArgumentSpec of the module's own options.
    """
    _run(connection_spec().merged_with(spec), body, _connection)


def run_without_server(spec: "ArgumentSpec", body: Callable[[Task], Dict[str, Any]]) -> None:
    """The same for a module that does not connect to MI. The Task has no connection."""
    _run(spec, body, lambda _module: None)


def _connection(module: _Module) -> Connection:
    return Connection(connection_options(module.params), module.of_environment())


def _run(
    spec: "ArgumentSpec", body: Callable[[Task], Dict[str, Any]], connect: Callable[[_Module], Optional[Connection]]
) -> None:
    try:
        module = _Module(spec.withheld, supports_check_mode=True, **spec.to_kwargs())
    except RecursionError:
        _fail_without_module("The options nest lists or mappings too deeply. Give flat lists of texts and numbers")
    connection = task = None
    try:
        connection = connect(module)
        task = Task(module.params, module.check_mode, module._diff, connection, _printing(module.warn))
        result = body(task)
    except TaskFailure as error:
        _leave(module, connection)
        module.fail_json(msg="\n".join(map(printable, [str(error)] + error.lines)), **error.result)
    except Exception as error:  # whatever it is, what was sent is accounted for
        _leave(module, connection)
        module.fail_json(msg=printable(message_of(error)), **dict(_known(task), **describe_failure(error)))
    _leave(module, connection)
    module.exit_json(**result)


def _known(task: Optional[Task]) -> Dict[str, Any]:
    """What is known of a task that something ended (dict)."""
    try:
        return task.known() if task is not None else {}
    except Exception:  # the error that ended the task tells more
        return {}


def message_of(error: BaseException) -> str:
    """What an exception says to a user (str)."""
    if isinstance(error, MissingLibrary):
        return f"{missing_required_lib(error.library)}. {error.message}"
    return _sentence(str(_of_tree(error)))


def _sentence(text: str) -> str:
    """A message as it stands by itself; behind the name of an option it goes on in lower case."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0] in _ARTICLES else text


def _of_tree(error: BaseException) -> OpensipsError:
    return error if isinstance(error, OpensipsError) else UnexpectedError(error)


def describe_failure(error: BaseException) -> Dict[str, Any]:
    """What a task returns of the exception that ended it (dict): error, and exception, its traceback."""
    described: Dict[str, Any] = {"error": describe_error(_of_tree(error))}
    if not isinstance(error, TableError):
        cause: Any = error.cause if isinstance(error, UnexpectedError) else error
        trace = "".join(traceback.format_exception(type(cause), cause, cause.__traceback__))
        described["exception"] = "\n".join(map(printable, trace.splitlines()))
    return described


def _kind_of(error: OpensipsError) -> str:
    """The name of its class, or of the next one above it that has a remedy of its own: the guide lists those."""
    kinds = [kind for kind in type(error).__mro__ if vars(kind).get("remedy")]
    return (kinds or [type(error)])[0].__name__


def describe_error(error: OpensipsError) -> Dict[str, Any]:
    """An OpensipsError as plain data: type, message, hint, and code, reason, data of what a server answered."""
    described = {
        "type": _kind_of(error),
        "message": _sentence(printable(without_url_secrets(error.message))),
        "hint": printable(error.hint),
    }
    for name in ("code", "data"):
        if hasattr(error, name):
            described[name] = getattr(error, name)
    if hasattr(error, "reason"):
        described["reason"] = printable(error.reason)
    return described


def _fail_without_module(message: str) -> None:
    """Leave as fail_json does, where AnsibleModule itself could not read the options."""
    sys.stdout.write(f"\n{json.dumps({'failed': True, 'msg': message})}\n")
    sys.exit(1)  # pylint: disable=ansible-bad-function


def _leave(module: _Module, connection: Optional[Connection]) -> None:
    """Close the connection, and pass its warnings on."""
    if connection is None:
        return
    module.chosen = connection.chosen()
    try:
        connection.close()
    except Exception as error:  # the result is not lost with it
        module.warn(printable(f"The connection could not be closed: {message_of(error)}"))
    for text in connection.warnings:
        module.warn(printable(text))


def _printing(warn: Callable[[str], None]) -> Callable[[str], None]:
    return lambda text: warn(printable(text))
