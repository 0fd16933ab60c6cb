# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pathlib
import tempfile

import pytest

# pylint: disable=wildcard-import,unused-wildcard-import
from ansible_collections.community.opensips.tests.shared_directory import *  # noqa: F403


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    """Each test finds out anew what its server speaks."""
    # not the fixture monkeypatch: what a test has patched is to be as it was when the folder is removed
    with tempfile.TemporaryDirectory(prefix="mi-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        yield pathlib.Path(folder)


@pytest.fixture
def tmp_path():
    """A folder with a short path: pytest's own is too long for the name of a Unix socket, with xdist at least."""
    with tempfile.TemporaryDirectory(prefix="mi-") as folder:
        yield pathlib.Path(folder)
