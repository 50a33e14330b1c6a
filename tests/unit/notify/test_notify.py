"""Notify as a dialogue: what the other services tell, what people then see, and what they are told."""

import pytest
from msgspec.structs import replace

from silkway.contracts import Event, NotificationSent, SupplierNotified
from silkway.notify.consumer import SERVICE
from silkway.notify.domain.sentences import money
from silkway.notify.domain.state import OrderView
from silkway.notify.store import ORDER, SUPPLIER
from tests.unit.desk import Desk, day
from tests.unit.notify import telling as tell
from tests.unit.notify import trouble


@pytest.fixture
def desk() -> Desk:
    return Desk(SERVICE)


def the_desk_hears(desk: Desk, *events: Event) -> OrderView:
    for number, event in enumerate(events):
        desk.hear(event, day(number))
    return desk.state(ORDER, tell.PO)


def test_a_recorded_order_is_seen_with_its_terms_and_lines(desk: Desk) -> None:
    view = the_desk_hears(desk, tell.recorded())

    assert (view.life, view.funds, view.logistics, view.assurance) == ("DRAFTED", "UNPAID", "NONE", "NONE")
    assert (view.total_minor, view.open_minor, view.line_count) == (1_000_00, 1_000_00, 1)
    assert view.destination_country == "DE"
    assert (view.lines[0].description, view.lines[0].quantity) == ("Cups, blue", 10)


def test_money_that_came_in_is_in_escrow_until_it_is_paid_out(desk: Desk) -> None:
    view = the_desk_hears(desk, tell.recorded(), tell.placed(), tell.matched(300_00, 300_00))
    assert (view.funds, view.escrow_minor, view.open_minor) == ("PART_PAID", 300_00, 700_00)

    view = the_desk_hears(desk, tell.matched(700_00, 1_000_00), tell.funded(), tell.payout_due())
    assert (view.funds, view.escrow_minor, view.payout_due_minor) == ("FUNDED", 1_000_00, 1_000_00)

    view = the_desk_hears(desk, tell.settled())
    assert (view.life, view.escrow_minor, view.paid_out_minor) == ("SETTLED", 0, 1_000_00)
    assert view.payout_due_minor == 0


def test_an_order_of_which_nothing_is_owed_any_more_stays_paid_though_more_goes_back_than_came(
    desk: Desk,
) -> None:
    # Given a dispute that lets the buyer off everything, and money that the bank took back
    all_of_it = trouble.dispute_closed().model_copy(update={"refund_minor": 1_000_00})
    view = the_desk_hears(
        desk, tell.recorded(), tell.placed(), trouble.dispute_opened(), all_of_it, tell.funded()
    )
    assert view.funds == "FUNDED"

    # When something is paid back to the buyer all the same
    view = the_desk_hears(desk, trouble.refunded(5_00, 5_00, -5_00))

    # Then the order is as fully paid as nothing can be
    assert (view.funds, view.escrow_minor) == ("FUNDED", -5_00)


def test_a_draft_that_goes_on_after_it_was_cancelled_is_a_draft_again(desk: Desk) -> None:
    view = the_desk_hears(desk, tell.recorded(), trouble.cancelled(), trouble.reinstated())

    assert (view.life, view.cancelled_at) == ("DRAFTED", None)


def test_shipments_are_seen_under_the_order(desk: Desk) -> None:
    the_desk_hears(desk, tell.recorded(), tell.linked(), tell.milestone("COLLECTED", 5), tell.dispatched())
    view = the_desk_hears(
        desk,
        tell.shipped(),
        tell.milestone("DEPARTED", 6, place="Ningbo"),
        tell.milestone("DELIVERED", 25, "DELIVERED", classifier="ESTIMATED"),
    )

    (shipment,) = view.shipments
    assert (shipment.mode, shipment.carrier, shipment.dispatched_at) == ("SEA", "Blue Line", day(5))
    assert (shipment.last_milestone, shipment.last_place, shipment.milestones) == ("DEPARTED", "Ningbo", 3)
    assert (view.logistics, view.shipped_at, view.shipment_count) == ("SHIPPED", day(5), 1)


def test_an_exception_lasts_until_something_happens_after_it(desk: Desk) -> None:
    view = the_desk_hears(desk, tell.recorded(), tell.linked(), tell.milestone("EXCEPTION", 8))
    assert view.shipments[0].exception

    view = the_desk_hears(desk, tell.milestone("LOADED", 6))
    assert view.shipments[0].exception

    view = the_desk_hears(desk, tell.milestone("ARRIVED", 9))
    assert not view.shipments[0].exception


