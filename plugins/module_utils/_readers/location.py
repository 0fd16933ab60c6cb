# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Registered contacts: ul_dump and ul_show_contact (module usrloc).

Contact records, the same keys on every version:

=============== ============== =================================================================================
table           str            location table, usually ``location``; None when neither reply nor caller tells
aor             str            address of record as the server keeps it: ``user``, or ``user@domain`` with use_domain
user            str            the AOR's user part
domain          str or None    the AOR's domain, None when the server keeps AORs without
contact         str            contact URI, without name-addr brackets
contact_id      str or None    usrloc's id of the contact, 64 bits as decimal digits (2.3 and later)
expires         int or None    seconds left; 0 when it has run out or is being deleted, None when permanent
permanent       bool           registered without an end (through ul_add)
q               float or None  priority, 0.0 to 1.0; None when the phone gave none
call_id         str or None    Call-ID of the last REGISTER
cseq            int or None    CSeq of the last REGISTER
user_agent      str or None    None when the phone gave none
received        str or None    URI the REGISTER came from, if behind NAT
path            str or None    Path header
state           str or None    CS_NEW, CS_SYNC, CS_DIRTY or CS_UNKNOWN against the database
flags           int or None    internal flags, a bit mask
cflags          list or None   names of the branch flags set
socket          str or None    server socket the REGISTER came in on, ``proto:ip:port`` (or as advertised)
methods         list or None   methods the phone allows, in the order of OpenSIPS' bits; None: it did not say, so all
attr            str or None    attributes the script attached
sip_instance    str or None    +sip.instance of the phone, with its angle brackets
=============== ============== =================================================================================

ul_show_contact of 1.11 and older does not tell cseq, state and sip_instance, and cflags only when there are none.
Lists are shared among records, to hold 100,000 of them in little memory: copy before changing.

AOR records (ul_dump brief): table, aor, user, domain.

