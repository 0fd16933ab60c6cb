# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of tokens, and the Python file that holds them as one text."""

import textwrap

_HEADER = '''\
# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

# Made by data/{name}.py, do not edit. One text, read lazily by {reader}.py: it costs no start-up time.

"""{title}; the format is told in {reader}.py."""

{variable} = """
'''
_WRAPPER = textwrap.TextWrapper(width=118, subsequent_indent=" ", break_long_words=False, break_on_hyphens=False)


def module(name, title, variable, records, reader=None):
    """The text of a file. name: of its generator, and of its reader unless reader is given. records: lists of tokens."""
    lines = [f"{_WRAPPER.fill(' '.join(tokens))}\n" for tokens in records]
    return "".join([_HEADER.format(name=name, reader=reader or name, title=title, variable=variable), *lines, '="""\n'])
