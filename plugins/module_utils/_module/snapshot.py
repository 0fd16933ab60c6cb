# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_snapshot: write the run-time state of a server to a file."""

from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task
from ansible_collections.community.opensips.plugins.module_utils._state import snapshot

_INT_MAX = 2**31 - 1


def spec() -> ArgumentSpec:
    """The module's own options."""
    return ArgumentSpec(
        {
            "path": {"type": "path", "required": True},
            "parts": parts_option(),
            # names of things, and no secrets
            "cache_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
            "cache_system": {"type": "str", "default": "local"},
            "cache_collection": {"type": "str"},
            "cache_expires": {"type": "int"},
        }
    )


def parts_option() -> Dict[str, Any]:
    """The option that chooses parts of a snapshot."""
    return {"type": "list", "elements": "str", "choices": list(snapshot.PARTS)}


def run(task: Task) -> Dict[str, Any]:
    """Take the snapshot, and write it unless in check mode."""
    params = task.params
    keys = _cache_keys(params)
    check_parts(params["parts"])
    path = params["path"]
    earlier = _earlier(path)
    taken = snapshot.take(task.connection, params["parts"], keys)
    if params["parts"] is None and not params["cache_keys"]:
        # nobody asked for it
        taken["skipped"].pop("cache")
    if not task.check_mode:
        try:
            snapshot.write(taken, path)
        except OSError as error:
            raise _unwritable(path, error) from error
    for name, reason in taken["skipped"].items():
        # a module that is not loaded is usual, unless somebody asked for it
        if params["parts"] is not None or snapshot.has_part(task.connection, name):
            task.warn(f"{name} is not in the snapshot{' as a whole' if name in taken['parts'] else ''}: {reason}")
    return {
        "changed": earlier is None or _state(earlier) != _state(taken),
        "snapshot": describe(taken, path),
    }


def describe(taken: snapshot.Snapshot, path: str) -> Dict[str, Any]:
    """What a task returns of a snapshot: no values, which may be secrets."""
    return {
        "path": path,
        "opensips": taken["opensips"],
        "taken": taken["taken"],
        "parts": {name: len(records) for name, records in taken["parts"].items()},
        "skipped": taken["skipped"],
    }


def check_parts(parts: Optional[Sequence[str]]) -> None:
    """Raise BadParameters for a list of no parts."""
    if parts is not None and not parts:
        raise BadParameters(
            "parts is an empty list", f"Name at least one of {', '.join(snapshot.PARTS)}, or remove parts"
        )


def _cache_keys(params: Dict[str, Any]) -> snapshot.CacheKeys:
    """What the options of the cache say. Raises BadParameters."""
    keys, expires = params["cache_keys"], params["cache_expires"]
    for number, key in enumerate(keys, 1):
        if not key:
            raise BadParameters(f"cache_keys: entry {number} is empty", "Set it to the name of a key, or to a pattern")
    if keys and expires is None:
        raise BadParameters(
            "cache_keys is set, and cache_expires is not. OpenSIPS does not report how long a key still lives",
            "Set cache_expires to the lifetime of these keys in seconds, or to 0 for keys that do not expire",
        )
    if not keys and "cache" in (params["parts"] or ()):
        raise BadParameters("parts has cache, and cache_keys is empty", "Name keys or patterns in cache_keys")
    if expires is not None and not 0 <= expires <= _INT_MAX:
        raise BadParameters(
            f"cache_expires is {expires}",
            f"Set it to a number of seconds up to {_INT_MAX}, or to 0 for keys that do not expire",
        )
    if not params["cache_system"].strip():
        raise BadParameters("cache_system is empty", "Name a cachedb, such as local or redis:group")
    return snapshot.CacheKeys(keys, params["cache_system"], params["cache_collection"], expires or 0)


def _earlier(path: str) -> Optional[snapshot.Snapshot]:
    """The snapshot that is at path; None if there is none. Raises BadParameters unless a file can be put there."""
    try:
        safe_file.check_replaceable(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        return snapshot.load(path) if safe_file.exists(path) else None
    except BadParameters:
        # it is replaced
        return None


def _state(taken: snapshot.Snapshot) -> Dict[str, List[Any]]:
    """What is compared of two snapshots: not how long things still live."""
    return {
        name: [{key: value for key, value in record.items() if key != "expires"} for record in records]
        for name, records in taken["parts"].items()
    }


def _unwritable(path: str, error: OSError) -> BadParameters:
    return BadParameters(
        f"path: {path} cannot be written: {error.strerror}",
        safe_file.remedy(error, "Name a file in a directory that exists and that this user may write to"),
    )