Sources: usrloc/ul_mi.c of 1.11, 2.4, 3.6, 4.0; parser/msg_parser.h (method bits).
"""

import re
from collections import defaultdict
from contextlib import closing
from itertools import chain

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    MIError,
    ReplyTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Layout, TextTreeReply
from ansible_collections.community.opensips.plugins.module_utils._readers import contact_line, shape
from ansible_collections.community.opensips.plugins.module_utils._readers.contact_fields import (
    EXPIRES,
    Maker,
    seconds_left,
)

# What is listed in ul_dump.
_DUMP = Layout("Domains", "name", "AORs", "Domain", "AOR")
# One contact of a text tree in the order in which all versions write it. A line that does not fit is read on its own.
_CONTACT = (
    r"\t*Contact:: (.*) Q=(.*)\n(?:\t*ContactID:: (.*)\n)?\t*Expires:: (.*)\n\t*Callid:: (.*)\n\t*Cseq:: (.*)\n"
    + "".join(
        r"\t*{0}:: (.*)\n".format(name) if name[-1] != "?" else r"(?:\t*{0}:: (.*)\n)?".format(name[:-1])
        for name in "User-agent? Received? Path? State Flags Cflags Socket? Methods Attr? SIP_instance?".split()
    )
)
_PIECES = re.compile(_CONTACT + r"|\t*AOR:: (.*)\n|\t*Domain:: (\S*).*\n|(.*)\n")
_FIELDS = frozenset(
    "ContactID Expires Callid Cseq User-agent Received Path State Flags Cflags Socket Methods Attr SIP_instance".split()
)


def parse(reply, table=None, aor=None, consume=False):
    """The contacts of a ul_dump or ul_show_contact reply: list of contact records.

    table, aor: what the caller asked ul_show_contact for; the reply does not tell the table, and up to 1.11 not the AOR.
    consume: let go of each part of the reply once it is read, to save memory; reply.result is of no use afterwards.
    """
    return list(iter_contacts(reply, table, aor, consume))


def iter_contacts(reply, table=None, aor=None, consume=False):
    """Like parse(), but yields one record after another. Raises MalformedReply where it comes upon a fault."""
    return _contacts(reply, table, aor, consume, Maker())


def _contacts(reply, table, aor, consume, maker):
    """The same with the Maker that goes from part to part of a reply."""
    if not reply.is_tree:
        return _of_value(reply.result, table, maker, consume)
    if isinstance(reply, TextTreeReply) and "\r" not in reply.lines():
        return _of_text(reply.lines(), table, aor, maker)
    return _of_nodes(reply.walk(), table, aor, maker)


def iter_aors(reply):
    """The AORs of a ul_dump reply, brief or not: yields AOR records."""
    maker = Maker()
    for table, aor in _aors(reply, maker):
        user, domain = maker.split(aor)
        yield {"table": table, "aor": aor, "user": user, "domain": domain}


def read(conn, table=None, keep=None, timeout=None):
    """The registered contacts of the server, or of one table: list of contact records. See iter_read()."""
    return list(iter_read(conn, table, keep, timeout))


def iter_read(conn, table=None, keep=None, timeout=None):
    """The same, yielded while they come, so that memory is needed only for what keep lets through.

    keep: function of a contact record that tells whether to yield it; None: all. timeout: seconds for the whole table, None
    for the connection's. Raises BadParameters for a table that the server does not have. An error may come after records.

    Take them without a pause, and ask conn nothing meanwhile: see Connection.stream().
    """
    maker = Maker()
    # the AORs of what was yielded, of each table
    given = defaultdict(set)
    try:
        with closing(conn.stream("ul_dump", _DUMP, timeout=timeout)) as parts:
            for record in chain.from_iterable(_contacts(part, None, None, True, maker) for part in parts):
                if (table is None or record["table"] == table) and (keep is None or keep(record)):
                    given[record["table"]].add(record["aor"])
                    yield record
    except ReplyTooLarge:
        # a datagram holds some 150 contacts, but thousands of AORs; a FIFO of 3.x ends where one contact is too long for it
        for record in _one_by_one(conn, given, table, maker, timeout):
            if keep is None or keep(record):
                yield record
    if table is not None and table not in maker.tables:
        raise _no_table(table, "It has {0}".format(", ".join(str(each) for each in maker.tables) or "none"))


def _one_by_one(conn, given, table, maker, timeout):
    """The contacts of all AORs but those in given: first the AORs, then each one's contacts, many at a time; in that order."""
    asked = []
    for part in conn.stream("ul_dump", _DUMP, {"brief": 1}, timeout):
        places = _aors(part, maker)
        asked.extend(each for each in places if each[1] not in given[each[0]] and table in (None, each[0]))
    requests = (("ul_show_contact", {"table_name": place[0], "aor": place[1]}) for place in asked)
    early, following = {}, 0
    for index, reply in conn.call_many(requests):
        if isinstance(reply, ServerError) and reply.code == 404:
            reply = None  # gone meanwhile
        elif isinstance(reply, MIError):
            raise reply
        early[index] = reply
        while following in early:
            reply = early.pop(following)
            if reply is not None:
                yield from _contacts(reply, asked[following][0], asked[following][1], True, maker)
            following += 1


def _no_table(table, hint):
    return BadParameters("The server has no location table {0!r}".format(table), "Correct table. " + hint)


def read_aor(conn, aor, table="location"):
    """The contacts of one AOR: list of contact records, empty when nobody is registered.

    Raises BadParameters for an unknown table, and for an AOR without a domain where the server wants one.
    """
    try:
        reply = conn.call(*_show(aor, table))
    except ServerError as error:
        return _of_refusal(error, aor, table)
    return parse(reply, table, aor, consume=True)


def read_each(conn, aors, table="location"):
    """The contacts of many AORs, asked for many at a time: {AOR as given: list of contact records}. Raises as read_aor()."""
    aors = list(aors)
    found = {}
    for index, reply in conn.call_many(_show(aor, table) for aor in aors):
        if isinstance(reply, ServerError):
            found[aors[index]] = _of_refusal(reply, aors[index], table)
        elif isinstance(reply, MIError):
            raise reply
        else:
            found[aors[index]] = parse(reply, table, aors[index], consume=True)
    return found


def _show(aor, table):
    return "ul_show_contact", {"table_name": table, "aor": aor}


