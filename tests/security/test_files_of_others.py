# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Other users of the host who put things where files of a task are to be: in directories that everybody may write to.

No test relies on protected_symlinks, protected_hardlinks, protected_regular or protected_fifos: the kernel may do what it likes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import threading
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet import mailboxes, results
from ansible_collections.community.opensips.plugins.module_utils._fleet.contacts_file import ContactsFile
from ansible_collections.community.opensips.plugins.module_utils._fleet.journal import Journal
from ansible_collections.community.opensips.plugins.module_utils._fleet.plan import Plan, PlanFile
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import LeftOut
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
from ansible_collections.community.opensips.plugins.module_utils._table import rows
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips_service import Service
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of

IS_ROOT = os.geteuid() == 0
MALLORY = 12345
# a wide margin: what hangs, hangs for ever
SECONDS = 60


pytestmark = pytest.mark.usefixtures("umask")


@contextlib.contextmanager
def at_once():
    """Fail instead of hanging."""

    def hangs(*_args):
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# ---- what mallory puts there; victim is a file of ours that she cannot write


def fifo(path, _victim):
    os.mkfifo(path)


def link(path, victim):
    path.symlink_to(victim)


def dangling_link(path, victim):
    path.symlink_to(victim.with_name("made by us"))


def device(path, _victim):
    os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    path.chmod(0o666)


def unix_socket(path, _victim):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def directory(path, _victim):
    path.mkdir()


def hard_link(path, victim):
    os.link(victim, path)


def her_file(path, _victim):
    path.write_text(LIES[path.name])
    os.chown(path, MALLORY, MALLORY)


def written_by_all(path, _victim):
    path.write_text(LIES[path.name])
    path.chmod(0o666)


# what is well formed, and would be believed
LIES = {
    "night.jsonl": '{"journal":1,"campaign":"night"}\n{"done":["a","sip:a@b"],"outcome":"accepted","code":200,"reason":"OK"}\n',
    "night.plan.jsonl": '{"plan":1,"campaign":"night","fingerprint":"x","users":1,"left_out":{}}\n{"phones":0}\n',
    "state": '{"mwi_state": 1, "mailboxes": {"a": [1, 0, 0, 0]}}',
    "state.lock": "",
    "results": "",
    "contacts.gz": "",
    "boxes.csv": "aor,new\na,1\n",
    "rows.csv": "username,domain\na,b\n",
}
EVERYTHING = [fifo, link, dangling_link, unix_socket, directory, hard_link, written_by_all] + [
    device,
    her_file,
] * IS_ROOT


def plan():
    return Plan("x", 0, [], LeftOut())


def opened(file):
    with file:
        pass


# what uses a file: (its name, the use, what is harmless there, since the file is replaced, or only read)
USES = {
    "journal": ("night.jsonl", lambda path: opened(Journal("night", str(path.parent))), ()),
    "journal in check mode": ("night.jsonl", lambda path: opened(Journal("night", str(path.parent), True)), ()),
    "plan": ("night.plan.jsonl", lambda path: PlanFile("night", str(path.parent)).load(), ()),
    "plan that is saved": (
        "night.plan.jsonl",
        lambda path: PlanFile("night", str(path.parent)).save(plan()),
        (written_by_all, hard_link),
    ),
    "state_file": ("state", lambda path: opened(mailboxes.State(str(path))), ()),
    "state_file in check mode": ("state", lambda path: opened(mailboxes.State(str(path), True)), ()),
    "lock of the state_file": ("state.lock", lambda path: opened(mailboxes.State(str(path)[:-5])), ()),
    "results_file": (
        "results",
        lambda path: opened(results.ResultsFile(str(path))),
        (written_by_all, hard_link),
    ),
    "results_file in check mode": (
        "results",
        lambda path: results.check_path(str(path)),
        (written_by_all, hard_link),
    ),
    "contacts_file": (
        "contacts.gz",
        lambda path: ContactsFile(str(path)).write([]),
        (written_by_all, hard_link),
    ),
    "mailboxes_file": ("boxes.csv", lambda path: mailboxes.load(str(path)), (hard_link,)),
    "rows_file": ("rows.csv", lambda path: rows.load(str(path)), (hard_link,)),
}
CASES = [(use, make) for use, (_name, _call, harmless) in USES.items() for make in EVERYTHING if make not in harmless]


