# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Where a task reads registered contacts from."""

import contextlib

from ansible_collections.community.opensips.plugins.module_utils._fleet.sources import DatabaseSource, MISource


@contextlib.contextmanager
def location_source(task):
    """The source of contacts (see sources.py): the database of the option location_db, checked and open, or the server."""
    params, table = task.params["location_db"], task.params["table"]
    if params is None:
        yield MISource(task.connection, table)
        return
    from ansible_collections.community.opensips.plugins.module_utils._table.location import LocationDatabase

    with LocationDatabase(params, table) as database:
        yield DatabaseSource(database, table)
