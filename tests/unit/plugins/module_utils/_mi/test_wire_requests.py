# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our encoders make the requests that real servers were recorded to understand."""

import json
from xml.etree import ElementTree

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.tests.unit import wire

# Requests that the recorder sent on purpose and we refuse to make.
REFUSED = {"comma_in_value": "mi_json splits at commas"}


def plain(value):
    """A parameter as a caller writes it: the recorder quoted for the line protocol by hand."""
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1].replace('\\"', '"')
    return value


def sent(version, name, each):
    protocol = wire.protocol_of(version, name)
    params = each["params"] or []
    if protocol.name == "line":
        params = [plain(value) for value in params]
    if protocol.name == "xmlrpc" and len(params) == 1 and isinstance(params[0], dict):
        params = params[0]
    fifo = each["request"].startswith(":") and "REPLY_FIFO" in each["request"]
    return protocol.encode(each["method"], params, "REPLY_FIFO" if fifo else None)


def xml_value(text):
    # an XML parser reads a bare CRLF as LF; we write the CR as a reference so that the server gets it
    return ElementTree.tostring(ElementTree.fromstring(text.replace("\r\n", "\n").replace("&#13;\n", "\n")))


@pytest.mark.parametrize("version,name", wire.files())
def test_requests_are_as_recorded(version, name):
    compared = 0
    for each in wire.exchanges(version, name):
        if each["id"].startswith("raw_") or (name == "http_json" and each["id"] in REFUSED):
            continue
        if each["id"] == "unix_datagram_uptime":
            continue  # went over a datagram socket, recorded among FIFO requests
        request = sent(version, name, each)
        recorded = each["request"]
        if name.startswith("xmlrpc"):
            assert xml_value(request.data.decode("utf-8")) == xml_value(recorded), each["id"]
        elif name == "http_json":
            assert "GET /json" + request.path == recorded, each["id"]
        elif version in ("1.11", "2.4"):
            assert request.data == recorded.encode("latin-1"), each["id"]
        else:
            data = request.data.decode("utf-8")
            head, tail = data.find("{"), recorded.find("{")
            ours, theirs = json.loads(data[head:]), json.loads(recorded[tail:])
            ours.pop("id"), theirs.pop("id")
            assert (data[:head], ours) == (recorded[:tail], theirs), each["id"]
        compared += 1
    assert compared > 20


def test_what_is_refused_was_recorded_to_go_wrong():
    each = wire.exchange("2.4", "http_json", "comma_in_value")
    with pytest.raises(BadParameters) as refused:
        sent("2.4", "http_json", each)
    assert "comma" in str(refused.value)
