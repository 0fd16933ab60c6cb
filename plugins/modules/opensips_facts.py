#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_facts
short_description: Gather facts from a running OpenSIPS
version_added: 0.1.0
description:
  - Gathers what a running OpenSIPS tells of itself over its Management Interface, as facts that look the same on every version from 1.11 to 4.0.
  - What a version does not tell is empty. Subsets for which the server has no module loaded are skipped, and say so.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
  - community.opensips._contacts
attributes:
  check_mode:
    support: full
    details:
      - This action does not modify state.
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  facts:
    description: Action returns an C(ansible_facts) dictionary that will update existing host facts.
    support: full
  idempotent:
    support: full
    details:
      - This action does not modify state.
  platform:
    platforms: posix
options:
  gather_subset:
    description:
      - What to gather. V(uptime), V(version), V(processes), V(statistics), V(contacts), V(location_size), V(dialogs), V(dispatcher),
        V(load_balancer), V(gateways), V(addresses), V(domains), or V(all).
      - An element with V(!) before it is left out. Only such elements leave them out of everything.
    type: list
    elements: str
    default:
      - all
  statistics:
    description:
      - Which statistics to gather, names such as V(rcv_requests), groups with their colon such as V(tm:), or V(all).
    type: list
    elements: str
    default:
      - all
seealso:
  - module: community.opensips.opensips_mi_command
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Gather everything but the registered contacts
  community.opensips.opensips_facts:
    gather_subset:
      - "!contacts"

- name: Gather only some statistics
  community.opensips.opensips_facts:
    gather_subset:
      - statistics
    statistics:
      - "tm:"
      - rcv_requests

- name: Gather the phones of one vendor
  community.opensips.opensips_facts:
    gather_subset:
      - contacts
    contacts:
      user_agent:
        - snom

- name: Count them
  ansible.builtin.debug:
    msg: "{{ ansible_facts.opensips.contacts | length }} phones of Snom"
