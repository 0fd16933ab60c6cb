# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What opensips_subscriber wants of the tables that users are in: requests whose rows depend on those that are there."""

import copy
from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._table import accounts, passwords, plan
from ansible_collections.community.opensips.plugins.module_utils._table.database import CHUNK
from ansible_collections.community.opensips.plugins.module_utils._table.rows import Request, Wanted

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._table.accounts import Account, Owner
    from ansible_collections.community.opensips.plugins.module_utils._table.plan import Plan
    from ansible_collections.community.opensips.plugins.module_utils._table.push import Table


_OWNER = ("username", "domain")


class WantedAccount(Wanted):
    """A row of subscriber, whose secrets depend on those that are there.

    generated: the password that was made for a new row, or None.
    """

    __slots__ = ("generated", "_request", "_secrets", "_new", "_others")

    def __init__(self, number: int, values: Dict[str, Any], key: Tuple[Any, ...], request: "AccountRequest") -> None:
        super().__init__(number, {name: values[name] for name in values if name not in accounts.SECRETS}, key)
        self._secrets = {name: values[name] for name in values if name in accounts.SECRETS}
        self._request = request
        self._new: Optional[Dict[str, Any]] = None
        self._others: Optional[Dict[str, Any]] = None
        self.generated: Optional[str] = None

    @property
    def lacks_password(self) -> bool:
        """Whether nobody could authenticate as the new user."""
        return not self._secrets and self.generated is None

    def columns(self) -> Iterable[str]:
        return list(self.values) + self._request.secret_columns

    def for_row(self, there: Optional[Dict[str, Any]]) -> Dict[str, Any]:
        if there is None:
            if self._new is None:
                self._new = self._secrets_of_new()
            return dict(self.values, **self._new)
        if not self._secrets or not self._request.updates_passwords:
            return self.values
        others = self._other_secrets()
        if not any(there[name] != value for name, value in self._secrets.items()):
            # the others are of the same password; but an empty one may let somebody in
            others = {name: value for name, value in others.items() if value and not there[name]}
        return dict(self.values, **self._secrets, **others)

    def _secrets_of_new(self) -> Dict[str, Any]:
        if self._secrets or not self._request.password_length:
            return dict(self._secrets, **self._other_secrets())
        self.generated = passwords.generate(self._request.password_length)
        return self._request.secrets_of(self.values, self.generated)

    def _other_secrets(self) -> Dict[str, str]:
        """Values for the secrets that are not given. The same whenever they are asked for: the rows are read back."""
        if self._others is None:
            columns = self._request.secret_columns
            self._others = {name: passwords.unusable(name, columns) for name in columns if name not in self._secrets}
        return self._others


class AccountRequest(Request):
    """What is wanted of subscriber.

    secret_columns: those of accounts.SECRETS that the table has. updates_passwords: whether users that are there get the
    password of the task. password_length: of passwords that are made for new users without one; 0 if none are made.
    """

    def __init__(self, table: "Table", params: Dict[str, Any]) -> None:
        """params: the options of opensips_subscriber."""
        super().__init__(table.schema, table.columns, _plain_params(params, params["state"]))
        self.option = accounts.label(params)
        self.secret_columns = [name for name in accounts.SECRETS if name in self.columns.all]
        self.updates_passwords = params["update_password"] == "always"
        self.password_length = params["password_length"] if params["generate_password"] else 0
        self._realm = params["realm"]

    def secrets_of(self, values: Dict[str, Any], password: str) -> Dict[str, Any]:
        """The secrets of a row (canonical values by column) for a password, by column."""
        row = passwords.expand(dict(values, password=password), self.columns, self._store, self._realm)
        return {name: row[name] for name in self.secret_columns}

    def refusals(self, made: "Plan") -> List[str]:
        wanted = {row.number: row for row in self.rows}
        return [
            f"row {change.number}: {'@'.join(change.key)} does not exist yet, and has neither password nor hash. Set one, or set "
            "generate_password to true"
            for change in made.of(plan.INSERT)
            if wanted[change.number].lacks_password
        ]

    def expecting(self, made: "Plan") -> "Request":
        if self.state == "absent":
            return self
        other = copy.copy(self)
        changes = {change.number: change for change in made.changes}
        other.rows = [
            Wanted(
                wanted.number,
                wanted.for_row(None)
                if changes[wanted.number].operation == plan.INSERT
                else changes[wanted.number].after,
                wanted.key,
            )
            for wanted in self.rows
        ]
        return other

    def _subscriber(self, named: Dict[str, Any]) -> Dict[str, Any]:
        return passwords.expand(named, self.columns, self._store, self._realm) if self.state == "present" else named

    def _wanted(self, number: int, values: Dict[str, Any], key: Tuple[Any, ...]) -> Wanted:
        return WantedAccount(number, values, key, self)


