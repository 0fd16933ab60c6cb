# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_health: servers that are well, and servers that each check finds something wrong with."""

from __future__ import annotations

import contextlib
import shutil
import socket

import pytest
import yaml

from ansible_collections.community.opensips.plugins.module_utils._health.checks import CHECKS
from ansible_collections.community.opensips.plugins.modules import opensips_health
from ansible_collections.community.opensips.tests.emulator import Cluster, Emulator
from ansible_collections.community.opensips.tests.integration.support.bad_input import commands_of, run_cases
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.fixtures import on_every_server
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.playbook import task
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of
from ansible_collections.community.opensips.tests.integration.support.sip_peer import Peer, answer, tls_context

RETURN = yaml.safe_load(opensips_health.RETURN)
# what no server before 3.4 reports
NEWER = {"status", "timeouts", "retransmissions"}
# that of an emulated server which a test has no interest in
FEW = ["uptime", "shared_memory", "contacts"]


def health(emu, **options):
    return run_module("health", {**fifo_of(emu), **options})


def outcomes(result, name=None):
    """{subject: outcome} of a check, or {name: worst outcome} of all."""
    if name is not None:
        return {each["subject"]: each["outcome"] for each in result["checks"] if each["name"] == name}
    order = ("ok", "unknown", "warning", "failed")
    found = {}
    for each in result["checks"]:
        found[each["name"]] = max(found.get(each["name"], "ok"), each["outcome"], key=order.index)
    return found


def only(result):
    """The one entry besides that of mi."""
    (found,) = [each for each in result["checks"] if each["name"] != "mi"]
    return found


@on_every_server
class TestServers:
    """What every server reports of itself, well or not."""

    def test_a_server_that_is_well(self, server):
        result = run_module(
            "health", {**server.connection, "checks": ["default", "!dispatcher", "!media_nodes", "!registrants"]}
        )
        assert not result.get("failed"), result["line"]
        found = outcomes(result)
        expected = {
            "status": (3, 3), "load": (2, 4), "timeouts": (3, 4), "retransmissions": (3, 4),
            "uptime": (), "shared_memory": (), "private_memory": (), "transactions": (), "contacts": (), "options": (),
        }  # fmt: skip
        for name, since in expected.items():
            # what a version does not report is unknown, and not ok
            wanted = {"ok"} if server.version >= since else {"unknown"}
            assert found[name] in (wanted | {"unknown"} if name == "options" else wanted), (name, result["checks"])
        assert result["outcome"] == max(found.values(), key=("ok", "unknown", "warning", "failed").index)
        assert result["changed"] is False and "\n" not in result["line"]
        assert outcomes(result, "options")[f"udp:{server.sip[0]}:{server.sip[1]}"] == "ok"

    def test_it_is_as_documented(self, server):
        result = run_module("health", {**server.connection, "fail_on": []})
        assert set(RETURN) - {"error"} == set(result) - {"changed", "invocation"}
        assert all(set(entry) == set(RETURN["checks"]["contains"]) for entry in result["checks"])
        assert set(result["snapshot"]) == set(RETURN["snapshot"]["contains"])
        assert {entry["name"] for entry in result["checks"]} | set(result["not_checked"]) == set(CHECKS)
        counts = result["summary"]["outcomes"]
        assert sum(counts.values()) == result["summary"]["total"] == len(result["checks"])

    def test_check_mode_is_the_same(self, server):
        options = {**server.connection, "checks": FEW}
        first, second = (run_module("health", options, check=check) for check in (False, True))
        assert [each["outcome"] for each in first["checks"]] == [each["outcome"] for each in second["checks"]]

    def test_limits(self, server):
        limits = {"minimum_uptime": 10**9, "minimum_contacts": 10**9, "maximum_shared_memory": 0, "checks": FEW}
        result = run_module("health", {**server.connection, **limits})
        assert result["failed"] and result["outcome"] == "failed" and result["error"]["type"] == "Unhealthy"
        assert outcomes(result) == {"mi": "ok", "uptime": "failed", "shared_memory": "failed", "contacts": "failed"}
        for entry in result["checks"][1:]:
            assert isinstance(entry["value"], (int, float)) and entry["limit"] in (10**9, 0) and entry["message"]
        # the outcome is the same, and the task does not fail
        assert not run_module("health", {**server.connection, **limits, "fail_on": []}).get("failed")

    def test_fewer_than_before(self, server):
        before = run_module("health", {**server.connection, "checks": ["contacts", "dialogs"], "fail_on": []})[
            "snapshot"
        ]
        options = {**server.connection, "checks": ["contacts"]}
        assert not run_module("health", {**options, "compare_to": before}).get("failed")
        result = run_module(
            "health", {**options, "compare_to": {**before, "contacts": (before["contacts"] or 0) + 1000}}
        )
        assert result["failed"] and outcomes(result, "contacts")["compared"] == "failed"


