# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenSIPS' own scripts that make tables, where they are at hand.

OPENSIPS_SOURCES names a clone of OpenSIPS, whose branches have the scripts of each release. Nothing of it is in the repository.
"""

from __future__ import annotations

import os
import subprocess

from ansible_collections.community.opensips.data import tables_source

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
    ordered = sorted(texts, key=lambda script: (script != "standard", script))
    return [statement for script in ordered for statement in tables_source.statements(texts[script])]
