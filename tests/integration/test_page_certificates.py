# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page on certificates: its hook of certbot is run as it is written, with its playbook, against an emulated server."""

from __future__ import annotations

import os
import pathlib
import shutil
import ssl
import subprocess
import sys

import pytest

from ansible_collections.community.opensips.plugins.module_utils._ua import handshake
from ansible_collections.community.opensips.plugins.module_utils._ua import target as targets
from ansible_collections.community.opensips.tests.integration.support.tls_server import EmulatedTls
from ansible_collections.community.opensips.tests.pages import Page

# not resolved: the path must have ansible_collections in it
_TOP = str(pathlib.Path(__file__).absolute().parents[5])
BLOCKS = Page("certificates").blocks


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
    lineage = tmp_path / "sip.example.com"
    lineage.mkdir()
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]]),
        "ANSIBLE_COLLECTIONS_PATH": _TOP,
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "RENEWED_LINEAGE": str(lineage),
        **{f"OPENSIPS_MI_{name.upper()}": value for name, value in server.connection.items()},
    }

    def renew(pair):
        for source, name in zip(pair, ("fullchain.pem", "privkey.pem"), strict=True):
            shutil.copy(source, lineage / name)
        return subprocess.run([script], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)

    good = server.authority.issue("renewed")
    done = renew(good)
    assert done.returncode == 0, done.stdout + done.stderr
    assert presented(server) == der(good[0])
    failed = renew((server.authority.issue("bad")[0], good[1]))
    assert failed.returncode != 0 and "it is not the key of the certificate" in failed.stdout
    assert presented(server) == der(good[0])
