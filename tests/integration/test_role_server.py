# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role opensips_server: what becomes of the file and of the server, with a stand-in for the binary, and emulators."""

from __future__ import annotations

import json

import pytest

from ansible_collections.community.opensips.tests.integration.support import opensips_service
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.opensips_service import Service

ROLE = "community.opensips.opensips_server"
ROUTES = 'route {\n    sl_send_reply(200, "OK");\n}\n'
OTHER_ROUTES = ROUTES.replace("200", "202")
LOCK_ROUTES = OTHER_ROUTES.replace("{", '{\n    get_static_lock("calls");', 1)
URL = "mysql://opensips:s3cret@db/opensips"


class Step:
    """One run of the role. before: words for the service. hosts: the only ones that take it."""

    def __init__(self, name, *before, hosts=None, **variables):
        self.name = name
        self.before = before
        self.hosts = hosts
        self.variables = {f"opensips_server_{key}": value for key, value in variables.items()}

    def tasks(self):
        block = [
            {
                "name": f"{self.name}: run",
                "ansible.builtin.include_role": {"name": ROLE},
                "vars": self.variables,
            }
        ]
        asked = [
            {"name": f"{self.name}: {word}", "ansible.builtin.command": {"argv": f"{{{{ control + {word.split()} }}}}"}}
            for word in (*self.before,)
        ]
        # a role that fails ends its host, and the helper wants plays that end well
        failed = {"name": f"{self.name}: failed", "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}
        state = {
            "name": f"{self.name}: state",
            "ansible.builtin.command": {"argv": "{{ control + ['state'] }}"},
            "check_mode": False,
        }
        when = f"inventory_hostname in {list(self.hosts)}" if self.hosts else "true"
        return [{"when": when, "block": [*asked, {"block": block, "rescue": [failed]}, state]}]


class Outcome:
    """What a step did on a host. state: of the service after it."""

    def __init__(self, results, name, before):
        names = [each.task for each in results]
        end = names.index(f"{name}: state")
        start = next(index for index, task in enumerate(names) if task.startswith(f"{name}: "))
        # what the steps before it left
        earlier = [index for index, task in enumerate(names[:end]) if task.endswith(": state")]
        self.results = results[(earlier[-1] + 1 if earlier else 0) : end]
        assert start <= end
        self.state = json.loads(results[end]["stdout"])
        self.before = before or {"starts": 0, "reloads": 0, "config": None}
        self.changed = [
            each.task.split(" : ")[-1]
            for each in self.results
            if each.get("changed") and " : " in each.task and each.status == "ok"
        ]
        self.failure = next((each.msg for each in self.results if each.task == f"{name}: failed"), None)
        self.plan = next(
            (each.msg for each in self.results if each.task.endswith(" : Show the planned change") and each.msg), None
        )
        shown = " : Show the difference"
        self.diff = next((each["diff"] for each in self.results if each.task.endswith(shown) and "diff" in each), None)

    @property
    def starts(self):
        return self.state["starts"] - self.before["starts"]

    @property
    def reloads(self):
        """A server that was started anew counts from none."""
        return self.state["reloads"] - (0 if self.starts else self.before["reloads"])

    @property
    def rewritten(self):
        return self.state["config"] != self.before["config"]


def run_steps(ansible, hosts, steps, *, check=False):
    """{host: {name of a step: Outcome}}. hosts: {name: its variables}. check: in check mode, with differences."""
    play = {"hosts": "all", "gather_facts": False, "tasks": [task for step in steps for task in step.tasks()]}
    # each run of the role is some 50 tasks
    seconds = 120 * len(steps) + 120
    env = {"ANSIBLE_JINJA2_NATIVE": "True", "ANSIBLE_DIFF_ALWAYS": str(check)}
    results = ansible.run_plays([play], hosts, check=check, env=env, seconds=seconds)
    found = {}
    for name in hosts:
        mine, before = results.of(name), None
        found[name] = {}
        for step in steps:
            if step.hosts is None or name in step.hosts:
                found[name][step.name] = outcome = Outcome(mine, step.name, before)
                before = outcome.state
    return found


def variables_of(service):
    """Those of a host, as native Jinja leaves them: a text that a template makes becomes a number.

    This is so with each ansible-core if they are numbers from the beginning, and with ansible-core before 2.19 also where the
    role makes texts of its own. Other tests run the role with classic Jinja.
    """
    return {
        **service.variables(),
        "opensips_server_version": float(service.version),
        "opensips_server_mi_reply_dir_mode": 2770,
        "opensips_server_config_mode": "{{ '640' }}",
        "opensips_server_routes": ROUTES,
        "control": service.command,
    }


@pytest.fixture(scope="module")
def services():
    started = {}
    try:
        for name, version in {"old": "2.4", "new": "3.6", "newest": "4.0"}.items():
            started[name] = Service(version)
        yield started
    finally:
        for each in started.values():
            each.close()


SETTINGS = {"routes": OTHER_ROUTES, "log_level": 2}
DIALOGS = {**SETTINGS, "modules": ["signaling", "sl", "tm", "dialog"], "drain": True}
NEW, NEWEST = ["new"], ["newest"]


def with_global(text):
    return {**SETTINGS, "globals_text": f"mhomed=yes\n{text}"}


@pytest.fixture(scope="module")
def flow(ansible, services):
    """One playbook with one run of the role after another, each from where the one before left the host."""
    changed = {"routes": OTHER_ROUTES}
    steps = [
        Step("install"),
        Step("again", hosts=NEW),
        Step("comment", routes="# a remark\n" + ROUTES, hosts=NEW),
        Step("routes", **changed),
        Step("lock", routes=LOCK_ROUTES, hosts=NEWEST),
        Step("settings", **SETTINGS, hosts=NEW),
        Step("invalid", **with_global(opensips_service.INVALID), hosts=NEW),
        Step("no start", **with_global(opensips_service.NO_START), hosts=NEW),
        Step("no answer", **with_global(opensips_service.NO_ANSWER), hosts=NEW),
        Step("refused", "refuse reload_routes", log_level=2, hosts=NEW),
        Step("no reload", log_level=2, reload_routes=False, hosts=NEW),
        Step("killed", "kill", log_level=2, hosts=NEW),
        Step("written", log_level=4, apply=False, hosts=NEW),
        Step("taken", log_level=4, hosts=NEW),
        Step("drained", "call 2", **DIALOGS, hosts=NEW),
        Step("busy", "call 600", **{**DIALOGS, "log_level": 1, "drain_timeout": 1}, hosts=NEW),
        Step("ended", **{**DIALOGS, "log_level": 1, "drain_timeout": 0, "drain_left": "end"}, hosts=NEW),
    ]
    hosts = {name: variables_of(service) for name, service in services.items()}
    return run_steps(ansible, hosts, steps)


@pytest.fixture(params=["old", "new", "newest"])
def host(request):
    return request.param


class TestFlow:
    def test_a_first_run_writes_the_file_and_starts_the_server(self, flow, services, host):
        done = flow[host]["install"]
        assert done.failure is None
        assert (done.starts, done.state["alive"]) == (1, True)
        assert 'modparam("mi_fifo", "fifo_mode", 0660)' in done.state["config"]
        assert services[host].config.stat().st_mode & 0o7777 == 0o640
        assert services[host].replies.stat().st_mode & 0o7777 == 0o2770
        assert done.state["files"] == ["opensips.cfg"]

    def test_modules_find_its_directory_for_replies(self, flow, services):
        result = run_module("mi_command", {"command": "uptime", "fifo_path": str(services["newest"].fifo)})
        assert result.get("outcome") == "ok", result

    def test_a_second_run_changes_nothing(self, flow):
        done = flow["new"]["again"]
        assert (done.failure, done.changed, done.plan) == (None, [], None)
        assert (done.starts, done.reloads, done.rewritten) == (0, 0, False)
        # nothing new, nothing to try
        assert done.state["tried"] == flow["new"]["install"].state["tried"] == 1

    def test_comments_need_only_the_file(self, flow):
        done = flow["new"]["comment"]
        assert (done.failure, done.changed) == (None, ["Write the configuration file"])
        assert (done.starts, done.reloads, done.rewritten) == (0, 0, True)

    def test_routes_are_reloaded_where_the_version_can(self, flow, host):
        done = flow[host]["routes"]
        assert (done.failure, done.rewritten) == (None, True)
        assert (done.starts, done.reloads) == ((1, 0) if host == "old" else (0, 1))
        assert "changed: route" in done.plan

    def test_routes_with_a_new_lock_need_a_restart(self, flow):
        done = flow["newest"]["lock"]
        assert (done.failure, done.rewritten, done.starts, done.reloads) == (None, True, 1, 0)
        assert done.plan.endswith("Reason: the server makes each static lock only at the start: calls.")

    def test_settings_need_a_restart(self, flow):
        done = flow["new"]["settings"]
        assert (done.failure, done.rewritten) == (None, True)
        assert (done.starts, done.reloads) == (1, 0)
        assert done.plan.endswith(
            "opensips.cfg is replaced, and the server is restarted. Reason: global parameters, modules or their parameters changed."
        )

    def test_the_previous_configurations_are_kept(self, flow):
        backups = [name for name in flow["new"]["settings"].state["files"] if name.endswith("~")]
        assert len(backups) == 3
        assert "opensips.cfg.pending" not in flow["new"]["settings"].state["files"]

    def test_an_invalid_configuration_touches_nothing(self, flow):
        done = flow["new"]["invalid"]
        assert done.failure.startswith("OpenSIPS")
        assert "refuses the new configuration. Nothing was changed." in done.failure
        assert "CRITICAL:core:yyerror: parse error in " in done.failure
        assert "/etc/opensips.cfg:7:1-2" in done.failure, "the path that the user knows"
        assert "s3cret" not in done.failure
        assert (done.changed, done.starts, done.reloads, done.rewritten) == ([], 0, 0, False)
        assert done.state["files"] == done.before["files"]

    @pytest.mark.parametrize("step", ["no start", "no answer"])
    def test_a_server_that_does_not_run_gets_its_previous_configuration(self, flow, step):
        done = flow["new"][step]
        assert done.failure.startswith(
            "The server did not start with the new configuration, or does not answer. "
            "The previous configuration is restored, and the server runs with it. Error: "
        )
        assert (done.rewritten, done.state["alive"], done.starts) == (False, True, 2)
        assert "opensips.cfg.pending" not in done.state["files"]

    def test_routes_that_the_server_refuses_do_not_harm_it(self, flow):
        done = flow["new"]["refused"]
        assert done.failure.startswith(
            "The server refused to reload the routes. Set opensips_server_reload_routes to false"
        )
        assert "500 reload failed" in done.failure
        assert (done.starts, done.rewritten, done.state["alive"]) == (0, False, True)
        assert flow["new"]["no reload"].starts == 1
        assert flow["new"]["no reload"].rewritten

    def test_a_server_that_does_not_run_is_started(self, flow):
        done = flow["new"]["killed"]
        assert (done.failure, done.starts, done.rewritten) == (None, 1, False)
        assert "the server does not answer" in done.plan

    def test_what_was_only_written_is_applied_later(self, flow):
        written, taken = flow["new"]["written"], flow["new"]["taken"]
        assert (written.failure, written.starts, written.reloads, written.rewritten) == (None, 0, 0, True)
        assert "opensips.cfg.pending" in written.state["files"]
        assert (taken.failure, taken.starts, taken.rewritten) == (None, 1, False)
        assert "an earlier configuration is not applied yet" in taken.plan
        assert "opensips.cfg.pending" not in taken.state["files"]

    def test_calls_end_before_a_restart(self, flow):
        done = flow["new"]["drained"]
        assert (done.failure, done.starts, done.rewritten) == (None, 1, True)

    def test_calls_that_do_not_end_keep_the_server_as_it_is(self, flow):
        done = flow["new"]["busy"]
        assert "1 " in done.failure
        assert (done.changed, done.starts, done.rewritten, done.state["dialogs"]) == ([], 0, False, 1)

    def test_calls_that_are_left_are_ended_before_the_change(self, flow):
        done = flow["new"]["ended"]
        assert (done.failure, done.starts, done.rewritten) == (None, 1, True)
        assert done.changed[0] == "Wait until the calls of the node have ended"
        ended = next(
            each for each in done.results if each.task.endswith(" : Wait until the calls of the node have ended")
        )
        assert (ended["summary"]["outcomes"]["ended"], ended["summary"]["outcomes"]["left"]) == (1, 0)


@pytest.fixture(scope="module")
def checked(ansible):
    """{name of a step: Outcome} of steps in check mode: before a first run, and after it."""
    service = Service("4.0")
    try:
        hosts = {"here": {**variables_of(service), "opensips_server_db_url": URL}}
        found = run_steps(ansible, hosts, [Step("first")], check=True)["here"]
        found.update(run_steps(ansible, hosts, [Step("install")])["here"])
        steps = [
            Step("again"),
            Step("change", log_level=4, secrets=["log_level"]),
            Step("invalid", globals_text=opensips_service.INVALID),
        ]
        found.update(run_steps(ansible, hosts, steps, check=True)["here"])
    finally:
        service.close()
    return found


class TestCheckMode:
    def test_a_first_run_changes_nothing(self, checked):
        done = checked["first"]
        assert (done.failure, done.starts, done.state["config"], done.state["places"]) == (None, 0, None, [])
        assert done.plan.endswith("is replaced, and the server is restarted. Reason: there was no configuration.")
        assert {"Create the directory for replies", "Write the configuration file"} <= set(done.changed)
        assert done.state["tried"] == 1, "an invalid configuration is to be seen in check mode"

    def test_a_second_run_reports_no_change(self, checked):
        assert checked["install"].starts == 1
        done = checked["again"]
        assert (done.failure, done.changed, done.plan, done.diff) == (None, [], None, None)

    def test_a_change_is_shown_and_not_made(self, checked):
        done = checked["change"]
        assert (done.failure, done.starts, done.reloads, done.rewritten) == (None, 0, 0, False)
        assert "Write the configuration file" in done.changed
        assert "log_level=3" in done.state["config"]
        assert done.state["files"] == ["opensips.cfg"]

    def test_the_difference_names_the_file_and_has_no_secret(self, checked):
        done = checked["change"]
        paths = {done.diff["before_header"], done.diff["after_header"]}
        assert paths == {f"{done.state['places'][0]}/opensips.cfg"}
        assert "\n********=3\n" in done.diff["before"]
        assert "\n********=4\n" in done.diff["after"]
        assert "s3cret" not in str(done.diff)
        assert 'db_default_url="mysql://opensips:********@db/opensips"' in done.diff["after"]
        assert f'db_default_url="{URL}"' in done.state["config"]

    def test_an_invalid_configuration_is_found(self, checked):
        assert "refuses the new configuration" in checked["invalid"].failure
