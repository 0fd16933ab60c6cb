#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_notify
short_description: Send SIP NOTIFYs to phones, for example to reboot them
version_added: 1.0.0
description:
  - Sends a NOTIFY outside of a dialog to phones, and reports what each phone answered. The requests go through the command C(t_uac_dlg) of
    a running OpenSIPS.
  - The phones are the URIs in O(uris), all contacts of the AORs in O(aors), or the registered contacts that O(select) chooses.
  - The Event comes from a preset for the phone's vendor, see R(NOTIFY presets,ansible_collections.community.opensips.docsite.presets).
    The module chooses the preset by the phone's User-Agent, or sends the Event that you set.
  - Many requests wait for an answer at the same time. Phones that do not answer do not delay the others.
  - For whole fleets, the module has campaigns that can be resumed, batches, and limits that stop the run. It can also wait until the
    phones have registered again.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
  - community.opensips._contacts
  - community.opensips._sending
  - community.opensips._credentials
attributes:
  check_mode:
    support: full
    details:
      - The module looks up the phones and chooses the Event of each one, but sends nothing. The results are the plan.
  diff_mode:
    support: full
    details:
      - The diff of a plan lists the phones in the order of sending, at most 1,000. Otherwise it counts the requests by vendor.
  idempotent:
    support: partial
    details:
      - A NOTIFY is an event. The module sends it each time.
      - With O(unless_user_agent), O(firmware) or O(campaign), a second run sends nothing to phones that are done.
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
      - Addresses of record. Each of their registered contacts gets a NOTIFY. If an AOR has no registered contact, it is V(not_sent), and
        the task fails.
      - Servers that store AORs with their domain, as OpenSIPS 4.0 does by default, require V(user@domain).
    type: list
    elements: str
  event:
    description:
      - The Event to send. It is V(auto), the key of a preset such as V(snom_reboot), or an Event such as V(check-sync;reboot=true).
      - V(auto) chooses the preset by the phone's User-Agent. If the User-Agent is unknown, the phone is V(not_sent).
        Softphones, door phones, PBXs, gateways and session border controllers are also V(not_sent).
    type: str
    default: auto
  action:
    description:
      - What phones do if O(event=auto). If a vendor has no Event for it, the module sends the nearest one, and RV(results[].hint) explains
        this.
    type: str
    choices:
      - reboot
      - check_cfg
    default: reboot
  event_parameters:
    description:
      - Adds parameters to the Event of a preset or to the Event in O(event), as a mapping of names to values. The values are quoted where
        SIP requires it. Without a value, only the name is sent.
      - For example, C(profile) with O(event=cisco_mpp_resync) names the profile that the phone loads.
      - It cannot be used with O(event=auto), or for a parameter that the Event has already.
    type: dict
    default: {}
  subscription_state:
    description:
      - Sets the C(Subscription-State) header, which RFC 6665 requires in every NOTIFY. It is V(active), V(pending) or V(terminated), with
        parameters such as V(active;expires=60) or V(terminated;reason=timeout).
      - If not set, it is that of the preset. For an Event that is not a preset, it is V(terminated), because there is no subscription.
      - V(none) omits the header.
    type: str
  contact_uri:
    description:
      - Sets the URI in the C(Contact) header, which RFC 6665 requires in every NOTIFY.
      - If not set, it is the address of the server's socket that sends the request. If this socket is not known and the phone's address is a
        host name, it is the URI of C(From).
    type: str
  body:
    description:
      - Body of the NOTIFY, instead of the body of the preset. It requires a C(Content-Type), from the preset or in O(headers).
        Line ends are sent as CRLF.
    type: str
  unless_user_agent:
    description:
      - Regular expression to search for in the User-Agent. Case does not matter. If it matches, nothing is sent to the phone, and the
        outcome is V(already).
      - Set it to the new firmware. When all phones have this firmware, a run changes nothing.
    type: str
  firmware:
    description:
      - Expected firmware by vendor and model. The module sends only to phones whose firmware is behind. The User-Agent of a phone tells its
        vendor, model and firmware.
      - If a phone has an expected version or a newer one, the outcome is V(already). If its User-Agent does not tell its firmware, or if no
        element is about it, RV(left_out) has the phone.
      - The first element that matches vendor and model counts.
      - With O(wait), the module compares the firmware of the phones that came back, see RV(results[].compliance).
      - If this option changes, the plan of the O(campaign) is made again.
    type: list
    elements: dict
    suboptions:
      vendor:
        description:
          - Vendor, as in RV(results[].vendor). Case does not matter.
        type: str
        required: true
      model:
        description:
          - Shell pattern of the model, such as V(T4*). Case does not matter. If not set, all models of the vendor.
        type: str
      firmware:
        description:
          - Expected version, or a list of versions that are all right. Write it in quotes.
          - Versions are compared number by number, so V(108.86.0.9) is older than V(108.86.0.20), and V(7.6.2) older than V(7.6.2c).
            V(rc) and V(beta) make a version older. Zeros at the end do not matter.
          - A phone is behind if its version is older than the newest version of the list, and not in the list.
        type: list
        elements: raw
        required: true
  unless_in_call:
    description:
      - Whether to put off phones that are in a call, so that no call is cut. The task sends to the others, and then tries these again.
        If a phone is in a call each time, its outcome is V(in_call).
      - The task reads the calls that the server tracks with its module C(dialog), in pages, just before it sends. A call also counts
        while it rings. While the task sends, it reads them again every 2 seconds, or less often if there are many calls.
        Over HTTP, it reads them only before it begins to send, and before it tries again.
      - A phone is in a call if one side of the call has its contact, also behind NAT, or its AOR. Of O(uris), the URI itself is compared.
      - Phones that answer that they are busy, with C(486), C(600) or a code of their vendor, are put off, too.
      - Some calls are not known. These are calls that began after the last read, calls through another server, and calls that the routes
        of the server do not track. If a phone rings under another name than its AOR, it is not known before it answers.
      - If the server has no module C(dialog), or has tracked no call since it started, the task warns and sends.
        It does not fail, because phones may still answer that they are busy. RV(calls.known) is then V(false), also in check mode.
      - If the server has the module and does not answer, the task sends nothing more, and fails.
    type: bool
    default: false
  retry_for:
    description:
      - Number of seconds for which to try phones in a call again, from 0 to 86400. It begins when all others have been sent to.
      - If O(batch) leaves phones that are idle for the next run, the task does not wait for phones in a call.
    type: float
    default: 300
  retry_interval:
    description:
      - Number of seconds between two tries, from 1 to 3600. If reading the calls takes long, the task waits longer, so that reading takes at
        most a tenth of the time.
    type: float
    default: 10
  own_only:
    description:
      - Whether to leave out contacts that registered through another server. It is for servers that share one location table.
        In a play over all of them, each phone then gets one NOTIFY.
      - A contact belongs to the server if one of its processes listens on the address of the contact's socket, or if the socket matches
        O(own_sockets).
      - A server reports only the addresses on which it listens for UDP. If they are not enough to decide, the task sends nothing, fails,
        and asks for O(own_sockets).
    type: bool
    default: false
  own_sockets:
    description:
      - Shell patterns of the server's own sockets, such as V(udp:192.0.2.1:*). Required if sockets are advertised under other addresses.
    type: list
    elements: str
  campaign:
    description:
      - Name of a campaign. The host keeps a journal of the phones that the campaign sent to. Runs of the same campaign send to no phone
        twice. If a run was interrupted, repeat it, and it continues.
      - The first run also keeps a plan, which has the phones in the order of sending. Later runs look up only the phones to which they
        send. The location table is then read once for the whole campaign.
      - If O(select), O(aors), O(location_table), O(own_only) or O(own_sockets) change, or if the journal was removed, the plan is made again.
      - If all phones of the plan are done, and more AORs are registered than when the plan was made, the table is read again.
        The phones that registered since are appended to the plan. If the number is the same, O(refresh) finds them.
      - Phones keep the outcome of an earlier run, and do not fail the task again. To send to all of them again, use another name.
      - The journal identifies a phone by its AOR and its C(+sip.instance), so its contact can change. If a phone registers without an
        instance, the journal identifies it by its contact.
    type: str
  campaign_dir:
    description:
      - Directory of the journal and the plan. If it is missing, the module makes it, and the directories above it, with mode 0700. The umask
        has no effect.
      - If not set, it is C(/var/lib/community.opensips) for root and C(~/.local/state/community.opensips) for other users.
      - The journal is C(CAMPAIGN.jsonl) with mode 0600. Each line is a JSON object, and the module only appends lines.
      - The plan is C(CAMPAIGN.plan.jsonl) with mode 0600. The module replaces it as a whole.
      - Both must be regular files that belong to the user of the task or to root. Nobody else may have the right to write to them.
        Otherwise, the task fails.
      - If the journal can no longer be written, for example because the disk is full, the task sends nothing more.
        It waits for the phones that it has sent to, and fails with the results of all phones.
    type: path
  resend_unknown:
    description:
      - Whether to send again to phones whose outcome in an earlier run of the campaign is V(unknown). This happens if the run was killed,
        or if the server did not report the answer.
      - If V(false), they stay V(unknown).
    type: bool
    default: false
  batch:
    description:
      - The largest number of phones to send to in this run of the O(campaign). RV(results) then has only the phones of this run,
        and RV(summary.remaining) counts the phones left for the next one. Requires O(campaign).
      - If O(spread_limit) is set, a batch can have fewer phones although some are left.
      - The last batch also returns the phones that are V(already), and RV(left_out). Check mode returns them, too.
      - In check mode and with O(plan_only), RV(results) has the phones of the next batch.
      - With O(unless_in_call), phones in a call take no place in a batch. They come behind all other phones of the plan.
        The run that leaves no other phone tries them again. When it has sent to O(batch) phones, the others are for the next run.
    type: int
  step:
    description:
      - Sends to this number of phones, and waits for their answers before it sends to the next ones. If O(max_failures) is exceeded, the
        next step does not begin, so at most one step of phones has failed.
      - If not set, the module waits only for the answers of all phones.
    type: int
  canary:
    description:
      - Percentage of the phones to choose for the beginning of the plan, from 0 to 100. If it is above 0, at least one phone is chosen.
        The first O(batch) then sends to these phones. Requires O(campaign).
      - With the same O(select.seed), the canary has the same phones each time, as with O(select.sample). Phones to which nothing can be sent
        are not chosen.
      - It applies only when the plan of the O(campaign) is made or sorted. Otherwise, it does not change a plan that exists.
      - With O(spread_limit), the canary has at most that number of phones of a group, and can be smaller.
    type: float
  order:
    description:
      - Order of sending. V(found) is the order of the location table, or that of O(aors) and O(uris).
      - V(aor) sorts by address of record. Numbers are compared by value, so V(2) comes before V(10).
      - V(random) is the same order each time for the same O(select.seed).
      - V(spread) requires O(spread_by), and takes phones from each of its groups in turn. Larger groups have more turns, so that the phones
        of each group are spread evenly over the whole order.
      - The plan of a O(campaign) keeps its order. If O(order) changes, or O(spread_by) with V(spread), the next run sorts the plan again, and
        sends nothing to phones that are done. With V(found), the plan stays as it is, because that order is not known any more.
      - Phones that are appended to a plan follow the others, in this order among themselves.
    type: str
    choices:
      - found
      - aor
      - random
      - spread
    default: found
  spread_by:
    description:
      - Divides the phones into groups, for O(order=spread) and O(spread_limit).
      - V(network) groups them by the address from which they registered, as the server saw it. Behind NAT, all phones of a site have the
        same public address. Without NAT, it is the address of the contact. Phones with the same /24 network, or the same /64 network of
        IPv6, are a group. For other prefix lengths, set V(network/26), or V(network/26/56) with that of IPv6.
      - V(domain) groups them by the domain of the AOR.
      - Other values are a regular expression to search for in the AOR, or in the URI of O(uris). Its first group, or the whole match without
        a group, is the name of the group. Case does not matter.
      - Phones without a group are a group of their own, and the task warns. If several phones are selected, and none of them has a group, the
        task fails and sends nothing.
    type: str
  spread_limit:
    description:
      - The largest number of phones of a group to which one O(batch) sends, so that no site or access switch restarts at once.
        Requires O(spread_by), O(campaign) and O(batch).
      - If O(wait) is V(true), the task waits until the phones of the batch are back, at most O(wait_timeout). Only then, the next batch begins.
      - The other phones of the group stay for later batches, so a campaign can need more batches, see RV(summary.batches).
      - It counts phones where they are when the batch is sent, also if they were elsewhere when the plan was made.
    type: int
  send_until:
    description:
      - Time after which nothing more is sent, in seconds since 1970, by the clock of the host.
      - The task then waits for the answers to its requests, and returns. It does not fail for this reason. RV(summary.remaining) counts the
        phones that are left for the next run of the O(campaign), and they have no results.
      - The server itself repeats a request until the phone answers, for at most the C(fr_timeout) of the server.
    type: float
  plan_only:
    description:
      - Whether to make and keep the plan of the O(campaign), and return it as check mode does, but send nothing.
      - Unlike check mode, this writes the plan. The runs that follow need not read the location table.
      - If the campaign has a plan, the module returns this plan, with the phones as they were when it was made.
      - With O(uris), the module makes only the journal, because the list itself is the plan.
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
      - A phone has registered again if its Call-ID or its User-Agent has changed, or if its CSeq is lower.
      - The task looks up only the AORs that it still waits for. It does not wait for phones whose preset only makes them read their
        configuration.
      - If the server does not answer a lookup, the task tries again. If the server answers no lookup for 30 seconds, or does not answer the
        last one, the task fails.
    type: bool
    default: false
  wait_timeout:
    description:
      - Maximum number of seconds to wait, above 0 and at most 86400.
    type: float
    default: 300
