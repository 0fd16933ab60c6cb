# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command line of the generators."""

import argparse
import sys

from . import generated


def main():
    parser = argparse.ArgumentParser(
        prog="python -m data",
        description="Lays out the JSON files of data/, and writes the files that are generated from them.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing, and fail if a file is not up to date")
    check = parser.parse_args().check
    stale = generated.update(check)
    for path in stale:
        print(path)
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main())
