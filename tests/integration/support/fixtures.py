# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests that run modules and playbooks: ansible-playbook, servers, phones, databases."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support import databases
from ansible_collections.community.opensips.tests.integration.support.phones import Phones
from ansible_collections.community.opensips.tests.integration.support.playbook import Ansible
from ansible_collections.community.opensips.tests.integration.support.servers import VERSIONS, Emulated
from ansible_collections.community.opensips.tests.integration.support.warm_python import WarmPython


@pytest.fixture(scope="session")
def ansible(tmp_path_factory):
    """Runs playbooks."""
    warm = WarmPython()
    yield Ansible(tmp_path_factory.mktemp("playbooks"), warm)
    warm.stop()


@pytest.fixture(scope="session")
def plain_ansible(tmp_path_factory):
    """Runs playbooks whose modules are started as they are elsewhere, for tests of how modules start and end."""
    return Ansible(tmp_path_factory.mktemp("plain-playbooks"))


@pytest.fixture(scope="module")
def servers():
    """{name: Server} of all versions. test_real_opensips.py has one of its own."""
    started = {}
    try:
        for version in VERSIONS:
            started[version] = Emulated(version, phones=0)
        yield started
    finally:
        for each in started.values():
            each.stop()


@pytest.fixture(scope="class", params=VERSIONS)
def server_name(request):
    return request.param


@pytest.fixture(scope="class")
def phones(servers):
    """{name of a server: Phones that register there}."""
    farms = {name: Phones(server.sip) for name, server in servers.items()}
    yield farms
    for each in farms.values():
        each.close()


@pytest.fixture(scope="class")
def played(request, ansible, servers, phones):
    """What the play() of a test class gave: one playbook for all its tests and all servers, since each start costs seconds."""
    return request.cls.play(ansible, servers, phones)


@pytest.fixture
def server(servers, server_name):
    return servers[server_name]


@pytest.fixture
def farm(phones, server_name):
    """The Phones of the server."""
    return phones[server_name]


@pytest.fixture
def results(played, server_name):
    """Results of the server's tasks."""
    return played.of(server_name)


@pytest.fixture
def emulator():
    """emulator("3.6", phones=3): an Emulator of a test's own, ended with it."""
    with contextlib.ExitStack() as stack:
        yield lambda version, **options: stack.enter_context(
            Emulator(version, **{"fr_timeout": 1.0, "reboot": False, **options})
        )


@pytest.fixture(scope="module", params=sorted(databases.SERVERS))
def database_server(request):
    """SQLite, and servers of PostgreSQL and MariaDB where they are installed: database() of each makes a Database."""
    try:
        started = databases.SERVERS[request.param]()
    except databases.NotHere as error:
        pytest.skip(str(error))
    yield started
    started.stop()