seealso:
  - module: community.opensips.opensips_mwi
  - module: community.opensips.opensips_uac_dlg
  - name: RFC 6665
    description: SIP-specific event notification. It says which headers a NOTIFY has.
    link: https://www.rfc-editor.org/rfc/rfc6665
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

- name: Reboot only the phones whose firmware is behind
  community.opensips.opensips_notify:
    select: {}
    firmware:
      - vendor: yealink
        model: T4*
        firmware: "108.86.0.70"
      - vendor: snom
        firmware:
          - "10.1.169.11"
          - "10.1.184.14"

- name: Continue with the next 500 phones of the campaign
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

- name: Reboot the Snom phones of all sites, at most 5 of each /24 network at a time, and stop when the window ends
  community.opensips.opensips_notify:
    select:
      user_agent:
        - snom
    campaign: night
    batch: 200
    order: spread
    spread_by: network
    spread_limit: 5
    wait: true
    wait_timeout: 600
    send_until: "{{ state.ends }}"
  when: state.is_open
  vars:
    state: "{{ window | community.opensips.opensips_window }}"
    window:
      from: "00:00"
      to: "24:00"
      timezone: Europe/Berlin

- name: Reboot all phones, and wait up to half an hour for those that are in a call
  community.opensips.opensips_notify:
    select: {}
    unless_in_call: true
    retry_for: 1800
    retry_interval: 30

