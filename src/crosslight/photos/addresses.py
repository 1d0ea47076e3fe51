"""Which addresses are of the open internet, and which host a URL really leads to.

The ranges stand here, as in IANA's registries of special-purpose addresses (read in 2026), because
what `ipaddress` calls global differs between Python versions.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from yarl import URL

_SPECIAL4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared by a provider's customers
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local: the metadata of clouds
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_UNICAST6: Final = IPv6Network("2000::/3")
"""All that IANA has given out. What lies outside is special or nobody's: `::/96`, mapped and
translated IPv4, `fc00::/7`, `fe80::/10`, `fec0::/10`, `ff00::/8`, `5f00::/16`, `100::/64` ..."""
_SPECIAL6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # Teredo, benchmarks, ORCHID and others
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: holds an IPv4 address
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""What DNS64 makes of an IPv4 address where a network has IPv6 only."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the open internet: unicast, and in no special-purpose range.

    Of the addresses that hold an IPv4 address only those of NAT64 can be public, as far as the
    IPv4 address is: it is how a network with IPv6 only reaches the rest.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL4)
    # With a zone an address is of one link, and compares unequal to the same without.
    if getattr(address, "scope_id", None):
        return False
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _UNICAST6 and not any(address in network for network in _SPECIAL6)


def connected_host(url: URL) -> str:
    """The host that a client of yarl connects to or asks the DNS for: IDNA-mapped, so that every
    full stop and digit of Unicode is the ASCII one. Empty where there is none."""
    return url.raw_host or ""


def literal_address(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is by itself; None for a name. Raises `ValueError` for a number
    that is no address in its usual form (`127.1`, `2130706433`): an old way to write one."""
    try:
        return ip_address(host)
    except ValueError:
        if ":" in host or host.replace(".", "").isdigit():
            raise ValueError("a number is no host") from None
        return None


def peer_is_public(host: str) -> bool:
    """Whether the address of a socket (as in `sockaddr`) is public. What is no address is not."""
    try:
        return is_public(ip_address(host))
    except ValueError:
        return False


def is_private_literal(url: str) -> bool:
    """Whether a URL names a private address by itself, or a host that nobody can tell. A name is
    judged by whoever resolves it."""
    try:
        address = literal_address(connected_host(URL(url)).partition("%")[0])
    except ValueError:
        return True
    return address is not None and not is_public(address)
