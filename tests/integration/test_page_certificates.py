# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page on certificates: its hook of certbot is run as it is written, with its playbook, against an emulated server.

So is its private authority, if COMMUNITY_CRYPTO names a folder whose ansible_collections has community.crypto, such as that of the
package ansible: `pip install --no-deps --target FOLDER ansible`.
"""

from __future__ import annotations

import itertools
import os
import pathlib
import shutil
import ssl
import subprocess
import sys

import pytest
import yaml

from ansible_collections.community.opensips.plugins.module_utils._ua import handshake
from ansible_collections.community.opensips.plugins.module_utils._ua import target as targets
from ansible_collections.community.opensips.tests.integration.support.module_process import run_module
from ansible_collections.community.opensips.tests.integration.support.playbook import COLLECTION, PREFIX
from ansible_collections.community.opensips.tests.integration.support.tls_server import EmulatedTls
from ansible_collections.community.opensips.tests.pages import Page

BLOCKS = Page("certificates").blocks
# a folder
CRYPTO = os.environ.get("COMMUNITY_CRYPTO")


@pytest.fixture
def server():
    started = EmulatedTls("3.6")
    yield started
    started.stop()


def presented(server):
    """The certificate that the socket of the server presents (DER)."""
    return handshake.see(targets.parse(server.socket), 10).certificate


def der(path):
    return ssl.PEM_cert_to_DER_cert(pathlib.Path(path).read_text(encoding="ascii"))


def environment_of(server):
    """Of a program that runs the playbooks of the page on this host."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]]),
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([str(COLLECTION.parents[2]), *([CRYPTO] if CRYPTO else [])]),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_LOCALHOST_WARNING": "false",
        **{f"OPENSIPS_MI_{name.upper()}": value for name, value in server.connection.items()},
    }


def tasks(value):
    """The tasks of our modules in a block of YAML: (module, arguments)."""
    for entry in value if isinstance(value, list) else []:
        yield from tasks(entry.get("tasks"))
        yield from ((key[len(PREFIX) :], arguments) for key, arguments in entry.items() if key.startswith(PREFIX))


def test_the_other_tasks_run(server, tmp_path):
    """In check mode."""
    certificate, key = server.authority.issue("sip.example.com", names=["sip.example.com"])
    text = pathlib.Path(key).read_text(encoding="ascii")
    live = "/etc/letsencrypt/live/sip.example.com"
    there = {
        "{{ item }}": "sip.example.com",
        "{{ lineage | basename }}": "sip.example.com",
        **dict.fromkeys(
            (f"{live}/fullchain.pem", "{{ lineage }}/fullchain.pem", "{{ pki }}/sip.pem", "/root/sip.pem"), certificate
        ),
        **dict.fromkeys(
            (f"{live}/privkey.pem", "{{ lineage }}/privkey.pem", "{{ pki }}/sip.key", "/root/sip.key"), key
        ),
        "{{ pki }}/ca.pem": server.authority.path,
        "/etc/opensips/tls": str(tmp_path),
        "sqlite:////var/lib/opensips/opensips.sqlite": server.db_url,
        "tls:192.0.2.1:5061": server.script_socket,
        "name: dom1": "name: sv",
        "group: opensips": "group: root",
    }
    ran = 0
    for block in BLOCKS:
        code = block.code
        for written, here in there.items():
            code = code.replace(written, here)
        for module, arguments in tasks(yaml.safe_load(code)) if block.language == "yaml+jinja" else ():
            for domain in arguments.get("domains", []):
                domain.update(
                    (name, text if name == "private_key" else pathlib.Path(certificate).read_text(encoding="ascii"))
                    for name in ("certificate", "private_key")
                    if name in domain
                )
            result = run_module(module, {**server.connection, **arguments}, check=True)
            assert not result.get("failed"), (block.line, result["msg"])
            ran += 1
    assert ran >= 7


def test_the_hook_of_certbot(server, tmp_path):
    (hook,) = [block.code for block in BLOCKS if block.language == "sh"]
    (playbook,) = [block.code for block in BLOCKS if "Load a certificate that certbot renewed" in block.code]
    there = {
        "/etc/opensips/certificate.yml": str(tmp_path / "certificate.yml"),
        "sqlite:////var/lib/opensips/opensips.sqlite": server.db_url,
    }
    for written, here in there.items():
        assert written in hook + playbook
        hook, playbook = hook.replace(written, here), playbook.replace(written, here)
    (tmp_path / "certificate.yml").write_text(playbook, encoding="utf-8")
    script = tmp_path / "hook"
    script.write_text(hook, encoding="utf-8")
    script.chmod(0o755)
    lineage, archive = (tmp_path / folder / "sip.example.com" for folder in ("live", "archive"))
    for folder in (lineage, archive):
        folder.mkdir(parents=True)
    environment = {**environment_of(server), "RENEWED_LINEAGE": str(lineage)}
    numbers = itertools.count(1)

    def renew(pair):
        """As certbot keeps them: links to files with a number."""
        number = next(numbers)
        for source, name in zip(pair, ("fullchain", "privkey"), strict=True):
            shutil.copy(source, archive / f"{name}{number}.pem")
            (lineage / f"{name}.pem").unlink(missing_ok=True)
            (lineage / f"{name}.pem").symlink_to(f"../../archive/sip.example.com/{name}{number}.pem")
        return subprocess.run([script], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)

    good = server.authority.issue("renewed")
    done = renew(good)
    assert done.returncode == 0, done.stdout + done.stderr
    assert presented(server) == der(good[0])
    # of another service on the host
    environment["RENEWED_LINEAGE"] = str(tmp_path / "live" / "www.example.com")
    assert renew(server.authority.issue("www")).returncode == 0
    assert presented(server) == der(good[0])
    environment["RENEWED_LINEAGE"] = str(lineage)
    failed = renew((server.authority.issue("bad")[0], good[1]))
    assert failed.returncode != 0 and "it is not the key of the certificate" in failed.stdout
    assert presented(server) == der(good[0])


@pytest.mark.skipif(not CRYPTO, reason="COMMUNITY_CRYPTO does not name a folder with community.crypto")
def test_the_private_authority(server, tmp_path):
    (playbook,) = [block.code for block in BLOCKS if "Issue a certificate with a private authority" in block.code]
    there = {
        "hosts: opensips": "hosts: localhost\n  gather_facts: false",
        "become: true": "connection: local",
        "/etc/opensips/pki": str(tmp_path / "pki"),
        "sqlite:////var/lib/opensips/opensips.sqlite": server.db_url,
    }
    for written, here in there.items():
        assert written in playbook
        playbook = playbook.replace(written, here)
    path = tmp_path / "authority.yml"
    path.write_text(playbook, encoding="utf-8")
    command = ["ansible-playbook", "-i", "localhost,", str(path)]
    for changes in (True, False):
        done = subprocess.run(command, env=environment_of(server), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert ("changed=0 " in done.stdout) is not changes, done.stdout
    ((pem,),) = server.database.rows("SELECT certificate FROM tls_mgm")
    text = pem if isinstance(pem, str) else pem.decode("ascii")
    assert ssl.PEM_cert_to_DER_cert(text) == der(tmp_path / "pki" / "sip.pem")
