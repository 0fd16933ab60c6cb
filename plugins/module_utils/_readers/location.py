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

The text of 1.x and 2.x has what phones wrote into their REGISTER as they wrote it, line ends included: a folded User-Agent
may hold lines that look like contacts, of other AORs, too. So lines count only at the depth and in the order in which the
server writes them, with all that it always writes. What does not fit makes the contacts of its AOR Doubtful, and none of
them is believed. A whole ul_dump can be forged so that it fits, and a NUL or a line of more than 8 KB hides the lines
behind it; the reply to ul_show_contact speaks of one AOR only, whoever wrote it. So iter_each_shown() asks for the AORs
first, and then for each one's contacts. What a phone invents about its own AOR it could have registered.

Sources: usrloc/ul_mi.c of 1.11, 2.4, 3.6, 4.0; parser/msg_parser.h (method bits); mi_fifo/mi_writer.c of 2.4.
"""

import re
from array import array
from collections import defaultdict, namedtuple
from contextlib import closing
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Iterator, List, Optional, Set

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    MIError,
    MITimeout,
    ReplyTooLarge,
    RequestTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Layout, TextTreeReply
from ansible_collections.community.opensips.plugins.module_utils._readers import contact_line, shape
from ansible_collections.community.opensips.plugins.module_utils._readers.contact_fields import (
    EXPIRES,
    Maker,
    seconds_left,
)

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
    from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply

# What is listed in ul_dump.
_DUMP = Layout("Domains", "name", "AORs", "Domain", "AOR")
# One contact of a text tree as all versions write it: {c} and {f} stand for the indentation of a contact and of its fields.
_CONTACT = (
    "{c}Contact:: (.*) Q=([0-9.]{{0,20}})\n(?:{f}ContactID:: ([0-9]{{1,20}})\n)?"
    "{f}Expires:: ([0-9]{{1,20}}|permanent|expired|deleted)\n{f}Callid:: (.*)\n{f}Cseq:: ([0-9]{{1,20}})\n"
    "(?:{f}User-agent:: (.*)\n)?(?:{f}Received:: (.*)\n)?(?:{f}Path:: (.*)\n)?"
    "{f}State:: (CS_[A-Z]+)\n{f}Flags:: ([0-9]{{1,20}})\n{f}Cflags:: (.*)\n(?:{f}Socket:: (.*)\n)?"
    "{f}Methods:: ([0-9]{{1,20}})\n(?:{f}Attr:: (.*)\n)?(?:{f}SIP_instance:: (.*)\n)?"
    # 2.4
    "(?:{f}Ping-Latency:: [0-9]+\n)?(?:{f}KV-Store:: .*\n)?"
)
# The first lines of a ul_dump, and of a ul_show_contact: they show the indentation, which is an option of the server's.
_DUMP_HEAD = re.compile(r"\n*Domain:: .*\n+(?:Domain:: .*\n+)*(?:([ \t]*)AOR:: )?")
_SHOW_HEAD = re.compile(r"\n*AOR:: .*\n(?:([ \t]*)Contact:: )?")
_OLD_CONTACT = "Contact:: "
# Where in a ContactID the hash of its AOR begins: pack_indexes() of usrloc/dlist.h.
_ID_HASH = 46
_TAB = "\t"
_FIELDS = frozenset(
    "ContactID Expires Callid Cseq User-agent Received Path State Flags Cflags Socket Methods Attr SIP_instance".split()
)
# AORs for which a datagram socket may give no answer, as 1.x and 2.x do when it would be too large, before it is taken for dead.
_MOST_SILENT = 10


class Doubtful(list):
    """The contacts of an AOR that cannot be read: none. reason: why (str)."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


def _ignore(_aor: Optional[str], _reason: str) -> None:
    """What is done about a doubtful AOR where the caller does not ask."""


def parse(
    reply: "Reply",
    table: Optional[str] = None,
    aor: Optional[str] = None,
    consume: bool = False,
    doubt: Callable[[Optional[str], str], None] = _ignore,
) -> List[Dict[str, Any]]:
    """The contacts of a ul_dump or ul_show_contact reply: list of contact records.

    table, aor: what the caller asked ul_show_contact for; the reply does not tell the table, and up to 1.11 not the AOR.
    consume: let go of each part of the reply once it is read, to save memory; reply.result is of no use afterwards.
    doubt: function of an AOR and a reason (str), called for each AOR whose contacts are left out because they do not fit.
    """
    return list(iter_contacts(reply, table, aor, consume, doubt))


