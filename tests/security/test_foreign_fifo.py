# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another user of the host plays the server: a FIFO or socket of his under the name of the server's, in a directory like /tmp.

These tests do not rely on fs.protected_fifos and its like: the modules decide by who owns the FIFO.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers import owner
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ConnectError
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.children import eventually
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import Datagram, JsonFifo

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be several users")

# accounts that need not exist: two of services, two of people
SERVICE, OTHER_SERVICE, PERSON, OTHER_PERSON = 771, 772, 4711, 4712
SECRET = "s3cret-of-a-gateway"
STORE = {"command": "cache_store", "params": {"system": "local", "attr": "password", "value": SECRET}}


@pytest.fixture
def shared():
    """A directory as /tmp is."""
    with tempfile.TemporaryDirectory(prefix="mi-") as folder:
        os.chmod(folder, 0o1777)
        yield folder


@contextlib.contextmanager
def fifo(folder, uid):
    """A JSON-RPC server whose FIFO uid owns; connection options are its options()."""
    with JsonFifo(folder, commands={"cache_store": "OK"}) as peer:
        os.chown(peer.path, uid, uid)
        os.chmod(peer.reply_dir, 0o1777)
        yield peer


@contextlib.contextmanager
def unix_socket(folder, uid):
    with Datagram(path=os.path.join(folder, "mi.sock"), commands={"cache_store": "OK"}) as peer:
        os.chown(peer.path, uid, uid)
        yield peer


KINDS = pytest.mark.parametrize("kind", [fifo, unix_socket])


def store(peer, **options):
    """Store a secret: None, or the ConnectError that kept it from being sent."""
    try:
        with peer.connect(timeout=10, **options) as conn:
            conn.call(STORE["command"], STORE["params"])
    except ConnectError as error:
        return str(error)
    return None


def assert_nothing_came(peer, message):
    assert message and SECRET not in message
    assert peer.requests == [] and not getattr(peer, "reads", None) and not getattr(peer, "clients", None)
    # nor was a reply FIFO handed over
    assert getattr(peer, "modes", []) == []
    if hasattr(peer, "leftovers"):
        assert peer.leftovers() == []


@pytest.fixture(autouse=True)
def processes(monkeypatch):
    """The pids of processes called opensips that a test started: servers that this host really runs do not count."""
    pids, real = [], owner.server_processes
    monkeypatch.setattr(owner, "server_processes", lambda: [each for each in real() if each[0] in pids])
    return pids


@contextlib.contextmanager
def opensips_process(uid, folder, pids):
    """A process called opensips, of a program that root installed; it does nothing."""
    program = os.path.join(folder, "bin-%d" % uid, "opensips")
    os.mkdir(os.path.dirname(program))
    os.chmod(os.path.dirname(program), 0o755)
    shutil.copy(shutil.which("sleep"), program)
    process = subprocess.Popen([program, "120"], user=uid, group=uid, extra_groups=[])
    try:
        assert eventually(lambda: _name(process.pid) == "opensips")
        pids.append(process.pid)
        yield process
    finally:
        process.kill()
        process.wait()


def _name(pid):
    with open(f"/proc/{pid}/comm", encoding="ascii") as file:
        return file.read().strip()


@KINDS
@pytest.mark.parametrize("uid", [PERSON, SERVICE])
def test_a_server_that_anybody_may_have_put_there_gets_nothing(shared, kind, uid):
    with kind(shared, uid) as peer:
        message = store(peer)
        assert_nothing_came(peer, message)
    assert str(uid) in message and f"set server_user to {uid}" in message and shared in message


@KINDS
def test_a_module_sends_nothing_either(shared, kind):
    with kind(shared, PERSON) as peer:
        result = run_module("mi_command", dict(STORE, **peer.options()))
        assert result["failed"] and not result.get("changed")
        assert_nothing_came(peer, result["msg"])
        assert result["error"]["type"] == "ConnectError"


@KINDS
def test_the_remedy_that_the_error_names_works(shared, kind):
    with kind(shared, PERSON) as peer:
        assert store(peer, server_user=str(PERSON)) is None
        assert "cache_store" in peer.methods()
        # the reply FIFO is the server's user's, and nobody else's
        assert {mode[:2] for mode in getattr(peer, "modes", [])} <= {(0o600, PERSON)}


@KINDS
def test_server_user_of_another_does_not_help_a_foreigner(shared, kind):
    with kind(shared, PERSON) as peer:
        message = store(peer, server_user=str(OTHER_PERSON))
        assert_nothing_came(peer, message)
    assert str(OTHER_PERSON) in message


