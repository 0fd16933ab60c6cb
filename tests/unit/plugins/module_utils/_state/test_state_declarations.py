# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What contacts, cache keys, registrants, media nodes and tracing want of a server, without one."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._readers import location, media_nodes, registrants
from ansible_collections.community.opensips.plugins.module_utils._readers import trace as trace_reader
from ansible_collections.community.opensips.plugins.module_utils._state.cache import Cache
from ansible_collections.community.opensips.plugins.module_utils._state.contacts import Contacts
from ansible_collections.community.opensips.plugins.module_utils._state.dispatcher import Dispatcher
from ansible_collections.community.opensips.plugins.module_utils._state.load_balancer import LoadBalancer
from ansible_collections.community.opensips.plugins.module_utils._state.media_nodes import MediaNodes
from ansible_collections.community.opensips.plugins.module_utils._state.registrants import Registrants
from ansible_collections.community.opensips.plugins.module_utils._state.trace import Trace
from ansible_collections.community.opensips.tests.unit import wire

STATES = ("2.4", "3.6", "4.0")
URI = "sip:one@192.0.2.1"
ALL = 0xFFFFFFFF


def filled(options, params):
    """params with what Ansible fills in."""
    found = {}
    for name, option in options.items():
        value = params.get(name, option.get("default"))
        if option.get("elements") == "dict" and value is not None:
            value = [filled(option["options"], each) for each in value]
        found[name] = value
    return found


def declared(state, **params):
    return state(filled(state.OPTIONS, params))


def contacts(*wanted, **options):
    return declared(Contacts, contacts=[{"aor": "one", **each} for each in wanted], **options)


def record(uri=URI, expires=None, **fields):
    known = {"aor": "one", "contact": uri, "expires": expires, "permanent": expires is None, "q": None, "flags": 0}
    return {**known, "methods": None, **fields}


def only(items):
    (item,) = items
    return item


def sent(state, item):
    return list(state.requests(item)) if item.differs else []


@pytest.mark.parametrize(
    "left, fits",
    [(3600, True), (1801, True), (1800, False), (1, False), (3601, False), (None, False)],
)
def test_a_timed_contact_is_refreshed_when_half_its_life_is_over_or_it_would_live_too_long(left, fits):
    item = only(contacts({"contact": URI, "expires": 3600, "q": 1}).items({"one": [record(expires=left, q=1.0)]}))
    assert item.differs != fits
    assert item.before["expires"] == (3600 if fits else left or 0)


@pytest.mark.parametrize("left, fits", [(3600, True), (11, True), (10, False)])
def test_refresh_below_moves_that_moment(left, fits):
    wanted = contacts({"contact": URI, "expires": 3600, "refresh_below": 10})
    assert only(wanted.items({"one": [record(expires=left)]})).differs != fits


@pytest.mark.parametrize("left, fits", [(None, True), (3600, False)])
def test_a_permanent_contact_is_permanent(left, fits):
    assert only(contacts({"contact": URI}).items({"one": [record(expires=left)]})).differs != fits


def test_a_contact_without_q_gets_one_only_with_a_change():
    untouched = only(contacts({"contact": URI}).items({"one": [record()]}))
    assert untouched.before == untouched.after
    assert untouched.after["q"] is None
    state = contacts({"contact": URI, "flags": 4})
    written = only(state.items({"one": [record(methods=["INVITE", "NOTIFY"])]}))
    assert written.after == {"expires": 0, "q": 1.0, "flags": 4, "methods": ["INVITE", "NOTIFY"]}
    ((command, params),) = sent(state, written)
    assert command == "ul_add"
    assert params == {
        "table_name": "location",
        "aor": "one",
        "contact": URI,
        "expires": 0,
        "q": "1",
        "flags": 4,
        "cflags": 0,
        "methods": str(1 | 1024),
    }


def test_a_new_contact_allows_everything():
    state = contacts({"contact": URI, "expires": 60, "q": 0.12345})
    ((_command, params),) = sent(state, only(state.items({"one": []})))
    assert (params["expires"], params["q"], params["methods"]) == (60, "0.123", str(ALL))


