#!/usr/bin/python
# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_diagnose
short_description: Find out what makes OpenSIPS slow, or what it lacks
version_added: 1.0.0
description:
  - Looks at a running OpenSIPS server for O(duration) seconds, and returns what is wrong, why, and what to do about it.
  - It reads the load of each process, the memory and the receive queues once in each O(sample_interval).
  - It subscribes to the event C(E_CORE_THRESHOLD), with which the server reports each SIP message and each query that takes too long.
    At the end, it ends the subscription.
  - With O(trap), it also returns a backtrace of each process.
  - M(community.opensips.opensips_health) checks whether a server can take traffic now. Use that module as a gate, and this one to find
    the cause.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
attributes:
  check_mode:
    support: partial
    details:
      - In check mode, the module neither subscribes to events nor stops processes for O(trap). The rest is the same.
  diff_mode:
    support: N/A
    details:
      - The only thing that this action changes is the file O(trap_file).
  idempotent:
    support: partial
    details:
      - With O(trap_file), each run writes the file.
  platform:
    platforms: posix
options:
  checks:
    description:
      - Checks to run. V(default) means all of them.
      - To leave a check out, write V(!) before it. If all elements begin with V(!), they are left out of V(default).
      - A check of V(default) that has nothing to look at is left out. RV(not_checked) has the reason. A check that is named is V(unknown) then.
      - V(mi) is how long the server takes to answer over MI. It always runs.
      - V(uptime) is whether the server was restarted meanwhile.
      - V(load) is the part of the time in which the processes of each socket were busy, with the limit O(maximum_load). It requires
        OpenSIPS 2.4 or later. On the host of the server, it also says whether the processes computed or waited.
      - V(receive_queues) is what waited to be read. On the host of the server, it also counts the datagrams that the kernel dropped.
      - V(shared_memory) and V(private_memory) are memory in use, with the limits O(maximum_shared_memory) and O(maximum_private_memory).
      - V(sip), V(dns), V(sql), V(nosql) and V(tcp) are SIP messages, queries and writes that took longer than a threshold in the configuration of
        the server. The limit is O(maximum_slow). V(other) is what else the server reports as slow.
      - V(registrants) are the registrations of the server at other servers.
    type: list
    elements: str
    default:
      - default
  duration:
    description:
      - Seconds to look at the server, from 1 to 3600.
    type: float
    default: 10
  sample_interval:
    description:
      - Seconds between two readings, from 0.5 to 60.
      - The server reports the load of the last second, so a longer interval misses a part of it.
    type: float
    default: 1
  slowest:
    description:
      - Number of the slowest operations of each kind to return, and of the most frequent ones, from 1 to 100.
    type: int
    default: 5
  fail_on:
    description:
      - Outcomes of checks that make the task fail. By default, the task only fails if the server does not answer from the start.
    type: list
    elements: str
    choices:
      - warning
      - failed
      - unknown
    default: []
  warn_at:
    description:
      - Percentage of a maximum from which the outcome is V(warning). With V(100), only a value above the maximum counts.
      - Works with the options O(maximum_load), O(maximum_shared_memory) and O(maximum_private_memory).
    type: float
    default: 80
  maximum_load:
    description:
      - Percentage of the time in which the processes of a socket may be busy.
      - If other processes, such as those of MI, are above this limit, the outcome is V(warning).
    type: float
    default: 90
  maximum_shared_memory:
    description:
      - Percentage of the shared memory that may be in use at any time of the span.
      - If more than that was in use since the start of the server, but not in the span, the outcome is V(warning).
    type: float
    default: 90
  maximum_private_memory:
    description:
      - Percentage of its private memory that each process may use.
      - If a process used more than that since its start, but not now, the outcome is V(warning).
    type: float
    default: 95
  maximum_slow:
    description:
      - Percentage of SIP messages, and of queries of each kind, that may be slow. Slow ones within this limit are a V(warning).
    type: float
    default: 5
  event_transport:
    description:
      - How the server sends the events. V(udp) requires its module C(event_datagram). V(tcp) requires C(event_stream), or C(event_jsonrpc)
        before OpenSIPS 3.1.
      - V(auto) is the first of these that the server has loaded. If it has none, the module works without events, and RV(events_missing) says so.
      - An event has the whole SIP message. What does not fit into a datagram comes over V(tcp) only.
    type: str
    choices:
      - auto
      - udp
      - tcp
    default: auto
  listen_host:
    description:
      - IPv4 address of this host at which the module receives the events.
      - If not set, it is V(127.0.0.1) for a server that is reached by a file. Otherwise, it is the address from which this host reaches the server.
    type: str
  listen_port:
    description:
      - Port at which the module receives the events. V(0) is any port that is free.
    type: int
    default: 0
  advertise_host:
    description:
      - IPv4 address to which the server sends the events. If not set, it is O(listen_host).
    type: str
  accept_from:
    description:
      - Addresses and networks from which events are accepted. If not set, these are the server and this host.
    type: list
    elements: str
  trap:
    description:
      - Whether to return a backtrace of each process, after O(duration). It also works if the server does not answer over MI.
      - The module must run on the host of the server, usually as root. Backtraces require C(gdb) there. Without it, only RV(backtraces[].state) and
        RV(backtraces[].waits_in) are known.
      - C(gdb) stops one process after the other, for about a second each. Calls go on, and messages wait for a moment. The module never stops a
        process of another OpenSIPS on the host.
    type: bool
    default: false
  trap_timeout:
    description:
      - Seconds for the backtrace of one process, from 1 to 60. C(gdb) is then ended, and the process goes on.
    type: float
    default: 10
  trap_file:
    description:
      - File on the host of the server to which the backtraces are written with all variables, as developers of OpenSIPS require them.
      - The variables may hold passwords. The file has the mode 0600, replaces an older one, and its contents are not returned.
    type: path
  trap_pid_file:
    description:
      - File with the pid of the server, for a server that does not answer.
      - If not set, the module finds the server by the FIFO or the socket of MI that it has open. If only root can see that, the task fails and
        asks for this option.
    type: path