def iter_contacts(
    reply: "Reply",
    table: Optional[str] = None,
    aor: Optional[str] = None,
    consume: bool = False,
    doubt: Callable[[Optional[str], str], None] = _ignore,
) -> Iterator[Dict[str, Any]]:
    """Like parse(), but yields one record after another. Raises MalformedReply for a value that no server gives."""
    return _contacts(reply, table, aor, consume, _Reading(Maker(), doubt))


class _Reading:
    """What goes from part to part of a reply.

    maker: Maker. doubt: as for parse(). seen: set of (table, AOR) that were read. grammar: _Grammar of a text, once it is known.
    """

    __slots__ = ("maker", "doubt", "seen", "grammar")

    def __init__(self, maker: Maker, doubt: Callable[[Optional[str], str], None]) -> None:
        self.maker = maker
        self.doubt = doubt
        self.seen: Set[Any] = set()
        self.grammar = None


def _contacts(
    reply: "Reply", table: Optional[str], aor: Optional[str], consume: bool, reading: _Reading
) -> Iterator[Dict[str, Any]]:
    if not reply.is_tree:
        return _of_value(reply.result, table, reading.maker, consume)
    if isinstance(reply, TextTreeReply):
        return _of_text(reply.lines(), table, aor, reading)
    return _of_nodes(reply.walk(), table, aor, reading.maker)


def iter_aors(reply: "Reply") -> Iterator[Dict[str, Any]]:
    """The AORs of a ul_dump reply, brief or not: yields AOR records."""
    maker = Maker()
    for table, aor in _aors(reply, maker):
        user, domain = maker.split(aor)
        yield {"table": table, "aor": aor, "user": user, "domain": domain}


def read(
    conn: "Connection",
    table: Optional[str] = None,
    keep: Optional[Callable[[Dict[str, Any]], bool]] = None,
    timeout: Optional[float] = None,
    doubt: Callable[[Optional[str], str], None] = _ignore,
) -> List[Dict[str, Any]]:
    """The registered contacts of the server, or of one table: list of contact records. See iter_read()."""
    return list(iter_read(conn, table, keep, timeout, doubt))


def iter_read(
    conn: "Connection",
    table: Optional[str] = None,
    keep: Optional[Callable[[Dict[str, Any]], bool]] = None,
    timeout: Optional[float] = None,
    doubt: Callable[[Optional[str], str], None] = _ignore,
    size: Optional[int] = None,
) -> Iterator[Dict[str, Any]]:
    """The same, yielded while they come, so that memory is needed only for what keep lets through.

    keep: function of a contact record that tells whether to yield it; None: all. timeout: seconds for the whole table, None
    for the connection's. doubt: as for parse(). size: bytes that the reply is expected to have at most, or None: see
    Connection.stream(). Raises BadParameters for a table that the server does not have. An error may
    come after records. Of 1.x and 2.x it is not to be believed: use iter_each_shown().

    Take them without a pause, and ask conn nothing meanwhile: see Connection.stream().
    """
    maker = Maker()
    reading = _Reading(maker, doubt)
    # the AORs that keep has seen, of each table; by their hashes, which take little memory
    given: Any = defaultdict(lambda: array("q"))
    last = None
    try:
        with closing(conn.stream("ul_dump", _DUMP, timeout=timeout, size=size)) as parts:
            records = (_contacts(part, None, None, True, reading) for part in parts)
            for record in chain.from_iterable(records):
                if table is not None and record["table"] != table:
                    continue
                if record["aor"] is not last:
                    last = record["aor"]
                    given[record["table"]].append(hash(last))
                if keep is None or keep(record):
                    yield record
    except ReplyTooLarge as error:
        if error.is_over_limit:
            raise
        # a datagram holds some 150 contacts, but thousands of AORs; a FIFO of 3.x ends where one contact is too long for it
        seen = {name: frozenset(hashes) for name, hashes in given.items()}
        yield from _one_by_one(conn, seen, table, keep, maker, timeout, doubt)
    _check_table(table, maker)


def iter_each_shown(
    conn: "Connection",
    table: Optional[str] = None,
    keep: Optional[Callable[[Dict[str, Any]], bool]] = None,
    timeout: Optional[float] = None,
    doubt: Callable[[Optional[str], str], None] = _ignore,
) -> Iterator[Dict[str, Any]]:
    """As iter_read(), but asks for the AORs first, and then for each one's contacts, many at a time.

    timeout: seconds for the AORs. doubt: as for parse(); it also gets an AOR for which no whole reply comes.
    """
    maker = Maker()
    yield from _one_by_one(conn, {}, table, keep, maker, timeout, doubt)
    _check_table(table, maker)