- name: Reboot the phones of one domain, and read their contacts from the database
  community.opensips.opensips_notify:
    select:
      domain:
        - example.com
    location_db:
      db_url: sqlite:////var/lib/opensips/opensips.sqlite

- name: Reboot phones that ask for a password, with one account for all, and another one for Grandstream phones
  community.opensips.opensips_notify:
    aors:
      - "1001"
      - "1002"
    credentials:
      - username: admin
        password: "{{ vault_phone_password }}"
      - vendor: grandstream
        username: admin
        password: "{{ vault_grandstream_password }}"

- name: Reboot phones that ask for the password of their own account
  community.opensips.opensips_notify:
    aors:
      - "1001"
    credentials_db:
      db_url: sqlite:////var/lib/opensips/opensips.sqlite

- name: Send a literal Event to a phone that is not registered
  community.opensips.opensips_notify:
    uris:
      - sip:1001@192.0.2.17:5060
    event: check-sync;reboot=false

- name: Make Cisco phones with multiplatform firmware load another profile
  community.opensips.opensips_notify:
    select:
      user_agent:
        - 3PCC
    event: cisco_mpp_resync
    event_parameters:
      profile: https://provisioning.example.com/test/$PSN.xml
"""

RETURN = r"""
results:
  description:
    - One entry for each contact, in the order of sending. Entries of phones that needed no request come first.
    - If there are more than 1,000 entries, those that need no attention are omitted, see O(results).
    - A failed task also returns them.
  returned: success, or when the run stopped
  type: list
  elements: dict
  contains:
    aor:
      description: Address of record, empty for one of O(uris).
      type: str
      sample: "1001"
    contact:
      description: The contact URI to which the NOTIFY was sent. Empty if the AOR has no contact.
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
        - V(in_call) if the phone was in a call each time that the task came to it, see O(unless_in_call). It is not done.
          The next run of the campaign tries it.
        - V(already) if the User-Agent of the phone matches O(unless_user_agent), or if the phone has the firmware of O(firmware).
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
        - In check mode with O(unless_in_call), whether the phone is in a call now.
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
      description: The Event header. Empty if no Event was found.
      type: str
      sample: check-sync;reboot=true
    preset:
      description: Key of the preset. Empty for a literal Event.
      type: str
      sample: yealink_reboot
    action:
      description:
        - What the Event makes phones do, V(reboot), V(check_cfg), V(report) or V(push). V(literal) for an Event that you set.
        - Empty if no Event was found.
      type: str
      sample: reboot
    hint:
      description: With O(event=auto), which settings the phone requires to follow the Event, whether it asks for authentication, and which
        action the preset replaces.
      type: str
      sample: null
    earlier:
      description: Whether the outcome is that of an earlier run of the campaign.
      type: bool
      sample: false
    registered:
      description:
        - V(back) if the phone registered again, V(not_back) if it did not within O(wait_timeout). Only with O(wait), for phones that accepted.
        - Empty if the connection to the server was lost before this was known. The task then fails.
      type: str
      sample: back
    new_user_agent:
      description: User-Agent of the phone after it registered again. Only with O(wait), for phones that accepted.
      type: str
      sample: Yealink SIP-T46U 108.87.0.15
    compliance:
      description:
        - How the firmware of the phone compares with O(firmware) after it registered again. V(up_to_date), V(behind), V(ahead), V(unknown) if its
          User-Agent does not tell its firmware, or V(no_rule). Only with O(wait) and O(firmware), for phones that are V(back).
      type: str
      sample: up_to_date
    back_seconds:
      description: Seconds from sending until the module saw that the phone is back. Only with O(wait), for phones that are V(back).
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
        - V(dump) if the whole location table was read with C(ul_dump). V(show) if each AOR was looked up with C(ul_show_contact), as it
          always is up to OpenSIPS 2.4. V(database) if the contacts were read from a database.
        - V(plan) if the phones come from the plan of the O(campaign). Each AOR was then looked up, except in check mode and with
          O(plan_only).
        - V(none) if nothing was looked up, as with O(uris).
      type: str
      sample: dump
    users:
      description: Number of registered AORs, from the server or from the plan. Empty if it is not known.
      type: int
      sample: 100000
    contacts:
      description: Number of registered contacts on the server. Empty if the module did not ask, or if the server does not report it.
      type: int
      sample: 104212
    seconds:
      description: Duration of the lookup.
      type: float
      sample: 87.2
    expected_seconds:
      description: Expected duration of the lookup. Empty if it is not known.
      type: float
      sample: 86.3
    plan:
      description:
        - V(made) if this run made the plan of the O(campaign), V(kept) if the campaign already had it.
        - V(sorted) if this run sorted that plan, because O(order) has changed.
        - V(extended) if this run read the table again, and appended phones to the plan.
        - V(replaced) if this run made the plan again, because the options select other phones than those of the plan.
        - Empty without a campaign, and with O(uris).
      type: str
      sample: made
    new:
      description: Number of phones that were appended to the plan. Empty unless RV(lookup.plan) is V(extended).
      type: int
      sample: null
