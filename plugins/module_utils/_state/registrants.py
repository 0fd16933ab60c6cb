# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The server's registrations elsewhere (module uac_registrant): enabled or not, each changed without the others.

reg_enable, reg_disable  3.2 and later   also write the state into the table registrant
reg_reload of one row    3.2 and later   takes that row of the table into the memory
reg_force_register       3.5 and later   has the next REGISTER sent at the next timer_interval; nothing if it is disabled
reg_upsert, reg_delete   4.0             in the memory only; reg_delete ends the registration first

All but reg_list look only among those registrants with the same hash of the AOR, and take the first one of these with the
contact and registrar: they do not compare AORs. reg_upsert replaces all of a registrant, credentials included, which
reg_list does not report. A registration that is up goes on with the new values, unless that disables it.

Sources: uac_registrant/registrant.c (run_mi_reg_enable, run_mi_reg_disable, mi_reg_upsert, mi_reg_delete,
mi_reg_reload_record), reg_records.c (add_record, match_reload_record) of 3.6, 4.0.
"""

from typing import Any, Dict, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import registrants
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import parse_uri
from ansible_collections.community.opensips.plugins.module_utils._state import engine

# What tells registrants apart, in options and records
_NAMES = ("aor", "contact", "registrar")
# What reg_upsert sets and reg_list reports, in options; and how records call it
_FIELDS = {
    "proxy": "proxy",
    "third_party_registrant": "third_party_registrant",
    "contact_params": "contact_params",
    "expires": "expires",
    "socket": "socket",
    "tag": "shtag",
    "cluster_id": "cluster_id",
}
_CREDENTIALS = ("username", "password")
_URIS = ("aor", "contact", "registrar", "proxy", "third_party_registrant")
# The server refuses them with a user
_WITHOUT_USER = ("registrar", "proxy")
# mi_reg_upsert answers -32602 to each of these, and names a parameter that is right
_HINT = (
    "The log of the server says why. It refuses expires that is not above its timer_interval, a socket that it does not "
    "listen on, and contact_params that it cannot read"
)
# reg_db_handler.h (REG_DB_STATE_ENABLED, REG_DB_STATE_DISABLED)
_STATES = {True: 0, False: 1}


class Registrants(engine.State):
    """Registrants, each with what an entry says of it."""

    OPTIONS = {
        "registrants": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "aor": {"type": "str", "required": True},
                "contact": {"type": "str"},
                "registrar": {"type": "str"},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
                "enabled": {"type": "bool"},
                "proxy": {"type": "str"},
                "third_party_registrant": {"type": "str"},
                "username": {"type": "str"},
                "password": {"type": "str", "no_log": True},
                "update_password": {
                    "type": "str",
                    "choices": ["always", "on_create"],
                    "default": "on_create",
                    "no_log": False,
                },
                "contact_params": {"type": "str"},
                "expires": {"type": "int"},
                "socket": {"type": "str"},
                "tag": {"type": "str"},
                "cluster_id": {"type": "int"},
                "force_register": {"type": "bool", "default": False},
                "reload": {"type": "bool", "default": False},
            },
        }
    }
    THING = "registrant"
    READS = ("reg_list",)

    def __init__(self, params: Dict[str, Any]):
        # who does not speak for a user leaves out what has a default
        self.wanted = [dict(_defaults(), **entry) for entry in params["registrants"]]
        engine.check_unique("registrants", [_values(entry) for entry in self.wanted])
        for index, entry in enumerate(self.wanted):
            _check_entry(f"registrants[{index}]", entry)
        self._is_read = False
        self.WRITES = tuple(dict.fromkeys(command for entry in self.wanted for command in _commands(entry)))

    def read(self, conn: Connection) -> List[Dict[str, Any]]:
        """List of records."""
        return registrants.read(conn)

    def items(self, found: List[Dict[str, Any]]) -> List[engine.Item]:
        """One Item for each registrant that an entry matches, or that it makes.

        Raises BadParameters for an entry that matches none, or one of another entry, or one that cannot be changed alone.
        """
        items, matches = [], []
        is_first, self._is_read = not self._is_read, True
        for index, entry in enumerate(self.wanted):
            matching = [record for record in found if _matches(entry, record)]
            if not matching:
                items.append(_new_item(f"registrants[{index}]", entry, found))
            matches.append([_values(record) for record in matching])
            for record in matching:
                item = _item(entry, record)
                if is_first:
                    _check_change(f"registrants[{index}]", item)
                if item.differs or item.actions:
                    _check_alone(record, found)
                items.append(item)
        engine.check_apart("registrants", matches)
        return items

    def requests(self, item: engine.Item) -> Iterator[Tuple[str, Dict[str, Any]]]:
        """reg_upsert, reg_delete, reg_enable or reg_disable."""
        entry, record = item.given
        if item.after is None:
            yield "reg_delete", dict(item.identity)
        elif _defines(entry):
            yield "reg_upsert", _row(entry, record, item)
        else:
            yield "reg_enable" if item.after["enabled"] else "reg_disable", dict(item.identity)


def _defaults() -> Dict[str, Any]:
    return {name: option.get("default") for name, option in Registrants.OPTIONS["registrants"]["options"].items()}


def _defines(entry: Dict[str, Any]) -> bool:
    """Whether an entry says more of the registrant than whether it is enabled."""
    return any(entry[name] is not None for name in (*_FIELDS, *_CREDENTIALS))


def _commands(entry: Dict[str, Any]) -> Iterator[str]:
    """The MI commands that an entry takes."""
    if entry["state"] == "absent":
        yield "reg_delete"
    elif _defines(entry):
        yield "reg_upsert"
    elif entry["enabled"] is not None:
        yield "reg_enable" if entry["enabled"] else "reg_disable"
    if entry["force_register"]:
        yield "reg_force_register"
    if entry["reload"]:
        yield "reg_reload"


def _check_entry(place: str, entry: Dict[str, Any]) -> None:
    """Raise BadParameters for an entry that contradicts itself, or that the server refuses. place: where it is."""
    given = [name for name in ("enabled", *_FIELDS, *_CREDENTIALS) if entry[name] is not None]
    given += [name for name in ("force_register", "reload") if entry[name]]
    if not given and entry["state"] == "present":
        raise BadParameters(
            f"{place}: nothing is to be changed", "Set enabled, force_register, reload, or state=absent"
        )
    if given and entry["state"] == "absent":
        raise BadParameters(f"{place}: {given[0]} is set, but state is absent", f"Remove {given[0]}")
    if entry["reload"] and given != ["reload"]:
        raise BadParameters(
            f"{place}: reload is set together with {given[0]}", "The table decides then: remove one of them"
        )
    if entry["force_register"] and entry["enabled"] is False:
        raise BadParameters(f"{place}: force_register is true, but enabled is false", "Remove one of them")
    for name in _NAMES[1:]:
        if (entry["reload"] or _defines(entry)) and entry[name] is None:
            raise BadParameters(
                f"{place}: {name} is not set", "Set contact and registrar, which tell registrants apart"
            )
    if bool(entry["tag"]) != (entry["cluster_id"] is not None):
        raise BadParameters(f"{place}: tag and cluster_id belong together", "Set both, or none")
    if entry["expires"] is not None and entry["expires"] < 1:
        raise BadParameters(f"{place}: expires is {entry['expires']}", "Set it to a number of seconds above 0")
    _check_uris(place, entry)


def _check_uris(place: str, entry: Dict[str, Any]) -> None:
    for name in _URIS if _defines(entry) else ():
        if not entry[name]:
            continue
        try:
            uri = parse_uri(entry[name])
        except SipError as error:
            raise BadParameters(
                f"{place}: {name} is no SIP URI: {entry[name]}", "Write it as sip:host or sip:user@host"
            ) from error
        if uri.user and name in _WITHOUT_USER:
            raise BadParameters(f"{place}: {name} has a user: {entry[name]}", "Write it as sip:host or sip:host:port")


def _new_item(place: str, entry: Dict[str, Any], found: List[Dict[str, Any]]) -> engine.Item:
    """The Item of an entry that matches no registrant. Raises BadParameters if it does not make one."""
    identity = {name: entry[name] for name in _NAMES}
    if entry["state"] == "absent":
        return engine.Item(identity, None, None)
    if entry["reload"]:
        _check_alone(entry, found)
        return _acting(engine.Item(identity, {}, {}), entry)
    if not _defines(entry):
        raise engine.unknown("registrant", _label(entry), map(_label, found), "registrants")
    if entry["expires"] is None:
        raise BadParameters(
            f"{place}: the server has no registrant {_label(entry)}, and expires is not set", "Set expires to create it"
        )
    _check_alone(entry, found)
    after = dict(_wanted_fields(entry), enabled=entry["enabled"] is not False)
    return _acting(engine.Item(identity, None, after, (entry, None)), entry)


def _item(entry: Dict[str, Any], record: Dict[str, Any]) -> engine.Item:
    """The Item of a registrant that an entry matches."""
    identity = {name: record[name] for name in _NAMES}
    if entry["reload"]:
        return _acting(engine.Item(identity, {}, {}), entry)
    before = dict(_reported_fields(entry, record), enabled=record["enabled"])
    if entry["state"] == "absent":
        return engine.Item(identity, before, None, (entry, record))
    after = dict(_wanted_fields(entry), enabled=record["enabled"] if entry["enabled"] is None else entry["enabled"])
    item = engine.Item(identity, before, after, (entry, record))
    if entry["update_password"] == "always" and entry["password"] is not None and not item.differs:
        item.actions = [("reg_upsert", _row(entry, record, item))]
    return _acting(item, entry)


def _check_change(place: str, item: engine.Item) -> None:
    """Raise BadParameters if credentials would be lost, or nothing would come of an action. place: where the entry is."""
    if item.given is None or item.after is None:
        return
    entry, record = item.given
    if entry["force_register"] and not item.after["enabled"]:
        raise BadParameters(
            f"{place}: force_register is true, but the registrant {_label(record)} is disabled", "Set enabled=true"
        )
    upserts = _defines(entry) and (item.differs or any(method == "reg_upsert" for method, _row in item.actions))
    if upserts and None in (entry["username"], entry["password"]):
        raise BadParameters(
            f"{place}: the registrant {_label(record)} changes, and the server replaces its credentials as well",
            "Set username and password, or set both to an empty text if there are none",
        )


def _acting(item: engine.Item, entry: Dict[str, Any]) -> engine.Item:
    """The Item with what the entry does in any case."""
    item.secrets = ("password",)
    item.hint = _HINT if _defines(entry) else None
    if entry["reload"]:
        item.actions = [*item.actions, ("reg_reload", dict(item.identity))]
    if entry["force_register"]:
        item.actions = [*item.actions, ("reg_force_register", dict(item.identity))]
    return item


def _wanted_fields(entry: Dict[str, Any]) -> Dict[str, Any]:
    """What an entry says of a registrant: {option: value}. An empty text is nothing."""
    return {name: entry[name] or None for name in _FIELDS if entry[name] is not None}


def _reported_fields(entry: Dict[str, Any], record: Dict[str, Any]) -> Dict[str, Any]:
    """The same as the server reports it."""
    return {name: record[field] for name, field in _FIELDS.items() if entry[name] is not None}


def _row(entry: Dict[str, Any], record: Optional[Dict[str, Any]], item: engine.Item) -> Dict[str, Any]:
    """The parameters of reg_upsert, all of which it takes. What the entry does not say stays as the record has it."""
    kept = {name: record[field] if record else None for name, field in _FIELDS.items()}
    kept.update(_wanted_fields(entry))
    tag = f"{kept['tag']}/{kept['cluster_id']}" if kept["tag"] else ""
    return dict(
        item.identity,
        proxy=kept["proxy"] or "",
        third_party_registrant=kept["third_party_registrant"] or "",
        username=entry["username"] or "",
        password=entry["password"] or "",
        binding_params=kept["contact_params"] or "",
        expiry=kept["expires"],
        forced_socket=kept["socket"] or "",
        cluster_shtag=tag,
        state=_STATES[item.after["enabled"]],
    )


def _values(entry: Dict[str, Any]) -> Tuple[Any, ...]:
    return tuple(entry[name] for name in _NAMES)


def _matches(entry: Dict[str, Any], record: Dict[str, Any]) -> bool:
    # as the commands compare them: to the letter
    return all(entry[name] in (None, record[name]) for name in _NAMES)


def _check_alone(record: Dict[str, Any], found: List[Dict[str, Any]]) -> None:
    """Raise BadParameters if the server may change another registrant than the record, which is one of found or a new one."""
    for other in found:
        if other is not record and all(other[name] == record[name] for name in ("contact", "registrar")):
            raise BadParameters(
                f"registrants: {record['aor']} cannot be changed, because {other['aor']} has the same contact and registrar: "
                "the server does not compare AORs, and may change the wrong registrant",
                "Set a different contact for each registrant, in the column binding_URI of the table registrant, and reload it",
            )


def _label(entry: Dict[str, Any]) -> str:
    return " ".join(filter(None, _values(entry)))
