# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.filter import opensips_config

FILTERS = opensips_config.FilterModule().filters()
change = FILTERS["opensips_config_change"]
mask = FILTERS["opensips_config_mask"]

SETTINGS = """\
# a server
log_level=3 /* more /* nested */ than enough */
socket=udp:127.0.0.1:5060
loadmodule "tm.so"
modparam("tm", "fr_timeout", 5)
modparam("b2b", "script_request_route", "b2b_request")
"""
ROUTES = """\
route {
    # not a brace: }
    xlog("neither } nor # here, \\" either\\n");
    $var(x) = $(hdr(X-a){s.select,1,#});
    if ($rm == 'IN}VITE') { route(relay); }
}
route[relay] { t_relay(); }
startup_route { xlog("up\\n"); }
timer_route[clean, 30] { route(relay); }
event_route[E_PIKE_BLOCKED] { xlog("flood\\n"); }
"""
CONFIG = SETTINGS + ROUTES


def changed(before, after, text=CONFIG, **options):
    assert before in text
    return change(text.replace(before, after), text, **options)


def kind_and_action(result):
    return result["kind"], result["action"]


def test_the_same_text_needs_nothing():
    assert change(CONFIG, CONFIG) == {"kind": "none", "action": "none", "reasons": []}


def test_no_old_text_needs_a_start():
    assert change(CONFIG) == {"kind": "settings", "action": "restart", "reasons": ["there was no configuration"]}


@pytest.mark.parametrize(
    "before, after",
    [
        ("# a server", "# another server"),
        ("more /* nested */ than", "{ /* } # */ more"),
        ("log_level=3", "log_level = 3"),
        ("# not a brace: }", "# two of them: }}"),
        ("t_relay();", "\n    t_relay() ;\n"),
        ("[clean, 30]", "[clean,30]"),
    ],
)
def test_comments_and_blanks_need_nothing(before, after):
    assert kind_and_action(changed(before, after)) == ("text", "none")


@pytest.mark.parametrize(
    "before, after, reason",
    [
        ("t_relay();", "exit;", "changed: route[relay]"),
        ("neither }", "neither {", "changed: route"),
        ("1,#}", "2,#}", "changed: route"),
        ("neither }", "neither  }", "changed: route"),
        ("'IN}VITE'", "'INVITE'", "changed: route"),
        ("flood", "a flood", "changed: event_route[E_PIKE_BLOCKED]"),
        ("30] { route", "30] { exit; route", "changed: timer_route[clean,30]"),
        ("[clean, 30]", "[clean, 60]", "changed: timer_route[clean,30], timer_route[clean,60]"),
        ("timer_route[clean", "timer_route[first, 5] { exit; }\ntimer_route[clean", "changed: timer_route[first,5]"),
        ("route[relay]", "route[other] { exit; }\nroute[relay]", "changed: route[other]"),
        ("route[relay] { t_relay(); }", "", "changed: route[relay]"),
    ],
)
def test_routes_can_be_reloaded(before, after, reason):
    result = changed(before, after)
    assert (kind_and_action(result), result["reasons"]) == (("routes", "reload_routes"), [reason])


@pytest.mark.parametrize(
    "version, action",
    [("2.4", "restart"), ("2.4.11", "restart"), ("3.0", "restart"), ("3.1", "restart"), ("3.2", "reload_routes"), ("4.0", "reload_routes")],
)  # fmt: skip
def test_servers_whose_reload_is_not_safe_are_restarted(version, action):
    """3.1 ends with a segmentation fault, 3.0 does not answer for 20 seconds, and 2.4 has no such command."""
    assert kind_and_action(changed("t_relay();", "exit;", version=version)) == ("routes", action)