def test_the_mask_of_methods_is_read_back_as_it_was_written():
    names = ["PUBLISH", "INVITE", "OTHER"]
    state = contacts({"contact": URI, "methods": names})
    item = only(state.items({"one": []}))
    ((_command, params),) = sent(state, item)
    back = location.Maker().methods[int(params["methods"])]
    assert back == item.after["methods"] == ["INVITE", "PUBLISH", "OTHER"]


def test_exclusive_removes_after_it_wrote():
    state = contacts({"contact": URI}, exclusive=True)
    wanted, other = state.items({"one": [record("sip:other@x")]})
    assert (wanted.identity["contact"], other.identity["contact"]) == (URI, "sip:other@x")
    assert other.after is None
    assert wanted.rank < other.rank
    assert sent(state, other) == [("ul_rm_contact", {"table_name": "location", "aor": "one", "contact": "sip:other@x"})]


class _Connection:
    """Answers as a server that has these contacts."""

    version = (3, 6, 8)

    def __init__(self, reply):
        self.reply = reply

    def call_many(self, requests):
        return [(index, self.reply) for index, _request in enumerate(requests)]


@pytest.mark.parametrize("expires", ["expired", "deleted"])
def test_a_contact_that_ran_out_is_not_there(expires):
    reply = wire.reply("3.6", "fifo", "ul_show_contact")
    reply.result["Contacts"][0]["Expires"] = expires
    uri = reply.result["Contacts"][0]["Contact"]
    found = contacts({"aor": "100000", "contact": uri}).read(_Connection(reply))
    assert uri not in [each["contact"] for each in found["100000"]]


@pytest.mark.parametrize("version", ["3.6", "4.0"])
def test_a_registrant_is_meant_by_as_much_as_is_said(version):
    found = registrants.parse(wire.reply(version, "state_fifo", "reg_list"))
    full = {
        "aor": "sip:trunk1@carrier.example",
        "contact": "sip:trunk1@127.0.0.1:5060",
        "registrar": "sip:127.0.0.1:19801",
    }
    for names in (("aor",), ("aor", "contact"), ("aor", "registrar"), tuple(full)):
        state = declared(Registrants, registrants=[{"enabled": False, **{name: full[name] for name in names}}])
        item = only(state.items(found))
        assert item.identity == full
        assert sent(state, item) == [("reg_disable", full)]


def test_an_aor_with_several_registrations_means_all_of_them():
    found = registrants.parse(wire.reply("3.6", "state_fifo", "reg_list"))
    found.append({**found[0], "registrar": "sip:127.0.0.1:19899"})
    state = declared(Registrants, registrants=[{"aor": found[0]["aor"], "enabled": True}])
    assert [each.identity["registrar"] for each in state.items(found)] == [found[0]["registrar"], "sip:127.0.0.1:19899"]


def test_of_registrants_the_server_tells_those_it_has():
    found = registrants.parse(wire.reply("4.0", "state_fifo", "reg_list"))
    with pytest.raises(BadParameters) as caught:
        declared(Registrants, registrants=[{"aor": "sip:x@y", "enabled": True}]).items(found)
    assert all(each["aor"] in caught.value.hint and each["registrar"] in caught.value.hint for each in found)


def test_a_registrant_that_the_server_would_take_for_another_is_refused():
    # reg_enable finds the first with the contact and registrar among those with the same hash of the AOR
    found = registrants.parse(wire.reply("3.6", "state_fifo", "reg_list"))
    found.append({**found[0], "aor": "sip:trunk9@carrier.example"})
    for record in (found[0], found[2]):
        switched = declared(Registrants, registrants=[{"aor": record["aor"], "enabled": not record["enabled"]}])
        with pytest.raises(BadParameters, match="has the same contact and registrar.*binding_URI"):
            switched.items(found)
        assert not only(
            declared(Registrants, registrants=[{**_who(record), "enabled": record["enabled"]}]).items(found)
        ).differs
    other = declared(Registrants, registrants=[{"aor": found[1]["aor"], "enabled": not found[1]["enabled"]}])
    assert only(other.items(found)).differs


