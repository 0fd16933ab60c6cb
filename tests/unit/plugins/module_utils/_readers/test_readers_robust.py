# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a reply holds, a reader raises MalformedReply or nothing."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    MalformedReply,
    MIError,
    ReplyTooLarge,
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
    call_center,
    carriers,
    cluster,
    dialog_profiles,
    dialogs,
    dispatcher,
    domains,
    gateways,
    load_balancer,
    location,
    log_level,
    media_nodes,
    partitions,
    processes,
    profiles,
    rate_limits,
    registrants,
    shared_variables,
    statistics,
    status,
    subscribers,
    tcp,
    tls,
    trace,
    uac,
    uptime,
    version,
)
from ansible_collections.community.opensips.tests.unit import wire

# how to read each kind: ids of recorded exchanges, and what reads their replies
READERS = {
    "location": (("ul_dump", "odd_ul_dump"), location.parse),
    "contact": (("ul_show_contact", "ul_show_added"), lambda reply: location.parse(reply, "location", "a")),
    "aors": (("ul_dump_brief",), lambda reply: list(location.iter_aors(reply))),
    "uptime": (("uptime",), uptime.parse),
    "version": (("version",), version.parse),
    "processes": (("ps",), processes.parse),
    "statistics": (("get_statistics_groups",), statistics.parse),
    "log_level": (("log_level_get", "log_level_set"), log_level.parse),
    "xlog_level": (("xlog_level_get",), log_level.parse_xlog),
    "dialogs": (("dlg_list_live", "dlg_list_ctx"), dialogs.parse),
    "cache": (("cache_fetch", "cache_fetch_missing"), lambda reply: cache.parse(reply, "greeting")),
    "dispatcher": (("ds_list_full",), dispatcher.parse),
    "load_balancer": (("lb_list",), load_balancer.parse),
    "dialog_profiles": (("profile_list",), dialog_profiles.parse),
    "gateways": (("dr_gw_status_all",), gateways.parse),
    "gateway": (("dr_gw_status_get",), lambda reply: gateways.parse(reply, gw_id="gw1")),
    "carriers": (("dr_carrier_all",), carriers.parse),
    "carrier": (("dr_carrier_get",), lambda reply: carriers.parse(reply, carrier_id="cr1")),
    "probing": (("dr_enable_probing_get",), gateways.parse_probing),
    "muted": (("log_mute_state",), log_level.parse_muted),
    "partitions": (("dr_reload_status",), partitions.parse),
    "addresses": (("address_dump", "subnet_dump"), addresses.parse),
    "domains": (("domain_dump",), domains.parse),
    "uac": (("uac_notify_ok", "uac_notify_dead_408", "uac_unresolvable"), uac.parse),
    "registrants": (("reg_list",), registrants.parse),
    "media_nodes": (("rtpproxy_show", "v4_rtpengine_show"), lambda reply: media_nodes.parse(reply, "rtpproxy")),
    "blacklists": (("list_blacklists",), blacklists.parse),
    "subscribers": (("subscribers_list_after",), subscribers.parse),
    "trace": (("trace_get",), trace.parse),
    "shared_variables": (("shv_get_all",), shared_variables.parse),
    "nodes": (("clusterer_list",), cluster.parse_nodes),
    "topology": (("clusterer_list_topology",), cluster.parse_topology),
    "capabilities": (("clusterer_list_cap",), cluster.parse_capabilities),
    "sharing_tags": (("clusterer_list_shtags",), cluster.parse_sharing_tags),
    "status": (("sr_list_status",), status.parse),
    "status of a group": (("sr_list_status_group",), lambda reply: status.parse(reply, "clusterer")),
    "profile": (("profile_size_trunk",), profiles.parse_size),
    "profile_values": (("profile_values",), profiles.parse_values),
    "tls": (("tls_list",), tls.parse),
    "tcp": (("list_tcp_conns",), tcp.parse),
    "rate_limits": (("rl_list",), rate_limits.parse),
    "flows": (("cc_list_flows",), call_center.parse_flows),
    "agents": (("cc_list_agents",), call_center.parse_agents),
    "calls": (("cc_list_calls",), call_center.parse_calls),
    "queue": (("cc_list_queue",), call_center.parse_queue),
}
# a value left out by the server has an error of its own
ALLOWED = (MalformedReply, ReplyTooLarge)


