# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_tls_domain: TLS domains in a table and in files, and what the sockets of servers present then."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import signal
import ssl

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._module import tls_domain as body
from ansible_collections.community.opensips.plugins.module_utils._readers import tls
from ansible_collections.community.opensips.plugins.module_utils._table.database import Database as TableDatabase
from ansible_collections.community.opensips.plugins.module_utils._table.push import Table
from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.bad_input import assert_refused
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.databases import Database
from ansible_collections.community.opensips.tests.integration.support.fixtures import REAL
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import find_binary
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of
from ansible_collections.community.opensips.tests.integration.support.table_body import call_body
from ansible_collections.community.opensips.tests.integration.support.tls_server import (
    EmulatedTls,
    RealTls,
    lacking_for_tls,
)

_SPEC = body.spec().spec
DEFAULTS = {name: option.get("default") for name, option in _SPEC.items()}
DOMAIN = {name: option.get("default") for name, option in _SPEC["domains"]["options"].items()}
# phones have no certificate
OPEN = {"verify_certificate": False, "require_certificate": False}


@pytest.fixture(scope="module", params=["2.4", "3.6", "4.0", REAL])
def server(request):
    if request.param == "real":
        why_not = lacking_for_tls(find_binary())
        if why_not:
            pytest.skip(why_not)
    started = RealTls(find_binary()) if request.param == "real" else EmulatedTls(request.param)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def emulated():
    """One of 3.6, for what is the same everywhere."""
    started = EmulatedTls("3.6")
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def clean(request):
    """Each test begins with an empty table, which the server has read."""
    yield
    for name in ("server", "emulated"):
        if name in request.fixturenames:
            used = request.getfixturevalue(name)
            used.database.execute("DELETE FROM tls_mgm")
            if used.version < (4,):
                run_module("mi_command", {**used.connection, "command": "tls_reload"})


def domain(server, pair, name="sip.example.com", **options):
    """A server domain for any connection to the socket of the table."""
    places = [server.address] if server.version < (3,) else None
    return dict(OPEN, name=name, match_addresses=places, certificate_file=pair[0], private_key_file=pair[1], **options)


def call(server, *domains, check=False, warnings=None, **options):
    """What the module would return. warnings: list that gets them; without it there must be none."""
    params = {**DEFAULTS, "domains": [{**DOMAIN, **domain} for domain in domains], "sockets": [server.socket]}
    if options.get("store") != "files":
        params["db_url"] = server.db_url
    params.update(options)
    with contextlib.closing(Connection(server.connection)) as connection:
        warn = pytest.fail if warnings is None else warnings.append
        result = call_body(body, params, check, connection, warn)
    assert "PRIVATE KEY" not in json.dumps(result)
    return result


def one(result):
    """The only entry of a result that is none of a failure."""
    assert not result.get("failed"), result["msg"]
    (entry,) = result["results"]
    return entry


