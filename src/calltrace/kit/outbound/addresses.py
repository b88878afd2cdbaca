"""Which IP addresses may be connected to.

Python's ``is_global`` is not used: it says yes to several forms that carry a private address inside
(NAT64, 6to4). Allowed is what is known to be public; everything unknown stays refused.
Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries, RFC 4291, 5214, 6052, 7526, 8215.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from calltrace.kit.outbound.policy import OutboundPolicy

IPAddress = IPv4Address | IPv6Address

_NOT_PUBLIC_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; also one cloud's metadata service
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # looks public, is Azure's platform service inside every Azure network
        "169.254.0.0/16",  # link-local; most clouds' metadata services
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; also one cloud's metadata service
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112 sink
        "192.52.193.0/24",  # multicast tunnelling
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112 sink
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)

_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking, anycast services
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries an IPv4 address and its relays are withdrawn (RFC 7526)
        "2620:4f:8000::/48",  # AS112 sink
        "3ffe::/16",  # 6bone, returned
        "3fff::/20",  # documentation
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
"""The well-known translation prefix (RFC 6052), how IPv6-only networks reach IPv4 hosts. The local-use
prefix 64:ff9b:1::/48 (RFC 8215) stays refused: where its inner address starts is each site's choice."""

_ISATAP_MARKS = (0x00005EFE, 0x02005EFE)
_LOW_32 = 0xFFFF_FFFF


def judge_address(address: IPAddress, policy: OutboundPolicy) -> bool:
    """Whether ``address`` may be connected to on some port."""
    return _is_opened(address, policy) or _is_public(address)


def judge_endpoint(address: IPAddress, port: int, policy: OutboundPolicy) -> bool:
    """Whether ``address`` may be connected to on ``port``; ranges opened by the operator take any port."""
    return _is_opened(address, policy) or (port in policy.ports and _is_public(address))


def effective(address: IPAddress) -> IPAddress:
    """The address that packets really go to: an IPv4-mapped IPv6 address is IPv4 on the wire."""
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def _is_opened(address: IPAddress, policy: OutboundPolicy) -> bool:
    if _has_zone(address):
        return False
    return any(effective(address) in network for network in policy.allow_cidrs)


def _is_public(address: IPAddress) -> bool:
    address = address if _has_zone(address) else effective(address)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return not _has_zone(address) and _is_public_v6(address)


def _is_public_v6(address: IPv6Address) -> bool:
    inner = IPv4Address(int(address) & _LOW_32)
    if address in _NAT64:
        return _is_public(inner)
    if (int(address) >> 32) & _LOW_32 in _ISATAP_MARKS and not _is_public(inner):
        return False
    return address in _GLOBAL_UNICAST_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


def _has_zone(address: IPAddress) -> bool:
    return isinstance(address, IPv6Address) and address.scope_id is not None