def set_up(version="3.6", **options):
    return Emulator(version, phones=0, **options)


@pytest.fixture(scope="module")
def emu():
    with set_up(modules="base") as started:
        yield started


@pytest.fixture(autouse=True)
def _as_before(request):
    """Statistics and SIP of the shared emulator are as they were."""
    yield
    if "emu" in request.fixturenames:
        shared = request.getfixturevalue("emu")
        shared.answer_options(200)
        shared.set_statistics(dict.fromkeys(SET, None))


SET = (
    "shmem:real_used_size", "pkmem:3-real_used_size", "load:load1m", "load:load1m-proc-6", "load:load1m-proc-7", "load:load1m-proc-3",
    "tm:inuse_transactions", "tm:UAC_transactions", "tm:local_replies", "tm:retransmission_req_T1_1", "tm:timeout_finalresponse",
    "usrloc:location-contacts", "dialog:active_dialogs",
)  # fmt: skip
MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    ("check", "statistics", "outcome", "words"),
    [
        ("shared_memory", {"shmem:real_used_size": 60 * MEGABYTE}, "failed", "of 64 MB, at most 90 %"),
        ("shared_memory", {"shmem:real_used_size": 50 * MEGABYTE}, "warning", "of 64 MB, at most 90 %"),
        ("private_memory", {"pkmem:3-real_used_size": 16 * MEGABYTE}, "failed", "of 16 MB, at most 95 %"),
        ("transactions", {"tm:inuse_transactions": 4682}, "failed", "at most 4681"),
        ("transactions", {"tm:inuse_transactions": 4681}, "warning", "at most 4681"),
        # those that were repeated are not in timeout_finalresponse
        ("timeouts", {"tm:UAC_transactions": 100, "tm:local_replies": 40, "tm:retransmission_req_T1_1": 60}, "failed", "(40 of 100)"),
        ("timeouts", {"tm:UAC_transactions": 100, "tm:timeout_finalresponse": 31}, "failed", "(31 of 100)"),
        ("timeouts", {"tm:UAC_transactions": 100, "tm:local_replies": 90}, "ok", "(0 of 100)"),
        ("timeouts", {"tm:UAC_transactions": 4, "tm:timeout_finalresponse": 4}, "warning", "(4 of 4)"),
        ("retransmissions", {"tm:UAC_transactions": 100, "tm:retransmission_req_T1_1": 51}, "failed", "(51 of 100)"),
        ("retransmissions", {"tm:UAC_transactions": 100, "tm:retransmission_req_T1_1": 41}, "warning", "(41 of 100)"),
        ("contacts", {"usrloc:location-contacts": 7}, "failed", "7 contacts, at least 10"),
        ("dialogs", {"dialog:active_dialogs": 10}, "ok", "10 dialogs, at least 10"),
    ],
)  # fmt: skip
def test_numbers_and_their_limits(emu, check, statistics, outcome, words):
    emu.set_statistics(statistics)
    result = health(emu, checks=[check], minimum_contacts=10, minimum_dialogs=10)
    assert (only(result)["outcome"], result["outcome"]) == (outcome, outcome), result["line"]
    assert words in only(result)["message"] and bool(result.get("failed")) is (outcome == "failed")