def _of_refusal(error, aor, table):
    """The contacts of an AOR that ul_show_contact answered with an error: none, or an error that says more."""
    if error.code == 404 and error.reason.strip().startswith("AOR"):
        return []
    if error.code == 404 and error.reason.strip().startswith("Table"):
        raise _no_table(table, "The usrloc module of its configuration names them") from None
    if error.code == 400 and "Domain missing" in error.reason:
        raise BadParameters(
            "The AOR {0!r} has no domain, and this server keeps AORs with theirs".format(aor),
            "Write it as user@domain",
        ) from None
    raise error


def read_aors(conn, table=None):
    """The registered AORs without their contacts: list of AOR records."""
    found = []
    for part in conn.stream("ul_dump", _DUMP, {"brief": 1}):
        found.extend(each for each in iter_aors(part) if table is None or each["table"] == table)
    return found


def _of_value(result, table, maker, consume):
    """Contacts of the value of 3.x and 4.x."""
    result = shape.mapping(result, "The result")
    if "Domains" not in result:
        yield from _of_aors([result], table, maker, consume)
        return
    for domain in shape.sequence(result["Domains"], "Domains"):
        domain = shape.mapping(domain, "Domains")
        name = shape.word(domain.get("name"), "name")
        maker.saw(name)
        yield from _of_aors(shape.sequence(domain.get("AORs"), "AORs"), name, maker, consume)


def _of_aors(aors, table, maker, consume):
    for index, entry in enumerate(aors):
        if consume:
            aors[index] = None
        entry = shape.mapping(entry, "AORs")
        aor = shape.needed(entry.get("AOR"), "AOR")
        user, domain = maker.split(aor)
        for contact in shape.sequence(entry.get("Contacts"), "Contacts"):
            try:
                record = _fast(table, aor, user, domain, contact, maker)
            except (AttributeError, KeyError, TypeError):
                record = None
            # a value of another type than OpenSIPS gives: read with care, or refuse
            yield record or maker.loose((table, aor, user, domain), shape.mapping(contact, "Contacts").get)


def _fast(table, aor, user, domain, contact, maker):
    """The record of a contact whose values have the usual types; None, TypeError or AttributeError otherwise."""
    # exact types: bool is an int, and isinstance() costs more. pylint: disable=unidiomatic-typecheck
    get = contact.get
    uri, contact_id, call_id = contact["Contact"], get("ContactID"), get("Callid")
    expires, cseq, flags = get("Expires"), get("Cseq"), get("Flags")
    received, attr, instance = get("Received"), get("Attr"), get("SIP_instance")
    if not (type(uri) is str and uri and type(cseq) is int and type(call_id) is str and type(flags) is int):
        return None
    for rare in (contact_id, received, attr, instance):
        if rare is not None and type(rare) is not str:
            return None
    permanent = False
    if type(expires) is not int:
        expires, permanent = EXPIRES[expires]
    return {
        "table": table,
        "aor": aor,
        "user": user,
        "domain": domain,
        "contact": uri,
        "contact_id": contact_id,
        "expires": expires,
        "permanent": permanent,
        "q": maker.q[get("Q")],
        "call_id": call_id,
        "cseq": cseq,
        "user_agent": maker.agents[get("User-agent")],
        "received": received,
        "path": maker.paths[get("Path")],
        "state": maker.states[get("State")],
        "flags": flags,
        "cflags": maker.cflags[get("Cflags")],
        "socket": maker.sockets[get("Socket")],
        "methods": maker.methods[get("Methods")],
        "attr": attr,
        "sip_instance": instance,
    }


