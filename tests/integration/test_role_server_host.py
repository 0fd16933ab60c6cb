# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role opensips_server by itself refuses before it changes a host: ports, certificates, and URLs of databases."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import subprocess
import sys

import pytest

from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.opensips import free_ports
from ansible_collections.community.opensips.tests.integration.support.opensips_service import Service
from ansible_collections.community.opensips.tests.integration.support.server_role import variables_of

TLS = {"parts": ["registrar", "tls"], "registrar_auth": False}
PLAY = {"hosts": "all", "gather_facts": False, "roles": ["community.opensips.opensips_server"]}
# A program whose name is its file's
PROGRAM = """\
#!{python}
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
    opened.bind(("127.0.0.1", int(sys.argv[1])))
    print("bound", flush=True)
    sys.stdin.read()
"""


def own(folder, name, *lines, template=False):
    """Variables for a configuration of the user's own with these lines."""
    path = folder / f"{name}.cfg"
    path.write_text("\n".join(["log_level=3", *lines, ""]), encoding="utf-8")
    return {"config_template" if template else "config_file": str(path)}


def tls_mgm(domain, certificate, key):
    return [
        f'modparam("tls_mgm", "certificate", "{domain}{certificate}")',
        f'modparam("tls_mgm", "private_key", "{domain}{key}")',
    ]


def joined(path, *parts):
    """The path of a file that has what the others have."""
    path.write_bytes(b"".join(pathlib.Path(part).read_bytes() for part in parts))
    return path


def run_cases(ansible, cases):
    """{name of a case: its Results}. cases: {name: (service, variables)}."""
    hosts = {f"case{number}": {**service.variables(), **more} for number, (service, more) in enumerate(cases.values())}
    results = ansible.run_plays([PLAY], hosts, may_fail=True)
    return {name: results.of(host) for name, host in zip(cases, hosts, strict=True)}


@pytest.fixture(scope="module")
def refused(ansible, tmp_path_factory):
    """({name of a case: its Results}, the service)."""
    folder = tmp_path_factory.mktemp("host")
    certificate, key = Authority(folder, "ca").issue("server", "127.0.0.1")
    other = Authority(folder, "other-ca").issue("other", "127.0.0.1")[1]
    nowhere = folder / "nowhere.pem"
    backwards = joined(folder / "backwards.pem", folder / "ca.pem", certificate)
    service = Service("3.6")
    with contextlib.ExitStack() as stack:
        stack.callback(service.close)
        opened = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        opened.bind(("127.0.0.1", 0))
        taken = f"udp:127.0.0.1:{opened.getsockname()[1]}"
        free = f"udp:127.0.0.1:{service.sip_port}"
        files = {
            "sockets": [free, free.replace("udp", "tls")],
            "tls_certificate": certificate,
            "tls_private_key": other,
        }
        datagram = f'modparam("mi_datagram", "socket_name", "{taken}")'
        cases = {
            "a UDP port": {"sockets": [free, taken]},
            "a UDP port in text": {"globals_text": f"\nsocket={taken}"},
            "another key": {**TLS, **files},
            "no key": {**TLS, **files, "tls_private_key": str(nowhere)},
            "a URL": {"db_url": "mysql://opensips:s3cret@localhost"},
            "own: a UDP port": own(folder, "port", f"socket={free}", f"socket={taken} as sip.example.com"),
            "own: a port of MI": own(folder, "mi", datagram, template=True),
            "own: another key": own(folder, "key", 'loadmodule "tls_mgm.so"', *tls_mgm("[a]", certificate, other)),
            "own: another key for 2.4": own(folder, "key24", *tls_mgm("", certificate, other)),
            "own: no key": own(folder, "nowhere", *tls_mgm("[a]", certificate, nowhere)),
            "own: a chain that begins with its authority": own(folder, "chain", *tls_mgm("[a]", backwards, key)),
            "own: a key of two": own(
                folder, "two", *tls_mgm("[a]", certificate, key), *tls_mgm("[b]", certificate, other)
            ),
        }
        results = run_cases(ansible, {name: (service, variables_of(case)) for name, case in cases.items()})
        yield results, service


@pytest.mark.parametrize(
    "name, words",
    [
        ("a UDP port", ["opensips_server_sockets[1]: another program", "udp:127.0.0.1:"]),
        ("a UDP port in text", ["opensips_server_globals_text, line 2: another program"]),
        ("another key", ["opensips_server_tls_private_key: ", "not the key of the certificate"]),
        ("no key", ["opensips_server_tls_private_key: ", "nowhere.pem", "Copy"]),
        ("a URL", ["opensips_server_db_url is not a valid URL", "mysql://user:password@host/database"]),
        ("own: a UDP port", ["opensips_server_config_file, line 3: another program", "choose another port"]),
        ("own: a port of MI", ["the result of opensips_server_config_template, line 2: another program"]),
        (
            "own: another key",
            ["opensips_server_config_file, line 3 and line 4: private_key: it is not the key of the certificate"],
        ),
        ("own: another key for 2.4", ["opensips_server_config_file, line 2 and line 3: private_key: it is not"]),
        (
            "own: a chain that begins with its authority",
            [
                "opensips_server_config_file, line 2 and line 3: certificate: number 2",
                "List the certificate of the domain",
            ],
        ),
        ("own: no key", ["opensips_server_config_file, line 2 and line 3: ", "nowhere.pem", "Copy"]),
        ("own: a key of two", ["opensips_server_config_file, line 4 and line 5: private_key: it is not"]),
    ],
)
def test_it_is_refused_with_option_and_remedy(refused, name, words):
    failed = [each for each in refused[0][name] if each.failed][-1]
    assert [word for word in words if word not in failed.msg] == [], failed.msg
    assert "s3cret" not in failed.msg
    assert len(failed.msg.split(": private_key: ")) <= 2


