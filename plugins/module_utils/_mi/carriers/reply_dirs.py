# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""In which directory a server looks for reply FIFOs, if nobody says it."""

import os
import stat
from typing import List

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import ConnectError

# mi_fifo's own default: each reply FIFO gets a name of its own there
_DEFAULT = "/tmp"  # nosec B108
# what the role opensips_server makes beside the FIFO
_BESIDE = "replies"


def likely(fifo: str) -> List[str]:
    """The directories to try, in this order (list of str). fifo: path of the server's FIFO."""
    beside = os.path.join(os.path.dirname(fifo), _BESIDE)
    return [beside, _DEFAULT] if _is_the_servers(beside) else [_DEFAULT]


def _is_the_servers(directory: str) -> bool:
    """Whether nobody but root, the server and its group can have made a directory, and this user can write to it."""
    try:
        status, above = os.lstat(directory), os.stat(os.path.dirname(directory))
    except OSError:
        return False
    private = stat.S_ISDIR(status.st_mode) and not (status.st_mode | above.st_mode) & stat.S_IWOTH
    return private and os.access(directory, os.W_OK | os.X_OK)


def check(directory: str) -> None:
    """Raise ConnectError unless this user can make reply FIFOs in a directory."""
    if not os.path.isdir(directory):
        raise ConnectError(
            f"The reply_dir {directory} is not a directory",
            "Set reply_dir to the reply_dir of the server's mi_fifo module (its default is /tmp)",
        )
    if not os.access(directory, os.W_OK | os.X_OK):
        raise ConnectError(
            f"No permission to make a reply FIFO in reply_dir {directory}",
            "Use become, or a user of the directory's group",
        )