@pytest.mark.parametrize("use, make", CASES, ids=lambda value: getattr(value, "__name__", value))
def test_what_another_user_put_there_is_an_error_at_once(shared, tmp_path, use, make):
    name, call, _harmless = USES[use]
    victim = tmp_path / "victim"
    victim.write_text("")
    victim.chmod(0o600)
    make(shared / name, victim)
    with at_once(), pytest.raises(MIError) as raised:
        call(shared / name)
    assert str(shared / name) in str(raised.value), "the message names the file"
    assert raised.value.hint
    assert victim.read_text() == "" and sorted(os.listdir(tmp_path)) == ["shared", "victim"]
    # nothing but the lock of a state file is left
    assert set(os.listdir(shared)) <= {name, "state.lock"}


@pytest.mark.parametrize("use", ["plan that is saved", "results_file", "contacts_file"])
def test_what_others_can_read_or_write_is_replaced_and_not_written_to(shared, tmp_path, use):
    name, call, _harmless = USES[use]
    victim = tmp_path / "victim"
    victim.write_text("precious")
    os.link(victim, shared / name)
    with open(victim, encoding="utf-8") as hers:
        call(shared / name)
        assert hers.read() == "precious"
    assert (shared / name).stat().st_ino != victim.stat().st_ino
    assert stat.S_IMODE((shared / name).stat().st_mode) == 0o600


@pytest.mark.parametrize("use", ["plan that is saved", "state_file", "results_file", "contacts_file"])
def test_temporary_names_that_could_be_guessed_are_not_used(shared, tmp_path, use):
    """She planted every name that a version before used, or that an editor would."""
    name, call, _harmless = USES[use]
    victim = tmp_path / "victim"
    victim.write_text("precious")
    planted = [f"{name}{suffix}" for suffix in (".new", ".tmp", "~", ".bak", ".swp")]
    for each in planted:
        (shared / each).symlink_to(victim)
    call(shared / name)
    if use == "state_file":
        with mailboxes.State(str(shared / name)) as state:
            state.save()
    assert victim.read_text() == "precious"
    assert all((shared / each).is_symlink() for each in planted)
    assert {*os.listdir(shared)} - {*planted} <= {name, "state.lock"}


@pytest.mark.parametrize("use", ["journal", "plan that is saved", "state_file", "results_file", "rows_file"])
def test_somebody_who_is_faster(shared, tmp_path, use):
    """She swaps what is there all the time: sometimes there is nothing, sometimes a link, a FIFO, or a file of hers."""
    name, call, _harmless = USES[use]
    victim, outside = tmp_path / "victim", tmp_path / "outside"
    victim.write_text("precious")
    outside.mkdir()
    stop = threading.Event()
    makers = [fifo, link, dangling_link] + [her_file] * IS_ROOT

    def swap():
        while not stop.is_set():
            for make in makers:
                aside = outside / name
                with contextlib.suppress(OSError):
                    make(aside, victim)
                    os.rename(aside, shared / name)
                time.sleep(0.0005)
            with contextlib.suppress(OSError):
                os.unlink(shared / name)
            time.sleep(0.0005)

    mallory = threading.Thread(target=swap)
    mallory.start()
    refused = 0
    try:
        with at_once():
            until = time.monotonic() + 0.7
            while time.monotonic() < until:
                try:
                    call(shared / name)
                except MIError:
                    refused += 1
    finally:
        stop.set()
        mallory.join()
    assert refused
    assert victim.read_text() == "precious" and not victim.with_name("made by us").exists()


def test_directories_under_a_umask_of_000(tmp_path):
    os.umask(0)
    Journal("night", str(tmp_path / "a" / "b" / "c")).close()
    assert {stat.S_IMODE((tmp_path / each).stat().st_mode) for each in ("a", "a/b", "a/b/c")} == {0o700}
    assert stat.S_IMODE((tmp_path / "a/b/c/night.jsonl").stat().st_mode) == 0o600


