# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each example of the guides and of the README is valid: its syntax, and every option, variable and plugin that it names.

Tasks are run, too: tests/integration/test_page_examples.py and test_migrating.py.
"""

from __future__ import annotations

import configparser
import copy
import json
import re
import shlex

import jinja2
import pytest
import yaml
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

from ansible_collections.community.opensips.plugins.module_utils._schema.choice import tables_of
from ansible_collections.community.opensips.tests import argument_specs, pages

PREFIX = "community.opensips."
PLAYBOOKS = {path.stem: path for path in (argument_specs.ROOT / "playbooks").glob("*.yml")}
FILTERS = {path.stem for path in (argument_specs.ROOT / "plugins" / "filter").glob("*.yml")}
# of playbooks that run no role
VARIABLE = re.compile(r"\bopensips_mwi_\w+")
ROLE_OPTIONS = {role: argument_specs.of_role(role) for role in argument_specs.ROLES}
VARIABLES = {name for options in ROLE_OPTIONS.values() for name in options}
VARIABLES |= {name for path in PLAYBOOKS.values() for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}
OPTIONS = {name for module in argument_specs.MODULES for name in argument_specs.of_module(module)["argument_spec"]}
# what begins as the variables of roles do
OURS = re.compile(rf"({'|'.join(argument_specs.ROLES)}|opensips_mwi)_")
# languages whose text is shown, not used
SHOWN = {"text", "html"}
# nginx checks its own, and a hook is run: tests/integration/test_reverse_proxy.py, test_page_certificates.py
ELSEWHERE = {"nginx", "sh"}
BLOCKS = pages.every_block()
TITLE = re.compile(r"^(?P<title>\S.*)\n(?P<line>([=\-^~])\3{3,})$", re.MULTILINE)
# {name in module_defaults: modules}
GROUPS = {
    f"group/{PREFIX}{group}": [f"{PREFIX}{module}" for module in modules]
    for group, modules in yaml.safe_load((argument_specs.ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))[
        "action_groups"
    ].items()
}


def mappings(value):
    """Every mapping within a value."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from mappings(inner)


def is_template(value):
    return isinstance(value, str) and "{{" in value


def without_templates(value, spec):
    """The arguments with a value of the right type in place of each template, as far as spec (an argument_spec) says it."""
    filled = {}
    for name, argument in value.items():
        entry = spec.get(name) or {}
        if is_template(argument) and entry.get("type", "str") not in ("str", "path", "raw"):
            # a required part of it cannot be known, so only its name is checked
            continue
        if isinstance(argument, dict) and entry.get("options"):
            argument = without_templates(argument, entry["options"])
        if isinstance(argument, list) and entry.get("options"):
            argument = [without_templates(one, entry["options"]) if isinstance(one, dict) else one for one in argument]
        filled[name] = argument
    return filled


def check_names(module, arguments):
    spec = argument_specs.of_module(module)["argument_spec"]
    unknown = set(arguments) - set(spec) - {alias for entry in spec.values() for alias in entry.get("aliases", ())}
    assert not unknown, f"{module} has no {', '.join(unknown)}"


def check_module(module, arguments):
    check_names(module, arguments)
    declared = argument_specs.of_module(module)
    spec = declared.pop("argument_spec")
    left_out = [name for name in arguments if name not in without_templates(arguments, spec)]
    rules = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")
    # what is required together with something that a template holds cannot be checked
    rules = {rule: declared[rule] for rule in rules if rule in declared and not left_out}
    spec = copy.deepcopy(spec)
    for name in left_out:
        spec[name].pop("required", None)
    result = ModuleArgumentSpecValidator(spec, **rules).validate(without_templates(arguments, spec))
    assert not result.error_messages, (module, result.error_messages)


def defaults_of(page):
    """{module: options} that module_defaults of a page set for its tasks."""
    found = {}
    for block in BLOCKS:
        if block.page == page and "module_defaults" in block.code:
            for mapping in mappings(yaml.safe_load(block.code)):
                for name, options in (mapping.get("module_defaults") or {}).items():
                    for module in GROUPS.get(name, [name]):
                        found[module] = {**found.get(module, {}), **options}
    return found


def check_yaml(block):
    document = yaml.safe_load(block.code)
    assert document, "empty"
    defaults = [mapping["module_defaults"] for mapping in mappings(document) if mapping.get("module_defaults")]
    shared = defaults_of(block.page)
    for mapping in defaults:
        for key, value in mapping.items():
            for module in GROUPS[key] if key.startswith(f"group/{PREFIX}") else ():
                check_names(module[len(PREFIX) :], value)
    for mapping in mappings(document):
        for key, value in mapping.items():
            name = key[len(PREFIX) :] if isinstance(key, str) and key.startswith(PREFIX) else None
            # a source of events is no module
            if name and name.startswith("opensips_") and name not in FILTERS:
                if mapping in defaults:
                    check_names(name, value)
                else:
                    check_module(name, {**shared.get(key, {}), **(value or {})})
        for role in mapping.get("roles") or []:
            role = role["role"] if isinstance(role, dict) else role
            assert role[len(PREFIX) :] in argument_specs.ROLES, role
        check_variables(mapping)
        if str(mapping.get("ansible.builtin.import_playbook", "")).startswith(PREFIX):
            assert mapping["ansible.builtin.import_playbook"][len(PREFIX) :] in PLAYBOOKS
    check_filters(block.code)