@KINDS
def test_server_user_may_come_from_the_environment(shared, kind, monkeypatch):
    monkeypatch.setenv("OPENSIPS_MI_SERVER_USER", str(PERSON))
    with kind(shared, PERSON) as peer:
        result = run_module("mi_command", dict(STORE, **peer.options()))
        assert not result.get("failed"), result["msg"]


@KINDS
def test_root_and_oneself_are_trusted(shared, kind):
    with kind(shared, 0) as peer:
        assert store(peer) is None


@KINDS
def test_the_service_account_that_runs_opensips_is_trusted(shared, kind, processes):
    with opensips_process(SERVICE, shared, processes), kind(shared, SERVICE) as peer:
        assert store(peer) is None
        assert {mode[:2] for mode in getattr(peer, "modes", [])} <= {(0o600, SERVICE)}


@pytest.mark.parametrize("runs, attacker", [
    # a process of that name is started in a moment
    ([PERSON], PERSON),
    ([SERVICE], PERSON),
    # one of the two plays the server
    ([SERVICE, OTHER_SERVICE], OTHER_SERVICE),
])  # fmt: skip
def test_a_process_called_opensips_is_not_enough(shared, runs, attacker, processes):
    with contextlib.ExitStack() as stack:
        for uid in runs:
            stack.enter_context(opensips_process(uid, shared, processes))
        peer = stack.enter_context(fifo(shared, attacker))
        message = store(peer)
        assert_nothing_came(peer, message)
    assert " and ".join(str(uid) for uid in runs if uid != PERSON) in message


def test_a_program_of_the_users_own_called_opensips_is_not_enough(shared, processes):
    with opensips_process(OTHER_SERVICE, shared, processes) as process, fifo(shared, OTHER_SERVICE) as peer:
        os.chown(f"/proc/{process.pid}/exe", OTHER_SERVICE, OTHER_SERVICE)
        assert_nothing_came(peer, store(peer))


@KINDS
def test_a_directory_that_only_its_owner_may_write_is_trusted(shared, kind):
    """The server's own, whoever that is, where root made it."""
    own = os.path.join(shared, "run")
    os.mkdir(own, 0o755)
    with kind(own, PERSON) as peer:
        assert store(peer) is None


@KINDS
@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_a_directory_that_the_attacker_made_is_not(shared, kind, mode):
    """Under the name of the server's, before it did."""
    own = os.path.join(shared, "run")
    os.mkdir(own)
    with kind(own, PERSON) as peer:
        os.chown(own, PERSON, PERSON)
        os.chmod(own, mode)
        assert_nothing_came(peer, store(peer))


@KINDS
@pytest.mark.parametrize("mode", [0o775, 0o777])
def test_a_directory_that_a_group_or_all_may_write_is_not(shared, kind, mode):
    own = os.path.join(shared, "run")
    os.mkdir(own)
    with kind(own, PERSON) as peer:
        os.chown(own, 0, PERSON)
        os.chmod(own, mode)
        assert_nothing_came(peer, store(peer))


def test_a_hard_link_to_a_fifo_of_root_is_not_the_servers(shared):
    with fifo(shared, 0) as peer:
        os.link(peer.path, peer.path + "2")
        message = store(peer)
        assert_nothing_came(peer, message)
    assert "hard link" in message


@KINDS
def test_a_symbolic_link_does_not_lead_astray(shared, kind):
    """A link from a directory of root's to what anybody may have put there."""
    own = os.path.join(shared, "run")
    os.mkdir(own, 0o755)
    with kind(shared, PERSON) as peer:
        link = os.path.join(own, "link")
        os.symlink(peer.path, link)
        name = "fifo_path" if kind is fifo else "socket_path"
        assert_nothing_came(peer, store(peer, **{name: link}))


def test_a_reply_fifo_that_was_replaced_is_not_read(shared):
    """In a directory without the sticky bit others may put their own FIFO in the place of ours; what comes through it is not ours."""
    replaced = []

    def attack(params):
        ours = os.path.join(peer.reply_dir, peer.leftovers()[0])
        os.unlink(ours)
        os.mkfifo(ours, 0o666)
        os.chown(ours, PERSON, PERSON)
        replaced.append(ours)
        return "OK"

    with fifo(shared, 0) as peer:
        os.chmod(peer.reply_dir, 0o777)
        peer.answers.commands["cache_store"] = attack
        with peer.connect(timeout=10) as conn:
            # the reply that came through ours counts, and the next one comes through a new one
            for _each in range(2):
                assert conn.call(STORE["command"], STORE["params"]).result == "OK"
    assert len(set(replaced)) == 2
