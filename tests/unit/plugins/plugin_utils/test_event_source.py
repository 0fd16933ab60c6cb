# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the event source, its socket and its buffer."""

from __future__ import annotations

import importlib.util
import ipaddress
import pathlib
import socket
import threading

import pytest
import yaml

from ansible_collections.community.opensips.plugins.module_utils._events import addresses
from ansible_collections.community.opensips.plugins.module_utils._events.receiver import Buffer, Receiver
from ansible_collections.community.opensips.plugins.module_utils._mi.errors import BadParameters
from ansible_collections.community.opensips.plugins.module_utils._module.argspec import CONNECTION_OPTIONS
from ansible_collections.community.opensips.plugins.plugin_utils._event_options import OWN, SourceOptions
from ansible_collections.community.opensips.tests.unit.plugins.module_utils._readers import (
    test_readers_event_records as records,
)

COLLECTION = pathlib.Path(__file__).absolute().parents[4]
SOURCE = COLLECTION / "extensions/eda/plugins/event_source/opensips.py"
MI = {"host": "127.0.0.1", "port": 8080}
LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
AOR = b"E_UL_AOR_INSERT\naor::%d\n\n"
GATEWAY = b"E_DROUTING_STATUS\ngwid::gw1\nstatus::inactive\n\n"


def documentation():
    spec = importlib.util.spec_from_file_location("event_source_opensips", SOURCE)
    source = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(source)
    return yaml.safe_load(source.DOCUMENTATION)


def bare(options):
    return {name: {key: spec[key] for key in spec if key not in ("description",)} for name, spec in options.items()}


class TestOptions:
    def test_documented(self):
        documented = bare(documentation()["options"])
        assert documented == OWN

    def test_the_guide_has_every_option(self):
        guide = (COLLECTION / "docs/docsite/rst/events.rst").read_text(encoding="utf-8")
        assert [name for name in OWN if f"``{name}``" not in guide] == []

    def test_defaults(self):
        options = SourceOptions({"events": "E_PIKE_BLOCKED", **MI})
        assert (options.events, options.listen_host, options.advertise_host) == (
            ["E_PIKE_BLOCKED"],
            "127.0.0.1",
            "127.0.0.1",
        )
        assert (options.server, options.event_transport, options.listen_port) == ("127.0.0.1", "udp", 0)
        assert options.networks[0] == LOOPBACK[0]

    def test_a_server_of_this_host(self, tmp_path):
        options = SourceOptions({"events": ["E_*"], "fifo_path": str(tmp_path / "fifo")})
        assert (options.server, options.listen_host) == (socket.gethostname(), "127.0.0.1")

    def test_of_the_environment(self, monkeypatch):
        monkeypatch.setenv("OPENSIPS_MI_URL", "http://127.0.0.2:8888/mi")
        options = SourceOptions({"events": ["E_*"]})
        assert (options.server, options.connection["url"]) == ("127.0.0.2", "http://127.0.0.2:8888/mi")
        assert SourceOptions({"events": ["E_*"], **MI}).server == "127.0.0.1"

    @pytest.mark.parametrize(
        "wrong, message",
        [
            ({"events": []}, "events is empty"),
            ({"events": None}, "events"),
            ({"events": ["E_A", "E B"]}, "events[1] is 'E B'"),
            ({"event": ["E_A"]}, "the event source has no option event. The options are accept_from, advertise_host"),
            ({"listen_port": 70000}, "listen_port is 70000"),
            ({"listen_port": "many"}, "listen_port"),
            ({"event_transport": "sctp"}, "event_transport"),
            ({"subscription_expires": 5}, "subscription_expires is 5"),
            ({"check_interval": 40}, "check_interval is 40, and subscription_expires 60"),
            ({"buffer_size": 1}, "buffer_size is 1"),
            ({"listen_host": "::1"}, "listen_host is '::1'"),
            ({"listen_host": "localhost"}, "listen_host is 'localhost'"),
            ({"listen_host": "0.0.0.0"}, "advertise_host is 0.0.0.0"),
            ({"accept_from": ["192.0.2.0/33"]}, "accept_from[0] is '192.0.2.0/33'"),
            ({"accept_from": []}, "accept_from is empty"),
            ({"transport": "http"}, "url"),
            (
                {"url": "http://127.0.0.1/mi"},
                "url (from the event source) contradict each other. Leave out all but one, or set transport",
            ),
        ],
    )
    def test_bad_input(self, wrong, message):
        with pytest.raises(BadParameters) as error:
            SourceOptions({"events": ["E_A"], **MI, **wrong})
        assert message in str(error.value)

    def test_no_error_has_a_password(self):
        url = "http://admin:s3cret@192.0.2.1:8888/mi"
        for wrong in ({"url": url}, {"url": url, "listen_port": "many"}, {"url_password": "s3cret", "event": "E_A"}):
            with pytest.raises(BadParameters) as error:
                SourceOptions({"events": ["E_A"], **wrong})
            assert "s3cret" not in str(error.value) + error.value.hint

    def test_a_server_without_an_ipv4_address(self, monkeypatch):
        monkeypatch.setattr(addresses, "_addresses", lambda host: [])
        with pytest.raises(BadParameters, match="has no IPv4 address"):
            SourceOptions({"events": ["E_A"], **MI})

    def test_every_connection_option(self):
        spec = dict.fromkeys(CONNECTION_OPTIONS)
        assert SourceOptions({"events": ["E_A"], **MI}).connection.keys() == spec.keys()


