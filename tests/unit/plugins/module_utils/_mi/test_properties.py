# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever the caller passes, a server reads back just that, or nothing goes out; whatever a server sends, errors are MIErrors.

How servers read is in models.py, ported from their sources.
"""

import json
import random
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._mi import connection, harm
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.fifo import FifoCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.http import HttpCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError, RefusedRequest
from ansible_collections.community.opensips.plugins.module_utils._mi.options import resolve
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.jsonrpc import JsonRpcProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.line import LineProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.mi_json import MiJsonProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.xmlrpc import XmlRpcProtocol
from ansible_collections.community.opensips.tests.unit import wire
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi import models

REPLY_FIFO = "opensips_mi_0123456789abcdef01234567"
PROTOCOLS = {"line": LineProtocol, "jsonrpc": JsonRpcProtocol, "xmlrpc": XmlRpcProtocol, "mi_json": MiJsonProtocol}
# what trips parsers, beside any text
TRICKY = st.lists(
    st.sampled_from(
        [
            '"',
            "\\",
            '\\"',
            "\n",
            "\r\n",
            "\r",
            "\n\n",
            " ",
            "\t",
            "::",
            ":",
            ",",
            "a",
            "x=y",
            "\0",
            "&#13;",
            "&amp;",
            "<",
            "]]>",
            "%2C",
            "+",
            "\x01",
            "\x0b",
            "\u00fc",
            "\u4f60",
            "\U0001f600",
            "\ud800",
            "!",
            "!!",
            "$",
            "{}",
            "\x85",
            "\u2028",
            "\ufeff",
            "\uffff",
            "\x7f",
        ]
    ),
    max_size=8,
).map("".join)
TEXT = st.one_of(
    TRICKY,
    st.text(max_size=20),
    st.builds(
        lambda text, times: text * times, st.sampled_from(["v", "\u00fc", '"', "v\n", "\\"]), st.integers(900, 9000)
    ),
)
SCALAR = st.one_of(TEXT, st.integers(), st.integers(-5, 5))
ODD = st.one_of(
    st.none(), st.booleans(), st.floats(), st.binary(max_size=4), st.dictionaries(TRICKY, SCALAR, max_size=2)
)
VALUE = st.one_of(
    SCALAR, SCALAR, SCALAR, ODD, st.lists(st.one_of(SCALAR, SCALAR, ODD, st.lists(SCALAR, max_size=2)), max_size=3)
)
PARAMS = st.one_of(
    st.none(),
    st.lists(SCALAR, max_size=4),
    st.lists(VALUE, max_size=4),
    st.dictionaries(st.one_of(TRICKY, st.text(max_size=20), st.integers()), VALUE, max_size=4),
)
METHOD = st.one_of(
    st.sampled_from(
        [
            "uptime",
            "ul_dump",
            "tm:uac_dlg",
            "a" * 128,
            "a" * 129,
            "a" * 300,
            "",
            ":",
            "a:b:c",
            "a b",
            "a\n",
            "\u00fc",
            None,
            5,
            "which:",
            "..",
            "a/b",
        ]
    ),
    st.from_regex(r"\A[a-z_]{1,12}(:[a-z_]{1,8})?\Z"),
    TEXT,
)
SEVERAL = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def request_or_none(protocol, method, params, reply_to=None, known=True):
    try:
        request = protocol.encode(method, params, reply_to, known)
        if reply_to is not None:
            FifoCarrier().check_request(request, protocol)
    except MIError:
        return None
    assert isinstance(method, str) and len(method.encode("utf-8")) < 256
    assert request.method == method
    return request


def as_texts(params):
    return [str(value) for value in params or []]


# --- (a) encoders ----------------------------------------------------------------------------------------------


@SEVERAL
@given(METHOD, st.lists(SCALAR, max_size=4), st.booleans())
@example("ul_dump", ['say "hi"\r\nand more'], True)
@example("ul_dump", ['\\" \\'], True)
@example("ul_dump", ['a\n"b'], True)
def test_line_over_fifo_is_read_back(method, params, known):
    request = request_or_none(LineProtocol(), method, params, REPLY_FIFO, known)
    if request is None:
        return
    command, name, arguments, left = models.fifo_line_request(request.data)
    assert (command, name) == (method, REPLY_FIFO)
    assert left == b"", "the server waits for more, or takes the rest for a request"
    assert arguments == [text.encode("utf-8") for text in as_texts(params)]
    if not known:
        # lines that the server may throw away: 1,024 bytes at most
        assert max(len(line) for line in request.data.split(b"\n")) < 1024


@SEVERAL
@given(METHOD, st.lists(SCALAR, max_size=4))
@example("ul_dump", ['a "b" "c" "d"', 'e "f" "g" "h" "i"', "last"])
def test_line_over_datagrams_is_read_back(method, params):
    request = request_or_none(LineProtocol(), method, params)
    if request is None:
        return
    command, arguments, _request_id, error = models.datagram_request(request.data, False, {method})
    assert error is None and command == method
    assert arguments == as_texts(params)


@SEVERAL
@given(METHOD, PARAMS, st.booleans())
def test_json_rpc_is_read_back(method, params, fifo):
    protocol = JsonRpcProtocol()
    request = request_or_none(protocol, method, params, REPLY_FIFO if fifo else None)
    if request is None:
        return
    if fifo:
        name, message, behind = models.fifo_json_request(request.data)
        assert name == REPLY_FIFO and not behind.strip(), "text behind JSON stops the FIFO"
        assert request.data.count(b"\n") <= 1
    else:
        message = json.loads(request.data.decode("utf-8"))
    assert set(message) - {"params"} == {"jsonrpc", "id", "method"}
    assert message["jsonrpc"] == "2.0" and message["method"] == method
    assert isinstance(message["id"], int) and 0 < message["id"] <= 2147483647 and message["id"] == request.id
    if not params:
        assert "params" not in message
    else:
        # cJSON stops at a NUL, and reads numbers as 32-bit ints
        assert "\\u0000" not in request.data.decode("ascii")
        assert all(abs(number) <= 2147483647 for number in _numbers(message["params"]))
        assert message["params"] == _listed(params)


def _numbers(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for each in value for number in _numbers(each)]
    assert not isinstance(value, (bool, float)) and value is not None
    return [value] if isinstance(value, int) else []


def _listed(value):
    """With the keys that JSON makes of them; anything that JSON would change does not come out equal."""
    if isinstance(value, dict):
        assert len({str(key) for key in value}) == len(value)
        return {str(key): _listed(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_listed(each) for each in value]
    return value


@SEVERAL
@given(METHOD, PARAMS)
@example("ul_dump", ["&#13;\r\n &amp; <b> ]]>"])
@example("ul_dump", ["\r", "\n", "\t x "])
def test_xml_rpc_is_read_back(method, params):
    request = request_or_none(XmlRpcProtocol(), method, params)
    if request is None:
        return
    name, read = models.xml_request(request.data)
    assert name == method
    assert read == (_listed(params) if params else [])


@SEVERAL
@given(METHOD, st.lists(SCALAR, max_size=4))
@example("ul_dump", ["a b", "c+d", "%2C", "&x=y#z"])
def test_mi_json_is_read_back(method, params):
    request = request_or_none(MiJsonProtocol(), method, params)
    if request is None:
        return
    assert request.verb == "GET" and request.data == b""
    assert re.match(r"/[A-Za-z0-9_.:%~/?=&+-]+\Z", request.path), "nothing that ends a request line"
    path, _mark, query = request.path.partition("?")
    assert path.count("/") == 1 and path[1:].replace("%3A", ":") == method
    assert query.count("&") == 0 and query.count("=") <= 1 and "+" not in query
    assert models.mi_json_arguments(query.partition("=")[2]) == as_texts(params)


@SEVERAL
@given(st.sampled_from(sorted(PROTOCOLS)), METHOD, PARAMS, st.booleans(), st.booleans())
def test_encoders_raise_nothing_else(name, method, params, fifo, known):
    protocol = PROTOCOLS[name]()
    if name in ("line", "mi_json") and isinstance(params, dict):
        params = list(params.values())
    try:
        protocol.encode(method, params or [], REPLY_FIFO if fifo and name in ("line", "jsonrpc") else None, known)
    except MIError as error:
        assert str(error).strip()
        assert len(str(error)) < 2000, "the whole value in the message"


@pytest.mark.parametrize("protocol", [LineProtocol, JsonRpcProtocol])
def test_no_request_over_fifo_without_a_reply_fifo(protocol):
    with pytest.raises(RefusedRequest):
        protocol().encode("uptime", [], "")


# --- nothing harmful through a whole Connection -----------------------------------------------------------------


class FifoRecorder(FifoCarrier):
    """A carrier that remembers what would go out."""

    def __init__(self):
        super().__init__()
        self.sent = []

    def open(self):
        pass


class HttpRecorder(HttpCarrier):
    """The same over HTTP."""

    def __init__(self):
        super().__init__("http://127.0.0.1/mi")
        self.sent = []


def recording(protocol_name, version, offered):
    conn = connection.Connection(resolve({"timeout": 1}))
    conn.carrier = HttpRecorder() if protocol_name in ("xmlrpc", "mi_json") else FifoRecorder()
    conn._protocol = PROTOCOLS[protocol_name]()
    if protocol_name == "xmlrpc":
        conn._protocol.tree_replies = version < (3,)
    conn._version = version
    conn._offered = frozenset(offered)

    def exchange(name, arranged, dummy_timeout, known=True):
        reply_to = REPLY_FIFO if conn.carrier.needs_reply_fifo else None
        conn.carrier.sent.append(conn._encoded(name, arranged, reply_to, known))

    conn._exchange = exchange
    return conn


SERVERS = [
    ("line", (1, 11, 11), ["which", "t_uac_dlg", "ul_dump", "ps"]),
    ("line", (2, 4, 11), ["which", "t_uac_dlg", "ul_dump", "ps", "private"]),
    ("jsonrpc", (3, 6, 8), ["which", "t_uac_dlg", "ul_dump", "ps", "private"]),
    ("jsonrpc", (4, 0, 1), ["core:which", "tm:uac_dlg", "usrloc:dump", "core:ps"]),
    ("xmlrpc", (3, 6, 8), ["which", "t_uac_dlg", "ul_dump", "ps"]),
    ("xmlrpc", (2, 4, 11), ["which", "t_uac_dlg", "ul_dump", "ps"]),
    ("mi_json", (2, 4, 11), ["which", "t_uac_dlg", "ul_dump", "ps"]),
]
HEADER_PIECE = st.sampled_from(
    [
        "From: <sip:a@b>",
        "To: <sip:c@d>",
        "X-A: b",
        "\r\n",
        "\\r\\n",
        "\n",
        "!",
        "!!",
        "!!!",
        "Contact: <sip:!!>",
        " ",
        "a!b",
        "From",
        ": ",
        "Date: ",
    ]
)
HEADERS = st.lists(HEADER_PIECE, max_size=8).map("".join)


@SEVERAL
@given(
    st.sampled_from(SERVERS),
    st.sampled_from(["t_uac_dlg", "tm:uac_dlg", "uac_dlg", "tm:t_uac_dlg"]),
    HEADERS,
    st.booleans(),
    st.booleans(),
)
@example(SERVERS[2], "t_uac_dlg", "From: a\r\nTo: b\r\nX: !\r\nY: !\r\n", True, False)
def test_no_lone_exclamation_mark_reaches_t_uac_dlg(server, method, headers, named, with_body):
    conn = recording(*server)
    values = [("method", "NOTIFY"), ("ruri", "sip:a@b"), ("next_hop", "."), ("socket", "."), ("headers", headers)] + [
        ("body", "b")
    ] * with_body
    try:
        conn.call(method, dict(values) if named else [value for _name, value in values])
    except MIError:
        return
    (sent,) = conn.carrier.sent
    # the server pairs marks within one header; its own From and To it does not look into
    for line in re.split(r"\r\n|\r|\n|\\r\\n|\\n|\\r", headers):
        if not re.match(r"(from|f|to|t|call-id|i|cseq)\s*:", line, re.IGNORECASE):
            assert "!" not in line.replace("!!", ""), sent.data


@SEVERAL
@given(st.sampled_from(SERVERS), METHOD, PARAMS)
def test_a_connection_sends_what_a_server_understands_or_raises_mierror(server, method, params):
    conn = recording(*server)
    try:
        conn.call(method, params)
    except MIError:
        assert conn.carrier.sent == []
        return
    (request,) = conn.carrier.sent
    if server[0] == "jsonrpc":
        name, message, behind = models.fifo_json_request(request.data)
        assert message["method"] in server[2] and not behind.strip()
    elif server[0] == "line":
        command, _name, arguments, left = models.fifo_line_request(request.data)
        assert command in server[2] and arguments is not None and left == b""
    elif server[0] == "xmlrpc":
        assert models.xml_request(request.data)[0] in server[2]


@SEVERAL
@given(st.one_of(st.none(), st.sampled_from(["t_uac_dlg", "ps"])), PARAMS)
def test_refuse_harmful_takes_anything(name, params):
    try:
        harm.refuse_harmful(name, params, lambda: (3, 6, 8))
    except RefusedRequest:
        assert name == "t_uac_dlg"


def test_a_line_that_may_be_thrown_away_never_exceeds_what_the_server_reads():
    """Commands without arguments, named or not, and commands that nobody knows."""
    for server in SERVERS[:2]:
        for method in ("ps", "private"):
            for params in (["v" * 1100], ["v" * 500 + "\r\n" + "w" * 1100]):
                conn = recording(*server)
                with pytest.raises(MIError):
                    conn.call(method, params)
                assert conn.carrier.sent == []


# --- (b) decoders ----------------------------------------------------------------------------------------------


def decode_anything(protocol, data, request):
    """The decoder's verdict; looks at all of a reply."""
    try:
        protocol.check_marked_end(data)
        reply = protocol.decode(data, request)
    except MIError as error:
        assert str(error)
        return None
    assert isinstance(reply.code, int) and isinstance(reply.message, str) and isinstance(reply.raw, str)
    json.dumps(reply.result)
    if reply.is_tree:
        assert [name for _depth, name, _value, _attributes in reply.walk()] == [
            node["name"] for node in _flatten(reply.result)
        ]
    else:
        with pytest.raises(TypeError):
            reply.walk()
    return reply


