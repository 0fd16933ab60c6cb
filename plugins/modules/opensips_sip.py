#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_sip
short_description: Test a SIP server with a registration, a message or a call
version_added: 1.0.0
description:
  - Sends SIP requests to a server, as a phone does, and returns the response, the times, and the reason of a failure.
  - It sends an OPTIONS, registers an account, subscribes to a lamp, sends a MESSAGE, or makes a call between two accounts. It plays both of them.
  - It runs on the host of the task. To test from another host, delegate the task.
  - It leaves the server as it was. It ends each call with a BYE or a CANCEL, and removes each registration and subscription, also after a failure or a signal.
  - It makes one call at a time, without media, and ends within a limited time.
  - The module does not connect to the Management Interface. It takes no connection options, and is not in the action group C(all).
extends_documentation_fragment:
  - community.opensips._attributes
attributes:
  check_mode:
    support: full
    details:
      - If O(action=options), the module does the same in check mode. Otherwise it checks its options, sends nothing, and returns RV(outcome=planned).
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  idempotent:
    support: full
    details:
      - This action leaves the state as it was.
  platform:
    platforms: posix
options:
  action:
    description:
      - What to test.
      - V(options) sends an OPTIONS. It needs no account.
      - V(register) registers O(account), and removes the registration.
      - V(subscribe) subscribes O(account) to O(event), waits for the NOTIFY, and ends the subscription. RV(notification) has the state of the lamp.
      - V(message) sends a MESSAGE from O(account). If O(peer) is set, it must arrive there with the same text.
      - V(call) calls from O(account). If O(peer) is set, that account rings, answers, and must receive the ACK. Then one of them hangs up.
    type: str
    required: true
    choices:
      - options
      - register
      - subscribe
      - message
      - call
  server:
    description:
      - Socket of the server to which the module sends, such as V(udp:192.0.2.1:5060), V(tcp:sip.example.com:5060) or V(tls:[2001:db8::1]:5061).
      - If it is a name without a port, such as V(tls:example.com), the C(SRV) records of that domain name the servers and their ports, as for
        a phone. Over TCP and TLS, the module tries one after the other until one accepts the connection. Over UDP, it uses the first.
      - Without such records, or if no name server answers, the module looks up the addresses of the name (A and AAAA). The default port is
        5060, and 5061 for TLS.
    type: str
    required: true
  account:
    description:
      - Account that sends the requests. Required unless O(action=options).
      - Set at most one of O(account.password) and the hashes. Without them, the account cannot answer if the server asks for a password.
    type: dict
    suboptions: &account
      aor:
        description:
          - AOR of the account, such as V(alice@example.com).
        type: str
        required: true
      username:
        description:
          - User with which the account authenticates. If not set, it is the user of the AOR.
        type: str
      password:
        description:
          - Password of the account.
        type: str
      realm:
        description:
          - Realm that the hashes are for. Required with a hash.
        type: str
      ha1:
        description:
          - MD5 hash of C(username:realm:password), in hexadecimal digits.
        type: str
      ha1_sha256:
        description:
          - SHA-256 hash of C(username:realm:password), in hexadecimal digits.
        type: str
      ha1_sha512t256:
        description:
          - SHA-512/256 hash of C(username:realm:password), in hexadecimal digits. Requires OpenSSL 1.1.1 or later on the host.
        type: str
  peer:
    description:
      - Account that receives the message or the call. The module registers it for the time of the test.
      - Use an account that no phone has. See O(other_contacts).
    type: dict
    suboptions:
      <<: *account
      server:
        description:
          - Socket of the server at which this account registers, if it is not O(server). A call from UDP to TLS can be tested so.
        type: str
  to:
    description:
      - URI of a phone or a service that receives the OPTIONS, the SUBSCRIBE, the message or the call, such as V(sip:echo@example.com).
      - A phone rings until somebody answers, or O(maximum_answer_time) is over.
      - Mutually exclusive with O(peer). If O(action=options), the default is the server itself. If O(action=subscribe), it is the AOR
        of O(account).
    type: str
  text:
    description:
      - Text of the message, at most 1,000 bytes.
    type: str
    default: Test of community.opensips
  event:
    description:
      - Event to which O(action=subscribe) subscribes. V(message-summary) is the voicemail lamp, V(dialog) the busy lamp.
    type: str
    choices:
      - message-summary
      - presence
      - dialog
    default: message-summary
  headers:
    description:
      - Further headers of the request, such as C(X-Test). A value may be a list.
      - Headers that the module makes itself are refused.
      - With C(Supported=100rel), the module answers reliable provisional responses to an INVITE with a C(PRACK).
    type: dict
    default: {}
  accept:
    description:
      - SIP responses that count as success, such as V(404), or V(2xx) for all that begin with 2.
      - If not set, it is V(2xx). For an OPTIONS to the server itself, V(3xx) and V(4xx) count as well, because most scripts answer one
        without a user with V(404) or V(484).
      - With V(401) or V(403), a test can show that the server refuses an account.
    type: list
    elements: str
  maximum_answer_time:
    description:
      - Seconds within which the server must accept the connection, and send the final response to each request. At most 60.
      - Over UDP, the module repeats the request as RFC 3261 requires.
    type: float
    default: 5
  expires:
    description:
      - Lifetime in seconds that the module requests for registrations and subscriptions, from 10 to 3600.
      - If the module cannot remove one, the server removes it after this time.
    type: int
    default: 60
  ring_time:
    description:
      - Seconds for which O(peer) rings before it answers. Less than O(maximum_answer_time).
    type: float
    default: 0.2
  talk_time:
    description:
      - Seconds from the ACK to the BYE of a call, at most 60.
    type: float
    default: 0.5
  hang_up:
    description:
      - Who ends the call. V(peer) requires O(peer).
    type: str
    choices:
      - account
      - peer
    default: account
  other_contacts:
    description:
      - What to do if O(peer) has other registered contacts. V(refuse) sends nothing to them, and fails.
      - V(allow) sends the message or the call, which then reaches these phones as well.
    type: str
    choices:
      - refuse
      - allow
    default: refuse
  sip_validate_certs:
    description:
      - Whether the certificate of a TLS server must be valid, as most phones require.
    type: bool
    default: true
  sip_ca_path:
    description:
      - PEM file of the certificate authorities that the module trusts. If not set, these are those of the host.
    type: path
  sip_client_cert:
    description:
      - PEM file of the certificate that the module presents to a TLS server. Set it if the server requires one, as C(tls_mgm) does by default.
    type: path
  sip_client_key:
    description:
      - PEM file of the key of O(sip_client_cert), without a pass phrase. If not set, O(sip_client_cert) must have the key as well.
    type: path
  sip_server_name:
    description:
      - Name to request from a TLS server (server name indication), which its certificate must be for. If not set, it is the host in O(server).
    type: str