class BelongingsRequest(Request):
    """What is wanted of a table with what users own. All rows of the owners are read.

    name: one of accounts.BELONGINGS. owners: set of (username, domain). is_exclusive: whether rows of the owners that are not
    listed are deleted.
    """

    def __init__(self, name: str, table: "Table", owners: "Iterable[Owner]", params: Dict[str, Any]) -> None:
        """params: the options of opensips_subscriber."""
        super().__init__(table.schema, table.columns, _plain_params(params, "present"))
        self.option = accounts.label(params)
        self.name = name
        self.owners = set(owners)
        self.is_exclusive = params["exclusive"] or params["state"] == "absent"
        self._in_parts = table.finds(list(_OWNER), self.owners)

    def columns_to_read(self) -> List[str]:
        return list(self.columns.all)

    def scopes(self) -> Iterator[Dict[str, List[Any]]]:
        owners = sorted(self.owners)
        # both columns together have no more values than a statement takes
        size = CHUNK // 2 if self._in_parts else max(1, len(owners))
        for start in range(0, len(owners), size):
            yield _conditions(owners[start : start + size])

    def scope_columns(self) -> Iterable[str]:
        return _OWNER

    def in_scope(self, values: Dict[str, Any]) -> bool:
        return owner_of(values) in self.owners

    def operation_of_rest(self, values: Dict[str, Any]) -> Optional[str]:
        if not self.in_scope(values):
            return None
        return plan.DELETE if self.is_exclusive else plan.NONE

    def refusals(self, made: "Plan") -> List[str]:
        """What belongs to somebody who does not hand it over in this task."""
        return [
            f"row {change.number}, {self.name}: {'@'.join(change.key)} is one of {'@'.join(owner_of(change.before))}. Remove it "
            "there first, or list both users with exclusive=true"
            for change in made.of(plan.UPDATE)
            if owner_of(change.before) != owner_of(change.after)
            and not (self.is_exclusive and owner_of(change.before) in self.owners)
        ]


def account_request(table: "Table", accounts_wanted: "List[Account]", params: Dict[str, Any]) -> AccountRequest:
    """What the accounts want of subscriber. Raises BadParameters that names rows and columns."""
    request = AccountRequest(table, params)
    request.add_numbered((account.number, account.row) for account in accounts_wanted)
    return request


def belongings_request(
    name: str, table: "Table", accounts_wanted: "List[Account]", params: Dict[str, Any]
) -> BelongingsRequest:
    """What the accounts want of the table of aliases, groups or speed dials. Raises BadParameters that names rows and columns."""
    is_absent = params["state"] == "absent"
    owners = [account.owner for account in accounts_wanted if is_absent or name in account.belongings]
    request = BelongingsRequest(name, table, owners, params)
    request.add_numbered(
        (account.number, row) for account in accounts_wanted for row in account.belongings.get(name, ())
    )
    return request


def owner_of(values: Dict[str, Any]) -> "Owner":
    """(username, domain) of canonical values by column."""
    return values["username"], values["domain"]


def _plain_params(params: Dict[str, Any], state: str) -> Dict[str, Any]:
    return {"state": state, "match": None, "scope": None, "store_password": params["store_password"]}


def _conditions(owners: "List[Owner]") -> Dict[str, List[Any]]:
    """{column: values} for the columns of owners that have few values."""
    columns = {name: sorted({owner[place] for owner in owners}) for place, name in enumerate(_OWNER)}
    return {name: values for name, values in columns.items() if len(values) <= CHUNK // 2}
