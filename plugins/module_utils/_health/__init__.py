# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whether a server can take traffic.

entry.py       one outcome, with its value and its limit
server.py      what the checks read of the server, each thing once
resources.py, traffic.py, nodes.py, destinations.py, certificates.py, sockets.py   the checks
checks.py      all checks by name, and running them
snapshot.py    the numbers of a run, for a later one to be compared to
report.py      all outcomes as one, and as a line for a log
"""
