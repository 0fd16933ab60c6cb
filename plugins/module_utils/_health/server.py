# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the checks read of a server: each thing is asked for once, and an error of it is raised each time."""

from typing import Any, Callable, Dict, List, Optional, Tuple, TypeVar

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._health.entry import NotThere, Unknown
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    cluster,
    processes,
    statistics,
    tls,
    uptime,
)
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import Record
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target

_Found = TypeVar("_Found")
# {name: value} of one group of statistics
Values = Dict[str, Any]


class Server:
    """A server that is checked.

    connection: to it. limits: the options of the task (dict). before: Snapshot, or None. sockets: list of Target to check, or
    None for those that the server has. accepts: function that tells of the code of a SIP response whether it is good.
    answers: what became of each Target that was asked (dict). is_lost: it does not answer over MI any more.
    """

    def __init__(
        self,
        connection: Connection,
        limits: Dict[str, Any],
        before: Any,
        sockets: Optional[List[Target]],
        accepts: Callable[[int], bool],
    ) -> None:
        self.connection = connection
        self.limits = limits
        self.before = before
        self.sockets = sockets
        self.accepts = accepts
        self.answers: Dict[Target, Any] = {}
        self.is_lost = False
        self._kept: Dict[str, Tuple[Any, Optional[OpensipsError]]] = {}

    @property
    def is_local(self) -> bool:
        """Whether the server runs on this host, as far as the connection shows."""
        return bool(self.connection.options.is_local)

    def once(self, name: str, read: Callable[[], _Found]) -> _Found:
        """What read() gives, or raises, the first time that something of this name is asked for."""
        if name not in self._kept:
            try:
                self._kept[name] = read(), None
            except OpensipsError as error:
                self._kept[name] = None, error
        found, failure = self._kept[name]
        if failure is not None:
            raise failure
        return found  # type: ignore[no-any-return]

    def require(self, *commands: str) -> None:
        """Raise NotThere unless the server has one of the commands."""
        if any(self.connection.has(command) for command in commands):
            return
        try:
            self.connection.require(commands[0])
        except OpensipsError as error:
            raise NotThere(str(error)) from error
        # it does not list its commands
        raise Unknown("The server does not list its commands")

    def require_version(self, since: Tuple[int, ...], what: str) -> None:
        """Raise Unknown for a server that is older than since. what: what it does not report then (str)."""
        if self.connection.version[: len(since)] < since:
            raise Unknown(f"OpenSIPS reports {what} from {'.'.join(map(str, since))} on")

    def statistics(self, group: str) -> Values:
        """The statistics of a group, such as ``tm``; empty if the server has none. Raises Unknown."""
        if not self.connection.has("get_statistics"):
            raise Unknown("The server has no command get_statistics: load the module statistics of OpenSIPS")

        def read() -> Values:
            groups: Dict[str, Values] = statistics.read(self.connection, [f"{group}:"])["statistics"]
            return groups.get(group, {})

        return self.once(f"statistics {group}", read)

    def module_statistics(self, group: str, module: str) -> Values:
        """The statistics of a group, which a module of OpenSIPS brings. Raises NotThere without them, and Unknown."""
        found = self.statistics(group)
        if not found:
            raise NotThere(f"The server has no statistics of {group}: is the module {module} loaded?")
        return found

    def counter(self, values: Values, name: str) -> int:
        """The number called name among values. Raises Unknown if there is none."""
        number = values.get(name)
        if not isinstance(number, int):
            raise Unknown(f"The server has no statistic {name}")
        return number

    def uptime(self) -> int:
        """Seconds since the server started."""
        found: int = self.once("uptime", lambda: uptime.read(self.connection))["seconds"]
        return found

    def processes(self) -> List[Record]:
        """Records of processes.read()."""
        return self.once("processes", lambda: processes.read(self.connection))

    def tls_domains(self) -> List[Record]:
        """Records of tls.read(). Raises NotThere for a server without TLS."""
        self.require("tls_list")
        return self.once("TLS domains", lambda: tls.read(self.connection))

    def sharing_tags(self) -> List[Record]:
        """Records of cluster.read_sharing_tags(); empty for a server without any."""
        if not self.connection.has("clusterer_list_shtags"):
            return []
        return self.once("sharing tags", lambda: cluster.read_sharing_tags(self.connection))
