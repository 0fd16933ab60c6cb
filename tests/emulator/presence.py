# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A presence server for message summaries: PUBLISH, SUBSCRIBE, and NOTIFYs in the dialogs of its watchers.

As the modules presence and presence_mwi of OpenSIPS 2.4, 3.6 and 4.0 answered when they were tried: an ETag that each update
changes, 412 for one that is unknown, 400 for a new publication without a body, 489 for another event, Expires as granted. A
refresh notifies nobody; a removal notifies the body that it has, or else the removed one, and then what is left. Of several
publications of one presentity watchers get the latest. OpenSIPS itself never answers 423, which others do.
"""

import os
import re
import secrets
import socket
import time

from . import digest, sip

KINDS = ("none", "server", "unrouted", "pua")
EVENT = "message-summary"
CONTENT_TYPE = "application/simple-message-summary"


class Publication:
    """What is published under one ETag. ends: when it expires (time())."""

    def __init__(self, body, ends):
        self.body, self.ends = body, ends


class Subscription:
    """A watcher's dialog."""

    def __init__(self, message, presentity, ends):
        self.presentity, self.ends = presentity, ends
        self.callid = message.get("call-id", "")
        self.watcher, self.local = message.get("from", ""), message.get("to", "")
        self.local_tag, self.cseq = secrets.token_hex(8), 0
        self.contact = sip.name_addr(message.get("contact", ""))[1]


class Presence:
    """The presence of one server.

    least_expires, most_expires: of publications, in seconds. password: of the user "publisher", which PUBLISH requires, or None.
    """

    def __init__(self, server, least_expires, most_expires, password=None):
        self.server = server
        self.least_expires, self.most_expires = least_expires, most_expires
        self.publications = {}  # presentity (user@host) -> {ETag: Publication}, the latest last
        self.subscriptions = {}  # (Call-ID, our tag) -> Subscription
        self.received = []  # what each PUBLISH asked: presentity, expires, etag, body
        self._count = 0
        self._doorkeeper = None
        if password is not None:
            demand = digest.Demand(code=407, realms=("presence",), username="publisher", password=password)
            self._doorkeeper = digest.Doorkeeper("publisher", demand, {}, server.harms)

    # ---- SIP

    def on_request(self, message, reply):
        """reply: function of code, further headers, tag."""
        if message.get("event", "").partition(";")[0].strip().lower() != EVENT:
            reply(489)
        elif message.method == "PUBLISH":
            self._on_publish(message, reply)
        else:
            self._on_subscribe(message, reply)

    def _on_publish(self, message, reply):
        if self._doorkeeper is not None:
            code, extra = self._doorkeeper.judge(message)
            if code != 200:
                reply(code, extra)
                return
        presentity = self._presentity(message)
        body = message.body.decode("utf-8", "surrogateescape")
        code, extra = self.publish(presentity, self._expires(message, 3600), message.get("sip-if-match"), body)
        reply(code, extra)

    def publish(self, presentity, expires, etag, body):
        """(code, further headers) of a publication; watchers are notified."""
        self.received.append({"presentity": presentity, "expires": expires, "etag": etag, "body": body})
        found = self.publications.setdefault(presentity, {})
        if 0 < expires < self.least_expires:
            return 423, [("Min-Expires", self.least_expires)]
        if etag is None and not body:
            return 400, ()
        if etag is not None and etag not in found:
            return 412, ()
        expires = min(expires, self.most_expires)
        known = found.pop(etag, None)
        if expires == 0:
            self._notify(presentity, body or (known.body if known else ""))
            self._notify(presentity)
            return 200, [("Expires", 0), ("SIP-ETag", etag or self._etag())]
        new = self._etag()
        found[new] = Publication(body or known.body, time.time() + expires)
        if body:
            self._notify(presentity)
        return 200, [("Expires", expires), ("SIP-ETag", new)]

    def _etag(self):
        self._count += 1
        return f"a.{int(self.server.state.started)}.{os.getpid()}.{self._count}.0"

    def _on_subscribe(self, message, reply):
        expires = min(self._expires(message, 3600), 3600)
        tag = sip.header_param(sip.name_addr(message.get("to", ""))[2], "tag")
        key = (message.get("call-id", ""), tag)
        if tag is not None and key not in self.subscriptions:
            reply(481)
            return
        if tag is None:
            subscription = Subscription(message, self._presentity(message), 0)
            key = (subscription.callid, subscription.local_tag)
        else:
            subscription = self.subscriptions[key]
        subscription.ends = time.time() + expires
        reply(200, [("Expires", expires), ("Contact", self._contact())], subscription.local_tag)
        self.subscriptions[key] = subscription
        self._send(key, self._latest(subscription.presentity), "active" if expires else "terminated;reason=timeout")
        if not expires:
            del self.subscriptions[key]

    @staticmethod
    def _presentity(message):
        uri = sip.parse_uri(message.first.split(" ")[1])
        return f"{uri.user}@{uri.host.lower()}"

    @staticmethod
    def _expires(message, default):
        text = message.get("expires", "")
        return int(text) if text.isdigit() else default

    def _contact(self):
        return f"<sip:presence@127.0.0.1:{self.server.sip.port}>"

    # ---- notifying

    def _latest(self, presentity):
        found = list(self.publications.get(presentity, {}).values())
        return found[-1].body if found else ""

    def _notify(self, presentity, body=None):
        """Notify the watchers of a body, or of what there is."""
        for key, subscription in list(self.subscriptions.items()):
            if subscription.presentity == presentity:
                self._send(key, self._latest(presentity) if body is None else body, "active")

    def _send(self, key, body, state):
        subscription = self.subscriptions.get(key)
        uri = sip.parse_uri(subscription.contact) if subscription else None
        if uri is None:
            return
        subscription.cseq += 1
        if state == "active":
            state += f";expires={max(0, round(subscription.ends - time.time()))}"
        branch = self.server.sip.new_branch()
        address = self.server.reachable((uri.host, uri.port or 5060))
        lines = [
            f"NOTIFY {subscription.contact} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.server.sip.port};branch={branch}",
            f"To: {subscription.watcher}",
            f"From: {subscription.local};tag={subscription.local_tag}",
            f"CSeq: {subscription.cseq} NOTIFY",
            f"Call-ID: {subscription.callid}",
            "Max-Forwards: 70",
            f"Event: {EVENT}",
            f"Contact: {self._contact()}",
            f"Subscription-State: {state}",
            *([f"Content-Type: {CONTENT_TYPE}"] if body else []),
            f"Content-Length: {len(body.encode())}",
        ]
        data = ("\r\n".join(lines) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")

        def done(status, _rest, _room):
            # a watcher that is gone is forgotten, one that is silent stays until it expires
            if re.match("(404|481)", status):
                self.subscriptions.pop(key, None)

        self.server.sip.send_request(branch, data, address, socket.AF_INET, done)

    def sweep(self):
        """Drop what has expired."""
        now = time.time()
        for presentity, found in self.publications.items():
            for etag in [etag for etag, publication in found.items() if publication.ends <= now]:
                del found[etag]
                self._notify(presentity)
        for key in [key for key, subscription in self.subscriptions.items() if subscription.ends <= now]:
            del self.subscriptions[key]

    def snapshot(self):
        """What it has, for tests."""
        return {
            "publications": {
                name: [publication.body for publication in found.values()]
                for name, found in self.publications.items()
                if found
            },
            "watchers": sorted(subscription.presentity for subscription in self.subscriptions.values()),
            "received": list(self.received),
        }
