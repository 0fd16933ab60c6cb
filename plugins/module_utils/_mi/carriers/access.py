# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Who may write to what the server answers through: its own user, and as few others as possible."""

import os
import stat


def narrowest(server):
    """(mode, owner, group) for a reply FIFO or socket; -1 leaves an id as it is.

    server: os.stat_result of the server's FIFO or socket. Root gives the file to the server's user. Others share it with
    the server's group if they are in it, and have to let everybody write else: nobody can read it or guess its name.
    """
    own = os.geteuid()
    if own == 0:
        return 0o600, server.st_uid, server.st_gid
    if server.st_uid == own:
        return 0o600, -1, -1
    if server.st_mode & stat.S_IRWXG and server.st_gid in os.getgroups() + [os.getegid()]:
        return 0o620, -1, server.st_gid
    return 0o622, -1, -1
