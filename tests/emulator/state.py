# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server remembers: one model for all versions; the commands render it."""

import json
import os
import time

from .location import Location
from .memory import MEGABYTE, Block, SharedMemory

_HERE = os.path.dirname(os.path.abspath(__file__))

VERSIONS = {"1.11": "1.11.11-notls", "2.4": "2.4.11", "3.6": "3.6.8", "4.0": "4.0.1"}


def load_data(name):
    """A data file of this package."""
    with open(os.path.join(_HERE, name), encoding="utf-8") as stream:
        return json.load(stream)


class Destination:
    """A dispatcher destination."""

    def __init__(self, uri, state, weight, priority, attrs, description):
        self.uri, self.state, self.weight, self.priority = uri, state, weight, priority
        self.attrs, self.description = attrs, description
        self.failures = 0


class LoadBalanced:
    """A load_balancer destination."""

    def __init__(self, ident, group, uri, resources):
        self.id, self.group, self.uri = ident, group, uri
        self.resources = dict(resources)
        self.enabled = self.auto_reenable = True


class Gateway:
    """A drouting gateway."""

    def __init__(self, ident, address, attrs):
        self.id, self.address, self.attrs = ident, address, attrs
        self.state = "Active"


class Carrier:
    """A drouting carrier."""

    def __init__(self, ident, attrs):
        self.id, self.attrs, self.enabled = ident, attrs, True


class Registrant:
    """A registration of ours at another registrar."""

    def __init__(self, number, enabled):
        self.aor = "sip:trunk%d@carrier.example" % number
        self.registrar = "sip:127.0.0.1:1980%d" % number
        self.binding = "sip:trunk%d@127.0.0.1:5060" % number
        self.expires, self.enabled = 600, enabled
        # what reg_list shows of it besides; REGISTERs that were asked for; user and password
        self.more, self.forced, self.credentials = {}, 0, None


class MediaNode:
    """An rtpproxy or rtpengine."""

    def __init__(self, url):
        self.url, self.disabled, self.weight, self.recheck = url, 1, 1, 60


class Rule:
    """A rule of a blacklist. ends: when it expires (time()), or None."""

    def __init__(self, ip, mask, proto, port, match=None, contrary=False):
        self.ip, self.mask, self.proto, self.port, self.match, self.contrary = ip, mask, proto, port, match, contrary
        self.ends = None

    def key(self):
        """What the server compares: not the mask."""
        return (self.contrary, self.ip, self.proto, self.port, self.match)


class Blacklist:
    """flags: of read-only, expire, default. dangling: the server's pointer to the last rule points to a deleted one."""

    def __init__(self, flags, *rules):
        self.flags, self.rules, self.dangling = flags, list(rules), False


class Dialog:
    """A call. number: of the call. fields: callid, from_uri, to_uri, start, state; ends: when it is over by itself;
    answered: when a call that rings is; users: those of the phones that are in it;
    lists: how often it is listed with others until then; end: what a dlg_end_dlg does to it, "gone", "stays" or "refused";
    caller_sdp; callee_contact and callee_route_set: where it went; profiles: list of (name, value or None);
    shtag: its sharing tag in a cluster."""

    state, ends, lists, end = 3, None, None, "gone"
    answered, users, shtag = None, (), None
    callee_contact, callee_route_set, profiles = "sip:127.0.0.1:19500;transport=UDP", "", ()

    def __init__(self, number, sip_port, now, **fields):
        self.number = number
        self.h_entry, self.h_id = 1418 + 811 * number, 431250119 + 97 * number
        self.start, self.timeout = int(now), int(now) + 43200
        self.callid = "%d-7400@127.0.0.1" % number
        self.from_uri = self.caller_contact = "sip:sipp@127.0.0.1:19501"
        self.to_uri = "sip:callee@127.0.0.1:%d" % sip_port
        self.caller_tag = "7400SIPpTag00%d" % number
        self.__dict__.update(fields)
        self._answering_contact = self.callee_contact
        if self.state in (1, 2):
            # the server takes the contact from the answer
            self.start, self.callee_contact = 0, ""
        self.callee_tag = "7398SIPpTag01%d" % number
        # 2.x keeps an SDP only where it refreshes calls by itself, so that its own of this call is not told
        self.kept_sdp = fields.get("caller_sdp"), fields.get("callee_sdp")
        self.caller_sdp, self.callee_sdp = self.kept_sdp[0] or _sdp(6004), self.kept_sdp[1] or _sdp(6000)

    def is_over(self, now):
        """Whether it has ended by itself; a call that rings is answered when it is time."""
        if self.answered is not None and self.answered <= now and self.state < 3:
            self.state, self.start, self.callee_contact = 3, int(self.answered), self._answering_contact
        return self.lists == 0 or (self.ends is not None and self.ends <= now)

    @property
    def db_id(self):
        return str((self.h_entry << 32) | self.h_id)

    @property
    def did(self):
        """The id of 3.x: both halves in hexadecimal, least significant digit first."""
        return "{}.{}".format((f"{self.h_entry:x}")[::-1], (f"{self.h_id:x}")[::-1])


