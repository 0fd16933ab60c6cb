#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_notify
short_description: Send SIP NOTIFYs to phones, for example to reboot them
version_added: 0.1.0
description:
  - Sends a NOTIFY outside of a dialog to phones through C(t_uac_dlg) of a running OpenSIPS, and reports what each phone answered.
  - The phones are O(uri)s, all contacts of O(aor)s, or all registered O(contacts) that match filters.
  - The Event comes from a preset for the phone's vendor, see R(NOTIFY presets,ansible_collections.community.opensips.docsite.presets), is chosen by
    each phone's User-Agent, or is given literally.
  - Many requests are under way at the same time, so phones that do not answer do not hold up the others.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
  - community.opensips._contacts
  - community.opensips._sending
attributes:
  check_mode:
    support: full
    details:
      - The phones are looked up and each one's Event is chosen, but nothing is sent.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - A NOTIFY is an event, it is sent each time.
  platform:
    platforms: posix
options:
  uri:
    description:
      - SIP URIs to send to. They need not be registered.
      - One of this, O(aor) and O(contacts) is required.
    type: list
    elements: str
  aor:
    description:
      - Addresses of record. Each of their registered contacts gets a NOTIFY.
      - Servers that keep AORs with their domain, as OpenSIPS 4.0 does by default, want V(user@domain).
    type: list
    elements: str
  event:
    description:
      - Key of a preset such as V(snom_reboot), V(auto), or an Event such as V(check-sync;reboot=true).
      - V(auto) chooses the preset by the phone's User-Agent. Phones that it does not know are not sent to, and say so.
    type: str
    default: auto
  action:
    description:
      - What O(event=auto) shall make phones do. Vendors that have no Event for it get the nearest one, which the result says in C(hint).
    type: str
    choices:
      - reboot
      - check_cfg
    default: reboot
  body:
    description:
      - Body of the NOTIFY, in place of the preset's. It needs a C(Content-Type), from the preset or in O(headers). Line ends are sent as CRLF.
    type: str
seealso:
  - module: community.opensips.opensips_mwi
  - module: community.opensips.opensips_uac_dlg
  - name: RFC 3265
    description: SIP-specific event notification, the origin of check-sync outside of dialogs.
    link: https://www.rfc-editor.org/rfc/rfc3265
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Reboot every phone of one user
  community.opensips.opensips_notify:
    aor:
      - "1001"

- name: Make all Yealink phones of a subnet read their configuration, 20 a second
  community.opensips.opensips_notify:
    contacts:
      user_agent:
        - yealink
      network:
        - 192.0.2.0/24
    action: check_cfg
    rate: 20
  register: notified

- name: Show who did not accept
  ansible.builtin.debug:
    msg: "{{ notified.results | rejectattr('outcome', 'equalto', 'accepted') | list }}"

- name: Send a literal Event to a phone that is not registered
  community.opensips.opensips_notify:
    uri:
      - sip:1001@192.0.2.17:5060
    event: check-sync;reboot=false
"""

RETURN = r"""
results:
  description: One entry for each contact, in the order of the location table or of the options.
  returned: success
  type: list
  elements: dict
  contains:
    aor:
      description: Address of record, empty for a O(uri) as given.
      type: str
      sample: "1001"
    contact:
      description: The contact URI that was sent to. Empty when the AOR has none.
      type: str
      sample: sip:1001@192.0.2.17:5060
    user_agent:
      description: What the phone calls itself, if it is registered.
      type: str
      sample: Yealink SIP-T46U 108.86.0.20
    vendor:
      description: Vendor by the User-Agent, V(unknown) if it does not tell. Empty for a O(uri) as given.
      type: str
      sample: yealink
    outcome:
      description:
        - V(accepted) when the phone answered 2xx, V(rejected) when it answered with another code, V(no_answer) when it did not answer
          before the server's C(fr_timeout), V(unreachable) when the server could not send to it, V(not_sent) when nothing was sent,
          V(unknown) when it was sent but the server did not tell what came of it.
        - V(planned) in check mode.
      type: str
      sample: accepted
    code:
      description: The phone's code, or the server's for it. Empty when there is none.
      type: int
      sample: 200
    reason:
      description: The words for RV(results[].code), or why nothing was sent.
      type: str
      sample: OK
    note:
      description: What a rejection usually means. Empty otherwise.
      type: str
      sample: null
    seconds:
      description: Seconds from sending to the answer.
      type: float
      sample: 0.021
    event:
      description: The Event header. Empty when none was found.
      type: str
      sample: check-sync;reboot=true
    preset:
      description: Key of the preset. Empty for a literal Event.
      type: str
      sample: yealink_reboot
    hint:
      description: On what the phone's obedience depends, or which action the preset stands in for, if O(event=auto).
      type: str
      sample: null
left_out:
  description: Registered contacts that the filters of O(contacts) left out, each with its reason.
  returned: success
  type: list
  elements: dict
  sample:
    - aor: "1002"
      contact: sip:1002@192.0.2.18:5060
      reason: user_agent does not match
summary:
  description: Counts of the whole run.
  returned: success
  type: dict
  contains:
    total:
      description: Number of RV(results).
      type: int
      sample: 3
    outcomes:
      description: Number of results by outcome.
      type: dict
      sample:
        accepted: 2
        rejected: 0
        no_answer: 1
        unreachable: 0
        not_sent: 0
        unknown: 0
    vendors:
      description: Number of results by vendor and outcome.
      type: dict
      sample:
        yealink:
          accepted: 2
          no_answer: 1
    seconds:
      description: Duration of the run. Empty in check mode.
      type: float
      sample: 3.2
    rate:
      description: Requests a second over the whole run. Empty when nothing was sent.
      type: float
      sample: 0.9
error:
  description: What went wrong, with C(type), C(message) and C(hint), and C(code), C(reason) and C(data) of what the server answered.
  returned: failure
  type: dict
  sample:
    type: ConnectError
    message: No process reads the FIFO /run/opensips/opensips_fifo
    hint: "OpenSIPS is not running, or uses another fifo_name: start it or correct fifo_path"
"""

from ansible_collections.community.opensips.plugins.module_utils._module import notify
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(notify.spec(), notify.run)


if __name__ == "__main__":
    main()
