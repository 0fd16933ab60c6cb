# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""FIFOs: reply FIFOs that nobody guesses and that go away, requests that stay whole, replies that are whole or an error."""

import fcntl
import json
import os
import re
import signal
import stat
import struct
import termios
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import fifo
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    ConnectError,
    MalformedReply,
    MITimeout,
    ReplyTooLarge,
    RequestTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import (
    eventually,
    finish,
    start_python,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    SILENT,
    Behaviour,
    Fault,
    JsonFifo,
    LineFifo,
    Raw,
)

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become other users")
NOBODY = 65534

CONNECT = """
import os, sys
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
conn = Connection({"fifo_path": sys.argv[1], "reply_dir": sys.argv[2], "timeout": 20})
"""


def waiting_bytes(fd):
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, struct.pack("i", 0)))[0]


def _big_json(request_id, size):
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "result": "x" * size}).encode()


# --- the reply FIFO --------------------------------------------------------------------------------------------


def names_seen_by(peer, calls):
    """The names in the reply directory while commands run, one connection each."""
    seen = []
    peer.answers.commands["uptime"] = lambda params: seen.append(set(peer.leftovers())) or {"Up time": "1"}
    for _dummy in range(calls):
        with peer.connect() as conn:
            conn.call("uptime")
    return seen


def test_reply_fifo_has_a_name_that_nobody_guesses(tmp_path):
    with JsonFifo(tmp_path) as peer:
        peer.answers.commands["which"] = ["which", "version", "uptime"]
        seen = names_seen_by(peer, 5)
    names = [name for names in seen for name in names]
    assert len(names) == 5 == len(set(names))
    for name in names:
        # 96 random bits, and nothing in it that get_reply_filename() refuses
        assert re.match(r"[A-Za-z0-9_]+\Z", name)
        assert re.search(r"[0-9a-f]{24}\Z", name)
    # nor a counter, a clock or a process id: neither half repeats
    assert len({name[-24:-12] for name in names}) == len({name[-12:] for name in names}) == 5


@pytest.mark.parametrize("kind", ["file", "symlink", "fifo"])
def test_reply_fifo_never_takes_what_is_there_already(tmp_path, monkeypatch, kind):
    with JsonFifo(tmp_path) as peer:
        monkeypatch.setattr(fifo.os, "urandom", lambda count: b"\xab" * count)
        with peer.connect() as conn:
            conn.call("version")
        squat = os.path.join(peer.reply_dir, "opensips_mi_" + "ab" * 12)
        target = str(tmp_path / "target")
        if kind == "file":
            with open(squat, "w") as stream:
                stream.write("mine")
        elif kind == "symlink":
            os.symlink(target, squat)
        else:
            os.mkfifo(squat, 0o666)
        before = os.lstat(squat)
        with pytest.raises(ConnectError) as refused:
            with peer.connect(protocol="jsonrpc") as conn:
                conn.call("version")
        assert "reply_dir" in str(refused.value)
        assert not os.path.exists(target)
        after = os.lstat(squat) if os.path.lexists(squat) else None
        assert after is not None, "what somebody else put there was removed"
        assert (after.st_ino, after.st_mode, after.st_uid) == (before.st_ino, before.st_mode, before.st_uid)


@root_only
def test_reply_fifo_of_root_belongs_to_the_servers_user(tmp_path):
    with JsonFifo(tmp_path) as peer:
        os.chown(peer.path, 12345, 23456)
        with peer.connect() as conn:
            conn.call("version")
        assert set(peer.modes) == {(0o600, 12345, 23456)}


BECOME = (
    """
import os, sys
"""
    + CONNECT
    + """
# what it imports later, an interpreter in a home directory could not read any more
import json, select
from ansible_collections.community.opensips.plugins.module_utils._mi import probe
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols import jsonrpc, line
exec(sys.argv[6])
gid, groups = int(sys.argv[4]), [int(each) for each in sys.argv[5].split(",") if each]
os.setgroups(groups); os.setgid(gid); os.setuid(int(sys.argv[3]))
try:
    with conn:
        conn.call("version")
    print("ok", *(each[:24] for each in conn.warnings))
except MIError as error:
    print(type(error).__name__, error)
"""
)


