# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator answers what the recorded servers answered.

Every recorded request is sent again over its own transport, in the order of the recording, to an emulator seeded like
the bench: five phones, then odd registrations, then two calls. Replies must be equal as texts, once numbers, hexadecimal
ids, dates and paths are made alike: so keys, their order, types, node names, error codes and messages all count.
"""

import json
import os
import re

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.unit.emulator import raw_clients as raw

WIRE = os.path.join(os.path.dirname(__file__), "..", "fixtures", "wire")

# Files recorded at the same time, case by case, on one server: what one changed, the next one saw.
GROUPS = {
    "1.11": (("fifo", "datagram"), ("http_json",), ("xmlrpc",), ("xmlrpc_old",)),
    "2.4": (("fifo", "datagram"), ("http_json",), ("xmlrpc",)),
    "3.6": (("fifo", "datagram", "http_jsonrpc"), ("xmlrpc",)),
    "4.0": (("fifo", "datagram", "http_jsonrpc"), ("xmlrpc",)),
}

# (version, file, case): why the emulator does not answer the same
DIFFERENT = {
    ("4.0", "state_fifo", "stats_all"): "that server ran other processes, each with its load and pkmem statistics",
    ("2.4", "datagram", "dr_number_routing"): "the server printed freed memory instead of the prefix",
}

ODD = (
    (
        "multi",
        [
            "<sip:multi@127.0.0.1:21001>;q=0.1",
            "<sip:multi@127.0.0.1:21002;transport=tcp>;q=0.9",
            "<sip:multi@[::1]:21003;ob;line=abc=:=def>",
        ],
        "Yealink SIP-T46U 108.86.0.20",
        (),
    ),
    ("oddua", ["<sip:oddua@127.0.0.1:21004>"], 'Weird:: UA; "quoted" = [x], <b>&amp; Gr\u00fc\u00dfe \u4f60\u597d', ()),
    ("noua", ["<sip:noua@127.0.0.1:21005>"], None, ()),
    ("semi%3Bcolon", ["<sip:semi%3Bcolon@127.0.0.1:21006;x=1;y=%22q%22>"], "snomD785/10.1.64.14", ()),
    (
        "inst",
        ['<sip:inst@127.0.0.1:21007>;+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"'],
        "Polycom/6.4.4.4346 PolycomVVX-VVX_450-UA/6.4.4.4346",
        ("Allow: INVITE, ACK, NOTIFY",),
    ),
    ("pathy", ["<sip:pathy@10.9.8.7:5060>"], "Grandstream GXP2170 1.0.11.48", ("Path: <sip:10.9.8.7;lr>",)),
    ("tls", ["<sip:tls@127.0.0.1:21008;transport=tls>"], "Cisco-CP-8841-3PCC/11.3.4_f0e2f0f1", ()),
)

SUBSCRIBE = (
    b":event_subscribe:\nE_UL_AOR_INSERT\nudp:127.0.0.1:19777\n600\n",
    b'{"jsonrpc":"2.0","id":1,"method":"event_subscribe","params":["E_UL_AOR_INSERT","udp:127.0.0.1:19777",600]}',
)


def load(version, name):
    with open(os.path.join(WIRE, version, name + ".jsonl"), encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def encode(text):
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")


class Bench:
    """An emulator in the place of the bench, and the recorded ports of the latter."""

    def __init__(self, version, emu):
        self.version, self.emu = version, emu
        base = {"1.11": 1, "2.4": 4, "3.6": 6, "4.0": 7}[version]
        self.farm_port = b"1703%d" % base
        self.callee_added = False

    def request(self, text):
        data = encode(text).replace(self.farm_port, b"%d" % self.emu.phones_port)
        return data.replace(b"17%03d" % (30 + int(self.farm_port[-1:])), b"%d" % self.emu.phones_port)

    def prepare(self, case):
        """What the bench did by itself before that case."""
        emu = self.emu
        if case == "dlg_list_live":
            emu.set_dialogs(2)
        elif case == "odd_ul_dump":
            for number, (user, contacts, agent, extra) in enumerate(ODD):
                assert (
                    raw.register(emu, user, contacts, "odd" + user, 18123 + number, agent, extra + ("Expires: 3600",))
                    == 200
                )
            if self.version == "1.11":
                for phone in emu.phones():  # the recording was made after they had gone
                    emu.forget_contact(phone["user"])
            else:
                emu.add_contact(
                    "callee" + ("@127.0.0.1" if self.version == "4.0" else ""),
                    "sip:callee@127.0.0.1:19500",
                    expires=0,
                    q="1",
                    callid="dfjrewr12386fd6-343@opensips.mi",
                    user_agent="OpenSIPS MI Server",
                    methods=0,
                )
        elif case == "oversized_reply":
            for number in range(400):
                emu.add_contact(f"big{number}", f"sip:big{number}@127.0.0.1:9", callid="x" * 100)

    def exchange(self, name, record):
        """The emulator's reply in the form of the recording."""
        emu, request = self.emu, self.request(record["request"])
        patience = raw.QUIET if record["reply"] is None else 8.0
        if name in ("fifo", "state_fifo", "facts_fifo"):
            if record["id"].startswith("unix_"):
                return _text(raw.unix(emu.unix_path, request, patience))
            return _text(raw.fifo(emu, request, patience))
        if name == "datagram":
            return _text(raw.udp(emu.udp, request, patience))
        return self.http(name, record, request)

    def http(self, name, record, request):
        emu, text = self.emu, request.decode("latin-1")
        kind, url, path, method, body = "application/json", emu.http_base, None, "POST", request
        if name == "xmlrpc_old":
            url, path, kind = emu.old_xmlrpc_url, "/RPC2", "text/xml"
        elif name == "xmlrpc":
            path, kind = "/RPC2", "text/xml"
        elif re.match(r"(GET|POST) /\S*$", text):
            method, path = text.split(" ")
            body = None if method == "GET" else b'{"jsonrpc":"2.0","id":1,"method":"uptime"}'
        else:
            path = "/mi"
        patience = raw.QUIET if "error" in record["reply"] else 8.0
        status, content_type, data = raw.web(url, method, path, body, kind if body else None, patience)
        if data is None:
            return {"error": "the body never ended"}
        return {"status": status, "content_type": content_type, "body": _text(data)}

    def normal(self, text):
        """Make alike what differs from run to run."""
        here = self.emu.directory
        for mine, theirs in ((here, "/run/opensips"), (here.replace("/", "\\/"), "\\/run\\/opensips")):
            text = text.replace(mine, theirs)
        text = re.sub(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}", "DATE", text)
        text = re.sub(r"branch=[^\s;]+|Call-ID: [^\\\s]+|tag=[0-9a-f-]+", "TOKEN", text)
        return re.sub(r"-?[0-9a-f.]*\d[0-9a-f]*", "#", text)


