# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ports of the host that other programs use are found in what the kernel lists."""

from __future__ import annotations

import ipaddress

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.community.opensips.plugins.filter import opensips_config

REST = "00000000:00000000 00:00000000 00000000   107        0"
ANY6, LOOPBACK6 = "0" * 32, "00000000000000000000000001000000"
LINK_LOCAL6 = "000080FE000000000000000001000000"
MAPPED = "0000000000000000FFFF0000010200C0"


def listening(*sockets, own=(), more=""):
    """What a host lists. sockets: (table, address and port as the kernel writes them, state, inode)."""
    lines = [
        f"{table} {number}: {place} {'0' * (32 if table.endswith('6') else 8)}:0000 {state} {REST} {inode} 2 0 0"
        for number, (table, place, state, inode) in enumerate(sockets)
    ]
    links = [f"lrwx------ 1 root root 64 Nov 29 05:00 {number} -> socket:[{inode}]" for number, inode in enumerate(own)]
    return "\n".join([*lines, "total 0", *links, more])


def udp(address, inode=71):
    """An entry for listening() with port 5060."""
    data = ipaddress.ip_address(address).packed
    words = [data[start : start + 4][::-1].hex().upper() for start in range(0, len(data), 4)]
    return "udp" if len(words) == 1 else "udp6", f"{''.join(words)}:13C4", "07", inode


ports = opensips_config.FilterModule().filters()["opensips_config_ports"]


def problems(text, *lines):
    """Of a configuration with these lines."""
    return ports("\n".join(lines), text)


UDP_5060 = ("udp", "010200C0:13C4", "07", 71)


@pytest.mark.parametrize(
    "entry, socket",
    [
        (UDP_5060, "udp:192.0.2.1:5060"),
        (UDP_5060, "udp:192.0.2.1 use_workers 2"),
        (UDP_5060, "hep_udp:192.0.2.1:5060"),
        (UDP_5060, "udp:192.0.2.1:5058-5060"),
        (UDP_5060, "udp:192.0.2.1:5062,5058-5061 anycast"),
        (UDP_5060, "udp:*:5060"),
        (UDP_5060, "udp:*"),
        (UDP_5060, "UDP : 192.0.2.1 : any AS 198.51.100.1:5060"),
        (UDP_5060, 'udp:"192.0.2.1":5060'),
        (UDP_5060, "udp:0.0.0.0:5060"),
        (UDP_5060, "udp:[::]:5060"),
        (("udp", "00000000:13C4", "07", 71), "udp:192.0.2.1:5060"),
        (("udp", "00000000:13C4", "07", 71), "udp:eth0:5060"),
        (("udp", "00000000:13C4", "07", 71), "udp:sip-1.example.com as sip.example.com:5070 tag main"),
        (("udp", "00000000:13C4", "07", 71), 'udp:"tag":5060 tag reuse_port'),
        (("udp6", f"{ANY6}:13C4", "07", 71), "udp:[2001:db8::1]:5060"),
        (("udp", "0100007F:13C4", "07", 71), "udp:localhost:5060"),
        (("udp6", f"{MAPPED}:13C4", "07", 71), "udp:192.0.2.1:5060"),
        (("tcp6", f"{LOOPBACK6}:13C5", "0A", 71), "tls:[::1]"),
        (("tcp", "0100007F:01BB", "0A", 71), "wss:127.0.0.1:443"),
        (("tcp", "0100007F:01BB", "0A", 71), "wss:127.0.0.1"),
        (("udp", "0100007F:2364", "07", 71), "hep_udp:127.0.0.1"),
    ],
)
@pytest.mark.parametrize("name", ["socket", "listen"])
def test_a_port_of_another_program(name, entry, socket):
    lines = (f"{name}=udp:192.0.2.9:9", "# a comment", f"{name} = {socket}", "log_level=3")
    [problem] = problems(listening(entry), *lines)
    assert problem.startswith("line 3: another program on the host uses the port of ")
    assert "choose another port" in problem
    assert problems(listening(entry, own=[70, 71]), *lines) == [], "of the server itself"
    assert problems(listening(entry, more="unreadable"), *lines) == [], "nobody knows whose"


