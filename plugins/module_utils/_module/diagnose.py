# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_diagnose: what a server does for a span of time, and what is wrong with it."""

import contextlib
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._diagnose import (
    backtraces,
    checks,
    instances,
    load,
    memory,
    queues,
    registrants,
    report,
    slow,
    thresholds,
)
from ansible_collections.community.opensips.plugins.module_utils._diagnose.finding import finding
from ansible_collections.community.opensips.plugins.module_utils._diagnose.listening import AUTO, Listening, Where
from ansible_collections.community.opensips.plugins.module_utils._diagnose.span import Span
from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._events.addresses import Addresses
from ansible_collections.community.opensips.plugins.module_utils._health import checks as health_checks
from ansible_collections.community.opensips.plugins.module_utils._health import report as health_report
from ansible_collections.community.opensips.plugins.module_utils._health.entry import FAILED, Entry, NotThere, Unknown
from ansible_collections.community.opensips.plugins.module_utils._health.server import Server
from ansible_collections.community.opensips.plugins.module_utils._mi import safe_file
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError
from ansible_collections.community.opensips.plugins.module_utils._mi.urls import without_url_secrets
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.community.opensips.plugins.module_utils._module.run import (
    Task,
    TaskFailure,
    describe_error,
    message_of,
)
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import Record
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable

_LIMITS = {
    "warn_at": 80.0,
    "maximum_load": 90.0,
    "maximum_shared_memory": 90.0,
    "maximum_private_memory": 95.0,
    "maximum_slow": 5.0,
}
# option -> least and most
_RANGES = {
    "duration": (1, 3600),
    "sample_interval": (0.5, 60),
    "slowest": (1, 100),
    "listen_port": (0, 65535),
    "trap_timeout": (1, 60),
    **{name: (0, 100) for name in _LIMITS},
}
_CHECK_MODE = "In check mode, the module does not subscribe to events"
_NOT_NEEDED = "The checks need no events"


def spec() -> ArgumentSpec:
    """The module's own options."""
    options: Dict[str, Dict[str, Any]] = {
        "checks": {"type": "list", "elements": "str", "default": ["default"]},
        "duration": {"type": "float", "default": 10.0},
        "sample_interval": {"type": "float", "default": 1.0},
        "slowest": {"type": "int", "default": 5},
        "fail_on": {"type": "list", "elements": "str", "choices": ["warning", "failed", "unknown"], "default": []},
        "event_transport": {"type": "str", "choices": ["auto", "udp", "tcp"], "default": "auto"},
        "listen_host": {"type": "str"},
        "listen_port": {"type": "int", "default": 0},
        "advertise_host": {"type": "str"},
        "accept_from": {"type": "list", "elements": "str"},
        "trap": {"type": "bool", "default": False},
        "trap_timeout": {"type": "float", "default": 10.0},
        "trap_file": {"type": "path"},
        "trap_pid_file": {"type": "path"},
    }
    options.update((name, {"type": "float", "default": default}) for name, default in _LIMITS.items())
    return ArgumentSpec(options)