notes:
  - MI does not report the thresholds. On the host of the server, the module reads them from the configuration file, without files that it
    includes. Elsewhere, it only knows that a threshold is set if something was slow since the start of the server.
  - The thresholds are C(exec_msg_threshold), C(exec_dns_threshold) and C(tcp_threshold), C(exec_query_threshold) of C(db_mysql) and C(db_postgres), and
    C(exec_threshold) of C(cachedb_local) and others. They are in microseconds, and off by default. C(db_sqlite) has none.
  - C(db_postgres) measures how long it takes to send a statement, and not how long the answer takes. So V(sql) is V(unknown) with it. Use
    C(log_min_duration_statement) of PostgreSQL. O(trap) shows which processes wait for it.
  - Before OpenSIPS 3.2, the server does not count slow messages and queries, and only the events report them.
  - Values in SQL statements are replaced by V(?). Of SIP messages, only the method, the Request-URI and the Call-ID are returned.
  - If the task is killed, the subscription ends by itself within 15 seconds. After 10,000 events, the module ends it early.
  - The server may list a subscription that has ended until it raises the next event of that kind. It sends nothing to it.
seealso:
  - module: community.opensips.opensips_health
  - module: community.opensips.opensips_facts
  - module: community.opensips.opensips_log_level
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Look at the server for five seconds
  community.opensips.opensips_diagnose:
    duration: 5
  register: diagnosis

- name: Show what was found, and what to do
  ansible.builtin.debug:
    var: diagnosis.report

- name: Find slow SQL statements in half a minute of traffic
  community.opensips.opensips_diagnose:
    checks:
      - sql
      - load
    duration: 30
    slowest: 20
  register: diagnosis

- name: Show the statements
  ansible.builtin.debug:
    var: diagnosis.slow.sql.most_frequent

- name: Take a backtrace of each process of a server that hangs, as root
  community.opensips.opensips_diagnose:
    duration: 2
    trap: true
    trap_file: /var/lib/opensips/trap.txt
"""

RETURN = r"""
outcome:
  description:
    - The worst outcome of all checks. From best to worst, these are V(ok), V(unknown), V(warning) and V(failed).
  returned: always
  type: str
  sample: warning
