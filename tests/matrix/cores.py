# Copyright (c) community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection as users get it, on each ansible-core: built, installed into an environment that has nothing else, and run from there.

Each run is one ansible-playbook with the playbooks of the collection, by their names, and with every_plugin.yml. Its hosts are
Pythons of targets, each with an emulated server of its own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
import re
import typing as t

from emulator import Cluster, Emulator
from support import NAME, NAMESPACE, Venv, WorkError

if t.TYPE_CHECKING:
    from checks import Workbench

PLAYBOOK = pathlib.PurePath("tests", "matrix", "every_plugin.yml")
PHONES = 4
# The playbooks that are run, each with a folder on the controller for its reports. The others, which restart services of their
# host, are only read.
PLAYBOOKS = ("compare", "phone_report", "reboot_phones", "update_mwi")
# Folders of plugins that have names of their own in playbooks
_KINDS = ("modules", "filter", "test", "lookup", "inventory")


@dataclasses.dataclass(frozen=True)
class Core:
    """A minor version of ansible-core. controllers, targets: (oldest, newest) minor version of Python 3."""

    version: str
    controllers: tuple[int, int]
    targets: tuple[int, int]
    # values of jinja2_native, the default first; from 2.19 on, it is always on
    natives: tuple[str, ...] = ("",)

    @property
    def minor(self) -> str:
        return self.version.rpartition(".")[0]


# https://docs.ansible.com/projects/ansible/latest/reference_appendices/release_and_maintenance.html#ansible-core-support-matrix
CORES = (
    Core("2.16.19", (10, 12), (6, 12), natives=("false", "true")),
    Core("2.17.14", (10, 12), (7, 12), natives=("false", "true")),
    Core("2.18.19", (11, 13), (8, 13), natives=("false", "true")),
    Core("2.19.14", (11, 13), (8, 13)),
    Core("2.20.10", (12, 14), (9, 14)),
    Core("2.21.5", (12, 14), (9, 14)),
)


def newest_python(versions: tuple[int, int], pythons: dict[str, str]) -> str | None:
    """The path of the newest of pythons {version: path} within versions, or None."""
    found = [pythons[name] for name in _within(versions, pythons)]
    return found[-1] if found else None


def python_of(core: Core, pythons: dict[str, str]) -> str:
    """The path of the Python that runs a core; raises WorkError if there is none."""
    python = newest_python(core.controllers, pythons)
    if python is None:
        raise WorkError(
            f"it requires Python 3.{core.controllers[0]} to 3.{core.controllers[1]} (pyenv installs others)"
        )
    return python


def _within(versions: tuple[int, int], pythons: dict[str, str]) -> list[str]:
    return [name for name in pythons if versions[0] <= int(name.partition(".")[2]) <= versions[1]]


def targets(core: Core, pythons: dict[str, str], everything: bool) -> list[str]:
    """The Pythons of the targets: all, or the end of the range at which the core itself stands."""
    found = _within(core.targets, pythons)
    if everything:
        return found
    return found[:1] if core is CORES[0] else found[-1:]


def build(bench: Workbench, galaxy: pathlib.Path, collection: pathlib.Path, work: pathlib.Path) -> pathlib.Path:
    """The tarball, as ansible-galaxy makes it."""
    work.mkdir(parents=True, exist_ok=True)
    bench.must(galaxy, "collection", "build", collection, "--output-path", work, cwd=work, show=False)
    tarballs = list(work.glob("*.tar.gz"))
    if len(tarballs) != 1:
        raise WorkError(f"ansible-galaxy built {len(tarballs)} tarballs")
    return tarballs[0]


def unused_plugins(collection: pathlib.Path) -> list[str]:
    """The names of plugins that every_plugin.yml does not use."""
    text = (collection / PLAYBOOK).read_text(encoding="utf-8")
    names = set()
    for kind in _KINDS:
        # a Python file of filters or tests has several, each of which has a file of documentation
        ends = ("yml",) if kind in ("filter", "test") else ("py", "yml")
        names |= {path.stem for end in ends for path in (collection / "plugins" / kind).glob(f"[!_]*.{end}")}
    if not names:
        raise WorkError("found no plugins: nothing was checked")
    return sorted(name for name in names if not re.search(rf"\b{NAMESPACE}\.{NAME}\.{name}\b", text))


def chosen(pythons: dict[str, str], everything: bool) -> tuple[Core, ...]:
    """The cores to run: all, or the oldest and the newest for which there is a Python."""
    if everything:
        return CORES
    found = [core for core in CORES if newest_python(core.controllers, pythons)]
    return tuple(dict.fromkeys([*found[:1], *found[-1:]]))