def test_a_delivery_shows_what_came_and_what_was_late(desk: Desk) -> None:
    view = the_desk_hears(desk, tell.recorded(), tell.linked(), tell.delivered(on=22), tell.all_delivered())
    line = view.lines[0]
    assert (line.delivered_quantity, line.delivered_on, line.late) == (10, day(22).date(), True)
    assert (view.lines_delivered, view.lines_late, view.shipments_delivered) == (1, 1, 1)
    assert (view.logistics, view.delivered_at) == ("DELIVERED", day(22))


@pytest.mark.parametrize(
    ("answer", "assurance"),
    [(tell.granted(), "HELD"), (tell.granted(400_00), "PARTIAL"), (tell.refused(), "REFUSED")],
)
def test_the_answer_of_credit_stands_whether_it_came_before_or_after_the_request(
    answer: Event, assurance: str
) -> None:
    usual = the_desk_hears(Desk(SERVICE), tell.recorded(), tell.requested(), answer)
    overtaken = the_desk_hears(Desk(SERVICE), tell.recorded(), answer, tell.requested())
    assert replace(usual, concerns=()) == replace(overtaken, concerns=())
    assert usual.assurance == assurance


def test_a_released_hold_is_seen(desk: Desk) -> None:
    view = the_desk_hears(desk, tell.recorded(), tell.requested(), tell.granted(), tell.released())
    assert (view.assurance, view.hold_granted_minor, view.hold_released_minor) == (
        "RELEASED",
        1_000_00,
        1_000_00,
    )
    assert view.hold_released_at == day(60)


@pytest.mark.parametrize("told", ["by both debtors", "as before there were two"])
def test_what_is_to_come_back_of_a_claim_is_seen_with_who_owes_it(desk: Desk, told: str) -> None:
    whole = told == "by both debtors"
    owed = trouble.recovery_due(
        "BUYER", 300_00, **({"buyer_minor": 300_00, "supplier_minor": 0} if whole else {})
    )
    view = the_desk_hears(desk, tell.recorded(), trouble.claim_opened(), trouble.claim_paid(), owed)
    (claim,) = view.claims
    assert (claim.recovery_open_minor, claim.recovery_buyer_minor, claim.recovery_from) == (
        300_00,
        300_00,
        "BUYER",
    )

    view = the_desk_hears(desk, trouble.recovery_recorded(200_00, 100_00, "BUYER" if whole else None))

    (claim,) = view.claims
    assert (claim.recovery_open_minor, claim.recovery_buyer_minor) == (100_00, 100_00)


def test_a_suppliers_limit_is_the_last_one_told(desk: Desk) -> None:
    desk.hear(tell.reassessed(5_000_00), day(1))
    desk.hear(tell.reassessed(7_000_00), day(2))
    supplier = desk.state(SUPPLIER, "S1")
    assert (supplier.limit_minor, supplier.known_at) == (7_000_00, day(2))


def test_the_timeline_tells_what_happened_when_and_when_it_was_known(desk: Desk) -> None:
    desk.hear(tell.recorded(), day(1))
    desk.hear(tell.matched(300_00, 300_00), day(3))
    desk.hear(tell.delivered(on=22), day(24))

    told = [(e.teller, e.position, e.happened_at, e.known_at) for e in desk.rows["timeline"]]
    assert told == [
        ("order", 1, day(0), day(1)),
        ("order", 2, day(3), day(3)),
        ("logistics", 1, day(22), day(24)),
    ]
    assert [e.summary for e in desk.rows["timeline"]] == [
        "drafted: 1 line, USD 1,000.00, B1 buys from S1",
        "payment of USD 300.00 matched, USD 700.00 open",
        "shipment SH-1 delivered: 1 line, 1 late",
    ]


def test_the_timeline_says_why_a_milestone_is_doubted(desk: Desk) -> None:
    desk.hear(tell.recorded(), day(0))
    desk.hear(tell.milestone("ARRIVED", 9, questioned=True), day(8))
    desk.hear(tell.milestone("ARRIVED", 9, questioned=True, doubt="PLACE", place="Munich"), day(10))
    assert [e.summary for e in desk.rows["timeline"]][1:] == [
        "shipment SH-1: ARRIVED ACTUAL, questioned: its time was still to come",
        "shipment SH-1: ARRIVED ACTUAL at Munich, questioned: no vessel gets there",
    ]