line:
  description: The whole result in one line, for a log.
  returned: always
  type: str
  sample: "OpenSIPS 3.6.8 up 3 d 4 h: warning. Warning: sql: 12 of 340 SQL queries (3.5 %) took longer than exec_query_threshold of 0.1 s. 7 ok"
report:
  description: One line for each finding, the worst first, with what to do.
  returned: always
  type: list
  elements: str
  sample:
    - "WARNING sql: 12 of 340 SQL queries (3.5 %) took longer than exec_query_threshold of 0.1 s. What to do: Look at the load and the locks of the database."
checks:
  description: One entry for each finding.
  returned: always
  type: list
  elements: dict
  contains:
    name: {type: str, sample: load, description: "Name of the check, as in O(checks), or V(trap)."}
    subject:
      description: What was checked, such as the processes of a socket. Null for the server as a whole.
      type: str
      sample: "SIP receiver udp:192.0.2.1:5060"
    outcome: {type: str, sample: warning, description: "V(ok), V(warning), V(failed) or V(unknown)."}
    value: {type: raw, sample: 84.2, description: "What was found: a number or text. Null if it is unknown."}
    limit: {type: raw, sample: 90, description: "The limit that counts for the outcome. Null if there is none."}
    message:
      description: The value and its limit in words, or why it is unknown.
      type: str
      sample: "84.2 % of 10 s in 4 processes, peak 97 %, at most 90 %"
    hint: {type: str, sample: "Look at the network to these peers", description: "What to do. Null if the outcome is V(ok), or if there is nothing to do."}
summary:
  description: Counts of RV(checks).
  returned: always
  type: dict
  contains:
    total: {type: int, description: Number of entries.}
    outcomes: {type: dict, description: Number of entries for each outcome.}
  sample: {total: 9, outcomes: {ok: 7, warning: 1, failed: 0, unknown: 1}}
not_checked:
  description: Reason for each check of V(default) that was left out, and for V(trap) if no backtrace was tried.
  returned: always
  type: dict
  sample:
    dns: "The server counted no DNS queries in 10 s"
version:
  description: Version of OpenSIPS.
  returned: if the server answered
  type: str
  sample: 3.6.8
seconds:
  description: How long the module looked at the server. Less than O(duration) if the server stopped answering.
  returned: if the server answered
  type: float
  sample: 10.002
load:
  description: Load of the processes, in percent of the time. Empty if the server does not report it.
  returned: if the server answered
  type: list
  elements: dict
  contains:
    type: {type: str, sample: "SIP receiver udp:192.0.2.1:5060", description: "What the processes do, as the server calls it."}
    processes: {type: int, sample: 4, description: Number of these processes.}
    mean: {type: float, sample: 84.2, description: Load in the span.}
    peak: {type: float, sample: 97, description: Highest load in one second.}
    last_minute: {type: float, sample: 40, description: Load in the last minute.}
    last_ten_minutes: {type: float, sample: 12, description: Load in the last ten minutes.}
    processor: {type: float, sample: 3.1, description: "Time of the processor that the processes used in the span. Null if the server is on another host."}
memory:
  description: Memory in bytes.
  returned: if the server answered
  type: dict
  contains:
    shared:
      description: The shared memory. Null if the server does not report it.
      type: dict
      contains:
        size: {type: int, description: Size of the memory.}
        used: {type: int, description: "What is in use at the end of the span, with the overhead."}
        peak: {type: int, description: The most that was in use in the span.}
        peak_since_start: {type: int, description: The most that was in use since the start of the server.}
        growth: {type: int, description: By how much more is in use at the end than at the beginning of the span.}
        overhead: {type: int, description: Part of C(used) that the allocator needs itself.}
        fragments: {type: int, description: Number of pieces that the memory is in.}
    private:
      description: The private memory of each process, the fullest first.
      type: list
      elements: dict
      contains:
        id: {type: int, description: Number of the process in the server.}
        pid: {type: int, description: Its number in the system.}
        type: {type: str, description: What it does.}
        size: {type: int, description: Size of its memory.}
        used: {type: int, description: "What is in use, with the overhead."}
        peak_since_start: {type: int, description: The most that was in use since its start.}
        fragments: {type: int, description: Number of pieces that the memory is in.}
