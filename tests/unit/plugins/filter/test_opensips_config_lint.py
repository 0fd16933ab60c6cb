# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import re
from random import Random

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.community.opensips.plugins.filter import opensips_config
from ansible_collections.community.opensips.plugins.plugin_utils import _config_names, _config_renamed

lint = opensips_config.FilterModule().filters()["opensips_config_lint"]

# What the role opensips_server writes for each version
WRITTEN = sorted((pathlib.Path(__file__).parents[3] / "integration" / "fixtures" / "server").glob("*.cfg"))

HEAD = """\
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "sipmsgops.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
"""
MAIN = 'route { t_on_failure("again"); route(relay); }\n'
TAIL = "route[relay] { t_relay(); }\nfailure_route[again] { exit; }\n"
GOOD = HEAD + MAIN + TAIL


def rules(text, version=None, **options):
    return [finding["rule"] for finding in lint(text, version, **options)]


def only(text, version=None, **options):
    found = lint(text, version, **options)
    assert len(found) == 1, found
    return found[0]


def with_setting(line):
    return HEAD + line + "\n" + MAIN + TAIL


def with_statement(statement):
    return HEAD + MAIN.replace("{", "{ " + statement, 1) + TAIL


@pytest.mark.parametrize("version", [None, "2.4", "3.6", "3.6.8", 4.0, "4.1"])
def test_a_configuration_without_a_mistake(version):
    assert lint(GOOD, version) == []


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_what_the_role_writes_has_no_mistake(path):
    assert lint(path.read_text(encoding="utf-8"), path.name.partition("-")[0]) == []


def test_what_an_upgrade_has_to_change():
    (path,) = (path for path in WRITTEN if path.name == "2.4-full.cfg")
    found = lint(path.read_text(encoding="utf-8"), "4.0")
    assert [(finding["line"], finding["hint"]) for finding in found] == [
        (7, "Use stderror_enabled."),
        (8, "Use syslog_facility."),
        (9, "Use syslog_name."),
        (11, "Use udp_workers."),
        (12, "Use tcp_workers."),
        (14, "Use socket."),
        (14, "Use use_workers."),
        (15, "Use socket."),
        (16, "Use socket."),
        (23, "Use tcp_socket_backlog."),
        (24, "Use xlog_level."),
        (65, "Use the module mi_http."),
    ]
    assert {finding["severity"] for finding in found} == {"error"}


