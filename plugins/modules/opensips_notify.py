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
  - The phones are the URIs in O(uris), all contacts of the AORs in O(aors), or the registered contacts that O(select) chooses.
  - The Event comes from a preset for the phone's vendor, see R(NOTIFY presets,ansible_collections.community.opensips.docsite.presets).
    The module chooses the preset by the phone's User-Agent, or takes the Event that you give.
  - Many requests are under way at the same time. Phones that do not answer do not hold up the others.
  - For whole fleets, there are campaigns that can be resumed, batches, limits that stop the run, and waiting until the phones are back.
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
      - The module looks the phones up and chooses each one's Event, but sends nothing. The results are the plan.
  diff_mode:
    support: full
    details:
      - The diff of a plan lists the phones in the order of sending, at most 1,000. Otherwise it counts the requests by vendor.
  idempotent:
    support: partial
    details:
      - A NOTIFY is an event. The module sends it each time.
      - With O(unless_user_agent) or O(campaign), a second run sends nothing more once all is done.
  platform:
    platforms: posix
options:
  uris:
    description:
      - SIP URIs to send to. They need not be registered.
      - One of this, O(aors) and O(select) is required.
    type: list
    elements: str
  aors:
    description:
      - Addresses of record. Each of their registered contacts gets a NOTIFY. An AOR that nobody registered is V(not_sent), and fails the task.
      - Servers that keep AORs with their domain, as OpenSIPS 4.0 does by default, require V(user@domain).
    type: list
    elements: str
  event:
    description:
      - Key of a preset such as V(snom_reboot), V(auto), or an Event such as V(check-sync;reboot=true).
      - V(auto) chooses the preset by the phone's User-Agent. Phones with an unknown User-Agent are V(not_sent).
        Softphones, PBXs, gateways and session border controllers are V(not_sent), too.
    type: str
    default: auto
  action:
    description:
      - What phones do if O(event=auto). If a vendor has no Event for it, the module sends the nearest one, and RV(results[].hint) says so.
    type: str
    choices:
      - reboot
      - check_cfg
    default: reboot
  body:
    description:
      - Body of the NOTIFY, in place of the preset's. It requires a C(Content-Type), from the preset or in O(headers). Line ends are sent as CRLF.
    type: str
  unless_user_agent:
    description:
      - Regular expression that is searched in the User-Agent, regardless of case. Phones that it matches get nothing, and are V(already).
      - Give the new firmware. A run then changes nothing once all phones have it.
    type: str
  own_only:
    description:
      - Whether to leave out contacts that another server serves. It is for servers that share one location table.
        In a play over all of them, each phone then gets one NOTIFY.
      - A server's own contacts are those whose socket has an address that one of its processes listens on, or matches O(own_sockets).
      - A server reports only the addresses on which it takes UDP. If they do not decide, the task fails before it sends, and asks for O(own_sockets).
    type: bool
    default: false
  own_sockets:
    description:
      - Shell patterns of the server's own sockets, such as V(udp:192.0.2.1:*). Required if sockets are advertised under other addresses.
    type: list
    elements: str
  campaign:
    description:
      - Name under which the host keeps a journal of who was sent to. Runs of the same campaign send to nobody twice.
        Repeat an interrupted run, and it continues.
      - The first run also keeps a plan, the phones in the order of sending. Later runs look up only their own phones of it.
        The location table is then read once for the whole campaign.
      - The plan is made again if O(select), O(aors), O(location_table), O(own_only) or O(own_sockets) change, or if the journal was removed.
      - If all phones of the plan are done, and more AORs are registered than when the plan was made, the table is read again.
        The phones that registered since are appended to the plan. If the number is the same, O(refresh) finds them.
      - Phones keep the outcome of an earlier run, and do not fail the task again. Use another name to send to all of them again.
      - A phone is known by its AOR and its C(+sip.instance), so it may come back with another contact. A phone that registers without an
        instance is known by its contact.
    type: str
  campaign_dir:
    description:
      - Directory of the journal and the plan. If it is missing, it is made with mode 0700, and so are the directories above it,
        whatever the umask.
      - If not set, C(/var/lib/community.opensips) for root and C(~/.local/state/community.opensips) for others.
      - The journal is C(CAMPAIGN.jsonl), mode 0600, one JSON object a line, only appended to. The plan is C(CAMPAIGN.plan.jsonl), mode 0600,
        and is replaced as a whole.
      - Both must be regular files that belong to the user of the task or to root, and that nobody else may write to.
        Anything else in their place is an error.
      - If the journal can no longer be written, for example because the disk is full, the task sends nothing more.
        It waits for the phones that it has sent to, and fails with the results of all phones.
    type: path
  resend_unknown:
    description:
      - Whether to send again to phones that an earlier run of the campaign left V(unknown), because it was killed or the server did not
        report the answer.
      - If V(false), they stay V(unknown).
    type: bool
    default: false
  batch:
    description:
      - The largest number of phones to send to in this run of the O(campaign). The results are then those of this run,
        and RV(summary.remaining) counts the phones left for the next one.
      - Phones that are V(already) done, and those of RV(left_out), are reported with the last batch, and in check mode.
      - In check mode and with O(plan_only), the results are those of the next batch.
    type: int
  canary:
    description:
      - Percentage of the phones that is put at the head of the plan, from 0 to 100. Above 0, it is at least one phone. The first O(batch) is then the canary.
      - With the same O(select.seed), the canary is the same phones each time, as with O(select.sample). Phones that cannot be sent to are never in it.
      - It applies when the plan of the O(campaign) is made. A plan that is kept stays as it is.
    type: float
  plan_only:
    description:
      - Whether to make and keep the plan of the O(campaign), and return it as check mode does, but send nothing.
      - Unlike check mode, this writes the plan. The runs that follow need not read the location table.
      - If the campaign has a plan, that one is returned, with the phones as they were when it was made.
      - With O(uris), the list itself is the plan, and only the journal is made.
    type: bool
    default: false
  refresh:
    description:
      - Whether to read the location table again, and append the phones that the plan of the O(campaign) does not have.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait, after sending, until the phones that accepted have registered again. Requires O(aors) or O(select).
      - A phone has registered again if its Call-ID is another one, its CSeq is lower, or its User-Agent differs.
      - The task looks only for the AORs that it still waits for. It does not wait for phones whose preset only makes them read their
        configuration.
      - If the server does not answer a look, the task looks again. If it answers none for 30 seconds, or not the last one, the task fails.
    type: bool
    default: false
  wait_timeout:
    description:
      - Seconds to wait at most, above 0 and at most 86400.
    type: float
    default: 300
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
    aors:
      - "1001"

