# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host tells of its server: the configuration with what it includes, modules in memory, hashes of TLS files."""

import hashlib
import os
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._compare import host
from ansible_collections.community.opensips.plugins.module_utils._compare.kinds import KINDS
from ansible_collections.community.opensips.plugins.module_utils._compare.secrecy import hidden, without_secrets
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import ValueReply


class Server:
    """A server whose process is this one."""

    version = (3, 6, 8)

    def __init__(self, words=None, directory="/", seconds=0):
        with open("/proc/self/cmdline", "rb") as source:
            here = [os.fsdecode(word) for word in source.read().split(b"\0")[:-1]]
        self._replies = {
            "arg": words or here,
            "pwd": {"WD": str(directory)},
            "uptime": {"Now": "", "Up since": "", "Up time": "{0} [sec]".format(seconds)},
            "ps": {"Processes": [{"ID": 0, "PID": 2**22 + 1, "Type": "a"}, {"ID": 1, "PID": os.getpid(), "Type": "b"}]},
        }

    def call(self, method, _params=None):
        return ValueReply(self._replies[method], "")

    @staticmethod
    def has(_method):
        return True

    @staticmethod
    def commands():
        return frozenset(["which", "ds_list", "usrloc:dump", "t_uac_dlg", "nobody_knows"])


def test_a_configuration_with_what_it_includes(tmp_path):
    (tmp_path / "inner").mkdir()
    texts = {
        "opensips.cfg": 'include_file "inner/a.cfg"\n# include_file "no.cfg"\nimport_file "missing.cfg"\n',
        "inner/a.cfg": '\tinclude_file "b.cfg"\ninclude_file "../opensips.cfg"\n',
        "inner/b.cfg": "",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    os.utime(str(tmp_path / "inner/b.cfg"), (time.time() - 500, time.time() - 500))
    found = host.configuration(Server(seconds=100), host.Settings(None, str(tmp_path / "opensips.cfg")))
    assert [entry["file"] for entry in found] == list(texts)
    assert [entry["lines"] for entry in found] == [3, 2, 0]
    assert found[0]["sha256"] == hashlib.sha256(texts["opensips.cfg"].encode()).hexdigest()
    assert [entry["changed_since_start"] for entry in found] == [True, True, False]


@pytest.mark.parametrize(
    ("path", "words"), [("/nowhere/opensips.cfg", "No such file"), ("/", "Is a directory"), ("/dev/zero", "more than")]
)
def test_a_configuration_that_cannot_be_read(path, words):
    with pytest.raises(host.NotHere, match=words):
        host.configuration(Server(), host.Settings(None, path))


def test_the_configuration_of_a_server_elsewhere():
    with pytest.raises(host.NotHere, match="does not run on the host"):
        host.configuration(Server(["opensips", "-f", "/etc/passwd"]), host.Settings())


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (["opensips", "-f", "a.cfg"], "/srv/a.cfg"),
        (["opensips", "-f/b.cfg"], "/b.cfg"),
        (["opensips", "-F"], "/etc/opensips/opensips.cfg"),
    ],
)
def test_where_a_server_has_its_configuration(monkeypatch, words, path):
    monkeypatch.setattr(host, "_process_here", lambda *_args: 1)
    asked = []
    monkeypatch.setattr(host, "_content", lambda name: asked.append(name) or (b"", 0))
    host.configuration(Server(words, "/srv"), host.Settings())
    assert set(asked) == {path}


MAPS = """\
7f00-7f01 r-xp 00000000 08:01 1   /usr/lib/opensips/modules/tm.so
7f01-7f02 r--p 00000000 08:01 1   /usr/lib/opensips/modules/tm.so
7f02-7f03 r-xp 00000000 08:01 2   /usr/lib/opensips/modules/maxfwd.so (deleted)
7f03-7f04 r-xp 00000000 08:01 3   /usr/lib/x86_64-linux-gnu/libc.so.6
7f04-7f05 r-xp 00000000 08:01 4   /usr/lib/x86_64-linux-gnu/ossl-modules/legacy.so
7f05-7f06 r-xp 00000000 08:01 5   /src/modules/dialog/dialog.so
7f06-7f07 r-xp 00000000 08:01 6   /src/modules/textops/textops.so
7f07-7f08 rw-p 00000000 00:00 0
"""


