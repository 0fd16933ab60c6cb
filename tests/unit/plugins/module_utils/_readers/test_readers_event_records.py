# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._readers import event_records
from ansible_collections.community.opensips.plugins.module_utils._readers.event_records import MalformedEvent, decode
from ansible_collections.community.opensips.tests.unit import wire

VERSIONS = ("2.4", "3.6", "4.0")
FUZZED = 10000
TEMPLATES = ("{{", "{%", "{#")


def recorded(version):
    """(carrier, bytes) of each event that was recorded."""
    exchanges = wire.exchanges(version, "events") + wire.exchanges(version, "events_status")
    for each in exchanges:
        data = each["bytes"].encode("latin-1")
        if each["carrier"] == "udp":
            yield "udp", data
        elif each["carrier"] == "tcp":
            for part in event_records.Splitter().feed(data):
                yield "tcp", part


def params(event, **given):
    return event_records.record(event, given)["params"]


class TestRecorded:
    def test_the_same_event_has_one_shape_on_every_version_and_carrier(self):
        shapes = {}
        for version in VERSIONS:
            for _carrier, data in recorded(version):
                record = decode(data)
                shapes.setdefault(record["name"], set()).add(tuple(record["params"]))
        assert {name: len(found) for name, found in shapes.items()} == dict.fromkeys(shapes, 1)
        # what 2.4 never sent is the threshold of the memory
        assert len(shapes) == 9

    @pytest.mark.parametrize("version", VERSIONS)
    def test_both_carriers_bring_the_same(self, version):
        found = {"udp": [], "tcp": []}
        for carrier, data in recorded(version):
            found[carrier].append(json.dumps(decode(data), sort_keys=True))
        assert sorted(found["udp"]) == sorted(found["tcp"]) != []

    def test_a_contact(self):
        (record,) = [decode(data) for kind, data in recorded("4.0") if kind == "udp" and b"CONTACT_INSERT" in data]
        assert record == {
            "name": "E_UL_CONTACT_INSERT",
            "altered": [],
            "params": {
                "table": "location",
                "aor": "ev@127.0.0.1",
                "contact": "sip:ev@127.0.0.1:53780",
                "received": None,
                "path": None,
                "q": None,
                "user_agent": 'Yealink "SIP"::T46U 108.86',
                "socket": "udp:127.0.0.1:27060",
                "flags": 0,
                "expires_at": 1795322100,
                "call_id": "evcall",
                "cseq": 1,
                "attr": None,
                "latency": 0,
                "tag": None,
                "vendor": "yealink",
                "model": "T46U",
                "firmware": "108.86",
            },
        }

    @pytest.mark.parametrize("version", VERSIONS)
    def test_states_of_destinations(self, version):
        found = [decode(data) for kind, data in recorded(version) if kind == "udp"]
        states = [(each["name"], each["params"].get("state", each["params"].get("enabled"))) for each in found]
        assert [state for state in states if state[0].endswith("_STATUS")] == [
            ("E_DISPATCHER_STATUS", "inactive"),
            ("E_DISPATCHER_STATUS", "active"),
            ("E_LOAD_BALANCER_STATUS", False),
            ("E_LOAD_BALANCER_STATUS", True),
            ("E_DROUTING_STATUS", "disabled_mi"),
            ("E_DROUTING_STATUS", "active"),
        ]

    def test_a_cluster(self):
        exchanges = wire.exchanges("4.0", "events_cluster")
        found = [decode(each["bytes"].encode("latin-1"))["params"] for each in exchanges]
        assert found == [
            {"tag": "vip", "cluster_id": 1, "state": "backup", "reason": "cluster broadcast from 2"},
            {"tag": "vip", "cluster_id": 1, "state": "active", "reason": "MI command"},
            {"cluster_id": 1, "node_id": 2, "link": "down"},
            {"cluster_id": 1, "node_id": 2, "link": "up"},
        ]


