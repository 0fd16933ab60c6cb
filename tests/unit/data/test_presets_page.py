# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.community.opensips.data import presets_page
from ansible_collections.community.opensips.plugins.module_utils._sip import phone_data, preset_data, vendors


def test_page_has_every_preset_and_every_family():
    page = presets_page.generate()
    for key, preset in preset_data.PRESETS.items():
        assert f"``{key}``" in page
        assert f"``Event: {preset['event']}``" in page
    for family in vendors.FAMILIES:
        assert f"``{family.pattern}``" in page


def _part(page, heading):
    """The part of the page below a heading of a phone."""
    return page.split(f"\n{heading}\n~", 1)[1].split("\n~~~", 1)[0]


def test_each_phone_has_its_settings_its_account_and_its_sources():
    page = presets_page.generate()
    for family in vendors.FAMILIES:
        phone = phone_data.PHONES[family.name]
        part = _part(page, phone.title)
        assert presets_page.marked(phone.setup) in part
        assert presets_page.marked(phone_data.authentication(phone)) in part
        for code in phone.sources.split():
            title, link = phone_data.SOURCES[code]
            assert presets_page.escape(title) in part and link in part, code
        for key in (family.reboot, family.check_cfg):
            assert f"``{key}``, which sends ``Event: {preset_data.PRESETS[key]['event']}``" in part


def test_the_page_shows_what_a_body_says_and_the_state_of_the_subscription():
    part = _part(presets_page.generate(), phone_data.PHONES["cisco_enterprise"].title)
    for text in ("Subscription-State: active", "action=reset", "RegisterCallId={Call-ID of the registration}"):
        assert f"``{text}``" in part


def test_every_source_of_a_preset_is_known():
    used = {code for fields in preset_data.PRESETS.values() for code in fields["sources"]}
    assert used <= set(phone_data.SOURCES)
    assert all(link == "" or link.startswith("http") for _title, link in phone_data.SOURCES.values())


def test_names_of_settings_are_literals_and_other_text_is_text():
    text = 'If sip.trust_ctrl is 1 (X*), or CFG_SYNC=1. Next: a.b="1", from 2.52 on.'
    assert presets_page.marked(text) == (
        'If ``sip.trust_ctrl`` is 1 (X\\*), or ``CFG_SYNC=1``. Next: ``a.b="1"``, from 2.52 on.'
    )