def _flatten(nodes):
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        assert sorted(node) == ["attributes", "children", "name", "value"]
        yield node
        stack.extend(reversed(node["children"]))


REPLY_LIKE = st.lists(
    st.sampled_from(
        [
            b"200 OK\n",
            b"404 no\n",
            b"\n",
            b"\t",
            b"A:: b",
            b" c=d",
            b"::",
            b"{",
            b"}",
            b"[",
            b"]",
            b'"result":',
            b'"error":',
            b'"jsonrpc":"2.0",',
            b'"id":1',
            b",",
            b"1",
            b"null",
            b"1e999",
            b"NaN",
            b'"code":',
            b'"message":"x"',
            b'"value":',
            b'"children":',
            b'"attributes":',
            b"<methodResponse>",
            b"</methodResponse>",
            b"<params>",
            b"<param>",
            b"<value>",
            b"</value>",
            b"<struct>",
            b"<member>",
            b"<name>",
            b"<string>",
            b"<int>",
            b"<fault>",
            b"<array><data>",
            b"&#13;",
            b"\r",
            b"\xff",
            b"\0",
            b"<!DOCTYPE",
            b"&x;",
            b"failed to print response",
            b"500 Internal error",
        ]
    ),
    max_size=14,
).map(b"".join)


@SEVERAL
@given(
    st.sampled_from(sorted(PROTOCOLS)),
    st.one_of(st.binary(max_size=60), REPLY_LIKE),
    st.sampled_from([None, True, False]),
)
@example("xmlrpc", b"<methodResponse>" + b"<value>" * 5000, None)
@example("jsonrpc", b"[" * 100000, None)
@example("jsonrpc", b'{"id":1,"result":' + b"[" * 5000 + b"]" * 5000 + b"}", None)
@example("mi_json", b'{"a":' * 5000 + b"1" + b"}" * 5000, None)
@example("jsonrpc", b'{"jsonrpc":"2.0","id":1,"error":{"code":1e400}}', None)
@example("jsonrpc", b'{"id":1,"result":' + b"9" * 5000 + b"}", None)
@example(
    "xmlrpc",
    b"<methodResponse><params><param><value><int>" + b"9" * 5000 + b"</int></value></param></params></methodResponse>",
    None,
)
@example("line", b"9" * 5000 + b" OK\n", None)
def test_decoders_take_any_bytes(name, data, tree_replies):
    protocol = PROTOCOLS[name]()
    if name == "xmlrpc":
        protocol.tree_replies = tree_replies
    decode_anything(protocol, data, Request(b"", "uptime", 1))
    if hasattr(protocol, "complete"):
        assert protocol.complete(data) in (True, False)


