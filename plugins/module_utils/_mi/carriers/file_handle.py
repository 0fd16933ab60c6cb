# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What tells a file from all others that ever had its place, and its inode number.

A server makes its FIFO anew when it starts, often with the inode number of the old one. Each request that is written changes
the times of a FIFO. Its handle holds the generation of the inode, which changes with each file.

Source: name_to_handle_at(2).
"""

import os
import sys
from typing import Optional

_EMPTY_PATH = 0x1000
_MOST = 128


def of(fd: int) -> Optional[str]:
    """The handle of an open file (str), or None where the system or the file system gives none. fd: its descriptor."""
    try:
        # it takes some time to import, and few need it
        import ctypes

        name_to_handle_at = ctypes.CDLL(None, use_errno=True).name_to_handle_at
    except (ImportError, OSError, AttributeError):
        return None
    # struct file_handle: its size, its type, and the bytes
    buffer = ctypes.create_string_buffer(_MOST.to_bytes(4, sys.byteorder), 8 + _MOST)
    mount = ctypes.c_int()
    if name_to_handle_at(fd, b"", buffer, ctypes.byref(mount), _EMPTY_PATH):
        return None
    size = ctypes.c_uint.from_buffer(buffer).value
    return f"{os.fstat(fd).st_dev:x}:{buffer.raw[4 : 8 + size].hex()}"
