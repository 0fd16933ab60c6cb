# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contacts: the same record on every version and transport."""

import json

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MalformedReply,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import (
    NodeTreeReply,
    TextTreeReply,
    ValueReply,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import location
from ansible_collections.community.opensips.tests.unit import wire

# the 1.11 recording over mi_xmlrpc_ng asked at a wrong path
PLACES = [place for place in wire.files() if place != ("1.11", "xmlrpc") and place[1] not in wire.OTHER_SERVERS]
FIFOS = [(version, "fifo") for version in wire.VERSIONS]
# what 1.11's ul_show_contact does not tell
UNTOLD_BY_OLD_SHOW = ("contact_id", "cseq", "state", "sip_instance")


def contacts(version, name, case, **asked):
    return location.parse(wire.reply(version, name, case), **asked)


def of_user(records, user):
    found = [each for each in records if each["user"] == user]
    assert found, [each["aor"] for each in records]
    return found


def comparable(record):
    """A record without what differs from bench to bench: ports, ids, times, whether AORs have domains."""
    rest = dict(record)
    for key in ("aor", "domain", "contact", "contact_id", "expires", "call_id", "cseq", "socket"):
        del rest[key]
    return rest


@pytest.mark.parametrize("version, name", PLACES)
def test_ul_dump_gives_the_same_contact_everywhere(version, name):
    records = contacts(version, name, "ul_dump")
    assert sorted(each["user"] for each in records) == ["100000", "100001", "100002", "100003", "100004"]
    (phone,) = of_user(records, "100000")
    assert comparable(phone) == {
        "table": "location",
        "user": "100000",
        "permanent": False,
        "q": 0.5,
        "user_agent": "Yealink SIP-T46U 108.86.0.20",
        "received": None,
        "path": None,
        "state": "CS_NEW",
        "flags": 0,
        "cflags": [],
        "methods": ["INVITE", "ACK", "BYE", "NOTIFY"],
        "attr": None,
        "sip_instance": "<urn:uuid:00000000-0000-1000-8000-000000100000>",
    }
    assert phone["aor"] == ("100000@127.0.0.1" if version == "4.0" else "100000")
    assert phone["domain"] == ("127.0.0.1" if version == "4.0" else None)
    assert phone["contact"].startswith("sip:100000@127.0.0.1:170")
    assert phone["call_id"].startswith("c100000@farm170")
    assert phone["cseq"] == 17653
    assert 0 < phone["expires"] <= 7200
    assert phone["socket"].startswith("udp:127.0.0.1:")
    assert (phone["contact_id"] is None) == (version == "1.11")


@pytest.mark.parametrize("version, name", PLACES)
def test_ul_show_contact_gives_what_ul_dump_gives(version, name):
    (shown,) = contacts(version, name, "ul_show_contact", table="location", aor="100000")
    (dumped,) = of_user(contacts(version, name, "ul_dump"), "100000")
    assert set(shown) == set(dumped)
    untold = UNTOLD_BY_OLD_SHOW if version == "1.11" else ()
    assert all(shown[key] is None for key in untold)
    for key in set(shown) - set(untold):
        assert shown[key] == dumped[key], key


@pytest.mark.parametrize("version, name", PLACES)
def test_brief_gives_aors_and_no_contacts(version, name):
    reply = wire.reply(version, name, "ul_dump_brief")
    assert location.parse(reply) == []
    dumped = contacts(version, name, "ul_dump")
    places = [{key: each[key] for key in ("table", "aor", "user", "domain")} for each in dumped]
    assert list(location.iter_aors(reply)) == places
    assert list(location.iter_aors(wire.reply(version, name, "ul_dump"))) == places


@pytest.mark.parametrize("version, name", PLACES)
def test_a_permanent_contact_has_no_end(version, name):
    (record,) = contacts(version, name, "ul_show_added", table="location", aor="static1")
    assert (record["expires"], record["permanent"]) == (None, True)
    assert (record["q"], record["socket"], record["methods"]) == (1.0, None, [])
    assert record["contact"] == "sip:static1@127.0.0.1:19999"


@pytest.mark.parametrize("version, name", FIFOS)
def test_odd_registrations(version, name):
    records = contacts(version, name, "odd_ul_dump")
    assert {tuple(sorted(each)) for each in records} == {tuple(sorted(records[0]))}
    multi = {each["contact"]: each for each in of_user(records, "multi")}
    assert {uri: each["q"] for uri, each in multi.items()} == {
        "sip:multi@127.0.0.1:21002;transport=tcp": 0.9,
        "sip:multi@127.0.0.1:21001": 0.1,
        "sip:multi@[::1]:21003;ob;line=abc=:=def": None,
    }
    (odd,) = of_user(records, "oddua")
    assert odd["user_agent"] == 'Weird:: UA; "quoted" = [x], <b>&amp; Gr\u00fc\u00dfe \u4f60\u597d'
    (silent,) = of_user(records, "noua")
    assert silent["user_agent"] is None
    assert silent["methods"] is None
    (semicolon,) = of_user(records, "semi;colon")
    assert semicolon["contact"] == "sip:semi%3Bcolon@127.0.0.1:21006;x=1;y=%22q%22"
    (instance,) = of_user(records, "inst")
    assert instance["sip_instance"] == "<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"
    assert instance["methods"] == ["INVITE", "ACK", "NOTIFY"]


@pytest.mark.parametrize("version, name", FIFOS)
@pytest.mark.parametrize("case", ["multi", "oddua", "noua", "inst", "pathy", "tls"])
def test_odd_registrations_shown_one_by_one(version, name, case):
    shown = contacts(version, name, "odd_ul_show_" + case, table="location", aor=case)
    dumped = {each["contact"]: each for each in of_user(contacts(version, name, "odd_ul_dump"), case)}
    assert len(shown) == len(dumped)
    untold = UNTOLD_BY_OLD_SHOW if version == "1.11" else ()
    for record in shown:
        for key in set(record) - set(untold) - {"aor", "domain"}:
            assert record[key] == dumped[record["contact"]][key], key


CONTACT = {
    "Contact": "sip:a@b;x=1",
    "ContactID": "7",
    "Expires": 9,
    "Q": "0.25",
    "Callid": "c",
    "Cseq": 3,
    "User-agent": "UA",
    "Received": "sip:192.0.2.1:4444",
    "Path": "<sip:p;lr>",
    "State": "CS_SYNC",
    "Flags": 4,
    "Cflags": "NAT SIP_PING",
    "Socket": "tcp:192.0.2.9:5060",
    "Methods": 5951,
    "Attr": "a=b",
    "SIP_instance": "<urn:x>",
}


def as_value(contact, aor="a@b"):
    return ValueReply({"Domains": [{"name": "location", "AORs": [{"AOR": aor, "Contacts": [contact]}]}]}, "")


def as_text(contact, aor="a@b", indent="\t", end="\n"):
    lines = ["Domain:: location hash_size=512", indent + "AOR:: " + aor]
    lines.append("{0}{0}Contact:: {1} Q={2}".format(indent, contact["Contact"], contact["Q"]))
    lines += [
        "{0}{0}{0}{1}:: {2}".format(indent, key, value) for key, value in contact.items() if key not in ("Contact", "Q")
    ]
    text = end.join(lines) + "\n"
    return TextTreeReply(text, text, flat=not indent)


def as_nodes(contact, aor="a@b"):
    def node(name, value, children=(), **attributes):
        return {"name": name, "value": str(value), "attributes": attributes, "children": list(children)}

    fields = [node(key, value) for key, value in contact.items() if key not in ("Contact", "Q")]
    inner = node("Contact", contact["Contact"], fields, Q=contact["Q"])
    return NodeTreeReply([node("Domain", "location", [node("AOR", aor, [inner])], hash_size="512")], "")


def test_every_field_is_read_and_means_the_same_in_every_form():
    expected = {
        "table": "location",
        "aor": "a@b",
        "user": "a",
        "domain": "b",
        "contact": "sip:a@b;x=1",
        "contact_id": "7",
        "expires": 9,
        "permanent": False,
        "q": 0.25,
        "call_id": "c",
        "cseq": 3,
        "user_agent": "UA",
        "received": "sip:192.0.2.1:4444",
        "path": "<sip:p;lr>",
        "state": "CS_SYNC",
        "flags": 4,
        "cflags": ["NAT", "SIP_PING"],
        "socket": "tcp:192.0.2.9:5060",
        # 5951 is 0x173F: bits 0 to 5, 8, 9, 10 and 12
        "methods": "INVITE CANCEL ACK BYE INFO OPTIONS MESSAGE SUBSCRIBE NOTIFY REFER".split(),
        "attr": "a=b",
        "sip_instance": "<urn:x>",
    }
    for form in (as_value, as_text, as_nodes, lambda each: as_text(each, indent="")):
        assert location.parse(form(CONTACT)) == [expected]


@pytest.mark.parametrize("form", [as_value, as_text, as_nodes])
@pytest.mark.parametrize(
    "word, expires, permanent", [("permanent", None, True), ("expired", 0, False), ("deleted", 0, False)]
)
def test_words_for_expires(form, word, expires, permanent):
    (record,) = location.parse(form(dict(CONTACT, Expires=word)))
    assert (record["expires"], record["permanent"]) == (expires, permanent)


def test_a_number_as_xml_rpc_of_3_6_writes_it():
    (record,) = location.parse(as_value(dict(CONTACT, Methods="4294967295.000000")))
    assert record["methods"] is None
    with pytest.raises(MalformedReply):
        location.parse(as_value(dict(CONTACT, Methods="1.5")))


def doubted(reply, **asked):
    """(records, {AOR: why its contacts do not count}) of a reply."""
    doubts = {}
    return location.parse(reply, doubt=doubts.__setitem__, **asked), doubts


def test_fields_of_a_text_tree_that_only_some_2_4_write():
    more = dict(CONTACT)
    more["Ping-Latency"] = 1234
    more["KV-Store"] = '{"a": ":: Contact"}'
    assert location.parse(as_text(more)) == location.parse(as_text(CONTACT))


def test_fields_of_a_text_tree_count_only_in_the_order_of_the_server():
    records, doubts = doubted(as_text({key: CONTACT[key] for key in sorted(CONTACT)}))
    assert records == [] and list(doubts) == ["a@b"]


@pytest.mark.parametrize("missing", ["Expires", "Callid", "Cseq", "State", "Flags", "Cflags", "Methods"])
def test_a_contact_without_a_field_that_the_server_always_writes(missing):
    records, doubts = doubted(as_text({key: value for key, value in CONTACT.items() if key != missing}))
    assert records == [] and list(doubts) == ["a@b"]


# what a phone may write into a header behind a line end and white space
INVENTED = [
    "{0}\tAOR:: evil",
    "{0}\t\t\tSocket:: udp:6.6.6.6:666{0}\tAOR:: evil",
    "{0}\t\tContact:: sip:evil@x Q=",
    "{0}\t\t\tUser-agent:: other",
    "{0}\t\t\tMethods:: 0",
    "{0} \tAOR:: evil",
    "{0} ",
]


@pytest.mark.parametrize("field", ["Callid", "User-agent", "Received", "Path", "Attr", "SIP_instance"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("invented", INVENTED)
def test_a_line_end_in_a_field_makes_its_aor_doubtful_and_no_other(field, end, invented):
    liar = as_text(dict(CONTACT, **{field: "UA" + invented.format(end)}), aor="liar@b").lines()
    honest = as_text(CONTACT).lines().partition("\n")[2]
    for text in (liar + honest, liar.partition("\n")[0] + "\n" + honest + liar.partition("\n")[2]):
        records, doubts = doubted(TextTreeReply(text, text))
        # what ends its last field fits, and is an AOR without contacts
        assert [each["aor"] for each in records if each["aor"] != "liar@b"] == ["a@b"]
        assert set(doubts) <= {"liar@b", "evil"} and ("liar@b" in doubts or invented == INVENTED[0])


def test_a_carriage_return_does_not_hide_the_next_phone():
    text = as_text(dict(CONTACT, SIP_instance="<urn:x>\r"), aor="liar@b").lines()
    text += as_text(CONTACT).lines().partition("\n")[2]
    assert [each["aor"] for each in location.parse(TextTreeReply(text, text))] == ["liar@b", "a@b"]


def test_an_aor_that_is_listed_twice_counts_once():
    text = as_text(CONTACT).lines()
    text += text.partition("\n")[2].replace("sip:a@b;x=1", "sip:evil")
    records, doubts = doubted(TextTreeReply(text, text))
    assert [each["contact"] for each in records] == ["sip:a@b;x=1"] and "more than once" in doubts["a@b"]


def shown(text):
    class Server:
        @staticmethod
        def call(method, params):
            assert method == "ul_show_contact"
            return TextTreeReply(text, text)

    return location.read_aor(Server, "a@b")


def shown_text(indent="\t", aor="a@b", **change):
    lines = as_text(dict(CONTACT, **change), aor, indent).lines().split("\n")[1:]
    return "\n".join(line[len(indent) :] for line in lines)


@pytest.mark.parametrize("indent", ["\t", "", "  "])
def test_a_contact_that_is_shown(indent):
    (record,) = shown(shown_text(indent))
    assert record == location.parse(as_text(CONTACT))[0]
    # without its domain, which some servers cut off
    assert shown(shown_text(indent, aor="a"))[0]["aor"] == "a"


@pytest.mark.parametrize(
    "text",
    [
        shown_text(aor="other"),
        shown_text() + shown_text(aor="evil"),
        shown_text(**{"User-agent": "x\n\tAOR:: evil"}),
        shown_text(SIP_instance="<\n\t\tMethods:: 0>"),
        "AOR:: a@b\n\tContact:: sip:a@b\n",
        "Contact:: <sip:a@b>;q=\n",
        "Contact:: <sip:a@b>;q=;expires=9;flags=0x0;cflags=0x0;socket=<udp:1:2>;callid=<x>;methods=0x0;more\n",
    ],
)
def test_a_reply_that_is_not_all_the_servers_is_doubtful(text):
    found = shown(text)
    assert found == [] and isinstance(found, location.Doubtful) and found.reason


OLD = "<sip:a@b;x=1>;q=0.25;expires=9;flags=0x4;cflags={cflags};socket=<udp:192.0.2.9:5060>;callid=<c>;methods=0x405{rest}"


@pytest.mark.parametrize(
    "rest, received, user_agent, path",
    [
        ("", None, None, None),
        (";received=<sip:1.2.3.4:5>", "sip:1.2.3.4:5", None, None),
        (";received=<sip:1.2.3.4:5>;path=<<sip:p;lr>>", "sip:1.2.3.4:5", None, "<sip:p;lr>"),
        (";user_agent=<X <y>; z>", None, "X <y>; z", None),
        (";user_agent=<X Q=1 :: 2>", None, "X Q=1 :: 2", None),
        (
            ";received=<sip:1.2.3.4:5>;user_agent=<X>;path=<<sip:p;lr>,<sip:q;lr>>",
            "sip:1.2.3.4:5",
            "X",
            "<sip:p;lr>,<sip:q;lr>",
        ),
        (";user_agent=<evil>;path=<<sip:no>>;path=<<sip:p;lr>>", None, "evil>;path=<<sip:no>", "<sip:p;lr>"),
    ],
)
def test_the_one_line_form_of_1_11(rest, received, user_agent, path):
    text = "Contact:: " + OLD.format(cflags="0x0", rest=rest) + "\n"
    (record,) = location.parse(TextTreeReply(text, text), table="location", aor="a@b")
    assert (record["received"], record["user_agent"], record["path"]) == (received, user_agent, path)
    assert (record["aor"], record["user"], record["domain"], record["table"]) == ("a@b", "a", "b", "location")
    assert (record["expires"], record["flags"], record["methods"]) == (9, 4, ["INVITE", "ACK", "NOTIFY"])
    assert record["cflags"] == []


def test_the_one_line_form_knows_branch_flags_only_as_bits():
    text = "Contact:: " + OLD.format(cflags="0x40", rest="") + "\n"
    (record,) = location.parse(TextTreeReply(text, text), aor="a")
    assert record["cflags"] is None


def test_consuming_lets_go_of_the_reply():
    reply = as_value(CONTACT)
    kept = location.parse(reply)
    assert location.parse(reply, consume=True) == kept
    assert reply.result["Domains"][0]["AORs"] == [None]


def test_repeating_values_are_one_object():
    twice = {"Domains": [{"name": "location", "AORs": [{"AOR": "a", "Contacts": [dict(CONTACT), dict(CONTACT)]}]}]}
    first, second = location.parse(ValueReply(json.loads(json.dumps(twice)), ""))
    for key in ("user_agent", "socket", "state", "methods"):
        assert first[key] is second[key]


@pytest.mark.parametrize(
    "change",
    [
        {"Contact": None},
        {"Contact": ""},
        {"Contact": ["sip:a@b"]},
        {"Expires": "soon"},
        {"Expires": True},
        {"Expires": [1]},
        {"Q": "high"},
        {"Q": {}},
        {"Cseq": "x"},
        {"Methods": "INVITE"},
        {"Methods": []},
        {"User-agent": 1.5},
        {"User-agent": {}},
        {"Socket": [1]},
        {"Flags": {}},
        {"Received": 2.5},
    ],
)
def test_values_that_no_server_gives_are_refused(change):
    with pytest.raises(MalformedReply):
        location.parse(as_value(dict(CONTACT, **change)))


@pytest.mark.parametrize(
    "text, aor",
    [
        ("\tContact:: sip:a@b Q=\n", None),
        ("\tAOR:: a\n\t\tContact:: sip:a@b Q=\n", "a"),
        ("Contact:: <sip:a@b>;q=\n", None),
        ("\tAOR:: \n", None),
    ],
)
def test_text_that_lacks_parts_does_not_count(text, aor):
    records, doubts = doubted(TextTreeReply(text, text))
    assert records == [] and list(doubts) == [aor]


@pytest.mark.parametrize("version, name", PLACES)
def test_asking_a_server(recorded, version, name):
    conn = recorded(version, name, ("ul_dump", "ul_dump_brief", "ul_show_contact", "ul_show_contact_missing"))
    aor = "100000@127.0.0.1" if version == "4.0" else "100000"
    nobody = "nobody@127.0.0.1" if version == "4.0" else "nobody"
    records = location.read(conn)
    assert len(records) == 5
    assert location.read(conn, table="location") == records
    with pytest.raises(BadParameters) as caught:
        location.read(conn, table="other")
    assert "It has location" in str(caught.value)
    assert [each["contact"] for each in location.read_aor(conn, aor)] == [
        each["contact"] for each in records if each["aor"] == aor
    ]
    if (version, name) != ("1.11", "http_json"):
        # mi_json of 1.11 answers errors with nothing
        assert location.read_aor(conn, nobody) == []


@pytest.mark.parametrize("version, name", FIFOS)
def test_an_unknown_table_is_an_error_not_nobody(recorded, version, name):
    conn = recorded(version, name, ("ul_show_contact_badtable",))
    with pytest.raises(BadParameters) as caught:
        location.read_aor(conn, "100000@127.0.0.1" if version == "4.0" else "100000", table="nolocation")
    assert "'nolocation'" in str(caught.value) and "Correct table" in str(caught.value)


def test_an_aor_without_its_domain_is_explained(recorded):
    conn = recorded("4.0", "fifo", ("ul_show_contact_nodomain",))
    with pytest.raises(BadParameters) as caught:
        location.read_aor(conn, "100000")
    assert "user@domain" in str(caught.value)
