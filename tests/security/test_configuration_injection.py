# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of the role opensips_server that try to be more than a value in opensips.cfg.

What is written is read back by a parser of OpenSIPS' rules, and by the opensips that is installed. With it, OPENSIPS_PREFIX names
more of them (as PREFIX/3.6/opensips with PREFIX/3.6/mods).
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.filter import opensips_config
from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips
from ansible_collections.community.opensips.tests.integration.support.opensips import (
    find_binary,
    find_modules,
    release_of,
)
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION

FILTERS = opensips_config.FilterModule().filters()
value_of = FILTERS["opensips_config_value"]
problems = FILTERS["opensips_config_problems"]
ROLE = COLLECTION / "roles" / "opensips_server"
EXEC = "loadmodule '/x/exec.so'"

# cfg.lex: strings, comments, and what is one token outside of them
_TOKEN = re.compile(
    r"""
      (?P<blank>[ \t\b\r\n]+)
    | (?P<comment>\#[^\n]*|/\*)
    | (?P<double>")
    | '(?P<single>[^']*)'
    | (?P<ipv6>\[[0-9A-Fa-f:]+\])
    | (?P<ipv4>[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)
    | (?P<word>[A-Za-z][A-Za-z0-9_]*)
    | (?P<number>[0-9]+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_DOUBLE = re.compile(
    r"""(?P<end>") | \\(?P<letter>[nrat]) | \\(?P<itself>["\\]) | \\x(?P<hex>[0-9a-fA-F]{1,2}) | \\(?P<octal>[0-7]{2,3})
    | (?P<joined>\\\n) | (?P<plain>.)""",
    re.VERBOSE | re.DOTALL,
)


def parse(text):
    """The tokens of a configuration as (kind, value), as OpenSIPS 2.4 to 4.0 see them. Comments are an error here."""
    assert "\0" not in text, "the server would see the end of the text"
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        place, kind = match.end(), match.lastgroup
        assert kind != "comment", f"a comment at {place}: {text!r}"
        if kind == "double":
            value, place = _string(text, place)
            found.append(("string", value))
        elif kind != "blank":
            found.append(("string" if kind == "single" else kind, match[kind]))
    return found


def _string(text, place):
    letters = {"n": "\n", "r": "\r", "a": "\a", "t": "\t"}
    value = []
    while True:
        match = _IN_DOUBLE.match(text, place)
        assert match, f"a string does not end: {text!r}"
        place = match.end()
        kind = match.lastgroup
        if kind == "end":
            return "".join(value), place
        if kind in ("hex", "octal"):
            value.append(chr(int(match[kind], 16 if kind == "hex" else 8)))
        elif kind != "joined":
            value.append(letters[match[kind]] if kind == "letter" else match[kind])


# What attackers write, and any text
SNIPPETS = [
    '"', '\\"', "\\", "\\\\", "'", "\n", "\r", "\r\n", "\t", "\\n", "\\x22", "\\042", "\\\n", "#", "/*", "*/", ";", ")", "{", "}", "$(ru)",
    f'")\n{EXEC}\n', f"' {EXEC}", '")', "startup_route{", "include_file '/etc/passwd'", "__OSSPP_LINE__ 1", "`", "define(`a', `b')", "é",
]  # fmt: skip
TEXTS = st.one_of(st.lists(st.sampled_from(SNIPPETS), max_size=8).map("".join), st.text(max_size=40))


def allowed(text):
    """Whether the text has none of the characters that no value may have."""
    return not re.search("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", text)


def refused(value, kind="parameter"):
    with pytest.raises(Exception, match="opensips_config_value") as caught:
        value_of(value, kind)
    return str(caught.value)


@given(TEXTS)
@example(f'x")\n{EXEC}\nmodparam("tm", "y", "')
@example("\\")
@example("\r" + EXEC)
def test_the_server_reads_a_text_as_that_text(text):
    if not allowed(text):
        # the message is the same whatever the value is: it may be a secret
        assert refused(text) == refused("\0")
        return
    for kind, before, after in (
        ("parameter", [("word", "modparam"), ("other", "("), ("string", "m"), ("other", ","), ("string", "n"), ("other", ",")], ")"),
        ("setting", [("word", "user_agent_header"), ("other", "=")], ""),
    ):  # fmt: skip
        written = value_of(text, kind)
        line = f'modparam("m", "n", {written})\n' if after else f"user_agent_header={written}\n"
        assert "\n" not in written and "\r" not in written, "a line of its own may be an include_file"
        rest = [("other", ")")] if after else []
        assert parse(line + "route {}") == [
            *before,
            ("string", text),
            *rest,
            ("word", "route"),
            ("other", "{"),
            ("other", "}"),
        ]


# What may stand in a line of a socket or an alias without quotes
KEYWORDS = {
    "as", "anycast", "frag", "reuse_port", "accept_subdomain", "use_workers", "use_children", "tos", "tag", "use_auto_scaling_profile",
    "proxy", "allow_proxy", "send_proxy", "proxy_protocol", "allow_proxy_protocol", "send_proxy_protocol",
}  # fmt: skip
PARTS = [
    "udp", "tcp", "any", ":", "::", "127.0.0.1", "1.2.3", "[::1]", "[fe80::1%eth0]", "*", "sip.example.com", "eth0", "5060", "5060-5070", ",", "70000",
    " ", "  ", " as ", " use_workers ", " tos ", " tag ", " anycast", "x", "-", "=", "(", "log_level=4", " log_level=4", "loadmodule", "route", f" {EXEC}",
    *SNIPPETS,
]  # fmt: skip
LINES = st.one_of(st.lists(st.sampled_from(PARTS), max_size=9).map("".join), st.text(max_size=30))


@given(LINES, st.sampled_from(["socket", "alias"]))
@example("udp:127.0.0.1:22055 " + EXEC, "socket")
@example("udp:127.0.0.1:22055 log_level=4", "socket")
@example("udp:127.0.0.1:22055\rlog_level=4", "socket")
@example("udp:127.0.0.1:22055\n", "socket")
@example('x.example\nstartup_route { exec("/x"); }', "alias")
@example("udp:2001:db8::1:5060", "socket")
def test_a_socket_is_refused_or_stays_one_socket(text, kind):
    try:
        written = value_of(text, kind)
    except Exception as error:
        assert "opensips_config_value" in str(error)
        return
    assert "\n" not in written and "\r" not in written
    free = False
    for number, (token, value) in enumerate(parse(written)):
        if token == "string":
            assert re.fullmatch(r"[A-Za-z0-9_.-]+", value)
        elif token == "word":
            # the first is the protocol; after tag and its kind there is a name
            assert number == 0 or free or value in KEYWORDS, written
        elif token == "other":
            assert value in ":,-*"
        free = value in ("tag", "use_auto_scaling_profile")


GOOD = {
    "udp:127.0.0.1:5060": "udp:127.0.0.1:5060",
    "udp:*": "udp:*",
    "tcp:[2001:db8::1]:5060": "tcp:[2001:db8::1]:5060",
    # words of the configuration's language, and digits at the beginning, have to be quoted
    "udp:route.example.com:5060": 'udp:"route.example.com":5060',
    "udp:1and1.example:5060": 'udp:"1and1.example":5060',
    "udp:eth0:5060-5063,5070": 'udp:"eth0":5060-5063,5070',
    "udp:127.0.0.1:5060  AS 192.0.2.1:5060 Use_Children 2": "udp:127.0.0.1:5060 as 192.0.2.1:5060 use_workers 2",
    "tls:192.0.2.1:5061 tag wan anycast tos 24": "tls:192.0.2.1:5061 tag wan anycast tos 24",
    "tcp:192.0.2.1:5060 allow-proxy-protocol": "tcp:192.0.2.1:5060 allow_proxy_protocol",
}


@pytest.mark.parametrize("text", sorted(GOOD))
def test_sockets_that_are_allowed(text):
    assert value_of(text, "socket", "3.6") == GOOD[text]


def test_what_differs_between_versions_and_kinds():
    assert value_of("udp:127.0.0.1 use_workers 2", "socket", "2.4") == "udp:127.0.0.1 use_children 2"
    assert [value_of(each) for each in (True, False, 5, -1)] == ["1", "0", "5", "-1"]
    assert [value_of(each, "setting") for each in (True, False, 5)] == ["yes", "no", "5"]
    assert value_of("sip.example.com", "alias") == '"sip.example.com"'
    assert value_of("any:[::1]:5060 accept_subdomain", "alias") == "any:[::1]:5060 accept_subdomain"
    assert value_of("192.0.2.1", "host") == '"192.0.2.1"'
    assert value_of(" 4 ", "number") == "4"


@pytest.mark.parametrize(
    "value, kind",
    [
        (None, "parameter"), (1.5, "parameter"), ({}, "setting"), ("5 log_level=4", "number"), (True, "number"), ("LOG_LOCAL0\n", "word"),
        ("16 x=1", "word"), ("", "word"), ("sip.example.com ", "host"), ("a\0b", "parameter"), ("a\x1bb", "setting"), (["a"], "socket"),
        ("*", "alias"), ("udp:*", "alias"), ("a b", "alias"), ("sip.example.com:5060", "alias"), ("", "alias"), ("udp:a:1-2", "alias"),
    ],
)  # fmt: skip
def test_values_that_are_refused(value, kind):
    assert kind in refused(value, kind)


# The role. Of each option whose value is written somewhere: one that tries to be more
SUFFIX = f"\n{EXEC}"
HOSTILE = {
    "advertised_address": "192.0.2.1" + SUFFIX,
    "aliases": ["sip.example.com", 'x.example\nstartup_route { exec("/x"); }'],
    "apt_key_checksum": "sha256:0\nx: y",
    "apt_key_url": "https://example.com/key\nTrusted: yes",
    "apt_keyring": "/usr/share/keyrings/x.gpg\nTrusted: yes",
    "apt_suite": "bookworm\nTrusted: yes",
    "apt_url": "https://example.com\nTrusted: yes",
    "binary": "/usr/sbin/opensips\n",
    "capture_address": "192.0.2.9:9060; transport=tcp",
    "capture_id": "1) " + EXEC,
    "config_mode": "0640\n",
    "config_owner": "root; reboot",
    "config_path": "/etc/opensips/*",
    "db_url": "mysql://opensips:s3cret@db/x" + SUFFIX,
    "dispatcher_set": '1); exec("/x"',
    "drouting_group": '0); exec("/x"',
    "globals": {"tos": "16 log_level=4", "mhomed": "yes", "include_file": "/etc/passwd"},
    "group": "opensips\n[Service]",
    "load_balancer_group": '1); exec("/x"',
    "load_balancer_resource": 'calls"); exec("/x',
    "log_facility": "LOG_LOCAL0" + SUFFIX,
    "log_level": "3" + SUFFIX,
    "log_name": "edge\0",
    "mi_datagram_socket": "udp:127.0.0.1:8080\n",
    "mi_fifo_mode": "0660\n",
    "mi_fifo_path": "/run/opensips/fifo\n",
    "mi_group": "operators\nExecStartPre=/x",
    "mi_http_address": "127.0.0.1\n",
    "mi_http_port": "8888) " + EXEC,
    "mi_http_receive_size": "65536) " + EXEC,
    "mi_reply_dir": "/run/opensips/%h;x",
    "mi_reply_dir_mode": "2770\n",
    "modparams": {"tm": {"fr_timeout": "s3cret\0", 'x", "y", 1)\n' + EXEC + "\n#": 1}, "nope": {}},
    "modules": ["tm", "/x/exec", "sl\n"],
    "mpath": '/usr/lib/" ' + EXEC,
    "nat_media": 'rtpengine"; exec("/x',
    "nat_media_sockets": ['udp:127.0.0.1:2223") ' + EXEC],
    "parts": ["presence"],
    "presence_server": 'sip:x";exec',
    "rate_limit": '1, "TAILDROP"); exec("/x"',
    "registrar_auth": True,
    "schema": True,
    "schema_database": {"db_url": "postgres://opensips:s3cret@db\nx"},
    "service": "../../x",
    "sockets": [f"udp:127.0.0.1:22055 {EXEC}", "udp:127.0.0.1:22055 log_level=4", "udp:127.0.0.1:22055\rlog_level=4"],
    "tcp_workers": "4" + SUFFIX,
    "tls_ca": '/x"' + EXEC,
    "tls_certificate": "/x]\n" + EXEC,
    "tls_private_key": "/x y",
    "udp_workers": "8" + SUFFIX,
    "user": "root\nExecStartPre=/x",
    "version": "3.6\nTrusted: yes",
    "xlog_level": "1" + SUFFIX,
    "yum_key_url": "https://example.com/ x",
    "yum_url": "https://example.com\n[x]",
}
# An option of a list or a mapping counts with each of its wrong entries
ENTRIES = [
    "opensips_server_schema_database.db_url is not a valid URL. ",
    "opensips_server_aliases[1]: ", "opensips_server_globals.tos: ", "opensips_server_globals: the name include_file",
    "opensips_server_modparams.tm.fr_timeout: ",
    'opensips_server_modparams.tm: the name x", "y", 1)\\n', "opensips_server_modparams.nope: ", "opensips_server_modules[1]: ", "opensips_server_modules[2]: ",
    *[f"opensips_server_sockets[{index}]: " for index in range(3)],
]  # fmt: skip


def role_file(name):
    return yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))


def test_every_checked_option_has_an_attack():
    assert {f"opensips_server_{name}" for name in HOSTILE} == set(
        role_file("vars/main.yml")["opensips_server__checked"]
    )


@pytest.fixture(scope="module")
def role(ansible):
    """{host: Results} of the role's checks, which are all that comes before the first change."""
    fine = {
        "modparams": {"uac": {"credential": 'edge:x:"\\\n#', "auth_username_avp": ["$avp(a)", "b'"]}},
        "aliases": ["1and1.example"],
    }
    hosts = {
        "hostile": {f"opensips_server_{name}": value for name, value in HOSTILE.items()},
        "hostile, own file": {**{f"opensips_server_{name}": value for name, value in HOSTILE.items()}, "opensips_server_config_file": "/etc/hostname"},
        "fine": {
            **{f"opensips_server_{name}": value for name, value in fine.items()},
            "opensips_server_modules": ["sl", "tm", "uac"],
            "opensips_server_mpath": "/usr/lib/opensips/modules",
            # for the template, outside of the role
            "role_path": str(ROLE),
        },
    }  # fmt: skip
    names = {f"host{number}": name for number, name in enumerate(hosts)}
    include = {"ansible.builtin.include_role": {"name": "community.opensips.opensips_server", "tasks_from": "assert"}}
    text = {
        "name": "text",
        "ansible.builtin.debug": {"msg": "{{ opensips_server__config_text }}"},
        "when": "inventory_hostname == 'host2'",
    }
    failed = {"name": "failed", "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}
    include["ansible.builtin.include_role"]["public"] = True
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"block": [include, text], "rescue": [failed]}]}
    results = ansible.run_plays([play], {host: hosts[name] for host, name in names.items()})
    return {name: results.of(host) for host, name in names.items()}


