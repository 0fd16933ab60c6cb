# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role opensips_server: packages and repositories, as far as that goes without them; bad input; the playbook push_config."""

from __future__ import annotations

import os
import pathlib
import shutil

import pytest
import yaml

from ansible_collections.community.opensips.tests.integration.support import apt_repository
from ansible_collections.community.opensips.tests.integration.support.opensips import find_binary
from ansible_collections.community.opensips.tests.integration.support.opensips_service import Service
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION

ROLE = COLLECTION / "roles" / "opensips_server"
MODULES = [
    "tm",
    "db_mysql",
    "httpd",
    "mi_http",
    "presence",
    "presence_xml",
    "dialplan",
    "auth",
    "tls_openssl",
    "b2b_logic",
]
DEBIAN = {"os_family": "Debian", "distribution": "Debian", "distribution_release": "bookworm"}
ROCKY = {"os_family": "RedHat", "distribution": "Rocky", "distribution_major_version": "9"}
STREAM = {"os_family": "RedHat", "distribution": "CentOS", "distribution_major_version": "10"}


@pytest.fixture(scope="module")
def rendered(ansible):
    """rendered[name]: what the role makes of facts and variables."""
    common = {"role_path": str(ROLE)}
    for name in ("defaults/main.yml", "vars/main.yml", "vars/packages.yml"):
        common.update(yaml.safe_load((ROLE / name).read_text(encoding="utf-8")))
    common["opensips_server_config_file"] = "/nowhere/opensips.cfg"
    common["opensips_server_modules"] = MODULES
    wanted = {
        "deb 2.4": ("opensips_server__package_names", DEBIAN, {"opensips_server_version": "2.4"}),
        "deb 3.6": ("opensips_server__package_names", DEBIAN, {"opensips_server_version": 3.6}),
        "deb 4.0": (
            "opensips_server__package_names",
            DEBIAN,
            {"opensips_server_version": "4.0", "opensips_server_extra_packages": ["opensips-cli"]},
        ),
        "deb loaded": (
            "opensips_server__package_names",
            DEBIAN,
            {
                "opensips_server_config_file": "",
                "opensips_server_modules": ["tm"],
                "opensips_server_mi_http": True,
                "opensips_server_db_url": "postgres://db/x",
            },
        ),
        "rpm 2.4": ("opensips_server__package_names", ROCKY, {"opensips_server_version": "2.4"}),
        "rpm 3.6": ("opensips_server__package_names", ROCKY, {"opensips_server_version": "3.6"}),
        "apt source": ("opensips_server__apt_source", DEBIAN, {"opensips_server_version": "3.6"}),
        "apt mirror": (
            "opensips_server__apt_source",
            DEBIAN,
            {
                "opensips_server_version": "4.0",
                "opensips_server_repository_channel": "nightly",
                "opensips_server_apt_url": "https://mirror.example.com/opensips",
                "opensips_server_apt_suite": "trixie",
            },
        ),
        "yum rocky": ("opensips_server__yum_baseurl", ROCKY, {"opensips_server_version": "4.0"}),
        "yum stream": ("opensips_server__yum_baseurl", STREAM, {"opensips_server_version": "3.6"}),
        "path deb": ("opensips_server__mpath", {**DEBIAN, "architecture": "aarch64"}, {}),
        "path rpm": ("opensips_server__mpath", {**ROCKY, "architecture": "x86_64"}, {}),
        "dropin": ("opensips_server__dropin", DEBIAN, {"opensips_server_mi_group": "operators"}),
        "prerequisites": ("opensips_server_prerequisites", ROCKY, {}),
    }
    tasks = [
        {
            "name": name,
            "ansible.builtin.debug": {"msg": f"{{{{ {expression} }}}}"},
            "vars": {**common, "ansible_facts": facts, **variables},
        }
        for name, (expression, facts, variables) in wanted.items()
    ]
    results = ansible.run_plays([{"hosts": "all", "gather_facts": False, "tasks": tasks}], {"here": {}})
    return {name: results[name].msg for name in wanted}


