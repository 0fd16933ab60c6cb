# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A farm of phones: many user agents on a few UDP sockets, which register and answer NOTIFYs."""

import json
import random
import re
import socket
import time

from . import digest, notification, sip
from .location import Contact, method_bits

# (vendor, User-Agent with %s for the firmware, firmware, firmware after an update)
VENDORS = (
    ("yealink", "Yealink SIP-T46U %s", "108.86.0.20", "108.86.0.70"),
    ("polycom", "PolycomVVX-VVX_411-UA/%s", "6.4.1.1234", "6.4.6.2494"),
    ("snom", "snom370/%s", "8.7.5.35", "8.7.5.44"),
    ("cisco_spa", "Cisco/SPA504G-%s", "7.6.2c", "7.6.2f"),
    ("grandstream", "Grandstream GXP2170 %s", "1.0.11.48", "1.0.11.79"),
    ("cisco_mpp", "Cisco-CP-8841-3PCC/%s_f0e2f0f1", "11.3.4", "12.0.1"),
    ("fanvil", "Fanvil X5U %s", "2.4.10", "2.12.16"),
    ("mitel", "Mitel 6867i/%s.2096", "5.1.0", "6.3.3"),
)

ALLOW = "INVITE, ACK, BYE, NOTIFY"  # 1037
# not those that mean that the phone is in a call
REJECTIONS = (401, 481, 488, 489, 503)
FIRST_NUMBER = 100000

# NOTIFY events that make a phone start anew (the others fetch a configuration or light a lamp)
_REBOOTING = ("reboot=true", "reboot_now", "restart_now", "reboot", "service-control")


class Phone:
    """One user agent."""

    __slots__ = (
        "user",
        "number",
        "vendor",
        "agent",
        "firmware",
        "sock",
        "port",
        "behaviour",
        "code",
        "callid",
        "cseq",
        "boots",
        "silent_until",
        "aor_host",
        "domain",
        "doorkeeper",
    )

    def contact(self):
        return f"sip:{self.user}@127.0.0.1:{self.port}"

    def user_agent(self):
        return self.agent % self.firmware


