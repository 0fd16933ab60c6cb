# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sockets in configuration files, and the path of the file."""

import os

import pytest

from ansible_collections.community.opensips.plugins.module_utils._health import configuration
from ansible_collections.community.opensips.plugins.module_utils._readers import arguments
from ansible_collections.community.opensips.tests.unit import wire

TEXT = """
# socket=udp:192.0.2.9:5060
socket=udp:192.0.2.1:5060 as 203.0.113.1:5060 # public
  socket = tcp:192.0.2.1
/* socket=tcp:192.0.2.8
socket=tcp:192.0.2.7 */
listen=tls:[2001:db8::1]:5061 use_children 4
socket=bin:192.0.2.1:5555
xlog("socket=udp:192.0.2.6:5060 # no comment")
mpath="/usr/lib/opensips/modules/"
route { xlog("/* not a comment"); }
socket=hep_udp:192.0.2.1:9060
"""


def test_sockets():
    assert configuration.parse(TEXT) == [
        "udp:192.0.2.1:5060",
        "tcp:192.0.2.1",
        "tls:[2001:db8::1]:5061",
        "bin:192.0.2.1:5555",
        "hep_udp:192.0.2.1:9060",
    ]


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (["opensips", "-f", "/etc/opensips/opensips.cfg", "-m", "64"], "/etc/opensips/opensips.cfg"),
        (["opensips", "-f/etc/opensips.cfg"], "/etc/opensips.cfg"),
        (["opensips", "-f", "opensips.cfg"], None),
        (["opensips", "-f"], None),
        (["opensips", "-P", "/run/pid"], None),
        ([], None),
    ],
)
def test_path(words, path):
    assert configuration.path_of(words) == path


@pytest.mark.parametrize("version", ["1.11", "2.4", "3.6", "4.0"])
def test_command_line_of_every_version(version):
    words = arguments.parse(wire.reply(version, "fifo", "arg"))
    assert words[0].endswith("opensips") and configuration.path_of(words) == "/run/opensips/opensips.cfg"


def test_files_that_are_none(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for name in ("none", "fifo"):
        with pytest.raises(OSError):
            configuration.read(str(tmp_path / name))
    (tmp_path / "binary").write_bytes(bytes(range(256)) + b"\nsocket=udp:192.0.2.1:5060\n")
    assert configuration.read(str(tmp_path / "binary")) == ["udp:192.0.2.1:5060"]