def as_user(peer, uid=NOBODY, gid=NOBODY, groups=(), before=""):
    child = start_python(BECOME, peer.path, peer.reply_dir, uid, gid, ",".join(str(each) for each in groups), before)
    status, output, errors = finish(child)
    assert status == 0, errors
    return output.strip()


@pytest.fixture
def shared(tmp_path):
    """A directory that other users reach."""
    directory = tmp_path / "shared"
    directory.mkdir()
    for each in [directory] + list(directory.parents):
        if str(each).count("/") > 1:
            each.chmod(each.stat().st_mode | 0o011)
    (directory / "replies").mkdir()
    os.chmod(str(directory / "replies"), 0o777)
    return directory


@root_only
@pytest.mark.parametrize(
    "owner,mi_mode,groups,expected",
    [
        ((NOBODY, NOBODY), 0o600, (), (0o600, NOBODY, NOBODY)),
        # the group's bits are the mask of an access control list that lets the server's user in, and not the group
        ((0, 4242), 0o660, (4242,), (0o620, NOBODY, NOBODY)),
        ((777, 4242), 0o666, (), (0o620, NOBODY, NOBODY)),
    ],
)
def test_reply_fifo_of_others_is_as_narrow_as_can_be(shared, owner, mi_mode, groups, expected):
    tried = []
    with JsonFifo(shared) as peer:
        usual = peer.answers.commands["version"]

        def version(dummy):
            # the client's user, the server's, one of its group, and a stranger
            path = os.path.join(peer.reply_dir, peer.leftovers()[0])
            tried.append([_may_write(path, *who) for who in ((NOBODY, 1), (owner[0], 1), (888, owner[1]), (888, 1))])
            return usual

        peer.answers.commands["version"] = version
        os.chown(peer.path, *owner)
        os.chmod(peer.path, mi_mode)
        assert as_user(peer, groups=groups) == "ok"
        assert set(peer.modes) == {expected}
        assert peer.leftovers() == []
    assert tried and all(each == [True, True, False, False] for each in tried)


def _may_write(path, uid, gid):
    """Whether a user (its uid and gid) may open a FIFO for writing."""
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


@root_only
@pytest.mark.parametrize(
    "mi_mode,groups,expected,warns",
    [
        # root writes to it whatever its mode is
        ((0, 4242, 0o666), (), (0o600, NOBODY, NOBODY), False),
        ((777, 4242, 0o660), (4242,), (0o620, NOBODY, 4242), False),
        ((777, 4242, 0o666), (), (0o622, NOBODY, NOBODY), True),
    ],
)
@pytest.mark.parametrize("peer_class", [JsonFifo, LineFifo])
def test_reply_fifo_where_the_file_system_has_no_access_control_lists(
    shared, peer_class, mi_mode, groups, expected, warns
):
    uid, gid, mode = mi_mode
    with peer_class(shared) as peer:
        os.chown(peer.path, uid, gid)
        os.chmod(peer.path, mode)
        output = as_user(peer, groups=groups, before="del os.setxattr")
        assert set(peer.modes) == {expected}
    # JSON-RPC has ids that a forger does not know
    assert output == ("ok Any user of this host ca" if warns and peer_class is LineFifo else "ok")


# --- removed on every way out ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer,error",
    [
        ({"a": 1}, None),
        (Fault(404, "not found"), ServerError),
        (Raw(b"garbage"), MalformedReply),
        (Raw(b'{"jsonrpc":"2.0","id":-1,"result":1}'), MalformedReply),
        (Behaviour(lambda reply, request_id: None), MITimeout),
    ],
)
def test_nothing_is_left_after(tmp_path, monkeypatch, answer, error):
    monkeypatch.setattr(fifo, "_REOPEN_GRACE", 0.1)
    with JsonFifo(tmp_path, commands={"uptime": answer}) as peer:
        with peer.connect(timeout=0.3) as conn:
            if error is None:
                conn.call("uptime")
            else:
                with pytest.raises(error):
                    conn.call("uptime")
        assert peer.leftovers() == []


