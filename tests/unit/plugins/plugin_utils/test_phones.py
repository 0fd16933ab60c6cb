# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports of registered phones: files of contacts, counts, comparison with an earlier report, formats."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pathlib
import re

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.filter import opensips_phone_report as filters
from ansible_collections.community.opensips.plugins.plugin_utils import _phones_html, _phones_text
from ansible_collections.community.opensips.plugins.plugin_utils._phones import (
    Phone,
    PhonesError,
    network_of,
    transport_of,
)
from ansible_collections.community.opensips.plugins.plugin_utils._phones_compare import (
    CHANGES,
    Comparison,
    Earlier,
    load,
)
from ansible_collections.community.opensips.plugins.plugin_utils._phones_fleet import Fleet
from ansible_collections.community.opensips.tests.unit.plugins.plugin_utils.test_report import Page

REPORT = filters.FilterModule().filters()["opensips_phone_report"]
PROBLEMS = filters.FilterModule().filters()["opensips_phone_report_problems"]
FIRMWARE = [{"vendor": "yealink", "model": "T4*", "firmware": "108.86.0.70"}, {"vendor": "fanvil", "firmware": "2.12"}]
OLD, NEW = "Yealink SIP-T46U 108.86.0.20", "Yealink SIP-T46U 108.86.0.70"
EVIL = "<script>x</script>\x1b[2J\u202e\ud800"


def record(number=0, **values):
    return {
        "aor": f"{1000 + number}", "contact": f"sip:{1000 + number}@192.0.2.{number % 250}:5060", "user_agent": OLD, "expires": 600,
        "received": None, "socket": "udp:192.0.2.1:5060", "sip_instance": f"<urn:uuid:{number}>", "call_id": f"c{number}", **values,
    }  # fmt: skip


@pytest.fixture
def source(tmp_path):
    """source(record, …): what a host gives to a report."""
    count = 0

    def make(*records, host="sip1", gz=False, **read):
        nonlocal count
        count += 1
        path = tmp_path / f"contacts{count}.jsonl{'.gz' if gz else ''}"
        data = "".join(json.dumps(each) + "\n" for each in records).encode()
        path.write_bytes(gzip.compress(data) if gz else data)
        return {"host": host, "file": str(path), "read": {"contacts": len(records), **read}}

    return make


@pytest.fixture
def earlier(source, tmp_path):
    """earlier(record, …): path of a report of these phones."""

    def make(*records, **options):
        path = tmp_path / "earlier.json"
        path.write_text(Fleet([source(*records, **options)], FIRMWARE).to_json(), encoding="utf-8")
        return str(path)

    return make


class TestPlaces:
    @pytest.mark.parametrize(
        "contact, socket, transport",
        [
            ("sip:1@192.0.2.1", "udp:192.0.2.9:5060", "udp"),
            ("sip:1@192.0.2.1;transport=TCP", "udp:192.0.2.9:5060", "tcp"),
            ("sips:1@192.0.2.1", "udp:192.0.2.9:5060", "tls"),
            ("sips:1@192.0.2.1;transport=tcp", "", "tls"),
            ("sips:1@x.invalid;transport=ws", "", "wss"),
            ("sip:1@192.0.2.1;transport=%3cb%3e", "tls:192.0.2.9:5061", "tls"),
            ("nonsense", "", "unknown"),
            ("", "hep_udp:192.0.2.9:9060", "unknown"),
        ],
    )
    def test_transports(self, contact, socket, transport):
        assert transport_of(contact, socket) == transport

    @pytest.mark.parametrize(
        "received, contact, network",
        [
            ("", "sip:1@192.0.2.77:5060", "192.0.2.0/24"),
            ("sip:203.0.113.9:1024", "sip:1@10.0.0.1", "203.0.113.0/24"),
            ("", "sip:1@[2001:db8:1:2:3::4]:5060", "2001:db8:1:2::/64"),
            ("", "sip:1@[::ffff:192.0.2.77]", "192.0.2.0/24"),
            ("nonsense", "sip:1@phone.example.com", "host name"),
            ("", "tel:+49123", "unknown"),
            ("", "", "unknown"),
        ],
    )
    def test_networks(self, received, contact, network):
        assert network_of(received, contact) == network

    @settings(deadline=None)
    @given(st.text(), st.text(), st.text())
    def test_any_text_has_a_place(self, contact, received, socket):
        assert transport_of(contact, socket) and network_of(received, f"sip:{contact}@{received}")


