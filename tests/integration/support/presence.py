# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real OpenSIPS with the presence that the guide describes, and a watcher of ours that subscribes to message summaries."""

from __future__ import annotations

import contextlib
import re
import socket
import sqlite3
import time

from .opensips import RealOpensips, find_modules
from .phones import Message
from .playbook import COLLECTION

SECONDS = 5
MODULES = ("presence", "presence_mwi", "db_sqlite")
_GUIDE = COLLECTION / "docs" / "docsite" / "rst" / "fleets.rst"
# the columns that the module asks for; (version of the table, columns)
_TABLES = {
    "presentity": (5, "username domain event etag expires:INT received_time:INT body extra_hdrs sender"),
    "active_watchers": (
        12,
        "presentity_uri watcher_username watcher_domain to_user to_domain event event_id to_tag from_tag callid local_cseq:INT"
        " remote_cseq:INT contact record_route expires:INT status:INT reason version:INT socket_info local_contact sharing_tag",
    ),
    "watchers": (4, "presentity_uri watcher_username watcher_domain event status:INT reason inserted_time:INT"),
}


def missing(binary):
    """Which modules an opensips lacks for it (list)."""
    folder = find_modules(binary)
    return [name for name in MODULES if not (folder / f"{name}.so").exists()]


def snippets():
    """(modules and route, call of the route) as the guide writes them."""
    blocks = re.findall(r"\.\. code-block:: text\n\n((?:    .*\n|\n)+)", _GUIDE.read_text(encoding="utf-8"))
    [definitions] = [block for block in blocks if "handle_publish" in block]
    [call] = [block for block in blocks if "route(lamps);" in block]
    return definitions, call


def create_tables(path):
    """The database that the module wants, in a file of SQLite."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE version (table_name TEXT, table_version INT)")
        for name, (version, columns) in _TABLES.items():
            pairs = [f"{column}:TEXT".split(":")[:2] for column in columns.split()]
            listed = ", ".join(f"{column} {kind}" for column, kind in pairs)
            database.execute(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY AUTOINCREMENT, {listed})")
            database.execute("INSERT INTO version VALUES (?, ?)", (name, version))
        database.commit()


class RealPresence(RealOpensips):
    """An opensips whose script is the one of the guide, as far as lamps are concerned."""

    def _configuration(self, version):
        create_tables(self.folder / "presence.db")
        definitions, call = snippets()
        definitions = definitions.replace("db_mysql", "db_sqlite")
        definitions = re.sub(r'"mysql://[^"]*"', f'"sqlite://{self.folder}/presence.db"', definitions)
        if version < (3,):
            definitions = definitions.replace("t_reply(403,", 't_reply("403",')
            definitions += f'modparam("presence", "server_address", "sip:presence@127.0.0.1:{self.sip_port}")\n'
        text = super()._configuration(version).replace("route {\n", f"route {{\n{call}", 1)
        return text.replace("route {\n", f"{definitions}route {{\n", 1)

    @property
    def database(self):
        return self.folder / "presence.db"


class Watcher:
    """A user agent that subscribes to the message summary of user@127.0.0.1, and keeps the bodies it is notified of."""

    def __init__(self, user, server):
        self._user, self._server = user, server
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.port = self._socket.getsockname()[1]
        self.notified = []
        self._cseq, self._to_tag = 0, ""
        self.subscribe()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self._socket.close()

    def subscribe(self, expires=600):
        """Subscribe, renew, or with 0 end it; the code of the answer."""
        self._cseq += 1
        uri = f"sip:{self._user}@127.0.0.1"
        lines = [
            f"SUBSCRIBE {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bKw{self.port}x{self._cseq}",
            f"From: <{uri}>;tag=w{self.port}",
            f"To: <{uri}>{self._to_tag}",
            f"Call-ID: watcher-{self.port}",
            f"CSeq: {self._cseq} SUBSCRIBE",
            f"Contact: <sip:{self._user}@127.0.0.1:{self.port}>",
            "Max-Forwards: 10",
            "Event: message-summary",
            f"Expires: {expires}",
            "Content-Length: 0",
            "\r\n",
        ]
        self._socket.sendto("\r\n".join(lines).encode(), self._server.sip)
        answer = self._await(lambda message: message.first.startswith("SIP/2.0"))
        self._to_tag = ";tag=" + re.search(r";tag=([^;\s]+)", answer["To"])[1]
        return int(answer.first.split()[1])

    def body(self, part):
        """The first body that has a text, once it comes."""
        found = next((body for body in self.notified if part in body), None)
        return found or self._await(lambda message: part in message.body and message.method == "NOTIFY").body

    def states(self):
        """The Subscription-State headers of what came within a moment, and before."""
        with contextlib.suppress(AssertionError):
            self._await(lambda message: False, 0.5)
        return self._states

    _states: list = []

    def _await(self, wanted, seconds=SECONDS):
        """The first message that is wanted; each NOTIFY is answered and kept."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                data, address = self._socket.recvfrom(65535)
                message = Message(data)
                if message.method == "NOTIFY":
                    self._answer(message, address)
                if wanted(message):
                    return message
        raise AssertionError(f"it never came; notified: {self.notified}")

    def _answer(self, message, address):
        self._states = [*self._states, message["Subscription-State"]]
        if message.body:
            self.notified.append(message.body)
        lines = ["SIP/2.0 200 OK"]
        for name in ("Via", "From", "To", "Call-ID", "CSeq"):
            lines += [f"{name}: {value}" for value in message.all(name)]
        self._socket.sendto("\r\n".join([*lines, "Content-Length: 0", "\r\n"]).encode(), address)