# {what is in the configuration: (version, rule, severity, what the message has, what the hint has)}
SETTINGS = {
    'loadmodule "siptrace.so"': ("3.6", "removed_module", "error", "The last version with it is 2.4", "Use the module tracer."),
    'loadmodule "tracer.so"': ("2.4", "newer_module", "error", "The first version with it is 3.0", "run OpenSIPS 3.0 or later"),
    'loadmodule "mi_xmlrpc_ng.so"': ("4.0", "removed_module", "error", "mi_xmlrpc_ng", "Use the module mi_xmlrpc."),
    'loadmodule "event_route.so"': ("3.6", "removed_module", "error", "is 3.5", "The core has event routes"),
    'loadmodule "uri.so"': ("3.0", "removed_module", "error", "is 2.4", "auth_db, sipmsgops"),
    'loadmodule "/opt/mods/mine.so"': (None, "unknown_module", "warning", "the module mine", "Check the name"),
    'loadmodule "registrer.so"': ("3.6", "unknown_module", "warning", "registrer", "Similar names: registrar"),
    'modparam("tm", "fr_timer", 5)': ("3.6", "removed_parameter", "error", "parameter fr_timer of the module tm", "Use fr_timeout."),
    'modparam("tm", "fr_timer", 5) ': (None, None, None, None, None),
    'modparam("usrloc", "db_mode", 1)': ("4.0", "removed_parameter", "error", "is 3.6", "Use working_mode_preset."),
    'modparam("tm|usrloc", "timer_partitions", 2)': ("3.6", "unknown_parameter", "error", "of the module usrloc", ""),
    'modparam("(t+)+m", "nope", 2)': ("3.6", None, None, None, None),
    'modparam("TM", "nope", 2)': (None, "unknown_parameter", "error", "OpenSIPS 1.11 to 4.1 does not have", "Check the name"),
    'modparam("tm", "fr_timeout", "5")': ("3.6", "wrong_type", "error", "is a text in quotes", "Write a number."),
    'modparam("registrar", "received_avp", 5)': (None, "wrong_type", "error", "is a number", "Write a text in quotes."),
    'modparam("tm", "fr_timeout", yes)': ("3.6", None, None, None, None),
    'modparam("tm", "fr_timeout", -1)': ("3.6", None, None, None, None),
    'modparam("rr", "append_fromtag", 1)': ("3.6", "module_not_loaded", "error", "is not loaded", 'loadmodule "rr.so"'),
    'modparam("rr", "append_fromtag", 1)\nloadmodule "rr.so"': ("3.6", "module_not_loaded", "error", "is loaded later", "Move the line"),
    "children=4": ("3.6", "removed_global_parameter", "error", "is 3.0", "Use udp_workers."),
    "listen=udp:192.0.2.1:5060": ("4.0", "removed_global_parameter", "error", "is 3.6", "Use socket."),
    "listen=udp:192.0.2.1:5060 ": ("3.6", "renamed_global_parameter", "warning", "OpenSIPS 4.0 does not have", "Use socket."),
    "listen=udp:192.0.2.1:5060  ": ("2.4", None, None, None, None),
    "socket=udp:192.0.2.1:5060 use_workers 4": ("3.6", None, None, None, None),
    "socket=udp:192.0.2.1:5060 use_children 4": ("3.6", "removed_socket_option", "error", "is 3.0", "Use use_workers."),
    "listen=udp:192.0.2.1:5060 use_workers 4": ("2.4", "newer_socket_option", "error", "version with it is 3.0", "Use use_children."),
    "listen=udp:192.0.2.1:5060 use_children 4": ("3.0", None, None, None, None),
    "listen=udp:192.0.2.1:5060 use_workers 4 ": (None, None, None, None, None),
    "udp_worker=4": ("3.6", "unknown_global_parameter", "error", "udp_worker", "udp_workers"),
    'udp_workers="4"': ("3.6", "wrong_type", "error", "the global parameter udp_workers", "Write a number."),
    "log_prefix=5": ("3.6", "wrong_type", "error", "log_prefix is a number", "Write a text in quotes."),
    "log_level=-1": ("3.6", None, None, None, None),
}  # fmt: skip
STATEMENTS = {
    "nope();": ("3.6", "unknown_function", "error", "does not have the function nope", "Check the name."),
    "t_rely();": (None, "unknown_function", "error", "t_rely", "t_relay"),
    'append_branch();': ("3.6", "removed_function", "error", "is 3.5", "Use append_msg_branch."),
    'avp_db_query("select 1");': ("4.0", "removed_function", "error", "is 3.4", "Use sql_query of the module sqlops."),
    "append_msg_branch($ru);": ("3.4", "newer_function", "error", "The first version with it is 3.6", "3.6 or later"),
    "loose_route();": ("3.6", "module_not_loaded", "error", "The function loose_route is called", "Load the module rr."),
    "save();": ("3.6", "wrong_parameters", "error", "with 0 parameters. OpenSIPS 3.6 expects 1 to 4", "Change the call"),
    'lookup("location", "m", $ru, 1);': (None, "wrong_parameters", "error", "with 4 parameters. OpenSIPS 1.11 to 4.1 expects 1 to 3", ""),
    'save("location", , $tu);': ("3.6", None, None, None, None),
    'save("location", , $tu); ': ("2.4", "wrong_parameters", "error", "with an empty parameter", "Write a value"),
    'save(, "m");': ("3.6", "wrong_type", "error", "The call leaves out parameter 1 of the function save", "Write a value."),
    'sl_send_reply("404", "Not found");': ("3.6", "wrong_type", "error", "parameter 1 of the function sl_send_reply is a text", "Write a number"),
    'sl_send_reply("404", "Not found"); ': ("2.4", None, None, None, None),
    'sl_send_reply(404, "Not found");': ("3.6", None, None, None, None),
    "sl_send_reply($var(x), $var(y));": ("3.6", None, None, None, None),
    "save(5);": ("3.6", "wrong_type", "error", "save is a number", "Write a text in quotes."),
    "save($var(x));": ("3.6", "wrong_type", "error", "A variable is the value of parameter 1", "Write a text in quotes."),
    'save("$var(x)");': ("3.6", "wrong_type", "error", "A variable is in parameter 1", "Write a text without variables."),
    "if ($proto == UDP) { exit; }": ("3.6", "removed_variable", "error", "the variable $proto", "Use $socket_in(proto)."),
    "xlog(1, 2, 3);": ("3.6", "wrong_parameters", "error", "xlog", ""),
    "$var(x) = $nope;": ("3.6", "unknown_variable", "error", "the variable $nope", "Check the name."),
    "$var(x) = $(nope(a){s.len});": (None, "unknown_variable", "error", "the variable $nope", "Check the name."),
    "$var(x) = $msg.branch.uri;": ("3.4", "newer_variable", "error", "$msg.branch.uri", "3.6 or later"),
    "$var(x) = $msg.branch.uri; ": ("3.6", None, None, None, None),
    "$var(x) = $DLG_status;": ("3.6", "module_not_loaded", "error", "The variable $DLG_status", "Load the module dialog."),
    'xlog("$nope and $(nope)");': ("3.6", None, None, None, None),
    'if (method == "INVITE") { exit; }': ("3.6", "removed_operand", "error", "cannot compare method", "Use $rm, or is_method()"),
    "if (1 && !(uri == myself)) { exit; }": ("2.4", "removed_operand", "error", "cannot compare uri", "is_myself()"),
    "if (msg:len >= 2048) { exit; }": ("3.6", "removed_operand", "error", "cannot compare msg", "Use $ml."),
    "if (uri == myself) { exit; }": ("2.3", None, None, None, None),
    "route(gone);": (None, "missing_route", "error", "route() names route[gone]", "Define route[gone]"),
    'route("gone", 1);': ("3.6", "missing_route", "error", "route[gone]", ""),
    't_on_branch("b");': ("3.6", "missing_route", "error", "branch_route[b]", ""),
    "route($var(x));": ("3.6", None, None, None, None),
    'route("r_$var(x)");': ("3.6", None, None, None, None),
}  # fmt: skip


