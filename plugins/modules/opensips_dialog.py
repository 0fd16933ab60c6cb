#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_dialog
short_description: End calls on OpenSIPS, or wait until they are over
version_added: 1.0.0
description:
  - Ends calls that the module C(dialog) of a running OpenSIPS tracks, and checks that they are over.
  - With O(state=drained), waits until the calls are over, for example before the maintenance of a gateway.
  - Filters choose the calls. A call must match every filter that is set. If a filter is a list, at least one element must match.
  - The server ends a call with a BYE to both sides. It ends a call that is not answered yet with a CANCEL.
  - OpenSIPS before 3.0 prints the headers and the SDP of a call as phones wrote them, so its list can show calls that do not exist.
    The module accepts a call only if the server also returns it for its Call-ID. If the server returns another call for that Call-ID, the
    task warns.
  - In a cluster that replicates dialogs, a server also lists the calls of its partners. The module leaves them alone, does not wait for them,
    and reports them as V(replicated). A call is replicated if its sharing tag is not active on this server.
  - A call without a sharing tag, or one that is not answered yet, counts as a call of this server.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
attributes:
  check_mode:
    support: full
    details:
      - Reads the calls and reports which ones it would end. Does not wait.
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    platforms: posix
options:
  state:
    description:
      - V(absent) ends the calls that match now.
      - V(drained) waits until no call matches. This includes calls that begin in the meantime. Keep new calls away first, for example
        with M(community.opensips.opensips_dispatcher).
    type: str
    choices:
      - absent
      - drained
    required: true
  caller:
    description:
      - Shell patterns (V(*), V(?), V([1-5])) for the URI of the caller, which is the URI in C(From).
      - A pattern with V(@) or V(:) is compared with the whole URI, and with its V(user@host). Any other pattern is compared with the user.
    type: list
    elements: str
  caller_regex:
    description:
      - Regular expressions to search for in the URI of the caller. Case does not matter.
    type: list
    elements: str
  callee:
    description:
      - Shell patterns for the URI of the callee, as in O(caller). This is the URI in C(To), which is what the caller dialed.
      - The dispatcher and dynamic routing do not change C(To). To choose calls by gateway, use O(callee_contact) or O(profile).
    type: list
    elements: str
  callee_regex:
    description:
      - Regular expressions to search for in the URI of the callee, as in O(caller_regex).
    type: list
    elements: str
  callee_contact:
    description:
      - Shell patterns for the address that answered the call, such as V(192.0.2.10), V(192.0.2.10:5060) or V([2001:db8::10]).
      - A pattern is compared with the URI in the Contact of the answer, with its host, with V(host:port) and with V(user@host).
        The proxies in the route set of the callee are compared in the same way. Case does not matter.
      - Use the IP address of a gateway, unless its Contact has a host name.
      - Before a call is answered, the server does not show where it goes. O(state=absent) does not end such a call.
      - O(state=drained) also waits for the calls that were not answered when the task began. It waits until the answer shows that they do
        not match, or until they are over. O(end_after_timeout) does not end calls that are not answered.
    type: list
    elements: str
  callee_socket:
    description:
      - Shell patterns for the socket of the server that faces the callee, such as V(udp:192.0.2.1:5060).
      - Calls that are not answered yet are handled as in O(callee_contact).
    type: list
    elements: str
  call_id:
    description:
      - Exact Call-IDs.
    type: list
    elements: str
  profile:
    description:
      - Dialog profiles that the routes of the server add calls to, with C(set_dlg_profile). A call matches from that moment on.
      - If the server does not have a profile, the task fails and lists the profiles that it has.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name of the profile.
        type: str
        required: true
      value:
        description:
          - The exact value in the profile. If not set, any value matches.
        type: str
  older_than:
    description:
      - Minimum number of seconds since the call was answered, by the clock of the managed host. Calls that are not answered yet do not match.
    type: int
  all:
    description:
      - Chooses every call of the server. Required to end calls without a filter. Cannot be combined with a filter.
    type: bool
    default: false
  wait_timeout:
    description:
      - Maximum number of seconds to wait until the calls are over. If some are not over then, the task fails.
      - The default is 40 with O(state=absent), and 300 with O(state=drained).
      - If a phone does not answer the BYE, the server ends the call after C(fr_timeout), 30 seconds by default.
    type: float
  wait_interval:
    description:
      - Seconds between two checks of the calls.
    type: float
    default: 1.0
  end_after_timeout:
    description:
      - Ends the calls that are left after O(wait_timeout), and waits up to 40 seconds more until they are over. Requires O(state=drained).
    type: bool
    default: false
  rate:
    description:
      - Maximum number of calls to end in a second. If not set, the free memory of the server limits the speed.
    type: float
