# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""From which time on something counts as slow: what the configuration file of the server says. MI does not report it.

Thresholds are in microseconds, and 0 is off (cfg.lex; the parameters of db_mysql, db_postgres and cachedb_* of 2.4, 3.6, 4.0).
Macros and included files are not followed.
"""

import os
import re
from typing import Dict, FrozenSet, NamedTuple, Optional

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
    operations.SIP: re.compile(r"^[ \t]*exec_?msg_?threshold[ \t]*=[ \t]*([0-9]{1,10})", re.MULTILINE),
    operations.DNS: re.compile(r"^[ \t]*exec_?dns_?threshold[ \t]*=[ \t]*([0-9]{1,10})", re.MULTILINE),
    operations.TCP: re.compile(r"^[ \t]*tcp_?threshold[ \t]*=[ \t]*([0-9]{1,10})", re.MULTILINE),
}
_MODULE = r'\bmodparam[ \t]*\([ \t]*"[^"]*\b%s[^"]*"[ \t]*,[ \t]*"%s"[ \t]*,[ \t]*([0-9]{1,10})'
_OF_MODULES = {
    operations.SQL: re.compile(_MODULE % ("db_[a-z]+", "exec_query_threshold")),
    operations.NOSQL: re.compile(_MODULE % ("cachedb_[a-z]+", "exec_t(?:h)?reshold")),
}
_MORE = re.compile(r"^[ \t]*(?:include_file|import_file)\b|^[ \t]*\$?define\b|\$\$\w|^[ \t]*m4_", re.MULTILINE)


_LOADED = {
    operations.SQL: re.compile(r'\bloadmodule[ \t]*\(?[ \t]*"[^"]*\bdb_(?:mysql|postgres)\.so"'),
    operations.NOSQL: re.compile(r'\bloadmodule[ \t]*\(?[ \t]*"[^"]*\bcachedb_[a-z]+\.so"'),
}


class Thresholds(NamedTuple):
    """microseconds: {kind: int} of those that are set, 0 included. loaded: kinds for which a module is loaded.

    is_complete: whether the file says everything, so that what is not there is off.
    """

    microseconds: Dict[str, int]
    loaded: FrozenSet[str]
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


NONE = Thresholds({}, frozenset(), False)


def parse(text: str) -> Thresholds:
    """The thresholds in the text of a configuration."""
    plain = configuration.without_comments(text)
    found: Dict[str, int] = {}
    for kind, pattern in {**_GLOBALS, **_OF_MODULES}.items():
        values = [int(value) for value in pattern.findall(plain)]
        # the last of a global counts; of several modules, one that is on
        if values:
            found[kind] = values[-1] if kind in _GLOBALS else max(values)
    loaded = frozenset(kind for kind, pattern in _LOADED.items() if pattern.search(plain))
    return Thresholds(found, loaded, not _MORE.search(plain))


def read(server: Server) -> Thresholds:
    """Those of the server's configuration file; NONE if it is not known or cannot be read."""
    if not server.is_local:
        return NONE
    try:
        path = configuration.path_of(arguments.read(server.connection))
        return NONE if path is None or not os.path.exists(path) else parse(configuration.read_text(path))
    except (OpensipsError, OSError):
        return NONE
