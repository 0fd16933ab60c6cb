# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of opensips_server_parts: what the role writes of them, and phones, calls and tools on an OpenSIPS that runs them.

WRITE_FIXTURES=1 writes the files anew; look at what git says of them then.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
import urllib.request

import pytest
import yaml

from ansible_collections.community.opensips.plugins.filter import opensips_config
from ansible_collections.community.opensips.tests.integration.support import sipp
from ansible_collections.community.opensips.tests.integration.support.agent import (
    Agent,
    Datagrams,
    Stream,
    WebSocket,
)
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips, needs_sipp
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import (
    find_binary,
    find_modules,
    free_ports,
    release_of,
)
from ansible_collections.community.opensips.tests.integration.support.server_role import (
    RoleOpensips,
    assert_as_before,
    assert_taken,
    create_tables,
    insert,
    needs_modules,
    render,
    variables_of,
)
from ansible_collections.community.opensips.tests.pages import Page

FIXTURES = pathlib.Path(__file__).with_name("fixtures") / "server_parts"
DATABASE = "sqlite:////etc/opensips/opensips.sqlite"
OPEN = {"registrar_auth": False}
CASES = {
    "full": {
        "parts": ["registrar", "presence", "drouting", "nat", "tls", "websocket", "capture", "rate_limit", "pike"],
        "db_url": DATABASE,
        "sockets": [
            "udp:127.0.0.1:5060",
            "tls:127.0.0.1:5061",
            "ws:127.0.0.1:8090",
            "wss:127.0.0.1:8443",
            "hep_udp:127.0.0.1:5656",
        ],
        "nat_media": "rtpengine",
        "nat_media_sockets": ["udp:127.0.0.1:2223"],
        "tls_certificate": "/etc/opensips/tls/server.pem",
        "tls_private_key": "/etc/opensips/tls/server.key",
        "tls_ca": "/etc/opensips/tls/ca.pem",
        "capture_address": "192.0.2.9:9060",
    },
    "dispatcher": {
        "parts": ["dispatcher", "nat"],
        "db_url": DATABASE,
        "nat_media": "rtpproxy",
        "nat_media_sockets": ["udp:127.0.0.1:7722", "udp:127.0.0.1:7723"],
    },
    "load_balancer": {"parts": ["load_balancer"], "db_url": DATABASE},
    "open": {"parts": ["registrar", "drouting"], "db_url": DATABASE, **OPEN},
    "own": {
        "parts": ["registrar", "pike"],
        "routes": "route {\n    route(pike);\n    route(location);\n    exit;\n}\n\nroute[relay] {\n    t_relay();\n    exit;\n}\n",
        "modparams": {"usrloc": {"use_domain": 0}, "pike": {"reqs_density_per_unit": 50}},
        **OPEN,
    },
    "prometheus": {"parts": ["prometheus"]},
    # each call has a dialog, which a drain counts
    "dialog": {"parts": ["registrar"], "modules": ["dialog"], **OPEN},
    "aliases": {"parts": ["registrar"], "modules": ["alias_db"], "db_url": DATABASE, **OPEN},
}
# 3.0 and 3.2 have what lies between 2.4 and 3.6
WRITTEN = {
    **{f"3.6-{name}": {"version": "3.6", **case} for name, case in CASES.items()},
    **{f"{version}-full": {"version": version, **CASES["full"]} for version in ("2.4", "3.0", "3.2", "4.0")},
}
# of the OpenSIPS that is installed; the module prometheus is of 3.2
SERIES = ".".join(map(str, release_of(find_binary())[:2])) if find_binary() else None
TAKEN = {
    f"{SERIES}-{name}": {"version": SERIES, **case}
    for name, case in CASES.items()
    if SERIES and (name != "prometheus" or SERIES not in ("2.4", "3.0", "3.1"))
}


PREFIX = "opensips_server_"
# plays of the page on servers: {name of a case: variables of the role}
EXAMPLES = {
    f"{block.page}, line {block.line}": {name[len(PREFIX) :]: value for name, value in role["vars"].items()}
    for block in Page("server").blocks
    if f"{PREFIX}parts" in block.code
    for play in yaml.safe_load(block.code)
    for role in play["roles"]
}


