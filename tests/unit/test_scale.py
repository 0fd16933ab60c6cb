# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflow of the guide to many servers: its parts fit together, as AWX requires it of them."""

from __future__ import annotations

import pathlib
import re

import yaml

from ansible_collections.community.opensips.tests.guides import Guide

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = Guide("scale")
TEMPLATE, WORKFLOW = (
    task[module]
    for task, module in zip(
        GUIDE.load("workflow.yml")[0]["tasks"], ("awx.awx.job_template", "awx.awx.workflow_job_template"), strict=True
    )
)
NODES = {node["identifier"]: node for node in WORKFLOW["workflow_nodes"]}
QUESTIONS = {question["variable"]: question for question in WORKFLOW["survey_spec"]["spec"]}
(PLAYBOOK,) = GUIDE.load("reboot_part.yml")
SPECS = yaml.safe_load((ROOT / "roles/phone_reboot/meta/argument_specs.yml").read_text(encoding="utf-8"))
# of the playbook reboot_phones, and of AWX itself
OTHERS = {"opensips_hosts", "awx_job_id"}


def test_the_nodes_follow_each_other():
    after = {
        name: [one["identifier"] for one in node.get("related", {}).get("success_nodes", [])]
        for name, node in NODES.items()
    }
    assert after == {"canary": ["approve"], "approve": ["rest"], "rest": []}
    assert not any(set(node.get("related", {})) - {"success_nodes"} for node in NODES.values())
    assert NODES["approve"]["unified_job_template"]["type"] == "workflow_approval"


def test_both_jobs_are_of_the_template():
    for name in ("canary", "rest"):
        assert NODES[name]["unified_job_template"]["name"] == TEMPLATE["name"]
    # AWX drops what the template does not ask for
    assert TEMPLATE["ask_variables_on_launch"] and TEMPLATE["ask_job_slice_count_on_launch"]
    assert "limit" not in NODES["rest"] and "job_slice_count" not in NODES["canary"]
    assert TEMPLATE["playbook"] in GUIDE.files


def test_each_variable_has_a_home():
    options = SPECS["argument_specs"]["main"]["options"].keys()
    used = set(re.findall(r"{{ (\w+) }}", yaml.safe_dump(PLAYBOOK["vars"])))
    given = [QUESTIONS.keys() | NODES[name]["extra_data"].keys() for name in ("canary", "rest")]
    assert PLAYBOOK["vars"].keys() <= options
    for names in given:
        assert used - {"awx_job_id"} <= names <= options | OTHERS | used
    # or a slice with one host sends to the phones of all
    assert PLAYBOOK["vars"]["phone_reboot_own_only"] is True


def test_the_answers_are_what_awx_takes():
    for question in QUESTIONS.values():
        assert question["type"] in ("text", "integer") and question["required"]
        default = question.get("default")
        size = default if question["type"] == "integer" else len(default or "night")
        assert question["min"] <= size <= question["max"]
        # a name in the output, and no sentence
        assert re.fullmatch(r"\w+", question["variable"])


def test_the_playbooks_are_there():
    assert PLAYBOOK["import_playbook"] == "community.opensips.reboot_phones"
    assert sorted(GUIDE.playbooks) == ["places.yml", "reboot_part.yml", "workflow.yml"]
    assert GUIDE.load("collections/requirements.yml") == {"collections": [{"name": "community.opensips"}]}
