# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""TLS domains in the configuration of a server: their files, and what the sockets present.

No version reads them again before it starts (tls_mgm.c of 2.4, 3.6, 4.0: tls_reload leaves the domains of the script alone).
"""

import os
from typing import Any, Dict, List, Optional

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module import file_options
from ansible_collections.community.opensips.plugins.module_utils._module.run import Task
from ansible_collections.community.opensips.plugins.module_utils._module.tls_domain_store import (
    Domain,
    Proof,
    tls_sockets,
)
from ansible_collections.community.opensips.plugins.module_utils._readers import tls
from ansible_collections.community.opensips.plugins.module_utils._readers.shape import Record
from ansible_collections.community.opensips.plugins.module_utils._table import results
from ansible_collections.community.opensips.plugins.module_utils._table.columns import HIDDEN, HIDDEN_CHANGED
from ansible_collections.community.opensips.plugins.module_utils._table.tables import tls_mgm
from ansible_collections.community.opensips.plugins.module_utils._tls import files, material, proof

_RESTART = "OpenSIPS reads the files of its configuration only when it starts"
_DATABASE = ("db_url", "db_engine", "db_table")
# what the configuration says
_CONFIGURED = ("match_addresses", "method", *tls_mgm.SWITCHES.values(), *tls_mgm.TEXTS.values())
_REPORTED = {
    "certificate": "certificate_file",
    "private_key": "private_key_file",
    "ca": "ca_file",
    "dh_params": "dh_params_file",
}


class FileStore:
    """The domains of a task in files."""

    def __init__(self, task: Task, domains: List[Domain]) -> None:
        self._task = task
        self._domains = domains
        self._check_options()
        asks = task.params["reload"]
        self._listed: Optional[List[Record]] = tls.read(task.connection) if asks else None
        by_name = self._listed is None or any(record["match_addresses"] is not None for record in self._listed)
        self._proof = Proof(task, tls_sockets(task, asks), by_name)
        self._stage: Optional[str] = results.PLANNED
        self._targets: Dict[int, Dict[str, files.Target]] = {}

    def run(self) -> Dict[str, Any]:
        """Replace what differs and look; the result of the task."""
        owner = file_options.owner_of(self._task.params["owner"], self._task.params["group"])
        mode = file_options.mode_of(self._task.params["mode"])
        for domain in self._domains:
            with domain.labelled():
                self._targets[domain.index] = self._look(domain, owner, mode)
        self._check_shared()
        differing = {
            target.wanted.path: target
            for found in self._targets.values()
            for target in found.values()
            if target.differs
        }
        if differing and not self._task.check_mode:
            self._stage = results.NOT_WRITTEN
            self._task.known = self._result
            files.replace(list(differing.values()))
            self._stage = None
        expected = {domain.index: self._expect(domain) for domain in self._domains if domain.role == "server"}
        self._proof.look(self._domains, expected, self._claimed())
        result = self._result()
        if not self._task.check_mode:
            self._proof.confirm(self._domains, result)
        return result

    def _check_options(self) -> None:
        params = self._task.params
        if params["state"] != "present":
            raise BadParameters(
                f"state is {params['state']}, and store is files", "Remove domains from the configuration instead"
            )
        for name in _DATABASE:
            if params[name] is not None:
                raise BadParameters(f"{name} is set, and store is files", "Remove it, or set store to database")
        for domain in self._domains:
            for name in _CONFIGURED:
                if domain.options[name] is not None:
                    raise BadParameters(
                        f"{domain.label}: {name} is set, and store is files",
                        "Set it in the configuration of the server",
                    )

    # Files

    def _look(self, domain: Domain, owner: Any, mode: Optional[int]) -> Dict[str, files.Target]:
        paths = self._paths(domain)
        contents = domain.pems
        if "certificate" in contents and paths.get("certificate") == paths.get("private_key"):
            # one file holds both
            contents["certificate"] = contents.pop("private_key") + contents["certificate"]
        targets = {}
        for name, content in contents.items():
            if name not in paths:
                raise BadParameters(
                    f"{name}: the path of its file is not known",
                    f"Set files.{name} to the path that the configuration has",
                )
            is_secret = name == "private_key" or b"PRIVATE KEY" in content
            targets[name] = files.look(
                files.Wanted(paths[name], content, is_secret), owner, mode if is_secret else None
            )
        return targets

    def _paths(self, domain: Domain) -> Dict[str, str]:
        given = domain.options["files"] or {}
        if self._listed is None or all(given.get(name) for name in domain.pems):
            return files.paths_of(given)
        record = self._record(domain)
        if not self._task.connection.options.is_local:
            raise BadParameters(
                "the server is on another host, and its files are there",
                "Run the task on the host of the server, or set files",
            )
        return files.paths_of({name: given.get(name) or record[key] for name, key in _REPORTED.items()})

    def _record(self, domain: Domain) -> Record:
        """The domain as the server lists it."""
        listed = self._listed or []
        for record in listed:
            if (record["name"], record["role"]) == (domain.name, domain.role):
                if record["certificate_file"] is None:
                    raise BadParameters("the server has this domain in a table", "Set store to database, and db_url")
                return record
        have = ", ".join(f"{record['name']} ({record['role']})" for record in listed) or "none"
        raise BadParameters(
            f"the server has no {domain.role} domain of this name. It has: {have}", "Correct name or role, or set files"
        )

    def _check_shared(self) -> None:
        """Refuse domains that want different things of one file."""
        first: Dict[str, Any] = {}
        for domain in self._domains:
            for target in self._targets[domain.index].values():
                # directories may have several names
                place = os.path.realpath(target.wanted.path)
                before = first.setdefault(place, (domain, target.wanted.content))
                if before[1] != target.wanted.content:
                    raise BadParameters(
                        f"{before[0].label} and {domain.label} have different contents for {target.wanted.path}",
                        "Nothing was written. Give both the same, or each its own file",
                    )

    # What the server presents

    def _expect(self, domain: Domain) -> proof.Expected:
        record = next(
            (found for found in self._listed or [] if (found["name"], found["role"]) == (domain.name, domain.role)),
            None,
        )
        names = (
            domain.options["match_sip_domains"] or (record["match_sip_domains"] if record else None) or [tls_mgm.ANY]
        )
        return proof.Expected(_places(record), names, domain.certificate)

    def _claimed(self) -> Any:
        return {
            place
            for record in self._listed or []
            if record["role"] == "server"
            for place in _places(record)
            if place != tls_mgm.ANY
        }

    # The result

    def _result(self) -> Dict[str, Any]:
        entries = [self._entry(domain) for domain in self._domains]
        outcomes = dict.fromkeys(results.OUTCOMES, 0)
        for entry in entries:
            outcomes[entry["outcome"]] += 1
        changed = any(entry["changed"] for entry in entries)
        needed = self._proof.restart_needed(self._domains, changed)
        return {
            "changed": changed,
            "table_version": None,
            "results": entries,
            "summary": {"total": len(entries), "outcomes": outcomes},
            "reload": None,
            "restart_needed": needed,
            "restart_reason": _RESTART if needed else None,
            "handshake_reason": self._proof.sockets.reason,
            "diff": _diff(entries),
        }

    def _entry(self, domain: Domain) -> Dict[str, Any]:
        targets = self._targets.get(domain.index, {})
        differs = any(target.differs for target in targets.values())
        outcome = results.UNCHANGED
        if differs:
            is_new = all(target.found is None for target in targets.values())
            outcome = self._stage or (results.INSERTED if is_new else results.UPDATED)
        return {
            "name": domain.name,
            "role": domain.role,
            "outcome": outcome,
            "changed": differs and self._stage != results.NOT_WRITTEN,
            "before": {name: _before(name, target.found) for name, target in targets.items() if target.found} or None,
            "after": {name: _after(name, target) for name, target in targets.items()},
            "certificate": material.describe(domain.material.certificate),
            "files": {name: target.wanted.path for name, target in targets.items()},
            "in_use": self._proof.in_use(domain),
            "handshakes": self._proof.shown(domain),
            "verified": None,
            "error": None,
        }


def _places(record: Optional[Record]) -> List[str]:
    """The addresses of a domain; any for one that the server does not list. 2.x does not say the port."""
    if record is None or record["match_addresses"] is None:
        return [tls_mgm.ANY]
    return tls_mgm.addresses(",".join(record["match_addresses"]))


def _before(name: str, found: files.Found) -> Dict[str, Any]:
    return dict(_content(name, found.content, HIDDEN), mode=f"{found.mode:04o}", owner=list(found.owner))


def _after(name: str, target: files.Target) -> Dict[str, Any]:
    changed = target.found is not None and target.found.content != target.wanted.content
    content = _content(name, target.wanted.content, HIDDEN_CHANGED if changed else HIDDEN)
    return dict(content, mode=f"{target.mode:04o}", owner=list(target.owner))


def _content(name: str, content: bytes, hidden: str) -> Dict[str, Any]:
    if name == "private_key":
        return {"content": hidden}
    if name == "dh_params":
        return {"content": material.digest(content)}
    return {"content": material.describe(content) if name == "certificate" else material.subjects(content)}


def _diff(entries: List[Dict[str, Any]]) -> Dict[str, Any]:
    """{before, after}: the files that change, of the domains that change."""
    found: Dict[str, Any] = {"before": {}, "after": {}}
    for entry in entries if any(entry["changed"] for entry in entries) else ():
        before, after = entry["before"] or {}, entry["after"]
        for name, path in entry["files"].items():
            if before.get(name) != after[name]:
                if name in before:
                    found["before"][path] = before[name]
                found["after"][path] = after[name]
    return found
