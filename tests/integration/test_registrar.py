# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook registrar: from an empty host to calls. With the opensips that is installed, and with stand-ins everywhere."""

from __future__ import annotations

import contextlib
import json
import pathlib
import socket
import stat

import pytest

from ansible_collections.community.opensips.tests.integration.support import apt_repository
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips_with
from ansible_collections.community.opensips.tests.integration.support.opensips import find_binary
from ansible_collections.community.opensips.tests.integration.support.registrar_service import (
    DOMAIN,
    PACKAGES,
    RealHost,
    StandIn,
)

PLAY = {"import_playbook": "community.opensips.registrar", "vars": {"opensips_hosts": "all"}}
PROOFS = [
    "Prove that only the server and the group can use it",
    "Prove that MI is not at the address of the metrics",
    "Prove that an account registers at each socket",
    "Prove that a wrong password is refused",
    "Prove that the lamp of the called account shows the call",
    "Prove that the call succeeds",
]


def run(ansible, hosts, *, check=False, may_fail=False, arguments=(), env=None):
    """Results of the playbook. hosts: {name: variables}."""
    play = {**PLAY, "vars": {**PLAY["vars"], "opensips_serial": "100%"}}
    return ansible.run_plays([play], hosts, check=check, may_fail=may_fail, arguments=arguments, env=env, seconds=900)


def changed(results):
    return [result.task.rpartition(" : ")[2] for result in results if result.get("changed")]


class Runs(dict):
    """{name of a run: its Results}. A run that was left out skips its test."""

    def __missing__(self, name):
        pytest.skip("only where OpenSIPS is installed")


class TestRegistrar:
    @pytest.fixture(scope="class", params=["stand-in", pytest.param("real", marks=needs_opensips_with(since=(3, 2)))])
    @classmethod
    def host(cls, request):
        host = RealHost() if request.param == "real" else StandIn("3.6", packages=not apt_repository.missing())
        yield host
        host.close()

    @pytest.fixture(scope="class")
    @classmethod
    def runs(cls, ansible, host):
        """{name of a run: its Results}; the first one on an empty host. A stand-in knows one password, a real server any."""
        extra = ["-e", json.dumps(host.extra_variables())]
        env = host.repository.environment if getattr(host, "repository", None) else None
        hosts = {"here": host.variables()}
        found = Runs()
        # each run takes seconds: all of them only where OpenSIPS is tested, too
        if find_binary():
            found["empty"] = run(ansible, hosts, check=True, may_fail=True, arguments=extra, env=env)
            found["empty"].made = host.made()
        found["first"] = run(ansible, hosts, arguments=["-vv", "--diff", *extra], env=env)
        # the certificate ends soon, and there is another one. A test takes seconds: once is enough for a stand-in
        host.certificate, host.key = host.authority.issue("renewed", names=[DOMAIN])
        hosts = {"here": {**host.variables(), "registrar_proof": isinstance(host, RealHost)}}
        found["renewed"] = run(ansible, hosts, arguments=extra, env=env)
        if isinstance(host, RealHost):
            found["again"] = run(ansible, hosts, check=True)
        return found

    def test_check_mode_on_an_empty_host_changes_nothing(self, runs):
        assert [result.msg for result in runs["empty"] if result.failed] == []
        assert runs["empty"].made == []
        assert "Write the configuration file" in changed(runs["empty"])

    def test_the_first_run_makes_a_registrar_and_proves_it(self, runs, host):
        tasks = [result.task for result in runs["first"] if not result.failed and result.status != "skipped"]
        assert [name for name in PROOFS if name not in tasks] == []
        lamp = runs["first"]["Prove that the lamp of the called account shows the call"]
        assert "confirmed" in lamp["notification"]["body"]
        assert runs["first"]["Prove that the call succeeds"]["outcome"] == "accepted"
        registered = runs["first"]["Prove that an account registers at each socket"]["results"]
        assert [result["server"].split(":")[0] for result in registered] == ["udp", "tcp", "tls"]

    def test_the_packages_are_installed(self, runs, host):
        if getattr(host, "repository", None) is None:
            pytest.skip("no packages are installed here")
        assert sorted(host.packages()) == sorted(["opensips", *PACKAGES]), runs["first"].output

    def test_users_are_in_the_table_and_those_of_the_test_are_not(self, runs, host):
        assert runs["first"]
        users = json.loads(host.users.read_text(encoding="utf-8"))
        assert len({user["password"] for user in users}) == len(users) == 100
        assert stat.S_IMODE(host.users.stat().st_mode) == 0o600
        rows = host.query("SELECT username, domain, password FROM subscriber ORDER BY username")
        assert rows == [(user["username"], DOMAIN, "") for user in users]
        # for those of users whom somebody lists
        assert host.query("SELECT username FROM dbaliases") == []

    def test_no_password_is_shown(self, runs, host):
        secrets = [user["password"] for user in json.loads(host.users.read_text(encoding="utf-8"))]
        shown = runs["first"].output + json.dumps(runs["first"])
        assert [secret for secret in secrets if secret in shown] == []
        assert "PRIVATE KEY" not in shown

    def test_a_new_certificate_restarts_the_server_and_a_further_run_changes_nothing(self, runs, host):
        assert changed(runs["renewed"]) == ["Write the certificate and the key", "Run the restart command"]
        assert changed(runs.get("again", [])) == []
        assert host.starts == 2
        written = host.folder / "etc" / "tls" / "fullchain.pem"
        assert written.read_text(encoding="utf-8") == pathlib.Path(host.certificate).read_text(encoding="utf-8")


