"""Which ticks are worth a transaction: those that move a time, and not those that only come before others.

A tick goes through every partition, and reaches a service topic by topic, as the services before it pass it on. Its
time moves with the last one. Applied by themselves, the others would cost as much as a batch of facts does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

from silkway.messaging.fence import Partition
from silkway.messaging.records import Item, Tick
from silkway.messaging.timekeeping import later

Times = list[dt.datetime | None]

KEPT_S: Final = 0.5
"""How long ticks are kept for those that follow: one that stays away keeps nothing for longer."""
MOST_CLOCKS: Final = 1_000
"""Clocks remembered, some 10 MB."""


class Waves:
    """The ticks that an instance reads. `gates`: partitions whose least tick is a time of the service."""

    def __init__(self, *gates: Iterable[Partition]) -> None:
        self._gates = [frozenset(partitions) for partitions in gates]
        self._last: dict[str, dict[Partition, dt.datetime]] = {}
        self._before: dict[str, Times] = {}
        self._first = False
        self.ticks_alone = True
        """Whether nothing else has been read since `begin`."""

    def begin(self) -> None:
        """What is read from now on will be applied together."""
        self.ticks_alone, self._first = True, False
        self._before.clear()

    def forget_all(self) -> None:
        """Other partitions are read from now on."""
        self._last.clear()

    def read(self, item: Item) -> None:
        """Note what was read."""
        if not isinstance(item, Tick):
            self.ticks_alone = False
            return
        if item.clock not in self._last and len(self._last) >= MOST_CLOCKS:
            self._last.clear()
        last = self._last.setdefault(item.clock, {})
        if item.clock not in self._before:
            self._before[item.clock] = self._times(last)
        place = (item.record.topic, item.record.partition)
        self._first |= place not in last
        last[place] = item.at

    def moved(self) -> bool:
        """Whether the ticks read since `begin` move a time, as far as those partitions tell that tick here.

        A partition's first one may: it is what facts wait for that came before their clock, and time too.
        """
        return self._first or any(
            later(now, then)
            for clock, before in self._before.items()
            for now, then in zip(self._times(self._last.get(clock, {})), before, strict=True)
        )

    def _times(self, last: Mapping[Partition, dt.datetime]) -> Times:
        """The least tick at each gate, of the partitions that have ticked so far."""
        return [
            min((at for place, at in last.items() if place in gate), default=None) for gate in self._gates
        ]
