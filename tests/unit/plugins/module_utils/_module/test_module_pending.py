# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reloads that a server still owes."""

import os
import stat

import pytest

from ansible_collections.community.opensips.plugins.module_utils._module.pending import PendingReload


@pytest.fixture
def reload_of(tmp_path):
    """reload_of("ds_reload"): a PendingReload of one server."""

    def make(command, partition=None, server="the FIFO /run/opensips/opensips_fifo"):
        return PendingReload(server, command, partition, directory=str(tmp_path / "state"))

    return make


def test_it_is_owed_until_it_is_done(reload_of):
    assert not reload_of("ds_reload").exists()
    reload_of("ds_reload").note()
    owed = reload_of("ds_reload")
    assert owed.exists()
    owed.clear()
    assert not owed.exists() and not reload_of("ds_reload").exists()
    # once more harms nobody
    owed.clear()


def test_each_server_command_and_partition_has_its_own(reload_of):
    reload_of("ds_reload").note()
    others = [
        reload_of("dr_reload"),
        reload_of("ds_reload", "trunks"),
        reload_of("ds_reload", server="udp:127.0.0.1:8080"),
    ]
    assert not any(other.exists() for other in others)


def test_nobody_else_may_read_or_replace_it(reload_of, tmp_path):
    made = reload_of("ds_reload")
    made.note()
    assert made.problem is None
    assert stat.S_IMODE(os.stat(made.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(made.path)).st_mode) == 0o700


def test_a_place_that_cannot_be_written_is_a_problem_and_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    made = PendingReload("udp:127.0.0.1:8080", "ds_reload", directory=str(tmp_path / "file"))
    made.note()
    assert not made.exists() and made.path in made.problem


@pytest.mark.parametrize("partition", ["../../etc", "a/b", "x" * 5000, "\n"])
def test_what_a_partition_is_called_makes_no_path(reload_of, partition):
    made = reload_of("ds_reload", partition)
    made.note()
    assert made.problem is None and os.path.basename(os.path.dirname(made.path)) == "reloads"
    assert len(os.path.basename(made.path)) < 60


def test_what_another_task_noted_meanwhile_stays(tmp_path):
    ours, others = [PendingReload("the server", "ds_reload", directory=str(tmp_path)) for _task in range(2)]
    ours.note()
    others.note()
    ours.clear()
    assert others.exists()
    others.clear()
    assert not others.exists() and not ours.exists()


def test_a_reload_clears_what_was_there_before_it(tmp_path):
    PendingReload("the server", "ds_reload", directory=str(tmp_path)).note()
    reload = PendingReload("the server", "ds_reload", directory=str(tmp_path))
    assert reload.exists()
    reload.clear()
    assert not reload.exists()