def test_the_role_refuses_each_of_them_and_names_it(role):
    message = role["hostile"]["failed"].msg
    single = [f"opensips_server_{name}" for name, value in HOSTILE.items() if isinstance(value, str)]
    assert [name for name in [*single, *ENTRIES] if name not in message] == [], message
    assert "s3cret" not in str(role["hostile"])
    assert not re.search("[\0-\x1f\x7f]", message), "values are shown escaped"


def test_options_that_every_configuration_uses_are_refused_with_a_file_too(role):
    message = role["hostile, own file"]["failed"].msg
    assert "opensips_server_mi_group is operators\\nExecStartPre=/x. " in message
    assert "opensips_server_sockets" not in message


def test_the_role_writes_what_is_allowed_so_that_it_is_read_back(role):
    text = role["fine"]["text"].msg
    lines = [line for line in text.splitlines() if line.startswith(("modparam(", "alias="))]
    tokens = [token for line in lines for token in parse(line)]
    strings = [value for kind, value in tokens if kind == "string"]
    assert strings[0] == "1and1.example"
    place = strings.index("credential")
    assert strings[place : place + 6] == [
        "credential", 'edge:x:"\\\n#', "uac", "auth_username_avp", "$avp(a)", "uac",
    ]  # fmt: skip


# Real servers


