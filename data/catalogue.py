# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make plugins/module_utils/_mi/catalogue_data.py from mi_commands.json.

The JSON holds what the servers declare. LINE_ORDER below corrects what their documentation (the JSON's
"positional") says of the line protocol: it was read from the C handlers of 1.11 and 2.4, under the names of 3.x.
"""

import os
import re

from . import layout, records

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SOURCE = os.path.join(HERE, "mi_commands.json")
TARGET = os.path.join(ROOT, "plugins", "module_utils", "_mi", "catalogue_data.py")

# Every version of the JSON, oldest first; a range of versions runs along this list.
LINE_VERSIONS = ["1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10", "1.11", "2.1", "2.2", "2.3", "2.4"]
RPC_VERSIONS = ["3.0", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "4.0", "4.1"]
VERSIONS = LINE_VERSIONS + RPC_VERSIONS

# The order of arguments in 1.x and 2.x, where the documentation does not tell, or not in the names of 3.x.
#   name       required              [name]   may be left out, with all that follow
#   name=X     X stands for "none"   name*    takes the rest of the arguments
#   name!      the word itself switches it on (3.x has a number here)
#   A | B      one form or the other; an empty form takes no arguments
# Values: one text for all versions, or a list of (from, to, text).
LINE_ORDER = {
    "address_dump": [("1.4", "2.1", ""), ("2.2", "2.4", "[partition]")],
    "address_reload": [("1.4", "2.1", ""), ("2.2", "2.4", "[partition]")],
    "allow_uri": "basename uri contact",
    "b2b_bridge": [
        ("1.6", "1.8", "dialog_id new_uri [flag]"),
        ("1.9", "2.4", "dialog_id new_uri [flag] [prov_media_uri]"),
    ],
    "b2b_terminate_call": "key",
    "b2b_trigger_scenario": "scenario_id scenario_params*",
    "bdb_reload": "table_path",
    "bla": "",
    "bm_enable_global": "enable",
    "bm_enable_timer": "timer enable",
    "bm_granularity": "granularity",
    "bm_loglevel": "log_level",
    "cache_fetch": "system attr",
    "cache_remove": "system attr",
    "cache_remove_chunk": [("1.10", "2.2", "glob"), ("2.3", "2.4", "glob | collection glob")],
    "cache_store": "system attr value [expire]",
    "cc_agent_login": "agent_id state",
    "cluster_broadcast_mi": "cluster_id cmd_name [cmd_params*]",
    "cluster_send_mi": "cluster_id destination cmd_name [cmd_params*]",
    "cr_activate_host": "options",
    "cr_add_host": "options",
    "cr_deactivate_host": "options",
    "cr_delete_host": "options",
    "cr_replace_host": "options",
    "db_set": "set_index db_url_index may_use_db_flag [ingore_retries]",
    "dbt_reload": "[db_name] [table_name]",
    "debug": "[level]",
    # 1.11 takes the two halves of the hash as well as the id
    "dlg_end_dlg": [
        ("1.4", "1.10", "h_entry h_id [extra_hdrs]"),
        ("1.11", "1.11", "dialog_id [extra_hdrs] | h_entry h_id [extra_hdrs]"),
        ("2.1", "2.4", "dialog_id [extra_hdrs]"),
    ],
    "dlg_list": [("1.4", "1.5", "[callid] [from_tag]"), ("1.6", "2.4", "[callid] [from_tag] | index counter")],
    "dlg_list_ctx": [("1.4", "1.5", "[callid] [from_tag]"), ("1.6", "2.4", "[callid] [from_tag] | index counter")],
    "dlg_list_sharing_tags": "",
    "dlg_set_sharing_tag_active": "tag",
    "dp_reload": [("1.4", "1.8", ""), ("1.9", "1.11", "[table_name]"), ("2.1", "2.4", "[partition]")],
    "dp_show_partition": "[partition]",
    "dp_translate": "dpid input",
    # with use_partitions (2.1 and newer) the partition comes first, and is required
    "dr_carrier_status": [
        ("1.8", "1.11", "[carrier_id] [status]"),
        ("2.1", "2.4", "[carrier_id] [status] | partition_name [carrier_id] [status]"),
    ],
    "dr_gw_status": [
        ("1.8", "1.11", "[gw_id] [status]"),
        ("2.1", "2.4", "[gw_id] [status] | partition_name [gw_id] [status]"),
    ],
    "dr_number_routing": "number | group_id number | partition_name number | partition_name group_id number",
    "dr_reload": [("1.5", "1.11", ""), ("2.1", "2.4", "[partition_name]")],
    "dr_reload_status": "[partition_name]",
    "ds_list": [("1.4", "2.1", ""), ("2.2", "2.4", "[full!] | partition [full!]")],
    "ds_reload": [("1.4", "2.1", ""), ("2.2", "2.4", "[partition]")],
    "ds_set_state": "state group address",
    "event_subscribe": "event socket [expire]",
    "evi_flat_rotate": "path_to_file",
    "fs_subscribe": "freeswitch_url events*",
    "fs_unsubscribe": "freeswitch_url events*",
    "get_statistics": "statistics*",
    "help": "[mi_cmd]",
    "is_gflag": "bitmask",
    "lb_resize": "destination_id res_name new_capacity",
    "lb_status": "destination_id [new_status]",
    "list_statistics": "[statistics*]",
    "log_level": "[level] [pid]",
    "lua_reload": "",
    "nh_enable_ping": "[status]",
    "nh_enable_rtpp": "url enable",
    "pdt_add": "sdomain prefix domain",
    "pdt_delete": "sdomain domain",
    "pdt_list": "[sdomain] [prefix] [domain]",
    "pdt_reload": "",
    "pike_rm": "ip",
    "pres_expose": "event [filter]",
    "pres_list_sharing_tags": "",
    "pres_set_sharing_tag_active": "tag",
    "profile_get_size": "profile [value]",
    "profile_get_values": "profile",
    "profile_list_dlgs": "profile [value]",
    "pua_publish": "presentity_uri expires event_package content_type=. etag=. extra_headers=. [body]",
    "pua_subscribe": "presentity_uri watcher_uri event_package expires",
    "rand_set_prob": "prob_proc",
    "refreshWatchers": "presentity_uri event refresh_type",
    "refreshXcapDoc": "doc_uri port",
    "reset_gflag": "bitmask",
    "reset_statistics": "statistics*",
    "rtpengine_enable": "url enable",
    "rtpproxy_enable": [("1.9", "2.3", "url enable"), ("2.4", "2.4", "url enable | url setid enable")],
    "set_gflag": "bitmask",
    "show_fraud_stats": "user prefix fraud_profile",
    "shv_get": "[name]",
    "shv_set": "name type value",
    "sip_capture": "[capture_mode]",
    "sip_trace": [("1.4", "2.1", "[mode]"), ("2.2", "2.4", "[mode] | id [mode]")],
    "sql_cacher_reload": "id [key]",
    "subs_phtable_list": [("1.7", "1.11", ""), ("2.1", "2.4", " | from to")],
    "subscribers_list": "[event] [socket]",
    "t_reply": "code reason trans_id to_tag new_headers=. [body]",
    "t_uac_dlg": "method ruri next_hop=. socket=. headers [body]",
    "tcp_trace": "[trace_mode]",
    "teardown": "callid",
    "tls_trace": "[trace_mode]",
    "trace_to_database": "[mode]",
    "ul_add": "table_name aor contact expires q unsused=0 flags cflags methods",
    "ul_dump": "[brief!]",
    "ul_rm": "table_name aor",
    "ul_rm_contact": "table_name aor contact",
    "ul_show_contact": "table_name aor",
    "ul_sync": "table_name [aor]",
    "watch": " | action extension",
    "ws_trace": "[trace_mode]",
    "wss_trace": "[trace_mode]",
}

# Parameters of 3.x that nobody reads, yet the server wants: sent when left out
RPC_UNREAD = {("ul_add", "unsused"): "0"}

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def expand(text):
    """The forms that a text of LINE_ORDER allows, as lists of tokens: 'a [b] [c]' is a; a b; a b c."""
    forms = []
    for alternative in text.split("|"):
        tokens = alternative.split()
        bare = [token.strip("[]") for token in tokens]
        shortest = next((i for i, token in enumerate(tokens) if token.startswith("[")), len(tokens))
        forms += [bare[:end] for end in range(shortest, len(tokens) + 1)]
    unique = []
    for form in forms:
        if form not in unique:
            unique.append(form)
    return unique


def span(first, last):
    return VERSIONS[VERSIONS.index(first) : VERSIONS.index(last) + 1]


def merge(pairs):
    """See records.ranges()."""
    return records.ranges(pairs, VERSIONS)


def per_version(command):
    """[(version, entry of the JSON)] of every version that has the command."""
    return [(version, entry) for entry in command["versions"] for version in span(entry["from"], entry["to"])]


def join_forms(forms):
    return ": " + " | ".join(" ".join(form) for form in forms)


def guess_line(command, entry):
    """The forms of an entry that LINE_ORDER does not name, or None when nothing is known of them."""
    if "no_input" in entry.get("flags", ()):
        return [[]]
    names = [name for name, dummy in entry.get("positional", ())]
    if names:
        if not all(IDENTIFIER.match(name) for name in names):
            raise ValueError(f"LINE_ORDER must name {names!r}")
        required = [name for name, need in entry["positional"] if need == "required"]
        return expand(" ".join(name if name in required else f"[{name}]" for name in names))
    newer = next((e["params"] for v, e in per_version(command) if v in RPC_VERSIONS and "params" in e), None)
    return [[]] if newer == [[]] else None


def line_ranges(name, command):
    order = LINE_ORDER.get(name)
    old = [(version, entry) for version, entry in per_version(command) if version in LINE_VERSIONS]
    if order is None:
        facts = [(version, guess_line(command, entry)) for version, entry in old]
    elif isinstance(order, str):
        facts = [(version, expand(order)) for version, dummy in old]
    else:
        table = {version: expand(text) for first, last, text in order for version in span(first, last)}
        facts = [(version, table[version]) for version, dummy in old]
    return merge([(version, "?" if forms is None else join_forms(forms)) for version, forms in facts])


def rpc_facts(name, entry):
    tokens = ["!"] if "named_only" in entry.get("flags", ()) else []
    tokens += ["#" + param for param in entry.get("int_params", ())]
    tokens += ["~" + param for param in entry.get("bool_like_params", ())]
    for param, kinds in sorted(entry.get("array_params", {}).items()):
        tokens.append(f"*{param}={','.join(kinds)}")
    if "params" not in entry:
        return " ".join(tokens + ["?"])
    forms = []
    for recipe in entry["params"]:
        unread = [(param, RPC_UNREAD.get((name, param))) for param in recipe]
        forms.append([param if value is None else f"{param}={value}" for param, value in unread])
    return " ".join(tokens + [join_forms(forms)])


def old_names(name, command, lines):
    """Names that the documentation of 1.x and 2.x gave to a parameter, where its order is the one we know."""
    aliases = {}
    for entry in command["versions"]:
        documented = [param for param, dummy in entry.get("positional", ())]
        facts = next((facts for first, last, facts in lines if entry["from"] in span(first, last)), "")
        forms = [form.split() for form in facts.lstrip(": ").split("|")]
        ours = [re.split("[=*!]", token)[0] for token in max(forms, key=len)]
        if len(documented) == len(ours):
            for position, theirs in enumerate(documented):
                our = ours[position]
                if theirs != our and IDENTIFIER.match(theirs):
                    aliases[theirs] = our
    return ["{}={}".format(*pair) for pair in sorted(aliases.items())]


def v4_names(data, name, command):
    """Full names in 4.0, the one of the command's own module first."""
    full = [entry["name"] for entry in command["versions"] if "name" in entry]
    for other in data["v4_spellings"].get(name, ()):
        # tls_trace is an alias of two commands; a bare name that happens to be equal (reload_routes) is not
        if (
            full
            and other not in full
            and other.split(":")[1] != name
            and name not in data["v4_ambiguous_bare_names"].get(other.split(":")[1], ())
        ):
            full.append(other)
    home = command["module"].replace("proto_", "")
    return sorted(full, key=lambda spelling: spelling.split(":")[0] != home)


