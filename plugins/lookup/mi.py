# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: mi
short_description: Return what Management Interface commands of OpenSIPS report
version_added: 1.0.0
author:
  - community.opensips contributors (@community-opensips)
description:
  - Runs MI commands that only read on OpenSIPS 1.11 to 4.0, and returns their results. It runs on the controller.
  - Write a command with its classic name, such as C(ul_dump), or with its name in OpenSIPS 4.0, such as C(usrloc:dump).
    Write parameters with their names in OpenSIPS 3.x. The lookup translates both for the version of the server.
  - The lookup checks all commands before it sends the first one. It runs them in order over one connection, and fails at the first
    one that fails.
  - Ansible runs a lookup each time that it uses the expression, also in check mode. So the lookup refuses commands that change something.
    Use M(community.opensips.opensips_mi_command) for these.
extends_documentation_fragment:
  - community.opensips._connection.plugin
options:
  _terms:
    description:
      - Commands to run, in order. Each is the name of a command, or a mapping with C(command) and C(params).
      - C(params) is as O(params), for this command only.
    type: list
    elements: raw
    required: true
  params:
    description:
      - Parameters of the command, as a mapping of names to values, or as a list in the order of the command.
      - Only allowed if there is one command, and the command is a name.
    type: raw
  changes:
    description:
      - Whether the commands change something on the server. V(true) is refused.
      - If not set, the collection decides by the command. A command that the collection does not know counts as one that changes something.
      - Set V(false) if a command that the collection does not know only reads. The same holds for a command that can both read and write.
    type: bool
seealso:
  - module: community.opensips.opensips_mi_command
  - module: community.opensips.opensips_facts
"""

EXAMPLES = r"""
- name: Show since when the server has been running
  ansible.builtin.debug:
    msg: "{{ lookup('community.opensips.mi', 'uptime', url='http://127.0.0.1:8888/mi') }}"

- name: Show statistics, with the connection in a variable
  ansible.builtin.debug:
    msg: "{{ lookup('community.opensips.mi', 'get_statistics', params={'statistics': ['load:', 'shmem:']}) }}"
  vars:
    opensips_mi_url: http://127.0.0.1:8888/mi

- name: Ask for several things over one connection
  ansible.builtin.debug:
    msg: "{{ query('community.opensips.mi', 'version', {'command': 'ul_show_contact', 'params': {'table_name': 'location', 'aor': '1001'}}) }}"
  vars:
    opensips_mi_host: 127.0.0.1
    opensips_mi_port: 8888
"""

RETURN = r"""
_raw:
  description:
    - What the server returned for each command, as plain data.
    - For OpenSIPS 3.0 and later, it is the unchanged value of JSON-RPC or XML-RPC.
    - Before OpenSIPS 3.0, it is a list of nodes, each with C(name), C(value), C(attributes) and C(children). It is the same over
      every transport.
    - Ansible does not evaluate templates in it.
  type: list
  elements: raw
"""

import typing as t

from ansible.errors import AnsibleLookupError, AnsibleOptionsError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._mi import catalogue
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import CONNECTION_OPTIONS
from ansible_collections.community.opensips.plugins.plugin_utils._server import (
    connection_of,
    error_text,
    lesser_options,
    refuse_unknown,
    warned,
)

_OWN = ("params", "changes")
_PREFIX = "opensips_mi_"


class LookupModule(LookupBase):
    def run(self, terms: list[t.Any], variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        try:
            refuse_unknown(kwargs, CONNECTION_OPTIONS.union(_OWN))
            variables = self._evaluated(variables or {})
            self.set_options(var_options=variables, direct=kwargs)
            commands = _commands(terms, self.get_option("params"))
            written = {
                name: value for name, value in kwargs.items() if name in CONNECTION_OPTIONS and value is not None
            }
            connection = connection_of(written, lesser_options(self, written, variables), "the lookup")
        except OpensipsError as error:
            raise AnsibleOptionsError(f"The lookup community.opensips.mi: {error_text(error)}") from None
        try:
            with warned(connection, Display().warning):
                return wrap_var(_results(connection, commands, self.get_option("changes")))
        except OpensipsError as error:
            raise AnsibleLookupError(f"The lookup community.opensips.mi failed: {error_text(error)}") from None

    def _evaluated(self, variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """The variables, with those that set options as their templates give them: a lookup gets them as they are written."""
        own = {name: value for name, value in variables.items() if name.startswith(_PREFIX)}
        return {**variables, **self._templar.template(own)}


def _commands(terms: list[t.Any], params: t.Any) -> list[tuple[str, t.Any]]:
    """(command, params) of each term. Raises BadParameters that names the term."""
    if not terms:
        raise BadParameters("there is no command", "Name one, such as 'uptime'")
    if params is not None and (len(terms) > 1 or not isinstance(terms[0], str)):
        raise BadParameters(
            "params is set, and there is more than one command, or a command that is a mapping",
            "Write {'command': …, 'params': …} for each command",
        )
    return [_command(term, number, params) for number, term in enumerate(terms, 1)]


def _command(term: t.Any, number: int, params: t.Any) -> tuple[str, t.Any]:
    if isinstance(term, t.Mapping):
        unknown = sorted(map(str, set(term) - {"command", "params"}))
        if unknown:
            raise BadParameters(f"command {number} has {', '.join(unknown)}", "Write only command and params")
        term, params = term.get("command"), term.get("params")
    if not isinstance(term, str) or not term.strip():
        raise BadParameters(f"command {number} is {term!r}, which is not a name", "Write it like 'uptime'")
    if params is not None and not isinstance(params, (t.Mapping, list, tuple)):
        raise BadParameters(
            f"params of {term} is {params!r}", "Write a mapping of named parameters, or a list of positional ones"
        )
    return term, _plain(params)


def _plain(params: t.Any) -> t.Any:
    """Parameters as the connection takes them: templates may give mappings and sequences of Ansible's own."""
    if isinstance(params, t.Mapping):
        return {name: _plain(value) for name, value in params.items()}
    return [_plain(value) for value in params] if isinstance(params, (list, tuple)) else params


def _results(connection: Connection, commands: list[tuple[str, t.Any]], changes: bool | None) -> list[t.Any]:
    for command, params in commands:
        _refuse_change(connection.check(command, params), command, params, changes)
    return [connection.call(command, params).result for command, params in commands]


def _refuse_change(name: str, command: str, params: t.Any, changes: bool | None) -> None:
    """name: of the command on this server. The user knows better about commands that can both read and write, and unknown ones."""
    known, record = catalogue.changes(name, params), catalogue.find(name)
    is_sure = record is not None and record.kind != "dual"
    if changes or (known and (is_sure or changes is None)):
        raise BadParameters(
            f"{command} changes something on the server, and Ansible may run a lookup several times",
            "Use the module opensips_mi_command",
        )
    if changes is None and known is None:
        raise BadParameters(
            f"the collection does not know whether {command} changes something",
            "If it only reads, set changes=false. Otherwise, use the module opensips_mi_command",
        )