class _Diagnosis:
    """One run. taken: backtraces, or None if none were asked for. changed: whether a file was written."""

    def __init__(self, task: Task) -> None:
        self.params = task.params
        self.check_mode = task.check_mode
        self.server = Server(task.connection, task.params, None, None, bool)
        self.taken: Optional[List[backtraces.Backtrace]] = None
        self.changed = False

    def run(self) -> Dict[str, Any]:
        """The result. Raises TaskFailure, BadParameters, and MIError."""
        chosen = health_checks.choose(self.params["checks"], (), checks.CHECKS)
        where, nowhere = _where(self.params, self.server.connection.options)
        if self.check_mode:
            where, nowhere = None, _CHECK_MODE
        if not checks.OF_EVENTS & set(chosen.names):
            where, nowhere = None, _NOT_NEEDED
        if self.params["trap_file"] is not None:
            _check_file(self.params["trap_file"])
        try:
            seen, version = self._look(chosen, where, nowhere)
        except MIError as error:
            if not self.params["trap"]:
                raise
            raise self._without_answer(error) from error
        entries, left_out = checks.run(seen, chosen)
        entries += self._trapped(seen.span, left_out)
        return self._result(seen, entries, left_out, version)

    def _look(
        self, chosen: health_checks.Chosen, where: Optional[Where], nowhere: Optional[str]
    ) -> Tuple[checks.Seen, str]:
        """(what was seen, version of the server). nowhere: why no events come, if where is None."""
        found = slow.Collection(self.params["slowest"])
        version = ".".join(map(str, self.server.connection.version))
        before = _records(self.server) if checks.REGISTRANTS in chosen.names else []
        limits = thresholds.NONE if nowhere == _NOT_NEEDED else thresholds.read(self.server)
        with _listening(self.server, where) as listening:
            span = Span(self.server, listening, found.take)
            span.look(self.params["duration"], self.params["sample_interval"])
        no_events = listening.why_not if listening is not None else nowhere
        if listening is not None and listening.losses:
            no_events = _lost(listening)
        after = _reader(self.server, span)
        return checks.Seen(self.params, span, found, limits, no_events, before, after), version

    def _trapped(self, span: Span, left_out: Dict[str, str]) -> List[Entry]:
        """Findings about the backtraces, which are taken now."""
        if not self.params["trap"]:
            return []
        if self.check_mode:
            left_out[backtraces.NAME] = "In check mode, no process is stopped"
            return []
        if not self.server.is_local:
            left_out[backtraces.NAME] = "The server is on another host: run the module there"
            return []
        pids = set(span.pids)
        if pids and not instances.is_one(pids):
            left_out[backtraces.NAME] = (
                "The processes that have these numbers on this host are those of another server: run the module where this one"
                " runs, in its container"
            )
            return []
        self._take(
            [
                backtraces.Process(process["id"], process["pid"], process["type"])
                for process in span.processes
                if process["pid"] in pids
            ]
        )
        return backtraces.check([backtrace.plain for backtrace in self.taken or ()])

    def _take(self, processes: List[backtraces.Process]) -> None:
        path = self.params["trap_file"]
        self.taken = backtraces.take(processes, self.params["trap_timeout"], path is not None)
        if path is not None and any(backtrace.full for backtrace in self.taken):
            safe_file.replace(path, [backtraces.text_of(self.taken)])
            self.changed = True

    def _without_answer(self, error: MIError) -> TaskFailure:
        """The failure of a task whose server does not answer from the start, with what its processes do."""
        entries = [finding("mi", None, FAILED, str(error), hint=error.hint)]
        left_out = {name: "The server does not answer over MI" for name in checks.CHECKS if name != "mi"}
        if self.check_mode:
            left_out[backtraces.NAME] = "In check mode, no process is stopped"
        else:
            self._take(_silent_processes(self.server.connection.options, self.params["trap_pid_file"]))
            entries += backtraces.check([backtrace.plain for backtrace in self.taken or ()])
        result = self._words(entries, left_out, None, None)
        return TaskFailure(f"{message_of(error)}\n{result['line']}", dict(result, error=describe_error(error)))

    def _words(
        self, entries: List[Entry], left_out: Dict[str, str], version: Optional[str], uptime: Optional[int]
    ) -> Dict[str, Any]:
        return {
            "changed": self.changed,
            "outcome": health_report.outcome(entries),
            "line": health_report.line(entries, version, uptime),
            "report": report.lines(entries),
            "checks": entries,
            "summary": health_report.summary(entries),
            "not_checked": {name: printable(without_url_secrets(reason)) for name, reason in left_out.items()},
            "backtraces": [backtrace.plain for backtrace in self.taken or ()],
        }

    def _result(
        self, seen: checks.Seen, entries: List[Entry], left_out: Dict[str, str], version: str
    ) -> Dict[str, Any]:
        span = seen.span
        result = dict(
            self._words(entries, left_out, version, span.uptime),
            version=version,
            seconds=round(span.seconds, 3),
            load=load.plain(span),
            memory={"shared": memory.shared(span), "private": memory.private(span)},
            receive_queues=queues.plain(span),
            slow={kind: slow.plain(kind, span, seen.slow.kinds[kind], seen.thresholds) for kind in slow.KINDS},
            events_missing=seen.no_events and printable(without_url_secrets(seen.no_events)),
        )
        failure = health_report.failure(entries, self.params["fail_on"])
        if failure is not None:
            raise TaskFailure(result["line"], dict(result, error=describe_error(failure)))
        return result


