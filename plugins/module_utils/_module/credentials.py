# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The options credentials, credentials_file and credentials_db, which several modules have."""

import os
import stat
from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._fleet import credentials as accounts
from ansible_collections.community.opensips.plugins.module_utils._fleet.targets import Target
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, database_spec
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import canonical
from ansible_collections.community.opensips.plugins.module_utils._sip.name_addr import validate_name_addr

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._fleet.credentials import Credentials
    from ansible_collections.community.opensips.plugins.module_utils._module.run import Task

# The sources of entries, in the order in which they count
_LIST, _FILE, _DATABASE = "123"


def credentials_spec() -> ArgumentSpec:
    """The options."""
    fields: Dict[str, Any] = {name: {"type": "str"} for name in accounts.FIELDS}
    for name in accounts.SECRETS:
        fields[name]["no_log"] = True
    return ArgumentSpec(
        {
            # no_log of the suboptions alone would hide a password such as 1001 wherever else it occurs, in each result
            "credentials": {"type": "list", "elements": "dict", "options": fields},
            "credentials_file": {"type": "path"},
            "credentials_db": database_spec().to_option(),
        },
        withheld=("credentials",),
    )


def load(task: "Task") -> "Optional[Credentials]":
    """The Credentials of a task, None without the options.

    All are checked; what the database has is read by complete(). Raises BadParameters, AlgorithmMissing, TableError.
    """
    params = task.params
    if all(params[name] is None for name in ("credentials", "credentials_file", "credentials_db")):
        return None
    if params["credentials_db"] is not None and params.get("uris") is not None and params.get("aors") is None:
        raise BadParameters(
            "credentials_db and uris are both set, and the table has the accounts of AORs",
            "Use aors or select, or set credentials or credentials_file",
        )
    found = accounts.Credentials()
    _add_all(found, _listed(params["credentials"]), _LIST)
    if params["credentials_file"] is not None:
        _warn_of_readers(task, params["credentials_file"])
        if not _add_all(found, accounts.load(params["credentials_file"], "credentials_file"), _FILE):
            raise BadParameters(
                f"credentials_file {params['credentials_file']} has no entries",
                "Give each account a line, or remove the option",
            )
    if params["credentials_db"] is not None:
        with _database(params["credentials_db"]):
            # that it can be read is known before anything is sent, and in check mode
            pass
    return found


def complete(task: "Task", found: "Optional[Credentials]", targets: Iterable[Target]) -> None:
    """Add the accounts that the database of credentials_db has for the AORs of targets. Raises TableError.

    They are read at once, before anything is sent: a phone that waits for its answer holds memory of the server.
    """
    if found is None or task.params["credentials_db"] is None:
        return
    aors = {target.aor for target in targets if target.aor}
    with _database(task.params["credentials_db"]) as database:
        for row in database.rows_of(aors):
            entry = accounts.of_subscriber(row)
            if entry is not None:
                found.add(entry, _DATABASE)


def target_of(ruri: str, headers: Any) -> Target:
    """The Target of a request of any kind: its AOR is that of the header To."""
    to = next((value for name, value in headers.items() if canonical(str(name)) == "to"), None)
    try:
        uri = validate_name_addr(to).uri if isinstance(to, str) else None
    except SipError:
        uri = None
    return Target(f"{uri.user}@{uri.host}" if uri is not None and uri.user else None, ruri)


def _listed(given: Any) -> Iterator[Tuple[str, Dict[str, Any]]]:
    for number, row in enumerate(given or (), 1):
        yield f"credentials: entry {number}", row


def _add_all(found: "Credentials", rows: Iterable[Tuple[str, Dict[str, Any]]], source: str) -> int:
    """Add rows to found (Credentials); the number of rows."""
    number = 0
    for where, row in rows:
        number += 1
        entry = accounts.entry_of(row, where)
        if not found.add(entry, source):
            named = [f"{name} {getattr(entry, name)}" for name in accounts.PURPOSES if getattr(entry, name)]
            raise BadParameters(
                f"{where}: an earlier entry is also for {', '.join(named) or 'all other phones'}", "Remove one of them"
            )
    return number


def _warn_of_readers(task: "Task", path: str) -> None:
    """Warn of a file with secrets that every user may read."""
    try:
        mode = os.stat(safe_file.path_of(path)).st_mode
    except OSError:
        # who reads it says what is wrong with it
        return
    if mode & stat.S_IROTH:
        task.warn(f"Every user of the host can read credentials_file {path}. Set its mode to 0600")


def _database(params: Dict[str, Any]) -> Any:
    # SQLAlchemy is not loaded without need
    from ansible_collections.community.opensips.plugins.module_utils._table.subscribers import SubscriberDatabase

    return SubscriberDatabase(params)
