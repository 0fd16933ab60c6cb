# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Checks what the parts of opensips_server_parts need, before anything is written."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.community.opensips.plugins.plugin_utils import _config_values as values

# Parts that read tables, and the module whose db_url can stand in for opensips_server_db_url
_WITH_DATABASE = {
    "presence": "presence",
    "dispatcher": "dispatcher",
    "load_balancer": "load_balancer",
    "drouting": "drouting",
}
# The first series that has the modules of a part
_SINCE = {"prometheus": (3, 2)}
_WITH_SOCKET = {
    "tls": (("tls", "wss"), "tls:192.0.2.1:5061"),
    "websocket": (("ws", "wss"), "wss:192.0.2.1:443"),
    "capture": (("hep_udp", "hep_tcp"), "hep_udp:192.0.2.1:5656"),
}
_RESOURCE = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_PLACE = re.compile(r"[A-Za-z0-9_.-]{1,253}:[0-9]{1,5}\Z")
_SIP_URI = re.compile(
    r"sips?:(?:[A-Za-z0-9_.-]+@)?(?:\[[0-9A-Fa-f:]{2,39}\]|[A-Za-z0-9_.-]{1,253})(?::[0-9]{1,5})?(?:;transport=[a-z]{2,4})?\Z"
)
_MEDIA_SOCKET = re.compile(r"[A-Za-z0-9_.:/@\[\]=-]{3,255}\Z")
_FILE = re.compile(r"(?:/[A-Za-z0-9._@+,=~:-]+)+\Z")
# options that are numbers: (least, most)
_RANGES = {
    "opensips_server_dispatcher_set": (0, 2**31 - 1),
    "opensips_server_load_balancer_group": (0, 2**31 - 1),
    "opensips_server_drouting_group": (0, 2**31 - 1),
    "opensips_server_capture_id": (1, 65535),
    "opensips_server_rate_limit": (1, 1000000),
}


