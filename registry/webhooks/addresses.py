"""Where a webhook may lead: to public addresses, and into those networks of our own that the host's owner allows.

A name is resolved once and the connection made to what was checked, so a name that changes its answer between the two
(DNS rebinding) gains nothing.
"""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Public by their number, but not ours to call: IPv4 inside of IPv6 (NAT64, 6to4, Teredo), and Azure's metadata service.
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "::/96",
        "168.63.129.16/32",
        "192.0.0.0/24",
        "fec0::/10",
        "192.88.99.0/24",
    )
)


class BadAddress(Exception):
    """An address that no webhook may have or be sent to; its text is one sentence."""


def check_url(url: str) -> None:
    """Refuse what can't be a webhook's address: other schemes, logins in it, and addresses that would be refused later."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadAddress("The address of a webhook must be a URL such as https://example.org/hook.") from None
    if parts.scheme not in ("http", "https") or not host or any(sign <= " " or sign == "\\" for sign in url):
        raise BadAddress("The address of a webhook must be a URL such as https://example.org/hook.")
    if parts.username is not None or parts.password is not None:
        raise BadAddress("The address of a webhook must hold no user name or password; the signature proves who sends.")
    if port == 0:
        raise BadAddress("Port 0 can't be called.")
    try:
        literal = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return
    if not is_allowed(literal):
        raise BadAddress(refusal(host, [literal]))


def is_allowed(address: Address) -> bool:
    """Whether a connection to this address may be made."""
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        address = mapped
    if any(address.version == network.version and address in network for network in settings.WEBHOOK_ALLOW):
        return True
    if any(address.version == network.version and address in network for network in _NEVER):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host that may be called, as texts, in the resolver's order. Raises BadAddress if none may."""
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadAddress(f"The host {host} can't be found: {getattr(error, 'strerror', None) or error}.") from None
    addresses = list(dict.fromkeys(ipaddress.ip_address(info[4][0].partition("%")[0]) for info in found))
    allowed = [str(address) for address in addresses if is_allowed(address)]
    if not allowed:
        raise BadAddress(refusal(host, addresses))
    return allowed


def refusal(host: str, addresses: list[Address]) -> str:
    where = ", ".join(str(address) for address in addresses[:3])
    said = host if [host] == [str(address) for address in addresses] else f"{host} ({where})"
    return f"{said} is not a public address; STUDIO_WEBHOOK_ALLOW names the networks that may be called all the same."