class TestTable:
    def test_a_certificate_and_its_renewal(self, server):
        reloads = server.version < (4,)
        first, second = (server.authority.issue(name, days=days) for name, days in (("first", 9), ("second", 40)))
        planned = call(server, domain(server, first), check=True)
        assert one(planned)["outcome"] == "planned" and server.database.rows("tls_mgm") == []
        pushed = call(server, domain(server, first))
        assert pushed["changed"] and planned["diff"] == pushed["diff"]
        assert planned["restart_needed"] == pushed["restart_needed"] == (not reloads)
        self.is_presented(server, pushed, "inserted")
        again = call(server, domain(server, first))
        assert not again["changed"] and again["reload"] is None and one(again)["outcome"] == "unchanged"
        assert one(again)["in_use"] and again["restart_needed"] is False
        renewed = call(server, domain(server, second))
        self.is_presented(server, renewed, "updated")
        entry = one(renewed)
        assert (
            entry["before"]["certificate"]["subject"] == "CN=first" and entry["certificate"]["subject"] == "CN=second"
        )
        assert entry["after"]["private_key"] == "hidden, changed"
        assert set(renewed["diff"]["after"]["sip.example.com (server)"]) == {"certificate", "private_key"}

    @staticmethod
    def is_presented(server, result, outcome):
        """The socket presents what was pushed: after the reload, or after the restart that is owed."""
        entry = one(result)
        assert entry["outcome"] == outcome and result["summary"]["outcomes"][outcome] == 1
        if server.version < (4,):
            assert result["reload"]["outcome"] == "reloaded" and result["reload"]["verified"] and entry["verified"]
            assert entry["in_use"] and [seen["is_expected"] for seen in entry["handshakes"]] == [True]
            return
        assert (
            result["reload"] is None
            and result["restart_needed"]
            and "tls_reload crashes OpenSIPS 4.0" in result["restart_reason"]
        )
        assert not entry["in_use"]
        server.restart()

    def test_what_the_server_lost_is_loaded_again(self, server):
        first, second = (server.authority.issue(name) for name in ("before", "after"))
        call(server, domain(server, first))
        if server.version >= (4,):
            server.restart()
        # as another tool does that forgets the reload
        written = call(server, domain(server, second), reload=False, sockets=None)
        assert one(written)["outcome"] == "updated" and written["restart_needed"] is None
        assert "reload is false" in written["handshake_reason"] and one(written)["handshakes"] == []
        expected = call(server, domain(server, second), check=True)
        found = call(server, domain(server, second))
        assert expected["changed"] == found["changed"] and one(found)["outcome"] == "unchanged"
        if server.version < (4,):
            assert expected["reload"]["cause"] == found["reload"]["cause"] == "not_in_use" and found["changed"]
            assert one(found)["in_use"] and not one(expected)["in_use"]
        else:
            assert not found["changed"] and found["restart_needed"] and one(found)["in_use"] is False

    def test_domains_are_removed(self, server):
        pair = server.authority.issue("removed")
        call(server, domain(server, pair))
        client = {**OPEN, "name": "trunk", "role": "client", "certificate_file": pair[0], "private_key_file": pair[1]}
        assert one(call(server, client))["outcome"] == "inserted"
        assert len(server.database.rows("tls_mgm")) == 2
        exact = call(server, client, state="exact")
        assert [(entry["name"], entry["role"], entry["outcome"]) for entry in exact["results"]] == [
            ("trunk", "client", "unchanged"),
            ("sip.example.com", "server", "deleted"),
        ]
        gone = call(server, {"name": "trunk", "role": "client"}, state="absent")
        assert one(gone)["outcome"] == "deleted" and one(gone)["before"]["private_key"] == "hidden"
        assert not call(server, {"name": "trunk", "role": "client"}, state="absent")["changed"]
        for result in (exact, gone):
            assert result["restart_needed"] is (server.version >= (4,))
            assert server.version >= (4,) or result["reload"]["verified"]

    def test_a_certificate_that_has_ended_if_told_so(self, server):
        if server.version >= (4,):
            pytest.skip("4.0 does not reload")
        warnings = []
        wanted = domain(server, server.authority.issue("over", days=-1))
        assert_refused(call(server, wanted), ["CN=over ended at"])
        pushed = call(server, wanted, check_dates=False, warnings=warnings)
        assert one(pushed)["in_use"] and "CN=over ended at" in warnings[0] and len(warnings) == 1

    def test_what_the_server_does_not_take_is_undone(self, server):
        """Nobody can see from outside that its directory of revocation lists is missing."""
        if server.version >= (4,):
            pytest.skip("4.0 does not reload")
        first, second = (server.authority.issue(name) for name in ("kept", "refused"))
        call(server, domain(server, first))
        rows = server.database.rows("tls_mgm")
        lacking = {**domain(server, second), "crl_directory": f"{server.folder}/none"}
        for name, options in {"sip.example.com": {}, "other": {"state": "exact"}}.items():
            if options and server.version < (3,):
                continue
            result = call(server, {**lacking, "name": name}, **options)
            assert_refused(result, [f"{name} 2: is not there", "The previous rows were restored"])
            assert not result["changed"] and server.database.rows("tls_mgm") == rows
            entry = result["results"][0]
            assert (entry["outcome"], entry["verified"]) == ("not_written", False) and entry["error"]["hint"]
            assert len(result["reload"]["requests"]) == 2 and result["diff"] == {"before": {}, "after": {}}
        again = call(server, domain(server, first))
        assert not again["changed"] and again["reload"] is None and one(again)["in_use"]

    def test_the_name_that_a_client_requests_chooses(self, server):
        if server.version < (3,):
            pair = server.authority.issue("x", names=["a.example.com"])
            result = call(server, domain(server, pair, match_sip_domains=["a.example.com"]))
            assert_refused(result, ["domains[0] (sip.example.com): match_sip_domains requires OpenSIPS 3.0"])
            return
        domains = [
            domain(
                server,
                server.authority.issue(name, names=[name]),
                name=name.replace("*", "any"),
                match_sip_domains=[name],
            )
            for name in ("a.example.com", "*.example.com")
        ]
        domains.append(domain(server, server.authority.issue("rest"), name="rest", match_sip_domains=["*"]))
        result = call(server, *domains)
        if server.version >= (4,):
            server.restart()
            result = call(server, *domains)
        asked = [[seen["server_name"] for seen in entry["handshakes"]] for entry in result["results"]]
        assert asked == [["a.example.com"], ["any.example.com"], [None]]
        assert [entry["in_use"] for entry in result["results"]] == [True] * 3

    def test_a_server_that_requires_certificates(self, server):
        demanding = {
            "verify_certificate": True,
            "require_certificate": True,
            "ca_file": server.authority.path,
            "method": "TLSv1_2",
        }
        wanted = {**domain(server, server.authority.issue("demanding")), **demanding}
        self.is_presented(server, call(server, wanted), "inserted")
        assert one(call(server, wanted))["in_use"]

    def test_another_domain_of_the_table_matches_the_same(self, server):
        if server.version < (3,):
            pytest.skip("domains of 2.x have no filters")
        call(server, domain(server, server.authority.issue("one"), name="one"))
        both = call(server, domain(server, server.authority.issue("two"), name="two"))
        assert_refused(both, ["the server domains", "one", "two", "both match the address * and the SIP domain *"])
        assert len(server.database.rows("tls_mgm")) == 1

    def test_a_domain_of_the_configuration_matches_the_same(self, server):
        """It was there first, and tls_list shows both."""
        if server.version[:2] not in ((3, 6),):
            pytest.skip("what 2.x does is the other way round, and 4.0 does not reload")
        warnings = []
        place = server.script_socket.partition(":")[2]
        wanted = {**domain(server, server.authority.issue("hidden")), "match_addresses": [place]}
        result = call(server, wanted, warnings=warnings, sockets=[server.script_socket])
        assert_refused(result, ["presents the certificate CN=script", "not the one of the domain sip.example.com"])
        assert result["error"]["type"] == "CertificateNotPresented" and result["changed"]
        assert result["results"][0]["verified"] and not result["results"][0]["in_use"]
        assert "The domain sv of the server's configuration matches the same" in warnings[0]

    def test_a_name_of_the_configuration_is_refused(self, server):
        if server.version < (3,):
            pytest.skip("the default domain of the table is one of its own")
        result = call(server, domain(server, server.authority.issue("sv"), name="sv"))
        assert_refused(result, ["domains[0] (sv) is a domain of the configuration"])


