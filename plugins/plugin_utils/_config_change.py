# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a running server needs to take a new configuration: nothing, reload_routes, or a restart.

reload_routes parses the whole file again in each process, but takes the route blocks only (cfg_reload.c). What a module or
the core makes while a route is parsed is made once before the processes are forked, and shared. Made by a reload, each
process has one of its own, or the server refuses the reload. PARSED_AT_START and FIRST_USES list all of that: the functions
of parameters ("fixups") of all modules of OpenSIPS 3.2 to 4.0 and its master branch were read for it, and each use of
is_script_func_used().

Reloads that work were tried on OpenSIPS 3.6 and 4.0: new $shv() variables, statistics, flags and AVPs; new and changed
failure, onreply, branch, error, local and timer routes; changed event routes.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.community.opensips.plugins.module_utils._mi.harm import RELOADS_ROUTES_SINCE
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils._config import Broken, Call, Configuration

Version = tuple[int, ...]

# the first one all of whose releases set the timers up again after a reload
TIMERS_SINCE: Version = (3, 4)

INCLUDES = frozenset(["include_file", "import_file"])
# what a macro processor, such as m4, would act on
MACROS = re.compile(
    r"^[^\S\n]*(?:dnl\b|changequote\b|changecom\b|define\(|include\(|ifdef\(|ifelse\(|divert\()", re.MULTILINE
)

# {what is made: {function: which of its parameters, from 0, names it}}
PARSED_AT_START: dict[str, dict[str, int]] = {
    # cfgutils/script_locks.c: each process would lock a lock of its own
    "static lock": {"get_static_lock": 0, "release_static_lock": 0},
    # evi/event_interface.c: each process would write to the same place in shared memory, with a name in memory of its own
    "event": {"raise_event": 0, "subscribe_event": 0},
    # event_routing/ebr_data.c
    "event of event_routing": {"notify_on_event": 0, "wait_for_event": 0},
    # usrloc/dlist.c: "cannot register new domain during runtime"
    "location table": {
        **dict.fromkeys(["save", "lookup", "remove", "mid_registrar_save", "mid_registrar_lookup"], 0),
        **dict.fromkeys(["is_registered", "is_contact_registered", "is_ip_registered", "reginfo_handle_notify"], 0),
        **dict.fromkeys(["ul_add_key", "ul_get_key", "ul_del_key"], 0),
        "remove_ip_port": 2,
    },
    # benchmark/benchmark.c: in shared memory, with a place in memory of one process
    "timer of the module benchmark": {"bm_start_timer": 0, "bm_log_timer": 0},
    # carrierroute/route_tree.c: numbered as the processes find them
    "routing domain": {"cr_route": 1, "cr_prime_route": 1, "cr_next_domain": 1},
    # userblacklist/userblacklist.c: its rows are read at the start
    "table of the module userblacklist": {"check_blacklist": 0},
    # sipcapture/sipcapture.c: a list of each process
    "capture table": {"sip_capture": 0, "report_capture": 1},
}

# {function: with how many parameters at least}. At the start the module looks whether the routes call it, and prepares for
# nothing else. Most of them make the server refuse the reload: "better restart".
FIRST_USES: dict[str, int] = {
    # uac/uac.c
    **dict.fromkeys(["uac_auth", "uac_replace_from", "uac_replace_to"], 0),
    # auth_aaa/authaaa_mod.c
    **dict.fromkeys(["aaa_www_authorize", "aaa_proxy_authorize"], 0),
    # rest_client/rest_client.c
    "rest_init_client_tls": 0,
    # sipcapture/sipcapture.c
    **dict.fromkeys(["sip_capture", "report_capture"], 0),
    # event_routing/event_routing.c
    "notify_on_event": 0,
    # aaa_diameter/aaa_diameter.c: answers itself if nothing else does
    "dm_send_answer": 0,
    # cgrates/cgrates.c: asks to hear of dialogs that are loaded
    "cgrates_acc": 0,
    # avpops/avpops.c, up to 3.4: connects to its databases
    **dict.fromkeys(["avp_db_load", "avp_db_store", "avp_db_delete", "avp_db_query"], 0),
    # registrar/reg_mod.c and mid_registrar/mid_registrar.c: sharing tags
    "save": 4,
    "mid_registrar_save": 5,
}


@dataclasses.dataclass
class Change:
    """kind: none, text (comments and blanks only), routes or settings. action: none, reload_routes or restart."""

    kind: str
    action: str
    reasons: list[str]

    def plain(self) -> dict[str, t.Any]:
        return {**dataclasses.asdict(self), "reasons": [printable(reason) for reason in self.reasons]}