def test_fail_on(emu):
    emu.set_statistics({"shmem:real_used_size": 50 * MEGABYTE})
    assert not health(emu, checks=["shared_memory"]).get("failed")
    result = health(emu, checks=["shared_memory"], fail_on=["warning"])
    assert result["failed"] and "shared_memory: 78.1 %" in result["msg"] and result["error"]["hint"]
    assert not health(emu, checks=["shared_memory"], fail_on=["failed", "warning"], warn_at=90).get("failed")


def test_load_of_the_processes_that_serve_a_socket(emu):
    # all together have little to do, because the others have nothing to do
    emu.set_statistics(
        {"load:load1m": 20, "load:load1m-proc-6": 99, "load:load1m-proc-7": 93, "load:load1m-proc-3": 100}
    )
    found = outcomes(health(emu, checks=["load"]), "load")
    assert found.pop(f"SIP receiver udp:127.0.0.1:{emu.sip[1]}") == "failed"
    assert found == {None: "ok", "MI FIFO": "warning"}


def test_status_reports(emu):
    with set_up(modules="base") as own:
        own.set_status("dispatcher", "default", -1, "no data")
        result = health(own, checks=["status"])
        assert outcomes(result, "status")["dispatcher:default"] == "failed"
        assert "status dispatcher:default: not ready: no data" in result["line"]


def test_registrants_are_no_readiness():
    # 4.0 reports even those that are switched off
    with set_up("4.0") as own:
        assert set(outcomes(health(own, checks=["status"]), "status").values()) == {"ok"}
        assert outcomes(health(own, checks=["registrants"]), "registrants") == {"sip:127.0.0.1:19801": "failed"}


class TestDestinations:
    """Sets and groups with too few, or not all, of what is in them."""

    @staticmethod
    def change(emu, command, **params):
        result = run_module("mi_command", {**fifo_of(emu), "command": command, "params": params})
        assert not result.get("failed"), result

    def test_each_kind(self):
        with set_up("3.6") as emu:
            checks = ["dispatcher", "load_balancer", "gateways", "media_nodes"]
            before = health(emu, checks=checks)
            assert outcomes(before, "dispatcher") == {"default:1": "ok", "default:2": "failed"}
            assert outcomes(before, "media_nodes") == {"rtpengine set 1": "failed", "rtpproxy set 1": "failed"}
            assert outcomes(before, "load_balancer") == {"group 1": "ok"}
            # what was so before does not fail again; what is worse does
            self.change(emu, "lb_status", destination_id=1, new_status=0)
            after = health(emu, checks=checks, compare_to=before["snapshot"])
            assert not after.get("failed")
            assert outcomes(after, "dispatcher") == {"default:1": "ok", "default:2": "warning"}
            assert outcomes(after, "load_balancer") == {"group 1": "warning"}
            assert "1 of 2 enabled, 2 of 2 before" in after["line"]
            self.change(emu, "lb_status", destination_id=2, new_status=0)
            self.change(emu, "dr_gw_status", gw_id="gw1", status=0)
            after = health(emu, checks=checks, compare_to=before["snapshot"])
            assert outcomes(after, "load_balancer") == {"group 1": "failed"}
            assert outcomes(after, "gateways") == {"default": "warning"}
            strict = health(emu, checks=["gateways"], minimum_gateways=2)
            assert outcomes(strict, "gateways") == {"default": "failed"}

    def test_what_was_there_before(self, emu):
        before = health(emu, checks=["dispatcher", "gateways"])["snapshot"]
        before["active"]["dispatcher default:7"] = {"total": 2, "active": 2}
        result = health(emu, checks=["dispatcher"], compare_to=before)
        assert outcomes(result, "dispatcher")["default:7"] == "failed"
        with set_up(modules="base", without="dispatcher") as own:
            result = health(own, compare_to=before)
            assert outcomes(result, "dispatcher") == {None: "warning"}
            assert "dispatcher" not in result["not_checked"]


