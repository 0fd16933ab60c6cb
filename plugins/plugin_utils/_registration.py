# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whether a contact is registered, and whether an AOR has such a contact among those at hand."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.glob import normal_host
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import split_aor

# (user, domain), the domain None where the server stores AORs without
Place = tuple[str, str | None]
_WHERE = "Use the contacts of opensips_facts, or those that opensips_records makes of ul_dump"


class _Latest:
    """The places of the contacts that were asked about last: `select` asks about one AOR after another, and there may be 100,000."""

    def __init__(self) -> None:
        self._contacts: t.Any = None
        self._count = -1
        self._places: set[Place] = set()

    def places(self, contacts: t.Any) -> set[Place]:
        if contacts is not self._contacts or len(contacts) != self._count:
            self._places = {_place(contact) for contact in contacts if _is_running(contact)}
            self._contacts, self._count = contacts, len(contacts)
        return self._places


_latest = _Latest()


def is_registered(item: t.Any, contacts: t.Any) -> bool:
    """Whether item is registered. item: a contact (mapping), or an AOR (str, int), for which contacts (list) are needed.

    Raises ValueError.
    """
    if isinstance(item, Mapping):
        return _is_running(item)
    if contacts is None:
        raise ValueError(f"contacts is missing, which an AOR requires. {_WHERE}")
    if not isinstance(contacts, (list, tuple)):
        raise ValueError(f"contacts must be a list, not {type(contacts).__name__}. {_WHERE}")
    user, domain = _split(item)
    places = _latest.places(contacts)
    return (user, domain) in places or (user, None) in places


def _split(aor: t.Any) -> Place:
    # jinja2_native and YAML make a number of an AOR of digits
    if isinstance(aor, int) and not isinstance(aor, bool):
        aor = str(aor)
    try:
        user, domain = split_aor(aor)
    except SipSyntaxError as error:
        raise ValueError(printable(str(error))) from None
    return user, normal_host(domain) if domain else None


def _place(contact: Mapping[str, t.Any]) -> Place:
    user, at, domain = contact["aor"].rpartition("@")
    return (user, normal_host(domain)) if at else (domain, None)


def _is_running(contact: t.Any) -> bool:
    if not isinstance(contact, Mapping) or not isinstance(contact.get("aor"), str) or "expires" not in contact:
        raise ValueError(f"a contact must have aor and expires. {_WHERE}")
    # None is permanent
    return contact["expires"] != 0
