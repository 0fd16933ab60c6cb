# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Message-summary bodies: the lamp of the voicemail (RFC 3842)."""

import re
from collections import OrderedDict
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import CRLF, parse_headers
from ansible_collections.community.opensips.plugins.module_utils._sip.notification import SERVER_CONTACT
from ansible_collections.community.opensips.plugins.module_utils._sip.text import is_token, refuse_control_characters
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import aor_uri, validate_uri

EVENT = "message-summary"
CONTENT_TYPE = "application/simple-message-summary"

# what the NOTIFY needs beside From and To
NOTIFY_HEADERS = OrderedDict(
    [("Event", EVENT), ("Subscription-State", "active"), ("Contact", SERVER_CONTACT), ("Content-Type", CONTENT_TYPE)]
)

VOICE = "Voice-Message"

# RFC 3842 section 5.2 says 32 bits
MAX_COUNT = 4294967295

# The classes by the names of options (RFC 3842 section 5.2, RFC 3458; Video-Message is RFC 3938's)
CLASSES = OrderedDict(
    [
        ("voice", VOICE),
        ("video", "Video-Message"),
        ("fax", "Fax-Message"),
        ("pager", "Pager-Message"),
        ("multimedia", "Multimedia-Message"),
        ("text", "Text-Message"),
        ("none", "None"),
    ]
)
_SPELLING = dict({name.lower(): name for name in CLASSES.values()}, **CLASSES)
_HAS_SCHEME = re.compile("(?:sips?|tel):", re.IGNORECASE)
_COUNTS = re.compile(r"([0-9]{1,10})\s*/\s*([0-9]{1,10})(?:\s*\(\s*([0-9]{1,10})\s*/\s*([0-9]{1,10})\s*\))?")
_KEYS = ("new", "old", "urgent_new", "urgent_old")
_EMPTY_LINE = re.compile("\r?\n(?:\r?\n)+")


def account_uri(account: Any, domain: Optional[str] = None) -> str:
    """The URI for Message-Account: ``account`` itself when it is a sip, sips or tel URI, else completed with ``domain``."""
    if not isinstance(account, str):
        raise SipSyntaxError(f"the account must be a string, not {type(account).__name__}")
    account = account.strip()
    if _HAS_SCHEME.match(account):
        return validate_uri(account, schemes=("sip", "sips", "tel"))
    return aor_uri(account, domain)


def counts(new: Any = 0, old: Any = 0, urgent_new: Any = 0, urgent_old: Any = 0) -> Dict[str, int]:
    """Checked numbers of one message class as {"new", "old", "urgent_new", "urgent_old"}."""
    numbers = OrderedDict((key, _count(key, value)) for key, value in zip(_KEYS, (new, old, urgent_new, urgent_old)))
    for which in ("new", "old"):
        if numbers[f"urgent_{which}"] > numbers[which]:
            raise SipSyntaxError(
                f"urgent_{which} is {numbers[f'urgent_{which}']}, but {which} is only {numbers[which]}",
                f"Urgent messages are counted among the {which} ones as well",
            )
    return numbers


