#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_health
short_description: Check whether OpenSIPS can take traffic
version_added: 1.0.0
description:
  - Checks whether a running OpenSIPS server can take traffic, and returns the outcome of each check with its value and limit.
  - Fails if a check has one of the outcomes in O(fail_on), so it can be a gate in a playbook. With C(until), it waits until the server is well.
  - What the server cannot report is V(unknown), not V(ok).
  - It looks at one moment. To find out why a server is slow, look at it for some time with M(community.opensips.opensips_diagnose).
  - If the server does not answer over MI, the check V(mi) fails. All other checks are then V(unknown), except for the SIP OPTIONS to O(sockets).
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
attributes:
  check_mode:
    support: full
    details:
      - This action does not modify state. In check mode, it runs the same checks.
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  idempotent:
    support: full
    details:
      - This action does not modify state.
  platform:
    platforms: posix
options:
  checks:
    description:
      - Checks to run. V(default) means all of them.
      - To leave a check out, write V(!) before it. If all elements begin with V(!), they are left out of V(default).
      - A check of V(default) whose module of OpenSIPS is not loaded is left out. RV(not_checked) has the reason. A check that is named is V(unknown) then.
      - V(mi) is whether the server answers over MI. It always runs.
      - V(uptime) is the time since the server started, with the limit O(minimum_uptime).
      - V(status) is the readiness of each identifier of the status reports. Requires OpenSIPS 3.3 or later. The check V(registrants)
        covers the identifiers of registrants.
      - V(capabilities) is whether each capability of each cluster is synced. V(links) is the link to each node of each cluster, with the
        limit O(maximum_links_down). Both require C(clusterer).
      - V(shared_memory) and V(private_memory) are memory in use, with the limits O(maximum_shared_memory) and O(maximum_private_memory).
      - V(load) is the load of the last minute, with the limit O(maximum_load). It requires OpenSIPS 2.4 or later.
      - V(transactions) is the number of transactions in use, with the limit O(maximum_transactions).
      - V(timeouts) and V(retransmissions) are the parts of transactions that were not answered, or not at once. Their limits are
        O(maximum_timeouts) and O(maximum_retransmissions). Both require OpenSIPS 3.4 or later.
      - V(dispatcher), V(load_balancer), V(gateways) and V(media_nodes) count what receives traffic. The limits are O(minimum_destinations),
        O(minimum_gateways) and O(minimum_media_nodes).
      - V(registrants) counts the registrations of the server at other servers, with the limit O(minimum_registrants). Registrations of a
        sharing tag that is not active on this node do not count.
      - V(contacts) counts registered contacts, with the limits O(minimum_contacts) and O(maximum_contact_loss).
      - V(dialogs) counts confirmed dialogs, with the limits O(minimum_dialogs) and O(maximum_dialog_loss).
      - V(certificates) is the time until the TLS certificates end, with the limits O(warning_certificate_days) and O(minimum_certificate_days). The
        module reads the files that C(tls_mgm) uses, and the certificates that TLS O(sockets) present.
      - V(options) is whether each of O(sockets) answers a SIP OPTIONS within O(maximum_answer_time).
    type: list
    elements: str
    default:
      - default
  fail_on:
    description:
      - Outcomes of checks that make the task fail. With an empty list, the task never fails because of a check.
    type: list
    elements: str
    choices:
      - warning
      - failed
      - unknown
    default:
      - failed
  compare_to:
    description:
      - The RV(snapshot) of an earlier run, to which the server is compared. The whole earlier result works as well.
      - The numbers of contacts and of dialogs may have fallen by at most O(maximum_contact_loss) and O(maximum_dialog_loss).
      - If there are fewer destinations, gateways, media nodes or registrants than before, their check is at least V(warning). If there are too
        few, and no fewer than before, it is V(warning) and not V(failed).
      - If the server was not restarted since, V(timeouts) and V(retransmissions) are about the time since then. Otherwise they are about
        the time since the server started.
    type: dict
  warn_at:
    description:
      - Percentage of a maximum from which the outcome is V(warning). With V(100), only a value above the maximum counts.
      - Works with the options O(maximum_shared_memory), O(maximum_private_memory), O(maximum_load), O(maximum_transactions),
        O(maximum_timeouts), O(maximum_retransmissions) and O(maximum_answer_time).
    type: float
    default: 80
  minimum_uptime:
    description:
      - Seconds for which the server must have been running.
    type: int
    default: 0
  maximum_links_down:
    description:
      - Number of links to other nodes that may be down. A link that is down within this number is a V(warning).
      - The link to a node that a command disabled is a V(warning), and does not count.
    type: int
    default: 0
  maximum_shared_memory:
    description:
      - Percentage of the shared memory that may be in use.
    type: float
    default: 90
  maximum_private_memory:
    description:
      - Percentage of its private memory that each process may use.
    type: float
    default: 95
  maximum_load:
    description:
      - Percentage of the last minute in which the processes may have been busy.
      - The limit is for all processes together, and for those of each socket. Idle processes of other sockets lower the load of all.
      - If other processes, such as those of MI, are above this limit, the outcome is V(warning).
    type: float
    default: 90
  maximum_transactions:
    description:
      - Number of transactions that may be in use.
      - If not set, it is the number that fits into half of the shared memory. A transaction needs about 7 KB.
    type: int
  maximum_timeouts:
    description:
      - Percentage of the transactions that may end without a final response of the other side.
      - OpenSIPS does not count these well. The value is the largest number that its counters allow.
      - With fewer than 20 transactions, a value above the limit is a V(warning).
    type: float
    default: 30
  maximum_retransmissions:
    description:
      - Percentage of the transactions for which the server may have sent the request again.
      - With fewer than 20 transactions, a value above the limit is a V(warning).
    type: float
    default: 50
  minimum_destinations:
    description:
      - Number of active destinations that each dispatcher set, and each group of the load balancer, must have.
      - If it has more than these, and some are not active, the outcome is V(warning).
    type: int
    default: 1
  minimum_gateways:
    description:
      - Number of active gateways that each partition must have.
      - If it has more than these, and some are not active, the outcome is V(warning).
    type: int
    default: 1
  minimum_media_nodes:
    description:
      - Number of available nodes that each set of C(rtpengine) and C(rtpproxy) must have.
      - If it has more than these, and some are not available, the outcome is V(warning).
    type: int
    default: 1
  minimum_registrants:
    description:
      - Number of registrants that must be registered at each registrar.
      - If it has more than these, and some are not registered, the outcome is V(warning).
    type: int
    default: 1
  minimum_contacts:
    description:
      - Number of contacts that must be registered, in all location tables.
      - A server that keeps its contacts only in a database does not count them.
    type: int
    default: 0
  minimum_dialogs:
    description:
      - Number of dialogs that must be confirmed. In a cluster, dialogs that other nodes replicated count as well.
    type: int
    default: 0
  maximum_contact_loss:
    description:
      - Percentage by which the number of contacts may be lower than in O(compare_to).
    type: float
    default: 20
  maximum_dialog_loss:
    description:
      - Percentage by which the number of dialogs may be lower than in O(compare_to). If not set, dialogs are not compared.
    type: float
  minimum_certificate_days:
    description:
      - Days for which each TLS certificate must still be valid.
    type: float
    default: 3
  warning_certificate_days:
    description:
      - Days before the end of a TLS certificate from which the outcome is V(warning).
    type: float
    default: 30
  sockets:
    description:
      - Sockets of the server to which a SIP OPTIONS is sent from this host, such as V(udp:192.0.2.1:5060), V(tcp:192.0.2.1) or
        V(tls:[2001:db8::1]:5061). The default port is 5060, and 5061 for TLS.
      - If not set, these are the UDP sockets, which the server lists. The server does not list its TCP and TLS sockets.
    type: list
    elements: str
  accept:
    description:
      - SIP responses to the OPTIONS that show that the server is well, such as V(200), or V(2xx) for all that begin with 2.
      - Most scripts answer an OPTIONS without a user with V(404) or V(484), or V(200).
    type: list
    elements: str
    default:
      - 2xx
      - 3xx
      - 4xx
  maximum_answer_time:
    description:
      - Seconds within which each of O(sockets) must answer. At most 60. Over UDP, the module repeats the request as RFC 3261 requires.
    type: float
    default: 2
  sip_client_cert:
    description:
      - PEM file of the certificate that the module presents to the TLS O(sockets). Set it if the server requires one, as C(tls_mgm) does by default.
    type: path
  sip_client_key:
    description:
      - PEM file of the key of O(sip_client_cert), without a pass phrase. If not set, O(sip_client_cert) must have the key as well.
    type: path
  sip_server_name:
    description:
      - Name to request from the TLS O(sockets) (server name indication), for a server with several TLS domains.
    type: str