def change(new: str, old: str | None, version: str, preprocessed: bool = False) -> Change:
    """What it takes to get a server of version (such as 3.6) that runs old to run new; preprocessed: by opensips -p."""
    if old is None:
        return _restart("there was no configuration")
    if old == new:
        return Change("none", "none", [])
    if preprocessed or MACROS.search(old) or MACROS.search(new):
        # a macro can make anything of anything, comments included
        return _restart("a preprocessor is used, so the text does not show what changed")
    try:
        before, after = Configuration.parse(old), Configuration.parse(new)
    except Broken as error:
        return _restart(f"the text cannot be compared: {error}")
    return _compare(before, after, tuple(int(part) for part in version.split(".")))


def _restart(*reasons: str) -> Change:
    return Change("settings", "restart", list(reasons))


def _compare(before: Configuration, after: Configuration, version: Version) -> Change:
    reasons = [reason for rule in _RULES for reason in rule(before, after, version)] if before != after else []
    if reasons:
        return _restart(*reasons)
    names = _changed_routes(before, after)
    if not names:
        return Change("text", "none", ["only comments and blanks changed"])
    reasons = [f"changed: {', '.join(names)}"]
    if version < RELOADS_ROUTES_SINCE:
        return Change("routes", "restart", [*reasons, "reload_routes is safe only from OpenSIPS 3.2"])
    return Change("routes", "reload_routes", reasons)


def _changed_routes(before: Configuration, after: Configuration) -> list[str]:
    names = [*before.routes, *(name for name in after.routes if name not in before.routes)]
    return [name for name in names if before.routes.get(name) != after.routes.get(name)]


# The rules. Each takes both configurations and the version of the server, and gives reasons why reload_routes does not do.


def _settings(before: Configuration, after: Configuration, version: Version) -> t.Iterator[str]:
    if before.settings != after.settings:
        yield "global parameters, modules or their parameters changed"


def _included_files(before: Configuration, after: Configuration, version: Version) -> t.Iterator[str]:
    words = (words for one in (before, after) for words in (one.settings, *one.routes.values()))
    if any(INCLUDES.intersection(block) for block in words):
        yield "files are included, which may have changed too"


def _startup_route(before: Configuration, after: Configuration, version: Version) -> t.Iterator[str]:
    if [before.routes[name] for name in before.of("startup_route")] != [
        after.routes[name] for name in after.of("startup_route")
    ]:
        yield "the startup_route runs only at the start"


def _timers(before: Configuration, after: Configuration, version: Version) -> t.Iterator[str]:
    # timers are bound to the place of their route, with its interval
    if version < TIMERS_SINCE and before.of("timer_route") != after.of("timer_route"):
        yield "OpenSIPS before 3.4 sets timer routes up only at the start"


def _event_routes(before: Configuration, after: Configuration, version: Version) -> t.Iterator[str]:
    if sorted(before.of("event_route")) != sorted(after.of("event_route")):
        yield "event routes are set up only at the start"


def _named_routes(before: Configuration, after: Configuration, version: Version) -> t.Iterator[str]:
    gone = {name.partition("[")[2].rstrip("]") for name in before.routes if name not in after.routes} - {""}
    named = {word.strip("\"'") for word in after.settings if word[0] in "\"'"}
    if gone & named:
        yield f"a parameter names a route that is gone: {', '.join(sorted(gone & named))}"


def _parsed_at_start(before: Configuration, after: Configuration, version: Version) -> t.Iterator[str]:
    for sort, functions in PARSED_AT_START.items():
        new = sorted(_names(after.calls, functions) - _names(before.calls, functions))
        if new:
            yield f"the server makes each {sort} only at the start: {', '.join(new)}"


def _first_uses(before: Configuration, after: Configuration, version: Version) -> t.Iterator[str]:
    new = sorted(_prepared(after.calls) - _prepared(before.calls))
    if new:
        yield f"the server prepares only at the start for calls of {', '.join(new)}"


_Rule = t.Callable[[Configuration, Configuration, Version], t.Iterator[str]]
_RULES: tuple[_Rule, ...] = (
    _settings,
    _included_files,
    _startup_route,
    _timers,
    _event_routes,
    _named_routes,
    _parsed_at_start,
    _first_uses,
)


def _names(calls: list[Call], functions: dict[str, int]) -> set[str]:
    """What the parameters of functions name, as the configuration has it."""
    places = ((call, functions[call.name]) for call in calls if call.name in functions)
    return {call.arguments[place].strip("\"'") for call, place in places if place < len(call.arguments)}


def _prepared(calls: list[Call]) -> set[str]:
    return {call.name for call in calls if len(call.arguments) >= FIRST_USES.get(call.name, len(call.arguments) + 1)}
