#!/usr/bin/python

# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: opensips_tls_domain
short_description: Manage TLS domains of OpenSIPS and their certificates
version_added: 1.0.0
description:
  - Writes the certificates and keys of the TLS domains of C(tls_mgm), has the server load them, and proves it.
  - Before anything is changed, the module checks that key and certificate belong together, and that each certificate of the chain
    issued the one before. It also checks the dates, and the names in the certificate.
  - With O(store=database), it writes rows of the table C(tls_mgm), and reloads them with C(tls_reload). No connection is lost.
  - With O(store=files), it replaces the files that the configuration of the server names. The server reads them when it starts.
  - Afterwards it reads the domains back with C(tls_list). It then makes a TLS handshake with the sockets of the server, and compares
    the certificate that it sees with the one that it pushed.
  - OpenSIPS 4.0 crashes on C(tls_reload), so the module never sends it to 4.0. See RV(restart_needed).
  - Requires OpenSIPS 2.3 or later.
extends_documentation_fragment:
  - community.opensips._attributes
  - community.opensips._attributes.bothgroups
  - community.opensips._connection
  - community.opensips._database
attributes:
  check_mode:
    support: full
    details:
      - The module checks the certificates, reads the table or the files, and returns what it would write. It also makes the handshakes.
  diff_mode:
    support: full
    details:
      - Certificates are shown as subject, dates and SHA-256. Private keys are not shown.
  idempotent:
    support: full
  platform:
    platforms: posix
