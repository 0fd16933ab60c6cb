# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A small SIP phone: requests, registrations, messages and calls over UDP, TCP and TLS (RFC 3261). Standard library only.

message.py       messages as bytes, and out of bytes. No I/O
target.py        where to send: ``udp:192.0.2.1:5060``
srv.py           the servers of a domain
transport.py     one connection to a target
transaction.py   requests and responses, repeated until the other side has them
endpoint.py      a connection with its transactions, and the loop that waits for several of them
leg.py           Call-ID, tags, CSeq and route of a registration, a message or a call
client.py        a single request and its response
party.py         an account: authentication and registration
call.py          a call and a message, and the other account that receives them
subscription.py  a subscription, until its first NOTIFY
sdp.py           the media part of a call, without media
proof.py         one test of a server, from the connection to the end of what was begun
errors.py        why a test failed

No library does this on Python 3.6 without a compiler: pjsua2 requires a build of PJSIP; aiosip is not maintained any more; pyVoIP
1.6 speaks UDP alone, and sends no MESSAGE; sipua requires Python 3.10 and aiortc, and has no TLS.
"""