@pytest.fixture(scope="module")
def written(ansible):
    """{name of a case: the configuration}"""
    return render(
        ansible,
        {
            name: ("opensips_server__config_text", variables_of(case))
            for name, case in (WRITTEN | TAKEN | EXAMPLES).items()
        },
    )


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_the_configuration_is_as_it_was(written, name):
    assert_as_before(FIXTURES / f"{name}.cfg", written[name])


def test_each_fixture_has_a_case():
    assert {path.stem for path in FIXTURES.glob("*.cfg")} == set(WRITTEN)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_plays_of_the_page_write_configurations(written, name):
    text = written[name]
    assert "route[registrar]" in text and "route[presence]" in text
    assert opensips_config.FilterModule().filters()["opensips_config_lint"](text, EXAMPLES[name]["version"]) == []


def test_the_page_has_plays():
    assert len(EXAMPLES) == 2


@needs_opensips
@pytest.mark.parametrize("name", sorted(CASES))
def test_opensips_takes_it(written, tmp_path, name):
    text = written.get(f"{SERIES}-{name}") or pytest.skip(f"no case for {SERIES}")
    certificate, key = Authority(tmp_path, "ca").issue("server", "127.0.0.1")
    text = re.sub('mpath="[^"]*"', f'mpath="{find_modules(find_binary())}/"', text)
    for ours, theirs in (("server.pem", certificate), ("server.key", key), ("ca.pem", str(tmp_path / "ca.pem"))):
        text = text.replace(f"/etc/opensips/tls/{ours}", theirs)
    assert_taken(text)


# Phones, calls and tools


PARTS_NEED = {
    "registrar": ["auth_db", "db_sqlite"],
    "presence": ["presence_dialoginfo", "presence_mwi", "pua_dialoginfo", "pua_mi"],
    "dispatcher": ["dispatcher", "db_sqlite"],
    "load_balancer": ["load_balancer", "db_sqlite"],
    "drouting": ["drouting", "db_sqlite"],
    "nat": ["nathelper"],
    "tls": ["proto_tls", "tls_mgm"],
    "websocket": ["proto_ws", "proto_wss"],
    "prometheus": ["prometheus"],
    "capture": ["proto_hep"],
    "rate_limit": ["ratelimit"],
    "pike": ["pike"],
}


class Run:
    """Starts servers with parts of the role, and ends them."""

    def __init__(self, ansible, folder, stack):
        self._ansible, self._folder, self._stack = ansible, folder, stack

    def database(self, *tables):
        path = self._folder / "opensips.sqlite"
        create_tables(path, SERIES, *tables)
        return path

    def start(self, parts, database=None, **variables):
        needs_modules([module for part in parts for module in PARTS_NEED[part]])
        if "prometheus" in parts and SERIES in ("2.4", "3.0", "3.1"):
            pytest.skip("prometheus requires OpenSIPS 3.2")
        if database is None:
            variables = {**OPEN, **variables}
        server = RoleOpensips(self._ansible, find_binary(), {"parts": parts, **variables}, database=database)
        self._stack.callback(server.stop)
        return server

    def agent(self, server, user, password=None, way=None, **more):
        way = way or Datagrams(server.sip)
        return self._stack.enter_context(Agent(way, user, "127.0.0.1", password, **more))

    def sipp(self, *arguments, **more):
        process = sipp.start(self._folder, *arguments, **more)
        self._stack.callback(sipp.end, process)
        return process


@pytest.fixture
def run(ansible, tmp_path):
    tmp_path.chmod(0o755)
    with contextlib.ExitStack() as stack:
        yield Run(ansible, tmp_path, stack)


def account(database, user, password):
    """A row of subscriber, with the hash that the role has the server read."""
    ha1 = hashlib.md5(f"{user}:127.0.0.1:{password}".encode()).hexdigest()
    insert(database, "subscriber", username=user, domain="127.0.0.1", password="", ha1=ha1)