def write_if(rule):
    tokens = []
    if rule["min_positional"] is not None:
        tokens.append(f"min={rule['min_positional']}")
    if "min_positional_if_use_partitions" in rule:
        tokens.append(f"partitions={rule['min_positional_if_use_partitions']}")
    if rule["named_any"]:
        tokens.append("named=" + ",".join(rule["named_any"]))
    if "first_positional_in" in rule:
        tokens.append("first=" + ",".join(rule["first_positional_in"]))
    return tokens


def record(data, name, command):
    """The tokens of one record."""
    versions = per_version(command)
    tokens = ["=" + name, command["module"], command["kind"], f"{command['since']}-{command['until']}"]

    def section(key, values):
        if values:
            tokens.extend(["@" + key] + list(values))

    def ranged(key, ranges):
        for first, last, facts in ranges:
            section(key, [f"{first}-{last}"] + facts.split())

    section("v4", v4_names(data, name, command))
    section("aka", [alias for entry in command["versions"] for alias in entry.get("aliases", ()) if alias != name])
    section("lost", ["yes"] if name in data["v4_lost_classic_names"] else ())
    section("was", command.get("renamed_from"))
    section("now", [command["renamed_to"]] if "renamed_to" in command else ())
    ranged("mod", merge([(v, None if e["module"] == command["module"] else e["module"]) for v, e in versions]))
    ranged("built", merge([(v, e.get("built_if")) for v, e in versions]))
    section("dual", write_if(command["write_if"]) if "write_if" in command else ())
    ranged("async", merge([(v, "" if "async_rpl" in e.get("flags", ()) else None) for v, e in versions]))
    lines = line_ranges(name, command)
    section("old", old_names(name, command, lines))
    ranged("line", lines)
    ranged("rpc", merge([(v, rpc_facts(name, e)) for v, e in versions if v in RPC_VERSIONS]))
    return tokens


def generate():
    """The text of catalogue_data.py."""
    data = layout.load(SOURCE)
    return records.module(
        "catalogue",
        "The MI commands of OpenSIPS 1.4 to 4.1, a record each",
        "COMMANDS",
        (record(data, name, command) for name, command in sorted(data["commands"].items())),
    )
