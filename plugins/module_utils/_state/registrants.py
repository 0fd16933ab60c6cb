# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The server's registrations elsewhere: reg_list, reg_enable, reg_disable (module uac_registrant, 3.2 and later).

Sources: uac_registrant/registrant.c (run_mi_reg_enable, run_mi_reg_disable) of 3.6, 4.0.
"""

from typing import Any, Dict, Iterator, List, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import registrants
from ansible_collections.community.opensips.plugins.module_utils._state import engine

# What tells registrants apart, in options and records
_NAMES = ("aor", "contact", "registrar")


class Registrants(engine.State):
    """Registrants, each enabled or not."""

    OPTIONS = {
        "registrants": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "aor": {"type": "str", "required": True},
                "contact": {"type": "str"},
                "registrar": {"type": "str"},
                "enabled": {"type": "bool", "required": True},
            },
        }
    }
    THING = "registrant"
    READS = ("reg_list",)
    WRITES = ("reg_enable", "reg_disable")

    def __init__(self, params: Dict[str, Any]):
        self.wanted = params["registrants"]
        engine.check_unique("registrants", [_values(entry) for entry in self.wanted])

    def read(self, conn: Connection) -> List[Dict[str, Any]]:
        """List of records."""
        return registrants.read(conn)

    def items(self, found: List[Dict[str, Any]]) -> List[engine.Item]:
        """One Item for each registrant that an entry matches.

        Raises BadParameters for an entry that matches none, or one of another entry, or one that cannot be switched alone.
        """
        items, matches = [], []
        for entry in self.wanted:
            matching = [record for record in found if _matches(entry, record)]
            if not matching:
                raise engine.unknown("registrant", _label(entry), map(_label, found), "registrants")
            matches.append([_values(record) for record in matching])
            for record in matching:
                if record["enabled"] != entry["enabled"]:
                    _check_alone(record, found)
                identity = {name: record[name] for name in _NAMES}
                items.append(engine.Item(identity, {"enabled": record["enabled"]}, {"enabled": entry["enabled"]}))
        engine.check_apart("registrants", matches)
        return items

    def requests(self, item: engine.Item) -> Iterator[Tuple[str, Dict[str, Any]]]:
        """reg_enable or reg_disable."""
        yield "reg_enable" if item.after["enabled"] else "reg_disable", dict(item.identity)


def _values(entry: Dict[str, Any]) -> Tuple[Any, ...]:
    return tuple(entry[name] for name in _NAMES)


def _matches(entry: Dict[str, Any], record: Dict[str, Any]) -> bool:
    # as the commands compare them: to the letter
    return all(entry[name] in (None, record[name]) for name in _NAMES)


def _check_alone(record: Dict[str, Any], found: List[Dict[str, Any]]) -> None:
    """Raise BadParameters if the server may switch another registrant than the record.

    Its commands find the list of those with the same hash of the AOR, and of it the first with the contact and registrar.
    """
    for other in found:
        if other is not record and all(other[name] == record[name] for name in ("contact", "registrar")):
            raise BadParameters(
                f"registrants: {record['aor']} cannot be switched, because {other['aor']} has the same contact and registrar: "
                "the server does not compare AORs, and may switch the wrong registrant",
                "Set a different contact for each registrant, in the column binding_URI of the table registrant, and reload it",
            )


def _label(entry: Dict[str, Any]) -> str:
    return " ".join(filter(None, _values(entry)))
