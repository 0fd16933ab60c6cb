# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a host tells of the server that runs on it: its configuration files, the modules in its memory, hashes of its TLS files.

Whether it is this host follows from the command line of a process: the server reports it (arg, ps), and so does /proc.
"""

import hashlib
import os
import re
import time
from typing import Any, Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi import catalogue
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
from ansible_collections.community.opensips.plugins.module_utils._readers import arguments, processes, uptime

# where a server looks that is started without -f
_DEFAULT_CONFIGURATION = "/etc/opensips/opensips.cfg"
_INCLUDE = re.compile(rb'^[ \t]*(?:#!|!!)?(?:include_file|import_file)[ \t]*"([^"\n]{1,4096})"', re.MULTILINE)
_LIBRARY, _DELETED = ".so", " (deleted)"
_MOST_FILES = 1000
_MOST_BYTES = 64 * 1024 * 1024
_MOST_MAPS = 16 * 1024 * 1024

# Where the names of modules come from: the memory of a process, or the commands that the server has
FROM_PROCESS, FROM_COMMANDS = "process", "commands"


class NotHere(Exception):
    """Why a kind cannot be compared, where no request would find out."""


class Settings(NamedTuple):
    """partition: the only one to compare, or None. config_path: of the configuration, or None: the one that the server was started with."""

    partition: Optional[str] = None
    config_path: Optional[str] = None


# The configuration


def configuration(conn: Connection, settings: Settings) -> List[Dict[str, Any]]:
    """An entry for each file of the configuration: file, path, sha256, lines, changed_since_start. Raises NotHere.

    file is relative to the directory of the first one. Files that are included are found as the server does it, but for
    names that a preprocessor makes.
    """
    first = settings.config_path or _started_with(conn)
    started = time.time() - uptime.read(conn)["seconds"]
    base = os.path.dirname(first)
    entries, found, waiting = [], [first], [first]
    while waiting:
        path = waiting.pop(0)
        try:
            data, modified = _content(path)
        except OSError as error:
            if path != first:
                # import_file allows it, and with include_file the server would not run
                continue
            raise NotHere(f"The configuration {path} cannot be read: {error.strerror or error}") from error
        # a second is what uptime leaves open
        entries.append(_file_entry(path, base, data, modified > started + 1))
        for inner in _included(path, data):
            if inner not in found and len(found) < _MOST_FILES:
                found.append(inner)
                waiting.append(inner)
    return entries


def _file_entry(path: str, base: str, data: bytes, has_changed: bool) -> Dict[str, Any]:
    return {
        "file": os.path.relpath(path, base),
        "path": path,
        "sha256": hashlib.sha256(data).hexdigest(),
        "lines": data.count(b"\n"),
        "changed_since_start": has_changed,
    }


def _started_with(conn: Connection) -> str:
    """The path of the configuration. Raises NotHere if the server does not run on this host."""
    words = arguments.read(conn)
    _process_here(conn, words)
    path = _DEFAULT_CONFIGURATION
    for place, word in enumerate(words):
        if word == "-f" and place + 1 < len(words):
            path = words[place + 1]
        elif word.startswith("-f") and len(word) > 2:
            path = word[2:]
    return os.path.join(arguments.read_directory(conn), path)


def _included(path: str, data: bytes) -> Iterator[str]:
    """The paths that a file of the configuration includes: relative to the directory of the file that names them."""
    for name in _INCLUDE.findall(data):
        yield os.path.normpath(os.path.join(os.path.dirname(path), os.fsdecode(name)))


def _content(path: str) -> Any:
    """(bytes, time of the last change) of a regular file. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as source:
        status = os.fstat(fd)
        data = source.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise OSError(f"it has more than {_MOST_BYTES:,} bytes")
    return data, status.st_mtime


# The process


def _process_here(conn: Connection, words: List[str]) -> int:
    """The pid of a process of the server on this host. Raises NotHere. words: the server's command line."""
    pids = [process["pid"] for process in processes.read(conn)]
    for pid in pids:
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as source:
                found = [os.fsdecode(word) for word in source.read(1 << 20).split(b"\0")[:-1]]
        except OSError:
            continue
        if found == words:
            return int(pid)
    raise NotHere("The server does not run on the host that runs the module, or in a container of it")


# Modules


def modules(conn: Connection, _settings: Settings) -> List[Dict[str, Any]]:
    """An entry for each module that the server has loaded: module, read_from, replaced.

    The memory of a process has them all. Without the right to read it, or from another host, the commands tell those that have
    some. replaced: whether the file of the module was removed or written again since it was loaded; None if that is not known.
    """
    try:
        found = _mapped(_process_here(conn, arguments.read(conn)))
    except (OSError, NotHere, MIError):
        found = {}
    if found:
        return [
            {"module": name, "read_from": FROM_PROCESS, "replaced": replaced}
            for name, replaced in sorted(found.items())
        ]
    return [
        {"module": name, "read_from": FROM_COMMANDS, "replaced": None}
        for name in sorted(_with_commands(conn.commands()))
    ]


def _mapped(pid: int) -> Dict[str, bool]:
    """{name of a module in the memory of a process: whether its file is gone}. Raises OSError."""
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as source:
        libraries = dict(filter(None, map(_library, source.read(_MOST_MAPS).split("\n"))))
    known = catalogue.modules()
    # libraries of the system are mapped, too: modules are where a known one is
    folders = {_folder(path, name) for path, (name, _gone) in libraries.items() if name in known}
    return {name: gone for path, (name, gone) in libraries.items() if _folder(path, name) in folders}


def _library(line: str) -> Optional[Tuple[str, Tuple[str, bool]]]:
    """(path, (name without .so, whether the file is gone)) of a line of /proc/PID/maps that maps a library, or None."""
    path = line[line.find("/") :]
    gone = path.endswith(_DELETED)
    if gone:
        path = path[: -len(_DELETED)]
    if "/" not in line or not path.endswith(_LIBRARY):
        return None
    return path, (os.path.basename(path)[: -len(_LIBRARY)], gone)


def _folder(path: str, name: str) -> str:
    """The directory of the modules; in a source tree, each has one of its own."""
    folder = os.path.dirname(path)
    return os.path.dirname(folder) if os.path.basename(folder) == name else folder


def _with_commands(offered: FrozenSet[str]) -> Set[str]:
    """The modules that have one of these commands."""
    found = set()
    for name in offered:
        command = catalogue.find(name)
        if command is not None and not catalogue.is_core(command):
            found.add(command.module)
    return found


# TLS


def with_hashes(domain: Dict[str, Any]) -> Dict[str, Any]:
    """A TLS domain, with the hashes of its certificate and its private key where this host has the files and may read them."""
    for name in ("certificate", "private_key"):
        path = domain[f"{name}_file"]
        if path:
            try:
                data, _modified = _content(path)
            except OSError:
                continue
            domain[f"{name}_sha256"] = hashlib.sha256(data).hexdigest()
    return domain
