# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m emulator` from tests/, or `python tests/emulator`."""

import os
import sys

if __package__:
    from .cli import main
else:  # run as a directory: make the package known by its name
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    from emulator.cli import main

if __name__ == "__main__":
    sys.exit(main())
