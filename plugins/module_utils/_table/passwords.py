# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Passwords of the table subscriber: in clear as the user gives them, hashes as the server wants them.

RFC 7616, section 3.4.2 and RFC 8760: H(A1) is the hash of user:realm:password, and OpenSIPS takes the domain for the
realm. ha1b, up to table version 7, is that of user@domain:realm:password (scripts/opensipsctl.base of 2.4, and auth_db).
"""

import os
import secrets
from typing import TYPE_CHECKING, Any, Dict, Iterable, Optional

from ansible_collections.community.opensips.plugins.module_utils._sip import digest
from ansible_collections.community.opensips.plugins.module_utils._table.errors import MissingLibrary

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._table.columns import ComparedColumns

# column: (algorithm, what is hashed)
_HASHES = {
    "ha1": (digest.MD5, "{user}:{realm}:{password}"),
    "ha1b": (digest.MD5, "{user}@{domain}:{realm}:{password}"),
    "ha1_sha256": (digest.SHA_256, "{user}:{realm}:{password}"),
    "ha1_sha512t256": (digest.SHA_512_256, "{user}:{realm}:{password}"),
}
HASHES = tuple(_HASHES)
# {column: algorithm of its hash}
ALGORITHMS = {column: algorithm for column, (algorithm, _text) in _HASHES.items()}

# Those that nobody takes for one another when they are read or typed
_CHARACTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def hashes(
    user: Any, domain: Any, password: str, columns: Iterable[str], realm: Optional[str] = None
) -> Dict[str, str]:
    """{column: hexadecimal hash} for those of columns that hold one. Raises MissingLibrary where OpenSSL lacks the algorithm.

    realm: None for domain.
    """
    realm = domain if realm is None else realm
    return {
        column: _hash(algorithm, text.format(user=user, domain=domain, realm=realm, password=password))
        for column, (algorithm, text) in _HASHES.items()
        if column in columns
    }


def generate(length: int) -> str:
    """A new password of so many letters and digits."""
    return "".join(secrets.choice(_CHARACTERS) for _place in range(length))


def unusable(column: str, columns: Iterable[str]) -> str:
    """What a column for a secret gets with which nobody shall authenticate any more.

    columns: those of the table. From 3.2 on auth refuses a hash of another length. Before, it goes on reading behind an empty
    one in memory, where the hash of the user before is: who has just registered gets in as any user whose ha1b is empty
    (authorize() of auth_db, seen with 2.4.11).
    """
    if column == "password" or "ha1b" not in columns:
        return ""
    return os.urandom(digest.HA1_DIGITS[ALGORITHMS[column]] // 2).hex()


def expand(row: Dict[str, Any], columns: "ComparedColumns", store: bool, realm: Optional[str] = None) -> Dict[str, Any]:
    """A row as the table has it: its password in clear becomes the hashes that the table has. A row without one stays as it is.

    row: dict by column. columns: ComparedColumns. store: whether the column password shall keep the password in clear.
    realm: None for the domain of the row. Raises ValueError that says what is wrong, without the password.
    """
    password = row.get("password")
    if "password" not in row:
        return row
    if not isinstance(password, str) or not password:
        raise ValueError("password: must be a text that is not empty; put quotes around a number")
    try:
        password.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("password: is not valid Unicode") from None
    given = sorted(name for name in row if name in _HASHES)
    if given:
        raise ValueError(f"password: cannot be given together with {', '.join(given)}, which is computed from it")
    missing = [name for name in ("username", "domain") if not isinstance(row.get(name), (str, int)) or row[name] == ""]
    if missing:
        raise ValueError(f"password: its hashes require {' and '.join(missing)}")
    made = hashes(row["username"], row["domain"], password, list(columns.all), realm)
    if not made and not store:
        raise ValueError("password: this table has no column for a hash, and store_password is not set")
    expanded = dict(row, **made)
    # what was there in clear would contradict the hashes
    expanded["password"] = password if store else ""
    return expanded


def _hash(algorithm: str, text: str) -> str:
    try:
        return digest.hash_text(algorithm, text)
    except digest.AlgorithmMissing as error:
        raise MissingLibrary(
            f"OpenSSL with {algorithm}", f"{error.message}, which the hashes of the table require. {error.hint}"
        ) from None
