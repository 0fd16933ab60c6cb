# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server's shared memory holds, and what commands cost in time.

Measured on OpenSIPS 2.4.11, 3.6.8 and 4.0.1 (x86_64, the default allocator F_MALLOC, 64 MB and more), in bytes of the
statistic shmem:real_used_size, as the difference that 200 to 2,000 of a kind make. 1.11 is taken to be as 2.4.

- A transaction of t_uac_dlg (a NOTIFY without a body over UDP, asked for over a datagram) holds a fixed part and the bytes
  of its SIP request. The fixed part is smaller once the phone has answered: the handler of the MI reply is gone. Asked for
  over FIFO it is 1 % less until then.

  ======= ============== =============
  version until answered after that
  ======= ============== =============
  2.4     7,127          7,001
  3.6     7,718          7,350
  4.0     4,062          3,696
  ======= ============== =============

- It is freed 4.1 to 6.0 s after its final answer, 5.1 s on average (wt_timer, 5 s, in a timer that runs once a second).
  A silent phone's gets its 408 after fr_timeout (5 s: 4.7 to 5.6 s), and is freed 5.0 s after that.
- A registered contact holds a fixed part and the bytes of its URI, User-Agent, Call-ID and instance, its AOR the like:
  a Yealink with an instance takes 888 bytes on 2.4, 1,264 on 3.6, 1,280 on 4.0; a second contact of the AOR 616, 864, 864.
