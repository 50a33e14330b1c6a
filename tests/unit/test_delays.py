"""How the benchmark tells facts at their times, and what it makes of how long their notices took."""

from itertools import pairwise

import pytest

from bench.hops import PAUSE_S, ROUTES, STAGE_OF, due, summary
from bench.straight import NOTICES, STAGES


def test_orders_begin_evenly_and_each_hears_its_facts_one_after_the_other() -> None:
    plan = due(rate=2.0, seconds=5)
    assert plan == sorted(plan)
    begun = [at for at, _, stage in plan if stage == 0]
    assert begun == [n / 2 for n in range(10)]
    third = [(at, stage) for at, number, stage in plan if number == 3]
    assert [stage for _, stage in third] == list(range(STAGES))
    assert all(abs(later - earlier - PAUSE_S) < 1e-9 for (earlier, _), (later, _) in pairwise(third))


def test_the_quietest_load_is_one_order() -> None:
    assert len(due(rate=0.01, seconds=5)) == STAGES


def test_every_notice_has_a_fact_and_a_route_that_ends_where_it_is_heard() -> None:
    assert set(ROUTES) == set(range(STAGES))
    assert len(STAGE_OF) == NOTICES
    assert {ROUTES[stage][-2:] for stage in STAGE_OF.values()} == {("notify", "out")}


def test_percentiles_are_those_of_all_notices_in_milliseconds() -> None:
    found = summary(3.0, [n / 1000 for n in range(101)])
    assert (found.rate, found.notices) == (3.0, 101)
    assert (round(found.p50_ms), round(found.p95_ms), round(found.p99_ms)) == (50, 95, 99)


def test_too_few_notices_have_no_percentiles() -> None:
    with pytest.raises(RuntimeError, match="percentiles of 1 notices"):
        summary(3.0, [0.1])
