# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet run does to a server and to the calls through it.

    python tests/benchmarks/impact.py PART [--opensips VERSION=BINARY:MODULES_DIR ...] [--emulator VERSION ...]
        [--memory 64 ...] [--phones 10000] [--registered AORS] [--calls-per-second 30] [--way fifo|udp]
        [--param NAME=VALUE ...] [--json FILE]

calls     No run at all, only calls: shows that the measuring costs none.
run       opensips_notify sends to the whole table, once for each --rate (a number, or "none"). 2 % of the phones are dead.
best-rate Finds the highest fixed rate that costs no call, by bisection, and compares it with runs without a rate.
table     How long it takes to read the whole table, and to look up --aors of its AORs.
campaign  The role phone_reboot in batches, with --wait or without: how often it reads the table, and how long it takes.
in_call   opensips_notify with unless_in_call, while --in-call of the phones are in calls of --call-seconds: no call is cut, and all
          phones accept in the end. The server tracks calls (module dialog). No phone is dead.

The benchmark starts each server itself, on loopback, for each run anew, with as much shared memory (MB) as --memory says and
with 4 MB for each process, and it plays the phones. sipp calls users of the location table through the server before, during and
after a run; a second sipp answers. An emulator relays no calls, so only the run is measured there.
Have the machine to yourself: the p99 of 30 calls a second shows every other load, and so the load is printed.
A line that begins with "ok" or "FAIL" is a bound that was kept or not. The exit code does not tell: this is no test.
The collection must be importable as ansible_collections.community.opensips, and ansible-core and sipp be installed.
"""

import argparse
import contextlib
import dataclasses
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ansible_collections.community.opensips.tests.benchmarks import fleet, impact_calls, impact_in_call
from ansible_collections.community.opensips.tests.benchmarks.fleet_servers import FR_TIMEOUT
from ansible_collections.community.opensips.tests.benchmarks.impact_servers import (
    Bench,
    Watched,
    counting_dumps,
    dump,
    watching,
)
from ansible_collections.community.opensips.tests.integration.support import sipp
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION

EVENT = "check-sync"
# from so much memory (MB) on a run must be as fast as the server
PLENTY = 512
# users that are called, in turn; they are looked up in the location table
CALLED = 1000
# the rates between which the best one is searched, and how close to get
RATES, CLOSE = (200.0, 3000.0), 1.15
# seconds that one task of ansible-playbook may cost a campaign, all tasks together
ANSIBLE = 60
_SCALARS = (int, float, str, type(None))


@dataclasses.dataclass
class Impact:
    """What was measured around one piece of work. result: what the work returned. seconds: that it took.

    phases: {name: impact_calls.Phase}, empty without calls. load: of the machine (1 minute), before and after.
    """

    name: str
    result: object = None
    seconds: float = 0.0
    phases: dict = dataclasses.field(default_factory=dict)
    watched: Watched = dataclasses.field(default_factory=Watched)
    log: dict = dataclasses.field(default_factory=dict)
    alive: bool = True
    load: tuple = (0.0, 0.0)

    @property
    def failed(self):
        return sum(phase.failed for phase in self.phases.values())

    @property
    def retransmissions(self):
        return sum(phase.retransmissions for phase in self.phases.values())


def measure(name, served, callee, options, work):
    """The Impact of work(), with calls before, during and after."""
    impact = Impact(name)
    before = os.getloadavg()[0]
    with contextlib.ExitStack() as stack:
        impact.log = stack.enter_context(served.logging())
        found = stack.enter_context(calls(served, callee, options)) if served.sip and options.calls_per_second else []
        with watching(served) as impact.watched:
            started = time.monotonic()
            impact.result = work()
            impact.seconds = time.monotonic() - started
    impact.phases = found[0] if found else {}
    impact.alive = served.alive()
    if options.keep_logs:
        keep_logs(served, callee, Path(options.keep_logs, time.strftime("%H%M%S")))
    impact.load = before, os.getloadavg()[0]
    return impact


def calls(served, callee, options):
    users = [user for user in served.phones.contacts if not user.startswith("dead")][:CALLED]
    return impact_calls.calls(callee, served.sip, users, options.calls_per_second, options.around, options.longest)


def keep_logs(served, callee, directory):
    """Copy the server's log, and what both sipps wrote down, into a new directory."""
    directory.mkdir(parents=True)
    if served.server:
        shutil.copy(served.server.folder / "log", directory / "opensips.log")
        shutil.copytree(callee.folder.parent, directory / "sipp")


