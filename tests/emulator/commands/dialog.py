# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dialog: calls and profiles."""

import time

from ..errors import MIError
from ..member import DIALOGS, SYNCING
from ..tree import array, attributes, node, tree
from . import command


def _date(moment):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def _fields(server, dialog):
    """What all versions tell, in their order, up to the callees."""
    return {
        "state": dialog.state,
        "user_flags": "",
        "timestart": dialog.start,
        **({"datestart": _date(dialog.start)} if dialog.start else {}),
        "timeout": dialog.timeout,
        "dateout": _date(dialog.timeout),
        "callid": dialog.callid,
        "from_uri": dialog.from_uri,
        "to_uri": dialog.to_uri,
        "caller_tag": dialog.caller_tag,
        "caller_contact": dialog.caller_contact,
        "callee_cseq": "0",
        "caller_route_set": "",
        "caller_bind_addr": "udp:127.0.0.1:%d" % server.state.sip_port,
    }


def _callees(server, dialog):
    """The legs: none, or 3.x and later an empty one, before somebody rings."""
    callee = _callee(server, dialog)
    if dialog.state > 1:
        return [callee]
    return [dict.fromkeys(callee)] if server.state.v >= (3, 0) else []


def _callee(server, dialog):
    return {
        "callee_tag": dialog.callee_tag,
        "callee_contact": dialog.callee_contact,
        "caller_cseq": "1",
        "callee_route_set": dialog.callee_route_set,
        "callee_bind_addr": "udp:127.0.0.1:%d" % server.state.sip_port,
    }


def _value(server, dialog, context):
    value = {"ID": dialog.did, "db_id": dialog.db_id}
    value.update(
        _fields(server, dialog),
        caller_sdp=dialog.caller_sdp,
        CALLEES=[dict(callee, callee_sdp=dialog.callee_sdp) for callee in _callees(server, dialog)],
    )
    if context:
        value["context"] = {
            # the server stores it when it replicates the dialog, which is when it is answered
            **({"values": [{"dlgX_shtag": dialog.shtag}]} if dialog.shtag and dialog.state >= 3 else {}),
            **({"profiles": [{name: of or ""} for name, of in dialog.profiles]} if dialog.profiles else {}),
        }
    return value


def _node(server, dialog, context):
    sdp = [node("caller_sdp", dialog.kept_sdp[0])] if server.state.v >= (2, 0) else []
    callee_sdp = [node("callee_sdp", dialog.kept_sdp[1])] if sdp else []
    kids = [node(name, 0 if name == "user_flags" else value) for name, value in _fields(server, dialog).items()]
    legs = [[node(*pair) for pair in callee.items()] for callee in _callees(server, dialog)]
    kids += sdp + [node("CALLEES", kids=[node("callee", kids=leg + callee_sdp) for leg in legs], array=True)]
    if context:
        profiles = [node(*pair) for pair in dialog.profiles]
        kids.append(node("context", kids=[node("profiles", kids=profiles)] if profiles else ()))
    if server.state.v < (2, 0):
        attrs = (("hash", "%d:%d" % (dialog.h_entry, dialog.h_id)), ("dialog_id", dialog.db_id))
    else:
        attrs = (("ID", dialog.db_id),)
    return node("dialog", None, attrs, kids)


def _chosen(server, params):
    """Dialogs by callid (and tag) or by index and counter."""
    dialogs = server.state.calls()
    first = params.text("callid")
    if first is None and "index" in params:
        index, count = params.int("index"), params.int("counter")
        return dialogs[index : index + count]
    if first is None:
        return dialogs
    tag = params.text("from_tag")
    if _is_page(server, params):
        return dialogs[int(first) : int(first) + int(tag)]
    found = [dialog for dialog in dialogs if dialog.callid == first and tag in (None, dialog.caller_tag)]
    if not found:
        raise MIError(404, "No such dialog")
    return found


def _is_page(server, params):
    """Whether index and counter are asked for, which 1.x and 2.x tell from a Call-ID and a tag by their looks."""
    first, tag = params.text("callid"), params.text("from_tag")
    return server.state.tree and tag is not None and first.isdigit() and tag.isdigit()