def test_nothing_is_left_after_an_exception_of_the_caller(tmp_path):
    with JsonFifo(tmp_path, commands={"uptime": {}}) as peer:
        with pytest.raises(KeyError):
            with peer.connect() as conn:
                conn.call("uptime")
                raise KeyError("of the caller")
        assert peer.leftovers() == []


def test_nothing_is_left_when_the_caller_stops_in_the_middle(tmp_path):
    silent = Behaviour(lambda reply, request_id: None)
    answers = {"get_statistics": lambda params: silent if params["statistics"] == ["2"] else {"done": 1}}
    with JsonFifo(tmp_path, commands=answers) as peer:
        with peer.connect() as conn:
            running = conn.call_many([("get_statistics", {"statistics": [str(number)]}) for number in range(8)])
            next(running)
            running.close()
        assert peer.leftovers() == []


IN_FLIGHT = (
    CONNECT
    + """
import signal, time
if sys.argv[3:] == ["default_interrupt"]:
    signal.signal(signal.SIGINT, signal.default_int_handler)
print("started", flush=True)
with conn:
    conn.call("uptime")
"""
)
EXITS = (
    CONNECT
    + """
import threading, time
def call():
    try:
        conn.call("uptime")
    except MIError:
        pass
worker = threading.Thread(target=call)
worker.daemon = True
worker.start()
until = time.time() + 10
while not os.listdir(sys.argv[2]) and time.time() < until:
    time.sleep(0.01)
time.sleep(0.2)
sys.exit(7)
"""
)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_nothing_is_left_after_a_signal(tmp_path, number):
    with JsonFifo(tmp_path, commands={"uptime": Behaviour(lambda reply, request_id: None)}) as peer:
        child = start_python(IN_FLIGHT, peer.path, peer.reply_dir, "default_interrupt")
        assert eventually(lambda: "uptime" in peer.methods())
        assert len(peer.leftovers()) >= 1
        child.send_signal(number)
        status, _output, errors = finish(child)
        # it ends as the signal says: a process that is killed must look killed
        assert status == -number or (number == signal.SIGINT and "KeyboardInterrupt" in errors)
        assert peer.leftovers() == []


def test_nothing_is_left_after_sys_exit(tmp_path):
    with JsonFifo(tmp_path, commands={"uptime": Behaviour(lambda reply, request_id: None)}) as peer:
        status, _output, errors = finish(start_python(EXITS, peer.path, peer.reply_dir))
        assert status == 7, errors
        assert "uptime" in peer.methods()
        assert peer.leftovers() == []


# --- the MI FIFO and the reply directory -----------------------------------------------------------------------


def test_missing_fifo(tmp_path):
    with pytest.raises(ConnectError) as refused:
        Connection({"fifo_path": str(tmp_path / "nowhere")}).call("uptime")
    assert "fifo_path" in str(refused.value) and "nowhere" in str(refused.value)


@pytest.mark.parametrize(
    "kind,word",
    [
        ("file", "regular file"),
        ("symlink", "symbolic link"),
        ("dangling", "symbolic link"),
        ("directory", "not a FIFO"),
    ],
)
def test_foreign_fifo_is_not_written(tmp_path, kind, word):
    with JsonFifo(tmp_path) as peer:
        path = tmp_path / "foreign"
        if kind == "file":
            path.write_text("precious")
        elif kind == "symlink":
            path.symlink_to(peer.path)
        elif kind == "dangling":
            path.symlink_to(tmp_path / "nothing")
        else:
            path.mkdir()
        with pytest.raises(ConnectError) as refused:
            with Connection({"fifo_path": str(path), "reply_dir": peer.reply_dir}) as conn:
                conn.call("uptime")
        assert word in str(refused.value) and "fifo_path" in str(refused.value)
        assert peer.reads == [] and peer.leftovers() == []
        assert kind != "file" or path.read_text() == "precious"
        assert not (tmp_path / "nothing").exists()


def test_fifo_without_a_reader_is_an_error_at_once(tmp_path):
    path = str(tmp_path / "mi")
    os.mkfifo(path)
    started = time.monotonic()
    with pytest.raises(ConnectError) as refused:
        with Connection({"fifo_path": path, "reply_dir": str(tmp_path), "timeout": 60}) as conn:
            conn.call("uptime")
    assert time.monotonic() - started < 20
    assert "reads" in str(refused.value)
    assert os.listdir(str(tmp_path)) == ["mi"]