# ---- bounds


def bound(kept, text):
    print(f"  {'ok  ' if kept else 'FAIL'} {text}")


def call_bounds(impact):
    if not impact.phases:
        return
    before, during = impact.phases["before"].percentile(0.99), impact.phases["during"].percentile(0.99)
    bound(impact.failed == 0, f"0 failed calls: {impact.failed}")
    bound(impact.retransmissions == 0, f"0 retransmissions: {impact.retransmissions}")
    if before is not None and impact.phases["during"].calls:
        limit = 2 * before + 0.005
        bound(
            during is not None and during <= limit,
            f"p99 of the answer time {_ms(during)} <= 2 x {_ms(before)} + 5 ms = {_ms(limit)}",
        )


def server_bounds(impact):
    bound(impact.alive, "the server is alive")
    for words in ("out of memory", "cannot parse command"):
        if words in impact.log:
            bound(impact.log[words] == 0, f"0 lines of its log with {words!r}: {impact.log[words]}")


def fits_memory(impact):
    """Whether the server had the memory for it: what calls it cost beyond that may be the machine's fault."""
    summary = impact.result.get("summary")
    if not impact.alive or impact.log.get("out of memory") or not summary:
        return False
    # no phone refuses, but 2.4 answers for it when it has no memory
    return summary["outcomes"]["accepted"] + summary["outcomes"]["no_answer"] == summary["total"]


def costs_nothing(impact):
    """Whether calls and memory bore it."""
    return fits_memory(impact) and impact.failed == impact.retransmissions == 0


def fleet_bounds(impact, phones):
    summary = impact.result.get("summary")
    if not summary:
        bound(False, f"the task failed: {impact.result.get('msg')}")
        return
    outcomes = summary["outcomes"]
    found = (outcomes["accepted"], outcomes["no_answer"])
    bound(
        found == (phones.living, phones.dead) and summary["total"] == phones.living + phones.dead,
        f"all phones accounted for: {found[0]} of {phones.living} accepted, {found[1]} of {phones.dead} silent",
    )
    bound(outcomes["not_sent"] == 0, f"0 not_sent: {outcomes['not_sent']}")


def speed_bound(impact, phones, raw):
    """raw: requests a second of the raw loop, where there is memory for it."""
    summary = impact.result.get("summary")
    if not raw or not summary:
        return
    limit = (phones.living + phones.dead) / raw + FR_TIMEOUT
    bound(
        summary["seconds"] <= 1.15 * limit,
        f"sending {summary['seconds']:.1f} s <= 1.15 x ({raw:.0f}/s raw: {limit:.1f} s) = {1.15 * limit:.1f} s"
        f" (with starting and reading the table {impact.seconds:.1f} s)",
    )


# ---- showing


def _ms(seconds):
    if seconds is None:
        return "-"
    return "no answer" if math.isinf(seconds) else f"{seconds * 1000:.1f} ms"


