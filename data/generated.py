# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is generated from what, and whether it is up to date.

A generator is a module, or an object, with TARGET, the path of the file that it makes, and generate(), the text of that file.
"""

import os

from . import catalogue, config_names, errors_list, layout, presets_page, schema, tables_text

GENERATORS = (catalogue, config_names, schema, presets_page, errors_list, tables_text.OPTION, tables_text.PAGE)
SOURCES = (catalogue.SOURCE, config_names.SOURCE, schema.SOURCE)


def _read(path):
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def files():
    """[(path, text that it should have)] of the JSON sources and of the generated files."""
    laid_out = [(path, layout.dumps(layout.load(path))) for path in SOURCES]
    return laid_out + [(generator.TARGET, generator.generate()) for generator in GENERATORS]


def update(check=False):
    """The paths of the files that are not up to date. Writes them, unless check."""
    stale = [(path, text) for path, text in files() if not os.path.exists(path) or _read(path) != text]
    if not check:
        for path, text in stale:
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(text)
    return [path for path, _text in stale]
