"""Where tellings may go: to addresses in public, and to those of the own network that the administrator names.

A name is looked up once, every address that it has is looked at, and the request goes to the one that was looked at:
a name that leads elsewhere a moment later changes nothing.
"""

import asyncio
import socket
import ssl
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import httpx
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
LONGEST_ANSWER = 15.0  # seconds for all of it; httpx counts from byte to byte
PORTS = {"https": 443, "http": 80}
TRANSLATED = IPv6Network("64:ff9b::/96")  # the last four bytes are a number of the older kind


class ForbiddenAddressError(KeepersError):
    """Nothing is sent to this address."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: the name in the address, and the number that it was found to have."""

    url: httpx.URL
    host: str
    number: str


def check_address(url: str, *, allowed: Collection[str]) -> None:
    """Refuse an address to which nothing would be sent, as far as the address tells.

    Args:
        url: the address.
        allowed: hosts of the own network that may be told.

    Raises:
        ForbiddenAddressError: it is none, is not secured, or is of the own network.
    """
    parts = _parts(url)
    host = _host_of(parts)
    if host in allowed:
        return
    if parts.scheme != "https":
        raise ForbiddenAddressError(_("The address must begin with https://, so that nobody reads along."))
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or not _is_public(host, name=True):
        raise _of_own_network(host)


def place_of(url: str, *, allowed: Collection[str]) -> Place:
    """Where the request to an address goes.

    Raises:
        ForbiddenAddressError: nothing is sent there.
        OSError: the name leads nowhere.
    """
    check_address(url, allowed=allowed)
    parts = _parts(url)
    port = parts.port or PORTS[parts.scheme]
    host = _host_of(parts)
    numbers = [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if host not in allowed and not all(_is_public(number) for number in numbers):
        raise _of_own_network(host)
    return Place(parts, host, numbers[0])


def post(place: Place, body: bytes, headers: dict[str, str]) -> int:
    """Send; the status that came back. What else came is not read.

    Raises:
        httpx.HTTPError: nothing came back.
        TimeoutError: it did not come in time; each of its bytes may have.
    """
    return asyncio.run(_post(place, body, headers))


async def _post(place: Place, body: bytes, headers: dict[str, str]) -> int:
    there = place.url.copy_with(host=place.number)
    named = headers | {"host": place.url.netloc.decode()}
    async with (
        asyncio.timeout(LONGEST_ANSWER),
        httpx.AsyncClient(verify=_trusted(), timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client,
        client.stream("POST", there, content=body, headers=named, extensions={"sni_hostname": place.host}) as answer,
    ):
        return answer.status_code


@cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates count; reading them takes longer than a request."""
    return httpx.create_ssl_context(trust_env=False)


def _parts(url: str) -> httpx.URL:
    try:
        parts = httpx.URL(url)
        port = urlsplit(url).port
    except (httpx.InvalidURL, ValueError) as wrong:
        raise _no_address() from wrong
    if parts.scheme not in PORTS or not parts.host or parts.userinfo or port == 0:
        raise _no_address()
    return parts


def _host_of(parts: httpx.URL) -> str:
    return parts.raw_host.decode().lower().rstrip(".")


def _no_address() -> ForbiddenAddressError:
    return ForbiddenAddressError(_("This is no web address. Write https://, a host and a path, without a password."))


def _of_own_network(host: str) -> ForbiddenAddressError:
    return ForbiddenAddressError(
        _("%(host)s is in the own network. Whoever runs Keepers can allow it by KEEPERS_WEBHOOK_HOSTS.")
        % {"host": host}
    )


def _is_public(host: str, *, name: bool = False) -> bool:
    """Whether a number is everybody's; a name is looked up later."""
    try:
        number = ip_address(host.partition("%")[0])
    except ValueError:
        return name
    mapped = getattr(number, "ipv4_mapped", None) or getattr(number, "sixtofour", None)
    number = mapped or number
    if isinstance(number, IPv6Address) and number in TRANSLATED:
        number = IPv4Address(int(number) & 0xFFFFFFFF)
    return number.is_global and not number.is_multicast
