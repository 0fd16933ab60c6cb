# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Records of a reply that a playbook holds: the result of opensips_mi_command, what the server returned, or the bytes of it.

The readers of module_utils make them, so they are those of opensips_facts.
"""

from __future__ import annotations

import difflib
import json
import typing as t
from collections.abc import Callable, Mapping

from ansible_collections.community.opensips.plugins.module_utils._mi import catalogue
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MalformedReply, MIError
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.line import LineProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.mi_json import MiJsonProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Protocol, Request
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.xmlrpc import XmlRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import NodeTreeReply, Reply, ValueReply
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    addresses,
    blacklists,
    carriers,
    cluster,
    dialogs,
    dispatcher,
    domains,
    gateways,
    load_balancer,
    location,
    log_level,
    media_nodes,
    processes,
    registrants,
    shape,
    shared_variables,
    statistics,
    subscribers,
    trace,
    uptime,
    version,
)
from ansible_collections.community.opensips.plugins.module_utils._readers.contact_fields import rename_for_users

Params = t.Mapping[str, t.Any]
# what to do about an AOR whose contacts cannot be believed, and the reason
Doubt = Callable[[str | None, str], None]
# of a gateway, of a carrier
_FIELDS_OF_ONE = {"State", "Enabled"}
_NODE = {"name", "value", "attributes", "children"}


class NoRecords(ValueError):
    """What was given has no records. The message says why, and what to do."""


def _contacts(reply: Reply, params: Params, doubt: Doubt) -> list[dict[str, t.Any]]:
    found = location.iter_contacts(reply, params.get("table_name"), params.get("aor"), doubt=doubt)
    return [rename_for_users(contact) for contact in found]


def _of_reply(parse: Callable[[Reply], t.Any]) -> Callable[[Reply, Params, Doubt], t.Any]:
    return lambda reply, _params, _doubt: parse(reply)


def _of_many_or_one(parse: Callable[..., t.Any], id_name: str) -> Callable[[Reply, Params, Doubt], t.Any]:
    """The reply does not repeat which one was asked for, nor the partition."""

    def read(reply: Reply, params: Params, _doubt: Doubt) -> t.Any:
        one = params.get(id_name)
        if one is None and _FIELDS_OF_ONE & set(shape.flat(reply, "The result")):
            raise NoRecords(f"this is the reply for one {id_name}. Set {id_name} in params")
        return parse(reply, one, params.get("partition_name"))

    return read


def _media(engine: str) -> Callable[[Reply, Params, Doubt], t.Any]:
    return lambda reply, _params, _doubt: media_nodes.parse(reply, engine)


# classic name of a command: what makes the records of its reply
_READERS: dict[str, Callable[[Reply, Params, Doubt], t.Any]] = {
    "address_dump": _of_reply(addresses.parse),
    "clusterer_list": _of_reply(cluster.parse_nodes),
    "clusterer_list_cap": _of_reply(cluster.parse_capabilities),
    "clusterer_list_shtags": _of_reply(cluster.parse_sharing_tags),
    "clusterer_list_topology": _of_reply(cluster.parse_topology),
    "debug": _of_reply(log_level.parse),
    "dlg_list": _of_reply(dialogs.parse),
    "dlg_list_ctx": _of_reply(dialogs.parse),
    "domain_dump": _of_reply(domains.parse),
    "dr_carrier_status": _of_many_or_one(carriers.parse, "carrier_id"),
    "dr_gw_status": _of_many_or_one(gateways.parse, "gw_id"),
    "ds_list": _of_reply(dispatcher.parse),
    "get_statistics": _of_reply(statistics.parse),
    "lb_list": _of_reply(load_balancer.parse),
    "list_blacklists": _of_reply(blacklists.parse),
    "log_level": _of_reply(log_level.parse),
    "ps": _of_reply(processes.parse),
    "reg_list": _of_reply(registrants.parse),
    "rtpengine_show": _media("rtpengine"),
    "rtpproxy_show": _media("rtpproxy"),
    "shv_get": _of_reply(shared_variables.parse),
    "sip_trace": _of_reply(trace.parse),
    "subnet_dump": _of_reply(addresses.parse),
    "subscribers_list": _of_reply(subscribers.parse),
    "trace": _of_reply(trace.parse),
    "ul_dump": _contacts,
    "ul_show_contact": _contacts,
    "uptime": _of_reply(uptime.parse),
    "version": _of_reply(version.parse),
}
COMMANDS = tuple(_READERS)


def records(given: t.Any, command: str | None, params: t.Any, doubt: Doubt) -> t.Any:
    """The records of a reply, as opensips_facts returns them: a list, or a dict for what there is only one of.

    given: result of opensips_mi_command or one of its results, what a server returned as plain data, or the text of a reply.
    command: MI command of the reply, None if given has it. params: mapping of the parameters that it was sent with, or None.
    Raises NoRecords, and what the readers raise.
    """
    if params is not None and not isinstance(params, Mapping):
        raise NoRecords("params must be a mapping of names to values")
    name, content = _named(given, command)
    read = _READERS.get(catalogue.classic_name(name))
    if read is None:
        near = difflib.get_close_matches(name, COMMANDS)
        raise NoRecords(f"the collection makes no records of {name!r}. {_choice(near)}")
    try:
        return read(_reply(content, name), params or {}, doubt)
    except MalformedReply as error:
        raise NoRecords(f"this is no reply to {name}: {error}") from None


def _choice(near: list[str]) -> str:
    return f"Did you mean {' or '.join(near)}?" if near else f"Use one of {', '.join(COMMANDS)}"


def _named(given: t.Any, command: str | None) -> tuple[str, t.Any]:
    """(name of the command, content of the reply)."""
    if command is not None and not isinstance(command, str):
        raise NoRecords(f"command must be text, not {type(command).__name__}")
    if not _is_result(given):
        if command is None:
            raise NoRecords("the reply does not tell its command. Set command")
        return command, given
    found = given.get("command")
    if found is None:
        raise NoRecords("this is the result of several commands. Apply the filter to each of its results, as with map")
    if command is not None and catalogue.classic_name(command) != catalogue.classic_name(found):
        raise NoRecords(f"command is {command}, but the reply is that to {found}")
    if given["outcome"] != "ok":
        raise NoRecords(f"{found} has no reply: its outcome is {given['outcome']}")
    return found, given


def _is_result(given: t.Any) -> bool:
    """Whether it comes from opensips_mi_command, and is not what a server returned."""
    if not isinstance(given, Mapping):
        return False
    if "command" in given and "outcome" in given:
        return True
    several = given.get("results")
    return isinstance(several, list) and bool(several) and all(map(_is_result, several))


def _reply(content: t.Any, name: str) -> Reply:
    """The text says more than the data: where a phone wrote lines, it shows."""
    if _is_result(content):
        raw, result = content.get("raw"), content.get("result")
        return _of_text(raw, name, _is_tree(result)) if raw else _of_data(result, name)
    if isinstance(content, str):
        return _of_text(content, name)
    return _of_data(content, name)


def _of_data(data: t.Any, name: str) -> Reply:
    if isinstance(data, Mapping) and "jsonrpc" in data:
        return _of_text(json.dumps(data), name)
    # of a server before 3.0, or empty
    if data == [] or _is_tree(data):
        return NodeTreeReply(data, None)
    return ValueReply(data, None)


def _is_tree(data: t.Any) -> bool:
    """Whether data is the nodes of a tree, all the way down."""
    if not isinstance(data, list) or not data:
        return False
    stack = list(data)
    while stack:
        node = stack.pop()
        if not isinstance(node, Mapping) or set(node) != _NODE or not isinstance(node["children"], list):
            return False
        stack.extend(node["children"])
    return True


def _of_text(text: str, name: str, is_tree: bool = False) -> Reply:
    # of str itself: a text that Ansible marks as unsafe returns marked bytes
    data = str.encode(text, "utf-8", "surrogatepass")
    protocol = _protocol(data, is_tree)
    try:
        return protocol.decode(data, Request(b"", name, _id(data) if protocol.has_ids else None))
    except MalformedReply:
        raise
    except MIError as error:
        raise NoRecords(f"the reply to {name} is an error: {error}") from None


def _protocol(data: bytes, is_tree: bool) -> Protocol:
    first = data.lstrip()[:1]
    if first == b"<":
        protocol = XmlRpcProtocol()
        # otherwise it finds out
        protocol.tree_replies = True if is_tree else None
        return protocol
    if first in (b"{", b"["):
        return JsonRpcProtocol() if b'"jsonrpc"' in data else MiJsonProtocol()
    return LineProtocol()


def _id(data: bytes) -> t.Any:
    """The id of a JSON-RPC reply: whoever asked for it has compared it."""
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return message.get("id") if isinstance(message, dict) else None
