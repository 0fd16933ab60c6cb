# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import html.parser
import io
import json
import re
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.plugin_utils import _report_html, _report_text
from ansible_collections.community.opensips.plugins.plugin_utils._progress import progress
from ansible_collections.community.opensips.plugins.plugin_utils._report import Report, ReportError, pack
from ansible_collections.community.opensips.plugins.plugin_utils._report_plots import _counts, _edges
from ansible_collections.community.opensips.plugins.plugin_utils._report_words import clean, duration, number, share

START = 1790000000.0
OUTCOMES = ("accepted", "rejected", "no_answer", "unreachable", "unknown", "not_sent", "already")


def phone(number=0, outcome="accepted", **values):
    asked = outcome not in ("not_sent", "already", "planned")
    return {
        "aor": str(1000 + number), "contact": f"sip:{1000 + number}@192.0.2.1:5060", "user_agent": "Yealink SIP-T46U 108.86.0.20",
        "vendor": "yealink", "event": "check-sync;reboot=true", "preset": "yealink_reboot", "hint": None, "outcome": outcome,
        "code": {"accepted": 200, "rejected": 486, "no_answer": 408}.get(outcome), "reason": "OK", "note": None, "earlier": False,
        "at": START + number / 100 if asked else None, "seconds": 0.02 if asked else None, **values,
    }  # fmt: skip


def run(*phones, seconds=1.0, **values):
    sent = sum(each["at"] is not None for each in phones)
    return {"results": list(phones), "summary": {"seconds": seconds, "sent": sent}, "left_out": [], **values}


def page_of(sources, **about):
    return _report_html.page(Report(sources, about))


class Page(html.parser.HTMLParser):
    """Elements, attributes and text of a page; raises on elements that are not closed."""

    EMPTY = {"meta"}

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.words = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend(attrs)
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style",):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


