# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A small SIP user agent: sends requests from this host, over UDP, TCP and TLS (RFC 3261). Standard library only.

message.py    requests as bytes, and responses from bytes. No I/O
target.py     where to send: ``udp:192.0.2.1:5060``
transport.py  one connection to a target
client.py     a request and its response, with retransmissions over UDP
errors.py     why there was no response
"""
