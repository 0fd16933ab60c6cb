# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the demo writes: headings, steps with their time, aligned tables. Colour only where a person sees it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import textwrap
import threading
import time
import typing as t

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35"}
# Keeps lines readable on wide terminals, and in files
_WIDEST = 120
_TICK_SECONDS = 0.2


class Cell(t.NamedTuple):
    """A text and its style."""

    text: str
    style: str = ""


class Screen:
    """Writes to standard output.

    live: steps may rewrite their own line, as only a terminal can.
    """

    def __init__(self) -> None:
        terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.colour = terminal and not os.environ.get("NO_COLOR")
        self.live = terminal
        self.width = min(shutil.get_terminal_size((100, 24)).columns, _WIDEST)
        # what a terminal cannot show must not end the demo
        sys.stdout.reconfigure(errors="replace", line_buffering=True)

    def style(self, text: str, style: str) -> str:
        if not self.colour or not style or not text:
            return text
        return f"\033[{';'.join(_STYLES[word] for word in style.split())}m{text}\033[0m"

    def line(self, text: str = "", style: str = "", indent: int = 2) -> None:
        print(" " * indent + self.style(text, style) if text else "")

    def heading(self, text: str) -> None:
        print()
        print(self.style(text, "bold"))

    def paragraph(self, text: str, style: str = "", indent: int = 2) -> None:
        for each in textwrap.wrap(text, self.width - indent, break_on_hyphens=False):
            self.line(each, style, indent)

    @contextlib.contextmanager
    def step(self, text: str) -> t.Iterator[None]:
        """Says what is being done, and when it is done how long that took."""
        start = time.monotonic()
        done = threading.Event()

        def show(end: str) -> None:
            seconds = f"{time.monotonic() - start:.1f} s"
            print(f"\r  {text} {self.style(seconds, 'dim')}", end=end, flush=True)

        def tick() -> None:
            while not done.wait(_TICK_SECONDS):
                show("")

        if self.live:
            ticker = threading.Thread(target=tick, daemon=True)
            show("")
            ticker.start()
        else:
            print(f"  {text} ...", end="", flush=True)
        good = False
        try:
            yield
            good = True
        finally:
            if self.live:
                done.set()
                ticker.join()
                show("\n")
            else:
                print(f" {time.monotonic() - start:.1f} s" if good else "", flush=True)

    def table(
        self, head: list[str], rows: list[list[Cell | str]], right: t.Sequence[str] = (), total: bool = False
    ) -> None:
        """Aligned columns; the last one is wrapped where the line would be too long.

        right: the names of the columns to align right. total: the last row is a sum.
        """
        cells = [[each if isinstance(each, Cell) else Cell(each) for each in row] for row in rows]
        widths = [
            max(map(len, column)) for column in zip(head, *[[each.text for each in row] for row in cells], strict=True)
        ]
        to_right = [name in right for name in head]
        before = sum(widths[:-1]) + 2 * len(widths)
        widths[-1] = max(min(widths[-1], self.width - before), 20) if not to_right[-1] else widths[-1]

        def put(row: list[Cell]) -> None:
            last = (
                textwrap.wrap(row[-1].text, widths[-1], break_on_hyphens=False) if not to_right[-1] else [row[-1].text]
            )
            parts = []
            for cell, width, flush_right in zip(
                [*row[:-1], Cell((last or [""])[0], row[-1].style)], widths, to_right, strict=True
            ):
                pad = " " * (width - len(cell.text))
                parts.append(
                    pad + self.style(cell.text, cell.style) if flush_right else self.style(cell.text, cell.style) + pad
                )
            print("  " + "  ".join(parts).rstrip())
            for more in last[1:]:
                print(" " * before + self.style(more, row[-1].style))

        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        put([Cell(name, "bold") for name in head])
        self.line(rule, "dim")
        for number, row in enumerate(cells, 1):
            if total and number == len(cells):
                self.line(rule, "dim")
            put(row)