class TestFleet:
    def test_counts(self, source):
        agents = [OLD, OLD, NEW, "Yealink SIP-T46U 108.87.0.1", "Fanvil", "Asterisk PBX 18.1", None]
        records = [record(number, user_agent=agent) for number, agent in enumerate(agents)]
        records.append(
            record(7, aor="1000", contact="sip:1000@198.51.100.9;transport=tls", expires=None, user_agent=NEW)
        )
        fleet = Fleet([source(*records, gz=True, left_out={"domain does not match": 3}, doubtful=1)], FIRMWARE)
        assert fleet.compliance == {"up_to_date": 2, "behind": 2, "ahead": 1, "unknown": 1, "no_rule": 2}
        assert fleet.lines == 7 and fleet.contacts_of_lines == {1: 6, 2: 1}
        assert fleet.vendors[0] == ("yealink", {"behind": 2, "up_to_date": 2, "ahead": 1})
        assert fleet.strangers == [("", 1), ("Asterisk PBX 18.1", 1)]
        assert dict(fleet.transports) == {"udp": 7, "tls": 1} and fleet.networks[1] == ("198.51.100.0/24", 1)
        assert len(fleet.expires) == 7 and fleet.left_out == {"domain does not match": 3}
        assert [phone.aor for phone in fleet.behind] == ["1000", "1001"]

    def test_a_contact_on_two_servers_counts_once(self, source):
        fleet = Fleet([source(record(0), record(1)), source(record(1), record(2), host="sip2")])
        assert (len(fleet.phones), fleet.shared) == (3, 1)
        # the same AOR on servers of their own is another phone
        other = source(record(1, call_id="other"), host="sip2")
        assert Fleet([source(record(1)), other]).shared == 0

    def test_without_rules_there_is_no_compliance(self, source):
        fleet = Fleet([source(record())])
        assert fleet.compliance == {} and fleet.phones[0].compliance is None
        assert "Firmware</h2>" not in _phones_html.page(fleet)

    def test_the_share_of_a_vendor_is_of_the_phones_with_a_rule(self, source):
        agents = [NEW, OLD, "Grandstream GXP2170 1.0.9.135"]
        fleet = Fleet([source(*(record(number, user_agent=agent) for number, agent in enumerate(agents)))], FIRMWARE)
        shares = re.findall('class="share">([^<]*)<', _phones_html.page(fleet))
        assert shares == ["50 %", "–"]

    @pytest.mark.parametrize("seconds", [10**15, -5, 0, True, 1.5, "600", 2**70])
    def test_times_of_a_server_that_lies(self, source, seconds):
        fleet = Fleet([source(record(0, expires=seconds), record(1, expires=400000))])
        Page(_phones_html.page(fleet))

    @pytest.mark.parametrize(
        "data, words",
        [
            (b"", "not complete: 0 of 2"),
            (b'{"aor": "1"}\n', "not complete: 1 of 2"),
            (b'{"aor": "1"}\n' * 5, "not complete: 3 of 2"),
            (b'{"aor": "1"}\n{"aor": ', "cannot be read from"),
            (b'[1]\n{"aor": "1"}\n', "a line of it is no contact"),
            (b"[" * 100000, "cannot be read from"),
            (b"\x1f\x8b\x08", "cannot be read from"),
        ],
    )
    def test_files_that_are_broken(self, tmp_path, data, words):
        path = tmp_path / ("contacts.gz" if data.startswith(b"\x1f") else "contacts")
        path.write_bytes(data)
        with pytest.raises(PhonesError, match=words):
            Fleet([{"host": "sip1", "file": str(path), "read": {"contacts": 2}}])

    def test_a_bomb_ends_where_the_contacts_do(self, tmp_path):
        path = tmp_path / "contacts.gz"
        path.write_bytes(gzip.compress(b'{"aor": "1"}\n' * 1_000_000))
        with pytest.raises(PhonesError, match="3 of 2"):
            Fleet([{"host": "sip1", "file": str(path), "read": {"contacts": 2}}])

    def test_a_fifo_is_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "contacts")
        with pytest.raises(PhonesError, match="not a regular file"):
            Fleet([{"host": "sip1", "file": str(tmp_path / "contacts"), "read": {}}])