class TestOptions:
    """SIP OPTIONS over UDP, TCP and TLS."""

    def test_answers(self, emu):
        assert outcomes(health(emu, checks=["options"])) == {"mi": "ok", "options": "ok"}
        emu.answer_options(503)
        result = health(emu, checks=["options"])
        assert (
            only(result)["outcome"] == "failed" and "503 Service Unavailable, which is not in accept" in result["msg"]
        )
        assert only(health(emu, checks=["options"], accept=["503"]))["outcome"] == "ok"
        emu.answer_options(None)
        result = health(emu, checks=["options"], maximum_answer_time=0.3)
        assert only(result)["outcome"] == "failed" and "did not answer in time" in only(result)["message"]

    def test_every_transport_and_its_certificate(self, emu, tmp_path):
        authority = Authority(tmp_path, "authority")
        contexts = {
            days: tls_context(*authority.issue(f"server{days}", "127.0.0.1", days=days)) for days in (60, 10, -1)
        }
        with contextlib.ExitStack() as stack:
            peers = [
                stack.enter_context(Peer("tls", lambda request, _count: answer(request), context=each))
                for each in contexts.values()
            ]
            peers.append(stack.enter_context(Peer("tcp", lambda request, _count: answer(request, 404, "Not Found"))))
            targets = [each.target for each in peers]
            result = health(emu, checks=["options", "certificates"], sockets=targets)
            assert outcomes(result, "options") == dict.fromkeys(targets, "ok")
            expected = dict(zip((f"socket {target}" for target in targets), ("ok", "warning", "failed"), strict=False))
            assert outcomes(result, "certificates") == expected and "ended 1 days ago" in result["msg"]
            # each was asked once
            assert [len(each.requests) for each in peers] == [1, 1, 1, 1]

    def test_a_tls_server_that_requires_a_certificate(self, emu, tmp_path):
        authority = Authority(tmp_path, "authority")
        context = tls_context(*authority.issue("server", "127.0.0.1"), client_ca=authority.path)
        # TLS 1.2 refuses in its handshake
        context.maximum_version = 0x0303
        with Peer("tls", lambda request, _count: answer(request), context=context) as peer:
            unknown = health(emu, checks=["options"], sockets=[peer.target])
            assert only(unknown)["outcome"] == "unknown" and "sip_client_cert" in only(unknown)["message"]
            certificate, key = authority.issue("client")
            options = {"sockets": [peer.target], "sip_client_cert": certificate, "sip_client_key": key}
            assert only(health(emu, checks=["options"], **options))["outcome"] == "ok"

    def test_sockets_of_the_configuration_file(self, emu):
        """The emulator says that it was started with a file in its directory."""
        configuration = f"{emu.directory}/opensips.cfg"
        with Peer("tcp", lambda request, _count: answer(request)) as peer:
            with open(configuration, "w", encoding="utf-8") as file:
                file.write(f"# socket=tcp:127.0.0.1:1\nsocket=udp:127.0.0.1:{emu.sip[1]}\nsocket={peer.target} # one\n")
                file.write("socket=bin:127.0.0.1:5555\nsocket=wss:127.0.0.1:443\nsocket=tcp:eth9:5060\n")
            try:
                found = outcomes(health(emu, checks=["options"], fail_on=[]), "options")
            finally:
                shutil.os.unlink(configuration)
        udp = f"udp:127.0.0.1:{emu.sip[1]}"
        assert found == {udp: "ok", peer.target: "ok", "wss:127.0.0.1:443": "unknown", "tcp:eth9:5060": "unknown"}


