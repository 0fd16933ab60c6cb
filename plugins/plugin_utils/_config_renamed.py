# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What newer versions call a name, where the sources do not show it: they drop the old name and add the new one elsewhere.

Sources: the migration notes of OpenSIPS 2.1 to 4.0, and the documentation of the modules.
"""

from __future__ import annotations

# {module that a version dropped: the module to use}
MODULES = {
    "avpops": "sqlops",
    "cpl-c": "cpl_c",
    "event_jsonrpc": "event_stream",
    "mi_json": "mi_http",
    "mi_xmlrpc": "mi_xmlrpc_ng",
    "mi_xmlrpc_ng": "mi_xmlrpc",
    "rabbitmq": "event_rabbitmq",
    "siptrace": "tracer",
    "tlsops": "tls_mgm",
}
# {module: {parameter: new name}}; the parameters of the core are the global ones
PARAMETERS = {
    "core": {
        "children": "udp_workers",
        "debug": "log_level",
        "fork": "debug_mode",
        "listen": "socket",
        "log_facility": "syslog_facility",
        "log_name": "syslog_name",
        "log_stderror": "stderror_enabled",
        "tcp_children": "tcp_workers",
        "tcp_listen_backlog": "tcp_socket_backlog",
        "tcp_poll_method": "poll_method",
        "xlog_default_level": "xlog_level",
    },
    "tm": {"fr_inv_timer": "fr_inv_timeout", "fr_timer": "fr_timeout"},
    "usrloc": {"db_mode": "working_mode_preset"},
}
# {module: {function: new name}}
FUNCTIONS = {
    "avpops": {
        "avp_db_delete": "sql_avp_delete",
        "avp_db_load": "sql_avp_load",
        "avp_db_query": "sql_query",
        "avp_db_store": "sql_avp_store",
    },
    "auth_jwt": {"jwt_authorize": "jwt_db_authorize"},
    "core": {
        "add_local_rport": "force_local_rport",
        "add_rport": "force_rport",
        "add_tcp_alias": "force_tcp_alias",
        "append_branch": "append_msg_branch",
        "avp_printf": "pv_printf",
        "force_local_rport": "add_local_rport",
        "isbranchflagset": "isbflagset",
        "isduriset": "isdsturiset",
        "move_branch": "move_msg_branch",
        "remove_branch": "remove_msg_branch",
        "resetbranchflag": "resetbflag",
        "resetduri": "resetdsturi",
        "rewritehost": "sethost",
        "rewritehostport": "sethostport",
        "rewriteport": "setport",
        "rewriteuri": "seturi",
        "rewriteuser": "setuser",
        "rewriteuserpass": "setuserpass",
        "setbranchflag": "setbflag",
        "setduri": "setdsturi",
        "seth": "sethost",
        "sethp": "sethostport",
        "setp": "setport",
        "setu": "setuser",
        "setup": "setuserpass",
        "swap_branches": "swap_msg_branches",
    },
    "drouting": {"next_routing": "use_next_gw"},
    "enum": {"enum_pv_query": "enum_query"},
    "exec": {"exec_avp": "exec", "exec_dset": "exec", "exec_msg": "exec"},
    "group": {"get_user_group": "db_get_user_group", "is_user_in": "db_is_user_in"},
    "rabbitmq": {"rabbitmq_publish": "raise_event"},
    "siptrace": {"sip_trace": "trace"},
    "uri": {"check_from": "db_check_from", "check_to": "db_check_to", "does_uri_exist": "db_does_uri_exist"},
}
# {variable without $: what to write instead}
VARIABLES = {
    "af": "$socket_in(af)",
    "fs": "$socket_out",
    "pr": "$socket_in(proto)",
    "proto": "$socket_in(proto)",
    "Ri": "$socket_in(ip)",
    "Rp": "$socket_in(port)",
}
# {what a condition compared without $ up to 2.3: what to write instead}; msg is the first word of msg:len
OPERANDS = {
    "af": "$socket_in(af)",
    "dst_ip": "$socket_in(ip)",
    "dst_port": "$socket_in(port)",
    "from_uri": "$fu",
    "method": "$rm, or is_method()",
    "msg": "$ml",
    "myself": "is_myself()",
    "proto": "$socket_in(proto)",
    "src_ip": "$si",
    "src_port": "$sp",
    "status": "$rs",
    "to_uri": "$tu",
    "uri": "$ru, or is_myself()",
}
# The last version with them
OPERANDS_UNTIL = "2.3"
# {what follows the address of a socket: (the first version with it, the last one, what the others have)}
SOCKET_OPTIONS = {"use_children": ("1.11", "3.0", "use_workers"), "use_workers": ("3.0", "4.1", "use_children")}
