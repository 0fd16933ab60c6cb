# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python ask.py SOCKET restart_node 1`: one control command to an emulated cluster, from a shell. Fails if the cluster refuses it."""

import json
import socket
import sys


def main(path, *words):
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(path)
        control.sendall(" ".join(words).encode() + b"\n")
        reply = json.loads(control.makefile().readline())
    if "error" in reply:
        sys.exit(reply["error"])
    print(json.dumps(reply["ok"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