class TestReport:
    def test_counts_each_phone_once_with_what_the_last_run_found(self):
        plan = pack(run(*[phone(each, "planned") for each in range(4)]), "sip1", plan=True)
        canary = pack(run(phone(0)), "sip1", "canary")
        batch = pack(run(phone(1, "rejected"), phone(2, "no_answer")), "sip1", "batch 1")
        report = Report([plan, canary, batch])
        assert report.states == {"accepted": 1, "rejected": 1, "no_answer": 1, "not_sent": 1}
        assert [run.label for run in report.runs] == ["canary", "batch 1"]
        assert [entry["aor"] for entry in report.results] == ["1000", "1001", "1002", "1003"]

    def test_a_later_run_that_only_repeats_earlier_outcomes_keeps_the_times(self):
        report = Report([run(phone(0)), run(phone(0, at=None, seconds=None, earlier=True))])
        assert report.results[0]["at"] == START
        assert report.earlier == 0

    def test_the_same_phone_on_two_servers_is_two(self):
        report = Report([pack(run(phone(0)), "sip1"), pack(run(phone(0)), "sip2")])
        assert len(report.results) == 2

    def test_planned_stays_planned_in_check_mode(self):
        assert Report([run(phone(0, "planned"))], {"check": True}).states == {"planned": 1}

    def test_who_accepted_is_back_or_not(self):
        back = phone(0, registered="back", back_seconds=30.0, new_user_agent="Yealink SIP-T46U 108.87.0.15")
        report = Report([run(back, phone(1, registered="not_back"))])
        assert report.states == {"back": 1, "not_back": 1}
        # watching begins after the last answer, which is that of phone 1
        assert report.back_seconds == [pytest.approx(30.03)]
        assert report.firmware == [("Yealink SIP-T46U 108.86.0.20", "Yealink SIP-T46U 108.87.0.15", 1)]

    def test_who_only_reads_its_configuration_is_not_missed(self):
        report = Report([run(phone(0, registered="not_back", preset="polycom_check_cfg"))])
        assert report.states == {"accepted": 1}
        assert report.attention == []

    def test_left_out_is_that_of_the_plan(self):
        left = [{"reason": "user_agent does not match"}]
        plan = pack(run(left_out=left * 3), plan=True)
        assert Report([plan, run(phone(0), left_out=left * 99)]).left_out == {"user_agent does not match": 3}

    def test_results_that_are_in_a_file_are_not_left_out_silently(self):
        source = run(phone(1, "rejected"))
        source["summary"]["total"] = 300
        with pytest.raises(ReportError, match="1 of 300 phones.*results_file"):
            pack(source)

    def test_tells_the_pace_and_what_limited_it(self):
        MB = 1 << 20
        paces = [
            {"limited_by": "memory", "least_free_memory": 30 * MB, "total_memory": 64 * MB, "out_of_memory": 2},
            {"limited_by": "memory", "least_free_memory": 40 * MB, "total_memory": 512 * MB, "out_of_memory": 0},
            {"limited_by": None, "least_free_memory": None, "total_memory": None, "out_of_memory": 0},
        ]
        sources = [run(phone(number), seconds=0.5) for number in range(3)]
        for source, pace in zip(sources, paces, strict=True):
            source["summary"]["pace"] = pace
        sources.append(run(phone(9, "not_sent"), seconds=0.0))
        report = Report([pack(source) for source in sources])
        assert report.pace == {
            "rate": 2.0,
            "limited_by": "memory",
            "least_free_memory": 40 * MB,
            "total_memory": 512 * MB,
            "out_of_memory": 2,
        }
        words = "limited by the server's memory, at least 40 of 512 MB of its memory were free"
        assert f"Pace: 2.0 requests a second, {words}, 2 requests were refused" in "\n".join(_report_text.lines(report))
        assert words in _report_html.page(report).replace("&nbsp;", " ").replace("&#x27;", "'")
        assert json.loads(report.to_json())["summary"]["pace"] == report.pace
        assert Report([run(phone(1, "not_sent"))]).pace == {}

    @pytest.mark.parametrize(
        "source", ["text", "opensips-report-part:1:AAAA", {"stdout": ""}, {"results": [{}]}, {"results": ["x"]}, 5.0]
    )
    def test_anything_else_is_refused(self, source):
        with pytest.raises(ReportError):
            Report([source])

    @given(
        st.lists(st.tuples(st.sampled_from(OUTCOMES), st.sampled_from([None, "back", "not_back"])), max_size=30),
        st.integers(1, 5),
    )
    def test_every_phone_ends_in_exactly_one_state(self, fates, size):
        phones = [phone(place, outcome, registered=back) for place, (outcome, back) in enumerate(fates)]
        parts = [pack(run(*phones[start : start + size])) for start in range(0, len(phones), size)]
        report = Report(parts)
        assert sum(report.states.values()) == len(phones)
        assert sum(sum(states.values()) for _vendor, states in report.by("vendor")) == len(phones)
        Page(_report_html.page(report))
        _report_text.lines(report)


class TestJson:
    def test_has_everything(self):
        report = Report([pack(run(phone(0), phone(1, "rejected")), "sip1", "canary")], {"campaign": "night"})
        found = json.loads(report.to_json())
        assert found["about"] == {"campaign": "night"}
        assert found["summary"]["total"] == 2
        assert found["summary"]["states"] == {"accepted": 1, "rejected": 1}
        assert found["summary"]["answer_seconds"]["max"] == 0.02
        assert [(each["aor"], each["host"], each["state"]) for each in found["results"]] == [
            ("1000", "sip1", "accepted"),
            ("1001", "sip1", "rejected"),
        ]
        assert "mailbox" not in found["results"][0]

    def test_of_nothing(self):
        assert json.loads(Report([]).to_json())["results"] == []