@pytest.mark.parametrize(
    "entry, socket",
    [
        (UDP_5060, "udp:192.0.2.2:5060"),
        (UDP_5060, "udp:192.0.2.1:5061"),
        (UDP_5060, "udp:192.0.2.2:5061 as 192.0.2.1:5060"),
        (UDP_5060, "udp:192.0.2.1:5060 anycast REUSE_PORT use_workers 3"),
        (UDP_5060, "tcp:192.0.2.1:5060"),
        (UDP_5060, "udp:eth0:5060"),
        (UDP_5060, "sctp:192.0.2.1:5060"),
        (UDP_5060, "udp:$(ip):5060"),
        (UDP_5060, "udp:192.0.2.1:PORT"),
        (UDP_5060, "udp:192.0.2.1:99999"),
        (UDP_5060, "bond:all {'udp:192.0.2.1:5060'}"),
        (UDP_5060, "udp:[192.0.2.1:5060"),
        (UDP_5060, "udp:192.0.2.1:"),
        (UDP_5060, "udp"),
        (("udp", "00000000:13C4", "07", 71), "udp:[2001:db8::1]:5060"),
        (("udp6", f"{LOOPBACK6}:13C4", "07", 71), "udp:[2001:db8::1]:5060"),
        (("udp6", f"{LOOPBACK6}:13C4", "07", 71), "udp:192.0.2.1:5060"),
        (("udp6", f"{LINK_LOCAL6}:13C4", "07", 71), "udp:*:5060"),
        # a connection, and a port that is not the default
        (("tcp", "010200C0:13C4", "01", 71), "tcp:192.0.2.1:5060"),
        (("tcp", "010200C0:13C4", "0A", 71), "ws:192.0.2.1"),
        (("tcp", "010200C0:13C4", "0A", 71), "msrp:192.0.2.1"),
    ],
)
def test_a_port_that_is_free_or_not_known(entry, socket):
    assert problems(listening(entry), f"socket={socket}", "log_level=3") == []


IPV6_ONLY, BOTH = (f"udp UNCONN 0 0 [::]:5060 [::]:* ino:71 sk:1 cgroup:/ v6only:{value} <->" for value in (1, 0))
ON_ANY6 = ("udp6", f"{ANY6}:13C4", "07", 71)


@pytest.mark.parametrize("socket", ["udp:192.0.2.1:5060", "udp:0.0.0.0:5060", "udp:sip.example.com:5060", "udp:*:5060"])
def test_a_program_on_any_address_of_ipv6_takes_ipv4_only_if_the_host_says_so(socket):
    line = f"socket={socket}"
    assert problems(listening(ON_ANY6), line) == []
    assert problems(listening(ON_ANY6, more=IPV6_ONLY), line) == []
    assert len(problems(listening(ON_ANY6, more=BOTH), line)) == 1


def test_a_socket_on_any_address_of_ipv6_takes_ipv4_unless_the_host_forbids_it():
    line = "socket=udp:[::]:5060"
    assert len(problems(listening(UDP_5060, more="bindv6only 0"), line)) == 1
    assert problems(listening(UDP_5060, more="bindv6only 1"), line) == []
    assert len(problems(listening(ON_ANY6, more="bindv6only 1"), line)) == 1


