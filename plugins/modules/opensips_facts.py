#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_facts
short_description: Gather facts from a running OpenSIPS
version_added: 1.0.0
description:
  - Returns facts about a running OpenSIPS server, read over its Management Interface (MI).
  - The facts have the same names and types for all OpenSIPS versions from 1.11 to 4.0. A value is null if the version does not report it.
  - If the server cannot report a subset, because it has no such command or refuses it, the module skips the subset. The fact
    C(skipped) has the reason.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.actiongroup
  - community.opensips._connection
  - community.opensips._contacts
attributes:
  check_mode:
    support: full
    details:
      - This action does not modify state. In check mode, it does not write O(contacts_file).
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
      - Subsets of facts to gather. Each subset is a fact of that name.
      - V(default) means V(uptime), V(version), V(processes), V(statistics), V(log_level), V(contacts), V(location_size), V(dialogs),
        V(dispatcher), V(load_balancer), V(gateways), V(carriers), V(registrants), V(media_nodes), V(addresses), V(domains), V(blacklists),
        V(trace), V(cluster), V(sharing_tags), V(status), V(profiles) and V(tls).
      - V(all) means these, and V(tcp), V(rate_limits), V(call_center), V(shared_variables), V(subscribers) and V(cache), which can be long or secret.
      - To leave a subset out, write V(!) before it. If all elements begin with V(!), they are left out of V(default).
      - V(!all) leaves out everything that is not named.
      - If tens of thousands of contacts are registered, V(contacts) can take minutes on OpenSIPS 3.0 and later. V(location_size) has
        the expected time.
    type: list
    elements: str
    default:
      - default
  statistics:
    description:
      - Statistics to gather with the subset V(statistics).
      - Write a statistic as V(rcv_requests), a group with a colon as V(tm:), or V(all).
    type: list
    elements: str
    default:
      - all
  cache_keys:
    description:
      - Keys to gather with the subset V(cache). OpenSIPS cannot list the keys of a cachedb.
      - The values are facts, and can be seen in the output and in the cache of facts. If they are secret, set C(no_log=true) on the task.
    type: list
    elements: str
    default: []
  cache_system:
    description:
      - The cachedb of O(cache_keys), as in the script of the server. Examples are V(local), and V(redis:group) if its C(cachedb_url) has a group.
    type: str
    default: local
  contacts_file:
    description:
      - Writes the subset V(contacts) to this file on the host, and does not return it as a fact. Each line is a JSON object with the keys of
        the fact C(contacts). A large fleet then requires little memory, and no large result.
      - If the name ends with C(.gz), the file is compressed with gzip.
      - The file is replaced as a whole. Its mode is 0600, and its directory must exist. In check mode, it is not written.
      - If the contacts cannot be read, the task fails. It does not skip the subset.
    type: path
seealso:
  - module: community.opensips.opensips_mi_command
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Gather the default facts without the registered contacts
  community.opensips.opensips_facts:
    gather_subset:
      - "!contacts"

- name: Gather the statistics of transactions, and the number of requests
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
    select:
      user_agent:
        - snom

- name: Show how many there are
  ansible.builtin.debug:
    msg: "{{ ansible_facts.opensips.contacts | length }} phones of Snom"

- name: Write all contacts of a large fleet to a file
  community.opensips.opensips_facts:
    gather_subset:
      - contacts
    contacts_file: /var/tmp/contacts.jsonl.gz

- name: Gather the state of the cluster as this node sees it
  community.opensips.opensips_facts:
    gather_subset:
      - cluster
      - sharing_tags

- name: Require that everything is synced
  ansible.builtin.assert:
    that: ansible_facts.opensips.cluster | rejectattr('synced') | length == 0
  when: ansible_facts.opensips.cluster is defined

- name: Gather a flag of the script that is in the local cache
  community.opensips.opensips_facts:
    gather_subset:
      - cache
    cache_keys:
      - maintenance
