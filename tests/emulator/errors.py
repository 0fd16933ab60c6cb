# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command handler says when it cannot answer at once, or not at all."""

PENDING = object()  # the reply comes later through `done`


class MIError(Exception):
    """An error reply of a command."""

    def __init__(self, code, message, data=None):
        super().__init__(code, message)
        self.code, self.message, self.data = code, message, data


def bad_params(data):
    """-32602 of the JSON-RPC core."""
    return MIError(-32602, "Invalid params", data)