notes:
  - Certificates of TLS O(sockets) are not validated, except for their dates.
  - The values of V(load) and of the memory are those that OpenSIPS reports. It updates them about once a second.
seealso:
  - module: community.opensips.opensips_diagnose
  - module: community.opensips.opensips_facts
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Check whether the server can take traffic
  community.opensips.opensips_health:
  register: health

- name: Show the line for a log
  ansible.builtin.debug:
    msg: "{{ health.line }}"

- name: Wait until the server is well, and has the contacts that it had before
  community.opensips.opensips_health:
    compare_to: "{{ health.snapshot }}"
    maximum_contact_loss: 20
  register: again
  until: again is not failed
  retries: 10
  delay: 1

- name: Check the memory and the load only, with other limits
  community.opensips.opensips_health:
    checks:
      - shared_memory
      - private_memory
      - load
    maximum_shared_memory: 70
    maximum_load: 60

- name: Look at everything except for SIP, and never fail
  community.opensips.opensips_health:
    checks:
      - "!options"
    fail_on: []
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
  sample: "OpenSIPS 3.6.8 up 3d 4h: warning. Warning: dispatcher default:2: 1 of 2 active. 21 ok"
checks:
  description: One entry for each thing that was checked. A check without anything to check, such as an empty dispatcher, has one entry.
  returned: always
  type: list
  elements: dict
  contains:
    name: {type: str, sample: dispatcher, description: "Name of the check, as in O(checks)."}
    subject: {type: str, sample: "default:2", description: "What was checked, such as a set, a process or a socket. Null for the server as a whole."}
    outcome:
      description: V(ok), V(warning), V(failed) or V(unknown).
      type: str
      sample: warning
    value: {type: raw, sample: 1, description: "What the server has: a number, text or a boolean. Null if it is unknown."}
    limit: {type: raw, sample: 1, description: "The limit that counts for the outcome. Null if there is none."}
    message: {type: str, sample: "1 of 2 active", description: "The value and its limit in words, or why it is unknown."}