notes:
  - The module reads calls in pages, so it can read any number of them over any transport.
  - To drain a server of a cluster, move its sharing tags with M(community.opensips.opensips_sharing_tag). Its answered calls are then
    calls of the partner, and the task only waits for those that are not answered yet.
  - The module reads the sharing tags of OpenSIPS 3.0 and later. OpenSIPS 2.4 refuses to end a call of a partner, which is also V(replicated).
seealso:
  - module: community.opensips.opensips_sharing_tag
  - module: community.opensips.opensips_facts
  - module: community.opensips.opensips_reload
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: End the calls of one user that have been up for more than four hours
  community.opensips.opensips_dialog:
    state: absent
    caller: "1001"
    older_than: 14400

- name: End calls to premium numbers, ten a second
  community.opensips.opensips_dialog:
    state: absent
    callee_regex: ^sip:\+?(00)?88[0-9]
    rate: 10

- name: Wait up to an hour for the calls of a gateway, then end the rest
  community.opensips.opensips_dialog:
    state: drained
    callee_contact: 192.0.2.10
    wait_timeout: 3600
    wait_interval: 10
    end_after_timeout: true

- name: Wait for the calls that the routes added to a dialog profile
  community.opensips.opensips_dialog:
    state: drained
    profile:
      - name: gateway
        value: gw1

- name: End every call
  community.opensips.opensips_dialog:
    state: absent
    all: true

- name: Wait until no call is left
  community.opensips.opensips_dialog:
    state: drained
    wait_timeout: 3600
    wait_interval: 10
"""

RETURN = r"""
results:
  description: One entry for each call that matched, at the start or later.
  returned: if the calls could be read
  type: list
  elements: dict
  contains:
    id:
      description: The ID of the dialog on the server.
      type: str
      sample: 1a5.7edb4e91
    call_id:
      description: The Call-ID.
      type: str
      sample: 1-7400@192.0.2.17
    from_uri:
      description: The URI of the caller.
      type: str
      sample: sip:1001@example.com
    to_uri:
      description: The URI of the callee.
      type: str
      sample: sip:1002@example.com
    callee_contacts:
      description: The contacts that answered the call. Empty before the answer.
      type: list
      elements: str
      sample: [sip:192.0.2.10:5060]
    state:
      description: The state when the module first read the call. V(unconfirmed), V(early), V(confirmed_na) (answered, no ACK yet) or V(confirmed).
      type: str
      sample: confirmed
    timestart:
      description: The time of the answer, in seconds since 1970. Null before the answer.
      type: int
      sample: 1795318012
    outcome:
      description:
        - V(ended) if this task ended the call, and V(gone) if the call ended by itself.
        - V(left) if the call is still up, and the task did not try to end it.
        - V(failed) if the task tried to end the call, and the call is still up, or nobody knows whether it is.
        - V(replicated) if the call belongs to another server of the cluster. With O(state=drained), these are the calls when the task ends.
        - V(planned) in check mode.
      type: str
      sample: ended
    changed:
      description: Whether this task ended the call, or would end it in check mode.
      type: bool
      sample: true
    before:
      description: The C(state) before the task.
      type: dict
      sample:
        state: confirmed
    after:
      description: The C(state) after the task, or null if the call is over.
      type: dict
      sample:
    requests:
      description: The requests that were sent for the call, or that would be sent in check mode.
      type: list
      elements: dict
      contains:
        command:
          description: The MI command.
          type: str
        params:
          description: Its parameters.
          type: dict
      sample:
        - command: dlg_end_dlg
          params:
            dialog_id: 1a5.7edb4e91
    error:
      description:
        - Why the call did not end, with C(type), C(message) and C(hint), or null.
        - If the server answered an error, also C(code), C(reason) and C(data).
      returned: always
      type: dict
summary:
  description: Counts of the calls.
  returned: if the calls could be read
  type: dict
  contains:
    total:
      description: Number of entries in RV(results).
      type: int
    outcomes:
      description: Number of calls for each outcome.
      type: dict
  sample:
    total: 3
    outcomes:
      planned: 0
      ended: 2
      gone: 1
      failed: 0
      left: 0
      replicated: 0
seconds:
  description: Duration in seconds.
  returned: if the calls could be read
  type: float
  sample: 1.24
error:
  description: Why the task failed, with C(type), C(message) and C(hint). If the server answered an error, also C(code), C(reason) and C(data).
  returned: failure
  type: dict
  sample:
    type: BadParameters
    message: No filter is set, so the task would end every call of the server
    hint: Set a filter, or all=true to end every call
"""

from ansible_collections.community.opensips.plugins.module_utils._module import dialog
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(dialog.spec(), dialog.run)


if __name__ == "__main__":
    main()