def counts(comparison):
    return {change: count for change, count in comparison.counts.items() if count}


class TestComparison:
    @pytest.mark.parametrize(
        "before, after, change",
        [
            ({}, {}, "same"),
            ({}, {"contact": "sip:1000@192.0.2.200:1"}, "same"),
            ({}, {"user_agent": NEW}, "upgraded"),
            ({"user_agent": NEW}, {}, "downgraded"),
            ({}, {"user_agent": "snomD785/10.1.64.14"}, "changed"),
            ({"user_agent": "Softphone 1"}, {"user_agent": "Softphone 2"}, "changed"),
            ({}, {"user_agent": OLD + " 00:15:65:aa:bb:cc"}, "same"),
            ({}, {"contact": "sip:1000@198.51.100.1"}, "moved"),
            ({}, {"socket": "tls:192.0.2.1:5061"}, "moved"),
            # upgraded matters more
            ({}, {"contact": "sip:1000@198.51.100.1", "user_agent": NEW}, "upgraded"),
            # without an instance, the contact or the User-Agent shows that it is the same
            ({"sip_instance": None}, {"user_agent": NEW}, "upgraded"),
            ({"sip_instance": None}, {"sip_instance": None, "contact": "sip:1000@198.51.100.1"}, "moved"),
            (
                {"sip_instance": None},
                {"sip_instance": None, "contact": "sip:1000@192.0.2.3", "user_agent": NEW},
                "upgraded",
            ),
        ],
    )
    def test_one_phone(self, source, earlier, before, after, change):
        path = earlier(record(0, **before))
        fleet = Fleet([source(record(0, **after))], compare_to=path)
        assert counts(fleet.comparison) == {change: 1}
        assert fleet.phones[0].change == change
        assert fleet.phones[0].earlier_user_agent == (before.get("user_agent", OLD) if change != "same" else None)

    def test_another_phone_at_the_same_contact(self, source, earlier):
        path = earlier(record(0))
        fleet = Fleet([source(record(0, sip_instance="<urn:uuid:other>"))], compare_to=path)
        assert counts(fleet.comparison) == {"appeared": 1, "vanished": 1}
        assert fleet.comparison.vanished[0].sip_instance == "<urn:uuid:0>"

    def test_several_at_one_line(self, source, earlier):
        at = {"aor": "1000", "sip_instance": None}
        path = earlier(record(1, **at), record(2, **at, user_agent=NEW), record(3, **at, user_agent="X"))
        now = [record(2, **at, user_agent=NEW), record(7, **at), record(8, **at, user_agent="Y")]
        fleet = Fleet([source(*now)], compare_to=path)
        assert counts(fleet.comparison) == {"appeared": 1, "vanished": 1, "same": 2}

    def test_phones_of_a_server_that_was_not_read_did_not_vanish(self, source, earlier):
        path = earlier(record(0), record(1))
        lost = {"host": "sip1", "problem": "No process reads the FIFO"}
        fleet = Fleet([lost, source(record(5), host="sip2")], compare_to=path)
        assert counts(fleet.comparison) == {"appeared": 1} and fleet.comparison.not_compared == 2
        assert "2 phones belong to servers that were not read" in " ".join(_phones_text.lines(fleet))

    def test_phones_of_a_server_that_was_not_read_before_did_not_appear(self, source, tmp_path):
        path = tmp_path / "earlier.json"
        lost = {"host": "sip1", "problem": "No process reads the FIFO"}
        path.write_text(Fleet([lost, source(record(5), host="sip2")]).to_json(), encoding="utf-8")
        now = [source(record(0)), source(record(5), host="sip2"), source(record(6), host="sip3")]
        fleet = Fleet(now, compare_to=str(path))
        assert counts(fleet.comparison) == {"appeared": 1, "same": 1} and fleet.comparison.not_compared == 1

    def test_a_phone_that_went_to_another_server_moved(self, source, earlier):
        fleet = Fleet([source(record(0), host="sip2"), source()], compare_to=earlier(record(0)))
        assert counts(fleet.comparison) == {"moved": 1}

    def test_other_filters_are_told(self, source, earlier):
        fleet = Fleet([source(record(0))], None, earlier(record(0)), {"select": {"domain": ["example.com"]}})
        assert any("had another select" in line for line in _phones_text.lines(fleet))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(*[st.integers(0, 3)] * 4)), st.lists(st.tuples(*[st.integers(0, 3)] * 4)))
    def test_each_phone_has_one_change(self, before, now):
        def phones(values):
            return [
                Phone(
                    host=f"sip{host % 2}",
                    aor=f"{aor}",
                    contact=f"sip:{contact}",
                    user_agent=f"agent {instance}",
                    sip_instance=f"{instance}" if instance < 2 else None,
                )
                for host, aor, contact, instance in values
            ]

        after = phones(now)
        found = Comparison(Earlier("x", {}, frozenset(), phones(before)), after, {"sip0", "sip1"})
        assert all(phone.change in CHANGES for phone in after)
        assert sum(found.counts.values()) - found.counts["vanished"] == len(now)
        assert sum(found.counts.values()) - found.counts["appeared"] == len(before)