@pytest.mark.parametrize(
    "name, packages",
    [
        ("deb 2.4", "b2bua-module dialplan-module http-modules mysql-module presence-modules"),
        ("deb 3.6", "auth-modules dialplan-module http-modules mysql-module presence-modules tls-openssl-module"),
        ("deb 4.0", "auth-modules dialplan-module http-modules mysql-module presence-modules tls-openssl-module cli"),
        ("deb loaded", "http-modules postgres-module"),
        ("rpm 2.4", "b2bua db_mysql httpd presence presence_xml"),
        ("rpm 3.6", "auth-modules dialplan-module http-modules mysql-module presence-modules tls-openssl-module"),
    ],
)
def test_modules_bring_their_packages(rendered, name, packages):
    assert rendered[name] == ["opensips", *(f"opensips-{each}" for each in packages.split())]


def test_the_source_of_apt_trusts_the_key_for_itself_only(rendered):
    assert rendered["apt source"] == (
        "# Written by the role community.opensips.opensips_server\n"
        "Types: deb\n"
        "URIs: https://apt.opensips.org\n"
        "Suites: bookworm\n"
        "Components: 3.6-releases\n"
        "Signed-By: /usr/share/keyrings/opensips-org.gpg\n"
    )
    assert (
        "URIs: https://mirror.example.com/opensips\nSuites: trixie\nComponents: 4.0-nightly\n" in rendered["apt mirror"]
    )


def test_repositories_of_the_rhel_family(rendered):
    assert rendered["yum rocky"] == "https://yum.opensips.org/4.0/releases/el/9/$basearch"
    assert rendered["yum stream"] == "https://yum.opensips.org/3.6/releases/st/10/$basearch"
    assert rendered["prerequisites"] == ["epel-release"]


def test_where_modules_are(rendered):
    assert rendered["path deb"] == "/usr/lib/aarch64-linux-gnu/opensips/modules/"
    assert rendered["path rpm"] == "/usr/lib64/opensips/modules/"


def test_systemd_makes_the_directory_for_replies(rendered):
    assert rendered["dropin"].endswith(
        "[Service]\nExecStartPre=+/usr/bin/install -d -o opensips -g operators -m 2770 /run/opensips/replies\n"
    )


def run_role(ansible, hosts):
    """{host: Results}; a role that fails does not end the play."""
    failed = {"name": "failed", "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}
    role = {"name": "run", "ansible.builtin.include_role": {"name": "community.opensips.opensips_server"}}
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"block": [role], "rescue": [failed]}]}
    results = ansible.run_plays([play], hosts, seconds=900)
    return {name: results.of(name) for name in hosts}


