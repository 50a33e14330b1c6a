"""A load of orders on the toy service, and what to wait for."""

from __future__ import annotations

from tests.integration.engine.facts import confirmed, day, drafted, paid, received
from tests.integration.engine.place import Place, until


async def orders(place: Place, first: int, last: int) -> None:
    """These orders are drafted, paid in two parts, some confirmed before their draft, some received."""
    for number in range(first, last):
        order, account = f"O{number}", f"A{number}"
        if number % 3 == 0:
            await place.fact(confirmed(order), f"c{number}")
        await place.fact(drafted(order, account=account, supplier=f"S{number % 4}"), f"d{number}")
        if number % 7 == 0:
            await place.fact(drafted(order, account=account), f"again{number}")  # refused
        await place.fact(paid(60, account, "first"), f"p{number}")
        await place.fact(paid(40, account, "second"), f"q{number}")
        if number % 2 == 0:
            await place.fact(received(order), f"r{number}")


async def all_paid(place: Place, orders: int) -> None:
    async def paid_up() -> bool:
        return bool(await place.value("SELECT count(*) >= $1 FROM orders WHERE paid_minor = 100", orders))

    await until(paid_up, f"{orders} orders are paid")


async def time_is(place: Place, days: float) -> None:
    await place.tick(day(days))

    async def reached() -> bool:
        return bool(await place.value("SELECT own >= $1 FROM clocks", day(days)))

    await until(reached, f"day {days}")
