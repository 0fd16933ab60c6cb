#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_dialog
short_description: End calls on OpenSIPS, or wait until they are over
version_added: 0.1.0
description:
  - Ends calls that the C(dialog) module of a running OpenSIPS tracks, chosen by caller, callee, Call-ID and age, and sees that they are over.
  - Or waits until no such call is left, as before a restart of the server.
  - A call is ended with a BYE to both sides, or with a CANCEL when it is not answered yet.
  - OpenSIPS before 3.0 prints headers and SDP of a call as phones wrote them, so a list of calls may have some that do not exist.
    A call counts only if the server also shows it when it is asked for its Call-ID. If another call has that Call-ID, the task warns.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
attributes:
  check_mode:
    support: full
    details:
      - The calls are read and returned, none is ended and none waited for.
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    platforms: posix
options:
  state:
    description:
      - V(absent) ends the calls that are up now and that the filters choose.
      - V(drained) waits until none is left that the filters choose, those that begin meanwhile among them. To keep new calls away is up to
        the routes of the server.
    type: str
    choices:
      - absent
      - drained
    required: true
  caller:
    description:
      - Shell patterns (V(*), V(?), V([1-5])) of the caller's URI, the one in C(From). One of them must match.
      - A pattern with V(@) or V(:) is compared with the whole URI, and with its V(user@host). One without is compared with its user.
    type: list
    elements: str
  caller_regex:
    description:
      - Regular expressions that are searched in the caller's URI, regardless of case. One of them must be found.
    type: list
    elements: str
  callee:
    description:
      - Shell patterns of the callee's URI, the one in C(To), as in O(caller).
    type: list
    elements: str
  callee_regex:
    description:
      - Regular expressions that are searched in the callee's URI, as in O(caller_regex).
    type: list
    elements: str
  call_id:
    description:
      - Call-IDs, as they are.
    type: list
    elements: str
  older_than:
    description:
      - Seconds since the call was answered, by the clock of the machine that the module runs on. Calls that are not answered yet have no age.
    type: int
  all:
    description:
      - Means every call of the server. It is required in order to end calls without a filter, and contradicts filters.
      - Filters that are given must all match.
    type: bool
    default: false
  wait_timeout:
    description:
      - Seconds to wait until the calls are over. If not set, 40 with O(state=absent), because phones that are dead are given up
        after C(fr_timeout), which is 30 seconds by default, and 300 with O(state=drained).
    type: float
  wait_interval:
    description:
      - Seconds between two looks at the calls.
    type: float
    default: 1.0
  end_after_timeout:
    description:
      - With O(state=drained), ends what is left after O(wait_timeout), instead of failing. 40 more seconds are given to that.
    type: bool
    default: false
  rate:
    description:
      - At most this many calls are ended in a second. If not set, as many as the server's free memory allows.
    type: float
notes:
  - Calls are read in pages, so that any number of them can be read over any transport.
  - Servers in a cluster refuse to end calls that belong to another one.
seealso:
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

- name: Wait up to ten seconds for the calls of a gateway, then end what is left
  community.opensips.opensips_dialog:
    state: drained
    callee: "*@192.0.2.20"
    wait_timeout: 10
    end_after_timeout: true

- name: End everything
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
  description: Every call that the filters chose, at the start or, while it was waited, later.
  returned: when the calls could be read
  type: list
  elements: dict
  contains:
    id:
      description: The dialog's ID, as the server calls it.
      type: str
      sample: 1a5.7edb4e91
    call_id:
      description: Its Call-ID.
      type: str
      sample: 1-7400@192.0.2.17
    from_uri:
      description: URI of the caller.
      type: str
      sample: sip:1001@example.com
    to_uri:
      description: URI of the callee.
      type: str
      sample: sip:1002@example.com
    state:
      description: V(unconfirmed), V(early), V(confirmed_na) (answered, no ACK yet) or V(confirmed), when it was seen first.
      type: str
      sample: confirmed
    timestart:
      description: When it was answered, in seconds since 1970. Empty before the answer.
      type: int
      sample: 1795318012
    outcome:
      description:
        - V(ended) by this task; V(gone), when it ended without; V(left), when it is still there and was not told to end;
          V(failed), when it was; V(planned) in check mode.
      type: str
      sample: ended
    changed:
      description: Whether this task ended it, or would end it.
      type: bool
      sample: true
    before:
      description: Its C(state) before.
      type: dict
      sample:
        state: confirmed
    after:
      description: Its C(state) if it is still there, else empty.
      type: dict
      sample:
    requests:
      description: What was sent for it, or in check mode would be.
      type: list
      elements: dict
      sample:
        - command: dlg_end_dlg
          params:
            dialog_id: 1a5.7edb4e91
    error:
      description: Why it did not end.
      returned: when it failed
      type: str
      sample: it was told to end, and is still there after 40 seconds
summary:
  description: Number of calls by outcome, and all of them as C(seen).
  returned: when the calls could be read
  type: dict
  sample:
    planned: 0
    ended: 2
    gone: 1
    failed: 0
    left: 0
    seen: 3
seconds:
  description: Duration of it all.
  returned: when the calls could be read
  type: float
  sample: 1.24
error:
  description: What went wrong, with C(type), C(message) and C(hint), and C(code), C(reason) and C(data) of what the server answered.
  returned: when the server could not be asked, or options contradict each other
  type: dict
  sample:
    type: BadParameters
    message: No filter is given, so that every call of the server would be ended
    hint: Give one of caller, caller_regex, callee, callee_regex, call_id, older_than; or all=true if you mean it
"""

from ansible_collections.community.opensips.plugins.module_utils._module import dialog
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(dialog.spec(), dialog.run)


if __name__ == "__main__":
    main()
