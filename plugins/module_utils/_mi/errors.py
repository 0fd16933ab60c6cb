# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The errors of the MI library; each message says what to do next."""

from typing import Any, Iterable, Optional, Sequence, Tuple

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError

# HTTP statuses with which each further request would end, too: of the server's gate, or of a proxy that does not reach it.
_CLOSED = (401, 403, 404, 405, 407, 502, 503, 504)


def first_few(parts: Sequence[str], most: int, separator: str = "; ", more: str = "; and {0} more") -> str:
    """The first of parts (list of str) as one text for a message, which tells how many it leaves out."""
    rest = len(parts) - most
    return separator.join(parts[:most]) + (more.format(rest) if rest > 0 else "")


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """The hint for a name that is not among the known ones: those like it, or ``otherwise`` if there are none."""
    import difflib

    close = difflib.get_close_matches(name, known, n=3)
    return f"Did you mean {' or '.join(close)}?" if close else otherwise


class MIError(OpensipsError):
    """Anything that went wrong between the caller and the server."""

    @property
    def ends_all(self) -> bool:
        """Whether it shows that the server takes no requests at all, so that what follows need not be tried."""
        return False


class ConnectError(MIError):
    """The server cannot be reached: there is no FIFO or socket, no process uses it, or permissions or TLS settings are wrong.

    is_hangup: a connection was there, and was closed without a word.
    """

    remedy = (
        "Start OpenSIPS, correct ``fifo_path``, ``host`` and ``port``, ``socket_path`` or ``url``, or see "
        ":ref:`Permissions <ansible_collections.community.opensips.docsite.connecting.permissions>`."
    )

    is_hangup = False

    @property
    def ends_all(self) -> bool:
        return not self.maybe_sent


class HTTPStatusError(ConnectError):
    """The HTTP server returned an error status instead of a reply.

    status: the HTTP status code. body: what came with it (bytes, may be empty).
    """

    remedy = (
        "401: set ``url_username`` and ``url_password``. 404, 405, 406: correct ``url`` or ``protocol``. 500: the "
        "reply may not fit into ``buf_size`` of ``httpd``."
    )

    maybe_sent = True
    status = 0
    body = b""

    @property
    def ends_all(self) -> bool:
        return self.status in _CLOSED


class MITimeout(MIError):
    """No complete reply came within ``timeout``, or the server accepts no requests."""

    remedy = "With the FIFO, see `No reply through the FIFO`_. Otherwise raise ``timeout``, or correct ``protocol``."

    maybe_sent = True

    @property
    def ends_all(self) -> bool:
        return not self.maybe_sent


class MalformedReply(MIError):
    """The reply does not follow the protocol in use, or it was cut off.

    unrelated: they are the reply to another request, late, duplicated, or somebody else's.
    """

    remedy = (
        "Correct ``protocol`` or ``url``, because another program may answer there. If a reply was cut off, see the "
        "log of the server."
    )

    maybe_sent = True
    unrelated = False


class ReplyTooLarge(MIError):
    """The reply does not fit into the transport, or is larger than ``max_reply_size``.

    is_over_limit: it is the latter; less of it would not help.
    """

    remedy = (
        "Use the FIFO or HTTP, request less, or raise ``max_reply_size``. Over a datagram socket, a server before "
        "3.0 sends nothing, which is an ``MITimeout``."
    )

    maybe_sent = True
    is_over_limit = False


class RequestTooLarge(MIError):
    """The request is larger than the transport or the server allows. If ``changed`` is false, it had no effect."""

    remedy = "Use another transport, raise ``receive_buf_size`` of ``httpd``, or send less."


class UnknownCommand(MIError):
    """The server has no such command. The message suggests similar names, or the module of OpenSIPS that has it.

    name: as it was asked for. nearest: the closest names that it has (list of str).
    """

    remedy = "Load this module, or correct the name."

    def __init__(self, name: str, nearest: Iterable[str] = (), hint: Optional[str] = None) -> None:
        self.name = name
        self.nearest = list(nearest)
        if hint is None:
            hint = (
                f"Did you mean {' or '.join(self.nearest)}?"
                if self.nearest
                else "Load the module of OpenSIPS that has it, or correct the name"
            )
        super().__init__(f"This server has no MI command {name!r}", hint)


class BadParameters(MIError):
    """Options or parameters have wrong names, types or values, contradict each other, or cannot be carried by the protocol."""

    remedy = "Correct what the message names."


class RefusedRequest(BadParameters):
    """The request would crash or block a server, so it was not sent."""

    remedy = "Change what the message names."


class UnexpectedError(MIError):
    """An error that the collection does not know, from a bug or a limit of the host.

    cause: the exception. maybe_sent: False when it is certain that the request did not go out.
    """

    remedy = "Do what the message says, or report the bug with the output of ``ansible-playbook -vvv``."

    cause = None

    def __init__(self, cause: BaseException, maybe_sent: bool = True) -> None:
        super().__init__(*explain(cause), maybe_sent=maybe_sent, cause=cause)


def explain(cause: BaseException) -> Tuple[str, str]:
    """(message, hint) for an exception that is none of this tree's."""
    if isinstance(cause, MemoryError):
        return (
            "The module has not enough memory",
            "Allow it more memory (ulimit -v, the limits of its container), or split the task into smaller ones",
        )
    if isinstance(cause, OSError):
        return f"{type(cause).__name__}: {cause}", "Check the resources of this host, such as disk space and open files"
    return (
        f"{type(cause).__name__}: {cause}",
        "This is a bug of community.opensips: report it with the output of ansible-playbook -vvv",
    )


class ServerError(MIError):
    """The server returned an error: ``error.code``, ``error.reason`` and ``error.data``.

    code: int as the server said it (404, 500, -32602 …). reason: its text. data: details of JSON-RPC, or None.
    message: other words for it.
    """

    remedy = (
        "If the task must accept this error, list its code in ``tolerate`` of "
        ":ansplugin:`community.opensips.opensips_mi_command#module`."
    )

    def __init__(
        self, code: int, reason: str, data: Any = None, message: Optional[str] = None, hint: Optional[str] = None
    ) -> None:
        self.code = code
        self.reason = reason
        self.data = data
        text = f"The server answered {code} {reason}"
        if data is not None:
            text += f" ({data if isinstance(data, str) else repr(data)})"
        MIError.__init__(self, text if message is None else message, hint)


class ExplainedError(ServerError):
    """What the server answered (error: ServerError), with a message and a hint that say what it means to this task."""

    def __init__(self, error: "ServerError", message: Optional[str], hint: Optional[str]) -> None:
        super().__init__(error.code, error.reason, error.data, message, hint)


class RejectedParameters(ServerError, BadParameters):
    """The server refused the names, the types or the number of the parameters."""

    remedy = "Correct what the message names. ``error.data`` says more."


class RejectedCommand(ServerError, UnknownCommand):
    """The server answered that it has no such command, or several with this name."""

    remedy = "Load the module of OpenSIPS that has it, or write its name in OpenSIPS 4.0, such as ``usrloc:dump``."

    def __init__(self, name: str, code: int, reason: str, data: Any = None) -> None:
        ServerError.__init__(self, code, reason, data)
        self.name = name
        self.nearest = []
