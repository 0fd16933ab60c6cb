# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tls_mgm: the domains of tls_domains.py."""

from ..errors import MIError
from ..tls_domains import Harm
from ..tree import node, tree
from . import command

_CLIENT = "TLS_DOMAIN_CLI"
# between texts, as the server lists them
_ORDER = (
    "CERT_FILE",
    "CRL_DIR",
    "CA_FILE",
    "CA_DIR",
    "PKEY_FILE",
    "CIPHER_LIST",
    "DH_PARAMS",
    "DH_PARAMS_FILE",
    "EC_CURVE",
)


@command("tls_list", no_input=True)
def tls_list(server, params):
    domains = server.state.tls.table + server.state.tls.script
    ordered = sorted(domains, key=lambda domain: domain.role != _CLIENT)
    if server.state.tree:
        defaults = [domain for domain in ordered if domain.name == "default"]
        return tree(*map(_node, defaults + [domain for domain in ordered if domain.name != "default"]))
    return {"Domains": [_domain(domain) for domain in ordered]}


@command("tls_reload", no_input=True)
def tls_reload(server, params):
    try:
        server.state.tls.reload()
    except Harm as harm:
        kind, reason = harm.args
        getattr(server, kind)(reason)
        raise MIError(500, "Failed to reload") from None


def _texts(domain):
    values = {**domain.texts, **(domain.files or {})}
    return {name: values[name] for name in _ORDER if name in values}


def _node(domain):
    # 2.4 cuts two names short
    values = {
        "Type": domain.role,
        "Address": domain.filters[0].rpartition(":")[0] or domain.filters[0],
        "METH": domain.method,
        **{name: "yes" if value else "no" for name, value in domain.switches.items()},
        **_texts(domain),
    }
    return node("Domain", domain.name, (), [node(key, value) for key, value in values.items()])


def _domain(domain):
    return {
        "name": domain.name,
        "type": domain.role,
        "IP ADDRESS FILTERS": domain.filters,
        "SIP DOMAIN FILTERS": domain.sip_domains,
        "METHOD": domain.method,
        **domain.switches,
        **_texts(domain),
    }
