# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SIP over UDP as far as a registrar and t_uac_dlg need it: messages, and client transactions with timers."""

import functools
import heapq
import itertools
import random
import re
import socket
import time

T1, T2 = 0.5, 4.0
# how the server counts repetitions: by the seconds before each
REPETITIONS = {T1: "T1_1", 2 * T1: "T1_2", 4 * T1: "T1_3"}
TICK = 0.02
MAGIC = "z9hG4bK"

REASONS = {
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    412: "Conditional request failed",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    489: "Bad Event",
    500: "Server Internal Error",
    503: "Service Unavailable",
    603: "Decline",
    100: "Trying",
    183: "Session Progress",
}

_COMPACT = {
    "f": "from",
    "t": "to",
    "v": "via",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
    "o": "event",
    "k": "supported",
    "s": "subject",
    "u": "allow-events",
}

_TEL = re.compile(r"^tel:(\+?[0-9().-]+)((?:;\S*)?)$", re.I)
# sent-by, parameters, further values
_TOP_VIA = re.compile(r"(\S+\s+(\[[^\]]*\]|[^:;,\s]+)(?:\s*:\s*\d+)?)([^,]*)(.*)", re.S)
_RPORT = re.compile(r";\s*rport\s*(?=;|\Z)", re.I)
_URI = re.compile(r"^(sips?):(?:([^@]*)@)?(\[[0-9A-Fa-f:.]+\]|[^:;?\[\]\s@]+)(?::(\d+))?((?:;[^?\s]*)?)(\?\S*)?$", re.I)


_NAME_ADDR = re.compile(r'\s*((?:"(?:[^"\\]|\\.)*"|[^<"]*?)\s*)<([^>]*)>\s*(.*)$', re.S)


class Uri:
    """A parsed SIP URI."""

    __slots__ = ("scheme", "user", "host", "port", "params")

    def __init__(self, scheme, user, host, port, params):
        self.scheme, self.user, self.host, self.port, self.params = scheme, user, host, port, params


def parse_uri(text):
    """A Uri, or None when a server would refuse it."""
    match = _URI.match(text)
    if match is None:
        match = _TEL.match(text)
        return Uri("tel", match.group(1), "", 0, {}) if match else None
    params = {}
    for part in match.group(5).split(";")[1:]:
        name, _mark, value = part.partition("=")
        params[name.lower()] = value
    port = int(match.group(4)) if match.group(4) else 0
    return Uri(match.group(1).lower(), match.group(2), match.group(3).strip("[]"), port, params)


def name_addr(value):
    """(display name with its blanks, URI, parameters as text) of a From, To or Contact value."""
    match = _NAME_ADDR.match(value)
    if match:
        return match.group(1).strip(), match.group(2), match.group(3)
    uri, sep, params = value.strip().partition(";")
    return "", uri, sep + params


@functools.lru_cache(maxsize=64)
def _param(name):
    return re.compile(r";\s*" + re.escape(name) + r'\s*(?:=\s*("[^"]*"|[^;\s]*))?', re.I)


def header_param(params, name):
    """`;tag=x;lr` and `tag` -> `x`; None if absent."""
    match = _param(name).search(params)
    return None if match is None else (match.group(1) or "").strip('"')


def split_headers(block, verbatim=False):
    """[(name, value)] of a header block, folded lines joined, or verbatim as they came; None if a line is no header."""
    headers = []
    for line in block.split("\n") if verbatim else block.replace("\r\n", "\n").split("\n"):
        if not line.strip("\r"):
            continue
        if line[0] in " \t" and headers:
            name, before = headers[-1]
            headers[-1] = (name, before + "\n" + line if verbatim else before + " " + line.strip())
            continue
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or not name or " " in name:
            return None
        headers.append((name, value.lstrip() if verbatim else value.strip()))
    return [(name, value.strip()) for name, value in headers]


@functools.lru_cache(maxsize=512)
def canonical(name):
    name = name.lower()
    return _COMPACT.get(name, name)


def _with_source(via, address):
    match = _TOP_VIA.match(via)
    if match is None:
        return via
    sent_by, host, params, others = match.groups()
    params, asked = _RPORT.subn(f";rport={address[1]}", params)
    if asked or host.strip("[]") != address[0]:
        params = f";received={address[0]}{params}"
    return sent_by + params + others


class Message:
    """A received SIP message."""

    __slots__ = ("first", "head", "body", "_headers", "raw")

    def __init__(self, data):
        self.raw = data
        head, _mark, body = data.partition(b"\r\n\r\n")
        self.head = head.decode("utf-8", "surrogateescape")
        self.body = body
        self.first = self.head.partition("\r\n")[0]
        self._headers = None

    @property
    def headers(self):
        if self._headers is None:
            # a value holds its line ends, as the server keeps and prints it
            self._headers = split_headers(self.head.partition("\r\n")[2], verbatim=True) or []
        return self._headers

    def get(self, name, default=None):
        for key, value in self.headers:
            if canonical(key) == name:
                return value
        return default

    def came_from(self, address):
        """Note in the top Via where a request came from, as OpenSIPS does (RFC 3261 18.2.1, RFC 3581 4)."""
        for index, (name, value) in enumerate(self.headers):
            if canonical(name) == "via":
                self.headers[index] = (name, _with_source(value, address))
                return

    @property
    def is_reply(self):
        return self.first.startswith("SIP/2.0 ")

    @property
    def method(self):
        return self.first.partition(" ")[0]