class TestEarlierReports:
    @pytest.mark.parametrize(
        "text, words",
        [
            ("", "is not JSON, or was cut off"),
            ("[1, 2]", "is not a report of phones. Name"),
            ("42", "is not a report of phones. Name"),
            ("[" * 100000, "is not a report of phones"),
            ('{"about": {}, "results": []}', "but one of phone_reboot"),
            ('{"report": "phones", "format": 2}', "in the format 2, and this version reads format 1"),
            ('{"report": "phones", "format": 1, "about": [], "servers": []}', "about and phones in it is broken"),
            ('{"report": "phones", "format": 1, "about": {}, "servers": [], "phones": [{"aor": "1"}]}', "phones in it is broken"),
            ('{"report": "phones", "format": 1, "about": {}, "servers": [], "phones": [{"aor": [], "contact": 1, "compliance": 1}]}', "not text"),
        ],
    )  # fmt: skip
    def test_files_that_are_none(self, tmp_path, text, words):
        path = tmp_path / "earlier.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(PhonesError, match=words):
            load(str(path))
        (problem,) = PROBLEMS([], str(path))
        assert problem.startswith("phone_report_compare_to: ") and words.split(".")[0] in problem

    def test_a_report_that_was_cut_off(self, earlier):
        path = earlier(record(0), record(1))
        text = pathlib.Path(path).read_text(encoding="utf-8")
        pathlib.Path(path).write_text(text[: len(text) // 2], encoding="utf-8")
        with pytest.raises(PhonesError, match="cut off"):
            load(path)

    def test_no_file_a_directory_and_a_fifo(self, tmp_path):
        os.mkfifo(tmp_path / "fifo")
        for path in (tmp_path / "none", tmp_path, tmp_path / "fifo"):
            with pytest.raises(PhonesError, match=str(path)):
                load(str(path))

    def test_hostile_content_is_escaped(self, source, earlier):
        path = earlier(record(0, user_agent=EVIL), record(1, aor=EVIL, contact=EVIL, user_agent=EVIL))
        content = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        content["about"]["time"] = EVIL
        pathlib.Path(path).write_text(json.dumps(content), encoding="utf-8")
        fleet = Fleet([source(record(0))], compare_to=path)
        _assert_harmless(fleet)
        assert counts(fleet.comparison) == {"changed": 1, "vanished": 1}


def _assert_harmless(fleet):
    page = Page(_phones_html.page(fleet))
    assert not {"script", "img", "iframe", "object", "link", "a"} & set(page.tags)
    assert not [name for name, _value in page.attributes if name.startswith("on") or name in ("src", "href")]
    assert all(line.isprintable() for line in _phones_text.lines(fleet))
    rows = list(csv.reader(io.StringIO(fleet.to_csv(), newline="")))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)
    fleet.to_csv().encode("utf-8")
    json.loads(fleet.to_json())


class TestFormats:
    @pytest.mark.parametrize(
        "evil", [EVIL, '"><img src=x onerror=alert(1)>', "=cmd|' /C calc'!A0", "@SUM(1)", "x" * 5000]
    )
    def test_hostile_phones_and_servers(self, source, evil):
        phones = source(
            record(0, aor=evil, contact=evil, user_agent=evil, received=evil, socket=evil, sip_instance=evil),
            left_out={evil: 1},
        )
        about = {"title": evil, "select": {"aor": [evil]}, "location_table": evil}
        fleet = Fleet([phones, {"host": evil, "problem": evil}], FIRMWARE, about=about)
        _assert_harmless(fleet)

    def test_nobody_is_registered(self, source):
        fleet = Fleet([source()], FIRMWARE)
        assert "No phone is registered" in Page(_phones_html.page(fleet)).text
        assert _phones_text.lines(fleet)[0] == "0 phones on 0 lines"
        assert json.loads(fleet.to_json())["phones"] == []

    def test_rules_that_no_phone_matches_are_named(self, source):
        fleet = Fleet([source(record())], FIRMWARE)
        words = "No phone matches phone_report_firmware[1] (all models of fanvil)."
        assert words in _phones_text.lines(fleet) and words in Page(_phones_html.page(fleet)).text

    def test_a_large_fleet_stays_small(self, source):
        records = [
            record(number, user_agent=f"agent {number}", contact=f"sip:1@10.{number % 200}.{number // 200}.1")
            for number in range(3000)
        ]
        fleet = Fleet([source(*records)], FIRMWARE)
        assert len(_phones_html.page(fleet)) < 200_000 and len(_phones_text.lines(fleet)) < 60


class TestFilters:
    def test_all_formats(self, source):
        given = [source(record())]
        assert json.loads(REPORT(given, "json", title="T"))["about"]["title"] == "T"
        assert REPORT(given, "csv").startswith("host,aor,contact,")
        assert "<title>T</title>" in REPORT(given, "html", title="T")
        assert REPORT(given, "text")[0] == "1 phone on 1 line"

    def test_a_host_without_a_source_is_told(self, source):
        lines = REPORT([source(record())], "text", hosts=["sip1", "sip2"])
        assert "sip2 was not read: The play failed on it before, or has not reached it yet." in lines

    @pytest.mark.parametrize(
        "sources, options, words",
        [
            (42, {"format": "json"}, "not a list of sources"),
            ([{"host": "x"}], {"format": "json"}, "A source is a mapping"),
            ([], {"format": "pdf"}, "format is 'pdf'"),
            ([], {"format": "json", "titel": "x"}, "no option titel"),
            ([], {"format": "json", "firmware": [{"vendor": "acme"}]}, "vendor is 'acme'"),
        ],
    )
    def test_errors_are_those_of_filters(self, sources, options, words):
        with pytest.raises(AnsibleFilterError, match=f"opensips_phone_report: .*{words}"):
            REPORT(sources, **options)

    def test_problems(self, earlier):
        assert PROBLEMS(FIRMWARE, earlier(record())) == []
        (problem,) = PROBLEMS([*FIRMWARE, FIRMWARE[1]])
        assert "phone_report_firmware[2] contradicts phone_report_firmware[1]" in problem

    @pytest.mark.parametrize("name", sorted(filters.FilterModule().filters()))
    def test_each_filter_is_documented(self, name):
        text = pathlib.Path(filters.__file__).with_name(f"{name}.yml").read_text(encoding="utf-8")
        documented = yaml.safe_load(text)
        assert documented["DOCUMENTATION"]["name"] == name and name in documented["EXAMPLES"]
