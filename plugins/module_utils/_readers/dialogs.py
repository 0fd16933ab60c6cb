# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Calls that the server tracks: dlg_list and dlg_list_ctx (module dialog).

Dialog records:

id             str           what dlg_end_dlg takes: the dialog's ID (3.1 and later ``1a5.7edb4e91``, before decimal digits)
db_id          str or None   the dialog's id as a number, decimal digits
hash           str or None   ``entry:id``, the two halves of db_id
state          str           unconfirmed, early, confirmed_na (answered, no ACK yet), confirmed or deleted
state_number   int           1 to 5 in that order
user_flags     list or None  names of the dialog flags set (3.4 and later; before only when there are none)
timestart      int or None   epoch seconds of the answer, None before it
datestart      str or None   the same, ISO 8601 in the server's local time
timeout        int or None   epoch seconds at which the server ends the call, None when it will not
dateout        str or None   the same, ISO 8601 in the server's local time
call_id        str           Call-ID
from_uri       str           URI of From
to_uri         str           URI of To
caller         dict          the caller's leg: tag, contact, callee_cseq (int), route_set, bind_addr, sdp, sent_sdp
callees        list of dict  the callees' legs: tag, contact, caller_cseq (int), route_set, bind_addr, sdp, sent_sdp
context        dict or None  with dlg_list_ctx: values (dict of name to str or int), profiles (list of {name, value})

In legs all but cseq are str or None: bind_addr is the server's socket towards the leg, sdp what came from it (2.2 and
later), sent_sdp what was sent to it (3.0 and later).

The text of 1.x and 2.x has headers and SDP as phones wrote them, line ends included: an SDP may hold lines that look like
other dialogs. So read_all() believes only a dialog that the server shows, with the same id, when it is asked for its Call-ID
alone: of that reply the first dialog is the server's, and its id and times stand before what phones wrote.

