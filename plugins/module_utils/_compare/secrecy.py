# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Secrets in what is compared: they are never shown, only whether they differ."""

import hashlib
import hmac
from typing import Any, Dict, Sequence

from ansible_collections.community.opensips.plugins.module_utils._mi.urls import without_url_secrets

# What it costs to guess a password from its hash; there are few URLs with passwords
_ROUNDS = 50000
_LENGTH = 12


def without_secrets(value: Any) -> Any:
    """A value as a result shows it: in place of a secret in a URL stands a hash, the same wherever the secret is the same."""
    if isinstance(value, dict):
        return {name: without_secrets(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_secrets(inner) for inner in value]
    if not isinstance(value, str):
        return value
    masked = without_url_secrets(value)
    if masked == value:
        return value
    digest = hashlib.pbkdf2_hmac("sha256", value.encode("utf-8", "surrogateescape"), b"community.opensips", _ROUNDS)
    return f"{masked} (hash {digest.hex()[:_LENGTH]})"


def hidden(record: Dict[str, Any], names: Sequence[str], key: bytes) -> Dict[str, Any]:
    """A record with hashes in place of the values of names. key: random, so that nobody can guess what was hashed."""
    return {
        name: f"hash {hmac.new(key, repr(value).encode('utf-8', 'backslashreplace'), 'sha256').hexdigest()[:_LENGTH]}"
        if name in names and value is not None
        else value
        for name, value in record.items()
    }