def check_variables(mapping):
    unknown = [
        name for name in mapping if isinstance(name, str) and OURS.match(name) and name not in VARIABLES | OPTIONS
    ]
    assert not unknown, f"no role has the variable {', '.join(unknown)}"


def check_filters(text):
    for name in re.findall(rf"\|\s*{re.escape(PREFIX)}(\w+)", text):
        assert name in FILTERS, f"there is no filter {name}"


def check_json(block):
    for line in block.code.splitlines() if block.code.count("\n{") else [block.code]:
        json.loads(line)


def check_console(block):
    commands = [line for line in block.code.replace("\\\n", " ").splitlines() if line.startswith("$ ")]
    assert commands, "no command"
    for line in commands:
        words = shlex.split(line[2:], comments=True)
        if words[0] != "ansible-playbook":
            continue
        assert not words[1].startswith(PREFIX) or words[1][len(PREFIX) :] in PLAYBOOKS, words[1]
        for value in [words[at + 1] for at, word in enumerate(words) if word == "-e"]:
            if value.startswith("{"):
                check_variables(json.loads(value))
            elif not value.startswith("@"):
                check_variables(dict([value.partition("=")[::2]]))


def check_ini(block):
    assert configparser.ConfigParser(strict=False, interpolation=None).read_string(block.code) is None


def check_jinja(block):
    environment = jinja2.Environment(autoescape=True)
    environment.filters.update({f"{PREFIX}{name}": str for name in FILTERS})
    environment.parse(block.code)
    check_filters(block.code)


CHECKS = {
    "yaml": check_yaml,
    "yaml+jinja": check_yaml,
    "json": check_json,
    "console": check_console,
    "jinja": check_jinja,
    "ini": check_ini,
    **{language: lambda block: None for language in SHOWN | ELSEWHERE},
}


def test_there_are_examples_on_every_page():
    # the presets are a list
    assert {block.page for block in BLOCKS} == {*pages.PAGES, "README"} - {"presets"}


@pytest.mark.parametrize("page", pages.PAGES)
def test_no_section_is_empty(page):
    text = pages.Page(page).text
    titles = list(TITLE.finditer(text))
    for title, following in zip(titles, [*titles[1:], None], strict=True):
        # a title can be followed by one of a lower level
        if following is None or following["line"][0] == title["line"][0]:
            body = text[title.end() : following.start() if following else len(text)]
            assert re.search(r"^(?!\.\. _)\S", body, re.MULTILINE), f"{page}: nothing below {title['title']}"


def test_the_tables_of_users_are_created_before_they_are_written():
    created, *_others = [block.code for block in BLOCKS if block.page == "tables" and "opensips_schema:" in block.code]
    task = yaml.safe_load(created)[0][f"{PREFIX}opensips_schema"]
    names = {table.name for table in tables_of(task["version"], task["modules"])}
    assert {"subscriber", "dbaliases", "grp", "speed_dial"} <= names


@pytest.mark.parametrize("page", [*pages.PAGES, "README"])
def test_examples_are_valid(page):
    for block in BLOCKS:
        if block.page == page:
            try:
                CHECKS[block.language](block)
            except Exception as error:
                raise AssertionError(f"{page}, line {block.line}: {error}") from error


def test_links_of_the_readme_work_on_galaxy():
    readme = (argument_specs.ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((\S+?)\)", readme)
    assert links and all(link.startswith("https://") for link in links), "Galaxy has no files beside the README"
    for link in links:
        path = re.sub(r"https://\S+/community\.opensips/(?:blob/|tree/)?main/", "", link)
        # the picture is no part of the tarball
        assert path == link or (argument_specs.ROOT / path).exists() or path.endswith(".png"), link


def test_the_readme_lists_what_there_is():
    readme = (argument_specs.ROOT / "README.md").read_text(encoding="utf-8")
    names = {*argument_specs.MODULES, *argument_specs.ROLES, *FILTERS, *(f"{PREFIX}{name}" for name in PLAYBOOKS)}
    assert not {name for name in names if f"`{name}`" not in readme}
    assert not {page for page in pages.PAGES if f"/docs/docsite/rst/{page}.rst)" not in readme}


@pytest.mark.parametrize(
    "code",
    [
        "- community.opensips.opensips_notify: {aor: 1001}",
        "- community.opensips.opensips_nothing: {}",
        "- community.opensips.opensips_dispatcher: {destinations: [{uri: 'sip:a', state: up}]}",
        "- community.opensips.opensips_uac_dlg: {method: OPTIONS}",
        "- {hosts: all, vars: {phone_reboot_nothing: 1}}",
        "- {hosts: all, module_defaults: {group/community.opensips.nothing: {}}}",
        "- {hosts: all, module_defaults: {group/community.opensips.database: {fifo_path: x}}}",
        "- {hosts: all, roles: [community.opensips.nothing]}",
        "- debug: {msg: '{{ a | community.opensips.nothing }}'}",
    ],
)
def test_a_mistake_in_an_example_is_found(code):
    with pytest.raises((AssertionError, ImportError, KeyError)):
        check_yaml(pages.Block("page", 1, "yaml", "", code))
