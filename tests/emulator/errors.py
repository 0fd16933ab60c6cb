# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command handler says when it cannot answer at once, or not at all."""

PENDING = object()  # the reply comes later through `done`


class Starved:
    """The reply of an asynchronous command that shared memory was too small for. partial: the Tree that 1.x and 2.x send all
    the same over FIFO and datagram; what else is sent instead depends on the carrier."""

    def __init__(self, partial=None):
        self.partial = partial


class MIError(Exception):
    """An error reply of a command."""

    def __init__(self, code, message, data=None):
        super().__init__(code, message)
        self.code, self.message, self.data = code, message, data


def bad_params(data):
    """-32602 of the JSON-RPC core."""
    return MIError(-32602, "Invalid params", data)
