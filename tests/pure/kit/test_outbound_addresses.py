"""Addresses that may and may not be connected to."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.kit.errors import ConfigurationError
from calltrace.kit.outbound import OutboundPolicy
from calltrace.kit.outbound.addresses import judge_address, judge_endpoint

PUBLIC = OutboundPolicy()
LAN = OutboundPolicy.parse(["10.20.0.0/16", "fd00:20::/32"])


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.254",
        "127.0.0.1",
        "127.8.9.10",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.254",
        "192.0.0.8",
        "192.0.2.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.2",
        "192.168.1.1",
        "192.175.48.1",
        "198.18.0.1",
        "198.19.255.254",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::808:808",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.1.2.3",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "2620:4f:8000::1",
        "2a00:1450::5efe:10.0.0.1",
        "2a00:1450::200:5efe:127.0.0.1",
        "3ffe::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "2a00:1450::1%eth0",
        "::ffff:8.8.8.8%1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not judge_address(ip_address(address), PUBLIC)


@pytest.mark.parametrize(
    "address",
    [
        "1.0.0.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:9.9.9.9",
        "64:ff9b::9.9.9.9",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2003::1",
        "2606:4700::1111",
        "2a00:1450::5efe:9.9.9.9",
        "3fff:1000::1",
    ],
)
def test_a_public_neighbour_stays_reachable(address: str) -> None:
    assert judge_address(ip_address(address), PUBLIC)


def test_an_opened_range_is_reachable_on_any_port_and_the_rest_is_not() -> None:
    assert judge_endpoint(ip_address("10.20.3.4"), 5060, LAN)
    assert judge_endpoint(ip_address("::ffff:10.20.3.4"), 5060, LAN)
    assert judge_endpoint(ip_address("fd00:20::7"), 8443, LAN)
    assert not judge_address(ip_address("10.21.0.1"), LAN)
    assert not judge_address(ip_address("fd00:21::7"), LAN)
    assert not judge_endpoint(ip_address("9.9.9.9"), 5060, LAN)
    assert judge_endpoint(ip_address("9.9.9.9"), 443, LAN)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_hidden_in_ipv6_is_never_more_than_itself(inner: IPv4Address) -> None:
    hidden = [
        IPv6Address(int(inner)),
        IPv6Address(0xFFFF << 32 | int(inner)),
        IPv6Address(0x64FF9B << 96 | int(inner)),
        IPv6Address(0x2002 << 112 | int(inner) << 80),
    ]
    if any(judge_address(address, PUBLIC) for address in hidden):
        assert judge_address(inner, PUBLIC)


@given(st.ip_addresses(v=6))
def test_ipv6_outside_global_unicast_is_public_only_as_a_translation(address: IPv6Address) -> None:
    if judge_address(address, PUBLIC) and address not in ip_network("2000::/3"):
        assert address in ip_network("64:ff9b::/96") or address.ipv4_mapped is not None


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"allow_cidrs": "10.0.0.1/8"}, "OUTBOUND_ALLOW_CIDRS"),
        ({"allow_cidrs": "the office"}, "OUTBOUND_ALLOW_CIDRS"),
        ({"ports": "https"}, "OUTBOUND_PORTS"),
        ({"ports": "443,70000"}, "OUTBOUND_PORTS"),
        ({"ca_file": "nowhere.pem"}, "OUTBOUND_CA_FILE"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(settings: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        OutboundPolicy.parse(**settings)


def test_empty_settings_are_the_defaults() -> None:
    assert OutboundPolicy.parse("", "", "") == OutboundPolicy()
    assert OutboundPolicy.parse("", "443, 8443").ports == {443, 8443}