@pytest.mark.parametrize(
    ("event", "kind", "text"),
    [
        (
            tell.delivered(on=22),
            "DELIVERY_LATE",
            "Shipment SH-1 brought 1 of 1 lines of order PO-1 late, by up to 2 days.",
        ),
        (
            tell.refused(),
            "HOLD_REFUSED",
            "No cover for order PO-1: USD 1,000.00 on S1 refused, nothing of the limit is free.",
        ),
        (
            trouble.dispute_opened(),
            "DISPUTE_OPENED",
            "A dispute on order PO-1 is open. Raised by: the buyer. About: quality.",
        ),
        (
            tell.milestone("DELIVERED", 9, questioned=True),
            "MILESTONE_QUESTIONED",
            "Shipment SH-1 of order PO-1: “delivered” is reported as actual for Jan 10, 2026, 12:00\u202fAM UTC; "
            "we doubt it.",
        ),
        (
            tell.milestone("EXCEPTION", 9, place="Suez"),
            "SHIPMENT_EXCEPTION",
            "Shipment SH-1 of order PO-1 is in exception at Suez.",
        ),
    ],
)
def test_operations_hear_what_concerns_them(desk: Desk, event: Event, kind: str, text: str) -> None:
    desk.hear(tell.recorded(), day(1))
    desk.hear(event, day(30))

    (notice,) = [n for n in desk.rows["notices"] if n.audience == "OPERATIONS"]
    (sent,) = [n for n in desk.told(NotificationSent) if n.audience == "OPERATIONS"]
    assert (notice.kind, notice.text, notice.cause_type) == (kind, text, event.type)
    assert (sent.notice_id, sent.kind, sent.text, sent.severity) == (
        notice.notice_id,
        notice.kind,
        notice.text,
        notice.severity,
    )
    assert (sent.rule, sent.rules_version, sent.language) == (kind, "V2", "en")


@pytest.mark.parametrize(
    ("event", "audience", "recipient"),
    [
        (tell.matched(300_00, 300_00), "SUPPLIER", "S1"),
        (tell.dispatched(), "BUYER", "B1"),
        (tell.refused(), "BUYER", "B1"),
        (tell.granted(400_00), "BUYER", "B1"),
    ],
)
def test_buyer_and_supplier_hear_what_concerns_them(
    desk: Desk, event: Event, audience: str, recipient: str
) -> None:
    desk.hear(tell.recorded(), day(1))
    desk.hear(event, day(2))
    told = [n for n in desk.told(NotificationSent) if n.audience == audience]
    assert [n.recipient for n in told] == [recipient]


def test_nobody_is_told_before_it_is_known_who_buys(desk: Desk) -> None:
    desk.hear(tell.dispatched(), day(1))
    assert desk.waiting
    assert not desk.said

    desk.hear(tell.recorded(), day(2))
    (sent,) = desk.told(NotificationSent)
    assert (sent.kind, sent.recipient) == ("SHIPMENT_DISPATCHED", "B1")


@pytest.mark.parametrize(
    "event",
    [
        tell.linked(),
        tell.delivered(on=20),
        tell.granted(),
        tell.milestone("ARRIVED", 9),
        tell.milestone("EXCEPTION", 9, classifier="ESTIMATED"),
    ],
)
def test_nobody_is_told_of_what_goes_as_it_should(desk: Desk, event: Event) -> None:
    desk.hear(tell.recorded(), day(1))
    desk.hear(event, day(30))
    assert desk.rows["notices"] == desk.said == []


def test_a_suppliers_score_and_limit_are_seen_together(desk: Desk) -> None:
    desk.hear(trouble.scored(80), day(1))
    desk.hear(tell.reassessed(5_000_00), day(2))
    desk.hear(trouble.scored(55), day(3))
    supplier = desk.state(SUPPLIER, "S1")
    assert (supplier.limit_minor, supplier.score) == (5_000_00, 55)
    assert [(n.kind, n.audience, n.recipient) for n in desk.told(SupplierNotified)] == [
        ("SCORE_FELL", "OPERATIONS", None),
        ("SCORE_FELL", "SUPPLIER", "S1"),
    ]


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (123_456, "USD", "USD 1,234.56"),
        (5, "USD", "USD 0.05"),
        (1_500, "JPY", "JPY 1,500"),
        (1_234, "KWD", "KWD 1.234"),
    ],
)
def test_amounts_are_written_in_the_digits_of_their_currency(
    amount_minor: int, currency: str, text: str
) -> None:
    assert money(amount_minor, currency) == text