@root_only
def test_no_permission_for_the_fifo(shared):
    with JsonFifo(shared, mode=0o600) as peer:
        output = as_user(peer)
        assert output.startswith("ConnectError No permission") and "become" in output
        assert peer.leftovers() == []


@root_only
def test_no_permission_for_the_reply_directory(shared):
    with JsonFifo(shared) as peer:
        os.chmod(peer.reply_dir, 0o755)
        output = as_user(peer)
        assert output.startswith("ConnectError No permission") and peer.reply_dir in output
        assert peer.reads == []


def test_reply_directory_is_missing(tmp_path):
    with JsonFifo(tmp_path) as peer:
        with pytest.raises(ConnectError) as refused:
            with peer.connect(reply_dir=str(tmp_path / "absent")) as conn:
                conn.call("uptime")
        assert "reply_dir" in str(refused.value) and "absent" in str(refused.value)
        assert peer.reads == []


def test_reply_directory_with_too_long_a_name(tmp_path):
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    with JsonFifo(tmp_path) as peer:
        with pytest.raises(BadParameters) as refused:
            with peer.connect(reply_dir=str(deep)) as conn:
                conn.call("uptime")
        assert "reply_dir" in str(refused.value)
        assert peer.reads == [] and os.listdir(str(deep)) == []


def test_reply_directory_that_just_fits(tmp_path):
    # MAX_MI_FILENAME of the peer's (and the server's) own check
    name = "n" * (127 - len("opensips_mi_") - 24 - 2 - len(str(tmp_path)))
    directory = tmp_path / name
    directory.mkdir()
    with JsonFifo(tmp_path) as peer:
        peer.reply_dir = str(directory)
        with peer.connect() as conn:
            assert conn.call("version").result["Server"]
        assert peer.harms == []


# --- requests --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("peer_class", [JsonFifo, LineFifo])
def test_each_request_is_one_write(tmp_path, monkeypatch, peer_class):
    answer = {"a": "1"} if peer_class is JsonFifo else "a:: 1\n"
    with peer_class(tmp_path, commands={"cache_fetch": answer}) as peer:
        with peer.connect() as conn:
            conn.call("version")
            written, write = [], os.write

            def spy(fd, data):
                if stat.S_ISFIFO(os.fstat(fd).st_mode) and os.fstat(fd).st_ino == os.stat(peer.path).st_ino:
                    written.append(bytes(data))
                return write(fd, data)

            monkeypatch.setattr(os, "write", spy)
            conn.call("cache_fetch", {"system": "local", "attr": "a" * 900})
            conn.call("cache_fetch", {"system": "local", "attr": "b" * 3000})
        monkeypatch.undo()
    written = [each for each in written if b"cache_fetch" in each]
    assert len(written) == 2
    assert all(b"local" in each and each.endswith(b"\n") for each in written)
    assert b"a" * 900 in written[0] and b"b" * 3000 in written[1]
    assert peer.harms == []


def test_json_request_of_all_that_the_server_takes(tmp_path):
    with JsonFifo(tmp_path, commands={"cache_fetch": lambda params: len(params["attr"])}) as peer:
        with peer.connect() as conn:
            refused, size = None, 3900
            while refused is None:
                try:
                    assert conn.call("cache_fetch", {"system": "local", "attr": "a" * size}).result == size
                    size += 1
                except RequestTooLarge as error:
                    refused = error
        assert "datagram" in str(refused)
        # an id may have a digit more than the one before
        assert 4094 <= max(len(each) for each in peer.reads) <= 4096
        assert peer.methods().count("cache_fetch") == size - 3900 and peer.harms == []


