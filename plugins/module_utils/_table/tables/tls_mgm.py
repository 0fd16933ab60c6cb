# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Domains of TLS, with their certificates and private keys.

A reload takes some rows badly. Seen on running servers: an address that is none leaves 3.6 with domains that were never
initialised, and the next handshake is a segmentation fault. More than MOST_FILTERS SIP domains for one address make the reload of
3.6 return without giving back a lock that every handshake takes. A method that is NULL is a segmentation fault of 2.4.

Sources: modules/tls_mgm/tls_mgm.c, tls_domain.c, modules/tls_openssl/openssl_config.c of 2.4, 3.6, 4.0.
"""

import ipaddress
import re
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._readers import tls
from ansible_collections.community.opensips.plugins.module_utils._table import views
from ansible_collections.community.opensips.plugins.module_utils._table.tables.record import Record, Whole

if TYPE_CHECKING:
    from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection

CLIENT, SERVER = 1, 2
ROLES = {"client": CLIENT, "server": SERVER}
ANY = "*"
# DOM_FILT_ARR_MAX
MOST_FILTERS = 64
# The version of the table that has filters, and no address (3.0 and later)
WITH_FILTERS = 3
# What a name begins with in 2.x that is the default domain of its role
DEFAULT = "default"
_METHODS = ("sslv23", "tlsany", "tlsv1", "tlsv1_2", "tlsv1_3")
_OLD_METHODS = _METHODS[:-1]
# columns whose value the server shows as it is: {column: key of a tls_list record, and option of opensips_tls_domain}
TEXTS = {"ca_dir": "ca_directory", "crl_dir": "crl_directory", "cipher_list": "ciphers", "ec_curve": "ec_curve"}
SWITCHES = {
    "verify_cert": "verify_certificate",
    "require_cert": "require_certificate",
    "crl_check_all": "crl_check_all",
}

Address = Tuple[str, int]


def address(text: str) -> Optional[Address]:
    """The (address, port) that text such as 192.0.2.1:5061 or [2001:db8::1]:5061 names, in one spelling; None for anything else."""
    host, _colon, port = text.strip().rpartition(":")
    if not re.match("[0-9]{1,5}\\Z", port):
        return None
    try:
        return str(ipaddress.ip_address(host.strip("[]"))), int(port)
    except ValueError:
        return None


def addresses(text: Optional[str]) -> List[str]:
    """The addresses of a match_ip_address, in one spelling; ANY alone for those that match any."""
    if text is None or text.startswith(ANY):
        return [ANY]
    found = (address(part) for part in text.split(","))
    return ["{0}:{1}".format(*pair) for pair in found if pair]


def sip_domains(text: Optional[str]) -> List[str]:
    """The SIP domains of a match_sip_domain."""
    return [ANY] if text is None else [part.strip() for part in text.split(",")]


def _check(row: Dict[str, Any], version: Optional[int]) -> List[str]:
    return [*_type_problems(row, version), *_method_problems(row, version), *_address_problems(row)]


def _type_problems(row: Dict[str, Any], version: Optional[int]) -> Iterator[str]:
    known = ["1", "2"] if version is None or version >= WITH_FILTERS else ["0", "1", "2"]
    if "type" in row and str(row["type"]) not in known:
        yield f"column type: {row['type']!r} is not {' or '.join(known)}"


def _method_problems(row: Dict[str, Any], version: Optional[int]) -> Iterator[str]:
    if "method" not in row:
        return
    method, old = row["method"], version is not None and version < WITH_FILTERS
    if method is None:
        if old:
            yield "column method: NULL crashes OpenSIPS 2.x, use SSLv23"
        return
    known = _OLD_METHODS if old else _METHODS
    parts = [str(method)] if old else str(method).split("-", 1)
    if any(part.strip().lower() not in (*known, *([""] if len(parts) == 2 else [])) for part in parts):
        yield f"column method: {method!r} is not a TLS version such as TLSv1_2" + ("" if old else " or TLSv1_2-TLSv1_3")


def _address_problems(row: Dict[str, Any]) -> Iterator[str]:
    for column in ("match_ip_address", "address"):
        value = row.get(column)
        if value is None or (column == "match_ip_address" and str(value).startswith(ANY)):
            continue
        several = column == "match_ip_address"
        for part in str(value).split(",") if several else [str(value)]:
            if address(part) is None:
                yield f"column {column}: {part.strip()!r} is not an address with a port such as 192.0.2.1:5061"


def filters(rows: List[Dict[str, Any]]) -> Iterator[Tuple[int, str, str, str]]:
    """(type, address, SIP domain, name) of each pair that a domain of rows, of a table with filters, matches."""
    for row in rows:
        for place in addresses(row["match_ip_address"]):
            for domain in sip_domains(row["match_sip_domain"]):
                yield row["type"], place, domain.lower(), row["domain"]


def reload_problems(rows: List[Dict[str, Any]], version: Optional[int]) -> List[str]:
    """Why a server must not read the rows, all of the table: list of str."""
    found = [
        f"the domain {row['domain']} (type {row['type']}), {problem}"
        for row in rows
        for problem in [*_method_problems(row, version), *_address_problems(row)]
    ]
    if version is None or version < WITH_FILTERS:
        return found
    counted: Dict[Tuple[int, str], Any] = {}
    for kind, place, domain, _name in filters(rows):
        counted.setdefault((kind, place), set()).add(domain)
    return found + [
        f"{len(domains)} SIP domains of type {kind} match the address {place}, and the server takes at most {MOST_FILTERS}"
        for (kind, place), domains in sorted(counted.items())
        if len(domains) > MOST_FILTERS
    ]


def _read(conn: "Connection", _partition: Optional[str]) -> Dict[Tuple[Any, ...], Dict[str, Any]]:
    """The domains that come from the table: those of the configuration have a file."""
    return {
        (record["name"], ROLES[record["role"]]): _row_of(record)
        for record in tls.read(conn)
        if record["certificate_file"] is None
    }


def _row_of(record: Dict[str, Any]) -> Dict[str, Any]:
    """A tls_list record in the words of the columns; None for what the version does not show."""
    row = {column: record[key] for column, key in {**TEXTS, **SWITCHES}.items()}
    matched = record["match_addresses"]
    row["match_ip_address"] = None if matched is None else _joined(addresses(",".join(matched)))
    row["match_sip_domain"] = None if matched is None else _joined(record["match_sip_domains"])
    row["address"] = record["address"]
    row["method"] = record["method"]
    return row


def _things(row: Dict[str, Any]) -> List[Tuple[Any, ...]]:
    return [(row["domain"], kind) for kind in ([row["type"]] if row["type"] else [CLIENT, SERVER])]


def _facts(row: Dict[str, Any]) -> Dict[str, Any]:
    """What the row says, as the server shows it. An empty column has a default of the configuration."""
    facts: Dict[str, Any] = {name: row[name] for name in TEXTS if row.get(name)}
    facts.update((name, bool(row[name])) for name in SWITCHES if row.get(name) is not None)
    if "match_ip_address" in row:
        facts["match_ip_address"] = _joined(addresses(row["match_ip_address"]))
    if "match_sip_domain" in row:
        facts["match_sip_domain"] = _joined(sip_domains(row["match_sip_domain"]))
    found = address(row["address"]) if row.get("address") and not row["domain"].startswith(DEFAULT) else None
    if found is not None:
        # without the port
        facts["address"] = found[0]
    method = row.get("method")
    if method and "-" not in method:
        names = {"sslv23": "SSLv23", "tlsany": "SSLv23", "tlsv1": "TLSv1", "tlsv1_2": "TLSv1_2", "tlsv1_3": "TLSv1_3"}
        facts["method"] = names[method.lower()]
    return facts


def _joined(texts: List[str]) -> str:
    return ",".join(sorted(texts))


RECORD = Record(
    "tls_mgm",
    match="domain type|address type",
    scope="type",
    secrets="private_key",
    check=_check,
    checked="type method match_ip_address address",
    whole=Whole("domain type method match_ip_address match_sip_domain address", reload_problems),
    view=views.Listing("tls_list", "domain type", _read, things=_things, facts=_facts),
)