def binaries():
    """{version: (binary, folder of modules)}"""
    prefix = os.environ.get("OPENSIPS_PREFIX")
    found = {}
    for path in sorted(pathlib.Path(prefix).glob("*/opensips")) if prefix else []:
        found[path.parent.name] = (str(path), path.parent / "mods")
    binary = find_binary()
    if binary:
        found.setdefault("{}.{}".format(*release_of(binary)), (binary, find_modules(binary)))
    return {version: each for version, each in found.items() if (each[1] / "statistics.so").exists()}


@pytest.fixture(params=[pytest.param(version, marks=needs_opensips) for version in ("2.4", "3.4", "3.5", "3.6", "4.0")])
def real(request):
    """check(lines): (status, output) of opensips -C on a configuration with these lines. version: such as 3.6."""
    version = request.param
    found = binaries()
    if version not in found:
        pytest.skip(f"no OpenSIPS {version} with the module statistics here")
    binary, modules = found[version]

    def check(*lines, socket="udp:127.0.0.1:27055"):
        text = "\n".join(
            [
                "log_stderror=yes" if version < "3.4" else "stderror_enabled=yes",
                ("listen=" if version < "3.1" else "socket=") + value_of(socket, "socket", version),
                f'mpath="{modules}/"',
                *(f'loadmodule "{name}.so"' for name in ("proto_udp", "statistics")),
                *lines,
                "route {\n    exit;\n}\n",
            ]
        )
        done = subprocess.run(
            [binary, "-C", "-f", "-"], input=text.encode(), capture_output=True, timeout=60, check=False
        )
        return done.returncode, (done.stderr + done.stdout).decode("utf-8", "replace")

    check.version = version
    return check


def test_a_real_server_reads_hostile_texts_as_those_texts(real):
    """statistics says which flag it does not know."""
    texts = ["".join(SNIPPETS), *SNIPPETS, f'x")\n{EXEC}\nmodparam("statistics", "variable", "y']
    lines = [f'modparam("statistics", "variable", {value_of(f"name/{text}|END")})' for text in texts]
    status, output = real(*lines)
    assert status != 0
    assert [text for text in texts if f"<{text}|END>" not in output] == [], output
    assert "load_module" not in output


def test_a_real_server_accepts_what_is_allowed(real):
    aliases = [
        "sip.example.com",
        "1and1.example",
        "udp:route.example.com:5060",
        "any:loadmodule",
        "udp:[2001:db8::1]:5060",
    ]
    lines = [f"alias={value_of(each, 'alias')}" for each in aliases]
    lines.append(f"advertised_address={value_of('alias.example.com', 'host')}")
    status, output = real(*lines, socket="udp:127.0.0.1:27055 as 192.0.2.1:5060 use_workers 2")
    assert status == 0, output
    status, output = real(socket="udp:localhost:27055")
    assert status == 0, output