def test_nothing_was_changed(refused):
    results, service = refused
    assert [each.task for mine in results.values() for each in mine if each.get("changed")] == []
    assert not service.config.parent.exists() and not service.fifo.parent.exists()
    assert service.starts == 0


@pytest.fixture(scope="module")
def accepted(ansible, tmp_path_factory):
    """{name of a case: (its Results, its service)} of configurations that are none of the role's business, or fine."""
    folder = tmp_path_factory.mktemp("accepted")
    authority = Authority(folder, "ca")
    certificate, key = authority.issue("server", "127.0.0.1")
    ended = authority.issue("ended", "127.0.0.1", days=-1)
    [port, used, used_by_ipv6] = free_ports(3)
    # the same certificate twice: a server starts with it
    chain = joined(folder / "twice.pem", certificate, certificate)
    program = folder / "opensips"
    program.write_text(PROGRAM.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    socket_of_server, socket_of_other = f"socket=udp:127.0.0.1:{port}", f"socket=udp:127.0.0.1:{used}"
    cases = {
        "harmless": own(
            folder, "harmless", f"socket=udp:*:{port}", *tls_mgm("[a]", certificate, key), 'socket=udp:"eth0":5060'
        ),
        "a server that runs": own(folder, "runs", socket_of_server),
        "an ended certificate": own(folder, "ended", *tls_mgm("", *ended)),
        "the part tls with an ended certificate": {
            **TLS,
            "sockets": ["tls:127.0.0.1"],
            **dict(zip(("tls_certificate", "tls_private_key"), ended, strict=True)),
        },
        "a chain in a wrong order": own(folder, "order", *tls_mgm("[a]", chain, key)),
        "a port that another program uses for IPv6 only": own(folder, "ipv6", f"socket=udp:127.0.0.1:{used_by_ipv6}"),
        "an address that the host does not have": own(folder, "elsewhere", f"socket=udp:*:{port}"),
        "of an included file": own(
            folder, "includes", 'include_file "tls.cfg"', *tls_mgm("[a]", certificate, folder / "nowhere")
        ),
        "for a preprocessor": {**own(folder, "m4", socket_of_other), "preprocessor": "m4"},
        "of facts of the installation": own(
            folder, "facts", socket_of_other, "# {{ opensips_server_installed.version }}", template=True
        ),
        "not checked": {**own(folder, "any", socket_of_other), "check_host": False},
        "not applied": {
            **own(folder, "later", socket_of_other, *tls_mgm("[a]", certificate, folder / "nowhere")),
            "apply": False,
        },
    }
    with contextlib.ExitStack() as stack:
        services = {}
        for name in cases:
            services[name] = Service("3.6")
            stack.callback(services[name].close)
        stack.enter_context(socket.socket(type=socket.SOCK_DGRAM)).bind(("127.0.0.1", used))
        with contextlib.suppress(OSError):
            other = stack.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
            other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            other.bind(("::", used_by_ipv6))
        stack.enter_context(socket.socket(type=socket.SOCK_DGRAM)).bind(("127.0.1.1", port))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        server = stack.enter_context(subprocess.Popen([str(program), str(port)], **pipes))
        assert server.stdout.readline() == "bound\n"
        variables = {
            name: variables_of(
                case, connection={"fifo_path": str(services[name].fifo), "reply_dir": str(services[name].replies)}
            )
            for name, case in cases.items()
        }
        results = run_cases(ansible, {name: (services[name], variables[name]) for name in cases})
        yield {name: (results[name], services[name]) for name in cases}
        server.stdin.close()


@pytest.mark.parametrize(
    "name",
    [
        "harmless",
        "a server that runs",
        "an ended certificate",
        "the part tls with an ended certificate",
        "a chain in a wrong order",
        "a port that another program uses for IPv6 only",
        "an address that the host does not have",
        "of an included file",
        "for a preprocessor",
        "of facts of the installation",
        "not checked",
        "not applied",
    ],
)
def test_what_is_fine_or_not_known_is_accepted(accepted, name):
    results, service = accepted[name]
    results.must_succeed()
    assert service.config.exists()
    assert service.starts == (name != "not applied")


@pytest.mark.parametrize("name", ["an ended certificate", "the part tls with an ended certificate"])
def test_an_ended_certificate_is_a_warning(accepted, name):
    warnings = [
        text
        for each in accepted[name][0]
        for item in [each, *each.get("results", [])]
        for text in item.get("warnings", [])
    ]
    assert any("CN=ended ended at" in text for text in warnings), warnings
