# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The report of a fleet: results of one or many runs on one or many servers, counted; as JSON and as CSV."""

from __future__ import annotations

import base64
import collections
import functools
import json
import typing as t
import zlib

from ansible_collections.community.opensips.plugins.module_utils._fleet.report import spread
from ansible_collections.community.opensips.plugins.plugin_utils import _report_csv
from ansible_collections.community.opensips.plugins.plugin_utils._report_files import ResultsFile, stamp_of
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import (
    GOOD,
    STATES,
    Entry,
    remedy,
    state_of,
)

_PREFIX = "opensips-report-part:2:"
_NO_RESULT = "A report is made of what opensips_notify or opensips_mwi returned"
_WHO = ("host", "batch", "aor", "contact", "vendor", "user_agent", "event", "preset")
_WHAT = ("outcome", "code", "reason", "hint", "at", "seconds", "earlier")
_BACK = ("registered", "back_seconds", "new_user_agent", "compliance")
_LAMP = ("mailbox", "waiting", "new", "old", "urgent_new", "urgent_old", "delivery", "publication")
# what a report shows as the remedy
_ADVICE = "advice"
_FIELDS = (*_WHO, *_WHAT, *_BACK, *_LAMP, _ADVICE)

# why nothing was sent to a planned phone, by what the report knows of the runs
_NOT_REACHED = (
    ("stopped", "the run stopped before this phone"),
    ("ended", "the window ended before this phone"),
)
_NO_RUN = "no run sent to this phone"
# why nobody knows whether something was sent to a planned phone
_LOST = "the host was lost before its results came; the journal of the campaign on it has them: run the campaign again"


class ReportError(ValueError):
    """What was given is no result of opensips_notify or opensips_mwi, nor a part made of one."""


class Run(t.NamedTuple):
    """One run of a module on one server, as the report tells of it."""

    host: str
    label: str
    started: float | None
    seconds: float | None
    sent: int
    states: dict[str, int]
    problem: str | None
    pace: dict[str, t.Any]


def pack(
    result: t.Mapping[str, t.Any], host: str = "", label: str = "", plan: bool = False, file: str | None = None
) -> str:
    """What a module returned, as short text that keeps what a report needs.

    Text, since Ansible looks at each value of a variable each time it is used, and compressed since there may be 100,000
    of them. host: the server. label: of the run. plan: whether it is the plan of the runs that follow. file: where the
    copy of results_file is on the controller when the report is made; all results are taken from there then.
    """
    content = json.dumps(_read(result, host, label, plan, file), separators=(",", ":"))
    return _PREFIX + base64.b64encode(zlib.compress(content.encode("ascii"), 6)).decode("ascii")


def _unpack(source: t.Any) -> dict[str, t.Any]:
    if isinstance(source, str):
        if not source.startswith(_PREFIX):
            raise ReportError("This text is not a part of a report. The filter opensips_report_part makes such parts")
        try:
            return json.loads(zlib.decompress(base64.b64decode(source[len(_PREFIX) :])))
        except (ValueError, RecursionError, zlib.error) as error:
            raise ReportError(f"This part of a report is damaged: {error}") from error
    return _read(source)


def _read(
    result: t.Any, host: str = "", label: str = "", plan: bool = False, file: str | None = None
) -> dict[str, t.Any]:
    if not isinstance(result, t.Mapping) or not ("results" in result or "msg" in result):
        raise ReportError(_NO_RESULT)
    summary = result.get("summary") or {}
    # beside a file there are only those that need attention, and those that the file could not take
    rows = _rows_of(result, summary.get("total") if file is None else None)
    # the list has only the first of them, the summary counts all
    left_out = summary.get("left_out") or collections.Counter(
        str(entry.get("reason")) for entry in result.get("left_out") or ()
    )
    return {
        "host": host,
        "label": label,
        "plan": plan,
        "rows": rows,
        "file": file,
        "total": summary.get("total"),
        "seconds": summary.get("seconds"),
        "sent": summary.get("sent") or 0,
        "left_out": dict(left_out),
        # the lines after the first one name phones
        "problem": result.get("msg") and str(result["msg"]).split("\n", 1)[0],
        "lost": bool(result.get("unreachable")),
        "pace": summary.get("pace") or {},
    }


