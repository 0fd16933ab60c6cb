# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A fleet: the phones of all servers, counted, compared with the expected firmware and with an earlier report; as JSON and as CSV."""

from __future__ import annotations

import collections
import functools
import json
import time
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._fleet.firmware import COMPLIANCE, FirmwareRules
from ansible_collections.community.opensips.plugins.plugin_utils import _phones, _report_csv
from ansible_collections.community.opensips.plugins.plugin_utils._phones import UNKNOWN, Phone, Source, source_of
from ansible_collections.community.opensips.plugins.plugin_utils._phones_compare import FORMAT, KIND, Comparison, load

Group = tuple[str, dict[str, int]]
OPTION = "phone_report_firmware"
# the state of all phones where there are no rules
_ANY = "phones"
_NOT_READ = "The play failed on it before, or has not reached it yet"


class Fleet:
    """The phones that sources have, each once.

    sources: list of mappings, see source_of(). firmware: value of phone_report_firmware, or None. compare_to: path of an
    earlier report, or "". about: title (text), time (Unix time), select, location_table, each of them optional.
    shared: contacts that several servers reported, and that count once.
    """

    def __init__(
        self, sources: t.Any, firmware: t.Any = None, compare_to: str = "", about: t.Mapping[str, t.Any] | None = None
    ) -> None:
        self.rules = FirmwareRules(plain(firmware), OPTION)
        self.about = {"time": time.time(), **plain(about or {})}
        self.sources: list[Source] = list(map(source_of, plain(sources)))
        self.shared = 0
        self.phones = list(self._read())
        self.comparison = self._compared(compare_to) if compare_to else None

    def _read(self) -> t.Iterator[Phone]:
        seen: set[int] = set()
        for source in self.sources:
            if source.problem is not None:
                continue
            found = []
            for phone, registration in _phones.read(source, self.rules):
                if registration in seen:
                    self.shared += 1
                    continue
                found.append(registration)
                yield phone
            if len(self.sources) > 1:
                seen.update(found)

    def _compared(self, path: str) -> Comparison:
        return Comparison(load(path), self.phones, {source.host for source in self.sources if source.problem is None})

    @property
    def problems(self) -> list[Source]:
        """The servers that were not read."""
        return [source for source in self.sources if source.problem is not None]

    @functools.cached_property
    def compliance(self) -> dict[str, int]:
        """{one of COMPLIANCE: number of phones}, without those that no phone has; empty without rules."""
        found = collections.Counter(phone.compliance for phone in self.phones)
        return {state: found[state] for state in COMPLIANCE if found[state]} if self.rules else {}

    @functools.cached_property
    def vendors(self) -> list[Group]:
        """[(vendor, {state: number})], the most frequent vendor first."""
        groups: dict[str, collections.Counter[str]] = {}
        for phone in self.phones:
            groups.setdefault(phone.vendor, collections.Counter())[phone.compliance or _ANY] += 1
        return sorted(
            ((vendor, dict(states)) for vendor, states in groups.items()),
            key=lambda pair: (-sum(pair[1].values()), pair[0]),
        )

    @functools.cached_property
    def models(self) -> list[tuple[tuple[str, str, str, str | None, str | None], int]]:
        """[((vendor, model, firmware, compliance, expected), number)] of the vendors that are known, the most frequent first."""
        return _ranked(
            (phone.vendor, phone.model, phone.firmware, phone.compliance, phone.expected)
            for phone in self.phones
            if phone.vendor != UNKNOWN
        )

    @functools.cached_property
    def strangers(self) -> list[tuple[str, int]]:
        """[(User-Agent, number)] of those whose vendor is not known, the most frequent first."""
        return _ranked(phone.user_agent for phone in self.phones if phone.vendor == UNKNOWN)

    @functools.cached_property
    def transports(self) -> list[tuple[str, int]]:
        return _ranked(phone.transport for phone in self.phones)

    @functools.cached_property
    def networks(self) -> list[tuple[str, int]]:
        return _ranked(phone.network for phone in self.phones)

    @functools.cached_property
    def lines(self) -> int:
        """Number of AORs."""
        return sum(self.contacts_of_lines.values())

    @functools.cached_property
    def contacts_of_lines(self) -> dict[int, int]:
        """{number of contacts: number of AORs that have as many}, in order."""
        counts = collections.Counter(phone.aor for phone in self.phones)
        return dict(sorted(collections.Counter(counts.values()).items()))

    @functools.cached_property
    def expires(self) -> list[int]:
        """Seconds until the registrations end, in order; without those that do not end."""
        return sorted(phone.expires for phone in self.phones if phone.expires is not None)

    @functools.cached_property
    def behind(self) -> list[Phone]:
        """The phones whose firmware is behind."""
        found = [phone for phone in self.phones if phone.compliance == "behind"]
        return sorted(found, key=lambda phone: (phone.vendor, phone.model, phone.aor))

    @functools.cached_property
    def left_out(self) -> dict[str, int]:
        """{reason: number of contacts that the filters leave out}."""
        found: collections.Counter[str] = collections.Counter()
        for source in self.sources:
            found.update(source.left_out)
        return dict(found.most_common())

    @property
    def doubtful(self) -> int:
        """AORs whose contacts cannot be believed."""
        return sum(source.doubtful for source in self.sources)

    def to_json(self) -> str:
        """The whole report: report, format, about, summary, servers, and a line for each phone in phones and vanished."""
        head = {
            "report": KIND,
            "format": FORMAT,
            "about": {**self.about, "firmware": [_rule(rule) for rule in self.rules.rules]},
            "summary": self._summary(),
            "servers": [
                {name: value for name, value in source._asdict().items() if name != "file"} for source in self.sources
            ],
        }
        vanished = self.comparison.vanished if self.comparison else []
        parts = [json.dumps(head, indent=1)[:-2], _listed("phones", self.phones), _listed("vanished", vanished)]
        return ",\n".join(parts) + "}\n"

    def _summary(self) -> dict[str, t.Any]:
        return {
            "total": len(self.phones),
            "lines": self.lines,
            "compliance": self.compliance,
            "vendors": {vendor: sum(states.values()) for vendor, states in self.vendors},
            "transports": dict(self.transports),
            "networks": dict(self.networks),
            "contacts_of_lines": self.contacts_of_lines,
            "unknown_user_agents": dict(self.strangers),
            "shared": self.shared,
            "doubtful": self.doubtful,
            "idle_rules": self.rules.idle(),
            "compared_to": self.comparison and self.comparison.earlier.path,
            "changes": self.comparison and self.comparison.counts,
            "not_compared": self.comparison and self.comparison.not_compared,
        }

    def to_csv(self) -> str:
        """One line a phone, with a line of names; phones that vanished come last."""
        vanished = self.comparison.vanished if self.comparison else []
        return _report_csv.content(
            Phone.FIELDS, (phone.row() for phones in (self.phones, vanished) for phone in phones)
        )


def plain(value: t.Any) -> t.Any:
    """A value of a playbook as plain lists and dicts."""
    if isinstance(value, t.Mapping):
        return {str(key): plain(value[key]) for key in value}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value


def complete(sources: t.Any, hosts: t.Iterable[str], key: str) -> list[t.Any]:
    """The sources, and a problem for each of hosts that has none. key: what has the host in a source. Raises ValueError."""
    if not isinstance(sources, list):
        raise ValueError("The input is not a list of sources")
    known = {source.get(key) for source in sources if isinstance(source, dict)}
    return sources + [{key: str(host), "problem": _NOT_READ} for host in hosts if host not in known]


def _rule(rule: t.Any) -> dict[str, t.Any]:
    return {"vendor": rule.vendor, "model": rule.model, "firmware": list(rule.expected)}


def _listed(name: str, phones: t.Iterable[Phone]) -> str:
    encode = json.JSONEncoder().encode
    lines = ",\n".join(encode(dict(zip(Phone.FIELDS, phone.row(), strict=True))) for phone in phones)
    return f' "{name}": [\n{lines}\n]'


def _ranked(values: t.Iterable[t.Any]) -> list[tuple[t.Any, int]]:
    counts = collections.Counter(values)
    return sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