class TestFiles:
    def test_files_are_replaced_and_a_restart_is_owed(self, server):
        pair = server.authority.issue("renewed")
        server.files["private_key"].chmod(0o640)
        wanted = {"name": server.script_domain, "certificate_file": pair[0], "private_key_file": pair[1]}
        options = {"store": "files", "sockets": [server.script_socket]}
        planned = call(server, wanted, check=True, **options)
        assert one(planned)["outcome"] == "planned" and planned["restart_needed"]
        pushed = call(server, wanted, **options)
        entry = one(pushed)
        assert entry["outcome"] == "updated" and planned["diff"] == pushed["diff"]
        assert entry["files"] == {name: str(path) for name, path in server.files.items()}
        assert server.files["certificate"].read_bytes() == pathlib.Path(pair[0]).read_bytes()
        assert server.files["private_key"].stat().st_mode & 0o777 == 0o640
        assert (
            pushed["restart_needed"] and "only when it starts" in pushed["restart_reason"] and entry["in_use"] is False
        )
        again = call(server, wanted, **options)
        assert not again["changed"] and again["restart_needed"] and one(again)["outcome"] == "unchanged"
        server.restart()
        started = call(server, wanted, **{**options, "sockets": [server.script_socket]})
        assert not started["changed"] and started["restart_needed"] is False and one(started)["in_use"]

    def test_one_file_for_both_and_new_ones(self, emulated, tmp_path):
        pair = emulated.authority.issue("both")
        path = str(tmp_path / "both.pem")
        wanted = {
            "name": "x",
            "certificate_file": pair[0],
            "private_key_file": pair[1],
            "ca_file": emulated.authority.path,
        }
        files = {"certificate": path, "private_key": path, "ca": str(tmp_path / "ca.pem")}
        options = {"store": "files", "reload": False, "sockets": None}
        made = call(emulated, {**wanted, "files": files}, **options)
        assert one(made)["outcome"] == "inserted" and os.stat(path).st_mode & 0o777 == 0o600
        assert os.stat(files["ca"]).st_mode & 0o777 == 0o644
        with open(path, encoding="ascii") as file:
            assert "PRIVATE KEY" in file.read()
        owned = call(emulated, {**wanted, "files": files}, mode="0640", **options)
        assert owned["changed"] and os.stat(path).st_mode & 0o777 == 0o640
        assert not call(emulated, {**wanted, "files": files}, **options)["changed"]

    def test_a_file_with_two_names_is_one_file(self, emulated, tmp_path):
        (tmp_path / "tls").mkdir()
        (tmp_path / "other").symlink_to("tls")
        wanted = []
        for name, folder in (("x", "tls"), ("y", "other")):
            pair = emulated.authority.issue(name)
            files = {"certificate": f"{tmp_path}/{folder}/cert.pem", "private_key": f"{tmp_path}/{folder}/key.pem"}
            wanted.append({"name": name, "certificate_file": pair[0], "private_key_file": pair[1], "files": files})
        result = call(emulated, *wanted, store="files", reload=False, sockets=None)
        assert_refused(result, ["different contents for"])
        assert os.listdir(tmp_path / "tls") == []

    @pytest.mark.parametrize("renames, one_file", [(0, False), (1, False), (0, True)])
    def test_killed_between_the_files(self, emulated, tmp_path, renames, one_file):
        """The next run corrects what it left; one file for both is never between."""
        names = ("both.pem", "both.pem") if one_file else ("cert.pem", "key.pem")
        files = dict(zip(("certificate", "private_key"), (str(tmp_path / name) for name in names), strict=True))
        options = {"store": "files", "reload": False, "sockets": None}

        def push(name):
            pair = emulated.authority.issue(name)
            wanted = {"name": "x", "certificate_file": pair[0], "private_key_file": pair[1], "files": files}
            return call(emulated, wanted, **options)

        def fits():
            with contextlib.suppress(ssl.SSLError):
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files["certificate"], files["private_key"])
                return True
            return False

        push("old")
        child = os.fork()
        if not child:
            rename, left = os.rename, [renames]

            def dying(*arguments):
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
                rename(*arguments)

            os.rename = dying
            try:
                push("new")
            finally:
                os._exit(1)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        assert fits() is (one_file or not renames)
        assert [name for name in os.listdir(tmp_path) if name.endswith(".new")]
        healed = push("new")
        assert healed["changed"] and one(healed)["outcome"] == "updated" and fits()
        assert sorted(os.listdir(tmp_path)) == sorted(set(names))

    def test_nothing_is_half_made(self, emulated, tmp_path):
        pair = emulated.authority.issue("half")
        kept = tmp_path / "cert.pem"
        kept.write_text("old", encoding="ascii")
        (tmp_path / "key.pem").mkdir()
        files = {"certificate": str(kept), "private_key": str(tmp_path / "key.pem")}
        wanted = {"name": "x", "certificate_file": pair[0], "private_key_file": pair[1], "files": files}
        result = call(emulated, wanted, store="files", reload=False, sockets=None)
        assert_refused(result, ["key.pem cannot be replaced", "directory"])
        assert kept.read_text(encoding="ascii") == "old" and sorted(os.listdir(tmp_path)) == ["cert.pem", "key.pem"]