"""

RETURN = r"""
contacts_file:
  description: What was written to O(contacts_file).
  returned: when O(contacts_file) is set
  type: dict
  contains:
    path: {type: str, sample: /var/tmp/contacts.jsonl.gz, description: The file.}
    contacts: {type: int, sample: 104212, description: "Number of contacts in the file. In check mode, the number that the file would have."}
    doubtful: {type: int, sample: 0, description: Number of AORs that were left out because their contacts cannot be trusted.}
    left_out:
      description: Number of contacts that O(select) leaves out, by reason.
      type: dict
      sample:
        user_agent does not match: 97000
    lookup:
      description: How the contacts were read, and how long it took, as RV(community.opensips.opensips_notify#module:lookup).
      type: dict
      sample: {how: dump, users: 100000, contacts: 104212, seconds: 91.4, expected_seconds: 86.3}
ansible_facts:
  description: Facts to add to the facts of the host.
  returned: always
  type: dict
  contains:
    opensips:
      description: What the server reports. Each task replaces the fact C(opensips) of an earlier one.
      returned: always
      type: dict
      contains:
        uptime:
          description: How long the server has been running.
          returned: when C(uptime) is gathered
          type: dict
          contains:
            now: {type: str, sample: "2026-11-22T03:26:16", description: Local time of the server (ISO 8601 without a time zone).}
            since: {type: str, sample: "2026-11-22T03:17:45", description: Local time at which the server started.}
            seconds: {type: int, sample: 511, description: Seconds since the server started.}
        version:
          description: Version of the server, and the protocol that it speaks.
          returned: when C(version) is gathered
          type: dict
          contains:
            server: {type: str, sample: OpenSIPS (3.6.8 (x86_64/linux)), description: What the server calls itself.}
            product: {type: str, sample: OpenSIPS, description: Name of the product.}
            version: {type: str, sample: 3.6.8, description: Version number.}
            flavour: {type: str, description: "Text after the version number, such as V(notls) or V(beta). Null if there is none."}
            numbers: {type: list, elements: int, sample: [3, 6, 8], description: Parts of the version number.}
            arch: {type: str, sample: x86_64, description: Processor architecture.}
            os: {type: str, sample: linux, description: Operating system.}
            protocol: {type: str, sample: jsonrpc, description: "Protocol that the module used, one of the values of O(protocol)."}
        processes:
          description: Processes of the server.
          returned: when C(processes) is gathered
          type: list
          elements: dict
          contains:
            id: {type: int, description: Number of the process within OpenSIPS.}
            pid: {type: int, sample: 26257, description: Process ID.}
            type: {type: str, sample: "SIP receiver udp:127.0.0.1:5060", description: What the process does.}
            load: {type: int, description: "Load in the last second, in percent (OpenSIPS 2.4 and later)."}
        statistics:
          description: Statistics by group and name. A value is an integer, or text if the server keeps text.
          returned: when C(statistics) is gathered
          type: dict
          sample: {core: {rcv_requests: 14}, tm: {2xx_transactions: 7}}
        log_level:
          description: Log levels, as set by M(community.opensips.opensips_log_level).
          returned: when C(log_level) is gathered
          type: dict
          contains:
            log_level: {type: int, sample: 2, description: Level of all processes. Null if they differ.}
            processes:
              description: Level of each process (OpenSIPS 2.2 and later).
              type: list
              elements: dict
              contains:
                pid: {type: int, sample: 26257, description: Process ID.}
                type: {type: str, sample: MI FIFO, description: What the process does.}
                log_level: {type: int, sample: 2, description: Level of the process.}
            xlog_level: {type: int, sample: 2, description: Level up to which C(xlog()) in the script writes (OpenSIPS 3.0 and later).}
            consumers:
              description: Consumers of the log (OpenSIPS 3.4 and later).
              type: list
              elements: dict
              contains:
                name: {type: str, sample: syslog, description: "V(stderror), V(syslog) or V(event)."}
                level_filter: {type: int, sample: 0, description: Highest level that the consumer receives. V(0) means all levels.}
                muted: {type: bool, sample: false, description: Whether the consumer receives nothing.}
        contacts:
          description:
            - Registered contacts.
            - If a phone wrote lines into its registration that look like lines of the server, no contact of that AOR can be trusted. The module leaves
              these contacts out, and warns.
          returned: when C(contacts) is gathered
          type: list
          elements: dict
          contains:
            location_table: {type: str, sample: location, description: Name of the location table.}
            aor: {type: str, sample: 100000@example.com, description: Address of record as the server stores it.}
            user: {type: str, sample: "100000", description: User part of the AOR.}
            domain: {type: str, sample: example.com, description: Domain of the AOR. Null if the server stores AORs without domain.}
            contact: {type: str, sample: "sip:100000@192.0.2.10:5060", description: URI of the contact.}
            contact_id: {type: str, sample: "150448375051846071", description: ID of the contact in C(usrloc) (OpenSIPS 2.3 and later).}
            expires: {type: int, sample: 3412, description: "Seconds until the registration ends. V(0) if it has ended, null if it is permanent."}
            permanent: {type: bool, description: Whether the contact was added without an end.}
            q: {type: float, sample: 0.5, description: Priority from 0.0 to 1.0. Null if the phone sent none.}
            call_id: {type: str, description: Call-ID of the last REGISTER.}
            cseq: {type: int, description: CSeq of the last REGISTER.}
            user_agent: {type: str, sample: Yealink SIP-T46U 108.86.0.20, description: User-Agent of the phone. Null if the phone sent none.}
            received: {type: str, description: "URI from which the REGISTER came, if the phone is behind NAT."}
            path: {type: str, description: Path of the registration.}
            state:
              description: State against the database, V(CS_NEW), V(CS_SYNC), V(CS_DIRTY) or V(CS_UNKNOWN). Null if O(location_db) is set.
              type: str
              sample: CS_NEW
            flags: {type: int, description: "Internal flags of the server, as a bit mask."}
            branch_flags:
              description: Names of the branch flags that are set. Null if the server reports only bits.
              type: list
              elements: str
              sample: [NAT]
            socket: {type: str, sample: "udp:192.0.2.1:5060", description: Socket of the server on which the REGISTER arrived.}
            methods:
              description: SIP methods that the phone supports. Null if the phone did not say, which means all.
              type: list
              elements: str
              sample: [INVITE, ACK, BYE, NOTIFY]
            attr: {type: str, description: Attributes that the script attached.}
            sip_instance:
              description: Parameter C(+sip.instance) of the contact.
              type: str
              sample: <urn:uuid:00000000-0000-1000-8000-000000100000>
        location_size:
          description:
            - Number of registered AORs and contacts in O(location_table), and the time that reading them is expected to take.
            - The numbers are statistics of C(usrloc), so this subset is cheap. A value is null if the server does not report it, as with contacts that are
              only in a database.
          returned: when C(location_size) is gathered
          type: dict
          contains:
            users: {type: int, sample: 100000, description: Registered AORs.}
            contacts: {type: int, sample: 104212, description: Registered contacts.}
            expected_seconds: {type: float, sample: 86.3, description: Seconds that reading the location table is expected to take.}
        dialogs:
          description: Calls that the module C(dialog) tracks.
          returned: when C(dialogs) is gathered
          type: list
          elements: dict
          contains:
            id: {type: str, sample: 1a5.7edb4e91, description: "ID of the dialog, as C(dlg_end_dlg) expects it."}
            db_id: {type: str, sample: "6189482294759", description: ID of the dialog as a decimal number.}
            hash: {type: str, sample: "1441:434421223", description: The two halves of the decimal number.}
            state:
              description: V(unconfirmed), V(early), V(confirmed_na) (answered, without ACK so far), V(confirmed) or V(deleted).
              type: str
              sample: confirmed
            state_number: {type: int, sample: 4, description: The state as a number from 1 to 5.}
            user_flags: {type: list, elements: str, sample: [], description: Names of the dialog flags that are set (OpenSIPS 3.4 and later).}
            timestart: {type: int, sample: 1795318012, description: "When the call was answered, in seconds since the epoch."}
            datestart: {type: str, sample: "2026-11-22T03:26:52", description: "When the call was answered, in local time of the server."}
            timeout: {type: int, sample: 1795361212, description: "When the server ends the call, in seconds since the epoch."}
            dateout: {type: str, sample: "2026-11-22T15:26:52", description: "When the server ends the call, in local time of the server."}
            call_id: {type: str, description: Call-ID.}
            from_uri: {type: str, sample: "sip:alice@example.com", description: URI of the From header.}
            to_uri: {type: str, sample: "sip:bob@example.com", description: URI of the To header.}
            caller:
              description: Leg of the caller.
              type: dict
              contains:
                tag: {type: str, sample: 7400SIPpTag001, description: Tag of the leg.}
                contact: {type: str, sample: "sip:alice@192.0.2.10", description: URI of the contact of the leg.}
                callee_cseq: {type: int, description: CSeq of the requests of the callee.}
                route_set: {type: str, description: Route set of the leg.}
                bind_addr: {type: str, sample: "udp:192.0.2.1:5060", description: Socket of the server towards the leg.}
                sdp: {type: str, description: SDP that was received from the leg (OpenSIPS 2.2 and later).}
                sent_sdp: {type: str, description: SDP that was sent to the leg (OpenSIPS 3.0 and later).}
            callees:
              description: Legs of the callees.
              type: list
              elements: dict
              contains:
                tag: {type: str, sample: 7400SIPpTag001, description: Tag of the leg.}
                contact: {type: str, sample: "sip:alice@192.0.2.10", description: URI of the contact of the leg.}
                caller_cseq: {type: int, description: CSeq of the requests of the caller.}
                route_set: {type: str, description: Route set of the leg.}
                bind_addr: {type: str, sample: "udp:192.0.2.1:5060", description: Socket of the server towards the leg.}
                sdp: {type: str, description: SDP that was received from the leg (OpenSIPS 2.2 and later).}
                sent_sdp: {type: str, description: SDP that was sent to the leg (OpenSIPS 3.0 and later).}
            context: {type: dict, description: "Always null, because C(dlg_list) does not report values and profiles."}
        dispatcher:
          description: Destinations of the module C(dispatcher).
          returned: when C(dispatcher) is gathered
          type: list
          elements: dict
          contains:
            partition: {type: str, sample: default, description: Partition.}
            set: {type: int, sample: 1, description: ID of the set.}
            uri: {type: str, sample: "sip:192.0.2.20:5060", description: SIP URI of the destination.}
            state: {type: str, sample: active, description: "V(active), V(inactive) or V(probing)."}
            socket: {type: str, description: Socket of the server from which requests are sent.}
            attrs: {type: str, sample: dc=a, description: Attributes.}
            script_attrs: {type: str, description: Attributes that the script set (OpenSIPS 3.1 and later).}
            weight: {type: int, description: Weight (OpenSIPS 2.2 and later).}
            priority: {type: int, description: Priority (OpenSIPS 2.2 and later).}
            description: {type: str, description: Description (OpenSIPS 2.2 and later).}
            first_hit_counter: {type: int, description: How often the destination was the first choice (OpenSIPS 2.2 and later).}
            resolved_addresses:
              description: Addresses to which the URI resolved (OpenSIPS 3.2 and later).
              type: list
              elements: str
              sample: ['192.0.2.20:5060']
        load_balancer:
          description: Destinations of the module C(load_balancer).
          returned: when C(load_balancer) is gathered
          type: list
          elements: dict
          contains:
            id: {type: int, sample: 1, description: ID of the destination.}
            uri: {type: str, sample: "sip:192.0.2.30", description: SIP URI of the destination.}
            group: {type: int, sample: 1, description: ID of the group.}
            enabled: {type: bool, description: Whether the destination receives calls.}
            auto_reenable: {type: bool, description: Whether probing may enable the destination again.}
            attrs: {type: str, description: Attributes (OpenSIPS 3.1 and later).}
            resources:
              description: Resources of the destination.
              type: list
              elements: dict
              contains:
                name: {type: str, sample: pstn, description: Name of the resource.}
                max: {type: int, sample: 32, description: Capacity.}
                load: {type: int, sample: 0, description: Calls that use the resource now.}
        gateways:
          description: Gateways of the module C(drouting).
          returned: when C(gateways) is gathered
          type: list
          elements: dict
          contains:
            partition: {type: str, description: Partition. Null if C(drouting) does not use partitions.}
            id: {type: str, sample: gw1, description: ID of the gateway.}
            address: {type: str, sample: "192.0.2.40:5060", description: Address of the gateway.}
            state:
              description: V(active), V(inactive), V(probing) or V(disabled_mi) (switched off by a command). OpenSIPS 1.x reports V(inactive) for the
                latter.
              type: str
              sample: active
            enabled: {type: bool, description: Whether the state is V(active).}
            attrs: {type: str, description: Attributes (OpenSIPS 3.1 and later).}
        carriers:
          description: Carriers of the module C(drouting).
          returned: when C(carriers) is gathered
          type: list
          elements: dict
          contains:
            partition: {type: str, description: Partition. Null if C(drouting) does not use partitions.}
            id: {type: str, sample: cr1, description: ID of the carrier.}
            enabled: {type: bool, description: Whether the carrier is used.}
            attrs: {type: str, description: Attributes (OpenSIPS 3.1 and later).}
        registrants:
          description: Registrations of the server at other servers, by the module C(uac_registrant).
          returned: when C(registrants) is gathered
          type: list
          elements: dict
          contains:
            aor: {type: str, sample: "sip:trunk1@carrier.example", description: AOR that is registered.}
            contact: {type: str, sample: "sip:trunk1@192.0.2.1:5060", description: URI of the contact that is registered.}
            registrar: {type: str, sample: "sip:192.0.2.50", description: URI of the registrar.}
            state:
              description: V(not_registered), V(registering), V(authenticating), V(registered), V(register_timeout), V(internal_error),
                V(wrong_credentials), V(registrar_error), V(unregistering) or V(authenticating_unregister).
              type: str
              sample: registered
            enabled: {type: bool, description: Whether the server keeps the registration up (OpenSIPS 3.2 and later).}
            expires: {type: int, sample: 600, description: "Lifetime that the server asks for, in seconds."}
            last_register_sent:
              description: When the last REGISTER was sent, in local time of the server. Null if none was sent.
              type: str
              sample: '2026-11-22T03:17:45'
            registration_timeout: {type: str, sample: "2026-11-22T03:27:45", description: "When the registration ends, in local time of the server."}
            proxy: {type: str, description: URI of the outbound proxy.}
            third_party_registrant: {type: str, description: "URI in the From header of the REGISTER, if it is not the AOR."}
            contact_params: {type: str, description: Parameters of the contact.}
            socket: {type: str, description: Socket of the server from which the REGISTER is sent.}
            dst_ip: {type: str, description: Address to which the last REGISTER was sent.}
            shtag: {type: str, description: "Sharing tag, in a cluster."}
            cluster_id: {type: int, description: ID of the cluster.}
        media_nodes:
          description: Nodes of the modules C(rtpengine) and C(rtpproxy).
          returned: when C(media_nodes) is gathered
          type: list
          elements: dict
          contains:
            engine: {type: str, sample: rtpengine, description: V(rtpengine) or V(rtpproxy).}
            set: {type: int, sample: 1, description: ID of the set.}
            url: {type: str, sample: "udp:127.0.0.1:22222", description: URL of the node.}
            index: {type: int, description: Number of the node within its set.}
            enabled: {type: bool, description: Whether the node is used. False if a command switched it off.}
            available: {type: bool, description: "Whether the node receives calls now. False if it is switched off, or does not answer."}
            weight: {type: int, sample: 1, description: Weight.}
            recheck_ticks: {type: int, description: "Server time, in seconds since its start, at which it tries an unavailable node again."}
        addresses:
          description: Trusted addresses and subnets of the module C(permissions).
          returned: when C(addresses) is gathered
          type: list
          elements: dict
          contains:
            partition: {type: str, sample: default, description: Partition.}
            group: {type: int, sample: 1, description: ID of the group.}
            ip: {type: str, sample: 10.2.0.0, description: "Address, or first address of the subnet."}
            mask: {type: int, sample: 16, description: Length of the prefix.}
            port: {type: int, sample: 5060, description: Port. V(0) means any.}
            proto: {type: str, sample: udp, description: "Protocol, or V(any). Null for subnets before OpenSIPS 2.3."}
            pattern: {type: str, description: Pattern that the request must match. Null means any.}
            context_info: {type: str, sample: office, description: Text for the script.}
        domains:
          description: Domains for which the server is responsible, from the module C(domain).
          returned: when C(domains) is gathered
          type: list
          elements: dict
          contains:
            name: {type: str, sample: example.com, description: Name of the domain.}
            attributes: {type: str, sample: t=1, description: Attributes (OpenSIPS 2.1 and later).}
        blacklists:
          description: Blacklists of destinations.
          returned: when C(blacklists) is gathered
          type: list
          elements: dict
          contains:
            name: {type: str, sample: net_filter, description: Name of the list.}
            owner: {type: str, sample: script, description: "What created the list, such as V(script). Null before OpenSIPS 3.4."}
            flags: {type: list, elements: str, sample: [expire], description: "V(read-only), V(expire) and V(default), as far as they are set."}
            rules:
              description: Rules of the list.
              type: list
              elements: dict
              contains:
                ip: {type: str, sample: 10.9.0.0, description: "Address, or first address of the network."}
                mask: {type: int, sample: 16, description: Length of the prefix.}
                proto: {type: str, sample: udp, description: "Protocol, or V(any)."}
                port: {type: int, sample: 5060, description: Port. V(0) means any.}
                match: {type: str, description: Pattern that the request must match. Null means any.}
                except: {type: bool, description: Whether the rule is for all destinations except these.}
                expires: {type: int, description: Seconds until the server removes the rule. Null if it stays.}
        trace:
          description: Tracing of SIP messages, by the module C(tracer), or C(siptrace) before OpenSIPS 3.0.
          returned: when C(trace) is gathered
          type: dict
          contains:
            enabled: {type: bool, description: Whether tracing is on as a whole.}
            destinations:
              description: Destinations of the trace IDs (OpenSIPS 2.2 and later).
              type: list
              elements: dict
              contains:
                id: {type: str, sample: tid, description: Trace ID.}
                kind: {type: str, sample: HEP, description: "V(SIP), V(HEP) or V(Database)."}
                uri: {type: str, sample: "192.0.2.60:9060", description: Where the messages go.}
                enabled: {type: bool, description: Whether the trace ID is on.}
                dynamic: {type: bool, description: Whether the command C(trace_start) created the trace ID.}
        cluster:
          description: Clusters that the server is a node of, as it sees them (OpenSIPS 2.3 and later).
          returned: when C(cluster) is gathered
          type: list
          elements: dict
          contains:
            cluster_id: {type: int, sample: 1, description: ID of the cluster.}
            node_id: {type: int, sample: 1, description: ID of this node.}
            synced:
              description: Whether every capability that is enabled is synced. Null before OpenSIPS 2.4.
              type: bool
              sample: true
            nodes:
              description: The other nodes. The server does not list itself.
              type: list
              elements: dict
              contains:
                node_id: {type: int, sample: 2, description: ID of the node.}
                url: {type: str, sample: "bin:192.0.2.2:5555", description: Address of the node within the cluster.}
                link:
                  description: State of the link to the node, V(up), V(probe) or V(down). V(probe) is a link that is down and is tried again.
                  type: str
                  sample: up
                enabled: {type: bool, description: "Whether the node is enabled. Null on OpenSIPS 2.3, 3.0 and 3.1."}
                next_hop: {type: int, sample: 2, description: ID of the node over which the node is reached. Null if it is not reached.}
                description: {type: str, description: Description of the node. Null if there is none.}
            topology:
              description: All nodes, this node first.
              type: list
              elements: dict
              contains:
                node_id: {type: int, sample: 1, description: ID of the node.}
                neighbours: {type: list, elements: int, sample: [2], description: IDs of the nodes to which it has a link.}
            capabilities:
              description: What is replicated. Null before OpenSIPS 2.4.
              type: list
              elements: dict
              contains:
                name: {type: str, sample: dialog-dlg-repl, description: Name of the capability.}
                state: {type: str, sample: ok, description: "V(ok) or V(not_synced)."}
                synced: {type: bool, description: Whether the state is V(ok).}
                enabled: {type: bool, description: Whether the capability is enabled (OpenSIPS 3.2 and later).}
        sharing_tags:
          description: Sharing tags of the cluster, as this node holds them.
          returned: when C(sharing_tags) is gathered
          type: list
          elements: dict
          contains:
            tag: {type: str, sample: vip, description: Name of the tag.}
            cluster_id: {type: int, sample: 1, description: "ID of the cluster. Null on OpenSIPS 2.4, where C(dialog) has its own tags."}
            state: {type: str, sample: active, description: "V(active) or V(backup)."}
        status:
          description: Status reports (OpenSIPS 3.3 and later).
          returned: when C(status) is gathered
          type: list
          elements: dict
          contains:
            group: {type: str, sample: clusterer, description: "What reports, usually a module."}
            identifier: {type: str, sample: "cap:dialog-dlg-repl", description: What is reported on.}
            ready: {type: bool, description: Whether it is ready.}
            status: {type: int, sample: 1, description: "Number of the status. It is negative if it is not ready, and V(2) while data is reloaded."}
            details: {type: str, sample: synced, description: Status in words. Null if there are none.}
        profiles:
          description: Dialog profiles, and how many dialogs are in each.
          returned: when C(profiles) is gathered
          type: list
          elements: dict
          contains:
            name: {type: str, sample: trunk, description: Name of the profile.}
            has_values: {type: bool, description: Whether the profile counts each value on its own.}
            size: {type: int, sample: 12, description: Number of dialogs in the profile.}
            shared: {type: bool, description: Whether servers share the count in a cachedb.}
            replicated: {type: bool, description: Whether the nodes of a cluster add up the count (OpenSIPS 2.1 and later).}
            value_sizes:
              description: Number of dialogs of each value. Null if the profile has no values, or the server cannot list them.
              type: list
              elements: dict
              contains:
                value: {type: str, sample: carrier-a, description: The value.}
                size: {type: int, sample: 7, description: Number of dialogs with the value.}
        tls:
          description:
            - TLS domains of the module C(tls_mgm).
            - The server reports the file of a certificate, not its contents. If the server is on the same host, the module reads the file.
              C(certificate_error) has the reason if it does not.
          returned: when C(tls) is gathered
          type: list
          elements: dict
          contains:
            name: {type: str, sample: default, description: Name of the domain.}
            role: {type: str, sample: server, description: "V(server), which accepts connections, or V(client), which opens them."}
            address: {type: str, sample: "192.0.2.1:5061", description: Address that the domain is for. Null on OpenSIPS 3.0 and later.}
            match_addresses:
              description: Addresses for which the domain is used. V(*) means any (OpenSIPS 3.0 and later).
              type: list
              elements: str
              sample: ["*"]
            match_sip_domains:
              description: SIP domains for which the domain is used. V(*) means any (OpenSIPS 3.0 and later).
              type: list
              elements: str
              sample: ["*"]
            method: {type: str, sample: TLSv1_2, description: "Version of TLS, or lowest and highest version."}
            verify_certificate: {type: bool, description: Whether the certificate of the other side is verified.}
            require_certificate: {type: bool, description: Whether a client must have a certificate.}
            crl_check_all: {type: bool, description: Whether each certificate of a chain is looked up in the revocation lists.}
            certificate_file: {type: str, sample: /etc/opensips/tls/cert.pem, description: File of the certificate. Null if it is in a table.}
            private_key_file: {type: str, sample: /etc/opensips/tls/key.pem, description: File of the private key. Null if it is in a table.}
            ca_file: {type: str, description: File of trusted certificates.}
            ca_directory: {type: str, description: Directory of trusted certificates.}
            crl_directory: {type: str, description: Directory of revocation lists.}
            dh_params_file: {type: str, description: File of Diffie-Hellman parameters.}
            ciphers: {type: str, description: Ciphers.}
            ec_curve: {type: str, description: Elliptic curve.}
            subject: {type: str, sample: CN=sip.example.com, description: Subject of the certificate (RFC 4514).}
            issuer: {type: str, sample: "CN=R3,O=Let's Encrypt,C=US", description: Issuer of the certificate.}
            subject_alt_names: {type: list, elements: str, sample: ["DNS:sip.example.com"], description: Alternative names of the subject.}
            not_before: {type: str, sample: "2026-11-22T03:17:45Z", description: "When the certificate becomes valid, in UTC."}
            not_after: {type: str, sample: "2027-02-20T03:17:44Z", description: "When the certificate ends, in UTC."}
            certificate_error: {type: str, description: Why the certificate could not be read. Null if it was.}
        tcp:
          description: Connections over TCP, TLS and WebSocket, and those between the nodes of a cluster.
          returned: when C(tcp) is gathered
          type: list
          elements: dict
          contains:
            id: {type: int, sample: 12, description: ID of the connection.}
            proto: {type: str, sample: tls, description: "Protocol, such as V(tcp), V(tls), V(ws), V(wss) or V(bin)."}
            state: {type: str, sample: ok, description: "V(ok), V(connecting), V(eof), V(bad) or V(error)."}
            remote_ip: {type: str, sample: 192.0.2.10, description: Address of the other side.}
            remote_port: {type: int, sample: 40214, description: Port of the other side.}
            local_ip: {type: str, sample: 192.0.2.1, description: Address of the server.}
            local_port: {type: int, sample: 5061, description: Port of the server.}
            expires_at: {type: str, sample: "2026-11-22T03:27:45", description: "When the server closes the connection if it is not used, in its local time."}
            tls_version: {type: str, sample: TLSv1.3, description: Version of TLS (OpenSIPS 4.0).}
            tls_cipher: {type: str, sample: TLS_AES_256_GCM_SHA384, description: Cipher (OpenSIPS 4.0).}
        rate_limits:
          description: Pipes of the module C(ratelimit). The server creates a pipe when the script first checks it.
          returned: when C(rate_limits) is gathered
          type: list
          elements: dict
          contains:
            pipe: {type: str, sample: invites, description: Name of the pipe.}
            algorithm: {type: str, sample: TAILDROP, description: Algorithm.}
            limit: {type: int, sample: 100, description: Requests that the pipe allows.}
            counter: {type: int, sample: 12, description: Requests that the pipe counted last.}
        call_center:
          description: State of the module C(call_center).
          returned: when C(call_center) is gathered
          type: dict
          contains:
            flows:
              description: Flows.
              type: list
              elements: dict
              contains:
                flow: {type: str, sample: support, description: ID of the flow.}
                average_call_duration: {type: int, sample: 180, description: Average duration of a call in seconds.}
                processed_calls: {type: int, sample: 1200, description: Calls that the flow has handled.}
                logged_agents: {type: int, sample: 4, description: Agents that are logged in.}
                ongoing_calls: {type: int, sample: 3, description: "Calls that wait, or are with an agent."}
                references: {type: int, sample: 3, description: Calls that refer to the flow.}
            agents:
              description: Agents.
              type: list
              elements: dict
              contains:
                agent: {type: str, sample: alice, description: ID of the agent.}
                logged_in: {type: bool, description: Whether the agent is logged in.}
                state: {type: str, sample: free, description: "V(free), V(incall), V(inchat) or V(wrapup). Null if the agent is not logged in."}
                wrapup_ends: {type: int, description: Seconds until the agent is free again (OpenSIPS 3.3 and later).}
                ongoing_chats: {type: int, description: Chats of the agent (OpenSIPS 3.3 and later).}
                free_chats: {type: int, description: Further chats that the agent can have (OpenSIPS 3.3 and later).}
            calls:
              description: Calls.
              type: list
              elements: dict
              contains:
                call: {type: str, sample: B2B.335.5265213, description: ID of the call.}
                state:
                  description: V(welcome), V(dissuading1), V(dissuading2), V(queued), V(preagent), V(toagent), V(ended) or V(ignored).
                  type: str
                  sample: toagent
                call_time: {type: int, sample: 95, description: Seconds since the call arrived. Null if it ended.}
                flow: {type: str, sample: support, description: ID of the flow.}
                agent: {type: str, sample: alice, description: ID of the agent. Null if there is none.}
            queue:
              description: Calls that wait for an agent, the first one first.
              type: list
              elements: dict
              contains:
                position: {type: int, sample: 0, description: "Position in the queue, from V(0)."}
                call: {type: str, sample: B2B.335.5265213, description: ID of the call (OpenSIPS 3.3 and later).}
                media: {type: str, sample: RTP, description: "V(RTP) or V(MSRP) (OpenSIPS 3.3 and later)."}
                caller_user: {type: str, sample: "4930123456", description: User of the caller (OpenSIPS 3.3 and later).}
                caller_name: {type: str, description: Display name of the caller (OpenSIPS 3.3 and later).}
                waiting: {type: int, sample: 12, description: Seconds that the call has waited.}
                expected_wait: {type: int, sample: 40, description: Seconds that the server expects the call to wait.}
                flow: {type: str, sample: support, description: ID of the flow.}
                priority: {type: int, sample: 1, description: Priority of the flow.}
                skill: {type: str, sample: english, description: Skill that the flow requires.}
        shared_variables:
          description: Value of each shared variable C($shv()) of the script, an integer or text.
          returned: when C(shared_variables) is gathered
          type: dict
          sample: {colour: red, maintenance: 1}
        subscribers:
          description: Subscribers of events.
          returned: when C(subscribers) is gathered
          type: list
          elements: dict
          contains:
            event: {type: str, sample: E_UL_AOR_INSERT, description: Name of the event.}
            event_id: {type: int, description: Number of the event.}
            socket: {type: str, sample: "udp:192.0.2.70:8888", description: Socket of the subscriber.}
            protocol: {type: str, description: Protocol of the event.}
            expires: {type: int, sample: 600, description: Lifetime of the subscription in seconds. Null if it does not end.}
            ttl: {type: int, sample: 301, description: Seconds until the subscription ends (OpenSIPS 3.1 and later).}
        cache:
          description: Value of each of O(cache_keys). Null if the key is absent.
          returned: when C(cache) is gathered
          type: dict
          sample: {maintenance: 'yes', token: null}
        skipped:
          description: Reason for each subset that could not be gathered.
          returned: always
          type: dict
          sample:
            dispatcher: "This server has no MI command 'ds_list'. It needs the module dispatcher of OpenSIPS 1.4 to 4.0: is it loaded?"
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
