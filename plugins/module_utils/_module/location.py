# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Where a task reads registered contacts from."""

import contextlib
from typing import TYPE_CHECKING, Any, Callable, Dict

from ansible_collections.community.opensips.plugins.module_utils._fleet.sources import DatabaseSource, MISource
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import first_few

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task

_NAMED = 5


@contextlib.contextmanager
def location_source(task: "Task") -> Any:
    """The source of contacts (see sources.py): the database of the option location_db, checked and open, or the server."""
    params, table = task.params["location_db"], task.params["location_table"]
    if params is None:
        source = MISource(task.connection, table)
        try:
            yield source
        finally:
            _warn_of(source.doubtful, task.warn)
        return
    from ansible_collections.community.opensips.plugins.module_utils._table.location import LocationDatabase

    with LocationDatabase(params, table) as database:
        yield DatabaseSource(database, table)


def _warn_of(doubtful: Dict[str, str], warn: Callable[[str], None]) -> None:
    """Warn of doubtful AORs ({AOR: reason})."""
    if doubtful:
        named = first_few([f"{aor!r} ({reason})" for aor, reason in doubtful.items()], _NAMED)
        count = "1 AOR" if len(doubtful) == 1 else f"{len(doubtful)} AORs"
        warn(
            f"What the server says of the contacts of {count} cannot be believed, so they are left out: {named}. "
            "A phone may have line ends or too much text in its User-Agent or another header. Look with the command "
            "ul_show_contact, and remove the registration with ul_rm"
        )
