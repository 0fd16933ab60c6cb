# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Rules of blacklists: list_blacklists, add_blacklist_rule, del_blacklist_rule (core; 3.4 and later).

What blacklists.c of 3.4 to 4.0 does, seen on running 3.6.8 and 4.0.1:
A list holds one rule of each network address, protocol, port, pattern and sign. The length of the prefix does not count: a
rule that differs in it only is dropped without an error, and one that is deleted takes the other with it.
When the last rule of a list is deleted and others stay, the list keeps a pointer to it: rules that are added later are lost,
or the server crashes. So no request here ever deletes the last rule of a list unless it is the only one. See Plan.
A rule that does not expire goes to the head of a list that has the flag expire, and to the end of others; one that expires
stands behind those that do not, in the order in which they expire.
"""

from typing import Any, Dict, Iterable, List, Optional, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, ServerError
from ansible_collections.community.opensips.plugins.module_utils._readers import blacklists, shape
from ansible_collections.community.opensips.plugins.module_utils._state import engine

PROTOS = ("any", "udp", "tcp", "tls", "sctp", "ws", "wss")
# rules with less time left (seconds) may be gone when the next request comes
_SOON = 5

Request = Tuple[str, Dict[str, Any]]


class Blacklist(engine.State):
    """Rules of one blacklist, each present or absent; others left alone, or removed when exclusive."""

    OPTIONS = {
        "name": {"type": "str", "required": True},
        "rules": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "ip": {"type": "str", "required": True},
                "proto": {"type": "str", "choices": list(PROTOS), "default": "any"},
                "port": {"type": "int", "default": 0},
                "match": {"type": "str"},
                "except": {"type": "bool", "default": False},
                "expires": {"type": "int"},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            },
        },
        "exclusive": {"type": "bool", "default": False},
    }
    THING = "rule of"
    READS = ("list_blacklists",)
    WRITES = ("add_blacklist_rule", "del_blacklist_rule")

    def __init__(self, params: Dict[str, Any]) -> None:
        self.name = params["name"]
        self.exclusive = params["exclusive"]
        self.wanted: List[Tuple[Rule, str]] = [
            (_checked(entry, f"rules: entry {number}"), entry["state"])
            for number, entry in enumerate(params["rules"], 1)
        ]
        engine.check_unique("rules", [rule.text for rule, _state in self.wanted])
        taken: Dict[Any, Rule] = {}
        for rule, state in self.wanted:
            if state == "present" and taken.setdefault(rule.key, rule) is not rule:
                raise BadParameters(
                    f"rules: {taken[rule.key].text} and {rule.text} differ only in the prefix, and the server keeps only one of them",
                    "Remove the narrower one from rules",
                )
        # rules that had to be taken out for a moment
        self._moved: Dict[str, Rule] = {}

    def read(self, conn: Connection) -> Dict[str, Any]:
        """The record of the list. Raises BadParameters if the server has no such list, or may not change it."""
        try:
            found = blacklists.read(conn, self.name)
        except ServerError as error:
            if error.code != 404:
                raise
            known = [record["name"] for record in blacklists.read(conn)]
            raise engine.unknown("blacklist", self.name, known, "name") from error
        record = found[0]
        if "read-only" in record["flags"]:
            raise BadParameters(
                f"name: the blacklist {self.name} is read-only",
                f"Define the list with a flag in opensips.cfg: dst_blacklist = {self.name}/expire:{{ ... }}",
            )
        if "expire" not in record["flags"]:
            for rule, _state in self.wanted:
                if rule.expires is not None:
                    raise BadParameters(
                        f"rules: {rule.text} has expires, but the blacklist {self.name} does not have the flag expire",
                        f"Remove expires, or define the list with dst_blacklist = {self.name}/expire:{{ ... }} in opensips.cfg",
                    )
        return record

    def items(self, found: Dict[str, Any]) -> List[engine.Item]:
        """Items of the rules as the user named them, of those to remove, and of those to take out for a moment."""
        plan = Plan(self.name, [_reported(record) for record in found["rules"]], "expire" in found["flags"])
        there = {rule.text: rule for rule in plan.rules}
        wanted = {rule.text: state for rule, state in self.wanted}
        coming = {rule.key: rule for rule, state in self.wanted if state == "present"}
        items: Dict[str, engine.Item] = {}
        for rule, state in self.wanted:
            items[rule.text] = self._item(rule, there.get(rule.text), rule if state == "present" else None)
        for rule in plan.rules:
            if self.exclusive and rule.text not in wanted:
                items[rule.text] = self._item(rule, rule, None)
            elif wanted.get(rule.text) is None and rule.key in coming:
                raise BadParameters(
                    f"rules: {coming[rule.key].text} cannot be added while the list has {rule.text}, because the server ignores the prefix",
                    f"Add {rule.text} to rules with state absent, or set exclusive to true",
                )
        self._order(items, plan, there, coming)
        staying = {text for text in there if text not in items or not items[text].differs}
        for text in plan.moved & staying:
            self._moved.setdefault(text, there[text])
        for text, rule in self._moved.items():
            if text not in items:
                items[text] = self._item(rule, there.get(text), rule)
        return list(items.values())

    @staticmethod
    def _order(
        items: Dict[str, engine.Item], plan: "Plan", there: Dict[str, "Rule"], coming: Dict[Any, "Rule"]
    ) -> None:
        """Set rank and requests of each item: first what makes room, then what is new, then what goes.

        So no destination is open in between that the list blocks before and after.
        """
        for item in items.values():
            if not item.differs:
                continue
            rule, position = item.given, 0
            if item.before is None:
                phase = 1
            else:
                phase = 0 if item.after is not None or rule.key in coming else 2
                position = plan.rules.index(there[rule.text])
            item.rank = (phase, position)
        for item in sorted((item for item in items.values() if item.differs), key=lambda item: item.rank):
            rule = item.given
            requests: List[Request] = []
            if item.before is not None:
                requests += plan.delete(there[rule.text])
            if item.after is not None:
                requests += plan.add(rule)
            item.given = requests

    def requests(self, item: engine.Item) -> Iterable[Request]:
        """What Plan found."""
        found: Iterable[Request] = item.given
        return found

    def _item(self, rule: "Rule", before: Optional["Rule"], after: Optional["Rule"]) -> engine.Item:
        identity = {"name": self.name, "rule": rule.text}
        return engine.Item(identity, _permanence(before), _permanence(after), rule, (0, 0))


def _permanence(rule: Optional["Rule"]) -> Optional[Dict[str, bool]]:
    """What is compared of a rule."""
    return None if rule is None else {"permanent": rule.expires is None}


class Rule:
    """A rule: text (as the server takes it, with the prefix), key (by which the server tells rules apart), expires (seconds or None).

    values: dict with ip, proto, port, match, except, expires, and of a rule of the server mask (length of the prefix).
    """

    def __init__(self, values: Dict[str, Any]) -> None:
        network = _network(values)
        address = str(network.network_address)
        if network.version == 6 and "." in address:
            # the server takes every address with a dot for one of IPv4
            digits = f"{int(network.network_address):032x}"
            address = ":".join(digits[start : start + 4] for start in range(0, 32, 4))
        self.expires = values["expires"]
        self.key = (values["except"], values["proto"], address, values["port"] or 0, values["match"])
        # the server refuses the word any in place of a protocol
        negation = "!" if values["except"] else ""
        proto = "" if values["proto"] == "any" else f"{values['proto']},"
        match = "" if values["match"] is None else f",{values['match']}"
        self.text = f"{negation}{proto}{address}/{network.prefixlen},{values['port'] or 0}{match}"


class Plan:
    """The rules of a list as they will be after each request, in the server's order.

    rules: list of Rule. moved: set of the texts of rules that were taken out and put back.
    """

    def __init__(self, name: str, rules: List[Rule], expires: bool) -> None:
        self.name, self.rules, self.expires = name, rules, expires
        self.moved: Set[str] = set()
        # ids of the rules that were added here and expire
        self._timed: Set[int] = set()

    def add(self, rule: Rule) -> List[Request]:
        """The requests that add it."""
        if not self.expires:
            position = len(self.rules)
        elif rule.expires is None:
            position = 0
        else:
            later = [number for number, other in enumerate(self.rules) if (other.expires or 0) >= rule.expires]
            position = later[0] if later else len(self.rules)
        self.rules.insert(position, rule)
        params: Dict[str, Any] = {"name": self.name, "rule": rule.text}
        if rule.expires is not None:
            params["expire"] = rule.expires
            self._timed.add(id(rule))
        return [("add_blacklist_rule", params)]

    def delete(self, rule: Rule) -> List[Request]:
        """The requests that delete it; the last of several only once those ahead of it are out, which are then put back."""
        position = self.rules.index(rule)
        behind = [other for other in self.rules[position + 1 :] if self._is_surely_behind(rule, other)]
        if any(other.expires is None or other.expires > _SOON for other in behind):
            return self._take(rule)
        ahead = [other for other in self.rules if other is not rule and other not in behind]
        if not ahead:
            return self._take(rule)
        if not self.expires:
            # one of them, put back at the end, is the last then
            self.moved.add(ahead[-1].text)
            return self._take(ahead[-1]) + self.add(ahead[-1]) + self._take(rule)
        self.moved.update(other.text for other in ahead)
        forever = [other for other in ahead if other.expires is None]
        passing = [other for other in ahead if other.expires is not None]
        requests: List[Request] = []
        # first those that may have expired meanwhile: a refusal then leaves all as it was
        for other in passing + forever + [rule]:
            requests += self._take(other)
        # each that never expires goes to the head, so the last of them comes first
        for other in forever[::-1] + passing:
            requests += self.add(other)
        return requests

    def _is_surely_behind(self, rule: Rule, other: Rule) -> bool:
        """Whether a rule that comes later in rules does so on the server, which counts in its own seconds."""
        if rule.expires is None or not {id(rule), id(other)} & self._timed:
            return True
        return other.expires is not None and other.expires > rule.expires + _SOON

    def _take(self, rule: Rule) -> List[Request]:
        self.rules.remove(rule)
        return [("del_blacklist_rule", {"name": self.name, "rule": rule.text})]


def _network(values: Dict[str, Any]) -> Any:
    """The ip_network of a rule. Raises ValueError."""
    import ipaddress

    ip = values["ip"].strip()
    if "%" in ip:
        raise ValueError("it names an interface")
    return ipaddress.ip_network(f"{ip}/{values['mask']}" if "mask" in values else ip, strict=False)


def _reported(record: Dict[str, Any]) -> Rule:
    """The Rule of a reader's record. Raises MalformedReply."""
    try:
        return Rule(record)
    except ValueError:
        raise shape.malformed("IP", record["ip"]) from None


def _checked(entry: Dict[str, Any], where: str) -> Rule:
    """The Rule of an entry of rules. Raises BadParameters."""
    try:
        rule = Rule(entry)
    except ValueError as error:
        raise BadParameters(
            f"{where}: ip is {entry['ip']!r}: {error}", "Set ip to an address or a network, such as 192.0.2.0/24"
        ) from error
    if not 0 <= entry["port"] <= 65535:
        raise BadParameters(f"{where} ({rule.text}): port is {entry['port']}", "Set port to 0 (any) to 65535")
    match = entry["match"]
    if match is not None and (not match or any(ord(char) < 32 for char in match)):
        raise BadParameters(
            f"{where}: match is {match!r}",
            "Set match to a pattern of one line, such as *INVITE*, or remove it",
        )
    if rule.expires is not None:
        if entry["state"] == "absent":
            raise BadParameters(f"{where} ({rule.text}): expires is set, but state is absent", "Remove expires")
        if not 0 < rule.expires < 2**31:
            raise BadParameters(
                f"{where} ({rule.text}): expires is {rule.expires}", "Set expires to 1 second or more, or remove it"
            )
    return rule
