# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""From which time on something counts as slow: what the configuration file of the server says. MI does not report it.

Thresholds are in microseconds, and 0 is off (cfg.lex; the parameters of db_mysql, db_postgres and cachedb_* of 2.4, 3.6, 4.0).
Macros and included files are not followed.
"""

import re
from typing import Dict, FrozenSet, NamedTuple, Optional, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._diagnose import operations
from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._health import configuration
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server
from ansible_collections.community.opensips.plugins.module_utils._readers import arguments

# kind -> what sets its threshold
SETTINGS = {
    operations.SIP: "exec_msg_threshold",
    operations.DNS: "exec_dns_threshold",
    operations.TCP: "tcp_threshold",
    operations.SQL: "exec_query_threshold",
    operations.NOSQL: "exec_threshold",
}
_GLOBALS = {
    "exec_msg_threshold": operations.SIP,
    "execmsgthreshold": operations.SIP,
    "exec_dns_threshold": operations.DNS,
    "execdnsthreshold": operations.DNS,
    "tcp_threshold": operations.TCP,
    "tcpthreshold": operations.TCP,
}
# parameter -> kind; the second one is as cachedb_mongodb of 2.4 writes it
_PARAMETERS = {
    "exec_query_threshold": operations.SQL,
    "exec_threshold": operations.NOSQL,
    "exec_treshold": operations.NOSQL,
}
_DIGITS = re.compile(r"[0-9]{1,10}")
_LOADED = {operations.SQL: ("db_mysql.so", "db_postgres.so"), operations.NOSQL: ("cachedb_",)}
# From 2.4 to 4.1 it measures PQsendQuery() only (dbase.c), which does not wait for the result
_UNMEASURED = "db_postgres.so"
_MORE = ("include_file", "import_file", "$$", "m4_", "define")


class Thresholds(NamedTuple):
    """microseconds: {kind: int} of those that are set, 0 included. loaded: kinds for which a module is loaded.

    unmeasured: kinds for which a module is loaded whose slow queries the server does not notice.
    is_complete: whether the file says everything, so that what is not there is off.
    """

    microseconds: Dict[str, int]
    loaded: FrozenSet[str]
    unmeasured: FrozenSet[str]
    is_complete: bool

    def seconds(self, kind: str) -> Optional[float]:
        """Seconds, or None if it is off or not known."""
        found = self.microseconds.get(kind)
        return found / 1e6 if found else None

    def is_off(self, kind: str) -> bool:
        """Whether the server surely reports nothing of this kind."""
        if kind not in SETTINGS:
            return False
        return self.microseconds.get(kind) == 0 or self.is_complete and kind not in self.microseconds

    def has_none(self, kind: str) -> bool:
        """Whether the server surely has no module that could report anything of this kind."""
        return self.is_complete and kind in _LOADED and kind not in self.loaded


NONE = Thresholds({}, frozenset(), frozenset(), False)


def parse(text: str) -> Thresholds:
    """The thresholds in the text of a configuration."""
    found: Dict[str, int] = {}
    loaded: Set[str] = set()
    unmeasured: Set[str] = set()
    is_complete = True
    for line in map(str.strip, configuration.without_comments(text).splitlines()):
        is_complete = is_complete and not line.startswith(_MORE) and "$$" not in line
        if line.startswith("loadmodule"):
            loaded.update(kind for kind, names in _LOADED.items() if any(name in line for name in names))
            unmeasured.update([operations.SQL] if _UNMEASURED in line else [])
        setting = _of_module(line) if line.startswith("modparam") else _of_core(line)
        if setting is not None:
            kind, value = setting
            # the last one of the core counts; of several modules, one that is on
            found[kind] = value if line[:8] != "modparam" else max(value, found.get(kind, 0))
    return Thresholds(found, frozenset(loaded), frozenset(unmeasured), is_complete)


def _of_core(line: str) -> Optional[Tuple[str, int]]:
    name, equals, value = line.partition("=")
    kind = _GLOBALS.get(name.strip())
    return (kind, _number(value)) if equals and kind else None


def _of_module(line: str) -> Optional[Tuple[str, int]]:
    parts = line.partition("(")[2].split(",", 2)
    kind = _PARAMETERS.get(parts[1].strip().strip('"')) if len(parts) == 3 else None
    return (kind, _number(parts[2])) if kind else None


def _number(text: str) -> int:
    digits = _DIGITS.match(text.strip())
    return int(digits.group()) if digits else 0


def read(server: Server) -> Thresholds:
    """Those of the server's configuration file; NONE if it is not known or cannot be read."""
    if not server.is_local:
        return NONE
    try:
        path = configuration.path_of(arguments.read(server.connection))
        return NONE if path is None else parse(configuration.read_text(path))
    except (OpensipsError, OSError):
        return NONE
