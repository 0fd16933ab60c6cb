# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What can go wrong with the tables themselves; each message says what to do next."""

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError


class SchemaError(OpensipsError):
    """Anything that keeps the database from having the tables of a version. Nothing was changed."""


class WrongTables(SchemaError):
    """The database has tables that OpenSIPS cannot use: of another version or another program, or without columns that it needs."""

    remedy = "Rename or correct the tables that the message lists, and run the task again."


class NameTaken(SchemaError):
    """Something else in the database has a name that a table, an index or a sequence needs."""

    remedy = "Rename what has the name, and run the task again."


class CannotUpgrade(SchemaError):
    """A table cannot become the one of the newer version."""

    remedy = "Correct what the message names, and run the task again."


class Downgrade(SchemaError):
    """The table belongs to a newer version of OpenSIPS than the one asked for."""

    remedy = "Set ``version`` to the version of OpenSIPS that the table belongs to, or restore the table from a backup."


class ForeignColumns(SchemaError):
    """The table has columns that the newer version has no place for."""

    remedy = "Set ``extra_columns`` to ``keep``, or list the columns in ``drop_columns``."


class NotTheSame(SchemaError):
    """The rows of the new table are not those of the old one. The old table is as it was."""

    remedy = "Stop OpenSIPS and whatever else writes to the database, and run the task again."
