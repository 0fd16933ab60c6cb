# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages of dlg_list: as recorded from real servers, and how all of them are read while calls come and go."""

import json
import os
import re

import pytest

from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.datagram import DatagramCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.fifo import FifoCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    MalformedReply,
    MITimeout,
    ReplyTooLarge,
    ServerError,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import TextTreeReply, ValueReply
from ansible_collections.community.opensips.plugins.module_utils._readers import dialogs
from ansible_collections.community.opensips.tests.unit import wire

# dlg_list with index 0 and 2, counter 2, of servers with three calls
with open(os.path.join(os.path.dirname(wire.FIXTURES), "dialog_pages.jsonl"), encoding="utf-8") as stream:
    PAGES = [json.loads(line) for line in stream]


class Played:
    """Answers dlg_list with what reply(index, counter) gives or raises."""

    def __init__(self, reply, kind="fifo", hangs=False):
        self.carrier = FifoCarrier() if kind == "fifo" else DatagramCarrier("127.0.0.1", 1)
        self.hangs, self.versions = hangs, 0
        self.asked = []
        self.warnings = []
        # what is asked for by itself: {Call-ID: Reply or error}
        self.alone = {}
        self._reply = reply

    def call(self, method, params=None):
        if method == "version":
            self.versions += 1
            return self._reply(None, None) if self.hangs else None
        assert method == "dlg_list"
        self.asked.append((params["index"], params["counter"]))
        return self._reply(params["index"], params["counter"])

    def call_many(self, requests):
        for index, (method, params) in enumerate(requests):
            assert method == "dlg_list"
            yield index, self.alone.get(params["callid"], NO_SUCH)


NO_SUCH = ServerError(404, "No such dialog")


def alone(reply):
    """{Call-ID: what a server answers that is asked for it alone} of the dialogs of a text."""
    # re.split() takes no pattern that matches nothing before Python 3.7
    parts = re.findall(r"(?ms)^dialog:: .*?(?=^dialog:: |\Z)", reply.lines())
    return {re.search(r"callid:: (.*)", part)[1]: TextTreeReply(part, part) for part in parts}


@pytest.mark.parametrize("version, name", sorted({(each["version"], each["name"]) for each in PAGES}))
def test_recorded_pages(version, name):
    recorded = {
        each["id"]: wire.decode(version, name, each)
        for each in PAGES
        if (each["version"], each["name"]) == (version, name)
    }
    first, second = (dialogs.parse(recorded["dlg_list_page_%d" % index]) for index in (0, 2))
    assert [len(first), len(second)] == [2, 1]
    conn = Played(lambda index, _counter: recorded["dlg_list_page_%d" % index])
    if isinstance(recorded["dlg_list_page_0"], TextTreeReply):
        for reply in recorded.values():
            conn.alone.update(alone(reply))
    found = dialogs.read_all(conn, page=2)
    assert conn.asked == [(0, 2), (2, 2)]
    assert found == first + second
    assert sorted(each["from_uri"].partition("@")[0] for each in found) == ["sip:caller1", "sip:caller2", "sip:caller3"]
    assert {each["state"] for each in found} == {"confirmed"}


# --- A table of calls that changes ---------------------------------------------------------------------------------

BLANK = json.loads(wire.exchange("3.6", "fifo", "dlg_list_live")["reply"])["result"]["Dialogs"][0]


def page_of(names, index, counter, count=None):
    listed = [dict(BLANK, ID="1.%d" % name, db_id=str(name)) for name in names[index : index + counter]]
    return ValueReply({"count": len(names) if count is None else count, "Dialogs": listed}, "")


def ids(found):
    return sorted(int(each["db_id"]) for each in found)


@pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 250])
def test_every_call_once(number):
    names = list(range(number))
    conn = Played(lambda index, counter: page_of(names, index, counter))
    assert ids(dialogs.read_all(conn)) == names
    # one pass is enough when nothing changes
    assert [index for index, _counter in conn.asked] == list(range(0, max(number - 11, 1), 88))


def test_calls_that_end_meanwhile_hide_nobody():
    names = list(range(40))

    def reply(index, counter):
        page = page_of(names, index, counter)
        # the first three end after the first page, so that three of the second page move into it
        if 0 in names:
            del names[:3]
        return page

    found = dialogs.read_all(Played(reply), page=10)
    assert set(range(3, 40)) <= set(ids(found))


def test_a_server_whose_calls_never_stand_still():
    names = list(range(40))

    def reply(index, counter):
        page = page_of(names, index, counter)
        names.append(names.pop(0) + 40)
        return page

    found = ids(dialogs.read_all(Played(reply), page=10))
    # passes are limited; what was there all the time is found, and nothing twice
    assert len(found) == len(set(found))
    assert set(range(15, 40)) <= set(found)


@pytest.mark.parametrize("error", [ReplyTooLarge("too large"), MITimeout("no reply")])
def test_pages_that_do_not_fit_into_a_datagram(error):
    names = list(range(10))

    def reply(index, counter):
        if counter > 2:
            raise error
        return page_of(names, index, counter)

    conn = Played(reply, "datagram")
    assert ids(dialogs.read_all(conn)) == names
    assert conn.asked[:3] == [(0, 12), (0, 3), (0, 1)]


def test_one_call_that_does_not_fit():
    def reply(_index, _counter):
        raise ReplyTooLarge("too large")

    with pytest.raises(ReplyTooLarge):
        dialogs.read_all(Played(reply, "datagram"))


def test_a_fifo_that_does_not_answer_is_not_asked_for_less():
    def reply(_index, _counter):
        raise MITimeout("no reply")

    conn = Played(reply)
    with pytest.raises(MITimeout):
        dialogs.read_all(conn)
    assert len(conn.asked) == 1


def test_a_datagram_socket_that_hangs_is_not_asked_for_less_and_less():
    def reply(_index, _counter):
        raise MITimeout("no reply")

    conn = Played(reply, "datagram", hangs=True)
    with pytest.raises(MITimeout):
        dialogs.read_all(conn)
    assert (len(conn.asked), conn.versions) == (1, 1)


def test_a_count_without_calls_is_not_taken_for_none():
    with pytest.raises(MalformedReply):
        dialogs.read_all(Played(lambda index, counter: page_of([], index, counter, count=3)))
    with pytest.raises(MalformedReply):
        dialogs.read_all(Played(lambda index, counter: ValueReply({"Dialogs": []}, "")))
