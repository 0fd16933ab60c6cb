# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The server's registrations elsewhere: reg_list, reg_enable, reg_disable (module uac_registrant, 3.2 and later).

Sources: uac_registrant/registrant.c (run_mi_reg_enable, run_mi_reg_disable) of 3.6, 4.0.
"""

from ansible_collections.community.opensips.plugins.module_utils._readers import registrants
from ansible_collections.community.opensips.plugins.module_utils._state import engine

# What tells registrants apart, in options and records
_FIELDS = ("aor", "contact", "registrar")


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

    def __init__(self, params):
        self.wanted = params["registrants"]
        engine.check_unique("registrants", [_named(each) for each in self.wanted])

    def read(self, conn):
        """List of records."""
        return registrants.read(conn)

    def items(self, found):
        """One Item a registrant that an entry fits. Raises BadParameters for an entry that fits none, or one of another."""
        items, keys = [], []
        for each in self.wanted:
            fitting = [record for record in found if _fits(each, record)]
            if not fitting:
                raise engine.unknown(
                    "registrant", " ".join(filter(None, _named(each))), map(_label, found), "registrants"
                )
            for record in fitting:
                identity = {name: record[name] for name in _FIELDS}
                keys.append(tuple(identity.values()))
                items.append(engine.Item(identity, {"enabled": record["enabled"]}, {"enabled": each["enabled"]}))
        engine.check_unique("registrants", keys)
        return items

    def requests(self, item):
        """reg_enable or reg_disable."""
        yield "reg_enable" if item.after["enabled"] else "reg_disable", dict(item.identity)


def _named(each):
    return tuple(each[name] for name in _FIELDS)


def _fits(each, record):
    # as the commands compare them: to the letter
    return all(each[name] in (None, record[name]) for name in _FIELDS)


def _label(record):
    return " ".join(str(record[name]) for name in _FIELDS)