class TestHarm:
    """What a server would not survive is not sent to it; the emulators would die of it."""

    def test_a_reload_that_crashes_4_0(self, server):
        if server.version < (4,):
            pytest.skip("only 4.0 crashes")
        for module, options in (
            ("reload", {"tables": ["tls_mgm"]}),
            ("mi_command", {"command": "tls_reload"}),
            ("table", {"table": "tls_mgm", "db_url": server.db_url, "rows": [{"domain": "a", "type": 1}]}),
        ):
            result = run_module(module, {**server.connection, **options})
            assert_refused(result, ["tls_reload crashes OpenSIPS 4.0", "Restart the server"])
        assert server.database.rows("tls_mgm") == []

    @pytest.mark.parametrize(
        "column, value, words",
        [
            ("match_ip_address", "bogus", "'bogus' is not an address with a port"),
            ("match_sip_domain", ",".join(f"d{number}" for number in range(65)), "and the server takes at most 64"),
        ],
    )
    def test_rows_of_others_that_crash_or_block_3_6(self, emulated, column, value, words):
        emulated.database.execute(f"INSERT INTO tls_mgm (domain, type, {column}) VALUES ('theirs', 2, '{value}')")
        places = [emulated.address]
        result = call(emulated, {**domain(emulated, emulated.authority.issue("mine")), "match_addresses": places})
        assert_refused(result, ["the server would not bear the table", words, "Nothing was written"])
        rows = [{"domain": "x", "type": 1}]
        table = run_module(
            "table", {**emulated.connection, "table": "tls_mgm", "db_url": emulated.db_url, "rows": rows}
        )
        assert_refused(table, ["the server would not bear the table", words])
        assert [entry["outcome"] for entry in table["results"]] == ["not_written"]
        assert len(emulated.database.rows("tls_mgm")) == 1

    def test_a_domain_of_the_configuration_blocks_2_4(self, tmp_path):
        """Others than the default one."""
        with Emulator("2.4", phones=0, modules="all") as emu:
            made = Database("sqlite", f"sqlite:///{tmp_path}/tables", {}).create("2.4", "tls_mgm")
            pair = Authority(tmp_path, "authority").issue("old")
            files = dict(zip(("certificate_file", "private_key_file"), pair, strict=True))
            entry = {**OPEN, **files, "name": "t", "match_addresses": ["192.0.2.1:5061"]}
            words = "tls_reload makes OpenSIPS 2.x hang, because its configuration has the TLS server domain sv"
            options = {**fifo_of(emu), "db_url": made.url, "check_handshake": False}
            result = run_module("tls_domain", {**options, "domains": [entry]})
            assert result["results"][0]["outcome"] == "inserted" and result["reload"] is None
            assert result["restart_needed"] and result["restart_reason"] == words
            assert_refused(run_module("reload", {**fifo_of(emu), "tables": ["tls_mgm"]}), [words, "Restart the server"])

    def test_a_method_that_crashes_2_4(self):
        old = EmulatedTls("2.4")
        try:
            rows = [{"domain": "x", "type": 1, "method": None}]
            result = run_module("table", {**old.connection, "table": "tls_mgm", "db_url": old.db_url, "rows": rows})
            assert_refused(result, ["NULL crashes OpenSIPS 2.x"])
        finally:
            old.stop()


