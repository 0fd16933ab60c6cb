# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reply trees of OpenSIPS 1.x and 2.x: named nodes with a value, attributes and children.

A node is a plain tuple, because a ul_dump of 100,000 contacts has more than a million of them.
"""

from collections import namedtuple

# (name or None, value or None, ((attribute, value), ...), children, children form an array)
Tree = namedtuple("Tree", "kids array")


def node(name, value=None, attrs=(), kids=(), array=False):
    """One node; an empty value is what the server calls NULL."""
    return (name, None if value is None or value == "" else str(value), attrs, kids, array)


def attributes(**values):
    """Attributes in the order given; `_` in a name stands for itself."""
    return tuple((name, "" if value is None else str(value)) for name, value in values.items())


def tree(*kids):
    """A reply whose nodes are distinct members."""
    return Tree(kids, False)


def array(kids):
    """A reply whose nodes are the elements of one list."""
    return Tree(kids, True)
