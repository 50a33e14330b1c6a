"""The SCMS history, 10,324 lines of real trade, through a system that is killed piece by piece meanwhile."""

from __future__ import annotations

import asyncio
import csv
import os
import time
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from silkway.cli.addresses import SERVICES
from tests.conftest import servers
from tests.e2e.blows import Blows
from tests.e2e.change import Hand
from tests.e2e.system import System, system_on
from tests.e2e.test_audit import assert_found
from tests.e2e.wire import (
    assert_each_once_and_in_order,
    assert_heard_as_said,
    assert_nothing_left,
    versions_on_the_wire,
)
from tests.unit.scms.independent import FILE, figures

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TENANT: Final = "sim-scms"
CHANGES: Final = int(os.environ.get("SILKWAY_SCMS_CHANGES", "1"))
"""How many random changes the audit shall find in the whole history; each takes an audit of a minute."""
OPTIONS: Final = ("--tenant", TENANT, "--json")
LOAD_S: Final = 400.0

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the SCMS file is not there")


async def strike_while_loading(system: System, strike: Blows) -> None:
    """Every service, with the relay that it holds, and Kafka, one after the other, each at so many orders."""
    for number, stroke in enumerate([*strike.services(), strike.kafka], start=1):
        orders = 1000 * number

        async def are_there(least: int = orders) -> bool:
            return await system.count("order", "orders") >= least

        await system.until(are_there, f"{orders} orders", LOAD_S)
        began = time.monotonic()
        await stroke()
        print(f"blow {number} at {orders} orders: ready again after {time.monotonic() - began:.1f} s")


@pytest.fixture(scope="module")
async def loaded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """The whole history, loaded once; meanwhile each process was killed once, and Kafka."""
    with servers(tmp_path_factory.mktemp("scms")) as stack:
        async with await system_on(stack, tmp_path_factory.mktemp("scms-logs"), instances=1) as system:
            striking = asyncio.create_task(strike_while_loading(system, Blows(system, stack)))
            load = await system.cli("load", "scms", str(FILE), *OPTIONS, within_s=LOAD_S)
            assert striking.done(), f"the load ended first: {load.stderr[-2000:]}"
            await striking
            assert load.code == 0, load.stdout[-2000:] + load.stderr[-2000:]
            print(f"loaded in {load.json()['seconds']} s")
            yield system


async def test_the_figures_are_those_of_the_file(loaded: System) -> None:
    # Given what the file says by itself
    truth = figures()
    assert (truth["lines"], truth["orders"], truth["shipments"]) == (10_324, 6_233, 7_030)
    assert (truth["orders_with_several_shipments"], truth["late_lines"]) == (389, 1_186)

    # When the services are asked
    report = (await loaded.cli("report", "--tenant", TENANT, "--json")).json()

    # Then they say the same, to the cent, by supplier, country and mode too
    counts = [name for name, value in truth.items() if name in report and isinstance(value, int)]
    assert {name: report[name] for name in counts} == {name: truth[name] for name in counts}
    assert report["shipments_with_several_orders"] == 0
    assert truth["cents"] == 162_758_445_729
    assert report["value"] == {"USD": "1627584457.29"}
    for by, rows in report["punctuality"].items():
        assert {row["name"]: (row["lines"], row["late"]) for row in rows} == truth[by]
    assert (report["parked"], report["waiting"], report["refused"]) == (0, 0, 0)

    # And every order has come to its end
    states = report["states"]
    assert states["life"] == {"SETTLED": 6_233}
    assert states["logistics"] == {"DELIVERED": 6_233}
    assert states["assurance"].keys() <= {"NONE", "REFUSED", "RELEASED"}


async def test_every_event_was_said_and_heard_once(loaded: System) -> None:
    await assert_nothing_left(loaded)
    versions = await versions_on_the_wire(loaded, TENANT)
    assert_each_once_and_in_order(versions)
    await assert_heard_as_said(loaded, TENANT, versions)


def every_fifth_supplier(folder: Path) -> Path:
    """The orders of every fifth supplier, as a file of their own."""
    with FILE.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        lines = list(rows)
    suppliers = sorted({line["Vendor"] for line in lines})[::5]
    part = folder / FILE.name
    with part.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, rows.fieldnames or ())
        writer.writeheader()
        writer.writerows(line for line in lines if line["Vendor"] in suppliers)
    return part


async def test_loading_again_changes_nothing(loaded: System, tmp_path: Path) -> None:
    # Given the figures and all that was said
    before = (await loaded.cli("report", "--tenant", TENANT, "--json")).json()
    versions = await versions_on_the_wire(loaded, TENANT)

    # When the orders of some of its suppliers are loaded again
    part = every_fifth_supplier(tmp_path)
    again = await loaded.cli("load", "scms", str(part), *OPTIONS, within_s=LOAD_S)
    assert again.code == 0, again.stderr[-2000:]
    print(f"loaded again in {again.json()['seconds']} s")

    # Then nothing has changed, and nothing more was said
    assert (await loaded.cli("report", "--tenant", TENANT, "--json")).json() == before
    assert await versions_on_the_wire(loaded, TENANT) == versions


@pytest.mark.slow
async def test_what_the_log_makes_of_each_service_is_what_is_there(loaded: System) -> None:
    for service in SERVICES:
        rebuilt = await loaded.cli("rebuild", service, "--verify", "--json", within_s=LOAD_S)
        assert rebuilt.code == 0, rebuilt.stdout[:3000] + rebuilt.stderr[-2000:]
        said = rebuilt.json()
        assert said["differences"] == said["warnings"] == []
        print(f"{service}: {said}"[:600])


@pytest.mark.slow
async def test_the_audit_finds_nothing_but_what_is_changed(loaded: System) -> None:
    # Given the history as it was loaded, then the audit finds nothing
    audit = await loaded.cli("audit", "--json", within_s=300)
    assert audit.code == 0, audit.stdout[:3000] + audit.stderr[-2000:]
    print(f"audited in {audit.json()['seconds']} s")

    # When anything is changed, then it is found and named
    hand = Hand(loaded, Random(5))
    for _ in range(CHANGES):
        change = await hand.slip()
        print(change)
        await assert_found(loaded, change)
        await hand.undo(change)