class TestCertificateFiles:
    """Certificates of TLS domains, in files that the server names."""

    @pytest.mark.parametrize(("days", "outcome"), [(60, "ok"), (10, "warning"), (2, "failed"), (None, "unknown")])
    def test_days(self, tmp_path, days, outcome):
        with set_up("3.6", modules="all") as emu:
            if days is not None:
                certificate, _key = Authority(tmp_path, "authority").issue("server", days=days)
                shutil.copy(certificate, f"{emu.directory}/cert.pem")
            found = outcomes(health(emu, checks=["certificates"], fail_on=[]), "certificates")
            assert found == {"domain cl (client)": outcome, "domain sv (server)": outcome}


@pytest.mark.parametrize("version", ["3.6", "4.0"])
def test_nodes_of_a_cluster(version):
    checks = {"checks": ["status", "capabilities", "links"]}
    with Cluster(version, nodes=2) as cluster:
        for node in cluster.nodes:
            waiting = dict(fifo_of(node), **checks)
            # they need a moment to find each other
            result = next(
                (found for found in (run_module("health", waiting) for _try in range(50)) if not found.get("failed")),
                None,
            )
            assert result is not None and result["outcome"] == "ok"
        # the seed is gone, so the node that starts again has nobody to sync with
        cluster.kill(0)
        cluster.stop(1)
        cluster.start(1)
        result = health(cluster.nodes[1], **checks)
        assert result["failed"]
        assert outcomes(result, "links") == {"cluster 1 node 1": "failed"}
        assert set(outcomes(result, "capabilities").values()) == {"failed"}
        assert "sync pending" in result["line"]
        gone = health(cluster.nodes[0], **checks)
        assert gone["failed"] and outcomes(gone)["mi"] == "failed"


class TestWhatIsNotThere:
    def test_skipped_by_default_and_unknown_by_name(self):
        with set_up(modules="base", without="dispatcher,usrloc") as emu:
            result = health(emu, fail_on=[])
            assert {"dispatcher", "contacts", "registrants", "certificates", "links"} <= set(result["not_checked"])
            assert "dispatcher" in result["not_checked"]["dispatcher"]
            named = health(emu, checks=["dispatcher", "links"])
            assert outcomes(named) == {"mi": "ok", "links": "unknown", "dispatcher": "unknown"}
            assert named["outcome"] == "unknown" and not named.get("failed")
            assert health(emu, checks=["links"], fail_on=["unknown"])["failed"]
            # an option that is set names its check
            assert outcomes(health(emu, minimum_contacts=1, fail_on=[]))["contacts"] == "unknown"

    def test_without_statistics(self):
        with set_up(modules="base", without="statistics") as emu:
            checks = ["shared_memory", "private_memory", "load", "transactions", "timeouts", "contacts", "dialogs"]
            found = outcomes(health(emu, checks=checks))
            assert {found[name] for name in checks} == {"unknown"}

    def test_a_command_that_fails(self, emu):
        emu.refuse("ds_list", 500, "Internal error", 1)
        result = health(emu, checks=["dispatcher", "gateways"])
        assert outcomes(result) == {"mi": "ok", "dispatcher": "unknown", "gateways": "ok"}
        assert "500 Internal error" in result["line"]


class TestServerThatDoesNotAnswer:
    def test_no_server(self, tmp_path):
        with Peer("udp", lambda request, _count: answer(request)) as peer:
            result = run_module("health", {"fifo_path": str(tmp_path / "none"), "sockets": [peer.target]})
        found = outcomes(result)
        assert result["failed"] and result["outcome"] == "failed" and result["error"]["type"] == "Unhealthy"
        assert (found.pop("mi"), found.pop("options")) == ("failed", "ok")
        assert set(found.values()) == {"unknown"} and set(found) == set(CHECKS) - {"mi", "options"}
        assert str(tmp_path / "none") in result["line"] and len(result["line"]) < 500
        assert set(result["snapshot"]) == set(RETURN["snapshot"]["contains"])

    def test_it_hangs_after_a_while(self):
        with set_up(modules="base", faults=["get_statistics=no_reply"]) as emu:
            result = health(
                emu, timeout=0.5, checks=["uptime", "shared_memory", "load", "dispatcher"], fail_on=["unknown"]
            )
            assert outcomes(result) == {
                "mi": "ok",
                "uptime": "ok",
                "shared_memory": "unknown",
                "load": "unknown",
                "dispatcher": "unknown",
            }
            # it is not waited for again
            assert emu.stats()["commands"]["get_statistics"] == 1 and "ds_list" not in emu.stats()["commands"]


