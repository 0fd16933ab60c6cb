# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side: statuses, limits, authentication, TLS, and the one process that serves everybody."""

import base64
import http.client
import json
import ssl
import subprocess
import threading
import time

import pytest

from ansible_collections.community.opensips.tests.emulator import Emulator
from ansible_collections.community.opensips.tests.unit.emulator import raw_clients as raw

PWD = b'{"jsonrpc":"2.0","id":1,"method":"pwd"}'
JSON = "application/json"


@pytest.fixture(scope="module", params=["3.6", "4.0"])
def new(request):
    with Emulator(request.param, phones=2, http=True, fr_timeout=1.0) as emu:
        yield emu


def post(emu, body=PWD, kind=JSON, timeout=8.0, **options):
    return raw.web(emu.jsonrpc_url, "POST", body=body, content_type=kind, timeout=timeout, **options)


def test_statuses(new):
    assert post(new)[:2] == (200, JSON)
    assert post(new, path="/mi/any/path")[0] == 200
    assert raw.web(new.http_base, "PUT", "/mi") == (
        406,
        "text/html",
        b"<html><body>Unsupported HTTP request!</body></html>",
    )
    assert raw.web(new.http_base, "GET", "/")[0] == 400


@pytest.mark.parametrize(
    "body, kind, status",
    [
        (b"x=1", "application/x-www-form-urlencoded", 400),
        (PWD[:-1] + b" " * 1024 + b"}", JSON, 400),
        (b'{"jsonrpc":"2.0","method":"pwd"}', JSON, 202),
        (b'{"jsonrpc":"2.0","id":[],"method":"pwd"}', JSON, 500),
    ],
)
def test_bodies_that_never_end(new, body, kind, status):
    assert post(new, body, kind, raw.QUIET) == (status, JSON, None)


@pytest.mark.parametrize("kind", [None, "text/plain"])
def test_other_content_types_are_hung_up_on(new, kind):
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        post(new, kind=kind)


def test_larger_receive_buf_size():
    with Emulator("3.6", phones=1, http=True, receive_buf_size=4096) as emu:
        assert post(emu, PWD[:-1] + b" " * 2000 + b"}")[0] == 200


def test_keep_alive(new):
    host, port = new.http_base[7:].split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    for _turn in range(3):
        connection.request("POST", "/mi", PWD, {"Content-Type": JSON})
        assert json.loads(connection.getresponse().read())["result"]["WD"] == new.directory
    connection.close()


def test_t_uac_dlg_keeps_everybody_waiting(new):
    request = json.dumps(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "t_uac_dlg",
            "params": {
                "method": "NOTIFY",
                "ruri": f"sip:silent@127.0.0.1:{new.phones_port}",
                "headers": "From: <sip:a@b>\r\nTo: <sip:c@d>\r\n",
            },
        }
    ).encode()
    thread = threading.Thread(target=post, args=(new, request))
    thread.start()
    time.sleep(0.2)
    started = time.monotonic()
    assert post(new)[0] == 200
    assert 0.4 < time.monotonic() - started < 3
    thread.join()


def test_mi_json_of_2_4():
    with Emulator("2.4", phones=2, http=True) as emu:

        def get(path):
            return raw.web(emu.http_base, "GET", path)

        assert get("/json/pwd?params=a,b")[2] == b'{"WD": "%s"}' % emu.directory.replace("/", "\\/").encode()
        assert get("/json")[2] == b'{"error": {"code": 500, "message": "Internal server error"}}'
        assert raw.web(emu.mi_json_url, "POST", "/json/pwd", b"{}", JSON)[2] == (
            b'{"error": {"code": 406, "message": "Unexpected method"}}'
        )
        assert raw.web(emu.xmlrpc_url, "GET")[2].count(b"<int>405</int>") == 1


def test_basic_authentication():
    with Emulator("4.0", phones=1, http=True, http_user="ops", http_password="pa:ss") as emu:
        assert post(emu)[0] == 401
        for password, status in (("pa:ss", 200), ("wrong", 401)):
            token = base64.b64encode(b"ops:" + password.encode()).decode()
            assert post(emu, headers={"Authorization": "Basic " + token})[0] == status


def certificate(directory, name):
    key, cert = str(directory / (name + ".key")), str(directory / (name + ".crt"))
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            key,
            "-out",
            cert,
            "-days",
            "2",
            "-subj",
            "/CN=" + name,
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


def test_tls_and_client_certificates(tmp_path):
    cert, key = certificate(tmp_path, "server")
    client_cert, client_key = certificate(tmp_path, "client")
    context = ssl.create_default_context(cafile=cert)
    with Emulator("3.6", phones=1, http=True, tls_cert=cert, tls_key=key) as emu:
        assert emu.http_url.startswith("https://")
        assert post(emu, context=context)[0] == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            post(emu, context=ssl.create_default_context())
    with Emulator("3.6", phones=1, http=True, tls_cert=cert, tls_key=key, tls_client_ca=client_cert) as emu:
        with pytest.raises(OSError):
            post(emu, context=context)
        context.load_cert_chain(client_cert, client_key)
        assert post(emu, context=context)[0] == 200
