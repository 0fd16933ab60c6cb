#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_mwi
short_description: Set the voicemail lamps of phones
version_added: 1.0.0
description:
  - Sends message summaries (RFC 3842) to phones through C(t_uac_dlg) of a running OpenSIPS, and reports what each phone answered.
  - The lamp of a phone is on while there are new messages.
  - Some phones accept a summary only within a subscription. With O(delivery), the module publishes the summary at a presence server, which
    notifies these phones.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
  - community.opensips._contacts
  - community.opensips._sending
  - community.opensips._credentials
  - community.opensips._mailboxes
attributes:
  check_mode:
    support: full
    details:
      - The module looks up the phones, but sends nothing.
  diff_mode:
    support: full
    details:
      - The diff counts the requests by vendor.
  idempotent:
    support: partial
    details:
      - Phones do not report the state of their lamp, so the module sends it each time.
      - With O(state_file), the module sends only numbers that changed, and extends publications whose lifetime is half over.
  platform:
    platforms: posix
options:
  uris:
    description:
      - SIP URIs of phones. They need not be registered.
      - One of this, O(aors), O(mailboxes) and O(mailboxes_file) is required.
    type: list
    elements: str
  aors:
    description:
      - Addresses of record. Each of their registered contacts gets the summary. If an AOR has no registered contact, it is V(not_sent),
        and the task fails.
    type: list
    elements: str
  account:
    description:
      - The mailbox, a SIP or tel URI, or a user that O(domain) completes. If not set, each URI or AOR is its own account.
    type: str
  domain:
    description:
      - Completes accounts and AORs that have no domain.
      - Required if an account has no domain. If O(account) is not set, the AOR is the account.
      - With O(delivery=publish) and O(delivery=auto), also required if an AOR has no domain.
    type: str
  new:
    description:
      - Number of new messages, the urgent ones included.
    type: int
    default: 0
  old:
    description:
      - Number of old messages, the urgent ones included.
    type: int
    default: 0
  urgent_new:
    description:
      - How many of O(new) are urgent.
    type: int
    default: 0
  urgent_old:
    description:
      - How many of O(old) are urgent.
    type: int
    default: 0
  message_headers:
    description:
      - Headers of single messages, one mapping for each message. Phones may list them.
      - RFC 3842 calls them extension headers. Usual ones are C(From), C(Subject), C(Date), C(Priority) and C(Message-Context).
    type: list
    elements: dict
  mailboxes_file:
    description:
      - File on the host with the mailboxes, for very many of them.
      - If its name ends in C(.json), it is a JSON list of mappings as for O(mailboxes).
      - Any other file is CSV. Its first line has names, V(uri) or V(aor), V(account), V(new), V(old), V(urgent_new), V(urgent_old).
        Each further line has as many cells as there are names. An empty cell is the default. Commas, semicolons or tabs separate the
        cells, as in the first line.
      - Other message classes have columns such as V(fax_new), V(fax_old), V(fax_urgent_new) and V(text_new), also in JSON.
        O(message_headers) has none.
      - The file must be a regular file in UTF-8 with at most 256 MB and 500,000 mailboxes. A symbolic link must belong to root or to the
        user that runs the task.
      - In a directory that everybody may write to, such as C(/tmp), the file must belong to the user of the task, to root or to the owner
        of the directory. It must not be a symbolic link, and must not be writable for everybody.
    type: path
  delivery:
    description:
      - How a summary reaches the phones.
      - V(notify) sends a NOTIFY to each phone without a subscription. Most desk phones accept it. Some of them require a setting.
      - V(publish) sends a PUBLISH (RFC 3903) for each AOR to the presence server. This server notifies the phones that subscribe, also those
        that register later. Requires O(aors) or mailboxes with an C(aor). O(select) and O(location_table) have no effect.
      - V(auto) sends a NOTIFY, and a PUBLISH for the AORs whose phones answer 481 or 489. If O(state_file) is set, the next run
        publishes for these phones at once, and sends them no NOTIFY. If the server has no presence server, such phones are V(rejected).
      - The server requires the modules C(presence) and C(presence_mwi), and a routing script that calls C(handle_publish) and
        C(handle_subscribe). For such a script, see R(lamps of phones that subscribe,ansible_collections.community.opensips.docsite.fleets.lamps).
      - If the first PUBLISH of a run shows that the script does not handle it, the run stops.
      - If O(max_in_flight) is not set, at most 4 PUBLISH wait for their answer at a time. The processes of the server stay free for calls.
      - O(credentials) also applies to a presence server that asks for a password.
      - Phones subscribe to the AOR with its domain. If the AORs have no domain, set O(domain).
    type: str
    choices:
      - notify
      - publish
      - auto
    default: notify
  presence_server:
    description:
      - SIP URI to which the PUBLISH is sent.
      - The default is the first UDP socket of the server itself, if it has the module C(presence).
      - If the server has only the module C(pua_mi), C(pua_publish) sends the PUBLISH to the C(presence_server) of that module. Then C(pua)
        keeps the ETags, and ignores O(headers) and O(from_uri).
    type: str
  expires:
    description:
      - Lifetime of a publication in seconds, from 60 to 31536000. The presence server may shorten it.
        The default C(max_expires_publish) of OpenSIPS is 3600.
      - When the publication ends, the lamp goes out. Run the task again before that. With O(state_file), a run extends the publications whose
        lifetime is half over, also if their numbers did not change.
    type: int
    default: 3600
  exclusive:
    description:
      - Whether to remove what earlier runs published for mailboxes that are no longer listed. Their lamps go out.
      - Lamps that were set with a NOTIFY stay as they are.
      - Requires O(state_file), and O(delivery) V(publish) or V(auto).
    type: bool
    default: false
  state_file:
    description:
      - File on the host that keeps the numbers which the phones accepted. The module sends only to mailboxes whose numbers have changed.
        The others are V(already).
      - It also keeps the ETag of each publication, so that a run replaces it. Without the file, each run adds one more publication.
        Phones show the latest one until it ends, then an earlier one that lasts longer.
      - It is replaced as a whole, mode 0600. A mailbox is kept in it if all of its phones accepted.
      - Mailboxes are removed from it before they are sent. If the task is killed, the next run sends them again.
      - If the file cannot be written before sending, the task fails and sends nothing. If it cannot be written after sending,
        the task fails and returns its results.
      - The file and its lock, C(STATE_FILE.lock), must be regular files that belong to the user of the task or to root, and that nobody
        else may write to. Anything else in their place is an error.
    type: path
