# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTML page of a report, as Chromium shows it."""

from __future__ import annotations

import functools
import html
import json
import re
import shutil
import struct
import subprocess

import pytest

from ansible_collections.community.opensips.plugins.plugin_utils import (
    _comparison_html,
    _phones_html,
    _report_html,
    _rolling_html,
    _rolling_journal,
    _rolling_timeline,
)
from ansible_collections.community.opensips.plugins.plugin_utils._comparison import Comparison
from ansible_collections.community.opensips.plugins.plugin_utils._phones_fleet import Fleet
from ansible_collections.community.opensips.plugins.plugin_utils._report import Report, pack

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars",
    # Chromium itself likes to call home
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
EVIL = "<script>document.title='run'</script><img src=http://192.0.2.1/x onerror=\"document.title='run'\">"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return _opener(
        tmp_path_factory, _report_html.page(Report(_parts(), {"title": "Night", "campaign": "n-1", "stopped": EVIL}))
    )


@pytest.fixture(scope="module")
def page_of_phones(tmp_path_factory):
    """The page of phone_report, compared with an earlier report."""
    folder = tmp_path_factory.mktemp("contacts")
    phones = [
        {
            "aor": f"{1000 + each // 2}",
            "contact": f"sip:{1000 + each}@192.0.{each % 30}.1;transport=tcp",
            "user_agent": (EVIL, "snom370/8.7.5.35", "A" * 255)[each % 3],
            "expires": each,
            "socket": "udp:192.0.2.9:5060",
            "call_id": f"{each}",
        }
        for each in range(600)
    ]
    fleets = {}
    for name, some in (("earlier", phones[:500]), ("now", phones[20:])):
        (folder / name).write_text("".join(json.dumps(each) + "\n" for each in some), encoding="utf-8")
        sources = [{"host": "sip1", "file": str(folder / name)}, {"host": EVIL, "problem": EVIL}]
        earlier = str(folder / "earlier.json") if name == "now" else ""
        rules = [{"vendor": "snom", "firmware": "8.7.5.44"}]
        fleets[name] = Fleet(sources, rules, earlier, {"title": EVIL})
        (folder / f"{name}.json").write_text(fleets[name].to_json(), encoding="utf-8")
    return _opener(tmp_path_factory, _phones_html.page(fleets["now"]))


@pytest.fixture(scope="module")
def page_of_nodes(tmp_path_factory):
    """The page of compare: 5 nodes, of which one was not read and one differs."""
    return _opener(
        tmp_path_factory, _comparison_html.page(Comparison(_nodes(), {"title": EVIL, "ignore": ["domains.attributes"]}))
    )


def _nodes():
    def data(weight, attrs):
        destinations = [
            {"partition": "default", "set": place, "uri": f"sip:{place}.example.com", "weight": weight, "attrs": attrs}
            for place in range(300)
        ]
        return {
            "format": 1, "opensips": "3.6.8", "taken": "2026-11-28T10:00:00Z", "skipped": {},
            "kinds": {"dispatcher": destinations, "domains": [{"name": EVIL, "attributes": None}], "versions": [{"product": "OpenSIPS", "version": "3.6.8"}]},
        }  # fmt: skip

    difference = {
        "kind": "gateways", "key": {"partition": "default", "id": EVIL}, "field": "address", "outcome": "different", "minority": [],
        "variants": [{"value": "x" * 300, "sources": ["memory"]}, {"value": EVIL, "sources": ["table"]}],
    }  # fmt: skip
    checked = {
        "differences": [difference],
        "summary": {"total": 7},
        "compared": {"gateways": {"memory": 1, "table": 1}},
        "not_compared": {},
    }
    nodes = [{"node": f"sip{number}.a-long-name.example.com", "data": data(1, "a")} for number in range(3)]
    nodes[0]["table"] = checked
    odd = data(2, "b" * 200)
    odd["kinds"]["domains"] = []
    return [*nodes, {"node": EVIL, "data": odd, "snapshot": {"problem": EVIL}}, {"node": "gone", "problem": EVIL}]


