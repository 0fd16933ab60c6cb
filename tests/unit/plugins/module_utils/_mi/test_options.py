# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection options: defaults, contradictions, what is missing; each error names the option."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._mi.options import PROTOCOLS, TRANSPORTS, resolve


def test_nothing_given_means_the_fifo():
    options = resolve({})
    assert (options.transport, options.protocol, options.timeout) == ("fifo", "auto", None)
    assert options.fifo_path is None and options.reply_dir is None and options.url is None


@pytest.mark.parametrize(
    "given_options,transport",
    [
        ({"fifo_path": "/run/x"}, "fifo"),
        ({"reply_dir": "/run/x"}, "fifo"),
        ({"port": 8080}, "datagram"),
        ({"host": "a", "port": "8080"}, "datagram"),
        ({"socket_path": "/run/x"}, "datagram"),
        ({"url": "http://a/mi"}, "http"),
        ({"url": "https://a:8888"}, "http"),
    ],
)
def test_the_transport_follows_from_what_is_given(given_options, transport):
    assert resolve(given_options).transport == transport
    assert resolve(dict(given_options, transport=transport)).transport == transport


FIFO = {"fifo_path": "/run/x", "reply_dir": "/run/y"}
UDP = {"host": "a", "port": 5}
HTTP = {"url": "https://a/mi", "url_username": "u", "ca_path": "/c"}


@pytest.mark.parametrize("wins", [FIFO, UDP, HTTP, {"socket_path": "/run/z", "reply_dir": "/run/y"}])
@pytest.mark.parametrize("loses", [FIFO, UDP, HTTP, {"transport": "fifo"}, {"transport": "http"}])
def test_the_options_of_the_task_win_over_the_environment_as_a_group(wins, loses):
    expected = vars(resolve(wins))
    assert vars(resolve({**loses, **wins}, environment=set(loses) - set(wins))) == expected
    # what fits, counts
    assert resolve({**loses, **wins, "timeout": 3}, environment={"timeout", *loses} - set(wins)).timeout == 3


def test_what_the_environment_adds_to_the_options_of_the_task():
    options = resolve({"url": "https://a/mi", "ca_path": "/c", "port": 5}, environment={"ca_path", "port"})
    assert (options.transport, options.ca_path, options.port) == ("http", "/c", None)
    assert resolve({"reply_dir": "/run/x", "url": "http://a/mi"}, environment={"url"}).transport == "fifo"
    assert resolve({"timeout": 3, "url": "http://a/mi"}, environment={"url"}).transport == "http"


@pytest.mark.parametrize("chosen", [FIFO, UDP, HTTP])
@pytest.mark.parametrize("others", [FIFO, UDP, HTTP])
def test_transport_decides_between_a_task_and_its_module_defaults(chosen, others):
    transport = resolve(chosen).transport
    merged = resolve({**others, **chosen, "transport": transport})
    assert vars(merged) == vars(resolve(chosen))


def test_a_contradiction_says_where_each_comes_from():
    with pytest.raises(BadParameters) as refused:
        resolve({"url": "http://a/mi", "fifo_path": "/x"})
    assert str(refused.value).count("module_defaults") == 3 and "set transport" in refused.value.hint
    with pytest.raises(BadParameters) as refused:
        resolve({"url": "http://a/mi", "fifo_path": "/x"}, environment={"url", "fifo_path"})
    assert "OPENSIPS_MI_URL" in str(refused.value) and "OPENSIPS_MI_FIFO_PATH" in str(refused.value)


@pytest.mark.parametrize("given_options", [{}, {"fifo_path": "/x"}, {"socket_path": "/x"}])
def test_the_servers_user_is_a_name_or_a_number(given_options):
    assert resolve(given_options).server_user is None
    for text in ("root", "0", 0):
        assert resolve(dict(given_options, server_user=text)).server_user == 0
    assert resolve(dict(given_options, server_user="123456")).server_user == 123456


def test_defaults_of_each_transport():
    udp = resolve({"port": "8080"})
    assert (udp.host, udp.port) == ("127.0.0.1", 8080)
    assert resolve({"url": "https://a/mi"}).validate_certs is True
    assert resolve({"url": "https://a/mi", "validate_certs": False}).validate_certs is False
    assert resolve({"timeout": "2.5"}).timeout == 2.5


