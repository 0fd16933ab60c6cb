# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whom a task sends to: URIs as given, the contacts of AORs, or a selection of all registered contacts."""

from collections import OrderedDict

from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import Selection
from ansible_collections.community.opensips.plugins.module_utils._readers import location
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import aor_uri, parse_uri
from ansible_collections.community.opensips.plugins.module_utils._sip.user_agent import parse_user_agent

# From so many AORs on the whole location table is read at once.
_DUMP_FROM = 500


class Target:
    """One phone to send to.

    aor (str or None), contact (URI), record: contact record of the location table, or None for a URI as given.
    problem: why nothing can be sent (str), or None.
    """

    __slots__ = ("aor", "contact", "record", "problem")

    def __init__(self, aor, contact, record=None, problem=None):
        self.aor = aor
        self.contact = contact
        self.record = record
        self.problem = problem

    @property
    def user_agent(self):
        return self.record["user_agent"] if self.record else None

    @property
    def vendor(self):
        return parse_user_agent(self.user_agent)["vendor"] if self.record else None

    def to_uri(self):
        """The URI for To and From: the AOR's where there is one, with the contact's host when the server keeps no domain."""
        bare = parse_uri(self.contact).bare
        return aor_uri(self.aor, bare.hostport) if self.aor else str(bare)

    def way(self):
        """(next_hop or None, path or None, socket or None): the way that the phone's REGISTER came, back."""
        if not self.record:
            return None, None, None
        return self.record["received"], self.record["path"], self.record["socket"]


def of_uris(uris):
    """Targets of URIs, each once."""
    return [Target(None, uri) for uri in _once(uris)]


def of_aors(conn, aors, table):
    """Targets of the contacts of AORs, see by_aor()."""
    return [target for targets in by_aor(conn, aors, table).values() for target in targets]


def by_aor(conn, aors, table):
    """{AOR: Targets of its contacts}, in the order given; one Target with a problem for an AOR that nobody registered.

    Raises MIError when the server cannot be asked, BadParameters for an AOR without the domain that the server wants.
    """
    aors = _once(aors)
    found = _look_up(conn, aors, table) if aors else {}
    targets = OrderedDict()
    for aor in aors:
        alive = [record for record in found[aor] if record["expires"] != 0]
        targets[aor] = [Target(record["aor"] or aor, record["contact"], record) for record in alive]
        if not alive:
            targets[aor].append(Target(aor, None, problem="no contact is registered"))
    return targets


def of_selection(conn, filters, table):
    """(Targets, [(contact record, reason)] of those left out) of all registered contacts."""
    selection = Selection(filters)
    selected, left_out = selection.split(location.read(conn, table))
    return [Target(record["aor"], record["contact"], record) for record in selected], left_out


def _look_up(conn, aors, table):
    """The contacts of many AORs at once: {AOR: records}."""
    # the first one tells by itself what is wrong with all: an unknown table, or domains that are missing
    first = location.read_aor(conn, aors[0], table)
    # a datagram does not hold the whole table
    if len(aors) > _DUMP_FROM and conn.carrier.kind != "datagram":
        return _look_up_at_once(conn, aors, table)
    found = location.read_each(conn, aors[1:], table)
    found[aors[0]] = first
    return found


def _look_up_at_once(conn, aors, table):
    """The same from one dump of the whole table, which many single questions would take longer than."""
    found = {aor: [] for aor in aors}
    for record in location.read(conn, table):
        if record["aor"] in found:
            found[record["aor"]].append(record)
    return found


def _once(texts):
    seen = {}
    for text in texts:
        seen.setdefault(text, None)
    return list(seen)


def check_uris(uris, option):
    """Raise SipError that names the option and the URI unless all can be sent to."""
    from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
    from ansible_collections.community.opensips.plugins.module_utils._sip.uri import validate_uri

    for uri in uris:
        try:
            validate_uri(uri)
        except SipError as error:
            raise SipSyntaxError("{0} {1!r}: {2}".format(option, uri, error.message), error.hint) from error
