# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup community.opensips.mi, in playbooks, against servers of all versions."""

from __future__ import annotations

import json
import pathlib

import pytest
import yaml

from ansible_collections.community.opensips.plugins.lookup import mi as plugin
from ansible_collections.community.opensips.tests.integration.support import playbook
from ansible_collections.community.opensips.tests.integration.support.bad_input import commands_of
from ansible_collections.community.opensips.tests.integration.support.inventory import run_doc, run_playbook
from ansible_collections.community.opensips.tests.integration.support.servers import fifo_of, ways_of

MI = "community.opensips.mi"
SECRET = "Zq9marks3cret"
RESULTS = {
    "ANSIBLE_CALLBACK_PLUGINS": str(pathlib.Path(playbook.__file__).with_name("callback")),
    "ANSIBLE_CALLBACKS_ENABLED": "task_results",
}


def looked_up(tmp_path, expressions, env=None, arguments=(), **variables):
    """{name: what the expression gave, or the text of its failure} and the whole output."""
    tasks = [
        {"name": name, "ansible.builtin.debug": {"msg": "{{ " + expression + " }}"}, "ignore_errors": True}
        for name, expression in expressions.items()
    ]
    play = {"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": tasks}
    results = tmp_path / "results.jsonl"
    results.unlink(missing_ok=True)
    results.touch()
    env = {**RESULTS, "PAYLOADS": str(tmp_path), "TASK_RESULTS": str(results), **(env or {})}
    done = run_playbook(tmp_path, [play], "localhost,", env=env, arguments=arguments)
    lines = map(json.loads, results.read_text(encoding="utf-8").splitlines())
    found = {line["task"]: line["result"]["msg"] for line in lines}
    assert list(found) == list(expressions), done.stdout + done.stderr
    return found, done.stdout + done.stderr


@pytest.mark.parametrize("version", ["1.11", "2.4", "3.6", "4.0"])
def test_every_version(emulator, version, tmp_path):
    """Over every transport: from variables, but for one."""
    emu = emulator(version, phones=1)
    ways = {name: options for name, (options, _protocol) in ways_of(emu).items()}
    expressions = {
        name: f"query('{MI}', 'version', 'uptime', {', '.join(f'{key}={value!r}' for key, value in options.items())})"
        for name, options in ways.items()
    }
    aor = emu.phones()[0]["user"] + ("@127.0.0.1" if version == "4.0" else "")
    params = {"table_name": "location", "aor": aor}
    expressions["contact"] = f"lookup('{MI}', 'ul_show_contact', params={params!r})"
    # a variable may be a template
    variables = {f"opensips_mi_{name}": f"{{{{ server.{name} }}}}" for name in fifo_of(emu)}
    found, _output = looked_up(tmp_path, expressions, server=fifo_of(emu), **variables)
    for name in ways:
        reply, uptime = found[name]
        assert version in json.dumps(reply) and "Now" in json.dumps(uptime), name
    assert emu.phones()[0]["contact"] in json.dumps(found["contact"])


def test_options_of_every_source(emulator, tmp_path):
    emu = emulator("3.6", phones=0)
    expressions = {"here": f"lookup('{MI}', 'version').Server"}
    for env in (
        {"OPENSIPS_MI_URL": emu.jsonrpc_url},
        {f"OPENSIPS_MI_{name.upper()}": value for name, value in fifo_of(emu).items()},
    ):
        found, _output = looked_up(tmp_path, expressions, env)
        assert found["here"].startswith("OpenSIPS (3.6")
    # the ones that are nearer count, also over another transport
    config = tmp_path / "own.cfg"
    config.write_text("[opensips_mi]\nurl = http://127.0.0.1:1/mi\ntimeout = 5\n", encoding="utf-8")
    expressions = {"here": f"lookup('{MI}', 'version', host='127.0.0.1', port={emu.udp[1]}).Server"}
    found, _output = looked_up(tmp_path, expressions, {"ANSIBLE_CONFIG": str(config)}, opensips_mi_fifo_path="/no")
    assert found["here"].startswith("OpenSIPS (3.6")


