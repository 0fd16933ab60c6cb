# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The style of a report's page."""

from __future__ import annotations

# Colours after Okabe and Ito, which people with any colour vision tell apart; (state, light, dark)
_COLOURS = (
    ("back", "#00805c", "#1fb88a"),
    ("accepted", "#7cc9ae", "#2f7f68"),
    ("already", "#1f6fb5", "#5aa9e6"),
    ("planned", "#8fb8de", "#3f6f9e"),
    ("behind", "#a8850c", "#cdb04a"),
    ("not_back", "#b65a96", "#d98bbd"),
    ("rejected", "#c94a00", "#f0722c"),
    ("no_answer", "#e69f00", "#f0b429"),
    ("unreachable", "#6b4f3a", "#b08968"),
    ("unknown", "#3aa0d8", "#7cc7f0"),
    ("in_call", "#6f5fb3", "#a99be6"),
    ("not_sent", "#8c9198", "#8c9198"),
    # of the firmware of a fleet
    ("up_to_date", "#00805c", "#1fb88a"),
    ("ahead", "#1f6fb5", "#5aa9e6"),
    ("no_rule", "#8c9198", "#8c9198"),
)


def _variables(place: int) -> str:
    return "".join(f"--{colour[0]}:{colour[place]};" for colour in _COLOURS)


def _classes() -> str:
    return "\n".join(
        f".s-{name}{{background:var(--{name})}}.f-{name}{{fill:var(--{name})}}" for name, _light, _dark in _COLOURS
    )


CSS = f"""
:root{{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--text:#1b1f24;--soft:#59626d;--line:#dfe3e8;
--accent:#1f6fb5;--stop:#a83a00;--stop-page:#fdf0e8;{_variables(1)}}}
@media(prefers-color-scheme:dark){{:root{{--page:#14171b;--card:#1d2126;--text:#e8eaed;--soft:#a2abb6;--line:#333a42;--accent:#5aa9e6;--stop:#ff9a66;--stop-page:#33221a;{_variables(2)}}}}}
{_classes()}
"""

CSS += """
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;
font-variant-numeric:tabular-nums}
main{max-width:1120px;margin:0 auto;padding:36px 24px 48px}
h1{font-size:30px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:18px;line-height:1.3;margin:0 0 4px;overflow-wrap:anywhere}
h3{font-size:15px;margin:0 0 8px}
p{margin:0}
.soft,.note{color:var(--soft)}
.note{font-size:14px;margin-bottom:16px}
section,.tile{background:var(--card);border:1px solid var(--line);border-radius:12px}
section{padding:22px 24px 24px;margin-top:20px}
.stop{border-left:5px solid var(--stop);background:var(--stop-page);padding:14px 20px;margin-top:20px;overflow-wrap:anywhere}
.stop b{color:var(--stop)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(136px,1fr));gap:12px;margin-top:24px}
.tile{padding:15px 14px;min-width:0;overflow-wrap:anywhere}
.tile b{display:block;font-size:23px;line-height:1.2;font-weight:650;letter-spacing:-.01em;white-space:nowrap}
.tile span{display:block;font-size:14px}
.tile .soft{font-size:13px}
.bar{display:flex;gap:2px;height:18px;border-radius:5px;overflow:hidden;background:var(--line)}
.bar i{min-width:3px}
.bar.tall{height:34px;border-radius:8px}
.legend{display:grid;grid-template-columns:repeat(auto-fill,minmax(310px,1fr));gap:8px 28px;margin:18px 0 0;padding:0;list-style:none}
.legend li{display:grid;grid-template-columns:14px 1fr auto auto;gap:2px 10px;align-items:baseline}
.legend li>i,.key i{width:14px;height:14px;border-radius:4px;align-self:center}
.legend .soft{grid-column:2/-1;font-size:13px;line-height:1.35}
.legend .soft.share{grid-column:auto;font-size:14px;min-width:56px;text-align:right}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;margin:0 0 10px;padding:0;list-style:none;font-size:14px}
.key li{display:flex;gap:7px}
.key .line{height:0;border-top:3px solid var(--text);border-radius:0;width:18px}
svg{display:block;width:100%;height:auto}
svg text{font-size:12px;fill:var(--soft)}
svg .end{text-anchor:end}svg .middle{text-anchor:middle}
.grid{stroke:var(--line)}
.mark{stroke:var(--soft);stroke-dasharray:2 3}
polygon{fill-opacity:.92}
.l-back,.l-halo{fill:none;stroke:var(--text);stroke-width:2.5;stroke-linejoin:round}
.l-halo{stroke:var(--card);stroke-width:5.5}
.narrow{display:none}
.vendors{margin:0;padding:0;list-style:none}
.vendors li{display:grid;grid-template:"name bar n share"/150px 1fr 64px 72px;gap:4px 14px;align-items:center;padding:5px 0}
.vendors .name{grid-area:name;overflow-wrap:anywhere}.vendors .bar{grid-area:bar}
.vendors .n{grid-area:n;text-align:right}.vendors .share{grid-area:share;text-align:right;color:var(--soft);font-size:14px}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:20px;margin-top:20px}
.two section{margin-top:0}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;font-weight:600}
thead th{color:var(--soft);font-weight:500;font-size:13px;white-space:nowrap}
th,td{padding:7px 10px;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}
tbody tr:last-child>*{border-bottom:0}
td.n,th.n{text-align:right;white-space:nowrap;overflow-wrap:normal}
.scroll{overflow-x:auto}
.histogram th{font-weight:400;white-space:nowrap;width:1%;text-align:right}
.histogram th,.histogram td{border:0;padding:3px 8px 3px 0;vertical-align:middle}
.histogram td:last-child{text-align:right;width:1%;white-space:nowrap;overflow-wrap:normal;padding-right:0}
.histogram i{display:block;height:16px;border-radius:0 4px 4px 0;background:var(--accent)}
.state{white-space:nowrap}
.state i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:7px}
.who{font-weight:600}
td .soft{display:block;font-size:13px}
@media(min-width:641px){.which th:first-child{width:24%}.which th:nth-child(3){width:20%}}
details{margin-top:18px}
summary{cursor:pointer;color:var(--accent);font-size:14px}
details table{margin-top:8px}
footer{margin-top:24px;font-size:13px;color:var(--soft)}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media(max-width:640px){
main{padding:24px 14px 36px}
h1{font-size:24px}
section{padding:18px 16px 20px}
.tiles{grid-template-columns:1fr 1fr;gap:10px}
.tile{padding:12px 14px}.tile b{font-size:22px}
.legend{grid-template-columns:1fr}
.wide{display:none}.narrow{display:block}
.vendors li{grid-template:"name n share" "bar bar bar"/1fr auto 64px;padding:6px 0}
.phones thead{display:none}
.phones tr{display:block;padding:10px 0;border-bottom:1px solid var(--line)}
.phones tbody tr:last-child{border-bottom:0}
.phones td{display:block;border:0;padding:1px 0}
.phones td.n{text-align:left;font-weight:600}
.phones td.n::after{content:" \\d7"}
.steps thead{display:none}
.steps tr{display:grid;grid-template-columns:1fr auto auto;gap:0 12px;padding:9px 0;border-bottom:1px solid var(--line)}
.steps tbody tr:last-child{border-bottom:0}
.steps td{border:0;padding:1px 0}.steps td:nth-child(4){grid-column:3}.steps td:last-child{grid-column:1/-1}.steps td:empty{display:none}
.steps td:nth-child(4)::before{content:"calls: "}
}
@media print{:root{--page:#fff}section,.tile{break-inside:avoid}main{max-width:none;padding:0}}
""".strip()
