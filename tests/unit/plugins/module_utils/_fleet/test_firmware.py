# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.community.opensips.plugins.module_utils._fleet.firmware import (
    COMPLIANCE,
    FirmwareRules,
    reason_of,
)
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters

RULES = [
    {"vendor": "yealink", "model": "T4*", "firmware": "108.86.0.70"},
    {"vendor": "Snom", "model": None, "firmware": ["10.1.169.11", "10.1.184.14"]},
    {"vendor": "cisco", "model": "spa5*", "firmware": ["7.6.2c"]},
    {"vendor": "audiocodes", "model": "4*", "firmware": "2.2.16"},
]
PHONES = [
    ("Yealink SIP-T46U 108.86.0.20", "behind"),
    ("Yealink SIP-T46U 108.86.0.70", "up_to_date"),
    ("Yealink SIP-T46U 108.87.0.15", "ahead"),
    # another model, another vendor, none at all
    ("Yealink W60B 77.85.0.20", "no_rule"),
    ("Grandstream GXP2170 1.0.11.48", "no_rule"),
    ("Asterisk PBX 18.1", "no_rule"),
    (None, "no_rule"),
    # older than the newest of the list, but in it; and between two of them
    ("snomD785/10.1.169.11", "up_to_date"),
    ("snomD785/10.1.175.1", "behind"),
    ("snom370/8.7.5.35", "behind"),
    ("snomD785", "unknown"),
    ("Cisco/SPA504G-7.6.2", "behind"),
    ("Cisco/SPA504G-7.6.2c", "up_to_date"),
    # it does not tell the model
    ("AUDC-IPPhone/2.2.16 (420HD-Rev1; 00908F123456)", "unknown"),
    ("AUDC-IPPhone-440HD_UC_2.0.13.120", "behind"),
]


@pytest.mark.parametrize("agent, state", PHONES)
def test_phones(agent, state):
    found = FirmwareRules(RULES).compare(agent)
    assert found.state == state and state in COMPLIANCE
    assert reason_of(found)


def test_the_first_rule_that_matches_counts():
    rules = FirmwareRules(
        [{"vendor": "snom", "model": "D7*", "firmware": "10"}, {"vendor": "snom", "firmware": "8.7.5.35"}]
    )
    assert rules.compare("snomD785/10").place == 0
    assert rules.compare("snom370/8.7.5.35").place == 1


def test_rules_without_phones_are_named():
    rules = FirmwareRules(RULES)
    for agent, _state in PHONES:
        rules.compare(agent)
    assert rules.idle() == []
    rules = FirmwareRules(RULES[:2])
    rules.compare("snomD785/10.1.169.11")
    assert rules.idle() == ["firmware[0] (yealink T4*)"]


def test_no_rules():
    rules = FirmwareRules(None)
    assert not rules and rules.idle() == [] and rules.compare("snomD785/10").state == "no_rule"


@pytest.mark.parametrize(
    "given, words",
    [
        ("snom", "firmware is not a list"),
        ([42], r"firmware\[0\] is not a mapping"),
        ([{"vendor": "snom", "version": "1"}], r"firmware\[0\] is not a mapping of vendor, model and firmware"),
        ([{"vendor": "acme", "firmware": "1"}], r"firmware\[0\]\.vendor is 'acme'.*Use one of .*yealink"),
        ([{"firmware": "1"}], r"firmware\[0\]\.vendor is None"),
        ([{"vendor": "snom"}], r"firmware\[0\]\.firmware is missing"),
        ([{"vendor": "snom", "firmware": []}], r"firmware\[0\]\.firmware is missing"),
        ([{"vendor": "snom", "firmware": 10.10}], r"is the number 10\.1, .*Write it in quotes"),
        ([{"vendor": "snom", "firmware": ["latest"]}], "'latest', which is not a version"),
        ([{"vendor": "snom", "firmware": [True]}], "True, which is not a version"),
        ([{"vendor": "snom", "model": " ", "firmware": "1"}], r"firmware\[0\]\.model is ' '"),
        (
            [{"vendor": "snom", "model": "D7*", "firmware": "1"}, {"vendor": "SNOM", "model": "d7*", "firmware": "2"}],
            r"firmware\[1\] contradicts firmware\[0\]: both are about snom d7\*",
        ),
        (
            [{"vendor": "snom", "firmware": "1"}, {"vendor": "snom", "model": "*", "firmware": "2"}],
            r"firmware\[1\] contradicts firmware\[0\]: both are about all models of snom",
        ),
        (
            [{"vendor": "snom", "firmware": "1"}, {"vendor": "snom", "model": "D7*", "firmware": "2"}],
            r"firmware\[1\] is never used: firmware\[0\] is about all models of snom",
        ),
    ],
)
def test_bad_rules_name_the_element(given, words):
    with pytest.raises(BadParameters, match=words):
        FirmwareRules(given)
