# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What the inventory plugins share: their source file, the servers in it, the cache, and hosts out of records.

A record is a dict of plain data with the variables of one host. Phones and servers choose what is in it, so it becomes unsafe
before Ansible sees it, names of hosts included, whether it comes from a server or from the cache.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t

from ansible.constants import LOCALHOST
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.community.opensips.plugins.module_utils._errors import OpensipsError
from ansible_collections.community.opensips.plugins.module_utils._mi.connection import Connection
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, first_few
from ansible_collections.community.opensips.plugins.module_utils._mi.urls import shown_url
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import (
    CONNECTION_OPTIONS,
    ArgumentSpec,
    connection_spec,
)
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils._server import (
    Lesser,
    connection_of,
    error_text,
    lesser_options,
    own_spec,
    refuse_unknown,
    validated,
)

# What Ansible connects to must not be an option of ssh, nor what a pattern of hosts would take apart.
_ODD_START = re.compile(r"^[-!&~@]")
_SECRETS = frozenset(("url_password", "login_password", "db_url"))
_NAMED = 5

Record = dict[str, t.Any]


class Server(t.NamedTuple):
    """A server in a source file. place: of its entry, for messages. options: all that was written of it (dict)."""

    name: str
    place: str
    options: dict[str, t.Any]
    connection: Connection


