# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP and HTTPS: decided on the status line, bounded by the deadline, and silent about credentials."""

import base64
import os
import shutil
import socket
import ssl
import subprocess
import time

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    ConnectError,
    HTTPStatusError,
    MalformedReply,
    MIError,
    MITimeout,
    RejectedCommand,
    RequestTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.http_peer import (
    BROKEN_TLS,
    RESET,
    Http,
    json_http,
    plain_http,
)
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi.peers import (
    SILENT,
    Answers,
    Fault,
    Raw,
)


def after_which(respond, commands=("uptime",)):
    """A server that answers version and which as it should, and everything else by respond()."""
    usual = json_http(Answers("3.6.8", dict.fromkeys(commands, {})))
    return lambda request: (
        usual(request) if b'"version"' in request["body"] or b'"which"' in request["body"] else respond(request)
    )


def call(respond, **options):
    """(peer, error or None, seconds) of one call of uptime."""
    with Http(after_which(respond)) as peer:
        with peer.connect(**dict({"timeout": 20}, **options)) as conn:
            conn.call("version")
            started = time.monotonic()
            try:
                conn.call("uptime")
                error = None
            except MIError as caught:
                error = caught
            return peer, error, time.monotonic() - started


# --- status ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status,word",
    [
        ("400 Bad Request", "url"),
        ("401 Unauthorized", "url_username"),
        ("403 Forbidden", "url_username"),
        ("404 Not Found", "url"),
        ("405 Method Not Allowed", "protocol"),
        ("406 Not Acceptable", "protocol"),
        ("500 Internal Server Error", "buf_size"),
        ("502 Bad Gateway", "proxy"),
        ("302 Found", "url"),
        ("202 Accepted", "url"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>no</html>"])
def test_status_other_than_200(status, word, body):
    _peer, error, _seconds = call(
        lambda request: plain_http(body, status, "text/html", extra="Location: http://127.0.0.1:1/\r\n")
    )
    assert isinstance(error, HTTPStatusError) and error.status == int(status[:3])
    assert "HTTP " + status[:3] in str(error) and word in str(error)


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "500 Internal Server Error"])
def test_error_whose_body_never_ends_is_decided_on_the_status_line(status):
    """libmicrohttpd announces chunks and sends the last one when it likes."""

    def endless(request):
        yield "HTTP/1.1 {0}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n".format(status).encode()
        yield 30

    _peer, error, seconds = call(endless)
    assert isinstance(error, HTTPStatusError)
    assert seconds < 5


def test_error_whose_announced_body_does_not_come_ends_at_the_deadline():
    def stalled(request):
        yield b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 1000\r\n\r\nhalf"
        yield 30

    with Http(after_which(stalled)) as peer:
        with peer.connect() as conn:
            conn.call("version")
            started = time.monotonic()
            with pytest.raises(MIError):
                conn.call("uptime", timeout=0.5)
            assert time.monotonic() - started < 5


def test_error_whose_body_drips_ends_at_the_deadline():
    def dripping(request):
        yield b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 1000\r\n\r\n"
        for _dummy in range(100):
            yield b"x"
            yield 0.05

    with Http(after_which(dripping)) as peer:
        with peer.connect() as conn:
            conn.call("version")
            started = time.monotonic()
            with pytest.raises(MIError):
                conn.call("uptime", timeout=0.4)
            assert time.monotonic() - started < 3


def test_large_request_that_the_server_refuses_with_400():
    def respond(request):
        return (
            plain_http(b"", "400 Bad Request")
            if len(request["body"]) > 1024
            else plain_http(b'{"jsonrpc":"2.0","id":1,"result":1}')
        )

    with Http(after_which(respond, ["cache_store"])) as peer:
        with peer.connect(timeout=5) as conn:
            with pytest.raises(RequestTooLarge) as refused:
                conn.call("cache_store", {"system": "local", "attr": "a", "value": "v" * 2000})
    assert "receive_buf_size" in str(refused.value)


