"""docker-compose.yml, up: work flows through it from the host, and the command runs inside it."""

from __future__ import annotations

import datetime as dt
import time
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import pytest

# The same end-to-end tests as on processes; here `system` is the containers.
from tests.e2e.test_one_order import (  # noqa: F401
    test_an_order_lives_through_all_services,
    test_early_facts_wait_for_their_order,
    test_repeats_change_nothing,
    test_silence_accepts_a_delivery,
)
from tests.e2e.trade import SUPPLIER, Trade, booking, draft
from tests.unit.scms.independent import FILE, figures

if TYPE_CHECKING:
    from tests.docker.containers import Compose, Containers

pytestmark = pytest.mark.docker

LOAD_S: Final = 400.0


def test_only_the_apis_are_published_and_only_to_this_host(compose: Compose) -> None:
    # Given the compose file as it is, without the doors of the tests
    published = [
        (service, door["host_ip"], int(door["published"]))
        for service, what in compose.plain()["services"].items()
        for door in what.get("ports", [])
    ]

    # Then the five APIs can be reached from this host
    assert sorted(published, key=lambda door: door[2]) == [
        ("order", "127.0.0.1", 8001),
        ("logistics", "127.0.0.1", 8002),
        ("credit", "127.0.0.1", 8003),
        ("notify", "127.0.0.1", 8004),
        ("auditor", "127.0.0.1", 8005),
    ]


def test_no_service_runs_as_root(compose: Compose) -> None:
    for service in ("order", "logistics", "credit", "notify", "auditor", "clock"):
        assert compose.run("exec", "-T", service, "id", "-u").stdout.strip() == "10001", service


async def test_an_order_of_today_is_settled_by_the_live_clock(system: Containers) -> None:
    # Given a live tenant, whose time is that of `clock`
    trade, now = Trade(system, "acme"), dt.datetime.now(dt.UTC).isoformat()
    await trade.tell("credit", "/suppliers", SUPPLIER)

    # When an order is drafted, confirmed, paid, shipped, delivered, accepted and paid out
    await trade.tell("order", "/orders", draft("PO-1", drafted_at=now, deliver_by=None))
    for party in ("BUYER", "SUPPLIER"):
        await trade.tell("order", "/orders/PO-1/confirmations", {"party": party, "confirmed_at": now})
    paid = {"account_id": "VA-1", "amount_minor": 830_000, "currency": "USD"}
    received = {"bank_reference": "N-1", "payment_reference": "PAY-PO-1", "received_at": now}
    await trade.tell("order", "/payments", {**paid, **received})
    await trade.tell("logistics", "/shipments", {**booking("SH-1", "PO-1"), "booked_at": now})
    await trade.tell("logistics", "/shipments/SH-1/dispatch", {"shipped_at": now})
    arrival = {"kind": "DELIVERED", "classifier": "ACTUAL", "occurred_at": now}
    await trade.tell("logistics", "/shipments/SH-1/milestones", arrival)
    await trade.seen("PO-1", life="PLACED", funds="FUNDED", logistics="DELIVERED", lines_late=0)
    await trade.tell("order", "/orders/PO-1/receipt", {"received_at": now})
    await trade.seen("PO-1", life="COMPLETED", payout_due_minor=830_000)
    paid_out = {"order_id": "PO-1", "payout_reference": "OUT-1", "paid_at": now}
    await trade.tell("order", "/payouts", {**paid, **paid_out})

    # Then it is settled, and the command inside the network says the same
    await trade.seen("PO-1", life="SETTLED", assurance="HELD", escrow_minor=0, paid_out_minor=830_000)
    report = system.compose.cli("report", "--tenant", "acme", "--json").json()
    assert (report["orders"], report["lines"], report["value"]) == (1, 2, {"USD": "8300.00"})
    assert report["states"]["life"] == {"SETTLED": 1}
    assert (report["parked"], report["waiting"], report["refused"]) == (0, 0, 0)


def test_an_operator_replays_the_log_and_finds_nothing(compose: Compose) -> None:
    audit = compose.cli("audit", "--json")
    assert audit.code == 0, audit.stderr[-3000:]
    assert (audit.json()["differences"], audit.json()["broken"]) == ([], [])


@pytest.mark.skipif(not FILE.exists(), reason="the SCMS file is not there")
def test_years_of_real_trade_give_the_figures_of_the_file(compose: Compose) -> None:
    # Given the delivery history, loaded from inside the network
    loaded = compose.cli(
        "load", "scms", f"/data/{FILE.name}", "--tenant", "sim-scms", "--json",
        mounts=[f"{FILE.parent}:/data:ro"], within_s=LOAD_S,
    )  # fmt: skip
    assert loaded.code == 0, loaded.stderr[-3000:]

    # Then the services' figures are those that other code finds in the file
    report = compose.cli("report", "--tenant", "sim-scms", "--json").json()
    truth = figures()
    for count in ("lines", "orders", "shipments", "orders_with_several_shipments", "late_lines"):
        assert report[count] == truth[count], count
    assert report["shipments_with_several_orders"] == 0
    assert {currency: Fraction(value) * 100 for currency, value in report["value"].items()} == {
        "USD": truth["cents"]
    }
    for by, rows in report["punctuality"].items():
        assert {row["name"]: (row["lines"], row["late"]) for row in rows} == truth[by], by
    assert (report["parked"], report["waiting"], report["refused"]) == (0, 0, 0)

    # And every order has come to its end
    assert report["states"]["life"] == {"SETTLED": report["orders"]}
    assert report["states"]["logistics"] == {"DELIVERED": report["orders"]}
    assert report["states"]["assurance"].keys() <= {"NONE", "REFUSED", "RELEASED"}


def test_a_stop_is_clean_and_quick(compose: Compose) -> None:
    # When the services are told to stop
    began = time.monotonic()
    assert compose.run("stop", "order", "logistics", "credit", "notify", "clock").code == 0

    # Then none had to be killed
    assert time.monotonic() - began < 15
    codes = compose.run("ps", "--all", "--format", "{{.Service}} {{.ExitCode}}").stdout.split("\n")
    assert {line for line in codes if line.endswith(" 137")} == set()

    # And all come back to work
    up = compose.run("up", "--detach", "--wait", within_s=180)
    assert up.code == 0, up.stderr[-3000:]
