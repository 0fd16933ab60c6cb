# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reverse proxy of the page on connecting: nginx itself, with the page's configuration, in front of a server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.integration.support.certificates import Authority
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips import free_ports
from ansible_collections.community.opensips.tests.pages import Page

NGINX = shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
# made with `openssl passwd -apr1`, as the page says: the password is "secret"
HTPASSWD = "ansible:$apr1$q1w2e3r4$SXKfhrdCZigvQUqULBhhk.\n"
# what nginx has around a site: Debian's, as far as it matters, in a folder of ours
AROUND = """
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {site}
}}
"""

pytestmark = pytest.mark.skipif(not NGINX, reason="no nginx on PATH (Debian: nginx-light)")


class Proxy:
    """nginx with the page's site. more: further lines of it (str). allow: the address that it allows."""

    def __init__(self, folder, upstream, more="", allow="127.0.0.1"):
        self.authority = Authority(folder, "authority")
        certificate, key = self.authority.issue("proxy", "127.0.0.1")
        [self.port] = free_ports(1)
        (folder / "mi.htpasswd").write_text(HTPASSWD, encoding="utf-8")
        (site, _client) = [block.code for block in Page("connecting").blocks if block.language == "nginx"]
        for written, here in {
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "/etc/nginx/tls/sip1.pem": certificate,
            "/etc/nginx/tls/sip1.key": key,
            "/etc/nginx/mi.htpasswd": folder / "mi.htpasswd",
            "http://127.0.0.1:8888/mi": upstream,
            "192.0.2.5": allow,
            "server_name": f"{more} server_name",
        }.items():
            assert written in site, written
            site = site.replace(written, str(here))
        # its workers are another user, if it is root
        folder.chmod(0o755)
        (folder / "nginx.conf").write_text(("user root;" if os.getuid() == 0 else "") + AROUND.format(site=site))
        self.process = subprocess.Popen([NGINX, "-p", folder, "-e", "error.log", "-c", folder / "nginx.conf"])
        self._wait(folder)

    def _wait(self, folder):
        for _try in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, (folder / "error.log").read_text(encoding="utf-8")
            time.sleep(0.05)
        raise AssertionError("nginx does not listen")

    def ask(self, path="/mi", **options):
        connection = {"url": f"https://127.0.0.1:{self.port}{path}", "ca_path": self.authority.path, "timeout": 20}
        command = {} if "commands" in options else {"command": "uptime"}
        return run_module("mi_command", {**connection, **command, **options})

    def stop(self):
        self.process.terminate()
        self.process.wait()


PASSWORD = {"url_username": "ansible", "url_password": "secret"}


@pytest.fixture(scope="module")
def emu():
    with Emulator("3.6", phones=1) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def upstream(emu):
    """The URL of a real server's mi_http if PROXY_UPSTREAM has one, else an emulator's."""
    return os.environ.get("PROXY_UPSTREAM", emu.jsonrpc_url)


@pytest.fixture
def proxy(tmp_path, request, upstream):
    """A Proxy; a test's parameter is other options of it."""
    started = Proxy(tmp_path, **{"upstream": upstream, **getattr(request, "param", {})})
    yield started
    started.stop()


def test_the_password_opens_it(proxy):
    result = proxy.ask(**PASSWORD)
    assert result["outcome"] == "ok" and "Up since" in result["result"]
    many = proxy.ask(commands=[{"command": "uptime"}, {"command": "version"}], **PASSWORD)
    assert [entry["outcome"] for entry in many["results"]] == ["ok", "ok"]


def test_nothing_else_does(proxy):
    for options, status in (
        ({}, "401"),
        ({**PASSWORD, "url_password": "wrong"}, "401"),
        ({**PASSWORD, "path": "/"}, "404"),
    ):
        result = proxy.ask(**options)
        assert result["failed"] and result["error"]["type"] == "HTTPStatusError", result
        assert status in result["msg"] and "wrong" not in str(result)


@pytest.mark.parametrize("proxy", [{"allow": "192.0.2.5"}], indirect=True)
def test_another_host_is_refused(proxy):
    assert "403" in proxy.ask(**PASSWORD)["msg"]


@pytest.mark.parametrize("proxy", [{"upstream": "http://127.0.0.1:9/mi"}], indirect=True)
def test_a_server_that_is_down(proxy):
    result = proxy.ask(**PASSWORD)
    assert result["error"]["type"] == "HTTPStatusError" and "502" in result["msg"]


def test_a_certificate_of_the_client(tmp_path, upstream):
    (_site, lines) = [block.code for block in Page("connecting").blocks if block.language == "nginx"]
    clients = Authority(tmp_path, "clients")
    proxy = Proxy(tmp_path, upstream, more=lines.replace("/etc/nginx/tls/clients.pem", clients.path))
    try:
        assert proxy.ask(**PASSWORD)["failed"]
        certificate, key = clients.issue("ansible")
        ours = {"client_cert": certificate, "client_key": key}
        assert proxy.ask(**PASSWORD, **ours)["outcome"] == "ok"
        many = proxy.ask(commands=[{"command": "uptime"}, {"command": "version"}], **PASSWORD, **ours)
        assert [entry["outcome"] for entry in many["results"]] == ["ok", "ok"]
        # each of both is required
        assert "401" in proxy.ask(**ours)["msg"]
        assert "401" in proxy.ask(**{**PASSWORD, "url_password": "wrong"}, **ours)["msg"]
        (tmp_path / "others").mkdir()
        strangers = Authority(tmp_path / "others", "clients")
        for pair in (strangers.issue("stranger"), clients.issue("ended", days=-1)):
            refused = proxy.ask(**PASSWORD, client_cert=pair[0], client_key=pair[1])
            assert refused["failed"] and refused["error"]["type"] in ("HTTPStatusError", "ConnectError"), refused
            assert "outcome" not in refused and "secret" not in str(refused)
    finally:
        proxy.stop()
