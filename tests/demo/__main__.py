# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ./demo runs: the collection's own playbooks, on an emulated OpenSIPS with emulated phones."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import sys
import tempfile
import time
import typing as t

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from emulator import Emulator, EmulatorError, HarmfulRequest  # noqa: E402
from report import came_back, facts, lamps, outcomes, why_not  # noqa: E402
from screen import Screen  # noqa: E402
from support import CACHE, NAME, NAMESPACE, ROOT, Children, Venv, WorkError, requirements  # noqa: E402

DEAD, REJECTING = 0.03, 0.02
# Seconds: tm's fr_timeout is 30 by default, and a demo is not for waiting
FR_TIMEOUT = 3
LAMPS = 3
# Some phones are in calls: how many, for how long, and for how long the role tries them again. One has a call that does not end
IN_CALL, CALL_SECONDS, RETRY_SECONDS = 0.04, (3, 10), 15
# A reply over a datagram socket ends at 65,457 bytes, and each contact takes some 500
DATAGRAM_PHONES = 100
# With it, 200 phones refuse for four different reasons, and those that are dead are of six vendors
SEED = 638
ANSIBLE_SECONDS = 600
# Seconds that a phone has to come back, and phones in a batch of a small fleet
BACK_SECONDS = 15
BATCH = 120
# What the role says while it runs
_PROGRESS = re.compile(r'"msg": "((?:canary|(?:batch|again) [0-9]+ of [0-9]+): [^"]+)"')


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./demo",
        description="Reboots a fleet of phones through OpenSIPS with the playbooks of this collection. Then gathers facts of"
        " the server, and sets some voicemail lamps. OpenSIPS and the phones are emulated, on this machine only. Ansible,"
        " the collection, MI and SIP are real. The demo installs Ansible into .cache/, and changes nothing else.",
    )
    parser.add_argument(
        "--version", choices=("1.11", "2.4", "3.6", "4.0"), default="3.6", help="of OpenSIPS (default: 3.6)"
    )
    parser.add_argument("--phones", type=int, metavar="N", help="how many (default: 200; 100 over datagrams)")
    parser.add_argument(
        "--transport", choices=("fifo", "datagram", "http"), default="fifo", help="of MI (default: fifo)"
    )
    parser.add_argument("--core", metavar="VERSION", help="another ansible-core than the pinned one, as 2.16.14")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what Ansible writes, too")
    args = parser.parse_args()
    most = DATAGRAM_PHONES if args.transport == "datagram" else 20000
    args.phones = args.phones if args.phones is not None else min(200, most)
    if not 1 <= args.phones <= most:
        parser.error(
            f"--phones: 1 to {most}, since the whole location table must fit into one datagram"
            if most < 20000
            else f"--phones: 1 to {most}"
        )
    return args