def _of_text(lines, table, aor, maker):
    """Contacts of a text tree. One match a contact is several times faster than a look at each line."""
    if not lines.endswith("\n"):
        lines += "\n"
    q, agents, states, sockets = maker.q, maker.agents, maker.states, maker.sockets
    flags, cflags, methods, paths = maker.flags, maker.cflags, maker.methods, maker.paths
    place = _place(maker, table, aor)
    user = domain = None
    if aor is not None:
        user, domain = place[2:]
    loose = _Loose(maker)
    for piece in _PIECES.finditer(lines):
        (uri, priority, contact_id, left, call_id, cseq, agent, received, path, state, flag, cflag, socket, method, attr,
         instance, new_aor, new_table, other) = piece.groups()  # fmt: skip
        if other is not None:
            if other:
                yield from loose.line(other, place)
            continue
        yield from loose.flush()
        if uri is not None:
            if not uri or aor is None:
                raise shape.malformed("A contact without URI or AOR", piece.group())
            expires, permanent = seconds_left(left)
            yield {
                "table": table,
                "aor": aor,
                "user": user,
                "domain": domain,
                "contact": uri,
                "contact_id": contact_id,
                "expires": expires,
                "permanent": permanent,
                "q": q[priority],
                "call_id": call_id,
                "cseq": shape.integer(cseq, "Cseq"),
                "user_agent": agents[agent],
                "received": received,
                "path": paths[path],
                "state": states[state],
                "flags": flags[flag],
                "cflags": cflags[cflag],
                "socket": sockets[socket],
                "methods": methods[method],
                "attr": attr,
                "sip_instance": instance,
            }
        elif new_aor is not None:
            aor = shape.needed(new_aor, "AOR")
            user, domain = maker.split(aor)
            place = (table, aor, user, domain)
        else:
            table = new_table or None
            maker.saw(table)
            place = (table,) + place[1:]
    yield from loose.flush()


def _of_nodes(events, table, aor, maker):
    """Contacts of any tree, a node at a time."""
    place = _place(maker, table, aor)
    loose = _Loose(maker)
    for _depth, name, value, attributes in events:
        if name == "AOR":
            yield from loose.flush()
            aor = shape.needed(value, "AOR")
            place = (place[0], aor) + maker.split(aor)
        elif name == "Domain":
            yield from loose.flush()
            place = (shape.word(value, "Domain"),) + place[1:]
            maker.saw(place[0])
        else:
            yield from loose.node(name, value, attributes.get("Q"), place)
    yield from loose.flush()


def _place(maker, table, aor):
    return (table, aor) + (maker.split(aor) if aor is not None else (None, None))


class _Loose:
    """A contact whose fields come one by one. line(), node() and flush() give the records that got complete (0 or 1)."""

    def __init__(self, maker):
        self._maker = maker
        self._fields = None
        self._at = None

    def line(self, line, place):
        name, _separator, value = line.lstrip("\t").partition(":: ")
        priority = None
        if name == "Contact" and not value.startswith("<"):
            value, _separator, priority = value.rpartition(" Q=")
        return self.node(name, value, priority, place)

    def node(self, name, value, priority, place):
        if name == "Contact":
            done = self.flush()
            if value.startswith("<"):
                # the tree may have taken " Q=" in a User-Agent for an attribute
                whole = value if priority is None else "{0} Q={1}".format(value, priority)
                return done + [contact_line.parse(whole, place, self._maker)]
            self._fields, self._at = {"Contact": value, "Q": priority}, place
            return done
        if self._fields is not None and name in _FIELDS:
            self._fields[name] = value
        return []

    def flush(self):
        if self._fields is None:
            return []
        fields, self._fields = self._fields, None
        if "Expires" not in fields or self._at[1] is None:
            raise MalformedReply(
                "The reply has the contact {0!r} without its fields or AOR".format(fields["Contact"][:60])
            )
        return [self._maker.loose(self._at, fields.get)]


def _aors(reply, maker):
    """(table, AOR) of each AOR in a ul_dump reply."""
    return _aors_of_tree(reply, maker) if reply.is_tree else _aors_of_value(reply.result, maker)


def _aors_of_value(result, maker):
    for domain in shape.sequence(shape.mapping(result, "The result").get("Domains"), "Domains"):
        domain = shape.mapping(domain, "Domains")
        table = shape.word(domain.get("name"), "name")
        maker.saw(table)
        for entry in shape.sequence(domain.get("AORs"), "AORs"):
            yield table, shape.needed(shape.mapping(entry, "AORs").get("AOR"), "AOR")


def _aors_of_tree(reply, maker):
    table = None
    for _depth, name, value, _attributes in reply.walk():
        if name == "Domain":
            table = shape.word(value, "Domain")
            maker.saw(table)
        elif name == "AOR":
            yield table, shape.needed(value, "AOR")
