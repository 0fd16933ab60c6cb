# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small peers over real FIFOs and sockets; each test scripts what they answer.

A peer knows ``version`` and ``which``, and the commands that the test gives: {name: answer}. An answer is a value (JSON,
or the text of a tree), SILENT, a Fault, Raw bytes, a Behaviour, or a function of the parameters that gives one of these.
"""

import json
import os
import re
import select
import socket
import threading
import time

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection

SILENT = object()
_REPLY_RETRIES, _REPLY_WAIT = 4, 0.08


class Fault:
    """An error of the server."""

    def __init__(self, code, reason, data=None):
        self.code, self.reason, self.data = code, reason, data


class Raw:
    """These bytes as they are; each in its own opening of the reply FIFO, or in its own datagram."""

    def __init__(self, *pieces):
        self.pieces = pieces


class Behaviour:
    """run(reply, request_id) in a thread of its own; reply(bytes) opens the way back, writes and closes."""

    def __init__(self, run):
        self.run = run


class Answers:
    """The commands of a server of one version; renders in its generation's way."""

    def __init__(self, version, commands=None):
        self.version = version
        self.json = version[0] >= "3"
        self.commands = dict(commands or {})
        server = "OpenSIPS ({0} (x86_64/linux))".format(version)
        self.commands.setdefault("version", {"Server": server} if self.json else "Server:: {0}\n".format(server))
        if "which" not in self.commands:
            names = sorted(self.commands) + ["which"]
            self.commands["which"] = names if self.json else "".join(name + "\n" for name in names)

    def find(self, method, params):
        answer = self.commands[method]
        return answer(params) if callable(answer) else answer

    def pieces(self, method, params, request_id=None):
        """What to send: list of bytes, or a Behaviour."""
        if method not in self.commands:
            answer = (
                Fault(-32601, "Method not found")
                if self.json
                else Fault(500, "command '{0}' not available".format(method))
            )
        else:
            answer = self.find(method, params)
        if answer is SILENT:
            return []
        if isinstance(answer, Behaviour):
            return answer
        if isinstance(answer, Raw):
            return list(answer.pieces)
        return [self.render_json(answer, request_id) if self.json else self.render_line(answer)]

    @staticmethod
    def render_json(answer, request_id):
        message = {"jsonrpc": "2.0", "id": request_id}
        if isinstance(answer, Fault):
            message["error"] = {"code": answer.code, "message": answer.reason}
            if answer.data is not None:
                message["error"]["data"] = answer.data
        else:
            message["result"] = answer
        return json.dumps(message).encode("utf-8")

    @staticmethod
    def render_line(answer):
        if isinstance(answer, Fault):
            return "{0} {1}\n".format(answer.code, answer.reason).encode("utf-8")
        return "200 OK\n{0}\n".format(answer).encode("utf-8")


class Peer:
    """A thread that serves until the with block ends."""

    def __init__(self):
        self.requests = []  # (method, params) as the server's parser read them, of commands that ran
        self.harms = []  # what would have hurt a real server
        self.failure = None
        self.hold = threading.Event()  # cleared: takes nothing
        self.hold.set()
        self._stopping = threading.Event()
        self._workers = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.daemon = True

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self.stop()
        assert self.failure is None, self.failure

    def stop(self):
        self._stopping.set()
        self.hold.set()
        self._thread.join(5)
        for worker in self._workers:
            worker.join(5)

    def wait_for(self, fd):
        """Whether fd has something to take; False once the peer stops."""
        while not self._stopping.is_set():
            if not self.hold.wait(0.02):
                continue
            if select.select([fd], [], [], 0.02)[0] and self.hold.is_set():
                return True
        return False

    def methods(self):
        return [method for method, _params in self.requests]

    def _serve(self):
        try:
            self._run()
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error
            raise

    def _run(self):
        raise NotImplementedError

    def in_background(self, function, *args):
        worker = threading.Thread(target=function, args=args)
        worker.daemon = True
        worker.start()
        self._workers.append(worker)