# What ul_show_contact up to 1.11 does not tell, and ul_dump does.
_REST = ("cseq", "state", "cflags", "attr", "sip_instance")


def read_rest(
    conn: "Connection", table: Optional[str] = None, timeout: Optional[float] = None
) -> Dict[Any, Dict[str, Any]]:
    """What ul_show_contact of 1.x leaves out: {(AOR, contact, Call-ID, User-Agent): contact record}, for complete().

    It is out of a ul_dump, so it is nothing to send by. Where no whole dump comes it is less. timeout: seconds for the dump.
    """
    found, doubtful = {}, set()
    try:
        for record in iter_read(conn, table, None, timeout, lambda aor, _reason: doubtful.add(aor)):
            found[_alike(record)] = record
    except (MalformedReply, MITimeout):
        pass
    return {key: record for key, record in found.items() if key[0] not in doubtful}


def complete(record: Dict[str, Any], rest: Dict[Any, Dict[str, Any]]) -> None:
    """Put what rest, of read_rest(), has of the same contact into a record of ul_show_contact."""
    more = rest.get(_alike(record))
    if more is not None:
        record.update((name, more[name]) for name in _REST)


def _alike(record: Dict[str, Any]) -> Any:
    return tuple((record[name] or "").strip() for name in ("aor", "contact", "call_id", "user_agent"))


def _check_table(table: Optional[str], maker: Maker) -> None:
    if table is not None and table not in maker.tables:
        raise _no_table(table, f"It has {', '.join(str(known) for known in maker.tables) or 'none'}")


def _one_by_one(
    conn: "Connection",
    given: Any,
    table: Optional[str],
    keep: Optional[Callable[[Dict[str, Any]], bool]],
    maker: Maker,
    timeout: Optional[float],
    doubt: Callable[[Optional[str], str], None],
) -> Iterator[Dict[str, Any]]:
    """The contacts of all AORs but those in given ({table: hashes of AORs}), in the order of the table."""
    asked: List[Any] = []
    for part in conn.stream("ul_dump", _DUMP, {"brief": 1}, timeout):
        places = (place for place in _aors(part, maker) if table in (None, place[0]))
        asked.extend(place for place in places if hash(place[1]) not in given.get(place[0], ()))
    for aor in [aor for _table, aor in asked if _NOT_UTF_8 in aor]:
        doubt(aor, "its name is not UTF-8, so the server cannot be asked for it")
    asked = [place for place in asked if _NOT_UTF_8 not in place[1]]
    for place, found in _each(conn, asked, maker, _NOT_TO_BE_ASKED):
        if isinstance(found, Doubtful):
            doubt(place[1], found.reason)
        for record in found:
            if keep is None or keep(record):
                yield record


# What is wrong with the name of an AOR that a phone chose, so that a protocol cannot carry it.
_NOT_TO_BE_ASKED = (BadParameters, RequestTooLarge)
_NOT_UTF_8 = "\ufffd"


def _each(conn: "Connection", places: Any, maker: Maker, unasked: Any = ()) -> Iterator[Any]:
    """(place, its contacts or Doubtful) of each of places (list of (table, AOR)), many asked for at a time, in their order.

    unasked: errors that make an AOR doubtful, too.
    """
    early, following, silent, heard = {}, 0, 0, False
    for index, reply in conn.call_many(_show(aor, table) for table, aor in places):
        if isinstance(reply, MITimeout):
            silent += 1
            if not conn.carrier.lossy or not heard or silent > _MOST_SILENT:
                raise reply
        heard = heard or not isinstance(reply, MIError)
        if unasked and isinstance(reply, unasked) and not isinstance(reply, ServerError):
            early[index] = Doubtful(f"the server cannot be asked for it: {reply.message}")
        else:
            early[index] = _answer_of(reply, places[index], maker)
        while following in early:
            yield places[following], early.pop(following)
            following += 1


