# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configurations that the role opensips_server writes, against files in fixtures/server, and before an opensips that is installed.

WRITE_FIXTURES=1 writes the files anew; look at what git says of them then.
"""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.community.opensips.tests.integration.support.fixtures import needs_opensips
from ansible_collections.community.opensips.tests.integration.support.opensips import (
    find_binary,
    find_modules,
    release_of,
)
from ansible_collections.community.opensips.tests.integration.support.server_role import (
    assert_as_before,
    assert_taken,
    render,
    variables_of,
)

FIXTURES = pathlib.Path(__file__).with_name("fixtures") / "server"

# All that is in the packages opensips and opensips-http-modules, so that opensips -C can look at it
FULL = {
    "log_level": 2,
    "xlog_level": 1,
    "log_target": "syslog",
    "log_facility": "LOG_LOCAL3",
    "log_name": "edge",
    "sockets": ["udp:127.0.0.1:5060 as 192.0.2.1:5060 use_children 2", "tcp:127.0.0.1:5060", "bin:127.0.0.1:5555"],
    "udp_workers": 4,
    "tcp_workers": 3,
    "aliases": ["udp:sip.example.com:5060", "tcp:sip.example.com:5060"],
    "auto_aliases": True,
    "advertised_address": "192.0.2.1",
    "db_url": "text:///etc/opensips/db",
    "globals": {
        "mhomed": True,
        "tcp_listen_backlog": 64,
        "xlog_print_level": 2,
        "server_signature": False,
        "user_agent_header": 'User-Agent: the "edge" \\ one',
        "tos": "IPTOS_LOWDELAY",
    },
    "globals_text": "disable_core_dump=yes\n",
    "modules": [
        "signaling",
        "sl",
        "tm",
        "rr",
        "maxfwd",
        "sipmsgops",
        "usrloc",
        "registrar",
        "dialog",
        "cachedb_local",
        "httpd",
    ],
    "modparams": {
        "tm": {"fr_timeout": 5, "auto_100trying": False},
        "usrloc": {"working_mode_preset": "single-instance-no-db"},
        "cachedb_local": {"cachedb_url": ["local://", "local:more://"]},
        "httpd": {"port": 8899},
        "mi_fifo": {"fifo_user": "root"},
    },
    "modules_text": 'modparam("rr", "append_fromtag", 1)',
    "routes": '# ours\nroute {\n    xlog("it is $rm\\n");\n    route(relay);\n}\nroute[relay] {\n    exit;\n}\n',
    "mi_group": "operators",
    "mi_fifo_path": "/run/opensips/mi/fifo",
    "mi_fifo_mode": "0620",
    "mi_reply_dir": "/run/opensips/mi/replies",
    "mi_datagram": True,
    "mi_datagram_socket": "udp:127.0.0.1:8081",
    "mi_http": True,
    "mi_http_address": "127.0.0.2",
}
SECURE = {
    "log_target": "stderror",
    "sockets": ["tls:192.0.2.1:5061", "wss:192.0.2.1:443", "udp:192.0.2.1:5060"],
    "tls_library": "wolfssl",
    "db_url": "mysql://opensips:p%40ss@db.example.com/opensips",
    "mi_fifo": False,
    "mi_http": True,
}
VERSIONS = ["2.4", "3.0", "3.1", "3.4", "3.6", "4.0"]
CASES = {
    **{f"{version}-default": {"version": version} for version in VERSIONS},
    **{f"{version}-full": {"version": version, **FULL} for version in VERSIONS},
    **{f"{version}-secure": {"version": version, **SECURE} for version in ("2.4", "3.1", "4.0")},
}


@pytest.fixture(scope="module")
def written(ansible):
    """{name of a case: the configuration}"""
    return render(ansible, {name: ("opensips_server__config_text", variables_of(case)) for name, case in CASES.items()})


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_configuration_is_as_it_was(written, name):
    assert_as_before(FIXTURES / f"{name}.cfg", written[name])


def test_each_fixture_has_a_case():
    assert {path.stem for path in FIXTURES.glob("*.cfg")} == set(CASES)


@needs_opensips
@pytest.mark.parametrize("case", [{}, FULL], ids=["default", "full"])
def test_opensips_takes_it(ansible, case):
    binary = find_binary()
    version = "{}.{}".format(*release_of(binary))
    values = variables_of(case, version=version, mpath=str(find_modules(binary)))
    assert_taken(render(ansible, {"case": ("opensips_server__config_text", values)})["case"])
