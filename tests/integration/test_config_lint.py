# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook config_lint, and what opensips_config_lint says against what an OpenSIPS that is installed accepts."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import subprocess
import time

import pytest

from ansible_collections.community.opensips.plugins.filter.opensips_config import opensips_config_lint
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips
from ansible_collections.community.opensips.tests.integration.support.opensips import (
    find_binary,
    find_modules,
    free_ports,
    release_of,
)

SECRET = "Zq9linted3cret"
SECONDS = 20
BOOK = {"import_playbook": "community.opensips.config_lint", "vars": {"opensips_hosts": "all"}}

MAIN = """\
include_file "modules.cfg"
children=4
modparam("tm", "fr_timer", 5)
modparam("usrloc", "db_url", "mysql://opensips:%s@localhost/opensips")
route {
    save("location");
    route(gone);
}
"""


@pytest.fixture(scope="module")
def linted(ansible, tmp_path_factory):
    """Results of the playbook on a host each: with errors, without any, without a file, with an unknown version."""
    folder = tmp_path_factory.mktemp("etc")
    (folder / "opensips.cfg").write_text(MAIN % SECRET, encoding="utf-8")
    (folder / "modules.cfg").write_text(f'loadmodule "tm.so"\nimport_file "{folder}/more.cfg"\n', encoding="utf-8")
    (folder / "more.cfg").write_text('loadmodule "usrloc.so"\nloadmodule "registrar.so"\nnope=1\n', encoding="utf-8")
    (folder / "m4.cfg").write_text('dnl a comment\nloadmodule "tm.so"\nroute { t_rely(); }\n', encoding="utf-8")
    (folder / "good.cfg").write_text('loadmodule "tm.so"\nroute { t_relay(); }\n', encoding="utf-8")
    path = str(folder / "opensips.cfg")
    hosts = {
        "bad": {"opensips_server_config_path": path, "config_lint_version": "4.0"},
        "shown": {"opensips_server_config_path": path, "config_lint_fail_on_error": False},
        "good": {"opensips_server_config_path": str(folder / "good.cfg"), "config_lint_version": 3.6},
        "preprocessed": {
            "opensips_server_config_path": str(folder / "m4.cfg"),
            "opensips_server_preprocessor": "sed -e s/^dnl.*//",
        },
        "missing": {"opensips_server_config_path": f"{path}.not"},
        "version": {"opensips_server_config_path": path, "config_lint_version": "7.1"},
    }
    return ansible.run_plays([BOOK], hosts, may_fail=True, check=True, arguments=["-vvv"])


def findings_of(results, host):
    (result,) = (result for result in results.of(host) if result.task == "Check the text")
    return [
        (pathlib.Path(finding["file"]).name, finding["line"], finding["rule"])
        for finding in result["ansible_facts"]["config_lint_findings"]
    ]


def failures_of(results, host):
    return [result.msg for result in results.of(host) if result.failed]


def test_the_playbook_reads_what_the_configuration_includes(linted):
    assert findings_of(linted, "bad") == [
        ("more.cfg", 3, "unknown_global_parameter"),
        ("opensips.cfg", 2, "removed_global_parameter"),
        ("opensips.cfg", 3, "removed_parameter"),
        ("opensips.cfg", 7, "missing_route"),
    ]
    assert failures_of(linted, "bad") == ["The configuration has 4 errors, which the task before lists."]
    assert "opensips.cfg:3: error: OpenSIPS 4.0 does not have the parameter fr_timer" in linted.output


def test_without_a_version_only_what_no_version_accepts_is_found(linted):
    rules = [rule for _file, _line, rule in findings_of(linted, "shown")]
    assert rules == ["unknown_global_parameter", "missing_route"]
    assert failures_of(linted, "shown") == []


def test_a_configuration_without_mistakes(linted):
    assert findings_of(linted, "good") == []
    assert failures_of(linted, "good") == []


def test_what_the_preprocessor_makes_is_checked(linted):
    assert findings_of(linted, "preprocessed") == [("m4.cfg", 3, "unknown_function")]


def test_bad_input_of_the_playbook(linted):
    (message,) = failures_of(linted, "missing")
    assert "opensips.cfg.not does not exist on the host. Set opensips_server_config_path" in message
    (message,) = failures_of(linted, "version")
    assert "version is '7.1'. Use one of 1.11" in message


def test_the_playbook_shows_no_secret_and_changes_nothing(linted):
    assert SECRET not in linted.output
    assert SECRET not in str(list(linted))
    assert not any(result.get("changed") for result in linted)


