# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

from __future__ import annotations

import re


class ModuleDocFragment:
    # How to reach the Management Interface; the same in every module
    DOCUMENTATION = r"""
options:
  transport:
    description:
      - Sets how MI commands reach the server.
      - V(fifo) is C(mi_fifo), V(datagram) is C(mi_datagram) over UDP or a Unix socket, V(http) is C(mi_http), C(mi_json) or
        C(mi_xmlrpc) behind C(httpd).
      - If not set, the other options decide. O(url) means V(http), and O(socket_path), O(host) or O(port) mean V(datagram).
        Otherwise, it is V(fifo).
      - If set, options of other transports are ignored. A task can use this to override what C(module_defaults) set.
        If it is not set, and options mean two transports, the task fails.
      - If a task sets options of one transport, environment variables for options of another one are ignored.
      - Prefer V(fifo) or V(datagram) for commands that wait for phones. Over V(http), the server then answers nobody else.
      - Can also be set with the environment variable E(OPENSIPS_MI_TRANSPORT).
    type: str
    choices:
      - fifo
      - datagram
      - http
  protocol:
    description:
      - Sets the protocol that the server uses. V(line) is the line protocol of OpenSIPS 1.x and 2.x, V(jsonrpc) is JSON-RPC 2.0 of
        3.x and 4.x, V(xmlrpc) is XML-RPC of any version, V(mi_json) is the GET form of 1.11 to 2.4.
      - V(auto) finds out the protocol with requests that harm no server.
      - A server before 3.0 logs one such request as an error. On its FIFO, V(auto) then takes a quarter of a second. The module
        remembers the server, so this happens only once until the server starts again.
      - Can also be set with the environment variable E(OPENSIPS_MI_PROTOCOL).
    type: str
    choices:
      - auto
      - line
      - jsonrpc
      - xmlrpc
      - mi_json
    default: auto
  fifo_path:
    description:
      - Path of the server's FIFO, the C(fifo_name) of C(mi_fifo).
      - If not set, the first of C(/run/opensips/opensips_fifo), C(/var/run/opensips/opensips_fifo) and C(/tmp/opensips_fifo) that
        exists is used.
      - Can also be set with the environment variable E(OPENSIPS_MI_FIFO_PATH).
    type: path
  reply_dir:
    description:
      - Directory in which replies come back. For the FIFO, it must be the C(reply_dir) of C(mi_fifo).
        For O(socket_path), it is the directory in which the module makes its own socket.
      - If not set for the FIFO, the module tries the directory C(replies) beside the FIFO, which the role
        P(community.opensips.opensips_server#role) makes, and then C(/tmp), the default of C(mi_fifo).
        Only the command C(version) is sent until the directory is known. A timeout names the directories that were tried.
      - The directory C(replies) is not tried if it does not exist, if this user cannot write to it, or if everybody can.
      - If not set for O(socket_path), it is the directory of O(socket_path) if the module can write to it, else C(/tmp).
      - For O(socket_path), the module makes its own directory in it, which other users cannot list.
      - Can also be set with the environment variable E(OPENSIPS_MI_REPLY_DIR).
    type: path
  server_user:
    description:
      - User that runs the processes of OpenSIPS, by name or number. It applies to the FIFO and to O(socket_path).
      - If other users can write to the directory of O(fifo_path) or O(socket_path), as to C(/tmp), anybody can replace the FIFO or socket.
        The module then sends only if the owner is root, the user that runs the module, or this user.
      - If not set, it is the service account (user number below 1000) whose processes are called C(opensips).
        If there are several such accounts, or none, the module fails and asks for this option.
      - Set it if other service accounts can start programs, because one of them could start a process of that name.
      - Can also be set with the environment variable E(OPENSIPS_MI_SERVER_USER).
    type: str
  host:
    description:
      - Name or address of the server's UDP socket, the C(socket_name) of C(mi_datagram). Write IPv6 addresses without brackets.
      - If a name has several addresses, the module asks all of them for the version, and uses the first that answers.
      - If not set, it is V(127.0.0.1) for O(transport=datagram) without O(socket_path).
      - Can also be set with the environment variable E(OPENSIPS_MI_HOST).
    type: str
  port:
    description:
      - Port of the server's UDP socket. It has no default.
      - Can also be set with the environment variable E(OPENSIPS_MI_PORT).
    type: int
  socket_path:
    description:
      - Path of the server's Unix datagram socket. Contradicts O(host) and O(port).
      - Can also be set with the environment variable E(OPENSIPS_MI_SOCKET_PATH).
    type: path
  url:
    description:
      - Address of the server's HTTP side, such as V(http://127.0.0.1:8888/mi) for C(mi_http), V(http://127.0.0.1:8888/json) for C(mi_json),
        V(http://127.0.0.1:8888/RPC2) for C(mi_xmlrpc) and C(mi_xmlrpc_ng).
      - If a name has several addresses, the module uses the first that accepts the connection.
      - The module does not follow redirects, and does not use proxies from environment variables.
      - Can also be set with the environment variable E(OPENSIPS_MI_URL).
    type: str
  timeout:
    description:
      - Seconds to wait for each reply. If the name of the server has several addresses, this applies to all of them together.
      - If not set, it is 10, and 40 for commands that wait for a phone, because C(fr_timeout) of C(tm) is 30 seconds by default.
      - It does not apply if a module reads a whole location table. The limit then is ten times the expected time plus 30 seconds.
      - Can also be set with the environment variable E(OPENSIPS_MI_TIMEOUT).
    type: float
  max_reply_size:
    description:
      - The largest reply to accept, in megabytes (1,048,576 bytes), from 1 to 1048576. It also limits the sum of all replies that the
        module receives at the same time.
      - If a reply is larger, the task fails and closes the connection to the server. This protects the memory of the host.
      - If the statistics of the server announce a larger location table, a module that reads the whole table accepts up to 16 times
        O(max_reply_size). One AOR with its contacts can have at most 64 megabytes.
      - The memory for the values of a reply is limited to a small multiple of O(max_reply_size).
      - Can also be set with the environment variable E(OPENSIPS_MI_MAX_REPLY_SIZE).
    type: int
    default: 256
  validate_certs:
    description:
      - Whether to verify the certificate of an C(https) O(url).
      - Can also be set with the environment variable E(OPENSIPS_MI_VALIDATE_CERTS).
    type: bool
    default: true
  ca_path:
    description:
      - PEM file, or directory of hashed certificates, with the authorities to trust in addition to those of the system.
      - Can also be set with the environment variable E(OPENSIPS_MI_CA_PATH).
    type: path
  client_cert:
    description:
      - PEM file with the client's certificate for an C(https) O(url). It can also contain the key.
      - Can also be set with the environment variable E(OPENSIPS_MI_CLIENT_CERT).
    type: path
  client_key:
    description:
      - PEM file with the key of O(client_cert). The key must not have a pass phrase.
      - Can also be set with the environment variable E(OPENSIPS_MI_CLIENT_KEY).
    type: path
  url_username:
    description:
      - User name for basic authentication, the C(auth_username) of C(httpd) in OpenSIPS 4.0, or of a proxy before the server.
      - If O(url) is not C(https) and leads to another host, the module warns, because others can read the password.
      - Can also be set with the environment variable E(OPENSIPS_MI_URL_USERNAME).
    type: str
  url_password:
    description:
      - Password of O(url_username).
      - Can also be set with the environment variable E(OPENSIPS_MI_URL_PASSWORD).
    type: str
notes:
  - The module runs on a host that can reach the server's FIFO or sockets, usually on the server itself. The host requires Python 3.6 or later.
seealso:
  - name: Management Interface
    description: The Management Interface in the OpenSIPS manual.
    link: https://www.opensips.org/Documentation/Interface-CoreMI-3-6
"""