# --- broken connections ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pieces,error",
    [
        ([RESET], ConnectError),
        ([b""], ConnectError),
        ([b"HTTP/1.1 200 OK\r\nContent-Le", RESET], ConnectError),
        ([b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"jsonrpc"'], MalformedReply),
        ([b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{"jsonrpc"'], MalformedReply),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"], MIError),
        ([b"nonsense\r\n\r\n"], ConnectError),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], ConnectError),
        ([b"HTTP/1.1 abc OK\r\n\r\n"], ConnectError),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}"], MalformedReply),
        ([b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70000 + b"\r\n\r\n"], ConnectError),
        ([plain_http(b"")], MalformedReply),
        ([plain_http(b"<html>", content_type="text/html")], MalformedReply),
        ([plain_http(b"\xff\xfe{}")], MalformedReply),
        ([plain_http(b"[]")], MalformedReply),
        ([plain_http(b'{"jsonrpc":"2.0","id":424242,"result":{}}')], MalformedReply),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 2"], MalformedReply),
        ([b"HTTP/1.1 200 OK\r\n\r\n"], MalformedReply),
    ],
)
def test_answers_that_are_none(pieces, error):
    _peer, caught, seconds = call(lambda request: pieces)
    assert isinstance(caught, error), repr(caught)
    assert seconds < 5


def test_reset_of_a_large_request_points_at_its_size():
    with Http(after_which(lambda request: [RESET], ["cache_store"])) as peer:
        with peer.connect(timeout=5) as conn:
            with pytest.raises(RequestTooLarge) as refused:
                conn.call("cache_store", {"system": "local", "attr": "a", "value": "v" * 30000})
    assert "one piece" in str(refused.value)


@pytest.mark.parametrize("slow_part", ["before", "head", "body", "chunked"])
def test_deadline_covers_the_whole_exchange(slow_part):
    def respond(request):
        if slow_part == "before":
            yield 20
        elif slow_part == "head":
            yield b"HTTP/1.1 200 OK\r\n"
            for number in range(100):
                yield "X-{0}: y\r\n".format(number).encode()
                yield 0.05
        elif slow_part == "body":
            yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
            for _dummy in range(100):
                yield b"x"
                yield 0.05
        else:
            yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            for _dummy in range(100):
                yield b"1\r\nx\r\n"
                yield 0.05

    with Http(after_which(respond)) as peer:
        with peer.connect() as conn:
            conn.call("version")
            started = time.monotonic()
            with pytest.raises(MITimeout):
                conn.call("uptime", timeout=0.5)
            assert time.monotonic() - started < 3


def test_closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ConnectError) as closed:
        Connection({"url": "http://127.0.0.1:{0}/mi".format(port)}).call("uptime")
    assert "Nothing listens" in str(closed.value) and closed.value.maybe_sent is False


def test_host_that_nobody_resolves():
    with pytest.raises(ConnectError) as unknown:
        Connection({"url": "http://no-such-host.invalid/mi"}).call("uptime")
    assert "no-such-host.invalid" in str(unknown.value) and "url" in str(unknown.value)


@pytest.mark.parametrize("host", ["a" * 70 + ".invalid", "a..b"])
def test_host_that_cannot_be_a_name(host):
    with pytest.raises(MIError):
        Connection({"url": "http://{0}/mi".format(host)}).call("uptime")


def test_connection_that_is_not_accepted_ends_at_the_deadline():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for dummy in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        started = time.monotonic()
        with pytest.raises(MIError):
            Connection({"url": "http://127.0.0.1:{0}/mi".format(full.getsockname()[1]), "timeout": 0.4}).call("uptime")
        assert time.monotonic() - started < 5
        for filler in fillers:
            filler.close()


# --- what goes out ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path,expected", [("/mi", "/mi"), ("/mi/", "/mi"), ("", "/"), ("/", "/"), ("/a/b/mi", "/a/b/mi")]
)
def test_path_of_json_rpc(path, expected):
    with Http(json_http(Answers("3.6.8"))) as peer:
        with peer.connect(path, protocol="jsonrpc") as conn:
            conn.call("version")
        assert {request["target"] for request in peer.seen} == {expected}
        assert {request["verb"] for request in peer.seen} == {"POST"}
        assert peer.seen[0]["headers"]["content-type"] == "application/json"
        # httpd serves everybody with one process: nothing of ours stays connected
        assert all(request["headers"]["connection"] == "close" for request in peer.seen)


