#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_uac_dlg
short_description: Send a SIP request of any kind through OpenSIPS
version_added: 1.0.0
description:
  - Sends one SIP request outside of a dialog through C(t_uac_dlg) of a running OpenSIPS, and reports the answer.
  - The task fails if the answer is not one of O(accept).
  - The server makes From-tag, Call-ID and CSeq if they are not given.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
  - community.opensips._credentials
attributes:
  check_mode:
    support: full
    details:
      - The module checks and returns the request, but does not send it.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - A request is an event. The module sends it each time.
  platform:
    platforms: posix
options:
  method:
    description:
      - SIP method, such as V(OPTIONS) or V(MESSAGE).
    type: str
    required: true
  ruri:
    description:
      - Request-URI. The request goes there, too, unless O(next_hop) is set.
    type: str
    required: true
  headers:
    description:
      - Headers, a mapping of names to values, in the order in which they are sent. A list of values repeats the header.
      - C(From) and C(To) are required. A O(body) requires C(Content-Type). C(Content-Length) is refused, because the server computes it.
    type: dict
    required: true
  next_hop:
    description:
      - URI to send to instead of O(ruri).
    type: str
  socket:
    description:
      - The server's socket to send from, such as V(udp:192.0.2.1:5060).
    type: str
  body:
    description:
      - Body of the request. Line ends are sent as CRLF.
    type: str
  accept:
    description:
      - Answers that count as success, codes such as V(404) or classes such as V(2xx).
    type: list
    elements: str
    default:
      - 2xx
seealso:
  - module: community.opensips.opensips_notify
  - module: community.opensips.opensips_mi_command
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Ask a phone for its capabilities
  community.opensips.opensips_uac_dlg:
    method: OPTIONS
    ruri: sip:1001@192.0.2.17:5060
    headers:
      From: <sip:ansible@example.com>
      To: <sip:1001@example.com>
  register: answer

- name: Send a text message through a proxy
  community.opensips.opensips_uac_dlg:
    method: MESSAGE
    ruri: sip:1001@example.com
    next_hop: sip:192.0.2.1:5060
    headers:
      From: <sip:ansible@example.com>
      To: <sip:1001@example.com>
      Content-Type: text/plain
    body: The server goes down for maintenance at 22:00.
    accept:
      - 2xx
      - "404"

- name: Send a text message to a phone that asks for a password
  community.opensips.opensips_uac_dlg:
    method: MESSAGE
    ruri: sip:1001@192.0.2.17:5060
    headers:
      From: <sip:ansible@example.com>
      To: <sip:1001@example.com>
      Content-Type: text/plain
    body: The server goes down for maintenance at 22:00.
    credentials:
      - realm: example.com
        username: "1001"
        ha1: "{{ vault_phone_ha1 }}"
"""

RETURN = r"""
outcome:
  description:
    - V(accepted) if the answer was 2xx, V(rejected) if it was another code, V(no_answer) if none came before the server's C(fr_timeout).
    - V(unreachable) if the server could not send, V(not_sent) if nothing was sent, V(unknown) if the server did not report the answer.
    - V(not_sent) also if the other side asked for credentials, and the request with them was not sent.
    - V(planned) in check mode.
  returned: always
  type: str
  sample: accepted
code:
  description: Code of the answer, 408 also if none came.
  returned: when not in check mode
  type: int
  sample: 200
reason:
  description: Reason phrase of the answer.
  returned: when not in check mode
  type: str
  sample: OK
authenticated:
  description: Whether the other side asked for credentials, and the module sent them.
  returned: when not in check mode
  type: bool
  sample: false
headers:
  description: Headers of the answer, each name with the list of its values. Empty if the phone did not answer.
  returned: when not in check mode
  type: dict
  sample:
    CSeq:
      - 10 OPTIONS
    Allow:
      - INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY
body:
  description: Body of the answer, if any.
  returned: when the server got an answer
  type: str
  sample: null
message:
  description: The answer as the server returns it, without its first line.
  returned: when the server got an answer
  type: str
  sample: "Via: SIP/2.0/UDP 192.0.2.1:5060\r\nCSeq: 10 OPTIONS\r\n\r\n"
ruri:
  description: Request-URI for further requests, where the answer made a dialog.
  returned: when the server got an answer
  type: str
  sample: null
next_hop:
  description: Next hop for further requests.
  returned: when the server got an answer
  type: str
  sample: null
routes:
  description: Route set for further requests.
  returned: when the server got an answer
  type: list
  elements: str
  sample: []
requests:
  description: The MI request that was sent, or is planned.
  returned: always
  type: list
  elements: dict
  sample:
    - command: t_uac_dlg
      params:
        method: OPTIONS
        ruri: sip:1001@192.0.2.17:5060
        headers: "From: <sip:ansible@example.com>\r\nTo: <sip:1001@example.com>\r\n"
error:
  description:
    - Why the task failed, with C(type), C(message) and C(hint), and C(code), C(reason) and C(data) if the server refused the request.
    - Empty if it did not fail.
  returned: always
  type: dict
  sample:
    type: PhoneRejected
    message: the phone answered 489 Bad Event
    hint: "The phone does not know this Event: choose another preset"
"""

from ansible_collections.community.opensips.plugins.module_utils._module import uac_dlg
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(uac_dlg.spec(), uac_dlg.run)


if __name__ == "__main__":
    main()