options:
  domains:
    description:
      - The TLS domains. C(name) and C(role) identify a domain.
      - Suboptions that are not set keep their values. In a new row, they get the default of the table.
      - The values of this option are neither logged nor returned with the invocation.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the domain, with at most 64 characters.
          - In OpenSIPS 2.x, V(default) is the domain for all connections that no other domain matches.
        type: str
        required: true
      role:
        description:
          - V(server) is a domain for connections that others open. V(client) is one for connections that the server opens.
        type: str
        choices: [server, client]
        default: server
      match_addresses:
        description:
          - Addresses that choose the domain, such as V(192.0.2.1:5061). V(*) stands for any, which is the default of OpenSIPS 3.0 and later.
          - For a server domain, it is an address on which the server listens. For a client domain, it is the address to which it connects.
          - If a domain matches an address exactly, the server does not use domains that match any address there.
          - OpenSIPS 2.x takes one address. It requires one for a server domain whose name is not V(default).
        type: list
        elements: str
      match_sip_domains:
        description:
          - SIP domains that choose the domain, such as V(sip.example.com) or V(*.example.com). V(*) stands for any, which is the default.
          - For a server domain, it is the name that the client requests (SNI). A client that requests none gets a domain with V(*).
          - All domains of one role that match an address have at most 64 SIP domains together. With more, OpenSIPS hangs, so the module refuses them.
          - Requires OpenSIPS 3.0 or later.
        type: list
        elements: str
      certificate:
        description:
          - The certificate in PEM, followed by those that lead to its authority.
          - A server domain requires either this or O(domains[].certificate_file). A client domain without one requires OpenSIPS 3.6 or later.
        type: str
      certificate_file:
        description:
          - Reads O(domains[].certificate) from a file on the host that runs the task, such as C(fullchain.pem) of certbot.
        type: path
      private_key:
        description:
          - The private key of the certificate in PEM. It must not have a pass phrase, because a server would wait for it.
        type: str
      private_key_file:
        description:
          - Reads O(domains[].private_key) from a file on the host that runs the task.
        type: path
      ca:
        description:
          - Certificates of the authorities in PEM that may have issued the certificate of the other side.
        type: str
      ca_file:
        description:
          - Reads O(domains[].ca) from a file on the host that runs the task.
        type: path
      ca_directory:
        description:
          - Directory of the server with certificates of authorities, named by their hashes.
        type: path
      dh_params:
        description:
          - Parameters for the Diffie-Hellman key exchange in PEM.
        type: str
      dh_params_file:
        description:
          - Reads O(domains[].dh_params) from a file on the host that runs the task.
        type: path
      method:
        description:
          - TLS version, V(TLSv1), V(TLSv1_2), V(TLSv1_3), or V(SSLv23) for any.
          - OpenSIPS 3.0 and later also takes a range such as V(TLSv1_2-TLSv1_3). C(TLSv1_3) requires OpenSIPS 3.0 or later.
        type: str
      verify_certificate:
        description:
          - Whether the server verifies the certificate of the other side. The default of the table is V(true).
        type: bool
      require_certificate:
        description:
          - Whether a client must present a certificate. The default of the table is V(true). Phones usually have none.
        type: bool
      crl_check_all:
        description:
          - Whether the server looks for each certificate of a chain in the revocation lists.
        type: bool
      crl_directory:
        description:
          - Directory of the server with revocation lists.
        type: path
      ciphers:
        description:
          - Ciphers for TLS 1.2 and older, as OpenSSL writes them, such as V(HIGH:!aNULL).
          - The task fails if OpenSSL on the host has none of them, or if none fits the certificate and O(domains[].method).
        type: str
      ec_curve:
        description:
          - Curve for the key exchange, as C(openssl ecparam -list_curves) names it, such as V(prime256v1).
          - The task fails if OpenSSL on the host does not have it for TLS. OpenSIPS cannot set V(X25519).
        type: str
      files:
        description:
          - Paths of the files with O(store=files), as the configuration of the server has them.
          - If not set, the module uses the paths that C(tls_list) reports.
        type: dict
        suboptions:
          certificate:
            description: Path of the file with the certificate and its chain.
            type: path
          private_key:
            description:
              - Path of the file with the private key. If it is the path of the certificate, the file gets both.
            type: path
          ca:
            description: Path of the file with the certificates of authorities.
            type: path
          dh_params:
            description: Path of the file with the parameters for Diffie-Hellman.
            type: path
  state:
    description:
      - V(present) writes the domains, and does not change others.
      - V(absent) deletes the domains from the table. Other suboptions than C(name) and C(role) have no effect.
      - V(exact) does the same as V(present), and deletes all other domains of the table.
      - With O(store=files), only V(present) is allowed.
    type: str
    choices: [present, absent, exact]
    default: present
  store:
    description:
      - Where the server has the domains. V(database) is the table that C(db_url) of C(tls_mgm) names, and V(files) is its configuration.
      - With V(database), O(db_url) or O(db_engine) is required.
    type: str
    choices: [database, files]
    default: database
  db_table:
    description:
      - The name of the table in the database, if it is not C(tls_mgm).
    type: str
  owner:
    description:
      - User that owns the files with O(store=files), by name or number.
      - If not set, a file keeps its owner, and a new file belongs to the user of the task.
    type: str
  group:
    description:
      - Group of the files with O(store=files), by name or number. If not set, a file keeps its group.
    type: str
  mode:
    description:
      - Mode of the file with the private key, as an octal number in quotes, such as V('0640').
      - If not set, the file keeps its mode, and a new one gets V('0600'). The task fails if everybody could read the key.
    type: str
  check_names:
    description:
      - Whether the certificate of a server domain must be valid for all O(domains[].match_sip_domains).
    type: bool
    default: true
  check_dates:
    description:
      - Whether the certificates must be valid now, and for O(minimum_certificate_days).
      - If V(false), the task warns of a certificate that is not valid, and writes it. Clients that verify certificates then refuse the server.
    type: bool
    default: true
  check_chain:
    description:
      - Whether each certificate of a chain must be issued by the next one, and whether the domain may use its certificate in its O(domains[].role).
      - If V(false), the task warns in these cases, and accepts weak keys and signatures. A server starts with such a certificate, but peers may refuse it.
    type: bool
    default: true
  minimum_certificate_days:
    description:
      - Days for which a certificate must still be valid. A certificate that has ended is refused, unless O(check_dates) is V(false).
    type: float
    default: 0.0
  check_handshake:
    description:
      - Whether to make TLS handshakes with the server.
    type: bool
    default: true
  sockets:
    description:
      - TLS sockets of the server for the handshakes, such as V(tls:192.0.2.1:5061). Each of them must then answer, unless RV(restart_needed) is V(true).
      - If not set, these are the sockets in the configuration of the server, if it is on the host that runs the task.
    type: list
    elements: str
  maximum_answer_time:
    description:
      - Seconds within which each of the sockets must complete a handshake. At most 60.
    type: float
    default: 5.0
  reload:
    description:
      - Whether the module uses MI. If V(false), it writes the table or the files only, and makes handshakes only with O(sockets).
    type: bool
    default: true
  reload_when:
    description:
      - When the server reloads the table.
      - With V(changed), the server reloads if the task changes a domain, or if an earlier reload failed. It also reloads if a socket presents
        another certificate than the table has.
      - With V(always), the server reloads on every run. The task then always reports a change.
    type: str
    choices: [changed, always]
    default: changed
  wait_timeout:
    description:
      - Maximum number of seconds to wait for the reload.
    type: float
    default: 60
