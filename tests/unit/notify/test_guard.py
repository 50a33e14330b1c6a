"""Five hundred addresses that lead into the house, in every spelling and by names that lie: nobody is called.

Whatever the guard lets pass is led to a listener of ours, so that a call to any address at all is seen.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

import httpcore
import pytest

from silkway.notify.channels import webhook
from silkway.notify.channels.guard import Guard, may_connect, resolve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from typing import Any

    from silkway.notify.channels.guard import Network
    from silkway.notify.channels.outcome import Outcome

IPV4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/29", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "169.254.169.254/32", "255.255.255.255/32",
]  # fmt: skip
IPV6 = [
    "::/128", "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "100::/64", "2001:db8::/32",
    "2001::/32", "2002::/16", "64:ff9b:1::/48", "2606:4700:0:0:0:5efe::/96",
]  # fmt: skip
PUBLIC = ["93.184.215.14", "2606:4700:4700::1111", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"]
COUNT = 500


def one_of(network: str, chance: random.Random) -> str:
    """An address of a network."""
    if ":" in network:
        wide = IPv6Network(network)
        return str(wide[chance.randrange(wide.num_addresses)])
    return str(IPv4Network(network)[chance.randrange(IPv4Network(network).num_addresses)])


def spellings(address: str) -> list[str]:
    """An IPv4 address as a URL may write it, and as IPv6 addresses hold it."""
    number, parts = int(IPv4Address(address)), [int(part) for part in address.split(".")]
    return [
        address,
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(f"0{part:o}" for part in parts),
        ".".join(hex(part) for part in parts),
        f"{parts[0]}.{number & 0xFFFFFF}",
        f"{parts[0]}.{parts[1]}.{number & 0xFFFF}",
        f"[::ffff:{address}]",
        f"[::{address}]",
        f"[64:ff9b::{IPv6Address(number).exploded[-9:]}]",
        f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]",
    ]


def literals(chance: random.Random) -> list[str]:
    hosts = [spelled for network in IPV4 for spelled in spellings(one_of(network, chance))]
    hosts += [f"[{one_of(network, chance)}]" for network in IPV6 for _ in range(3)]
    return list(dict.fromkeys(hosts))


def lies(chance: random.Random, count: int) -> dict[str, list[str]]:
    """Names, and what they resolve to: something of the house, alone, before or behind something public."""
    found = {}
    for number in range(count):
        inside = one_of(chance.choice(IPV4 + IPV6), chance)
        if "." in inside and chance.random() < 0.3:
            inside = f"::ffff:{inside}"
        public = chance.choice(PUBLIC)
        found[f"hook-{number}.example"] = chance.choice([[inside], [public, inside], [inside, public]])
    return found


class ToUs(httpcore.AnyIOBackend):
    """Leads every connection to the listener, and keeps what was asked for."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port, self.asked = port, list[tuple[str, int]]()

    async def connect_tcp(
        self, host: str, port: int, *more: Any, **others: Any
    ) -> httpcore.AsyncNetworkStream:
        self.asked.append((host, port))
        return await super().connect_tcp("127.0.0.1", self.port)


class Listener:
    """A real socket that counts who comes and answers with `answer`."""

    def __init__(self, answer: str = "204 -") -> None:
        self.came, self.answer, self.port, self.heard = 0, answer, 0, b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came += 1
        self.heard = await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {self.answer}\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening(answer: str = "204 -") -> AsyncIterator[Listener]:
    listener = Listener(answer)
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    async with server:
        listener.port = server.sockets[0].getsockname()[1]
        yield listener


class Names:
    """A resolver: the names that it was told, each with its answers in turn; anything else as the system does."""

    def __init__(self, *turns: dict[str, list[str]]) -> None:
        self.turns, self.asked = turns, 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        names = self.turns[min(self.asked, len(self.turns) - 1)]
        self.asked += 1
        return names[host] if host in names else await resolve(host, port)


async def call(addresses: Iterable[str], guard: Guard, own: Sequence[Network] = ()) -> list[Outcome]:
    """What becomes of a webhook to each of these, as the sender calls them."""
    async with webhook.new_client(2.0, guard) as client:
        return [await webhook.call(client, one, "D-1", "{}", [b"k"], 0, own) for one in addresses]


async def test_five_hundred_addresses_that_lead_inside_are_never_called() -> None:
    chance = random.Random(500)
    hosts = literals(chance)
    names = lies(chance, COUNT - len(hosts) - 5)
    async with listening() as listener:
        port = listener.port
        odd = [
            f"http://me:secret@127.0.0.1:{port}/",
            f"http://shop.example@127.0.0.1:{port}/",
            f"http://localhost:{port}/",
            f"http://127.0.0.1:{port}#@shop.example/",
            f"gopher://127.0.0.1:{port}/",
        ]
        addresses = [*odd, *(f"http://{host}:{port}/hook" for host in [*hosts, *names])]
        dialling = ToUs(port)
        outcomes = await call(addresses, Guard((), Names(names), dialling))
    assert len(set(addresses)) == COUNT
    assert {outcome.outcome for outcome in outcomes} <= {"FAILED", "GONE"}
    assert (dialling.asked, listener.came) == ([], 0)


async def test_what_is_public_is_called_at_the_address_that_was_judged_and_never_resolved_again() -> None:
    rebinding = Names({"hook.example": ["93.184.215.14"]}, {"hook.example": ["127.0.0.1"]})
    async with listening() as listener:
        dialling = ToUs(listener.port)
        first, second = await call(["http://hook.example/a"] * 2, Guard((), rebinding, dialling))
    assert first.outcome == "DELIVERED"
    assert dialling.asked == [("93.184.215.14", 80)]
    assert b"host: hook.example" in listener.heard.lower()
    assert (second.outcome, second.detail) == (
        "FAILED",
        "ConnectError: hook.example is not on a public network",
    )


async def test_networks_of_ones_own_are_called_when_they_are_named() -> None:
    own = [IPv4Network("127.0.0.0/8")]
    async with listening() as listener:
        [outcome] = await call([f"http://127.0.0.1:{listener.port}/"], Guard(own), own)
    assert (outcome.outcome, listener.came) == ("DELIVERED", 1)


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with (
        listening() as inside,
        listening(f"302 -\r\nlocation: http://127.0.0.1:{inside.port}/") as outside,
    ):
        names = Names({"hook.example": ["93.184.215.14"]})
        [outcome] = await call(["http://hook.example/"], Guard((), names, ToUs(outside.port)))
    assert (outcome.outcome, outcome.status) == ("FAILED", 302)
    assert (outside.came, inside.came) == (1, 0)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public_in_every_form(address: str) -> None:
    assert may_connect(ip_address(address))