class TestCsv:
    def rows(self, *phones):
        return list(csv.DictReader(io.StringIO(Report([run(*phones)]).to_csv(), newline="")))

    @given(st.text(st.characters(blacklist_categories=["Cs", "Cc", "Cf", "Cn", "Zl", "Zp"])
                   | st.sampled_from(",\"\n;=+-@'\t"), min_size=1))  # fmt: skip
    def test_gives_back_what_was_there(self, text):
        # some marks of other categories are escaped, too
        assume(clean(text, keep="\t\n") == text)
        cell = self.rows(phone(user_agent=text))[0]["user_agent"]
        assert cell.removeprefix("'") == text if cell.startswith("'") else cell == text

    @given(st.sampled_from("=+-@\t\r"), st.text())
    def test_no_cell_is_a_formula(self, first, rest):
        row = self.rows(phone(aor=first + rest, user_agent=first + rest, reason=first + rest))[0]
        assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]

    def test_lamps_have_their_columns(self):
        (row,) = self.rows(phone(mailbox="sip:97@example.com", waiting=True, new=2, old=0, urgent_new=0, urgent_old=0))
        assert (row["mailbox"], row["waiting"], row["new"]) == ("sip:97@example.com", "yes", "2")

    def test_says_what_to_do(self):
        accepted, busy = self.rows(phone(0), phone(1, "rejected"))
        assert accepted["remedy"] == ""
        assert "in a call" in busy["remedy"]

    def test_says_what_the_module_found_out(self):
        error = {"type": "CredentialsRefused", "message": "no", "hint": "Check the password. It is that of admin"}
        asked, stopped = self.rows(
            phone(0, "rejected", code=401, error=error),
            phone(1, "not_sent", code=401, reason="it was not sent: the run stopped: 3 of 4 phones failed"),
        )
        assert asked["remedy"] == error["hint"] and "advice" not in asked
        assert "Find out why the run stopped" in stopped["remedy"]


class TestHtml:
    EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;{{ 7*7 }}"

    def test_nothing_from_outside_becomes_an_element(self):
        evil = self.EVIL
        phones = [
            phone(0, registered="back", back_seconds=3.0, new_user_agent=evil + "2", user_agent=evil, vendor=evil, aor=evil, contact=evil),
            phone(1, "rejected", reason=evil, aor=evil, contact=evil, user_agent=evil, vendor=evil, event=evil),
            phone(2, "not_sent", reason=evil),
            phone(3, "planned", hint=evil, event=evil, aor=evil),
        ]  # fmt: skip
        parts = [pack(run(each, left_out=[{"reason": evil}], msg=evil), evil, evil) for each in phones]
        for check in (False, True):
            text = page_of(parts, title=evil, campaign=evil, subtitle=evil, stopped=evil, check=check)
            page = Page(text)
            assert not {"script", "img", "iframe", "object", "link", "a"} & set(page.tags)
            assert not [name for name, _value in page.attributes if name.startswith("on") or name in ("src", "href")]
            assert evil in page.text

    def test_loads_nothing(self):
        text = page_of([run(phone(0), phone(1))])
        assert "default-src 'none'" in text
        assert not re.search(r"https?://|url\(|@import|<script|<link|src=", text)

    def test_tells_the_numbers(self):
        phones = [phone(each) for each in range(1230)] + [phone(1230 + each, "no_answer") for each in range(15)]
        page = Page(page_of([run(*phones)], title="Night", campaign="n-1"))
        assert "Night: n-1" in page.text
        for words in ("1,245 phones", "98.8 % accepted", "No answer 15", "20 ms"):
            assert words in page.text.replace("\xa0", " ")

    def test_lists_some_of_each_kind_and_counts_the_rest(self):
        phones = [phone(each, "not_sent", reason="stopped") for each in range(5000)] + [
            phone(6000 + each, "rejected") for each in range(3)
        ]
        page = Page(page_of([run(*phones)]))
        assert "The other 4,803 are in the CSV" in page.text
        assert all(str(7000 + each) in page.text for each in range(3))

    def test_says_why_it_stopped(self):
        text = Page(page_of([run(phone(0), phone(1, "planned"))], stopped="3 of 20 phones failed")).text
        assert "Stopped. 3 of 20 phones failed. 1 phone was not sent to." in text

    @pytest.mark.parametrize(
        "sources",
        [[], [run()], [run(phone(0, "already"))], [run(phone(0, seconds=0.0))], [{"msg": "No process reads the FIFO"}]],
    )
    def test_of_little(self, sources):
        Page(page_of(sources))

    def test_a_large_fleet_stays_small_and_quick(self):
        phones = [
            phone(each, OUTCOMES[each % 7], vendor=f"vendor{each % 50}", user_agent=f"agent {each}", registered="back", back_seconds=each % 90 + 0.5,
                  new_user_agent=f"new agent {each}", reason=f"reason {each}")
            for each in range(30000)
        ]  # fmt: skip
        part = pack(run(*phones))
        began = time.process_time()
        text = page_of([part])
        assert time.process_time() - began < 10
        assert len(text) < 1_000_000