class Checked:
    """Configurations for the OpenSIPS that is installed."""

    def __init__(self, folder):
        self.binary = find_binary()
        self.release = release_of(self.binary)
        self.version = ".".join(map(str, self.release[:2]))
        self.modules = find_modules(self.binary)
        self.path = folder / "opensips.cfg"
        self.folder = folder
        (self.port,) = free_ports(1)

    def text(self, setting="", statement=""):
        modern = self.release >= (3,)
        lines = [
            f"{'socket' if self.release >= (3, 1) else 'listen'}=udp:127.0.0.1:{self.port}",
            *(["stderror_enabled=yes", "syslog_enabled=no"] if self.release >= (3, 4) else []),
            f'mpath="{self.modules}/"',
            *(
                f'loadmodule "{name}.so"'
                for name in ("proto_udp", "signaling", "sl", "tm", "sipmsgops", "usrloc", "registrar")
            ),
            setting,
            "route {",
            f"    {statement}",
            '    sl_send_reply(404, "Not Found");' if modern else '    sl_send_reply("404", "Not Found");',
            "}",
            "route[relay] { t_relay(); }",
            "route[unused] { route(relay); }",
        ]
        return "\n".join(lines) + "\n"

    def errors(self, text):
        found = opensips_config_lint(text, self.version)
        return [finding["rule"] for finding in found if finding["severity"] == "error"]

    def is_accepted(self, text):
        """Whether opensips -C accepts it."""
        self.path.write_text(text, encoding="utf-8")
        command = [self.binary, "-C", "-f", str(self.path)]
        return not subprocess.run(command, capture_output=True, timeout=SECONDS, check=False).returncode

    def starts(self, text):
        """Whether a server answers with it, before it ends by itself."""
        self.path.write_text(text, encoding="utf-8")
        command = [self.binary, "-f", str(self.path), "-F", "-m", "32", "-M", "4", "-w", str(self.folder)]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, start_new_session=True, **quiet)
        try:
            return self._answers(process)
        finally:
            process.terminate()
            process.wait(SECONDS)

    def _answers(self, process):
        request = (
            f"OPTIONS sip:127.0.0.1:{self.port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKlint\r\n"
            "From: <sip:a@127.0.0.1>;tag=a\r\nTo: <sip:b@127.0.0.1>\r\nCall-ID: lint\r\nCSeq: 1 OPTIONS\r\n"
            "Content-Length: 0\r\n\r\n"
        )
        until = time.monotonic() + SECONDS
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.2)
            while process.poll() is None and time.monotonic() < until:
                with contextlib.suppress(OSError):
                    client.sendto(request.encode(), ("127.0.0.1", self.port))
                    return client.recv(4096).startswith(b"SIP/2.0 404")
        assert process.poll() is not None, "the server neither answers nor ends"
        return False


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    return Checked(tmp_path_factory.mktemp("checked"))


# What opensips -C of each version accepts, or refuses; some of it depends on the version
SETTINGS = [
    "",
    "children=4",
    "udp_workers=4",
    "listen=udp:127.0.0.1:5060",
    "listen=udp:127.0.0.1:5061 use_children 2",
    "socket=udp:127.0.0.1:5061 use_workers 2",
    "nope=1",
    'modparam("tm", "fr_timer", 5)',
    'modparam("tm", "fr_timeout", 5)',
    'modparam("tm", "fr_timeout", "5")',
    'modparam("tm", "nope", 5)',
    'modparam("TM", "fr_timeout", 5)',
    'modparam("tm|usrloc", "timer_partitions", 2)',
    'modparam("rr", "append_fromtag", 1)',
    'modparam("registrar", "received_avp", 1)',
    'modparam("tm", "wt_timer", yes)',
    "route[relay] { exit; }",
    "timer_route[t, 5] { exit; }\ntimer_route[t, 5] { exit; }",
    'log_name="a"',
    "log_level=-1",
]
STATEMENTS = [
    "nope();",
    "save();",
    'save("location", , $tu);',
    'save("location", "m", "a", "b", "c", "d");',
    "loose_route();",
    "append_branch();",
    'append_msg_branch("sip:a@b");',
    'sethost("a");',
    'rewritehost("a");',
    "$var(x) = $nope;",
    "$var(x) = $DLG_status;",
    '$var(x) = $ru + $(hdr(X){s.select,1,#}) + $msg.is_request;',
    'if (method == "INVITE") { exit; }',
    "if (uri == myself) { exit; }",
    'if ($rm == "INVITE" && !is_method("ACK") || $ml > 5) { exit; }',
]  # fmt: skip
# ... and from OpenSIPS 3.0 on, where functions have types
TYPED = [
    'sl_send_reply("404", "Not Found");',
    "save(5);",
    "save($var(x));",
    'sl_send_reply($var(x), "Not Found");',
    "sl_send_reply(404, $var(x));",
]
# What only a start refuses
AT_START = ["route(gone);", 't_on_failure("gone");', "route(relay);"]


@needs_opensips
@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_as_opensips_checks_them(checked, setting):
    text = checked.text(setting)
    assert bool(checked.errors(text)) == (not checked.is_accepted(text))


@needs_opensips
@pytest.mark.parametrize("statement", [*STATEMENTS, *TYPED])
def test_statements_as_opensips_checks_them(checked, statement):
    if statement in TYPED and checked.release < (3,):
        pytest.skip("functions have no types before OpenSIPS 3.0")
    text = checked.text(statement=statement)
    assert bool(checked.errors(text)) == (not checked.is_accepted(text))


@needs_opensips
@pytest.mark.parametrize("statement", AT_START)
def test_statements_that_only_a_start_refuses(checked, statement):
    text = checked.text(statement=f'if ($rm == "NOPE") {{ {statement} }}')
    assert checked.is_accepted(text)
    assert bool(checked.errors(text)) == (not checked.starts(text))
