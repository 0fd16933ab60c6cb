# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a configuration can name is read from the C tables of modules, and from the grammar of the core."""

import subprocess

import pytest

from ansible_collections.community.opensips.data import config_names, read_opensips

OLD_MODULE = """\
#define URL "db_url" /* a macro */
static cmd_export_t cmds[] = {
    {"look",  (cmd_function)w_look_1, 1, fixup, 0, REQUEST_ROUTE | ONREPLY_ROUTE},
    {"look",  (cmd_function)w_look_2, 2, fixup, 0, ALL_ROUTES},
    // {"gone", (cmd_function)w_gone, 1, 0, 0, ALL_ROUTES},
    {"load_x", (cmd_function)load_x, NO_SCRIPT, 0, 0, 0},
    {0, 0, 0, 0, 0, 0}
};
static param_export_t params[] = {
    {URL,      STR_PARAM, &db_url.s},
    {"timer",  INT_PARAM, &the_timer},
    {"flag",   INT_PARAM, &flag}, {"flag", STR_PARAM, &flag_s},
#ifdef EXTRA
    {"extra",  STR_PARAM|USE_FUNC_PARAM, (void *)set_extra},
#endif
    {0, 0, 0}
};
struct module_exports exports = {"x", MOD_TYPE_DEFAULT};
"""
NEW_MODULE = """\
#include "common.h"
static const cmd_export_t cmds[] = {
    {"look", (cmd_function)w_look, {
        {CMD_PARAM_STR|CMD_PARAM_STATIC, fixup, fixup_free},
        {CMD_PARAM_INT|CMD_PARAM_OPT, 0, 0}, {0, 0, 0}},
        ALL_ROUTES},
    {"raw", (cmd_function)w_raw, {{CMD_PARAM_STR|CMD_PARAM_NO_EXPAND|CMD_PARAM_OPT, 0, 0}, {CMD_PARAM_VAR, 0, 0}, {0, 0, 0}}, ALL_ROUTES},
    {"none", (cmd_function)w_none, {{0, 0, 0}}, ALL_ROUTES},
    {"load_x", (cmd_function)load_x, {{0, 0, 0}}, 0},
    {0, 0, {{0, 0, 0}}, 0}
};
static const acmd_export_t acmds[] = {
    {"look", (acmd_function)w_async, {{CMD_PARAM_REGEX, 0, 0}, {0, 0, 0}}},
    {0, 0, {{0, 0, 0}}}
};
static const pv_export_t vars[] = {
    {{"x_count", (sizeof("x_count") - 1)}, 1000, get, 0, 0, 0, 0, 0},
    {str_const_init("x.last"), 1000, get, 0, 0, 0, 0, 0},
    {{0, 0}, 0, 0, 0, 0, 0, 0, 0}
};
static const param_export_t params[] = {
    {"url", STR_PARAM, &db_url.s}, shared_params,
    {0, 0, 0}
};
"""
LEXER = """\
CHILDREN\tchildren
WORKERS\t"workers"|"threads"
PREFIX\t("prefix")
DEBUG\tdebug
%%
<INITIAL>{CHILDREN}\t{ count(); return CHILDREN; }
<INITIAL>{WORKERS}\t{ count();
\treturn WORKERS; }
<INITIAL>{PREFIX}\t{ count(); return PREFIX; }
<INITIAL>{DEBUG}\t{ count(); return DEBUG; }
"""
GRAMMAR = """\
assign_stm: CHILDREN EQUAL NUMBER { children=$3; }
\t\t| CHILDREN EQUAL error { yyerror("number expected"); }
\t\t| DEBUG EQUAL snumber
\t\t\t{yyerror("debug is deprecated"); }
\t\t| WORKERS EQUAL STRING { IFOR(); }
\t\t| WORKERS EQUAL listen_def { IFOR(); }
;
module_stm: LOADMODULE STRING { }
;
cmd: PREFIX LPAREN STRING RPAREN { one; }
\t| PREFIX LPAREN STRING COMMA NUMBER RPAREN { two; }
\t| PREFIX LPAREN RPAREN { none; }
\t| PREFIX error { yyerror("missing"); }
\t| ID LPAREN RPAREN { any; }
;
"""


@pytest.fixture
def checkout(tmp_path):
    """A repository with the branches old and new."""

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True, timeout=60)

    def commit(branch, files):
        git("checkout", "-q", "-b", branch)
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        git("add", "-A")
        git("commit", "-q", "-m", branch)

    git("init", "-q")
    core = {"cfg.lex": LEXER, "cfg.y": GRAMMAR}
    commit("old", {**core, "modules/x/x.c": OLD_MODULE})
    shared = '#define shared_params \\\n {"shared", INT_PARAM, &shared}, \\\n {"timer_s", INT_PARAM, &the_timer}\n'
    tables = {
        "modules/x/x.c": NEW_MODULE,
        "lib/common.h": shared,
        "cmds.h": "#define CMD_PARAM_STATIC (1<<7)\n#define CMD_PARAM_OPT (1<<4)\n",
        "core_cmds.c": 'const cmd_export_t core_cmds[] = {{"strip", (cmd_function)w, {{CMD_PARAM_INT, 0, 0}, {0, 0, 0}}, ALL_ROUTES}};',
        "net/proto_udp/proto_udp.c": 'static const param_export_t params[] = {{ "udp_port", INT_PARAM, &port }, {0, 0, 0}};',
    }
    commit("new", tables)
    return tmp_path


def test_the_tables_of_old_versions(checkout):
    module = read_opensips.read(str(checkout), "old")["x"]
    assert module["parameters"] == {"db_url": {"s"}, "timer": {"i"}, "flag": {"i", "s"}, "extra": {"s"}}
    assert module["functions"] == {"look": {"1", "2"}}


def test_the_tables_of_new_versions(checkout):
    found = read_opensips.read(str(checkout), "new")
    assert found["x"]["parameters"] == {"url": {"s"}, "shared": {"i"}, "timer_s": {"i"}}
    assert found["x"]["functions"] == {"look": {"s!i?", "r"}, "raw": {"s=?v"}, "none": {""}}
    assert sorted(found["x"]["variables"]) == ["x.last", "x_count"]
    assert found["proto_udp"]["parameters"] == {"udp_port": {"i"}}


def test_the_core(checkout):
    core = read_opensips.read(str(checkout), "new")["core"]
    assert core["parameters"] == {"children": {"i"}, "workers": {"s", "x"}, "threads": {"s", "x"}}
    assert core["functions"] == {"prefix": {"0", "1", "2"}, "strip": {"i"}}


def test_versions_are_joined(checkout):
    old, new = (read_opensips.read(str(checkout), branch) for branch in ("old", "new"))
    versions = config_names.VERSIONS
    read_of = {version: new if version >= "3" else old for version in versions}
    module = read_opensips.join(read_of)["modules"]["x"]
    assert module["versions"] == [["1.11", "4.1"]]
    assert module["parameters"]["timer"] == [["1.11", "2.4", "i"]]
    assert module["functions"]["look"] == [["1.11", "2.4", "1|2"], ["3.0", "4.1", "r|s!i?"]]
    # what has the same C variable has another name
    assert module["renamed"]["parameters"] == {"db_url": "url", "timer": "timer_s"}
    tokens = config_names.record("x", module)
    assert tokens[:2] == ["=x", "an"]
    assert ":timer=i@ae>timer_s" in tokens
    assert "/look=1|2@ae,r|s!i?@fn" in tokens
    assert "$x_count=@fn" in tokens
