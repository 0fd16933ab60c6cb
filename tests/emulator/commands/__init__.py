# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The MI commands, one module per OpenSIPS module; importing this package fills TABLE."""

from collections import namedtuple

Command = namedtuple("Command", "name names arity many run no_input waits")

TABLE = {}
NULL = object()  # the result is JSON null


def command(name, line="", no_input=False, waits=False):
    """Register a handler.

    `line`: the arguments of 1.x and 2.x in their order; those in brackets may be absent, `...` makes the first a list.
    `no_input`: arguments are read and forgotten. `waits`: the handler gets a third argument, to answer later.
    A handler gets (server, params) and returns a Tree (1.x, 2.x) or a value (3.x, 4.x), None for OK.
    """
    words = line.split()
    names = [word.strip("[]") for word in words if word != "..."]
    high = 10000 if "..." in words else len(names)
    low = sum(1 for word in words if word != "..." and not word.startswith("["))

    def register(function):
        TABLE[name] = Command(name, names, (low, high), "..." in words, function, no_input, waits)
        return function

    return register


def load():
    """Import every module of commands."""
    from . import (  # noqa: F401
        blacklists,
        cache,
        call_center,
        cfgutils,
        clusterer,
        core,
        dialog,
        dispatcher,
        domain,
        drouting,
        events,
        load_balancer,
        media,
        nathelper,
        permissions,
        pike,
        presence,
        ratelimit,
        registrant,
        statistics,
        tls_mgm,
        tm,
        tracer,
        usrloc,
    )


load()
