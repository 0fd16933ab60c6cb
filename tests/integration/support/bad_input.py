# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors as they have to be, and what a server was asked meanwhile."""

from __future__ import annotations

# What finding out about a server sends; it changes nothing. The last is what a FIFO of 2.x reads of a JSON-RPC request.
PROBES = {"version", "which", '"jsonrpc"'}


def assert_clear(result, words, name):
    """The task failed with an error of the library that holds the words and says what to do."""
    assert result.failed, f"{name} did not fail: {result}"
    assert "error" in result, f"{name}: no error of ours but {result.msg}"
    assert result["error"]["hint"], f"{name} says no remedy: {result.msg}"
    assert "Traceback" not in result.msg
    assert not {"module_stderr", "module_stdout", "rc"} & set(result), name
    assert [word for word in words if word not in result.msg] == [], f"{name}: {result.msg}"


def assert_refused(result, words):
    """As assert_clear(), of what run_module() returns (dict)."""
    assert result.get("failed") and "error" in result, result
    assert result["error"]["hint"], f"no remedy: {result['msg']}"
    assert "Traceback" not in result["msg"]
    assert [word for word in words if word not in result["msg"]] == [], result["msg"]


def commands_of(emu):
    """What an emulator was asked, without probes."""
    return {name: count for name, count in emu.stats()["commands"].items() if name not in PROBES}


def run_cases(ansible, module, cases, common=None):
    """Run {name: (arguments, words of the error)} and check each error."""
    results = ansible.cases(
        module, {name: {**(common or {}), **arguments} for name, (arguments, _words) in cases.items()}
    )
    for name, (_arguments, words) in cases.items():
        assert_clear(results[name], words, name)
    return results
