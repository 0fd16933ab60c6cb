# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits and traps of the MI FIFO, as mi_wire_rules.md tells them."""

import json
import os
import threading
import time

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator, HarmfulRequest
from ansible_collections.community.opensips.tests.unit.emulator import raw_clients as raw


def write(emu, data):
    writer = os.open(emu.fifo_path, os.O_WRONLY | os.O_NONBLOCK)
    os.write(writer, data)
    os.close(writer)


def rpc(method, params=None, ident=1):
    request = {"jsonrpc": "2.0", "id": ident, "method": method}
    if params is not None:
        request["params"] = params
    return b":REPLY_FIFO:" + json.dumps(request).encode()


@pytest.fixture(scope="module")
def old():
    with Emulator("2.4", phones=2, fifo=True, allow_crash=True) as emu:
        yield emu


@pytest.fixture(scope="module", params=["3.6", "4.0"])
def new(request):
    with Emulator(request.param, phones=2, fifo=True) as emu:
        yield emu


class TestLine:
    def store(self, emu, argument):
        return raw.fifo(emu, b":cache_store:REPLY_FIFO\nlocal\nkey\n" + argument + b"\n\n")

    @pytest.mark.parametrize(
        "argument, value",
        [
            (b'"two\nlines \\"quoted\\" :: x"', 'two\nlines "quoted" :: x'),
            (b"  blanks around \t", "blanks around"),
            (b"a::b", "b"),
            (b'a:: "b"', "b"),
        ],
    )
    def test_argument_syntax(self, old, argument, value):
        assert self.store(old, argument) == b"200 OK\n\n"
        assert old.state()["cache"]["key"] == value

    @pytest.mark.parametrize("argument", [b'x"y', b'"x" y', b'""', b'"open'])
    def test_parse_error_swallows_the_next_request(self, old, argument):
        assert self.store(old, argument) == b"400 Parse error in command 'cache_store'\n"
        assert raw.fifo(old, b":uptime:REPLY_FIFO\n\n", raw.QUIET) is None
        assert raw.fifo(old, b":uptime:REPLY_FIFO\n\n").startswith(b"200 OK\n")

    def test_missing_blank_line_swallows_the_next_request(self, old):
        assert raw.fifo(old, b":version:REPLY_FIFO\n", raw.QUIET) is None
        assert raw.fifo(old, b":uptime:REPLY_FIFO\n\n", raw.QUIET) is None
        assert raw.fifo(old, b":uptime:REPLY_FIFO\n\n").startswith(b"200 OK\n")

    def test_arguments_over_8_kib_are_lost_and_the_fifo_is_made_anew(self, old):
        before = old.stats()["fifo_recreated"]
        assert self.store(old, b"x" * 8100) == b"200 OK\n\n"
        assert raw.fifo(old, b":cache_store:REPLY_FIFO\nlocal\nkey\n" + b"y" * 8300 + b"\n\n", raw.QUIET) is None
        assert old.stats()["fifo_recreated"] == before + 1
        assert old.state()["cache"]["key"] == "x" * 8100
        assert raw.fifo(old, b":uptime:REPLY_FIFO\n\n").startswith(b"200 OK\n")

    def test_long_value_is_not_printed(self, old):
        self.store(old, b"v" * 3900)
        assert raw.fifo(old, b":cache_fetch:REPLY_FIFO\nlocal\nkey\n\n") == b"200 OK\nkey:: key\n\n"

    def test_without_a_reader_the_command_is_not_run(self, old):
        os.mkfifo(os.path.join(old.reply_dir, "lonely"))
        before = old.stats()["unopened_reply_fifos"]
        write(old, b":cache_store:lonely\nlocal\nnobody\nx\n\n")
        time.sleep(0.5)
        assert "nobody" not in old.state()["cache"]
        assert old.stats()["unopened_reply_fifos"] == before + 1

    def test_a_reader_that_is_late_by_a_moment_is_waited_for(self, old):
        path = os.path.join(old.reply_dir, "late")
        os.mkfifo(path)
        write(old, b":pwd:late\n\n")
        time.sleep(0.15)
        with open(path, "rb") as stream:
            assert stream.read().startswith(b"200 OK\nWD:: ")

    @pytest.mark.parametrize("kind", ["link", "hard link", "file"])
    def test_reply_must_be_a_fifo_of_its_own(self, old, kind, tmp_path):
        name = "odd" + kind.replace(" ", "")
        path, target = os.path.join(old.reply_dir, name), str(tmp_path / "target")
        if kind == "file":
            open(path, "w").close()
        else:
            target = os.path.join(old.reply_dir, name + "target")
            os.mkfifo(target)
            (os.symlink if kind == "link" else os.link)(target, path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        write(old, b":cache_store:" + name.encode() + b"\nlocal\n" + name.encode() + b"\nx\n\n")
        time.sleep(0.5)
        os.close(reader)
        assert name not in old.state()["cache"]

    @pytest.mark.parametrize("name", [b"../x", b"a.b", b"a\\b", b"n" * 130])
    def test_forbidden_reply_names(self, old, name):
        write(old, b":cache_store:" + name + b"\nlocal\nforbidden\nx\n\n")
        assert raw.fifo(old, b":uptime:REPLY_FIFO\n\n").startswith(b"200 OK\n")
        assert "forbidden" not in old.state()["cache"]

    def test_no_reply_name_no_run(self, old):
        write(old, b":cache_store:\nlocal\nsilent\nx\n\n")
        assert raw.fifo(old, b":uptime:REPLY_FIFO\n\n").startswith(b"200 OK\n")
        assert "silent" not in old.state()["cache"]

    def test_many_slow_replies_are_pending_at_once(self, old):
        headers = b'"From: <sip:a@b>\r\nTo: <sip:c@d>\r\n"'
        replies = []

        def ask():
            replies.append(
                raw.fifo(
                    old,
                    b":t_uac_dlg:REPLY_FIFO\nNOTIFY\nsip:silent@127.0.0.1:%d\n.\n.\n%s\n\n"
                    % (old.phones_port, headers),
                )
            )

        threads = [threading.Thread(target=ask) for _number in range(10)]
        for thread in threads:
            thread.start()
        started = time.monotonic()
        assert raw.fifo(old, b":uptime:REPLY_FIFO\n\n").startswith(b"200 OK\n")
        assert time.monotonic() - started < 1.0
        for thread in threads:
            thread.join()
        assert [b"408 Request Timeout" in reply for reply in replies] == [True] * 10


class TestJson:
    def test_two_requests_in_one_write_are_both_run(self, new):
        names = ["first", "second"]
        readers = []
        for name in names:
            os.mkfifo(os.path.join(new.reply_dir, name))
            readers.append(os.open(os.path.join(new.reply_dir, name), os.O_RDONLY | os.O_NONBLOCK))
        write(
            new,
            b"".join(rpc("pwd", ident=index).replace(b"REPLY_FIFO", name.encode()) for index, name in enumerate(names)),
        )
        time.sleep(0.3)
        assert [json.loads(os.read(reader, 4096))["id"] for reader in readers] == [0, 1]

    def test_over_4096_bytes_is_lost(self, new):
        value = "x" * (4096 - len(rpc("cache_store", ["local", "big", ""])) - 20)
        assert raw.fifo(new, rpc("cache_store", ["local", "big", value])) is not None
        assert raw.fifo(new, rpc("cache_store", ["local", "big", "y" * 4100]), raw.QUIET) is None
        assert new.state()["cache"]["big"] == value

    def test_split_request_is_lost(self, new):
        os.mkfifo(os.path.join(new.reply_dir, "split"))
        data = rpc("cache_store", ["local", "split", "x"]).replace(b"REPLY_FIFO", b"split")
        write(new, data[:20])
        time.sleep(0.1)
        write(new, data[20:])
        time.sleep(0.2)
        assert "split" not in new.state()["cache"]

    def test_notification_opens_and_closes_the_reply(self, new):
        assert raw.fifo(new, b':REPLY_FIFO:{"jsonrpc":"2.0","method":"pwd"}', raw.QUIET) is None

    def test_without_reply_name_it_runs(self, new):
        write(new, b":" + rpc("cache_store", ["local", "quiet", "x"]).replace(b":REPLY_FIFO", b""))
        time.sleep(0.2)
        assert new.state()["cache"]["quiet"] == "x"

    def test_a_string_over_the_print_buffer_cuts_the_reply(self, new):
        new_value = '\\"' * 1500
        request = rpc("cache_store", ["local", "wide", new_value.replace('\\"', '"')])
        assert len(request) < 4096 and raw.fifo(new, request)
        for _turn in range(2):
            reply = raw.fifo(new, rpc("cache_fetch", ["local", "wide"]))
        assert reply.startswith(b'{"jsonrpc":"2.0","result":{"key":"wide"')
        # 3000 characters when printed: this one still fits
        assert json.loads(reply)["result"]["value"] == '"' * 1500
        new.add_contact("long@x", "sip:long@127.0.0.1:9", user_agent="u" * 5000)
        new.add_contact("long", "sip:long@127.0.0.1:9", user_agent="u" * 5000)
        reply = raw.fifo(new, rpc("ul_show_contact", ["location", "long@x"]))
        assert reply.endswith(b'"User-agent":failed to print response')


class TestHarm:
    """What ends or hangs a real server is noticed, and ends the emulator's service too."""

    @pytest.mark.parametrize(
        "version, request_",
        [
            ("3.6", b":REPLY_FIFO:{}"),
            ("3.6", b":REPLY_FIFO:[]"),
            ("3.6", b':REPLY_FIFO:{"jsonrpc":"2.0","id":1,"method":5}'),
            ("4.0", b':REPLY_FIFO:[{"jsonrpc":"2.0","id":1,"method":"pwd"}]'),
            ("3.6", b'::{"jsonrpc":"2.0","id":1,"method":"t_uac_dlg"}'),
            ("4.0", b'::{"jsonrpc":"2.0","id":1,"method":"tm:uac_dlg"}'),
            ("2.4", b":t_uac_dlg:\n\n"),
            ("1.11", b":t_uac_dlg:\n\n"),
        ],
    )
    def test_crash(self, version, request_):
        with pytest.raises(HarmfulRequest):
            with Emulator(version, phones=1) as emu:
                assert raw.fifo(emu, request_, raw.QUIET) is None
                stats = emu.stats()
                assert stats["crashes"] == 1 and not stats["alive"]
                assert "CRASH" in emu.stderr()
                with pytest.raises(OSError):  # no reader any more
                    os.open(emu.fifo_path, os.O_WRONLY | os.O_NONBLOCK)
                assert raw.udp(emu.udp, b":uptime:\n", raw.QUIET) is None

    def test_long_command_name_hangs_the_fifo_of_2_4(self):
        with pytest.raises(HarmfulRequest):
            with Emulator("2.4", phones=1) as emu:
                assert raw.fifo(emu, b":" + b"x" * 300 + b":REPLY_FIFO\n\n", raw.QUIET) is None
                assert raw.fifo(emu, b":uptime:REPLY_FIFO\n\n", raw.QUIET) is None
                assert raw.udp(emu.udp, b":uptime:\n").startswith(b"200 OK")

    def test_on_crash_ignore_goes_on(self):
        with Emulator("3.6", phones=1, on_crash="ignore", allow_crash=True) as emu:
            raw.fifo(emu, b":REPLY_FIFO:{}", raw.QUIET)
            assert b"result" in raw.fifo(emu, rpc("pwd"))
            assert emu.stats()["crashes"] == 1
