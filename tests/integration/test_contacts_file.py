# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""contacts_file of opensips_facts: the same contacts as the fact, in a file; and none of them held."""

import gzip
import json
import os

import pytest

from ansible_collections.community.opensips.tests.emulator.client import Emulator
from ansible_collections.community.opensips.tests.integration.support.module_process import ModuleProcess, run_module
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of


@pytest.fixture(scope="module", params=["2.4", "3.6"])
def emu(request):
    with Emulator(request.param, phones=30, reboot=False) as started:
        yield started


def gather(emu, path=None, check=False, **args):
    args = {**fifo_of(emu), "gather_subset": ["contacts"], **args}
    return run_module("facts", {**args, "contacts_file": str(path)} if path else args, check=check)


def contacts_of(result):
    return result["ansible_facts"]["opensips"]["contacts"]


def plain(contact):
    """What is the same a second later."""
    return {name: value for name, value in contact.items() if name != "expires"}


@pytest.mark.parametrize(
    "name, select",
    [
        ("contacts.jsonl", None),
        ("contacts.jsonl.gz", {"user_agent": ["yealink", "snom"]}),
        ("contacts.gz", {"limit": 4}),
    ],
)
def test_the_file_has_what_the_fact_has(emu, tmp_path, name, select):
    path = tmp_path / name
    path.write_text("old")
    result = gather(emu, path, select=select)
    expected = contacts_of(gather(emu, select=select))
    data = path.read_bytes()
    written = [json.loads(line) for line in (gzip.decompress(data) if name.endswith("gz") else data).splitlines()]
    assert list(map(plain, written)) == list(map(plain, expected)) and written
    assert not result["changed"] and "contacts" not in result["ansible_facts"]["opensips"]
    contacts_file = result["contacts_file"]
    assert (contacts_file["path"], contacts_file["contacts"], contacts_file["doubtful"]) == (
        str(path),
        len(expected),
        0,
    )
    assert sum(contacts_file["left_out"].values()) == 30 - len(expected)
    assert contacts_file["lookup"]["users"] == 30
    assert path.stat().st_mode & 0o777 == 0o600


def test_check_mode_counts_and_writes_nothing(emu, tmp_path):
    result = gather(emu, tmp_path / "contacts", check=True)
    assert result["contacts_file"]["contacts"] == 30 and not list(tmp_path.iterdir())


@pytest.mark.parametrize("gone", ["directory", "link", "subset"])
def test_bad_input(emu, tmp_path, gone):
    path, args = tmp_path / "contacts", {}
    if gone == "directory":
        path = tmp_path / "none" / "contacts"
    elif gone == "link":
        path.symlink_to(tmp_path / "victim")
    else:
        args = {"gather_subset": ["uptime"]}
    result = gather(emu, path, **args)
    assert result["failed"] and "contacts_file" in result["msg"]
    assert not os.path.exists(tmp_path / "victim")


def test_a_server_that_does_not_list_them_leaves_the_file_as_it_was(emu, tmp_path):
    path = tmp_path / "contacts"
    path.write_text("old")
    emu.refuse("ul_dump", 500, "no memory", count=1)
    result = gather(emu, path)
    assert result["failed"] and "no memory" in result["msg"]
    assert [each.name for each in tmp_path.iterdir()] == ["contacts"] and path.read_text() == "old"


def test_memory_does_not_grow_with_the_fleet(tmp_path):
    """As selecting few of many: the contacts go by one after another."""
    peaks = []
    for phones in (100, 6000):
        with Emulator("3.6", phones=phones, reboot=False) as emu:
            args = {**fifo_of(emu), "gather_subset": ["contacts"], "contacts_file": str(tmp_path / "contacts.gz")}
            process = ModuleProcess("facts", args)
            assert process.result()["contacts_file"]["contacts"] == phones
            peaks.append(process.peak)
    assert peaks[1] - peaks[0] < 12 << 20
