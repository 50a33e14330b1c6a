"""Where a storm wants a process to die is said so that it can be told what is wrong with it."""

from __future__ import annotations

import pytest

from silkway.messaging import crash


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("nowhere:1", "names 'nowhere': give one of fetching"),
        ("committed:soon", "counts 'soon'"),
        ("committed:0", "counts '0'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(told: str, why: str) -> None:
    with pytest.raises(SystemExit, match=why):
        crash._read(told)


def test_a_point_alone_means_the_first_time() -> None:
    assert crash._read("committed") == ("committed", 1)
    assert crash._read("committed:3") == ("committed", 3)
    assert crash._read("") == ("", 1)