def _who(record):
    return {name: record[name] for name in ("aor", "contact", "registrar")}


def test_entries_that_match_the_same_registrant_are_named_by_their_numbers():
    found = registrants.parse(wire.reply("3.6", "state_fifo", "reg_list"))[:1]
    found.append({**found[0], "registrar": "sip:127.0.0.1:19899"})
    aor = found[0]["aor"]
    wanted = [{"aor": aor, "enabled": True}, {"aor": aor, "registrar": "sip:127.0.0.1:19899", "enabled": True}]
    with pytest.raises(BadParameters, match="entries 1 and 2 both match .*19899"):
        declared(Registrants, registrants=wanted).items(found)


@pytest.mark.parametrize("version", STATES)
@pytest.mark.parametrize("engine", media_nodes.ENGINES)
def test_only_a_node_that_was_switched_off_is_not_enabled(version, engine):
    prefix = "v4_" if version == "4.0" else ""
    url = {"rtpproxy": "udp:127.0.0.1:19901", "rtpengine": "udp:127.0.0.1:19911"}[engine]
    before, after = (
        media_nodes.parse(wire.reply(version, "state_fifo", f"{prefix}{engine}_{name}"), engine)
        for name in ("show", "show_after")
    )
    state = declared(MediaNodes, engine=engine, nodes=[{"url": url, "enabled": True}])
    # unreachable, both times
    assert [each["available"] for each in before + after] == [False] * 4
    assert not only(state.items(before)).differs
    assert sent(state, only(state.items(after))) == [(f"{engine}_enable", {"url": url, "enable": 1})]
    state.takes_set = True
    assert sent(state, only(state.items(after))) == [(f"{engine}_enable", {"url": url, "enable": 1, "setid": 1})]


def test_a_node_in_several_sets():
    found = media_nodes.parse(wire.reply("3.6", "state_fifo", "rtpengine_show"), "rtpengine")[:1]
    found.append({**found[0], "set": 2})
    url = found[0]["url"]
    everywhere = declared(MediaNodes, engine="rtpengine", nodes=[{"url": url, "enabled": False}])
    assert [each.identity["set"] for each in everywhere.items(found)] == [1, 2]
    one = declared(MediaNodes, engine="rtpengine", nodes=[{"url": url, "set": 2, "enabled": False}])
    with pytest.raises(BadParameters, match="in the sets 1, 2, and this server can only switch it in all"):
        one.items(found)
    one.takes_set = True
    assert sent(one, only(one.items(found)))[0][1]["setid"] == 2


def test_a_node_that_is_in_a_set_twice_is_one():
    # the server switches all that have the URL
    found = media_nodes.parse(wire.reply("3.6", "state_fifo", "rtpengine_show"), "rtpengine")[:1] * 2
    state = declared(MediaNodes, engine="rtpengine", nodes=[{"url": found[0]["url"], "enabled": False}])
    assert len(sent(state, only(state.items(found)))) == 1
    found = [{**found[0], "enabled": False}, found[0]]
    assert only(state.items(found)).differs


@pytest.mark.parametrize("version", STATES)
def test_trace_ids(version):
    on, off = (trace_reader.parse(wire.reply(version, "state_fifo", name)) for name in ("trace_get", "trace_get_after"))
    state = declared(Trace, enabled=True, ids=[{"id": "tid", "enabled": True}])
    assert [each.differs for each in state.items(on)] == [False, False]
    everything, tid = state.items(off)
    assert not everything.differs
    assert sent(state, tid) == [("trace", {"mode": "on", "id": "tid"})]


def test_a_trace_id_of_which_one_destination_is_off_is_off():
    found = trace_reader.parse(wire.reply("3.6", "state_fifo", "trace_get"))
    found["destinations"].append({**found["destinations"][0], "enabled": False})
    assert only(declared(Trace, ids=[{"id": "tid", "enabled": True}]).items(found)).differs