seealso:
  - module: community.opensips.opensips_notify
  - name: RFC 3842
    description: A message summary and message waiting indication event package for SIP.
    link: https://www.rfc-editor.org/rfc/rfc3842
  - name: RFC 3903
    description: Publishing event state, which O(delivery=publish) does.
    link: https://www.rfc-editor.org/rfc/rfc3903
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Light the lamps of all phones of a user
  community.opensips.opensips_mwi:
    aors:
      - "1001"
    account: sip:*97@example.com
    new: 2
    old: 1

- name: Put a lamp out
  community.opensips.opensips_mwi:
    uris:
      - sip:1001@192.0.2.17:5060

- name: Set the lamps whose numbers changed since the last run
  community.opensips.opensips_mwi:
    mailboxes_file: /var/spool/voicemail/mailboxes.csv
    state_file: /var/lib/community.opensips/mwi.json
    rate: 200

- name: Light the lamp of a phone that asks for a password
  community.opensips.opensips_mwi:
    aors:
      - "1001"
    new: 2
    credentials_file: /var/lib/community.opensips/credentials.csv

- name: Set the lamps of all phones, whether they subscribe or not
  community.opensips.opensips_mwi:
    mailboxes_file: /var/spool/voicemail/mailboxes.csv
    state_file: /var/lib/community.opensips/lamps.json
    domain: example.com
    delivery: auto

- name: Set the lamps of many mailboxes
  community.opensips.opensips_mwi:
    domain: example.com
    mailboxes:
      - aor: "1001"
        account: "1001"
        new: 3
        urgent_new: 1
      - aor: "1002"
        account: "1002"
        messages:
          fax:
            new: 1