calls:
  description: What the server reported of its calls. Empty without O(unless_in_call).
  returned: success, or when the run stopped
  type: dict
  contains:
    known:
      description: Whether the server can tell which phones are in a call. If V(false), phones may have been in a call.
      type: bool
      sample: true
    reason:
      description: Why it cannot. Empty if it can.
      type: str
      sample: null
    dialogs:
      description: Number of calls at the last read. Empty if RV(calls.known) is V(false).
      type: int
      sample: 112
    looks:
      description: How often the calls were read.
      type: int
      sample: 13
    seconds:
      description: Duration of all reads.
      type: float
      sample: 0.055
summary:
  description: Counts of the whole run.
  returned: success, or when the run stopped
  type: dict
  contains:
    total:
      description: Number of phones, including those that RV(results) omits.
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
    sent:
      description:
        - Number of requests that the server accepted in this run. The answers of the phones do not matter.
        - A phone that answered that it is busy counts each time.
      type: int
      sample: 3
    seconds:
      description: Duration of sending, without the pauses of O(retry_interval). Empty in check mode.
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
          description: Smallest free shared memory that the server reported during the run, in bytes. Empty if the server does not report it.
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
      description: Number of phones that O(batch) or O(send_until) leaves for the next run.
      type: int
      sample: 0
    batches:
      description:
        - Number of batches that the phones need which are left, this one included. Only in check mode and with O(plan_only).
        - Empty without O(batch).
      type: int
      sample: 12
    groups:
      description:
        - Number of groups of O(spread_by) that the phones of this run have, with the number of phones in the largest one.
        - C(ungrouped) is the number of phones without a group. Empty without O(spread_by).
      type: dict
      sample:
        total: 41
        largest: 250
        ungrouped: 0
    put_off:
      description: How many of RV(summary.remaining) were in a call when a run came to them.
      type: int
      sample: 0
    left_out:
      description: Number of contacts that were left out, by reason, including those that RV(left_out) does not list. With O(batch), only the
        last run has them.
      type: dict
      sample:
        user_agent does not match: 97000
    registered:
      description: Number of phones that are V(back) and V(not_back). Only with O(wait).
      type: dict
      sample:
        back: 2
    compliance:
      description: Number of phones for each RV(results[].compliance). Only with O(wait) and O(firmware).
      type: dict
      sample:
        up_to_date: 2
stopped:
  description:
    - Why the run ended before all phones were tried. Empty if all phones were tried, even if the task fails because some did not accept.
    - If O(send_until) is the reason, the task does not fail.
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