def _list(server, params, context):
    dialogs = _chosen(server, params)
    for dialog in dialogs if params.text("callid") is None or _is_page(server, params) else ():
        if dialog.lists:
            dialog.lists -= 1
    if server.state.tree:
        counter = [node("dlg_counter", len(server.state.dialogs))] if _is_page(server, params) else []
        return array(counter + [_node(server, dialog, context) for dialog in dialogs])
    reply = {"count": len(server.state.dialogs)} if "counter" in params else {}
    reply["Dialogs"] = [_value(server, dialog, context) for dialog in dialogs]
    return reply


@command("dlg_list", "[callid] [from_tag]")
def dlg_list(server, params):
    return _list(server, params, False)


@command("dlg_list_ctx", "[callid] [from_tag]")
def dlg_list_ctx(server, params):
    return _list(server, params, True)


@command("dlg_end_dlg", "dialog_id [extra_hdrs]")
def dlg_end_dlg(server, params):
    wanted = params.text("dialog_id")
    ended = [dialog for dialog in server.state.calls() if wanted in (dialog.did, dialog.db_id, dialog.callid)]
    if not ended:
        raise MIError(404, "Requested Dialog not found")
    if server.member is not None and ended[0].shtag and not server.member.holds(ended[0].shtag):
        raise MIError(403, "Node is backup for requested dialog")
    if ended[0].end == "refused":
        raise MIError(500, "Operation failed")
    server.state.end_dialogs([dialog for dialog in ended if dialog.end != "stays"])


@command("list_all_profiles", no_input=True)
def list_all_profiles(server, params):
    profiles = server.state.profiles.items()
    if server.state.tree:
        return tree(*(node(name, int(has_value)) for name, has_value in profiles))
    return {"Profiles": [{"name": name, "has value": has_value} for name, has_value in profiles]}


def _in_profile(server, params):
    """The dialogs of the profile, and of its value where one is given."""
    name, value = params.text("profile"), params.text("value")
    if name not in server.state.profiles:
        raise MIError(404, "Profile not found")
    return [
        dialog
        for dialog in server.state.calls()
        if any(name == known and value in (None, of) for known, of in dialog.profiles)
    ]


@command("profile_get_size", "profile [value]")
def profile_get_size(server, params):
    name, value, count = params.text("profile"), params.text("value"), len(_in_profile(server, params))
    if server.state.tree:
        replicated = {"replicated": "no"} if server.state.v >= (2, 0) else {}
        return tree(node("profile", None, attributes(name=name, value=value, count=count, shared="no", **replicated)))
    return {"Profile": {"name": name, "value": value or None, "count": count, "shared": "no", "replicated": "no"}}


@command("profile_get_values", "profile")
def profile_get_values(server, params):
    name = params.text("profile")
    found = [of for dialog in _in_profile(server, params) for known, of in dialog.profiles if known == name]
    counts = {of: found.count(of) for of in found}
    if not server.state.profiles[name]:
        counts = {None: len(found)}
    if server.state.tree:
        return array([node("value", of, attributes(count=count)) for of, count in counts.items()])
    return [{"value": of, "count": count} for of, count in counts.items()]


@command("profile_list_dlgs", "profile [value]")
def profile_list_dlgs(server, params):
    dialogs = _in_profile(server, params)
    if server.state.tree:
        return array([_node(server, dialog, False) for dialog in dialogs])
    return {"Dialogs": [_value(server, dialog, False) for dialog in dialogs]}


@command("dlg_db_sync", no_input=True)
def dlg_db_sync(server, params):
    raise MIError(400, "Cannot sync in no-db mode")


@command("dlg_cluster_sync", "[sharing_tag]")
def dlg_cluster_sync(server, params):
    member = server.member
    if member is None:
        raise MIError(400, "Dialog replication disabled")
    if member.capability(DIALOGS).status == SYNCING:
        return "Sync already in progress"
    tag = params.text("sharing_tag")
    member.request_sync(DIALOGS, None if tag is None else [tag])
    return None
