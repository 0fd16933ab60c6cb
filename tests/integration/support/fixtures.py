# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures and marks of the tests that run modules and playbooks: ansible-playbook, servers, phones, databases."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.community.opensips.tests.emulator import Cluster, Emulator, Traffic
from ansible_collections.community.opensips.tests.integration.support import databases, namespaces, sipp, warm_python
from ansible_collections.community.opensips.tests.integration.support.cluster import RealCluster
from ansible_collections.community.opensips.tests.integration.support.opensips import (
    RealOpensips,
    find_binary,
    lacking,
)
from ansible_collections.community.opensips.tests.integration.support.phones import Phones
from ansible_collections.community.opensips.tests.integration.support.playbook import Ansible
from ansible_collections.community.opensips.tests.integration.support.servers import VERSIONS, Emulated
from ansible_collections.community.opensips.tests.integration.support.traffic import SippTraffic


def needs_opensips_with(*modules, since=()):
    """A mark for tests that need an OpenSIPS which has these modules. ./test real runs the tests that have it.

    since: the first version (tuple) that can pass them.
    """
    return pytest.mark.opensips(*modules, since=since)


def pytest_configure(config):
    config.addinivalue_line("markers", "opensips(*modules, since=()): needs an OpenSIPS that has these modules")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    for mark in item.iter_markers("opensips"):
        reason = lacking(*mark.args, **mark.kwargs)
        if reason:
            pytest.skip(reason)


needs_opensips = needs_opensips_with()
needs_sipp = pytest.mark.skipif(not sipp.PATH, reason="no sipp on PATH (Debian: sip-tester)")
REAL = pytest.param("real", marks=needs_opensips)
# for a class whose tests each server passes, emulated or real
on_every_server = pytest.mark.parametrize("server_name", [*VERSIONS, REAL], indirect=True, scope="class")

# for a class whose tests each cluster passes, emulated or real
CLUSTERS = ("3.6", "4.0")
needs_cluster = needs_opensips_with("clusterer", since=(3, 4))
REAL_CLUSTER = pytest.param("real", marks=needs_cluster)
on_every_cluster = pytest.mark.parametrize("cluster_name", [*CLUSTERS, REAL_CLUSTER], indirect=True, scope="class")


@pytest.fixture(scope="session")
def ansible(tmp_path_factory):
    """Runs playbooks."""
    return Ansible(tmp_path_factory.mktemp("playbooks"), warm_python.shared())


@pytest.fixture(scope="session")
def plain_ansible(tmp_path_factory):
    """Runs playbooks whose modules are started as they are elsewhere, for tests of how modules start and end."""
    return Ansible(tmp_path_factory.mktemp("plain-playbooks"))


@pytest.fixture(scope="module")
def emulated():
    """{name: Server}: emulated ones of all versions."""
    started = {}
    try:
        for version in VERSIONS:
            started[version] = Emulated(version, phones=0)
        yield started
    finally:
        for each in started.values():
            each.stop()


@pytest.fixture(scope="class")
def servers(request, emulated):
    """{name: Server}: the emulated ones; for a class that runs on_every_server, also the real one if it is installed.

    The real one is the class's own: it begins with an empty location table.
    """
    if not (find_binary() and on_every_server.mark in request.node.iter_markers()):
        yield emulated
        return
    server = RealOpensips(find_binary())
    yield {**emulated, "real": server}
    server.finish()


@pytest.fixture(scope="class", params=VERSIONS)
def server_name(request):
    """Which of the servers a test looks at: an emulated one, unless its class runs on_every_server."""
    return request.param


@pytest.fixture(scope="class", params=CLUSTERS)
def cluster_name(request):
    """Which of the clusters a test looks at: an emulated one, unless its class runs on_every_cluster."""
    return request.param


@pytest.fixture(scope="class")
def cluster(cluster_name):
    """Two nodes, emulated (Cluster, with an edge) or real (RealCluster), that are synced; the first holds the tag `vip`."""
    if cluster_name != "real":
        with Cluster(cluster_name, edges=1) as emulated_cluster:
            emulated_cluster.wait_until_synced()
            yield emulated_cluster
        return
    network = namespaces.Namespaces(2) if namespaces.is_possible() else None
    with RealCluster(find_binary(), network=network) as real_cluster:
        yield real_cluster


@pytest.fixture
def traffic(cluster, cluster_name, tmp_path):
    """traffic(calls_per_second=10, seconds=(2, 15), rings=(0.1, 1.5)): calls through the cluster; sipp's where it is real."""

    def traffic_with(rings=(0.1, 1.5), **options):
        if cluster_name != "real":
            return Traffic(cluster, rings=rings[1], **options)
        if not sipp.PATH:
            pytest.skip("no sipp on PATH (Debian: sip-tester)")
        return SippTraffic(cluster, tmp_path, rings=rings, **options)

    return traffic_with


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


@pytest.fixture
def database(database_server):
    """A Database without tables, on each of database_server."""
    made = database_server.database()
    yield made
    made.drop()


@pytest.fixture(scope="module", params=sorted(databases.SERVERS))
def database_server(request):
    """SQLite, and servers of PostgreSQL and MariaDB where they are installed: database() of each makes a Database."""
    try:
        started = databases.SERVERS[request.param]()
    except databases.NotHere as error:
        pytest.skip(str(error))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def opensips_databases(database_server):
    """The same servers, as far as the OpenSIPS that is installed has a module for them."""
    reason = lacking(databases.DRIVERS[database_server.engine][0])
    if reason:
        pytest.skip(reason)
    return database_server