class TestProgress:
    def test_adds_up(self):
        first = progress(run(*[phone(each) for each in range(80)]), None, "canary", 4000)
        assert first["line"] == "canary: 80 phones, 80 accepted; 80 of 4,000 done"
        back = [phone(each, registered="back" if each < 490 else "not_back") for each in range(497)]
        bad = [phone(600, "no_answer"), phone(601, "no_answer"), phone(602, "rejected")]
        second = progress(run(*back, *bad), first, "batch 1 of 8", 4000, "5%", 90)
        assert (
            second["line"]
            == "batch 1 of 8: 500 phones, 497 accepted, 1 rejected, 2 no answer; 490 back; 580 of 4,000 done"
        )
        assert (second["done"], second["failed"], second["back"], second["not_back"], second["stopped"]) == (
            580,
            3,
            490,
            7,
            "",
        )

    def test_those_of_earlier_runs_and_those_as_wanted_are_not_of_this_one(self):
        found = progress(run(phone(0, earlier=True), phone(1, "already"), phone(2)), None, "run", 1)
        assert found["line"] == "run: 1 phone, 1 accepted; 1 of 1 done"

    @pytest.mark.parametrize(
        "good, bad, rule, stops",
        [
            (90, 10, "10%", False),
            (89, 11, "10%", False),
            (77, 23, "10%", True),
            (3, 1, "10%", False),
            (3, 2, "10%", False),
            (0, 2, "10%", True),
            (0, 5, "5", False),
            (0, 6, 5, True),
            (0, 6, "", False),
            (0, 6, None, False),
            (100, 1, "0%", True),
        ],
    )
    def test_stops_when_too_many_fail(self, good, bad, rule, stops):
        phones = [phone(each) for each in range(good)] + [phone(1000 + each, "no_answer") for each in range(bad)]
        assert bool(progress(run(*phones), max_failures=rule)["stopped"]) == stops

    @pytest.mark.parametrize(
        "back, missing, least, stops",
        [
            (90, 10, 90, False),
            (89, 11, 90, False),
            (77, 23, 90, True),
            (5, 1, 90, False),
            (0, 50, 0, False),
            (0, 5, None, False),
        ],
    )
    def test_stops_when_too_few_come_back(self, back, missing, least, stops):
        phones = [phone(each, registered="back" if each < back else "not_back") for each in range(back + missing)]
        assert bool(progress(run(*phones), min_back=least)["stopped"]) == stops

    def test_stops_when_the_module_failed(self):
        failed = {"msg": "The run stopped: why\n1001 sip:1001@192.0.2.1: rejected", "results": []}
        assert progress(failed)["stopped"] == "The run stopped: why"

    def test_stops_when_the_host_is_lost(self):
        stopped = progress({"msg": "Connection refused", "unreachable": True})["stopped"]
        assert stopped == "The host was lost while a batch was sent: Connection refused"

    def test_counts_those_that_were_not_returned(self):
        outcomes = {"accepted": 470, "rejected": 10, "no_answer": 20, "already": 3, "not_sent": 0}
        summary = {"total": 503, "outcomes": outcomes, "registered": {"back": 450, "not_back": 20}}
        found = progress({"results": [phone(1, "rejected")], "summary": summary}, None, "batch 1 of 1", 500)
        assert (
            found["line"]
            == "batch 1 of 1: 500 phones, 470 accepted, 10 rejected, 20 no answer; 450 back; 500 of 500 done"
        )
        assert (found["failed"], found["back"], found["not_back"]) == (30, 450, 20)

    def test_goes_on_when_only_some_did_not_accept(self):
        summary = {"total": 1, "outcomes": {"rejected": 1}}
        failed = {"msg": "The phone did not accept", "results": [phone(0, "rejected")], "summary": summary}
        assert progress({**failed, "stopped": None}, max_failures="10%")["stopped"] == ""
        assert progress({**failed, "error": {"type": "NotAccepted"}}, max_failures="10%")["stopped"] == ""
        for reason in ({"stopped": "the run stopped"}, {"error": {"type": "ConnectError"}}):
            assert progress({**failed, **reason})["stopped"] == "The phone did not accept"


