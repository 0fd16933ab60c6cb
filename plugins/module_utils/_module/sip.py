# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_sip: tests of a server by SIP."""

import contextlib
import signal
import threading
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._fleet import listener
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, check_answer_time
from ansible_collections.community.opensips.plugins.module_utils._module.run import (
    Task,
    TaskFailure,
    describe_error,
    describe_failure,
)
from ansible_collections.community.opensips.plugins.module_utils._module.uac_dlg import accepting
from ansible_collections.community.opensips.plugins.module_utils._readers import certificate
from ansible_collections.community.opensips.plugins.module_utils._sip import digest
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError
from ansible_collections.community.opensips.plugins.module_utils._sip.headers import canonical, flatten
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable, refuse_control_characters
from ansible_collections.community.opensips.plugins.module_utils._sip.uri import aor_uri, parse_uri, validate_uri
from ansible_collections.community.opensips.plugins.module_utils._ua.errors import Refused, UserAgentError
from ansible_collections.community.opensips.plugins.module_utils._ua.party import Account
from ansible_collections.community.opensips.plugins.module_utils._ua.proof import ACCOUNT, PEER, Plan, Proof
from ansible_collections.community.opensips.plugins.module_utils._ua.subscription import EVENTS
from ansible_collections.community.opensips.plugins.module_utils._ua.target import Target, bracketed
from ansible_collections.community.opensips.plugins.module_utils._ua.target import parse as parse_target
from ansible_collections.community.opensips.plugins.module_utils._ua.transport import TlsFiles, tls_context

ACTIONS = ("options", "register", "subscribe", "message", "call")
# what an action requires and takes, besides the server
_WITH_ACCOUNT = ("register", "subscribe", "message", "call")
_WITH_PEER = ("message", "call")
# {option: (least, most)} in seconds
_LIMITS = {
    "ring_time": (0, 60),
    "talk_time": (0, 60),
    "expires": (10, 3600),
}
_LONGEST_TEXT = 1000
# headers that the module makes
_OWN = frozenset(
    "from to call-id cseq contact content-type authorization proxy-authorization user-agent expires event accept allow route".split()
)
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Interrupted(UserAgentError):
    """A signal ended the test. The module ended its call, and removed its registrations."""

    remedy = "Run the task again."


def spec() -> ArgumentSpec:
    """The module's options."""
    account = {
        "aor": {"type": "str", "required": True},
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "realm": {"type": "str"},
        **{name: {"type": "str", "no_log": True} for name in digest.HA1_NAMES},
    }
    return ArgumentSpec(
        {
            "action": {"type": "str", "choices": list(ACTIONS), "required": True},
            "server": {"type": "str", "required": True},
            "account": {"type": "dict", "options": account},
            "peer": {"type": "dict", "options": dict(account, server={"type": "str"})},
            "to": {"type": "str"},
            "text": {"type": "str", "default": "Test of community.opensips"},
            "event": {"type": "str", "choices": list(EVENTS), "default": "message-summary"},
            "headers": {"type": "dict", "default": {}},
            "accept": {"type": "list", "elements": "str"},
            "maximum_answer_time": {"type": "float", "default": 5.0},
            "expires": {"type": "int", "default": 60},
            "ring_time": {"type": "float", "default": 0.2},
            "talk_time": {"type": "float", "default": 0.5},
            "hang_up": {"type": "str", "choices": [ACCOUNT, PEER], "default": ACCOUNT},
            "other_contacts": {"type": "str", "choices": ["refuse", "allow"], "default": "refuse"},
            "sip_validate_certs": {"type": "bool", "default": True},
            "sip_ca_path": {"type": "path"},
            "sip_client_cert": {"type": "path"},
            "sip_client_key": {"type": "path"},
            "sip_server_name": {"type": "str"},
        },
        required_by={"sip_client_key": ("sip_client_cert",)},
        withheld=("account", "peer"),
        required_if=[("action", action, ("account",)) for action in _WITH_ACCOUNT]
        + [("action", action, ("peer", "to"), True) for action in _WITH_PEER],
        mutually_exclusive=[("peer", "to")],
    )


