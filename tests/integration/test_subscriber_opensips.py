# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""opensips_subscriber and an OpenSIPS that is installed: phones register with each hash, and find aliases and speed dials.

The server uses SQLite, PostgreSQL and MariaDB, as far as it has their modules. OPENSIPS_BIN and OPENSIPS_MODULES name it where it is
not on PATH.
"""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.plugins.module_utils._sip import digest
from ansible_collections.community.opensips.tests.integration.support import sipp
from ansible_collections.community.opensips.tests.integration.support.agent import Agent, Datagrams, challenges
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips_with
from ansible_collections.community.opensips.tests.integration.support.opensips import DatabaseOpensips
from ansible_collections.community.opensips.tests.integration.support.subscriber_body import TABLES, call

MODULES = ("auth", "auth_db", "alias_db", "speeddial", "group")
WITH_DATABASE = MODULES[1:]
USER, DOMAIN, PASSWORD = "1001", "example.com", "correct horse"
AOR = f"sip:{USER}@{DOMAIN}"
SECONDS = 10

ROUTE = """
    if (is_method("REGISTER")) {
        if (!www_authorize("", "subscriber")) {
            # which knows no other algorithm than MD5
            if ($ua == "sipp") www_challenge("", %s);
            else www_challenge("", %s);
            exit;
        }
        if (!save("location")) sl_reply_error();
        exit;
    }
    if (is_method("OPTIONS")) {
        if (alias_db_lookup("dbaliases") || sd_lookup("speed_dial", "$hdr(X-Owner)")) {
            sl_send_reply(%s, "$ru");
            exit;
        }
    }
    if (is_method("INFO")) {
        if (db_is_user_in("Request-URI", "intl")) {
            sl_send_reply(%s, "in it");
            exit;
        }
    }