def _answer_of(reply: Any, place: Any, maker: Maker) -> Any:
    """The contacts in what came for ul_show_contact (Reply or MIError): list of records, or Doubtful. Raises what is no answer."""
    if isinstance(reply, ServerError):
        return _of_refusal(reply, place[1], place[0])
    if isinstance(reply, (MalformedReply, ReplyTooLarge, MITimeout)):
        return Doubtful(f"no whole reply to ul_show_contact came: {reply.message}")
    if isinstance(reply, MIError):
        raise reply
    reasons = []
    try:
        reading = _Reading(maker, lambda _aor, why: reasons.append(why))
        found = list(_contacts(reply, place[0], place[1], True, reading))
    except MalformedReply as error:
        return Doubtful(error.message)
    # what is asked for with its domain may be kept without
    meant = (place[1], place[1].partition("@")[0])
    if not reasons and any(contact["aor"] not in meant for contact in found):
        reasons.append("the reply to ul_show_contact speaks of another AOR")
    return Doubtful(reasons[0]) if reasons else found


def _no_table(table: Optional[str], hint: str) -> Exception:
    return BadParameters(f"The server has no location table {table!r}", f"Correct table. {hint}")


def read_aor(conn: "Connection", aor: str, table: str = "location") -> Any:
    """The contacts of one AOR: list of contact records, empty when nobody is registered, or Doubtful.

    Raises BadParameters for an unknown table, and for an AOR without a domain where the server wants one.
    """
    try:
        reply: Any = conn.call(*_show(aor, table))
    except (ServerError, MalformedReply, ReplyTooLarge) as error:
        reply = error
    return _answer_of(reply, (table, aor), Maker())


def read_each(conn: "Connection", aors: Iterable[str], table: str = "location") -> Dict[str, Any]:
    """The contacts of many AORs, asked for many at a time: {AOR as given: as of read_aor()}. Raises as read_aor()."""
    return {aor: found for (_table, aor), found in _each(conn, [(table, aor) for aor in aors], Maker())}


def _show(aor: str, table: Optional[str]) -> Any:
    return "ul_show_contact", {"table_name": table, "aor": aor}


def _of_refusal(error: Any, aor: Optional[str], table: Optional[str]) -> Any:
    """The contacts of an AOR that ul_show_contact answered with an error: none, or an error that says more."""
    if error.code == 404 and error.reason.strip().startswith("AOR"):
        return []
    if error.code == 404 and error.reason.strip().startswith("Table"):
        raise _no_table(table, "The usrloc module of its configuration names them") from None
    if error.code == 400 and "Domain missing" in error.reason:
        raise BadParameters(
            f"The AOR {aor!r} has no domain, and this server keeps AORs with theirs",
            "Write it as user@domain",
        ) from None
    raise error


def _exact(value: Any) -> Any:
    """An AOR as it is: a phone may register with blanks around the name of another. Raises MalformedReply when there is none."""
    shape.needed(value, "AOR")
    return shape.text(value, "AOR")


def _of_value(result: Any, table: Optional[str], maker: Maker, consume: bool) -> Iterator[Dict[str, Any]]:
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


def _of_aors(aors: Any, table: Optional[str], maker: Maker, consume: bool) -> Iterator[Dict[str, Any]]:
    for index, entry in enumerate(aors):
        if consume:
            aors[index] = None
        entry = shape.mapping(entry, "AORs")
        aor = _exact(entry.get("AOR"))
        user, domain = maker.split(aor)
        for contact in shape.sequence(entry.get("Contacts"), "Contacts"):
            try:
                record = _fast(table, aor, user, domain, contact, maker)
            except (AttributeError, KeyError, TypeError):
                record = None
            # a value of another type than OpenSIPS gives: read with care, or refuse
            yield record or maker.loose((table, aor, user, domain), shape.mapping(contact, "Contacts").get)


def _fast(table: Optional[str], aor: Any, user: Any, domain: Any, contact: Any, maker: Maker) -> Any:
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


# What a text tree is taken apart with, each a function of a text and a position that gives a match or None.
# contact: of a contact. head: of the line of a table (2) or of an AOR (1). following: of the line end before the next of them.
# rest: of what may follow the contacts of an AOR. line: of the first line of a contact (1), or of one of its fields.
_Grammar = namedtuple("_Grammar", "contact head following rest line")


@lru_cache(maxsize=16)
def _grammar(indent: str, depth: int) -> Any:
    """indent: what the server writes before a node for each level. depth: level of AORs."""
    own, one = re.escape(indent * depth), re.escape(indent)
    return _Grammar(
        re.compile(_CONTACT.format(c=own + one, f=own + one * 2)).match,
        re.compile(f"{own}AOR:: (.*)\n|Domain:: ([^ \n]*)(?: .*)?\n").match,
        re.compile(f"\n(?={own}AOR:: |Domain:: )").search,
        re.compile(f"{own + one}KV-Store:: .*\n|\n").match,
        re.compile(f"({own + one}Contact:: (?=.* Q=)).*\n|{own + one * 2}(?:{'|'.join(_FIELDS)}):: .*\n").match,
    )


