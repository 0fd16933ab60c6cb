# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make docs/docsite/rst/presets.rst from plugins/module_utils/_sip/preset_data.py and vendors.py."""

import os
import re

from . import package, pages

TARGET = os.path.join(package.ROOT, "docs", "docsite", "rst", "presets.rst")

HEAD = """\
..
  Copyright (c) community.opensips contributors
  GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

..
  Made by data/presets_page.py, do not edit.

.. _ansible_collections.community.opensips.docsite.presets:

NOTIFY presets
==============

.. contents:: Contents
   :local:
   :depth: 1

A preset is an Event with the headers and the body that a NOTIFY with that Event requires.
Its key names the vendor of the phones, and what the preset makes them do.
Set :ansopt:`community.opensips.opensips_notify#module:event` to a key. Case does not matter, and ``-`` and ``_`` are the same.
To send an Event that is not a preset, set the Event itself, for example ``event: check-sync;reboot=true``.

Whether a phone obeys depends on its settings. Many phones ignore a NOTIFY that does not come from their own server.
Others require authentication, which ``t_uac_dlg`` cannot do.
An answer of ``200 OK`` only means that the phone received the NOTIFY.
"""

ACTIONS = {
    "check_cfg": "check its configuration",
    "reboot": "reboot",
    "report": "send a report",
    "push": "show what the body says",
}


def escape(text):
    return re.sub(r"([\\*`|_])", r"\\\1", text)


def literal(text):
    return f"``{text}``"


def title(text):
    return [text, "-" * len(text), ""]


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
            keys.append(literal(key) + ("" if data.PRESETS[key]["action"] == action else " (of the other action)"))
        yield [literal(family.pattern), literal(family.vendor), *keys]


def generate():
    """The text of the page."""
    package.ensure()
    from ansible_collections.community.opensips.plugins.module_utils._sip import preset_data as data
    from ansible_collections.community.opensips.plugins.module_utils._sip import vendors

    lines = HEAD.split("\n")
    lines += title(f"The {len(data.PRESETS)} presets")
    lines += [
        "A preset is *uncertain* if the sources disagree, or if only one source has it. Try it on one phone first.",
        "A preset whose body has the Call-ID of the phone's registration works only with ``aors`` and ``select``,"
        " because it needs the contact from the location table.",
        "",
    ]
    lines += pages.table("25 15 30 30", ["Key", "Makes the phone", "What is sent", "When it works"], preset_rows(data))
    lines += title("What auto chooses")
    lines += [
        "With ``event: auto``, which is the default, the module chooses the preset of each phone by its User-Agent and by"
        " :ansopt:`community.opensips.opensips_notify#module:action`.",
        "The first row applies whose regular expression is found in the User-Agent, regardless of case.",
        "If no row applies, nothing is sent to the phone, and its result says so.",
        "Nothing is sent to softphones, PBXs, gateways and session border controllers either, whatever their vendor is.",
        "If a vendor has no Event for an action, the preset of the other action is sent."
        " :ansretval:`community.opensips.opensips_notify#module:results[].hint` then says what it does.",
        "",
    ]
    lines += pages.table(
        "34 16 25 25", ["User-Agent", "Vendor", "For ``reboot``", "For ``check_cfg``"], family_rows(data, vendors)
    )
    return "\n".join(lines).rstrip("\n") + "\n"
