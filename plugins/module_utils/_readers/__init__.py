# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Readers turn MI replies of any OpenSIPS version into the same records.

One module a kind, with two functions: ``parse(reply)`` gives the records of a Reply, ``read(conn)`` asks the server for it
first. Records are plain data with the same keys on every version; what a version does not tell is None. Numbers and
times are int (seconds), switches are bool. Times of day are ISO 8601 without a zone: the server writes its local time and
does not say which zone that is.

parse() raises MalformedReply for a reply that is not what the command answers, and nothing else. read() raises what
Connection.call() raises.
"""
