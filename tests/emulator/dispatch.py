# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the command, checks its parameters as the version does, and runs it."""

from . import commands
from .errors import PENDING, MIError, Starved, bad_params
from .state import load_data

_DATA = load_data("commands.json")

_INT32 = 2147483647


def _as_int32(number):
    return max(-_INT32 - 1, min(_INT32, int(number)))


class Params:
    """The parameters of one call, by name; conversions fail as the server's do."""

    __slots__ = ("values", "rpc")

    def __init__(self, values, rpc):
        self.values, self.rpc = values, rpc

    def __contains__(self, name):
        return name in self.values

    def text(self, name, default=None):
        value = self.values.get(name, self)
        if value is self:
            return default
        if isinstance(value, str):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(_as_int32(value))
        raise bad_params(f"Bad type for parameter '{name}'")

    def int(self, name, default=None):
        value = self.values.get(name, self)
        if value is self:
            return default
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _as_int32(value)
        if isinstance(value, str):
            try:
                return int(value)
            except ValueError:
                pass
        if not self.rpc:
            raise MIError(400, "Bad parameter")
        raise bad_params(f"Bad type for parameter '{name}'")

    def array(self, name):
        value = self.values[name]
        if not isinstance(value, list):
            raise bad_params(f"Bad type for parameter '{name}'")
        if not value:
            raise bad_params(f"Empty array in parameter '{name}'")
        return [str(item) for item in value]


def _late(head, reply):
    """The outcome of an asynchronous command."""
    return reply if isinstance(reply, Starved) else (*head, reply)


class Dispatcher:
    """The table of commands of one server."""

    def __init__(self, server):
        self.server = server
        state = server.state
        version = state.version
        self.tree = state.tree
        extra = [] if state.modules == "base" else _DATA["extra"].get(version, [])
        if state.modules == "all":
            extra = extra + _DATA["all"][version]
        listed = _DATA["which"][version] + extra + _DATA["presence"][server.options.presence].get(version, [])
        if server.member is not None:
            listed = listed + [
                full if version == "4.0" else classic for full, (classic, _recipes) in _DATA["cluster"].items()
            ]
        self.which = [name for name in listed if self._module_of(name) not in server.options.without]
        self.async_names = set(_DATA["async"][version])
        self._recipes = {**dict(_DATA["cluster"].values()), **_DATA["recipes"].get(version, {})}
        self._named_only = set(_DATA["named_only"].get(version, ()))
        self._names = {}  # every accepted spelling -> classic name
        self._bare = {}  # 4.0: local name -> full names
        self._refused = {}  # classic name -> (code, reason, how many times or None)
        if version == "4.0":
            self._index_v4()
        else:
            self._names = {name: name for name in self.which}

    def _index_v4(self):
        for full in self.which:
            classic, alias = _DATA["v4"][full]
            self._names[full] = classic
            self._bare.setdefault(full.partition(":")[2], []).append(full)
            if alias:
                self._names.setdefault(classic, classic)

    def lookup(self, name):
        """The classic name, or None; raises MIError for an ambiguous bare name of 4.0."""
        if self._bare and ":" not in name:
            full = self._bare.get(name, ())
            if len(full) > 1:
                raise MIError(-32001, "Method ambiguous", "supported names: " + ", ".join(full))
            if full:
                return self._names[full[0]]
        return self._names.get(name)

    def refuse(self, classic, code, reason, count=None):
        """Answer a command with an error instead of running it, count times (0: no more) or for ever."""
        self._refused.pop(classic, None)
        if count != 0:
            self._refused[classic] = (code, reason, count)

    def _check_refused(self, classic):
        if classic in self._refused:
            code, reason, count = self._refused.pop(classic)
            if count is None or count > 1:
                self._refused[classic] = (code, reason, count and count - 1)
            raise MIError(code, reason)

    def is_async(self, classic):
        return classic in self.async_names

    def module_of(self, classic):
        return _DATA["module"].get(classic, "core")

    def _module_of(self, listed):
        """The module of a command by the name that which has."""
        return self.module_of(_DATA["v4"][listed][0] if self.server.state.version == "4.0" else listed)

    def recipes(self, classic):
        return self._recipes.get(classic, [[]])

    # ---- 1.x, 2.x

    def call_line(self, classic, args, done):
        """Returns (code, reason, Tree or None) or PENDING; `done` gets the same later.

        The code is None when a handler gives up: each carrier has its own words for that.
        """
        command = commands.TABLE.get(classic)
        try:
            self._check_refused(classic)
            if command is None:
                return (200, "OK", None)
            if command.no_input:
                args = []
            low, high = command.arity
            if not low <= len(args) <= high:
                raise MIError(400, "Too few or too many arguments")
            params = Params(
                {command.names[0]: args} if command.many else dict(zip(command.names, args, strict=False)), False
            )
            if command.waits:
                result = command.run(self.server, params, lambda reply: done(_late((200, "OK"), reply)))
                if result is PENDING:
                    return PENDING
            else:
                result = command.run(self.server, params)
        except MIError as error:
            return (error.code, error.message, None)
        return (200, "OK", result)

    # ---- 3.x, 4.x

    def call_rpc(self, method, params, done):
        """Returns ("result", value) or ("error", code, message, data) or PENDING."""
        try:
            classic = self.lookup(method)
            if classic is None:
                raise MIError(-32601, "Method not found")
            self._check_refused(classic)
            values = self._match(classic, params)
            command = commands.TABLE.get(classic)
            if command is None:
                return ("result", "OK")
            if command.waits:
                result = command.run(self.server, Params(values, True), lambda reply: done(_late(("result",), reply)))
                if result is PENDING:
                    return PENDING
            else:
                result = command.run(self.server, Params(values, True))
        except MIError as error:
            return ("error", error.code, error.message, error.data)
        return ("result", "OK" if result is None else None if result is commands.NULL else result)

    def _match(self, classic, params):
        """The recipe rule of mi.c: as many parameters as a recipe, and its names when named."""
        recipes = self.recipes(classic)
        if not params:
            if [] in recipes:
                return {}
            raise bad_params("Too few or too many parameters")
        fitting = [recipe for recipe in recipes if len(recipe) == len(params)]
        if isinstance(params, list):
            if classic in self._named_only:
                raise bad_params("Command only supports named parameters")
            if not fitting:
                raise bad_params("Too few or too many parameters")
            if len(fitting) > 1:
                raise bad_params("Ambiguous call, use named parameters instead")
            return dict(zip(fitting[0], params, strict=False))
        for recipe in fitting:
            if all(name in params for name in recipe):
                return params
        raise bad_params("Named parameters do not match" if fitting else "Too few or too many parameters")