notes:
  - Requests of the server come back on the same connection, as to a phone. If the host is behind NAT, the script of the server must handle that.
  - The module offers audio in a call, and sends none.
  - The module asks the name servers in C(/etc/resolv.conf) for C(SRV) records. It does not look up C(NAPTR) records, because O(server) has the
    transport.
seealso:
  - module: community.opensips.opensips_health
  - ref: ansible_collections.community.opensips.docsite.sip
    description: What a test does, and why it fails.
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Register an account over TLS
  community.opensips.opensips_sip:
    action: register
    server: tls:sip.example.com
    account:
      aor: alice@example.com
      password: "{{ alice_password }}"

- name: Call from one account to another one
  community.opensips.opensips_sip:
    action: call
    server: udp:192.0.2.1:5060
    account:
      aor: test1@example.com
      password: "{{ test_password }}"
    peer:
      aor: test2@example.com
      password: "{{ test_password }}"
      server: tcp:192.0.2.1:5060
  register: call

- name: Expect the call to be set up within a second, without the 0.2 seconds of ring_time
  ansible.builtin.assert:
    that: call.timings.setup - 0.2 < 1

- name: Read the voicemail lamp of an account
  community.opensips.opensips_sip:
    action: subscribe
    server: udp:192.0.2.1:5060
    account:
      aor: alice@example.com
      password: "{{ alice_password }}"
  register: lamp

- name: Show it
  ansible.builtin.debug:
    msg: "{{ lamp.notification.body }}"

- name: Send a message from one account to another one
  community.opensips.opensips_sip:
    action: message
    server: udp:192.0.2.1:5060
    account:
      aor: test1@example.com
      password: "{{ test_password }}"
    peer:
      aor: test2@example.com
      password: "{{ test_password }}"

- name: Expect the server to refuse a wrong password
  community.opensips.opensips_sip:
    action: register
    server: udp:192.0.2.1:5060
    account:
      aor: alice@example.com
      password: wrong
    accept:
      - "401"
      - "403"

- name: Wait until the server answers, as seen from the controller
  community.opensips.opensips_sip:
    action: options
    server: udp:192.0.2.1:5060
  delegate_to: localhost
  register: answer
  until: answer is not failed
  retries: 10
  delay: 1
"""

RETURN = r"""
outcome:
  description:
    - V(accepted) if the test passed, and V(refused) if the server sent a response that is not in O(accept).
    - V(failed) if the test failed for another reason, such as no response. V(planned) in check mode.
  returned: if the options are valid
  type: str
  sample: accepted
action:
  description: The test, as in O(action).
  returned: if the options are valid
  type: str
  sample: register
server:
  description: The server, as in O(server), with its transport and port.
  returned: if the options are valid
  type: str
  sample: udp:192.0.2.1:5060
address:
  description: Address and port to which the requests went. Null if the server could not be reached.
  returned: if the options are valid
  type: str
  sample: 192.0.2.1:5060
code:
  description: Code of the final response to the test. Null if there was none.
  returned: if the options are valid
  type: int
  sample: 200
