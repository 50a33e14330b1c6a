"""How the benchmark tells orders' lives: the same to Silkway and to its peers."""

from collections import defaultdict

from bench.peers.durable.steps import FIRST, LAST, event
from bench.rounds import Rounds
from bench.straight import STAGES

ROUNDS = Rounds(cohort=3, slack=2)


def test_every_order_hears_all_of_its_facts_in_order_one_a_round() -> None:
    heard: dict[int, list[int]] = defaultdict(list)
    for number in range(40):
        told = list(ROUNDS.told(number, last=20))
        assert len({order for order, _ in told}) == len(told)
        for order, stage in told:
            heard[order].append(stage)
    assert set(heard) == set(range(21 * ROUNDS.cohort))
    assert all(stages == list(range(STAGES)) for stages in heard.values())


def test_a_round_waits_until_all_but_those_under_way_and_the_slack_have_ended() -> None:
    assert ROUNDS.before(STAGES + ROUNDS.slack - 1) == 0
    assert ROUNDS.before(STAGES + ROUNDS.slack) == ROUNDS.cohort


def test_nothing_that_a_round_waits_for_is_told_later() -> None:
    for number in range(40):
        ended = {
            order for before in range(number) for order, stage in ROUNDS.told(before) if stage == STAGES - 1
        }
        assert len(ended) >= ROUNDS.before(number)


def test_the_peers_hear_of_each_order_from_its_draft_to_its_payout() -> None:
    told = [event("PO-1", 1, 20, 100, stage) for stage in range(STAGES)]
    assert [e["kind"] for e in told] == [
        FIRST, "CONFIRMED", "CONFIRMED", "PAID", "BOOKED", "SHIPPED", "TRACKED", "TRACKED", "TRACKED", "DELIVERED",
        "RECEIVED", LAST,
    ]  # fmt: skip
    assert len({e["event_id"] for e in told}) == STAGES


def test_it_is_steady_when_as_many_have_ended_as_are_under_way() -> None:
    number = 2 * (STAGES + ROUNDS.slack)
    begun = {order for told in range(number + 1) for order, _ in ROUNDS.told(told)}
    assert len(begun) - ROUNDS.before(number) == ROUNDS.steady
