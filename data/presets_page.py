# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make docs/docsite/rst/presets.rst from plugins/module_utils/_sip/preset_data.py and vendors.py."""

import importlib.util
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCES = os.path.join(ROOT, "plugins", "module_utils", "_sip")
TARGET = os.path.join(ROOT, "docs", "docsite", "rst", "presets.rst")

HEAD = """\
..
  Copyright (c) community.opensips contributors
  GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

..
  Made by data/presets_page.py, do not edit.

.. _ansible_collections.community.opensips.docsite.presets:

NOTIFY Presets
==============

.. contents:: Contents
   :local:
   :depth: 1

A preset is the Event of a NOTIFY, with the headers and the body that go along with it, under a key.
The key says whose phones it is for and what it makes them do.
The key is a value of :ansopt:`community.opensips.opensips_notify#module:event`. Case does not matter in it, nor whether it is written with ``-`` or ``_``.
An Event that is no preset is given literally, for example ``event: check-sync;reboot=true``.

Whether a phone obeys is up to its settings: many ignore a NOTIFY that does not come from their own server,
or want it authenticated, which ``t_uac_dlg`` cannot do.
The phone's answer, ``200 OK`` included, only says that it took the NOTIFY.
"""

ACTIONS = {
    "check_cfg": "check its configuration",
    "reboot": "reboot",
    "report": "send a report",
    "push": "show what the body says",
}


def load(name):
    spec = importlib.util.spec_from_file_location(name, os.path.join(SOURCES, name + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def escape(text):
    return re.sub(r"([\\*`|_])", r"\\\1", text)


def literal(text):
    return f"``{text}``"


def title(text):
    return [text, "-" * len(text), ""]


def table(widths, head, rows):
    """Lines of a list-table."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in [head, *rows]:
        for number, cell in enumerate(row):
            lines.append(f"   {'*' if number == 0 else ' '} - {cell}".rstrip())
    return [*lines, ""]


def preset_rows(data):
    aliases = {}
    for alias, key in data.ALIASES.items():
        aliases.setdefault(key, []).append(alias)
    for key, fields in sorted(data.PRESETS.items()):
        names = " or ".join(map(literal, [key, *aliases.get(key, [])]))
        sent = [literal(f"Event: {fields['event']}")] + [
            literal(f"{name}: {value}") for name, value in fields["headers"]
        ]
        if fields["body"]:
            sent.append(
                "and a body"
                + (" with the Call-ID of the phone's registration" if "%(call_id)s" in fields["body"] else "")
            )
        notes = [escape(fields["condition"])] if fields["condition"] else []
        if fields["uncertain"]:
            notes.append("*Uncertain.*")
        yield [names, ACTIONS[fields["action"]], ", ".join(sent), " ".join(notes)]


def family_rows(data, vendors):
    for family in vendors.FAMILIES:
        keys = []
        for key, action in ((family.reboot, data.REBOOT), (family.check_cfg, data.CHECK_CFG)):
            keys.append(literal(key) + ("" if data.PRESETS[key]["action"] == action else " (stands in)"))
        yield [literal(family.pattern), literal(family.vendor), *keys]


def generate():
    """The text of the page."""
    data, vendors = load("preset_data"), load("vendors")
    lines = HEAD.split("\n")
    lines += title(f"The {len(data.PRESETS)} presets")
    lines += [
        "*Uncertain* are presets on which sources disagree, or that only one source shows: try them on one phone first.",
        "A preset with a body that names the phone's registration works with ``aors`` and ``select`` only,"
        " because it needs the contact from the location table.",
        "",
    ]
    lines += table("25 15 30 30", ["Key", "Makes the phone", "What is sent", "When it works"], preset_rows(data))
    lines += title("What auto chooses")
    lines += [
        "With ``event: auto``, which is the default, each phone's preset follows from its User-Agent and from"
        " :ansopt:`community.opensips.opensips_notify#module:action`.",
        "The first row whose regular expression is found in the User-Agent counts, regardless of case.",
        "Phones that no row knows are not sent to, and their result says so."
        " Nor are softphones, PBXs, gateways and session border controllers, whoever made them.",
        "Where a vendor has no Event for an action, the other one stands in, and :ansretval:`community.opensips.opensips_notify#module:results[].hint`"
        " says what that does.",
        "",
    ]
    lines += table(
        "34 16 25 25", ["User-Agent", "Vendor", "For ``reboot``", "For ``check_cfg``"], family_rows(data, vendors)
    )
    return "\n".join(lines).rstrip("\n") + "\n"
