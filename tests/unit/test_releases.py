# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release requires of the checkout: versions that fit, and no file that is out of place."""

from __future__ import annotations

import pathlib
import re

import yaml

_ROOT = pathlib.Path(__file__).parents[2]
_FIRST = "1.0.0"
_LARGEST = 500_000
_ADDED = re.compile(r"""(?m)^\s*(?:- )?version_added: *['"]?([^\s'"]+)""")


def number(version):
    return tuple(int(part) for part in version.partition("-")[0].split("."))


def version():
    return yaml.safe_load((_ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]


def documented():
    for folder in ("plugins", "roles", "extensions"):
        for end in ("py", "yml"):
            yield from (_ROOT / folder).rglob(f"*.{end}")


def test_nothing_was_added_before_the_first_release_or_after_this_one():
    found = {
        (str(path.relative_to(_ROOT)), added)
        for path in documented()
        for added in _ADDED.findall(path.read_text(encoding="utf-8"))
    }
    assert len(found) > 40
    wrong = {each for each in found if not number(_FIRST) <= number(each[1]) <= number(version())}
    assert not wrong, f"galaxy.yml has version {version()}, and the first release is {_FIRST}"


def test_each_module_names_the_pythons_that_it_requires():
    """Its documentation has the fragment that names them."""
    fragment = (_ROOT / "plugins" / "doc_fragments" / "_attributes.py").read_text(encoding="utf-8")
    assert "requirements:\n  - Python 3.6 or later\n" in fragment
    modules = sorted((_ROOT / "plugins" / "modules").glob("*.*"))
    # two are actions, which run on the controller
    written = {path.name: path.read_text(encoding="utf-8") for path in modules if path.stem != "__init__"}
    assert len(written) > 30
    without = [name for name, text in written.items() if "  - community.opensips._attributes\n" not in text]
    assert set(without) <= {"opensips_config_diff.yml", "opensips_rolling_journal.yml"}


def test_files_are_not_large():
    folders = ("changelogs", "data", "docs", "extensions", "meta", "playbooks", "plugins", "roles", "tests")
    files = [path.relative_to(_ROOT) for folder in folders for path in (_ROOT / folder).rglob("*") if path.is_file()]
    # caches and reports, which git ignores
    ours = [
        path for path in files if not any(part.startswith((".", "__py")) or part == "output" for part in path.parts)
    ]
    assert len(ours) > 500
    assert not [path for path in ours if (_ROOT / path).stat().st_size > _LARGEST]


def test_packages_of_module_utils_are_empty_files():
    """What ansible-test of ansible-core 2.16 and 2.17 wants; a release may be checked with either."""
    packages = list((_ROOT / "plugins" / "module_utils").rglob("__init__.py"))
    assert len(packages) > 10 and not [path for path in packages if path.stat().st_size]


def test_ansible_test_makes_no_exception_that_ansible_lint_refuses():
    for path in (_ROOT / "tests" / "sanity").iterdir():
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines and all(re.match(r"\S+ action-plugin-docs # \S", line) for line in lines), path.name
