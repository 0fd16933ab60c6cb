# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What has changed since an earlier report of phones: who appeared, vanished, moved, or has another User-Agent.

appeared     a phone that the earlier report does not have
vanished     a phone that only the earlier report has
upgraded     the same vendor and model, with newer firmware
downgraded   the same vendor and model, with older firmware
changed      another User-Agent otherwise: another phone, or software, with the same registration
moved        another server, network or transport, with the same firmware
same         none of these
"""

from __future__ import annotations

import collections
import json
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._sip.versions import is_version, version_key
from ansible_collections.community.opensips.plugins.plugin_utils._phones import Phone, PhonesError, open_regular

KIND = "phones"
FORMAT = 1
CHANGES = ("appeared", "vanished", "upgraded", "downgraded", "changed", "moved", "same")
# bytes of a report: that of 1,000,000 phones has less
_LARGEST = 1 << 30
# what is kept of a phone of an earlier report
_KEPT = (
    "host",
    "aor",
    "contact",
    "user_agent",
    "vendor",
    "model",
    "firmware",
    "transport",
    "network",
    "sip_instance",
    "socket",
)
# How a phone is found again: functions of a Phone, the surest first; None where a phone cannot be found so.
_WAYS: tuple[t.Callable[[Phone], t.Any], ...] = (
    lambda phone: phone.sip_instance and (phone.host, phone.sip_instance),
    lambda phone: phone.sip_instance or None,
    lambda phone: (phone.host, phone.contact),
    lambda phone: phone.contact,
    # without an instance, a phone with another contact is known by what it is
    lambda phone: None if phone.sip_instance else phone.user_agent or None,
    lambda phone: None if phone.sip_instance or not phone.model else (phone.vendor, phone.model),
)


class Earlier(t.NamedTuple):
    """An earlier report. about: dict, unread: names of its servers that were not read, phones: list of Phone."""

    path: str
    about: dict[str, t.Any]
    unread: frozenset[str]
    phones: list[Phone]


def load(path: str) -> Earlier:
    """The earlier report in a JSON file. Raises PhonesError that names the file and says what is wrong with it."""
    try:
        with open_regular(path) as file:
            text = file.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise PhonesError(f"{path} is larger than any report of phones")
        # each phone becomes a Phone as soon as it is read, which needs a quarter of the memory
        content = json.loads(text, object_hook=_compact)
    except OSError as error:
        raise PhonesError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, PhonesError):
            raise
        raise PhonesError(f"{path} is not a report of phones: it is not JSON, or was cut off ({error})") from error
    _check(path, content)
    unread = frozenset(
        str(server.get("host")) for server in content["servers"] if isinstance(server, dict) and server.get("problem")
    )
    return Earlier(path, content["about"], unread, content["phones"])


def _compact(found: dict[str, t.Any]) -> t.Any:
    if not ("aor" in found and "contact" in found and "compliance" in found):
        return found
    for name in _KEPT:
        if not isinstance(found.get(name), (str, type(None))):
            raise PhonesError(f"a phone of it has a {name} that is not text")
    return Phone(**{name: found.get(name) for name in _KEPT})


def _check(path: str, content: t.Any) -> None:
    kind = content.get("report") if isinstance(content, dict) else None
    if kind != KIND:
        other = ", but one of phone_reboot" if isinstance(content, dict) and "results" in content else ""
        raise PhonesError(f"{path} is not a report of phones{other}. Name a JSON file that phone_report wrote")
    if content.get("format") != FORMAT:
        raise PhonesError(
            f"{path} is a report of phones in the format {content.get('format')!r}, and this version reads format {FORMAT}"
        )
    parts = (("about", dict), ("servers", list), ("phones", list))
    missing = [name for name, kind in parts if not isinstance(content.get(name), kind)]
    if missing or not all(isinstance(phone, Phone) for phone in content["phones"]):
        raise PhonesError(f"{path} is a report of phones, but {' and '.join(missing) or 'phones'} in it is broken")


class Comparison:
    """phones: of now (list of Phone); their change, earlier_user_agent and earlier_contact are set.

    hosts: names of the servers that were read now. counts: {change: number}, in the order of CHANGES. vanished: list of Phone.
    agents: {(User-Agent before, after, change): number}. not_compared: phones that only one of the reports has, of servers that
    were not read for the other one.
    """

    def __init__(self, earlier: Earlier, phones: t.Sequence[Phone], hosts: t.Container[str]) -> None:
        self.earlier = earlier
        self.not_compared = 0
        before = _by_aor(earlier.phones)
        counts: collections.Counter[str] = collections.Counter()
        self.agents: collections.Counter[tuple[str, str, str]] = collections.Counter()
        for aor, now in _by_aor(phones).items():
            for phone, was in _paired(now, before.pop(aor, []), before):
                if was is None and phone.host in earlier.unread:
                    self.not_compared += 1
                    continue
                phone.change = _change(phone, was)
                counts[phone.change] += 1
                if was is not None and phone.change != "same":
                    self._note(phone, was)
        rest = [phone for phones in before.values() for phone in phones]
        self.vanished = [phone for phone in rest if phone.host in hosts]
        self.not_compared += len(rest) - len(self.vanished)
        for phone in self.vanished:
            phone.change = "vanished"
        counts["vanished"] = len(self.vanished)
        self.counts = {change: counts[change] for change in CHANGES}

    def _note(self, phone: Phone, was: Phone) -> None:
        phone.earlier_user_agent, phone.earlier_contact = was.user_agent, was.contact
        if phone.change != "moved":
            self.agents[(was.user_agent or "", phone.user_agent or "", phone.change)] += 1


def _by_aor(phones: t.Iterable[Phone]) -> dict[str, list[Phone]]:
    found: dict[str, list[Phone]] = {}
    for phone in phones:
        found.setdefault(phone.aor, []).append(phone)
    return found


def _paired(
    now: list[Phone], before: list[Phone], rest: dict[str, list[Phone]]
) -> t.Iterator[tuple[Phone, Phone | None]]:
    """(phone of now, the same phone before, or None) of one AOR. Those that are left of before go into rest."""
    for way in _WAYS:
        if not before:
            break
        known: dict[t.Any, list[Phone]] = {}
        for phone in before:
            key = way(phone)
            if key is not None:
                known.setdefault(key, []).append(phone)
        left = []
        for phone in now:
            same = known.get(way(phone))
            if same and not _is_other(phone, same[-1]):
                yield phone, same.pop()
            else:
                left.append(phone)
        if len(left) < len(now):
            kept = {id(phone) for phones in known.values() for phone in phones}
            before = [phone for phone in before if id(phone) in kept or way(phone) is None]
        now = left
    for phone in now:
        yield phone, None
    if before:
        rest[before[0].aor] = before


def _is_other(phone: Phone, was: Phone) -> bool:
    """Whether two instances show that one contact belongs to two phones."""
    return bool(phone.sip_instance and was.sip_instance and phone.sip_instance != was.sip_instance)


def _change(phone: Phone, was: Phone | None) -> str:
    if was is None:
        return "appeared"
    agent = _change_of_agent(phone, was)
    if agent is not None:
        return agent
    places = ("host", "network", "transport")
    return "moved" if any(getattr(phone, name) != getattr(was, name) for name in places) else "same"


def _change_of_agent(phone: Phone, was: Phone) -> str | None:
    if (phone.user_agent or "") == (was.user_agent or ""):
        return None
    versions = [one.firmware or "" for one in (phone, was)]
    if not phone.model or (phone.vendor, phone.model) != (was.vendor, was.model) or not all(map(is_version, versions)):
        return "changed"
    now, before = map(version_key, versions)
    # some phones have more in their User-Agent, such as their address
    return None if now == before else "upgraded" if now > before else "downgraded"
