"""Where webhooks may go: to public addresses, resolved once, and to networks of one's own that are named.

A subscriber chooses the address, and our sender stands where subscribers do not: what it may reach decides whether
an address can be used to look into the house. Spellings are not judged: whatever a name or a number resolves to is.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

import httpcore
import httpx

from silkway.notify.channels import under_way

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""All addresses of a host, as text; raises OSError where it has none."""

RESOLVE_TIMEOUT_S: Final = 5.0
_RESOLVERS: Final = ThreadPoolExecutor(under_way.MOST, thread_name_prefix="resolve")
"""The system's resolver keeps a thread for as long as a name server does not answer, whoever has given up meanwhile.
asyncio's own threads, a handful, are also asked for the addresses of Kafka and PostgreSQL."""
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_TUNNELS: Final = (
    IPv6Network("2002::/16"),  # 6to4
    IPv6Network("2001::/32"),  # Teredo
    IPv4Network("192.88.99.0/24"),  # 6to4's relays
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP: Final = (0x00005EFE, 0x02005EFE)


def may_connect(address: Address, own: Iterable[Network] = ()) -> bool:
    """Whether an address is public or in a network of one's own. An IPv4 address in an IPv6 one is judged itself."""
    if isinstance(address, IPv6Address):
        inner = _within(address)
        if inner is not None:
            return may_connect(inner, own)
    if any(address.version == network.version and address in network for network in own):
        return True
    if address.is_multicast or address.is_reserved or address.is_unspecified or not address.is_global:
        return False
    if any(address.version == tunnel.version and address in tunnel for tunnel in _TUNNELS):
        return False
    if isinstance(address, IPv6Address):
        return address in _GLOBAL_UNICAST and (int(address) >> 32 & 0xFFFFFFFF) not in _ISATAP
    return True


def _within(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this one end at: mapped, or by NAT64's well-known prefix."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def literal(host: str) -> Address | None:
    """The address that a URL's host is, in its plain spelling; None for a name, and for odd spellings of numbers."""
    try:
        return ip_address(host)
    except ValueError:
        return None


async def resolve(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says."""
    loop = asyncio.get_running_loop()
    asked = loop.run_in_executor(_RESOLVERS, socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM)
    found = await asyncio.wait_for(asked, timeout=RESOLVE_TIMEOUT_S)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Guard(httpcore.AsyncNetworkBackend):
    """Opens connections. A name is resolved once, all its addresses are judged, and one that was judged is called.

    TLS still asks for the certificate of the name. `resolving` and `dialling` are the system's own unless a test
    looks at them.
    """

    def __init__(
        self,
        own: Sequence[Network] = (),
        resolving: Resolve = resolve,
        dialling: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._own, self._resolve = own, resolving
        self._dial = dialling or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's word
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises ConnectError if the host has an address that may not be called, or none that answers."""
        try:
            found = [ip_address(text) for text in await self._resolve(host, port)]
        except (OSError, ValueError) as error:  # a timeout is an OSError, an unknown name too
            raise httpcore.ConnectError(f"{host} has no address: {type(error).__name__}") from None
        if not all(may_connect(address, self._own) for address in found):
            # A public one beside one that is not is a trick; which one it is, is none of the subscriber's business.
            raise httpcore.ConnectError(f"{host} is not on a public network")
        refused: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in found:
            try:
                return await self._dial.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refused = error
        raise refused

    async def sleep(self, seconds: float) -> None:
        """As httpcore waits between tries."""
        await self._dial.sleep(seconds)


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over connections that the guard opens; httpx has no way to name a backend."""

    def __init__(self, guard: Guard, limits: httpx.Limits) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False, limits=limits)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=guard,
        )
