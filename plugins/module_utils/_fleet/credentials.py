# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The credentials of phones that ask for authentication, and which of them answers which challenge.

An entry says what it is for: an AOR, a realm, a vendor, some of them, or nothing, which makes it the default. It applies to
a challenge if all that it names is so, realms in the very same spelling. The most specific one counts: what names the AOR
comes first, then what names the realm, then what names the vendor.

A phone gets no answer that is made for another one: an entry with a domain in its AOR is not for the same user elsewhere.
"""

import re
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, first_few
from ansible_collections.community.opensips.plugins.module_utils._readers import row_file
from ansible_collections.community.opensips.plugins.module_utils._sip import digest
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._sip.vendors import FAMILIES

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target

# {option or column: algorithm}, as opensips_table and the table subscriber call them
HA1 = digest.HA1_NAMES
PURPOSES = ("aor", "realm", "vendor")
SECRETS = ("password",) + tuple(HA1)
FIELDS = ("username",) + SECRETS + PURPOSES
VENDORS = tuple(sorted({family.vendor for family in FAMILIES}))

# Names, and realms, that one message lists
_SHOWN = 10
_REALMS = 3
# Realms without credentials to remember: phones may ask for as many as they like
_MOST_REALMS = 5


class Entry(NamedTuple):
    """An account, and what it is for. All are texts, "" where there is none.

    aor, realm, vendor: see above. ha1_realm: the realm that the hashes are for. ha1, ha1_sha256, ha1_sha512t256: hexadecimal.
    """

    aor: str = ""
    realm: str = ""
    vendor: str = ""
    username: str = ""
    ha1_realm: str = ""
    ha1: str = ""
    ha1_sha256: str = ""
    ha1_sha512t256: str = ""
    # the last one: it may have any character
    password: str = ""

    @property
    def secret(self) -> digest.Secret:
        known = {HA1[name]: getattr(self, name) for name in HA1 if getattr(self, name)}
        return digest.Secret(self.username, self.password or None, known, self.ha1_realm or None)

    def packed(self, source: str) -> str:
        """One text of it, which takes a third of the memory. source: one character."""
        return source + "\n".join(self)


def _unpacked(packed: str) -> Entry:
    return Entry(*packed[1:].split("\n", len(Entry._fields) - 1))


class Credentials:
    """The accounts that a task has. It is complete before the run begins: choosing reads nothing.

    Where several sources have an entry for the very same, the source that was added first counts.
    """

    def __init__(self) -> None:
        # {user of the AOR: packed entry, or several}
        self._of_aors: Dict[str, Union[str, Tuple[str, ...]]] = {}
        # {(realm, vendor): packed entry}
        self._others: Dict[Tuple[str, str], str] = {}
        # the realms of _others that phones asked for, and realms that there is nothing for
        self._asked: Dict[str, None] = {}
        self._unknown: Dict[str, None] = {}

    def add(self, entry: Entry, source: str) -> bool:
        """Add an entry. Returns whether the same source (one character) has none for the very same."""
        packed = entry.packed(source)
        if not entry.aor:
            kept = self._others.setdefault((entry.realm, entry.vendor), packed)
            return kept is packed or kept[0] != source
        user = _user_of(entry.aor)
        others = self._packed_of(user)
        same = [other for other in others if _unpacked(other)[: len(PURPOSES)] == entry[: len(PURPOSES)]]
        if not same:
            self._of_aors[user] = others + (packed,) if others else packed
        return not same or same[0][0] != source

    def choose(
        self, target: "Target", challenges: Sequence[digest.Challenge]
    ) -> Optional[Tuple[digest.Challenge, digest.Secret]]:
        """The strongest of the challenges of a phone that there is a secret for, and that secret; None if there is none.

        Of equally strong ones the first: the phone puts first what it prefers (RFC 8760 section 2.4).
        """
        known = []
        for challenge in challenges:
            entry = self._entry_for(target, challenge.realm)
            self._note(challenge.realm, entry)
            if entry is not None and entry.secret.knows(challenge) and digest.problem(challenge) is None:
                known.append((challenge, entry.secret))
        return min(known, key=lambda pair: digest.ALGORITHMS.index(pair[0].hash), default=None)

    def reason(self, target: "Target", challenges: Sequence[digest.Challenge]) -> str:
        """Why choose() has nothing for these challenges (a clause, str): it names the realms that the phone asks for."""
        if not challenges:
            return "its challenge is not one of Digest authentication, or cannot be read"
        reasons: Dict[str, None] = {}
        for challenge in challenges:
            reasons.setdefault(self._reason(target, challenge))
        return first_few(list(reasons), _REALMS, "; ")

    def warning(self) -> Optional[str]:
        """What a user is to know after the run: that realms of the entries may be misspelt (a sentence, str); or None."""
        unasked = sorted({realm for realm, _vendor in self._others if realm and realm not in self._asked})
        if not unasked or not self._unknown:
            return None
        return (
            f"No phone asked for {_realms(unasked)}, which credentials have, and there are no credentials for "
            f"{_realms(list(self._unknown))}, which phones asked for. Realms must have the same spelling, upper and lower case included"
        )

    def _packed_of(self, user: str) -> Tuple[str, ...]:
        found = self._of_aors.get(user, ())
        return (found,) if isinstance(found, str) else found

    def _entry_for(self, target: "Target", realm: str) -> Optional[Entry]:
        """The most specific Entry for a realm of a phone, or None."""
        own = self._of_aor(target, realm)
        if own:
            return own[0] if len(own) == 1 else None
        vendor = target.vendor or ""
        for key in ((realm, vendor), (realm, ""), ("", vendor), ("", "")):
            if key in self._others:
                return _unpacked(self._others[key])
        return None

    def _of_aor(self, target: "Target", realm: str) -> List[Entry]:
        """The most specific entries that name the AOR of a phone: more than one if nothing tells which one it is."""
        aor = target.aor or ""
        ranked: Dict[Tuple[bool, ...], List[Entry]] = {}
        for entry in map(_unpacked, self._packed_of(_user_of(aor)) if aor else ()):
            # a server that keeps no domains has each user once
            is_own = entry.aor == aor or "@" not in aor
            if is_own and entry.realm in ("", realm) and entry.vendor in ("", target.vendor):
                exact = entry.aor == aor or entry.aor.partition("@")[2] == realm
                ranked.setdefault((exact, bool(entry.realm), bool(entry.vendor)), []).append(entry)
        return ranked[max(ranked)] if ranked else []

    def _note(self, realm: str, entry: Optional[Entry]) -> None:
        if entry is None:
            if len(self._unknown) < _MOST_REALMS:
                self._unknown.setdefault(realm)
        elif entry.realm:
            self._asked.setdefault(realm)

    def _reason(self, target: "Target", challenge: digest.Challenge) -> str:
        realm = _realm(challenge.realm)
        found = digest.problem(challenge)
        if found is not None:
            return f"the challenge for the {realm} cannot be answered: {found}"
        if len(self._of_aor(target, challenge.realm)) > 1:
            return f"several credentials are for this user, and none of them names the {realm}"
        entry = self._entry_for(target, challenge.realm)
        if entry is None:
            return f"there are no credentials for the {realm}"
        return f"the credentials for the {realm} have no {challenge.hash} hash, and no password"


def _user_of(aor: str) -> str:
    return aor.partition("@")[0]


def _realm(realm: str) -> str:
    return f'realm "{printable(realm, most=60)}"'


def _realms(realms: List[str]) -> str:
    return first_few([_realm(realm) for realm in realms], _REALMS)


# Entries that a user gives


def load(path: str, option: str) -> Iterator[Tuple[str, Dict[str, Any]]]:
    """Yield (how a message calls it, row) of a CSV or JSON file. Raises BadParameters that names option and path."""
    rows = row_file.load(path, option)
    for number in range(len(rows)):
        # what was read need not stay in memory
        row, rows[number] = rows[number], {}
        where = f"{option} {path}, entry {number + 1}"
        unknown = [printable(str(name), most=60) for name in row if name not in FIELDS]
        if unknown:
            raise BadParameters(
                f"{where} has unknown names: {first_few(unknown, _SHOWN, ', ')}", f"Use only {', '.join(FIELDS)}"
            )
        yield where, row


def entry_of(row: Dict[str, Any], where: str) -> Entry:
    """The Entry of a mapping of FIELDS, checked. where: how messages call it; none of them has a secret.

    Raises BadParameters, and AlgorithmMissing for a hash that Python cannot use.
    """
    values = {name: _text(row.get(name), name, where) for name in FIELDS}
    _check_purpose(values, where)
    _check_secret(values, where)
    if not values["username"]:
        raise BadParameters(f"{where} has no username", "Set the user that the phone authenticates")
    for name in ("username", "realm"):
        if not digest.is_sendable(values[name]):
            raise BadParameters(
                f"{where}: {name} has characters that t_uac_dlg of OpenSIPS cannot send",
                "Use a name without control characters, exclamation marks, \\r and \\n",
            )
    has_hash = any(values[name] for name in HA1)
    return Entry(ha1_realm=values["realm"] if has_hash else "", **values)


def of_subscriber(row: Dict[str, str]) -> Optional[Entry]:
    """The Entry of a row of the table subscriber ({column: text}), or None: it has nothing that answers a challenge."""
    user, domain, password = row["username"], row["domain"], row.get("password", "")
    known = {name: row[name] for name in HA1 if domain and digest.is_ha1(row.get(name, ""), HA1[name])}
    if not user or not (password or known) or not (digest.is_sendable(user) and digest.is_sendable(domain)):
        return None
    return Entry(
        aor=f"{user}@{domain}" if domain else user,
        # hashes are for one realm, a password is for all
        realm="" if password else domain,
        username=user,
        ha1_realm=domain if known else "",
        password=password,
        **known,
    )


def _text(value: Any, name: str, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, (bool, float, list, dict)):
        raise BadParameters(f"{where}: {name} is not a text", "Put quotes around the value")
    text = str(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadParameters(f"{where}: {name} is not valid Unicode", "Correct the value") from None
    return text if name == "password" else text.strip()


def _check_purpose(values: Dict[str, str], where: str) -> None:
    """Refuse an AOR that no phone has, and a vendor that nobody knows."""
    aor = values["aor"]
    if re.match(r"(?i)sips?:", aor) or re.search(r"[\s\x00-\x1f]", aor):
        raise BadParameters(
            f"{where}: aor is {printable(repr(aor), most=60)}", "Write it as user@domain, or as the user alone"
        )
    vendor = values["vendor"] = values["vendor"].lower()
    if vendor and vendor not in VENDORS:
        raise BadParameters(
            f"{where}: there is no vendor {printable(repr(vendor), most=60)}", f"Use one of {', '.join(VENDORS)}"
        )


def _check_secret(values: Dict[str, str], where: str) -> None:
    """Refuse secrets that no challenge could be answered with."""
    given = [name for name in HA1 if values[name]]
    if not values["password"] and not given:
        raise BadParameters(f"{where} has neither a password nor a hash", f"Set one of {', '.join(SECRETS)}")
    if values["password"] and given:
        raise BadParameters(f"{where} has both password and {' and '.join(given)}", "Set only one of them")
    for name in given:
        if not digest.is_ha1(values[name], HA1[name]):
            raise BadParameters(
                f"{where}: {name} does not have {digest.HA1_DIGITS[HA1[name]]} hexadecimal digits",
                f"Set it to the {HA1[name]} hash of username:realm:password",
            )
    if given and not values["realm"]:
        raise BadParameters(
            f"{where} has {' and '.join(given)}, but no realm",
            "Set the realm that the hash was computed for: a hash is valid for one realm only",
        )
    if given and not any(digest.is_computable(HA1[name]) for name in given):
        raise digest.AlgorithmMissing(
            f"{where}: Python on this host cannot compute {HA1[given[0]]}, which {given[0]} requires",
            "Install OpenSSL 1.1.1 or later and a Python that uses it, or set another hash or the password",
        )