def mi_json_server(request):
    if request["target"].endswith("/which"):
        return plain_http(b'{"value":"which", "value":"version", "value":"cache_fetch"}')
    if request["target"].endswith("/version"):
        return plain_http(b'{"Server":{"value":"OpenSIPS (2.4.11 (x86_64\\/linux))"}}')
    return plain_http(b'{"got":{"value":"' + request["target"].encode() + b'"}}')


@pytest.mark.parametrize("root", ["/json", "/json/", "/x/json"])
def test_path_of_mi_json(root):
    with Http(mi_json_server) as peer:
        with peer.connect(root) as conn:
            assert conn.protocol == "mi_json"
            got = conn.call("cache_fetch", {"system": "local", "attr": "a b&c=d+e/f?%2C#\u00fc"}).result[0]["value"]
        assert got == root.rstrip("/") + "/cache_fetch?params=local%2Ca%20b%26c%3Dd%2Be/f%3F%252C%23%C3%BC"
        assert {request["verb"] for request in peer.seen} == {"GET"}


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
def test_mi_code_in_the_status(status):
    """mi_json of 2.1 answers with the MI code as the HTTP status."""

    def respond(request):
        if "cache_fetch" in request["target"]:
            return plain_http(b'{"error":{"code":404,"message":"AOR not found"}}', status)
        return mi_json_server(request)

    with Http(respond) as peer:
        with peer.connect("/json") as conn:
            with pytest.raises(ServerError) as answered:
                conn.call("cache_fetch", ["local", "a"])
    assert (answered.value.code, answered.value.reason) == (404, "AOR not found")


def test_credentials_go_out_and_stay_out_of_errors():
    secret = "s3cr\u00e9t:pass"
    token = base64.b64encode(("operator:" + secret).encode("utf-8")).decode()

    def guarded(request):
        if request["headers"].get("authorization") != "Basic " + token:
            return plain_http(b"", "401 Unauthorized")
        return plain_http(b"secret?", "404 Not Found")

    texts = []
    with Http(guarded) as peer:
        for password in (secret, "wrong-pass"):
            for protocol in ("jsonrpc", "auto"):
                with pytest.raises(HTTPStatusError) as refused:
                    with peer.connect(url_username="operator", url_password=password, protocol=protocol) as conn:
                        conn.call("uptime")
                assert refused.value.status == (404 if password == secret else 401)
                texts.append(str(refused.value))
    for text in texts:
        assert secret not in text and "wrong-pass" not in text and token not in text and "operator" not in text


def test_no_credentials_without_a_username():
    with Http(json_http(Answers("3.6.8"))) as peer:
        with peer.connect() as conn:
            conn.call("version")
        assert "authorization" not in peer.seen[0]["headers"]


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    with Http(json_http(Answers("3.6.8"))) as peer:
        with peer.connect() as conn:
            assert conn.version == (3, 6, 8)


