# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Control at run time: one command per line on standard input, one JSON line back on standard output."""

import json
import os
import sys
import time

from .faults import parse
from .memory import MEGABYTE


class Control:
    """`plain`: a person types; otherwise `{"op": ..., ...}` lines, and the end of the input ends the emulator."""

    def __init__(self, server, loop, end, plain):
        self.server, self.loop, self.end, self.plain = server, loop, end, plain
        self._buffer = b""

    def start(self):
        self.loop.add_reader(sys.stdin.fileno(), self._readable)

    def _readable(self):
        data = os.read(sys.stdin.fileno(), 65536)
        if not data:
            self.loop.remove_reader(sys.stdin.fileno())
            self.end(0)
            return
        self._buffer += data
        while b"\n" in self._buffer:
            line, _mark, self._buffer = self._buffer.partition(b"\n")
            if line.strip():
                self._line(line.decode("utf-8", "surrogateescape").strip())

    def _line(self, line):
        try:
            request = self._plain(line) if self.plain else json.loads(line)
            reply = {"ok": self._run(request)}
        except Exception as error:  # whatever was asked, the emulator goes on
            reply = {"error": f"{type(error).__name__}: {error}"}
        self._answer(reply)

    def _run(self, request):
        name = request.pop("op")
        operation = getattr(self, "op_" + name, None)
        if operation is None:
            raise LookupError(f"no control command {name!r}")
        return operation(**request)

    def _answer(self, reply):
        print(json.dumps(reply, indent=1 if self.plain else None), flush=True)

    @staticmethod
    def _plain(line):
        words = line.split(None, 1)
        request = {"op": words[0]}
        if len(words) > 1:
            request["text"] = words[1]
        return request

    def op_stats(self):
        return self.server.stats()

    def op_state(self):
        return snapshot(self.server.state)

    def op_sip_log(self, start=0):
        entries = self.server.farm.log_entries
        return None if entries is None else entries[start:]

    def op_presence(self):
        return self.server.presence and self.server.presence.snapshot()

    def op_forget_publications(self):
        self.server.presence.publications.clear()

    def op_fault(self, text=None, method=None, kind=None, argument=None, count=None):
        if text is not None:
            self.server.faults.set(*parse(text))
        else:
            self.server.plan_fault(method, kind, argument, count)

    def op_clear(self, text=None, method=None):
        self.server.faults.clear(text or method)

    def op_add_contact(self, aor, uri, expires=3600, **fields):
        from .location import Contact

        self.server.state.location.save(aor, Contact(uri, time.time() + expires if expires else 0, **fields))

    def op_add_event(self, event):
        self.server.state.more_events.append(event)

    def op_raise_event(self, event, fields):
        self.server.notify.send(event, fields)

    def op_forget_contact(self, aor):
        self.server.state.location.remove(aor)

    def op_memory(self):
        return self.server.memory()

    def op_set_memory_aside(self, megabytes=0, text=None):
        megabytes = float(text) if text is not None else megabytes
        return self.server.state.memory.set_aside(megabytes * MEGABYTE) / MEGABYTE

    def op_set_statistics(self, values):
        kept = self.server.state.kept_statistics
        kept.update(values)
        for name in [name for name, value in kept.items() if value is None]:
            del kept[name]

    def op_set_status(self, group, identifier, status, details=None):
        self.server.state.statuses[group, identifier] = (status, details)

    def op_answer_options(self, code):
        self.server.state.options_code = code

    def op_set_dialogs(self, count):
        self.server.state.add_dialogs(count)

    def op_keep_dialogs(self, count):
        state = self.server.state
        calls = state.calls()
        state.end_dialogs(calls[: len(calls) - count])

    def op_add_dialog(self, **fields):
        self.server.state.add_dialog(**fields)

    def op_call(self, user, other=None, seconds=None, rings=0.0):
        """A call of a phone with another one, or with nobody that registered."""
        phones = self.server.farm.phones
        self.server.state.add_call(phones[user], other and phones[other], seconds, rings)

    def op_hang_up(self, user):
        state = self.server.state
        state.end_dialogs([dialog for dialog in state.calls() if user in dialog.users])

    def op_refuse(self, method, code, reason, count=None):
        self.server.dispatcher.refuse(method, code, reason, count)

    def op_phone(self, user, **fields):
        """Change a phone: behaviour, code, domain, firmware."""
        phone = self.server.farm.phones[user]
        for name, value in fields.items():
            setattr(phone, name, value)
        return phone.contact()

    def op_demand(self, user, **demand):
        """Have a phone ask for credentials; see digest.Demand."""
        farm = self.server.farm
        farm.demand(farm.phones[user], **demand)

    def op_phones(self):
        return [
            {
                "user": phone.user,
                "vendor": phone.vendor,
                "user_agent": phone.user_agent(),
                "contact": phone.contact(),
                "behaviour": phone.behaviour,
                "code": phone.code,
                "boots": phone.boots,
            }
            for phone in self.server.farm.phones.values()
        ]

    def op_register(self, user):
        farm = self.server.farm
        farm.register(farm.phones[user])

    def op_kill(self):
        """As if the server had died."""
        self.server.kill()

    def op_quit(self):
        self.end(0)


def snapshot(state):
    """The state as plain data."""
    now = time.time()
    location = state.location
    return {
        "location": {
            aor: [
                {
                    "uri": contact.uri,
                    "contact_id": contact.contact_id,
                    "expires": contact.expires(now),
                    "q": contact.q,
                    "callid": contact.callid,
                    "cseq": contact.cseq,
                    "user_agent": contact.user_agent,
                    "methods": contact.methods,
                    "sip_instance": contact.sip_instance,
                }
                for contact in contacts
            ]
            for aor, contacts in location.aors.items()
        },
        "cache": {name: entry[0] for name, entry in state.cache.items()},
        "log_level": state.log_level,
        "xlog_level": state.xlog_level,
        "dispatcher": {
            str(number): {item.uri: item.state for item in items} for number, items in state.dispatcher.items()
        },
        "load_balancer": {
            str(item.id): {"enabled": item.enabled, "resources": item.resources} for item in state.balanced
        },
        "gateways": {item.id: item.state for gateways, _carriers in state.routing.values() for item in gateways},
        "carriers": {item.id: item.enabled for _gateways, carriers in state.routing.values() for item in carriers},
        "dr_probing": state.dr_probing,
        "nat_ping": state.nat_ping,
        "registrants": {item.aor: item.enabled for item in state.registrants},
        "media": {kind: {item.url: item.disabled for item in items} for kind, items in state.media.items()},
        "trace": state.trace_on,
        "shared_variables": state.shared_variables,
        "blacklists": {
            name: [list(rule.key()) for rule in blacklist.rules] for name, blacklist in state.blacklists.items()
        },
        "subscribers": {event: sorted(sockets) for event, sockets in state.subscribers.items()},
        "dialogs": [dialog.callid for dialog in state.calls()],
        "counters": state.counters,
    }
