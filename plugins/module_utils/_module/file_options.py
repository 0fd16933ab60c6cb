# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The options owner, group and mode of modules that make files."""

import grp
import pwd
from typing import Callable, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters

# of no account; -1 as chown takes it
_NO_ID = 0xFFFFFFFF


def owner_of(name: Optional[str], group: Optional[str]) -> Tuple[Optional[int], Optional[int]]:
    """(user id, group id) of the options owner and group, None for those that are not set. Raises BadParameters.

    Both can be numbers, as in the modules of Ansible, also of an account that the host does not know.
    """
    return (
        _id_of("owner", "user", name, lambda known: pwd.getpwnam(known).pw_uid),
        _id_of("group", "group", group, lambda known: grp.getgrnam(known).gr_gid),
    )


def _id_of(option: str, kind: str, text: Optional[str], find: Callable[[str], int]) -> Optional[int]:
    """The id of a user or a group. find: function of its name; raises KeyError if the host does not know it."""
    if text is None:
        return None
    if text.isdecimal() and int(text) < _NO_ID:
        return int(text)
    try:
        return find(text)
    except KeyError:
        raise BadParameters(
            f"{option}: this host has no {kind} {text}", f"Correct it, or create the {kind} first"
        ) from None


def mode_of(text: Optional[str]) -> Optional[int]:
    """The option mode as a number. Raises BadParameters."""
    if text is None:
        return None
    if not text.isdigit() or set(text) & set("89") or int(text, 8) > 0o777:
        raise BadParameters(f"mode is {text!r}", "Write it as an octal number in quotes, such as '0640'")
    return int(text, 8)
