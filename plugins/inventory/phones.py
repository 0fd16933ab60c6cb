# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: phones
short_description: Phones that are registered on OpenSIPS, as hosts
version_added: 1.0.0
author:
  - community.opensips contributors (@community-opensips)
description:
  - Reads the registered contacts of one or several servers (OpenSIPS 1.11 to 4.0). Each contact is a host in the group C(opensips_phones).
  - The source file must have a name that ends in C(opensips_phones.yml) or C(opensips_phones.yaml).
  - The host variables are C(aor), C(contact), C(address), C(sip_port), C(transport), C(user_agent), C(vendor), C(model),
    C(firmware), C(expires) (seconds), C(socket), C(instance) (the C(+sip.instance)) and C(server) (the name of the server).
  - C(address), C(sip_port) and C(transport) are where the server reaches the phone. Behind NAT, this is where its REGISTER came from.
  - The port is called C(sip_port), because Ansible reserves C(port).
  - The plugin sets no connection variables. Most phones do not run Ansible modules. See the examples.
  - If several servers have the same registration, as the nodes of a cluster do, it is one host, of the first of these servers.
  - Phones choose the values of these variables. Ansible does not evaluate templates in them. Do not use them in shell commands
    without the filter P(ansible.builtin.quote#filter).
extends_documentation_fragment:
  - community.opensips._connection.plugin
  - community.opensips._contacts.plugin
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description:
      - Must be V(community.opensips.phones).
    type: str
    required: true
    choices:
      - community.opensips.phones
  servers:
    description:
      - Servers to read from. Each is a mapping with any of the connection options, O(location_table), O(location_db), and C(name).
      - If an element does not set an option, the one at the top of the source file counts, as far as it fits the transport of the element.
      - If C(name) is not set, it is the address or path of the server.
      - O(location_db) at the top of the source file contradicts this option.
      - If not set, the options at the top of the source file are about one server.
    type: list
    elements: dict
  name:
    description:
      - A Jinja2 expression for the name of the host, such as V(vendor ~ '-' ~ aor). It can use the host variables.
      - If not set, the name is the AOR. The same holds if the expression fails or returns an empty text, unless O(strict) is V(true).
      - If two hosts have the same name, the plugin appends V(_2), V(_3) and so on to the names of all but the first. It sorts them by
        AOR and contact. It does the same if a group or a host of another inventory source has this name.
      - The plugin escapes control characters, and puts an underscore before one of V(-!&~@) at the beginning.
    type: str
  strict:
    description:
      - Whether the plugin fails if a server cannot be asked. If V(false), it warns, and reads from the other servers.
      - It also fails if O(name), O(compose), O(groups) or O(keyed_groups) fail for a host.
  cache:
    description:
      - Whether to keep the phones in a cache.
      - If the source file has changed since, or the cache is broken, the plugin asks the servers again.
      - If a server cannot be asked, the plugin does not write to the cache.
notes:
  - The limits O(select.sample) and O(select.limit) apply to each server.
  - Templates in connection options, O(servers), O(select) and O(location_db) are evaluated, for example to look up a password.
seealso:
  - plugin: community.opensips.cluster
    plugin_type: inventory
  - module: community.opensips.opensips_facts
"""

EXAMPLES = r"""
# lab.opensips_phones.yml. The first option is enough for all phones of the server on this host
plugin: community.opensips.phones

# Two servers that are asked, and one whose contacts are read from its database
servers:
  - name: sip1
    url: http://127.0.0.1:8888/mi
  - name: sip2
    host: 127.0.0.1
    port: 8888
  - name: sip3
    location_db:
      db_url: sqlite:////var/lib/opensips/opensips.sqlite

# Only the phones of Yealink, in groups such as vendor_yealink, model_T46U, office_berlin, old_firmware
select:
  user_agent:
    - yealink
keyed_groups:
  - key: vendor
    prefix: vendor
  - key: model
    prefix: model
groups:
  old_firmware: firmware is version('108.86.0.70', '<')
  office_berlin: address is match('198\\.51\\.100\\.')

# Tasks for a phone run on the controller
compose:
  ansible_connection: "'local'"
  ansible_python_interpreter: "'auto_silent'"

# Keep the contacts for ten minutes
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/opensips_phones
cache_timeout: 600
"""

import typing as t

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import LeftOut, Selection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, select_spec
from ansible_collections.community.opensips.plugins.module_utils._module.location import location_source
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task
from ansible_collections.community.opensips.plugins.plugin_utils._inventory import OpensipsInventory, Record, Server
from ansible_collections.community.opensips.plugins.plugin_utils._registered import FIELDS, SHARED, phone, registration
from ansible_collections.community.opensips.plugins.plugin_utils._server import validated, warned

_OF_SERVER = ("location_table", "location_db")


class InventoryModule(OpensipsInventory):
    NAME = "community.opensips.phones"
    FILES = "opensips_phones"
    FIELDS = FIELDS
    TYPES = {"aor": str, "contact": str, "server": str}
    SHARED = SHARED
    GROUP = "opensips_phones"

    @staticmethod
    def own_options() -> ArgumentSpec:
        spec = select_spec().spec
        return ArgumentSpec({name: spec[name] for name in _OF_SERVER})

    def name_of(self, record: Record) -> str:
        return record["aor"]

    def groups_of(self, record: Record) -> t.Iterable[str]:
        return (self.GROUP,)

    def read(self, servers: list[Server]) -> list[Record]:
        self.inventory.add_group(self.GROUP)
        selection = self._selection()
        found: dict[t.Any, Record] = {}
        for server in servers:
            try:
                self._read_one(server, selection, found)
            except BadParameters:
                raise
            except OpensipsError as error:
                self.lost(server.name, error)
        return sorted(found.values(), key=lambda record: (record["aor"], record["contact"], record["server"]))

    def _selection(self) -> Selection:
        """The filters. Raises BadParameters, before any server is asked."""
        select = {"select": select_spec().spec["select"]}
        given = validated(select, {"select": self.written("select") or {}}, "the source file")["select"]
        return Selection({name: value for name, value in given.items() if value is not None})

    def _read_one(self, server: Server, selection: Selection, found: dict[t.Any, Record]) -> None:
        params = {
            "location_table": server.options.get("location_table") or "location",
            "location_db": server.options.get("location_db"),
        }
        of_server: dict[t.Any, Record] = {}
        with warned(server.connection, self.warn) as connection:
            with location_source(Task(params, False, False, connection, self.warn)) as source:
                for contact in selection.each_chosen(source, LeftOut()):
                    of_server[registration(contact)] = phone(contact, server.name)
        for key, record in of_server.items():
            found.setdefault(key, record)
