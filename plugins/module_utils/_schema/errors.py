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
