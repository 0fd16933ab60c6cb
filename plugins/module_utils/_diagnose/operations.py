# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What was slow, in words: a SIP message, an SQL statement, a name, a key. Passwords and other values are left out.

E_CORE_THRESHOLD has the whole SIP message or statement (ut.h, log_expiry() of 2.4, 3.6, 4.0).
"""

import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.urls import without_url_secrets
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

SIP, DNS, SQL, NOSQL, TCP, OTHER = "sip", "dns", "sql", "nosql", "tcp", "other"
# what the names of sources begin with, in lower case
_KINDS = (
    (SIP, ("msg processing",)),
    (DNS, ("dns",)),
    (SQL, ("mysql", "pgsql", "sqlite", "oracle", "unixodbc")),
    (NOSQL, ("cachedb", "mongodb", "cassandra", "couchbase", "redis", "memcached")),
    (TCP, ("tcp ", "ws ", "wss ", "tls ", "msrp ", "bin ")),
)
_HANDSHAKE = "handshake"
# db_mysql reports what its buffer of text holds by then, which is another statement, cut to the length of this one (2.4, 3.6, 4.0)
_PREPARED = "mysql prep stmt"
_MOST = 200
_REQUEST = re.compile(r"([A-Z]{2,20}) (\S{1,500}) SIP/2\.0")
_RESPONSE = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})\b")
_CALL_ID = re.compile(r"^(?:call-id|i)[ \t]*:[ \t]*(\S{1,200})", re.IGNORECASE | re.MULTILINE)
_METHOD = re.compile(r"^cseq[ \t]*:[ \t]*[0-9]+[ \t]+([A-Za-z]{2,20})", re.IGNORECASE | re.MULTILINE)
_QUOTES = "'\""
# PostgreSQL: $tag$text$tag$
_DOLLARS = re.compile(r"\$\w{0,30}\$")
_NUMBER = re.compile(r"\b[0-9]\w*(?:\.[0-9]+)?")
_LISTED = re.compile(r"\?(?:\s*,\s*\?)+")
_BLANKS = re.compile(r"\s+")


class Operation(NamedTuple):
    """kind: a check, such as ``sql``. source: as the server names it. text: what was done, equal for all of the same sort.

    subject: which one of them it was, or None. call_id: of a SIP message, or None.
    """

    kind: str
    source: str
    text: str
    subject: Optional[str]
    call_id: Optional[str]


def kind_of(source: str) -> str:
    """The kind of a source, ``other`` for one that is not known."""
    source = source.lower()
    if _HANDSHAKE in source:
        return TCP
    return next((kind for kind, begins in _KINDS if source.startswith(begins)), OTHER)


def describe(source: Optional[str], extra: Optional[str]) -> Operation:
    """The operation of an event. source, extra: its parameters."""
    source, extra = source or "unknown", extra or ""
    kind = kind_of(source)
    call_id = subject = None
    if kind in (SIP, TCP):
        text, subject, call_id = _message(extra)
    elif source.lower() == _PREPARED:
        text = "prepared statement"
    elif kind in (SQL, OTHER):
        text = _statement(extra)
    else:
        text = without_url_secrets(extra)
    text = _printable(text) or "unknown"
    return Operation(kind, str(_printable(source)), text, _printable(subject), _printable(call_id))


def _printable(text: Optional[str]) -> Optional[str]:
    return printable(text, most=_MOST)


def _message(text: str) -> Tuple[str, Optional[str], Optional[str]]:
    """(method or response, Request-URI, Call-ID) of a SIP message."""
    headers = text.partition("\r\n\r\n")[0]
    found = _CALL_ID.search(headers)
    call_id = found.group(1) if found else None
    request = _REQUEST.match(headers)
    if request:
        return request.group(1), _without_password(request.group(2)), call_id
    response, method = _RESPONSE.match(headers), _METHOD.search(headers)
    if response:
        return f"{response.group(1)} to {method.group(1) if method else 'unknown'}", None, call_id
    return "unknown", None, call_id


def _statement(text: str) -> str:
    """An SQL statement with ``?`` for each value, so that equal ones are equal."""
    dollars = _DOLLARS.search(text)
    bare = _without_literals(text) if dollars is None else f"{_without_literals(text[: dollars.start()])}?"
    return _BLANKS.sub(" ", _LISTED.sub("?, ...", bare)).strip()


def _without_literals(text: str) -> str:
    """What is a value for either kind of database is hidden: a backslash escapes a quote in MySQL, and does not in PostgreSQL."""
    spans = sorted([*_quoted(text, True), *_quoted(text, False)])
    parts: List[str] = []
    end = 0
    for start, stop in spans:
        if start > end or not parts:
            parts += [_NUMBER.sub("?", text[end:start]), "?"]
        end = max(end, stop)
    return "".join(parts) + _NUMBER.sub("?", text[end:])


def _quoted(text: str, escapes: bool) -> Iterator[Tuple[int, int]]:
    """Yield (begin, end) of each text in quotes. One that is not closed goes on to the end. escapes: whether a backslash does."""
    begin = quote = None
    skips = False
    for place, char in enumerate(text):
        if skips:
            skips = False
        elif quote is None and char in _QUOTES:
            begin, quote = place, char
        elif quote is not None and char == "\\" and escapes:
            skips = True
        elif begin is not None and char == quote:
            yield begin, place + 1
            begin = quote = None
    if begin is not None:
        yield begin, len(text)


def _without_password(uri: str) -> str:
    """A Request-URI without password and headers (``sip:user:password@host?headers``)."""
    uri = uri.partition("?")[0]
    user, at, host = uri.rpartition("@")
    if not at:
        return uri
    scheme, _colon, user = user.partition(":")
    return f"{scheme}:{user.partition(':')[0]}@{host}"


def words_of(operation: Operation) -> Dict[str, Optional[str]]:
    """The operation as plain data."""
    return {
        "source": operation.source,
        "operation": operation.text,
        "subject": operation.subject,
        "call_id": operation.call_id,
    }