TWICE = [{"username": "1000", "password": "s3cret-1"}, {"username": "1000", "password": "s3cret-2"}]
BAD = {
    "no domain": ({"registrar_domain": ""}, ["registrar_domain: not set", "SIP domain"]),
    "no file": (
        {"registrar_private_key_file": "/nowhere/key.pem"},
        ["registrar_private_key_file: the file /nowhere/key.pem"],
    ),
    "a database": ({"opensips_server_db_url": "mongo://s3cret@db"}, ["opensips_server_db_url", "mongo", "sqlite"]),
    "a URL": (
        {"opensips_server_db_url": "postgres:s3cret@db/x"},
        ["opensips_server_db_url is not a valid URL", "postgres://"],
    ),
    "a socket": ({"opensips_server_sockets": ["quic:127.0.0.1:1"]}, ["opensips_server_sockets[0]: quic:127.0.0.1:1"]),
    "a version": ({"opensips_server_version": "2.4"}, ["OpenSIPS 3.2 or later"]),
    "metrics for all": (
        {"opensips_server_mi_http_address": "0.0.0.0"},
        ["opensips_server_mi_http_address", "loopback"],
    ),
    "another key, and ports are not checked": (
        {
            "registrar_private_key_file": "OTHER",
            "opensips_server_check_host": False,
            "opensips_server_sockets": "ONE TAKEN",
        },
        ["registrar_private_key_file", "not the key of the certificate"],
    ),
    "an ended certificate": (
        {"registrar_certificate_file": "ENDED", "registrar_private_key_file": "KEY OF IT"},
        ["registrar_certificate_file", "ended at"],
    ),
    "another name": ({"registrar_domain": "example.org"}, ["example.org"]),
    "a port that is taken": (
        {"opensips_server_sockets": "ONE TAKEN"},
        ["opensips_server_sockets[2]: another program", "tls:127.0.0.1:"],
    ),
    "users twice": (
        {"registrar_subscribers": TWICE},
        ["registrar_subscribers: these users are there twice: 1000@sip.example.com"],
    ),
    "an alias twice": (
        {"registrar_subscribers": [{**TWICE[0], "aliases": ["1001"]}, {**TWICE[1], "username": "1001"}]},
        ["row 1, aliases: 1001@sip.example.com is the user of row 2"],
    ),
    "no table": (
        {"registrar_subscribers": [{**TWICE[0], "groups": ["local"], "speed_dials": []}]},
        ["no table for groups, speed_dials of users. Add group, speeddial to opensips_server_modules"],
    ),
    "an unknown option": ({"registrar_subscribers": [{**TWICE[0], "grups": []}]}, ["subscribers.grups"]),
    "no password": ({"registrar_subscribers": [{"username": "1000"}]}, ["registrar_subscribers: each user requires"]),
    "the test's name": (
        {"registrar_subscribers": [{"username": "registrar-test-1", "password": "s3cret"}]},
        ["registrar_subscribers: registrar-test-1", "registrar_test_usernames"],
    ),
}


class TestBadInput:
    @pytest.fixture(scope="class")
    @classmethod
    def refused(cls, ansible, tmp_path_factory):
        """{name of a case: its Results}, and what was made on the host."""
        host = StandIn("3.6")
        with contextlib.ExitStack() as stack:
            stack.callback(host.close)
            other = Authority(tmp_path_factory.mktemp("other"), "other").issue("other", names=[DOMAIN])[1]
            ended, key_of_it = host.authority.issue("ended", names=[DOMAIN], days=-1)
            taken = stack.enter_context(socket.socket())
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            sockets = [*host.sockets[:2], f"tls:127.0.0.1:{taken.getsockname()[1]}"]
            # what the words in capitals stand for
            meant = {"OTHER": other, "ENDED": ended, "KEY OF IT": key_of_it, "ONE TAKEN": sockets}
            names = {f"case{number}": name for number, name in enumerate(BAD)}
            hosts = {}
            for case, name in names.items():
                more = {
                    key: meant.get(value, value) if isinstance(value, str) else value
                    for key, value in BAD[name][0].items()
                }
                hosts[case] = {**host.variables(), **more}
            results = run(ansible, hosts, may_fail=True)
            yield {name: results.of(case) for case, name in names.items()}, host.made()

    @pytest.mark.parametrize("name", list(BAD))
    def test_it_is_refused_with_variable_and_remedy(self, refused, name):
        failed = [result for result in refused[0][name] if result.failed][-1]
        message = " ".join([failed.msg, *(item.get("msg", "") for item in failed.get("results", []))])
        for words in BAD[name][1]:
            assert words in message
        assert "s3cret" not in message

    def test_nothing_was_changed(self, refused):
        assert [result.task for results in refused[0].values() for result in results if result.get("changed")] == []
        assert refused[1] == []