class _FifoPeer(Peer):
    """directory: an existing one; the MI FIFO and the reply directory are made in it."""

    def __init__(self, directory, version, commands=None, mode=0o666):
        super().__init__()
        self.answers = Answers(version, commands)
        self.path = os.path.join(str(directory), "mi_fifo")
        self.reply_dir = os.path.join(str(directory), "replies")
        if not os.path.isdir(self.reply_dir):
            os.mkdir(self.reply_dir)
        os.mkfifo(self.path)
        os.chmod(self.path, mode)
        # a writer of its own, as the server has: without clients it never sees an end
        self.fd = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        self.reads = []  # the bytes of each read() of the JSON peer
        self.modes = []  # (mode, uid, gid) of each reply FIFO
        self.crashed = None
        self._open = None  # the reply FIFO of the command that runs

    def options(self, **more):
        return dict({"fifo_path": self.path, "reply_dir": self.reply_dir}, **more)

    def connect(self, **more):
        return Connection(self.options(**more))

    def stop(self):
        super().stop()
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None
            os.unlink(self.path)

    def leftovers(self):
        """What is in the reply directory."""
        return os.listdir(self.reply_dir)

    def crash(self, why):
        """As a segfault: nobody reads any more."""
        self.harms.append(why)
        self.crashed = why
        self._stopping.set()

    def _reply_path(self, name):
        if any(each in name for each in "./\\") or len(self.reply_dir) + 1 + len(name) + 1 > 128:
            return None
        return os.path.join(self.reply_dir, name)

    def _open_reply(self, path):
        """The descriptor of a reply FIFO, or None: then the command does not run."""
        for attempt in range(_REPLY_RETRIES + 1):
            try:
                fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != 6 or attempt == _REPLY_RETRIES:  # ENXIO
                    return None
                time.sleep(_REPLY_WAIT)
                continue
            status = os.fstat(fd)
            self.modes.append((status.st_mode & 0o7777, status.st_uid, status.st_gid))
            os.set_blocking(fd, True)
            return fd
        return None

    def _write_reply(self, fd, data):
        try:
            while data and not self._stopping.is_set():
                if select.select([], [fd], [], 0.05)[1]:
                    data = data[os.write(fd, data[:4096]) :]
        except OSError:
            pass  # the client is gone
        finally:
            os.close(fd)

    def _open_for(self, path, method):
        """Open the reply FIFO as the server does before it runs a command; an asynchronous one (Behaviour) runs unopened."""
        self._take_open(close=True)
        if not isinstance(self.answers.commands.get(method), Behaviour):
            self._open = self._open_reply(path)
            if self._open is None:
                self.harms.append("no client at {0} for {1}".format(os.path.basename(path), method))
                return False
        return True

    def _take_open(self, close=False):
        fd, self._open = self._open, None
        if close and fd is not None:
            os.close(fd)
        return fd

    def _answer(self, path, pieces, request_id):
        fd = self._take_open()
        if isinstance(pieces, Behaviour):
            if fd is not None:
                os.close(fd)
            self.in_background(pieces.run, _Reply(self, path), request_id)
            return
        for number, piece in enumerate(pieces):
            if number or fd is None:
                # a client takes the end of one opening before the next comes
                time.sleep(0.01)
                fd = self._open_reply(path)
                if fd is None:
                    return
            self._write_reply(fd, piece)
            fd = None
        if fd is not None and not pieces:
            os.close(fd)


class _Reply:
    """The way back over a FIFO, as a Behaviour gets it: call it with bytes, or open() it; path is that of the reply FIFO."""

    def __init__(self, peer, path):
        self.path = path
        self.open = lambda: peer._open_reply(path)
        self._write = peer._write_reply

    def __call__(self, data):
        fd = self.open()
        if fd is not None:
            self._write(fd, data)


class JsonFifo(_FifoPeer):
    """mi_fifo_callback() of 3.6.8, its static remain_len included. slow: seconds from one read to the next.

    deaf_to: commands for which the reply FIFO is never opened (no reply comes at all).
    """

    def __init__(self, directory, version="3.6.8", commands=None, mode=0o666, slow=0.0, deaf_to=()):
        super().__init__(directory, version, commands, mode)
        self.slow = slow
        self.deaf_to = deaf_to
        self.poisoned = False
        self._buffer = b""  # mi_buf[:remain_len]

    def _run(self):
        while self.wait_for(self.fd):
            data = os.read(self.fd, 4096 - len(self._buffer))
            self.reads.append(data)
            self._callback(data)
            if self.slow:
                time.sleep(self.slow)

    def _callback(self, data):
        parse = self._buffer + data
        tail = False
        while parse or not tail:
            parse = parse.lstrip(b" \t\r\n")
            if not parse or parse[:1] != b":":
                if parse:
                    self.harms.append("dropped {0!r}".format(parse[:40]))
                self._buffer = b""
                return
            if len(parse) < 3:
                return
            name, separator, text = parse[1:].partition(b":")
            if not separator or not text:
                return
            path = self._reply_path(name.decode("latin-1")) if name else None
            if name and path is None:
                self.harms.append("refused the reply name {0!r}".format(name))
                self._buffer = b""
                return
            try:
                # the text ends at a NUL; bytes that are not UTF-8 pass
                message, end = json.JSONDecoder().raw_decode(text.split(b"\0")[0].decode("latin-1").lstrip())
                skipped = len(text) - len(text.lstrip())
            except ValueError:
                if tail and _may_become_request(self._buffer):
                    return  # the rest of the request comes with the next read
                self.harms.append("did not understand {0!r}".format(text[:40]))
                self.poisoned = self.poisoned or bool(self._buffer) and not _may_become_request(self._buffer)
                return
            parse = text[skipped + end :]
            self._buffer = parse
            tail = True
            if not self._handle(message, path):
                return

    def _handle(self, message, path):
        """False when the server is no more."""
        method = message.get("method") if isinstance(message, dict) else None
        if not isinstance(method, str):
            self.crash("JSON without a string method: {0!r}".format(message))
            return False
        if path is None:
            self.harms.append("{0} without a reply FIFO".format(method))
            return True
        if method in self.deaf_to:
            return True
        if self._open_for(path, method):
            self.requests.append((method, message.get("params")))
            self._answer(path, self.answers.pieces(method, message.get("params"), message.get("id")), message.get("id"))
        return True