@pytest.mark.parametrize(
    "peer_class,method,params",
    [
        (JsonFifo, "cache_store", {"system": "local", "attr": "a", "value": "v" * 5000}),
        (LineFifo, "cache_store", {"system": "local", "attr": "a", "value": "v" * 8200}),
        (LineFifo, "cache_store", {"system": "local", "attr": "a" * 4000, "value": "w" * 4200}),
        (LineFifo, "private_command", ["v" * 1100]),
        # the server throws the lines of commands without arguments away, 1,024 bytes at most each
        (LineFifo, "ps", ["v" * 1100]),
        (LineFifo, "version", ["v" * 1100]),
    ],
)
def test_too_large_a_request_is_refused_and_nothing_written(tmp_path, peer_class, method, params):
    answers = {
        "cache_store": "",
        "private_command": "",
        "ps": "",
        "get_statistics": "a:: 1\n" if peer_class is LineFifo else {"a": 1},
    }
    with peer_class(tmp_path, commands=answers) as peer:
        with peer.connect(timeout=3) as conn:
            conn.call("get_statistics", {"statistics": ["all"]})
            peer.hold.clear()
            time.sleep(0.05)
            with pytest.raises((RequestTooLarge, BadParameters)):
                conn.call(method, params)
            assert waiting_bytes(peer.fd) == 0
            peer.hold.set()
            conn.call("get_statistics", {"statistics": ["all"]})
        assert peer.harms == []


def test_unknown_command_is_not_sent_to_find_out(tmp_path):
    with LineFifo(tmp_path) as peer:
        with peer.connect() as conn:
            with pytest.raises(Exception) as unknown:
                conn.call("uptimee")
        assert type(unknown.value).__name__ == "UnknownCommand"
        assert set(peer.methods()) == {"version", "which"}


CLIENT = (
    CONNECT
    + """
import random
random.seed(sys.argv[3])
method, wrong = "cache_store", 0
with conn:
    for number in range(int(sys.argv[4])):
        size = random.choice([100, 1000, 2000, int(sys.argv[5]) // 2, int(sys.argv[5])])
        text = "{0}-{1}-".format(sys.argv[3], number) + "v" * size
        reply = conn.call(method, {"system": "local", "attr": sys.argv[3], "value": text})
        answered = reply.result if not reply.is_tree else reply.result[0]["value"]
        wrong += answered != "{0} {1}".format(sys.argv[3], len(text))
print(wrong)
"""
)


@pytest.mark.parametrize("peer_class,largest", [(LineFifo, 8000), (JsonFifo, 3800)])
def test_requests_of_many_processes_do_not_mix(tmp_path, peer_class, largest):
    def line(params):
        return "Stored:: {0} {1}\n".format(params[1], len(params[2]))

    def value(params):
        return "{0} {1}".format(params["attr"], len(params["value"]))

    with peer_class(tmp_path, commands={"cache_store": line if peer_class is LineFifo else value}) as peer:
        children = [
            start_python(CLIENT, peer.path, peer.reply_dir, who, 12, largest) for who in ("anna", "ben", "carl", "dora")
        ]
        for child in children:
            status, output, errors = finish(child, 60)
            assert (status, output.strip()) == (0, "0"), errors
        assert peer.harms == [] and peer.leftovers() == []
        assert peer.methods().count("cache_store") == 48


def test_another_client_of_ours_keeps_out_while_a_large_request_goes(tmp_path):
    with LineFifo(tmp_path, commands={"cache_store": "Stored:: 1\n"}) as peer:
        with peer.connect(timeout=5) as conn:
            conn.call("cache_store", ["local", "a", "small"])
            locker = os.open(peer.path, os.O_WRONLY | os.O_NONBLOCK)
            try:
                fcntl.flock(locker, fcntl.LOCK_EX)
                with pytest.raises(MITimeout):
                    conn.call("cache_store", ["local", "a", "locked out"], timeout=0.3)
                fcntl.flock(locker, fcntl.LOCK_UN)
                conn.call("cache_store", ["local", "a", "free"])
            finally:
                os.close(locker)
        assert [params[2] for method, params in peer.requests if method == "cache_store"] == ["small", "free"]


# --- deadlines -------------------------------------------------------------------------------------------------