def _grammar_of(text: str) -> Any:
    """The _Grammar of a text: by its first lines, which no phone can have written."""
    for head, depth in ((_DUMP_HEAD, 1), (_SHOW_HEAD, 0)):
        match = head.match(text)
        if match:
            return _grammar(_TAB if match.group(1) is None else match.group(1), depth)
    return _grammar(_TAB, 1)


def _misfit(text: str, position: int, grammar: Any) -> str:
    """Why the lines of a contact from position on are none (str)."""
    start, match = position, grammar.line(text, position)
    while match is not None and (match.group(1) is None or match.start() == start):
        position = match.end()
        match = grammar.line(text, position)
    line = text[position : position + 60].split("\n")[0]
    return f"{line!r} is not what the server writes there"


class _Entry:
    """What the text of a tree has of one AOR. place: see Maker, or None. records: its contacts. doubt: why they do not count."""

    __slots__ = ("place", "records", "doubt")

    def __init__(self, place: Any, doubt: Any = None) -> None:
        self.place = place
        self.records: List[Any] = []
        self.doubt = doubt

    def close(self, reading: _Reading) -> Any:
        """The contacts that count."""
        if self.place is not None:
            if self.place[:2] in reading.seen:
                self.doubt = "it is listed more than once"
            reading.seen.add(self.place[:2])
        if self.doubt is None and len(self.records) > 1 and not _are_ids_of_one_aor(self.records):
            self.doubt = "the ContactIDs of its contacts are not those of one AOR"
        if self.doubt is not None:
            reading.doubt(self.place and self.place[1], self.doubt)
            return []
        return self.records


def _are_ids_of_one_aor(records: Any) -> bool:
    """Whether the ids can be those of one AOR's contacts: different, and of the same hash. A database may number from 1 on."""
    ids = {int(record["contact_id"]) for record in records if record["contact_id"] is not None}
    if not ids:
        return True
    return len(ids) == len(records) and (max(ids) >> _ID_HASH == 0 or len({number >> _ID_HASH for number in ids}) == 1)


def _of_text(text: str, table: Optional[str], aor: Optional[str], reading: _Reading) -> Iterator[Dict[str, Any]]:
    """Contacts of a text tree, in the grammar of the server; what does not fit makes its AOR doubtful."""
    maker = reading.maker
    if not text.endswith("\n"):
        text += "\n"
    if aor is not None and text.lstrip("\n").startswith(_OLD_CONTACT):
        yield from _of_lines(text, (table, aor) + maker.split(aor), reading)
        return
    grammar = reading.grammar = reading.grammar or _grammar_of(text)
    entry, position, end = _Entry(None), 0, len(text)
    while position < end:
        match = grammar.contact(text, position)
        if match is not None and entry.place is not None:
            # without the URI it is a contact of nobody's
            if match.group(1).strip():
                entry.records.append(_of_match(match.groups(), entry.place, maker))
            else:
                entry.doubt = "a contact has no URI"
            position = match.end()
            continue
        match = grammar.head(text, position)
        if match is not None:
            yield from entry.close(reading)
            if match.group(1) is None:
                table = match.group(2) or None
                maker.saw(table)
                entry = _Entry(None)
            else:
                entry = _of_head(table, match.group(1), maker)
            position = match.end()
            continue
        match = grammar.rest(text, position)
        if match is None:
            entry.doubt = entry.doubt or _misfit(text, position, grammar)
            match = grammar.following(text, position)
        position = match.end() if match else end
    yield from entry.close(reading)


def _of_head(table: Optional[str], raw: Any, maker: Maker) -> Any:
    return _Entry((table, raw) + maker.split(raw)) if raw.strip() else _Entry(None, "an AOR has no name")


def _of_match(fields: Any, place: Any, maker: Maker) -> Dict[str, Any]:
    """The record of a contact as _CONTACT finds it."""
    (uri, priority, contact_id, left, call_id, cseq, agent, received, path, state, flag, cflag, socket, method, attr,
     instance) = fields  # fmt: skip
    expires, permanent = seconds_left(left)
    return {
        "table": place[0],
        "aor": place[1],
        "user": place[2],
        "domain": place[3],
        "contact": uri,
        "contact_id": contact_id,
        "expires": expires,
        "permanent": permanent,
        "q": maker.q[priority],
        "call_id": call_id,
        "cseq": int(cseq),
        "user_agent": maker.agents[agent],
        "received": received,
        "path": maker.paths[path],
        "state": maker.states[state],
        "flags": maker.flags[flag],
        "cflags": maker.cflags[cflag],
        "socket": maker.sockets[socket],
        "methods": maker.methods[method],
        "attr": attr,
        "sip_instance": instance,
    }