"""

RETURN = r"""
results:
  description:
    - One entry for each contact of each mailbox, in their order. Mailboxes whose numbers did not change come first, with one entry each.
    - A mailbox that is only published has one entry without a contact, and so has one whose publication is removed.
    - If there are more than 1,000, those that need no attention are omitted, see O(results).
    - A failed task also returns them.
  returned: success, or when the run stopped
  type: list
  elements: dict
  contains:
    aor:
      description: Address of record. Empty for one of O(uris).
      type: str
      sample: "1001"
    contact:
      description: The contact URI to which the NOTIFY was sent. Empty if the AOR has no contact, or if the mailbox is only published.
      type: str
      sample: sip:1001@192.0.2.17:5060
    user_agent:
      description: User-Agent of the phone, if it is registered.
      type: str
      sample: Yealink SIP-T46U 108.86.0.20
    vendor:
      description: Vendor of the phone. V(unknown) if its User-Agent is not known. Empty for one of O(uris).
      type: str
      sample: yealink
    outcome:
      description:
        - V(accepted) if the phone answered 2xx, V(rejected) if it answered another code, V(no_answer) if it did not answer before the
          server's C(fr_timeout).
        - V(unreachable) if the server could not send to the phone, V(not_sent) if nothing was sent.
        - V(not_sent) also if the phone asked for credentials, and the request with them was not sent. RV(results[].error) says why.
        - V(unknown) if a request was sent, or may have been, and the server did not report the answer.
        - V(already) if O(state_file) has the same numbers.
        - V(planned) in check mode.
        - If RV(results[].delivery) is V(publish), the outcome is the answer of the presence server.
      type: str
      sample: accepted
    code:
      description: Code of the phone's answer, or the server's own code. Empty if there is none.
      type: int
      sample: 200
    reason:
      description:
        - The words that came with RV(results[].code), or why nothing was sent.
        - It begins with V(doubtful) if the contacts of the AOR cannot be believed. The reason is a phone whose registration contains lines
          that look like those of the server.
      type: str
      sample: OK
    error:
      description:
        - Why the phone did not accept, with C(type), C(message) and C(hint). The hint says what to do.
        - Empty if the outcome is V(accepted), V(already) or V(planned).
      type: dict
      sample: null
    authenticated:
      description: Whether the phone asked for credentials, and this run sent them.
      type: bool
      sample: false
    at:
      description:
        - Time of sending, in seconds since 1970. Empty if nothing was sent.
        - If the phone asked for credentials, the time at which the request with them was sent.
      type: float
      sample: 1795318012.25
    seconds:
      description: Seconds from RV(results[].at) to the answer.
      type: float
      sample: 0.021
    event:
      description: The Event header, always V(message-summary).
      type: str
      sample: message-summary
    mailbox:
      description: The account as a URI. If no account is set, the AOR or the URI.
      type: str
      sample: sip:*97@example.com
    waiting:
      description: Whether the lamp must be on.
      type: bool
      sample: true
    new:
      description: As the option O(new).
      type: int
      sample: 2
    old:
      description: As the option O(old).
      type: int
      sample: 1
    urgent_new:
      description: As the option O(urgent_new).
      type: int
      sample: 0
    urgent_old:
      description: As the option O(urgent_old).
      type: int
      sample: 0
    messages:
      description: Numbers of other message classes, as in the options.
      type: dict
      sample:
        fax:
          new: 1
          old: 0
          urgent_new: 0
          urgent_old: 0
    delivery:
      description: How the summary was sent, V(notify) or V(publish). Empty if nothing had to be sent.
      type: str
      sample: notify
    publication:
      description: What the PUBLISH does with the publication, V(created), V(updated), V(refreshed) or V(removed). Empty without a PUBLISH.
      type: str
      sample: null
left_out:
  description:
    - Contacts of the mailboxes that O(select) left out, each with its reason.
    - At most 1,000 are listed. RV(summary.left_out) counts all.
  returned: success, or when the run stopped
  type: list
  elements: dict
  sample:
    - aor: "1002"
      contact: sip:1002@192.0.2.18:5060
      reason: user_agent does not match