def test_the_modules_in_the_memory_of_a_process(monkeypatch, tmp_path):
    (tmp_path / "maps").write_text(MAPS)
    real = open
    monkeypatch.setattr(
        host,
        "open",
        lambda path, *args, **kwargs: real(str(tmp_path / "maps") if path.endswith("/maps") else path, *args, **kwargs),
        raising=False,
    )
    found = host.modules(Server(), host.Settings())
    assert {entry["module"]: entry["replaced"] for entry in found} == {
        "dialog": False,
        "maxfwd": True,
        "textops": False,
        "tm": False,
    }
    assert {entry["read_from"] for entry in found} == {"process"}


def test_the_modules_that_have_commands():
    found = host.modules(Server(["opensips", "elsewhere"]), host.Settings())
    assert [entry["module"] for entry in found] == ["dispatcher", "tm", "usrloc"]
    assert {entry["read_from"] for entry in found} == {"commands"}


def test_hashes_of_tls_files(tmp_path):
    (tmp_path / "key.pem").write_text("secret")
    domain = {"certificate_file": "/nowhere", "private_key_file": str(tmp_path / "key.pem")}
    found = host.with_hashes(domain)
    assert found["private_key_sha256"] == hashlib.sha256(b"secret").hexdigest() and "certificate_sha256" not in found


def test_secrets_are_compared_by_a_hash():
    one, same, other = (without_secrets(f"fs://a:{word}@b") for word in ("one", "one", "two"))
    assert one == same != other and "one" not in one and one.startswith("fs://********@b (hash ")
    assert without_secrets({"a": ["http://b/c", 1, None]}) == {"a": ["http://b/c", 1, None]}
    record = {"value": "one", "key": "k"}
    assert hidden(record, ["value"], b"1") == hidden(record, ["value"], b"1") != hidden(record, ["value"], b"2")
    assert "one" not in str(hidden(record, ["value"], b"1")) and hidden({"value": None}, ["value"], b"") == {
        "value": None
    }


ROWS = {
    "dispatcher": (
        {"setid": 1, "destination": "sip:a", "state": 1, "socket": "127.0.0.1", "attrs": "", "description": None, "priority": 0, "weight": "fs://x"},
        {"set": 1, "uri": "sip:a", "state": "inactive", "socket": "udp:127.0.0.1:5060", "attrs": None, "description": None, "priority": 0, "partition": "p"},
    ),
    "load_balancer": (
        {"group_id": 1, "dst_uri": "sip:a", "resources": "a=1; b = 2;"},
        {"group": 1, "uri": "sip:a", "resources": {"a": 1, "b": 2}},
    ),
    "addresses": (
        {"grp": 1, "ip": "10.2.3.4", "mask": 16, "port": 0, "proto": "ANY", "pattern": "", "context_info": None},
        {"group": 1, "ip": "10.2.0.0", "mask": 16, "port": 0, "proto": "any", "pattern": None, "context_info": None, "partition": "p"},
    ),
    "carriers": (
        {"carrierid": "c", "state": 1, "attrs": ""}, {"id": "c", "enabled": False, "attrs": None, "partition": "p"},
    ),
    "domains": ({"domain": "A.b"}, {"name": "a.b"}),
    "registrants": (
        {
            "aor": "sip:a", "binding_URI": "sip:b", "registrar": "sip:c", "expiry": 1, "proxy": "", "third_party_registrant": None,
            "binding_params": None, "forced_socket": "tls:[2001:db8::1]", "state": 1, "cluster_shtag": "vip/3",
        },
        {
            "aor": "sip:a", "contact": "sip:b", "registrar": "sip:c", "expires": 1, "proxy": None, "third_party_registrant": None,
            "contact_params": None, "socket": "tls:[2001:db8::1]:5061", "enabled": False, "shtag": "vip", "cluster_id": 3,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ROWS)
def test_what_a_row_makes_of_a_server(kind):
    row, entry = ROWS[kind]
    assert KINDS[kind].of_rows([row], "p") == [entry]


def test_rows_of_a_freeswitch_have_no_sizes():
    row = {"group_id": 1, "dst_uri": "sip:a", "resources": "a=fs://b:c@d"}
    assert KINDS["load_balancer"].of_rows([row], "p") == [{"group": 1, "uri": "sip:a"}]


def test_rules_that_are_switched_off_are_not_loaded():
    rows = [{"disabled": 0}, {"disabled": 1}, {"disabled": 0}]
    assert KINDS["dialplans"].of_rows(rows, "p") == [{"partition": "p", "rules": 2}]
