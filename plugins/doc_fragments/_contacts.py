# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

from __future__ import annotations

import re

from ansible_collections.community.opensips.plugins.doc_fragments._database import suboptions


class ModuleDocFragment:
    # The filters on registered contacts; the same in every module that has them
    DOCUMENTATION = r"""
options:
  select:
    description:
      - Selects registered contacts by filters. If the task also names AORs, it selects among their contacts, otherwise among all.
      - An empty mapping selects all of them.
      - A contact is selected if every filter matches, and no filter C(exclude_*) matches. A list matches if one of its elements matches.
      - Contacts whose registration has run out are never selected.
      - OpenSIPS before 3.0 prints what phones wrote into their registration as it is. If the contacts of an AOR do not look as the server
        writes them, the task leaves the AOR out, and warns.
    type: dict
    suboptions:
      aor:
        description:
          - Shell patterns (V(*), V(?), V([1-5])) of the AOR. A pattern with V(@) is compared with the whole AOR, any other
            pattern with its user.
        type: list
        elements: str
      aor_regex:
        description:
          - Regular expressions to search for in the AOR. Case does not matter.
        type: list
        elements: str
      domain:
        description:
          - Domains of the AOR. Case does not matter, and IPv6 addresses match in any spelling. If the server stores AORs without a domain,
            no contact matches.
        type: list
        elements: str
      user_agent:
        description:
          - Regular expressions to search for in the User-Agent. Case does not matter.
        type: list
        elements: str
      contact:
        description:
          - Shell patterns of the contact URI.
        type: list
        elements: str
      network:
        description:
          - Networks such as V(192.0.2.0/24). The address of the contact, or the source address of its REGISTER, must be in one of them.
        type: list
        elements: str
      socket:
        description:
          - Shell patterns of the server's socket that received the REGISTER, such as V(udp:192.0.2.1:*).
        type: list
        elements: str
      expires_within:
        description:
          - Seconds within which the registration ends.
        type: int
      branch_flags:
        description:
          - Branch flags that must all be set on the contact, such as V(NAT).
        type: list
        elements: str
      exclude_aor:
        description:
          - Leaves out what O(select.aor) would select.
        type: list
        elements: str
      exclude_aor_regex:
        description:
          - Leaves out what O(select.aor_regex) would select.
        type: list
        elements: str
      exclude_domain:
        description:
          - Leaves out what O(select.domain) would select.
        type: list
        elements: str
      exclude_user_agent:
        description:
          - Leaves out what O(select.user_agent) would select.
        type: list
        elements: str
      exclude_contact:
        description:
          - Leaves out what O(select.contact) would select.
        type: list
        elements: str
      exclude_network:
        description:
          - Leaves out what O(select.network) would select.
        type: list
        elements: str
      exclude_socket:
        description:
          - Leaves out what O(select.socket) would select.
        type: list
        elements: str
      sample:
        description:
          - Percentage of the selected contacts to choose, above 0 and at most 100. At least one contact is chosen.
          - With the same O(select.seed), the same contacts are chosen each time.
        type: float
      seed:
        description:
          - Any text. Another seed chooses another O(select.sample).
        type: str
      limit:
        description:
          - Maximum number of contacts to select, in the order of the location table.
        type: int
  location_table:
    description:
      - Name of the location table in the module C(usrloc).
    type: str
    default: location
  location_db:
    description:
      - Reads registered contacts from the database that C(usrloc) writes to, and not from the server. The module still sends over MI.
      - On OpenSIPS 3.0 and later, C(ul_dump) takes time that grows with the square of the number of contacts. A database does not.
      - The C(working_mode_preset) or C(db_mode) of C(usrloc) must write to a database. With write-back, the server
        writes to the table every C(timer_interval), 60 seconds by default. Contacts that registered since then are not found.
      - The database applies most filters of O(select), and the module applies all of them to what it returns.
      - The account requires the right to read the location table and the table C(version). That table must have a known version of the
        location table.
      - The clocks of this host and of the server must agree. For tables of OpenSIPS before 2.4, their time zones must agree, too.
      - C(state) of contacts is empty, since a database does not hold it. OpenSIPS writes two digits of C(q).
      - Requires SQLAlchemy 1.4 or later, and psycopg2 (or psycopg, with SQLAlchemy 2) for PostgreSQL, PyMySQL (or mysqlclient) for MySQL
        and MariaDB.
    type: dict
    suboptions:
      db_table:
        description:
          - Name of the location table in the database. If not set, it is O(location_table).
        type: str
"""


# the checks of ansible-test read only constants in a class
ModuleDocFragment.DOCUMENTATION += suboptions("location_db", 6)

# What the pages of modules say otherwise than those of plugins on the controller: (pattern, replacement)
_WORDS = (
    (
        r"If the task also names AORs, it selects among their contacts, otherwise among all\.",
        "If not set, all of them are selected.",
    ),
    (r"      - An empty mapping selects all of them\.\n", ""),
    (r" The module still sends over MI\.", ""),
    (r"\b(task|module)\b(?! requires| C\()", "plugin"),
)


def _of_plugins(text):
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text)
    return text


# The same options for inventory plugins: community.opensips._contacts.plugin
ModuleDocFragment.PLUGIN = _of_plugins(ModuleDocFragment.DOCUMENTATION)