def answer(message, code, tag=None, extra=(), reason=None, order=("via", "to", "from", "cseq", "call-id")):
    """Bytes of a reply to a request (RFC 3261 8.2.6)."""
    lines = [f"SIP/2.0 {code} {reason or REASONS.get(code, 'Unknown')}"]
    values = {}
    for name, value in message.headers:
        key = canonical(name)
        if key in order:
            if key == "to" and tag and header_param(name_addr(value)[2], "tag") is None:
                value += ";tag=" + tag
            values.setdefault(key, []).append(value)
    titles = {"via": "Via", "to": "To", "from": "From", "cseq": "CSeq", "call-id": "Call-ID"}
    for key in order:
        lines += [f"{titles[key]}: {value}" for value in values.get(key, ())]
    lines += ["{}: {}".format(*pair) for pair in extra]
    lines.append("Content-Length: 0\r\n\r\n")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


class Transaction:
    """A non-INVITE client transaction."""

    __slots__ = ("branch", "data", "address", "sock", "interval", "deadline", "done", "finished", "length")

    def __init__(self, branch, data, address, sock, deadline, done):
        self.branch, self.data, self.address, self.sock = branch, data, address, sock
        self.interval = T1
        self.deadline = deadline
        self.done = done  # done(status line without "SIP/2.0 ", rest of the message or None, room for a reply of MI)
        self.finished = False
        self.length = len(data)


class Endpoint:
    """UDP sockets of the server's SIP side."""

    def __init__(self, loop, port, fr_timeout, on_request, count, table):
        """table: the TransactionTable whose memory they take."""
        self.loop = loop
        self.table = table
        self.fr_timeout = fr_timeout
        self.on_request = on_request
        self.count = count  # count(statistic, by)
        self._transactions = {}
        self._timers = []
        self._sequence = itertools.count()
        self._random = random.Random()
        self._prefix = f"{MAGIC}{self._random.randrange(65536):04x}."
        self.callid_number = self._random.getrandbits(60) | (1 << 60)
        self.sockets = {}
        self._closed = False
        self.port = self._bind(socket.AF_INET, "127.0.0.1", port)
        try:
            self._bind(socket.AF_INET6, "::1", self.port)
        except OSError:
            pass
        self._timer = loop.call_later(TICK, self._tick)

    def _bind(self, family, host, port):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        try:
            sock.bind((host, port))
        except OSError:
            sock.close()
            raise
        self.sockets[family] = sock
        self.loop.add_reader(sock.fileno(), self._readable, sock)
        return sock.getsockname()[1]

    def close(self):
        self._closed = True
        self._timer.cancel()
        for sock in self.sockets.values():
            self.loop.remove_reader(sock.fileno())
            sock.close()
        self.sockets = {}
        self._transactions.clear()

    def new_branch(self):
        return f"{self._prefix}{next(self._sequence) * 8 + self._random.randrange(8):x}.0"

    def new_callid(self, pid):
        self.callid_number += 1
        return f"{self.callid_number:x}-{pid}@127.0.0.1"

    def send_request(self, branch, data, address, family, done):
        """Start a transaction; `done` is called once, with the final reply or 408. Raises OutOfMemory."""
        self.table.begin(len(data))
        sock = self.sockets[family]
        now = time.monotonic()
        transaction = Transaction(branch, data, address, sock, now + self.fr_timeout, done)
        self._transactions[branch] = transaction
        heapq.heappush(self._timers, (now + T1, next(self._sequence), transaction))
        self.count("tm:UAC_transactions", 1)
        self._send(sock, data, address)

    def send(self, data, address):
        self._send(self.sockets[socket.AF_INET6 if ":" in address[0] else socket.AF_INET], data, address)

    @staticmethod
    def _send(sock, data, address):
        try:
            sock.sendto(data, address)
        except OSError:
            pass  # a full buffer or an ICMP error: the network lost it, retransmissions follow

    def _tick(self):
        if self._closed:
            return
        now = time.monotonic()
        timers = self._timers
        while timers and timers[0][0] <= now:
            transaction = heapq.heappop(timers)[2]
            if transaction.finished:
                continue
            if now >= transaction.deadline:
                self._finish(transaction)
                self.count("tm:local_replies", 1)
                self.count("tm:4xx_transactions", 1)
                transaction.done("408 Request Timeout", None, True)
                continue
            self._send(transaction.sock, transaction.data, transaction.address)
            self.count(f"tm:retransmission_req_{REPETITIONS.get(transaction.interval, 'T2')}", 1)
            transaction.interval = min(transaction.interval * 2, T2)
            due = min(now + transaction.interval, transaction.deadline)
            heapq.heappush(timers, (due, next(self._sequence), transaction))
        self._timer = self.loop.call_later(TICK, self._tick)

    def _finish(self, transaction):
        transaction.finished = True
        self.table.answered(transaction.length)
        self._transactions.pop(transaction.branch, None)

    def _readable(self, sock):
        for _turn in range(200):
            try:
                data, address = sock.recvfrom(65535)
            except OSError:
                return
            if data.startswith(b"SIP/2.0 "):
                self._reply(data)
            elif len(data) > 4:  # shorter ones are keep-alives
                self.on_request(Message(data), address)
            if self._closed:
                return

    def _reply(self, data):
        start = data.find(b"branch=")
        if start < 0:
            return
        end = start + 7
        while end < len(data) and data[end] not in b";, \t\r\n":
            end += 1
        transaction = self._transactions.get(data[start + 7 : end].decode("ascii", "replace"))
        self.count("tm:received_replies", 1)
        if transaction is None:
            return
        head, _mark, rest = data.partition(b"\r\n")
        status = head[8:].decode("utf-8", "surrogateescape")
        if status[:1] == "1":
            # provisional: no more retransmissions before T2 (RFC 3261 17.1.2.2), the final timer runs on
            transaction.interval = T2
            return
        room = self.table.reply_fits()
        self._finish(transaction)
        self.count(f"tm:{status[:1]}xx_transactions", 1)
        transaction.done(status, rest.decode("utf-8", "surrogateescape"), room)
