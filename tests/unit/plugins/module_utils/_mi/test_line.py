# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line protocol of 1.x and 2.x: what is quoted, what is refused and why. Whether a server reads it back: test_properties.py."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.datagram import DatagramCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.fifo import FifoCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    RefusedRequest,
    RejectedCommand,
    RequestTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.line import LineProtocol
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._mi import models

REQUEST = Request(b"", "uptime")


def encode(value, fifo=True):
    return LineProtocol().encode("cache_store", [value], "R" if fifo else None).data


@pytest.mark.parametrize(
    "value,word",
    [
        ("", "empty"),
        (" \t ", "white space"),
        ("\r\n", "white space"),
        ('"a" <sip:a@b>', "begins with a quote"),
        ('a \\\\ "b\\', "backslash"),
        (None, "None"),
        (True, "True"),
        (1.5, "1.5"),
        ("a\0b", "NUL"),
        ("\ud800", "UTF-8"),
    ],
)
def test_what_no_server_would_read_is_refused(value, word):
    for fifo in (True, False):
        with pytest.raises(BadParameters) as refused:
            encode(value, fifo)
        assert word in str(refused.value) and "Parameter 1" in str(refused.value)


@pytest.mark.parametrize("value,word", [("a\n\nb", "empty line"), ('say "hi"\nand more', "quote"), ('a\n"b"', "quote")])
def test_what_only_a_fifo_misreads_goes_over_a_datagram(value, word):
    with pytest.raises(BadParameters) as refused:
        encode(value)
    assert word in str(refused.value)
    assert models.datagram_request(encode(value, fifo=False), False, {"cache_store"})[1] == [value]


@pytest.mark.parametrize(
    "value",
    [
        'A: "b"  \r\nC: d\r\n\r\n',
        'A: b\r\nC: a="b", c="d\\"e", f=g  \r\nH: "i"  \r\n\r\n',
        'A: "b" "c" "d"  \r\nE: f "g"',
    ],
)
def test_a_fifo_reads_quotes_in_lines_that_end_in_two_blanks(value):
    """The server loses the line feed behind a line with quotes, and reads the last character of the line in its place."""
    assert models.fifo_line_request(encode(value))[2] == [value.encode()]
    for other in (value.replace("  \r", " \r"), value.replace("  \r", "\r"), value.replace("  \r", " \t\r")):
        with pytest.raises(BadParameters):
            encode(other)


def test_the_model_agrees_that_these_go_wrong():
    """What is refused was refused for a reason: the server's parser, given it anyway, reads something else."""
    for text in ('"say \\"hi\\"\nand more"', '"a\n\nb"', '"\\"a\\" b"', '"a\\"'):
        data = b":cache_store:R\n" + text.encode() + b"\nlast\n\n"
        try:
            arguments = models.fifo_line_request(data)[2]
        except AssertionError:
            continue  # it would wait for more
        assert (
            arguments is None
            or b"last" not in arguments
            or len(arguments) != 2
            or arguments[0] not in (b'say "hi"\nand more', b"a\n\nb", b'"a" b', b"a\\")
        )


def test_every_request_over_fifo_ends_in_an_empty_line():
    for params in ([], ["a"], ["a", "b c"], ["a\r\nb"]):
        assert LineProtocol().encode("ps", params, "R").data.endswith(b"\n\n")


def test_names_of_4_0_are_refused():
    with pytest.raises(RefusedRequest):
        LineProtocol().encode("core:uptime", [], "R")


@pytest.mark.parametrize(
    "size,known,fits", [(1022, False, True), (1023, False, False), (8000, True, True), (8150, True, False)]
)
def test_sizes_over_fifo(size, known, fits):
    protocol = LineProtocol()
    request = protocol.encode("x", ["v" * size], "R", known)
    assert len(request.data) > size
    if fits:
        FifoCarrier().check_request(request, protocol)
    else:
        with pytest.raises(RequestTooLarge):
            FifoCarrier().check_request(request, protocol)
    DatagramCarrier().check_request(protocol.encode("x", ["v" * size], None, known), protocol)


@pytest.mark.parametrize(
    "data,error",
    [
        (b"500 command 'x' not available\n", RejectedCommand),
        (b"500 command not available\n", RejectedCommand),
        (b"500 command 'x' failed\n", ServerError),
        (b"400 Parse error in command 'x'\n", ServerError),
        (b"404 AOR not found\n\n", ServerError),
        (b"500\n", ServerError),
        (b"", MalformedReply),
        (b"OK\n\n", MalformedReply),
        (b"20 OK\n\n", MalformedReply),
        (b"2000 OK\n\n", MalformedReply),
        (b'{"jsonrpc":"2.0"}', MalformedReply),
        # a datagram socket of 3.x says so
        (b"400 Parse_error", MalformedReply),
        (b"200 OK", MalformedReply),
    ],
)
def test_replies_that_are_errors(data, error):
    with pytest.raises(error) as caught:
        LineProtocol().decode(data, REQUEST)
    assert caught.type is error


def test_status_and_reason():
    reply = LineProtocol().decode(b"200 Gr\xc3\xbc\xc3\x9fe\na:: \xff\n\n", REQUEST)
    assert (reply.code, reply.message) == (200, "Gr\u00fc\u00dfe")
    assert reply.result[0]["value"] == "\ufffd"
    assert reply.raw == "200 Gr\u00fc\u00dfe\na:: \ufffd\n\n"