@pytest.fixture(scope="module")
def page_of_timeline(tmp_path_factory):
    """The page of rolling: a node with each step, and one of which nothing fits into its line."""
    path = str(tmp_path_factory.mktemp("journal") / "night.jsonl")

    def write(at, event, **record):
        _rolling_journal.append(path, {"event": event, "at": 1.79e9 + at, **record})

    nodes = ["sip1", "A" * 80]
    write(0, "run", nodes=nodes, action="restart")
    for number, node in enumerate(nodes):
        write(100 * number, "begin", node=node, before={})
        for place, step in enumerate(_rolling_journal.STEPS):
            at = 100 * number + 7 * place
            write(at, "step", node=node, step=step, outcome="started")
            write(at + 5, "step", node=node, step=step, outcome="ok", calls=place, message=(EVIL, "A" * 255)[number])
    write(180, "end", node=nodes[0], outcome="done")
    write(190, "end", node=nodes[1], outcome="out_of_service", message=EVIL)
    return _opener(tmp_path_factory, _rolling_html.page(_rolling_timeline.Timeline(path, EVIL)))


def _opener(tmp_path_factory, text):
    if not CHROMIUM:
        pytest.skip("chromium was not found")
    folder = tmp_path_factory.mktemp("page")
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    return functools.partial(_open, folder, path)


def _parts():
    outcomes = [("accepted", 200), ("rejected", 486), ("no_answer", 408)]
    phones = [
        {
            "aor": f"{1000 + each}", "contact": f"sip:{1000 + each}@192.0.2.1", "user_agent": EVIL, "vendor": ("yealink", "snom")[each % 2],
            "outcome": outcomes[each % 50 % 3 if each % 10 == 0 else 0][0], "code": 200, "reason": EVIL, "at": 1.79e9 + each / 100,
            "seconds": 0.001 * (each % 70 + 1), "registered": "back", "back_seconds": each % 40 + 1.0, "new_user_agent": EVIL + "2",
        }
        for each in range(2000)
    ]  # fmt: skip
    return [
        pack({"results": phones[:100], "summary": {}}, "sip1", "canary"),
        pack({"results": phones[100:], "summary": {}}, "sip1", "batch 1"),
    ]


def _open(folder, path, *options):
    """(what Chromium wrote, its log, the addresses that it asked for)."""
    profile = folder / f"profile{len(list(folder.iterdir()))}"
    log = folder / f"{profile.name}-net.json"
    done = subprocess.run(
        [CHROMIUM, *OPTIONS, f"--user-data-dir={profile}", "--enable-logging=stderr", f"--log-net-log={log}", *options, path.as_uri()],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=True, cwd=folder,
    )  # fmt: skip
    return done.stdout.decode(), done.stderr.decode(errors="replace"), _asked(log)


def _asked(log):
    """The addresses that a page asked for; those of Chromium itself have no initiator that is a page."""
    text = log.read_text(encoding="utf-8", errors="replace")
    try:
        events = json.loads(text)["events"]
    except ValueError:  # Chromium ended before it had written the end
        events = json.loads(text.rstrip().rstrip(",") + "]}")["events"]
    found = [each.get("params", {}) for each in events]
    return [
        each["url"] for each in found if "url" in each and each.get("initiator", "not an origin") != "not an origin"
    ]


def test_a_request_would_be_seen(page, tmp_path):
    other = tmp_path / "other.html"
    other.write_text("<img src='http://192.0.2.1/x.png'><script>console.log('hello')</script>", encoding="utf-8")
    _dom, log, asked = _open(tmp_path, other, "--dump-dom")
    assert "http://192.0.2.1/x.png" in asked
    assert "CONSOLE" in log


