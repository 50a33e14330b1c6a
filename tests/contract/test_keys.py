"""Keys and partitions are those of Kafka's own clients."""

import pytest
from aiokafka.partitioner import murmur2
from hypothesis import given
from hypothesis import strategies as st

from silkway.contracts import clock_of, key_of, partition_of

# From the tests of Kafka's Java client (Utils.murmur2), there as signed 32-bit integers.
KNOWN = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "signed"), KNOWN.items())
def test_known_hashes(key: bytes, signed: int) -> None:
    assert partition_of(key, 2**31) == signed & 0x7FFFFFFF


@given(st.binary(max_size=200), st.integers(1, 1000))
def test_same_partition_as_aiokafka(key: bytes, partitions: int) -> None:
    assert partition_of(key, partitions) == (murmur2(key) & 0x7FFFFFFF) % partitions


def test_keys_come_after_their_tenant() -> None:
    assert key_of("acme", "PO/1") == "acme/PO/1"


def test_scenario_tenants_have_a_clock_of_their_own() -> None:
    assert [clock_of(tenant) for tenant in ("acme", "live", "sim-scms", "simple")] == [
        "live",
        "live",
        "sim-scms",
        "live",
    ]