def show(impact, options):
    print(f"\n{impact.name}: {impact.seconds:.1f} s; load of the machine {impact.load[0]:.1f} to {impact.load[1]:.1f}")
    if impact.phases:
        print(
            f"  {'calls':<8} {'number':>7} {'failed':>7} {'again':>7} {'median':>10} {'p99':>10} {'longest':>10}  refused"
        )
    for name, phase in impact.phases.items():
        times = [f"{_ms(phase.percentile(share)):>10}" for share in (0.5, 0.99, 1)]
        refused = ", ".join(f"{count} x {code}" for code, count in sorted(phase.refusals.items()))
        print(f"  {name:<8} {phase.calls:7} {phase.failed:7} {phase.retransmissions:7} {' '.join(times)}  {refused}")
    show_watched(impact.watched)
    if impact.log:
        print("  lines of its log: " + ", ".join(f"{count} {words}" for words, count in impact.log.items()))
    if isinstance(impact.result, dict) and "summary" in impact.result:
        show_summary(impact.result)
    if options.json:
        with open(options.json, "a", encoding="utf-8") as lines:
            lines.write(json.dumps(_plain(impact)) + "\n")


def show_watched(watched):
    looks = len(watched.free) + watched.missed
    if watched.free:
        total, before, least = (each / (1 << 20) for each in (watched.total, watched.free[0], watched.least_free))
        print(
            f"  shared memory {total:.0f} MB, free {before:.1f} MB before, {least:.1f} MB at the least;"
            f" {max(watched.transactions, default=0)} transactions at the most; {watched.missed} of {looks} looks missed"
        )


def show_summary(result):
    summary = result["summary"]
    print("  outcomes: " + ", ".join(f"{count} {name}" for name, count in summary["outcomes"].items() if count))
    # whatever else the summary tells, such as the pace; not the lists by vendor
    plain = {key: value for key, value in summary.items() if key not in ("outcomes", "vendors", "user_agents")}
    print(f"  summary: {json.dumps(plain)}")
    reasons = {}
    for entry in result.get("results", ()):
        if entry["outcome"] not in ("accepted", "no_answer", "planned"):
            reason = f"{entry['outcome']}: {entry['code']} {entry['reason']}"
            reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items(), key=lambda pair: -pair[1])[:5]:
        print(f"  {count} x {reason[:160]}")
    for words in [*result.get("warnings", ()), *([result["msg"]] if result.get("failed") else [])]:
        print(f"  says: {words[:300]}")


def _plain(impact):
    plain = dataclasses.asdict(impact)
    for phase in plain["phases"].values():
        phase.update(
            (f"p{share * 100:g}", impact_calls.Phase(answers=phase["answers"]).percentile(share))
            for share in (0.5, 0.99, 1)
        )
        del phase["answers"]
    if isinstance(impact.result, dict):
        plain["result"] = {
            key: value for key, value in impact.result.items() if key not in ("results", "left_out", "invocation")
        }
    return plain


# ---- the parts


@contextlib.contextmanager
def bench_of(bench, options, **more):
    """(Served, Callee) of a new server."""
    with impact_calls.callee() if bench.real else contextlib.nullcontext() as callee:
        with bench.serve(options.phones, callee and callee.port, registered=options.registered, **more) as served:
            yield served, callee


def part_calls(bench, options):
    with bench_of(bench, options) as (served, callee):
        if not served.sip:
            print(f"\n{bench.name}: relays no calls")
            return
        impact = measure(f"{bench.name}, no run", served, callee, options, lambda: time.sleep(options.around))
    show(impact, options)
    call_bounds(impact)
    server_bounds(impact)


def notify(served, options, rate=None, check=False, **who):
    """What opensips_notify returns, in a process of its own."""
    if not who:
        who = _everyone(served, options)
    args = {**_way(served, options), "event": EVENT, **who, **options.param}
    if rate is not None:
        args["rate"] = rate
    process = ModuleProcess("notify", args, check=check)
    try:
        if not process.wait(options.longest):
            return {"failed": True, "msg": f"stopped by the benchmark after {options.longest} s"}
        return process.result()
    finally:
        if process.running:
            process.kill()


