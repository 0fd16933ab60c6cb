# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a server does for a span of time, and what is wrong with it. _health/ judges the state of one moment.

span.py         the readings of a span, one a second, and the events that came meanwhile
listening.py    the subscription to E_CORE_THRESHOLD, and its end
operations.py   what was slow, in words that hold no secrets
slow.py         slow messages and queries: counters, events and thresholds together
thresholds.py   from which time on something counts as slow, as the configuration file says
load.py, memory.py, queues.py, registrants.py, server.py   the other checks
local.py        what /proc knows of the processes of a server on this host
backtraces.py   a backtrace of each process, by gdb
checks.py       all checks by name, and running them
report.py       all findings in words
"""