def test_ipv6_address_in_the_url():
    try:
        peer = Http(json_http(Answers("3.6.8")), family=socket.AF_INET6, host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    with peer:
        with Connection({"url": peer.url(host="[::1]")}) as conn:
            assert conn.version == (3, 6, 8)


def test_errors_of_the_server_over_http():
    answers = Answers(
        "3.6.8",
        {"uptime": Fault(-32601, "Method not found"), "ps": Fault(500, "no", "why"), "help": Raw(b""), "kill": SILENT},
    )
    with Http(json_http(answers)) as peer:
        with peer.connect() as conn:
            with pytest.raises(RejectedCommand):
                conn.call("uptime")
            with pytest.raises(ServerError) as answered:
                conn.call("ps")
            assert (answered.value.code, answered.value.data) == (500, "why")


def test_asynchronous_command_warns_that_http_waits():
    answers = Answers("3.6.8", {"t_uac_dlg": {"Status": "200 OK"}})
    params = {"method": "OPTIONS", "ruri": "sip:a@b", "headers": "From: <sip:a@b>\r\nTo: <sip:a@b>\r\n"}
    with Http(json_http(answers)) as peer:
        with peer.connect() as conn:
            conn.call("t_uac_dlg", params)
            conn.call("t_uac_dlg", params)
            assert len(conn.warnings) == 1 and "HTTP" in conn.warnings[0]


# --- TLS -------------------------------------------------------------------------------------------------------


def _openssl(*args, **kwargs):
    subprocess.run(["openssl"] + list(args), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kwargs)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """CAs (ca, other), certificates: server for 127.0.0.1 and localhost, client, expired, stranger of the other CA.

    locked.key is the client's key with a pass phrase, locked.pem the client's certificate with it.
    """
    if not shutil.which("openssl"):
        pytest.skip("no openssl here")
    folder = tmp_path_factory.mktemp("certificates")
    for ca in ("ca", "other"):
        _openssl(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=" + ca,
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout",
            ca + ".key",
            "-out",
            ca + ".pem",
            cwd=str(folder),
        )
    for name, ca, days, extension in (
        ("server", "ca", "2", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
        ("client", "ca", "2", "keyUsage=digitalSignature"),
        ("expired", "ca", "0", "keyUsage=digitalSignature"),
        ("stranger", "other", "2", "keyUsage=digitalSignature"),
    ):
        # what Python 3.13 insists on
        (folder / (name + ".ext")).write_text(extension + "\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        _openssl(
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            "/CN=" + name,
            "-keyout",
            name + ".key",
            "-out",
            name + ".csr",
            cwd=str(folder),
        )
        _openssl(
            "x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-CAcreateserial", "-days", days, "-extfile", name + ".ext",
            "-out", name + ".pem", cwd=str(folder)
        )  # fmt: skip
    _openssl("ec", "-in", "client.key", "-aes256", "-passout", "pass:secret", "-out", "locked.key", cwd=str(folder))
    (folder / "locked.pem").write_text((folder / "client.pem").read_text() + (folder / "locked.key").read_text())
    return folder


def tls_server(certificates, client_ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(certificates / "server.pem"), str(certificates / "server.key"))
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(str(certificates / client_ca))
    return Http(json_http(Answers("3.6.8")), tls=context)


def test_tls_carries_a_request_in_one_record(certificates):
    """httpd of 3.6 and 4.0 over TLS answers half of those that come in two, the others never."""
    records = []

    class FirstRecord(Http):
        def _one(self, connection):
            with self._tls.wrap_socket(connection, server_side=True) as tls:
                # no more than a record at a time
                records.append(tls.recv(65536))

    with FirstRecord(None, tls=tls_server(certificates)._tls) as peer:
        with pytest.raises(MIError):
            peer.connect(ca_path=str(certificates / "ca.pem"), protocol="jsonrpc").call("uptime")
    assert records and all(b'"which"' in record for record in records)


def test_tls_with_the_right_ca(certificates):
    with tls_server(certificates) as peer:
        with peer.connect(ca_path=str(certificates / "ca.pem")) as conn:
            assert conn.version == (3, 6, 8)
        with Connection({"url": peer.url(host="localhost"), "ca_path": str(certificates / "ca.pem")}) as conn:
            assert conn.version == (3, 6, 8)


@pytest.mark.parametrize("options", [{}, {"ca_path": "other.pem"}])
def test_tls_with_a_certificate_that_nobody_vouches_for(certificates, options):
    options = {name: str(certificates / value) for name, value in options.items()}
    with tls_server(certificates) as peer:
        with pytest.raises(ConnectError) as refused:
            with peer.connect(**options) as conn:
                conn.call("uptime")
        assert "ca_path" in str(refused.value) and "TLS" in str(refused.value)
        assert peer.seen == []
        with peer.connect(validate_certs=False, **options) as conn:
            assert conn.version == (3, 6, 8)


def test_tls_with_a_certificate_for_another_name(certificates):
    with tls_server(certificates) as peer:
        options = {"url": "https://127.0.0.2:{0}/mi".format(peer.port), "ca_path": str(certificates / "ca.pem")}
        if not os.path.exists("/proc/sys/net/ipv4"):
            pytest.skip("127.0.0.2 is no address here")
        peer_all = Http(json_http(Answers("3.6.8")), tls=peer._tls, host="0.0.0.0")
        with peer_all:
            options["url"] = "https://127.0.0.2:{0}/mi".format(peer_all.port)
            with pytest.raises(ConnectError) as refused:
                Connection(options).call("uptime")
            assert "TLS" in str(refused.value) and peer_all.seen == []


def test_tls_client_certificate(certificates):
    ca = str(certificates / "ca.pem")
    with tls_server(certificates, client_ca="ca.pem") as peer:
        with peer.connect(
            ca_path=ca, client_cert=str(certificates / "client.pem"), client_key=str(certificates / "client.key")
        ) as conn:
            assert conn.version == (3, 6, 8)
        with pytest.raises(ConnectError) as refused:
            with peer.connect(ca_path=ca) as conn:
                conn.call("uptime")
        assert "client_cert" in str(refused.value)


@pytest.mark.filterwarnings("ignore:.*OP_NO_TLS")
@pytest.mark.parametrize("newest", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("presented", [None, "stranger", "expired"])
def test_tls_client_certificate_that_the_server_refuses(certificates, newest, presented):
    """In TLS 1.3 the server says so after the request went out; it has not looked at it."""
    server = tls_server(certificates, client_ca="ca.pem")
    if not hasattr(ssl, "HAS_" + newest) and newest != "TLSv1_2":
        pytest.skip("no {0} here".format(newest))
    if newest == "TLSv1_2" and hasattr(ssl, "OP_NO_TLSv1_3"):
        server._tls.options |= ssl.OP_NO_TLSv1_3
    options = {"ca_path": str(certificates / "ca.pem")}
    if presented:
        options.update(
            client_cert=str(certificates / (presented + ".pem")), client_key=str(certificates / (presented + ".key"))
        )
    with server as peer:
        carrier = peer.connect(**options).carrier
        for _dummy in range(5):
            with pytest.raises(ConnectError) as refused:
                carrier.exchange(lambda reply_to: JsonRpcProtocol().encode("uptime", None), time.monotonic() + 5)
            assert "client_cert" in str(refused.value) and refused.value.maybe_sent is False, refused.value
        assert peer.seen == []
    if presented == "expired":
        assert "expired" in str(refused.value)


@pytest.mark.parametrize(
    "broken", [[BROKEN_TLS], [RESET], [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", BROKEN_TLS]]
)
def test_tls_that_breaks_after_the_request_leaves_it_open_whether_it_was_done(certificates, broken):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(certificates / "server.pem"), str(certificates / "server.key"))
    with Http(lambda request: broken, tls=context) as peer:
        carrier = peer.connect(ca_path=str(certificates / "ca.pem")).carrier
        with pytest.raises(MIError) as failed:
            carrier.exchange(lambda reply_to: JsonRpcProtocol().encode("uptime", None), time.monotonic() + 5)
        assert failed.value.maybe_sent is True and len(peer.seen) == 1


@pytest.mark.parametrize(
    "options,word",
    [
        ({"ca_path": "absent.pem"}, "ca_path"),
        ({"ca_path": "server.key"}, "ca_path"),
        ({"client_cert": "absent.pem"}, "client_cert"),
        ({"client_cert": "client.pem", "client_key": "server.key"}, "client_key"),
        ({"client_cert": "client.key"}, "client_cert"),
        ({"client_cert": "client.pem"}, "client_key"),
        ({"client_cert": "client.pem", "client_key": "absent.key"}, "client_key"),
        ({"client_cert": "client.pem", "client_key": "locked.key"}, "pass phrase"),
        ({"client_cert": "locked.pem"}, "pass phrase"),
        ({"client_cert": "."}, "client_cert"),
    ],
)
def test_tls_files_that_are_none(certificates, options, word):
    options = {name: str(certificates / value) for name, value in options.items()}
    with tls_server(certificates) as peer:
        with pytest.raises(ConnectError) as refused:
            with peer.connect(**options) as conn:
                conn.call("uptime")
        assert word in str(refused.value)
        assert peer.seen == []


def test_plain_http_to_a_tls_port_and_the_other_way(certificates):
    with tls_server(certificates) as peer:
        with pytest.raises(MIError):
            Connection({"url": peer.url().replace("https", "http"), "timeout": 1}).call("uptime")
    with Http(json_http(Answers("3.6.8"))) as peer:
        with pytest.raises(ConnectError) as refused:
            Connection({"url": peer.url().replace("http", "https"), "timeout": 1}).call("uptime")
        assert "TLS" in str(refused.value)