class TestFiles:
    """Results that a part does not have, but a copy of results_file."""

    @staticmethod
    def lines(*entries):
        return "".join(json.dumps(entry) + "\n" for entry in entries)

    @staticmethod
    def part(path, label, total, *returned, **values):
        result = {"results": list(returned), "summary": {"total": total, "seconds": 1.0, "sent": total}, **values}
        return pack(result, "sip", label, file=str(path))

    def test_one_file_of_several_batches(self, tmp_path):
        path = tmp_path / "1.jsonl"
        late = {"aor": "1001", "contact": phone(1)["contact"], "registered": "back", "back_seconds": 2.0}
        path.write_text(
            self.lines(phone(0), phone(1), {**late, "new_user_agent": "X"}, phone(2, "rejected")) + '{"aor": "10'
        )
        found = Report([self.part(path, "canary", 2), self.part(path, "batch 1", 1, phone(2, "rejected"))])
        assert [(entry["aor"], entry["batch"], entry["state"]) for entry in found.results] == [
            ("1000", "canary", "accepted"),
            ("1001", "canary", "back"),
            ("1002", "batch 1", "rejected"),
        ]
        assert found.results[1]["back_at"] == START + 0.01 + 0.02 + 2
        assert [run.states for run in found.runs] == [{"accepted": 1, "back": 1}, {"rejected": 1}]

    def test_what_the_file_could_not_take_was_returned(self, tmp_path):
        path = tmp_path / "1.jsonl"
        path.write_text(self.lines(phone(0)))
        found = Report([self.part(path, "batch", 3, phone(1), phone(2, "no_answer"))])
        assert [entry["aor"] for entry in found.results] == ["1000", "1001", "1002"]

    def test_a_file_that_was_lost_with_its_host(self, tmp_path):
        plan = pack(run(*[phone(each, "planned") for each in range(3)]), "sip", plan=True)
        missing = self.part(tmp_path / "missing", "batch", 2, phone(2, "rejected"))
        found = Report([plan, missing])
        assert [entry["state"] for entry in found.results] == ["unknown", "unknown", "rejected"]
        assert "the journal of the campaign" in found.results[0]["reason"]


class TestText:
    def test_the_plan_says_who_the_canary_is(self):
        plan = run(*[phone(each, "planned") for each in range(3)])
        lines = _report_text.lines(Report(plan, {"check": True, "canary": 2}))
        assert "In this order, of which the first 2 are the canary:" in lines
        assert "In this order:" in _report_text.lines(Report(plan, {"check": True}))

    def test_a_host_without_results_says_why(self):
        lines = _report_text.lines(Report({"msg": "Connection refused", "unreachable": True}))
        assert lines == ["0 phones: Connection refused"]
        assert _report_text.lines(Report(run())) == ["0 phones: nothing to do"]


