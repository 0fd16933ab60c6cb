# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which shape of a table a database has.

The shapes are in _schema/model.py.
"""

from typing import Iterable, Optional

from ansible_collections.community.opensips.plugins.module_utils._schema.model import (
    Table,
    known_versions,
    names,
    variants,
)
from ansible_collections.community.opensips.plugins.module_utils._table.errors import UnknownSchema


def choose(table: str, version: Optional[int], real: Iterable[str]) -> Table:
    """The shape of a table in a version that fits best. Several releases share a version although their columns differ.

    version: int, None when the database does not tell. real: names of the columns that are there.
    Raises UnknownSchema that tells the known versions.
    """
    known = variants(table)
    fitting = [variant for variant in known if variant.version is None or variant.version == version]
    if not fitting:
        if version is None:
            message = f"The table 'version' of the database has no entry for {table}"
        else:
            message = f"The table {table} of the database has the version {version}, which is not known"
        raise UnknownSchema(
            message,
            f"Known versions are {known_versions(table)}. Bring the table to a known version with opensips_schema",
        )
    real = {name.lower() for name in real}
    return min(reversed(fitting), key=lambda variant: len(real ^ {name.lower() for name in variant.columns}))


__all__ = ["choose", "known_versions", "names", "variants"]