summary:
  description: Counts of RV(checks).
  returned: always
  type: dict
  contains:
    total: {type: int, description: Number of entries.}
    outcomes: {type: dict, description: Number of entries for each outcome.}
  sample: {total: 22, outcomes: {ok: 21, warning: 1, failed: 0, unknown: 0}}
not_checked:
  description: Reason for each check of V(default) that was left out.
  returned: always
  type: dict
  sample:
    media_nodes: "This server has no MI command 'rtpengine_show'. It needs the module rtpengine of OpenSIPS 2.1 to 4.0: is it loaded?"
snapshot:
  description: Numbers of this run, for O(compare_to) of a later one.
  returned: always
  type: dict
  contains:
    format: {type: int, sample: 1, description: Format of the snapshot.}
    version: {type: str, sample: 3.6.8, description: Version of OpenSIPS. Null if the server did not report it.}
    uptime: {type: int, sample: 273841, description: Seconds since the server started. Null if the server did not report it.}
    taken: {type: float, sample: 1795839136.2, description: "When the snapshot was taken, in seconds since 1970 by the clock of this host."}
    contacts: {type: int, sample: 10412, description: Number of contacts. Null if it is unknown.}
    dialogs: {type: int, sample: 96, description: Number of dialogs. Null if it is unknown.}
    counters: {type: dict, sample: {UAC_transactions: 88123}, description: Counters of transactions since the start of the server.}
    active:
      description: Number of all things, and of the active ones, for each subject of the checks of destinations, gateways, nodes and registrants.
      type: dict
      sample: {"dispatcher default:2": {total: 2, active: 1}}
error:
  description:
    - Why the task failed, with C(type), C(message) and C(hint). If checks made it fail, C(type) is V(Unhealthy).
  returned: failure
  type: dict
  sample:
    type: Unhealthy
    message: "dispatcher default:2: 0 of 2 active, at least 1 expected"
    hint: "See checks in the result. To accept an outcome, change the limit, checks or fail_on"
"""

from ansible_collections.community.opensips.plugins.module_utils._module import health
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(health.spec(), health.run)


if __name__ == "__main__":
    main()