class Received:
    """A Receiver with its Buffer. come: Event that is set when something has come."""

    def __init__(self, transport="udp", size=1000, networks=None, port=0):
        self.come = threading.Event()
        self.closed = threading.Event()
        self.buffer = Buffer(size, self.come.set)
        self.receiver = Receiver(transport, "127.0.0.1", port, networks or LOOPBACK, self.buffer, self.closed.set)
        self.address = ("127.0.0.1", self.receiver.port)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.receiver.close()

    def wait(self, count):
        """That many records, as soon as they are there."""
        found = []
        while len(found) < count:
            assert self.come.wait(10), f"{len(found)} of {count}"
            self.come.clear()
            found += self.buffer.take(count)
        return found

    def wait_until_looked_at(self, count):
        """Until that many have become records, or were malformed."""
        while len(self.buffer._records) + self.buffer._losses.malformed < count:
            assert self.come.wait(0.01) or self.receiver._thread.is_alive()
            self.come.clear()

    def losses(self, ready):
        """The losses, as soon as ready (function of them) holds."""
        while not ready(self.buffer._losses):
            assert self.come.wait(10)
            self.come.clear()
        return self.buffer.take_losses()


def udp():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


class TestReceiver:
    def test_a_socket_that_is_taken(self):
        for transport in ("udp", "tcp"):
            with Received(transport) as first, pytest.raises(BadParameters) as error:
                Received(transport, port=first.receiver.port)
            assert "listen_port: cannot listen at 127.0.0.1" in str(error.value)

    def test_an_address_of_another_host(self):
        with pytest.raises(BadParameters, match="listen_host"):
            Receiver("udp", "192.0.2.1", 0, LOOPBACK, Buffer(100, bool), bool)

    def test_others_are_counted_and_not_looked_at(self):
        with Received(networks=[ipaddress.ip_network("192.0.2.1")]) as received, udp() as sender:
            for _number in range(3):
                sender.sendto(GATEWAY, received.address)
            losses = received.losses(lambda found: found.foreign == 3)
            assert (losses.address, received.buffer.take(10)) == ("127.0.0.1", [])

    def test_others_over_tcp_are_not_heard(self):
        with Received("tcp", networks=[ipaddress.ip_network("192.0.2.1")]) as received:
            with socket.create_connection(received.address, 5) as sender:
                assert sender.recv(10) == b""
            assert received.losses(lambda found: found.foreign == 1)

    def test_a_full_buffer_drops_phones_before_gateways(self):
        with Received(size=100) as received, udp() as sender:
            for number in range(120):
                sender.sendto(AOR % number, received.address)
            for _number in range(15):
                sender.sendto(GATEWAY, received.address)
            # the last one waits for room, and so says that all others have been looked at
            while sum(received.buffer._losses.shed.values()) < 35:
                assert received.come.wait(10)
            losses = received.buffer.take_losses()
            assert losses.shed == {"E_UL_AOR_INSERT": 30, "E_DROUTING_STATUS": 5}
            names = [record["name"] for record in received.buffer.take(1000)]
            assert (names.count("E_UL_AOR_INSERT"), names.count("E_DROUTING_STATUS")) == (90, 10)

    def test_fuzzed_datagrams_do_not_stop_it(self):
        with Received(size=100000) as received, udp() as sender:
            for number, data in enumerate(records.fuzzed(records.FUZZED), 1):
                sender.sendto(data, received.address)
                if number % 50 == 0:  # the kernel's buffer is never full
                    received.wait_until_looked_at(number)
            losses = received.buffer.take_losses()
            assert losses.unread == 0
            assert losses.malformed > 1000

    def test_fuzzed_streams_do_not_stop_it(self):
        with Received("tcp", size=100000) as received:
            for _connection in range(5):
                with socket.create_connection(received.address, 5) as sender:
                    try:
                        for data in records.fuzzed(2000):
                            sender.sendall(data)
                    except OSError:
                        pass  # it ends a stream that is none
            with socket.create_connection(received.address, 5) as sender:
                sender.sendall(b'{"method":"E_LA')
                sender.sendall(b'ST"}')
                while "E_LAST" not in [record["name"] for record in received.buffer.take(100000)]:
                    assert received.come.wait(10)
                    received.come.clear()

    def test_the_end_of_a_stream_is_reported(self):
        with Received("tcp") as received:
            with socket.create_connection(received.address, 5) as sender:
                sender.sendall(b'{"method":"E_A"}{"method":"E_B"}')
                assert [record["name"] for record in received.wait(2)] == ["E_A", "E_B"]
            assert received.closed.wait(10)