@needs_opensips
class TestRegistrar:
    def test_only_accounts_register_and_call_and_only_as_themselves(self, run):
        database = run.database("location", "subscriber")
        account(database, "alice", "secret-a")
        account(database, "bob", "secret-b")
        server = run.start(["registrar"], database)
        alice, bob = run.agent(server, "alice"), run.agent(server, "bob", "secret-b")
        assert alice.register() == 401
        assert alice.register(password="wrong") == 401
        assert alice.register(password="secret-a") == 200
        assert bob.register() == 200
        # bob's password, for alice's name
        final = bob.request("REGISTER", "sip:127.0.0.1", "Expires: 60", to="sip:alice@127.0.0.1")
        assert final.first.split()[1] == "403"
        assert alice.message("bob") == 407
        assert alice.message("bob", password="secret-a") == 200
        got = bob.receive("MESSAGE")
        assert got.body == "hello"
        assert got.all("Proxy-Authorization") == []
        assert alice.message("nobody", password="secret-a") == 404

    def test_an_alias_reaches_its_user(self, run):
        needs_modules(["alias_db"])
        database = run.database("location", "subscriber", "dbaliases")
        alias = {"alias_username": "+4930", "alias_domain": "127.0.0.1"}
        insert(database, "dbaliases", **alias, username="bob", domain="127.0.0.1")
        server = run.start(["registrar"], database, modules=["alias_db"], **OPEN)
        alice, bob = run.agent(server, "alice"), run.agent(server, "bob")
        assert bob.register() == 200
        assert alice.message("+4930") == 200
        assert bob.receive("MESSAGE").body == "hello"
        assert alice.message("+4931") == 404

    def test_nobody_relays_over_it(self, run):
        server = run.start(["registrar"])
        stranger = run.agent(server, "stranger")
        elsewhere = run.agent(server, "elsewhere")
        [port] = free_ports(1)
        final = stranger.request("MESSAGE", f"sip:elsewhere@192.0.2.7:{port}", body="x")
        assert final.first.split()[1] == "404"
        # a way of the sender's own
        route = f"Route: <sip:127.0.0.1:{server.sip[1]};lr>, <{elsewhere.contact};lr>"
        final = stranger.request("MESSAGE", "sip:elsewhere@192.0.2.7", route, body="x")
        assert final.first.split()[1] in ("403", "404")

    @needs_sipp
    def test_calls_of_sipp(self, run, tmp_path):
        server = run.start(["registrar"])
        [port] = free_ports(1)
        assert run.agent(server, "callee", contact=f"sip:callee@127.0.0.1:{port}").register() == 200
        calls(run, server, tmp_path, port)


# where destinations are: the caller is at another address, since a request of a destination is not sent to one
ELSEWHERE = "127.0.0.2"


def calls(run, server, folder, port, host="127.0.0.1", user="callee"):
    """Calls of sipp, which a sipp at an address answers, end well."""
    callee = folder / "callee.xml"
    callee.write_text(sipp.callee(10), encoding="utf-8")
    caller = folder / "caller.xml"
    caller.write_text(sipp.caller(user, 50), encoding="utf-8")
    sipp.wait_until_bound(run.sipp("-sf", callee, "-p", port, host=host), port, host)
    [own] = free_ports(1)
    options = ["-m", 5, "-r", 5, "-timeout", "20", "-timeout_error"]
    process = run.sipp("-sf", caller, "-p", own, *options, f"127.0.0.1:{server.sip[1]}")
    assert process.wait(30) == 0, server.log()[-3000:]


@needs_opensips
class TestPresence:
    def test_the_lamp_of_a_call_and_of_voicemail(self, run):
        database = run.database("location", "subscriber", "presentity", "active_watchers", "watchers", "pua")
        for user in ("alice", "bob", "carol"):
            account(database, user, "secret")
        server = run.start(["registrar", "presence"], database)
        alice, bob, carol = (run.agent(server, user, "secret") for user in ("alice", "bob", "carol"))
        assert [agent.register() for agent in (alice, bob, carol)] == [200] * 3
        subscribed = [
            carol.request("SUBSCRIBE", "sip:bob@127.0.0.1", f"Event: {event}", "Expires: 600").first.split()[1]
            for event in ("dialog", "message-summary")
        ]
        assert set(subscribed) <= {"200", "202"}
        call_id = "lamp@test"
        answer = alice.request(
            "INVITE", "sip:bob@127.0.0.1", "Content-Type: application/sdp", body=SDP, call_id=call_id
        )
        assert answer.first.split()[1] == "200"
        confirmed = carol.receive("NOTIFY", "<state>confirmed</state>")
        assert "sip:bob@127.0.0.1" in confirmed.body
        mwi = run_module(
            "mwi", {**mi(server), "delivery": "publish", "mailboxes": [{"aor": "bob@127.0.0.1", "new": 3, "old": 1}]}
        )
        assert "failed" not in mwi, mwi
        assert "Voice-Message: 3/1" in carol.receive("NOTIFY", "Voice-Message: 3").body

    def test_strangers_cannot_publish(self, run):
        database = run.database("location", "subscriber", "presentity", "active_watchers", "watchers", "pua")
        server = run.start(["registrar", "presence"], database)
        final = run.agent(server, "mallory").request(
            "PUBLISH", "sip:bob@127.0.0.1", "Event: message-summary", "Expires: 60"
        )
        assert final.first.split()[1] == "407"


