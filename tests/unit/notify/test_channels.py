"""Channels as a dialogue: who subscribes, what goes out to them, and what is heard of it."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silkway.contracts import (
    DeliveryReported,
    Event,
    NotificationDelivered,
    NotificationFailed,
    PauseRequested,
    ReplayAdvanced,
    ReplayRequested,
    ResumeRequested,
    SubscriptionPaused,
    SubscriptionRegistered,
    SubscriptionResumed,
)
from silkway.notify.channels.store import DELIVERY, SUBSCRIPTION
from silkway.notify.consumer import SERVICE
from silkway.notify.domain.delivery import Delivery
from silkway.notify.domain.subscription import Subscription
from tests.unit.desk import Desk, day
from tests.unit.notify import telling as tell

SHOP = "shop"
PLACED, RECORDED = "silkway.order.placed.v1", "silkway.order.recorded.v1"


def registered(**changes: Any) -> SubscriptionRegistered:
    given: dict[str, Any] = {
        "subscription_id": SHOP,
        "party": "OPERATIONS",
        "channel": "WEBHOOK",
        "address": "https://shop.example/hook",
        "events": (RECORDED, PLACED),
        "registered_at": day(0),
    }
    return SubscriptionRegistered(**{**given, **changes})


class Story(Desk):
    """A desk whose deliveries are rows first, as in the database, and states once something is heard of them."""

    _heard = 0

    def hear(self, event: Event, known_at: dt.datetime, source: str | None = None) -> None:
        for row in self.rows["deliveries"]:
            self.states.setdefault(self._key(DELIVERY, row.delivery_id), row)
        self._heard += 1
        self.event_id = f"event-{self._heard}"
        super().hear(event, known_at, source)

    def hears(self, *events: Event) -> None:
        for number, event in enumerate(events):
            self.hear(event, day(number))

    @property
    def deliveries(self) -> list[Delivery]:
        return [self.states.get(self._key(DELIVERY, row.delivery_id), row) for row in self.rows["deliveries"]]

    @property
    def shop(self) -> Subscription:
        return self.state(SUBSCRIPTION, SHOP)

    def report(self, outcome: str, number: int = 0, hour: float = 0, **more: Any) -> None:
        delivery = self.deliveries[number]
        told = DeliveryReported(
            subscription_id=delivery.subscription_id,
            delivery_id=delivery.delivery_id,
            attempt=more.pop("attempt", delivery.attempts + 1),
            outcome=outcome,  # type: ignore[arg-type]
            reported_at=day(hour / 24),
            **more,
        )
        self.hear(told, day(hour / 24))


@pytest.fixture
def desk() -> Story:
    return Story(SERVICE)


def test_who_subscribes_gets_the_events_asked_for_as_cloudevents(desk: Story) -> None:
    desk.hears(registered(), tell.recorded(), tell.matched(300_00, 300_00), tell.placed())

    assert [d.type for d in desk.deliveries] == [RECORDED, PLACED]
    assert [d.subject for d in desk.deliveries] == ["order/PO-1"] * 2
    assert desk.deliveries[0].position < desk.deliveries[1].position
    body = json.loads(desk.rows["messages"][1].body)
    assert (body["type"], body["subject"], body["specversion"]) == (PLACED, "order/PO-1", "1.0")
    assert body["data"]["total_minor"] == 1_000_00


def test_before_somebody_subscribes_and_after_it_ended_nothing_is_kept(desk: Story) -> None:
    desk.hears(tell.recorded(), registered(), registered(active=False), tell.placed())
    assert desk.deliveries == []
    assert desk.shop.state == "ENDED"


def test_a_supplier_hears_of_its_own_orders_only(desk: Story) -> None:
    desk.hears(
        registered(subscription_id="of-s1", party="SUPPLIER", party_id="S1"),
        registered(subscription_id="of-s2", party="SUPPLIER", party_id="S2"),
        registered(subscription_id="of-b1", party="BUYER", party_id="B1"),
        tell.recorded(),
        tell.placed(),
    )
    assert [d.subscription_id for d in desk.deliveries] == ["of-b1", "of-s1"] * 2


def test_what_is_read_before_it_is_known_who_buys_and_sells_reaches_them_then(desk: Story) -> None:
    milestone = tell.milestone("DEPARTED", 5)
    desk.hears(
        registered(subscription_id="of-s1", party="SUPPLIER", party_id="S1", events=(milestone.type,)),
        registered(subscription_id="of-b1", party="BUYER", party_id="B1", events=(milestone.type,)),
        milestone,
        tell.recorded(),
    )
    assert [(d.subscription_id, d.type) for d in desk.deliveries] == [
        ("of-b1", milestone.type), ("of-s1", milestone.type)
    ]  # fmt: skip


def test_the_same_thing_has_the_same_id_and_another_subscription_another(desk: Story) -> None:
    desk.hears(registered(), registered(subscription_id="other"), tell.recorded())
    again = Story(SERVICE)
    again.hears(registered(), registered(subscription_id="other"), tell.recorded())

    ids = [d.delivery_id for d in desk.deliveries]
    assert ids == [d.delivery_id for d in again.deliveries]
    assert len(set(ids)) == 2
    assert len(desk.rows["messages"]) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"party_id": "S1"}, "party_id"),
        ({"party": "SUPPLIER"}, "party_id"),
        ({"party": "SUPPLIER", "party_id": "S1"}, "party"),
        ({"channel": "EMAIL", "address": "a@b.example", "events": None}, "channel"),
    ],
)
def test_what_does_not_fit_is_refused(desk: Story, wrong: dict[str, Any], field: str) -> None:
    desk.hears(registered(), registered(**wrong))
    assert [refusal.field for _, refusal in desk.refused] == [field]


def test_a_failure_is_tried_again_when_the_sender_says(desk: Story) -> None:
    desk.hears(registered(), tell.recorded())
    desk.report("FAILED", status=500, detail="oops", retry_at=day(3))
    assert (desk.deliveries[0].state, desk.deliveries[0].retry_at) == ("PENDING", day(3))
    assert desk.shop.failures == 1

    desk.report("DELIVERED", status=204, hour=80)
    assert (desk.deliveries[0].state, desk.deliveries[0].attempts) == ("DELIVERED", 2)
    assert (desk.shop.failures, desk.shop.failing_since) == (0, None)
    assert [row.outcome for row in desk.rows["attempts"]] == ["FAILED", "DELIVERED"]


def test_a_report_told_twice_counts_once_and_delivered_wins(desk: Story) -> None:
    desk.hears(registered(), tell.recorded())
    desk.report("FAILED", attempt=1, retry_at=day(3))
    desk.report("FAILED", attempt=1, retry_at=day(4))
    assert (desk.deliveries[0].tries, desk.deliveries[0].retry_at) == (1, day(3))

    desk.report("DELIVERED", attempt=1)
    desk.report("FAILED", attempt=2, retry_at=day(9))
    assert desk.deliveries[0].state == "DELIVERED"
    assert len(desk.rows["attempts"]) == 4


def test_where_nothing_arrives_any_more_the_subscription_is_paused_and_everything_kept(desk: Story) -> None:
    desk.hears(registered(), tell.recorded())
    desk.report("FAILED", hour=1, retry_at=day(1))
    desk.report("FAILED", hour=24, status=503)

    assert (desk.shop.state, desk.deliveries[0].state) == ("PAUSED", "PENDING")
    (paused,) = desk.told(SubscriptionPaused)
    assert (paused.failing_since, paused.by) == (day(1 / 24), None)
    assert "2 tries" in paused.reason
    (notice,) = desk.rows["notices"]
    assert (notice.kind, notice.subscription_id) == ("SUBSCRIPTION_PAUSED", SHOP)
    assert notice.text.startswith("Nothing is sent to subscription shop any more: nothing arrived in 2 tries")

    desk.hear(tell.placed(), day(2))
    assert len(desk.deliveries) == 2
    desk.hear(ResumeRequested(subscription_id=SHOP, by="lin", requested_at=day(3)), day(3))
    assert (desk.shop.state, desk.shop.failures) == ("ACTIVE", 0)
    assert desk.told(SubscriptionResumed)


def test_operations_hear_that_a_subscriber_is_dead(desk: Story) -> None:
    mail = registered(subscription_id="ops", channel="EMAIL", address="ops@silk.example", events=None)
    desk.hears(registered(), mail, tell.recorded())
    desk.report("GONE", status=410)
    assert [(d.subscription_id, d.subject) for d in desk.deliveries[1:]] == [("ops", "subscription/shop")]


def test_one_message_that_fails_among_others_that_arrive_is_given_up_alone(desk: Story) -> None:
    desk.hears(registered(min_severity="INFO"), tell.recorded(), tell.placed())
    desk.report("FAILED", hour=1, retry_at=day(1))
    desk.report("DELIVERED", number=1, hour=2)
    desk.report("FAILED", hour=24, status=422)

    assert (desk.shop.state, desk.deliveries[0].state) == ("ACTIVE", "FAILED")
    (failed,) = desk.told(NotificationFailed)
    assert (failed.delivery_id, failed.attempts, failed.notice_ids) == (desk.deliveries[0].delivery_id, 2, ())


def test_an_address_that_is_gone_is_paused_at_once(desk: Story) -> None:
    desk.hears(registered(), tell.recorded())
    desk.report("GONE", status=410)
    assert (desk.shop.state, desk.deliveries[0].state) == ("PAUSED", "PENDING")


def test_a_pause_that_is_asked_for_keeps_what_comes(desk: Story) -> None:
    desk.hears(registered(), PauseRequested(subscription_id=SHOP, by="lin", requested_at=day(1)))
    desk.hear(registered(), day(2))
    desk.hear(tell.recorded(), day(3))
    assert (desk.shop.state, desk.shop.pause_reason) == ("PAUSED", "asked for")
    assert [paused.by for paused in desk.told(SubscriptionPaused)] == ["lin"]
    assert len(desk.deliveries) == 1


def test_a_replay_queues_again_with_the_same_ids_and_once(desk: Story) -> None:
    desk.hears(registered(), tell.recorded(), tell.placed())
    desk.report("DELIVERED")
    desk.report("DELIVERED", number=1)
    before = [d.delivery_id for d in desk.deliveries]
    desk.hear(ReplayRequested(subscription_id=SHOP, from_at=day(0), by="lin", requested_at=day(5)), day(5))
    assert (desk.shop.replays, desk.shop.replay_from) == (1, day(0))

    step = ReplayAdvanced(
        subscription_id=SHOP, replay=1, delivery_ids=tuple(before), last=True, advanced_at=day(5)
    )
    desk.hear(step, day(5))
    assert desk.shop.replay_from is None
    assert [d.state for d in desk.deliveries] == ["PENDING"] * 2
    assert [d.delivery_id for d in desk.deliveries] == before

    desk.report("DELIVERED", hour=130)
    desk.hear(step, day(6))
    assert [d.state for d in desk.deliveries] == ["DELIVERED", "PENDING"]
    assert desk.deliveries[0].attempts == 2


def test_a_notice_goes_to_those_who_want_to_hear_one_so_severe(desk: Story) -> None:
    mail: dict[str, Any] = {"channel": "EMAIL", "address": "ops@silk.example", "events": None}
    desk.hears(
        registered(**mail),
        registered(**{**mail, "subscription_id": "calm", "min_severity": "CRITICAL"}),
        tell.recorded(),
        tell.refused(),
    )
    (delivery,) = desk.deliveries
    assert (delivery.subscription_id, delivery.severity) == (SHOP, "WARNING")
    desk.report("DELIVERED")
    (arrived,) = desk.told(NotificationDelivered)
    assert arrived.notice_ids == (delivery.message_id,)


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from(["FAILED", "DELIVERED", "REFUSED"]), st.booleans()),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_is_reported_in_whatever_order_delivered_wins_and_every_report_is_logged(
    reports: list[tuple[int, str, bool]],
) -> None:
    desk = Story(SERVICE)
    desk.hears(registered(), tell.recorded())
    for hour, (attempt, outcome, again) in enumerate(reports):
        retry: dict[str, Any] = {"retry_at": day(3)} if again and outcome == "FAILED" else {}
        desk.report(outcome, attempt=attempt, hour=hour, **retry)

    (delivery,) = desk.deliveries
    assert len(desk.rows["attempts"]) == delivery.reports == len(reports)
    assert delivery.attempts == max(attempt for attempt, _, _ in reports)
    assert (delivery.state == "DELIVERED") == any(outcome == "DELIVERED" for _, outcome, _ in reports)
    assert (delivery.delivered_at is not None) == (delivery.state == "DELIVERED")
    assert delivery.state == "PENDING" or delivery.retry_at is None
    assert (desk.shop.failures == 0) == (desk.shop.failing_since is None)
    assert (desk.shop.state == "PAUSED") == (desk.shop.paused_at is not None)


@pytest.mark.parametrize("event", [
    PauseRequested(subscription_id=SHOP, by="lin", requested_at=day(1)),
    ResumeRequested(subscription_id=SHOP, by="lin", requested_at=day(1)),
    ReplayRequested(subscription_id=SHOP, by="lin", from_at=day(0), requested_at=day(1)),
    DeliveryReported(subscription_id=SHOP, delivery_id="D", attempt=1, outcome="FAILED", reported_at=day(1)),
])  # fmt: skip
def test_what_is_about_no_subscription_is_refused(desk: Story, event: Event) -> None:
    desk.hears(event)
    assert [refusal.field for _, refusal in desk.refused] == ["subscription_id"]