def _way(served, options):
    """Connection options for what is measured."""
    return {**served.ways[options.way], **({"timeout": options.timeout} if options.timeout else {})}


def _everyone(served, options):
    if options.way == "udp":
        # the whole table does not fit into a datagram
        return {"uris": list(served.phones.contacts.values())}
    return {"select": _selection(served, options)}


def _selection(served, options):
    """Filters that select every phone, and no idle AOR; none where there are no such AORs."""
    idle = options.registered > len(served.phones.contacts)
    return {"exclude_aor": ["idle*"]} if idle else {}


def one_run(bench, options, rate):
    """(Impact, Phones) of one run on a new server."""
    pace = f"rate {rate:g}" if rate is not None else "no rate"
    with bench_of(bench, options) as (served, callee):
        name = f"{bench.name}, {options.phones} phones over {options.way}, {pace}"
        if options.param:
            name += "".join(f", {key} {value}" for key, value in options.param.items())
        impact = measure(name, served, callee, options, lambda: notify(served, options, rate))
        show(impact, options)
        return impact, served.phones


def raw_rate(bench, options):
    """Requests a second of the raw loop on a server of its own, or None where it would have no memory for that."""
    if bench.memory < PLENTY:
        return None
    with bench_of(bench, options) as (served, _callee):
        return max(fleet.raw_rate(served, served.ways[options.way], options.phones) for _round in range(2))


def part_run(bench, options):
    raw = raw_rate(bench, options)
    for rate in options.rate or [None]:
        impact, phones = one_run(bench, options, rate)
        call_bounds(impact)
        fleet_bounds(impact, phones)
        server_bounds(impact)
        if rate is None:
            speed_bound(impact, phones, raw)


def part_best_rate(bench, options):
    found = {}
    # the rate alone is to hold the run back
    fixed = argparse.Namespace(**dict(vars(options), param={**options.param, "server_share": 100}))

    def bears(rate):
        impact, _phones = one_run(bench, fixed, rate)
        if fits_memory(impact) and not costs_nothing(impact):
            print("  once more: it was not for want of memory")
            impact, _phones = one_run(bench, fixed, rate)
        free = costs_nothing(impact)
        print(f"  rate {rate:.0f}: costs {'nothing' if free else 'calls, phones or memory'}")
        if free:
            found[rate] = impact.result["summary"]["seconds"]
        return free

    low, high = RATES
    while high / low > CLOSE:
        middle = (low * high) ** 0.5
        if bears(middle):
            low = middle
        else:
            high = middle
    # the lowest one was not tried yet
    if not found and not bears(RATES[0]):
        print(f"{bench.name}: every rate from {RATES[0]:.0f}/s on costs something")
    best = min(found, key=found.get, default=None)
    for _round in range(options.rounds):
        impact, phones = one_run(bench, options, None)
        call_bounds(impact)
        fleet_bounds(impact, phones)
        server_bounds(impact)
        if best is not None and impact.result.get("summary"):
            seconds, limit = impact.result["summary"]["seconds"], 1.25 * found[best]
            bound(
                seconds <= limit,
                f"sending {seconds:.1f} s <= 1.25 x {found[best]:.1f} s of rate {best:.0f} = {limit:.1f} s",
            )


def part_table(bench, options):
    with bench_of(bench, options) as (served, callee):
        idle = (f"idle{number}" for number in range(options.registered - len(served.phones.contacts)))
        users = [*served.phones.contacts, *idle]
        impact = measure(f"{bench.name}, ul_dump of {len(users)} AORs", served, callee, options, lambda: dump(served))
        show(impact, options)
        print(f"  ul_dump: {impact.result[0]:.1f} s, {impact.result[1] / 1e6:.1f} MB")
        call_bounds(impact)
        server_bounds(impact)
        aors = served.aors(random.Random(1).sample(users, min(options.aors, len(users))))
        name = f"{bench.name}, looking up {len(aors)} of {len(users)} AORs"
        impact = measure(name, served, callee, options, lambda: notify(served, options, check=True, aors=aors))
        show(impact, options)
        planned = sum(entry["outcome"] == "planned" for entry in impact.result.get("results", ()))
        bound(planned == len(aors), f"all are found: {planned} of {len(aors)}. {impact.result.get('msg', '')}")
        limit = 6.0 * len(aors) / 20000
        bound(impact.seconds <= limit, f"looked up in {impact.seconds:.1f} s <= {limit:.1f} s")
        call_bounds(impact)
        server_bounds(impact)