def test_shows_title_and_numbers_without_an_error_or_a_request(page):
    dom, log, asked = page("--dump-dom")
    assert "<title>Night: n-1</title>" in dom
    text = " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", dom, flags=re.DOTALL)).split()).replace(
        "\xa0", " "
    )
    for words in ("2,000 phones", "100 % back", "Over time", "By vendor", "Phones that need attention", "canary"):
        assert words in text, words
    assert "CONSOLE" not in log
    assert asked == []


@pytest.mark.parametrize("width", [1280, 500])
def test_can_be_painted(page, tmp_path, width):
    picture = tmp_path / "page.png"
    page(f"--screenshot={picture}", f"--window-size={width},2000")
    data = picture.read_bytes()
    assert struct.unpack(">II", data[16:24]) == (width, 2000)
    # an empty page of that size takes some 10 kB
    assert len(data) > 40000


# what stands out of the window: a table that scrolls by itself does not count
_FRAME = """<!DOCTYPE html><iframe id=f style="width:{width}px;height:900px;border:0" srcdoc="{page}"></iframe><p id=r></p><script>
f.onload = () => {{
  const inside = f.contentDocument, root = inside.documentElement;
  const out = [...inside.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest('.scroll'));
  r.textContent = 'wide=' + root.scrollWidth + ' out=' + out.length + ' ' + out.slice(0, 3).map(e => e.outerHTML.slice(0, 80)).join('|');
}}</script>"""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["page_of_phones", "page_of_nodes", "page_of_timeline"])
def test_nothing_of_a_report_is_cut_off(request, name, tmp_path, width):
    text = request.getfixturevalue(name).args[1].read_text(encoding="utf-8").replace("<details>", "<details open>")
    frame = tmp_path / "frame.html"
    frame.write_text(_FRAME.format(width=width, page=html.escape(text)), encoding="utf-8")
    dom, _log, asked = _open(tmp_path, frame, "--dump-dom", "--window-size=1400,1000")
    assert asked == []
    # the title is that of the frame, which has none: nothing of a phone was run
    assert "<title>" not in dom.split("srcdoc")[0]
    (found,) = re.findall(r"wide=\d+ out=\d+[^<]*", dom)
    assert found.strip() == f"wide={width} out=0"


def test_the_report_of_phones_shows_what_it_has(page_of_phones):
    dom, log, asked = page_of_phones("--dump-dom")
    text = " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", dom, flags=re.DOTALL)).split())
    for words in ("580 phones", "Appeared 100", "Vanished 20", "Unknown User-Agents", "Contacts of a line", "8.7.5.44"):
        assert words in text, words
    assert "CONSOLE" not in log
    assert asked == []


def test_the_comparison_of_nodes_shows_who_differs_in_what(page_of_nodes):
    dom, log, asked = page_of_nodes("--dump-dom")
    text = " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", dom, flags=re.DOTALL)).split())
    for words in (
        "4 nodes 1 not read",
        "601 differences between nodes in 2 of 3 kinds",
        "gone was not read",
        "Dispatcher destinations 300 300 300 300 600 differences",
        "set=0 sip:0.example.com weight 1 on sip0.a-long-name.example.com, sip1.a-long-name.example.com, sip2.a-long-name.example.com 2 on",
        "400 more are in the JSON",
        "sip0.a-long-name.example.com and its tables 7 differences",
        "was not compared with the snapshot",
    ):
        assert words in text, words
    assert "<title>run</title>" not in dom and "CONSOLE" not in log
    assert asked == []


def test_the_timeline_shows_what_it_has(page_of_timeline):
    dom, log, asked = page_of_timeline("--dump-dom")
    text = " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", dom, flags=re.DOTALL)).split())
    for words in ("1 of 2 nodes done", "Waited for calls", "failed, out of service", "3 min 10 s"):
        assert words in text, words
    assert "CONSOLE" not in log
    assert asked == []
