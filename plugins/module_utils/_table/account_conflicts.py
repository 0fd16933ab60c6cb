# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""An alias that is the address of a user: calls to this user would go to the owner of the alias.

What one task lists is compared by accounts.py. This is about users and aliases of the tables that the task does not list.
"""

from typing import TYPE_CHECKING, Any, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._table import accounts, plan

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._table.plan import Plan
    from ansible_collections.community.opensips.plugins.module_utils._table.push import Table

_OWNER = ["username", "domain"]
_ALIAS = ["alias_username", "alias_domain"]


def conflicts(
    users: "Table", users_plan: "Plan", aliases: "Optional[Table]", aliases_plan: "Optional[Plan]"
) -> List[str]:
    """What new aliases and new users of Plans collide with: list of str. Inside of a transaction.

    users: the table subscriber. aliases: dbaliases, or None if there is none. aliases_plan: None if the task lists no aliases.
    """
    found = [] if aliases_plan is None else _of_aliases(users, aliases_plan)
    return found + ([] if aliases is None else _of_users(users_plan, aliases, aliases_plan))


def _of_aliases(users: "Table", made: "Plan") -> List[str]:
    """New aliases that are users."""
    new = {
        (change.after["alias_username"], change.after["alias_domain"]): change
        for change in made.changes
        if change.operation == plan.INSERT
    }
    there = users.with_keys(_OWNER, list(new), _OWNER)
    return [
        f"row {change.number}, {accounts.ALIASES}: {'@'.join(key)} is a user. Calls to this user would go to {_owner(change.after)}"
        for key, change in new.items()
        if key in there
    ]


def _of_users(made: "Plan", aliases: "Table", aliases_plan: "Optional[Plan]") -> List[str]:
    """New users that are aliases, and stay it."""
    new = {change.key: change for change in made.changes if change.operation == plan.INSERT}
    there = aliases.with_keys(_ALIAS, list(new), _OWNER)
    gone = {
        (change.before["alias_username"], change.before["alias_domain"])
        for change in ([] if aliases_plan is None else aliases_plan.of(plan.DELETE))
    }
    return [
        f"row {change.number}: {'@'.join(key)} is an alias of {_owner(there[key])}. Calls to the new user would go there"
        for key, change in new.items()
        if key in there and key not in gone
    ]


def _owner(values: Dict[str, Any]) -> str:
    return f"{values['username']}@{values['domain']}"
