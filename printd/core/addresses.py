"""Addresses of the network: which of them anybody may be sent to."""

from __future__ import annotations

import ipaddress
import socket

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def addresses_of(host: str, port: int) -> list[Address]:
    """Return the addresses behind a name, in the order in which they are to be tried.

    Raises:
        OSError: nobody knows the name.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(one[4][0]) for one in found))


def is_public(address: Address) -> bool:
    """Say whether it is one of the public network, also where it stands for another one.

    Source: RFC 6890; RFC 4291 (addresses with an IPv4 address in them), RFC 3056 (6to4).
    """
    inner = _inner_of(address)
    return inner.is_global and not inner.is_reserved and not inner.is_multicast


def is_of_a_network(address: Address) -> bool:
    """Say whether it is a machine, public or of the own network; no group, no link of this one."""
    inner = _inner_of(address)
    return not (inner.is_link_local or inner.is_multicast or inner.is_unspecified)


def _inner_of(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    return address.ipv4_mapped or address.sixtofour or address