Sources: dialog/dlg_hash.c of 1.11, 2.2, 2.4, 3.0, 3.6, 4.0; dlg_hash.h (states).
"""

import re
from collections import namedtuple
from typing import Any, Dict, Iterator, List, Optional, Set

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    MIError,
    MITimeout,
    ReplyTooLarge,
    ServerError,
    first_few,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply, TextTreeReply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

_PASSES = 3
_OVERLAP = 8
# How often a page of a scan is read again further ahead.
_BACK = 8
_COUNTER = "dlg_counter"

_NAMED = 5
# What a dialog has before its legs, and what of it stands before anything that a phone wrote.
_HEAD = frozenset(
    "ID dialog_id db_id hash state user_flags timestart datestart timeout dateout callid from_uri to_uri".split()
)
_LEGS = ("caller_sdp", "CALLEES")
_CALLER = ("caller_tag", "caller_contact", "callee_cseq", "caller_route_set", "caller_bind_addr")
_STRAY = "stray"
# An SDP that ends in CR must not take the next dialog for a line of its own.
_GOES_ON = re.compile("\r\n(?=dialog:: )")

Record = Dict[str, Any]

_STATES = {1: "unconfirmed", 2: "early", 3: "confirmed_na", 4: "confirmed", 5: "deleted"}


def parse(reply: Reply) -> List[Record]:
    """The dialogs of a dlg_list or dlg_list_ctx reply: list of records."""
    return list(iter_dialogs(reply))


def iter_dialogs(reply: Reply) -> Iterator[Record]:
    """Like parse(), one record after another."""
    if isinstance(reply, TextTreeReply):
        return (record for record, _stray in _of_text(reply))
    return map(_record, _of_tree(reply.result) if reply.is_tree else _of_value(reply.result))


def _of_text(reply: Any) -> Iterator[Any]:
    """(record, whether there are lines in its head that are not the server's) of each dialog. What is none is left out."""
    for raw in _of_tree(reply.nodes_of(_GOES_ON.sub("\r\n\n", reply.lines()))):
        stray = raw.pop(_STRAY)
        try:
            record = _record(raw)
        except MalformedReply:
            try:
                record = _record({name: value for name, value in raw.items() if name in _HEAD})
            except MalformedReply:
                continue
        yield record, stray


def _command(context: bool) -> str:
    return "dlg_list_ctx" if context else "dlg_list"


def read(
    conn: Connection, callid: Optional[str] = None, from_tag: Optional[str] = None, context: bool = False
) -> List[Record]:
    """Ask the server: list of records, empty when callid names no dialog.

    callid, from_tag: only that dialog. context: values and profiles of each dialog, too.
    """
    params = {name: value for name, value in (("callid", callid), ("from_tag", from_tag)) if value is not None}
    try:
        reply = conn.call(_command(context), params or None)
    except ServerError as error:
        if error.code == 404 and callid is not None:
            return []
        raise
    return parse(reply)


def read_all(conn: Connection, page: Optional[int] = None, context: bool = False) -> List[Record]:
    """Every dialog, however many there are, with values and profiles if context: list of records.

    Asks for a page at a time (OpenSIPS 1.6 and later).

    Calls that end while this goes on shift those behind them to an earlier page. So pages overlap, what does not add up to
    the server's own count is read again, and what only some of the passes showed is among the records.
    page: dialogs at once, if not as many as the carrier and the server bear: a longer list costs the server's process memory.
    """
    size = page or conn.carrier.page_size
    everything = {}
    for _attempt in range(_PASSES):
        found, counts, size = _pass(conn, _command(context), size)
        everything.update(found)
        if len(counts) == 1 and len(found) == min(counts):
            everything = found
            break
    if not everything and 0 not in counts:
        raise shape.malformed("the number of dialogs, none of which is listed,", max(counts))
    return _believed(conn, _command(context), list(everything.values()))


def scan(conn: Connection, page: Optional[int] = None) -> Iterator[Any]:
    """Yield each dialog once, page after page, as the server lists them now; one pass, however many begin and end meanwhile.

    What is yielded has record, which is_shown() has still to believe. Pages overlap, and where two have no dialog in common the
    list is read again from further ahead: so every dialog that is there the whole time is found. page: as for read_all().
    """
    seen: Set[Any] = set()
    for listed in _pages(conn, _command(False), page or conn.carrier.page_size):
        for dialog in listed:
            key = _key(dialog)
            if key not in seen:
                seen.add(key)
                yield dialog


def _pages(conn: Connection, method: str, size: int) -> Iterator[List[Any]]:
    index = back = 0
    before: Set[Any] = set()
    while True:
        count, listed, size = _page(conn, method, index, size)
        keys = set(map(_key, listed))
        if before and keys and not before & keys and back < _BACK:
            # more calls ended meanwhile than pages overlap
            index, back = max(0, index - size), back + 1
            continue
        yield listed
        # a page of text may have fewer than were asked for: a phone's SDP may hide some
        if index + size >= count:
            return
        overlap = 0 if size == 1 else max(1, size // _OVERLAP)
        index += size - overlap
        before, back = keys if overlap else set(), 0


def _key(dialog: Any) -> Any:
    """What tells dialogs apart: another one of the same id is an invention, and which one shows later."""
    return dialog.record["id"], dialog.record["call_id"]


def is_shown(conn: Connection, dialog: Any) -> bool:
    """Whether a dialog of scan() is one: what a phone wrote into the text of 1.x and 2.x the server does not show by its Call-ID."""
    return bool(_believed(conn, _command(False), [dialog]))


def _believed(conn: Connection, method: str, listed: List[Any]) -> List[Record]:
    """Those of listed, as _pass() gives them, that count: list of records. What is out of text the server must show by itself."""
    asked = [dialog for dialog in listed if dialog.is_text]
    if not asked:
        return [dialog.record for dialog in listed]
    found: List[Optional[Record]] = [None] * len(asked)
    doubtful = []
    for index, reply in conn.call_many((method, _alone(dialog.record)) for dialog in asked):
        record = asked[index].record
        if isinstance(reply, ServerError) and reply.code == 404:
            # it is over, unless its Call-ID goes on in the next line
            shown, is_over = None, not asked[index].stray
        elif isinstance(reply, BadParameters):
            shown, is_over = None, False
        elif isinstance(reply, MIError):
            raise reply
        else:
            shown, is_over = next(iter_dialogs(reply), None), False
        if shown is not None and shown["id"] == record["id"]:
            found[index] = shown
        elif not is_over:
            doubtful.append(f"{record['id']} with the Call-ID {record['call_id']!r}")
    if doubtful:
        warning = (
            f"The server lists dialogs that it does not find by their Call-ID, so the task ignores them: {first_few(doubtful, _NAMED)}. "
            "A phone may have line ends in its SDP or in a header. Check with the command dlg_list"
        )
        # a task that waits looks often
        if warning not in conn.warnings:
            conn.warnings.append(warning)
    return [record for record in found if record is not None]


def _alone(record: Any) -> Any:
    params = {"callid": record["call_id"], "from_tag": record["caller"]["tag"]}
    if params["from_tag"] is None or (record["call_id"].isdigit() and params["from_tag"].isdigit()):
        # two numbers are a page
        del params["from_tag"]
    return params


_Listed = namedtuple("_Listed", "record stray is_text")


def _pass(conn: Connection, method: str, size: int) -> Any:
    """All pages once: ({what tells dialogs apart: _Listed}, {counts that the server told}, size of the pages)."""
    found: Dict[Any, Any] = {}
    counts: Set[Any] = set()
    index = 0
    while True:
        count, listed, size = _page(conn, method, index, size)
        counts.add(count)
        found.update((_key(dialog), dialog) for dialog in listed)
        if len(listed) < size:
            return found, counts, size
        # pages overlap, so that a few calls that end meanwhile hide none
        index += size - size // _OVERLAP


def _page(conn: Connection, method: str, index: int, size: int) -> Any:
    """(number of all dialogs, list of _Listed, size) from an index on. size: of the page, smaller if so many did not fit."""
    while True:
        try:
            reply = conn.call(method, {"index": index, "counter": size})
            break
        except (ReplyTooLarge, MITimeout) as error:
            # 1.x and 2.x give no answer at all to a datagram that would be too large
            if size == 1 or isinstance(error, MITimeout) and conn.carrier.largest_reply is None:
                raise
            if isinstance(error, MITimeout):
                # a server that hangs would be waited for at each size
                conn.call("version")
            size = max(1, size // 4)
    count = _count(reply)
    if count is None:
        raise shape.malformed("the number of dialogs", count)
    return count, _listed(reply), size


def _listed(reply: Reply) -> Any:
    if isinstance(reply, TextTreeReply):
        return [_Listed(record, stray, True) for record, stray in _of_text(reply)]
    return [_Listed(record, False, False) for record in iter_dialogs(reply)]


def _count(reply: Reply) -> Optional[int]:
    """The number of all dialogs, which a page tells besides its own."""
    if not reply.is_tree:
        return shape.integer(shape.mapping(reply.result, "dlg_list").get("count"), "count")
    for node in reply.result:
        if node["name"] == _COUNTER and not node["attributes"]:
            return shape.integer(node["value"], _COUNTER)
    return None


def _of_value(result: Any) -> Any:
    result = shape.mapping(result, "dlg_list")
    if "Dialog" in result:
        return [shape.mapping(result["Dialog"], "Dialog")]
    return [shape.mapping(dialog, "Dialogs") for dialog in shape.sequence(result.get("Dialogs"), "Dialogs")]


def _of_tree(nodes: Any) -> Any:
    """The dialogs of a tree in the shape of 3.x."""
    for node in nodes:
        # mi_json and mi_xmlrpc_ng call all nodes as the first one, the counter of a page
        if node["name"] != "dialog" and not (node["name"] == _COUNTER and node["attributes"]):
            continue
        raw = shape.fields(node)
        raw["CALLEES"] = []
        raw.pop("context", None)
        raw[_STRAY] = _has_stray(node["children"])
        for child in node["children"]:
            if child["name"] == "CALLEES":
                raw["CALLEES"] = [shape.fields(leg) for leg in child["children"] if leg["name"] == "callee"]
            elif child["name"] == "context":
                raw["context"] = {
                    part["name"]: [{leaf["name"]: leaf["value"]} for leaf in part["children"]]
                    for part in child["children"]
                }
        yield raw


def _has_stray(children: Any) -> bool:
    """Whether a name that the server does not write is among the children before the first SDP."""
    for child in children:
        if child["name"] in _LEGS:
            return False
        if child["name"] not in _HEAD and child["name"] not in _CALLER:
            return True
    return False


def _record(raw: Any) -> Dict[str, Any]:
    get = raw.get
    # ID is a number up to 3.0, where db_id does not exist; dialog_id was its name up to 2.2
    name = shape.needed(get("ID", get("dialog_id")), "ID")
    db_id = shape.word(get("db_id"), "db_id") or (name if name.isdigit() else None)
    state = shape.integer(get("state"), "state")
    if state not in _STATES:
        raise shape.malformed("state", state)
    return {
        "id": name,
        "db_id": db_id,
        "hash": _hash(db_id),
        "state": _STATES[state],
        "state_number": state,
        "user_flags": _flags(get("user_flags")),
        "timestart": shape.integer(get("timestart"), "timestart") or None,
        "datestart": shape.moment(get("datestart"), "datestart"),
        "timeout": shape.integer(get("timeout"), "timeout") or None,
        "dateout": shape.moment(get("dateout"), "dateout"),
        "call_id": shape.needed(get("callid"), "callid"),
        "from_uri": shape.word(get("from_uri"), "from_uri"),
        "to_uri": shape.word(get("to_uri"), "to_uri"),
        "caller": _leg(raw, "caller", "callee_cseq"),
        "callees": [
            _leg(shape.mapping(leg, "CALLEES"), "callee", "caller_cseq")
            for leg in shape.sequence(get("CALLEES"), "CALLEES")
        ],
        "context": _context(get("context")),
    }


def _hash(db_id: Any) -> Any:
    if db_id is None:
        return None
    number: Any = shape.integer(db_id, "db_id")
    return f"{number >> 32}:{number & 4294967295}"


def _flags(value: Any) -> Any:
    """Names of flags; up to 3.3 the server gives a mask whose names it keeps to itself."""
    if value is None:
        return None
    if isinstance(value, int) or (isinstance(value, str) and value.strip().isdigit()):
        return None if shape.integer(value, "user_flags") else []
    return shape.words(value, "user_flags")


def _leg(raw: Any, side: str, cseq: Any) -> Dict[str, Any]:
    def get(field: str) -> Any:
        name = f"{side}_{field}"
        # SDP keeps its line ends
        return (shape.text(raw.get(name), name) or None) if "sdp" in field else shape.word(raw.get(name), name)

    return {
        "tag": get("tag"),
        "contact": get("contact"),
        cseq: shape.integer(raw.get(cseq), cseq),
        "route_set": get("route_set"),
        "bind_addr": get("bind_addr"),
        "sdp": get("sdp"),
        "sent_sdp": get("sent_sdp"),
    }


def _context(value: Any) -> Any:
    if value is None:
        return None
    value = shape.mapping(value, "context")
    values = {}
    for pair in shape.sequence(value.get("values"), "values"):
        values.update(shape.mapping(pair, "values"))
    profiles = []
    for profile in shape.sequence(value.get("profiles"), "profiles"):
        for name, content in shape.mapping(profile, "profiles").items():
            profiles.append({"name": name, "value": shape.word(content, name)})
    return {"values": values, "profiles": profiles}
