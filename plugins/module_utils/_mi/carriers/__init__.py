# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Carriers move bytes between us and a server; they know no protocol.

FIFO and datagram carriers start exchanges that one poll loop can serve many of; HTTP carriers block for one.
"""

import time


class Exchange:
    """One request on its way and the descriptor on which its reply comes.

    deadline: time.monotonic() at which waiting ends, sent_at: at which the request went out; both are set by their user, who
    closes finished exchanges.
    """

    deadline = sent_at = None

    def fileno(self):
        """The descriptor to poll for reading."""
        raise NotImplementedError

    def receive(self):
        """Take what has come: bytes of the whole reply, or None while there is more to come."""
        raise NotImplementedError

    def ignores(self, outcome):
        """Whether what came (a Reply or an MIError) is nothing to end with, and the reply may still come."""
        return False

    def expire(self):
        """The deadline has passed: give the bytes that came so far, or raise MITimeout."""
        raise NotImplementedError

    def close(self, reusable=False):
        """Free what the exchange holds; reusable: its reply came whole, so nothing late can come on its descriptor."""
        raise NotImplementedError


def seconds_left(deadline):
    """Seconds until deadline (time.monotonic()), at least 0."""
    return max(0.0, deadline - time.monotonic())
