# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""How to reach a server: the connection options, checked."""

from typing import Any, Collection, Dict, List, Mapping, Optional, Sequence, Tuple, Type

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.carrier import Carrier
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._mi.limits import DEFAULT_REPLY_SIZE, MEGABYTE

# Seconds to wait for a reply; commands that wait for a phone end with tm's fr_timeout, 30 s by default.
DEFAULT_TIMEOUT = 10.0
DEFAULT_ASYNC_TIMEOUT = 40.0
# max_reply_size, in megabytes
_LARGEST_REPLY_SIZE = 1 << 20


# They are imported where they are used, since a module on a target compiles what it imports each time.
def _fifo() -> Type[Carrier]:
    from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.fifo import FifoCarrier

    return FifoCarrier


def _datagram() -> Type[Carrier]:
    from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.datagram import DatagramCarrier

    return DatagramCarrier


def _http() -> Type[Carrier]:
    from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.http import HttpCarrier

    return HttpCarrier


class Way:
    """A way to a server. transport: what the option of this name says (str). carrier: gives the Carrier class.

    protocols: names that the option protocol may have. telling: options that mean this way. more: further options that belong
    to it, and perhaps to others.
    """

    def __init__(
        self,
        transport: str,
        carrier: Any,
        protocols: Tuple[str, ...],
        telling: Tuple[str, ...],
        more: Tuple[str, ...] = (),
    ) -> None:
        self.transport = transport
        self.carrier = carrier
        self.protocols = protocols
        self.telling = telling
        self.options = telling + more


# A new way is a row here, and a subclass of Carrier. The first one is taken where no option tells.
_WAYS = (
    Way("fifo", _fifo, ("auto", "line", "jsonrpc"), ("fifo_path",), ("reply_dir", "server_user")),
    Way("datagram", _datagram, ("auto", "line", "jsonrpc"), ("host", "port")),
    Way("datagram", _datagram, ("auto", "line", "jsonrpc"), ("socket_path",), ("reply_dir", "server_user")),
    Way(
        "http",
        _http,
        ("auto", "jsonrpc", "xmlrpc", "mi_json"),
        ("url",),
        ("validate_certs", "ca_path", "client_cert", "client_key", "url_username", "url_password"),
    ),
)
TRANSPORTS = tuple(dict.fromkeys(way.transport for way in _WAYS))
PROTOCOLS = tuple(dict.fromkeys(protocol for way in _WAYS for protocol in way.protocols))
# options that belong to every way
_COMMON = ("protocol", "timeout", "max_reply_size")
# A module cannot tell a task from its module_defaults.
_GIVEN_BY = "the task or module_defaults"
_OWN = tuple(dict.fromkeys(option for way in _WAYS for option in way.options))
# it has a default, so it tells nothing
_SAYS_NOTHING = "validate_certs"


class Options:
    """The checked options as attributes; those of other ways are None. server_user: uid (int) or None.

    carrier: the Carrier class of the way.
    """

    protocol: str
    timeout: Optional[float]
    max_reply_size: int
    url: Optional[str]
    host: Optional[str]

    def __init__(self, values: Dict[str, Any], carrier: Any) -> None:
        self.carrier = carrier
        for name, value in values.items():
            setattr(self, name, value)

    @property
    def is_local(self) -> bool:
        """Whether the server is on this host: it is reached over a file, or at an address of this host."""
        host = self.host
        if self.url is not None:
            from urllib.parse import urlsplit

            host = urlsplit(self.url).hostname
        if host is None:
            return self.url is None
        from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import reach

        return reach.is_this_host(host)


def resolve(given: Mapping[str, Any], environment: Collection[str] = (), given_by: str = _GIVEN_BY) -> Options:
    """Check the connection options and give Options with the transport decided.

    given: mapping with any of transport, protocol, timeout (seconds), max_reply_size (megabytes; as bytes in what is given
    back) and the options of _WAYS; None is not given. environment: names of those that variables of the environment gave:
    they count as far as they fit the others. A mapping names for each where else it comes from. given_by: where the others
    come from, for messages. transport decides, and what belongs to another one is left out.
    Raises BadParameters that names the option.
    """
    given = {name: value for name, value in given.items() if value is not None}
    given = _without_overruled(given, environment)
    way = _way(given, _Origins(environment, given_by))
    values = dict.fromkeys(_OWN)
    values.update((option, given.get(option)) for option in way.options)
    values["transport"] = way.transport
    values["timeout"] = _timeout(given.get("timeout"))
    values["max_reply_size"] = _max_reply_size(given.get("max_reply_size"))
    values["protocol"] = _protocol(given.get("protocol") or "auto", way)
    carrier = way.carrier()
    carrier.check_options(values)
    return Options(values, carrier)


