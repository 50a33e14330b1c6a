"""`python -m bench.quotes`: how long a quote takes over HTTP where 100,000 rate cards are known.

A logistics service of its own on the embedded Kafka and PostgreSQL, with the live clock ticking. 1,000 lanes between
real ports with 100 cards each: 5 modes and 5 carriers in each of 4 quarters. Every quote is of another lane than the
one before, is computed from the database, published to Kafka and kept by the consumer meanwhile. Exits with 1 where
the 99th percentile of one client is above the promise.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import httpx

from silkway.cli.addresses import Addresses
from silkway.cli.feed import Feed
from silkway.cli.migrate import migrate_service
from silkway.cli.topics import create_topics
from silkway.contracts import LIVE_CLOCK, PeakSeason, RateCardPublished, RateFee, RateTier
from silkway.embedded import Daemon, Stack
from silkway.logistics.domain.rate import Lane, RateCard, publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from silkway.contracts.fields import CarriageMode

PROMISE_MS: Final = 50
LANES, CARRIERS, QUARTERS = 1_000, 5, 4
WARM_UP, QUOTES, CLIENTS = 200, 2_000, 4
TENANT, PREFIX = "bench", "quotes."
MODES: Final[tuple[CarriageMode, ...]] = ("SEA", "AIR", "ROAD", "RAIL", "EXPRESS")
ORIGINS: Final = (
    "CNSHA", "CNNGB", "CNSZX", "CNTAO", "CNXMN", "HKHKG", "VNHPH", "INNSA", "TRIZM", "KRPUS",
    "MYPKG", "THLCH", "IDJKT", "TWKHH", "LKCMB", "BDCGP", "PKKHI", "SGSIN", "CNDLC", "CNYTN",
)  # fmt: skip
DESTINATIONS: Final = (
    "DEHAM", "NLRTM", "BEANR", "GBFXT", "FRLEH", "ITGOA", "ESVLC", "GRPIR", "PLGDN", "USLAX",
    "USLGB", "USOAK", "USNYC", "USSAV", "USHOU", "CAVAN", "MXZLO", "BRSSZ", "CLSAI", "AEJEA",
    "ZADUR", "KEMBA", "NGLOS", "EGPSD", "AUSYD", "NZAKL", "JPTYO", "JPYOK", "JPOSA", "RULED",
    "SEGOT", "NOOSL", "FIHEL", "DKAAR", "PTLIS", "IEDUB", "ROCND", "BGVAR", "UAODS", "HRRJK",
    "SIKOP", "MTMLA", "CYLMS", "ILHFA", "LBBEY", "SAJED", "OMSLL", "PECLL", "ECGYE", "COCTG",
)  # fmt: skip
_COLUMNS: Final = RateCard.__struct_fields__


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds a quote took, as one of so many clients at once saw it."""

    clients: int
    milliseconds: Sequence[float]
    seconds: float

    def percentile(self, share: float) -> float:
        """The time within which this share of the quotes was there."""
        return sorted(self.milliseconds)[min(int(len(self.milliseconds) * share), len(self.milliseconds) - 1)]

    def __str__(self) -> str:
        return (
            f"{self.clients} client(s): {len(self.milliseconds):,} quotes, p50 {self.percentile(0.5):.1f} ms, "
            f"p99 {self.percentile(0.99):.1f} ms, longest {max(self.milliseconds):.1f} ms, "
            f"{len(self.milliseconds) / self.seconds:.0f} a second"
        )


def cards(today: dt.date) -> Iterator[RateCard]:
    """All rate cards, always the same but for the day."""
    random = Random(7)
    at = dt.datetime.combine(today, dt.time(), dt.UTC)
    for origin in ORIGINS:
        for destination in DESTINATIONS:
            for mode in MODES:
                for carrier in range(CARRIERS):
                    for quarter in range(-1, QUARTERS - 1):
                        first = today + dt.timedelta(days=91 * quarter)
                        card = _card(random, origin, destination, mode, carrier, first, at)
                        yield publish(Lane(TENANT, f"{origin}-{destination}"), card, at).cards[0]


def _card(
    random: Random,
    origin: str,
    destination: str,
    mode: CarriageMode,
    carrier: int,
    first: dt.date,
    at: dt.datetime,
) -> RateCardPublished:
    price = random.randint(80, 900)
    return RateCardPublished(
        rate_card_id=f"{origin}-{destination}-{mode}-{carrier}-{first}", carrier=f"{mode.title()} Line {carrier}",
        mode=mode, origin=origin, destination=destination, currency="USD", valid_from=first,
        valid_until=first + dt.timedelta(days=90), minimum_minor=6_000, fuel_bp=1_250,
        tiers=tuple(RateTier(from_g=n * 100_000, unit_minor=price - 10 * n) for n in range(5)),
        seasons=(PeakSeason(first=first, last=first + dt.timedelta(days=45), surcharge_bp=1_500),),
        fees=(RateFee(code="DOCUMENTS", amount_minor=4_500), RateFee(code="ORIGIN_HANDLING", amount_minor=9_000)),
        priority_minor=20_000, insurance_bp=30, transit_days=30, weekdays=(2, 5), published_at=at,
    )  # fmt: skip


