# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""usrloc: registrations."""

import time

from ..errors import MIError
from ..location import MI_CALLID, MI_USER_AGENT, Contact
from ..member import CONTACTS
from ..memory import DUMP_SECONDS, OutOfMemory
from ..tree import array, node
from . import command


def _table(params):
    if params.text("table_name") != "location":
        raise MIError(404, "Table not found")


def _aor(server, params):
    """4.0 wants the domain in an AOR; before, the domain is cut off."""
    aor = params.text("aor")
    if server.state.v >= (4, 0):
        if "@" not in aor:
            raise MIError(400, "Domain missing in AOR")
        return aor
    return aor.partition("@")[0]


def _contact_value(contact, now):
    value = {
        "Contact": contact.uri,
        "ContactID": contact.contact_id,
        "Expires": contact.expires(now),
        "Q": contact.q,
        "Callid": contact.callid,
        "Cseq": contact.cseq,
        "User-agent": contact.user_agent,
    }
    if contact.received:
        value["Received"] = contact.received
    if contact.path:
        value["Path"] = contact.path
    value["State"] = "CS_NEW"
    value["Flags"] = contact.flags
    value["Cflags"] = contact.cflags
    if contact.socket:
        value["Socket"] = contact.socket
    value["Methods"] = contact.methods
    if contact.attr:
        value["Attr"] = contact.attr
    if contact.sip_instance:
        value["SIP_instance"] = contact.sip_instance
    return value


def _contact_node(contact, now, with_id):
    kids = [
        ("Callid", contact.callid, (), (), False),
        ("Cseq", str(contact.cseq), (), (), False),
        ("User-agent", contact.user_agent or None, (), (), False),
    ]
    if contact.received:
        kids.append(node("Received", contact.received))
    if contact.path:
        kids.append(node("Path", contact.path))
    kids += [
        ("State", "CS_NEW", (), (), False),
        ("Flags", str(contact.flags), (), (), False),
        ("Cflags", contact.cflags or None, (), (), False),
    ]
    if contact.socket:
        kids.append(("Socket", contact.socket, (), (), False))
    kids.append(("Methods", str(contact.methods), (), (), False))
    if contact.attr:
        kids.append(node("Attr", contact.attr))
    if contact.sip_instance:
        kids.append(("SIP_instance", contact.sip_instance, (), (), False))
    head = [("Expires", str(contact.expires(now)), (), (), False)]
    if with_id:
        head.insert(0, ("ContactID", contact.contact_id, (), (), False))
    return ("Contact", contact.uri, (("Q", contact.q),), head + kids, False)


def _aor_node(aor, contacts, now, with_id):
    return ("AOR", aor, (), [_contact_node(contact, now, with_id) for contact in contacts], True)


def _old_contact(contact, now):
    """ul_show_contact of 1.11: one line per contact."""
    expires = int(contact.expires_at) - int(now)
    return node(
        "Contact",
        "<%s>;q=%s;expires=%d;flags=0x%X;cflags=0x0;socket=<%s>;callid=<%s>;methods=0x%X;"
        "user_agent=<%s>"
        % (
            contact.uri,
            contact.q,
            expires,
            contact.flags,
            contact.socket or "NULL",
            contact.callid,
            contact.methods,
            contact.user_agent,
        ),
    )


@command("ul_dump", "[brief]")
def ul_dump(server, params):
    state = server.state
    location = state.location
    begun = time.monotonic()
    location.sweep()
    now = time.time()
    if state.tree:
        brief = params.text("brief", "").lower() == "brief"
        with_id = state.v >= (2, 0)
        if brief:
            aors = [node("AOR", aor, array=True) for aor in location.ordered()]
        else:
            aors = [_aor_node(aor, location.aors[aor], now, with_id) for aor in location.ordered()]
        attrs = (("hash_size", "512"),) if with_id else (("table", "512"), ("records", str(len(location))))
        return array([node("Domain", "location", attrs, aors, array=True)])
    if params.int("brief", 0):
        aors = [{"AOR": aor} for aor in location.ordered()]
    else:
        aors = [
            {"AOR": aor, "Contacts": [_contact_value(contact, now) for contact in location.aors[aor]]}
            for aor in location.ordered()
        ]
    server.spend(DUMP_SECONDS * len(location) ** 2 - (time.monotonic() - begun))
    return {"Domains": [{"name": "location", "hash_size": 512, "AORs": aors}]}


@command("ul_show_contact", "table_name aor")
def ul_show_contact(server, params):
    state = server.state
    _table(params)
    aor = _aor(server, params)
    state.location.sweep()
    contacts = state.location.get(aor)
    if not contacts:
        raise MIError(404, "AOR not found")
    now = time.time()
    if not state.tree:
        return {"AOR": aor, "Contacts": [_contact_value(contact, now) for contact in contacts]}
    if state.v < (2, 0):
        return array([_old_contact(contact, now) for contact in contacts])
    return array([_aor_node(aor, contacts, now, True)])


@command("ul_add", "table_name aor contact expires q unused flags cflags methods")
def ul_add(server, params):
    _table(params)
    aor = _aor(server, params)
    try:
        q = float(params.text("q"))
    except ValueError:
        raise MIError(400, "Bad parameter" + (" value" if params.rpc else "")) from None
    expires = params.int("expires")
    if params.rpc:
        params.int("cflags")
    contact = Contact(
        params.text("contact"),
        time.time() + expires if expires else 0,
        f"{q:g}",
        MI_CALLID,
        1,
        MI_USER_AGENT,
        flags=params.int("flags"),
        methods=params.int("methods"),
    )
    try:
        server.state.location.save(aor, contact)
    except OutOfMemory:
        raise MIError(500, "Internal Error" if params.rpc else "Server Internal Error") from None


@command("ul_rm", "table_name aor")
def ul_rm(server, params):
    _table(params)
    server.state.location.remove(_aor(server, params))


@command("ul_rm_contact", "table_name aor contact")
def ul_rm_contact(server, params):
    _table(params)
    aor = _aor(server, params)
    location = server.state.location
    if location.get(aor) is None:
        raise MIError(404, "AOR not found")
    uri = params.text("contact")
    if location.find(aor, uri) is None:
        raise MIError(404, "Contact not found")
    location.remove_contact(aor, uri)


@command("ul_flush", no_input=True)
def ul_flush(server, params):
    return None


@command("ul_sync", "table_name [aor]")
def ul_sync(server, params):
    # without a database there is nothing to do, and that is said as an error
    raise MIError(200, "Contacts already synced")


@command("ul_cluster_sync", no_input=True)
def ul_cluster_sync(server, params):
    if server.member is None:
        raise MIError(400, "Clustering not enabled")
    server.member.request_sync(CONTACTS)