- name: Make all Yealink phones of a subnet read their configuration, 20 a second
  community.opensips.opensips_notify:
    select:
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

- name: Update the Snom phones that lack a firmware, ten canaries first, and wait until they are back
  community.opensips.opensips_notify:
    select:
      user_agent:
        - snom
    unless_user_agent: 10\.1\.198\.19
    campaign: snom-2026-11
    canary: 1
    batch: 10
    max_failures: 5%
    wait: true
    wait_timeout: 600

- name: Go on with the next 500 phones of the campaign
  community.opensips.opensips_notify:
    select:
      user_agent:
        - snom
    unless_user_agent: 10\.1\.198\.19
    campaign: snom-2026-11
    batch: 500
    rate: 50
    max_failures: 5%
    wait: true
    wait_timeout: 600

- name: Reboot phones of one domain, which are read from the database of the location table
  community.opensips.opensips_notify:
    select:
      domain:
        - example.com
    location_db:
      db_url: sqlite:////var/lib/opensips/opensips.sqlite

- name: Send a literal Event to a phone that is not registered
  community.opensips.opensips_notify:
    uris:
      - sip:1001@192.0.2.17:5060
    event: check-sync;reboot=false
"""

RETURN = r"""
results:
  description:
    - One entry for each contact, in the order of the location table or of the options. Those to which nothing had to be sent come first.
    - If there are more than 1,000, those that need no attention are omitted, see O(results).
    - A failed task returns them, too.
  returned: success, or when the run stopped
  type: list
  elements: dict
  contains:
    aor:
      description: Address of record, empty for one of O(uris).
      type: str
      sample: "1001"
    contact:
      description: The contact URI that was sent to. Empty when the AOR has none.
      type: str
      sample: sip:1001@192.0.2.17:5060
    user_agent:
      description: User-Agent of the phone, if it is registered.
      type: str
      sample: Yealink SIP-T46U 108.86.0.20
    vendor:
      description: Vendor by the User-Agent, V(unknown) if the User-Agent names none. Empty for one of O(uris).
      type: str
      sample: yealink
    outcome:
      description:
        - V(accepted) if the phone answered 2xx, V(rejected) if it answered another code, V(no_answer) if it did not answer before the
          server's C(fr_timeout).
        - V(unreachable) if the server could not send to the phone, V(not_sent) if nothing was sent.
        - V(unknown) if a request was sent, or may have been, and the server did not report the answer.
        - V(already) if the User-Agent of the phone matches O(unless_user_agent).
        - V(planned) in check mode.
      type: str
      sample: accepted
    code:
      description: Code of the phone's answer, or the server's own code. Empty if there is none.
      type: int
      sample: 200
    reason:
      description:
        - The words that came with RV(results[].code), or why nothing was sent.
        - Begins with V(doubtful) if the contacts of the AOR cannot be believed. A phone then wrote lines into its registration that look
          like the server's.
      type: str
      sample: OK
    error:
      description:
        - Why the phone did not accept, with C(type), C(message) and C(hint), which is what to do about it.
        - Empty if the outcome is V(accepted), V(already) or V(planned).
      type: dict
      sample: null
    at:
      description: Time of sending, in seconds since 1970. Empty if nothing was sent.
      type: float
      sample: 1795318012.25
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
    action:
      description:
        - What the Event makes phones do, V(reboot), V(check_cfg), V(report) or V(push), or V(literal) for an Event that you gave. Empty if none was found.
      type: str
      sample: reboot
    hint:
      description: What the phone must have set to follow the Event, or which action the preset stands in for, if O(event=auto).
      type: str
      sample: null
    earlier:
      description: Whether the outcome is that of an earlier run of the campaign.
      type: bool
      sample: false
    registered:
      description:
        - V(back) if the phone registered again, V(not_back) if it did not in time. Only with O(wait), for phones that accepted.
        - Empty if the server was lost before this is known. The task then fails.
      type: str
      sample: back
    new_user_agent:
      description: User-Agent of the phone since it is back. Only with O(wait), for phones that accepted.
      type: str
      sample: Yealink SIP-T46U 108.87.0.15
    back_seconds:
      description: Seconds after sending at which the phone was seen to be back. Only with O(wait), for phones that are back.
      type: float
      sample: 41.2