def run(task: Task) -> Dict[str, Any]:
    """Look at the server for the span, and say what is wrong."""
    _check_numbers(task.params)
    return _Diagnosis(task).run()


def _check_numbers(params: Dict[str, Any]) -> None:
    for name, (least, most) in _RANGES.items():
        if not least <= params[name] <= most:
            raise BadParameters(f"{name} is {params[name]:g}", f"Set it to a number from {least:g} to {most:g}")
    if params["sample_interval"] > params["duration"]:
        raise BadParameters(
            f"sample_interval is {params['sample_interval']:g}, and duration {params['duration']:g}",
            "Set sample_interval to a part of duration",
        )
    for name in ("trap_file", "trap_pid_file"):
        if params[name] is not None and not params["trap"]:
            raise BadParameters(f"{name} is set, and trap is not", f"Set trap to true, or remove {name}")


def _where(params: Dict[str, Any], options: Any) -> Tuple[Optional[Where], Optional[str]]:
    """(where events come in, why nowhere). Raises BadParameters if the options ask for what cannot be."""
    given = [params[name] for name in ("listen_host", "advertise_host", "accept_from")]
    try:
        return Where(params["event_transport"], Addresses(options, *given), params["listen_port"]), None
    except BadParameters as error:
        if params["event_transport"] != AUTO or any(value is not None for value in given):
            raise
        return None, str(error)


def _check_file(path: str) -> None:
    try:
        safe_file.check_replaceable(path)
    except OSError as error:
        raise BadParameters(
            f"trap_file: {path} cannot be written: {error.strerror or error}",
            safe_file.remedy(error, "Set it to a path in a directory that exists"),
        ) from error


@contextlib.contextmanager
def _listening(server: Server, where: Optional[Where]) -> Iterator[Optional[Listening]]:
    if where is None:
        yield None
        return
    with Listening(server.connection, where) as listening:
        yield listening


def _lost(listening: Listening) -> str:
    losses = listening.losses
    if losses.foreign:
        return f"{losses.foreign} events came from {losses.address}, which is not in accept_from"
    lost = sum(losses.shed.values()) + losses.unread + losses.malformed
    return f"{lost} events were lost or could not be read"


def _records(server: Server) -> List[Record]:
    try:
        return registrants.read(server)
    except (NotThere, Unknown, OpensipsError):
        # the end of the span says why
        return []


def _reader(server: Server, span: Span) -> Callable[[], List[Record]]:
    def read() -> List[Record]:
        if span.failure is not None:
            raise Unknown("The server does not answer over MI")
        return registrants.read(server)

    return read


def _silent_processes(options: Any, pid_file: Optional[str]) -> List[backtraces.Process]:
    """The processes of a server that does not list them. Raises BadParameters."""
    families = instances.families()
    if not families:
        return []
    main = _main_of(options, families) if pid_file is None else _main_in(pid_file, families)
    return [backtraces.Process(None, pid, None) for pid in families[main]]


def _main_of(options: Any, families: Dict[int, List[int]]) -> int:
    mains = instances.with_mi(options)
    if len(mains) == 1:
        return mains[0]
    raise BadParameters(
        f"the server does not answer, and this host has {len(families)} of them, of which {len(mains) or 'none'} can be seen to have"
        f" {instances.place(options)} open: {', '.join(map(str, families))}",
        "Set trap_pid_file to the file that has the pid of this one, and run the module as root",
    )


def _main_in(pid_file: str, families: Dict[int, List[int]]) -> int:
    try:
        with open(safe_file.open_input(pid_file), "rb") as file:
            pid = int(file.read(20).split()[0])
    except (OSError, ValueError, IndexError) as error:
        # another file may hold secrets, which the text of a ValueError shows
        reason = f": {error.strerror or error}" if isinstance(error, OSError) else ""
        raise BadParameters(
            f"trap_pid_file: {pid_file} has no pid{reason}", "Set it to the file that -P of opensips names"
        ) from None
    if pid not in families:
        raise BadParameters(
            f"trap_pid_file: {pid} in {pid_file} is the main process of no opensips on this host",
            "The server does not run any more, or this is the file of another program. Set it to the file that -P of opensips names",
        )
    return pid