class OpensipsInventory(BaseInventoryPlugin, Constructable, Cacheable):
    """The base of the inventory plugins. A subclass has NAME, FILES, FIELDS, TYPES and read()."""

    # ends of the names of its source files, without .yml
    FILES = ""
    # the variables of a host, and the types of those that the plugin itself works with
    FIELDS: tuple[str, ...] = ()
    TYPES: dict[str, t.Any] = {}
    # those whose values many hosts share
    SHARED: frozenset[str] = frozenset()

    @staticmethod
    def own_options() -> ArgumentSpec:
        """What an entry of servers may have besides name and the connection options."""
        return ArgumentSpec()

    def read(self, servers: list[Server]) -> list[Record]:
        """The records of all hosts. Tells of a server that cannot be asked by lost()."""
        raise NotImplementedError

    def name_of(self, record: Record) -> str:
        """The name of a host where the option name does not say."""
        raise NotImplementedError

    def unique_name(self, names: Names, record: Record, wanted: str) -> str:
        """The name that a host gets, which nobody else has."""
        return names.unique(wanted)

    def groups_of(self, record: Record) -> t.Iterable[str]:
        """The groups of a host, besides those of groups and keyed_groups."""
        return ()

    @staticmethod
    def _sanitize_group_name(name: str) -> str:
        # phones choose parts of such names
        return to_safe_group_name(name, force=True, silent=True)

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith((f"{self.FILES}.yml", f"{self.FILES}.yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._lost: list[str] = []
        self._path = path
        try:
            self._config = self._read_config_data(path)
        except AttributeError:  # Ansible asks a list for its keys
            raise AnsibleParserError(f"{path} is not a mapping. Write options, such as plugin: {self.NAME}") from None
        try:
            refuse_unknown(self._config, self.option_definitions)
            servers = self._servers()
            # the names that the source file itself has of servers
            self.named = {server.options["name"] for server in servers if server.options.get("name")}
            records = self._cached(servers, cache)
        except OpensipsError as error:
            raise AnsibleParserError(f"{path}: {error_text(error)}") from None
        self._add_hosts(records)

    def warn(self, text: str) -> None:
        """Warn of something in the source file."""
        self.display.warning(f"{self._path}: {text}")

    def lost(self, name: str, error: OpensipsError) -> None:
        """Fail, or warn, because a server cannot be asked."""
        text = f"The server {name} cannot be asked: {error_text(error)}"
        if self.get_option("strict"):
            raise AnsibleParserError(f"{self._path}: {text}")
        self._lost.append(name)
        self.warn(f"{text}{'' if text.endswith('?') else '.'} Its hosts are missing")

    # the source file

    def written(self, name: str) -> t.Any:
        """An option as the source file has it, with its templates evaluated, or None."""
        try:
            return self.templar.template(self._config.get(name))
        except AnsibleError as error:
            raise BadParameters(f"{name} cannot be evaluated: {error}", "Correct its template") from None

    def _servers(self) -> list[Server]:
        """The servers of the source file, with the options at its top as defaults. Raises BadParameters."""
        top = {name: self.written(name) for name in CONNECTION_OPTIONS if self._config.get(name) is not None}
        lesser = lesser_options(self, top)
        entries = self.written("servers")
        own = own_spec(self.own_options())
        more = {name: self.written(name) for name in own if self._config.get(name) is not None}
        options = validated(own, more, "the source file")
        if entries is None:
            connection = connection_of(top, lesser, "the source file")
            return [Server(str(_label_of(connection, options)), "the source file", options, connection)]
        if not isinstance(entries, list) or not entries:
            raise BadParameters("servers is not a list of servers", "Write an element for each, or leave servers out")
        defaults = Lesser(
            {**lesser.values, **top}, {**lesser.origins, **dict.fromkeys(top, "the top of the source file")}
        )
        if options.get("location_db"):
            raise BadParameters(
                "location_db and servers contradict each other", "Set location_db for an element of servers"
            )
        servers = [self._server(entry, f"servers[{place}]", defaults, options) for place, entry in enumerate(entries)]
        names = [server.name for server in servers]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise BadParameters(f"servers[{place}] is called {name}, as an earlier one", "Set another name")
        return servers

    def _server(self, entry: t.Any, place: str, defaults: Lesser, own_defaults: dict[str, t.Any]) -> Server:
        if not isinstance(entry, t.Mapping):
            raise BadParameters(f"{place} is {entry!r:.80}, which is not a mapping", "Write it like {url: …}")
        options = {**own_spec(connection_spec()), **own_spec(self.own_options()), "name": {"type": "str"}}
        given = {name: value for name, value in validated(options, entry, place).items() if value is not None}
        values = {**own_defaults, **given}
        written = {name: value for name, value in values.items() if name in CONNECTION_OPTIONS}
        connection = connection_of(written, defaults, place)
        # Ansible's texts know where they come from, which the cache would keep
        return Server(str(values.get("name") or _label_of(connection, values)), place, values, connection)

    # the cache

    def _cached(self, servers: list[Server], may_cache: bool) -> list[Record]:
        """The records, of the cache if it has them, else of the servers."""
        key, digest = self.get_cache_key(self._path), self._digest()
        is_cached = bool(self.get_option("cache"))
        if is_cached and may_cache:
            found = self._of_cache(key, digest)
            if found is not None:
                return found
        records = self.read(servers)
        if is_cached and self._lost:
            self.warn(f"Not cached, because hosts of {first_few(self._lost, _NAMED)} are missing")
        elif is_cached:
            self._cache[key] = {"digest": digest, "hosts": records}
        return records

    def _digest(self) -> str:
        """What the cache is about: another source file is another one. Secrets do not count."""
        text = json.dumps(_without_secrets(self._config), sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()

    def _of_cache(self, key: str, digest: str) -> list[Record] | None:
        try:
            found = self._cache[key]
        except KeyError:
            return None
        except Exception as error:  # each cache plugin has its own ways to break
            self.warn(f"The cache cannot be read, so the servers are asked: {printable(str(error))}")
            return None
        entry = found if isinstance(found, t.Mapping) else {}
        written_for, hosts = entry.get("digest"), entry.get("hosts")
        if isinstance(written_for, str) and written_for != digest:
            return None
        if written_for != digest or not isinstance(hosts, list) or not all(map(self._is_record, hosts)):
            self.warn("The cache does not hold what this plugin wrote, so the servers are asked")
            return None
        return hosts

    def _is_record(self, record: t.Any) -> bool:
        return isinstance(record, dict) and all(isinstance(record.get(name), kind) for name, kind in self.TYPES.items())

    # the hosts

    def _add_hosts(self, records: list[Record]) -> None:
        names = Names([*self.inventory.hosts, *self.inventory.groups])
        composed = [self.get_option(name) for name in ("compose", "groups", "keyed_groups")]
        unsafe = Unsafe(self.FIELDS, self.SHARED)
        for record in map(unsafe.record, records):
            host = wrap_var(self.unique_name(names, record, self._wanted_name(record)))
            self.inventory.add_host(host)
            # Ansible's way sets one variable after another, and of 100,000 hosts notes for each value that it comes from here:
            # three times the time and memory of all else
            self.inventory.hosts[host].vars.update(record)
            for group in self.groups_of(record):
                self.inventory.add_host(host, group=self.inventory.add_group(self._sanitize_group_name(group)))
            if any(composed):
                self._construct(record, host, *composed)

    def _construct(self, record: Record, host: str, compose: t.Any, groups: t.Any, keyed_groups: t.Any) -> None:
        strict = self.get_option("strict")
        self._set_composite_vars(compose, record, host, strict=strict)
        self._add_host_to_composed_groups(groups, record, host, strict=strict)
        self._add_host_to_keyed_groups(keyed_groups, record, host, strict=strict)

    def _wanted_name(self, record: Record) -> str:
        usual, expression = self.name_of(record), self.get_option("name")
        if not expression:
            return usual
        try:
            name = self._compose(expression, record)
            if isinstance(name, str) and name.strip():
                return name
            problem = f"it gives {name!r:.60}"
        except AnsibleError as error:
            problem = str(error)
        text = f"name: no name for {usual} ({printable(problem)})"
        if self.get_option("strict"):
            raise AnsibleParserError(f"{self._path}: {text}")
        self.display.vvv(f"{self._path}: {text}")
        return usual


class Unsafe:
    """Makes records unsafe for Ansible, so that it evaluates no templates in them.

    fields: names of what a record has; the rest, which can only come out of a cache, is left out. shared: names of those whose
    values repeat: each such value is held once, whatever the number of hosts.
    """

    def __init__(self, fields: t.Iterable[str], shared: frozenset[str]) -> None:
        self._fields = [(name, name in shared) for name in fields]
        self._known: dict[t.Any, t.Any] = {}

    def record(self, record: Record) -> Record:
        """The same values, in a dict of its own."""
        return {name: self._value(record.get(name), is_shared) for name, is_shared in self._fields}

    def _value(self, value: t.Any, is_shared: bool) -> t.Any:
        if not is_shared or not isinstance(value, str):
            return wrap_var(value)
        found = self._known.get(value)
        if found is None:
            found = self._known[value] = wrap_var(value)
        return found


class Names:
    """Names of hosts, each unique, whatever phones are called: none is that of another host, of a group, or of the controller."""

    def __init__(self, taken: t.Iterable[str]) -> None:
        self._taken = {str(name) for name in taken}.union(LOCALHOST)
        self._last: dict[str, int] = {}
        self._claimed: set[str] = set()

    def claim(self, wanted: str) -> bool:
        """Take a name that another source may have given to the same host. Gives False if another host of this source has it."""
        if wanted in self._claimed:
            return False
        self._claimed.add(wanted)
        self._taken.add(wanted)
        return True

    def unique(self, wanted: str) -> str:
        """wanted, or wanted with a number from 2 on; control characters are escaped."""
        name = base = _ODD_START.sub(r"_\g<0>", printable(str(wanted).strip()) or "_")
        number = self._last.get(base, 1)
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._last[base] = number
        self._taken.add(name)
        return name


def _label_of(connection: Connection, options: t.Mapping[str, t.Any]) -> str:
    """How a server without a name is called."""
    if options.get("location_db"):
        return "location_db"
    chosen = connection.options
    if chosen.transport == "http":
        return shown_url(chosen.url)
    if chosen.transport == "datagram" and chosen.socket_path is None:
        return f"{chosen.host or '127.0.0.1'}:{chosen.port}"
    return chosen.socket_path or chosen.fifo_path or "local"


def _without_secrets(value: t.Any) -> t.Any:
    if isinstance(value, t.Mapping):
        return {str(name): _without_secrets(inner) for name, inner in value.items() if name not in _SECRETS}
    return [_without_secrets(inner) for inner in value] if isinstance(value, (list, tuple)) else value