ADDRESSES = r"""
1: lo    inet 127.0.0.1/8 scope host lo\       valid_lft forever preferred_lft forever
1: lo    inet6 ::1/128 scope host noprefixroute \       valid_lft forever preferred_lft forever
2: eth0    inet 192.0.2.1/24 brd 192.0.2.255 scope global dynamic noprefixroute eth0\       valid_lft 86399sec
2: eth0    inet 192.0.2.7/24 scope global secondary eth0:sip\       valid_lft forever preferred_lft forever
2: eth0    inet6 fe80::1/64 scope link \       valid_lft forever preferred_lft forever
3: eth0.5@eth0    inet 198.51.100.1 peer 198.51.100.2/32 scope global eth0.5\       valid_lft forever
4: six    inet6 2001:db8::1/64 scope global deprecated \       valid_lft forever preferred_lft 0sec
"""
# Only on the loopback: no address of IPv4 for a name
ALONE = "\n".join(ADDRESSES.splitlines()[:3])


@pytest.mark.parametrize("address", ["127.0.1.1", "127.0.0.53", "203.0.113.1", "2001:db8::2", "fe80::1"])
@pytest.mark.parametrize("name", ["*", "eth0", "lo"])
def test_a_socket_on_interfaces_leaves_out_addresses_that_the_host_does_not_have(name, address):
    """Programs listen there with the whole network of the loopback, or with ip_nonlocal_bind."""
    assert problems(listening(udp(address), more=ADDRESSES), f"socket=udp:{name}:5060") == []


@pytest.mark.parametrize(
    "name, taken",
    [
        ("*", ["0.0.0.0", "::", "127.0.0.1", "::1", "192.0.2.1", "192.0.2.7", "198.51.100.1", "2001:db8::1"]),
        ("lo", ["0.0.0.0", "::", "127.0.0.1", "::1"]),
        ("eth0", ["0.0.0.0", "192.0.2.1"]),
        ('"eth0:sip"', []),
        ("eth0.5", ["0.0.0.0", "198.51.100.1"]),
        ("six", ["::", "2001:db8::1"]),
        ("sip.example.com", ["0.0.0.0"]),
    ],
)
def test_sockets_on_interfaces(name, taken):
    every = ["0.0.0.0", "::", "127.0.0.1", "::1", "192.0.2.1", "192.0.2.7", "198.51.100.1", "2001:db8::1"]
    line = f"socket=udp:{name}:5060"
    assert [address for address in every if problems(listening(udp(address), more=ADDRESSES), line)] == taken


HOSTS = """
hosts 127.0.0.1 localhost
hosts ::1 localhost ip6-localhost ip6-loopback
hosts 127.0.1.1\tsip.example.com sip # an address of the loopback
hosts
hosts 999 wrong
hosts 2001:db8::1 both
hosts 192.0.2.1 Both
hosts 192.0.2.2 both
"""


@pytest.mark.parametrize(
    "name, taken",
    [
        ("localhost", ["0.0.0.0", "127.0.0.1"]),
        ("ip6-localhost", ["::", "::1"]),
        ("SIP.example.com", ["0.0.0.0", "127.0.1.1"]),
        ("both", ["0.0.0.0", "192.0.2.1"]),
        ("wrong", ["0.0.0.0"]),
    ],
)
def test_sockets_on_names_that_the_host_has_itself(name, taken):
    every = ["0.0.0.0", "::", "127.0.0.1", "::1", "127.0.1.1", "192.0.2.1", "2001:db8::1"]
    line = f"socket=udp:{name}:5060"
    assert [address for address in every if problems(listening(udp(address), more=HOSTS), line)] == taken


def test_a_name_on_a_host_without_ipv4_may_be_one_of_ipv6():
    assert problems(listening(udp("0.0.0.0"), more=ALONE), "socket=udp:sip.example.com:5060") == []


@pytest.mark.parametrize("address", ["127.0.1.1", "127.0.0.53"])
def test_any_address_without_a_list_of_them(address):
    assert problems(listening(udp(address)), "socket=udp:*:5060") == []


