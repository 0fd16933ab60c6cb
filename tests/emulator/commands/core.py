# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""core: the server itself."""

import time

from ..errors import MIError, bad_params
from ..tree import array, attributes, node, tree
from . import NULL, clusterer, command


def ctime(moment):
    """As C's ctime(): the day padded with a blank."""
    return time.strftime("%a %b %e %H:%M:%S %Y", time.localtime(moment))


@command("which", no_input=True)
def which(server, params):
    dispatcher = server.dispatcher
    if server.state.tree:
        return array([node(None, name) for name in dispatcher.which])
    wanted = params.text("command")
    if wanted is None:
        return list(dispatcher.which)
    try:
        classic = dispatcher.lookup(wanted)
    except MIError:
        classic = None
    if classic is None:
        raise MIError(404, "unknown MI command")
    return dispatcher.recipes(classic)


@command("uptime", no_input=True)
def uptime(server, params):
    now = time.time()
    started = server.state.started
    lines = {"Now": ctime(now), "Up since": ctime(started), "Up time": f"{int(now) - int(started)} [sec]"}
    if server.state.tree:
        return tree(*(node(name, value) for name, value in lines.items()))
    return lines


@command("version", no_input=True)
def version(server, params):
    line = server.state.server_line
    return tree(node("Server", line)) if server.state.tree else {"Server": line}


@command("pwd", no_input=True)
def pwd(server, params):
    directory = server.state.directory
    return tree(node("WD", directory)) if server.state.tree else {"WD": directory}


@command("arg", no_input=True)
def arg(server, params):
    directory = server.state.directory
    words = [
        "/usr/sbin/opensips",
        "-f",
        directory + "/opensips.cfg",
        "-P",
        directory + "/pid",
        "-m",
        "512",
        "-M",
        "16",
        "-w",
        directory,
    ]
    return array([node(None, word) for word in words]) if server.state.tree else words


@command("ps", no_input=True)
def ps(server, params):
    processes = server.state.processes()
    if server.state.tree:
        return array(
            [
                node("Process", None, attributes(ID=index, PID=pid, Type=kind))
                for index, (pid, kind) in enumerate(processes)
            ]
        )
    return {"Processes": [{"ID": index, "PID": pid, "Type": kind} for index, (pid, kind) in enumerate(processes)]}


@command("kill", no_input=True)
def kill(server, params):
    server.crash("the command `kill` stopped the server")


@command("help", "[mi_cmd]")
def help_(server, params):
    name = params.text("mi_cmd") if server.state.tree else next(iter(params.values.values()), None)
    if name is None:
        usage = "help mi_cmd - returns information about 'mi_cmd'"
        return tree(node("Usage", usage)) if server.state.tree else "Usage: " + usage
    classic = server.dispatcher.lookup(name)
    if classic is None:
        raise MIError(404, "unknown MI command")
    lines = {"Help": "not available for this command", "Exported by": server.dispatcher.module_of(classic)}
    return tree(*(node(*pair) for pair in lines.items())) if server.state.tree else lines


@command("log_level", "[level] [pid]")
def log_level(server, params):
    state = server.state
    if "level" in params:
        level = params.int("level")
        if "pid" in params:
            pid = params.int("pid")
            if pid not in dict(state.processes()):
                raise MIError(400, "Bad parameter") if state.tree else bad_params("Bad PID")
            state.log_levels[pid] = level
            name = "New log level" if state.tree else "Log level"
            return tree(node(name, level)) if state.tree else {name: level}
        state.log_level = level
        state.log_levels.clear()
        if state.tree:
            return tree(node("New global log level", level))
        return {"New global log level": level}
    rows = [(pid, state.log_levels.get(pid, state.log_level), kind) for pid, kind in state.processes()]
    if state.tree:
        return array(
            [
                node("Process", None, (("PID", str(pid)), ("Log level", str(level)), ("Type", kind)))
                for pid, level, kind in rows
            ]
        )
    return {"Processes": [{"PID": pid, "Log level": level, "Type": kind} for pid, level, kind in rows]}


@command("debug", "[level]")
def debug(server, params):
    """The log level of 1.11."""
    state = server.state
    if "level" in params:
        state.log_level = params.int("level")
    return tree(node("DEBUG", state.log_level))


@command("xlog_level")
def xlog_level(server, params):
    state = server.state
    level = params.int("level")
    if level is None:
        return {"xLog Level": state.xlog_level}
    state.xlog_level = level
    return {"New xLog level": level}


def _consumer(params):
    name = params.text("consumer")
    if name not in ("stderror", "syslog", "event"):
        raise MIError(404, "Unknown log consumer")
    return name


@command("log_level_filter")
def log_level_filter(server, params):
    filters = server.state.log_filters
    name = _consumer(params)
    if "level_filter" not in params:
        return {"Log level filter": filters.get(name, 0)}
    filters[name] = params.int("level_filter")
    return None


@command("log_mute_state")
def log_mute_state(server, params):
    muted = server.state.log_muted
    name = _consumer(params)
    if "mute_state" not in params:
        return {"mute state": muted.get(name, 0 if name == "stderror" else 1)}
    muted[name] = params.int("mute_state")
    return None


@command("httpd_list_root_path", no_input=True)
def httpd_list_root_path(server, params):
    roots = server.http_roots()
    if server.state.tree:
        return array([node("http_root", root, attributes(module=module)) for root, module in roots])
    return [{"http_root": root, "module": module} for root, module in roots]


@command("list_tcp_conns", no_input=True)
def list_tcp_conns(server, params):
    """A server without sockets of TCP has nothing to say."""
    state = server.state
    if state.modules != "all":
        return tree() if state.tree else NULL
    connections = [_connection(server, number, *each) for number, each in enumerate(_CONNECTIONS)]
    if state.tree:
        return tree(*(_connection_node(state, values) for values in connections))
    return {"Connections": connections}