class Demo:
    """One run: an environment, a server, two runs of Ansible."""

    def __init__(self, args: argparse.Namespace, screen: Screen, children: Children, scratch: pathlib.Path) -> None:
        self.args = args
        self.screen = screen
        self.children = children
        self.scratch = scratch
        self.bin = pathlib.Path()
        # users of phones whose call does not end
        self.talking: list[str] = []

    def install(self) -> None:
        """ansible-core, as pinned for ./test, in an environment of its own."""
        pinned = re.search(r"(?m)^ansible-core==.*$", requirements("core"))[0]
        wanted = f"ansible-core=={self.args.core}" if self.args.core else pinned
        venv = Venv("demo", wanted)
        self.bin = venv.bin
        where = venv.folder.relative_to(ROOT)
        if venv.complete:
            self.screen.line(f"{wanted} is in {where}")
            return
        with self.screen.step(f"Installing {wanted} into {where}, once"):
            venv.make(self.children)

    def place(self) -> None:
        """The checkout, whatever its name, where Ansible looks for the collection; and an inventory of one server."""
        folder = self.scratch / "ansible_collections" / NAMESPACE
        folder.mkdir(parents=True)
        (folder / NAME).symlink_to(ROOT)
        (self.scratch / "results").mkdir()
        (self.scratch / "ansible.cfg").touch()
        # Ansible puts the interpreter into a shell command as it is: no blanks, whatever the checkout is called
        (self.scratch / "python").symlink_to(sys.executable)
        host = {"ansible_connection": "local", "ansible_python_interpreter": str(self.scratch / "python")}
        (self.scratch / "inventory.json").write_text(
            json.dumps({"all": {"hosts": {"opensips": host}}}), encoding="utf-8"
        )

    def connection(self, emulator: Emulator) -> dict[str, t.Any]:
        """The connection options of the modules."""
        if self.args.transport == "fifo":
            return {"fifo_path": emulator.fifo_path, "reply_dir": emulator.reply_dir}
        if self.args.transport == "datagram":
            return {"host": emulator.udp[0], "port": emulator.udp[1]}
        return {"url": emulator.http_url}

    def play(self, playbooks: list[str], shown: str, **variables: t.Any) -> str:
        """Runs playbooks; gives what Ansible wrote. shown: what a person would type."""
        self.screen.line(f"$ ansible-playbook {shown}", "blue")
        env = self.children.env(
            self.bin,
            ANSIBLE_COLLECTIONS_PATH=str(self.scratch),
            ANSIBLE_CONFIG=str(self.scratch / "ansible.cfg"),
            ANSIBLE_HOME=str(self.scratch / "ansible"),
            ANSIBLE_LOCAL_TEMP=str(self.scratch / "local"),
            ANSIBLE_REMOTE_TEMP=str(self.scratch / "remote"),
            ANSIBLE_LOCALHOST_WARNING="False",
            TMPDIR=str(self.scratch),
        )
        command = [
            self.bin / "ansible-playbook",
            *playbooks,
            "-i",
            self.scratch / "inventory.json",
            "-e",
            json.dumps(variables),
        ]
        if self.args.verbose:
            status, output = self.children.run(*command, env=env)
        else:
            with self.screen.step("running"):
                status, output = self.children.run(*command, env=env, show=False)
        if status:
            if not self.args.verbose:
                print(output)
            raise WorkError(f"ansible-playbook ended with status {status}")
        return output

    def results(self, name: str) -> dict[str, t.Any]:
        return json.loads((self.scratch / "results" / f"{name}.json").read_text(encoding="utf-8"))

    def run(self) -> bool:
        """The whole demo; gives whether the report says what the phones did."""
        args, screen = self.args, self.screen
        screen.heading("Getting ready")
        self.install()
        self.place()
        with contextlib.ExitStack() as stack:
            with screen.step(
                f"Starting an emulated OpenSIPS {args.version}; {args.phones} phones of eight vendors register"
            ):
                emulator = stack.enter_context(
                    Emulator(
                        args.version,
                        phones=args.phones,
                        dead=DEAD,
                        reject=REJECTING,
                        fr_timeout=FR_TIMEOUT,
                        dialogs=4,
                        seed=SEED,
                        upgrade=True,
                        in_call=IN_CALL,
                        call_seconds=CALL_SECONDS,
                    )
                )
            answering = [phone["user"] for phone in emulator.phones() if phone["behaviour"] == "answer"]
            self.talking = answering[-1:] if len(answering) > 1 else []
            for user in self.talking:
                emulator.call(user)
            behaviours = emulator.stats()["farm"]["behaviours"]
            screen.line(
                f"Dead phones among them: {behaviours.get('dead', 0)}, and {behaviours.get('reject', 0)} more will reject the NOTIFY"
            )
            screen.line("Some phones are in a call. Their calls end within seconds, except one")
            screen.line(f"MI is at {self.address(emulator)}")
            if args.transport == "http":
                screen.paragraph(
                    f"Over HTTP, all other requests wait for a dead phone until fr_timeout, {FR_TIMEOUT} s here. Over FIFO and datagrams, they do not.",
                    "yellow",
                )
            variables = {
                "opensips_connection": self.connection(emulator),
                "opensips_mwi_results_dir": str(self.scratch / "results"),
            }
            good = self.reboot(emulator, variables)
            self.look_and_light(emulator, variables)
        return good

    def address(self, emulator: Emulator) -> str:
        if self.args.transport == "fifo":
            return f"the FIFO {emulator.fifo_path}"
        return "udp:{}:{}".format(*emulator.udp) if self.args.transport == "datagram" else emulator.http_url

    def reboot(self, emulator: Emulator, variables: dict[str, t.Any]) -> bool:
        screen = self.screen
        screen.heading("First run: reboot all phones, a few of them first")
        everyone = {"phone_reboot_select": {}, "phone_reboot_batch": max(BATCH, self.args.phones // 10)}
        name = f"{NAMESPACE}.{NAME}.reboot_phones"
        reports = self.scratch / "reports"
        output = self.play(
            [name],
            f"{name} -e {shlex.quote(json.dumps(everyone))}",
            **variables,
            **everyone,
            phone_reboot_report_dir=str(reports),
            phone_reboot_campaign="demo",
            phone_reboot_campaign_dir=str(self.scratch),
            phone_reboot_wait_timeout=BACK_SECONDS,
            phone_reboot_retry_for=RETRY_SECONDS,
            phone_reboot_retry_interval=3,
        )
        for line in _PROGRESS.findall(output):
            screen.line(line)
        result = json.loads(next(reports.glob("*/*.json")).read_text(encoding="utf-8"))
        good = outcomes(screen, result, emulator.phones(), self.talking, blocking=self.args.transport == "http")
        why_not(screen, result["results"])
        came_back(screen, result["results"])
        page = CACHE / "demo" / "report.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(next(reports.glob("*/*.html")), page)
        screen.line()
        screen.line(f"The whole report, a page to open in a browser: {page.relative_to(ROOT)}", "blue")
        self.sent = result["results"]
        return good

    def look_and_light(self, emulator: Emulator, variables: dict[str, t.Any]) -> None:
        screen = self.screen
        screen.heading("Second run: gather facts of the server, and set some voicemail lamps")
        some = [
            each["aor"] for each in sorted(self.sent, key=lambda each: each["aor"]) if each["outcome"] == "accepted"
        ][:LAMPS]
        mailboxes = [{"aor": aor, "new": new, "old": 1} for new, aor in enumerate(some)]
        playbook = pathlib.Path(__file__).resolve().parent / "facts.yml"
        name = f"{NAMESPACE}.{NAME}.update_mwi"
        shown = (
            f"{playbook.relative_to(ROOT)} {name} -e {shlex.quote(json.dumps({'opensips_mwi_mailboxes': mailboxes}))}"
        )
        already = len(emulator.sip_log())
        self.play([str(playbook), name], shown, **variables, opensips_mwi_mailboxes=mailboxes)
        facts(screen, self.results("facts"))
        lamps(screen, self.results("opensips")["results"], emulator.sip_log(already))


def main() -> int:
    args = parse_args()
    screen = Screen()
    children = Children(ANSIBLE_SECONDS)
    start = time.monotonic()

    def stop(signum: int, _frame: object) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + signum)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="opensips-demo-"))
    tempfile.tempdir = str(scratch)  # what the emulator makes goes along with the rest
    try:
        print(screen.style("community.opensips", "bold") + ": a fleet of phones, rebooted from a playbook")
        good = Demo(args, screen, children, scratch).run()
    except (WorkError, EmulatorError, HarmfulRequest) as error:
        print(f"\n./demo: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads any more
        return 1
    except SystemExit:
        children.close()
        print("\n./demo: stopped; nothing is left running", file=sys.stderr)
        raise
    finally:
        children.close()
        shutil.rmtree(scratch, ignore_errors=True)
    screen.heading(f"Done in {time.monotonic() - start:.0f} s; nothing is left running")
    screen.line("./demo --version 4.0 --transport datagram   the same playbooks on another OpenSIPS")
    screen.line("python3 tests/emulator --phones 20          a server to try your own playbooks on")
    screen.line("docs/docsite/rst/guide.rst                  the user guide")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