SDP = "v=0\r\no=- 1 1 IN IP4 10.0.0.7\r\ns=-\r\nc=IN IP4 10.0.0.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"


@needs_opensips
@needs_sipp
class TestOnward:
    """A destination that answers, after one that does not."""

    def test_dispatcher(self, run, tmp_path):
        dead, alive = free_ports(2)
        database = run.database("dispatcher")
        for port in (dead, alive):
            insert(database, "dispatcher", setid=1, destination=f"sip:{ELSEWHERE}:{port}")
        server = run.start(["dispatcher"], database, modparams=FAST | {"dispatcher": {"ds_ping_interval": 0}})
        calls(run, server, tmp_path, alive, ELSEWHERE)

    def test_load_balancer(self, run, tmp_path):
        dead, alive = free_ports(2)
        database = run.database("load_balancer")
        for port in (dead, alive):
            insert(
                database,
                "load_balancer",
                group_id=1,
                dst_uri=f"sip:{ELSEWHERE}:{port}",
                resources="calls=10",
                probe_mode=0,
            )
        server = run.start(["load_balancer"], database, modparams=FAST)
        calls(run, server, tmp_path, alive, ELSEWHERE)

    def test_drouting_after_the_registrar(self, run, tmp_path):
        dead, alive = free_ports(2)
        database = run.database("location", "subscriber", "dr_gateways", "dr_rules", "dr_carriers", "dr_groups")
        for name, port in (("dead", dead), ("alive", alive)):
            insert(
                database,
                "dr_gateways",
                gwid=name,
                type=0,
                address=f"{ELSEWHERE}:{port}",
                strip=0,
                probe_mode=0,
                state=0,
            )
        insert(database, "dr_rules", groupid="0", prefix="", timerec="", priority=0, gwlist="dead,alive")
        server = run.start(["registrar", "drouting"], database, modparams=FAST, **OPEN)
        calls(run, server, tmp_path, alive, ELSEWHERE, user="49301234")


FAST = {"tm": {"fr_timeout": 2}}


@needs_opensips
class TestNat:
    def test_a_phone_behind_nat_is_called_where_it_registered_from(self, run):
        server = run.start(["registrar", "nat"])
        hidden = run.agent(server, "hidden", contact="sip:hidden@10.1.2.3:5060")
        other = run.agent(server, "other")
        assert hidden.register() == 200
        assert other.message("hidden") == 200
        assert hidden.receive("MESSAGE").first == "MESSAGE sip:hidden@10.1.2.3:5060 SIP/2.0"

    def test_rtpengine_gets_the_media(self, run):
        with RtpEngine() as engine:
            needs_modules(["rtpengine"])
            server = run.start(
                ["registrar", "nat"], nat_media="rtpengine", nat_media_sockets=[f"udp:127.0.0.1:{engine.port}"]
            )
            hidden = run.agent(server, "hidden", contact="sip:hidden@10.1.2.3:5060")
            caller = run.agent(server, "caller")
            assert hidden.register() == 200
            final = caller.request("INVITE", "sip:hidden@127.0.0.1", "Content-Type: application/sdp", body=SDP)
            assert final.first.split()[1] == "200"
            assert "c=IN IP4 192.0.2.99" in hidden.receive("INVITE").body
            assert "offer" in engine.commands