@pytest.mark.parametrize(
    "socket, own, other",
    [
        # both with SO_REUSEADDR
        ("udp:192.0.2.1:5060", "192.0.2.1", "0.0.0.0"),
        ("udp:0.0.0.0:5060", "0.0.0.0", "192.0.2.1"),
        ("udp:*:5060", "192.0.2.1", "0.0.0.0"),
        ("udp:eth0:5060", "192.0.2.1", "0.0.0.0"),
        ("udp:sip.example.com:5060", "203.0.113.1", "0.0.0.0"),
        ("udp:192.0.2.1:5058-5060", "192.0.2.1", "0.0.0.0"),
    ],
)
def test_what_a_server_that_runs_shares_with_another_program_is_not_taken(socket, own, other):
    line = f"socket={socket}"
    both = [udp(other), udp(own, 70)]
    assert problems(listening(*both, own=[70]), line) == []
    assert len(problems(listening(*both, own=[]), line)) == 1, "of two other programs"


def test_a_server_on_one_address_does_not_share_the_others():
    sockets = listening(udp("192.0.2.1"), udp("127.0.0.1", 70), own=[70], more=ADDRESSES)
    assert len(problems(sockets, "socket=udp:*:5060")) == 1


# The port in the kernel's list, and lines whose last one has it
PARAMETERS = {
    "13C6": ['modparam("proto_tls", "tls_port", 5062)', "listen=tls:127.0.0.1"],
    "0051": ['modparam("proto_ws|proto_wss", "ws_port", 81)', "socket=ws:127.0.0.1"],
    "15B4": ['modparam("proto_bin", "bin_port", 1)', 'modparam("PROTO_BIN", "bin_port", 5556)', "socket=bin:127.0.0.1"],
    "22B8": ['loadmodule "httpd.so"'],
    "22B9": [
        'loadmodule "/usr/lib/httpd.so"',
        'modparam("httpd", "ip", \'127.0.0.1\')',
        'modparam("httpd", "port", 8889)',
    ],
}


@pytest.mark.parametrize("port", list(PARAMETERS))
def test_ports_in_parameters(port):
    entry = listening(("tcp", f"0100007F:{port}", "0A", 71))
    lines = PARAMETERS[port]
    [problem] = problems(entry, *lines)
    assert problem.startswith(f"line {len(lines)}: ")
    assert problems(entry, *lines, 'include_file "more.cfg"') == [], "a file may set the parameter again"


@pytest.mark.parametrize(
    "line",
    [
        'modparam("proto_.*", "tls_port", 5070)',
        'modparam("proto_tls", "tls_port", PORT)',
        'modparam("proto_tls", "tls_port", "50\\x36\\x31")',
        f'modparam("proto_tls", "tls_port", {"9" * 5000})',
        'include_file "more.cfg"',
    ],
)
def test_a_default_port_that_is_not_known(line):
    assert problems(listening(("tcp", "0100007F:13C5", "0A", 71)), line, "socket=tls:127.0.0.1") == []


def test_httpd_on_an_address_of_ipv6_takes_no_ipv4():
    lines = ('loadmodule "httpd.so"', 'modparam("httpd", "ip", "::")')
    assert problems(listening(("tcp", "0100007F:22B8", "0A", 71)), *lines) == []
    loopback6 = listening(("tcp6", f"{LOOPBACK6}:22B8", "0A", 71))
    assert (
        len(problems(loopback6, *lines)) == len(problems(loopback6, *[line.replace("::", "*") for line in lines])) == 1
    )


@pytest.mark.parametrize("place, count", [("0100007F", 1), ("00000000", 1), ("010200C0", 0)])
def test_httpd_without_an_address_has_the_loopback(place, count):
    """Of every version: 4.0 has nothing else."""
    assert len(problems(listening(("tcp", f"{place}:22B8", "0A", 71)), 'loadmodule "httpd.so"')) == count


