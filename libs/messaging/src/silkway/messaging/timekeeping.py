"""How time flows with the log: ticks stamp the facts behind them, and the least tick moves a service's time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from silkway.contracts import clock_of
from silkway.messaging.records import Invalid, Item, Operator, Ours, Outside, Tick

TickKey = tuple[str, str, int]
"""Clock, topic, partition."""

Partitions = Sequence[tuple[str, int]]

Times = dict[str, tuple[dt.datetime | None, dt.datetime | None]]
"""(own, forward) by clock."""


@dataclass(slots=True)
class Ticks:
    """The last tick of each clock in each partition, as a batch is walked. `moved` is what the batch changed."""

    last: dict[TickKey, dt.datetime]
    moved: dict[TickKey, dt.datetime] = field(default_factory=dict)

    def walk(
        self, items: Iterable[Item], released: Mapping[str, Sequence[Outside]]
    ) -> list[tuple[Item, bool]]:
        """The records in order, each outside one stamped with the last tick before it in its partition.

        Behind the first tick of a clock in a partition come those that waited for it, in `released` by
        "clock/topic/partition"; they are marked True. At the end come those that still wait.
        """
        order: list[tuple[Item, bool]] = []
        early: dict[TickKey, list[Outside]] = {}
        for item in items:
            match item:
                case Outside():  # the most frequent first
                    key = (clock_of(item.envelope.tenant), item.record.topic, item.record.partition)
                    item.known_at = self.last.get(key)  # anew at each attempt
                    if item.known_at is None:
                        early.setdefault(key, []).append(item)
                    else:
                        order.append((item, False))
                case Tick():
                    key = (item.clock, item.record.topic, item.record.partition)
                    known = self.last.get(key)
                    if known is not None and item.at <= known:
                        continue
                    self.last[key] = self.moved[key] = item.at
                    if known is None:
                        for waited in released.get("/".join(map(str, key)), ()):
                            waited.known_at = item.at
                            order.append((waited, True))
                        for waited in early.pop(key, ()):
                            waited.known_at = item.at
                            order.append((waited, False))
                case _:
                    order.append((item, False))
        order.extend((item, False) for items in early.values() for item in items)
        return order

    def least(self, clock: str, partitions: Partitions) -> dt.datetime | None:
        """The least last tick over these partitions; None while one has none yet."""
        ticks = [self.last.get((clock, topic, partition)) for topic, partition in partitions]
        known = [tick for tick in ticks if tick is not None]
        return min(known) if ticks and len(known) == len(ticks) else None

    def advance(
        self, before: Times, pending: set[str], own_gate: Partitions, forward_gate: Partitions
    ) -> tuple[dict[str, dt.datetime], Times]:
        """Until when deadlines fall due by clock, and the times of the clocks afterwards; `before`: as they are."""
        until: dict[str, dt.datetime] = {}
        times: Times = {}
        for clock in {key[0] for key in self.moved} | pending:
            own, forward = before[clock]
            new_own = self.least(clock, own_gate)
            new_forward = self.least(clock, forward_gate)
            if new_own is not None and later(new_own, own):
                until[clock] = own = new_own
            if later(new_forward, forward):
                forward = new_forward
            if (own, forward) != before[clock]:
                times[clock] = (own, forward)
        return until, times


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of a batch: those that tick in it, that stamp its facts, and that its events follow."""

    ticking: set[str]
    stamping: set[str]
    followed: set[str]


def clocks_of(items: Iterable[Item]) -> Clocks:
    """Which clocks a batch has to do with."""
    clocks = Clocks(set(), set(), set())
    for item in items:
        match item:
            case Outside() | Ours() | Invalid():
                if item.envelope is not None:
                    clock = clock_of(item.envelope.tenant)
                    clocks.followed.add(clock)
                    if not isinstance(item, Ours):
                        clocks.stamping.add(clock)
            case Tick():
                clocks.ticking.add(item.clock)
            case Operator() if item.parked is not None and item.parked.envelope is not None:
                clocks.followed.add(clock_of(item.parked.envelope.tenant))
            case Operator() if item.tenant is not None:
                clocks.followed.add(clock_of(item.tenant))
            case _:
                pass
    return clocks


def later(left: dt.datetime | None, right: dt.datetime | None) -> bool:
    """Whether `left` is a time after `right`; no time is before every time."""
    return left is not None and (right is None or left > right)
