# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever happens to the runs of a campaign: each contact ends in one outcome, and none is sent to twice unless asked.

The module's body runs against a scripted server in the place of a Connection, so that every moment can be the last one.
"""

import collections
import json
import os
import tempfile

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._fleet import journal as journals
from ansible_collections.community.opensips.plugins.module_utils._fleet.outcome import OUTCOMES
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.fifo import FifoCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ConnectError, MITimeout, ServerError
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import ValueReply
from ansible_collections.community.opensips.plugins.module_utils._module import notify
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task, TaskFailure

# what becomes of a request to a phone, and the outcome that it is
BEHAVIOURS = {
    "answers": "accepted",
    "challenges": "accepted",
    "challenges_twice": "accepted",
    "refuses": "rejected",
    "silent": "no_answer",
    "unresolvable": "unreachable",
    "server_silent": "unknown",
    "server_refuses": "not_sent",
    "not_taken": "not_sent",
}
SENT = ("accepted", "rejected", "no_answer", "unknown")


class Killed(BaseException):
    """The process ends here: nothing that catches errors may run on."""


class Phone:
    """A registered phone. It may have the AOR of another one."""

    def __init__(self, number, aor, vendor, behaviour):
        self.aor = "user{0}".format(aor)
        self.contact = "sip:phone{0}@192.0.2.1:5060".format(number)
        self.user_agent = ["Yealink SIP-T46U 108.86.0.20", "snom370/8.7.5.35", "Unheard/1.0"][vendor]
        self.behaviour = behaviour

    def asks(self, headers):
        """Whether it answers a request with such headers (str) with a challenge."""
        return headers.count("Authorization: ") < {"challenges": 1, "challenges_twice": 2}.get(self.behaviour, 0)

    def record(self):
        return {
            "Contact": self.contact,
            "Expires": 3600,
            "Callid": "x",
            "Cseq": 1,
            "User-agent": self.user_agent,
            "Socket": "udp:192.0.2.9:5060",
            "State": "CS_NEW",
            "Flags": 0,
            "Cflags": "",
            "Methods": 1037,
        }


class Server:
    """What the body uses of a Connection. moments: steps until the process is killed, None for never.

    A request that a phone answers with a challenge is none that it acts on, and log does not have it.

    choose: function of a number, gives which of so many waiting phones answers next. log: contacts that got a request.
    """

    version = (3, 6, 8)
    window = 4
    carrier = FifoCarrier()

    def __init__(self, phones, log, choose, moments=None):
        self._phones = {phone.contact: phone for phone in phones}
        self.dumps = 0
        self._log = log
        self._choose = choose
        self._moments = moments

    def step(self):
        """A moment passes."""
        if self._moments is not None:
            self._moments -= 1
            if self._moments < 0:
                raise Killed()

    def call(self, method, params=None, timeout=None):
        aors = collections.OrderedDict()
        for phone in self._phones.values():
            aors.setdefault(phone.aor, []).append(phone.record())
        if method == "get_statistics":
            counts = {"usrloc:location-users": len(aors), "usrloc:location-contacts": len(self._phones)}
            return ValueReply(counts, "")
        if method == "version":
            return ValueReply({"Server": "OpenSIPS (3.6.8 (x86_64/linux))"}, "")
        assert method == "ul_dump"
        self.dumps += 1
        found = [{"AOR": aor, "Contacts": contacts} for aor, contacts in aors.items()]
        return ValueReply({"Domains": [{"name": "location", "AORs": found}]}, "")

    def stream(self, method, layout, params=None, timeout=None, size=None):
        yield self.call(method, params, timeout)

    def _show(self, aor):
        contacts = [phone.record() for phone in self._phones.values() if phone.aor == aor]
        return ValueReply({"AOR": aor, "Contacts": contacts}, "") if contacts else ServerError(404, "AOR not found")

    def call_many(self, requests, max_in_flight=None, governor=None, timeout=None, starting=None, follow=None):
        """As Connection.call_many(): takes each request just before it is sent, answers as they come."""
        waiting, requests, more = [], enumerate(requests), True
        again = []
        while waiting or more:
            while more and len(waiting) < self.window:
                self.step()
                taken = again.pop() if again else next(requests, None)
                if taken is None:
                    more = False
                    break
                index, (method, params) = taken
                if method == "ul_show_contact":
                    yield index, self._show(params["aor"])
                    continue
                assert method == "t_uac_dlg"
                phone = self._phones[params["ruri"]]
                self.step()
                if governor.gives_up(False):
                    yield index, governor.gives_up(False)
                    continue
                starting(index)
                if BEHAVIOURS[phone.behaviour] in SENT and not phone.asks(params["headers"]):
                    self._log.append(phone.contact)
                self.step()
                waiting.append((index, phone, params))
            if waiting:
                index, phone, params = waiting.pop(self._choose(len(waiting)))
                self.step()
                reply = self._answer(phone, params["headers"])
                following = follow(index, reply)
                if following is not None:
                    again.append((index, ("t_uac_dlg", following)))
                    more = True
                    continue
                yield index, reply
                self.step()

    @staticmethod
    def _answer(phone, headers):
        if phone.asks(headers):
            asked = "Proxy" if "\r\nAuthorization: " in headers else "WWW"
            status = "407 Proxy Authentication Required" if asked == "Proxy" else "401 Unauthorized"
            challenge = f'{asked}-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n'
            return ValueReply({"Status": status, "Message": f"{headers}{challenge}\r\n"}, "")
        if phone.behaviour == "server_silent":
            error = MITimeout("No reply came")
            error.maybe_sent = True
            return error
        if phone.behaviour == "not_taken":
            return ConnectError("No process reads the FIFO")
        if phone.behaviour == "server_refuses":
            return ServerError(500, "Internal error")
        if phone.behaviour == "unresolvable":
            return ServerError(476, "Unresolvable destination (476/MI/UAC)")
        message = None if phone.behaviour == "silent" else "Via: x\r\nTo: <sip:y>;tag=z\r\n\r\n"
        status = {"refuses": "481 Gone", "silent": "408 Request Timeout"}.get(phone.behaviour, "200 OK")
        return ValueReply({"Status": status, "Message": message}, "")


def _parameters(args):
    spec = notify.spec()
    checked = ArgumentSpecValidator(spec.spec, spec.rules["mutually_exclusive"]).validate(args)
    assert not checked.error_messages, checked.error_messages
    return checked.validated_parameters


def run(server, directory, **args):
    """The result of one run, whether the task fails or not. A server that is killed raises Killed."""
    credentials = [{"username": "u", "password": "p"}]
    params = _parameters(dict(args, campaign="night", campaign_dir=directory, credentials=credentials))
    task = Task(params, False, False, server, lambda _text: None)
    try:
        return notify.run(task)
    except TaskFailure as failure:
        return failure.result


def path_of(directory):
    return journals.journal_path("night", directory)


def lose_power(directory, data, synced):
    """After the last fsync any of the bytes may be missing from the end."""
    path = path_of(directory)
    if os.path.exists(path):
        size = os.path.getsize(path)
        os.truncate(path, data.draw(st.integers(min(synced, size), size), label="bytes on disk"))


class Synced:
    """Counts the bytes of the journal that are safely on disk."""

    def __init__(self):
        self.size = 0
        self._real = os.fsync

    def __enter__(self):
        os.fsync = self._fsync
        return self

    def __exit__(self, *_exc):
        os.fsync = self._real

    def _fsync(self, fd):
        self.size = os.fstat(fd).st_size


def announced_without_outcome(directory):
    """What the file says, read by its documentation: contacts announced and neither done nor withdrawn."""
    pending = set()
    if os.path.exists(path_of(directory)):
        with open(path_of(directory), encoding="ascii") as lines:
            for line in lines:
                if not line.endswith("\n"):
                    break
                entry = json.loads(line)
                pending.update(contact for _aor, contact in entry.get("sending", ()))
                pending.difference_update(contact for _aor, contact in entry.get("withdrawn", ()))
                if "done" in entry:
                    pending.discard(entry["done"][1])
    return pending


PHONES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from(sorted(BEHAVIOURS))), max_size=14)
FILTERS = st.sampled_from(
    [
        {},
        {"user_agent": ["yealink"]},
        {"exclude_user_agent": ["snom"]},
        {"aor": ["user[01]"]},
        {"limit": 3},
        {"sample": 40.0, "seed": "x"},
    ]
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "max_failures": st.sampled_from(["0", "2", "10%"]),
        "event": st.sampled_from(["auto", "check-sync"]),
        "unless_user_agent": st.just("snom"),
        "batch": st.integers(1, 5),
    },
)
KILLS = st.lists(st.integers(0, 90), max_size=4)


@settings(deadline=None, max_examples=300)
@given(phones=PHONES, filters=FILTERS, options=OPTIONS, kills=KILLS, data=st.data())
def test_one_outcome_each_and_nobody_twice(phones, filters, options, kills, data):
    phones = [Phone(number, *each) for number, each in enumerate(phones)]
    log = []

    def choose(many):
        return data.draw(st.integers(0, many - 1), label="who answers")

    def server(moments=None):
        return Server(phones, log, choose, moments)

    with tempfile.TemporaryDirectory() as directory, Synced() as synced:
        for moments in kills:
            try:
                run(server(moments), directory, select=filters, **options)
            except Killed:
                lose_power(directory, data, synced.size)
            assert max(collections.Counter(log).values(), default=0) <= 1
        unknown = announced_without_outcome(directory)
        options = {name: value for name, value in options.items() if name != "batch"}
        before = list(log)
        result = run(server(), directory, select=filters, **options)
        _check_accounts(result, phones)
        _check_against_the_log(result, phones, log)
        found = {each["contact"]: each for each in result["results"]}
        for contact in unknown & set(found):
            # those were announced and nobody knows: reported so, and left alone
            if found[contact]["outcome"] != "already":
                assert found[contact]["outcome"] == "unknown" and found[contact]["earlier"]
            assert log.count(contact) == before.count(contact)
        _check_a_run_after(result, lambda: run(server(), directory, select=filters, **dict(options, max_failures=None)))
        _check_resending(server, directory, filters, options, log)


def _check_accounts(result, phones):
    """Every registered contact is in the results once, or left out with a reason."""
    in_results = [each["contact"] for each in result["results"]]
    left_out = [each["contact"] for each in result["left_out"]]
    assert sorted(in_results + left_out) == sorted(phone.contact for phone in phones)
    assert all(each["outcome"] in OUTCOMES for each in result["results"])
    assert all(each["reason"] for each in result["left_out"])
    outcomes = result["summary"]["outcomes"]
    assert outcomes == dict(
        dict.fromkeys(OUTCOMES, 0), **collections.Counter(each["outcome"] for each in result["results"])
    )
    assert result["summary"]["total"] == sum(outcomes.values()) == len(in_results)


def _check_against_the_log(result, phones, log):
    """What the results say is what happened to the phones."""
    behaviours = {phone.contact: phone.behaviour for phone in phones}
    for each in result["results"]:
        sent = log.count(each["contact"])
        if each["outcome"] in ("accepted", "rejected", "no_answer"):
            assert sent == 1
        if each["outcome"] in ("not_sent", "already", "unreachable"):
            assert sent == 0
        if each["outcome"] not in ("unknown", "not_sent", "already"):
            assert each["outcome"] == BEHAVIOURS[behaviours[each["contact"]]]
        if each["outcome"] == "unknown" and not each["earlier"]:
            assert behaviours[each["contact"]] == "server_silent"
    assert set(log) <= {each["contact"] for each in result["results"]}


def _check_a_run_after(result, run_again):
    """Of a run that came to its end the next one knows everything, and goes on with what it had not sent."""
    before = {each["contact"]: each["outcome"] for each in result["results"]}
    for each in run_again()["results"]:
        if before[each["contact"]] == "not_sent":
            assert not each["earlier"]
        else:
            assert each["outcome"] == before[each["contact"]]


def _check_resending(server, directory, filters, options, log):
    """Asked to, those that are unknown are sent to once more, and only those."""
    unknown = announced_without_outcome(directory)
    before = collections.Counter(log)
    result = run(server(), directory, select=filters, resend_unknown=True, **options)
    again = collections.Counter(log) - before
    wanted = {each["contact"]: each for each in result["results"]}
    for contact, times in again.items():
        assert times == 1
        assert contact in unknown or not before[contact]
    if not result["summary"]["outcomes"]["not_sent"]:
        assert all(
            wanted[each]["outcome"] != "unknown" or not wanted[each]["earlier"] for each in unknown & set(wanted)
        )


@settings(deadline=None, max_examples=60)
@given(phones=PHONES, batch=st.integers(1, 4), kills=KILLS, data=st.data())
def test_batches_reach_everybody(phones, batch, kills, data):
    """Batch after batch until none remain, with kills between: each phone that can be sent to got one request."""
    phones = [Phone(number, *each) for number, each in enumerate(phones) if BEHAVIOURS[each[2]] in SENT]
    log, kills = [], list(kills)
    with tempfile.TemporaryDirectory() as directory:
        for _round in range(len(phones) + len(kills) + 1):
            moments = kills.pop() if kills else None
            try:
                result = run(
                    Server(phones, log, lambda many: data.draw(st.integers(0, many - 1)), moments),
                    directory,
                    select={},
                    event="check-sync",
                    batch=batch,
                )
            except Killed:
                continue
            assert len(result["results"]) <= batch
            if not result["summary"]["remaining"]:
                break
        else:
            raise AssertionError("the batches come to no end")
        unknown = announced_without_outcome(directory)
    counts = collections.Counter(log)
    for phone in phones:
        assert counts[phone.contact] == 1 or (phone.contact in unknown and counts[phone.contact] == 0)


@settings(deadline=None, max_examples=40)
@given(phones=PHONES.filter(len), options=OPTIONS, kills=KILLS, data=st.data())
def test_the_table_is_read_once_a_campaign(phones, options, kills, data):
    """However often its runs are killed while they send: the plan is kept before the first request goes out."""
    phones = [Phone(number, *each) for number, each in enumerate(phones)]
    dumps, whole = 0, 0
    with tempfile.TemporaryDirectory() as directory:
        for moments in [*kills, None, None]:
            server = Server(phones, [], lambda many: data.draw(st.integers(0, many - 1)), moments)
            try:
                run(server, directory, select={}, **options)
                whole += 1
            except Killed:
                pass
            dumps += server.dumps
    assert (dumps, whole >= 2) == (1, True)
