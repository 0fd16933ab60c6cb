# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What can go wrong between the caller and the database; each message says what to do next."""

import contextlib
from typing import Iterator

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters


class TableError(OpensipsError):
    """Anything that went wrong with the database. Nothing was written: a transaction that had begun was rolled back.

    CommitUnknown is the one where that is not certain.
    """


class MissingLibrary(TableError):
    """A Python library is missing on the host.

    library: its name.
    """

    remedy = "Install it for the Python that the module runs with."

    def __init__(self, library: str, message: str) -> None:
        self.library = library
        super().__init__(message)


class DatabaseUnreachable(TableError):
    """There is no connection to the database."""

    remedy = "Correct the host, port, socket, file, user, password or name of the database."


class CommitUnknown(TableError):
    """The connection was lost during the commit: either all rows were written, or none."""

    remedy = "Run the task again, and reload the table with :ansplugin:`community.opensips.opensips_reload#module`."


class DatabaseLocked(TableError):
    """Another process holds a lock on the table or the database."""

    remedy = "Run the task again when the other process has finished, or raise ``db_timeout``."


class ChangedMeanwhile(TableError):
    """Another session changed rows between the check of the task and its transaction."""

    remedy = "Run the task again."


class DatabaseRefused(TableError):
    """The database refused a statement because of constraints, privileges or values."""

    remedy = "Correct what the message names."


class UnknownSchema(TableError):
    """The table does not exist, or the collection does not know its version."""

    remedy = "Create the table with :ansplugin:`community.opensips.opensips_schema#module`."


class BadRow(TableError):
    """A row of a table has values that OpenSIPS does not write."""

    remedy = "Correct or remove the row."


class AmbiguousKey(TableError):
    """Several rows of the table have the same key."""

    remedy = "Remove all but one of them."


class RowNotTaken(TableError):
    """A row is in the table, but the server does not have it after the reload."""

    remedy = "See the log of the server, correct the row, and reload the table again."


class NotConverged(TableError):
    """The rows that were read back differ from those that were written."""

    remedy = "See whether something else writes to the table, and run the task again."


@contextlib.contextmanager
def naming(option: str) -> Iterator[None]:
    """Errors of a database, and of its options, name the option (str) that has them."""
    try:
        yield
    except MissingLibrary:
        raise
    except (TableError, BadParameters) as error:
        raise type(error)(f"{option}: {error.message}", error.hint) from None