def _sdp(port):
    return (
        "v=0\r\no=user1 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
        "t=0 0\r\nm=audio %d RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n" % port
    )


class State:
    """Everything behind the commands. `version` is one of VERSIONS; `modules` is "full", "base" or "all".

    shared_memory: megabytes. destinations: SIP URIs of the dispatcher's only set, the load balancer and drouting, or empty for
    those of the recorded servers. use_partitions: drouting has the partitions pstn and mobile. more_blacklists: besides the one that expires there are
    one that does not, and one that is read-only.
    """

    def __init__(
        self,
        version,
        modules="full",
        directory="/run/opensips",
        use_partitions=False,
        more_blacklists=False,
        shared_memory=64,
        destinations=(),
    ):
        self.version = version
        self.v = tuple(int(part) for part in version.split("."))
        self.tree = self.v < (3, 0)
        self.modules = modules
        self.directory = directory
        self.destinations = list(destinations)
        self.use_partitions = use_partitions and self.v >= (2, 1)
        self.server_line = f"OpenSIPS ({VERSIONS[version]} (x86_64/linux))"
        self.started = time.time()
        self.sip_port = 5060
        self.http_port = 0
        self.cache = {}
        self.log_level = self.xlog_level = 2
        self.log_levels = {}  # pid: level, of processes that have one of their own
        self.log_filters, self.log_muted = {}, {}
        self.more_events = []  # of the script and of clusterer
        self.subscribers = {}  # event -> {socket: (expire, since)}
        self.dialogs = []
        # called with (dialog, whether it is new) when one is answered or ends
        self.dialog_listeners = []
        self.numbers = None  # an iterator of numbers for dialogs that nobody else has
        self.shtag = None  # of dialogs that begin here
        # since the start; a server whose routes make no dialogs of calls has none
        self.processed_dialogs = 0
        # calls that ended because a phone in them started anew
        self.cut_calls = 0
        # {name: whether it has values}
        self.profiles = {"lbXpstn": True, "lbXtransc": True}
        self.nat_ping = True
        self.dr_probing = True
        self.shared_variables = {"debug": 7}
        self.flags = 0
        self.trace_global, self.trace_on = True, True
        self.statistics = load_data("statistics.json").get("2.4" if version == "1.11" else version)
        if modules == "base":
            for group in ("tracer", "siptrace"):
                self.statistics.pop(group, None)
        self.counters = {}
        # what a test set: values of statistics, (status, details) of status reports, the answer to OPTIONS
        self.kept_statistics = {}
        self.statuses = {}
        self.options_code = 200
        start = Block(*(self.statistics["shmem"][name] for name in ("real_used_size", "used_size", "fragments")))
        self.memory = SharedMemory(int(shared_memory * MEGABYTE), version, start)
        self.location = Location(self.memory, compares_uris=self.v >= (3, 1))
        self.registrants = [Registrant(2, False), Registrant(1, True)]
        # the table that a single one is reloaded from
        self.registrant_rows = [Registrant(1, True), Registrant(3, True)]
        self.reload()
        self.media = {
            "rtpproxy": [MediaNode("udp:127.0.0.1:19901"), MediaNode("udp:127.0.0.1:19902")],
            "rtpengine": [MediaNode("udp:127.0.0.1:19911"), MediaNode("udp:127.0.0.1:19912")],
        }
        self.blacklists = {}
        if modules != "base":
            self.blacklists["net_filter"] = Blacklist(["expire"], Rule("10.9.0.0", "255.255.0.0", "udp", 5060))
        if more_blacklists:
            self.blacklists["plain"] = Blacklist(
                ["default"],
                Rule("10.9.0.0", "255.255.0.0", "udp", 5060),
                Rule("10.10.0.0", "255.255.0.0", "tcp", 0, "*INVITE*"),
            )
            self.blacklists["fixed"] = Blacklist(["read-only"], Rule("10.9.0.0", "255.255.0.0", "udp", 5060))
        self.dr_reloaded = self.started
        self._seed_pids()

    def reload(self):
        """What the tables hold."""
        none = "n" if self.tree else ""
        self.dispatcher = {
            2: [Destination("sip:127.0.0.2:19003;transport=udp", "Inactive", 1, 1, none, none)],
            1: [
                Destination("sip:127.0.0.1:19001", "Active", 50, 0, "dc=a", "gw one"),
                Destination("sip:127.0.0.1:19002", "Active", 50, 0, "dc=b", "gw two"),
            ],
        }
        if self.destinations:
            self.dispatcher = {1: [Destination(uri, "Active", 1, 0, none, none) for uri in self.destinations]}
        self.load_reload()
        # by partition; None where drouting uses none
        names = ("pstn", "mobile") if self.use_partitions else (None,)
        self.routing = {
            name: (
                [Gateway(f"gw{number}", *gateway) for number, gateway in enumerate(self._gateways(), 1)],
                [Carrier("cr1", "x")],
            )
            for name in names
        }
        self.addresses = [(1, "10.1.1.1", 32, 5060, "udp", "", "office")]
        self.subnets = [(2, "10.2.0.0", "255.255.0.0", 0, "any", "", "dc")]
        self.domains = [("voip.example.org", "t=1"), ("example.com", "")]

    def _gateways(self):
        """(address, attrs) of each."""
        if self.destinations:
            return [(uri.partition(":")[2], "") for uri in self.destinations]
        return [("127.0.0.1:19201", "a1"), ("127.0.0.1:19202", "")]

    def load_reload(self):
        """lb_reload starts from the table again."""
        if self.destinations:
            self.balanced = [
                LoadBalanced(number, 1, uri, [("pstn", 32)]) for number, uri in enumerate(self.destinations, 1)
            ]
            return
        self.balanced = [
            LoadBalanced(1, 1, "sip:127.0.0.1:19101", [("pstn", 32), ("transc", 12)]),
            LoadBalanced(2, 1, "sip:127.0.0.1:19102", [("pstn", 16)]),
        ]

    def add_dialogs(self, count):
        now = time.time()
        self.end_dialogs(list(self.dialogs))
        for _turn in range(count):
            self._begin_dialog(now)

    def add_dialog(self, age=0, seconds=None, **fields):
        """One more call, that many seconds old, which lasts that many more."""
        now = time.time()
        self.profiles.update((name, value is not None) for name, value in fields.get("profiles", ()))
        fields.setdefault("ends", None if seconds is None else now + seconds)
        return self._begin_dialog(now, start=int(now - age), **fields)

    def _begin_dialog(self, now, **fields):
        if self.numbers is not None:
            number = next(self.numbers)
        else:
            # they are in the order of their numbers
            number = 1 + self.dialogs[-1].number if self.dialogs else 1
        dialog = Dialog(number, self.sip_port, now, **{"shtag": self.shtag, **fields})
        self.dialogs.append(dialog)
        self.processed_dialogs += 1
        self._changed(dialog, True)
        return dialog

    def answer(self, dialog):
        """A call that rings is answered now."""
        dialog.answered = time.time()
        self.calls()

    def end_dialogs(self, ended):
        """They are over."""
        gone = set(ended)
        self.dialogs = [dialog for dialog in self.dialogs if dialog not in gone]
        for dialog in ended:
            self._changed(dialog, False)

    def _changed(self, dialog, is_new):
        for listener in self.dialog_listeners:
            listener(dialog, is_new)

    def add_call(self, caller, callee=None, seconds=None, rings=0.0):
        """A call of a phone with another one, or with nobody that registered. seconds: until it is over, or None; of which it rings."""
        now = time.time()
        fields = {"from_uri": f"sip:{caller.user}@{caller.domain}", "caller_contact": caller.contact()}
        if callee is not None:
            fields.update(to_uri=f"sip:{callee.user}@{callee.domain}", callee_contact=callee.contact())
        users = [phone.user for phone in (caller, callee) if phone is not None]
        fields.update(users=users, state=2 if rings else 3, answered=now + rings if rings else None)
        self.add_dialog(seconds=seconds, callid=f"{caller.user}-{self.processed_dialogs}@phones", **fields)

    def is_in_call(self, user):
        """Whether a phone is."""
        return any(user in dialog.users for dialog in self.calls())

    def cut(self, user):
        """The phone started anew: its calls are over."""
        ended = [dialog for dialog in self.calls() if user in dialog.users]
        self.cut_calls += len(ended)
        self.end_dialogs(ended)

    def calls(self):
        """The dialogs that are not over by now."""
        now = time.time()
        over = []
        for dialog in self.dialogs:
            was_answered = dialog.state >= 3
            if dialog.is_over(now):
                over.append(dialog)
            elif dialog.state >= 3 and not was_answered:
                self._changed(dialog, True)
        if over:
            self.end_dialogs(over)
        return self.dialogs

    def _seed_pids(self):
        """Processes as a server of that version forks them."""
        base = os.getpid()
        self.first_pid = base

    def processes(self):
        """(pid, type) of each process."""
        sip = "SIP receiver udp:127.0.0.1:%d%s" % (self.sip_port, " " if self.tree else "")
        httpd = "HTTPD 127.0.0.1:%d" % self.http_port
        if self.v < (2, 0):
            types = [
                "attendant",
                "MI XMLRPC",
                httpd,
                "MI Datagram",
                "MI FIFO",
                sip,
                sip,
                "time_keeper",
                "timer: tm-utimer",
                "timer: rl-timer",
                "TCP receiver",
                "TCP receiver",
                "TCP main",
            ]
        else:
            types = ["attendant", httpd, "MI Datagram", "MI FIFO", "time_keeper", "timer", sip, sip, "Timer handler"]
        return [(self.first_pid + index, kind) for index, kind in enumerate(types)]

    def count(self, name, by=1):
        """Add to a statistic."""
        self.counters[name] = self.counters.get(name, 0) + by