BAD = {
    "no command": ("", "there is no command"),
    "a command that changes something": ("'ul_rm', params={'table_name': 'location', 'aor': '1'}", "ul_rm changes something on the server"),
    "one that must not": ("'ul_rm', params=['location', '1'], changes=false", "ul_rm changes something on the server"),
    "one among others": ("'uptime', {'command': 'log_level', 'params': {'level': 4}}", "log_level changes something on the server"),
    "one that nobody knows": ("'uptim'", "Did you mean uptime?"),
    "unknown option": ("'uptime', ulr='x'", "there is no option ulr. The options are ca_path, changes,"),
    "contradiction": ("'uptime', url='http://x/', host='x'", "contradict each other"),
    "a password in a URL": (f"'uptime', url='http://u:{SECRET}@x/'", "Set url_username and url_password instead"),
    "params of several": ("'uptime', 'version', params=['x']", "there is more than one command"),
    "params that are a text": ("'uptime', params='x'", "Write a mapping of named parameters"),
    "a command that is a number": ("7", "command 1 is 7, which is not a name"),
    "a mapping with more": ("{'command': 'uptime', 'parms': 1}", "command 1 has parms. Write only command and params"),
    "a number that is none": ("'uptime', timeout=-1", "timeout is -1.0. Set it to a number of seconds"),
    "a server that is not there": (f"'uptime', url='http://127.0.0.1:1/', url_username='u', url_password='{SECRET}'", "127.0.0.1:1"),
}  # fmt: skip


def test_bad_input(emulator, tmp_path):
    emu = emulator("3.6", phones=1)
    expressions = {name: f"query('{MI}', {arguments})" for name, (arguments, _words) in BAD.items()}
    expressions["no command"] = f"query('{MI}')"
    variables = {"opensips_mi_" + name: value for name, value in fifo_of(emu).items()}
    found, output = looked_up(tmp_path, expressions, arguments=["-vvv"], **variables)
    for name, (_arguments, words) in BAD.items():
        assert words.lower() in str(found[name]).lower(), (name, found[name])
        assert SECRET not in str(found[name]), name
    # the task's own text, which Ansible prints where it failed, is the user's
    assert SECRET not in "\n".join(line for line in output.splitlines() if "query(" not in line)
    # nothing was sent, not even what came before a command that is refused
    assert not {"ul_rm", "log_level", "uptime"} & set(commands_of(emu))


@pytest.mark.parametrize("version", ["2.4"])
def test_templates_of_phones_are_not_evaluated(emulator, version, tmp_path):
    emu = emulator(version, phones=0)
    attack = "{{ lookup('pipe', 'touch %s') }}" % (tmp_path / "touched")
    emu.add_contact("1001", "sip:1001@192.0.2.1", user_agent=attack)
    params = {"table_name": "location", "aor": "1001"}
    expression = f"lookup('{MI}', 'ul_show_contact', params={params!r}) | string"
    found, _output = looked_up(
        tmp_path,
        {"direct": expression, "again": "kept"},
        kept="{{ " + expression + " }}",
        **{f"opensips_mi_{k}": v for k, v in fifo_of(emu).items()},
    )
    assert "touch" in found["direct"] and "touch" in found["again"]
    assert not (tmp_path / "touched").exists()


def test_examples(emulator, tmp_path):
    emu = emulator("3.6", phones=0)
    emu.add_contact("1001", "sip:1001@192.0.2.1")
    text = plugin.EXAMPLES.replace("http://127.0.0.1:8888/mi", emu.jsonrpc_url).replace(
        "opensips_mi_port: 8888", f"opensips_mi_port: {emu.udp[1]}"
    )
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": yaml.safe_load(text)}
    done = run_playbook(tmp_path, [play], "localhost,")
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("Up since", "shmem:free_size", "OpenSIPS (3.6", "sip:1001@192.0.2.1"):
        assert words in done.stdout, words


def test_documented_options(tmp_path):
    options = run_doc(tmp_path, "lookup", MI)["doc"]["options"]
    assert set(options) == plugin.CONNECTION_OPTIONS | {"_terms", *plugin._OWN}
    for name in plugin.CONNECTION_OPTIONS:
        assert options[name]["env"] == [{"name": f"OPENSIPS_MI_{name.upper()}"}]
        assert options[name]["ini"] == [{"key": name, "section": "opensips_mi"}]
        assert options[name]["vars"] == [{"name": f"opensips_mi_{name}"}]
        assert not [line for line in options[name]["description"] if "module " in line or "task" in line], name