def part_campaign(bench, options):
    back_after = 1.0 if options.wait else None
    with bench_of(bench, options, back_after=back_after) as (served, callee), tempfile.TemporaryDirectory() as folder:
        dump_seconds, size = dump(served)
        print(f"\n{bench.name}: one ul_dump takes {dump_seconds:.1f} s, {size / 1e6:.1f} MB")
        playbook = _playbook(served, options, Path(folder))
        with counting_dumps(served, size) as counter:
            name = f"{bench.name}, campaign of {options.phones} in batches of {options.batch}, {'wait' if options.wait else 'no wait'}"
            impact = measure(name, served, callee, options, lambda: _play(playbook, options.longest))
            dumps = counter.count()
        show(impact, options)
        campaign_bounds(impact, options, Path(folder), dump_seconds, dumps)
        call_bounds(impact)
        server_bounds(impact)


def campaign_bounds(impact, options, folder, dump_seconds, dumps):
    code, output = impact.result
    bound(code == 0, "the play ended" if code == 0 else f"the play ended with {code}: {output[-600:].strip()}")
    bound(round(dumps) <= 1, f"one dump: {dumps:.2f}")
    report = next((json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("reports/*/*.json")), None)
    if report is None:
        bound(False, "no report, so not finished")
        return
    done = sum(entry["outcome"] in ("accepted", "no_answer") for entry in report["results"])
    # idle AORs, and phones of emulators that nothing reboots
    left_out = sum(report["left_out"].values())
    total = max(options.phones, options.registered)
    bound(
        done == len(report["results"]) == total - left_out,
        f"all phones accounted for: {done} accepted or silent, {left_out} left out by filters, of {total}",
    )
    runs = [run["seconds"] for run in report["runs"] if run["seconds"]]
    for sending, words in (
        (sum(runs), "sending"),
        (
            sum(max(0.0, seconds - FR_TIMEOUT) for seconds in runs),
            f"sending without {FR_TIMEOUT:g} s for the silent of each batch",
        ),
    ):
        limit = dump_seconds + sending + ANSIBLE
        bound(
            impact.seconds <= limit,
            f"{impact.seconds:.0f} s <= dump {dump_seconds:.0f} s + {words} {sending:.0f} s + {ANSIBLE} s = {limit:.0f} s",
        )


def _playbook(served, options, folder):
    """The path of a playbook that runs the role on this machine, with all of its files in folder."""
    waits = {"phone_reboot_wait": options.wait, "phone_reboot_wait_timeout": 120}
    if served.emu and options.wait:
        # its phones only reboot on what their vendor knows
        selection = dict(_selection(served, options), exclude_user_agent=["polycom"])
        waits.update(phone_reboot_event="auto", phone_reboot_select=selection)
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "module_defaults": {"group/community.opensips.all": _way(served, options)},
        "vars": {
            "ansible_python_interpreter": sys.executable,
            "phone_reboot_campaign": "impact",
            "phone_reboot_campaign_dir": str(folder / "journal"),
            "phone_reboot_report_dir": str(folder / "reports"),
            "phone_reboot_event": EVENT,
            "phone_reboot_select": _selection(served, options),
            "phone_reboot_batch": options.batch,
            **waits,
            **{f"phone_reboot_{name}": value for name, value in options.param.items()},
        },
        "roles": ["community.opensips.phone_reboot"],
    }
    path = folder / "playbook.yml"
    path.write_text(json.dumps([play]), encoding="utf-8")
    (folder / "ansible.cfg").touch()
    return path


