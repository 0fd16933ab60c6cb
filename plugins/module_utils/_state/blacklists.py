# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Rules of blacklists: list_blacklists, add_blacklist_rule, del_blacklist_rule (core; 3.4 and later).

What blacklists.c of 3.4 to 4.0 does, seen on running 3.6.8 and 4.0.1:
A list holds one rule of each network address, protocol, port, pattern and sign. The length of the prefix does not count: what
is added with another one is dropped without a word, and one that is deleted takes the other with it.
When the last rule of a list is deleted and others stay, the list keeps a pointer to it: rules that are added later are lost,
or the server crashes. So no request here ever deletes the last rule of a list but when it is the only one. See Plan.
A rule that does not expire goes to the head of a list that has the flag expire, and to the end of others; one that expires
stands behind those that do not, in the order in which they expire.
"""

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, ServerError
from ansible_collections.community.opensips.plugins.module_utils._readers import blacklists
from ansible_collections.community.opensips.plugins.module_utils._state import engine

PROTOS = ("any", "udp", "tcp", "tls", "sctp", "ws", "wss")
# rules with less time left (seconds) may be gone when the next request comes
_SOON = 5


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

    def __init__(self, params):
        self.name = params["name"]
        self.exclusive = params["exclusive"]
        self.wanted = []
        for each in params["rules"]:
            self.wanted.append((_wanted(each), each["state"]))
        engine.check_unique("rules", [rule.text for rule, _state in self.wanted])
        taken = {}
        for rule, state in self.wanted:
            if state == "present" and taken.setdefault(rule.key, rule) is not rule:
                raise BadParameters(
                    f"rules: {taken[rule.key].text} and {rule.text} differ only in the prefix, and the server keeps one of them",
                    "Leave the narrower one out",
                )
        # rules that had to be taken out for a moment
        self._moved = {}

    def read(self, conn):
        """The record of the list. Raises BadParameters when the server has no such list, or may not change it."""
        try:
            found = blacklists.read(conn, self.name)
        except ServerError as error:
            if error.code != 404:
                raise
            raise engine.unknown(
                "blacklist", self.name, [each["name"] for each in blacklists.read(conn)], "name"
            ) from error
        record = found[0]
        if "read-only" in record["flags"]:
            raise BadParameters(
                f"name: the blacklist {self.name} is read-only",
                f"Give it a flag in opensips.cfg: dst_blacklist = {self.name}/expire:{{ ... }}",
            )
        if "expire" not in record["flags"]:
            for rule, _state in self.wanted:
                if rule.expires is not None:
                    raise BadParameters(
                        f"rules: {rule.text} has expires, but the blacklist {self.name} is without the flag expire",
                        f"Leave expires out, or define the list with dst_blacklist = {self.name}/expire:{{ ... }}",
                    )
        return record

    def items(self, found):
        """Items of the rules as the user named them, of those to remove, and of those to take out for a moment."""
        plan = Plan(self.name, [Rule(each) for each in found["rules"]], "expire" in found["flags"])
        there = {rule.text: rule for rule in plan.rules}
        wanted = {rule.text: state for rule, state in self.wanted}
        coming = {rule.key: rule for rule, state in self.wanted if state == "present"}
        items = {}
        for rule, state in self.wanted:
            items[rule.text] = self._item(rule, there.get(rule.text), rule if state == "present" else None)
        for rule in plan.rules:
            if self.exclusive and rule.text not in wanted:
                items[rule.text] = self._item(rule, rule, None)
            elif wanted.get(rule.text) is None and rule.key in coming:
                raise BadParameters(
                    f"rules: {coming[rule.key].text} cannot be added while the list has {rule.text}, since the server does not look at the prefix",
                    f"Name {rule.text} with state absent, or set exclusive",
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
    def _order(items, plan, there, coming):
        """Give each item its rank and its requests: what makes room, what is new, and what goes; so nothing is open between."""
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
        for item in sorted((each for each in items.values() if each.differs), key=lambda each: each.rank):
            rule, requests = item.given, []
            if item.before is not None:
                requests += plan.delete(there[rule.text])
            if item.after is not None:
                requests += plan.add(rule)
            item.given = requests

    def requests(self, item):
        """What Plan found."""
        return item.given

    def _item(self, rule, before, after):
        def shown(one):
            return None if one is None else {"permanent": one.expires is None}

        return engine.Item({"name": self.name, "rule": rule.text}, shown(before), shown(after), rule, (0, 0))


class Rule:
    """A rule: text (as the server takes it, with the prefix), key (what it tells rules apart by), expires (seconds or None).

    each: dict with ip, proto, port, match, except, expires, and of a rule of the server mask (length of the prefix).
    """

    def __init__(self, each):
        network = _network(each)
        address = str(network.network_address)
        if network.version == 6 and "." in address:
            # the server takes every address with a dot for one of IPv4
            digits = f"{int(network.network_address):032x}"
            address = ":".join(digits[start : start + 4] for start in range(0, 32, 4))
        self.expires = each["expires"]
        self.key = (each["except"], each["proto"], address, each["port"] or 0, each["match"])
        # the server refuses the word any in place of a protocol
        negation = "!" if each["except"] else ""
        proto = "" if each["proto"] == "any" else f"{each['proto']},"
        match = "" if each["match"] is None else f",{each['match']}"
        self.text = f"{negation}{proto}{address}/{network.prefixlen},{each['port'] or 0}{match}"


class Plan:
    """The rules of a list as they will be after each request, in the server's order.

    rules: list of Rule. moved: set of the texts of rules that were taken out and put back.
    """

    def __init__(self, name, rules, expires):
        self.name, self.rules, self.expires = name, rules, expires
        self.moved = set()
        # ids of the rules that were added here and expire
        self._timed = set()

    def add(self, rule):
        """The requests that add it."""
        if not self.expires:
            position = len(self.rules)
        elif rule.expires is None:
            position = 0
        else:
            later = [number for number, each in enumerate(self.rules) if (each.expires or 0) >= rule.expires]
            position = later[0] if later else len(self.rules)
        self.rules.insert(position, rule)
        params = {"name": self.name, "rule": rule.text}
        if rule.expires is not None:
            params["expire"] = rule.expires
            self._timed.add(id(rule))
        return [("add_blacklist_rule", params)]

    def delete(self, rule):
        """The requests that delete it; the last of several only once those ahead of it are out, which are then put back."""
        position = self.rules.index(rule)
        behind = [each for each in self.rules[position + 1 :] if self._surely_behind(rule, each)]
        if any(each.expires is None or each.expires > _SOON for each in behind):
            return self._take(rule)
        ahead = [each for each in self.rules if each is not rule and each not in behind]
        if not ahead:
            return self._take(rule)
        if not self.expires:
            # one of them, put back at the end, is the last then
            self.moved.add(ahead[-1].text)
            return self._take(ahead[-1]) + self.add(ahead[-1]) + self._take(rule)
        self.moved.update(each.text for each in ahead)
        forever = [each for each in ahead if each.expires is None]
        passing = [each for each in ahead if each.expires is not None]
        requests = []
        # first those that may have expired meanwhile: a refusal then leaves all as it was
        for each in passing + forever + [rule]:
            requests += self._take(each)
        # each that never expires goes to the head, so the last of them comes first
        for each in forever[::-1] + passing:
            requests += self.add(each)
        return requests

    def _surely_behind(self, rule, each):
        """Whether a rule that comes later in rules does so on the server, which counts in its own seconds."""
        if rule.expires is None or not {id(rule), id(each)} & self._timed:
            return True
        return each.expires is not None and each.expires > rule.expires + _SOON

    def _take(self, rule):
        self.rules.remove(rule)
        return [("del_blacklist_rule", {"name": self.name, "rule": rule.text})]


def _network(each):
    import ipaddress

    ip = each["ip"].strip()
    try:
        if "%" in ip:
            raise ValueError("it names an interface")
        return ipaddress.ip_network(f"{ip}/{each['mask']}" if "mask" in each else ip, strict=False)
    except ValueError as error:
        raise BadParameters(
            f"rules: ip is {each['ip']!r}: {error}", "Give an address or a network, such as 192.0.2.0/24"
        ) from error


def _wanted(each):
    """The Rule that the user asks for. Raises BadParameters."""
    if not 0 <= each["port"] <= 65535:
        raise BadParameters(f"rules: port of {each['ip']} is {each['port']}", "Give 0 (any) to 65535")
    match = each["match"]
    if match is not None and (not match or any(ord(char) < 32 for char in match)):
        raise BadParameters(
            f"rules: match of {each['ip']} is {match!r}",
            "Give a pattern of one line, such as *INVITE*, or leave it out",
        )
    rule = Rule(each)
    if rule.expires is not None:
        if each["state"] == "absent":
            raise BadParameters(f"rules: {rule.text} has expires, but shall be absent", "Leave expires out")
        if not 0 < rule.expires < 2**31:
            raise BadParameters(f"rules: expires of {rule.text} is {rule.expires}", "Give seconds, 1 or more")
    return rule