def _text(data):
    return None if data is None else data.decode("latin-1")


def compare(bench, name, record):
    """None, or what is different."""
    bench.prepare(record["id"])
    expected, found = record["reply"], bench.exchange(name, record)
    if isinstance(expected, dict) and "error" in expected:
        same = "error" in found
    elif isinstance(expected, dict):
        same = "error" not in found and (
            (expected["status"], expected["content_type"], bench.normal(expected["body"]))
            == (found["status"], found["content_type"], bench.normal(found["body"]))
        )
    elif expected is None or found is None:
        same = expected == found
    else:
        same = bench.normal(expected) == bench.normal(found)
    return None if same else f"{record['id']}\n   server:   {expected!r}\n   emulator: {found!r}"


def replay(version, files, modules):
    """Differences {(version, file, case): text} and how many exchanges were played."""
    differences, played = {}, 0
    records = {name: load(version, name) for name in files}
    order = []
    for name in files:
        order += [record["id"] for record in records[name] if record["id"] not in order]
    with Emulator(version, phones=5, fr_timeout=1.0, modules=modules, reboot=False) as emu:
        bench = Bench(version, emu)
        if len(files) != 2 and files != ("state_fifo",):
            # left over from an earlier recording
            raw.udp(emu.udp, SUBSCRIBE[version > "3"])
        for case in order:
            for name in files:
                for record in [record for record in records[name] if record["id"] == case]:
                    played += 1
                    text = compare(bench, name, record)
                    if text is not None:
                        differences[(version, name, case)] = text
    return differences, played


def judge(differences, version, files):
    unexpected = [text for key, text in differences.items() if key not in DIFFERENT]
    assert not unexpected, "%d different:\n%s" % (
        len(unexpected),
        "\n".join("/".join(key[:2]) + " " + text for key, text in differences.items() if key not in DIFFERENT),
    )
    stale = [key for key in DIFFERENT if key[0] == version and key[1] in files and key not in differences]
    assert not stale, f"these are the same now: {stale}"


@pytest.mark.parametrize(
    "version, files", [(version, files) for version in sorted(GROUPS) for files in GROUPS[version]]
)
def test_recorded_exchanges(version, files):
    differences, played = replay(version, files, "base")
    assert played == sum(len(load(version, name)) for name in files) > 80
    judge(differences, version, files)


@pytest.mark.parametrize("version", ["2.4", "3.6", "4.0"])
def test_recorded_state_commands(version):
    differences, played = replay(version, ("state_fifo",), "full")
    assert played == len(load(version, "state_fifo")) > 20
    judge(differences, version, ["state_fifo"])


# what the emulator of one server has of them: the profiles are those of its dialogs, the connections are in another order
FACTS = (
    "profile_size_trunk",
    "profile_size_inbound",
    "profile_size_nosuch",
    "profile_values",
    "tls_list",
    "list_tcp_conns",
    "rl_list",
    "cc_list_flows",
    "cc_list_agents",
    "cc_list_calls",
    "cc_list_queue",
)


def _in_order(text):
    """The connections of a list_tcp_conns by their protocol."""
    if text.startswith("{"):
        reply = json.loads(text)
        reply["result"]["Connections"].sort(key=lambda connection: connection["Type"])
        return json.dumps(reply)
    head, *connections = text.split("Connection::")
    connections.sort(key=lambda connection: re.search("Type=([a-z]+)", connection).group(1))
    return "Connection::".join([head, *(connection.rstrip("\n") + "\n" for connection in connections)])


@pytest.mark.parametrize("version", ["2.4", "3.6", "4.0"])
def test_recorded_facts(version):
    different = []
    with Emulator(version, phones=0, modules="all", reboot=False) as emu:
        for _call in range(2):
            emu.add_dialog(profiles=[("inbound", None), ("trunk", "sipp")])
        bench = Bench(version, emu)
        records = [record for record in load(version, "facts_fifo") if record["id"] in FACTS]
        for record in records:
            expected, found = record["reply"], bench.exchange("facts_fifo", record)
            if record["id"] == "list_tcp_conns":
                expected, found = _in_order(expected), _in_order(found)
            if bench.normal(expected) != bench.normal(found):
                different.append(f"{record['id']}\n   server:   {expected!r}\n   emulator: {found!r}")
    assert len(records) == len(FACTS)
    assert not different, "\n".join(different)
