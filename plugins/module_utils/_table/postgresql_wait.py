# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Waiting for PostgreSQL with psycopg2: libpq itself waits for ever for a server that does not answer."""

import time
from typing import Any


def end_hung_statements(connecting: float, patience: float) -> None:
    """Have psycopg2 lose a connection to a server that does not answer.

    connecting: seconds for a connection. patience: seconds for a statement.
    """
    import select

    import psycopg2
    from psycopg2 import extensions

    def wait(connection: Any) -> None:
        seconds = connecting if connection.status == extensions.STATUS_SETUP else patience
        deadline = time.monotonic() + seconds
        while True:
            state = connection.poll()
            if state == extensions.POLL_OK:
                return
            files = [connection.fileno()]
            reads, writes = (files, []) if state == extensions.POLL_READ else ([], files)
            left = deadline - time.monotonic()
            if left <= 0 or not any(select.select(reads, writes, [], left)):
                raise psycopg2.OperationalError(f"it did not answer within {seconds:g} seconds")

    extensions.set_wait_callback(wait)


def wait_for_ever() -> None:
    """As libpq does by itself."""
    from psycopg2 import extensions

    extensions.set_wait_callback(None)
