# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""TLS domains in the table tls_mgm: rows, the reload, and what the sockets present then."""

import re
from typing import Any, Dict, List, Optional, Set, Tuple

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters, MIError, first_few
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task, TaskFailure
from ansible_collections.community.opensips.plugins.module_utils._module.table import Push
from ansible_collections.community.opensips.plugins.module_utils._module.tls_domain_store import (
    Domain,
    Proof,
    tls_sockets,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import tls
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import Record
from ansible_collections.community.opensips.plugins.module_utils._state import reload
from ansible_collections.community.opensips.plugins.module_utils._table import results
from ansible_collections.community.opensips.plugins.module_utils._table.database import Database
from ansible_collections.community.opensips.plugins.module_utils._table.errors import TableError
from ansible_collections.community.opensips.plugins.module_utils._table.push import Table
from ansible_collections.community.opensips.plugins.module_utils._table.tables import tls_mgm
from ansible_collections.community.opensips.plugins.module_utils._tls import material, proof

# Why a server reloads although no row changes: a socket presents something else than the table has
STALE = "not_in_use"
_TABLE = "tls_mgm"
# 3.5 loads the default certificate for a client domain that has none
_CLIENTS_WITHOUT_CERTIFICATE = (3, 6)
_OTHER_OPTIONS = ("owner", "group", "mode")
# {column: suboption}; those with lists, certificates and roles are not among them
_COLUMNS = {"method": "method", **tls_mgm.SWITCHES, **tls_mgm.TEXTS}
# {option of PEMS: its column, if that has another name}
_PEM_COLUMNS = {"ca": "ca_list"}
_OPTIONS = {
    **_COLUMNS,
    "domain": "name",
    "type": "role",
    "match_ip_address": "match_addresses",
    "match_sip_domain": "match_sip_domains",
    "address": "match_addresses",
    **{column: option for option, column in _PEM_COLUMNS.items()},
}
_ROLES = {number: role for role, number in tls_mgm.ROLES.items()}
_ROW = re.compile(r"row ([0-9]+), column (\w+):")
_SHOWN = 5


class TableStore:
    """The domains of a task in a table."""

    def __init__(self, task: Task, domains: List[Domain]) -> None:
        self._task = task
        self._domains = domains
        for name in _OTHER_OPTIONS:
            if task.params[name] is not None:
                raise BadParameters(f"{name} is set, and store is database", "Remove it, or set store to files")
        for domain in domains:
            if any((domain.options["files"] or {}).values()):
                raise BadParameters(
                    f"{domain.label}: files is set, and store is database", "Remove it, or set store to files"
                )
        asks = task.params["reload"]
        self._version: Optional[Tuple[int, ...]] = task.connection.version if asks else None
        self._script = self._read_script() if asks else []
        # why the server must be restarted to read the table
        refusal = reload.tls_refusal(task.connection.version, self._script) if asks else None
        self._restart: Optional[str] = refusal.message if refusal is not None else None
        self._reloads = asks and self._restart is None
        self._expected: Dict[int, proof.Expected] = {}
        self._claimed: Set[str] = set()
        self._proof = Proof(task, tls_sockets(task, asks), True)
        inner = dict(
            task.params,
            table=_TABLE,
            rows=None,
            rows_file=None,
            match=None,
            store_password=False,
            partition=None,
            inherit_state=None,
        )
        inner.update(scope={} if inner["state"] == "exact" else None, reload=self._reloads)
        self._inner = Task(inner, task.check_mode, task.diff_mode, task.connection, task.warn)
        self._push = _Push(self._inner, self._reloads, self)

    def run(self) -> Dict[str, Any]:
        """Write, reload and look; the result of the task."""
        self._task.known = lambda: self._result(self._inner.known())
        try:
            self._push.write(self._rows)
            self._push.reload()
        except TaskFailure as error:
            raise TaskFailure(self._in_options(str(error)), self._result(error.result)) from error
        except BadParameters as error:
            raise BadParameters(self._in_options(error.message), error.hint) from error
        # is_stale() has looked already, and found what the table has
        if self._push.result["reload"] is not None or not self._proof.entries:
            self.look()
        result = self._result(self._push.result)
        if not self._task.check_mode:
            self._proof.confirm(self._domains, result)
        return result

    def look(self) -> None:
        """Shake hands with the sockets of the server, as it is now."""
        if self._task.params["state"] != "absent":
            self._proof.look(self._domains, self._expected, self._claimed)

    def is_stale(self) -> bool:
        """Whether a socket presents something else than the table has, as it is now."""
        self.look()
        return self._proof.is_stale(self._domains)

    def inspect(self, table: Table, rows: List[Dict[str, Any]]) -> None:
        """Look at the table as it will be. Raises BadParameters for domains of which a server would ignore some."""
        has_filters = (table.schema.version or 0) >= tls_mgm.WITH_FILTERS
        # a server reads them when it starts, if not before
        harmful = tls_mgm.reload_problems(rows, table.schema.version)
        if harmful:
            raise BadParameters(
                f"domains: the server would not bear the table: {first_few(harmful, _SHOWN)}",
                "Nothing was written, and nothing was sent. Correct these rows first",
            )
        problems = self._same_names() + (self._conflicts(rows) if has_filters else [])
        if problems:
            raise BadParameters(
                f"domains: {first_few(problems, _SHOWN)}",
                "Nothing was written. A server would use one of them, and ignore the other",
            )
        servers = [row for row in rows if row["type"] != tls_mgm.CLIENT]
        places = {row["domain"]: _places(row, has_filters) for row in servers}
        for record in self._script:
            if record["role"] == "server":
                places.setdefault(record["name"], _record_places(record))
        self._claimed = {place for found in places.values() for place in found} - {tls_mgm.ANY}
        names = {row["domain"]: tls_mgm.sip_domains(row["match_sip_domain"]) for row in servers} if has_filters else {}
        self._expected = {
            domain.index: proof.Expected(places[domain.name], names.get(domain.name, [tls_mgm.ANY]), domain.certificate)
            for domain in self._domains
            if domain.role == "server" and domain.name in places
        }

    def _read_script(self) -> List[Record]:
        """The domains of the server's configuration."""
        return [record for record in tls.read(self._task.connection) if record["certificate_file"] is not None]

    # Rows

    def _rows(self, table: Table) -> List[Dict[str, Any]]:
        version = table.schema.version
        if version is not None and version < 2:
            raise BadParameters(
                f"The table {table.name} has the version {version} of OpenSIPS 2.2, which keeps paths of files",
                "Write it with community.opensips.opensips_table, or upgrade it",
            )
        rows = []
        for domain in self._domains:
            with domain.labelled():
                row = self._row(domain, version)
                problems = table.record.problems(dict(row), version)
                if problems:
                    raise BadParameters(
                        first_few([_in_words(text) for text in problems], _SHOWN), "Nothing was written"
                    )
            rows.append(row)
        return rows

    def _row(self, domain: Domain, version: Optional[int]) -> Dict[str, Any]:
        row: Dict[str, Any] = {"domain": domain.name, "type": tls_mgm.ROLES[domain.role]}
        if self._task.params["state"] == "absent":
            return row
        self._check_client(domain)
        for column, option in _COLUMNS.items():
            value = domain.options[option]
            if value is not None:
                row[column] = int(value) if column in tls_mgm.SWITCHES else value
        row.update((_PEM_COLUMNS.get(name, name), pem.decode("ascii")) for name, pem in domain.pems.items())
        row.update(_filters(domain.options) if (version or 0) >= tls_mgm.WITH_FILTERS else _address(domain))
        return row

    def _check_client(self, domain: Domain) -> None:
        """Refuse a client domain without a certificate where the server would load its default one."""
        version = self._version or _CLIENTS_WITHOUT_CERTIFICATE
        lacks = domain.role == "client" and domain.material.certificate is None
        if lacks and version[:2] < _CLIENTS_WITHOUT_CERTIFICATE:
            raise BadParameters(
                "certificate is missing, and OpenSIPS before 3.6 then loads the certificate of its defaults",
                "Set certificate and private_key, or upgrade",
            )

    def _same_names(self) -> List[str]:
        """Domains of the task that the configuration of the server has, too: list of str."""
        if self._task.params["state"] == "absent":
            return []
        there = {
            (record["name"], record["role"])
            for record in self._script
            if not record["name"].startswith(tls_mgm.DEFAULT)
        }
        return [
            f"{domain.label} is a domain of the configuration of the server, which then ignores the row"
            for domain in self._domains
            if (domain.name, domain.role) in there
        ]

    def _conflicts(self, rows: List[Dict[str, Any]]) -> List[str]:
        """Server domains of the table that match the same, of which one is the task's: list of str. Clients are chosen by name, too."""
        own = {domain.name for domain in self._domains if domain.role == "server"}
        first: Dict[Any, str] = {}
        problems = []
        for kind, place, sip_domain, name in tls_mgm.filters(rows):
            if kind != tls_mgm.SERVER:
                continue
            before = first.setdefault((place, sip_domain), name)
            if before != name and {before, name} & own:
                problems.append(
                    f"the server domains {before} and {name} both match the address {place} and the SIP domain {sip_domain}"
                )
        if self._task.params["state"] != "absent" and not problems:
            self._warn_of_script({match: name for match, name in first.items() if name in own})
        return problems

    def _warn_of_script(self, own: Dict[Any, str]) -> None:
        """Warn of domains of the configuration that hide domains of the task. own: {(address, SIP domain): name}."""
        hiding = {
            (record["name"], own[(place, sip_domain.lower())])
            for record in self._script
            if record["role"] == "server"
            for place in _record_places(record)
            for sip_domain in record["match_sip_domains"] or []
            if (place, sip_domain.lower()) in own
        }
        for there, name in sorted(hiding):
            self._task.warn(
                f"The domain {there} of the server's configuration matches the same as {name}: remove it there, and restart the server"
            )

    # The result

    def _result(self, inner: Dict[str, Any]) -> Dict[str, Any]:
        """The result of the push (dict) in the words of this module."""
        if "results" not in inner:
            return inner
        entries = [self._entry(found) for found in inner["results"]]
        return {
            "changed": inner["changed"],
            "table_version": inner["table_version"],
            "results": entries,
            "summary": {name: inner["summary"][name] for name in ("total", "outcomes")},
            "reload": inner["reload"],
            "restart_needed": self._restart_needed(inner["changed"]),
            "restart_reason": self._restart if self._restart_needed(inner["changed"]) else None,
            "handshake_reason": self._proof.sockets.reason,
            "diff": _diff(inner["results"], entries),
            **{name: inner[name] for name in ("error", "exception") if name in inner},
        }

    def _restart_needed(self, changed: bool) -> Optional[bool]:
        if self._version is None:
            return None
        if self._restart is None:
            return False
        return self._proof.restart_needed(self._domains, changed)

    def _entry(self, found: Dict[str, Any]) -> Dict[str, Any]:
        role = _ROLES.get(int(found["key"]["type"]), "both")
        own = {(domain.name, domain.role): domain for domain in self._domains}
        domain = own.get((found["key"]["domain"], role)) if found["row"] is not None else None
        return {
            "name": found["key"]["domain"],
            "role": role,
            "outcome": found["outcome"],
            "changed": found["changed"],
            "before": _as_options(found["before"]),
            "after": _as_options(found["after"]),
            "certificate": None if domain is None else material.describe(domain.material.certificate),
            "files": None,
            "in_use": None if domain is None else self._proof.in_use(domain),
            "handshakes": [] if domain is None else self._proof.shown(domain),
            "verified": found["verified"],
            "error": found["error"],
        }

    def _in_options(self, text: str) -> str:
        """A message of the table in the words of the options."""

        def named(match: Any) -> str:
            return f"{self._domains[int(match.group(1)) - 1].label}: {_OPTIONS.get(match.group(2), match.group(2))}:"

        return _ROW.sub(named, text[6:] if text.startswith("rows: row ") else text)


class _Push(Push):
    """A push of the table that looks at all of it before, and at the sockets."""

    def __init__(self, task: Task, reloads: bool, store: TableStore) -> None:
        super().__init__(task, reloads)
        self._store = store

    def _inspect(self, table: Table) -> None:
        self._store.inspect(table, table.rows_after(self._plan, list(table.columns.all)))

    def _verify(self) -> None:
        try:
            super()._verify()
        except TaskFailure as failure:
            refused = [entry for entry in self.result["results"] if entry["verified"] is False and entry["changed"]]
            if not refused:
                raise
            became = self._take_back()
            self.result["error"] = failure.result["error"]
            raise TaskFailure(f"{str(failure).rstrip('.')}. {became}", self.result) from failure

    def _take_back(self) -> str:
        """Have the server go on with the rows that were there before; what became of that (str)."""
        params, found = self._task.params, self.result
        try:
            with Database(params) as db:
                undone = Table(db, _TABLE, params["db_table"] or _TABLE).undo(self._request, self._plan)
        except TableError as error:
            return f"The previous rows could not be restored: {error}"
        if not undone:
            return "Another session has changed these rows since, so they stay"
        self._stage = results.NOT_WRITTEN
        self._update_result()
        for entry, before in zip(self.result["results"], found["results"]):
            entry.update(verified=before["verified"], error=before["error"])
        self.result.update(changed=False, diff={"before": {}, "after": {}}, reload=found["reload"])
        self.result["reload"]["requests"] *= 2
        try:
            reload.run(self._task.connection, self._planned, params["wait_timeout"])
        except MIError as error:
            return f"The previous rows were restored. The next run has the server load them, because it did not now: {error}"
        self._pending.clear()
        return "The previous rows were restored, and the server has loaded them again"

    def _why_reload(self) -> Optional[str]:
        cause = super()._why_reload()
        return STALE if cause is None and self._reloads and self._store.is_stale() else cause


def _filters(options: Dict[str, Any]) -> Dict[str, Any]:
    found = {"match_ip_address": options["match_addresses"], "match_sip_domain": options["match_sip_domains"]}
    for column, values in found.items():
        if values is not None and (not values or not all(text.strip() and "," not in text for text in values)):
            option = _OPTIONS[column]
            raise BadParameters(
                f"{option} has an empty entry, or one with a comma", "List each entry by itself, '*' for any"
            )
    return {column: ",".join(values) for column, values in found.items() if values is not None}


def _address(domain: Domain) -> Dict[str, Any]:
    """The address of a domain of 2.x, which has one."""
    given, names = domain.options["match_addresses"], domain.options["match_sip_domains"]
    if names not in (None, [tls_mgm.ANY]):
        raise BadParameters("match_sip_domains requires OpenSIPS 3.0 or later", "Remove it")
    if given is not None and len(given) != 1:
        raise BadParameters("match_addresses of OpenSIPS 2.x must have one entry", "Make a domain for each address")
    is_default = domain.name.startswith(tls_mgm.DEFAULT)
    if is_default and domain.name != tls_mgm.DEFAULT:
        raise BadParameters(
            "OpenSIPS 2.x takes a name that begins with default for its default domain", "Use another name"
        )
    if given is None or given == [tls_mgm.ANY]:
        if domain.role == "server" and not is_default:
            raise BadParameters(
                "match_addresses is missing",
                "A server domain of OpenSIPS 2.x requires an address, unless its name is default",
            )
        return {}
    return {"address": given[0]}


def _places(row: Dict[str, Any], has_filters: bool) -> List[str]:
    if has_filters:
        return tls_mgm.addresses(row["match_ip_address"])
    found = tls_mgm.address(row["address"]) if row["address"] else None
    return [tls_mgm.ANY] if found is None or row["domain"] == tls_mgm.DEFAULT else ["{0}:{1}".format(*found)]


def _record_places(record: Record) -> List[str]:
    """The addresses of a domain that the server lists. 2.x does not say the port."""
    return [] if record["match_addresses"] is None else tls_mgm.addresses(",".join(record["match_addresses"]))


def _in_words(problem: str) -> str:
    """A problem of a column in the words of the options."""
    match = re.match(r"column (\w+): ", problem)
    return problem if match is None else f"{_OPTIONS.get(match.group(1), match.group(1))}: {problem[match.end() :]}"


def _as_options(row: Optional[Dict[str, Any]]) -> Optional[Dict[str, Any]]:
    """A row as the result shows it: certificates described, the key hidden by the table."""
    if row is None:
        return None
    shown: Dict[str, Any] = {}
    for column, value in row.items():
        if column in ("id", "domain", "type"):
            continue
        shown[_OPTIONS.get(column, column)] = _value(column, value)
    return shown


def _value(column: str, value: Any) -> Any:
    if value is None:
        return None
    if column in tls_mgm.SWITCHES:
        return bool(int(value))
    if column in ("match_ip_address", "match_sip_domain"):
        return [part.strip() for part in str(value).split(",")]
    if column == "address":
        return [value]
    if column == "certificate":
        return material.describe(str(value).encode())
    if column == "ca_list":
        return material.subjects(str(value).encode())
    if column == "dh_params":
        return material.digest(str(value).encode())
    return value


def _diff(rows: List[Dict[str, Any]], entries: List[Dict[str, Any]]) -> Dict[str, Any]:
    """{before, after}: of the domains that change, what changes. rows: the entries of the table."""
    found: Dict[str, Any] = {"before": {}, "after": {}}
    for row, entry in zip(rows, entries):
        sides = [side for side in ("before", "after") if row[side] is not None]
        for side in sides if entry["changed"] and row["before"] != row["after"] else ():
            differing = {
                name: value
                for name, value in row[side].items()
                if len(sides) == 1 or row["before"][name] != row["after"][name]
            }
            found[side][f"{entry['name']} ({entry['role']})"] = _as_options(differing)
    return found
