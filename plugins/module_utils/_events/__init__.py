# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Events of a server: where it sends them, the subscription to them, and receiving them.

addresses.py      the IPv4 address that the server sends to, and those who may send
subscription.py   event_subscribe: how a server calls a socket, and what it refuses
receiver.py       the socket, and the buffer in which events wait
"""
