# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Who may write to what the server answers through: its own user, and as few others as possible.

Sources: acl(5); include/uapi/linux/posix_acl_xattr.h.
"""

import os
import stat
import struct
from typing import Optional, Union

_ACL = "system.posix_acl_access"
_ACL_VERSION = 2
# tags of its entries, in the order that the kernel demands, and the rights
_USER_OBJ, _USER, _GROUP_OBJ, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_READ_WRITE, _WRITE = 6, 2


class Access:
    """How a reply FIFO or socket, made with mode 0600, is opened to the server and to nobody else.

    server: os.stat_result of the server's FIFO or socket. user: uid of the server, or None: that of its FIFO or socket.
    everybody: any user may write to what restrict() was called for last (bool).

    Root gives the file to the server's user. Others let that user in by an access control list. Where the file system has
    none, they share the file with the server's group if they are in it, and have to let everybody write else. The name does
    not hide it: a server takes no directory of ours for reply FIFOs, and /proc/net/unix lists all sockets.
    """

    def __init__(self, server: os.stat_result, user: Optional[int] = None) -> None:
        self._user = server.st_uid if user is None else user
        self._group = server.st_gid
        self._grouped = bool(server.st_mode & stat.S_IRWXG)
        self.everybody = False

    def restrict(self, target: Union[str, int]) -> None:
        """target: path or descriptor of a FIFO, or path of a socket, that is ours. Raises OSError."""
        own = os.geteuid()
        if self._user == own:
            return
        if own == 0:
            _chown(target, self._user, self._group)
            return
        if self._let_in(target) or self._user == 0:
            # root may write to it in any case
            return
        if self._grouped and self._group in os.getgroups() + [os.getegid()]:
            _chown(target, -1, self._group)
            # the server, which is in the group, has to write the reply
            os.chmod(target, 0o620)  # nosec B103
            return
        # there is no narrower way that lets the server write; nobody else can read, and a reply needs the id of its request
        self.everybody = True
        os.chmod(target, 0o622)  # nosec B103

    def _let_in(self, target: Union[str, int]) -> bool:
        """Whether an access control list could be set that lets the server's user write."""
        entries = [
            (_USER_OBJ, _READ_WRITE, _NO_ID),
            (_USER, _WRITE, self._user),
            (_GROUP_OBJ, 0, _NO_ID),
            (_MASK, _WRITE, _NO_ID),
            (_OTHER, 0, _NO_ID),
        ]
        packed = struct.pack("<I", _ACL_VERSION) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
        try:
            os.setxattr(target, _ACL, packed)
        except (OSError, AttributeError):
            # the file system has none, or Python does not know them on this system
            return False
        return True


def _chown(target: Union[str, int], owner: int, group: int) -> None:
    if isinstance(target, int):
        os.fchown(target, owner, group)
    else:
        os.chown(target, owner, group, follow_symlinks=False)
