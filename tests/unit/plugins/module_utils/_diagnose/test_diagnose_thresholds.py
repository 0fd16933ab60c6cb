# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Thresholds in a configuration file."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._diagnose.thresholds import parse

PLAIN = """
exec_msg_threshold = 100000 # a tenth
execdnsthreshold=0
#tcp_threshold = 5
loadmodule "db_postgres.so"
loadmodule "cachedb_local.so"
modparam("db_mysql|db_postgres", "exec_query_threshold", 20000)
modparam("cachedb_local", "exec_threshold", 0)
modparam("nathelper", "ping_threshold", 3)
"""


def test_a_file():
    found = parse(PLAIN)
    assert [found.seconds(kind) for kind in ("sip", "dns", "tcp", "sql", "nosql")] == [0.1, None, None, 0.02, None]
    assert [kind for kind in ("sip", "dns", "tcp", "sql", "nosql", "other") if found.is_off(kind)] == [
        "dns",
        "tcp",
        "nosql",
    ]
    assert found.unmeasured == {"sql"} and not parse('loadmodule "db_mysql.so"').unmeasured
    assert not found.has_none("sql") and not found.has_none("nosql") and not found.has_none("sip")


def test_the_last_one_counts_and_of_modules_the_largest():
    found = parse(
        "exec_msg_threshold=5\nexec_msg_threshold=7\n"
        'modparam("cachedb_local","exec_threshold",9)\nmodparam("cachedb_redis", "exec_threshold", 3)\n'
    )
    assert (found.microseconds["sip"], found.microseconds["nosql"]) == (7, 9)


@pytest.mark.parametrize(
    "line", ['include_file "more.cfg"', "import_file 'x'", "m4_include(`x')", "socket=udp:$$IP:5060"]
)
def test_a_file_that_does_not_say_everything(line):
    found = parse(f"tcp_threshold = 10\n{line}\n")
    assert found.seconds("tcp") == 1e-05
    assert not found.is_off("sip") and not found.has_none("sql")


@pytest.mark.parametrize("line", ["modparam(", 'modparam("a")', "exec_msg_threshold", "exec_msg_threshold = x", "="])
def test_lines_that_are_broken(line):
    assert parse(line).seconds("sip") is None


def test_no_module_that_reports_anything():
    found = parse('loadmodule "db_sqlite.so"\n')
    assert found.has_none("sql") and found.has_none("nosql") and not found.has_none("dns")
