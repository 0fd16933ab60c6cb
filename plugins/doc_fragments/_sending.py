# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

from __future__ import annotations


class ModuleDocFragment:
    # How requests go to phones; the same in every module that sends to many
    DOCUMENTATION = r"""
options:
  headers:
    description:
      - Additional headers, as a mapping of names to values. If a value is a list, the header is sent once for each element.
      - These headers replace those that the module makes. The module makes C(From), with a random tag, and C(To).
    type: dict
    default: {}
  from_uri:
    description:
      - URI for the C(From) header. If not set, it is the URI of C(To). Phones expect this from their own server.
    type: str
  socket:
    description:
      - The server's socket to send from, such as V(udp:192.0.2.1:5060).
      - V(contact) is the socket that received the REGISTER of the phone. Phones behind NAT require it. With V(default), the server chooses.
    type: str
    default: contact
  rate:
    description:
      - Maximum number of requests a second, above 0. If not set, the free memory of the server limits the speed, see O(server_share).
    type: float
  server_share:
    description:
      - Percentage of the server's free shared memory that this task may use, above 0 and at most 100. The task measures free memory when it
        begins.
      - Each request holds about 8 KB of the server's memory until its phone has answered, and 5 seconds more. A phone that does not
        answer holds it until the server's C(fr_timeout), and 5 seconds more.
      - The task asks the server for its statistics C(shmem) and C(inuse_transactions) before it sends and a few times a second while it
        sends. It slows down while free memory shrinks, also because of calls. It does not send while less than a fifth of all memory is free.
      - A request that the server refuses because it has no memory is sent again later. If nothing gets through for a minute, the run stops.
      - If the statistics cannot be read, the task warns, and sends at most 100 requests a second.
    type: float
    default: 70
  max_in_flight:
    description:
      - Maximum number of requests that wait for the answer of a phone at the same time. If not set, it is 1000, or 4000 over a datagram
        socket.
      - A phone that does not answer holds its place until the server's C(fr_timeout).
    type: int
  max_failures:
    description:
      - Maximum number of phones that may fail, such as V(10), or a percentage, such as V(5%).
      - If more phones fail, the run stops, and the task fails. Phones have failed if they are V(rejected), V(no_answer), V(unreachable) or
        V(unknown).
      - A number is exact. A percentage stops the run only if there are too many failures to be chance, so that the first dead phones do not
        stop a fleet. At V(10%), 2 of 2 stop it, and 3 of 22 do not.
      - The task waits for the answers to requests that are under way. The other phones are V(not_sent). With a smaller O(max_in_flight),
        fewer requests are under way.
      - If it is not set, all phones are tried. If the task names a phone by its AOR or URI, and this phone did not accept, the task then fails.
      - If filters selected the phones and none of them accepted, the task always fails.
      - The message of a failed task has one line for each phone that failed, at most 20. The results are complete.
      - The run also stops, and the task fails, if the server cannot be reached any more, or does not answer for the whole O(timeout).
        In a campaign of M(community.opensips.opensips_notify), the next run continues with the phones that are V(not_sent).
      - If nobody reads the result any more, because Ansible was interrupted or the connection to the host was lost, the run stops, too.
    type: str
  results:
    description:
      - Selects the phones that RV(results) has. If there are more than 1,000, V(auto) omits those that need no attention. V(all) omits none.
        V(attention) always omits those that need no attention.
      - Phones need attention if they did not accept, or did not register again. RV(summary.omitted) counts those that are omitted.
    type: str
    choices:
      - auto
      - all
      - attention
    default: auto
  results_append:
    description:
      - Appends to O(results_file) instead of replacing it, so that one file has the results of several batches.
    type: bool
    default: false
  results_file:
    description:
      - Writes the result of each phone to this file on the host as soon as it is known, one JSON object a line. A large fleet then
        requires little memory, and C(tail -F) follows the run.
      - Each run replaces the file by a new one, unless O(results_append) is set. Its mode is 0600, and its directory must exist.
      - In check mode, the file is not written.
      - If a symbolic link, a FIFO, a device or a file of another user is in its place, the task fails before it sends anything.
      - If it is set, O(results=auto) also omits phones that need attention beyond the first 1,000. The filters that make reports need all
        results. Copy the file to the controller for P(community.opensips.opensips_report_part#filter), or set O(results=all).
      - If a task waits for phones to register again, the file has a further line for each of them, with C(aor), C(contact), C(registered),
        C(new_user_agent) and C(back_seconds).
      - If the file can no longer be written, for example because the disk is full, the task warns and returns the rest in RV(results).
    type: path
"""