"""


def _register(number, *fields):
    more = "".join(f"{field}\n" for field in fields)
    return f"""<send retrans="500"><![CDATA[
REGISTER sip:{DOMAIN} SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <{AOR}>;tag=[pid]-[call_number]
To: <{AOR}>
Call-ID: [call_id]
CSeq: {number} REGISTER
Contact: <sip:{USER}@[local_ip]:[local_port]>
{more}Expires: 60
User-Agent: sipp
Max-Forwards: 70
Content-Length: 0

]]></send>"""


# as a phone that is none of ours does it
SIPP = f"""<?xml version="1.0" encoding="UTF-8"?>
<scenario name="phone">
{_register(1)}
<recv response="401" auth="true"/>
{_register(2, f"[authentication username={USER} password=@PASSWORD@]")}
<recv response="200"/>
</scenario>
"""

pytestmark = needs_opensips_with(*MODULES)


class Server(DatabaseOpensips):
    """A registrar whose users are in a database. algorithms: what it challenges with."""

    clear = False

    def _configuration(self, version):
        release = ".".join(map(str, version[:2]))
        url = self.database.server_url
        self.database.create(release, *TABLES)
        self.algorithms = digest.ALGORITHMS if version >= (3, 2) else (digest.MD5,)
        before, route, after = super()._configuration(version).partition("route {")
        lines = self._load(self.driver, *MODULES)
        lines += [f'modparam("{name}", "db_url", "{url}")' for name in WITH_DATABASE]
        lines += [f'modparam("{name}", "use_domain", 1)' for name in ("auth_db", "speeddial", "group")]
        lines.append(f'modparam("auth_db", "calculate_ha1", {int(self.clear)})')
        lines.append(f'modparam("auth_db", "password_column", "{"password" if self.clear else "ha1"}")')
        # 3.6 asks for the column rpid by default, which its scripts do not make any more: nobody could register
        lines.append('modparam("auth_db", "load_credentials", "")')
        qop = '"1"' if version < (3,) else '"auth"'
        algorithms = ', "MD5,SHA-256,SHA-512-256"' if version >= (3, 2) else ""
        code = '"200"' if version < (3,) else "200"
        return before + "\n".join(lines) + "\n" + route + ROUTE % (qop, qop + algorithms, code, code) + after


class ClearServer(Server):
    """One that computes the hashes of passwords in clear."""

    clear = True


@pytest.fixture(scope="module")
def server(opensips_databases):
    with Server.on_new_database(opensips_databases) as started:
        yield started


@pytest.fixture
def clear_server(opensips_databases):
    with ClearServer.on_new_database(opensips_databases) as started:
        yield started


@pytest.fixture(autouse=True)
def without_users(request):
    yield
    if "server" in request.fixturenames:
        request.getfixturevalue("server").database.execute(*(f"DELETE FROM {table}" for table in TABLES))


def push(server, *users, **options):
    result = call(list(users), **{**server.database.options, **options})
    assert not result.get("failed"), result["msg"]
    return result


def user(name=USER, **values):
    return {"username": name, **values}


class Phone:
    """A phone that registers by digest."""

    def __init__(self, server):
        self._agent = Agent(Datagrams(server.sip), USER, DOMAIN)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._agent.__exit__(*exc)

    def ask(self, method, ruri, *headers):
        """(code, reason, challenges) of the final response."""
        final = self._agent.request(method, ruri, *(f"{name}: {value}" for name, value in headers))
        _version, code, reason = final.first.split(" ", 2)
        return int(code), reason, challenges(final)

    def register(self, algorithm=digest.MD5, password=PASSWORD, name=USER, domain=DOMAIN, digest_name=None):
        """The code of the final response (int)."""
        aor = f"sip:{name}@{domain}"
        code, _reason, offered = self.ask("REGISTER", aor)
        assert code == 401
        (challenge,) = [found for found in offered if found.algorithm == algorithm]
        assert challenge.realm == domain
        secret = digest.Secret(digest_name or name, password)
        return self.ask("REGISTER", aor, digest.answer(challenge, secret, "REGISTER", aor), ("Expires", "60"))[0]


@pytest.fixture
def phone(server):
    with Phone(server) as made:
        yield made


def test_phones_register_with_each_hash(server, phone):
    push(server, user(password=PASSWORD))
    assert [phone.register(algorithm) for algorithm in server.algorithms] == [200] * len(server.algorithms)
    assert [phone.register(algorithm, "wrong") for algorithm in server.algorithms] == [401] * len(server.algorithms)


def test_the_old_password_is_of_no_use_with_any_hash(server, phone):
    push(server, user(password="old one"))
    push(server, user(password=PASSWORD))
    for algorithm in server.algorithms:
        assert (phone.register(algorithm), phone.register(algorithm, "old one")) == (200, 401)


def test_a_hash_that_comes_alone_shuts_the_others(server, phone):
    push(server, user(password="old one"), user("1002", password=PASSWORD))
    push(server, user(ha1=digest.hash_text(digest.MD5, f"{USER}:{DOMAIN}:{PASSWORD}")))
    assert (phone.register(), phone.register(password="old one")) == (200, 401)
    for algorithm in set(server.algorithms) - {digest.MD5}:
        assert {phone.register(algorithm), phone.register(algorithm, "old one"), phone.register(algorithm, "")} == {500}


def test_nobody_gets_in_by_a_hash_that_is_empty(server, phone):
    """2.4 reads on in memory behind an empty ha1b, where the hash of whoever registered just before is."""
    push(server, user(password="old one"), user("1002", password=PASSWORD))
    if server.version >= (3, 2):
        pytest.skip("OpenSIPS 3.2 and later have no ha1b")
    aor, victim = f"sip:{USER}@{DOMAIN}", f"{USER}@{DOMAIN}"
    mine = digest.hash_text(digest.MD5, f"1002:{DOMAIN}:{PASSWORD}")
    left = digest.Secret(victim, ha1={digest.MD5: "\0" + mine[1:]}, realm=DOMAIN)
    answers = []
    for given in (None, {"ha1": mine}):
        server.database.execute(f"UPDATE subscriber SET ha1b = '' WHERE username = '{USER}'")
        if given:
            push(server, user(**given))
            # the same hash, and an empty other one that an old tool left
            server.database.execute(f"UPDATE subscriber SET ha1b = '' WHERE username = '{USER}'")
            push(server, user(**given))
        # there are two processes
        for _time in range(6):
            assert phone.register(name="1002") == 200
            (challenge,) = phone.ask("REGISTER", aor)[2]
            answers.append(
                (bool(given), phone.ask("REGISTER", aor, digest.answer(challenge, left, "REGISTER", aor))[0])
            )
    if (False, 200) not in answers:
        pytest.skip("this server does not read on behind an empty hash")
    assert {code for is_given, code in answers if is_given} == {401}


def test_phones_whose_name_has_the_domain(server, phone):
    push(server, user(password=PASSWORD))
    if server.version >= (3, 2):
        pytest.skip("OpenSIPS 3.2 and later hash the name as it is in the table only")
    assert phone.register(digest_name=f"{USER}@{DOMAIN}") == 200


def test_generated_passwords_register(server, phone):
    users = [user(str(number)) for number in range(2000, 2010)]
    for entry in push(server, *users, generate_password=True)["results"]:
        assert phone.register(name=entry["username"], password=entry["generated_password"]) == 200


def test_users_that_are_removed_are_let_in_no_more(server, phone):
    push(server, user(password=PASSWORD))
    assert phone.register() == 200
    push(server, user(), state="absent")
    assert phone.register() == 401


def test_aliases_groups_and_speed_dials(server, phone):
    dial = {"sd_username": "7", "new_uri": "sip:bob@b.org"}
    push(server, user(password=PASSWORD, aliases=["alice", "+49@b.org"], groups=["intl"], speed_dials=[dial]))
    assert phone.ask("OPTIONS", f"sip:alice@{DOMAIN}")[:2] == (200, AOR)
    assert phone.ask("OPTIONS", "sip:+49@b.org")[:2] == (200, AOR)
    assert phone.ask("OPTIONS", f"sip:7@{DOMAIN}", ("X-Owner", AOR))[:2] == (200, "sip:bob@b.org")
    assert phone.ask("INFO", AOR)[0] == 200
    push(server, user(aliases=["alice"], groups=[], speed_dials=[]), exclusive=True)
    assert phone.ask("OPTIONS", f"sip:alice@{DOMAIN}")[0] == 200
    assert phone.ask("OPTIONS", "sip:+49@b.org")[0] == 404
    assert phone.ask("OPTIONS", f"sip:7@{DOMAIN}", ("X-Owner", AOR))[0] == 404
    assert phone.ask("INFO", AOR)[0] == 404


def test_the_longest_speed_dial_does_not_hurt(server, phone):
    uri = "sip:" + "b" * (251 - 4 - 6) + "@b.org"
    push(server, user(password=PASSWORD, speed_dials=[{"sd_username": "7", "new_uri": uri}]))
    assert phone.ask("OPTIONS", f"sip:7@{DOMAIN}", ("X-Owner", AOR))[:2] == (200, uri)
    longer = call([user(speed_dials=[{"sd_username": "7", "new_uri": f"{uri}x"}])], **server.database.options)
    assert "column new_uri" in longer["msg"] and "251 bytes" in longer["msg"]


def test_a_server_that_needs_passwords_in_clear(clear_server):
    with Phone(clear_server) as phone:
        push(clear_server, user(password=PASSWORD), store_password=True)
        for algorithm in clear_server.algorithms:
            assert (phone.register(algorithm), phone.register(algorithm, "wrong")) == (200, 401)


@pytest.mark.skipif(not sipp.PATH, reason="sipp is not installed")
@pytest.mark.parametrize(("password", "status"), [("secret1", 0), ("secret2", 1)])
def test_sipp_registers(server, tmp_path, password, status):
    push(server, user(password="secret1"))
    (tmp_path / "phone.xml").write_text(SIPP.replace("@PASSWORD@", password), encoding="utf-8")
    process = sipp.start(tmp_path, "-sf", "phone.xml", "-m", "1", "-timeout", str(SECONDS), "{}:{}".format(*server.sip))
    try:
        assert process.wait(2 * SECONDS) == status
    finally:
        sipp.end(process)
