# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Body of opensips_mwi: the voicemail lamps of phones (RFC 3842)."""

from ansible_collections.community.opensips.plugins.module_utils._fleet import targets
from ansible_collections.community.opensips.plugins.module_utils._fleet.deliver import SipRequest
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module import sending
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import ArgumentSpec, sending_spec
from ansible_collections.community.opensips.plugins.module_utils._sip import message_summary
from ansible_collections.community.opensips.plugins.module_utils._sip.errors import SipError, SipSyntaxError
from ansible_collections.community.opensips.plugins.module_utils._sip.request import with_defaults

_COUNTS = ("new", "old", "urgent_new", "urgent_old")


def _mailbox():
    spec = {"uri": {"type": "str"}, "aor": {"type": "str"}, "account": {"type": "str"}}
    spec.update((name, {"type": "int", "default": 0}) for name in _COUNTS)
    return spec


def spec():
    """The module's own options."""
    own = ArgumentSpec(
        dict(
            _mailbox(),
            domain={"type": "str"},
            table={"type": "str", "default": "location"},
            mailboxes={
                "type": "list",
                "elements": "dict",
                "options": _mailbox(),
                "required_one_of": [("uri", "aor")],
                "mutually_exclusive": [("uri", "aor")],
            },
        ),
        required_one_of=[("uri", "aor", "mailboxes")],
        mutually_exclusive=[("uri", "aor", "mailboxes"), ("account", "mailboxes")],
    )
    return sending_spec().merged_with(own)


def run(task):
    """Make each mailbox's body, find its phones, send, and account for all of them."""
    params = task.params
    sending.check_options(params)
    single = params["mailboxes"] is None
    mailboxes = (
        [{name: params[name] for name in ("uri", "aor", "account") + _COUNTS}] if single else params["mailboxes"]
    )
    if not single and any(params[name] for name in _COUNTS):
        raise BadParameters(
            "Numbers of messages are given beside mailboxes",
            "Put new, old, urgent_new and urgent_old into each of mailboxes",
        )
    prepared = [
        (mailbox, _body(mailbox, params["domain"], None if single else number))
        for number, mailbox in enumerate(mailboxes, 1)
    ]
    found = _targets(task, mailboxes)
    requests = [
        SipRequest(
            target, "NOTIFY", with_defaults(params["headers"], message_summary.NOTIFY_HEADERS), body, _label(mailbox)
        )
        for (mailbox, body), reached in zip(prepared, found)
        for target in reached
    ]
    return sending.send(task, requests)


def _body(mailbox, domain, number):
    """The message summary of one mailbox; number: its place in the list, for the error."""
    account = mailbox["account"] or mailbox["uri"] or mailbox["aor"]
    try:
        return message_summary.build(account, *[mailbox[name] for name in _COUNTS], domain=domain)
    except SipError as error:
        if "no domain" in error.message and not mailbox["account"]:
            # the AOR serves as the account only if it can
            return message_summary.build(None, *[mailbox[name] for name in _COUNTS])
        if number is None and "no domain" in error.message:
            raise SipSyntaxError(
                "account {0!r} has no domain".format(account), "Write it as a URI, or set domain"
            ) from None
        if number is None:
            raise
        raise SipSyntaxError("mailboxes entry {0}: {1}".format(number, error.message), error.hint) from error


def _targets(task, mailboxes):
    """A list of Targets for each mailbox."""
    targets.check_uris([each["uri"] for each in mailboxes if each["uri"]], "uri")
    by_aor = {}
    aors = [each["aor"] for each in mailboxes if each["aor"]]
    if aors:
        by_aor = targets.by_aor(task.connection, aors, task.params["table"])
    return [targets.of_uris([each["uri"]]) if each["uri"] else by_aor[each["aor"]] for each in mailboxes]


def _label(mailbox):
    return dict(
        ((name, mailbox[name]) for name in _COUNTS),
        event=message_summary.EVENT,
        mailbox=mailbox["account"] or mailbox["uri"] or mailbox["aor"],
        waiting=bool(mailbox["new"]),
    )
