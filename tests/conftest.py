# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for all tests."""

import atexit
import os
import shutil
import tempfile

from hypothesis import settings

# how long an example takes says how busy the machine is
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def _remember_nothing_of_other_servers():
    """Keep what modules remember of servers apart from that of the user, and of the next run.

    No fixture, since ansible-test runs each test in a fork that ends without the end of its fixtures.
    """
    folder, owner = tempfile.mkdtemp(prefix="opensips-run-"), os.getpid()
    os.environ["XDG_RUNTIME_DIR"] = folder
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(folder, ignore_errors=True))


_remember_nothing_of_other_servers()
