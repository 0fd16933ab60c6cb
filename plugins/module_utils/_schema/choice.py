# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which tables a server needs: those of its release, for the modules that it loads."""

import functools
import re
from typing import Any, Dict, Iterable, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, did_you_mean
from ansible_collections.community.opensips.plugins.module_utils._schema.found import read_back
from ansible_collections.community.opensips.plugins.module_utils._schema.model import (
    RELEASES,
    VERSION_TABLE,
    Table,
    names,
    variants,
)

#: The scripts that opensips-cli runs if it is not told which (its database.py, STANDARD_DB_MODULES)
STANDARD = (
    "acc", "alias_db", "auth_db", "avpops", "clusterer", "dialog", "dialplan", "dispatcher", "domain", "drouting", "group",
    "load_balancer", "msilo", "permissions", "rtpengine", "rtpproxy", "speeddial", "tls_mgm", "usrloc",
)  # fmt: skip

# Modules whose tables a script of another name makes: that of the first name which the release has
_SCRIPTS = {
    "auth_jwt": ("authjwt",),
    "avpops": ("avpops", "sqlops"),
    "b2b_entities": ("b2b",),
    "b2b_logic": ("b2b",),
    "cpl_c": ("cpl",),
    "mid_registrar": ("usrloc",),
    "presence_dialoginfo": ("presence",),
    "presence_xml": ("presence",),
    "proto_smpp": ("smpp",),
    "pua": ("presence",),
    "rate_cacher": ("ratecacher",),
    "registrar": ("registrar", "usrloc"),
    "siptrace": ("siptrace", "tracer"),
    "sqlops": ("sqlops", "avpops"),
    "tracer": ("tracer", "siptrace"),
    "uac_registrant": ("registrant",),
    "uri": ("uri_db", "auth_db"),
    "uri_db": ("uri_db", "auth_db"),
    "xcap": ("presence",),
    "xcap_client": ("presence",),
}

_VERSION = re.compile(r"([0-9]+\.[0-9]+)(?![0-9])")


def release_of(version: str, option: str) -> str:
    """The release series (one of RELEASES) of a version such as ``3.6.8``. Raises BadParameters that names the option."""
    found = _VERSION.match(version)
    if found is None or found.group(1) not in RELEASES:
        raise BadParameters(
            f"{option}: the tables of OpenSIPS {version} are not known", f"Known are those of {', '.join(RELEASES)}"
        )
    return found.group(1)


@functools.lru_cache(maxsize=None)
def known_tables(release: str) -> Dict[str, Table]:
    """{name: Table} of a release. Reading them takes its time, so each call gives the same mapping."""
    return {name: table for name in names() for table in variants(name) if release in table.releases}


def tables_of(
    release: str, modules: Optional[Iterable[str]] = None, tables: Optional[Iterable[str]] = None
) -> List[Table]:
    """The tables (list of Table) of a release, the table version first, the others by their names.

    release: one of RELEASES. modules: names of modules, or of OpenSIPS' scripts: all of their tables. tables: names of tables.
    With neither, those of the modules in STANDARD. Raises BadParameters for a name that the release does not have.
    """
    known = known_tables(release)
    chosen = {VERSION_TABLE}
    if modules is None and tables is None:
        # the older ones have not all of these
        modules = [module for module in STANDARD if _script_of(module, known) is not None]
    for module in modules or ():
        script = _script(module, release, known)
        chosen.update(name for name, table in known.items() if table.script == script)
    for name in tables or ():
        if name not in known:
            raise BadParameters(f"tables: OpenSIPS {release} has no table {name!r}", _hint(name, known))
        chosen.add(name)
    return _ordered(known[name] for name in chosen)


def with_those_that_exist(connection: Any, release: str, tables: Iterable[Table]) -> List[Table]:
    """The tables, and all others of the release that the database has. connection: as for read_back()."""
    known = known_tables(release)
    found = read_back(connection, known)
    return _ordered({**{table.name: table for table in tables}, **{name: known[name] for name in found}}.values())


def _ordered(tables: Iterable[Table]) -> List[Table]:
    """The table version first, the others by their names."""
    return sorted(tables, key=lambda table: (table.name != VERSION_TABLE, table.name))


def _script(module: str, release: str, known: Dict[str, Table]) -> str:
    """The name of the script that makes the tables of a module."""
    script = _script_of(module, known)
    if script is not None:
        return script
    scripts = {table.script for table in known.values()}
    there = scripts | {name for name, candidates in _SCRIPTS.items() if scripts & set(candidates)}
    raise BadParameters(f"modules: OpenSIPS {release} has no tables for the module {module!r}", _hint(module, there))


def _script_of(module: str, known: Dict[str, Table]) -> Optional[str]:
    """The same, or None."""
    scripts = {table.script for table in known.values()}
    return next((script for script in _SCRIPTS.get(module, (module,)) if script in scripts), None)


def _hint(name: str, known: Iterable[str]) -> str:
    """What to say to a name that is not among the known ones."""
    return did_you_mean(name, known, f"There are {', '.join(sorted(known))}")