# What the pages of modules say otherwise than those of plugins on the controller: (pattern, replacement)
_WORDS = (
    (r"A task can use this to override what C\(module_defaults\) set\.\s+", ""),
    (
        r"If a task sets options of one transport, environment variables for options of another one are ignored\.",
        "If the options that you write belong to one transport, environment variables, settings of C(ansible.cfg) and variables\n"
        "        for options of another one are ignored.",
    ),
    (r"\n      - Can also be set with the environment variable E\(\w+\)\.", ""),
    (r"\bthe task fails", "the plugin fails"),
    (
        r"The module runs on a host that .*",
        "The plugin runs on the controller, which must reach the FIFO or sockets of the server.",
    ),
    (r"\bmodule\b", "plugin"),
)
_SOURCES = """    env:
      - name: OPENSIPS_MI_{upper}
    ini:
      - section: opensips_mi
        key: {name}
    vars:
      - name: opensips_mi_{name}
"""


def _of_plugins(text):
    """The documentation of modules as that of plugins: in their words, and with where the options can come from."""
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text)
    options, mark, rest = text.partition("notes:\n")
    before, *named = re.split(r"(?m)^  (\w+):\n", options)
    sourced = [
        f"  {name}:\n{body}{_SOURCES.format(name=name, upper=name.upper())}"
        for name, body in zip(named[::2], named[1::2])
    ]
    return before + "".join(sourced) + mark + rest


# The same options for lookup and inventory plugins: community.opensips._connection.plugin
ModuleDocFragment.PLUGIN = _of_plugins(ModuleDocFragment.DOCUMENTATION)