@pytest.mark.skipif(not shutil.which("apt-get") or os.getuid() != 0, reason="no Debian, or not root")
@pytest.mark.skipif(pathlib.Path("/etc/apt/sources.list.d/opensips.sources").exists(), reason="OpenSIPS is installed")
def test_check_mode_of_a_first_installation(ansible, tmp_path):
    """By the playbook push_config, whose hosts say that it has to install. apt is asked in check mode only."""
    key = tmp_path / "key.gpg"
    key.write_bytes(b"a key")
    directory = tmp_path / "etc"
    variables = {
        "opensips_server_install": True,
        "opensips_server_apt_key_url": key.as_uri(),
        "opensips_server_apt_keyring": str(tmp_path / "keyring.gpg"),
        "opensips_server_apt_suite": "bookworm",
        "opensips_server_binary": str(tmp_path / "opensips"),
        "opensips_server_config_path": str(directory / "opensips.cfg"),
        "opensips_server_service_dropin": False,
        "opensips_server_mi_fifo_path": str(tmp_path / "run" / "fifo"),
        "opensips_server_mi_reply_dir": str(tmp_path / "run" / "replies"),
    }
    play = {"import_playbook": "community.opensips.push_config", "vars": {"opensips_hosts": "all"}}
    env = {"ANSIBLE_DIFF_ALWAYS": "true"}
    results = ansible.run_plays([play], {"here": variables}, check=True, env=env, seconds=900)
    assert [each.msg for each in results if each.failed] == []
    source = next(each for each in results if each.task.endswith(" : Configure the repository"))
    assert "Components: 3.6-releases" in source["diff"][0]["after"]
    (packages,) = (each for each in results if each.task.endswith(" : Install the packages"))
    assert packages.status == "skipped", "apt cannot know the packages of a source that is not there yet"
    replaced = next(each for each in results if each.task.endswith(" : Write the configuration file"))
    assert replaced["changed"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key.gpg"]


BAD = {
    "a version": ({"version": "1.11"}, ["opensips_server_version", "2.4", "4.0"]),
    "two sources": (
        {"config_file": "/etc/hostname", "config_template": "/etc/hostname"},
        ["opensips_server_config_file and opensips_server_config_template are both set", "Set only one"],
    ),
    "no file": (
        {"config_file": "nowhere.cfg"},
        ["opensips_server_config_file: the file nowhere.cfg does not exist on the controller"],
    ),
    "a path": ({"config_path": "opensips.cfg"}, ["opensips_server_config_path is opensips.cfg", "absolute path"]),
    "a mode": ({"mi_fifo_mode": "rw"}, ["opensips_server_mi_fifo_mode is rw", "octal"]),
    "a mode that YAML made a number": ({"config_mode": 0o640}, ["opensips_server_config_mode is 416", "in quotes"]),
    "a mode for all": (
        {"mi_fifo_mode": "0666"},
        ["opensips_server_mi_fifo_mode is 0666", "every user", "opensips_server_mi_group"],
    ),
    "a long directory": (
        {"mi_reply_dir": "/run/" + "x" * 100},
        ["opensips_server_mi_reply_dir has 105 characters", "90"],
    ),
    "drain without dialogs": ({"drain": True}, ["opensips_server_drain", "module dialog in opensips_server_modules"]),
    # the part loads the module, so this is what is wrong
    "drain with a part, and no way in": (
        {"drain": True, "parts": ["load_balancer"], "db_url": "sqlite:////x", "mi_fifo": False},
        ["opensips_server_mi_fifo is false", "opensips_server_connection"],
    ),
    "a socket": (
        {"sockets": ["127.0.0.1:5060"]},
        ["opensips_server_sockets[0]: 127.0.0.1:5060 is not a valid socket", "udp:192.0.2.1:5060"],
    ),
    "a protocol": ({"sockets": ["quic:127.0.0.1:5060"]}, ["opensips_server_sockets[0]: quic:127.0.0.1:5060", "udp"]),
    "no socket": ({"sockets": []}, ["opensips_server_sockets is empty"]),
    "an injection": ({"sockets": ["udp:127.0.0.1:5060\nfork=no"]}, ["opensips_server_sockets"]),
    "a database": ({"db_url": "mongo://s3cret@db"}, ["opensips_server_db_url", "scheme mongo", "mysql"]),
    "a module": ({"modules": ["tm.so"]}, ["opensips_server_modules[0]: tm.so", "without .so"]),
    "parameters of no module": (
        {"modparams": {"dialog": {}}},
        ["opensips_server_modparams.dialog: the module is not loaded", "opensips_server_modules"],
    ),
    "no parameters": ({"modparams": {"tm": ["fr_timeout"]}}, ["opensips_server_modparams.tm is not a dictionary"]),
    "a global": (
        {"globals": {"children": 4}},
        ["opensips_server_globals.children cannot be set there", "Set opensips_server_udp_workers"],
    ),
    "no value": ({"globals": {"mhomed": {"a": 1}}}, ["opensips_server_globals.mhomed", "opensips_server_globals_text"]),
    "an address": (
        {"mi_http": True, "mi_http_address": "any where"},
        ["opensips_server_mi_http_address is any where", "IP address"],
    ),
    "no way in": ({"mi_fifo": False}, ["opensips_server_mi_fifo is false", "opensips_server_connection"]),
    "no binary": (
        {"binary": "/nowhere/opensips"},
        ["opensips_server_binary: the file /nowhere/opensips does not exist", "opensips_server_install"],
    ),
    "another version": (
        {"version": "4.0"},
        ["opensips_server_version is 4.0, but ", "is OpenSIPS 3.6", "Set opensips_server_version"],
    ),
}


class TestBadInput:
    @pytest.fixture(scope="class")
    @classmethod
    def service(cls):
        one = Service("3.6")
        yield one
        one.close()

    @pytest.fixture(scope="class")
    @classmethod
    def refused(cls, ansible, service):
        names = {f"case{number}": name for number, name in enumerate(BAD)}
        hosts = {
            host: {**service.variables(), **{f"opensips_server_{key}": value for key, value in BAD[name][0].items()}}
            for host, name in names.items()
        }
        return {names[host]: results for host, results in run_role(ansible, hosts).items()}

    @pytest.mark.parametrize("name", list(BAD))
    def test_it_is_refused_with_variable_and_remedy(self, refused, name):
        failed = next(each for each in refused[name] if each.failed)
        # what is wrong with the variables' types, or with one of the files
        details = [*failed.get("argument_errors", []), *(each.get("msg", "") for each in failed.get("results", []))]
        message = " ".join([failed.msg, *details])
        for words in BAD[name][1]:
            assert words in message
        assert "s3cret" not in message

    def test_nothing_was_changed(self, refused, service):
        assert [each.task for results in refused.values() for each in results if each.get("changed")] == []
        assert not service.config.parent.exists()
        assert not service.fifo.parent.exists()


def test_the_playbook_goes_from_server_to_server(ansible, tmp_path):
    """push_config with a configuration as it is; it ends where a server does not come back."""
    services = [Service("3.6"), Service("2.4"), Service("4.0")]
    config = tmp_path / "ours.cfg"
    config.write_text(
        'socket=udp:127.0.0.1:5060\nroute {\n    xlog("$(ru{uri.user}) {{ ours }}\\n");\n}\n', encoding="utf-8"
    )
    try:
        hosts = {
            f"server{number}": {**service.variables(), "opensips_server_config_file": str(config)}
            for number, service in enumerate(services)
        }
        for number, service in enumerate(services):
            hosts[f"server{number}"]["opensips_connection"] = {
                "fifo_path": str(service.fifo),
                "reply_dir": str(service.replies),
            }
            # nobody says whether to install: the playbook does not
            del hosts[f"server{number}"]["opensips_server_install"]
        # a command that fails stands for a server that does not start
        hosts["server1"]["opensips_server_restart_command"] = ["false"]
        play = {"import_playbook": "community.opensips.push_config", "vars": {"opensips_hosts": "all"}}
        with pytest.raises(AssertionError, match="There is no previous configuration to restore"):
            ansible.run_plays([play], hosts, seconds=900)
        assert [service.starts for service in services] == [1, 0, 0]
        assert services[0].config.read_text(encoding="utf-8") == config.read_text(encoding="utf-8")
        assert not services[2].config.exists()
    finally:
        for each in services:
            each.close()


class Steps(dict):
    """{step: what came of it}. A step that was left out skips its test."""

    def __missing__(self, name):
        pytest.skip("only where OpenSIPS is installed")


class TestReleases:
    """Exact releases, the newest one of a series, and another series, with APT in a root of its own."""

    @pytest.fixture(scope="class")
    @classmethod
    def repository(cls, tmp_path_factory):
        reason = apt_repository.missing()
        if reason:
            pytest.skip(reason)
        return apt_repository.Repository(tmp_path_factory.mktemp("apt"), ["3.6.7", "3.6.8", "3.6.9", "4.0.1"])

    @pytest.fixture(scope="class")
    @classmethod
    def steps(cls, ansible, repository):
        """{step: (message of a failure or None, installed packages, facts, changed tasks)}, one run of the role after the other."""
        versions = {
            "exact": {"version": "3.6.8"},
            "exact again": {"version": "3.6.8"},
            "older": {"version": "3.6.7"},
            "older if allowed": {"version": "3.6.7", "allow_downgrade": True},
            "newest": {"version": "3.6", "package_state": "latest"},
            "another series": {"version": "4.0"},
            "another series if told": {"version": "4.0", "upgrade": True},
            "back": {"version": "3.6", "upgrade": True},
        }
        # each run of the role takes seconds: all of them only where OpenSIPS is tested, too
        if not find_binary():
            versions = {name: versions[name] for name in ("exact", "another series", "another series if told")}
        tasks = [task for name, variables in versions.items() for task in cls.tasks(repository, name, variables)]
        play = {"hosts": "all", "gather_facts": False, "environment": repository.environment, "tasks": tasks}
        results = ansible.run_plays([play], {"here": {}}, seconds=900)
        found, start = {}, 0
        for name in versions:
            end = next(index for index, result in enumerate(results) if result.task == f"{name}: held")
            mine, start = results[start : end + 1], end + 1
            message = next((result.msg for result in mine if result.task == f"{name}: failed"), None)
            facts = next((result.msg for result in mine if result.task == f"{name}: facts"), None)
            packages = next(result["stdout_lines"] for result in mine if result.task == f"{name}: installed")
            changed = [
                result.task.rpartition(" : ")[2] for result in mine if result.get("changed") and " : " in result.task
            ]
            found[name] = (message, dict(line.split() for line in packages), facts, changed, mine[-1]["stdout"])
        return Steps(found)

    @classmethod
    def tasks(cls, repository, name, variables):
        """One run of the role, and what there is after it."""
        role = {
            "name": f"{name}: run",
            "ansible.builtin.include_role": {"name": "community.opensips.opensips_server"},
            "vars": {
                **cls.variables(repository),
                **{f"opensips_server_{key}": value for key, value in variables.items()},
            },
        }
        facts = {"name": f"{name}: facts", "ansible.builtin.debug": {"msg": "{{ opensips_server_installed }}"}}
        failed = {"name": f"{name}: failed", "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}
        commands = {"installed": repository.list_command, "held": ["apt-get", "-y", "-s", "dist-upgrade"]}
        return [
            {"block": [role, facts], "rescue": [failed]},
            *(
                {"name": f"{name}: {word}", "ansible.builtin.command": {"argv": argv}}
                for word, argv in commands.items()
            ),
        ]

    @staticmethod
    def variables(repository):
        root = repository.root
        return {
            "opensips_server__apt_directory": str(root / "etc" / "apt"),
            "opensips_server__list_command": {
                "Debian": [
                    "dpkg-query",
                    f"--admindir={root}/var/lib/dpkg",
                    "-W",
                    "-f=${Package} ${Version} ${db:Status-Status}\n",
                    "opensips*",
                ]
            },
            "opensips_server_prerequisites": [],
            "opensips_server_apt_url": repository.url,
            "opensips_server_apt_key_url": f"file://{repository.key}",
            "opensips_server_apt_keyring": str(root / "opensips-org.gpg"),
            "opensips_server_apt_suite": apt_repository.SUITE,
            "opensips_server_binary": str(root / "usr" / "sbin" / "opensips"),
            "opensips_server_config_path": str(root / "etc" / "opensips" / "opensips.cfg"),
            "opensips_server_user": "root",
            "opensips_server_group": "root",
            "opensips_server_db_url": "sqlite:////var/lib/x",
            "opensips_server_mpath": str(root / "modules"),
            "opensips_server_mi_fifo": False,
            "opensips_server_apply": False,
            "opensips_server_check": False,
        }

    @pytest.mark.parametrize(
        "step, release",
        [
            ("exact", "3.6.8"),
            ("older", "3.6.8"),
            ("older if allowed", "3.6.7"),
            ("newest", "3.6.9"),
            ("another series", "3.6.9"),
            ("another series if told", "4.0.1"),
            ("back", "4.0.1"),
        ],
    )
    def test_the_packages(self, steps, step, release):
        if step == "another series" and "newest" not in steps:
            release = "3.6.8"
        assert steps[step][1] == {"opensips": f"{release}-1", "opensips-sqlite-module": f"{release}-1"}, steps[step][0]

    @pytest.mark.parametrize(
        "step, words",
        [
            (
                "older",
                [
                    "opensips_server_version is 3.6.7, but OpenSIPS 3.6.8 is installed",
                    "opensips_server_allow_downgrade",
                ],
            ),
            (
                "another series",
                ["opensips_server_version is 4.0, but OpenSIPS 3.6.", "opensips_server_upgrade"],
            ),
            ("back", ["opensips_server_version is 3.6, but OpenSIPS 4.0.1 is installed", "does not go back"]),
        ],
    )
    def test_what_is_refused_is_refused_before_anything_changes(self, steps, step, words):
        message, _installed, _facts, changed, _held = steps[step]
        assert all(text in message for text in words), message
        assert changed == []

    def test_a_second_run_changes_nothing(self, steps):
        assert steps["exact again"][0] is None
        assert steps["exact again"][3] == []

    @pytest.mark.parametrize("step", ["exact", "older if allowed"])
    def test_an_exact_release_is_held(self, steps, step):
        assert "0 upgraded" in steps[step][4]

    def test_a_series_is_not(self, steps, repository):
        assert not (repository.root / "etc/apt/preferences.d/opensips-server.pref").exists()

    def test_facts_of_what_is_installed(self, steps):
        facts = steps["exact"][2]
        assert facts, steps["exact"][0]
        assert facts["version"] == "3.6.8"
        assert facts["series"] == "3.6"
        assert facts["packages"] == {"opensips": "3.6.8-1", "opensips-sqlite-module": "3.6.8-1"}
        step = steps["another series if told"]
        assert step[2] and step[2]["version"] == "4.0.1", step[0]
