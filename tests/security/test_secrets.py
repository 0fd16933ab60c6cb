# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module, role and playbook with marked secrets: none may be in any output, result, command line, or file of others.

./test --core VERSION integration runs them with another ansible-core.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import os
import pathlib
import socket
import stat

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support import databases, opensips_service
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess
from ansible_collections.community.opensips.tests.integration.support.opensips_service import Service
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION

MARK = "Zq9mark"


def secret(name):
    return f"{MARK}{name}s3cret"


# of phones that ask for a password; the second entry is never used
PHONE = secret("phone")
HA1 = hashlib.md5(f"alice:example.com:{secret('ha1')}".encode()).hexdigest()
CREDENTIALS = [{"username": "admin", "password": PHONE}, {"username": "alice", "realm": "example.com", "ha1": HA1}]
# what nothing may have: a digest of a password is one, too, and the header that has it
SECRETS = (MARK, HA1, "Authorization", "response=")

USER = "operator"
LOGIN = {"url_username": USER, "url_password": secret("url")}
SECONDS = 400


@pytest.fixture(scope="module")
def emu():
    """A server that asks for the password over HTTP."""
    with Emulator(
        "3.6",
        phones=2,
        reboot=False,
        http_user=USER,
        http_password=LOGIN["url_password"],
        receive_buf_size=65536,
    ) as server:
        for phone in server.phones():
            server.demand(phone["user"], username="admin", password=PHONE)
        yield server


@pytest.fixture(scope="module")
def location(emu):
    """Options of a database that has the phones, with a password (of which SQLite knows nothing)."""
    server = databases.SERVERS["sqlite"]()
    database = server.database().create("3.6", "location", "subscriber")
    for phone in emu.phones():
        database.execute(
            "INSERT INTO location (username, contact, expires, q, callid, cseq, user_agent) VALUES "
            f"('{phone['user']}', '{phone['contact']}', 4000000000, -1, 'c@phone', 1, 'snom370/8.7.5.35')"
        )
    yield {**database.options, "login_password": secret("login")}
    server.stop()


