# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line protocol of mi_fifo and mi_datagram, 1.x and 2.x (mi_writer.c)."""


def _write(out, nodes, indent):
    for name, value, attrs, kids, _array in nodes:
        out.append(indent)
        if name is not None:
            out.append(name)
            out.append(":: ")
        if value is not None:
            out.append(value)
        for key, text in attrs:
            out.append(f" {key}={text}")
        out.append("\n")
        if kids:
            _write(out, kids, indent + "\t")


def render(code, reason, tree, end):
    """A whole reply; `end` is what closes it: a newline, or nothing on the datagrams of 1.11."""
    out = [f"{code} {reason}\n"]
    if tree is not None:
        _write(out, tree.kids, "")
    out.append(end)
    return "".join(out)


def render_text(tree):
    """The same lines without indentation, as the old mi_xmlrpc gives them in one string."""
    out = []

    def walk(nodes):
        for name, value, attrs, kids, _array in nodes:
            out.append(
                "".join(
                    [
                        name + ":: " if name is not None else "",
                        value or "",
                        "".join(" {}={}".format(*pair) for pair in attrs),
                        "\n",
                    ]
                )
            )
            walk(kids)

    if tree is not None:
        walk(tree.kids)
    return "".join(out)
