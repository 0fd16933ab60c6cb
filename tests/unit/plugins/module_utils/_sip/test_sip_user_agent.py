# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.module_utils._sip.user_agent import parse_user_agent


@pytest.mark.parametrize(
    "text, vendor, model, firmware",
    [
        ("Yealink SIP-T46U 108.86.0.20", "yealink", "T46U", "108.86.0.20"),
        ("Yealink W60B 77.85.0.20", "yealink", "W60B", "77.85.0.20"),
        ("VP530P 23.70.0.40", "yealink", "VP530P", "23.70.0.40"),
        ("PolycomVVX-VVX_411-UA/6.4.1.1234", "polycom", "VVX_411", "6.4.1.1234"),
        ("Polycom/6.4.4.4346 PolycomVVX-VVX_450-UA/6.4.4.4346", "polycom", "VVX_450", "6.4.4.4346"),
        ("PolyEdge-Edge_E350-UA/8.0.1.2345", "polycom", "Edge_E350", "8.0.1.2345"),
        ("snom370/8.7.5.35", "snom", "370", "8.7.5.35"),
        ("snomD785/10.1.64.14", "snom", "D785", "10.1.64.14"),
        ("Cisco/SPA504G-7.6.2c", "cisco", "SPA504G", "7.6.2c"),
        ("Sipura/SPA841-3.1.4(a)", "sipura", "SPA841", "3.1.4(a)"),
        ("Linksys/SPA8000-6.1.12", "linksys", "SPA8000", "6.1.12"),
        ("Linksys/PAP2T-5.1.6(LS)", "linksys", "PAP2T", "5.1.6(LS)"),
        ("Cisco-CP-8841-3PCC/11.3.4_f0e2f0f1", "cisco", "CP-8841", "11.3.4"),
        ("Cisco-CP7960G/8.0", "cisco", "CP7960G", "8.0"),
        ("Cisco-CP8841/12.5.1", "cisco", "CP8841", "12.5.1"),
        ("Grandstream GXP2170 1.0.11.48", "grandstream", "GXP2170", "1.0.11.48"),
        ("Fanvil X4 2.4.5", "fanvil", "X4", "2.4.5"),
        ("Aastra 6731i/3.3.1.4305", "aastra", "6731i", "3.3.1.4305"),
        ("Mitel 6867i/5.1.0.1024", "mitel", "6867i", "5.1.0.1024"),
        ("Digium D65 2_9_9", "digium", "D65", "2_9_9"),
        ("Gigaset N510 IP PRO/42.250.00.000.000", "gigaset", "N510 IP PRO", "42.250.00.000.000"),
        ("Panasonic_KX-UT123/01.221", "panasonic", "KX-UT123", "01.221"),
        ("Htek UC926 V2.0.4.4.47", "htek", "UC926", "2.0.4.4.47"),
        ("OBIHAI/OBi202-3.2.2.5921", "obihai", "OBi202", "3.2.2.5921"),
        ("AUDC-IPPhone/2.2.16 (420HD-Rev1; 00908F123456)", "audiocodes", "", "2.2.16"),
        ("AUDC-IPPhone-440HD_UC_2.0.13.120", "audiocodes", "440HD", "2.0.13.120"),
        ("Algo-8180/1.7.6", "algo", "8180", "1.7.6"),
        ("Yealink", "yealink", "", ""),
        ("Asterisk PBX 18.1", "unknown", "", ""),
        ("OpenStage_60_V3 R5.5.0", "unknown", "", ""),
        ("n/a", "unknown", "", ""),
        ("", "unknown", "", ""),
        (None, "unknown", "", ""),
    ],
)
def test_user_agents(text, vendor, model, firmware):
    assert parse_user_agent(text) == {"vendor": vendor, "model": model, "firmware": firmware}


@settings(deadline=None)
@given(
    st.text(),
    st.sampled_from(["", "Yealink SIP-", "Polycom", "snom", "Cisco/", "Cisco-CP-", "Gigaset ", "AUDC-IPPhone/"]),
)
def test_any_text_gives_a_record(text, start):
    record = parse_user_agent(start + text)
    assert set(record) == {"vendor", "model", "firmware"}
    assert all(isinstance(value, str) for value in record.values())
    assert record["model"] in start + text and record["firmware"] in start + text


@pytest.mark.parametrize(
    "piece", ["Poly-", "Cisco-CP", "a-", "Gigaset IP PRO ", "Cisco-CP-a-3PCC", "Yealink SIP-", "0"]
)
def test_a_monstrous_user_agent_costs_no_time(piece):
    import time

    start = time.perf_counter()
    parse_user_agent(piece * 100000)
    parse_user_agent("Yealink " + piece * 100000)
    assert time.perf_counter() - start < 1
