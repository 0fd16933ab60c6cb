# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS domains are read from configurations of each version, and what cannot be known is left out."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.filter import opensips_config
from ansible_collections.community.opensips.tests.integration.support.server_role import ROLE

FIXTURES = ROLE.parent.parent / "tests" / "integration" / "fixtures" / "server_parts"
domains = opensips_config.FilterModule().filters()["opensips_config_tls_domains"]


def configuration(**parameters):
    """A text with parameters of tls_mgm, each in a line from 2 on: {name: value or values}."""
    lines = [
        f'modparam("tls_mgm", "{name}", "{value}")'
        for name, values in parameters.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    return "\n".join(['loadmodule "tls_mgm.so"', *lines])


def entry(name, files, where, role="server"):
    return {
        "name": name,
        "role": role,
        **dict(zip(("certificate_file", "private_key_file", "ca_file"), files, strict=False)),
        "where": where,
    }


PAIR = {"certificate": "[a]/tls/a.pem", "private_key": "[a]/tls/a.key"}
FILES = ("/tls/a.pem", "/tls/a.key")

KNOWN = {
    "2.4, the default domains": (
        {"certificate": "/tls/a.pem", "private_key": "/tls/a.key", "ca_list": "/tls/ca.pem"},
        [entry("default", (*FILES, "/tls/ca.pem"), "cfg, line 2, line 3 and line 4")],
    ),
    "2.4, domains with addresses": (
        {"server_domain": "a=192.0.2.1:5061", "client_domain": "b=192.0.2.2:5061"}
        | {"certificate": ["[a]/tls/a.pem", "[b]/tls/b.pem"], "private_key": ["[a]/tls/a.key", "[b]/tls/b.key"]},
        [
            entry("a", FILES, "cfg, line 4 and line 6"),
            entry("b", ("/tls/b.pem", "/tls/b.key"), "cfg, line 5 and line 7", "client"),
        ],
    ),
    "3.0 and later": (
        {"server_domain": "a", "client_domain": "b"}
        | {"certificate": [" [b]/tls/b.pem", "[a]/tls/a.pem"], "private_key": ["[a]/tls/a.key", "[b]/tls/b.key"]},
        [
            entry("b", ("/tls/b.pem", "/tls/b.key"), "cfg, line 4 and line 7", "client"),
            entry("a", FILES, "cfg, line 5 and line 6"),
        ],
    ),
    "the same files twice": (
        {"certificate": ["[a]/tls/a.pem", "[b]/tls/a.pem"], "private_key": ["[a]/tls/a.key", "[b]/tls/a.key"]},
        [entry("a", FILES, "cfg, line 2 and line 4")],
    ),
    "a value that is set again": (
        {"certificate": ["[a]/tls/old.pem", "[a]/tls/a.pem"], "private_key": "[a]/tls/a.key"},
        [entry("a", FILES, "cfg, line 3 and line 4")],
    ),
    "authorities beside the server": (
        {**PAIR, "ca_list": "[a]ca.pem"},
        [entry("a", FILES, "cfg, line 2 and line 3")],
    ),
    "a long name": (
        {"certificate": f"[{'n' * 99}]/tls/a.pem", "private_key": f"[{'n' * 99}]/tls/a.key"},
        [entry("n" * 64, FILES, "cfg, line 2 and line 3")],
    ),
    "a certificate without a key": ({"certificate": "[a]/tls/a.pem", "private_key": "[b]/tls/a.key"}, []),
    "a relative path": ({**PAIR, "private_key": "[a]a.key"}, []),
    "a name that does not end": ({**PAIR, "private_key": "[a/tls/a.key"}, []),
    "nothing but the name": ({**PAIR, "private_key": "[a]"}, []),
    "an escape": ({**PAIR, "ca_list": "[a]/tls/\\x61.pem"}, []),
    "a database": ({"db_url": "sqlite:////tls.sqlite"}, []),
}


@pytest.mark.parametrize("name", list(KNOWN))
def test_domains_of_each_version(name):
    parameters, expected = KNOWN[name]
    assert domains(configuration(**parameters), "cfg") == expected


@pytest.mark.parametrize("version", ["2.4", "3.0", "3.2", "3.6", "4.0"])
def test_the_domain_of_the_role_by_its_options(version):
    text = (FIXTURES / f"{version}-full.cfg").read_text(encoding="utf-8")
    files = [f"/etc/opensips/tls/{name}" for name in ("server.pem", "server.key", "ca.pem")]
    [found] = domains(text, "opensips.cfg", {"opensips_server_sockets": [], "opensips_server_modparams": {}})
    options = [f"opensips_server_tls_{name}" for name in ("certificate", "private_key", "ca")]
    assert found == entry(found["name"], files, f"{options[0]}, {options[1]} and {options[2]}")
    own = {"tls_mgm": {"certificate": ["[server]/etc/opensips/tls/server.pem"]}}
    assert domains(text, "opensips.cfg", {"opensips_server_modparams": own})[0]["where"].startswith(
        "opensips_server_modparams.tls_mgm.certificate, opensips_server_tls_private_key"
    )


@pytest.mark.parametrize(
    "text",
    [
        f"#ifdef TLS\n{configuration(**PAIR)}\n#endif",
        f'{configuration(**PAIR)}\ninclude_file "more.cfg"',
        f'{configuration(**PAIR)}\nlog_name="opens',
        f"/* {configuration(**PAIR)} */",
        configuration(**PAIR).replace('"[a]/tls/a.key"', "KEY"),
        configuration(**PAIR).replace("tls_mgm", "tls_.*"),
        "",
    ],
)
def test_what_is_not_known_is_left_out(text):
    assert domains(text) == []


def test_without_a_name_only_the_line_counts():
    assert domains(configuration(**PAIR))[0]["where"] == "line 2 and line 3"


def test_the_result_has_no_control_characters():
    assert domains(configuration(certificate="[a]/tls/a\n.pem", private_key="[a]/tls/a.key")) == []


@pytest.mark.parametrize("arguments", [(1,), (None,), ("", "", [1])])
def test_wrong_input(arguments):
    with pytest.raises(AnsibleFilterError, match="opensips_config_tls_domains: "):
        domains(*arguments)
