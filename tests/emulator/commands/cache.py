# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cachedb interface of the core, with the memory back end `local`."""

import time
from fnmatch import fnmatchcase

from ..errors import MIError, bad_params
from ..tree import node, tree
from . import command

_MAX_TEXT = 2048  # longer formatted values are dropped by 1.x and 2.x (mi/fmt.h)


_ENTRY = 100  # bytes of shared memory of an entry, about; not counted as used, as there are few


def _system(params, what):
    if params.text("system").partition(":")[0] != "local":
        raise MIError(500, f"Cache {what} command failed")


def _few(params, *names):
    """The arguments are counted by the handler itself on 1.x and 2.x."""
    if not params.rpc and any(name not in params for name in names):
        raise MIError(404, "Too few arguments")


@command("cache_store", "[system] [attr] [value] [expire]")
def cache_store(server, params):
    _few(params, "system", "attr", "value")
    expire = 0
    if "expire" in params:
        try:
            expire = params.int("expire")
        except MIError:
            if params.rpc:
                raise
            raise MIError(404, "Bad format for expires argument") from None
    for name, what in (("attr", "attribute name"), ("value", "value")):
        if params.text(name) == "":
            raise bad_params("Empty " + what)
    _system(params, "store")
    if not server.state.memory.fits(_ENTRY + len(params.text("attr")) + len(params.text("value"))):
        raise MIError(500, "Cache store command failed")
    server.state.cache[params.text("attr")] = (params.text("value"), time.time() + expire if expire else 0)


@command("cache_fetch", "[system] [attr]")
def cache_fetch(server, params):
    _few(params, "system", "attr")
    _system(params, "fetch")
    name = params.text("attr")
    state = server.state
    value, until = state.cache.get(name, (None, 0))
    if until and until <= time.time():
        value = None
    if value is None:
        if state.tree:
            return tree(node(None, "Value not found"))
        raise MIError(400, "Value not found")
    if not state.tree:
        return {"key": name, "value": value}
    if state.v < (2, 0):
        return tree(node(None, f"{name} = [{value}]"))
    if len(value.encode("utf-8", "surrogateescape")) > _MAX_TEXT:
        return tree(node("key", name))
    return tree(node("key", name), node("value", value))


@command("cache_remove", "[system] [attr]")
def cache_remove(server, params):
    _few(params, "system", "attr")
    _system(params, "remove")
    server.state.cache.pop(params.text("attr"), None)


@command("cache_remove_chunk", "glob [collection]")
def cache_remove_chunk(server, params):
    cache = server.state.cache
    for name in [name for name in cache if fnmatchcase(name, params.text("glob"))]:
        del cache[name]


@command("cache_fetch_chunk", "glob [collection]")
def cache_fetch_chunk(server, params):
    """Lists keys that have run out, too, until a timer of the server comes, which this one does not have."""
    if "collection" in params and params.text("collection") != "default":
        if server.state.v < (4,):
            raise MIError(-32000, "Server error", "Failed to handle parameter")
        raise bad_params("Bad type for parameter 'glob'")
    return {
        "keys": [
            {"name": name, "value": entry[0]}
            for name, entry in server.state.cache.items()
            if fnmatchcase(name, params.text("glob"))
        ]
    }
