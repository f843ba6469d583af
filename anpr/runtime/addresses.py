# SPDX-License-Identifier: AGPL-3.0-or-later
"""Client addresses as limits count them: an IPv6 client has a whole /64, IPv4 in IPv6 is IPv4."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_CLIENT_BITS = 64


def parsed_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address, IPv4 where it is mapped into IPv6; None when the text is none."""
    try:
        address = ip_address(text.split("%", 1)[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def client_key(text: str) -> str:
    """What a limit per address counts by: the IPv4 address, or the /64 network of an IPv6 one."""
    address = parsed_address(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _CLIENT_BITS), strict=False))
    return str(address) if address else text
