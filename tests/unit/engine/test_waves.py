"""Which ticks move a service's time, and which only come before others of their wave."""

from __future__ import annotations

import datetime as dt

from silkway.messaging.records import Foreign, Record, Tick
from silkway.messaging.waves import MOST_CLOCKS, Waves

BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
TRADE, ANSWERS = ("trade.orders", 0), ("credit.events", 0)


def tick(place: tuple[str, int], second: int, clock: str = "live") -> Tick:
    return Tick(Record(*place, 0, None, (), None), clock, BEGIN + dt.timedelta(seconds=second))


def order() -> Waves:
    """A service that passes ticks on before those have come that its own deadlines wait for; both stand at 1."""
    waves = Waves([TRADE, ANSWERS], [TRADE])
    waves.read(tick(TRADE, 1))
    waves.read(tick(ANSWERS, 1))
    waves.begin()
    return waves


def test_a_tick_that_is_to_be_passed_on_is_not_kept() -> None:
    waves = order()
    waves.read(tick(TRADE, 2))
    assert waves.moved()


def test_nor_is_the_one_that_deadlines_wait_for() -> None:
    waves = order()
    waves.read(tick(TRADE, 2))
    waves.begin()
    assert not waves.moved()
    waves.read(tick(ANSWERS, 2))
    assert waves.moved()


def test_a_tick_that_others_have_to_follow_moves_nothing() -> None:
    waves = order()
    waves.read(tick(ANSWERS, 2))
    assert waves.ticks_alone
    assert not waves.moved()


def test_the_first_tick_of_a_partition_is_not_kept() -> None:
    waves = order()
    waves.read(tick(("trade.payments", 0), 1))
    assert waves.moved()


def test_each_clock_has_its_own_time() -> None:
    waves = order()
    waves.read(tick(TRADE, 1, "sim-1"))
    assert waves.moved()
    waves.begin()
    waves.read(tick(ANSWERS, 2))
    assert not waves.moved()


def test_anything_else_is_worth_a_transaction() -> None:
    waves = order()
    waves.read(Foreign(Record(*TRADE, 0, None, (), None)))
    assert not waves.ticks_alone
    waves.begin()
    assert waves.ticks_alone


def test_where_other_partitions_are_read_the_first_tick_counts() -> None:
    waves = order()
    waves.forget_all()
    waves.read(tick(ANSWERS, 2))
    assert waves.moved()


def test_clocks_of_old_scenarios_are_not_kept_for_ever() -> None:
    waves = order()
    for number in range(2 * MOST_CLOCKS):
        waves.read(tick(TRADE, 1, f"sim-{number}"))
    assert len(waves._last) <= MOST_CLOCKS
