# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tls_mgm: a domain for connections from others, one for those to others. Their certificate is cert.pem in the emulator's directory."""

from ..tree import node, tree
from . import command

_FLAGS = ("VERIFY_CERT", "REQ_CLI_CERT", "CRL_CHECKALL")


def _files(directory, dh_params):
    return {
        "CERT_FILE": f"{directory}/cert.pem",
        "CRL_DIR": "",
        "CA_FILE": "",
        "CA_DIR": "/etc/pki/CA/",
        "PKEY_FILE": f"{directory}/key.pem",
        "CIPHER_LIST": "",
        dh_params: "",
        "EC_CURVE": "",
    }


@command("tls_list", no_input=True)
def tls_list(server, params):
    directory = server.state.directory
    if server.state.tree:
        return tree(
            _node("default", "TLS_DOMAIN_CLI", "0.0.0.0", directory),
            _node("default", "TLS_DOMAIN_SRV", "0.0.0.0", directory),
            _node("sv", "TLS_DOMAIN_SRV", "127.0.0.1", directory),
        )
    return {
        "Domains": [
            _domain("cl", "TLS_DOMAIN_CLI", "*", "SSLv23", directory),
            _domain("sv", "TLS_DOMAIN_SRV", "127.0.0.1:5061", "TLSv1_2", directory),
        ]
    }


def _node(name, role, address, directory):
    # 2.4 cuts two names short
    values = {"Type": role, "Address": address, "METH": "SSLv23", **dict.fromkeys(_FLAGS, "no")}
    values.update(_files(directory, "DH_PARAMS"))
    return node("Domain", name, (), [node(key, value) for key, value in values.items()])


def _domain(name, role, address, method, directory):
    return {
        "name": name,
        "type": role,
        "IP ADDRESS FILTERS": [address],
        "SIP DOMAIN FILTERS": ["*"],
        "METHOD": method,
        **dict.fromkeys(_FLAGS, False),
        **_files(directory, "DH_PARAMS_FILE"),
    }