notes:
  - Connections that are open keep the certificate with which they began.
  - OpenSIPS skips a domain that it cannot load, and still reports success. The module therefore reads the domains back.
    If a domain is not there, it restores the rows, and has the server load them again.
  - No version of OpenSIPS reads the files of its configuration again before it restarts. To renew certificates without a restart,
    use O(store=database), with a version before 4.0.
  - The table needs the same rights as for M(community.opensips.opensips_table).
seealso:
  - module: community.opensips.opensips_table
  - module: community.opensips.opensips_health
  - name: Module tls_mgm
    description: The module in the OpenSIPS manual.
    link: https://opensips.org/html/docs/modules/3.6.x/tls_mgm.html
author:
  - community.opensips contributors (@community-opensips)
"""

EXAMPLES = r"""
- name: Push a certificate that was renewed, and prove that the server presents it
  community.opensips.opensips_tls_domain:
    db_url: sqlite:////var/lib/opensips/opensips.sqlite
    domains:
      - name: sip.example.com
        match_sip_domains: ["*"]
        certificate_file: /etc/letsencrypt/live/sip.example.com/fullchain.pem
        private_key_file: /etc/letsencrypt/live/sip.example.com/privkey.pem
        verify_certificate: false
        require_certificate: false
    sockets: ["tls:192.0.2.1:5061"]

- name: Replace the files that the configuration names
  community.opensips.opensips_tls_domain:
    store: files
    domains:
      - name: default
        certificate: "{{ lookup('ansible.builtin.file', 'sip.pem') }}"
        private_key: "{{ vault_sip_key }}"
  register: tls

- name: Report that OpenSIPS must be restarted
  ansible.builtin.debug:
    msg: "{{ tls.restart_reason }}"
  when: tls.restart_needed

- name: Remove a domain
  community.opensips.opensips_tls_domain:
    db_url: sqlite:////var/lib/opensips/opensips.sqlite
    domains:
      - name: old.example.com
    state: absent
"""

RETURN = r"""
results:
  description: One entry for each of O(domains), in their order. Then one entry for each domain that O(state=exact) deletes.
  returned: if the table or the files could be read
  type: list
  elements: dict
  contains:
    name:
      description: Name of the domain.
      type: str
      sample: sip.example.com
    role:
      description: V(server) or V(client). V(both) for a row of OpenSIPS 2.x with the default domain of both roles.
      type: str
      sample: server
    outcome:
      description:
        - What became of the domain, V(inserted), V(updated), V(deleted) or V(unchanged).
        - If it differs, V(planned) in check mode, and V(not_written) if writing failed or was undone.
        - V(unknown) if the connection to the database was lost during the commit.
      type: str
      sample: updated
    changed:
      description: Whether the domain was changed, or would be changed in check mode.
      type: bool
      sample: true
    before:
      description:
        - The suboptions that the task sets, as they were. Certificates are as in RV(results[].certificate). Authorities are their subjects.
        - Private keys are V(hidden). If one changes, it is V(hidden, changed) in RV(results[].after).
        - With O(store=files), an entry for each file with its C(content), C(mode) and C(owner).
      type: dict
      sample: {verify_certificate: true}
    after:
      description: The same afterwards. Empty if the domain is deleted.
      type: dict
      sample: {verify_certificate: false}
    certificate:
      description: The certificate of the domain. Empty if there is none.
      type: dict
      contains:
        subject:
          description: Distinguished name, as RFC 4514 writes it.
          type: str
          sample: CN=sip.example.com
        issuer:
          description: Distinguished name of the authority.
          type: str
          sample: CN=R3,O=Let's Encrypt,C=US
        subject_alt_names:
          description: Names for which it is valid.
          type: list
          elements: str
          sample: ["DNS:sip.example.com"]
        not_before:
          description: When it begins, in UTC.
          type: str
          sample: "2026-11-22T03:17:45Z"
        not_after:
          description: When it ends, in UTC.
          type: str
          sample: "2027-02-20T03:17:44Z"
        sha256:
          description: SHA-256 of the certificate in hexadecimal digits.
          type: str
          sample: c05cd2c5139debd69b1e472fbf135362b9579299539783dc70b2072468a60bb0
        chain:
          description: Subjects of the other certificates.
          type: list
          elements: str
          sample: ["CN=R3,O=Let's Encrypt,C=US"]
    files:
      description: Paths of the files with O(store=files).
      type: dict
      sample: {certificate: /etc/opensips/tls/sip.pem}
    in_use:
      description:
        - Whether all sockets that answered present the certificate. Empty if that is not known.
        - In check mode, whether they present it now.
      type: bool
      sample: true
    handshakes:
      description: The handshakes for the domain.
      type: list
      elements: dict
      contains:
        socket:
          description: The socket.
          type: str
          sample: tls:192.0.2.1:5061
        server_name:
          description: The name that was requested (SNI). Empty if none was.
          type: str
          sample: sip.example.com
        is_expected:
          description: Whether the certificate that the socket presented is that of the domain. Empty if there was none.
          type: bool
          sample: true
        certificate:
          description: The certificate that the socket presented, as RV(results[].certificate), without C(chain).
          type: dict
        error:
          description: Why there was none, with C(type), C(message) and C(hint). Empty if there is no error.
          type: dict
    verified:
      description: Whether the server lists the domain after the reload as it is in the table. Empty if there was no reload.
      type: bool
      sample: true
    error:
      description: Why the server does not have the domain, with C(type), C(message) and C(hint). Empty if there is no error.
      type: dict
