# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS domains: those of the script, those of a table, and the socket on which they are presented.

The table is tls_mgm of opensips.sqlite in the directory of TLS, if there is one. The script has a client domain and a server
domain; the certificate of the latter is cert.pem with key.pem in the directory, read when the emulator starts and never again.

Source: tls_domain.c and tls_mgm.c of 2.4, 3.6, 4.0; what 3.6.8, 4.0.1 and 2.4.11 did on loopback.
"""

import asyncio
import fnmatch
import os
import sqlite3
import ssl
import tempfile
from collections import namedtuple

from . import sip

_MOST_FILTERS = 64
_SWITCHES = {"verify_cert": "VERIFY_CERT", "require_cert": "REQ_CLI_CERT", "crl_check_all": "CRL_CHECKALL"}

# filters, sip_domains: lists of str; 2.4 has one address, and no SIP domains. context: ssl.SSLContext, None where there is no file
Domain = namedtuple("Domain", "name role filters sip_domains method switches texts files context")


class Harm(Exception):
    """What a reload does to a real server; the first argument is "crash" or "harm"."""


class Domains:
    """All TLS domains of a server. state: its State. directory: with its certificate, its key and the database."""

    def __init__(self, state, directory):
        self._state = state
        self._path = os.path.join(directory, "opensips.sqlite")
        self.script = _script(state, directory)
        # domains of the script of 2.x that anybody may have connected to
        self._used = self.script if state.tree else []
        self.table = self._load()
        # the order in which they are matched: a reload puts those of the table behind those of the script
        self._order = self.table + self.script

    def reload(self):
        """Raises Harm."""
        if self._state.v >= (4, 0):
            raise Harm("crash", "tls_reload in another process than that of the TLS contexts")
        if any(domain.name != "default" and domain.role == "TLS_DOMAIN_SRV" for domain in self._used):
            raise Harm(
                "harm", "a lock that a connection to a domain of the script of 2.x keeps: all of TLS waits for it"
            )
        self.table = self._load()
        self._order = self.script + self.table

    def place_script(self, port):
        """Have the server domain of the script on a socket of its own; in 2.x it is the default one."""
        if self._state.tree:
            self.script = self._used = [domain for domain in self.script if domain.name == "default"]
            self._order = self.table + self.script
            return
        self.script = [
            domain._replace(filters=[f"127.0.0.1:{port}"]) if domain.name == "sv" else domain for domain in self.script
        ]
        self._order = self.table + self.script

    def choose(self, address, server_name):
        """The server domain for a connection to address (str, with a port), or None."""
        servers = [domain for domain in self._order if domain.role == "TLS_DOMAIN_SRV"]
        if self._state.tree:
            default = next((domain for domain in servers if domain.name == "default"), None)
            return next((domain for domain in servers if domain.filters == [address]), default)
        there = [domain for domain in servers if address in domain.filters] or [
            domain for domain in servers if domain.filters == ["*"]
        ]
        pairs = [(pattern, domain) for domain in there for pattern in domain.sip_domains]
        pairs.sort(key=lambda pair: 2 if pair[0] == "*" else 1 if "*" in pair[0] else 0)
        name = (server_name or "none").lower()
        return next((domain for pattern, domain in pairs if fnmatch.fnmatchcase(name, pattern.lower())), None)

    def _load(self):
        rows = _rows(self._path)
        self._refuse(rows)
        # each is put before those that were there
        found = [self._domain(row) for row in reversed(rows)]
        return [domain for domain in found if domain is not None]

    def _refuse(self, rows):
        counts = {}
        for row in rows:
            if self._state.tree and row["method"] is None:
                raise Harm("crash", "a TLS domain of 2.x whose method is NULL")
            if not self._state.tree and not _is_filter(row["match_ip_address"]):
                raise Harm("crash", f"a handshake after a TLS domain with the address {row['match_ip_address']!r}")
            for place in (row.get("match_ip_address") or "*").split(","):
                names = counts.setdefault((row["type"], place), set())
                names.update((row.get("match_sip_domain") or "*").split(","))
        if any(len(names) > _MOST_FILTERS for names in counts.values()):
            raise Harm("harm", "more SIP domains for an address than tls_mgm bears: all of TLS waits for a lock")

    def _domain(self, row):
        context = None
        role = "TLS_DOMAIN_SRV" if row["type"] == 2 else "TLS_DOMAIN_CLI"
        if role == "TLS_DOMAIN_SRV" or row["certificate"]:
            context = _context_of(row)
            # load_crl() fails for a directory that is not there
            lacks = bool(row["crl_dir"]) and not os.path.isdir(row["crl_dir"])
            if (
                context is None
                or lacks
                or row["domain"] in [domain.name for domain in self.script if domain.role == role]
            ):
                # skipped, with a line in the log
                return None
        if self._state.tree:
            filters, names = [row["address"] or "0.0.0.0"], None
        else:
            text = row["match_ip_address"] or "*"
            filters = ["*"] if text.startswith("*") else [part.strip() for part in reversed(text.split(","))]
            names = [part.strip() for part in reversed((row["match_sip_domain"] or "*").split(","))]
        switches = {shown: bool(row[column]) for column, shown in _SWITCHES.items()}
        texts = {
            "CRL_DIR": row["crl_dir"] or "",
            "CA_DIR": row["ca_dir"] or "/etc/pki/CA/",
            "CIPHER_LIST": row["cipher_list"] or "",
            "EC_CURVE": row["ec_curve"] or "",
        }
        return Domain(row["domain"], role, filters, names, row["method"] or "SSLv23", switches, texts, None, context)


def _is_filter(text):
    return text is None or text.startswith("*") or all(":" in part for part in text.split(","))


def _rows(path):
    if not os.path.exists(path):
        return []
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in database.execute("SELECT * FROM tls_mgm ORDER BY id")]
    except sqlite3.Error:
        return []
    finally:
        database.close()


def _context_of(row):
    with tempfile.NamedTemporaryFile() as file:
        for column in ("certificate", "private_key"):
            value = row[column] or b""
            file.write(value.encode() if isinstance(value, str) else value)
        file.flush()
        return _context(file.name, None, row)


def _context(certificate, key, row):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, lambda: "")
        if row and (row["verify_cert"] or row["require_cert"]):
            context.verify_mode = ssl.CERT_REQUIRED if row["require_cert"] else ssl.CERT_OPTIONAL
            if row["ca_list"]:
                text = row["ca_list"]
                context.load_verify_locations(cadata=text if isinstance(text, str) else text.decode())
        if row and row["method"] == "TLSv1_2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if row and row["cipher_list"]:
            context.set_ciphers(row["cipher_list"])
        if row and row["ec_curve"]:
            # it makes an EC_KEY of the name
            if row["ec_curve"].startswith(("X", "ffdhe")):
                return None
            context.set_ecdh_curve(row["ec_curve"])
    except (OSError, ValueError):
        return None
    return context


def _script(state, directory):
    files = {"CERT_FILE": f"{directory}/cert.pem", "CA_FILE": "", "PKEY_FILE": f"{directory}/key.pem"}
    files["DH_PARAMS" if state.tree else "DH_PARAMS_FILE"] = ""
    texts = {"CRL_DIR": "", "CA_DIR": "/etc/pki/CA/", "CIPHER_LIST": "", "EC_CURVE": ""}
    switches = dict.fromkeys(_SWITCHES.values(), False)
    context = _context(files["CERT_FILE"], files["PKEY_FILE"], None)

    def domain(name, role, place, method):
        return Domain(name, role, [place], ["*"], method, switches, texts, files, context)

    if state.tree:
        return [
            domain("default", "TLS_DOMAIN_CLI", "0.0.0.0", "SSLv23"),
            domain("default", "TLS_DOMAIN_SRV", "0.0.0.0", "SSLv23"),
            domain("sv", "TLS_DOMAIN_SRV", "127.0.0.1", "SSLv23"),
        ]
    return [
        domain("cl", "TLS_DOMAIN_CLI", "*", "SSLv23"),
        domain("sv", "TLS_DOMAIN_SRV", "127.0.0.1:5061", "TLSv1_2"),
    ]


class Listener:
    """A TLS socket of SIP that answers OPTIONS. server: the Server."""

    def __init__(self, server):
        self._server = server
        self._listening = None
        self.port = None

    async def start(self, port):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = self._choose
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=context)
        self.port = self._listening.sockets[0].getsockname()[1]

    def close(self):
        if self._listening is not None:
            self._listening.close()
            self._listening = None

    def _choose(self, connection, server_name, _context):
        domain = self._server.state.tls.choose(f"127.0.0.1:{self.port}", server_name)
        if domain is None or domain.context is None:
            return ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
        connection.context = domain.context
        return None

    async def _serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                message = sip.Message(head)
                writer.write(sip.answer(message, self._server.state.options_code or 500))
                await writer.drain()
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()
