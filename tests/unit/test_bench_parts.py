"""What the parts of the benchmark tell, and how they judge what they found."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from rich.table import Table

from bench import __main__ as command
from bench import depth, durable, hops, hot, versus
from bench.meter import Figures
from bench.one_stage import bars, medians
from bench.outage import Load
from bench.parts import Bar, Panel, Part, Run
from bench.poison import ONE_IN, Poisoned
from bench.straight import STAGES, Straight
from silkway.contracts import OrderDrafted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from silkway.cli.fact import Fact


class Teller:
    """Stands for the services: keeps what was told, and how late."""

    def __init__(self) -> None:
        self.heard: dict[int, list[int]] = defaultdict(list)
        self.latest_s = 0.0

    async def tell(self, facts: Sequence[tuple[int, int]], late_s: float = 0) -> None:
        for number, stage in facts:
            self.heard[number].append(stage)
        self.latest_s = max(self.latest_s, late_s)


async def test_while_kafka_is_away_facts_pile_up_and_then_all_are_told_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a load of 100 orders a second
    monkeypatch.setattr(hops, "PAUSE_S", 0.005)
    teller, over = Teller(), asyncio.Event()
    load = Load(teller, rate=100, seconds=60)  # type: ignore[arg-type]  # it is told no more than this
    telling = asyncio.create_task(load.tell(over))
    await asyncio.sleep(0.2)

    # When Kafka is away for a while, then nothing is told and facts pile up
    async with load.kafka:
        before = sum(map(len, teller.heard.values()))
        await asyncio.sleep(0.5)
        assert sum(map(len, teller.heard.values())) == before
        assert load.piled_up() > 200
        assert load.late_s() > 0.3

    # And when it is back, then they are told as late as they are, and every order that has begun hears all
    async with asyncio.timeout(30):
        while load.late_s() >= 0.1:  # noqa: ASYNC110 - it is the load that passes
            await asyncio.sleep(0.01)
    assert teller.latest_s > 0.3
    over.set()
    await telling
    assert set(teller.heard) == set(range(load.begun))
    assert all(stages == list(range(STAGES)) for stages in teller.heard.values())


async def test_every_hundredth_record_is_bad_when_they_are_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    way, spoiled = object.__new__(Poisoned), []

    async def spoil(number: int) -> None:
        spoiled.append(number)

    async def publish(*_: object) -> None:
        return

    monkeypatch.setattr(way, "_spoil", spoil)
    monkeypatch.setattr("bench.through_services.Noticed.publish", publish)
    for way.bad in (False, True):
        for number in range(10):
            await way.publish("L", [(number, stage) for stage in range(50)])
    assert spoiled == list(range(500 // ONE_IN, 1000 // ONE_IN))


def test_orders_share_a_supplier_as_many_as_are_told_to() -> None:
    assert Straight("PO", 19).supplier_id == Straight("PO", 0).supplier_id != Straight("PO", 20).supplier_id
    assert Straight("PO", 5_000, 1_000_000).supplier_id == Straight("PO", 0).supplier_id


def test_the_median_of_each_figure_is_judged() -> None:
    of = medians(
        {
            "engine": [Figures(n, n, 1, 1) for n in (10, 30, 20)],
            "floor": [Figures(30, 1, 1, 1)],
            "one by one": [Figures(1, 830, 25, 25)],
        }
    )
    assert of["engine"] == Figures(20, 20, 1, 1)
    assert [bar.met for bar in bars(of)] == [True, True]
    assert [bar.met for bar in bars(of | {"engine": Figures(17, 21, 1, 1)})] == [False, False]


def test_the_most_orders_are_judged_against_the_fewest() -> None:
    def of(*cpu_us: float) -> dict[str, Figures]:
        return {f"{10**n}": Figures(1, us, 0, 0) for n, us in enumerate(cpu_us)}

    assert [bar.met for bar in depth._bars(of(100, 200, 115))] == [True]
    assert [bar.met for bar in depth._bars(of(100, 100, 116))] == [False]
    assert depth._bars(of(100)) == []


def test_sizes_are_left_out_for_which_there_is_no_room_beside_the_smaller_ones() -> None:
    assert depth.fitting([30, 10, 20], room=60_000) == [10, 20, 30]
    assert depth.fitting([30, 10, 20], room=59_999) == [10, 20]
    assert depth.fitting([10], room=-1) == []


async def test_a_part_that_fails_leaves_the_others_and_what_was_found_is_kept_after_each(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Given three parts, of which the second meets an error that nobody thought of
    file, run = tmp_path / "found.json", object.__new__(Run)
    run.rounds, run.seconds = 1, None

    async def good(_: Run) -> Part:
        return Part(figures=[1], table=Table(), panel=Panel("good", "", {"one": 1}), bars=[Bar("kept", True)])

    async def bad(_: Run) -> Part:
        assert json.loads(file.read_text())["first"] == [1]  # it is kept by now
        raise asyncpg.DiskFullError("no room")

    monkeypatch.setattr(command, "PARTS", {"first": good, "second": bad, "third": good})

    # When all are measured
    outcome = await command._measure(run, ["first", "second", "third"], file)

    # Then the others are there, and the file says what failed
    kept: dict[str, Any] = json.loads(file.read_text())
    assert set(outcome.found) == {"first", "third"}
    assert (kept["first"], kept["third"], len(kept["bars"])) == ([1], [1], 2)
    assert kept["failed"] == {"second": "DiskFullError: no room"}
    assert file.with_suffix(".png").exists()


def test_loads_that_end_before_the_facts_of_an_order_do_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "--seconds", "8"])
    assert command._arguments().seconds == 8

    monkeypatch.setattr("sys.argv", ["bench", "--seconds", "7"])
    with pytest.raises(SystemExit, match="2"):
        command._arguments()


async def test_peers_that_are_not_installed_fail_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(durable, "ENVIRONMENT", tmp_path / "none")
    run = object.__new__(Run)
    run.only, run.rounds = (), 1

    with pytest.raises(RuntimeError, match="make peers"):
        await versus.measure(run)


@pytest.mark.parametrize(("kind", "suppliers"), [(hot.Spread, 5), (hot.Hot, 1)])
async def test_all_orders_of_a_hot_supplier_are_one_tenants_as_are_those_beside_it(
    kind: type[hot.Spread], suppliers: int
) -> None:
    # Given the way without its processes
    way, told = object.__new__(kind), []

    class Feed:
        async def fact(self, tenant: str, fact: Fact) -> None:
            told.append((tenant, fact.event))

        async def flush(self) -> None:
            return

    way.feed = Feed()  # type: ignore[assignment]  # it is asked for no more than this

    # When 100 orders are drafted
    await way.tell([(number, 0) for number in range(100)])

    # Then they are one tenant's, and its suppliers are registered once each; a limit holds all that a run may draft
    assert {tenant for tenant, _ in told} == {"tenant-0"}
    drafts = [event for _, event in told if isinstance(event, OrderDrafted)]
    assert len({draft.supplier_id for draft in drafts}) == suppliers == len(told) - len(drafts)
    assert {sum(line.value_minor for line in draft.lines) for draft in drafts} == {100}


def test_one_supplier_is_compared_with_many_on_as_many_instances() -> None:
    assert hot.compared({"spread-1": 100, "hot-1": 90, "spread-2": 100, "hot-2": 80, "hot-4": 7}) == [
        "1 instances: with one supplier 90% of the rate",
        "2 instances: with one supplier 80% of the rate",
    ]