def _of_lines(text: str, place: Any, reading: _Reading) -> Iterator[Dict[str, Any]]:
    """Contacts of a ul_show_contact up to 1.11, one a line."""
    records = []
    for line in text.split("\n"):
        if not line:
            continue
        try:
            if not line.startswith(_OLD_CONTACT):
                raise shape.malformed("A contact", line)
            records.append(contact_line.parse(line[len(_OLD_CONTACT) :], place, reading.maker))
        except MalformedReply as error:
            reading.doubt(place[1], error.message)
            return
    yield from records


def _of_nodes(events: Any, table: Optional[str], aor: Optional[str], maker: Maker) -> Iterator[Dict[str, Any]]:
    """Contacts of any tree, a node at a time."""
    place = _place(maker, table, aor)
    loose = _Loose(maker)
    for _depth, name, value, attributes in events:
        if name == "AOR":
            yield from loose.flush()
            aor = _exact(value)
            place = (place[0], aor) + maker.split(aor)
        elif name == "Domain":
            yield from loose.flush()
            place = (shape.word(value, "Domain"),) + place[1:]
            maker.saw(place[0])
        else:
            yield from loose.node(name, value, attributes.get("Q"), place)
    yield from loose.flush()


def _place(maker: Maker, table: Optional[str], aor: Any) -> Any:
    return (table, aor) + (maker.split(aor) if aor is not None else (None, None))


class _Loose:
    """A contact whose fields come one by one. node() and flush() give the records that got complete (0 or 1)."""

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self._fields: Any = None
        self._at: Any = None

    def node(self, name: str, value: Any, priority: Any, place: Any) -> Any:
        if name == "Contact":
            done = self.flush()
            if value.startswith("<"):
                # the tree may have taken " Q=" in a User-Agent for an attribute
                whole = value if priority is None else f"{value} Q={priority}"
                return done + [contact_line.parse(whole, place, self._maker)]
            self._fields, self._at = {"Contact": value, "Q": priority}, place
            return done
        if self._fields is not None and name in _FIELDS:
            self._fields[name] = value
        return []

    def flush(self) -> Any:
        if self._fields is None:
            return []
        fields, self._fields = self._fields, None
        if "Expires" not in fields or self._at[1] is None:
            raise MalformedReply(f"The reply has the contact {fields['Contact'][:60]!r} without its fields or AOR")
        return [self._maker.loose(self._at, fields.get)]


def _aors(reply: "Reply", maker: Maker) -> Iterator[Any]:
    """(table, AOR) of each AOR in a ul_dump reply."""
    return _aors_of_tree(reply, maker) if reply.is_tree else _aors_of_value(reply.result, maker)


def _aors_of_value(result: Any, maker: Maker) -> Iterator[Any]:
    for domain in shape.sequence(shape.mapping(result, "The result").get("Domains"), "Domains"):
        domain = shape.mapping(domain, "Domains")
        table = shape.word(domain.get("name"), "name")
        maker.saw(table)
        for entry in shape.sequence(domain.get("AORs"), "AORs"):
            yield table, _exact(shape.mapping(entry, "AORs").get("AOR"))


def _aors_of_tree(reply: "Reply", maker: Maker) -> Iterator[Any]:
    if isinstance(reply, TextTreeReply):
        yield from _aors_of_text(reply.lines(), maker)
        return
    table = None
    for _depth, name, value, _attributes in reply.walk():
        if name == "Domain":
            table = shape.word(value, "Domain")
            maker.saw(table)
        elif name == "AOR":
            yield table, _exact(value)


def _aors_of_text(text: str, maker: Maker) -> Iterator[Any]:
    """A line that is not the server's is part of an AOR that a phone chose, which ul_show_contact then does not know."""
    text += "\n"
    grammar, table, position = _grammar_of(text), None, 0
    while position < len(text):
        match = grammar.head(text, position)
        if match is None:
            position = text.index("\n", position) + 1
            continue
        position = match.end()
        if match.group(1) is None:
            table = match.group(2) or None
            maker.saw(table)
        elif match.group(1).strip():
            yield table, match.group(1)
