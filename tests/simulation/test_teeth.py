"""The simulation finds what it is there to find: a single fault of the engine or the rules, within some schedules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from silkway.credit.domain import hold
from silkway.credit.domain.limit import balance
from silkway.messaging import fence as fences
from silkway.messaging import timekeeping, transaction
from silkway.messaging.application import Application
from silkway.messaging.fates import Fates
from silkway.messaging.fence import Span
from silkway.messaging.records import Operator, Ours
from silkway.messaging.storage import Storage
from silkway.messaging.timekeeping import Ticks
from tests.simulation.model.shrink import run, shorten, tell
from tests.simulation.simulate import prepared

MOST_SCHEDULES = 100
Plant = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(autouse=True)
def _prepared() -> Iterator[None]:
    with prepared():
        yield


def _no_fence(patch: pytest.MonkeyPatch) -> None:
    """What another instance has done is done again."""

    async def let_all(storage: Storage, groups: Any, done: Any, gaps: Any, *, told: bool) -> dict[Any, Span]:
        spans = await fences.fence(storage, groups, done, gaps, told=told)
        return {
            place: Span(items[0].record.offset, items) for place, items in groups.items() if place in spans
        }

    patch.setattr(transaction, "fence", let_all)


def _old_versions(patch: pytest.MonkeyPatch) -> None:
    """An event of ours that was applied is applied again when it is published again."""
    real = Application._try

    def forget(self: Application, item: Any, again: Any = None) -> None:
        if isinstance(item, Ours):
            seen = self.held[item.keys[0]].seen
            seen[item.sender] = min(seen.get(item.sender, 0), item.version - 1)
        real(self, item, again)

    patch.setattr(Application, "_try", forget)


def _hasty_tick(patch: pytest.MonkeyPatch) -> None:
    """Time is what the first partition says, not the last."""
    patch.setattr(Ticks, "least", lambda self, clock, partitions: max(
        (at for (name, *place), at in self.last.items() if name == clock and tuple(place) in partitions),
        default=None,
    ))  # fmt: skip


def _tick_before_its_causes(patch: pytest.MonkeyPatch) -> None:
    """The tick is passed on ahead of what was caused before it."""
    real = transaction.Run._pass_ticks_on

    def pass_on(self: Any, effects: Any, before: Any, times: Any) -> None:
        real(self, effects, before, times)
        for line in effects.messages.values():
            line.sort(key=lambda message: message.value is not None)

    patch.setattr(transaction.Run, "_pass_ticks_on", pass_on)


def _early_deadlines(patch: pytest.MonkeyPatch) -> None:
    """Deadlines fire a day before they fall due."""
    real = Application.fire_due
    patch.setattr(
        Application, "fire_due", lambda self, clock, until: real(self, clock, until + dt.timedelta(days=1))
    )


def _nobody_is_woken(patch: pytest.MonkeyPatch) -> None:
    """What waited is not tried again."""
    patch.setattr(Application, "_drain", lambda self: self._agenda.clear())


def _parked_twice(patch: pytest.MonkeyPatch) -> None:
    """A record that is parked again counts as another one."""
    real = Fates.park

    def park(self: Fates, item: Any, error: str) -> None:
        real(self, item, error)
        self._held[item.keys[0]].parked += 1

    patch.setattr(Fates, "park", park)


def _no_lock(patch: pytest.MonkeyPatch) -> None:
    """Aggregates are read without being locked."""
    real = Storage.lock_aggregates

    async def share(self: Storage, keys: Any, known: Any, *, share: bool = False) -> Any:
        held = await real(self, keys, known, share=True)
        for one in held.values():
            one.shared = False
        return held

    patch.setattr(Storage, "lock_aggregates", share)


def _freed_twice(patch: pytest.MonkeyPatch) -> None:
    """The limit gets back twice what a hold took of it."""
    real = hold._resolve

    def resolve(book: Any, *arguments: Any, **more: Any) -> None:
        reserved_minor = book.order.reserved_minor
        real(book, *arguments, **more)
        book.known = balance(replace(book.known, held_minor=book.known.held_minor - reserved_minor))

    patch.setattr(hold, "_resolve", resolve)


def _waits_for_a_tick(patch: pytest.MonkeyPatch) -> None:
    """A deadline that comes back keeps those waiting that follow from it and are past already."""
    real = timekeeping.clocks_of

    def forget(items: Any) -> Any:
        return real(item for item in items if not isinstance(item, Operator) or item.tenant is None)

    patch.setattr("silkway.messaging.transaction.clocks_of", forget)


PLANTS = (
    _no_fence, _old_versions, _hasty_tick, _tick_before_its_causes, _early_deadlines, _nobody_is_woken,
    _parked_twice, _no_lock, _freed_twice, _waits_for_a_tick,
)  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS, ids=[plant.__name__.strip("_") for plant in PLANTS])
def test_a_planted_fault_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)

    assert any(run(seed).wrong for seed in range(MOST_SCHEDULES)), plant.__doc__


def test_what_is_found_is_told_as_a_short_story(monkeypatch: pytest.MonkeyPatch) -> None:
    _no_fence(monkeypatch)
    failed = next(verdict for verdict in map(run, range(MOST_SCHEDULES)) if verdict.wrong)

    short = shorten(failed, most_tries=150)

    assert short.wrong
    assert len(short.story) < len(failed.story) / 3
    assert f"seed {failed.schedule.seed}" in tell(short)
