# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What opensips_subscriber returns: an entry for each user with what belongs to it, counts and a diff, without secrets."""

from typing import TYPE_CHECKING, Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._table import accounts, plan, results
from ansible_collections.community.opensips.plugins.module_utils._table.account_requests import owner_of

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._table.account_requests import (
        AccountRequest,
        BelongingsRequest,
    )
    from ansible_collections.community.opensips.plugins.module_utils._table.accounts import Name, Owner
    from ansible_collections.community.opensips.plugins.module_utils._table.plan import Change, Plan

# (what was there, what is there then): lists of canonical values by column
_Pair = Tuple[List[Dict[str, Any]], List[Dict[str, Any]]]


class Planned(NamedTuple):
    """What is wanted of all tables, and what that changes.

    users: of subscriber. belongings: {one of accounts.BELONGINGS: of its table}, for the tables that matter.
    """

    users: "Tuple[AccountRequest, Plan]"
    belongings: "Dict[str, Tuple[BelongingsRequest, Plan]]"

    @property
    def changed(self) -> bool:
        return any(made.changed for _request, made in self.parts())

    def parts(self) -> "Iterator[Tuple[Any, Plan]]":
        """(request, Plan) of each table."""
        yield self.users
        yield from self.belongings.values()


def entries(wanted: "List[Name]", planned: Planned, stage: Optional[str]) -> List[Dict[str, Any]]:
    """An entry (dict) for each account, in their order. stage: as for results.outcome_of()."""
    request, made = planned.users
    changes: Dict[Any, Change] = {}
    for change in made.changes:
        changes.setdefault(change.number, change)
    rows = {row.number: row for row in request.rows}
    owned = {name: _by_owner(its) for name, (_request, its) in planned.belongings.items()}
    found = []
    for account in wanted:
        names = [name for name in owned if request.state == "absent" or name in account.belongings]
        pairs = {name: owned[name].get(account.owner, ([], [])) for name in names}
        change = changes[account.number]
        entry = _entry(request, account, change, pairs, stage)
        if change.operation == plan.INSERT and stage in (None, results.UNKNOWN):
            entry["generated_password"] = rows[account.number].generated
        found.append(entry)
    return found


def summary(made: List[Dict[str, Any]], planned: Planned) -> Dict[str, Any]:
    """{total, outcomes, operations, tables: {table: {operation: number of rows}}}. made: entries()."""
    outcomes = dict.fromkeys(results.OUTCOMES, 0)
    operations = dict.fromkeys(plan.OPERATIONS, 0)
    for entry in made:
        outcomes[entry["outcome"]] += 1
        operations[entry["operation"]] += 1
    tables = {accounts.USERS_TABLE: planned.users[1].counts()}
    tables.update((accounts.TABLES[name], its.counts()) for name, (_request, its) in planned.belongings.items())
    return {"total": len(made), "outcomes": outcomes, "operations": operations, "tables": tables}


def diff(made: List[Dict[str, Any]]) -> Dict[str, Dict[str, Any]]:
    """{before, after}: only users that change; of those that are updated, only what does. made: entries()."""
    found: Dict[str, Dict[str, Any]] = {"before": {}, "after": {}}
    for entry in made:
        if not entry["changed"]:
            continue
        before, after = entry["before"], entry["after"]
        if before is not None and after is not None:
            names = [name for name in after if before.get(name) != after[name]]
            before, after = ({name: side[name] for name in names if name in side} for side in (before, after))
        label = f"{entry['username']}@{entry['domain']}"
        found["before"].update({} if before is None else {label: before})
        found["after"].update({} if after is None else {label: after})
    return found


def _by_owner(made: "Plan") -> "Dict[Owner, _Pair]":
    """What each owner has before and after a Plan."""
    found: Dict[Owner, _Pair] = {}
    for change in made.changes:
        # an alias may go from one to another
        for place, values in enumerate((change.before, change.after)):
            if values is not None:
                found.setdefault(owner_of(values), ([], []))[place].append(values)
    return found


def _entry(
    request: "AccountRequest", account: "Name", change: "Change", pairs: Dict[str, _Pair], stage: Optional[str]
) -> Dict[str, Any]:
    lists = {name: tuple(_listed(name, rows) for rows in pair) for name, pair in pairs.items()}
    operation = _operation(request.state, change, any(there != then for there, then in lists.values()))
    before, after = results.without_secrets(request, change.before), results.without_secrets(request, change.after)
    if change.operation == plan.UPDATE:
        results.mark_secrets(change, after)
    before = _with_lists(before, {name: there for name, (there, _then) in lists.items()})
    after = _with_lists(after, {name: then for name, (_there, then) in lists.items()})
    return {
        "username": account.owner[0],
        "domain": account.owner[1],
        "operation": operation,
        "outcome": results.outcome_of(operation, stage),
        "changed": operation != plan.NONE and stage != results.NOT_WRITTEN,
        "before": before,
        "after": before if stage == results.NOT_WRITTEN or operation == plan.NONE else after,
        "generated_password": None,
        "error": None,
    }


def _operation(state: str, change: "Change", lists_differ: bool) -> str:
    """What has to be done with a user and what belongs to it."""
    if change.differs or not lists_differ:
        return change.operation
    return plan.DELETE if state == "absent" else plan.UPDATE


def _with_lists(values: Optional[Dict[str, Any]], lists: Dict[str, List[Any]]) -> Optional[Dict[str, Any]]:
    """The columns of a user (None: it is not there) with what belongs to it."""
    if values is None and not any(lists.values()):
        return None
    return dict(values or {}, **lists)


def _listed(name: str, rows: List[Dict[str, Any]]) -> List[Any]:
    """Rows of a user's aliases, groups or speed dials, as the option takes them, sorted."""
    ordered = sorted(rows, key=lambda row: accounts.key_of(name, row))
    if name == accounts.SPEED_DIALS:
        return [{column: row[column] for column in accounts.SPEED_DIAL if row.get(column)} for row in ordered]
    return ["@".join(map(str, accounts.key_of(name, row))) for row in ordered]