def check(text, expected):
    version, rule, severity, message, hint = expected
    if rule is None:
        assert lint(text, version) == []
        return
    found = only(text, version)
    assert (found["rule"], found["severity"]) == (rule, severity)
    assert message in found["message"]
    assert hint in found["hint"]
    assert found["hint"].endswith((".", '.so".'))


@pytest.mark.parametrize("line", sorted(SETTINGS))
def test_settings(line):
    check(with_setting(line), SETTINGS[line])


@pytest.mark.parametrize("statement", sorted(STATEMENTS))
def test_statements(statement):
    check(with_statement(statement), STATEMENTS[statement])


@pytest.mark.parametrize(
    ("module", "parameter", "hint"),
    [
        ("mi_xmlrpc", "port", "Another module has it: http2d, httpd, proto_ipsec."),
        # so many have it that none of them is meant
        ("presence", "server_address", "Remove it."),
    ],
)
def test_a_parameter_that_other_modules_have(module, parameter, hint):
    (finding,) = lint(with_setting(f'loadmodule "{module}.so"\nmodparam("{module}", "{parameter}", "x")'), "4.0")
    assert (finding["rule"], finding["hint"]) == ("removed_parameter", hint)


def test_calls_within_calls_count_too():
    text = with_setting('loadmodule "rest_client.so"').replace(
        "{ t_on", '{ async(rest_get("u", $var(x), 5), gone); t_on', 1
    )
    assert sorted(rules(text, "3.6")) == ["missing_route", "wrong_type"]


@pytest.mark.parametrize(
    "call, version, expected",
    [
        ('mi("uptime");', "3.6", []),
        ('mi("get_statistics rcv_requests", $var(x));', "3.6", []),
        ('mi("uptim");', "3.6", ["unknown_mi_command"]),
        ('mi("$var(x)");', "3.6", []),
        ('mi("core:uptime");', "4.0", []),
        ('mi("core:uptime");', None, []),
    ],
)
def test_mi_commands(call, version, expected):
    assert rules(with_setting('loadmodule "mi_script.so"').replace("{ t_on", f"{{ {call} t_on", 1), version) == expected


