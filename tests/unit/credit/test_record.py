"""What counts in a supplier's record: the score with its events, and limits that are assessed anew."""

import pytest

from silkway.contracts import LimitReassessed, ScoreChanged
from silkway.credit.domain import Rules
from silkway.credit.store import RULES
from tests.unit.credit.trade import (
    USD,
    Credit,
    answered,
    asked,
    claimed,
    completed,
    dispute_closed,
    paid,
    registered,
)
from tests.unit.desk import day

STARTING = 50_000 * USD


@pytest.fixture
def desk() -> Credit:
    desk = Credit()
    desk.hear(registered(), day(0))
    return desk


def parts(desk: Credit) -> dict[str, int]:
    return {part.part: part.points for part in desk.told(ScoreChanged)[-1].parts}


class TestScore:
    def test_the_parts_could_have_a_hundred_points(self) -> None:
        for version in RULES.scores:
            assert sum(part.of for part in version.parts) == 100

    def test_a_new_supplier_has_points_for_what_nothing_tells_yet(self, desk: Credit) -> None:
        (event,) = desk.told(ScoreChanged)
        assert event.score == desk.supplier().score == 66
        assert parts(desk) == {"PUNCTUALITY": 28, "DISPUTES": 14, "CLAIMS": 14, "ANSWERS": 10, "VOLUME": 0}

    def test_good_trade_raises_it_and_says_by_which_event(self, desk: Credit) -> None:
        desk.hear(completed("PO-1", 500_000 * USD, lines=10), day(30))

        event = desk.told(ScoreChanged)[-1]
        assert event.score == 95
        assert parts(desk) == {"PUNCTUALITY": 40, "DISPUTES": 20, "CLAIMS": 20, "ANSWERS": 10, "VOLUME": 5}
        assert {part.part for part in event.parts if part.event_ids == ("id",)} == {
            "PUNCTUALITY", "DISPUTES", "CLAIMS", "VOLUME",
        }  # fmt: skip
        rows = [row for row in desk.rows["score_changes"] if row.change == 2]
        assert {(row.part, row.points - row.before) for row in rows} == {
            ("PUNCTUALITY", 12), ("DISPUTES", 6), ("CLAIMS", 6), ("VOLUME", 5),
        }  # fmt: skip

    def test_lateness_disputes_and_claims_take_from_it(self, desk: Credit) -> None:
        for number in range(20):
            desk.hear(completed(f"PO-{number}", 1000, lines=10, late=1), day(30))
        desk.hear(dispute_closed("SPLIT"), day(31))
        desk.hear(dispute_closed("FOR_SUPPLIER"), day(31))

        assert parts(desk)["PUNCTUALITY"] == 36
        assert parts(desk)["DISPUTES"] == 15
        assert (desk.supplier().disputes, desk.supplier().disputes_lost) == (2, 1)

    def test_what_was_taken_back_does_not_count_against_it(self, desk: Credit) -> None:
        desk.hear(completed("PO-1", 1000), day(30))
        desk.hear(dispute_closed("WITHDRAWN"), day(31))

        assert (desk.supplier().disputes, desk.supplier().disputes_lost) == (1, 0)
        assert [row.what for row in desk.rows["track_record"]] == ["ORDER_COMPLETED", "DISPUTE_WITHDRAWN"]

    def test_paid_claims_and_missing_answers_count(self, desk: Credit) -> None:
        desk.hear(asked("PO-1", 1000), day(1))
        desk.hear(paid(1000), day(1))
        desk.pass_by(claimed(100, "C1"), day(2))
        desk.reach(day(7))
        assert parts(desk)["ANSWERS"] == 0
        desk.pass_by(answered(agreed=True, claim_id="C1"), day(7.1))

        assert parts(desk)["CLAIMS"] == 9
        assert [row.what for row in desk.rows["track_record"]] == [
            "CLAIM_OPENED",
            "ANSWER_MISSED",
            "CLAIM_PAID",
        ]

    def test_every_event_that_counts_is_in_the_record_once(self, desk: Credit) -> None:
        desk.hear(completed("PO-1", 1000), day(30))
        desk.hear(completed("PO-2", 1000, lines=3, late=1), day(31))

        rows = [(row.number, row.what, row.order_id) for row in desk.rows["track_record"]]
        assert rows == [(1, "ORDER_COMPLETED", "PO-1"), (2, "ORDER_COMPLETED_LATE", "PO-2")]

    def test_an_order_that_is_completed_again_counts_once(self, desk: Credit) -> None:
        desk.hear(completed("PO-1", 500_000 * USD, lines=10), day(30))
        before = desk.supplier()
        desk.hear(completed("PO-1", 500_000 * USD, lines=10, again=True), day(40))

        assert desk.supplier() == before
        assert [row.what for row in desk.rows["track_record"]] == ["ORDER_COMPLETED"]


class TestLimit:
    def test_lost_disputes_and_paid_claims_take_from_what_volume_gave(self, desk: Credit) -> None:
        for number in range(25):
            desk.hear(completed(f"PO-{number}", 4_000 * USD), day(30))
        assert desk.supplier().limit_minor == STARTING + 25_000 * USD
        desk.hear(dispute_closed("FOR_BUYER"), day(31))

        event = desk.told(LimitReassessed)[-1]
        assert [(reason.rule, reason.amount_minor) for reason in event.reasons] == [
            ("STARTING", STARTING), ("VOLUME", 25_000 * USD), ("DISPUTES", -7_500 * USD),
        ]  # fmt: skip

    def test_a_full_year_changes_it_by_itself(self, desk: Credit) -> None:
        desk.reach(day(365 * 7))

        limits = [event.limit_minor for event in desk.told(LimitReassessed)]
        assert limits == [STARTING + years * 10_000 * USD for years in range(6)]
        assert [row.known_at for row in desk.rows["limit_assessments"]] == [day(365 * n) for n in range(6)]

    def test_another_version_of_the_rules_assesses_anew_when_it_begins(self) -> None:
        desk = Credit()
        early = day(-100)
        desk.hear(registered(at=early), early)
        assert desk.supplier().rules_version == "LIMIT_V1"
        desk.reach(day(1))

        assert desk.supplier().rules_version == "LIMIT_V2"
        assert desk.told(LimitReassessed)[-1].rules_version == "LIMIT_V2"

    def test_versions_are_in_the_order_of_their_days(self) -> None:
        for versions in (RULES.limits, RULES.holds, RULES.scores):
            starts = [version.valid_from for version in versions]
            assert starts == sorted(set(starts))
        assert isinstance(RULES, Rules)