def test_a_dynamic_trace_id_has_no_switch():
    found = trace_reader.parse(wire.reply("3.6", "state_fifo", "trace_get"))
    found["destinations"][0]["dynamic"] = True
    with pytest.raises(BadParameters, match="trace_start"):
        declared(Trace, ids=[{"id": "tid", "enabled": False}]).items(found)


def test_a_key_expires_only_where_that_is_said():
    state = declared(
        Cache, entries=[{"key": "a", "value": "1", "expires": 5}, {"key": "b", "value": "2", "expires": 0}]
    )
    timed, plain = (sent(state, each)[0][1] for each in state.items({"a": "2", "b": None}))
    assert timed == {"system": "local", "attr": "a", "value": "1", "expire": 5}
    assert plain == {"system": "local", "attr": "b", "value": "2"}


@pytest.mark.parametrize("version, longest", [((1, 11, 11), 2037), ((2, 3, 6), 2037), ((2, 4, 11), 2047)])
def test_values_that_old_servers_do_not_print_are_refused(version, longest):
    # "key 1 = [...]" up to 2.3
    for length, refused in ((longest, False), (longest + 1, True)):
        state = declared(Cache, entries=[{"key": "key 1", "value": "x" * length}])
        if refused:
            with pytest.raises(BadParameters, match="too long"):
                state._check_length(version)
        else:
            state._check_length(version)


def test_a_destination_that_is_twice_in_a_set_is_refused():
    """ds_set_state switches the first with the URI (dispatch.c), and says nothing of the others."""
    one = {"partition": "default", "set": 1, "uri": "sip:192.0.2.1", "state": "active", "socket": "udp:192.0.2.8:5060"}
    found = {("default", 1, "sip:192.0.2.1"): [one, dict(one, socket="udp:192.0.2.9:5060")]}
    state = Dispatcher({"destinations": [dict(one, uri="sip:192.0.2.1", state="inactive")]})
    with pytest.raises(BadParameters) as caught:
        state.items(found)
    for word in ("2 times", "udp:192.0.2.8:5060, udp:192.0.2.9:5060", "only the first one"):
        assert word in str(caught.value)


def test_a_destination_that_is_twice_in_a_group_is_named_by_its_id():
    """Both take calls: disabling the first one would not take the gateway out of service."""
    one = {"id": 1, "uri": "sip:192.0.2.1", "group": 1, "enabled": True, "auto_reenable": True, "resources": []}
    found = [one, dict(one, id=7, uri="SIP:192.0.2.1"), dict(one, id=9, group=2)]
    state = declared(LoadBalancer, destinations=[{"uri": "sip:192.0.2.1", "group": 1, "enabled": False}])
    with pytest.raises(BadParameters, match="2 times, with the ids 1, 7. Choose each of them by its id"):
        state.items(found)
    for wanted, number in (({"id": 7}, 7), ({"uri": "sip:192.0.2.1", "group": 2}, 9)):
        state = declared(LoadBalancer, destinations=[{"enabled": False, **wanted}])
        assert only(state.items(found)).identity["id"] == number


def test_every_copy_of_a_contact_is_removed():
    """Where usrloc tells contacts apart by Call-ID (matching_mode), one may be there twice, and ul_rm_contact removes one."""
    state = contacts({"contact": URI, "state": "absent"})
    item = only(state.items({"one": [record(), record("sip:other@x"), record()]}))
    assert [command for command, _params in sent(state, item)] == ["ul_rm_contact"] * 2
    assert not only(state.items({"one": [record("sip:other@x")]})).differs


def test_what_the_user_gave_stays_as_it_was():
    params = {"destinations": [{"id": 1, "uri": None, "group": None, "enabled": None, "resources": {"pstn": "20"}}]}
    LoadBalancer(params)
    assert params["destinations"][0]["resources"] == {"pstn": "20"}


def test_registrants_may_leave_out_what_has_a_default():
    record = {"aor": "sip:a@b", "contact": "sip:a@c", "registrar": "sip:b", "enabled": False}
    [item] = Registrants({"registrants": [dict(record, enabled=True)]}).items([record])
    assert (item.before, item.after, list(item.actions)) == ({"enabled": False}, {"enabled": True}, [])