class Runs:
    """Runs of one tarball. playbook: that uses every plugin. scratch: a folder of our own. pythons: {version: path}."""

    def __init__(
        self,
        bench: Workbench,
        tarball: pathlib.Path,
        playbook: pathlib.Path,
        scratch: pathlib.Path,
        pythons: dict[str, str],
    ) -> None:
        self.playbook = playbook
        self.bench = bench
        self.tarball = tarball
        self.scratch = scratch
        self.pythons = pythons

    def core(self, core: Core, everything: bool) -> int:
        """Everything on one ansible-core; the number of tasks that ran."""
        venv = Venv(f"ansible{core.minor}", f"ansible-core=={core.version}\n", python_of(core, self.pythons))
        venv.make(self.bench)
        here = self.scratch / core.minor
        env = self._install(venv.bin, here)
        tasks = 0
        for native in core.natives if everything else core.natives[:1]:
            folder = here / f"native-{native or 'on'}"
            folder.mkdir()
            tasks += self._run(venv.bin, folder, targets(core, self.pythons, everything), env, native)
        return tasks

    def _install(self, bin_folder: pathlib.Path, here: pathlib.Path) -> dict[str, str]:
        """Installs the tarball, and nothing else; the environment of those who use it."""
        home = here / "home"
        home.mkdir(parents=True)
        env = self.bench.env(
            bin_folder,
            HOME=str(home),
            ANSIBLE_COLLECTIONS_PATH=str(here / "collections"),
            ANSIBLE_LOCALHOST_WARNING="false",
        )
        galaxy = ("ansible-galaxy", "collection", "install", "--offline", self.tarball, "-p", here / "collections")
        self.bench.must(bin_folder / galaxy[0], *galaxy[1:], cwd=home, env=env, show=False)
        playbooks = sorted(
            (here / "collections" / "ansible_collections" / NAMESPACE / NAME / "playbooks").glob("*.yml")
        )
        if not playbooks:
            raise WorkError("the installed collection has no playbooks")
        names = [f"{NAMESPACE}.{NAME}.{path.stem}" for path in playbooks]
        self.bench.must(bin_folder / "ansible-playbook", "--syntax-check", *names, cwd=home, env=env, show=False)
        return env

    def _run(
        self, bin_folder: pathlib.Path, folder: pathlib.Path, versions: list[str], env: dict[str, str], native: str
    ) -> int:
        with contextlib.ExitStack() as stack:
            cluster = stack.enter_context(Cluster("3.6", tags=("vip",), phones=0))
            cluster.wait_until_synced()
            hosts = {}
            for version in versions:
                emulator = stack.enter_context(Emulator("3.6", phones=PHONES, dialogs=1, fr_timeout=1))
                hosts[f"python{version}"] = self._host(version, emulator, cluster.nodes[0], folder)
            sources = {
                "targets.yml": {"targets": {"hosts": hosts}},
                "opensips_phones.yml": _source("phones", hosts[f"python{versions[0]}"]["mi"]),
                "opensips_cluster.yml": _source("cluster", hosts[f"python{versions[0]}"]["mi_cluster"]),
            }
            for name, source in sources.items():
                (folder / name).write_text(json.dumps(source), encoding="utf-8")
            (folder / "variables.json").write_text(json.dumps(self._variables(folder)), encoding="utf-8")
            names = [f"{NAMESPACE}.{NAME}.{name}" for name in PLAYBOOKS]
            inventory = [word for name in sources for word in ("-i", name)]
            command = [bin_folder / "ansible-playbook", *inventory, "-e", "@variables.json", self.playbook, *names]
            more = {"ANSIBLE_JINJA2_NATIVE": native} if native else {}
            status, output = self.bench.run(*command, cwd=folder, env={**env, **more}, show=False)
        return self._judge(bin_folder, folder, sorted(hosts), status, output)

    def _host(self, version: str, emulator: t.Any, node: t.Any, folder: pathlib.Path) -> dict[str, t.Any]:
        own = folder / f"python{version}"
        own.mkdir()
        python = self.bench.venv(f"target{version}", self.pythons[version], "targets") / "python"
        return {
            "ansible_connection": "local",
            "ansible_python_interpreter": str(python),
            "ansible_remote_tmp": str(own / "tmp"),
            "mi": {"fifo_path": emulator.fifo_path, "reply_dir": emulator.reply_dir},
            "mi_cluster": {"fifo_path": node.fifo_path, "reply_dir": node.reply_dir},
            "folder": str(own),
            "sip_server": "{}:{}".format(*emulator.sip),
            "gateway": next(iter(emulator.state()["dispatcher"]["1"])),
        }

    @staticmethod
    def _variables(folder: pathlib.Path) -> dict[str, t.Any]:
        reports = {name: str(folder / name) for name in PLAYBOOKS}
        for path in reports.values():
            pathlib.Path(path).mkdir()
        return {
            "opensips_hosts": "targets",
            "opensips_connection": "{{ mi }}",
            "report_dir": str(folder),
            "compare_dir": reports["compare"],
            "phone_report_dir": reports["phone_report"],
            "phone_reboot_aors": ["100000"],
            "phone_reboot_wait_timeout": 30,
            "phone_reboot_report_dir": reports["reboot_phones"],
            "phone_reboot_campaign_dir": "{{ folder }}",
            "opensips_mwi_mailboxes": [{"aor": "100000", "new": 1}],
            "opensips_mwi_domain": "example.com",
            "opensips_mwi_results_dir": reports["update_mwi"],
        }

    def _judge(self, bin_folder: pathlib.Path, folder: pathlib.Path, hosts: list[str], status: int, output: str) -> int:
        """The number of tasks that ran on all hosts; raises WorkError if one failed, or did not run."""
        recap = dict(re.findall(r"(?m)^(\S+)\s+: ok=(\d+) .*unreachable=0 +failed=0 ", output))
        missing = [name for name in PLAYBOOKS if not list((folder / name).rglob("*.json"))]
        if status or sorted(recap) != hosts or missing:
            self.bench.say(output)
            raise WorkError(
                f"{bin_folder.parent.name} in {folder.name}: status {status}, hosts that succeeded: {', '.join(recap) or 'none'}"
                + (f"; no report of {', '.join(missing)}" if missing else "")
            )
        return sum(map(int, recap.values()))


def _source(plugin: str, connection: dict[str, str]) -> dict[str, t.Any]:
    """A source of an inventory plugin, whose hosts are in the group from_<plugin>."""
    return {"plugin": f"{NAMESPACE}.{NAME}.{plugin}", **connection, "groups": {f"from_{plugin}": "true"}}