@pytest.mark.parametrize(
    "given_options,names",
    [
        ({"transport": "carrier pigeon"}, ["transport", "fifo"]),
        ({"protocol": "telnet"}, ["protocol", "jsonrpc"]),
        ({"protocol": "xmlrpc"}, ["protocol", "fifo"]),
        ({"protocol": "mi_json", "port": 8080}, ["protocol", "datagram"]),
        ({"protocol": "line", "url": "http://a/mi"}, ["protocol", "http"]),
        ({"transport": "datagram"}, ["port", "socket_path"]),
        ({"host": "a"}, ["port"]),
        ({"transport": "http"}, ["url"]),
        ({"url": "http://a/", "fifo_path": "/x"}, ["fifo_path", "url"]),
        ({"url": "http://a/", "port": 1}, ["port", "url"]),
        ({"socket_path": "/x", "host": "a"}, ["socket_path", "host"]),
        ({"socket_path": "/x", "port": 5}, ["socket_path", "port"]),
        ({"fifo_path": "/x", "host": "a"}, ["fifo_path", "host"]),
        ({"fifo_path": "x"}, ["fifo_path", "absolute"]),
        ({"reply_dir": "tmp"}, ["reply_dir", "absolute"]),
        ({"socket_path": "x"}, ["socket_path", "absolute"]),
        ({"port": 8080, "reply_dir": "/tmp"}, ["reply_dir"]),
        ({"port": 8080, "server_user": "root"}, ["server_user"]),
        ({"url": "http://a/", "server_user": "root"}, ["server_user"]),
        ({"server_user": "no such user"}, ["server_user", "no such user"]),
        ({"socket_path": "/x", "server_user": ""}, ["server_user"]),
        ({"server_user": "a\0b"}, ["server_user"]),
        ({"server_user": "-1"}, ["server_user"]),
        ({"url": "http://a/", "reply_dir": "/tmp"}, ["reply_dir"]),
        ({"port": 0}, ["port"]),
        ({"port": 65536}, ["port"]),
        ({"port": "http"}, ["port"]),
        ({"timeout": 0}, ["timeout"]),
        ({"timeout": -1}, ["timeout"]),
        ({"timeout": "soon"}, ["timeout"]),
        ({"timeout": float("nan")}, ["timeout"]),
        ({"timeout": float("inf")}, ["timeout"]),
        ({"timeout": 3601}, ["timeout"]),
        ({"url": "a/mi"}, ["url"]),
        ({"url": "ftp://a/mi"}, ["url"]),
        ({"url": "http:///mi"}, ["url"]),
        ({"url": ""}, ["url"]),
        ({"url": "http://a:b/mi"}, ["url"]),
        ({"url": "http://a:99999/mi"}, ["url"]),
        ({"url": "http://[::1/mi"}, ["url"]),
        ({"url": "http://user:secret@a/mi"}, ["url", "url_username"]),
        ({"url": "http://a/mi?x=y"}, ["url", "query"]),
        ({"url": "http://a/mi#x"}, ["url"]),
        ({"url": "http://a/m i"}, ["url"]),
        ({"url": "http://a/mi\r\nX: y"}, ["url"]),
        ({"url": "https://a/mi", "client_key": "/k"}, ["client_key", "client_cert"]),
        ({"url": "https://a/mi", "url_password": "p"}, ["url_password", "url_username"]),
        ({"url": "http://a/mi", "ca_path": "/c"}, ["ca_path", "https"]),
        ({"url": "http://a/mi", "client_cert": "/c"}, ["client_cert", "https"]),
        ({"ca_path": "/c"}, ["ca_path", "http"]),
        ({"client_cert": "/c", "port": 8080}, ["client_cert", "http"]),
        ({"client_key": "/c"}, ["client_key", "http"]),
        ({"url_username": "u"}, ["url_username", "http"]),
        ({"url_password": "p", "port": 5}, ["url_password", "http"]),
    ],
)
def test_each_contradiction_is_named(given_options, names):
    with pytest.raises(BadParameters) as refused:
        resolve(given_options)
    for name in names:
        assert name in str(refused.value)
    assert refused.value.hint, "it says what to do"
    assert "secret" not in str(refused.value), "a password in a URL is not repeated"


ANYTHING = st.one_of(
    st.none(),
    st.none(),
    st.text(max_size=8),
    st.integers(),
    st.booleans(),
    st.sampled_from(["/x", "http://a/mi", "https://[::1]:1/", "fifo", "http", "http://\u2100/", "http://a:\u0663/"]),
)
NAMES = [
    "transport",
    "protocol",
    "fifo_path",
    "reply_dir",
    "host",
    "port",
    "socket_path",
    "url",
    "timeout",
    "validate_certs",
    "ca_path",
    "client_cert",
    "client_key",
    "url_username",
    "url_password",
]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=5))
def test_anything_gives_options_or_bad_parameters(given_options):
    # modules pass text where the option is text
    texts = {
        name: value if name in ("port", "timeout", "validate_certs") or value is None else str(value)
        for name, value in given_options.items()
    }
    try:
        options = resolve(texts)
    except BadParameters as error:
        assert any(name in str(error) for name in NAMES)
        return
    assert options.transport in TRANSPORTS and options.protocol in PROTOCOLS


@pytest.mark.parametrize(
    "given_options, is_local",
    [
        ({}, True),
        ({"fifo_path": "/run/x"}, True),
        ({"socket_path": "/run/x"}, True),
        ({"port": 8080}, True),
        ({"host": "127.0.0.1", "port": 8080}, True),
        ({"host": "198.51.100.7", "port": 8080}, False),
        ({"url": "http://localhost:8888/mi"}, True),
        ({"url": "https://198.51.100.7:8888/mi"}, False),
    ],
)
def test_whether_the_server_is_on_this_host(given_options, is_local):
    assert resolve(given_options).is_local is is_local