summary:
  description: Counts of RV(results).
  returned: if the table or the files could be read
  type: dict
  contains:
    total:
      description: Number of entries.
      type: int
      sample: 1
    outcomes:
      description: Number of entries for each RV(results[].outcome), including outcomes without entries.
      type: dict
      sample: {inserted: 0, updated: 1, deleted: 0, unchanged: 0, planned: 0, not_written: 0, unknown: 0}
restart_needed:
  description:
    - Whether the server must be restarted to use the domains. Empty if that is not known.
    - It stays V(true) in later runs, until the sockets present the certificates.
  returned: if the table or the files could be read
  type: bool
  sample: false
restart_reason:
  description: Why the server must be restarted. Empty if it must not.
  returned: if the table or the files could be read
  type: str
  sample: OpenSIPS reads the files of its configuration only when it starts
handshake_reason:
  description: Why no socket is known for handshakes. Empty if there are some.
  returned: if the table or the files could be read
  type: str
  sample: The server has no TLS socket
table_version:
  description: The version of the table. Empty with O(store=files).
  returned: if the table or the files could be read
  type: int
  sample: 3
reload:
  description: The reload that was run, or would be run in check mode. Empty if there is none.
  returned: if the table or the files could be read
  type: dict
  contains:
    cause:
      description:
        - Why the server reloads. V(changed) if a domain changed, V(pending) if an earlier reload failed, and V(always) with
          O(reload_when=always).
        - V(not_in_use) if a socket presents another certificate than the table has.
      type: str
      sample: changed
    outcome:
      description:
        - What became of the reload, V(reloaded) or V(failed). It is V(planned) in check mode.
        - V(not_run) if the task failed before the reload.
      type: str
      sample: reloaded
    requests:
      description: The MI request that was sent, or would be sent in check mode, with C(command) and C(params).
      type: list
      elements: dict
      sample:
        - command: tls_reload
          params: {}
    seconds:
      description: Duration of the reload in seconds. Empty if it was not run.
      type: float
      sample: 0.096
    verified:
      description: Whether the server has all domains after the reload. Empty if that is not known.
      type: bool
      sample: true
    verified_reason:
      description: Why that is not known. Empty if it is known.
      type: str
error:
  description: Why the task failed, with C(type), C(message) and C(hint). If the server returned an error, also C(code), C(reason) and C(data).
  returned: failure
  type: dict
  sample:
    type: CertificateNotPresented
    message: "tls:192.0.2.1:5061 presents the certificate CN=old.example.com, not the one of the domain sip.example.com"
    hint: "Another domain may match the same address or SIP domain. The log of the server says what it did not load"
"""

from ansible_collections.community.opensips.plugins.module_utils._module import tls_domain
from ansible_collections.community.opensips.plugins.module_utils._module.run import run_module


def main():
    run_module(tls_domain.spec(), tls_domain.run)


if __name__ == "__main__":
    main()