reason:
  description: The words that came with RV(code).
  returned: if the options are valid
  type: str
  sample: OK
timings:
  description: Seconds that the parts of the test took. Null for a part that was not reached, or that the test does not have.
  returned: if the options are valid
  type: dict
  contains:
    dns: {type: float, sample: 0.0012, description: Looking up the address.}
    connect: {type: float, sample: 0.0004, description: Connecting. Null over UDP.}
    tls: {type: float, sample: 0.0131, description: The TLS handshake. Null without TLS.}
    first_reply: {type: float, sample: 0.0007, description: "From sending the request to the first response, such as 100 or 401."}
    ringing: {type: float, sample: 0.0021, description: "From sending the INVITE to the first response that is not 100, such as 180."}
    final_reply: {type: float, sample: 0.2044, description: "From sending the request to the final response, with authentication."}
    setup: {type: float, sample: 0.2051, description: "From sending the INVITE until both sides have the call. It includes O(ring_time)."}
    total: {type: float, sample: 0.7403, description: "The whole test, until the call is ended and the registrations are removed."}
exchanges:
  description: The requests that the module sent, except for ACK, in order of time.
  returned: if the options are valid
  type: list
  elements: dict
  contains:
    party: {type: str, sample: account, description: "V(account) or V(peer)."}
    method: {type: str, sample: REGISTER, description: Method of the request.}
    code: {type: int, sample: 401, description: Code of the final response. Null if there was none.}
    reason: {type: str, sample: Unauthorized, description: The words that came with the code.}
    seconds: {type: float, sample: 0.0007, description: Time until the final response.}
    repeated: {type: int, sample: 0, description: How often the request was sent again over UDP.}
registrations:
  description: The registrations that the module tried.
  returned: if the options are valid
  type: list
  elements: dict
  contains:
    aor: {type: str, sample: alice@example.com, description: The account.}
    contact: {type: str, sample: "sip:alice@192.0.2.9:41234", description: The contact that the module registered.}
    expires: {type: int, sample: 60, description: Lifetime in seconds that the server granted. The requested one if it granted none.}
    other_contacts: {type: list, elements: str, sample: [], description: Other contacts of the account.}
    removed: {type: bool, sample: true, description: Whether the server does not have the contact any more.}
notification:
  description: The NOTIFY that came to a subscription. Null if there was none.
  returned: if the options are valid
  type: dict
  contains:
    event: {type: str, sample: message-summary, description: "The event, as in O(event)."}
    state: {type: str, sample: "active;expires=60", description: State of the subscription.}
    content_type: {type: str, sample: application/simple-message-summary, description: Type of the body. Null without a body.}
    body: {type: str, sample: "Messages-Waiting: yes\r\nVoice-Message: 2/0\r\n", description: "The body, at most 8,192 characters."}
authentication:
  description: The challenge that O(account) answered last, with C(realm) and C(algorithm). Null if the server did not ask for a password.
  returned: if the options are valid
  type: dict
  sample:
    realm: example.com
    algorithm: SHA-256
certificate:
  description: The certificate that a TLS server presented. Null without TLS.
  returned: if the options are valid
  type: dict
  contains:
    subject: {type: str, sample: CN=sip.example.com, description: Name of the holder.}
    issuer: {type: str, sample: CN=Example CA, description: Name of the authority.}
    subject_alt_names: {type: list, elements: str, sample: ["DNS:sip.example.com"], description: Names that the certificate is for.}
    not_before: {type: str, sample: "2026-11-22T03:17:45Z", description: When it begins.}
    not_after: {type: str, sample: "2027-02-20T03:17:45Z", description: When it ends.}
    certificate_error: {type: str, sample: null, description: Why it cannot be read. Otherwise null.}
left:
  description: What the server may still have, because the module could not remove it. Each entry is a warning as well.
  returned: if the options are valid
  type: list
  elements: str
  sample: []
error:
  description:
    - Why the task failed, with C(type), C(message) and C(hint). After a response, it also has C(code) and C(reason).
    - C(type) is V(CannotResolve), V(PortClosed), V(CannotConnect), V(TlsFailed), V(CertificateInvalid), V(CertificateRequired), V(NoResponse),
      V(BadResponse), V(AuthenticationRequired), V(AuthenticationFailed), V(NotFound), V(Refused), V(NotRegistered), V(NotDelivered),
      V(WouldRing), or another one if an option is not valid.
  returned: failure
  type: dict
  sample:
    type: AuthenticationFailed
    message: "udp:192.0.2.1:5060 answered 401 Unauthorized to REGISTER"
    hint: "Check the username and the password of sip:alice@example.com for the realm 'example.com'"
    code: 401
    reason: Unauthorized
"""

from ansible_collections.community.opensips.plugins.module_utils._module import sip
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_without_server


def main():
    run_without_server(sip.spec(), sip.run)


if __name__ == "__main__":
    main()