def test_opensips_table_reads_tls_domains_back(server):
    """A row that the server skips, because its key does not fit, fails the task."""
    if server.version >= (4,):
        pytest.skip("4.0 does not reload")
    pair, other = (server.authority.issue(name) for name in ("fits", "does-not"))
    row = {"domain": "tls", "type": 2, "verify_cert": 0, "require_cert": 0}
    row["address" if server.version < (3,) else "match_ip_address"] = server.address
    for file, column in ((pair[0], "certificate"), (pair[1], "private_key")):
        with open(file, encoding="ascii") as text:
            row[column] = text.read()
    options = {**server.connection, "table": "tls_mgm", "db_url": server.db_url}
    good = run_module("table", {**options, "rows": [row]})
    assert good["reload"]["verified"] and good["results"][0]["verified"], good
    with open(other[1], encoding="ascii") as text:
        bad = run_module("table", {**options, "rows": [dict(row, private_key=text.read())]})
    assert bad["failed"] and "tls 2: is not there" in bad["msg"], bad
    assert bad["results"][0]["verified"] is False


def test_rows_that_another_session_changed_are_not_taken_back(emulated):
    params = {**DEFAULTS, "db_url": emulated.db_url, "match": None, "scope": None, "store_password": False}
    with TableDatabase(params) as database:
        table = Table(database, "tls_mgm", "tls_mgm")
        request = table.request(params, [{"domain": "x", "type": 2, "cipher_list": "HIGH"}])
        made = table.push(request)
        emulated.database.execute("UPDATE tls_mgm SET cipher_list = 'ALL'")
        assert table.undo(request, made) is False and len(emulated.database.rows("tls_mgm")) == 1
        emulated.database.execute("UPDATE tls_mgm SET cipher_list = 'HIGH'")
        assert table.undo(request, made) is True and emulated.database.rows("tls_mgm") == []