# ---- modules


def sent(emu):
    return [each["first"] for each in emu.sip_log() if each["first"].startswith("NOTIFY")]


def test_modules_say_so_and_send_nothing(emulator, shared):
    emu = emulator("3.6", phones=2, dead=0, reject=0)
    for name in ("night.jsonl", "state", "boxes.csv", "results"):
        os.mkfifo(shared / name)
    notify = dict(fifo_of(emu), select={}, event="check-sync")
    lamps = dict(fifo_of(emu), aors=["nobody"], account="sip:nobody@example.com", new=1)
    cases = {
        "night.jsonl": ("notify", dict(notify, campaign="night", campaign_dir=str(shared))),
        "results": ("notify", dict(notify, results_file=str(shared / "results"))),
        "state": ("mwi", dict(lamps, state_file=str(shared / "state"))),
        "boxes.csv": ("mwi", dict(fifo_of(emu), mailboxes_file=str(shared / "boxes.csv"))),
    }
    for name, (module, args) in cases.items():
        result = run_module(module, args)
        assert result["failed"] and str(shared / name) in result["msg"] and "FIFO" in result["msg"], result
        assert result["error"]["hint"]
    assert sent(emu) == []


# ---- the role opensips_server


class Watch:
    """Looks at the files of a directory all the time. loose: {name: mode} of those that others could read with a secret in them."""

    def __init__(self, folder, secrets):
        self._folder, self._secrets = folder, [each.encode() for each in secrets]
        self.loose = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.is_set():
            for each in os.listdir(self._folder):
                self._look(each)
            # the machine has to do something else, too
            time.sleep(0.0002)

    def _look(self, name):
        with contextlib.suppress(OSError), open(self._folder / name, "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read()
            if mode & 0o027 and any(secret in content for secret in self._secrets):
                self.loose[name] = oct(mode)


def url_of(secret):
    return f"mysql://opensips:{secret}@db/opensips"


@pytest.fixture
def service():
    one = Service("3.6")
    yield one
    one.close()


def push(secret, was_there):
    """The tasks of the role that write the file, by themselves: all of it takes ten times as long."""
    return {
        "name": "push",
        "ansible.builtin.include_role": {"name": "community.opensips.opensips_server", "tasks_from": "push.yml"},
        "vars": {
            "opensips_server_db_url": url_of(secret),
            "opensips_server_apply": False,
            "opensips_server_routes": "route {\n    exit;\n}\n",
            "opensips_server__old_config": {"content": ""} if was_there else {},
            "opensips_server__change": {"kind": "settings"},
            "opensips_server__action": "none",
            "opensips_server__config_directory": {"stat": {"exists": True}},
        },
    }


def test_nobody_else_reads_the_secrets_of_a_configuration(ansible, service):
    """Neither the new file nor a copy of the one before, at any moment, also where the one before was for everybody to read."""
    service.config.parent.mkdir()
    service.config.parent.chmod(0o755)
    by_hand = {"path": str(service.config), "regexp": "f1rst", "replace": "0ld", "mode": "0644"}
    tasks = [push("f1rst", False), {"ansible.builtin.replace": by_hand}, push("s3cond", True)]
    with Watch(service.config.parent, ["f1rst", "s3cond"]) as watch:
        ansible.run_plays(
            [{"hosts": "all", "gather_facts": False, "tasks": tasks}], {"here": service.variables()}
        ).must_succeed()
    assert watch.loose == {}
    texts = {each.name: each.read_text() for each in service.config.parent.iterdir()}
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in service.config.parent.iterdir()}
    (backup,) = [name for name in texts if name.endswith("~")]
    assert url_of("s3cond") in texts["opensips.cfg"] and url_of("0ld") in texts[backup]
    assert modes["opensips.cfg"] == 0o640 and modes[backup] & ~0o640 == 0
    assert all(mode & ~0o640 == 0 for mode in modes.values()), modes