def recorded(kind):
    """(version, file, bytes of the reply, Request) of each recorded exchange of the kind."""
    cases = READERS[kind][0]
    for version_, name, each in wire.all_exchanges():
        if each["id"] in cases and wire.reply_bytes(each):
            yield version_, name, wire.reply_bytes(each), wire.request_of(version_, name, each)


RECORDED = {kind: list(recorded(kind)) for kind in READERS}

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", "yes", "5", ".", "Active", "n/a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def read(kind, reply):
    try:
        READERS[kind][1](reply)
    except ALLOWED:
        pass


@pytest.mark.parametrize("kind", sorted(READERS))
@many
@given(data=st.data())
def test_replies_with_changed_bytes(kind, data):
    version_, name, raw, request = data.draw(st.sampled_from(RECORDED[kind]))
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 40)))
    new = data.draw(
        st.binary(max_size=6)
        | st.sampled_from([b"\n", b"\t", b":: ", b" Q=", b"\r\n", b"null", b"{}", b"-1", b'"', b"<", b"="])
    )
    try:
        reply = wire.protocol_of(version_, name).decode(raw[:start] + new + raw[end:], request)
    except MIError:
        return
    read(kind, reply)


def _paths(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from _paths(each, path + (key,))


def _replaced(value, path, new):
    """value with new in the place of path; without that place when new is KeyError."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1 and new is KeyError:
        del copy[path[0]]
    else:
        copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("kind", sorted(READERS))
@many
@given(data=st.data())
def test_values_with_changed_parts(kind, data):
    found = [
        each
        for each in RECORDED[kind]
        if each[0] in ("3.6", "4.0") and "xmlrpc" not in each[1] and b'"result"' in each[2]
    ]
    if not found:
        pytest.skip("only recorded on 1.x and 2.x")
    _version, _name, raw, _request = data.draw(st.sampled_from(found))
    result = json.loads(raw.decode("utf-8"))["result"]
    path = data.draw(st.sampled_from(list(_paths(result))))
    new = data.draw(values | (st.just(KeyError) if path else st.nothing()))
    read(kind, ValueReply(_replaced(result, path, new), ""))


names = st.sampled_from(
    "Contact AOR Domain Expires Q dialog CALLEES callee context values state ID SET URI PARTITION Destination Resources Resource"
    " part dest Event Subscriber List Rule VAR Status Message Set node key value Process Server".split()
) | st.text(max_size=4)
texts = st.sampled_from(
    ["", "5", "Active", "yes", "sip:a@b", "<sip:a>;q=", " 100 <10.1.1.1,1, 5060, 1, NULL, x>", "2", "."]
) | st.text(max_size=8)
trees = st.recursive(
    st.builds(
        lambda *parts: dict(zip(("name", "value", "attributes", "children"), parts)),
        names,
        texts,
        st.dictionaries(names, texts, max_size=2),
        st.just([]),
    ),
    lambda inner: st.builds(
        lambda *parts: dict(zip(("name", "value", "attributes", "children"), parts)),
        names,
        texts,
        st.dictionaries(names, texts, max_size=2),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("kind", sorted(READERS))
@many
@given(nodes=st.lists(trees, max_size=3))
def test_any_tree(kind, nodes):
    read(kind, NodeTreeReply(nodes, ""))


@pytest.mark.parametrize("kind", sorted(READERS))
@many
@given(lines=st.lists(st.tuples(st.sampled_from(["", "\t", "\t\t"]), names, texts), max_size=6), flat=st.booleans())
def test_any_text_tree(kind, lines, flat):
    text = "".join("{0}{1}:: {2}\n".format(*line) for line in lines)
    read(kind, TextTreeReply(text, text, flat=flat))
