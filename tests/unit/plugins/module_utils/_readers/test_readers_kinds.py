# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind but contacts: the same records on every version and transport."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    MalformedReply,
    ReplyTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import (
    NodeTreeReply,
    TextTreeReply,
    ValueReply,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import (
    addresses,
    blacklists,
    cache,
    carriers,
    dialog_profiles,
    dialogs,
    dispatcher,
    domains,
    gateways,
    load_balancer,
    log_level,
    media_nodes,
    partitions,
    processes,
    registrants,
    shared_variables,
    statistics,
    subscribers,
    switches,
    trace,
    uac,
    uptime,
    version,
)
from ansible_collections.community.opensips.tests.unit import wire

# the 1.11 recording over mi_xmlrpc_ng asked at a wrong path
PLACES = [place for place in wire.files() if place != ("1.11", "xmlrpc") and place[1] not in wire.OTHER_SERVERS]
FIFOS = [(each, "fifo") for each in wire.VERSIONS]
STATES = [(each, "state_fifo") for each in ("2.4", "3.6", "4.0")]

everywhere = pytest.mark.parametrize("at, name", PLACES)


def text_tree(text):
    return TextTreeReply(text, text)


@everywhere
def test_uptime(at, name):
    record = uptime.parse(wire.reply(at, name, "uptime"))
    assert record["since"] == "2026-11-22T03:17:45"
    # the bench was asked within the hour
    since_three = 17 * 60 + 45 + record["seconds"]
    assert record["now"] == "2026-11-22T03:{0:02d}:{1:02d}".format(*divmod(since_three, 60))


@everywhere
def test_version(at, name):
    record = version.parse(wire.reply(at, name, "version"))
    assert (record["product"], record["arch"], record["os"]) == ("OpenSIPS", "x86_64", "linux")
    assert record["version"] == {"1.11": "1.11.11", "2.4": "2.4.11", "3.6": "3.6.8", "4.0": "4.0.1"}[at]
    assert record["numbers"] == [int(each) for each in record["version"].split(".")]
    assert record["flavour"] == ("notls" if at == "1.11" else None)


def test_version_of_a_release_candidate_without_system():
    record = version.parse(ValueReply({"Server": "OpenSIPS (4.1.0-dev)"}, ""))
    assert (record["numbers"], record["flavour"], record["arch"]) == ([4, 1, 0], "dev", None)


@everywhere
def test_processes(at, name):
    records = processes.parse(wire.reply(at, name, "ps"))
    assert [each["id"] for each in records] == list(range(len(records)))
    assert records[0]["type"] == "attendant"
    assert [each["type"].split(":")[0] for each in records].count("SIP receiver udp") == 2
    assert all(isinstance(each["pid"], int) and each["type"] == each["type"].strip() for each in records)
    assert {tuple(each) for each in records} == {("id", "pid", "type", "load")}


@everywhere
def test_statistics(at, name):
    (group,) = list(statistics.parse(wire.reply(at, name, "get_statistics_groups")).items())
    assert group[0] == "tm"
    assert {"received_replies", "UAC_transactions", "2xx_transactions"} <= set(group[1])
    assert all(isinstance(value, int) for value in group[1].values())
    assert set(statistics.parse(wire.reply(at, name, "get_statistics_one"))["core"]) == {"rcv_requests"}


@pytest.mark.parametrize("at, name", STATES)
def test_all_statistics(at, name):
    groups = statistics.parse(wire.reply(at, name, "stats_all"))
    assert groups["shmem"]["total_size"] == 536870912
    assert groups["registrar"]["default_expire"] == 3600
    assert groups["script"]["my_counter"] == 0


@everywhere
def test_asking_for_statistics_reports_unknown_ones(recorded, at, name):
    conn = recorded(at, name, ("get_statistics_groups", "get_statistics_unknown", "get_statistics_one"))
    found = statistics.read(conn, ["tm:", "load:load"])
    assert list(found["statistics"]) == ["tm"]
    assert found["unknown"] == ["load:load"]
    assert statistics.read(conn, ["rcv_requests"])["unknown"] == []
    if (at, name) != ("1.11", "http_json"):
        assert statistics.read(conn, ["nosuchstat"]) == {"statistics": {}, "unknown": ["nosuchstat"]}


def test_statistics_may_be_text():
    groups = statistics.parse(ValueReply({"sip:state": "running", "sip:n": "12", "sip:m": 3}, ""))
    assert groups == {"sip": {"state": "running", "n": 12, "m": 3}}


@everywhere
def test_log_level(at, name):
    if at == "1.11":
        record = log_level.parse(text_tree("DEBUG:: 2\n"))
        assert record == {"log_level": 2, "processes": []}
        return
    record = log_level.parse(wire.reply(at, name, "log_level_get"))
    assert record["log_level"] == 2
    assert {each["log_level"] for each in record["processes"]} == {2}
    assert record["processes"][0]["type"] == "attendant"
    assert log_level.parse(wire.reply(at, name, "log_level_set"))["log_level"] == 3


def test_log_levels_that_differ_have_no_common_one():
    rows = [{"PID": 1, "Log level": 2, "Type": "a"}, {"PID": 2, "Log level": 4, "Type": "b"}]
    assert log_level.parse(ValueReply({"Processes": rows}, ""))["log_level"] is None


@pytest.mark.parametrize("at", ["3.6", "4.0"])
def test_xlog_level(at):
    assert log_level.parse_xlog(wire.reply(at, "state_fifo", "xlog_level_get")) == 2


@pytest.mark.parametrize("at", ["3.6", "4.0"])
def test_consumers_of_the_log(at):
    assert log_level.parse_muted(wire.reply(at, "state_fifo", "log_mute_state")) is False
    assert log_level.parse_filter(ValueReply({"Log level filter": 3}, "")) == 3
    with pytest.raises(MalformedReply):
        log_level.parse_filter(ValueReply({}, ""))


# dialogs


@pytest.mark.parametrize("at, name", FIFOS)
@pytest.mark.parametrize("case", ["dlg_list_live", "dlg_list_ctx"])
def test_dialogs(at, name, case):
    first, second = dialogs.parse(wire.reply(at, name, case))
    assert list(first) == list(second)
    assert (first["state"], first["state_number"]) == ("confirmed_na", 3)
    assert first["call_id"].startswith("1-")
    assert second["call_id"].startswith("2-")
    assert first["from_uri"] == "sip:sipp@127.0.0.1:19501"
    assert first["to_uri"].startswith("sip:callee@127.0.0.1:")
    assert first["user_flags"] == []
    # the bench ends calls after twelve hours
    assert first["timeout"] - first["timestart"] == 43200
    assert first["datestart"].startswith("2026-11-22T03:")
    assert first["dateout"].startswith("2026-11-22T15:")
    caller, (callee,) = first["caller"], first["callees"]
    assert caller["tag"].endswith("SIPpTag001")
    assert callee["tag"].endswith("SIPpTag011")
    assert caller["contact"] == "sip:sipp@127.0.0.1:19501"
    assert callee["contact"] == "sip:127.0.0.1:19500;transport=UDP"
    assert (caller["callee_cseq"], callee["caller_cseq"]) == (0, 1)
    assert (
        caller["bind_addr"]
        == callee["bind_addr"]
        == "udp:127.0.0.1:{0}060".format({"1.11": 11, "2.4": 15, "3.6": 16, "4.0": 17}[at])
    )
    assert caller["route_set"] is None
    has_sdp = at in ("3.6", "4.0")
    assert (caller["sdp"] or "").startswith("v=0\r\n") == has_sdp
    assert (callee["sdp"] is not None) == has_sdp
    assert first["context"] == ({"values": {}, "profiles": []} if case == "dlg_list_ctx" else None)


def test_dialogs_have_the_same_keys_everywhere():
    shapes = set()
    for at, name in FIFOS:
        for record in dialogs.parse(wire.reply(at, name, "dlg_list_live")):
            shapes.add((tuple(record), tuple(record["caller"]), tuple(record["callees"][0])))
    assert len(shapes) == 1


@pytest.mark.parametrize("at, name", FIFOS)
def test_a_dialogs_hash_is_its_number_in_two_halves(at, name):
    record = dialogs.parse(wire.reply(at, name, "dlg_list_live"))[0]
    entry, _colon, number = record["hash"].partition(":")
    assert int(entry) * 2**32 + int(number) == int(record["db_id"])
    if at == "1.11":
        # 1.11 says both
        assert record["hash"] == "257:1410774261"


@everywhere
def test_no_dialogs(at, name):
    assert dialogs.parse(wire.reply(at, name, "dlg_list_empty_or_live")) == []


def test_context_of_a_dialog_means_the_same_in_both_forms():
    tree = (
        "dialog::  ID=4294967297\n\tstate:: 4\n\tuser_flags:: 8\n\ttimestart:: 0\n\ttimeout:: 0\n\tcallid:: c\n\tCALLEES:: \n"
        "\tcontext:: \n\t\tvalues:: \n\t\t\tcolour:: red\n\t\tprofiles:: \n\t\t\tcaller:: alice\n\t\t\tnovalue:: \n"
    )
    value = {
        "ID": "1.1",
        "db_id": "4294967297",
        "state": 4,
        "user_flags": "A B",
        "timestart": 0,
        "timeout": 0,
        "callid": "c",
        "CALLEES": [],
        "context": {"values": [{"colour": "red"}], "profiles": [{"caller": "alice"}, {"novalue": ""}]},
    }
    old, new = dialogs.parse(text_tree(tree))[0], dialogs.parse(ValueReply({"Dialog": value}, ""))[0]
    assert (old.pop("id"), old.pop("user_flags")) == ("4294967297", None)
    assert (new.pop("id"), new.pop("user_flags")) == ("1.1", ["A", "B"])
    assert old == new
    assert new["context"] == {
        "values": {"colour": "red"},
        "profiles": [{"name": "caller", "value": "alice"}, {"name": "novalue", "value": None}],
    }
    assert (new["hash"], new["timestart"], new["timeout"], new["datestart"]) == ("1:1", None, None, None)


def test_an_unknown_dialog_is_none_found():
    class NotThere:
        def call(self, method, params):
            assert (method, params) == ("dlg_list", {"callid": "x"})
            raise ServerError(404, "No such dialog")

    assert dialogs.read(NotThere(), callid="x") == []


# cache


@everywhere
@pytest.mark.parametrize(
    "key, value", [("greeting", "hello world"), ("utf8", "Gr\u00fc\u00dfe \u4f60\u597d"), ("quo", 'say "hi" [x]=:: y')]
)
def test_cache(at, name, key, value):
    case = {"greeting": "cache_fetch", "utf8": "cache_fetch_utf8", "quo": "cache_fetch_quotes"}[key]
    if key == "quo" and at in ("1.11", "2.4") and name not in ("fifo", "datagram"):
        # the bench stored this one with the quotes of the line protocol
        value = '"say \\"hi\\" [x]=:: y"'
    if name == "xmlrpc_old":
        # the old mi_xmlrpc writes DEL for each byte that is not ASCII
        value = "".join(chr(byte) if byte < 128 else "\x7f" for byte in value.encode("utf-8"))
    assert cache.parse(wire.reply(at, name, case), key) == value


@everywhere
def test_an_absent_key(recorded, at, name):
    assert cache.read(recorded(at, name, ("cache_fetch_missing",)), "local", ["nokey"]) == {"nokey": None}


@pytest.mark.parametrize("at, name", FIFOS)
def test_an_unknown_cache_is_an_error(recorded, at, name):
    with pytest.raises(cache.CacheFailed, match="cannot read from the cachedb redis .*Load the module cachedb_redis"):
        cache.read(recorded(at, name, ("cache_fetch_badsystem",)), "redis", ["k"])


@pytest.mark.parametrize(
    "value", ["", "a\nb", "a\n", "x]", "Value not found", "key:: k\nvalue:: v", "a count=3", " blanks "]
)
def test_awkward_values_of_a_cache(value):
    assert cache.parse(text_tree("k = [" + value + "]\n\n"), "k") == value
    assert cache.parse(text_tree("key:: k\nvalue:: " + value + "\n\n"), "k") == value
    assert cache.parse(ValueReply({"key": "k", "value": value}, ""), "k") == value


def test_a_value_that_the_server_left_out_is_not_an_absent_one():
    with pytest.raises(ReplyTooLarge):
        cache.parse(text_tree("key:: k\n\n"), "k")
    with pytest.raises(ReplyTooLarge):
        cache.parse(NodeTreeReply([{"name": "key", "value": "k", "attributes": {}, "children": []}], ""), "k")


# dispatcher, load balancer, drouting


@everywhere
def test_dispatcher(at, name):
    records = dispatcher.parse(wire.reply(at, name, "ds_list"))
    assert [(each["partition"], each["set"], each["uri"], each["state"]) for each in records] == [
        ("default", 2, "sip:127.0.0.2:19003;transport=udp", "inactive"),
        ("default", 1, "sip:127.0.0.1:19001", "active"),
        ("default", 1, "sip:127.0.0.1:19002", "active"),
    ]
    assert [each["attrs"] for each in records[1:]] == ["dc=a", "dc=b"]
    assert [each["weight"] for each in records] == [None] * 3
    new = at in ("3.6", "4.0")
    assert records[1]["resolved_addresses"] == (["127.0.0.1:19001"] if new else None)
    assert records[1]["first_hit_counter"] == (None if at == "1.11" else 0)
    full = dispatcher.parse(wire.reply(at, name, "ds_list_full"))
    assert {tuple(each) for each in full + records} == {tuple(records[0])}
    newer = None if at == "1.11" else 1
    assert [each["weight"] for each in full] == [newer and 1, newer and 50, newer and 50]
    assert [each["priority"] for each in full] == ([None] * 3 if newer is None else [1, 0, 0])
    assert full[1]["description"] == (newer and "gw one")


@everywhere
def test_dispatcher_after_a_destination_was_switched_off(recorded, at, name):
    states = {each["uri"]: each["state"] for each in dispatcher.parse(wire.reply(at, name, "ds_list_after"))}
    assert states["sip:127.0.0.1:19001"] == "inactive"
    assert states["sip:127.0.0.1:19002"] == "active"
    conn = recorded(at, name, ("ds_list", "ds_list_full"))
    assert len(dispatcher.read(conn)) == len(dispatcher.read(conn, full=False)) == 3


def test_dispatcher_partitions_sockets_and_probing():
    records = dispatcher.parse(
        text_tree(
            "PARTITION:: a\n\tSET:: 1\n\t\tURI:: sip:x state=Probing first_hit_counter=5\n\t\t\tsocket:: udp:1.2.3.4:5060\n"
            "PARTITION:: b\n\tSET:: 1\n\t\tURI:: sip:x state=Active first_hit_counter=0\n"
        )
    )
    assert [(each["partition"], each["state"], each["socket"]) for each in records] == [
        ("a", "probing", "udp:1.2.3.4:5060"),
        ("b", "active", None),
    ]


@everywhere
def test_load_balancer(recorded, at, name):
    first = {
        "id": 1,
        "uri": "sip:127.0.0.1:19101",
        "group": 1,
        "enabled": True,
        "auto_reenable": True,
        "resources": [{"name": "pstn", "max": 32, "load": 0}, {"name": "transc", "max": 12, "load": 0}],
        "attrs": None,
    }
    second = dict(first, id=2, uri="sip:127.0.0.1:19102", resources=[{"name": "pstn", "max": 16, "load": 0}])
    assert load_balancer.read(recorded(at, name, ("lb_list",))) == [first, second]
    assert load_balancer.parse(wire.reply(at, name, "lb_list_after")) == [
        dict(first, enabled=False, auto_reenable=False),
        second,
    ]


@everywhere
def test_dialog_profiles(at, name):
    assert dialog_profiles.parse(wire.reply(at, name, "profile_list")) == {"lbXpstn": True, "lbXtransc": True}


def test_dialog_profiles_without_values_over_xml_rpc():
    profiles = [{"name": "inbound", "has value": "0"}, {"name": "trunk", "has value": "1"}]
    assert dialog_profiles.parse(ValueReply({"Profiles": profiles}, "")) == {"inbound": False, "trunk": True}


@everywhere
def test_gateways(recorded, at, name):
    attrs = "a1" if at in ("3.6", "4.0") else None
    first = {
        "partition": None,
        "id": "gw1",
        "address": "127.0.0.1:19201",
        "state": "active",
        "enabled": True,
        "attrs": attrs,
    }
    second = dict(first, id="gw2", address="127.0.0.1:19202", attrs=None)
    conn = recorded(at, name, ("dr_gw_status_all",))
    assert gateways.read(conn) == [first, second]
    assert gateways.read(conn, gw_id="gw2") == [second]
    assert gateways.read(conn, gw_id="gw3") == []
    off = gateways.parse(wire.reply(at, name, "dr_gw_status_after"), gw_id="gw1")
    assert off == [dict(first, address=None, enabled=False, state="inactive" if at == "1.11" else "disabled_mi")]


@pytest.mark.parametrize("at", ["3.6", "4.0"])
def test_probing_of_gateways(at):
    assert gateways.parse_probing(wire.reply(at, "state_fifo", "dr_enable_probing_get")) is True
    assert gateways.parse_probing(wire.reply(at, "state_fifo", "dr_enable_probing_after")) is False


@everywhere
def test_carriers(recorded, at, name):
    carrier = {"partition": None, "id": "cr1", "enabled": True, "attrs": "x" if at in ("3.6", "4.0") else None}
    conn = recorded(at, name, ("dr_carrier_all",))
    assert carriers.read(conn) == [carrier]
    assert carriers.read(conn, carrier_id="nope") == []
    assert carriers.parse(wire.reply(at, name, "dr_carrier_get"), carrier_id="cr1") == [carrier]


@pytest.mark.parametrize("reason", ["Partition mandatory", "Missing parameter: 'partition_name'"])
@pytest.mark.parametrize(
    "status",
    [
        text_tree("Partition:: a Date=Sun Nov 22 03:21:35 2026\nPartition:: b Date=Sun Nov 22 03:21:35 2026\n"),
        ValueReply({"Partitions": [{"name": "a", "Date": "x"}, {"name": "b", "Date": "x"}]}, ""),
    ],
)
def test_every_partition_of_drouting_is_asked(reason, status):
    class Partitioned:
        def call(self, method, params=None):
            if method == "dr_reload_status":
                return status
            if not params:
                raise ServerError(400, reason)
            return ValueReply({"Gateways": [{"ID": "gw", "IP": "1.2.3.4", "State": "Probing"}]}, "")

    assert [(each["partition"], each["state"]) for each in gateways.read(Partitioned())] == [
        ("a", "probing"),
        ("b", "probing"),
    ]
    assert [each["partition"] for each in gateways.read(Partitioned(), partition="b")] == ["b"]


def test_an_error_that_is_not_about_partitions_stays_one():
    class Broken:
        def call(self, method, params=None):
            raise ServerError(500, "Internal error")

    with pytest.raises(ServerError):
        gateways.read(Broken())
    with pytest.raises(ServerError):
        carriers.read(Broken())


@pytest.mark.parametrize("at, name", [each for each in FIFOS if each[0] != "1.11"])
def test_drouting_without_partitions_has_none(at, name):
    assert partitions.parse(wire.reply(at, name, "dr_reload_status")) == []


# permissions, domain


@everywhere
def test_addresses(recorded, at, name):
    single = {
        "partition": "default",
        "group": 1,
        "ip": "10.1.1.1",
        "mask": 32,
        "port": 5060,
        "proto": "udp",
        "pattern": None,
        "context_info": "office",
    }
    newer = at != "1.11"
    subnet = dict(
        single,
        group=2,
        ip="10.2.0.0",
        mask=16,
        port=0,
        proto=newer and "any" or None,
        context_info=newer and "dc" or None,
    )
    assert addresses.read(recorded(at, name, ("address_dump", "subnet_dump"))) == [single, subnet]


def test_addresses_of_2_2():
    text = "part:: default\n\tdest:: 1 <10.1.1.1,1, 5060, 1, NULL, office, first floor>\npart:: b\n\tdest:: 2 <2001:db8::1,3, 0, 0, ^sip:.*, NULL>\n"
    first, second = addresses.parse(text_tree(text))
    assert (first["partition"], first["pattern"], first["context_info"]) == ("default", None, "office, first floor")
    assert (second["partition"], second["mask"], second["proto"], second["pattern"]) == ("b", 128, "any", "^sip:.*")
    subnets = addresses.parse(
        text_tree("default\n0 <2, 10.2.0.0, 255.255.128.0, 0>\nb\n1 <3, 2001:db8::, ffff:ffff::, 5060>\n")
    )
    assert [(each["partition"], each["ip"], each["mask"]) for each in subnets] == [
        ("default", "10.2.0.0", 17),
        ("b", "2001:db8::", 32),
    ]


def test_addresses_of_one_partition_of_2_x_stand_beside_it():
    text = "part:: b\ndest::  grp=1 ip=10.1.1.1 mask=32 port=0 proto=tcp pattern=^sip: a=b context_info=x y\n"
    (record,) = addresses.parse(text_tree(text))
    assert (record["partition"], record["pattern"], record["context_info"]) == ("b", "^sip: a=b", "x y")


@pytest.mark.parametrize("mask", ["255.0.255.0", "33", "-1", "x", "255.255", ":::"])
def test_netmasks_that_are_none(mask):
    value = {"Partitions": [{"name": "a", "Destinations": [{"grp": 1, "ip": "10.0.0.0", "mask": mask, "port": 0}]}]}
    with pytest.raises(MalformedReply):
        addresses.parse(ValueReply(value, ""))


@pytest.mark.parametrize(
    "at, name, case",
    [each + ("domain_dump",) for each in PLACES if each[0] != "4.0"] + [("4.0", "state_fifo", "v4_domain:dump")],
)
def test_domains(at, name, case):
    assert domains.parse(wire.reply(at, name, case)) == [
        {"name": "voip.example.org", "attributes": None if at == "1.11" else "t=1"},
        {"name": "example.com", "attributes": None},
    ]


# SIP requests

UAC_KEYS = ("code", "reason", "headers", "body", "ruri", "next_hop", "routes", "message")


@everywhere
def test_a_request_that_the_phone_took(at, name):
    record = uac.parse(wire.reply(at, name, "uac_notify_ok"))
    assert tuple(record) == UAC_KEYS
    assert (record["code"], record["reason"]) == (200, "OK")
    assert list(record["headers"]) == ["Via", "To", "From", "CSeq", "Call-ID", "Content-Length"]
    assert record["headers"]["From"] == ["<sip:100000@127.0.0.1>;tag=8755a8d0"]
    assert record["headers"]["CSeq"] == ["10 NOTIFY"]
    assert record["message"].startswith("Via: SIP/2.0/UDP 127.0.0.1:")
    assert record["message"].endswith("Content-Length: 0\r\n\r\n")
    assert "\n" not in record["message"].replace("\r\n", "")
    assert (record["body"], record["ruri"], record["next_hop"], record["routes"]) == (None, None, None, [])


@pytest.mark.parametrize("at, name, case", [(at, name, "uac_notify_481") for at, name in FIFOS])
def test_a_request_that_the_phone_rejected(at, name, case):
    record = uac.parse(wire.reply(at, name, case))
    assert (record["code"], record["reason"]) == (481, "Call/Transaction Does Not Exist")
    assert record["headers"]["To"][0].endswith(";tag=phrejectme")


def answered(at, name, case):
    """The reply of a recorded exchange, or the error that it is."""
    try:
        return wire.reply(at, name, case)
    except ServerError as error:
        return error


@everywhere
def test_a_request_that_nobody_answered(at, name):
    record = uac.parse(wire.reply(at, name, "uac_notify_dead_408"))
    assert tuple(record) == UAC_KEYS
    assert (record["code"], record["reason"]) == (408, "Request Timeout")
    assert (record["headers"], record["message"], record["routes"]) == ({}, None, [])


@pytest.mark.parametrize("at, name", FIFOS)
def test_a_request_that_could_not_be_sent(at, name):
    reply = answered(at, name, "uac_unresolvable")
    record = uac.parse_error(reply) if isinstance(reply, ServerError) else uac.parse(reply)
    assert tuple(record) == UAC_KEYS
    assert (record["code"], record["reason"]) == (476, "Unresolvable destination (476/MI/UAC)")
    assert (record["headers"], record["message"]) == ({}, None)


@pytest.mark.parametrize("at, name", FIFOS)
def test_a_request_that_the_server_refused_stays_an_error(at, name):
    error = answered(at, name, "uac_missing_to")
    assert (error.code, error.reason) == (400, "To missing") and uac.parse_error(error) is None


MESSAGE = "Via: SIP/2.0/UDP h\r\nVia: SIP/2.0/UDP i\r\nContent-Type: text/plain\r\n\r\none:: 1\r\n\ttwo state=x"


@pytest.mark.parametrize(
    "reply",
    [
        text_tree("202 Accepted\nsip:p@h\nsip:nh\nRoute: <sip:r1;lr>, <sip:r2;lr>\n" + MESSAGE + "\n\n"),
        text_tree(
            "Status:: 202 Accepted\nRURI:: sip:p@h\nNext-hop:: sip:nh\nRoutes:: Route: <sip:r1;lr>, <sip:r2;lr>\nMessage:: "
            + MESSAGE
            + "\n\n"
        ),
        ValueReply(
            {
                "Status": "202 Accepted",
                "RURI": "sip:p@h",
                "Next-hop": "sip:nh",
                "Routes": ["<sip:r1;lr>", "<sip:r2;lr>"],
                "Message": MESSAGE,
            },
            "",
        ),
    ],
)
def test_an_answer_with_body_and_routes(reply):
    assert uac.parse(reply) == {
        "code": 202,
        "reason": "Accepted",
        "headers": {"Via": ["SIP/2.0/UDP h", "SIP/2.0/UDP i"], "Content-Type": ["text/plain"]},
        "body": "one:: 1\r\n\ttwo state=x",
        "ruri": "sip:p@h",
        "next_hop": "sip:nh",
        "routes": ["<sip:r1;lr>", "<sip:r2;lr>"],
        "message": MESSAGE,
    }


def test_a_server_that_could_not_wait():
    assert uac.parse(ValueReply("Accepted", ""))["code"] == 202
    assert uac.parse(TextTreeReply("", "", 202, "Accepted"))["code"] == 202


# what the second bench has


@pytest.mark.parametrize("at, name", STATES)
def test_registrants(recorded, at, name):
    second, first = registrants.read(recorded(at, name, ("reg_list",)))
    assert list(first) == list(second)
    assert (first["aor"], first["registrar"]) == ("sip:trunk1@carrier.example", "sip:127.0.0.1:19801")
    assert (first["state"], first["expires"], first["contact"]) == ("not_registered", 600, "sip:trunk1@127.0.0.1:5060")
    assert (first["last_register_sent"], first["registration_timeout"]) == (None, None)
    assert (first["enabled"], second["enabled"]) == ((None, None) if at == "2.4" else (True, False))
    if at != "2.4":
        assert registrants.parse(wire.reply(at, name, "reg_list_after"))[1]["enabled"] is False


def test_a_registrant_in_full_means_the_same_in_both_forms():
    tree = (
        "AOR:: sip:a@b expires=60\n\tstate:: REGISTERED_STATE\n\tlast_register_sent:: Sun Nov  1 03:17:45 2026\n"
        "\tregistration_t_out:: Sun Nov  1 03:18:45 2026\n\tregistrar:: sip:r\n\tbinding:: sip:a@h\n"
        "\tthird_party_:: sip:t@b\n\tproxy:: sip:p\n\tdst_IP:: IPv4 ip=192.0.2.1\n"
    )
    value = {
        "AOR": "sip:a@b",
        "expires": 60,
        "state": "REGISTERED_STATE",
        "last_register_sent": "Sun Nov  1 03:17:45 2026",
        "registration_t_out": "Sun Nov  1 03:18:45 2026",
        "registrar": "sip:r",
        "binding": "sip:a@h",
        "third_party_registrant": "sip:t@b",
        "proxy": "sip:p",
        "dst_IP": {"ip": "192.0.2.1"},
    }
    (old,) = registrants.parse(text_tree(tree))
    assert [old] == registrants.parse(ValueReply({"Records": [value]}, ""))
    assert (old["state"], old["last_register_sent"]) == ("registered", "2026-11-01T03:17:45")
    assert (old["third_party_registrant"], old["dst_ip"]) == ("sip:t@b", "192.0.2.1")


@pytest.mark.parametrize("at, name", STATES)
@pytest.mark.parametrize("engine, port", [("rtpproxy", 1990), ("rtpengine", 1991)])
def test_media_nodes(recorded, at, name, engine, port):
    prefix = "v4_" if at == "4.0" else ""
    first, second = media_nodes.read(recorded(at, name, (prefix + engine + "_show",)), engine)
    assert first == {
        "engine": engine,
        "set": 1,
        "url": "udp:127.0.0.1:{0}1".format(port),
        "index": 0,
        "enabled": True,
        "available": False,
        "weight": 1,
        "recheck_ticks": 60,
    }
    assert second == dict(first, index=1, url="udp:127.0.0.1:{0}2".format(port))
    off, on = media_nodes.parse(wire.reply(at, name, prefix + "rtpproxy_show_after"), "rtpproxy")
    assert (off["enabled"], off["available"], off["recheck_ticks"]) == (False, False, None)
    assert on["enabled"] is True


@pytest.mark.parametrize("at, name", STATES)
def test_blacklists(recorded, at, name):
    (record,) = blacklists.read(recorded(at, name, ("list_blacklists",)))
    rule = {"ip": "10.9.0.0", "mask": 16, "proto": "udp", "port": 5060, "match": None, "except": False, "expires": None}
    assert record["name"] == "net_filter"
    assert record["rules"] == [rule]
    assert record["owner"] == (None if at == "2.4" else "script")
    # 2.4 of the bench had the list read-only
    assert record["flags"] == (["read-only"] if at == "2.4" else ["expire"])
    if at != "2.4":
        (after,) = blacklists.parse(wire.reply(at, name, "list_blacklists_after"))
        assert after["rules"] == [dict(rule, ip="10.7.0.0"), rule]


def test_patterns_of_blacklists_keep_their_blanks():
    rule = {"flags": 1, "IP": "10.9.0.0", "Mask": "255.255.0.0", "Proto": "any", "Port": 0, "Match": " x ", "Expire": 9}
    (record,) = blacklists.parse(ValueReply({"name": "a", "owner": "script", "flags": [], "Rules": [rule]}, ""))
    assert [(each["match"], each["except"], each["expires"]) for each in record["rules"]] == [(" x ", True, 9)]


@everywhere
def test_no_blacklists(at, name):
    assert blacklists.parse(wire.reply(at, name, "list_blacklists")) == []


@everywhere
def test_subscribers(at, name):
    (record,) = subscribers.parse(wire.reply(at, name, "subscribers_list_after"))
    assert isinstance(record.pop("event_id"), int)
    assert record == {
        "event": "E_UL_AOR_INSERT",
        "socket": "udp:127.0.0.1:19777",
        "protocol": None,
        "expires": 600,
        "ttl": 600 if at in ("3.6", "4.0") else None,
    }


def test_subscribers_for_ever_and_expired():
    rows = [{"socket": "udp:a:1", "expire": "never"}, {"socket": "udp:a:2", "expire": 5, "ttl": "expired"}]
    first, second = subscribers.parse(ValueReply({"Events": [{"name": "E", "id": 1, "Subscribers": rows}]}, ""))
    assert (first["expires"], first["ttl"]) == (None, None)
    assert (second["expires"], second["ttl"]) == (5, 0)


@pytest.mark.parametrize("at, name", STATES)
def test_trace(at, name):
    on = {"id": "tid", "kind": "SIP", "uri": "127.0.0.1:19950", "enabled": True, "dynamic": False}
    assert trace.parse(wire.reply(at, name, "trace_get")) == {"enabled": True, "destinations": [on]}
    off = dict(on, enabled=False)
    assert trace.parse(wire.reply(at, name, "trace_get_after")) == {"enabled": True, "destinations": [off]}


def test_trace_before_2_2_is_one_switch():
    assert trace.parse(text_tree("off\n")) == {"enabled": False, "destinations": []}


@pytest.mark.parametrize("at, name", STATES)
def test_shared_variables(recorded, at, name):
    assert shared_variables.read(recorded(at, name, ("shv_get_all",))) == {"debug": 9}


def test_shared_variables_of_text():
    assert shared_variables.parse(text_tree("VAR:: a type=string value=x y=1\n")) == {"a": "x y=1"}
    value = {"VARs": [{"name": "a", "type": "string", "value": "5"}]}
    assert shared_variables.parse(ValueReply(value, "")) == {"a": "5"}


def test_sockets_that_processes_read():
    types = [
        "attendant",
        "SIP receiver udp:127.0.0.1:5060 ",
        "SIP receiver UDP:[2001:DB8::1]:5070",
        "SIP receiver eth0",
        "TCP main",
        None,
    ]
    assert list(processes.receivers({"type": each} for each in types)) == [
        ("udp", "127.0.0.1", 5060),
        ("udp", "[2001:DB8::1]", 5070),
        (None, "eth0", None),
    ]


# what 3.6.8 and 4.0.1 answered to cache_fetch_chunk
_KEYS = {"keys": [{"name": "user_2", "value": "two\nlines"}, {"name": "user_1", "value": "one"}]}


@pytest.mark.parametrize("result, names", [(_KEYS, ["user_2", "user_1"]), ({"keys": []}, [])])
def test_names_of_keys(result, names):
    assert cache.parse_chunk(ValueReply(result, "")) == names


@pytest.mark.parametrize("result", [[], {"keys": {}}, {"keys": ["user_1"]}, {"keys": [{"name": ["a"]}]}])
def test_what_is_no_list_of_keys(result):
    with pytest.raises(MalformedReply):
        cache.parse_chunk(ValueReply(result, ""))


@pytest.mark.parametrize("key, is_pattern", [("a*", True), ("a?", True), ("[ab]", True), ("a", False), ("a]", False)])
def test_patterns_of_keys(key, is_pattern):
    assert cache.is_pattern(key) is is_pattern


@pytest.mark.parametrize("at, name", STATES)
def test_whether_phones_are_pinged(at, name):
    case = "v4_nathelper:enable_ping" if at == "4.0" else "nh_ping_get"
    assert switches.parse_ping(wire.reply(at, name, case)) is True


def test_a_reply_without_status_is_no_answer_about_pings():
    with pytest.raises(MalformedReply):
        switches.parse_ping(ValueReply({}, ""))
