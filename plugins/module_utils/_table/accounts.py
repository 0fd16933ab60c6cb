# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Users as opensips_subscriber takes them, from its list or from a file: checked, and as rows of the tables that they are in."""

import re
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, first_few
from ansible_collections.community.opensips.plugins.module_utils._readers import row_file
from ansible_collections.community.opensips.plugins.module_utils._sip import digest
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._table import passwords

OPTION, FILE_OPTION = "subscribers", "subscribers_file"
#: What an account may own, by the names of the options
ALIASES, GROUPS, SPEED_DIALS = "aliases", "groups", "speed_dials"
BELONGINGS = (ALIASES, GROUPS, SPEED_DIALS)
#: The tables that they are in, as OpenSIPS calls them
USERS_TABLE = "subscriber"
TABLES = {ALIASES: "dbaliases", GROUPS: "grp", SPEED_DIALS: "speed_dial"}
SECRETS = ("password",) + passwords.HASHES
#: What an entry of SPEED_DIALS can have
SPEED_DIAL = ("sd_username", "sd_domain", "new_uri", "fname", "lname", "description")

# Neither an AOR nor what digest hashes can have these in a part
_IN_USER = re.compile(r"[^\s@:\"<>\x00-\x20\x7f]+\Z")
_IN_DOMAIN = re.compile(r"[^\s@\"<>\x00-\x20\x7f]+\Z")
# Errors that one message lists
_SHOWN = 10

Owner = Tuple[str, str]


class Account(NamedTuple):
    """A user. number: its place in the list, from 1 on. row: that of subscriber, by column.

    belongings: {one of BELONGINGS: list of rows by column}, those that the user gives.
    """

    number: int
    row: Dict[str, Any]
    belongings: Dict[str, List[Dict[str, Any]]]

    @property
    def owner(self) -> Owner:
        """(username, domain)"""
        return self.row["username"], self.row["domain"]

    @property
    def name(self) -> "Name":
        """What a result needs of it."""
        return Name(self.number, self.owner, tuple(self.belongings))


class Name(NamedTuple):
    """Which user an entry is about: of 100,000 users, their rows are in memory often enough.

    number: its place in the list, from 1 on. owner: (username, domain). belongings: those of BELONGINGS that the user gives.
    """

    number: int
    owner: Owner
    belongings: Tuple[str, ...]


class _Wrong(Exception):
    """args[0]: what is wrong with an entry (str)."""


def accounts_of(params: Dict[str, Any]) -> List[Account]:
    """The accounts that the options subscribers and subscribers_file give. Raises BadParameters that names all bad entries.

    params: these two, domain, and state.
    """
    found: List[Account] = []
    problems: List[str] = []
    for number, entry in enumerate(_entries(params), 1):
        try:
            found.append(_account(number, entry, params))
        except _Wrong as error:
            problems.append(f"row {number}, {error.args[0]}")
    problems += _twice(found)
    if problems:
        raise BadParameters(
            f"{label(params)}: {first_few(problems, _SHOWN)}", "Nothing was written. Correct the rows, or remove them"
        )
    return found


def label(params: Dict[str, Any]) -> str:
    """How messages call the option that the accounts come from (str)."""
    return f"{FILE_OPTION} {params[FILE_OPTION]}" if params[FILE_OPTION] else OPTION