def _field(entry: t.Mapping[str, t.Any], name: str) -> t.Any:
    """A field of a result entry; of the advice, the hint of its error."""
    if name != _ADVICE:
        return entry.get(name)
    error = entry.get("error")
    return error.get("hint") if isinstance(error, dict) else None


def _rows_of(result: t.Mapping[str, t.Any], total: t.Any) -> list[list[t.Any]]:
    try:
        rows = [[_field(entry, name) for name in _FIELDS] for entry in result.get("results") or ()]
    except AttributeError as error:
        raise ReportError(_NO_RESULT) from error
    if isinstance(total, int) and total > len(rows):
        raise ReportError(
            f"This result has {len(rows)} of {total} phones. A report requires all of them: set results to all, or copy"
            " the results_file of the task to the controller, and give its path as file to opensips_report_part"
        )
    outcomes = _FIELDS.index("outcome")
    if any(row[outcomes] is None for row in rows):
        raise ReportError("Results without an outcome are not of opensips_notify or opensips_mwi")
    return rows


class Report:
    """Results of runs, each phone once, and what can be counted of them.

    sources: parts made by pack(), or what modules returned; in the order of the runs. about: what is known of them besides:
    title, campaign, subtitle, stopped, ended (text), check (bool), each of them optional.
    """

    def __init__(self, sources: t.Any, about: t.Mapping[str, t.Any] | None = None) -> None:
        self.about = dict(about or {})
        self.runs: list[Run] = []
        self.left_out: collections.Counter[str] = collections.Counter()
        self._planned = False
        # hosts on which a module may have run on after the connection to them was gone
        self._lost: set[str] = set()
        self._files: dict[str, ResultsFile] = {}
        # of the files that the report was made of, as they were before it read them
        self._stamps: dict[str, tuple[int, ...] | None] = {}
        self._by_key: dict[tuple[str, ...], Entry] = {}
        # of all that a plan tells of, in its order
        self._plan_keys: dict[tuple[str, ...], None] = {}
        for source in [sources] if isinstance(sources, (str, t.Mapping)) else sources:
            self._take(_unpack(source))
        self._forget_moved()
        not_reached = next((reason for name, reason in _NOT_REACHED if self.about.get(name)), _NO_RUN)
        self.results = list(self._by_key.values())
        for entry in self.results:
            # a phone that no run came to
            if entry["outcome"] == "planned" and entry["host"] in self._lost:
                entry.update(outcome="unknown", reason=_LOST)
            elif entry["outcome"] == "planned" and not self.about.get("check"):
                entry.update(outcome="not_sent", reason=not_reached)
            entry["state"] = state_of(entry)

    def is_current(self) -> bool:
        """Whether the files that the report was made of are still the same."""
        return all(stamp_of(path) == stamp for path, stamp in self._stamps.items())

    def _take(self, part: dict[str, t.Any]) -> None:
        entries = self._entries(part)
        if part.get("lost") and not part["plan"]:
            self._lost.add(part["host"])
        times = [entry["at"] for entry in entries if entry["at"] is not None]
        watched_from = max((_answered(entry) for entry in entries if entry["at"] is not None), default=None)
        for entry in entries:
            entry["host"], entry["batch"] = entry["host"] or part["host"], entry["batch"] or part["label"]
            # phones are watched from the end of sending on
            since = entry["back_seconds"]
            entry["back_at"] = None if since is None or watched_from is None else round(watched_from + since, 3)
            self._settle(entry)
        if part["plan"]:
            self._planned = True
            self._plan_keys.update(dict.fromkeys(map(_key, entries)))
            self.left_out.update(part["left_out"])
            return
        if not self._planned:
            self.left_out.update(part["left_out"])
        states = collections.Counter(state_of(entry) for entry in entries if not entry["earlier"])
        self.runs.append(
            Run(
                part["host"],
                part["label"],
                min(times, default=None),
                part["seconds"],
                part["sent"],
                states,
                part["problem"],
                part.get("pace") or {},
            )
        )

    def _entries(self, part: dict[str, t.Any]) -> list[Entry]:
        returned = [dict(zip(_FIELDS, row, strict=True)) for row in part["rows"]]
        path = part["file"]
        if path is None:
            return returned
        self._stamps.setdefault(path, stamp_of(path))
        try:
            if path not in self._files:
                self._files[path] = ResultsFile(path)
        except OSError:
            # the host was gone before the file was copied
            self._lost.add(part["host"])
            return returned
        entries = [{name: _field(line, name) for name in _FIELDS} for line in self._files[path].take(part["total"])]
        known = set(map(_place_of, entries))
        return entries + [entry for entry in returned if _place_of(entry) not in known]

    def _settle(self, entry: Entry) -> None:
        """Each phone once: what a later run says counts, unless it only says that it did nothing."""
        key = _key(entry)
        before = self._by_key.get(key)
        if before is not None and before["at"] is not None and (entry["at"] is None or entry["earlier"]):
            return
        self._by_key[key] = entry

    def _forget_moved(self) -> None:
        """Take what the plan says of a phone away if a run sent to it under another contact."""
        unplanned: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for key in self._by_key.keys() - self._plan_keys:
            unplanned.setdefault(_place(key), []).append(key)
        waiting = [
            key for key in self._plan_keys if _place(key) in unplanned and self._by_key[key]["outcome"] == "planned"
        ]
        # a phone that registers without an instance is known by its User-Agent, so those that are alike come first
        for alike in (True, False):
            for key in list(waiting):
                others = unplanned[_place(key)]
                agent = self._by_key[key]["user_agent"]
                other = next(
                    (found for found in others if not alike or self._by_key[found]["user_agent"] == agent), None
                )
                if other is not None:
                    others.remove(other)
                    waiting.remove(key)
                    del self._by_key[key]

    @functools.cached_property
    def states(self) -> dict[str, int]:
        """{state: number of phones}, in the order of STATES, without those that nobody is in."""
        found = collections.Counter(entry["state"] for entry in self.results)
        return {state: found[state] for state, _label, _meaning in STATES if found[state]}

    def by(self, name: str) -> list[tuple[str, dict[str, int]]]:
        """[(value of a field, {state: number})], the most frequent value first."""
        groups: dict[str, collections.Counter[str]] = {}
        for entry in self.results:
            groups.setdefault(entry[name] or "unknown", collections.Counter())[entry["state"]] += 1
        return sorted(
            ((value, dict(states)) for value, states in groups.items()),
            key=lambda pair: (-sum(pair[1].values()), pair[0]),
        )

    @functools.cached_property
    def sent(self) -> int:
        """Phones that a request went out to, in runs that this report knows."""
        return sum(entry["at"] is not None for entry in self.results)

    @functools.cached_property
    def earlier(self) -> int:
        """Phones whose outcome is one of earlier runs of the campaign."""
        return sum(bool(entry["earlier"]) for entry in self.results)

    @functools.cached_property
    def attention(self) -> list[Entry]:
        """The results that need attention."""
        order = {state: place for place, (state, _label, _meaning) in enumerate(STATES)}
        found = [entry for entry in self.results if entry["state"] not in GOOD]
        return sorted(found, key=lambda entry: (order.get(entry["state"], 99), str(entry["vendor"]), str(entry["aor"])))

    @functools.cached_property
    def answer_seconds(self) -> list[float]:
        """How long the phones took to answer, in order."""
        return sorted(
            entry["seconds"]
            for entry in self.results
            if entry["seconds"] is not None and entry["outcome"] in ("accepted", "rejected")
        )

    @functools.cached_property
    def back_seconds(self) -> list[float]:
        """Seconds from the request to the new registration of each phone, in order."""
        return sorted(
            max(0.0, round(entry["back_at"] - entry["at"], 3))
            for entry in self.results
            if entry["back_at"] is not None and entry["at"] is not None
        )

    @functools.cached_property
    def events(self) -> list[tuple[float, str]]:
        """[(Unix time, outcome or "back")] of each answer and each return, in order."""
        found = [(_answered(entry), entry["outcome"]) for entry in self.results if entry["at"] is not None]
        found.extend((entry["back_at"], "back") for entry in self.results if entry["back_at"] is not None)
        return sorted(found)

    @functools.cached_property
    def span(self) -> tuple[float, float] | None:
        """(Unix time of the first request, of the last answer or return), or None when nothing was sent."""
        starts = [entry["at"] for entry in self.results if entry["at"] is not None]
        return (min(starts), self.events[-1][0]) if starts else None

    @functools.cached_property
    def pace(self) -> dict[str, t.Any]:
        """How fast the servers were sent to, over all runs; empty when nothing was sent.

        rate (requests a second while sending), limited_by (what held most of the runs back, or None), least_free_memory and
        total_memory (bytes, of the server that had the least free, or None), out_of_memory (requests refused and sent again).
        """
        runs = [run for run in self.runs if run.sent]
        seconds = sum(run.seconds or 0 for run in runs)
        if not seconds:
            return {}
        limits = collections.Counter(run.pace.get("limited_by") for run in runs).most_common(1)
        watched = [run.pace for run in runs if run.pace.get("least_free_memory") is not None]
        tightest = min(watched, key=lambda pace: pace["least_free_memory"] / pace["total_memory"], default={})
        return {
            "rate": round(sum(run.sent for run in runs) / seconds, 1),
            "limited_by": limits[0][0],
            "least_free_memory": tightest.get("least_free_memory"),
            "total_memory": tightest.get("total_memory"),
            "out_of_memory": sum(run.pace.get("out_of_memory") or 0 for run in runs),
        }

    @functools.cached_property
    def firmware(self) -> list[tuple[str, str, int]]:
        """[(User-Agent before, after, number of phones)] of the phones that came back, the most frequent first."""
        found = collections.Counter(
            (entry["user_agent"] or "", entry["new_user_agent"] or "")
            for entry in self.results
            if entry["state"] in ("back", "behind")
        )
        return [
            (before, after, count)
            for (before, after), count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
        ]

    def to_json(self) -> str:
        """The whole report as JSON: about, summary, runs, left_out and results."""
        spreads = {
            name: spread(values)
            for name, values in (("answer_seconds", self.answer_seconds), ("back_seconds", self.back_seconds))
        }
        summary = {
            "total": len(self.results),
            "states": self.states,
            "vendors": dict(self.by("vendor")),
            "sent": self.sent,
            "earlier": self.earlier,
            "attention": len(self.attention),
            "pace": self.pace or None,
            "started": self.span[0] if self.span else None,
            "ended": self.span[1] if self.span else None,
            **spreads,
        }
        lamps = any(entry["mailbox"] is not None for entry in self.results)
        names = [name for name in (*_FIELDS, "state") if name != _ADVICE and (lamps or name not in _LAMP)]
        encode = json.JSONEncoder().encode
        results = ",\n".join(
            encode({**{name: entry[name] for name in names}, "remedy": _remedy(entry)}) for entry in self.results
        )
        head = {
            "about": self.about,
            "summary": summary,
            "runs": [run._asdict() for run in self.runs],
            "left_out": dict(self.left_out),
        }
        return f'{json.dumps(head, indent=1)[:-2]},\n "results": [\n{results}\n]}}\n'

    def to_csv(self) -> str:
        """One line a phone, with a line of names."""
        lamps = any(entry["mailbox"] is not None for entry in self.results)
        names = [name for name in (*_FIELDS, "state") if name != _ADVICE and (lamps or name not in _LAMP)]
        rows = ([*(entry[name] for name in names), _remedy(entry)] for entry in self.results)
        return _report_csv.content([*names, "remedy"], rows)


def _key(entry: Entry) -> tuple[str, ...]:
    return tuple(str(entry[name]) for name in ("host", "aor", "contact", "mailbox"))


def _place_of(entry: Entry) -> tuple[t.Any, ...]:
    return entry["aor"], entry["contact"], entry["mailbox"]


def _place(key: tuple[str, ...]) -> tuple[str, ...]:
    """Where a phone is looked for when it has moved: its host and AOR."""
    return key[:2]


def _answered(entry: Entry) -> float:
    return round(entry["at"] + (entry["seconds"] or 0), 3)


def _remedy(entry: Entry) -> str:
    return "" if entry["state"] in GOOD else remedy(entry)