def test_an_mi_command_of_another_version():
    text = with_setting('loadmodule "mi_script.so"').replace("{ t_on", '{ mi("sr_list_status"); t_on', 1)
    assert rules(text, "3.2") == ["newer_mi_command"]
    assert rules(text, "3.6") == []


def test_lines_and_files():
    text = (
        HEAD
        + '/* two\n lines */ include_file "more.cfg"\n'
        + MAIN.replace("{", '{\n include_file "in.cfg"\n', 1)
        + TAIL
    )
    files = {
        "/etc/opensips/more.cfg": 'xlog_level=3\nmodparam("tm", "nope", 1)\n',
        "/etc/opensips/in.cfg": "# one\nnope();\n",
    }
    found = lint(text, "3.6", "/etc/opensips/opensips.cfg", files)
    assert [(finding["file"], finding["line"], finding["rule"]) for finding in found] == [
        ("/etc/opensips/more.cfg", 2, "unknown_parameter"),
        ("/etc/opensips/in.cfg", 2, "unknown_function"),
    ]
    assert lint(with_statement("nope();"))[0]["file"] is None


def test_an_included_file_is_found_by_its_name_if_no_other_has_it():
    text = HEAD + 'import_file "conf/more.cfg"\n' + MAIN
    assert rules(text, included={"/somewhere/more.cfg": TAIL}) == []
    assert rules(text, included={"/a/more.cfg": TAIL, "/b/more.cfg": TAIL}) == ["include"]


@pytest.mark.parametrize("file", [None, "main.cfg"])
def test_files_that_include_each_other_are_named(file):
    text = GOOD + 'include_file "a"\n'
    [finding] = lint(text, None, file, {"a": 'include_file "b"\n', "b": 'include_file "a"\n'})
    assert (finding["rule"], finding["severity"], finding["file"]) == ("include", "error", "b")
    [finding] = lint(GOOD + 'include_file "main.cfg"\n', None, "main.cfg", {"main.cfg": GOOD})
    assert (finding["rule"], finding["severity"]) == ("include", "error")


def test_files_that_are_included_too_often_or_too_deep_are_named():
    files = {f"{number}": f'include_file "{number + 1}"\n' for number in range(30)}
    assert rules(GOOD + 'include_file "0"\n', included=files) == ["include"]
    # a million files, but for the limit
    files = {name: text * 4 for name, text in files.items()}
    found = rules(GOOD + 'include_file "0"\n', included={**files, "11": "# the end"})
    assert set(found) == {"include"}


def test_what_a_missing_file_may_have_is_not_reported():
    text = 'include_file "modules.cfg"\nmodparam("rr", "append_fromtag", 1)\nroute { mine(); loose_route(); route(there); }\nroute[maybe] { exit; }\n'
    assert rules(text, "3.6") == ["include"]
    # ... but what no file can change is
    more = 'children=4\nmodparam("rr", "nope", 1)\nmodparam("tm", "fr_timeout", "5")\nmodparam("acc|tm", "nope", 5)\nmodparam("mine", "x", 1)\n'
    found = ["removed_global_parameter", "unknown_parameter", "wrong_type"]
    assert rules(text + more, "3.6") == ["include", *found]


def test_a_part_of_a_configuration():
    assert rules("route[relay] { mine(); t_relay(); route(there); }") == ["part"]
    assert rules(HEAD + 'route[relay] { sl_send_reply("404", "x"); }', "3.6") == ["part", "wrong_type"]


def test_a_module_of_the_user_may_have_what_nobody_knows():
    text = (
        HEAD
        + 'loadmodule "mine.so"\nmodparam("mine", "x", 1)\n'
        + MAIN.replace("{", "{ mine(); $var(x) = $mine; ", 1)
        + TAIL
    )
    assert rules(text, "3.6") == ["unknown_module"]
    severities = [finding["severity"] for finding in lint(text.replace("mine();", "loose_route();"), "3.6")]
    assert severities == ["warning", "warning"]


@pytest.mark.parametrize(
    "text, line",
    [
        ('\nlog_prefix="x\n', 2),
        ("\n\n/* x\n", 3),
        ("\nroute {\n if (1) {\n}\n", 2),
        ("\n\nroute { $var(x; }\n", 3),
        # the quote is missing in line 2, and the last one of the text is left
        ('loadmodule "a.so"\nloadmodule "b.so\nloadmodule "c.so"\nloadmodule "d.so"\n', 2),
    ],
)
def test_texts_that_do_not_end(text, line):
    found = only(text)
    assert (found["rule"], found["severity"], found["line"]) == ("syntax", "error", line)


