# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of ./test share. Python 3.6 loads it, too: the tests of module_utils run there."""

import importlib
import pathlib
import sys

import pytest

_TESTS = pathlib.Path(__file__).parents[1]
_NAMES = ("checks", "emulator", "execution_environment", "matrix", "support")


@pytest.fixture(scope="module")
def checks():
    """tests/checks.py, imported as ./test does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(_TESTS))
        yield importlib.import_module("checks")
    for name in [name for name in sys.modules if name.partition(".")[0] in _NAMES]:
        del sys.modules[name]