"""

RETURN = r"""
ansible_facts:
  description: Facts to add to those of the host.
  returned: always
  type: dict
  contains:
    opensips:
      description: What the server tells.
      returned: always
      type: dict
      contains:
        uptime:
          description: How long the server runs.
          returned: when C(uptime) is gathered
          type: dict
          contains:
            now:
              description: The server's local time of day (ISO 8601 without a zone).
              type: str
              sample: "2026-11-22T03:26:16"
            since:
              description: When the server started (ISO 8601 without a zone).
              type: str
              sample: "2026-11-22T03:17:45"
            seconds:
              description: Seconds since it started.
              type: int
              sample: 511
        version:
          description: What the server is.
          returned: when C(version) is gathered
          type: dict
          contains:
            server:
              description: As the server says it.
              type: str
              sample: OpenSIPS (3.6.8 (x86_64/linux))
            product:
              description: Name of the product.
              type: str
              sample: OpenSIPS
            version:
              description: Version number.
              type: str
              sample: "3.6.8"
            flavour:
              description: What follows the number, such as V(notls) or V(beta).
              type: str
              sample: null
            numbers:
              description: The version's parts.
              type: list
              elements: int
              sample:
                - 3
                - 6
                - 8
            arch:
              description: Processor architecture.
              type: str
              sample: x86_64
            os:
              description: Operating system.
              type: str
              sample: linux
            protocol:
              description: What the server speaks, as O(protocol).
              type: str
              sample: jsonrpc
        processes:
          description: The server's processes.
          returned: when C(processes) is gathered
          type: list
          elements: dict
          contains:
            id:
              description: Number of the process.
              type: int
              sample: 6
            pid:
              description: Process ID.
              type: int
              sample: 26257
            type:
              description: What it does.
              type: str
              sample: SIP receiver udp:127.0.0.1:5060
            load:
              description: Load in percent over the last moments, where asked for (OpenSIPS 2.4 and later).
              type: int
              sample: 0
        statistics:
          description: Statistics by group and name. Values are integers, or text where the server keeps text.
          returned: when C(statistics) is gathered
          type: dict
          sample:
            core:
              rcv_requests: 14
            tm:
              "2xx_transactions": 7
        location_size:
          description:
            - How much is registered in O(location_table), by the statistics of C(usrloc), and how long reading the whole of it is expected to take.
              Gathering this costs the server nothing.
            - A value is empty if the server does not tell it. Servers that keep their contacts in a database only count none.
          returned: when C(location_size) is gathered
          type: dict
          contains:
            users:
              description: Registered AORs.
              type: int
              sample: 100000
            contacts:
              description: Registered contacts.
              type: int
              sample: 104212
            expected_seconds:
              description: Seconds that reading the location table is expected to take.
              type: float
              sample: 86.3
        contacts:
          description:
            - Registered contacts.
            - Those of an AOR are left out, with a warning, if they cannot be believed, because a phone wrote lines into its registration
              that look like the server's.
          returned: when C(contacts) is gathered
          type: list
          elements: dict
          contains:
            table:
              description: Location table.
              type: str
              sample: location
            aor:
              description: Address of record as the server keeps it.
              type: str
              sample: "100000@example.com"
            user:
              description: User part of the address of record.
              type: str
              sample: "100000"
            domain:
              description: Domain of the address of record, null when the server keeps them without.
              type: str
              sample: example.com
            contact:
              description: Contact URI.
              type: str
              sample: sip:100000@192.0.2.10:5060
            contact_id:
              description: The server's id of the contact (OpenSIPS 2.3 and later).
              type: str
              sample: "150448375051846071"
            expires:
              description: Seconds left; 0 when it has run out, null when permanent.
              type: int
              sample: 3412
            permanent:
              description: Whether it was added without an end.
              type: bool
              sample: false
            q:
              description: Priority from 0.0 to 1.0, null when the phone gave none.
              type: float
              sample: 0.5
            call_id:
              description: Call-ID of the last REGISTER.
              type: str
              sample: c100000@192.0.2.10
            cseq:
              description: CSeq of the last REGISTER.
              type: int
              sample: 17653
            user_agent:
              description: User-Agent, null when the phone gave none.
              type: str
              sample: Yealink SIP-T46U 108.86.0.20
            received:
              description: URI that the REGISTER came from, if behind NAT.
              type: str
              sample: null
            path:
              description: Path of the registration.
              type: str
              sample: null
            state:
              description: 'State against the database: V(CS_NEW), V(CS_SYNC), V(CS_DIRTY) or V(CS_UNKNOWN). Empty with O(location_db).'
              type: str
              sample: CS_NEW
            flags:
              description: The server's internal flags, a bit mask.
              type: int
              sample: 0
            cflags:
              description: Names of the branch flags set; null where the server only gives bits.
              type: list
              elements: str
              sample:
                - NAT
            socket:
              description: Server socket that the REGISTER came in on.
              type: str
              sample: udp:192.0.2.1:5060
            methods:
              description: Methods that the phone allows, null when it did not say (all).
              type: list
              elements: str
              sample:
                - INVITE
                - ACK
                - BYE
                - NOTIFY
            attr:
              description: Attributes that the script attached.
              type: str
              sample: null
            sip_instance:
              description: +sip.instance of the phone.
              type: str
              sample: <urn:uuid:00000000-0000-1000-8000-000000100000>
        dialogs:
          description: Calls that the server tracks.
          returned: when C(dialogs) is gathered
          type: list
          elements: dict
          contains:
            id:
              description: What C(dlg_end_dlg) takes.
              type: str
              sample: "1a5.7edb4e91"
            db_id:
              description: The dialog's id as a number.
              type: str
              sample: "6189482294759"
            hash:
              description: The two halves of O(ignore:db_id).
              type: str
              sample: "1441:434421223"
            state:
              description: V(unconfirmed), V(early), V(confirmed_na) (answered, no ACK yet), V(confirmed) or V(deleted).
              type: str
              sample: confirmed
            state_number:
              description: The state as a number from 1 to 5.
              type: int
              sample: 4
            user_flags:
              description: Names of the dialog flags set (OpenSIPS 3.4 and later).
              type: list
              elements: str
              sample: []
            timestart:
              description: When the call was answered, in seconds since the epoch.
              type: int
              sample: 1795318012
            datestart:
              description: The same in the server's local time (ISO 8601).
              type: str
              sample: "2026-11-22T03:26:52"
            timeout:
              description: When the server ends the call, in seconds since the epoch.
              type: int
              sample: 1795361212
            dateout:
              description: The same in the server's local time (ISO 8601).
              type: str
              sample: "2026-11-22T15:26:52"
            call_id:
              description: Call-ID.
              type: str
              sample: "1-7400@192.0.2.10"
            from_uri:
              description: URI of From.
              type: str
              sample: sip:alice@example.com
            to_uri:
              description: URI of To.
              type: str
              sample: sip:bob@example.com
            caller:
              description: The caller's leg.
              type: dict
              contains:
                tag:
                  description: Tag of the leg.
                  type: str
                  sample: "7400SIPpTag001"
                contact:
                  description: Contact URI of the leg.
                  type: str
                  sample: sip:alice@192.0.2.10
                callee_cseq:
                  description: CSeq of the callee's requests to the caller (only in the caller's leg).
                  type: int
                  sample: 0
                caller_cseq:
                  description: CSeq of the caller's requests to the callee (only in callees' legs).
                  type: int
                  sample: 1
                route_set:
                  description: Route set of the leg.
                  type: str
                  sample: null
                bind_addr:
                  description: Server socket towards the leg.
                  type: str
                  sample: udp:192.0.2.1:5060
                sdp:
                  description: SDP that came from the leg (OpenSIPS 2.2 and later).
                  type: str
                  sample: null
                sent_sdp:
                  description: SDP that was sent to the leg (OpenSIPS 3.0 and later).
                  type: str
                  sample: null
            callees:
              description: The callees' legs.
              type: list
              elements: dict
              contains:
                tag:
                  description: Tag of the leg.
                  type: str
                  sample: "7400SIPpTag001"
                contact:
                  description: Contact URI of the leg.
                  type: str
                  sample: sip:alice@192.0.2.10
                callee_cseq:
                  description: CSeq of the callee's requests to the caller (only in the caller's leg).
                  type: int
                  sample: 0
                caller_cseq:
                  description: CSeq of the caller's requests to the callee (only in callees' legs).
                  type: int
                  sample: 1
                route_set:
                  description: Route set of the leg.
                  type: str
                  sample: null
                bind_addr:
                  description: Server socket towards the leg.
                  type: str
                  sample: udp:192.0.2.1:5060
                sdp:
                  description: SDP that came from the leg (OpenSIPS 2.2 and later).
                  type: str
                  sample: null
                sent_sdp:
                  description: SDP that was sent to the leg (OpenSIPS 3.0 and later).
                  type: str
                  sample: null
            context:
              description: Values and profiles, where asked for.
              type: dict
              contains:
                values:
                  description: Mapping of name to value.
                  type: dict
                  sample:
                    colour: red
                profiles:
                  description: Name and value of each profile.
                  type: list
                  elements: dict
                  sample:
                    - name: caller
                      value: alice
        dispatcher:
          description: Destinations of the dispatcher.
          returned: when C(dispatcher) is gathered
          type: list
          elements: dict
          contains:
            partition:
              description: Partition.
              type: str
              sample: default
            set:
              description: Set (group) id.
              type: int
              sample: 1
            uri:
              description: SIP URI of the destination.
              type: str
              sample: sip:192.0.2.20:5060
            state:
              description: V(active), V(inactive) or V(probing).
              type: str
              sample: active
            socket:
              description: Server socket to send from.
              type: str
              sample: null
            attrs:
              description: Attributes.
              type: str
              sample: dc=a
            script_attrs:
              description: Attributes that the script set (OpenSIPS 3.1 and later).
              type: str
              sample: null
            weight:
              description: Weight (OpenSIPS 2.2 and later).
              type: int
              sample: 50
            priority:
              description: Priority (OpenSIPS 2.2 and later).
              type: int
              sample: 0
            description:
              description: Description (OpenSIPS 2.2 and later).
              type: str
              sample: gw one
            first_hit_counter:
              description: How often it was the first choice (OpenSIPS 2.2 and later).
              type: int
              sample: 0
            resolved_addresses:
              description: Addresses that the URI resolved to (OpenSIPS 3.2 and later).
              type: list
              elements: str
              sample:
                - "192.0.2.20:5060"
        load_balancer:
          description: Destinations of the load balancer.
          returned: when C(load_balancer) is gathered
          type: list
          elements: dict
          contains:
            id:
              description: Id of the destination.
              type: int
              sample: 1
            uri:
              description: SIP URI.
              type: str
              sample: sip:192.0.2.30
            group:
              description: Group id.
              type: int
              sample: 1
            enabled:
              description: Whether it gets calls.
              type: bool
              sample: true
            auto_reenable:
              description: Whether probing may enable it again.
              type: bool
              sample: true
            attrs:
              description: Attributes (OpenSIPS 3.1 and later).
              type: str
              sample: null
            resources:
              description: Its resources.
              type: list
              elements: dict
              contains:
                name:
                  description: Name.
                  type: str
                  sample: pstn
                max:
                  description: Capacity.
                  type: int
                  sample: 32
                load:
                  description: Calls at present.
                  type: int
                  sample: 0
        gateways:
          description: Gateways of dynamic routing.
          returned: when C(gateways) is gathered
          type: list
          elements: dict
          contains:
            partition:
              description: Partition, null where drouting uses none.
              type: str
              sample: null
            id:
              description: Id of the gateway.
              type: str
              sample: gw1
            address:
              description: Its address.
              type: str
              sample: "192.0.2.40:5060"
            state:
              description: V(active), V(inactive), V(probing) or V(disabled_mi) (switched off by command; V(inactive) on 1.x).
              type: str
              sample: active
            enabled:
              description: Whether the state is V(active).
              type: bool
              sample: true
            attrs:
              description: Attributes (OpenSIPS 3.1 and later).
              type: str
              sample: a1
        carriers:
          description: Carriers of dynamic routing.
          returned: when C(gateways) is gathered
          type: list
          elements: dict
          contains:
            partition:
              description: Partition, null where drouting uses none.
              type: str
              sample: null
            id:
              description: Id of the carrier.
              type: str
              sample: cr1
            enabled:
              description: Whether it is in use.
              type: bool
              sample: true
            attrs:
              description: Attributes (OpenSIPS 3.1 and later).
              type: str
              sample: x
        addresses:
          description: Trusted addresses and subnets.
          returned: when C(addresses) is gathered
          type: list
          elements: dict
          contains:
            partition:
              description: Partition.
              type: str
              sample: default
            group:
              description: Group id.
              type: int
              sample: 1
            ip:
              description: Address, or first address of the subnet.
              type: str
              sample: "10.2.0.0"
            mask:
              description: Prefix length.
              type: int
              sample: 16
            port:
              description: Port, 0 for any.
              type: int
              sample: 5060
            proto:
              description: Protocol or V(any); null for subnets before OpenSIPS 2.3.
              type: str
              sample: udp
            pattern:
              description: Pattern to match, null for any.
              type: str
              sample: null
            context_info:
              description: What the script gets told.
              type: str
              sample: office
        domains:
          description: Domains that the server is responsible for.
          returned: when C(domains) is gathered
          type: list
          elements: dict
          contains:
            name:
              description: Domain.
              type: str
              sample: example.com
            attributes:
              description: Attributes (OpenSIPS 2.1 and later).
              type: str
              sample: t=1
        skipped:
          description: Subsets that could not be gathered, each with the reason.
          returned: always
          type: dict
          sample:
            dispatcher: The server has no command ds_list; it comes with the module dispatcher
error:
  description: What went wrong, with C(type), C(message) and C(hint), and C(code), C(reason) and C(data) of what the server answered.
  returned: failure
  type: dict
  sample:
    type: ConnectError
    message: No process reads the FIFO /run/opensips/opensips_fifo
    hint: "OpenSIPS is not running, or uses another fifo_name: start it or correct fifo_path"
"""

from ansible_collections.community.opensips.plugins.module_utils._module import facts
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(facts.spec(), facts.run)


if __name__ == "__main__":
    main()