lookup:
  description: How the phones were found, and what that cost.
  returned: success, or when the run stopped
  type: dict
  contains:
    how:
      description:
        - V(show) if each AOR was looked up. V(dump) if the whole location table was read, because this was expected to be faster (OpenSIPS 3.0
          and later).
        - V(database) if the contacts were read from a database. V(none) if nothing was looked up.
      type: str
      sample: show
    users:
      description: Number of registered AORs. Empty if the module did not ask, or if the server does not report it.
      type: int
      sample: 100000
    contacts:
      description: Number of registered contacts. Empty if the module did not ask, or if the server does not report it.
      type: int
      sample: 104212
    seconds:
      description: Duration of the lookup.
      type: float
      sample: 3.1
    expected_seconds:
      description: Expected duration of the lookup. Empty if it is not known.
      type: float
      sample: 3.3
summary:
  description: Counts of the whole run.
  returned: success, or when the run stopped
  type: dict
  contains:
    total:
      description: Number of phones, including those that RV(results) omits. A mailbox that is published counts as one phone.
      type: int
      sample: 3
    omitted:
      description: Number of phones that RV(results) omits, see O(results).
      type: int
      sample: 0
    outcomes:
      description: Number of phones for each outcome, including outcomes without phones.
      type: dict
      sample:
        accepted: 2
        rejected: 0
        no_answer: 1
        unreachable: 0
        not_sent: 0
        unknown: 0
        in_call: 0
        already: 0
        planned: 0
    authenticated:
      description: Number of phones that asked for credentials, and that this run sent them to.
      type: int
      sample: 0
    vendors:
      description: Number of phones by vendor and outcome.
      type: dict
      sample:
        yealink:
          accepted: 2
          no_answer: 1
    user_agents:
      description: Number of phones by User-Agent and outcome.
      type: dict
      sample:
        Yealink SIP-T46U 108.86.0.20:
          accepted: 2
          no_answer: 1
    answer_seconds:
      description: Seconds until the phones answered, as minimum, median, 95th percentile and maximum. Empty if no phone answered.
      type: dict
      sample:
        min: 0.004
        median: 0.021
        p95: 0.08
        max: 0.31
    left_out:
      description: Number of contacts that O(select) left out, by reason.
      type: dict
      sample:
        user_agent does not match: 2
    sent:
      description: Number of requests that the server accepted in this run. The answers of the phones do not matter.
      type: int
      sample: 3
    seconds:
      description: Duration of sending. Empty in check mode.
      type: float
      sample: 3.2
    rate:
      description: Requests a second over the whole run. Empty if nothing was sent.
      type: float
      sample: 0.9
    pace:
      description: What limited RV(summary.rate), the speed of sending. Only if something was sent.
      type: dict
      contains:
        limited_by:
          description:
            - What limited the run for the longest time. V(rate) is the option, V(memory) is the memory of the server.
            - V(answers) if O(max_in_flight) requests waited for an answer. V(carrier) if the server read its FIFO or socket too slowly.
            - Empty if nothing limited the run for at least a tenth of the time.
          type: str
          sample: memory
        least_free_memory:
          description: The least free shared memory of the server that was seen, in bytes. Empty if the server does not report it.
          type: int
          sample: 38911944
        total_memory:
          description: The shared memory of the server, in bytes. Empty if the server does not report it.
          type: int
          sample: 67108864
        out_of_memory:
          description: Number of requests that the server refused because it had no memory. They were sent again.
          type: int
          sample: 0
        looks:
          description: Number of requests that asked the server for its memory.
          type: int
          sample: 69
stopped:
  description:
    - Why the run ended before all phones were tried. Empty if all were tried, also if the task fails because phones did not accept.
  returned: success, or when the run stopped
  type: str
  sample: null
error:
  description:
    - Why the task failed, with C(type), C(message) and C(hint), and C(code), C(reason) and C(data) if the server refused something.
    - The type is C(NotAccepted) if all phones were tried and too few accepted, and C(RunStopped) if the run stopped before that.
  returned: failure
  type: dict
  sample:
    type: ConnectError
    message: No process reads the FIFO /run/opensips/opensips_fifo
    hint: "OpenSIPS is not running, or uses another fifo_name: start it or correct fifo_path"
"""

from ansible_collections.community.opensips.plugins.module_utils._module import mwi
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(mwi.spec(), mwi.run)


if __name__ == "__main__":
    main()