# What a route may do that the server makes before it starts its processes: what it did before, and what it does now
MADE_AT_START = {
    "a lock": ('get_static_lock("a");', 'get_static_lock("b");', "static lock only at the start: b"),
    "a first lock": ("", 'if (is_method("ACK")) { get_static_lock("a"); }', "static lock only at the start: a"),
    "a lock of a variable": ("", "get_static_lock($var(x));", "static lock only at the start: $var(x)"),
    "an event": ('raise_event("E_A");', 'raise_event("E_A"); raise_event("E_B", $avp(a));', "event only at the start: E_B"),
    "an event to hear of": ("", 'notify_on_event("E_A", $avp(f), "r", 9);', "event of event_routing only at the start: E_A"),
    "a location table": ('save("location");', 'save("other");', "location table only at the start: other"),
    "a third parameter": ("", 'remove_ip_port("1.2.3.4", 5060, "other");', "location table only at the start: other"),
    "a call in a call": ("", 'async(sip_capture("t"), resume);', "capture table only at the start: t"),
    "a routing domain": ('cr_route("c", "d");', 'cr_route("c", "e");', "routing domain only at the start: e"),
    "a first use": ("", "if (uac_auth()) { t_relay(); }", "for calls of uac_auth"),
    "more parameters": ('save("location");', 'save("location", "f", $var(a), "tag");', "for calls of save"),
}  # fmt: skip
# ... and what needs nothing of that kind
MADE_AT_ANY_TIME = {
    "no new name": ('save("a"); lookup("b");', 'lookup("a"); if ($rm == "X") { save("b"); }'),
    "fewer": ('get_static_lock("a"); uac_auth();', ""),
    "a statistic": ("", 'update_stat("mine", 1);'),
    "a shared variable": ("", "$shv(x) = 1;"),
    "a text": ("", "xlog(\"get_static_lock('a')\");"),
    "a comment": ("", 'exit; # get_static_lock("a")\n'),
    "a dynamic lock": ("", 'get_dynamic_lock("a");'),
    "a route": ("", 'route(get_static_lock, "a");'),
}


def in_route(before, after, version):
    block = "route {{ {} sl_send_reply(200, 'OK'); }}\n".format
    return change(SETTINGS + block(after), SETTINGS + block(before), version)


@pytest.mark.parametrize("name", sorted(MADE_AT_START))
def test_what_the_server_makes_at_its_start_needs_a_restart(name):
    before, after, reason = MADE_AT_START[name]
    for version in ("3.2", "3.6", "4.0"):
        result = in_route(before, after, version)
        assert kind_and_action(result) == ("settings", "restart")
        assert result["reasons"][0].endswith(reason)


@pytest.mark.parametrize("name", sorted(MADE_AT_ANY_TIME))
def test_what_the_server_makes_at_any_time_can_be_reloaded(name):
    assert kind_and_action(in_route(*MADE_AT_ANY_TIME[name], "3.6")) == ("routes", "reload_routes")


def test_timers_of_old_servers():
    result = changed("[clean, 30]", "[clean, 60]", version="3.3")
    assert result["reasons"] == ["OpenSIPS before 3.4 sets timer routes up only at the start"]
    assert changed("30] { route", "30] { exit; route", version="3.3")["action"] == "reload_routes"


def test_a_text_of_many_parentheses_takes_no_time():
    text = "route { " + "save(" * 20000 + ")" * 20000 + " }"
    assert change(text, text.replace("save", "lookup", 1))["action"] == "reload_routes"


@pytest.mark.parametrize(
    "before, after, reason",
    [
        ("log_level=3", "log_level=4", "global parameters, modules or their parameters changed"),
        (
            'loadmodule "tm.so"',
            'loadmodule "tm.so"\nloadmodule "sl.so"',
            "global parameters, modules or their parameters changed",
        ),
        ('"fr_timeout", 5', '"fr_timeout", 6', "global parameters, modules or their parameters changed"),
        ('xlog("up\\n")', 'xlog("started\\n")', "the startup_route runs only at the start"),
        ("[E_PIKE_BLOCKED]", "[E_CORE_LOG]", "event routes are set up only at the start"),
    ],
)
def test_settings_need_a_restart(before, after, reason):
    result = changed(before, after)
    assert kind_and_action(result) == ("settings", "restart")
    assert any(each.startswith(reason) for each in result["reasons"]), result