@pytest.mark.parametrize(
    "parameter", ['"port", 0', '"port", ' + "9" * 5000, '"ip", "localhost"', '"ip", ""', '"ip", IP']
)
def test_httpd_where_nobody_knows(parameter):
    entry = listening(("tcp", "0100007F:22B8", "0A", 71))
    assert problems(entry, 'loadmodule "httpd.so"', f'modparam("httpd", {parameter})') == []


def test_sockets_of_datagrams():
    entry = listening(("udp", "0100007F:1F90", "07", 5))
    line = 'modparam("mi_datagram", "socket_name", "udp:127.0.0.1:8080")'
    [problem] = problems(entry, 'loadmodule "mi_datagram.so"', line)
    assert problem.startswith("line 2: ") and "udp:127.0.0.1:8080" in problem
    for other in ("/run/opensips/mi", "udp:127.0.0.1:8081", "udp:127.0.0.1", "udp:"):
        assert problems(entry, line.replace("udp:127.0.0.1:8080", other)) == []
        # the last one counts
        assert problems(entry, line, line.replace("udp:127.0.0.1:8080", other)) == []


@pytest.mark.parametrize(
    "text",
    [
        "#ifdef TLS\nsocket=udp:192.0.2.1:5060\n#endif",
        "define(`PORT', 5060)\nsocket=udp:192.0.2.1:5060",
        "{% if x %}socket=udp:192.0.2.1:5060{% endif %}",
        'socket=udp:192.0.2.1:5060\nlog_name="opens',
        "/* socket=udp:192.0.2.1:5060 */",
        'log_name="socket=udp:192.0.2.1:5060"',
        "route {\n socket=udp:192.0.2.1:5060\n}",
        "socket=",
        "",
    ],
)
def test_what_is_not_in_the_text_is_not_judged(text):
    assert ports(text, listening(UDP_5060)) == []


def test_messages_name_the_configuration_or_the_option():
    text = (
        "log_level=3\nsocket=udp:192.0.2.9:5060\nsocket=udp:192.0.2.1:5060\nsocket=udp:*:5060\n"
        'loadmodule "httpd.so"\nmodparam("httpd", "ip", "192.0.2.1")\nmodparam("httpd", "port", 8888)\n'
        'modparam("mi_datagram", "socket_name", "udp:192.0.2.1:8080")\n'
    )
    more = ("udp", "010200C0:1F90", "07", 72), ("tcp", "010200C0:22B8", "0A", 73)
    entry = listening(UDP_5060, *more)

    def labels(*arguments):
        return [problem.partition(":")[0] for problem in ports(text, entry, *arguments)]

    assert labels("opensips.cfg") == [f"opensips.cfg, line {number}" for number in (3, 4, 8, 7)]
    options = {
        "opensips_server_sockets": ["udp:192.0.2.9:5060", "udp:192.0.2.1:5060"],
        "opensips_server_globals_text": "\nsocket=udp:*:5060\n",
        "opensips_server_modparams": {"httpd": {"port": 8888}, "tm": None},
    }
    assert labels("opensips.cfg", options) == [
        "opensips_server_sockets[1]",
        "opensips_server_globals_text, line 2",
        "opensips_server_mi_datagram_socket",
        "opensips_server_modparams.httpd.port",
    ]
    options["opensips_server_modparams"] = {}
    assert labels("opensips.cfg", options)[3] == "opensips_server_mi_http_port"


def test_a_text_of_others_takes_no_time():
    sockets = "socket=udp:*:" + ",".join(["1-65535"] * 20000)
    many = "\n".join(["socket=udp:192.0.2.1:1-65535"] * 2000)
    for text in (sockets, "socket=" * 50000, "socket=udp:" + "[" * 50000, "socket=udp:a" + "-a" * 50000, many):
        ports(text, listening(UDP_5060))


@pytest.mark.parametrize("arguments", [(1, ""), (None, ""), ("", "", None, [1])])
def test_wrong_input(arguments):
    with pytest.raises(AnsibleFilterError, match="opensips_config_ports: "):
        ports(*arguments)
