# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of tokens, and the Python file that holds them as one text."""

import textwrap

_HEADER = '''\
# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this {util} util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

# Made by data/{name}.py, do not edit. One text, read lazily by {reader}.py: it costs no start-up time.

"""{title}; the format is told in {reader}.py."""

{variable} = """
'''
_WRAPPER = textwrap.TextWrapper(width=118, subsequent_indent=" ", break_long_words=False, break_on_hyphens=False)


def module(name, title, variable, records, reader=None, util="module"):
    """The text of a file. name: of its generator, and of its reader if that has no other. records: lists of tokens."""
    lines = [f"{_WRAPPER.fill(' '.join(tokens))}\n" for tokens in records]
    return "".join(
        [_HEADER.format(name=name, reader=reader or name, util=util, title=title, variable=variable), *lines, '="""\n']
    )


def ranges(pairs, versions):
    """[(version, facts)] -> [[from, to, facts]], neighbours with the same facts joined; None facts left out. versions: all, in order."""
    found = []
    for version, facts in pairs:
        if facts is None:
            continue
        position = versions.index(version)
        if found and found[-1][2] == facts and versions.index(found[-1][1]) == position - 1:
            found[-1][1] = version
        else:
            found.append([version, version, facts])
    return found