receive_queues:
  description: What waited to be read, for each protocol as the server reports it, and for each UDP socket as the kernel does.
  returned: if the server answered
  type: list
  elements: dict
  contains:
    socket: {type: str, sample: "udp:192.0.2.1:5060", description: "A socket, or V(udp), V(tcp) or V(tls) for all of them."}
    peak: {type: int, sample: 0, description: The most bytes that waited in a reading.}
    dropped: {type: int, sample: 0, description: "Datagrams that the kernel dropped in the span. Null if it is not known."}
slow:
  description: Slow operations, for each of C(sip), C(dns), C(sql), C(nosql), C(tcp) and C(other).
  returned: if the server answered
  type: dict
  contains:
    sql:
      description: The same for each of them.
      type: dict
      contains:
        threshold: {type: float, sample: 0.1, description: "Seconds from which an operation is slow. Null if it is off or not known."}
        total: {type: int, sample: 340, description: "Number of operations in the span. Null if the server does not count them."}
        slow: {type: int, sample: 12, description: Number of slow ones.}
        events: {type: int, sample: 12, description: Number of slow ones of which an event came.}
        slowest:
          description: The slowest ones.
          type: list
          elements: dict
          contains:
            source: {type: str, sample: pgsql query, description: "What was slow, as the server calls it."}
            operation:
              description:
                - The statement, the name or the key. For SIP, the method, or the code and the method of a response.
                - C(db_mysql) does not report the text of prepared statements. They are V(prepared statement).
              type: str
              sample: "select password from subscriber where username=?"
            subject: {type: str, sample: "sip:1001@example.com", description: "Request-URI of a SIP request. Otherwise null."}
            call_id: {type: str, sample: a84b4c76e66710, description: "Call-ID of a SIP message. Otherwise null."}
            seconds: {type: float, sample: 0.83, description: How long it took.}
        most_frequent:
          description: The sorts of operations that were slow most often.
          type: list
          elements: dict
          contains:
            source: {type: str, description: As above.}
            operation: {type: str, description: "As above. V(others) is what all further ones have in common, after 1000 sorts."}
            count: {type: int, description: How often.}
            mean: {type: float, description: Seconds on average.}
            longest: {type: float, description: Seconds of the slowest one.}
events_missing:
  description: Why not all slow operations have an event, or none has. Null if nothing is missing.
  returned: if the server answered
  type: str
  sample: "The server sends no events: load its module event_datagram or event_stream"
backtraces:
  description: What each process does. Empty without O(trap).
  returned: always
  type: list
  elements: dict
  contains:
    id: {type: int, description: Number of the process in the server. Null if the server does not answer.}
    pid: {type: int, description: Its number in the system.}
    type: {type: str, description: "What it is for, as the server calls it. Null if the server does not answer."}
    state: {type: str, sample: S, description: "State as C(ps) shows it, such as V(R) for running and V(S) for sleeping."}
    waits_in: {type: str, sample: ep_poll, description: "Function of the kernel in which it waits. Null if it is not known."}
    doing:
      description:
        - What the functions mean. V(idle), V(script) for a message in the script, V(lock) for a lock, V(other), or what it waits for.
        - The latter are V(sql), V(dns), V(nosql), V(http), V(connect) for a TCP connection, and V(sleep).
      type: str
      sample: idle
    frames: {type: list, elements: str, sample: ["epoll_wait (libc.so.6)"], description: "Functions without their arguments, the innermost first."}
    reason: {type: str, description: Why there is no backtrace. Null if there is one.}
error:
  description:
    - Why the task failed, with C(type), C(message) and C(hint). If checks made it fail, C(type) is V(Unhealthy).
  returned: failure
  type: dict
  sample:
    type: Unhealthy
    message: "load SIP receiver udp:192.0.2.1:5060: 97 % of 10 s in 4 processes, at most 90 %"
    hint: "See checks in the result. To accept an outcome, change the limit, checks or fail_on"
"""

from ansible_collections.community.opensips.plugins.module_utils._module import diagnose
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(diagnose.spec(), diagnose.run)


if __name__ == "__main__":
    main()
