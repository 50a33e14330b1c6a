"""However batches are cut, read again, taken over, killed and run beside each other: the same end, exactly once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from silkway.contracts import OrderPlaced
from silkway.messaging.batches import Batches
from silkway.messaging.database import connect
from silkway.messaging.fence import Partition
from tests.integration.engine.facts import confirmed, day, drafted, granted, milestone, paid, received
from tests.integration.engine.world import World

NewWorld = Callable[[], Awaitable[World]]
ORDERS = ("O1", "O2", "O3", "O4")
BROKEN = "O4"
"""The database refuses its milestones."""


# --- stories -----------------------------------------------------------------------------------------------


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """What is written to the log, in its order. All is known by day 5; the first deadline falls after it."""
    steps: list[tuple[str, Any]] = [("tick", number) for number in draw(st.permutations(range(1, 6)))]
    for order in ORDERS:
        account = f"A-{order}"
        steps += [("fact", (drafted(order, account=account), f"d-{order}"))] * draw(st.integers(0, 2))
        for number, amount in enumerate(draw(st.lists(st.sampled_from((10, 40, 60, 100)), max_size=4))):
            steps.append(("fact", (paid(amount, account, f"bank {number}"), f"p-{order}-{number}")))
        steps += [("ours", (milestone(v, order), v)) for v in range(1, draw(st.integers(1, 4)))] * 2
        if order == BROKEN:  # who comes before the parked one and who waits behind it is a matter of luck
            continue
        for party in draw(st.sets(st.sampled_from(("BUYER", "SUPPLIER")))):
            steps.append(("fact", (confirmed(order, party), f"c-{order}-{draw(st.integers(1, 2))}")))
        steps += [("fact", (received(order), f"r-{order}"))] * draw(st.integers(0, 1))
        steps += [("ours", (granted(order), 1))] * draw(st.integers(0, 2))
    return draw(st.permutations(steps))


def write(world: World, story: Sequence[tuple[str, Any]]) -> None:
    world.faults.forbidden.add(BROKEN)
    for step, what in story:
        if step == "tick":
            world.tick(day(what))
        elif step == "fact":
            world.fact(what[0], what[1])
        else:
            world.ours(what[0], what[1])
    world.tick(day(5))
    world.tick(day(20))


async def end(world: World) -> dict[str, Any]:
    """Everything that must not depend on how the log was read."""
    sent = await world.sent()
    versions = defaultdict(list)
    for one in sent:
        versions[one.event.subject].append(one.version)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in versions.values())
    return {
        **{table: await world.rows(table) for table in ("orders", "accounts", "suppliers")},
        "marks": Counter((m["order_id"], m["text"], m["known_at"]) for m in await world.rows("marks")),
        "judged": {
            (m["order_id"], m["text"]): m["paid_minor"]
            for m in await world.rows("marks")
            if m["text"] in ("deadline", "reminder")
        },
        "inbox": [(r["identity"], r["outcome"], r["place"]) for r in await world.rows("inbox")],
        "refused": [(r["place"], r["field"]) for r in await world.rows("refused")],
        "waiting": [(r["place"], r["key"], r["cause"], r["wants"]) for r in await world.rows("waiting")],
        "parked": [(r["place"], r["key"], r["attempts"]) for r in await world.rows("parked")],
        "aggregates": [tuple(r.values()) for r in await world.rows("aggregates") if r["version"]],
        "offsets": await world.rows("offsets"),
        "clocks": await world.rows("clocks"),
        "sent": Counter((one.event, one.known_at) for one in sent),
        "last tick": max(await world.ticks_passed_on()),
    }


# --- any way of reading ------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone; what was not committed never happened."""


class Mortal:
    """A connection whose process dies at its n-th statement."""

    def __init__(self, connection: Any, lives: int) -> None:
        self._connection, self._lives = connection, lives

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def _live(self, statement: Callable[..., Awaitable[Any]], *values: Any) -> Any:
        self._lives -= 1
        if self._lives == 0:
            raise Killed
        return await statement(*values)

    async def fetch(self, *values: Any) -> Any:
        return await self._live(self._connection.fetch, *values)

    async def execute(self, *values: Any) -> Any:
        return await self._live(self._connection.execute, *values)