class Farm:
    """The phones. Behaviours: answer, reject, dead (silent), provisional (only 100 Trying), challenge (ask for credentials).

    state: State, which has their calls.
    """

    SOCKETS = 4

    def __init__(self, loop, server_port, options, state):
        self.state = state
        self.loop = loop
        self.server_address = ("127.0.0.1", server_port)
        self.options = options
        self.random = random.Random(options.seed)
        self.phones = {}
        self.sockets = []
        self.log_entries = [] if options.keep_sip_log else None
        self.received = 0
        # of phones that ask for credentials: how often which verdict came, and what no client should have sent
        self.verdicts, self.faults = {}, []
        self._log = open(options.sip_log, "a", encoding="utf-8") if options.sip_log else None  # noqa: SIM115 - open as long as the farm
        self._build()

    # ---- making them

    def _build(self):
        options = self.options
        for index in range(min(self.SOCKETS, max(1, options.phones // 500 + 1))):
            self.sockets.append(self._bind(options.phones_port if index == 0 else 0))
        count = options.phones
        dead, rejecting, provisional, challenging = (
            self._share(share, count)
            for share in (options.dead, options.reject, options.provisional, options.challenge)
        )
        order = list(range(count))
        self.random.shuffle(order)
        roles = {}
        for index in order[:dead]:
            roles[index] = "dead"
        for index in order[dead : dead + rejecting]:
            roles[index] = "reject"
        for index in order[dead + rejecting : dead + rejecting + provisional]:
            roles[index] = "provisional"
        for index in order[::-1][:challenging]:
            roles.setdefault(index, "challenge")
        for index in range(count):
            self._add(index, roles.get(index, "answer"))

    @staticmethod
    def _share(share, count):
        """0.03 or 3 (per cent) of `count`, at least one when not zero."""
        if not share:
            return 0
        return min(count, max(1, round(count * (share if share < 1 else share / 100))))

    def _bind(self, port):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind(("127.0.0.1", port))
        self.loop.add_reader(sock.fileno(), self._readable, sock)
        return sock

    def _add(self, index, behaviour):
        phone = Phone()
        phone.number = index
        phone.user = str(FIRST_NUMBER + index)
        phone.vendor, phone.agent, phone.firmware, _newer = VENDORS[index % len(VENDORS)]
        phone.sock = self.sockets[index % len(self.sockets)]
        phone.port = phone.sock.getsockname()[1]
        phone.behaviour = behaviour
        codes = self.options.reject_codes
        phone.code = codes[index % len(codes)]
        phone.callid = f"c{phone.user}@farm{phone.port}"
        phone.cseq = 17652
        phone.boots = 0
        phone.silent_until = 0.0
        phone.domain = self.options.domain
        phone.doorkeeper = None
        if behaviour == "challenge":
            self.demand(phone)
        self.phones[phone.user] = phone

    def demand(self, phone, **demand):
        """Have a phone ask for credentials. demand: what differs from the options of the command line (see digest.Demand)."""
        options = self.options
        given = {
            "algorithms": options.challenge_algorithms,
            "qop": options.challenge_qop,
            "code": options.challenge_code,
            "realms": options.challenge_realms,
            "stale": options.challenge_stale,
            "refusal": options.challenge_refusal,
            "username": options.challenge_user,
            "password": options.challenge_password,
            **demand,
        }
        phone.behaviour = "challenge"
        phone.doorkeeper = digest.Doorkeeper(phone.user, digest.Demand(**given), self.verdicts, self.faults)

    def close(self):
        for sock in self.sockets:
            self.loop.remove_reader(sock.fileno())
            sock.close()
        self.sockets = []
        if self._log:
            self._log.close()

    # ---- registering

    def instance(self, phone):
        return f"<urn:uuid:00000000-0000-1000-8000-{phone.user:012}>"

    def register(self, phone):
        """Send a REGISTER to the server."""
        phone.cseq += 1
        uri = f"sip:{phone.user}@{phone.domain}"
        data = (
            f"REGISTER sip:{phone.domain} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{phone.port};branch=z9hG4bKfarm{phone.user}x{phone.cseq}x{phone.boots}\r\n"
            f"From: <{uri}>;tag=ph{phone.user}\r\nTo: <{uri}>\r\nCall-ID: {phone.callid}\r\nCSeq: {phone.cseq} REGISTER\r\n"
            f'Max-Forwards: 70\r\nContact: <{phone.contact()}>;q=0.5;expires={self.options.expires};+sip.instance="{self.instance(phone)}"\r\n'
            f"Allow: {ALLOW}\r\nUser-Agent: {phone.user_agent()}\r\nContent-Length: 0\r\n\r\n"
        )
        phone.sock.sendto(data.encode(), self.server_address)

    def seed(self, state):
        """Put every phone straight into the location table: for fleets too big to register one by one."""
        now = time.time()
        sockname = f"udp:127.0.0.1:{self.server_address[1]}"
        bits = method_bits(ALLOW)
        for phone in self.phones.values():
            phone.cseq += 1
            aor = phone.user + "@" + phone.domain if state.v >= (4, 0) else phone.user
            state.location.save(
                aor,
                Contact(
                    phone.contact(),
                    now + self.options.expires,
                    "0.5",
                    phone.callid,
                    phone.cseq,
                    phone.user_agent(),
                    socket=sockname,
                    methods=bits,
                    sip_instance=self.instance(phone),
                ),
            )

    # ---- calling

    def begin_calls(self):
        """A share of the phones are in calls from the start, each with nobody that registered."""
        shortest, longest = self.options.call_seconds
        callers = self.random.sample(list(self.phones), self._share(self.options.in_call, len(self.phones)))
        for user in callers:
            self.state.add_call(self.phones[user], seconds=self.random.uniform(shortest, longest))

    # ---- being called

    def _readable(self, sock):
        for _turn in range(200):
            try:
                data, address = sock.recvfrom(65535)
            except OSError:
                return
            if not data.startswith(b"SIP/2.0 "):
                self._request(sock, data, address)

    def _request(self, sock, data, address):
        self.received += 1
        message = sip.Message(data)
        if self._log or self.log_entries is not None:
            self._write_log(message, sock)
        uri = message.first.split(" ")[1] if message.first.count(" ") >= 2 else ""
        user = uri.partition(":")[2].partition("@")[0]
        phone = self.phones.get(user)
        if phone is None:
            code = self._code_of_user(user)
            if code is not None:
                self._answer(sock, message, address, code, user)
            return
        now = time.monotonic()
        if phone.behaviour == "dead" or phone.silent_until > now:
            return
        if phone.behaviour == "provisional":
            self._answer(sock, message, address, 100, user)
            return
        if phone.behaviour == "reject":
            self._answer(sock, message, address, phone.code, user)
            return
        if phone.behaviour == "challenge":
            code, extra = phone.doorkeeper.judge(message)
            if code != 200:
                demand = phone.doorkeeper.demand
                repeated = message.get("authorization") if demand.echo else None
                reason = repeated and f"{repeated} {repeated.upper()}"
                self._answer(sock, message, address, code, user, extra, demand.forge, reason)
                return
        refusal = notification.code_of(message) if self.options.strict_notify and message.method == "NOTIFY" else None
        if refusal is None and self.options.busy_code and self.state.is_in_call(user):
            refusal = self.options.busy_code
        if refusal is not None:
            self._answer(sock, message, address, refusal, user)
            return
        self._answer(sock, message, address, 200, user)
        if self.options.reboot and message.method == "NOTIFY" and self._reboots(message):
            self._reboot(phone, now)

    @staticmethod
    def _code_of_user(user):
        """What an unknown user gets: `rejectme` 481, `code503` that code, `silent...` nothing, others 404."""
        if user.startswith("silent"):
            return None
        if user.startswith("code") and user[4:].isdigit():
            return int(user[4:])
        return 481 if user.startswith("rejectme") else 404

    def _answer(self, sock, message, address, code, user, extra=None, forge="", reason=None):
        """extra: further headers. forge: name of a header that is not to be the request's, as no honest phone answers."""
        tag = None if code == 100 else "ph" + user
        if extra is None:
            extra = (("WWW-Authenticate", f'Digest realm="phone", nonce="{self.received:x}"'),) if code == 401 else ()
        data = sip.answer(message, code, tag, extra, reason)
        if forge:
            # From ends in its tag
            place = rf"(?im)^{forge}: .*?(?=\r)" if forge == "from" else rf"(?im)^{forge}: "
            data = re.sub(place.encode(), rb"\g<0>1", data)
        try:
            sock.sendto(data, address)
        except OSError:
            pass

    @staticmethod
    def _reboots(message):
        event = message.get("event", "").replace(" ", "").lower()
        return any(event == word or event.endswith(";" + word) or event.startswith(word) for word in _REBOOTING)

    def _reboot(self, phone, now):
        """Go silent for a moment, then register anew as after a power cycle."""
        phone.silent_until = now + self.options.reboot_seconds
        phone.boots += 1
        self.state.cut(phone.user)
        phone.callid = f"c{phone.user}-{phone.boots}@farm{phone.port}"
        phone.cseq = self.random.randrange(1, 20000)
        if self.options.upgrade:
            phone.firmware = next(vendor[3] for vendor in VENDORS if vendor[0] == phone.vendor)
        self.loop.call_later(self.options.reboot_seconds, self._back, phone)

    def _back(self, phone):
        if self.sockets:
            self.register(phone)

    def _write_log(self, message, sock):
        entry = {
            "time": round(time.time(), 3),
            "port": sock.getsockname()[1],
            "first": message.first,
            "headers": message.headers,
            "body": message.body.decode("utf-8", "surrogateescape"),
            "raw": message.raw.decode("latin-1"),
            "notification": notification.parse(message) if message.method == "NOTIFY" else None,
        }
        if self.log_entries is not None:
            self.log_entries.append(entry)
        if self._log:
            self._log.write(json.dumps(entry) + "\n")
            self._log.flush()

    def summary(self):
        """{behaviour: count}, received requests, reboots."""
        counts = {}
        for phone in self.phones.values():
            counts[phone.behaviour] = counts.get(phone.behaviour, 0) + 1
        return {
            "phones": len(self.phones),
            "behaviours": counts,
            "received": self.received,
            "verdicts": dict(self.verdicts),
            "faults": list(self.faults),
            "boots": sum(phone.boots for phone in self.phones.values()),
        }
