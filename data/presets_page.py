# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make docs/docsite/rst/presets.rst from preset_data.py, phone_data.py and vendors.py of plugins/module_utils/_sip."""

import os
import re

from . import package

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

Each NOTIFY also has the ``Subscription-State`` and the ``Contact`` that RFC 6665 requires.
Nobody subscribed to these Events, so the state is ``terminated``, as Asterisk and FreeSWITCH send it. Presets that say otherwise show it below.
The ``Contact`` is the address that the server sends from.
:ansopt:`community.opensips.opensips_notify#module:subscription_state`, :ansopt:`community.opensips.opensips_notify#module:contact_uri`
and :ansopt:`community.opensips.opensips_notify#module:event_parameters` change what is sent.

An answer of ``200 OK`` only means that the phone received the NOTIFY. Whether it obeys depends on its settings.
"""

ACTIONS = {
    "check_cfg": "check its configuration",
    "reboot": "reboot",
    "report": "send a report",
    "push": "show what the body says",
}
AUTO_ACTIONS = (("reboot", "reboot"), ("check_cfg", "check its configuration"))
NOTHING_KNOWN = "Not known."
LONGEST_LITERAL = 40


def escape(text):
    return re.sub(r"([\\*`|_])", r"\\\1", text)


def literal(text):
    return f"``{text}``"


def marked(text):
    """Text with the names of settings and presets as literals, except those that are wider than the screen of a phone: no browser
    breaks a literal."""
    parts = re.split(r"([A-Za-z]\w*(?:[._=][\w\"]+)+)", text)
    return "".join(
        literal(part) if number % 2 and len(part) <= LONGEST_LITERAL else escape(part)
        for number, part in enumerate(parts)
    )


def title(text, underline="-"):
    return [text, underline * len(text), ""]


def sent(fields):
    """What a preset sends, as literals: its Event, a Subscription-State that is not the usual one, further headers, its body."""
    headers = [("Event", fields["event"])]
    if fields["subscription_state"] != "terminated":
        headers.append(("Subscription-State", fields["subscription_state"]))
    parts = [literal(f"{name}: {value}") for name, value in [*headers, *fields["headers"]]]
    body = fields["body"].replace("%(call_id)s", "Call-ID of the registration").replace("{%s}" % ("0" * 16), "{0...0}")
    return ", ".join(parts) + ("" if not body else ", and the body " + ", ".join(map(literal, body.split("\r\n")[:-1])))


def links(codes, sources):
    """The sources of some codes: links, or the names of documents."""
    named = [sources[code] for code in codes]
    return ", ".join(f"`{escape(name)} <{link}>`__" if link else escape(name) for name, link in named)


def definition(term, lines):
    return [term, *(f"   {line}" for line in lines), ""]


def preset_lines(data, sources):
    """A definition for each preset."""
    aliases = {}
    for alias, key in data.ALIASES.items():
        aliases.setdefault(key, []).append(alias)
    for key, fields in sorted(data.PRESETS.items()):
        lines = [f"Makes the phone {ACTIONS[fields['action']]}. Sends {sent(fields)}."]
        lines += [marked(fields["condition"])] if fields["condition"] else []
        lines += ["*Uncertain.*"] if fields["uncertain"] else []
        lines += [f"Sources: {links(fields['sources'], sources)}."] if fields["sources"] else []
        yield from definition(" or ".join(map(literal, [key, *aliases.get(key, [])])), lines)


def auto_line(family, data, action):
    """What auto sends to the phones of a family for an action."""
    key = getattr(family, action)
    fields = data.PRESETS[key]
    notes = [f"It makes the phone {ACTIONS[fields['action']]}."] if fields["action"] != action else []
    notes += [marked(fields["condition"])] if fields["condition"] else []
    notes += ["*Uncertain.*"] if fields["uncertain"] else []
    return " ".join([f"{literal(key)}, which sends {sent(fields)}.", *notes])


def phone_lines(data, vendors, phones):
    """A part for each sort of phone: what is sent to it, what must be set on it, and what it asks for."""
    for family in vendors.FAMILIES:
        phone = phones.PHONES[family.name]
        codes = phone.sources.split()
        for key in dict.fromkeys((family.reboot, family.check_cfg)):
            codes += [
                code for code in data.PRESETS[key]["sources"] if code not in codes and not (code == "VD" and codes)
            ]
        yield from title(phone.title, "~")
        yield f"* **User-Agent:** {literal(family.pattern)}, counted as {literal(family.vendor)}."
        for action, words in AUTO_ACTIONS:
            yield f"* **To {words}:** {auto_line(family, data, action)}"
        yield f"* **Settings:** {marked(phone.setup) or NOTHING_KNOWN}"
        yield f"* **Authentication:** {marked(phones.authentication(phone)) or NOTHING_KNOWN}"
        yield f"* **Sources:** {links(codes, phones.SOURCES) or 'public lists of User-Agents and Events only'}."
        yield ""


def generate():
    """The text of the page."""
    package.ensure()
    from ansible_collections.community.opensips.plugins.module_utils._sip import phone_data as phones
    from ansible_collections.community.opensips.plugins.module_utils._sip import preset_data as data
    from ansible_collections.community.opensips.plugins.module_utils._sip import vendors

    lines = HEAD.split("\n")
    lines += title("Phones, and what they require")
    lines += [
        "With ``event: auto``, which is the default, the module chooses the preset of each phone by its User-Agent and by"
        " :ansopt:`community.opensips.opensips_notify#module:action`.",
        "The first of these regular expressions applies that is found in the User-Agent, regardless of case.",
        "If none applies, nothing is sent to the phone, and its result has the reason.",
        "The module also sends nothing to softphones, PBXs, gateways, session border controllers and door phones of any vendor.",
        "While a door phone restarts, nobody can open the door. To send to it, set its Event.",
        "",
        "If a vendor has no Event for an action, the preset of the other action is sent."
        " :ansretval:`community.opensips.opensips_notify#module:results[].hint` then explains what the preset does.",
        "",
        "To prepare a phone for a NOTIFY, find its vendor below:",
        "",
        "* **To reboot** and **To check its configuration** have the Event for each action."
        " If it is *uncertain*, the sources disagree, or only one source has it. Send to one phone first.",
        "* **Settings** has the settings of the phone that decide whether it obeys. The names are those of the vendor's manual.",
        "* **Authentication** has the account that the phone checks. A phone that asks for a password answers 401 or 407."
        " Set :ansopt:`community.opensips.opensips_notify#module:credentials` to this account."
        " If it is the account of a line, use :ansopt:`community.opensips.opensips_notify#module:credentials_db`,"
        " or an entry with ``aor`` for each phone."
        " *Probably* means that no manual names the account, but that others report it.",
        "* *Not known* means that no source names the setting or the account. Send to one phone first, and look at its answer.",
        "",
        "For how to give passwords to the module, see :ref:`ansible_collections.community.opensips.docsite.fleets.passwords`.",
        "",
    ]
    lines += phone_lines(data, vendors, phones)
    lines += title(f"The {len(data.PRESETS)} presets")
    lines += [
        "A preset is *uncertain* if the sources disagree, or if only one source has it. Try it on one phone first.",
        "A preset whose body has the Call-ID of the phone's registration works only with ``aors`` and ``select``,"
        " because it needs the contact from the location table. ``{0...0}`` stands for 16 zeros.",
        "",
    ]
    lines += preset_lines(data, phones.SOURCES)
    return "\n".join(lines).rstrip("\n") + "\n"
