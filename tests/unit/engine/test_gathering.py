"""How long the broker is to gather records: only while records come."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from silkway.messaging.gathering import MIN_BYTES, SILENCE_MS, Gathering


def _consumer() -> SimpleNamespace:
    return SimpleNamespace(_fetcher=SimpleNamespace(_fetch_min_bytes=MIN_BYTES, _fetch_max_wait_ms=50))


def _asks(consumer: SimpleNamespace) -> tuple[int, int]:
    return consumer._fetcher._fetch_min_bytes, consumer._fetcher._fetch_max_wait_ms


def test_while_records_come_they_are_gathered() -> None:
    consumer, gathering = _consumer(), Gathering(50)
    gathering.heard(consumer, anything=True)
    assert _asks(consumer) == (MIN_BYTES, 50)


def test_after_silence_the_first_record_is_waited_for_and_ends_the_wait() -> None:
    consumer, gathering = _consumer(), Gathering(50)
    gathering.heard(consumer, anything=False)
    assert _asks(consumer) == (1, SILENCE_MS)
    gathering.heard(consumer, anything=True)
    assert _asks(consumer) == (MIN_BYTES, 50)


def test_silence_is_noticed_when_the_broker_has_gathered_nothing() -> None:
    consumer, gathering = _consumer(), Gathering(50)
    assert 50 < gathering.timeout_ms(200) < 100
    gathering.heard(consumer, anything=False)
    assert gathering.timeout_ms(200) == 200


def test_a_broker_that_gathers_for_longer_goes_on_to() -> None:
    consumer, gathering = _consumer(), Gathering(2_000)
    gathering.heard(consumer, anything=False)
    assert _asks(consumer) == (1, 2_000)


@given(st.sampled_from([10, 50, 100, 400]), st.lists(st.tuples(st.floats(0.001, 2), st.floats(0.001, 2))))
def test_a_wait_is_never_shorter_than_usual_nor_so_long_that_a_look_ends_before_it(
    usual_ms: int, lengths: list[tuple[float, float]]
) -> None:
    consumer, gathering, now = _consumer(), Gathering(usual_ms), 1_000.0
    for rest, took in lengths:
        gathering.applied(now + rest, now + rest + took)
        now += rest + took
        gathering.heard(consumer, anything=True)
        assert usual_ms <= _asks(consumer)[1] <= max(usual_ms, min(3 * usual_ms, 150))
        assert gathering.timeout_ms(1_000) > _asks(consumer)[1]


def test_a_busy_service_lets_the_broker_gather_for_longer_until_it_is_not() -> None:
    consumer, gathering, now = _consumer(), Gathering(50), 1_000.0

    def live(rest: float, took: float) -> int:
        nonlocal now
        for _ in range(40):
            gathering.applied(now + rest, now + rest + took)
            now += rest + took
        gathering.heard(consumer, anything=True)
        return _asks(consumer)[1]

    assert live(rest=0.06, took=0.04) == 50
    assert live(rest=0.04, took=0.06) == 150
    assert live(rest=0.06, took=0.04) == 50


def test_the_installed_aiokafka_reads_both_for_every_request() -> None:
    from aiokafka.consumer.fetcher import Fetcher

    names = Fetcher._get_actions_per_node.__code__.co_names
    assert {"_fetch_min_bytes", "_fetch_max_wait_ms"} <= set(names)
