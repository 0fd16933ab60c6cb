# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""XML-RPC of all generations: what is refused, faults, and what the replies of each generation are."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
    RejectedCommand,
    RejectedParameters,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.protocol import Request
from ansible_collections.community.opensips.plugins.module_utils._mi.protocols.xmlrpc import XmlRpcProtocol

REQUEST = Request(b"", "uptime")


def response(value):
    return "<?xml version='1.0'?><methodResponse><params><param><value>{0}</value></param></params></methodResponse>".format(
        value
    ).encode("utf-8")


def fault(code, text):
    return (
        "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>{0}</int></value></member>"
        "<member><name>faultString</name><value><string>{1}</string></value></member></struct></value></fault></methodResponse>".format(
            code, text
        )
    ).encode("utf-8")


@pytest.mark.parametrize(
    "params",
    [
        [""],
        ["\x01"],
        ["\ufffe"],
        ["&#13;"],
        [None],
        [True],
        [1.5],
        [[""]],
        {"": "x"},
        {"a": ""},
        [2**31],
        [-(2**40)],
        ["\0"],
        ["\ud800"],
    ],
)
def test_values_that_xml_or_the_server_cannot_carry(params):
    with pytest.raises(BadParameters):
        XmlRpcProtocol().encode("uptime", params)


@pytest.mark.parametrize(
    "data,error",
    [
        (fault(-32601, "Method not found"), RejectedCommand),
        (fault(32601, "Method not found"), RejectedCommand),
        (fault(401, "Empty request"), RejectedCommand),
        (fault(-506, "no"), RejectedCommand),
        (fault(-32602, "Invalid params"), RejectedParameters),
        (fault(404, "AOR not found"), ServerError),
        (fault("abc", "x"), MalformedReply),
        (b"<methodResponse><fault/></methodResponse>", MalformedReply),
        (b"<methodResponse/>", MalformedReply),
        (b"<html><body>404</body></html>", MalformedReply),
        (b"", MalformedReply),
        (response("<int>x</int>"), MalformedReply),
        (response("<struct><member><name>a</name></member></struct>"), MalformedReply),
        (response("<what/>"), MalformedReply),
        (response("<string>cut")[:-60], MalformedReply),
        (b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><methodResponse/>", MalformedReply),
        (response("<value>" * 500 + "</value>" * 500), MalformedReply),
        (response("<int>" + "9" * 5000 + "</int>"), MalformedReply),
    ],
)
def test_replies_that_are_errors(data, error):
    if error is MalformedReply and b"9999" in data:
        # Python 3.11 and later refuse such numbers; before, it is just a number
        try:
            XmlRpcProtocol().decode(data, REQUEST)
            return
        except MalformedReply:
            return
    with pytest.raises(error) as caught:
        XmlRpcProtocol().decode(data, REQUEST)
    assert caught.type is error


def test_generations_tell_themselves_apart():
    old = XmlRpcProtocol().decode(response("<string>Server:: OpenSIPS (1.11.11 (x86_64/linux))\n</string>"), REQUEST)
    assert old.is_tree and old.result[0]["name"] == "Server"
    ng = XmlRpcProtocol().decode(
        response("<struct><member><name>Server</name><value>OpenSIPS</value></member></struct>"), REQUEST
    )
    assert ng.is_tree and ng.result[0]["value"] == "OpenSIPS"
    new = XmlRpcProtocol().decode(
        response("<struct><member><name>Server</name><value><string>OpenSIPS</string></value></member></struct>"),
        REQUEST,
    )
    assert not new.is_tree and new.result == {"Server": "OpenSIPS"}
    assert XmlRpcProtocol().decode(
        response("<array><data><value><int>5</int></value></data></array>"), REQUEST
    ).result == [5]


def test_carriage_returns_of_a_sip_message_stay():
    text = "Via: a\r\nTo: b\r\n\r\n"
    assert XmlRpcProtocol().decode(
        response("<struct><member><name>Message</name><value><string>" + text + "</string></value></member></struct>"),
        REQUEST,
    ).result == {"Message": text}


def test_named_parameters_are_one_struct():
    data = XmlRpcProtocol().encode("t_uac_dlg", {"method": "NOTIFY", "n": 5}).data
    assert data.count(b"<param>") == 1 and data.count(b"<member>") == 2 and b"<int>5</int>" in data
    assert XmlRpcProtocol().encode("uptime", {}).data.count(b"<param>") == 0
