# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What these tests share: tables of SQLite, made from the schema."""

import json
import os

import pytest

from ansible_collections.community.opensips.plugins.module_utils._table import schema
from ansible_collections.community.opensips.plugins.module_utils._table.columns import ComparedColumns, FoundColumn
from ansible_collections.community.opensips.plugins.module_utils._table.rows import Request
from ansible_collections.community.opensips.plugins.module_utils._table.tables import registry

_KINDS = {"char": "text", "text": "text", "datetime": "datetime", "float": "float", "double": "float"}
DEFAULTS = {"state": "present", "match": None, "scope": None, "store_password": False}


def columns_of(variant, without=(), more=()):
    """The columns of a table that is as its schema."""
    found = []
    for column in variant.columns.values():
        kind = "bytes" if column.type.endswith("blob") else _KINDS.get(column.type, "int")
        size = column.size if column.type == "char" else None
        found.append(FoundColumn(column.name, kind, column.type, length=size, null=column.null))
    return ComparedColumns(
        variant, [column for column in found if column.name not in without] + list(more), registry.SECRETS
    )


def variant_of(table, release="3.6"):
    (variant,) = [each for each in schema.variants(table) if release in each.releases]
    return variant


@pytest.fixture
def request_for():
    """request_for("dispatcher", rows, state="exact", scope={}): a Request."""

    def make(table, rows=(), release="3.6", more=(), **params):
        variant = variant_of(table, release)
        request = Request(variant, columns_of(variant, more=more), dict(DEFAULTS, **params))
        request.add(list(rows))
        request.check_emptying()
        return request

    return make


@pytest.fixture
def write(tmp_path):
    """write("rows.csv", text or data): path of a file."""

    def make(name, content):
        path = os.path.join(str(tmp_path), name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(content if isinstance(content, str) else json.dumps(content))
        return path

    return make
