# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What can go wrong between the caller and the database; each message says what to do next."""

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError


class TableError(OpensipsError):
    """Anything that went wrong with the database. Nothing was written: a transaction that had begun was rolled back.

    CommitUnknown is the one where that is not certain.
    """


class MissingLibrary(TableError):
    """A Python library is not there. library: its name."""

    def __init__(self, library, message):
        self.library = library
        super().__init__(message)


class DatabaseUnreachable(TableError):
    """No connection: host, port, socket, file, user, password or name of the database."""


class CommitUnknown(TableError):
    """The database was lost while it committed: all was written, or nothing."""


class DatabaseLocked(TableError):
    """Somebody else holds a lock on the table or the database."""


class DatabaseRefused(TableError):
    """The database refused a statement: constraints, privileges, values."""


class UnknownSchema(TableError):
    """The table is not there, or is of a version that nobody knows."""


class BadRow(TableError):
    """A row of a table holds values that OpenSIPS does not write."""


class AmbiguousKey(TableError):
    """Several rows of the table have one key."""


class NotConverged(TableError):
    """What was read back is not what was written."""
