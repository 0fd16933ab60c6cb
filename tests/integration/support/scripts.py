# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenSIPS' own scripts that make tables, where they are at hand.

OPENSIPS_SOURCES names a clone of OpenSIPS, whose branches have the scripts of each release. Packages have those of their own.
Nothing of either is in the repository.
"""

from __future__ import annotations

import os
import pathlib
import subprocess

from ansible_collections.community.opensips.data import tables_source

PACKAGED = pathlib.Path("/usr/share/opensips")
FOLDERS = {"sqlite": "sqlite", "postgresql": "postgres", "mysql": "mysql"}


def why_not():
    """Why there are no scripts (str), or None."""
    clone = os.environ.get("OPENSIPS_SOURCES")
    if not clone:
        return "OPENSIPS_SOURCES names no clone of OpenSIPS"
    done = subprocess.run(["git", "-C", clone, "branch"], capture_output=True, text=True, check=False)
    lacking = set(tables_source.BRANCHES.values()) - set(done.stdout.replace("*", " ").split())
    return f"{clone} has no branch {', '.join(sorted(lacking))}" if lacking else None


def statements_of(engine, release):
    """The statements (list of str) of all scripts of a release, that of the table version first."""
    clone, branch = os.environ["OPENSIPS_SOURCES"], tables_source.BRANCHES[release]
    texts = tables_source.scripts(clone, branch, FOLDERS[engine])
    return _statements(texts)


def packaged_statements(engine):
    """The same of the scripts that packages installed; empty if they have none for this database."""
    suffix = "-create.sql"
    paths = sorted((PACKAGED / FOLDERS[engine]).glob(f"*{suffix}"))
    return _statements({path.name[: -len(suffix)]: path.read_text(encoding="utf-8") for path in paths})


def _statements(texts):
    """The statements of scripts ({name: text}), those of the script standard first."""
    ordered = sorted(texts, key=lambda script: (script != "standard", script))
    return [statement for script in ordered for statement in tables_source.statements(texts[script])]