@pytest.fixture(scope="module")
def closed_url():
    """A port that nobody listens on, nor can listen on meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/mi"


# Modules


def options_of(emu, login):
    """{module: options}, with every option of each that holds secrets."""
    location = {"location_db": login}
    aor = emu.phones()[0]["user"]
    subscriber = {"username": "alice", "domain": "example.com", "password": secret("row")}
    sip = {"From": "<sip:a@127.0.0.1>", "To": "<sip:b@127.0.0.1>"}
    snapshot = snapshot_of(emu)
    return {
        "blacklist": {"name": "net_filter", "rules": [{"ip": "198.51.100.0/24"}]},
        "cache": {"entries": [{"key": "a", "value": "b"}]},
        "cluster_node": {"enabled": True, "wait_timeout": 1},
        "compare": {"database": login, "kinds": ["dispatcher"]},
        "contact": {"contacts": [{"aor": "pbx1", "contact": "sip:pbx1@192.0.2.20:5060"}]},
        "diagnose": {"duration": 1},
        "dialog": {"state": "drained", "wait_timeout": 1},
        "dispatcher": {"destinations": [{"set": 1, "uri": "sip:192.0.2.10:5060", "state": "inactive"}]},
        "drouting": {"gateways": [{"id": "gw1", "enabled": False}]},
        "facts": {"gather_subset": ["uptime", "contacts"], **location},
        "health": {},
        "load_balancer": {"destinations": [{"id": 1, "enabled": False}]},
        "log_level": {"log_level": 2},
        "media_node": {"engine": "rtpengine", "nodes": [{"url": "udp:127.0.0.1:19911", "enabled": False}]},
        "mi_command": {"command": "uptime"},
        "mwi": {"aors": [aor], "new": 1, **location, "credentials": CREDENTIALS, "credentials_db": login},
        "notify": {"select": {}, "event": "check-sync", **location, "credentials": CREDENTIALS, "credentials_db": login},
        "registrant": {"registrants": [{"aor": "sip:trunk1@carrier.example", "enabled": False}]},
        "reload": {"tables": ["dispatcher"]},
        "restore": {"path": snapshot},
        "schema": {"tables": ["acc"], **login},
        "snapshot": {"path": f"{snapshot}.new", "cache_keys": ["*"], "cache_expires": 0},
        "sharing_tag": {"tag": "vip", "neighbours": [{"url": emu.http_url, **LOGIN}]},
        "table": {"table": "subscriber", "rows": [subscriber], **login},
        "tls_domain": {"domains": [{"name": "a", "certificate": "none", "private_key": secret("key")}], **login},
        "trace": {"enabled": False},
        "uac_dlg": {"method": "OPTIONS", "ruri": emu.phones()[0]["contact"], "headers": sip, "credentials": CREDENTIALS},
    }  # fmt: skip


def snapshot_of(emu):
    """The path of a snapshot with secrets, beside the server's FIFO."""
    path = pathlib.Path(emu.directory) / "snapshot.json"
    key = {"system": "local", "key": "user_1", "value": secret("key"), "expires": 0}
    parts = {"cache": [key], "shared_variables": [{"name": "token", "value": secret("variable")}]}
    taken = {"format": 1, "opensips": "3.6.8", "taken": "2026-03-14T02:00:00Z", "skipped": {}, "parts": parts}
    path.write_text(json.dumps(taken), encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def test_no_module_was_forgotten(emu, location):
    modules = (COLLECTION / "plugins" / "modules").glob("opensips_*.py")
    names = {path.stem for path in modules if "community.opensips._connection" in path.read_text(encoding="utf-8")}
    assert {f"opensips_{name}" for name in options_of(emu, location)} == names


def ways(emu, closed_url):
    """{what is tried: (connection, keywords of ModuleProcess)}"""
    url, address = emu.http_url, emu.http_url.partition("://")[2]
    return {
        "it works": ({"url": url, **LOGIN}, {"diff": True}),
        "check mode": ({"url": url, **LOGIN}, {"check": True, "diff": True}),
        "nobody listens": ({"url": closed_url, **LOGIN}, {}),
        "another password": ({"url": url, "url_username": USER, "url_password": secret("wrong")}, {}),
        "password in url": ({"url": f"http://{USER}:{secret('inurl')}@{address}"}, {}),
        "password in url, port": ({"url": f"http://{USER}:{secret('inurl')}/x@{address}"}, {}),
        "token in url": ({"url": f"{url}?token={secret('token')}"}, {}),
        "no scheme": ({"url": f"{USER}:{secret('inurl')}@{address}"}, {}),
        "wrong option": ({"fifo_path": f"http://{USER}:{secret('inurl')}@{address}"}, {}),
        "misspelt option": ({"url": url, "url_pasword": secret("misspelt")}, {}),
        "wrong database": (
            {"url": url, **LOGIN, "location_db": {"db_url": f"sqlite:////nowhere?{secret('query')}=1"}},
            {},
        ),
        "no database": ({"url": url, **LOGIN, "location_db": {"db_url": secret("nonsense")}}, {}),
        "misspelt login": (
            {"url": url, **LOGIN, "location_db": {"db_engine": "sqlite", "login_pasword": secret("misspelt")}},
            {},
        ),
    }


# The other ways are the same for all modules, which share _module/run.py: one of them stands for all
EACH = {"it works", "check mode", "nobody listens"}


def finished(case):
    name, options, keywords = case
    process = ModuleProcess(name, options, **keywords)
    result = process.result()
    return result, json.dumps(result) + process.errors


def test_no_module_shows_a_secret(emu, location, closed_url):
    cases = {
        (name, way): (name, {**options, **connection}, keywords)
        for name, options in options_of(emu, location).items()
        for way, (connection, keywords) in ways(emu, closed_url).items()
        if way in EACH or name == "facts"
    }
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        done = dict(zip(cases, pool.map(finished, cases.values()), strict=True))
    shown = {
        case: text[max(0, text.find(word) - 200) :][:300]
        for case, (_result, text) in done.items()
        for word in SECRETS
        if word in text
    }
    assert shown == {}
    for (name, way), (result, _text) in done.items():
        if way in ("password in url", "token in url", "misspelt option", "password in url, port", "no scheme"):
            assert result["failed"], (name, way)
            # what was wrong can still be found
            assert "url" in result["msg"], result["msg"]
    working = {name for (name, way), (result, _text) in done.items() if way == "it works" and not result.get("failed")}
    authenticated = [
        entry
        for name in ("mwi", "notify", "uac_dlg")
        for entry in done[name, "it works"][0].get("results", [done[name, "it works"][0]])
    ]
    assert len(authenticated) == 4 and all(entry["authenticated"] for entry in authenticated), authenticated
    assert {
        "cache",
        "contact",
        "facts",
        "log_level",
        "mi_command",
        "mwi",
        "notify",
        "restore",
        "snapshot",
        "table",
        "uac_dlg",
    } <= working


# Roles and playbooks


# It notes all command lines of the host, its own environment, and which files with secrets other users can read meanwhile
_WATCH = """\
#!/bin/sh
cat /proc/[0-9]*/cmdline /proc/self/environ 2>/dev/null | tr '\\0' '\\n' >> {folder}/seen
find {places} -type d ! -perm -o+x -prune -o -type f -perm -o+r -exec grep -l {mark} {{}} + >> {folder}/readable
exec {folder}/opensips.real "$@"
"""
ROUTES = f'route {{\n    $var(x) = "{secret("route")}";\n    exit;\n}}\n'
QUOTED = f'{secret("quo")}"\\{secret("ted")}'


class Watched(Service):
    """A service whose binary notes what else runs, and what lies in places (paths)."""

    def __init__(self, version, *places):
        super().__init__(version)
        self.binary.rename(self.folder / "opensips.real")
        all_places = " ".join(map(str, [self.folder, *places]))
        self.binary.write_text(_WATCH.format(folder=self.folder, places=all_places, mark=MARK), encoding="utf-8")
        self.binary.chmod(0o755)

    def variables(self):
        return {
            **super().variables(),
            "opensips_server_db_url": f"mysql://opensips:{secret('db')}/x@db/opensips",
            "opensips_server_modules": ["signaling", "sl", "tm", "uac", "auth"],
            "opensips_server_modparams": {
                "tm": {"fr_timeout": 5, "onreply_avp_mode": secret("listed")},
                # known by its name
                "auth": {"secret": secret("named")},
                "uac": {"credential": f"edge:x:{secret('credential')}", "auth_username_avp": QUOTED},
            },
            "opensips_server_globals": {"user_agent_header": secret("global")},
            "opensips_server_routes": ROUTES,
            "opensips_server_secrets": [secret("listed"), QUOTED, secret("global"), secret("route")],
        }

    def noted(self, name):
        """Of the binary: seen (command lines) or readable (paths)."""
        return (self.folder / name).read_text(encoding="utf-8", errors="replace")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where temporary files go, and what is kept of a run."""
    path = tmp_path_factory.mktemp("secrets")
    # what is private must be so by itself
    path.chmod(0o755)
    for name in ("local", "remote", "tmp"):
        (path / name).mkdir()
    return path


@pytest.fixture(scope="module")
def services(folder):
    names = ("server", "invalid", "refused", "type", "pushed")
    started = {name: Watched("3.6", folder) for name in names}
    yield started
    for each in started.values():
        each.close()


def role_play(hosts, **keywords):
    """A play that runs the role opensips_server on hosts; a failure is shown and forgotten."""
    role = {"name": "run", "ansible.builtin.include_role": {"name": "community.opensips.opensips_server"}}
    failed = {"name": "failed", "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}
    tasks = [{"block": [role], "rescue": [failed]}]
    return {"hosts": hosts, "gather_facts": False, "tasks": tasks, **keywords}


@pytest.fixture(scope="module")
def played(plain_ansible, emu, location, closed_url, services, folder):
    """The Results of one run of ansible-playbook -vvv --diff with all of them."""
    hosts = {name: service.variables() for name, service in services.items()}
    hosts["invalid"]["opensips_server_globals_text"] = f'{opensips_service.INVALID} "{secret("listed")}"'
    hosts["refused"]["opensips_server_modparams"] = {
        "tm": {"fr_timeout": secret("bad") + "\0", "a b": secret("bad")},
        "auth": secret("bad"),
    }
    hosts["refused"]["opensips_server_globals"] = {"mhomed": {"a": secret("bad")}, "children": secret("bad")}
    hosts["refused"]["opensips_server_db_url"] = f"{secret('bad')}:x@db"
    hosts["type"]["opensips_server_secrets"] = {"a": secret("bad")}
    hosts["type"]["opensips_server_modparams"] = secret("bad")
    hosts["type"]["opensips_server_db_url"] = [secret("bad")]
    hosts["pushed"]["opensips_server_globals_text"] = opensips_service.NO_START
    hosts["pushed"]["opensips_connection"] = {"url": closed_url, **LOGIN}
    for name, url in (("phones", emu.http_url), ("unreachable", closed_url), ("silent", closed_url)):
        hosts[name] = {
            "opensips_connection": {"url": url, **LOGIN},
            "opensips_mwi_mailboxes": [{"aor": emu.phones()[0]["user"], "new": 1}],
            "opensips_mwi_location_db": location,
            "opensips_mwi_results_dir": str(folder / "results"),
            "opensips_mwi_credentials_file": str(folder / "credentials.json"),
            "phone_reboot_credentials": CREDENTIALS,
            "phone_reboot_credentials_db": location,
            "phone_reboot_location_db": location,
            "phone_reboot_select": {},
            "phone_reboot_event": "check-sync",
            "phone_reboot_wait": False,
            "phone_reboot_own_only": False,
            "phone_reboot_canary": 0,
            "phone_reboot_max_failures": "99%",
            "phone_reboot_campaign": "night",
            "phone_reboot_campaign_dir": str(folder / f"journals-{name}"),
            "phone_reboot_report_dir": str(folder / "reports"),
            "compare_database": location,
            "compare_dir": str(folder / "comparisons"),
        }
    (folder / "results").mkdir(mode=0o700)
    (folder / "credentials.json").touch(mode=0o600)
    (folder / "credentials.json").write_text(json.dumps(CREDENTIALS), encoding="utf-8")

    def book(name, where):
        return {"import_playbook": f"community.opensips.{name}", "vars": {"opensips_hosts": where}}

    changed = {"opensips_server_modparams": {"auth": {"secret": secret("second")}, "tm": {"onreply_avp_mode": QUOTED}}}
    plays = [
        role_play("server:invalid:refused:type"),
        role_play("server", vars=changed, check_mode=True),
        book("reboot_phones", "phones:unreachable"),
        book("update_mwi", "phones:silent"),
        book("compare", "phones:unreachable"),
        # the last one: its any_errors_fatal ends the run
        book("push_config", "pushed"),
    ]
    results = plain_ansible.run_plays(
        plays,
        hosts,
        env={
            "ANSIBLE_REMOTE_TMP": str(folder / "remote"),
            "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
            "TMPDIR": str(folder / "tmp"),
        },
        seconds=SECONDS,
        arguments=["-vvv", "--diff"],
        may_fail=True,
        # what is private must be so by itself
        umask=0,
    )
    results.places = [folder, *(service.folder for service in services.values())]
    return results


def test_all_of_them_did_their_work(played, services):
    """... or failed as they should: else nothing would have been shown anyway."""
    assert services["server"].starts == 1
    assert secret("named") in services["server"].config.read_text(encoding="utf-8")
    messages = {each.host: each.msg for each in played if each.task == "failed"}
    assert "refuses the new configuration" in messages["invalid"]
    assert (
        "opensips_server_modparams.tm.fr_timeout: the value must not contain control characters" in messages["refused"]
    )
    assert "type" in messages
    texts = [each["diff"] for each in played.of("server") if each.task.endswith("Show the difference")]
    assert "********" in str(texts) and "auth" in str(texts)
    push = [each.msg for each in played.of("pushed") if each.failed]
    assert any("Error: " in each for each in push), push
    for task in ("Send each phone the summary of its mailbox", "Send, and wait for the phones"):
        sent = [each for each in played.of("phones") if each.task.endswith(task) and each.get("summary")]
        assert sent and all(entry["authenticated"] for each in sent for entry in each["results"]), task
    for name in ("unreachable", "silent"):
        assert any("Nothing listens" in each.msg for each in played.of(name)), name


def test_no_output_shows_a_secret(played):
    lines = [
        line[max(0, line.find(word) - 200) :][:400]
        for line in played.output.splitlines()
        for word in SECRETS
        if word in line
    ]
    assert lines == []


def test_no_result_has_a_secret(played):
    texts = [(each.host, each.task, json.dumps(each)) for each in played]
    assert [(host, task) for host, task, text in texts if any(word in text for word in SECRETS)] == []


def test_no_command_line_has_a_secret(services):
    for name in ("server", "invalid", "pushed"):
        # the emulated server has its password from there
        seen = services[name].noted("seen").replace(f"--http-password\n{LOGIN['url_password']}\n", "")
        assert "ansible" in seen, "nothing was looked at"
        assert MARK not in seen


def others_can_read(path, top):
    """Whether users who are neither owner nor of the group can read a file, as far as top goes."""
    below = [path, *(each for each in path.parents if each == top or top in each.parents)]
    modes = [each.stat().st_mode for each in below]
    return modes[0] & stat.S_IROTH and all(mode & stat.S_IXOTH for mode in modes[1:])


def test_no_file_that_others_can_read_has_a_secret(played, services):
    assert [services[name].noted("readable") for name in ("server", "invalid", "pushed")] == [""] * 3
    found, private = [], 0
    for top in played.places:
        for folder, _folders, names in os.walk(top):
            for path in (pathlib.Path(folder) / name for name in names):
                if not path.is_file() or MARK.encode() not in path.read_bytes():
                    continue
                if others_can_read(path, top):
                    found.append(str(path))
                else:
                    private += 1
    assert found == []
    assert private > 2, "the configuration and its copies have secrets, so they were looked at"


def test_what_is_kept_of_a_run_has_no_secret(played):
    """Journals, plans, reports and results."""
    (folder, *_services) = played.places
    kept = [
        path
        for name in ("journals-phones", "reports", "results")
        for path in (folder / name).rglob("*")
        if path.is_file()
    ]
    assert len(kept) > 4
    assert [str(path) for path in kept for word in SECRETS if word.encode() in path.read_bytes()] == []
