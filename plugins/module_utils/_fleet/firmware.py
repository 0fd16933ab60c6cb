# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which firmware phones are expected to have, by vendor and model, and how what they have compares with it.

up_to_date   the phone has an expected version
behind       its version is older than the newest expected one
ahead        its version is newer than all expected ones
unknown      a rule is about its vendor, and its User-Agent does not tell the version, or the model
no_rule      no rule is about it
"""

import collections
from typing import Any, Dict, List, Optional, Sequence, Set

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._sip.glob import globs
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.module_utils._sip.user_agent import parse_user_agent
from ansible_collections.community.opensips.plugins.module_utils._sip.vendors import FAMILIES
from ansible_collections.community.opensips.plugins.module_utils._sip.versions import is_version, version_key

UP_TO_DATE = "up_to_date"
BEHIND = "behind"
AHEAD = "ahead"
UNKNOWN = "unknown"
NO_RULE = "no_rule"
# in the order in which they are shown
COMPLIANCE = (UP_TO_DATE, BEHIND, AHEAD, UNKNOWN, NO_RULE)
# nothing is to be done about the firmware of these
DONE = (UP_TO_DATE, AHEAD)

VENDORS = tuple(sorted({family.vendor for family in FAMILIES}))
_KEYS = ("vendor", "model", "firmware")
_EXAMPLE = 'Write it like {vendor: yealink, model: "T4*", firmware: "108.86.0.70"}'
# a fleet has few different User-Agents, unless they have the phones' addresses in them
_MOST_KNOWN = 5000

# state     one of COMPLIANCE
# vendor, model, firmware   what the User-Agent says (str)
# expected  versions of the rule (tuple of str), empty without one
# place     position of the rule, or None
Comparison = collections.namedtuple("Comparison", "state vendor model firmware expected place")


class _Rule:
    """One element of the option. name: of the element, for messages. model: shell pattern, or None for all models."""

    def __init__(self, given: Any, name: str) -> None:
        if not isinstance(given, dict) or set(given) - set(_KEYS):
            raise BadParameters(f"{name} is not a mapping of vendor, model and firmware", _EXAMPLE)
        self.name = name
        self.vendor = _vendor(given.get("vendor"), f"{name}.vendor")
        self.model = _model(given.get("model"), f"{name}.model")
        self.expected = _versions(given.get("firmware"), f"{name}.firmware")
        self.is_of_model = globs(["*" if self.model is None else self.model], ignore_case=True)
        self.keys = frozenset(version_key(version) for version in self.expected)

    @property
    def about(self) -> str:
        """The phones that the rule is about, in words."""
        return f"{self.vendor} {self.model}" if self.model is not None else f"all models of {self.vendor}"

    def state(self, firmware: str) -> str:
        """How a version (str) compares."""
        if not is_version(firmware):
            return UNKNOWN
        key = version_key(firmware)
        if key in self.keys:
            return UP_TO_DATE
        return BEHIND if key < max(self.keys) else AHEAD


class FirmwareRules:
    """The expected firmware. given: value of the option firmware (list of mappings), or None. option: its name.

    The first rule that is about a phone's vendor and model counts. Raises BadParameters that names the element.
    """

    def __init__(self, given: Any, option: str = "firmware") -> None:
        if given is not None and not isinstance(given, (list, tuple)):
            raise BadParameters(f"{option} is not a list of mappings", _EXAMPLE)
        self.rules = [_Rule(rule, f"{option}[{place}]") for place, rule in enumerate(given or ())]
        _check_order(self.rules)
        self._used: Set[int] = set()
        self._known: Dict[Optional[str], Comparison] = {}

    def __bool__(self) -> bool:
        return bool(self.rules)

    def compare(self, user_agent: Optional[str]) -> Comparison:
        """The Comparison of a phone."""
        found = self._known.get(user_agent)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self._known[user_agent] = self._compare(user_agent)
        if found.place is not None:
            self._used.add(found.place)
        return found

    def idle(self) -> List[str]:
        """The rules that no compared phone matched, in words (list of str)."""
        return [f"{rule.name} ({rule.about})" for place, rule in enumerate(self.rules) if place not in self._used]

    def _compare(self, user_agent: Optional[str]) -> Comparison:
        phone = parse_user_agent(user_agent)
        vendor, model, firmware = phone["vendor"], phone["model"], phone["firmware"]
        of_vendor = [(place, rule) for place, rule in enumerate(self.rules) if rule.vendor == vendor]
        for place, rule in of_vendor:
            if rule.is_of_model(model):
                return Comparison(rule.state(firmware), vendor, model, firmware, rule.expected, place)
        state = UNKNOWN if of_vendor and not model else NO_RULE
        return Comparison(state, vendor, model, firmware, (), None)


def reason_of(comparison: Comparison) -> str:
    """Why a phone that is not behind gets nothing (str)."""
    firmware = printable(comparison.firmware)
    return {
        UP_TO_DATE: f"it has the firmware {firmware}",
        AHEAD: f"its firmware {firmware} is newer than {' and '.join(comparison.expected)}",
        UNKNOWN: "its User-Agent does not tell its firmware",
    }.get(comparison.state, "no rule of firmware is about it")


def _vendor(value: Any, name: str) -> str:
    vendor = value.strip().lower() if isinstance(value, str) else value
    if vendor not in VENDORS:
        raise BadParameters(
            f"{name} is {value!r}, which is not a vendor that the collection knows", f"Use one of {', '.join(VENDORS)}"
        )
    return vendor


def _model(value: Any, name: str) -> Optional[str]:
    if value is None or value == "*":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not str(value).strip():
        raise BadParameters(f"{name} is {value!r}, which is not a pattern", 'Write it like "T4*", or leave it out')
    return str(value).strip()


def _versions(value: Any, name: str) -> Sequence[str]:
    versions = value if isinstance(value, (list, tuple)) else [value]
    if not versions or versions == [None]:
        raise BadParameters(f"{name} is missing", "Name the expected version, or a list of versions")
    return tuple(_version(version, name) for version in versions)


def _version(value: Any, name: str) -> str:
    if isinstance(value, float):
        raise BadParameters(
            f"{name} is the number {value}, and YAML drops zeros at its end", 'Write it in quotes, as in "10.10"'
        )
    text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not is_version(text):
        raise BadParameters(f"{name} is {value!r}, which is not a version", 'Write it like "108.86.0.70"')
    return text


def _check_order(rules: Sequence[_Rule]) -> None:
    """Refuse rules that an earlier one keeps from ever being used."""
    for place, rule in enumerate(rules):
        for earlier in rules[:place]:
            if earlier.vendor != rule.vendor:
                continue
            if (earlier.model or "").lower() == (rule.model or "").lower():
                raise BadParameters(
                    f"{rule.name} contradicts {earlier.name}: both are about {rule.about}",
                    "Keep one of them. If several versions are right, list them in firmware",
                )
            if earlier.model is None:
                raise BadParameters(
                    f"{rule.name} is never used: {earlier.name} is about {earlier.about}, and the first match counts",
                    "Put the rule without model last",
                )
