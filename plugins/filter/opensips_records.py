# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A filter that makes records of an MI reply. It is documented beside this file."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
from ansible_collections.community.opensips.plugins.module_utils._sip.text import printable
from ansible_collections.community.opensips.plugins.plugin_utils import _records


def opensips_records(reply: t.Any, command: str | None = None, params: t.Any = None) -> t.Any:
    try:
        return _records.records(reply, command, params, _warn)
    except (_records.NoRecords, MIError) as error:
        raise AnsibleFilterError(f"opensips_records: {printable(str(error))}") from None


def _warn(aor: str | None, reason: str) -> None:
    Display().warning(
        printable(
            f"opensips_records: what the server says of the contacts of {aor!r} cannot be believed, so they are left out: {reason}"
        )
    )


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"opensips_records": opensips_records}