def test_a_missing_quote_is_named_where_it_may_be():
    message = only('a="x"\nb="y\nc="z"\nd="z"\n')["message"]
    assert "the string in line 4 does not end, or the one in line 2, which has a line break" in message


# Between words, the server takes them for nothing
NOTHING = [" ", "\t", "\r\n", "\n\n", ' /* " { */ ', " /* a /* nested } */ ' */ ", " # it's \"a { comment\n"]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_comments_and_line_breaks_change_nothing(path):
    random = Random(1)
    text = path.read_text(encoding="utf-8")
    parts = re.split(r"(?<=[;{})])(?=\n)", text)
    noisy = "".join(part + random.choice(NOTHING) for part in parts)
    assert len(parts) > 5
    for version in ("2.4", "4.0"):
        expected = rules(text, version)
        assert rules(noisy, version) == rules(text.replace("\n", "\r\n"), version) == expected


# What tears a text apart, and what other programs read
TORN = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    '"',
    "'",
    "/*",
    "*/",
    "#",
    "\n",
    "\0",
    "\ufeff",
    "\\",
    "$",
    "$(hdr(",
    "::",
    "\ud800",
]
TORN += [
    'include_file "a"\n',
    "!!define X 1\n",
    "#!ifdef X\n",
    "route{",
    "route[x]{",
    "modparam(",
    "loadmodule",
    "${X}",
]


def test_no_torn_text_ends_the_lint():
    """What is left of good texts after some accidents."""
    random = Random(2)
    texts = [path.read_text(encoding="utf-8") for path in WRITTEN] + [GOOD]
    for _text in range(150):
        text = random.choice(texts)
        for _accident in range(random.randint(1, 8)):
            place = random.randrange(len(text) + 1)
            end = place + random.randint(0, 30)
            text = text[:place] + random.choice(["", random.choice(TORN), text[place:end] * 3]) + text[end:]
        for finding in lint(text, random.choice([None, "2.4", "4.0"]), "f", {"a": text}):
            assert finding["severity"] in ("error", "warning", "info") and finding["line"] >= 1


@pytest.mark.parametrize(
    "mark",
    [
        "dnl a comment of m4",
        "define(`X', `1')",
        "#ifdef X",
        "#define X 1",
        "{% if tls %}",
        "port={{ port }}",
        " ${SETTINGS}",
    ],
)
def test_texts_for_a_preprocessor_are_left_alone(mark):
    assert rules(f"{mark}\n{GOOD} nope") == ["preprocessor"]
    assert rules(GOOD + 'include_file "a"', included={"a": mark}) == ["preprocessor"]


def test_routes_that_are_defined_twice_or_never_used():
    text = (
        GOOD
        + "route[relay] { exit; }\nroute[idle] { exit; }\ntimer_route[t, 5] { exit; }\ntimer_route[t, 5] { exit; }\n"
    )
    found = lint(text, "3.6")
    assert [(finding["rule"], finding["severity"]) for finding in found] == [
        ("duplicate_route", "error"),
        ("unused_route", "warning"),
    ]
    assert "first definition is in line 7" in found[0]["message"]
    # a parameter, a text, or a name that is computed can use it
    for use in ('modparam("tm", "local_request_route", "idle")', 'log_prefix="idle,x"'):
        assert rules(text.replace(HEAD, f"{HEAD}{use}\n"), "3.6") == ["duplicate_route"]
    assert "unused_route" not in rules(text.replace("{ t_on", "{ route($var(x)); t_on", 1))


def test_main_routes_with_a_number():
    text = HEAD + 'route[0] { t_on_reply("0"); route(1); }\nroute[1] { exit; }\nonreply_route { exit; }\n'
    assert lint(text, "2.4") == []
    assert rules(text + "route { exit; }\n", "2.4") == ["duplicate_route"]


