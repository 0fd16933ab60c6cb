# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

from __future__ import annotations

import textwrap

# The message classes of RFC 3842 and RFC 3938 beside voice messages, and what one of them has
_CLASSES = {
    "video": "video messages (RFC 3938)",
    "fax": "faxes",
    "pager": "pager messages",
    "multimedia": "multimedia messages",
    "text": "text messages",
    "none": "messages that belong to no class",
}
_NUMBERS = "".join(
    f"{name}:\n  description: As O({name}).\n  type: int\n  default: 0\n"
    for name in ("new", "old", "urgent_new", "urgent_old")
)


def _classes(indent):
    """The suboptions of messages, indented by that many blanks."""
    text = "".join(
        f"{name}:\n  description: Numbers of {what}.\n  type: dict\n  suboptions:\n{textwrap.indent(_NUMBERS, '    ')}"
        for name, what in _CLASSES.items()
    )
    return textwrap.indent(text, " " * indent)


class ModuleDocFragment:
    # Numbers of messages by class, of one mailbox and of many
    DOCUMENTATION = r"""
options:
  mailboxes:
    description:
      - Many mailboxes at once.
    type: list
    elements: dict
    suboptions:
      uri:
        description: SIP URI of a phone. Either this or O(mailboxes[].aor) is required.
        type: str
      aor:
        description: Address of record. Each of its registered contacts gets the summary.
        type: str
      account:
        description: As O(account).
        type: str
      message_headers:
        description: As O(message_headers).
        type: list
        elements: dict
      messages:
        description: As O(messages).
        type: dict
        suboptions:
          # mailbox
  messages:
    description:
      - Numbers of other messages than voice messages. The lamp is on while there are new messages of any class.
      - O(new), O(old), O(urgent_new) and O(urgent_old) count the voice messages.
    type: dict
    suboptions:
      # messages
"""


# the checks of ansible-test read only constants in a class
ModuleDocFragment.DOCUMENTATION = ModuleDocFragment.DOCUMENTATION.replace(
    "          # mailbox\n", _classes(10) + textwrap.indent(_NUMBERS, " " * 6)
).replace("      # messages\n", _classes(6))
