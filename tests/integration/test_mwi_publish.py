# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_mwi publishes: at the presence of emulated servers and of a real one, with watchers of ours and with baresip."""

from __future__ import annotations

import json
import subprocess

import pytest

from ansible_collections.community.opensips.tests.integration.support import presence
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import find_binary
from ansible_collections.community.opensips.tests.integration.support.phones import SNOM, YEALINK, Phone, Phones
from ansible_collections.community.opensips.tests.integration.support.presence import RealPresence, Watcher
from ansible_collections.community.opensips.tests.integration.support.servers import Emulated
from ansible_collections.community.opensips.tests.integration.support.softphones import Baresip, NotHere

VERSIONS = ("2.4", "3.6", "4.0")


def summary(new, old=0, account="sip:5001@127.0.0.1"):
    return f"Messages-Waiting: {'yes' if new else 'no'}\r\nMessage-Account: {account}\r\nVoice-Message: {new}/{old} (0/0)\r\n"


@pytest.fixture(scope="module", params=[*VERSIONS, pytest.param("real", marks=needs_opensips)])
def server(request):
    """A server that has presence."""
    if request.param == "real":
        lacking = presence.missing(find_binary())
        if lacking:
            pytest.skip(f"opensips has no {', '.join(lacking)}")
        started = RealPresence(find_binary())
    else:
        started = Emulated(request.param, phones=0, presence="server")
    yield started
    alive = request.param != "real" or started.alive()
    log = "" if alive else started.log()
    started.stop()
    assert alive, f"opensips died:\n{log[-3000:]}"


@pytest.fixture
def state_file(tmp_path):
    return tmp_path / "lamps.json"


def mwi(server, check=False, **args):
    """The result of opensips_mwi."""
    options = {"domain": "127.0.0.1", "delivery": "publish", **args}
    return run_module(
        "mwi",
        {
            **server.connection,
            **{name: str(value) if name == "state_file" else value for name, value in options.items()},
        },
        check,
    )


def entries(result, *names):
    return [tuple(entry[name] for name in names) for entry in result["results"]]


def mailboxes_of(path):
    return json.loads(path.read_text())["mailboxes"]


def change(path, key, **values):
    """Write something else into the entry of a mailbox in a state file."""
    state = json.loads(path.read_text())
    state["mailboxes"][key].update(values)
    path.write_text(json.dumps(state))


