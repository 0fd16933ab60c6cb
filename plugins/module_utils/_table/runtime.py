# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whether a running server shows the rows that were pushed, where it can show them.

Compared is which things there are, and what of a thing both the table and the server tell. States are not: a reload keeps
those of the running server.
"""

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import first_few
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    addresses,
    carriers,
    dispatcher,
    domains,
    gateways,
    load_balancer,
    media_nodes,
    registrants,
)
from ansible_collections.community.opensips.plugins.module_utils._table import plan
from ansible_collections.community.opensips.plugins.module_utils._table.values import network

_SHOWN = 5


class _View:
    """How a server shows a table.

    columns: those that name a thing. things(row): the keys of what a row (canonical values by column) makes.
    read(conn, partition): {key: {what is told of it}}. told(row): what the row says of the same. gone: whether a thing is not
    shown any more as soon as its row is gone.
    """

    def __init__(self, columns, read, things=None, told=None, gone=True):
        self.columns = columns.split()
        self.read = read
        self.things = things or (lambda row: [tuple(row[name] for name in self.columns)])
        self.told = told or (lambda row: {"attrs": row["attrs"]} if row.get("attrs") else {})
        self.gone = gone


def _dispatcher(conn, partition):
    found = dispatcher.read(conn, partition)
    wanted = partition or dispatcher.DEFAULT_PARTITION
    return {(each["set"], each["uri"]): each for each in found if each["partition"] == wanted}


def _load_balancer(conn, _partition):
    return {
        (each["group"], each["uri"]): dict(each, resources={one["name"]: one["max"] for one in each["resources"]})
        for each in load_balancer.read(conn)
    }


def _told_of_load_balancer(row):
    told = {"attrs": row["attrs"]} if row.get("attrs") else {}
    pairs = [each.partition("=")[::2] for each in (row.get("resources") or "").strip(";").split(";")]
    # those that come from FreeSWITCH have an address in place of a number
    if all(name and number.isdecimal() and len(number) < 20 for name, number in pairs):
        told["resources"] = {name.strip(): int(number) for name, number in pairs}
    return told


def _addresses(conn, partition):
    wanted = partition or addresses.DEFAULT_PARTITION
    found = [each for each in addresses.read(conn, partition) if each["partition"] == wanted]
    return {(each["group"], network(each["ip"], each["mask"]), each["mask"], each["port"]): {} for each in found}


def _nodes(engine):
    def read(conn, _partition):
        return {(each["set"], _node(each["url"])): {} for each in media_nodes.read(conn, engine)}

    return read


def _node(text):
    """A node without its weight."""
    return text.partition("=")[0]


def _each_node(column):
    def things(row):
        return [(row["set_id"], _node(each)) for each in row[column].split()]

    return things


def _nothing(_row):
    return {}


_VIEWS = {
    "dispatcher": _View("setid destination", _dispatcher),
    "load_balancer": _View("group_id dst_uri", _load_balancer, told=_told_of_load_balancer),
    "dr_gateways": _View(
        "gwid", lambda conn, partition: {(each["id"],): each for each in gateways.read(conn, partition)}
    ),
    "dr_carriers": _View(
        "carrierid", lambda conn, partition: {(each["id"],): each for each in carriers.read(conn, partition)}
    ),
    "address": _View(
        "grp ip mask port",
        _addresses,
        things=lambda row: [(row["grp"], network(row["ip"], row["mask"]), row["mask"], row["port"])],
        told=_nothing,
    ),
    "domain": _View(
        "domain",
        lambda conn, _partition: {(each["name"].lower(),): {} for each in domains.read(conn)},
        things=lambda row: [(row["domain"].lower(),)],
        told=_nothing,
    ),
    # one that is removed is unregistered first
    "registrant": _View(
        "aor",
        lambda conn, _partition: {(each["aor"],): {} for each in registrants.read(conn)},
        told=_nothing,
        gone=False,
    ),
    "rtpengine": _View("set_id socket", _nodes("rtpengine"), things=_each_node("socket"), told=_nothing),
    "rtpproxy_sockets": _View(
        "set_id rtpproxy_sock", _nodes("rtpproxy"), things=_each_node("rtpproxy_sock"), told=_nothing
    ),
}


def can_show(table):
    """Whether any server shows what is in the table."""
    return table in _VIEWS


def differences(conn, table, changes, match, partition=None):
    """What the server shows otherwise than the changed rows want it: list of str, empty when all is well.

    changes: list of plan.Change. match: the columns that their keys are of. Raises what the readers raise.
    """
    view = _VIEWS[table]
    shown = view.read(conn, partition)
    problems = []
    kept = set()
    for change in changes:
        row = _whole(change, match)
        if change.operation in (plan.INSERT, plan.UPDATE) and all(name in row for name in view.columns):
            for thing in view.things(row):
                kept.add(thing)
                problems += _compare(thing, view.told(row), shown.get(thing))
    # with a longer key, other rows may make the same thing
    if view.gone and set(match) <= set(view.columns):
        for change in changes:
            if change.operation == plan.DELETE:
                things = set(view.things(change.before)) - kept
                problems += [f"{_name(each)}: is still there" for each in sorted(things) if each in shown]
    return problems


def said(problems):
    """The problems as one text."""
    return first_few(problems, _SHOWN)


def _whole(change, match):
    return dict(zip(match, change.key), **(change.after or {}))


def _compare(thing, told, shown):
    if shown is None:
        return [f"{_name(thing)}: is not there"]
    return [
        f"{_name(thing)}: {name} was to be {value} and is {shown[name]}"
        for name, value in sorted(told.items())
        # what a version does not tell is None
        if shown[name] is not None and shown[name] != value
    ]


def _name(thing):
    return " ".join(str(part) for part in thing)