def test_no_finding_has_a_value():
    secret = "Zq9s3cret"
    lines = [
        f'modparam("usrloc", "db_url", "mysql://u:{secret}@h/d")',
        f'modparam("tm", "fr_timer", "{secret}")',
        f'modparam("tm", "fr_timeout", "{secret}")',
        f'udp_workers="{secret}"',
    ]
    calls = f'sl_send_reply("{secret}", "x"); nope("{secret}");'
    text = with_setting("\n".join(lines)).replace("{ t_on", f"{{ {calls} t_on", 1)
    found = lint(text, "4.0")
    assert len(found) == 5
    assert secret not in str(found)


def test_findings_hold_no_characters_that_cannot_be_seen():
    assert "\x1b" not in str(lint(HEAD + 'loadmodule "a\x1b[31m.so"\n' + MAIN + TAIL, file="x\x1b"))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((5,), "must be text, not int"),
        ((GOOD, "four"), "Write it as in 3.6"),
        ((GOOD, "9.9"), "version is '9.9'. Use one of 1.11, 2.1"),
        ((GOOD, "3.6", None, ["a"]), "included must be a dictionary"),
        ((GOOD, "3.6", None, {"a": 5}), "included must be a dictionary"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(AnsibleFilterError, match=message):
        lint(*arguments)


_PIECES = st.sampled_from(
    [
        "route",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        ",",
        "=",
        ";",
        "$",
        "$var(x)",
        '"a"',
        "'b'",
        "modparam",
        "loadmodule",
        '"tm.so"',
        "tm",
    ]
    + ["t_relay", "include_file", "failure_route", "method", ".", ":", "5", "-", "#x\n", "/*", "*/", "mi", '"', "("]
)


@given(st.lists(_PIECES, max_size=40), st.sampled_from([None, "2.4", "3.6", "4.1"]))
def test_any_text_has_findings_only(pieces, version):
    for finding in lint(" ".join(pieces), version, "f", {"a": GOOD}):
        assert finding["severity"] in ("error", "warning", "info")
        assert finding["line"] >= 1


def test_a_text_with_many_mistakes_is_not_slow():
    """Not in seconds: what would take hours does not end."""
    many = 10_000
    texts = [
        HEAD + "modparam(" * many,
        HEAD + 'modparam("tm", "' + "x" * 200_000 + '", 5)\n' + MAIN,
        HEAD + "route { " + "".join(f"nope{number}(); " for number in range(2_000)) + "}",
        HEAD + "route { $a" + ".a" * many + "; }",
        HEAD + "route { " + "x(" * many + "}",
        'include_file "a"\n' * 2_000 + GOOD,
        'loadmodule "tm.so"\n' * 2_000 + 'modparam("tm", "fr_timeout", 5)\n' * 2_000 + GOOD,
    ]
    counts = [len(lint(text, "3.6", included={"a": "# nothing"})) for text in texts]
    assert counts == [1, 3, 2_000, 1, 0, 0, 0]
    assert max(len(finding["message"]) for text in texts[:2] for finding in lint(text)) < 1_000


# What is known of names


def test_each_new_name_exists():
    modules = _config_names.modules()
    assert set(_config_renamed.MODULES.values()) <= set(modules)
    for kind, table in (("parameters", _config_renamed.PARAMETERS), ("functions", _config_renamed.FUNCTIONS)):
        for module, names in table.items():
            for old, new in names.items():
                assert old in getattr(modules[module], kind), old
                assert _config_names.modules_with(kind, new), new
    core = modules["core"].variables
    for old, new in _config_renamed.VARIABLES.items():
        assert old in core
        assert new.strip("$").partition("(")[0] in core


def test_each_rule_is_documented():
    path = pathlib.Path(opensips_config.__file__).with_name("opensips_config_lint.yml")
    text = str(yaml.safe_load(path.read_text(encoding="utf-8"))["RETURN"]["_value"]["contains"]["rule"])
    found = {expected[1] for expected in (*SETTINGS.values(), *STATEMENTS.values()) if expected[1]}
    for rule in found | {"syntax", "include", "part", "preprocessor", "duplicate_route", "unused_route"}:
        kind, _sign, name = rule.partition("_")
        if kind in ("unknown", "removed", "newer") and rule != "removed_operand":
            assert f"C({kind}_NAME)" in text
            assert f"C({name})" in text
        else:
            assert f"C({rule})" in text
