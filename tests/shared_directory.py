# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for tests of files where other users may write. This file keeps to Python 3.6, as tests of the modules do."""

import os

import pytest


@pytest.fixture
def shared(tmp_path):
    """A directory as /tmp is."""
    directory = tmp_path / "shared"
    directory.mkdir()
    directory.chmod(0o1777)
    return directory


@pytest.fixture
def umask():
    """The usual umask, whatever that of the caller is."""
    before = os.umask(0o022)
    yield
    os.umask(before)