class TestValues:
    def test_memory_above_two_gigabytes(self):
        record = params("E_CORE_SHM_THRESHOLD", usage=90, threshold=80, used=-1294967296, size="18446744072414584320")
        assert record == {"usage": 90, "threshold": 80, "used": 3000000000, "size": 3000000000}

    def test_q(self):
        assert [params("E_UL_CONTACT_INSERT", qval=value)["q"] for value in (-1, 0, 500, "1000", 2**64 - 1)] == [
            None, 0.0, 0.5, 1.0, None,
        ]  # fmt: skip

    def test_events_of_scripts_stay_as_they_are(self):
        assert decode(b"E_SCRIPT\nnumber::0049\n\n")["params"] == {"number": "0049"}
        assert decode(b"E_SCRIPT\na\nb\n\n")["params"] == {"unnamed": ["a", "b"]}
        assert decode(b'{"method":"E_SCRIPT","params":["a",1]}')["params"] == {"unnamed": ["a", 1]}
        assert decode(b'{"jsonrpc":"2.0","method":"E_SCRIPT"}') == {"name": "E_SCRIPT", "params": {}, "altered": []}

    def test_a_value_with_line_feeds_brings_no_parameters(self):
        data = b'E_SCRIPT\ntext::"one\naor::evil\n\\"quoted\\"\n"\naor::good\nplain::"a"\n\n'
        assert decode(data)["params"] == {"text": 'one\naor::evil\n"quoted"\n', "aor": "good", "plain": '"a"'}

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"E_UL_AOR_INSERT",
            b"\n\n",
            b"two words\n\n",
            b"{}",
            b'{"method":1}',
            b'{"method":"E_A","params":"text"}',
            b'{"method":"E_A","params":{"a":NaN}}',
            b'{"method":"E_A","params":{"a":1e999}}',
            b'{"method":"E_A","params":{"a":{"b":1}}}',
            b'{"method":"E_UL_CONTACT_INSERT","params":{"cseq":"many"}}',
            b'{"method":"E_A","params":' + b"[" * 30000,
            b'{"method":"E_A","params":{"a":' + b"9" * 5000 + b"}}",
        ],
    )
    def test_malformed(self, data):
        with pytest.raises(MalformedEvent):
            decode(data)


class TestTemplates:
    """What a phone chose must not be evaluated by Ansible, wherever a rulebook or playbook puts it."""

    @given(st.lists(st.text(alphabet="{%#} ajinja2:'\\\n")))
    def test_no_template_in_texts_put_together(self, texts):
        together = "".join(map(event_records.safe, texts))
        assert not any(mark in together for mark in TEMPLATES)

    def test_no_other_marks_of_templates(self):
        assert event_records.safe("#jinja2: variable_start_string:'[['") == " #jinja2: variable_start_string:'[['"

    def test_what_was_changed_is_listed(self):
        record = event_records.record("E_UL_CONTACT_INSERT", {"aor": "a", "user_agent": "{{ x }}", "callid": "{6f}@h"})
        assert record["altered"] == ["user_agent"]
        assert record["params"]["user_agent"] == "{ { x }}"
        assert record["params"]["call_id"] == "{6f}@h"

    def test_names_of_parameters(self):
        record = event_records.record("E_SCRIPT", {"{{ x }}": "{{ y }}"})
        assert record["params"] == {"___x___": "{ { y }}"}


def fuzzed(count):
    """Recorded events with bytes changed, cut, doubled; and noise."""
    generator = random.Random(13)
    seeds = [data for version in VERSIONS for _carrier, data in recorded(version)]
    for _number in range(count):
        data = bytearray(generator.choice(seeds))
        for _change in range(generator.randint(1, 6)):
            at = generator.randrange(len(data) + 1)
            kind = generator.randrange(4)
            if kind == 0:
                data[at : at + 1] = bytes([generator.randrange(256)])
            elif kind == 1:
                del data[at : at + generator.randrange(20)]
            elif kind == 2:
                data[at:at] = data[at : at + generator.randrange(40)]
            else:
                data[at:at] = generator.choice([b'"', b"\\", b"\n", b"{", b"}", b"[", b"null", b"-1", b"\xff", b"::"])
        yield bytes(data)


class TestFuzzed:
    def test_an_event_or_an_error(self):
        events = errors = 0
        for data in fuzzed(FUZZED):
            try:
                record = decode(data)
            except MalformedEvent:
                errors += 1
                continue
            events += 1
            # the rule engine takes it
            json.dumps(record, allow_nan=False).encode("ascii")
            assert set(record) == {"name", "params", "altered"}
        assert events > 1000 and errors > 1000

    def test_a_stream_is_cut_alike_however_it_comes(self):
        generator = random.Random(13)
        parts = [data for _carrier, data in recorded("3.6")] + [b'{"method":"E_A","params":{"a":"\\\\\\"}{"}}']
        whole = b"".join(parts)
        for _number in range(50):
            splitter, found, rest = event_records.Splitter(), [], whole
            while rest:
                size = generator.randint(1, 40)
                found += splitter.feed(rest[:size])
                rest = rest[size:]
            assert found == parts

    def test_a_stream_of_noise_ends(self):
        splitter = event_records.Splitter()
        with pytest.raises(MalformedEvent):
            for data in fuzzed(FUZZED):
                list(splitter.feed(data))
                list(splitter.feed(b'"' + b"x" * 40000))