def _entries(params: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
    """The entries in one form: columns in columns, belongings as lists."""
    if params[OPTION] is not None:
        for entry in params[OPTION]:
            given = {name: value for name, value in entry.items() if value is not None}
            yield dict(given, columns=given.get("columns", {}))
        return
    for row in row_file.load(params[FILE_OPTION], FILE_OPTION, row_file.NULLS):
        yield _entry_of_row(row)


def _entry_of_row(row: Dict[str, Any]) -> Dict[str, Any]:
    """A row of a file, in which lists are words with blanks between them, as an entry of the list."""
    entry: Dict[str, Any] = {"columns": {}}
    for name, value in row.items():
        if name in BELONGINGS:
            words = value.split() if isinstance(value, str) else [] if value is None else [value]
            entry[name] = [_dial_of_word(word) for word in words] if name == SPEED_DIALS else words
        elif name in SECRETS or name in ("username", "domain"):
            entry[name] = value
        else:
            entry["columns"][name] = value
    return entry


def _dial_of_word(word: Any) -> Any:
    number, equals, uri = str(word).partition("=")
    return {"sd_username": number, "new_uri": uri} if equals else word


def _account(number: int, entry: Dict[str, Any], params: Dict[str, Any]) -> Account:
    row = {"username": _part(entry, "username", _IN_USER), "domain": _domain(entry, params["domain"])}
    belongings: Dict[str, List[Dict[str, Any]]] = {}
    if params["state"] == "present":
        row.update(_columns(entry))
        row.update(_secrets(entry))
        for name, make in _MAKERS.items():
            if entry.get(name) is not None:
                belongings[name] = [make(item, row) for item in entry[name]]
    return Account(number, row, belongings)


def _part(entry: Dict[str, Any], name: str, pattern: Any) -> str:
    """A part of an AOR: str. Raises _Wrong."""
    value = entry.get(name)
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if text is None or text == "":
        raise _Wrong(f"{name}: is missing")
    if not isinstance(text, str) or not pattern.match(text):
        raise _Wrong(f"{name}: {printable(str(value), most=60)!r} cannot be part of an address of record")
    return text


def _domain(entry: Dict[str, Any], default: Optional[str]) -> str:
    if entry.get("domain") is None and default is None:
        raise _Wrong("domain: is missing. Set it here, or set the option domain for all")
    return _part(entry if entry.get("domain") is not None else {"domain": default}, "domain", _IN_DOMAIN)


def _columns(entry: Dict[str, Any]) -> Dict[str, Any]:
    columns = entry["columns"]
    for name in columns:
        if str(name).lower() in SECRETS + ("username", "domain"):
            raise _Wrong(f"columns: {name} is an option of its own")
    return dict(columns)


def _secrets(entry: Dict[str, Any]) -> Dict[str, str]:
    """The password or the hashes that an entry gives, by column."""
    given = {name: entry[name] for name in SECRETS if entry.get(name) is not None}
    for name, value in given.items():
        if not isinstance(value, str):
            raise _Wrong(f"{name}: must be a text that is not empty; put quotes around a number")
        if name == "password":
            continue
        given[name] = value.lower()
        if not digest.is_ha1(value, passwords.ALGORITHMS[name]):
            raise _Wrong(f"{name}: must have {digest.HA1_DIGITS[passwords.ALGORITHMS[name]]} hexadecimal digits")
    if given.get("password") == "":
        raise _Wrong("password: must be a text that is not empty")
    return given


def _alias(item: Any, row: Dict[str, Any]) -> Dict[str, Any]:
    user, at, domain = str(item).partition("@")
    if not _IN_USER.match(user) or (at and not _IN_DOMAIN.match(domain)):
        raise _Wrong(
            f"{ALIASES}: {printable(str(item), most=60)!r} is not a user, or a user and a domain (user@domain)"
        )
    alias = (user, domain or row["domain"])
    if alias == (row["username"], row["domain"]):
        raise _Wrong(f"{ALIASES}: {'@'.join(alias)} is the user itself")
    return dict(zip(("alias_username", "alias_domain"), alias), username=row["username"], domain=row["domain"])


def _group(item: Any, row: Dict[str, Any]) -> Dict[str, Any]:
    if not isinstance(item, (str, int)) or isinstance(item, bool) or not str(item).strip():
        raise _Wrong(f"{GROUPS}: {printable(str(item), most=60)!r} is not the name of a group")
    return {"username": row["username"], "domain": row["domain"], "grp": str(item)}


def _dial(item: Any, row: Dict[str, Any]) -> Dict[str, Any]:
    dial = {} if not isinstance(item, dict) else {name: value for name, value in item.items() if value is not None}
    unknown = sorted(set(map(str, dial)) - set(SPEED_DIAL))
    if unknown or not dial.get("sd_username") or not dial.get("new_uri"):
        text = printable(str(unknown[0] if unknown else item), most=60)
        raise _Wrong(
            f"{SPEED_DIALS}: {text!r} is not a speed dial, which has sd_username and new_uri, in a file sd_username=new_uri"
        )
    return dict({"sd_domain": row["domain"]}, username=row["username"], domain=row["domain"], **dial)


_MAKERS = {ALIASES: _alias, GROUPS: _group, SPEED_DIALS: _dial}


def _twice(accounts: List[Account]) -> List[str]:
    """What is listed twice although only one user can have it, or one user once: list of str."""
    problems = []
    owners: Dict[Any, int] = {}
    for account in accounts:
        before = owners.setdefault(account.owner, account.number)
        if before != account.number:
            problems.append(f"rows {before} and {account.number} are the same user, {'@'.join(account.owner)}")
    aliases: Dict[Any, int] = {}
    for account in accounts:
        for name, rows in account.belongings.items():
            seen = set()
            for row in rows:
                key = key_of(name, row)
                if key in seen:
                    problems.append(f"row {account.number}, {name}: {printable('@'.join(key))} is listed twice")
                seen.add(key)
            if name == ALIASES:
                problems += _alias_problems(account, seen, aliases, owners)
    return problems


def _alias_problems(account: Account, keys: Any, aliases: Dict[Any, int], owners: Dict[Any, int]) -> Iterator[str]:
    for key in sorted(keys):
        before = aliases.setdefault(key, account.number)
        if before != account.number:
            yield f"rows {before} and {account.number} have the same alias, {'@'.join(key)}"
        if key in owners:
            yield f"row {account.number}, {ALIASES}: {'@'.join(key)} is the user of row {owners[key]}"


def key_of(name: str, row: Dict[str, Any]) -> Tuple[str, ...]:
    """What tells a row of a user's belongings (by column) apart from the others: tuple of str."""
    if name == GROUPS:
        return (row["grp"],)
    prefix = "alias" if name == ALIASES else "sd"
    return str(row[f"{prefix}_username"]), str(row[f"{prefix}_domain"])