def _play(playbook, longest):
    """(exit code, output) of ansible-playbook, which is ended after so many seconds."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "OPENSIPS_MI_"))}
    env.update(
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTION.parents[2]),
        ANSIBLE_HOME=str(playbook.parent / "home"),
        ANSIBLE_CONFIG=str(playbook.parent / "ansible.cfg"),
        ANSIBLE_NOCOLOR="1",
    )
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(playbook)]
    output = playbook.parent / "output"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            command,
            env=env,
            cwd=playbook.parent,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
        try:
            process.wait(longest)
        except subprocess.TimeoutExpired:
            pass
        finally:
            # its modules, too
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return process.returncode, output.read_text(encoding="utf-8", errors="replace")


# ---- phones in calls


def part_in_call(bench, options):
    with bench_of(bench, options, dead=0, dialogs=True, back_after=1.0, **_emulated_calls(bench, options)) as found:
        served, callee = found
        name = (
            f"{bench.name}, {options.phones} phones, {options.in_call} of them in calls of {options.call_seconds[0]:g}"
        )
        name += f" to {options.call_seconds[1]:g} s"
        with phone_calls(served, callee, options) as calls:
            # nobody is called besides
            quiet = argparse.Namespace(**dict(vars(options), calls_per_second=0))
            impact = measure(name, served, callee, quiet, lambda: _notify_idle(served, options))
            if calls is not None:
                calls.wait(options.call_seconds[1])
        show(impact, options)
        in_call_bounds(impact, served, calls, options)
        server_bounds(impact)


def _emulated_calls(bench, options):
    """Options of an emulator: its own phones are in calls, and reboot."""
    if bench.real:
        return {}
    return {"in_call": options.in_call / options.phones, "call_seconds": list(options.call_seconds)}


@contextlib.contextmanager
def phone_calls(served, callee, options):
    """PhoneCalls that are up, or None of an emulator, whose calls are up from its start."""
    if not served.sip:
        yield None
        return
    calls = impact_in_call.PhoneCalls(
        callee.folder.parent, served.sip, served.phones.contacts, options.in_call // 2, options.call_seconds
    )
    try:
        calls.wait_until_up()
        yield calls
    finally:
        calls.stop()


def _notify_idle(served, options):
    # emulated phones reboot at this one, which ends their calls
    more = {
        "event": "check-sync;reboot=true",
        "unless_in_call": True,
        "results": "all",
        "retry_for": 2 * options.call_seconds[1],
        "retry_interval": 5,
    }
    waiting = argparse.Namespace(**dict(vars(options), param={**more, **options.param}))
    return notify(served, waiting)


def in_call_bounds(impact, served, calls, options):
    result = impact.result
    if not result.get("summary"):
        bound(False, f"the task failed: {result.get('msg')}")
        return
    outcomes = result["summary"]["outcomes"]
    print(f"  calls: {json.dumps(result['calls'])}")
    bound(outcomes["accepted"] == options.phones, f"all phones are done: {outcomes['accepted']} of {options.phones}")
    if calls is None:
        cut = served.emu.stats()["cut_calls"]
        bound(cut == 0, f"0 calls cut: {cut}")
        return
    sent = {entry["aor"].partition("@")[0]: entry["at"] for entry in result["results"]}
    found = calls.calls()
    first = min(sent.values())
    up = sum(call.began <= first and (not call.hung_up or call.hung_up > first) for call in found)
    late = sorted(at - first for at in sent.values())
    print(
        f"  {up} calls were up when the run sent its first request; half of the phones had theirs after {late[len(late) // 2]:.1f} s"
    )
    print(
        f"  the phones that were idle had theirs after {late[-options.in_call - 1]:.1f} s, the last one of all after {late[-1]:.1f} s"
    )
    cut = sum(call.is_cut(sent) for call in found)
    bound(cut == 0, f"0 of {len(found)} calls cut: {cut}")
    failed = sum(not call.ended for call in found)
    bound(failed == 0, f"0 calls failed: {failed}")


# ---- the command line


PARTS = {
    "calls": part_calls,
    "run": part_run,
    "best-rate": part_best_rate,
    "table": part_table,
    "campaign": part_campaign,
    "in_call": part_in_call,
}


def _rate(text):
    return None if text == "none" else float(text)


def _param(text):
    """(name, value) of NAME=VALUE; the value as JSON where it is JSON."""
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text}: not NAME=VALUE")
    with contextlib.suppress(ValueError):
        value = json.loads(value)
    return name, value


def _seconds(text):
    shortest, longest = map(float, text.split(","))
    return shortest, longest


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--opensips", action="append", default=[], metavar="VERSION=BINARY:MODULES_DIR")
    parser.add_argument("--emulator", action="append", default=[], metavar="VERSION")
    parser.add_argument("--memory", action="append", type=int, default=[], help="MB of shared memory (default 64)")
    parser.add_argument(
        "--phones", type=int, help="that are sent to (default 10000; of campaign 100000; of in_call 1000)"
    )
    parser.add_argument(
        "--registered", type=int, default=0, help="AORs in the table, if more than the phones (of table: 100000)"
    )
    parser.add_argument("--rate", action="append", type=_rate, default=[], help='of run: a number, or "none" (default)')
    parser.add_argument("--way", choices=("fifo", "udp"), default="fifo")
    parser.add_argument("--timeout", type=float, help="connection option of the module (default: the module's)")
    parser.add_argument(
        "--param", action="append", type=_param, default=[], metavar="NAME=VALUE", help="of the module, or the role"
    )
    parser.add_argument("--rounds", type=int, default=1, help="of best-rate: runs without a rate (default %(default)s)")
    parser.add_argument("--aors", type=int, default=20000, help="of table: to look up (default %(default)s)")
    parser.add_argument("--batch", type=int, default=1000, help="of campaign (default %(default)s)")
    parser.add_argument("--wait", action="store_true", help="of campaign: wait until the phones are back")
    parser.add_argument("--in-call", type=int, default=100, help="of in_call: phones in calls (default %(default)s)")
    parser.add_argument(
        "--call-seconds",
        type=_seconds,
        default=(5.0, 60.0),
        metavar="SHORTEST,LONGEST",
        help="of in_call (default 5,60)",
    )
    parser.add_argument("--calls-per-second", type=int, default=30)
    parser.add_argument(
        "--around", type=float, default=10, help="seconds of calls before and after (default %(default)s)"
    )
    parser.add_argument(
        "--longest", type=float, default=900, help="seconds after which a run is ended (default %(default)s)"
    )
    parser.add_argument("--keep-logs", metavar="DIRECTORY", help="copy the logs of servers and of sipp there")
    parser.add_argument("--json", metavar="FILE", help="append a line of JSON for each measurement")
    options = parser.parse_args()
    if not options.opensips and not options.emulator:
        parser.error("give --opensips or --emulator")
    if options.opensips and not sipp.PATH:
        parser.error("no sipp on PATH (Debian: sip-tester)")
    options.param = dict(options.param)
    if options.part == "table":
        options.registered = options.registered or 100000
    options.phones = options.phones or {"campaign": 100000, "in_call": 1000}.get(options.part, 10000)
    return options


def main():
    options = arguments()
    # ends as Ctrl-C does: what was started is stopped
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_args: sys.exit(1))
    for text in options.opensips + options.emulator:
        for memory in options.memory or [64]:
            PARTS[options.part](Bench(text, memory), options)


if __name__ == "__main__":
    main()