def test_ciphers_and_curves_as_the_server_judges_them(server):
    """What the module refuses, the server would skip. All in one table, as another tool writes it."""
    if server.version >= (4,):
        pytest.skip("4.0 does not reload")
    pair = server.authority.issue("judged")
    texts = {
        column: pathlib.Path(path).read_text(encoding="ascii")
        for column, path in zip(("certificate", "private_key"), pair, strict=True)
    }
    values = {
        "cipher_list": ["HIGH:!aNULL", "NOPE", "TLS_AES_128_GCM_SHA256", "NOPE:ECDHE-ECDSA-AES128-GCM-SHA256"],
        "ec_curve": ["prime256v1", "secp384r1", "P-256", "X25519", "ffdhe2048", "nope"],
    }
    options = {"cipher_list": "ciphers", "ec_curve": "ec_curve"}
    expected = {}
    for number, (column, value) in enumerate((name, value) for name in values for value in values[name]):
        name = f"d{number}"
        row = {"domain": name, "type": 2, "verify_cert": 0, "require_cert": 0, column: value, **texts}
        places = {"address": f"127.0.0.1:{number + 1}"} if server.version < (3,) else {"match_sip_domain": name}
        row.update(places, method="SSLv23")
        names, fields = ", ".join(row), ", ".join(repr(field) for field in row.values())
        server.database.execute(f"INSERT INTO tls_mgm ({names}) VALUES ({fields})".replace("\\n", "\n"))
        checked = call(
            server, domain(server, pair, **{options[column]: value}), check=True, warnings=[], check_handshake=False
        )
        expected[name] = "OpenS" not in checked.get("msg", "")
    run_module("mi_command", {**server.connection, "command": "tls_reload"})
    with contextlib.closing(Connection(server.connection)) as connection:
        there = {record["name"] for record in tls.read(connection) if record["certificate_file"] is None}
    assert {name: name in there for name in expected} == expected
    assert list(expected.values()) == [True, False, False, True, True, True, False, False, False, False]


