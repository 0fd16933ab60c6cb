# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
short_description: Receive the events of an OpenSIPS server
description:
  - Subscribes to events of an OpenSIPS server over its Management Interface, and hands them to the rules.
  - Renews the subscription before it ends, and subscribes again after the server has restarted.
  - An event has C(name), C(server), C(params) and C(altered). The params of an event are the same on every version of OpenSIPS.
  - The server sends its events to a socket of this host. It requires the module C(event_datagram), or C(event_stream) for TCP
    (C(event_jsonrpc) before OpenSIPS 3.1).
options:
  events:
    description:
      - Events to subscribe to, by name, such as C(E_UL_CONTACT_INSERT), or by shell pattern, such as C(E_CLUSTERER_*).
      - If the server does not have an event of this name, the source ends with an error that lists those that it has.
    type: list
    elements: str
    required: true
  server:
    description:
      - Name of the server in the events.
      - If not set, it is the host of O(host) or O(url), and otherwise the name of this host.
    type: str
  event_transport:
    description:
      - Sets how the server sends events. V(udp) is C(event_datagram), V(tcp) is C(event_stream) or C(event_jsonrpc).
      - Over V(tcp), a server loses 0.4 KB of its shared memory for each event that it cannot send. After a
        signal to ansible-rulebook, this lasts until the subscription ends.
      - Before OpenSIPS 3.1, V(tcp) is refused for events that the collection does not know, because an event without parameters
        then crashes the server.
    type: str
    choices: [udp, tcp]
    default: udp
  listen_host:
    description:
      - IPv4 address of this host at which the source listens. OpenSIPS sends events over IPv4 only.
      - If not set, it is V(127.0.0.1) for O(fifo_path) and O(socket_path), and otherwise the address from which this host reaches the server.
    type: str
  listen_port:
    description:
      - Port at which the source listens. If it is V(0), the system chooses one that is free.
    type: int
    default: 0
  advertise_host:
    description:
      - IPv4 address to which the server sends, if it is not O(listen_host).
    type: str
  accept_from:
    description:
      - Addresses and networks that may send events. Others are counted, and their data is not looked at.
      - If not set, these are the addresses of the server, and O(listen_host).
    type: list
    elements: str
  subscription_expires:
    description:
      - Seconds after which the server ends the subscription if it is not renewed, from 10 to 86400.
        The source renews it after a third of this time.
    type: int
    default: 60
  check_interval:
    description:
      - Seconds between two checks whether the server still has the subscription, from 1 to half of O(subscription_expires).
        Events after a restart of the server are missing until the next check.
    type: float
    default: 10
  buffer_size:
    description:
      - The most events that wait for the rules, from 100 to 1000000. If there are more, the source drops new ones, and counts them.
      - The last tenth is kept for events that are not about single phones and calls.
    type: int
    default: 10000
notes:
  - All connection options of the modules, such as O(host), O(port), O(url) and O(fifo_path), are options of this source, too.
    They can also be set with environment variables, such as E(OPENSIPS_MI_URL).
  - The source requires Python 3.11 or later, and ansible-core 2.16 or later in the environment of ansible-rulebook.
"""

EXAMPLES = r"""
- name: Phones of a server
  hosts: localhost
  sources:
    - community.opensips.opensips:
        host: 192.0.2.10
        port: 8080
        events:
          - E_UL_CONTACT_INSERT
          - E_CLUSTERER_*
  rules:
    - name: Show phones of Yealink that register
      condition: event.name == "E_UL_CONTACT_INSERT" and event.params.vendor == "yealink"
      action:
        debug:
          msg: "{{ event.params.aor }} has {{ event.params.model }}, firmware {{ event.params.firmware }}"
"""

import importlib
import os
import sys

_COLLECTION = ("ansible_collections", "community", "opensips")
_MODULE = ".".join((*_COLLECTION, "plugins", "plugin_utils", "_event_source"))


def _find_collection() -> None:
    """Make the collection of this file importable: ansible-rulebook runs the file by its path."""
    # not resolved: the path may lead over a link
    parts = os.path.abspath(__file__).split(os.sep)
    folder = parts[:-5]
    if tuple(folder[-3:]) != _COLLECTION:
        raise RuntimeError(
            f"{__file__} is not in {os.path.join(*_COLLECTION)}: install the collection with ansible-galaxy, and name the source community.opensips.opensips"
        )
    root = os.sep.join(folder[:-3]) or os.sep
    if root not in sys.path:
        sys.path.append(root)


async def main(queue, args):
    """Entry point of ansible-rulebook. queue: with a coroutine put(dict). args: the options (dict)."""
    try:
        run = importlib.import_module(_MODULE).run
    except ModuleNotFoundError:
        _find_collection()
        run = importlib.import_module(_MODULE).run
    await run(queue, args)
