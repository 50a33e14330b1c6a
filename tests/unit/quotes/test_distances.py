"""Distances against what the trade knows of these ways."""

import pytest
from searoute import searoute

from silkway.contracts.fields import CarriageMode
from silkway.logistics.domain.distance import distance_km
from silkway.logistics.domain.places import place_of


@pytest.mark.parametrize(
    ("mode", "origin", "destination", "low", "high"),
    [
        ("SEA", "CNNGB", "DEHAM", 19_000, 21_000),  # some 10,700 nautical miles through Suez
        ("SEA", "CNSHA", "USLAX", 10_000, 11_500),
        ("SEA", "SGSIN", "NLRTM", 15_000, 16_000),
        ("AIR", "CNPVG", "DEFRA", 8_700, 8_950),
        ("ROAD", "TRIZM", "DEHAM", 2_000, 2_400),
    ],
)
def test_known_ways(mode: CarriageMode, origin: str, destination: str, low: int, high: int) -> None:
    found = distance_km(mode, origin, destination)
    assert found is not None
    assert low <= found <= high


def test_by_sea_it_is_never_shorter_than_straight() -> None:
    for origin, destination in (("CNNGB", "DEHAM"), ("CLSAI", "CNSHA"), ("INNSA", "NGLOS")):
        by_sea, straight = distance_km("SEA", origin, destination), distance_km("AIR", origin, destination)
        assert by_sea is not None
        assert straight is not None
        assert by_sea >= straight


def test_what_is_not_known_has_no_distance() -> None:
    assert distance_km("SEA", "XXXXX", "DEHAM") is None
    assert place_of("XXXXX") is None


@pytest.mark.parametrize(
    ("origin", "destination"), [("CNNGB", "DEHAM"), ("CNSHA", "USNYC"), ("BRSSZ", "INNSA")]
)
def test_sea_routes_are_those_of_searoute(origin: str, destination: str) -> None:
    whole = searoute(place_of(origin), place_of(destination), units="km").properties["length"]
    found = distance_km("SEA", origin, destination)
    assert found is not None
    assert abs(found - whole) < whole / 100