def problems(options: t.Mapping[str, t.Any], known: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """What is wrong with opensips_server_parts and the options of the parts, as sentences.

    known: as for _config_options.problems(), with series (such as 3.6).
    """
    parts = [part for part in options.get("opensips_server_parts") or [] if isinstance(part, str)]
    for check in (_needs, _numbers, _registrar, _presence, _media, _certificate, _capture, _balancer):
        yield from check(parts, options, known)


def _needs(parts: list[str], options: t.Mapping[str, t.Any], known: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """Versions, databases and sockets."""
    series = tuple(map(int, re.findall(r"[0-9]+", str(known.get("series") or ""))[:2]))
    protocols = {str(socket).partition(":")[0] for socket in options.get("opensips_server_sockets") or []}
    for index, part in enumerate(parts):
        where = f"opensips_server_parts[{index}]: {part}"
        since = _SINCE.get(part)
        if since and series and series < since:
            yield f"{where} requires OpenSIPS {'.'.join(map(str, since))} or later. Remove it, or set opensips_server_version."
        module = _WITH_DATABASE.get(part)
        if module and not _has_database(options, module):
            yield f"{where} requires a database. Set opensips_server_db_url, such as sqlite:////etc/opensips/opensips.sqlite."
        wanted, example = _WITH_SOCKET.get(part, ((), ""))
        if wanted and not protocols.intersection(wanted):
            yield f"{where} requires a socket with {' or '.join(wanted)}. Add one to opensips_server_sockets, such as {example}."


def _has_database(options: t.Mapping[str, t.Any], module: str) -> bool:
    return bool(options.get("opensips_server_db_url") or _parameter(options, module, "db_url"))


def _parameter(options: t.Mapping[str, t.Any], module: str, name: str) -> t.Any:
    """A parameter in opensips_server_modparams, or None."""
    modules = options.get("opensips_server_modparams")
    parameters = modules.get(module) if isinstance(modules, dict) else None
    return parameters.get(name) if isinstance(parameters, dict) else None


def _numbers(_parts: list[str], options: t.Mapping[str, t.Any], _known: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for option, (least, most) in _RANGES.items():
        value = options.get(option)
        if value is None or value == "":
            continue
        if not re.match(r"-?[0-9]{1,18}\Z", str(value)) or not least <= int(value) <= most:
            yield f"{option} is {values.excerpt(value)}. Use a number from {least} to {most}."


def _registrar(parts: list[str], options: t.Mapping[str, t.Any], _known: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if "registrar" in parts and options.get("opensips_server_registrar_auth") and not _has_database(options, "auth_db"):
        yield (
            "opensips_server_registrar_auth requires the accounts of a database. Set opensips_server_db_url, "
            "such as sqlite:////etc/opensips/opensips.sqlite, or set opensips_server_registrar_auth to false to let anybody register."
        )


def _presence(parts: list[str], options: t.Mapping[str, t.Any], _known: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if "presence" not in parts:
        return
    uri = str(options.get("opensips_server_presence_server") or "")
    if not _SIP_URI.match(uri):
        yield (
            f"opensips_server_presence_server is {values.excerpt(uri) or 'empty'}. Set it to the SIP URI of this server, "
            "such as sip:192.0.2.1:5060. Without it, the role uses the first UDP socket that has an address."
        )


def _media(parts: list[str], options: t.Mapping[str, t.Any], _known: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    media = options.get("opensips_server_nat_media") or "none"
    sockets = options.get("opensips_server_nat_media_sockets") or []
    for index, socket in enumerate(sockets):
        if not _MEDIA_SOCKET.match(str(socket)):
            yield f"opensips_server_nat_media_sockets[{index}] is {values.excerpt(socket)}. Write it such as udp:127.0.0.1:2223."
    if media not in ("none", "rtpengine", "rtpproxy"):
        yield f"opensips_server_nat_media is {values.excerpt(media)}. Use none, rtpengine or rtpproxy."
        return
    if media == "none":
        return
    if not {"nat", "websocket"}.intersection(parts):
        yield f"opensips_server_nat_media is {media}, but opensips_server_parts does not have nat. Add nat, or remove opensips_server_nat_media."
    if not sockets:
        yield f"opensips_server_nat_media is {media}, but opensips_server_nat_media_sockets is empty. Add a socket, such as udp:127.0.0.1:2223."


def _certificate(parts: list[str], options: t.Mapping[str, t.Any], _known: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for name in ("certificate", "private_key", "ca"):
        path = options.get(f"opensips_server_tls_{name}")
        if path and not _FILE.match(str(path)):
            yield f"opensips_server_tls_{name} is {values.excerpt(path)}. Use an absolute path of letters, digits and . _ - @ + , = ~ :."
    if "tls" not in parts or _has_own_domains(options):
        return
    missing = [
        option
        for option in ("opensips_server_tls_certificate", "opensips_server_tls_private_key")
        if not options.get(option)
    ]
    if missing:
        yield (
            f"opensips_server_parts has tls, but {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set. "
            "Set the paths of both files on the host, or set db_url in opensips_server_modparams.tls_mgm for TLS domains in a database."
        )


def _has_own_domains(options: t.Mapping[str, t.Any]) -> bool:
    return any(_parameter(options, "tls_mgm", name) for name in ("db_url", "certificate"))


def _capture(parts: list[str], options: t.Mapping[str, t.Any], _known: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    address = str(options.get("opensips_server_capture_address") or "")
    # hep_id ends the host at the first colon: 3.6 and 4.0 crash on an IPv6 address in brackets, and refuse one without
    if address.count(":") > 1:
        yield (
            f"opensips_server_capture_address is {values.excerpt(address)}. OpenSIPS accepts no IPv6 address there. "
            "Set it to the name of the host of Homer and its port, such as homer.example.com:9060, or to an IPv4 address."
        )
    elif (address or "capture" in parts) and not _PLACE.match(address):
        yield f"opensips_server_capture_address is {values.excerpt(address) or 'empty'}. Set it to HOST:PORT of Homer, such as 192.0.2.9:9060."


def _balancer(_parts: list[str], options: t.Mapping[str, t.Any], _known: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    resource = options.get("opensips_server_load_balancer_resource")
    if resource and not _RESOURCE.match(str(resource)):
        yield f"opensips_server_load_balancer_resource is {values.excerpt(resource)}. Use letters, digits and . _ -."
