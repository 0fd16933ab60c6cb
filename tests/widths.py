# Copyright (c) community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the pages of the site fit a screen: Chromium lays them out, and each part that sticks out is listed."""

from __future__ import annotations

import html
import json
import pathlib
import re
import shutil
import typing as t

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDTHS = (1280, 390)
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--allow-file-access-from-files",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=120000", "--window-size=1400,1000", "--dump-dom",
)  # fmt: skip
# Long names are broken, and the cells of tables, which the theme makes as wide as their text
NARROW = """\
dt, code, .document a, .wy-menu-vertical a, .wy-breadcrumbs { overflow-wrap: anywhere; }
.wy-table-responsive table.docutils th, .wy-table-responsive table.docutils td { white-space: normal; }
"""
# Each page in a frame of the width. What can be scrolled sideways is not cut off.
_FRAMES = """<!DOCTYPE html><p id=r></p><script>
const found = [];
const scrolls = (e, f) => e && (/auto|scroll/.test(f.getComputedStyle(e).overflowX) || scrolls(e.parentElement, f));
async function look(page, width) {
  const frame = document.createElement("iframe");
  frame.style = `width:${width}px;height:900px;border:0`;
  frame.src = page;
  document.body.append(frame);
  await new Promise(done => frame.onload = done);
  // the theme wraps tables when the page has loaded
  await new Promise(done => setTimeout(done, 300));
  const view = frame.contentWindow;
  let seen = 0;
  for (const e of frame.contentDocument.querySelectorAll(".document *")) {
    seen++;
    const box = e.getBoundingClientRect();
    if (box.width && box.right > width + 1 && !scrolls(e, view)) found.push(`${width} ${page}: ${e.textContent.replace(/\\s+/g, " ").slice(0, 60)}`);
  }
  if (!seen) found.push(`${width} ${page}: is empty`);
  // the menu is the same on every page
  if (page == "index.html") for (const e of frame.contentDocument.querySelectorAll("nav a"))
    if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth) found.push(`${width} menu: ${e.textContent.slice(0, 60)}`);
  frame.remove();
}
(async () => {
  for (const width of WIDTHS) for (const page of PAGES) await look(page, width);
  document.getElementById("r").textContent = found.join("\\n") + "\\nEND";
})();
</script>"""


class Output(t.Protocol):
    def __call__(self, *command: object) -> str:
        """What a command prints."""


def cut_off(site: pathlib.Path, run: Output) -> list[str]:
    """ "WIDTH PAGE: TEXT" of each part of the pages of site that a screen would cut off. run: of a command, what it prints."""
    pages = sorted(str(path.relative_to(site)) for folder in (".", "docsite") for path in site.glob(f"{folder}/*.html"))
    frames = site / "frames.html"
    text = _FRAMES.replace("WIDTHS)", f"{json.dumps(WIDTHS)})").replace("PAGES)", f"{json.dumps(pages)})")
    frames.write_text(text, encoding="utf-8")
    try:
        found = re.search(r'<p id="r">(.*?)\nEND</p>', run(CHROMIUM, *OPTIONS, f"file://{frames}"), re.DOTALL)
    finally:
        frames.unlink()
    if not pages or not found:
        return ["the pages were not shown"]
    return html.unescape(found[1]).splitlines()
