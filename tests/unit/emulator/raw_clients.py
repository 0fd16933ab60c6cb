# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bare clients: bytes in, bytes out. They know nothing of the collection's own library, on purpose."""

import http.client
import os
import re
import select
import socket
import tempfile
import time
import uuid
from urllib.parse import urlsplit

QUIET = 0.35  # seconds after which "no reply" is believed


def fifo(emu, request, timeout=8.0, name=None):
    """Send `request` (REPLY_FIFO in it stands for the name) and read until the end; None: nothing came."""
    name = name or "reply" + uuid.uuid4().hex[:12]
    path = os.path.join(emu.reply_dir, name)
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        writer = os.open(emu.fifo_path, os.O_WRONLY | os.O_NONBLOCK)
        os.write(writer, request.replace(b"REPLY_FIFO", name.encode()))
        os.close(writer)
        return _read_fifo(reader, timeout)
    finally:
        os.close(reader)
        os.unlink(path)


def _read_fifo(reader, timeout):
    data, end = b"", time.monotonic() + timeout
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    while time.monotonic() < end:
        for _fd, event in poll.poll(20):
            if event & select.POLLIN:
                data += os.read(reader, 1 << 20)
            elif event & select.POLLHUP and data:
                return data
            elif event & select.POLLHUP:
                time.sleep(0.005)
    return data or None


def udp(address, request, timeout=8.0):
    """One datagram there, one back; None: nothing came."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        return _exchange(sock, request, timeout)


def unix(path, request, timeout=8.0):
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(os.path.join(directory, "me"))
        sock.connect(path)
        return _exchange(sock, request, timeout)


def _exchange(sock, request, timeout):
    sock.settimeout(timeout)
    sock.send(request)
    try:
        return sock.recv(65535)
    except (TimeoutError, ConnectionRefusedError):
        return None


def web(url, method="GET", path=None, body=None, content_type=None, timeout=8.0, headers=None, context=None):
    """(status, content type, body); body None: it never ended."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    headers = dict(headers or {})
    if content_type:
        headers["Content-Type"] = content_type
    try:
        connection.request(method, path or parts.path, body, headers)
        response = connection.getresponse()
        try:
            data = response.read()
        except (TimeoutError, http.client.IncompleteRead):
            data = None
        return response.status, response.getheader("Content-Type"), data
    finally:
        connection.close()


def register(emu, user, contacts, callid, cseq, user_agent=None, extra=()):
    """REGISTER by SIP at the emulator; returns the status code. `contacts`: values of Contact headers."""
    lines = [
        "REGISTER sip:127.0.0.1 SIP/2.0",
        "Via: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK" + uuid.uuid4().hex,
        f"From: <sip:{user}@127.0.0.1>;tag=1",
        f"To: <sip:{user}@127.0.0.1>",
        "Call-ID: " + callid,
        f"CSeq: {cseq} REGISTER",
        "Max-Forwards: 70",
    ]
    lines += ["Contact: " + contact for contact in contacts]
    if user_agent is not None:
        lines.append("User-Agent: " + user_agent)
    lines += list(extra) + ["Content-Length: 0", "", ""]
    reply = udp(emu.sip, "\r\n".join(lines).encode("utf-8"))
    return int(re.match(rb"SIP/2.0 (\d+) ", reply).group(1))