def run(task: Task) -> Dict[str, Any]:
    """Run the test, and fail if the response is not accepted."""
    plan = _plan(task.params)
    proof = Proof(plan)
    if task.check_mode and plan.action != "options":
        return dict(_result(plan, proof), outcome="planned")
    task.known = lambda: dict(_result(plan, proof), outcome="failed")
    try:
        with _interruptible(proof), listener.watched(proof.loop.break_off):
            proof.run()
    except OpensipsError as error:
        result = dict(_result(plan, proof), outcome="refused" if isinstance(error, Refused) else "failed")
        raise TaskFailure(str(error), dict(result, **_described(error))) from error
    finally:
        for text in proof.left:
            task.warn(text)
    return dict(_result(plan, proof), outcome="accepted")


def _described(error: OpensipsError) -> Dict[str, Any]:
    if isinstance(error, UserAgentError):
        return {"error": describe_error(error)}
    return describe_failure(error)


@contextlib.contextmanager
def _interruptible(proof: Proof) -> Iterator[None]:
    """Have a signal end the test and not the process, which has to end what it began."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, _frame: object) -> None:
        proof.loop.break_off(Interrupted(f"The task was ended by signal {number}", "Run it again"))

    previous = [(number, signal.signal(number, on_signal)) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in previous:
            signal.signal(number, handler)


# Options


def _plan(params: Dict[str, Any]) -> Plan:
    """The Plan that the options make. Raises BadParameters."""
    action = params["action"]
    _check_limits(params)
    _check_use(params)
    server = _target(params["server"], "server")
    peer = params["peer"]
    account = _anonymous(server) if params["account"] is None else _account(params["account"], "account")
    called = None if peer is None else _account(peer, "peer")
    if called is not None and called.uri == account.uri:
        raise BadParameters(f"peer and account are both {called.uri}", "Set peer to another account")
    return Plan(
        action=action,
        server=server,
        account=account,
        to=called.uri if called is not None else _destination(params["to"], _default_to(action, server, account)),
        accepts=accepting(_accept(params)),
        peer=called,
        peer_server=_target(peer["server"], "peer.server") if peer and peer["server"] else server,
        fields=_fields(params["headers"]),
        files=_files(params),
        answer_time=params["maximum_answer_time"],
        ring_time=params["ring_time"],
        talk_time=params["talk_time"],
        expires=params["expires"],
        text=params["text"],
        event=params["event"],
        hang_up=params["hang_up"],
        may_ring_others=params["other_contacts"] == "allow",
    )


def _check_limits(params: Dict[str, Any]) -> None:
    check_answer_time(params)
    for name, (least, most) in _LIMITS.items():
        if not least <= params[name] <= most:
            raise BadParameters(
                f"{name} is {params[name]:g}", f"Set it to a number of seconds from {least:g} to {most}"
            )
    if params["ring_time"] >= params["maximum_answer_time"]:
        raise BadParameters(
            "ring_time is not less than maximum_answer_time", "Set it to fewer seconds, or raise maximum_answer_time"
        )
    if not params["text"] or len(params["text"].encode("utf-8", "surrogatepass")) > _LONGEST_TEXT:
        raise BadParameters(
            f"text is empty, or longer than {_LONGEST_TEXT} bytes",
            f"Set it to at most {_LONGEST_TEXT} bytes: a MESSAGE must fit into a datagram",
        )


def _check_use(params: Dict[str, Any]) -> None:
    """Refuse options that the action would not use."""
    action = params["action"]
    if params["peer"] is not None and action not in _WITH_PEER:
        raise BadParameters(f"peer is set, and action is {action}", f"Leave it out, or use {' or '.join(_WITH_PEER)}")
    if params["to"] is not None and action == "register":
        raise BadParameters("to is set, and action is register", "Leave it out: an account registers itself")
    if params["hang_up"] == PEER and params["peer"] is None:
        raise BadParameters("hang_up is peer, and peer is not set", "Set peer, or leave hang_up out")


def _accept(params: Dict[str, Any]) -> List[str]:
    if params["accept"] is None:
        return ["2xx", "3xx", "4xx"] if params["action"] == "options" and not params["to"] else ["2xx"]
    if not params["accept"]:
        raise BadParameters("accept is an empty list", "Add a code such as 404, or leave it out")
    return list(params["accept"])


def _target(text: str, option: str) -> Target:
    try:
        return parse_target(text, may_be_domain=True).reachable
    except UserAgentError as error:
        raise BadParameters(f"{option}: {error.message}", error.hint) from error


def _anonymous(server: Target) -> Account:
    """Who asks, without an account."""
    domain = bracketed(server.host)
    return Account(f"sip:ansible@{domain}", "ansible", f"sip:{domain}", None)


def _account(given: Dict[str, Any], option: str) -> Account:
    try:
        if "@" not in given["aor"]:
            raise BadParameters(f"{option}.aor is {printable(given['aor'])!r}", "Write it as user@domain")
        uri = aor_uri(given["aor"])
    except SipError as error:
        raise BadParameters(f"{option}.aor: {error.message}", error.hint) from error
    user, _at, domain = uri.partition(":")[2].rpartition("@")
    return Account(uri, user, f"sip:{domain}", _secret(given, parse_uri(uri).user or "", option))


def _secret(given: Dict[str, Any], user: str, option: str) -> Optional[digest.Secret]:
    """What the account proves itself with, or None. Raises BadParameters, without a secret in its text."""
    hashes = {algorithm: given[name] for name, algorithm in digest.HA1_NAMES.items() if given[name]}
    username = given["username"] or user
    for name in ("username", "realm"):
        try:
            refuse_control_characters(f"{option}.{name}", given[name] or "")
        except SipError as error:
            raise BadParameters(error.message, error.hint) from error
    if given["password"] is None and not hashes:
        return None
    if given["password"] is not None and hashes:
        raise BadParameters(f"{option} has a password and a hash", "Set only one of them")
    _check_hashes(given, option)
    return digest.Secret(username, given["password"], hashes, given["realm"])


def _check_hashes(given: Dict[str, Any], option: str) -> None:
    for name, algorithm in digest.HA1_NAMES.items():
        if given[name] and not digest.is_ha1(given[name], algorithm):
            raise BadParameters(
                f"{option}.{name} does not have {digest.HA1_DIGITS[algorithm]} hexadecimal digits",
                f"Set it to the {algorithm} hash of username:realm:password",
            )
        if given[name] and not given["realm"]:
            raise BadParameters(
                f"{option} has {name}, but no realm", "Set the realm of the hash, which is valid for no other one"
            )


def _default_to(action: str, server: Target, account: Account) -> str:
    """The URI without the option to: of the server, or of what belongs to the account."""
    return account.uri if action == "subscribe" else server.uri


def _destination(text: Optional[str], default: str) -> str:
    """The URI of to, or the default."""
    if text is None:
        return default
    try:
        uri = parse_uri(validate_uri(text))
    except SipError as error:
        raise BadParameters(f"to: {error.message}", error.hint) from error
    if uri.password is not None or uri.headers:
        raise BadParameters("to has a password or headers", "Write it as sip:user@domain")
    return text


def _fields(headers: Dict[str, Any]) -> Tuple[Tuple[str, str], ...]:
    try:
        found = flatten(headers)
    except SipError as error:
        raise BadParameters(f"headers: {error.message}", error.hint) from error
    for name, _value in found:
        if canonical(name) in _OWN:
            raise BadParameters(f"headers: {name} cannot be set", "The module makes this header")
    return tuple(found)


def _files(params: Dict[str, Any]) -> TlsFiles:
    files = TlsFiles(
        params["sip_client_cert"],
        params["sip_client_key"],
        params["sip_server_name"],
        params["sip_validate_certs"],
        params["sip_ca_path"],
    )
    try:
        tls_context(files)
    except UserAgentError as error:
        raise BadParameters(f"sip_ca_path or sip_client_cert: {error.message}", error.hint) from error
    return files


# Result


def _result(plan: Plan, proof: Proof) -> Dict[str, Any]:
    response = proof.response
    return {
        "changed": False,
        "action": plan.action,
        "server": str(plan.server),
        "address": proof.address,
        "code": response.code if response else None,
        "reason": printable(response.reason, most=100) if response else None,
        "timings": proof.timings(),
        "exchanges": proof.exchanges(),
        "registrations": proof.contacts(),
        "notification": proof.notification(),
        "authentication": proof.authentication(),
        "certificate": None if proof.certificate is None else certificate.read_der(proof.certificate),
        "left": [printable(text) for text in proof.left],
    }
