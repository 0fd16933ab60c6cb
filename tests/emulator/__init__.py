# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An OpenSIPS emulator for tests: `from ...tests.emulator import Emulator`; see client.py and `--help`.

One model (state.py, location.py) behind the commands (commands/, a module for each of OpenSIPS'), which give trees on
1.x and 2.x (tree.py) and values on 3.x and 4.x; render_*.py write them for each protocol; fifo*.py, datagram.py and
http*.py carry them; sip.py, registrar.py and phones.py are the SIP side; memory.py is what it all costs in shared
memory and time; faults.py misbehaves; server.py joins all that. cluster.py and member.py make a cluster of several
servers, traffic.py the calls that arrive there. cli.py and control.py (cluster_control.py) drive it, client.py has the
handles for tests. It shares no code with the collection, on purpose.
"""

from .client import Cluster, Emulator, EmulatorError, HarmfulRequest, Traffic  # noqa: F401