def test_a_full_fifo_is_a_timeout_and_not_a_hang(tmp_path):
    with JsonFifo(tmp_path, commands={"uptime": {}}) as peer:
        with peer.connect() as conn:
            conn.call("uptime")
            peer.hold.clear()
            time.sleep(0.05)
            # blanks, which the server skips when it comes back
            try:
                while True:
                    os.write(peer.fd, b" " * 4096)
            except BlockingIOError:
                pass
            with pytest.raises(MITimeout) as full:
                conn.call("uptime", timeout=0.3)
            assert full.value.maybe_sent is False
            outcomes = dict(conn.call_many([("uptime", None)] * 3, timeout=0.3))
            assert all(isinstance(outcomes[index], MITimeout) for index in range(3))
            assert peer.methods().count("uptime") == 1


def test_a_server_that_stops_reading_is_not_waited_for(tmp_path):
    """A server that hangs with requests in its FIFO: the probe must not wait for an empty FIFO for ever."""
    with JsonFifo(tmp_path) as peer:
        peer.hold.clear()
        time.sleep(0.05)
        os.write(peer.fd, b" ")
        with pytest.raises(MITimeout):
            with peer.connect(timeout=0.3) as conn:
                conn.call("uptime")


def test_a_server_that_stops_in_the_middle_of_a_large_request(tmp_path, monkeypatch):
    monkeypatch.setattr(fifo, "_STALLED", 0.3)
    with LineFifo(tmp_path, commands={"cache_store": "Stored:: 1\n"}) as peer:
        fcntl.fcntl(peer.fd, getattr(fcntl, "F_SETPIPE_SZ", 1031), 4096)
        with peer.connect() as conn:
            conn.call("cache_store", ["local", "a", "v"])
            peer.hold.clear()
            time.sleep(0.05)
            with pytest.raises(MITimeout) as stalled:
                conn.call("cache_store", {"system": "local", "attr": "a", "value": "v" * 7000}, timeout=0.3)
            assert stalled.value.maybe_sent


@pytest.mark.parametrize("peer_class", [JsonFifo, LineFifo])
def test_a_reply_that_drips_ends_at_the_deadline(tmp_path, peer_class):
    def drip(reply, dummy):
        fd = reply.open()
        try:
            for _dummy in range(200):
                os.write(fd, b'{"jsonrpc' if peer_class is JsonFifo else b"200 OK\nx:: y\n")
                time.sleep(0.02)
        except OSError:
            pass
        os.close(fd)

    with peer_class(
        tmp_path,
        commands={"uptime": Behaviour(drip)},
        **({} if peer_class is JsonFifo else {"no_input": ("version", "which")}),
    ) as peer:
        with peer.connect() as conn:
            conn.call("version")
            started = time.monotonic()
            with pytest.raises(MITimeout) as late:
                conn.call("uptime", timeout=0.4)
            assert 0.3 < time.monotonic() - started < 3
            assert "raise timeout" in str(late.value)
        assert peer.leftovers() == []


def test_timeout_of_a_single_call_wins_over_the_option(tmp_path):
    with JsonFifo(tmp_path, commands={"uptime": Behaviour(lambda reply, request_id: None)}) as peer:
        with peer.connect(timeout=50) as conn:
            started = time.monotonic()
            with pytest.raises(MITimeout):
                conn.call("uptime", timeout=0.2)
            assert time.monotonic() - started < 10


# --- replies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [10, 5000, 300000])
def test_asynchronous_reply_in_several_openings(tmp_path, size):
    def pieces(reply, request_id):
        data = _big_json(request_id, size)
        for start in range(0, len(data), 4096):
            reply(data[start : start + 4096])
            # the client sees the end and opens anew
            time.sleep(0.005)

    with JsonFifo(tmp_path, commands={"t_uac_dlg": Behaviour(pieces)}) as peer:
        with peer.connect() as conn:
            result = conn.call(
                "t_uac_dlg", {"method": "OPTIONS", "ruri": "sip:a@b", "headers": "From: <sip:a@b>\r\nTo: <sip:a@b>\r\n"}
            ).result
        assert result == "x" * size
        assert peer.leftovers() == []


