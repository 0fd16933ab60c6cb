# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The EXAMPLES of the filters and tests on phones and URIs, as they are written, and what their comments say that they show."""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION
from ansible_collections.community.opensips.tests.integration.support.servers import Emulated, fifo_of

PLUGINS = (
    "filter/notify_event",
    "filter/opensips_records",
    "filter/sip_uri",
    "filter/user_agent",
    "test/registered",
    "test/sip_uri",
)
# a comment behind a task is what it shows
SHOWS = re.compile(r"^(- name: (?:.|\n)*?)(?=^- name|\Z)", re.MULTILINE)


def examples():
    """(task, what its comment says that it shows, or None) of all PLUGINS."""
    for plugin in PLUGINS:
        path = COLLECTION / "plugins" / f"{plugin}.yml"
        text = yaml.safe_load(path.read_text(encoding="utf-8"))["EXAMPLES"]
        for match in SHOWS.finditer(text):
            comment = re.search(r"^ +# (.*)$", match.group(1), re.MULTILINE)
            (task,) = yaml.safe_load(match.group(1))
            yield {**task, "name": f"{plugin}: {task['name']}"}, comment and comment.group(1)


@pytest.fixture(scope="module")
def results(plain_ansible):
    server = Emulated("2.4", phones=0)
    try:
        server.emu.add_contact("1001", "sip:1001@192.0.2.17:5060", user_agent="Yealink SIP-T46U 66.85.0.5")
        server.emu.add_contact("1002", "sip:1002@192.0.2.18:5060", user_agent="a phone")
        gather = {"community.opensips.opensips_facts": {"gather_subset": ["contacts"]}, "name": "contacts"}
        play = {
            "hosts": "all",
            "gather_facts": False,
            "module_defaults": {"group/community.opensips.all": fifo_of(server.emu)},
            "tasks": [gather, *({**task, "ignore_errors": True} for task, _shows in examples())],
        }
        yield plain_ansible.run_plays([play], {"here": {}})
    finally:
        server.stop()


def test_all_examples_run(results):
    expected = {task["name"] for task, _shows in examples()}
    assert len(expected) > 12
    assert {result.task for result in results} >= expected
    results.must_succeed()


def test_they_show_what_their_comments_say(results):
    shown = {task["name"]: shows for task, shows in examples() if shows}
    assert len(shown) > 4
    for name, expected in shown.items():
        assert results[name].msg == expected, name


def test_what_others_show(results):
    def msg(name):
        return results[name].msg

    assert msg("filter/user_agent: List the vendors of the registered phones") == ["unknown", "yealink"]
    assert msg("filter/opensips_records: Show from where they registered") == ["sip:1001@192.0.2.17:5060"]
    assert msg("test/registered: Report the phones of the reception that are not registered") == ["1003"]
    assert msg("test/sip_uri: Keep what can be called") == ["sip:1001@example.com", "tel:+4930123456"]
    (reason,) = msg("filter/notify_event: List the User-Agents for which event=auto sends nothing")
    assert "'a phone'" in reason
    # a loop
    (old,) = [
        each["msg"]
        for each in results["filter/user_agent: List the Yealink phones whose firmware is older than 108.86"]["results"]
        if "msg" in each
    ]
    assert old == "1001 has 66.85.0.5"