RTPPROXY = os.environ.get("RTPPROXY_BIN") or shutil.which("rtpproxy")


@needs_opensips
@needs_sipp
@pytest.mark.skipif(not RTPPROXY, reason="no rtpproxy on PATH, and RTPPROXY_BIN is not set")
class TestRtpproxy:
    def test_calls_get_ports_for_their_media_and_give_them_back(self, run, tmp_path):
        needs_modules(["rtpproxy", "dialog"])
        with RtpProxy(tmp_path) as relay:
            server = run.start(
                ["registrar", "nat"], nat_media="rtpproxy", nat_media_sockets=[f"udp:127.0.0.1:{relay.port}"]
            )
            [own] = free_ports(1)
            # the server calls it where it registered from
            way = Datagrams(server.sip)
            with Agent(way, "callee", "127.0.0.1") as agent:
                assert agent.register() == 200
            phone = way.port
            callee, caller = tmp_path / "callee.xml", tmp_path / "caller.xml"
            callee.write_text(sipp.with_media(sipp.callee(10), 1, "10.0.0.8", 4002), encoding="utf-8")
            # a caller behind NAT
            text = sipp.with_media(sipp.caller("callee", 1000), 0, "10.0.0.7", 4000)
            text = text.replace("Contact: <sip:caller@[local_ip]:", "Contact: <sip:caller@10.0.0.7:")
            caller.write_text(text, encoding="utf-8")
            answering = run.sipp("-sf", callee, "-p", phone, "-trace_msg", "-message_file", tmp_path / "callee.log")
            sipp.wait_until_bound(answering, phone)
            options = ["-m", 3, "-r", 10, "-trace_msg", "-message_file", tmp_path / "caller.log"]
            calling = run.sipp("-sf", caller, "-p", own, *options, "-timeout", "20", f"127.0.0.1:{server.sip[1]}")
            # for each of three calls, a port of each side for RTP, and one for RTCP
            relay.wait(lambda: relay.sessions() == 3 and len(relay.ports()) == 12)
            assert calling.wait(30) == 0, server.log()[-3000:]
            # rtpproxy closes the ports of sessions that have ended with the next packet
            relay.wait(lambda: relay.sessions() == 0)
            for name, away in (("callee", "10.0.0.7"), ("caller", "10.0.0.8")):
                received = [
                    part for part in (tmp_path / f"{name}.log").read_text().split("-----") if "message received" in part
                ]
                bodies = [part for part in received if "m=audio" in part]
                assert len(bodies) >= 3
                assert all("c=IN IP4 127.0.0.1" in part and f"c=IN IP4 {away}" not in part for part in bodies)
                ports = {int(port) for part in bodies for port in re.findall(r"m=audio (\d+)", part)}
                assert len(ports) == 3 and ports <= set(relay.media)