async def main(folder: Path) -> int:
    """Exit status."""
    today = dt.datetime.now(dt.UTC).date()
    with Stack(folder / "stack") as stack, ExitStack() as running:
        system = Addresses(
            kafka_servers=stack.kafka.bootstrap,
            databases={"logistics": stack.postgres.url("quotes_logistics")},
            apis={"logistics": f"http://127.0.0.1:{stack.home.port('logistics')}"},
            prefix=PREFIX,
        )
        await create_topics(system.kafka, PREFIX)
        await migrate_service("logistics", system.database("logistics"), PREFIX)
        known = await _fill(system.database("logistics"), today)
        environment = {**system.environment(), "SILKWAY_TOPIC_PREFIX": PREFIX}
        command = [sys.executable, "-m", "silkway.logistics"]
        service = Daemon("logistics", command, folder / "service.jsonl", folder / "service.json", environment)
        service.start()
        running.callback(service.stop)
        ticking = asyncio.create_task(_tick(system))
        try:
            found = await _measure(system.apis["logistics"], today)
        finally:
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking
    print(f"{known:,} rate cards on {LANES:,} lanes")
    for times in found:
        print(times)
    kept = found[0].percentile(0.99) <= PROMISE_MS
    print(f"p99 of one client at most {PROMISE_MS} ms: {'kept' if kept else 'NOT KEPT'}")
    return 0 if kept else 1


async def _fill(url: str, today: dt.date) -> int:
    connection = await asyncpg.connect(url)
    try:
        rows = [tuple(getattr(card, column) for column in _COLUMNS) for card in cards(today)]
        await connection.copy_records_to_table("rate_cards", records=rows, columns=_COLUMNS)
        await connection.execute("VACUUM ANALYZE rate_cards")
    finally:
        await connection.close()
    return len(rows)


async def _tick(system: Addresses) -> None:
    async with Feed(system.kafka, PREFIX) as feed:
        while True:
            await feed.tick(LIVE_CLOCK, dt.datetime.now(dt.UTC))
            await feed.flush()
            await asyncio.sleep(1)


async def _measure(api: str, today: dt.date) -> list[Times]:
    random = Random(7)
    lanes = [(origin, destination) for origin in ORIGINS for destination in DESTINATIONS]
    random.shuffle(lanes)
    needs = [_need(random, *lanes[number % len(lanes)], today) for number in range(WARM_UP + 2 * QUOTES)]
    async with httpx.AsyncClient(base_url=api, headers={"Silkway-Tenant": TENANT}, timeout=30) as client:
        await _answering(client)
        for need in needs[:WARM_UP]:
            await _ask(client, need)
        alone = await _timed(client, needs[WARM_UP : WARM_UP + QUOTES], 1)
        return [alone, await _timed(client, needs[WARM_UP + QUOTES :], CLIENTS)]


def _need(random: Random, origin: str, destination: str, today: dt.date) -> dict[str, Any]:
    return {
        "origin": origin,
        "destination": destination,
        "ready_on": str(today + dt.timedelta(days=random.randint(1, 40))),
        "gross_g": random.randint(20_000, 900_000),
        "volume_cm3": random.randint(50_000, 3_000_000),
        "value_minor": random.randint(100_000, 5_000_000),
        "currency": "USD",
    }


async def _timed(client: httpx.AsyncClient, needs: Sequence[dict[str, Any]], clients: int) -> Times:
    waiting, milliseconds = list(needs), []

    async def ask_on() -> None:
        while waiting:
            need = waiting.pop()
            began = time.perf_counter()
            await _ask(client, need)
            milliseconds.append(1000 * (time.perf_counter() - began))

    began = time.perf_counter()
    await asyncio.gather(*(ask_on() for _ in range(clients)))
    return Times(clients, milliseconds, time.perf_counter() - began)


async def _ask(client: httpx.AsyncClient, need: dict[str, Any]) -> None:
    answer = await client.post("/quotes", json=need)
    if answer.status_code != httpx.codes.ACCEPTED:
        raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")


async def _answering(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/livez")).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(asyncio.run(main(Path(temporary))))
