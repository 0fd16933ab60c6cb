# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""sipp as phones that ask for credentials: its verifyauth is a server side of another author."""

from __future__ import annotations

import contextlib
import pathlib

import pytest

from ansible_collections.community.opensips.tests.integration.support import sipp
from ansible_collections.community.opensips.tests.integration.support.fixtures import REAL, needs_sipp
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import (
    RealOpensips,
    find_binary,
    free_ports,
)
from ansible_collections.community.opensips.tests.integration.support.servers import Emulated

pytestmark = needs_sipp

KNOWS_SHA_256 = sipp.PATH is not None and b"SHA-256" in pathlib.Path(sipp.PATH).read_bytes()
needs_sha_256 = pytest.mark.skipif(not KNOWS_SHA_256, reason="this sipp has no SHA-256")
# what a phone asks for behind its realm and nonce
CHALLENGES = [
    "",
    ", algorithm=MD5",
    ', qop="auth"',
    ', qop="auth,auth-int", opaque="o", algorithm=MD5',
    pytest.param(", algorithm=SHA-256", marks=needs_sha_256),
    pytest.param(', algorithm=SHA-256, qop="auth"', marks=needs_sha_256),
]
USERS = ("right", "other", "third")
SECONDS = 30


@pytest.fixture(scope="module", params=["2.4", "3.6", REAL])
def server(request):
    server = RealOpensips(find_binary()) if request.param == "real" else Emulated(request.param, phones=0)
    yield server
    server.stop()


@contextlib.contextmanager
def phones(folder, challenge, number):
    """The port of sipp's phones, which ask as challenge says. number: of requests that they take before they end."""
    (port,) = free_ports(1)
    path = folder / "phones.xml"
    path.write_text(sipp.challenger(f'realm="sipp", nonce="n[call_number]x[pid]"{challenge}', "ansible", "secret"))
    process = sipp.start(folder, "-sf", path, "-p", port, "-m", number, "-timeout", f"{SECONDS}s")
    try:
        sipp.wait_until_bound(process, port)
        yield port
        assert process.wait(SECONDS) == 0, "sipp took something else than it expects"
    finally:
        sipp.end(process)


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_sipp_finds_the_credentials_right(server, tmp_path, challenge):
    with phones(tmp_path, challenge, len(USERS) + 1) as port:
        uris = [f"sip:{user}@127.0.0.1:{port}" for user in USERS]
        args = {**server.connection, "event": "check-sync", "max_failures": len(USERS)}
        right = [{"username": "ansible", "password": "secret"}]
        good = run_module("notify", {**args, "uris": uris, "credentials": right})
        # or the good ones would prove nothing
        wrong = [{"username": "ansible", "password": "another"}]
        bad = run_module("notify", {**args, "uris": uris[:1], "credentials": wrong})
    assert [(entry["outcome"], entry["code"]) for entry in good["results"]] == [("accepted", 200)] * len(USERS)
    (entry,) = bad["results"]
    assert (entry["outcome"], entry["code"], entry["error"]["type"]) == ("rejected", 403, "CredentialsRefused")
