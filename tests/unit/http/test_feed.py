"""The live feed: everybody hears what concerns their tenant, once and in order, however slow they are."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from silkway.messaging.http import Problem
from silkway.messaging.http import feed as feeds
from silkway.messaging.http.feed import Feed, Item, Listener, Position


class Table:
    """The feed's table in memory, with transactions that end in another order than they began.

    tests/integration/http/test_notify_feed.py holds PostgreSQL to the same.
    """

    def __init__(self) -> None:
        self.open: dict[int, list[Item]] = {}
        self.committed: list[Item] = []
        self._transactions = self._sequence = 0

    def begin(self) -> int:
        self._transactions += 1
        self.open[self._transactions] = []
        return self._transactions

    def write(self, transaction: int, tenant: str) -> None:
        self._sequence += 1
        position = Position(transaction, self._sequence)
        self.open[transaction].append(Item(position, tenant, "order", str(self._sequence)))

    def commit(self, transaction: int) -> None:
        self.committed += self.open.pop(transaction)

    # What a feed reads. `_reading` is a connection, which memory does not need.

    async def horizon(self, _reading: Any) -> int:
        return min(self.open, default=self._transactions + 1)

    async def items(
        self, _reading: Any, tenants: Sequence[str], after: Position, upto: Position, limit: int
    ) -> list[Item]:
        found = [i for i in self.committed if i.tenant in tenants and after < i.position <= upto]
        return sorted(found)[:limit]


class NoPool:
    """A pool that is never asked for more than a connection."""

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[None]:
        yield None


def feed_of(table: Table) -> Feed:
    return Feed(cast("Any", NoPool()), table.horizon, table.items)


class Listening:
    """Somebody who listens, may hang up, and calls again from the last event heard."""

    def __init__(self, feed: Feed, tenant: str) -> None:
        self.feed, self.tenant = feed, tenant
        self.heard: list[Item] = []
        self.task: asyncio.Task[None] | None = None

    async def call(self, after: Position | None = None) -> Position:
        listener = await self.feed.join(self.tenant)
        self.task = asyncio.create_task(self._listen(listener, after))
        return listener.joined

    async def _listen(self, listener: Listener, after: Position | None) -> None:
        async for item in self.feed.follow(listener, after):
            self.heard.append(item)

    async def hang_up(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
            self.task = None


class AnyFeed(RuleBasedStateMachine):
    """Transactions that overlap, listeners that come, go and resume."""

    tenants = st.sampled_from(["acme", "bolt"])

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.table = Table()
        self.feed = feed_of(self.table)
        self.listeners: list[tuple[Position, Listening]] = []

    def run(self, *steps: Any) -> Any:
        async def all_steps() -> Any:
            result = None
            for step in steps:
                result = await step
            return result

        return self.loop.run_until_complete(all_steps())

    @rule()
    def begin(self) -> None:
        if len(self.table.open) < 4:
            self.table.begin()

    @rule(which=st.integers(0, 3), tenant=tenants, count=st.integers(1, 5))
    def write(self, which: int, tenant: str, count: int) -> None:
        for transaction in list(self.table.open)[which : which + 1]:
            for _ in range(count):
                self.table.write(transaction, tenant)

    @rule(which=st.integers(0, 3))
    def commit(self, which: int) -> None:
        for transaction in list(self.table.open)[which : which + 1]:
            self.table.commit(transaction)

    @rule(tenant=tenants)
    def somebody_comes(self, tenant: str) -> None:
        listening = Listening(self.feed, tenant)
        joined = self.run(listening.call())
        self.listeners.append((joined, listening))

    @rule(which=st.integers(0, 5))
    def somebody_calls_again(self, which: int) -> None:
        for joined, listening in self.listeners[which : which + 1]:
            last = listening.heard[-1].position if listening.heard else joined
            self.run(listening.hang_up(), listening.call(last))

    @rule()
    def time_passes(self) -> None:
        self.run(asyncio.sleep(5 * feeds.POLL_S))

    @invariant()
    def nobody_heard_what_is_not_theirs_or_out_of_order(self) -> None:
        for _, listening in self.listeners:
            positions = [item.position for item in listening.heard]
            assert positions == sorted(set(positions))
            assert {item.tenant for item in listening.heard} <= {listening.tenant}

    def teardown(self) -> None:
        # In the end all is committed, and everybody has heard all since they first came.
        for transaction in list(self.table.open):
            self.table.commit(transaction)
        self.run(asyncio.sleep(10 * feeds.POLL_S))
        for joined, listening in self.listeners:
            due = [i for i in self.table.committed if i.tenant == listening.tenant and i.position > joined]
            assert listening.heard == sorted(due)
        self.run(*(listening.hang_up() for _, listening in self.listeners), asyncio.sleep(3 * feeds.POLL_S))
        self.loop.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "POLL_S", 0.001)
    monkeypatch.setattr(feeds, "_CHUNK", 3)


TestAnyFeed = AnyFeed.TestCase
TestAnyFeed.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


async def test_who_falls_behind_is_dropped_and_misses_nothing_after_calling_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeds, "MAX_BACKLOG", 5)
    table = Table()
    feed = feed_of(table)
    # Given somebody who joined and does not read
    listener = await feed.join("acme")
    transaction = table.begin()
    for _ in range(20):
        table.write(transaction, "acme")
    table.commit(transaction)
    await asyncio.sleep(0.05)

    # When they read on, then they get what was kept for them and the feed ends
    heard = [item async for item in feed.follow(listener, None)]
    assert len(heard) == 5

    # and when they call again from there, then the rest follows
    again = Listening(feed, "acme")
    await again.call(heard[-1].position)
    await asyncio.sleep(0.05)
    assert heard + again.heard == table.committed
    await again.hang_up()


async def test_one_poll_serves_all_and_nobody_polls_for_nobody() -> None:
    table = Table()
    asked: defaultdict[str, int] = defaultdict(int)
    horizon = table.horizon

    async def counted(reading: Any) -> int:
        asked["horizon"] += 1
        return await horizon(reading)

    feed = Feed(cast("Any", NoPool()), counted, table.items)
    listening = [Listening(feed, "acme") for _ in range(50)]
    for somebody in listening:
        await somebody.call()
    assert asked["horizon"] < 50
    for somebody in listening:
        await somebody.hang_up()
    await asyncio.sleep(0.05)
    before = asked["horizon"]
    await asyncio.sleep(0.05)
    assert asked["horizon"] == before


@pytest.mark.parametrize(("tenant", "status"), [("acme", 429), ("globex", 503)])
async def test_there_is_a_limit_to_listeners_and_to_those_of_a_tenant(
    monkeypatch: pytest.MonkeyPatch, tenant: str, status: int
) -> None:
    monkeypatch.setattr(feeds, "MAX_LISTENERS", 2)
    monkeypatch.setattr(feeds, "MAX_OF_A_TENANT", 1)
    feed = feed_of(Table())
    there = [Listening(feed, "acme"), Listening(feed, "initech")]
    for listening in there:
        await listening.call()
    with pytest.raises(Problem) as refused:
        await feed.join(tenant)
    assert refused.value.status == status
    for listening in there:
        await listening.hang_up()


@pytest.mark.parametrize("text", ["", "1", "-", "1-", "a-b", "1-2-3", "9" * 30 + "-1", "٣-٣"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(Problem) as refused:
        Position.parse(text)
    assert refused.value.status == 400


def test_a_position_is_read_as_it_was_written() -> None:
    assert Position.parse(str(Position(12, 3))) == Position(12, 3)