@SEVERAL
@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    ["result", "error", "id", "code", "message", "data", "value", "children", "attributes", "x"]
                ),
                inner,
                max_size=4,
            ),
        ),
        max_leaves=12,
    ),
    st.sampled_from(["jsonrpc", "mi_json"]),
)
def test_json_decoders_take_any_json(value, name):
    reply = decode_anything(PROTOCOLS[name](), json.dumps(value).encode("utf-8"), Request(b"", "uptime", 1))
    if reply is not None and name == "jsonrpc":
        assert isinstance(value, dict) and (value.get("id") == 1 or value.get("error") is not None)


def _mutate(data, source):
    data = bytearray(data)
    for dummy in range(source.randint(1, 4)):
        position = source.randrange(len(data) + 1)
        kind = source.randrange(5)
        if kind == 0:
            del data[position : position + source.randint(1, 40)]
        elif kind == 1:
            data[position:position] = bytes(source.randrange(256) for dummy in range(source.randint(1, 4)))
        elif kind == 2:
            data[position:position] = source.choice(
                [b'"', b"{", b"}", b"[", b"]", b"\n", b"\t", b"::", b"<", b">", b",", b"\\", b"&", b"null", b"-1"]
            )
        elif kind == 3 and position < len(data):
            data[position] = source.randrange(256)
        else:
            other = source.randrange(len(data) + 1)
            data[position:position] = data[other : other + 30]
    return bytes(data)


