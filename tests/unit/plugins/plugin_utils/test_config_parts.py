# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the parts of the role opensips_server need is checked before anything is written."""

from __future__ import annotations

import pytest

from ansible_collections.community.opensips.plugins.plugin_utils import _config_options as checks

KNOWN = {
    "protocols": ["udp", "tcp", "tls", "ws", "wss", "hep_udp"],
    "databases": ["sqlite"],
    "modules": ["tm", "presence", "tls_mgm", "auth_db"],
    "elsewhere": {},
    "constants": [],
    "series": "3.6",
}
SOUND = {
    "opensips_server_version": "3.6.8",
    "opensips_server_sockets": ["udp:192.0.2.1:5060"],
    "opensips_server_registrar_auth": True,
    "opensips_server_presence_server": "sip:192.0.2.1:5060",
    "opensips_server_nat_media": "none",
    "opensips_server_dispatcher_set": 1,
    "opensips_server_load_balancer_resource": "calls",
}


def problems(series="3.6", **options):
    """What is wrong with options, without the prefix of their names."""
    merged = {**SOUND, **{f"opensips_server_{name}": value for name, value in options.items()}}
    return checks.problems(merged, {**KNOWN, "series": series})


URL = "sqlite:////var/lib/opensips/opensips.sqlite"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"parts": ["registrar", "presence", "dispatcher", "load_balancer", "drouting"], "db_url": URL},
        {"parts": ["registrar"], "registrar_auth": False},
        {"parts": ["presence"], "modparams": {"presence": {"db_url": URL}}},
        {"parts": ["nat"], "nat_media": "rtpengine", "nat_media_sockets": ["udp:127.0.0.1:2223"]},
        {
            "parts": ["websocket"],
            "nat_media": "rtpproxy",
            "nat_media_sockets": ["unix:/run/x"],
            "sockets": ["ws:192.0.2.1:80"],
        },
        {
            "parts": ["tls"],
            "sockets": ["tls:192.0.2.1:5061"],
            "tls_certificate": "/etc/tls/x.pem",
            "tls_private_key": "/etc/tls/x.key",
        },
        {"parts": ["tls"], "sockets": ["tls:192.0.2.1:5061"], "modparams": {"tls_mgm": {"db_url": URL}}},
        {"parts": ["capture"], "sockets": ["hep_udp:192.0.2.1:5656"], "capture_address": "homer.example.com:9060"},
        {"parts": ["prometheus", "pike", "rate_limit"], "rate_limit": 20, "series": "3.2"},
        {"version": "2.4"},
    ],
)
def test_nothing_is_wrong(options):
    assert problems(**options) == []


@pytest.mark.parametrize(
    "options, words",
    [
        ({"parts": ["registrar"]}, ["opensips_server_registrar_auth", "opensips_server_db_url", "false"]),
        ({"parts": ["pike", "dispatcher"]}, ["opensips_server_parts[1]: dispatcher", "opensips_server_db_url"]),
        ({"parts": ["presence"], "modparams": {"presence": None}}, ["opensips_server_parts[0]: presence", "database"]),
        ({"parts": ["presence"], "db_url": URL, "presence_server": ""}, ["opensips_server_presence_server is empty"]),
        (
            {"parts": ["presence"], "db_url": URL, "presence_server": "sip:x;\nroute"},
            ["opensips_server_presence_server", "sip:192.0.2.1:5060"],
        ),
        ({"parts": ["prometheus"], "series": "3.1"}, ["opensips_server_parts[0]: prometheus", "3.2 or later"]),
        ({"parts": ["websocket"]}, ["opensips_server_parts[0]: websocket", "ws or wss", "opensips_server_sockets"]),
        ({"parts": ["tls"], "sockets": ["tls:192.0.2.1:5061"]}, ["opensips_server_tls_certificate and", "are not set"]),
        (
            {"parts": ["tls"], "sockets": ["tls:192.0.2.1:5061"], "tls_certificate": "/x.pem"},
            ["opensips_server_tls_private_key is not set"],
        ),
        ({"tls_ca": "ca.pem"}, ["opensips_server_tls_ca is ca.pem", "absolute path"]),
        (
            {"nat_media": "rtpengine", "nat_media_sockets": ["udp:127.0.0.1:2223"]},
            ["opensips_server_nat_media", "Add nat"],
        ),
        ({"parts": ["nat"], "nat_media": "rtpproxy"}, ["opensips_server_nat_media_sockets is empty"]),
        ({"nat_media_sockets": ['udp:1"x']}, ["opensips_server_nat_media_sockets[0]"]),
        (
            {"parts": ["capture"], "sockets": ["hep_udp:192.0.2.1:5656"]},
            ["opensips_server_capture_address is empty", "HOST:PORT"],
        ),
        ({"capture_address": "192.0.2.9:9060; version=1"}, ["opensips_server_capture_address"]),
        ({"capture_address": "[2001:db8::9]:9060"}, ["opensips_server_capture_address", "no IPv6", "name of the host"]),
        ({"capture_address": "2001:db8::9"}, ["opensips_server_capture_address", "no IPv6"]),
        ({"parts": ["capture"], "capture_address": "192.0.2.9:9060"}, ["hep_udp or hep_tcp", "hep_udp:192.0.2.1:5656"]),
        ({"load_balancer_resource": 'calls");exit("'}, ["opensips_server_load_balancer_resource"]),
        ({"dispatcher_set": -1}, ["opensips_server_dispatcher_set is -1", "from 0"]),
        ({"capture_id": 70000}, ["opensips_server_capture_id is 70000", "65535"]),
        ({"rate_limit": 0}, ["opensips_server_rate_limit is 0", "from 1"]),
        ({"version": "1.11"}, ["opensips_server_version is 1.11", "2.4", "4.0"]),
        ({"version": "3.6.8-1"}, ["opensips_server_version", "such as 3.6.8"]),
        ({"version": "3.60"}, ["opensips_server_version"]),
    ],
)
def test_it_is_refused_with_option_and_remedy(options, words):
    [problem] = problems(**options)
    assert all(text in problem for text in words), problem