left_out:
  description:
    - Registered contacts that O(select) or O(own_only) left out, each with its reason. With O(batch), only the last run has them.
    - At most 1,000 are listed. RV(summary.left_out) counts all.
  returned: success
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
        - V(dump) when the whole location table was read, V(show) when each AOR was asked for, which is always so up to OpenSIPS 2.4,
          V(database) when the contacts were read from a database.
        - V(plan) when the phones are those of the plan of the O(campaign). Each AOR was asked for, unless in check mode or with O(plan_only).
        - V(none) when nothing had to be looked up, as with O(uris).
      type: str
      sample: dump
    users:
      description: Number of registered AORs, as the server counts them or as the plan has it. Empty if neither is known.
      type: int
      sample: 100000
    contacts:
      description: Registered contacts that the server counts. Empty if it was not asked, or does not tell.
      type: int
      sample: 104212
    seconds:
      description: What the lookup took.
      type: float
      sample: 87.2
    expected_seconds:
      description: What it was expected to take. Empty if nobody knew.
      type: float
      sample: 86.3
    plan:
      description:
        - V(made) if the plan of the O(campaign) was made in this run, V(kept) if the campaign already had it, V(extended) if the table was
          read again to append phones to it.
        - V(replaced) if it was made again, because the options select other phones than those of the plan.
        - Empty without a campaign, and with O(uris).
      type: str
      sample: made
    new:
      description: Number of phones that were appended to the plan. Empty unless RV(lookup.plan) is V(extended).
      type: int
      sample: null
summary:
  description: Counts of the whole run.
  returned: success, or when the run stopped
  type: dict
  contains:
    total:
      description: Number of phones, those included that RV(results) omits.
      type: int
      sample: 3
    omitted:
      description: Number of phones that RV(results) omits, see O(results).
      type: int
      sample: 0
    outcomes:
      description: Number of phones by outcome. Each outcome is there, also those with none.
      type: dict
      sample:
        accepted: 2
        rejected: 0
        no_answer: 1
        unreachable: 0
        not_sent: 0
        unknown: 0
        already: 0
        planned: 0
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
      description: How long the phones took to answer, the least, the median, the 95th percentile and the most. Empty when none answered.
      type: dict
      sample:
        min: 0.004
        median: 0.021
        p95: 0.08
        max: 0.31
    sent:
      description: Number of requests that the server took in this run, whatever the phones answered.
      type: int
      sample: 3
    seconds:
      description: Duration of sending. Empty in check mode.
      type: float
      sample: 3.2
    rate:
      description: Requests a second over the whole run. Empty when nothing was sent.
      type: float
      sample: 0.9
    pace:
      description: What limited the speed of sending, which is RV(summary.rate). Only if something was sent.
      type: dict
      contains:
        limited_by:
          description:
            - What held the run back for the longest time, V(rate), V(memory) of the server, V(answers) that were waited for because
              O(max_in_flight) was reached, or V(carrier) if the server did not read faster. Empty if nothing did for a tenth of the time.
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
    earlier:
      description: Number of phones that keep their outcome of an earlier run of the campaign.
      type: int
      sample: 0
    remaining:
      description: Number of phones that O(batch) leaves for the next run.
      type: int
      sample: 0
    left_out:
      description: Number of contacts that were left out, by reason, those that RV(left_out) does not list included. With O(batch) only the last one has them.
      type: dict
      sample:
        user_agent does not match: 97000
    registered:
      description: Number of phones that are V(back) and V(not_back). Only with O(wait).
      type: dict
      sample:
        back: 2
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

from ansible_collections.community.opensips.plugins.module_utils._module import notify
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(notify.spec(), notify.run)


if __name__ == "__main__":
    main()