class TestBadInput:
    @pytest.fixture
    def cases(self, emulated, tmp_path):
        pair, other = (emulated.authority.issue(name) for name in ("good", "other"))
        good = domain(emulated, pair)
        ended = emulated.authority.issue("ended", days=-1)
        early = emulated.authority.issue("early", start=2)
        return {
            "key": ([{**good, "private_key_file": other[1]}], {}, "private_key: it is not the key of the certificate"),
            "no key": ([{**good, "private_key_file": None}], {}, "private_key or private_key_file is missing"),
            "none": ([{"name": "x"}], {}, "certificate or certificate_file is missing"),
            "ended": ([{**good, "certificate_file": ended[0], "private_key_file": ended[1]}], {}, "CN=ended ended at"),
            "names": ([{**good, "match_sip_domains": ["a.b"]}], {}, "it is not for a.b of match_sip_domains"),
            "twice": ([good, good], {}, "domains[0] and domains[1] are both the server domain sip.example.com"),
            "address": (
                [{**good, "match_addresses": ["192.0.2.1"]}],
                {},
                "match_addresses: '192.0.2.1' is not an address",
            ),
            "comma": (
                [{**good, "match_sip_domains": ["a,b"]}],
                {"check_names": False},
                "match_sip_domains has an empty entry",
            ),
            "method": ([{**good, "method": "TLSv9"}], {}, "method: 'TLSv9' is not a TLS version"),
            "long": ([{**good, "ciphers": "ALL:" * 70}], {}, "domains[0] (sip.example.com): ciphers:"),
            "ciphers": ([{**good, "ciphers": "NOPE"}], {}, "domains[0] (sip.example.com): ciphers: OpenSSL has none"),
            "no cipher fits": (
                [{**good, "ciphers": "ECDHE-RSA-AES128-GCM-SHA256", "method": "TLSv1_2"}],
                {},
                "ciphers and method: no client could connect",
            ),
            "curve": ([{**good, "ec_curve": "P-256"}], {}, "ec_curve: OpenSSL has no curve 'P-256'"),
            "begins": (
                [{**good, "certificate_file": early[0], "private_key_file": early[1]}],
                {},
                "CN=early is not valid before",
            ),
            "name": ([{**good, "name": "n" * 65}], {}, "Use 1 to 64 characters"),
            "socket": ([good], {"sockets": ["udp:127.0.0.1"]}, "sockets[0]: udp:127.0.0.1 is no socket of TLS"),
            "silent": ([good], {"sockets": [emulated.socket, "tls:127.0.0.1:9"]}, "Nothing listens on tls:127.0.0.1:9"),
            "seconds": ([good], {"maximum_answer_time": 0}, "maximum_answer_time is 0"),
            "days": ([good], {"minimum_certificate_days": 30}, "and minimum_certificate_days is 30"),
            "owner": ([good], {"owner": "root"}, "owner is set, and store is database"),
            "files": ([{**good, "files": {"ca": "/x"}}], {}, "files is set, and store is database"),
            "no such domain": (
                [{**self.bare(good), "name": "nobody"}],
                {"store": "files"},
                "the server has no server domain of this name. It has: cl",
            ),
            "configured": (
                [{**self.bare(good), "method": "TLSv1"}],
                {"store": "files"},
                "method is set, and store is files",
            ),
            "no owner": (
                [{**self.bare(good), "name": "sv"}],
                {"store": "files", "owner": "no-such-user"},
                "this host has no user",
            ),
            "no mode": (
                [{**self.bare(good), "name": "sv"}],
                {"store": "files", "mode": "u=rw"},
                "Write it as an octal number",
            ),
            "open key": (
                [{**self.bare(good), "name": "sv"}],
                {"store": "files", "mode": "0644"},
                "Everybody could read the key",
            ),
            "relative": (
                [{**self.bare(good), "files": {"certificate": "a.pem", "private_key": "/b"}}],
                {"store": "files"},
                "files.certificate: a.pem is relative",
            ),
            "state": ([self.bare(good)], {"store": "files", "state": "absent"}, "state is absent, and store is files"),
            "database": (
                [self.bare(good)],
                {"store": "files", "db_engine": "mysql"},
                "db_engine is set, and store is files",
            ),
        }

    @staticmethod
    def bare(good):
        """Of a domain, what files have."""
        return {name: good[name] for name in ("name", "certificate_file", "private_key_file")}

    def test_it_is_refused_before_anything_is_changed(self, emulated, cases):
        before = {path: path.read_bytes() for path in emulated.files.values()}
        for name, (domains, options, words) in cases.items():
            result = call(emulated, *domains, **options)
            assert_refused(result, [words])
            # the socket that does not answer is asked last
            assert bool(emulated.database.rows("tls_mgm")) is (name == "silent"), name
            emulated.database.execute("DELETE FROM tls_mgm")
        assert before == {path: path.read_bytes() for path in emulated.files.values()}


def test_no_secret_leaves_the_module(emulated, tmp_path):
    """As Ansible runs it: options, result, and an error of it."""
    pair = emulated.authority.issue("secret")
    shutil.copy(pair[0], tmp_path / "cert.pem")
    with open(pair[1], encoding="ascii") as file:
        key = file.read()
    entry = {"name": "sip.example.com", "certificate_file": pair[0], "private_key": key, **OPEN}
    options = {**emulated.connection, "db_url": emulated.db_url, "sockets": [emulated.socket], "domains": [entry]}
    pushed = run_module("tls_domain", options, diff=True)
    assert pushed["results"][0]["in_use"], pushed
    failed = run_module("tls_domain", {**options, "domains": [{**entry, "private_key": key.replace("\n", "\n!", 2)}]})
    assert failed["failed"] and failed["error"]["hint"], failed
    for result in (pushed, failed):
        assert result["invocation"]["module_args"]["domains"] == "VALUE_NOT_SHOWN"
        assert not [line for line in key.splitlines()[1:-1] if line in json.dumps(result)]
    lacking_database = run_module("tls_domain", {"domains": [entry]})
    assert "db_url" in lacking_database["msg"] and "PRIVATE" not in json.dumps(lacking_database)