def test_a_route_that_a_parameter_names_must_not_go():
    text = CONFIG + "route[b2b_request] { exit; }\n"
    result = changed("route[b2b_request] { exit; }", "", text)
    assert result["reasons"] == ["a parameter names a route that is gone: b2b_request"]
    assert result["action"] == "restart"


@pytest.mark.parametrize("place", [SETTINGS, ROUTES])
def test_included_files_may_have_changed_too(place):
    text = CONFIG.replace(place, f'{place}include_file "more.cfg"\n')
    assert changed("t_relay();", "exit;", text)["reasons"] == ["files are included, which may have changed too"]
    assert kind_and_action(changed("# a server", "# the", text)) == ("text", "none")


def test_a_preprocessor_can_make_anything_of_anything():
    assert changed("# a server", "# the server", preprocessed=True)["action"] == "restart"
    assert changed("# a server", "define(`RELAY', `exit')")["action"] == "restart"
    assert change(CONFIG, CONFIG, preprocessed=True)["action"] == "none"


@pytest.mark.parametrize("broken", ['"open', "/* open", "route { {", "'open", "$(ru{uri.user}", "route[x"])
def test_what_cannot_be_compared_needs_a_restart(broken):
    for new, old in ((broken, CONFIG), (CONFIG, broken)):
        assert change(new, old)["action"] == "restart"


def test_bad_input():
    for arguments in ((42, ""), ("", 42), (None, "")):
        with pytest.raises(AnsibleFilterError, match="opensips_config_change"):
            change(*arguments)
    for version in ("latest", "3", "3.6-dev"):
        with pytest.raises(AnsibleFilterError, match="Write it as in 3.6"):
            change("", "", version=version)
    with pytest.raises(AnsibleFilterError, match="opensips_config_mask"):
        mask(None)


def test_passwords_of_urls_and_secrets_are_hidden():
    text = 'modparam("usrloc", "db_url", "mysql://opensips:p@ss/w:rd@db:3306/opensips")\nmodparam("x", "key", "s3cret-long")'
    hidden = mask(text, ["s3cret", "s3cret-long", ""])
    assert hidden == text.replace("p@ss/w:rd", "********").replace("s3cret-long", "********")
    assert mask("key", "key") == "********"
    for harmless in (
        "socket=udp:127.0.0.1:5060",
        "text:///etc/opensips/db",
        "http://127.0.0.1:8888/mi sip:a@b",
        "sip:a:1@b",
    ):
        assert mask(harmless) == harmless


@pytest.mark.parametrize(
    "text, secrets, hidden",
    [
        # as it stands in quotes
        (r'modparam("a", "b", "x\"y\\z\nend")', ['x"y\\z\nend'], 'modparam("a", "b", "********")'),
        ("a\0b c", ["a\0b"], "******** c"),
        # known by the names of their parameters
        ('modparam("auth", "secret", "x\\"y") # z', [], 'modparam("auth", "secret", "********") # z'),
        ('modparam( "uac","credential" , "a:b:c")', [], 'modparam( "uac","credential" , "********")'),
        ('modparam("httpd", "auth_password", "p")\nmodparam("tm", "x", "p")', [], 'modparam("httpd", "auth_password", "********")\nmodparam("tm", "x", "p")'),
        ('modparam("a", "my_Password", "ha1', [], 'modparam("a", "my_Password", "********"'),
        ('modparam("a", "secret", 5)', [], 'modparam("a", "secret", 5)'),
        # URLs: to the last @
        ("redis:group://:p@ss@h/ x://u@h y://a:b", [], "redis:group://:********@h/ x://u@h y://a:b"),
        ("mysql://u:p'w@h 'pg://u:p@h'", [], "mysql://u:********@h 'pg://u:********@h'"),
    ],
)  # fmt: skip
def test_secrets_are_hidden_however_they_are_written(text, secrets, hidden):
    assert mask(text, secrets) == hidden


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_each_filter_is_documented(name):
    text = pathlib.Path(opensips_config.__file__).with_name(f"{name}.yml").read_text(encoding="utf-8")
    documented = yaml.safe_load(text)
    assert documented["DOCUMENTATION"]["name"] == name
    assert name in documented["EXAMPLES"]
