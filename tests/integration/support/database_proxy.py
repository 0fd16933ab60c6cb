# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Something between a module and a database server that fails at a chosen moment."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading

# What happens when the bytes pass: the request is lost with the connection; it arrives and its answer is lost; neither side
# hears of the other any more, though both stay connected.
LOSE_REQUEST, LOSE_ANSWER, HANG = "lose_request", "lose_answer", "hang"


class Proxy:
    """A Unix socket in front of that of a database. Use as a context manager.

    database: databases.Database. options: how a module gets through it. fired: whether the fault has happened.
    """

    def __init__(self, database, folder):
        there = database.options["login_unix_socket"]
        # PostgreSQL is given the folder, MariaDB the socket
        self._there = os.path.join(there, ".s.PGSQL.5432") if database.engine == "postgresql" else there
        here = os.path.join(folder, ".s.PGSQL.5432")
        self.options = {
            **database.options,
            "login_unix_socket": str(folder) if database.engine == "postgresql" else here,
        }
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(here)
        self._listener.listen(16)
        self._ended = threading.Event()
        self._fault = self._words = None
        self._after = b""
        self._bytes = None
        self._stays_down = False
        self.fired = False

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exc):
        self._ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def fail_at(self, words, fault, stays_down=False, after=b""):
        """Have the fault happen once, when the client sends the words (bytes), after it sent others before.

        stays_down: nobody gets in after it.
        """
        self._words, self._fault, self._stays_down, self._after = words, fault, stays_down, after

    def cut_after(self, count):
        """Cut the connection once count bytes have come from the database."""
        self._bytes = count

    def _accept(self):
        while not self._ended.is_set():
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            if self.fired and self._stays_down:
                client.close()
                continue
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client):
        server = socket.socket(socket.AF_UNIX)
        with client, server, contextlib.suppress(OSError):
            server.connect(self._there)
            while not self._ended.is_set():
                for ready in select.select([client, server], [], [], 0.5)[0]:
                    data = ready.recv(65536)
                    if not data or not self._pass(data, ready is client, server):
                        return
                    (server if ready is client else client).sendall(data)

    def _pass(self, data, is_request, server):
        """Whether the data is to be handed on."""
        if not is_request:
            if self._bytes is None:
                return True
            self._bytes -= len(data)
            self.fired = self.fired or self._bytes < 0
            return self._bytes >= 0
        if self._after in data:
            self._after = b""
        if self._after or self._words is None or self._words not in data:
            return True
        self._words, self.fired = None, True
        if self._fault == LOSE_ANSWER:
            server.sendall(data)
            server.recv(65536)
        elif self._fault == HANG:
            self._ended.wait()
        return False