class TestLife:
    """From the first publication to the last, as watchers see it."""

    def test_created_updated_removed(self, server, state_file):
        aor = server.aor("5001")
        with Watcher("5001", server) as watcher:
            planned = mwi(server, check=True, aors=[aor], new=2, state_file=state_file)
            assert entries(planned, "outcome", "publication") == [("planned", "created")] and planned["changed"]
            first = mwi(server, aors=[aor], new=2, state_file=state_file)
            assert entries(first, "outcome", "code", "delivery", "publication", "contact") == [
                ("accepted", 200, "publish", "created", None)
            ]
            assert watcher.body("2/0") == summary(2)
            assert watcher.notified == [summary(2)]
            again = mwi(server, aors=[aor], new=2, state_file=state_file)
            assert entries(again, "outcome", "delivery") == [("already", None)] and not again["changed"]
            other = mwi(server, aors=[aor], new=3, old=1, state_file=state_file)
            assert entries(other, "outcome", "publication") == [("accepted", "updated")]
            assert watcher.body("3/1") == summary(3, 1)
            # the mailbox is listed no more
            left = mwi(server, mailboxes=[], exclusive=True, state_file=state_file)
            assert entries(left, "aor", "outcome", "publication", "waiting") == [(aor, "accepted", "removed", False)]
            assert "Messages-Waiting: no" in watcher.body("Voice-Message: 0/0")
            assert mailboxes_of(state_file) == {}
        with Watcher("5001", server) as late:
            late.states()
            assert late.notified == []

    def test_opensips_sip_reads_the_lamp(self, server, state_file):
        aor = server.aor("5001")
        mwi(server, aors=[aor], new=4, state_file=state_file)
        host, port = server.sip
        options = {"action": "subscribe", "server": f"udp:{host}:{port}", "account": {"aor": "5001@127.0.0.1"}}
        result = run_module("sip", options)
        assert result["outcome"] == "accepted", result
        assert result["notification"]["body"] == summary(4) and result["left"] == []
        assert [(entry["method"], entry["code"] // 100) for entry in result["exchanges"]] == [("SUBSCRIBE", 2)] * 2
        mwi(server, mailboxes=[], exclusive=True, state_file=state_file)

    def test_a_phone_that_comes_later_gets_what_is_published(self, server, state_file):
        mwi(server, aors=[server.aor("5002")], account="sip:*97@127.0.0.1", new=1, state_file=state_file)
        with Watcher("5002", server) as watcher:
            assert watcher.body("1/0") == summary(1, account="sip:*97@127.0.0.1")
            # renewing the subscription shows it again, ending it ends it
            watcher.notified.clear()
            assert watcher.subscribe() in (200, 202)
            watcher.body("1/0")
            assert watcher.subscribe(0) in (200, 202)
            assert watcher.states()[-1].startswith("terminated")
        mwi(server, mailboxes=[], exclusive=True, state_file=state_file)

    def test_refreshed_when_half_of_its_life_is_over(self, server, state_file):
        aor = server.aor("5003")
        mwi(server, aors=[aor], new=4, state_file=state_file, expires=1000)
        before = mailboxes_of(state_file)[aor]
        assert before["life"] == 1000
        change(state_file, aor, until=before["until"] - 600)
        with Watcher("5003", server) as watcher:
            watcher.body("4/0")
            result = mwi(server, aors=[aor], new=4, state_file=state_file, expires=1000)
            assert entries(result, "outcome", "publication") == [("accepted", "refreshed")]
            after = mailboxes_of(state_file)[aor]
            assert after["until"] >= before["until"] and after["etag"] != before["etag"]
            # nothing has changed for phones
            assert len(watcher.notified) == 1
        assert entries(mwi(server, aors=[aor], new=4, state_file=state_file), "outcome") == [("already",)]
        # it is what a later change replaces
        assert entries(mwi(server, aors=[aor], new=5, state_file=state_file), "publication") == [("updated",)]
        mwi(server, mailboxes=[], exclusive=True, state_file=state_file)

    def test_published_from_scratch_if_the_server_does_not_know_it(self, server, state_file):
        aors = [server.aor("5004"), server.aor("5005")]
        mwi(server, aors=aors, new=1, state_file=state_file)
        change(state_file, aors[0], etag="a.1.1.1.1")
        with Watcher("5004", server) as watcher:
            result = mwi(server, aors=aors, new=2, state_file=state_file)
            assert entries(result, "outcome", "code", "publication") == [
                ("accepted", 200, "created"),
                ("accepted", 200, "updated"),
            ]
            assert result["summary"]["sent"] == 3 and watcher.body("2/0") == summary(2, account="sip:5004@127.0.0.1")
        # one that is gone already counts as removed, one that has ended is forgotten
        change(state_file, aors[1], etag="a.1.1.1.1")
        state = json.loads(state_file.read_text())
        state["mailboxes"]["ended"] = dict(state["mailboxes"][aors[0]], until=1)
        state_file.write_text(json.dumps(state))
        removed = mwi(server, mailboxes=[], exclusive=True, state_file=state_file)
        assert entries(removed, "outcome") == [("accepted",), ("already",)] and mailboxes_of(state_file) == {}

    def test_without_a_state_file_the_latest_counts(self, server):
        aor = server.aor("5006")
        for new in (1, 2):
            assert entries(mwi(server, aors=[aor], new=new, expires=60), "publication") == [("created",)]
        with Watcher("5006", server) as watcher:
            watcher.body("2/0")
            assert watcher.notified == [summary(2, account="sip:5006@127.0.0.1")]

    def test_every_class_and_headers_of_messages(self, server, state_file):
        box = {
            "aor": server.aor("5007"),
            "old": 1,
            "messages": {"fax": {"new": 2, "urgent_new": 1}, "none": {"old": 3}},
            "message_headers": [{"From": "<sip:bob@example.com>", "Subject": "lunch, today?"}],
        }
        result = mwi(server, mailboxes=[box], state_file=state_file)
        assert entries(result, "waiting", "new") == [(True, 0)]
        assert result["results"][0]["messages"]["fax"] == {"new": 2, "old": 0, "urgent_new": 1, "urgent_old": 0}
        with Watcher("5007", server) as watcher:
            assert watcher.body("Fax") == (
                "Messages-Waiting: yes\r\nMessage-Account: sip:5007@127.0.0.1\r\nVoice-Message: 0/1 (0/0)\r\n"
                "Fax-Message: 2/0 (1/0)\r\nNone: 0/3 (0/0)\r\n\r\n"
                "From: <sip:bob@example.com>\r\nSubject: lunch, today?\r\n"
            )
        assert entries(mwi(server, mailboxes=[box], state_file=state_file), "outcome") == [("already",)]
        box["messages"]["fax"]["new"] = 3
        assert entries(mwi(server, mailboxes=[box], state_file=state_file), "publication") == [("updated",)]
        mwi(server, mailboxes=[], exclusive=True, state_file=state_file)


def test_auto_finds_out_which_phones_subscribe(server, state_file):
    phones = Phones(server.sip)
    try:
        phones.register(Phone("6001", YEALINK))
        phones.register(Phone("6001b", SNOM, 481), aor="6001")
        phones.register(Phone("6002", SNOM, 489))
        phones.register(Phone("6003", SNOM, 486))
        aors = [server.aor(user) for user in ("6001", "6002", "6003")]

        def run(new):
            found = mwi(server, aors=aors, new=new, delivery="auto", state_file=state_file)
            return {
                entry["contact"]: (entry["outcome"], entry["delivery"], entry["publication"])
                for entry in found["results"]
            }, found

        with Watcher("6002", server) as watcher:
            found, result = run(1)
            assert found == {
                phones.uri("6001"): ("accepted", "notify", None),
                phones.uri("6001b"): ("accepted", "publish", "created"),
                phones.uri("6002"): ("accepted", "publish", "created"),
                phones.uri("6003"): ("rejected", "notify", None),
            }
            # 4 NOTIFYs and 2 PUBLISHs; one of the phones has no lamp
            assert result["summary"]["sent"] == 6 and result["msg"].startswith("1 of 4 phones did not accept")
            assert watcher.body("1/0") == summary(1, account="sip:6002@127.0.0.1")
            phones.forget()
            found, result = run(2)
            assert found[phones.uri("6001b")] == found[phones.uri("6002")] == ("accepted", "publish", "updated")
            assert found[phones.uri("6001")] == ("accepted", "notify", None)
            # phones that want a subscription get no NOTIFY any more
            assert not phones.got("6001b") and not phones.got("6002") and len(phones.got("6001")) == 1
            assert watcher.body("2/0")
        # nothing but the refused one is left to do
        phones.forget()
        found, result = run(2)
        assert result["summary"]["outcomes"]["already"] == 2 and result["summary"]["sent"] == 1
        mwi(server, mailboxes=[], exclusive=True, state_file=state_file)
    finally:
        phones.close()


def softphone(user, server):
    try:
        return Baresip(user, server, mwi=True)
    except NotHere as error:
        pytest.skip(str(error))


def test_baresip_shows_the_count_that_was_set(server, state_file):
    """auto, since baresip refuses what it has not subscribed to; after a restart of the phone, and of its lamp."""
    phone = softphone("7001", server)
    try:

        def shown(new, old):
            start = len(phone.output)
            args = {"aors": [server.aor("7001")], "new": new, "old": old, "delivery": "auto", "state_file": state_file}
            result = mwi(server, **args)
            assert entries(result, "outcome", "delivery") == [("accepted", "publish")], result
            return f"Voice-Message: {new}/{old}" in phone.await_mwi(start)

        assert shown(2, 1)
        assert shown(5, 0)
        phone.restart()
        assert "Voice-Message: 5/0" in phone.await_mwi()
        assert shown(0, 5)
        start = len(phone.output)
        mwi(server, mailboxes=[], exclusive=True, state_file=state_file)
        phone.await_output("Messages-Waiting: no.*Voice-Message: 0/0", start)
    finally:
        phone.close()


class TestWithout:
    """Servers that cannot publish, or not so."""

    @pytest.mark.parametrize("version", VERSIONS)
    def test_a_script_that_does_not_handle_publish(self, emulator, version, state_file):
        emu = emulator(version, phones=0, presence="unrouted")
        result = run(emu, aors=["1@h", "2@h", "3@h"], state_file=str(state_file))
        assert result["failed"] and "404" in result["msg"] and "handle_publish()" in result["msg"]
        assert entries(result, "outcome") == [("rejected",), ("not_sent",), ("not_sent",)]
        # the others would have got the same answer
        assert result["summary"]["sent"] == 1 and result["error"]["type"] == "PublishRejected"

    def test_auto_leaves_such_phones_rejected(self, emulator):
        emu = emulator("3.6", phones=2, reject=1, reject_codes=[481])
        result = run(emu, aors=[emu.phones()[0]["user"], emu.phones()[1]["user"]], delivery="auto")
        (rejected,) = [entry for entry in result["results"] if entry["outcome"] == "rejected"]
        assert rejected["delivery"] == "notify" and "presence" in rejected["error"]["hint"]
        assert "delivery is auto, and only NOTIFYs are sent: " in str(result["warnings"])
        assert result["summary"]["outcomes"]["accepted"] == 1

    def test_auto_says_what_the_script_lacks_and_still_sends_notifys(self, emulator):
        emu = emulator("3.6", phones=4, reject=50, reject_codes=[481], presence="unrouted")
        result = run(emu, aors=[phone["user"] for phone in emu.phones()], delivery="auto")
        assert result["failed"] and "handle_publish()" in result["msg"] and result["error"]["type"] == "PublishRejected"
        # 4 NOTIFYs and the first PUBLISH; the other phone has its own answer
        assert result["summary"]["sent"] == 5 and result["summary"]["outcomes"]["accepted"] == 2
        rejected = [entry for entry in result["results"] if entry["outcome"] == "rejected"]
        assert sorted((entry["code"], entry["delivery"]) for entry in rejected) == [(404, "publish"), (481, "notify")]

    def test_notify_names_the_way_out(self, emulator):
        emu = emulator("3.6", phones=1, reject=1, reject_codes=[481], presence="server")
        result = run(emu, aors=[emu.phones()[0]["user"]], delivery="notify")
        assert "set delivery to auto" in result["results"][0]["error"]["hint"]

    @pytest.mark.parametrize("version", VERSIONS)
    def test_pua_publishes_where_presence_is_elsewhere(self, emulator, version, state_file):
        emu = emulator(version, phones=0, presence="pua")
        for new, publication in ((1, "created"), (2, "updated")):
            result = run(emu, aors=["1@h"], new=new, state_file=str(state_file))
            assert entries(result, "outcome", "code", "publication") == [("accepted", 200, publication)]
        assert not [name for name in emu.stats()["commands"] if "uac_dlg" in name]
        assert emu.presence()["publications"]["1@h"] == [summary(2, account="sip:1@h")]
        change(state_file, "1@h", until=mailboxes_of(state_file)["1@h"]["until"] - 3000)
        assert entries(run(emu, aors=["1@h"], new=2, state_file=str(state_file)), "publication") == [("refreshed",)]
        # a server without any can remove nothing, which is said
        bare = emulator(version, phones=0)
        result = run(bare, mailboxes=[], exclusive=True, delivery="auto", state_file=str(state_file))
        assert result["error"]["type"] == "BadParameters" and "pua_mi" in result["msg"]
        run(emu, mailboxes=[], exclusive=True, state_file=str(state_file))
        assert emu.presence()["publications"] == {} and mailboxes_of(state_file) == {}

    def test_a_server_that_wants_longer_lives(self, emulator, state_file):
        emu = emulator("3.6", phones=0, presence="server", least_publish_expires=300)
        result = run(emu, aors=["1@h"], expires=60, state_file=str(state_file))
        assert entries(result, "outcome") == [("accepted",)] and mailboxes_of(state_file)["1@h"]["life"] == 300
        assert [each["expires"] for each in emu.presence()["received"]] == [60, 300]

    def test_a_server_that_grants_less(self, emulator, state_file):
        emu = emulator("3.6", phones=0, presence="server", most_publish_expires=600)
        run(emu, aors=["1@h"], expires=86400, state_file=str(state_file))
        assert mailboxes_of(state_file)["1@h"]["life"] == 600

    def test_a_server_that_asks_for_credentials(self, emulator, state_file):
        emu = emulator("3.6", phones=0, presence="server", publish_password="lamps-and-bells")
        without = run(emu, aors=["1@h", "2@h"], new=1)
        assert entries(without, "outcome", "code") == [("rejected", 407)] * 2 and without["results"][0]["error"]["hint"]
        credentials = [{"realm": "presence", "username": "publisher", "password": "lamps-and-bells"}]
        for new in (1, 2):
            result = run(emu, aors=["1@h"], new=new, credentials=credentials, state_file=str(state_file))
            assert entries(result, "outcome", "code") == [("accepted", 200)]
        assert emu.presence()["publications"] == {"1@h": [summary(2, account="sip:1@h")]}
        wrong = run(emu, aors=["1@h"], new=3, credentials=[dict(credentials[0], password="bells-and-lamps")])
        assert entries(wrong, "outcome", "code") == [("rejected", 403)]
        assert "bells" not in str(wrong) + str(result) + state_file.read_text()

    def test_another_presence_server(self, emulator, state_file):
        """A server without the modules publishes at one that has them."""
        other = emulator("4.0", phones=0, presence="server")
        emu = emulator("3.6", phones=0)
        result = run(emu, aors=["1@h"], new=1, presence_server=f"sip:127.0.0.1:{other.sip[1]}", headers={"X-Mark": "1"})
        assert entries(result, "outcome") == [("accepted",)]
        assert other.presence()["publications"]["1@h"] == [summary(1, account="sip:1@h")]

    def test_the_state_survives_a_server_that_lost_its_table(self, emulator, state_file):
        emu = emulator("3.6", phones=0, presence="server")
        run(emu, aors=["1@h"], new=1, state_file=str(state_file))
        emu.forget_publications()
        change(state_file, "1@h", until=mailboxes_of(state_file)["1@h"]["until"] - 3000)
        # what was to be a refresh has a body then
        assert entries(run(emu, aors=["1@h"], new=1, state_file=str(state_file)), "publication") == [("created",)]
        assert emu.presence()["publications"]["1@h"] == [summary(1, account="sip:1@h")]


@pytest.mark.parametrize(
    "args, words",
    [
        ({"aors": ["1@h"], "messages": {"fox": {"new": 1}}}, ["messages.fox", "fax"]),
        ({"mailboxes": [{"aor": "1@h"}], "messages": {"fax": {"new": 1}}}, ["messages", "mailboxes"]),
        ({"aors": ["1@h"], "delivery": "subscribe"}, ["delivery", "publish"]),
    ],
)
def test_options_that_nobody_has(emulator, args, words):
    result = run(emulator("3.6", phones=0), **args)
    assert result["failed"] and all(word in result["msg"] for word in words)


def run(emu, **args):
    options = {"fifo_path": emu.fifo_path, "reply_dir": emu.reply_dir, "domain": "127.0.0.1", "delivery": "publish"}
    return run_module("mwi", {**options, **args})


@needs_opensips
def test_the_script_of_the_guide_is_one(tmp_path):
    binary = find_binary()
    lacking = presence.missing(binary)
    if lacking:
        pytest.skip(f"opensips has no {', '.join(lacking)}")
    server = RealPresence(binary)
    try:
        checked = subprocess.run(
            [binary, "-C", "-f", server.folder / "opensips.cfg"], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stderr
    finally:
        server.stop()