async def read_somehow(world: World, choose: st.DataObject, deliveries: int) -> None:
    """Two instances read pieces of the log, at times once more, at times dying over it; then one reads the rest."""
    instances = [Batches(world.engine, world.url, f"toy-{n}") for n in (1, 2)]
    read: defaultdict[Partition, int] = defaultdict(int)
    places = sorted(world.log)
    for _ in range(deliveries):
        turn = choose.draw(st.integers(0, 1), label="instance")
        batch = {}
        for place in choose.draw(st.sets(st.sampled_from(places), max_size=len(places)), label="partitions"):
            first = choose.draw(st.integers(0, read[place]), label="from")
            records = world.log[place][first : first + choose.draw(st.integers(1, 20), label="count")]
            if records:
                batch[place] = records
        lives = choose.draw(st.integers(0, 20), label="lives")
        instances[turn]._connection = Mortal(await connect(world.url, "toy"), lives)  # type: ignore[assignment]
        try:
            await world.deliver(batch, by=instances[turn])
        except Killed:
            await instances[turn].close()
            instances[turn] = Batches(world.engine, world.url, "again")
            await instances[turn].apply({}, {}, frozenset({"live"}))  # as at each assignment of partitions
        else:
            for place, records in batch.items():
                read[place] = max(read[place], records[-1].offset + 1)
            await instances[turn].close()
    await world.deliver(world.log, by=instances[0])
    for instance in instances:
        await instance.close()


@given(story=stories(), choose=st.data(), deliveries=st.integers(1, 8))
@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a story is long: shrinking takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_any_way_of_reading_ends_as_reading_it_once(
    new_world: NewWorld, story: list[tuple[str, Any]], choose: st.DataObject, deliveries: int
) -> None:
    once = await new_world()
    write(once, story)
    await once.run()
    expected = await end(once)

    world = await new_world()
    write(world, story)
    await read_somehow(world, choose, deliveries)

    assert await end(world) == expected
    assert await world.differences() == []


# --- beside each other -------------------------------------------------------------------------------------


async def read_beside(world: World, name: str, places: list[Partition], seed: int) -> None:
    """One instance reads its partitions from front to back in pieces."""
    choose = random.Random(seed)
    batches = Batches(world.engine, world.url, name)
    at = dict.fromkeys(places, 0)
    while left := [place for place in places if at[place] < len(world.log[place])]:
        batch = {}
        for place in choose.sample(left, choose.randint(1, len(left))):
            batch[place] = world.log[place][at[place] : at[place] + choose.randint(1, 30)]
            at[place] += len(batch[place])
        await world.deliver(batch, by=batches)
    await batches.close()


@pytest.mark.parametrize("seed", range(3))
async def test_two_instances_beside_each_other_over_hot_aggregates(world: World, seed: int) -> None:
    choose = random.Random(seed)
    orders = [f"O{n}" for n in range(60)]
    told: list[Callable[[], object]] = []
    for order in orders:
        account, supplier = f"A-{order}", f"S{choose.randint(1, 2)}"
        told += [
            partial(world.fact, drafted(order, account=account, supplier=supplier)),
            partial(world.fact, confirmed(order)),
            partial(world.fact, received(order)),
            *(partial(world.fact, paid(25, account, f"bank {n}")) for n in range(4)),
            *(partial(world.ours, milestone(v, order), v) for v in (1, 2, 2, 3)),
            partial(world.ours, granted(order), 1),
        ]
    choose.shuffle(told)
    world.tick(day(0))
    for number, tell in enumerate(told):
        tell()
        if number % 150 == 0:
            world.tick(day(number / 1000))
    world.tick(day(20))
    places = sorted(world.log)
    choose.shuffle(places)

    async with asyncio.timeout(60):
        await asyncio.gather(
            read_beside(world, "one", places[::2], seed), read_beside(world, "two", places[1::2], seed + 1)
        )

    suppliers = await world.rows("suppliers")
    assert sum(s["orders"] for s in suppliers) == len(orders)
    assert sum(s["total_minor"] for s in suppliers) == 100 * len(orders)
    assert {a["balance_minor"] for a in await world.rows("accounts")} == {100}
    assert {(o["paid_minor"], o["accepted"]) for o in await world.rows("orders")} == {(100, True)}
    assert {r["outcome"] for r in await world.rows("inbox")} == {"applied"}
    assert await world.rows("waiting") == []
    assert await world.rows("parked") == []
    sent = await world.sent()
    assert sum(isinstance(one.event, OrderPlaced) for one in sent) == len(orders)
    for order in orders:  # in the order of commits, without a gap
        assert [s.version for s in sent if s.event.subject_id == order] == list(range(1, 8))
    for order in orders:
        legs = [mark for mark in await world.marks(order) if mark.startswith("leg")]
        assert legs == ["leg 1", "leg 2", "leg 3"]
