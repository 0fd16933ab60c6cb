# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Requests that well-formed bytes carry and that still hurt a server; refused whatever the caller passes."""

import re
from typing import Any, Callable, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import RefusedRequest

_UAC_DLG = frozenset(("t_uac_dlg", "tm:uac_dlg"))
_HEADERS_POSITION = 4
# the server writes these itself and does not look for marks in them
_OWN = re.compile(r"(from|f|to|t|call-id|i|cseq)\s*:", re.IGNORECASE)
_BLACKLIST = frozenset(("add_blacklist_rule", "blacklists:add_rule", "del_blacklist_rule", "blacklists:del_rule"))
_RULE_POSITION = 1
_PROTO = re.compile(r"\s*!?(any|udp|tcp|tls|sctp|wss?|bins?|ipsec|hep_(udp|tcp|tls)|smpp|msrps?)\Z", re.IGNORECASE)
_PREFIX = re.compile(r"!?(?:[a-z_]{2,7},)?([^,/]*)/(\d+)(?:,|\Z)", re.IGNORECASE)
# reload_routes (core) came with 3.0. The process of 3.1.17 that is asked ends with a segmentation fault, and takes the server
# along; most reloads of 3.0.5 fail after 20 seconds, in which the server answers no other request. Seen on running servers.
RELOADS_ROUTES_SINCE = (3, 2)
_RELOAD_ROUTES = frozenset(("reload_routes", "core:reload_routes"))
# The contexts of TLS are private to the TCP process from 4.0 on, and the process that is asked to reload frees them, or makes those
# that the TCP process then uses: either ends with a segmentation fault, and takes the server along. Seen on 4.0.1; tls_mgm.c and
# tls_openssl of 4.0.0 and of the master branch of August 2026 are the same.
RELOADS_TLS_BEFORE = (4, 0)
RESTART_FOR_TLS = "Restart the server instead: it reads its TLS domains when it starts"
_RELOAD_TLS = frozenset(("tls_reload", "tls_mgm:reload"))
_LINE_END = re.compile(r"\r\n|\r|\n|\\r\\n|\\n|\\r")


def refuse_harmful(name: str, params: Any, version: Callable[[], Tuple[int, ...]]) -> None:
    """Raise RefusedRequest when the command name with params (as arranged for the server) would hurt it.

    version: function without parameters that returns the server's version, such as (3, 6, 8). It may ask the server.

    t_uac_dlg: ``!!`` in a header stands for the server's own address; a lone ``!`` garbles the request on every version,
    and two of them crash 2.4, 3.6 and 4.0 (tm/mi.c, get_hfblock; seen on running servers).
    add_blacklist_rule, del_blacklist_rule: a prefix longer than the address, and a rule that is only a protocol, crash 3.4 to
    4.0 (blacklists.c, parse_ip_net, mi_bl_get_rule; seen on running servers).
    reload_routes: see RELOADS_ROUTES_SINCE. tls_reload: see RELOADS_TLS_BEFORE.
    """
    if name in _RELOAD_ROUTES:
        _refuse_reload(version())
    if name in _RELOAD_TLS:
        refusal = tls_reload_refusal(version())
        if refusal is not None:
            raise refusal
    if not params:
        return
    if name in _UAC_DLG:
        _refuse_headers(_value(params, "headers", _HEADERS_POSITION))
    elif name in _BLACKLIST:
        _refuse_rule(_value(params, "rule", _RULE_POSITION))


def _value(params: Any, name: str, position: int) -> str:
    """The parameter, when it is text; else an empty one."""
    if isinstance(params, dict):
        value = params.get(name)
    else:
        value = params[position] if len(params) > position else None
    return value if isinstance(value, str) else ""


def _refuse_reload(version: Tuple[int, ...]) -> None:
    if version[:2] < RELOADS_ROUTES_SINCE:
        raise RefusedRequest(
            f"reload_routes crashes or blocks OpenSIPS {'.'.join(map(str, version))}",
            "Restart the server instead, or upgrade it to OpenSIPS 3.2 or later",
        )


def tls_reload_refusal(version: Tuple[int, ...]) -> Optional[RefusedRequest]:
    """Why no server of a version must get tls_reload: the error, or None."""
    if version[:2] < RELOADS_TLS_BEFORE:
        return None
    return RefusedRequest(f"tls_reload crashes OpenSIPS {'.'.join(map(str, version))}", RESTART_FOR_TLS)


def _refuse_headers(headers: str) -> None:
    if "!" not in headers:
        return
    for line in _LINE_END.split(headers):
        if "!" in line.replace("!!", "") and not _OWN.match(line):
            raise RefusedRequest(
                f"A header contains a single '!' ({line[:60]!r}), which damages the request or crashes the server",
                "Remove it; '!!' stands for the server's own address",
            )


def _refuse_rule(rule: str) -> None:
    if _PROTO.match(rule):
        raise RefusedRequest(
            f"The rule {rule[:60]!r} is only a protocol, which crashes the server",
            "Write it as proto,network,port,pattern, such as udp,192.0.2.0/24,5060",
        )
    prefix = _PREFIX.match(rule.lstrip())
    if prefix and int(prefix.group(2).lstrip("0")[:4] or 0) > (32 if "." in prefix.group(1) else 128):
        raise RefusedRequest(
            f"The prefix of the rule {rule[:60]!r} is longer than its address, which crashes the server",
            "Use at most /32 for IPv4 and /128 for IPv6",
        )
