"""How often somebody may ask: so many a second, two seconds' worth at once, and each for themselves."""

import pytest

from silkway.messaging.http import Problem
from silkway.messaging.http.rates import Rate


class Asking:
    """Somebody who asks at times of our choosing."""

    def __init__(self, per_s: float) -> None:
        self.now = 1000.0
        self.refusals: list[Problem] = []
        self.rate = Rate(per_s, lambda: self.now)

    def again(self, times: int, who: str = "ann") -> int:
        """How many of so many requests came through."""
        through = 0
        for _ in range(times):
            try:
                self.rate.take(who)
                through += 1
            except Problem as problem:
                self.refusals.append(problem)
        assert all(refusal.status == 429 for refusal in self.refusals)
        assert all(int(refusal.headers["Retry-After"]) >= 1 for refusal in self.refusals)
        return through


def test_at_once_two_seconds_worth_then_as_many_as_are_allowed() -> None:
    asking = Asking(10)
    assert asking.again(50) == 20
    asking.now += 1
    assert asking.again(50) == 10
    asking.now += 60
    assert asking.again(50) == 20


def test_each_for_themselves() -> None:
    asking = Asking(1)
    assert asking.again(5, "ann") == 2
    assert asking.again(5, "bob") == 2


def test_slower_than_once_in_two_seconds() -> None:
    asking = Asking(0.1)
    assert asking.again(3) == 1
    asking.now += 9
    assert asking.again(3) == 0
    asking.now += 1
    assert asking.again(3) == 1


def test_without_limit() -> None:
    assert Asking(0).again(10_000) == 10_000


def test_those_who_are_silent_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    asking = Asking(1)
    for number in range(10_000):
        asking.rate.take(str(number))
    asking.now += 10
    asking.rate.take("one more")
    assert len(asking.rate._full_at) == 1