# (protocol, port of the other side, port of this server): the cluster's two, a client over TCP, one over TLS
_CONNECTIONS = (("bin", 21245, 34719), ("bin", 47781, 21225), ("tcp", 21290, 5060), ("tls", 21291, 5061))
_TLS = {
    "TLS Version": "TLSv1.2",
    "TLS Cipher": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS Cipher description": "ECDHE-RSA-AES256-GCM-SHA384    TLSv1.2 Kx=ECDH     Au=RSA   Enc=AESGCM(256)            Mac=AEAD\n",
    "TLS Cipher bits": 256,
    "TLS Peer verified": 0,
}


def _connection(server, number, proto, remote, local):
    values = {
        "ID": 552534677 + number,
        "Type": proto,
        "State": 0,
        "Remote": f"127.0.0.1:{remote}",
        "Local": f"127.0.0.1:{local}",
    }
    if server.state.v >= (4, 0) and proto == "tls":
        values.update(_TLS)
    values["Lifetime"] = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() + 120))
    return dict(values, **{"Alias port": remote})


def _connection_node(state, values):
    alias = values.pop("Alias port")
    if state.v < (2, 0):
        # 1.x calls the ends so, and has other times
        del values["Lifetime"]
        values = {{"Remote": "Source", "Local": "Destination"}.get(name, name): value for name, value in values.items()}
    pairs = tuple((name, str(value)) for name, value in values.items())
    return node("Connection", None, pairs, [node("Alias port", alias)])


def _status_groups(server):
    state = server.state
    loaded = {"Name": "default", "Readiness": True, "Status": 1, "Details": "data available"}
    ready = {"Readiness": True, "Status": 1}
    groups = [
        {"Name": "pike", "Identifiers": [dict({"Name": "main"}, **ready)]},
        {"Name": "drouting", "Identifiers": [dict({"Name": "Default;events"}, **ready), dict(loaded, Name="Default")]},
        {"Name": "dispatcher", "Identifiers": [dict({"Name": "default;events"}, **ready), loaded]},
        {"Name": "core", "Identifiers": [dict({"Name": "main"}, **ready, Details="running")]},
    ]
    if state.modules != "base":
        if state.v >= (4, 0):
            groups.insert(
                0,
                {
                    "Name": "uac_registrant",
                    "Identifiers": [
                        {
                            "Name": f"aor={item.aor};contact={item.binding};registrar={item.registrar}",
                            "Readiness": False,
                            "Status": -1,
                            "Details": "REGISTERING_STATE" if item.enabled else "NOT_REGISTERED_STATE",
                        }
                        for item in state.registrants
                    ],
                },
            )
        groups.insert(0, {"Name": "dialplan", "Identifiers": [loaded]})
    if server.member is not None:
        groups.insert(-1, clusterer.status_group(server.member))
    return [
        dict(group, Identifiers=[_set_status(state, group["Name"], each) for each in group["Identifiers"]])
        for group in groups
    ]


def _set_status(state, group, identifier):
    """An identifier with what a test set for it."""
    if (group, identifier["Name"]) not in state.statuses:
        return identifier
    status, details = state.statuses[group, identifier["Name"]]
    changed = dict(identifier, Readiness=status > 0, Status=status)
    return changed if details is None else dict(changed, Details=details)


def _status_group(server, params):
    for group in _status_groups(server):
        if group["Name"] == params.text("group"):
            return group
    raise MIError(404, "Group not found")


@command("sr_list_status")
def sr_list_status(server, params):
    return _status_group(server, params)["Identifiers"] if "group" in params else _status_groups(server)


@command("sr_get_status")
def sr_get_status(server, params):
    wanted = params.text("identifier", "main")
    for status in _status_group(server, params)["Identifiers"]:
        if status["Name"] == wanted:
            return {name: value for name, value in status.items() if name != "Name"}
    raise MIError(404, "Identity not found")


@command("sr_list_identifiers")
def sr_list_identifiers(server, params):
    listed = [
        {"Group": group["Name"], "Identifiers": [status["Name"] for status in group["Identifiers"]]}
        for group in ([_status_group(server, params)] if "group" in params else _status_groups(server))
    ]
    return listed[0] if "group" in params else listed


@command("shm_check", no_input=True)
def shm_check(server, params):
    # no debug allocator: the handler returns nothing
    raise MIError(-32000, "Server error", "Command handler returned null")


def _report(moment, text):
    return {"Timestamp": moment, "Date": ctime(moment), "Log": text}


@command("sr_list_reports")
def sr_list_reports(server, params):
    state = server.state
    moment = int(state.dr_reloaded)
    reports = [
        _report(moment, text)
        for text in (
            "starting DB data loading",
            "DB data loading successfully completed",
            "2 gateways loaded (0 discarded), 1 carriers loaded (0 discarded), 1 rules loaded (0 discarded)",
        )
    ]
    groups = {"drouting": [{"Name": "Default;events", "Reports": []}, {"Name": "Default", "Reports": reports}]}
    if server.member is not None:
        groups["clusterer"] = [
            {
                "Name": status["Name"],
                "Reports": [_report(*entry) for entry in server.member.reports.get(status["Name"], ())],
            }
            for status in clusterer.status_group(server.member)["Identifiers"]
        ]
    wanted = params.text("group")
    if wanted is None:
        return [{"Name": name, "Identifiers": group} for name, group in groups.items()]
    if wanted not in groups:
        _status_group(server, params)
        return []
    return groups[wanted]