class TestWords:
    def test_numbers(self):
        assert [number(each) for each in (7, 1234567, 3.14159, 12345.6)] == ["7", "1,234,567", "3.1", "12,346"]

    @pytest.mark.parametrize(
        "part, whole, words",
        [
            (0, 5, "0 %"),
            (5, 5, "100 %"),
            (1, 3, "33.3 %"),
            (99999, 100000, "> 99.9 %"),
            (1, 100000, "< 0.1 %"),
            (0, 0, "–"),
        ],
    )
    def test_a_share_is_all_or_nothing_only_if_it_is(self, part, whole, words):
        assert share(part, whole) == words

    @pytest.mark.parametrize(
        "seconds, words",
        [
            (0.0214, "21 ms"),
            (0.9996, "1 s"),
            (1.44, "1.4 s"),
            (59.97, "1 min"),
            (200, "3 min 20 s"),
            (3900, "1 h 05 min"),
            (None, "–"),
        ],
    )
    def test_durations(self, seconds, words):
        assert duration(seconds) == words

    @given(st.text())
    def test_clean_text_can_be_written(self, text):
        clean(text + "\udcff\x00\u202e").encode("utf-8")


class TestPlots:
    @settings(max_examples=300)
    @given(st.floats(0, 90000), st.floats(0, 90000))
    def test_bars_reach_over_all_values(self, one, other):
        least, most = sorted((round(one, 3), round(other, 3)))
        edges = _edges(least, most)
        assert edges[0] <= least
        assert edges[-1] > most
        assert edges == sorted(set(edges))
        assert len(edges) <= 32

    @given(st.integers(1, 10**7))
    def test_the_axis_has_few_numbers(self, total):
        ticks = _counts(total)
        assert 2 <= len(ticks) <= 7
        assert ticks[-1] <= total


class TestMoved:
    """A phone that got another contact between the plan and its batch is one phone."""

    def planned(self, *phones):
        return pack(run(*phones), "sip", "plan", plan=True)

    def found(self, *parts, **about):
        return sorted((each["contact"], each["state"]) for each in Report(list(parts), about).results)

    def test_is_counted_once(self):
        plan = self.planned(phone(1, "planned"), phone(2, "planned"))
        sent = run(phone(1, contact="sip:elsewhere"), phone(2))
        assert self.found(plan, pack(sent, "sip")) == [
            ("sip:1002@192.0.2.1:5060", "accepted"),
            ("sip:elsewhere", "accepted"),
        ]

    def test_one_of_two_at_an_aor(self):
        """The run stopped before the turn of the other one."""
        plan = self.planned(
            phone(1, "planned", contact="sip:a", user_agent="A"), phone(1, "planned", contact="sip:b", user_agent="B")
        )
        sent = pack(run(phone(1, contact="sip:c", user_agent="B")), "sip")
        assert self.found(plan, sent, stopped="why") == [("sip:a", "not_sent"), ("sip:c", "accepted")]

    def test_nobody_knows_of_those_whose_host_was_lost(self):
        """The module may have gone on there."""
        plan = self.planned(phone(1, "planned"), phone(2, "planned"))
        other = pack(run(phone(3, "planned")), "sip2", "plan", plan=True)
        parts = [plan, other, pack(run(phone(1)), "sip"), pack({"msg": "gone", "unreachable": True}, "sip")]
        assert [state for _contact, state in self.found(*parts, stopped="why")] == ["accepted", "unknown", "not_sent"]

    def test_what_the_plan_does_not_send_to_is_no_other_contact(self):
        plan = self.planned(phone(1, "planned"), phone(1, "not_sent", contact="sip:other"))
        assert (
            self.found(plan)
            == self.found(plan, stopped="why")
            == [("sip:1001@192.0.2.1:5060", "not_sent"), ("sip:other", "not_sent")]
        )
        assert self.found(plan, check=True) == [("sip:1001@192.0.2.1:5060", "planned"), ("sip:other", "not_sent")]

    def test_others_stay(self):
        plan = self.planned(phone(1, "planned"), phone(2, "planned"), phone(3, "planned"))
        # a newcomer at the AOR of one that was reached, and one of another server
        sent = pack(run(phone(1), phone(1, contact="sip:new")), "sip")
        other = pack(run(phone(2, contact="sip:other")), "sip2")
        assert [state for _contact, state in self.found(plan, sent, other)] == ["accepted", "not_sent", "not_sent"] + [
            "accepted"
        ] * 2
