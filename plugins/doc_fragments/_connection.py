# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

from __future__ import annotations


class ModuleDocFragment:
    # How to reach the Management Interface; the same in every module
    DOCUMENTATION = r"""
options:
  transport:
    description:
      - What carries MI commands to the server.
      - V(fifo) is C(mi_fifo), V(datagram) is C(mi_datagram) over UDP or a Unix socket, V(http) is C(mi_http), C(mi_json) or
        C(mi_xmlrpc) behind C(httpd).
      - If not set, it follows from the other options. O(url) means V(http), O(socket_path), O(host) or O(port) mean V(datagram),
        everything else means V(fifo).
      - For commands that wait for phones, V(fifo) and V(datagram) are better. Over V(http) the server answers nobody else meanwhile.
      - Can also be set with the environment variable E(OPENSIPS_MI_TRANSPORT).
    type: str
    choices:
      - fifo
      - datagram
      - http
  protocol:
    description:
      - What the server speaks. V(line) is the line protocol of OpenSIPS 1.x and 2.x, V(jsonrpc) is JSON-RPC 2.0 of 3.x and 4.x,
        V(xmlrpc) is XML-RPC of any version, V(mi_json) is the GET form of 1.11 to 2.4.
      - V(auto) finds out with requests that harm no server.
      - On the FIFO of a server before 3.0, V(auto) takes a quarter of a second, which V(line) saves.
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
      - If not set, C(/run/opensips/opensips_fifo), C(/var/run/opensips/opensips_fifo) and C(/tmp/opensips_fifo) are tried.
      - Can also be set with the environment variable E(OPENSIPS_MI_FIFO_PATH).
    type: path
  reply_dir:
    description:
      - Directory in which replies come back. With the FIFO it is the C(reply_dir) of C(mi_fifo), and both sides must use the same.
        With O(socket_path) it is where the module's own socket gets its name.
      - If not set, C(/tmp) is used for the FIFO, as C(mi_fifo) does, and the directory of O(socket_path) if it can be written.
      - With O(socket_path), the module makes a directory of its own in it, which other users cannot list.
      - Can also be set with the environment variable E(OPENSIPS_MI_REPLY_DIR).
    type: path
  server_user:
    description:
      - User that the processes of OpenSIPS run as, by name or number. It applies to the FIFO and to O(socket_path).
      - It matters if other users may write to the directory of O(fifo_path) or O(socket_path), as to C(/tmp).
        Anybody can put a FIFO there, read what is sent, and answer it.
        The module then sends only if root, the user that runs the module, or this user owns the FIFO or the socket.
      - If not set, it is the service account (user number below 1000) whose processes are called C(opensips).
        If there are several such accounts, or none, the module fails and asks for this option.
      - Set it where other service accounts could start programs, because one of them could start a process of that name.
      - Can also be set with the environment variable E(OPENSIPS_MI_SERVER_USER).
    type: str
  host:
    description:
      - Name or address of the server's UDP socket, the C(socket_name) of C(mi_datagram). IPv6 addresses are written without brackets.
      - If a name has several addresses, all of them are asked for the server's version, and the first that answers is used.
      - If not set, V(127.0.0.1) is used for O(transport=datagram) without O(socket_path).
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
      - Address of the HTTP side, such as V(http://127.0.0.1:8888/mi) for C(mi_http), V(http://127.0.0.1:8888/json) for C(mi_json),
        V(http://127.0.0.1:8888/RPC2) for C(mi_xmlrpc) and C(mi_xmlrpc_ng).
      - If a name has several addresses, the first that accepts the connection is used.
      - Redirects are not followed, and proxies that environment variables name are not used.
      - Can also be set with the environment variable E(OPENSIPS_MI_URL).
    type: str
  timeout:
    description:
      - Seconds to wait for each reply. If the name of the server has several addresses, this is for all of them together.
      - If not set, 10, and 40 for commands that wait for a phone, because C(fr_timeout) of C(tm) is 30 seconds by default.
      - It does not apply where a module reads a whole location table. The limit for that is ten times the expected time, and 30 seconds more.
      - Can also be set with the environment variable E(OPENSIPS_MI_TIMEOUT).
    type: float
  max_reply_size:
    description:
      - The largest reply to accept, in megabytes (1,048,576 bytes), from 1 to 1048576. This also limits all replies that are received at the same time.
      - If a reply is larger, the task fails and closes the connection to the server. This protects the memory of the host.
      - A module that reads a whole location table accepts more, if the statistics of the server announce a table of that size. The
        limit for that is 16 times O(max_reply_size), and one AOR with its contacts may have at most 64 megabytes.
      - What a task needs for the values of a reply is limited to a small multiple of O(max_reply_size), too.
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
      - PEM file, or directory of hashed certificates, of the authorities to trust in addition to the system's.
      - Can also be set with the environment variable E(OPENSIPS_MI_CA_PATH).
    type: path
  client_cert:
    description:
      - PEM file with the client's certificate for an C(https) O(url). It may hold the key, too.
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
      - If O(url) is not C(https) and leads to another host, the module warns, because the password can be read on the way.
      - Can also be set with the environment variable E(OPENSIPS_MI_URL_USERNAME).
    type: str
  url_password:
    description:
      - Password of O(url_username).
      - Can also be set with the environment variable E(OPENSIPS_MI_URL_PASSWORD).
    type: str
notes:
  - The module runs where the server's FIFO or sockets are reached, usually on the server itself. It needs nothing but Python 3.6 or newer there.
seealso:
  - name: Management Interface
    description: The Management Interface in the OpenSIPS manual.
    link: https://www.opensips.org/Documentation/Interface-CoreMI-3-6
"""