class RtpProxy:
    """An rtpproxy that is installed. port: of its control socket. media: the ports that it may use."""

    def __init__(self, folder):
        self._folder = folder
        [self.port] = free_ports(1)
        # below those that the kernel gives to others
        self.media = range(22000, 22100)

    def __enter__(self):
        command = [RTPPROXY, "-f", "-F", "-l", "127.0.0.1", "-s", f"udp:127.0.0.1:{self.port}"]
        command += ["-m", str(self.media[0]), "-M", str(self.media[-1]), "-p", str(self._folder / "rtpproxy.pid")]
        with (self._folder / "rtpproxy.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.wait(lambda: self.port in self._open())
        return self

    def __exit__(self, *_exc):
        self._process.terminate()
        self._process.wait(10)

    def wait(self, reached):
        until = time.monotonic() + 10
        while not reached():
            assert time.monotonic() < until and self._process.poll() is None, (self.ports(), self.sessions())
            time.sleep(0.05)

    def ports(self):
        """Those for media that it has open."""
        return self._open() & set(self.media)

    def sessions(self):
        """How many are active, as its control protocol says."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            control.settimeout(5)
            control.sendto(os.urandom(8).hex().encode() + b" I", ("127.0.0.1", self.port))
            return int(re.search(rb"active sessions: (\d+)", control.recv(4096))[1])

    def _open(self):
        """The UDP ports of this host that are open."""
        lines = pathlib.Path("/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]
        return {int(line.split()[1].partition(":")[2], 16) for line in lines}


@needs_opensips
class TestDialog:
    def test_a_drain_counts_the_calls_of_the_registrar(self, run):
        needs_modules(["dialog"])
        server = run.start(["registrar"], modules=["dialog"])
        alice, bob = run.agent(server, "alice"), run.agent(server, "bob")
        assert [alice.register(), bob.register()] == [200, 200]
        final = alice.request("INVITE", "sip:bob@127.0.0.1", "Content-Type: application/sdp", body=SDP)
        assert final.first.split()[1] == "200"
        drained = run_module("dialog", {**mi(server), "state": "drained", "wait_timeout": 1})
        assert drained["failed"] and drained["summary"]["outcomes"]["left"] == 1, drained


class RtpEngine:
    """What answers the control protocol of rtpengine, and relays nothing."""

    ADDRESS = b"192.0.2.99"

    def __init__(self):
        self.commands = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.port = self._socket.getsockname()[1]

    def __enter__(self):
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._ends.set()
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while not self._ends.is_set():
            with contextlib.suppress(TimeoutError):
                data, address = self._socket.recvfrom(65535)
                cookie, _blank, request = data.partition(b" ")
                self._socket.sendto(cookie + b" " + self._answer(request), address)

    def _answer(self, request):
        size = re.search(rb"7:command(\d+):", request)
        command = request[size.end() :][: int(size[1])].decode()
        self.commands.append(command)
        if command == "ping":
            return b"d6:result4:ponge"
        sdp = re.search(rb"3:sdp(\d+):", request)
        if sdp is None:
            return b"d6:result2:oke"
        body = request[sdp.end() :][: int(sdp[1])].replace(b"10.0.0.7", self.ADDRESS)
        return b"d6:result2:ok3:sdp%d:%se" % (len(body), body)


@needs_opensips
class TestTls:
    def test_phones_and_browsers_over_tls(self, run, tmp_path):
        authority = Authority(tmp_path, "ca")
        certificate, key = authority.issue("server", "127.0.0.1")
        context = ssl.create_default_context(cafile=authority.path)
        udp, tls, ws, wss = free_ports(4)
        server = run.start(
            ["registrar", "tls", "websocket"],
            sockets=[f"udp:127.0.0.1:{udp}", f"tls:127.0.0.1:{tls}", f"ws:127.0.0.1:{ws}", f"wss:127.0.0.1:{wss}"],
            tls_certificate=certificate,
            tls_private_key=key,
            tls_ca=authority.path,
        )
        phone = run.agent(server, "phone", way=Stream(("127.0.0.1", tls), context))
        plain = run.agent(
            server, "plain", way=WebSocket(("127.0.0.1", ws)), contact="sip:plain@abc.invalid;transport=ws"
        )
        browser = run.agent(
            server,
            "browser",
            way=WebSocket(("127.0.0.1", wss), context),
            contact="sip:browser@xyz.invalid;transport=wss",
        )
        agents = {"phone": phone, "plain": plain, "browser": browser}
        assert {name: agent.register() for name, agent in agents.items()} == dict.fromkeys(agents, 200)
        # over the connections that they have opened
        for sender, receiver in (("phone", "browser"), ("browser", "plain"), ("plain", "phone")):
            assert agents[sender].message(receiver) == 200
            agents[receiver].receive("MESSAGE")

    def test_the_version_of_tls_is_limited(self, run, tmp_path):
        certificate, key = Authority(tmp_path, "ca").issue("server", "127.0.0.1")
        [tls] = free_ports(1)
        run.start(
            ["registrar", "tls"],
            sockets=[f"udp:127.0.0.1:{free_ports(1)[0]}", f"tls:127.0.0.1:{tls}"],
            tls_certificate=certificate,
            tls_private_key=key,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(OSError):
            Stream(("127.0.0.1", tls), context)


@needs_opensips
class TestMonitoring:
    def test_prometheus_scrapes_metrics(self, run):
        server = run.start(["registrar", "prometheus"])
        assert run.agent(server, "alice").register() == 200
        with urllib.request.urlopen(f"http://127.0.0.1:{server.http_port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        values = dict(line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        assert any(
            re.fullmatch(r"opensips_usrloc_registered_users(\{.*\})?", name) and value == "1"
            for name, value in values.items()
        ), values
        assert "# TYPE" in "\n".join(lines)

    def test_homer_gets_a_copy(self, run):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as homer:
            homer.bind(("127.0.0.1", 0))
            homer.settimeout(5)
            udp, hep = free_ports(2)
            server = run.start(
                ["registrar", "capture"],
                sockets=[f"udp:127.0.0.1:{udp}", f"hep_udp:127.0.0.1:{hep}"],
                capture_address=f"127.0.0.1:{homer.getsockname()[1]}",
                capture_id=77,
            )
            server.sip = ("127.0.0.1", udp)
            assert run.agent(server, "alice").register() == 200
            packets = [homer.recv(65535), homer.recv(65535)]
            assert all(packet.startswith(b"HEP3") for packet in packets)
            assert any(b"REGISTER sip:127.0.0.1" in packet for packet in packets)
            assert any(b"SIP/2.0 200" in packet for packet in packets)
            # the capture id is a number of 32 bits in the chunk 12
            assert all(b"\x00\x00\x00\x0c\x00\x0a\x00\x00\x00\x4d" in packet for packet in packets)

    def test_a_captured_packet_is_no_request(self, run):
        """Whoever reaches the socket for HEP could otherwise send requests in the name of anyone."""
        udp, hep, homer = free_ports(3)
        server = run.start(
            ["registrar", "capture"],
            sockets=[f"udp:127.0.0.1:{udp}", f"hep_udp:127.0.0.1:{hep}"],
            capture_address=f"127.0.0.1:{homer}",
        )
        server.sip = ("127.0.0.1", udp)
        request = (
            "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKhep\r\n"
            "From: <sip:forged@127.0.0.1>;tag=1\r\nTo: <sip:forged@127.0.0.1>\r\nCall-ID: hep\r\nCSeq: 1 REGISTER\r\n"
            "Contact: <sip:forged@127.0.0.1:9>\r\nMax-Forwards: 9\r\nExpires: 60\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
            attacker.sendto(hep3(request.encode()), ("127.0.0.1", hep))
        # the server has taken the packet before this request
        assert run.agent(server, "alice").register() == 200
        found = run_module("facts", {**mi(server), "gather_subset": ["contacts"]})
        assert "alice" in json.dumps(found)
        assert "forged" not in json.dumps(found)


def hep3(payload):
    """A HEP3 packet: a SIP message from 127.0.0.1:9 to 127.0.0.1:5060."""
    chunks = [
        (1, b"\x02"),
        (2, b"\x11"),
        (3, socket.inet_aton("127.0.0.1")),
        (4, socket.inet_aton("127.0.0.1")),
        (7, struct.pack("!H", 9)),
        (8, struct.pack("!H", 5060)),
        (9, struct.pack("!I", 1)),
        (10, struct.pack("!I", 1)),
        (11, b"\x01"),
        (12, struct.pack("!I", 1)),
        (15, payload),
    ]
    body = b"".join(struct.pack("!HHH", 0, kind, 6 + len(data)) + data for kind, data in chunks)
    return b"HEP3" + struct.pack("!H", 6 + len(body)) + body


def mi(server):
    """Connection options of the modules."""
    return {"fifo_path": f"{server.folder}/opensips_fifo", "reply_dir": str(server.folder)}


@needs_opensips
class TestLimits:
    def test_too_many_requests_are_refused(self, run):
        server = run.start(["registrar", "rate_limit"], rate_limit=2, modparams={"ratelimit": {"timer_interval": 1}})
        codes = [run.agent(server, f"user{number}").register() for number in range(30)]
        assert set(codes) == {200, 503}

    def test_an_address_that_sends_too_much_is_not_answered(self, run):
        server = run.start(
            ["registrar", "pike"], modparams={"pike": {"reqs_density_per_unit": 10, "sampling_time_unit": 2}}
        )
        agent = run.agent(server, "flood")
        with pytest.raises(AssertionError, match="nothing came"):
            for _number in range(100):
                agent.register()
        # the server is still there for others, and for the tools
        assert run_module("mi_command", {**mi(server), "command": "uptime"})["outcome"] == "ok"
