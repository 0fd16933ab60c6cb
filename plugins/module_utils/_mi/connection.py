# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A connection to one server's Management Interface: one carrier, one protocol, and the catalogue between."""

import contextlib
import functools
import re
import time
from typing import (
    Any,
    Callable,
    Collection,
    Dict,
    FrozenSet,
    Generator,
    Iterable,
    Iterator,
    List,
    Optional,
    Tuple,
    Union,
)

from ansible_collections.community.opensips.plugins.module_utils._mi import arrange, catalogue, flight
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.carrier import Carrier, Encode
from ansible_collections.community.opensips.plugins.module_utils._mi.catalogue import Version
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    HTTPStatusError,
    MalformedReply,
    MIError,
    RefusedRequest,
    RejectedCommand,
    ServerError,
    UnknownCommand,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.flight import Outcome
from ansible_collections.community.opensips.plugins.module_utils._mi.governor import CAREFUL_RATE, LOOK, Governor
from ansible_collections.community.opensips.plugins.module_utils._mi.harm import refuse_harmful
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import (
    MOST_ANNOUNCED,
    ReplyLimit,
    refuse_deep_params,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.options import (
    DEFAULT_ASYNC_TIMEOUT,
    DEFAULT_TIMEOUT,
    resolve,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Protocol, Request
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import Layout, Reply

# JSON-RPC has ids that nobody else knows
_FORGEABLE = (
    "Any user of this host can answer in the server's place, since the file system of reply_dir has no access control lists,"
    " and the line protocol no ids: run the module as root, as the server's user, or as a member of its group"
)
_VERSION = re.compile(r"\(([0-9]{1,9})\.([0-9]{1,9})(?:\.([0-9]{1,9}))?")


class Connection:
    """Speaks to the server that options describe (see options.resolve).

    call() and call_many() take classic or 4.0 names and named, positional or no parameters, and send what the server
    understands. warnings: list of str, what the user should know. Use as a context manager, or close().
    """

    def __init__(self, options: Any, environment: Collection[str] = ()) -> None:
        """options: mapping of the connection options, or Options. environment: see resolve().

        Raises BadParameters that names the option.
        """
        self.options = resolve(options, environment) if hasattr(options, "get") else options
        self.warnings: List[str] = []
        self.carrier: Carrier = self.options.carrier.of(
            self.options, ReplyLimit(self.options.max_reply_size), self._warn
        )
        self._protocol: Optional[Protocol] = None
        self._offered: Optional[FrozenSet[str]] = None
        self._version: Optional[Version] = None
        # a reply of stream() is under way
        self._streams = False

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close sockets and remove reply FIFOs."""
        self.carrier.close()
        if self.carrier.everybody and self._protocol is not None and not self._protocol.has_ids:
            self._warn(_FORGEABLE)

    def chosen(self) -> Dict[str, str]:
        """Connection options that were not given, and what was found out to be right for them (dict)."""
        return self.carrier.chosen()

    @property
    def protocol(self) -> str:
        """ "line", "jsonrpc", "xmlrpc" or "mi_json"."""
        return self._speaker().name

    @property
    def version(self) -> Tuple[int, ...]:
        """The server's version as a tuple of int, such as (3, 6, 8)."""
        if self._version is None:
            self._speaker()
        if self._version is None:
            with _before_sending():
                self._version = _parse_version(self._exchange("version", (), self._timeout(None)))
        return self._version

    def has(self, method: str) -> bool:
        """Whether the server's ``which`` lists the command, by its classic or its 4.0 name. Raises when it cannot be asked."""
        try:
            catalogue.wire_name(method, self._commands())
        except UnknownCommand:
            return False
        return True

    def commands(self) -> FrozenSet[str]:
        """What the server's ``which`` lists (set of str). Raises when it cannot be asked."""
        return self._commands()

    def require(self, *methods: str) -> None:
        """Raise UnknownCommand, which tells the module and version it takes, unless the server has all of these commands."""
        offered = self._commands()
        for method in methods if offered else ():
            catalogue.wire_name(method, offered)

    def call(self, method: str, params: Any = None, timeout: Optional[float] = None) -> Reply:
        """Run one MI command and give its Reply.

        method: str. params: dict (names as in 3.x), list, or None. timeout: seconds for this call, or None for the option's.
        Raises errors of the MIError tree; ServerError carries the server's code and text.
        """
        name, arranged, known = self._prepare(method, params)
        return self._exchange(name, arranged, self._timeout(timeout, name), known)

    def stream(
        self,
        method: str,
        layout: Layout,
        params: Any = None,
        timeout: Optional[float] = None,
        size: Optional[int] = None,
    ) -> Generator[Reply, None, None]:
        """Run one MI command with a large reply; yields it in parts, each a Reply with some of the entries, as they come.

        layout: Layout, where the reply may be cut. timeout: seconds for the whole of it. size: bytes that it is expected to
        have at most, or None; it may have them even if max_reply_size is smaller, up to MOST_ANNOUNCED times that. Raises as
        call(), also after some parts: nothing is certain before the last one.

        Take the parts without a pause: a server before 3.0 writes them while it holds a lock of its location table, so a slow
        reader keeps phones from registering; and it answers nobody else meanwhile, so the connection refuses other requests.
        A datagram, and what comes as XML-RPC or from mi_json, is one part.
        """
        name, arranged, known = self._prepare(method, params)
        protocol = self._speaker()
        timeout = self._timeout(timeout, name)
        if self.carrier.largest_reply is not None or not protocol.in_parts:
            yield self._exchange(name, arranged, timeout, known)
            return
        from ansible_collections.community.opensips.plugins.module_utils._mi import streaming

        def encode(reply_to: Optional[str]) -> Request:
            return self._encoded(name, arranged, reply_to, known)

        self._streams = True
        try:
            most = self.carrier.limit.most
            most = max(most, min(size or 0, MOST_ANNOUNCED * most))
            yield from streaming.stream(self.carrier, protocol, encode, layout, timeout, most, self._timeout(None))
        finally:
            self._streams = False

    def check(self, method: str, params: Any = None) -> str:
        """Raise what call() would raise before it sends: UnknownCommand, BadParameters, RequestTooLarge. Gives the server's name of it."""
        name, arranged, known = self._prepare(method, params)
        self._encoded(name, arranged, self.carrier.reply_name, known)
        return name

    def call_many(
        self,
        requests: Iterable[Tuple[str, Any]],
        max_in_flight: Optional[int] = None,
        governor: Optional[Governor] = None,
        timeout: Optional[float] = None,
        starting: Optional[Callable[[int], None]] = None,
        follow: Optional[Callable[[int, Any], Any]] = None,
    ) -> Iterator[Tuple[int, Any]]:
        """Run many MI commands, many in flight; yields (index, Reply or MIError) as they come, one for each request.

        requests: iterable of (method, params); taken one at a time, just before each is sent. max_in_flight: requests that
        may wait for an answer. governor: Governor that paces them, its own for each run; as the server's memory bears if None.
        timeout: seconds for each. starting: function of an index, called just before that request is written for the first
        time, and again whenever that is tried again; without such a call the server cannot have got it.
        follow: function of (index, Reply or MIError), called before that is yielded. It gives the parameters with which the
        command goes out again at once, under the same index, or None: then it is yielded. It must not raise.
        """
        self._commands()
        governor = governor or Governor()
        return self._watched(self._many(requests, max_in_flight, governor, timeout, starting, follow), governor)

    def _watched(self, outcomes: Iterator[Tuple[Any, Outcome]], governor: Governor) -> Iterator[Tuple[Any, Outcome]]:
        try:
            yield from outcomes
        finally:
            if governor.problem is not None:
                self._warn(
                    f"The free memory of the server is not known, so at most {CAREFUL_RATE:g} requests a second were sent: {governor.problem}"
                )

    def _many(
        self,
        requests: Iterable[Tuple[str, Any]],
        max_in_flight: Optional[int],
        governor: Governor,
        timeout: Optional[float],
        starting: Optional[Callable[[int], None]],
        follow: Optional[Callable[[int, Any], Any]],
    ) -> Iterator[Tuple[Any, Outcome]]:
        def following(outgoing: flight.Outgoing, outcome: Outcome) -> Optional[flight.Outgoing]:
            params = None if follow is None else follow(outgoing.token, outcome)
            return (
                None if params is None else self._outgoing(outgoing.token, outgoing.method, params, timeout, starting)
            )

        encoded = self._encode_each(requests, timeout, starting)
        look, barrier = self._deferred(*LOOK), self._deferred("version", None)
        protocol, carrier = self._speaker(), self.carrier
        governor.begin()
        limit = carrier.in_flight(max_in_flight, lambda: self.version)
        if carrier.blocking:
            workers = 1 if protocol.one_at_a_time else min(limit, carrier.workers)
            run: Union[flight.BlockingFlight, flight.Flight] = flight.BlockingFlight(
                self._exchange_blocking, workers, carrier, governor, look, barrier, following
            )
        else:
            run = flight.Flight(carrier, protocol, _allow_descriptors(limit), governor, look, barrier, following)
        return run.run(encoded)

    def _encode_each(
        self, requests: Iterable[Tuple[str, Any]], timeout: Optional[float], starting: Optional[Callable[[int], None]]
    ) -> Iterator[flight.Outgoing]:
        for index, (method, params) in enumerate(requests):
            yield self._outgoing(index, method, params, timeout, starting)

    def _outgoing(
        self, index: Any, method: Any, params: Any, timeout: Optional[float], starting: Optional[Callable[[int], None]]
    ) -> flight.Outgoing:
        notify = None if starting is None else functools.partial(starting, index)
        return flight.Outgoing(index, self._deferred(method, params, notify), self._timeout(timeout, method), method)

    def _deferred(self, method: str, params: Any, starting: Optional[Callable[[], None]] = None) -> Encode:
        """Preparing is part of sending, so what it raises becomes the request's own outcome."""

        def encode(reply_to: Optional[str]) -> Request:
            name, arranged, known = self._prepare(method, params)
            request = self._encoded(name, arranged, reply_to, known)
            if starting is not None:
                starting()
            return request

        return encode

    def _encoded(self, name: str, arranged: Any, reply_to: Optional[str], known: bool) -> Request:
        """The Request, which the server takes. Raises RefusedRequest, BadParameters or RequestTooLarge."""
        protocol = self._speaker()
        request = protocol.encode(name, arranged, reply_to, known)
        self.carrier.check_request(request, protocol)
        return request

    def _exchange(self, name: str, arranged: Any, timeout: float, known: bool = True) -> Reply:
        protocol = self._speaker()

        def encode(reply_to: Optional[str]) -> Request:
            return self._encoded(name, arranged, reply_to, known)

        outgoing = flight.Outgoing(name, encode, timeout)
        if self.carrier.blocking:
            try:
                return self._exchange_blocking(outgoing.encode, timeout)
            except MIError:
                raise
            except Exception as error:  # callers know one tree of errors
                raise outgoing.failure(error) from error
        _token, outcome = next(flight.Flight(self.carrier, protocol, 1).run([outgoing]))
        if isinstance(outcome, MIError):
            raise outcome
        return outcome

    def _exchange_blocking(self, encode: Encode, timeout: float) -> Reply:
        protocol = self._speaker()
        encoded: List[Request] = []

        def kept(reply_to: Optional[str]) -> Request:
            encoded.append(encode(reply_to))
            return encoded[-1]

        try:
            request, data = self.carrier.exchange(kept, time.monotonic() + timeout)
        except HTTPStatusError as error:
            if error.body:
                # mi_json of 2.1 puts the MI code into the status and the error into the body
                try:
                    protocol.decode(error.body, encoded[-1])
                except ServerError as answered:
                    raise answered
                except MalformedReply:
                    pass
            raise
        reply = protocol.decode(data, request)
        if not data.strip() and self._may_hide_errors():
            self._warn(
                "mi_json of OpenSIPS before 2.2 returns nothing for errors, as for empty results: check with another command whether this one succeeded"
            )
        return reply

    def _may_hide_errors(self) -> bool:
        """Whether an empty reply of mi_json may stand for an error. What was done stays done if the version cannot be asked."""
        try:
            return self.version < (2, 2)
        except MIError:
            return True

    def _prepare(self, method: str, params: Any) -> Tuple[str, Any, bool]:
        """(name, parameters, whether the catalogue knows it) as this server wants them. What it raises is not maybe_sent."""
        try:
            return self._prepared(method, params)
        except MIError as error:
            # questions to the server may have gone out, the request itself has not
            error.having_sent(False)
            raise

    def _prepared(self, method: str, params: Any) -> Tuple[str, Any, bool]:
        if self._streams:
            raise RefusedRequest(
                f"{method} cannot be asked while the reply to another command is read",
                "This is a bug of the caller",
            )
        refuse_deep_params(method, params)
        protocol = self._speaker()
        name = catalogue.wire_name(method, self._commands()) if self._commands() else method
        if protocol.positional:
            arranged = arrange.arrange_line(name, params, lambda: self.version)
        else:
            arranged = arrange.arrange_rpc(name, params, lambda: self.version)
        refuse_harmful(name, arranged, lambda: self.version)
        if self.carrier.serial and catalogue.is_async(name, lambda: self.version):
            self._warn(
                f"{name} over HTTP blocks all HTTP requests to the server until the phone answers or fr_timeout ends:"
                " use the FIFO or a datagram socket"
            )
        # only named parameters are known to be what the command takes
        return name, arranged, isinstance(params, dict) and catalogue.find(name) is not None

    def _commands(self) -> FrozenSet[str]:
        """What ``which`` lists (set of str), asked once; empty when the server will not say."""
        if self._offered is None:
            with _before_sending():
                self._offered = self._ask_commands()
        return self._offered

    def _ask_commands(self) -> FrozenSet[str]:
        try:
            reply = self._exchange("which", (), self._timeout(None))
        except RejectedCommand:
            return frozenset()
        if reply.is_tree:
            return frozenset(value for _depth, _name, value, _attributes in reply.walk())
        if isinstance(reply.result, list):
            return frozenset(name for name in reply.result if isinstance(name, str))
        raise MalformedReply(f"The server's list of commands is {reply.raw[:60]!r}", "Check protocol and transport")

    def _speaker(self) -> Protocol:
        """The protocol, found out when the option says auto."""
        if self._protocol is None:
            from ansible_collections.community.opensips.plugins.module_utils._mi import probe

            with _before_sending():
                self.carrier.open()
                reply: Optional[Reply]
                if self.options.protocol == "auto":
                    self._protocol, reply = probe.find_protocol(self.carrier, self._timeout(None))
                else:
                    self._protocol, reply = probe.use_protocol(self.carrier, self.options.protocol, self._timeout(None))
                if reply is not None:
                    self._version = _parse_version(reply)
        return self._protocol

    def _timeout(self, timeout: Optional[float], method: Optional[str] = None) -> float:
        if timeout is not None:
            return timeout
        if self.options.timeout is not None:
            return self.options.timeout
        if method is not None and catalogue.is_async(method, None):
            return DEFAULT_ASYNC_TIMEOUT
        return DEFAULT_TIMEOUT

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


@contextlib.contextmanager
def _before_sending() -> Iterator[None]:
    """What is asked before a command is not the command: when that fails, the command was not sent."""
    try:
        yield
    except MIError as error:
        error.having_sent(False)
        raise


def _parse_version(reply: Reply) -> Version:
    """The version in a reply to ``version``: ``OpenSIPS (3.6.8 (x86_64/linux))``."""
    if reply.is_tree:
        texts: List[Any] = [value for _depth, name, value, _attributes in reply.walk() if name == "Server"]
    else:
        texts = [reply.result.get("Server")] if isinstance(reply.result, dict) else []
    match = _VERSION.search(str(texts[0])) if texts else None
    if match is None:
        raise MalformedReply(
            f"The server reports the version {reply.raw[:80]!r}",
            "Check that this is the MI of an OpenSIPS",
        )
    return tuple(int(part) for part in match.groups() if part is not None)


def _allow_descriptors(limit: int) -> int:
    """limit, or what the process may have open; its soft limit is raised as far as needed and allowed."""
    import resource

    spare = 64
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limit + spare
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            soft = allowed
        except (ValueError, OSError):
            pass
        limit = max(1, min(limit, soft - spare))
    return limit