def _protocol(protocol: str, way: Way) -> str:
    if protocol not in PROTOCOLS:
        raise BadParameters(f"protocol is {protocol!r}", f"Set protocol to one of {', '.join(PROTOCOLS)}")
    if protocol not in way.protocols:
        raise BadParameters(
            f"protocol is {protocol}, which does not work with transport {way.transport}",
            f"Set protocol to {' or '.join(way.protocols)}",
        )
    return protocol


def _without_overruled(given: Dict[str, Any], environment: Collection[str]) -> Dict[str, Any]:
    """The options (dict) without those of the environment that belong to another way than the options of the task."""
    possible = _possible({name: value for name, value in given.items() if name not in environment})
    fitting = set(_COMMON).union(*(way.options for way in possible))
    transports = {way.transport for way in possible}
    return {
        name: value
        for name, value in given.items()
        if name not in environment or name in fitting or (name == "transport" and value in transports)
    }


def _possible(given: Dict[str, Any]) -> List[Way]:
    """The ways that options (dict) leave open; what contradicts itself is left to _way()."""
    ways = [way for way in _WAYS if given.get("transport") in (None, way.transport)] or _WAYS
    belonging = [option for option in given if option in _OWN and option != _SAYS_NOTHING]
    return (
        _named(ways, given) or [way for way in ways if all(option in way.options for option in belonging)] or list(ways)
    )


def _named(ways: Sequence[Way], given: Dict[str, Any]) -> List[Way]:
    """Those of ways that one of the options (dict) means."""
    return [way for way in ways if any(option in given for option in way.telling)]


class _Origins:
    """Where options come from, for messages; see resolve()."""

    def __init__(self, environment: Collection[str], given_by: str) -> None:
        self._environment = environment
        self._given_by = given_by

    def of(self, option: str) -> str:
        """An option and where it comes from."""
        if option not in self._environment:
            return f"{option} (from {self._given_by})"
        if isinstance(self._environment, Mapping):
            return f"{option} (from {self._environment[option]})"
        return f"{option} (from the environment variable OPENSIPS_MI_{option.upper()})"

    @property
    def remedy(self) -> str:
        """How to resolve a contradiction."""
        remedy = "Leave out all but one, or set transport"
        if self._given_by == _GIVEN_BY:
            return f"{remedy}. If a task sets transport, this also overrides module_defaults"
        return remedy


def _way(given: Dict[str, Any], origins: _Origins) -> Way:
    """The Way that options (dict) describe. Raises BadParameters if they contradict each other."""
    transport = given.get("transport")
    if transport not in (None, *TRANSPORTS):
        raise BadParameters(f"transport is {transport!r}", f"Set transport to one of {', '.join(TRANSPORTS)}")
    ways = [way for way in _WAYS if transport in (None, way.transport)]
    named = _named(ways, given)
    if len(named) > 1:
        raise _contradiction([option for way in named for option in way.telling if option in given], origins)
    way = (named or ways)[0]
    for option in given if transport is None else ():
        if option in _OWN and option not in way.options and option != _SAYS_NOTHING:
            raise _misplaced(option, way, origins)
    return way


def _contradiction(options: Sequence[str], origins: _Origins) -> BadParameters:
    return BadParameters(f"{' and '.join(map(origins.of, options))} contradict each other", origins.remedy)


def _misplaced(option: str, way: Way, origins: _Origins) -> BadParameters:
    others = [(home.transport, other) for home in _WAYS if option in home.options for other in home.telling]
    belongs = " or ".join(f"{other} (transport {transport})" for transport, other in others)
    return BadParameters(
        f"{origins.of(option)} belongs to {belongs}, but the transport is {way.transport}",
        f"Leave {option} out, or set {' or '.join(other for _transport, other in others)}",
    )


def _timeout(value: Any) -> Optional[float]:
    if value is None:
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = 0
    if not 0 < seconds <= 3600:
        raise BadParameters(f"timeout is {value!r}", "Set it to a number of seconds, above 0 and at most 3600")
    return seconds


def _max_reply_size(value: Any) -> int:
    """The option, in megabytes, as bytes."""
    if value is None:
        value = DEFAULT_REPLY_SIZE
    try:
        megabytes = int(value)
    except (TypeError, ValueError, OverflowError):
        megabytes = 0
    if not 0 < megabytes <= _LARGEST_REPLY_SIZE:
        raise BadParameters(
            f"max_reply_size is {value!r:.80}", f"Set it to a number of megabytes, from 1 to {_LARGEST_REPLY_SIZE}"
        )
    return megabytes * MEGABYTE
