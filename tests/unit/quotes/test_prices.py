"""What a rate card makes of goods: tiers, minimum, surcharges, fees, extras, seasons, validity."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silkway.contracts import PeakSeason, RateCardPublished, RateContainer, RateFee, RateTier
from silkway.contracts.fields import CarriageMode
from silkway.logistics.domain.quote import Option, options
from silkway.logistics.domain.rate import (
    DIVISORS_CM3_PER_KG,
    Goods,
    Lane,
    Price,
    chargeable_g,
    fault,
    price,
    publish,
    tariff_of,
)
from tests.unit.desk import day
from tests.unit.quotes.offers import AIR, TODAY, card, lane, need

TIERS = (
    RateTier(from_g=0, unit_minor=500),
    RateTier(from_g=45_000, unit_minor=400),
    RateTier(from_g=100_000, unit_minor=300),
)


def goods(gross_g: int, volume_cm3: int = 0) -> Goods:
    return Goods(gross_g, volume_cm3, None, None)


def priced(gross_g: int, volume_cm3: int = 0, **but: Any) -> Price:
    found = price(tariff_of(card(**but)), goods(gross_g, volume_cm3), TODAY)
    assert found is not None
    return found


def offered(*cards: RateCardPublished, today: dt.date = TODAY, **wanted: Any) -> tuple[Option, ...]:
    return options(lane(*cards).cards, need(**wanted), today, lambda mode: None)[0]


# --- weight -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "volumetric_kg"), [("SEA", 600), ("ROAD", 200), ("AIR", 100), ("EXPRESS", 120)]
)
def test_bulky_goods_weigh_by_their_volume_and_the_mode(mode: CarriageMode, volumetric_kg: int) -> None:
    assert priced(50_000, 600_000, mode=mode).chargeable_g == volumetric_kg * 1000


def test_heavy_goods_weigh_what_they_weigh() -> None:
    assert priced(50_000, 10_000).chargeable_g == 50_000


def test_weight_rounds_up_to_the_step() -> None:
    assert priced(1, step_g=500).chargeable_g == 500
    assert priced(500, step_g=500).chargeable_g == 500
    assert priced(501, step_g=500).chargeable_g == 1000


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9),
       st.sampled_from(sorted(DIVISORS_CM3_PER_KG)), st.integers(1, 10**6))  # fmt: skip
def test_more_weight_or_volume_never_counts_less(
    gross: int, more_gross: int, volume: int, more_volume: int, mode: CarriageMode, step_g: int
) -> None:
    tariff = tariff_of(card(mode=mode, step_g=step_g))
    less, more = goods(gross, volume), goods(gross + more_gross, volume + more_volume)
    assert chargeable_g(tariff, less) <= chargeable_g(tariff, more)
    assert chargeable_g(tariff, less) >= gross
    assert chargeable_g(tariff, less) % step_g == 0


# --- freight ----------------------------------------------------------------------------------------------


def test_freight_is_the_weight_at_its_tier() -> None:
    assert priced(20_000, tiers=TIERS).price_minor == 20 * 500
    assert priced(50_000, tiers=TIERS).price_minor == 50 * 400


def test_goods_just_below_a_tier_pay_no_more_than_at_the_tier() -> None:
    assert priced(44_000, tiers=TIERS).price_minor == 45 * 400  # not 44 · 500
    assert priced(99_000, tiers=TIERS).price_minor == 100 * 300


def test_the_minimum_is_of_the_freight_alone() -> None:
    fee = RateFee(code="DOCUMENTS", amount_minor=2_500)
    assert priced(1_000, minimum_minor=9_000, fees=(fee,)).price_minor == 11_500


def test_amounts_round_to_the_nearer_minor_unit_and_a_half_upwards() -> None:
    assert priced(1_000, tiers=(RateTier(from_g=0, unit_minor=1),), unit_g=2_000).price_minor == 1  # 0.5
    assert priced(1_000, tiers=(RateTier(from_g=0, unit_minor=1),), unit_g=3_000).price_minor == 0  # 0.33


def test_containers_are_counted_by_weight_and_by_volume() -> None:
    box = RateContainer(kind="C20GP", capacity_g=21_000_000, capacity_cm3=33_000_000, price_minor=150_000)
    assert priced(1_000, 1_000, container=box).containers == 1
    assert priced(1_000, 34_000_000, container=box).price_minor == 300_000
    assert priced(64_000_000, 1_000, container=box).containers == 4


def test_too_much_for_a_card_is_not_offered() -> None:
    assert price(tariff_of(card(most_g=30_000)), goods(30_001), TODAY) is None
    assert price(tariff_of(card(most_g=30_000)), goods(30_000), TODAY) is not None


# --- surcharges, seasons, extras --------------------------------------------------------------------------

SEASON = PeakSeason(first=TODAY, last=TODAY + dt.timedelta(days=9), surcharge_bp=2_500)


def test_fuel_and_peak_season_are_parts_of_the_freight() -> None:
    found = priced(10_000, fuel_bp=1_250, seasons=(SEASON,))
    assert found.charges == (("FREIGHT", 1_000), ("FUEL", 125), ("PEAK_SEASON", 250))


@pytest.mark.parametrize(("offset", "charged"), [(-1, False), (0, True), (9, True), (10, False)])
def test_a_season_counts_its_first_and_last_day(offset: int, charged: bool) -> None:
    found = price(tariff_of(card(seasons=(SEASON,))), goods(10_000), TODAY + dt.timedelta(days=offset))
    assert found is not None
    assert ("PEAK_SEASON", 250) in found.charges or not charged
    assert len(found.charges) == 1 + charged


def test_priority_is_offered_in_a_peak_season_only() -> None:
    assert [o.option_id for o in offered(card(priority_minor=700))] == ["1"]
    season = PeakSeason(first=day(10).date(), last=day(20).date(), surcharge_bp=0)
    plain, priority = offered(card(priority_minor=700, seasons=(season,)))
    assert (priority.option_id, priority.priority, plain.priority) == ("1P", True, False)
    assert priority.price_minor == plain.price_minor + 700


def test_insurance_is_offered_for_a_value_in_the_currency_of_the_card() -> None:
    insuring = card(insurance_bp=30, insurance_minimum_minor=1_500)
    assert len(offered(insuring)) == 1
    assert len(offered(insuring, value_minor=10**6, currency="EUR")) == 1
    plain, insured = offered(insuring, value_minor=10**6, currency="USD")
    assert (insured.option_id, insured.price_minor) == ("1I", plain.price_minor + 3_000)
    assert offered(insuring, value_minor=1, currency="USD")[1].price_minor == plain.price_minor + 1_500


# --- departure, validity ----------------------------------------------------------------------------------


def departures(**but: Any) -> list[dt.date]:
    return [option.departs_on for option in offered(card(**but))]


def test_goods_leave_when_they_are_ready() -> None:
    assert departures() == [day(10).date()]
    assert departures(lead_days=3) == [day(13).date()]


def test_goods_leave_on_the_first_day_of_departure() -> None:
    assert day(10).isoweekday() == 7
    assert departures(weekdays=(2, 5)) == [day(12).date()]
    assert departures(weekdays=(7,)) == [day(10).date()]


@pytest.mark.parametrize(
    ("first", "last", "leaves"), [(0, 10, 10), (0, 9, None), (12, 20, 12), (41, 50, None)]
)
def test_a_card_holds_on_its_first_and_last_day(first: int, last: int, leaves: int | None) -> None:
    found = departures(valid_from=day(first).date(), valid_until=day(last).date())
    assert found == ([] if leaves is None else [day(leaves).date()])


def test_nothing_leaves_in_the_past() -> None:
    assert offered(card(), today=day(20).date())[0].departs_on == day(20).date()


def test_only_what_arrives_in_time_is_offered() -> None:
    assert {o.mode for o in offered(card(), AIR, deliver_by=day(15).date())} == {"AIR"}


# --- the quote --------------------------------------------------------------------------------------------


def test_every_mode_is_there_with_its_cheapest_cards() -> None:
    many = [card(f"BLUE-{n}", tiers=(RateTier(from_g=0, unit_minor=100 + n),)) for n in range(9)]
    found = offered(*many, AIR)
    assert [(o.mode, o.rate_card_id) for o in found] == [
        ("SEA", "BLUE-0"), ("SEA", "BLUE-1"), ("SEA", "BLUE-2"), ("AIR", "CRANE-1"),
    ]  # fmt: skip


def test_a_quote_stands_as_long_as_its_shortest_card() -> None:
    _, hours = options(lane(card(), card("B-2", stands_hours=24)).cards, need(), TODAY, lambda mode: None)
    assert hours == 24


def test_the_card_published_last_holds_whichever_is_read_first() -> None:
    first = card(tiers=(RateTier(from_g=0, unit_minor=100),), published_at=day(0))
    later = card(tiers=(RateTier(from_g=0, unit_minor=90),), published_at=day(1))
    for cards in ((first, later), (later, first)):
        found = Lane("acme", "CNNGB-DEHAM")
        for published in cards:
            found = publish(found, published, day(1))
        assert [c.published_at for c in found.cards] == [day(1)]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"valid_until": TODAY - dt.timedelta(days=1)}, "valid_until"),
        ({"tiers": ()}, "tiers"),
        ({"tiers": (RateTier(from_g=1, unit_minor=1),)}, "tiers[0].from_g"),
        ({"tiers": (TIERS[0], TIERS[0])}, "tiers[1].from_g"),
        (
            {"tiers": (RateTier(from_g=0, unit_minor=1), RateTier(from_g=1, unit_minor=2))},
            "tiers[1].unit_minor",
        ),
        ({"seasons": (SEASON, SEASON)}, "seasons"),
        ({"fees": (RateFee(code="FREIGHT", amount_minor=1),)}, "fees"),
        ({"promises": ("FIVE_DAY_LINE",), "transit_days": 6}, "promises"),
    ],
)
def test_what_is_wrong_with_a_card_is_named(wrong: dict[str, Any], field: str) -> None:
    found = fault(card(**wrong))
    assert found is not None
    assert found[0] == field


def test_nothing_is_wrong_with_a_card() -> None:
    assert fault(card(tiers=TIERS, seasons=(SEASON,), promises=("FIVE_DAY_LINE",), transit_days=5)) is None


# --- whatever the card ------------------------------------------------------------------------------------


@st.composite
def cards(draw: st.DrawFn) -> RateCardPublished:
    """Any card that is right."""
    amount = st.integers(0, 10**7)
    weights = [0, *sorted(draw(st.sets(st.integers(1, 10**6), max_size=4)))]
    prices = sorted(draw(st.lists(amount, min_size=len(weights), max_size=len(weights))), reverse=True)
    found = card(
        tiers=tuple(RateTier(from_g=w, unit_minor=p) for w, p in zip(weights, prices, strict=True)),
        unit_g=draw(st.sampled_from([1, 100, 1000, 10**6])), step_g=draw(st.sampled_from([1, 500, 1000])),
        mode=draw(st.sampled_from(sorted(DIVISORS_CM3_PER_KG))), minimum_minor=draw(amount),
        fuel_bp=draw(st.integers(0, 10**5)), fees=(RateFee(code="DOCUMENTS", amount_minor=draw(amount)),),
        seasons=(SEASON.model_copy(update={"last": day(draw(st.integers(0, 40))).date()}),),
        priority_minor=draw(st.none() | amount), insurance_bp=draw(st.none() | st.integers(0, 10**5)),
        transit_days=draw(st.integers(0, 60)), weekdays=tuple(draw(st.sets(st.integers(1, 7)))),
    )  # fmt: skip
    assert fault(found) is None
    return found


weights = st.integers(0, 10**7)


@settings(max_examples=300, deadline=None)
@given(st.lists(cards(), min_size=1, max_size=3), weights, weights, st.none() | st.integers(0, 10**9))
def test_prices_are_the_sum_of_their_charges(
    published: list[RateCardPublished], gross_g: int, volume_cm3: int, value_minor: int | None
) -> None:
    named = [c.model_copy(update={"rate_card_id": f"C-{n}"}) for n, c in enumerate(published)]
    found = offered(*named, gross_g=gross_g, volume_cm3=volume_cm3, value_minor=value_minor, currency="USD")
    assert found
    assert len({option.option_id for option in found}) == len(found)
    for option in found:
        card_of = named[int(option.rate_card_id[2:])]
        charges = {charge.code: charge.amount_minor for charge in option.charges}
        assert option.price_minor == sum(charges.values())
        assert charges["FREIGHT"] >= card_of.minimum_minor
        assert option.insured == ("INSURANCE" in charges)
        assert option.arrives_on - option.departs_on == dt.timedelta(days=card_of.transit_days)
        assert card_of.valid_from <= option.departs_on <= card_of.valid_until


@settings(max_examples=300, deadline=None)
@given(cards(), weights, weights, weights, weights)
def test_more_goods_never_cost_less(
    published: RateCardPublished, gross: int, volume: int, more_gross: int, more_volume: int
) -> None:
    tariff = tariff_of(published)
    less = price(tariff, goods(gross, volume), TODAY)
    more = price(tariff, goods(gross + more_gross, volume + more_volume), TODAY)
    assert less is not None
    assert more is not None
    assert less.price_minor <= more.price_minor