def test_until(ansible, emu):
    """A task that waits for a server to be well: the first time it cannot tell."""
    emu.refuse("get_statistics", 500, "Internal error", 1)
    options = {"checks": ["uptime", "shared_memory"], "fail_on": ["failed", "unknown"]}
    wait = task("wait", "health", options, register="again", until="again is not failed", retries=3, delay=0)
    result = ansible.run([wait], fifo_of(emu))["wait"]
    assert not result.failed and (result["outcome"], result["attempts"]) == ("ok", 2)


def test_bad_input(ansible, emu):
    snapshot = health(emu, checks=["uptime"])["snapshot"]
    emu_commands = commands_of(emu)
    cases = {
        "no such check": ({"checks": ["nosuch"]}, ["checks", "nosuch", "private_memory"]),
        "default left out": ({"checks": ["!default"]}, ["checks", "default"]),
        "mi left out": ({"checks": ["!mi"]}, ["mi"]),
        "percentage above 100": ({"maximum_load": 101}, ["maximum_load", "101", "100"]),
        "negative": ({"minimum_contacts": -1}, ["minimum_contacts", "-1"]),
        "no time": ({"maximum_answer_time": 0}, ["maximum_answer_time"]),
        "long time": ({"maximum_answer_time": 61}, ["maximum_answer_time", "60"]),
        "not a number": ({"maximum_load": "nan"}, ["maximum_load"]),
        "warning after failure": (
            {"warning_certificate_days": 1},
            ["warning_certificate_days", "minimum_certificate_days"],
        ),
        "no sockets": ({"sockets": []}, ["sockets", "empty"]),
        "bad socket": ({"sockets": ["udp:a", "sctp:b"]}, ["sockets[1]", "sctp", "udp, tcp, tls"]),
        "bad code": ({"accept": ["20x"]}, ["accept", "20x"]),
        "no certificate": ({"sip_client_cert": "/nonexistent/cert.pem"}, ["sip_client_cert", "/nonexistent/cert.pem"]),
        "not a snapshot": ({"compare_to": {"a": 1}}, ["compare_to", "snapshot"]),
        "another format": ({"compare_to": {**snapshot, "format": 9}}, ["compare_to", "9"]),
        "a broken snapshot": ({"compare_to": {**snapshot, "contacts": "many"}}, ["compare_to", "contacts", "many"]),
        "a strange snapshot": ({"compare_to": {**snapshot, "active": [1]}}, ["compare_to", "active"]),
    }
    run_cases(ansible, "health", cases, fifo_of(emu))
    assert commands_of(emu) == emu_commands


def test_a_key_without_its_certificate(ansible, emu):
    result = ansible.run([task("key", "health", {"sip_client_key": "/tmp/key.pem"})], fifo_of(emu))["key"]
    assert result.failed and "sip_client_cert" in result.msg


def test_over_udp_of_another_host(emu):
    """Addresses of the server's own loopback mean nothing on another host."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.connect(("192.0.2.1", 9))
        address = own.getsockname()[0]
    if address.startswith("127."):
        pytest.skip("this host has no address besides loopback")
    result = run_module("health", {"host": address, "port": emu.udp[1], "timeout": 0.5, "checks": ["uptime"]})
    # the emulator listens on loopback only
    assert result["failed"] and outcomes(result)["mi"] == "failed"
