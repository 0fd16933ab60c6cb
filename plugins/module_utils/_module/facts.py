# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_facts: what a server tells of itself, in subsets."""

from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import LeftOut, Selection
from ansible_collections.community.opensips.plugins.module_utils._fleet.sources import MISource
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ReplyTooLarge,
    ServerError,
    UnknownCommand,
)
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, select_spec
from ansible_collections.community.opensips.plugins.module_utils._module.location import location_source
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable


def _uptime(task):
    from ansible_collections.community.opensips.plugins.module_utils._readers import uptime

    return uptime.read(task.connection)


def _version(task):
    from ansible_collections.community.opensips.plugins.module_utils._readers import version

    return dict(version.read(task.connection), protocol=task.connection.protocol)


def _processes(task):
    from ansible_collections.community.opensips.plugins.module_utils._readers import processes

    return processes.read(task.connection, load=True)


def _statistics(task):
    from ansible_collections.community.opensips.plugins.module_utils._readers import statistics

    found = statistics.read(task.connection, task.params["statistics"])
    if found["unknown"]:
        task.warn(f"The server has no statistics {', '.join(found['unknown'])}")
    return found["statistics"]


def _contacts(task):
    with location_source(task) as source:
        if task.params["select"] is None:
            return list(source.contacts())
        return Selection(task.params["select"]).choose(source, LeftOut())


def _location_size(task):
    return MISource(task.connection, task.params["location_table"]).cost()


def _dialogs(task):
    from ansible_collections.community.opensips.plugins.module_utils._readers import dialogs

    return dialogs.read_all(task.connection)


def _dispatcher(task):
    from ansible_collections.community.opensips.plugins.module_utils._readers import dispatcher

    return dispatcher.read(task.connection)


def _load_balancer(task):
    from ansible_collections.community.opensips.plugins.module_utils._readers import load_balancer

    return load_balancer.read(task.connection)


def _gateways(task):
    from ansible_collections.community.opensips.plugins.module_utils._readers import carriers, gateways

    return {"gateways": gateways.read(task.connection), "carriers": carriers.read(task.connection)}


def _addresses(task):
    from ansible_collections.community.opensips.plugins.module_utils._readers import addresses

    return addresses.read(task.connection)


def _domains(task):
    from ansible_collections.community.opensips.plugins.module_utils._readers import domains

    return domains.read(task.connection)


# subset -> (function, a command that the server must have, the module that offers it)
SUBSETS = {
    "uptime": (_uptime, "uptime", None),
    "version": (_version, "version", None),
    "processes": (_processes, "ps", None),
    "statistics": (_statistics, "get_statistics", "statistics"),
    "contacts": (_contacts, "ul_dump", "usrloc"),
    "location_size": (_location_size, "ul_dump", "usrloc"),
    "dialogs": (_dialogs, "dlg_list", "dialog"),
    "dispatcher": (_dispatcher, "ds_list", "dispatcher"),
    "load_balancer": (_load_balancer, "lb_list", "load_balancer"),
    "gateways": (_gateways, "dr_gw_status", "drouting"),
    "addresses": (_addresses, "address_dump", "permissions"),
    "domains": (_domains, "domain_dump", "domain"),
}


def spec():
    """The module's own options."""
    own = ArgumentSpec(
        {
            "gather_subset": {"type": "list", "elements": "str", "default": ["all"]},
            "statistics": {"type": "list", "elements": "str", "default": ["all"]},
        }
    )
    return select_spec().merged_with(own)


def chosen(wanted):
    """The subsets that gather_subset means, in the order of SUBSETS. Raises BadParameters."""
    include, exclude = set(), set()
    for each in wanted:
        name, target = (each[1:], exclude) if each.startswith("!") else (each, include)
        if name == "all":
            target.update(SUBSETS)
        elif name in SUBSETS:
            target.add(name)
        else:
            raise BadParameters(
                f"gather_subset holds {each!r}",
                f"Use {', '.join(SUBSETS)}, all, or any of them with '!' before it",
            )
    if not include and "!all" not in wanted:
        # only exclusions: from everything
        include.update(SUBSETS)
    # a subset that is named stays, whatever !all leaves out
    named = {each for each in wanted if each in SUBSETS}
    return [
        name
        for name in SUBSETS
        if name in named - {each[1:] for each in wanted if each[1:] in SUBSETS}
        or (name in include and name not in exclude)
    ]


def run(task):
    """Gather each subset; what the server has no command for is listed as skipped."""
    subsets = chosen(task.params["gather_subset"])
    if task.params["select"] is not None:
        Selection(task.params["select"])
    facts, skipped = {}, {}
    for name in subsets:
        gather, command, offered_by = SUBSETS[name]
        from_database = name == "contacts" and task.params["location_db"] is not None
        if not from_database and not task.connection.has(command):
            skipped[name] = (
                f"The server has no command {command}{(f'; it comes with the module {offered_by}' if offered_by else '')}"
            )
            continue
        try:
            found = gather(task)
        except (ServerError, UnknownCommand, ReplyTooLarge) as error:
            if getattr(error, "is_over_limit", False):
                raise
            skipped[name] = printable(str(error))
            continue
        facts.update(found if name == "gateways" else {name: found})
    facts["skipped"] = skipped
    return {"changed": False, "ansible_facts": {"opensips": facts}}
