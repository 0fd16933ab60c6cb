# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Registrations of the server elsewhere: reg_list (module uac_registrant).

Registrant records: aor (str), contact (str or None, contact URI), registrar (str or None, URI), state (str: not_registered,
registering, authenticating, registered, register_timeout, internal_error, wrong_credentials, registrar_error,
unregistering, authenticating_unregister), enabled (bool or None; 3.2 and later), expires (int or None, seconds asked for),
last_register_sent and registration_timeout (str or None, ISO 8601 in the server's local time), proxy, third_party_registrant,
contact_params, socket, dst_ip, shtag (str or None), cluster_id (int or None).

Sources: uac_registrant/registrant.c, reg_records.h of 1.11, 2.4, 3.6.
"""

from typing import Any, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

_STATES = frozenset(
    "not_registered registering authenticating registered register_timeout internal_error wrong_credentials"
    " registrar_error unregistering authenticating_unregister".split()
)


def parse(reply: Reply) -> List[shape.Record]:
    """The registrants of a reg_list reply: list of records."""
    if reply.is_tree:
        return [_record(_of_node(node)) for node in reply.result if node["name"] == "AOR"]
    result = shape.mapping(reply.result, "reg_list")
    found = [result["Registrant"]] if "Registrant" in result else shape.sequence(result.get("Records"), "Records")
    return [_record(shape.mapping(raw, "Records")) for raw in found]


def read(conn: Connection) -> List[shape.Record]:
    """Ask the server: list of records."""
    return parse(conn.call("reg_list"))


def _of_node(node: Dict[str, Any]) -> Dict[str, Any]:
    raw = dict(shape.fields(node), AOR=node["value"])
    for child in node["children"]:
        if child["name"] == "dst_IP":
            raw["dst_IP"] = child["attributes"].get("ip")
        elif child["name"].startswith("third_party_"):
            # up to 2.4 the name is cut short
            raw["third_party_registrant"] = child["value"]
    return raw


def _record(raw: Dict[str, Any]) -> shape.Record:
    get = raw.get
    state = shape.needed(get("state"), "state").lower()
    if state.endswith("_state"):
        state = state[: -len("_state")]
    if state not in _STATES:
        raise shape.malformed("state", state)
    return {
        "aor": shape.needed(get("AOR"), "AOR"),
        "contact": shape.word(get("binding"), "binding"),
        "registrar": shape.word(get("registrar"), "registrar"),
        "state": state,
        "enabled": shape.switch(get("enabled"), "enabled"),
        "expires": shape.integer(get("expires"), "expires"),
        "last_register_sent": _moment(get("last_register_sent"), "last_register_sent"),
        "registration_timeout": _moment(get("registration_t_out"), "registration_t_out"),
        "proxy": shape.word(get("proxy"), "proxy"),
        "third_party_registrant": shape.word(get("third_party_registrant"), "third_party_registrant"),
        "contact_params": shape.word(get("binding_params"), "binding_params"),
        "socket": shape.word(get("socket"), "socket"),
        "dst_ip": _address(get("dst_IP")),
        "shtag": shape.word(get("shtag"), "shtag"),
        "cluster_id": shape.integer(get("cluster_id"), "cluster_id"),
    }


def _moment(value: Any, name: str) -> Optional[str]:
    """Never is the epoch, which is 1969 or 1970 in the server's local time."""
    moment = shape.moment(value, name)
    return None if moment is None or moment < "1970-01-03" else moment


def _address(value: Any) -> Optional[str]:
    if isinstance(value, dict):
        value = value.get("ip")
    return shape.word(value, "dst_IP")
