# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What opensips_config_lint finds in a folder of configurations, and which of its errors opensips -C contradicts.

    python tests/benchmarks/config_lint.py FOLDER [VERSION[=BINARY:MODULES] ...]

The collection must be below PYTHONPATH. FOLDER: every file in it, and below it, is taken for a configuration. VERSION: such as 3.6;
by default any. BINARY, MODULES: an opensips of that version, and the folder of its modules, which judges the errors.

For each version: the findings by rule, the files with an error, and the seconds. With a binary, each error is one of

confirmed       opensips -C complains of the same line, or of the next ones
contradicted    it reads the line and does not complain: a false error, or one that only a start shows (missing_route, mi_command)
not judged      it stops before the line, or the module that the message names is not in MODULES

opensips -C stops at the first syntax error, and looks at the values of functions only if the rest is right. So what it complains
of is left out, and the text is read again: settings of a line, and calls of functions,
variables and operands that it does not know. Files that a
text includes are left out, too.
"""

import collections
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from ansible_collections.community.opensips.plugins.plugin_utils import _config_lint
from ansible_collections.community.opensips.plugins.plugin_utils._config_renamed import OPERANDS

SECONDS = 30
# how often a text is read again without what was complained of
MOST_TIMES = 200
# how many lines below the beginning of a statement -C may report it
STATEMENT = 6
AT_START = {"missing_route", "unknown_mi_command", "removed_mi_command", "newer_mi_command"}
# what is judged only if the rest is right
OF_CALLS = {"wrong_type", "wrong_parameters"}
_ERROR = re.compile(r"parse error in (?:config file )?[^\n]*?(?:, line |:)(\d+)[,:][^\n]*?: ?([^\n]*)$", re.MULTILINE)
_CALL = re.compile(r"check failed for function <(\S+)>, [^\n]*:(\d+)$", re.MULTILINE)
_SETTING = re.compile(r"\s*(?:[A-Za-z_]\w*\s*=|loadmodule\b|modparam\s*\(.*\))[^{}]*$")
_LEFT_OUT = re.compile(r"(?m)^[ \t]*(?:mpath[ \t]*=|(?:include|import)_file\b).*$")
_MODULE = re.compile(r"(?:[Mm]odule|modules:) ([\w.]+)")
_OPERAND = re.compile(rf"(?<![\w$])(?:{'|'.join(OPERANDS)}|msg:len)(?=\s*(?:[=!]=|=~|[<>]))")
_COMMAND = re.compile(r"unknown command <(\w+)>")


class Judge:
    """An OpenSIPS that reads configurations."""

    def __init__(self, place):
        self.binary, _colon, modules = place.partition(":")
        self.modules = pathlib.Path(modules)

    def has(self, name):
        return (self.modules / f"{name}.so").exists()

    def lines(self, text, folder):
        """(lines of which it complains, those of calls, the line at which it stopped, or None, whether it looked at calls)"""
        rows = _LEFT_OUT.sub("", text).split("\n")
        rows[0] = f'mpath="{self.modules}/"' + ("" if rows[0].startswith("#") else f" {rows[0]}")
        complained = set()
        for _time in range(MOST_TIMES):
            output = self._read("\n".join(rows), folder)
            found = [(int(match[1]), match[2]) for match in _ERROR.finditer(output)]
            complained.update(line for line, _words in found)
            if not found:
                calls = {int(match[2]) for match in _CALL.finditer(output)}
                looked = bool(calls) or "Exiting" not in output
                return complained, calls, None if looked else 0, looked
            left = [self._leave_out(rows, line, words) for line, words in found]
            stops = [line for line, words in found if words.startswith("syntax error")]
            if not any(left) or (stops and not left[[line for line, _words in found].index(stops[0])]):
                return complained, set(), stops[0] if stops else None, False
        return complained, set(), 0, False

    def _leave_out(self, rows, line, words):
        """Whether something was left out of a line."""
        row = rows[line - 1]
        command = _COMMAND.search(words)
        if _SETTING.match(row):
            rows[line - 1] = ""
        elif command:
            rows[line - 1] = re.sub(rf"\b{command[1]}\s*\([^()]*\)", 'xlog("")', row)
        elif words.startswith("syntax error"):
            rows[line - 1] = _OPERAND.sub("$ru", row)
        elif "unknown script variable" in words:
            rows[line - 1] = re.sub(r"\$(?:\([^()]*(?:\([^()]*\))?[^()]*\)|\w+(?:\([^()]*\))?)", "$ru", row)
        return rows[line - 1] != row

    def _read(self, text, folder):
        path = folder / "opensips.cfg"
        path.write_text(text, encoding="utf-8")
        command = [self.binary, "-C", "-f", str(path)]
        ran = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False, cwd=folder
        )
        return ran.stdout + ran.stderr


def judged(judge, text, findings, folder):
    """(the verdict, the finding) of each error."""
    complained, calls, stopped, looked = judge.lines(text, folder)
    for finding in findings:
        line, rule = finding["line"], finding["rule"]
        # of a text that does not end, it complains at another place
        near = complained if rule == "syntax" else (complained | calls).intersection(range(line, line + STATEMENT))
        unknown = [name for name in _MODULE.findall(finding["message"]) if name != "OpenSIPS" and not judge.has(name)]
        if near:
            yield "confirmed", finding
        elif rule in AT_START or unknown or (rule in OF_CALLS and not looked) or _is_behind(line, stopped):
            yield "not judged", finding
        else:
            yield "contradicted", finding


def _is_behind(line, stopped):
    return stopped is not None and line + STATEMENT > stopped


def measure(files, version, judge):
    counts, having, verdicts, broken = collections.Counter(), collections.defaultdict(set), collections.Counter(), 0
    seconds, contradicted = 0.0, []
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            text = path.read_text(encoding="utf-8", errors="replace")
            started = time.monotonic()
            try:
                findings = _config_lint.lint(text, version)
            except Exception as error:  # noqa: BLE001 - it is what is looked for
                broken += 1
                print(f"{path}: {error!r}")
                continue
            seconds += time.monotonic() - started
            for finding in findings:
                counts[finding["severity"], finding["rule"]] += 1
                having[finding["severity"]].add(path)
            errors = [finding for finding in findings if finding["severity"] == "error"]
            for verdict, finding in judged(judge, text, errors, pathlib.Path(folder)) if judge and errors else ():
                verdicts[verdict] += 1
                if verdict == "contradicted":
                    contradicted.append((path, finding))
    print(
        f"\n{version or 'any version'}: {len(files)} files in {seconds:.1f} s, {len(having['error'])} have an error,",
        end=" ",
    )
    print(f"{broken} could not be checked")
    for (severity, rule), count in sorted(counts.items()):
        print(f"  {severity:8} {rule:26} {count:6}")
    for verdict, count in sorted(verdicts.items()):
        print(f"  {verdict:35} {count:6}")
    for path, finding in contradicted:
        print(f"    {path}:{finding['line']}: {finding['rule']}: {finding['message']}")


def main(folder, *wanted):
    files = sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file())
    for text in wanted or [""]:
        version, _equals, place = text.partition("=")
        measure(files, version or None, Judge(place) if place else None)


main(*sys.argv[1:])
