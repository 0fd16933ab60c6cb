# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One word for one thing: no option, result, variable or task has a name that the collection has given up.

Each name is a line "PLUGIN PART PATH". PART is option or return; PATH joins the names of nested options or results with
dots. For roles and playbooks PLUGIN is their name and PATH the variable, for roles without their prefix.
"""

from __future__ import annotations

import importlib
import pathlib
import re
import typing as t

import pytest
import yaml

from ansible_collections.community.opensips.tests import argument_specs

_ROOT = pathlib.Path(__file__).parents[2]
_PACKAGE = "ansible_collections.community.opensips.plugins"
_PREFIX = "community.opensips."
_MODULES = sorted(path.stem for path in (_ROOT / "plugins" / "modules").glob("opensips_*.py"))
_ROLES = sorted(path.name for path in (_ROOT / "roles").iterdir() if path.is_dir())
_PLAYBOOKS = sorted((_ROOT / "playbooks").glob("*.yml"))


class Rule(t.NamedTuple):
    """thing: what is named. word: its name. retired, right: patterns of whole lines; those of right are excepted."""

    thing: str
    word: str
    retired: str
    right: str = "(?!)"


RULES = [
    Rule("addresses of record to send to", "aors", r"\S+ option aor", r"opensips_mwi option aor"),
    Rule("URIs to send to", "uris", r"\S+ option uri", r"opensips_mwi option uri"),
    Rule("URI of a registered contact", "contact", r"opensips_contact (option contacts|return results)\.uri"),
    Rule("URI of a phone", "contact", r"\S+ (option|return) (\S+\.)?ruri", r"opensips_uac_dlg (option|return) (\S+\.)?ruri"),
    Rule("filters on registered contacts", "select", r"\S+ option contacts(\..*)?", r"(opensips_contact|registered) option contacts(\..*)?"),
    Rule("the location table", "location_table", r"\S+ (option|return) (\S+\.)?table", r"opensips_(table(_info)? option |schema return results\.)table"),
    Rule("what became of an item", "outcome", r"\S+ return (results\.)?status"),
    Rule("what became of a row", "outcome", r"opensips_table return results\.action"),
    Rule("codes of a server's errors that a task tolerates", "tolerate", r"\S+ option (\S+\.)?accept_codes"),
    Rule("the words that came with a code", "reason", r"opensips_mi_command return (results\.)?message"),
    Rule("the MI requests", "requests", r"\S+ return (\S+\.)?request"),
    Rule("lifetime in seconds", "expires", r"\S+ (option|return) (\S+\.)?expire"),
    Rule("the sort of an entry", "kind", r"opensips_drouting (option|return) (\S+\.)?type"),
    Rule("the sort of an entry", "kind", r"opensips_trace (option|return) (\S+\.)?scope"),
    Rule("the sort of an entry", "kind", r"opensips_log_level (option|return) (\S+\.)?target"),
    Rule("on or off", "enabled", r"opensips_drouting return results\.(before|after)\.state"),
    Rule("how long to wait", "wait_timeout", r"\S+ option (\S+\.)?timeout", r"(opensips_\w+|_connection) option (neighbours\.)?timeout"),
    Rule("how soon a SIP or TLS socket must answer", "maximum_answer_time", r"\S+ option (\S+\.)?(handshake|answer|response|connect)_timeout"),
    Rule("whether to wait", "wait", r"\S+ option (\S+\.)?(for|wait_for)"),
    Rule("how often to look while waiting", "wait_interval", r"\S+ option (\S+\.)?interval"),
    Rule("branch flags", "branch_flags", r"\S+ (option|return) (\S+\.)?cflags"),
    Rule("branch flags", "branch_flags", r"\S+ option (\S+\.)?(select|contacts)\.flags", r"opensips_contact .*"),
    Rule("counts at the end", "summary.outcomes", r"\S+ return summary\.(inserted|updated|deleted|unchanged|changed|failed|seen)"),
    Rule("the list", "name", r"opensips_blacklist return results\.blacklist"),
]  # fmt: skip

# Words that mean one thing only, wherever they stand. What replaced them is beside them.
RETIRED_WORDS = {
    r"would_run": "planned",
    r"accept_codes": "tolerate",
    r"phone_reboot_contacts": "phone_reboot_select",
    r"phone_reboot_table": "phone_reboot_location_table",
    r"server_(install|version|config_file|config_template|routes|sockets|mi_fifo|drain|apply)(?![a-z])": "opensips_server_*",
    r"server_(modules|modparams|globals)(?![a-z])": "opensips_server_*",
    r"(?<!module )community\.opensips\.server\b": "community.opensips.opensips_server",
    r"opensips_install(?![a-z_])": "opensips_server_install",
    r"opensips_(mailboxes|mailboxes_file|state_file|contacts|results_dir|show|rate|max_failures)(?![a-z_])": "opensips_mwi_*",
}
# Names of tasks that do not say what is ensured.
RETIRED_TASKS = {"Judge", "Decide", "Go back", "Remember it"}


def _load(text: str) -> t.Any:
    return yaml.safe_load(text)


def _nested(entries: dict[str, t.Any] | None, *below: str) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """(path, declaration) of options or results, those inside them included."""
    for name, entry in (entries or {}).items():
        entry = entry or {}
        yield name, entry
        for key in below:
            for path, inner in _nested(entry.get(key), *below):
                yield f"{name}.{path}", inner
        sample = entry.get("sample")
        if isinstance(sample, dict) and entry.get("type") == "dict" and not entry.get("contains"):
            for path in sample:
                yield f"{name}.{path}", {}


def _returned(module: str) -> dict[str, t.Any]:
    return _load(importlib.import_module(f"{_PACKAGE}.modules.{module}").RETURN)


_SPECS = {module: argument_specs.of_module(module)["argument_spec"] for module in _MODULES}
_RETURNS = {module: _returned(module) for module in _MODULES}


def _role_specs() -> t.Iterator[tuple[str, str, dict[str, t.Any]]]:
    """(role, variable, declaration)."""
    for role in _ROLES:
        specs = _load((_ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
        for spec in specs["argument_specs"].values():
            for path, entry in _nested(spec["options"], "options"):
                yield role, path, entry


def _documents() -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """(name, document) of what has its documentation in a YAML file: filters, and the like."""
    for path in sorted((_ROOT / "plugins").glob("*/*.yml")):
        yield path.stem, _load(path.read_text(encoding="utf-8"))


def _python_documents() -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """(name, document) of inventory plugins, lookups and document fragments."""
    for kind in ("inventory", "lookup", "callback", "action", "doc_fragments"):
        for path in sorted((_ROOT / "plugins" / kind).glob("*.py")):
            module = importlib.import_module(f"{_PACKAGE}.{kind}.{path.stem}")
            for name, text in [*vars(module).items(), *vars(getattr(module, "ModuleDocFragment", object)).items()]:
                if name.isupper() and isinstance(text, str) and not name.startswith(("_", "EXAMPLES", "RETURN")):
                    yield path.stem, _load(text)


def _playbook_variables(path: pathlib.Path) -> set[str]:
    """The variables of a playbook: what its text names, comments included, but for plugins of the collection."""
    text = path.read_text(encoding="utf-8")
    words = set(re.findall(r"(?<![\w./])(?:opensips|server|phone_reboot|phone_report|mwi)_[a-z_]*[a-z]", text))
    return words - set(_MODULES) - {option for spec in _SPECS.values() for option in spec}


def _lines() -> t.Iterator[str]:
    """Every name of the collection that a user can write or read."""
    for module in _MODULES:
        for path, _entry in _nested(_SPECS[module], "options"):
            yield f"{module} option {path}"
        for path, _entry in _nested(_RETURNS[module], "contains"):
            yield f"{module} return {path}"
    for role, variable, _entry in _role_specs():
        yield f"{role} option {variable.removeprefix(role + '_')}"
    for name, document in [*_documents(), *_python_documents()]:
        options = document.get("DOCUMENTATION", document).get("options")
        for path, _entry in _nested(options, "suboptions"):
            yield f"{name} option {path}"
    for path in _PLAYBOOKS:
        for variable in sorted(_playbook_variables(path)):
            yield f"{path.stem} option {variable}"


_NAMES = sorted(set(_lines()))


def test_every_kind_of_name_is_found():
    assert len(_NAMES) > 600
    for line in (
        "opensips_facts return ansible_facts.opensips.contacts.expires",
        "opensips_mwi option mailboxes.aor",
        "opensips_config_value option kind",
        "phone_reboot option batch",
        "push_config option opensips_serial",
    ):
        assert line in _NAMES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.retired)
def test_retired_names_are_gone(rule):
    retired = [line for line in _NAMES if re.fullmatch(rule.retired, line) and not re.fullmatch(rule.right, line)]
    assert not retired, f"{rule.thing}: the word is {rule.word}"


def _texts() -> t.Iterator[pathlib.Path]:
    """The files that a user reads, or learns from: documentation, roles, playbooks, plugins, tests."""
    for path in sorted(_ROOT.rglob("*")):
        inside = path.relative_to(_ROOT).parts
        if inside[0] in (".git", ".cache", "changelogs", "LICENSES") or "fixtures" in inside or "__pycache__" in inside:
            continue
        if (
            path.is_file()
            and path != pathlib.Path(__file__)
            and path.suffix in (".py", ".yml", ".md", ".rst", ".j2", ".toml", ".cfg")
        ):
            yield path


def test_retired_words_stand_nowhere():
    found = []
    for path in _texts():
        text = path.read_text(encoding="utf-8")
        for word, replacement in RETIRED_WORDS.items():
            for hit in re.finditer(rf"(?<![\w-]){word}", text):
                number = text.count("\n", 0, hit.start()) + 1
                found.append(f"{path.relative_to(_ROOT)}:{number}: {hit.group()}: the word is {replacement}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("module", _MODULES)
def test_options_have_the_types_of_their_words(module):
    for path, entry in _nested(_SPECS[module], "options"):
        name = path.rpartition(".")[2]
        if name in ("aors", "uris", "accept", "tolerate"):
            assert entry.get("type") == "list", path
        elif name in ("wait", "reload", "enabled", "exclusive"):
            assert entry.get("type") == "bool", path
        elif name in ("wait_timeout", "wait_interval"):
            assert entry.get("type") == "float", path
        elif name == "select":
            assert entry.get("type") == "dict", path
        elif name == "reload_when":
            assert entry.get("choices") == ["changed", "always"], path
        assert not {"true", "false"} & set(map(str, entry.get("choices") or [])), (
            f"{path}: a choice is a text that reads as bool"
        )


def test_select_has_the_same_options_everywhere():
    selects = {
        module: {path: entry.get("type") for path, entry in _nested(spec["select"]["options"], "options")}
        for module, spec in _SPECS.items()
        if "select" in spec
    }
    assert len(selects) > 1
    first = next(iter(selects.values()))
    assert all(each == first for each in selects.values())


@pytest.mark.parametrize("module", _MODULES)
def test_errors_are_dicts(module):
    for path, entry in _nested(_RETURNS[module], "contains"):
        if path.rpartition(".")[2] == "error":
            assert entry["type"] == "dict", path
            if isinstance(entry.get("sample"), dict):
                assert {"type", "message", "hint"} <= set(entry["sample"]), path


@pytest.mark.parametrize("module", _MODULES)
def test_no_result_means_something_else_to_ansible(module):
    """A dict in skipped has Ansible say that it skipped the task."""
    assert set(_RETURNS[module]) & {"skipped", "failed", "unreachable", "ansible_job_id", "exception"} == set()


def test_no_key_of_a_result_is_a_method_of_a_dict():
    """To Jinja, result.values is the method, not the key."""
    of_modules = {module: dict(_nested(_RETURNS[module], "contains")) for module in _MODULES}
    of_documents = {name: dict(_nested(document.get("RETURN"), "contains")) for name, document in _documents()}
    keys = {
        (name, path, key)
        for name, found in {**of_modules, **of_documents}.items()
        for path in found
        for key in path.split(".")
    }
    assert {each for each in keys if hasattr(dict, each[2])} == set()


@pytest.mark.parametrize("module", [module for module in _MODULES if "contains" in _RETURNS[module].get("results", {})])
def test_every_entry_of_results_has_its_error(module):
    assert "error" in _RETURNS[module]["results"]["contains"]


@pytest.mark.parametrize("module", [module for module in _MODULES if "summary" in _RETURNS[module]])
def test_summaries_have_total_and_outcomes(module):
    summary = _RETURNS[module]["summary"]
    assert {"total", "outcomes"} <= set(summary.get("contains") or summary.get("sample") or ())


@pytest.mark.parametrize("role", _ROLES)
def test_variables_of_a_role_begin_with_its_name(role):
    assert role != "server"
    variables = [variable for name, variable, _entry in _role_specs() if name == role and "." not in variable]
    assert variables
    assert [name for name in variables if not name.startswith(f"{role}_")] == []


@pytest.mark.parametrize("path", _PLAYBOOKS, ids=lambda path: path.stem)
def test_playbooks_have_no_second_set_of_variables(path):
    known = {f"{variable}" for _role, variable, _entry in _role_specs()}
    shared = {"opensips_hosts", "opensips_serial", "opensips_connection"}
    prefixes = ("opensips_mwi_", *(f"{role}_" for role in _ROLES))
    others = {
        name
        for name in _playbook_variables(path) - known - shared
        if not name.startswith(prefixes)
        and f"{name}_" not in prefixes
        and not name.startswith(("opensips_report", "opensips_printable"))
    }
    assert not others


def _tasks(tasks: t.Any) -> t.Iterator[dict[str, t.Any]]:
    for task in tasks or []:
        yield task
        for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers"):
            yield from _tasks(task.get(key))


@pytest.mark.parametrize(
    "path",
    [
        *sorted((_ROOT / "roles").glob("*/tasks/*.yml")),
        *sorted((_ROOT / "roles").glob("*/handlers/*.yml")),
        *_PLAYBOOKS,
    ],
    ids=lambda path: str(path.relative_to(_ROOT)),
)
def test_tasks_say_what_is_ensured(path):
    names = [task.get("name", "") for task in _tasks(_load(path.read_text(encoding="utf-8")))]
    assert names
    assert not RETIRED_TASKS & set(names)