def test_asynchronous_reply_that_takes_longer_than_one_pause(tmp_path, monkeypatch):
    """Each opening may be awaited for a while, however many there are."""
    monkeypatch.setattr(fifo, "_REOPEN_GRACE", 0.5)

    def pieces(reply, request_id):
        data = _big_json(request_id, 6 * 4000)
        for start in range(0, len(data), 4096):
            reply(data[start : start + 4096])
            time.sleep(0.15)

    with JsonFifo(tmp_path, commands={"uptime": Behaviour(pieces)}) as peer:
        with peer.connect(timeout=20) as conn:
            assert len(conn.call("uptime").result) == 24000


@pytest.mark.parametrize(
    "piece,error",
    [
        (b'{"jsonrpc":"2.0","id":1,"resu', MalformedReply),
        (b"", MalformedReply),
        (b"\xff\xfe\x00garbage", MalformedReply),
        (b'{"jsonrpc":"2.0","id":1,"result":"xxfailed to print response', ReplyTooLarge),
        (b'{"jsonrpc":"2.0","id":77777,"result":{}}', MalformedReply),
        (b"[]", MalformedReply),
        (b"500 command 'uptime' not available\n", MalformedReply),
    ],
)
def test_json_reply_that_is_none(tmp_path, monkeypatch, piece, error):
    monkeypatch.setattr(fifo, "_REOPEN_GRACE", 0.1)
    with JsonFifo(tmp_path, commands={"uptime": Raw(piece)}) as peer:
        with peer.connect(timeout=3) as conn:
            with pytest.raises(error):
                conn.call("uptime")
            assert conn.call("version").result["Server"]
        assert peer.leftovers() == []


@pytest.mark.parametrize(
    "piece", [b"200 OK\nUp time:: 1", b"200 OK\nUp time:: 1\n", b"200 OK\n", b"", b"2", b"garbage\n\n", b"\xff\n\n"]
)
def test_line_reply_that_was_cut_off(tmp_path, monkeypatch, piece):
    monkeypatch.setattr(fifo, "_REOPEN_GRACE", 0.1)
    with LineFifo(tmp_path, commands={"uptime": Raw(piece)}) as peer:
        with peer.connect(timeout=3) as conn:
            with pytest.raises(MalformedReply):
                conn.call("uptime")
            assert conn.call("version").result[0]["name"] == "Server"
        assert peer.leftovers() == []


def test_late_reply_never_answers_the_next_question(tmp_path):
    late, paths, order = [], [], []

    def run(reply, request_id):
        number = len(order)
        order.append(number)
        paths.append(reply.path)
        if number == 0:
            time.sleep(0.5)
            late.append(reply.open())
            return
        reply(json.dumps({"jsonrpc": "2.0", "id": request_id, "result": number}).encode())

    with JsonFifo(tmp_path, commands={"uptime": Behaviour(run)}) as peer:
        with peer.connect() as conn:
            with pytest.raises(MITimeout):
                conn.call("uptime", timeout=0.2)
            for number in range(1, 5):
                assert conn.call("uptime").result == number
                time.sleep(0.1)
            assert eventually(lambda: late)
        # there was nothing to open any more, and its name was not used again
        assert late == [None]
        assert paths[0] not in paths[1:]


def test_server_that_never_opens_the_reply_fifo(tmp_path):
    with JsonFifo(tmp_path, commands={"uptime": {}}, deaf_to=("uptime",)) as peer:
        with peer.connect() as conn:
            with pytest.raises(MITimeout) as silent:
                conn.call("uptime", timeout=0.2)
    assert "reply_dir" in str(silent.value) and peer.reply_dir in str(silent.value)


def test_server_that_stops_between_two_calls(tmp_path):
    with JsonFifo(tmp_path, commands={"uptime": {}}) as peer:
        conn = peer.connect(timeout=2)
        conn.call("uptime")
    with conn:
        with pytest.raises(ConnectError) as gone:
            conn.call("uptime")
    assert "gone" in str(gone.value)


def test_replies_are_the_peers_whole_text(tmp_path):
    answer = {"text": "Gr\u00fc\u00dfe \u4f60\u597d", "list": list(range(20000))}
    with JsonFifo(tmp_path, commands={"uptime": answer, "ps": SILENT}) as peer:
        with peer.connect() as conn:
            assert conn.call("uptime").result == answer
