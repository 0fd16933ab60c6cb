# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A signed APT repository with packages of ours, and a root of its own for APT and dpkg, so that the host keeps its packages."""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess

SUITE = "bookworm"
_SCRIPT = """#!/bin/sh
case "$1" in
-V) echo "version: opensips {release} (x86_64/linux)" ;;
# it reads the configuration, as opensips does: whoever writes it must not find that nobody reads
-C) cat > /dev/null; echo "NOTICE:core:main: config file ok, exiting..." >&2 ;;
esac
"""
_APT = """Dir "{root}/";
Dir::Bin::dpkg "/usr/bin/dpkg";
Dir::State::status "{root}/var/lib/dpkg/status";
DPkg::Options {{ "--root={root}"; "--log={root}/dpkg.log"; }};
DPkg::Run-Directory "{root}/run";
APT::Sandbox::User "root";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
Acquire::Languages "none";
"""


def missing():
    """What the host lacks for it, or None."""
    if os.getuid() != 0:
        return "not root"
    for program in ("apt-get", "dpkg-deb", "gpg"):
        if not shutil.which(program):
            return f"no {program}"
    if subprocess.run(["/usr/bin/python3", "-c", "import apt"], capture_output=True, check=False).returncode:
        return "no python3-apt"
    return None


class Repository:
    """folder: a directory of its own. releases: the versions of the package opensips, and of others that depend on it."""

    def __init__(self, folder, releases, others=("opensips-sqlite-module",)):
        self._others = others
        self.root, self._site, self._keys = folder / "root", folder / "site", folder / "keys"
        for path in (
            "etc/apt/sources.list.d", "etc/apt/preferences.d", "etc/apt/trusted.gpg.d", "etc/apt/apt.conf.d",
            "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/log/apt", "var/lib/dpkg/info", "var/lib/dpkg/updates", "run",
        ):  # fmt: skip
            (self.root / path).mkdir(parents=True)
        (self.root / "var/lib/dpkg/status").touch()
        self._keys.mkdir(mode=0o700)
        self.config = folder / "apt.conf"
        self.config.write_text(_APT.format(root=self.root), encoding="utf-8")
        self.key = self._site / "opensips-org.gpg"
        self._publish(releases)

    @property
    def url(self):
        return f"file://{self._site}"

    @property
    def environment(self):
        return {"APT_CONFIG": str(self.config)}

    @property
    def list_command(self):
        """The command that lists the packages, each with its version."""
        return ["dpkg-query", f"--admindir={self.root}/var/lib/dpkg", "-W", "-f=${Package} ${Version}\\n"]

    def _publish(self, releases):
        packages = {}
        for release in releases:
            component = f"{'.'.join(release.split('.')[:2])}-releases"
            packages.setdefault(component, []).extend(
                [
                    self._package("opensips", release, ""),
                    *(self._package(name, release, f"Depends: opensips (= {release}-1)\n") for name in self._others),
                ]
            )
        hashes = [self._index(component, entries) for component, entries in packages.items()]
        release = (
            f"Suite: {SUITE}\nCodename: {SUITE}\nArchitectures: amd64\nComponents: {' '.join(packages)}\nSHA256:\n"
        )
        (self._site / "dists" / SUITE / "Release").write_text(release + "".join(hashes), encoding="utf-8")
        self._gpg("--passphrase", "", "--quick-generate-key", "repository", "ed25519", "sign", "1d")
        self._gpg("--output", str(self.key), "--export", "repository")
        plain = self._site / "dists" / SUITE / "Release"
        self._gpg("--clearsign", "--output", str(plain.with_name("InRelease")), str(plain))

    def _gpg(self, *words):
        command = ["gpg", "--homedir", str(self._keys), "--batch", "--quiet", "--pinentry-mode", "loopback", *words]
        subprocess.run(command, check=True, capture_output=True)

    def _package(self, name, release, depends):
        """The entry of a package in the index."""
        tree = self._site / "build" / f"{name}-{release}"
        (tree / "DEBIAN").mkdir(parents=True)
        control = (
            f"Package: {name}\nVersion: {release}-1\nArchitecture: amd64\nMaintainer: tests <tests@example.com>\n"
            f"{depends}Description: a package of the tests\n"
        )
        (tree / "DEBIAN" / "control").write_text(control, encoding="utf-8")
        if name == "opensips":
            binary = tree / "usr" / "sbin" / "opensips"
            binary.parent.mkdir(parents=True)
            binary.write_text(_SCRIPT.format(release=release), encoding="utf-8")
            binary.chmod(0o755)
        path = self._site / "pool" / f"{name}_{release}-1_amd64.deb"
        path.parent.mkdir(exist_ok=True)
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, path], check=True, capture_output=True
        )
        data = path.read_bytes()
        return f"{control}Filename: {path.relative_to(self._site)}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n"

    def _index(self, component, entries):
        """The line of an index of packages in the Release."""
        path = pathlib.Path(component) / "binary-amd64" / "Packages"
        target = self._site / "dists" / SUITE / path
        target.parent.mkdir(parents=True)
        data = "\n".join(entries).encode()
        target.write_bytes(data)
        return f" {hashlib.sha256(data).hexdigest()} {len(data)} {path}\n"