def _count(name: str, value: Any) -> int:
    if isinstance(value, str) and re.fullmatch("[0-9]{1,10}", value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise SipSyntaxError(f"{name} must be a whole number, not {value!r}")
    if not 0 <= value <= MAX_COUNT:
        raise SipSyntaxError(f"{name} is {value}", f"It must be from 0 to {MAX_COUNT}")
    return value


def build(
    account: Optional[str] = None,
    new: Any = 0,
    old: Any = 0,
    urgent_new: Any = 0,
    urgent_old: Any = 0,
    domain: Optional[str] = None,
    others: Optional[Mapping[str, Any]] = None,
    headers: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The body for a mailbox: Messages-Waiting is yes when any class has new messages.

    account   URI, or a user or AOR that ``domain`` completes; None leaves Message-Account out
    others    further classes, by their own names or those of CLASSES, e.g. {"fax": {"new": 1, "old": 0}}
    headers   of single messages, a mapping each (opt-msg-headers of RFC 3842 section 5.2)
    """
    classes = OrderedDict([(VOICE, counts(new, old, urgent_new, urgent_old))])
    for name, numbers in (others or {}).items():
        classes[_class_name(name, classes)] = _other_counts(name, numbers)
    waiting = any(numbers["new"] for numbers in classes.values())
    lines = [f"Messages-Waiting: {'yes' if waiting else 'no'}"]
    if account is not None:
        lines.append(f"Message-Account: {account_uri(account, domain)}")
    for name, numbers in classes.items():
        new, old, urgent_new, urgent_old = numbers.values()
        lines.append(f"{name}: {new}/{old} ({urgent_new}/{urgent_old})")
    for number, group in enumerate(headers, 1):
        lines += [""] + _message_headers(group, number)
    return "".join(line + CRLF for line in lines)


def _message_headers(group: Any, number: int) -> List[str]:
    """The lines of one message's headers. number: its place in the list, for the error."""
    where = f"message_headers entry {number}"
    if not hasattr(group, "items") or not group:
        raise SipSyntaxError(f"{where} must be a mapping with the headers of one message")
    return [_message_header(where, name, value) for name, value in group.items()]


def _message_header(where: str, name: Any, value: Any) -> str:
    if not isinstance(name, str) or not is_token(name):
        raise SipSyntaxError(f"{where}: {name!r} is not a header name", "A name has letters, digits and hyphens")
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise SipSyntaxError(f"{where}: {name} must be a string", "Put quotes around the value")
    refuse_control_characters(f"{where}: {name}", str(value))
    return f"{name}: {str(value).strip()}".rstrip()


def _class_name(name: Any, classes: Mapping[str, Any]) -> str:
    known = _SPELLING.get(name.lower()) if isinstance(name, str) else None
    if known is None:
        raise SipSyntaxError(f"{name!r} is not a message class", f"There are {', '.join(CLASSES)}")
    if known in classes:
        raise SipSyntaxError(f"the message class {known} is there more than once")
    return known


def _other_counts(name: str, numbers: Any) -> Dict[str, int]:
    unknown = set(numbers) - set(_KEYS) if hasattr(numbers, "keys") else None
    if unknown is None or unknown:
        raise SipSyntaxError(f"the numbers of {name} must be a mapping with any of {', '.join(_KEYS)}")
    try:
        return counts(**numbers)
    except SipSyntaxError as error:
        raise SipSyntaxError(f"messages {name}: {error.message}", error.hint) from error


def parse(text: str) -> Dict[str, Any]:
    """Read a body in any case and order.

    Returns {"waiting": bool, "account": str or None, "messages": {class: {"new", ...}}, "headers": list of dict}, the last one
    with the headers of single messages. SipSyntaxError when Messages-Waiting is missing or neither yes nor no. Lines that are
    no counts are passed over.
    """
    summary, *groups = _EMPTY_LINE.split(text.lstrip("\r\n"))
    headers = parse_headers(summary)
    waiting = (headers.get("Messages-Waiting") or "").lower()
    if waiting not in ("yes", "no"):
        raise SipSyntaxError("the message summary does not say Messages-Waiting: yes or no")
    messages = OrderedDict()
    for name in headers:
        match = _COUNTS.fullmatch(headers.get(name) or "")
        if match:
            messages[_SPELLING.get(name.lower(), name)] = OrderedDict(
                zip(_KEYS, (int(number or 0) for number in match.groups()))
            )
    return {
        "waiting": waiting == "yes",
        "account": headers.get("Message-Account"),
        "messages": messages,
        "headers": [found for found in map(_headers_of_message, groups) if found],
    }


def _headers_of_message(group: str) -> Dict[str, str]:
    return OrderedDict((name, values[0]) for name, values in parse_headers(group).to_dict().items())