def test_parts_need_the_configuration_of_the_role():
    [problem] = checks.problems({"opensips_server_parts": ["pike"]}, None)
    assert "opensips_server_config_file" in problem
    assert "opensips_server_parts" in problem


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "sqlite:///var/lib/opensips/opensips.sqlite",
        "mysql://opensips:p/w:d@localhost/opensips",
        "mysql://opensips:secret@unix(/run/mysqld/mysqld.sock)/opensips",
        "postgres://opensips@[2001:db8::1]:5432/opensips?sslmode=require",
        "text:///etc/opensips/db",
        "virtual://set1",
    ],
)
def test_a_url_of_a_database(url):
    databases = ["mysql", "postgres", "sqlite", "text", "virtual"]
    assert checks.problems({**SOUND, "opensips_server_db_url": url}, {**KNOWN, "databases": databases}) == []


@pytest.mark.parametrize(
    "url, words",
    [
        ("sqlite:var/opensips.sqlite", "sqlite:////path"),
        ("sqlite://opensips.sqlite", "sqlite:////path"),
        ("mysql:opensips:s3cret@localhost/opensips", "mysql://user:password@host/database"),
        ("mysql://opensips:s3cret@localhost", "mysql://user:password@host/database"),
        ("mysql://opensips:s3cret@x@localhost/opensips", "at sign"),
        ("postgres://opensips:s3cret@localhost:54a/opensips", "postgres://user:password@host/database"),
        ("postgres://opensips:s3cret@localhost/", "postgres://user:password@host/database"),
    ],
)
def test_a_malformed_url_of_a_database(url, words):
    databases = ["mysql", "postgres", "sqlite"]
    [problem] = checks.problems({**SOUND, "opensips_server_db_url": url}, {**KNOWN, "databases": databases})
    assert problem.startswith("opensips_server_db_url is not a valid URL.")
    assert words in problem
    assert "s3cret" not in problem


@pytest.mark.parametrize(
    "database, words",
    [
        ({"db_url": "text:///etc/opensips/db"}, ["opensips_server_schema_database", "sqlite, mysql and postgres"]),
        ({"db_url": "sqlite:///var/opensips.sqlite"}, ["opensips_server_schema_database", "four slashes"]),
        ({"db_url": "mysql+pymysql://u:s3cret@h"}, ["opensips_server_schema_database.db_url is not a valid URL"]),
        ({"db_url": "postgresql+psycopg2://u:p@h/opensips"}, []),
        ({"db_engine": "mysql", "login_db": "opensips"}, []),
    ],
)
def test_the_database_of_the_tables(database, words):
    found = problems(schema=True, schema_database=database)
    assert len(found) == bool(words)
    assert all(word in found[0] and "s3cret" not in found[0] for word in words)
    assert problems(schema=False, schema_database=database) == []
