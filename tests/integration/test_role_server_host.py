# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role opensips_server by itself refuses before it changes a host: ports, certificates, and URLs of databases."""

from __future__ import annotations

import contextlib
import socket

import pytest

from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.opensips_service import Service
from ansible_collections.community.opensips.tests.integration.support.server_role import variables_of

TLS = {"parts": ["registrar", "tls"], "registrar_auth": False}
PLAY = {"hosts": "all", "gather_facts": False, "roles": ["community.opensips.opensips_server"]}


@pytest.fixture(scope="module")
def refused(ansible, tmp_path_factory):
    """({name of a case: its Results}, the service)."""
    folder = tmp_path_factory.mktemp("host")
    certificate, _key = Authority(folder, "ca").issue("server", "127.0.0.1")
    other = Authority(folder, "other-ca").issue("other", "127.0.0.1")[1]
    service = Service("3.6")
    with contextlib.ExitStack() as stack:
        stack.callback(service.close)
        opened = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        opened.bind(("127.0.0.1", 0))
        sockets = [f"udp:127.0.0.1:{service.sip_port}", f"tls:127.0.0.1:{service.sip_port}"]
        files = {"sockets": sockets, "tls_certificate": certificate, "tls_private_key": other}
        cases = {
            "a UDP port": {"sockets": [sockets[0], f"udp:127.0.0.1:{opened.getsockname()[1]}"]},
            "another key": {**TLS, **files},
            "no key": {**TLS, **files, "tls_private_key": str(folder / "nowhere.pem")},
            "a URL": {"db_url": "mysql://opensips:s3cret@localhost"},
        }
        hosts = {
            f"case{number}": {**service.variables(), **variables_of(case)} for number, case in enumerate(cases.values())
        }
        results = ansible.run_plays([PLAY], hosts, may_fail=True)
        yield {name: results.of(host) for name, host in zip(cases, hosts, strict=True)}, service


@pytest.mark.parametrize(
    "name, words",
    [
        ("a UDP port", ["opensips_server_sockets[1]: another program", "udp:127.0.0.1:"]),
        ("another key", ["opensips_server_tls_private_key: ", "not the key of the certificate"]),
        ("no key", ["opensips_server_tls_private_key", "nowhere.pem", "Copy"]),
        ("a URL", ["opensips_server_db_url is not a valid URL", "mysql://user:password@host/database"]),
    ],
)
def test_it_is_refused_with_option_and_remedy(refused, name, words):
    failed = [each for each in refused[0][name] if each.failed][-1]
    assert [word for word in words if word not in failed.msg] == [], failed.msg
    assert "s3cret" not in failed.msg


def test_nothing_was_changed(refused):
    results, service = refused
    assert [each.task for mine in results.values() for each in mine if each.get("changed")] == []
    assert not service.config.parent.exists() and not service.fifo.parent.exists()
    assert service.starts == 0
