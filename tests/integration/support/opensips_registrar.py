# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real OpenSIPS that is a registrar and proxy over UDP, TCP and TLS, and asks each user for the same password."""

from __future__ import annotations

import contextlib
import socket

from .opensips import RealOpensips, free_ports

REALM = "test"
# (modparam value, domain) of a TLS domain since 3.0
_DOMAIN = 'modparam("tls_mgm", "{name}", "[one]{value}")'


def has_ipv6():
    """Whether this host has the loopback address of IPv6."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as sock:
        sock.bind(("::1", 0))
        return True
    return False


class RealRegistrar(RealOpensips):
    """certificate: (path, path of its key), for TLS; None for none. algorithms: of its challenges, since 3.2."""

    def __init__(self, binary, certificate=None, password="secret", algorithms="MD5,SHA-256,SHA-512-256"):
        self._certificate, self._password, self._algorithms = certificate, password, algorithms
        self.tls_port = free_ports(1)[0]
        super().__init__(binary)

    def target(self, transport="udp", host="127.0.0.1"):
        """Its socket, as opensips_sip takes it. host: another one is ``[::1]``, where IPv6 is there."""
        return f"{transport}:{host}:{self.tls_port if transport == 'tls' else self.sip_port}"

    def _configuration(self, version):
        lines = super()._configuration(version).splitlines()
        modern = version >= (3,)
        word = "socket" if modern else "listen"
        begin = [f"{word}={self.target('tcp')}"]
        if has_ipv6():
            begin += [f"{word}={self.target(transport, '[::1]')}" for transport in ("udp", "tcp")]
        modules = self._load("proto_tcp", "auth", *([] if modern else ["uri"]))
        if self._certificate:
            begin += [f"{word}={self.target('tls', host)}" for host in ("127.0.0.1", "[::1]")[: 1 + has_ipv6()]]
            modules += self._tls(modern)
        modules += [
            'modparam("auth", "calculate_ha1", 1)',
            'modparam("auth", "username_spec", "$avp(user)")',
            'modparam("auth", "password_spec", "$avp(password)")',
        ]
        head = lines[: lines.index("route {")]
        return "\n".join([*begin, *head, *modules, *self._routes(modern)]) + "\n"

    def _tls(self, modern):
        path, key = self._certificate
        names = ["proto_tls", "tls_mgm", *(["tls_openssl"] if modern else [])]
        values = {"certificate": path, "private_key": key, "verify_cert": 0, "require_cert": 0}
        if not modern:
            return [
                *self._load(*names),
                *(f'modparam("tls_mgm", "{name}", "{value}")' for name, value in values.items()),
            ]
        values = {"match_ip_address": "*", **values}
        return [
            *self._load(*names),
            'modparam("tls_mgm", "server_domain", "one")',
            *(_DOMAIN.format(name=name, value=value) for name, value in values.items()),
        ]

    def _routes(self, modern):
        def reply(code, reason):
            return f'sl_send_reply({code}, "{reason}");' if modern else f'sl_send_reply("{code}", "{reason}");'

        qop = f'"auth", "{self._algorithms}"' if modern else '"1"'
        return [
            "route {",
            "    if (has_totag()) {",
            "        if (loose_route() || t_check_trans()) t_relay();",
            f'        else if (!is_method("ACK")) {{ {reply(404, "Not here")} }}',
            "        exit;",
            "    }",
            '    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }',
            f'    if (is_method("OPTIONS") && $rU == NULL) {{ {reply(200, "OK")} exit; }}',
            f'    $avp(user) = $fU; $avp(password) = "{self._password}";',
            '    if (is_method("REGISTER")) {',
            f'        if (!pv_www_authorize("{REALM}")) {{ www_challenge("{REALM}", {qop}); exit; }}',
            '        if (!save("location")) sl_reply_error();',
            "        exit;",
            "    }",
            '    if (is_method("INVITE|MESSAGE")) {',
            f'        if (!pv_proxy_authorize("{REALM}")) {{ proxy_challenge("{REALM}", {qop}); exit; }}',
            "        consume_credentials();",
            "    }",
            "    t_check_trans();",
            '    if (is_method("INVITE")) record_route();',
            f'    if (!lookup("location")) {{ {reply(404, "Not Found")} exit; }}',
            "    t_relay();",
            "}",
        ]
