# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection that answers from the recorded wire of one server, through the real catalogue and protocols."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi import arrange, catalogue
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import MIError
from ansible_collections.community.opensips.tests.unit import wire

NUMBERS = {"1.11": (1, 11, 11), "2.4": (2, 4, 11), "3.6": (3, 6, 8), "4.0": (4, 0, 1)}


class Recorded:
    """Answers with what the server answered to the same command with the same parameters; else the test fails.

    cases: ids of the exchanges to answer from. calls: what was asked, as it would have gone over the wire.
    """

    def __init__(self, version, name, cases):
        self.version = NUMBERS[version]
        self.calls = []
        self._place = version, name
        self._exchanges = [each for each in wire.exchanges(version, name) if each["id"] in cases]
        self._offered = frozenset(
            value if isinstance(value, str) else value[2] for value in self._names(wire.reply(version, name, "which"))
        )

    @staticmethod
    def _names(reply):
        return reply.walk() if reply.is_tree else reply.result

    def has(self, method):
        try:
            catalogue.wire_name(method, self._offered)
        except MIError:
            return False
        return True

    def call(self, method, params=None, timeout=None):
        name = catalogue.wire_name(method, self._offered)
        arranged = arrange.arrange_line if self.version < (3,) else arrange.arrange_rpc
        sent = arranged(name, params, self.version)
        self.calls.append((name, sent))
        for each in self._exchanges:
            if catalogue.wire_name(each["method"], self._offered) == name and _same(each["params"], sent):
                return wire.decode(self._place[0], self._place[1], each)
        raise AssertionError("{0} {1!r} was not recorded on {2}".format(name, sent, self._place))

    def call_many(self, requests):
        for index, (method, params) in enumerate(requests):
            try:
                yield index, self.call(method, params)
            except MIError as error:
                yield index, error

    def stream(self, method, layout, params=None, timeout=None, size=None):
        yield self.call(method, params, timeout)


def _same(recorded, sent):
    """Some requests were recorded with parameters by position, over XML-RPC with one struct; no parameters may be [] or None."""
    if isinstance(recorded, list) and len(recorded) == 1 and isinstance(recorded[0], dict):
        recorded = recorded[0]
    if isinstance(recorded, list) and isinstance(sent, dict):
        sent = list(sent.values())
    return _plain(recorded or None) == _plain(sent or None)


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    # numbers may travel as text
    return None if value is None else str(value)


@pytest.fixture
def recorded():
    return Recorded