def _may_become_request(text):
    """Whether what is left may be the first part of a request, whose rest still comes."""
    return re.match(rb"\s*(:([A-Za-z0-9_]*(:\s*(\{.*)?)?)?)?\Z", text, re.DOTALL) is not None


class LineFifo(_FifoPeer):
    """mi_fifo_server() and mi_parse_tree() of 2.4.11. no_input: commands whose arguments are thrown away line by line."""

    _LINE, _ARGUMENTS = 1024, 8192

    def __init__(
        self,
        directory,
        version="2.4.11",
        commands=None,
        mode=0o666,
        no_input=("version", "which", "ps", "uptime"),
        deaf_to=(),
    ):
        super().__init__(directory, version, commands, mode)
        self.no_input = no_input
        self.logged = []  # JSON, of which the server's log tells as an error
        self.deaf_to = deaf_to
        self._ahead = b""

    def _run(self):
        try:
            while not self._stopping.is_set():
                self._one()
        except _Stopped:
            pass

    def read_line(self, room):
        """One line with its end, byte by byte as the server does. Raises LineTooLong."""
        while True:
            end = self._ahead.find(b"\n", 0, room)
            if end >= 0:
                line, self._ahead = self._ahead[: end + 1], self._ahead[end + 1 :]
                return line
            if len(self._ahead) >= room:
                raise LineTooLong()
            if not self.wait_for(self.fd):
                raise _Stopped()
            self._ahead += os.read(self.fd, 256)

    def _consume(self):
        while len(self.read_line(self._LINE)) > 1:
            pass

    def _one(self):
        from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi import models

        try:
            head = self.read_line(self._LINE).rstrip(b"\n\r \t").decode("latin-1")
            if not head:
                return
            command, separator, name = head[1:].partition(":")
            path = self._reply_path(name) if name else None
            if len(head) < 3 or head[0] != ":" or not separator or not command or path is None:
                if '"jsonrpc"' in head:
                    self.logged.append(head)
                else:
                    self.harms.append("threw away {0!r}".format(head[:40]))
                self._consume()
                return
            if len(command) >= 256:
                self.harms.append("name of {0} bytes".format(len(command)))
            if command in self.deaf_to:
                self._consume()
                return
            if not self._open_for(path, command):
                self._consume()
                return
            if command not in self.answers.commands:
                self._answer(path, self.answers.pieces(command, None), None)
                self._consume()
                return
            if command in self.no_input:
                self._consume()
                arguments = []
            else:
                arguments = models.line_arguments(self.read_line, self._ARGUMENTS)
        except LineTooLong:
            self.harms.append("line too long")
            return
        if arguments is None:
            self.harms.append("parse error in {0}".format(command))
            self._write_reply(self._take_open(), "400 Parse error in command '{0}'\n".format(command).encode())
            self._consume()
            return
        arguments = [argument.decode("utf-8", "replace") for argument in arguments]
        self.requests.append((command, arguments))
        self._answer(path, self.answers.pieces(command, arguments), None)


class LineTooLong(Exception):
    """The server closes its FIFO and makes it anew."""


class _Stopped(Exception):
    pass


class Datagram(Peer):
    """mi_datagram at a UDP address or, with path, at a Unix socket."""

    def __init__(
        self, version="3.6.8", commands=None, host="127.0.0.1", path=None, family=socket.AF_INET, receive_buffer=None
    ):
        super().__init__()
        self.answers = Answers(version, commands)
        self.path = path and str(path)
        self.socket = socket.socket(socket.AF_UNIX if path else family, socket.SOCK_DGRAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.bind(self.path or (host, 0))
        self.host, self.port = (None, None) if path else self.socket.getsockname()[:2]
        self.clients = []  # where each request came from

    def options(self, **more):
        if self.path:
            return dict({"socket_path": self.path}, **more)
        return dict({"host": self.host, "port": self.port}, **more)

    def connect(self, **more):
        return Connection(self.options(**more))

    def stop(self):
        super().stop()
        self.socket.close()

    def _run(self):
        from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi import models

        while self.wait_for(self.socket):
            data, client = self.socket.recvfrom(65457)
            self.clients.append(client)
            method, params, request_id, error = models.datagram_request(data, self.answers.json, self.answers.commands)
            if error is not None:
                self.harms.extend(["crash"] if error is models.CRASH else [])
                self._send(client, [] if error is models.CRASH else [error])
                continue
            self.requests.append((method, params))
            self._send(client, self.answers.pieces(method, params, request_id), request_id)

    def _send(self, client, pieces, request_id=None):
        def reply(data):
            try:
                self.socket.sendto(data, client)
            except OSError:
                pass  # the client is gone

        if isinstance(pieces, Behaviour):
            self.in_background(pieces.run, reply, request_id)
            return
        for piece in pieces:
            reply(piece)
