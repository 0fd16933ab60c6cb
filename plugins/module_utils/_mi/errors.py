# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The errors of the MI library; each message says what to do next."""

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError

# HTTP statuses with which each further request would end, too: of the server's gate, or of a proxy that does not reach it.
_CLOSED = (401, 403, 404, 405, 407, 502, 503, 504)


def first_few(parts, most, separator="; ", more="; and {0} more"):
    """The first of parts (list of str) as one text for a message, which tells how many it leaves out."""
    rest = len(parts) - most
    return separator.join(parts[:most]) + (more.format(rest) if rest > 0 else "")


class MIError(OpensipsError):
    """Anything that went wrong between the caller and the server."""

    @property
    def ends_all(self):
        """Whether it shows that the server takes no requests at all, so that what follows need not be tried."""
        return False


class ConnectError(MIError):
    """The server cannot be reached: FIFO, socket, name, TLS, or the HTTP side said no.

    is_hangup: a connection was there, and was closed without a word.
    """

    is_hangup = False

    @property
    def ends_all(self):
        return not self.maybe_sent


class HTTPStatusError(ConnectError):
    """The HTTP side answered with a status that carries no MI reply.

    status: the HTTP status code. body: what came with it (bytes, may be empty).
    """

    maybe_sent = True
    status = 0
    body = b""

    @property
    def ends_all(self):
        return self.status in _CLOSED


class MITimeout(MIError):
    """No complete reply came before the deadline."""

    maybe_sent = True

    @property
    def ends_all(self):
        return not self.maybe_sent


class MalformedReply(MIError):
    """The bytes that came are not a reply of the protocol in use.

    unrelated: they are the reply to another request, late, duplicated, or somebody else's.
    """

    maybe_sent = True
    unrelated = False


class ReplyTooLarge(MIError):
    """The server could not fit its reply into the transport, or it exceeds max_reply_size.

    is_over_limit: it is the latter; less of it would not help.
    """

    maybe_sent = True
    is_over_limit = False


class RequestTooLarge(MIError):
    """The request exceeds what the transport or the server takes; unless maybe_sent says so, it was not sent or not read."""


class UnknownCommand(MIError):
    """The server has no such MI command. nearest: the closest names that it has (list of str)."""

    def __init__(self, name, nearest=(), hint=None):
        self.name = name
        self.nearest = list(nearest)
        if hint is None:
            hint = (
                f"Did you mean {' or '.join(self.nearest)}?"
                if self.nearest
                else "Load the OpenSIPS module that offers it, or correct the name"
            )
        super().__init__(f"This server has no MI command {name!r}", hint)


class BadParameters(MIError):
    """Parameters with wrong names, types or number, or values that the protocol cannot carry."""


class RefusedRequest(BadParameters):
    """A request that would hurt a server; never sent."""


class UnexpectedError(MIError):
    """Something went wrong for which this tree has no error: a bug, or a limit of this machine.

    cause: the exception. maybe_sent: False when it is certain that the request did not go out.
    """

    cause = None

    def __init__(self, cause, maybe_sent=True):
        super().__init__(*explain(cause), maybe_sent=maybe_sent, cause=cause)


def explain(cause):
    """(message, hint) for an exception that is none of this tree's."""
    if isinstance(cause, MemoryError):
        return (
            "The memory of this process does not suffice",
            "Let it use more (ulimit -v, the limits of its container), or run it for fewer things at once",
        )
    if isinstance(cause, OSError):
        return f"{type(cause).__name__}: {cause}", "See whether this machine lacks something"
    return (
        f"{type(cause).__name__}: {cause}",
        "This is a bug of community.opensips: report it with the output of ansible-playbook -vvv",
    )


class ServerError(MIError):
    """What the server answered instead of a result.

    code: int as the server said it (404, 500, -32602 …). reason: its text. data: details of JSON-RPC, or None.
    message: other words for it.
    """

    def __init__(self, code, reason, data=None, message=None, hint=None):
        self.code = code
        self.reason = reason
        self.data = data
        text = f"The server answered {code} {reason}"
        if data is not None:
            text += f" ({data if isinstance(data, str) else repr(data)})"
        MIError.__init__(self, text if message is None else message, hint)


class ExplainedError(ServerError):
    """What the server answered (error: ServerError), with a message and a hint that say what it means to this task."""

    def __init__(self, error, message, hint):
        super().__init__(error.code, error.reason, error.data, message, hint)


class RejectedParameters(ServerError, BadParameters):
    """The server refused names, types or number of the parameters (JSON-RPC -32602)."""


class RejectedCommand(ServerError, UnknownCommand):
    """The server answered that it has no such command, or more than one of that name."""

    def __init__(self, name, code, reason, data=None):
        ServerError.__init__(self, code, reason, data)
        self.name = name
        self.nearest = []
