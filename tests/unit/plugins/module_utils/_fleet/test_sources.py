# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where contacts are read from, by what it costs."""

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet import sources
from ansible_collections.community.opensips.plugins.module_utils._fleet.selection import LeftOut, Selection
from ansible_collections.community.opensips.plugins.module_utils._fleet.sources import DUMP, SHOW, MISource, Size
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.datagram import DatagramCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.fifo import FifoCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.carriers.http import HttpCarrier
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import (
    BadParameters,
    MITimeout,
    RejectedCommand,
    ReplyTooLarge,
    ServerError,
    UnknownCommand,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.reply import ValueReply
from ansible_collections.community.opensips.tests.unit import wire

CARRIERS = {"fifo": FifoCarrier(), "datagram": DatagramCarrier("127.0.0.1", 1), "http": HttpCarrier("http://a/mi")}

OLD, NEW = (2, 4, 11), (3, 6, 8)


def size(users, contacts=None, **others):
    tables = dict(others, location=(users, contacts or users))
    return Size(tables, "location")


UNKNOWN = Size({}, "location")


# ---- the model


@pytest.mark.parametrize("users, seconds", [(10000, 0.8), (20000, 3.1), (50000, 22), (100000, 90)])
def test_a_dump_of_3_and_4_is_as_slow_as_measured(users, seconds):
    assert sources.dump_seconds(size(users)) == pytest.approx(seconds, rel=0.35)


@pytest.mark.parametrize("users, seconds", [(10000, 1.7), (100000, 17)])
def test_the_contacts_of_servers_before_3_cost_a_question_each(users, seconds):
    server = Server(OLD, get_statistics=counted(location_users=users, location_contacts=users))
    assert MISource(server, "location").cost()["expected_seconds"] == pytest.approx(seconds, rel=0.1)


def test_a_dump_has_all_tables_and_each_its_own_list():
    both = sources.dump_seconds(size(50000, vehicles=(50000, 50000)))
    assert both == pytest.approx(2 * sources.dump_seconds(size(50000)), rel=0.01)
    assert both < sources.dump_seconds(size(100000)) / 1.5


@pytest.mark.parametrize(
    "aors, counted, version, kind, way",
    [
        # 20,000 of 100,000: a dump of 3.x takes 90 s
        (20000, size(100000), NEW, "fifo", SHOW),
        (20000, size(100000), (4, 0, 1), "fifo", SHOW),
        # text is not to be believed, however cheap it is
        (20000, size(100000), OLD, "fifo", SHOW),
        (5001, UNKNOWN, OLD, "fifo", SHOW),
        # the whole of a table that is not large yet
        (5000, size(5000), NEW, "fifo", DUMP),
        (5000, size(50000), NEW, "fifo", SHOW),
        # few AORs, however small the table
        (24, size(24), OLD, "fifo", SHOW),
        (1, size(100000), OLD, "fifo", SHOW),
        # over HTTP a table may be larger than what httpd can answer
        (20000, size(20000), OLD, "http", SHOW),
        # a datagram holds no table
        (20000, size(100000), OLD, "datagram", SHOW),
        (20000, UNKNOWN, OLD, "datagram", SHOW),
        # another table makes the dump expensive
        (5000, size(5000, vehicles=(80000, 80000)), NEW, "fifo", SHOW),
        # nobody knows how large it is
        (5000, UNKNOWN, NEW, "fifo", SHOW),
        (5001, UNKNOWN, NEW, "fifo", DUMP),
        # a server that has its contacts in a database only counts none, and dumps none
        (20000, size(0), NEW, "fifo", SHOW),
    ],
)
def test_the_cheaper_way(aors, counted, version, kind, way):
    assert sources.cheaper_way(aors, counted, version, CARRIERS[kind]) == way


# ---- how many there are


def counted(**numbers):
    return ValueReply({"usrloc:" + name.replace("_", "-"): value for name, value in numbers.items()}, "")


class Server:
    """Stands for a Connection. replies: {command: Reply, error, or function of the parameters}."""

    def __init__(self, version=NEW, kind="fifo", **replies):
        self.version = version
        self.carrier = CARRIERS[kind]
        self.replies = replies
        self.asked = []

    def call(self, method, params=None, timeout=None):
        self.asked.append((method, timeout))
        reply = self.replies[method]
        reply = reply(params) if callable(reply) else reply
        if isinstance(reply, Exception):
            raise reply
        return reply

    def stream(self, method, layout, params=None, timeout=None, size=None):
        yield self.call(method, params, timeout)

    def call_many(self, requests, max_in_flight=None, governor=None, timeout=None):
        for index, (method, params) in enumerate(requests):
            try:
                yield index, self.call(method, params, timeout)
            except ServerError as error:
                yield index, error

    def commands(self):
        return [method for method, _timeout in self.asked]


def test_the_statistics_of_each_table():
    reply = counted(
        registered_users=70, location_users=40, location_contacts=50, vehicles_users=30, vehicles_contacts=31
    )
    found = sources.size_of(Server(get_statistics=reply), "vehicles")
    assert (found.users, found.contacts) == (30, 31)
    assert found.tables == {"location": (40, 50), "vehicles": (30, 31)}
    assert sources.size_of(Server(get_statistics=reply), "elsewhere").users is None


@pytest.mark.parametrize("version", ["2.4", "3.6", "4.0"])
def test_the_statistics_that_servers_tell(version):
    server = Server(get_statistics=wire.reply(version, "state_fifo", "stats_all"))
    found = sources.size_of(server, "location")
    assert list(found.tables) == ["location"]
    assert found.users is not None and found.contacts is not None


@pytest.mark.parametrize(
    "reply",
    [
        ServerError(404, "Statistics Not Found"),
        ServerError(500, "Internal error"),
        UnknownCommand("get_statistics"),
        RejectedCommand("get_statistics", -32601, "Method not found"),
        ValueReply({}, ""),
        ValueReply("odd", ""),
        counted(location_users="many", location_contacts=3),
        counted(registered_users=3),
    ],
)
def test_no_statistics_are_no_error(reply):
    source = MISource(Server(get_statistics=reply), "location")
    assert source.cost() == {"users": None, "contacts": None, "expected_seconds": None}


# ---- reading


def table_of(users, name="location"):
    aors = [{"AOR": user, "Contacts": [contact_of(user)]} for user in users]
    return ValueReply({"Domains": [{"name": name, "AORs": aors}]}, "")


def contact_of(user):
    return {"Contact": "sip:{0}@192.0.2.1".format(user), "Expires": 60, "Callid": "x", "Cseq": 1, "Flags": 0}


def show_of(*users):
    def show(params):
        aor = params["aor"].partition("@")[0]
        if aor not in users:
            return ServerError(404, "AOR not found")
        return ValueReply({"AOR": aor, "Contacts": [contact_of(aor)]}, "")

    return show


def test_a_dump_has_the_time_that_it_takes():
    """Whatever the option timeout says, which the connection would take for None."""
    server = Server(get_statistics=counted(location_users=100000, location_contacts=100000), ul_dump=table_of("a"))
    source = MISource(server, "location")
    assert [each["aor"] for each in source.contacts()] == ["a"]
    ((_command, timeout),) = [each for each in server.asked if each[0] == "ul_dump"]
    assert timeout > 300
    looked_up = source.lookup()
    assert (looked_up["how"], looked_up["users"], looked_up["contacts"]) == ("dump", 100000, 100000)
    assert 80 < looked_up["expected_seconds"] < 95 and looked_up["seconds"] >= 0


def test_a_dump_that_takes_too_long_says_so():
    late = MITimeout("No reply came through the FIFO")
    server = Server(get_statistics=counted(location_users=100000, location_contacts=120000), ul_dump=late)
    with pytest.raises(sources.DumpTimeout) as refused:
        list(MISource(server, "location").contacts())
    text = str(refused.value)
    assert all(each in text for each in ("120,000 contacts", "about 86 s", "location_db", "aor", "FIFO", "timeout"))
    assert isinstance(refused.value, MITimeout)
    server = Server(get_statistics=ValueReply({}, ""), ul_dump=late)
    with pytest.raises(sources.DumpTimeout, match="nobody knows how many"):
        list(MISource(server, "location").contacts())


def test_only_what_is_selected_is_yielded_and_each_is_looked_at_once():
    server = Server(get_statistics=counted(location_users=3, location_contacts=3), ul_dump=table_of("abc"))
    seen = []

    def select(record):
        seen.append(record["aor"])
        return record["aor"] == "b"

    assert [each["aor"] for each in MISource(server, "location").contacts(select)] == ["b"]
    assert seen == ["a", "b", "c"]
    assert server.commands() == ["get_statistics", "ul_dump"]


def test_a_table_that_is_not_there():
    server = Server(get_statistics=ValueReply({}, ""), ul_dump=table_of("abc"))
    with pytest.raises(BadParameters, match="nowhere"):
        list(MISource(server, "nowhere").contacts())


@pytest.mark.parametrize("version", [OLD, NEW])
def test_a_datagram_is_asked_for_what_it_holds(version):
    def dump(params):
        return table_of("abc") if params else ReplyTooLarge("too large")

    server = Server(
        version, "datagram", get_statistics=counted(location_users=300, location_contacts=300), ul_dump=dump,
        ul_show_contact=show_of(*"abc"),
    )  # fmt: skip
    assert [each["aor"] for each in MISource(server, "location").contacts()] == ["a", "b", "c"]
    # the AORs, and then each one's contacts
    assert server.commands() == ["get_statistics", "ul_dump"] + ["ul_show_contact"] * 3


def test_few_aors_are_looked_up_without_counting():
    server = Server(ul_show_contact=show_of("a", "b"))
    source = MISource(server, "location")
    found = source.by_aor(["b", "nobody", "a"])
    assert {aor: len(records) for aor, records in found.items()} == {"b": 1, "nobody": 0, "a": 1}
    assert set(server.commands()) == {"ul_show_contact"}
    assert source.lookup()["how"] == "show"
    assert MISource(server, "location").lookup()["how"] == "none"
    assert source.by_aor([]) == {}


def test_many_aors_of_a_small_table_come_from_a_dump():
    users = ["u{0}".format(number) for number in range(1000)]
    server = Server(
        NEW, get_statistics=counted(location_users=1000, location_contacts=1000), ul_dump=table_of(users),
        ul_show_contact=show_of(*users),
    )  # fmt: skip
    source = MISource(server, "location")
    # a server without domains takes AORs with one
    asked = users[:600] + ["u700@example.com", "nobody", "u5@example.com"]
    found = source.by_aor(asked)
    assert list(found) == asked
    assert [aor for aor, records in found.items() if not records] == ["nobody"]
    assert [found[aor][0]["aor"] for aor in ("u5", "u700@example.com", "u5@example.com")] == ["u5", "u700", "u5"]
    # one of them is asked for besides, since a dump does not tell of a wrong AOR
    assert server.commands() == ["get_statistics", "ul_show_contact", "ul_dump"]
    assert source.lookup()["how"] == "dump"
    server.asked = []
    assert source.by_aor(asked, never_dump=True) == found
    assert set(server.commands()) == {"ul_show_contact"}


def test_aors_of_a_server_with_domains_are_taken_as_they_are():
    users = ["u{0}@example.com".format(number) for number in range(1000)]
    server = Server(
        NEW, get_statistics=counted(location_users=1000, location_contacts=1000), ul_dump=table_of(users),
        ul_show_contact=ServerError(404, "AOR not found"),
    )  # fmt: skip
    found = MISource(server, "location").by_aor(users[:500] + ["u7@example.org"])
    assert [aor for aor, records in found.items() if not records] == ["u7@example.org"]


# ---- a database


class Database:
    """Stands for a LocationDatabase, which applies what it can of the filters."""

    def __init__(self, *aors):
        self._records = [{"aor": aor, "contact": "sip:" + aor, "user_agent": "Snom", "expires": 9} for aor in aors]
        self.filters = []

    def contacts(self, select=None):
        self.filters.append(select)
        return iter(self._records[1:] if select else self._records)

    def by_aor(self, aors):
        return {aor: [each for each in self._records if each["aor"] == aor] for aor in aors}

    def count(self):
        return len(self._records), len(self._records) + 1


def test_a_database_gets_the_filters_and_all_are_counted():
    database, left_out = Database("a", "b", "c"), LeftOut()
    source = sources.DatabaseSource(database, "location")
    filters = {"user_agent": ["snom"], "limit": 1}
    assert [each["aor"] for each in Selection(filters).choose(source, left_out)] == ["b"]
    assert database.filters == [filters]
    # one that the database left out, and one that is registered since
    assert left_out.counts == {"it is beyond limit": 1, sources.LEFT_OUT_BY_DATABASE: 2}
    looked_up = source.lookup()
    assert (looked_up["how"], looked_up["users"], looked_up["contacts"], looked_up["expected_seconds"]) == (
        "database",
        3,
        4,
        None,
    )


def test_a_database_without_filters():
    left_out = LeftOut()
    source = sources.DatabaseSource(Database("a", "b"), "location")
    assert source.lookup()["how"] == "none"
    assert len(list(source.contacts())) == len(Selection({}).choose(source, left_out)) == 2
    # of the three that it counts; the third has run out
    assert left_out.counts == {sources.LEFT_OUT_BY_DATABASE: source.count().contacts - 2}
    assert {aor: len(found) for aor, found in source.by_aor(["a", "x"], never_dump=True).items()} == {"a": 1, "x": 0}
    assert source.by_aor([]) == {}
