# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""TLS domains: tls_list (module tls_mgm, 2.2 and later).

Domain records:

name                    str            name of the domain
role                    str            server (accepts connections) or client (opens them)
address                 str or None    address that the domain is for, up to 2.4
match_addresses         list or None   addresses that choose the domain, ``*`` for any (3.0 and later)
match_sip_domains       list or None   SIP domains that choose the domain, ``*`` for any (3.0 and later)
method                  str or None    TLS version or range as the server writes it, ``TLSv1_2``, ``TLSv1-TLSv1_3``
verify_certificate      bool           the certificate of the other side is checked
require_certificate     bool           a client must have a certificate
crl_check_all           bool           every certificate of a chain is looked up in revocation lists
certificate_file        str or None    path on the server, None where the certificate is in a table
private_key_file        str or None    path on the server, None where the key is in a table
ca_file                 str or None    path on the server
ca_directory            str or None    path on the server
crl_directory           str or None    path on the server
dh_params_file          str or None    path on the server
ciphers                 str or None    ciphers, as OpenSSL writes them
ec_curve                str or None    curve

The server reports neither subject nor end of a certificate: certificate.py reads them from certificate_file.

2.4 cuts the names METHOD and DH_PARAMS_FILE short, and has a domain ``default`` of each role.

Sources: tls_mgm/tls_mgm.c (list_domain) of 2.2, 2.4, 3.0, 3.6, 4.0.
"""

from typing import Any, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Reply
from ansible_collections.community.opensips.plugins.module_utils._readers import shape

_ROLES = {"TLS_DOMAIN_SRV": "server", "TLS_DOMAIN_CLI": "client"}


def parse(reply: Reply) -> List[shape.Record]:
    """The domains of a tls_list reply: list of records."""
    if reply.is_tree:
        return [_record(_of_node(node)) for node in reply.result if node["name"] == "Domain"]
    rows = shape.sequence(shape.mapping(reply.result, "tls_list").get("Domains"), "Domains")
    return [_record(_lower(shape.mapping(row, "Domains"))) for row in rows]


def read(conn: Connection) -> List[shape.Record]:
    """Ask the server: list of records."""
    return parse(conn.call("tls_list"))


def _of_node(node: Dict[str, Any]) -> Dict[str, Any]:
    return dict(_lower(shape.fields(node)), name=node["value"])


def _lower(raw: Dict[str, Any]) -> Dict[str, Any]:
    return {name.lower(): value for name, value in raw.items()}


def _record(raw: Dict[str, Any]) -> shape.Record:
    get = raw.get
    role = shape.word(get("type"), "type")
    if role not in _ROLES:
        raise shape.malformed("type", role)
    return {
        "name": shape.needed(get("name"), "name"),
        "role": _ROLES[role],
        "address": shape.word(get("address"), "Address"),
        "match_addresses": _filters(get("ip address filters")),
        "match_sip_domains": _filters(get("sip domain filters")),
        "method": shape.word(get("method", get("meth")), "METHOD"),
        "verify_certificate": shape.needed_switch(get("verify_cert"), "VERIFY_CERT"),
        "require_certificate": shape.needed_switch(get("req_cli_cert"), "REQ_CLI_CERT"),
        "crl_check_all": shape.needed_switch(get("crl_checkall"), "CRL_CHECKALL"),
        "certificate_file": shape.word(get("cert_file"), "CERT_FILE"),
        "private_key_file": shape.word(get("pkey_file"), "PKEY_FILE"),
        "ca_file": shape.word(get("ca_file"), "CA_FILE"),
        "ca_directory": shape.word(get("ca_dir"), "CA_DIR"),
        "crl_directory": shape.word(get("crl_dir"), "CRL_DIR"),
        "dh_params_file": shape.word(get("dh_params_file", get("dh_params")), "DH_PARAMS_FILE"),
        "ciphers": shape.word(get("cipher_list"), "CIPHER_LIST"),
        "ec_curve": shape.word(get("ec_curve"), "EC_CURVE"),
    }


def _filters(value: Any) -> Optional[List[str]]:
    if value is None:
        return None
    return [shape.needed(item, "A filter") for item in shape.sequence(value, "Filters")]