@pytest.mark.parametrize("version,name", wire.files())
def test_recorded_replies_that_were_mutated(version, name):
    source = random.Random(version + name)
    for each in wire.exchanges(version, name):
        data = wire.reply_bytes(each)
        if not data or len(data) > 20000:
            continue
        for _dummy in range(6):
            decode_anything(
                wire.protocol_of(version, name), _mutate(data, source), wire.request_of(version, name, each)
            )


@pytest.mark.parametrize("version,name", wire.files())
def test_recorded_replies_that_were_cut_off(version, name):
    """Of a JSON or XML reply no beginning passes for the whole; of a line reply none that lacks its end does."""
    source = random.Random(version + name)
    for each in wire.exchanges(version, name):
        data = wire.reply_bytes(each)
        if not data or len(data) > 20000:
            continue
        for length in {source.randrange(len(data)) for dummy in range(5)}:
            part = data[:length]
            reply = decode_anything(wire.protocol_of(version, name), part, wire.request_of(version, name, each))
            if reply is None:
                continue
            if name == "http_json":
                assert not part.strip()
            elif version in ("1.11", "2.4") and name in ("fifo", "datagram", *wire.OTHER_SERVERS):
                # over FIFO its empty line would be missing: check_marked_end() was asked, too
                assert part.endswith(b"\n")
            else:
                assert part.strip() == data.strip(), each["id"]