- What is not enough memory for its cell is refused at once, and what is smaller goes on until nothing is left: with 6,000
  bytes free t_uac_dlg fails while ul_add works. The replies are in tests/unit/fixtures/wire/*/memory.jsonl.
- 3.6 and 4.0 die over FIFO: when a phone's answer comes while there are not 328 bytes in one piece ("mi_print_uris: no shm
  memory left"), mi_fifo answers "failed to build response", closes that reply FIFO twice (fifo_close_async(), "double free
  detected"), and the process takes the whole server with it. Over a datagram that answer is lost, over HTTP a status 500
  comes whose body never ends. 2.4 answers without the URIs, and lives. Of 10,000 NOTIFYs as fast as they go through a 3.6.8
  with 64 MB, with 30 calls a second at the same time, 2 runs of 3 ended so: the calls take what transactions of t_uac_dlg
  leave. Without others a remainder stays that no transaction fits into: the emulator's server dies when a test sets the
  rest aside while phones still owe an answer.
- At the start, with the modules of that bench, 2.9 MB of 64 are in use on 2.4, 3.8 MB on 3.6 and 4.0. The emulator begins
  with what the recorded statistics have (statistics.json), whose server had more modules.
- ul_dump of 3.6 and 4.0 appends to a list by walking it: 0.8 s for 10,000 AORs, 3.1 s for 20,000, 22 s for 50,000 on
  one machine; 0.5 s and 2.2 s on a faster one; `brief` takes about the same (0.25 s and 1.1 s there). Only the process
  that serves it is busy meanwhile. On 2.4 it is linear: 0.03 s for 10,000, 0.1 s for 20,000, 0.6 s for 50,000, which the
  emulator takes anyway. ul_show_contact takes 12 to 45 microseconds everywhere.
"""

import collections
import time

MEGABYTE = 1 << 20

Block = collections.namedtuple("Block", "real used fragments")
"""An amount of memory: bytes with and without the allocator's own, and the number of pieces."""

Sizes = collections.namedtuple("Sizes", "pending answered aor contact instance")
"""Blocks without the bytes of their texts: a transaction, until and after its final answer; an AOR; a contact; what a
contact with a +sip.instance takes besides."""

_OLD = Sizes(
    Block(7127, 6983, 6), Block(7001, 6880, 5), Block(264, 168, 4), Block(469, 349, 5), Block(24, 0, 1)
)  # fmt: skip
_SIZES = {
    "1.11": _OLD,
    "2.4": _OLD,
    "3.6": Sizes(
        Block(7718, 7270, 8), Block(7350, 7066, 5), Block(392, 168, 4), Block(685, 405, 5), Block(56, 0, 1)
    ),
    "4.0": Sizes(
        Block(4062, 3558, 9), Block(3696, 3355, 6), Block(408, 184, 4), Block(685, 405, 5), Block(56, 0, 1)
    ),
}  # fmt: skip

DUMP_SECONDS = 8e-9  # of ul_dump on 3.x and 4.x, times the square of the number of AORs

_ANSWER = 328  # bytes of dlg_t in mi_print_uris() of tm/mi.c, 304 on 2.4

_ROUTINE = 0.5  # wt_timer ends between half a second early and late, as the routine runs once a second


class OutOfMemory(Exception):
    """The shared memory has no room for that."""


class SharedMemory:
    """Shared memory of a number of bytes. `failures`: how often it was too small; `aside`: bytes that a test set aside."""

    def __init__(self, total, version, start):
        """start: Block, what the server takes when it has started."""
        self.total = total
        self.sizes = _SIZES[version]
        self.real, self.used, self.fragments = start
        self.max_real = self.real
        self.aside = 0
        self.failures = 0

    @property
    def free(self):
        return self.total - self.real

    def fits(self, size):
        """Whether there are that many bytes; counts the failure when there are not."""
        if size <= self.free:
            return True
        self.failures += 1
        return False

    def take(self, block, text=0):
        """Take a block, and that many bytes of text; raises OutOfMemory."""
        if not self.fits(block.real + text):
            raise OutOfMemory
        self._add(block.real + text, block.used + text, block.fragments)

    def give(self, block, text=0):
        self._add(-block.real - text, -block.used - text, -block.fragments)

    def set_aside(self, amount):
        """Somebody else holds that many bytes from now on, or as many as are left; returns how many they are."""
        amount = max(0, min(int(amount), self.free + self.aside))
        self._add(amount - self.aside, amount - self.aside, (amount > 0) - (self.aside > 0))
        self.aside = amount
        return amount

    def _add(self, real, used, fragments):
        self.real += real
        self.used += used
        self.fragments += fragments
        self.max_real = max(self.max_real, self.real)

    def statistics(self):
        """The group shmem: of get_statistics."""
        return {
            "shmem:total_size": self.total,
            "shmem:used_size": self.used,
            "shmem:real_used_size": self.real,
            "shmem:max_used_size": self.max_real,
            "shmem:free_size": self.free,
            "shmem:fragments": self.fragments,
        }


class TransactionTable:
    """The transactions of tm: each holds memory until wt_timer seconds after its final answer."""

    def __init__(self, memory, wt_timer):
        self.memory = memory
        self.wt_timer = wt_timer
        self.inuse = 0
        self._waiting = collections.deque()  # (when answered, bytes of the request), the oldest first

    def handler_fits(self):
        """Whether there is room for what answers an asynchronous command later, which a server makes before it runs it."""
        sizes = self.memory.sizes
        return self.memory.fits(sizes.pending.real - sizes.answered.real)

    def reply_fits(self):
        """Whether the reply of MI to a phone's answer can be built: tm puts the answer's URIs into a piece of their own."""
        return self.memory.fits(_ANSWER)

    def begin(self, length):
        """A transaction whose request has that many bytes; raises OutOfMemory."""
        self.memory.take(self.memory.sizes.pending, length)
        self.inuse += 1

    def answered(self, length):
        """Its final answer is there, or the 408 of the server."""
        sizes = self.memory.sizes
        self.memory.give(sizes.pending)
        self.memory.take(sizes.answered)
        self._waiting.append((time.monotonic(), length))

    def sweep(self):
        """Free those whose time has come: to be called once a second."""
        until = time.monotonic() - max(0.0, self.wt_timer - _ROUTINE)
        while self._waiting and self._waiting[0][0] <= until:
            _when, length = self._waiting.popleft()
            self.memory.give(self.memory.sizes.answered, length)
            self.inuse -= 1
